"""The monthly summary: figures from sums, on paper and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from db.statistics.discharges import Part
from reports.page import Run, Setup, paginate
from reports.statistics.measures import (
    BIRTH_LINES,
    CENSUS_LINES,
    EVENT_LINES,
    HOUSE_LINES,
    MISSING,
    WORK_LINES,
    Beside,
    Counting,
)
from reports.statistics.monthly_statistics import Data, as_json, render, sheets
from rules.conventions import Conventions
from rules.figure_notes import Limits
from rules.periods import fiscal_year_to, month
from rules.statistics import LABELS, with_both, with_hospital

NOVEMBER = month("2026-11")
COUNTING = Counting(
    Conventions(),
    {"newborns_in_death_rates": "neither term", "infection_rule": "as marked", "readmission_rule": "all cause"},
    {"postoperative_days": 10, "readmission_days": 30, "infection_hours": 72, "infection_hospital_day": 3},
    "10-01", "us",
)  # fmt: skip
WHY = MISSING | {"delinquent_records": "chart completion does not feed it yet"}

MEDICINE = {
    "opening_census": 90, "closing_census": 95, "admissions": 505, "discharges": 500, "deaths": 15,
    "deaths_under_48h": 4, "transfers_in": 12, "transfers_out": 12, "inpatient_service_days": 2700,
    "same_day_cases": 9, "discharge_days": 2300, "leave_days": 3, "days": 30,
}  # fmt: skip
SURGERY = {
    "opening_census": 50, "closing_census": 48, "admissions": 340, "discharges": 342, "deaths": 6,
    "deaths_under_48h": 2, "transfers_in": 12, "transfers_out": 12, "inpatient_service_days": 1563,
    "same_day_cases": 5, "discharge_days": 1412, "leave_days": 0, "days": 30,
}  # fmt: skip
NURSERY = {
    "newborn_opening_census": 8, "newborn_closing_census": 9, "newborn_admissions": 261,
    "newborn_discharges": 260, "newborn_deaths": 3, "newborn_deaths_under_48h": 2,
    "newborn_inpatient_service_days": 690, "newborn_same_day_cases": 0, "newborn_discharge_days": 680,
    "newborn_leave_days": 0, "newborn_transfers_in": 0, "newborn_transfers_out": 0, "days": 30,
}  # fmt: skip
NO_NEWBORNS = dict.fromkeys((key for key in NURSERY if key != "days"), 0)
NOBODY = dict.fromkeys((key for key in MEDICINE if key != "days"), 0)
EVENTS = {
    "live_births": 260, "deliveries": 264, "cesareans": 71, "fetal_deaths_intermediate": 3,
    "fetal_deaths_late": 2, "maternal_deaths": 1, "obstetric_discharges": 412, "anesthesia_deaths": 1,
    "anesthetics": 1210, "postoperative_deaths": 4, "patients_operated": 365, "operations": 410,
    "clean_case_infections": 5, "inpatient_autopsies": 9, "unautopsied_coroner_cases": 3,
    "hospital_autopsies": 12, "bodies_available": 21, "hospital_infections": 18, "patients_consulted": 233,
    "live_discharges": 815, "readmissions_30_day": 96, "drg_weight": Decimal("1050.25"),
    "discharges_grouped": 830, "discharges_not_grouped": 12,
}  # fmt: skip


def the_house():
    house = {key: MEDICINE[key] + SURGERY[key] for key in MEDICINE} | NURSERY | EVENTS
    house |= {"days": 30, "bed_count_days": 4810, "newborn_bed_count_days": 900, "peak_census": 160,
              "minimum_census": 120, "newborn_peak_census": 14, "newborn_minimum_census": 3}  # fmt: skip
    return house


def a_month(**others):
    house = with_hospital(with_both(the_house()), newborns=False)
    nothing = dict.fromkeys(house, 0) | {"days": 30}
    strip = [month(f"2025-{number:02d}") for number in (12,)] + [month(f"2026-{n:02d}") for n in range(1, 12)]
    data = Data(
        "2026-11", NOVEMBER,
        (Beside("This month", NOVEMBER, house, WHY), Beside("Last year", month("2025-11"), nothing, WHY),
         Beside("Fiscal year", fiscal_year_to(NOVEMBER.to_day), house, WHY)),
        {"3W": MEDICINE | NO_NEWBORNS | {"bed_count_days": 3000},
         "4E": SURGERY | NO_NEWBORNS | {"bed_count_days": 1810},
         "NUR": NOBODY | NURSERY | {"bed_count_days": 0, "newborn_bed_count_days": 900}},
        {"MED": MEDICINE | NO_NEWBORNS, "SUR": SURGERY | NO_NEWBORNS, "NB": NOBODY | NURSERY},
        {"3W": "MEDICAL WEST", "4E": "SURGICAL \x1b[31mEAST" + "x" * 40, "NUR": "NURSERY"},
        {"MED": "MEDICINE", "SUR": "SURGERY", "NB": "NEWBORN"}, COUNTING,
        "2026-12-01T07:30", "open", None,
        tuple(Beside(f"{p.name[5:]}/{p.name[:4]}", p, house if p == NOVEMBER else nothing | {"days": p.days})
              for p in strip),
    )  # fmt: skip
    return replace(data, **others)


def lines_of(data, width=80):
    return [
        line for page in paginate(render(data, width), Run("", "", ""), Setup(width)) for line in page.lines
    ]


def going(data, begins, width=80):
    """Where the first line that begins so leads."""
    pages = paginate(render(data, width), Run("", "", ""), Setup(width))
    lines = [pair for page in pages for pair in zip(page.lines, page.links or [""] * 99, strict=False)]
    return next(go for line, go in lines if line.startswith(begins))


class TestLines:
    @pytest.mark.parametrize("width", [80, 132])
    def test_no_figure_has_a_name_too_long_for_the_page(self, width):
        text = "\n".join(lines_of(a_month(), width))
        named = (*CENSUS_LINES, *BIRTH_LINES, *EVENT_LINES, *HOUSE_LINES, *WORK_LINES)
        assert [LABELS[key] for key in named if LABELS[key] not in text] == []

    def test_a_count_leads_to_the_list_behind_it(self):
        november = "from=2026-11-01 to=2026-11-30"
        assert going(a_month(), "Deaths  ") == f"PGE discharge-list {november} newborn=0 died=1"
        assert going(a_month(), "Admissions") == f"PGE admission-list {november} newborn=0"
        assert going(a_month(), "MED MEDICINE") == f"PGE discharge-list {november} newborn=0 service=MED"
        assert going(a_month(), "10/2026") == "PGE monthly-statistics month=2026-10"

    def test_discharges_are_divided_as_asked_with_a_total_from_counts(self):
        parts = tuple(
            Part(code, code, {"discharges": n, "deaths": 0, "deaths_under_48h": 0, "discharge_days": 4 * n,
                              "discharges_grouped": 0, "discharges_not_grouped": n, "drg_weight": 0,
                              "live_discharges": n, "readmissions_30_day": 0}, f"payer={code}")
            for code, n in (("A", 382), ("B", 151), ("C", 201), ("D", 67), ("E", 41))
        )  # fmt: skip
        data = a_month(by="payer", parts=parts)
        shares = [line.split()[2] for line in lines_of(data) if line[:2] in ("A ", "B ", "C ", "D ", "E ")]
        assert shares[:5] == ["45.37", "17.93", "23.87", "7.96", "4.87"]
        assert next(line for line in lines_of(data) if line.startswith("All")).split()[1:3] == [
            "842",
            "100.00",
        ]
        assert as_json(data)["by_payer"]["A"]["average_length_of_stay"]["value"] == "4.00"


class TestPages:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, golden, width):
        golden("monthly-statistics", render(a_month(), width), width)

    def test_a_doubtful_figure_is_pointed_out_before_signing(self):
        doubtful = {**a_month().columns[0].counts, "inpatient_autopsies": 40}
        data = a_month(columns=(Beside("This month", NOVEMBER, doubtful), *a_month().columns[1:]))
        assert "  Gross autopsy rate % is over 100: check the counts before signing." in lines_of(data)

    def test_what_passes_the_limits_of_the_facility_is_pointed_out(self):
        worse = {**a_month().columns[0].counts, "codes_right": 80, "codes_reviewed": 100}
        limits = Limits(50, 20, least={"code_accuracy_rate": 95})
        data = a_month(columns=(Beside("This month", NOVEMBER, worse), *a_month().columns[1:]), limits=limits)
        assert "  Coding accuracy by code %: 80.00 is under the facility's floor of 95." in lines_of(data)

    def test_house_line_is_worked_from_sums_not_from_the_lines_above(self):
        lines = [
            line
            for page in paginate(render(a_month(), 132), Run("", "", ""), Setup(132))
            for line in page.lines
        ]
        house = next(line for line in lines if line.startswith("House")).split()
        assert "4.41" in house  # (2,300 + 1,412) / (500 + 342), not the mean of 4.60 and 4.13


class TestJson:
    def test_a_rate_has_its_numerator_and_denominator(self):
        figures = as_json(a_month())["figures"]
        assert figures["net_death_rate"] == {"numerator": "15", "denominator": "836", "value": "1.79"}
        assert figures["newborn_gross_death_rate"]["value"] == "1.15"
        assert figures["incl_newborn_gross_death_rate"]["value"] == "2.18"
        assert figures["admissions"] == {"value": "845"}
        assert figures["direct_bed_turnover"] == {
            "numerator": "842", "denominator": "160.3333", "value": "5.25"
        }  # fmt: skip

    def test_what_has_no_value_says_why(self):
        figures = as_json(a_month())["figures"]
        assert figures["delinquency_rate"] == {
            "value": None, "shown": "n/a", "why": WHY["delinquent_records"]
        }  # fmt: skip
        assert "beds are counted by unit" in as_json(a_month())["by_service"]["MED"]["occupancy_rate"]["why"]

    def test_every_key_of_the_published_list_is_there(self):
        both = (
            "opening_census", "closing_census", "admissions", "discharges", "deaths", "deaths_under_48h",
            "transfers_in", "transfers_out", "inpatient_service_days", "same_day_cases", "bed_count_days",
            "discharge_days", "average_daily_census", "average_length_of_stay", "occupancy_rate",
            "direct_bed_turnover", "indirect_bed_turnover", "gross_death_rate", "net_death_rate",
            "leave_days", "peak_census", "minimum_census",
        )  # fmt: skip
        once = (
            "fetal_death_rate", "maternal_death_rate", "cesarean_rate", "postoperative_death_rate",
            "anesthesia_death_rate", "gross_autopsy_rate", "net_autopsy_rate", "adjusted_autopsy_rate",
            "consultation_rate", "infection_rate", "postoperative_infection_rate", "live_births",
            "deliveries", "readmission_30_day_rate", "case_mix_index", "delinquency_rate",
        )  # fmt: skip
        rates = ("average_daily_census", "average_length_of_stay", "gross_death_rate", "net_death_rate")
        figures = as_json(a_month())["figures"]
        assert {*both, *once, *("newborn_" + key for key in both)} <= figures.keys()
        assert {"incl_newborn_" + key for key in rates} <= figures.keys()
        parts = as_json(a_month())
        for part in (*parts["by_unit"].values(), *parts["by_service"].values()):
            assert {
                key for key in both if not key.endswith("m_census") and key != "peak_census"
            } <= part.keys()
        assert {"period", "conventions", "version", "as_of", "status"} <= parts.keys()

    def test_every_value_is_a_string_as_printed_or_says_why_there_is_none(self):
        for told in as_json(a_month())["figures"].values():
            if told["value"] is None:
                assert told["shown"] == "n/a"
                assert told["why"]
            else:
                assert Decimal(told["value"]).is_finite()
                assert "," not in told["value"]

    def test_it_is_json_and_counts_of_units_add_up_to_the_house(self):
        answer = json.loads(json.dumps(as_json(a_month())))
        for key in ("admissions", "discharges", "inpatient_service_days", "bed_count_days"):
            parts = sum(int(unit[key]["value"]) for unit in answer["by_unit"].values())
            assert str(parts) == answer["figures"][key]["value"]
        assert (answer["period"], answer["status"], answer["version"]) == ("2026-11", "open", None)


class TestSheets:
    def test_rows_have_a_value_for_every_column(self):
        for sheet in sheets(a_month()):
            assert len(sheet.keys) == len(sheet.headings)
            assert {len(row) for row in sheet.rows} == {len(sheet.keys)}
