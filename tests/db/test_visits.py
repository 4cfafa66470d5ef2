"""Visits that wait for coding, and the codes of those that are coded: kept by triggers, whatever happens to them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.code_tables import shipped_tables
from db import store
from db.abstracting import dnfb, visit_lists, visits
from db.abstracting.dnfb_accounts import not_billed
from db.actors import Actor
from db.changes import Source
from db.connect import database, writing
from db.conventions import file_setting
from db.hospital import encounters, site
from db.patient_index import patients
from db.registry import cases
from db.worklist import work_acts
from rules.findings import Finding, Level
from rules.moments import day_number, iso_date
from rules.work import Reason
from tests.builders import a_coded_visit, a_patient, a_stay, a_weighed_abstract, an_encounter

SOURCE = Source("clerk", "test")
WRONG = (Finding(Level.ERROR, "V103", "The first-listed diagnosis is missing.", "diagnoses[1].code"),)


def a_visit(account: str, day: int = 2, of_class: str = "E", **more: str) -> int:
    arrived = f"2026-11-{day:02}T08:00"
    return an_encounter(0, account, **{"class": of_class}, arrived_at=arrived, **more)


def code(admin: Actor, account: str, data_set: str = "visit", *, wrong: bool = False) -> None:
    a_coded_visit(admin, account, *(WRONG if wrong else ()), data_set=data_set)


def waiting(of: str = "", **more: Any) -> list[tuple[str, str]]:
    return [(row.account, row.status) for row in visit_lists.listing(of, **more)]


def stays(setting: str, **more: Any) -> list[tuple[str, str]]:
    return [(row.account, row.status) for row in visit_lists.stays(setting, shipped_tables(), **more)]


def kept() -> list[list[tuple[Any, ...]]]:
    return [
        sorted(database.execute_sql(f"SELECT * FROM {name}").fetchall()) for name in ("visit_code", "visit_wait")
    ]  # fmt: skip


def recounted() -> list[list[tuple[Any, ...]]]:
    return [
        sorted(database.execute_sql(f"SELECT * FROM {name}").fetchall()) for name in ("visit_coded", "visit_now")
    ]  # fmt: skip


class TestTheList:
    def test_is_of_visits_not_coded_completely_newest_first(self, admin: Actor) -> None:
        for account, day in (("1", 2), ("2", 5), ("3", 3)):
            a_visit(account, day)
        code(admin, "2")
        code(admin, "3", wrong=True)
        assert waiting("E") == [("3", "open"), ("1", "to code")]
        assert waiting(every=True) == [("2", "complete"), ("3", "open"), ("1", "to code")]
        assert waiting("O") == []

    def test_goes_on_after_the_last_row_shown(self, admin: Actor) -> None:
        for number in range(7):
            a_visit(str(number), 1 + number // 2, ("E", "O", "OBS")[number % 3])
        first = visit_lists.listing(limit=3)
        rest = visit_lists.listing("", first[-1].key, 50)
        assert [row.account for row in (*first, *rest)] == ["6", "5", "4", "3", "2", "1", "0"]

    def test_has_a_visit_of_which_nobody_says_when_it_began(self, admin: Actor) -> None:
        an_encounter(0, "1", **{"class": "E"})
        assert [(row.account, row.arrived_day) for row in visit_lists.listing("E")] == [("1", 0)]

    def test_begins_with_the_day_from_which_the_facility_codes_here(self, admin: Actor) -> None:
        a_visit("1", 2)
        a_visit("2", 5)
        file_setting(admin, "visits_coded_from", "2026-11-05", 1)
        assert waiting() == [("2", "to code")]
        assert [row.account for row in not_billed(("E",))] == ["2"]
        assert waiting(every=True) == [("2", "to code"), ("1", "to code")]

    def test_a_visit_that_somebody_abstracts_waits_in_the_work_queue(self, admin: Actor) -> None:
        visit = a_visit("1", departed_at="2026-11-02T11:00")
        a_weighed_abstract(visit, 10_000)
        assert waiting() == []
        assert [(row.account, row.reason) for row in not_billed(("E",))] == [("1", Reason.RELEASE)]
        with writing():
            database.execute_sql("UPDATE data_case SET status = 'released'")
        assert not_billed(("E",)) == []
        with writing():
            database.execute_sql("UPDATE data_case SET void_utc = 1")
        assert waiting() == [("1", "to code")]

    def test_an_emergency_that_is_admitted_is_on_it_no_more(self, admin: Actor) -> None:
        visit = a_visit("1")
        with writing():
            encounters.apply("1", encounters.get(visit).patient_id, {"class": "I"}, SOURCE)
        assert waiting() == []

    def test_reads_no_more_than_its_page_however_much_is_coded(
        self, admin: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        plans: list[str] = []
        execute = database.execute_sql

        def explained(sql: str, *values: object) -> object:
            if "visit_wait" in sql:
                plans.extend(row[3] for row in execute(f"EXPLAIN QUERY PLAN {sql}", *values))
            return execute(sql, *values)

        monkeypatch.setattr(database, "execute_sql", explained)
        visit_lists.listing("E", (9, 9), 20)
        assert plans[0].startswith("SEARCH w USING COVERING INDEX visit_wait_arrived")
        assert [plan for plan in plans if "TEMP B-TREE" in plan or plan.startswith("SCAN")] == []


class TestStaysOfOtherSettings:
    @pytest.fixture(autouse=True)
    def services(self, admin: Actor) -> None:
        with writing():
            for service in ("NHCU", "REHAB"):
                site.apply("service", service, {"name": service}, SOURCE)
        a_stay("2026-03-02T08:00", "2026-03-09T11:00", account="NURSING", service="NHCU")
        a_stay("2026-04-02T08:00", account="HERE STILL", service="NHCU")
        a_stay("2026-03-02T08:00", "2026-03-09T11:00", account="INTENSE", service="REHAB")
        a_stay("2026-03-02T08:00", "2026-03-09T11:00", account="ACUTE")

    def test_are_listed_until_their_record_is_complete_in_house_too(self, admin: Actor) -> None:
        assert stays("LTC") == [("HERE STILL", "to code"), ("NURSING", "to code")]
        assert stays("IRF") == [("INTENSE", "to code")]
        code(admin, "NURSING", "nursing")
        code(admin, "HERE STILL", "nursing", wrong=True)
        assert stays("LTC") == [("HERE STILL", "open")]
        assert stays("LTC", every=True) == [("HERE STILL", "open"), ("NURSING", "complete")]

    def test_go_on_after_the_last_row_shown(self) -> None:
        first = visit_lists.stays("LTC", shipped_tables(), limit=1)
        rest = visit_lists.stays("LTC", shipped_tables(), first[0].key)
        assert [row.account for row in (*first, *rest)] == ["HERE STILL", "NURSING"]

    def test_that_ended_before_the_facility_coded_here_do_not_wait(self, admin: Actor) -> None:
        file_setting(admin, "visits_coded_from", "2026-03-10", 1)
        assert stays("LTC") == [("HERE STILL", "to code")]
        assert len(stays("LTC", every=True)) == 2

    def test_are_none_of_the_visits(self) -> None:
        assert waiting(every=True) == []


class TestNotFinalBilled:
    """Two emergencies, an outpatient on hold, an observation still open, one still here, and a stay beside them."""

    @pytest.fixture(autouse=True)
    def accounts(self, admin: Actor) -> None:
        today = store.current().now().day
        for account, of_class, days in (
            ("1", "E", 3),
            ("2", "E", 4),
            ("3", "O", 9),
            ("4", "OBS", 1),
            ("5", "E", 0),
        ):
            an_encounter(
                0, account, **{"class": of_class}, arrived_at=f"{iso_date(today - days)}T00:00", diagnoses="R079"
            )  # fmt: skip
        a_stay(f"{iso_date(today - 9)}T08:00", f"{iso_date(today - 8)}T09:00", account="STAY")
        code(admin, "1")
        code(admin, "4", wrong=True)
        with writing():
            work_acts.apply_charge("2", 50_000, SOURCE)
        work_acts.hold(admin, "3", "DOC", None)

    @pytest.mark.parametrize(
        ("classes", "reasons"),
        [
            (("I",), {"Not abstracted": 1}),
            (("E",), {"Not coded": 1}),
            (("E", "O", "OBS"), {"Not coded": 1, "On hold": 1, "Incomplete": 1}),
            (("I", "OBS"), {"Not abstracted": 1, "Incomplete": 1}),
        ],
    )
    def test_counts_the_kinds_of_accounts_asked_for(
        self, classes: tuple[str, ...], reasons: dict[str, int]
    ) -> None:
        found = dnfb.counted(classes)
        assert {line.name: line.accounts for line in found.by_reason()} == reasons
        assert found.total.accounts == len(not_billed(classes)) == sum(reasons.values())

    def test_a_visit_of_which_nobody_says_when_it_came_has_waited_no_day_that_is_known(self) -> None:
        an_encounter(0, "UNTOLD", **{"class": "OBS"})
        held = {row.account: row.days for row in not_billed(("OBS",))}
        assert held == {"4": 1, "UNTOLD": 0}
        assert dnfb.counted(("OBS",)).total.oldest == 1

    def test_a_visit_is_worth_its_charges_and_waits_since_it_ended_or_came(self) -> None:
        (row,) = not_billed(("E",))
        assert (row.account, row.days, row.value_cents, row.class_) == ("2", 4, 50_000, "E")
        assert dnfb.counted(("E",)).revenue.cents == 50_000


ACTS = (
    "visit",
    "abstract",
    "code",
    "wrong",
    "void",
    "class",
    "accounts",
    "split",
    "owner",
    "charts",
    "apart",
    "cancel",
)
history = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(ACTS), st.integers(0, 3)), max_size=25)


class TestWhatTriggersKeep:
    def test_are_the_codes_of_each_visit_by_what_they_are(self, admin: Actor) -> None:
        visit = a_visit("1", diagnoses="R079|I10")
        services = {"code": "G0383", "date": "2026-11-02", "provider": "1001", "modifiers": "25"}
        a_coded_visit(
            admin, "1", **{"reasons[1].code": "R079", "external_causes[1].code": "W109"},
            **{f"services[2].{name}": value for name, value in services.items()},
        )  # fmt: skip
        rows = database.execute_sql(
            "SELECT role, seq, code, day, provider FROM visit_code WHERE encounter_id = ? ORDER BY role, seq", (visit,)
        ).fetchall()  # fmt: skip
        day = day_number("2026-11-02")
        assert rows == [
            ("dx", 1, "R079", None, ""), ("dx", 2, "I10", None, ""), ("external", 1, "W109", None, ""),
            ("reason", 1, "R079", None, ""), ("service", 2, "G0383", day, "1001"),
        ]  # fmt: skip

    @given(history)
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_equals_a_recount_after_any_acts(self, admin: Actor, acts: list[tuple[int, str, int]]) -> None:
        database.execute_sql("DELETE FROM merge")
        owners = [a_patient() for _ in range(2)]
        accounts = [
            an_encounter(owners[number % 2], **{"class": of_class}, diagnoses="R079")
            for number, of_class in enumerate(("E", "O", "OBS", "I"))
        ]
        for which, act, choice in acts:
            self.do(admin, accounts, owners, which, act, choice)
        assert kept() == recounted()

    def do(
        self, admin: Actor, accounts: list[int], owners: list[int], which: int, act: str, choice: int
    ) -> None:
        stay = encounters.get(accounts[which])
        data_set = ("visit", "office")[choice % 2]
        case = cases.by_encounter(data_set, stay.id)
        if act in ("code", "wrong") and cases.by_number(data_set, stay.account) in (None, case):
            code(admin, stay.account, data_set, wrong=act == "wrong") if stay.state == "active" else None
        elif act == "abstract" and cases.by_number("abstract", stay.account) is None:
            a_weighed_abstract(stay.id, 10_000)
        elif act == "void" and case:
            visits.void_visit(admin, visits.read(stay, data_set), "test")
        elif act == "cancel":
            with writing():
                encounters.set_cancelled(stay.id, SOURCE, cancelled=stay.state == "active")
        elif act in ("visit", "class"):
            arrived = f"2026-11-{choice + 1:02}T08:00"
            fields = {"arrived_at": arrived} if act == "visit" else {"class": ("E", "O", "OBS", "I")[choice]}
            with writing():
                encounters.apply(stay.account, stay.patient_id, fields, SOURCE)
        elif act in ("owner", "charts", "accounts"):
            with writing():
                self._together(accounts, owners, which, act, choice)
        elif act in ("apart", "split"):
            self._apart(act)

    def _together(self, accounts: list[int], owners: list[int], which: int, act: str, choice: int) -> None:
        if act == "owner":
            encounters.move_to_patient(accounts[which], owners[choice % 2], SOURCE)
        elif act == "charts":
            patients.merge(owners[choice % 2], owners[1 - choice % 2], SOURCE)
        else:
            encounters.merge(accounts[which], accounts[choice], SOURCE)

    def _apart(self, act: str) -> None:
        undo, kind = (
            (patients.undo_merge, "patient") if act == "apart" else (encounters.undo_merge, "account")
        )
        row = database.execute_sql(
            "SELECT id FROM merge WHERE kind = ? AND undone_utc IS NULL ORDER BY id DESC LIMIT 1", (kind,)
        ).fetchone()
        if row:
            with writing():
                undo(row[0], SOURCE)
