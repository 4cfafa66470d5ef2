"""S02, S03, S04: pages and JSON from counts that are known."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from db.statistics.discharges import DIMENSIONS, Part
from reports.catalogue import find
from reports.page import Run, Setup, paginate
from reports.statistics import drill, patient_mix, service_analysis, year_at_a_glance
from reports.statistics.measures import Beside, Counting
from reports.statistics.parameters import WAYS
from rules.conventions import Conventions
from rules.periods import Period, month
from rules.statistics import with_both, with_hospital

COUNTING = Counting(
    Conventions(),
    {"newborns_in_death_rates": "both terms", "infection_rule": "nhsn", "readmission_rule": "cms"},
    {"postoperative_days": 10, "readmission_days": 30, "infection_hours": 72, "infection_hospital_day": 3},
    "10-01", "us",
)  # fmt: skip
NOVEMBER = month("2026-11")
LONG = "INTERMEDIATE CARE, MEDICINE AND REHABILITATION OF THE ELDERLY \x1b[31m"


def some_discharges(count, days, weight=0, deaths=0):
    grouped = count if weight else 0
    return {
        "discharges": count, "deaths": deaths, "deaths_under_48h": 0, "discharge_days": days,
        "discharges_grouped": grouped, "discharges_not_grouped": count - grouped, "drg_weight": weight,
        "live_discharges": count - deaths, "readmissions_30_day": min(1, count),
    }  # fmt: skip


def lines_of(document, width):
    return [line for page in paginate(document, Run("", "", ""), Setup(width)) for line in page.lines]


class TestPatientMix:
    PAYERS = tuple(
        Part(code, name, some_discharges(count, days, weight, 1), f"payer={code}")
        for code, name, count, days, weight in (
            ("HMO", LONG, 382, 1701, 420), ("MCD", "MEDICAID", 151, 702, 0), ("MCR", "MEDICARE", 201, 1005, 301),
            ("SLF", "SELF-PAY", 67, 201, 50), ("", "(not known)", 41, 103, 0),
        )
    )  # fmt: skip
    SEXES = (
        Part("F", "Female", some_discharges(500, 2200, 471, 2), "sex=F"),
        Part("M", "Male", some_discharges(342, 1512, 300, 3), "sex=M"),
    )

    def a_mix(self, **others):
        data = patient_mix.Data(
            NOVEMBER, {"payer": self.PAYERS, "sex": self.SEXES}, "adults", COUNTING, "2026-12-01T07:30", "open", None
        )  # fmt: skip
        return replace(data, **others)

    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, golden, width):
        golden("patient-mix", patient_mix.render(self.a_mix(), width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page_without_discharges(self, golden, width):
        golden("patient-mix-empty", patient_mix.render(self.a_mix(mix={"payer": ()}), width), width)

    def test_a_part_that_no_list_can_ask_for_leads_nowhere_and_all_of_them_to_the_whole_list(self):
        mixed = Part("+", "More than one", some_discharges(3, 9), "")
        (page,) = paginate(
            patient_mix.render(self.a_mix(mix={"race": (mixed,)}), 80), Run("", "", ""), Setup(80)
        )
        going = {line.split("  ")[0]: go for line, go in zip(page.lines, page.links, strict=False)}
        assert going["+ More than one"] == ""
        assert going["All"] == "PGE discharge-list from=2026-11-01 to=2026-11-30 newborn=0"

    def test_t19_the_total_line_comes_from_counts(self):
        all_line = next(
            line for line in lines_of(patient_mix.render(self.a_mix(), 80), 80) if line.startswith("All")
        )
        assert all_line.split()[1:5] == ["842", "100.00", "3,712", "4.41"]

    def test_an_average_of_all_is_worked_from_sums(self):
        told = patient_mix.as_json(self.a_mix())
        assert told["figures"]["case_mix_index"] == {
            "numerator": "771", "denominator": "650", "value": "1.1862"
        }  # fmt: skip
        assert told["by_payer"][""]["name"] == "(not known)"
        assert json.loads(json.dumps(told)) == told

    def test_every_way_to_divide_can_be_asked_for(self):
        assert set(WAYS) == DIMENSIONS.keys()

    def test_sheets_have_a_value_for_every_column(self):
        for sheet in patient_mix.sheets(self.a_mix()):
            assert {len(row) for row in sheet.rows} == {len(sheet.keys)} == {len(sheet.headings)}


class TestServiceAnalysis:
    def a_service(self, discharges, days, **more):
        none = dict.fromkeys(("admissions", "discharges", "deaths", "deaths_under_48h", "inpatient_service_days",
                              "discharge_days", "opening_census", "closing_census", "transfers_in", "transfers_out",
                              "same_day_cases", "leave_days"), 0)  # fmt: skip
        counts = {**none, **{f"newborn_{key}": 0 for key in none}, **some_discharges(discharges, days)}
        return {**counts, "days": 30, "patients_consulted": 0, "inpatient_autopsies": 0, "hospital_infections": 0,
                "unautopsied_coroner_cases": 0, "operations": 0, "patients_operated": 0, **more}  # fmt: skip

    def an_analysis(self, **others):
        services = {
            "MED": self.a_service(500, 2300, deaths=15, patients_consulted=200, inpatient_autopsies=6,
                                  hospital_infections=12, inpatient_service_days=2700, admissions=505),
            "NB": self.a_service(0, 0, newborn_discharges=260, newborn_discharge_days=680, newborn_deaths=3,
                                 newborn_inpatient_service_days=690, newborn_admissions=261),
            "SUR": self.a_service(342, 1412, deaths=6, patients_consulted=33, inpatient_autopsies=3,
                                  hospital_infections=6, inpatient_service_days=1563, admissions=340),
        }  # fmt: skip
        house = {key: sum(each[key] for each in services.values()) for key in services["MED"]}
        data = service_analysis.Data(
            NOVEMBER, {**house, "days": 30}, services, {"MED": LONG, "SUR": "SURGERY", "NB": "NEWBORN"}, COUNTING,
            "2026-12-01T07:30", "open", None,
        )  # fmt: skip
        return replace(data, **others)

    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, golden, width):
        golden("service-analysis", service_analysis.render(self.an_analysis(), width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page_without_services(self, golden, width):
        golden(
            "service-analysis-empty", service_analysis.render(self.an_analysis(by_service={}), width), width
        )

    def test_the_house_is_worked_from_sums(self):
        told = service_analysis.as_json(self.an_analysis())
        assert told["figures"]["average_length_of_stay"]["value"] == "4.41"
        assert told["figures"]["consultation_rate"]["value"] == "27.67"
        assert told["by_service"]["MED"]["infection_rate"]["value"] == "2.40"

    @pytest.mark.parametrize("width", [80, 132])
    def test_a_rate_over_its_ceiling_is_pointed_out_with_its_service(self, width):
        unit = self.a_service(2, 20, hospital_infections=3)
        lines = lines_of(service_analysis.render(self.an_analysis(by_service={"ICU": unit}), width), width)
        at = lines.index("LOOK AT THESE BEFORE SIGNING")
        said = " ".join(line.strip() for line in lines[at + 1 : at + 3])
        assert said.startswith(
            "ICU: Hospital-acquired infection rate % is over 100: check the counts before signing."
        )

    def test_a_rate_without_anything_to_divide_by_is_not_zero(self):
        told = service_analysis.as_json(self.an_analysis())["by_service"]["NB"]
        assert told["gross_autopsy_rate"]["value"] is None
        assert "nothing to divide by" in told["gross_autopsy_rate"]["why"]


class TestYearAtAGlance:
    KEYS = ("opening_census", "closing_census", "admissions", "deaths_under_48h", "transfers_in", "transfers_out",
            "same_day_cases", "leave_days", "peak_census", "minimum_census")  # fmt: skip

    def a_month(self, discharges, deaths, days):
        counts = dict.fromkeys(self.KEYS, 7) | some_discharges(discharges, 4 * discharges, discharges, deaths)
        counts |= {
            "inpatient_service_days": 4 * discharges,
            "bed_count_days": 1000,
            "days": days,
            "live_births": 20,
        }
        counts |= {f"newborn_{key}": 0 for key in (*self.KEYS, "discharges", "deaths", "inpatient_service_days",
                                                   "discharge_days", "bed_count_days")}  # fmt: skip
        return with_hospital(with_both(counts), newborns=True)

    def a_year(self):
        months = [month(f"2025-{number:02d}") for number in (10, 11, 12)]
        months += [month(f"2026-{number:02d}") for number in range(1, 10)]
        columns = [
            Beside(f"{each.name[5:]}/{each.name[:4]}", each, self.a_month(100 + 10 * at, 2 + at, each.days))
            for at, each in enumerate(months[:11])
        ]
        columns.append(Beside("09/2026", months[11], {}))
        whole = Period(months[0].from_day, months[10].to_day)
        discharges, deaths = sum(100 + 10 * at for at in range(11)), sum(2 + at for at in range(11))
        year = Beside("Year", whole, self.a_month(discharges, deaths, whole.days))
        return year_at_a_glance.Data(tuple(columns), year, COUNTING, "2026-09-01T07:30", "open", None)

    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, golden, width):
        golden("year-at-a-glance", year_at_a_glance.render(self.a_year(), width), width)

    def test_the_average_of_the_year_is_no_average_of_rates(self):
        told = year_at_a_glance.as_json(self.a_year())
        assert told["figures"]["gross_death_rate"] == {
            "numerator": "77", "denominator": "1650", "value": "4.67"
        }  # fmt: skip
        mean = sum(100 * (2 + at) / (100 + 10 * at) for at in range(11)) / 11
        assert round(mean, 2) != 4.67

    def test_a_month_that_has_not_begun_is_blank_and_not_zero(self):
        line = next(
            line
            for line in lines_of(year_at_a_glance.render(self.a_year(), 132), 132)
            if line.startswith("Deaths ")
        )
        assert line.split() == ["Deaths", *[str(2 + at) for at in range(11)], "77"]
        assert "2026-09" not in year_at_a_glance.as_json(self.a_year())["by_month"]

    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page_of_a_year_that_has_not_begun(self, golden, width):
        year = self.a_year()
        blank = [replace(each, counts={}) for each in year.months]
        data = replace(year, months=tuple(blank), year=replace(year.year, counts={}))
        golden("year-at-a-glance-empty", year_at_a_glance.render(data, width), width)

    def test_narrow_paper_has_every_month_once_and_one_total(self):
        lines = lines_of(year_at_a_glance.render(self.a_year(), 80), 80)
        admissions = [line.split() for line in lines if line.startswith("Admissions")]
        assert [len(each) - 1 for each in admissions] == [6, 6, 5 + 1, 5 + 1]  # adults, newborns


class TestLinks:
    @pytest.mark.parametrize(
        "key", [key for key, (report_id, _) in drill._BEHIND.items() if find(report_id) is not None]
    )
    def test_a_figure_leads_to_a_report_that_takes_what_it_is_asked(self, key):
        go = drill.behind(key, NOVEMBER)
        assert go, f"{key} leads nowhere"
        word, report_id, *asked = go.split()
        report = find(report_id)
        assert word == "PGE"
        assert {each.partition("=")[0] for each in asked} <= {
            parameter.name for parameter in report.parameters
        }
