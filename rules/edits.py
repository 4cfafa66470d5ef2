"""The edit evaluator: what a dictionary has to say about a record, all at once; bad data never raise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from rules.derived import GENERAL
from rules.dictionary import Context, Dictionary, Edit, Group, Item, Record, is_null, row_path, split_path
from rules.findings import Finding, worst_first
from rules.functions import COMPUTED, FUNCTIONS
from rules.item_checks import about_item, rows_missing, strangers
from rules.overrides import without
from rules.records import View, null_values, record_day, rows_of
from rules.values import decimal_of, is_date, is_moment, is_part_of_date, is_time


def findings(dictionary: Dictionary, record: Record, context: Context) -> list[Finding]:
    """Everything that the dictionary has to say about ``record``, worst first."""
    record = {path: value for path, value in without(record).items() if value}
    record.update(_missing_nulls(dictionary, record))
    derived = computed(dictionary, record, context)
    record.update(derived)
    for path in [path for path, value in derived.items() if not value]:
        del record[path]
    view = View(dictionary, record, record_day(dictionary, record, context))
    found = list(strangers(view))
    for part in dictionary.parts():
        if isinstance(part, Group):
            found += rows_missing(view, part)
            for number, cells in view.rows.get(part.id, {}).items():
                for column in part.items:
                    value = cells.get(column.id, "")
                    found += about_item(view, context, column, value, (part.id, number))
        elif not part.computed:
            found += about_item(view, context, part, record.get(part.id, ""), None)
    for edit in dictionary.edits:
        found += _about_edit(view, context, edit)
    return worst_first(found)


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
    return _group_of(edit.items)


@lru_cache(maxsize=4096)
def _group_of(items: tuple[str, ...]) -> str:
    for entry in items:
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


def in_words(dictionary: Dictionary, edit: Edit) -> str:
    """What an edit says of any record: its message with the items that it is about in the place of the one found."""
    items = [dictionary.by_id.get(entry.partition("+")[0].replace("[1]", "")) for entry in edit.items]
    labels = [item.label if item else id_ for item, id_ in zip(items, edit.items, strict=True)] or ["Item"]
    found_at = labels if edit.kind in ("required-when", "range", "in-table", "excludes") else labels[:1]
    names = {"item": found_at, "earlier": labels[:-1] or labels, "later": labels[1:] or labels}
    said = edit.message
    for name, some in names.items():
        said = said.replace(f"{{{name}}}", " or ".join(dict.fromkeys(some)))
    return said


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
            general = GENERAL.get(part.computed)
            value = (
                general.derive(part.of, known, rows)
                if general
                else COMPUTED[part.computed](known, rows, context)
            )
            found[part.id] = known[part.id] = value
    return found
