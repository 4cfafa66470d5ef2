"""The patient index of half a million charts: candidates for one person, and the whole file compared."""

from __future__ import annotations

import resource
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from benchmarks.measure import Measure, percentile
from benchmarks.stores import FOLDER
from db import store
from db.access import sign_on
from db.connect import database, writing
from db.keyring.derivation import Cost
from db.patient_index import duplicates
from db.patient_index.match_file import SAME, whole_file
from db.patient_index.patients import filing_keys
from recordroom.demo.dirty import Row, dirty_people
from rules.identity import Name, name_key

CHARTS: Final = {"10k": 10_000, "100k": 100_000, "1m": 500_000}
USER, PASSPHRASE = "index", "half a million charts"
SLICE: Final = 5000
ASKED: Final = 200
MOST_MS: Final = 200.0
MOST_MINUTES: Final = 10.0
COLUMNS: Final = (
    "mrn", "last_name", "first_name", "middle_name", "suffix", "birth_date", "sex", "ssn", "street", "city", "state",
    "zip", "county", "phone",
)  # fmt: skip


def rows(scale: str, say: Callable[[str], None]) -> list[Measure]:
    """The lines of the table."""
    charts = CHARTS[scale]
    directory = _made(charts, say)
    try:
        actor = sign_on.with_passphrase(directory, USER, PASSPHRASE).actor
        say(f"comparing {charts:,} charts")
        begin = time.perf_counter()
        lines = whole_file(actor, lambda step, done, of: say(f"{step}: {done:,} of {of:,}"))
        minutes = (time.perf_counter() - begin) / 60
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        asked = sorted(_asked(row) for row in _some())
    finally:
        store.close_store()
        shutil.rmtree(directory)
    found = sum(line.match == SAME for line in lines)
    return [
        Measure(
            f"look-alikes of one person, of {charts:,}, median", percentile(asked, 0.5), "ms", most=MOST_MS
        ),
        Measure(
            f"look-alikes of one person, of {charts:,}, p99", percentile(asked, 0.99), "ms", most=MOST_MS
        ),
        Measure(f"all duplicates of {charts:,} charts, {found:,} found", minutes, "min", most=MOST_MINUTES),
        Measure(f"the same, highest memory, {charts:,} charts", memory, "MB"),
    ]


def _asked(row: Row) -> float:
    begin = time.perf_counter()
    duplicates.look_alikes(row)
    return (time.perf_counter() - begin) * 1000


def _some() -> list[Row]:
    """Charts from all over the index, as somebody keys them again."""
    names = COLUMNS[1:]
    step = max(1, database.execute_sql("SELECT max(id) FROM patient").fetchone()[0] // ASKED)
    found = database.execute_sql(f"SELECT {', '.join(names)} FROM patient WHERE id % ? = 1", (step,))
    return [dict(zip(names, row, strict=True)) for row in found]


def _made(charts: int, say: Callable[[str], None]) -> Path:
    directory = FOLDER / f"index-{charts}"
    shutil.rmtree(directory, ignore_errors=True)
    FOLDER.mkdir(exist_ok=True)
    store.init_store(directory, "Index", USER, PASSPHRASE, "America/New_York", cost=Cost(rounds=1000))
    sign_on.with_passphrase(directory, USER, PASSPHRASE)
    say(f"making {charts:,} charts")
    try:
        _load(dirty_people(charts, 7).rows)
    finally:
        store.close_store()
    return directory


def _load(people: Iterable[Row]) -> None:
    keys = tuple(filing_keys("1"))
    names = (*COLUMNS, *keys, "name_key", "created_utc")
    sql = f"INSERT INTO patient ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    made = [
        (
            *(row.get(name, "") for name in COLUMNS), *filing_keys(row["mrn"]).values(),
            name_key(Name(row["last_name"], row["first_name"], row["middle_name"])), 0,
        )
        for row in people
    ]  # fmt: skip
    for start in range(0, len(made), SLICE):
        with writing():
            database.connection().executemany(sql, made[start : start + SLICE])
