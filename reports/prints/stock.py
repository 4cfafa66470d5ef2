"""Paper of its own size: labels and slips fill the rows and columns of their stock, without heads and feet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from config.data_sets import library
from db import store
from reports.page import Page, Setup
from reports.parameters import NotAsked
from rules.tables import TableRow
from rules.text import cells, clean, fit, to_ascii

TABLE: Final = "label_stock"
MOST_COPIES: Final = 99


@dataclass(frozen=True, slots=True)
class Stock:
    """What one label takes, and how many stand side by side."""

    code: str
    text: str
    columns: int
    rows: int
    across: int = 1
    gap: int = 0
    form_feed: bool = False
    copies: int = 1

    @property
    def width(self) -> int:
        """Columns of all labels that stand side by side."""
        return self.across * self.columns + (self.across - 1) * self.gap

    def setup(self, setup: Setup) -> Setup:
        """The paper: a printer's own way, the stock's size."""
        return replace(setup, width=self.width, lines=self.rows, form_feeds=self.form_feed)


def named(code: str, rows_needed: int) -> Stock:
    """The stock of this code in the site's table. Raises ``NotAsked`` when it is not there or too small."""
    table = library(store.current().directory / "site").tables[TABLE]
    row = table.find(code.casefold(), store.current().now().local[:10])
    if row is None:
        known = ", ".join(each.code for each in table.on())
        raise NotAsked(f"There is no stock {code!r} in the table {TABLE}: it has {known}.")
    made = Stock(
        row.code, row.text, _number(row, "columns", 34), _number(row, "rows", 6), _number(row, "across", 1),
        _number(row, "gap", 0), bool(row.more.get("form_feed", False)), _number(row, "copies", 1),
    )  # fmt: skip
    if made.rows < rows_needed or made.columns < 20:
        raise NotAsked(
            f"The stock {made.code} is too small: {rows_needed} rows of 20 columns are needed at least."
        )
    return made


def _number(row: TableRow, name: str, otherwise: int) -> int:
    value = row.more.get(name, otherwise)
    return value if isinstance(value, int) and value >= 0 else otherwise


def copies(asked: str, stock: Stock) -> int:
    """How many labels to print. Raises ``NotAsked``."""
    if not asked:
        return max(1, stock.copies)
    if not asked.isascii() or not asked.isdigit() or not 0 < int(asked) <= MOST_COPIES:
        raise NotAsked(f"Labels {asked!r}: a number from 1 to {MOST_COPIES}.")
    return int(asked)


def pages(lines: Sequence[str], stock: Stock, count: int, setup: Setup) -> list[Page]:
    """``count`` labels of these lines, as many side by side as the stock has; what is too long is clipped."""
    plain = to_ascii if setup.ascii_only else clean
    texts = [_fitted(plain(line), stock.columns) for line in lines[: stock.rows]]
    texts += [" " * stock.columns] * (stock.rows - len(texts))
    made = []
    for begun in range(0, count, stock.across):
        beside = min(stock.across, count - begun)
        made.append(Page(tuple((" " * stock.gap).join([text] * beside).rstrip() for text in texts), 0))
    return made


def _fitted(text: str, width: int) -> str:
    """Clipped with a mark where it is too long; a bar code that does not fit is left out: half of one reads wrong."""
    if text.startswith("*") and text.endswith("*") and cells(text) > width:
        return " " * width
    return fit(text, width)
