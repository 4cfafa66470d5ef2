"""The terminal driver: raw bytes in and out on the event loop, quiet when idle, and sure to notice a dropped line."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
import termios
from collections.abc import Iterable
from typing import Any, Protocol

from textual.app import App
from textual.driver import Driver

from tui.compat import app_of, post_resize, set_driver_size
from tui.decode import Decoder, terminal_encoding
from tui.keys import Stroke

READ_SIZE = 65536
WRITE_SIZE = 256  # a terminal that polls writable takes this much without blocking
ESCAPE_SECONDS = 0.4  # a sequence split by the line is waited for this long
HANGUP_STATUS = 128 + signal.SIGHUP
FALLBACK_SIZE = (80, 24)

# Alternate screen, bracketed paste, no wrap at the edge, cursor shown: nothing else is asked of a terminal.
ENTER = "\x1b[?1049h\x1b[?2004h\x1b[?7l\x1b[?25h\x1b[2J\x1b[H"
LEAVE = "\x1b[m\x1b[?7h\x1b[?2004l\x1b[?1049l\x1b[?25h"


class Receiver(Protocol):
    """Who takes what the terminal sends: the app."""

    def receive(self, strokes: Iterable[Stroke]) -> None: ...
    def resized(self, width: int, height: int) -> None: ...
    def line_dropped(self, status: int) -> None: ...


class TerminalDriver(Driver):
    """Reads standard input and writes the terminal; what else is printed meanwhile reaches neither."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=False, size=size)
        self._in = sys.__stdin__.fileno() if sys.__stdin__ else 0
        self._out = next((descriptor for descriptor in (1, 2, 0) if os.isatty(descriptor)), 1)
        self._loop = asyncio.get_running_loop()
        self._encoding = terminal_encoding(os.environ)
        self._decoder = Decoder(self._encoding)
        self._flush_timer: asyncio.TimerHandle | None = None
        self._backlog = b""
        self._saved: list[Any] | None = None
        self._gone = False
        self._left = False
        set_driver_size(self, self._terminal_size())

    @property
    def _receiver(self) -> Receiver:
        return app_of(self)  # type: ignore[return-value]

    def _terminal_size(self) -> tuple[int, int]:
        for descriptor in (self._out, self._in):
            try:
                size = os.get_terminal_size(descriptor)
            except OSError:
                continue
            if size.columns and size.lines:
                return size.columns, size.lines
        return FALLBACK_SIZE

    # --- life ----------------------------------------------------------------------------------------------

    def start_application_mode(self) -> None:
        for number in (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._drop, 128 + number)
        self._loop.add_signal_handler(signal.SIGWINCH, self._size_changed)
        self._make_raw()
        self.write(ENTER)
        self._loop.add_reader(self._in, self._readable)
        self._receiver.resized(*self._terminal_size())

    def _make_raw(self) -> None:
        try:
            self._saved = termios.tcgetattr(self._in)
        except termios.error:
            return  # no terminal: the launcher has seen to that, or a test feeds bytes
        raw = termios.tcgetattr(self._in)
        raw[0] &= ~(
            termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR | termios.ISTRIP
        )
        raw[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
        raw[6][termios.VMIN] = 1
        raw[6][termios.VTIME] = 0
        termios.tcsetattr(self._in, termios.TCSANOW, raw)

    def disable_input(self) -> None:
        self._loop.remove_reader(self._in)
        if self._flush_timer:
            self._flush_timer.cancel()

    def stop_application_mode(self) -> None:
        self.disable_input()
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGWINCH):
            self._loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN if number != signal.SIGWINCH else signal.SIG_DFL)
        self.write(LEAVE)
        self._left = True
        self._loop.remove_writer(self._out)
        self._drain()
        if self._saved is not None and not self._gone:
            try:
                termios.tcsetattr(self._in, termios.TCSANOW, self._saved)
            except termios.error:
                self._gone = True

    # --- in ------------------------------------------------------------------------------------------------

    def _readable(self) -> None:
        try:
            data = os.read(self._in, READ_SIZE)
        except OSError:
            data = b""
        if not data:
            self._drop(HANGUP_STATUS)
            return
        if self._flush_timer:
            self._flush_timer.cancel()
            self._flush_timer = None
        strokes = self._decoder.feed(data)
        if strokes:
            self._receiver.receive(strokes)
        if self._decoder.unfinished:
            self._flush_timer = self._loop.call_later(ESCAPE_SECONDS, self._flush_input)

    def _flush_input(self) -> None:
        self._flush_timer = None
        strokes = self._decoder.flush()
        if strokes:
            self._receiver.receive(strokes)

    def _size_changed(self) -> None:
        size = self._terminal_size()
        set_driver_size(self, size)
        self._receiver.resized(*size)
        post_resize(self, size)

    def _drop(self, status: int) -> None:
        self.disable_input()
        if status == HANGUP_STATUS:
            self._gone = True
        self._receiver.line_dropped(status)

    # --- out -----------------------------------------------------------------------------------------------

    def write(self, data: str) -> None:
        """Queue output; what the terminal takes at once is written at once."""
        if self._gone or self._left:
            return
        waiting = bool(self._backlog)
        self._backlog += data.encode(self._encoding, "replace")
        if not waiting:
            self._write_some()

    def _write_some(self) -> None:
        """Write while the terminal takes it; a stalled one is gone on with when it does."""
        while self._backlog and not self._gone:
            if not self._writable(0):
                self._loop.add_writer(self._out, self._write_more)
                return
            self._write_piece()

    def _write_more(self) -> None:
        self._loop.remove_writer(self._out)
        self._write_some()

    def _writable(self, milliseconds: int) -> bool:
        poll = select.poll()
        poll.register(self._out, select.POLLOUT)
        return bool(poll.poll(milliseconds))

    def _write_piece(self) -> None:
        try:
            written = os.write(self._out, self._backlog[:WRITE_SIZE])
        except OSError:
            self._gone = True
            self._backlog = b""
            self._loop.call_soon(self._drop, HANGUP_STATUS)
        else:
            self._backlog = self._backlog[written:]

    def _drain(self) -> None:
        """The last bytes, as far as the terminal takes them within a moment."""
        while self._backlog and not self._gone and self._writable(200):
            self._write_piece()
