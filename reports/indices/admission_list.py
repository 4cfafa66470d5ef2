"""The admissions of a period one by one: the list behind every count of admissions."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from db.statistics import stay_lists
from reports.indices import stays
from reports.indices.listing import Listing, render, sheets
from reports.parameters import Asked

__all__ = ["query", "render", "sheets"]
NARROW: Final = {"admitted": 10, "discharged": 0}  # on 80 columns there is room for one of the two
COLUMNS: Final = tuple(replace(each, narrow=NARROW.get(each.key, each.narrow)) for each in stays.COLUMNS)


def query(asked: Asked) -> Listing:
    """Read the admissions asked for. Raises ``NotAsked``."""
    found = stays.of_age(asked, stay_lists.admitted(stays.wanted(asked)))
    return stays.listing(asked, "I06", "ADMISSIONS", found, COLUMNS)
