"""The pager: a printed page as it is, moved about, searched, followed and printed."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def census(signed_on: Any) -> Any:
    signed_on.press("CEN", "enter")
    return signed_on


@pytest.fixture
def discharges(signed_on: Any) -> Any:
    signed_on.press("DLS", "enter")
    return signed_on


def grown(desk: Any, width: int, height: int) -> None:
    desk.shell.width, desk.shell.height = width, height
    desk.press("resize")


def where(desk: Any) -> str:
    """The row under the page that says what is in sight."""
    return str(desk.lines[-4]).strip()


def rows(desk: Any) -> list[str]:
    """What is in sight of the page."""
    return [str(text) for text in desk.lines[3:-4]]


class TestReading:
    def test_the_page_is_shown_as_printed_with_where_one_is(self, census: Any) -> None:
        assert census.lines[3].startswith("GENERAL HOSPITAL")
        assert census.lines[20].startswith(" Page 1 of 3   More: F8   columns 1-79 of 132 >")

    def test_headings_of_the_page_in_sight_stay(self, census: Any) -> None:
        census.press("f8", "f8", "f8")
        assert census.lines[3].startswith("GENERAL HOSPITAL")
        census.press("end")
        assert "Page 3 of 3" in census.lines[3]
        assert "Bottom" in census.lines[20]

    def test_the_heads_of_columns_stay_and_the_title_of_the_report_goes(self, discharges: Any) -> None:
        discharges.press("f8")
        assert rows(discharges)[0].startswith("Account  Name")
        assert rows(discharges)[1].startswith("-------- ----")
        assert rows(discharges)[2].startswith("A00112")

    def test_a_table_in_the_text_keeps_its_caption_and_heads_to_its_end(self, signed_on: Any) -> None:
        from tui.pager import Pager
        from tui.screen import Document, PlainPage

        tables = [
            ["", name, "Service  Days", "-------  ----", *[f"{name} {row}" for row in range(20)], "", f"GROUP {name}",
             *[f"{name} {row}" for row in range(20, 40)]]
            for name in ("ADULTS", "NEWBORNS")
        ]  # fmt: skip
        lines = ["HOSPITAL", *tables[0], *tables[1], "", "Leave nights are not counted."]
        breaks = [
            (at, 1) for at, text in enumerate(lines) if text in ("ADULTS", "NEWBORNS") or "GROUP" in text
        ]
        pages = [PlainPage(lines, 1, 1, breaks=breaks)]
        signed_on.shell.stack.append(Pager(signed_on.shell, Document("Tables", pages)))
        for name in ("ADULTS", "NEWBORNS"):
            for wanted in (f"{name} 19", f"{name} 37"):
                signed_on.press("/", wanted, "enter")
                assert rows(signed_on)[:3] == [name, "Service  Days", "-------  ----"]
                assert signed_on.at_cursor == wanted
        signed_on.press("home", "^NEWBORNS", "enter")
        assert rows(signed_on)[:4] == ["NEWBORNS", "Service  Days", "-------  ----", "NEWBORNS 0"]

    @pytest.mark.parametrize("key", ["f8", "+", "enter", "pagedown"])
    def test_every_row_comes_into_sight_once_however_pages_are_turned(
        self, discharges: Any, key: str
    ) -> None:
        seen: list[str] = []
        for _ in range(300):
            seen += [text[:6] for text in rows(discharges) if text.startswith("A0") and text[:6] not in seen]
            if "Bottom" in where(discharges):
                break
            discharges.press(key)
        assert seen == [f"A{page:03}{row:02}" for page in range(1, 41) for row in range(25)]

    def test_back_brings_every_row_too(self, discharges: Any) -> None:
        discharges.press("end")
        seen = {text[:6] for text in rows(discharges)}
        while "Page 1 of" not in where(discharges) or "GENERAL" not in rows(discharges)[0]:
            discharges.press("f7")
            seen |= {text[:6] for text in rows(discharges)}
        assert sum(text.startswith("A0") for text in seen) == 1000

    def test_a_page_forward_and_back_is_where_one_was(self, census: Any) -> None:
        before = census.lines
        census.press("f8", "f7")
        assert census.lines[3:21] == before[3:21]

    def test_above_the_first_line_and_below_the_last_is_nothing(self, discharges: Any) -> None:
        discharges.press("up")
        assert discharges.message == "Top."
        discharges.press("end", "f8")
        assert discharges.message == "Bottom."

    def test_a_page_without_a_line_is_shown(self, signed_on: Any) -> None:
        from tui.pager import Pager
        from tui.screen import Document, PlainPage

        for pages in ([], [PlainPage([])]):
            signed_on.shell.stack.append(Pager(signed_on.shell, Document("Nothing", pages)))
            keys = [
                "f8",
                "f7",
                "home",
                "end",
                "right",
                "down",
                "up",
                "tab",
                "f4",
                "]",
                "[",
                ".",
                "f12",
                "resize",
            ]
            signed_on.press(*keys)
            assert "Bottom" in signed_on.text
            signed_on.press("f3")


class TestSideways:
    def test_frozen_columns_stay_and_marks_say_what_lies_hidden(self, census: Any) -> None:
        unit = census.lines[6][:7]
        census.press("right")
        assert census.lines[6][:7] == unit
        assert census.lines[6][9] == "<"
        assert census.lines[6].endswith(">")
        assert where(census) == "Page 1 of 3   More: F8   < columns 1-9, 30-98 of 132 >"
        census.press("left")
        assert where(census).endswith("columns 1-79 of 132 >")

    def test_heads_move_with_their_columns_from_one_to_the_next(self, discharges: Any) -> None:
        discharges.press(">")
        assert rows(discharges)[2].startswith("Account  <Admitted")
        assert rows(discharges)[5].startswith("A00100   <11/02/2026")
        discharges.press("right")
        assert rows(discharges)[2].startswith("Account  <Discharged")

    def test_the_last_column_is_reached_and_then_nothing_is_further(self, discharges: Any) -> None:
        for _ in range(6):
            discharges.press("right")
        assert discharges.message == "This is the right-hand edge."
        assert "far right" in rows(discharges)[5]
        assert not rows(discharges)[5].endswith(">")
        assert where(discharges).endswith("of 132")

    def test_a_line_that_ends_in_sight_has_no_mark(self, discharges: Any) -> None:
        assert not rows(discharges)[4].endswith(">")
        assert rows(discharges)[5].endswith(">")

    def test_wide_characters_keep_the_columns_in_line(self, discharges: Any) -> None:
        from rules.text import cells

        for step in range(8):
            lines = rows(discharges)
            assert {cells(text) for text in lines if text.endswith(">")} <= {80}, step
            discharges.press("right" if step < 4 else "left")

    def test_132_columns_show_whole_on_a_wide_terminal(self, census: Any) -> None:
        grown(census, 132, 43)
        assert census.lines[6].endswith("11")
        assert "columns" not in where(census)

    def test_a_terminal_that_changes_its_size_keeps_the_row_and_the_edge(self, discharges: Any) -> None:
        discharges.press("30", "enter", "right", "right", "right")
        grown(discharges, 132, 43)
        assert "UNIT 30" in rows(discharges)[4]
        assert "far right" in rows(discharges)[5]
        grown(discharges, 80, 24)
        assert "Page 30 of 40" in where(discharges)
        grown(discharges, 40, 10)
        discharges.press("f8", "down")
        grown(discharges, 80, 24)
        assert "Page 30 of 40" in where(discharges)

    def test_80_and_132_columns_show_the_same_row(self, discharges: Any) -> None:
        discharges.press("/", "a02317", "enter")
        discharges.press("home", "23", "enter", "f8")
        first = next(text for text in rows(discharges) if text.startswith("A0"))
        discharges.press("f10")
        assert discharges.message == "80 columns."
        assert rows(discharges)[2][:40] == first[:40]
        discharges.press("f10")
        assert rows(discharges)[2][:40] == first[:40]


class TestGoing:
    def test_a_number_goes_to_that_page(self, discharges: Any) -> None:
        discharges.press("1", "7")
        assert discharges.message == "Page, 1 to 40: 17"
        discharges.press("enter")
        assert "Page 17 of 40" in where(discharges)
        assert "UNIT 17" in rows(discharges)[4]

    def test_page_goes_there_too_and_asks_where_to(self, discharges: Any) -> None:
        discharges.press("ctrl+o", "PAGE 40", "enter")
        assert "Page 40 of 40" in where(discharges) or "UNIT 40" in discharges.text
        discharges.press("ctrl+o", "page", "enter", "2", "enter")
        assert "Page 2 of 40" in where(discharges)

    @pytest.mark.parametrize("number", ["0", "41", "4.1", "99999999999999999999"])
    def test_a_page_that_is_not_there_is_said(self, discharges: Any, number: str) -> None:
        discharges.press(number, "enter")
        assert discharges.shell.failed
        assert discharges.message == f"There is no page {number}: they are numbered from 1 to 40."

    def test_brackets_go_from_group_to_group(self, discharges: Any) -> None:
        discharges.press("]")
        assert discharges.at_cursor == "UNIT 1"
        discharges.press("]", "]", "]")
        assert discharges.at_cursor == rows(discharges)[4] == "UNIT 4"
        discharges.press("[")
        assert discharges.at_cursor == rows(discharges)[4] == "UNIT 3"
        discharges.press("f8", "f8", "]")
        assert discharges.at_cursor == "UNIT 4"
        discharges.press("home", "[")
        assert discharges.message == "There are no more groups before this."
        discharges.press("end", "]")
        assert discharges.message == "There are no more groups after this."

    def test_f4_lists_the_groups_with_their_pages(self, discharges: Any) -> None:
        discharges.press("12", "enter", "f4")
        assert discharges.lines[discharges.shell.cursor()[1]].lstrip("> ").split() == [
            "UNIT",
            "12",
            "page",
            "12",
        ]
        discharges.press("unit 33")
        assert "1 found" in discharges.text
        discharges.press("enter")
        assert "UNIT 33" in rows(discharges)[4]

    def test_caret_and_a_text_jumps_to_that_group(self, discharges: Any) -> None:
        discharges.press("^unit 21", "enter")
        assert "UNIT 21" in rows(discharges)[4]
        discharges.press("^zebra", "enter")
        assert discharges.message == "No heading of a group has zebra: F4 lists them."

    def test_pages_without_groups_say_so(self, census: Any) -> None:
        for key in ("f4", "]", "["):
            census.press(key)
            assert census.message.startswith("There are no groups")


class TestFinding:
    def test_slash_finds_and_counts_and_find_alone_goes_on(self, census: Any) -> None:
        census.press("/", "unit2", "enter")
        assert "UNIT200" in census.text
        assert census.message == "Line 1 of 50 with unit2."
        census.press("ctrl+o", "FIND", "enter")
        assert census.message == "Line 2 of 50 with unit2."
        assert "UNIT201" in census.at_cursor

    def test_point_and_comma_go_to_the_next_and_the_one_before(self, discharges: Any) -> None:
        discharges.press("/", "of unit 1", "enter", ".", ".")
        assert discharges.message == "Line 3 of 11 with of unit 1."
        discharges.press(",")
        assert discharges.message == "Line 2 of 11 with of unit 1."
        assert "25 discharges of unit 10" in discharges.at_cursor

    def test_after_the_last_comes_the_first_and_it_is_said(self, discharges: Any) -> None:
        discharges.press("/", "of unit 39", "enter", ".")
        assert discharges.message == "Line 1 of 1 with of unit 39. From the top again."
        discharges.press("/", "of unit 2", "enter", ",")
        assert discharges.message.endswith("From the bottom again.") or "Line 1 of" in discharges.message

    def test_begins_at_what_is_in_sight(self, discharges: Any) -> None:
        discharges.press("20", "enter", "/", "muster", "enter")
        assert "Page 20 of 40" in where(discharges)
        assert discharges.at_cursor.startswith("A02000")

    def test_capitals_and_small_letters_are_the_same(self, discharges: Any) -> None:
        discharges.press("/", "MUSTER", "enter")
        assert discharges.message == "Line 1 of 520 with MUSTER."

    def test_heads_that_every_page_has_count_once(self, discharges: Any) -> None:
        discharges.press("/", "attending", "enter")
        assert discharges.message == "Line 1 of 1 with attending."

    def test_what_stands_beside_the_window_is_brought_into_it(self, discharges: Any) -> None:
        discharges.press("/", "far right", "enter")
        assert "far right" in discharges.at_cursor
        discharges.press("/", "A00412", "enter")
        assert discharges.at_cursor.startswith("A00412")

    def test_what_is_not_there_is_said(self, census: Any) -> None:
        census.press("/", "zebra", "enter")
        assert census.shell.failed
        assert census.message == "zebra is not on these pages."

    def test_next_without_a_text_asks_for_one(self, discharges: Any) -> None:
        discharges.press(".")
        assert discharges.message == "Find:"

    def test_is_found_again_at_the_other_width(self, discharges: Any) -> None:
        discharges.press("/", "muster", "enter", "f10", ".")
        assert "with muster." in discharges.message


class TestFollowing:
    def test_tab_goes_to_the_lines_that_lead_on_and_enter_opens_them(self, discharges: Any) -> None:
        discharges.press("tab")
        assert "25 discharges of unit 1" in discharges.at_cursor
        assert where(discharges).endswith("Enter: what is behind")
        discharges.press("enter")
        assert discharges.shell.top.word == "WRK"

    def test_f3_comes_back_to_the_same_line(self, discharges: Any) -> None:
        discharges.press("tab", "tab", "tab")
        before = discharges.at_cursor, rows(discharges)
        discharges.press("enter", "f3")
        assert (discharges.at_cursor, rows(discharges)) == before

    def test_shift_tab_goes_back(self, discharges: Any) -> None:
        discharges.press("tab", "tab", "shift+tab")
        assert "25 discharges of unit 1" in discharges.at_cursor
        discharges.press("shift+tab")
        assert discharges.message == "No line above leads on."

    def test_goes_on_from_what_is_in_sight(self, discharges: Any) -> None:
        discharges.press("tab", "20", "enter", "tab")
        assert "25 discharges of unit 20" in discharges.at_cursor

    def test_a_line_that_was_left_behind_is_not_opened(self, discharges: Any) -> None:
        discharges.press("tab", "20", "enter", "enter")
        assert discharges.shell.top.word == "DLS"

    def test_a_line_leads_to_one_command_whatever_stands_in_it(self, discharges: Any) -> None:
        discharges.press("tab", "enter")
        assert discharges.shell.ended is None
        assert discharges.shell.session is not None

    def test_where_nothing_opens_the_page_stays(self, discharges: Any) -> None:
        discharges.press("tab", "tab", "enter")
        assert discharges.shell.failed
        assert discharges.shell.top.word == "DLS"
        assert "A00224" in discharges.at_cursor

    def test_stays_on_its_line_at_the_other_width(self, discharges: Any) -> None:
        discharges.press("tab", "tab", "tab", "f10")
        assert "25 discharges of unit 2" in discharges.at_cursor

    def test_is_offered_only_where_lines_lead_on(self, census: Any) -> None:
        assert "Tab" not in census.lines[-1]
        census.press("tab")
        assert census.message == "No line of these pages leads on."


class TestPrinting:
    def test_prt_prints_some_pages_on_a_queue(self, census: Any) -> None:
        census.press("ctrl+o", "PRT WARD2 2-3", "enter")
        assert census.message == "Printed 2-3 on WARD2."

    @pytest.mark.parametrize(
        ("asked", "printed"),
        [
            ("", "Printed all on the usual printer."),
            ("2", "Printed 2 on the usual printer."),
            ("1,3", "Printed 1,3 on the usual printer."),
            ("this", "Printed 2 on the usual printer."),
            ("WARD2 THIS", "Printed 2 on WARD2."),
            ("WARD2", "Printed all on WARD2."),
            ("WARD2 ALL", "Printed all on WARD2."),
        ],
    )
    def test_ctrl_t_asks_which_of_several_pages(self, census: Any, asked: str, printed: str) -> None:
        census.press("2", "enter", "ctrl+t")
        assert census.message.startswith("Print (Enter: all 3 pages;")
        census.press(asked, "enter")
        assert census.message == printed

    def test_f12_prints_nothing(self, census: Any) -> None:
        census.press("ctrl+t", "f12")
        assert "Printed" not in census.text
        assert census.shell.top.word == "CEN"

    def test_prt_all_asks_nothing(self, census: Any) -> None:
        census.press("ctrl+o", "PRT ALL", "enter")
        assert census.message == "Printed all on the usual printer."


class TestKeysThatAreShown:
    def test_every_key_of_the_legend_is_in_the_help(self, discharges: Any) -> None:
        legend = discharges.shell.top.legend()
        discharges.press("f1")
        help_text = "\n".join(discharges.shell.top.stack.texts())
        for item in legend:
            assert item in help_text or item.startswith("F10"), item
        for key in (
            "F4",
            "Tab",
            "Shift+Tab",
            "]",
            "[",
            "PAGE 12",
            "PRT",
            "/",
            ". ,",
            "Home",
            "End",
        ):
            assert key in help_text, key

    def test_the_legend_fits_and_says_how_many_more(self, discharges: Any) -> None:
        assert len(discharges.lines[-1]) <= 80
        assert "F1=Help +" in discharges.lines[-1]
        grown(discharges, 132, 43)
        assert "F4=Groups" in discharges.lines[-1]


class Counted(list[Any]):
    """Pages that count how often one is looked at."""

    looks = 0

    def __getitem__(self, number: Any) -> Any:
        Counted.looks += 1
        return super().__getitem__(number)


class TestLongStacks:
    def test_a_key_looks_at_the_pages_in_sight_however_many_there_are(self, discharges: Any) -> None:
        from tui.screen import Document

        pager, costs = discharges.shell.top, []
        for times in (1, 25):
            pager.show(Document("Long", Counted(pager.document.pages * times), 132))
            Counted.looks = 0
            for key in ("f8", "end", "f7", "right", "tab", "shift+tab", "up", "[", "down", "home"):
                discharges.press(key)
                discharges.shell.frame()
            costs.append(Counted.looks)
            pager.show(Document("Short", list(pager.document.pages)[:40], 132))
        assert costs[1] <= costs[0] * 1.1
