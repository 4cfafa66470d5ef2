"""What the machine under the store does to it is told in one sentence, and nothing is left half done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from peewee import OperationalError

from db.access import sign_on
from db.actors import Action, Actor
from db.acts import act
from db.connect import StoreError, database, snapshot, writing
from db.schema.store import Counter
from tests.conftest import ADMIN, PASSPHRASE

MORE_THAN_FITS = "x" * 1_000_000


@contextmanager
def no_space_left() -> Iterator[None]:
    """The database file may not grow, as on a full disk."""
    pages = database.execute_sql("PRAGMA page_count").fetchone()[0]
    database.execute_sql(f"PRAGMA max_page_count = {pages}")
    try:
        yield
    finally:
        database.execute_sql("PRAGMA max_page_count = 4294967294")


def counters() -> set[str]:
    return {counter.name for counter in Counter.select()}


def acts_done() -> int:
    return int(database.execute_sql("SELECT count(*) FROM audit WHERE outcome = 'done'").fetchone()[0])


def file_too_much() -> None:
    with writing():
        Counter.create(name="small", value=1)
        Counter.create(name=MORE_THAN_FITS, value=1)


def file_too_much_in_an_act(actor: Actor) -> None:
    with act(actor, Action.AMEND_PATIENT, kind="patient"):
        Counter.create(name="small", value=1)
        Counter.create(name=MORE_THAN_FITS, value=1)


def file_too_much_in_a_part() -> None:
    with writing():
        Counter.create(name="before", value=1)
        file_too_much()


def file_too_many_rows() -> None:
    rows = [(f"{number}{MORE_THAN_FITS}", number) for number in range(3)]
    with writing():
        database.connection().executemany("INSERT INTO counter VALUES (?, ?)", rows)


class TestAFullDisk:
    def test_an_act_is_refused_in_words_and_leaves_nothing(self, admin: Actor) -> None:
        before = acts_done()
        with no_space_left(), pytest.raises(StoreError, match="disk of the store is full"):
            file_too_much_in_an_act(admin)
        assert "small" not in counters()
        assert acts_done() == before

    @pytest.mark.parametrize("work", [file_too_much, file_too_much_in_a_part, file_too_many_rows])
    def test_whatever_a_transaction_does_it_stands_or_falls_as_a_whole(
        self, admin: Actor, work: Callable[[], None]
    ) -> None:
        with no_space_left(), pytest.raises(StoreError, match="disk of the store is full"):
            work()
        assert not counters() & {"before", "small"}

    def test_work_goes_on_when_there_is_space_again(self, admin: Actor) -> None:
        with no_space_left(), pytest.raises(StoreError):
            file_too_much()
        with writing():
            Counter.create(name="small", value=1)
        assert "small" in counters()


class TestAMissingDatabase:
    def test_it_is_told_and_no_empty_one_is_made(self, store_directory: Path) -> None:
        (store_directory / "recordroom.db").unlink()
        with pytest.raises(StoreError, match="it is missing"):
            sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        assert not (store_directory / "recordroom.db").exists()


class TestACommit:
    """No test can pull the plug: that each commit waits for the disk is what the torn writes stand on."""

    def test_waits_for_the_disk_and_is_in_the_log(self, admin: Actor) -> None:
        asked = [
            database.execute_sql(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")
        ]
        assert asked == [2, "wal"]  # 2: FULL


class TestASnapshot:
    def test_a_fault_in_a_query_is_not_told_as_a_change_by_others(self, admin: Actor) -> None:
        with pytest.raises(OperationalError, match="no such column"), snapshot():
            database.execute_sql("SELECT nothing_of_the_kind FROM patient")
