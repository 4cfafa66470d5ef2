"""What a site asks of sign-on: cost of passphrases, sessions of one person, and who holds the keys."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from db import store
from db.actors import Action, Actor
from db.acts import act
from db.connect import StoreError
from db.keyring.derivation import NOT_OFFERED, Cost
from db.schema.store import Setting

PASSPHRASE: Final = "passphrase"  # everybody holds a key slot of their own
SSH_KEY: Final = "ssh-key"  # the service account holds the key; sshd says who comes in
COSTS: Final[Mapping[str, Cost]] = {"pbkdf2": Cost(), "argon2id": Cost.argon2id()}


def _cost(value: str) -> str:
    if value not in COSTS:
        raise StoreError(f"A passphrase is derived by {' or '.join(COSTS)}, not by {value}.")
    if not COSTS[value].offered:
        raise StoreError(NOT_OFFERED)
    return json.dumps(COSTS[value].as_json())


def _cap(value: str) -> str:
    if not (value.isascii() and value.isdecimal()):
        raise StoreError("Sessions of one person are a number; 0 is any number.")
    return str(int(value))


def _hours(value: str) -> str:
    if not (value.isascii() and value.isdecimal()):
        raise StoreError("How long a session lasts at most is a number of hours; 0 is any number.")
    return str(int(value))


def _custody(value: str) -> str:
    if value not in (PASSPHRASE, SSH_KEY):
        raise StoreError(f"Custody of the keys is {PASSPHRASE} or {SSH_KEY}, not {value}.")
    return value


@dataclass(frozen=True, slots=True)
class Rule:
    """A setting of this kind: what it says, its default as kept, and the word given to what is kept."""

    says: str
    default: str
    keep: Callable[[str], str]


RULES: Final[Mapping[str, Rule]] = {
    "passphrase_cost": Rule(
        "How passphrases are derived: pbkdf2 (FIPS) or argon2id", json.dumps(Cost().as_json()), _cost
    ),
    "session_cap": Rule("Sessions of one person at a time; 0 is any number", "3", _cap),
    "session_hours": Rule("Hours that a session lasts at most; 0 is any number", "12", _hours),
    "custody": Rule(
        "Who holds the keys: passphrase (each user) or ssh-key (the service account)", PASSPHRASE, _custody
    ),
}  # fmt: skip


def policy(name: str) -> str:
    """The value in force, as it is kept."""
    return store.setting(name, default=RULES[name].default)


def shown(name: str) -> str:
    """The value in force, in words."""
    value = policy(name)
    return str(Cost.from_json(json.loads(value))) if name == "passphrase_cost" else value


def set_policy(actor: Actor, name: str, value: str) -> None:
    """Change a setting; it holds from the next sign-on. Raises ``NotPermitted``, ``StoreError``."""
    with act(actor, Action.ADMINISTER_KEYS, kind="policy", record=name) as done:
        if name not in RULES:
            raise StoreError(f"There is no setting {name}: there are {', '.join(RULES)}.")
        kept = RULES[name].keep(value)
        done.changed({name: policy(name)}, {name: kept})
        Setting.delete().where(Setting.name == name).execute()
        Setting.create(name=name, from_day=1, value=kept, set_by=actor.user, set_utc=int(time.time()))
