"""Movements from CSV: the rows of an account are one whole, whatever order the file has them in.

A row is tried until the path of the account lets it in or no other row helps any more: so a return may stand
before its leave, and a cancelled discharge before the one that takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from db import store
from db.changes import Applied, Source
from db.hospital import encounters, ledger
from db.hospital.ledger import NEW, Entry, Ledger
from db.hospital.movements import Known, Movement, same, step_of
from db.patient_index import patients
from exchange.csv_files import Row
from exchange.csv_report import Fate, Report
from rules.census import Event, Step, in_order
from rules.findings import Finding, Level
from rules.moments import Moment, moment

REQUIRED: Final = ("mrn", "account", "event", "at")
COLUMNS: Final = (
    "mrn", "account", "newborn", "event", "at", "unit", "service", "disposition", "id", "action", "seq", "utc_offset",
    "class", "bed", "leave_type", "attending", "payer", "priority", "point_of_origin", "mother_account",
    "birth_weight_g", "gestation_weeks",
)  # fmt: skip

# Columns that speak of the encounter rather than of the movement: name here, name there.
_OF_ENCOUNTER: Final = {
    "attending": "provider", "payer": "payer", "priority": "priority", "point_of_origin": "point_of_origin",
    "mother_account": "mother_account", "birth_weight_g": "birth_weight_g", "gestation_weeks": "gestation_weeks",
}  # fmt: skip
_ACTIONS: Final = ("", "add", "change", "cancel")
CANCELLED: Final = "cancelled by the sender"
AHEAD_S: Final = 24 * 3600  # a discharge may be keyed for tonight; no more
_FLAGGED: Final = {"M202": "class", "M203": "leave_type", "M204": "disposition"}


@dataclass(slots=True)
class _Wish:
    """What a row asks for, and what stands in its way so far."""

    row: Row
    action: str
    step: Step
    external_id: str
    findings: list[Finding]
    unreadable: dict[str, str]
    in_the_way: str = ""
    column: str = "event"  # where that stands
    granted: bool = False


@dataclass(slots=True)
class _Account:
    """The rows of one account, its ledger, and what of the ledger its rows speak of."""

    number: str
    ledger: Ledger
    patient_id: int
    wishes: list[_Wish] = field(default_factory=list)
    spoken_of: set[int] = field(default_factory=set)  # id() of entries that a row has been matched with


def apply(groups: Sequence[Sequence[Row]], source: Source, report: Report) -> None:
    """Take the rows of some accounts, inside the caller's transaction."""
    accounts = []
    charts = patients.by_mrns({row["mrn"] for rows in groups for row in rows if row["mrn"]})
    found = {rows[0]["account"]: encounters.find(rows[0]["account"]) for rows in groups if rows[0]["account"]}
    known: Known = {}
    ledgers = ledger.load([id_ for id_ in found.values() if id_])
    for rows in groups:
        account = _account(rows, found, charts, ledgers, known, report)
        if account is not None:
            _grant(account, report)
            accounts.append(account)
    touched = [account for account in accounts if _describe(account, source, report)]
    ledger.save((account.ledger for account in touched), source)


def _account(
    rows: Sequence[Row], found: Mapping[str, int], charts: Mapping[str, int], ledgers: Mapping[int, Ledger],
    known_codes: Known, report: Report,
) -> _Account | None:  # fmt: skip
    """The account of some rows with what they ask for; rows that cannot be read are refused."""
    number = rows[0]["account"]
    known = found.get(number, 0)
    owner = encounters.get(known).patient_id if known else 0
    account: _Account | None = None
    for row in rows:
        wrong = _unusable(row, charts, owner)
        if wrong is None:
            owner = charts[row["mrn"]]
            if account is None:
                account = _Account(number, ledgers[known] if known else Ledger(0, False, "I"), owner)
            wish = _wish(row, known_codes)
            wrong = wish if isinstance(wish, tuple) else None
            if isinstance(wish, _Wish):
                account.wishes.append(wish)
        if wrong is not None:
            report.refuse(row, *wrong)
    return account


def _unusable(row: Row, charts: Mapping[str, int], owner: int) -> tuple[str, str] | None:
    """Column and reason when a row cannot be matched with a patient and an account."""
    for column in REQUIRED:
        if not row[column]:
            return column, f"The {column} is blank: it is needed."
    patient_id = charts.get(row["mrn"], 0)
    if not patient_id:
        return "mrn", "No patient has this MRN: import the patient first."
    if owner and patient_id != owner:
        return "mrn", "The account belongs to another patient: correct the MRN or the account."
    if row["action"].lower() not in _ACTIONS:
        return "action", "The action is none of add, change, cancel."
    if row["event"].lower() not in set(Event):
        return "event", f"The event is none of {', '.join(Event)}."
    return None


