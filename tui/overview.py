"""The overview: one page of the whole record. A letter, with the number of an item, acts on any part without leaving.

What stands on it and what each letter does is data (``config/grids``). It is the form's own record and draft.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from config.grids import Block, Does, Letter
from rules.text import cells, clean, fit
from tui.face import MARKS
from tui.field import Entry, shown, shown_width
from tui.keys import Act, Stroke
from tui.layout import Spot
from tui.screen import Field, Group, Kind
from tui.spans import BOLD, PLAIN, UNDERLINE, Line, blank, line, plain
from tui.stream import Stream, numbers

if TYPE_CHECKING:
    from tui.form import FormView

ACT = " Act: "
TWO = 40  # cells of an item, where two stand side by side
SHORT_ECHO = 8  # cells of the meaning of a column that is not the first
TYPED = re.compile(r"\s*([A-Za-z])\s*([\d][\d,\- ]*)?", re.ASCII)
ALL = -1  # instead of a number
MOST = 999  # no table has more rows
LOCKED_TOO = (Does.VIEW, Does.OPEN, Does.GO)  # what can be done in a record that can only be read


class Overview(Stream):
    """Letters act from the foot of the page; prompts for what is keyed in place stand there too."""

    def __init__(self, form: FormView) -> None:
        super().__init__(form)
        self.typed = Entry("", 0, fresh=False)
        self.lane: tuple[str, ...] = ()  # fields that are asked one after the other; none: letters act
        self.adding = ""  # table to which rows are added until one is left blank
        self.first = 0  # line of the page that is shown first
        self._page: list[Line] = []
        self._starts: dict[str, int] = {}  # first line of a block, by its title
        self._places: dict[tuple[str, int], int] = {}  # line of a row of a table; of its last one under 0
        self._drawn_for: object = None

    # --- the walk ------------------------------------------------------------------------------------------

    def is_acting(self) -> bool:
        return not self.lane

    def begin(self) -> None:
        self.first, self._drawn_for = 0, None
        super().begin()

    def ready(self) -> None:
        self.lane, self.adding = (), ""

    def changed(self) -> None:
        self._drawn_for = None

    def entered(self, path: str) -> None:
        if path not in self.lane:  # a jump, or what stands in the way of filing: asked in place
            self.lane, self.adding = (path,), ""
        super().entered(path)

    def following(self, here: str, name: str) -> str:
        layout = self.form.face.layout
        spot = layout.by_path.get(here)
        if self.adding and spot and spot.group == self.adding:
            if spot.first and self.form.is_blank(spot):
                return ""
            self.lane = (*self._row(spot.group, spot.index), *self._row(spot.group, spot.index + 1)[:1])
        at = self.lane.index(here) if here in self.lane else len(self.lane)
        for path in self.lane[at + 1 :]:
            if (after := layout.by_path.get(path)) and self.form.asked(after):
                return path
        return ""

    async def at_end(self, name: str) -> None:
        self.ready()

    def _row(self, group: str, index: int) -> list[str]:
        spots = self.form.face.layout.spots
        return [spot.path for spot in spots if (spot.group, spot.index) == (group, index)]

    # --- drawing -------------------------------------------------------------------------------------------

    @property
    def height(self) -> int:
        """Lines of the page in sight, under what always stands on top and over the line of letters."""
        return max(1, self.form.shell.body_height - 1 - len(self._top_lines()))

    def _top_lines(self) -> list[str]:
        form = self.form
        errors = sum(mark == "E" for mark in form.face.marks.values())
        counted = f"{len(form.findings)} findings: Ctrl+E lists them" if form.findings else "No findings"
        if errors == len(form.findings) == 1:
            counted = "1 finding: Ctrl+E shows it"
        standing = form.screen.standing(dict(form.record.values))
        return [f"{standing}   {counted}" if standing else counted, *form.face.panel]

    def body(self, width: int) -> list[Line]:
        page = self._lines(width)
        self._keep_in_sight()
        top = [plain(" " + clean(text), width) for text in self._top_lines()]
        self.first = max(0, min(self.first, len(page) - self.height))
        shown_now = page[self.first : self.first + self.height]
        shown_now += [blank(width)] * (self.height - len(shown_now))
        return [*top, *shown_now, self._foot(width)]

    def _keep_in_sight(self) -> None:
        """While a row is keyed its table stays in sight."""
        spot = self.form.spot
        if self.lane and spot and spot.group:
            last = self._places.get((spot.group, 0), 0)
            line_ = self._places.get((spot.group, spot.index), last)
            if not self.first <= line_ < self.first + self.height:
                self.first = line_ - self.height + 1

    def _foot(self, width: int) -> Line:
        if self.lane:
            return self._prompt_line(width)
        more = "More: F8" if self.first + self.height < len(self._page) else "Bottom" if self.first else ""
        room = width - len(ACT) - 12
        return line(
            [
                (0, ACT, BOLD),
                (len(ACT), self.typed.window(room)[0], UNDERLINE),
                (width - 10, fit(more, 9, ">"), BOLD),
            ],
            width,
        )

    def cursor(self) -> tuple[int, int] | None:
        row = self.form.shell.body_height - 1
        if self.lane:
            place = super().cursor()
            return (place[0], row) if place else None
        return len(ACT) + self.typed.window(self.form.shell.width - len(ACT) - 12)[1], row

    def _lines(self, width: int) -> list[Line]:
        state = (width, id(self.form.face.layout))
        if self._drawn_for != state:
            self._drawn_for, self._page, self._starts, self._places = state, [], {}, {}
            grid = self.form.screen.grid
            for block in grid.blocks if grid else ():
                self._draw(block, width)
        return self._page

    def _draw(self, block: Block, width: int) -> None:
        parts = self.parts_of(block)
        if all(part.name in self.form.skip and not self._has(part) for part in parts):
            return  # nothing is there and nothing is asked; its letters act all the same
        self._starts[block.title] = len(self._page)
        self._page.append(self._heading(block, parts, width))
        items = [part for part in parts if isinstance(part, Field)]
        groups = [part for part in parts if isinstance(part, Group)]
        for text in self._item_lines(items, beside=bool(groups)):
            self._page.append(plain(text, width))
        for part in groups:
            for index in self._filled(part):
                self._places[part.name, index] = len(self._page)
                self._page.append(self._row_line(part, index, width))
            self._places[part.name, 0] = len(self._page) - 1

    def _heading(self, block: Block, parts: Sequence[Field | Group], width: int) -> Line:
        labels: dict[tuple[str, bool], str] = {}
        for letter in block.letters:
            key = (letter.label, self._may(letter, parts))
            labels[key] = labels.get(key, "") + letter.letter
        acts = [f"{names}={label}" if may else f"({names}={label})" for (label, may), names in labels.items()]
        bar = fit(" ".join(acts), min(cells(" ".join(acts)), width - 16))
        return line(
            [(0, fit(block.title, width - cells(bar) - 2), BOLD), (width - cells(bar) - 1, bar, PLAIN)], width
        )

    def _may(self, letter: Letter, parts: Sequence[Field | Group]) -> bool:
        return letter.does in LOCKED_TOO or (
            not self.form.opened.locked and any(_keyable(part) for part in parts)
        )

    def _item_lines(self, items: Sequence[Field], *, beside: bool) -> Iterator[str]:
        """Items that hold or need something, two beside each other; V shows one in full."""
        left = ""
        for number, item in enumerate(items, 1):
            text = self._item(0 if beside else number, item)
            if not text:
                continue
            if left:
                yield fit(left, TWO) + text
            left = "" if left else fit(text, TWO - 1)
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

    def _filled(self, group: Group) -> list[int]:
        return [
            n
            for n in range(1, self.form.face.rows_of(group.name) + 1)
            if not self.form.record.is_blank_row(group.name, n)
        ]

    def _has(self, part: Field | Group) -> bool:
        return bool(self._filled(part) if isinstance(part, Group) else self.form.record.get(part.name))

    def _row_line(self, group: Group, index: int, width: int) -> Line:
        form, style = self.form, self.form.shell.date_style
        marks = {form.face.marks.get(path, "") for path in self._row(group.name, index)}
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

    def whole(self, width: int) -> list[Line]:
        return [*(plain(clean(text), width) for text in self._top_lines()), *self._lines(width)]

    def show(self, block: Block) -> None:
        """Bring a block to the top of the page."""
        self._lines(self.form.shell.width)
        self.first = self._starts.get(block.title, self.first)
        self.ready()

    def turn(self, step: int) -> bool:
        self.first = max(0, min(self.first + step * self.height, len(self._page) - self.height))
        return True

    # --- keys ----------------------------------------------------------------------------------------------

    async def stroke(self, stroke: Stroke) -> bool:
        if self.lane:
            if stroke.name == "enter" and self.form.entry.text.strip() == "^" and not self.form.entry.fresh:
                self.form.enter(self.form.focus, quiet=True)
                self.ready()
                return True
            return await super().stroke(stroke)
        if stroke.name == "enter":
            text, self.typed = self.typed.text.strip(), Entry("", 0, fresh=False)
            if text:
                self.form.shell.clear_message()
                await self._do(text)
        elif stroke.name in ("up", "down"):
            self.first += 1 if stroke.name == "down" else -1
        elif stroke.name == "paste":
            self.typed.key("", " ".join(stroke.text.split()))
        elif not self.typed.key(stroke.name, stroke.text):
            return False
        return True

    async def _do(self, text: str) -> None:
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
        elif not self._may(letter, parts):
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
        rows = self._filled(group)
        number = int(given) if given.isdecimal() else (rows[-1] if rows else 0) + 1
        path = f"{group.name}[{number}].{group.columns[0].name}"
        spot = self.form.face.layout.by_path.get(path)
        if spot is None:
            self.form.shell.fail(f"{block.title}: there is no room for row {number}.")
            return
        self.lane = tuple(self._row(group.name, number))
        if number in rows:
            await self.form.rows.change(spot, Act.INSERT_ROW)
            self.lane, self.adding = tuple(self._row(group.name, number)), ""
        else:
            self.adding = group.name
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
        self.lane, self.adding = tuple(asked), ""
        self.form.enter(asked[0])

    async def _rows(self, block: Block, does: Does, given: str) -> None:
        group = self._group(block)
        rows = self._filled(group) if group else []
        wanted = [number for number in numbers(given, rows[-1]) if number in rows] if rows else []
        if not given and len(rows) == 1:
            wanted = rows
        if group is None or not wanted:
            self.form.shell.fail(
                f"{block.title}: say which, by number." if rows else f"{block.title}: there is no row."
            )
        elif does is Does.DELETE:
            await self.form.rows.delete(group.name, wanted)
            self.ready()
        elif len(wanted) > 1:
            await self._move(group, wanted[0], wanted[1])
        else:

            async def to(answer: str) -> None:
                await self._move(group, wanted[0], int(answer) if answer.isdecimal() else 0)

            self.form.shell.ask(f"Row {wanted[0]} becomes row number:", to)

    async def _move(self, group: Group, row: int, to: int) -> None:
        spot = self.form.face.layout.by_path[f"{group.name}[{row}].{group.columns[0].name}"]
        if not 1 <= to <= len(self._filled(group)):
            self.form.shell.fail("NOT MOVED. Key the number of a row that is there.")
            return
        await self.form.rows.change(spot, Act.MOVE_ROW, to)
        self.ready()
        self.form.shell.say(f"Row {row} is row {to} now. Ctrl+U takes it back.")

    async def _view(self, path: str) -> None:
        """Everything about an item, or about every column of a row."""
        spot = self.form.face.layout.by_path[path]
        spots = (
            [self.form.face.layout.by_path[each] for each in self._row(spot.group, spot.index)]
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
            (part for part in self.parts_of(block) if isinstance(part, Group) and _keyable(part)), None
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
            for row in self._filled(part):
                if number in (ALL, row):
                    found += self._row(part.name, row)
        return [path for path in found if path in self.form.face.layout.by_path]


def _given(text: str) -> list[int]:
    """The numbers behind a letter; none are all of them."""
    return [0] if text == "0" else numbers(text, MOST) if text else [ALL]


def _keyable(part: Field | Group) -> bool:
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
