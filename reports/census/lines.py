"""What pages of the census have in common: names that are never cut, and where a line leads."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Final

from db import store
from reports.page import Block, Item, Linked, Row, Total
from reports.parameters import NotAsked
from rules.moments import iso_date
from rules.text import cells

CLASSES: Final = ((False, "ADULTS AND CHILDREN"), (True, "NEWBORNS"))
NO_DIVISION: Final = "NO DIVISION"
ASIDE: Final = 9  # the level of a line that closes no group


def under_way(day: int) -> bool:
    """Whether a day is not over yet. Raises ``NotAsked`` for one that has not come."""
    today = store.current().now().day
    if day > today:
        raise NotAsked(f"{iso_date(day)} has not come yet: name a day that is over.")
    return day == today


def so_far(selection: str, *, under_way: bool) -> str:
    """What was chosen, and that the day is not over where it is not."""
    return f"{selection}; THE DAY IS NOT OVER" if under_way else selection


def spelled(row: Row, width: int, go: str = "") -> Iterator[Item]:
    """A row whose name stands on a line of its own where its column is too narrow for it."""
    if cells(str(row[0])) > width:
        yield Block((str(row[0]),), keep_next=True)
        row = ("", *row[1:])
    yield Linked(row, go) if go else row


def aside(text: str) -> Total:
    """A line that belongs to the row before it."""
    return Total(text, level=ASIDE)


def behind(
    first: int, last: int, *, event: str = "", unit: str = "", service: str = "", newborn: bool | None = None
) -> str:
    """The command line of the list of movements (C02) behind the figures of some days."""
    words = [f"from={iso_date(first)}", f"to={iso_date(last)}"]
    words += [f"event={event}"] if event else []
    words += [shlex.quote(f"unit={unit}")] if unit else []
    words += [shlex.quote(f"service={service}")] if service else []
    words += [f"patients={'newborns' if newborn else 'adults'}"] if newborn is not None else []
    return f"PGE admissions-discharges {' '.join(words)}"


def unbalanced(by: int) -> Total:
    """The line under one that does not add up."""
    return aside(f"  OUT OF BALANCE BY {by:+}: compare with C02 of the day")
