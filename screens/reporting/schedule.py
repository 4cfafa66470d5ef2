"""SCH, SCE, SCR: the jobs that run by themselves, one of them to change, and how their runs ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from db import store
from db.actors import Action as Deed
from db.acts import permit
from db.schedule import jobs, runs
from db.schedule.jobs import Job, Wanted
from rules.moments import moment_at
from rules.schedule import HOW, overdue, plan
from rules.text import clean
from screens import shown
from screens.keyset import Key, KeysetList
from screens.session import Session
from tui.screen import (
    Action,
    Changed,
    Choice,
    Column,
    Command,
    Field,
    Filed,
    FormScreen,
    Kind,
    Note,
    Opened,
    Outcome,
    Refused,
    Row,
    ScreenError,
    Section,
    Values,
)

if TYPE_CHECKING:
    from reports.parameters import Parameter

BETWEEN: Final = ";"  # what is asked for, one after the other: day=yesterday; unit=3E
UNDER_WAY: Final = "under way"
OVERDUE: Final = "overdue"


class Jobs(KeysetList):
    """SCH: every job, when it is due next, and how it ended last."""

    title: ClassVar[str] = "Scheduled jobs"
    empty: ClassVar[str] = "No job is scheduled: F6 adds one."
    actions: ClassVar[tuple[Action, ...]] = (
        Action("E", "Edit", go="SCE {subject}"),
        Action("L", "Runs", go="SCR {subject}"),
        Action("R", "Run now", method="run_now", confirm="Run it now?"),
        Action("O", "Off", method="put_off", confirm="Let it run no more?"),
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("ADD", "Add a job", "add", "F6"),
        Command("RUNS", "All runs", "all_runs", "F10"),
    )
    session: Session

    def open(self, key: str) -> str:
        permit(self.session.actor, Deed.RUN_JOB, kind=jobs.KIND, record="list")
        return ""

    def columns(self) -> Sequence[Column]:
        return (
            Column("Job", 20, frozen=True), Column("Last", 9), Column("Next", 15), Column("When", 18),
            Column("Does", 20), Column("Said", 100), Column("Pages to", 16), Column("Owner", 10),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        found = [job for job in jobs.every() if after is None or job.name > after[0]]
        return [Row((job.name,), _cells(job), job.name, "!" if job.failed else "") for job in found[:limit]]

    def position(self, text: str) -> Key | None:
        name = text.strip().lower()
        return (name[:-1] + chr(ord(name[-1]) - 1) + "\U0010ffff",) if name else None

    def add(self, rest: str) -> Outcome:
        return Outcome(go=f"SCE {rest}".strip())

    def all_runs(self, rest: str) -> Outcome:
        return Outcome(go="SCR")

    def put_off(self, name: str) -> Outcome:
        jobs.put_off(self.session.actor, name)
        return Outcome(f"{name} is off: editing and filing it puts it on again.", reload=True)

    def run_now(self, name: str) -> Outcome:
        """In the name of whoever sits here."""
        from reports.scheduled import runner

        ran = runner.run_once(self.session.actor, name, lambda: int(time.time()))
        return Outcome(f"{name} {ran.outcome}: {ran.sentence}", reload=True, error=ran.outcome != "done")


def _cells(job: Job) -> tuple[str, ...]:
    here = store.current()
    now = here.now().utc
    due = job.plan.next(now, here.zone) if job.active else None
    last = (job.last.outcome or UNDER_WAY) if job.last else ""
    if job.active and overdue(job.plan, job.since_utc, job.last, now, here.zone, job.patience):
        last = OVERDUE
    return (
        job.name, last, _moment(due) if job.active else "off", str(job.plan), job.wanted.what,
        clean(job.sentence), job.wanted.sink, job.owner,
    )  # fmt: skip


def _moment(utc: int | None) -> str:
    return shown.moment(moment_at(utc, store.current().zone).local) if utc else ""


class EditJob(FormScreen):
    """SCE name: a job to change; without a name a new one."""

    title: ClassVar[str] = "A scheduled job"
    help: ClassVar[str] = (
        "Whoever files a job owns it: its reports are made in that name, with what that person may see, and it is"
        " refused when that person may no longer do what it does. It is due from now on; nothing is caught up."
    )
    session: Session
    job: Job | None = None

    def open(self, key: str) -> Opened:
        permit(self.session.actor, Deed.AMEND_SCHEDULE, kind=jobs.KIND, record=key.strip() or "new")
        self.job = jobs.named(key) if key.strip() else None
        if self.job is None:
            return Opened({}, focus="name", message="A new job.")
        wanted = self.job.wanted
        asked = f"{BETWEEN} ".join(f"{name}={value}" for name, value in wanted.parameters.items())
        values = {
            "name": wanted.name,
            "what": wanted.what,
            "due_at": wanted.due_at,
            "asked": asked,
            "sink": wanted.sink,
            "retry": wanted.retry,
            "late": wanted.late,
        }
        state = f"of {self.job.owner}" if self.job.active else f"of {self.job.owner}, off"
        return Opened(
            {name: value for name, value in values.items() if value},
            (f"Job {key.strip()} {state}",),
            "due_at",
        )

    def sections(self) -> Sequence[Section]:
        from reports.parameters import MOVING
        from reports.scheduled.kinds import HOW_SINKS

        known = self.job is not None
        return (
            Section("job", "The job", (
                Field("name", "Name", 20, required=True, read_only=known, help="A word for it: nightly-census."),
                Field("what", "Does", 24, required=True, lookup=True, read_only=known,
                      help="A kind of job, or a report. F4 lists them with what they ask for."),
                Field("due_at", "When", 40, required=True, help=HOW),
                Field("asked", "Asked for", 60, Kind.TEXT, length=400,
                      help="day=yesterday; unit=3E. Of a report also width=132, and preset=NIGHT: what you kept under"
                      f" that name. Days and months may move: {', '.join(MOVING)}."),
                Field("sink", "Pages to", 30, help=f"{HOW_SINKS}."),
                Field("retry", "Tried again", 30, help="Minutes after a failure before each further attempt: 5,15,60,"
                      " or none. Blank: as the table schedule_limits has it."),
                Field("late", "Overdue", 4, help="Minutes after which a job that has not begun is overdue, or none."
                      " Blank: as the table schedule_limits has it."),
                Note("Times are those of the facility's clock. A time that was missed is caught up once."),
            )),
            *((Section("last", "Last run", (Note(_last_run(self.job)),)),) if self.job and self.job.last else ()),
        )  # fmt: skip

    def changed(self, values: Values, path: str) -> Changed:
        try:
            if path == "due_at" and values.get(path):
                plan(values[path])
        except ValueError as error:
            raise ScreenError(str(error)) from None
        if path == "asked":
            _asked(values.get(path, ""))
        return Changed()

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        from reports.catalogue import CATALOGUE
        from reports.scheduled.kinds import KINDS, OF_ONE

        found = [Choice(kind.id, f"{kind.title}{_asks(kind.parameters)}") for kind in KINDS]
        found += [
            Choice(report.id, f"{report.code} {report.title}{_asks(report.parameters)}")
            for report in CATALOGUE
            if not any(each.name in OF_ONE and each.required for each in report.parameters)
        ]
        wanted = text.casefold()
        return [each for each in found if wanted in f"{each.value} {each.text}".casefold()][:limit]

    def file(self, values: Values, reason: str) -> Filed | Refused:
        from reports.scheduled import kinds

        wanted = Wanted(
            values.get("name", ""), values.get("what", ""), values.get("due_at", ""),
            _asked(values.get("asked", "")), values.get("sink", ""), values.get("retry", ""), values.get("late", ""),
        )  # fmt: skip
        version = self.job.version if self.job else 0
        job = kinds.file(self.session.actor, wanted, store.current().now().day, version)
        due = _moment(job.plan.next(int(time.time()), store.current().zone))
        return Filed(f"FILED {job.name}, next {due}", go="SCH")


def _last_run(job: Job) -> str:
    """How it ended, in full: the lists clip it."""
    assert job.last is not None
    return f"{job.last.outcome or UNDER_WAY} {_moment(job.last.ended_utc)}: {clean(job.sentence)}".rstrip(
        ": "
    )


def _asks(parameters: Sequence[Parameter]) -> str:
    return f": {', '.join(each.name for each in parameters)}" if parameters else ""


def _asked(text: str) -> dict[str, str]:
    """``day=yesterday; unit=3E`` by name. Raises ``ScreenError``."""
    found = {}
    for part in filter(None, (part.strip() for part in text.split(BETWEEN))):
        name, equals, value = part.partition("=")
        if not equals:
            raise ScreenError(f"{part} names no value: write day=yesterday; unit=3E.")
        found[name.strip().lower()] = value.strip()
    return found


class Runs(KeysetList):
    """SCR, or SCR job: how the runs of all jobs or one ended, the latest first."""

    title: ClassVar[str] = "Runs of scheduled jobs"
    empty: ClassVar[str] = "Nothing has run yet."
    help: ClassVar[str] = (
        "V tells what was said of a run; F1 shows the whole of a sentence that is longer than its line."
    )
    actions: ClassVar[tuple[Action, ...]] = (Action("V", "What was said", method="said"),)
    session: Session
    job = ""

    def open(self, key: str) -> str:
        self.job = jobs.named(key).name if key.strip() else ""
        permit(self.session.actor, Deed.RUN_JOB, kind=jobs.KIND, record=self.job or "log")
        return ""

    def columns(self) -> Sequence[Column]:
        return (
            Column("Due", 15, frozen=True), Column("Job", 14), Column("How", 9), Column("Said", 100),
            Column("Try", 3, ">"), Column("Missed", 6, ">"), Column("Rows", 8, ">"), Column("Ended", 15),
            Column("By", 10),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        return [
            Row(
                (run.id,),
                (_moment(run.due_utc), run.job, run.outcome or UNDER_WAY, clean(run.sentence), str(run.attempt),
                 str(run.missed or ""), str(run.rows or ""), _moment(run.ended_utc), run.run_by),
                str(run.id),
            )
            for run in runs.log(self.session.actor, self.job, after[0] if after else 0, limit)
        ]  # fmt: skip

    def said(self, run_id: str) -> Outcome:
        """The sentence of a run, on the line of messages."""
        (run,) = runs.log(self.session.actor, before=int(run_id) + 1, limit=1)
        return Outcome(clean(run.sentence) or f"{run.job} is {UNDER_WAY}.")
