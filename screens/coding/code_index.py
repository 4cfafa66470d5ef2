"""IDX: the Alphabetic Index as a book is read: a main term by its beginning, subterms, see and see also.

While no index is imported, the words of the tabular list's titles and inclusion terms lead in instead, and the
screen says that they are no Alphabetic Index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from db.coding.codes import LONGEST
from db.coding.codes_index import BOOKS, CELLS, MOST_MAIN, IndexBook, IndexEntry
from rules.codes import System, dotted
from rules.codes_search import fold
from screens.coding.book import BACK, FORTH, Named, Trail, asked, installed
from screens.coding.codes import CODE_ACTIONS, CodeList
from screens.coding.drg_lines import within
from screens.drafts import page_of
from screens.session import Session
from tui.screen import Action, Column, Command, Outcome, Page, Row, ScreenError

DERIVED = "derived"  # book of words, while no index is imported
IS_DERIVED = "No Alphabetic Index is imported. Words of tabular titles and inclusion terms"
HOW_TO_IMPORT = "The index comes with: recordroom codes import FILE (index XML of NCHS, CMS)."
DEEPER = "+"
SECOND = "[manifestation, second]"
TERM_WIDTH, CODE_WIDTH = 52, 20
TABLE_WIDTH, CELL_WIDTH = 22, 7


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the index: under a term (0: the main terms), at what was looked for there, or at a term's codes."""

    book: str
    term: int = 0
    text: str = ""  # looked for under the term; of the derived index the word
    codes: bool = False
    first: int = 0  # main term that the cursor stood on


