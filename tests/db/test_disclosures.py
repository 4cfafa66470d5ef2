"""Requests are filed, moved and listed; releases and events stand for ever; the accounting equals the log."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peewee import DatabaseError

from db import store
from db.actors import Actor, Role
from db.acts import Conflict, NotPermitted
from db.changes import Source
from db.connect import database, writing
from db.conventions import file_setting
from db.disclosure import counts as request_counts
from db.disclosure import disclosures, requests
from db.disclosure.disclosure_law import NotAllowed
from db.disclosure.disclosures import NewRelease
from db.patient_index import patients
from rules.disclosure import Status
from tests import builders

RECEIVED = "2026-03-02"  # a Monday; 20 working days later is 2026-03-30
NOW = "2026-03-20T10:00"
AUTHORIZATION = {
    "requester_kind": "ATTORNEY", "authority": "AUTH", "purpose": "LEGAL", "parts": "DS LAB",
    "requester_name": "A. Lawyer", "requester_address": "1 Court St", "received_on": RECEIVED,
    "received_by_method": "MAIL", "authorization_signed_on": "2026-02-20",
    "authorization_expires_on": "2026-12-31", "authorization_complete": "1",
}  # fmt: skip


class Clock:
    """The facility's clock, set by the test: every other part of the store is the real one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.patch = monkeypatch

    def set(self, local: str) -> None:
        from rules.moments import moment

        at = moment(local, store.current().zone)
        self.patch.setattr(store.Store, "now", lambda here: at)


