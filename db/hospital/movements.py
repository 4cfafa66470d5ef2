"""Patient movements: only ever added; a cancelled or changed one stays, marked; the census follows at once.

Every function works inside the caller's transaction (an ``act`` or ``writing()``): it checks the whole path of
the account, stores the movement, rewrites the encounter and its segments, and brings the day summary along
(db/hospital/ledger.py, which also takes many movements at once).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from db.changes import Applied, Source, refusal
from db.connect import database
from db.hospital import site
from db.hospital.ledger import NEW, Entry, Ledger, load, save
from rules.census import LEAVE_TYPES, PATIENT_CLASSES, Event, Step, in_order
from rules.findings import Finding, Level
from rules.moments import Moment
from rules.text import clean


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement as it comes in. Unit and service are codes; unknown ones are created unconfirmed.

    Admit needs unit and service; transfer a unit (service blank: unchanged; the same unit with another bed is
    a bed change); service a service (unit blank: unchanged). They are ignored on leave, return and discharge.
    """

    event: Event
    at: Moment
    unit: str = ""
    service: str = ""
    bed: str = ""
    patient_class: str = ""  # on admit: I (blank), E, O, OBS; an I admit may follow a visit on one account
    disposition: str = ""  # on discharge: UB-04 status, one digit is padded
    leave_type: str = ""  # on leave: pass (blank), aa, ua, asih
    seq: int = 0  # order within one minute
    external_id: str = ""  # the sender's own id for this movement


SCREEN: Final = "screen"  # the origin of what people key
Known = dict[tuple[str, str], int]
"""Internal numbers of units and services by kind and code."""


@dataclass(frozen=True, slots=True)
class MovementRow:
    """A stored movement, as screens and feeds see it."""

    id: int
    event: Event
    at: str  # canonical local text
    at_utc: int
    day: int
    seq: int
    unit: str
    service: str
    bed: str
    patient_class: str
    disposition: str
    leave_type: str
    external_id: str
    state: str  # current, cancelled, superseded
    by: str
    origin: str
    recorded_utc: int
    ended_utc: int | None
    ended_by: str
    reason: str
    supersedes: int  # the movement in whose place it stands; 0: none


def step_of(movement: Movement, findings: list[Finding], known: Known | None = None) -> Step:
    """The movement with internal numbers; what was created or cannot be read is added to ``findings``.

    ``known`` keeps numbers looked up for the other movements of a transaction.
    """
    known = {} if known is None else known
    placed = movement.event in (Event.ADMIT, Event.TRANSFER, Event.SERVICE)
    if not placed and (movement.unit or movement.service):
        sentence = f"Unit and service say nothing on a {movement.event}: they were not used."
        findings.append(Finding(Level.WARNING, "M201", sentence, "unit"))
    return Step(
        movement.event, movement.at.utc, movement.at.offset, movement.at.day,
        _number("unit", movement.unit, findings, known) if placed else None,
        _number("service", movement.service, findings, known) if placed else None,
        clean(movement.bed.strip()) if placed else "",
        _patient_class(movement, findings),
        disposition(movement.disposition, findings) if movement.event is Event.DISCHARGE else "",
        _leave_type(movement, findings),
        movement.seq,
    )  # fmt: skip


def _number(kind: str, code: str, findings: list[Finding], known: Known) -> int | None:
    if not code.strip():
        return None
    if (kind, code) not in known:
        known[kind, code], new = site.number_or_new(kind, code)
        if new:
            findings.append(site.created(kind, code))
    return known[kind, code]


def _patient_class(movement: Movement, findings: list[Finding]) -> str:
    if movement.event is not Event.ADMIT:
        return ""
    chosen = movement.patient_class.strip().upper() or "I"
    if chosen in PATIENT_CLASSES:
        return chosen
    sentence = f"The class {clean(chosen)} is none of {', '.join(PATIENT_CLASSES)}: taken as I."
    findings.append(Finding(Level.WARNING, "M202", sentence, "class"))
    return "I"


def _leave_type(movement: Movement, findings: list[Finding]) -> str:
    if movement.event is not Event.LEAVE:
        return ""
    chosen = movement.leave_type.strip().lower() or "pass"
    if chosen in LEAVE_TYPES:
        return chosen
    sentence = f"The leave type {clean(chosen)} is none of {', '.join(LEAVE_TYPES)}: taken as pass."
    findings.append(Finding(Level.WARNING, "M203", sentence, "leave_type"))
    return "pass"


