"""The tables of the law as the facility has them, and the days on which it is closed beside the legal holidays."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path

from config.code_tables import Shelf
from db import store
from db.conventions import convention
from rules.tables import Tables
from rules.values import is_date


def tables() -> Tables:
    """The code tables, with the facility's own rows."""
    return _shelf(store.current().directory / "site" / "tables")


def closing_days(day: int | None = None) -> frozenset[date]:
    """Days that are no working days in the area that the facility names on a day number (now when None)."""
    area = convention("closure_area", day)
    return frozenset(
        date.fromisoformat(row.code)
        for row in tables()["federal_closures"].rows
        if is_date(row.code) and row.more.get("area", area) == area
    )


@lru_cache(maxsize=2)
def _shelf(folder: Path) -> Shelf:
    return Shelf(folder)
