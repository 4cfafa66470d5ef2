"""Late changes of movements by VistA's fifteen kinds, and figures that are no longer what was signed."""

from __future__ import annotations

from dataclasses import astuple

import pytest

from rules.census import Event, Step
from rules.corrections import Kind, differing, kinds, label

ADMIT = Step(Event.ADMIT, 1000, 0, 5, unit=1, service=2)
TRANSFER = Step(Event.TRANSFER, 2000, 0, 6, unit=3)
SERVICE = Step(Event.SERVICE, 2500, 0, 6, service=4)
LEAVE = Step(Event.LEAVE, 2600, 0, 6, leave_type="pass")
DISCHARGE = Step(Event.DISCHARGE, 3000, 0, 7, disposition="01")


class TestKinds:
    @pytest.mark.parametrize(
        ("before", "after", "expected"),
        [
            (None, ADMIT, ["admission entered"]),
            (ADMIT, None, ["admission deleted"]),
            (ADMIT, ADMIT._replace(utc=900, day=4), ["admission date edited"]),
            (None, TRANSFER, ["transfer entered"]),
            (TRANSFER, None, ["transfer deleted"]),
            (TRANSFER, TRANSFER._replace(utc=2100), ["transfer date edited"]),
            (None, DISCHARGE, ["discharge entered"]),
            (DISCHARGE, None, ["discharge deleted"]),
            (DISCHARGE, DISCHARGE._replace(day=8, utc=9000), ["discharge date edited"]),
            (ADMIT, ADMIT._replace(unit=9), ["admission ward edited"]),
            (TRANSFER, TRANSFER._replace(unit=9), ["transfer ward edited"]),
            (DISCHARGE, DISCHARGE._replace(disposition="20"), ["movement type edited"]),
            (None, SERVICE, ["specialty entered"]),
            (SERVICE, None, ["specialty deleted"]),
            (SERVICE, SERVICE._replace(utc=2501), ["specialty date edited"]),
        ],
    )
    def test_are_the_fifteen_of_the_corrections_file(self, before, after, expected):
        assert [str(kind) for kind in kinds(before, after)] == expected

    def test_there_are_fifteen(self):
        assert len(Kind) == 15

    def test_absences_are_transfers(self):
        assert kinds(None, LEAVE) == (Kind.TRANSFER_ENTERED,)
        assert kinds(LEAVE, LEAVE._replace(leave_type="ua")) == (Kind.MOVEMENT_TYPE,)

    def test_several_at_once_are_all_told(self):
        moved = ADMIT._replace(utc=900, unit=9, service=8)
        assert kinds(ADMIT, moved) == (
            Kind.ADMISSION_DATE, Kind.ADMISSION_WARD, Kind.SPECIALTY_DELETED, Kind.SPECIALTY_ENTERED,
        )  # fmt: skip

    def test_another_bed_or_a_class_that_was_meant_is_no_correction(self):
        assert kinds(ADMIT, ADMIT._replace(bed="12", patient_class="I")) == ()


def a_month(**house):
    return {
        "house": {"House": {"discharges": 842, "deaths": 21, "days": 30} | house},
        "by_unit": {},
        "by_service": {},
    }


class TestFigures:
    def test_that_are_the_same_are_not_named(self):
        assert differing(a_month(), a_month()) == []

    def test_the_death_rates_of_the_hospital_differ_when_newborns_come_into_them(self):
        month = a_month(
            deaths_under_48h=4, newborn_discharges=100, newborn_deaths=3, newborn_deaths_under_48h=0
        )
        found = differing(month, month, newborns=(False, True))
        assert [each.key for each in found] == ["hospital_gross_death_rate", "hospital_net_death_rate"]
        assert differing(month, month, newborns=(True, True)) == []

    def test_a_count_and_the_rates_made_from_it_differ_together(self):
        found = differing(a_month(), a_month(deaths=22))
        assert [(each.part, each.key, each.old, each.new) for each in found] == [
            ("House", "deaths", "21", "22"), ("House", "gross_death_rate", "2.49", "2.61"),
        ]  # fmt: skip

    def test_a_unit_that_was_not_there_had_nothing(self):
        signed, now = a_month(), a_month()
        now["by_unit"] = {"3E": {"admissions": 1}}
        (each,) = differing(signed, now)
        assert astuple(each)[:5] == ("Unit 3E", "admissions", "Admissions", "0", "1")

    def test_readmissions_of_a_young_month_were_bound_to_come(self):
        signed = a_month(live_discharges=815, readmissions_30_day=90)
        now = a_month(live_discharges=815, readmissions_30_day=96)
        assert {each.maturing for each in differing(signed, now, young=True)} == {True}
        assert {each.maturing for each in differing(signed, now)} == {False}

    def test_of_what_else_people_are_divided_by_stand_there_where_it_was_frozen(self):
        signed, now = a_month(), a_month()
        now["by_payer"] = {"MCR": {"discharges": 9, "discharge_days": 40}}
        payer = {"divided": {"by_payer": "Payer"}}
        assert differing(signed, now, **payer) == []
        signed["by_payer"] = {"MCR": {"discharges": 10}, "": {"discharges": 1}}
        assert [astuple(each)[:5] for each in differing(signed, now, **payer)] == [
            ("Payer not stated", "discharges", "Discharges, deaths included", "1", "0"),
            ("Payer MCR", "discharges", "Discharges, deaths included", "10", "9"),
        ]  # fmt: skip

    def test_days_of_a_payer_are_told_where_payers_changed_places_and_not_where_all_have_more(self):
        signed, now = a_month(), a_month()
        payer = {"divided": {"by_payer": "Payer"}}
        signed["by_payer"] = {
            "A": {"discharges": 1, "discharge_days": 6},
            "B": {"discharges": 1, "discharge_days": 9},
        }
        now["by_payer"] = {
            "A": {"discharges": 1, "discharge_days": 9},
            "B": {"discharges": 1, "discharge_days": 6},
        }
        assert [(each.part, each.key) for each in differing(signed, now, **payer)] == [
            ("Payer A", "discharge_days"), ("Payer B", "discharge_days"),
        ]  # fmt: skip
        now["by_payer"] = {
            "A": {"discharges": 1, "discharge_days": 8},
            "B": {"discharges": 1, "discharge_days": 9},
        }
        assert differing(signed, now, **payer) == []

    def test_of_a_part_without_newborns_stand_there_once(self):
        signed, now = a_month(), a_month()
        for month, days in ((signed, 300), (now, 310)):
            month["by_unit"] = {
                "3E": {"inpatient_service_days": days, "newborn_inpatient_service_days": 0, "days": 30}
            }
        assert [each.key for each in differing(signed, now)] == [
            "inpatient_service_days",
            "average_daily_census",
        ]

    def test_transfers_of_a_service_are_between_services(self):
        signed, now = a_month(), a_month()
        now["by_unit"], now["by_service"] = {"3E": {"transfers_in": 1}}, {"MED": {"transfers_in": 1}}
        assert [each.label for each in differing(signed, now)] == [
            "Transfers in, between units", "Transfers in, between services",
        ]  # fmt: skip

    def test_labels_say_the_class(self):
        assert label("newborn_deaths") == "Deaths, newborns"
        assert label("newborn_deaths_per_1000_live_births") == "Newborn deaths / 1,000 live births"
        assert label("incl_newborn_gross_death_rate") == "Gross death rate %, newborns included"
