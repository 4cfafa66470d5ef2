"""What waits in the work queue and in reviews, counted from an index. Loads nothing but the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from db import store
from db.actors import Actor
from db.connect import database

KEYED: Final = (
    4  # kinds from here on are work at the keyboard; those of rules.work, which is not loaded for a count
)
CODE: Final = 8


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many accounts wait, and since which day the one that waits longest; None when none does."""

    items: int
    oldest: int | None


def waiting(kinds: int = 0) -> Waiting:
    """What waits of these kinds (of all that is keyed when none is named) and is not on hold. Cheap at any size."""
    where, mask = ("kinds & ?", kinds) if kinds else ("kinds >= ?", KEYED)
    days = dict(
        database.execute_sql(f"SELECT since_day, sum(items) FROM work_tally WHERE {where} GROUP BY since_day", (mask,))
    )  # fmt: skip
    held = database.execute_sql(
        "SELECT since_day, count(*) FROM work_item WHERE hold_until > 0 AND hold_until > ?"
        f" AND {where} GROUP BY since_day",
        (store.current().now().day, mask),
    )
    for day, items in held:
        days[day] -= items
    left = {day: items for day, items in days.items() if items > 0}
    return Waiting(sum(left.values()), min(left, default=None))


def mine(actor: Actor) -> Waiting:
    """What the actor has and is not on hold."""
    row = database.execute_sql(
        "SELECT count(*), min(since_day) FROM work_item WHERE assigned_id = ? AND kinds >= ? AND hold_until <= ?",
        (actor.user_id, KEYED, store.current().now().day),
    ).fetchone()
    return Waiting(row[0], row[1])


def reviews_due(user: str) -> int:
    """How many records wait to be reviewed by ``user``."""
    row = database.execute_sql(
        "SELECT count(*) FROM reviewed_record WHERE status = 'due' AND person <> ? AND reviewer IN ('', ?)",
        (user, user),
    ).fetchone()
    return int(row[0])


def reviews_to_settle(user: str) -> int:
    """How many compared records wait for a decision that ``user`` may take as a third."""
    row = database.execute_sql(
        "SELECT count(*) FROM reviewed_record WHERE status = 'compared' AND person <> ? AND reviewer <> ?",
        (user, user),
    ).fetchone()
    return int(row[0])


def reviews_unseen(person: str) -> int:
    """How many reviews of ``person``'s records were not looked at yet."""
    row = database.execute_sql(
        "SELECT count(*) FROM reviewed_record WHERE person = ? AND status IN ('compared', 'settled')"
        " AND seen_utc IS NULL",
        (person,),
    ).fetchone()
    return int(row[0])
