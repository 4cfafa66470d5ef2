"""What waits of the requests for information, counted from an index. Loads no law but that of working days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from db import store
from db.actors import Action, Actor
from db.acts import permit
from db.connect import database
from db.disclosure.closures import closing_days
from rules.deadlines import add_working_days

DUE_SOON: Final = 5  # working days


@dataclass(frozen=True, slots=True)
class Counts:
    """What waits, for the desk."""

    open: int
    due_soon: int  # today or within five working days
    overdue: int
    held: int


def requests(actor: Actor) -> Counts:
    """How many requests are open, due soon, overdue and held."""
    permit(actor, Action.VIEW_REQUEST, kind="list", record="requests")
    today = store.current().now().day
    soon = add_working_days(date.fromordinal(today), DUE_SOON, closing_days()).toordinal()
    row = database.execute_sql(
        "SELECT count(*), sum(CASE WHEN due_day BETWEEN ? AND ? THEN 1 ELSE 0 END),"
        " sum(CASE WHEN due_day < ? THEN 1 ELSE 0 END), sum(CASE WHEN status = 'HELD' THEN 1 ELSE 0 END)"
        " FROM request WHERE is_open = 1",
        (today, soon, today),
    ).fetchone()
    return Counts(*(int(value or 0) for value in row))
