"""Charts that each user looked at, day by day: counted from the audit trail, and kept once a day is over.

The trail decides: what is kept is only what it said up to a row, and every day that a later row falls on is read from
the trail itself and counted anew. Lost counts come back by themselves.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final

from db import store
from db.actors import Action, Role
from db.connect import database, writing

LOOKS: Final = (
    *(str(action) for action in Action if action.startswith("view ") and action is not Action.VIEW_AUDIT),
    str(Action.OPEN_SENSITIVE),
    str(Action.BREAK_GLASS),
)
QUARTER: Final = 900  # seconds: clocks of all zones differ by whole quarters of an hour
MARKS: Final = ("looks counted to row", "looks counted on day")  # counters
EPOCH: Final = date(1970, 1, 1)
Day = tuple[str, str, date]
"""What one user did on one local day: name, roles, day."""


@dataclass(frozen=True, slots=True)
class Looks:
    """A user's day: patients, first look, and the minute of each look, counted from that of the first."""

    patients: int
    first_utc: int
    minutes: Sequence[int]


@dataclass(slots=True)
class _Seen:
    """A user's day while it is read."""

    first_utc: int
    patients: set[int] = field(default_factory=set)
    minutes: list[int] = field(default_factory=list)


def keep() -> None:
    """Count the days that are over and not counted yet, a transaction for each."""
    if not database.table_exists("daily_looks"):  # a store that waits for its upgrade
        return
    newest = database.execute_sql("SELECT coalesce(max(seq), 0) FROM audit").fetchone()[0]
    today = date.fromordinal(store.current().now().day)
    over = sorted(day for day in _open_days() if day < today)
    for day in over:
        looks = read(day)
        with writing():
            database.execute_sql("DELETE FROM daily_looks WHERE day = ?", (day.toordinal(),))
            for (user, roles, _), seen in looks.items():
                row = (day.toordinal(), user, roles, seen.patients, seen.first_utc, json.dumps(seen.minutes))
                database.execute_sql("INSERT INTO daily_looks VALUES (?,?,?,?,?,?)", row)
    if over:
        sql = "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        with writing():
            for mark in zip(MARKS, (newest, today.toordinal()), strict=True):
                database.execute_sql(sql, mark)


def since(first: date, minutes_from: date) -> dict[Day, Looks]:
    """What every user looked at from this day on, feeds and jobs apart; minutes need not be told of earlier days."""
    fresh = {day for day in _open_days() if day >= first}
    sql = (
        "SELECT day, user, roles, patients, first_utc, CASE WHEN day >= ? THEN minutes ELSE '[]' END"
        " FROM daily_looks WHERE day >= ?"
    )
    rows = database.execute_sql(sql, (minutes_from.toordinal(), first.toordinal()))
    found = {
        (user, roles, day): Looks(patients, first_utc, json.loads(minutes))
        for number, user, roles, patients, first_utc, minutes in rows
        if (day := date.fromordinal(number)) not in fresh
    }
    for day in sorted(fresh):
        found |= read(day)
    return found


def read(day: date) -> dict[Day, Looks]:
    """A day as the trail has it."""
    found: dict[Day, _Seen] = {}
    sql = (
        "SELECT at_utc, user, roles, patient_id FROM audit WHERE at_utc >= ? AND at_utc < ?"
        f" AND patient_id IS NOT NULL AND action IN ({', '.join('?' * len(LOOKS))}) AND roles <> ?"
        " ORDER BY at_utc, seq"
    )
    values = (_midnight(day), _midnight(day + timedelta(days=1)), *LOOKS, str(Role.SERVICE))
    for at_utc, user, roles, patient_id in database.execute_sql(sql, values):
        seen = found.setdefault((user, roles, day), _Seen(at_utc))
        seen.patients.add(patient_id)
        seen.minutes.append(at_utc // 60 - seen.first_utc // 60)
    return {key: Looks(len(seen.patients), seen.first_utc, seen.minutes) for key, seen in found.items()}


def _open_days() -> set[date]:
    """The local days of rows that came after the last count, and of all rows from the day of that count on."""
    zone = store.current().zone
    row, day = _marks()
    sql = (
        f"SELECT at_utc / {QUARTER} FROM audit WHERE seq > ?"
        f" UNION SELECT at_utc / {QUARTER} FROM audit WHERE at_utc >= ?"
    )
    quarters = database.execute_sql(sql, (row, _midnight(day)))
    return {datetime.fromtimestamp(quarter * QUARTER, zone).date() for (quarter,) in quarters}


def _marks() -> tuple[int, date]:
    """The newest row at the last count, and its day; the beginning when nothing is kept."""
    sql = "SELECT value FROM counter WHERE name = ? AND EXISTS (SELECT 1 FROM daily_looks)"
    found = [database.execute_sql(sql, (name,)).fetchone() for name in MARKS]
    return (int(found[0][0]), date.fromordinal(found[1][0])) if all(found) else (0, EPOCH)


def _midnight(day: date) -> int:
    """The UTC second at which a local day begins."""
    return int(datetime.combine(day, time(), store.current().zone).timestamp())
