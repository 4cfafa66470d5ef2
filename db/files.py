"""Files beside the database, replaced whole: a reader finds the old or the new, never a part."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from db.connect import StoreError

FULL_PERCENT: Final = 75  # NIST SP 800-53 AU-5(1): warn when that much of the room for the trail is used


def percent_used(directory: Path) -> int:
    """How much of the disk that holds a directory is used, of what this account may use."""
    usage = shutil.disk_usage(directory)
    return 100 * usage.used // (usage.used + usage.free) if usage.used + usage.free else 0


def disk_warning(store: Path) -> str:
    """What to say while the store's disk is filled to 75 % or more; empty below."""
    used = percent_used(store)
    if used < FULL_PERCENT:
        return ""
    return f"The store's disk is {used} % full: make room before it is, or nothing can be filed."


def cannot_be_read(path: Path, error: OSError) -> StoreError:
    """The sentence about a file of the store that is there and cannot be read."""
    return StoreError(
        f"{path} cannot be read ({error.strerror}): see who owns it and its modes, run as the account that owns the "
        "store, and check the disk."
    )


def read_file(path: Path) -> bytes:
    """A file of the store, whole. Raises ``FileNotFoundError``, and ``StoreError`` when it is there and unreadable."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise cannot_be_read(path, error) from error


def replace_file(path: Path, data: bytes, *, sync: bool = True) -> None:
    """Put ``data`` in the place of ``path`` in one step, readable by the owner alone.

    ``sync`` waits until it is on the disk. Raises ``OSError``; the old file then stays.
    """
    with replacing(path, sync=sync) as spare:
        spare.write_bytes(data)


@contextmanager
def replacing(path: Path, *, sync: bool = True) -> Iterator[Path]:
    """A file beside ``path`` to write to, readable by the owner alone, which takes its place at the end.

    ``sync`` waits until it is on the disk. What is raised inside, and ``OSError``, leave the old file as it was.
    """
    spare = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        os.close(os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        yield spare
        if sync:
            _sync(spare)
        os.replace(spare, path)
    except BaseException:
        spare.unlink(missing_ok=True)
        raise
    if sync:
        _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
