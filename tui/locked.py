"""The idle lock: nothing of the record shows until whoever is signed on gives the passphrase again."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from tui.keys import Act, Stroke
from tui.screen import ScreenError, Session
from tui.spans import BOLD, PLAIN, UNDERLINE, Line, blank, line
from tui.view import View

if TYPE_CHECKING:
    from tui.shell import Shell

PROMPT = "Passphrase: "
PROMPT_ROW = 12
SHOWN = 30


class LockedView(View):
    """On top of the stack while locked. What is typed is never shown."""

    def __init__(self, shell: Shell, session: Session) -> None:
        super().__init__(shell)
        self.session = session
        self.typed = ""
        self.sentence = ""
        self.over = ""  # why nothing unlocks any more

    def body(self, width: int, height: int) -> list[Line]:
        lines = [blank(width) for _ in range(height)]
        if self.over:
            for row, part in enumerate(wrap(f"{self.over} Your drafts are kept.", width - 4), PROMPT_ROW - 3):
                lines[row] = line([(2, part, BOLD)], width)
            lines[-1] = line([(1, "F3=Leave", PLAIN)], width)
            return lines
        lines[PROMPT_ROW - 3] = line(
            [(2, f"Locked for {self.session.user}. Your draft is kept.", BOLD)], width
        )
        lines[PROMPT_ROW] = line([(2, PROMPT, PLAIN), (2 + len(PROMPT), " " * SHOWN, UNDERLINE)], width)
        for below, part in enumerate(wrap(self.sentence, width - 4)):
            lines[PROMPT_ROW + 2 + below] = line([(2, part, BOLD)], width)
        lines[-1] = line([(1, "Enter=Unlock  F3=Sign off", PLAIN)], width)
        return lines

    def cursor_cell(self) -> tuple[int, int]:
        return (0, 0) if self.over else (2 + len(PROMPT), PROMPT_ROW)

    async def _unlock(self, typed: str) -> None:
        try:
            known = await self.shell.call(self.session.unlock, typed)
        except ScreenError as error:  # such as too many failures
            self.sentence = str(error)
            return
        if known:
            self.shell.stack.remove(self)
            await self.shell.top.resized()
        else:
            self.sentence = "That is not the passphrase."

    async def stroke(self, stroke: Stroke) -> bool:
        act = self.shell.keymap.act(stroke)
        if act is Act.EXIT:
            self.shell.stack.remove(self)
            await self.shell.drop_all()
            await self.shell.end()
        elif self.over:
            pass  # keys that were keyed ahead are for nobody
        elif stroke.name == "enter":
            typed, self.typed = self.typed, ""
            await self._unlock(typed)
        elif stroke.name == "backspace":
            self.typed = self.typed[:-1]
        elif stroke.name in ("", "paste"):
            self.typed += stroke.text.rstrip("\r\n")
        return True
