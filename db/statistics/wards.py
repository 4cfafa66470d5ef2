"""Units and services at the census hour of a day: heads away, women and the old, and the days that units were set up.

What is counted over time stands in the day summary; these are heads. A unit out of the census has boarders only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from db.connect import database
from db.hospital import site
from db.statistics import census, census_state, limits
from rules.census import LEAVE_TYPES, NEVER
from rules.periods import Period

AGED_YEARS: Final = "aged_years"  # the limit: from which age on a head is counted as aged


@dataclass(frozen=True, slots=True)
class Ward:
    """A unit as reports of wards name it."""

    id: int
    code: str
    name: str
    type: str  # the bed section
    division: str
    division_name: str
    counts: int  # in the census
    from_day: int  # in use
    to_day: int


@dataclass(frozen=True, slots=True)
class Heads:
    """Who is there at a census hour, in one unit and service, newborns apart; away: by type of leave."""

    unit_id: int
    service_id: int
    newborn: bool
    counted: int  # in the census
    female: int  # of those counted
    aged: int  # of those counted
    away: tuple[int, ...]  # in the order of rules.census.LEAVE_TYPES
    absent: int  # away and off the census


def wards() -> dict[int, Ward]:
    """All units by internal number."""
    rows = database.execute_sql(
        "SELECT u.id, u.code, u.name, u.type, coalesce(d.code, ''), coalesce(d.name, ''), u.counts_in_census,"
        f" coalesce(u.from_day, 0), coalesce(u.to_day, {NEVER})"
        " FROM unit u LEFT JOIN division d ON d.id = u.division_id"
    )
    return {row[0]: Ward(*row) for row in rows}


_HEADS: Final = (
    "SELECT g.unit_id, g.service_id, g.newborn, count(*) - sum({absent}), sum(p.sex = 'F' AND NOT {absent}),"
    " sum(length(p.birth_date) >= 4 AND NOT {absent} AND"
    " p.birth_date || substr('-12-31', length(p.birth_date) - 3) <= :born),"
    " {away}, sum({absent}) FROM segment g {index} JOIN encounter e ON e.id = g.encounter_id"
    " JOIN patient p ON p.id = e.patient_id LEFT JOIN leave_span l ON l.encounter_id = g.encounter_id"
    " AND l.from_day <= :day AND l.to_day > :day WHERE {there} GROUP BY 1, 2, 3"
)
_THERE: Final = {  # by index; that of open pieces is short
    "": f"g.from_day BETWEEN :day - :longest AND :day AND g.to_day BETWEEN :day + 1 AND {NEVER - 1}",
    "INDEXED BY segment_open": f"g.to_day = {NEVER} AND g.from_day <= :day",
}


def heads(day: int) -> list[Heads]:
    """Heads at the census hour of a day; a birth date that is not whole counts as the last day it may be."""
    census.bring_up_to_date_if_due()
    added: dict[tuple[int, int, int], list[int]] = {}
    bound = {"day": day, "born": _born_by(day), "longest": census_state.read().longest_days + 1}
    for index, there in _THERE.items():
        sql = _HEADS.format(
            absent="coalesce(l.absent, 0)", there=there, index=index,
            away=", ".join(f"coalesce(sum(l.type = '{each}'), 0)" for each in LEAVE_TYPES),
        )  # fmt: skip
        for unit, service, newborn, *counts in database.execute_sql(sql, bound):
            sums = added.setdefault((unit, service, newborn), [0] * len(counts))
            added[unit, service, newborn] = [was + more for was, more in zip(sums, counts, strict=True)]
    return [
        Heads(unit, service, bool(newborn), counted, female, aged, tuple(away[:-1]), away[-1])
        for (unit, service, newborn), (counted, female, aged, *away) in sorted(added.items())
    ]


def _born_by(day: int) -> str:
    """The last birth date of who is old enough on a day; who was born on 29 February is on 1 March.

    Blank, so that nobody is, where the facility has closed the limit.
    """
    years, on = limits.limit(AGED_YEARS, day), date.fromordinal(day)
    return "" if years is None else f"{on.year - years:04d}-{on.month:02d}-{on.day:02d}"


def days_set_up(period: Period) -> dict[tuple[int, bool], int]:
    """Days of a period on which a unit had beds in use, and bassinets; a unit without bed counts is not named."""
    days: dict[tuple[int, bool], int] = {}
    for unit, beds, bassinets, first, last in site.bed_spans(period.from_day, period.to_day):
        count = max(0, last - first + 1)
        for newborn, places in ((False, beds), (True, bassinets)):
            days[unit, newborn] = days.get((unit, newborn), 0) + (count if places else 0)
    return days


def patient_days(period: Period) -> dict[tuple[int, int, bool], int]:
    """Remaining and one-day patients of a period by unit, service and newborn, units out of the census too."""
    census.bring_up_to_date_if_due()
    rows = database.execute_sql(
        "SELECT unit_id, service_id, newborn, sum(census + same_day) FROM day_stats WHERE day BETWEEN ? AND ?"
        " GROUP BY unit_id, service_id, newborn",
        (period.from_day, period.to_day),
    )
    return {(unit, service, bool(newborn)): days for unit, service, newborn, days in rows}
