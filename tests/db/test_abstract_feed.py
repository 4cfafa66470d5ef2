"""What the abstract is filled with: days by unit and service, leave and pass, consultations, what tells of a death."""

from __future__ import annotations

from pathlib import Path

import pytest

from db import store
from db.abstracting import abstract_feed, rule_context
from db.actors import Actor
from db.changes import Source
from db.coding.code_tables import all_tables
from db.connect import writing
from db.conventions import file_setting
from db.hospital import encounters, events
from db.hospital.movements import Movement, record
from rules.abstract_findings import record_findings
from rules.census import Event
from rules.moments import day_number, moment
from tests import builders

SOURCE = Source("test")


def given(encounter_id: int) -> dict[str, str]:
    return abstract_feed.from_accounts((encounters.get(encounter_id),))[encounter_id]


def rows(encounter_id: int) -> list[tuple[str, ...]]:
    """The rows of the movements: from, unit, service, days, leave, pass."""
    known = given(encounter_id)
    names = ("at", "unit", "service", "days", "leave_days", "pass_days")
    numbers = sorted({int(path[10 : path.index("]")]) for path in known if path.startswith("movements[")})
    return [tuple(known.get(f"movements[{number}].{name}", "") for name in names) for number in numbers]


def move(encounter_id: int, event: str, at: str, unit: str = "", service: str = "", **more: str) -> None:
    with writing():
        step = Movement(Event(event), moment(at, store.current().zone), unit, service, **more)
        assert not record(encounter_id, step, SOURCE).refused


def happen(encounter_id: int, kind: str, at: str, detail: str = "") -> tuple[str, ...]:
    stay = encounters.get(encounter_id)
    with writing():
        done = events.apply(
            encounter_id, stay.patient_id, kind, moment(at, store.current().zone), detail, SOURCE
        )
    return tuple(finding.code for finding in done.findings)


class TestDays:
    def test_each_place_has_its_own_and_a_change_of_bed_is_none(self, admin: Actor) -> None:
        stay = builders.a_stay("2026-11-01T08:00")
        move(stay, "transfer", "2026-11-02T09:00", "ICU")
        move(stay, "transfer", "2026-11-03T09:00", "ICU", bed="7")
        move(stay, "service", "2026-11-05T09:00", service="SUR")
        move(stay, "discharge", "2026-11-08T11:00", disposition="01")
        assert rows(stay) == [
            ("2026-11-01T08:00", "3E", "MED", "1", "", ""),
            ("2026-11-02T09:00", "ICU", "MED", "3", "", ""),
            ("2026-11-05T09:00", "ICU", "SUR", "3", "", ""),
        ]
        assert given(stay)["los_days"] == "7"
        assert given(stay)["path"] == "3E/MED > ICU/MED > ICU/SUR"

    def test_of_a_same_day_stay_are_one_on_its_last_unit(self, admin: Actor) -> None:
        stay = builders.a_stay("2026-11-01T08:00")
        move(stay, "transfer", "2026-11-01T09:00", "ICU")
        move(stay, "discharge", "2026-11-01T20:00", disposition="01")
        assert [row[3] for row in rows(stay)] == ["0", "1"]

    def test_of_an_open_stay_end_with_its_last_move(self, admin: Actor) -> None:
        stay = builders.a_stay("2026-11-01T08:00")
        move(stay, "transfer", "2026-11-02T09:00", "ICU")
        assert [row[3] for row in rows(stay)] == ["1", ""]

    def test_away_are_leave_or_pass_and_a_long_pass_is_leave(self, admin: Actor) -> None:
        stay = builders.a_stay("2026-11-01T08:00")
        for out, back, kind in (("02", "03", "pass"), ("04", "06", "aa"), ("07", "12", "pass")):
            move(stay, "leave", f"2026-11-{out}T09:00", leave_type=kind)
            move(stay, "return", f"2026-11-{back}T09:00")
        move(stay, "discharge", "2026-11-14T11:00", disposition="01")
        assert rows(stay) == [("2026-11-01T08:00", "3E", "MED", "5", "7", "1")]
        assert (given(stay)["leave_days"], given(stay)["pass_days"]) == ("7", "1")

    def test_away_longer_than_the_facilitys_pass_are_leave_from_the_day_of_its_rule(
        self, admin: Actor
    ) -> None:
        file_setting(admin, "leave_rule", "vista", 1)
        file_setting(admin, "pass_hours", "24", day_number("2026-11-10"))
        found = []
        for discharged in ("2026-11-09T11:00", "2026-11-10T11:00"):
            stay = builders.a_stay("2026-11-01T08:00")
            move(stay, "leave", "2026-11-03T09:00", leave_type="pass")
            move(stay, "return", "2026-11-05T09:00")
            move(stay, "discharge", discharged, disposition="01")
            known = given(stay)
            found.append((known.get("pass_days"), known.get("leave_days"), known["los_days"]))
        assert found == [("2", None, "8"), (None, "2", "7")]

    @pytest.mark.parametrize("rule", ["every night", "vista", "no deduction"])
    @pytest.mark.parametrize("hour", ["23:59", "00:00"])
    def test_agree_with_the_length_of_stay_by_every_rule(
        self, admin: Actor, store_directory: Path, rule: str, hour: str
    ) -> None:
        file_setting(admin, "leave_rule", rule, 1)
        file_setting(admin, "census_hour", hour, 1)
        stay = builders.a_stay("2026-11-02T00:00")
        move(stay, "leave", "2026-11-04T09:00", leave_type="pass")
        move(stay, "return", "2026-11-05T09:00")
        move(stay, "transfer", "2026-11-06T00:00", "ICU")
        move(stay, "leave", "2026-11-07T09:00", leave_type="aa")
        move(stay, "return", "2026-11-09T09:00")
        move(stay, "discharge", "2026-11-12T11:00", disposition="01")
        context = rule_context.context(all_tables(store_directory), None)
        from config.data_sets import library

        told = {each.code for each in record_findings(library().of("abstract"), given(stay), context)}
        assert not told & {"A160", "A161", "A162", "A163", "A164", "A165", "A166"}


