"""How many records the data sets hold, counted from an index. Loads nothing but the store."""

from __future__ import annotations

from db.connect import database


def records(data_set: str, status: str = "") -> int:
    """How many records of a data set there are, in one status or in any."""
    row = database.execute_sql(
        "SELECT count(*) FROM data_case WHERE data_set = ? AND void_utc IS NULL"
        + (" AND status = ?" if status else ""),
        (data_set, *((status,) if status else ())),
    ).fetchone()
    return int(row[0])
