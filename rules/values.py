"""Canonical text of every item type: whether it can be read, and as what; nothing here raises."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from rules.codes import System, normal, problem
from rules.dictionary import ItemType
from rules.text import clean

_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,12})?")
_CODE = re.compile(r"[!-~](?:[ -~]*[!-~])?")


def is_date(value: str) -> bool:
    """Whether ``value`` is a day of the calendar as YYYY-MM-DD.

    No answer is kept: texts of the rows of a long list would hold back the memory around them.
    """
    if len(value) != 10 or value[4] != "-" or value[7] != "-":
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_moment(value: str) -> bool:
    """Whether ``value`` is a day and a minute as YYYY-MM-DDTHH:MM."""
    return value[10:11] == "T" and is_date(value[:10]) and _TIME.fullmatch(value[11:]) is not None


def is_time(value: str) -> bool:
    """Whether ``value`` is a minute of the day as HH:MM."""
    return _TIME.fullmatch(value) is not None


def is_part_of_date(value: str) -> bool:
    """Whether ``value`` is a year, or a year and month, of the calendar."""
    return len(value) in (4, 7) and is_date(f"{value}-01-01"[:10])


def decimal_of(value: str) -> Decimal | None:
    """The number that ``value`` is, or None."""
    return Decimal(value) if _DECIMAL.fullmatch(value) else None


CANONICAL: Mapping[ItemType, Callable[[str], bool]] = {
    ItemType.TEXT: lambda value: clean(value) == value,
    ItemType.NOTE: lambda value: all(clean(line) == line for line in value.split("\n")),
    ItemType.CODE: lambda value: _CODE.fullmatch(value) is not None and value.upper() == value,
    ItemType.DIAGNOSIS: lambda value: value == normal(value) and not problem(value, System.CM),
    ItemType.PROCEDURE: lambda value: value == normal(value) and not problem(value, System.PCS),
    ItemType.DATE: is_date,
    ItemType.TIME: is_time,
    ItemType.MOMENT: is_moment,
    ItemType.INTEGER: lambda value: _INTEGER.fullmatch(value) is not None,
    ItemType.DECIMAL: lambda value: _DECIMAL.fullmatch(value) is not None,
    ItemType.YES_NO: lambda value: value in ("0", "1"),
}
"""Whether a canonical value can be read as its type."""


def shown(value: str) -> str:
    """A canonical value as people read it in a sentence: days as MM/DD/YYYY, the rest as it stands."""
    if is_date(value):
        return f"{value[5:7]}/{value[8:10]}/{value[:4]}"
    if is_moment(value):
        return f"{shown(value[:10])} {value[11:13]}{value[14:16]}"
    return value
