"""Reading a store without writing anything to it: what the verifier and whoever only looks works on."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2

from db.connect import BUSY_MS, StoreError, give_key


@contextmanager
def reading(path: Path, data_key: bytes) -> Iterator[Any]:
    """One state of the database at ``path``, on a connection that writes nothing beside it either.

    A database at rest is opened immutable. One in use is read in a snapshot. One that a crash left with its log
    is copied, still encrypted, to a private folder, because putting the log in place would be a write.
    Raises ``StoreError`` when the key does not fit, or when somebody came to a database at rest meanwhile.
    """
    log, shared = path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")
    if not log.exists():
        before = path.stat()
        with _connection(path, data_key, "mode=ro&immutable=1") as connection:
            yield connection
        after = path.stat()
        if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
            raise StoreError("Somebody began to work on the store meanwhile: run this again.")
    elif shared.exists():
        with _connection(path, data_key, "mode=ro") as connection:
            connection.execute("BEGIN")
            yield connection
    else:
        with tempfile.TemporaryDirectory(prefix="recordroom-") as folder:  # made for the owner alone
            for each in (path, log):
                shutil.copy(each, folder)
            with _connection(Path(folder) / path.name, data_key, "mode=rw") as connection:
                yield connection


@contextmanager
def _connection(path: Path, data_key: bytes, how: str) -> Iterator[Any]:
    try:
        connection = dbapi2.connect(
            f"{path.absolute().as_uri()}?{how}", uri=True, isolation_level=None, timeout=BUSY_MS / 1000
        )
        give_key(connection, data_key)
        connection.execute("PRAGMA temp_store = memory")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except dbapi2.Error as error:
        raise StoreError(
            f"{path.name} cannot be read with this key: it is damaged, or belongs to other keys."
        ) from error
    try:
        yield connection
    finally:
        connection.close()
