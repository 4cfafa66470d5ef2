"""How often jobs are tried again and when they are overdue: what a job says for itself, then the facility's table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from config.code_tables import Shelf
from db import store
from rules import schedule
from rules.moments import iso_date
from rules.schedule import Patience
from rules.tables import TableRow

LIMITS: Final = "schedule_limits"
ANY: Final = "any"


def by_kind() -> Callable[[str, str, str], Patience]:
    """The patience with a job of a kind that says ``retry`` and ``late`` for itself: one reading for many jobs."""
    here = store.current()
    table, today = Shelf(here.directory / "site" / "tables")[LIMITS], iso_date(here.now().day)

    def of(what: str, retry: str, late: str) -> Patience:
        usual = table.find(ANY, today)
        row = table.find(what, today) or usual
        return schedule.patience(retry or _said(row, usual, "retry"), late or _said(row, usual, "late"))

    return of


def _said(row: TableRow | None, usual: TableRow | None, name: str) -> str:
    """What a row says, or the row of all jobs; nothing where both are silent."""
    for each in (row, usual):
        if each is not None and name in each.more:
            value = each.more[name]
            return schedule.joined(value) if isinstance(value, list) else str(value)
    return schedule.NEVER
