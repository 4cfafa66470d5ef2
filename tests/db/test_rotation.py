"""A new data key: everybody keeps their passphrase, who was revoked opens nothing, a kill loses nothing."""

from __future__ import annotations

import json
import os
import random
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from db import acts, drafts, store
from db.access import sessions, sign_on, users
from db.actors import Action, Actor, Role
from db.connect import StoreError, database, open_database, writing
from db.keyring import keys, rotation
from db.keyring.keys import WrongKey
from db.keyring.slots import SlotFile
from db.trail.audit import START
from tests.conftest import ADMIN, CHEAP, PASSPHRASE
from tests.sessions import other_session

JONES = "mary jones has a key"
ROOT = Path(__file__).parents[2]
SHORT, SOAK = 10, 200

# Argument: the store. Says when it begins, so that the kill falls into the rotation and not into the imports.
ROTATE = """
import sys
from pathlib import Path
from recordroom import fips
fips.load()
from db.access import sign_on
from db.keyring import rotation
signed_on = sign_on.with_passphrase(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
print("begins", flush=True)
rotation.rotate(signed_on.actor)
print("done", flush=True)
"""


def check_chain() -> int:
    """Compute the whole audit chain anew; returns how many rows there are."""
    trail, head, count = store.current().trail, START, 0
    for *row, mac in database.execute_sql("SELECT * FROM audit ORDER BY seq").fetchall():
        assert trail.row_mac(tuple(row), head) == bytes(mac), f"row {row[0]}"
        head, count = bytes(mac), count + 1
    return count


def two_users(admin: Actor) -> None:
    users.add_user(admin, "jones", "Mary Jones", [Role.CODER], JONES, cost=CHEAP)
    drafts.save(admin, ("ABS", "4711"), {"sex": "F"}, "sex", "1")
    drafts.save(Actor(2, "jones", frozenset({Role.CODER})), ("ABS", "4712"), {"sex": "M"}, "sex", "1")


class TestRotation:
    def test_everybody_signs_on_as_before_under_the_new_key(
        self, admin: Actor, store_directory: Path
    ) -> None:
        two_users(admin)
        old_key = store.current().data_key
        assert rotation.rotate(admin).generation == 2
        sign_on.off(admin)
        for name, passphrase, key in ((ADMIN, PASSPHRASE, "4711"), ("jones", JONES, "4712")):
            signed_on = sign_on.with_passphrase(store_directory, name, passphrase)
            assert signed_on.store.data_key != old_key
            assert not signed_on.store.tampered
            assert drafts.load(signed_on.actor, ("ABS", key)) is not None
            assert check_chain() > 0
            sign_on.off(signed_on.actor)
        assert SlotFile.read(store_directory).generations == [2]
        with pytest.raises(StoreError, match="cannot be read with this key"):
            open_database(store_directory / "recordroom.db", old_key)

    def test_services_and_recovery_shares_get_the_new_key_too(self, tmp_path: Path) -> None:
        shares = store.init_store(tmp_path / "s", "Mercy", ADMIN, PASSPHRASE, "UTC", cost=CHEAP)
        actor = sign_on.with_passphrase(tmp_path / "s", ADMIN, PASSPHRASE).actor
        (tmp_path / "feed.key").write_text(users.add_service(actor, "feed"))
        rotation.rotate(actor)
        sign_on.off(actor)
        sign_on.off(sign_on.with_service_key(tmp_path / "s", tmp_path / "feed.key").actor)
        assert keys.unlock_with_shares(tmp_path / "s", shares[1:]).ring.keys() == {2}

    def test_it_is_in_the_audit_trail_whose_older_rows_still_verify(self, admin: Actor) -> None:
        before = check_chain()
        rotation.rotate(admin)
        with acts.act(admin, Action.VIEW_PATIENT, kind="patient", record="1"):
            pass
        assert check_chain() == before + 3
        rows = database.execute_sql(
            "SELECT record, detail FROM audit WHERE action = 'administer keys' ORDER BY seq"
        ).fetchall()[-2:]
        assert [(record, json.loads(detail)["rotation"]) for record, detail in rows] == [
            ("2", "begun"), ("2", "done"),
        ]  # fmt: skip

    def test_only_an_administrator_may(self, admin: Actor) -> None:
        coder = Actor(admin.user_id, admin.user, frozenset({Role.CODER}))
        for attempt in (rotation.rotate, rotation.new_shares, lambda who: rotation.revoke(who, "jones")):
            with pytest.raises(acts.NotPermitted, match="may not administer keys"):
                attempt(coder)
        assert store.current().generation == 1

    def test_a_damaged_draft_is_named_and_left_alone(self, admin: Actor, store_directory: Path) -> None:
        (store_directory / "drafts" / "99.draft").write_bytes(b"no draft at all")
        assert rotation.rotate(admin).damaged_drafts == ("99.draft",)
        assert (store_directory / "drafts" / "99.draft").read_bytes() == b"no draft at all"

    def test_an_old_slot_file_put_back_after_it_opens_nothing(
        self, admin: Actor, store_directory: Path
    ) -> None:
        old = (store_directory / "keys.json").read_bytes()
        rotation.rotate(admin)
        sign_on.off(admin)
        (store_directory / "keys.json").write_bytes(old)
        with pytest.raises(StoreError, match="cannot be read with this key"):
            sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)