def disposition(text: str, findings: list[Finding]) -> str:
    """A UB-04 patient discharge status, one digit padded; anything else is kept as received, with a warning."""
    status = clean(text.strip())
    if status.isascii() and status.isdigit() and len(status) <= 2:
        return status.zfill(2)
    told = (
        "is missing: enter it" if not status else f"{status} is no two-digit UB-04 status: kept as received"
    )
    findings.append(Finding(Level.WARNING, "M204", f"The disposition {told}.", "disposition"))
    return status


def record(encounter_id: int, movement: Movement, source: Source) -> Applied:
    """Add a movement. ``record_id`` of the result is the movement.

    One that stands there just so is unchanged (``changed`` empty). Refused with the reason when the path of
    the account would become impossible: a second admission or discharge at another time is a ``change``.
    """
    return _recorded(encounter_id, [movement], source)


def record_leave(encounter_id: int, leave: Movement, back: Moment, source: Source) -> Applied:
    """Add a leave together with its return at ``back``: before a later movement neither can come without the other.

    As ``record``; ``changed`` is that of the leave, with ``back``.
    """
    return _recorded(encounter_id, [leave, Movement(Event.RETURN, back)], source)


def _recorded(encounter_id: int, wanted: Sequence[Movement], source: Source) -> Applied:
    ledger = _ledger(encounter_id)
    findings: list[Finding] = []
    steps = [step_of(movement, findings) for movement in wanted]
    standing = [next((entry for entry in ledger.current if same(entry.step, step)), None) for step in steps]
    fresh = [
        Entry(NEW, step, clean(movement.external_id))
        for movement, step, entry in zip(wanted, steps, standing, strict=True)
        if entry is None
    ]
    if not fresh:
        return Applied(standing[0].id if standing[0] else 0, tuple(findings))
    wrong = ledger.revise((), fresh)
    if wrong:
        return Applied(0, tuple(wrong))
    save([ledger], source)
    first, *others = fresh
    changed = shown_change(None, first.step)
    if others:
        changed["back"] = ("", others[0].step.local)
    return Applied(first.id, tuple(findings), changed, created=True)


def change(movement_id: int, movement: Movement, source: Source, reason: str = "") -> Applied:
    """Put another version in the place of a current movement; the old one stays as superseded.

    Somebody at a screen must say why; an import or a feed is told by its origin.
    """
    found = _unexplained(source, reason) or _find(movement_id)
    if isinstance(found, Applied):
        return found
    ledger, entry = found
    findings: list[Finding] = []
    step = step_of(movement, findings)
    if same(entry.step, step):
        return Applied(entry.id, tuple(findings))
    wrong = ledger.replace(entry, step, clean(reason))
    if wrong:
        return Applied(0, tuple(wrong))
    save([ledger], source)
    return Applied(ledger.entries[-1].id, tuple(findings), shown_change(entry.step, step))


def cancel(movement_id: int, source: Source, reason: str = "") -> Applied:
    """Cancel a movement. Refused when what remains would be impossible (cancel later ones first) or not explained."""
    found = _unexplained(source, reason) or _find(movement_id)
    if isinstance(found, Applied):
        return found
    return _cancelled(found[0], [found[1]], source, reason)


def cancel_leave(movement_id: int, source: Source, reason: str = "") -> Applied:
    """Cancel a leave together with its return, given either: the patient was never away."""
    found = _unexplained(source, reason) or _find(movement_id)
    if isinstance(found, Applied):
        return found
    ledger, entry = found
    both = ledger.whole_leave(entry)
    if not both:
        return refusal("M114", "This is no leave with a return: cancel the movement alone.")
    left, back = both
    applied = _cancelled(ledger, [back, left], source, reason)
    return replace(applied, changed={**applied.changed, "back": (back.step.local, "")})


def cancel_latest(encounter_id: int, event: Event, source: Source, reason: str = "") -> Applied:
    """Cancel the latest current movement of a kind: A11, A12, A13, A52, A53 name no more than that."""
    ledger = _ledger(encounter_id)
    entry = ledger.latest(event)
    if entry is None:
        return refusal("M107", f"The account has no {event} that could be cancelled.")
    return _cancelled(ledger, [entry], source, reason)


def cancel_all(encounter_id: int, source: Source, reason: str = "") -> Applied:
    """Cancel every movement of an account: the admission never was; the encounter becomes cancelled."""
    ledger = _ledger(encounter_id)
    if not ledger.current:
        return refusal("M107", "The account has no movement that could be cancelled.")
    return _cancelled(ledger, ledger.current, source, reason)


