"""Opening a store and giving others the means to: passphrases, service key files and recovery shares.

Whoever changes slots holds the data key already; every change is part of an audited act of db/access/users.py.
"""

from __future__ import annotations

import base64
import os
import stat
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag

from db.connect import StoreError
from db.keyring.derivation import KEY_BYTES, Cost, derived
from db.keyring.slots import Ring, Slot, SlotFile

USER: Final = "user"
SERVICE: Final = "service"
RECOVERY: Final = "recovery"
SHAREHOLDERS: Final = "recovery shares"  # who acts, in the audit trail, when nobody could sign on
SHARES: Final = 3  # printed at init
THRESHOLD: Final = 2  # of them open the store
WRONG: Final = "The user name or the passphrase is not right."


class WrongKey(StoreError):
    """User, passphrase, key file or shares do not open this store."""


@dataclass(frozen=True, slots=True)
class Unlocked:
    """What a slot holds, and whether its passphrase is kept at a lower cost than the site asks for now."""

    file: SlotFile
    ring: Ring
    slot: Slot


def create(directory: Path, user: str, passphrase: str, cost: Cost) -> tuple[bytes, list[str]]:
    """Make the slot file with a user and a recovery slot; the data key, and the recovery shares to print."""
    data_key, secret = os.urandom(KEY_BYTES), os.urandom(KEY_BYTES)
    file = SlotFile.new(directory)
    for slot in (
        _user_slot(file, user, passphrase, "init", cost) | {"administrator": True},
        file.make(RECOVERY, RECOVERY, derived(secret, RECOVERY), "init"),
    ):
        file.wrap(slot, 1, data_key)
        file.put(slot)
    file.write({1: data_key})
    return data_key, shares_of(secret)


def unlock(directory: Path, user: str, passphrase: str) -> Unlocked:
    """Open a user's slot. Raises ``WrongKey`` without telling which part was wrong."""
    file = SlotFile.read(directory)
    slot = file.find(USER, user)
    if slot is None:
        Cost().derive(passphrase, os.urandom(16))  # an unknown user takes as long as a known one
        raise WrongKey(WRONG)
    try:
        key = Cost.from_json(slot["kdf"]).derive(passphrase, base64.b64decode(slot["salt"], validate=True))
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"The key slot of {user} is damaged: put back the copy of {file.path.name} of the newest backup."
        ) from error
    opened = _opened(file, slot, key, WRONG)
    if slot["disabled"]:
        raise WrongKey(f"The user {user} has been disabled. An administrator can enable it again.")
    if has_ended(slot):
        raise WrongKey(
            f"The key of {user} has ended, as was agreed. An administrator can give it another day."
        )
    return opened


def unlock_service(directory: Path, key_file: Path) -> tuple[str, Unlocked]:
    """The service name and its slot, opened with a key file (``name:hex``). Raises ``WrongKey``."""
    message = f"The service key in {key_file} does not belong to this store."
    try:
        _check_private(key_file)
        name, _, text = key_file.read_text(encoding="ascii").strip().partition(":")
        secret = bytes.fromhex(text)
    except (OSError, ValueError) as error:
        raise WrongKey(f"{key_file} cannot be read as a service key file.") from error
    file = SlotFile.read(directory)
    slot = file.find(SERVICE, name)
    if slot is None or slot["disabled"]:
        raise WrongKey(message)
    opened = _opened(file, slot, derived(secret, SERVICE), message)
    if has_ended(slot):
        raise WrongKey(
            f"The key of {name} has ended, as was agreed. An administrator can give it another day."
        )
    return name, opened


def unlock_with_shares(directory: Path, shares: Iterable[str]) -> Unlocked:
    """Open the recovery slot with ``THRESHOLD`` printed shares. Raises ``WrongKey``."""
    message = (
        "These shares do not open this store: two different ones of the three that 'init' printed are needed."
    )
    file = SlotFile.read(directory)
    slot = file.find(RECOVERY, RECOVERY)
    if slot is None:
        raise WrongKey("This store has no recovery slot.")
    return _opened(file, slot, derived(secret_of(shares, message), RECOVERY), message)


def shares_of(secret: bytes) -> list[str]:
    """The secret in ``SHARES`` lines of words, any ``THRESHOLD`` of which give it back (SLIP-0039)."""
    from shamir_mnemonic import generate_mnemonics

    return list(generate_mnemonics(1, [(THRESHOLD, SHARES)], secret, iteration_exponent=0)[0])


def secret_of(shares: Iterable[str], message: str) -> bytes:
    """The secret behind printed shares. Raises ``WrongKey`` with ``message`` for too few or wrong ones."""
    from shamir_mnemonic import MnemonicError, combine_mnemonics

    lines = [" ".join(share.lower().split()) for share in shares if share.strip()]
    try:
        return bytes(combine_mnemonics(lines))
    except MnemonicError as error:
        raise WrongKey(message) from error


