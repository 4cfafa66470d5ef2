"""Programs on terminals of their own, driven from here: what they write, how soon, and what it costs them."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

PROGRAMS = Path(__file__).parent / "programs"
ROOT = Path(__file__).parent.parent
GIVE_UP_S = 30.0


class Line:
    """A program behind a pty of 80x24. Close it with ``with``."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        self.written = 0  # bytes
        self._tail = b""
        self.started = time.perf_counter()
        surroundings = {
            **os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), **(env or {})
        }  # fmt: skip
        self.pid, self.fd = pty.fork()
        if not self.pid:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
                os.execvpe(argv[0], list(argv), surroundings)
            finally:
                os._exit(127)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))

    @classmethod
    def of(cls, program: str, *arguments: str) -> Line:
        """One of the small programs."""
        return cls([sys.executable, str(PROGRAMS / f"{program}.py"), *arguments])

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)

    def send(self, data: str) -> None:
        """Keys, as a terminal sends them."""
        os.write(self.fd, data.encode())

    def read(self, timeout: float) -> bytes:
        """What arrives within ``timeout`` seconds."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return b""
        try:
            data = os.read(self.fd, 65536)
        except OSError as error:
            raise RuntimeError(f"The program ended: {self._tail[-400:]!r}") from error
        self.written += len(data)
        self._tail = (self._tail + data)[-8000:]
        return data

    def until(self, text: str) -> float:
        """Seconds from the start until ``text`` has been written."""
        wanted, deadline = text.encode(), time.perf_counter() + GIVE_UP_S
        self._tail = b""
        while wanted not in self._tail:
            if time.perf_counter() > deadline:
                raise RuntimeError(f"Waited for {text!r}; the program wrote {self._tail[-400:]!r}")
            self.read(0.5)
        return time.perf_counter() - self.started

    def quiet(self, seconds: float = 0.25) -> None:
        """Read until nothing has come for some time."""
        while self.read(seconds):
            pass

    @property
    def cpu_s(self) -> float:
        """Seconds on a processor so far, all threads."""
        tasks = Path(f"/proc/{self.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    @property
    def private_mb(self) -> float:
        """Memory that no other process shares, in MB (USS)."""
        text = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_")) / 1024
