"""Signing on and off: the one way into an open store, and what is remembered of those who failed.

Failed sign-ons stand in ``signon.log`` beside the store (sign_on_log.py), because the database is still closed
then; a good one folds them into the audit trail.
"""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlcipher3 import dbapi2

from db import store
from db.access import policy, second_factor, sessions, sign_on_log, ssh_keys, standing
from db.actors import Action, Actor, Role
from db.connect import StoreError, writing
from db.files import disk_warning
from db.keyring import keys
from db.keyring.derivation import Cost
from db.keyring.keys import Unlocked, WrongKey
from db.keyring.sealed import reading
from db.planner import take_statistics
from db.schema.store import User
from db.store import Store
from db.trail import daily_looks
from db.trail.verifier import fitting

CODE_NEEDED: Final = "Give the code that your authenticator shows now."
WRONG_CODE: Final = "The code is not right, or was used already: wait for the next one."


class CodeNeeded(StoreError):
    """The passphrase is right and the user has a second factor: ask for its code and try again."""


@dataclass(frozen=True, slots=True)
class SignedOn:
    """A session: who, since when, and what the sign-on screen shows about the last one."""

    actor: Actor
    store: Store
    full_name: str
    last_sign_on_utc: int | None
    failures_since: int

    @property
    def warning(self) -> str:
        """What must be known before anything is done: a store that is behind, a clock that is wrong."""
        behind = self.store.clock_behind
        if self.store.tampered or not behind:
            return self.store.tampered
        return (
            f"THE CLOCK IS WRONG: the last entry of the audit trail is {behind // 60 + 1} minutes ahead of it. Have "
            "it set before you file anything: what you do now is dated before that."
        )

    @property
    def disk_warning(self) -> str:
        """What an administrator has to know about a disk that fills up; empty for others."""
        return disk_warning(self.store.directory) if Role.ADMINISTRATOR in self.actor.roles else ""


def with_passphrase(
    directory: Path, user: str, passphrase: str, *, code: str = "", where_from: str = "local",
    any_schema: bool = False,
) -> SignedOn:  # fmt: skip
    """Sign a user on. Raises ``WrongKey``, ``StoreError``, and ``CodeNeeded`` for one with a second factor."""
    opened = unlock(directory, user, passphrase, where_from=where_from)
    here = store.open_store(directory, opened, any_schema=any_schema)
    _check_code(here, user, code, where_from)
    signed_on = _session(here, user, where_from)
    _strengthen(here, opened, passphrase)
    return signed_on


def unlock(directory: Path, user: str, passphrase: str, *, where_from: str = "local") -> Unlocked:
    """A user's key, unless locked out; a failure is noted. Raises ``WrongKey``, ``StoreError``."""
    if why := sign_on_log.locked_out(directory, user):
        sign_on_log.note(directory, sign_on_log.REFUSED, user, where_from)
        raise WrongKey(why)
    try:
        return keys.unlock(directory, user, passphrase)
    except WrongKey:
        sign_on_log.note(directory, sign_on_log.FAILED, user, where_from)
        raise


def unlock_to_read(
    directory: Path, user: str, passphrase: str, *, code: str = "", where_from: str = "local", note: bool = True
) -> Unlocked:  # fmt: skip
    """A user's key for who looks from outside: nobody is signed on and nothing but failures is written.

    In a backup not even these (``note``). A code is asked for as at sign-on and is not used up. Raises
    ``CodeNeeded``, ``WrongKey``, ``StoreError``.
    """
    if note and (why := sign_on_log.locked_out(directory, user)):
        raise WrongKey(why)
    try:
        opened = keys.unlock(directory, user, passphrase)
        if not _passes(directory / store.DATABASE_NAME, opened, user, code):
            if not code:
                raise CodeNeeded(CODE_NEEDED)
            raise WrongKey(WRONG_CODE)
    except WrongKey as error:
        if note:
            _note_failure(directory, user, where_from, error)
        raise
    return opened


def _passes(path: Path, opened: Unlocked, user: str, code: str) -> bool:
    """Whether the second factor lets a user look. A database that cannot be read asks nobody: it shows nothing."""
    passed = True
    with suppress(StoreError, OSError, dbapi2.DatabaseError):  # the checks to come say what is wrong with it
        _, data_key = fitting(path, opened)
        with reading(path, data_key) as connection:
            passed = second_factor.passes(connection, user, code)
    return passed


def _note_failure(directory: Path, user: str, where_from: str, error: WrongKey) -> None:
    try:
        sign_on_log.note(directory, sign_on_log.FAILED, user, where_from)
    except OSError:  # where nothing may be written, nothing can be noted
        raise WrongKey(
            f"{error} The failure could not be noted: nothing can be written to {directory}."
        ) from None


def with_service_key(directory: Path, key_file: Path, *, any_schema: bool = False) -> SignedOn:
    """Open the store for a batch job or feed."""
    name, opened = keys.unlock_service(directory, key_file)
    return _session(store.open_store(directory, opened, any_schema=any_schema), name, "service")


def _check_code(here: Store, user: str, code: str, where_from: str) -> None:
    """Raise ``CodeNeeded`` or ``WrongKey`` unless the user has no second factor or this is a code of it."""
    if not second_factor.asked_of(user):
        return
    if code and second_factor.accept(user, code, record=not here.tampered):
        return
    store.close_store()
    if not code:
        raise CodeNeeded(CODE_NEEDED)
    sign_on_log.note(here.directory, sign_on_log.FAILED, user, where_from)
    raise WrongKey(WRONG_CODE)


