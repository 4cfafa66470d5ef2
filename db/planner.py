"""What the query planner knows of the store: how rows are spread, but never that a table is small today.

By statistics of a few rows the planner reads whole tables, and goes on doing so while a feed or an import fills them.
Without any it takes every table for a large one and uses indexes.
"""

from __future__ import annotations

from typing import Final

from db.connect import database, writing

SAMPLED_ROWS: Final = 1000  # of each index, so that a large store takes no longer than a small one
LARGE_ROWS: Final = 10_000
_CHANGED: Final = (
    0x10002  # every table that has no statistics, or ten times as many rows as when they were taken
)
_TABLES: Final = "SELECT name FROM sqlite_master WHERE name IN ('sqlite_stat1', 'sqlite_stat4')"
_SMALL: Final = "SELECT tbl FROM sqlite_stat1 GROUP BY tbl HAVING max(CAST(stat AS INTEGER)) <"
# A statistic begins with the number of rows.


def take_statistics() -> None:
    """Bring the statistics of large tables up to date: at sign-off, and after anything that adds many rows."""
    database.execute_sql(f"PRAGMA analysis_limit = {SAMPLED_ROWS}")
    with writing():
        database.execute_sql(f"PRAGMA optimize({_CHANGED})")
        kept = [name for (name,) in database.execute_sql(_TABLES)]
        for table in sorted(kept, reverse=True):  # sqlite_stat1, which says what is small, last
            database.execute_sql(f"DELETE FROM {table} WHERE tbl IN ({_SMALL} {LARGE_ROWS})")
        if kept:
            database.execute_sql("ANALYZE sqlite_master")  # what was noted is taken back here too
