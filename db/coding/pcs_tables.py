"""ICD-10-PCS by its tables: which characters may follow which. A combination is permitted when its code is valid.

The valid codes of a table are the combinations of its rows (CMS, ICD-10-PCS tables), so the codes themselves tell
them for every day; the imported tables bring the names of the values, and until then the titles of the codes do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from config.code_tables import Shelf
from db.coding.codes_index import CodeIndex, IndexBook
from rules.codes import System

if TYPE_CHECKING:
    from sqlite3 import Connection

    from db.coding.codes import Hit

AXES = (4, 5, 6, 7)
OPEN_AXIS = "_"
NONE_VALUE = "Z"  # in every table: no device, no qualifier
_LINKS = frozenset(
    {"with", "using", "of", "to", "from", "and", "in", "for"}
)  # between the names of two values
VALUES = "pcs_values"  # names while the tables are not imported


@dataclass(frozen=True, slots=True)
class PcsGrid:
    """A table as far as it is decided. ``permitted``: by position what may stand there beside the other choices."""

    table: str
    names: tuple[str, ...]  # of the first three characters, blank where not known
    permitted: Mapping[int, tuple[tuple[str, str], ...]]  # value and name
    codes: tuple[str, ...]  # that the choices leave
    imported: bool  # whether the names come from the tables file


class PcsTables:
    """The tables of one code store, over its connection."""

    def __init__(self, connection: Connection, shelf: Shelf) -> None:
        self._db = connection
        self._shelf = shelf
        self._last: tuple[tuple[str, int], dict[str, str], dict[int, dict[str, str]]] | None = None

    def imported(self) -> bool:
        """Whether the tables file was imported."""
        return self._db.execute("SELECT 1 FROM pcs_value LIMIT 1").fetchone() is not None

    def grid(self, pattern: str, when: int) -> PcsGrid | None:
        """The table of ``pattern``, such as ``0SR9__Z``, on a day; None when no code of it is valid then."""
        pattern = pattern.ljust(7, OPEN_AXIS)
        table = pattern[:3]
        if OPEN_AXIS in table:
            return None
        titles, names = self._read(table, when)
        if not titles:
            return None
        permitted = {}
        for at in AXES:
            values = sorted({code[at - 1] for code in titles if _fits(code, pattern, but=at)})
            permitted[at] = tuple((value, names[at].get(value, "")) for value in values)
        section, system, operation = self.names(table)
        heads = section, system, operation or _begun(titles.values())
        return PcsGrid(
            table, heads, permitted, tuple(code for code in titles if _fits(code, pattern)), self.imported()
        )  # fmt: skip

    def _read(self, table: str, when: int) -> tuple[dict[str, str], dict[int, dict[str, str]]]:
        """The codes of a table with their titles, and the names of its values; kept for the next choice in it."""
        if self._last is None or self._last[0] != (table, when):
            titles, named = self._titles(table, when), self._named(table)
            names = {at: self._of_values(at, table, titles, named) for at in AXES}
            self._last = (table, when), titles, names
        return self._last[1:]

    def names(self, table: str) -> tuple[str, ...]:
        """What the characters of a table mean: section, body system, root operation."""
        named = {pos: title for (pos, _), title in self._named(table, heads=True).items()}
        section = table[0]
        keys = (f"1-{section}", f"2-{section}-{table[1]}", f"3-{section}-{table[2]}")
        return tuple(named.get(pos) or self._shipped(key) for pos, key in enumerate(keys, 1))

    def tables(self, text: str, index: CodeIndex, hits: Sequence[Hit], when: int) -> list[tuple[str, int]]:
        """The tables that ``text`` begins, that the PCS index names for it, and those of ``hits``, best first, with
        the number of codes or terms found."""
        beginning = text.strip().upper()
        found: Counter[str] = Counter()
        if 0 < len(beginning) <= 3 and beginning.isalnum():
            rows = self._db.execute(
                "SELECT substr(code, 1, 3), count(*) FROM code WHERE system = ? AND code >= ? AND code < ? AND billable"
                " AND valid_from <= ? AND valid_to >= ? GROUP BY 1 ORDER BY 1",
                (System.PCS, beginning, beginning + "~", when, when),
            )
            found.update(dict(rows.fetchall()))
            if found:
                return list(found.items())
        for entry in index.words_of(IndexBook.PCS, text):
            found.update(code[:3] for code in entry.codes if len(code) >= 3)
        found.update(hit.code[:3] for hit in hits)
        return list(found.items())

    def definitions(self, table: str) -> list[tuple[str, str, str, str]]:
        """Title, definition, explanation and what is included, of the values that the table has."""
        titles = {*self._named(table, heads=True).values(), *self._named(table).values()}
        rows = self._db.execute(
            "SELECT title, definition, explanation, includes FROM pcs_definition WHERE section = ? ORDER BY pos, title",
            (table[0],),
        )
        return [row for row in rows if row[0] in titles]

    def _titles(self, table: str, when: int) -> dict[str, str]:
        rows = self._db.execute(
            "SELECT code, title FROM code WHERE system = ? AND code >= ? AND code < ? AND billable"
            " AND valid_from <= ? AND valid_to >= ? ORDER BY code",
            (System.PCS, table, table + "~", when, when),
        )
        return dict(rows.fetchall())

    def _named(self, table: str, *, heads: bool = False) -> dict[tuple[int, str], str]:
        """Names of values by position, from the imported tables."""
        rows = self._db.execute(
            f"SELECT pos, code, title FROM pcs_value WHERE pcs_table = ? AND row {'=' if heads else '>'} 0",
            (table,),
        )
        return {(pos, code): title for pos, code, title in rows}

    def _of_values(
        self, at: int, table: str, titles: Mapping[str, str], named: Mapping[tuple[int, str], str]
    ) -> dict[str, str]:
        imported = {value: title for (pos, value), title in named.items() if pos == at}
        if all(code[at - 1] in imported for code in titles):
            return imported
        shipped = {code[at - 1]: self._shipped(f"{at}-{table[0]}-{code[at - 1]}") for code in titles}
        from_titles = told(at, titles) if not all(shipped.values()) else {}
        nothing = {NONE_VALUE: "None"}
        return nothing | from_titles | {value: name for value, name in shipped.items() if name} | imported

    def _shipped(self, key: str) -> str:
        table = self._shelf.get(VALUES)
        row = table.find(key) if table else None
        return row.text if row else ""


def _fits(code: str, pattern: str, *, but: int = 0) -> bool:
    return all(
        wanted in (OPEN_AXIS, character) or at == but
        for at, (character, wanted) in enumerate(zip(code, pattern, strict=True), 1)
    )


def told(at: int, titles: Mapping[str, str]) -> dict[str, str]:
    """What the titles of a table tell of the values at a position: codes that differ there alone differ by its name."""
    alike: dict[str, dict[str, list[str]]] = {}
    for code, title in titles.items():
        if title:
            alike.setdefault(code[: at - 1] + code[at:], {})[code[at - 1]] = title.split()
    found: dict[str, str] = {}
    for group in alike.values():
        if len(group) == 1:
            continue
        everywhere = set.intersection(*({word.strip(",") for word in words} for words in group.values()))
        for value, words in group.items():
            own = [word for word in words if word.strip(",") not in everywhere]
            while own and own[0] in _LINKS:
                del own[0]
            name = " ".join(own).strip(" ,")
            if len(name) > len(found.get(value, "")):
                found[value] = name
    return found


def _begun(titles: Iterable[str]) -> str:
    """The words that all titles begin with, such as ``Replacement``."""
    listed = [title.split() for title in titles if title]
    alike = zip(*listed, strict=False)
    words = [each[0] for each in takewhile(lambda each: len({*each}) == 1, alike)]
    while words and words[-1] in _LINKS:
        words.pop()
    return " ".join(words)
