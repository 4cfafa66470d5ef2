"""The main job on the real thing: a feed over MLLP, a technician over SSH, the supervisor's pages."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.code_sources import cached_store
from db.access import sessions, sign_on, users
from exchange.code_sets.build import build
from exchange.mllp import framed
from recordroom import fips
from tests.conftest import ADMIN, PASSPHRASE
from tests.end_to_end.sshd import Gateway, gateway
from tests.exchange.feed import adt
from tests.terminal import Terminal, wait_until

ROOT = Path(__file__).parents[2]
HERE = ZoneInfo("America/New_York")
TODAY = datetime.now(HERE).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)

pytestmark = [pytest.mark.needs("sshd"), pytest.mark.needs("ssh")]


@pytest.fixture(scope="session", autouse=True)
def codes() -> None:
    """The code sets, built once into the user's cache."""
    build(cached_store())


@pytest.fixture
def key_file(store_directory: Path, tmp_path: Path) -> Path:
    """A service key for the feed."""
    actor = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor
    path = tmp_path / "feed.key"
    path.write_text(users.add_service(actor, "feed"))
    sign_on.off(actor)
    return path


@pytest.fixture
def ssh(store_directory: Path, tmp_path: Path) -> Iterator[Gateway]:
    with gateway(tmp_path / "gate", store_directory) as running:
        yield running


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "recordroom", *words]


@contextmanager
def listening(store_directory: Path, key_file: Path) -> Iterator[int]:
    """The listener as a service runs it; gives its port."""
    process = subprocess.Popen(
        command("listen", "hl7", "--port", "0", "--store", str(store_directory), "--service-key", str(key_file)),
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield int(json.loads(process.stdout.readline())["listening"].rpartition(":")[2])
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


def at(days_ago: int, clock: str) -> str:
    """A moment of the last days as HL7 writes it."""
    return f"{TODAY - timedelta(days=days_ago):%Y%m%d}{clock}"


def feed() -> list[bytes]:
    """One stay with a transfer, and somebody who is still in house."""
    stay = {"mrn": "00123", "account": "4711", "admitted": at(5, "0800")}
    return [
        adt("A01", at(5, "0800"), place="3E^301^A", **stay),
        adt("A02", at(4, "0900"), place="ICU^101^A", prior="3E^301^A", **stay),
        adt("A03", at(1, "1130"), place="ICU^101^A", discharged=at(1, "1130"), disposition="01", **stay),
        adt("A01", at(2, "1000"), place="3E^302^A", mrn="00124", account="4712", name="BROWN^AL",
            admitted=at(2, "1000")),
    ]  # fmt: skip


def send(port: int, messages: list[bytes]) -> list[str]:
    """What the listener answers to each message (MSA-1)."""
    answers = []
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        for message in messages:
            line.sendall(framed(message))
            reply = b""
            while not reply.endswith(b"\x1c\r"):
                reply += line.recv(4096)
            found = re.search(rb"\rMSA\|(..)", reply)
            assert found
            answers.append(found[1].decode())
    return answers


def sit_down(terminal: Terminal) -> None:
    terminal.wait_for("User name")
    terminal.keys(ADMIN, "enter", PASSPHRASE, "enter")
    terminal.wait_for("Desk")


def report(store_directory: Path, key_file: Path, *words: str) -> str:
    done = subprocess.run(
        command("report", *words, "--store", str(store_directory), "--service-key", str(key_file)),
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


class TestTheMainJob:
    def test_a_discharge_comes_in_is_abstracted_over_ssh_and_stands_in_the_reports(
        self, store_directory: Path, key_file: Path, ssh: Gateway
    ) -> None:
        with listening(store_directory, key_file) as port:
            assert send(port, feed()) == ["AA"] * 4
        with Terminal(ssh.client()) as terminal:
            sit_down(terminal)
            terminal.keys("ctrl+o", "=WRK", "enter")
            terminal.wait_for("4711")
            terminal.keys("a")
            terminal.wait_for("Account 4711")
            terminal.keys("^RACE", "enter", "2106-3", "enter", "^ETHN", "enter", "2186-5", "enter")
            terminal.keys("^PRIO", "enter", "1", "^POIN", "enter", "1", "^PAYER", "enter", "MCR", "enter")
            terminal.keys("^ZIP", "enter", "12999", "enter")
            terminal.keys("^ADMITTING", "enter", "R07.9", "enter", "I21.4", "enter", "Y")
            terminal.wait_for("MS-DRG 282")
            terminal.keys("N17.9", "enter", "Y")
            terminal.wait_for("MS-DRG 281")
            terminal.keys("f2")
            terminal.wait_for("FILED 4711")
            terminal.wait_for("Nothing waits here")
            terminal.keys("ctrl+o", "=ABS 4711", "enter")
            terminal.wait_for("MS-DRG 281")
            terminal.keys("ctrl+o", "OFF", "enter")
            assert terminal.wait_exit() == 0
        census = report(
            store_directory, key_file, "daily-census", "--day", f"{TODAY - timedelta(days=1):%Y-%m-%d}"
        )
        assert "BROWN,AL" in census.upper()
        assert "MILLER" not in census.upper()
        month = f"{TODAY - timedelta(days=1):%Y-%m}"
        figures = json.loads(
            report(store_directory, key_file, "monthly-statistics", "--month", month, "--format", "json")
        )["figures"]
        assert figures["discharges"]["value"] == "1"

    def test_a_line_that_drops_in_mid_field_loses_nothing(
        self, store_directory: Path, key_file: Path, ssh: Gateway
    ) -> None:
        with listening(store_directory, key_file) as port:
            send(port, feed())
        with Terminal(ssh.client()) as terminal:
            sit_down(terminal)
            terminal.keys("ctrl+o", "=ABS 4711", "enter")
            terminal.wait_for("Account 4711")
            terminal.keys("^NOTE", "enter", "half a sen")
            terminal.wait_for("half a sen")
            terminal.hang_up()
            terminal.wait_exit()
        # The client is gone at once; the session hears of it in its own time, and the desk counts drafts as it opens.
        wait_until(lambda: not sessions.others(store_directory))
        with Terminal(ssh.client()) as terminal:
            sit_down(terminal)
            terminal.wait_for("ABS 4711")
            terminal.keys("ctrl+o", "=ABS 4711", "enter")
            terminal.wait_for("half a sen")
            terminal.wait_for("resumed")

    def test_nothing_but_the_program_runs(self, ssh: Gateway) -> None:
        done = subprocess.run(
            ssh.client("cat", "/etc/passwd", tty=False), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert "root:" not in done.stdout
        assert "needs a terminal" in done.stderr


def test_the_demo_without_a_terminal_prints_both_reports() -> None:
    done = subprocess.run(
        command("demo", "--beds", "20", "--months", "2"), cwd=ROOT, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=200, check=False,
        env={k: v for k, v in os.environ.items() if not k.startswith("RECORDROOM_") or k == fips.FOLDER},
    )  # fmt: skip
    assert done.returncode == 0
    assert "DAILY CENSUS BY UNIT AND BED" in done.stdout
    assert "MONTHLY STATISTICAL SUMMARY" in done.stdout
