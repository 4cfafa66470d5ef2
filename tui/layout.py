"""Where the fields of a form stand: pure arithmetic over its declaration, for 80 columns at every size.

A wider terminal shows more rows and never moves a field, so that hands and eyes find the same form everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rules.text import cells, fit
from tui.field import shown_width
from tui.screen import Field, Group, Note, Section, Values
from tui.spans import BOLD, PLAIN, Piece, wrap

WIDTH = 80
LONGEST_LABEL = 31  # cells; a longer label is clipped
NUMBER = 4  # cells before the columns of a table: row number and blanks
MOST_COLUMNS = 40  # of a table
LEAST_FIELD = 4  # cells that a field keeps when its row is crowded

PATH = re.compile(r"(?P<group>[^\[\]]+)\[(?P<row>\d+)\]\.(?P<column>.+)")


@dataclass(frozen=True, slots=True)
class Spot:
    """A field in its place: the mark stands in the cell before ``column``, the echo after the field."""

    path: str
    field: Field
    row: int
    column: int
    width: int
    label: str
    section: int
    group: str = ""
    index: int = 0
    first: bool = False  # first column of its row

    @property
    def echo_column(self) -> int:
        return self.column + self.width + 1


@dataclass(slots=True)
class Layout:
    """The form as laid out: fixed text by row, fields in the order of the walk, and section starts."""

    height: int = 0
    fixed: dict[int, list[Piece]] = field(default_factory=dict)
    spots: list[Spot] = field(default_factory=list)
    on_row: dict[int, list[Spot]] = field(default_factory=dict)
    by_path: dict[str, Spot] = field(default_factory=dict)
    order: dict[str, int] = field(default_factory=dict)
    sections: list[tuple[str, str, int]] = field(default_factory=list)  # name, title, first row

    def place(self, spot: Spot) -> None:
        self.order[spot.path] = len(self.spots)
        self.spots.append(spot)
        self.on_row.setdefault(spot.row, []).append(spot)
        self.by_path[spot.path] = spot

    def row_of(self, spot: Spot) -> list[Spot]:
        """The fields of the same row of a table; outside tables the field alone."""
        if not spot.group:
            return [spot]
        around = self.order[spot.path]
        near = self.spots[max(0, around - MOST_COLUMNS) : around + MOST_COLUMNS]
        return [other for other in near if (other.group, other.index) == (spot.group, spot.index)]

    def row_paths(self, group: str, index: int) -> list[str]:
        """The fields of row ``index`` of a table, in order."""
        return [spot.path for spot in self.spots if (spot.group, spot.index) == (group, index)]

    def text(self, row: int, column: int, words: str, attributes: int = PLAIN) -> None:
        self.fixed.setdefault(row, []).append((column, words, attributes))


def group_rows(group: Group, values: Values) -> int:
    """Rows that are filled: the highest row with any value."""
    prefix = group.name + "["
    highest = 0
    for path, value in values.items():
        if value and path.startswith(prefix) and (match := PATH.fullmatch(path)):
            highest = max(highest, int(match["row"]))
    return highest


def shown_rows(group: Group, values: Values, locked: bool) -> int:
    """Rows that are drawn: the filled ones and, where rows can be added, one blank."""
    filled = group_rows(group, values)
    locked = locked or all(column.read_only for column in group.columns)
    return min(group.rows, filled + (0 if locked else 1)) if group.rows >= filled else filled


def lay_out(sections: Sequence[Section], counts: Mapping[str, int], style: str = "us") -> Layout:
    """Lay the form out; ``counts`` gives the rows to draw for each group."""
    layout = Layout()
    row = 0
    for number, section in enumerate(sections):
        if section.title:
            row += 1 if row else 0
            layout.text(row, 0, fit(f"{section.title} ", min(WIDTH, cells(section.title) + 1)), BOLD)
            row += 1
        layout.sections.append((section.name, section.title, max(0, row - 1)))
        label_width = _label_width(section)
        at = 0  # next free cell of the row, for fields that stand beside another
        for part in section.parts:
            if isinstance(part, Note):
                for words in wrap(part.text, WIDTH - 2):
                    layout.text(row, 1, fit(words, cells(words)))
                    row += 1
                at = 0
            elif isinstance(part, Group):
                row = _lay_out_group(layout, part, counts.get(part.name, 1), row, number, style)
                at = 0
            else:
                row, at = _lay_out_field(layout, part, row, at, label_width, number, style)
    layout.height = row
    return layout


def _label_width(section: Section) -> int:
    labels = [part.label for part in section.parts if isinstance(part, Field) and not part.same_row]
    return min(LONGEST_LABEL, max((cells(label) for label in labels), default=0))


def _lay_out_field(
    layout: Layout, part: Field, row: int, at: int, label_width: int, section: int, style: str
) -> tuple[int, int]:
    """Place one field. Returns the row after it and the first free cell of its own row."""
    width = shown_width(part, style)
    label = part.label[:LONGEST_LABEL]
    if part.same_row and at and at + 2 + cells(label) + 2 + min(width, LEAST_FIELD) <= WIDTH:
        row -= 1
        label_at = at + 2
        column = label_at + cells(label) + 2
    else:
        label_at = 1 + max(0, label_width - cells(label))
        column = 1 + max(label_width, cells(label)) + 2
    width = max(LEAST_FIELD if width >= LEAST_FIELD else width, min(width, WIDTH - column))
    layout.text(row, label_at, fit(label, cells(label)) + (":" if label else ""))
    layout.place(Spot(part.name, part, row, column, width, part.label, section))
    return row + 1, column + width + (part.echo + 1 if part.echo else 0)


def _lay_out_group(layout: Layout, group: Group, count: int, row: int, section: int, style: str) -> int:
    """Place a table: its name, column heads, rows. Columns that do not fit go on to a further line."""
    alone = len(group.columns) == 1 and group.columns[0].label == group.label
    if group.label and group.label != layout.sections[-1][1] and not alone:
        layout.text(row, 1, fit(group.label, min(cells(group.label), WIDTH - 1)), BOLD)
        row += 1
    places: list[tuple[int, int, int]] = []  # line of the row, cell, width
    down, at = 0, 1 + NUMBER
    for column in group.columns:
        width = min(max(shown_width(column, style), 1), WIDTH - 1 - NUMBER - 1)
        needed = max(width, cells(column.label)) + (column.echo + 1 if column.echo else 0)
        if at + width > WIDTH and at > 1 + NUMBER:
            down, at = down + 1, 1 + NUMBER
        places.append((down, at, width))
        at += needed + 2
    for (line, at, _), column in zip(places, group.columns, strict=True):
        layout.text(row + line, at, fit(column.label, min(cells(column.label), WIDTH - at)))
    row += down + 1
    for index in range(1, count + 1):
        layout.text(row, 1, fit(str(index), NUMBER - 2, ">"))
        for position, ((line, at, width), column) in enumerate(zip(places, group.columns, strict=True)):
            path = f"{group.name}[{index}].{column.name}"
            layout.place(
                Spot(
                    path,
                    column,
                    row + line,
                    at,
                    width,
                    column.label,
                    section,
                    group.name,
                    index,
                    position == 0,
                )
            )
        row += down + 1
    return row
