"""The store directory: made once, opened by sign-on, one per process. Everything else in db/ works on it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from db import migrations
from db.access import sessions, standing
from db.actors import Action, Actor, Role
from db.connect import StoreError, close_database, database, open_database, writing
from db.keyring import keys
from db.keyring.derivation import Cost
from db.keyring.keys import Unlocked
from db.keyring.slots import Ring, SlotFile
from db.schema.store import KeyState, Setting, User, UserRole
from db.trail.audit import Trail
from rules.moments import Moment, iso_date, moment_at

DATABASE_NAME: Final = "recordroom.db"
MANIFEST: Final = "manifest.json"  # of a backup
FOLDERS: Final = ("site", "drafts", "spool", sessions.FOLDER)
MIN_PASSPHRASE: Final = 15
READ_ONLY: Final = (
    "The store is open for reading only: {} Tell the security officer, and restore the newest backup."
)
FOREVER: Final = 10**7  # a day number that never comes


@dataclass(slots=True)
class Store:
    """The open store of this process."""

    directory: Path
    generation: int  # of the data key
    data_key: bytes = field(repr=False)
    trail: Trail = field(repr=False)
    facility: str
    zone: ZoneInfo
    tampered: str = ""  # why nothing may be written, in words
    opened_with_reason: set[int] = field(default_factory=set)  # sensitive patients, in this session
    clock_behind: int = 0  # seconds by which the clock stood before the last audit row at opening
    crash_tail: int = 0  # rows that stood ahead of the anchor at opening; the sign-on anchors them
    ring: Ring = field(default_factory=dict, repr=False)  # more than ``data_key`` while a rotation waits

    def trail_for_writing(self) -> Trail:
        """The audit trail, unless the store is open for reading only."""
        if self.tampered:
            raise StoreError(self.tampered)
        self.trail.check_anchors()
        return self.trail

    def now(self) -> Moment:
        """This minute on the facility's clock."""
        return moment_at(int(time.time()), self.zone)


_open: Store | None = None


def current() -> Store:
    """The store that this process has open. Raises ``StoreError`` before sign-on."""
    if _open is None:
        raise StoreError("No store is open: sign on first.")
    return _open


def init_store(
    directory: Path, facility: str, admin: str, passphrase: str, timezone: str, *, cost: Cost = Cost()  # noqa: B008
) -> list[str]:  # fmt: skip
    """Make a new store and return its recovery shares. The administrator holds all roles until others exist.

    Raises ``StoreError`` when the directory is not empty, the time zone unknown or the passphrase short.
    """
    check_passphrase(passphrase)
    zone = _zone(timezone)
    if directory.exists() and any(directory.iterdir()):
        raise StoreError(f"{directory} is not empty: name a new directory for the store.")
    # Made under another name first: a store that could not be finished must not look like one.
    unfinished = directory.with_name(f".{directory.name}.new")
    try:
        unfinished.mkdir(mode=0o700, parents=True)
        settings = {"facility": facility, "timezone": timezone, "passphrase_cost": json.dumps(cost.as_json())}
        shares = _make(unfinished, settings, admin, passphrase, cost, zone)
        unfinished.replace(directory)
    except BaseException as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        if isinstance(error, OSError):
            raise StoreError(f"The store {directory} cannot be made: {error.strerror}.") from error
        raise
    return shares


def _make(
    directory: Path, settings: Mapping[str, str], admin: str, passphrase: str, cost: Cost, zone: ZoneInfo
) -> list[str]:
    for name in FOLDERS:
        (directory / name).mkdir(mode=0o700)
    data_key, shares = keys.create(directory, admin, passphrase, cost)
    (directory / DATABASE_NAME).touch(0o600)
    open_database(directory / DATABASE_NAME, data_key)
    now = int(time.time())
    try:
        migrations.upgrade()
        with writing():
            for name, value in settings.items():
                Setting.create(name=name, from_day=1, value=value, set_by=admin, set_utc=now)
            user_id = new_user(admin, "", [role for role in Role if role is not Role.SERVICE])
            note_revision(1, SlotFile.read(directory).revision)
            trail = Trail.begin(directory, data_key, 1)
            actor = Actor(user_id, admin, frozenset(Role), "local")
            made = {"made": iso_date(moment_at(now, zone).day)}
            state = trail.add(
                actor, Action.ADMINISTER_KEYS, kind="store", record=settings["facility"], detail=made
            )
        trail.anchor(*state, sync=True)
    finally:
        close_database()
    return shares


