"""Batches of abstracts for the receiver: what was sent is kept line by line, and can be written again byte for byte.

Tables: ``abstract_transmission`` and ``abstract_sent``. A batch is begun, filled in slices, closed with its counts;
one that was broken off is closed by writing it again.
"""

from __future__ import annotations

import hashlib
import json
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from db import store
from db.abstracting import lifecycle
from db.abstracting.abstracts import AbstractRecord
from db.abstracting.lifecycle import NotAllowed
from db.actors import Action, Actor
from db.acts import act, viewed
from db.changes import Source
from db.connect import database
from db.schema.abstract_cycle import AbstractTransmission
from rules.layouts import Layout, Line
from rules.lifecycle import Act
from rules.moments import iso_date, moment_at

ACCEPTED, REJECTED = "accepted", "rejected"
BY_DISCHARGE, BY_RELEASE = "discharged", "released"


@dataclass(frozen=True, slots=True)
class Transmission:
    """A batch. ``counts`` are lines by type of record; ``closed`` is False while it is being made."""

    id: int
    layout: str
    layout_version: str
    chosen_by: str
    from_day: int
    to_day: int
    newline: str
    records: int
    counts: Mapping[str, int]
    bytes: int
    sha256: str
    made_utc: int
    made_by: str
    closed: bool
    accepted: int
    rejected: int

    @property
    def unanswered(self) -> int:
        return self.records - self.accepted - self.rejected

    @property
    def made_at(self) -> str:
        """Local moment."""
        return moment_at(self.made_utc, store.current().zone).local

    @property
    def name(self) -> str:
        """The name of its file, which tells nothing about patients."""
        return f"abstracts-{self.id:06d}-{self.layout}"


@dataclass(frozen=True, slots=True)
class Sent:
    """One abstract in a batch."""

    transmission_id: int
    seq: int
    case_id: int
    encounter_id: int
    account: str
    revision: int
    correction: bool
    outcome: str
    status: str  # of the abstract now


_COLUMNS: Final = (
    "id, layout, layout_version, chosen_by, from_day, to_day, newline, records, counts, bytes, sha256, made_utc,"
    " made_by, closed_utc, accepted, rejected"
)


def get(transmission_id: int) -> Transmission:
    """A batch by its number. Raises ``NotAllowed`` when there is none."""
    row = database.execute_sql(
        f"SELECT {_COLUMNS} FROM abstract_transmission WHERE id = ?", (transmission_id,)
    ).fetchone()
    if row is None:
        raise NotAllowed(f"There is no batch {transmission_id}.")
    return _read(row)


def listing(after: int | None = None, limit: int = 50) -> list[Transmission]:
    """Batches, newest first; ``after`` is the number of the last one shown."""
    rows = database.execute_sql(
        f"SELECT {_COLUMNS} FROM abstract_transmission WHERE id < ? ORDER BY id DESC LIMIT ?",
        (after or 2**62, limit),
    )
    return [_read(row) for row in rows]


def _read(row: Sequence[Any]) -> Transmission:
    (
        id_,
        layout,
        version,
        chosen_by,
        from_day,
        to_day,
        newline,
        records,
        counts,
        size,
        sha256,
        utc,
        by,
        closed,
        *rest,
    ) = row
    return Transmission(
        id_, layout, version, chosen_by, from_day, to_day, newline, records, json.loads(counts), size, sha256, utc, by,
        closed is not None, *rest,
    )  # fmt: skip


def open_list(actor: Actor) -> None:
    """Log that the list of batches is shown."""
    viewed(actor, Action.TRANSMIT_ABSTRACT, kind="list", record="batches")


def sent(transmission_id: int, after: int = 0, limit: int = 50) -> list[Sent]:
    """The abstracts of a batch in their order; ``after`` is the ``seq`` of the last one shown."""
    rows = database.execute_sql(
        "SELECT s.transmission_id, s.seq, s.case_id, c.encounter_id, s.account, s.revision, s.correction, s.outcome,"
        " c.status FROM abstract_sent s JOIN data_case c ON c.id = s.case_id"
        " WHERE s.transmission_id = ? AND s.seq > ? ORDER BY s.seq LIMIT ?",
        (transmission_id, after, limit),
    )
    return [_sent(row) for row in rows]


def sent_of(transmission_id: int, account: str) -> Sent | None:
    """An abstract of a batch by the account it was sent under."""
    row = database.execute_sql(
        "SELECT s.transmission_id, s.seq, s.case_id, c.encounter_id, s.account, s.revision, s.correction, s.outcome,"
        " c.status FROM abstract_sent s JOIN data_case c ON c.id = s.case_id"
        " WHERE s.transmission_id = ? AND s.account = ?",
        (transmission_id, account),
    ).fetchone()
    return _sent(row) if row else None


def _sent(row: Sequence[Any]) -> Sent:
    batch, seq, case_id, encounter_id, account, revision, correction, outcome, status = row
    return Sent(batch, seq, case_id, encounter_id, account, revision, bool(correction), outcome, status)


# Making a batch -------------------------------------------------------------------------------------------


