"""What the tabular list says about diagnoses beside each other, read from the code store and kept for the next one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rules.codes import System, normal
from rules.codes_notes import CODE_FIRST, EXCLUDES1, EXCLUDES2, CodeNotes, Reference, references

if TYPE_CHECKING:
    from sqlite3 import Connection

CATEGORY = 3  # characters before the point

REFERRING = (EXCLUDES1, EXCLUDES2, CODE_FIRST, "useAdditionalCode", "codeAlso")
_NONE = CodeNotes()


@dataclass(frozen=True, slots=True)
class Note:
    """A note of the tabular list; ``key`` is the code, section or chapter that it stands at."""

    key: str
    kind: str
    text: str


class Book:
    """The notes of a code store by diagnosis. A category's notes hold for every code below it."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._notes: dict[str, CodeNotes] = {}
        self._ranges: dict[Reference, tuple[str, ...]] = {}
        self._positions: dict[str, int] = {}

    def notes(self, code: str) -> CodeNotes | None:
        """The notes that hold for ``code``; None when the code store does not have it."""
        code = normal(code)
        if code not in self._notes:
            parent = self._parent(code)
            if parent is None:
                return None
            self._notes[code] = self._read(code, parent)
        return self._notes[code]

    def named_by(self, code: str) -> list[Note]:
        """The notes elsewhere in the tabular list that name ``code``, its category or a range around it.

        A note holds for every code under the place where it stands. Notes without a code reference name none.
        """
        code = normal(code)
        rows = self._db.execute(
            "SELECT n.key, n.kind, n.text FROM note AS n WHERE n.kind IN (?, ?, ?, ?, ?) AND (n.text LIKE ?"
            " OR n.text GLOB ?) ORDER BY n.key, n.row",
            (*REFERRING, f"%{code[:CATEGORY]}%", f"*[A-{code[0]}]*-[{code[0]}-Z]*"),  # or a range around it
        )
        return [
            Note(*row)
            for row in rows
            if not code.startswith(row[0]) and any(self.means(each, code) for each in references(row[2]))
        ]

    def excluded_by(self, code: str) -> list[Note]:
        """The Excludes notes elsewhere that name ``code``, Excludes 1 first."""
        found = [note for note in self.named_by(code) if note.kind in (EXCLUDES1, EXCLUDES2)]
        return sorted(found, key=lambda note: note.kind)

    def means(self, reference: Reference, code: str) -> bool:
        """Whether a reference of the tabular list means ``code``."""
        if not reference.last:
            return code.startswith(reference.first)
        if not reference.first[0] <= code[0] <= reference.last[0]:
            return False
        return any(code.startswith(each) for each in self._beginnings(reference))

    def _parent(self, key: str) -> str | None:
        row = (
            self._db.execute(
                "SELECT parent FROM code WHERE system = ? AND code = ?", (System.CM, key)
            ).fetchone()
            or self._db.execute("SELECT parent FROM place WHERE key = ?", (key,)).fetchone()
        )
        return None if row is None else str(row[0])

    def _read(self, key: str, parent: str) -> CodeNotes:
        above = self._above(parent) if parent else _NONE
        found: dict[str, list[str]] = {EXCLUDES1: [], CODE_FIRST: []}
        for kind, text in self._db.execute(
            "SELECT kind, text FROM note WHERE key = ? AND kind IN (?, ?) ORDER BY row",
            (key, EXCLUDES1, CODE_FIRST),
        ):
            for reference in references(text):
                found[kind] += self._beginnings(reference)
        if not any(found.values()):
            return above
        return CodeNotes(
            tuple(dict.fromkeys((*above.excludes1, *found[EXCLUDES1]))),
            tuple(dict.fromkeys((*above.code_first, *found[CODE_FIRST]))),
        )

    def _above(self, key: str) -> CodeNotes:
        if key not in self._notes:
            parent = self._parent(key)
            self._notes[key] = self._read(key, parent or "")
        return self._notes[key]

    def _beginnings(self, reference: Reference) -> tuple[str, ...]:
        """Beginnings of the codes that a reference means: of a range all between, as the tabular list has them."""
        if not reference.last:
            return (reference.first,)
        if reference not in self._ranges:
            self._ranges[reference] = tuple(self._between(reference))
        return self._ranges[reference]

    def _between(self, reference: Reference) -> Iterator[str]:
        """Codes as long as the first one, between the two by their order in the book; the last one as it stands."""
        first, last = reference.first, reference.last
        category = first[:CATEGORY] if len(first) > CATEGORY and first[:CATEGORY] == last[:CATEGORY] else ""
        order = self._categories() if len(first) == CATEGORY else self._order(len(first), category)
        begins, ends = order.get(first), order.get(last, self._position(last))
        if begins is None or ends is None:
            return
        yield from (code for code, position in order.items() if begins <= position <= ends)
        yield last

    def _categories(self) -> dict[str, int]:
        """Where the three-character categories stand in the book."""
        if not self._positions:
            self._positions = self._order(CATEGORY, "")
        return self._positions

    def _order(self, length: int, within: str) -> dict[str, int]:
        rows = self._db.execute(
            "SELECT code, min(position) FROM code WHERE system = ? AND code >= ? AND code < ? AND length(code) = ?"
            " GROUP BY code",
            (System.CM, within, f"{within}~", length),
        )
        return dict(rows.fetchall())

    def _position(self, code: str) -> int | None:
        row = self._db.execute(
            "SELECT min(position) FROM code WHERE system = ? AND code = ?", (System.CM, code)
        ).fetchone()
        return None if row[0] is None else int(row[0])