@pytest.fixture
def clock(admin: Actor, monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock(monkeypatch)
    made.set(NOW)
    return made


@pytest.fixture
def patient(clock: Clock) -> int:
    return builders.a_patient(us_person="1")


def a_request(actor: Actor, patient_id: int, **values: str) -> str:
    return requests.file_request(actor, patient_id, AUTHORIZATION | values)


def approved(actor: Actor, patient_id: int, **values: str) -> requests.Request:
    number = a_request(actor, patient_id, **values)
    return requests.step(actor, number, "APPROVE", 1)


def law_enforcement(**more: str) -> dict[str, str]:
    return {"requester_kind": "POLICE", "authority": "LAW", "purpose": "LAW", "requester_name": "State Police",
            "documents": "B7_LETTER LAW_BRANCH", "authorization_signed_on": "", **more}  # fmt: skip


def a_release(**more: Any) -> NewRelease:
    return NewRelease(**{
        "released_at": "2026-03-10T09:30", "recipient_name": "A. Lawyer", "recipient_address": "1 Court St",
        "what": "Discharge summary", "parts": "DS LAB", "purpose": "LEGAL", "authority": "AUTH",
        "medium": "PAPER", "pages": 12, **more,
    })  # fmt: skip


def released(actor: Actor, patient_id: int, values: dict[str, str] | None = None, **more: Any) -> str:
    request = approved(actor, patient_id, **(values or {}))
    return disclosures.release(actor, request.number, a_release(**more), request.version, complete=True)


def to_police(actor: Actor, patient_id: int, **more: Any) -> str:
    return released(actor, patient_id, law_enforcement(), authority="LAW", purpose="LAW", **more)


def audit_rows(action: str) -> list[tuple[str, dict[str, Any]]]:
    rows = database.execute_sql("SELECT record, detail FROM audit WHERE action = ? ORDER BY seq", (action,))
    return [(record, json.loads(detail) if detail else {}) for record, detail in rows]


class TestFiling:
    def test_a_request_is_filed_found_again_and_listed(self, admin: Actor, patient: int) -> None:
        number = a_request(admin, patient, priority="URGENT", pages="12", fee_cents="1250")
        found = requests.open_request(admin, number)
        assert {
            **AUTHORIZATION,
            "priority": "URGENT",
            "pages": "12",
            "fee_cents": "1250",
        }.items() <= found.values.items()
        assert (found.status, found.due_on, found.due_clock) == (Status.RECEIVED, "2026-03-30", "VA_ACCESS")
        assert [event.kind for event in found.events] == ["RECEIVED", "CLOCK_START"]
        (row,) = requests.list_requests(admin, patient_id=patient)
        assert (row.number, row.requester_name, row.due_on, row.status) == (
            number, "A. Lawyer", "2026-03-30", "RECEIVED",
        )  # fmt: skip

    def test_numbers_come_from_the_counter(self, admin: Actor, patient: int) -> None:
        assert [a_request(admin, patient) for _ in range(2)] == ["R000001", "R000002"]

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(st.dictionaries(
        st.sampled_from(["note", "pages", "fee_cents", "service_from", "site_item", "parts_text", "documents"]),
        st.text(alphabet=st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=12)
        | st.integers(-5, 10**12).map(str) | st.sampled_from(["/NA", "007", "12.5"]),
    ))  # fmt: skip
    def test_whatever_was_filed_comes_back(self, admin: Actor, patient: int, more: dict[str, str]) -> None:
        number = a_request(admin, patient, **more)
        values = requests.read(number).values
        derived = {"request_number", "status", "due_on", "mrn", "patient_name"}
        kept = {name: value for name, value in values.items() if name not in derived}
        assert kept == {name: value for name, value in (AUTHORIZATION | more).items() if value}

    @pytest.mark.parametrize("day", ["", "2026-02-30", "/NK", "2026-03-21"])
    def test_a_day_of_receipt_is_needed(self, admin: Actor, patient: int, day: str) -> None:
        with pytest.raises(NotAllowed, match="day of receipt") as refused:
            a_request(admin, patient, received_on=day)
        assert refused.value.findings[0].field == "received_on"
        assert request_counts.requests(admin).open == 0

    def test_an_amendment_keeps_old_and_new(self, admin: Actor, patient: int) -> None:
        number = a_request(admin, patient)
        changed = AUTHORIZATION | {"received_on": "2026-03-04", "note": "called"}
        assert requests.file_request(admin, patient, changed, 1, number=number) == number
        found = requests.read(number)
        assert (found.version, found.due_on) == (2, "2026-04-01")
        assert [(e.kind, e.day) for e in found.events] == [
            ("RECEIVED", RECEIVED), ("CLOCK_START", RECEIVED), ("CORRECTED", "2026-03-04"),
        ]  # fmt: skip
        _, detail = audit_rows("file request")[-1]
        assert detail["before"]["received_on"] == RECEIVED
        assert detail["after"]["note"] == "called"

    def test_two_who_amend_the_same_version_do_not_overwrite_each_other(
        self, admin: Actor, patient: int
    ) -> None:
        number = a_request(admin, patient)
        requests.file_request(admin, patient, AUTHORIZATION | {"note": "one"}, 1, number=number)
        with pytest.raises(Conflict):
            requests.file_request(admin, patient, AUTHORIZATION | {"note": "two"}, 1, number=number)
        assert requests.read(number).values["note"] == "one"

    def test_a_request_stays_with_its_patient_and_is_amended_while_open(
        self, admin: Actor, patient: int
    ) -> None:
        number = a_request(admin, patient)
        with pytest.raises(NotAllowed, match="another patient"):
            requests.file_request(admin, builders.a_patient(), AUTHORIZATION, 1, number=number)
        requests.step(admin, number, "WITHDRAW", 1)
        with pytest.raises(NotAllowed, match="open it again"):
            requests.file_request(admin, patient, AUTHORIZATION, 2, number=number)

    def test_only_those_who_may_file(self, patient: int, actor_with: Callable[..., Actor]) -> None:
        with pytest.raises(NotPermitted):
            a_request(actor_with(Role.CODER), patient)
        assert a_request(actor_with(Role.ROI), patient)

    def test_an_unknown_number_is_one_sentence(self, admin: Actor, patient: int) -> None:
        with pytest.raises(NotAllowed, match="no request R9"):
            requests.open_request(admin, "R9")


class TestSteps:
    def test_a_step_moves_the_request_and_is_noted(self, admin: Actor, patient: int) -> None:
        number = a_request(admin, patient)
        after = requests.step(admin, number, "ACK", 1, day="2026-03-05")
        after = requests.step(admin, number, "HOLD", after.version, reason="asks for more than it names")
        assert after.status is Status.HELD
        assert [(e.kind, e.day, e.status) for e in after.events[2:]] == [
            ("ACK", "2026-03-05", "RECEIVED"), ("HOLD", "2026-03-20", "HELD"),
        ]  # fmt: skip
        assert [step.word for step in after.steps] == ["ACK", "CLEAR", "EXTEND", "DENY", "WITHDRAW"]

    @pytest.mark.parametrize(
        ("word", "more", "sentence"),
        [
            ("SHRED", {}, "no step"), ("COMPLETE", {}, "no step"), ("CLEAR", {"reason": "x"}, "cannot follow"),
            ("HOLD", {}, "say why"), ("DENY", {"reason": "no"}, "Begin the reason with its code"),
            ("ACK", {"day": "2026-03-01"}, "between receipt and today"),
            ("ACK", {"day": "2026-03-21"}, "between receipt and today"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_done_is_refused(
        self, admin: Actor, patient: int, word: str, more: dict[str, str], sentence: str
    ) -> None:
        number = a_request(admin, patient)
        with pytest.raises(NotAllowed, match=sentence):
            requests.step(admin, number, word, 1, **more)
        assert requests.read(number).version == 1

    def test_a_denial_says_its_code(self, admin: Actor, patient: int) -> None:
        number = a_request(admin, patient)
        assert requests.step(admin, number, "DENY", 1, reason="ENDANGERS see note").status is Status.DENIED

    def test_a_hold_is_cleared_by_a_supervisor(
        self, admin: Actor, patient: int, actor_with: Callable[..., Actor]
    ) -> None:
        number = a_request(admin, patient)
        requests.step(actor_with(Role.ROI), number, "HOLD", 1, reason="look")
        with pytest.raises(NotPermitted):
            requests.step(actor_with(Role.ROI), number, "CLEAR", 2, reason="fine")
        assert (
            requests.step(actor_with(Role.SUPERVISOR), number, "CLEAR", 2, reason="fine").status
            is Status.REVIEW
        )

    def test_time_is_extended_once_inside_the_first_period(
        self, admin: Actor, patient: int, clock: Clock
    ) -> None:
        number = a_request(admin, patient)
        assert requests.step(admin, number, "EXTEND", 1, reason="archive").due_on == "2026-04-27"
        with pytest.raises(NotAllowed, match="extended once"):
            requests.step(admin, number, "EXTEND", 2, reason="again")
        late = a_request(admin, patient, received_on="2026-01-05")
        with pytest.raises(NotAllowed, match="inside the first period"):
            requests.step(admin, late, "EXTEND", 1, reason="late")

    def test_a_question_stops_the_clock_of_foia_until_the_answer(self, admin: Actor, patient: int) -> None:
        foia = {"requester_kind": "FOIA", "authority": "FOIA", "purpose": "FOIA"}
        number = a_request(admin, patient, **foia)
        assert requests.step(admin, number, "ASK", 1, reason="which year?", day="2026-03-09").due_on == ""
        after = requests.step(admin, number, "ANSWER", 2, day="2026-03-16")
        assert (after.due_on, after.due_clock) == ("2026-04-06", "FOIA")

    def test_an_order_is_due_on_the_day_that_it_names(self, admin: Actor, patient: int) -> None:
        order = {"requester_kind": "COURT", "authority": "ORDER", "respond_by": "2026-03-25"}
        assert requests.read(a_request(admin, patient, **order)).due_on == "2026-03-25"

    def test_what_the_table_does_not_permit_is_not_approved(self, admin: Actor, patient: int,
                                                            actor_with: Callable[..., Actor]) -> None:  # fmt: skip
        clerk = actor_with(Role.ROI)
        for values, sentence in (
            ({"authorization_expires_on": "2026-03-19"}, "EXPIRED"),
            ({"authorization_revoked_on": "2026-03-19"}, "REVOKED"),
            ({"authorization_complete": "0"}, "INCOMPLETE"),
            ({"parts": "DS HIV"}, "Hold it for a supervisor"),
            ({"requester_kind": "LITIGANT", "authority": "SUBPOENA"}, "Row 12a does not permit"),
            ({"parts": "DIARY"}, "Row D does not permit"),
        ):
            number = a_request(clerk, patient, **values)
            with pytest.raises(NotAllowed, match=sentence):
                requests.step(clerk, number, "APPROVE", 1)
        exception = requests.step(
            actor_with(Role.PRIVACY_OFFICER), number, "APPROVE", 1, reason="court's wish"
        )
        assert exception.status is Status.APPROVED


class TestLists:
    def test_lists_page_by_key_in_every_order(self, admin: Actor, patient: int) -> None:
        days = ["2026-03-06", "2026-03-02", "2026-03-04", "2026-03-02", "2026-03-05"]
        numbers = [a_request(admin, patient, received_on=day) for day in days]
        by_due = sorted(numbers, key=lambda number: (days[numbers.index(number)], number))
        for order, expected in (("due", by_due), ("received", by_due), ("number", numbers)):
            for backwards in (False, True):
                found: list[str] = []
                after = None
                while page := requests.list_requests(
                    admin, order=order, newest_first=backwards, after=after, limit=2
                ):
                    found += [row.number for row in page]
                    after = page[-1].key
                assert found == (expected[::-1] if backwards else expected)

    def test_lists_are_narrowed_by_status_patient_and_due_day(self, admin: Actor, patient: int) -> None:
        other = builders.a_patient()
        first, second, third = (a_request(admin, who, received_on=day) for who, day in (
            (patient, "2026-03-02"), (patient, "2026-03-04"), (other, "2026-03-02")))  # fmt: skip
        requests.step(admin, first, "WITHDRAW", 1)

        def numbers(**asked: Any) -> list[str]:
            return [row.number for row in requests.list_requests(admin, **asked)]

        assert numbers(open_only=True) == [third, second]
        assert numbers(patient_id=patient) == [first, second]
        assert numbers(statuses=["WITHDRAWN", "HELD"]) == [first]
        assert numbers(due_by="2026-03-30", open_only=True) == [third]

    def test_a_chart_merged_away_is_found_under_its_survivor(self, admin: Actor, patient: int) -> None:
        loser = builders.a_patient(us_person="1")
        number, at_police = a_request(admin, loser), to_police(admin, loser)
        with writing():
            assert not patients.merge(patient, loser, Source("admin")).refused
        assert number in [row.number for row in requests.list_requests(admin, patient_id=patient)]
        assert [row.release_number for row in disclosures.accounting(admin, patient)] == [at_police]

    def test_the_desk_counts_what_waits(self, admin: Actor, patient: int) -> None:
        for day in ("2026-01-05", "2026-02-20", "2026-02-27", "2026-03-02"):  # due 02-03, 03-20, 03-27, 03-30
            number = a_request(admin, patient, received_on=day)
        requests.step(admin, number, "HOLD", 1, reason="look")
        assert request_counts.requests(admin) == request_counts.Counts(open=4, due_soon=2, overdue=1, held=1)

    def test_a_list_is_one_row_in_the_trail(self, admin: Actor, patient: int) -> None:
        a_request(admin, patient)
        requests.list_requests(admin)
        record, detail = audit_rows("view request")[-1]
        assert (record, detail["count"]) == ("requests", 1)


class TestReleasing:
    def test_a_release_is_logged_with_what_each_law_asks(self, admin: Actor, patient: int) -> None:
        number = released(admin, patient)
        (row,) = disclosures.open_release(admin, number)
        assert (row.number, row.version, row.regimes, row.latest) == ("D000001", 1, ("PA",), True)
        assert (row.released_on, row.released_at) == ("2026-03-10", "2026-03-10T09:30")
        assert (row.pages, row.released_by) == (12, "admin")
        request = requests.read(row.request_number)
        assert request.status is Status.COMPLETE
        assert [event.kind for event in request.events][-2:] == ["COMPLETE", "FIRST_COMPLETE"]
        _, detail = audit_rows("release information")[-1]
        assert (detail["request"], detail["row"]) == (request.number, "4")

    def test_sending_again_never_moves_the_first_complete_answer(self, admin: Actor, patient: int) -> None:
        released(admin, patient)
        again = requests.read("R000001")
        disclosures.release(
            admin, "R000001", a_release(released_at="2026-03-19T08:00"), again.version, complete=True
        )
        requests.step(admin, "R000001", "REOPEN", again.version + 1, reason="appeal")
        requests.step(admin, "R000001", "APPROVE", again.version + 2)
        disclosures.release(
            admin, "R000001", a_release(released_at="2026-03-20T08:00"), again.version + 3, complete=True
        )
        first = [event.day for event in requests.read("R000001").events if event.kind == "FIRST_COMPLETE"]
        assert first == ["2026-03-10"]

    def test_a_part_leaves_the_request_open(self, admin: Actor, patient: int) -> None:
        request = approved(admin, patient)
        disclosures.release(admin, request.number, a_release(parts="DS"), request.version, complete=False)
        after = requests.read(request.number)
        assert after.status is Status.PARTIAL
        disclosures.release(admin, request.number, a_release(parts="LAB"), after.version, complete=True)
        assert len(disclosures.releases(admin, patient)) == 2

    def test_nothing_is_released_before_approval_or_while_held(self, admin: Actor, patient: int) -> None:
        number = a_request(admin, patient)
        with pytest.raises(NotAllowed, match="COMPLETE cannot follow RECEIVED"):
            disclosures.release(admin, number, a_release(), 1, complete=True)
        assert disclosures.releases(admin, patient) == []

    def test_an_authorization_is_looked_at_again_at_the_moment_of_release(
        self, admin: Actor, patient: int, clock: Clock, actor_with: Callable[..., Actor]
    ) -> None:
        request = approved(admin, patient, authorization_expires_on="2026-03-25")
        clock.set("2026-03-26T09:00")
        late, clerk = a_release(released_at="2026-03-26T08:00"), actor_with(Role.ROI)
        with pytest.raises(NotAllowed, match="EXPIRED"):
            disclosures.release(clerk, request.number, late, request.version, complete=True)

    def test_more_than_was_approved_is_looked_at_again(
        self, actor_with: Callable[..., Actor], patient: int
    ) -> None:
        clerk = actor_with(Role.ROI)
        request = approved(clerk, patient)
        with pytest.raises(NotAllowed, match="Hold it for a supervisor"):
            disclosures.release(
                clerk, request.number, a_release(parts="DS HIV"), request.version, complete=True
            )

    def test_the_privacy_officer_releases_by_exception_with_a_reason(
        self, admin: Actor, patient: int
    ) -> None:
        request = approved(admin, patient)
        odd = a_release(parts="DIARY")
        with pytest.raises(NotAllowed):
            disclosures.release(admin, request.number, odd, request.version, complete=True)
        number = disclosures.release(
            admin, request.number, odd, request.version, complete=True, exception="ordered by counsel"
        )
        (row,) = disclosures.open_release(admin, number)
        assert (row.exception_reason, row.regimes) == ("ordered by counsel", ("HIPAA", "PA"))

    @pytest.mark.parametrize(
        ("more", "field"),
        [({"released_at": "2026-03-21T08:00"}, "released_at"), ({"released_at": "2026-03-01T08:00"}, "released_at"),
         ({"released_at": "today"}, "released_at"), ({"recipient_name": " "}, "recipient_name"),
         ({"what": ""}, "what"), ({"pages": -1}, "pages")],
    )  # fmt: skip
    def test_what_an_accounting_needs_is_asked_for(
        self, admin: Actor, patient: int, more: dict[str, Any], field: str
    ) -> None:
        request = approved(admin, patient)
        with pytest.raises(NotAllowed) as refused:
            disclosures.release(admin, request.number, a_release(**more), request.version, complete=True)
        assert refused.value.findings[0].field == field

    def test_only_release_staff_release(
        self, admin: Actor, patient: int, actor_with: Callable[..., Actor]
    ) -> None:
        request = approved(admin, patient)
        with pytest.raises(NotPermitted):
            disclosures.release(
                actor_with(Role.SUPERVISOR), request.number, a_release(), request.version, complete=True
            )

    def test_a_version_that_is_no_more_the_last_is_a_conflict(self, admin: Actor, patient: int) -> None:
        request = approved(admin, patient)
        with pytest.raises(Conflict):
            disclosures.release(admin, request.number, a_release(), request.version - 1, complete=True)
        assert disclosures.releases(admin, patient) == []


class TestWrittenOnce:
    """Not even a statement of SQL edits or deletes what the law wants kept."""

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE release SET what = 'nothing'",
            "UPDATE release SET hipaa_accountable = 0",
            "DELETE FROM release",
            "INSERT OR REPLACE INTO release SELECT * FROM release",
            "REPLACE INTO release SELECT * FROM release",
            "UPDATE OR REPLACE release SET pages = 0",
            "INSERT INTO release SELECT * FROM release WHERE 1 ON CONFLICT DO UPDATE SET what = 'nothing'",
            "UPDATE request_event SET day = 1",
            "DELETE FROM request_event",
            "REPLACE INTO request_event SELECT * FROM request_event",
            "UPDATE suspension SET until_day = 0",
            "DELETE FROM suspension",
            "REPLACE INTO suspension SELECT * FROM suspension",
            "DELETE FROM request",
            "REPLACE INTO request SELECT * FROM request",
        ],
    )
    def test_no_statement_changes_a_row(self, admin: Actor, patient: int, statement: str) -> None:
        number = to_police(admin, patient)
        disclosures.suspend_accounting(
            admin, number, "ORAL", agency="State Police", official="Sgt. Roe", statement="would impede"
        )
        tables = ("release", "request_event", "suspension", "request")
        before = {table: database.execute_sql(f"SELECT * FROM {table}").fetchall() for table in tables}
        with pytest.raises(DatabaseError, match=r"never|written once"):
            database.execute_sql(statement)
        assert before == {
            table: database.execute_sql(f"SELECT * FROM {table}").fetchall() for table in tables
        }

    def test_the_first_complete_answer_cannot_be_written_again(self, admin: Actor, patient: int) -> None:
        released(admin, patient)
        with pytest.raises(DatabaseError, match="written once"):
            database.execute_sql(
                "INSERT OR REPLACE INTO request_event (request_id, kind, day, at_utc, by, status)"
                " VALUES (1, 'FIRST_COMPLETE', 1, 1, 'x', 'COMPLETE')"
            )

    def test_a_version_cannot_skip_or_fork_the_chain(self, admin: Actor, patient: int) -> None:
        number = released(admin, patient)
        disclosures.supersede_release(admin, number, a_release(pages=13), 1, "miscounted")
        columns = [row[1] for row in database.execute_sql("PRAGMA table_info(release)") if row[1] != "id"]
        changes: tuple[dict[str, object], ...] = (
            {"version": 3, "supersedes_id": 1},
            {"version": 4, "supersedes_id": 2},
            {"version": 3, "supersedes_id": 2, "number": "'D9'"},
            {"version": 2, "supersedes_id": "NULL"},
        )
        for change in changes:
            taken = ", ".join(str(change.get(name, name)) for name in columns)
            with pytest.raises(DatabaseError, match=r"never|follows"):
                database.execute_sql(
                    f"INSERT INTO release ({', '.join(columns)}) SELECT {taken} FROM release WHERE id = 2"
                )


class TestSuperseding:
    def test_a_correction_points_back_and_holds(self, admin: Actor, patient: int) -> None:
        number = released(admin, patient)
        assert (
            disclosures.supersede_release(admin, number, a_release(what="Laboratory"), 1, "wrong part") == 2
        )
        last, first = disclosures.open_release(admin, number)
        assert (first.what, first.latest, last.what, last.latest) == (
            "Discharge summary",
            False,
            "Laboratory",
            True,
        )
        assert last.superseding_reason == "wrong part"
        assert [row.what for row in disclosures.accounting(admin, patient)] == ["Laboratory"]

    def test_what_was_entered_in_error_leaves_the_accounting_and_not_the_log(
        self, admin: Actor, patient: int
    ) -> None:
        number = released(admin, patient)
        disclosures.supersede_release(admin, number, None, 1, "other patient")
        assert disclosures.accounting(admin, patient) == []
        assert [row.entered_in_error for row in disclosures.releases(admin, patient)] == [True, False]

    def test_a_correction_needs_a_reason_and_the_last_version(self, admin: Actor, patient: int) -> None:
        number = released(admin, patient)
        with pytest.raises(NotAllowed, match="Say why"):
            disclosures.supersede_release(admin, number, a_release(), 1, " ")
        disclosures.supersede_release(admin, number, a_release(), 1, "address")
        with pytest.raises(Conflict):
            disclosures.supersede_release(admin, number, a_release(), 1, "address")

    def test_flags_follow_the_correction(self, admin: Actor, patient: int) -> None:
        number = released(admin, patient)
        disclosures.supersede_release(admin, number, a_release(parts="DIARY"), 1, "it was the diary")
        assert [row.regimes for row in disclosures.open_release(admin, number)] == [("HIPAA", "PA"), ("PA",)]


class TestSuspension:
    def suspend(self, admin: Actor, number: str, kind: str = "ORAL", **more: str) -> str:
        return disclosures.suspend_accounting(
            admin, number, kind, agency="State Police", official="Sgt. Roe", statement="would impede", **more
        )

    def test_an_oral_one_holds_thirty_days_and_the_row_is_back_the_day_after(
        self, admin: Actor, patient: int
    ) -> None:
        number = to_police(admin, patient)
        assert self.suspend(admin, number) == "2026-04-19"
        assert disclosures.accounting(admin, patient) == []
        listed = [len(disclosures.accounting_rows(patient, as_of=day)) for day in (
            "2026-03-19", "2026-03-20", "2026-04-19", "2026-04-20")]  # fmt: skip
        assert listed == [1, 0, 0, 1]
        assert disclosures.releases(admin, patient)[0].suspended_until == "2026-04-19"

    def test_a_written_one_names_its_end(self, admin: Actor, patient: int) -> None:
        number = to_police(admin, patient)
        with pytest.raises(NotAllowed, match="names its end"):
            self.suspend(admin, number, "WRITTEN")
        assert self.suspend(admin, number, "WRITTEN", until="2027-03-20") == "2027-03-20"

    def test_it_follows_a_correction(self, admin: Actor, patient: int) -> None:
        number = to_police(admin, patient)
        self.suspend(admin, number)
        disclosures.supersede_release(admin, number, a_release(authority="LAW", purpose="LAW"), 1, "address")
        assert disclosures.accounting(admin, patient) == []

    @pytest.mark.parametrize(
        ("kind", "more", "sentence"),
        [("ORAL", {"until": "2026-04-20"}, "at most"), ("SIGNED", {}, "ORAL or WRITTEN"),
         ("WRITTEN", {"until": "2026-03-19"}, "before it begins")],
    )  # fmt: skip
    def test_days_are_checked(
        self, admin: Actor, patient: int, kind: str, more: dict[str, str], sentence: str
    ) -> None:
        number = to_police(admin, patient)
        with pytest.raises(NotAllowed, match=sentence):
            self.suspend(admin, number, kind, **more)

    def test_other_disclosures_cannot_be_suspended(self, admin: Actor, patient: int) -> None:
        with pytest.raises(NotAllowed, match="law enforcement"):
            self.suspend(admin, released(admin, patient))


class TestAccounting:
    @pytest.fixture
    def log(self, admin: Actor, patient: int, clock: Clock) -> int:
        """Releases of every kind over ten years: access, authorization, police; corrected, in error, suspended."""
        file_setting(admin, "facility_kind", "va", 1)
        for year in range(2016, 2027):
            clock.set(f"{year}-03-20T10:00")
            on = {"received_on": f"{year}-03-02", "authorization_signed_on": f"{year}-03-01",
                  "authorization_expires_on": f"{year}-12-31"}  # fmt: skip
            at = f"{year}-03-10T09:30"
            released(admin, patient, on, released_at=at)
            own = on | {"requester_kind": "PATIENT", "authority": "ACCESS", "identity_verified": "PHOTO"}
            released(admin, patient, own, released_at=at, authority="ACCESS", purpose="PERSONAL")
            police = on | law_enforcement(received_on=f"{year}-03-02")
            number = released(admin, patient, police, released_at=at, authority="LAW", purpose="LAW")
            if year % 2:
                disclosures.supersede_release(
                    admin,
                    number,
                    a_release(released_at=at, authority="LAW", purpose="LAW", pages=1),
                    1,
                    "pages",
                )
            if year % 3 == 0:
                disclosures.supersede_release(admin, number, None, 1 + year % 2, "not sent")
            if year in (2022, 2026):
                disclosures.suspend_accounting(
                    admin, number, "WRITTEN", agency="P", official="R", statement="s", until="2026-06-30"
                )
        return patient

    @pytest.mark.parametrize("as_of", ["2026-03-20", "2026-06-30", "2026-07-01", "2028-01-01"])
    @pytest.mark.parametrize("regime", ["HIPAA", "PA", "PART2", "ALL"])
    def test_it_equals_a_recomputation_row_by_row(self, log: int, as_of: str, regime: str) -> None:
        columns = [row[1] for row in database.execute_sql("PRAGMA table_info(release)")]
        rows = [dict(zip(columns, row, strict=True)) for row in database.execute_sql("SELECT * FROM release")]
        superseded = {row["supersedes_id"] for row in rows}
        suspended = {
            number
            for number, first, last in database.execute_sql(
                "SELECT release_number, from_day, until_day FROM suspension"
            )
            if first <= date.fromisoformat(as_of).toordinal() <= last
        }
        six_years_ago = date.fromisoformat(as_of).replace(year=int(as_of[:4]) - 6).toordinal()
        expected = [
            f"{row['number']}.{row['version']}"
            for row in sorted(rows, key=lambda row: (row["released_day"], row["id"]))
            if row["id"] not in superseded and not row["entered_in_error"] and row["number"] not in suspended
            and (
                (regime in ("HIPAA", "ALL") and row["hipaa_accountable"] and row["released_day"] >= six_years_ago)
                or (regime in ("PA", "ALL") and row["pa_accountable"])
            )
        ]  # fmt: skip
        found = disclosures.accounting_rows(log, regime=regime, as_of=as_of)
        assert [f"{row.release_number}.{row.version}" for row in found] == expected
        assert bool(expected) == (regime != "PART2")

    def test_the_days_asked_for_are_both_inside(self, log: int) -> None:
        def days(first: str, last: str) -> set[str]:
            return {row.day for row in disclosures.accounting_rows(log, first, last, as_of="2027-01-01")}

        assert days("2020-03-10", "2022-03-10") == {"2020-03-10", "2021-03-10", "2022-03-10"}
        assert days("2020-03-11", "2022-03-09") == {"2021-03-10"}

    def test_a_row_says_who_what_why_and_under_which_laws(self, admin: Actor, patient: int) -> None:
        to_police(admin, patient, recipient_name="State Police", recipient_address="2 Main St")
        (row,) = disclosures.accounting(admin, patient)
        assert (row.day, row.recipient_name, row.recipient_address, row.what) == (
            "2026-03-10", "State Police", "2 Main St", "Discharge summary",
        )  # fmt: skip
        assert (row.purpose, row.basis) == ("Law enforcement", "Law enforcement, letter of the agency head")
        assert row.regimes == ("HIPAA", "PA")

    def test_giving_an_accounting_is_in_the_trail(self, admin: Actor, patient: int) -> None:
        to_police(admin, patient)
        disclosures.accounting(admin, patient, regime="HIPAA")
        record, detail = audit_rows("view accounting")[-1]
        assert (record, detail["regime"], detail["count"]) == ("accounting", "HIPAA", 1)

    def test_outside_the_government_only_hipaa_counts(self, admin: Actor, patient: int) -> None:
        file_setting(admin, "facility_kind", "nonfederal", 1)
        released(admin, patient)
        to_police(admin, patient)
        assert [row.regimes for row in disclosures.accounting(admin, patient)] == [("HIPAA",)]

    def test_only_those_who_may_see_it(self, patient: int, actor_with: Callable[..., Actor]) -> None:
        with pytest.raises(NotPermitted):
            disclosures.accounting(actor_with(Role.TECHNICIAN), patient)


class TestThePatient:
    def test_a_minor_is_known_by_the_age_of_majority_of_the_site(self, admin: Actor, clock: Clock) -> None:
        child = builders.a_patient(birth_date="2008-03-21")  # 18 tomorrow
        parent = {"requester_kind": "PARENT", "authority": "ACCESS", "documents": "PARENTAGE STATE_LAW",
                  "identity_verified": "PHOTO"}  # fmt: skip
        number = a_request(admin, child, **parent)
        assert requests.decision_of(requests.read(number)).outcome == "release"
        tomorrow = (date.fromisoformat(NOW[:10]) + timedelta(days=1)).isoformat()
        assert requests.decision_of(requests.read(number), tomorrow).row == "D"
        file_setting(admin, "age_of_majority", "19", 1)
        assert requests.decision_of(requests.read(number), tomorrow).row == "3"

    def test_the_privacy_act_ends_with_life(self, admin: Actor, clock: Clock) -> None:
        late = builders.a_patient(death_date="2026-03-01", us_person="1")
        to_police(admin, late)
        assert [row.regimes for row in disclosures.accounting(admin, late)] == [("HIPAA",)]
