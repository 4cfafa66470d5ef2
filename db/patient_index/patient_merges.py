"""Merging at a screen: what it will do is shown first, it is done or undone in one act, and the file room is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from db import acts
from db.actors import Action, Actor
from db.changes import Applied, Source, refusal
from db.connect import database
from db.patient_index import duplicates, merging, patients
from rules.text import clean

NAMES: Final = {
    "encounter": "account", "patient_identifier": "number", "patient_alias": "other name", "data_case": "record",
    "event": "event", "request": "request", "received_message": "message", "privacy_alert": "alert",
    "document_note": "document", "user_patient": "mark of a user's own chart", "feed_disagreement": "disagreement",
    "sensitive_patient": "mark of a sensitive chart",
}  # fmt: skip
"""What the rows of a table that move with a chart are called, one of them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a merge would do."""

    survivor: Mapping[str, str]
    loser: Mapping[str, str]
    moves: tuple[str, ...]  # how many of what
    notes: tuple[str, ...]  # what is to be known before it is done
    versions: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge that was made."""

    id: int
    survivor_id: int
    loser_id: int
    survivor: str  # MRN
    loser: str
    name: str
    at_utc: int
    by: str
    undone_utc: int | None
    undone_by: str
    snapshot: Mapping[str, Any] = field(repr=False)

    @property
    def reason(self) -> str:
        """Why the two were one person, and why they were not."""
        said = (self.snapshot.get("because", ""), self.snapshot.get("undone_because", ""))
        return " / undone: ".join(filter(None, said))


def how_many(table: str, count: int) -> str:
    """``2 accounts``: what moves with a chart, in words."""
    one, of, whose = NAMES.get(table, f"{table.replace('_', ' ')} row").partition(" of ")
    return f"{count} {one}{'' if count == 1 else 's'}{of}{whose}"


def plan(survivor_id: int, loser_id: int) -> Plan:
    """What would move, and what people should know before they say yes."""
    moves: list[str] = []
    for table, column, _ in merging.references("patient"):
        if table in merging.OF_THE_CHART | merging.WRITTEN_ONCE or table == "patient":
            continue
        row = database.execute_sql(f"SELECT count(*) FROM {table} WHERE {column} = ?", (loser_id,)).fetchone()
        if row[0]:
            moves.append(how_many(table, row[0]))
    survivor, loser = patients.get(survivor_id), patients.get(loser_id)
    notes = [
        sentence.format(survivor["mrn"])
        for table, sentence in merging.ONE_EACH.items()
        if all(
            database.execute_sql(f"SELECT 1 FROM {table} WHERE patient_id = ?", (id_,)).fetchone()
            for id_ in (survivor_id, loser_id)
        )
    ]
    filled = [name.replace("_", " ") for name in merging.FILLED_PATIENT if not survivor[name] and loser[name]]
    if filled:
        notes.append(f"{survivor['mrn']} gets what it has not: {', '.join(filled)}.")
    if _in_house(survivor_id) and _in_house(loser_id):
        notes.append("Both have a stay in the house now: look at the movements after the merge.")
    if any(
        database.execute_sql("SELECT 1 FROM release WHERE patient_id = ? LIMIT 1", (id_,)).fetchone()
        for id_ in (loser_id,)
    ):
        notes.append("Releases stay under the number they were made for, and are listed under both.")
    versions = (int(survivor["version"]), int(loser["version"]))
    return Plan(survivor, loser, tuple(moves), tuple(notes), versions)


def _in_house(patient_id: int) -> bool:
    row = database.execute_sql(
        "SELECT 1 FROM encounter WHERE patient_id = ? AND class = 'I' AND state = 'active'"
        " AND admit_day IS NOT NULL AND discharge_day IS NULL",
        (patient_id,),
    ).fetchone()
    return row is not None


