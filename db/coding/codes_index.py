"""The Alphabetic Index in the code store: main terms, subterms, cross references, and which terms lead to a code.

Ids stand in the order of the book, so what lies under a term is the ids between it and the next of its level.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from rules.codes import System, dotted, normal
from rules.codes_search import fold

if TYPE_CHECKING:
    from sqlite3 import Connection

MOST_PATHS = 60  # index entries shown for one code
MOST_MAIN = 10  # main terms whose subterms are looked through for further words
MOST_FOUND = 300  # subterms found for one text
DEEPEST = 12  # levels that a cross reference is followed down


class IndexBook(StrEnum):
    """One of the indexes."""

    MAIN = "main"  # ICD-10-CM Index to Diseases and Injuries
    EXTERNAL = "external"
    NEOPLASM = "neoplasm"
    DRUG = "drug"
    PCS = "pcs"


BOOKS = {
    IndexBook.MAIN: "Index to Diseases and Injuries", IndexBook.EXTERNAL: "Index to External Causes",
    IndexBook.NEOPLASM: "Table of Neoplasms", IndexBook.DRUG: "Table of Drugs and Chemicals",
    IndexBook.PCS: "ICD-10-PCS Index",
}  # fmt: skip
CELLS = {
    IndexBook.NEOPLASM: ("Primary", "Second.", "In situ", "Benign", "Uncert.", "Unspec."),
    IndexBook.DRUG: ("Accid.", "Self-h.", "Assault", "Undet.", "Adverse", "Underd."),
}  # of columns 2 to 7


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """A term of an index. ``deeper``: terms stand under it. ``path``: the terms above it, main term first."""

    id: int
    book: IndexBook
    parent: int
    level: int
    title: str
    nemod: str = ""  # non-essential modifiers: words that may be there or not
    code: str = ""
    manif: str = ""
    see: str = ""
    see_also: str = ""
    cells: dict[int, str] = field(default_factory=dict)
    deeper: bool = False
    path: tuple[str, ...] = ()

    @property
    def codes(self) -> list[str]:
        """The codes that it leads to, without dot and dash, a manifestation last."""
        texts = [*self.code.replace(";", " ").split(), *self.manif.split(), *self.cells.values()]
        return list(dict.fromkeys(normal(text.strip("[]-").rstrip("-.")) for text in texts))


_ENTRY = (
    "e.id, e.book, e.parent, e.level, e.title, e.nemod, e.code, e.manif, e.see, e.see_also, e.cells,"
    " EXISTS (SELECT 1 FROM index_entry AS c WHERE c.book = e.book AND c.parent = e.id)"
)


class CodeIndex:
    """The indexes of one code store, over its connection."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._last: tuple[tuple[str, int], list[tuple[str, str]]] = (
            ("", 0),
            [],
        )  # places of a word, being read

    def books(self) -> list[IndexBook]:
        """Which are imported."""
        found = self._db.execute("SELECT DISTINCT book FROM index_title").fetchall()
        return [book for book in IndexBook if (book,) in found]

    def under(
        self, book: IndexBook, parent: int, after: int | None, limit: int, *, backward: bool = False
    ) -> list[IndexEntry]:
        """The terms under ``parent`` (0: main terms) in the order of the book, after or before an id."""
        way, order = ("<", "DESC") if backward else (">", "ASC")
        edge = after if after is not None else (2**62 if backward else -1)
        rows = self._db.execute(
            f"SELECT {_ENTRY} FROM index_entry AS e WHERE e.book = ? AND e.parent = ? AND e.id {way} ?"
            f" ORDER BY e.id {order} LIMIT ?",
            (book, parent, edge, limit),
        ).fetchall()
        return [_entry(row) for row in (reversed(rows) if backward else rows)]

    def entry(self, id_: int) -> IndexEntry | None:
        """One term, with the terms above it."""
        row = self._db.execute(f"SELECT {_ENTRY} FROM index_entry AS e WHERE e.id = ?", (id_,)).fetchone()
        return self._with_path(_entry(row)) if row else None

    def find(self, book: IndexBook, text: str, limit: int = MOST_FOUND) -> list[IndexEntry]:
        """The main terms that begin with ``text``, in the order of the book."""
        beginning = fold(text)
        rows = self._db.execute(
            f"SELECT {_ENTRY} FROM index_title AS t JOIN index_entry AS e ON e.id = t.id"
            " WHERE t.book = ? AND t.folded >= ? AND t.folded < ? AND e.parent = 0 ORDER BY e.id LIMIT ?",
            (book, beginning, beginning + "~", limit),
        )
        return [_entry(row) for row in rows]

    def within(self, entry: IndexEntry, text: str, limit: int = MOST_FOUND) -> list[IndexEntry]:
        """The terms under ``entry``, however deep, in whose wording or path every word of ``text`` begins a word."""
        words = fold(text).split()
        if not words:
            return []
        last = self._db.execute(
            "SELECT id FROM index_entry WHERE book = ? AND id > ? AND level <= ? ORDER BY id LIMIT 1",
            (entry.book, entry.id, entry.level),
        ).fetchone()
        rows = self._db.execute(
            f"SELECT {_ENTRY} FROM index_entry AS e WHERE e.book = ? AND e.id > ? AND e.id < ? ORDER BY e.id",
            (entry.book, entry.id, last[0] if last else 2**62),
        )
        found: list[IndexEntry] = []
        above: list[IndexEntry] = [entry]
        for each in map(_entry, rows):
            while above[-1].id != each.parent:
                above.pop()
            above.append(each)
            here = f" {fold(f'{each.title} {each.nemod}')}"
            path = "".join(f" {fold(f'{term.title} {term.nemod}')}" for term in above[1:])
            if any(f" {word}" in here for word in words) and all(f" {word}" in path for word in words):
                found.append(_placed(each, [term.title for term in above[:-1]]))
                if len(found) == limit:
                    break
        return found

    def words_of(self, book: IndexBook, text: str) -> list[IndexEntry]:
        """The terms, main or under one, that the words of ``text`` lead to: ``replacement hip``, in any order."""
        words = fold(text).split()
        found: list[IndexEntry] = []
        for word in words:
            others = " ".join(other for other in words if other != word)
            for main in self.find(book, word, MOST_MAIN):
                found += self.within(main, others, MOST_PATHS) if others else [main]
        return found

    def paths(self, code: str, limit: int = MOST_PATHS) -> list[IndexEntry]:
        """The terms that lead to ``code``, or with a dash to codes of which it is one, closest first."""
        printed = _printed(code)
        marks = ", ".join("?" * len(printed))
        cells = " OR ".join(["e.cells LIKE ?"] * len(printed))
        rows = self._db.execute(
            f"SELECT {_ENTRY} FROM index_entry AS e WHERE e.code IN ({marks}) OR e.manif IN ({marks})"
            f" OR (e.cells <> '' AND ({cells})) ORDER BY e.id LIMIT ?",
            (*printed, *printed, *(f'%"{text}"%' for text in printed), limit),
        ).fetchall()
        return sorted(
            (self._with_path(_entry(row)) for row in rows), key=lambda each: -max(map(len, each.codes))
        )

    def follow(self, book: IndexBook, see: str) -> IndexEntry | None:
        """The term that a cross reference such as ``Fracture, traumatic, femur`` means; as near as the book has it."""
        for reference in see.split(";"):
            wanted, parts = self._elsewhere(book, reference)
            for size in range(len(parts), 0, -1):
                main = self._main(wanted, fold(" ".join(parts[:size])))
                if main:
                    return self._down(main, parts[size:])
        return None

    def _elsewhere(self, book: IndexBook, reference: str) -> tuple[IndexBook, list[str]]:
        """The book that a reference is to, and its parts; what is said of the table itself is left out."""
        text = reference.strip().lstrip("-").strip()
        low = text.casefold()
        for other, word in ((IndexBook.NEOPLASM, "table of neoplasms"), (IndexBook.DRUG, "table of drugs")):
            if word in low or (other is IndexBook.DRUG and "drugs and chemicals" in low):
                book = other
        parts = [part.strip() for part in text.split("[")[0].split(",")]
        return book, [part for part in parts if part and not part.casefold().startswith(("table of", "by "))]

    def _main(self, book: IndexBook, folded: str) -> IndexEntry | None:
        if not folded:
            return None
        row = self._db.execute(
            f"SELECT {_ENTRY} FROM index_title AS t JOIN index_entry AS e ON e.id = t.id"
            " WHERE t.book = ? AND t.folded >= ? AND t.folded < ? AND e.parent = 0"
            " ORDER BY t.folded <> ?, e.id LIMIT 1",
            (book, folded, folded + " ~", folded),
        ).fetchone()
        return _entry(row) if row else None

    def _down(self, entry: IndexEntry, parts: Sequence[str]) -> IndexEntry:
        for part in parts[:DEEPEST]:
            wanted = fold(part)
            below = self.under(entry.book, entry.id, None, 10_000)
            nearest = sorted(
                (each for each in below if fold(each.title).startswith(wanted)),
                key=lambda each: len(each.title),
            )
            if not nearest:
                break
            entry = nearest[0]
        return entry

    def _with_path(self, entry: IndexEntry) -> IndexEntry:
        path: list[str] = []
        parent = entry.parent
        while parent and len(path) < DEEPEST:
            row = self._db.execute("SELECT title, parent FROM index_entry WHERE id = ?", (parent,)).fetchone()
            path.append(row[0])
            parent = row[1]
        return _placed(entry, path[::-1])

    # While no index is imported: words of the tabular list's own titles and inclusion terms

    def words(self, text: str, limit: int, *, before: bool = False) -> list[str]:
        """Words of diagnoses in the order of the alphabet, after ``text`` or before it."""
        way, order = ("<", "DESC") if before else (">", "ASC")
        rows = self._db.execute(
            f"SELECT word FROM word WHERE word {way} ? AND length(word) > 2 AND word NOT GLOB '*[0-9]*'"
            f" AND instr(system, 'cm') ORDER BY word {order} LIMIT ?",
            (text, limit),
        ).fetchall()
        return [row[0] for row in (reversed(rows) if before else rows)]

    def places(self, word: str, when: int) -> list[tuple[str, str]]:
        """Wordings of the tabular list in which ``word`` comes in (what stands over them does not have it) with
        their codes, in the order of the alphabet from the word on."""
        if self._last[0] != (word, when):
            self._last = (word, when), self._places(word, when)
        return self._last[1]

    def _places(self, word: str, when: int) -> list[tuple[str, str]]:
        like = f"%{word}%"
        rows = self._db.execute(
            "WITH said AS MATERIALIZED (SELECT c.code, c.title, c.parent FROM words_cm JOIN code AS c"
            " ON c.id = words_cm.rowid WHERE words_cm MATCH ?3 AND c.valid_from <= ?2 AND c.valid_to >= ?2)"
            " SELECT c.title, c.code FROM said AS c LEFT JOIN code AS p ON p.system = 'cm' AND p.code = c.parent"
            " AND p.valid_from <= ?2 AND p.valid_to >= ?2 WHERE length(c.code) < 7 AND c.title LIKE ?1"
            " AND (p.title IS NULL OR p.title NOT LIKE ?1)"
            " UNION SELECT n.text, n.key FROM said AS c JOIN note AS n ON n.key = c.code"
            " WHERE n.kind = 'inclusionTerm' AND n.text LIKE ?1",
            (like, when, f'"{word}"'),
        ).fetchall()
        placed = [(_turned(text, word), code) for text, code in rows]
        return sorted((text, code) for text, code in placed if text)


