"""Codes are looked up by words, abbreviations, beginnings and ranges, and their notes are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.conftest import Workstation


@pytest.mark.usefixtures("coded")
class TestLookingUp:
    @pytest.mark.parametrize(
        ("asked", "first"),
        [("chf", "I50.9"), ("I21.4", "I21.4"), ("i214", "I21.4"), ("pcs hip replacement", "0SR9")],
    )
    def test_what_is_typed_is_looked_for(self, desk: Workstation, asked: str, first: str) -> None:
        desk.press("ctrl+o", "=COD", "enter", asked, "enter")
        assert first in desk.lines[7]

    def test_severity_and_flags_stand_in_columns_of_their_own(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=COD I50.2", "enter")
        assert "I50.2        H     Systolic" in desk.text  # a header
        assert "I50.20   CC        Unspecified systolic" in desk.text
        desk.press("/", "M86.00", "enter")
        assert "M86.00   CC  U     Acute" in desk.text  # unspecified
        assert "H header E ended X POA-exempt U unspecified D not PDX Age:" in desk.text

    def test_nothing_found_says_what_may_be_keyed(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=COD zzzzqq", "enter")
        assert "No code found. Key words or the beginning of a code; F10 asks the next set." in desk.text

    def test_enter_reads_the_notes_and_f3_returns_to_the_same_row(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=COD chf", "enter", "down", "enter")
        assert desk.lines[0].split()[:2] == ["NOT", "I50.89"]
        desk.press("f3")
        assert ">" in next(line for line in desk.lines if "I50.89" in line)

    def test_the_code_read_last_is_recalled(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=NOT I21.4", "enter")
        assert desk.shell.recalls["code"] == "I21.4"

    def test_categories_of_the_book_are_written_with_their_point(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=NOT S72.001A", "enter")
        assert "S72.0  Fracture of head and neck of femur" in desk.text.replace("S72.0 F", "S72.0  F")
        assert "billable; MCC" in desk.text

    def test_without_a_code_it_is_said_what_to_key(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=NOT", "enter")
        assert desk.message == "Say which code: NOT I21.4. COD looks for one."


@pytest.mark.parametrize(
    "asked", ["COD chf", "HCP wheelchair", "NOT I21.4", "TRE I21.4", "IDX fracture", "PCT 0SR", "PCD 0SR"]
)
def test_without_the_code_sets_the_way_to_build_them_is_said(
    desk: Workstation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    monkeypatch.setenv("RECORDROOM_CODES", str(tmp_path / "missing.db"))
    desk.press("ctrl+o", f"={asked}", "enter")
    assert desk.message == "The code sets are not built yet: run 'recordroom codes build'."
