"""The release clerk's day: a request is filed, moved, answered in part and whole, corrected and accounted for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any

import pytest
from peewee import IntegrityError

from db.actors import Actor
from db.connect import database
from db.disclosure import disclosures, requests
from db.disclosure.disclosures import AccountingRow, NewRelease
from db.patient_index import patients
from screens import shown
from screens.session import Session
from tests.conftest import PASSPHRASE
from tests.screens.conftest import MRN, POISON_MRN, REQUEST
from tests.tui.conftest import Workstation

FILLED: tuple[str, ...] = (
    MRN, "enter", "11/02/2026", "enter", "MAIL", "enter", "enter",
    "ATTORNEY", "enter", "HARMON & PELL LLP", "enter", "1 MAIN ST", "enter", "enter",
    "AUTH", "enter", "LEGAL", "enter", "ABSTRACT", "enter", "f2",
)  # fmt: skip
PAPERS: tuple[str, ...] = (
    "^signed on", "enter", "11/01/2026", "enter", "PATIENT", "enter", "11/01/2027", "enter", "enter",
    "^completely", "enter", "y", "f2",
)  # fmt: skip


def on_the_store(desk: Workstation, work: Callable[[], Any]) -> Any:
    future: Future[Any] = desk.shell.executor.submit(work)
    return future.result()


@pytest.fixture
def request_filed(desk: Workstation) -> Workstation:
    """A request about the first patient, from the list of requests."""
    desk.press("ctrl+o", "=RQL", "enter", "f6", *FILLED)
    return desk


@pytest.fixture
def approved(request_filed: Workstation) -> Workstation:
    """The request with its papers, approved, in the list."""
    request_filed.press("ctrl+o", "=ROI 2", "enter", *PAPERS)
    request_filed.press("ctrl+o", "=RQL", "enter", "ctrl+o", "STP 2", "enter", "APPROVE", "enter", "f2")
    return request_filed


class TestARequest:
    def test_shows_its_due_day_in_working_days_while_it_is_keyed(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=ROI", "enter", *FILLED[:-1])
        assert "Due 12/02/2026, in " in desk.text
        assert "working days" in desk.text

    def test_is_filed_and_back_in_the_list_with_its_number(self, request_filed: Workstation) -> None:
        assert request_filed.lines[0].split()[0] == "RQL"
        assert request_filed.message == "FILED R000002, due 12/02/2026"
        row = next(line for line in request_filed.lines if "R000002" in line)
        assert "12/02/2026" in row
        assert "MILLER" in row
        assert "HARMON & PELL LLP" in row

    def test_stands_in_80_columns(self, request_filed: Workstation) -> None:
        assert request_filed.lines[5].rstrip() == (
            "     Number  Due        Left Status    Patient              Requester"
        )

    def test_needs_its_patient(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=ROI", "enter", "f2")
        assert desk.message.startswith("NOT FILED.")

    def test_begins_from_the_chart_with_its_patient_and_what_was_asked_before(
        self, desk: Workstation
    ) -> None:
        desk.press("ctrl+o", f"=ROI NEW {POISON_MRN}", "enter")
        assert "Earlier: R000001 11/02/2026" in desk.text
        assert f"MRN: {POISON_MRN}" in desk.text

    def test_says_what_the_law_asks_for(self, request_filed: Workstation) -> None:
        request_filed.press("ctrl+o", "=ROI 2", "enter")
        assert "once these are on file" in request_filed.text or "not valid" in request_filed.text


class TestTheSteps:
    def test_are_listed_and_lead_back_to_where_they_were_taken(self, request_filed: Workstation) -> None:
        request_filed.press("ctrl+o", "=ROI 2", "enter", "f10")
        assert "REVIEW    Take into review" in request_filed.text
        request_filed.press("REV", "enter", "f2")
        assert request_filed.lines[0].split()[0] == "ROI"
        assert "Request R000002  REVIEW  take into review" in request_filed.text
        assert request_filed.message == "R000002 is REVIEW"

    def test_want_the_reason_where_the_table_asks_for_one(self, request_filed: Workstation) -> None:
        request_filed.press("ctrl+o", "STP 2", "enter", "HOLD", "enter", "f2")
        assert "RQ203" in request_filed.message
        assert "Because:" in request_filed.at_cursor

    def test_take_a_denial_by_its_code_from_the_list(self, request_filed: Workstation) -> None:
        request_filed.press("ctrl+o", "STP 2", "enter", "DENY", "enter", "enter", "f4", "enter", "f2")
        assert request_filed.message == "R000002 is DENIED"

    def test_do_not_approve_what_lacks_its_papers(self, request_filed: Workstation) -> None:
        request_filed.press("ctrl+o", "STP 2", "enter", "APPROVE", "enter", "f2")
        assert "RQ301" in request_filed.message

    def test_are_all_kept(self, approved: Workstation) -> None:
        approved.press("ctrl+o", "RQH 2", "enter")
        assert "Approve for release" in approved.text
        assert "Clock starts" in approved.text


class TestARelease:
    def test_waits_for_the_approval(self, request_filed: Workstation) -> None:
        request_filed.press("ctrl+o", "REL 2", "enter")
        assert request_filed.message == "Request R000002 is RECEIVED: nothing leaves before the step APPROVE."

    def test_answers_in_part_and_then_whole(self, approved: Workstation) -> None:
        released(approved, "DISCHARGE ABSTRACT", complete="n")
        assert approved.message == "LOGGED release D000002"
        assert "DISCHARGE ABSTRACT" in approved.text
        released(approved, "THE REST", complete="y")
        assert approved.message == "LOGGED release D000003"
        approved.press("ctrl+o", "=ROI 2", "enter")
        assert "Request R000002  COMPLETE" in approved.text
        assert approved.message.startswith("This request is COMPLETE")

    def test_row_can_only_be_corrected_and_every_version_stays(self, approved: Workstation) -> None:
        released(approved, "DISCHARGE ABSTRACT", complete="y")
        assert "E=" not in approved.lines[23]
        assert "X=" not in approved.lines[23]
        approved.press("C", "^what", "enter", "ABSTRACT AND LAB", "enter", "^your", "enter", PASSPHRASE, "f2")
        assert approved.message.startswith("NOT FILED. RQ401")
        approved.press("LAB WENT WITH IT", "enter", PASSPHRASE, "enter")
        assert approved.message == "LOGGED version 2 of D000002; the earlier ones stay."
        versions = [line for line in approved.lines[6:20] if "D000002" in line]
        assert len(versions) == 2
        assert "superseded" in approved.text
        assert "DISCHARGE ABSTRACT" in approved.text

    def test_left_half_keyed_is_resumed_and_asks_for_the_passphrase(self, approved: Workstation) -> None:
        approved.press("ctrl+o", "REL 2", "enter", "^what", "enter", "HALF OF IT", "enter")
        approved.press("f3", "y", "ctrl+o", "REL 2", "enter")
        assert approved.message == "Your draft of this record is resumed."
        approved.press(
            "^what", "enter", "enter", "^medium", "enter", "PAPER", "enter", "^answers", "enter", "n", "f2"
        )
        assert "HALF OF IT" in approved.text
        assert "Key your passphrase to go on" in approved.message

    def test_asks_for_the_passphrase_once_more(self, approved: Workstation) -> None:
        approved.press(
            "ctrl+o", "REL 2", "enter", "^what", "enter", "ABSTRACT", "enter", "^medium", "enter", "PAPER"
        )
        approved.press("enter", "^answers", "enter", "y", "^your", "enter", "not the passphrase at all", "f2")
        assert "That is not your passphrase" in approved.message
        assert "Your passphrase:" in approved.at_cursor

    def test_log_refuses_to_be_changed_whoever_asks(self, approved: Workstation) -> None:
        for statement in ("UPDATE release SET what = ''", "DELETE FROM release"):
            with pytest.raises(IntegrityError):
                on_the_store(approved, partial(database.execute_sql, statement))

    def test_that_never_was_is_marked_and_not_accounted_for(self, approved: Workstation) -> None:
        released(approved, "DISCHARGE ABSTRACT", complete="y")
        approved.press("C", "^nothing", "enter", "y", "WRONG PATIENT", "enter", PASSPHRASE, "enter")
        assert "in error" in approved.text
        approved.press("f11")
        assert "DISCHARGE ABSTRACT" not in approved.text


class TestTheAccounting:
    def test_equals_the_log(self, desk: Workstation) -> None:
        rows: list[AccountingRow] = on_the_store(
            desk, lambda: disclosures.accounting_rows(patients.by_mrn(POISON_MRN))
        )
        desk.press("ctrl+o", f"=ACD {POISON_MRN}", "enter")
        page = desk.text
        desk.press("f8")
        page += desk.text
        assert [row.release_number for row in rows] == ["D000001"]
        for row in rows:
            assert shown.day(row.day) in page
        assert f"Records: {len(rows)}" in page

    def test_leaves_out_what_an_agency_has_suspended(self, desk: Workstation) -> None:
        session = desk.shell.session
        assert isinstance(session, Session)
        number = on_the_store(desk, partial(to_the_police, session.actor))
        desk.press("ctrl+o", f"=ACD {MRN}", "enter", "f8")
        assert "Records: 1" in desk.text
        desk.press("ctrl+o", f"=RLS {MRN}", "enter", "H")
        desk.press("ORAL", "enter", "enter", "SGT REED", "enter", "INVESTIGATION OPEN", "enter", "f2")
        assert desk.message.startswith(f"{number} is left out of accountings through ")
        desk.press("f11", "f8")
        assert "Records: 0" in desk.text


def released(desk: Workstation, what: str, *, complete: str) -> None:
    """Log a release of request 2 from wherever the desk is."""
    desk.press("ctrl+o", "REL 2", "enter", "^what", "enter", what, "enter")
    desk.press("^medium", "enter", "PAPER", "enter", "^answers", "enter", complete)
    desk.press("^your", "enter", PASSPHRASE, "f2")


def to_the_police(actor: Actor) -> str:
    """A release to law enforcement about the first patient."""
    asked = REQUEST | {
        "requester_kind": "POLICE", "requester_name": "SHERIFF", "requester_address": "1 JAIL RD", "authority": "LAW",
        "purpose": "LAW", "documents": "B7_LETTER LAW_BRANCH",
    }  # fmt: skip
    number = requests.file_request(actor, patients.by_mrn(MRN), asked)
    requests.step(actor, number, "APPROVE", 1)
    new = NewRelease(
        "2026-11-16T10:00", "SHERIFF", "1 JAIL RD", "ABSTRACT", "ABSTRACT", "LAW", "LAW", "PAPER"
    )
    return disclosures.release(actor, number, new, requests.read(number).version, complete=True)
