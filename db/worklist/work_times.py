"""Time at records and what came of it: who filed how many of which kind, in how many minutes.

A row is one sitting at one record. Somebody without the permission to see everybody's figures sees their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from db import store
from db.actors import Action, Actor
from db.acts import viewed
from db.connect import database, writing
from db.schema.work import WorkTime
from rules.work import per_hour

FILED = "filed"
LEFT = "left"


@dataclass(frozen=True, slots=True)
class Figures:
    """What one person did at one kind of record, in a period or on a day."""

    user: str
    full_name: str
    data_set: str
    day: int  # 0: the whole period
    records: int  # filed at least once
    first: int  # of these, filed for the first time
    amended: int  # filings of records that were filed before
    seconds: int  # at these records, and at those that were left as drafts

    @property
    def minutes(self) -> int:
        """Half up."""
        return (self.seconds + 30) // 60

    @property
    def rate(self) -> Decimal | None:
        """Records an hour; None without time."""
        return per_hour(self.records, self.seconds)


def note(
    actor: Actor, data_set: str, record: str, began_utc: int, seconds: int, revision: int | None
) -> None:
    """Keep the time of one sitting at a record; ``revision`` is the filing that it ended with, None for none."""
    now = store.current().now()
    with writing():
        WorkTime.add({
            "user_id": actor.user_id, "data_set": data_set, "record": record, "day": now.day,
            "began_utc": began_utc, "ended_utc": now.utc, "seconds": seconds, "revision": revision,
            "status": LEFT if revision is None else FILED,
        })  # fmt: skip


def figures(
    first: int, last: int, *, user: str = "", data_set: str = "", by_day: bool = False
) -> list[Figures]:
    """What everybody, or one person, did between two days, both inside."""
    where, values = "t.day BETWEEN ? AND ?", [first, last]
    for column, value in (("u.name", user), ("t.data_set", data_set)):
        if value:
            where += f" AND {column} = ? COLLATE NOCASE"
            values.append(value)  # type: ignore[arg-type]
    day = "t.day" if by_day else "0"
    rows = database.execute_sql(
        f"SELECT u.name, u.full_name, t.data_set, {day}, count(DISTINCT CASE WHEN t.revision IS NOT NULL THEN t.record"
        " END), coalesce(sum(t.revision = 1), 0), coalesce(sum(t.revision > 1), 0), sum(t.seconds) FROM work_time t"
        f" JOIN user u ON u.id = t.user_id WHERE {where} GROUP BY 1, 3, 4 ORDER BY 1, 3, 4",
        values,
    )
    return [Figures(*row) for row in rows]


def figures_for(
    actor: Actor, first: int, last: int, *, user: str = "", by_day: bool = False
) -> list[Figures]:
    """The figures that an actor may see: logged when they are not the actor's own. Raises ``NotPermitted``."""
    if not actor.may(Action.VIEW_PRODUCTIVITY) and user.lower() in ("", actor.user.lower()):
        return figures(first, last, user=actor.user, by_day=by_day)
    viewed(
        actor, Action.VIEW_PRODUCTIVITY, kind="productivity", record=user, detail={"from": first, "to": last}
    )
    return figures(first, last, user=user, by_day=by_day)
