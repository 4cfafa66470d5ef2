"""The encrypted database: one deferred SQLCipher database, opened with a raw key, one connection a process.

A process works on one store at a time. Every transaction that may write begins IMMEDIATE, because one that
reads first and then asks for the write lock fails under load however long it waits.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from peewee import DatabaseError, OperationalError
from playhouse.sqlcipher_ext import SqlCipherDatabase
from sqlcipher3 import dbapi2

from rules.findings import Told

BUSY_MS: Final = 10_000
SMALL_CACHE_KIB: Final = 8 * 1024  # a user session
LARGE_CACHE_KIB: Final = 64 * 1024  # while a report, import or batch runs
CHECKPOINT_PAGES: Final = 1000  # SQLite's default
BATCH_CHECKPOINT_PAGES: Final = 8000


# What SQLite says of the machine under the store rather than of a statement of ours, and how that is told.
TROUBLES: Final = (
    ("is full", "The disk of the store is full: this was not stored. Free space on it and try again."),
    ("readonly database", "The store cannot be written: its files or its disk are read-only; this was not stored."),
    ("unable to open", "The database of the store cannot be opened: it is missing, or its folder cannot be written."),
    ("disk I/O", "The disk of the store does not work; this was not stored. Tell the administrator."),
    ("malformed", "The database of the store is damaged: restore the newest backup."),
)  # fmt: skip


class StoreError(Told):
    """The store cannot be opened or used: one sentence that says why and what to do."""


class RecordroomDatabase(SqlCipherDatabase):  # type: ignore[misc]
    """SQLCipher opened with a raw key. SQLCipher is silenced first: it would write to the terminal."""

    raw_key: bytes | None = None
    read_only: bool = False
    files: Mapping[Path, tuple[int, int]] = MappingProxyType({})  # database and log, as they were when opened

    def _connect(self) -> Any:
        if self.raw_key is None:
            raise StoreError("The store is not open. Sign on first.")
        mode = "ro" if self.read_only else "rw"
        connection = dbapi2.connect(
            f"{Path(self.database).absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None,
            timeout=BUSY_MS / 1000, check_same_thread=False,
        )  # fmt: skip
        try:
            give_key(connection, self.raw_key)
            connection.enable_load_extension(False)
            self._add_conn_hooks(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def execute_sql(self, *arguments: Any, **named: Any) -> Any:
        """Execute a statement. Raises ``StoreError`` when the machine under the store is at fault."""
        try:
            return super().execute_sql(*arguments, **named)
        except DatabaseError as error:
            _tell_trouble(error)
            raise

    def know_files(self) -> None:
        """Remember which files are open."""
        path = Path(self.database)
        paths = (path, path.with_name(path.name + "-wal"))
        self.files = {each: _identity(each) for each in paths if each.exists()}

    def check_files(self) -> None:
        """Raise ``StoreError`` when they are no more the ones that have their names: what is written would be lost."""
        for path, identity in self.files.items():
            if not path.exists() or _identity(path) != identity:
                raise StoreError(
                    f"{path.name} was deleted, moved or replaced while it was open: this was not stored, and nothing "
                    "can be until everybody has signed off. Tell the administrator; drafts are kept."
                )

    def rollback(self) -> None:
        """Roll back, unless SQLite has done so by itself, as it does when its disk is full."""
        if self.connection().in_transaction:
            super().rollback()


def give_key(connection: Any, raw_key: bytes, pragma: str = "key") -> None:
    """Open an SQLCipher connection with a raw key, or encrypt it anew (``rekey``); SQLCipher is silenced first."""
    connection.execute("PRAGMA cipher_log_level = NONE")
    # As a script: the text of a statement that is executed stays in memory, in the connection's cache of statements.
    connection.executescript(f"PRAGMA {pragma} = \"x'{raw_key.hex()}'\"")


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


# Not thread-safe on purpose: one connection serves whichever single thread works on the store.
database: Final = RecordroomDatabase(None, lock_type="IMMEDIATE", thread_safe=False)


def open_database(path: Path, data_key: bytes, *, read_only: bool = False) -> None:
    """Open the database at ``path``, in place of the one that was open; an empty file becomes a new one.

    Raises ``StoreError`` when the key does not fit, the file is no store or is missing.
    """
    close_database()
    database.init(
        str(path),
        pragmas={
            "journal_mode": "wal",
            "foreign_keys": 1,
            "synchronous": "full",
            "cache_size": -SMALL_CACHE_KIB,
            "temp_store": "memory",
        }
        if not read_only
        else {"foreign_keys": 1, "temp_store": "memory"},
    )
    database.raw_key, database.read_only = data_key, read_only
    try:
        database.connect()
        database.execute_sql("SELECT count(*) FROM sqlite_master").fetchone()
        database.know_files()
    except (DatabaseError, dbapi2.DatabaseError) as error:
        close_database()
        _tell_trouble(error)
        raise StoreError(
            f"{path.name} cannot be read with this key: it is damaged, or belongs to other keys. "
            "Restore the newest backup, or put back the keys.json that belongs to it."
        ) from error


def rekey_database(new_key: bytes) -> None:
    """Encrypt the open database under another key, and open and check it with that.

    Raises ``StoreError`` when it did not come to that; the database is then open under the key it had.
    Whenever this is killed, exactly one of the two keys opens the database.
    """
    path, old_key = Path(database.database), database.raw_key
    failed: Exception | None = None
    try:
        give_key(database.connection(), new_key, "rekey")
        # All pages into the file: a lost log must not bring the old key back.
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    except (DatabaseError, dbapi2.DatabaseError, StoreError) as error:
        failed = error
    try:
        open_database(path, new_key)
    except StoreError as error:
        open_database(path, old_key or b"")
        raise StoreError(
            f"The database could not be encrypted anew ({failed or error}): it is as it was. The disk needs "
            "twice the size of the database free; then run this again."
        ) from (failed or error)
    if database.execute_sql("PRAGMA cipher_integrity_check").fetchall():
        raise StoreError(
            "Pages of the database do not agree with the new key: restore the newest backup and tell the "
            "security officer."
        )


def close_database() -> None:
    """Close the connection, if there is one, and forget the key."""
    if database.deferred:
        return
    if not database.is_closed():
        database.close()
    database.raw_key = None


@contextmanager
def writing() -> Iterator[None]:
    """A transaction that may write; inside another one, a part of it that can fail alone.

    Waits for other writers up to the busy timeout, twice, then raises ``StoreError``.
    """
    transaction = database.atomic()
    try:
        transaction.__enter__()
    except OperationalError:
        try:
            transaction.__enter__()
        except OperationalError as error:
            _tell_trouble(error)
            raise StoreError(
                "The store is busy: another user or batch job has been writing for 20 seconds. "
                "Nothing was changed; try again."
            ) from error
    try:
        yield
        database.check_files()
    except BaseException as error:
        try:
            transaction.__exit__(type(error), error, error.__traceback__)
        except OperationalError:
            if database.connection().in_transaction:
                raise  # otherwise the savepoint went with the transaction
        _tell_trouble(error)
        raise
    try:
        transaction.__exit__(None, None, None)
    except DatabaseError as error:
        _tell_trouble(error)
        raise


def _tell_trouble(error: BaseException) -> None:
    """Raise ``StoreError`` when the database gave up because of the machine: its disk, its files."""
    if isinstance(error, (DatabaseError, dbapi2.DatabaseError)):
        for said, sentence in TROUBLES:
            if said in str(error):
                raise StoreError(sentence) from error


@contextmanager
def snapshot() -> Iterator[None]:
    """One state of the store for all reads inside, whatever others commit meanwhile."""
    try:
        with database.atomic("DEFERRED"):
            yield
    except OperationalError as error:
        _tell_trouble(error)
        if "locked" not in str(error):  # a fault of ours, which must not pass for bad luck
            raise
        raise StoreError("The store was changed while it was being read: run this again.") from error


def give_back() -> None:
    """Return freed memory to the system: it lies among what stays, and glibc does so only when it is asked to."""
    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)


@contextmanager
def large_cache() -> Iterator[None]:
    """More page cache while a report, import or batch runs, given back afterwards.

    The log is brought into the database file more seldom: pages that many slices touch are written once.
    """
    database.execute_sql(f"PRAGMA cache_size = -{LARGE_CACHE_KIB}")
    database.execute_sql(f"PRAGMA wal_autocheckpoint = {BATCH_CHECKPOINT_PAGES}")
    try:
        yield
    finally:
        database.execute_sql(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        database.execute_sql(f"PRAGMA cache_size = -{SMALL_CACHE_KIB}")
        database.execute_sql("PRAGMA shrink_memory")
        give_back()
