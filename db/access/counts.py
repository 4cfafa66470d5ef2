"""What waits for the privacy officer, counted from an index. Loads nothing but the store."""

from __future__ import annotations

from db.connect import database


def alerts() -> int:
    """How many alerts nobody has reviewed."""
    row = database.execute_sql("SELECT count(*) FROM privacy_alert WHERE reviewed_utc IS NULL").fetchone()
    return int(row[0])
