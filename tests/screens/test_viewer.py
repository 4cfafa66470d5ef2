"""A report in the viewer: read on 80 columns as it is printed on 132, followed to its records, saved."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from db.actors import Role
from reports import catalogue
from reports.catalogue import Report
from reports.packed import PackedPages
from reports.page import Column, Document, Group, Heads, Item, Linked, Total
from reports.page import Page as Paper
from reports.parameters import Asked
from reports.sheet import Sheet
from screens.reporting.reports import MOST_KEPT, Page
from screens.session import Session
from tests.screens.conftest import ACCOUNT, House
from tests.screens.test_audit_rows import last_seq, rows_after
from tests.tui.conftest import Workstation

CENSUS = "=PGE daily-census day=2026-11-16"
NARROW = (Column("Account", 10), Column("Name", 30), Column("Days", 8, number=True))
WIDE = (*NARROW, Column("Attending physician", 40), Column("Remark", 20))
LONG, NOBODY, PAGEFUL = 600 * 45, 0, 45  # rows of the list


class Listing:
    """A report of its own, as long as a test says, that counts how often it is read."""

    def __init__(self) -> None:
        self.rows = LONG
        self.read = 0

    def query(self, asked: Asked) -> int:
        self.read += 1
        return self.rows

    def render(self, rows: int, width: int) -> Document:
        columns = WIDE if width == 132 else NARROW
        body: list[Item] = [Heads(columns)] if rows else []
        for number in range(rows):
            if number % PAGEFUL == 0:
                body.append(Group(f"UNIT {number // PAGEFUL}"))
            row = (f"{number:07}", "DOE, JANE", number % 40, "SMITH", "seen")[: len(columns)]
            body.append(Linked(row, f"ACC {ACCOUNT}"))
        if rows:
            body.append(Linked(Total("All"), "PGE daily-census day=2026-11-16"))
        return Document("Z99", "DISCHARGES", "all", "all", body, rows, frozen_columns=11)

    def sheets(self, rows: int) -> list[Sheet]:
        return [Sheet("list", ("number",), ("Number",), [(rows,)], ())]


@pytest.fixture
def listing(monkeypatch: pytest.MonkeyPatch) -> Listing:
    """The report Z99 in the catalogue."""
    made = Listing()
    monkeypatch.setitem(sys.modules, "z99", made)
    report = Report("discharges", "Z99", "Discharges of the test", "About nothing.", "z99")
    monkeypatch.setattr(catalogue, "CATALOGUE", (*catalogue.CATALOGUE, report))
    return made


def where(desk: Workstation) -> str:
    return str(desk.lines[-4]).strip()


def only(desk: Workstation, role: Role) -> None:
    """Whoever sits there has this role alone."""
    session = desk.shell.session
    assert isinstance(session, Session)
    session.signed_on = replace(session.signed_on, actor=replace(session.actor, roles=frozenset({role})))


class TestReading:
    def test_132_columns_are_read_on_80_as_they_are_printed(
        self, desk: Workstation, listing: Listing
    ) -> None:
        listing.rows = 200
        desk.press("ctrl+o", "=PGE Z99 width=132", "enter")
        page = desk.shell.main.screen
        assert isinstance(page, Page)
        printed = page.made.pages(page.setup)[0].lines
        assert [line[:79].rstrip() for line in printed[:17]] == [
            text[:79].rstrip() for text in desk.lines[3:20]
        ]
        seen = {text[12:].strip(" >") for text in desk.lines[9:20]}
        for _ in range(5):
            desk.press("right")
            seen |= {text[12:].strip(" >") for text in desk.lines[9:20]}
        assert any("seen" in text for text in seen)
        assert desk.lines[11].startswith("0000000")

    def test_the_heads_of_columns_stay_over_them(self, desk: Workstation, listing: Listing) -> None:
        desk.press("ctrl+o", "=PGE Z99 width=132", "enter", "f8", "right", "right")
        assert desk.lines[3].startswith("Account")
        at = desk.lines[3].index("Attending")
        assert desk.lines[6][at:].startswith("SMITH")

    @pytest.mark.parametrize(
        ("report", "drawn"), [("monthly-statistics", "|##########"), ("year-at-a-glance", "+----------")]
    )
    def test_charts_are_found_by_their_name(self, desk: Workstation, report: str, drawn: str) -> None:
        desk.press("ctrl+o", f"=PGE {report} month=2026-11", "enter", "f4", "chart", "enter")
        assert any(line.startswith("CHART: ") for line in desk.lines[3:7])
        assert drawn in desk.text

    def test_an_empty_report_says_so_and_takes_every_key(self, desk: Workstation, listing: Listing) -> None:
        listing.rows = NOBODY
        desk.press("ctrl+o", "=PGE Z99", "enter")
        assert "No records for the selection" in desk.text
        assert "END OF REPORT" in desk.text
        desk.press("f8", "f7", "tab", "f4", "]", ".", "f12", "right", "end", "home", "f10", "f10")
        assert "No records for the selection" in desk.text

    def test_a_report_that_is_asked_for_wrongly_opens_nothing(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "PGE daily-census day=never", "enter")
        assert desk.shell.failed
        assert desk.shell.main.word == "DESK"


def at_any_minute(page: Paper) -> Paper:
    """A page without the time of its run."""
    return replace(page, lines=tuple(re.sub(r"Run \S+ \d{4}", "Run", line) for line in page.lines))


class TestLongReports:
    def test_are_kept_small_and_read_anew_when_they_are_turned(
        self, desk: Workstation, listing: Listing
    ) -> None:
        desk.press("ctrl+o", "=PGE Z99", "enter")
        page = desk.shell.main.screen
        assert isinstance(page, Page)
        assert page.produced is None
        assert isinstance(desk.shell.main.document.pages, PackedPages)  # type: ignore[attr-defined]
        desk.press("412", "enter", "f8", "tab", "]", "[", "/", "0018500", "enter", "f7", "end", "home")
        assert listing.read == 1
        desk.press("f10")
        assert listing.read == 2

    def test_go_when_they_are_left(self, desk: Workstation, listing: Listing) -> None:
        desk.press("ctrl+o", "=PGE Z99", "enter")
        shown = desk.shell.main.document.pages  # type: ignore[attr-defined]
        assert len(shown) > MOST_KEPT
        desk.press("f3")
        assert len(shown) == 0

    def test_every_page_is_the_one_that_is_printed(self, desk: Workstation, listing: Listing) -> None:
        desk.press("ctrl+o", "=PGE Z99", "enter")
        page = desk.shell.main.screen
        assert isinstance(page, Page)
        shown = desk.shell.main.document.pages  # type: ignore[attr-defined]
        assert len(shown) > MOST_KEPT
        printed = page.made.pages(page.setup)
        assert list(map(at_any_minute, shown)) == list(map(at_any_minute, printed))

    def test_short_ones_are_read_once(self, desk: Workstation, listing: Listing) -> None:
        listing.rows = 500
        desk.press("ctrl+o", "=PGE Z99", "enter", "f10", "f10")
        assert listing.read == 1

    def test_keep_their_row_at_the_other_width(self, desk: Workstation, listing: Listing) -> None:
        desk.press("ctrl+o", "=PGE Z99", "enter", "/", "0018567", "enter", "home", "413", "enter", "f8")
        row = desk.lines[6][:8]
        desk.press("f10")
        assert row in desk.lines[6] or row in desk.text


class TestPages:
    def test_are_taken_from_the_end_and_in_slices_too(self, listing: Listing) -> None:
        from reports.page import Run, Setup, paginate

        pages = paginate(listing.render(300, 80), Run("H", "u", ""), Setup())
        packed = PackedPages(pages)
        assert packed[-1] == pages[-1]
        assert packed[1:4] == pages[1:4]
        assert packed[0].breaks == pages[0].breaks != ()
        with pytest.raises(IndexError):
            packed[len(pages)]


class TestFollowing:
    def test_a_row_leads_to_its_record_and_f3_back_to_the_row(
        self, desk: Workstation, listing: Listing
    ) -> None:
        desk.press("ctrl+o", "=PGE Z99", "enter", "/", "0000123", "enter")
        before = desk.at_cursor
        assert "0000123" in before
        seq = last_seq()
        desk.press("enter")
        assert desk.shell.main.word == "ACC"
        assert [row["action"] for row in rows_after(seq)] == ["view encounter"]
        desk.press("f3")
        assert desk.at_cursor == before

    def test_a_total_leads_to_the_list_behind_it(self, desk: Workstation, listing: Listing) -> None:
        listing.rows = 3
        desk.press("ctrl+o", "=PGE Z99", "enter", "tab", "tab", "tab", "tab", "enter")
        assert desk.shell.main.title == "Daily census by unit and bed"
        assert len(desk.shell.stack) == 2

    def test_whoever_may_not_see_the_record_is_refused_and_it_is_written_down(
        self, desk: Workstation, listing: Listing
    ) -> None:
        desk.press("ctrl+o", "=PGE Z99", "enter", "tab")
        only(desk, Role.ADMINISTRATOR)
        seq = last_seq()
        desk.press("enter")
        assert desk.shell.failed
        assert desk.shell.main.word == "PGE"
        assert ACCOUNT not in desk.message
        assert {row["outcome"] for row in rows_after(seq)} <= {"denied"}


class TestSaving:
    def saved(self, house: House) -> Path:
        (path,) = (house.directory / "spool").iterdir()
        return path

    def test_writes_the_pages_as_they_are_printed(self, desk: Workstation, house: House) -> None:
        desk.press("ctrl+o", CENSUS, "enter", "f2")
        path = self.saved(house)
        assert re.fullmatch(r"C01-\d{8}-0001\.txt", path.name)
        assert desk.message == f"Saved as {path.name} in the spool of the store."
        assert "END OF REPORT" in path.read_text()
        assert path.stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize("form", ["csv", "JSON", "xlsx"])
    def test_writes_the_figures_behind_them(self, desk: Workstation, house: House, form: str) -> None:
        desk.press("ctrl+o", CENSUS, "enter", "ctrl+o", f"SAVE {form}", "enter")
        path = self.saved(house)
        assert path.suffix == f".{form.lower()}"
        data = path.read_bytes()
        if form == "csv":
            assert len(list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))) > 1
        elif form == "JSON":
            assert json.loads(data)
        else:
            assert data.startswith(b"PK")

    def test_is_an_export_in_the_audit_trail(self, desk: Workstation) -> None:
        seq = last_seq()
        desk.press("ctrl+o", CENSUS, "enter", "ctrl+o", "SAVE csv", "enter")
        row: Mapping[str, Any] = rows_after(seq)[-1]
        assert (row["action"], row["outcome"]) == ("export", "done")
        assert '"format":"csv"' in str(row["detail"]).replace(" ", "")

    def test_is_for_those_who_may_export(self, desk: Workstation, house: House) -> None:
        desk.press("ctrl+o", CENSUS, "enter")
        only(desk, Role.TECHNICIAN)
        seq = last_seq()
        desk.press("f2")
        assert desk.shell.failed
        assert not list((house.directory / "spool").iterdir())
        assert [(row["action"], row["outcome"]) for row in rows_after(seq)] == [("export", "denied")]

    def test_in_a_form_that_there_is_none_of_is_told(self, desk: Workstation) -> None:
        desk.press("ctrl+o", CENSUS, "enter", "ctrl+o", "SAVE pdf", "enter")
        assert desk.message == "There is no form pdf: SAVE, or SAVE CSV, XLSX, JSON, MERGE."
        desk.press("SAVE merge", "enter")
        assert "has no letters to merge" in desk.message

    def test_a_second_file_has_a_number_of_its_own(self, desk: Workstation, house: House) -> None:
        desk.press("ctrl+o", CENSUS, "enter", "f2", "f2", "ctrl+o", "SPOOL", "enter")
        names = sorted(path.name[-8:] for path in (house.directory / "spool").iterdir())
        assert names == ["0001.txt", "0002.txt", "0003.txt"]


class TestEveryKey:
    def test_of_the_page_is_in_its_help(self, desk: Workstation) -> None:
        desk.press("ctrl+o", CENSUS, "enter", "f1")
        help_text = " ".join(desk.shell.top.stack.texts())  # type: ignore[attr-defined]
        for word in ("F2", "SAVE CSV", "SPOOL", "F10", "80/132", "F4", "Tab", "PAGE 12", "THIS", "Shift+Tab"):
            assert word in help_text, word
