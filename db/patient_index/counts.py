"""What waits in the patient index, counted from an index. Loads nothing but the store."""

from __future__ import annotations

from typing import Final

from db.connect import database

MOST: Final = 1000  # counted of pairs in each state, and of charts on the desk; more are not told apart
BOTH_STAND: Final = (
    " AND NOT EXISTS (SELECT 1 FROM patient p WHERE p.id IN (c.low_id, c.high_id)"
    " AND (p.merged_into_id IS NOT NULL OR p.void_utc IS NOT NULL))"
)


def pairs() -> tuple[int, int]:
    """Pairs of charts that wait to be decided, and those put off; up to ``MOST`` of each."""
    return _pairs("open"), _pairs("later")


def _pairs(state: str) -> int:
    row = database.execute_sql(
        f"SELECT count(*) FROM (SELECT 1 FROM chart_pair c WHERE c.state = ?{BOTH_STAND} LIMIT ?)",
        (state, MOST),
    ).fetchone()
    return int(row[0])


def not_compared(most: int = -1) -> int:
    """How many charts wait to be compared with the others, all of them or up to ``most``: after a first load it is
    every chart there is."""
    row = database.execute_sql("SELECT count(*) FROM (SELECT 1 FROM match_pending LIMIT ?)", (most,))
    return int(row.fetchone()[0])


def overlays() -> int:
    """How many amendments that may have made another person of a chart wait to be looked at."""
    return int(database.execute_sql("SELECT count(*) FROM overlay WHERE settled_utc IS NULL").fetchone()[0])


def unnamed(most: int) -> int:
    """How many patients are under a name that stands in for one not known yet; up to ``most``."""
    row = database.execute_sql(
        "SELECT count(*) FROM (SELECT 1 FROM patient p WHERE p.temporary = 1 AND p.merged_into_id IS NULL LIMIT ?)",
        (most,),
    ).fetchone()
    return int(row[0])
