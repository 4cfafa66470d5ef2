"""Numbered steps from an empty database to the present schema; ``upgrade`` is the only one who takes them."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from db.connect import StoreError, database, writing


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: ``NNN_name.sql`` beside this module."""

    number: int
    name: str
    path: Path

    @property
    def sql(self) -> str:
        """Its script, read when a step is taken or checked: opening a store asks for the numbers alone."""
        return self.path.read_text(encoding="utf-8")

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations() -> list[Migration]:
    """All steps in order."""
    found = []
    for entry in Path(__file__).parent.iterdir():
        if entry.name.endswith(".sql"):
            number, _, name = entry.name.removesuffix(".sql").partition("_")
            found.append(Migration(int(number), name, entry))
    return sorted(found, key=lambda step: step.number)


def schema_version() -> int:
    """The number of the last step that the open database has taken; 0 for an empty one."""
    known = database.execute_sql(
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'migration'"
    ).fetchone()[0]
    if not known:
        return 0
    return int(database.execute_sql("SELECT coalesce(max(number), 0) FROM migration").fetchone()[0])


def check_schema() -> None:
    """Raise ``StoreError`` unless the open database has exactly the schema of this program."""
    here, newest = schema_version(), migrations()[-1].number
    if here < newest:
        raise StoreError(
            f"The store has schema {here}, this program needs {newest}: run 'recordroom upgrade' first."
        )
    if here > newest:
        raise StoreError(
            f"The store has schema {here}, newer than this program knows ({newest}): "
            "use the program version that upgraded it."
        )


def upgrade() -> list[Migration]:
    """Take the steps that are missing, all or none, and return them."""
    with writing():
        database.execute_sql(
            "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL,"
            " sha256 TEXT NOT NULL, applied_utc INTEGER NOT NULL)"
        )
        done = schema_version()
        taken = [step for step in migrations() if step.number > done]
        for step in taken:
            for statement in statements(step.sql):
                database.execute_sql(statement)
            database.execute_sql(
                "INSERT INTO migration VALUES (?, ?, ?, ?)",
                (step.number, step.name, step.sha256, int(time.time())),
            )
    return taken


def statements(sql: str) -> Iterator[str]:
    """The statements of a script, triggers whole."""
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending.strip()
            pending = ""
    if pending.strip():
        yield pending.strip()
