"""Discharged, not final billed: how much waits before the bill, for how long, and why.

A discharge is final billed once its abstract is released. Each account counts once, by the first reason that
applies (rules/work.py). Its value is its charges, or its DRG weight times the facility's base rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from db import store
from db.connect import database
from rules import work
from rules.work import BANDS, Reason


@dataclass(frozen=True, slots=True)
class Group:
    """Accounts with the same reason, payer and service, discharged the same number of days ago."""

    reason: Reason
    payer: str
    service: str
    days: int
    accounts: int
    value_cents: int
    without_value: int  # accounts whose value is not known


@dataclass(frozen=True, slots=True)
class Line:
    """Accounts that have something in common. Days are since discharge."""

    name: str
    accounts: int
    days: int  # of all accounts together
    oldest: int
    value_cents: int
    without_value: int
    asks: str = ""  # the line of the work queue that lists them

    @property
    def average(self) -> int:
        """Days since discharge on average, half up."""
        return (self.days * 2 + self.accounts) // (2 * self.accounts) if self.accounts else 0


@dataclass(frozen=True, slots=True)
class Counted:
    """What is not final billed on a day."""

    day: int
    groups: Sequence[Group]
    valued: dict[str, int]  # accounts by what their value is from: charges, expected, or blank for none

    @property
    def total(self) -> Line:
        return _line("All accounts", self.groups, "HOLD=ANY BILLED=N")

    def by_reason(self) -> list[Line]:
        """By reason, in the order in which they count."""
        return [
            _line(work.REASONS[reason][0], found, f"{work.REASONS[reason][1]} BILLED=N")
            for reason in Reason
            if (found := self._of(lambda group: group.reason, reason))
        ]

    def by_band(self) -> list[Line]:
        """By days since discharge, every band."""
        return [
            _line(
                f"{work.band_name(place)} days", self._of(lambda group: work.band(group.days), place),
                f"HOLD=ANY BILLED=N {_age(place)}",
            )
            for place in range(len(BANDS))
        ]  # fmt: skip

    def by_payer(self) -> list[Line]:
        """By payer code."""
        return self._named(lambda group: group.payer, "PAYER")

    def by_service(self) -> list[Line]:
        """By the service discharged from."""
        return self._named(lambda group: group.service, "SERVICE")

    def _named(self, key: Callable[[Group], str], word: str) -> list[Line]:
        return [
            _line(name or "(none)", self._of(key, name), f"HOLD=ANY BILLED=N {word}={name}" if name else "")
            for name in sorted(set(map(key, self.groups)))
        ]

    def _of(self, key: Callable[[Group], object], value: object) -> list[Group]:
        return [group for group in self.groups if key(group) == value]


def _age(place: int) -> str:
    low, high = BANDS[place]
    return f"AGE>{low - 1}" if high is None else f"AGE={low}-{high}"


def _line(name: str, groups: Iterable[Group], asks: str) -> Line:
    found = list(groups)
    return Line(
        name, sum(each.accounts for each in found), sum(each.days * each.accounts for each in found),
        max((each.days for each in found), default=0), sum(each.value_cents for each in found),
        sum(each.without_value for each in found), asks,
    )  # fmt: skip


def counted() -> Counted:
    """What is not final billed now: one pass over the queue."""
    today = store.current().now().day
    rows = database.execute_sql(
        "SELECT kinds, hold_until > ?, payer, service, discharge_day, value_from, count(*),"
        " coalesce(sum(value_cents), 0) FROM work_item WHERE billed = 0 GROUP BY 1, 2, 3, 4, 5, 6",
        (today,),
    )
    groups, valued = [], {"charges": 0, "expected": 0, "": 0}
    for kinds, held, payer, service, day, source, accounts, cents in rows:
        reason = work.reason(kinds, held=bool(held))
        unknown = 0 if source else accounts
        groups.append(Group(reason, payer, service, max(0, today - day), accounts, cents, unknown))
        valued[source] += accounts
    return Counted(today, groups, valued)
