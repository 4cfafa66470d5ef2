"""The kinds of jobs, as data: what each is called, what it takes, who may have it done. Every report is one too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from db.access import presets
from db.actors import Action, Actor
from db.acts import permit
from db.schedule import jobs
from db.schedule.jobs import Job, NotScheduled, Wanted
from reports import output
from reports.catalogue import Report, find
from reports.parameters import IDENTIFIERS, MOVING, NotAsked, Parameter, named, resolved
from reports.run import known
from rules.text import clean

CLOSE: Final = "close"
TRIO: Final = ("gains-and-losses", "bed-status", "treating-specialty")
OF_ONE: Final = frozenset({"patient", "account", "merge", "mrn"})  # parameters that name one patient
PRINTER, SPOOL, FILE = "printer", "spool", "file"
HOW_SINKS: Final = "printer CODE (x2 for two copies), spool, spool CODE, or file text (csv, xlsx, json)"
PRESET: Final = Parameter("preset", "Preset", "text", required=False)  # of the owner
WIDTH: Final = Parameter("width", "Width", "choice", required=False, choices=("80", "132"))
SINK_ACTION: Final = {PRINTER: Action.PRINT, SPOOL: Action.PRINT, FILE: Action.EXPORT}
FOLDER: Final = "folder"
NEEDED, POSSIBLE, NONE = "needed", "possible", "none"


@dataclass(frozen=True, slots=True)
class Place:
    """Where pages go: to a printer by its code, into the spool, or as a file of a format; and how many copies."""

    where: str
    name: str = ""  # of the printer or format
    copies: int = 1

    @classmethod
    def of(cls, text: str) -> Place:
        """What ``str`` gives."""
        named, copies = output.copies_named(text)
        where, _, name = named.partition(" ")
        return cls(where.lower(), name.strip(), copies)

    def __str__(self) -> str:
        return " ".join(filter(None, (self.where, self.name, f"x{self.copies}" if self.copies > 1 else "")))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job. ``action``: what whoever has it done must be permitted. ``pages``: whether it makes any."""

    id: str
    title: str
    about: str
    action: Action
    parameters: tuple[Parameter, ...] = ()
    pages: str = NONE


KINDS: Final[tuple[Kind, ...]] = (
    Kind("census", "Nightly census",
         "Bring the census up to date; with a place for pages the trio of the day before: gains and losses, bed status,"
         " treating specialties.",
         Action.CHECK_CENSUS, (Parameter("day", "Day", "date", default="yesterday"), IDENTIFIERS, WIDTH), POSSIBLE),
    Kind("check", "Check of the census",
         "Count the census anew from the movements, and compare closed months with what is counted now.",
         Action.CHECK_CENSUS,
         (Parameter("from", "From", "date", default="start of last month"),
          Parameter("to", "To", "date", default="yesterday"))),
    Kind("prepare", "Preparation of the month's close",
         "Check the month, say what is still open, and make the pages that would be signed.",
         Action.CHECK_CENSUS, (Parameter("month", "Month", "month", default="last month"), WIDTH), POSSIBLE),
    Kind(CLOSE, "Close of the month",
         "Sign last month's figures and pages in the name of the service; never one whose census is not sound.",
         Action.CLOSE_MONTH, (Parameter("month", "Month", "month", default="last month"),)),
    Kind("backup", "Backup", "A whole copy of the store, opened and checked; the oldest ones go.",
         Action.BACKUP,
         (Parameter("keep", "Backups kept", "number", default="14"),
          Parameter(FOLDER, "Folder", "text", required=False))),
    Kind("audit", "Audit trail", "Anchor the audit trail durably and verify all of it.", Action.VERIFY_AUDIT),
    Kind("duplicates", "Charts that may be one person", "Compare the charts that are new or changed with all others.",
         Action.REVIEW_DUPLICATE),
    Kind("work", "Work queue", "Compare every row of the work queue with what puts it there.",
         Action.CHECK_ABSTRACTS),
    Kind("queries", "Queries to physicians",
         "Remind and escalate what is not answered in time, by the facility's table query_escalation.",
         Action.CHASE_QUERY),
    Kind("expiry", "Keys that end", "Say whose key ends within so many days.", Action.ADMINISTER_USERS,
         (Parameter("days", "Days", "number", default="14"),)),
    Kind("prune", "Old runs of jobs, missed searches",
         "Remove the runs that are older than the setting job_run_days; of each job the last one stays, and the last"
         " that failed. Remove searches for codes that missed, when they are older than search_miss_days.",
         Action.RUN_JOB),
)  # fmt: skip
KIND_OF: Final = {kind.id: kind for kind in KINDS}


