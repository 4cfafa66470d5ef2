"""Requests for information: filed whole, moved by the table of steps, due by the earliest clock of the law.

Events are written once: re-sending a copy or billing again never moves the day of the first complete answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from db import store
from db.actors import Action, Actor
from db.acts import Conflict, act, permit, viewed
from db.changes import Source, note_amendments
from db.connect import database
from db.disclosure.disclosure_law import (
    Event,
    check_entitlement,
    clock_start,
    decide_values,
    due,
    extensible,
    law,
    not_allowed,
)
from db.patient_index import patients
from db.schema.disclosure import NO_DUE_DAY, RequestEvent
from db.schema.disclosure import Request as StoredRequest
from rules.disclosure import OPEN, STEPS, Status, Step, next_status, permitted_steps
from rules.entitlement import Decision
from rules.moments import Moment, day_number, iso_date
from rules.values import is_date

TEXTS: Final = (
    "requester_name", "requester_kind", "requester_address", "authority", "purpose", "parts", "service_from",
    "service_to", "received_on", "received_by_method", "authorization_signed_on", "authorization_expires_on",
    "identity_verified", "note",
)  # fmt: skip
NUMBERS: Final = ("pages", "fee_cents")
DERIVED: Final = frozenset({"request_number", "status", "due_on", "mrn", "patient_name"})
ORDERS: Final = {"due": "r.due_day", "received": "r.received_day", "number": "r.id"}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it stands. ``values`` is the record as it was filed, with what is derived beside it."""

    id: int
    number: str
    patient_id: int
    status: Status
    due_on: str  # blank: no clock sets a day, or it stands still
    due_clock: str
    version: int
    dictionary: str
    values: Mapping[str, str]
    events: tuple[Event, ...]

    @property
    def steps(self) -> list[Step]:
        """Steps that can be keyed now."""
        return [step for step in permitted_steps(self.status) if not step.by_release]


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request in a list. ``key`` continues the list behind it."""

    number: str
    patient_id: int
    mrn: str
    patient_name: str
    requester_name: str
    requester_kind: str
    purpose: str
    received_on: str
    due_on: str
    status: str
    key: tuple[int, int]


def file_request(
    actor: Actor, patient_id: int, values: Mapping[str, str], expected_version: int = 0, *, number: str = "",
    dictionary: str = "", reason: str = "",
) -> str:  # fmt: skip
    """File a new request, or amend the one with ``number``; returns its number.

    ``values`` are canonical; items without a column are kept in its JSON document. ``expected_version`` is
    that of the request amended, ``reason`` why its last filing is undone.
    Raises ``NotPermitted``, ``NotAllowed`` and ``Conflict``.
    """
    columns, document = _split(values)
    with act(actor, Action.FILE_REQUEST, kind="request", record=number, patient_id=patient_id) as done:
        now = store.current().now()
        _check_receipt(columns["received_on"], iso_date(now.day))
        _check_chart(patient_id)
        before = read(number) if number else None
        if before is None:
            number = _insert(columns, document, dictionary, patient_id, actor, now)
        else:
            _amend(before, columns, document, dictionary or before.dictionary, patient_id, expected_version,
                   actor, now, reason)  # fmt: skip
        _settle(number)
        done.record, after = number, read(number)
        done.changed(before.values if before else {}, after.values)
        if reason:
            done.detail["reason"] = reason
    return number


def was_amended(request: Request) -> bool:
    """Whether the last thing done to a request was to amend it, not a step."""
    row = database.execute_sql(
        "SELECT max(CAST(substr(origin, 9) AS INTEGER)) FROM amendment WHERE kind = 'request' AND record_id = ?",
        (request.id,),
    ).fetchone()
    return bool(row[0] == request.version - 1)


def values_at(request: Request, version: int) -> dict[str, str]:
    """What a request said in an earlier version: the amendments made from that one on, taken back."""
    rows = database.execute_sql(
        "SELECT field, old FROM amendment WHERE kind = 'request' AND record_id = ?"
        " AND CAST(substr(origin, 9) AS INTEGER) >= ? ORDER BY id DESC",
        (request.id, version),
    )
    return {**request.values, **dict(rows)}


def open_request(actor: Actor, number: str) -> Request:
    """A request, logged as seen. Raises ``NotAllowed`` when there is none."""
    permit(actor, Action.VIEW_REQUEST, kind="request", record=number)
    found = read(number)
    viewed(actor, Action.VIEW_REQUEST, kind="request", record=number, patient_id=found.patient_id)
    return found


def list_requests(
    actor: Actor, *, patient_id: int | None = None, statuses: Collection[str] = (), open_only: bool = False,
    due_by: str = "", order: str = "due", newest_first: bool = False, after: tuple[int, int] | None = None,
    limit: int = 50,
) -> list[RequestRow]:  # fmt: skip
    """Requests in the order of ``ORDERS``, behind the ``key`` of the last one shown; logged as one list."""
    permit(actor, Action.VIEW_REQUEST, kind="list", record="requests")
    column, than = ORDERS[order], "<" if newest_first else ">"
    family = patients.family(patient_id) if patient_id is not None else ()
    filters = {
        "r.is_open = 1": () if open_only else None,
        f"r.status IN ({_marks(statuses)})": tuple(statuses) or None,
        f"r.patient_id IN ({_marks(family)})": family or None,
        "r.due_day <= ?": (day_number(due_by),) if due_by else None,
        f"({column}, r.id) {than} (?, ?)": after,
    }
    asked = {text: given for text, given in filters.items() if given is not None}
    direction = "DESC" if newest_first else "ASC"
    rows = database.execute_sql(
        "SELECT r.number, r.patient_id, p.mrn, p.last_name || ',' || p.first_name, r.requester_name,"
        f" r.requester_kind, r.purpose, r.received_on, r.due_day, r.status, {column}, r.id"
        " FROM request r JOIN patient p ON p.id = r.patient_id"
        f" WHERE {' AND '.join(asked) or '1 = 1'} ORDER BY {column} {direction}, r.id {direction} LIMIT ?",
        (*(value for given in asked.values() for value in given), limit),
    )
    found = [
        RequestRow(
            number, patient, mrn, name, requester, kind, purpose, received, _due_text(due), status, (at, id_)
        )
        for number, patient, mrn, name, requester, kind, purpose, received, due, status, at, id_ in rows
    ]
    log_list(actor, Action.VIEW_REQUEST, "requests", patient_id, [row.number for row in found])
    return found


def step(
    actor: Actor, number: str, word: str, expected_version: int, *, reason: str = "", day: str = ""
) -> Request:
    """Take a step of ``rules.disclosure.STEPS`` and return the request after it.

    ``reason`` of a denial begins with a code of table ``denial_reasons``. Raises ``NotPermitted``,
    ``NotAllowed`` and ``Conflict``.
    """
    asked = STEPS.get(word)
    action = Action.CLEAR_REQUEST_HOLD if asked and asked.clearance else Action.FILE_REQUEST
    with act(actor, action, kind="request", record=number) as done:
        before, now = read(number), store.current().now()
        day = day or iso_date(now.day)
        done.patient_id = before.patient_id
        if asked is None or asked.by_release:
            raise not_allowed(
                "RQ201", f"{word or 'Nothing'} is no step that can be keyed: choose from the list."
            )
        _check_step(before, asked, reason, day, iso_date(now.day))
        _check_chart(before.patient_id)
        if word == "APPROVE":
            check_entitlement(actor, decision_of(before, day), reason)
        after = move(before, word, expected_version, actor, now, day=day, reason=reason)
        done.detail |= {"step": word, "reason": reason, "from": before.status, "to": after.status}
    return after


def decision_of(request: Request, day: str = "", **released: str) -> Decision:
    """What the entitlement table says to a request on an ISO day (today when blank).

    ``released`` may name the ``parts``, ``purpose``, ``authority`` and ``medium`` of a release in hand.
    """
    values = {**request.values, **{name: text for name, text in released.items() if text}}
    return decide_values(values, request.patient_id, day or iso_date(store.current().now().day))


def move(
    before: Request,
    word: str,
    expected_version: int,
    actor: Actor,
    now: Moment,
    *,
    day: str,
    reason: str = "",
) -> Request:
    """Change the status by a step of the table and note the event, inside the caller's act."""
    status = next_status(before.status, word)
    if status is None:
        raise not_allowed("RQ202", f"{word} cannot follow {before.status}: choose from the list of steps.")
    _changed(before, expected_version, actor, now, status=str(status), is_open=int(status in OPEN))
    note_event(before.id, word, day_number(day), actor, now, status, reason)
    if status is Status.COMPLETE and not any(event.kind == "FIRST_COMPLETE" for event in before.events):
        note_event(before.id, "FIRST_COMPLETE", day_number(day), actor, now, status)
    _settle(before.number)
    return read(before.number)