def add_user(file: SlotFile, ring: Ring, user: str, passphrase: str, by: str, cost: Cost) -> int:
    """Give a user a slot, or a new passphrase; returns the revision of the file."""
    return _add(file, ring, _user_slot(file, user, passphrase, by, cost))


def add_service(file: SlotFile, ring: Ring, name: str, by: str) -> tuple[int, str]:
    """Give a batch service a slot; the revision, and the text of its key file, which is kept nowhere else."""
    secret = os.urandom(KEY_BYTES)
    revision = _add(file, ring, file.make(SERVICE, name, derived(secret, SERVICE), by))
    return revision, f"{name}:{secret.hex()}\n"


def add_recovery(file: SlotFile, ring: Ring, by: str) -> tuple[int, list[str]]:
    """New recovery shares in the place of the old ones, which open nothing any more."""
    secret = os.urandom(KEY_BYTES)
    revision = _add(file, ring, file.make(RECOVERY, RECOVERY, derived(secret, RECOVERY), by))
    return revision, shares_of(secret)


def set_disabled(file: SlotFile, ring: Ring, user: str, *, disabled: bool) -> int:
    """Close the slot of a user or service, or open it again; returns the revision of the file."""
    slot = file.find(USER, user) or file.find(SERVICE, user)
    if slot is None:
        raise StoreError(f"There is no key slot of {user}.")
    slot["disabled"] = disabled
    return file.write(ring)


def set_administrator(file: SlotFile, ring: Ring, user: str, *, administrator: bool) -> int:
    """Note on a user's slot whether it is an administrator's, for the lockout; the revision of the file."""
    slot = file.find(USER, user)
    if slot is None:
        raise StoreError(f"There is no key slot of {user}.")
    if administrator and "expires_utc" in slot:
        raise StoreError(
            f"The key of {user} ends on a day, which an administrator's may not: 'user expires {user}'."
        )
    slot["administrator"] = administrator
    return file.write(ring)


def set_expiry(file: SlotFile, ring: Ring, user: str, expires_utc: int | None) -> int:
    """Let the slot of a user or service open until a second, or for good (None); the revision of the file."""
    slot = file.find(USER, user) or file.find(SERVICE, user)
    if slot is None:
        raise StoreError(f"There is no key slot of {user}.")
    if slot.get("administrator"):
        raise StoreError(
            f"{user} is an administrator, whose key does not end by itself: take the role away first."
        )
    slot.pop("expires_utc", None)
    if expires_utc is not None:
        slot["expires_utc"] = expires_utc
    return file.write(ring)


def strengthened(opened: Unlocked, passphrase: str, cost: Cost) -> Slot:
    """The slot as it looks with its passphrase derived at another cost. Slow, as a derivation has to be."""
    slot = dict(opened.slot)
    old_key = Cost.from_json(slot["kdf"]).derive(passphrase, base64.b64decode(slot["salt"], validate=True))
    salt = os.urandom(16)
    opened.file.reseal(slot, old_key, cost.derive(passphrase, salt))
    return slot | {"kdf": cost.as_json(), "salt": base64.b64encode(salt).decode("ascii")}


def put_strengthened(directory: Path, opened: Unlocked, slot: Slot) -> int | None:
    """Put it into the file as it is now; the revision, or None when the passphrase was changed meanwhile."""
    file = SlotFile.read(directory)
    now = file.find(USER, slot["name"])
    if now is None or now["salt"] != opened.slot["salt"]:
        return None
    now.update({part: slot[part] for part in ("private", "kdf", "salt")})
    return file.write(opened.ring)


def _user_slot(file: SlotFile, user: str, passphrase: str, by: str, cost: Cost) -> Slot:
    salt = os.urandom(16)
    before = file.find(USER, user) or {}
    kept = {
        "kdf": cost.as_json(),
        "salt": base64.b64encode(salt).decode("ascii"),
        "administrator": before.get("administrator", False),
        **({"expires_utc": before["expires_utc"]} if "expires_utc" in before else {}),
    }
    return file.make(USER, user, cost.derive(passphrase, salt), by, **kept)


def has_ended(slot: Slot) -> bool:
    """Whether the last day of a key is over."""
    return int(slot.get("expires_utc", time.time() + 1)) <= time.time()


def _check_private(key_file: Path) -> None:
    """Raise ``WrongKey`` for a key file that others can read. What systemd hands over has rights of its own."""
    if key_file.parent == Path(os.environ.get("CREDENTIALS_DIRECTORY", "")):
        return
    if key_file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise WrongKey(
            f"{key_file} can be read by others: chmod 600 it, and revoke the key if somebody may have seen it."
        )


def _add(file: SlotFile, ring: Ring, slot: Slot) -> int:
    for generation, data_key in ring.items():
        file.wrap(slot, generation, data_key)
    file.put(slot)
    return file.write(ring)


def _opened(file: SlotFile, slot: Slot, key: bytes, message: str) -> Unlocked:
    try:
        return Unlocked(file, file.open(slot, key), slot)
    except InvalidTag:
        raise WrongKey(message) from None
