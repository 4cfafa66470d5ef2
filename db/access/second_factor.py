"""Second factor: six digits that the user's authenticator shows, new every 30 seconds (RFC 6238), each good once.

It is a gate, not key material: who holds a passphrase and a copy of the store gets by without it.
"""

from __future__ import annotations

import base64
import os
import time
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from db import store
from db.access import standing
from db.actors import Action, Actor
from db.acts import act
from db.connect import StoreError, database, writing
from db.schema.store import SecondFactor, User

SECRET_BYTES: Final = 20  # RFC 4226 section 4; with HMAC-SHA-1 because authenticators know little else
DIGITS: Final = 6
STEP_SECONDS: Final = 30
DRIFT_STEPS: Final = 1  # a clock that is off by less than half a minute, and slow typing


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A secret on its way into an authenticator; nothing is kept until a code of it was given back."""

    user: str
    uri: str = field(repr=False)
    secret: bytes = field(repr=False)


def begin(actor: Actor, name: str) -> Enrolment:
    """A new secret for a user, to be shown once. Raises ``StoreError`` for an unknown user."""
    if User.get_or_none(User.name == name) is None:
        raise StoreError(f"There is no user {name}: 'recordroom user list' shows those there are.")
    secret = os.urandom(SECRET_BYTES)
    uri = _totp(secret).get_provisioning_uri(name, store.current().facility)
    return Enrolment(name, uri, secret)


def enable(actor: Actor, enrolment: Enrolment, code: str) -> None:
    """Ask a user for a code from the next sign-on on; ``code`` shows that the authenticator has the secret.

    Users may do this for themselves. Raises ``StoreError`` when the code is not right.
    """
    action = Action.SIGN_ON if actor.user == enrolment.user else Action.ADMINISTER_USERS
    with act(actor, action, kind="user", record=enrolment.user) as done:
        step = _step_of(enrolment.secret, code)
        if step is None:
            raise StoreError(
                "The code is not right: nothing was changed. Check the clock of the authenticator."
            )
        user = User.get(User.name == enrolment.user)
        SecondFactor.delete().where(SecondFactor.user == user).execute()
        SecondFactor.create(user=user, secret=enrolment.secret, last_step=step)
        standing.end_others(user.id)
        done.detail["second_factor"] = "enabled"


def disable(actor: Actor, name: str) -> None:
    """Ask a user for no code any more, as when the authenticator was lost."""
    with act(actor, Action.ADMINISTER_USERS, kind="user", record=name) as done:
        if not forget(name):
            raise StoreError(f"{name} has no second factor.")
        standing.end_others(User.get(User.name == name).id)
        done.detail["second_factor"] = "disabled"


def forget(name: str) -> bool:
    """Drop a user's second factor inside the caller's transaction; whether there was one."""
    user = User.select(User.id).where(User.name == name)
    return bool(SecondFactor.delete().where(SecondFactor.user.in_(user)).execute())


def asked_of(name: str) -> bool:
    """Whether a user is asked for a code."""
    # A store that waits for its upgrade has no such table yet, and asks nobody.
    return database.table_exists("second_factor") and _of(name) is not None


def passes(connection: Any, name: str, code: str) -> bool:
    """Whether a user is asked for no code, or this is one that was not used before; reads and records nothing."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'second_factor'").fetchone():
        return True
    row = connection.execute(
        "SELECT f.secret, f.last_step FROM second_factor f JOIN user u ON u.id = f.user_id WHERE u.name = ?",
        (name,),
    ).fetchone()
    return row is None or _unused_step(bytes(row[0]), row[1], code) is not None


def accept(name: str, code: str, *, record: bool = True) -> bool:
    """Whether this is a code of now that was not used before; it is used up by that, unless nothing is recorded."""
    factor = _of(name)
    step = _unused_step(bytes(factor.secret), factor.last_step, code) if factor else None
    if factor is None or step is None:
        return False
    if not record:
        return True
    with writing():  # of two sessions with the same code one is let in
        used = SecondFactor.update(last_step=step).where(
            SecondFactor.user == factor.user_id, SecondFactor.last_step < step
        )
        return bool(used.execute())


def code_at(secret: bytes, second: float) -> str:
    """The code that an authenticator shows at a UTC second."""
    return _totp(secret).generate(int(second)).decode("ascii")


def secret_in(uri: str) -> bytes:
    """The secret in a provisioning URI, as an authenticator reads it."""
    text = uri.partition("secret=")[2].partition("&")[0]
    return base64.b32decode(text + "=" * (-len(text) % 8))


def _of(name: str) -> SecondFactor | None:
    found: SecondFactor | None = SecondFactor.select().join(User).where(User.name == name).first()
    return found


def _unused_step(secret: bytes, last_step: int, code: str) -> int | None:
    step = _step_of(secret, code)
    return step if step is not None and step > last_step else None


def _step_of(secret: bytes, code: str) -> int | None:
    """The time step that a code belongs to, near enough to now."""
    now = int(time.time()) // STEP_SECONDS
    digits = code.replace(" ", "").encode("ascii", "replace")
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        try:
            _totp(secret).verify(digits, step * STEP_SECONDS)
        except InvalidToken:
            continue
        return step
    return None


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_SECONDS)  # noqa: S303
