"""The schedule as a timer runs it: a process with a service key, a stand-in for lp, a kill, a full disk."""

from __future__ import annotations

import configparser
import fcntl
import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import pytest

from db import store
from db.access import sign_on, users
from db.actors import Actor
from db.connect import database
from db.schedule.runs import LOCK
from recordroom.cli import run
from tests.builders import a_stay
from tests.conftest import ADMIN, PASSPHRASE

ROOT = Path(__file__).parents[2]
MEGABYTES = 12

LP = """#!/bin/sh
# Keeps each job; with a file "kill" beside it, whoever prints is killed in the middle of the second job.
cd {folder}
number=$(ls job-* 2>/dev/null | wc -l)
printf '%s\\n' "$*" >> called
cat > job-$number
if [ -e kill ] && [ $number = 1 ]; then rm kill; kill -9 $PPID; fi
echo "request id is LASER-$number"
"""


@contextmanager
def opened(directory: Path) -> Iterator[Actor]:
    actor = sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor
    try:
        yield actor
    finally:
        sign_on.off(actor)
        store.close_store()


def with_service(directory: Path, folder: Path) -> Path:
    """A service key, and a stay so that pages have a line."""
    with opened(directory) as actor:
        path = folder / "schedule.key"
        path.write_text(users.add_service(actor, "schedule"))
        a_stay("2026-10-05T08:00", account="N1")
    return path


class Host:
    """A store, its service key, and what a timer would run."""

    def __init__(self, directory: Path, folder: Path) -> None:
        self.directory, self.folder = directory, folder
        self.key = with_service(directory, folder)
        self.passphrase = folder / "passphrase"
        self.passphrase.write_text(PASSPHRASE)
        self.bin = folder / "bin"
        self.bin.mkdir()
        (self.bin / "lp").write_text(LP.format(folder=self.bin))
        (self.bin / "lp").chmod(0o700)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PATH": f"{self.bin}:{os.environ['PATH']}"}
        line = [sys.executable, "-m", "recordroom", "schedule", *words, "--store", str(self.directory)]
        return subprocess.run(line, capture_output=True, text=True, check=False, env=environment, timeout=120)

    def by_admin(self, *words: str) -> str:
        """What the administrator does beforehand, in this process."""
        signing_on = (
            "--store",
            str(self.directory),
            "--user",
            ADMIN,
            "--passphrase-file",
            str(self.passphrase),
        )
        said = io.StringIO()
        with pytest.MonkeyPatch.context() as surroundings, redirect_stdout(said):
            surroundings.setenv("PATH", f"{self.bin}:{os.environ['PATH']}")
            assert run(["schedule", *words, *signing_on]) == 0
        return said.getvalue()

    def run(self, *words: str) -> tuple[int, list[dict[str, object]], str]:
        done = self.command("run", *words, "--service-key", str(self.key))
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    def let_hours_pass(self) -> None:
        with opened(self.directory):
            database.execute_sql("UPDATE job SET since_utc = since_utc - 7200")

    @property
    def printed(self) -> list[str]:
        """The report codes that lp was given, in order."""
        called = self.bin / "called"
        return re.findall(r"-t Recordroom (\w\d\d) ", called.read_text()) if called.exists() else []


@pytest.fixture
def host(store_directory: Path, tmp_path: Path) -> Host:
    return Host(store_directory, tmp_path)


