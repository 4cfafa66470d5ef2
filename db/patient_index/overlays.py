"""Amendments that look as if a chart was taken for somebody else's: kept with before and after, and undone as a whole.

A feed that sends another person's registration under a number in use, or a clerk who amends the wrong chart, mixes
two people; the chart itself does not show it any more.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from db import acts
from db.actors import Action, Actor
from db.changes import Source
from db.connect import database
from db.patient_index import match_people
from rules.matching import match, replaced

ITEMS: Final = tuple(item for item in match_people.ITEMS if item != "mrn")


@dataclass(frozen=True, slots=True)
class Overlay:
    """An amendment to be looked at."""

    id: int
    patient_id: int
    mrn: str
    at_utc: int
    by: str
    origin: str
    score: float
    before: Mapping[str, str]
    after: Mapping[str, str]
    settled_by: str
    outcome: str


def likely(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """Whether a registration was changed so much that it is another person's."""
    return replaced(match_people.person(1, before), match_people.person(2, after))


def note(
    patient_id: int, before: Mapping[str, str], after: Mapping[str, str], names: str, source: Source
) -> bool:
    """Keep an amendment that looks like an overlay, inside the caller's transaction; ``names`` are other names before.

    An amendment whose outcome is known (it was an undoing) is not looked at.
    """
    if not before.get("last_name") or ", undone" in source.origin or not likely(before, after):
        return False
    one, other = match_people.person(1, before), match_people.person(2, after)
    score = match(one, other, match_people.model((one, other))).score
    changed = [item for item in before if item in after and before[item] != after[item]]
    old, new = ({item: values[item] for item in changed} for values in (before, after))
    database.execute_sql(
        "INSERT INTO overlay (patient_id, at_utc, by, origin, score_hundredths, before, after)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            patient_id, int(time.time()), source.by, source.origin, round(score * 100),
            json.dumps(old | {"aliases": names}), json.dumps(new),
        ),
    )  # fmt: skip
    return True


_SELECT: Final = (
    "SELECT o.id, o.patient_id, p.mrn, o.at_utc, o.by, o.origin, o.score_hundredths, o.before, o.after, o.settled_by,"
    " o.outcome FROM overlay o JOIN patient p ON p.id = o.patient_id"
)


def _read(sql: str, *values: int) -> list[Overlay]:
    return [
        Overlay(
            id_,
            patient,
            mrn,
            at,
            by,
            origin,
            score / 100,
            json.loads(before),
            json.loads(after),
            settled,
            outcome,
        )
        for id_, patient, mrn, at, by, origin, score, before, after, settled, outcome in database.execute_sql(
            sql, values
        )
    ]


def waiting(actor: Actor, after: int = 0, limit: int = 50) -> list[Overlay]:
    """Amendments that nobody has looked at, oldest first."""
    acts.permit(actor, Action.REVIEW_DUPLICATE, kind="overlays")
    return _read(f"{_SELECT} WHERE o.settled_utc IS NULL AND o.id > ? ORDER BY o.id LIMIT ?", after, limit)


def read(overlay_id: int) -> Overlay | None:
    """One of them, settled or not."""
    return next(iter(_read(f"{_SELECT} WHERE o.id = ?", overlay_id)), None)


def of_patient(patient_id: int) -> bool:
    """Whether an amendment of this chart waits to be looked at."""
    row = database.execute_sql(
        "SELECT 1 FROM overlay WHERE patient_id = ? AND settled_utc IS NULL LIMIT 1", (patient_id,)
    ).fetchone()
    return row is not None
