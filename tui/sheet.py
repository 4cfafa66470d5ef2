"""The page of a worksheet as lines: headings with their signs, items, and rows of tables with what is told of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.grids import Block
from rules.text import cells, fit
from tui.digest import parts_named
from tui.face import MARKS
from tui.field import shown, shown_width
from tui.layout import Spot
from tui.screen import Field, Group
from tui.spans import BOLD, PLAIN, REVERSE, UNDERLINE, Line, Piece, line

if TYPE_CHECKING:
    from tui.form import FormView

FIRST_COLUMN = 4  # cell in which the first column of a table begins: mark, number, blank
MOST_FIRST = 12  # cells of a column


@dataclass(frozen=True, slots=True)
class Part:
    """A line of the page: the heading of a block, an item, or a row of a table."""

    block: Block
    item: Field | None = None
    group: Group | None = None
    index: int = 0


class Sheet:
    """The page of ``form``. Drawn anew when the record has changed."""

    def __init__(self, form: FormView) -> None:
        self.form = form
        self._made: tuple[list[Part], frozenset[str]] = ([], frozenset())
        self._made_for: object = None
        self._lines: dict[Part, Line] = {}
        self._width = 0

    def changed(self) -> None:
        self._made_for = None

    @property
    def parts(self) -> list[Part]:
        """The lines of the page, made anew when the record or its tables are others."""
        layout = self.form.face.layout
        if self._made_for is not layout:
            self._made_for, self._made = layout, self._make()
            self._lines.clear()
        return self._made[0]

    @property
    def paths(self) -> frozenset[str]:
        """Paths that belong to the page, in sight or not."""
        return self._made[1] if self.parts else frozenset()

    def _make(self) -> tuple[list[Part], frozenset[str]]:
        form, made, page = self.form, list[Part](), set[str]()
        for block in form.screen.worksheet.blocks if form.screen.worksheet else ():
            parts = self.of(block)
            if all(part.name in form.skip and not form.record.get(part.name) for part in parts):
                continue
            made.append(Part(block))
            for part in parts:
                if isinstance(part, Field):
                    made.append(Part(block, item=part))
                    page.add(part.name)
                    continue
                rows = range(1, form.face.rows_of(part.name) + 1)
                made += [Part(block, group=part, index=row) for row in rows]
                page |= {f"{part.name}[{row}].{column.name}" for row in rows for column in part.columns}
        return made, frozenset(page)

    def of(self, block: Block) -> list[Field | Group]:
        """The items and tables that a block names, not all those of a section that has the same name."""
        return [part for part in parts_named(self.form, block.parts) if part.name in block.parts]

    def in_hand(self) -> int:
        """Where the field in hand stands in the page; -1 when it does not."""
        spot = self.form.spot
        for number, part in enumerate(self.parts if spot else ()):
            if spot and part.group and (part.group.name, part.index) == (spot.group, spot.index):
                return number
            if spot and part.item and part.item.name == spot.path:
                return number
        return -1

    # --- drawing -------------------------------------------------------------------------------------------

    def kept(self, part: Part, width: int) -> Line:
        """A line as it was drawn last, while nothing has changed."""
        if width != self._width:
            self._width = width
            self._lines.clear()
        if part not in self._lines:
            self._lines[part] = self.drawn(part, width)
        return self._lines[part]

    def drawn(self, part: Part, width: int) -> Line:
        """A line as it stands now: that of the row in hand changes with each key."""
        if part.item:
            return self._item(part.item, width)
        return (
            self._row(part.block, part.group, part.index, width)
            if part.group
            else self._heading(part.block, width)
        )

    def _heading(self, block: Block, width: int) -> Line:
        signs = " ".join(f"{each.letter}={each.label}" for each in block.letters)
        group = next((part for part in self.of(block) if isinstance(part, Group)), None)
        labels = (
            [(at, label, PLAIN) for _, at, _, label in self.columns(block, group, width)] if group else []
        )
        room = (labels[0][0] if labels else width) - cells(block.title) - 3
        said = (
            []
            if self.form.opened.locked
            else [(cells(block.title) + 2, fit(signs, min(room, cells(signs))), PLAIN)]
        )
        return line([(0, block.title, BOLD), *said, *labels], width)

    def columns(self, block: Block, group: Group, width: int) -> list[tuple[str, int, int, str]]:
        """Name, cell, width and label of what stands at the right of a row."""
        fields = {column.name: column for column in group.columns}
        style = self.form.shell.date_style
        wanted = [
            (name, max(shown_width(fields[name], style), cells(fields[name].label)), fields[name].label)
            for name in block.columns
            if name in fields
        ]
        wanted += [(told.name, told.width, told.label) for told in block.told]
        at = width - sum(size + 1 for _, size, _ in wanted)
        placed = []
        for name, size, label in wanted:
            placed.append((name, at, size, label))
            at += size + 1
        return placed

    def _row(self, block: Block, group: Group, index: int, width: int) -> Line:
        form, first = self.form, group.columns[0]
        path = f"{group.name}[{index}].{first.name}"
        columns = self.columns(block, group, width)
        size, fields = self._size(first), {column.name for column in group.columns}
        marks = {
            form.face.mark(form.record, spot)
            for spot in form.face.layout.row_of(form.face.layout.by_path[path])
        }
        mark = next((each for each in ("E", "*", *MARKS.values()) if each in marks), " ")
        pieces: list[Piece] = [(0, mark, BOLD), (1, fit(str(index), 2, ">"), PLAIN)]
        pieces.append((FIRST_COLUMN, *self._value(path, first, size)))
        echo_at = FIRST_COLUMN + size + 1
        pieces.append((echo_at, self.told(path, columns[0][1] - echo_at - 1), PLAIN))
        for name, at, room, _ in columns:
            beside = f"{group.name}[{index}].{name}"
            if name in fields and (form.record.get(beside) or form.focus == beside):
                field = next(column for column in group.columns if column.name == name)
                pieces.append(
                    (at, *self._value(beside, field, min(room, shown_width(field, form.shell.date_style))))
                )
            elif name not in fields and (text := form.face.echoes.get(beside, "")):
                pieces.append((at, fit(text, room), PLAIN))
        return line(pieces, width)

    def told(self, path: str, room: int) -> str:
        """What stands behind the code at ``path``, in ``room`` cells: side and encounter at its end too."""
        text = self.form.face.echoes.get(path, "")
        return fit(text if cells(text) <= room else self.form.screen.shorten(text, room), room)

    def _item(self, item: Field, width: int) -> Line:
        mark = self.form.face.mark(self.form.record, self.form.face.layout.by_path[item.name])
        at = FIRST_COLUMN + cells(item.label) + 2
        size = shown_width(item, self.form.shell.date_style)
        echo = self.told(item.name, max(0, width - at - size - 2))
        return line(
            [(0, mark or " ", BOLD), (FIRST_COLUMN, f"{item.label}:", PLAIN),
             (at, *self._value(item.name, item, size)), (at + size + 1, echo, PLAIN)],
            width,
        )  # fmt: skip

    def _value(self, path: str, field: Field, size: int) -> tuple[str, int]:
        form = self.form
        if path == form.focus:
            return form.entry.window(size)[0], REVERSE
        text = shown(field, form.record.get(path), form.shell.date_style)
        return fit(text, size), PLAIN if field.read_only or form.opened.locked else UNDERLINE

    def cell(self, spot: Spot, part: Part, width: int) -> int | None:
        """The cell in which a field of a line begins; None when the line does not show it."""
        if part.item:
            return FIRST_COLUMN + cells(part.item.label) + 2
        if spot.first or part.group is None:
            return FIRST_COLUMN
        columns = self.columns(part.block, part.group, width)
        return next((cell for name, cell, _, _ in columns if name == spot.field.name), None)

    def size(self, spot: Spot) -> int:
        """Cells of a field on its line."""
        return self._size(spot.field) if spot.group else spot.width

    def _size(self, field: Field) -> int:
        return min(shown_width(field, self.form.shell.date_style), MOST_FIRST)
