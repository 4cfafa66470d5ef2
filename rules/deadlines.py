"""Clocks of the law: due days by calendar and working days; the day on which something arrives never counts.

Federal holidays are those of 5 USC 6103(a); one that falls on a Saturday is observed on Friday (6103(b)), one
that falls on a Sunday on Monday (Executive Order 11582). How long a clock runs is a dated row of table
``clocks``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
from enum import StrEnum
from functools import cache

from rules.tables import TableRow

SATURDAY = 5
MONDAY, THURSDAY = 0, 3
LAST = -1  # the last such weekday of the month


class Unit(StrEnum):
    """What a clock counts."""

    CALENDAR = "calendar"
    WORKING = "working"  # days other than Saturdays, Sundays and legal public holidays
    YEARS = "years"
    NAMED = "named"  # the day stands on the order, subpoena, letter or agreement
    NONE = "none"  # no clock is held


@dataclass(frozen=True, slots=True)
class Holiday:
    """A legal public holiday: on a ``day`` of a month, or on the ``nth`` such ``weekday`` of it."""

    name: str
    month: int
    day: int = 0
    weekday: int = 0
    nth: int = 0
    first_year: int = 0


HOLIDAYS = (  # 5 USC 6103(a)
    Holiday("New Year's Day", 1, day=1),
    Holiday("Birthday of Martin Luther King, Jr.", 1, weekday=MONDAY, nth=3, first_year=1986),
    Holiday("Washington's Birthday", 2, weekday=MONDAY, nth=3),
    Holiday("Memorial Day", 5, weekday=MONDAY, nth=LAST),
    Holiday("Juneteenth National Independence Day", 6, day=19, first_year=2021),
    Holiday("Independence Day", 7, day=4),
    Holiday("Labor Day", 9, weekday=MONDAY, nth=1),
    Holiday("Columbus Day", 10, weekday=MONDAY, nth=2),
    Holiday("Veterans Day", 11, day=11),
    Holiday("Thanksgiving Day", 11, weekday=THURSDAY, nth=4),
    Holiday("Christmas Day", 12, day=25),
)


@dataclass(frozen=True, slots=True)
class Clock:
    """How long the law gives, and what may lengthen it.

    ``extension`` counts in the same unit and is granted once. ``tolls``: the clock stands still while the
    requester owes an answer about fees, and once about anything else. ``from_year_end``: it starts on the
    last day of the calendar year.
    """

    code: str
    unit: Unit
    count: int = 0
    extension: int = 0
    tolls: bool = False
    from_year_end: bool = False
    citation: str = ""
    confirm: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stands still after the day asked, through the day answered; no answer yet: it still does."""

    asked: date
    answered: date | None = None
    about_fees: bool = False


def clock(row: TableRow) -> Clock:
    """The clock that a row of table ``clocks`` describes; a unit that is not known holds no clock."""
    more = row.more
    unit = str(more.get("unit", ""))
    return Clock(
        row.code,
        Unit(unit) if unit in tuple(Unit) else Unit.NONE,
        _count(more.get("count")),
        _count(more.get("extension")),
        more.get("tolls") is True,
        more.get("from_year_end") is True,
        row.citation,
        row.confirm,
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


@cache
def holidays(year: int) -> dict[date, str]:
    """The legal public holidays observed in a year, by the day of their observance.

    New Year's Day of the next year is among them where it falls on a Saturday.
    """
    observed = {}
    for holiday in HOLIDAYS:
        for of_year in (year, year + 1):
            if holiday.first_year <= of_year <= MAXYEAR:
                day = _observed(_date_in(holiday, of_year))
                if day.year == year:
                    observed[day] = holiday.name
    return observed


def _date_in(holiday: Holiday, year: int) -> date:
    if holiday.day:
        return date(year, holiday.month, holiday.day)
    if holiday.nth == LAST:
        last = date(year, holiday.month + 1, 1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - holiday.weekday) % 7)
    first = date(year, holiday.month, 1)
    return first + timedelta(days=(holiday.weekday - first.weekday()) % 7 + 7 * (holiday.nth - 1))


def _observed(day: date) -> date:
    if day.weekday() == SATURDAY and day > date.min:
        return day - timedelta(days=1)
    return day + timedelta(days=1) if day.weekday() > SATURDAY else day


def is_working_day(day: date, closures: Collection[date] = ()) -> bool:
    """Whether a day counts as a working day; ``closures`` are further days on which the office is closed."""
    return day.weekday() < SATURDAY and day not in holidays(day.year) and day not in closures


def add_working_days(start: date, count: int, closures: Collection[date] = ()) -> date:
    """The ``count``-th working day after ``start``."""
    day = start
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day, closures)
    return day


def working_days_between(start: date, end: date, closures: Collection[date] = ()) -> int:
    """How many working days lie after ``start`` up to and with ``end``."""
    return sum(is_working_day(start + timedelta(days=n), closures) for n in range(1, (end - start).days + 1))


def foia_start(received: date, by_component: date | None, latest: Clock) -> date:
    """The day from which a FOIA request counts: receipt by the component that is responsible for it.

    At the latest it is the day that clock ``latest`` gives after any component received it:
    5 USC 552(a)(6)(A).
    """
    limit = received + timedelta(days=latest.count)
    return min(by_component, limit) if by_component else limit


def due(
    clock: Clock,
    start: date,
    *,
    extended: bool = False,
    pauses: Iterable[Pause] = (),
    named: date | None = None,
    closures: Collection[date] = (),
) -> date | None:
    """The last day on which a duty that arose on ``start`` is done in time.

    None where no day can be told: no clock is held, the document names none, or the clock stands still
    until the requester answers. ``named`` is the day that the document itself sets.
    """
    if clock.unit is Unit.NAMED:
        return named
    if clock.unit is Unit.NONE:
        return None
    standing = _standing(pauses) if clock.tolls else []
    if any(pause.answered is None for pause in standing):
        return None
    if clock.from_year_end:
        start = date(start.year, 12, 31)
    count = clock.count + (clock.extension if extended else 0)
    try:
        if clock.unit is Unit.YEARS:
            return _years_later(start, count)
        return _count_days(clock.unit, start, count, standing, closures)
    except (OverflowError, ValueError):
        return None  # beyond the calendar


def _standing(pauses: Iterable[Pause]) -> list[Pause]:
    """The pauses that stop a clock: all about fees, and the first of the others (5 USC 552(a)(6)(A)(ii))."""
    ordered = sorted(pauses, key=lambda pause: pause.asked)
    others = [pause for pause in ordered if not pause.about_fees]
    return [pause for pause in ordered if pause.about_fees] + others[:1]


def _count_days(
    unit: Unit, start: date, count: int, standing: Collection[Pause], closures: Collection[date]
) -> date:
    day = start
    while count > 0:
        day += timedelta(days=1)
        stands = any(pause.asked < day <= (pause.answered or day) for pause in standing)
        count -= not stands and (unit is Unit.CALENDAR or is_working_day(day, closures))
    return day


def _years_later(day: date, years: int) -> date:
    """The same day ``years`` later; 29 February becomes 1 March, so that nothing ends a day early."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def may_extend(
    clock: Clock, start: date, today: date, *, extended: bool, closures: Collection[date] = ()
) -> bool:
    """Whether the one extension can still be taken: its notice goes out inside the first period."""
    first = due(clock, start, closures=closures)
    return bool(clock.extension) and not extended and first is not None and today <= first


def earliest(days: Iterable[date | None]) -> date | None:
    """Where several regimes set a day, the earliest holds."""
    return min((day for day in days if day is not None), default=None)
