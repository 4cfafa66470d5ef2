"""Counts of the records of any data set: by month, by status, or by the values of any of its items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from config.data_sets import SITE, library
from db import conventions, store
from db.registry import registries
from db.statistics import record_counts
from db.statistics.record_counts import MONTH, STATUS, Counts
from reports.page import Column, Document, Heads, Total
from reports.page import Item as Line
from reports.parameters import Asked, NotAsked
from reports.sheet import Sheet, Value
from rules.dates import show_date
from rules.dictionary import Dictionary, Item, ItemType
from rules.moments import day_number
from rules.records import decode

TELLING: Final = frozenset({
    "mrn", "account", "last_name", "first_name", "middle_name", "birth_date", "street", "phone", "ssn", "number",
})  # fmt: skip
"""What tells a patient."""
NO_ANSWER: Final = "(blank)"
NOT_DATED: Final = "(no date)"
STATUS_WIDTH: Final = 11


@dataclass(frozen=True, slots=True)
class Data:
    """What was counted, and how the values are called."""

    dictionary: Dictionary
    by: str
    label: str
    counts: Counts
    meanings: Mapping[str, str]
    period: str


def query(parameters: Asked) -> Data:
    """Count. Raises ``NotAsked`` for a data set or an item that is not there, and ``NotPermitted``.

    Only whoever may see the records of a data set is told how many of what there are.
    """
    made = library(store.current().directory / SITE)
    try:
        dictionary = made.of(parameters["set"].casefold())
    except LookupError as error:
        raise NotAsked(f"{error} There are {', '.join(made.ids())}.") from error
    registries.check_view(parameters.actor, dictionary)
    by = parameters["by"].casefold()
    item = dictionary.by_id.get(by)
    if item is None and by not in (MONTH, STATUS):
        raise NotAsked(f"Count by {MONTH}, {STATUS} or an item of {dictionary.id}; {by!r} is none.")
    if item and (item.type is ItemType.NOTE or _source(item) in TELLING):
        raise NotAsked(
            f"Counting by {item.label} would list patients: choose an item that many of them share."
        )
    first, last = (day_number(day) if (day := parameters.get(end)) else None for end in ("from", "to"))
    found = record_counts.counts(dictionary, by, first, last)
    meanings = {
        value: decode(dictionary, made.tables, by.replace(".", "[1].") if item else by, value)
        for value in found.by_value
    }
    label = item.label if item else by.capitalize()
    return Data(dictionary, by, label, found, meanings, _period(parameters))


def _source(item: Item) -> str:
    """What registration calls the item, or the data set itself: ``birth_date`` of ``patient.birth_date``."""
    return (item.column or item.fill or item.id).rpartition(".")[2]


def _period(parameters: Mapping[str, str]) -> str:
    style = conventions.convention("date_style")
    ends = [show_date(day, style) if (day := parameters.get(end)) else "" for end in ("from", "to")]
    return f"{ends[0] or 'beginning'} to {ends[1] or 'today'}" if any(ends) else "all records"


def render(data: Data, width: int) -> Document:
    """One line for each value; the statuses that there are side by side."""
    statuses = _statuses(data)
    left = width - 10 - 8 - len(statuses) * (STATUS_WIDTH + 1)
    columns = (
        Column(data.label, max(20, left)),
        *(Column(status.capitalize(), STATUS_WIDTH, number=True) for status in statuses),
        Column("Records", 8, number=True),
        Column("%", 6, number=True),
    )
    everything = sum(data.counts.records.values())
    body: list[Line] = [Heads(columns)]
    for value, per in data.counts.by_value.items():
        count = sum(per.values())
        figures = [f"{per.get(status, 0):,}" for status in statuses]
        body.append((_shown(data, value), *figures, f"{count:,}", str(_percent(count, everything))))
    body.append(
        Total("All records", ("", *(f"{data.counts.records[status]:,}" for status in statuses), f"{everything:,}", ""),
              rule=True)
    )  # fmt: skip
    notes = ["A record counts under the date named by its data set."]
    if "." in data.by:
        notes.append(
            "A record counts once for each value that it holds, so the lines add up to more than all records."
        )
    return Document(
        "G01", f"RECORDS BY {data.label.upper()}: {data.dictionary.title.upper()}", data.period, "all that are in use",
        body if data.counts.records else [], everything, tuple(notes),
    )  # fmt: skip


def _statuses(data: Data) -> list[str]:
    return sorted(data.counts.records)


def _percent(count: int, everything: int) -> Decimal:
    """To one decimal, half up, once."""
    return Decimal((count * 2000 + everything) // (2 * everything)) / 10 if everything else Decimal(0)


def _shown(data: Data, value: str) -> str:
    if not value:
        return NOT_DATED if data.by == MONTH else NO_ANSWER
    return f"{value} {data.meanings.get(value, '')}".strip()


def sheets(data: Data) -> list[Sheet]:
    """The counts as a table."""
    statuses = _statuses(data)
    rows: list[tuple[Value, ...]] = [
        (value, data.meanings.get(value, ""), *(per.get(status, 0) for status in statuses), sum(per.values()))
        for value, per in data.counts.by_value.items()
    ]
    keys = ("value", "meaning", *(status.replace(" ", "_") for status in statuses), "records")
    headings = (data.label, "Meaning", *(status.capitalize() for status in statuses), "Records")
    return [Sheet("counts", keys, headings, rows)]
