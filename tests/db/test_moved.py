"""The lists behind the census: as long as their counts, whatever the conventions, and in balance."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from db import store
from db.access import sign_on
from db.changes import Source
from db.connect import writing
from db.hospital import movements, site
from db.hospital.site import Beds
from db.statistics import amis, census, late_movements, moved, wards
from db.statistics.moved import Kind
from reports.census.flows import flows
from rules.moments import day_number
from rules.periods import Period, month
from tests.builders import a_movement, a_patient, a_stay, an_encounter
from tests.conftest import ADMIN, PASSPHRASE
from tests.random_month import a_random_month, the_units

FIRST, LAST = day_number("2025-10-01"), day_number("2025-10-31")
COUNTED = {
    "admissions": (Kind.ADMISSION,), "discharges": (Kind.DISCHARGE, Kind.DEATH), "deaths": (Kind.DEATH,),
    "leave_out": (Kind.LEAVE,), "leave_in": (Kind.RETURN,),
}  # fmt: skip


MONTHS = ((1, "23:59", "every night"), (2, "00:00", "vista"), (3, "23:59", "no deduction"))


@pytest.fixture(scope="module")
def months_by_chance(template_store, tmp_path_factory):
    """Stores by the seed and the conventions of the month in them."""
    made = {}

    def month_by_chance(seed, hour, leave):
        if seed not in made:
            made[seed] = Path(shutil.copytree(template_store, tmp_path_factory.mktemp("month") / "store"))
            actor = sign_on.with_passphrase(made[seed], ADMIN, PASSPHRASE).actor
            site.file_setting(actor, "census_hour", hour, 1)
            site.file_setting(actor, "leave_rule", leave, 1)
            the_units()
            a_random_month(seed)
            census.bring_up_to_date()
            sign_on.off(actor)
        return made[seed]

    return month_by_chance


@pytest.fixture(params=MONTHS, ids=str)
def random_month(months_by_chance, tmp_path, request):
    directory = Path(shutil.copytree(months_by_chance(*request.param), tmp_path / "month"))
    yield sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor
    store.close_store()


class TestLists:
    def test_are_as_long_as_the_counts_of_every_day_and_unit(self, random_month):
        found = moved.moved(FIRST, LAST)
        rows = {(row.day, row.unit_id, row.newborn): row
                for row in census.day_summary(FIRST, LAST, by=("day", "unit_id", "newborn"))}  # fmt: skip
        numbers = {code: id_ for id_, code in site.codes("unit").items()}
        listed = Counter()
        for each in found:
            for name, kinds in COUNTED.items():
                if each.kind in kinds and not each.boarder and (each.absent or not each.leave_type):
                    listed[name, each.day, numbers[each.unit], each.newborn] += 1
            if each.kind is Kind.TRANSFER:
                listed["unit_in", each.day, numbers[each.unit], each.newborn] += 1
                listed["unit_out", each.day, numbers[each.from_unit], each.newborn] += 1
        counted = {
            (name, *key): getattr(row, name)
            for key, row in rows.items()
            for name in (*COUNTED, "unit_in", "unit_out")
            if getattr(row, name)
        }
        ed = numbers["ED"]
        assert {key: count for key, count in listed.items() if key[2] != ed} == counted
        assert len(counted) > 50

    def test_a_day_is_the_same_list_as_its_part_of_the_month(self, random_month):
        whole = moved.moved(FIRST, LAST)
        assert [each for day in range(FIRST, LAST + 1) for each in moved.moved(day, day)] == sorted(
            whole, key=lambda each: (each.day, whole.index(each))
        )

    def test_of_the_desk_are_as_long_as_its_counts_and_each_line_has_its_place(self, random_month):
        for day in range(FIRST, LAST + 1):
            found = moved.moved(day, day, moved.ARRIVALS | moved.DEPARTURES, every_unit=True)
            kinds = Counter(each.kind for each in found)
            assert census.event_counts(day) == {
                "admissions": kinds[Kind.ADMISSION], "discharges": kinds[Kind.DISCHARGE] + kinds[Kind.DEATH],
                "deaths": kinds[Kind.DEATH], "transfers": kinds[Kind.TRANSFER] + kinds[Kind.SERVICE] + kinds[Kind.BED],
            }  # fmt: skip
            keys = [each.key for each in found]
            assert keys == sorted(set(keys))

    def test_of_services_balance_with_the_census_of_each_day(self, random_month):
        services = site.codes("service")
        for day in range(FIRST, LAST + 1):
            gains, losses = flows(moved.moved(day, day, every_unit=True), lambda unit, service: (service,))
            heads = {
                on: {((services[row.service_id],), row.newborn): row.census
                     for row in census.day_summary(on, on, by=("service_id", "newborn"), every_unit=True)}
                for on in (day - 1, day)
            }  # fmt: skip
            for key in {*gains, *losses, *heads[day - 1], *heads[day]}:
                before, now = heads[day - 1].get(key, 0), heads[day].get(key, 0)
                assert before + gains[key] - losses[key] == now

    def test_heads_of_a_day_are_its_census(self, random_month):
        for day in (FIRST, FIRST + 14, LAST):
            counted = {
                (row.unit_id, row.service_id, row.newborn): row.census
                for row in census.day_summary(day, day, every_unit=True)
                if row.census
            }
            heads = wards.heads(day)
            there = {(each.unit_id, each.service_id, each.newborn): each.counted for each in heads}
            assert {key: count for key, count in there.items() if count} == counted
            away = sum(row.on_leave for row in census.day_summary(day, day, every_unit=True))
            assert sum(sum(each.away) for each in heads) == away
            assert all(each.female <= each.counted and each.aged <= each.counted for each in heads)

    def test_days_late_in_a_stay_are_part_of_the_patient_days(self, random_month):
        period, numbers = month("2025-10"), site.codes("service")
        for service in numbers:
            rows = [
                row
                for row in census.day_summary(FIRST, LAST, by=("service_id",), every_unit=True)
                if row.service_id == service
            ]
            everything, late = amis.days_beyond(period, service, 0), amis.days_beyond(period, service, 5)
            assert sum(everything.values()) == sum(row.census for row in rows)
            assert all(days <= everything[unit] for unit, days in late.items())
            assert 0 < sum(late.values()) < sum(everything.values())


class TestBeds:
    def test_a_change_of_bed_is_listed_where_it_is_asked_for_and_counted_in_no_census(self, admin):
        the_units()
        account = an_encounter(a_patient(), "B1")
        for event, at, bed in (
            ("admit", "07T08:00", "1"),
            ("transfer", "07T09:00", "2"),
            ("transfer", "07T09:00", "3"),
        ):
            a_movement(account, event, f"2025-10-{at}", "3E", "MED", bed=bed)
        day = day_number("2025-10-07")
        assert [each.bed for each in moved.moved(day, day, [Kind.BED])] == ["2", "3"]
        assert [each.kind for each in moved.moved(day, day)] == [Kind.ADMISSION]


class TestLodgers:
    def test_hold_a_bed_of_a_ward_overnight_without_an_admission(self, admin):
        the_units()
        lodger = an_encounter(a_patient(), "L1", **{"class": "OBS"})
        a_movement(lodger, "admit", "2025-10-07T22:00", "3E", "MED", patient_class="OBS")
        a_movement(lodger, "discharge", "2025-10-09T09:00")
        brief = an_encounter(a_patient(), "L2", **{"class": "OBS"})
        a_movement(brief, "admit", "2025-10-07T08:00", "3E", "MED", patient_class="OBS")
        a_movement(brief, "discharge", "2025-10-07T12:00")
        census.bring_up_to_date()
        day = day_number("2025-10-07")
        assert [(each.kind, each.account) for each in moved.lodgers(day)] == [(Kind.LODGER_IN, "L1")]
        assert [(each.kind, each.account) for each in moved.lodgers(day + 2)] == [(Kind.LODGER_OUT, "L1")]
        assert [moved.lodging(on) for on in (day, day + 1, day + 2)] == [{"3E": 1}, {"3E": 1}, {}]

    @pytest.mark.parametrize(("own", "heads"), [(", count = 1", {}), (", count = 2", {"3E": 1}), ("", {})])
    def test_for_as_many_days_as_the_facility_says(self, admin, own, heads):
        """A row without a number closes the limit: then nobody is a lodger."""
        the_units()
        lodger = an_encounter(a_patient(), "L1", **{"class": "OBS"})
        a_movement(lodger, "admit", "2025-10-07T22:00", "3E", "MED", patient_class="OBS")
        our_limits(f'{{ code = "lodger_days", text = "x"{own} }}')
        census.bring_up_to_date()
        assert moved.lodging(day_number("2025-10-09")) == heads


def our_limits(row):
    tables = store.current().directory / "site" / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    (tables / "statistics_limits.toml").write_text(
        f'id = "statistics_limits"\ntitle = "Ours"\nrows = [{row}]\n'
    )


class TestAge:
    def test_who_is_65_on_the_day_is_a_head_of_65_and_over(self, admin):
        the_units()
        for born in ("1960-10-07", "1960-10-08", "1959", "1960", ""):
            a_stay("2025-10-07T08:00", patient_id=a_patient(birth_date=born), unit="3E")
        census.bring_up_to_date()
        assert sum(each.aged for each in wards.heads(day_number("2025-10-07"))) == 2

    @pytest.mark.parametrize(("own", "heads"), [(', count = 60, valid_from = "2025-10-07"', 3), ("", 0)])
    def test_the_facility_says_from_which_age_on_and_from_when(self, admin, own, heads):
        the_units()
        for born in ("1960-10-07", "1962-01-01", "1965-10-08"):
            a_stay("2025-10-06T08:00", patient_id=a_patient(birth_date=born), unit="3E")
        a_stay("2025-10-06T08:00", patient_id=a_patient(birth_date="1965-10-07"), unit="3E")
        our_limits(f'{{ code = "aged_years", text = "Aged"{own} }}')
        assert sum(each.aged for each in wards.heads(day_number("2025-10-07"))) == heads


class TestDaysSetUp:
    def test_leave_out_the_days_without_beds(self, admin):
        the_units()
        with writing():
            site.apply_beds(Beds("4W", day_number("2025-10-11"), 0, 2), Source("test"))
            site.apply_beds(Beds("4W", day_number("2025-10-21"), 5, 2), Source("test"))
        unit = site.number("unit", "4W")
        days = wards.days_set_up(Period(FIRST, LAST))
        assert (days[unit, False], days[unit, True]) == (21, 31)


class TestLateMovements:
    def test_are_those_keyed_on_the_day_for_days_before(self, admin):
        the_units()
        today = datetime.now().date().toordinal()
        id_ = a_stay("2025-10-07T08:00", unit="3E")
        a_movement(id_, "transfer", "2025-10-09T10:00", "4W", "SUR")
        census.bring_up_to_date()
        days = [late_movements.keyed_on(today + shift) for shift in (-1, 0, 1)]
        changes = [each for late in days for each in late.changes]
        assert {each.kind for each in changes} == {"admission entered", "transfer entered"}
        assert {late.earliest_day for late in days if late.changes} == {day_number("2025-10-07")}

    def test_what_was_entered_and_taken_back_on_one_day_is_no_correction(self, admin):
        the_units()
        id_ = a_stay("2025-10-07T08:00", unit="3E")
        ward = a_movement(id_, "transfer", "2025-10-09T10:00", "4W", "SUR")
        with writing():
            movements.cancel(ward, Source("test", "test"), "wrong patient")
        today = datetime.now().date().toordinal()
        kinds = [each.kind for shift in (-1, 0, 1) for each in late_movements.keyed_on(today + shift).changes]
        assert kinds == ["admission entered"]
