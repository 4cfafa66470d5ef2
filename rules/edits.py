"""The edit evaluator: what a dictionary has to say about a record, all at once; bad data never raise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from rules.dictionary import (
    Context,
    Dictionary,
    Edit,
    Group,
    Item,
    ItemType,
    Record,
    is_null,
    row_path,
    split_path,
)
from rules.findings import Finding, Level, worst_first
from rules.functions import COMPUTED, FUNCTIONS
from rules.records import View, null_values, record_day, rows_of, table_of
from rules.text import clean
from rules.values import CANONICAL, decimal_of, is_date, is_moment, is_part_of_date, is_time, shown

CHECKS = {
    "D001": "the value cannot be read as its type",
    "D002": "the value is longer than the item",
    "D003": "the value is not in the item's table on the record's date",
    "D004": "a required item is blank",
    "D005": "this null is not permitted here",
    "D006": "the value is out of range",
    "D007": "a dependent null holds, but there is a value",
    "D008": "the date lies ahead",
    "D009": "the group has more rows than it may",
    "D010": "the data set has no such item",
    "D011": "the item was not collected on the record's date",
    "D012": "the code is not valid on the record's date",
}
"""Codes of what is asked of every item of every data set, beside the edits that a dictionary declares."""

SITE = "site."  # the facility's own lists: an unknown provider is kept and confirmed later
WRITTEN = {
    ItemType.DATE: "as MM/DD/YYYY",
    ItemType.TIME: "as HHMM, 0000 to 2359",
    ItemType.MOMENT: "as MM/DD/YYYY and HHMM",
    ItemType.INTEGER: "as a whole number",
    ItemType.DECIMAL: "as a number",
    ItemType.YES_NO: "as Y or N",
    ItemType.DIAGNOSIS: "as an ICD-10-CM code",
    ItemType.PROCEDURE: "as an ICD-10-PCS code of 7 characters",
    ItemType.CODE: "as a code of the list (F4)",
}


def findings(dictionary: Dictionary, record: Record, context: Context) -> list[Finding]:
    """Everything that the dictionary has to say about ``record``, worst first."""
    record = {path: value for path, value in record.items() if value}
    record.update(_missing_nulls(dictionary, record))
    derived = computed(dictionary, record, context)
    record = {path: value for path, value in (record | derived).items() if value}
    view = View(dictionary, record, record_day(dictionary, record, context))
    found = list(_strangers(view))
    for part in dictionary.parts():
        if isinstance(part, Group):
            for number, cells in view.rows.get(part.id, {}).items():
                for column in part.items:
                    value = cells.get(column.id, "")
                    found += _about_item(view, context, column, value, (part.id, number))
        elif not part.computed:
            found += _about_item(view, context, part, record.get(part.id, ""), None)
    for edit in dictionary.edits:
        found += _about_edit(view, context, edit)
    return worst_first(found)


def _strangers(view: View) -> Iterator[Finding]:
    """Values at paths that the data set does not have, and rows past the last one."""
    groups = {part.id: part for part in view.dictionary.parts() if isinstance(part, Group)}
    for path in view.record:
        group, row, _ = split_path(path)
        if view.dictionary.item_at(path) is None:
            message = (
                f"{clean(path)} is no item of this data set: it is kept, but nothing checks or reports it."
            )
            yield Finding(Level.WARNING, "D010", message, path)
        elif group and row > groups[group].rows:
            message = f"{groups[group].label} has room for {groups[group].rows} rows: remove row {row}."
            yield Finding(Level.FATAL, "D009", message, path)


def _about_item(
    view: View, context: Context, item: Item, value: str, row: tuple[str, int] | None
) -> Iterator[Finding]:
    path = row_path(*row, item.id) if row else item.id
    label = f"{item.label} of row {row[1]}" if row else item.label
    in_force = (not item.valid_from or item.valid_from <= view.day) and (
        not item.valid_to or view.day <= item.valid_to
    )
    if not value:
        asked = item.required or (item.required_when and view.hold(item.required_when, row))
        if asked and in_force:
            yield Finding(Level.ERROR, "D004", f"{label} is missing: {_how_to_fill(item)}.", path)
        return
    if not in_force:
        message = f"{label} was not collected on {shown(view.day)}: remove it."
        yield Finding(Level.WARNING, "D011", message, path)
    for rule in item.null_when:
        if view.hold(rule.when, row):
            if value != f"/{rule.null}":
                message = f"{label} does not apply here: enter /{rule.null}, or correct what rules it out."
                yield Finding(Level.ERROR, "D007", message, path)
            return
    if is_null(value):
        if value[1:] not in item.nulls:
            permitted = " or ".join(f"/{null}" for null in item.nulls)
            advice = f"enter a value, {permitted}" if permitted else "enter a value"
            yield Finding(Level.ERROR, "D005", f"{label} cannot be {value}: {advice}.", path)
        return
    yield from _about_value(view, context, item, value, path, label)


def _how_to_fill(item: Item) -> str:
    if item.read_only:
        return "it comes with the account, have it corrected there"
    return "enter it, or " + " or ".join(f"/{null}" for null in item.nulls) if item.nulls else "enter it"


def _about_value(
    view: View, context: Context, item: Item, value: str, path: str, label: str
) -> Iterator[Finding]:
    """A value that is no null: readable, short enough, in its table, in its range."""
    length = item.length or item.width
    if item.type not in WRITTEN and len(value) > length:
        message = f"{label} is longer than {length} characters: shorten it."
        yield Finding(Level.FATAL, "D002", message, path)
    if not CANONICAL[item.type](value) and not (item.imprecise and is_part_of_date(value)):
        written = WRITTEN.get(item.type, "without control characters")
        yield Finding(Level.FATAL, "D001", f"{label} cannot be read: enter it {written}.", path)
        return
    if item.type in WRITTEN and len(value) > length and item.type not in FIXED:
        yield Finding(Level.FATAL, "D002", f"{label} is longer than {length} characters: shorten it.", path)
    if item.type in DATED:
        yield from _about_date(context, item, value, path, label)
    elif item.type in (ItemType.INTEGER, ItemType.DECIMAL):
        yield from _about_number(item, value, path, label)
    elif item.type is ItemType.DIAGNOSIS or item.type is ItemType.PROCEDURE:
        yield from _about_code(view, context, item, value, path, label)
    table = table_of(item, view.dictionary, view.record, path)
    known = context.tables.get(table)
    for code in (value.split(" ") if item.several else (value,)) if known else ():
        if known is None or known.find(code, view.day) is not None:
            continue
        message = f"{label} {clean(code)} is not in the list on {shown(view.day)}: press F4 for the values."
        level = Level.WARNING if table.startswith(SITE) else Level.ERROR
        yield Finding(level, "D003", message, path)


DATED = (ItemType.DATE, ItemType.MOMENT)
FIXED = (*DATED, ItemType.TIME, ItemType.YES_NO)


def _about_date(context: Context, item: Item, value: str, path: str, label: str) -> Iterator[Finding]:
    if item.past and value > context.now[: len(value)]:
        yield Finding(Level.ERROR, "D008", f"{label} lies ahead of today: correct it.", path)
    if (item.minimum and value < item.minimum[: len(value)]) or (
        item.maximum and value[: len(item.maximum)] > item.maximum
    ):
        yield _out_of_range(item, path, label)


def _about_number(item: Item, value: str, path: str, label: str) -> Iterator[Finding]:
    number = Decimal(value)
    if (item.minimum and number < Decimal(item.minimum)) or (item.maximum and number > Decimal(item.maximum)):
        yield _out_of_range(item, path, label)
    if len(value.partition(".")[2]) > item.decimals and item.type is ItemType.DECIMAL:
        message = f"{label} has more than {item.decimals} decimals: round it."
        yield Finding(Level.FATAL, "D001", message, path)


def _out_of_range(item: Item, path: str, label: str) -> Finding:
    low, high = shown(item.minimum), shown(item.maximum)
    one_sided = f"{low} or more" if low else f"{high} or less"
    span = f"between {low} and {high}" if low and high else one_sided
    return Finding(Level.ERROR, "D006", f"{label} must be {span}: correct it.", path)


def _about_code(
    view: View, context: Context, item: Item, value: str, path: str, label: str
) -> Iterator[Finding]:
    diagnosis = item.type is ItemType.DIAGNOSIS
    valid = context.diagnosis_valid if diagnosis else context.procedure_valid
    if valid is not None and valid(value, view.day) is False:
        system = "ICD-10-CM" if diagnosis else "ICD-10-PCS"
        message = f"{label} {value} is no valid {system} code on {shown(view.day)}: press F4 to look it up."
        yield Finding(Level.ERROR, "D012", message, path)


# Edits: what a dictionary asks of several items at once


def _about_edit(view: View, context: Context, edit: Edit) -> Iterator[Finding]:
    if edit.kind in WHOLE:
        if view.hold(edit.when):
            yield from WHOLE[edit.kind](view, context, edit)
        return
    group = edit_group(edit)
    rows: list[tuple[str, int] | None] = (
        [(group, number) for number in view.rows.get(group, {})] if group else [None]
    )
    for row in rows:
        if view.hold(edit.when, row):
            yield from KINDS[edit.kind](view, context, edit, row)


def edit_group(edit: Edit) -> str:
    """The group whose rows the edit is asked of, or blank when it is asked once."""
    for entry in edit.items:
        for item in entry.split("+"):
            group, dot, _ = item.partition(".")
            if dot and "[" not in item:
                return group
    return ""


def _finding(edit: Edit, path: str, message: str = "", **labels: str) -> Finding:
    text = message or edit.message
    for name, label in labels.items():
        text = text.replace(f"{{{name}}}", label)
    return Finding(edit.level, edit.code, text, path)


def _path(item: str, row: tuple[str, int] | None) -> str:
    group, dot, column = item.partition(".")
    return row_path(group, row[1], column) if dot and row and row[0] == group else item


def _label(view: View, path: str) -> str:
    item = view.dictionary.item_at(path)
    _, row, _ = split_path(path)
    return path if item is None else f"{item.label} of row {row}" if row else item.label


def _answers(view: View, edit: Edit, row: tuple[str, int] | None) -> Iterator[tuple[str, str]]:
    """Path and value of the edit's items that hold a value."""
    for item in edit.items:
        path = _path(item, row)
        value = view.record.get(path, "")
        if value and not is_null(value):
            yield path, value


