"""The runs of jobs: one at a time, each kept from its beginning, with the steps that are done and how it ended."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from db import store
from db.actors import Action, Actor
from db.acts import act, permit
from db.connect import StoreError, database, writing
from db.schedule.jobs import KIND, Job
from rules.findings import Told
from rules.moments import moment_at
from rules.schedule import CUT_SHORT, FAILED, Due

LOCK: Final = "schedule.lock"
LONGEST_SENTENCE: Final = 400
OLD_RUNS: Final = "old runs"
RUNS_AT_ONCE: Final = 5000


class UnderWay(Told):
    """Another run of the schedule has not ended yet."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it is listed."""

    id: int
    job: str
    due_utc: int
    attempt: int
    started_utc: int
    ended_utc: int | None
    outcome: str
    sentence: str
    rows: int
    missed: int
    run_by: str


@contextmanager
def alone() -> Iterator[None]:
    """One run of the schedule at a time; the lock goes with the process that held it. Raises ``UnderWay``."""
    try:
        descriptor = os.open(store.current().directory / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(f"{LOCK} cannot be opened in the store: {error.strerror}.") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UnderWay("Another run of the schedule is under way: this one leaves it to that.") from None
        yield
    finally:
        os.close(descriptor)


def note_cut_short(actor: Actor) -> int:
    """What is still open belongs to a process that is gone: nobody else runs now. Their number."""
    open_runs = database.execute_sql(
        "SELECT r.id, j.name FROM job_run r JOIN job j ON j.id = r.job_id WHERE r.outcome = '' ORDER BY r.id"
    ).fetchall()
    for id_, name in open_runs:
        with act(actor, Action.RUN_JOB, kind=KIND, record=name) as done:
            done.detail |= {"outcome": CUT_SHORT}
            database.execute_sql(
                "UPDATE job_run SET outcome = ?, ended_utc = started_utc, sentence = ? WHERE id = ?",
                (CUT_SHORT, "It was stopped before its end; the next attempt goes on after the steps that were done.",
                 id_),
            )  # fmt: skip
    return len(open_runs)


def begin(actor: Actor, job: Job, due: Due, now_utc: int) -> tuple[int, tuple[str, ...]]:
    """Note that a run begins; its number, and the steps that earlier attempts for the same time have done."""
    permit(actor, Action.RUN_JOB, kind=KIND, record=job.name)
    row = database.execute_sql(
        "SELECT steps FROM job_run WHERE job_id = ? AND due_utc = ? AND attempt = ? ORDER BY id DESC LIMIT 1",
        (job.id, due.due_utc, due.attempt - 1),
    ).fetchone()
    steps = tuple(json.loads(row[0])) if row else ()
    with writing():
        made = database.execute_sql(
            "INSERT INTO job_run (job_id, due_utc, attempt, started_utc, missed, steps, run_by)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (job.id, due.due_utc, due.attempt, now_utc, due.missed, json.dumps(steps), actor.user),
        ).fetchone()
    return int(made[0]), steps


def step_done(run_id: int, steps: tuple[str, ...]) -> None:
    """Note the steps that are done, so that a further attempt does not do them again."""
    with writing():
        database.execute_sql("UPDATE job_run SET steps = ? WHERE id = ?", (json.dumps(steps), run_id))


def end(
    actor: Actor, job: Job, run_id: int, due: Due, now_utc: int, outcome: str, sentence: str, rows: int
) -> None:
    """Note how a run ended: one audited act."""
    with act(actor, Action.RUN_JOB, kind=KIND, record=job.name) as done:
        done.detail |= {"what": job.wanted.what, "owner": job.owner, "attempt": due.attempt, "outcome": outcome,
                        "rows": rows}  # fmt: skip
        if outcome == FAILED:
            done.detail["why"] = sentence
        database.execute_sql(
            "UPDATE job_run SET ended_utc = ?, outcome = ?, sentence = ?, rows = ? WHERE id = ?",
            (now_utc, outcome, sentence[:LONGEST_SENTENCE], rows, run_id),
        )


_OLD: Final = (
    "SELECT id FROM job_run WHERE started_utc < ? AND outcome <> '' AND id NOT IN"
    " (SELECT max(id) FROM job_run GROUP BY job_id UNION SELECT max(id) FROM job_run WHERE outcome = ? GROUP BY job_id)"
    " LIMIT ?"
)


def prune(actor: Actor, before_utc: int) -> int:
    """Remove the runs that began before a moment, in audited slices; their number.

    The last run of each job stays, what tells whether it is due, and so does the last one that failed.
    """
    permit(actor, Action.RUN_JOB, kind=KIND, record=OLD_RUNS)
    removed = 0
    while old := database.execute_sql(_OLD, (before_utc, FAILED, RUNS_AT_ONCE)).fetchall():
        with act(actor, Action.RUN_JOB, kind=KIND, record=OLD_RUNS) as done:
            done.detail |= {"removed": len(old), "before": moment_at(before_utc, store.current().zone).local}
            database.connection().executemany("DELETE FROM job_run WHERE id = ?", old)
        removed += len(old)
    return removed


def log(actor: Actor, job: str = "", before: int = 0, limit: int = 50) -> list[Run]:
    """Runs, the latest first, of all jobs or one; ``before`` is the number of the last one shown."""
    permit(actor, Action.RUN_JOB, kind=KIND, record=job or "log")
    rows = database.execute_sql(
        "SELECT r.id, j.name, r.due_utc, r.attempt, r.started_utc, r.ended_utc, r.outcome, r.sentence, r.rows,"
        " r.missed, r.run_by FROM job_run r JOIN job j ON j.id = r.job_id"
        " WHERE (? = '' OR j.name = ?) AND (? = 0 OR r.id < ?)"
        " ORDER BY r.id DESC LIMIT ?",
        (job, job, before, before, limit),
    )
    return [Run(*row) for row in rows]
