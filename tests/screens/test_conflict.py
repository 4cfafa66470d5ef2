"""Two people on one record: nobody's filing is lost, every item has its history, and a filing can be undone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TypeVar

import pytest

from config.data_sets import library
from db import drafts, locks
from db.abstracting import abstracts
from db.actors import Actor, Role
from db.changes import Source, amendments
from db.connect import database, writing
from db.disclosure import requests
from db.hospital import encounters
from db.patient_index import patients
from db.registry import cases
from db.schema.store import RecordLock, User
from screens.conflict import MINE, OPEN, THEIRS, differing
from tests.screens.conftest import ACCOUNT, MRN, POISON_ACCOUNT, POISON_MRN, REQUEST, House
from tests.tui.conftest import Workstation

T = TypeVar("T")
pytestmark = pytest.mark.usefixtures("coded")


def on_the_store(desk: Workstation, work: Callable[[], T]) -> T:
    return desk.shell.executor.submit(work).result()


def mine(desk: Workstation) -> Actor:
    return desk.shell.session.actor  # type: ignore[union-attr,no-any-return]


def somebody_files(desk: Workstation, **values: str) -> None:
    """A colleague files the abstract while it is open here."""

    def file() -> None:
        dictionary = library().of("abstract")
        opened = abstracts.read(encounters.get(encounters.find(ACCOUNT) or 0), dictionary)
        actor = Actor(1, "jones", frozenset({Role.CODER}), "elsewhere", "ffff")
        revision = opened.case.revision if opened.case else 0
        abstracts.file_abstract(
            actor,
            opened,
            dictionary,
            {**opened.record, **values},
            (),
            abstracts.Drg(),
            expected_revision=revision,
        )

    on_the_store(desk, file)


def abstract_now(desk: Workstation) -> cases.Case:
    case = on_the_store(desk, lambda: cases.by_encounter("abstract", encounters.find(ACCOUNT) or 0))
    assert case is not None
    return case


def last_audit_of(desk: Workstation, action: str) -> dict[str, object]:
    row = on_the_store(
        desk,
        lambda: database.execute_sql(
            "SELECT detail FROM audit WHERE action = ? ORDER BY seq DESC LIMIT 1", (action,)
        ).fetchone(),
    )
    found: dict[str, object] = json.loads(row[0])
    return found


def last_audit(desk: Workstation) -> tuple[str, str, str]:
    row = on_the_store(
        desk,
        lambda: database.execute_sql(
            "SELECT action, record, detail FROM audit ORDER BY seq DESC LIMIT 1"
        ).fetchone(),
    )
    return row[0], row[1], row[2]


@pytest.fixture
def filed(desk: Workstation) -> Workstation:
    """An abstract that was filed once, open."""
    somebody_files(desk, note="first", city="ALBANY", zip="12201")
    desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter")
    return desk


class TestDiffering:
    def test_each_item_goes_to_the_side_that_alone_changed_it(self) -> None:
        before = {"a": "1", "b": "1", "c": "1", "d": "1"}
        found = differing(
            before, {"a": "2", "b": "1", "c": "2", "d": "1"}, {"a": "1", "b": "3", "c": "3", "d": "1"}
        )
        assert [(each.path, each.side) for each in found] == [("a", THEIRS), ("b", MINE), ("c", OPEN)]

    def test_what_both_changed_alike_is_no_question(self) -> None:
        assert differing({"a": "1"}, {"a": "2"}, {"a": "2"}) == []

    def test_without_what_was_before_every_difference_is_a_question(self) -> None:
        assert [each.side for each in differing(None, {"a": "2"}, {"a": "1"})] == [OPEN]


class TestConflict:
    def test_both_values_are_shown_and_what_is_taken_is_filed(self, filed: Workstation) -> None:
        filed.press(
            "^NOTE",
            "enter",
            "@",
            "enter",
            "^NOTE",
            "enter",
            "mine",
            "enter",
            "^CITY",
            "enter",
            "Troy",
            "enter",
        )
        somebody_files(filed, note="theirs", zip="12180")
        filed.press("f2", "f2", "later", "enter")
        assert filed.lines[0].split()[0] == "CNF"
        assert "NOT FILED" in filed.message
        shown = [line for line in filed.lines if "Note" in line]
        assert any("first" in line and "theirs" in line and "mine" in line for line in shown), filed.text
        filed.press("f10")
        assert "Decide first: Note" in filed.message
        while "Note" not in filed.at_cursor:
            filed.press("down")
        filed.press("t", "f10")
        assert filed.lines[0].split()[0] == "ABS", filed.text
        filed.press("f2", "f2", "later", "enter")
        record = abstract_now(filed).record
        assert (record["note"], record["zip"]) == ("theirs", "12180")
        assert record["city"].upper() == "TROY"

    def test_a_draft_resumed_late_does_not_overwrite_what_was_filed_since(self, filed: Workstation) -> None:
        filed.press("^NOTE", "enter", "@", "enter", "^NOTE", "enter", "mine", "enter", "f3", "y")
        somebody_files(filed, note="theirs")
        filed.press("ctrl+o", f"=ABS {ACCOUNT}", "enter")
        assert "compare before filing" in filed.message
        filed.press("f2", "f2", "later", "enter")
        assert filed.lines[0].split()[0] == "CNF", filed.text
        assert abstract_now(filed).record["note"] == "theirs"

    def test_a_third_filing_while_comparing_is_noticed_too(self, filed: Workstation) -> None:
        filed.press("^NOTE", "enter", "@", "enter", "^NOTE", "enter", "mine", "enter")
        somebody_files(filed, note="theirs")
        filed.press("f2", "f2", "later", "enter")
        while "Note" not in filed.at_cursor:
            filed.press("down")
        filed.press("m")
        somebody_files(filed, note="a third")
        filed.press("f10", "f2", "f2", "later", "enter")
        assert filed.lines[0].split()[0] == "CNF", filed.text
        assert abstract_now(filed).record["note"] == "a third"

    def test_leaving_keeps_the_draft(self, filed: Workstation) -> None:
        filed.press("^NOTE", "enter", "@", "enter", "^NOTE", "enter", "mine", "enter")
        somebody_files(filed, note="theirs")
        filed.press("f2", "f2", "later", "enter", "f3")
        draft = on_the_store(filed, lambda: drafts.load(mine(filed), ("ABS", ACCOUNT)))
        assert draft is not None
        assert draft.values["note"] == "mine"


class TestRequestsInEarlierVersions:
    def test_amendments_are_taken_back(self, desk: Workstation, house: House) -> None:
        def amend() -> tuple[str, str]:
            number = requests.file_request(mine(desk), 1, {**REQUEST, "note": "one"})
            requests.file_request(mine(desk), 1, {**REQUEST, "note": "two"}, 1, number=number)
            found = requests.read(number)
            requests.file_request(mine(desk), 1, {**REQUEST, "note": "three"}, found.version, number=number)
            found = requests.read(number)
            return requests.values_at(found, 1)["note"], requests.values_at(found, found.version)["note"]

        assert on_the_store(desk, amend) == ("one", "three")


class TestHistory:
    @pytest.mark.parametrize(
        ("line", "said"),
        [(f"ABS {ACCOUNT}", "ALBANY"), (f"CHT {MRN}", "PTA"), (f"ACC {ACCOUNT}", "ACC")],
    )
    def test_hist_shows_who_changed_what(self, filed: Workstation, line: str, said: str) -> None:
        filed.press("ctrl+o", f"={line}", "enter", "ctrl+o", "HIST", "enter")
        assert filed.lines[0].split()[0] == "HIS"
        assert said in filed.text

    def test_old_and_new_stand_in_one_line(self, filed: Workstation) -> None:
        somebody_files(filed, note="second")
        filed.press("ctrl+o", f"=HIS ABS {ACCOUNT}", "enter")
        line = next(line for line in filed.lines if "second" in line)
        assert "first" in line
        assert "jones" in line

    def test_looking_is_audited(self, filed: Workstation) -> None:
        filed.press("ctrl+o", f"=HIS ABS {ACCOUNT}", "enter")
        assert last_audit(filed)[:2] == ("view abstract", ACCOUNT)


class TestUndo:
    def test_the_filing_before_stands_again_as_a_new_one(self, filed: Workstation) -> None:
        somebody_files(filed, note="second")
        filed.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "ctrl+o", "UNDOFILE", "enter")
        assert "Say why" in filed.message
        filed.press("UNDOFILE wrong patient", "enter")
        assert "Filing 2 is undone" in filed.message
        case = abstract_now(filed)
        assert (case.revision, case.record["note"]) == (3, "first")
        reason = on_the_store(filed, lambda: cases.revisions(case.id)[0].reason)
        assert reason == "Filing 2 undone: wrong patient"
        rows = on_the_store(
            filed,
            lambda: database.execute_sql(
                "SELECT detail FROM audit WHERE action = 'file abstract' ORDER BY seq DESC LIMIT 1"
            ).fetchone(),
        )
        assert "wrong patient" in rows[0]

    def test_what_is_keyed_and_not_filed_is_not_thrown_away(self, filed: Workstation) -> None:
        somebody_files(filed, note="second")
        filed.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "^CITY", "enter", "Troy", "enter")
        filed.press("ctrl+o", "UNDOFILE wrong", "enter")
        assert "Give up what you keyed first" in filed.message


class TestUndoOfTheFirstFiling:
    """The record is out of use, what it said is a draft again, and filing that brings it back."""

    def draft(self, desk: Workstation, word: str, key: str) -> Mapping[str, str]:
        found = on_the_store(desk, lambda: drafts.load(mine(desk), (word, key)))
        assert found is not None
        return found.values

    def test_of_an_abstract(self, filed: Workstation) -> None:
        case = abstract_now(filed)
        filed.press("ctrl+o", "UNDOFILE wrong chart", "enter")
        assert "The first filing is undone" in filed.message
        assert filed.lines[0].split()[0] == "ABS"
        assert on_the_store(filed, lambda: cases.by_encounter("abstract", case.encounter_id or 0)) is None
        assert self.draft(filed, "ABS", ACCOUNT) == case.record
        row = last_audit_of(filed, "file abstract")
        assert (row["void"], row["before"]) == ("First filing undone: wrong chart", case.record)
        filed.press("ctrl+o", "FILE", "enter", "f2", "again", "enter")
        again = abstract_now(filed)
        assert (again.id, again.revision, again.record["note"]) == (case.id, 3, "first")
        filed.press("ctrl+o", f"=HIS ABS {ACCOUNT}", "enter")
        assert any("status" in line and "complete" not in line and "void" in line for line in filed.lines), (
            filed.text
        )

    def test_of_an_abstract_takes_its_codes_and_what_it_settled_back(self, filed: Workstation) -> None:
        before = on_the_store(filed, lambda: encounters.get(encounters.find(ACCOUNT) or 0).priority)
        somebody_files(filed, **{"diagnoses[1].code": "I10", "priority": "3"})
        filed.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "ctrl+o", "VOID wrong chart", "enter")
        assert "out of use" in filed.message

        def left() -> tuple[int, str]:
            coded = database.execute_sql(
                "SELECT (SELECT count(*) FROM diagnosis) + (SELECT count(*) FROM abstract)"
            ).fetchone()[0]
            return coded, encounters.get(encounters.find(ACCOUNT) or 0).priority

        assert on_the_store(filed, left) == (0, before)

    def test_of_a_trauma_record(self, desk: Workstation, house: House) -> None:
        number = house.trauma
        desk.press("ctrl+o", f"=TRA {number}", "enter", "ctrl+o", "UNDOFILE wrong", "enter")
        assert "Your draft of this record is resumed" in desk.message
        assert on_the_store(desk, lambda: cases.by_number("trauma", number)) is None
        assert self.draft(desk, "TRA", f"NEW {POISON_ACCOUNT}")["mrn"] == POISON_MRN
        assert desk.lines[0].split()[0] == "TRA"

    def test_of_a_request(self, desk: Workstation) -> None:
        number = on_the_store(desk, lambda: requests.file_request(mine(desk), 1, REQUEST))
        desk.press("ctrl+o", f"=ROI {number}", "enter", "ctrl+o", "UNDOFILE wrong", "enter")
        assert "Your draft of this record is resumed" in desk.message
        assert on_the_store(desk, lambda: requests.read(number)).status == "VOID"
        values = self.draft(desk, "ROI", f"NEW {MRN}")
        assert (values["mrn"], values["authority"]) == (MRN, "AUTH")

    def test_of_a_request_on_which_something_was_released_is_refused(
        self, desk: Workstation, house: House
    ) -> None:
        def review() -> None:
            found = requests.read(house.request)
            requests.step(mine(desk), house.request, "HOLD", found.version, reason="look")
            found = requests.read(house.request)
            requests.step(mine(desk), house.request, "CLEAR", found.version, reason="seen")

        on_the_store(desk, review)
        desk.press("ctrl+o", f"=ROI {house.request}", "enter", "ctrl+o", "VOID wrong", "enter")
        assert "Something was released" in desk.message
        desk.press("f12", "ctrl+o", f"=ROI {house.request}", "enter", "ctrl+o", "UNDOFILE wrong", "enter")
        assert "a step, not a filing" in desk.message

    def test_of_a_patient(self, desk: Workstation) -> None:
        on_the_store(
            desk, lambda: patients.file(mine(desk), {"mrn": "900", "last_name": "WRONG", "city": "TROY"}, 0)
        )
        desk.press("ctrl+o", "=PTA 900", "enter", "ctrl+o", "UNDOFILE twice", "enter")
        assert "The first filing is undone" in desk.message
        who = on_the_store(desk, lambda: patients.get(patients.by_mrn("900")))
        assert who["void"] == "First filing undone: twice"
        assert self.draft(desk, "PTA", "900")["city"] == "TROY"
        desk.press("ctrl+o", "=PAT WRONG", "enter")
        assert "registered in error" in desk.text
        desk.press("ctrl+o", "=TRA NEW", "enter", "900", "enter", "f2")
        assert "registered in error" in desk.text
        desk.press("ctrl+o", "=PTA 900", "enter", "f2")
        assert desk.message.startswith("FILED 900")
        assert on_the_store(desk, lambda: patients.get(patients.by_mrn("900")))["void"] == ""

    def test_of_a_patient_with_an_account_is_refused_and_says_so(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=PTA {MRN}", "enter", "ctrl+o", "VOID twice", "enter")
        assert f"{MRN} stays: it has accounts ({ACCOUNT})" in desk.message


class TestThePatient:
    """Registration has the conflict screen, the undo and the history of the other records."""

    def somebody_amends(self, desk: Workstation, **values: str) -> None:
        def file() -> None:
            who = patients.get(patients.by_mrn(MRN))
            actor = Actor(1, "jones", frozenset({Role.TECHNICIAN}), "elsewhere", "ffff")
            patients.file(actor, {"mrn": MRN, **values}, int(who["version"]))

        on_the_store(desk, file)

    def now(self, desk: Workstation) -> dict[str, str]:
        return on_the_store(desk, lambda: patients.get(patients.by_mrn(MRN)))

    def test_both_values_are_shown_and_what_is_taken_is_filed(self, desk: Workstation) -> None:
        self.somebody_amends(desk, city="ALBANY")
        desk.press(
            "ctrl+o",
            f"=PTA {MRN}",
            "enter",
            "^CITY",
            "enter",
            "@",
            "enter",
            "^CITY",
            "enter",
            "Troy",
            "enter",
        )
        desk.press("^COUNTY", "enter", "Kings", "enter")
        self.somebody_amends(desk, city="UTICA", zip="12180")
        desk.press("f2")
        assert desk.lines[0].split()[0] == "CNF", desk.text
        assert any("ALBANY" in line and "UTICA" in line and "Troy" in line for line in desk.lines), desk.text
        desk.press("f10")
        assert "Decide first: City" in desk.message
        while "City" not in desk.at_cursor:
            desk.press("down")
        desk.press("t", "f10", "f2")
        assert desk.message.startswith(f"FILED {MRN}"), desk.text
        who = self.now(desk)
        assert (who["city"], who["zip"], who["county"]) == ("UTICA", "12180", "Kings")

    def test_a_draft_resumed_late_overwrites_nothing(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=PTA {MRN}", "enter", "^CITY", "enter", "Troy", "enter", "f3", "y")
        self.somebody_amends(desk, city="UTICA")
        desk.press("ctrl+o", f"=PTA {MRN}", "enter", "f2")
        assert desk.lines[0].split()[0] == "CNF", desk.text
        assert self.now(desk)["city"] == "UTICA"

    def test_the_last_filing_is_undone_with_its_former_name_and_redone(self, desk: Workstation) -> None:
        before = self.now(desk)["city"]
        self.somebody_amends(desk, last_name="MEYER", city="UTICA")
        desk.press("ctrl+o", f"=PTA {MRN}", "enter", "ctrl+o", "UNDOFILE other patient", "enter")
        assert "is undone" in desk.message
        who = self.now(desk)
        assert (who["last_name"], who["city"], who["aliases"]) == ("MILLER", before, "")
        desk.press("ctrl+o", "UNDOFILE it was right", "enter")
        who = self.now(desk)
        assert (who["last_name"], who["city"], who["aliases"]) == ("MEYER", "UTICA", "MILLER,RUTH A")
        origins = on_the_store(desk, lambda: [row[2] for row in amendments("patient", patients.by_mrn(MRN))])
        assert "version 2, undone: other patient" in origins

    def test_a_supervisor_takes_it_over_and_the_other_keeps_the_draft(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=PTA {MRN}", "enter")

        def take_over() -> None:
            user = User.create(name="boss", full_name="The Boss", created_utc=0)
            boss = Actor(user.id, "boss", frozenset({Role.SUPERVISOR}), "elsewhere", "ffff")
            locks.take_over(boss, "patient", MRN, "urgent")

        on_the_store(desk, take_over)
        desk.press("^CITY", "enter", "Troy", "enter")
        assert "The Boss has taken this record over" in desk.message
        desk.press("ctrl+o", "FILE", "enter")
        assert self.now(desk)["city"] != "Troy"
        draft = on_the_store(desk, lambda: drafts.load(mine(desk), ("PTA", MRN)))
        assert draft is not None
        assert draft.values["city"] == "Troy"

    def test_an_account_from_the_feed_brings_a_void_chart_back(self, desk: Workstation) -> None:
        def work() -> tuple[str, str]:
            patient_id = patients.file(mine(desk), {"mrn": "900", "last_name": "WRONG"}, 0).record_id
            patients.void(mine(desk), patient_id, 1, "twice")
            with writing():
                encounters.apply("9900", patient_id, {"class": "E"}, Source("feed", "hl7 1"))
            return patients.get(patient_id)["void"], amendments("patient", patient_id)[0][2]

        assert on_the_store(desk, work) == ("", "account 9900")


def taken_by_jones() -> None:
    user = User.create(name="jones", full_name="Mary Jones", created_utc=0)
    other = Actor(user.id, "jones", frozenset({Role.CODER}), "elsewhere", "ffff")
    assert locks.take(other, "abstract", ACCOUNT) is None


class TestTakingOver:
    @pytest.fixture
    def held(self, desk: Workstation) -> Workstation:
        """The abstract is being changed by Mary Jones."""
        on_the_store(desk, taken_by_jones)
        desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter")
        return desk

    def test_f5_tries_again_and_gets_the_record_once_it_is_free(self, held: Workstation) -> None:
        assert "F5=Refresh" in held.lines[-1]
        assert "F2=File" not in held.lines[-1]
        held.press("f5")
        assert "Mary Jones has this record" in held.message
        on_the_store(held, lambda: database.execute_sql("DELETE FROM record_lock"))
        held.press("f5")
        assert held.message == "It can be changed now."
        held.press("^CITY", "enter", "Troy", "tab")
        assert held.shell.main.record.values["city"] == "Troy"  # type: ignore[attr-defined]

    def test_what_was_half_keyed_before_the_line_dropped_is_in_hand_once_it_is_free(
        self, desk: Workstation
    ) -> None:
        desk.press("ctrl+o", f"=CDG {ACCOUNT}", "enter", "r079", "i2", "ctrl+o", "=DESK", "enter")
        on_the_store(desk, taken_by_jones)
        desk.press("ctrl+o", f"=CDG {ACCOUNT}", "enter")
        assert "Mary Jones has this record" in desk.message
        on_the_store(desk, lambda: database.execute_sql("DELETE FROM record_lock"))
        desk.press("f5", "1.4")
        assert " 1 I21.4 " in desk.at_cursor

    def test_a_supervisor_takes_a_record_over_with_a_reason(self, held: Workstation) -> None:
        assert re.search(r"Mary Jones has this record since \d{4}: read only; TAKEOVER", held.message)
        held.press("ctrl+o", "TAKEOVER", "enter")
        assert "Say why" in held.message
        held.press("TAKEOVER went home", "enter")
        assert "Taken over from jones" in held.message
        held.press("^CITY", "enter", "Troy", "enter")
        assert held.shell.main.record.values["city"].upper() == "TROY"  # type: ignore[attr-defined]
        row = on_the_store(
            held,
            lambda: database.execute_sql(
                "SELECT detail FROM audit WHERE action = 'take over record'"
            ).fetchone(),
        )
        assert "went home" in row[0]

    def test_the_one_who_had_it_finds_it_read_only_and_keeps_the_draft(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter")

        def take_over() -> None:
            user = User.create(name="boss", full_name="The Boss", created_utc=0)
            boss = Actor(user.id, "boss", frozenset({Role.SUPERVISOR}), "elsewhere", "ffff")
            locks.take_over(boss, "abstract", ACCOUNT, "urgent")

        on_the_store(desk, take_over)
        desk.press("^NOTE", "enter", "half done", "enter")
        assert "The Boss has taken this record over" in desk.message
        desk.press("ctrl+o", "FILE", "enter")
        assert (
            on_the_store(desk, lambda: cases.by_encounter("abstract", encounters.find(ACCOUNT) or 0)) is None
        )
        draft = on_the_store(desk, lambda: drafts.load(mine(desk), ("ABS", ACCOUNT)))
        assert draft is not None
        assert draft.values["note"] == "half done"
        assert on_the_store(desk, lambda: RecordLock.get().user.name) == "boss"

    def test_others_than_supervisors_may_not(self, held: Workstation) -> None:
        def demote() -> None:
            with writing():
                database.execute_sql("DELETE FROM record_lock")

        coder = Actor(1, "coder", frozenset({Role.CODER}), "test", "1")
        with pytest.raises(Exception, match="may not take over record"):
            on_the_store(held, lambda: locks.take_over(coder, "abstract", ACCOUNT, "x"))
        on_the_store(held, demote)
