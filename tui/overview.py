"""The overview: one page of the whole record. A letter, with the number of an item, acts on any part without leaving.

What stands on it and what each letter does is data (``config/grids``). It is the form's own record and draft.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.grids import Block
from rules.text import clean, fit
from tui.digest import Digest
from tui.field import Entry
from tui.keys import Stroke
from tui.letters import Letters
from tui.spans import BOLD, UNDERLINE, Line, blank, line, plain
from tui.stream import Stream

if TYPE_CHECKING:
    from tui.form import FormView

ACT = " Act: "


class Overview(Stream):
    """Letters act from the foot of the page; prompts for what is keyed in place stand there too."""

    def __init__(self, form: FormView) -> None:
        super().__init__(form)
        self.typed = Entry("", 0, fresh=False)
        self.lane: tuple[str, ...] = ()  # fields that are asked one after the other; none: letters act
        self.adding = ""  # table to which rows are added until one is left blank
        self.first = 0  # line of the page that is shown first
        self.digest = Digest(form)
        self.letters = Letters(self)

    # --- the walk ------------------------------------------------------------------------------------------

    def is_acting(self) -> bool:
        return not self.lane

    def begin(self) -> None:
        self.first = 0
        self.digest.changed()
        super().begin()

    def ready(self) -> None:
        self.lane, self.adding = (), ""

    def changed(self) -> None:
        self.digest.changed()

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
            self.lane = (
                *layout.row_paths(spot.group, spot.index),
                *layout.row_paths(spot.group, spot.index + 1)[:1],
            )
        at = self.lane.index(here) if here in self.lane else len(self.lane)
        for path in self.lane[at + 1 :]:
            if (after := layout.by_path.get(path)) and self.form.asked(after):
                return path
        return ""

    async def at_end(self, name: str) -> None:
        self.ready()

    # --- drawing -------------------------------------------------------------------------------------------

    @property
    def height(self) -> int:
        """Lines of the page in sight, under what always stands on top and over the line of letters."""
        return max(1, self.form.shell.body_height - 1 - len(self._top_lines()))

    def _top_lines(self) -> list[str]:
        form = self.form
        overridden = sum(bool(finding.overridden) for finding in form.findings)
        count = len(form.findings) - overridden
        counted = f"{count} findings: Ctrl+E lists them" if count else "No findings"
        if count == 1:
            counted = "1 finding: Ctrl+E shows it"
        counted += f", {overridden} overridden" if overridden else ""
        standing = form.screen.standing(dict(form.record.values))
        panel = form.face.panel_within(form.shell.width - 1)
        return [f"{standing}   {counted}" if standing else counted, *panel]

    def body(self, width: int) -> list[Line]:
        page = self.digest.lines(width)
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
            last = self.digest.places.get((spot.group, 0), 0)
            line_ = self.digest.places.get((spot.group, spot.index), last)
            if not self.first <= line_ < self.first + self.height:
                self.first = line_ - self.height + 1

    def _foot(self, width: int) -> Line:
        if self.lane:
            return self._prompt_line(width)
        more = (
            "More: F8" if self.first + self.height < len(self.digest.page) else "Bottom" if self.first else ""
        )
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

    def whole(self, width: int) -> list[Line]:
        return [*(plain(clean(text), width) for text in self._top_lines()), *self.digest.lines(width)]

    def show(self, block: Block) -> None:
        """Bring a block to the top of the page."""
        self.digest.lines(self.form.shell.width)
        self.first = self.digest.starts.get(block.title, self.first)
        self.ready()

    def turn(self, step: int) -> bool:
        self.first = max(0, min(self.first + step * self.height, len(self.digest.page) - self.height))
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
                await self.letters.do(text)
        elif stroke.name in ("up", "down"):
            self.first += 1 if stroke.name == "down" else -1
        elif stroke.name == "paste":
            self.typed.key("", " ".join(stroke.text.split()))
        elif not self.typed.key(stroke.name, stroke.text):
            return False
        return True
