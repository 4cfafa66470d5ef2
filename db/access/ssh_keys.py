"""SSH keys bound to users: where the service account holds the key of the store, sshd says who comes in.

A user is known by two things that sshd vouches for: the login name, through the sudo hop, and the fingerprint of
the key that opened the connection.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import time
from typing import Final

from db.access import standing
from db.actors import Action, Actor
from db.acts import act
from db.connect import StoreError
from db.schema.store import SshKey, User

FINGERPRINT: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


def fingerprint(auth_info: str) -> str:
    """The fingerprint of the key in what sshd exposes (``publickey ssh-ed25519 AAAA...``), as ssh-keygen -l prints it.

    Of a certificate it is that of the key inside, which stays when the certificate is renewed. Empty when there
    is no key, or more than one.
    """
    found = [line.split() for line in auth_info.splitlines() if line.startswith("publickey ")]
    if len(found) != 1 or len(found[0]) < 3:
        return ""
    kind, text = found[0][1], found[0][2]
    try:
        blob = _key_inside(kind, text) if "-cert-" in kind else base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii").rstrip("=")


def bind(actor: Actor, name: str, key: str) -> None:
    """Let a user come in with a key. Raises ``StoreError`` for what is no fingerprint and for a key taken."""
    with act(actor, Action.ADMINISTER_USERS, kind="user", record=name) as done:
        user = _named(name)
        if not FINGERPRINT.fullmatch(key):
            raise StoreError(
                "That is no fingerprint: 'ssh-keygen -lf KEY.pub' prints one, SHA256 and 43 letters."
            )
        holder = SshKey.get_or_none(SshKey.fingerprint == key)
        if holder is not None:
            raise StoreError(f"The key is bound to {holder.user.name} already.")
        SshKey.create(fingerprint=key, user=user, bound_utc=int(time.time()))
        done.detail["ssh_key_bound"] = key


def unbind(actor: Actor, name: str, key: str) -> None:
    """Let nobody come in with a key any more."""
    with act(actor, Action.ADMINISTER_USERS, kind="user", record=name) as done:
        user = _named(name)
        gone = SshKey.delete().where(SshKey.fingerprint == key, SshKey.user == user).execute()
        if not gone:
            raise StoreError(f"The key is not bound to {name}.")
        standing.end_others(user.id)
        done.detail["ssh_key_unbound"] = key


def is_bound(name: str, key: str) -> bool:
    """Whether this is a key of the user."""
    return bool(key) and key in keys_of(name)


def keys_of(name: str) -> list[str]:
    """Fingerprints of the keys of a user."""
    found = SshKey.select(SshKey.fingerprint).join(User).where(User.name == name)
    return sorted(each.fingerprint for each in found)


def forget(name: str) -> None:
    """Unbind every key of a user, inside the caller's transaction."""
    SshKey.delete().where(SshKey.user.in_(User.select(User.id).where(User.name == name))).execute()


def _key_inside(kind: str, text: str) -> bytes:
    """The key that a certificate certifies. Raises ``ValueError``."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from cryptography.hazmat.primitives.serialization.ssh import SSHCertificate, load_ssh_public_identity

    try:
        identity = load_ssh_public_identity(f"{kind} {text}".encode())
    except UnsupportedAlgorithm as error:
        raise ValueError("unknown kind of certificate") from error
    if not isinstance(identity, SSHCertificate):
        raise ValueError("no certificate")
    line = identity.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return base64.b64decode(line.split()[1])


def _named(name: str) -> User:
    user: User | None = User.get_or_none(User.name == name)
    if user is None:
        raise StoreError(f"There is no user {name}: 'recordroom user list' shows those there are.")
    return user
