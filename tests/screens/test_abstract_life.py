"""A supervisor releases and transmits; a technician mends what came back; the feed is heard and not obeyed blindly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.data_sets import dictionary_for
from db import store
from db.abstracting import abstract_release
from db.changes import Source
from db.connect import database, writing
from db.hospital import encounters, events, movements
from db.patient_index import patients
from db.registry import cases
from exchange.abstract_answers import take_answers
from exchange.csv_files import Profile
from rules.census import Event
from rules.lifecycle import Status
from rules.moments import moment
from tests.exchange.feed import adt, send
from tests.screens.conftest import ACCOUNT, MRN, POISON_ACCOUNT, House
from tests.screens.test_every_screen import assert_harmless
from tests.tui.conftest import Workstation

pytestmark = pytest.mark.usefixtures("coded")

CODED = ("R079", "enter", "I21.4", "enter", "y", "N17.9", "enter", "y")


@pytest.fixture
def filed(desk: Workstation) -> Workstation:
    """The abstract of the first discharge is complete."""
    desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "not h", "enter", "^ADMITTING", "enter", *CODED, "f2")
    assert desk.message.startswith(f"FILED {ACCOUNT}.")
    return desk


def on_store(desk: Workstation, ask: Callable[[], Any]) -> Any:
    return desk.shell.executor.submit(ask).result()


def status(desk: Workstation, account: str = ACCOUNT) -> Status:
    found: Status = on_store(desk, lambda: abstract_release.read(encounters.find(account))[0].status)
    return found


def values(desk: Workstation) -> dict[str, str]:
    return dict(desk.shell.main.record.values)  # type: ignore[attr-defined]


def feed_says(desk: Workstation, **fields: str) -> None:
    def say() -> None:
        with writing():
            patients.apply({"mrn": MRN, **fields}, Source("feed", "hl7 0"))

    on_store(desk, say)


def account_says(desk: Workstation, **fields: str) -> None:
    def say() -> None:
        stay = encounters.get(encounters.find(ACCOUNT))
        with writing():
            encounters.apply(ACCOUNT, stay.patient_id, fields, Source("feed", "hl7 0"))

    on_store(desk, say)


class TestACancelledDischarge:
    def test_leaves_an_abstract_that_opens_and_is_filled_in_meanwhile(self, filed: Workstation) -> None:
        def cancel() -> None:
            feed = Source("feed", "hl7 0")
            with writing():
                assert not movements.cancel_latest(encounters.find(ACCOUNT), Event.DISCHARGE, feed).refused

        on_store(filed, cancel)
        filed.press("ctrl+o", f"=ABS {ACCOUNT}", "enter")
        assert "in house" in filed.text
        assert "Open again" in filed.message
        assert "DRG needs the discharge date" in filed.text


class TestFilingAndAmending:
    def test_leave_files_what_is_clean_and_leaves_it_open(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "not h", "enter", "^ADMITTING", "enter", *CODED)
        desk.press("ctrl+o", "LEAVE", "enter")
        assert desk.message == f"FILED {ACCOUNT}, left open."
        assert status(desk) is Status.OPEN

    def test_an_amendment_asks_why_and_keeps_it(self, filed: Workstation) -> None:
        filed.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "^CITY", "enter", "Albany", "enter", "f2")
        assert filed.message == (
            "NOT FILED. F2 again files it. This abstract is complete: say why it is amended."
        )
        filed.press("f2", "moved", "enter")
        assert filed.message == f"FILED {ACCOUNT}."
        assert status(filed) is Status.COMPLETE
        filed.press("ctrl+o", f"=HIS ABS {ACCOUNT}", "enter")
        assert "Albany" in filed.text

    def test_without_a_change_nothing_is_asked_and_nothing_filed(self, filed: Workstation) -> None:
        filed.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "f2")
        assert filed.message == f"FILED {ACCOUNT}, nothing was changed."
        assert (
            on_store(filed, lambda: database.execute_sql("SELECT count(*) FROM abstract_step").fetchone()[0])
            == 1
        )


class TestRelease:
    def test_one_is_released_and_reopened_on_its_form(self, filed: Workstation) -> None:
        filed.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "ctrl+o", "RELEASE", "enter")
        assert filed.message == f"RELEASED {ACCOUNT}."
        filed.press("f2")
        assert "read only until a supervisor reopens it (REOPEN)." in filed.message
        filed.press("ctrl+o", "REOPEN", "enter")
        assert "takes a reason" in filed.message
        filed.press(" a code was missed", "enter")
        assert status(filed) is Status.OPEN
        filed.press("ctrl+o", "=WRK", "enter")
        assert ACCOUNT in filed.text
        filed.press("a")
        assert filed.message == "Open again: a code was missed."

    def test_the_marked_rows_of_the_list_are_released(self, filed: Workstation) -> None:
        filed.press("ctrl+o", "=RLA", "enter")
        assert ACCOUNT in filed.text
        assert "1 complete, shown: all" in filed.text
        filed.press("1,1", "enter", "r", "y")
        assert filed.message == f"RELEASED {ACCOUNT}."
        assert "Released here: 1" in filed.text
        assert status(filed) is Status.RELEASED

    def test_a_word_keyed_in_the_list_by_mistake_releases_nothing(self, filed: Workstation) -> None:
        filed.press("ctrl+o", "=RLA", "enter", *"rtn")
        assert status(filed) is Status.COMPLETE

    def test_one_that_an_edit_stands_against_is_opened_again(self, filed: Workstation) -> None:
        on_store(
            filed,
            lambda: database.execute_sql("UPDATE data_case SET document = replace(document, 'I214', 'ZZZ')"),
        )
        filed.press("ctrl+o", "=RLA", "enter", "r", "y")
        assert filed.message.startswith(f"{ACCOUNT}: Not released: ")
        assert f"opened again or left: {ACCOUNT}" in filed.text
        assert status(filed) is Status.OPEN

    def test_all_that_are_listed_take_their_number(self, filed: Workstation) -> None:
        filed.press("ctrl+o", "=RLA", "enter", "ctrl+o", "ONLY unit=ICU", "enter")
        assert ACCOUNT not in filed.text
        filed.press("ctrl+o", "ONLY unit=3E from=11/01/2026", "enter", "ctrl+o", "ALL", "enter")
        assert filed.message == "1 is listed: ALL 1 releases it."
        filed.press("f12", "ctrl+o", "ALL 1", "enter")
        assert filed.message == "1 released, 0 not."

    def test_a_filter_that_is_none_is_told(self, filed: Workstation) -> None:
        filed.press("ctrl+o", "=RLA", "enter", "ctrl+o", "ONLY ward=3E", "enter")
        assert filed.message.startswith("ward=3E is no filter")


class TestSending:
    def test_says_first_how_many_could_not_go_and_where_they_are(self, filed: Workstation) -> None:
        filed.press("ctrl+o", "=RLA", "enter", "r", "y")
        on_store(filed, lambda: database.execute_sql("UPDATE patient SET ssn = ''"))
        filed.press("ctrl+o", "=TRX", "enter", "ctrl+o", "SEND 11/01/2026 11/30/2026 va-ptf", "enter")
        assert filed.message == "1 not sent, open again with the reason (WRK). No abstract could be sent."
        assert status(filed) is Status.OPEN


class TestWordsInAList:
    def test_open_their_screens_where_nothing_can_be_positioned(self, filed: Workstation) -> None:
        filed.press("ctrl+o", "=RLA", "enter", "99", "enter")
        assert filed.message == "99 is no row in sight."
        filed.press("TRXX", "enter")
        assert "TRXX is not known. Did you mean TRX" in filed.message
        filed.press("TRX", "enter")
        assert filed.lines[0].split()[0] == "TRX"
        filed.press("f3")
        assert filed.lines[0].split()[0] == "RLA"


class TestThereAndBack:
    """File, release, transmit, reject, mend, release, transmit again."""

    def test_a_rejected_abstract_is_mended_at_its_field_and_sent_again(
        self, filed: Workstation, house: House, tmp_path: Path
    ) -> None:
        from config.layout_reader import layouts

        filed.press("ctrl+o", "=RLA", "enter", "r", "y", "ctrl+o", "=TRX", "enter")
        assert "1 released and not sent." in filed.text
        filed.press("ctrl+o", "SEND 11/01/2026 11/30/2026 va-ptf", "enter")
        assert filed.message == "Batch 2: 1 abstracts in spool/abstracts-000002-va-ptf.txt."
        first = (house.directory / "spool" / "abstracts-000002-va-ptf.txt").read_bytes()
        filed.press("1", "enter", "r")
        assert filed.lines[0].split()[0] == "TXA"
        assert "transmitted" in filed.text
        filed.press("f3")
        path = tmp_path / "list.csv"
        path.write_text(
            "batch,account,status,code,record,column,message\n"
            f"2,{ACCOUNT},rejected,188,N702,41-48,Secondary diagnosis does not agree\n"
        )
        known = layouts(None, dictionary_for("abstract"))
        actor = filed.shell.session.actor  # type: ignore[union-attr]
        on_store(filed, lambda: take_answers(actor, path, known, Profile()))
        assert status(filed) is Status.OPEN

        filed.press("ctrl+o", "=RTN", "enter")
        assert "Secondary diagnosis" in filed.text
        assert "2 Diagnosis" in filed.text
        filed.press("a")
        assert filed.message.startswith("Open again: Rejected by the receiver: 188")
        filed.press("ctrl+e")
        assert "188" in filed.text
        filed.press("enter")
        assert getattr(filed.shell.main, "focus", "") == "diagnoses[2].code"
        filed.press("N18.6", "enter", "f2")
        assert filed.message.startswith(f"FILED {ACCOUNT}.")
        assert status(filed) is Status.COMPLETE
        filed.press("ctrl+o", "=RTN", "enter")
        assert "Nothing has come back." in filed.text

        filed.press("ctrl+o", "=RLA", "enter", "r", "y")
        filed.press("ctrl+o", "=TRX", "enter", "ctrl+o", "SEND 11/01/2026 11/30/2026 va-ptf", "enter")
        assert filed.message.startswith("Batch 3: 1 abstracts")
        second = (house.directory / "spool" / "abstracts-000003-va-ptf.txt").read_bytes()
        assert b"N179" in first
        assert b"N186" in second
        filed.press("1", "enter", "r")
        assert "correction" in filed.text
        filed.press("f3", "2", "enter", "w")
        assert filed.message.startswith("Batch 2: 1 abstracts")
        assert (house.directory / "spool" / "abstracts-000002-va-ptf.txt").read_bytes() == first

    def test_nothing_to_send_is_said(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=TRX", "enter", "ctrl+o", "SEND 11/01/2026 11/30/2026 va-ptf", "enter")
        assert "Nothing to send" in desk.message
        desk.press(" x", "enter")
        assert desk.message.startswith("Write SEND, first and last day of discharge and a layout (va-ptf)")

    def test_billing_returns_one_and_the_answer_is_kept(self, filed: Workstation) -> None:
        filed.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "ctrl+o", "RETURN no consent on file", "enter")
        assert status(filed) is Status.OPEN
        filed.press("ctrl+e")
        assert "no consent on file" in filed.text
        filed.press("f12", "f2")
        assert filed.message.startswith("NOT FILED.")
        filed.press("ctrl+o", "CLEAR it is on page 3", "enter")
        assert filed.message == "1 reason is answered."
        filed.press("f2")
        assert filed.message.startswith(f"FILED {ACCOUNT}.")


class TestTheFeed:
    def test_what_was_keyed_stands_is_marked_and_gives_way_to_one_key(self, filed: Workstation) -> None:
        filed.press(
            "ctrl+o",
            f"=ABS {ACCOUNT}",
            "enter",
            "^CITY",
            "enter",
            "Albany",
            "enter",
            "f2",
            "f2",
            "moved",
            "enter",
        )
        feed_says(filed, city="Troy")
        assert status(filed) is Status.OPEN
        filed.press("ctrl+o", "=DFF", "enter")
        assert "Albany" in filed.text
        assert "Troy" in filed.text
        filed.press("a")
        assert values(filed)["city"] == "Albany"
        filed.press("^CITY", "enter")
        assert "The feed says Troy" in filed.text
        filed.press("f3", "f")
        assert filed.message == f"{ACCOUNT} is filed with the feed's value."
        assert "No abstract differs" in filed.text
        filed.press("ctrl+o", f"=ABS {ACCOUNT}", "enter")
        assert values(filed)["city"] == "Troy"

    def test_of_a_disposition_names_the_movement_that_statistics_count(self, filed: Workstation) -> None:
        filed.press(
            "ctrl+o", f"=ABS {ACCOUNT}", "enter", "^DISPOSITION", "enter", "03", "^RECEIVING", "enter"
        )
        filed.press("Maple House", "tab", "^DISPOSITION", "enter")
        assert filed.message.startswith(
            "FEED The discharge movement says 01 Home or self care; keyed and kept: 03"
        )
        assert "Disposition:W03" in filed.text, "a warning, filed or not: the statistics count something else"

    def test_that_moved_nothing_is_asked_about_at_its_field(self, filed: Workstation) -> None:
        gone = {"mrn": MRN, "account": ACCOUNT, "place": "3E", "admitted": "202611100800",
                "discharged": "202611141130", "disposition": "03"}  # fmt: skip
        actor = filed.shell.session.actor  # type: ignore[union-attr]
        on_store(filed, lambda: send(actor, adt("A08", "202611161200", **gone)))
        filed.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "^DISPOSITION", "enter")
        assert filed.message.startswith("FEED The feed says 03 ")
        assert "the movements do not" in filed.message
        filed.press("ctrl+o", "=DIS", "enter")
        assert "Disposition" in filed.text

    def test_in_rows_names_the_table(self, filed: Workstation) -> None:
        def happen() -> None:
            at = moment("2026-11-12T09:00", store.current().zone)
            stay = encounters.get(encounters.find(ACCOUNT))
            with writing():
                events.apply(stay.id, stay.patient_id, "consultation", at, "MED", Source("feed", "hl7 0"))

        on_store(filed, happen)
        filed.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "^CONS", "enter", "@", "tab", "ctrl+e")
        assert "FEED Consultations: the feed says 1 row; here it is blank." in filed.text

    def test_it_can_be_kept_too_and_stays_marked(self, filed: Workstation) -> None:
        filed.press(
            "ctrl+o",
            f"=ABS {ACCOUNT}",
            "enter",
            "^CITY",
            "enter",
            "Albany",
            "enter",
            "f2",
            "f2",
            "moved",
            "enter",
        )
        feed_says(filed, city="Troy")
        filed.press("ctrl+o", "=DFF", "enter", "k")
        assert "No abstract differs" in filed.text
        filed.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "^CITY", "enter")
        assert values(filed)["city"] == "Albany"
        assert "The feed says Troy" in filed.text

    def test_the_word_feed_takes_the_value_of_the_field(self, filed: Workstation) -> None:
        filed.press(
            "ctrl+o", f"=ABS {ACCOUNT}", "enter", "^CITY", "enter", "Albany", "enter", "^CITY", "enter"
        )
        filed.press("ctrl+o", "FEED", "enter")
        assert filed.message == "The feed's value is taken once you file."
        assert values(filed)["city"] == "Stillwater Bend"

    def test_a_draft_follows_the_feed_where_nothing_was_keyed(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "^CITY", "enter", "Albany", "enter", "f3", "y")
        feed_says(desk, city="Troy", street="1 New St")
        account_says(desk, payer="BCBS")
        desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter")
        found = values(desk)
        assert (found["city"], found["street"], found["payer"]) == ("Albany", "1 New St", "BCBS")
        assert "The feed changed meanwhile:" in desk.message
        desk.press("^CITY", "enter")
        assert "The feed says Troy" in desk.text

    def test_lists_stay_harmless_over_a_poisoned_patient(self, desk: Workstation) -> None:
        def everywhere() -> None:
            stay = encounters.get(encounters.find(POISON_ACCOUNT))
            with writing():
                case = cases.put(
                    dictionary_for("abstract"), {"city": POISON}, before=None, number=POISON_ACCOUNT,
                    patient_id=stay.patient_id, encounter_id=stay.id, status=cases.COMPLETE, by=POISON,
                )  # fmt: skip
                database.execute_sql(
                    "INSERT INTO abstract_difference VALUES (?, 'city', ?, ?, 1, ?, NULL, '')",
                    (case.id, *(POISON,) * 3),
                )
                database.execute_sql(
                    "INSERT INTO abstract_return (case_id, kind, code, item, value, message, revision, at_utc, day,"
                    " by, origin) VALUES (?, 'billing', ?, '', '', ?, 1, 1, 1, ?, '')",
                    (case.id, *(POISON,) * 3),
                )

        on_store(desk, everywhere)
        for word in ("RLA", "RTN", "DFF"):
            desk.press("ctrl+o", f"={word}", "enter")
            assert desk.lines[0].split()[0] == word
            for key in ("right", "right", "f1", "f3"):
                assert_harmless(desk)
                desk.press(key)


POISON = "\x1b[2J[red]O\u202eX\u200b{0}"
