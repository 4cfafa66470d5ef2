"""NOT and TRE: what the book says about a code, and its neighbours in the tabular list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from db.coding.codes import Hit
from reports.code_page import GROUP, PageLine, code_page, wrapped
from rules.code_words import LEGEND
from rules.codes import System, normal
from screens import shown
from screens.coding.book import (
    BACK,
    FORTH,
    MODIFIERS,
    Asked,
    Named,
    Trail,
    asked,
    installed,
    named,
    not_printed,
    set_words,
)
from screens.coding.codes import CODE_ACTIONS, CodeList, row_of, use
from screens.coding.drg_lines import within
from screens.drafts import page_of
from screens.evidence.site_notes import lines_about
from screens.session import Session
from tui.screen import (
    Action,
    Column,
    Command,
    Document,
    Outcome,
    Page,
    PageScreen,
    PlainPage,
    Printout,
    Row,
    ScreenError,
)

PAGE_LINES = 60


def _day(day: date) -> str:
    return shown.day(day.isoformat())


class CodeNotes(PageScreen):
    """A code with its place in the book and the notes that hold for it, inherited ones too."""

    title: ClassVar[str] = "Notes of a code"
    help: ClassVar[str] = (
        "F4 lists the parts of the page: notes, index terms, what excludes the code, history. Tab stands on a line "
        "that names another code, Enter turns to it; F9 goes back, F6 forth again. F2 puts the code into the field of "
        "the form that the book was opened from. TO I21.4 turns to another code."
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("TAKE", "Use", "take", "F2"),
        Command("TREE", "Tree", "tree", "F10"),
        BACK,
        FORTH,
        Command("TO", "To another code", "turn_to"),
    )
    session: Session
    code: Named
    day: Asked

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.trail = Trail[Named]()

    def open(self, key: str) -> Document:
        self.day = asked(self.session, key)
        if not self.day.text:
            raise ScreenError("Say which code: NOT I21.4. COD looks for one.")
        self.code = self._known(self.day.text)
        self.trail.go(self.code)
        return self._document()

    def again(self, key: str) -> Document:
        return self._document()

    def turn_to(self, rest: str) -> Outcome:
        """TO: the page of another code, in place of this one."""
        if installed(self.session).place(rest.strip()):
            return Outcome(go=f"TRE {rest.strip()}{self.day.on}")
        self.code = self._known(rest)
        self.trail.go(self.code)
        return self._turned()

    def back(self, rest: str) -> Outcome:
        self.code = self.trail.step(-1)
        return self._turned()

    def forth(self, rest: str) -> Outcome:
        self.code = self.trail.step(1)
        return self._turned()

    def tree(self, rest: str) -> Outcome:
        if self.code.system is System.PCS:
            return Outcome(go=f"PCT {self.code.code}{self.day.on}")
        if self.code.system is not System.CM:
            raise ScreenError("This code set has no tree.")
        return Outcome(go=f"TRE {self.code}{self.day.on}")

    def take(self, rest: str) -> Outcome:
        return use(installed(self.session), self.code, self.day)

    def recall_as(self) -> tuple[str, str] | None:
        return ("code", self.heading.partition(" ")[0]) if self.heading else None

    heading = ""  # code and title, as the title row shows them

    def _turned(self) -> Outcome:
        self.turned = True
        return Outcome(reload=True)

    def _known(self, text: str) -> Named:
        """The code that is named. Raises ``ScreenError`` when no code set has it."""
        codes = installed(self.session)
        found = named(codes, text)
        if found.system and codes.hit(found.code, found.system, self.day.day) is None:
            raise ScreenError(f"{text.strip()} is not in the code sets: COD looks for it.")
        return found

    def _document(self) -> Document:
        lines = self._lines()
        pages = [_page(lines[at : at + PAGE_LINES]) for at in range(0, len(lines), PAGE_LINES)]
        self.heading = lines[0].text.replace("  ", " ", 1)
        return Document(self.heading, pages)

    def _lines(self) -> list[PageLine]:
        codes, code = installed(self.session), self.code
        if code.system is None:
            return self._of_other_set()
        detail = codes.show(code.code, code.system, self.day.day)
        assert detail is not None
        lines = code_page(codes, detail, _day)
        own = lines_about(code.code, code.system, self.day.day.isoformat())
        if own:
            at = next((n for n, line in enumerate(lines) if not line.text), len(lines))
            head = PageLine("Notes of the facility", level=GROUP)
            lines[at:at] = [PageLine(""), head, *map(PageLine, own)]
        return lines

    def on_paper(self, printout: Printout) -> Printout:
        not_printed(installed(self.session), self.code.code_set)
        return printout

    def _of_other_set(self) -> list[PageLine]:
        """A modifier or a code of a facility's own set: its texts, its days, and whose they are."""
        codes, word = installed(self.session), self.code.code_set
        if word == MODIFIERS:
            found = next(
                (each for each in codes.modifiers(self.code.code) if each.code == self.code.code), None
            )
        else:
            name = next((each.name for each in codes.facility_sets() if each.name.casefold() == word), "")
            found = codes.facility_code(name, self.code.code, self.day.day)
        if found is None:
            raise ScreenError(f"{self.code.code} is not in this code set: COD {word} looks for it.")
        until = f" to {_day(found.valid_to)}" if found.valid_to else ""
        texts = [
            f"{found.code}  {found.text}",
            *([found.short] if found.short and found.short != found.text else []),
            set_words(codes)[word],
            *([f"From {_day(found.valid_from)}{until}"] if found.valid_from else []),
            *([] if found.valid else ["Not in force on this day"]),
        ]
        return [PageLine(line) for text in texts for line in wrapped(text)]


