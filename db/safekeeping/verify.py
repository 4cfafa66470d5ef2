"""Everything of a store that can be checked from outside, one line a check; nothing is written to it."""

from __future__ import annotations

import json
import time
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlcipher3 import dbapi2

from db import drafts, migrations
from db.connect import StoreError
from db.keyring.keys import Unlocked
from db.keyring.sealed import reading
from db.keyring.slots import FILE_NAME
from db.safekeeping.backup import FOLDER, changed_files, read_manifest
from db.store import DATABASE_NAME
from db.trail import verifier
from db.trail.audit import CLOCK_SECONDS

SHOWN: Final = 5  # faults of one check that are told singly


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name, what was looked at, and what is wrong, a sentence each."""

    name: str
    said: str
    faults: tuple[str, ...] = ()


def verify(directory: Path, opened: Unlocked) -> Iterator[Check]:
    """Check the store part by part, the small ones first. Raises ``StoreError`` when nothing can be read."""
    if not (directory / DATABASE_NAME).is_file():
        raise StoreError(
            f"{directory / DATABASE_NAME} is missing: restore the newest backup. The keys alone hold no records."
        )
    generation, data_key = verifier.fitting(directory / DATABASE_NAME, opened)
    with reading(directory / DATABASE_NAME, data_key) as connection:
        try:
            verifier.check_permit(connection, opened)
        except dbapi2.DatabaseError:  # whoever it is holds a key of the store
            yield _check("database", "pages, structure and references", verifier.pages(connection))
            return
        yield _drafts(directory, opened)
        yield _site(directory)
        yield _backups(directory)
        yield _check("schema", f"schema {_newest(connection)}", _schema(connection))
        yield _check("keys", FILE_NAME, verifier.key_file(connection, opened, generation, data_key))
        yield _check("clock", "against the audit trail", _clock(connection))
        yield _check("database", "pages, structure and references", verifier.pages(connection))
    report = verifier.verify(directory, opened, quick=True)
    said = f"{report.rows} rows, {report.lines} anchors"
    yield _check("audit trail", "; ".join((said, *report.notes)), report.findings)


def _check(name: str, said: str, faults: Iterable[str]) -> Check:
    found: list[str] = []
    try:
        found += faults
    except dbapi2.DatabaseError:
        found.append("It cannot be read whole: pages of the database are damaged or missing.")
    more = len(found) - SHOWN
    return Check(name, said, (*found[:SHOWN], *((f"... and {more} more.",) if more > 0 else ())))


def _drafts(directory: Path, opened: Unlocked) -> Check:
    faults, files = [], sorted((directory / "drafts").glob("*.draft"))
    for path in files:
        plain = drafts.unsealed(path.read_bytes(), path.stem, opened.ring)
        if plain is None or not isinstance(json.loads(plain), dict):
            faults.append(f"drafts/{path.name} opens under no key of this store: move it away.")
    return _check("drafts", f"{len(files)} files", faults)


def _site(directory: Path) -> Check:
    faults, files = [], sorted((directory / "site").rglob("*.toml"))
    for path in files:
        try:
            tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            faults.append(f"{path.relative_to(directory)} cannot be read: {error}.")
    return _check("site files", f"{len(files)} files", faults)


def _backups(directory: Path) -> Check:
    """Backups in the store's own folder: whether the files are as they were written."""
    folder, faults, count = directory / FOLDER, [], 0
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        if path.is_dir() and not path.name.startswith("."):
            count += 1
            try:
                wrong = changed_files(path, read_manifest(path)[0])
            except StoreError as error:
                faults.append(str(error))
            else:
                faults += [f"The backup {path.name} is not as it was made: {name}." for name in wrong]
    return _check("backups", f"{count} in {FOLDER}/", faults)


def _clock(connection: Any) -> Iterator[str]:
    """The trail is in the order of its numbers; a clock that was set back shows in its times."""
    (newest,) = connection.execute("SELECT max(at_utc) FROM audit").fetchone()
    if newest - time.time() > CLOCK_SECONDS:
        yield (
            "The clock of this host stands before the newest row of the audit trail: set it, unless it ran ahead when "
            "that row was written."
        )


def _newest(connection: Any) -> int:
    return int(connection.execute("SELECT coalesce(max(number), 0) FROM migration").fetchone()[0])


def _schema(connection: Any) -> Iterator[str]:
    taken = dict(connection.execute("SELECT number, sha256 FROM migration"))
    known = {step.number: step.sha256 for step in migrations.migrations()}
    for number in sorted(taken.keys() | known.keys()):
        if number not in taken:
            yield f"Step {number} of the schema is missing: run 'recordroom upgrade'."
        elif number not in known:
            yield f"Step {number} of the schema is of a newer program: use that."
        elif taken[number] != known[number]:
            yield f"Step {number} of the schema is not the one of this program."
