"""Who has the store open: one locked file a session, which a killed process gives back by itself.

Maintenance (a key rotation) keeps everybody else out: it holds its lock while it waits for the sessions there
are, and nobody comes in meanwhile. The files hold a user name and a second, nothing else.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from db.connect import StoreError

FOLDER: Final = "sessions"
GATE: Final = "maintenance"
LOOK_SECONDS: Final = 0.2  # between two looks at who is still there


@dataclass(frozen=True, slots=True)
class Live:
    """A session that has the store open."""

    user: str
    since_utc: int


@dataclass(slots=True)
class _Mine:
    """The file of this process's session, locked as long as it is open."""

    path: Path
    descriptor: int
    process: int


_mine: _Mine | None = None


def enter(directory: Path) -> None:
    """This process has the store open from now on. Raises ``StoreError`` during maintenance."""
    global _mine
    leave()
    folder = directory / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        _mine = _make(folder)
        free = gate_is_free(folder)
    except OSError as error:
        leave()
        raise StoreError(
            f"No session can be noted in {folder} ({error.strerror}): free space on the store's disk, and run "
            "as the account that owns the store."
        ) from error
    if not free:
        leave()
        raise StoreError("The store is being maintained: nobody can sign on until that is done. Try again.")


def name(user: str) -> None:
    """Say who it is, when that is known."""
    if _mine is not None:
        os.ftruncate(_mine.descriptor, 0)
        os.pwrite(_mine.descriptor, json.dumps([user, int(time.time())]).encode(), 0)


def leave() -> None:
    """This process has the store closed."""
    global _mine
    if _mine is not None:
        if _mine.process == os.getpid():  # a fork leaves the file to its parent
            _mine.path.unlink(missing_ok=True)
        os.close(_mine.descriptor)
        _mine = None


def others(directory: Path) -> list[Live]:
    """The sessions of other processes, oldest first; what killed ones left is cleared away."""
    found = []
    for path in (directory / FOLDER).glob("*.session"):
        if _mine is not None and path == _mine.path:
            continue
        with suppress(FileNotFoundError):  # it ended between the two looks
            live = _look_at(path)
            if live is not None:
                found.append(live)
    return sorted(found, key=lambda each: each.since_utc)


@contextmanager
def maintenance(directory: Path, *, wait: bool = False) -> Iterator[None]:
    """Have the store alone. Raises ``StoreError`` while others are signed on, unless told to wait for them."""
    with _gate(directory / FOLDER):
        while there := others(directory):
            if not wait:
                names = ", ".join(sorted({each.user or "somebody signing on" for each in there}))
                raise StoreError(
                    f"Others have the store open ({names}): end their sessions and stop the feeds first, or "
                    "use --wait, which lets nobody in meanwhile."
                )
            time.sleep(LOOK_SECONDS)
        yield


def _make(folder: Path) -> _Mine:
    """A locked file that is still the one in the folder: another process may have taken it for a dead one."""
    path = folder / f"{os.getpid()}-{secrets.token_hex(4)}.session"
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if path.stat().st_ino == os.fstat(descriptor).st_ino:
                return _Mine(path, descriptor, os.getpid())
        os.close(descriptor)


def _look_at(path: Path) -> Live | None:
    """The session behind a file, or None for one that a killed process left."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        if _locked(descriptor, fcntl.LOCK_EX):
            path.unlink(missing_ok=True)
            return None
        text = os.pread(descriptor, 1000, 0)
        user, since = json.loads(text) if text else ("", int(time.time()))
        return Live(user, since)
    finally:
        os.close(descriptor)


def gate_is_free(folder: Path) -> bool:
    """Whether nobody maintains the store."""
    descriptor = os.open(folder / GATE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        return _locked(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


@contextmanager
def _gate(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder / GATE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + 2  # somebody who signs on holds it for a moment
        while not _locked(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise StoreError("The store is being maintained by somebody else already.")
            time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int, how: int) -> bool:
    """Whether the lock could be had at once."""
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
