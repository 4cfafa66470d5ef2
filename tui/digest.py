"""The page of an overview as lines: blocks of items and of rows, each under a bar with its letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from config.grids import Block, Does, Letter
from rules.text import cells, fit
from tui.face import MARKS
from tui.field import shown, shown_width
from tui.layout import Spot
from tui.screen import Field, Group, Kind
from tui.spans import BOLD, PLAIN, Line, line, plain

if TYPE_CHECKING:
    from tui.form import FormView

TWO = 40  # cells of an item, where two stand side by side
SHORT_ECHO = 8  # cells of the meaning of a column that is not the first
LOCKED_TOO = (Does.VIEW, Does.OPEN, Does.GO)  # what can be done in a record that can only be read


class Digest:
    """The record of ``form`` in short. Drawn anew when it has changed."""

    def __init__(self, form: FormView) -> None:
        self.form = form
        self.page: list[Line] = []
        self.starts: dict[str, int] = {}  # first line of a block, by its title
        self.places: dict[tuple[str, int], int] = {}  # line of a row of a table; of its last one under 0
        self._drawn_for: object = None

    def changed(self) -> None:
        self._drawn_for = None

    def lines(self, width: int) -> list[Line]:
        """The whole page, however long."""
        state = (width, id(self.form.face.layout))
        if self._drawn_for != state:
            self._drawn_for, self.page, self.starts, self.places = state, [], {}, {}
            grid = self.form.screen.grid
            for block in grid.blocks if grid else ():
                self._draw(block, width)
            self._draw_marked_elsewhere(width)
        return self.page

    def _draw_marked_elsewhere(self, width: int) -> None:
        """Items that no block has and that something is found at, such as those that a site has added."""
        form, grid = self.form, self.form.screen.grid
        drawn = (
            {part.name for block in grid.blocks for part in parts_named(form, block.parts)} if grid else set()
        )
        fields = [part for section in form.face.sections for part in section.parts if isinstance(part, Field)]
        found = [each for each in fields if each.name not in drawn and form.face.marks.get(each.name)]
        if found:
            self.page.append(line([(0, "Found elsewhere (Ctrl+E goes there)", BOLD)], width))
        for each in found:
            text = self._item(0, each)
            self.page.append(plain(f"{text[:1]}   {text[4:]}", width))

    def _draw(self, block: Block, width: int) -> None:
        parts = parts_named(self.form, block.parts)
        if all(part.name in self.form.skip and not self._has(part) for part in parts):
            return  # nothing is there and nothing is asked; its letters act all the same
        self.starts[block.title] = len(self.page)
        self.page.append(self._heading(block, parts, width))
        items = [part for part in parts if isinstance(part, Field)]
        groups = [part for part in parts if isinstance(part, Group)]
        for text in self._item_lines(items, beside=bool(groups)):
            self.page.append(plain(text, width))
        for part in groups:
            for index in self.filled(part):
                self.places[part.name, index] = len(self.page)
                self.page.append(self._row_line(part, index, width))
            self.places[part.name, 0] = len(self.page) - 1

    def _heading(self, block: Block, parts: Sequence[Field | Group], width: int) -> Line:
        labels: dict[tuple[str, bool], str] = {}
        for letter in block.letters:
            key = (letter.label, self.may(letter, parts))
            labels[key] = labels.get(key, "") + letter.letter
        acts = [f"{names}={label}" if may else f"({names}={label})" for (label, may), names in labels.items()]
        bar = fit(" ".join(acts), min(cells(" ".join(acts)), width - 16))
        return line(
            [(0, fit(block.title, width - cells(bar) - 2), BOLD), (width - cells(bar) - 1, bar, PLAIN)], width
        )

    def may(self, letter: Letter, parts: Sequence[Field | Group]) -> bool:
        return letter.does in LOCKED_TOO or (
            not self.form.opened.locked and any(keyable(part) for part in parts)
        )

    def _item_lines(self, items: Sequence[Field], *, beside: bool) -> Iterator[str]:
        """Items that hold or need something, two beside each other; V shows one in full."""
        left = ""
        for number, item in enumerate(items, 1):
            text = self._item(0 if beside else number, item)
            if not text:
                continue
            if left:
                yield f"{fit(left, TWO - 1)} {text}"
            left = "" if left else text
        if left:
            yield left

    def _item(self, number: int, item: Field) -> str:
        form, path = self.form, item.name
        value = form.record.get(path)
        mark = form.face.marks.get(path, "")
        if item.kind is Kind.SECRET or path in form.skip or (not value and not mark):
            return ""
        text = shown(item, value, form.shell.date_style)
        echo = form.face.echoes.get(path, "")
        return f"{mark or ' '}{number:>2} {item.label}: {text}" + (f" {echo}" if echo else "")

    def filled(self, group: Group) -> list[int]:
        return [
            n
            for n in range(1, self.form.face.rows_of(group.name) + 1)
            if not self.form.record.is_blank_row(group.name, n)
        ]

    def _has(self, part: Field | Group) -> bool:
        return bool(self.filled(part) if isinstance(part, Group) else self.form.record.get(part.name))

    def _row_line(self, group: Group, index: int, width: int) -> Line:
        form, style = self.form, self.form.shell.date_style
        marks = {form.face.marks.get(path, "") for path in form.face.layout.row_paths(group.name, index)}
        mark = next((each for each in MARKS.values() if each in marks), " ")
        texts: list[str] = []
        for position, column in enumerate(group.columns):
            path = f"{group.name}[{index}].{column.name}"
            texts.append(
                fit(shown(column, form.record.get(path), style), min(shown_width(column, style), 30))
            )
            if position and (echo := form.face.echoes.get(path, "")):
                texts[-1] += f" {fit(echo, SHORT_ECHO)}" if cells(echo) > SHORT_ECHO else f" {echo}"
        first = form.face.echoes.get(f"{group.name}[{index}].{group.columns[0].name}", "")
        text = f"{mark}{index:>2} {' '.join(texts)}" + (f"  {first}" if first else "")
        return plain(text, width)


def keyable(part: Field | Group) -> bool:
    fields = part.columns if isinstance(part, Group) else (part,)
    return any(not each.read_only for each in fields)


def parts_named(form: FormView, names: Sequence[str]) -> list[Field | Group]:
    """Fields and tables by their names, and all those of sections by theirs."""
    found: list[Field | Group] = []
    for name in names:
        for section in form.face.sections:
            for part in section.parts:
                if (
                    isinstance(part, Field | Group)
                    and name in (section.name, part.name)
                    and part not in found
                ):
                    found.append(part)
    return found


def place_of(form: FormView, names: Sequence[str], number: int) -> Spot | None:
    """Where ``^501-2`` leads: item or row ``number`` of these parts; of a table at most the open row."""
    items = [part for part in parts_named(form, names) if isinstance(part, Field)]
    groups = [part for part in parts_named(form, names) if isinstance(part, Group)]
    if not groups:
        item = items[min(number, len(items)) - 1] if items else None
        return form.face.layout.by_path.get(item.name) if item else None
    group = groups[0]
    row = min(number, form.face.rows_of(group.name))
    return form.face.layout.by_path.get(f"{group.name}[{row}].{group.columns[0].name}")
