"""Work lists show the oldest discharge first; the desk counts what they hold; filing shortens both."""

from __future__ import annotations

import pytest

from tests.screens.conftest import ACCOUNT, POISON_ACCOUNT
from tests.tui.conftest import Workstation

pytestmark = pytest.mark.usefixtures("coded")


def waiting(desk: Workstation, word: str) -> str:
    return next(line for line in desk.lines if f" {word} " in line)


class TestTheDesk:
    def test_counts_what_waits_and_opens_it_by_number_or_word(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=DESK", "enter")
        assert "Work queue" in waiting(desk, "WRK")
        assert waiting(desk, "WRK").split()[-4] == "2"
        assert "oldest" in waiting(desk, "WRK")
        desk.press("1", "enter")
        assert desk.lines[0].split()[0] == "WRK"
        desk.press("f3", "WRC", "enter")
        assert desk.lines[0].split()[0] == "WRC"

    def test_a_desk_that_was_jumped_from_is_one_f3_away(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=WRK", "enter", "f3")
        assert desk.lines[0].split()[0] == "DESK"
        desk.press("f3")
        assert desk.message == "Sign off? Y or N"


class TestTheQueue:
    def test_the_oldest_stands_first(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=WRK", "enter")
        rows = [line for line in desk.lines if POISON_ACCOUNT in line or ACCOUNT in line]
        assert ACCOUNT in rows[0]
        assert "2 waiting" in desk.text

    def test_a_date_positions_the_list(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=WRK", "enter", "/11/15/2026", "enter")
        assert POISON_ACCOUNT in desk.text
        assert ACCOUNT not in desk.text

    def test_movements_of_a_row_are_one_letter_away(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=WRK", "enter", "m")
        assert desk.lines[0].split()[0] == "ACC"
        desk.press("f3")
        assert desk.lines[0].split()[0] == "WRK"

    def test_what_is_filed_leaves_the_list(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=WRK", "enter", "a", "not h", "enter", "ctrl+e", "enter")
        desk.press("R079", "enter", "I214", "enter", "y", "f2", "f3")
        assert desk.lines[0].split()[0] == "WRK"
        assert "1 waiting" in desk.text
        assert ACCOUNT not in desk.text


class TestDischargesToCode:
    def test_filing_from_it_goes_on_in_it(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=WRC", "enter", "a", "^ADMI", "enter", "R079", "enter", "I214", "enter", "y")
        desk.press("f2", "f2", "ethnicity is asked for", "enter")
        assert f"Next: {POISON_ACCOUNT}" in desk.message
        desk.press("f3")
        assert desk.lines[0].split()[0] == "WRC"
        assert "1 waiting" in desk.text  # the codes are complete, the abstract is not
        desk.press("ctrl+o", "=WRK", "enter")
        assert "2 waiting" in desk.text

    def test_an_empty_list_says_that_all_is_done(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=WRC", "enter", "/01/01/2027", "enter")
        assert desk.lines[0].split()[0] == "WRC"
