"""What the bed balance by AMIS segment asks for beside the day summary: who moved, in numbers, and nights of passes."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from db import store
from db.connect import database
from db.conventions import conventions
from db.statistics import census_state
from db.statistics.counts import LEFT
from rules.census import NEVER
from rules.periods import Period

_ADMITTED: Final = (
    "SELECT g.unit_id, g.service_id, g.newborn, e.point_of_origin, count(*) FROM segment g"
    " JOIN encounter e ON e.id = g.encounter_id WHERE g.seq = 1 AND g.from_day BETWEEN :first AND :last"
    " GROUP BY 1, 2, 3, 4"
)
_MOVED: Final = (
    "SELECT b.unit_id, b.service_id, g.unit_id, g.service_id, count(*) FROM segment g"
    " JOIN segment b ON b.encounter_id = g.encounter_id AND b.seq = g.seq - 1"
    " WHERE g.seq > 1 AND g.from_day BETWEEN :first AND :last GROUP BY 1, 2, 3, 4"
)
_LEFT: Final = (
    "SELECT g.unit_id, g.service_id, e.died, e.disposition, count(*)"
    f"{LEFT.format(joined='')} GROUP BY 1, 2, 3, 4"
)

Rows = list[tuple[Any, ...]]


def admitted(period: Period) -> Rows:
    """Unit, service, newborn, point of origin, and how many were admitted."""
    return _rows(_ADMITTED, period)


def moved(period: Period) -> Rows:
    """Unit and service left, unit and service come to, and how many moved; some of them in neither."""
    return _rows(_MOVED, period)


def left(period: Period) -> Rows:
    """Unit, service, whether by death, disposition, and how many were discharged."""
    return _rows(_LEFT, period)


def _rows(sql: str, period: Period, **bound: int) -> Rows:
    bound |= {"first": period.from_day, "last": period.to_day}
    return list(database.execute_sql(sql, bound).fetchall())


def pass_nights(period: Period) -> Rows:
    """Unit, service, and nights on passes shorter than a leave (setting ``pass_hours``)."""
    return _rows(
        "SELECT unit_id, service_id, sum(min(to_day, :last + 1) - max(from_day, :first)) FROM leave_span"
        " WHERE from_day <= :last AND to_day > :first AND type = 'pass'"
        " AND coalesce(to_utc, :now) - from_utc < :seconds GROUP BY 1, 2",
        period, now=store.current().now().utc, seconds=conventions(period.to_day).pass_hours * 3600,
    )  # fmt: skip


_LATE: Final = (
    "SELECT x.unit_id, sum(max(0, min(x.to_day, :last + 1) - max(x.from_day, :first, f.from_day + :limit)))"
    " FROM {table} x JOIN segment f ON f.encounter_id = x.encounter_id AND f.seq = 1"
    " WHERE x.service_id = :service AND {there} GROUP BY 1"
)
_ENDED: Final = f"x.from_day BETWEEN :first - :longest AND :last AND x.to_day BETWEEN :first AND {NEVER - 1}"
_OPEN: Final = f"x.to_day = {NEVER} AND x.from_day <= :last"
_ABSENT: Final = "x.from_day <= :last AND x.to_day > :first AND x.absent = 1"


def days_beyond(period: Period, service_id: int, limit: int) -> dict[int, int]:
    """Patient days of a service after so many days of the stay, by unit."""
    days: Counter[int] = Counter()
    longest = census_state.read().longest_days + 1
    for table, there, sign in (("segment", _ENDED, 1), ("segment", _OPEN, 1), ("leave_span", _ABSENT, -1)):
        sql = _LATE.format(table=table, there=there)
        for unit, count in _rows(sql, period, service=service_id, limit=limit, longest=longest):
            days[unit] += sign * count
    return {unit: count for unit, count in days.items() if count}