def read(number: str) -> Request:
    """A request with its events, unlogged: for acts that log themselves."""
    names = ("id", "patient_id", "status", "due_day", "due_clock", "version", "dictionary", "document")
    columns = ", ".join(f"r.{name}" for name in (*names, *TEXTS, *NUMBERS))
    row = database.execute_sql(
        f"SELECT {columns}, p.mrn, p.last_name || ',' || p.first_name"
        " FROM request r JOIN patient p ON p.id = r.patient_id WHERE r.number = ?",
        (number,),
    ).fetchone()
    if row is None:
        raise not_allowed("RQ101", f"There is no request {number}: look it up by patient or in the list.")
    head, texts, numbers = row[:8], row[8 : 8 + len(TEXTS)], row[8 + len(TEXTS) : -2]
    values: dict[str, str] = json.loads(head[7])
    values |= {name: text for name, text in zip(TEXTS, texts, strict=True) if text}
    values |= {name: str(value) for name, value in zip(NUMBERS, numbers, strict=True) if value is not None}
    due_on = _due_text(head[3])
    values |= {"request_number": number, "status": head[2], "mrn": row[-2], "patient_name": row[-1]}
    values |= {"due_on": due_on} if due_on else {}
    events = database.execute_sql(
        "SELECT kind, day, by, reason, status FROM request_event WHERE request_id = ? ORDER BY id", (head[0],)
    )
    return Request(
        head[0], number, head[1], Status(head[2]), due_on, head[4], head[5], head[6], values,
        tuple(Event(kind, iso_date(day), by, reason, status) for kind, day, by, reason, status in events),
    )  # fmt: skip


