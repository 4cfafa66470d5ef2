"""How many records of a data set there are: by month of their date, by status, or by any item, each by status.

Read from ``case_item``, never from the documents; a period goes through the index of its days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from db.connect import database
from rules.dictionary import Dictionary
from rules.moments import iso_date

MONTH: Final = "month"
STATUS: Final = "status"
NOT_DATED: Final = ""  # the month of records whose date is not known


@dataclass(frozen=True, slots=True)
class Counts:
    """Records by value, each by status. A record counts once for each value that it holds of an item that repeats."""

    by_value: Mapping[str, Mapping[str, int]]
    records: Mapping[str, int]  # all records asked for, by status


def counts(dictionary: Dictionary, by: str, first: int | None = None, last: int | None = None) -> Counts:
    """Count records whose date (``dated_by``) lies between two day numbers, both inside; None is open."""
    within, values = _within(dictionary, first, last)
    records = dict(
        database.execute_sql(f"SELECT c.status, count(*) FROM {within} GROUP BY c.status", values).fetchall()
    )
    if by == STATUS:
        return Counts({status: {status: count} for status, count in sorted(records.items())}, records)
    found: dict[str, dict[str, int]] = {}
    if by == MONTH:
        rows = database.execute_sql(
            f"SELECT m.day, c.status, count(*) FROM {within} LEFT JOIN case_item m ON m.case_id = c.id"
            " AND m.item = ? AND m.seq = 0 GROUP BY m.day, c.status",
            (*values, dictionary.dated_by),
        )
        for day, status, count in rows:
            month = NOT_DATED if day is None else iso_date(day)[:7]
            per = found.setdefault(month, {})
            per[status] = per.get(status, 0) + count
        return Counts(dict(sorted(found.items())), records)
    rows = database.execute_sql(
        f"SELECT CASE i.null_code WHEN '' THEN i.text ELSE '/' || i.null_code END AS value, c.status,"
        f" count(DISTINCT c.id) FROM {within} JOIN case_item i ON i.case_id = c.id AND i.item = ?"
        " GROUP BY value, c.status ORDER BY value",
        (*values, by),
    )
    for value, status, count in rows:
        found.setdefault(value, {})[status] = count
    blank = _blank(within, values, by)
    return Counts(found | ({"": blank} if blank else {}), records)


def _blank(within: str, values: tuple[object, ...], item: str) -> dict[str, int]:
    """Records that hold nothing of the item."""
    return dict(
        database.execute_sql(
            f"SELECT c.status, count(*) FROM {within} LEFT JOIN case_item i ON i.case_id = c.id AND i.item = ?"
            " WHERE i.case_id IS NULL GROUP BY c.status",
            (*values, item),
        ).fetchall()
    )


def _within(dictionary: Dictionary, first: int | None, last: int | None) -> tuple[str, tuple[object, ...]]:
    """The records asked for as ``c``, as the tables of a statement."""
    of = "SELECT c.id, c.status FROM data_case c"
    if first is None and last is None:
        return f"({of} WHERE c.data_set = ? AND c.void_utc IS NULL) c", (dictionary.id,)
    low, high = first if first is not None else -1, last if last is not None else 2**40
    dated = "JOIN case_item d ON d.case_id = c.id AND d.item = ? AND d.seq = 0 AND d.day BETWEEN ? AND ?"
    statement = f"({of} {dated} WHERE c.data_set = ? AND c.void_utc IS NULL) c"
    return statement, (dictionary.dated_by, low, high, dictionary.id)
