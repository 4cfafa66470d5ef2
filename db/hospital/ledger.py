"""The ledger of an account's movements: each act checks the whole path first; saving keeps the census in step.

The table ``movement`` is only added to; of a stored row nothing but its state ever changes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from db.abstracting import late_changes
from db.changes import Source, note_amendments
from db.connect import database
from db.hospital import stays
from db.statistics import census_state, summary
from rules.census import Event, Step, in_order
from rules.findings import Finding, Level
from rules.paths import impossible, not_gone

NEW: Final = 0  # the id of a movement that is not stored yet


@dataclass(slots=True)
class Entry:
    """A movement in a ledger: ``id`` is ``NEW`` until saved; ``ended`` is the state of one that is over."""

    id: int
    step: Step
    external_id: str = ""
    ended: str = ""  # cancelled, superseded
    reason: str = ""
    supersedes: Entry | None = None
    unreadable: dict[str, str] = field(default_factory=dict)
    touched: bool = False  # new, or ended since it was read


@dataclass(slots=True)
class Ledger:
    """All movements of one account, to be added to, changed and cancelled, and then saved.

    Each act first checks the path that would come of it, and leaves everything as it was when that is
    impossible.
    """

    encounter_id: int
    newborn: bool
    patient_class: str  # of the encounter as it stands
    merged: bool = False  # into another account, which has the movements from then on
    entries: list[Entry] = field(default_factory=list)

    @property
    def current(self) -> list[Entry]:
        return [entry for entry in self.entries if not entry.ended]

    @property
    def touched(self) -> bool:
        return any(entry.touched for entry in self.entries)

    def add(
        self, step: Step, external_id: str = "", unreadable: dict[str, str] | None = None
    ) -> list[Finding]:
        """One more movement, unless that makes the path impossible."""
        return self.revise((), [Entry(NEW, step, external_id, unreadable=unreadable or {})])

    def replace(
        self, entry: Entry, step: Step, reason: str = "", unreadable: dict[str, str] | None = None
    ) -> list[Finding]:
        """Another version of a current movement."""
        step = step._replace(place=entry.step.place)
        others = (other.step for other in self.current if other is not entry)
        wrong = impossible([*others, step]) or not_gone([step])
        if not wrong:
            later = Entry(
                NEW, step, entry.external_id, supersedes=entry, unreadable=unreadable or {}, touched=True
            )
            self._end(entry, "superseded", reason)
            self.entries.append(later)
        return wrong

    def cancel(self, entries: Sequence[Entry], reason: str = "") -> list[Finding]:
        """Movements that never were."""
        return self.revise(entries, (), reason)

    def revise(self, cancelled: Sequence[Entry], added: Sequence[Entry], reason: str = "") -> list[Finding]:
        """Cancel some movements and add others at once: what is possible only when all of it is done."""
        if added and self.merged:
            sentence = "The account has been merged into another one: open it again and enter it there."
            return [Finding(Level.FATAL, "M113", sentence)]
        doomed = {id(entry) for entry in cancelled}
        place = self._next_place()
        steps = [entry.step._replace(place=place + number) for number, entry in enumerate(added)]
        kept = [entry.step for entry in self.current if id(entry) not in doomed]
        wrong = impossible([*kept, *steps]) or not_gone(steps)
        if not wrong:
            for entry in cancelled:
                self._end(entry, "cancelled", reason)
            for entry, step in zip(added, steps, strict=True):
                entry.step, entry.touched = step, True
            self.entries.extend(added)
        return wrong

    def latest(self, event: Event | None = None) -> Entry | None:
        """The last current movement, or the last of a kind."""
        by_step = {entry.step: entry for entry in self.current}
        path = [step for step in in_order(by_step) if event in (None, step.event)]
        return by_step[path[-1]] if path else None

    def whole_leave(self, entry: Entry) -> list[Entry]:
        """A leave and the return that ends it, whichever of the two is given; empty when there is only one."""
        by_step = {each.step: each for each in self.current}
        path = in_order(by_step)
        for left, back in pairwise(path):  # nothing lies between them
            if left.event is Event.LEAVE and back.event is Event.RETURN and entry.step in (left, back):
                return [by_step[left], by_step[back]]
        return []

    def _end(self, entry: Entry, state: str, reason: str) -> None:
        entry.ended, entry.reason, entry.touched = state, reason, True

    def _next_place(self) -> int:
        return max((entry.step.place for entry in self.entries), default=0) + 1


def load(encounter_ids: Sequence[int]) -> dict[int, Ledger]:
    """The ledgers of these accounts, ended movements too."""
    chosen = f"({stays.marks(encounter_ids)})"
    ledgers = {
        id_: Ledger(id_, bool(newborn), class_, bool(merged))
        for id_, newborn, class_, merged in database.execute_sql(
            f"SELECT id, newborn, class, state = 'merged' FROM encounter WHERE id IN {chosen}",
            tuple(encounter_ids),
        )
    }
    rows = database.execute_sql(
        "SELECT encounter_id, id, external_id, state, reason, event, at_utc, at_offset, day, unit_id, service_id,"
        " bed, class, disposition, leave_type, seq, place FROM movement"
        f" WHERE encounter_id IN {chosen} ORDER BY id",
        tuple(encounter_ids),
    )
    for encounter, id_, external_id, state, reason, event, *rest in rows:
        ended = "" if state == "current" else state
        entry = Entry(id_, Step(Event(event), *rest), external_id, ended, reason)
        ledgers[encounter].entries.append(entry)
    return ledgers


def save(ledgers: Iterable[Ledger], source: Source, *, late: bool = True) -> None:
    """Store what was done to ledgers, with the stays and the day summary that follow.

    ``late``: abstracts that this touches are compared at once; a merge does so when it has moved everything.
    """
    touched = [ledger for ledger in ledgers if ledger.touched]
    if not touched:
        return
    ids = tuple(ledger.encounter_id for ledger in touched)
    before, left = stays.counted(ids), _left(ids)
    _store(touched, source)
    derive = stays.deriver()
    after = {
        ledger.encounter_id: derive([entry.step for entry in ledger.current], ledger.newborn)
        for ledger in touched
    }
    for ledger in touched:
        stay = after[ledger.encounter_id]
        if stay is not None and stay.patient_class != ledger.patient_class:
            turned = {"class": (ledger.patient_class, stay.patient_class)}
            note_amendments("encounter", ledger.encounter_id, turned, source)
            ledger.patient_class = stay.patient_class
    stays.write(after)
    left ^= {
        (id_, stay.discharged.day, stay.discharged.disposition)
        for id_, stay in after.items()
        if stay and stay.discharged
    }
    for _, day, _ in left:  # where they went is signed with the month, and counted in no day
        census_state.closed_days_changed(day - 1, day)
    summary.adjust(before.values(), (stay.counted for stay in after.values() if stay and stay.pieces))
    if late:
        late_changes.of_encounters(ids, source)


def _left(encounter_ids: Sequence[int]) -> set[tuple[int, int, str]]:
    """Day and disposition of those of these accounts that have ended."""
    rows = database.execute_sql(
        "SELECT id, discharge_day, disposition FROM encounter WHERE discharge_day IS NOT NULL"
        f" AND id IN ({stays.marks(encounter_ids)})",
        tuple(encounter_ids),
    )
    return set(rows.fetchall())


def _store(ledgers: Sequence[Ledger], source: Source) -> None:
    now = int(time.time())
    last_id = int(database.execute_sql("SELECT coalesce(max(id), 0) FROM movement").fetchone()[0])
    fresh, ended = [], []
    for ledger in ledgers:
        for entry in ledger.entries:
            if not entry.touched:
                continue
            entry.touched = False
            if entry.id == NEW:
                last_id += 1
                entry.id = last_id
                fresh.append(_row(ledger.encounter_id, entry, now, source))
            elif entry.ended:
                ended.append((entry.ended, now, source.by, entry.reason, entry.id))
    connection = database.connection()
    connection.executemany(f"INSERT INTO movement VALUES ({stays.marks(range(24))})", fresh)
    connection.executemany(
        "UPDATE movement SET state = ?, ended_utc = ?, ended_by = ?, reason = ? WHERE id = ?", ended
    )


def _row(encounter_id: int, entry: Entry, now: int, source: Source) -> tuple[object, ...]:
    step, over = entry.step, bool(entry.ended)
    return (
        entry.id, encounter_id, str(step.event), step.utc, step.offset, step.day, step.seq, step.place, step.unit,
        step.service, step.bed, step.patient_class, step.disposition, step.leave_type, entry.external_id,
        json.dumps(entry.unreadable) if entry.unreadable else "", now, source.by, source.origin,
        entry.ended or "current", entry.supersedes.id if entry.supersedes else None, now if over else None,
        source.by if over else "", entry.reason,
    )  # fmt: skip
