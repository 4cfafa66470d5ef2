"""Drafts: what was keyed and not yet filed, one encrypted file per user, saved at every field exit.

A draft is no part of the database, so that saving a field never waits for another writer; it is under a key
derived from the data key, and is replaced in one step.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from db import store
from db.actors import Actor
from db.connect import StoreError
from db.files import read_file, replace_file
from db.keyring.derivation import derived
from db.keyring.slots import Ring


@dataclass(frozen=True, slots=True)
class Draft:
    """An unfinished record: ``screen`` and ``key`` say which, ``focus`` where the cursor stood."""

    screen: str
    key: str
    values: dict[str, str]
    focus: str
    version: str  # version of the record that the values started from
    saved_utc: int
    fed: dict[str, str] | None = None  # what the feed said when the values were keyed, by item
    about: str = ""  # whom the record is about, as its banner says


def save(
    actor: Actor, draft_of: tuple[str, str], values: dict[str, str], focus: str, version: str,
    fed: dict[str, str] | None = None, about: str = "",
) -> None:  # fmt: skip
    """Keep what has been keyed for (screen, key). Raises ``StoreError`` when the disk does not take it."""
    drafts = _read(actor)
    drafts["\n".join(draft_of)] = {
        "values": values, "focus": focus, "version": version, "saved_utc": int(time.time()),
        **({} if fed is None else {"fed": fed}), **({"about": about} if about else {}),
    }  # fmt: skip
    _write(actor, drafts)


def load(actor: Actor, draft_of: tuple[str, str]) -> Draft | None:
    """The draft for (screen, key), if there is one."""
    kept = _read(actor).get("\n".join(draft_of))
    return _draft("\n".join(draft_of), kept) if kept else None


def discard(actor: Actor, draft_of: tuple[str, str]) -> None:
    """Forget the draft for (screen, key): it was filed or given up."""
    drafts = _read(actor)
    if drafts.pop("\n".join(draft_of), None) is not None:
        _write(actor, drafts)


def waiting(actor: Actor) -> list[Draft]:
    """All drafts of the user, newest first."""
    found = [_draft(name, kept) for name, kept in _read(actor).items()]
    return sorted(found, key=lambda draft: -draft.saved_utc)


def _draft(name: str, kept: dict[str, Any]) -> Draft:
    screen, _, key = name.partition("\n")
    return Draft(
        screen,
        key,
        kept["values"],
        kept["focus"],
        kept["version"],
        kept["saved_utc"],
        kept.get("fed"),
        kept.get("about", ""),
    )


def _path(actor: Actor) -> Path:
    return store.current().directory / "drafts" / f"{actor.user_id}.draft"


def reseal() -> list[str]:
    """Put the drafts of every user under the data key in force; the files that no key of the store opens."""
    damaged = []
    for path in sorted((store.current().directory / "drafts").glob("*.draft")):
        plain = unsealed(path.read_bytes(), path.stem, store.current().ring)
        if plain is None:
            damaged.append(path.name)
        else:
            replace_file(path, _sealed(plain, path.stem))
    return damaged


def _sealed(plain: bytes, user_id: str) -> bytes:
    nonce = os.urandom(12)
    cipher = AESGCM(derived(store.current().data_key, "drafts"))
    return nonce + cipher.encrypt(nonce, plain, user_id.encode())


def unsealed(sealed: bytes, user_id: str, ring: Ring) -> bytes | None:
    """What was sealed under a key that the store has: two are in force while a key rotation waits."""
    for data_key in ring.values():
        with suppress(InvalidTag, ValueError):  # ValueError: too short to be sealed at all
            return AESGCM(derived(data_key, "drafts")).decrypt(sealed[:12], sealed[12:], user_id.encode())
    return None


def _read(actor: Actor) -> dict[str, Any]:
    try:
        sealed = read_file(_path(actor))
    except FileNotFoundError:
        return {}
    plain = unsealed(sealed, str(actor.user_id), store.current().ring)
    if plain is None:
        raise StoreError(
            f"The drafts of {actor.user} were changed or damaged: move drafts/{actor.user_id}.draft away "
            "and tell the security officer."
        )
    found: dict[str, Any] = json.loads(plain)
    return found


def _write(actor: Actor, drafts: dict[str, Any]) -> None:
    sealed = _sealed(json.dumps(drafts).encode(), str(actor.user_id))
    try:
        replace_file(_path(actor), sealed, sync=False)
    except OSError as error:
        raise StoreError(
            f"The draft could not be saved ({error.strerror}). Enter tries again; tell the administrator."
        ) from error
