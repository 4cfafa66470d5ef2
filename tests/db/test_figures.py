"""Counts of a period from a small hospital, added up by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from db.changes import Source
from db.connect import database, writing
from db.hospital import site
from db.hospital.site import Beds
from db.statistics import census, discharges, figures
from reports import output
from reports.catalogue import find
from reports.page import Setup
from reports.run import produce
from reports.statistics.monthly_statistics import as_json
from rules.moments import day_number
from rules.periods import month
from rules.text import cells
from tests.builders import a_movement, a_patient, a_stay, a_weighed_abstract, the_poisoned_patient

NOVEMBER = month("2025-11")
BABY = {"newborn": "1"}


@pytest.fixture
def hospital(admin):
    """Two units with beds, and the stays of November 2025 that the tests add up."""
    with writing():
        for unit, beds, bassinets in (("3E", 20, 0), ("4W", 10, 0), ("NUR", 0, 6)):
            site.apply("unit", unit, {"name": f"UNIT {unit}", "counts_in_census": "1"}, Source("test"))
            site.apply_beds(Beds(unit, day_number("2025-01-01"), beds, bassinets), Source("test"))
        site.apply_beds(Beds("4W", day_number("2025-11-16"), 12), Source("test"))
        site.apply("service", "OBS", {"name": "OBSTETRICS", "obstetric": "1"}, Source("test"))
    stays = {
        "carried in": a_stay("2025-10-28T10:00", "2025-11-03T11:00"),
        "whole": a_stay("2025-11-05T08:00", "2025-11-10T09:00", unit="4W", service="SUR"),
        "same day": a_stay("2025-11-07T08:00", "2025-11-07T20:00"),
        "early death": a_stay("2025-11-12T08:00", "2025-11-14T07:00", disposition="20"),
        "late death": a_stay("2025-11-12T08:00", "2025-11-20T07:00", disposition="20"),
        "still here": a_stay("2025-11-28T08:00"),
        "mother": a_stay("2025-11-02T08:00", "2025-11-04T09:00", service="OBS"),
        "baby": a_stay("2025-11-02T12:00", "2025-11-04T09:00", unit="NUR", service="NB", **BABY),
    }
    moved = stays["late death"]
    a_movement(moved, "transfer", "2025-11-15T10:00", "4W", "SUR")
    patient = a_patient()
    stays["first"] = a_stay("2025-11-01T09:00", "2025-11-02T09:00", patient_id=patient)
    stays["again"] = a_stay("2025-11-21T09:00", "2025-11-23T09:00", patient_id=patient)
    stays["leave"] = a_stay("2025-11-24T09:00")
    a_movement(stays["leave"], "leave", "2025-11-25T09:00")
    a_movement(stays["leave"], "return", "2025-11-27T09:00")
    a_movement(stays["leave"], "discharge", "2025-11-29T09:00", disposition="01")
    census.bring_up_to_date()
    return stays


def an_event(encounter_id, kind, day, detail="", **more):
    columns = {"encounter_id": encounter_id, "kind": kind, "detail": detail, "day": day_number(day), "at_utc": 0,
               "at_offset": 0, "recorded_utc": 0, "by": "", "origin": "", **more}  # fmt: skip
    database.execute_sql(
        f"INSERT INTO event ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        tuple(columns.values()),
    )


class TestCensusOfThePeriod:
    def test_the_house_adds_up(self, hospital):
        house = figures.period_counts(NOVEMBER).house
        assert house["opening_census"] == 1
        assert house["admissions"] == 9
        assert house["discharges"] == 9
        assert house["closing_census"] == 1
        assert house["deaths"] == 2
        assert house["deaths_under_48h"] == 1
        assert house["same_day_cases"] == 1
        # carried in 2, whole 5, same day 1, deaths 2 + 8, still here 3, mother 2, first 1, again 2, leave 5 - 2
        assert house["inpatient_service_days"] == 2 + 5 + 1 + 2 + 8 + 3 + 2 + 1 + 2 + 3
        assert house["discharge_days"] == 6 + 5 + 1 + 2 + 8 + 2 + 1 + 2 + 3
        assert house["leave_days"] == 2
        assert (house["newborn_admissions"], house["newborn_inpatient_service_days"]) == (1, 2)

    def test_transfers_in_and_out_of_units_are_the_same_number(self, hospital):
        counted = figures.period_counts(NOVEMBER)
        assert counted.house["transfers_in"] == counted.house["transfers_out"] == 1
        assert counted.by_unit["4W"]["transfers_in"] == 1
        assert counted.by_service["MED"]["transfers_out"] == 1

    def test_units_and_services_add_up_to_the_house(self, hospital):
        counted = figures.period_counts(NOVEMBER)
        for name in (
            "admissions",
            "discharges",
            "inpatient_service_days",
            "closing_census",
            "newborn_admissions",
        ):
            for parts in (counted.by_unit, counted.by_service):
                assert sum(part[name] for part in parts.values()) == counted.house[name]

    def test_beds_are_added_day_by_day(self, hospital):
        counted = figures.period_counts(NOVEMBER)
        assert counted.by_unit["4W"]["bed_count_days"] == 10 * 15 + 12 * 15
        assert counted.house["bed_count_days"] == 20 * 30 + 10 * 15 + 12 * 15
        assert counted.house["newborn_bed_count_days"] == 6 * 30

    def test_a_day_without_anybody_is_the_lowest_census(self, hospital):
        house = figures.period_counts(NOVEMBER).house
        assert house["newborn_peak_census"] == 1
        assert house["newborn_minimum_census"] == 0


class TestAUnitOutsideOfTheCensus:
    def test_its_discharges_are_in_no_figure(self, hospital):
        with writing():
            site.apply("unit", "HOLD", {"name": "HOLDING", "counts_in_census": "0"}, Source("test"))
        before = figures.whole(NOVEMBER)
        stay = a_stay("2025-11-10T08:00", "2025-11-12T09:00", unit="HOLD", service="OBS", disposition="20")
        for kind, detail in (("consultation", ""), ("autopsy", "inpatient"), ("death_class", "anesthesia")):
            an_event(stay, kind, "2025-11-12", detail)
        a_weighed_abstract(stay, 20_000)
        assert figures.whole(NOVEMBER) == before

    def test_the_footer_names_it(self, hospital, admin):
        with writing():
            site.apply("unit", "HOLD", {"counts_in_census": "0"}, Source("test"))
        produced = produce(admin, find("monthly-statistics"), {"month": "2025-11"})
        text = output.in_format(produced, "text", Setup()).decode()
        said = "Unit HOLD: outside of the census; a transfer from or to there is only in or only out."
        assert said in " ".join(text.split())


class TestEvents:
    def test_deaths_are_explained_by_their_events(self, hospital):
        dead = hospital["late death"]
        an_event(dead, "operation", "2025-11-11", "clean")
        an_event(dead, "autopsy", "2025-12-02", "inpatient")
        an_event(hospital["early death"], "coroner", "2025-11-14")
        an_event(None, "autopsy", "2025-11-30", "doa")
        counts = figures.event_counts(NOVEMBER)
        assert counts["inpatient_autopsies"] == 1  # though it was done in December
        assert counts["unautopsied_coroner_cases"] == 1
        assert counts["hospital_autopsies"] == 2
        assert counts["bodies_available"] == 2 - 1 + 1
        assert counts["postoperative_deaths"] == 1
        assert (counts["operations"], counts["patients_operated"]) == (1, 1)

    def test_births_are_counted_by_band_and_way(self, hospital):
        an_event(hospital["mother"], "delivery", "2025-11-02", "cesarean")
        an_event(hospital["baby"], "live_birth", "2025-11-02")
        an_event(hospital["mother"], "fetal_death", "2025-11-02", "", weeks=30)
        an_event(hospital["mother"], "fetal_death", "2025-11-02", "early")
        counts = figures.event_counts(NOVEMBER)
        assert (counts["deliveries"], counts["cesareans"], counts["live_births"]) == (1, 1, 1)
        assert (counts["fetal_deaths_late"], counts["fetal_deaths_early"]) == (1, 1)
        assert counts["obstetric_discharges"] == 1

    def test_a_patient_consulted_twice_counts_once_with_the_discharge(self, hospital):
        for day in ("2025-10-30", "2025-11-01"):
            an_event(hospital["carried in"], "consultation", day)
        an_event(hospital["still here"], "consultation", "2025-11-29")
        assert discharges.counts(NOVEMBER)["patients_consulted"] == 1

    def test_a_return_within_30_days_is_a_readmission(self, hospital):
        counts = discharges.counts(NOVEMBER)
        assert (counts["live_discharges"], counts["readmissions_30_day"]) == (7, 1)

    def test_case_mix_is_over_the_discharges_that_have_a_weight(self, hospital):
        for name, weight in (
            ("whole", 12500),
            ("late death", 21000),
            ("same day", None),
            ("still here", 9000),
        ):
            a_weighed_abstract(hospital[name], weight)
        counts = discharges.counts(NOVEMBER)
        assert counts["drg_weight"] == Fraction(335, 100)
        assert (counts["discharges_grouped"], counts["discharges_not_grouped"]) == (2, 7)


class TestReports:
    def test_the_month_prints_and_its_json_agrees_with_the_counts(self, hospital, admin):
        produced = produce(admin, find("monthly-statistics"), {"month": "2025-11"})
        found = as_json(produced.data)["figures"]
        assert found["average_length_of_stay"] == {"numerator": "30", "denominator": "9", "value": "3.33"}
        assert found["net_death_rate"]["value"] == "12.50"  # (2 - 1) / (9 - 1)
        for width in (80, 132):
            assert produced.pages(Setup(width))

    def test_the_daily_census_names_everybody_once_and_balances(self, hospital, admin):
        produced = produce(admin, find("daily-census"), {"day": "2025-11-26"})
        away = [each for each in produced.data.occupants if each.off_census]
        assert [each.encounter_id for each in away] == [hospital["leave"]]
        assert all(recap.out_of_balance == 0 for recap in produced.data.recaps.values())
        text = "\n".join(line for page in produced.pages(Setup(132)) for line in page.lines)
        assert "On leave, off the census" in text
        assert "OUT OF BALANCE" not in text

    def test_a_poisoned_name_is_printed_and_written_without_harm(self, hospital, admin):
        a_stay("2025-11-26T08:00", patient_id=the_poisoned_patient())
        produced = produce(admin, find("daily-census"), {"day": "2025-11-26"})
        for width, ascii_only in ((80, True), (132, True), (132, False)):
            for page in produced.pages(Setup(width, ascii_only=ascii_only)):
                assert all(line.isprintable() and cells(line) <= width for line in page.lines)
        table = output.in_format(produced, "csv", Setup()).decode()
        assert "\x1b" not in table
        assert "\u202e" not in table

    def test_heads_by_name_are_heads_by_number_on_every_day(self, hospital, admin):
        for number in range(1, 31):
            data = produce(admin, find("daily-census"), {"day": f"2025-11-{number:02d}"}).data
            heads = sum(not each.off_census for each in data.occupants)
            assert heads == sum(recap.census for recap in data.recaps.values())
