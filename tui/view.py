"""What every view of the shell has in common: body lines, a cursor, keys, acts. Plain Python, no Textual."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rules.text import cells
from tui.keys import Act, Stroke
from tui.screen import Printout, Screen
from tui.spans import Line, text_of

if TYPE_CHECKING:
    from tui.shell import Shell

GAP = "   "  # between the items of a legend in full
FIRST_ACTS = (Act.HELP, Act.FILE, Act.EXIT, Act.PROMPT)  # what a legend begins with


@dataclass(slots=True)
class Question:
    """A question on the message row. ``letters`` are the answers that one key gives; none: a typed line."""

    text: str
    then: Callable[[str], Awaitable[None]]
    letters: str = ""
    secret: bool = False
    answer: str = ""

    @property
    def shown(self) -> str:
        return "*" * len(self.answer) if self.secret else self.answer


class View:
    """One layer of the shell's stack. A view over a screen has ``screen``; an overlay has none."""

    legend_acts: Sequence[Act] = (Act.HELP, Act.EXIT)
    first_acts: Sequence[Act] = FIRST_ACTS

    def __init__(self, shell: Shell, screen: Screen | None = None, word: str = "") -> None:
        self.shell = shell
        self.screen = screen
        self.word = word

    @property
    def title(self) -> str:
        return self.screen.title if self.screen else ""

    def banner(self) -> Sequence[str]:
        """Up to two lines about the record in hand; an overlay keeps those of the view below."""
        return ()

    def body(self, width: int, height: int) -> list[Line]:
        """Exactly ``height`` lines of ``width`` cells. Unchanged lines should be the same objects."""
        raise NotImplementedError

    def cursor(self) -> tuple[int, int] | None:
        """Cell and line of the body where the cursor stands; None leaves it on the command line."""
        return None

    def live_acts(self) -> Sequence[Act]:
        """Acts of the legend that do something as the view stands."""
        return self.legend_acts

    def legend(self) -> list[str]:
        """Items of the key legend: first keys, the screen's own that are used often, then those with a key, then what
        is known from everywhere."""
        commands = self.screen.commands if self.screen else ()
        taken = {self.shell.keymap.act(Stroke(each.key.lower())) for each in commands if each.key}
        acts = [
            (act in self.first_acts, self.shell.keymap.shown(act))
            for act in self.live_acts()
            if act not in taken
        ]
        own = [(bool(each.key), each.item) for each in commands if not each.often]
        items = [
            *(text for first, text in acts if first),
            *(each.item for each in commands if each.often),
            *(text for keyed, text in own if keyed),
            *(text for first, text in acts if not first),
            *(text for keyed, text in own if not keyed),
        ]
        return [item for item in items if item]

    async def stroke(self, stroke: Stroke) -> bool:
        """A typed character, a paste or a key that is no act. False: it means nothing here."""
        return False

    async def after(self) -> None:
        """A key was handled to its end, and this view is on top."""

    async def act(self, act: Act, rest: str = "") -> bool:
        """A function key or command word; ``rest`` is what followed the word. False: it means nothing here."""
        return False

    async def jump(self, label: str) -> None:
        """``^LABEL`` on the command line."""
        self.shell.fail("There is nothing to jump to here.")

    async def settle(self) -> bool:
        """Take in what is half keyed, before a command of the screen runs. False: it is wrong, stay."""
        return True

    async def resume(self) -> None:
        """The view is on top again."""

    async def resized(self) -> None:
        """The terminal has another size."""

    async def reload(self) -> None:
        """Its data have changed."""

    async def printout(self) -> Printout:
        """What Ctrl+T prints: the body as it is in sight, unless there is more of it."""
        body = self.body(self.shell.width, self.shell.body_height)
        return Printout(self.title, [*self.banner(), *text_of(body)])

    def unsaved(self) -> bool:
        """Whether leaving gives up something that was keyed."""
        return False

    def save(self) -> None:
        """The line dropped or the program stops: keep what was keyed. Runs on the database thread."""

    def give_up(self) -> None:
        """What was keyed is given up for good. Runs on the database thread."""

    def help_lines(self) -> list[str]:
        """What F1 shows: every key that works here first."""
        own = [*self.screen.help.splitlines(), *own_words(self.screen)] if self.screen else []
        return [self.title, "", *self.keys_here(), *(["", *own] if own else [])]

    def keys_here(self) -> list[str]:
        """The whole legend but for the screen's own words, which are listed with what they are called."""
        commands = self.screen.commands if self.screen else ()
        own = {each.item for each in commands}
        lines = [""]
        for item in self.legend():
            if item in own:
                continue
            if cells(lines[-1]) + cells(item) + len(GAP) > self.shell.width - 2:
                lines.append("")
            lines[-1] += f"{GAP}{item}" if lines[-1] else item
        return lines


def own_words(screen: Screen) -> list[str]:
    """A screen's own commands for its help."""
    words = [f"  {each.word:<10} {each.key:<4} {each.label}" for each in screen.commands]
    return ["", "Words of this screen:", *words] if words else []
