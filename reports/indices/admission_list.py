"""The admissions of a period one by one: the list behind every count of admissions."""

from __future__ import annotations

from db.statistics import stay_lists
from reports.indices import stays
from reports.indices.listing import Listing, render, sheets
from reports.parameters import Asked

__all__ = ["query", "render", "sheets"]


def query(asked: Asked) -> Listing:
    """Read the admissions asked for. Raises ``NotAsked``."""
    found = stays.of_age(asked, stay_lists.admitted(stays.wanted(asked)))
    return stays.listing(asked, "I06", "ADMISSIONS", found)
