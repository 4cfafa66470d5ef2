"""The one widget of the one Textual screen: it paints the shell's lines, and only the cells that changed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path
from time import monotonic

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from rules.text import cells, clean
from tui import crash
from tui.compat import QuietApp
from tui.driver import TerminalDriver
from tui.gate import Gate
from tui.keys import Stroke
from tui.shell import Shell
from tui.spans import BOLD, PLAIN, REVERSE, UNDERLINE, Line, Span

ATTRIBUTES = range((BOLD | UNDERLINE | REVERSE) + 1)
STYLES = [
    Style(bold=bool(a & BOLD), underline=bool(a & UNDERLINE), reverse=bool(a & REVERSE)) for a in ATTRIBUTES
]
SGR = [
    "\x1b[0" + ";1" * bool(a & BOLD) + ";4" * bool(a & UNDERLINE) + ";7" * bool(a & REVERSE) + "m"
    for a in ATTRIBUTES
]
SGR[PLAIN] = "\x1b[m"
CLEAR = "\x1b[m\x1b[2J"
ERASE = "\x1b[K"  # to the end of the row
LEAST_ERASED = 4  # blanks that cost more than the erasing sequence


class Surface(Widget):
    """Full size, line by line: what Textual knows of the terminal's contents. The terminal gets patches."""

    DEFAULT_CSS = "Surface { width: 100%; height: 100%; }"

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.shell = shell

    def render_lines(self, crop: Region) -> list[Strip]:
        lines = self.shell.frame()
        made = [
            Strip([Segment(clean(text), STYLES[attributes]) for text, attributes in spans]) for spans in lines
        ]
        blank = Strip.blank(crop.width)
        return [made[y] if y < len(made) else blank for y in range(crop.y, crop.bottom)]


