"""The log of messages received, the hold queue, feed disagreements and announced documents.

A message is known by sender, control id and content: control ids are used again in practice, so that the same
id with other content is another message. What was received is kept as it was; only its outcome changes.
"""

from __future__ import annotations

import hashlib
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from db import store
from db.actors import Action, Actor
from db.acts import Conflict, act, viewed
from db.connect import database
from db.schema.intake import DocumentNote as StoredNote
from db.schema.intake import ReceivedMessage
from db.schema.store import ImportBatch, RefusedRow
from rules.moments import moment_at

PAGE: Final = 50


class Outcome(StrEnum):
    """What became of a message; the first six are the counts of an import."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"  # received before; nothing is stored again
    NOT_USED = "not used"
    REFUSED = "refused"  # no HL7 message at all
    HELD = "held"
    DISMISSED = "dismissed"  # held, and a person decided that it is not to be applied
    MENDED = "mended"  # held, and its mended text was applied in its place


@dataclass(frozen=True, slots=True)
class Received:
    """A message as it came: who sent it under which number, what it is, and its text."""

    application: str
    facility: str
    control_id: str
    kind: str
    event: str
    mrn: str
    account: str
    text: str

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.text.encode()).digest()


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a message and why. ``waits_for`` is the ``account:``, ``order:`` or ``mrn:`` it needs first."""

    outcome: Outcome
    reason: str = ""
    waits_for: str = ""
    warnings: tuple[str, ...] = ()
    patient_id: int | None = None
    encounter_id: int | None = None


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """A line of the hold queue."""

    id: int
    received: str  # local moment
    application: str
    facility: str
    control_id: str
    event: str  # ADT^A01
    mrn: str
    account: str
    reason: str
    outcome: Outcome
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A value that the feed gives otherwise than the record."""

    id: int
    opened: str  # local moment
    account: str
    mrn: str
    name: str
    item: str
    ours: str
    theirs: str
    times: int


@dataclass(frozen=True, slots=True)
class DocumentNote:
    """A document that a feed announced."""

    event: str
    document_type: str
    document_number: str
    parent_number: str
    originator: str
    written_at: str
    completion: str


# Inside the caller's transaction -------------------------------------------------------------------------


def find_content(received: Received) -> tuple[int, Outcome] | None:
    """The message of the same sender, control id and content that came before."""
    row = database.execute_sql(
        "SELECT id, outcome FROM received_message"
        " WHERE control_id = ? AND application = ? AND facility = ? AND sha256 = ?",
        (received.control_id, received.application, received.facility, received.sha256),
    ).fetchone()
    return (int(row[0]), Outcome(row[1])) if row else None


def control_id_used(received: Received) -> bool:
    """Whether the sender has used this control id before, for other content."""
    return bool(received.control_id) and (
        database.execute_sql(
            "SELECT 1 FROM received_message WHERE control_id = ? AND application = ? AND facility = ? LIMIT 1",
            (received.control_id, received.application, received.facility),
        ).fetchone()
        is not None
    )


def add_message(batch_id: int, received: Received, *, mends_id: int | None = None) -> int:
    """Log a message before anything is done with it; ``settle`` says afterwards what became of it."""
    return ReceivedMessage.add({
        "batch_id": batch_id, "received_utc": int(time.time()), "application": received.application,
        "facility": received.facility, "control_id": received.control_id, "sha256": received.sha256,
        "kind": received.kind, "event": received.event, "mrn": received.mrn, "account": received.account,
        "outcome": str(Outcome.HELD), "mends_id": mends_id, "text": zlib.compress(received.text.encode(), 1),
    })  # fmt: skip


def settle(message_id: int, settled: Settled, by: str) -> None:
    """Say what became of a message."""
    ReceivedMessage.change(message_id, {
        "outcome": str(settled.outcome), "reason": settled.reason, "waits_for": settled.waits_for,
        "warnings": "\n".join(settled.warnings), "patient_id": settled.patient_id,
        "encounter_id": settled.encounter_id, "settled_utc": int(time.time()), "settled_by": by,
    })  # fmt: skip


def waiting_for(key: str) -> list[tuple[int, str]]:
    """Held messages, as id and text, that wait for an ``account:`` or ``mrn:``, in order of arrival."""
    rows = database.execute_sql(
        "SELECT id, text FROM received_message"
        " WHERE outcome = 'held' AND waits_for <> '' AND waits_for = ? ORDER BY id",
        (key,),
    )
    return [(int(id_), _text(text)) for id_, text in rows]


def held_text(message_id: int) -> tuple[str, int]:
    """Text and batch of a message that is held. Raises ``Conflict`` when it no longer is."""
    row = database.execute_sql(
        "SELECT text, batch_id FROM received_message WHERE id = ? AND outcome = 'held'", (message_id,)
    ).fetchone()
    if row is None:
        raise Conflict("The message is no longer held: somebody else applied, mended or dismissed it.")
    return _text(row[0]), int(row[1])


def outcome_of(message_id: int) -> Outcome:
    """What has become of a message by now."""
    row = database.execute_sql("SELECT outcome FROM received_message WHERE id = ?", (message_id,)).fetchone()
    return Outcome(row[0])


def held_after(after: int, limit: int) -> list[tuple[int, str]]:
    """Held messages after one, as id and text, in order of arrival."""
    rows = database.execute_sql(
        "SELECT id, text FROM received_message WHERE outcome = 'held' AND id > ? ORDER BY id LIMIT ?",
        (after, limit),
    )
    return [(int(id_), _text(text)) for id_, text in rows]


def mark_mended(message_id: int, by: str) -> None:
    """Another message with the mended text stands in the place of this one."""
    mended = {
        "outcome": str(Outcome.MENDED),
        "waits_for": "",
        "settled_utc": int(time.time()),
        "settled_by": by,
    }
    ReceivedMessage.change(message_id, mended)


def disagree(
    message_id: int, account: str, patient_id: int | None, item: str, ours: str, theirs: str
) -> None:
    """Open an item with both values, or bring the open one of this account and item up to date."""
    database.execute_sql(
        "INSERT INTO feed_disagreement (message_id, account, patient_id, item, ours, theirs, opened_utc)"
        " VALUES (?,?,?,?,?,?,?) ON CONFLICT (account, item) WHERE resolved_utc IS NULL DO UPDATE SET"
        " message_id = excluded.message_id, ours = excluded.ours, theirs = excluded.theirs, times = times + 1",
        (message_id, account, patient_id, item, ours, theirs, int(time.time())),
    )


def agree(account: str, items: Sequence[str], why: str, by: str) -> None:
    """Close the open items of an account in which feed and record now say the same."""
    marks = ",".join("?" * len(items))
    database.execute_sql(
        "UPDATE feed_disagreement SET resolution = ?, resolved_utc = ?, resolved_by = ?"
        f" WHERE resolved_utc IS NULL AND account = ? AND item IN ({marks})",
        (why, int(time.time()), by, account, *items),
    )


def note_document(
    message_id: int, mrn: str, account: str, patient_id: int | None, encounter_id: int | None,
    note: DocumentNote,
) -> None:  # fmt: skip
    """Note a document that was announced; its patient or account may not be known yet."""
    StoredNote.add({
        "message_id": message_id, "event": note.event, "mrn": mrn, "account": account, "patient_id": patient_id,
        "encounter_id": encounter_id, "document_type": note.document_type, "document_number": note.document_number,
        "parent_number": note.parent_number, "originator": note.originator, "written_at": note.written_at,
        "completion": note.completion, "noted_utc": int(time.time()),
    })  # fmt: skip


def open_batch(actor: Actor, kind: str, source: str) -> int:
    """Begin a run of an import or feed."""
    return ImportBatch.add({
        "kind": kind, "source": source, "sha256": "", "started_utc": int(time.time()), "user": actor.user,
    })  # fmt: skip


def refuse(batch_id: int, line: int, reason: str, raw_text: str) -> None:
    """Keep what is no message with the reason; the same text is kept once."""
    known = database.execute_sql(
        "SELECT 1 FROM refused_row JOIN import_batch b ON b.id = batch_id WHERE b.kind = 'hl7'"
        " AND raw_text = ? LIMIT 1",
        (raw_text,),
    ).fetchone()
    if known is None:
        RefusedRow.add({"batch_id": batch_id, "line": line, "reason": reason, "raw_text": raw_text})


# The hold queue and the disagreements, as a technician works them -----------------------------------------


def held_messages(actor: Actor, *, after: int = 0, limit: int = PAGE) -> list[HeldMessage]:
    """A page of the hold queue, oldest first, from the message after ``after``."""
    found = [
        _held(row)
        for row in database.execute_sql(
            f"SELECT {_HELD} FROM received_message WHERE outcome = 'held' AND id > ? ORDER BY id LIMIT ?",
            (after, limit),
        )
    ]
    _viewed_list(actor, "hold queue", [row.id for row in found])
    return found


def held_message(actor: Actor, message_id: int) -> tuple[HeldMessage, str]:
    """One message of the log and its text, a segment to the line. Raises ``Conflict`` when there is none."""
    row = database.execute_sql(
        f"SELECT {_HELD}, patient_id, text FROM received_message WHERE id = ?", (message_id,)
    ).fetchone()
    if row is None:
        raise Conflict("There is no such message.")
    shown = _held(row)
    viewed(actor, Action.VIEW_HOLD_QUEUE, kind="message", record=shown.control_id, patient_id=row[11])
    return shown, _text(row[12]).replace("\r", "\n")


def dismiss(actor: Actor, message_id: int, reason: str) -> None:
    """Take a message out of the queue without applying it. Raises ``Conflict``, ``NotPermitted``."""
    if not reason.strip():
        raise Conflict("Say why the message is not to be applied.")
    with act(actor, Action.MEND_HOLD_QUEUE, kind="message") as done:
        held_text(message_id)
        row = database.execute_sql(
            "UPDATE received_message SET outcome = 'dismissed', settled_utc = ?, settled_by = ?, waits_for = '',"
            " reason = reason || ' Dismissed: ' || ? WHERE id = ? RETURNING control_id",
            (int(time.time()), actor.user, reason.strip(), message_id),
        ).fetchone()
        done.record = row[0]
        done.changed({"outcome": "held"}, {"outcome": "dismissed", "reason": reason.strip()})


def disagreements(actor: Actor, *, after: int = 0, limit: int = PAGE) -> list[Disagreement]:
    """A page of the open disagreements, oldest first, from the one after ``after``."""
    rows = database.execute_sql(
        "SELECT d.id, opened_utc, account, coalesce(p.mrn, ''), coalesce(p.last_name || ', ' || p.first_name, ''),"
        " item, ours, theirs, times FROM feed_disagreement d LEFT JOIN patient p ON p.id = d.patient_id"
        " WHERE resolved_utc IS NULL AND d.id > ? ORDER BY d.id LIMIT ?",
        (after, limit),
    )
    found = [Disagreement(int(id_), _local(opened), *rest) for id_, opened, *rest in rows]
    _viewed_list(actor, "feed disagreements", [row.id for row in found])
    return found


def open_disagreements(account: str) -> list[tuple[str, str, str]]:
    """Item, our value and the feed's of what disagrees about an account, for a record that is being viewed."""
    return list(
        database.execute_sql(
            "SELECT item, ours, theirs FROM feed_disagreement WHERE resolved_utc IS NULL AND account = ? ORDER BY id",
            (account,),
        )
    )


