"""A written report as a table of typed values, for spreadsheets and other programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.sheet import Sheet, Value
from reports.writer.crossing import cell
from reports.writer.data import HEADS, Data, by_label, figures_asked, group_name, heading, shown
from rules.report_figures import Line, Node, distinct
from rules.report_sets import ROWS
from rules.report_words import by
from rules.report_writer import CROSS, LIST
from rules.values import decimal_of


def tables_of(data: Data) -> list[Sheet]:
    """The report as one table of typed values."""
    if data.made.form == LIST:
        heads = [heading(data, each) for each in data.made.columns]
        rows = [_typed(data, line) for line in distinct(data.lines)]
        return [
            Sheet("records", _keys([each.item for each in data.made.columns]), tuple(heads), rows, data.notes)
        ]
    if data.made.form == CROSS:
        return [_crossed_sheet(data)]
    levels = range(len(data.made.breaks))
    figures = figures_asked(data)
    heads = [*(by_label(data, level) for level in levels), "Records"]
    heads += [f"{heading(data, data.made.columns[at])} {HEADS[word]}" for at, word in figures]
    keys = [each.item for each in data.made.breaks] + ["records"]
    keys += [f"{data.made.columns[at].item}_{word}" for at, word in figures]
    return [Sheet("totals", _keys(keys), tuple(heads), list(_total_rows(data, data.root, ())), data.notes)]


def _keys(paths: Sequence[str]) -> tuple[str, ...]:
    """Keys of columns, each its own."""
    found: list[str] = []
    for path in paths:
        key = path.replace(".", "_").replace("[", "_").replace("]", "")
        number = sum(each == key or each.startswith(f"{key}__") for each in found)
        found.append(f"{key}__{number + 1}" if number else key)
    return tuple(found)


def _typed(data: Data, line: Line) -> tuple[Value, ...]:
    cells: list[Value] = []
    for each, value, numeric in zip(data.made.columns, line.cells, data.numeric, strict=True):
        asked = data.asked(each.item)
        if numeric and not each.as_:
            cells.append(_number(value))
        elif asked and asked.worded and each.as_ in ("text", "both"):
            cells.append(shown(data, asked, each.as_, value))
        else:
            cells.append(value.replace(ROWS, ", "))
    return tuple(cells)


def _number(text: str) -> Value:
    number = decimal_of(text)
    if number is None:
        return text or None
    return int(number) if number == number.to_integral_value() and "." not in text else number


def _total_rows(data: Data, node: Node, before: tuple[str, ...]) -> Iterator[tuple[Value, ...]]:
    if len(before) == len(data.made.breaks):
        figures = [_number(node.tallies[at].figure(word)) for at, word in figures_asked(data)]
        yield (*before, node.records, *figures)
        return
    for inner in node.inner:
        yield from _total_rows(data, inner, (*before, inner.key))


def _crossed_sheet(data: Data) -> Sheet:
    table = data.table
    across: list[str | None] = [*table.across, None]
    names = [group_name(data, 1, key) if key is not None else "Total" for key in across]
    rows: list[tuple[Value, ...]] = [
        (
            "Total" if down is None else group_name(data, 0, down),
            *(_number(format(cell(table, down, each), "f")) for each in across),
        )
        for down in (*table.down, None)
    ]
    heads = (by(data.over, data.made.breaks[0].item, data.made.breaks[0].as_), *names)
    keys = (data.made.breaks[0].item, *(key if key is not None else "total" for key in across))
    return Sheet("crossed", _keys(keys), heads, rows, data.notes)
