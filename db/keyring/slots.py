"""The key-slot file: who can open the store. It holds no secret that opens anything by itself.

The data key opens the database. Each slot has a key pair of its own (P-256): the private key lies under what
the holder has (a passphrase, a key file, recovery shares), and the data key is wrapped for the public key. So a
new data key can be given to every slot without asking for a single passphrase, and a revoked slot gets none.
The file carries a MAC under each data key in force and a revision that the database repeats: a slot slipped in
or an old file put back is seen at once.
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
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from db.connect import StoreError
from db.files import read_file, replace_file
from db.keyring.derivation import derived

FILE_NAME: Final = "keys.json"
FORMAT: Final = 1
CURVE: Final = ec.SECP256R1()
Contents = dict[str, Any]
Slot = dict[str, Any]
Ring = dict[int, bytes]
"""Data keys by generation. There are two only while a rotation is under way."""


@dataclass(slots=True)
class SlotFile:
    """The slot file of a store, read and to be written back whole."""

    path: Path
    contents: Contents

    @classmethod
    def new(cls, directory: Path) -> SlotFile:
        contents = {
            "format": FORMAT, "file_id": str(uuid.uuid4()), "revision": 0, "generations": [], "slots": [],
        }  # fmt: skip
        return cls(directory / FILE_NAME, contents)

    @classmethod
    def read(cls, directory: Path) -> SlotFile:
        """Raises ``StoreError`` when there is none or it cannot be read."""
        path = directory / FILE_NAME
        try:
            contents = json.loads(read_file(path))
        except FileNotFoundError:
            raise StoreError(
                f"{directory} is no Recordroom store: it has no {FILE_NAME}. Name the store with --store DIR "
                "or RECORDROOM_STORE, or make one with 'recordroom init'."
            ) from None
        except ValueError as error:
            raise StoreError(f"{path} cannot be read: put back the copy of the newest backup.") from error
        if not _is_whole(contents):
            raise StoreError(
                f"{path} is damaged, or of a format that this program does not know: put back the copy of the "
                "newest backup."
            )
        return cls(path, contents)

    @property
    def revision(self) -> int:
        """How often the file was written; the database repeats it."""
        return int(self.contents["revision"])

    @property
    def generations(self) -> list[int]:
        """Generations of the data key that slots hold, newest first."""
        return sorted(self.contents["generations"], reverse=True)

    @property
    def slots(self) -> list[Slot]:
        found: list[Slot] = self.contents["slots"]
        return found

    def find(self, kind: str, name: str) -> Slot | None:
        """The slot of a user, service or recovery."""
        return next((slot for slot in self.slots if (slot["type"], slot["name"]) == (kind, name)), None)

    def put(self, slot: Slot) -> None:
        """Add a slot in the place of one of the same type and name."""
        self.drop(slot["type"], slot["name"])
        self.slots.append(slot)

    def drop(self, kind: str, name: str) -> None:
        self.contents["slots"] = [each for each in self.slots if (each["type"], each["name"]) != (kind, name)]

    def make(self, kind: str, name: str, secret_key: bytes, by: str, **more: Any) -> Slot:
        """A new slot whose private key lies under ``secret_key``; it holds no data key yet."""
        private = ec.generate_private_key(CURVE)
        public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        plain = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        slot: Slot = {
            "id": str(uuid.uuid4()), "type": kind, "name": name, "created_utc": int(time.time()),
            "created_by": by, "disabled": False, "public": _text(public), "keys": {}, **more,
        }  # fmt: skip
        slot["private"] = _seal(secret_key, plain, self._bound(slot))
        return slot

    def reseal(self, slot: Slot, old_key: bytes, new_key: bytes) -> None:
        """Put the slot's private key under another key: a changed passphrase, or a higher cost."""
        plain = _unseal(old_key, slot["private"], self._bound(slot))
        slot["private"] = _seal(new_key, plain, self._bound(slot))

    def wrap(self, slot: Slot, generation: int, data_key: bytes) -> None:
        """Give a data key to a slot, for its public key (ECIES: ECDH on P-256, HKDF-SHA512, AES-256-GCM)."""
        public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, _bytes(slot["public"]))
        ephemeral = ec.generate_private_key(CURVE)
        key = derived(ephemeral.exchange(ec.ECDH(), public), "wrap")
        box = _seal(key, data_key, self._bound(slot, generation))
        point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        slot["keys"][str(generation)] = box | {"ephemeral": _text(point)}

    def open(self, slot: Slot, secret_key: bytes) -> Ring:
        """The data keys that a slot holds. Raises ``InvalidTag`` when the secret is not the right one."""
        plain = _unseal(secret_key, slot["private"], self._bound(slot))
        private = load_der_private_key(plain, None)
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        ring: Ring = {}
        for generation in self.generations:
            box = slot["keys"].get(str(generation))
            if box is not None:
                point = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, _bytes(box["ephemeral"]))
                key = derived(private.exchange(ec.ECDH(), point), "wrap")
                ring[generation] = _unseal(key, box, self._bound(slot, generation))
        return ring

    def check(self, data_key: bytes, generation: int) -> None:
        """Raise ``StoreError`` unless the file was last written by somebody who held this data key."""
        kept = self.contents.get("macs", {}).get(str(generation), "")
        if not hmac.compare_digest(self._mac(data_key), _bytes(kept)):
            raise StoreError(
                f"{FILE_NAME} was changed by somebody without the key. Put back the copy of the newest backup "
                "and tell the security officer."
            )

    def write(self, ring: Ring) -> int:
        """Write the file with its next revision, signed under every key of ``ring``; returns the revision."""
        self.contents["generations"] = sorted(ring)
        self.contents["revision"] = self.revision + 1
        self.contents["macs"] = {}
        self.contents["macs"] = {str(number): _text(self._mac(key)) for number, key in ring.items()}
        replace_file(self.path, json.dumps(self.contents, indent=1).encode() + b"\n")
        return self.revision

    def _mac(self, data_key: bytes) -> bytes:
        signed = {name: value for name, value in self.contents.items() if name != "macs"}
        text = json.dumps(signed, sort_keys=True, separators=(",", ":")).encode()
        return hmac.digest(derived(data_key, "slots"), text, "sha512")

    def _bound(self, slot: Slot, generation: int = 0) -> bytes:
        """What a sealed part belongs to: it opens nowhere else."""
        parts = (self.contents["file_id"], slot["id"], slot["type"], slot["name"], generation)
        return json.dumps(parts).encode()


