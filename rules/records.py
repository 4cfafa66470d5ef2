"""A record taken apart: its rows, conditions and dependent nulls, and how it reads in lists and prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rules.dictionary import (
    Condition,
    Context,
    Dictionary,
    Item,
    ItemType,
    Record,
    is_null,
    row_path,
    split_path,
)
from rules.tables import TableRow, Tables
from rules.values import CANONICAL, is_date

NULL_MEANINGS = {"NA": "Not applicable", "NK": "Not known/not recorded"}
PASSES = 4  # a null may bring about a null that brings about a null; chains of more are not followed

Rows = Mapping[str, Mapping[int, Mapping[str, str]]]
"""Rows of the groups that are in use: value by column, by number of the row, by group."""


@dataclass(frozen=True, slots=True)
class CaseItem:
    """A record's value as lists and reports read it: one row per item, and per row of a group (``seq``)."""

    item: str  # ``sex``, ``diagnoses.poa``
    seq: int  # row of the group, 0 outside groups
    text: str  # canonical; blank for a null
    number: int | float | None
    day: int | None  # proleptic Gregorian day number of a date or moment
    null_code: str


class View:
    """A record taken apart once, when its rows are first asked for: values by path, rows by group."""

    __slots__ = ("_rows", "day", "dictionary", "record")

    def __init__(self, dictionary: Dictionary, record: Record, day: str = "") -> None:
        self.dictionary = dictionary
        self.record = record
        self._rows: Rows | None = None
        self.day = day

    @property
    def rows(self) -> Rows:
        if self._rows is None:
            self._rows = rows_of(self.record)
        return self._rows

    def values(self, item: str, row: tuple[str, int] | None) -> list[str]:
        """What ``item`` of a condition or edit stands for, seen from ``row`` (group and number)."""
        if "[" in item:
            return [self.record.get(item, "")]
        group, dot, column = item.partition(".")
        if not dot:
            if group not in self.dictionary.by_id and group in self.rows:
                return [value for cells in self.rows[group].values() for value in cells.values()]
            return [self.record.get(item, "")]
        if row is not None and row[0] == group:
            return [self.rows.get(group, {}).get(row[1], {}).get(column, "")]
        return [cells.get(column, "") for cells in self.rows.get(group, {}).values()]

    def hold(self, conditions: Sequence[Condition], row: tuple[str, int] | None = None) -> bool:
        """Whether all the conditions do, seen from ``row``."""
        return not conditions or all(
            _holds(condition, self.values(condition.item, row)) for condition in conditions
        )


def _holds(condition: Condition, values: list[str]) -> bool:
    test = condition.test
    if test == "in":
        return any(value in condition.values for value in values if value)
    if test == "not-in":
        given = [value for value in values if value]
        return bool(given) and not any(value in condition.values for value in given)
    if test == "begins":
        return any(value.startswith(condition.values) for value in values if value)
    if test == "answered":
        return any(value and not is_null(value) for value in values)
    return not any(values)


def rows_of(record: Record) -> dict[str, dict[int, dict[str, str]]]:
    """The rows of every group that hold anything, in the order of their numbers."""
    rows: dict[str, dict[int, dict[str, str]]] = {}
    for path, value in record.items():
        if value and "[" in path:
            group, row, column = split_path(path)
            if group:
                numbered = rows.get(group) or rows.setdefault(group, {})
                cells = numbered.get(row) or numbered.setdefault(row, {})
                cells[column] = value
    return {group: dict(sorted(numbered.items())) for group, numbered in rows.items()}


def record_day(dictionary: Dictionary, record: Record, context: Context) -> str:
    """The ISO day that picks the rows of tables: the item named by ``dated_by``, else today."""
    value = record.get(dictionary.dated_by, "")[:10]
    return value if len(value) == 10 and is_date(value) else context.now[:10]


def null_values(dictionary: Dictionary, record: Record) -> dict[str, str]:
    """Dependent nulls that hold now, by path: what the form sets by itself and does not ask."""
    record = dict(record)
    settled: dict[str, str] = {}
    for _ in range(PASSES):
        set_now = _nulls_in_force(dictionary, record)
        if set_now == settled:
            break
        settled = set_now
        record.update(settled)
    return settled


