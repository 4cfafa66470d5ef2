"""A new data key for a store that lives: rotation, revocation for cause, and recovery with printed shares.

A rotation is killed or finished, never lost. Both keys stand in the slot file, on disk, before the first page is
encrypted anew, and the old one leaves it only when the database was opened and checked under the new one and
the drafts are sealed anew. Killed anywhere between, exactly one of the two opens the database, sign-on tries
both, and the next rotation goes on where this one stopped.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from db import drafts, store
from db.access import second_factor, sessions, sign_on, standing, users
from db.actors import Action, Actor, Role
from db.acts import act, permit
from db.connect import StoreError, rekey_database, writing
from db.keyring import keys
from db.keyring.derivation import KEY_BYTES
from db.keyring.slots import SlotFile
from db.schema.store import KeyState, User
from db.store import Store
from db.trail.audit import Trail


@dataclass(frozen=True, slots=True)
class Rotated:
    """The generation of the data key in force now, and files of drafts that no key of the store opened."""

    generation: int
    resumed: bool  # an earlier rotation was finished; nothing new was begun
    damaged_drafts: tuple[str, ...]


def rotate(actor: Actor, *, wait: bool = False) -> Rotated:
    """Give the store a new data key, or finish a rotation that was cut short; slots keep their passphrases.

    Everybody else must be out; with ``wait`` nobody comes in any more and those inside are waited for. Raises
    ``NotPermitted``, and ``StoreError`` when others are signed on or the disk has no room for it.
    """
    permit(actor, Action.ADMINISTER_KEYS, kind="key")
    here = store.current()
    with sessions.maintenance(here.directory, wait=wait):
        resumed = _waits(here)
        if not resumed:
            _begin(actor, here)
        return _finish(actor, here, resumed=resumed)


def revoke(actor: Actor, name: str, *, wait: bool = False) -> Rotated:
    """Take a user's or service's key away and give the store a new data key, which they cannot have seen.

    A copy of the store made before is still open to what they had: destroy it. Raises as ``rotate`` does, and
    ``StoreError`` for oneself and for the last enabled administrator.
    """
    permit(actor, Action.ADMINISTER_KEYS, kind="user", record=name)
    here = store.current()
    if name == actor.user:
        raise StoreError("You cannot revoke your own key: another administrator has to.")
    users.check_can_go(name)
    with sessions.maintenance(here.directory, wait=wait):
        if _waits(here):
            _finish(actor, here, resumed=True)
        _begin(actor, here, without=name)
        return _finish(actor, here, resumed=False)


def recover(directory: Path, shares: Iterable[str], name: str, passphrase: str, *, where_from: str) -> None:
    """Give an administrator a new passphrase with two recovery shares, and let them sign on again.

    A second factor is taken away as well: it may be what was lost. Raises ``WrongKey``, ``StoreError``.
    """
    store.check_passphrase(passphrase)
    opened = keys.unlock_with_shares(directory, shares)
    here = store.open_store(directory, opened)
    sessions.name(keys.SHAREHOLDERS)
    session = secrets.token_hex(4)
    actor = Actor(0, keys.SHAREHOLDERS, frozenset({Role.ADMINISTRATOR}), where_from, session)
    try:
        with act(actor, Action.ADMINISTER_KEYS, kind="user", record=name) as done:
            user = users.administrator(name)
            file, ring = users.slot_file(here)
            cost = store.passphrase_cost()
            keys.add_user(file, ring, name, passphrase, actor.user, cost)
            users.note(here, keys.set_administrator(file, ring, name, administrator=True))
            User.update(disabled_utc=None).where(User.id == user.id).execute()
            second_factor.forget(name)
            standing.end_others(user.id)
            done.detail["recovered"] = "new passphrase"
        sign_on.note_unlocked(directory, name, actor.user)
    finally:
        sign_on.off(actor)


def new_shares(actor: Actor) -> list[str]:
    """Recovery shares in the place of the printed ones, which open nothing any more."""
    here = store.current()
    with act(actor, Action.ADMINISTER_KEYS, kind="key", record="recovery shares") as done:
        file, ring = users.slot_file(here)
        revision, shares = keys.add_recovery(file, ring, actor.user)
        users.note(here, revision)
        done.detail["recovery"] = "new shares"
    return shares


def _waits(here: Store) -> bool:
    """Whether a rotation was begun and not finished."""
    return len(here.ring) > 1


def _begin(actor: Actor, here: Store, *, without: str = "") -> None:
    """Both keys in every slot that stays, on disk; the database is still under the old one."""
    new = here.generation + 1
    with act(actor, Action.ADMINISTER_KEYS, kind="key", record=str(new)) as done:
        file, ring = users.slot_file(here)
        done.detail["rotation"] = "begun"
        if without:
            users.let_go(without)
            for kind in (keys.USER, keys.SERVICE):
                file.drop(kind, without)
            done.detail["revoked"] = without
        ring[new] = os.urandom(KEY_BYTES)
        for slot in file.slots:
            file.wrap(slot, new, ring[new])
        users.note(here, file.write(ring))
    here.ring = ring


def _finish(actor: Actor, here: Store, *, resumed: bool) -> Rotated:
    new = max(here.ring)
    if here.generation != new:
        rekey_database(here.ring[new])
        store.rekeyed(new)
    damaged = drafts.reseal()
    if KeyState.get_by_id(1).generation != new:
        _begin_epoch(actor, here, damaged)
    _drop_old(here)
    return Rotated(new, resumed, tuple(damaged))


def _begin_epoch(actor: Actor, here: Store, damaged: list[str]) -> None:
    """The last audit row under the old key says so; from the next on the trail is chained under the new one."""
    with act(actor, Action.ADMINISTER_KEYS, kind="key", record=str(here.generation)) as done:
        done.detail["rotation"] = "done"
        if damaged:
            done.detail["drafts_not_opened"] = damaged
    with writing():
        Trail.begin(here.directory, here.data_key, here.generation)
        users.note(here, SlotFile.read(here.directory).revision)
    store.rekeyed(here.generation)


def _drop_old(here: Store) -> None:
    """The old key leaves the slot file: nothing in the store needs it any more."""
    file = SlotFile.read(here.directory)
    file.check(here.data_key, here.generation)
    for slot in file.slots:
        slot["keys"] = {str(here.generation): slot["keys"][str(here.generation)]}
    here.ring = {here.generation: here.data_key}
    revision = file.write(here.ring)
    with writing():
        users.note(here, revision)
