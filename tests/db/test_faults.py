"""The machine fails under the store: a disk that is full or read-only, a clock that is wrong, files that are gone.

Each is told in a sentence that says what to do, and what was there before is still there.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from db import drafts, store
from db.access import sign_on
from db.actors import Action, Actor
from db.acts import act
from db.coding.codes import CodesMissing, CodeStore
from db.connect import StoreError, database
from db.keyring import keys
from db.safekeeping import backup, restore, verify
from db.schema.store import Counter
from tests.conftest import ADMIN, PASSPHRASE

ROOT = Path(__file__).parents[2]
MEGABYTES = 6


@pytest.fixture
def here(disk: Path, template_store: Path) -> Path:
    """A store on that disk."""
    return Path(shutil.copytree(template_store, disk / "store"))


@pytest.fixture
def closed() -> Iterator[None]:
    yield
    store.close_store()


def fill(disk: Path) -> Path:
    """Leave no byte free."""
    path = disk / "ballast"
    with path.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return path


def file_something(actor: Actor, name: str) -> None:
    with act(actor, Action.AMEND_SITE_FILE, kind="setting", record=name):
        Counter.create(name=name, value=1)


def file_until_refused(actor: Actor) -> None:
    """The log may have room for an act or two."""
    for number in range(1000):
        file_something(actor, f"{number}" * 500)


def sound(directory: Path) -> bool:
    opened = keys.unlock(directory, ADMIN, PASSPHRASE)
    return not [fault for check in verify.verify(directory, opened) for fault in check.faults]


class TestAFullDisk:
    def test_filing_is_refused_and_what_was_filed_is_kept(self, disk: Path, here: Path) -> None:
        actor = sign_on.with_passphrase(here, ADMIN, PASSPHRASE).actor
        file_something(actor, "before")
        ballast = fill(disk)
        with pytest.raises(StoreError, match=r"is full|freed space"):
            file_until_refused(actor)
        ballast.unlink()
        file_something(actor, "after")
        assert {"before", "after"} <= {each.name for each in Counter.select()}
        sign_on.off(actor)
        assert sound(here)

    def test_a_draft_that_does_not_fit_is_told_and_the_last_one_kept(self, disk: Path, here: Path) -> None:
        actor = sign_on.with_passphrase(here, ADMIN, PASSPHRASE).actor
        drafts.save(actor, ("ABS", "1"), {"sex": "F"}, "sex", "0")
        ballast = fill(disk)
        with pytest.raises(StoreError, match=r"draft could not be saved \(No space left"):
            drafts.save(actor, ("ABS", "1"), {"sex": "F", "note": "x" * 9000}, "sex", "0")
        ballast.unlink()
        kept = drafts.load(actor, ("ABS", "1"))
        assert kept is not None
        assert kept.values == {"sex": "F"}

    def test_a_backup_that_does_not_fit_leaves_nothing_and_the_older_ones(
        self, admin: Actor, disk: Path
    ) -> None:
        made = backup.make(admin, disk / "to")
        ballast = fill(disk)
        with pytest.raises(StoreError, match="free"):
            backup.make(admin, disk / "to", keep=1)
        ballast.unlink()
        assert [path for path in (disk / "to").iterdir() if path.is_dir()] == [made.path]

    def test_a_backup_cut_short_by_the_disk_leaves_nothing(
        self, admin: Actor, disk: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(backup, "ROOM", 0.0)  # others may fill the disk after we looked
        fill(disk)
        with pytest.raises(StoreError):
            backup.make(admin, disk / "to")
        assert not [path for path in disk.rglob("*") if path.suffix == ".db"]

    def test_a_restore_that_does_not_fit_leaves_nothing(
        self, admin: Actor, disk: Path, tmp_path: Path
    ) -> None:
        made = backup.make(admin, tmp_path / "to").path
        store.close_store()
        fill(disk)
        with pytest.raises(StoreError, match="could not be restored"):
            restore.restore(made, disk / "new", keys.unlock(made, ADMIN, PASSPHRASE))
        assert [path.name for path in disk.iterdir()] == ["ballast"]


class TestAReadOnlyDisk:
    @pytest.fixture
    def frozen(self, disk: Path, here: Path) -> Path:
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True, capture_output=True)
        return here

    def test_nobody_signs_on_and_the_sentence_says_why(self, frozen: Path) -> None:
        with pytest.raises(StoreError, match="Read-only file system"):
            sign_on.with_passphrase(frozen, ADMIN, PASSPHRASE)

    def test_it_can_still_be_verified(self, frozen: Path) -> None:
        assert sound(frozen)

    def test_work_under_way_is_refused_in_words(self, disk: Path, here: Path) -> None:
        actor = sign_on.with_passphrase(here, ADMIN, PASSPHRASE).actor
        # A bind mount over itself can be made read-only while files are open on it; the files cannot.
        for name in ("recordroom.db", "recordroom.db-wal", "recordroom.db-shm", "anchor.log"):
            subprocess.run(["mount", "--bind", here / name, here / name], check=True, capture_output=True)
            subprocess.run(["mount", "-o", "remount,bind,ro", here / name], check=True, capture_output=True)
        try:
            with pytest.raises(StoreError, match=r"anchor cannot be written \(Read-only"):
                file_something(actor, "x")
        finally:
            for name in ("recordroom.db", "recordroom.db-wal", "recordroom.db-shm", "anchor.log"):
                subprocess.run(["umount", here / name], check=True, capture_output=True)
        file_something(actor, "after")
        sign_on.off(actor)


class TestAFileThatMayNotGrow:
    """What a quota or ``ulimit -f`` does, for those who cannot mount a disk."""

    def test_filing_is_refused_in_words_and_the_store_stays_sound(self, store_directory: Path) -> None:
        program = (
            "import resource, sys; from pathlib import Path; from db.access import sign_on; "
            "from db.connect import StoreError;"
            "from tests.db.test_faults import file_something\n"
            f"actor = sign_on.with_passphrase(Path({str(store_directory)!r}), {ADMIN!r}, {PASSPHRASE!r}).actor\n"
            f"resource.setrlimit(resource.RLIMIT_FSIZE, ({2**20}, {2**20}))\n"
            "try:\n"
            "    for number in range(5000):\n"
            "        file_something(actor, str(number) * 300)\n"
            "except StoreError as error:\n"
            "    print(error)\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "disk of the store" in done.stdout
        assert sound(store_directory)
        assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


class TestAWrongClock:
    def set_back(self, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() - seconds)

    def test_it_is_said_at_sign_on_and_stands_in_the_trail(
        self, admin: Actor, store_directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sign_on.off(admin)
        self.set_back(monkeypatch, 3600)
        again = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        assert "THE CLOCK IS WRONG" in again.warning
        row = database.execute_sql("SELECT detail FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        assert '"clock_behind"' in row[0]

    def test_rows_keep_the_order_in_which_they_were_written(
        self, admin: Actor, store_directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file_something(admin, "first")
        with monkeypatch.context() as patch:
            self.set_back(patch, 3600)
            file_something(admin, "second")
        file_something(admin, "third")
        rows = database.execute_sql("SELECT record FROM audit WHERE kind = 'setting' ORDER BY seq").fetchall()
        assert [name for (name,) in rows] == ["first", "second", "third"]
        sign_on.off(admin)
        assert sound(store_directory)

    def test_verify_says_so(
        self, admin: Actor, store_directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sign_on.off(admin)
        self.set_back(monkeypatch, 3600)
        opened = keys.unlock(store_directory, ADMIN, PASSPHRASE)
        found = {check.name: check.faults for check in verify.verify(store_directory, opened)}
        assert "set it" in found["clock"][0]

    def test_a_clock_that_is_right_says_nothing(self, admin: Actor, store_directory: Path) -> None:
        assert sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).warning == ""

    def test_one_that_was_set_forward_is_told_once_it_is_right_again(
        self, admin: Actor, store_directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            self.set_back(patch, -40 * 86400)
            file_something(admin, "ahead")
            sign_on.off(admin)
        again = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        assert "THE CLOCK IS WRONG" in again.warning
        assert again.store.tampered == ""
        sign_on.off(again.actor)
        opened = keys.unlock(store_directory, ADMIN, PASSPHRASE)
        faults = {check.name for check in verify.verify(store_directory, opened) if check.faults}
        assert faults == {"clock"}


@pytest.mark.usefixtures("closed")
class TestFilesThatAreDamaged:
    """Each is told in a sentence with what to do, and nothing is made in the place of what was there."""

    @pytest.mark.parametrize("left", [0, 1, 300, -5])
    def test_keys_json_cut_short(self, store_directory: Path, left: int) -> None:
        path = store_directory / "keys.json"
        path.write_bytes(path.read_bytes()[:left])
        kept = path.read_bytes()
        with pytest.raises(StoreError, match="newest backup"):
            sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        assert path.read_bytes() == kept

    @pytest.mark.parametrize("left", [0, 1, 4096, 9000])
    def test_the_database_cut_short(self, store_directory: Path, left: int) -> None:
        os.truncate(store_directory / "recordroom.db", left)
        for any_schema in (False, True):
            with pytest.raises(StoreError, match="newest backup"):
                sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE, any_schema=any_schema)
        assert (store_directory / "recordroom.db").stat().st_size == left

    @pytest.mark.parametrize("name", ["recordroom.db", "recordroom.db-wal"])
    @pytest.mark.parametrize("how", ["deleted", "replaced"])
    def test_gone_while_it_is_open_nothing_more_is_acknowledged(
        self, admin: Actor, store_directory: Path, name: str, how: str
    ) -> None:
        file_something(admin, "before")
        path = store_directory / name
        spare = shutil.copy(path, path.with_suffix(".copy"))
        path.unlink()
        if how == "replaced":
            Path(spare).replace(path)
        with pytest.raises(StoreError, match=f"{name} was deleted, moved or replaced"):
            file_something(admin, "after")
        assert "after" not in {each.name for each in Counter.select()}
        drafts.save(admin, ("ABS", "1"), {"sex": "F"}, "sex", "0")

    def test_a_log_deleted_between_sessions_is_told_and_nothing_is_written(
        self, store_directory: Path
    ) -> None:
        program = (
            "import os; from pathlib import Path; from db.access import sign_on\n"
            "from tests.db.test_faults import file_something\n"
            f"actor = sign_on.with_passphrase(Path({str(store_directory)!r}), {ADMIN!r}, {PASSPHRASE!r}).actor\n"
            "file_something(actor, 'lost')\nos._exit(0)\n"
        )
        subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)
        (store_directory / "recordroom.db-wal").unlink()
        signed_on = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        assert "reading only" in signed_on.store.tampered
        with pytest.raises(StoreError):
            file_something(signed_on.actor, "x")


NOBODY = 65534


@pytest.mark.usefixtures("closed")
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
class TestNoPermission:
    """The store belongs to the account that runs the program; what it may not touch is told by name."""

    @pytest.fixture
    def store_of_nobody(self, store_directory: Path) -> Iterator[Path]:
        """A store where its owner can reach it: the folders of the test run are those of root alone."""
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o711)
            yield shutil.copytree(store_directory, Path(folder) / "store")

    def as_nobody(self, directory: Path, name: str, mode: int, *, at_work: bool) -> str:
        """What is told when a mode is taken away before sign-on, or in the middle of the work."""
        os.chown(directory, NOBODY, NOBODY)
        sign_on.off(
            sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor
        )  # everything is imported then
        for each in directory.rglob("*"):
            os.chown(each, NOBODY, NOBODY)
        reader, writer = os.pipe()
        if os.fork() == 0:
            said = b""
            try:
                os.setgroups([])
                os.setresgid(NOBODY, NOBODY, NOBODY)
                os.setresuid(NOBODY, NOBODY, NOBODY)
                actor = sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor if at_work else None
                (directory / name).touch()
                (directory / name).chmod(mode)
                actor = actor or sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor
                drafts.save(actor, ("ABS", "1"), {"sex": "F"}, "sex", "0")
            except BaseException as error:
                said = f"{type(error).__name__}: {error}".encode()
            os.write(writer, said or b"nothing")
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            told = pipe.read().decode()
        os.wait()
        return told

    @pytest.mark.parametrize(
        ("name", "mode"),
        [("", 0), ("", 0o500), ("recordroom.db", 0), ("recordroom.db", 0o400), ("keys.json", 0), ("anchor.log", 0),
         ("signon.log", 0), ("drafts", 0), ("sessions", 0)],
    )  # fmt: skip
    def test_at_sign_on(self, store_of_nobody: Path, name: str, mode: int) -> None:
        assert self.as_nobody(store_of_nobody, name, mode, at_work=False).startswith("StoreError: ")

    @pytest.mark.parametrize("mode", [0, 0o500])
    def test_on_the_drafts_at_work(self, store_of_nobody: Path, mode: int) -> None:
        told = self.as_nobody(store_of_nobody, "drafts", mode, at_work=True)
        assert told.startswith("StoreError: ")
        assert "drafts" in told or "draft could not be saved (Permission denied)" in told


class TestMissingFiles:
    def test_without_keys_json_nothing_is_made_in_its_place(self, store_directory: Path) -> None:
        (store_directory / "keys.json").unlink()
        with pytest.raises(StoreError, match=r"has no keys\.json"):
            sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        assert not (store_directory / "keys.json").exists()

    def test_without_its_anchor_the_store_opens_for_reading_only(self, store_directory: Path) -> None:
        (store_directory / "anchor.log").unlink()
        assert "reading only" in sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).store.tampered
        store.close_store()

    def test_without_code_sets_the_sentence_says_how_to_build_them(self, tmp_path: Path) -> None:
        with pytest.raises(CodesMissing, match="recordroom codes build"):
            CodeStore.open(tmp_path / "codes.db")
