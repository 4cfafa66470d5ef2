"""A list drawn over the body: prompt lists (F4), findings, jump targets. Type to narrow, Enter picks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from rules.text import cells, fit
from tui.field import Entry
from tui.keys import Act, Stroke
from tui.screen import Choice
from tui.spans import BOLD, PLAIN, REVERSE, UNDERLINE, Line, blank, line
from tui.view import View

if TYPE_CHECKING:
    from tui.shell import Shell

Find = Callable[[str], Awaitable[Sequence[Choice]]]
Picked = Callable[[Choice], Awaitable[None]]
Whole = Callable[[str], Awaitable[bool]]

LIST_LIMIT = 200  # choices asked for at once
NARROW_WIDTH = 30  # cells of the place to type in


class Pick(View):
    """Choices under a line to narrow them by. The view below keeps its banner and its title."""

    legend_acts = (Act.HELP, Act.BACK, Act.FORWARD, Act.CANCEL)

    def __init__(
        self, shell: Shell, heading: str, find: Find, picked: Picked, text: str = "", *, values: bool = True,
        shown: Callable[[str], str] = str, at: int = 0, goes_on: Whole | None = None,
        shorten: Callable[[str, int], str] = lambda text, room: text,
    ) -> None:  # fmt: skip
        super().__init__(shell)
        self.went_on = False  # by a character, without Enter
        self.begun = (
            "".join(text.split()).upper() if goes_on else ""
        )  # what is typed behind it goes on with a value
        self.is_whole = goes_on  # asked whether that is said in full
        self.shorten = shorten  # a text for which there is no room
        self.heading, self.find, self.picked, self.values, self.shown = heading, find, picked, values, shown
        self.entry = Entry(text, len(text), fresh=False)
        self.choices: Sequence[Choice] = ()
        self.begin = at  # where the list stands first
        self.at = 0
        self.top = 0

    @property
    def height(self) -> int:
        return max(1, self.shell.body_height - 1)

    @classmethod
    def of(
        cls, shell: Shell, heading: str, choices: Sequence[Choice], picked: Picked, *, values: bool = True,
        at: int = 0,
    ) -> Pick:  # fmt: skip
        """A list whose choices are all known."""

        async def find(text: str) -> Sequence[Choice]:
            wanted = text.upper()
            return [choice for choice in choices if wanted in f"{choice.value} {choice.text}".upper()]

        return cls(shell, heading, find, picked, values=values, at=at)

    def legend(self) -> list[str]:
        return ["Enter=Pick", "type to narrow", *super().legend()]

    async def start(self) -> None:
        await self._narrow()
        wrong = self.entry.text.strip()
        if wrong and not self.choices:  # whoever asks for the list wants to see it
            self.entry = Entry("", 0, fresh=False)
            await self._narrow()
            if self.choices:
                self.shell.say(f"Nothing matches {wrong}: this is the whole list.")
            else:
                self.entry = Entry(wrong, len(wrong), fresh=False)
        self.at = max(0, min(self.begin, len(self.choices) - 1))

    def body(self, width: int, height: int) -> list[Line]:
        self._keep_in_sight()
        label = fit(f"{self.heading}: ", min(cells(self.heading) + 2, width - NARROW_WIDTH))
        typed, _ = self.entry.window(NARROW_WIDTH)
        pieces = [(1, label, BOLD), (1 + cells(label), typed, UNDERLINE)]
        found = f"{len(self.choices)} found" if len(self.choices) != LIST_LIMIT else f"first {LIST_LIMIT}"
        if 1 + cells(label) + NARROW_WIDTH + 1 + cells(found) < width:
            pieces.append((width - cells(found) - 1, found, PLAIN))
        lines = [line(pieces, width)]
        value_width = (
            min(20, max((cells(self.shown(choice.value)) for choice in self.choices), default=0))
            if self.values
            else 0
        )
        numbers = range(self.top, self.top + self.height)
        lines += [self._row(number, value_width, width) for number in numbers]
        if not self.choices:
            lines[1] = line([(2, "Nothing matches.", PLAIN)], width)
        return lines

    def _row(self, number: int, value_width: int, width: int) -> Line:
        if number >= len(self.choices):
            return blank(width)
        choice, here = self.choices[number], number == self.at
        lead = f"{fit(self.shown(choice.value), value_width)}  " if value_width else ""
        room = width - 2 - cells(lead)
        text = lead + (choice.text if cells(choice.text) <= room else self.shorten(choice.text, room))
        return line(
            [(1, ">" if here else " ", BOLD), (2, fit(text, width - 2), REVERSE if here else PLAIN)], width
        )

    def cursor(self) -> tuple[int, int] | None:
        if self.choices:
            return 1, 1 + self.at - self.top
        return 1 + cells(self.heading) + 2 + self.entry.window(NARROW_WIDTH)[1], 0

    async def stroke(self, stroke: Stroke) -> bool:
        if stroke.name in ("up", "down"):
            self._move(1 if stroke.name == "down" else -1)
        elif stroke.name in ("enter", "tab"):
            await self._pick()
        elif stroke.name == "paste":
            return await self.stroke(Stroke("", " ".join(stroke.text.split())))
        elif not self.entry.key(stroke.name, stroke.text):
            return False
        elif stroke.name in ("", "backspace", "delete"):
            await self._narrow()
            if self.begun and not stroke.name:
                await self._go_on()
        return True

    async def act(self, act: Act, rest: str = "") -> bool:
        if act in (Act.FORWARD, Act.BACK):
            self._move(self.height if act is Act.FORWARD else -self.height)
        elif act is Act.ERASE:
            self.entry.erase()
            await self._narrow()
        elif act in (Act.CANCEL, Act.EXIT):
            await self.shell.drop(self)
        elif act is Act.HELP:
            whole = self.choices[self.at].text if self.choices else ""
            await self.shell.show(self.heading, [whole] if whole else self.help_lines())
        else:
            return False
        return True

    def help_lines(self) -> list[str]:
        return [
            "Type a part of a code or words to narrow the list. The arrows move, Enter picks, F12 goes back."
        ]

    async def _narrow(self) -> None:
        self.choices = await self.find(self.entry.text.strip())
        self.at = self.top = 0

    async def _go_on(self) -> None:
        """The one value that is left is picked once it is typed in full; a character with none is taken back."""
        typed = "".join(self.entry.text.split()).upper()
        if not typed.startswith(self.begun):  # something else is looked for
            return
        if not self.choices:
            self.entry.key("backspace", "")
            await self._narrow()
            self.shell.fail(f"None of these goes on with {typed[-1:]}.")
        elif len(self.choices) == 1 and self.is_whole and await self.is_whole(typed):
            self.went_on = True
            await self._pick()

    async def _pick(self) -> None:
        if not self.choices:
            self.shell.fail("Nothing matches. Change what was typed, or F12 goes back.")
            return
        choice = self.choices[self.at]
        await self.shell.drop(self)
        await self.picked(choice)

    def _move(self, step: int) -> None:
        self.at = max(0, min(len(self.choices) - 1, self.at + step))

    def _keep_in_sight(self) -> None:
        if self.at < self.top:
            self.top = max(0, self.at - self.height + 1)
        elif self.at >= self.top + self.height:
            self.top = self.at