def _required_when(
    view: View, context: Context, edit: Edit, row: tuple[str, int] | None
) -> Iterator[Finding]:
    for item in edit.items:
        path = _path(item, row)
        if not view.record.get(path, ""):
            yield _finding(edit, path, item=_label(view, path))


def _order(view: View, context: Context, edit: Edit, row: tuple[str, int] | None) -> Iterator[Finding]:
    """Each moment against every one before it; as far as the less precise of two goes."""
    before: list[tuple[str, str]] = []
    for entry in edit.items:
        path, value = _moment(view, entry, row)
        if not value:
            continue
        for earlier_path, earlier in reversed(before):
            precise = min(len(earlier), len(value))
            if value[:precise] < earlier[:precise]:
                labels = {"earlier": _label(view, earlier_path), "later": _label(view, path)}
                yield _finding(edit, path, item=labels["later"], **labels)
                break
        before.append((path, value))


def _moment(view: View, entry: str, row: tuple[str, int] | None) -> tuple[str, str]:
    """Path and canonical value of an entry of an order: an item, or a date and a time joined by ``+``."""
    day_item, _, time_item = entry.partition("+")
    path = _path(day_item, row)
    day = view.record.get(path, "")
    if not (is_date(day) or is_moment(day) or is_part_of_date(day)):
        return path, ""
    time = view.record.get(_path(time_item, row), "") if time_item else ""
    return path, f"{day}T{time}" if len(day) == 10 and is_time(time) else day


