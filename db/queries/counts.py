"""How many queries to physicians wait: for desk and menu. Loads nothing but the store."""

from __future__ import annotations

from dataclasses import dataclass

from db import store
from db.connect import database


@dataclass(frozen=True, slots=True)
class Waiting:
    """Queries that wait for an answer, those of them that are late, answers to take up, and one's own drafts."""

    asked: int
    overdue: int
    answered: int
    drafts: int


def waiting(user: str) -> Waiting:
    """What waits; drafts are those of ``user``. Read from the index by status."""
    row = database.execute_sql(
        "SELECT coalesce(sum(status <> 'answered'), 0), coalesce(sum(status <> 'answered' AND due_day < ?), 0),"
        " coalesce(sum(status = 'answered'), 0),"
        " (SELECT count(*) FROM work_query WHERE status = 'draft' AND asked_by = ?) FROM work_query"
        " WHERE status IN ('sent', 'reminded', 'escalated', 'answered')",
        (store.current().now().day, user),
    ).fetchone()
    return Waiting(*row)