class TestTheTimer:
    def test_prints_the_trio_when_it_is_due_and_once(self, host: Host) -> None:
        said = host.by_admin("add", "night", "census", "--at", "every 5 minutes", "--to", "printer LASER")
        assert said.startswith("night: census, every 5 minutes, next ")
        assert host.run() == (0, [], "")
        host.let_hours_pass()
        status, lines, _ = host.run("--dry-run")
        assert (status, host.printed) == (0, [])
        assert [(line["job"], line["what"], line["to"]) for line in lines] == [
            ("night", "census", "printer LASER")
        ]
        status, lines, _ = host.run()
        assert status == 0
        assert [(line["job"], line["outcome"], line["missed"]) for line in lines] == [("night", "done", 23)]
        assert host.printed == ["N01", "N02", "N03"]
        assert host.run()[1] in ([], [{**lines[0], "due": "later"}])  # a new due time may have come meanwhile
        (kept,) = [json.loads(line) for line in host.by_admin("log").splitlines()]
        assert (kept["job"], kept["outcome"], kept["by"]) == ("night", "done", "schedule")

    def test_leaves_it_to_another_run_that_is_under_way(self, host: Host) -> None:
        host.by_admin("add", "queue", "work", "--at", "every 5 minutes")
        host.let_hours_pass()
        descriptor = os.open(host.directory / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        assert host.run() == (0, [], "")
        os.close(descriptor)
        assert [line["outcome"] for line in host.run()[1]] == ["done"]

    def test_that_is_killed_goes_on_with_the_page_it_was_at(self, host: Host) -> None:
        host.by_admin("add", "night", "census", "--at", "02:30", "--to", "printer LASER")
        with opened(host.directory):
            database.execute_sql("UPDATE job SET since_utc = since_utc - 172800")
        (host.bin / "kill").touch()
        assert host.run()[0] == -9
        assert host.printed == ["N01", "N02"]
        status, lines, _ = host.run()
        assert (status, [(line["attempt"], line["outcome"]) for line in lines]) == (0, [(2, "done")])
        assert host.printed == ["N01", "N02", "N02", "N03"]
        log = [json.loads(line) for line in host.by_admin("log", "night").splitlines()]
        assert [each["outcome"] for each in log] == ["done", "cut short"]

    def test_exits_with_1_when_a_job_failed_and_says_why(self, host: Host) -> None:
        host.by_admin("add", "night", "census", "--at", "02:30", "--to", "printer LASER")
        (host.bin / "lp").write_text("#!/bin/sh\ncat > /dev/null\necho 'no such queue' >&2\nexit 1\n")
        status, lines, _ = host.run("--once", "night")
        assert (status, lines[0]["outcome"]) == (1, "failed")
        assert lines[0]["sentence"] == "The queue LASER took no job: no such queue."

    def test_runs_a_report_into_a_file_of_the_spool(self, host: Host) -> None:
        host.by_admin(
            "add", "figures", "monthly-statistics", "--at", "day 2 06:00", "--set", "month=last month",
            "--to", "file csv",
        )  # fmt: skip
        assert host.run("--once", "figures")[0] == 0
        (path,) = (host.directory / "spool").iterdir()
        assert re.fullmatch(r"S01-\d{8}-0001\.csv", path.name)


class TestAFullDisk:
    @pytest.fixture
    def small(self, disk: Path, template_store: Path, tmp_path: Path) -> Host:
        return Host(Path(shutil.copytree(template_store, disk / "store")), tmp_path)

    def test_is_said_and_what_was_due_is_done_when_there_is_room(self, small: Host, disk: Path) -> None:
        small.by_admin("add", "night", "census", "--at", "02:30", "--to", "spool")
        with opened(small.directory):
            database.execute_sql("UPDATE job SET since_utc = since_utc - 172800")
        ballast = disk / "ballast"
        with ballast.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        status, _, error = small.run()
        assert status in (1, 3)
        assert "disk" in error or "space" in error
        ballast.unlink()
        status, lines, _ = small.run()
        assert (status, [line["outcome"] for line in lines]) == (0, ["done"])


class TestTheCommands:
    def test_add_change_and_off_leave_the_job_as_asked(self, host: Host) -> None:
        host.by_admin("add", "copy", "backup", "--at", "01:15", "--set", "keep=7")
        host.by_admin("change", "copy", "--at", "mon,thu 01:15")
        (job,) = [json.loads(line) for line in host.by_admin("list").splitlines()]
        assert (job["at"], job["asked"], job["owner"], job["on"]) == (
            "mon,thu 01:15",
            {"keep": "7"},
            ADMIN,
            True,
        )
        assert host.by_admin("off", "copy") == "copy is off.\n"
        (job,) = [json.loads(line) for line in host.by_admin("list").splitlines()]
        assert (job["on"], job["next"]) == (False, None)

    @pytest.mark.parametrize(
        ("words", "status", "told"),
        [
            (("add", "a", "work", "--at", "noon"), 2, "noon says no time. Write 02:30,"),
            (("add", "a b", "work", "--at", "02:30"), 2, "A job needs a name of at most 20 letters"),
            (("add", "a", "bed-status", "--at", "02:30"), 2, "Say where the pages of bed-status go"),
            (("add", "a", "backup", "--at", "02:30", "--set", "keep"), 2, "keep names no value"),
            (("change", "a", "--at", "02:30"), 2, "There is no job a; there is none yet"),
            (("run", "--once", "a"), 1, "There is no job a; there is none yet"),
        ],
    )
    def test_asked_wrongly_are_refused_in_a_sentence(
        self, host: Host, words: tuple[str, ...], status: int, told: str
    ) -> None:
        done = host.command(*words, "--user", ADMIN, "--passphrase-file", str(host.passphrase))
        assert done.returncode == status
        assert told in done.stderr


def units() -> dict[str, str]:
    """The unit files of the page, by name."""
    page = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    found = re.findall(r"`/etc/systemd/system/(\S+?)`[^\n]*\n\n((?:    [^\n]*\n|\n)+)", page)
    return {name: re.sub(r"^    ", "", text, flags=re.MULTILINE) for name, text in found}


class TestTheUnits:
    @pytest.mark.parametrize("name", ["recordroom-schedule.service", "recordroom-schedule.timer"])
    def test_are_read_as_units(self, name: str) -> None:
        read = configparser.ConfigParser(strict=False, interpolation=None)
        read.optionxform = str  # type: ignore[assignment, method-assign]
        read.read_string(units()[name])
        if name.endswith("timer"):
            assert read["Timer"]["Persistent"] == "true"
            assert read["Install"]["WantedBy"] == "timers.target"
        else:
            assert read["Service"]["Type"] == "oneshot"
            assert " schedule run " in read["Service"]["ExecStart"]

    @pytest.mark.needs("systemd-analyze")
    def test_stand_up_to_systemd(self, tmp_path: Path) -> None:
        for name, text in units().items():
            # Of this machine: its interpreter and user, since it has none of the page's.
            text = re.sub(r"/opt/recordroom/bin/python", sys.executable, text).replace(
                "User=recordroom", "User=root"
            )
            (tmp_path / name).write_text(text)
        for name in ("recordroom-schedule.service", "recordroom-schedule.timer"):
            done = subprocess.run(
                ["systemd-analyze", "verify", str(tmp_path / name)],
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr

    def test_of_cron_calls_the_same_command(self) -> None:
        page = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
        lines = [line.split(maxsplit=5) for line in page.splitlines() if re.match(r"    \*/\d+ ", line)]
        assert [line[:5] for line in lines if " schedule run " in line[5]] == [["*/5", "*", "*", "*", "*"]]