def note_event(
    request_id: int, kind: str, day: int, actor: Actor, now: Moment, status: str, reason: str = ""
) -> None:
    """Write an event, inside the caller's act."""
    RequestEvent.add({
        "request_id": request_id, "kind": kind, "day": day, "at_utc": now.utc, "by": actor.user, "reason": reason,
        "status": status,
    })  # fmt: skip


def log_list(
    actor: Actor, action: Action, name: str, patient_id: int | None, shown: Iterable[str], **query: str
) -> None:
    """Log that a list is shown: what was asked, how many rows, and a hash of their numbers."""
    numbers = list(shown)
    digest = hashlib.sha256(" ".join(numbers).encode()).hexdigest()[:16]
    detail = {**query, "count": len(numbers), "ids": digest}
    viewed(actor, action, kind="list", record=name, patient_id=patient_id, detail=detail)


def _split(values: Mapping[str, str]) -> tuple[dict[str, str | int | None], dict[str, str]]:
    """Columns, and what has none; a number that cannot be read stays in the document as it was keyed."""
    columns: dict[str, str | int | None] = {name: values.get(name, "") for name in TEXTS}
    document = {n: v for n, v in sorted(values.items()) if v and n not in columns and n not in DERIVED}
    for name in NUMBERS:
        text = document.get(name, "")
        readable = text.isascii() and text.isdecimal() and len(text) < 10 and str(int(text)) == text
        columns[name] = int(document.pop(name)) if readable else None
    return columns, document


def _check_receipt(received_on: str | int | None, today: str) -> None:
    if not isinstance(received_on, str) or not is_date(received_on):
        raise not_allowed("RQ102", "Enter the day of receipt: every clock starts there.", "received_on")
    if received_on > today:
        raise not_allowed("RQ103", "The day of receipt cannot lie ahead.", "received_on")


def _check_chart(patient_id: int) -> None:
    if why := patients.get(patient_id)["void"]:
        raise not_allowed(
            "RQ106", f"This chart was registered in error ({why}): file its patient again first.", "mrn"
        )


