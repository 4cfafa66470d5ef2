"""What waits of the feeds, counted from an index. Loads nothing but the store."""

from __future__ import annotations

from db.connect import database


def held() -> int:
    """How many messages are held."""
    row = database.execute_sql("SELECT count(*) FROM received_message WHERE outcome = 'held'").fetchone()
    return int(row[0])


def disagreements() -> int:
    """How many disagreements of the feed with what was keyed are open."""
    row = database.execute_sql("SELECT count(*) FROM feed_disagreement WHERE resolved_utc IS NULL").fetchone()
    return int(row[0])
