"""Queries to physicians read: one with all that was done to it, those of an account, and the list in any order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from db import store
from db.actors import Action, Actor
from db.acts import viewed
from db.connect import StoreError, database
from rules.identity import Name, shown_name
from rules.moments import moment_at
from rules.queries import ASKED, Indicator, Listed, Status, Wording
from rules.text import clean

KIND: Final = "query"  # of the record, in the audit trail
NEVER_DUE: Final = 9_999_999  # sorts behind every day number

Key = tuple[Any, int]


@dataclass(frozen=True, slots=True)
class Query:
    """A query to a physician. Days are day numbers, moments local; ``answered_by`` keyed what ``answerer`` said."""

    id: int
    number: str
    version: int
    encounter_id: int
    patient_id: int
    account: str
    mrn: str
    patient_name: str
    sensitive: str  # class of a sensitive chart
    status: Status
    wording: Wording
    provider: str
    provider_name: str
    asked_as: str
    channel: str
    priority: str
    template: str
    template_version: int
    finding: str
    path: str
    code: str
    asked_at: str
    asked_day: int
    asked_by: str
    due_day: int | None
    rung: int
    in_record: bool
    outcome: str
    answer: str
    answered_day: int | None
    answerer: str
    answered_by: str
    service: str
    key: Key = ("", 0)

    @property
    def waits(self) -> bool:
        """Whether it holds the release of the abstract."""
        return self.status in ASKED

    def late_by(self, today: int) -> int:
        """Days after the day on which it was due, while it waits; 0 or less: in time, or no clock is held."""
        return 0 if self.due_day is None or not self.waits else today - self.due_day


@dataclass(frozen=True, slots=True)
class Step:
    """Something done to a query, in local time. ``day`` is the day on which it was done, by the one who keyed it."""

    at: str
    day: int
    by: str
    act: str
    before: str
    after: str
    to_whom: str
    outcome: str
    text: str


_ROW: Final = (
    "SELECT q.id, q.number, q.version, e.id, e.patient_id, e.account, p.mrn, p.last_name, p.first_name, p.middle_name,"
    " p.suffix, coalesce(s.class, ''), q.status, q.title, q.kind, q.purpose, q.question, q.options, q.indicators,"
    " q.target, q.provider, coalesce(r.name, ''), q.asked_as, q.channel, q.priority, q.template, q.template_version,"
    " q.finding, q.path, q.code, q.asked_utc, q.asked_day, q.asked_by, q.due_day, q.rung, q.in_record, q.outcome,"
    " q.answer, q.answered_day, q.answerer, q.answered_by, coalesce(v.code, ''), {order} FROM work_query q"
    " JOIN encounter e ON e.id = q.encounter_id JOIN patient p ON p.id = e.patient_id"
    " LEFT JOIN provider r ON r.code = q.provider LEFT JOIN service v ON v.id = e.service_id"
    " LEFT JOIN sensitive_patient s ON s.patient_id = p.id WHERE {where}"
)


def _query(row: Sequence[Any]) -> Query:
    (
        id_, number, version, encounter, patient, account, mrn, last, first, middle, suffix, sensitive, status, title,
        kind, purpose, question, options, indicators, target, provider, provider_name, as_, channel, priority, template,
        of, finding, path, code, utc, day, by, due, rung, in_record, outcome, answer, answered, answerer, answered_by,
        service, order,
    ) = row  # fmt: skip
    wording = Wording(
        title, kind, purpose, question, tuple(json.loads(options)),
        tuple(Indicator(*each) for each in json.loads(indicators)), tuple(json.loads(target)),
    )  # fmt: skip
    return Query(
        id_, number, version, encounter, patient, account, mrn, shown_name(Name(last, first, middle, suffix)),
        sensitive, Status(status), wording, provider, provider_name, as_, channel, priority, template, of, finding,
        path, code, moment_at(utc, store.current().zone).local, day, by, due, rung, bool(in_record), outcome, answer,
        answered, answerer, answered_by, service, (order, id_),
    )  # fmt: skip


def read(number: str) -> Query:
    """One query, without the audit row. Raises ``StoreError`` when there is none."""
    row = database.execute_sql(
        _ROW.format(order="''", where="q.number = ?"), (clean(number).strip().upper(),)
    ).fetchone()
    if row is None:
        raise StoreError(f"There is no query {clean(number)}: QRL lists them.")
    return _query(row)


def exists(number: str) -> bool:
    """Whether a query has this number."""
    found = database.execute_sql(
        "SELECT 1 FROM work_query WHERE number = ?", (number.strip().upper(),)
    ).fetchone()
    return found is not None


def open_query(actor: Actor, number: str) -> Query:
    """One query that is about to be shown. Raises ``NotPermitted``, ``KeptBlind``, ``ReasonNeeded``."""
    found = read(number)
    see(actor, found)
    return found


def see(actor: Actor, query: Query) -> None:
    """Log that a query is shown: it tells what the abstract says, so that a blind review keeps it shut."""
    viewed(
        actor, Action.VIEW_QUERY, kind=KIND, record=query.number, patient_id=query.patient_id,
        cases=abstract_of(query.encounter_id),
    )  # fmt: skip


def abstract_of(encounter_id: int) -> tuple[int, ...]:
    """The filed abstract of an account, if there is one."""
    rows = database.execute_sql(
        "SELECT id FROM data_case WHERE data_set = 'abstract' AND encounter_id = ? AND void_utc IS NULL",
        (encounter_id,),
    )
    return tuple(id_ for (id_,) in rows)


def of_account(encounter_id: int) -> list[Query]:
    """The queries of an account, newest first."""
    sql = _ROW.format(order="''", where="q.encounter_id = ? ORDER BY q.id DESC")
    return [_query(row) for row in database.execute_sql(sql, (encounter_id,))]


def not_answered(encounter_id: int) -> list[tuple[str, str]]:
    """Number and physician of the queries of an account that wait for an answer, oldest first."""
    rows = database.execute_sql(
        "SELECT number, provider FROM work_query WHERE encounter_id = ? AND status IN ('sent', 'reminded', 'escalated')"
        " ORDER BY id",
        (encounter_id,),
    )
    return list(rows.fetchall())


def steps(query_id: int) -> list[Step]:
    """What was done to a query, oldest first."""
    zone = store.current().zone
    rows = database.execute_sql(
        "SELECT at_utc, day, by, act, before, after, to_whom, outcome, text FROM query_step WHERE query_id = ?"
        " ORDER BY id",
        (query_id,),
    )
    return [Step(moment_at(utc, zone).local, *rest) for utc, *rest in rows]


# The list --------------------------------------------------------------------------------------------------

_ORDERS: Final = {
    "DUE": f"coalesce(q.due_day, {NEVER_DUE})", "ASKED": "q.asked_day", "PHYSICIAN": "q.provider",
    "ACCOUNT": "e.account", "NEWEST": "-q.id",
}  # fmt: skip
_WAITING: Final = f"q.status IN ({', '.join(repr(str(each)) for each in ASKED)})"
_WHICH: Final[Mapping[str, tuple[str, str]]] = {  # the condition, and the value that it is asked with
    "OPEN": (f"q.status IN ({', '.join(repr(str(each)) for each in (*ASKED, Status.ANSWERED))})", ""),
    "DUE": (f"{_WAITING} AND coalesce(q.due_day >= ?, 1)", "today"),
    "OVERDUE": (f"{_WAITING} AND q.due_day < ?", "today"),
    "ANSWERED": ("q.status = 'answered'", ""), "DRAFT": ("q.status = 'draft'", ""),
    "MINE": ("q.asked_by = ? AND q.status IN ('draft', 'sent', 'reminded', 'escalated', 'answered')", "user"),
    "ALL": ("1", ""),
}  # fmt: skip


def open_list(actor: Actor, asked: Listed) -> None:
    """Log that the list is shown, and what was asked for."""
    viewed(actor, Action.VIEW_QUERY, kind="list", record="queries", detail={"query": str(asked)})


def page(actor: Actor, asked: Listed, after: Key | None = None, limit: int = 50) -> list[Query]:
    """Queries in the order asked for; ``after`` is the key of the last one shown."""
    order, (which, of) = _ORDERS[asked.order], _WHICH[asked.which]
    known = {"today": store.current().now().day, "user": actor.user}
    where, values = [which], [known[of]] if of else []
    if asked.physician:
        where.append("(q.provider = ? OR upper(substr(r.name, 1, ?)) = ?)")
        values += (asked.physician, len(asked.physician), asked.physician)
    if asked.account:
        where.append("e.account = ?")
        values.append(asked.account)
    if after is not None:
        where.append(f"({order}, q.id) > (?, ?)")
        values += after
    sql = _ROW.format(order=order, where=f"{' AND '.join(where)} ORDER BY {order}, q.id LIMIT ?")
    return [_query(row) for row in database.execute_sql(sql, (*values, limit))]
