"""Charts in the order in which the facility files them; each order is a stored, indexed key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from db.connect import database
from db.conventions import convention
from rules.identity import (
    Name,
    middle_digit_key,
    numeric_key,
    shown_name,
    terminal_digit_key,
    terminal_digits,
)

ORDERS: Final[Mapping[str, tuple[str, Callable[[str], str]]]] = {
    "terminal digit": ("td_key", terminal_digit_key),
    "middle digit": ("md_key", middle_digit_key),
    "straight numeric": ("number_order", numeric_key),
}
"""Order -> column of the patient, and the rule that makes it."""

Line = tuple[str, int, str, str, str, str]


def order() -> str:
    """The order in force."""
    return convention("filing_order")


def column() -> str:
    """The column that lists of charts are sorted by."""
    return ORDERS[order()][0]


def charts(after: tuple[str, int] | None = None, limit: int = 50) -> list[Line]:
    """Key, internal number, MRN, name, birth date and sex, in filing order; ``after`` is key and number."""
    by = column()
    place = after or ("", 0)
    rows = database.execute_sql(
        f"SELECT {by}, id, mrn, last_name, first_name, middle_name, suffix, birth_date, sex FROM patient"
        f" WHERE ({by}, id) > (?, ?) AND merged_into_id IS NULL AND void_utc IS NULL ORDER BY {by}, id LIMIT ?",
        (*place, limit),
    )
    return [(key, id_, mrn, shown_name(Name(*name)), born, sex) for key, id_, mrn, *name, born, sex in rows]


def place_of(text: str) -> str:
    """Where a number, or terminal digits such as 49-99, stand in the order in force."""
    digits = terminal_digits(text.strip()) if order() == "terminal digit" else None
    return digits or ORDERS[order()][1](text)
