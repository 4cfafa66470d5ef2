"""SNT and SNE: a coder writes what is known of a code, a supervisor approves it, and it stands with the code."""

from __future__ import annotations

from typing import Any

import pytest

from db.evidence import code_notes
from tests.screens.conftest import ACCOUNT
from tests.tui.conftest import Workstation

pytestmark = pytest.mark.usefixtures("coded")
WRITTEN = ("f6", "tab", "I50", "enter", "enter", "enter", "enter", "HFpEF is diastolic", "enter", "I50.3-", "enter",
           "Coding Clinic 2016 Q1", "f2")  # fmt: skip


def beside(desk: Workstation, work: Any, *arguments: object) -> Any:
    return desk.shell.executor.submit(work, *arguments).result()


@pytest.fixture
def notes(desk: Workstation) -> Workstation:
    desk.press("ctrl+o", "=SNT", "enter", *WRITTEN)
    return desk


class TestWriting:
    def test_a_note_is_written_on_a_form_and_listed_as_proposed(self, notes: Workstation) -> None:
        assert notes.lines[0].split()[0] == "SNT", notes.text
        row = next(line for line in notes.lines if "I50" in line)
        assert "HFpEF is diastolic" in row
        assert "?" in row.split("I50")[0]

    def test_approved_it_stands_with_its_codes_in_the_book(self, notes: Workstation) -> None:
        notes.press("ctrl+o", "=NOT I50.22", "enter")
        assert "Notes of the facility" not in notes.text
        notes.press("ctrl+o", "=SNT", "enter", "a", "y", "ctrl+o", "=NOT I50.22", "enter")
        assert "Notes of the facility" in notes.text
        assert "HFpEF is diastolic" in notes.text
        assert "Decision: I50.3-" in notes.text
        assert "Coding Clinic 2016 Q1" in notes.text

    def test_marks_its_codes_in_a_search(self, notes: Workstation) -> None:
        notes.press("a", "y", "ctrl+o", "=COD I50.22", "enter")
        row = next(line for line in notes.lines if "I50.22" in line and "failure" in line.lower())
        assert "*" in row.split("I50.22")[0]

    def test_is_found_by_words_and_by_a_code_that_it_holds_for(self, notes: Workstation) -> None:
        notes.press("/sepsis", "enter")
        assert "HFpEF" not in notes.text
        notes.press("ctrl+o", "=SNT i50.33", "enter")
        assert "HFpEF" in notes.text

    def test_history_has_every_version(self, notes: Workstation) -> None:
        notes.press("a", "y", "enter", "^TEXT", "enter")
        notes.press("ctrl+o", "HIST", "enter")
        assert "approved" in notes.text

    def test_a_draft_of_a_note_is_not_lost(self, notes: Workstation) -> None:
        notes.press("f6", "tab", "J18", "enter", "ctrl+o", "=DESK", "enter")
        notes.press("ctrl+o", "=SNE", "enter")
        assert "J18" in notes.text

    def test_what_is_wrong_is_said_at_its_field(self, notes: Workstation) -> None:
        notes.press("f6", "tab", "I5.", "enter", "f2")
        assert "NOT FILED" in notes.message
        assert beside(notes, lambda: len(code_notes.search(""))) == 1


class TestBesideTheCodesBeingKeyed:
    def test_a_note_stands_in_the_pane_of_the_code_in_hand(self, notes: Workstation) -> None:
        notes.press("a", "y", "ctrl+o", f"=CDG {ACCOUNT}", "enter", "R079", "I5022", "Y", "up")
        assert "* I50: I50.3-. HFpEF is diastolic" in notes.text, notes.text

    def test_the_word_of_the_coding_screen_leads_to_the_notes_of_its_code(self, notes: Workstation) -> None:
        notes.press("ctrl+o", "=SNT cm I5022", "enter")
        assert "HFpEF" in notes.text
