"""What encryption costs: the statements of ten chart openings, two list pages and one filing, on both files."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import Any

from sqlcipher3 import dbapi2

from benchmarks.measure import Measure
from benchmarks.stores import FOLDER, Stores, opened
from db import store
from db.actors import Actor
from db.connect import SMALL_CACHE_KIB, database
from db.hospital import encounters
from db.patient_index import patients
from db.statistics import census
from db.worklist import work
from rules.work import EVERYTHING

TURNS, MIXES = 5, 20
Statement = tuple[str, tuple[Any, ...]]


def rows(made: Stores, say: Callable[[str], None]) -> list[Measure]:
    """The line of the table. Both files are copies, opened by the same library with the same cache."""
    say("encryption")
    with opened(made) as actor:
        mixes = [_statements(actor, mix) for mix in range(MIXES)]
        key = store.current().data_key
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    encrypted, plain = FOLDER / "mix-encrypted.db", FOLDER / "mix-plain.db"
    shutil.copyfile(made.directory / "recordroom.db", encrypted)
    shutil.copyfile(made.plain, plain)
    try:
        here, anchor = [], []
        for _ in range(TURNS):
            here.append(_replayed(str(encrypted), key, mixes))
            anchor.append(_replayed(str(plain), None, mixes))
    finally:
        for path in FOLDER.glob("mix-*"):
            path.unlink()
    return [Measure(
        "10 charts, 2 pages, 1 filing: encrypted", min(here) / MIXES, "ms", min(anchor) / MIXES, "plain", 1.5
    )]  # fmt: skip


def _statements(actor: Actor, mix: int) -> list[Statement]:
    """The SQL that the acts of a mix lead to."""
    caught: list[Statement] = []
    execute = database.execute_sql

    def note(sql: str, params: Any = None, *more: Any) -> Any:
        caught.append((sql, tuple(params or ())))
        return execute(sql, params, *more)

    last = execute("SELECT max(id) FROM patient").fetchone()[0]
    near = "SELECT min(id) FROM patient WHERE id >= ?"
    charts = [execute(near, ((mix * 7919 + n * 104_729) % last,)).fetchone()[0] for n in range(10)]
    database.execute_sql = note  # type: ignore[method-assign]
    try:
        for patient_id in charts:
            patients.get(patient_id)
            encounters.of_patient(patient_id, limit=20)
        work.page(actor, EVERYTHING, None, 50)
        census.inpatients(limit=50)
    finally:
        del database.execute_sql
    filing = "UPDATE encounter SET abstracted_day = 740000, version = version + 1 WHERE id = ?"
    amendment = (
        "INSERT INTO amendment (kind, record_id, field, old, new, at_utc, by, origin)"
        " VALUES ('encounter', ?, 'abstracted_day', '', '740000', 0, 'bench', 'bench')"
    )
    target = (mix * 611 % 9000 + 1,)
    return [*caught, ("BEGIN IMMEDIATE", ()), (filing, target), (amendment, target), ("COMMIT", ())]


def _replayed(path: str, key: bytes | None, mixes: list[list[Statement]]) -> float:
    connection = dbapi2.connect(path, isolation_level=None)
    try:
        if key is not None:
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("PRAGMA synchronous = full")
        connection.execute(f"PRAGMA cache_size = -{SMALL_CACHE_KIB}")
        begin = time.perf_counter()
        for statements in mixes:
            for sql, params in statements:
                connection.execute(sql, params).fetchall()
        return (time.perf_counter() - begin) * 1000
    finally:
        connection.close()
