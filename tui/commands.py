"""The command line: fast path, numbers, jumps, words. One line may hold several commands parted by ``;``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from config.menu import MenuEntry
from rules.text import clean
from tui.form import FormView
from tui.keys import Act
from tui.menu import MenuView
from tui.screen import Command, Entry, FormScreen
from tui.view import View

if TYPE_CHECKING:
    from tui.shell import Shell

LINES_KEPT = 20  # command lines that F9 brings back
NUMBERS = re.compile(r"\d{1,3}(?:\.\d{1,3})*\.?")


class Commands:
    """What is keyed after ``===>``, and what screens ask to be run."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.keyed: list[str] = []
        self.brought_back = 0

    async def take(self, line: str) -> None:
        """A line from the command line: on success the line is cleared, else it stays to be mended."""
        line = line.strip()
        if not line:
            self.shell.leave_command()
            return
        if not self.keyed or self.keyed[-1] != line:
            self.keyed = [*self.keyed, line][-LINES_KEPT:]
        self.brought_back = 0
        self.shell.clear_message()
        self.shell.command.fresh = (
            True  # if it is refused, the next character begins another; a space goes on with it
        )
        await self.run(line)
        if not self.shell.failed:
            self.shell.leave_command()

    def retrieve(self) -> str:
        """The line keyed before, and at each repetition the one before that."""
        if not self.keyed:
            return ""
        self.brought_back = self.brought_back % len(self.keyed) + 1
        return self.keyed[-self.brought_back]

    async def run(self, line: str) -> None:
        """Run commands in turn; a hard error leaves the rest undone."""
        for command in line.split(";"):
            if self.shell.failed or self.shell.ended is not None:
                return
            await self.one(command.strip())

    async def one(self, command: str) -> None:
        """One command, whatever is in it: ``;`` parts nothing here."""
        shell = self.shell
        if command.startswith("^"):
            await self._caret(command[1:].strip())
        elif command.startswith("="):
            await shell.drop_all()
            if command[1:].strip():
                await self.one(command[1:].strip())
            if not shell.stack:
                await shell.go_home()
        elif NUMBERS.fullmatch(command):
            await self._numbers([int(number) for number in command.strip(".").split(".")])
        elif command:
            word, _, rest = command.partition(" ")
            await self._word(word, rest.strip())

    async def _home_again(self) -> None:
        """After ``=`` there is nothing in sight that a key or a jump could be meant for, but home."""
        if not self.shell.stack:
            await self.shell.go_home()

    async def _caret(self, label: str) -> None:
        """``^`` leaves, ``^^`` goes home, ``^^WORD`` opens a screen, ``^LABEL`` jumps in the form."""
        await self._home_again()
        if not label:
            self.shell.leave_command()
            await self.shell.do(Act.EXIT)
        elif label == "^":
            await self.shell.do(Act.HOME)
        elif label.startswith("^"):
            await self.one(label[1:].strip())
        else:
            await self.shell.main.jump(label)

    async def _word(self, word: str, rest: str) -> None:
        shell = self.shell
        upper = word.upper()
        screen = shell.main.screen if shell.stack else None
        own = next((each for each in screen.commands if each.word.upper() == upper), None) if screen else None
        if own:
            await self.own(shell.main, own, rest)
        elif act := shell.keymap.word(upper) or shell.keymap.entry(word):
            await self._home_again()
            shell.leave_command()
            await shell.do(act, rest)
        elif entry := (shell.menu.screens.get(upper) if shell.session else None):
            await shell.open_entry(entry, rest)
        elif shell.session and upper in shell.menu.menus:
            await shell.open_menu(upper)
        elif shell.stack and isinstance(top := shell.main, MenuView) and not rest and upper in top.words:
            await top.open(top.words.index(upper))
        else:
            self._unknown(upper)

    async def own(self, view: View, command: Command, rest: str) -> None:
        """A word of the screen itself; what is half keyed is taken in first."""
        if not await view.settle():
            return
        if isinstance(view, FormView) and isinstance(view.screen, FormScreen):
            view.screen.focus = view.focus
        method = getattr(view.screen, command.method)
        await self.shell.outcome(await self.shell.call(method, rest), view)

    async def _numbers(self, numbers: Sequence[int]) -> None:
        """``2.4``: entry 2 of the menu in sight, or else of the main menu, and entry 4 of what that opens."""
        shell = self.shell
        for position, number in enumerate(numbers):
            top = shell.top if shell.stack else None
            if not isinstance(top, MenuView):
                if position or shell.session is None or not shell.menu.main:
                    shell.fail(f"There is no menu to take {number} from.")
                    return
                entries = self.entries(shell.menu.main)
                if not 1 <= number <= len(entries):
                    shell.fail(f"The main menu has no entry {number}.")
                    return
                await self.one(entries[number - 1].go)
            else:
                await top.open(number - 1)
            if shell.failed:
                return

    def entries(self, menu_id: str) -> list[Entry]:
        """The lines of a menu of the table, for the roles of whoever is signed on."""
        return [
            Entry(entry.id, entry.title, entry.id)
            if isinstance(entry, MenuEntry)
            else Entry(entry.word, entry.title, entry.word)
            for entry in self.shell.menu.visible(menu_id, self.shell.roles)
        ]

    def _unknown(self, word: str) -> None:
        from difflib import get_close_matches

        shell = self.shell
        words = [entry.word for entry in shell.menu.screens.values() if entry.permits(shell.roles)]
        known = (
            [*words, *shell.keymap.table.by_word, *shell.menu.menus] if shell.session else ["EXIT", "HELP"]
        )
        near = get_close_matches(word, dict.fromkeys(known), n=3, cutoff=0.3)
        offered = f" Did you mean {', '.join(near)}?" if near else " F1 lists the words."
        shell.fail(f"{clean(word)} is not known.{offered}")
