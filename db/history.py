"""Who changed which item of a record from what to what: from its filings, or from the amendments kept beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from db.connect import database
from db.hospital import movements
from db.hospital.movements import MovementRow
from db.registry import cases

STATUS: Final = "status of the record"
MOVEMENT_ITEMS: Final = ("at", "unit", "service", "bed", "disposition", "leave_type")


@dataclass(frozen=True, slots=True)
class Change:
    """One item that one filing changed. ``why`` is the reason given, or where the change came from."""

    at_utc: int
    by: str
    item: str  # its path in the record
    old: str
    new: str
    why: str


def of_case(case_id: int) -> list[Change]:
    """The history of a record of a data set, newest first."""
    filings = [*cases.revisions(case_id), cases.Revision(0, 0, "", "", "", {})]
    return [
        Change(after.filed_utc, after.by, path, old.get(path, ""), new.get(path, ""), after.reason)
        for after, before in pairwise(filings)
        for old, new in (({**before.record, STATUS: before.status}, {**after.record, STATUS: after.status}),)
        for path in sorted({*old, *new})
        if old.get(path, "") != new.get(path, "")
    ]


def of_account(encounter_id: int) -> list[Change]:
    """The history of an account and of its movements, newest first."""
    rows = movements.of_encounter(encounter_id, every=True)
    changes = [*of_amendments("encounter", encounter_id), *_of_movements(rows)]
    return sorted(changes, key=lambda change: -change.at_utc)


def _of_movements(rows: Sequence[MovementRow]) -> Iterator[Change]:
    """What became of each movement: recorded, put in the place of another, cancelled."""
    replaced = {row.id: row for row in rows if row.state == "superseded"}
    for row in rows:
        before = replaced.get(row.supersedes)
        for name in MOVEMENT_ITEMS:
            old, new = getattr(before, name, ""), getattr(row, name)
            if old != new:
                why = before.reason if before else row.origin
                yield Change(row.recorded_utc, row.by, f"{row.event} {name}", old, new, why)
        if row.state == "cancelled" and row.ended_utc is not None:
            yield Change(
                row.ended_utc, row.ended_by, f"{row.event} {row.at}", "current", "cancelled", row.reason
            )


def of_amendments(kind: str, record_id: int) -> list[Change]:
    """The history of a hospital record, a request or a row of a site file, newest first."""
    rows = database.execute_sql(
        "SELECT at_utc, by, field, old, new, origin FROM amendment WHERE kind = ? AND record_id = ?"
        " ORDER BY id DESC",
        (kind, record_id),
    )
    return [Change(*row) for row in rows]