def _wish(row: Row, known: Known) -> _Wish | tuple[str, str]:
    findings: list[Finding] = []
    unreadable: dict[str, str] = {}
    at = _moment(row, findings, unreadable)
    if at is None:
        return "at", "The time cannot be read: write it as YYYY-MM-DDTHH:MM."
    seq = row["seq"]
    if seq and not (seq.isascii() and seq.isdigit()):
        unreadable["seq"] = seq
        findings.append(Finding(Level.WARNING, "C103", "The seq is no number: it was not used.", "seq"))
        seq = ""
    movement = Movement(
        Event(row["event"].lower()), at, row["unit"], row["service"], row["bed"], row["class"], row["disposition"],
        row["leave_type"], int(seq or 0), row["id"],
    )  # fmt: skip
    action = row["action"].lower()
    step = (
        step_of(movement, findings, known)
        if action != "cancel"
        else Step(movement.event, at.utc, at.offset, at.day)
    )
    unreadable |= {
        column: row[column] for f in findings if (column := _FLAGGED.get(f.code, "")) and row[column]
    }
    return _Wish(row, action, step, row["id"], findings, unreadable)


def _moment(row: Row, findings: list[Finding], unreadable: dict[str, str]) -> Moment | None:
    """The row's time on the facility's clock; ``utc_offset`` settles an hour that the clock shows twice."""
    offset = _offset(row["utc_offset"])
    if row["utc_offset"] and offset is None:
        unreadable["utc_offset"] = row["utc_offset"]
        sentence = "The utc_offset is not of the form -05:00: it was not used."
        findings.append(Finding(Level.WARNING, "C101", sentence, "utc_offset"))
    try:
        at = moment(row["at"], store.current().zone, offset) if "T" in row["at"] else None
    except ValueError:
        return None
    if at is not None and at.utc > store.current().now().utc + AHEAD_S:
        sentence = "The time lies more than a day ahead: check its year."
        findings.append(Finding(Level.WARNING, "C106", sentence, "at"))
    if at is not None and at.repeated:
        sentence = "The clock showed this time twice: the first was taken; a utc_offset settles it."
        findings.append(Finding(Level.WARNING, "C102", sentence, "at"))
    elif at is not None and offset is not None and offset != at.offset:
        unreadable["utc_offset"] = row["utc_offset"]
        sentence = "The utc_offset is not that of the facility at this time: the local time was taken."
        findings.append(Finding(Level.WARNING, "C104", sentence, "utc_offset"))
    return at


def _offset(text: str) -> int | None:
    """Minutes east of UTC from ``-05:00``, ``-0500``, ``-5`` or ``Z``."""
    if text.upper() == "Z":
        return 0
    digits = text.lstrip("+-").replace(":", "")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 4:
        return None
    digits = digits if len(digits) > 2 else f"{digits}00"
    minutes = int(digits[:-2]) * 60 + int(digits[-2:])
    return -minutes if text.startswith("-") else minutes


def _grant(account: _Account, report: Report) -> None:
    """Let in what the path of the account lets in, until nothing more moves."""
    waiting = _in_turn(account.wishes)
    moved = True
    while waiting and moved:
        moved = False
        for wish in list(waiting):
            fate = _try(wish, account)
            if fate is not None:
                wish.granted = fate is Fate.APPLIED
                report.count(wish.row, fate)
                if wish.granted:
                    report.warn(wish.row, wish.findings)
                waiting.remove(wish)
                moved = True
        if not moved:
            moved = _take_together(waiting, account, report)
    for wish in waiting:
        report.refuse(wish.row, wish.column, wish.in_the_way)


def _take_together(waiting: list[_Wish], account: _Account, report: Report) -> bool:
    """Take at once what cannot come one by one, such as a forgotten leave and its return before a transfer."""
    targets = {id(wish): _target(wish, account) for wish in waiting}
    doomed = [wish for wish in waiting if wish.action == "cancel" and targets[id(wish)] is not None]
    new = [wish for wish in waiting if wish.action in ("", "add") and targets[id(wish)] is None]
    entries = [Entry(NEW, wish.step, wish.external_id, unreadable=wish.unreadable) for wish in new]
    cancelled = [target for wish in doomed if (target := targets[id(wish)]) is not None]
    if len(doomed) + len(new) < 2 or account.ledger.revise(cancelled, entries, CANCELLED):
        return False
    account.spoken_of |= {id(entry) for entry in entries}
    for wish in (*doomed, *new):
        wish.granted = True
        report.count(wish.row, Fate.APPLIED)
        report.warn(wish.row, wish.findings)
        waiting.remove(wish)
    return True


def _in_turn(wishes: Sequence[_Wish]) -> list[_Wish]:
    """By time, seq and order in the file."""
    placed = [wish.step._replace(place=place) for place, wish in enumerate(wishes)]
    return [wishes[step.place] for step in in_order(placed)]


