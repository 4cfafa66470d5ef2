"""A written report as a table of typed values, for spreadsheets and other programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reports import letters as merge
from reports.indices.withheld import SENSITIVE
from reports.letters import ADDRESS
from reports.parameters import FULL, IDENTIFIERS, NotAsked
from reports.sheet import Sheet, Value
from reports.writer.crossing import cell
from reports.writer.data import HEADS, Data, by_label, figures_asked, group_name, heading, shown
from rules.report_figures import Line, Node, distinct
from rules.report_sets import ROWS
from rules.report_words import by
from rules.report_writer import CROSS, LIST
from rules.values import decimal_of

ADDRESSED: Final = (
    ("requester_name",), ("patient_name",), ("first_name", "middle_name", "last_name"),
)  # fmt: skip
"""Whom a letter is addressed to: whoever asked, or the patient."""


def tables_of(data: Data) -> list[Sheet]:
    """The report as one table of typed values."""
    if data.made.form == LIST:
        heads = [heading(data, each) for each in data.made.columns]
        rows = [_typed(data, line) for line in distinct(data.lines)]
        return [
            Sheet(
                "records",
                _keys([each.item for each in data.made.columns]),
                tuple(heads),
                rows,
                data.asked_and_noted,
            )
        ]
    if data.made.form == CROSS:
        return [_crossed_sheet(data)]
    levels = range(len(data.made.breaks))
    figures = figures_asked(data)
    heads = [*(by_label(data, level) for level in levels), "Records"]
    heads += [f"{heading(data, data.made.columns[at])} {HEADS[word]}" for at, word in figures]
    keys = [each.item for each in data.made.breaks] + ["records"]
    keys += [f"{data.made.columns[at].item}_{word}" for at, word in figures]
    return [
        Sheet(
            "totals", _keys(keys), tuple(heads), list(_total_rows(data, data.root, ())), data.asked_and_noted
        )
    ]


def letters_of(data: Data) -> Sheet:
    """A letter for each record that a list names: its columns, and the address that stands in them.

    A sensitive chart that is not named gets none. Raises ``NotAsked`` for what is no list of people.
    """
    sources = [asked.source if (asked := data.asked(each.item)) else "" for each in data.made.columns]
    if data.made.form != LIST or not {"last_name", "patient_name", "requester_name"} & set(sources):
        raise NotAsked(
            f"A letter needs somebody to go to: make {data.called} a list with the columns First name and Last name."
        )
    if data.again.get(IDENTIFIERS.name, FULL) != FULL:
        raise NotAsked("Letters need names in full: ask with identifiers=full, where your role sees them.")
    keys = _keys([each.item for each in data.made.columns])
    rows: list[dict[str, Value]] = []
    for line in distinct(data.lines):
        if SENSITIVE in line.cells:
            continue
        held = {source: value for source, value in zip(sources, line.cells, strict=True) if value}
        parts = next(parts for parts in ADDRESSED if parts[-1] in held or parts is ADDRESSED[-1])
        addressee = " ".join(held[part] for part in parts if part in held)
        address: dict[str, Value] = {**held, "street": held.get("street", held.get("requester_address", ""))}
        rows.append(
            dict(zip(keys, _typed(data, line), strict=True))
            | {key: address.get(key, "") for key in ADDRESS}
            | {"letter_date": data.as_of, "facility": data.facility, "addressee": addressee}
        )
    return merge.letters([key for key in keys if key not in ADDRESS], rows)


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
    heads = (by(data.made, data.over, data.made.breaks[0].item, data.made.breaks[0].as_), *names)
    keys = (data.made.breaks[0].item, *(key if key is not None else "total" for key in across))
    return Sheet("crossed", _keys(keys), heads, rows, data.asked_and_noted)
