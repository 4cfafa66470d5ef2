"""Labelled values as paper forms have them: two to a line; one that needs more has a line, clipped with a mark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from reports.page import Block, Column, Group, Heads, Item, Row, Wrapped
from rules.text import cells, fit

LONGEST_LABEL: Final = 22
GAP: Final = 2
BLANK: Final = "-"

Pair = tuple[str, str]
"""A label and its value."""


def labelled(pairs: Iterable[Pair], width: int) -> Block:
    """Values beside their labels, two to a line, in reading order; a blank one is a dash."""
    asked = list(pairs)
    label = min(LONGEST_LABEL, max((cells(label) for label, _ in asked), default=0))
    half = (width - GAP) // 2
    lines: list[str] = []
    waiting = ""
    for name, value in asked:
        text = f"{fit(name, label)} {value or BLANK}"
        if cells(text) > half:
            lines += [waiting] if waiting else []
            lines, waiting = [*lines, fit(text, width)], ""
        elif waiting:
            lines, waiting = [*lines, f"{fit(waiting, half)}{' ' * GAP}{text}"], ""
        else:
            waiting = text
    return Block(tuple(line.rstrip() for line in [*lines, *([waiting] if waiting else [])]))


def part(title: str, *items: Item) -> list[Item]:
    """A headed part of a form."""
    return [Heads(), Group(title.upper()), *items]


def table(title: str, columns: Sequence[Column], rows: Iterable[Row | Wrapped], none: str = "") -> list[Item]:
    """A titled table; title and heads are repeated where it goes on on another page. ``none``: without rows."""
    found = list(rows)
    if not found:
        return part(title, Block((none,))) if none else []
    return [Heads(tuple(columns), title.upper()), *found]
