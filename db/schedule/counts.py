"""How many jobs of the schedule are in trouble: for the desk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from db import store
from db.connect import database


@dataclass(frozen=True, slots=True)
class Troubled:
    """Jobs whose last run failed or found something, and jobs that should have run and have not."""

    failed: int
    overdue: int


_LAST_RUNS: Final = (
    "SELECT j.what, j.retry, j.late, j.due_at, j.since_utc, r.due_utc, r.attempt, r.outcome,"
    " coalesce(r.ended_utc, r.started_utc) FROM job j"
    " LEFT JOIN job_run r ON r.id = (SELECT max(id) FROM job_run WHERE job_id = j.id) WHERE j.active"
)


def troubled() -> Troubled:
    """Of the jobs that are on; there are a few dozen at most."""
    rows = database.execute_sql(_LAST_RUNS).fetchall()
    if not rows:
        return Troubled(0, 0)
    from db.schedule.patience import by_kind  # where nothing is scheduled no session needs them
    from rules import schedule

    here, patience, failed, overdue = store.current(), by_kind(), 0, 0
    for what, retry, late, due_at, since_utc, *run in rows:
        last = schedule.Last(*run) if run[0] is not None else None
        when, enough = schedule.plan(due_at), patience(what, retry, late)
        if schedule.overdue(when, since_utc, last, here.now().utc, here.zone, enough):
            overdue += 1
        elif last is not None and last.outcome in schedule.TROUBLED:
            failed += 1
    return Troubled(failed, overdue)
