"""The key-slot file: one random data key opens the store, wrapped once for each user and service.

``keys.json`` holds no secret that opens anything by itself. Each slot is the data key under AES-256-GCM with
a key derived from a passphrase (users) or a key file (services); the whole file carries a MAC under a key
derived from the data key, so that a slot slipped in is seen after unlocking. An old file of this store put back
is not seen: it carries a MAC that was right, and with it the passphrases and slots of its day.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from db.connect import StoreError

FILE_NAME: Final = "keys.json"
FORMAT: Final = 1
PBKDF2_ROUNDS: Final = 600_000
KEY_BYTES: Final = 32
WRONG: Final = "The user name or the passphrase is not right."


@dataclass(frozen=True, slots=True)
class Cost:
    """What deriving a key from a passphrase costs. Only tests and the demo, whose passphrase is public, pass a
    cheap one."""

    rounds: int = PBKDF2_ROUNDS


class WrongKey(StoreError):
    """User, passphrase or key file do not open this store."""


def derived(data_key: bytes, purpose: str) -> bytes:
    """A key of its own for one purpose, derived from the data key (HKDF-SHA512)."""
    return HKDF(hashes.SHA512(), KEY_BYTES, salt=None, info=f"recordroom/{purpose}".encode()).derive(data_key)


def create(directory: Path, user: str, passphrase: str, cost: Cost = Cost()) -> bytes:
    """Make ``keys.json`` with one user slot and return the new data key."""
    data_key = os.urandom(KEY_BYTES)
    contents: dict[str, Any] = {
        "format": FORMAT, "file_id": str(uuid.uuid4()), "generation": 1, "slots": [],
    }  # fmt: skip
    contents["slots"].append(_user_slot(contents, data_key, user, passphrase, "init", cost))
    _write(directory, contents, data_key)
    return data_key


def unlock(directory: Path, user: str, passphrase: str) -> bytes:
    """The data key for a user's passphrase. Raises ``WrongKey`` without telling which part was wrong."""
    contents = _read(directory)
    slot = _find(contents, "user", user)
    if slot is None:
        _kek(passphrase, os.urandom(16), PBKDF2_ROUNDS)  # an unknown user takes as long as a known one
        raise WrongKey(WRONG)
    if slot["disabled"]:
        raise WrongKey(f"The user {user} has been disabled. An administrator can enable it again.")
    return _opened(contents, slot, _kek(passphrase, _bytes(slot["salt"]), slot["rounds"]), WRONG)


def unlock_service(directory: Path, key_file: Path) -> tuple[str, bytes]:
    """The service name and the data key for a service key file (``name:hex``)."""
    try:
        name, _, text = key_file.read_text(encoding="ascii").strip().partition(":")
        secret = bytes.fromhex(text)
    except (OSError, ValueError) as error:
        raise WrongKey(f"{key_file} cannot be read as a service key file.") from error
    contents = _read(directory)
    slot = _find(contents, "service", name)
    if slot is None or slot["disabled"]:
        raise WrongKey(f"The service key in {key_file} does not belong to this store.")
    message = f"The service key in {key_file} does not belong to this store."
    return name, _opened(contents, slot, derived(secret, "service"), message)


def add_user(
    directory: Path, data_key: bytes, user: str, passphrase: str, by: str, cost: Cost = Cost()
) -> None:  # fmt: skip
    """Give a user a slot, or a new passphrase."""
    contents = _verified(directory, data_key)
    contents["slots"] = [s for s in contents["slots"] if (s["type"], s["name"]) != ("user", user)]
    contents["slots"].append(_user_slot(contents, data_key, user, passphrase, by, cost))
    _write(directory, contents, data_key)


def add_service(directory: Path, data_key: bytes, name: str, by: str) -> str:
    """Give a batch service a slot; returns the text of its key file, which is kept nowhere else."""
    contents = _verified(directory, data_key)
    secret = os.urandom(KEY_BYTES)
    slot = _slot(contents, "service", name, by) | {"kdf": "hkdf-sha512"}
    _wrap(contents, slot, derived(secret, "service"), data_key)
    contents["slots"] = [s for s in contents["slots"] if (s["type"], s["name"]) != ("service", name)]
    contents["slots"].append(slot)
    _write(directory, contents, data_key)
    return f"{name}:{secret.hex()}\n"


