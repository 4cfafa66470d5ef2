"""Letters to be merged by a word processor: the columns that every one of them has, whatever report they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from reports.sheet import Sheet, Value

ADDRESS: Final = ("letter_date", "facility", "addressee", "street", "city", "state", "zip", "mrn")
"""The first columns, by these names for ever: templates are written to them. ``letter_date`` is an ISO day."""


def letters(own: Sequence[str], rows: Sequence[Mapping[str, Value]]) -> Sheet:
    """A row for each letter: the address, then the report's own columns."""
    keys = (*ADDRESS, *own)
    return Sheet("letters", keys, keys, [tuple(row.get(key, "") for key in keys) for row in rows])
