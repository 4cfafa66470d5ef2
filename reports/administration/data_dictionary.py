"""The data dictionary of a data set on paper: what is collected, from which values, under which rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from config.data_sets import SITE, library
from db import store
from reports.page import Block, Column, Document, Group, Heads, Wrapped
from reports.page import Item as Line
from reports.parameters import NotAsked
from reports.sheet import Sheet
from rules.dictionary import Condition, Dictionary, Edit, Item
from rules.dictionary import Group as Rows
from rules.edits import in_words
from rules.tables import CodeTable, Tables

ITEMS: Final = {
    80: (Column("Item", 20), Column("Label", 18), Column("Type", 12), Column("What it is", 27)),
    132: (Column("Item", 30), Column("Label", 26), Column("Type", 18), Column("What it is", 55)),
}
EDITS: Final = {
    80: (Column("Code", 8), Column("Level", 8), Column("Says", 38), Column("Source", 23)),
    132: (Column("Code", 8), Column("Level", 8), Column("Says", 70), Column("Source", 43)),
}
CODES: Final = {
    80: (Column("Code", 10), Column("Stands for", 46), Column("From", 10), Column("To", 10)),
    132: (Column("Code", 12), Column("Stands for", 94), Column("From", 11), Column("To", 11)),
}
MOST_CODES: Final = 400  # a longer table is named, not printed


@dataclass(frozen=True, slots=True)
class Data:
    """A data set in one version, and the code tables that it names."""

    dictionary: Dictionary
    tables: Tables


def query(parameters: Mapping[str, str]) -> Data:
    """The data set as the facility uses it. Raises ``NotAsked`` when there is none of that name."""
    made = library(store.current().directory / SITE)
    version = parameters.get("version", "")
    try:
        chosen = (
            made.version(parameters["set"], version) if version else made.of(parameters["set"].casefold())
        )
    except LookupError as error:
        raise NotAsked(f"{error} There are {', '.join(made.ids())}.") from error
    return Data(chosen, made.tables)


def render(data: Data, width: int) -> Document:
    """The whole dictionary; tables at the end, each once."""
    wide, dictionary = 132 if width >= 132 else 80, data.dictionary
    body: list[Line] = []
    for section in dictionary.sections:
        body += [
            Heads(ITEMS[wide]),
            Group(f"{section.title.upper()} (^{section.id.upper()})"),
            *_section(section.parts),
        ]
    if dictionary.edits:
        body += [Heads(EDITS[wide]), Group("EDITS")]
        body += [
            Wrapped((edit.code, str(edit.level), _said(dictionary, edit), edit.citation))
            for edit in dictionary.edits
        ]
    for name, table in tables_of(data):
        body += [Heads(CODES[wide]), Group(f"TABLE {name}: {table.title}")]
        rows = table.rows[:MOST_CODES]
        body += [
            Wrapped((row.code, _confirmed(row.text, row.confirm), row.valid_from, row.valid_to))
            for row in rows
        ]
        if len(table.rows) > MOST_CODES:
            body.append(Block((f"and {len(table.rows) - MOST_CODES} more codes",)))
    period = f"from {dictionary.valid_from or 'the beginning'}" + (
        f" to {dictionary.valid_to}" if dictionary.valid_to else ""
    )
    notes = (dictionary.citation,) if dictionary.citation else ()
    return Document(
        "D01", f"DATA DICTIONARY: {dictionary.title.upper()}", period, f"version {dictionary.version}", body,
        len(dictionary.by_id), (*notes, "? after a text: still to be compared with its standard by a person."),
    )  # fmt: skip


def _section(parts: tuple[Item | Rows, ...]) -> Iterator[Line]:
    for part in parts:
        if isinstance(part, Rows):
            least = f"{part.min_rows} to " if part.min_rows else "up to "
            yield Wrapped((part.id, part.label, f"{least}{part.rows} rows", part.help))
            for column in part.items:
                yield Wrapped((f"  .{column.id}", column.label, kind_of(column), meaning_of(column)))
        else:
            yield Wrapped((part.id, part.label, kind_of(part), meaning_of(part)))


def kind_of(item: Item) -> str:
    """``code 2``: type and width; the longest value where it is longer."""
    return f"{item.type} {item.length or item.width}" + (f".{item.decimals}" if item.decimals else "")


def meaning_of(item: Item) -> str:
    """What the printed dictionary says of an item, a sentence for each of its settings."""
    said = [item.help]
    if item.required:
        said.append("Required.")
    if item.required_when:
        said.append(f"Required when {_conditions(item.required_when)}.")
    if item.asked_when:
        said.append(f"Asked when {_conditions(item.asked_when)}.")
    if item.table:
        said.append(f"Values: {item.table.rpartition('.')[2]}.")
    said += [f"Values: {each.table} when {_conditions(each.when)}." for each in item.table_when]
    if item.nulls:
        said.append(f"Nulls: {', '.join('/' + null for null in item.nulls)}.")
    said += [f"/{each.null} when {_conditions(each.when)}." for each in item.null_when]
    if item.minimum or item.maximum:
        said.append(f"{item.minimum or '...'} to {item.maximum or '...'}.")
    if item.default:
        said.append(f"Default {item.default}.")
    if item.computed:
        said.append(f"Computed: {item.computed} {', '.join(item.of)}".strip() + ".")
    elif item.read_only:
        said.append("Not keyed.")
    if item.fill:
        said.append(f"From {item.fill}.")
    if item.carry or item.carry_patient:
        said.append(
            f"Carried over from the {'patient' if item.carry_patient else 'session'}'s record before."
        )
    said += [item.standard and f"{item.standard}.", item.citation and f"{item.citation}."]
    return _confirmed(" ".join(filter(None, said)), item.confirm)


def _conditions(when: tuple[Condition, ...]) -> str:
    return " and ".join(" ".join((each.item, each.test, *each.values)) for each in when)


def _confirmed(text: str, confirm: bool) -> str:
    return f"{text} ?" if confirm else text


def _said(dictionary: Dictionary, edit: Edit) -> str:
    return in_words(dictionary, edit) + " (may be overridden with a reason)" * edit.override


def tables_of(data: Data) -> list[tuple[str, CodeTable]]:
    """The code tables that the items name, in the order in which they are named first, by the name in the file."""
    named = dict.fromkeys(
        table
        for item in data.dictionary.by_id.values()
        for table in (item.table, *(rule.table for rule in item.table_when))
        if table in data.tables
    )
    return [(name.rpartition(".")[2], data.tables[name]) for name in named]


def sheets(data: Data) -> list[Sheet]:
    """Items, edits and codes as tables."""
    items = [
        (id_, item.label, str(item.type), item.length or item.width, item.table, meaning_of(item))
        for id_, item in data.dictionary.by_id.items()
    ]
    edits = [
        (edit.code, str(edit.level), edit.kind, edit.message, edit.citation, int(edit.override))
        for edit in data.dictionary.edits
    ]
    codes = [
        (name, row.code, row.text, row.valid_from, row.valid_to)
        for name, table in tables_of(data)
        for row in table.rows
    ]
    return [
        _sheet("items", ("item", "label", "type", "width", "table", "meaning"), items),
        _sheet("edits", ("code", "level", "kind", "message", "source", "override"), edits),
        _sheet("codes", ("table", "code", "text", "valid_from", "valid_to"), codes),
    ]


def _sheet(name: str, keys: tuple[str, ...], rows: Sequence[tuple[str | int, ...]]) -> Sheet:
    return Sheet(name, keys, tuple(key.replace("_", " ").capitalize() for key in keys), [*rows])
