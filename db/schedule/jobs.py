"""The jobs of the schedule: each change is an audited act. A job is put off, never deleted: its runs stay."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from db.access.users import holder
from db.actors import Action, Actor
from db.acts import Conflict, act, permit
from db.connect import database
from db.schedule.patience import by_kind
from rules import schedule
from rules.findings import Told
from rules.schedule import Last, Patience, Plan
from rules.text import clean

KIND: Final = "job"
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,19}")


class NotScheduled(Told):
    """There is no such job, or it cannot be one; one sentence."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a job is to be: ``what`` is a kind of job or a report, ``due_at`` as ``rules.schedule.plan`` reads it."""

    name: str
    what: str
    due_at: str
    parameters: Mapping[str, str]
    sink: str = ""
    retry: str = ""  # minutes before each further attempt: 5,15,60; none; blank is as the table has it
    late: str = ""  # minutes after which it is overdue, likewise


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands, and the last run of it."""

    id: int
    wanted: Wanted
    owner: str
    active: bool
    since_utc: int
    version: int
    last: Last | None
    sentence: str  # of the last run
    patience: Patience

    @property
    def name(self) -> str:
        return self.wanted.name

    @property
    def plan(self) -> Plan:
        return schedule.plan(self.wanted.due_at)

    @property
    def failed(self) -> bool:
        """Whether the last run is one that somebody has to look at."""
        return self.last is not None and self.last.outcome in schedule.TROUBLED


_SELECT: Final = (
    "SELECT j.id, j.name, j.what, j.due_at, j.parameters, j.sink, j.retry, j.late, u.name, j.active, j.since_utc,"
    " j.version, r.due_utc, r.attempt, r.outcome, coalesce(r.ended_utc, r.started_utc), r.sentence FROM job j"
    " JOIN user u ON u.id = j.owner_id LEFT JOIN job_run r ON r.id = (SELECT max(id) FROM job_run WHERE job_id = j.id)"
)


def every() -> list[Job]:
    """All jobs by name."""
    rows = database.execute_sql(f"{_SELECT} ORDER BY j.name").fetchall()
    patience = by_kind() if rows else None
    return [_job(row, patience) for row in rows if patience is not None]


def listing(actor: Actor) -> list[Job]:
    """All jobs by name, for somebody who may see them."""
    permit(actor, Action.RUN_JOB, kind=KIND, record="list")
    return every()


def named(name: str) -> Job:
    """A job, however its name is capitalised. Raises ``NotScheduled``."""
    row = database.execute_sql(f"{_SELECT} WHERE j.name = ?", (name.strip(),)).fetchone()
    if row is None:
        there = ", ".join(job.name for job in every()) or "none yet: schedule add makes one"
        raise NotScheduled(f"There is no job {clean(name.strip()) or 'without a name'}; there is {there}.")
    return _job(row, by_kind())


def exists(name: str) -> bool:
    """Whether there is a job of this name."""
    found = database.execute_sql("SELECT 1 FROM job WHERE name = ?", (name.strip(),)).fetchone()
    return found is not None


def file(actor: Actor, wanted: Wanted, expected_version: int = 0) -> Job:
    """Add a job (version 0) or change one; whoever files it owns it, and it runs with what that person may do.

    It is due from now on: nothing is caught up. Raises ``NotPermitted``, ``NotScheduled``, ``Conflict``.
    """
    wanted = replace(_canonical(wanted), name=wanted.name.strip().lower())
    if not NAME.fullmatch(wanted.name):
        raise NotScheduled("A job needs a name of at most 20 letters, digits and hyphens: nightly-census.")
    with act(actor, Action.AMEND_SCHEDULE, kind=KIND, record=wanted.name) as done:
        before = named(wanted.name) if exists(wanted.name) else None
        _check_version(wanted.name, before, expected_version)
        done.changed(_values(before), _said(wanted, actor.user) | {"active": True})
        now = int(time.time())
        database.execute_sql(
            "INSERT INTO job (name, what, due_at, parameters, sink, retry, late, owner_id, active, since_utc, version,"
            " filed_by, filed_utc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, 1, ?, ?) ON CONFLICT (name) DO UPDATE SET"
            " what = excluded.what, due_at = excluded.due_at, parameters = excluded.parameters, sink = excluded.sink,"
            " retry = excluded.retry, late = excluded.late, owner_id = excluded.owner_id, active = 1,"
            " since_utc = excluded.since_utc, version = version + 1,"
            " filed_by = excluded.filed_by, filed_utc = excluded.filed_utc",
            (wanted.name, wanted.what, wanted.due_at, json.dumps(dict(wanted.parameters), sort_keys=True),
             wanted.sink, wanted.retry, wanted.late, actor.user_id, now, actor.user, now),
        )  # fmt: skip
    return named(wanted.name)


def put_off(actor: Actor, name: str) -> Job:
    """Let a job run no more, until it is filed again. Raises ``NotScheduled``, ``NotPermitted``."""
    job = named(name)
    with act(actor, Action.AMEND_SCHEDULE, kind=KIND, record=job.name) as done:
        done.changed({"active": job.active}, {"active": False})
        database.execute_sql(
            "UPDATE job SET active = 0, version = version + 1, filed_by = ?, filed_utc = ? WHERE id = ?",
            (actor.user, int(time.time()), job.id),
        )
    return named(name)


def owner_of(job: Job, service: Actor) -> Actor:
    """The person whose job it is, with the roles held now, as who acts through the service.

    Raises ``NotScheduled`` when that person may no longer sign on.
    """
    found = holder(job.owner)
    if found is None:
        raise NotScheduled(
            f"{job.owner}, whose job it is, may not sign on any more: somebody else must file it anew."
        )
    return replace(service, user_id=found[0], user=job.owner, roles=found[1], where_from=f"job {job.name}")


def _check_version(name: str, before: Job | None, expected: int) -> None:
    if before is None and expected:
        raise NotScheduled(f"There is no job {name}: schedule add makes one.")
    if before is not None and not expected:
        raise NotScheduled(f"There is a job {name}: change it, or name another.")
    if before is not None and before.version != expected:
        raise Conflict(f"{name} was changed by somebody else meanwhile: look at it again.")


def _canonical(wanted: Wanted) -> Wanted:
    """When it is due and with how much patience, as they are kept. Raises ``NotScheduled``."""
    retry, late = wanted.retry.strip(), wanted.late.strip()
    try:
        said = schedule.patience(retry or schedule.NEVER, late or schedule.NEVER)
        due_at = str(schedule.plan(wanted.due_at))
    except ValueError as error:
        raise NotScheduled(str(error)) from None
    return replace(
        wanted, due_at=due_at, retry=schedule.joined(said.retry) if retry else "",
        late=str(said.late or schedule.NEVER) if late else "",
    )  # fmt: skip


def _values(job: Job | None) -> dict[str, Any]:
    return _said(job.wanted, job.owner) | {"active": job.active} if job else {}


def _said(wanted: Wanted, owner: str) -> dict[str, Any]:
    return {"what": wanted.what, "at": wanted.due_at, "sink": wanted.sink, "retry": wanted.retry, "late": wanted.late,
            "owner": owner, **wanted.parameters}  # fmt: skip


def _job(row: tuple[Any, ...], patience: Callable[[str, str, str], Patience]) -> Job:
    id_, name, what, due_at, parameters, sink, retry, late, owner, active, since, version, *run, sentence = (
        row
    )
    wanted = Wanted(name, what, due_at, json.loads(parameters), sink, retry, late)
    last = Last(*run) if run[0] is not None else None
    return Job(
        id_, wanted, owner, bool(active), since, version, last, sentence or "", patience(what, retry, late)
    )
