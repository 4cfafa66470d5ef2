"""The pager: a printed page as it is, moved about, searched and printed."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def census(signed_on: Any) -> Any:
    signed_on.press("CEN", "enter")
    return signed_on


class TestReading:
    def test_the_page_is_shown_as_printed_with_where_one_is(self, census: Any) -> None:
        assert census.lines[3].startswith("GENERAL HOSPITAL")
        assert census.lines[20].startswith(" Page 1 of 3   More: F8   columns 1-80 of 132")

    def test_headings_of_the_page_in_sight_stay(self, census: Any) -> None:
        census.press("f8", "f8", "f8")
        assert census.lines[3].startswith("GENERAL HOSPITAL")
        census.press("end")
        assert "Page 3 of 3" in census.lines[3]
        assert "Bottom" in census.lines[20]

    def test_a_page_forward_and_back_is_where_one_was(self, census: Any) -> None:
        before = census.lines
        census.press("f8", "f7")
        assert census.lines[3:21] == before[3:21]

    def test_frozen_columns_stay_when_moved_sideways(self, census: Any) -> None:
        unit = census.lines[6][:7]
        census.press("right")
        assert census.lines[6][:7] == unit
        assert "columns 21-100" in census.lines[20]
        census.press("left")
        assert "columns 1-80" in census.lines[20]

    def test_132_columns_show_whole_on_a_wide_terminal(self, census: Any) -> None:
        census.shell.width = 132
        census.press("resize")
        assert census.lines[6].endswith("11")


class TestFinding:
    def test_slash_finds_and_find_alone_goes_on(self, census: Any) -> None:
        census.press("/", "unit2", "enter")
        assert "UNIT200" in census.text
        assert census.message == "Found unit2."
        census.press("ctrl+o", "FIND", "enter")
        assert "UNIT201" in census.lines[5]

    def test_what_is_not_there_is_said(self, census: Any) -> None:
        census.press("/", "zebra", "enter")
        assert census.shell.failed


class TestPrinting:
    def test_prt_prints_some_pages_on_a_queue(self, census: Any) -> None:
        census.press("ctrl+o", "PRT WARD2 2-3", "enter")
        assert census.message == "Printed 2-3 on WARD2."

    def test_ctrl_t_prints_all(self, census: Any) -> None:
        census.press("ctrl+t")
        assert census.message == "Printed all on the usual printer."
