"""A real terminal for tests: a program behind a pty, with a pyte screen in front. No sleeps, only deadlines."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pyte

KEYS = {
    "enter": "\r", "tab": "\t", "shift+tab": "\x1b[Z", "backspace": "\x7f", "delete": "\x1b[3~", "insert": "\x1b[2~",
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
    "pageup": "\x1b[5~", "pagedown": "\x1b[6~", "f1": "\x1bOP", "f2": "\x1bOQ", "f3": "\x1bOR", "f4": "\x1bOS",
    "f5": "\x1b[15~", "f6": "\x1b[17~", "f7": "\x1b[18~", "f8": "\x1b[19~", "f9": "\x1b[20~", "f10": "\x1b[21~",
    "f11": "\x1b[23~", "f12": "\x1b[24~", "esc": "\x1b",
} | {f"ctrl+{chr(96 + code)}": chr(code) for code in range(1, 27)}  # fmt: skip
SECONDS = 20.0  # how long anything may take before a test gives up


class Gone(AssertionError):
    """The program did not do what was waited for; the message holds the screen."""


def wait_until(holds: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Look again and again until ``holds`` does, for what no terminal shows."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise Gone(f"It did not come to hold within {seconds} s.")
        select.select([], [], [], 0.02)


class Terminal:
    """``with Terminal([...]) as terminal: terminal.wait_for("===>"); terminal.keys("ABC", "enter")``."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
        cwd: str | Path | None = None,
    ) -> None:
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""  # everything that the program has written
        self.status: int | None = None
        surroundings = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", **(env or {})}
        surroundings.pop("COLUMNS", None)
        surroundings.pop("LINES", None)
        self.pid, self.fd = pty.fork()
        if not self.pid:  # the program itself, on its own terminal
            try:
                signal.signal(signal.SIGHUP, signal.SIG_DFL)  # tests may run where hang-ups are ignored
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                os.chdir(cwd or os.getcwd())
                os.execvpe(argv[0], list(argv), surroundings)
            finally:
                os._exit(127)
        self._set_size(columns, rows)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.status is None:
            self.signal(signal.SIGKILL)
            self._reap()
        self.close()

    # --- keys ----------------------------------------------------------------------------------------------

    def send(self, data: str | bytes) -> None:
        """Bytes as they are, all at once, without waiting for anything."""
        pending = data.encode() if isinstance(data, str) else data
        while pending:
            _, writable, _ = select.select([], [self.fd], [], 0.05)
            if writable:
                written = os.write(self.fd, pending[:1024])
                pending = pending[written:]
            self.read(0)

    def keys(self, *keys: str) -> None:
        """Named keys (see ``KEYS``) and texts, in one burst."""
        self.send("".join(KEYS.get(key, key) for key in keys))

    def slowly(self, *keys: str, settle: float = 0.02) -> None:
        """Each key on its own, the next when the program has been quiet for ``settle`` seconds."""
        for key in keys:
            for stroke in [KEYS[key]] if key in KEYS else key:
                self.send(stroke)
                self.quiet(settle)

    # --- what is shown -------------------------------------------------------------------------------------

    def read(self, timeout: float) -> bytes:
        """What arrives within ``timeout`` seconds, shown on the screen; empty when nothing does."""
        readable, _, _ = select.select([self.fd], [], [], timeout)
        if not readable:
            return b""
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the program has closed its side
            data = b""
        self.raw += data
        self.stream.feed(data)
        return data

    def quiet(self, seconds: float = 0.15) -> None:
        """Read until nothing has arrived for ``seconds``."""
        while self.read(seconds):
            pass

    @property
    def lines(self) -> list[str]:
        """The rows as they stand. Only cells that were written are read: pyte's ``display`` reads all of them."""
        rows = [self.screen.buffer[row] for row in range(self.screen.lines)]
        return ["".join(row[x].data for x in range(max(row, default=-1) + 1)).rstrip() for row in rows]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def cursor(self) -> tuple[int, int]:
        """Column and row, from 0."""
        return self.screen.cursor.x, self.screen.cursor.y

    def wait_for(self, wanted: str | Callable[[Terminal], bool], seconds: float = SECONDS) -> None:
        """Read until the screen shows a text, or a predicate of this terminal holds."""
        deadline = time.monotonic() + seconds
        while not (wanted in self.text if isinstance(wanted, str) else wanted(self)):
            left = deadline - time.monotonic()
            if left <= 0:
                raise Gone(f"Waited {seconds} s for {wanted!r}; the screen shows:\n{self.text}")
            if not self.read(min(left, 0.5)) and self._ended():
                self.read(0)
                if wanted in self.text if isinstance(wanted, str) else wanted(self):
                    return
                raise Gone(f"The program ended ({self.status}) before {wanted!r}:\n{self.text}")

    # --- the line ------------------------------------------------------------------------------------------

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(rows, columns)
        self._set_size(columns, rows)

    def signal(self, number: int) -> None:
        if self.status is None:
            os.kill(self.pid, number)

    def hang_up(self) -> None:
        """The line drops: the terminal is closed under the program, which gets SIGHUP from the kernel."""
        self.close()

    def close(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    # --- the end -------------------------------------------------------------------------------------------

    def _ended(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def _reap(self) -> None:
        if self.status is None:
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def wait_exit(self, seconds: float = SECONDS) -> int:
        """The exit status; minus the signal's number when one killed it."""
        deadline = time.monotonic() + seconds
        while not self._ended():
            if time.monotonic() > deadline:
                raise Gone(f"Still running after {seconds} s; the screen shows:\n{self.text}")
            if self.fd >= 0:
                self.read(0.02)
            else:
                select.select([], [], [], 0.02)
        if self.fd >= 0:
            self.quiet(0)
        assert self.status is not None
        return self.status

    @property
    def cpu_seconds(self) -> float:
        """User and system time of the program so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def rss_megabytes(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024
