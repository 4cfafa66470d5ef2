"""``recordroom schedule``: runs what is due, and keeps the jobs: census, checks, close, backup, reports."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from recordroom.commands.common import notice, opened_store, store_options

if TYPE_CHECKING:
    from db.schedule.jobs import Job
    from reports.scheduled.runner import Ran
    from rules.schedule import Due


@click.group()
def schedule() -> None:
    """Jobs that run by themselves: run, list, log, kinds, add, change, off."""


@schedule.command("run")
@click.option("--once", metavar="JOB", help="Run this job now, whether it is due or not.")
@click.option("--dry-run", is_flag=True, help="Say what is due; do nothing.")
@store_options
def run_(once: str | None, *, dry_run: bool) -> None:
    """Run every job that is due, and end. A timer or cron calls this every few minutes.

    Each job is told in a JSON line. The exit status is 1 when a job failed or found something. Where another run is
    under way, this one leaves it to that and exits with 0.
    """
    with opened_store() as signed_on:
        from db.schedule.runs import UnderWay
        from reports.scheduled import runner

        def clock() -> int:
            return int(time.time())

        wrong = False
        try:
            if dry_run:
                _dry(signed_on.actor, once, clock())
                return
            done = (
                [runner.run_once(signed_on.actor, once, clock)]
                if once
                else runner.run(signed_on.actor, clock)
            )
            for ran in done:
                click.echo(json.dumps(_ran(ran)))
                wrong |= ran.outcome != "done"
        except UnderWay as told:
            notice(str(told))
    click.get_current_context().exit(1 if wrong else 0)


def _dry(actor: Any, once: str | None, now: int) -> None:
    from db.actors import Action
    from db.acts import permit
    from db.schedule import jobs
    from reports.scheduled import runner
    from rules.schedule import Due

    permit(actor, Action.RUN_JOB, kind=jobs.KIND, record="dry run")
    due = [(jobs.named(once), Due(now))] if once else runner.due_now(now)
    for job, each in due:
        work = runner.work_of(actor, job, each)
        click.echo(
            json.dumps(_due(job, each) | {"what": work.kind.id, "asked": dict(work.asked), "to": work.sink})
        )


def _due(job: Job, due: Due) -> dict[str, Any]:
    return {"job": job.name, "due": _local(due.due_utc), "attempt": due.attempt, "missed": due.missed}


def _ran(ran: Ran) -> dict[str, Any]:
    return _due(ran.job, ran.due) | {"outcome": ran.outcome, "rows": ran.rows, "sentence": ran.sentence}


def _local(utc: int | None) -> str | None:
    from db import store
    from rules.moments import moment_at

    return moment_at(utc, store.current().zone).local if utc else None


@schedule.command("list")
@store_options
def list_() -> None:
    """The jobs: a JSON line each, with the next time it is due and how it went last."""
    with opened_store() as signed_on:
        from db import store
        from db.schedule import jobs

        zone, now = store.current().zone, int(time.time())
        lines = [
            {"job": job.name, "what": job.wanted.what, "at": str(job.plan), "asked": dict(job.wanted.parameters),
             "to": job.wanted.sink, "retry": list(job.patience.retry), "late": job.patience.late, "owner": job.owner,
             "on": job.active,
             "next": _local(job.plan.next(now, zone)) if job.active else None,
             "last": _local(job.last.due_utc) if job.last else None,
             "outcome": job.last.outcome if job.last else None, "sentence": job.sentence}
            for job in jobs.listing(signed_on.actor)
        ]  # fmt: skip
    for line in lines:
        click.echo(json.dumps(line))


@schedule.command()
@click.argument("job", default="")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Runs listed.")
@store_options
def log(job: str, limit: int) -> None:
    """The runs of all jobs, or of JOB: a JSON line each, the latest first."""
    with opened_store() as signed_on:
        from db.schedule import jobs, runs

        name = jobs.named(job).name if job else ""
        lines = [
            {"job": run.job, "due": _local(run.due_utc), "attempt": run.attempt, "missed": run.missed,
             "started": _local(run.started_utc), "ended": _local(run.ended_utc),
             "outcome": run.outcome or "under way", "rows": run.rows, "sentence": run.sentence, "by": run.run_by}
            for run in runs.log(signed_on.actor, name, limit=limit)
        ]  # fmt: skip
    for line in lines:
        click.echo(json.dumps(line))


@schedule.command()
def kinds() -> None:
    """What a job can do beside running a report of 'recordroom report list'."""
    from tabulate import tabulate

    from reports.scheduled.kinds import KINDS

    rows = [(kind.id, kind.about, " ".join(each.name for each in kind.parameters)) for kind in KINDS]
    click.echo(
        tabulate(rows, ("what", "does", "asks for"), disable_numparse=True, maxcolwidths=[None, 60, 20])
    )


SET = click.option(
    "--set", "given", multiple=True, metavar="NAME=VALUE",
    help="What is asked for; days and months may move: from='start of last month', day=yesterday. Of a report also"
    " width=132, and preset=NIGHT: what its owner kept under that name.",
)  # fmt: skip


RETRY = click.option(
    "--retry",
    metavar="MINUTES",
    help="Minutes before each further attempt: 5,15,60, or none; '' as the table has it.",
)
LATE = click.option("--late", metavar="MINUTES", help="Minutes after which it is overdue, or none; likewise.")


@schedule.command()
@click.argument("name")
@click.argument("what")
@click.option(
    "--at", required=True, metavar="WHEN", help="'02:30', 'mon,thu 06:00', 'day 3 07:00', 'every 15 minutes'."
)
@SET
@click.option(
    "--to",
    default="",
    metavar="PLACE",
    help="'printer CODE', 'printer CODE x2', 'spool', 'spool CODE', 'file csv'.",
)
@RETRY
@LATE
@store_options
def add(
    name: str, what: str, at: str, given: tuple[str, ...], to: str, retry: str | None, late: str | None
) -> None:
    """Add the job NAME, which does WHAT: one of 'schedule kinds', or a report. It is yours, and does what you may."""
    with opened_store() as signed_on, _asked_right():
        from db import store
        from db.schedule.jobs import Wanted
        from reports.scheduled import kinds

        wanted = Wanted(name, what, at, _pairs(given), to, retry or "", late or "")
        job = kinds.file(signed_on.actor, wanted, store.current().now().day)
        _say(job)


@schedule.command()
@click.argument("name")
@click.option("--at", metavar="WHEN", help="When; as it was without it.")
@SET
@click.option("--to", metavar="PLACE", help="Where its pages go; as it was without it.")
@RETRY
@LATE
@store_options
def change(
    name: str, at: str | None, given: tuple[str, ...], to: str | None, retry: str | None, late: str | None
) -> None:
    """Change the job NAME, which is yours from then on, or put it on again. --set NAME= takes a value away."""
    with opened_store() as signed_on, _asked_right():
        from db import store
        from db.schedule import jobs
        from db.schedule.jobs import Wanted
        from reports.scheduled import kinds

        was = jobs.named(name)
        wanted = Wanted(
            was.name, was.wanted.what, at or was.wanted.due_at, {**was.wanted.parameters, **_pairs(given)},
            was.wanted.sink if to is None else to, was.wanted.retry if retry is None else retry,
            was.wanted.late if late is None else late,
        )  # fmt: skip
        _say(kinds.file(signed_on.actor, wanted, store.current().now().day, was.version))


@schedule.command()
@click.argument("name")
@store_options
def off(name: str) -> None:
    """Let the job NAME run no more; 'schedule change' puts it on again."""
    with opened_store() as signed_on:
        from db.schedule import jobs

        job = jobs.put_off(signed_on.actor, name)
    click.echo(f"{job.name} is off.")


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    if wrong := [each for each in given if "=" not in each]:
        raise click.UsageError(f"{wrong[0]} names no value: write --set day=yesterday.")
    return {name.strip(): value.strip() for name, _, value in (each.partition("=") for each in given)}


@contextmanager
def _asked_right() -> Iterator[None]:
    """What was asked wrongly is a mistake in the command."""
    from db.access.presets import NoPreset
    from db.schedule.jobs import NotScheduled
    from reports.output import NotDelivered
    from reports.parameters import NotAsked

    try:
        yield
    except (NotAsked, NoPreset, NotDelivered, NotScheduled) as error:
        raise click.UsageError(str(error)) from error


def _say(job: Job) -> None:
    from db import store

    due = _local(job.plan.next(int(time.time()), store.current().zone))
    click.echo(f"{job.name}: {job.wanted.what}, {job.plan}, next {due}.")