def _cancelled(ledger: Ledger, entries: Sequence[Entry], source: Source, reason: str) -> Applied:
    wrong = ledger.cancel(entries, clean(reason))
    if wrong:
        return Applied(0, tuple(wrong))
    save([ledger], source)
    changed = {"state": ("current", "cancelled")}
    for entry in entries:
        changed |= shown_change(entry.step, None)
    return Applied(entries[-1].id, (), changed)


def same(stored: Step, step: Step) -> bool:
    """Whether a movement says nothing new: what it leaves blank is no change."""
    return (stored.event, stored.utc) == (step.event, step.utc) and all(
        new in (None, "", 0, old)
        for old, new in (
            (stored.unit, step.unit),
            (stored.service, step.service),
            (stored.bed, step.bed),
            (stored.patient_class, step.patient_class),
            (stored.disposition, step.disposition),
            (stored.leave_type, step.leave_type),
            (stored.seq, step.seq),
        )
    )


def shown_change(before: Step | None, after: Step | None) -> dict[str, tuple[str, str]]:
    """What differs between two versions of a movement, old and new, as text."""
    old, new = _shown(before), _shown(after)
    return {name: (old[name], new[name]) for name in old if old[name] != new[name]}


def _shown(step: Step | None) -> dict[str, str]:
    names = ("event", "at", "unit", "service", "bed", "class", "disposition", "leave_type", "seq")
    if step is None:
        return dict.fromkeys(names, "")
    units, services = site.codes("unit"), site.codes("service")
    values = (
        str(step.event), step.local, units.get(step.unit or 0, ""), services.get(step.service or 0, ""), step.bed,
        step.patient_class, step.disposition, step.leave_type, str(step.seq or ""),
    )  # fmt: skip
    return dict(zip(names, values, strict=True))


def _ledger(encounter_id: int) -> Ledger:
    return load((encounter_id,))[encounter_id]


def _unexplained(source: Source, reason: str) -> Applied | None:
    """The refusal of a correction at a screen that says nothing of why: closed months name it with its reason."""
    if source.origin != SCREEN or clean(reason).strip():
        return None
    return refusal("M116", "The reason is missing: say why the movement is corrected.", "reason")


def _find(movement_id: int) -> tuple[Ledger, Entry] | Applied:
    row = database.execute_sql("SELECT encounter_id FROM movement WHERE id = ?", (movement_id,)).fetchone()
    if row is None:
        return refusal("M108", "There is no such movement.")
    ledger = _ledger(int(row[0]))
    entry = next(entry for entry in ledger.entries if entry.id == movement_id)
    if entry.ended:
        return refusal("M109", f"The movement has been {entry.ended} already: look at the account again.")
    return ledger, entry


_ROWS: Final = (
    "SELECT m.id, m.event, m.at_utc, m.at_offset, m.day, m.seq, coalesce(u.code, ''), coalesce(s.code, ''), m.bed,"
    " m.class, m.disposition, m.leave_type, m.external_id, m.state, m.by, m.origin, m.recorded_utc, m.ended_utc,"
    " m.ended_by, m.reason, coalesce(m.supersedes_id, 0), m.unit_id, m.service_id, m.place FROM movement m"
    " LEFT JOIN unit u ON u.id = m.unit_id LEFT JOIN service s ON s.id = m.service_id WHERE m.encounter_id = ?"
)


def of_encounter(encounter_id: int, *, every: bool = False) -> list[MovementRow]:
    """The current movements of an account in order; ``every``: cancelled and superseded ones too."""
    found: list[tuple[Step, MovementRow]] = []
    for row in database.execute_sql(_ROWS + ("" if every else " AND m.state = 'current'"), (encounter_id,)):
        id_, event, utc, offset, day, seq, *rest, unit_id, service_id, place = row
        step = Step(Event(event), utc, offset, day, unit_id, service_id, seq=seq, place=place)
        found.append((step, MovementRow(id_, step.event, step.local, utc, day, seq, *rest)))
    order = {step: position for position, step in enumerate(in_order(step for step, _ in found))}
    return [row for _, row in sorted(found, key=lambda pair: (order[pair[0]], pair[1].id))]


def latest(encounter_id: int, event: Event | None = None) -> MovementRow | None:
    """The last current movement, or the last of a kind."""
    rows = [row for row in of_encounter(encounter_id) if event in (None, row.event)]
    return rows[-1] if rows else None
