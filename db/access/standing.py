"""Whether the session of this process still stands: somebody may have ended it, and none goes on for ever.

A session is over when its user was disabled, holds other roles, another passphrase or second factor, or when it is
older than the site lets one be: at its next act, and where nothing is done within half a minute (NIST SP 800-53
AC-2(13), AC-12; OWASP ASVS 5.0, session timeout and termination).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from time import monotonic
from typing import Final

from db.connect import database
from rules.findings import SessionOver

ENDED: Final = "sessions ended of user "  # counter; the user's number follows
HOUR_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class Standing:
    """What was so when the session began. ``until`` is a moment of the monotonic clock."""

    user_id: int
    ended: int
    until: float
    hours: int


_mine: Standing | None = None


def begin(user_id: int, hours: int) -> None:
    """A session begins here that lasts so many hours at most; 0 is any number."""
    global _mine
    until = monotonic() + hours * HOUR_SECONDS if hours else inf
    _mine = Standing(user_id, _now(user_id)[1], until, hours)


def forget() -> None:
    """There is no session here any more."""
    global _mine
    _mine = None


def check() -> None:
    """Raise ``SessionOver`` when the session of this process has been ended, or has lasted too long."""
    if _mine is None:
        return
    disabled, ended = _now(_mine.user_id)
    if disabled or ended != _mine.ended:
        raise SessionOver(
            "Your session was ended: your passphrase, your roles or your leave to be here were changed. Sign on again."
        )
    if monotonic() > _mine.until:
        raise SessionOver(f"Your session has lasted {_mine.hours} hours, the most there is: sign on again.")


def end_others(user_id: int) -> None:
    """End every session of a user but this one, inside the caller's transaction."""
    global _mine
    database.execute_sql(
        "INSERT INTO counter VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1",
        (f"{ENDED}{user_id}",),
    )
    if _mine is not None and _mine.user_id == user_id:
        _mine = replace(_mine, ended=_now(user_id)[1])


def _now(user_id: int) -> tuple[bool, int]:
    """Whether the user is disabled or gone, and how often their sessions were ended."""
    row = database.execute_sql(
        "SELECT u.disabled_utc IS NOT NULL, coalesce(c.value, 0) FROM user u"
        " LEFT JOIN counter c ON c.name = ? WHERE u.id = ?",
        (f"{ENDED}{user_id}", user_id),
    ).fetchone()
    return (bool(row[0]), int(row[1])) if row else (True, 0)