def resolve(actor: Actor, disagreement_id: int, resolution: str) -> None:
    """Close a disagreement with what was decided; the record itself is amended on its own screen.

    Raises ``Conflict`` when somebody else closed it or nothing is said, and ``NotPermitted``.
    """
    if not resolution.strip():
        raise Conflict("Say what was decided.")
    with act(actor, Action.MEND_HOLD_QUEUE, kind="account") as done:
        row = database.execute_sql(
            "UPDATE feed_disagreement SET resolution = ?, resolved_utc = ?, resolved_by = ?"
            " WHERE id = ? AND resolved_utc IS NULL RETURNING account, patient_id, item, ours, theirs",
            (resolution.strip(), int(time.time()), actor.user, disagreement_id),
        ).fetchone()
        if row is None:
            raise Conflict("The item is no longer open: somebody else closed it.")
        done.record, done.patient_id = row[0], row[1]
        done.detail |= {"item": row[2], "ours": row[3], "theirs": row[4], "resolution": resolution.strip()}


def documents(actor: Actor, account: str) -> list[DocumentNote]:
    """The documents announced for an account, in order of arrival."""
    viewed(actor, Action.VIEW_ENCOUNTER, kind="account", record=account)
    rows = database.execute_sql(
        "SELECT event, document_type, document_number, parent_number, originator, written_at, completion"
        " FROM document_note WHERE account = ? ORDER BY id",
        (account,),
    )
    return [DocumentNote(*row) for row in rows]


_HELD: Final = (
    "id, received_utc, application, facility, control_id, kind || '^' || event, mrn, account, reason, outcome,"
    " warnings"
)


def _held(row: Sequence[object]) -> HeldMessage:
    id_, received, application, facility, control_id, event, mrn, account, reason, outcome, warnings, *_ = row
    return HeldMessage(
        int(str(id_)), _local(int(str(received))), str(application), str(facility), str(control_id), str(event),
        str(mrn), str(account), str(reason), Outcome(str(outcome)), tuple(str(warnings).splitlines()),
    )  # fmt: skip


def _viewed_list(actor: Actor, record: str, ids: list[int]) -> None:
    digest = hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()
    viewed(
        actor, Action.VIEW_HOLD_QUEUE, kind="list", record=record, detail={"count": len(ids), "ids": digest}
    )


def _local(utc: int) -> str:
    return moment_at(utc, store.current().zone).local


def _text(kept: bytes) -> str:
    return zlib.decompress(kept).decode()
