"""The store directory: made once, opened by sign-on, one per process. Everything else in db/ works on it."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from db import keys, migrations
from db.actors import Action, Actor, Role
from db.audit import Trail
from db.connect import StoreError, close_database, database, open_database, writing
from db.keys import Cost, WrongKey
from db.schema.store import Setting, User, UserRole
from rules.moments import Moment, iso_date, moment_at

DATABASE_NAME: Final = "recordroom.db"
SIGN_ON_LOG: Final = "signon.log"
FOLDERS: Final = ("site", "drafts", "spool")
MIN_PASSPHRASE: Final = 15
FOREVER: Final = 10**7  # a day number that never comes


@dataclass(slots=True)
class Store:
    """The open store of this process."""

    directory: Path
    data_key: bytes = field(repr=False)
    trail: Trail = field(repr=False)
    facility: str
    zone: ZoneInfo
    tampered: str = ""  # why nothing may be written, in words

    def trail_for_writing(self) -> Trail:
        """The audit trail, unless the store is open for reading only."""
        if self.tampered:
            raise StoreError(self.tampered)
        return self.trail

    def now(self) -> Moment:
        """This minute on the facility's clock."""
        return moment_at(int(time.time()), self.zone)


@dataclass(frozen=True, slots=True)
class SignedOn:
    """A session: who, since when, and what the sign-on screen shows about the last one."""

    actor: Actor
    store: Store
    full_name: str
    last_sign_on_utc: int | None
    failures_since: int


_open: Store | None = None


def current() -> Store:
    """The store that this process has open. Raises ``StoreError`` before sign-on."""
    if _open is None:
        raise StoreError("No store is open: sign on first.")
    return _open


def init_store(
    directory: Path, facility: str, admin: str, passphrase: str, timezone: str, *, cost: Cost = Cost()  # noqa: B008
) -> None:  # fmt: skip
    """Make a new store. The administrator holds all roles until others exist.

    Raises ``StoreError`` when the directory is not empty, the time zone unknown or the passphrase short.
    """
    check_passphrase(passphrase)
    zone = _zone(timezone)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(directory.iterdir()):
        raise StoreError(f"{directory} is not empty: name a new directory for the store.")
    directory.chmod(0o700)
    for name in FOLDERS:
        (directory / name).mkdir(mode=0o700)
    data_key = keys.create(directory, admin, passphrase, cost)
    open_database(directory / DATABASE_NAME, data_key)
    (directory / DATABASE_NAME).chmod(0o600)
    now = int(time.time())
    trail = Trail(directory, data_key)
    try:
        migrations.upgrade()
        with writing():
            today = moment_at(now, zone).day
            for name, value in (("facility", facility), ("timezone", timezone)):
                Setting.create(name=name, from_day=1, value=value, set_by=admin, set_utc=now)
            user_id = new_user(admin, "", [role for role in Role if role is not Role.SERVICE])
            actor = Actor(user_id, admin, frozenset(Role), "local")
            state = trail.add(actor, Action.ADMINISTER_KEYS, kind="store", record=facility,
                              detail={"made": iso_date(today)})  # fmt: skip
        trail.anchor(*state, sync=True)
    finally:
        close_database()


def open_with_passphrase(
    directory: Path, user: str, passphrase: str, *, where_from: str = "local", any_schema: bool = False
) -> SignedOn:
    """Sign a user on. Raises ``WrongKey``, ``StoreError``; failures stand in ``signon.log``."""
    try:
        data_key = keys.unlock(directory, user, passphrase)
    except WrongKey:
        _log_failure(directory, user, where_from)
        raise
    return _open_store(directory, data_key, user, where_from, any_schema=any_schema)


def open_with_service_key(directory: Path, key_file: Path, *, any_schema: bool = False) -> SignedOn:
    """Open the store for a batch job or feed."""
    name, data_key = keys.unlock_service(directory, key_file)
    return _open_store(directory, data_key, name, "service", any_schema=any_schema)


def close_store() -> None:
    """Close the store and forget its key."""
    global _open
    _open = None
    close_database()


