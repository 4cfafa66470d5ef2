"""Reports from the screens: run, read at 80 and 132 columns, printed byte for byte, kept in the spool."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from db.actors import Role
from db.changes import Source
from db.connect import writing
from db.hospital import site
from reports.catalogue import CATALOGUE
from reports.page import Setup, as_text
from screens.printing import print_shown
from screens.reporting.reports import Page, Parameters
from screens.session import Session
from tests.screens.conftest import House
from tests.screens.test_audit_rows import last_seq, rows_after
from tests.tui.conftest import Workstation

CENSUS = "=PGE daily-census day=2026-11-16"
STAND_IN = """#!/bin/sh
printf '%s\\n' "$@" > "$0.arguments"
cat > "$0.bytes"
echo "request id is LASER1-7"
"""


@pytest.fixture
def lp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in the place of ``lp`` that keeps what it is given."""
    program = tmp_path / "bin" / "lp"
    program.parent.mkdir()
    program.write_text(STAND_IN)
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return program


def pages_in_hand(desk: Workstation, width: int) -> bytes:
    """What a printer is to get of the page in sight."""
    page = desk.shell.main.screen
    assert isinstance(page, Page)
    setup = Setup(width, 60, True, True)
    return as_text(page.made.pages(setup), setup).encode("ascii", "replace")


