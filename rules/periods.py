"""Reporting periods as spans of day numbers, both ends inside; a fiscal year has the name of its last one."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Final

FEDERAL_FISCAL_START: Final = "10-01"  # 31 USC 1102

_MONTH: Final = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True, slots=True)
class Period:
    """A span of days, first and last day inside."""

    from_day: int
    to_day: int
    name: str = ""  # canonical: 2026-11, FY2027, or two dates

    @property
    def days(self) -> int:
        """Calendar days in the period."""
        return max(0, self.to_day - self.from_day + 1)

    def until(self, day: int) -> Period:
        """The part of the period that ends no later than ``day``."""
        return Period(self.from_day, min(self.to_day, day), self.name)

    @property
    def of_calendar(self) -> bool:
        """Whether it is a calendar month, or as much of one as is over."""
        return bool(_MONTH.fullmatch(self.name))


def month(text: str) -> Period:
    """The calendar month ``YYYY-MM``. Raises ``ValueError``."""
    match = _MONTH.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no month: write it as 2026-11.")
    year, number = int(match[1]), int(match[2])
    first = date(year, number, 1).toordinal()
    return Period(first, first + monthrange(year, number)[1] - 1, text)


def month_of(day: int, *, years_back: int = 0, months_back: int = 0) -> Period:
    """The calendar month that holds a day, or one that lies so far before it."""
    held = date.fromordinal(day)
    serial = (held.year - years_back) * 12 + held.month - 1 - months_back
    return month(f"{serial // 12:04d}-{serial % 12 + 1:02d}")


def fiscal_year_to(day: int, start: str = FEDERAL_FISCAL_START) -> Period:
    """From the first day (``MM-DD``) of the fiscal year of ``day`` to that day. Raises ``ValueError``."""
    held = date.fromordinal(day)
    first_month, first_day = (int(part) for part in start.split("-"))
    started = held.year if (held.month, held.day) >= (first_month, first_day) else held.year - 1
    ends_in = started if (first_month, first_day) == (1, 1) else started + 1
    return Period(date(started, first_month, first_day).toordinal(), day, f"FY{ends_in}")


WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKS: Final = (4, 4, 5)  # of the months of a quarter


def accounting_month(name: str, start: str = FEDERAL_FISCAL_START, weekday: str = "sunday") -> Period:
    """The 4-4-5 accounting month that has the same number in its fiscal year as the calendar month ``YYYY-MM``.

    The accounting year begins on the ``weekday`` nearest to the first day of the fiscal year; its last month takes the
    53rd week of years that have one. Raises ``ValueError``.
    """
    year = fiscal_year_to(month(name).to_day, start)
    number = (int(name[5:]) - int(start[:2])) % 12
    quarter, place = divmod(number, 3)
    first = _nearest(year.from_day, weekday) + 7 * (13 * quarter + sum(_WEEKS[:place]))
    last = first + 7 * _WEEKS[place] - 1
    if number == 11:
        begun = date.fromordinal(year.from_day)
        last = _nearest(begun.replace(year=begun.year + 1).toordinal(), weekday) - 1
    return Period(first, last, f"{year.name} P{number + 1:02d}")


def accounting_year_to(name: str, start: str = FEDERAL_FISCAL_START, weekday: str = "sunday") -> Period:
    """From the first day of the accounting year of a 4-4-5 month to the last day of that month."""
    to = accounting_month(name, start, weekday)
    year = fiscal_year_to(month(name).to_day, start)
    return Period(_nearest(year.from_day, weekday), to.to_day, year.name)


def _nearest(day: int, weekday: str) -> int:
    """The day of the week that lies at most three days from ``day``."""
    return day + (WEEKDAYS.index(weekday) - date.fromordinal(day).weekday() + 3) % 7 - 3


def a_year_before(day: int) -> int:
    """The same day of the last year; 28 February for the 29th."""
    on = date.fromordinal(day)
    return on.replace(year=on.year - 1, day=28 if (on.month, on.day) == (2, 29) else on.day).toordinal()


def span(first: str, last: str) -> Period:
    """From one ISO date to another. Raises ``ValueError``."""
    period = Period(date.fromisoformat(first).toordinal(), date.fromisoformat(last).toordinal())
    if period.to_day < period.from_day:
        raise ValueError(f"The period ends ({last}) before it begins ({first}).")
    return Period(period.from_day, period.to_day, f"{first}/{last}")
