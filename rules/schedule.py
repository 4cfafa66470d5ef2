"""When a job of the schedule is due: on the facility's clock, over its changes, once after however long a standstill.

A job of the autumn hour that comes twice runs in the first; one of the spring hour that never comes runs as clocks
were moved on (IEEE Std 1003.1 leaves both to cron; this is what cron of most systems does).
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, tzinfo
from itertools import takewhile
from typing import Final

from rules.moments import DAY_SECONDS, iso_date, moment, moment_at

MOST_ATTEMPTS: Final = 10  # after a failure
CUT_SHORT_ATTEMPTS: Final = 3  # after the first: what kills its machine is not begun for ever
NEVER: Final = "none"
LOOK_BACK_DAYS: Final = 62  # every rule of days comes up within
COUNTED: Final = 1000  # missed runs are counted no further
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LAST_DAY: Final = -1
HOW: Final = (
    "Write 02:30, mon,thu 06:00, weekdays 06:00, day 3 07:00 (1 to 28), last day 23:30, or every 15 minutes (from 5,"
    " a part of a day)."
)

DONE, FOUND, FAILED, CUT_SHORT = "done", "found", "failed", "cut short"
TROUBLED: Final = (FAILED, FOUND, CUT_SHORT)  # outcomes that somebody has to look at

_TIME: Final = re.compile(r"(?:(.*) )?(\d{1,2}(?=:)|\d\d):?(\d\d)")
_EVERY: Final = re.compile(r"every (\d{1,4}) ?min(?:ute)?s?")
_MINUTES: Final = re.compile(r"[1-9]\d{0,2}|1[0-3]\d\d|14[0-3]\d|1440")
_MONTH_DAY: Final = re.compile(r"day (\d{1,2})")


@dataclass(frozen=True, slots=True)
class Plan:
    """When a job is due: every so many minutes, or at a time of the day on some days."""

    every_minutes: int = 0
    time: str = ""  # HH:MM
    weekdays: frozenset[int] = frozenset()  # Monday is 0; none is every day
    month_day: int = 0  # 0 is every day

    def __str__(self) -> str:
        if self.every_minutes:
            return f"every {self.every_minutes} minutes"
        if self.month_day:
            days = "last day" if self.month_day == LAST_DAY else f"day {self.month_day}"
            return f"{days} {self.time}"
        return f"{','.join(WEEKDAYS[day] for day in sorted(self.weekdays))} {self.time}".strip()

    def latest(self, utc: int, zone: tzinfo) -> int | None:
        """The second of the newest due time that is not after ``utc``."""
        return next(self._backward(utc, zone), None)

    def next(self, utc: int, zone: tzinfo) -> int | None:
        """The second of the first due time after ``utc``."""
        if self.every_minutes:
            step = self.every_minutes * 60
            return (utc // step + 1) * step
        day = moment_at(utc, zone).day
        dues = (self._at(each, zone) for each in range(day, day + LOOK_BACK_DAYS) if self._on(each))
        return next((due for due in dues if due > utc), None)

    def between(self, after: int, until: int, zone: tzinfo) -> int:
        """How many due times lie after one second and before another."""
        found = takewhile(lambda due: due > after, self._backward(until - 1, zone))
        return sum(1 for _ in zip(found, range(COUNTED), strict=False))

    def _backward(self, utc: int, zone: tzinfo) -> Iterator[int]:
        if self.every_minutes:
            # In steps of UTC: the clock's changes make no gap and no double run.
            step = self.every_minutes * 60
            yield from range(utc // step * step, 0, -step)
            return
        day = moment_at(utc, zone).day
        empty = 0
        while empty < LOOK_BACK_DAYS and day > 0:
            if self._on(day) and (due := self._at(day, zone)) <= utc:
                empty = 0
                yield due
            day, empty = day - 1, empty + 1

    def _on(self, day: int) -> bool:
        held = date.fromordinal(day)
        if self.month_day == LAST_DAY:
            return held.day == monthrange(held.year, held.month)[1]
        return (not self.month_day or held.day == self.month_day) and (
            not self.weekdays or held.weekday() in self.weekdays
        )

    def _at(self, day: int, zone: tzinfo) -> int:
        return moment(f"{iso_date(day)}T{self.time}", zone).utc


def plan(text: str) -> Plan:
    """The plan that a text says. Raises ``ValueError`` with a sentence."""
    words = " ".join(text.casefold().split()).replace(", ", ",")
    if (every := _EVERY.fullmatch(words)) is not None:
        minutes = int(every[1])
        if minutes < 5 or DAY_SECONDS // 60 % minutes:
            raise ValueError(f"{text} is no part of a day, or too often. {HOW}")
        return Plan(every_minutes=minutes)
    found = _TIME.fullmatch(words)
    if found is None or int(found[2]) > 23 or int(found[3]) > 59:
        raise ValueError(f"{text or 'A blank'} says no time. {HOW}")
    days, time = found[1] or "", f"{int(found[2]):02d}:{found[3]}"
    if days in ("", "daily"):
        return Plan(time=time)
    if days == "last day":
        return Plan(time=time, month_day=LAST_DAY)
    if (month_day := _MONTH_DAY.fullmatch(days)) is not None and 1 <= int(month_day[1]) <= 28:
        return Plan(time=time, month_day=int(month_day[1]))
    named = (
        ["mon", "tue", "wed", "thu", "fri"] if days == "weekdays" else [day[:3] for day in days.split(",")]
    )
    if not set(named) <= set(WEEKDAYS):
        raise ValueError(f"{text} says no days. {HOW}")
    return Plan(time=time, weekdays=frozenset(map(WEEKDAYS.index, named)))


@dataclass(frozen=True, slots=True)
class Patience:
    """Minutes after a failure before each further attempt, and after which a job that has not begun is overdue."""

    retry: tuple[int, ...]
    late: int  # 0: never

    def __str__(self) -> str:
        return f"{joined(self.retry)}; {self.late or NEVER}"


def joined(minutes: Iterable[object]) -> str:
    """``5,15,60``, or ``none``."""
    return ",".join(map(str, minutes)) or NEVER


def patience(retry: str, late: str) -> Patience:
    """What is said as ``5,15,60`` and ``60``, or as ``none``. Raises ``ValueError`` with a sentence."""
    words = retry.replace(" ", "").casefold()
    found = [] if words == NEVER else words.split(",")
    if len(found) > MOST_ATTEMPTS or not all(map(_MINUTES.fullmatch, found)):
        raise ValueError(
            f"{retry} says no minutes between attempts: write 5,15,60 (at most {MOST_ATTEMPTS}, a day each), or none."
        )
    until = late.strip().casefold()
    if until != NEVER and not _MINUTES.fullmatch(until):
        raise ValueError(f"{late} is no number of minutes: write 60 (a day at most), or none.")
    return Patience(tuple(map(int, found)), 0 if until == NEVER else int(until))


@dataclass(frozen=True, slots=True)
class Last:
    """The last run of a job."""

    due_utc: int
    attempt: int
    outcome: str
    ended_utc: int


@dataclass(frozen=True, slots=True)
class Due:
    """A run that is due: for which second, which attempt it is, and how many were missed before it."""

    due_utc: int
    attempt: int = 1
    missed: int = 0


def due(
    when: Plan, since_utc: int, last: Last | None, now_utc: int, zone: tzinfo, patience: Patience
) -> Due | None:
    """What of a job is to be run now, if anything. ``since_utc``: when it was put into the schedule, or changed.

    Missed runs are caught up by one. What was cut short goes on at once; what failed is tried again by rule.
    """
    latest = when.latest(now_utc, zone)
    if last is not None and last.due_utc > now_utc + DAY_SECONDS:
        last = None  # it ran under a clock that was far ahead
    if latest is not None and latest > max(since_utc, last.due_utc if last else 0):
        before = max(since_utc, last.due_utc) if last else since_utc
        return Due(latest, missed=when.between(before, latest, zone))
    if last is None:
        return None
    again = Due(last.due_utc, last.attempt + 1)
    if last.outcome == CUT_SHORT:
        return again if last.attempt <= max(CUT_SHORT_ATTEMPTS, len(patience.retry)) else None
    if last.outcome != FAILED or last.attempt > len(patience.retry):
        return None
    return again if now_utc >= last.ended_utc + patience.retry[last.attempt - 1] * 60 else None


def overdue(
    when: Plan, since_utc: int, last: Last | None, now_utc: int, zone: tzinfo, patience: Patience
) -> bool:
    """Whether a job should have run for longer than there is patience, and has not begun."""
    known = last if last is not None and last.due_utc <= now_utc + DAY_SECONDS else None
    first = when.next(max(since_utc, known.due_utc) if known else since_utc, zone)
    return bool(patience.late) and first is not None and first + patience.late * 60 < now_utc