class TestTheCatalogue:
    def test_names_every_report_by_a_word_that_fits(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=REP", "enter")
        assert "Daily census by unit and bed" in desk.text
        assert ">" not in "".join(line[1:] for line in desk.lines[3:10])

    def test_says_that_there_are_more_than_fit(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=REP", "enter")
        assert desk.lines[-4].strip() == "More: F8"
        desk.press("f8", "f8")
        assert desk.lines[-4].strip() == "Bottom"
        assert "Outguide" in desk.text

    def test_says_all_about_the_report_before_it_is_run(self, desk: Workstation) -> None:
        longest = max(CATALOGUE, key=lambda report: len(report.about))
        desk.press("ctrl+o", f"=RUN {longest.id}", "enter")
        assert longest.about in " ".join(desk.text.split())

    def test_asks_for_the_parameters_with_their_defaults(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=REP", "enter", "enter")
        assert "Day:*" in desk.text or "Day: 11/" in desk.text
        assert "Width: 80" in desk.text

    def test_f4_offers_the_words_of_a_list_one_after_the_other(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=RUN B04", "enter", "^accounts", "enter", "emergency,ob", "f4")
        assert "observation" in desk.text
        desk.press("enter")
        assert "emergency,observation" in desk.text

    def test_says_what_a_unit_may_be(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=RUN C01", "enter", "^unit", "enter", "f4")
        assert "3E" in desk.text
        assert "Unit 3E" in desk.text


class TestPresets:
    def test_what_is_kept_opens_again_by_its_name(self, desk: Workstation) -> None:
        desk.press(
            "ctrl+o", "=RUN C01 day=2026-11-16 unit=3E width=132", "enter", "ctrl+o", "KEEP night", "enter"
        )
        assert desk.message == "KEPT as night."
        desk.press("ctrl+o", "=RUN C01", "enter")
        assert "Units: 3E" not in desk.text
        desk.press("ctrl+o", "=RUN C01 preset=NIGHT", "enter")
        assert "Units: 3E" in desk.text
        assert "Width: 132" in desk.text
        assert "11/16/2026" in desk.text

    def test_what_is_kept_opens_at_once_and_what_is_said_beside_it_wins(self, desk: Workstation) -> None:
        line = "=RUN C01 day=2026-11-16 unit=3E width=132"
        desk.press("ctrl+o", line, "enter", "ctrl+o", "KEEP night", "enter")
        desk.press("ctrl+o", "=PGE C01 preset=night day=2026-11-15", "enter")
        assert "Period: 11/15/2026" in desk.text
        assert "Selection: units 3E" in desk.text
        assert "of 132 >" in desk.text
        desk.press("ctrl+o", "=PGE C01 preset=dawn", "enter")
        assert desk.message.startswith("You have no preset dawn of this report")

    def test_f4_lists_them_and_the_one_chosen_fills_the_form(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=RUN C01 unit=3E", "enter", "ctrl+o", "KEEP night", "enter")
        desk.press("ctrl+o", "=RUN C01", "enter", "^preset", "enter", "f4")
        assert "night" in desk.text
        desk.press("enter", "enter")
        assert "Units: 3E" in desk.text

    def test_a_forgotten_one_cannot_be_opened(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=RUN C01 unit=3E", "enter", "ctrl+o", "KEEP night", "enter")
        desk.press("ctrl+o", "DROP NIGHT", "enter")
        assert desk.message == "NIGHT is forgotten."
        desk.press("ctrl+o", "=RUN C01 preset=night", "enter")
        assert desk.message.startswith("You have no preset night of this report")

    def test_a_date_as_usual_goes_on_moving(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=RUN C01 unit=3E", "enter", "ctrl+o", "KEEP night", "enter")
        screen = desk.shell.main.screen
        assert isinstance(screen, Parameters)
        assert screen._kept("night") == {"unit": "3E"}


class TestThePage:
    def test_turns_between_80_and_132_columns_where_it_stands(self, desk: Workstation) -> None:
        desk.press("ctrl+o", CENSUS, "enter")
        assert "columns 1-79 of 132" not in desk.text
        desk.press("f10")
        assert "columns 1-79 of 132" in desk.text
        desk.press("f10")
        assert "columns" not in desk.lines[20]

    def test_keeps_its_first_columns_when_it_is_moved_sideways(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=PGE monthly-statistics month=2026-11 width=132", "enter", "f8")
        names = [line[:12] for line in desk.lines[8:16]]
        desk.press("right")
        assert re.search(r"< columns 1-\d+, \d+-\d+ of 132 >", desk.text)
        assert [line[:12] for line in desk.lines[8:16]] == names

    def test_is_printed_byte_for_byte(self, desk: Workstation, lp: Path) -> None:
        desk.press("ctrl+o", CENSUS, "enter", "ctrl+o", "PRT LASER1", "enter")
        assert desk.message == "Sent to LASER1: all pages, 80 columns."
        assert Path(f"{lp}.bytes").read_bytes() == pages_in_hand(desk, 80)
        arguments = Path(f"{lp}.arguments").read_text().splitlines()
        assert arguments[:4] == ["-d", "LASER1", "-t", "Recordroom C01"]

    def test_is_printed_as_wide_as_it_is_shown(self, desk: Workstation, lp: Path) -> None:
        desk.press("ctrl+o", CENSUS + " width=132", "enter", "ctrl+o", "PRT LASER1 1", "enter")
        assert desk.message == "Sent to LASER1: pages 1, 132 columns."
        sent = Path(f"{lp}.bytes").read_bytes()
        assert pages_in_hand(desk, 132).startswith(sent.rstrip(b"\f"))
        assert max(map(len, sent.splitlines())) <= 132

    def test_is_printed_more_than_once_when_that_is_said(self, desk: Workstation, lp: Path) -> None:
        desk.press("ctrl+o", CENSUS, "enter", "ctrl+o", "PRT LASER1 1 x3", "enter")
        assert desk.message == "Sent to LASER1: pages 1, 3 copies, 80 columns."
        assert Path(f"{lp}.arguments").read_text().splitlines()[4:6] == ["-n", "3"]

    def test_is_printed_on_the_only_printer_without_its_name(self, desk: Workstation, lp: Path) -> None:
        desk.press(
            "ctrl+o", "=SFR printer", "enter", "LP1", "enter", "RECORDS", "enter", "LASER9", "enter", "f2"
        )
        desk.press("ctrl+o", CENSUS, "enter", "ctrl+t")
        assert desk.message.startswith("Sent to LASER9")

    def test_asks_which_printer(self, desk: Workstation, lp: Path) -> None:
        desk.press("ctrl+o", CENSUS, "enter", "ctrl+t")
        assert desk.message.startswith("Name the printer")

    def test_is_kept_in_the_spool(self, desk: Workstation, house: House) -> None:
        desk.press("ctrl+o", CENSUS, "enter", "ctrl+o", "SPOOL", "enter")
        (kept,) = (house.directory / "spool").iterdir()
        assert re.fullmatch(r"C01-\d{8}-0001\.txt", kept.name)
        assert desk.message == f"Kept as {kept.name} in the spool of the store."
        assert kept.read_bytes() == pages_in_hand(desk, 80)

    def test_is_kept_in_the_spool_more_than_once(self, desk: Workstation, house: House) -> None:
        desk.press("ctrl+o", CENSUS, "enter", "ctrl+o", "SPOOL LASER1 x2", "enter")
        (kept,) = (house.directory / "spool").iterdir()
        once = pages_in_hand(desk, 80)
        assert kept.read_bytes() == once + b"\f" + once

    def test_has_one_of_two_widths(self, desk: Workstation) -> None:
        desk.press("ctrl+o", CENSUS + " width=90", "enter")
        assert desk.message == "A page is 80 or 132 columns wide."

    def test_shows_all_of_itself_again_when_the_terminal_grows(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=PGE monthly-statistics month=2026-11 width=132", "enter", "right", "right")
        desk.shell.width, desk.shell.height = 132, 43
        desk.press("resize")
        assert "This month" in desk.text


class TestPrinters:
    def test_f4_offers_the_codes_and_line_ends_that_there_are(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=SFR printer", "enter", "^encoding", "enter", "f4")
        assert "cp850" in desk.text
        desk.press("f12", "^line_end", "enter", "f4")
        assert "crlf" in desk.text


class TestAnyScreen:
    @pytest.fixture(autouse=True)
    def _printer(self, desk: Workstation) -> None:
        desk.shell.printer = print_shown

    def sent(self, lp: Path) -> list[str]:
        return Path(f"{lp}.bytes").read_text("ascii").splitlines()

    def test_a_list_of_thousands_is_printed_whole_on_pages_with_heads(
        self, desk: Workstation, lp: Path
    ) -> None:
        with writing():
            for number in range(1200):
                site.apply("payer", f"P{number:04d}", {"name": f"PAYER {number}"}, Source("test"))
        desk.press("ctrl+o", "=SFL payer", "enter", "ctrl+o", "PRT LASER1", "enter")
        assert re.fullmatch(r"Sent to LASER1: \d+ pages, 80 columns\.", desk.message)
        lines = self.sent(lp)
        assert [line.split()[0] for line in lines if re.match(r"  P\d{4} ", line)] == [
            f"P{n:04d}" for n in range(1200)
        ]
        pages = sum("Page " in line for line in lines)
        assert sum(line.startswith("  Code ") for line in lines) == pages > 20
        assert "Records: " in "\n".join(lines[-5:])
        arguments = Path(f"{lp}.arguments").read_text().splitlines()
        assert arguments[:4] == ["-d", "LASER1", "-t", "Recordroom screen"]

    def test_a_wide_list_goes_on_wide_paper(self, desk: Workstation, lp: Path) -> None:
        desk.press("ctrl+o", "=SFL printer", "enter", "ctrl+o", "PRT LASER1", "enter")
        assert desk.message == "Sent to LASER1: 1 page, 132 columns."
        assert max(map(len, self.sent(lp))) <= 132

    def test_the_only_printer_needs_no_name_even_for_wide_paper(self, desk: Workstation, lp: Path) -> None:
        with writing():
            site.apply("printer", "LP1", {"queue": "LASER9", "width": "80"}, Source("test"))
        desk.press("ctrl+o", "=SFL printer", "enter", "ctrl+t")
        assert desk.message == "Sent to LASER9: 1 page, 132 columns."

    def test_copies_are_asked_for_after_the_printer(self, desk: Workstation, lp: Path) -> None:
        desk.press("ctrl+o", "=SFL unit", "enter", "ctrl+o", "PRT LASER1 x2", "enter")
        assert desk.message == "Sent to LASER1: 1 page, 2 copies, 132 columns."
        assert Path(f"{lp}.arguments").read_text().splitlines()[4:6] == ["-n", "2"]

    @pytest.mark.parametrize("line", ["=SFL unit", CENSUS])
    def test_a_queue_that_there_is_none_of_is_one_sentence(
        self, desk: Workstation, lp: Path, line: str
    ) -> None:
        lp.write_text("#!/bin/sh\necho 'lp: Error - The printer or class does not exist.' >&2\nexit 1\n")
        desk.press("ctrl+o", line, "enter", "ctrl+o", "PRT NONE", "enter")
        assert desk.message == (
            "The queue NONE took no job: lp: Error - The printer or class does not exist."
        )

    def test_without_the_permission_nothing_is_printed(self, desk: Workstation, lp: Path) -> None:
        desk.press("ctrl+o", "=SFL unit", "enter")
        session = desk.shell.session
        assert isinstance(session, Session)
        actor = replace(session.actor, roles=frozenset({Role.ADMINISTRATOR}))
        session.signed_on = replace(session.signed_on, actor=actor)
        desk.press("ctrl+o", "PRT LASER1", "enter")
        assert "may not print" in desk.message
        assert not Path(f"{lp}.bytes").exists()

    def test_the_row_in_the_trail_says_how_many_and_which(self, desk: Workstation, lp: Path) -> None:
        desk.press("ctrl+o", "=SFL unit", "enter")
        before = last_seq()
        desk.press("ctrl+o", "PRT LASER1", "enter")
        row = rows_after(before)[-1]
        assert (row["action"], row["outcome"]) == ("print", "done")
        assert set(json.loads(str(row["detail"]))) == {"queue", "rows", "ids"}
