"""Backups: whole copies of the store, made while it is in use, encrypted under the same key, tried before they count.

A backup is a folder named after its second. It takes its name only when all of it is on the disk and has been
opened and checked; a folder that begins with a point is the rest of a backup that was cut short.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from sqlcipher3 import dbapi2

from db import migrations, store
from db.actors import Action, Actor
from db.acts import act, permit
from db.connect import StoreError, database
from db.keyring.derivation import derived
from db.keyring.keys import USER, Unlocked
from db.keyring.sealed import reading
from db.keyring.slots import FILE_NAME, SlotFile
from db.store import DATABASE_NAME, MANIFEST, Store
from db.trail import anchors, verifier
from db.trail.audit import ANCHOR_NAME

FOLDER: Final = "backup"  # in the store, unless the command names another place
FOLDERS: Final = ("site", "drafts", "codes")  # copied file by file; each file in them is replaced whole
KEPT: Final = 14  # backups kept unless told otherwise
LOCK: Final = ".lock"
FORMAT: Final = 1
ROOM: Final = 1.05  # of the database's size, that the disk must have free


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds, signed under the data key. It names no patient."""

    store: str  # the file_id of its slot file
    facility: str
    made_utc: int
    program: str
    db_schema: int
    generation: int
    rows: int  # of the audit trail
    head: str  # its last MAC
    counts: dict[str, int]  # rows of every table
    files: dict[str, str]  # SHA-256 of every file, by its path in the backup

    def signed(self, data_key: bytes) -> bytes:
        """The manifest as its file holds it."""
        contents = {"format": FORMAT, **asdict(self)}
        return json.dumps({**contents, "mac": _mac(contents, data_key)}, indent=1).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made, and the older ones that made room for it."""

    path: Path
    manifest: Manifest
    removed: tuple[str, ...]
    same_disk: bool


def copy_database(name: str) -> Path:
    """Copy the open database to ``STORE/backup/NAME.db`` and return the path.

    Raises ``StoreError`` when the disk does not take it; nothing half-made is left.
    """
    folder = store.current().directory / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    path, spare = folder / f"{name}.db", folder / f".{name}.db"
    spare.unlink(missing_ok=True)
    try:
        database.execute_sql("VACUUM INTO ?", (str(spare),))
        spare.chmod(0o600)
        spare.replace(path)
    except (OSError, dbapi2.Error) as error:
        spare.unlink(missing_ok=True)
        raise StoreError(f"The copy {path} could not be made: {error}. Nothing was upgraded.") from error
    return path


def make(actor: Actor, to: Path | None = None, *, keep: int = KEPT) -> Made:
    """Back the open store up into a new folder of ``to``, and remove all but the newest ``keep`` of its backups.

    Others go on working. Raises ``NotPermitted``, and ``StoreError`` when the disk does not take it or the copy
    does not stand up to the checks; the backups that were there before then stay.
    """
    if keep < 1:
        raise StoreError("Keep one backup at least.")
    here = store.current()
    permit(actor, Action.BACKUP, kind="store", record="backup")
    here.trail_for_writing()
    folder = to or here.directory / FOLDER
    name = _free_name(folder)
    spare = folder / f".{name}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(folder):
            _clear(folder)
            _check_room(folder, here.directory / DATABASE_NAME)
            manifest = _copy(here, spare)
            _try_out(here, actor, spare, manifest)
            removed = _name(actor, spare, folder / name, manifest, keep)
    except (OSError, dbapi2.Error, StoreError) as error:
        shutil.rmtree(spare, ignore_errors=True)
        if isinstance(error, OSError):
            raise StoreError(
                f"The backup could not be written to {folder} ({error.strerror}): nothing of it was kept, and the "
                "backups before it are as they were."
            ) from error
        raise
    same = folder.stat().st_dev == here.directory.stat().st_dev
    return Made(folder / name, manifest, removed, same)


def of_store(folder: Path, file_id: str) -> list[Path]:
    """The backups of a store in a folder, oldest first. What else lies there is not looked at."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith(".") and (path / MANIFEST).is_file():
            try:
                kept = SlotFile.read(path).contents["file_id"]
            except StoreError:
                continue  # a damaged one is not ours to remove
            if kept == file_id:
                found.append(path)
    return found


def read_manifest(backup: Path) -> tuple[Manifest, dict[str, Any]]:
    """The manifest of a backup, and the contents of its file for ``check_signature``. Raises ``StoreError``."""
    try:
        contents = json.loads((backup / MANIFEST).read_bytes())
        if contents.pop("format") != FORMAT:
            raise StoreError(f"{backup} is a backup of a format that this program does not know.")
        mac = contents.pop("mac")
        manifest = Manifest(**contents)
    except FileNotFoundError:
        raise StoreError(f"{backup} is no backup: it has no {MANIFEST}.") from None
    except OSError as error:
        raise StoreError(f"{backup / MANIFEST} cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreError(f"{backup / MANIFEST} is damaged: use another backup.") from error
    return manifest, {"format": FORMAT, **contents, "mac": mac}


def check_signature(signed: dict[str, Any], data_key: bytes) -> None:
    """Raise ``StoreError`` unless the manifest was written by somebody who held the data key."""
    contents = {name: value for name, value in signed.items() if name != "mac"}
    if not hmac.compare_digest(_mac(contents, data_key), str(signed["mac"])):
        raise StoreError(f"The {MANIFEST} was changed by somebody without the key: use another backup.")


def changed_files(backup: Path, manifest: Manifest) -> list[str]:
    """The files of a backup that are missing, are not as they were written, or were put in."""
    wrong = []
    for name, digest in manifest.files.items():
        path = backup / name
        if path.is_symlink() or not path.is_file() or _sha256(path) != digest:
            wrong.append(name)
    there = {str(path.relative_to(backup)) for path in backup.rglob("*") if not path.is_dir()}
    return wrong + sorted(there - set(manifest.files) - {MANIFEST})


def facts(connection: Any) -> tuple[int, str, dict[str, int]]:
    """Rows and head of the audit trail and the rows of every table, as one connection sees them."""
    rows, head = connection.execute("SELECT seq, hex(mac) FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    names = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
    ).fetchall()
    counts = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in names}
    return int(rows), str(head).lower(), counts


