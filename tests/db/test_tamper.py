"""The tamper matrix: whatever is done to a store behind the program's back, the verifier says so in a sentence."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlcipher3 import dbapi2

from db import acts, store
from db.access import sign_on, users
from db.actors import Action, Actor, Role
from db.acts import NotPermitted
from db.connect import StoreError, database, writing
from db.keyring import keys
from db.keyring.derivation import derived
from db.trail import anchors, audit_copy, verifier
from db.trail.audit import START, chained
from db.trail.verifier import Report
from tests.conftest import ADMIN, CHEAP, PASSPHRASE

PAGE = 4096
ROWS = 400


class Tampered:
    """A store at rest, and the means of somebody who does things to it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path = directory / "recordroom.db"
        self.anchors = directory / "anchor.log"
        self.key = keys.unlock(directory, ADMIN, PASSPHRASE).ring[1]

    def connect(self) -> Any:
        connection = dbapi2.connect(str(self.path), isolation_level=None)
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{self.key.hex()}'\"")
        return connection

    def with_key(self, *statements: str) -> None:
        """What somebody with the raw key does: triggers out, deed, triggers back."""
        with closing(self.connect()) as connection:
            triggers = [
                (name, sql)
                for name, sql in connection.execute(
                    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
                )
                if name.startswith("audit_")
            ]
            for name, _ in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)
            for _, sql in triggers:
                connection.execute(sql)

    def chain_anew(self) -> None:
        """Compute every MAC again, as a holder of the key can."""
        with closing(self.connect()) as connection:
            rows = connection.execute("SELECT * FROM audit ORDER BY seq").fetchall()
            connection.execute("DROP TRIGGER audit_no_update")
            head = START
            for *row, _ in rows:
                head = chained(tuple(row), head, derived(self.key, "audit"))
                connection.execute("UPDATE audit SET mac = ? WHERE seq = ?", (head, row[0]))
            connection.execute(
                "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT raise(ABORT, 'no'); END"
            )
            self.heads = connection.execute("SELECT seq, mac FROM audit ORDER BY seq").fetchall()

    def anchor_anew(self) -> None:
        key = derived(self.key, "anchor")
        self.anchors.unlink()
        for seq, mac in self.heads:
            anchors.append(self.anchors, anchors.signed(seq, bytes(mac), key))

    def work(self, times: int) -> None:
        """So many acts, one session."""
        actor = sign_on.with_passphrase(self.directory, ADMIN, PASSPHRASE).actor
        for number in range(times):
            with acts.act(actor, Action.VIEW_PATIENT, kind="patient", record=str(number), patient_id=number):
                pass
        sign_on.off(actor)

    def root_of(self, table: str) -> int:
        with closing(self.connect()) as connection:
            sql = "SELECT rootpage FROM sqlite_master WHERE name = ?"
            return int(connection.execute(sql, (table,)).fetchone()[0])

    def checks(self) -> dict[str, bool]:
        """Which of the two checks of pages finds nothing, each by itself."""
        found = {}
        for pragma, sound in (("cipher_integrity_check", []), ("integrity_check", [("ok",)])):
            with closing(self.connect()) as connection:
                try:
                    found[pragma] = connection.execute(f"PRAGMA {pragma}").fetchall() == sound
                except dbapi2.DatabaseError:
                    found[pragma] = False
        return found

    def verify(self, **more: Any) -> Report:
        return verifier.verify(self.directory, keys.unlock(self.directory, ADMIN, PASSPHRASE), **more)

    def findings(self, **more: Any) -> str:
        return "\n".join(self.verify(**more).findings)


UNREADABLE = "recordroom.db cannot be read with this key: it is damaged, or belongs to other keys."


def flipped(data: bytes, page: int) -> bytes:
    """With one bit of a page (from 0) turned over."""
    changed = bytearray(data)
    changed[page * PAGE + 100] ^= 1
    return bytes(changed)


