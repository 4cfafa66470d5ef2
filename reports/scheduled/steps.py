"""What each kind of job does, step by step: a step that is done is not done again when a job is tried anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from db import conventions, store
from db.actors import Actor
from db.statistics import census
from reports import output
from reports.catalogue import find
from reports.page import Setup
from reports.parameters import Asked, NotAsked
from reports.run import produce
from reports.scheduled.kinds import FILE, PRINTER, SPOOL, TRIO, WIDTH, Kind, Place
from rules.moments import DAY_SECONDS, iso_date
from rules.periods import month as month_named


@dataclass(frozen=True, slots=True)
class Work:
    """A job in hand: what it was asked, who runs it, and in whose name its reports are made."""

    kind: Kind
    asked: Mapping[str, str]
    sink: str
    service: Actor
    owner: Actor


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a step: a sentence that names no patient, rows or pages, and whether something is wrong."""

    said: str
    rows: int = 0
    wrong: bool = False


Step = tuple[str, Callable[[], Result]]


def steps_of(work: Work) -> list[Step]:
    """The steps of a job in order."""
    if work.kind.id in _STEPS:
        return _STEPS[work.kind.id](work)
    return [_page(work, work.kind.id, work.asked)]


def _page(work: Work, report_id: str, asked: Mapping[str, str]) -> Step:
    return report_id, lambda: _delivered(work, report_id, asked)


def _delivered(work: Work, report_id: str, asked: Mapping[str, str]) -> Result:
    """Make a report in its owner's name and put it where the job says."""
    report = find(report_id)
    assert report is not None
    names = {each.name for each in report.parameters}
    produced = produce(work.owner, report, {name: asked[name] for name in asked if name in names})
    place, width = Place.of(work.sink), int(work.asked.get(WIDTH.name, 0))
    setup = Setup(width) if width else Setup()
    if place.where == FILE:
        path = output.save(work.owner, produced, place.name, setup)
        return Result(path.name, 1)
    printer = output.printer_named(place.name, width) if place.name else output.Printer(SPOOL, setup)
    pages, copies = len(produced.pages(printer.setup)), place.copies
    if place.where == PRINTER:
        output.to_printer(work.owner, produced, printer, copies=copies)
        return Result(
            f"{report.code} {_many(pages, 'page')} to {place.name}{output.in_copies(copies)}", pages
        )
    return Result(output.to_spool(work.owner, produced, printer, copies).name, pages)


def _census(work: Work) -> list[Step]:
    pages = [_page(work, each, work.asked) for each in TRIO] if work.sink else []
    return [("summary", _brought_up_to_date), *pages]


def _brought_up_to_date() -> Result:
    census.bring_up_to_date()
    return Result("The census is up to date")


def _checked(work: Work) -> Result:
    """What is found is counted: its sentences name accounts, and 'census check' tells them."""
    from db.statistics import closing, corrections, self_check

    asked = Asked(work.service, work.asked)
    first, last = asked.day("from"), asked.day("to")
    assert first is not None
    assert last is not None
    if last < first:
        raise NotAsked(f"The period ends ({work.asked['to']}) before it begins ({work.asked['from']}).")
    found, unsound = self_check.check(work.service, first, last), closing.unsound()
    compared = [] if unsound else corrections.compare_changed(work.service)
    wrong = len(found.sentences) + len(unsound)
    corrected = sum(bool(each.figures) for each in compared)
    check = f"'recordroom census check --from {work.asked['from']} --to {work.asked['to']}'"
    said = f"{_many(wrong, 'difference')}: {check} tells what" if wrong else "The census is sound"
    late = f"; corrections of {_many(corrected, 'closed month')}: CLO tells which" if corrected else ""
    return Result(said + late, wrong, bool(wrong))


def _prepared(work: Work) -> Result:
    from db.statistics import closing, closing_checks

    period = month_named(work.asked["month"])
    if (last := closing.newest(period.name)) is not None:
        return Result(_closed_already(period.name, last.version))
    census.bring_up_to_date_if_due()
    faults, waiting = closing_checks.faults(period), list(closing_checks.still_open(period))
    said = f"{period.name} can be closed: CLO signs it"
    if faults:
        check = f"'recordroom census check --from {iso_date(period.from_day)} --to {iso_date(period.to_day)}'"
        said = f"{period.name} has {_many(len(faults), 'fault')} of the census: {check} tells what"
    return Result(f"{said}{_open(waiting)}", len(faults), bool(faults))


def _closed_already(month: str, version: int) -> str:
    return f"{month} is closed already, version {version}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}" + ("s" if count != 1 else "")


def _open(waiting: Sequence[str]) -> str:
    """What is still open, which is in numbers and names nobody."""
    return f". Still open: {' '.join(waiting)}".rstrip(".") if waiting else ""


