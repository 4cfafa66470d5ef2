"""Line printers without a queue: bytes go to a FIFO or device in the store's folder ``printers``, never for ever.

What stands in the folder is the operator's to decide: the FIFO or device itself, or a link to one.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import select
import stat
import time
from pathlib import Path
from typing import Final

from db import store
from rules.findings import Told

FOLDER: Final = "printers"
QUEUE: Final = re.compile(rf"{FOLDER}/([A-Za-z0-9_][A-Za-z0-9_.-]{{0,62}})")
PATIENCE_SECONDS: Final = 60  # without a byte taken
PIECE: Final = 65536


class NotDelivered(Told):
    """The report could not be put where it should go; one sentence."""


def place(queue: str) -> Path | None:
    """The file of a line printer whose ``queue`` is ``printers/NAME``; None for any other queue."""
    found = QUEUE.fullmatch(queue)
    return store.current().directory / FOLDER / found[1] if found else None


def write(path: Path, data: bytes, patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Write a job, whole and not mixed with another. Raises ``NotDelivered`` when nobody reads, or no longer."""
    name = f"{FOLDER}/{path.name}"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise NotDelivered(f"Nobody reads the line printer {name}: start what reads it.") from error
        raise NotDelivered(f"The line printer {name} cannot be opened: {error.strerror}.") from error
    try:
        if not (stat.S_ISFIFO(mode := os.fstat(descriptor).st_mode) or stat.S_ISCHR(mode)):
            raise NotDelivered(f"{name} is no line printer: it must be a FIFO or a device, or a link to one.")
        _alone(descriptor, name)
        _pour(descriptor, name, data, patience_seconds)
    finally:
        os.close(descriptor)


def _alone(descriptor: int, name: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise NotDelivered(f"The line printer {name} has another job in hand: print again later.") from error


def _pour(descriptor: int, name: str, data: bytes, patience_seconds: float) -> None:
    rest, told = memoryview(data), time.monotonic()
    while rest:
        left = told + patience_seconds - time.monotonic()
        ready = select.select([], [descriptor], [], left)[1] if left > 0 else []
        if not ready:
            taken = len(data) - len(rest)
            raise NotDelivered(f"The line printer {name} took {taken} of {len(data)} bytes and then no more.")
        try:
            rest = rest[os.write(descriptor, rest[:PIECE]) :]
        except BlockingIOError:
            continue
        except OSError as error:
            raise NotDelivered(f"The line printer {name} stopped reading: {error.strerror}.") from error
        told = time.monotonic()
