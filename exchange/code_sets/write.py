"""Writes the contents of a code store into a new file: the same contents give the same bytes."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

from config.code_sources import EXPANSIONS, FORMAT, CodeSource
from db.coding.codes_schema import INDEXES, OPEN, TABLES
from exchange.code_sets.changes import changes
from exchange.code_sets.contents import Contents
from exchange.code_sets.search_index import fill
from exchange.code_sets.tabular import Node
from rules.codes import System
from rules.drg import versions

Sources = Mapping[str, CodeSource]


def write(path: Path, contents: Contents, sources: Sources, inputs: str) -> dict[str, int]:
    """Write ``contents`` and return its counts. Raises ``OSError`` when there is no room for it."""
    try:
        return _write(path, contents, sources, inputs)
    except sqlite3.OperationalError as error:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error


def _write(path: Path, contents: Contents, sources: Sources, inputs: str) -> dict[str, int]:
    connection = sqlite3.connect(path)
    try:
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + TABLES)
        with connection:
            counts = _fill(connection, contents)
            through = contents.meta.get("valid_through", "0").replace("-", "")
            connection.execute(f"PRAGMA user_version = {int(through)}")
            _describe(connection, contents, sources, inputs, counts)
        connection.executescript(INDEXES + "ANALYZE;")
    finally:
        connection.close()
    return counts


def _fill(connection: sqlite3.Connection, contents: Contents) -> dict[str, int]:
    terms = contents.tables.get("index_term", ())
    contents.rows[EXPANSIONS] = fill(connection, contents.versions, contents.expansions, terms)
    nodes = [node for node in contents.nodes.values() if node.level != "code"]
    connection.executemany(
        "INSERT INTO place VALUES (?, ?, ?, ?)",
        [(node.key, node.title, node.parent, node.level) for node in nodes],
    )
    connection.executemany("INSERT INTO note VALUES (?, ?, ?, ?)", _note_rows(contents.nodes))
    connection.executemany("INSERT INTO severity VALUES (?, ?, ?, ?)", contents.severity)
    connection.executemany(
        "INSERT INTO weight VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (year, each.drg, each.mdc, each.type, each.title, each.post_acute, each.special_pay, each.weight,
             each.gmlos, each.amlos)
            for year, rows in sorted(contents.weights.items())
            for each in rows
        ],
    )  # fmt: skip
    for table, rows in sorted((contents.tables | {"code_change": changes(contents)}).items()):
        if rows:
            connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
    return _counted(contents)


def _note_rows(nodes: dict[str, Node]) -> Iterator[tuple[str, int, str, str]]:
    for key, node in nodes.items():
        notes = [("inclusionTerm", term) for term in node.terms] + node.notes
        yield from ((key, row, kind, text) for row, (kind, text) in enumerate(notes, 1))


def _counted(contents: Contents) -> dict[str, int]:
    counts = {"weights": sum(map(len, contents.weights.values()))}
    for system in System:
        now = [each for each in contents.versions if each.system is system and each.valid_to == OPEN]
        counts[f"{system} valid"] = sum(each.billable for each in now)
        counts[f"{system} headers"] = sum(not each.billable for each in now)
        counts[f"{system} untitled"] = sum(each.billable and not each.title for each in now)
    return counts


def _describe(
    connection: sqlite3.Connection, contents: Contents, sources: Sources, inputs: str, counts: dict[str, int]
) -> None:
    meta = contents.meta | {
        "format": str(FORMAT),
        "inputs": inputs,
        "grouper_versions": " ".join(f"{version // 10}.{version % 10}" for version in versions()),
        **{f"count {name}": str(count) for name, count in counts.items()},
    }
    connection.executemany("INSERT INTO meta VALUES (?, ?)", sorted(meta.items()))
    connection.executemany(
        "INSERT INTO source VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (name, each.kind, each.year, each.release, each.original or each.file.name, each.digest(),
             contents.rows.get(name, 0), each.licence_holder, each.imported_utc)
            for name, each in sorted(sources.items())
        ],
    )  # fmt: skip
