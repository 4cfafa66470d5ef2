"""The pager: a printed page stack shown exactly as a printer gets it, moved down, sideways and searched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rules.text import cells, fit
from tui.keys import Act, Stroke
from tui.screen import Document, PageScreen, Printout, Screen
from tui.spans import BOLD, PLAIN, Line, blank, line, wrap
from tui.view import View

if TYPE_CHECKING:
    from tui.shell import Shell

SIDEWAYS = 20  # cells that a step to the right or left moves


class Pager(View):
    """Pages, one under the other; ``heading_lines`` and ``frozen_columns`` of a page stay in sight."""

    legend_acts = (Act.HELP, Act.EXIT, Act.BACK, Act.FORWARD, Act.PRINT)

    def __init__(
        self, shell: Shell, document: Document, screen: Screen | None = None, word: str = ""
    ) -> None:
        super().__init__(shell, screen, word)
        self.show(document)

    def show(self, document: Document) -> None:
        self.document = document
        self.lines: list[tuple[int, str]] = [
            (number, text) for number, page in enumerate(document.pages) for text in page
        ]
        self.top = 0
        self.left = 0
        self.sought = ""
        self.found = -1  # line of the last find

    @property
    def width(self) -> int:
        return self.shell.width

    @property
    def height(self) -> int:
        """Rows of the page in sight: of the terminal as it is, painted or not yet."""
        return max(1, self.shell.body_height - 1)

    @property
    def title(self) -> str:
        return self.document.title

    def legend(self) -> list[str]:
        items = super().legend()
        return [item for item in items if self.screen or not item.endswith("=Print")] + [
            "Right Left",
            "FIND text",
        ]

    def body(self, width: int, height: int) -> list[Line]:
        self.top = max(0, min(self.top, len(self.lines) - self.height))
        self.left = max(0, min(self.left, self._widest - width))
        heading = self._heading()
        rows = heading + self.lines[self.top + len(heading) : self.top + self.height]
        drawn = [self._cut(text, width) for _, text in rows]
        drawn += [blank(width) for _ in range(self.height - len(drawn))]
        return [*drawn[: self.height], self._where(width)]

    def _heading(self) -> list[tuple[int, str]]:
        """The heading lines of the page that the first line shown is on."""
        if not self.lines or not self.document.heading_lines:
            return []
        page = self.lines[min(self.top, len(self.lines) - 1)][0]
        texts = self.document.pages[page][: min(self.document.heading_lines, self.height - 1)]
        return [(page, text) for text in texts]

    def _cut(self, text: str, width: int) -> Line:
        text = text.rstrip("\f\r\n")
        frozen = min(self.document.frozen_columns, width // 2) if self.left else 0
        shown = fit(text, max(cells(text), frozen + self.left))
        shown = shown[:frozen] + shown[frozen + self.left :]
        return line([(0, shown[:width], PLAIN)], width)

    def _where(self, width: int) -> Line:
        total = len(self.document.pages)
        page = self.lines[min(self.top, len(self.lines) - 1)][0] + 1 if self.lines else 0
        more = "More: F8" if self.top + self.height < len(self.lines) else "Bottom"
        where = f"Page {page} of {total}   " if total > 1 or self.screen else ""
        columns = f"   columns {self.left + 1}-{self.left + width} of {self.document.width}"
        return line([(1, where + more + (columns if self.document.width > width else ""), BOLD)], width)

    def cursor(self) -> tuple[int, int] | None:
        return 0, 0

    async def stroke(self, stroke: Stroke) -> bool:
        steps = {"down": 1, "up": -1}
        if stroke.name in steps:
            self._move(steps[stroke.name])
        elif stroke.name in ("right", "left"):
            self._sideways(1 if stroke.name == "right" else -1)
        elif stroke.name in ("home", "end"):
            self.top = 0 if stroke.name == "home" else len(self.lines)
        elif stroke.name == "enter":
            if self.screen is None:
                await self.shell.drop(self)
            else:
                self._move(self.height)
        elif stroke.text in ("<", ">"):
            self._sideways(1 if stroke.text == ">" else -1)
        elif stroke.text in ("+", "-"):
            self._move(self.height if stroke.text == "+" else -self.height)
        elif stroke.text == "/":
            self.shell.ask("Find:", self._find)
        elif not stroke.name:
            await self.shell.type_command(stroke)
        else:
            return False
        return True

    async def act(self, act: Act, rest: str = "") -> bool:
        if act in (Act.FORWARD, Act.BACK):
            self._page(1 if act is Act.FORWARD else -1)
        elif act in (Act.FIRST, Act.LAST):
            self.top = 0 if act is Act.FIRST else len(self.lines)
        elif act in (Act.LEFT, Act.RIGHT):
            self._sideways(1 if act is Act.RIGHT else -1)
        elif act is Act.FIND:
            await self._find(rest or self.sought)
        elif act is Act.PRINT:
            await self._print(rest)
        elif act is Act.CANCEL:
            return await self.act(Act.EXIT)
        else:
            return False
        return True

    def _move(self, step: int) -> None:
        if step > 0 and self.top + self.height >= len(self.lines):
            self.shell.say("Bottom.")
        self.top = max(0, min(self.top + step, len(self.lines) - self.height))

    def _page(self, step: int) -> None:
        """A screen on; where a printed page begins in between, it begins at the top."""
        heading = min(self.document.heading_lines, self.height - 1)
        self._move(step * max(1, self.height - heading))

    def _sideways(self, step: int) -> None:
        if step > 0 and self.left + self.width >= self._widest:
            self.shell.say("This is the right-hand edge.")
            return
        self.left = max(0, min(self.left + step * SIDEWAYS, max(0, self._widest - self.width)))

    @property
    def _widest(self) -> int:
        return max(self.document.width, max((len(text) for _, text in self.lines), default=0))

    async def _find(self, text: str) -> None:
        start = self.found + 1 if text.strip() == self.sought else self.top
        self.sought = text.strip()
        if not self.sought:
            return
        for at in [*range(start, len(self.lines)), *range(start)]:
            if at < len(self.lines) and self.sought.upper() in self.lines[at][1].upper():
                self.found = at
                self.top = max(0, at - min(self.document.heading_lines, self.height - 1))
                self.shell.say(f"Found {self.sought}.")
                return
        self.shell.fail(f"{self.sought} is not on these pages.")

    async def _print(self, rest: str) -> None:
        if not isinstance(self.screen, PageScreen) or type(self.screen).print is PageScreen.print:
            await self.shell.print_out(rest)
            return
        queue, _, pages = rest.partition(" ")
        await self.shell.outcome(await self.shell.call(self.screen.print, queue, pages.strip()), self)

    async def printout(self) -> Printout:
        """The text of all pages, for a screen that is no printed page."""
        return Printout(self.title, [text.rstrip("\f\r\n") for _, text in self.lines])

    async def start(self, key: str) -> None:
        assert isinstance(self.screen, PageScreen)
        self.show(await self.shell.call(self.screen.open, key))
        self.key = key

    async def reload(self) -> None:
        assert isinstance(self.screen, PageScreen)
        top, left = self.top, self.left
        self.show(await self.shell.call(self.screen.again, self.key))
        self.top, self.left = top, left

    def help_lines(self) -> list[str]:
        return [
            *super().help_lines(),
            "",
            "F7 and F8 turn pages, the arrows move by a line or sideways, Home and End go to the ends.",
            "/ or FIND finds a text; FIND alone finds it again. PRT prints; PRT QUEUE 2-4 prints some pages.",
        ]


def text_document(title: str, sentences: Sequence[str], width: int) -> Document:
    """Plain sentences as one page, for help and messages that did not fit."""
    lines = [piece for sentence in sentences for piece in wrap(sentence, width - 2)]
    return Document(title, [[" " + text for text in lines]], width)
