"""Copies of the open store, encrypted under the same key, made while it is in use."""

from __future__ import annotations

from pathlib import Path

from sqlcipher3 import dbapi2

from db import store
from db.connect import StoreError, database


def copy_database(name: str) -> Path:
    """Copy the open database to ``STORE/backup/NAME.db`` and return the path.

    Raises ``StoreError`` when the disk does not take it; nothing half-made is left.
    """
    folder = store.current().directory / "backup"
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