def _is_whole(contents: object) -> bool:
    """Whether a slot file has every part that opening it needs; what the parts hold is checked by the MAC."""
    if not isinstance(contents, dict) or contents.get("format") != FORMAT:
        return False
    parts = {"file_id": str, "revision": int, "generations": list, "slots": list, "macs": dict}
    if not all(isinstance(contents.get(name), kind) for name, kind in parts.items()):
        return False
    texts = ("id", "type", "name", "public")
    return all(
        isinstance(slot, dict)
        and all(isinstance(slot.get(name), str) for name in texts)
        and isinstance(slot.get("private"), dict)
        and isinstance(slot.get("keys"), dict)
        and isinstance(slot.get("disabled"), bool)
        and (slot["type"] != "user" or isinstance(slot.get("kdf"), dict))
        for slot in contents["slots"]
    )


def _seal(key: bytes, plain: bytes, bound: bytes) -> dict[str, str]:
    nonce = os.urandom(12)
    return {"nonce": _text(nonce), "sealed": _text(AESGCM(key).encrypt(nonce, plain, bound))}


def _unseal(key: bytes, box: dict[str, str], bound: bytes) -> bytes:
    """Raises ``InvalidTag``."""
    try:
        return AESGCM(key).decrypt(_bytes(box["nonce"]), _bytes(box["sealed"]), bound)
    except ValueError as error:  # a length that cannot be
        raise InvalidTag from error


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
