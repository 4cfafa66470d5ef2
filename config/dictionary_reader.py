"""Reads a data dictionary from TOML; every mistake is told, in one sentence with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from config.code_tables import TableError, table_within
from config.data_set_checks import check
from config.registry_reader import read_registry
from config.toml_source import Mistake, Source, did_you_mean
from config.toml_source import Path as Place
from rules.dictionary import (
    Condition,
    Dictionary,
    Edit,
    Group,
    Item,
    ItemType,
    NullWhen,
    Section,
    TableWhen,
)
from rules.findings import Level
from rules.tables import CodeTable, Joined, Tables

GROUP = "group"
TESTS = ("in", "not-in", "begins", "answered", "blank")

_DICTIONARY_KEYS: Mapping[str, type] = {
    "id": str, "title": str, "version": str, "word": str, "valid_from": str, "valid_to": str, "citation": str,
    "dated_by": str, "registry": dict, "section": list, "edit": list, "table": list,
}  # fmt: skip
_ADDITION_KEYS: Mapping[str, type] = {
    "extends": str, "id": str, "version": str, "valid_from": str, "valid_to": str, "citation": str,
    "section": list, "edit": list, "table": list,
}  # fmt: skip
_SECTION_KEYS: Mapping[str, type] = {"id": str, "title": str, "defaults": dict, "item": list}
_GROUP_KEYS: Mapping[str, type] = {
    "id": str, "label": str, "type": str, "rows": int, "min_rows": int, "stop": bool, "help": str, "defaults": dict,
    "asked_when": object, "column": list,
}  # fmt: skip
ITEM_KEYS: Mapping[str, type] = {
    "id": str, "label": str, "type": str, "width": int, "length": int, "table": str, "table_when": dict,
    "several": bool, "required": bool, "required_when": object, "asked_when": object, "nulls": list,
    "null_when": dict, "minimum": object, "maximum": object, "decimals": int, "default": str, "help": str,
    "standard": str, "citation": str, "column": str, "computed": str, "of": list, "fill": str,
    "read_only": bool, "auto_skip": bool, "carry": bool, "carry_patient": bool,
    "imprecise": bool, "past": bool, "within": list, "same_row": bool, "aside": bool, "confirm": bool,
    "valid_from": str, "valid_to": str,
}  # fmt: skip
EDIT_KEYS: Mapping[str, type] = {
    "code": str, "level": str, "kind": str, "message": str, "items": list, "when": object, "values": list,
    "minimum": object, "maximum": object, "table": str, "function": str, "citation": str, "standard": str,
    "confirm": bool, "override": bool,
}  # fmt: skip
_BUILT = ("section", "edit", "table", "registry", "extends")
_WIDTHS: Mapping[ItemType, int] = {
    ItemType.DATE: 10, ItemType.TIME: 4, ItemType.MOMENT: 16, ItemType.YES_NO: 1, ItemType.DIAGNOSIS: 8,
    ItemType.PROCEDURE: 7, ItemType.NOTE: 60, ItemType.INTEGER: 6, ItemType.DECIMAL: 8,
}  # fmt: skip
_NOTE_LENGTH = 2000


def read_dictionary(
    text: str, file: str, tables: Tables, bases: Iterable[Dictionary] = ()
) -> tuple[Dictionary | None, list[Mistake]]:
    """The dictionary that ``text`` declares, or None, and every mistake in it in the order of the lines.

    ``bases`` are the dictionaries that the file may name in ``extends`` to add sections, items and edits to.
    """
    source = Source(file, text)
    if source.mistakes:
        return None, source.mistakes
    adds = "extends" in source.data
    needed = ("extends", "id", "version") if adds else ("id", "title", "version", "word", "section")
    taken = source.take(source.data, _ADDITION_KEYS if adds else _DICTIONARY_KEYS, (), "", needed)
    brought = tuple(_tables(source, taken, "table", (), "", table_within, tables))
    tables = _with(source, taken, brought, tables)
    sections = tuple(_tables(source, taken, "section", (), "", _section, tables))
    edits = tuple(_tables(source, taken, "edit", (), "", _edit, tables))
    plain = {key: value for key, value in taken.items() if key not in _BUILT}
    dictionary: Dictionary | None = None
    if not all(key in taken for key in needed):
        pass
    elif adds:
        dictionary = _extended(source, taken, plain, sections, edits, bases)
    else:
        registry = read_registry(source, taken["registry"]) if "registry" in taken else None
        dictionary = Dictionary(sections=sections, edits=edits, registry=registry, **plain)
    if dictionary is not None:
        dictionary = _qualified(dictionary)
        check(source, dictionary, tables)
        dictionary = _own_tables(dictionary, taken["id"], taken["version"], brought)
    mistakes = sorted(set(source.mistakes))
    return (None if mistakes else dictionary), mistakes


def _with(source: Source, taken: Mapping[str, Any], brought: Sequence[CodeTable], tables: Tables) -> Tables:
    """All tables that the file may name: its own ones, and those that are there already."""
    names = [each.id for each in brought]
    for number, table in enumerate(taken.get("table", [])):
        name = table.get("id") if isinstance(table, dict) else None
        if isinstance(name, str) and (name in tables or name in names[:number]):
            message = "there is a code table of this id already: choose another."
            source.wrong(("table", number, "id"), f"table {name}", message)
    return Joined({each.id: each for each in brought}, tables)


def _own_tables(dictionary: Dictionary, name: str, version: str, brought: Sequence[CodeTable]) -> Dictionary:
    """The tables that a declaration brings get its name and version before theirs: versions stand side by side."""
    full = {each.id: f"{name}-{version}.{each.id}" for each in brought}

    def item(each: Item) -> Item:
        when = tuple(replace(rule, table=full.get(rule.table, rule.table)) for rule in each.table_when)
        return replace(each, table=full.get(each.table, each.table), table_when=when)

    def part(each: Item | Group) -> Item | Group:
        return item(each) if isinstance(each, Item) else replace(each, items=tuple(map(item, each.items)))

    return replace(
        dictionary,
        sections=tuple(replace(each, parts=tuple(map(part, each.parts))) for each in dictionary.sections),
        edits=tuple(replace(each, table=full.get(each.table, each.table)) for each in dictionary.edits),
        tables=(*dictionary.tables, *(replace(each, id=full[each.id], by_code={}) for each in brought)),
    )


def _tables(
    source: Source, parent: Mapping[str, Any], key: str, path: Place, where: str, build: Any, tables: Tables
) -> list[Any]:
    """What ``build`` makes of each table in the array ``key``; what is no table is noted and left out."""
    built: list[Any] = []
    for number, table in enumerate(parent.get(key, [])):
        place = (*path, key, number)
        if isinstance(table, dict):
            made = build(source, table, place, tables)
            if made is not None:
                built.append(made)
        else:
            source.wrong(place, where, f"{key} must be written as [[{key}]].")
    return built


def _section(source: Source, table: dict[str, Any], path: Place, tables: Tables) -> Section | None:
    where = f"section {table.get('id', '?')}"
    taken = source.take(table, _SECTION_KEYS, path, where, ("id", "title", "item"))
    defaults = source.take(taken.get("defaults", {}), ITEM_KEYS, (*path, "defaults"), where, ())

    def part(source: Source, table: dict[str, Any], path: Place, tables: Tables) -> Item | Group | None:
        if table.get("type") == GROUP:
            return _group(source, table, path, tables)
        return _item(source, defaults | table, path, tables)

    parts = tuple(_tables(source, taken, "item", path, where, part, tables))
    if "id" not in taken or "title" not in taken:
        return None
    return Section(taken["id"], taken["title"], parts)


def _group(source: Source, table: dict[str, Any], path: Place, tables: Tables) -> Group | None:
    where = f"group {table.get('id', '?')}"
    taken = source.take(table, _GROUP_KEYS, path, where, ("id", "label", "column"))
    defaults = source.take(taken.get("defaults", {}), ITEM_KEYS, (*path, "defaults"), where, ())

    def column(source: Source, table: dict[str, Any], path: Place, tables: Tables) -> Item | None:
        return _item(source, defaults | table, path, tables)

    columns = tuple(_tables(source, taken, "column", path, where, column, tables))
    if "id" not in taken:
        return None
    taken.setdefault("label", taken["id"])  # told already; what names the item is no further mistake
    plain: dict[str, Any] = {key: taken[key] for key in ("rows", "help", "min_rows", "stop") if key in taken}
    if "asked_when" in taken:
        plain["asked_when"] = conditions(source, taken["asked_when"], (*path, "asked_when"), where)
    return Group(taken["id"], taken["label"], columns, **plain)


def _item(source: Source, table: dict[str, Any], path: Place, tables: Tables) -> Item | None:
    where = f"item {table.get('id', '?')}"
    taken = source.take(table, ITEM_KEYS, path, where, ("id", "label"))
    if "id" not in taken:
        return None
    taken.setdefault("label", taken["id"])  # told already; what names the item is no further mistake
    kind = taken.pop("type", "text")
    if kind not in {member.value for member in ItemType}:
        known = ", ".join((*ItemType, GROUP))
        source.wrong((*path, "type"), where, f"type {kind!r} is unknown: use one of {known}.")
        kind = "text"
    type_ = ItemType(kind)
    for key in ("minimum", "maximum"):
        if key in taken:
            taken[key] = _bound(source, taken[key], (*path, key), where)
    for key in ("required_when", "asked_when"):
        if key in taken:
            taken[key] = conditions(source, taken[key], (*path, key), where)
    for key in ("nulls", "of", "within"):
        taken[key] = _texts(source, taken.get(key, []), (*path, key), where)
    taken["null_when"] = tuple(
        NullWhen(null, conditions(source, when, (*path, "null_when"), where))
        for null, when in taken.get("null_when", {}).items()
    )
    taken["table_when"] = tuple(
        TableWhen(name, conditions(source, when, (*path, "table_when"), where))
        for name, when in taken.get("table_when", {}).items()
    )
    if type_ is ItemType.NOTE:
        taken.setdefault("length", _NOTE_LENGTH)
    if "width" not in taken:
        taken["width"] = _width(type_, taken.get("table", ""), tables)
    return Item(type=type_, **taken)


def _width(type_: ItemType, table: str, tables: Tables) -> int:
    """The width of an item that names none: what its type needs, or its longest code."""
    if type_ is ItemType.CODE and table in tables:
        try:
            return max((len(row.code) for row in tables[table].rows), default=1)
        except TableError:  # told where the table itself is checked
            return 20
    return _WIDTHS.get(type_, 20)


def _edit(source: Source, table: dict[str, Any], path: Place, tables: Tables) -> Edit | None:
    where = f"edit {table.get('code', '?')}"
    taken = source.take(table, EDIT_KEYS, path, where, ("code", "level", "kind", "message"))
    if not all(key in taken for key in ("code", "level", "kind", "message")):
        return None
    level = taken.pop("level")
    if level not in {member.value for member in Level}:
        source.wrong((*path, "level"), where, f"level {level!r} is unknown: use one of {', '.join(Level)}.")
        return None
    for key in ("items", "values"):
        if key in taken:
            taken[key] = _texts(source, taken[key], (*path, key), where)
    for key in ("minimum", "maximum"):
        if key in taken:
            taken[key] = _bound(source, taken[key], (*path, key), where)
    if "when" in taken:
        taken["when"] = conditions(source, taken["when"], (*path, "when"), where)
    return Edit(level=Level(level), **taken)


def _bound(source: Source, value: object, path: Place, where: str) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    source.wrong(path, where, f"{path[-1]} must be a number, or a day in quotes.")
    return ""


def _texts(source: Source, values: list[object], path: Place, where: str) -> tuple[str, ...]:
    for value in values:
        if not isinstance(value, str):
            source.wrong(path, where, f"{path[-1]} must be a list of texts in quotes.")
            return ()
    return tuple(str(value) for value in values)


def conditions(source: Source, value: object, path: Place, where: str) -> tuple[Condition, ...]:
    """Conditions written as ``"item in 1 2"``, ``"item answered"``; a list of them must all hold."""
    written = [value] if isinstance(value, str) else value
    if not isinstance(written, list) or not all(isinstance(each, str) for each in written):
        source.wrong(path, where, f'{path[-1]} must be text such as "sex in M F", or a list of such texts.')
        return ()
    conditions = []
    for words in (each.replace(",", " ").split() for each in written):
        item, test, values = words[0] if words else "", words[1] if len(words) > 1 else "", tuple(words[2:])
        if test not in TESTS:
            known = ", ".join(TESTS)
            source.wrong(path, where, f"condition {' '.join(words)!r} needs an item and one of {known}.")
        elif bool(values) != (test in ("in", "not-in", "begins")):
            problem = "takes no values" if values else "needs values"
            source.wrong(path, where, f"condition {' '.join(words)!r} {problem}.")
        else:
            conditions.append(Condition(item, test, values))
    return tuple(conditions)


def _qualified(dictionary: Dictionary) -> Dictionary:
    """Conditions of a column that name a column of the same group get the group's name before it."""

    def within(group: Group, when: tuple[Condition, ...]) -> tuple[Condition, ...]:
        columns = {column.id for column in group.items}
        return tuple(
            replace(each, item=f"{group.id}.{each.item}") if each.item in columns else each for each in when
        )

    def part(each: Item | Group) -> Item | Group:
        if isinstance(each, Item):
            return each
        columns = tuple(
            replace(
                column,
                required_when=within(each, column.required_when),
                asked_when=within(each, column.asked_when),
                null_when=tuple(replace(rule, when=within(each, rule.when)) for rule in column.null_when),
                table_when=tuple(replace(rule, when=within(each, rule.when)) for rule in column.table_when),
            )
            for column in each.items
        )
        return replace(each, items=columns)

    sections = tuple(replace(each, parts=tuple(map(part, each.parts))) for each in dictionary.sections)
    return replace(dictionary, sections=sections)


def _extended(
    source: Source,
    taken: Mapping[str, Any],
    plain: Mapping[str, Any],
    sections: tuple[Section, ...],
    edits: tuple[Edit, ...],
    bases: Iterable[Dictionary],
) -> Dictionary | None:
    """The newest dictionary named by ``extends`` with what the file adds; its version names both."""
    bases = list(bases)
    named = [base for base in bases if base.id == taken["extends"]]
    if not named:
        hint = did_you_mean(taken["extends"], {base.id for base in bases})
        source.wrong(("extends",), "", f"there is no dictionary {taken['extends']!r} to extend{hint}.")
        return None
    base = max(reversed(named), key=lambda each: each.valid_from)
    added = {section.id: section for section in sections}
    merged = [
        replace(own, parts=own.parts + added.pop(own.id).parts) if own.id in added else own
        for own in base.sections
    ]
    days = {key: plain[key] for key in ("valid_from", "valid_to") if key in plain}
    return replace(
        base,
        sections=(*merged, *added.values()),
        edits=base.edits + edits,
        version=f"{base.version}+{taken['version']}",
        **days,
    )
