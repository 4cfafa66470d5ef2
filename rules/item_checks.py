"""What is asked of every item of every data set: readable, short enough, in its list and range, there or null."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from rules.dictionary import Context, Group, Item, ItemType, is_null, row_path, split_path
from rules.findings import Finding, Level
from rules.records import View, table_of
from rules.text import clean
from rules.values import CANONICAL, is_part_of_date, shown

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
    "D013": "the group has fewer rows than it must",
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
DATED = (ItemType.DATE, ItemType.MOMENT)
FIXED = (*DATED, ItemType.TIME, ItemType.YES_NO)


def strangers(view: View) -> Iterator[Finding]:
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


def rows_missing(view: View, group: Group) -> Iterator[Finding]:
    """That a group has fewer rows than it must; at the first row that is missing."""
    filled = view.rows.get(group.id, {})
    if len(filled) < group.min_rows:
        free = next(number for number in range(1, group.rows + 2) if number not in filled)
        needed = "1 row" if group.min_rows == 1 else f"{group.min_rows} rows"
        message = f"{group.label} needs {needed} at least: enter them."
        yield Finding(Level.ERROR, "D013", message, row_path(group.id, free, group.items[0].id))


def about_item(
    view: View, context: Context, item: Item, value: str, row: tuple[str, int] | None
) -> Iterator[Finding]:
    if not value and not item.required and not item.required_when:
        return
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
        advice = "it comes with the account, reports may cut it" if item.read_only else "shorten it"
        level = Level.WARNING if item.read_only else Level.FATAL  # nobody is stopped by what they cannot key
        yield Finding(level, "D002", f"{label} is longer than {length} characters: {advice}.", path)
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
    known = context.tables.get(table) if table else None
    for code in (value.split(" ") if item.several else (value,)) if known else ():
        if known is None or known.find(code, view.day) is not None:
            continue
        message = f"{label}: {clean(code)} is not in the list on {shown(view.day)}: press F4 for the values."
        level = Level.WARNING if table.startswith(SITE) else Level.ERROR
        yield Finding(level, "D003", message, path)


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
