"""What the letters of the overview do to the record: add, edit, delete, view and move, by the number of an item."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from config.grids import Block, Does, Letter
from tui.digest import keyable, parts_named
from tui.face import MARKS
from tui.field import shown
from tui.keys import Act
from tui.screen import Field, Group
from tui.stream import numbers

if TYPE_CHECKING:
    from tui.overview import Overview

TYPED = re.compile(r"\s*([A-Za-z])\s*([\d][\d,\- ]*)?", re.ASCII)
ALL = -1  # instead of a number
MOST = 999  # no table has more rows


class Letters:
    """The letters of ``page``."""

    def __init__(self, page: Overview) -> None:
        self.page, self.form = page, page.form

    async def do(self, text: str) -> None:
        """A letter with its numbers; anything else is a command line."""
        grid, match = self.form.screen.grid, TYPED.fullmatch(text)
        found = grid.by_letter(match[1]) if grid and match else None
        if found is None or match is None:
            await self.form.shell.run(text)
            return
        block, letter = found
        parts = self.parts_of(block)
        if not parts:
            self.form.shell.fail(f"This record has no {block.title.lower()}.")
        elif not self.page.digest.may(letter, parts):
            sentence = self.form.opened.locked or f"{block.title}: these are not keyed here."
            self.form.shell.fail(sentence)
        else:
            await self._act(block, letter, (match[2] or "").strip())

    async def _act(self, block: Block, letter: Letter, given: str) -> None:
        does = letter.does
        if does is Does.GO:
            await self.form.shell.run(letter.go.replace("{key}", self.form.key.partition(" ")[0]))
        elif does is Does.ADD:
            await self._add(block, given)
        elif does in (Does.DELETE, Does.MOVE):
            await self._rows(block, does, given)
        elif does is Does.EDIT:
            self._edit(block, given)
        elif path := self._one(block, given):
            if does is Does.OPEN:
                self.form.look(self.form.keyed_in)
                self.form.enter(path)
            else:
                await self._view(path)

    async def _add(self, block: Block, given: str) -> None:
        group = self._group(block)
        if group is None:
            self.form.shell.fail(f"{block.title}: nothing can be added.")
            return
        rows = self.page.digest.filled(group)
        number = int(given) if given.isdecimal() else (rows[-1] if rows else 0) + 1
        path = f"{group.name}[{number}].{group.columns[0].name}"
        spot = self.form.face.layout.by_path.get(path)
        if spot is None:
            self.form.shell.fail(f"{block.title}: there is no room for row {number}.")
            return
        self.page.lane = tuple(self.form.face.layout.row_paths(group.name, number))
        if number in rows:
            await self.form.rows.change(spot, Act.INSERT_ROW)
            self.page.lane, self.page.adding = tuple(self.form.face.layout.row_paths(group.name, number)), ""
        else:
            self.page.adding = group.name
        self.form.enter(path)

    def _edit(self, block: Block, given: str) -> None:
        wanted: list[str] = []
        for number in _given(given):
            wanted += self._paths(block, number)
        spots = [self.form.face.layout.by_path[path] for path in wanted]
        asked = [spot.path for spot in spots if self.form.asked(spot)]
        if not asked:
            self.form.shell.fail(f"{block.title}: there is no {given or 'item'} to edit.")
            return
        self.page.lane, self.page.adding = tuple(asked), ""
        self.form.enter(asked[0])

    async def _rows(self, block: Block, does: Does, given: str) -> None:
        group = self._group(block)
        rows = self.page.digest.filled(group) if group else []
        wanted = [number for number in numbers(given, rows[-1]) if number in rows] if rows else []
        if not given and len(rows) == 1:
            wanted = rows
        if group is None or not wanted:
            which = f"there is no row {given}".rstrip() if given or not rows else "say which, by number"
            self.form.shell.fail(f"{block.title}: {which}.")
        elif does is Does.DELETE:
            await self.form.rows.delete(group.name, wanted)
            self.page.ready()
        elif len(wanted) > 1:
            await self._move(group, wanted[0], wanted[1])
        else:

            async def to(answer: str) -> None:
                await self._move(group, wanted[0], int(answer) if answer.isdecimal() else 0)

            self.form.shell.ask(f"Row {wanted[0]} becomes row number:", to)

    async def _move(self, group: Group, row: int, to: int) -> None:
        spot = self.form.face.layout.by_path[f"{group.name}[{row}].{group.columns[0].name}"]
        if not 1 <= to <= len(self.page.digest.filled(group)):
            self.form.shell.fail("NOT MOVED. Key the number of a row that is there.")
            return
        await self.form.rows.change(spot, Act.MOVE_ROW, to)
        self.page.ready()
        self.form.shell.say(f"Row {row} is row {to} now. Ctrl+U takes it back.")

    async def _view(self, path: str) -> None:
        """Everything about an item, or about every column of a row."""
        spot = self.form.face.layout.by_path[path]
        spots = (
            [
                self.form.face.layout.by_path[each]
                for each in self.form.face.layout.row_paths(spot.group, spot.index)
            ]
            if spot.group
            else [spot]
        )
        lines: list[str] = []
        for each in spots:
            value = shown(each.field, self.form.record.get(each.path), self.form.shell.date_style)
            lines.append(f"{each.label}: {value}  {self.form.face.echoes.get(each.path, '')}".rstrip())
            found = [f for f in self.form.findings if f.field == each.path]
            lines += [f"  {MARKS[f.level]} {f.code} {f.message}" for f in found]
        await self.form.shell.show(f"{spot.label} {spot.index or ''}".strip(), lines)

    # --- parts of blocks -----------------------------------------------------------------------------------

    def parts_of(self, block: Block) -> list[Field | Group]:
        """The fields and tables of a block that this data set has."""
        return parts_named(self.form, block.parts)

    def _group(self, block: Block) -> Group | None:
        return next(
            (part for part in self.parts_of(block) if isinstance(part, Group) and keyable(part)), None
        )

    def _one(self, block: Block, given: str) -> str:
        """The field that a letter with its number means; "" after saying why there is none."""
        paths = self._paths(block, int(given) if given.isdecimal() else 1)
        if not paths:
            self.form.shell.fail(f"{block.title}: there is no {given or 'item'}.")
        return paths[0] if paths else ""

    def _paths(self, block: Block, number: int) -> list[str]:
        """The fields of item or row ``number`` of a block. Beside a table the other items are number 0 together."""
        parts, found = self.parts_of(block), list[str]()
        items = [part.name for part in parts if isinstance(part, Field)]
        groups = [part for part in parts if isinstance(part, Group)]
        if number == ALL:
            found += items
        elif groups:
            found += items if not number else []
        else:
            found += items[number - 1 : number] if number else []
        for part in groups:
            for row in self.page.digest.filled(part):
                if number in (ALL, row):
                    found += self.form.face.layout.row_paths(part.name, row)
        return [path for path in found if path in self.form.face.layout.by_path]


def _given(text: str) -> list[int]:
    """The numbers behind a letter; none are all of them."""
    return [0] if text == "0" else numbers(text, MOST) if text else [ALL]