def _turned(text: str, word: str) -> str:
    """``Fracture of neck of femur`` for ``neck``: ``neck of femur / Fracture of``; blank without the word."""
    words = text.split()
    at = next((number for number, each in enumerate(words) if fold(each).split(" ")[0] == word), -1)
    if at < 0:
        return ""
    return " ".join(words[at:]) + (f" / {' '.join(words[:at]).rstrip(',')}" if at else "")


def _printed(code: str) -> list[str]:
    """How an index may print what leads to ``code``: itself, or a beginning with a dash."""
    code = normal(code)
    shorter = [dotted(code[:size], System.CM) for size in range(len(code) - 1, 2, -1)]
    dashed = [f"{text}{dash}" for text in shorter for dash in ("-", ".-") if dash == "-" or "." not in text]
    whole = (
        [code[:6], code[:6].rstrip("X")] if len(code) == 7 else []
    )  # the index leaves the seventh character to add
    dashed += [dotted(text, System.CM) for text in whole]
    forms = [dotted(code, System.CM), f"{dotted(code, System.CM)}-", code, *dashed]
    return list(dict.fromkeys(forms))


def _entry(row: tuple[Any, ...]) -> IndexEntry:
    cells = {int(column): text for column, text in json.loads(row[10]).items()} if row[10] else {}
    id_, book, parent, level, title, nemod, code, manif, see, see_also, _, deeper = row
    return IndexEntry(
        id_, IndexBook(book), parent, level, title, nemod, code, manif, see, see_also, cells, bool(deeper)
    )


def _placed(entry: IndexEntry, path: Sequence[str]) -> IndexEntry:
    from dataclasses import replace

    return replace(entry, path=tuple(path))
