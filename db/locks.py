"""Record locks: who is changing what since when. A lock expires, so a killed session holds nothing long."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from db.actors import Actor
from db.connect import database, writing

MINUTES: Final = 20  # longer than the idle lock, so that a session that still lives keeps its record


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody else has the record."""

    user: str
    full_name: str
    since_utc: int


def take(actor: Actor, kind: str, record: str) -> Held | None:
    """Take or renew a lock; returns who holds it when it cannot be had."""
    now = int(time.time())
    with writing():
        row = database.execute_sql(
            "SELECT user_id, session, taken_utc, expires_utc, name, full_name FROM record_lock"
            " JOIN user ON user.id = user_id WHERE kind = ? AND record_id = ?",
            (kind, record),
        ).fetchone()
        mine = row is not None and (row[0], row[1]) == (actor.user_id, actor.session)
        if row is not None and not mine and row[3] > now:
            return Held(row[4], row[5], row[2])
        database.execute_sql(
            "INSERT INTO record_lock VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (kind, record_id) DO UPDATE SET"
            " user_id = excluded.user_id, session = excluded.session, taken_utc = excluded.taken_utc,"
            " expires_utc = excluded.expires_utc",
            (kind, record, actor.user_id, actor.session, row[2] if mine else now, now + MINUTES * 60),
        )
    return None


def release(actor: Actor, kind: str = "", record: str = "") -> None:
    """Give back one lock, or all of this session."""
    with writing():
        database.execute_sql(
            "DELETE FROM record_lock WHERE user_id = ? AND session = ?"
            + (" AND kind = ? AND record_id = ?" if kind else ""),
            (actor.user_id, actor.session, *((kind, record) if kind else ())),
        )


def keep(actor: Actor, kind: str, record: str) -> None:
    """Renew a lock that has used up half its time. Called at every field exit, so it reads before it writes."""
    row = database.execute_sql(
        "SELECT expires_utc FROM record_lock WHERE kind = ? AND record_id = ? AND user_id = ? AND session = ?",
        (kind, record, actor.user_id, actor.session),
    ).fetchone()
    if row is not None and row[0] < int(time.time()) + MINUTES * 30:
        take(actor, kind, record)