def _prepare(work: Work) -> list[Step]:
    from reports.closing import closing_reports

    period = month_named(work.asked["month"])
    first, last = iso_date(period.from_day), iso_date(period.to_day)
    asked = {"month": period.name, "from": first, "to": last, "day": last, "version": "latest"}
    pages = [_page(work, report.id, asked) for report in closing_reports()] if work.sink else []
    return [("checks", lambda: _prepared(work)), *pages]


def _closed(work: Work) -> Result:
    """Signed as the service. A month that somebody has closed before is left as it was signed."""
    from db.statistics import closing
    from reports import closing as closes

    month = work.asked["month"]
    if (last := closing.newest(month)) is not None:
        return Result(_closed_already(month, last.version))
    found = closes.close(work.service, month)
    return Result(f"{month} was closed, version {found.closing.version}{_open(found.closing.warnings)}", 1)


def _backed_up(work: Work) -> Result:
    from db.safekeeping import backup

    folder = Path(work.asked["folder"]) if work.asked.get("folder") else None
    made = backup.make(work.service, folder, keep=int(work.asked["keep"]))
    return Result(f"{made.path.name} made and checked", sum(made.manifest.counts.values()))


def _audited(work: Work) -> Result:
    from db.keyring.keys import SERVICE, USER, Unlocked
    from db.keyring.slots import SlotFile
    from db.trail import verifier

    here = store.current()
    here.trail.anchor(*here.trail.head(), sync=True)
    file = SlotFile.read(here.directory)
    type_ = SERVICE if file.find(SERVICE, work.service.user) else USER
    found = verifier.verify(
        here.directory, Unlocked(file, here.ring, {"type": type_, "name": work.service.user})
    )
    if found.findings:
        return Result(
            f"{_many(len(found.findings), 'finding')}: 'recordroom audit verify' tells what", found.rows, True
        )
    return Result(f"{_many(found.rows, 'row')} and {_many(found.lines, 'anchor')} agree", found.rows)


def _compared(work: Work) -> Result:
    """New and changed charts one by one; after a whole index came in, all of it at once."""
    from db.actors import Action
    from db.acts import permit
    from db.patient_index import counts, duplicates, match_file

    permit(work.service, Action.REVIEW_DUPLICATE, kind="list", record="duplicates")
    new = counts.not_compared()
    if new and duplicates.catch_up_beside(float("inf")):
        match_file.whole_file(work.service, lambda *_: None)
    return Result(f"{_many(new, 'chart')} compared; {_many(counts.pairs()[0], 'pair')} to look at", new)


def _queue_checked(work: Work) -> Result:
    from db.worklist import work as queue

    found = queue.check(work.service)
    wrong = f"{_many(len(found.wrong), 'wrong row')} in the work queue: 'recordroom work check --mend' makes them anew"
    return Result("The work queue is sound" if found.sound else wrong, found.rows, not found.sound)


def _chased(work: Work) -> Result:
    """Which queries, the list says; whom they are about is not said here."""
    from db.queries import query_acts
    from rules.queries import Act

    found = query_acts.chase(work.service)
    told = ", ".join(sorted({each.to_whom for each in found if each.act is Act.ESCALATE}))
    said = f"{len(found)} {'query' if len(found) == 1 else 'queries'} chased"
    return Result(f"{said}; told: {told}" if told else said, len(found))


def _ending(work: Work) -> Result:
    from db.access import users

    found = users.ending(int(work.asked["days"]))
    said = ", ".join(f"{name} {iso_date(day)}" for name, day in found)
    within = f"within {work.asked['days']} days"
    return Result(
        f"Keys that end {within}: {said}" if found else f"No key ends {within}", len(found), bool(found)
    )


def _pruned(work: Work) -> Result:
    from db.schedule import runs

    keep = int(conventions.convention("job_run_days"))
    if not keep:
        return Result("job_run_days is 0: every run is kept")
    removed = runs.prune(work.service, store.current().now().utc - keep * DAY_SECONDS)
    return Result(f"{_many(removed, 'run')} older than {_many(keep, 'day')} removed", removed)


def _searches_pruned(work: Work) -> Result:
    from db.coding import search_misses

    keep, removed = int(conventions.convention(search_misses.SETTING)), search_misses.prune(work.service)
    why = f"kept longer than {_many(keep, 'day')}" if keep else "as search_miss_days is 0"
    return Result(f"{removed:,} missed code search{'' if removed == 1 else 'es'} removed, {why}", removed)


def _single(name: str, do: Callable[[Work], Result]) -> Callable[[Work], list[Step]]:
    return lambda work: [(name, lambda: do(work))]


_STEPS: Final[Mapping[str, Callable[[Work], list[Step]]]] = {
    "census": _census,
    "check": _single("check", _checked),
    "prepare": _prepare,
    "close": _single("close", _closed),
    "backup": _single("backup", _backed_up),
    "audit": _single("audit", _audited),
    "duplicates": _single("duplicates", _compared),
    "work": _single("work", _queue_checked),
    "queries": _single("queries", _chased),
    "expiry": _single("expiry", _ending),
    "prune": lambda work: [("runs", lambda: _pruned(work)), ("searches", lambda: _searches_pruned(work))],
}
