"""COD and NOT: find a code by words, abbreviations or its beginning; read what the book says about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from db import store
from db.coding.codes import CodeStore, Detail
from rules.codes import System, dotted, may_begin
from rules.text import cells
from screens import shown
from screens.drafts import page_of
from screens.session import Session
from tui.screen import Action, Column, Document, ListScreen, Page, PageScreen, PlainPage, Row, ScreenError

MOST = 100
PAGE_LINES = 60
WIDTH = 78
MARK = {True: "", False: "-"}


def installed(session: Session) -> CodeStore:
    """The code store. Raises ``ScreenError`` while there is none."""
    if session.codes is None:
        raise ScreenError("The code sets are not built yet: run 'recordroom codes build'.")
    return session.codes


class CodeLookup(ListScreen):
    """What a search found, best first, in force today."""

    title: ClassVar[str] = "Code look-up"
    position_label: ClassVar[str] = "Words or code"
    asks: ClassVar[bool] = True
    recall: ClassVar[str] = "code"
    empty: ClassVar[str] = "No code found. Key words, an abbreviation, or the beginning of a code."
    help: ClassVar[str] = (
        "Key / and what you look for: words in any order (hip fx r initial), abbreviations (chf), a code with or "
        "without dot, a range (I20-I25). Begin with PCS for procedures: / pcs hip replacement."
    )
    actions: ClassVar[tuple[Action, ...]] = (Action("N", "Notes", go="NOT {subject}"),)
    session: Session
    text = ""
    system = System.CM
    chosen = ""

    def open(self, key: str) -> str:
        self.ask(key)
        return ""

    def ask(self, text: str) -> None:
        """Look for something else; a leading code system is taken off."""
        word, _, rest = text.strip().partition(" ")
        named = word.lower() in set(System)
        self.system = System(word.lower()) if named else System.CM
        self.text = rest if named else text.strip()

    def heading(self) -> Sequence[str]:
        if not self.text:
            return ("Key words, an abbreviation or a code, and Enter; over a list key / first.",)
        return (f"{self.system.upper()}: {self.text}",)

    def columns(self) -> Sequence[Column]:
        return (Column("Code", 8, frozen=True), Column("CC", 3), Column("Title", 60), Column("Marks", 40))

    def page(self, key: tuple[int, ...] | None, limit: int, *, backward: bool = False) -> Page:
        today = store.current().now().day
        codes = installed(self.session)
        from datetime import date

        hits = codes.search(self.text, self.system, date.fromordinal(today), MOST) if self.text else []
        rows = [
            Row(
                (number,),
                (hit.shown, hit.severity, hit.text, ", ".join(hit.marks)),
                f"{hit.system} {hit.code}",
                MARK[hit.billable],
            )
            for number, hit in enumerate(hits)
        ]
        return page_of(rows, key, limit, backward=backward)

    def position(self, text: str) -> tuple[int, ...] | None:
        self.ask(text)
        return None


class CodeNotes(PageScreen):
    """A code with its place in the book and the notes that hold for it, inherited ones too."""

    title: ClassVar[str] = "Notes of a code"
    session: Session
    code = ""

    def open(self, key: str) -> Document:
        word, _, rest = key.strip().partition(" ")
        system = System(word.lower()) if word.lower() in set(System) else None
        code = rest if system else word
        if system is None:
            system = System.PCS if len(code) == 7 and not may_begin(code, System.CM) else System.CM
        if not code:
            raise ScreenError("Say which code: NOT I21.4. COD looks for one.")
        detail = installed(self.session).show(code, system)
        if detail is None:
            raise ScreenError(f"{code} is not in the code sets: COD looks for it.")
        self.code = detail.hit.shown
        lines = notes_of(detail)
        pages = [PlainPage(lines[at : at + PAGE_LINES]) for at in range(0, len(lines), PAGE_LINES)]
        return Document(f"{detail.hit.shown} {detail.hit.text}", pages)

    def recall_as(self) -> tuple[str, str] | None:
        return ("code", self.code)


def notes_of(detail: Detail) -> list[str]:
    """A code's page: what it is, where it stands, its notes, what is under it, its history."""
    hit = detail.hit
    lines = wrapped(f"{hit.shown}  {hit.text}")
    facts = [
        "billable" if hit.billable else "header: a more specific code is needed",
        hit.severity,
        *hit.marks,
    ]
    lines += wrapped("; ".join(fact for fact in facts if fact), "  ")
    lines += ["", "In the book"]
    lines += [line for key, title in detail.above for line in wrapped(f"{pointed(key)}  {title}", "  ")]
    if detail.notes:
        lines += ["", "Notes, nearest last"]
        lines += [
            line
            for note in detail.notes
            for line in wrapped(f"{pointed(note.key)} {note.kind}: {note.text}", "  ")
        ]
    if detail.below:
        lines += ["", "Under it"]
        lines += [line for below in detail.below for line in wrapped(f"{below.shown}  {below.text}", "  ")]
    if len(detail.history) > 1:
        lines += ["", "History"]
        lines += [
            f"  {shown.day(each.valid_from.isoformat())} - "
            f"{shown.day(each.valid_to.isoformat()) if each.valid_to else 'today'}  {each.text}"[:WIDTH]
            for each in detail.history
        ]
    return lines


def pointed(key: str) -> str:
    """A category as the book writes it; chapters and blocks stay as they are."""
    return dotted(key) if len(key) > 3 and may_begin(key, System.CM) else key


def wrapped(text: str, indent: str = "") -> list[str]:
    """``text`` in lines of the page's width."""
    lines, line = [], indent
    for word in text.split():
        if cells(line) + cells(word) + 1 > WIDTH and line.strip():
            lines.append(line)
            line = indent + "  "
        line = f"{line} {word}" if line.strip() else line + word
    return [*lines, line]
