"""What protects the open store at this moment, as ``status --security`` shows it: measured, not declared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from cryptography.exceptions import InternalError, UnsupportedAlgorithm
from cryptography.hazmat.backends.openssl import backend
from cryptography.hazmat.primitives import hashes

from db import migrations, store
from db.access import policy, sessions, sign_on_log, ssh_keys
from db.actors import Action, Actor
from db.acts import viewed
from db.connect import database
from db.keyring.derivation import Cost
from db.keyring.slots import Slot, SlotFile
from db.schema.store import KeyState, SecondFactor, User
from db.store import Store
from rules.moments import moment_at


@dataclass(frozen=True, slots=True)
class SlotRow:
    """A key slot as the list shows it; ``created_utc`` is a second."""

    kind: str
    name: str
    derivation: str
    created_utc: int
    created_by: str
    state: str


@dataclass(frozen=True, slots=True)
class SecurityState:
    """Facts by name in the order in which they are shown, then slots and live sessions."""

    facts: tuple[tuple[str, str], ...]
    slots: tuple[SlotRow, ...]
    sessions: tuple[sessions.Live, ...]


def security_state(actor: Actor) -> SecurityState:
    """What is in force. Raises ``NotPermitted``; the look is in the audit trail."""
    viewed(actor, Action.ADMINISTER_KEYS, kind="status", record="security")
    here = store.current()
    file = SlotFile.read(here.directory)
    facts = (*_custody(here), *_keys(here, file), *_cipher(), *_provider(), *_trail(here), *_people(here))
    return SecurityState(
        facts, tuple(_row(slot, here.zone) for slot in file.slots), tuple(sessions.others(here.directory))
    )


def _custody(here: Store) -> tuple[tuple[str, str], ...]:
    return (
        ("Custody", policy.shown("custody")),
        ("Passphrases", f"{policy.shown('passphrase_cost')}, {store.MIN_PASSPHRASE} characters or more"),
        ("Sessions of one person", policy.shown("session_cap")),
    )


def _keys(here: Store, file: SlotFile) -> tuple[tuple[str, str], ...]:
    state = KeyState.get_by_id(1)
    file.check(here.data_key, here.generation)
    waits = "; a rotation was cut short: run 'recordroom key rotate'" if len(file.generations) > 1 else ""
    return (
        ("Schema", f"{migrations.schema_version()} of {migrations.migrations()[-1].number}"),
        ("Data key", f"generation {here.generation} in force{waits}"),
        (
            "Slot file",
            f"revision {file.revision}, the database expects {state.revision} or later; MAC agrees",
        ),
        ("Slots", "P-256 ECDH, HKDF-SHA512, AES-256-GCM; MAC HMAC-SHA512"),
        ("Drafts", "AES-256-GCM, key by HKDF-SHA512"),
        ("Audit trail", "HMAC-SHA256 chain and anchors, keys by HKDF-SHA512"),
    )


def _cipher() -> tuple[tuple[str, str], ...]:
    settings = [str(row[0]).removeprefix("PRAGMA ").rstrip(";") for row in _pragma("cipher_settings")]
    return (
        ("SQLCipher", _first("cipher_version")),
        ("SQLCipher key", "raw, 256 bits: kdf_iter below is not used"),
        ("SQLCipher settings", ", ".join(settings)),
        ("SQLCipher provider", f"{_first('cipher_provider')} {_first('cipher_provider_version')}"),
    )


def _provider() -> tuple[tuple[str, str], ...]:
    return (
        ("cryptography provider", backend.openssl_version_text()),
        ("FIPS mode", "on" if backend._fips_enabled else "off"),
        ("FIPS module mapped", ", ".join(_mapped("fips")) or "none"),
        ("MD5", "answers" if _answers(hashes.MD5) else "refused"),
    )


def _trail(here: Store) -> tuple[tuple[str, str], ...]:
    agrees = here.tampered or "agrees with its anchor"
    return (
        ("Audit rows", f"{here.trail.head()[0]}, {agrees}"),
        ("Anchors kept in", ", ".join(str(path) for path in here.trail.paths)),
    )


def _people(here: Store) -> tuple[tuple[str, str], ...]:
    names = [user.name for user in User.select(User.name).order_by(User.name)]
    factors = sorted(factor.user.name for factor in SecondFactor.select())
    locked = [name for name in names if sign_on_log.locked_out(here.directory, name)]
    bound = [f"{name} {key}" for name in names for key in ssh_keys.keys_of(name)]
    return (
        ("Second factor", ", ".join(factors) or "nobody"),
        ("SSH keys", ", ".join(bound) or "none"),
        ("Locked out", ", ".join(locked) or "nobody"),
    )


def _row(slot: Slot, zone: ZoneInfo) -> SlotRow:
    derivation = str(Cost.from_json(slot["kdf"])) if "kdf" in slot else "random 256-bit secret, HKDF-SHA512"
    state = "disabled" if slot["disabled"] else "administrator" if slot.get("administrator") else ""
    if "expires_utc" in slot:
        state = f"{state} ends {moment_at(slot['expires_utc'], zone).local.replace('T', ' ')}".strip()
    return SlotRow(slot["type"], slot["name"], derivation, slot["created_utc"], slot["created_by"], state)


def _pragma(name: str) -> list[tuple[object, ...]]:
    return list(database.execute_sql(f"PRAGMA {name}").fetchall())


def _first(name: str) -> str:
    rows = _pragma(name)
    return str(rows[0][0]) if rows else "not said"


def _mapped(part: str) -> list[str]:
    """Shared objects in this process with ``part`` in their name: a provider that answers is mapped."""
    try:
        lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    paths = {line.split(maxsplit=5)[5] for line in lines if len(line.split(maxsplit=5)) == 6}
    return sorted(path for path in paths if part in Path(path).name and ".so" in path)


def _answers(algorithm: Callable[[], hashes.HashAlgorithm]) -> bool:
    """Whether the provider computes a hash that no FIPS module computes."""
    try:
        hashes.Hash(algorithm()).finalize()
    except (UnsupportedAlgorithm, InternalError):
        return False
    return True
