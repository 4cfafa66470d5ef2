"""A run of the schedule: what is due is done, one job after the other, and each end is kept and audited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from db import store
from db.actors import Action, Actor, Role
from db.acts import permit
from db.schedule import jobs, runs
from db.schedule.jobs import Job, NotScheduled
from reports.scheduled.kinds import CLOSE, actions, asked, kind_of, with_preset
from reports.scheduled.steps import Result, Work, steps_of
from rules import schedule
from rules.findings import Told
from rules.moments import moment_at
from rules.schedule import DONE, FAILED, FOUND, Due

Clock = Callable[[], int]
"""The UTC second it is now."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A job that was run, and how it ended."""

    job: Job
    due: Due
    outcome: str
    sentence: str
    rows: int = 0


def due_now(now_utc: int) -> list[tuple[Job, Due]]:
    """The jobs that are due, those that have waited longest first."""
    zone = store.current().zone
    found = [
        (job, due)
        for job in jobs.every()
        if job.active
        and (due := schedule.due(job.plan, job.since_utc, job.last, now_utc, zone, job.patience))
    ]
    return sorted(found, key=lambda each: (each[1].due_utc, each[0].name))


def run(service: Actor, clock: Clock) -> Iterator[Ran]:
    """Do what is due. Raises ``UnderWay``, ``NotPermitted``, and ``StoreError`` when nothing can be kept any more."""
    permit(service, Action.RUN_JOB, kind=jobs.KIND, record="run")
    with runs.alone():
        runs.note_cut_short(service)
        for job, due in due_now(clock()):
            yield run_job(service, job, due, clock)


def run_once(service: Actor, name: str, clock: Clock) -> Ran:
    """Do a job now, whether it is due or not; what was due is done with it. Raises ``NotScheduled``, ``UnderWay``."""
    permit(service, Action.RUN_JOB, kind=jobs.KIND, record=name)
    job = jobs.named(name)
    if (
        job.wanted.what == CLOSE and Role.SERVICE not in service.roles
    ):  # a person's signature takes a passphrase
        raise NotScheduled(
            f"{job.name} signs a month in the name of the service: in your own name you sign it on CLO, or with"
            " 'recordroom census close'."
        )
    with runs.alone():
        runs.note_cut_short(service)
        return run_job(service, job, Due(clock()), clock)


def run_job(service: Actor, job: Job, due: Due, clock: Clock) -> Ran:
    """Do one job, after the steps that earlier attempts have done."""
    run_id, steps = runs.begin(service, job, due, clock())
    try:
        ended = _do(service, job, due, run_id, steps)
    except Told as told:
        ended = Ran(job, due, FAILED, str(told))
    except Exception as fault:  # one job must not keep the others from running
        ended = Ran(job, due, FAILED, _place(fault))
    runs.end(service, job, run_id, due, clock(), ended.outcome, ended.sentence, ended.rows)
    return ended


def _do(service: Actor, job: Job, due: Due, run_id: int, steps: tuple[str, ...]) -> Ran:
    results: list[Result] = []
    for name, do in steps_of(work_of(service, job, due)):
        if name in steps:
            continue
        results.append(do())
        steps = (*steps, name)
        runs.step_done(run_id, steps)
    said = "; ".join(result.said for result in results) or "Every step was done before"
    missed = f" {due.missed} earlier runs were missed." if due.missed else ""
    outcome = FOUND if any(result.wrong for result in results) else DONE
    return Ran(job, due, outcome, f"{said}.{missed}", sum(result.rows for result in results))


def work_of(service: Actor, job: Job, due: Due) -> Work:
    """The work of a job for a due time: its days are those of the day it is due on, however late it runs."""
    kind, day = kind_of(job.wanted.what), moment_at(due.due_utc, store.current().zone).day
    owner = jobs.owner_of(job, service)
    for action in actions(kind, job.wanted.sink):
        permit(owner, action, kind=jobs.KIND, record=job.name)
    given = with_preset(owner, kind, job.wanted.parameters)
    return Work(kind, asked(kind, given, day), job.wanted.sink, service, owner)


def _place(fault: Exception) -> str:
    """Where a fault of the program arose. Its own text may hold data, and is not repeated."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" in {Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno}" if trace else ""
    return f"A fault of the program ({type(fault).__name__}{where}): tell whoever looks after it."