def _insert(
    columns: Mapping[str, str | int | None], document: Mapping[str, str], dictionary: str, patient_id: int,
    actor: Actor, now: Moment,
) -> str:  # fmt: skip
    number = f"R{store.next_number('request'):06d}"
    received = day_number(str(columns["received_on"]))
    request_id = StoredRequest.add({
        **columns, "number": number, "patient_id": patient_id, "document": _json(document),
        "dictionary": dictionary, "status": str(Status.RECEIVED), "is_open": 1, "received_day": received,
        "created_utc": now.utc, "created_by": actor.user, "changed_utc": now.utc, "changed_by": actor.user,
    })  # fmt: skip
    note_event(request_id, "RECEIVED", received, actor, now, Status.RECEIVED)
    start = clock_start({**document, **{name: str(columns[name]) for name in ("received_on", "authority")}})
    note_event(request_id, "CLOCK_START", start.toordinal(), actor, now, Status.RECEIVED)
    return number


def _amend(
    before: Request, columns: Mapping[str, str | int | None], document: Mapping[str, str], dictionary: str,
    patient_id: int, expected_version: int, actor: Actor, now: Moment, reason: str,
) -> None:  # fmt: skip
    if before.status not in OPEN:
        raise not_allowed(
            "RQ104", f"The request is {before.status.lower()}: open it again before amending it."
        )
    if before.patient_id != patient_id:
        raise not_allowed(
            "RQ105",
            "The request belongs to another patient: withdraw it and file a new one for this patient.",
        )
    received = day_number(str(columns["received_on"]))
    _changed(before, expected_version, actor, now, **columns, document=_json(document), dictionary=dictionary,
             received_day=received)  # fmt: skip
    if before.values["received_on"] != columns["received_on"]:
        note_event(before.id, "CORRECTED", received, actor, now, before.status, "day of receipt")
    new = read(before.number).values
    names = {name for name in {*before.values, *new} if before.values.get(name) != new.get(name)}
    changed = {name: (before.values.get(name, ""), new.get(name, "")) for name in sorted(names)}
    origin = f"version {expected_version}" + (f", undone: {reason}" if reason else "")
    note_amendments("request", before.id, changed, Source(actor.user, origin))


def _changed(
    before: Request, expected_version: int, actor: Actor, now: Moment, **columns: str | int | None
) -> None:
    """Write columns, unless somebody else changed the request since ``expected_version`` was read."""
    written = {**columns, "changed_utc": now.utc, "changed_by": actor.user}
    if not StoredRequest.change(before.id, written, next_version=True, only_if={"version": expected_version}):
        raise Conflict(
            f"Somebody changed request {before.number} meanwhile, so nothing of yours was stored. Your draft is "
            "kept: leave with F3, open the request again and compare."
        )


def _settle(number: str) -> None:
    """Work out anew the day that the request is due."""
    request = read(number)
    day, code = due(request.values, request.events)
    StoredRequest.change(request.id, {"due_day": day.toordinal() if day else NO_DUE_DAY, "due_clock": code})


def _check_step(before: Request, asked: Step, reason: str, day: str, today: str) -> None:
    if before.status not in asked.sources:
        raise not_allowed(
            "RQ202", f"{asked.word} cannot follow {before.status}: choose from the list of steps."
        )
    if asked.reason and not reason.strip():
        raise not_allowed("RQ203", f"{asked.text}: say why.", "reason")
    if not is_date(day) or not before.values["received_on"] <= day <= today:
        raise not_allowed("RQ204", "The day of a step lies between receipt and today.", "day")
    here = law()
    if asked.word == "VOID" and _has_released(before.id):
        raise not_allowed(
            "RQ207", "Something was released on this request, so it stays: correct the release (COR)."
        )
    if asked.word == "DENY" and here.tables["denial_reasons"].find(reason.split()[0], day) is None:
        raise not_allowed("RQ205", "Begin the reason with its code: press F4 for the list.", "reason")
    if asked.word == "EXTEND" and not extensible(before.values, before.events, date.fromisoformat(day)):
        raise not_allowed(
            "RQ206", "The time cannot be extended: it is extended once, by a notice inside the first period."
        )


def _has_released(request_id: int) -> bool:
    sql = "SELECT 1 FROM release WHERE request_id = ? LIMIT 1"
    return database.execute_sql(sql, (request_id,)).fetchone() is not None


def _due_text(day: int) -> str:
    return "" if day >= NO_DUE_DAY else iso_date(day)


def _json(document: Mapping[str, str]) -> str:
    return json.dumps(document, ensure_ascii=False, sort_keys=True)


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)
