"""General derived items: a dictionary names one in ``computed`` and what it works on in ``of``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rules.dictionary import Record, is_null
from rules.edit_functions import age_in_years, minutes_between
from rules.records import Rows
from rules.values import decimal_of, is_date, is_time

Inputs = tuple[str, ...]
Derive = Callable[[Inputs, Record, Rows], str]


@dataclass(frozen=True, slots=True)
class General:
    """A function that any item may name: what it does with what it is given, and how much it needs."""

    derive: Derive
    least: int
    most: int
    moments: bool = False  # works on days or moments; ``date+time`` joins two items


def values_of(entry: str, record: Record, rows: Rows) -> list[str]:
    """What an input holds; a column stands for all its rows, a null for nothing."""
    group, dot, column = entry.partition(".")
    if dot:
        found = [cells.get(column, "") for cells in rows.get(group, {}).values()]
    elif group in rows:
        found = [value for cells in rows[group].values() for value in list(cells.values())[:1]]
    else:
        found = [record.get(entry, "")]
    return ["" if is_null(value) else value for value in found]


def moment_of(entry: str, record: Record) -> str:
    """A day, or a moment where the time is known, of an item or of ``date+time``."""
    day_item, _, time_item = entry.partition("+")
    day, time = record.get(day_item, ""), record.get(time_item, "") if time_item else ""
    return f"{day}T{time}" if is_date(day) and is_time(time) else day


def _minutes(of: Inputs, record: Record, rows: Rows) -> str:
    return minutes_between(moment_of(of[0], record), moment_of(of[1], record))


def _days(of: Inputs, record: Record, rows: Rows) -> str:
    first, last = (moment_of(entry, record)[:10] for entry in of)
    if not is_date(first) or not is_date(last) or last < first:
        return ""
    return str((date.fromisoformat(last) - date.fromisoformat(first)).days)


def _years(of: Inputs, record: Record, rows: Rows) -> str:
    return age_in_years(*(moment_of(entry, record)[:10] for entry in of))


def _sum(of: Inputs, record: Record, rows: Rows) -> str:
    numbers = [decimal_of(value) for entry in of for value in values_of(entry, record, rows)]
    known = [number for number in numbers if number is not None]
    if not known or len(known) != len(numbers):
        return ""
    return format(sum(known, Decimal(0)), "f")


def _count(of: Inputs, record: Record, rows: Rows) -> str:
    return str(sum(bool(value) for entry in of for value in values_of(entry, record, rows)))


GENERAL: Mapping[str, General] = {
    "minutes_between": General(_minutes, 2, 2, moments=True),
    "days_between": General(_days, 2, 2, moments=True),
    "years_between": General(_years, 2, 2, moments=True),
    "sum_of": General(_sum, 1, 99),
    "count_of": General(_count, 1, 99),
}
"""``minutes_between``, ``days_between`` and ``years_between`` (completed ones) go from the first to the second; they
are blank while either is not known or they cross. ``sum_of`` is blank while one of its items is; ``count_of``
counts what is answered, of a group its rows."""
