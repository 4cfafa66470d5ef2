"""Only algorithms that a FIPS module offers guard the store; the exceptions are named here with their reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = {
    "md4", "md5", "MD5", "blake2b", "blake2s", "BLAKE2b", "BLAKE2s", "SHA1", "sha1", "SM3", "scrypt", "Scrypt",
    "argon2", "Argon2d", "Argon2i", "Argon2id", "ChaCha20", "ChaCha20Poly1305", "ed25519", "Ed25519PrivateKey",
    "x25519", "X25519PrivateKey", "Fernet", "TripleDES", "Blowfish", "ARC4", "ECB", "bcrypt",
    "new",  # of hmac and hashlib: takes the name of an algorithm from anywhere
}  # fmt: skip
PERMITTED = {
    ("db/keyring/derivation.py", "argon2"), ("db/keyring/derivation.py", "Argon2id"),
    ("db/keyring/derivation.py", "argon2id"),
    # RFC 6238 with HMAC-SHA-1, which FIPS 198-1 approves and which is all that authenticators know
    ("db/access/second_factor.py", "SHA1"),
    # asked for to see whether the provider refuses it
    ("db/keyring/security_state.py", "MD5"),
}  # fmt: skip
SOURCES = ("cryptography", "hashlib", "hmac", "shamir_mnemonic")
ROOMS = ("recordroom", "screens", "tui", "reports", "exchange", "db", "config", "rules")


def modules() -> list[str]:
    """Every module that uses cryptography in any way."""
    found = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return [
        str(path.relative_to(ROOT)) for path in found if any(each in path.read_text() for each in SOURCES)
    ]


def used(path: str) -> Iterator[str]:
    """Names imported from the libraries of cryptography, and attributes taken from them."""
    tree = ast.parse((ROOT / path).read_text())
    aliases = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in SOURCES:
            yield from (node.module or "").split(".")
            yield from (alias.name for alias in node.names)
            aliases |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            aliases |= {alias.name for alias in node.names if alias.name.split(".")[0] in SOURCES}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
            yield node.attr


class TestAlgorithms:
    def test_the_modules_of_keys_are_among_those_looked_at(self) -> None:
        assert {
            "db/keyring/keys.py",
            "db/keyring/slots.py",
            "db/drafts.py",
            "db/trail/audit.py",
            "db/keyring/derivation.py",
        } <= set(modules())

    @pytest.mark.parametrize("path", modules())
    def test_are_approved_ones(self, path: str) -> None:
        found = {name for name in used(path) if name in FORBIDDEN and (path, name) not in PERMITTED}
        assert not found

    def test_random_numbers_come_from_the_system(self) -> None:
        for room in ("db", "screens", "exchange"):
            for path in (ROOT / room).rglob("*.py"):
                for node in ast.walk(ast.parse(path.read_text())):
                    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                    assert "random" not in names, path
