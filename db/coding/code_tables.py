"""All code tables that forms ask: shipped rows, the facility's own, and its site files as ``site.*`` tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from config.data_sets import library
from db.hospital import site
from rules.tables import CodeTable, TableRow, Tables

SITE_FILES = {
    "site.units": "unit",
    "site.services": "service",
    "site.providers": "provider",
    "site.payers": "payer",
}
READ_AT_ONCE = 1000


class AllTables(Mapping[str, CodeTable]):
    """Tables by id. A site file is read when first asked for, and again after ``forget``."""

    def __init__(self, shipped: Tables) -> None:
        self.shipped = shipped
        self._site: dict[str, CodeTable] = {}

    def __getitem__(self, id_: str) -> CodeTable:
        if id_ not in SITE_FILES:
            return self.shipped[id_]
        if id_ not in self._site:
            self._site[id_] = site_table(id_)
        return self._site[id_]

    def __contains__(self, id_: object) -> bool:
        return id_ in SITE_FILES or id_ in self.shipped

    def __iter__(self) -> Iterator[str]:
        yield from self.shipped
        yield from SITE_FILES

    def __len__(self) -> int:
        return len(self.shipped) + len(SITE_FILES)

    def forget(self) -> None:
        """A site file was changed: read it again."""
        self._site.clear()


def all_tables(directory: Path) -> AllTables:
    """The tables of the store in ``directory``."""
    return AllTables(library(directory / "site").tables)


def site_table(id_: str) -> CodeTable:
    """A site file as a code table."""
    kind, rows = SITE_FILES[id_], []
    after = ""
    while found := site.listing(kind, after, READ_AT_ONCE):
        rows += [
            TableRow(
                row.code, row.values.get("name", ""), row.values.get("from_date", ""),
                row.values.get("to_date", ""), confirm=not row.confirmed,
                more={"class": row.values["class"]} if row.values.get("class") else {},
            )
            for row in found
        ]  # fmt: skip
        after = found[-1].code
    return CodeTable(id_, kind, tuple(rows))
