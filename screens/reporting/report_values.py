"""The form of a written report and its definition: one becomes the other, items by their labels on the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from db.report_writer.saved import Saved
from reports.parameters import MOVING_DAYS
from rules.records import rows_of
from rules.report_sets import DataSet
from rules.report_writer import LIST, NO_PERCENT, UP, Break, Condition, Definition, Shown, Sort
from tui.screen import Values

LOWER: Final = frozenset(
    {"set", "form", "percent", "as", "figures", "test", "order"}
)  # words, however capitalised


def definition(values: Values, over: DataSet | None) -> Definition:
    """What the form says, items by their paths."""
    rows = {name: list(found.values()) for name, found in rows_of(values).items()}

    def item(cells: Mapping[str, str]) -> str:
        text = cells.get("item", "")
        return (over.named(text) if over else "") or text

    def of(name: str) -> list[dict[str, str]]:
        return [dict(cells) for cells in rows.get(name, ()) if any(cells.values())]

    return Definition(
        values.get("set", ""), values.get("title", ""), values.get("form", "") or LIST,
        tuple(
            Shown(
                item(each), each.get("as", ""), each.get("heading", ""), int(each.get("width") or 0),
                each.get("figures", ""),
            )
            for each in of("columns")
        ),
        tuple(
            Condition(item(each), each.get("test", "") or "is", each.get("value", ""), each.get("other") == "1")
            for each in of("conditions")
        ),
        tuple(Break(item(each), each.get("as", ""), each.get("eject") == "1") for each in of("breaks")),
        tuple(Sort(item(each), each.get("order", "") or UP) for each in of("sorts")),
        values.get("percent", "") or NO_PERCENT, values.get("first", ""), values.get("last", ""),
    )  # fmt: skip


def values_of(found: Saved, over: DataSet) -> Values:
    """A report as the form shows it, items by their labels."""
    made = found.definition
    values = {
        "name": found.name, "title": made.title, "set": made.data_set, "form": made.form, "first": made.first,
        "shared": "1" if found.shared else "0", "last": made.last, "percent": made.percent,
    }  # fmt: skip
    tables: dict[str, list[dict[str, str]]] = {
        "columns": [
            {"item": over.word(each.item), "as": each.as_, "heading": each.heading, "figures": each.figures,
             "width": str(each.width or "")} for each in made.columns
        ],
        "conditions": [
            {"item": over.word(each.item), "test": each.test, "value": each.value, "other": "1" if each.other else ""}
            for each in made.conditions
        ],
        "breaks": [
            {"item": over.word(each.item), "as": each.as_, "eject": "1" if each.eject else ""} for each in made.breaks
        ],
        "sorts": [{"item": over.word(each.item), "order": each.order} for each in made.sorts],
    }  # fmt: skip
    for name, rows in tables.items():
        for number, cells in enumerate(rows, 1):
            values |= {f"{name}[{number}].{column}": value for column, value in cells.items()}
    return {path: value for path, value in values.items() if value}


def in_words(values: Values, over: DataSet | None) -> Values:
    """What was keyed as the form keeps it: items by label, words in small letters, a test of its own by default."""
    made: Values = {}
    for path, value in values.items():
        name = path.rpartition(".")[2]
        if name == "item" and over and (found := over.named(value)):
            made[path] = over.word(found)
        elif name in LOWER or (name in ("first", "last") and value.casefold() in MOVING_DAYS):
            made[path] = value.casefold()
    return made
