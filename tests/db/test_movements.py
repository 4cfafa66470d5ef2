"""Movements are only added to; encounter, census and day summary follow each of them at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from peewee import IntegrityError

from db import store
from db.abstracting import lifecycle
from db.actors import Actor
from db.changes import Applied, Source
from db.connect import database, writing
from db.hospital import encounters, movements, site
from db.hospital.movements import Movement
from db.patient_index import patients
from db.statistics import census, moved, summary
from db.worklist import counts as work_counts
from db.worklist import work
from rules.census import Event
from rules.moments import day_number, moment
from rules.work import EVERYTHING, Kind
from tests.builders import a_patient, an_encounter

SOURCE = Source("clerk", "test")
JANUARY = (day_number("2026-01-01"), day_number("2026-01-31"))


def a_movement(event: str, at: str, **more: object) -> Movement:
    """A movement of January 2026: ``at`` is the day, with a time or at 10:00."""
    placed: dict[str, dict[str, object]] = {
        "admit": {"unit": "4W", "service": "MED"},
        "transfer": {"unit": "ICU"},
    }
    day, _, clock = at.partition("T")
    when = moment(f"2026-01-{day}T{clock or '10:00'}", store.current().zone)
    return Movement(Event(event), when, **(placed.get(event, {}) | more))  # type: ignore[arg-type]


def record(encounter: int, event: str, at: str, **more: object) -> Applied:
    with writing():
        return movements.record(encounter, a_movement(event, at, **more), SOURCE)


def total(name: str, *, every_unit: bool = False) -> int:
    rows = census.day_summary(*JANUARY, by=(), every_unit=every_unit)
    return sum(int(getattr(row, name)) for row in rows)


@pytest.mark.usefixtures("admin")
class TestALeaveWithItsReturn:
    """A transfer on the 5th: neither half of a leave before it can come, or go, alone."""

    @pytest.fixture
    def account(self) -> int:
        account = an_encounter()
        for event, at in (("admit", "02"), ("transfer", "05")):
            assert not record(account, event, at).refused
        return account

    def leave(self, account: int, left: str, back: str) -> Applied:
        with writing():
            returned = a_movement("return", back).at
            return movements.record_leave(account, a_movement("leave", left), returned, SOURCE)

    def test_goes_in_before_the_transfer(self, account: int) -> None:
        assert record(account, "leave", "03").refused
        assert self.leave(account, "03", "04").changed["back"] == ("", "2026-01-04T10:00")
        assert total("on_leave") == 1

    def test_goes_out_again_and_leaves_the_census_as_it_was(self, account: int) -> None:
        before = census.day_summary(*JANUARY)
        applied = self.leave(account, "03", "04")
        with writing():
            assert movements.cancel(applied.record_id, SOURCE).refused
            assert not movements.cancel_leave(applied.record_id, SOURCE, "never away").refused
        assert census.day_summary(*JANUARY) == before

    def test_half_of_it_that_stands_already_is_not_stored_twice(self, account: int) -> None:
        self.leave(account, "03", "04")
        assert not self.leave(account, "03", "04").changed
        assert len(movements.of_encounter(account)) == 4

    def test_one_that_overlaps_the_transfer_is_refused_whole(self, account: int) -> None:
        assert self.leave(account, "03", "06").refused
        assert len(movements.of_encounter(account)) == 2

    def test_a_leave_that_lasts_has_no_second_half_to_cancel(self, account: int) -> None:
        applied = record(account, "leave", "07")
        with writing():
            assert movements.cancel_leave(applied.record_id, SOURCE).findings[0].code == "M114"


@pytest.mark.usefixtures("admin")
class TestRecord:
    def test_the_encounter_follows_its_movements(self) -> None:
        account = an_encounter()
        for event, at in (("admit", "02"), ("transfer", "03"), ("leave", "04"), ("return", "06")):
            assert not record(account, event, at).refused
        assert not record(account, "discharge", "10", disposition="1").refused
        stay = encounters.get(account)
        assert (stay.admitted_at, stay.discharged_at) == ("2026-01-02T10:00", "2026-01-10T10:00")
        assert (stay.admit_unit, stay.unit, stay.service) == ("4W", "ICU", "MED")
        assert (stay.los_days, stay.leave_days, stay.disposition, stay.died) == (6, 2, "01", False)

    def test_the_same_again_is_unchanged(self) -> None:
        account = an_encounter()
        first = record(account, "admit", "02")
        again = record(account, "admit", "02")
        assert (again.record_id, dict(again.changed), again.created) == (first.record_id, {}, False)

    def test_an_impossible_one_is_refused_and_leaves_nothing(self) -> None:
        account = an_encounter()
        assert record(account, "discharge", "02").reason.startswith(
            "There is no admission before the discharge"
        )
        record(account, "admit", "05")
        assert "is before the admission" in record(account, "discharge", "04").reason
        assert [row.event for row in movements.of_encounter(account, every=True)] == ["admit"]

    def test_unknown_units_and_services_are_created_unconfirmed_with_a_warning(self) -> None:
        applied = record(an_encounter(), "admit", "02", unit="NEW1", service="NEW2")
        assert [finding.code for finding in applied.findings] == ["S101", "S101"]
        new = site.get("unit", "NEW1")
        assert new is not None
        assert not new.confirmed

    @pytest.mark.parametrize(
        ("sql", "said"),
        [("DELETE FROM movement", "never deleted"), ("UPDATE movement SET day = day + 1", "never rewritten")],
    )
    def test_a_movement_row_cannot_be_deleted_or_rewritten(self, sql: str, said: str) -> None:
        record(an_encounter(), "admit", "02")
        with pytest.raises(IntegrityError, match=said):
            database.execute_sql(sql)

    def test_an_observation_visit_is_in_no_census(self) -> None:
        account = an_encounter()
        record(account, "admit", "02", patient_class="OBS")
        assert encounters.get(account).patient_class == "OBS"
        assert census.inpatients() == []
        record(account, "admit", "03")  # becomes an inpatient
        stay = encounters.get(account)
        assert (stay.patient_class, stay.arrived_at[:10], stay.admitted_at[:10]) == (
            "I",
            "2026-01-02",
            "2026-01-03",
        )
        assert [row.account for row in census.inpatients()] == [stay.account]

    def test_a_cancelled_admission_gives_the_visit_back(self) -> None:
        account = an_encounter(**{"class": "E", "arrived_at": "2026-01-02T08:00"})
        record(account, "admit", "02")
        assert encounters.get(account).patient_class == "I"
        with writing():
            movements.cancel_latest(account, Event.ADMIT, SOURCE)
        stay = encounters.get(account)
        assert (stay.patient_class, stay.state, stay.arrived_at) == ("E", "active", "2026-01-02T08:00")


@pytest.mark.usefixtures("admin")
class TestStillAPatient:
    """NUBC UB-04 manual, FL 17: status 30 is for a bill of a part of a stay."""

    def test_is_no_disposition_of_a_discharge(self) -> None:
        account = an_encounter()
        record(account, "admit", "02")
        (finding,) = record(account, "discharge", "05", disposition="30").findings
        assert (finding.code, finding.field) == ("M115", "disposition")
        left = record(account, "discharge", "05", disposition="01").record_id
        with writing():
            still = a_movement("discharge", "05", disposition="30")
            assert movements.change(left, still, SOURCE, "a bill said so").findings[0].code == "M115"
        assert encounters.get(account).disposition == "01"


@pytest.mark.usefixtures("admin")
class TestCancelAndChange:
    def test_a_cancelled_discharge_puts_the_patient_back_into_the_bed(self) -> None:
        account = an_encounter()
        record(account, "admit", "02")
        record(account, "discharge", "05", disposition="01")
        assert census.inpatients() == []
        with writing():
            movements.cancel_latest(account, Event.DISCHARGE, SOURCE, "wrong patient")
        assert [row.unit for row in census.inpatients()] == ["4W"]
        assert encounters.get(account).los_days is None
        rows = movements.of_encounter(account, every=True)
        assert [(row.state, row.ended_by, row.reason) for row in rows] == [
            ("current", "", ""), ("cancelled", "clerk", "wrong patient"),
        ]  # fmt: skip

    def test_what_later_movements_need_cannot_be_cancelled_before_them(self) -> None:
        account = an_encounter()
        admitted = record(account, "admit", "02").record_id
        record(account, "transfer", "03")
        with writing():
            assert movements.cancel(admitted, SOURCE).refused
            assert not movements.cancel_all(account, SOURCE).refused
        assert encounters.get(account).state == "cancelled"
        assert total("admissions") == 0

    def test_a_change_keeps_the_version_before_it(self) -> None:
        account = an_encounter()
        first = record(account, "admit", "02").record_id
        with writing():
            later = movements.change(first, a_movement("admit", "01"), SOURCE, "clock was wrong")
        assert later.changed == {"at": ("2026-01-02T10:00", "2026-01-01T10:00")}
        assert [row.state for row in movements.of_encounter(account, every=True)] == ["current", "superseded"]
        with writing():
            assert "superseded already" in movements.change(first, a_movement("admit", "03"), SOURCE).reason

    def test_a_correction_at_a_screen_says_why_and_one_of_an_import_by_its_origin(self) -> None:
        account, screen = an_encounter(), Source("clerk")
        first = record(account, "admit", "02").record_id
        with writing():
            assert movements.change(first, a_movement("admit", "01"), screen, " ").findings[0].code == "M116"
            assert movements.cancel(first, screen).findings[0].code == "M116"
            assert not movements.change(first, a_movement("admit", "01"), Source("clerk", "csv 1")).refused

    def test_same_minute_movements_keep_their_order_when_one_is_changed(self) -> None:
        account = an_encounter()
        record(account, "admit", "02")
        first = record(account, "transfer", "03", unit="ICU").record_id
        record(account, "transfer", "03", unit="5E")
        with writing():
            movements.change(first, a_movement("transfer", "03", unit="CCU"), SOURCE)
        assert encounters.get(account).unit == "5E"


@pytest.mark.usefixtures("admin")
class TestDaySummary:
    def test_a_late_movement_is_in_the_summary_at_once(self) -> None:
        account = an_encounter()
        record(account, "admit", "02")
        record(account, "discharge", "10", disposition="01")
        assert (total("census"), total("service_days")) == (8, 8)
        record(account, "leave", "04")
        record(account, "return", "07")
        assert (total("census"), total("discharge_days")) == (5, 5)
        assert census.self_check(*JANUARY) == []

    def test_units_out_of_the_census_are_left_out_unless_asked_for(self) -> None:
        with writing():
            site.apply("unit", "L&D", {"counts_in_census": "0"}, SOURCE)
        account = an_encounter()
        record(account, "admit", "02", unit="L&D")
        record(account, "discharge", "04", disposition="01")
        assert (total("census"), total("census", every_unit=True)) == (0, 2)

    def test_newborns_are_counted_apart(self) -> None:
        mother, baby = an_encounter(), an_encounter(newborn="1")
        for account in (mother, baby):
            record(account, "admit", "02")
            record(account, "discharge", "04", disposition="01")
        rows = census.day_summary(*JANUARY, by=("newborn",))
        assert [(row.newborn, row.census) for row in rows] == [(False, 2), (True, 2)]

    def test_a_newborn_flag_set_right_later_moves_the_days(self) -> None:
        account = an_encounter(account="B1")
        record(account, "admit", "02")
        record(account, "discharge", "04", disposition="01")
        assert [row.newborn for row in census.day_summary(*JANUARY, by=("newborn",))] == [False]
        with writing():
            encounters.apply("B1", encounters.get(account).patient_id, {"newborn": "1"}, SOURCE)
        assert [row.newborn for row in census.day_summary(*JANUARY, by=("newborn",))] == [True]
        assert census.self_check(*JANUARY) == []

    def test_another_convention_recounts_every_stay_it_governs(self, admin: Actor) -> None:
        account = an_encounter()
        for event, at in (("admit", "02"), ("leave", "04"), ("return", "06"), ("discharge", "10")):
            record(account, event, at, **({"disposition": "01"} if event == "discharge" else {}))
        assert (total("census"), total("discharge_days")) == (6, 6)
        site.file_setting(admin, "leave_rule", "no deduction", JANUARY[0])
        assert (total("census"), total("discharge_days")) == (6, 8)
        assert encounters.get(account).los_days == 8
        site.file_setting(admin, "leave_rule", "vista", JANUARY[0])
        assert (total("census"), total("discharge_days")) == (8, 8)
        assert census.self_check(*JANUARY) == []

    def test_a_rebuild_gives_the_same_and_survives_being_stopped(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(3):
            account = an_encounter()
            record(account, "admit", "02")
            record(account, "discharge", "04", disposition="20")
        before = census.day_summary(*JANUARY)
        monkeypatch.setattr(summary.stays, "IDS_AT_ONCE", 1)
        with monkeypatch.context() as stopped:
            stopped.setattr(summary, "_count", _stop)
            with pytest.raises(KeyboardInterrupt):
                census.rebuild()
        assert summary.is_due()
        assert census.day_summary(*JANUARY) == before
        assert not summary.is_due()

    def test_days_counted_while_somebody_wrote_are_counted_again(
        self, store_directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(2):
            record(an_encounter(), "admit", "02")
        versions = iter(range(10_000))
        monkeypatch.setattr(summary, "_data_version", lambda: next(versions))
        assert total("admissions") == 2
        assert census.self_check(*JANUARY) == []

    def test_the_recount_names_what_differs(self) -> None:
        account = an_encounter()
        record(account, "admit", "02")
        census.bring_up_to_date()
        database.execute_sql("UPDATE day_stats SET census = census + 1 WHERE day = ?", (JANUARY[0] + 3,))
        (sentence,) = census.self_check(*JANUARY)
        assert sentence.startswith("2026-01-04")
        assert "census is 2 in the summary and 1 by the movements" in sentence

    def test_a_day_is_listed_event_by_event(self) -> None:
        account = an_encounter()
        record(account, "admit", "02")
        record(account, "transfer", "03T09:00", unit="ICU", service="SUR")
        record(account, "discharge", "03T20:00", disposition="20")
        (row,) = moved.moved(JANUARY[0] + 2, JANUARY[0] + 2, [moved.Kind.TRANSFER])
        assert (row.from_unit, row.from_service, row.unit, row.service) == ("4W", "MED", "ICU", "SUR")
        (died,) = moved.moved(JANUARY[0] + 2, JANUARY[0] + 2, [moved.Kind.DEATH])
        assert (died.unit, died.los_days) == ("ICU", 1)
        assert census.event_counts(JANUARY[0] + 2) == {
            "admissions": 0, "discharges": 1, "deaths": 1, "transfers": 1,
        }  # fmt: skip

    def test_who_was_in_house_at_a_census_hour(self) -> None:
        gone, here = an_encounter(account="GONE"), an_encounter(account="HERE")
        record(gone, "admit", "02", bed="1")
        record(gone, "transfer", "05", unit="ICU", bed="9")
        record(gone, "discharge", "06", disposition="01")
        record(here, "admit", "03", bed="2")
        record(here, "leave", "04")
        seen = {
            day: [(o.account, o.unit, o.bed, o.off_census) for o in census.occupants(JANUARY[0] + day - 1)]
            for day in (2, 4, 5, 6)
        }
        assert seen == {
            2: [("GONE", "4W", "1", False)],
            4: [("GONE", "4W", "1", False), ("HERE", "4W", "2", True)],
            5: [("HERE", "4W", "2", True), ("GONE", "ICU", "9", False)],
            6: [("HERE", "4W", "2", True)],
        }


def _stop(first: int, last: int) -> list[tuple[int, ...]]:
    raise KeyboardInterrupt


@pytest.mark.usefixtures("admin")
class TestAccounts:
    def test_merged_accounts_count_once_and_both_numbers_lead_to_the_survivor(self) -> None:
        owner = a_patient()
        survivor, loser = an_encounter(owner, "A1"), an_encounter(owner, "A2")
        record(loser, "admit", "02")
        record(loser, "discharge", "04", disposition="01")
        with writing():
            merge = encounters.merge(survivor, loser, SOURCE)
        assert encounters.find("A2") == survivor
        assert encounters.get(survivor).admit_unit == "4W"
        assert total("admissions") == 1
        with writing():
            assert not encounters.undo_merge(merge.record_id, SOURCE).refused
        assert encounters.get(encounters.find("A2")).los_days == 2
        assert encounters.get(survivor).admitted_at == ""
        assert (total("admissions"), census.self_check(*JANUARY)) == (1, [])

    def test_of_two_admissions_the_loser_s_is_cancelled(self) -> None:
        owner = a_patient()
        survivor, loser = an_encounter(owner), an_encounter(owner)
        record(survivor, "admit", "02")
        record(loser, "admit", "03")
        with writing():
            encounters.merge(survivor, loser, SOURCE)
        assert [row.state for row in movements.of_encounter(loser, every=True)] == ["cancelled"]
        assert total("admissions") == 1

    def test_a_change_of_attending_and_its_cancel(self) -> None:
        account = an_encounter(provider="DR1")
        with writing():
            encounters.change_attending(account, "DR2", 10**9 * 2, SOURCE)
            assert encounters.get(account).attending == "DR2"
            encounters.cancel_attending(account, SOURCE)
        assert encounters.get(account).attending == "DR1"

    def test_a_visit_moves_to_another_patient(self) -> None:
        one, two = a_patient(mrn="1"), a_patient(mrn="2")
        account = an_encounter(one)
        with writing():
            assert encounters.move_to_patient(account, two, SOURCE).changed == {"mrn": ("1", "2")}
        assert [stay.id for stay in encounters.of_patient(two)] == [account]

    def test_another_patients_account_is_refused(self) -> None:
        an_encounter(a_patient(), "A1")
        with writing():
            assert "another patient" in encounters.apply("A1", a_patient(), {}, SOURCE).reason

    def test_discharges_wait_oldest_first_until_they_are_done(self, admin: Actor) -> None:
        for number, day in enumerate(("05", "03", "04")):
            account = an_encounter(account=f"W{number}")
            record(account, "admit", "02")
            record(account, "discharge", day, disposition="01")
        waiting = work.page(admin, EVERYTHING, None, 2)
        assert [row.account for row in waiting] == ["W1", "W2"]
        assert [row.account for row in work.page(admin, EVERYTHING, waiting[-1].key)] == ["W0"]
        with writing():
            lifecycle.mark_abstracted(waiting[0].encounter_id, JANUARY[1])
        assert (work_counts.waiting(Kind.ABSTRACT).items, work_counts.waiting(Kind.CODE).items) == (2, 3)

    def test_a_store_from_a_copy_opens_with_its_census(self, admin: Actor, store_directory: Path) -> None:
        record(an_encounter(), "admit", "02")
        assert [row[1] for row in census.census_now()] == [1]
        assert patients.find("MILLER")