class TestEvents:
    def test_a_consultation_becomes_a_row_with_service_and_provider_when_they_are_told(
        self, admin: Actor
    ) -> None:
        stay = builders.a_stay("2026-11-01T08:00", "2026-11-05T09:00")
        assert happen(stay, "consultation", "2026-11-02T10:00") == ()
        assert happen(stay, "consultation", "2026-11-03T10:00", "CARD/1001") == ()
        assert happen(stay, "consultation", "2026-11-04T10:00", "NEURO") == ()
        known = given(stay)
        assert {path: value for path, value in known.items() if path.startswith("consultations")} == {
            "consultations[1].date": "2026-11-02", "consultations[2].date": "2026-11-03",
            "consultations[2].service": "CARD", "consultations[2].provider": "1001",
            "consultations[3].date": "2026-11-04", "consultations[3].service": "NEURO",
        }  # fmt: skip

    def test_what_names_no_service_is_kept_and_flagged(self, admin: Actor) -> None:
        stay = builders.a_stay("2026-11-01T08:00", "2026-11-05T09:00")
        assert happen(stay, "consultation", "2026-11-02T10:00", "heart and lungs") == ("V201",)

    def test_an_autopsy_and_the_coroner_are_answered_for_a_death_alone(self, admin: Actor) -> None:
        died = builders.a_stay("2026-11-01T08:00", "2026-11-05T09:00", disposition="20")
        home = builders.a_stay("2026-11-01T08:00", "2026-11-05T09:00")
        for stay in (died, home):
            happen(stay, "coroner", "2026-11-05T10:00")
        happen(died, "autopsy", "2026-11-06T10:00", "inpatient")
        assert (given(died)["autopsy"], given(died)["coroner"]) == ("1", "1")
        assert "coroner" not in given(home)


class TestARegisteredDeath:
    def test_within_or_before_the_stay_is_shown_and_a_later_one_is_not(self, admin: Actor) -> None:
        for dead, shown in (("2026-11-03", True), ("2025-01-01", True), ("2026-11-20", False)):
            patient = builders.a_patient(death_date=dead)
            stay = builders.a_stay("2026-11-01T08:00", "2026-11-05T09:00", patient_id=patient)
            assert ("death_date" in given(stay)) is shown

    def test_of_one_who_died_here_is_shown_whatever_its_day(self, admin: Actor) -> None:
        patient = builders.a_patient(death_date="2026-11-20")
        stay = builders.a_stay("2026-11-01T08:00", "2026-11-05T09:00", patient_id=patient, disposition="20")
        assert given(stay)["death_date"] == "2026-11-20"


def test_many_accounts_take_as_many_queries_as_one(admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    stays = [encounters.get(builders.a_stay("2026-11-01T08:00", "2026-11-05T09:00")) for _ in range(12)]
    asked: list[str] = []
    connection = abstract_feed.database.connection()
    connection.set_trace_callback(asked.append)
    try:
        abstract_feed.from_accounts(stays[:1])
        one = len(asked)
        asked.clear()
        assert len(abstract_feed.from_accounts(stays)) == 12
    finally:
        connection.set_trace_callback(None)
    assert len(asked) == one
