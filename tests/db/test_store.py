"""The store opens for those who hold a key, logs every act, and shows an older state put back."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from peewee import IntegrityError

from db import acts, drafts, locks, store
from db.access import sign_on, sign_on_log, users
from db.actors import PERMITTED, Action, Actor, Role
from db.connect import StoreError, database, writing
from db.keyring import keys
from db.keyring.derivation import ARGON2ID, Cost
from db.keyring.keys import WrongKey
from db.keyring.slots import SlotFile
from rules.moments import iso_date, moment
from tests.conftest import ADMIN, CHEAP, PASSPHRASE, argon2id


class TestSignOn:
    def test_the_right_passphrase_opens_the_store(self, store_directory: Path) -> None:
        signed_on = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
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
            sign_on.with_passphrase(store_directory, user, passphrase)
        assert capfd.readouterr().err == ""

    def test_failures_are_counted_at_the_next_sign_on(self, store_directory: Path) -> None:
        sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        store.close_store()
        with pytest.raises(WrongKey):
            sign_on.with_passphrase(store_directory, ADMIN, "wrong horse battery!")
        assert sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).failures_since == 1
        store.close_store()

    def test_a_database_of_other_keys_is_one_sentence(
        self, store_directory: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        other = tmp_path / "other"
        store.init_store(other, "Other", ADMIN, PASSPHRASE, "UTC", cost=CHEAP)
        shutil.copy(other / "recordroom.db", store_directory / "recordroom.db")
        with pytest.raises(StoreError, match=r"recordroom\.db cannot be read with this key"):
            sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        assert capfd.readouterr().err == ""

    def test_a_slot_slipped_into_the_key_file_is_seen(self, store_directory: Path) -> None:
        path = store_directory / "keys.json"
        contents = json.loads(path.read_text())
        contents["slots"].append(contents["slots"][0] | {"name": "intruder"})
        path.write_text(json.dumps(contents))
        with pytest.raises(StoreError, match="changed by somebody without the key"):
            sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)

    def test_a_disabled_user_cannot_sign_on_until_enabled(self, admin: Actor, store_directory: Path) -> None:
        users.add_user(admin, "jones", "Mary Jones", [Role.CODER], "mary jones has a key", cost=CHEAP)
        users.set_disabled(admin, "jones", disabled=True)
        with pytest.raises(WrongKey, match="disabled"):
            sign_on.with_passphrase(store_directory, "jones", "mary jones has a key")
        sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        users.set_disabled(admin, "jones", disabled=False)
        assert (
            sign_on.with_passphrase(store_directory, "jones", "mary jones has a key").full_name
            == "Mary Jones"
        )

    def test_a_key_opens_until_the_end_of_its_last_day_on_the_facilitys_clock(
        self, admin: Actor, store_directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        users.add_user(admin, "jones", "", [Role.CODER], "mary jones has a key", cost=CHEAP)
        last_day = store.current().now().day
        users.set_expiry(admin, "jones", last_day)
        midnight = moment(f"{iso_date(last_day + 1)}T00:00", store.current().zone).utc
        keys.unlock(store_directory, "jones", "mary jones has a key")
        jones = Actor(2, "jones", frozenset({Role.CODER}))
        users.change_passphrase(jones, "mary jones has a key", "mary jones has another", cost=CHEAP)
        monkeypatch.setattr(keys.time, "time", lambda: midnight - 1)
        keys.unlock(store_directory, "jones", "mary jones has another")
        monkeypatch.setattr(keys.time, "time", lambda: midnight)
        with pytest.raises(WrongKey, match="has ended"):
            keys.unlock(store_directory, "jones", "mary jones has another")
        users.set_expiry(admin, "jones", None)
        keys.unlock(store_directory, "jones", "mary jones has another")

    def test_an_administrators_key_does_not_end_by_itself(self, admin: Actor) -> None:
        users.add_user(admin, "jones", "", [Role.CODER], "mary jones has a key", cost=CHEAP)
        with pytest.raises(StoreError, match="is an administrator"):
            users.set_expiry(admin, ADMIN, 740_000)
        users.set_expiry(admin, "jones", 740_000)
        with pytest.raises(StoreError, match="ends on a day"):
            users.set_roles(admin, "jones", [Role.ADMINISTRATOR])

    def test_a_service_key_ends_too_and_is_refused_where_others_can_read_it(
        self, admin: Actor, store_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = tmp_path / "feed.key"
        path.write_text(users.add_service(admin, "feed"))
        path.chmod(0o640)
        with pytest.raises(WrongKey, match="can be read by others"):
            keys.unlock_service(store_directory, path)
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
        keys.unlock_service(store_directory, path)
        users.set_expiry(admin, "feed", 739_000)
        with pytest.raises(WrongKey, match="has ended"):
            keys.unlock_service(store_directory, path)

    def test_the_last_administrator_cannot_be_disabled(self, admin: Actor) -> None:
        with pytest.raises(StoreError, match="last enabled administrator"):
            users.set_disabled(admin, ADMIN, disabled=True)

    def test_a_service_key_opens_the_store_for_batch_jobs(
        self, admin: Actor, store_directory: Path, tmp_path: Path
    ) -> None:
        key_file = tmp_path / "feed.key"
        key_file.write_text(users.add_service(admin, "feed"))
        signed_on = sign_on.with_service_key(store_directory, key_file)
        assert signed_on.actor.roles == {Role.SERVICE}

    def test_a_changed_passphrase_replaces_the_old_one(self, admin: Actor, store_directory: Path) -> None:
        users.change_passphrase(admin, PASSPHRASE, "a new horse in town", cost=CHEAP)
        with pytest.raises(WrongKey):
            sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        sign_on.with_passphrase(store_directory, ADMIN, "a new horse in town")


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
        sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        store.close_store()
        for name in ("recordroom.db-wal", "recordroom.db-shm"):
            (store_directory / name).unlink(missing_ok=True)
        shutil.copy(tmp_path / "old.db", store_directory / "recordroom.db")
        signed_on = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
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
    def test_another_user_is_told_who_holds_the_record(self, admin: Actor) -> None:
        users.add_user(admin, "jones", "Mary Jones", [Role.CODER], "mary jones has a key", cost=CHEAP)
        assert locks.take(admin, "account", "4711") is None
        other = Actor(2, "jones", frozenset({Role.CODER}), "elsewhere", "ffff")
        held = locks.take(other, "account", "4711")
        assert held is not None
        assert held.user == ADMIN
        locks.release(admin)
        assert locks.take(other, "account", "4711") is None

    def test_a_user_whose_line_dropped_takes_the_own_record_back(self, admin: Actor) -> None:
        assert locks.take(admin, "account", "4711") is None
        again = Actor(admin.user_id, admin.user, admin.roles, "elsewhere", "ffff")
        assert locks.take(again, "account", "4711") is None


class TestKeys:
    def test_two_of_the_three_recovery_shares_open_the_store(self, tmp_path: Path) -> None:
        shares = store.init_store(tmp_path / "s", "Mercy", ADMIN, PASSPHRASE, "UTC", cost=CHEAP)
        for pair in (shares[:2], shares[1:], [shares[0], shares[2].upper()]):
            opened = keys.unlock_with_shares(tmp_path / "s", pair)
            assert store.open_store(tmp_path / "s", opened).facility == "Mercy"
        store.close_store()

    def test_one_share_or_a_foreign_pair_opens_nothing(self, tmp_path: Path) -> None:
        shares = store.init_store(tmp_path / "s", "Mercy", ADMIN, PASSPHRASE, "UTC", cost=CHEAP)
        others = store.init_store(tmp_path / "t", "Mercy", ADMIN, PASSPHRASE, "UTC", cost=CHEAP)
        for given in (shares[:1], [shares[0], shares[0]], [shares[0], others[1]], others[:2], ["word salad"]):
            with pytest.raises(WrongKey, match="two different ones"):
                keys.unlock_with_shares(tmp_path / "s", given)

    def test_a_slot_file_that_a_crash_left_ahead_is_taken_as_it_is(
        self, admin: Actor, store_directory: Path
    ) -> None:
        file = SlotFile.read(store_directory)
        file.write({1: store.current().data_key})
        sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        assert database.execute_sql("SELECT revision FROM key_state").fetchone()[0] == file.revision

    def test_an_administrator_gives_a_forgotten_passphrase_anew(
        self, admin: Actor, store_directory: Path
    ) -> None:
        users.add_user(admin, "jones", "", [Role.CODER], "mary jones has a key", cost=CHEAP)
        for _ in range(3):
            with pytest.raises(WrongKey):
                sign_on.with_passphrase(store_directory, "jones", "mary jones had a key")
        admin = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor
        users.give_passphrase(admin, "jones", "mary jones has it again")
        assert (
            sign_on.with_passphrase(store_directory, "jones", "mary jones has it again").actor.user == "jones"
        )
        with pytest.raises(WrongKey):
            sign_on.with_passphrase(store_directory, "jones", "mary jones has a key")

    def test_an_older_slot_file_put_back_is_refused(self, admin: Actor, store_directory: Path) -> None:
        old = (store_directory / "keys.json").read_bytes()
        users.add_user(admin, "jones", "", [Role.CODER], "mary jones has a key", cost=CHEAP)
        store.close_store()
        (store_directory / "keys.json").write_bytes(old)
        with pytest.raises(StoreError, match=r"keys\.json is older than this store"):
            sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)

    def test_a_weaker_derivation_is_brought_up_at_the_next_sign_on(
        self, admin: Actor, store_directory: Path
    ) -> None:
        stronger = Cost(rounds=2000)
        with writing():
            database.execute_sql(
                "UPDATE setting SET value = ? WHERE name = 'passphrase_cost'",
                (json.dumps(stronger.as_json()),),
            )
        sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        slot = SlotFile.read(store_directory).find("user", ADMIN)
        assert slot is not None
        assert slot["kdf"]["rounds"] == 2000
        sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)

    @argon2id
    def test_argon2id_is_a_sites_own_choice(self, admin: Actor, store_directory: Path) -> None:
        cheap = Cost(ARGON2ID, 1, 64, 1)
        users.add_user(admin, "jones", "", [Role.CODER], "mary jones has a key", cost=cheap)
        assert keys.unlock(store_directory, "jones", "mary jones has a key").slot["kdf"]["name"] == ARGON2ID


class TestDamage:
    @pytest.mark.parametrize(
        "damage",
        [
            lambda kept: {**kept, "slots": [{**kept["slots"][0], "kdf": None}]},
            lambda kept: {**kept, "slots": [{**kept["slots"][0], "kdf": {"name": "x"}}]},
            lambda kept: {**kept, "slots": [{**kept["slots"][0], "salt": "!"}]},
            lambda kept: {**kept, "slots": "none"},
            lambda kept: {name: value for name, value in kept.items() if name != "macs"},
            lambda kept: [],
        ],
    )
    def test_a_damaged_slot_file_is_one_sentence(
        self, store_directory: Path, damage: Callable[[dict[str, Any]], Any]
    ) -> None:
        path = store_directory / "keys.json"
        path.write_text(json.dumps(damage(json.loads(path.read_text()))))
        with pytest.raises(StoreError, match="put back the copy"):
            sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)

    def test_a_store_that_cannot_be_finished_leaves_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keys, "shares_of", lambda secret: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            store.init_store(tmp_path / "s", "Mercy", ADMIN, PASSPHRASE, "UTC", cost=CHEAP)
        assert list(tmp_path.iterdir()) == []


def with_another_administrator(directory: Path) -> None:
    actor = sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor
    users.add_user(actor, "jones", "", [Role.ADMINISTRATOR], "mary jones has a key", cost=CHEAP)
    sign_on.off(actor)


class TestLockout:
    def fail(self, directory: Path, times: int) -> None:
        for _ in range(times):
            with pytest.raises(WrongKey):
                sign_on.with_passphrase(directory, ADMIN, "wrong horse battery!")

    def test_three_failures_lock_out_even_the_right_passphrase(self, store_directory: Path) -> None:
        with_another_administrator(store_directory)
        self.fail(store_directory, 3)
        with pytest.raises(WrongKey, match="locked out after 3 failed"):
            sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)

    def test_the_last_enabled_administrator_is_delayed(
        self, store_directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.fail(store_directory, 3)
        with pytest.raises(WrongKey, match="last enabled administrator: try again in 15 minutes"):
            sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        later = time.time() + sign_on_log.WITHIN_SECONDS + 1
        monkeypatch.setattr(time, "time", lambda: later)
        assert sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor.user == ADMIN

    def test_the_slot_follows_the_administrators_role(self, admin: Actor, store_directory: Path) -> None:
        users.add_user(
            admin, "jones", "", [Role.ADMINISTRATOR, Role.CODER], "mary jones has a key", cost=CHEAP
        )
        users.set_roles(admin, "jones", [Role.CODER])
        slot = SlotFile.read(store_directory).find("user", "jones")
        assert slot is not None
        assert slot["administrator"] is False

    def test_failures_lockouts_and_unlockings_are_folded_into_the_audit_once(
        self, admin: Actor, store_directory: Path
    ) -> None:
        users.add_user(admin, "jones", "", [Role.CODER], "mary jones has a key", cost=CHEAP)
        for name in ["jones"] * 4 + ["my secret passphrase"]:
            with pytest.raises(WrongKey):
                sign_on.with_passphrase(store_directory, name, "wrong horse battery!", where_from="10.0.0.7")
        users.set_disabled(
            sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor, "jones", disabled=False
        )
        sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        rows = database.execute_sql(
            "SELECT user, where_from, outcome, json_extract(detail, '$.why') FROM audit WHERE kind = 'session'"
        ).fetchall()
        assert rows == [("jones", "10.0.0.7", "failed", "wrong passphrase")] * 3 + [
            ("jones", "10.0.0.7", "failed", "locked out"), ("", "10.0.0.7", "failed", "wrong passphrase"),
            ("jones", "admin", "done", None),
        ]  # fmt: skip

    def test_a_sign_on_log_that_was_cut_is_a_row(self, store_directory: Path) -> None:
        self.fail(store_directory, 1)
        sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        (store_directory / "signon.log").write_text("")
        sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        sql = "SELECT count(*) FROM audit WHERE detail LIKE '%was cut short%'"
        assert database.execute_sql(sql).fetchone() == (1,)

    def test_a_good_sign_on_forgets_the_failures_before_it(self, store_directory: Path) -> None:
        for _ in range(2):
            self.fail(store_directory, 2)
            sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
            store.close_store()

    def test_an_administrator_unlocks(self, admin: Actor, store_directory: Path) -> None:
        users.add_user(admin, "jones", "", [Role.CODER], "mary jones has a key", cost=CHEAP)
        for _ in range(3):
            with pytest.raises(WrongKey):
                sign_on.with_passphrase(store_directory, "jones", "wrong horse battery!")
        sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        users.set_disabled(admin, "jones", disabled=False)
        sign_on.with_passphrase(store_directory, "jones", "mary jones has a key")


class TestDrafts:
    def test_a_draft_comes_back_after_the_session_is_gone(self, admin: Actor, store_directory: Path) -> None:
        drafts.save(admin, ("ABS", "4711"), {"sex": "F", "note": "\u00e9"}, "sex", "3")
        store.close_store()
        again = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor
        found = drafts.load(again, ("ABS", "4711"))
        assert found is not None
        assert (found.values, found.focus, found.version) == ({"sex": "F", "note": "\u00e9"}, "sex", "3")

    def test_a_filed_or_discarded_draft_is_gone(self, admin: Actor) -> None:
        drafts.save(admin, ("ABS", "4711"), {"sex": "F"}, "sex", "3")
        drafts.discard(admin, ("ABS", "4711"))
        assert drafts.waiting(admin) == []