class TestMaintenance:
    def test_it_is_refused_while_somebody_else_is_signed_on(
        self, admin: Actor, store_directory: Path
    ) -> None:
        with other_session(store_directory), pytest.raises(StoreError, match=f"open .{ADMIN}."):
            rotation.rotate(admin)
        assert rotation.rotate(admin).generation == 2

    def test_with_wait_it_lets_nobody_in_and_begins_when_the_last_is_out(
        self, admin: Actor, store_directory: Path
    ) -> None:
        sign_on.off(admin)
        with other_session(store_directory) as other:
            waiting = subprocess.Popen(
                command("key", "rotate", "--wait", store_directory=store_directory), cwd=ROOT,
                stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            wait_until_the_gate_is_shut(store_directory)
            with pytest.raises(StoreError, match="being maintained"):
                sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
            assert waiting.poll() is None
            other.kill()
        assert "generation 2 is in force" in waiting.communicate(timeout=60)[0]
        assert waiting.returncode == 0

    def test_a_killed_session_stands_in_nobodys_way(self, admin: Actor, store_directory: Path) -> None:
        with other_session(store_directory) as other:
            assert [each.user for each in sessions.others(store_directory)] == [ADMIN]
            other.kill()
            other.wait()
            assert sessions.others(store_directory) == []


class TestRevocation:
    def test_a_revoked_user_opens_nothing_and_others_notice_nothing(
        self, admin: Actor, store_directory: Path
    ) -> None:
        two_users(admin)
        users.add_user(admin, "brown", "", [Role.CODER], "brown has a key as well", cost=CHEAP)
        keys_before = (store_directory / "keys.json").read_bytes()
        had = keys.unlock(store_directory, "jones", JONES)
        rotation.revoke(admin, "jones")
        sign_on.off(admin)
        with pytest.raises(WrongKey):
            sign_on.with_passphrase(store_directory, "jones", JONES)
        for data_key in had.ring.values():
            with pytest.raises(StoreError, match="cannot be read with this key"):
                open_database(store_directory / "recordroom.db", data_key)
        sign_on.off(sign_on.with_passphrase(store_directory, "brown", "brown has a key as well").actor)
        (store_directory / "keys.json").write_bytes(keys_before)
        with pytest.raises(StoreError, match="cannot be read with this key"):
            sign_on.with_passphrase(store_directory, "jones", JONES)

    def test_a_service_can_be_revoked(self, admin: Actor, store_directory: Path, tmp_path: Path) -> None:
        (tmp_path / "feed.key").write_text(users.add_service(admin, "feed"))
        rotation.revoke(admin, "feed")
        sign_on.off(admin)
        with pytest.raises(WrongKey, match="does not belong to this store"):
            sign_on.with_service_key(store_directory, tmp_path / "feed.key")

    def test_neither_oneself_nor_an_unknown_user(self, admin: Actor) -> None:
        with pytest.raises(StoreError, match="your own key"):
            rotation.revoke(admin, ADMIN)
        with pytest.raises(StoreError, match="no user nobody"):
            rotation.revoke(admin, "nobody")

    def test_a_revoked_user_cannot_be_enabled_again(self, admin: Actor) -> None:
        two_users(admin)
        rotation.revoke(admin, "jones")
        with pytest.raises(StoreError, match="no key slot of jones"):
            users.set_disabled(admin, "jones", disabled=False)


class TestRecovery:
    @pytest.fixture
    def shares(self, admin: Actor) -> list[str]:
        found = rotation.new_shares(admin)
        sign_on.off(admin)
        return found

    def test_two_shares_give_an_administrator_a_new_passphrase(
        self, shares: list[str], store_directory: Path
    ) -> None:
        for _ in range(3):
            with pytest.raises(WrongKey):
                sign_on.with_passphrase(store_directory, ADMIN, "a forgotten passphrase")
        rotation.recover(store_directory, shares[:2], ADMIN, "found behind the safe", where_from="tty1")
        signed_on = sign_on.with_passphrase(store_directory, ADMIN, "found behind the safe")
        row = database.execute_sql(
            "SELECT user, record, where_from FROM audit WHERE action = 'administer keys' ORDER BY seq DESC"
        ).fetchone()
        assert tuple(row) == ("recovery shares", ADMIN, "tty1")
        assert signed_on.actor.user == ADMIN
        with pytest.raises(WrongKey):
            keys.unlock(store_directory, ADMIN, PASSPHRASE)

    def test_nobody_but_an_administrator_is_recovered(self, admin: Actor, store_directory: Path) -> None:
        two_users(admin)
        shares = rotation.new_shares(admin)
        sign_on.off(admin)
        with pytest.raises(StoreError, match="jones is no administrator"):
            rotation.recover(store_directory, shares[:2], "jones", "found behind the safe", where_from="x")
        with pytest.raises(StoreError, match="No store is open"):
            store.current()

    def test_an_unknown_name_is_answered_with_those_that_can_be_recovered(
        self, shares: list[str], store_directory: Path
    ) -> None:
        with pytest.raises(StoreError, match=f"nobody is no administrator: name one of {ADMIN}"):
            rotation.recover(store_directory, shares[:2], "nobody", "found behind the safe", where_from="x")

    def test_an_administrator_without_passphrase_gets_one_and_counts_as_such(
        self, admin: Actor, store_directory: Path
    ) -> None:
        users.add_user(admin, "card", "", [Role.ADMINISTRATOR])
        shares = rotation.new_shares(admin)
        sign_on.off(admin)
        rotation.recover(store_directory, shares[:2], "card", "found behind the safe", where_from="x")
        slot = keys.unlock(store_directory, "card", "found behind the safe").slot
        assert slot["administrator"]

    def test_new_shares_end_the_old_ones(self, shares: list[str], store_directory: Path) -> None:
        actor = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor
        rotation.new_shares(actor)
        sign_on.off(actor)
        with pytest.raises(WrongKey, match="two different ones"):
            rotation.recover(store_directory, shares[:2], ADMIN, "found behind the safe", where_from="x")

    def test_recovery_works_while_a_rotation_waits(self, shares: list[str], store_directory: Path) -> None:
        actor = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor
        rotation._begin(actor, store.current())
        sign_on.off(actor)
        rotation.recover(store_directory, shares[1:], ADMIN, "found behind the safe", where_from="x")
        actor = sign_on.with_passphrase(store_directory, ADMIN, "found behind the safe").actor
        assert rotation.rotate(actor).resumed


class TestKilled:
    """Rotations killed with SIGKILL at any moment: one key opens, drafts are whole, the chain verifies."""

    @pytest.mark.parametrize("kills", [SHORT, pytest.param(SOAK, marks=pytest.mark.soak)])
    def test_exactly_one_generation_opens(self, admin: Actor, store_directory: Path, kills: int) -> None:
        two_users(admin)
        fill(pages=3000)
        sign_on.off(admin)
        generator, cut_short = random.Random(3), 0
        whole = rotate_and_kill(store_directory, after=60)
        for _ in range(kills):
            rotate_and_kill(store_directory, after=generator.uniform(0, whole))
            cut_short += check_what_is_left(store_directory)
        print(f"{kills} rotations of {whole:.2f} s killed, {cut_short} of them under way")
        assert cut_short

    def test_a_rotation_cut_short_anywhere_is_finished_by_the_next(
        self, admin: Actor, store_directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        two_users(admin)
        for step in ("rekey_database", "_begin_epoch", "_drop_old"):
            with monkeypatch.context() as cut:
                cut.setattr(rotation, step, stop)
                with pytest.raises(KeyboardInterrupt):
                    rotation.rotate(admin)
            store.close_store()
            admin = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor
            assert len(SlotFile.read(store_directory).generations) == 2, step
            assert drafts.load(admin, ("ABS", "4711")) is not None
            done = rotation.rotate(admin)
            assert done.resumed
            assert SlotFile.read(store_directory).generations == [done.generation]
            check_chain()


def stop(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def fill(pages: int) -> None:
    """Make the database large enough for a rotation to take a while."""
    with writing():
        database.execute_sql("CREATE TABLE ballast (text TEXT)")
        database.execute_sql(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " INSERT INTO ballast SELECT hex(randomblob(1900)) FROM n", (pages,),
        )  # fmt: skip


def rotate_and_kill(directory: Path, after: float) -> float:
    """Rotate in another process and kill it ``after`` seconds; how long it ran."""
    process = subprocess.Popen(
        [sys.executable, "-c", ROTATE, str(directory), ADMIN, PASSPHRASE], cwd=ROOT, stdout=subprocess.PIPE,
        text=True, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "begins\n"
    began = time.monotonic()
    try:
        process.wait(timeout=after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
    return time.monotonic() - began


def check_what_is_left(directory: Path) -> bool:
    """Whether the kill fell between the two generations; everything is whole wherever it fell."""
    copy = directory.with_name("copy")
    shutil.copytree(directory, copy)
    ring = keys.unlock(copy, ADMIN, PASSPHRASE).ring
    assert len([number for number, data_key in ring.items() if opens(copy, data_key)]) == 1
    shutil.rmtree(copy)
    for name, passphrase, key in ((ADMIN, PASSPHRASE, "4711"), ("jones", JONES, "4712")):
        signed_on = sign_on.with_passphrase(directory, name, passphrase)
        assert not signed_on.store.tampered
        assert drafts.load(signed_on.actor, ("ABS", key)) is not None, name
        generations = {str(each) for each in ring}
        assert all(set(slot["keys"]) == generations for slot in SlotFile.read(directory).slots)
        check_chain()
        assert database.execute_sql("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute_sql("PRAGMA cipher_integrity_check").fetchall() == []
        sign_on.off(signed_on.actor)
    return len(ring) == 2


def opens(directory: Path, data_key: bytes) -> bool:
    """Whether this key opens the database; a copy of the copy, because opening it changes its log."""
    trial = directory.with_name("trial")
    trial.mkdir()
    for path in directory.glob("recordroom.db*"):
        shutil.copy(path, trial)
    try:
        open_database(trial / "recordroom.db", data_key)
    except StoreError:
        return False
    finally:
        store.close_store()
        shutil.rmtree(trial)
    return True


def command(*words: str, store_directory: Path) -> list[str]:
    passphrase = store_directory.with_name("passphrase")
    passphrase.write_text(PASSPHRASE)
    return [
        sys.executable, "-m", "recordroom", *words, "--store", str(store_directory), "--user", ADMIN,
        "--passphrase-file", str(passphrase),
    ]  # fmt: skip


def wait_until_the_gate_is_shut(directory: Path) -> None:
    """Until the other process lets nobody in any more; a look every 20 ms."""
    deadline = time.monotonic() + 60
    while sessions.gate_is_free(directory / sessions.FOLDER):
        assert time.monotonic() < deadline
        select.select([], [], [], 0.02)
