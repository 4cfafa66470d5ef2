"""CLO, CLM, RMK and RMH with real keys: a month signed, corrected, restated, and its remarks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from db.statistics import closing, remarks
from tests.builders import a_stay
from tests.conftest import PASSPHRASE
from tests.screens.conftest import House
from tests.tui.conftest import Workstation

MONTH = "2025-11"


def on_the_store(desk: Workstation, work: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    return desk.shell.executor.submit(partial(work, *arguments, **named)).result()


@pytest.fixture
def months(desk: Workstation, house: House) -> Workstation:
    """A stay in November 2025, and the list of months positioned there."""
    on_the_store(desk, a_stay, "2025-11-05T08:00", "2025-11-10T09:00", account="N1")
    desk.press("ctrl+o", "=CLO", "enter", MONTH, "enter")
    return desk


@pytest.fixture
def closed(months: Workstation) -> Workstation:
    months.press("C", "^your", "enter", PASSPHRASE, "enter")
    return months


class TestClosing:
    def test_lists_months_from_the_one_under_way_to_the_first_stay(self, months: Workstation) -> None:
        assert MONTH in months.text
        assert "open" in months.text

    def test_asks_for_the_passphrase_first_where_it_cannot_be_read(self, months: Workstation) -> None:
        months.press("C", PASSPHRASE)
        assert "CLM    Close a month" in months.text
        assert PASSPHRASE not in months.text

    def test_asks_who_you_are_once_more(self, months: Workstation) -> None:
        months.press("C")
        assert "Closing 2025-11: open." in months.text
        assert "without an abstract" in months.text
        months.press("f2")
        assert on_the_store(months, closing.newest, MONTH) is None
        months.press("not the passphrase at all", "f2")
        assert "That is not your passphrase" in months.text

    def test_signs_the_month_and_shows_it(self, closed: Workstation) -> None:
        assert "CLOSED 2025-11, version 1" in closed.text
        assert on_the_store(closed, closing.newest, MONTH).closed_by == "admin"
        assert "as signed" in closed.text

    def test_once_only(self, closed: Workstation) -> None:
        closed.press(MONTH, "enter", "C")
        assert "restate it, with a reason" in closed.text
        assert "Your passphrase" not in closed.text

    def test_what_cannot_be_signed_is_told_before_anything_is_keyed(self, months: Workstation) -> None:
        months.press("R")
        assert "2025-11 is not closed: close it first." in months.text
        months.press("ctrl+o", "=CLM 2199-01", "enter")
        assert "2199-01 is not over: it can be closed from 2199-02-01 on." in months.text
        assert "Your passphrase" not in months.text

    def test_the_signed_page_opens_from_the_list(self, closed: Workstation) -> None:
        closed.press(MONTH, "enter", "P")
        assert closed.lines[0].split()[0] == "PGE"
        assert "MONTHLY STATISTICAL SUMMARY" in closed.text

    def test_a_late_stay_is_shown_compared_and_restated(self, closed: Workstation) -> None:
        on_the_store(closed, a_stay, "2025-11-12T08:00", "2025-11-14T09:00", account="LATE")
        closed.press("ctrl+o", "=CLO", "enter", MONTH, "enter")
        assert "to be compared" in closed.text
        closed.press("D")
        assert "CORRECTIONS OF A CLOSED MONTH" in closed.text
        closed.press("f3")
        assert "differ" in closed.text
        closed.press("R", "^because", "enter", "A stay came late", "enter", PASSPHRASE, "enter")
        assert "RESTATED 2025-11, version 2" in closed.text
        assert on_the_store(closed, closing.newest, MONTH).reason == "A stay came late"

    def test_restating_without_a_reason_is_refused(self, closed: Workstation) -> None:
        closed.press(MONTH, "enter", "R", "^your", "enter", PASSPHRASE, "enter")
        assert on_the_store(closed, closing.newest, MONTH).version == 1


class TestRemarks:
    def test_are_keyed_line_by_line_and_filed(self, months: Workstation) -> None:
        months.press(
            "ctrl+o", f"=RMK {MONTH}", "enter", "Unit 4W was closed", "enter", "from the 20th on.", "f2"
        )
        found = on_the_store(months, remarks.in_force, MONTH, "monthly-statistics")
        assert found.lines == ("Unit 4W was closed", "from the 20th on.")

    def test_what_was_filed_before_is_one_key_away(self, months: Workstation) -> None:
        months.press("ctrl+o", f"=RMK {MONTH}", "enter", "First words", "f2")
        months.press("ctrl+o", f"=RMK {MONTH}", "enter", "ctrl+k", "Second words", "f2")
        months.press("ctrl+o", f"=RMK {MONTH}", "enter", "f10")
        assert months.lines[0].split()[0] == "RMH"
        assert months.text.index("Second words") < months.text.index("First words")

    def test_half_keyed_are_resumed(self, months: Workstation) -> None:
        months.press("ctrl+o", f"=RMK {MONTH}", "enter", "Half a", "enter", "f3", "y")
        months.press("ctrl+o", f"=RMK {MONTH}", "enter")
        assert "Half a" in months.text
        assert "Your draft of this record is resumed." in months.text

    def test_a_report_that_is_not_signed_with_a_month_is_told(self, months: Workstation) -> None:
        months.press("ctrl+o", f"=RMK {MONTH} daily-census", "enter")
        assert "daily-census is no report that is signed with a month:" in months.text