class Console(QuietApp):
    """Textual's part: it owns the loop, the driver and the first paint. Keys never pass through it."""

    def __init__(self, shell: Shell, log: Path | None = None) -> None:
        super().__init__(TerminalDriver)
        self.shell = shell
        self.log_path = log
        self.incident = ""
        self._dropped = False
        self.surface = Surface(shell)
        self._last_key = monotonic()
        self._gate = Gate(shell, self.paint, lambda: shell.ended is not None)
        self._tasks: set[asyncio.Task[None]] = set()
        self._painted: list[Line] = []
        self._painted_size = (0, 0)  # of what is painted
        self._cursor = (-1, -1)
        shell.on_busy = self.paint
        shell.on_session = self._watch

    def compose(self) -> ComposeResult:
        yield self.surface

    def on_mount(self) -> None:
        asyncio.get_running_loop().set_exception_handler(self._loop_error)
        self._spawn(self._session())

    def _spawn(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _session(self) -> None:
        """Everything from the first screen to the last key."""
        try:
            await self.shell.start()
            await self._gate.run()
            if self.shell.ended is not None:
                self.stop(self.shell.ended)
        except Exception as error:  # the last line of defence: nothing of it may reach the terminal
            await self._crash(error)

    # --- from the driver -----------------------------------------------------------------------------------

    def receive(self, strokes: Iterable[Stroke]) -> None:
        self._last_key = monotonic()
        self._gate.put(strokes)

    def resized(self, width: int, height: int) -> None:
        self.shell.width, self.shell.height = width, height
        self._gate.put([Stroke("resize")])

    def line_dropped(self, status: int) -> None:
        if not self._exit and not self._dropped:  # a hang-up comes as a signal and as the end of input
            self._dropped = True
            self._spawn(self._hang_up(status))

    async def _hang_up(self, status: int) -> None:
        await self._gate.stop()
        try:
            await self.shell.hang_up()
        except Exception as error:  # the draft could not be kept: that is an incident
            self._note(error)
            status = crash.EXIT_STATUS
        self.stop(status)

    def _watch(self) -> None:
        self._watch_idle()
        if self.shell.habits.watch_seconds:
            asyncio.get_running_loop().call_later(self.shell.habits.watch_seconds, self._watch_session)

    def _watch_session(self) -> None:
        """Now and then: does the session still stand? Whoever reads what is shown presses no key."""
        self._gate.put([Stroke("watch")])
        asyncio.get_running_loop().call_later(self.shell.habits.watch_seconds, self._watch_session)

    def _watch_idle(self) -> None:
        """Lock after the site's idle time. One timer, set anew only when it has run out."""
        limit = self.shell.habits.idle_seconds
        if not limit:
            return
        left = self._last_key + limit - monotonic()
        if left <= 0:
            self._gate.put([Stroke("idle")])
            left = limit
        asyncio.get_running_loop().call_later(left, self._watch_idle)

    # --- painting ------------------------------------------------------------------------------------------

    def paint(self) -> None:
        """Bring the terminal to what the shell shows now."""
        size = self.shell.width, self.shell.height
        lines, cursor = self.shell.frame(), self.shell.cursor()
        if self.shell.redraw or size != self._painted_size:
            self.shell.redraw, self._painted_size = False, size
            blank: Line = ((" " * size[0], PLAIN),)
            sequences, before = CLEAR, [blank] * len(lines)
        else:
            sequences, before = "", self._painted
        for row, (old, new) in enumerate(zip(before, lines, strict=True)):
            if old is not new and old != new:
                sequences += row_patch(row, old, new)
        self._painted = lines
        if sequences or cursor != self._cursor:
            self._cursor = cursor
            self.patch(sequences, cursor)

    # --- the end -------------------------------------------------------------------------------------------

    def _loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        error = context.get("exception")
        self.crashed(error if isinstance(error, BaseException) else RuntimeError())

    def crashed(self, error: BaseException) -> None:
        if not self.incident:
            self._spawn(self._crash(error))

    async def _crash(self, error: BaseException) -> None:
        """Note the incident, keep the drafts, and stop whatever still runs."""
        self._note(error)
        try:
            await self.shell.hang_up()
        except Exception as second:  # both are noted; the first gives the number
            crash.report(second, self.log_path)
        self.stop_at_once(crash.EXIT_STATUS)

    def _note(self, error: BaseException) -> None:
        self.incident = self.incident or crash.report(error, self.log_path)


def row_patch(row: int, old: Line, new: Line) -> str:
    """The shortest run of cells that turns ``old`` into ``new``, as terminal sequences."""
    start, spans, to_end = _changed(old, new)
    if not spans:
        return ""
    pieces = [f"\x1b[{row + 1};{start + 1}H"]
    last = len(spans) - 1
    for number, (text, attributes) in enumerate(spans):
        text = clean(text)
        if number == last and attributes == PLAIN and to_end:
            kept = text.rstrip(" ")
            if len(text) - len(kept) > LEAST_ERASED:
                pieces.append(SGR[PLAIN] + kept + ERASE)
                continue
        pieces.append(SGR[attributes] + text)
    if spans[-1][1] != PLAIN:
        pieces.append(SGR[PLAIN])
    return "".join(pieces)


def _changed(old: Line, new: Line) -> tuple[int, list[Span], bool]:
    """First cell and spans of what differs, and whether they reach the end of the row."""
    head = 0
    for before, after in zip_longest(old, new):
        if before != after or after is None:
            break
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    start = sum(cells(text) for text, _ in new[:head])
    fresh, stale = list(new[head : len(new) - tail]), list(old[head : len(old) - tail])
    if sum(cells(text) for text, _ in fresh) != sum(cells(text) for text, _ in stale):
        return start, list(new[head:]), True
    if len(fresh) == len(stale) == 1 and fresh[0][1] == stale[0][1]:
        offset, span = _narrowed(stale[0][0], fresh[0])
        return start + offset, [span], not tail and offset + len(span[0]) == len(fresh[0][0])
    return start, fresh, not tail


def _narrowed(before: str, after: Span) -> tuple[int, Span]:
    """Within one span of plain ASCII: the characters that differ."""
    text, attributes = after
    if not (text.isascii() and before.isascii()):
        return 0, after
    first = next((at for at, (a, b) in enumerate(zip(before, text, strict=False)) if a != b), len(text))
    last = len(text)
    while last > first + 1 and before[last - 1] == text[last - 1]:
        last -= 1
    return first, (text[first:last], attributes)


def run(shell: Shell, log: Path | None = None) -> int:
    """Show ``shell`` on this terminal until the session is over. Returns the exit status: 0 when signed off,
    128 + n after signal n or a dropped line, 70 after an unforeseen error, whose redacted report is in ``log``."""
    console = Console(shell, log)
    try:
        console.run(mouse=False)
    except Exception as error:
        console._note(error)
    if console.incident:
        print(crash.sentence(console.incident), file=sys.stderr)  # noqa: T201
        return crash.EXIT_STATUS
    return console.return_code or 0
