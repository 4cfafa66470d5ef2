"""Leaving a view: to whatever called it. It asks only when something that was keyed would be lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.keys import Act

if TYPE_CHECKING:
    from tui.shell import Shell


class Leaving:
    """The way out of whatever is on top of ``shell``."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell

    async def ask(self, act: Act) -> None:
        """F3 and F12."""
        shell, view = self.shell, self.shell.top
        if view.unsaved():
            if act is Act.EXIT:
                shell.ask("Not filed. Leave and keep it as a draft? Y or N", self._keeping, "YN")
            else:
                shell.ask("Give up what was keyed here? Y or N", self._giving_up, "YN")
        elif len(shell.stack) > 1:
            shell.clear_message()
            await self._drop()
        elif shell.session is None:
            await shell.end()
        elif shell.session.home and view.word != shell.session.home.partition(" ")[0]:
            shell.clear_message()
            await self._drop()  # opened with =WORD: the desk comes after it
        else:
            shell.ask("Sign off? Y or N", self._sign_off, "YN")

    async def keep(self) -> None:
        """Leave without a question; what was keyed stays as a draft."""
        await self.shell.call(self.shell.top.save)
        await self._now()

    async def _keeping(self, answer: str) -> None:
        if answer == "Y":
            await self.keep()

    async def _giving_up(self, answer: str) -> None:
        if answer == "Y":
            await self.shell.call(self.shell.top.give_up)
            await self._now()

    async def _drop(self) -> None:
        self.shell.gave_up = True
        await self.shell.drop(self.shell.top)

    async def _now(self) -> None:
        await self._drop()
        if not self.shell.stack:
            await self.shell.go_home()

    async def _sign_off(self, answer: str) -> None:
        if answer == "Y":
            await self.shell.end()