@pytest.fixture(scope="session")
def worked_store(template_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with some hundreds of acts in it, at rest. Copy it."""
    directory = Path(shutil.copytree(template_store, tmp_path_factory.mktemp("worked") / "store"))
    Tampered(directory).work(ROWS)
    return directory


@pytest.fixture
def kept(worked_store: Path, tmp_path: Path) -> Iterator[Tampered]:
    yield Tampered(Path(shutil.copytree(worked_store, tmp_path / "store")))
    store.close_store()


class TestSound:
    def test_a_sound_store_has_no_findings(self, kept: Tampered) -> None:
        report = kept.verify()
        assert (report.findings, report.notes) == ([], [])
        assert report.rows == ROWS + 3
        assert report.lines == ROWS + 3

    def test_verifying_writes_nothing(self, kept: Tampered) -> None:
        before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in kept.directory.rglob("*")}
        kept.verify()
        assert before == {
            path: (path.stat().st_mtime_ns, path.stat().st_size) for path in kept.directory.rglob("*")
        }

    def test_a_store_in_use_is_verified_in_a_snapshot(self, kept: Tampered) -> None:
        actor = sign_on.with_passphrase(kept.directory, ADMIN, PASSPHRASE).actor
        rows = database.execute_sql("SELECT count(*) FROM audit").fetchone()[0]
        assert kept.findings() == ""
        assert database.execute_sql("SELECT count(*) FROM audit").fetchone()[0] == rows
        sign_on.off(actor)

    def test_what_a_crash_left_is_verified_where_it_lies(self, kept: Tampered, tmp_path: Path) -> None:
        sign_on.with_passphrase(kept.directory, ADMIN, PASSPHRASE)
        crashed = Tampered(copied(kept.directory, tmp_path / "crashed"))
        (crashed.directory / "recordroom.db-shm").unlink()
        assert crashed.verify().findings == []
        assert not (crashed.directory / "recordroom.db-shm").exists()

    def test_the_tail_of_a_crash_is_no_finding_and_the_next_sign_on_anchors_it(self, kept: Tampered) -> None:
        cut(kept.anchors, 2)
        report = kept.verify()
        assert report.findings == []
        assert "2 rows stand ahead" in report.notes[0]
        kept.work(0)
        assert kept.verify().notes == []
        with closing(kept.connect()) as connection:
            sql = "SELECT json_extract(detail, '$.crash_tail') FROM audit WHERE action = 'sign on' AND detail <> ''"
            assert connection.execute(sql).fetchall()[-1] == (2,)

    def test_only_those_who_may_verify_do(self, kept: Tampered) -> None:
        actor = sign_on.with_passphrase(kept.directory, ADMIN, PASSPHRASE).actor
        users.add_user(actor, "jones", "", [Role.CODER], "mary jones has a key", cost=CHEAP)
        sign_on.off(actor)
        with pytest.raises(NotPermitted, match="jones may not verify audit"):
            verifier.verify(kept.directory, keys.unlock(kept.directory, "jones", "mary jones has a key"))


class TestRows:
    """Somebody with the raw key edits rows, and does not compute the MACs again."""

    @pytest.mark.parametrize(
        ("deed", "sentence"),
        [
            ("UPDATE audit SET user = 'nobody' WHERE seq = 100", "Row 100 is not what was written after row 99"),
            ("UPDATE audit SET detail = 'x' WHERE seq = 1", "Row 1 is not what was written"),
            ("DELETE FROM audit WHERE seq = 100", "Row 100 is missing"),
            ("DELETE FROM audit WHERE seq BETWEEN 100 AND 120", "Rows 100 to 120 are missing"),
            ("DELETE FROM audit WHERE seq = 1", "Row 1 is missing"),
            ("DELETE FROM audit WHERE seq > 300", "the newest rows were cut off"),
            ("DELETE FROM audit", "the newest rows were cut off"),
            (
                "INSERT INTO audit SELECT 404, 0, 'x', '', '', '', '', '', '', 0, '', '', mac FROM audit WHERE seq = 1",
                "is not what was written after row",
            ),
            (
                "UPDATE audit SET (record, mac) = (SELECT record, mac FROM audit WHERE seq = 200) WHERE seq = 201",
                "Row 201 is not what was written after row 200",
            ),
            ("DELETE FROM trail_key", "keys of the first audit rows are missing"),
            ("UPDATE trail_key SET row_key = zeroblob(32)", "not those of the data key"),
        ],
    )  # fmt: skip
    def test_is_caught(self, kept: Tampered, deed: str, sentence: str) -> None:
        kept.with_key(deed)
        assert sentence in kept.findings()

    def test_two_rows_that_changed_places_are_caught(self, kept: Tampered) -> None:
        kept.with_key(
            "UPDATE audit SET seq = -1 WHERE seq = 50", "UPDATE audit SET seq = 50 WHERE seq = 51",
            "UPDATE audit SET seq = 51 WHERE seq = -1",
        )  # fmt: skip
        assert "Row 50 is not what was written" in kept.findings()

    def test_triggers_taken_out_are_caught(self, kept: Tampered) -> None:
        with closing(kept.connect()) as connection:
            connection.execute("DROP TRIGGER audit_no_update")
        assert "The trigger audit_no_update" in kept.findings()


class TestPagesAndFiles:
    """Somebody without the key puts back, cuts or damages what lies on the disk."""

    def test_a_flipped_bit_is_caught(self, kept: Tampered) -> None:
        sound = kept.path.read_bytes()
        for page in range(2, len(sound) // PAGE, 7):
            kept.path.write_bytes(flipped(sound, page))
            said = kept.findings()  # a page of the schema keeps the rest from being read at all
            assert ("changed without the key" in said) != (said == UNREADABLE), page

    def test_a_flipped_bit_in_a_table_is_told_by_the_page_macs(self, kept: Tampered) -> None:
        kept.path.write_bytes(flipped(kept.path.read_bytes(), kept.root_of("audit") - 1))
        assert "changed without the key" in kept.findings()

    def test_a_flipped_bit_in_the_schema_keeps_the_database_from_opening(self, kept: Tampered) -> None:
        """The schema stands on the first page and its children: nothing is read before it, so no check is reached."""
        kept.path.write_bytes(flipped(kept.path.read_bytes(), 0))
        assert kept.findings() == UNREADABLE

    def test_a_flipped_bit_in_a_free_page_is_seen_by_the_page_macs_alone(self, kept: Tampered) -> None:
        with closing(kept.connect()) as connection:
            connection.execute("CREATE TABLE spare (text)")
            connection.execute("INSERT INTO spare VALUES (zeroblob(100000))")
            connection.execute("DROP TABLE spare")
        last = kept.path.stat().st_size // PAGE - 1
        kept.path.write_bytes(flipped(kept.path.read_bytes(), last))
        assert kept.checks() == {"cipher_integrity_check": False, "integrity_check": True}
        assert kept.findings() == "Pages of the database were changed without the key, or are damaged."

    @pytest.mark.parametrize("count", [1, 2, 7])
    def test_pages_cut_off_are_seen_by_the_structure_alone(self, kept: Tampered, count: int) -> None:
        os.truncate(kept.path, kept.path.stat().st_size - count * PAGE)
        assert kept.checks() == {"cipher_integrity_check": True, "integrity_check": False}
        with closing(kept.connect()) as connection:
            assert "damaged or missing" in "".join(verifier.pages(connection))
        assert kept.findings() == UNREADABLE  # opened immutable, the file is shorter than it says itself

    def test_an_earlier_page_of_an_index_is_seen_by_the_structure_alone(self, kept: Tampered) -> None:
        """Its MAC is right, the chain is whole, and every row is there: only the index does not fit the table."""
        number = kept.root_of("audit_at") - 1
        early = kept.path.read_bytes()[number * PAGE : (number + 1) * PAGE]
        kept.work(ROWS)
        data = bytearray(kept.path.read_bytes())
        data[number * PAGE : (number + 1) * PAGE] = early
        kept.path.write_bytes(data)
        assert kept.checks() == {"cipher_integrity_check": True, "integrity_check": False}
        assert (
            kept.findings()
            == "The database does not hang together: pages are missing, or of different times."
        )

    def test_pages_of_an_earlier_time_put_back_are_caught(self, kept: Tampered) -> None:
        """Each page by itself is authentic, and no page MAC shows that it is old."""
        early = kept.path.read_bytes()
        kept.work(ROWS)
        late = kept.path.read_bytes()
        changed = [
            number for number in range(1, len(early) // PAGE)
            if early[number * PAGE : (number + 1) * PAGE] != late[number * PAGE : (number + 1) * PAGE]
        ]  # fmt: skip
        with closing(kept.connect()) as connection:
            sql = "SELECT rootpage FROM sqlite_master WHERE name IN ('audit', 'audit_user', 'audit_patient')"
            roots = {row[0] - 1 for row in connection.execute(sql)}
        assert roots & set(changed)
        for number in roots & set(changed):
            spliced = bytearray(late)
            spliced[number * PAGE : (number + 1) * PAGE] = early[number * PAGE : (number + 1) * PAGE]
            kept.path.write_bytes(spliced)
            assert kept.findings() != "", number

    def test_a_whole_older_database_put_back_is_caught(self, kept: Tampered) -> None:
        early = kept.path.read_bytes()
        kept.work(5)
        kept.path.write_bytes(early)
        assert "an older database was put back" in kept.findings()

    def test_a_dropped_write_ahead_log_is_caught(self, kept: Tampered, tmp_path: Path) -> None:
        actor = sign_on.with_passphrase(kept.directory, ADMIN, PASSPHRASE).actor
        for _ in range(3):
            with acts.act(actor, Action.VIEW_PATIENT, kind="patient"):
                pass
        crashed = Tampered(copied(kept.directory, tmp_path / "crashed"))
        for suffix in ("-wal", "-shm"):
            (crashed.directory / f"recordroom.db{suffix}").unlink()
        assert "the newest rows were cut off" in crashed.findings()

    def test_a_bit_in_the_last_frame_of_the_log_is_caught(self, kept: Tampered, tmp_path: Path) -> None:
        """SQLite takes the frame for the torn end of a crash and drops the commit in silence."""
        actor = sign_on.with_passphrase(kept.directory, ADMIN, PASSPHRASE).actor
        with acts.act(actor, Action.VIEW_PATIENT, kind="patient"):
            pass
        crashed = Tampered(copied(kept.directory, tmp_path / "crashed"))
        (crashed.directory / "recordroom.db-shm").unlink()
        log = crashed.directory / "recordroom.db-wal"
        data = bytearray(log.read_bytes())
        data[-PAGE + 40] ^= 1
        log.write_bytes(data)
        assert "the newest rows were cut off" in crashed.findings()

    def test_an_older_slot_file_put_back_is_caught(self, kept: Tampered) -> None:
        slots = kept.directory / "keys.json"
        early = slots.read_bytes()
        actor = sign_on.with_passphrase(kept.directory, ADMIN, PASSPHRASE).actor
        users.add_user(actor, "jones", "", [Role.CODER], "mary jones has a key", cost=CHEAP)
        sign_on.off(actor)
        slots.write_bytes(early)
        assert "keys.json is older than the database" in kept.findings()


class TestAnchors:
    def test_a_missing_anchor_is_caught_and_the_store_opens_read_only(self, kept: Tampered) -> None:
        kept.anchors.unlink()
        assert "missing or holds no anchor" in kept.findings()
        assert sign_on.with_passphrase(kept.directory, ADMIN, PASSPHRASE).store.tampered

    def test_a_forged_line_is_caught(self, kept: Tampered) -> None:
        anchors.append(kept.anchors, anchors.signed(9999, b"\1" * 32, b"another key that is no key......"))
        assert re.search(r"line 404 was not written by this store", kept.findings())

    @pytest.mark.parametrize("part", [0, 1, 2, 3])
    def test_a_line_changed_in_any_part_is_caught(self, kept: Tampered, part: int) -> None:
        lines = kept.anchors.read_text().splitlines()
        parts = lines[200].split(" ")
        last = parts[part][-1]
        parts[part] = parts[part][:-1] + ("0" if last != "0" else "1")
        lines[200] = " ".join(parts)
        kept.anchors.write_text("\n".join(lines) + "\n")
        assert "line 201 was not written by this store" in kept.findings()

    def test_a_line_of_another_store_is_caught(self, kept: Tampered, tmp_path: Path) -> None:
        store.init_store(tmp_path / "other", "Other", ADMIN, PASSPHRASE, "UTC", cost=CHEAP)
        with kept.anchors.open("ab") as file:
            file.write((tmp_path / "other" / "anchor.log").read_bytes())
        assert "was not written by this store" in kept.findings()

    def test_lines_that_were_moved_are_caught(self, kept: Tampered, monkeypatch: pytest.MonkeyPatch) -> None:
        later = time.time() + 3600
        monkeypatch.setattr(time, "time", lambda: later)
        kept.work(2)
        lines = kept.anchors.read_text().splitlines()
        kept.anchors.write_text("\n".join([*lines[:10], lines[-1], *lines[10:-1]]) + "\n")
        assert "lines were moved" in kept.findings()

    def test_a_line_cut_short_is_a_note_and_the_next_stands_on_its_own(self, kept: Tampered) -> None:
        with kept.anchors.open("ab") as file:
            file.write(b"404 abcdef")
        kept.work(1)
        report = kept.verify()
        assert report.findings == []
        assert "line 404 is cut or no anchor" in report.notes[0]

    def test_a_restore_writes_a_signed_branch_and_what_it_gave_up_is_no_finding(self, kept: Tampered) -> None:
        early = kept.path.read_bytes()
        kept.work(5)
        kept.path.write_bytes(early)
        here = store.open_store(kept.directory, keys.unlock(kept.directory, ADMIN, PASSPHRASE))
        here.trail.branch()
        store.close_store()
        kept.work(1)
        report = kept.verify()
        assert report.findings == []
        assert "a restore went back to row 403" in report.notes[0]

    def test_a_branch_forged_without_the_key_changes_nothing(self, kept: Tampered) -> None:
        early, head = kept.path.read_bytes(), kept.anchors.read_text().splitlines()[-1].split(" ")
        kept.work(5)
        kept.path.write_bytes(early)
        forged = anchors.signed(int(head[0]), bytes.fromhex(head[1]), b"\0" * 32, branch=True)
        anchors.append(kept.anchors, forged)
        assert sign_on.with_passphrase(kept.directory, ADMIN, PASSPHRASE).store.tampered
        assert "an older database was put back" in kept.findings()


class TestAHolderOfTheKey:
    """Rewrites rows, MACs and the anchors beside the store: only what is kept elsewhere shows it."""

    @pytest.fixture
    def elsewhere(self, kept: Tampered, tmp_path: Path) -> Path:
        return Path(shutil.copy(kept.anchors, tmp_path / "elsewhere.log"))

    @pytest.fixture
    def rewritten(self, kept: Tampered, elsewhere: Path) -> Tampered:
        kept.with_key("UPDATE audit SET user = 'nobody' WHERE seq = 100")
        kept.chain_anew()
        return kept

    def test_is_caught_by_the_anchors_beside_the_store_if_they_were_left(self, rewritten: Tampered) -> None:
        assert "rows were written anew" in rewritten.findings()

    def test_is_not_caught_on_this_host_if_the_anchors_were_written_anew(self, rewritten: Tampered) -> None:
        rewritten.anchor_anew()
        assert rewritten.findings() == ""

    def test_is_caught_by_anchors_kept_elsewhere(self, rewritten: Tampered, elsewhere: Path) -> None:
        rewritten.anchor_anew()
        assert "Row 100 is not the one that" in rewritten.findings(elsewhere=[elsewhere])

    def test_is_caught_by_the_system_log_of_another_host(self, rewritten: Tampered, elsewhere: Path) -> None:
        rewritten.anchor_anew()
        line = elsewhere.read_text().splitlines()[-1]
        elsewhere.write_text(
            f"Nov 21 10:00:00 host other: x\nNov 21 10:00:01 host recordroom: anchor {line}\n"
        )
        assert "rows were written anew" in rewritten.findings(elsewhere=[elsewhere])

    def test_is_caught_by_the_head_on_a_printed_page(self, rewritten: Tampered, elsewhere: Path) -> None:
        rewritten.anchor_anew()
        seq, head, *_ = elsewhere.read_text().splitlines()[-1].split(" ")
        assert "The printed head" in rewritten.findings(printed=[f"{seq} {head[:16]}"])

    def test_a_branch_forged_with_the_key_does_not_hold_elsewhere(
        self, kept: Tampered, elsewhere: Path
    ) -> None:
        kept.with_key("DELETE FROM audit WHERE seq > 300")
        with closing(kept.connect()) as connection:
            head = connection.execute("SELECT mac FROM audit WHERE seq = 300").fetchone()[0]
        anchors.append(kept.anchors, anchors.signed(300, head, derived(kept.key, "anchor"), branch=True))
        assert kept.findings() == ""
        assert "the newest rows were cut off" in kept.findings(elsewhere=[elsewhere])

    def test_the_true_anchors_elsewhere_are_no_finding(self, kept: Tampered, elsewhere: Path) -> None:
        assert kept.findings(elsewhere=[elsewhere]) == ""


class TestReadOnly:
    """A store behind its anchor can be read, and nothing can be written."""

    @pytest.fixture
    def behind(self, kept: Tampered) -> Actor:
        early = kept.path.read_bytes()
        kept.work(2)
        kept.path.write_bytes(early)
        return sign_on.with_passphrase(kept.directory, ADMIN, PASSPHRASE).actor

    def test_looking_goes_on_and_is_folded_into_the_audit_later(
        self, behind: Actor, kept: Tampered, tmp_path: Path
    ) -> None:
        acts.viewed(behind, Action.VIEW_PATIENT, kind="patient", record="4711", patient_id=12)
        log = kept.directory / "signon.log"
        assert log.read_text().endswith("view_patient:12\n")
        store.current().trail.branch()
        sign_on.with_passphrase(kept.directory, ADMIN, PASSPHRASE)
        sql = "SELECT user, action, patient_id, detail FROM audit WHERE kind = 'session'"
        row = database.execute_sql(sql).fetchone()
        assert row[:3] == (ADMIN, "view patient", 12)
        assert json.loads(row[3])["read_only"] == 1

    def test_no_statement_writes(self, behind: Actor) -> None:
        with pytest.raises(StoreError), writing():
            database.execute_sql("INSERT INTO counter VALUES ('x', 1)")

    def test_what_is_not_permitted_stays_so(self, behind: Actor) -> None:
        with pytest.raises(NotPermitted):
            acts.viewed(Actor(1, "x", frozenset()), Action.VIEW_PATIENT, kind="patient")


class TestAnchorsThatCannotBeWritten:
    def test_the_next_act_is_refused_until_they_can(self, admin: Actor, tmp_path: Path) -> None:
        away = tmp_path / "mount"
        away.mkdir()
        audit_copy.set_anchor_copy(admin, away)
        with acts.act(admin, Action.VIEW_PATIENT):
            pass
        away.rename(tmp_path / "unmounted")
        with (
            pytest.raises(StoreError, match="anchor cannot be written"),
            acts.act(admin, Action.VIEW_PATIENT),
        ):
            pass
        (tmp_path / "unmounted").rename(away)
        with acts.act(admin, Action.VIEW_PATIENT):
            pass

    def test_an_anchor_that_fails_after_the_commit_is_written_before_the_next_act(
        self, admin: Actor, tmp_path: Path
    ) -> None:
        away = tmp_path / "mount"
        away.mkdir()
        audit_copy.set_anchor_copy(admin, away)
        with acts.act(admin, Action.VIEW_PATIENT):
            away.rename(tmp_path / "unmounted")
        assert database.execute_sql("SELECT max(seq) FROM audit").fetchone()[0] == 4
        (tmp_path / "unmounted").rename(away)
        with acts.act(admin, Action.VIEW_PATIENT):
            pass
        lines = (away / "anchor.log").read_text().splitlines()
        assert [line.split()[0] for line in lines[-2:]] == ["4", "5"]

    def test_a_second_place_holds_for_sessions_that_were_there_before_it_was_named(
        self, admin: Actor, store_directory: Path, tmp_path: Path
    ) -> None:
        away = tmp_path / "mount"
        away.mkdir()
        secret = tmp_path / "passphrase"
        secret.write_text(PASSPHRASE)
        common = ["--store", store_directory, "--user", ADMIN, "--passphrase-file", secret]
        command = [sys.executable, "-m", "recordroom", "audit", "copy"]
        subprocess.run([*command, away, *common], check=True)
        with acts.act(admin, Action.VIEW_PATIENT):
            pass
        head = database.execute_sql("SELECT max(seq) FROM audit").fetchone()[0]
        assert (away / "anchor.log").read_text().splitlines()[-1].split()[0] == str(head)
        away.rename(tmp_path / "unmounted")
        with pytest.raises(StoreError, match="anchor cannot be written"), acts.act(admin, Action.EXPORT):
            pass

    def test_a_copy_whose_place_is_away_refuses_acts_and_one_that_was_removed_is_tampering(
        self, admin: Actor, store_directory: Path, tmp_path: Path
    ) -> None:
        away = tmp_path / "mount"
        away.mkdir()
        audit_copy.set_anchor_copy(admin, away)
        sign_on.off(admin)
        away.rename(tmp_path / "unmounted")
        here = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).store
        assert not here.tampered
        with pytest.raises(StoreError, match="anchor cannot be written"):
            acts.viewed(admin, Action.VIEW_PATIENT, kind="patient")
        (tmp_path / "unmounted").rename(away)
        (away / "anchor.log").unlink()
        assert "missing" in sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).store.tampered

    def test_a_missing_system_log_only_warns(
        self, admin: Actor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(anchors.to_syslog, "__defaults__", (tmp_path / "no-log",))
        trail = store.current().trail
        trail.anchor(*trail.head(), sync=True)
        assert trail.syslog_missing


def copied(source: Path, target: Path) -> Path:
    """The files as they lie on the disk at this moment, as after a power cut."""
    subprocess.run(["cp", "-r", str(source), str(target)], check=True)
    return target


def cut(path: Path, lines: int) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-lines]))