def sign_off(actor: Actor) -> None:
    """Log the end of a session, anchor it durably and close the store."""
    if _open is not None and not _open.tampered:
        database.execute_sql(
            "PRAGMA optimize"
        )  # the planner chooses indexes by statistics that must be fresh
        with writing():
            state = _open.trail.add(actor, Action.SIGN_OFF)
        _open.trail.anchor(*state, sync=True)
    close_store()


def setting(name: str, day: int | None = None, default: str = "") -> str:
    """The value of a site setting in force on a day number (now when None)."""
    found = (
        Setting.select(Setting.value)
        .where(Setting.name == name, Setting.from_day <= (FOREVER if day is None else day))
        .order_by(Setting.from_day.desc())
        .first()
    )
    return found.value if found else default


def next_number(counter: str) -> int:
    """The next number of a counter, inside the caller's transaction, so that none is lost or given twice."""
    row = database.execute_sql(
        "INSERT INTO counter VALUES (?, 1)"
        " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
        (counter,),
    ).fetchone()
    return int(row[0])


def check_passphrase(passphrase: str) -> None:
    """Raise ``StoreError`` for a passphrase that is too short (NIST SP 800-63B, DoD STIG: 15 characters)."""
    if len(passphrase) < MIN_PASSPHRASE:
        raise StoreError(f"The passphrase is too short: use at least {MIN_PASSPHRASE} characters.")


def _open_store(
    directory: Path, data_key: bytes, user: str, where_from: str, *, any_schema: bool
) -> SignedOn:
    global _open
    close_store()
    open_database(directory / DATABASE_NAME, data_key)
    try:
        keys.check(directory, data_key)
        if not any_schema:
            migrations.check_schema()
        trail = Trail(directory, data_key)
        here = Store(directory, data_key, trail, setting("facility"), _zone(setting("timezone")))
        if trail.behind_anchor():
            here.tampered = (
                "The store stands behind its audit anchor: rows that were committed are missing. It is open "
                "for reading only. Tell the security officer, and restore the newest backup."
            )
        _open = here
        return _signed_on(here, user, where_from)
    except BaseException:
        close_store()
        raise


def _signed_on(here: Store, user: str, where_from: str) -> SignedOn:
    found: User | None = User.get_or_none(User.name == user)
    if found is None or found.disabled_utc is not None:
        raise WrongKey(keys.WRONG)
    roles = frozenset(Role(held.role) for held in found.roles)
    actor = Actor(found.id, user, roles, where_from, secrets.token_hex(4))
    last = found.last_sign_on_utc
    failures = _failures_since(here.directory, user, last or 0)
    if not here.tampered:
        with writing():
            found.last_sign_on_utc = int(time.time())
            found.save()
            state = here.trail.add(
                actor, Action.SIGN_ON, detail={"failures_since_last": failures} if failures else None
            )
        here.trail.anchor(*state)
    return SignedOn(actor, here, found.full_name, last, failures)


def _log_failure(directory: Path, user: str, where_from: str) -> None:
    known = user.encode("ascii", "replace").hex()  # a mistyped passphrase may stand where the name belongs
    line = f"{int(time.time())} failed {known} {where_from.replace(' ', '_')}\n"
    descriptor = os.open(directory / SIGN_ON_LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode("ascii", "replace"))
    finally:
        os.close(descriptor)


def _failures_since(directory: Path, user: str, since_utc: int) -> int:
    try:
        lines = (directory / SIGN_ON_LOG).read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return 0
    name = user.encode("ascii", "replace").hex()
    parts = (line.split(" ") for line in lines)
    return sum(1 for p in parts if len(p) == 4 and p[2] == name and int(p[0]) >= since_utc)


def new_user(name: str, full_name: str, roles: Iterable[Role]) -> int:
    """Put a user into the database inside the caller's transaction; the key slot is another matter."""
    user = User.create(name=name, full_name=full_name, created_utc=int(time.time()))
    UserRole.insert_many([(user.id, role) for role in roles], (UserRole.user, UserRole.role)).execute()
    return int(user.id)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise StoreError(
            f"The time zone {name!r} is not known: use a name such as America/New_York."
        ) from None