def _page(lines: Sequence[PageLine]) -> PlainPage:
    return PlainPage(
        [line.text for line in lines],
        links=[f"TO {line.leads}" if line.leads else "" for line in lines],
        breaks=[(at, GROUP) for at, line in enumerate(lines) if line.level],
    )


@dataclass(frozen=True, slots=True)
class Node:
    """A row of the tree: a chapter, section or code, and how deep it stands."""

    key: str
    cells: tuple[str, ...]
    code: bool


class CodeTree(CodeList):
    """A code between what stands over it, beside it and under it."""

    title: ClassVar[str] = "Tabular list"
    position_label: ClassVar[str] = "Code or section"
    recall: ClassVar[str] = "code"
    help: ClassVar[str] = (
        "What stands over the code, beside it and under it. Enter turns to the row of the cursor, P to what stands "
        "over it; / and a code turns to that one. F9 goes back, F6 forth again. N reads the notes."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("G", "Go", method="go"),
        Action("P", "Parent", method="parent"),
        Action("N", "Notes", method="notes"),
        *(each for each in CODE_ACTIONS if each.letter in "IXU"),
    )
    commands: ClassVar[tuple[Command, ...]] = (BACK, FORTH)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.day, self.key, self.trail = asked(session, ""), "", Trail[str]()

    def open(self, key: str) -> str:
        self.day = asked(self.session, key)
        self._to(self.day.text)
        return ""

    def _to(self, text: str) -> None:
        """Turn to a code, section or chapter; blank is the list of chapters. Raises ``ScreenError`` for no such one."""
        codes, wanted = installed(self.session), text.strip()
        found = wanted if not wanted or codes.place(wanted) else self._code(wanted)
        self.trail.go(found)
        self._at(found)

    def _code(self, text: str) -> str:
        codes = installed(self.session)
        word, _, rest = text.partition(" ")
        code = normal(rest if word.casefold() == System.CM and rest else text)
        section = code if "-" in code else ""
        if section and codes.place(section):
            return section
        if codes.hit(code, System.CM, self.day.day) is None:
            raise ScreenError(f"{text} is no code or section of the tabular list: COD looks for words.")
        return code

    def _at(self, key: str) -> None:
        self.key = key
        at = next((number for number, node in enumerate(self.nodes()) if node.key == key), 0)
        self.turned = (at,)

    def nodes(self) -> list[Node]:
        """The rows: what stands over the place in hand, what stands beside it, and what is under it."""
        codes = installed(self.session)
        above = codes.above(self.key) if self.key else ()
        rows = [_of_place(key, title, depth) for depth, (key, title) in enumerate(above)]
        depth = len(above)
        for node in self._beside(above[-1][0] if above else "", depth):
            rows.append(node)
            if node.key == self.key:
                rows += self._under(node.key, depth + 1)
        return rows

    def _title(self, hit: Hit, parent: str) -> str:
        """The title; under a code whose title it begins with only what comes after that."""
        over = installed(self.session).title(parent, System.CM, self.day.day)
        return f"...{hit.text[len(over) :]}" if over and hit.text.startswith(f"{over}, ") else hit.text

    def _beside(self, parent: str, depth: int) -> list[Node]:
        codes = installed(self.session)
        if not self.key or codes.place(self.key):
            return [_of_place(key, title, depth) for key, title in codes.places(parent)]
        hits = codes.siblings(self.key, System.CM, self.day.day)
        beside = [_of_hit(hit, depth, self._title(hit, parent)) for hit in hits]
        if any(node.key == self.key for node in beside):
            return beside
        hit = codes.hit(self.key, System.CM, self.day.day)  # not in force on the day
        return [*beside, *([_of_hit(hit, depth)] if hit else [])]

    def _under(self, key: str, depth: int) -> list[Node]:
        codes = installed(self.session)
        sections = [_of_place(section, title, depth) for section, title in codes.places(key)]
        found = codes.under(key, System.CM, self.day.day)
        return sections + [_of_hit(hit, depth, self._title(hit, key)) for hit in found]

    def heading(self) -> Sequence[str]:
        return (f"ICD-10-CM tabular list {self.day.shown_day}", LEGEND)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Code", 8, frozen=True),
            Column("CC", 3, frozen=True),
            Column("Flags", 5, frozen=True),
            Column("Title", 200, shorten=within),
        )

    def page(self, key: tuple[int, ...] | None, limit: int, *, backward: bool = False) -> Page:
        rows = [
            Row((number,), node.cells, f"cm {node.key}{self.day.on}" if node.code else node.key)
            for number, node in enumerate(self.nodes())
        ]
        return page_of(rows, key, limit, backward=backward)

    def position(self, text: str) -> tuple[int, ...] | None:
        self._to(text)
        return None

    def go(self, subject: str) -> Outcome:
        """Turn to the row; the one in hand has its notes read."""
        key = self._key(subject)
        if key == self.key:
            return self.notes(subject)
        self._to(key)
        return Outcome(reload=True)

    def parent(self, subject: str) -> Outcome:
        above = installed(self.session).above(self.key) if self.key else ()
        self._to(above[-1][0] if above else "")
        return Outcome(reload=True)

    def notes(self, subject: str) -> Outcome:
        if subject == self._key(subject):
            raise ScreenError(
                "Enter turns to a chapter or section; codes have the notes, its own among them."
            )
        return Outcome(go=f"NOT {subject}")

    def named(self, subject: str) -> Named:
        if subject == self._key(subject):
            raise ScreenError("This is no code, but a chapter or section.")
        return super().named(subject)

    def back(self, rest: str) -> Outcome:
        self._at(self.trail.step(-1))
        return Outcome(reload=True)

    def forth(self, rest: str) -> Outcome:
        self._at(self.trail.step(1))
        return Outcome(reload=True)

    def _key(self, subject: str) -> str:
        return subject.partition(" ON ")[0].removeprefix("cm ")


def _of_place(key: str, title: str, depth: int) -> Node:
    """A row over the code in hand: a chapter, section, or category by its key."""
    if normal(key) == key and "-" not in key:
        from rules.codes import dotted

        return Node(key, (dotted(key), "", "H", "  " * depth + title), code=True)
    name = key.replace("chapter ", "Ch. ").replace("section ", "")
    return Node(key, (name, "", "", "  " * depth + title.rpartition(" (")[0]), code=False)


def _of_hit(hit: Hit, depth: int, title: str = "") -> Node:
    *cells, text = row_of(hit)
    return Node(hit.code, (*cells, "  " * depth + (title or text)), code=True)
