"""Rules of the hospital that no structured edit can say, by the name under which a dictionary calls them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from rules.dictionary import Context, Edit, Record, is_null, row_path
from rules.records import Rows
from rules.values import decimal_of, is_date, is_moment


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a function found something; ``message`` is for what the edit's own message cannot say."""

    path: str
    message: str = ""


EditFunction = Callable[[Edit, Record, Rows, Context], Iterator[Hit]]
ComputedFunction = Callable[[Record, Rows, Context], str]


def answered(record: Record, item: str) -> str:
    """The item's value, blank for a null."""
    value = record.get(item, "")
    return "" if is_null(value) else value


# The discharge abstract


def poa_answered(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """Every diagnosis says whether it was present on admission, unless its code is exempt."""
    for group, number, cells in _coded(edit, rows):
        if not cells.get("poa") and not _exempt(cells["code"], record, context):
            yield Hit(row_path(group, number, "poa"))


def poa_exempt_code(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """An exempt diagnosis has no indicator of its own, and the mark for exempt stands on no other code."""
    for group, number, cells in _coded(edit, rows):
        exempt = _exempt(cells["code"], record, context)
        poa = cells.get("poa", "")
        if exempt and poa not in ("", "1"):
            yield Hit(row_path(group, number, "poa"))
        elif exempt is False and poa == "1":
            message = (
                f"{cells['code']} is not exempt from the present-on-admission indicator: enter Y, N, U or W."
            )
            yield Hit(row_path(group, number, "poa"), message)


def _exempt(code: str, record: Record, context: Context) -> bool | None:
    """Whether a code is exempt on the day of discharge, of a stay that is open (again) today."""
    day = answered(record, "discharged_at")[:10]
    return context.poa_exempt and context.poa_exempt(code, day if is_date(day) else context.now[:10])


def _coded(edit: Edit, rows: Rows) -> Iterator[tuple[str, int, Mapping[str, str]]]:
    for group in edit.values:
        for number, cells in rows.get(group, {}).items():
            if cells.get("code") and not is_null(cells["code"]):
                yield group, number, cells


def rows_without_gap(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """Rows are filled from the first on: a gap would make the second diagnosis the principal one."""
    for group in edit.values:
        numbers = list(rows.get(group, {}))
        if numbers and numbers[-1] != len(numbers):
            missing = next(number for number in range(1, numbers[-1]) if number not in rows[group])
            column = next(iter(rows[group][numbers[-1]]))
            yield Hit(row_path(group, missing, column))


def same_day(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """The edit's items fall on one day."""
    known = [(item, answered(record, item)[:10]) for item in edit.items]
    known = [(item, day) for item, day in known if is_date(day)]
    for item, day in known[1:]:
        if day != known[0][1]:
            yield Hit(item)


def null_together(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """The items are all null or none of them is: a list of conditions is unknown only as a whole."""
    null = [item for item in edit.items if is_null(record.get(item, ""))]
    if len(null) != len(edit.items):
        yield from (Hit(item) for item in null)


def within_days(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """The second date is no more than the given number of days after the first."""
    first, second = (answered(record, item)[:10] for item in edit.items[:2])
    if is_date(first) and is_date(second):
        days = (date.fromisoformat(second) - date.fromisoformat(first)).days
        if days > int(edit.values[0]):
            yield Hit(edit.items[0])


def day_passed(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """None of the days has passed; a day itself has not passed while it lasts."""
    for item in edit.items:
        day = answered(record, item)[:10]
        if is_date(day) and day < context.now[:10]:
            yield Hit(item)


def not_above(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """The first number is not above the second."""
    first, second = (decimal_of(record.get(item, "")) for item in edit.items[:2])
    if first is not None and second is not None and first > second:
        yield Hit(edit.items[0])


def equal_items(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """Two items that are both answered hold the same number."""
    first, second = (decimal_of(record.get(item, "")) for item in edit.items[:2])
    if first is not None and second is not None and first != second:
        yield Hit(edit.items[0])


def begins_with(edit: Edit, record: Record, rows: Rows, context: Context) -> Iterator[Hit]:
    """Each item, or the item in each row, begins with one of the edit's values."""
    for entry in edit.items:
        group, dot, column = entry.partition(".")
        repeats = dot and "[" not in group
        places = [row_path(group, number, column) for number in rows.get(group, {})] if repeats else [entry]
        for path in places:
            value = answered(record, path)
            if value and not value.startswith(edit.values):
                yield Hit(path)


# Derived items


def age_on_admission(record: Record, rows: Rows, context: Context) -> str:
    """Age in completed years on the day of admission."""
    return age_in_years(answered(record, "birth_date"), answered(record, "admitted_at")[:10])


def age_in_years(birth: str, on: str) -> str:
    """Completed years from ``birth`` to ``on``, both ISO days; blank when either is not fully known.

    A birthday of 29 February is reached on 1 March of other years.
    """
    if not is_date(birth) or not is_date(on) or on < birth:
        return ""
    return str(int(on[:4]) - int(birth[:4]) - (on[5:] < birth[5:]))


def minutes_between(start: str, end: str) -> str:
    """Whole minutes between two canonical moments; blank when either is not fully known or they cross."""
    if not is_moment(start) or not is_moment(end) or end < start:
        return ""
    first, last = date.fromisoformat(start[:10]).toordinal(), date.fromisoformat(end[:10]).toordinal()
    return str((last - first) * 1440 + _minute(end) - _minute(start))


def _minute(moment: str) -> int:
    return int(moment[11:13]) * 60 + int(moment[14:16])
