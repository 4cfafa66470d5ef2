"""Queries to physicians over a period: asked when and by whom, answered when."""

from __future__ import annotations

from typing import Final, NamedTuple

from db import store
from db.connect import database
from rules.identity import Name, shown_name
from rules.periods import Period


class Query(NamedTuple):
    """A question to a physician about an account. ``days`` to the answer, or until today."""

    number: int
    encounter_id: int
    account: str
    patient_id: int
    mrn: str
    name: str
    service: str
    physician: str  # who was asked, else who attends
    asked_day: int
    asked_by: str
    question: str
    answered_day: int | None
    answer: str
    days: int
    sensitive: str


_QUERIES: Final = (
    "SELECT q.id, e.id, e.account, p.id, p.mrn, p.last_name, p.first_name, p.middle_name, p.suffix,"
    " coalesce(v.code, ''), coalesce(nullif(q.provider, ''), r.code, ''), q.asked_day, q.asked_by, q.question,"
    " q.answered_day, q.answer, coalesce(s.class, '') FROM work_query q JOIN encounter e ON e.id = q.encounter_id"
    " JOIN patient p ON p.id = e.patient_id LEFT JOIN service v ON v.id = e.service_id"
    " LEFT JOIN provider r ON r.id = e.attending_id LEFT JOIN sensitive_patient s ON s.patient_id = p.id"
    " WHERE q.asked_day BETWEEN ? AND ? ORDER BY q.asked_day, q.id"
)


def asked(period: Period) -> list[Query]:
    """The queries asked in a period, oldest first."""
    today = store.current().now().day
    return [
        Query(
            id_, encounter, account, patient, mrn, shown_name(Name(last, first, middle, suffix)), service, physician,
            day, by, question, answered, answer, max(0, (answered or today) - day), sensitive,
        )
        for id_, encounter, account, patient, mrn, last, first, middle, suffix, service, physician, day, by, question,
        answered, answer, sensitive in database.execute_sql(_QUERIES, (period.from_day, period.to_day))
    ]  # fmt: skip
