"""The program on a real terminal: bursts, broken lines, bad bytes, sizes, crashes, and what it costs."""

from __future__ import annotations

import random
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.terminal import Terminal, wait_until
from tui import crash

PROGRAM = Path(__file__).parent / "desk_app.py"
Start = Callable[..., Terminal]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the program; ``start(columns=132, rows=43)``. Ended with the test."""
    running: list[Terminal] = []

    def started(*arguments: str, before: tuple[str, ...] = (), **options: Any) -> Terminal:
        terminal = Terminal([*before, sys.executable, str(PROGRAM), str(tmp_path), *arguments], **options)
        running.append(terminal)
        return terminal

    yield started
    for terminal in running:
        terminal.__exit__()


def signed_on(terminal: Terminal) -> Terminal:
    terminal.wait_for("Passphrase")
    terminal.keys("TECH1", "enter", "OPEN", "enter")
    terminal.wait_for("Welcome.")
    return terminal


def abstract(terminal: Terminal) -> Terminal:
    signed_on(terminal).keys("ABS", "enter")
    terminal.wait_for("Weight kg:")
    return terminal


RECORDS = [
    # mrn, name, sex, born, weight, payer, autopsy, admitted, discharged, remark
    ("10023", "DOE,JANE", "f", "01021950", "72.5", "mc", "n", "t-3@0730", "t@1015", "first of the day"),
    ("10024", "ROE,RICHARD", "m", "12311999", "/NK", "self", "y", "t-2@330", "n", "second"),
    ("10025", "NUÑEZ,ANA", "f", "20jul31\t", "/", "mc", "n", "t-9@2400", "t-1@noon", "third, with an é"),
]


def script() -> list[str]:
    """More than 400 keys over three records, a list, a page and a prompt list, without a pause anywhere."""
    keys = ["ABS", "enter"]
    for mrn, name, sex, born, weight, payer, autopsy, admitted, discharged, remark in RECORDS:
        keys += [mrn, "enter", name, "enter", sex, born, weight, "enter", payer, "enter", autopsy]
        keys += [admitted, "tab", discharged, "enter", "i10", "enter", "y", "e119", "enter", "n"]
        keys += ["f4", "pneu", "enter", "u", "tab", remark, "enter"]
    keys += [
        "f3",
        "WRK",
        "enter",
        "f8",
        "down",
        "down",
        "a",
        "f8",
        "t@8",
        "enter",
        "^rem",
        "enter",
        "from the list",
        "f2",
    ]
    keys += [
        "f3",
        "7",
        "enter",
        "m",
        "f3",
        "ctrl+o",
        "=CEN",
        "enter",
        "right",
        "f8",
        "ctrl+o",
        "=REQ 77",
        "enter",
    ]
    keys += ["tab", "a", "tab", "b", "shift+tab", "c", "f2"]
    return keys


class TestBursts:
    def test_400_keys_at_once_land_where_slow_typing_lands(self, start: Start, tmp_path: Path) -> None:
        keys = script()
        assert sum(len(key) if len(key) < 3 or key.islower() is False else 1 for key in keys) > 100
        filed = []
        for slowly in (False, True):
            terminal = signed_on(start())
            (terminal.slowly if slowly else terminal.keys)(*keys)
            terminal.wait_for("FILED 000005")
            terminal.keys("ctrl+o", "OFF", "enter")
            assert terminal.wait_exit() == 0
            filed.append((tmp_path / "filed").read_text())
            (tmp_path / "filed").unlink()
        assert filed[0] == filed[1]
        first = filed[0].splitlines()[0]
        assert first == (
            "admitted=2026-11-18T07:30|autopsy=0|birth=1950-01-02|discharged=2026-11-21T10:15|dx[1].code=I10|"
            "dx[1].poa=Y|dx[2].code=E119|dx[2].poa=N|dx[3].code=J189|dx[3].poa=U|los=3|mrn=10023|name=DOE,JANE|"
            "payer=MC|remark=first of the day|sex=F|weight=72.5"
        )
        assert "name=NUÑEZ,ANA" in filed[0]
        assert filed[0].splitlines()[-1] == "f1=77|f2=C|f3=B"

    def test_keys_behind_an_error_are_held_and_replayed_by_enter(self, start: Start) -> None:
        terminal = abstract(start())
        terminal.keys("^born", "enter", "13/45/99", "enter", "80", "enter", "SELF", "enter")
        terminal.wait_for("8 keys wait:")
        assert "Born: " in terminal.lines[21]
        terminal.keys("ctrl+k", "home", "ctrl+k", "010250", "enter")
        terminal.wait_for("SELF")
        assert "Born: 01/02/1950  Weight kg: 80" in terminal.text

    def test_f12_discards_what_waits(self, start: Start) -> None:
        terminal = signed_on(start())
        terminal.keys("NONSENSE", "enter", "ABS", "enter")
        terminal.wait_for("4 keys wait:")
        terminal.keys("f12")
        terminal.wait_for(lambda shown: "keys wait" not in shown.text)
        assert "===> NONSENSE" in terminal.text

    def test_keys_keyed_while_the_database_works_are_not_lost(self, start: Start) -> None:
        terminal = abstract(start())
        terminal.keys("ctrl+o", "SLOW 0.6", "enter", "123", "enter", "DOE")
        terminal.wait_for("X SYSTEM")
        terminal.wait_for("Name:*DOE")
        assert "X SYSTEM" not in terminal.text


class TestDroppedLines:
    def expect_draft(self, folder: Path) -> None:
        assert (folder / "draft").read_text().splitlines() == ["name", "mrn=55", "name=HALF KEY"]
        assert (folder / "draft.closed").read_text() == "ABS\n"

    @pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
    def test_a_signal_keeps_the_field_in_hand_and_gives_locks_back(
        self, start: Start, tmp_path: Path, number: signal.Signals
    ) -> None:
        terminal = abstract(start())
        terminal.keys("55", "enter", "HALF KEY")
        terminal.wait_for("HALF KEY")
        terminal.signal(number)
        assert terminal.wait_exit() == 128 + number
        self.expect_draft(tmp_path)

    def test_a_closed_terminal_does_the_same(self, start: Start, tmp_path: Path) -> None:
        terminal = abstract(start())
        terminal.keys("55", "enter", "HALF KEY")
        terminal.wait_for("HALF KEY")
        terminal.hang_up()
        assert terminal.wait_exit() == 128 + signal.SIGHUP
        self.expect_draft(tmp_path)

    @pytest.mark.needs("setsid")
    def test_end_of_input_ends_a_program_that_never_hears_of_the_hang_up(
        self, start: Start, tmp_path: Path
    ) -> None:
        # In a session of its own it has no controlling terminal, so that the kernel signals only the shell.
        terminal = abstract(start(before=("sh", "-c", 'setsid -w "$@"; :', "sh")))
        terminal.keys("55", "enter", "HALF KEY")
        terminal.wait_for("HALF KEY")
        terminal.hang_up()
        wait_until((tmp_path / "draft.closed").exists)
        self.expect_draft(tmp_path)

    def test_the_terminal_is_given_back_as_it_was(self, start: Start) -> None:
        terminal = signed_on(start())
        terminal.keys("ctrl+o", "OFF", "enter")
        assert terminal.wait_exit() == 0
        assert terminal.raw.rstrip().endswith(b"\x1b[?1049l\x1b[?25h")


class TestBadBytes:
    def test_a_latin_1_terminal_types_a_mark_and_lives(self, start: Start) -> None:
        terminal = abstract(start())
        terminal.send(b"55\rRen\xe9 M\r")
        terminal.wait_for("Ren? M")

    def test_a_latin_1_locale_is_spoken_to_in_latin_1(self, start: Start) -> None:
        terminal = abstract(start(env={"LC_ALL": "en_US.ISO-8859-1"}))
        terminal.send(b"55\rRen\xe9 M\r")
        terminal.wait_for(lambda shown: b"\xe9" in shown.raw)
        assert b"\xc3\xa9" not in terminal.raw

    def test_random_bytes_neither_end_it_nor_reach_the_screen(self, start: Start) -> None:
        terminal = abstract(start())
        noise = random.Random(7)
        for _ in range(30):
            terminal.send(bytes(noise.choice([*range(0x80, 0x100), 0, 27, 91, 0x1C]) for _ in range(40)))
        terminal.quiet()
        terminal.keys("ctrl+l")
        terminal.wait_for("ABS    Discharge abstract")
        terminal.keys("f12", "y", "ctrl+o", "OFF", "enter", "y")
        assert all(character.isprintable() for line in terminal.screen.display for character in line)

    def test_a_sequence_split_by_a_slow_line_is_one_key(self, start: Start) -> None:
        terminal = abstract(start())
        for piece in (b"\x1b", b"[", b"1", b"9", b"~"):  # F8, a byte at a time
            terminal.send(piece)
            terminal.quiet(0.12)
        terminal.keys("t@7", "enter")
        terminal.wait_for("Admitted: 11/21/2026 0700")


class TestSizes:
    def test_resize_keeps_everything(self, start: Start) -> None:
        terminal = abstract(start())
        terminal.keys("55", "enter", "DOE,J")
        terminal.wait_for("DOE,J")
        terminal.resize(132, 43)
        terminal.wait_for(lambda shown: shown.lines[42].startswith(" F1=Help"))
        assert terminal.lines[5].startswith("  Name:*DOE,J")
        terminal.resize(60, 20)
        terminal.wait_for("needs 80x24")
        assert "DOE,J" not in terminal.text
        terminal.resize(80, 24)
        terminal.wait_for("Name:*DOE,J")
        terminal.wait_for(lambda shown: shown.cursor == (13, 5))

    def test_a_list_shows_more_rows_on_a_larger_terminal(self, start: Start) -> None:
        terminal = signed_on(start())
        terminal.keys("WRK", "enter")
        terminal.wait_for("A0000014")
        assert "A0000015" not in terminal.text
        terminal.resize(132, 43)
        terminal.wait_for("A0000033")

    @pytest.mark.parametrize("term", ["vt220", "dumb", "linux", "xterm"])
    def test_every_terminal_type_works(self, start: Start, term: str) -> None:
        terminal = abstract(start(env={"TERM": term, "NO_COLOR": "1", "COLORTERM": "truecolor"}))
        terminal.keys("55", "enter")
        terminal.wait_for("MRN: 55")
        terminal.wait_for(lambda shown: shown.cursor == (8, 5))
        assert b"38;" not in terminal.raw
        assert b"48;" not in terminal.raw

    def test_attributes_mark_the_focus_without_colour(self, start: Start) -> None:
        terminal = abstract(start(env={"NO_COLOR": "1"}))
        terminal.keys("55")
        terminal.wait_for("MRN:*55")
        assert terminal.screen.buffer[4][8].reverse
        assert terminal.screen.buffer[5][8].underscore


class TestCrashing:
    def test_the_screen_shows_a_number_and_no_data(self, start: Start, tmp_path: Path) -> None:
        terminal = abstract(start())
        terminal.keys("55", "enter", "ctrl+o", "BOOM", "enter")
        assert terminal.wait_exit() == crash.EXIT_STATUS
        assert b"Incident 20" in terminal.raw
        log = (tmp_path / "incidents").read_text()
        for secret in ("999-12-3456", "DOE,JANE", "cannot do it"):
            assert secret.encode() not in terminal.raw
            assert secret not in log
        assert "ValueError" in log
        assert "boom" in log
        assert (tmp_path / "draft").read_text().splitlines() == ["name", "mrn=55"]
        assert (tmp_path / "draft.closed").exists()

    def test_keys_of_the_framework_and_of_the_shell_do_no_harm(self, start: Start) -> None:
        terminal = abstract(start())
        for number, key in enumerate(("\x03", "\x11", "\x1a", "\x13", "\x1c", "\x10", "\x1b")):
            terminal.send(f"{number}5" + key)
            terminal.quiet(0.5)
            terminal.keys("6", "enter")
            terminal.wait_for(f"MRN: {number}56")
            terminal.keys("shift+tab", "home", "ctrl+k")
            terminal.wait_for(lambda shown, taken=f"{number}56": taken not in shown.text)

    def test_a_stop_signal_from_the_keyboard_is_not_obeyed(self, start: Start) -> None:
        terminal = abstract(start())
        terminal.signal(signal.SIGTSTP)
        terminal.keys("55", "enter")
        terminal.wait_for("MRN: 55")


class TestQuiet:
    def test_an_idle_session_writes_nothing_and_uses_no_time(self, start: Start) -> None:
        terminal = signed_on(start())
        terminal.quiet(0.5)
        written, used = len(terminal.raw), terminal.cpu_seconds
        assert terminal.read(2.0) == b""
        assert len(terminal.raw) == written
        assert terminal.cpu_seconds - used <= 0.01

    def test_the_idle_lock_hides_the_record(self, start: Start) -> None:
        terminal = signed_on(start("1.0"))
        terminal.keys("ABS 4711", "enter")
        terminal.wait_for("Locked for TECH1")
        assert "4711" not in terminal.text
        terminal.keys("open sesame", "enter")
        terminal.wait_for("4711")

    def test_a_session_ended_from_elsewhere_goes_dark_without_a_key(
        self, start: Start, tmp_path: Path
    ) -> None:
        terminal = signed_on(start("0", "0.2"))
        terminal.keys("ABS 4711", "enter")
        terminal.wait_for("4711")
        (tmp_path / "over").touch()
        terminal.wait_for("Your session was ended.")
        assert "4711" not in terminal.text
        terminal.keys("f3")
        assert terminal.wait_exit() == 0

    def test_no_key_costs_more_than_200_bytes_or_a_move_300(self, start: Start) -> None:
        terminal = signed_on(start())
        terminal.keys("REQ", "enter")
        terminal.wait_for("Field 17")
        for key, most in (("a", 200), ("\t", 300), ("b", 200), ("\x7f", 200)):
            terminal.quiet(0.1)
            written = len(terminal.raw)
            terminal.send(key)
            terminal.quiet(0.1)
            assert 0 < len(terminal.raw) - written <= most

    def test_nothing_unasked_is_sent_to_the_terminal(self, start: Start) -> None:
        terminal = signed_on(start())
        for mode in (b"\x1b[>", b"?1000h", b"?1003h", b"?1004h", b"\x1b[?2026", b"\x1b[?2048", b"\x1b]"):
            assert mode not in terminal.raw


class TestAPageInABurst:
    KEYS = (
        "DLS", "enter", "f8", "f8", "right", "17", "enter", "]", "f4", "unit 3", "down", "enter", "/", "muster",
        "enter", ".", ".", ",", "f10", "tab", "f8", "f7", "f10", "tab", "left", "shift+tab",
    )  # fmt: skip

    @pytest.mark.parametrize(("columns", "rows"), [(80, 24), (132, 43)])
    def test_keys_at_once_show_what_keys_one_by_one_show(self, start: Start, columns: int, rows: int) -> None:
        shown = []
        for slowly in (False, True):
            terminal = signed_on(start(columns=columns, rows=rows))
            (terminal.slowly if slowly else terminal.keys)(*self.KEYS)
            terminal.keys("ctrl+o", "PRT", "enter")  # the screen says that it has come to the last key
            terminal.wait_for("No printer is set up.")
            shown.append(terminal.lines)
        assert shown[0] == shown[1]
        assert any("Enter: what is behind" in text for text in shown[0])