def begin(actor: Actor, layout: Layout, chosen_by: str, from_day: int, to_day: int) -> int:
    """Begin a batch: one audited act; returns its number. Raises ``NotPermitted``."""
    with act(actor, Action.TRANSMIT_ABSTRACT, kind="batch") as done:
        number = AbstractTransmission.add({
            "layout": layout.id, "layout_version": layout.version, "chosen_by": chosen_by, "from_day": from_day,
            "to_day": to_day, "newline": layout.newline, "made_utc": int(time.time()), "made_by": actor.user,
        })  # fmt: skip
        done.record = str(number)
        done.detail |= {
            "layout": layout.id, "version": layout.version, "by": chosen_by, "from": iso_date(from_day),
            "to": iso_date(to_day),
        }  # fmt: skip
    return number


def add(actor: Actor, transmission_id: int, seq: int, opened: AbstractRecord, lines: Sequence[Line]) -> None:
    """Put a released abstract into a batch, inside the caller's transaction. Raises ``NotAllowed``."""
    case = opened.case
    if case is None:
        raise NotAllowed("The abstract is not filed yet.")
    here = lifecycle.standing(case.id)
    if here.revision != case.revision:
        raise NotAllowed("It was filed anew while the batch was made.")
    to = lifecycle.asked(here, Act.TRANSMIT, actor.roles)
    before = database.execute_sql(
        "SELECT 1 FROM abstract_sent WHERE case_id = ? LIMIT 1", (case.id,)
    ).fetchone()
    text = json.dumps([[line.type, line.text] for line in lines])
    database.execute_sql(
        "INSERT INTO abstract_sent (transmission_id, seq, case_id, revision, account, correction, lines)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (transmission_id, seq, case.id, case.revision, opened.encounter.account, before is not None,
         zlib.compress(text.encode())),
    )  # fmt: skip
    source = Source(actor.user, f"batch {transmission_id}")
    lifecycle.take(here, Act.TRANSMIT, to, "", source, transmission_id=transmission_id)


def fail(actor: Actor, opened: AbstractRecord, reason: str, items: Sequence[str]) -> None:
    """Open an abstract again that cannot be sent, inside the caller's transaction."""
    if opened.case is not None:
        here = lifecycle.standing(opened.case.id)
        to = lifecycle.asked(here, Act.FAIL, actor.roles, reason=reason)
        lifecycle.take(here, Act.FAIL, to, reason, Source(actor.user), items=items)


def close(actor: Actor, transmission_id: int, types: Sequence[str]) -> Transmission:
    """Add a batch up and close it: one audited act."""
    with act(actor, Action.TRANSMIT_ABSTRACT, kind="batch", record=str(transmission_id)) as done:
        made = get(transmission_id)
        counts, records, size, digest = dict.fromkeys(types, 0), 0, 0, hashlib.sha256()
        for lines in _lines(transmission_id):
            records += 1
            for line in lines:
                counts[line.type] = counts.get(line.type, 0) + 1
                data = (line.text + made.newline).encode("ascii")
                digest.update(data)
                size += len(data)
        database.execute_sql(
            "UPDATE abstract_transmission SET records = ?, counts = ?, bytes = ?, sha256 = ?, closed_utc = ?"
            " WHERE id = ?",
            (records, json.dumps(counts), size, digest.hexdigest(), int(time.time()), transmission_id),
        )
        done.detail |= {"records": records, "lines": counts, "bytes": size, "sha256": digest.hexdigest()}
    return get(transmission_id)


def file_of(transmission_id: int) -> bytes:
    """The file of a batch, the same bytes whenever it is asked for. Raises ``NotAllowed`` if they were changed."""
    made = get(transmission_id)
    text = "".join(line.text + made.newline for lines in _lines(transmission_id) for line in lines)
    data = text.encode("ascii")
    if made.closed and hashlib.sha256(data).hexdigest() != made.sha256:
        raise NotAllowed(
            f"The lines of batch {transmission_id} are not what was sent: tell the security officer."
        )
    return data


def _lines(transmission_id: int) -> Iterator[list[Line]]:
    rows = database.execute_sql(
        "SELECT lines FROM abstract_sent WHERE transmission_id = ? ORDER BY seq", (transmission_id,)
    )
    for (packed,) in rows:
        yield [Line(type_, text) for type_, text in json.loads(zlib.decompress(packed))]


def note_written(actor: Actor, made: Transmission, file: str) -> None:
    """Log that the file of a batch leaves the store. Raises ``NotPermitted``."""
    viewed(
        actor, Action.TRANSMIT_ABSTRACT, kind="batch", record=str(made.id),
        detail={"file": file, "records": made.records, "bytes": made.bytes, "sha256": made.sha256},
    )  # fmt: skip


# What the receiver answers --------------------------------------------------------------------------------


def note_outcome(found: Sent, outcome: str) -> None:
    """Mark an abstract of a batch accepted or rejected, inside the caller's transaction."""
    database.execute_sql(
        "UPDATE abstract_sent SET outcome = ?, outcome_utc = ? WHERE transmission_id = ? AND seq = ?",
        (outcome, int(time.time()), found.transmission_id, found.seq),
    )
    database.execute_sql(
        "UPDATE abstract_transmission SET"
        " accepted = (SELECT count(*) FROM abstract_sent WHERE transmission_id = ? AND outcome = 'accepted'),"
        " rejected = (SELECT count(*) FROM abstract_sent WHERE transmission_id = ? AND outcome = 'rejected')"
        " WHERE id = ?",
        (found.transmission_id,) * 3,
    )


def last_batch_of(case_id: int) -> int:
    """The batch that an abstract was sent in last, or 0."""
    row = database.execute_sql(
        "SELECT max(transmission_id) FROM abstract_sent WHERE case_id = ?", (case_id,)
    ).fetchone()
    return int(row[0] or 0)