class AlphabeticIndex(CodeList):
    """An index, one level at a time."""

    title: ClassVar[str] = "Alphabetic Index"
    position_label: ClassVar[str] = "Term"
    help: ClassVar[str] = (
        "/ and the beginning of a main term goes there; under a main term / and words looks through all its subterms. "
        "+ before a row: subterms stand under it, Enter goes down to them, P up again. Enter on a row with see or "
        "see also and no subterms follows it; A follows see also. On a row with one code Enter reads its notes; with "
        "several, such as a pair with its manifestation [in brackets] or a row of the neoplasm or drug table, it lists "
        "them. (Words in round brackets) may be in the record or not. F10 takes the next index, SET names one: main, "
        "external, neoplasm, drug, pcs. F9 goes back, F6 forth again."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("G", "Go", method="go"),
        Action("P", "Up", method="up"),
        Action("A", "See also", method="see_also"),
        Action("N", "Notes", method="notes"),
        *(each for each in CODE_ACTIONS if each.letter in "TU"),
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("SET", "Index", "turn_set", "F10"),
        BACK,
        FORTH,
    )
    empty: ClassVar[str] = "No term here begins so: / and another beginning, or P goes up."
    place = Place(IndexBook.MAIN)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.day, self.trail = asked(session, ""), Trail[Place]()

    # --- going about ---------------------------------------------------------------------------------------

    def open(self, key: str) -> str:
        """``IDX fracture``, ``IDX neoplasm lung``, ``IDX external fall``."""
        self.day = asked(self.session, key)
        books = self._books()
        word, _, rest = self.day.text.partition(" ")
        named = word.casefold() in books
        self._go(Place(word.casefold() if named else books[0]))
        text = rest if named else self.day.text
        if text.strip():
            self._look(text)
        return "" if books != [DERIVED] else HOW_TO_IMPORT

    def _books(self) -> list[str]:
        found = installed(self.session).alphabetic.books()
        return [book.value for book in found] if found else [DERIVED]

    def _go(self, place: Place) -> None:
        self.trail.go(place)
        self._at(place)

    def _at(self, place: Place) -> None:
        self.place = place
        self.turned = (place.first,) if place.first else ()

    def position(self, text: str) -> tuple[int, ...] | None:
        self._look(text)
        return None

    def _look(self, text: str) -> None:
        """Go to a main term by its beginning; under a term look through its subterms."""
        index, place = installed(self.session).alphabetic, self.place
        if place.book == DERIVED:
            self._look_derived(text)
        elif place.term:
            if not index.within(self._entry(str(place.term)), text, 1):
                raise ScreenError(f"No term under this has {text.strip()}.")
            self._go(Place(place.book, place.term, text.strip()))
        elif found := index.find(IndexBook(place.book), text, 1):
            self._go(Place(place.book, first=found[0].id))
        elif not self._main_and_words(text):
            raise ScreenError(f"No main term begins with {text.strip()}. COD finds words anywhere.")

    def _main_and_words(self, text: str) -> bool:
        """``fracture femur neck``: the main term of the first word, and the rest looked for under it."""
        first, _, rest = text.strip().partition(" ")
        index, book = installed(self.session).alphabetic, IndexBook(self.place.book)
        for main in index.find(book, first, MOST_MAIN) if rest else ():
            if index.within(main, rest, 1):
                self._go(Place(book.value, main.id, rest))
                return True
        return False

    def go(self, subject: str) -> Outcome:
        """Down, along a cross reference, or to the code or codes of the row."""
        kind, _, rest = subject.partition(":")
        if kind == "word":
            self._go(Place(DERIVED, text=rest))
        elif kind == "code":
            return self._open(rest)
        else:
            entry = self._entry(rest)
            codes = entry.codes
            if entry.deeper and not self.place.codes:
                self._go(Place(entry.book, entry.id))
            elif len(codes) == 1:
                return self._open(codes[0])
            elif codes:
                self._go(Place(entry.book, entry.id, codes=True))
            else:
                return self._follow(entry.see or entry.see_also)
        return Outcome(reload=True)

    def see_also(self, subject: str) -> Outcome:
        entry = self._entry(subject.partition(":")[2])
        return self._follow(entry.see_also or entry.see)

    def _follow(self, see: str) -> Outcome:
        if not see:
            raise ScreenError("Nothing stands under this term, and it leads to no code.")
        entry = installed(self.session).alphabetic.follow(IndexBook(self.place.book), see)
        if entry is None:
            raise ScreenError(f"The index has no term for: {see}.")
        if not entry.deeper and entry.codes:
            self._go(Place(entry.book, entry.parent, first=entry.id))
        else:
            self._go(Place(entry.book, entry.id))
        return Outcome(f"See {see}.", reload=True)

    def up(self, subject: str) -> Outcome:
        place = self.place
        if place.codes or (place.term and place.text):
            self._go(Place(place.book, place.term))
        elif place.term:
            self._go(Place(place.book, self._entry(str(place.term)).parent, first=place.term))
        elif place.text:
            self._go(Place(place.book))
        else:
            raise ScreenError("These are the main terms.")
        return Outcome(reload=True)

    def back(self, rest: str) -> Outcome:
        self._at(self.trail.step(-1))
        return Outcome(reload=True)

    def forth(self, rest: str) -> Outcome:
        self._at(self.trail.step(1))
        return Outcome(reload=True)

    def turn_set(self, rest: str) -> Outcome:
        """F10: the next index; ``SET neoplasm`` that one."""
        books, wanted = self._books(), rest.strip().casefold()
        if wanted and wanted not in books:
            raise ScreenError(f"Imported here: {', '.join(books)}." if books != [DERIVED] else HOW_TO_IMPORT)
        self._go(Place(wanted or books[(books.index(self.place.book) + 1) % len(books)]))
        return Outcome(reload=True)

    # --- the code of a row ---------------------------------------------------------------------------------

    def notes(self, subject: str) -> Outcome:
        return Outcome(go=f"NOT {self.named(subject)}{self.day.on}")

    def tree(self, subject: str) -> Outcome:
        return super().tree(f"{self.named(subject)}{self.day.on}")

    def named(self, subject: str) -> Named:
        """The code of a row. Raises ``ScreenError`` when it has none, or several."""
        kind, _, rest = subject.partition(":")
        if kind not in ("word", "code", "term"):
            return super().named(subject)
        codes = [rest] if kind == "code" else self._entry(rest).codes if kind == "term" else []
        if len(codes) != 1:
            raise ScreenError(
                "Enter lists the codes of this row first."
                if codes
                else "This row leads to no code by itself."
            )
        return Named(self._system, codes[0])

    @property
    def _system(self) -> str:
        return System.PCS.value if self.place.book == IndexBook.PCS else System.CM.value

    def _open(self, code: str) -> Outcome:
        """A code that the index leads to: its notes; its place in the tabular list, or the table that it begins."""
        if self.place.book == DERIVED:
            return Outcome(go=f"TRE cm {code}{self.day.on}")
        if self._system == System.PCS and len(code) < LONGEST:
            return Outcome(go=f"PCT {code}{self.day.on}")
        return Outcome(go=f"NOT {Named(self._system, code)}{self.day.on}")

    def _entry(self, id_: str) -> IndexEntry:
        found = installed(self.session).alphabetic.entry(int(id_)) if id_.isdecimal() else None
        if found is None:
            raise ScreenError("This row is no term of the index.")
        return found

    # --- rows ----------------------------------------------------------------------------------------------

    @property
    def _cells(self) -> Sequence[str]:
        """Heads of the six columns of the neoplasm or drug table."""
        return () if self.place.book == DERIVED else CELLS.get(IndexBook(self.place.book), ())

    def columns(self) -> Sequence[Column]:
        if self.place.codes:
            return (Column("Term", 24, frozen=True), Column("Code", 9), Column("Title", 200, shorten=within))
        if self._cells and not self.place.codes:
            heads = (Column(head, CELL_WIDTH) for head in self._cells)
            return (Column("Term", TABLE_WIDTH, frozen=True), *heads, Column("See", 60))
        return (Column("Term", TERM_WIDTH, frozen=True), Column("Code", CODE_WIDTH), Column("See", 60))

    def heading(self) -> Sequence[str]:
        place = self.place
        if place.book == DERIVED:
            return (
                IS_DERIVED,
                f"{place.text}: Enter goes to the code in the tabular list"
                if place.text
                else "/ and the beginning of a word; Enter lists where it comes in",
            )
        where = BOOKS[IndexBook(place.book)]
        if place.term:
            entry = self._entry(str(place.term))
            where += f": {' > '.join((*entry.path, entry.title))} {entry.nemod}".rstrip()
            where += f", with {place.text}" if place.text else ""
            notes = [
                f"{word} {text}" for word, text in (("see", entry.see), ("see also", entry.see_also)) if text
            ]
            return (
                where,
                *(
                    ["; ".join([f"here {entry.code}"] * bool(entry.code) + notes)]
                    if notes or entry.code
                    else []
                ),
            )
        return (where,)

    def page(self, key: tuple[int, ...] | None, limit: int, *, backward: bool = False) -> Page:
        place = self.place
        if place.book == DERIVED and not place.text:
            return self._words(key, limit, backward)
        if place.book == DERIVED or place.text or place.codes:
            return page_of(self._few(), key, limit, backward=backward)
        index, book = installed(self.session).alphabetic, IndexBook(place.book)
        after = key[0] if key else None
        found = index.under(book, place.term, after, limit + 1, backward=backward)
        more = len(found) > limit
        rows = [self._row(entry) for entry in (found[-limit:] if backward else found[:limit])]
        return Page(
            rows, before=more if backward else key is not None, after=key is not None if backward else more
        )

    def _few(self) -> list[Row]:
        """Rows that are whole in memory: what was looked for, the codes of a term, the places of a word."""
        codes, place = installed(self.session), self.place
        if place.book == DERIVED:
            when = int(f"{self.day.day:%Y%m%d}")
            word, *others = place.text.split()
            listed = [
                (text, code)
                for text, code in codes.alphabetic.places(word, when)
                if all(f" {other}" in f" {fold(text)}" for other in others)
            ]
            return [
                Row((number,), (text, dotted(code)), f"code:{code}")
                for number, (text, code) in enumerate(listed)
            ]
        term = self._entry(str(place.term))
        if place.text:
            found = codes.alphabetic.within(term, place.text)
            depth = len(term.path) + 1
            return [self._row(entry, entry.path[depth:]) for entry in found]
        system = System(self._system)
        heads = [self._cells[column - 2] for column in term.cells] if self._cells else []
        return [
            Row(
                (number,),
                (
                    heads[number] if number < len(heads) else SECOND if number else term.title,
                    dotted(code, system),
                    codes.title(code, system),
                ),
                f"code:{code}",
            )
            for number, code in enumerate(term.codes)
        ]

    def _row(self, entry: IndexEntry, path: Sequence[str] = ()) -> Row:
        title = " > ".join((*path, " ".join(filter(None, (entry.title, bracketed(entry.nemod))))))
        see = "; ".join(
            f"{word} {text}" for word, text in (("see", entry.see), ("see also", entry.see_also)) if text
        )
        mark, subject = DEEPER if entry.deeper else "", f"term:{entry.id}"
        if self._cells:
            cells = tuple(entry.cells.get(column, "") for column in range(2, 8))
            return Row((entry.id,), (title, *cells, " ".join(filter(None, (entry.code, see)))), subject, mark)
        code = " ".join(filter(None, (entry.code, f"[{entry.manif.strip('[]')}]" if entry.manif else "")))
        if see and not code:
            title = f"{title}, {see}"
        return Row((entry.id,), (title, code, see if code else ""), subject, mark)

    def _words(self, key: tuple[int | str, ...] | None, limit: int, backward: bool) -> Page:
        index = installed(self.session).alphabetic
        edge = str(key[0]) if key else ("~" if backward else "")
        found = index.words(edge, limit + 1, before=backward)
        more = len(found) > limit
        kept = found[-limit:] if backward else found[:limit]
        rows = [Row((word,), (word, ""), f"word:{word}", DEEPER) for word in kept]
        return Page(
            rows, before=more if backward else key is not None, after=key is not None if backward else more
        )

    def _look_derived(self, text: str) -> None:
        """Go to a word; under one to those of its wordings that have the further words, if there are any."""
        words = fold(text).split()
        if self.place.text:
            narrowed = Place(DERIVED, text=" ".join([self.place.text, *words]))
            before, self.place = self.place, narrowed
            if self._few():
                self._go(narrowed)
                return
            self.place = before
        begun = [self._word(word) for word in words[:1]]
        if not any(begun):
            raise ScreenError(f"No word of a title or inclusion term begins with {text.strip()}.")
        self._go(Place(DERIVED, text=" ".join([*begun, *words[1:]])))

    def _word(self, beginning: str) -> str:
        """The first word that begins so; blank when there is none."""
        just_before = beginning[:-1] + chr(ord(beginning[-1]) - 1) + "~"
        found = installed(self.session).alphabetic.words(just_before, 1)
        return found[0] if found and found[0].startswith(beginning) else ""


def bracketed(nemod: str) -> str:
    """Non-essential modifiers as the book has them, in round brackets."""
    return nemod if not nemod or nemod.startswith("(") else f"({nemod})"
