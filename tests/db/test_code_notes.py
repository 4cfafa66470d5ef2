"""Notes of the facility on codes: written, approved, found by words and codes, kept in every version."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from db.actors import Actor, Role
from db.acts import Conflict, NotPermitted
from db.evidence import code_notes
from db.evidence.code_notes import CodeNote, NotWritten
from exchange.csv_files import Profile
from exchange.csv_import import import_file
from rules.codes import System

FAILURE = {
    "system": "CM", "first_code": "I50", "text": "HFpEF is diastolic failure", "decision": "I50.3-",
    "source": "Coding Clinic 2016 Q1 p10", "valid_from": "2016-03-18",
}  # fmt: skip


def approved(actor: Actor, **changes: str) -> CodeNote:
    code_notes.approve(actor, code_notes.write(actor, FAILURE | changes))
    return code_notes.search("")[-1]


def about(code: str, day: str = "2026-11-14") -> list[str]:
    return [note.text for note in code_notes.about(code, System.CM, day)]


@pytest.mark.usefixtures("admin")
class TestApproval:
    def test_a_note_is_proposed_and_not_shown_with_its_codes_until_a_supervisor_approves_it(
        self, admin: Actor, actor_with: Callable[..., Actor]
    ) -> None:
        coder = actor_with(Role.CODER)
        note = code_notes.write(coder, FAILURE)
        assert (note.status, about("I5022")) == ("proposed", [])
        with pytest.raises(NotPermitted):
            code_notes.approve(coder, note)
        code_notes.approve(admin, note)
        assert about("I5022") == ["HFpEF is diastolic failure"]

    def test_one_that_is_changed_is_proposed_again_and_every_version_is_kept(self, admin: Actor) -> None:
        note = approved(admin)
        changed = code_notes.write(admin, FAILURE | {"text": "HFpEF and HFmrEF"}, note)
        assert (changed.status, changed.approved_by, about("I5022")) == ("proposed", "", [])
        history = {(each.item, each.old, each.new) for each in code_notes.history(note.id)}
        assert ("text", "HFpEF is diastolic failure", "HFpEF and HFmrEF") in history
        assert ("status", "proposed", "approved") in history
        assert ("status", "approved", "proposed") in history

    def test_two_who_change_it_do_not_overwrite_each_other(self, admin: Actor) -> None:
        note = approved(admin)
        code_notes.write(admin, FAILURE | {"decision": "ask"}, note)
        with pytest.raises(Conflict):
            code_notes.write(admin, FAILURE | {"decision": "other"}, note)

    def test_one_in_force_is_taken_out_of_use_by_a_supervisor_with_a_reason(
        self, admin: Actor, actor_with: Callable[..., Actor]
    ) -> None:
        note = approved(admin)
        with pytest.raises(NotPermitted):
            code_notes.void(actor_with(Role.CODER), note, "old")
        with pytest.raises(NotWritten, match="Say why"):
            code_notes.void(admin, note, "")
        code_notes.void(admin, note, "superseded")
        assert about("I5022") == []
        assert code_notes.search("HFpEF") == []


@pytest.mark.usefixtures("admin")
class TestWhatItHoldsFor:
    @pytest.mark.parametrize(
        ("first", "last", "code", "held"),
        [
            ("I50", "", "I5022", True), ("I50.2", "", "I5022", True), ("I50.22", "", "I5022", True),
            ("I50.22", "", "I5023", False), ("I20", "I25", "I2510", True), ("I20-I25", "", "I2109", True),
            ("I20", "I25", "I2699", False),
        ],
    )  # fmt: skip
    def test_a_code_a_category_or_a_range_with_all_below(
        self, admin: Actor, first: str, last: str, code: str, held: bool
    ) -> None:
        approved(admin, first_code=first, last_code=last)
        assert bool(about(code)) is held
        assert ((System.CM, code) in code_notes.noted([(System.CM, code)], "2026-11-14")) is held

    def test_its_days_alone(self, admin: Actor) -> None:
        approved(admin, valid_to="2026-10-31")
        assert about("I5022", "2026-10-31") == ["HFpEF is diastolic failure"]
        assert about("I5022", "2026-11-01") == about("I5022", "2016-03-17") == []

    def test_the_narrowest_stands_first(self, admin: Actor) -> None:
        approved(admin, text="category")
        approved(admin, first_code="I20", last_code="I52", text="range")
        approved(admin, first_code="I5022", text="code")
        assert about("I5022") == ["code", "category", "range"]

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"first_code": ""}, "Say which code"), ({"first_code": "I5*"}, "no code, category or range"),
            ({"first_code": "I50", "last_code": "I20"}, "ends before it begins"), ({"text": " "}, "says something"),
            ({"valid_to": "2016-01-01"}, "ends before it begins"), ({"system": "CPT"}, "no code set"),
            ({"valid_from": "yesterday"}, "A day is written"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_said(self, admin: Actor, wrong: dict[str, str], sentence: str) -> None:
        with pytest.raises(NotWritten, match=sentence):
            code_notes.write(admin, FAILURE | wrong)


@pytest.mark.usefixtures("admin")
class TestSearch:
    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("hfpef", True), ("diastolic coding 2016", True), ("I50", True), ("i50.22", True), ("J18", False),
            ("sepsis", False), ("proposed", True), ("100%", False), ("_", False), ("", True),
        ],
    )  # fmt: skip
    def test_by_words_in_any_order_and_by_codes_that_it_holds_for(
        self, admin: Actor, asked: str, found: bool
    ) -> None:
        code_notes.write(admin, FAILURE)
        assert bool(code_notes.search(asked)) is found

    def test_goes_on_after_the_last_one_shown(self, admin: Actor) -> None:
        for code in ("I50", "A41", "J18"):
            code_notes.write(admin, FAILURE | {"first_code": code})
        first = code_notes.search("", None, 2)
        last = first[-1]
        rest = code_notes.search("", (last.system, last.first_code, last.id), 2)
        assert [note.first_code for note in first + rest] == ["A41", "I50", "J18"]


class TestFiles:
    def test_rows_are_proposed_refused_with_their_reason_and_unchanged_when_they_come_again(
        self, admin: Actor, tmp_path: Path
    ) -> None:
        file = tmp_path / "notes.csv"
        rows = [["first_code", "text", "source"], ["I50", "HFpEF", "Coding Clinic"], ["I5*", "wrong", ""]]
        with file.open("w", newline="") as out:
            csv.writer(out).writerows(rows)
        counts = [import_file(admin, "code-notes", file, Profile())[1].counts for _ in range(2)]
        assert (counts[0]["applied"], counts[0]["refused"]) == (1, 1)
        assert (counts[1]["unchanged"], counts[1]["refused"]) == (1, 1)
        (note,) = code_notes.search("")
        assert (note.status, note.source) == ("proposed", "Coding Clinic")
