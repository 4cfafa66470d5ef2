"""Loads code tables: shipped rows, then the facility's own ones, read when a table is first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from config import SHIPPED
from config.toml_source import Mistake, Source
from config.toml_source import Path as Place
from rules.findings import Told
from rules.tables import CodeTable, TableRow, Tables, overlaps
from rules.values import is_date

FOLDER = "tables"
_TABLE_KEYS: Mapping[str, type] = {"id": str, "title": str, "citation": str, "confirm": bool, "rows": list}
_ROW_KEYS = ("code", "text", "valid_from", "valid_to", "citation", "confirm")


class TableError(Told):
    """A code table cannot be used; ``mistakes`` says why, one sentence each."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


def read_table(text: str, file: str) -> tuple[CodeTable | None, list[Mistake]]:
    """The table that ``text`` declares, or None, and every mistake in it.

    A file gives ``id``, ``title``, ``citation``, ``confirm`` (for all its rows) and ``rows``, a list of
    inline tables with ``code`` and ``text`` and, where they are needed, ``valid_from``, ``valid_to``,
    ``citation`` and ``confirm``. Whatever else a row holds is kept in ``TableRow.more``.
    """
    source = Source(file, text)
    if source.mistakes:
        return None, source.mistakes
    taken = source.take(source.data, _TABLE_KEYS, (), "", ("id", "title", "rows"))
    if "id" in taken and taken["id"] != Path(file).stem:
        source.wrong(
            ("id",), "", f"the id {taken['id']!r} must be the name of the file, {Path(file).stem!r}."
        )
    table = _made(source, taken, (), "")
    return (None if source.mistakes else table), source.mistakes


def table_within(source: Source, table: dict[str, Any], path: Place, tables: Tables) -> CodeTable | None:
    """A code table that a dictionary brings with it as ``[[table]]``; mistakes are noted in ``source``."""
    where = f"table {table.get('id', '?')}"
    taken = source.take(table, _TABLE_KEYS, path, where, ("id", "title", "rows"))
    return _made(source, taken, path, where)


def _made(source: Source, taken: dict[str, Any], path: Place, where: str) -> CodeTable | None:
    rows = tuple(
        _row(source, taken, (*path, "rows", number), number, row, where)
        for number, row in enumerate(taken.get("rows", []))
    )
    good = tuple(row for row in rows if row is not None)
    for first, second in overlaps(good):
        place = (*path, "rows", next(number for number, row in enumerate(rows) if row is second))
        at = ", ".join(filter(None, (where, f"code {second.code}")))
        source.wrong(place, at, f"it holds on the same day as the row {first.text!r}.")
    if not all(key in taken for key in ("id", "title")):
        return None
    return CodeTable(taken["id"], taken["title"], good, taken.get("citation", ""))


def _row(
    source: Source, table: dict[str, Any], path: Place, number: int, row: object, within: str
) -> TableRow | None:
    where = ", ".join(filter(None, (within, f"row {number + 1}")))
    if not isinstance(row, dict):
        source.wrong(path, where, 'it must be an inline table, such as { code = "1", text = "Yes" }.')
        return None
    keys: dict[str, type] = {key: bool if key == "confirm" else str for key in _ROW_KEYS}
    before = len(source.mistakes)
    known = {key: value for key, value in row.items() if key in keys}
    taken = source.take(known, keys, path, where, ("code", "text"))
    for key in ("valid_from", "valid_to"):
        if taken.get(key) and not is_date(taken[key]):
            source.wrong(path, where, f"{key} must be a day such as 2026-10-01.")
    if len(source.mistakes) > before:
        return None
    more = {key: value for key, value in row.items() if key not in keys}
    return TableRow(
        code=taken["code"],
        text=taken["text"],
        valid_from=taken.get("valid_from", ""),
        valid_to=taken.get("valid_to", ""),
        citation=taken.get("citation", table.get("citation", "")),
        confirm=taken.get("confirm", bool(table.get("confirm", False))),
        more=more,
    )


class Shelf(Mapping[str, CodeTable]):
    """Code tables by id, each read when it is first asked for; a mistake in it raises ``TableError``."""

    def __init__(self, site: Path | None = None) -> None:
        """``site`` is the facility's folder of tables, whose rows win over the shipped ones."""
        self._folders: list[Path] = [SHIPPED / FOLDER]
        if site is not None and site.is_dir():
            self._folders.append(site)
        self._tables: dict[str, CodeTable] = {}

    def __getitem__(self, id_: str) -> CodeTable:
        if id_ not in self._tables:
            self._tables[id_] = self._read(id_)
        return self._tables[id_]

    def __iter__(self) -> Iterator[str]:
        names = {
            file.name.removesuffix(".toml")
            for folder in self._folders
            for file in folder.iterdir()
            if file.name.endswith(".toml")
        }
        return iter(sorted(names))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._tables or (isinstance(id_, str) and bool(self._files(id_)))

    def _files(self, id_: str) -> list[Path]:
        if not id_.replace("_", "").replace("-", "").isalnum():
            return []
        return [file for folder in self._folders if (file := folder / f"{id_}.toml").is_file()]

    def own(self, id_: str) -> tuple[TableRow, ...]:
        """The facility's own rows of a table; nothing where it has none."""
        files = [file for file in self._files(id_) if file.parent != SHIPPED / FOLDER]
        return tuple(row for file in files for row in _table(file).on())

    def _read(self, id_: str) -> CodeTable:
        tables = [
            _shipped(file) if file.parent == SHIPPED / FOLDER else _table(file) for file in self._files(id_)
        ]
        if not tables:
            raise KeyError(id_)
        if len(tables) == 1:
            return tables[0]
        rows = tuple(row for table in tables for row in table.rows)
        return CodeTable(id_, tables[-1].title, rows, tables[-1].citation)


def _table(file: Path) -> CodeTable:
    table, mistakes = read_table(file.read_text(encoding="utf-8"), file.name)
    if table is None:
        raise TableError(mistakes)
    return table


@cache
def _shipped(file: Path) -> CodeTable:
    """A shipped table, read once a process: shelves are made for a question and thrown away."""
    return _table(file)


@cache
def shipped_tables() -> Tables:
    """The shipped code tables."""
    return Shelf()
