"""Abstracts that came back, from the receiver or from billing: why, at which item, and until when it stands.

A reason stands as an error at its item until the item is changed, or until somebody says why it holds good as it
is. Table: ``abstract_return``.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from db import store
from db.abstracting import counts, lifecycle
from db.actors import Action, Actor
from db.acts import act, viewed
from db.changes import Source
from db.connect import database
from db.schema.abstract_cycle import AbstractReturn
from db.worklist import blind
from rules.dictionary import Record
from rules.feed_differences import items_of
from rules.findings import Finding, Level
from rules.identity import Name, shown_name
from rules.lifecycle import Act
from rules.moments import iso_date
from rules.text import clean

CHANGED: Final = "changed"


class Kind(StrEnum):
    """Who sent it back."""

    RECEIVER = "receiver"
    BILLING = "billing"


SHOWN: Final = {Kind.RECEIVER: "Rejected by the receiver", Kind.BILLING: "Returned by billing"}
CODES: Final = {Kind.RECEIVER: "REJ", Kind.BILLING: "BIL"}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an abstract came back. ``item`` is a path of the record, or blank when it is about the whole."""

    code: str
    message: str
    item: str = ""


@dataclass(frozen=True, slots=True)
class Return:
    """A reason that waits for an answer, with the account that it is about."""

    id: int
    case_id: int
    encounter_id: int
    account: str
    mrn: str
    patient_name: str
    kind: Kind
    code: str
    item: str
    value: str
    message: str
    day: int
    by: str

    @property
    def key(self) -> tuple[int, int]:
        return (self.day, self.id)


_SELECT: Final = (
    "SELECT r.id, r.case_id, e.id, e.account, p.mrn, p.last_name, p.first_name, p.middle_name, p.suffix, r.kind,"
    " r.code, r.item, r.value, r.message, r.day, r.by FROM abstract_return r JOIN data_case c ON c.id = r.case_id"
    " JOIN encounter e ON e.id = c.encounter_id JOIN patient p ON p.id = c.patient_id WHERE r.cleared_utc IS NULL"
)


def waiting(after: tuple[int, int] | None = None, limit: int = 50, *, user: str = "") -> list[Return]:
    """Reasons without an answer, oldest first; ``after`` is the ``key`` of the last one shown.

    What is said of an abstract that ``user`` has in hand for a blind review is withheld.
    """
    held = blind.in_hand(user)
    rows = database.execute_sql(
        f"{_SELECT} AND (r.day, r.id) > (?, ?) ORDER BY r.day, r.id LIMIT ?", (*(after or (0, 0)), limit)
    )
    found = [_read(row) for row in rows]
    return [
        replace(each, item="", value="", message=blind.WITHHELD) if each.case_id in held else each
        for each in found
    ]


def of_case(case_id: int) -> list[Return]:
    """The reasons that stand against one abstract, oldest first."""
    return [
        _read(row) for row in database.execute_sql(f"{_SELECT} AND r.case_id = ? ORDER BY r.id", (case_id,))
    ]


def _read(row: tuple[Any, ...]) -> Return:
    id_, case_id, encounter_id, account, mrn, last, first, middle, suffix, kind, *rest = row
    return Return(
        id_,
        case_id,
        encounter_id,
        account,
        mrn,
        shown_name(Name(last, first, middle, suffix)),
        Kind(kind),
        *rest,
    )


def findings(returns: Iterable[Return], record: Record) -> list[Finding]:
    """The reasons as findings: those about an item go when the item is changed."""
    return [
        Finding(
            Level.ERROR, each.code or CODES[each.kind],
            f"{SHOWN[each.kind]} {_day(each.day)}: {each.message} Change it, or say why it stands (CLEAR).", each.item,
        )
        for each in returns
        if not _changed(each, record)
    ]  # fmt: skip


def _day(day: int) -> str:
    text = iso_date(day)
    return f"{text[5:7]}/{text[8:10]}/{text[:4]}"


def _changed(each: Return, record: Record) -> bool:
    return bool(each.item) and _value(record, each.item) != each.value


def _value(record: Record, item: str) -> str:
    return record.get(item, "") or items_of(record).get(item, "")


def send_back(
    actor: Actor, case_id: int, kind: Kind, reasons: Iterable[Reason], record: Record, *,
    origin: str = "screen", transmission_id: int | None = None,
) -> None:  # fmt: skip
    """An abstract comes back, inside the caller's transaction: it opens again, its reasons stand at their items."""
    here, now, today = lifecycle.standing(case_id), int(time.time()), store.current().now().day
    told = [Reason(clean(each.code), _sentence(each.message), each.item) for each in reasons]
    for each in told:
        AbstractReturn.add({
            "case_id": case_id, "kind": kind, "code": each.code, "item": each.item,
            "value": _value(record, each.item) if each.item else "", "message": each.message,
            "revision": here.revision, "at_utc": now, "day": today, "by": actor.user, "origin": origin,
            "transmission_id": transmission_id,
        })  # fmt: skip
    said = " ".join(f"{each.code} {each.message}".strip() for each in told)
    deed = Act.REJECT if kind is Kind.RECEIVER else Act.RETURN
    lifecycle.follow(
        case_id, deed, f"{SHOWN[kind]}: {said}", Source(actor.user, origin), [each.item for each in told]
    )


def _sentence(text: str) -> str:
    text = clean(text.strip())
    return text if text.endswith((".", "!", "?")) else f"{text}." if text else "no reason was given."


def settle(case_id: int, record: Record, by: str) -> None:
    """An abstract was filed, inside the caller's transaction: reasons whose items were changed are answered."""
    for each in of_case(case_id):
        if _changed(each, record):
            _clear(each.id, by, CHANGED)


def give_up(case_id: int, by: str, because: str) -> None:
    """The abstract is void, inside the caller's transaction: nothing stands against it any more."""
    for each in of_case(case_id):
        _clear(each.id, by, because)


def clear(actor: Actor, case_id: int, because: str) -> int:
    """Say why what came back holds good as it is; returns how many reasons were answered: one audited act."""
    here = lifecycle.standing(case_id)
    with act(
        actor, Action.FILE_ABSTRACT, kind="account", record=here.number, patient_id=here.patient_id
    ) as done:
        if not because.strip():
            raise lifecycle.NotAllowed("Say why it stands: CLEAR and the reason.")
        if lifecycle.standing(case_id).status.value not in ("open", "complete"):
            raise lifecycle.NotAllowed("The abstract can only be read: reopen it first.")
        found = of_case(case_id)
        for each in found:
            _clear(each.id, actor.user, because)
        done.detail |= {"cleared": [each.message for each in found], "reason": because}
    return len(found)


def _clear(return_id: int, by: str, because: str) -> None:
    database.execute_sql(
        "UPDATE abstract_return SET cleared_utc = ?, cleared_by = ?, cleared_because = ? WHERE id = ?",
        (int(time.time()), by, because, return_id),
    )


def open_list(actor: Actor) -> None:
    """Log that the list of returned abstracts is shown."""
    viewed(actor, Action.VIEW_ABSTRACT, kind="list", record="returned", detail={"count": counts.returns()})
