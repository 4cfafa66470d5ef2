"""The pager: a printed page stack shown exactly as a printer gets it, moved about, searched and followed."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rules.text import fit
from tui.keys import Act, Stroke
from tui.pages import Stack, after
from tui.picks import Pick
from tui.screen import Choice, Document, PageScreen, PlainPage, Printout, Screen
from tui.spans import BOLD, Line, line, wrap
from tui.view import View
from tui.window import Window

if TYPE_CHECKING:
    from tui.shell import Shell

LONGEST_HEADING = 60  # cells of a group's heading in the list of groups
ALL, THIS = "ALL", "THIS"  # pages to print
COPIES = re.compile(r"[xX]\d{1,2}")
RANGE = re.compile(r"\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*")
KEYS = (
    "F7 F8        a screen back, forward; Enter is F8. Up Down: a line",
    "Home End     first line, last line",
    "12 Enter     goes to page 12, as PAGE 12 does",
    "Right Left   move a wide page by columns, as > and <: its first columns stay.",
    "             > at the edge: the line goes on. < after the first columns: some",
    "             of the line lies hidden there",
    "/            finds a text, in capitals or not, as FIND does",
    ". ,          the next place, the one before; round the end with a word",
    "F4           lists groups and tables: type to narrow, Enter goes there",
    "] [          the next group, the one before; ^TEXT the first with that text",
    "Tab          the next line that leads on; Shift+Tab the one before",
    "Enter        on such a line opens what is behind it; F3 comes back to it",
    "Ctrl+T       asks which pages to print. PRT LASER1 2-4 prints some, THIS the",
    "             one in sight, ALL all of them, x3 three copies",
)


class Pager(View):
    """Pages, one under the other; the heads and the first columns of a page stay in sight."""

    def __init__(
        self, shell: Shell, document: Document, screen: Screen | None = None, word: str = ""
    ) -> None:
        super().__init__(shell, screen, word)
        self.sought = ""
        self.show(document)

    def show(self, document: Document) -> None:
        self.document = document
        self.stack = Stack(document.pages, document.width)
        self.window = Window(self.shell, self.stack)
        self.hits = self.stack.find(self.sought) if self.sought else None

    @property
    def title(self) -> str:
        return self.document.title

    def legend(self) -> list[str]:
        shown, stack = self.shell.keymap.shown, self.stack
        commands = self.screen.commands if self.screen else ()
        keyed = [each.item for each in commands if each.key]
        items = [shown(Act.HELP), shown(Act.EXIT), *keyed, shown(Act.BACK), shown(Act.FORWARD), "/=Find"]
        items += ["Tab=Follow"] if stack.linked else []
        items += [f"{shown(Act.PROMPT, 'Groups')}"] if stack.breaks else []
        items += [item for item in super().legend() if item not in items]
        items += ["Right Left"] if self.window.is_wide else []
        items += [". ,=Next found, previous"] if self.hits else []
        items += ["] [=Next group, previous"] if stack.breaks else []
        items += [f"{shown(Act.PRINT)}"] if self.screen else []
        return items + (["number=Page"] if len(stack.pages) > 1 else [])

    # --- drawing -------------------------------------------------------------------------------------------

    def body(self, width: int, height: int) -> list[Line]:
        return [*self.window.drawn(), self._where(width)]

    def _where(self, width: int) -> Line:
        stack, window = self.stack, self.window
        page = stack.number(window.top) + 1 if stack.total else 0
        parts = [f"Page {page} of {len(stack.pages)}"] if len(stack.pages) > 1 or self.screen else []
        parts.append("More: F8" if window.end < stack.total else "Bottom")
        if window.is_wide:
            kept, begin, room = window.cut()
            beside = f"{begin + 1}-{min(begin + room, stack.widest)}"
            columns = f"columns {f'1-{kept}, ' if kept else ''}{beside} of {stack.widest}"
            parts.append(
                f"{'< ' if window.left else ''}{columns}{' >' if window.left < window.most_left else ''}"
            )
        if window.is_in_sight(window.at) and stack.link(window.at):
            parts.append("Enter: what is behind")
        return line([(1, "   ".join(parts), BOLD)], width)

    def cursor(self) -> tuple[int, int] | None:
        return self.window.cursor()

    # --- keys ----------------------------------------------------------------------------------------------

    async def stroke(self, stroke: Stroke) -> bool:
        if stroke.name in ("down", "up"):
            self._move(1 if stroke.name == "down" else -1)
        elif stroke.name in ("right", "left"):
            self._sideways(1 if stroke.name == "right" else -1)
        elif stroke.name in ("home", "end"):
            self.window.go(0 if stroke.name == "home" else self.stack.total)
        elif stroke.name in ("tab", "shift+tab"):
            self._to_link(1 if stroke.name == "tab" else -1)
        elif stroke.name == "enter":
            await self._enter()
        elif stroke.text == "/":
            self.shell.ask("Find:", self._find)
        elif stroke.text.isdecimal() and len(self.stack.pages) > 1 and not self.shell.linear:
            self._ask_page(stroke.text)
        elif not stroke.name and stroke.text and (act := self.shell.keymap.word(stroke.text)):
            self.shell.clear_message()
            return await self.act(act)
        elif not stroke.name:
            await self.shell.type_command(stroke)
        else:
            return False
        return True

    async def act(self, act: Act, rest: str = "") -> bool:
        if act in (Act.FORWARD, Act.BACK):
            self._turn(1 if act is Act.FORWARD else -1)
        elif act in (Act.FIRST, Act.LAST):
            self.window.go(0 if act is Act.FIRST else self.stack.total)
        elif act in (Act.LEFT, Act.RIGHT):
            self._sideways(1 if act is Act.RIGHT else -1)
        elif act is Act.FIND:
            await self._find(rest)
        elif act in (Act.FIND_NEXT, Act.FIND_PREVIOUS):
            self._to_hit(1 if act is Act.FIND_NEXT else -1)
        elif act is Act.PAGE:
            await self._to_page(rest) if rest.strip() else self._ask_page()
        elif act in (Act.NEXT_GROUP, Act.PREVIOUS_GROUP):
            self._to_group(1 if act is Act.NEXT_GROUP else -1)
        elif act is Act.PROMPT:
            await self._list_groups()
        elif act is Act.PRINT:
            await self._print(rest)
        elif act is Act.CANCEL:
            return await self.act(Act.EXIT)
        else:
            return False
        return True

    async def jump(self, label: str) -> None:
        """``^TEXT``: to the first group whose heading has the text."""
        for at in self.stack.breaks:
            if label.casefold() in self.stack.text(at).casefold():
                self.window.take(at, first=True)
                return
        self.shell.fail(f"No heading of a group has {label}: F4 lists them.")

    # --- moving --------------------------------------------------------------------------------------------

    def _is_over(self, step: int) -> bool:
        """Whether there is nothing further that way; it is said."""
        if step > 0 and self.window.end >= self.stack.total:
            self.shell.say("Bottom.")
        elif step < 0 and not self.window.top:
            self.shell.say("Top.")
        else:
            return False
        return True

    def _move(self, step: int) -> None:
        if not self._is_over(step):
            self.window.go(self.window.top + step)

    def _turn(self, step: int) -> None:
        if not self._is_over(step):
            self.window.forward() if step > 0 else self.window.back()

    def _sideways(self, step: int) -> None:
        if step > 0 and self.window.left >= self.window.most_left:
            self.shell.say("This is the right-hand edge.")
        else:
            self.window.sideways(step)

    def _ask_page(self, begun: str = "") -> None:
        self.shell.ask(f"Page, 1 to {len(self.stack.pages)}:", self._to_page)
        assert self.shell.question is not None
        self.shell.question.answer = begun

    async def _to_page(self, text: str) -> None:
        number, count = text.strip(), len(self.stack.pages)
        if not number:
            return
        if not (number.isdecimal() and 1 <= int(number[:9]) <= count):
            self.shell.fail(f"There is no page {number}: they are numbered from 1 to {count}.")
            return
        self.window.go(self.stack.starts[int(number) - 1])

    # --- finding -------------------------------------------------------------------------------------------

    async def _find(self, text: str) -> None:
        """A new text is sought from what is in sight on; the same, or none, is the next place."""
        text = text.strip()
        if text and (self.hits is None or text != self.sought):
            self.sought, self.hits = text, self.stack.find(text)
        self._to_hit(1)

    def _to_hit(self, step: int) -> None:
        if not self.sought or self.hits is None:
            self.shell.ask("Find:", self._find)
            return
        if not self.hits:
            self.shell.fail(f"{self.sought} is not on these pages.")
            return
        at, again = after(self.hits, self.window.here, step), ""
        if at is None:
            at = self.hits[0] if step > 0 else self.hits[-1]
            again = f" From the {'top' if step > 0 else 'bottom'} again."
        self.window.take(at, found=self.sought)
        number = bisect_left(self.hits, at) + 1
        self.shell.say(f"Line {number} of {len(self.hits)} with {self.sought}.{again}")

    # --- groups, and what is behind a line -----------------------------------------------------------------

    def _to_group(self, step: int) -> None:
        at = after(self.stack.breaks, self.window.here, step)
        if at is None:
            there = "more groups" if self.stack.breaks else "groups"
            self.shell.say(f"There are no {there} {'after' if step > 0 else 'before'} this.")
        else:
            self.window.take(at, first=True)

    async def _list_groups(self) -> None:
        stack = self.stack
        if not stack.breaks:
            self.shell.say("There are no groups on these pages.")
            return

        async def find(text: str) -> Sequence[Choice]:
            marks = zip(stack.breaks, stack.levels, strict=True)
            headings = ((at, "  " * (level - 1) + stack.text(at).strip()) for at, level in marks)
            return [
                Choice(str(at), f"{fit(heading, LONGEST_HEADING)}  page {stack.number(at) + 1}")
                for at, heading in headings
                if text.casefold() in heading.casefold()
            ]

        async def picked(choice: Choice) -> None:
            self.window.take(int(choice.value), first=True)

        here = max(0, bisect_left(stack.breaks, max(self.window.row, self.window.here) + 1) - 1)
        await self.shell.push(Pick(self.shell, "Go to group", find, picked, values=False, at=here))

    def _to_link(self, step: int) -> None:
        if not self.stack.linked:
            self.shell.say("No line of these pages leads on.")
            return
        at = after(self.stack.linked, self.window.here, step)
        if at is None:
            self.shell.say(f"No line {'below' if step > 0 else 'above'} leads on.")
            return
        self.window.take(at)

    async def _enter(self) -> None:
        if self.screen is None:
            await self.shell.drop(self)
        elif self.window.is_in_sight(self.window.at) and (go := self.stack.link(self.window.at)):
            await self.shell.commands.one(go)
        else:
            self._turn(1)

    # --- printing, opening ---------------------------------------------------------------------------------

    async def _print(self, rest: str) -> None:
        if not isinstance(self.screen, PageScreen) or type(self.screen).print is PageScreen.print:
            await self.shell.print_out(rest)
        elif len(self.stack.pages) > 1 and not rest.strip():
            count = len(self.stack.pages)
            self.shell.ask(
                f"Print (Enter: all {count} pages; THIS; 2-4; a printer before it):", self._printed
            )
        else:
            await self._printed(rest)

    async def _printed(self, text: str) -> None:
        """A printer, pages, copies: ``LASER1 2-4 x3``, ``THIS``; blank for all pages on the usual printer."""
        assert isinstance(self.screen, PageScreen)
        words = text.split()
        copies = f" {words.pop()}" if words and COPIES.fullmatch(words[-1]) else ""
        last = words[-1].upper() if words else ALL
        if last in (ALL, THIS) or RANGE.fullmatch(last):
            words = words[:-1]
        else:
            last = ALL
        pages = {ALL: "", THIS: str(self.stack.number(self.window.top) + 1)}.get(last, last)
        outcome = await self.shell.call(self.screen.print, " ".join(words), f"{pages}{copies}".strip())
        await self.shell.outcome(outcome, self)

    async def printout(self) -> Printout:
        """The text of all pages, for a screen that is no printed page."""
        return Printout(self.title, list(self.stack.texts()))

    async def start(self, key: str) -> None:
        assert isinstance(self.screen, PageScreen)
        self.show(await self.shell.call(self.screen.open, key))
        self.key = key

    async def reload(self) -> None:
        """The pages anew, at the same row: the same line that leads on, or one that begins as the first did."""
        assert isinstance(self.screen, PageScreen)
        if self.screen.turned:
            self.screen.turned = False
            self.show(await self.shell.call(self.screen.again, self.key))
            return
        old, top, row, at = self.stack, self.window.top, self.window.row, self.window.here
        text, link = (old.text(row), old.link(at) if at >= 0 else "") if old.total else ("", "")
        nth = bisect_left(old.linked, at)
        self.show(await self.shell.call(self.screen.again, self.key))
        new = self.stack
        if top and new.total:
            self.window.show(new.same(text, row * new.total // old.total))
        if link and nth < len(new.linked) and new.link(new.linked[nth]) == link:
            self.window.take(new.linked[nth])

    def help_lines(self) -> list[str]:
        return [*super().help_lines(), "", *KEYS]


def text_document(title: str, sentences: Sequence[str], width: int) -> Document:
    """Plain sentences as one page, for help and messages that did not fit."""
    lines = [piece for sentence in sentences for piece in wrap(sentence, width - 2)]
    return Document(title, [PlainPage([" " + text for text in lines])], width)
