"""Which access to charts is unusual: limits are rows of the table ``unusual_access``, as in force on its day."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from rules.findings import Told
from rules.identity import Name, name_key
from rules.tables import CodeTable

TABLE: Final = "unusual_access"
HOURS: Final = "HOURS"
MANY: Final = "MANY"
FAR_MORE: Final = "FAR_MORE"
TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
SUFFIXES: Final = frozenset({"JR", "SR", "II", "III", "IV", "MD", "RN", "RHIA", "RHIT", "CCS"})


class LimitWrong(Told):
    """A row of the table cannot be used."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds on one day; what is None is not looked for."""

    hours: tuple[str, str] | None = None  # HH:MM, the end not included
    weekdays: frozenset[int] = frozenset()  # 1 is Monday
    many: int | None = None
    times: float | None = None
    at_least: int = 0
    over_days: int = 0

    def shown(self) -> str:
        """The limits in a line."""
        parts = []
        if self.hours:
            days = "".join(str(day) for day in sorted(self.weekdays))
            parts.append(f"Hours {'-'.join(self.hours).replace(':', '')} on days {days}")
        if self.many is not None:
            parts.append(f"many {self.many}")
        if self.times is not None:
            parts.append(f"far more {self.times:g} times, from {self.at_least}")
        return ", ".join(parts)

    def why_many(self, count: int, own: float | None, role: float | None) -> str:
        """Why so many patients in a day are unusual; empty when they are not. ``own`` and ``role`` are the usual."""
        usual = ", ".join(
            f"{whose} usual {number:.0f}" for whose, number in (("own", own), ("role's", role)) if number
        )
        if self.many is not None and count > self.many:
            return f"over {self.many} a day" + (f"; {usual}" if usual else "")
        known = [number for number in (own, role) if number]
        if self.times is None or count < self.at_least or not known or count < self.times * min(known):
            return ""
        return usual


def limits_on(table: CodeTable, day: str) -> Limits:
    """The limits in force on an ISO day. Raises ``LimitWrong``."""
    hours, many, more = (table.find(code, day) for code in (HOURS, MANY, FAR_MORE))
    found: dict[str, Any] = {}
    if hours:
        days = hours.more.get("weekdays")
        if not isinstance(days, list) or not all(day in range(1, 8) for day in days):
            raise _wrong(HOURS, "weekdays", "a list of days, such as [1, 2, 3, 4, 5]")
        found["hours"] = (_time(hours.more, "opens"), _time(hours.more, "closes"))
        found["weekdays"] = frozenset(days)
    if many:
        found["many"] = int(_number(MANY, many.more, "patients"))
    if more:
        found["times"] = _number(FAR_MORE, more.more, "times")
        found["at_least"] = int(_number(FAR_MORE, more.more, "at_least"))
        found["over_days"] = int(_number(FAR_MORE, more.more, "over_days"))
    return Limits(**found)


def usual(counts: list[int]) -> float | None:
    """What is usual, from the counts of other days; None when there were none."""
    return median(counts) if counts else None


def surname_key(full_name: str) -> str:
    """What the name keys of patients begin with who share a surname: ``Mary O'Brien, RHIT``, ``O'Brien, Mary``."""
    before, _, after = full_name.partition(",")
    given_last = after.strip() and not _titles(after.split())
    words = before.split()
    while len(words) > 1 and _titles(words[-1:]):
        words.pop()
    if not words:
        return ""
    return name_key(Name(before.strip() if given_last else words[-1]))


def _titles(words: list[str]) -> bool:
    return all(word.strip(".,").upper() in SUFFIXES for word in words)


def _time(row: Mapping[str, object], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not TIME.fullmatch(value):
        raise _wrong(HOURS, name, "a time such as 06:00")
    return value


def _number(code: str, row: Mapping[str, object], name: str) -> float:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise _wrong(code, name, "a number")
    return float(value)


def _wrong(code: str, name: str, wanted: str) -> LimitWrong:
    return LimitWrong(
        f"Table {TABLE}, row {code}: {name} has to be {wanted}. Mend it with 'recordroom table import'."
    )
