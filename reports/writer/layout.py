"""How a written report stands on paper: a list or totals, its columns brought to the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reports.page import EMPTY, Block, Column, Document, Group, Heads, Item, Linked, Total, wrapped
from reports.writer.crossing import LABEL, cross
from reports.writer.data import (
    HEADS,
    Data,
    behind,
    by_label,
    figure_shown,
    figures_asked,
    group_name,
    heading,
    over_lines,
    shown,
)
from rules.dictionary import ItemType
from rules.report_figures import Node
from rules.report_sets import NUMBERS
from rules.report_writer import CROSS, FIGURES, LIST, Shown

CODE: Final = "W01"
FIGURE: Final = 10
WORDED: Final = 15  # the smallest of dates and codes
NARROWEST: Final = 6  # a text column that gives way
HEAD_WORD: Final = 14  # a word of a heading up to so long is not cut where there is room
WIDTHS: Final = {ItemType.DATE: 10, ItemType.MOMENT: 15, ItemType.TIME: 5, ItemType.YES_NO: 3}
SUBTOTALS: Final = {
    "count": "With a value",
    "sum": "Sum",
    "mean": "Mean",
    "min": "Smallest",
    "max": "Largest",
}


def document(data: Data, width: int) -> Document:
    """The report on a page of 80 or 132 columns."""
    notes = list(data.notes)
    frozen = 0
    body: list[Item] = [Block(tuple(wrapped(f"{data.words}.", width)))]
    if not data.lines:
        body.append(Block(("", EMPTY)))
    elif data.made.form == LIST:
        columns, dropped = _columns(data, width)
        notes += _no_room(dropped)
        frozen = columns[0].width + 1
        body += [Heads(tuple(columns)), *_list(data, len(columns))]
    elif data.made.form == CROSS:
        body += cross(data, width)
    else:
        heads, dropped = _figure_heads(data, width)
        notes += _no_room(dropped)
        body += [Heads(tuple(heads)), *_totals(data, len(heads) - 2)]
    return Document(CODE, data.called.upper(), data.period, data.by, body, data.records, tuple(notes), frozen)


def _no_room(dropped: Sequence[str]) -> list[str]:
    return [f"No room on a page of this width for {', '.join(dropped)}: a spreadsheet has all."] * bool(
        dropped
    )


def _columns(data: Data, width: int) -> tuple[list[Column], list[str]]:
    """Columns brought to the page: texts give way to each other, then the last ones stay off."""
    made = [_column(data, each) for each in data.made.columns]
    yields = [
        not (column.number or each.width or _is_dated(data, each))
        for column, each in zip(made, data.made.columns, strict=True)
    ]
    widths = [column.width for column in made]
    while sum(widths) + len(widths) - 1 > width:
        wide = [at for at in range(len(widths)) if yields[at] and widths[at] > NARROWEST]
        if wide:
            widths[max(wide, key=lambda at: widths[at])] -= 1
        elif len(widths) > 1:
            widths.pop()
        else:
            widths[0] = width
    shown = [Column(column.head, cells, column.number) for column, cells in zip(made, widths, strict=False)]
    return shown, [heading(data, each) for each in data.made.columns[len(widths) :]]


def _is_dated(data: Data, each: Shown) -> bool:
    asked = data.asked(each.item)
    return asked is not None and asked.dated


def _column(data: Data, each: Shown) -> Column:
    asked, head = data.asked(each.item), heading(data, each)
    if asked is None:
        return Column(over_lines(head, each.width or 10), each.width or 10)
    own = WIDTHS.get(asked.type, asked.item.width)
    if asked.dated and each.as_:
        own = 10
    if asked.coded:
        own = min(own, 10)
    if asked.source in NUMBERS:
        own = min(own, 12)
    if asked.worded and each.as_ in ("text", "both"):
        own = LABEL
    if asked.repeats:
        own = max(own, 20)
    if {"sum", "mean"} & set(each.figures.split()):
        own = max(own, 9)
    wide = each.width or max(min(own, 30), min(HEAD_WORD, max(map(len, head.split()), default=0)))
    return Column(over_lines(head, wide), wide, asked.numeric and not each.as_)


def _list(data: Data, columns: int) -> Iterator[Item]:
    asked = [(data.asked(each.item), each.as_) for each in data.made.columns[:columns]]
    words: list[dict[str, str]] = [{} for _ in asked]  # each value is put into words once

    def cell(at: int, value: str) -> str:
        known = words[at]
        if value not in known:
            known[value] = shown(data, *asked[at], value)
        return known[value]

    def items(node: Node, level: int) -> Iterator[Item]:
        if level == len(data.made.breaks):
            for line in node.lines:
                row = tuple([cell(at, value) for at, value in enumerate(line.cells[:columns])])
                yield Linked(row, line.go) if line.go else row
            return
        for inner in node.inner:
            name = f"{by_label(data, level)}: {group_name(data, level, inner.key)}"
            yield Group(name, level + 1, data.made.breaks[level].eject)
            yield from items(inner, level + 1)
            yield from _subtotal(data, inner, name, level + 1, columns)

    yield from items(data.root, 0)
    yield from _subtotal(data, data.root, "TOTAL", 0, columns)


def _subtotal(data: Data, node: Node, name: str, level: int, columns: int) -> Iterator[Item]:
    yield Total(f"{name}: {node.records:,} {'record' if node.records == 1 else 'records'}", level=level)
    asked = [each.figures.split() for each in data.made.columns[:columns]]
    for word in FIGURES:
        if any(word in figures for figures in asked):
            cells = tuple(
                figure_shown(data, at, node.tallies[at], word) if word in figures else ""
                for at, figures in enumerate(asked)
            )
            yield Total(f"  {SUBTOTALS[word]}", cells, level=level)


def _figure_heads(data: Data, width: int) -> tuple[list[Column], list[str]]:
    heads = [Column("Records", 9, True)]
    dropped = []
    for at, word in figures_asked(data):
        head = f"{heading(data, data.made.columns[at])} {HEADS[word]}"
        wide = FIGURE if data.numeric[at] or word == "count" else WORDED
        column = Column(over_lines(head, wide), wide, True)
        if LABEL + sum(each.width + 1 for each in (*heads, column)) <= width:
            heads.append(column)
        else:
            dropped.append(head)
    room = width - sum(each.width + 1 for each in heads)
    return [Column(by_label(data, len(data.made.breaks) - 1), room), *heads], dropped


def _totals(data: Data, figures: int) -> Iterator[Item]:
    wanted = figures_asked(data)[:figures]
    last = len(data.made.breaks) - 1

    def cells(node: Node) -> tuple[str, ...]:
        return (f"{node.records:,}", *(figure_shown(data, at, node.tallies[at], word) for at, word in wanted))

    def items(node: Node, *before: str) -> Iterator[Item]:
        level = len(before)
        for inner in node.inner:
            name = group_name(data, level, inner.key)
            go = behind(data, *before, inner.key)
            if level == last:
                yield Linked((name, *cells(inner)), go)
                continue
            yield Group(f"{by_label(data, level)}: {name}", level + 1, data.made.breaks[level].eject)
            yield from items(inner, *before, inner.key)
            total = Total(f"{by_label(data, level)}: {name}", ("", *cells(inner)), level + 1, rule=True)
            yield Linked(total, go)

    yield from items(data.root)
    yield Linked(Total("TOTAL", ("", *cells(data.root)), level=0, rule=True), behind(data))
