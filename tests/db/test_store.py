"""The store opens for those who hold a key, logs every act, and shows an older state put back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from peewee import IntegrityError

from db import acts, drafts, locks, store, users
from db.actors import PERMITTED, Action, Actor, Role
from db.connect import StoreError, database
from db.keys import WrongKey
from tests.conftest import ADMIN, CHEAP, PASSPHRASE


class TestSignOn:
    def test_the_right_passphrase_opens_the_store(self, store_directory: Path) -> None:
        signed_on = store.open_with_passphrase(store_directory, ADMIN, PASSPHRASE)
        assert signed_on.store.facility == "General Hospital"
        assert Role.ADMINISTRATOR in signed_on.actor.roles
        store.close_store()

    @pytest.mark.parametrize(
        ("user", "passphrase"), [(ADMIN, "wrong horse battery!"), ("nobody", PASSPHRASE), (ADMIN, "")]
    )
    def test_wrong_user_and_wrong_passphrase_read_the_same(
        self, store_directory: Path, user: str, passphrase: str, capfd: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(WrongKey, match="not right"):
            store.open_with_passphrase(store_directory, user, passphrase)
        assert capfd.readouterr().err == ""

    def test_failures_are_counted_at_the_next_sign_on(self, store_directory: Path) -> None:
        store.open_with_passphrase(store_directory, ADMIN, PASSPHRASE)
        store.close_store()
        with pytest.raises(WrongKey):
            store.open_with_passphrase(store_directory, ADMIN, "wrong horse battery!")
        assert store.open_with_passphrase(store_directory, ADMIN, PASSPHRASE).failures_since == 1
        store.close_store()

    def test_a_database_of_other_keys_is_one_sentence(
        self, store_directory: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        other = tmp_path / "other"
        store.init_store(other, "Other", ADMIN, PASSPHRASE, "UTC", cost=CHEAP)
        shutil.copy(other / "recordroom.db", store_directory / "recordroom.db")
        with pytest.raises(StoreError, match=r"recordroom\.db cannot be read with this key"):
            store.open_with_passphrase(store_directory, ADMIN, PASSPHRASE)
        assert capfd.readouterr().err == ""

    def test_a_slot_slipped_into_the_key_file_is_seen(self, store_directory: Path) -> None:
        path = store_directory / "keys.json"
        contents = json.loads(path.read_text())
        contents["slots"].append(contents["slots"][0] | {"name": "intruder"})
        path.write_text(json.dumps(contents))
        with pytest.raises(StoreError, match="changed by somebody without the key"):
            store.open_with_passphrase(store_directory, ADMIN, PASSPHRASE)

    def test_a_disabled_user_cannot_sign_on_until_enabled(self, admin: Actor, store_directory: Path) -> None:
        users.add_user(admin, "jones", "Mary Jones", [Role.CODER], "mary jones has a key", cost=CHEAP)
        users.set_disabled(admin, "jones", disabled=True)
        with pytest.raises(WrongKey, match="disabled"):
            store.open_with_passphrase(store_directory, "jones", "mary jones has a key")
        store.open_with_passphrase(store_directory, ADMIN, PASSPHRASE)
        users.set_disabled(admin, "jones", disabled=False)
        assert (
            store.open_with_passphrase(store_directory, "jones", "mary jones has a key").full_name
            == "Mary Jones"
        )

    def test_the_last_administrator_cannot_be_disabled(self, admin: Actor) -> None:
        with pytest.raises(StoreError, match="last enabled administrator"):
            users.set_disabled(admin, ADMIN, disabled=True)

    def test_a_service_key_opens_the_store_for_batch_jobs(
        self, admin: Actor, store_directory: Path, tmp_path: Path
    ) -> None:
        key_file = tmp_path / "feed.key"
        key_file.write_text(users.add_service(admin, "feed"))
        signed_on = store.open_with_service_key(store_directory, key_file)
        assert signed_on.actor.roles == {Role.SERVICE}

    def test_a_changed_passphrase_replaces_the_old_one(self, admin: Actor, store_directory: Path) -> None:
        users.change_passphrase(admin, PASSPHRASE, "a new horse in town", cost=CHEAP)
        with pytest.raises(WrongKey):
            store.open_with_passphrase(store_directory, ADMIN, PASSPHRASE)
        store.open_with_passphrase(store_directory, ADMIN, "a new horse in town")


class TestStoreOnDisk:
    def test_nothing_is_readable_in_clear(self, admin: Actor, store_directory: Path) -> None:
        drafts.save(admin, ("ABS", "4711"), {"last_name": "ZZYZXIAN"}, "last_name", "1")
        with acts.act(admin, Action.VIEW_PATIENT, kind="patient", record="ZZYZXIAN"):
            pass
        store.close_store()
        for path in store_directory.rglob("*"):
            if path.is_file():
                assert b"ZZYZXIAN" not in path.read_bytes(), path.name
        assert not (store_directory / "recordroom.db").read_bytes().startswith(b"SQLite format 3")

    def test_only_the_owner_can_read_it(self, store_directory: Path) -> None:
        assert store_directory.stat().st_mode & 0o077 == 0
        assert (store_directory / "recordroom.db").stat().st_mode & 0o077 == 0
        assert (store_directory / "keys.json").stat().st_mode & 0o077 == 0

    def test_an_older_database_put_back_opens_for_reading_only(
        self, store_directory: Path, tmp_path: Path
    ) -> None:
        shutil.copy(store_directory / "recordroom.db", tmp_path / "old.db")
        store.open_with_passphrase(store_directory, ADMIN, PASSPHRASE)
        store.close_store()
        for name in ("recordroom.db-wal", "recordroom.db-shm"):
            (store_directory / name).unlink(missing_ok=True)
        shutil.copy(tmp_path / "old.db", store_directory / "recordroom.db")
        signed_on = store.open_with_passphrase(store_directory, ADMIN, PASSPHRASE)
        assert "behind its audit anchor" in signed_on.store.tampered
        with (
            pytest.raises(StoreError, match="reading only"),
            acts.act(signed_on.actor, Action.VIEW_PATIENT),
        ):
            pass
        store.close_store()


class TestActs:
    def test_the_change_and_its_audit_row_stand_or_fall_together(self, admin: Actor) -> None:
        before = database.execute_sql("SELECT count(*) FROM audit").fetchone()[0]

        def change_and_fail() -> None:
            with acts.act(admin, Action.AMEND_SITE_FILE):
                database.execute_sql("INSERT INTO setting VALUES ('x', 1, 'y', 'a', 0)")
                raise ValueError("no")

        with pytest.raises(ValueError, match="no"):
            change_and_fail()
        assert database.execute_sql("SELECT count(*) FROM audit").fetchone()[0] == before
        assert store.setting("x") == ""

    def test_a_denied_act_is_logged_and_changes_nothing(self, actor_with: Callable[..., Actor]) -> None:
        with pytest.raises(acts.NotPermitted, match="may not administer users"):
            users.add_user(actor_with(Role.CODER), "x", "", [], PASSPHRASE, cost=CHEAP)
        last = database.execute_sql("SELECT action, outcome FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        assert tuple(last) == ("administer users", "denied")

    @pytest.mark.parametrize("sql", ["UPDATE audit SET user = 'x'", "DELETE FROM audit"])
    def test_audit_rows_cannot_be_changed_or_deleted(self, admin: Actor, sql: str) -> None:
        with pytest.raises(IntegrityError, match="only added to"):
            database.execute_sql(sql)

    def test_every_action_has_its_roles(self) -> None:
        assert set(PERMITTED) == set(Action)
        assert all(PERMITTED.values())


class TestLocks:
    def test_a_second_session_is_told_who_holds_the_record(self, admin: Actor) -> None:
        assert locks.take(admin, "account", "4711") is None
        other = Actor(admin.user_id, admin.user, admin.roles, "elsewhere", "ffff")
        held = locks.take(other, "account", "4711")
        assert held is not None
        assert held.user == ADMIN
        locks.release(admin)
        assert locks.take(other, "account", "4711") is None


class TestDrafts:
    def test_a_draft_comes_back_after_the_session_is_gone(self, admin: Actor, store_directory: Path) -> None:
        drafts.save(admin, ("ABS", "4711"), {"sex": "F", "note": "\u00e9"}, "sex", "3")
        store.close_store()
        again = store.open_with_passphrase(store_directory, ADMIN, PASSPHRASE).actor
        found = drafts.load(again, ("ABS", "4711"))
        assert found is not None
        assert (found.values, found.focus, found.version) == ({"sex": "F", "note": "\u00e9"}, "sex", "3")

    def test_a_filed_or_discarded_draft_is_gone(self, admin: Actor) -> None:
        drafts.save(admin, ("ABS", "4711"), {"sex": "F"}, "sex", "3")
        drafts.discard(admin, ("ABS", "4711"))
        assert drafts.waiting(admin) == []
