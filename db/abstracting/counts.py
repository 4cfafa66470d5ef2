"""What waits of the abstracts, counted from an index. Loads nothing but the store."""

from __future__ import annotations

from db.connect import database


def returns() -> int:
    """How many reasons for which abstracts came back wait for an answer."""
    row = database.execute_sql("SELECT count(*) FROM abstract_return WHERE cleared_utc IS NULL").fetchone()
    return int(row[0])


def differences() -> int:
    """How many differences between abstract and feed nobody has looked at."""
    row = database.execute_sql("SELECT count(*) FROM abstract_difference WHERE seen_utc IS NULL").fetchone()
    return int(row[0])
