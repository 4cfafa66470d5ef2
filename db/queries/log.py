"""Queries to physicians over a period: how they were asked, what came of them and how long it took."""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from db import store
from db.connect import database
from db.queries import effects
from db.queries.effects import Effect
from rules.identity import Name, shown_name
from rules.periods import Period


class Logged(NamedTuple):
    """A query that was sent. ``days`` to the answer, or until today; ``late``: answered or waiting after it was due."""

    id: int
    number: str
    encounter_id: int
    account: str
    patient_id: int
    mrn: str
    name: str
    service: str
    physician: str  # who was asked, else who attends
    asked_day: int
    asked_by: str
    title: str
    kind: str
    purpose: str
    finding: str
    channel: str
    indicators: int
    first_indicator: str
    question: str
    status: str
    due_day: int | None
    answered_day: int | None
    outcome: str
    answer: str
    days: int
    in_time: bool
    reminders: int
    escalations: int
    sensitive: str

    @property
    def counts(self) -> bool:
        """Whether it counts as asked: what was withdrawn does not."""
        return self.status != "withdrawn"

    @property
    def replied(self) -> bool:
        """Whether the physician answered; that none will come is no answer."""
        return self.answered_day is not None and self.outcome != "no answer"


_QUERIES: Final = (
    "SELECT q.id, q.number, e.id, e.account, p.id, p.mrn, p.last_name, p.first_name, p.middle_name, p.suffix,"
    " coalesce(v.code, ''), coalesce(nullif(q.provider, ''), r.code, ''), q.asked_day, q.asked_by, q.title, q.kind,"
    " q.purpose, q.finding, q.channel, q.indicators, q.question, q.status, q.due_day, q.answered_day, q.outcome,"
    " q.answer, (SELECT count(*) FROM query_step s WHERE s.query_id = q.id AND s.act = 'remind'),"
    " (SELECT count(*) FROM query_step s WHERE s.query_id = q.id AND s.act = 'escalate'), coalesce(s.class, '')"
    " FROM work_query q JOIN encounter e ON e.id = q.encounter_id"
    " JOIN patient p ON p.id = e.patient_id LEFT JOIN service v ON v.id = e.service_id"
    " LEFT JOIN provider r ON r.id = e.attending_id LEFT JOIN sensitive_patient s ON s.patient_id = p.id"
    " WHERE q.asked_day BETWEEN ? AND ? AND q.status NOT IN ('draft', 'void') ORDER BY q.asked_day, q.id"
)


def asked(period: Period) -> list[Logged]:
    """The queries sent in a period, oldest first; drafts and void ones are left out."""
    today, found = store.current().now().day, []
    for row in database.execute_sql(_QUERIES, (period.from_day, period.to_day)):
        (
            id_, number, encounter, account, patient, mrn, last, first, middle, suffix, service, physician, day, by,
            title, kind, purpose, finding, channel, indicators, question, status, due, answered, outcome, answer,
            reminders, escalations, sensitive,
        ) = row  # fmt: skip
        texts = [text for text, *_ in json.loads(indicators)]
        found.append(Logged(
            id_, number, encounter, account, patient, mrn, shown_name(Name(last, first, middle, suffix)), service,
            physician, day, by, title, kind, purpose, finding, channel, len(texts), texts[0] if texts else "", question,
            status, due, answered, outcome, answer, max(0, (answered or today) - day),
            due is None or (answered or today) <= due, reminders, escalations, sensitive,
        ))  # fmt: skip
    return found


def effects_of(rows: list[Logged]) -> dict[int, Effect]:
    """What queries changed, for a report whose reader may see that."""
    return effects.read_all(tuple(row.id for row in rows))