def survivor_of(one_id: int, other_id: int) -> int:
    """The chart that is usually kept: the one with more accounts, else the older one."""

    def weight(id_: int) -> tuple[int, int]:
        row = database.execute_sql("SELECT count(*) FROM encounter WHERE patient_id = ?", (id_,)).fetchone()
        return (-int(row[0]), id_)

    return min(one_id, other_id, key=weight)


def merge(actor: Actor, survivor_id: int, loser_id: int, reason: str, versions: tuple[int, int]) -> Applied:
    """Put two charts together: one audited act. ``record_id`` of the result is the merge.

    ``versions`` are those of survivor and loser that were looked at. Raises ``Conflict``.
    """
    if not reason.strip():
        return refusal("P111", "Say why they are one person: the reason is kept with the merge.", "reason")
    survivor, loser = patients.get(survivor_id), patients.get(loser_id)
    with acts.act(
        actor, Action.MERGE_PATIENT, kind="patient", record=survivor["mrn"], patient_id=survivor_id
    ) as done:
        now = tuple(int(patients.get(id_)["version"]) for id_ in (survivor_id, loser_id))
        if now != versions:
            raise acts.Conflict(
                "One of the charts was changed by somebody else meanwhile: look at them again."
            )
        applied = patients.merge(survivor_id, loser_id, Source(actor.user, "screen"))
        if applied.refused:
            done.detail["refused"] = applied.reason
            return applied
        _say_why(applied.record_id, "because", reason)
        done.detail |= {"merged": loser["mrn"], "merge": applied.record_id, "reason": clean(reason.strip())}
    return applied


def undo(actor: Actor, merge_id: int, reason: str) -> Applied:
    """Take two charts apart again: one audited act."""
    if not reason.strip():
        return refusal("P111", "Say why they are two people: the reason is kept.", "reason")
    found = read(merge_id)
    if found is None:
        return refusal("P107", "There is no such merge.")
    with acts.act(
        actor, Action.MERGE_PATIENT, kind="patient", record=found.survivor, patient_id=found.survivor_id
    ) as done:
        applied = patients.undo_merge(merge_id, Source(actor.user, "screen"))
        if not applied.refused:
            _say_why(merge_id, "undone_because", reason)
        done.detail |= {"undone": found.loser, "merge": merge_id, "reason": clean(reason.strip())}
        if applied.refused:
            done.detail["refused"] = applied.reason
    if not applied.refused:
        duplicates.decide(actor, found.survivor_id, found.loser_id, "NOT", reason)
    return applied


def _say_why(merge_id: int, item: str, reason: str) -> None:
    """Keep the reason with the merge; one that the feed made has none."""
    database.execute_sql(
        "UPDATE merge SET snapshot = json_set(snapshot, ?, ?) WHERE id = ?",
        (f"$.{item}", clean(reason.strip()), merge_id),
    )


_SELECT: Final = (
    "SELECT m.id, m.survivor_id, m.loser_id, s.mrn, l.mrn, s.last_name || ',' || s.first_name, m.at_utc, m.by,"
    " m.undone_utc, m.undone_by, m.snapshot FROM merge m JOIN patient s ON s.id = m.survivor_id"
    " JOIN patient l ON l.id = m.loser_id WHERE m.kind = 'patient'"
)


def read(merge_id: int) -> Merged | None:
    """A merge of two charts, None when there is none of this number."""
    return next(iter(_read(f"{_SELECT} AND m.id = ?", (merge_id,))), None)


def merges(before: int | None = None, limit: int = 50) -> list[Merged]:
    """Merges of charts, newest first, undone ones too."""
    return _read(f"{_SELECT} AND m.id < ? ORDER BY m.id DESC LIMIT ?", (before or 2**62, limit))


def _read(sql: str, values: tuple[Any, ...]) -> list[Merged]:
    return [_merged(*row) for row in database.execute_sql(sql, values)]


def _merged(*row: Any) -> Merged:
    *told, snapshot = row
    fields = dict(zip(Merged.__slots__, (*told, json.loads(snapshot)), strict=True))
    return Merged(**fields)