def _try(wish: _Wish, account: _Account) -> Fate | None:
    """What comes of a wish as things stand; None while something is in its way."""
    if wish.action == "cancel":
        return _cancel(wish, account)
    book = account.ledger
    alike = [entry for entry in book.entries if same(entry.step, wish.step) and _one_id(entry, wish)]
    standing = [entry for entry in alike if not entry.ended]
    if standing:
        entry = next((e for e in standing if id(e) not in account.spoken_of), standing[0])
        account.spoken_of.add(id(entry))
        return Fate.UNCHANGED
    if alike and wish.action != "change":
        return Fate.UNCHANGED  # it came before, and has been cancelled or amended since
    target = _target(wish, account)
    if target is not None:
        findings = book.replace(target, _filled(target.step, wish.step), unreadable=wish.unreadable)
    elif wish.action == "change":
        wish.in_the_way = "There is no such movement to change: add it, or correct its id or time."
        return None
    else:
        findings = book.add(wish.step, wish.external_id, wish.unreadable)
    if findings:
        wish.in_the_way, wish.column = findings[0].message, findings[0].field or "event"
        return None
    account.spoken_of.add(id(book.entries[-1]))
    return Fate.APPLIED


def _cancel(wish: _Wish, account: _Account) -> Fate | None:
    book = account.ledger
    target = _target(wish, account)
    if target is None:
        gone = [
            e for e in book.entries if e.ended == "cancelled" and _one_id(e, wish) and _same_time(e, wish)
        ]
        if gone:
            return Fate.UNCHANGED
        wish.in_the_way = "There is no such movement to cancel: correct its id, event or time."
        return None
    findings = book.cancel([target], CANCELLED)
    if findings:
        wish.in_the_way = findings[0].message
        return None
    return Fate.APPLIED


def _target(wish: _Wish, account: _Account) -> Entry | None:
    """The current movement that a row means, if it means one: by id, else by event and time.

    There is one admission and one discharge to an account, so those are meant whatever their time, unless an
    admission turns a visit into a stay. What another row of the file speaks of is not meant, but by name.
    """
    current = account.ledger.current
    if wish.external_id:
        named = [entry for entry in current if entry.external_id == wish.external_id]
        if named:
            return named[0]
    free = [
        entry
        for entry in current
        if entry.step.event is wish.step.event
        and _one_id(entry, wish)
        and (wish.action in ("change", "cancel") or id(entry) not in account.spoken_of)
        and (not wish.step.seq or wish.step.seq == entry.step.seq)
    ]
    at_that_time = [entry for entry in free if entry.step.utc == wish.step.utc]
    if at_that_time:
        return at_that_time[0]
    if wish.action == "cancel" or wish.external_id:
        return None
    only = wish.step.event in (Event.ADMIT, Event.DISCHARGE)
    if wish.step.event is Event.ADMIT:
        free = [entry for entry in free if _inpatient(entry.step) == _inpatient(wish.step)]
    return free[0] if only and free else None


def _inpatient(step: Step) -> bool:
    return (step.patient_class or "I") == "I"


def _one_id(entry: Entry, wish: _Wish) -> bool:
    return not entry.external_id or not wish.external_id or entry.external_id == wish.external_id


def _same_time(entry: Entry, wish: _Wish) -> bool:
    return bool(wish.external_id) or (entry.step.event, entry.step.utc) == (wish.step.event, wish.step.utc)


def _filled(old: Step, new: Step) -> Step:
    """The new version of a movement: what it leaves blank is no change."""
    return new._replace(
        unit=new.unit or old.unit, service=new.service or old.service, bed=new.bed or old.bed,
        disposition=new.disposition or old.disposition, leave_type=new.leave_type or old.leave_type,
        seq=new.seq or old.seq,
    )  # fmt: skip


def _describe(account: _Account, source: Source, report: Report) -> bool:
    """Store what the rows say of the encounter; False when nothing of the account was taken."""
    wishes = [wish for wish in account.wishes if report.fates[wish.row.line] is not Fate.REFUSED]
    if not wishes:
        return False
    said: dict[str, tuple[str, Row]] = {}
    for wish in wishes:
        for ours, theirs in _OF_ENCOUNTER.items():
            if wish.row[ours]:
                said[theirs] = (wish.row[ours], wish.row)
        if wish.step.event is Event.ADMIT and wish.action != "cancel" and wish.row["newborn"]:
            said["newborn"] = (wish.row["newborn"], wish.row)
    new = not account.ledger.encounter_id
    fields = {name: value for name, (value, _) in said.items()}
    if new:
        admissions = [wish.step.patient_class for wish in wishes if wish.step.event is Event.ADMIT]
        account.ledger.patient_class = fields["class"] = next(iter(admissions), "I") or "I"
    if new or fields:
        applied = encounters.apply(account.number, account.patient_id, fields, source)
        account.ledger.encounter_id = applied.record_id
        if applied.changed:
            _count_changes(applied, said, report)
        if fields.get("newborn") in ("0", "1"):
            account.ledger.newborn = fields["newborn"] == "1"
    return True


def _count_changes(applied: Applied, said: Mapping[str, tuple[str, Row]], report: Report) -> None:
    """A row whose movement is unchanged has been applied all the same when it changed the encounter."""
    for name in applied.changed:
        if name in said:
            report.count(said[name][1], Fate.APPLIED)
    for finding in applied.findings:
        name = finding.field
        if name in said:
            report.warn(said[name][1], (finding,))
