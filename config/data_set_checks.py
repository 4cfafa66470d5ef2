"""What must hold between the parts of a dictionary that can be read: references, bounds, names, functions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from config.toml_source import Path as Place
from config.toml_source import Source, did_you_mean
from rules.dictionary import Condition, Dictionary, Edit, Group, Item, ItemType, split_path
from rules.edits import KINDS, WHOLE
from rules.functions import COMPUTED, FUNCTIONS
from rules.records import NULL_MEANINGS
from rules.tables import Tables
from rules.values import CANONICAL, decimal_of, is_date, is_moment

SITE_TABLES = ("site.units", "site.services", "site.providers", "site.payers")
"""Tables that the record store answers for: lists of the facility's own."""

_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_WORD = re.compile(r"[A-Z][A-Z0-9]{1,7}")
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_NEEDS_ITEMS = {
    "required-when": 1,
    "order": 2,
    "range": 1,
    "in-table": 1,
    "excludes": 1,
    "sum": 3,
    "unique": 1,
    "alone": 1,
}
_NUMBERS = (ItemType.INTEGER, ItemType.DECIMAL)
_DATES = (ItemType.DATE, ItemType.MOMENT)


def check(source: Source, dictionary: Dictionary, tables: Tables) -> None:
    """Notes in ``source`` whatever does not fit together in ``dictionary``."""
    _check_head(source, dictionary)
    _check_ids(source, dictionary)
    for path, part in _placed(source, dictionary):
        if isinstance(part, Item):
            _check_item(source, dictionary, part, path, tables)
        elif not 1 <= part.rows <= 999:
            source.wrong((*path, "rows"), f"group {part.id}", "rows must be between 1 and 999.")
    own = len(_list(source.data, "edit"))
    for number, edit in enumerate(dictionary.edits[len(dictionary.edits) - own :]):
        _check_edit(source, dictionary, edit, ("edit", number), tables)
    for code, times in Counter(edit.code for edit in dictionary.edits).items():
        if times > 1:
            source.wrong(("edit",), f"edit {code}", "this code is used by more than one edit.")


def _check_head(source: Source, dictionary: Dictionary) -> None:
    if not _ID.fullmatch(dictionary.id):
        source.wrong(("id",), "", f"the id {dictionary.id!r} must be small letters, digits and _.")
    if not _WORD.fullmatch(dictionary.word):
        message = f"the word {dictionary.word!r} must be 2 to 8 capital letters or digits."
        source.wrong(("word",), "", message)
    for key in ("valid_from", "valid_to"):
        if getattr(dictionary, key) and not is_date(getattr(dictionary, key)):
            source.wrong((key,), "", f"{key} must be a day such as 2026-10-01.")
    dated = dictionary.by_id.get(dictionary.dated_by)
    if dictionary.dated_by and (dated is None or dated.type not in _DATES):
        source.wrong(
            ("dated_by",), "", f"dated_by names {dictionary.dated_by!r}, which is no date of this data set."
        )


def _check_ids(source: Source, dictionary: Dictionary) -> None:
    names = [part.id for part in dictionary.parts()]
    for id_, times in Counter(names).items():
        if times > 1:
            source.wrong(_line_of(source, id_), f"item {id_}", "this id is used more than once.")
    for part in dictionary.parts():
        if isinstance(part, Group):
            for id_, times in Counter(column.id for column in part.items).items():
                if times > 1:
                    where = f"column {part.id}.{id_}"
                    source.wrong(_line_of(source, part.id), where, "this id is used more than once.")
    for id_, times in Counter(section.id for section in dictionary.sections).items():
        if times > 1:
            source.wrong(("section",), f"section {id_}", "this id is used more than once.")


def _list(table: object, key: str) -> list[object]:
    """The array ``key`` of what should be a table; empty where the file has something else."""
    value = table.get(key) if isinstance(table, dict) else None
    return value if isinstance(value, list) else []


def _line_of(source: Source, id_: str) -> Place:
    """The place of the last item with this id."""
    places: list[Place] = [
        ("section", number, "item", item)
        for number, section in enumerate(_list(source.data, "section"))
        for item, table in enumerate(_list(section, "item"))
        if isinstance(table, dict) and table.get("id") == id_
    ]
    return places[-1] if places else ("section",)


def _placed(source: Source, dictionary: Dictionary) -> Iterator[tuple[Place, Item | Group]]:
    """The items, groups and columns that the file declares, each with its place in it."""
    parts = {part.id: part for part in dictionary.parts()}
    for number, section in enumerate(_list(source.data, "section")):
        for index, table in enumerate(_list(section, "item")):
            part = parts.get(str(table.get("id"))) if isinstance(table, dict) else None
            if part is None:
                continue
            path: Place = ("section", number, "item", index)
            yield path, part
            if isinstance(part, Group):
                for column_index, column in enumerate(part.items):
                    yield (*path, "column", column_index), column