def sync_folder(path: Path) -> None:
    """Wait until every file below a folder, and the folders themselves, are on the disk."""
    for each in (*path.rglob("*"), path, path.parent):
        descriptor = os.open(each, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _copy(here: Store, spare: Path) -> Manifest:
    """Everything that a restore needs. The slot file comes last: it may be newer than the database, never older."""
    spare.mkdir(mode=0o700)
    # Its own read transaction sees one state, whatever others commit meanwhile.
    database.execute_sql("VACUUM INTO ?", (str(spare / DATABASE_NAME),))
    for folder in FOLDERS:
        _copy_tree(here.directory / folder, spare / folder)
    shutil.copyfile(here.directory / FILE_NAME, spare / FILE_NAME)
    with reading(spare / DATABASE_NAME, here.data_key) as connection:
        rows, head, counts = facts(connection)
    line = anchors.signed(rows, bytes.fromhex(head), here.trail.anchor_key(rows))
    anchors.append(spare / ANCHOR_NAME, line)
    for path in spare.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    files = {
        str(path.relative_to(spare)): _sha256(path) for path in sorted(spare.rglob("*")) if path.is_file()
    }
    manifest = Manifest(
        SlotFile.read(spare).contents["file_id"], here.facility, int(time.time()), version("recordroom"),
        migrations.schema_version(), here.generation, rows, head, counts, files,
    )  # fmt: skip
    (spare / MANIFEST).write_bytes(manifest.signed(here.data_key))
    sync_folder(spare)
    return manifest


def _copy_tree(source: Path, target: Path) -> None:
    """The plain files of a folder. One that is replaced meanwhile is copied as it was or as it is."""
    target.mkdir(mode=0o700)
    for path in sorted(source.rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
            copy = target / path.relative_to(source)
            copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                shutil.copyfile(path, copy)
            except FileNotFoundError:
                copy.unlink(missing_ok=True)  # given up between the two looks


def _try_out(here: Store, actor: Actor, spare: Path, manifest: Manifest) -> None:
    """Open the copy as a restore would, and verify all of it."""
    opened = Unlocked(SlotFile.read(spare), here.ring, {"type": USER, "name": actor.user})
    found = verifier.verify(spare, opened, backup=True).findings
    kept = database.execute_sql("SELECT hex(mac) FROM audit WHERE seq = ?", (manifest.rows,)).fetchone()
    if kept is None or str(kept[0]).lower() != manifest.head:
        found.append("The copy's audit trail is not that of the store.")
    if found:
        raise StoreError(f"The copy is not sound, so it was not kept: {found[0]} Run 'recordroom verify'.")


def _name(actor: Actor, spare: Path, path: Path, manifest: Manifest, keep: int) -> tuple[str, ...]:
    """Let the backup count, together with its audit row, and let go of the oldest ones."""
    before = of_store(path.parent, manifest.store)
    surplus = before[: max(0, len(before) + 1 - keep)]
    try:
        with act(actor, Action.BACKUP, kind="store", record="backup") as done:
            done.detail |= {"name": path.name, "rows": manifest.rows, "head": manifest.head}
            if surplus:
                done.detail["removed"] = [each.name for each in surplus]
            spare.replace(path)
            sync_folder(path)
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise
    for each in surplus:
        gone = each.replace(each.with_name(f".{each.name}"))  # never half a backup under a good name
        shutil.rmtree(gone)
    return tuple(each.name for each in surplus)


def _free_name(folder: Path) -> str:
    """The second, and a number when another backup was made in it: names sort by age."""
    second = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    taken = [int(path.name.partition("-")[2] or 0) for path in folder.glob(f"{second}*")]
    return f"{second}-{max(taken) + 1:03}" if taken else second


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(f"Another backup is being made in {folder} now.") from None
        yield
    finally:
        os.close(descriptor)


def _clear(folder: Path) -> None:
    """What backups that were cut short left. Only ours begin so: nobody else works here now."""
    for path in folder.glob(".[0-9]*T[0-9]*Z*"):
        shutil.rmtree(path)


def _check_room(folder: Path, path: Path) -> None:
    log = path.with_name(path.name + "-wal")
    needed = int(ROOM * (path.stat().st_size + (log.stat().st_size if log.exists() else 0)))
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StoreError(
            f"The disk of {folder} has {free // 2**20} MB free, and the backup needs {needed // 2**20 + 1}: free "
            "space on it, or name another place with --to."
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mac(contents: dict[str, Any], data_key: bytes) -> str:
    text = json.dumps(contents, sort_keys=True, separators=(",", ":")).encode()
    return hmac.digest(derived(data_key, "backup"), text, "sha256").hex()
