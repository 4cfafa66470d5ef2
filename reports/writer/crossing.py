"""A cross-tabulation on paper: one table, or several side by side where its columns need more than a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from reports.page import Block, Column, Heads, Item, Linked, Total, wrapped
from reports.writer.data import Data, behind, by_label, group_name, over_lines
from rules.report_figures import Crossed, percent

CELL: Final = 9
LABEL: Final = 24
MOST_ACROSS: Final = 60


def cross(data: Data, width: int) -> Iterator[Item]:
    """One table, or several side by side when its columns are more than a page holds; the last has the totals."""
    table = data.table
    if len(table.across) > MOST_ACROSS:
        yield Block(
            (
                "",
                *wrapped(
                    f"{by_label(data, 1)} has {len(table.across)} values, and {MOST_ACROSS} go across at most: make it "
                    "the first break, which goes down, or choose another.",
                    width,
                    "",
                ),
            )
        )
        return
    across: list[str | None] = [*table.across, None]
    per_page = max(1, (width - LABEL) // (CELL + 1))
    for start in range(0, len(across), per_page):
        part = across[start : start + per_page]
        heads = [
            Column(over_lines("TOTAL" if key is None else group_name(data, 1, key), CELL), CELL, True)
            for key in part
        ]
        yield Heads((Column(by_label(data, 0), LABEL), *heads))
        for key in table.down:
            yield from _cross_lines(data, key, group_name(data, 0, key), part)
        total = Total("TOTAL", ("", *(amount(table, None, each) for each in part)), level=0, rule=True)
        yield Linked(total, behind(data))
        if data.made.percent in ("row", "both"):
            cells = [percent(cell(table, None, each), table.total) for each in part]
            yield Total("  % of line", ("", *cells), level=0)


def _cross_lines(data: Data, key: str, name: str, part: Sequence[str | None]) -> Iterator[Item]:
    table = data.table
    yield Linked((name, *(amount(table, key, each) for each in part)), behind(data, key))
    if data.made.percent in ("row", "both"):
        yield ("  % of line", *(percent(cell(table, key, each), table.lines[key]) for each in part))
    if data.made.percent in ("column", "both"):
        yield ("  % of column", *(percent(cell(table, key, each), cell(table, None, each)) for each in part))


def cell(table: Crossed, down: str | None, across: str | None) -> Decimal:
    """A cell; None stands for all: a margin, or the total."""
    if down is None:
        return table.total if across is None else table.columns[across]
    return table.lines[down] if across is None else table.cells.get((down, across), Decimal(0))


def amount(table: Crossed, down: str | None, across: str | None) -> str:
    """A cell as printed."""
    return f"{cell(table, down, across):,f}"
