"""Events of encounters that statistics count; a changed one keeps its history in the amendments."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from db.abstracting import late_changes
from db.changes import Applied, Source, note_amendments, refusal
from db.connect import database
from db.schema.hospital import Event
from rules.events import EVENT_KINDS, NO_ACCOUNT, Detail, detail
from rules.findings import Finding, Level
from rules.moments import Moment
from rules.text import clean


@dataclass(frozen=True, slots=True)
class EventRow:
    """A stored event."""

    id: int
    kind: str
    at: str  # canonical local text
    day: int
    detail: str
    unreadable: bool


def apply(
    encounter_id: int, patient_id: int, kind: str, at: Moment, text: str, source: Source,
    taken: frozenset[int] = frozenset(),
) -> Applied:  # fmt: skip
    """Add an event of an account, inside the caller's transaction; ``encounter_id`` is 0 where there is none.

    One that stands there just so is unchanged. Another detail of the same kind and minute is an amendment,
    unless the stored event is among ``taken``: those that other rows of the same file speak of. A detail that
    cannot be read is kept as received and flagged.
    """
    kind = kind.strip().lower()
    if kind not in EVENT_KINDS:
        return refusal(
            "V101", f"{clean(kind)} is no kind of event: use one of {', '.join(EVENT_KINDS)}.", "kind"
        )
    said = detail(kind, clean(text))
    if not encounter_id and not (kind == "autopsy" and said.text in NO_ACCOUNT):
        return refusal(
            "V102", f"The {kind.replace('_', ' ')} needs the account that it belongs to.", "account"
        )
    findings = _findings(encounter_id, kind, said, at)
    stored = list(
        database.execute_sql(
            "SELECT id, detail, unreadable <> '' FROM event WHERE encounter_id IS ? AND patient_id IS ?"
            " AND kind = ? AND at_utc = ? AND state = 'current' ORDER BY id",
            (encounter_id or None, patient_id or None, kind, at.utc),
        )
    )
    free = [row for row in stored if row[0] not in taken]
    for id_, held, _ in free or stored:
        if held == said.text:
            return Applied(id_, findings)
    columns = {
        "detail": said.text, "weeks": said.weeks, "grams": said.grams,
        "unreadable": json.dumps({"detail": text}) if said.unreadable else "",
    }  # fmt: skip
    if free:
        id_, held, _ = free[0]
        Event.change(id_, columns)
        changed = {"detail": (str(held), said.text)}
        note_amendments("event", id_, changed, source)
        _late(encounter_id, source)
        return Applied(id_, findings, changed)
    event_id = Event.add({
        "encounter_id": encounter_id or None, "patient_id": patient_id or None, "kind": kind, "at_utc": at.utc,
        "at_offset": at.offset, "day": at.day, **columns, "recorded_utc": int(time.time()), "by": source.by,
        "origin": source.origin,
    })  # fmt: skip
    _late(encounter_id, source)
    return Applied(event_id, findings, {"kind": ("", kind), "at": ("", at.local)}, created=True)


def void(event_id: int, source: Source) -> Applied:
    """The event never was; it stays, marked."""
    if not Event.change(event_id, {"state": "void"}, only_if={"state": "current"}):
        return refusal("V103", "There is no such event, or it has been taken back already.")
    changed = {"state": ("current", "void")}
    note_amendments("event", event_id, changed, source)
    row = Event.row(event_id)
    _late((row["encounter_id"] or 0) if row else 0, source)
    return Applied(event_id, (), changed)


def _late(encounter_id: int, source: Source) -> None:
    """An abstract that is filed tells of consultations, autopsies and such: compare it."""
    if encounter_id:
        late_changes.of_encounters((encounter_id,), source)


def of_encounter(encounter_id: int) -> list[EventRow]:
    """The events of an account in order of time."""
    rows = database.execute_sql(
        "SELECT id, kind, at_utc, at_offset, day, detail, unreadable <> '' FROM event"
        " WHERE encounter_id = ? AND state = 'current' ORDER BY at_utc, id",
        (encounter_id,),
    )
    return [
        EventRow(id_, kind, Moment(utc, offset, day).local, day, text, bool(flagged))
        for id_, kind, utc, offset, day, text, flagged in rows
    ]


def _findings(encounter_id: int, kind: str, said: Detail, at: Moment) -> tuple[Finding, ...]:
    found = []
    rule = EVENT_KINDS[kind]
    if said.unreadable:
        wanted = ", ".join(word for word in rule.details if word) or "nothing"
        sentence = f"The detail of a {kind.replace('_', ' ')} can be {wanted}: it was kept as received."
        found.append(Finding(Level.WARNING, "V201", sentence, "detail"))
    if encounter_id and _outside(encounter_id, at.day, rule.after_discharge):
        sentence = f"The {kind.replace('_', ' ')} lies outside of the stay: check its time."
        found.append(Finding(Level.WARNING, "V202", sentence, "at"))
    return tuple(found)


def _outside(encounter_id: int, day: int, after_discharge: bool) -> bool:
    begun, ended = database.execute_sql(
        "SELECT coalesce(arrived_day, admit_day), discharge_day FROM encounter WHERE id = ?", (encounter_id,)
    ).fetchone()
    if begun is not None and day < begun:
        return True
    return not after_discharge and ended is not None and day > ended
