"""Nothing acknowledged is lost: writers killed at random, writers flat out, a crowd; nothing stands in clear.

The short forms run always, the full ones in ``make soak`` (-m soak), which prints the figures of
docs/security-tests.md.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from db import store
from db.access import sign_on, users
from db.connect import database
from db.keyring import keys
from db.safekeeping import backup, restore
from db.trail import verifier
from tests.conftest import ADMIN, PASSPHRASE
from tests.db.writers import KNOWN_NAME, KNOWN_SSN, LOOK

ROOT = Path(__file__).parents[2]


@pytest.fixture
def key_file(store_directory: Path, tmp_path: Path) -> Path:
    actor = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor
    path = tmp_path / "feed.key"
    path.write_text(users.add_service(actor, "feed"))
    sign_on.off(actor)
    return path


class Writer:
    """A process at work, and what it has acknowledged so far."""

    def __init__(self, kind: str, directory: Path, key: Path, *more: object, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/db/writers.py"), kind, str(directory), str(key), *map(str, more)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=directory.parent,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        )  # fmt: skip
        self.acknowledged: list[tuple[str, int, float]] = []
        self.begun = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if not line.endswith("\n"):
                break  # killed while it told it
            token, number, milliseconds = line.split()
            self.acknowledged.append((token, int(number), float(milliseconds)))
            self.begun.set()
        self.begun.set()

    def end(self, *, kill: bool = False) -> str:
        if kill:
            self.process.send_signal(signal.SIGKILL)
        self._reader.join()
        assert self.process.stderr is not None
        said = self.process.stderr.read()
        self.process.wait()
        self.process.stderr.close()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return said


@pytest.fixture
def closed() -> Iterator[None]:
    yield
    store.close_store()


def assert_all_there(directory: Path, acknowledged: list[tuple[str, int, float]]) -> verifier.Report:
    """Every acknowledged act has its change and its row, and the store verifies."""
    report = verifier.verify(directory, keys.unlock(directory, ADMIN, PASSPHRASE))
    assert report.findings == []
    sign_on.with_passphrase(directory, ADMIN, PASSPHRASE)
    rows = {record for (record,) in database.execute_sql("SELECT record FROM audit WHERE kind = 'soak'")}
    lost = [each for each in acknowledged if f"{each[0]} {each[1]}" not in rows]
    assert lost == []
    counters = dict(database.execute_sql("SELECT name, value FROM counter").fetchall())
    assert all(counters[token] >= number for token, number, _ in acknowledged)
    after = verifier.verify(directory, keys.unlock(directory, ADMIN, PASSPHRASE))
    assert (after.findings, after.rows > report.rows) == ([], True)
    return report


def kill_at_random(directory: Path, key: Path, wanted: int, rounds: int) -> tuple[int, int]:
    """Three writers at a time, killed in mid-work, until so much was acknowledged; acts and kills."""
    chance, acknowledged, kills = random.Random(rounds), [], 0
    while len(acknowledged) < wanted or kills < rounds * 3:
        writers = [Writer("flat", directory, key, 100_000) for _ in range(3)]
        for writer in writers:
            writer.begun.wait()
        time.sleep(chance.uniform(0.01, 0.25))
        for writer in writers:
            said = writer.end(kill=True)
            assert said == ""
            assert writer.process.returncode == -signal.SIGKILL
            acknowledged += writer.acknowledged
            kills += 1
    report = assert_all_there(directory, acknowledged)
    print(f"\nkill -9: {kills} kills, {len(acknowledged)} acknowledged, 0 lost; {report.rows} rows verified")
    return len(acknowledged), kills


def percentile(times: list[float], part: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]


@pytest.mark.usefixtures("closed")
class TestKilledWriters:
    def test_lose_none_of_a_thousand_acts(self, store_directory: Path, key_file: Path) -> None:
        acts, kills = kill_at_random(store_directory, key_file, 1_000, 4)
        assert acts >= 1_000
        assert kills >= 12

    @pytest.mark.soak
    @pytest.mark.timeout(1800)
    def test_lose_none_of_ten_thousand_acts(self, store_directory: Path, key_file: Path) -> None:
        acts, kills = kill_at_random(store_directory, key_file, 10_000, 60)
        assert acts >= 10_000
        assert kills >= 180


@pytest.mark.usefixtures("closed")
class TestWritersSideBySide:
    @pytest.mark.parametrize(
        "count", [40, pytest.param(1_000, marks=[pytest.mark.soak, pytest.mark.timeout(900)])]
    )
    def test_eight_writers_flat_out_all_get_through(
        self, store_directory: Path, key_file: Path, count: int
    ) -> None:
        begun = time.perf_counter()
        writers = [Writer("flat", store_directory, key_file, count) for _ in range(8)]
        said = [writer.end() for writer in writers]
        taken = time.perf_counter() - begun
        assert said == [""] * 8
        acknowledged = [each for writer in writers for each in writer.acknowledged]
        assert len(acknowledged) == 8 * count
        assert_all_there(store_directory, acknowledged)
        times = [each[2] for each in acknowledged]
        print(
            f"\n8 writers: {len(times)} acts in {taken:.1f} s, none failed; p50 {percentile(times, 0.5):.1f} ms, "
            f"p99 {percentile(times, 0.99):.0f} ms, max {max(times):.0f} ms"
        )

    @pytest.mark.parametrize(
        ("count", "backups"),
        [(150, 2), pytest.param(2_000, 5, marks=[pytest.mark.soak, pytest.mark.timeout(900)])],
    )
    def test_backups_made_while_eight_write_hold_all_that_was_acknowledged_before(
        self, store_directory: Path, key_file: Path, tmp_path: Path, count: int, backups: int
    ) -> None:
        writers = [Writer("flat", store_directory, key_file, count) for _ in range(8)]
        for writer in writers:
            writer.begun.wait()
        actor, before, made = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor, [], []
        for _ in range(backups):
            before.append([each for writer in writers for each in list(writer.acknowledged)])
            made.append(backup.make(actor, tmp_path / "to", keep=backups))
        at_work = sum(writer.process.poll() is None for writer in writers)
        sign_on.off(actor)
        assert [writer.end() for writer in writers] == [""] * 8
        acknowledged = [each for writer in writers for each in writer.acknowledged]
        assert len(acknowledged) == 8 * count
        assert_all_there(store_directory, acknowledged)
        store.close_store()
        for number, each in enumerate(made):
            place = tmp_path / f"restored{number}"
            restore.restore(each.path, place, keys.unlock(each.path, ADMIN, PASSPHRASE))
            assert_all_there(place, before[number])
            store.close_store()
        print(f"\nbackups: {backups} while 8 writers filed {8 * count} acts, {at_work} at work to the end")

    def test_a_crowd_at_one_second_think_time_meets_no_lock(
        self, store_directory: Path, key_file: Path
    ) -> None:
        self.crowd(store_directory, key_file, 20, 3)

    @pytest.mark.soak
    @pytest.mark.timeout(900)
    def test_a_hundred_technicians_wait_less_than_half_a_second(
        self, store_directory: Path, key_file: Path
    ) -> None:
        assert percentile(self.crowd(store_directory, key_file, 100, 60), 0.99) < 500

    def crowd(self, directory: Path, key: Path, people: int, seconds: int) -> list[float]:
        writer = Writer("crowd", directory, key, people, seconds)
        assert writer.end() == ""
        assert writer.process.returncode == 0
        times = [each[2] for each in writer.acknowledged]
        filed = [each for each in writer.acknowledged if each[0] != LOOK]
        assert len({each[0] for each in filed}) == people
        assert_all_there(directory, filed)
        print(
            f"\n{people} technicians: {len(times)} acts, no lock error; p50 {percentile(times, 0.5):.1f} ms, "
            f"p99 {percentile(times, 0.99):.0f} ms, max {max(times):.0f} ms"
        )
        return times


@pytest.mark.usefixtures("closed")
class TestNothingInClear:
    def test_no_file_holds_a_known_name_after_a_workout_and_a_crash(
        self, store_directory: Path, key_file: Path, tmp_path: Path
    ) -> None:
        spare = tmp_path / "temporary"
        spare.mkdir()
        writer = Writer("workout", store_directory, key_file, TMPDIR=str(spare), SQLITE_TMPDIR=str(spare))
        while len(writer.acknowledged) < 30 and writer.process.poll() is None:
            writer.begun.wait()
            time.sleep(0.01)
        assert writer.end(kill=True) == ""
        assert (store_directory / "recordroom.db-wal").stat().st_size > 0
        self.assert_nothing_in_clear(tmp_path)
        signed_on = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        found = database.execute_sql("SELECT last_name, ssn FROM patient").fetchone()
        assert found == (KNOWN_NAME, KNOWN_SSN)
        sign_on.off(signed_on.actor)
        self.assert_nothing_in_clear(tmp_path)

    def assert_nothing_in_clear(self, folder: Path) -> None:
        looked_at = 0
        for path in folder.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                looked_at += 1
                for secret in (KNOWN_NAME, KNOWN_SSN):
                    for coding in ("utf-8", "utf-16-le", "utf-16-be"):
                        assert secret.encode(coding) not in data, path.name
                assert not path.name.startswith("core")
                assert not data.startswith(b"SQLite format 3"), path.name
        assert looked_at >= 5
