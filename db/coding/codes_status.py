"""What a code store holds, what it was made from, what is missing, and until when it knows the codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rules.codes import NAME, System, fiscal_year

if TYPE_CHECKING:
    from sqlite3 import Connection

BOOKS = {
    "main": ("the Alphabetic Index", "icd10cm_index_{year}.xml"),
    "external": ("the index of external causes", "icd10cm_eindex_{year}.xml"),
    "neoplasm": ("the neoplasm table", "icd10cm_neoplasm_{year}.xml"),
    "drug": ("the table of drugs and chemicals", "icd10cm_drug_{year}.xml"),
    "pcs": ("the ICD-10-PCS index", "icd10pcs_index_{year}.xml"),
}
TABLES = {
    "pcs_value": ("the ICD-10-PCS tables", "icd10pcs_tables_{year}.xml"),
    "pcs_definition": ("the ICD-10-PCS definitions", "icd10pcs_definitions_{year}.xml"),
}
ORDER = {System.CM: "icd10cm_order_{year}.txt", System.PCS: "icd10pcs_order_{year}.txt"}


@dataclass(frozen=True, slots=True)
class Missing:
    """What a code store lacks, and the file that brings it."""

    what: str
    file: str


@dataclass(frozen=True, slots=True)
class Source:
    """An input. ``kind`` is blank for what came with the program."""

    name: str
    kind: str
    year: int
    release: str
    file: str
    sha256: str
    rows: int
    licence_holder: str
    imported_utc: str


@dataclass(frozen=True, slots=True)
class Status:
    """What a code store holds."""

    path: Path
    valid_through: date
    grouper_versions: tuple[str, ...]
    counts: dict[str, int]
    sources: tuple[Source, ...]
    weight_years: tuple[int, ...]
    poa_lists: tuple[str, ...]  # fiscal years
    differences: tuple[str, ...]  # of the official tables of CC and MCC from the grouper
    missing: tuple[Missing, ...]
    inputs: str  # fingerprint of what it was built of


def status(connection: Connection, path: Path, meta: Mapping[str, str]) -> Status:
    """What the store behind ``connection`` holds, and what is missing."""
    counts = {
        name.removeprefix("count "): int(value) for name, value in meta.items() if name.startswith("count ")
    }
    years = tuple(row[0] for row in connection.execute("SELECT DISTINCT fiscal_year FROM weight ORDER BY 1"))
    sources = tuple(
        Source(*row)
        for row in connection.execute(
            "SELECT name, kind, year, release, file, sha256, rows, licence_holder, imported_utc FROM source"
            " ORDER BY name"
        )
    )
    valid_through = date.fromisoformat(meta["valid_through"])
    lists = tuple(str(fiscal_year(_date(day))) for day in meta.get("poa_lists", "").split())
    return Status(
        path, valid_through, tuple(meta["grouper_versions"].split()), counts, sources, years, lists,
        tuple(value for name, value in sorted(meta.items()) if name.startswith("differs ")),
        tuple(_missing(connection, counts, years, lists, fiscal_year(valid_through))), meta["inputs"],
    )  # fmt: skip


def _date(day: str) -> date:
    return date(int(day[:4]), int(day[4:6]), int(day[6:]))


def _missing(
    connection: Connection,
    counts: Mapping[str, int],
    years: tuple[int, ...],
    lists: tuple[str, ...],
    year: int,
) -> Iterator[Missing]:
    for system, file in ORDER.items():
        if untitled := counts.get(f"{system} untitled", 0):
            yield Missing(f"titles of {untitled:,} valid {NAME[system]} codes", file.format(year=year))
    if year not in years:
        yield Missing(f"MS-DRG weights of fiscal year {year}", f"Table 5 of the IPPS final rule of {year}")
    if str(year) not in lists:
        exempt = f"POAexemptCodesFY{year % 100:02}.txt"
        yield Missing(f"the diagnoses exempt from POA reporting of fiscal year {year}", exempt)
    there = {row[0] for row in connection.execute("SELECT DISTINCT book FROM index_entry")}
    yield from (
        Missing(title, file.format(year=year)) for book, (title, file) in BOOKS.items() if book not in there
    )
    for table, (title, file) in TABLES.items():
        if not connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():
            yield Missing(title, file.format(year=year))
    if not counts.get("hcpcs valid"):
        yield Missing("HCPCS Level II", f"HCPC{year}_JAN_ANWEB.txt or that of the quarter")
