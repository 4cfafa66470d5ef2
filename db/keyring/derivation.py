"""From a passphrase or a secret to a key: the derivations a slot may name, and keys of one purpose each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.backends.openssl.backend import backend
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from db.connect import StoreError

KEY_BYTES: Final = 32
PBKDF2: Final = "pbkdf2-hmac-sha512"
ARGON2ID: Final = "argon2id"  # no FIPS module approves it: a site's own choice

NOT_OFFERED: Final = (
    "Argon2id is not to be had under a FIPS module: set passphrase_cost to pbkdf2 ('recordroom user policy') and let "
    "everybody sign on once before the module is put in force."
)


@dataclass(frozen=True, slots=True)
class Cost:
    """How a passphrase is turned into a key, and at what cost. Tests pass a cheap one; nothing else does.

    ``rounds`` are PBKDF2 iterations, or passes of Argon2id over ``memory_kib`` in ``lanes``.
    """

    kdf: str = PBKDF2
    rounds: int = 600_000
    memory_kib: int = 0
    lanes: int = 0

    @classmethod
    def argon2id(cls) -> Cost:
        """Argon2id as RFC 9106 recommends it where memory is short: 64 MiB, 3 passes, 4 lanes."""
        return cls(ARGON2ID, 3, 64 * 1024, 4)

    def __str__(self) -> str:
        memory = f", {self.memory_kib} KiB, {self.lanes} lanes" if self.memory_kib else ""
        return f"{self.kdf}, {self.rounds} rounds{memory}"

    def as_json(self) -> dict[str, Any]:
        return {"name": self.kdf, "rounds": self.rounds, "memory_kib": self.memory_kib, "lanes": self.lanes}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Cost:
        return cls(kept["name"], kept["rounds"], kept["memory_kib"], kept["lanes"])

    @property
    def offered(self) -> bool:
        """Whether the OpenSSL in force can derive so: under a FIPS module there is no Argon2id."""
        return self.kdf != ARGON2ID or backend.argon2_supported()

    def derive(self, passphrase: str, salt: bytes) -> bytes:
        """The key that a passphrase gives. Raises ``StoreError``, and ``ValueError`` for an unknown derivation."""
        if not self.offered:
            raise StoreError(NOT_OFFERED)
        if self.kdf == PBKDF2:
            return PBKDF2HMAC(hashes.SHA512(), KEY_BYTES, salt, self.rounds).derive(passphrase.encode())
        if self.kdf == ARGON2ID:
            from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

            return Argon2id(
                salt=salt,
                length=KEY_BYTES,
                iterations=self.rounds,
                lanes=self.lanes,
                memory_cost=self.memory_kib,
            ).derive(passphrase.encode())
        raise ValueError(f"The key derivation {self.kdf} is not known here.")


def derived(secret: bytes, purpose: str) -> bytes:
    """A key of its own for one purpose (HKDF-SHA512)."""
    return HKDF(hashes.SHA512(), KEY_BYTES, salt=None, info=f"recordroom/{purpose}".encode()).derive(secret)
