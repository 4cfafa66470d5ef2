"""Lines of a page: what stands in columns, at both ends, or over several lines, each as wide as it should be."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from rules.text import cells, clean, clipped, fit, fit_number

GAP: Final = " "  # between columns

Cell = str | int
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a page. ``|`` in ``head`` divides it over two lines."""

    head: str
    width: int
    number: bool = False  # right-aligned, never clipped


def sides(left: str, right: str, width: int) -> str:
    """A line with a text at either end; the left one is clipped when both do not fit."""
    right = fit(right, min(cells(right), width))
    room = width - cells(right) - 1
    return f"{fit(left, room)} {right}" if room > 0 else right


def wrapped(text: str, width: int, indent: str = "  ") -> list[str]:
    """A sentence over as many lines as it needs; lines after the first are indented."""
    text = clean(text)
    if text.isascii():
        return textwrap.wrap(text, width, subsequent_indent=indent) or [""]
    lines, line = [], ""
    for word in text.split():
        if line.strip() and cells(line) + 1 + cells(word) > width:
            lines.append(line)
            line = indent
        line += f"{' ' if line.strip() else ''}{word}"
        while cells(line) > width:  # a word of its own line that is too long: broken where the line is full
            part = clipped(line, width)
            lines.append(part)
            line = indent + line[len(part) :]
    return [*lines, line] if line.strip() else lines or [""]


def column_heads(columns: Sequence[Column]) -> list[str]:
    """The heads over the columns, on one or two lines, underlined with dashes."""
    if not columns:
        return []
    parts = [column.head.split("|") for column in columns]
    height = max(len(part) for part in parts)
    stacked = zip_longest(*([""] * (height - len(part)) + part for part in parts), fillvalue="")
    lines = [
        GAP.join(
            fit(text, column.width, ">" if column.number else "<")
            for text, column in zip(line, columns, strict=True)
        ).rstrip()
        for line in stacked
    ]
    return [*lines, GAP.join("-" * column.width for column in columns)]


def row_writer(columns: Sequence[Column], plain: Callable[[str], str]) -> Callable[[Row], str]:
    """A function from a row to its line.

    A row that simply fits takes one ``%`` and one look; of one with cells too long, these alone are brought to size.
    """
    template = GAP.join(f"%{'' if column.number else '-'}{column.width}s" for column in columns)
    length = sum(column.width for column in columns) + len(GAP) * max(0, len(columns) - 1)

    def cell(value: Cell, column: Column) -> str:
        text = plain(str(value))
        return fit_number(text, column.width) if column.number else fit(text, column.width)

    def line(row: Row) -> str:
        quick = template % row
        if not (quick.isascii() and quick.isprintable()):
            return GAP.join(cell(value, column) for value, column in zip(row, columns, strict=True))
        if len(quick) == length:
            return quick
        sized = zip(map(str, row), columns, strict=True)
        return template % tuple(
            [text if len(text) <= column.width else cell(text, column) for text, column in sized]
        )

    return line