def _check_item(source: Source, dictionary: Dictionary, item: Item, path: Place, tables: Tables) -> None:
    where = f"item {item.id}"

    def wrong(key: str, message: str) -> None:
        source.wrong((*path, key), where, message)

    if not _ID.fullmatch(item.id):
        wrong("id", f"the id {item.id!r} must be small letters, digits and _.")
    if not 1 <= item.width <= 132:
        wrong("width", "width must be between 1 and 132.")
    if item.type is ItemType.CODE and not item.table:
        wrong("type", "an item of type code needs a table.")
    if item.several and item.type is not ItemType.CODE:
        wrong("several", "only an item of type code can hold several codes.")
    for table in (item.table, *(rule.table for rule in item.table_when)):
        if table and table not in tables and table not in SITE_TABLES:
            known = (*tables, *SITE_TABLES)
            wrong("table", f"there is no code table {table!r}{did_you_mean(table, known)}.")
    for null in (*item.nulls, *(rule.null for rule in item.null_when)):
        if null not in NULL_MEANINGS:
            wrong("nulls", f"null {null!r} is unknown: use {' or '.join(NULL_MEANINGS)}.")
    for key in ("minimum", "maximum"):
        bound = getattr(item, key)
        if bound and not _fits(item.type, bound):
            wrong(key, f"{key} {bound!r} does not fit an item of type {item.type}.")
    if item.minimum and item.maximum and _fits(item.type, item.minimum) and item.type in _NUMBERS:
        low, high = decimal_of(item.minimum), decimal_of(item.maximum)
        if low is not None and high is not None and low > high:
            wrong("minimum", "minimum is above maximum.")
    if item.default and not CANONICAL[item.type](item.default):
        wrong("default", f"default {item.default!r} does not fit an item of type {item.type}.")
    if item.computed and item.computed not in COMPUTED:
        wrong("computed", f"there is no function {item.computed!r}{did_you_mean(item.computed, COMPUTED)}.")
    if item.computed and "column" in path:
        wrong("computed", "a column of a group cannot be computed.")
    for key in ("valid_from", "valid_to"):
        if getattr(item, key) and not is_date(getattr(item, key)):
            wrong(key, f"{key} must be a day such as 2026-10-01.")
    whens = [item.required_when, item.asked_when]
    whens += [rule.when for rule in item.null_when]
    whens += [rule.when for rule in item.table_when]
    for when in whens:
        _check_conditions(source, dictionary, when, path, where)


def _fits(type_: ItemType, bound: str) -> bool:
    if type_ in _NUMBERS:
        return decimal_of(bound) is not None
    return type_ in _DATES and (is_date(bound) or is_moment(bound))


def _check_conditions(
    source: Source, dictionary: Dictionary, when: Iterable[Condition], path: Place, where: str
) -> None:
    for condition in when:
        if not _known(dictionary, condition.item):
            hint = did_you_mean(condition.item, dictionary.by_id)
            source.wrong(path, where, f"a condition asks about {condition.item!r}, which is no item{hint}.")


def _known(dictionary: Dictionary, item: str) -> bool:
    """Whether ``item`` is an item, a group, a column (``group.column``) or one row's column."""
    if split_path(item)[1]:
        return dictionary.item_at(item) is not None
    return item in dictionary.by_id or any(
        isinstance(part, Group) and part.id == item for part in dictionary.parts()
    )


def _check_edit(source: Source, dictionary: Dictionary, edit: Edit, path: Place, tables: Tables) -> None:
    where = f"edit {edit.code}"

    def wrong(key: str, message: str) -> None:
        source.wrong((*path, key), where, message)

    if edit.kind not in KINDS and edit.kind not in WHOLE:
        wrong("kind", f"kind {edit.kind!r} is unknown: use one of {', '.join((*KINDS, *WHOLE))}.")
    for entry in edit.items:
        for item in entry.split("+"):
            if not _known(dictionary, item):
                wrong("items", f"there is no item {item!r}{did_you_mean(item, dictionary.by_id)}.")
    if len(edit.items) < _NEEDS_ITEMS.get(edit.kind, 0):
        wrong("items", f"an edit of kind {edit.kind} needs {_NEEDS_ITEMS[edit.kind]} items or more.")
    if edit.kind in ("unique", "alone") and any("." not in item or "[" in item for item in edit.items):
        wrong("items", f"an edit of kind {edit.kind} needs columns of a group, such as diagnoses.code.")
    if edit.kind == "function" and edit.function not in FUNCTIONS:
        wrong("function", f"there is no function {edit.function!r}{did_you_mean(edit.function, FUNCTIONS)}.")
    if edit.kind == "in-table" and edit.table not in tables:
        wrong("table", f"there is no code table {edit.table!r}{did_you_mean(edit.table, tables)}.")
    if edit.kind == "range" and not (edit.minimum or edit.maximum):
        wrong("kind", "an edit of kind range needs a minimum or a maximum.")
    known = {"item", "earlier", "later"} if edit.kind == "order" else {"item"}
    for name in _PLACEHOLDER.findall(edit.message):
        if name not in known:
            wrong("message", f"the message cannot say {{{name}}}.")
    if not edit.message.endswith((".", "?")):
        wrong("message", "the message must be a sentence that ends with a full stop.")
    _check_conditions(source, dictionary, edit.when, path, where)
