"""Backups of a store in use, what a restore accepts, and what ``verify`` sees, all on real stores."""

from __future__ import annotations

import json
import multiprocessing
import random
import shutil
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from db import acts, drafts, migrations, store
from db.access import sign_on, users
from db.actors import Action, Actor, Role
from db.acts import NotPermitted
from db.connect import StoreError, database, writing
from db.keyring import keys
from db.safekeeping import backup, restore, verify
from db.trail import verifier
from tests.builders import a_patient
from tests.conftest import ADMIN, CHEAP, PASSPHRASE


def findings(directory: Path) -> list[str]:
    opened = keys.unlock(directory, ADMIN, PASSPHRASE)
    return [fault for check in verify.verify(directory, opened) for fault in check.faults]


def restored(source: Path, target: Path) -> restore.Restored:
    return restore.restore(source, target, keys.unlock(source, ADMIN, PASSPHRASE))


def file_until(directory: Path, begun: Event, stop: Event, last: multiprocessing.Queue[str]) -> None:
    """A user in a process of their own who files until told to stop."""
    actor = sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor
    number = 0
    while not stop.is_set():
        number += 1
        with acts.act(actor, Action.AMEND_SITE_FILE, kind="setting", record=str(number)):
            database.execute_sql("INSERT INTO setting VALUES ('n', ?, ?, 'x', 0)", (number, str(number)))
        begun.set()
    sign_on.off(actor)
    last.put(str(number))


