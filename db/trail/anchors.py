"""Anchor lines: number, head and MAC of the audit trail after each commit, in files that only grow.

A line reads ``SEQ HEAD SECOND MAC``; one that begins with ``branch`` says that the trail was taken back to its
row by a restore. Lines hold no patient data and may be kept and sent anywhere.
"""

from __future__ import annotations

import hmac
import os
import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from db.files import cannot_be_read

SYSLOG: Final = Path("/dev/log")
SYSLOG_PRIORITY: Final = 10 * 8 + 5  # authpriv.notice, RFC 5424 section 6.2.1
TAIL_BYTES: Final = 65_536
BRANCH: Final = "branch "
LINE: Final = re.compile(rf"(({BRANCH})?(\d{{1,15}}) ([0-9a-f]{{64}}) (\d{{1,12}})) ([0-9a-f]{{64}})$")
KeyOf = Callable[[int], bytes]
"""The anchor key in force at a row."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """One anchored state: the trail ended at row ``seq``, whose MAC is ``head``."""

    seq: int
    head: bytes
    at_utc: int
    branch: bool
    mac: str
    number: int = 0  # line in its file, from 1

    @property
    def body(self) -> str:
        return f"{BRANCH if self.branch else ''}{self.seq} {self.head.hex()} {self.at_utc}"

    def is_signed(self, key_of: KeyOf) -> bool:
        """Whether somebody who held the key wrote the line."""
        return hmac.compare_digest(_mac(self.body, key_of(self.seq)), self.mac)


def signed(seq: int, head: bytes, key: bytes, *, branch: bool = False) -> Anchor:
    """The anchor of a state, as of now."""
    line = Anchor(seq, head, int(time.time()), branch, "")
    return Anchor(seq, head, line.at_utc, branch, _mac(line.body, key))


def read(lines: Iterable[bytes], *, anywhere: bool = False) -> Iterator[Anchor | int]:
    """The anchors of a file in order; for a line that is none, its number.

    ``anywhere`` finds them behind other text too, as syslog puts it, and passes over lines without any.
    """
    for number, raw in enumerate(lines, 1):
        text = raw.decode("ascii", "replace").rstrip("\r\n")
        found = LINE.search(text) if anywhere else LINE.fullmatch(text)
        if found:
            yield Anchor(
                int(found[3]), bytes.fromhex(found[4]), int(found[5]), found[2] is not None, found[6], number
            )
        elif text and not anywhere:
            yield number


def newest(path: Path, key_of: KeyOf) -> Anchor | None:
    """The highest state that the last lines anchor (sessions write theirs side by side), or None."""
    try:
        with path.open("rb") as file:
            start = max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES)
            file.seek(start)
            lines = file.read().splitlines()[1 if start else 0 :]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise cannot_be_read(path, error) from error
    best: Anchor | None = None
    for line in read(lines):
        if isinstance(line, Anchor) and line.is_signed(key_of):
            best = line if line.branch or best is None or line.seq > best.seq else best
    return best


def append(path: Path, line: Anchor, *, sync: bool = False) -> None:
    """Add a line, on a line of its own even after one that was cut short. Raises ``OSError``."""
    descriptor = _opened(path)
    try:
        text = f"{line.body} {line.mac}\n".encode("ascii")
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            text = b"\n" + text
        if os.write(descriptor, text) != len(text):
            raise OSError("the line was cut short")
        if sync:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_writable(path: Path) -> None:
    """Raise ``OSError`` when a line could not be added now."""
    descriptor = _opened(path)
    try:
        if os.fstatvfs(descriptor).f_bavail == 0:
            raise OSError("the disk is full")
    finally:
        os.close(descriptor)


def to_syslog(line: Anchor, socket_path: Path = SYSLOG) -> bool:
    """Send a line to the system's log; whether there was one that took it."""
    message = f"<{SYSLOG_PRIORITY}>recordroom: anchor {line.body} {line.mac}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as system_log:
        system_log.setblocking(False)  # a log that does not read must not hold anybody up
        try:
            system_log.sendto(message.encode("ascii"), str(socket_path))
        except OSError:
            return False
    return True


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)


def _mac(body: str, key: bytes) -> str:
    return hmac.digest(key, body.encode(), "sha256").hex()
