"""Record locks: who is changing what since when. A lock expires, so a killed session holds nothing long."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from peewee import Expression

from db.actors import Action, Actor
from db.acts import act
from db.connect import writing
from db.schema.store import RecordLock

MINUTES: Final = 20  # longer than the idle lock, so that a session that still lives keeps its record


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody else has the record."""

    user: str
    full_name: str
    since_utc: int


def take(actor: Actor, kind: str, record: str) -> Held | None:
    """Take or renew a lock; returns who holds it when it cannot be had.

    A user's own lock moves to the new session: after a dropped line nobody is kept out by themselves.
    """
    now = int(time.time())
    with writing():
        lock: RecordLock | None = RecordLock.get_or_none(_is(kind, record))
        mine = lock is not None and (lock.user_id, lock.session) == (actor.user_id, actor.session)
        theirs = lock is not None and lock.user_id != actor.user_id
        if lock is not None and theirs and lock.expires_utc > now:
            return Held(lock.user.name, lock.user.full_name, lock.taken_utc)
        RecordLock.delete().where(_is(kind, record)).execute()
        RecordLock.create(
            kind=kind, record_id=record, user=actor.user_id, session=actor.session,
            taken_utc=lock.taken_utc if lock and mine else now, expires_utc=now + MINUTES * 60,
        )  # fmt: skip
    return None


def take_over(actor: Actor, kind: str, record: str, reason: str) -> str:
    """Take a record from whoever has it; their name, blank when nobody had. Raises ``NotPermitted``.

    The one who had it can only read it from then on, and keeps the draft.
    """
    with act(actor, Action.TAKE_OVER, kind=kind, record=record) as done:
        lock: RecordLock | None = RecordLock.get_or_none(_is(kind, record))
        was = lock.user.name if lock is not None else ""
        done.detail |= {"from": was, "reason": reason}
        now = int(time.time())
        RecordLock.delete().where(_is(kind, record)).execute()
        RecordLock.create(
            kind=kind, record_id=record, user=actor.user_id, session=actor.session, taken_utc=now,
            expires_utc=now + MINUTES * 60,
        )  # fmt: skip
    return was


def release(actor: Actor, kind: str = "", record: str = "") -> None:
    """Give back one lock, or all of this session."""
    mine = (RecordLock.user == actor.user_id) & (RecordLock.session == actor.session)
    with writing():
        RecordLock.delete().where(mine & _is(kind, record) if kind else mine).execute()


def keep(actor: Actor, kind: str, record: str) -> Held | None:
    """Renew a lock that has used up half its time; who has it now, when somebody took it over.

    Called at every field exit, so it reads before it writes.
    """
    lock: RecordLock | None = RecordLock.get_or_none(_is(kind, record))
    if lock is None:
        return None
    if (lock.user_id, lock.session) != (actor.user_id, actor.session):
        return Held(lock.user.name, lock.user.full_name, lock.taken_utc)
    return take(actor, kind, record) if lock.expires_utc < time.time() + MINUTES * 30 else None


def _is(kind: str, record: str) -> Expression:
    return (RecordLock.kind == kind) & (RecordLock.record_id == record)
