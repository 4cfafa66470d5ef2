"""Site files and conventions from the screens: dated, confirmed, printed, and in force from their day on."""

from __future__ import annotations

from functools import partial

from db.hospital import site
from tests.screens.conftest import House
from tests.tui.conftest import Workstation


class TestTheFiles:
    def test_say_how_many_rows_nobody_has_looked_at(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=SITE", "enter")
        assert "SVC" in desk.text
        assert "unconfirmed" in desk.text

    def test_open_by_their_word(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=SITE", "enter", "conv", "enter")
        assert desk.lines[0].split()[0] == "SFL"
        desk.press("f8")
        assert "Leave nights taken off" in desk.text

    def test_take_a_new_row_and_show_it(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=SFL unit", "enter", "f6", "4W", "enter", "FOUR WEST", "enter", "f2")
        assert desk.lines[0].split()[0] == "SFL"
        assert "FOUR WEST" in desk.text
        assert desk.message == "FILED 4W"

    def test_amend_a_row_under_its_code(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=SFL unit", "enter", "enter", "UNIT THREE EAST", "enter", "f2")
        assert "UNIT THREE EAST" in desk.text
        assert desk.shell.executor.submit(site.get, "unit", "3E").result()

    def test_end_a_row_with_a_day_and_never_delete_it(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=SFR unit ICU", "enter", "^to date", "enter", "t", "enter")
        row = desk.shell.executor.submit(site.get, "unit", "ICU").result()
        assert row is not None
        assert row.values["to_date"]
        assert "X=" not in desk.lines[23]

    def test_are_printed_from_their_list(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=SFL unit", "enter", "f10", "f2")
        assert desk.lines[0].split()[0] == "PGE"
        assert "3E" in desk.text

    def test_find_a_row_by_the_beginning_of_its_code(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=SFL unit", "enter", "/ic", "enter")
        assert "ICU" in desk.at_cursor


class TestAConvention:
    def test_changes_the_footer_of_the_census_from_its_day_on(self, desk: Workstation, house: House) -> None:
        desk.press(
            "ctrl+o", "=SFR setting leave_rule", "enter", "no deduction", "enter", "11/15/2026", "enter"
        )
        assert desk.message == "FILED leave_rule"
        desk.press("f8")
        assert "11/15/2026" in desk.text
        before, after = (page_of(desk, day) for day in ("2026-11-14", "2026-11-16"))
        assert "it is not taken off" not in before
        assert "it is not taken off" in after

    def test_is_found_by_its_name(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=SFL setting", "enter", "/chart", "enter")
        assert desk.at_cursor.startswith("> 1  chart_documents")

    def test_says_what_it_may_be_and_what_it_was(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=SFR setting leave_rule", "enter")
        assert "One of: every night" in desk.text
        desk.press(
            "no deduction", "enter", "11/15/2026", "enter", "ctrl+o", "=SFR setting leave_rule", "enter"
        )
        assert "11/15/2026  no deduction, set by admin" in desk.text

    def test_is_refused_with_what_it_may_be(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=SFR setting census_hour", "enter", "noon", "enter", "f2")
        assert "23:59" in desk.message or "23:59" in desk.text
        kept = desk.shell.executor.submit(partial(site.convention, "census_hour")).result()
        assert kept == "23:59"


def page_of(desk: Workstation, day: str) -> str:
    """The whole daily census of a day as the pager holds it."""
    desk.press("ctrl+o", f"=PGE daily-census day={day}", "enter")
    text = ""
    for _ in range(8):
        text += desk.text
        desk.press("f8")
    return text