def set_disabled(directory: Path, data_key: bytes, user: str, *, disabled: bool) -> None:
    """Close a user's slot, or open it again."""
    contents = _verified(directory, data_key)
    slot = _find(contents, "user", user)
    if slot is None:
        raise StoreError(f"There is no user {user}.")
    slot["disabled"] = disabled
    _write(directory, contents, data_key)


def check(directory: Path, data_key: bytes) -> None:
    """Raise ``StoreError`` when the slot file was changed by somebody who did not hold the data key."""
    _verified(directory, data_key)


def _verified(directory: Path, data_key: bytes) -> dict[str, Any]:
    contents = _read(directory)
    if not hmac.compare_digest(_mac(contents, data_key), _bytes(contents.get("mac", ""))):
        raise StoreError(
            f"{FILE_NAME} was changed by somebody without the key. Put back the copy of the newest backup "
            "and tell the security officer."
        )
    return contents


def _read(directory: Path) -> dict[str, Any]:
    path = directory / FILE_NAME
    try:
        contents = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise StoreError(
            f"{directory} is no Recordroom store: it has no {FILE_NAME}. Name the store with --store DIR "
            "or RECORDROOM_STORE, or make one with 'recordroom init'."
        ) from None
    except (OSError, ValueError) as error:
        raise StoreError(f"{path} cannot be read: put back the copy of the newest backup.") from error
    if not isinstance(contents, dict) or contents.get("format") != FORMAT:
        raise StoreError(f"{path} has a format that this program does not know.")
    return contents


def _write(directory: Path, contents: dict[str, Any], data_key: bytes) -> None:
    contents["mac"] = _text(_mac(contents, data_key))
    replace_file(directory / FILE_NAME, json.dumps(contents, indent=1).encode() + b"\n")


def replace_file(path: Path, data: bytes, *, sync: bool = True) -> None:
    """Put ``data`` in the place of ``path`` in one step: a reader finds the old or the new, never a part."""
    spare = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        os.replace(spare, path)
    except BaseException:
        spare.unlink(missing_ok=True)
        raise


def _mac(contents: dict[str, Any], data_key: bytes) -> bytes:
    signed = {key: value for key, value in contents.items() if key != "mac"}
    text = json.dumps(signed, sort_keys=True, separators=(",", ":")).encode()
    return hmac.digest(derived(data_key, "slots"), text, "sha512")


def _find(contents: dict[str, Any], kind: str, name: str) -> dict[str, Any] | None:
    found = (slot for slot in contents["slots"] if slot["type"] == kind and slot["name"] == name)
    return next(found, None)


def _slot(contents: dict[str, Any], kind: str, name: str, by: str) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()), "type": kind, "name": name, "generation": contents["generation"],
        "created_utc": int(time.time()), "created_by": by, "disabled": False,
    }  # fmt: skip


def _user_slot(
    contents: dict[str, Any], data_key: bytes, user: str, passphrase: str, by: str, cost: Cost
) -> dict[str, Any]:
    salt = os.urandom(16)
    slot = _slot(contents, "user", user, by) | {
        "kdf": "pbkdf2-hmac-sha512", "rounds": cost.rounds, "salt": _text(salt),
    }  # fmt: skip
    _wrap(contents, slot, _kek(passphrase, salt, cost.rounds), data_key)
    return slot


def _kek(passphrase: str, salt: bytes, rounds: int) -> bytes:
    return PBKDF2HMAC(hashes.SHA512(), KEY_BYTES, salt, rounds).derive(passphrase.encode())


def _bound(contents: dict[str, Any], slot: dict[str, Any]) -> bytes:
    parts = (contents["file_id"], slot["id"], slot["type"], slot["name"], slot["generation"])
    return json.dumps(parts).encode()


def _wrap(contents: dict[str, Any], slot: dict[str, Any], kek: bytes, data_key: bytes) -> None:
    nonce = os.urandom(12)
    slot["nonce"] = _text(nonce)
    slot["wrapped"] = _text(AESGCM(kek).encrypt(nonce, data_key, _bound(contents, slot)))


def _opened(contents: dict[str, Any], slot: dict[str, Any], kek: bytes, message: str) -> bytes:
    try:
        return AESGCM(kek).decrypt(_bytes(slot["nonce"]), _bytes(slot["wrapped"]), _bound(contents, slot))
    except InvalidTag:
        raise WrongKey(message) from None


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