def _range(view: View, context: Context, edit: Edit, row: tuple[str, int] | None) -> Iterator[Finding]:
    for path, value in _answers(view, edit, row):
        number, low, high = decimal_of(value), decimal_of(edit.minimum), decimal_of(edit.maximum)
        if number is not None and (low is not None or high is not None):
            outside = (low is not None and number < low) or (high is not None and number > high)
        else:
            outside = bool(edit.minimum and value < edit.minimum) or bool(
                edit.maximum and value > edit.maximum
            )
        if outside:
            yield _finding(edit, path, item=_label(view, path))


def _in_table(view: View, context: Context, edit: Edit, row: tuple[str, int] | None) -> Iterator[Finding]:
    table = context.tables.get(edit.table)
    for path, value in _answers(view, edit, row):
        if table is not None and table.find(value, view.day) is None:
            yield _finding(edit, path, item=_label(view, path))


def _excludes(view: View, context: Context, edit: Edit, row: tuple[str, int] | None) -> Iterator[Finding]:
    for item in edit.items:
        path = _path(item, row)
        values = [view.record.get(path, "")] if path in view.record else view.values(item, row)
        if any(value in edit.values if edit.values else not is_null(value) for value in values if value):
            yield _finding(edit, path, item=_label(view, path))


def _sum(view: View, context: Context, edit: Edit, row: tuple[str, int] | None) -> Iterator[Finding]:
    numbers = [decimal_of(view.record.get(_path(item, row), "")) for item in edit.items]
    known = [number for number in numbers if number is not None]
    if len(known) == len(edit.items) and sum(known[:-1]) != known[-1]:
        path = _path(edit.items[-1], row)
        yield _finding(edit, path, item=_label(view, path))


