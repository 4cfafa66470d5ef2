"""The workstation in plain lines, through a real terminal: what a screen reader is given, and what a line does."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.terminal import Terminal, wait_until

PROGRAM = Path(__file__).parent / "desk_app.py"
ADDRESSING = re.compile(rb"\x1b")  # no sequence at all: neither cursor addressing nor attributes
Start = Callable[..., Terminal]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    running: list[Terminal] = []

    def started(*arguments: str, **options: Any) -> Terminal:
        options.setdefault("rows", 400)  # the terminal keeps everything in sight that was said
        terminal = Terminal(
            [sys.executable, str(PROGRAM), str(tmp_path), *arguments],
            env={"RECORDROOM_PROMPT": "1"},
            **options,
        )
        running.append(terminal)
        return terminal

    yield started
    for terminal in running:
        terminal.__exit__()


def say(terminal: Terminal, *lines: str) -> None:
    """Key lines, each when the prompt for it stands there."""
    for line in lines:
        terminal.quiet(0.1)
        terminal.send(line + "\n")
    terminal.quiet(0.1)


@pytest.fixture
def desk(start: Start) -> Terminal:
    terminal = start()
    terminal.wait_for("User:")
    terminal.send("TECH1\n")
    terminal.wait_for("Passphrase:")
    terminal.send("OPEN\n")
    terminal.wait_for("Number, word or ^:")
    return terminal


class TestWhatIsSaid:
    def test_no_control_sequence_is_ever_sent(self, desk: Terminal) -> None:
        say(desk, "ABS 7", "^dx", "i214", "y", "^", "WRK", "/", "+", "^", "CEN", "^", "MENU")
        assert not ADDRESSING.search(desk.raw)

    def test_an_answer_is_not_said_again_but_its_meaning_is(self, desk: Terminal) -> None:
        say(desk, "ABS", "^SEX", "f", "t-1")
        assert desk.text.count("Sex: f") == 1
        desk.wait_for("   female")
        desk.wait_for("   11/20/2026")

    def test_a_passphrase_is_neither_shown_nor_echoed(self, desk: Terminal) -> None:
        assert "OPEN" not in desk.text.replace("passphrase OPEN", "")

    def test_notices_menus_lists_and_pages_are_read_out(self, desk: Terminal) -> None:
        desk.wait_for("This is a test system. Any user, passphrase OPEN.")
        desk.wait_for("Census 118 of 120 beds")
        desk.wait_for("1 WRK Not abstracted 100,000 oldest 12 days")
        say(desk, "1")
        desk.wait_for("100000 discharges")
        desk.wait_for("A0000003")
        say(desk, "^", "CEN")
        desk.wait_for("GENERAL HOSPITAL")

    def test_help_is_read_out_and_the_prompt_comes_again(self, desk: Terminal) -> None:
        say(desk, "ABS", "?")
        desk.wait_for(lambda terminal: terminal.lines[terminal.cursor[1]].strip() == "MRN:")


class TestWhatALineDoes:
    def test_a_record_is_keyed_and_filed(self, desk: Terminal, tmp_path: Path) -> None:
        say(desk, "ABS", "10023", "DOE,JANE", "f", "01021950", "72.5", "mc", "n", "t-3@0730", "t@1015", "i214", "y",
            "e119", "n", "", "late", "")  # fmt: skip
        desk.wait_for("FILED 000001")
        assert (tmp_path / "filed").read_text() == (
            "admitted=2026-11-18T07:30|autopsy=0|birth=1950-01-02|discharged=2026-11-21T10:15|dx[1].code=I214|"
            "dx[1].poa=Y|dx[2].code=E119|dx[2].poa=N|los=3|mrn=10023|name=DOE,JANE|payer=MC|remark=late|sex=F|"
            "weight=72.5\n"
        )
        desk.wait_for("FILED 000001")

    def test_lines_keyed_ahead_do_the_same_as_lines_keyed_one_by_one(
        self, desk: Terminal, tmp_path: Path
    ) -> None:
        lines = ["ABS", "1", "A,B", "m", "", "", "", "", "t-1@0800", "", "i214", "y", "", "end", ""]
        desk.send("\n".join(lines) + "\n")
        desk.wait_for("FILED 000001")
        say(desk, "^", *lines)
        desk.wait_for("FILED 000002")
        one, other = (tmp_path / "filed").read_text().splitlines()
        assert one == other

    def test_lines_keyed_ahead_of_an_error_are_dropped_and_counted(self, desk: Terminal) -> None:
        desk.send("ABS\n^birth\n99999999\n72.5\nmc\n")
        desk.wait_for("2 lines keyed ahead were dropped.")

    def test_a_list_takes_rows_and_letters_together(self, desk: Terminal) -> None:
        say(desk, "WRK", "a4")
        desk.wait_for("000003 DOE,JANE  F 61")

    def test_a_prompt_list_is_numbered_and_a_number_picks(self, desk: Terminal) -> None:
        say(desk, "ABS", "^dx", "i21")
        desk.wait_for("1 I214  Non-ST elevation")
        say(desk, "2")
        desk.wait_for("I2101")
        desk.wait_for(lambda terminal: terminal.lines[terminal.cursor[1]].strip() == "POA:")

    def test_caret_leaves_with_the_draft_kept(self, desk: Terminal, tmp_path: Path) -> None:
        say(desk, "ABS", "10023", "^")
        desk.wait_for("Not filed: what was keyed is kept as a draft.")
        assert "mrn=10023" in (tmp_path / "draft").read_text()

    def test_a_letter_acts_on_the_row_that_it_names_alone(self, desk: Terminal) -> None:
        say(desk, "WRK", "1-2", "m5")
        desk.wait_for("000004 marked.")
        assert "000001 marked." not in desk.text

    def test_signing_off_is_asked_and_ends(self, desk: Terminal) -> None:
        say(desk, "^", "yn")
        desk.wait_for("Y or N, or ^ to go back.")
        say(desk, "y")
        assert desk.wait_exit() == 0


class TestTheLine:
    def test_a_dropped_line_keeps_the_draft(self, desk: Terminal, tmp_path: Path) -> None:
        say(desk, "ABS", "10023")
        desk.signal(signal.SIGTERM)
        assert desk.wait_exit() == 143
        assert "mrn=10023" in (tmp_path / "draft").read_text()

    def test_ctrl_c_leaves_the_prompt_and_ends_nothing(self, desk: Terminal) -> None:
        say(desk, "ABS")
        desk.send("\x03")
        desk.wait_for(lambda terminal: terminal.text.count("Number, word or ^:") > 1)

    def test_an_idle_terminal_locks_and_moves_everything_out_of_sight(self, start: Start) -> None:
        terminal = start("0.4", rows=24)
        terminal.wait_for("User:")
        say(terminal, "TECH1", "OPEN")
        terminal.wait_for("Locked for TECH1")
        assert "Census" not in terminal.text
        say(terminal, "open sesame")
        terminal.wait_for("Number, word or ^:")

    def test_an_error_of_the_program_shows_an_incident_and_no_data(self, desk: Terminal) -> None:
        say(desk, "ABS", "^^BOOM")
        assert desk.wait_exit() == 70
        assert "DOE,JANE 999" not in desk.text
        wait_until(lambda: "Incident" in desk.text)
