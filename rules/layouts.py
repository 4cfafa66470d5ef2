"""Fixed-width files of abstracts: a layout says which item stands in which columns, and reads every line back.

1. Columns are counted from 1, both ends inside, as layouts are published.
2. A line has exactly the width of its type of record; what has no source is blank.
3. A value that does not fit, or that a map does not know, is a finding at its item: nothing is cut off unless the
   layout says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rules.dictionary import Condition, Dictionary, Record, is_null, row_path
from rules.findings import Finding, Level
from rules.records import View
from rules.text import to_ascii
from rules.values import is_date, is_moment

TEXT, DIGITS = "text", "digits"
PATTERN: Final = re.compile(r"(YYYY|YY|MM|DD|hh|mm)+")  # of dates and moments, such as MMDDYYhhmm
_PART: Final = re.compile(r"YYYY|YY|MM|DD|hh|mm")
_PLACE: Final = {"YYYY": (0, 4), "YY": (2, 4), "MM": (5, 7), "DD": (8, 10), "hh": (11, 13), "mm": (14, 16)}

EXTRA: Final = {
    "ssn": "Social security number of the chart, nine digits",
    "ssn_or_pseudo": "The same, or a pseudo number where the chart has none and setting pseudo_ssn names a rule",
    "pseudo_mark": "P when ssn_or_pseudo is a pseudo number",
    "station_number": "Number of the facility (setting of that name)",
    "drg": "MS-DRG that the abstract grouped to",
    "mdc": "Major diagnostic category",
    "movements.until": "When the patient left the unit or service of a movement",
    "movements.last": "1 for the movement that ends with the discharge",
}
"""Sources beside the items of the abstract."""


@dataclass(frozen=True, slots=True)
class Column:
    """What stands in columns ``first`` to ``last`` of a line, or of a slot."""

    name: str
    first: int
    last: int
    item: str = (
        ""  # source: an item, ``group.column`` of the row in hand, or one of ``EXTRA``; blank: ``constant``
    )
    constant: str = ""
    format: str = TEXT  # text, digits, or a pattern of a date
    pad: str = "right"  # the side that is filled up
    fill: str = " "
    clip: bool = False  # a longer value is cut off
    required: bool = False
    map: Mapping[str, str] = field(default_factory=dict)
    otherwise: str | None = None  # for a value that the map lacks; None: it is a finding
    when: tuple[Condition, ...] = ()
    note: str = ""  # why a column is blank, what is to be confirmed, or where what it needs is entered

    @property
    def width(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Slots:
    """Rows of a group side by side: ``count`` slots of ``pitch`` columns from column ``first`` on."""

    group: str
    first: int
    pitch: int
    count: int
    columns: tuple[Column, ...]  # counted within the slot
    from_row: int = 1
    when: tuple[Condition, ...] = ()

    @property
    def last(self) -> int:
        return self.first + self.pitch * self.count - 1


@dataclass(frozen=True, slots=True)
class RecordType:
    """A type of line. ``each``: one for every row of a group, or for the rows that agree in ``by``."""

    id: str
    title: str
    width: int
    columns: tuple[Column, ...]
    slots: tuple[Slots, ...] = ()
    each: str = ""
    by: str = ""
    where: tuple[Condition, ...] = ()  # rows of ``each`` that count
    if_filled: bool = False  # left out while its slots are all blank


@dataclass(frozen=True, slots=True)
class Layout:
    """A file layout in one version. ``confirm``: to be compared with the receiver's own before anything is sent."""

    id: str
    title: str
    version: str
    citation: str
    records: tuple[RecordType, ...]
    newline: str = "\r\n"
    confirm: bool = False

    def type_of(self, line: str) -> RecordType | None:
        """The type of record that a line is: the one whose constants it holds."""
        for each in self.records:
            constants = [column for column in each.columns if column.constant and not column.when]
            if len(line) == each.width and constants and all(
                line[column.first - 1 : column.last] == padded(column, column.constant) for column in constants
            ):  # fmt: skip
                return each
        return None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the file."""

    type: str
    text: str


class _Misfit(Exception):
    """A value that cannot stand in its columns."""


def lines(layout: Layout, dictionary: Dictionary, record: Record) -> tuple[list[Line], list[Finding]]:
    """The lines of one abstract, and what cannot stand in them. ``record`` holds ``EXTRA`` too."""
    view = View(dictionary, record)
    made: list[Line] = []
    found: list[Finding] = []
    for each in layout.records:
        for rows in _bunches(view, each):
            text, filled, wrong = _line(view, layout, each, rows)
            if filled or not each.if_filled:
                made.append(Line(each.id, text))
                found += wrong
    by_item = {
        each.field: each for each in reversed(found)
    }  # said once, for the first record that it is wanted in
    return made, [each for each in found if by_item[each.field] is each]


def _bunches(view: View, each: RecordType) -> Iterator[list[int]]:
    """The rows behind each line of a type: none for a line about the whole abstract."""
    if not each.each:
        yield []
        return
    numbered = view.rows.get(each.each, {})
    chosen = [number for number in numbered if view.hold(each.where, (each.each, number))]
    if not each.by:
        for number in chosen:
            yield [number]
        return
    bunches: dict[str, list[int]] = {}
    for number in chosen:
        bunches.setdefault(numbered[number].get(each.by, ""), []).append(number)
    for key in sorted(bunches):
        yield from _cut(
            bunches[key], max((slots.count for slots in each.slots if slots.group == each.each), default=0)
        )


def _cut(numbers: list[int], most: int) -> Iterator[list[int]]:
    """Rows that do not fit on one line go on in the next."""
    size = most or len(numbers)
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def _line(view: View, layout: Layout, each: RecordType, rows: list[int]) -> tuple[str, bool, list[Finding]]:
    cells, found = [" "] * each.width, list[Finding]()
    row = (each.each, rows[0]) if rows else None
    filled = not each.slots
    for column in each.columns:
        _put(view, layout, each, column, 0, row, cells, found)
    for slots in each.slots:
        numbers = rows if slots.group == each.each else _numbers(view, slots)
        if not view.hold(slots.when, row):
            continue
        if len(numbers) > slots.count:
            path = row_path(slots.group, numbers[slots.count], slots.columns[0].item)
            found.append(_finding(layout, each, path, f"has room for {slots.count} of {slots.group}"))
        for place, number in enumerate(numbers[: slots.count]):
            filled = True
            for column in slots.columns:
                shift = slots.first - 1 + place * slots.pitch
                _put(view, layout, each, column, shift, (slots.group, number), cells, found)
    return "".join(cells), filled, found


def _numbers(view: View, slots: Slots) -> list[int]:
    numbers = [number for number in view.rows.get(slots.group, {}) if number >= slots.from_row]
    return [number for number in numbers if number < slots.from_row + slots.count]


def _put(
    view: View, layout: Layout, each: RecordType, column: Column, shift: int, row: tuple[str, int] | None,
    cells: list[str], found: list[Finding],
) -> None:  # fmt: skip
    path, value = source(view, column, row)
    try:
        text = (
            padded(column, written(column, value))
            if view.hold(column.when, row)
            else column.fill * column.width
        )
    except _Misfit as misfit:
        found.append(_finding(layout, each, path, str(misfit)))
        return
    cells[shift + column.first - 1 : shift + column.last] = text


def source(view: View, column: Column, row: tuple[str, int] | None) -> tuple[str, str]:
    """Path and value of what stands in a column, seen from a row."""
    if not column.item:
        return "", column.constant
    group, dot, name = column.item.partition(".")
    path = row_path(*row, name) if dot and row is not None and row[0] == group else column.item
    value = view.record.get(path, "")
    return path, "" if is_null(value) else value


def written(column: Column, value: str) -> str:
    """A value as its columns hold it, before it is filled up. Raises ``_Misfit``."""
    label = column.name.replace("_", " ")
    if not value:
        if column.required:
            raise _Misfit(f"needs the {label}{column.note and f': {column.note}'}")
        return ""
    if column.map and not column.constant:
        if value not in column.map and column.otherwise is None:
            raise _Misfit(f"has no code for {value} as {label}")
        text = column.map.get(value, column.otherwise or "")
    elif column.format == DIGITS:
        text = re.sub(r"[^0-9]", "", value)
    elif PATTERN.fullmatch(column.format):
        text = _date(column, value, label)
    else:
        text = to_ascii(value).upper()
    if len(text) > column.width:
        if not column.clip:
            raise _Misfit(f"has {column.width} columns for the {label}, which is {text}")
        text = text[: column.width]
    return text


def _date(column: Column, value: str, label: str) -> str:
    needs_time = "hh" in column.format
    if not (is_moment(value) or (is_date(value) and not needs_time)):
        raise _Misfit(f"needs the {label} in full, not {value}")
    return "".join(value[slice(*_PLACE[part])] for part in _PART.findall(column.format))


def padded(column: Column, text: str) -> str:
    """``text`` filled up to the width of its columns; a blank stays blank whatever the fill."""
    if not text:
        return " " * column.width
    return (
        text.rjust(column.width, column.fill)
        if column.pad == "left"
        else text.ljust(column.width, column.fill)
    )


def read_back(each: RecordType, line: str) -> dict[str, str]:
    """What a line holds by name of its columns; a column of a slot by group and place: ``diagnoses[2].code``."""
    found = {column.name: line[column.first - 1 : column.last] for column in each.columns}
    for slots in each.slots:
        for place in range(slots.count):
            start = slots.first - 1 + place * slots.pitch
            for column in slots.columns:
                name = row_path(slots.group, place + 1, column.name)
                found[name] = line[start + column.first - 1 : start + column.last]
    return found


def item_in(layout: Layout, type_id: str, column: int, record: Record, dictionary: Dictionary) -> str:
    """The path of the item that stands at a column of a type of record; blank when none does.

    For the receiver's list, which names columns. Of several lines of a type the first is taken.
    """
    view = View(dictionary, record)
    for each in layout.records:
        if each.id != type_id:
            continue
        rows = next(_bunches(view, each), [])
        row = (each.each, rows[0]) if rows else None
        for found in each.columns:
            if found.first <= column <= found.last:
                return source(view, found, row)[0]
        for slots in each.slots:
            if slots.first <= column <= slots.last:
                place, within = divmod(column - slots.first, slots.pitch)
                numbers = rows if slots.group == each.each else _numbers(view, slots)
                number = numbers[place] if place < len(numbers) else slots.from_row + place
                for found in slots.columns:
                    if found.first <= within + 1 <= found.last:
                        return source(view, found, (slots.group, number))[0]
    return ""


def counts(made: Sequence[Line], types: Sequence[str]) -> dict[str, int]:
    """Lines by type of record, types without any too."""
    return {type_: sum(line.type == type_ for line in made) for type_ in types}


def _finding(layout: Layout, each: RecordType, path: str, message: str) -> Finding:
    return Finding(Level.ERROR, "FILE", f"Record {each.id} of layout {layout.id} {message}.", path)
