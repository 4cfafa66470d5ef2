"""The monthly summary: figures from sums, on paper and as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from reports.page import Run, Setup, paginate
from reports.statistics.monthly_statistics import MISSING, Beside, Data, as_json, render, sheets
from rules.conventions import Conventions
from rules.periods import fiscal_year_to, month
from rules.statistics import with_both

NOVEMBER = month("2026-11")

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
    house = with_both(the_house())
    nothing = dict.fromkeys(the_house(), 0) | {"days": 30}
    data = Data(
        "2026-11", NOVEMBER,
        (Beside("This month", NOVEMBER, house), Beside("Last year", month("2025-11"), with_both(nothing)),
         Beside("Fiscal year", fiscal_year_to(NOVEMBER.to_day), house)),
        {"3W": MEDICINE | NO_NEWBORNS | {"bed_count_days": 3000},
         "4E": SURGERY | NO_NEWBORNS | {"bed_count_days": 1810},
         "NUR": NOBODY | NURSERY | {"bed_count_days": 0, "newborn_bed_count_days": 900}},
        {"MED": MEDICINE | NO_NEWBORNS, "SUR": SURGERY | NO_NEWBORNS, "NB": NOBODY | NURSERY},
        {"3W": "MEDICAL WEST", "4E": "SURGICAL \x1b[31mEAST" + "x" * 40, "NUR": "NURSERY"},
        {"MED": "MEDICINE", "SUR": "SURGERY", "NB": "NEWBORN"}, Conventions(), "10-01", "us",
        "2026-12-01T07:30", "open", None, MISSING,
    )  # fmt: skip
    return replace(data, **others)


class TestPages:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, golden, width):
        golden("monthly-statistics", render(a_month(), width), width)

    def test_a_doubtful_figure_is_pointed_out_before_signing(self):
        doubtful = {**a_month().columns[0].counts, "inpatient_autopsies": 40}
        data = a_month(columns=(Beside("This month", NOVEMBER, doubtful), *a_month().columns[1:]))
        lines = [line for page in paginate(render(data, 80), Run("", "", ""), Setup()) for line in page.lines]
        assert "  Gross autopsy rate % is over 100: check the counts before signing." in lines

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
            "value": None, "shown": "n/a", "why": MISSING["delinquent_records"]
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
        figures = as_json(a_month())["figures"]
        assert {*both, *once, *("newborn_" + key for key in both)} <= figures.keys()

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