def not_asked(dictionary: Dictionary, record: Record) -> set[str]:
    """Paths that the record leaves nothing to say at: dependent nulls, and blank items whose time has not come.

    A group whose time has not come is named by its id: its open row is passed over.
    """
    view = View(dictionary, record)
    found = set(null_values(dictionary, record))
    for part in dictionary.parts():
        if isinstance(part, Item):
            if part.asked_when and not record.get(part.id) and not view.hold(part.asked_when):
                found.add(part.id)
            continue
        if part.asked_when and not view.hold(part.asked_when):
            found.add(part.id)
        columns = [column for column in part.items if column.asked_when]
        for number, cells in view.rows.get(part.id, {}).items() if columns else ():
            for column in columns:
                if not cells.get(column.id) and not view.hold(column.asked_when, (part.id, number)):
                    found.add(row_path(part.id, number, column.id))
    return found


def _nulls_in_force(dictionary: Dictionary, record: Record) -> dict[str, str]:
    view = View(dictionary, record)
    found: dict[str, str] = {}
    for part in dictionary.parts():
        if isinstance(part, Item):
            found |= _first_null(view, part, None) if part.null_when else {}
        elif any(column.null_when for column in part.items):
            for number in view.rows.get(part.id, {}):
                for column in part.items:
                    found |= _first_null(view, column, (part.id, number))
    return found


def _first_null(view: View, item: Item, row: tuple[str, int] | None) -> dict[str, str]:
    for rule in item.null_when:
        if view.hold(rule.when, row):
            return {row_path(*row, item.id) if row else item.id: f"/{rule.null}"}
    return {}


def items(dictionary: Dictionary, record: Record) -> list[CaseItem]:
    """The record as rows for lists, reports and exports, in the order of the form.

    A value that cannot be read as its type keeps its text and has neither number nor day.
    """
    places: dict[str, list[tuple[int, str]]] = {}
    for path, value in record.items():
        if value:
            group, row, column = split_path(path)
            places.setdefault(f"{group}.{column}" if group else column, []).append((row, value))
    return [
        _case_item(id_, item, row, value)
        for id_, item in dictionary.by_id.items()
        for row, value in sorted(places.get(id_, ()))
    ]


def _case_item(id_: str, item: Item, row: int, value: str) -> CaseItem:
    if is_null(value):
        return CaseItem(id_, row, "", None, None, value[1:])
    number: int | float | None = None
    day: int | None = None
    if item.type in (ItemType.DATE, ItemType.MOMENT) and CANONICAL[item.type](value):
        day = date.fromisoformat(value[:10]).toordinal()
    elif item.type in (ItemType.INTEGER, ItemType.YES_NO) and CANONICAL[item.type](value) and len(value) < 16:
        number = int(value)
    elif item.type is ItemType.DECIMAL and CANONICAL[item.type](value):
        number = float(value)
    return CaseItem(id_, row, value, number, day, "")


def table_of(item: Item, dictionary: Dictionary, record: Record, path: str) -> str:
    """The id of the table that lists the item's values in this record, or blank."""
    if not item.table_when:
        return item.table
    group, number, _ = split_path(path)
    view = View(dictionary, record)
    for rule in item.table_when:
        if view.hold(rule.when, (group, number) if group else None):
            return rule.table
    return item.table


def decode(
    dictionary: Dictionary, tables: Tables, path: str, value: str, record: Record | None = None, day: str = ""
) -> str:
    """What a canonical value stands for, to be shown beside it; blank when there is nothing to add."""
    item = dictionary.item_at(path)
    if item is None or not value:
        return ""
    if is_null(value):
        return NULL_MEANINGS.get(value[1:], "")
    if item.type is ItemType.YES_NO:
        return {"1": "Yes", "0": "No"}.get(value, "")
    table = tables.get(table_of(item, dictionary, record or {}, path))
    if table is None:
        return ""
    codes = value.split(" ") if item.several else (value,)
    rows = [table.meaning(code, day) for code in codes]
    return "; ".join(row.text for row in rows if row)


def choices(
    dictionary: Dictionary, tables: Tables, path: str, text: str, record: Record, day: str, limit: int
) -> list[TableRow]:
    """Rows of the item's table for a prompt list: codes that begin with ``text``, then texts that hold it.

    In an item that holds several codes the last word narrows the list, and each row offers all of them.
    """
    item = dictionary.item_at(path)
    table = tables.get(table_of(item, dictionary, record, path)) if item else None
    if table is None:
        return []
    before, _, last = text.rpartition(" ") if item and item.several else ("", "", text)
    wanted = last.strip().casefold()
    rows = list(table.on(day))
    begin = [row for row in rows if row.code.casefold().startswith(wanted)]
    hold = [row for row in rows if wanted in row.text.casefold() and row not in begin]
    found = (begin + hold)[:limit]
    return [replace(row, code=f"{before} {row.code}") for row in found] if before else found
