"""The discharges of a period one by one: the list behind every count of discharges."""

from __future__ import annotations

from db.statistics import stay_lists
from reports.indices import stays
from reports.indices.listing import Listing, render, sheets
from reports.parameters import Asked

__all__ = ["query", "render", "sheets"]


def query(asked: Asked) -> Listing:
    """Read the discharges asked for. Raises ``NotAsked``."""
    found = stays.of_age(asked, stay_lists.discharged(stays.wanted(asked)))
    return stays.listing(asked, "I05", "DISCHARGES", found)
