"""The end after an unforeseen error: an incident number for the person, a redacted log for the maintainer.

Neither holds data: no values, no local variables, and no messages of exceptions, which may quote a record.
"""

from __future__ import annotations

import os
import secrets
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

EXIT_STATUS = 70  # EX_SOFTWARE of sysexits.h
LONGEST_CHAIN = 10


def report(error: BaseException, log: Path | None) -> str:
    """Write the redacted incident to ``log`` and return its number. A log that cannot be written is said so."""
    number = f"{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(3).upper()}"
    if log is None:
        return number
    lines = [f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} incident {number}", *redacted(error), ""]
    try:
        descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError as failure:
        return f"{number} (not logged: {failure.strerror})"
    with os.fdopen(descriptor, "a", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return number


def sentence(number: str) -> str:
    """What the terminal shows."""
    return (
        f"Recordroom stopped because of an error of its own. Incident {number}. "
        "What was keyed is kept as a draft. Tell your administrator the number."
    )


def redacted(error: BaseException) -> Iterator[str]:
    """Types and places of an error and of what led to it: no message and no value."""
    current: BaseException | None = error
    for _ in range(LONGEST_CHAIN):
        if current is None:
            return
        kind = type(current)
        yield f"  {kind.__module__}.{kind.__qualname__}"
        for frame, line in traceback.walk_tb(current.__traceback__):
            yield f"    {frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}"
        current = current.__cause__ or current.__context__
