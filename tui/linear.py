"""The workstation as plain lines, for screen readers and braille: no cursor addressing, nothing is painted twice.

A line that is keyed is one answer. What the form, the lists and the filing do is the shell's, as on the full screen.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import termios
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from rules.text import clean
from tui import crash
from tui.form import FormView
from tui.keys import Stroke
from tui.listing import ListView
from tui.locked import PROMPT, LockedView
from tui.menu import MenuView
from tui.pager import Pager
from tui.picks import Pick
from tui.screen import Kind
from tui.shell import Shell
from tui.spans import text_of
from tui.stream import Stream
from tui.view import View

PAUSE_SECONDS = 0.15  # a burst is over when nothing has arrived for this long
LONGEST_LIST = 20  # choices told at once; words narrow them
HIDING_LINES = 50  # blank lines that move a locked screen's text out of sight
ROW = re.compile(r"([A-Za-z])\s*(\d{1,2})")  # A3: the letter A on row 3
STOPPING = {signal.SIGHUP: 129, signal.SIGTERM: 143}
COMMAND, ERASED, ENTER, CANCEL = Stroke("ctrl+o"), Stroke("ctrl+u"), Stroke("enter"), Stroke("f12")


class Linear:
    """Reads lines, gives them to the shell, and says what is new."""

    def __init__(self, shell: Shell, out: TextIO, log: Path | None = None) -> None:
        self.shell, self.out, self.log = shell, out, log
        shell.linear = True
        self.status = 0
        self._lines: deque[str] = deque()
        self._partial = b""
        self._arrived = asyncio.Event()
        self._stopped = False
        self._view: View | None = None  # what was told last
        self._told: list[str] = []
        self._listed: list[str] = []  # choices
        self._banner: list[str] = []
        self._line = 0  # of the transcript, up to which it was told

    # --- life ----------------------------------------------------------------------------------------------

    async def run(self) -> int:
        """Until the session is over; the exit status."""
        loop = asyncio.get_running_loop()
        loop.add_reader(0, self._readable)
        for number, status in STOPPING.items():
            loop.add_signal_handler(number, self._stop, status)
        loop.add_signal_handler(signal.SIGINT, self._cancel)
        try:
            await self.shell.start()
            while self.shell.ended is None and not self._stopped:
                self._tell_all()
                with self._asking():
                    line = await self._next()
                if line is not None:
                    await self._take(line)
            if self._stopped and self.shell.ended is None:
                await self.shell.hang_up()
                return self.status
            return self.shell.ended or 0
        except Exception as error:  # nothing of it may reach the terminal
            incident = crash.report(error, self.log)
            with suppress(Exception):  # the incident is noted; a draft that cannot be kept must not hide it
                await self.shell.hang_up()
            self._say(crash.sentence(incident))
            return crash.EXIT_STATUS
        finally:
            loop.remove_reader(0)

    def _stop(self, status: int) -> None:
        self.status, self._stopped = status, True
        self._arrived.set()

    def _cancel(self) -> None:
        """Ctrl+C is the line that leaves: nothing is ended by mistake."""
        self._lines.append("^")
        self._arrived.set()

    def _readable(self) -> None:
        try:
            data = os.read(0, 65536)
        except OSError:  # the terminal is gone
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(0)
            self._stop(STOPPING[signal.SIGHUP])
            return
        *whole, self._partial = (self._partial + data).split(b"\n")
        for line in whole:
            text = line.decode("utf-8", "replace").removesuffix("\r")
            self._lines.append("".join(each if each.isprintable() else " " for each in text))
        self._arrived.set()

    async def _next(self) -> str | None:
        """The next line; None when none came for so long that the session is looked at, or that it locks."""
        idle = 0.0
        while not self._lines and not self._stopped:
            self._arrived.clear()
            limits = [
                each for each in (self.shell.habits.idle_seconds, self.shell.habits.watch_seconds) if each
            ]
            wait = min(limits, default=None)
            try:
                await asyncio.wait_for(self._arrived.wait(), wait)
            except TimeoutError:
                idle += wait or 0
                locks = self.shell.habits.idle_seconds and idle >= self.shell.habits.idle_seconds
                top = self.shell.top if self.shell.stack else None
                await self.shell.key(Stroke("idle" if locks else "watch"))
                if not self.shell.stack or self.shell.top is not top:
                    self._say("")
                    return None
        return self._lines.popleft() if self._lines else None

    # --- answers -------------------------------------------------------------------------------------------

    async def _take(self, line: str) -> None:
        """One answer. Lines keyed ahead of a hard error would land in the wrong place: they are dropped."""
        await self._answer(line)
        if self.shell.failed:
            dropped = 0
            while True:
                dropped += len(self._lines)
                self._lines.clear()
                self._arrived.clear()
                try:
                    await asyncio.wait_for(self._arrived.wait(), PAUSE_SECONDS)
                except TimeoutError:
                    break
                if self._stopped:
                    break
            if dropped:
                self.shell.say(f"{self.shell.message} {dropped} lines keyed ahead were dropped.")

    async def _answer(self, line: str) -> None:
        shell, bare = self.shell, line.strip()
        view = shell.top if shell.stack else None
        if shell.question or isinstance(view, LockedView):
            left = bare == "^" and (not isinstance(view, LockedView) or bool(shell.question))
            letters = tuple(shell.question.letters) if shell.question else ()
            if letters and not left and bare.upper() not in letters:
                shell.fail(f"{' or '.join(letters)}, or ^ to go back.")
                return
            await self._keys(CANCEL) if left else await self._type(line)
        elif isinstance(view, Pick):
            await self._pick(view, bare)
        elif isinstance(view, FormView):
            view.entry.fresh = True  # a line is a whole answer
            if isinstance(view.way, Stream):
                view.way.echoed = line
            await self._type(line)
        elif bare[:1] in ("^", "=") or (len(bare) > 1 and bare[0].isalpha() and not ROW.fullmatch(bare)):
            await self._command(bare)
        elif isinstance(view, ListView) and (match := ROW.fullmatch(bare)):
            await self._type(match[2] + match[1])
        elif isinstance(view, ListView) and len(bare) == 1 and bare.isalpha():
            await self._keys(Stroke("", bare))
        else:
            await self._type(line)

    async def _pick(self, view: Pick, bare: str) -> None:
        if bare in ("^", ""):
            await self._keys(CANCEL)
        elif bare.isdecimal() and 1 <= int(bare) <= min(LONGEST_LIST, len(view.choices)):
            view.at = int(bare) - 1
            await self._keys(ENTER)
        else:
            await self._keys(ERASED)
            view.entry.move(0)
            view.entry.erase()
            await self._keys(*(Stroke("", each) for each in bare))

    async def _command(self, line: str) -> None:
        await self._keys(*([] if self.shell.in_command else [COMMAND]), ERASED)
        await self._type(line)
        self.shell.leave_command()

    async def _type(self, line: str) -> None:
        """The characters and Enter; what is left of them is dropped when something else came up meanwhile."""
        await self._keys(*(Stroke("", each) for each in line), ENTER)

    async def _keys(self, *strokes: Stroke) -> None:
        shell = self.shell
        before = (shell.top if shell.stack else None, shell.question)
        for stroke in strokes:
            await shell.key(stroke)
            now = (shell.top if shell.stack else None, shell.question)
            if shell.ended is not None or now[0] is not before[0] or now[1] is not before[1]:
                return

    # --- telling -------------------------------------------------------------------------------------------

    def _tell_all(self) -> None:
        """Say what is new."""
        shell = self.shell
        while shell.stack and isinstance(shell.top, Pager) and shell.top.screen is None:
            pager = shell.top  # help, or a message in full: it is read, and over
            self._say(pager.title, *pager.stack.texts())
            shell.stack.remove(pager)
        if shell.stack:
            self._tell(shell.top)
        if shell.message:
            self._say(shell.message)
            shell.clear_message()

    def _tell(self, view: View) -> None:
        """What has changed of what is open."""
        if isinstance(view, Pick):
            if (listed := self._content(view)) != self._listed:
                self._say(*listed)
            self._listed = listed
            return
        self._listed = []
        if view is not self._view:
            if isinstance(view, LockedView):
                self.out.write("\n" * HIDING_LINES)
            self._say("", " ".join(part for part in (self.shell.main.word, view.title) if part))
            self._told, self._line = [], 0
        self._view = view
        banner = [text for text in view.banner() if text]
        if banner and banner != self._banner:
            self._say(*banner)
        self._banner = banner or self._banner
        if isinstance(view, FormView) and not view.way.is_acting():
            stream = view.way
            assert isinstance(stream, Stream)
            self._say(*stream.lines[max(0, self._line - stream.dropped) :])
            self._line = stream.dropped + len(stream.lines)
            return
        told = self._content(view)
        if told != self._told:
            self._say(*told)
            self._told = told

    def _content(self, view: View) -> list[str]:
        if isinstance(view, Pick):
            shown = view.choices[:LONGEST_LIST]
            values = [view.shown(choice.value) + "  " if view.values else "" for choice in shown]
            return [
                f"{n} {value}{choice.text}"
                for n, (value, choice) in enumerate(zip(values, shown, strict=True), 1)
            ]
        if isinstance(view, Pager):
            return list(view.stack.texts())
        if isinstance(view, LockedView):
            return [
                each.strip() for each in text_of(view.body(self.shell.width, self.shell.height)[:-1]) if each
            ]
        if isinstance(view, FormView) and isinstance(view.way, Stream):
            return [each for each in text_of(view.way.whole(self.shell.width)) if each]
        if isinstance(view, MenuView):
            return [
                *view.heading,
                *(
                    " ".join(filter(None, (str(n), e.word, e.title, e.count, e.note))) if e.title else ""
                    for n, e in enumerate(view.entries, 1)
                ),
            ]
        return [each for each in text_of(view.body(self.shell.width, self.shell.body_height)) if each]

    def _prompt(self) -> tuple[str, bool]:
        shell = self.shell
        if shell.question:
            return f"{shell.question.text} ", shell.question.secret
        if not shell.stack:
            return "", False
        view = shell.top
        if isinstance(view, LockedView):
            return ("", True) if view.over else (PROMPT, True)
        if isinstance(view, Pick):
            found = min(LONGEST_LIST, len(view.choices))
            return (
                f"Choose 1-{found}, or words, or ^: " if found else "Nothing matches. Other words, or ^: "
            ), False
        if isinstance(view, FormView):
            if view.way.is_acting():
                return "Act: ", False
            spot = view.spot
            prompt = view.way.prompt() if isinstance(view.way, Stream) else ""
            return prompt, spot is not None and spot.field.kind is Kind.SECRET
        if isinstance(view, ListView):
            letters = ", ".join(f"{each.letter} {each.label}" for each in view.screen.actions)
            return f"Row, {letters or 'word'}, or ^: ", False
        return "Number, word or ^: ", False

    def _say(self, *texts: str) -> None:
        for text in texts:
            self.out.write(clean(text).rstrip() + "\n")

    def _ask(self, prompt: str) -> None:
        self.out.write(clean(prompt))
        self.out.flush()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Ask. While a secret is keyed the terminal shows nothing of it, from before the prompt for it stands there."""
        prompt, hidden = self._prompt()
        if not hidden:
            self._ask(prompt)
            yield
            return
        before = termios.tcgetattr(0)
        silent = [*before]
        silent[3] = before[3] & ~termios.ECHO
        termios.tcsetattr(0, termios.TCSADRAIN, silent)
        try:
            self._ask(prompt)
            yield
        finally:
            with suppress(termios.error):  # the line dropped meanwhile
                termios.tcsetattr(0, termios.TCSADRAIN, before)
            self._say("")


def run(shell: Shell, log: Path | None = None) -> int:
    """Keep up the session on this terminal until it is over; the exit status as of ``tui.console.run``."""
    for ignored in (signal.SIGTSTP, signal.SIGQUIT):
        signal.signal(ignored, signal.SIG_IGN)

    async def session() -> int:
        return await Linear(shell, sys.stdout, log).run()

    return asyncio.run(session())
