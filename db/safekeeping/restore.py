"""Restoring a backup: to a new place only, verified before anything is done with it, and told in its audit trail.

What was committed after the backup is lost to the restored store. Its anchors say so themselves, with a signed
branch line, so that a restore can always be told from a database that somebody put back.
"""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from db import migrations
from db.access import sessions, sign_on_log
from db.actors import PERMITTED, Action, Actor, Role
from db.acts import NotPermitted
from db.connect import StoreError, close_database, database, open_database, writing
from db.keyring.keys import RECOVERY, SHAREHOLDERS, Unlocked
from db.keyring.sealed import reading
from db.safekeeping import backup
from db.safekeeping.backup import Manifest
from db.store import DATABASE_NAME, FOLDERS, MANIFEST
from db.trail import verifier
from db.trail.audit import COPY_SETTING, Trail

SHOWN: Final = 3  # files named in one sentence


@dataclass(frozen=True, slots=True)
class Restored:
    """A store made from a backup, and who administers it. ``anchor_copy`` is where the old one kept its second
    anchors, if it did."""

    path: Path
    manifest: Manifest
    schema: int
    anchor_copy: str
    administrators: tuple[str, ...]


def restore(source: Path, target: Path, opened: Unlocked, *, where_from: str = "local") -> Restored:
    """Make a store in ``target``, which must not exist, of the backup ``source``, opened with its own slot file.

    Raises ``StoreError`` when the backup is not as it was made, ``NotPermitted``. Nothing half-made is left, and
    neither the backup nor any other store is touched.
    """
    if target.exists():
        raise StoreError(f"{target} is there already: restore to a new place.")
    manifest, signed = backup.read_manifest(source)
    unfinished = target.with_name(f".{target.name}.new")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        _copy(source, unfinished, manifest)
        data_key = _data_key(opened, manifest)
        backup.check_signature(signed, data_key)
        _check(unfinished, opened, data_key, manifest)
        administrators = _administrators(unfinished, data_key)
        schema, anchor_copy = _branch(unfinished, opened, data_key, manifest, source, where_from)
        backup.sync_folder(unfinished)
        unfinished.replace(target)
    except BaseException as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        if isinstance(error, OSError):
            raise StoreError(
                f"The backup could not be restored to {target} ({error.strerror}): nothing of it was kept."
            ) from error
        raise
    return Restored(target, manifest, schema, anchor_copy, administrators)


def _copy(source: Path, unfinished: Path, manifest: Manifest) -> None:
    """Copy first and check the copy: what is read twice may be different twice."""
    unfinished.mkdir(mode=0o700, parents=True)
    for folder in (*FOLDERS, sessions.FOLDER):
        (unfinished / folder).mkdir(mode=0o700, exist_ok=True)
    for name in manifest.files:
        path = unfinished / name
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise StoreError(f"The {MANIFEST} names a file outside of the backup: use another backup.")
        if not (source / name).is_file():
            raise StoreError(f"The backup is not whole: {name} is missing. Use another backup.")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(source / name, path)
        path.chmod(0o600)
    if wrong := backup.changed_files(unfinished, manifest):
        names = ", ".join(wrong[:SHOWN]) + (" ..." if len(wrong) > SHOWN else "")
        raise StoreError(f"The backup is not as it was made ({names}): use another backup.")


def _data_key(opened: Unlocked, manifest: Manifest) -> bytes:
    data_key = opened.ring.get(manifest.generation)
    if data_key is None:
        raise StoreError("This key is not the one of the backup.")
    return data_key


def _check(unfinished: Path, opened: Unlocked, data_key: bytes, manifest: Manifest) -> None:
    report = verifier.verify(unfinished, opened, backup=True)
    if report.findings:
        raise StoreError(f"The backup is not sound: {report.findings[0]} Use another backup.")
    with reading(unfinished / DATABASE_NAME, data_key) as connection:
        if backup.facts(connection) != (manifest.rows, manifest.head, manifest.counts):
            raise StoreError("The backup does not hold what its manifest counts: use another backup.")


def _administrators(unfinished: Path, data_key: bytes) -> tuple[str, ...]:
    with reading(unfinished / DATABASE_NAME, data_key) as connection:
        rows = connection.execute(
            "SELECT u.name FROM user u JOIN user_role r ON r.user_id = u.id WHERE r.role = ? ORDER BY u.name",
            (Role.ADMINISTRATOR,),
        ).fetchall()
    return tuple(name for (name,) in rows)


def _branch(
    unfinished: Path, opened: Unlocked, data_key: bytes, manifest: Manifest, source: Path, where_from: str
) -> tuple[int, str]:
    """Say in anchors and audit trail that this is a restored store; its schema, and where its anchors were copied.

    The copies of the old store's anchors stay that store's: the restored one begins without.
    """
    open_database(unfinished / DATABASE_NAME, data_key)
    try:
        actor = _actor(opened, where_from)
        row = database.execute_sql(
            "SELECT value FROM setting WHERE name = ? ORDER BY from_day DESC LIMIT 1", (COPY_SETTING,)
        ).fetchone()
        detail = {"restored_from": source.name, "rows": manifest.rows, "head": manifest.head}
        if row and row[0]:
            detail["anchor_copy_left"] = row[0]
        with writing():
            database.execute_sql("DELETE FROM setting WHERE name = ?", (COPY_SETTING,))
            database.execute_sql("DELETE FROM record_lock")
            sign_on_log.note_folded(0)  # the new place begins a new log
            trail = Trail(unfinished)
            trail.branch()
            state = trail.add(actor, Action.BACKUP, kind="store", record="restored", detail=detail)
        trail.anchor(*state, sync=True)
        return migrations.schema_version(), str(row[0]) if row else ""
    finally:
        close_database()


def _actor(opened: Unlocked, where_from: str) -> Actor:
    """Who restores, in the roles that the backup knows. Raises ``NotPermitted``."""
    name, session = opened.slot["name"], secrets.token_hex(4)
    if opened.slot["type"] == RECOVERY:
        return Actor(0, SHAREHOLDERS, frozenset({Role.ADMINISTRATOR}), where_from, session)
    rows = database.execute_sql(
        "SELECT u.id, r.role FROM user u JOIN user_role r ON r.user_id = u.id"
        " WHERE u.name = ? AND u.disabled_utc IS NULL",
        (name,),
    ).fetchall()
    roles = frozenset(Role(role) for _, role in rows)
    if PERMITTED[Action.BACKUP].isdisjoint(roles):
        raise NotPermitted(f"{name} may not restore a {Action.BACKUP}.")
    return Actor(rows[0][0], name, roles, where_from, session)
