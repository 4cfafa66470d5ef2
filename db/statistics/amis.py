"""What the bed balance by AMIS segment asks for beside the day summary: nights of passes, days late in a stay."""

from __future__ import annotations

from db import store
from db.connect import database
from db.conventions import conventions
from db.hospital import site, stays
from db.statistics import census_state
from rules.periods import Period


def pass_nights(period: Period) -> dict[tuple[int, int, bool], int]:
    """Nights on passes shorter than a leave (setting ``pass_hours``) by unit, service and newborn."""
    seconds = conventions(period.to_day).pass_hours * 3600
    rows = database.execute_sql(
        "SELECT unit_id, service_id, newborn, sum(min(to_day, ? + 1) - max(from_day, ?)) FROM leave_span"
        " WHERE from_day <= ? AND to_day > ? AND type = 'pass' AND coalesce(to_utc, ?) - from_utc < ? GROUP BY 1, 2, 3",
        (period.to_day, period.from_day, period.to_day, period.from_day, store.current().now().utc, seconds),
    )
    return {(unit, service, bool(newborn)): nights for unit, service, newborn, nights in rows}


def days_beyond(period: Period, services: dict[str, int]) -> dict[tuple[int, str], int]:
    """Patient days after so many days of the stay, by unit and service; ``services``: the day up to which, by code."""
    codes = site.codes("service")
    late: dict[tuple[int, str], int] = {}
    for _, stay in stays.counted_between(period.from_day, period.to_day, census_state.read().longest_days):
        for piece in stay.pieces:
            limit = services.get(codes[piece.service])
            if limit is None:
                continue
            first = max(piece.from_day, stay.pieces[0].from_day + limit, period.from_day)
            end = min(piece.to_day, period.to_day + 1)
            absent = sum(
                max(0, min(leave.to_day, end) - max(leave.from_day, first))
                for leave in stay.leaves
                if leave.absent
            )
            if end - first - absent > 0:
                key = (piece.unit, codes[piece.service])
                late[key] = late.get(key, 0) + end - first - absent
    return late
