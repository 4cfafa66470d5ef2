"""Power fails in the middle of a write: each prefix of what went to the disk opens whole, with every act before it.

The writes are played again: the log cut off behind each of its frames and inside of them, with garbage where the last
one should be, and a checkpoint stopped between any two pages. What was acknowledged before the cut is there, what was
not is not, and nothing else. In docs/security-tests.md: crash tests.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from db import store
from db.access import sign_on
from db.actors import Action
from db.acts import act
from db.connect import database
from db.keyring import keys
from db.safekeeping.verify import verify
from db.store import DATABASE_NAME
from db.trail import verifier
from db.trail.audit import ANCHOR_NAME
from tests.conftest import ADMIN, PASSPHRASE

HEADER, FRAME, PAGE = 32, 24 + 4096, 4096  # bytes of the write-ahead log and of the database
LOG = f"{DATABASE_NAME}-wal"


@dataclass
class Recording:
    """What lay on the disk while acts were filed: the file, its log, and how far both logs went at each act."""

    folder: Path
    main: bytes
    log: bytes = b""
    anchors: bytes = b""
    ends: list[tuple[int, int]] = field(
        default_factory=list
    )  # of log and anchors, once act n was acknowledged
    checkpointed: bytes = b""

    def lay_out(self, place: Path, main: bytes, log: bytes, acknowledged: int) -> Path:
        """The store as a crash may leave it."""
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.folder, place)
        (place / DATABASE_NAME).write_bytes(main)
        (place / LOG).write_bytes(log)
        (place / f"{DATABASE_NAME}-shm").unlink(missing_ok=True)
        (place / ANCHOR_NAME).write_bytes(self.anchors[: self.ends[acknowledged][1]])
        return place

    def page(self, number: int, *, later: bool = False) -> bytes:
        """A page of the file, before the log was brought in or after."""
        return (self.checkpointed if later else self.main)[number * PAGE : (number + 1) * PAGE]

    def acknowledged(self, cut: int) -> int:
        """How many acts were on the disk with so much of the log."""
        return sum(end <= cut for end, _ in self.ends) - 1


def record(folder: Path, count: int) -> Recording:
    """File acts of several sizes and keep what went to the disk; nothing is checkpointed meanwhile."""
    actor = sign_on.with_passphrase(folder, ADMIN, PASSPHRASE).actor
    database.execute_sql("PRAGMA wal_autocheckpoint = 0")
    made = Recording(folder, (folder / DATABASE_NAME).read_bytes())
    sizes = random.Random(count)
    for number in range(count + 1):
        if number:
            with act(actor, Action.AMEND_SITE_FILE, kind="torn", record=str(number)) as done:
                done.detail["text"] = "x" * sizes.choice((1, 500, 5000, 20_000))
        made.ends.append(((folder / LOG).stat().st_size, (folder / ANCHOR_NAME).stat().st_size))
    made.log, made.anchors = (folder / LOG).read_bytes(), (folder / ANCHOR_NAME).read_bytes()
    database.execute_sql("PRAGMA wal_checkpoint(PASSIVE)")
    made.checkpointed = (folder / DATABASE_NAME).read_bytes()
    store.close_store()
    return made


def filed(place: Path) -> list[int]:
    """The acts that the store has, in their order; it verifies as the crash left it and after it was opened."""
    assert verifier.verify(place, keys.unlock(place, ADMIN, PASSPHRASE)).findings == []
    signed_on = sign_on.with_passphrase(place, ADMIN, PASSPHRASE)
    assert signed_on.store.tampered == ""
    rows = database.execute_sql("SELECT record FROM audit WHERE kind = 'torn' ORDER BY seq").fetchall()
    store.close_store()
    assert verifier.verify(place, keys.unlock(place, ADMIN, PASSPHRASE)).findings == []
    return [int(number) for (number,) in rows]


@pytest.fixture
def closed() -> Iterator[None]:
    yield
    store.close_store()


LENGTHS = [5, pytest.param(150, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])]


@pytest.mark.usefixtures("closed")
class TestTheLogCutOff:
    @pytest.mark.parametrize("count", LENGTHS)
    def test_at_any_frame_or_inside_one_keeps_just_what_was_acknowledged(
        self, store_directory: Path, tmp_path: Path, count: int
    ) -> None:
        made, chance = record(store_directory, count), random.Random(count)
        first = made.ends[0][0]
        frames = range(first, len(made.log) + 1, FRAME)
        assert len(frames) > count * 3
        for end in frames:
            torn = min(end + chance.choice((1, 23, 24, 100, FRAME - 1)), len(made.log))
            for cut, rest in ((end, b""), (torn, b""), (end, chance.randbytes(FRAME))):
                wanted = made.acknowledged(cut)
                place = made.lay_out(tmp_path / "place", made.main, made.log[:cut] + rest, wanted)
                assert filed(place) == list(range(1, wanted + 1)), (cut, len(rest))
        print(f"\ntorn log: {count} acts, {len(frames) * 3} cuts, each opens with just what was acknowledged")

    def test_a_row_that_was_committed_and_not_yet_anchored_is_kept_and_anchored(
        self, store_directory: Path, tmp_path: Path
    ) -> None:
        made = record(store_directory, 3)
        place = made.lay_out(tmp_path / "place", made.main, made.log, 2)  # killed between commit and anchor
        assert filed(place) == [1, 2, 3]

    def test_a_log_that_lost_what_was_anchored_is_no_crash(
        self, store_directory: Path, tmp_path: Path
    ) -> None:
        made = record(store_directory, 3)
        place = made.lay_out(tmp_path / "place", made.main, made.log[: made.ends[1][0]], 3)
        signed_on = sign_on.with_passphrase(place, ADMIN, PASSPHRASE)
        assert "reading only" in signed_on.store.tampered


@pytest.mark.usefixtures("closed")
class TestACheckpointCutShort:
    @pytest.mark.parametrize("count", LENGTHS)
    def test_between_any_pages_or_inside_one_loses_nothing(
        self, store_directory: Path, tmp_path: Path, count: int
    ) -> None:
        made, chance = record(store_directory, count), random.Random(count)
        pages = len(made.checkpointed) // PAGE
        changed = [
            number
            for number in range(pages)
            if made.main[number * PAGE :][:PAGE] != made.checkpointed[number * PAGE :][:PAGE]
        ]
        assert len(changed) > count // 2
        for stopped in range(len(changed) + 1):
            main = bytearray(made.main)
            written = set(chance.sample(changed, stopped))  # a disk writes them in its own order
            for number in sorted(written):
                main[number * PAGE : (number + 1) * PAGE] = made.checkpointed[
                    number * PAGE : (number + 1) * PAGE
                ]
            if written:
                torn = max(written) * PAGE + chance.randrange(PAGE)
                main[torn : max(written) * PAGE + PAGE] = made.main[torn : max(written) * PAGE + PAGE].ljust(
                    max(written) * PAGE + PAGE - torn, b"\0"
                )
            place = made.lay_out(tmp_path / "place", bytes(main), made.log, count)
            assert filed(place) == list(range(1, count + 1)), stopped

    def test_verify_says_nothing_of_the_file_while_the_log_holds_the_page(
        self, store_directory: Path, tmp_path: Path
    ) -> None:
        """As ``kill -9`` leaves it (index of the log and all), and as a loss of power does."""
        made = record(store_directory, 5)
        number = next(n for n in range(1, len(made.main) // PAGE) if made.page(n) != made.page(n, later=True))
        torn = bytearray(made.main)
        torn[number * PAGE : number * PAGE + 100] = made.page(number, later=True)[:100]
        for index in (b"", None):
            place = made.lay_out(tmp_path / "place", bytes(torn), made.log, 5)
            if index is not None:
                (place / f"{DATABASE_NAME}-shm").write_bytes(index)
            opened = keys.unlock(place, ADMIN, PASSPHRASE)
            assert [check.faults for check in verify(place, opened) if check.faults] == []
            (place / LOG).unlink()
            (place / f"{DATABASE_NAME}-shm").unlink(missing_ok=True)
            said = {check.name: check.faults for check in verify(place, opened)}
            assert "changed without the key" in said["database"][0]

    def test_a_log_covers_no_page_that_it_does_not_hold(self, store_directory: Path, tmp_path: Path) -> None:
        made = record(store_directory, 5)
        same = next(n for n in range(2, len(made.main) // PAGE) if made.page(n) == made.page(n, later=True))
        bad = bytearray(made.main)
        bad[same * PAGE + 100] ^= 1
        place = made.lay_out(tmp_path / "place", bytes(bad), made.log, 5)
        assert verifier.verify(place, keys.unlock(place, ADMIN, PASSPHRASE)).findings != []
