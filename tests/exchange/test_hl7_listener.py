"""The listener and the command line on a real store: what is answered AA is there, whatever ends the sender."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pytest
from peewee import OperationalError

from db import store
from db.access import sign_on
from db.actors import Actor
from db.connect import database
from db.feeds import counts as feed_counts
from db.hospital import encounters
from db.patient_index import counts as patient_counts
from db.patient_index import duplicates, patients
from exchange.hl7_intake import ListenerIntake
from exchange.hl7_message import read_message
from exchange.mllp import framed
from tests.conftest import ADMIN, PASSPHRASE
from tests.exchange.feed import adt


@pytest.fixture
def command(store_directory: Path, tmp_path: Path) -> list[str]:
    """The start of a command line that signs the administrator on."""
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE)
    return [
        sys.executable, "-m", "recordroom", "--store", str(store_directory), "--user", ADMIN,
        "--passphrase-file", str(file),
    ]  # fmt: skip


@contextmanager
def listening(command: list[str], ending: signal.Signals = signal.SIGTERM) -> Iterator[tuple[int, list[str]]]:
    """A listener in a process of its own; afterwards its last lines of output stand in the list."""
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [*command, "listen", "hl7", "--port", "0"], stdout=subprocess.PIPE, text=True, cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
    )  # fmt: skip
    assert process.stdout is not None
    said: list[str] = []
    try:
        yield int(json.loads(process.stdout.readline())["listening"].rpartition(":")[2]), said
        process.send_signal(ending)
        said.extend(process.communicate(timeout=60)[0].splitlines())
    finally:
        process.kill()
        process.wait()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def answer_of(connection: socket.socket) -> list[str]:
    received = b""
    while not received.endswith(b"\x1c\r"):
        part = connection.recv(4096)
        assert part, "the listener closed the connection without an answer"
        received += part
    message = read_message(received)
    assert message is not None
    return [message.first("MSA").text(number) for number in (1, 2, 3)]


class TestOverTheSocket:
    def test_messages_are_stored_before_they_are_answered(
        self, command: list[str], store_directory: Path
    ) -> None:
        with listening(command) as (port, said), connect(port) as sender:
            sender.sendall(framed(adt("A01", name="PEÑA^ZOË", control_id="1")))
            assert answer_of(sender) == ["AA", "1", ""]
            sender.sendall(b"noise" + framed(adt("A13", control_id="2"))[:30])
            sender.sendall(framed(adt("A13", control_id="2"))[30:])
            assert answer_of(sender)[:2] == ["AA", "2"]
            sender.sendall(framed(b"no message"))
            assert answer_of(sender)[:2] == ["AR", ""]
        assert json.loads(said[-1]) == {
            "read": 3, "applied": 1, "unchanged": 0, "not_used": 0, "refused": 1, "held": 1,
        }  # fmt: skip
        sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        assert patients.get(patients.by_mrn("00123"))["last_name"] == "PEÑA"
        assert (feed_counts.held(), feed_counts.disagreements()) == (1, 0)
        store.close_store()

    def test_a_listener_killed_after_an_answer_has_lost_nothing(
        self, command: list[str], store_directory: Path
    ) -> None:
        with listening(command, signal.SIGKILL) as (port, _), connect(port) as sender:
            sender.sendall(framed(adt("A01", control_id="1")))
            assert answer_of(sender)[0] == "AA"
            sender.sendall(framed(adt("A03", control_id="2"))[:-40])
        sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        assert encounters.get(encounters.find("A1")).unit == "5W"
        rows = database.execute_sql("SELECT control_id, outcome FROM received_message").fetchall()
        assert [tuple(row) for row in rows] == [("1", "applied")]
        store.close_store()

    def test_what_is_sent_again_after_a_lost_answer_is_unchanged(self, command: list[str]) -> None:
        message = framed(adt("A01", control_id="1"))
        with listening(command) as (port, said):
            with connect(port) as first:
                first.sendall(message)
                assert answer_of(first)[0] == "AA"
            with connect(port) as second:
                second.sendall(message)
                assert answer_of(second) == ["AA", "1", ""]
        assert json.loads(said[-1])["unchanged"] == 1

    def test_a_port_in_use_is_one_sentence(self, command: list[str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            done = run(command, "listen", "hl7", "--port", port)
        assert done.returncode == 2
        assert f"Port {port} of 127.0.0.1 cannot be listened on" in done.stderr


class TestLookAlikes:
    """Who looks alike is on the list (DUP) soon after the feed has brought both, without anybody opening it."""

    RUTH: ClassVar = {"name": "MILLER^RUTH^A", "more_pid": "|912345678"}
    AGAIN: ClassVar = {"mrn": "00456", "account": "A2", "control_id": "again", **RUTH}

    def test_are_found_between_messages(self, admin: Actor) -> None:
        run = ListenerIntake.begin(admin, "test")
        run.take([adt("A04", **self.RUTH), adt("A04", **self.AGAIN)])
        while run.compare():
            pass
        assert waiting_pairs(admin) == [("00123", "00456")]

    def test_that_cannot_be_compared_now_are_after_the_next_message(
        self, admin: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = ListenerIntake.begin(admin, "test")
        run.take([adt("A04", **self.RUTH), adt("A04", **self.AGAIN)])
        with monkeypatch.context() as full:
            full.setattr(database, "execute_sql", refused)
            assert run.compare() is False
        run.compare()
        assert waiting_pairs(admin) == [("00123", "00456")]

    def test_a_fault_of_the_program_is_told_without_a_word_of_the_chart_and_the_feed_goes_on(
        self, admin: Actor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def broken(*_: object) -> int:
            raise ValueError("MILLER")

        run = ListenerIntake.begin(admin, "test")
        monkeypatch.setattr(duplicates, "catch_up_beside", broken)
        assert run.compare() is False
        told = capsys.readouterr().err
        assert told.startswith("Charts that came were not compared (ValueError in test_hl7_listener.py line ")
        assert "recordroom patients duplicates" in told
        assert "MILLER" not in told

    def test_of_more_than_a_day_brings_are_left_for_the_whole_file(
        self, admin: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(duplicates, "BESIDE", 1)
        run = ListenerIntake.begin(admin, "test")
        run.take([adt("A04", **self.RUTH), adt("A04", **self.AGAIN)])
        assert run.compare() is False
        assert patient_counts.not_compared() == 2

    def test_of_imported_messages_and_rows_are_found_with_the_import(
        self, command: list[str], store_directory: Path, tmp_path: Path
    ) -> None:
        feed, rows = tmp_path / "feed.hl7", tmp_path / "patients.csv"
        feed.write_bytes(adt("A04", **self.RUTH) + adt("A04", **self.AGAIN))
        rows.write_text(
            "mrn,last_name,first_name,middle_name,birth_date,sex\n00789,MILLER,RUTH,A,1951-03-09,F\n"
        )
        assert run(command, "import", "hl7", str(feed)).returncode == 0
        assert run(command, "import", "patients", str(rows)).returncode == 0
        admin = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor
        assert waiting_pairs(admin)[0] == ("00123", "00456")
        assert patient_counts.not_compared() == 0
        assert len(waiting_pairs(admin)) == 3
        store.close_store()


def waiting_pairs(actor: Actor) -> list[tuple[str, str]]:
    return [(pair.one.mrn, pair.other.mrn) for pair in duplicates.waiting(actor)]


def refused(*_: object) -> object:
    raise OperationalError("database or disk is full")


class TestImportCommand:
    def test_the_last_line_counts_what_was_read(self, command: list[str], tmp_path: Path) -> None:
        file = tmp_path / "feed.hl7"
        file.write_bytes(adt("A01") + adt("A60") + adt("A13"))
        done = run(command, "import", "hl7", str(file))
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout.splitlines()[-1]) == {
            "read": 3, "applied": 1, "unchanged": 0, "not_used": 1, "refused": 0, "held": 1,
        }  # fmt: skip

    def test_what_is_no_message_is_refused_with_status_1(self, command: list[str], tmp_path: Path) -> None:
        file = tmp_path / "feed.hl7"
        file.write_bytes(b"mrn,account\n1,2\n")
        done = run(command, "import", "hl7", str(file))
        assert done.returncode == 1
        assert json.loads(done.stdout)["refused"] == 1

    def test_a_path_that_is_not_there_is_a_usage_error(self, command: list[str]) -> None:
        done = run(command, "import", "hl7", "/nowhere.hl7")
        assert done.returncode == 2
        assert "There is no /nowhere.hl7" in done.stderr

    def test_held_messages_are_tried_again(self, command: list[str], tmp_path: Path) -> None:
        file = tmp_path / "feed.hl7"
        file.write_bytes(adt("A01", patient_class="Q"))
        assert json.loads(run(command, "import", "hl7", str(file)).stdout)["held"] == 1
        again = run(command, "import", "hl7", "--held")
        assert json.loads(again.stdout)["held"] == 1
        assert again.returncode == 0


def run(command: list[str], *words: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).resolve().parents[2]
    return subprocess.run(
        [*command, *words], capture_output=True, text=True, timeout=120, cwd=root, check=False,
        env=os.environ | {"PYTHONPATH": str(root)},
    )  # fmt: skip
