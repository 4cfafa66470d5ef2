"""Overrides of a data set: which edits were let stand, how often, by whom and with what reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from config.data_sets import SITE, library
from db import conventions, store
from db.registry import overridden
from db.registry.overridden import Overridden
from reports.page import Column, Document, Group, Heads, Item, Total, Wrapped
from reports.parameters import Asked, NotAsked
from reports.sheet import Sheet
from rules import codes_edits
from rules.dates import show_date
from rules.dictionary import Dictionary
from rules.edits import in_words
from rules.moments import day_number
from rules.overrides import Override

CONVENTIONS: Final = (
    "An override counts while the values that its edit compares stand; what lapsed is in the history of its record.",
)


@dataclass(frozen=True, slots=True)
class Data:
    """The overrides that were given in a period."""

    dictionary: Dictionary
    found: tuple[Overridden, ...]
    period: str
    selection: str
    style: str


def query(asked: Asked) -> Data:
    """Read. Raises ``NotAsked`` for a data set that is not there, and ``NotPermitted``."""
    made = library(store.current().directory / SITE)
    try:
        dictionary = made.of(asked["set"].casefold())
    except LookupError as error:
        raise NotAsked(f"{error} There are {', '.join(made.ids())}.") from error
    first, last = (day_number(day) if (day := asked.get(end)) else None for end in ("from", "to"))
    person, style = asked.get("person", ""), conventions.convention("date_style")
    found = overridden.overridden(asked.actor, dictionary, first, last, person=person)
    ends = [show_date(day, style) if (day := asked.get(end)) else "" for end in ("from", "to")]
    period = f"{ends[0] or 'beginning'} to {ends[1] or 'today'}" if any(ends) else "all that are in force"
    selection = f"{dictionary.title}, {f'by {person}' if person else 'by anybody'}"
    return Data(dictionary, tuple(found), period, selection, style)


def render(data: Data, width: int) -> Document:
    """By edit, by person, then each with its reason."""
    body: list[Item] = []
    if data.found:
        body += _by_edit(data, width)
        body += _by_person(data.found, width)
        body += _each(data, width)
    return Document(
        "Q04", "OVERRIDES OF EDITS", data.period, data.selection, body, len(data.found), CONVENTIONS
    )  # fmt: skip


def _by_edit(data: Data, width: int) -> list[Item]:
    columns = (
        Column("Edit", 7), Column("Level", 7), Column("What it says", width - 44), Column("Times", 6, number=True),
        Column("Records", 7, number=True), Column("People", 6, number=True), Column("%", 5, number=True),
    )  # fmt: skip
    items: list[Item] = [Heads(columns)]
    for code, count in _most(each.override.code for each in data.found):
        some = [each for each in data.found if each.override.code == code]
        level, says = _edit(data.dictionary, code)
        items.append(Wrapped((code, level, says, *_figures(some), percent(count, len(data.found)))))
    items.append(Total("All edits", ("", "", "", *_figures(data.found), ""), rule=True))
    return items


def _figures(found: Sequence[Overridden]) -> tuple[str, str, str]:
    """Overrides, records that they stand in, and people who gave them."""
    records, people = {each.record for each in found}, {each.override.by for each in found}
    return str(len(found)), str(len(records)), str(len(people))


def percent(count: int, of: int) -> str:
    """To one decimal, half up, once."""
    return f"{Decimal((count * 2000 + of) // (2 * of)) / 10:.1f}"


def _edit(dictionary: Dictionary, code: str) -> tuple[str, str]:
    """Level of an edit and what it says; blank for one that the newest version does not have any more."""
    edit = next((edit for edit in dictionary.edits if edit.code == code), None)
    return (str(edit.level), in_words(dictionary, edit)) if edit else codes_edits.named(code)


def _by_person(found: Sequence[Overridden], width: int) -> list[Item]:
    columns = (
        Column("Person", 20), Column("Edits most overridden", width - 36), Column("Times", 6, number=True),
        Column("Records", 7, number=True),
    )  # fmt: skip
    items: list[Item] = [Heads(columns)]
    for person, count in _most(each.override.by for each in found):
        some = [each for each in found if each.override.by == person]
        codes = ", ".join(f"{code} {times}" for code, times in _most(each.override.code for each in some))
        items.append((person, codes, str(count), str(len({each.record for each in some}))))
    return items


def _most(values: Iterable[str]) -> list[tuple[str, int]]:
    """Values with how often they come, the most frequent first."""
    return sorted(Counter(values).items(), key=lambda each: (-each[1], each[0]))


def _each(data: Data, width: int) -> list[Item]:
    columns = (
        Column("Record", 11), Column("Item", 18), Column("Person", 12), Column("On", 11), Column("Reason", width - 56),
    )  # fmt: skip
    items: list[Item] = [Heads(columns)]
    code = ""
    for each in data.found:
        if each.override.code != code:
            code = each.override.code
            items.append(Group(code))
        items.append(
            Wrapped((
                each.record, label(data.dictionary, each.override), each.override.by,
                show_date(each.override.on, data.style), each.override.reason,
            ))
        )  # fmt: skip
    return items


def label(dictionary: Dictionary, override: Override) -> str:
    """The item that an override is at, with its row."""
    item = dictionary.item_at(override.field) if override.field else None
    row = override.field.partition("[")[2].partition("]")[0]
    return f"{row} {item.label}".strip() if item else override.field


def sheets(data: Data) -> list[Sheet]:
    """Each override as a row."""
    keys = ("code", "level", "record", "mrn", "status", "item", "by", "on", "reason")
    heads = ("Edit", "Level", "Record", "MRN", "Status", "Item", "Person", "On", "Reason")
    rows = [
        (
            each.override.code, _edit(data.dictionary, each.override.code)[0], each.record, each.mrn, each.status,
            each.override.field, each.override.by, each.override.on, each.override.reason,
        )
        for each in data.found
    ]  # fmt: skip
    return [Sheet("overrides", keys, heads, rows, CONVENTIONS)]
