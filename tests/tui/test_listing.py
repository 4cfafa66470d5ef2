"""The list by its keys: pages, position, letters on rows, selections."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def work(signed_on: Any) -> Any:
    signed_on.press("WRK", "enter")
    return signed_on


def rows(workstation: Any) -> list[str]:
    return [line[5:13] for line in workstation.lines[6:21] if line[5:6] == "A"]


class TestPages:
    def test_a_page_is_what_fits_and_f8_goes_on_after_it(self, work: Any) -> None:
        assert rows(work) == [f"A{number:07}" for number in range(15)]
        work.press("f8")
        assert rows(work)[0] == "A0000015"
        work.press("f7")
        assert rows(work)[0] == "A0000000"

    def test_down_on_the_last_row_turns_the_page_and_up_turns_back(self, work: Any) -> None:
        work.press(*["down"] * 15)
        assert "A0000015" in work.at_cursor
        work.press("up")
        assert "A0000014" in work.at_cursor

    def test_the_ends_are_one_key_away_and_say_so(self, work: Any) -> None:
        work.press("end")
        assert "A0099999" in work.at_cursor
        assert "Bottom" in work.lines[3]
        work.press("f8")
        assert work.message == "Bottom."
        work.press("home", "f7")
        assert work.message == "Top."

    def test_only_the_pages_in_sight_are_fetched(self, work: Any) -> None:
        calls = work.shell.main.screen.calls
        work.press("f8", "down", "down")
        assert work.shell.main.screen.calls == calls + 1

    def test_more_rows_on_a_larger_terminal(self, work: Any) -> None:
        work.shell.height = 43
        work.press("resize")
        assert len([line for line in work.lines if line[5:7] == "A0"]) == 34


class TestPosition:
    def test_slash_and_a_text_positions(self, work: Any) -> None:
        work.press("/", "5000", "enter")
        assert "A0005000" in work.at_cursor

    def test_a_scanned_account_positions_without_a_slash(self, work: Any) -> None:
        work.press("0073211", "enter")
        assert "A0073211" in work.at_cursor

    def test_a_small_number_moves_to_that_row_in_sight(self, work: Any) -> None:
        work.press("7", "enter")
        assert "A0000006" in work.at_cursor

    def test_what_is_typed_stands_in_the_position_line_with_the_cursor(self, work: Any) -> None:
        work.press("/", "abc")
        assert work.lines[3].startswith(" Position to: abc")
        assert work.shell.cursor() == (17, 3)

    def test_past_the_end_shows_the_last_rows(self, work: Any) -> None:
        work.press("/", "9999999", "enter")
        assert "A0099999" in work.at_cursor


class TestActing:
    def test_a_letter_acts_on_the_row_of_the_cursor(self, work: Any) -> None:
        work.press("down", "m")
        assert work.message == "000001 marked."
        assert work.at_cursor.startswith("> 2* A0000001")

    def test_ranges_select_rows_and_a_minus_takes_one_out(self, work: Any) -> None:
        work.press("1-3,7", "enter", "1,-2", "enter", "m")
        assert work.shell.main.screen.marked == {"000000", "000002", "000006"}

    def test_a_letter_behind_a_number_acts_on_that_row(self, work: Any) -> None:
        work.press("3m", "enter")
        assert work.message == "000002 marked."
        assert work.at_cursor.startswith("> 3* A0000002")
        work.press("99m", "enter")
        assert work.shell.main.screen.marked == {"000002"}

    def test_it_acts_on_no_row_that_was_selected_before(self, work: Any) -> None:
        work.press("1-2", "enter", "5m", "enter")
        assert work.shell.main.screen.marked == {"000004"}

    def test_a_question_is_answered_with_y(self, work: Any) -> None:
        work.press("d", "n")
        assert work.message == ""
        work.press("d", "y")
        assert work.shell.failed
        assert work.message == "000000 cannot be done."

    def test_a_record_is_opened_and_the_list_is_come_back_to_at_the_same_row(self, work: Any) -> None:
        work.press("f8", "down", "down", "a")
        assert "   MRN: 000017" in work.lines
        work.press("f3")
        assert "A0000017" in work.at_cursor
        assert rows(work)[0] == "A0000015"

    def test_list_manager_words_do_what_they_did(self, work: Any) -> None:
        work.press("+")
        assert rows(work)[0] == "A0000015"
        work.press("-", "ls", "enter")
        assert "A0099999" in work.at_cursor
        work.press("fs", "enter")
        assert "A0000000" in work.at_cursor
        work.press("q", "enter")
        assert work.shell.main.title == "Desk"


class TestWideLists:
    def test_frozen_columns_stay_when_the_list_is_moved_sideways(self, work: Any) -> None:
        work.press(">", ">")
        assert "Account" in work.lines[5]
        assert "Name" not in work.lines[5]
        assert "Column 2" in work.lines[5]
        work.press("<", "<")
        assert "Name" in work.lines[5]

    def test_an_empty_list_says_so(self, work: Any) -> None:
        work.shell.main.screen.size = 0
        work.press("home")
        assert "Nothing is waiting here." in work.text
        work.press("a")
        assert work.shell.failed
