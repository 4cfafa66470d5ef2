"""The worksheet: tables of the record keyed in place on one page, signs that act on the row in hand, a pane about it.

What stands on it and what each sign does is data (``config/grids``). It is the form's own record and draft.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from config.grids import Block, Does, Letter
from rules.findings import worst_first
from rules.text import cells, clean, fit
from tui.digest import parts_named
from tui.face import MARKS
from tui.field import shown, shown_width
from tui.keys import Act, Stroke
from tui.layout import Spot
from tui.screen import Field, Group
from tui.spans import BOLD, PLAIN, REVERSE, UNDERLINE, Line, Piece, blank, line, plain, wrap
from tui.walk import Walk
from tui.way import Way

if TYPE_CHECKING:
    from tui.form import FormView

PANE_SHARE = 0.28  # of the body
LEAST_PANE = 4  # lines
MOST_TOP = 3  # lines of the screen's panel
FIRST_COLUMN = 4  # cell in which the first column of a table begins: mark, number, blank
LEAST_ANSWER = 14  # cells that an answer keeps under the page


@dataclass(frozen=True, slots=True)
class Part:
    """A line of the page: the heading of a block, an item, or a row of a table."""

    block: Block
    item: Field | None = None
    group: Group | None = None
    index: int = 0


class Worksheet(Way):
    """Fields of the page are keyed where they stand; others that filing asks for, on the line under it."""

    def __init__(self, form: FormView) -> None:
        super().__init__(form)
        self.first = 0  # part of the page that is shown first
        self.told: Sequence[str] = ()  # about the row in hand
        self.turned = 0  # first line of the pane that is shown
        self._about: object = None  # what ``told`` is about
        self._made: tuple[list[Part], frozenset[str]] = ([], frozenset())
        self._made_for: object = None
        self._lines: dict[Part, Line] = {}
        self._pane: list[Line] = []
        self._width = 0

    # --- the page ------------------------------------------------------------------------------------------

    def begin(self) -> None:
        self.first = 0
        self.changed()

    def ready(self) -> None:
        """The cursor stands on the page: on what is missing there, or where its tables go on."""
        if self.form.focus not in self._page:
            walk = self.walk
            self.form.enter(walk.missing() or walk.needed("") or walk.first(), quiet=True)

    def changed(self) -> None:
        self._made_for = self._about = None

    def entered(self, path: str) -> None:
        self.turned = 0

    async def after(self) -> None:
        """Ask the screen about the row in hand when that, or the record, is another."""
        form, spot = self.form, self.form.spot
        about = (spot.group, spot.index, form.focus if not spot.group else "") if spot else None
        if about != self._about:
            self._about, self.turned = about, 0
            self.told = await form.shell.call(form.screen.about, dict(form.record.values), form.focus)
            self._pane = self._wrapped(form.shell.width)

    @property
    def walk(self) -> Walk:
        """The form's walk, kept to what belongs to the page."""
        page, stands = self._page, self.form.stands
        return replace(self.form.walk, stands=lambda spot: spot.path in page and stands(spot))

    def following(self, here: str, name: str) -> str:
        """On the page first; behind it what the record still lacks elsewhere."""
        if here not in self._page:
            return super().following(here, name)
        return self.form.next_after(here, name, self.walk) or (
            self.form.walk.missing() if name != "tab" and self.form.is_brief else ""
        )

    @property
    def _parts(self) -> list[Part]:
        """The lines of the page, made anew when the record or its tables are others."""
        layout = self.form.face.layout
        if self._made_for is not layout:
            self._made_for, self._made = layout, self._make()
            self._lines.clear()
        return self._made[0]

    @property
    def _page(self) -> frozenset[str]:
        """Paths that belong to the page, in sight or not."""
        return self._made[1] if self._parts else frozenset()

    def _make(self) -> tuple[list[Part], frozenset[str]]:
        form, made, page = self.form, list[Part](), set[str]()
        for block in form.screen.worksheet.blocks if form.screen.worksheet else ():
            parts = self._of(block)
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

    def _of(self, block: Block) -> list[Field | Group]:
        """The items and tables that a block names, not all those of a section that has the same name."""
        return [part for part in parts_named(self.form, block.parts) if part.name in block.parts]

    def _part_in_hand(self) -> int:
        """Where the field in hand stands in the page; -1 when it does not."""
        spot = self.form.spot
        for number, part in enumerate(self._parts if spot else ()):
            if spot and part.group and (part.group.name, part.index) == (spot.group, spot.index):
                return number
            if spot and part.item and part.item.name == spot.path:
                return number
        return -1

    # --- drawing -------------------------------------------------------------------------------------------

    @property
    def _room(self) -> int:
        """Lines between the screen's panel and the foot, without the line over the pane."""
        return self.form.shell.body_height - min(MOST_TOP, len(self.form.face.panel)) - 1

    @property
    def height(self) -> int:
        """Lines of the page in sight: all of it, while the pane keeps its share."""
        least = max(LEAST_PANE, int(self.form.shell.body_height * PANE_SHARE))
        return max(1, min(len(self._parts), self._room - least))

    @property
    def pane_height(self) -> int:
        return self._room - self.height

    def body(self, width: int) -> list[Line]:
        if width != self._width:
            self._width = width
            self._lines.clear()
            self._pane = self._wrapped(width)
        self._keep_in_sight()
        in_hand = self._part_in_hand()
        page = [
            self._draw(part, width) if number == in_hand else self._kept(part, width)
            for number, part in enumerate(self._parts[self.first : self.first + self.height], self.first)
        ]
        page += [blank(width)] * (self.height - len(page))
        pane = self._pane[self.turned : self.turned + self.pane_height]
        pane += [blank(width)] * (self.pane_height - len(pane))
        top = [plain(" " + clean(text), width) for text in self.form.face.panel[:MOST_TOP]]
        return [*top, *page, self._bar(width), *pane]

    def _keep_in_sight(self) -> None:
        at = self._part_in_hand()
        if at >= 0 and not self.first <= at < self.first + self.height:
            lead = 1 if at and not (self._parts[at - 1].group or self._parts[at - 1].item) else 0
            self.first = at - lead if at < self.first else at - self.height + 1
        self.first = max(0, min(self.first, len(self._parts) - self.height))

    def _kept(self, part: Part, width: int) -> Line:
        if part not in self._lines:
            self._lines[part] = self._draw(part, width)
        return self._lines[part]

    def _draw(self, part: Part, width: int) -> Line:
        if part.item:
            return self._item(part.item, width)
        return (
            self._row(part.block, part.group, part.index, width)
            if part.group
            else self._heading(part.block, width)
        )

    def _heading(self, block: Block, width: int) -> Line:
        signs = " ".join(f"{each.letter}={each.label}" for each in block.letters)
        group = next((part for part in self._of(block) if isinstance(part, Group)), None)
        labels = (
            [(at, label, PLAIN) for _, at, _, label in self._columns(block, group, width)] if group else []
        )
        room = (labels[0][0] if labels else width) - cells(block.title) - 3
        said = (
            []
            if self.form.opened.locked
            else [(cells(block.title) + 2, fit(signs, min(room, cells(signs))), PLAIN)]
        )
        return line([(0, block.title, BOLD), *said, *labels], width)

    def _columns(self, block: Block, group: Group, width: int) -> list[tuple[str, int, int, str]]:
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
        columns = self._columns(block, group, width)
        size, fields = min(shown_width(first), 12), {column.name for column in group.columns}
        marks = {
            form.face.mark(form.record, spot)
            for spot in form.face.layout.row_of(form.face.layout.by_path[path])
        }
        mark = next((each for each in ("E", "*", *MARKS.values()) if each in marks), " ")
        pieces: list[Piece] = [(0, mark, BOLD), (1, fit(str(index), 2, ">"), PLAIN)]
        pieces.append((FIRST_COLUMN, *self._value(path, first, size)))
        echo_at = FIRST_COLUMN + size + 1
        pieces.append((echo_at, fit(form.face.echoes.get(path, ""), columns[0][1] - echo_at - 1), PLAIN))
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

    def _item(self, item: Field, width: int) -> Line:
        mark = self.form.face.mark(self.form.record, self.form.face.layout.by_path[item.name])
        at = FIRST_COLUMN + cells(item.label) + 2
        size = shown_width(item, self.form.shell.date_style)
        echo = fit(self.form.face.echoes.get(item.name, ""), max(0, width - at - size - 2))
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

    def _bar(self, width: int) -> Line:
        """The code in hand and how many findings there are; or what is asked that the page does not show."""
        form, spot = self.form, self.form.spot
        if spot and self._cell(spot) is None:
            prompt = self._prompt(spot)
            room = min(max(LEAST_ANSWER, spot.width), width - cells(prompt) - 1)
            echo = form.face.echoes.get(spot.path, "")
            return line([(0, prompt, BOLD), (cells(prompt), form.entry.window(room)[0], REVERSE),
                         (cells(prompt) + room + 1, echo, PLAIN)], width)  # fmt: skip
        open_ = sum(not each.overridden for each in form.findings)
        said = f"{open_} finding{'s' * (open_ != 1)}" if open_ else "No findings"
        more = len(self._pane) - self.turned - self.pane_height
        right = f" {said}" + ("  F8=More" if more > 0 else "  Bottom" if self.turned else "")
        pieces = [(0, f"-- {fit(self._named(spot), width - cells(right) - 5)}", BOLD)]
        return line([*pieces, (width - cells(right) - 1, right, PLAIN)], width)

    def _named(self, spot: Spot | None) -> str:
        if spot is None or not spot.group:
            return ""
        first = self.form.record.groups[spot.group].columns[0]
        path = f"{spot.group}[{spot.index}].{first.name}"
        value = shown(first, self.form.record.get(path), self.form.shell.date_style)
        return f"{value} {self.form.face.echoes.get(path, '')}".strip()

    def _wrapped(self, width: int) -> list[Line]:
        """The pane: the findings at the row in hand, then what the screen says about it."""
        form, spot = self.form, self.form.spot
        here = set(form.face.layout.row_paths(spot.group, spot.index)) if spot and spot.group else set[str]()
        whole = spot is None or form.is_blank(spot)  # no row in hand: what stands against the record
        found = [
            f"{MARKS[each.level]} {each.code} {form.lists.where(each) if whole else ''}{each.message}"
            for each in worst_first([each for each in form.findings if not each.overridden])
            if whole or each.field in here or (spot and each.field == spot.path)
        ]
        return [
            plain(" " + ("  " if number else "") + text, width)
            for sentence in (*found, *self.told)
            for number, text in enumerate(wrap(clean(sentence), width - 4))
        ]

    def _prompt(self, spot: Spot) -> str:
        number = f" {spot.index}" if spot.group else ""
        return f" {spot.label}{number}: "

    def _cell(self, spot: Spot) -> int | None:
        """The cell of a field on the page; None when it is asked on the line under it."""
        at = self._part_in_hand()
        part = self._parts[at] if at >= 0 else None
        if part is None or not self.first <= at < self.first + self.height:
            return None
        if part.item:
            return FIRST_COLUMN + cells(part.item.label) + 2
        if spot.first:
            return FIRST_COLUMN
        assert part.group
        columns = self._columns(part.block, part.group, self._width)
        return next((cell for name, cell, _, _ in columns if name == spot.field.name), None)

    def cursor(self) -> tuple[int, int] | None:
        form, spot = self.form, self.form.spot
        if spot is None:
            return None
        top, cell = min(MOST_TOP, len(form.face.panel)), self._cell(spot)
        if cell is None:
            prompt = cells(self._prompt(spot))
            return min(form.shell.width - 1, prompt + form.entry.window(max(LEAST_ANSWER, spot.width))[1]), (
                top + self.height
            )
        size = min(shown_width(spot.field, form.shell.date_style), 12) if spot.group else spot.width
        return cell + form.entry.window(size)[1], top + self._part_in_hand() - self.first

    def turn(self, step: int) -> bool:
        """The pane, a page at a time."""
        most = max(0, len(self._pane) - 1)
        self.turned = max(0, min(self.turned + step * self.pane_height, most - most % self.pane_height))
        return True

    # --- keys ----------------------------------------------------------------------------------------------

    async def stroke(self, stroke: Stroke) -> bool:
        form, spot = self.form, self.form.spot
        if stroke.name in ("up", "down"):
            await form.go(self._beside(1 if stroke.name == "down" else -1))
            return True
        if stroke.name or spot is None or len(stroke.text) != 1:
            return False
        if stroke.text == " ":
            return await self._space(spot)
        if not (form.entry.fresh and spot.group) or form.opened.locked:
            return False
        block = self._parts[at].block if (at := self._part_in_hand()) >= 0 else None
        sign = block.sign(stroke.text) if block else None
        if sign is None or (sign.does is Does.DELETE and not spot.first):
            return False
        await self._act(sign, spot)
        return True

    async def _space(self, spot: Spot) -> bool:
        """A blank is forgiven behind a value that left its field by itself; behind a beginning of codes it is Enter."""
        form = self.form
        if form.entry.fresh and form.left_by_itself():
            return True
        if form.entry.fresh or not spot.first:
            return False
        values, text = dict(form.record.values), form.entry.text
        if not await form.shell.call(form.screen.unfinished, values, spot.path, text):
            return False
        await form.forward("enter")
        return True

    async def _act(self, sign: Letter, spot: Spot) -> None:
        form = self.form
        rows = [
            n
            for n in range(1, form.face.rows_of(spot.group) + 1)
            if not form.record.is_blank_row(spot.group, n)
        ]
        if form.is_blank(spot):
            form.shell.fail(f"{sign.letter} acts on a row that is there: this one is blank.")
        elif sign.does is Does.PUT:
            column, _, value = sign.go.partition(" ")
            beside = form.face.layout.by_path[f"{spot.group}[{spot.index}].{column}"]
            if form.asked(beside):
                await form.set_value(beside.path, value)
            else:
                form.shell.fail(f"{beside.label} is not asked of this row.")
        elif sign.does is Does.DELETE:
            await form.rows.change(spot, Act.DELETE_ROW)
        else:
            to = {Does.FIRST: 1, Does.UP: spot.index - 1, Does.DOWN: spot.index + 1}[sign.does]
            if to in rows and to != spot.index:
                await form.rows.change(spot, Act.MOVE_ROW, to)

    def _beside(self, step: int) -> str:
        """The same column of the next row of the page, or its first field that may be stood on."""
        form, spot, at = self.form, self.form.spot, self._part_in_hand()
        at = len(self._parts) if at < 0 and step < 0 else at  # from the line under the page
        while spot and 0 <= (at := at + step) < len(self._parts):
            part = self._parts[at]
            names = [part.item.name] if part.item else []
            if part.group:
                columns = [column.name for column in part.group.columns]
                wanted = spot.field.name if spot.field.name in columns else columns[0]
                names = [f"{part.group.name}[{part.index}].{name}" for name in (wanted, columns[0])]
            for path in names:
                if (there := form.face.layout.by_path.get(path)) and form.stands(there):
                    return path
        return ""