def with_ssh_key(
    directory: Path, key_file: Path, user: str, fingerprint: str, *, code: str = "", where_from: str = "local"
) -> SignedOn:
    """Sign on a user whom sshd vouches for, with a service key: for sites where nobody has a passphrase.

    The caller has made sure that ``user`` and ``fingerprint`` come from sshd. Raises as ``with_passphrase`` does.
    """
    if why := sign_on_log.locked_out(directory, user):
        sign_on_log.note(directory, sign_on_log.REFUSED, user, where_from)
        raise WrongKey(why)
    here = store.open_store(directory, keys.unlock_service(directory, key_file)[1])
    if policy.policy("custody") != policy.SSH_KEY:
        store.close_store()
        raise WrongKey(
            "This store asks for passphrases: an administrator changes 'custody' to ssh-key first."
        )
    if not ssh_keys.is_bound(user, fingerprint):
        store.close_store()
        sign_on_log.note(directory, sign_on_log.FAILED, user, where_from)
        raise WrongKey(
            f"The SSH key {fingerprint or 'that you came in with'} is not bound to {user}: an administrator does "
            f"that with 'recordroom user key {user}'."
        )
    _check_code(here, user, code, where_from)
    return _session(here, user, where_from, ssh_key=fingerprint)


def confirm(actor: Actor, passphrase: str) -> bool:
    """Whether this is the passphrase of whoever is signed on, asked again after a pause or before a grave act.

    Failures count as those at sign-on do. Raises ``WrongKey`` when there were too many.
    """
    standing.check()
    directory = store.current().directory
    if why := sign_on_log.locked_out(directory, actor.user):
        raise WrongKey(why)
    try:
        keys.unlock(directory, actor.user, passphrase)
    except WrongKey:
        sign_on_log.note(directory, sign_on_log.FAILED, actor.user, actor.where_from)
        return False
    if any(line.what == sign_on_log.FAILED for line in sign_on_log.lines_of(directory, actor.user)[-1:]):
        note_unlocked(directory, actor.user, actor.user)
    return True


def off(actor: Actor) -> None:
    """Log the end of a session, anchor it durably and close the store."""
    try:
        here = store.current()
    except StoreError:  # closed already: a hang-up came while the session was ending
        return
    if not here.tampered:
        take_statistics()
        daily_looks.keep()
        with writing():
            state = here.trail.add(actor, Action.SIGN_OFF)
        here.trail.anchor(*state, sync=True)
    store.close_store()


def note_unlocked(directory: Path, user: str, by: str) -> None:
    """An administrator lets a user try again."""
    sign_on_log.note(directory, sign_on_log.UNLOCKED, user, by)


def user_of(name: str) -> User | None:
    """A user as a store of any release has one: whoever upgrades it signs on before it has the columns of today."""
    first = (User.id, User.full_name, User.disabled_utc, User.last_sign_on_utc)
    user: User | None = User.select(*first).where(User.name == name).first()
    return user


def _session(here: Store, user: str, where_from: str, *, ssh_key: str = "") -> SignedOn:
    found = user_of(user)
    if found is None or found.disabled_utc is not None:
        store.close_store()
        raise WrongKey(keys.WRONG)
    roles = frozenset(Role(held.role) for held in found.roles)
    _enter(here, user, person=Role.SERVICE not in roles)
    standing.begin(found.id, 0 if Role.SERVICE in roles else int(policy.policy("session_hours")))
    actor = Actor(found.id, user, roles, where_from, secrets.token_hex(4))
    last = found.last_sign_on_utc
    lines = sign_on_log.lines_of(here.directory, user)
    failures = sum(1 for line in lines if line.what == sign_on_log.FAILED and line.at_utc >= (last or 0))
    if not here.tampered:
        with writing():
            found.last_sign_on_utc = int(time.time())
            found.save(only=[User.last_sign_on_utc])
            store.note_file_ahead()
            _fold(here)
            detail = {
                "failures_since_last": failures, "crash_tail": here.crash_tail, "ssh_key": ssh_key,
                "clock_behind": here.clock_behind,
            }  # fmt: skip
            state = here.trail.add(
                actor, Action.SIGN_ON, detail={name: count for name, count in detail.items() if count}
            )
        here.trail.anchor(*state)
        if failures:
            note_unlocked(here.directory, user, user)  # a good sign-on forgets the failures before it
    return SignedOn(actor, here, found.full_name, last, failures)


def _enter(here: Store, user: str, *, person: bool) -> None:
    """Note who has the store open. Raises ``StoreError`` for one session of a person too many (AC-10)."""
    cap = int(policy.policy("session_cap"))
    open_now = sum(1 for each in sessions.others(here.directory) if each.user == user)
    if person and cap and open_now >= cap:
        store.close_store()
        raise StoreError(
            f"{user} has as many sessions open as are permitted ({open_now}): end one of them first."
        )
    sessions.name(user)


def _fold(here: Store) -> None:
    """Put what signon.log has gained into the audit trail, inside the caller's transaction."""
    rows, end = sign_on_log.unfolded(here.directory, {user.name for user in User.select(User.name)})
    for row in rows:
        here.trail.add(
            row.actor,
            row.action,
            kind="session",
            patient_id=row.patient_id,
            outcome=row.outcome,
            detail=row.detail,
        )
    sign_on_log.note_folded(end)


def _strengthen(here: Store, opened: Unlocked, passphrase: str) -> None:
    """Keep the passphrase at the cost that the site asks for now."""
    cost = store.passphrase_cost()
    if here.tampered or not cost.offered or Cost.from_json(opened.slot["kdf"]) == cost:
        return
    slot = keys.strengthened(opened, passphrase, cost)
    with writing():
        revision = keys.put_strengthened(here.directory, opened, slot)
        if revision is not None:
            store.note_revision(here.generation, revision)
