"""Heads in the house and what happened on a day, counted from an index. Loads nothing but the store."""

from __future__ import annotations

from typing import Final

from db.connect import database

IN_HOUSE: Final = "e.class = 'I' AND e.state = 'active' AND e.discharge_day IS NULL AND e.unit_id IS NOT NULL"


def census_now() -> list[tuple[str, int, int, int]]:
    """Unit, adults and children, newborns, away on leave: the heads of each unit in this minute."""
    return list(
        database.execute_sql(
            "SELECT u.code, sum(e.newborn = 0 AND e.on_leave = ''), sum(e.newborn = 1 AND e.on_leave = ''),"
            f" sum(e.on_leave <> '') FROM encounter e JOIN unit u ON u.id = e.unit_id WHERE {IN_HOUSE}"
            " GROUP BY u.code ORDER BY u.code"
        )
    )


def event_counts(day: int) -> dict[str, int]:
    """``admissions``, ``discharges`` (deaths among them), ``deaths``, ``transfers`` of a day, house-wide."""
    rows = database.execute_sql(
        "SELECT count(*) FILTER (WHERE event = 'admit'), count(*) FILTER (WHERE event = 'discharge'),"
        " count(*) FILTER (WHERE event = 'discharge' AND e.died = 1),"
        " count(*) FILTER (WHERE event IN ('transfer', 'service')) FROM movement m"
        " JOIN encounter e ON e.id = m.encounter_id WHERE m.state = 'current' AND m.day = ? AND e.class = 'I'"
        " AND NOT (m.event = 'admit' AND m.class NOT IN ('', 'I'))",
        (day,),
    ).fetchone()
    return dict(zip(("admissions", "discharges", "deaths", "transfers"), rows, strict=True))