def kind_of(what: str) -> Kind:
    """The kind of a job; a report of the catalogue, by id or code, is one. Raises ``NotScheduled``."""
    if what in KIND_OF:
        return KIND_OF[what]
    report = find(what)
    if report is None:
        raise NotScheduled(
            f"There is no job or report {clean(what) or 'without a name'}: there are {', '.join(KIND_OF)}, and the"
            " reports that 'recordroom report list' lists."
        )
    if any(each.name in OF_ONE and each.required for each in report.parameters):
        raise NotScheduled(
            f"{report.id} is of one patient: it is printed when it is asked for, not by a job."
        )
    parameters = tuple(each for each in report.parameters if each.name not in OF_ONE)
    return Kind(report.id, report.title, report.about, report.action, (*parameters, WIDTH, PRESET), NEEDED)


def file(actor: Actor, wanted: Wanted, today: int, expected_version: int = 0) -> Job:
    """Add or change a job whose parameters and place for pages are right, and that the actor may have done.

    Raises ``NotPermitted``, ``NotAsked``, ``NoPreset``, ``NotDelivered``, ``NotScheduled``, ``Conflict``.
    """
    permit(actor, Action.AMEND_SCHEDULE, kind=jobs.KIND, record=wanted.name)
    kind = kind_of(wanted.what)
    named_so = named(kind.parameters, wanted.parameters)
    given = {name: clean(value).strip() for name, value in named_so.items() if clean(value).strip()}
    if not given.get(FOLDER, "/").startswith("/"):
        raise NotScheduled(f"The folder {given[FOLDER]} must begin at the root: /var/lib/recordroom/backup.")
    asked(kind, with_preset(actor, kind, given), today)
    sink = _sink(kind, wanted.sink)
    for action in actions(kind, sink):
        permit(actor, action, kind=jobs.KIND, record=wanted.name)
    return jobs.file(
        actor, replace(wanted, what=kind.id, parameters=given, sink=sink), expected_version=expected_version
    )


def actions(kind: Kind, sink: str) -> tuple[Action, ...]:
    """What somebody must be permitted to have a job done."""
    where = Place.of(sink).where
    return (kind.action, *((SINK_ACTION[where],) if where else ()))


def with_preset(owner: Actor, kind: Kind, given: Mapping[str, str]) -> dict[str, str]:
    """What is asked for with the owner's preset as it is now; what is said beside it wins. Raises ``NoPreset``."""
    name = given.get(PRESET.name, "")
    if not name or PRESET not in kind.parameters:
        return dict(given)
    return presets.kept(owner, kind.id, name) | {each: given[each] for each in given if each != PRESET.name}


def asked(kind: Kind, given: Mapping[str, str], day: int) -> dict[str, str]:
    """The parameters of a run that is due on a day (number), canonical; moving words are of that day."""
    if strangers := [clean(name) for name in given if name not in {each.name for each in kind.parameters}]:
        names = ", ".join(each.name for each in kind.parameters) or "nothing"
        raise NotAsked(f"{kind.id} does not ask for {', '.join(strangers)}: it asks for {names}.")
    found = {}
    for each in kind.parameters:
        try:
            made = known(each, resolved(each, given.get(each.name, ""), day))
        except NotAsked as error:
            if each.kind not in ("date", "month"):
                raise
            raise NotAsked(f"{error} A job's may move: {', '.join(MOVING)}.") from None
        if made:
            found[each.name] = made
    return found


def _sink(kind: Kind, text: str) -> str:
    """Where the pages go, canonical. Raises ``NotDelivered``."""
    place = Place.of(clean(text).strip())
    where, name = place.where, place.name
    if not str(place):
        if kind.pages == NEEDED:
            raise output.NotDelivered(f"Say where the pages of {kind.id} go: {HOW_SINKS}.")
        return ""
    if kind.pages == NONE:
        raise output.NotDelivered(f"{kind.id} makes no pages: leave out where they go.")
    if where == FILE and (name or "text") in output.FORMATS and place.copies == 1:
        return f"{FILE} {name or 'text'}"
    if where == SPOOL or (where == PRINTER and name):
        if name:
            output.printer_named(name)
        return str(place)
    raise output.NotDelivered(f"Pages cannot go to {clean(text).strip()}: write {HOW_SINKS}.")


def report_of(kind: Kind) -> Report:
    """The report that a kind stands for."""
    found = find(kind.id)
    assert found is not None
    return found
