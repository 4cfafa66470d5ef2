"""Signing on and off: the one way into an open store, and what is remembered of those who failed.

Failed sign-ons stand in ``signon.log`` beside the store, because the database is still closed then. Three within
15 minutes lock a user out until an administrator unlocks (NIST SP 800-53 AC-7; ASD STIG V-222432).
"""

from __future__ import annotations

import json
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from db import keys, store
from db.actors import Action, Actor, Role
from db.connect import StoreError, writing
from db.derivation import Cost
from db.keys import Unlocked, WrongKey
from db.planner import take_statistics
from db.schema.store import User
from db.store import Store

LOG_NAME: Final = "signon.log"
FAILURES: Final = 3
WITHIN_SECONDS: Final = 15 * 60
FAILED: Final = "failed"
UNLOCKED: Final = "unlocked"


@dataclass(frozen=True, slots=True)
class SignedOn:
    """A session: who, since when, and what the sign-on screen shows about the last one."""

    actor: Actor
    store: Store
    full_name: str
    last_sign_on_utc: int | None
    failures_since: int


def with_passphrase(
    directory: Path, user: str, passphrase: str, *, where_from: str = "local", any_schema: bool = False
) -> SignedOn:
    """Sign a user on. Raises ``WrongKey``, ``StoreError``."""
    if is_locked_out(directory, user):
        raise WrongKey(
            f"{user} is locked out after {FAILURES} failed sign-ons: an administrator unlocks with "
            f"'recordroom user unlock {user}'."
        )
    try:
        opened = keys.unlock(directory, user, passphrase)
    except WrongKey:
        _note(directory, FAILED, user, where_from)
        raise
    here = store.open_store(directory, opened, any_schema=any_schema)
    signed_on = _session(here, user, where_from)
    _strengthen(here, opened, passphrase)
    return signed_on


def with_service_key(directory: Path, key_file: Path, *, any_schema: bool = False) -> SignedOn:
    """Open the store for a batch job or feed."""
    name, opened = keys.unlock_service(directory, key_file)
    return _session(store.open_store(directory, opened, any_schema=any_schema), name, "service")


def off(actor: Actor) -> None:
    """Log the end of a session, anchor it durably and close the store."""
    try:
        here = store.current()
    except StoreError:  # closed already: a hang-up came while the session was ending
        return
    if not here.tampered:
        take_statistics()
        with writing():
            state = here.trail.add(actor, Action.SIGN_OFF)
        here.trail.anchor(*state, sync=True)
    store.close_store()


def is_locked_out(directory: Path, user: str) -> bool:
    """Whether the last failures of a user, since an unlock, came too close together."""
    since: list[int] = []
    for at, what in _lines(directory, user):
        since = [*since, at] if what == FAILED else []
    return any(
        later - earlier <= WITHIN_SECONDS
        for earlier, later in zip(since, since[FAILURES - 1 :], strict=False)
    )


def note_unlocked(directory: Path, user: str, by: str) -> None:
    """An administrator lets a user try again."""
    _note(directory, UNLOCKED, user, by)


def _session(here: Store, user: str, where_from: str) -> SignedOn:
    found: User | None = User.get_or_none(User.name == user)
    if found is None or found.disabled_utc is not None:
        store.close_store()
        raise WrongKey(keys.WRONG)
    roles = frozenset(Role(held.role) for held in found.roles)
    actor = Actor(found.id, user, roles, where_from, secrets.token_hex(4))
    last = found.last_sign_on_utc
    failures = sum(1 for at, what in _lines(here.directory, user) if what == FAILED and at >= (last or 0))
    if not here.tampered:
        with writing():
            found.last_sign_on_utc = int(time.time())
            found.save()
            detail = {"failures_since_last": failures} if failures else None
            state = here.trail.add(actor, Action.SIGN_ON, detail=detail)
        here.trail.anchor(*state)
        if failures:
            _note(here.directory, UNLOCKED, user, user)  # a good sign-on forgets the failures before it
    return SignedOn(actor, here, found.full_name, last, failures)


def _strengthen(here: Store, opened: Unlocked, passphrase: str) -> None:
    """Keep the passphrase at the cost that the site asks for now."""
    asked = store.setting("passphrase_cost")
    cost = Cost.from_json(json.loads(asked)) if asked else Cost()
    if not here.tampered and keys.strengthen(opened, passphrase, cost):
        with writing():
            store.note_revision(here.generation, opened.file.write(opened.ring))


def _note(directory: Path, what: str, user: str, by: str) -> None:
    """One line more. Names are written in hexadecimal: a passphrase may be typed where the name belongs."""
    line = f"{int(time.time())} {what} {user.encode().hex()} {by.replace(' ', '_')}\n"
    descriptor = os.open(directory / LOG_NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode("ascii", "replace"))
    finally:
        os.close(descriptor)


def _lines(directory: Path, user: str) -> list[tuple[int, str]]:
    """Second and kind of every line about a user, oldest first."""
    try:
        lines = (directory / LOG_NAME).read_text(encoding="ascii", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    parts = (line.split(" ") for line in lines)
    name = user.encode().hex()
    return [(int(p[0]), p[1]) for p in parts if len(p) == 4 and p[2] == name and p[0].isdecimal()]
