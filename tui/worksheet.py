"""The worksheet: tables of the record keyed in place on one page, signs that act on the row in hand, a pane about it.

What stands on it and what each sign does is data (``config/grids``). It is the form's own record and draft.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from config.grids import Does, Letter
from rules.findings import worst_first
from rules.text import cells, clean, fit
from tui.face import MARKS
from tui.field import is_full, shown
from tui.keys import Act, Stroke
from tui.layout import Spot
from tui.sheet import Sheet
from tui.spans import BOLD, PLAIN, REVERSE, Line, blank, line, plain, wrap
from tui.walk import Walk
from tui.way import Way

if TYPE_CHECKING:
    from tui.form import FormView

PANE_SHARE = 0.28  # of the body
LEAST_PANE = 4  # lines
MOST_TOP = 3  # lines of the screen's panel
LEAST_ANSWER = 14  # cells that an answer keeps under the page


class Worksheet(Way):
    """Fields of the page are keyed where they stand; others that filing asks for, on the line under it."""

    def __init__(self, form: FormView) -> None:
        super().__init__(form)
        self.first = 0  # part of the page that is shown first
        self.told: Sequence[str] = ()  # about the row in hand
        self.turned = 0  # first line of the pane that is shown
        self._about: object = None  # what ``told`` is about
        self.sheet = Sheet(form)
        self._pane: list[Line] = []
        self._width = 0

    # --- the page ------------------------------------------------------------------------------------------

    def begin(self) -> None:
        self.first = 0
        self.changed()

    def ready(self) -> None:
        """The cursor stands on the page: on what is missing there, or where its tables go on."""
        if self.form.focus not in self.sheet.paths:
            walk = self.walk
            self.form.enter(walk.missing() or walk.needed("") or walk.first(), quiet=True)

    def changed(self) -> None:
        self.sheet.changed()
        self._about = None

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
        page, stands = self.sheet.paths, self.form.stands
        return replace(self.form.walk, stands=lambda spot: spot.path in page and stands(spot))

    def following(self, here: str, name: str) -> str:
        """On the page first; behind it what the record still lacks elsewhere."""
        if here not in self.sheet.paths:
            return super().following(here, name)
        return self.form.next_after(here, name, self.walk) or (
            self.form.walk.missing() if name != "tab" and self.form.is_brief else ""
        )

    # --- drawing -------------------------------------------------------------------------------------------

    @property
    def _room(self) -> int:
        """Lines between the screen's panel and the foot, without the line over the pane."""
        return self.form.shell.body_height - min(MOST_TOP, len(self.form.face.panel)) - 1

    @property
    def height(self) -> int:
        """Lines of the page in sight: all of it, while the pane keeps its share."""
        least = max(LEAST_PANE, int(self.form.shell.body_height * PANE_SHARE))
        return max(1, min(len(self.sheet.parts), self._room - least))

    @property
    def pane_height(self) -> int:
        return self._room - self.height

    def body(self, width: int) -> list[Line]:
        if width != self._width:
            self._width, self._pane = width, self._wrapped(width)
        self._keep_in_sight()
        in_hand = self.sheet.in_hand()
        page = [
            self.sheet.drawn(part, width) if number == in_hand else self.sheet.kept(part, width)
            for number, part in enumerate(self.sheet.parts[self.first : self.first + self.height], self.first)
        ]
        page += [blank(width)] * (self.height - len(page))
        pane = self._pane[self.turned : self.turned + self.pane_height]
        pane += [blank(width)] * (self.pane_height - len(pane))
        top = [plain(" " + text, width) for text in self.form.face.panel_within(width - 1)[:MOST_TOP]]
        return [*top, *page, self._bar(width), *pane]

    def _keep_in_sight(self) -> None:
        at = self.sheet.in_hand()
        if at >= 0 and not self.first <= at < self.first + self.height:
            lead = 1 if at and not (self.sheet.parts[at - 1].group or self.sheet.parts[at - 1].item) else 0
            self.first = at - lead if at < self.first else at - self.height + 1
        self.first = max(0, min(self.first, len(self.sheet.parts) - self.height))

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
        pieces = [(0, f"-- {self._named(spot, width - cells(right) - 5)}", BOLD)]
        return line([*pieces, (width - cells(right) - 1, right, PLAIN)], width)

    def _named(self, spot: Spot | None, room: int) -> str:
        if spot is None or not spot.group:
            return fit("", room)
        first = self.form.record.groups[spot.group].columns[0]
        path = f"{spot.group}[{spot.index}].{first.name}"
        value = shown(first, self.form.record.get(path), self.form.shell.date_style)
        return fit(f"{value} {self.sheet.told(path, room - cells(value) - 1)}".strip(), room)

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
        at = self.sheet.in_hand()
        if not self.first <= at < self.first + self.height:
            return None
        return self.sheet.cell(spot, self.sheet.parts[at], self.form.shell.width)

    def cursor(self) -> tuple[int, int] | None:
        form, spot = self.form, self.form.spot
        if spot is None:
            return None
        top, cell = min(MOST_TOP, len(form.face.panel)), self._cell(spot)
        if cell is None:
            room = max(LEAST_ANSWER, spot.width)
            at = cells(self._prompt(spot)) + form.entry.window(room)[1]
            return min(form.shell.width - 1, at), top + self.height
        at = cell + form.entry.window(self.sheet.size(spot))[1]
        return at, top + self.sheet.in_hand() - self.first

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
        if spot and (stroke.text == " " or stroke.name == "enter") and self._says_of_row_before(spot):
            return True
        if stroke.name or spot is None or len(stroke.text) != 1:
            return False
        if stroke.text == " ":
            return await self._space(spot)
        if not (form.entry.fresh and spot.group) or form.opened.locked:
            return False
        block = self.sheet.parts[at].block if (at := self.sheet.in_hand()) >= 0 else None
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

    def _says_of_row_before(self, spot: Spot) -> bool:
        """An answer keyed from habit to a column that the row before is not asked for: it is dropped, and said so."""
        form, text = self.form, self.form.entry.text
        if form.entry.fresh or not (text and spot.first and spot.index > 1 and form.is_blank(spot)):
            return False
        before = [
            form.face.layout.by_path[path] for path in form.face.layout.row_paths(spot.group, spot.index - 1)
        ]
        column = next(
            (
                each
                for each in before
                if not form.asked(each) and is_full(each.field, text) and self._cell(each)
            ),
            None,
        )
        if column is None:
            return False
        form.enter(spot.path, quiet=True)
        form.shell.say(f"{column.label} is not asked of row {column.index}.")
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
        form, spot, at = self.form, self.form.spot, self.sheet.in_hand()
        at = len(self.sheet.parts) if at < 0 and step < 0 else at  # from the line under the page
        while spot and 0 <= (at := at + step) < len(self.sheet.parts):
            part = self.sheet.parts[at]
            names = [part.item.name] if part.item else []
            if part.group:
                columns = [column.name for column in part.group.columns]
                wanted = spot.field.name if spot.field.name in columns else columns[0]
                names = [f"{part.group.name}[{part.index}].{name}" for name in (wanted, columns[0])]
            for path in names:
                if (there := form.face.layout.by_path.get(path)) and form.stands(there):
                    return path
        return ""