class TestBackup:
    def test_a_restored_backup_holds_what_was_filed(self, admin: Actor, tmp_path: Path) -> None:
        a_patient(mrn="00004711", last_name="Kept")
        drafts.save(admin, ("ABS", "1"), {"sex": "F"}, "sex", "0")
        site = store.current().directory / "site" / "tables"
        site.mkdir()
        (site / "race.toml").write_text('title = "Race"\n')
        made = backup.make(admin, tmp_path / "to")
        store.close_store()
        restored(made.path, tmp_path / "new")
        again = sign_on.with_passphrase(tmp_path / "new", ADMIN, PASSPHRASE)
        assert not again.store.tampered
        name = database.execute_sql("SELECT last_name FROM patient WHERE mrn = '00004711'").fetchone()
        assert tuple(name) == ("Kept",)
        draft = drafts.load(again.actor, ("ABS", "1"))
        assert draft is not None
        assert draft.values == {"sex": "F"}
        assert (tmp_path / "new" / "site" / "tables" / "race.toml").is_file()
        sign_on.off(again.actor)
        assert findings(tmp_path / "new") == []

    def test_users_go_on_filing_while_it_is_made(self, admin: Actor, tmp_path: Path) -> None:
        context = multiprocessing.get_context("spawn")
        begun, stop, last = context.Event(), context.Event(), context.Queue()
        here = store.current().directory
        writer = context.Process(target=file_until, args=(here, begun, stop, last))
        writer.start()
        assert begun.wait(60)
        made = [backup.make(admin, tmp_path / "to" / str(number)) for number in range(3)]
        stop.set()
        filed = int(last.get(timeout=60))
        writer.join(60)
        assert writer.exitcode == 0
        rows = [each.manifest.counts["setting"] for each in made]
        assert rows == sorted(rows)
        assert database.execute_sql("SELECT count(*) FROM setting WHERE name = 'n'").fetchone()[0] == filed
        store.close_store()
        for number, each in enumerate(made):
            restored(each.path, tmp_path / f"new{number}")

    def test_nothing_in_it_is_readable_in_clear(self, admin: Actor, tmp_path: Path) -> None:
        a_patient(last_name="ZZYZXIAN")
        made = backup.make(admin, tmp_path / "to")
        for path in made.path.rglob("*"):
            assert path.stat().st_mode & 0o077 == 0
            assert path.is_dir() or b"ZZYZXIAN" not in path.read_bytes()

    def test_the_newest_are_kept_and_foreign_things_left_alone(
        self, admin: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "to"
        (folder / "20200101T000000Z").mkdir(parents=True)
        (folder / ".20200102T000000Z").mkdir()  # of one that was killed
        names = iter(f"20261121T00000{second}Z" for second in range(4))
        monkeypatch.setattr(backup.time, "strftime", lambda *_: next(names))
        made = [backup.make(admin, folder, keep=2) for _ in range(4)]
        assert [each.removed for each in made[2:]] == [("20261121T000000Z",), ("20261121T000001Z",)]
        assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == [
            "20200101T000000Z", "20261121T000002Z", "20261121T000003Z",
        ]  # fmt: skip

    def test_several_in_one_second_have_names_of_their_own(
        self, admin: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(backup.time, "strftime", lambda *_: "20261121T000000Z")
        made = [backup.make(admin, tmp_path / "to", keep=1).path for _ in range(3)]
        assert [path.name[16:] for path in made] == ["", "-001", "-002"]
        assert [path for path in made if path.exists()] == made[2:]

    def test_it_is_audited_and_needs_the_permission(
        self, admin: Actor, actor_with: Callable[..., Actor], tmp_path: Path
    ) -> None:
        made = backup.make(admin, tmp_path / "to")
        row = database.execute_sql(
            "SELECT action, record, detail FROM audit ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        assert row[:2] == ("backup", "backup")
        assert json.loads(row[2])["head"] == made.manifest.head
        with pytest.raises(NotPermitted):
            backup.make(actor_with(Role.CODER), tmp_path / "to2")
        assert not (tmp_path / "to2").exists()

    def test_a_second_one_at_a_time_is_told_so(self, admin: Actor, tmp_path: Path) -> None:
        (tmp_path / "to").mkdir()
        with backup._alone(tmp_path / "to"), pytest.raises(StoreError, match="Another backup"):
            backup.make(admin, tmp_path / "to")

    def test_a_store_that_is_damaged_makes_no_backup(self, admin: Actor, tmp_path: Path) -> None:
        database.execute_sql("DROP TRIGGER audit_no_update")
        with writing():
            database.execute_sql("UPDATE audit SET user = 'x' WHERE seq = 1")
        with pytest.raises(StoreError, match="not sound"):
            backup.make(admin, tmp_path / "to")
        assert [path.name for path in (tmp_path / "to").iterdir()] == [backup.LOCK]

    def test_a_backup_cannot_be_worked_on(self, admin: Actor, tmp_path: Path) -> None:
        made = backup.make(admin, tmp_path / "to")
        with pytest.raises(StoreError, match="is a backup: restore it"):
            sign_on.with_passphrase(made.path, ADMIN, PASSPHRASE)


def back_up_for_ever(directory: Path, to: Path, begun: Event) -> None:
    """Backups one after the other, until killed."""
    actor = sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor
    while True:
        backup.make(actor, to, keep=1000)
        begun.set()


class TestKilled:
    def test_a_backup_killed_anywhere_leaves_whole_ones_only(
        self, store_directory: Path, tmp_path: Path
    ) -> None:
        context, chance = multiprocessing.get_context("spawn"), random.Random(4)
        to = tmp_path / "to"
        for _ in range(3):
            begun = context.Event()
            process = context.Process(target=back_up_for_ever, args=(store_directory, to, begun))
            process.start()
            assert begun.wait(60)
            process.join(chance.random() * 0.3)  # into one of the next
            process.kill()
            process.join(30)
        found = [path.parent for path in to.glob("[0-9]*/manifest.json")]
        assert len(found) >= 3
        for number, path in enumerate(found):
            restored(path, tmp_path / f"new{number}")
        actor = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor
        backup.make(actor, to, keep=1)
        assert sorted(path.name[0] for path in to.iterdir()) == [".", "2"]  # the lock, and the last one
        sign_on.off(actor)
        assert findings(store_directory) == []


class TestRestore:
    @pytest.fixture
    def made(self, admin: Actor, tmp_path: Path) -> Path:
        a_patient()
        path = backup.make(admin, tmp_path / "to").path
        store.close_store()
        return path

    def test_goes_to_a_new_place_only(self, made: Path, store_directory: Path) -> None:
        before = (store_directory / "recordroom.db").read_bytes()
        with pytest.raises(StoreError, match="is there already"):
            restored(made, store_directory)
        assert (store_directory / "recordroom.db").read_bytes() == before

    def test_a_folder_with_anything_in_it_is_no_new_place(self, made: Path, tmp_path: Path) -> None:
        for place in (tmp_path / "empty", tmp_path / "full"):
            place.mkdir()
        (tmp_path / "full" / "letter").write_text("mine")
        (tmp_path / "file").write_text("mine")
        for name in ("empty", "full", "file"):
            with pytest.raises(StoreError, match="is there already"):
                restored(made, tmp_path / name)
        assert (tmp_path / "full" / "letter").read_text() == "mine"
        assert list((tmp_path / "empty").iterdir()) == []

    def test_a_backup_of_an_older_schema_is_restored_and_then_upgraded(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as older:
            steps = [step for step in migrations.migrations() if step.number <= 9]  # what 0.1.0 knew
            older.setattr(migrations, "migrations", lambda: steps)
            old = tmp_path / "old"
            store.init_store(old, "General Hospital", ADMIN, PASSPHRASE, "America/New_York", cost=CHEAP)
            actor = sign_on.with_passphrase(old, ADMIN, PASSPHRASE).actor
            made = backup.make(actor, tmp_path / "to").path
            sign_on.off(actor)
        assert restored(made, tmp_path / "new").schema == 9
        with pytest.raises(StoreError, match="run 'recordroom upgrade' first"):
            sign_on.with_passphrase(tmp_path / "new", ADMIN, PASSPHRASE)
        actor = sign_on.with_passphrase(tmp_path / "new", ADMIN, PASSPHRASE, any_schema=True).actor
        migrations.upgrade()
        sign_on.off(actor)
        assert findings(tmp_path / "new") == []

    def test_says_so_in_audit_trail_and_anchors(self, made: Path, tmp_path: Path) -> None:
        done = restored(made, tmp_path / "new")
        opened = keys.unlock(tmp_path / "new", ADMIN, PASSPHRASE)
        report = verifier.verify(tmp_path / "new", opened)
        assert report.findings == []
        assert any(f"a restore went back to row {done.manifest.rows}" in note for note in report.notes)
        sign_on.with_passphrase(tmp_path / "new", ADMIN, PASSPHRASE)
        row = database.execute_sql(
            "SELECT record, detail FROM audit WHERE seq = ?", (done.manifest.rows + 1,)
        ).fetchone()
        assert row[0] == "restored"
        assert json.loads(row[1])["head"] == done.manifest.head
        store.close_store()

    @pytest.mark.parametrize("name", ["recordroom.db", "keys.json", "anchor.log"])
    @pytest.mark.parametrize("deed", ["flip", "cut", "remove"])
    def test_refuses_a_backup_that_is_not_as_it_was_made(
        self, made: Path, tmp_path: Path, name: str, deed: str
    ) -> None:
        opened, data = keys.unlock(made, ADMIN, PASSPHRASE), (made / name).read_bytes()
        if deed == "remove":
            (made / name).unlink()
        else:
            middle = len(data) // 2
            flipped = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
            (made / name).write_bytes(flipped if deed == "flip" else data[:middle])
        with pytest.raises(StoreError, match=r"[Uu]se another backup"):
            restore.restore(made, tmp_path / "new", opened)
        assert not (tmp_path / "new").exists()
        assert not (tmp_path / ".new.new").exists()

    def test_refuses_a_manifest_written_without_the_key(self, made: Path, tmp_path: Path) -> None:
        contents = json.loads((made / "manifest.json").read_text())
        contents["rows"] -= 1
        (made / "manifest.json").write_text(json.dumps(contents))
        with pytest.raises(StoreError, match="without the key"):
            restored(made, tmp_path / "new")

    def test_refuses_a_manifest_that_names_files_outside(self, made: Path, tmp_path: Path) -> None:
        contents = json.loads((made / "manifest.json").read_text())
        contents["files"]["../x"] = "0"
        (made / "manifest.json").write_text(json.dumps(contents))
        with pytest.raises(StoreError, match="outside of the backup"):
            restored(made, tmp_path / "new")

    def test_needs_the_permission(self, admin: Actor, tmp_path: Path) -> None:
        users.add_user(admin, "jones", "", [Role.CODER], "mary jones has a key", cost=CHEAP)
        made = backup.make(admin, tmp_path / "to").path
        store.close_store()
        with pytest.raises(NotPermitted):
            restore.restore(made, tmp_path / "new", keys.unlock(made, "jones", "mary jones has a key"))
        assert not (tmp_path / "new").exists()

    def test_leaves_the_anchor_copy_of_the_living_store_alone(self, admin: Actor, tmp_path: Path) -> None:
        (tmp_path / "copy").mkdir()
        with writing():
            database.execute_sql(
                "INSERT INTO setting VALUES ('anchor_copy', 0, ?, 'x', 0)", (str(tmp_path / "copy"),)
            )
        here = store.current().directory
        store.close_store()
        shutil.copy(here / "anchor.log", tmp_path / "copy")
        actor = sign_on.with_passphrase(here, ADMIN, PASSPHRASE).actor
        made = backup.make(actor, tmp_path / "to").path
        sign_on.off(actor)
        before = (tmp_path / "copy" / "anchor.log").read_bytes()
        assert restored(made, tmp_path / "new").anchor_copy == str(tmp_path / "copy")
        assert not sign_on.with_passphrase(tmp_path / "new", ADMIN, PASSPHRASE).store.tampered
        store.close_store()
        assert (tmp_path / "copy" / "anchor.log").read_bytes() == before


def damaged(name: str, data: bytearray) -> bytes:
    """The contents of a file of the store with a fault in it."""
    if name.endswith(".toml"):
        return b"a = = 1"
    if name == "anchor.log":  # another digit: what is no digit is a line that a crash cut
        data[-3:-2] = b"1" if data[-3:-2] == b"0" else b"0"
    else:
        data[-100 if name == "recordroom.db" else -3] ^= 1
    return bytes(data)


class TestVerify:
    def test_a_sound_store_has_no_faults_and_is_not_written(self, admin: Actor) -> None:
        here = store.current().directory
        backup.make(admin)
        sign_on.off(admin)
        before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
        assert findings(here) == []
        assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("drafts/1.draft", "opens under no key"),
            ("site/tables.toml", "cannot be read"),
            ("keys.json", "without the key"),
            ("recordroom.db", "damaged"),
            ("anchor.log", "anchor"),
        ],
    )
    def test_each_part_that_is_damaged_is_named(self, admin: Actor, name: str, said: str) -> None:
        here = store.current().directory
        drafts.save(admin, ("ABS", "1"), {"sex": "F"}, "sex", "0")
        (here / "site" / "tables.toml").write_text("a = 1\n")
        sign_on.off(admin)
        opened, path = keys.unlock(here, ADMIN, PASSPHRASE), here / name
        if name == "keys.json":
            contents = json.loads(path.read_text())
            contents["slots"].append(contents["slots"][0] | {"name": "intruder"})
            path.write_text(json.dumps(contents))
            opened = keys.unlock(here, ADMIN, PASSPHRASE)
        else:
            path.write_bytes(damaged(name, bytearray(path.read_bytes())))
        found = [fault for check in verify.verify(here, opened) for fault in check.faults]
        assert any(said in fault for fault in found), found

    def test_a_missing_database_is_told_as_such(self, store_directory: Path) -> None:
        (store_directory / "recordroom.db").unlink()
        with pytest.raises(StoreError, match=r"recordroom\.db is missing: restore"):
            findings(store_directory)