def close_store() -> None:
    """Close the store and forget its key."""
    global _open
    _open = None
    close_database()
    standing.forget()
    sessions.leave()


def setting(name: str, day: int | None = None, default: str = "") -> str:
    """The value of a site setting in force on a day number; the newest on file, in force or not yet, when None."""
    row = database.execute_sql(
        "SELECT value FROM setting WHERE name = ? AND from_day <= ? ORDER BY from_day DESC LIMIT 1",
        (name, FOREVER if day is None else day),
    ).fetchone()
    return str(row[0]) if row else default


def passphrase_cost() -> Cost:
    """How the site asks passphrases to be derived now."""
    asked = setting("passphrase_cost")
    return Cost.from_json(json.loads(asked)) if asked else Cost()


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


def open_store(directory: Path, opened: Unlocked, *, any_schema: bool = False) -> Store:
    """Open the store with what a key slot held; of two generations the one that fits.

    Raises ``StoreError``. A store behind its audit anchor opens for reading only and says so.
    """
    global _open
    close_store()
    if (directory / MANIFEST).exists():
        raise StoreError(f"{directory} is a backup: restore it to a new place first.")
    sessions.enter(directory)
    try:
        _check_database(directory / DATABASE_NAME)
        generation, data_key = _fitting(directory / DATABASE_NAME, opened.ring)
        opened.file.check(data_key, generation)
        if not any_schema:
            migrations.check_schema()
        trail = Trail(directory)
        here = Store(directory, generation, data_key, trail, setting("facility"), _zone(setting("timezone")))
        here.crash_tail = trail.crash_tail()
        here.ring = opened.ring
        here.clock_behind = trail.clock_behind()
        if trouble := trail.tampered():
            here.tampered = READ_ONLY.format(trouble)
            open_database(directory / DATABASE_NAME, data_key, read_only=True)
        _check_revision(opened.file.revision)
        _open = here
    except BaseException:
        close_store()
        raise
    return here


def rekeyed(generation: int) -> None:
    """The open store is under the data key of this generation now, and its audit trail chained by it."""
    here = current()
    here.generation, here.data_key = generation, here.ring[generation]
    here.trail = Trail(here.directory)


PAGE_BYTES: Final = 4096  # of SQLCipher


def _check_database(path: Path) -> None:
    """A file without a whole page would be taken for a new database."""
    if path.is_file() and path.stat().st_size < PAGE_BYTES:
        raise StoreError(
            f"{path} is empty or cut short: restore the newest backup. The keys alone hold no records."
        )


def _fitting(path: Path, ring: Ring) -> tuple[int, bytes]:
    """Open the database with the newest key that fits; there are two while a rotation was cut short."""
    generations = sorted(ring, reverse=True)
    for generation in generations[:-1]:
        try:
            open_database(path, ring[generation])
        except StoreError:
            continue
        return generation, ring[generation]
    open_database(path, ring[generations[-1]])
    return generations[-1], ring[generations[-1]]


def _check_revision(revision: int) -> None:
    state = KeyState.get_or_none(KeyState.id == 1)
    if state is not None and revision < state.revision:
        raise StoreError(
            f"keys.json is older than this store: it was put back (revision {revision}, the store expects "
            f"{state.revision}). Put back the newest copy and tell the security officer."
        )


def note_revision(generation: int, revision: int) -> None:
    """Repeat generation and revision of the slot file in the database, inside the caller's transaction."""
    KeyState.delete().execute()
    KeyState.create(id=1, generation=generation, revision=revision)


def note_file_ahead() -> None:
    """Repeat the revision of a slot file that stands ahead of the database, inside the caller's transaction.

    A crash between the two leaves it so; nobody else is between them while the caller may write.
    """
    here = current()
    file, state = SlotFile.read(here.directory), KeyState.get_or_none(KeyState.id == 1)
    if state is not None and file.revision > state.revision:
        file.check(here.data_key, here.generation)
        KeyState.update(revision=file.revision).execute()


def new_user(name: str, full_name: str, roles: Iterable[Role]) -> int:
    """Put a user into the database inside the caller's transaction; the key slot is another matter."""
    user_id = User.add({"name": name, "full_name": full_name, "created_utc": int(time.time())})
    UserRole.insert_many([(user_id, role) for role in roles], (UserRole.user, UserRole.role)).execute()
    return user_id


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise StoreError(
            f"The time zone {name!r} is not known: use a name such as America/New_York."
        ) from None
