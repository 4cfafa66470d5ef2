"""What must hold between the parts of a dictionary that can be read: references, bounds, names, functions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from config.code_tables import TableError
from config.registry_reader import check_registry, check_words, fill_mistake
from config.toml_source import Path as Place
from config.toml_source import Source, did_you_mean
from rules.derived import GENERAL
from rules.dictionary import Condition, Dictionary, Edit, Group, Item, ItemType, split_path
from rules.edits import KINDS, WHOLE
from rules.findings import Level
from rules.functions import COMPUTED, FUNCTIONS
from rules.records import NULL_MEANINGS
from rules.tables import Tables
from rules.values import CANONICAL, decimal_of, is_date, is_moment

SITE_TABLES = ("site.units", "site.services", "site.providers", "site.payers")
"""Tables that the record store answers for: lists of the facility's own."""

_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,19}")
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
        else:
            _check_group(source, part, path)
            _check_conditions(source, dictionary, part.asked_when, (*path, "asked_when"), f"group {part.id}")
    if "extends" not in source.data:
        check_words(source, dictionary)
        check_registry(source, dictionary)
    _check_edits(source, dictionary, tables)


def _check_edits(source: Source, dictionary: Dictionary, tables: Tables) -> None:
    """The edits of the file, each in its place; what an addition adds may not use a code that is there."""
    edits = {edit.code: edit for edit in dictionary.edits}
    times = Counter(edit.code for edit in dictionary.edits)
    written = [table for table in _list(source.data, "edit") if isinstance(table, dict)]
    here = Counter(str(table.get("code")) for table in written)
    seen: set[str] = set()
    for number, table in enumerate(_list(source.data, "edit")):
        code = str(table.get("code")) if isinstance(table, dict) else ""
        if code not in edits:
            continue
        if times[code] > 1 and (code in seen or times[code] > here[code]):
            source.wrong(("edit", number), f"edit {code}", "this code is used by more than one edit.")
        elif code not in seen:
            _check_edit(source, dictionary, _nth(dictionary, code), ("edit", number), tables)
        seen.add(code)


def _nth(dictionary: Dictionary, code: str) -> Edit:
    return next(edit for edit in dictionary.edits if edit.code == code)


def _check_group(source: Source, group: Group, path: Place) -> None:
    where = f"group {group.id}"
    if not _ID.fullmatch(group.id):
        source.wrong((*path, "id"), where, f"the id {group.id!r} must be small letters, digits and _.")
    if not 1 <= group.rows <= 999:
        source.wrong((*path, "rows"), where, "rows must be between 1 and 999.")
    elif not 0 <= group.min_rows <= group.rows:
        source.wrong(
            (*path, "min_rows"), where, f"min_rows must be between 0 and rows, which is {group.rows}."
        )
    if not group.items:
        source.wrong(path, where, "a group needs a column: write [[section.item.column]].")


def _check_head(source: Source, dictionary: Dictionary) -> None:
    id_, version = str(source.data.get("id", dictionary.id)), str(source.data.get("version", ""))
    if not _ID.fullmatch(id_):
        source.wrong(("id",), "", f"the id {id_!r} must be small letters, digits and _.")
    if not _VERSION.fullmatch(version):
        source.wrong(("version",), "", f"the version {version!r} must be letters, digits, points and dashes.")
    for section in _list(source.data, "section"):
        name = section.get("id") if isinstance(section, dict) else None
        if isinstance(name, str) and not _ID.fullmatch(name):
            place: Place = ("section", _list(source.data, "section").index(section), "id")
            source.wrong(place, f"section {name}", f"the id {name!r} must be small letters, digits and _.")
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
    seen: set[object] = set()
    for number, section in enumerate(_list(source.data, "section")):
        name = section.get("id") if isinstance(section, dict) else None
        if isinstance(name, str) and name in seen:
            source.wrong(("section", number, "id"), f"section {name}", "this id is used more than once.")
        seen.add(name if isinstance(name, str) else None)


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
    elif item.default and item.type is ItemType.CODE and not _listed(item.table, item.default, tables):
        wrong("default", f"default {item.default!r} is not in the table {item.table!r}.")
    for key, mistake in _NOT_IN_GROUPS.items():
        if getattr(item, key) and "column" in path:
            wrong(key, mistake)
    if item.fill and (mistake := fill_mistake(item.fill)):
        wrong("fill", f"{mistake}.")
    if item.computed or item.of:
        _check_computed(source, dictionary, item, path, where)
    if item.within and (item.type is not ItemType.DATE or len(item.within) != WITHIN):
        wrong("within", "within is for a date, and names the two items that it lies between.")
    for name in item.within:
        if not _known(dictionary, name):
            wrong("within", f"within names {name!r}, which is no item{did_you_mean(name, dictionary.by_id)}.")
    for key in ("valid_from", "valid_to"):
        if getattr(item, key) and not is_date(getattr(item, key)):
            wrong(key, f"{key} must be a day such as 2026-10-01.")
    whens = [item.required_when, item.asked_when]
    whens += [rule.when for rule in item.null_when]
    whens += [rule.when for rule in item.table_when]
    for when in whens:
        _check_conditions(source, dictionary, when, path, where)


WITHIN = 2  # the day before which a date does not lie, and the one after which
_NOT_IN_GROUPS = {
    "computed": "a column of a group cannot be computed.",
    "fill": "a column of a group cannot be filled from elsewhere.",
    "carry_patient": "a column of a group cannot be carried over.",
}


def _check_computed(source: Source, dictionary: Dictionary, item: Item, path: Place, where: str) -> None:
    general = GENERAL.get(item.computed)
    if general is None:
        known = (*GENERAL, *COMPUTED)
        if not item.computed:
            source.wrong((*path, "of"), where, "of is for computed items: name the function in computed.")
        elif item.computed not in COMPUTED:
            hint = did_you_mean(item.computed, known)
            source.wrong((*path, "computed"), where, f"there is no function {item.computed!r}{hint}.")
        return
    if not general.least <= len(item.of) <= general.most:
        needed = str(general.least) if general.least == general.most else f"{general.least} or more"
        source.wrong((*path, "of"), where, f"{item.computed} needs {needed} items in of.")
    for entry in item.of:
        for name in entry.split("+") if general.moments else (entry,):
            if not _known(dictionary, name):
                hint = did_you_mean(name, dictionary.by_id)
                source.wrong((*path, "of"), where, f"of names {name!r}, which is no item{hint}.")


def _listed(table: str, code: str, tables: Tables) -> bool:
    """Whether a code is in a table at any time; a table that cannot be asked is not asked."""
    try:
        return table not in tables or code in tables[table].by_code
    except TableError:  # told where the table itself is checked
        return True


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
    exact = edit.kind != "order" and edit.kind in (*KINDS, *WHOLE)
    known = {"item"} if exact else {"item", "earlier", "later"}
    for name in _PLACEHOLDER.findall(edit.message):
        if name not in known:
            wrong("message", f"the message cannot say {{{name}}}.")
    if edit.override and edit.level is Level.FATAL:
        wrong("override", "what is fatal cannot be overridden: make it an error, or leave override out.")
    if not edit.message.endswith((".", "?")):
        wrong("message", "the message must be a sentence that ends with a full stop.")
    _check_conditions(source, dictionary, edit.when, path, where)