def _unique(view: View, context: Context, edit: Edit) -> Iterator[Finding]:
    group = edit_group(edit)
    columns = [item.partition(".")[2] for item in edit.items]
    seen: set[tuple[str, ...]] = set()
    for number, cells in view.rows.get(group, {}).items():
        value = tuple(cells.get(column, "") for column in columns)
        if not value[0] or is_null(value[0]):
            continue
        if value in seen:
            path = row_path(group, number, columns[0])
            yield _finding(edit, path, item=_label(view, path))
        seen.add(value)


def _alone(view: View, context: Context, edit: Edit) -> Iterator[Finding]:
    for item in edit.items:
        group, _, column = item.partition(".")
        filled = {
            number: cells[column] for number, cells in view.rows.get(group, {}).items() if column in cells
        }
        for number, value in filled.items():
            if len(filled) > 1 and value in edit.values:
                path = row_path(group, number, column)
                yield _finding(edit, path, item=_label(view, path))


def _function(view: View, context: Context, edit: Edit) -> Iterator[Finding]:
    for hit in FUNCTIONS[edit.function](edit, view.record, view.rows, context):
        yield _finding(edit, hit.path, hit.message, item=_label(view, hit.path))


KINDS: Mapping[str, Callable[[View, Context, Edit, tuple[str, int] | None], Iterator[Finding]]] = {
    "required-when": _required_when,
    "order": _order,
    "range": _range,
    "in-table": _in_table,
    "excludes": _excludes,
    "sum": _sum,
}
WHOLE: Mapping[str, Callable[[View, Context, Edit], Iterator[Finding]]] = {
    "unique": _unique,
    "alone": _alone,
    "function": _function,
}


def _missing_nulls(dictionary: Dictionary, record: Record) -> dict[str, str]:
    return {path: null for path, null in null_values(dictionary, record).items() if not record.get(path)}


def computed(dictionary: Dictionary, record: Record, context: Context) -> dict[str, str]:
    """Values of the items that are derived and never keyed; blank where an input is unknown.

    In the order of the form, each seeing the ones before it.
    """
    known = dict(record)
    rows = rows_of(record)
    found: dict[str, str] = {}
    for part in dictionary.parts():
        if isinstance(part, Item) and part.computed:
            found[part.id] = known[part.id] = COMPUTED[part.computed](known, rows, context)
    return found
