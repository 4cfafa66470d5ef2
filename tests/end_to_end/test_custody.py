"""Signing on through a real sshd and the sudo hop, with the gate, session and sudoers lines of docs/operate.md."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from db import store
from db.access import policy, sign_on, ssh_keys, users
from db.actors import Role
from db.connect import database
from tests.conftest import ADMIN, CHEAP, PASSPHRASE
from tests.end_to_end.sshd import FIPS, Gateway, gateway
from tests.terminal import Terminal

ROOT = Path(__file__).parents[2]
REQUIRED = os.environ.get("RECORDROOM_REQUIRE_ALL") == "1"
pytestmark = [
    pytest.mark.needs("sshd"),
    pytest.mark.needs("sudo"),
    pytest.mark.needs("useradd"),
    pytest.mark.skipif(os.getuid() != 0 and not REQUIRED, reason="only root makes users and sudoers lines"),
]


def block(after: str, page: str = "operate.md") -> str:
    """The indented block that follows a line of the guide."""
    text = (ROOT / "docs" / page).read_text()
    rest = text[text.index(after) :].partition("\n\n")[2]
    return "".join(f"{line[4:]}\n" for line in re.match(r"(?:    .*\n)+", rest)[0].splitlines())  # type: ignore[index]


@dataclass
class Host:
    """A host set up as the guide says: a technician's login, the account that owns the store, the scripts."""

    technician: str
    folder: Path
    store: Path
    key_file: Path

    def script(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(self.here(text))
        path.chmod(0o755)
        return path

    def here(self, text: str) -> str:
        """The guide's text with the paths and names of this host."""
        for named, found in {
            "/usr/local/libexec/recordroom-gate": str(self.folder / "gate"),
            "/usr/local/libexec/recordroom-session": str(self.folder / "session"),
            "/var/lib/recordroom/store": str(self.store),
            "/var/lib/recordroom/workstation.key": str(self.key_file),
            "/opt/recordroom/bin/python": sys.executable,
            "-u recordroom": "-u root",  # the account that runs the tests owns the store
            "(recordroom)": "(root)",
            "PATH=/usr/bin:/bin": f"PATH=/usr/bin:/bin{FIPS}",
            "%technicians": self.technician,
        }.items():
            text = text.replace(named, found)
        return text


@pytest.fixture
def host(store_directory: Path, tmp_path: Path) -> Iterator[Host]:
    """A login of a technician, one sudoers file and a folder with the scripts; all gone afterwards."""
    name = f"rrtech{secrets.token_hex(3)}"
    folder = Path(tempfile.mkdtemp(prefix="recordroom-"))
    folder.chmod(0o755)
    here = Host(name, folder, store_directory, tmp_path / "workstation.key")
    sudoers = Path("/etc/sudoers.d") / name
    subprocess.run(
        ["useradd", "--no-create-home", "--home-dir", str(folder), "--shell", "/bin/sh", "-p", "*", name],
        check=True,
    )
    try:
        here.script("gate", block("recordroom-gate` (root"))
        here.script("session", block("recordroom-session` (root"))
        sudoers.write_text(here.here(block("/etc/sudoers.d/recordroom` permits")))
        sudoers.chmod(0o440)
        subprocess.run(["visudo", "-c", "-q"], check=True)
        yield here
    finally:
        sudoers.unlink(missing_ok=True)
        subprocess.run(["userdel", "--force", name], check=True, capture_output=True)
        shutil.rmtree(folder)


@pytest.fixture
def ssh(host: Host) -> Iterator[Gateway]:
    with gateway(
        host.folder / "sshd", host.store, user=host.technician, forced=host.folder / "gate"
    ) as running:
        yield running


@pytest.fixture
def cards(host: Host, ssh: Gateway) -> str:
    """The store lets the technician in by SSH key alone; gives the fingerprint of the key."""
    actor = sign_on.with_passphrase(host.store, ADMIN, PASSPHRASE).actor
    host.key_file.write_text(users.add_service(actor, "workstation"))
    policy.set_policy(actor, "custody", policy.SSH_KEY)
    users.add_user(actor, host.technician, "Mary Jones", [Role.TECHNICIAN])
    fingerprint = of_key(ssh.directory / "client.pub")
    ssh_keys.bind(actor, host.technician, fingerprint)
    sign_on.off(actor)
    session = block("recordroom-session` (root")
    line = block("and one line more in `recordroom-session`", "keys.md")
    store_line = next(each for each in session.splitlines(keepends=True) if "RECORDROOM_STORE" in each)
    host.script("session", session.replace(store_line, store_line + line))
    return fingerprint


def of_key(public: Path) -> str:
    """The fingerprint as ssh-keygen prints it."""
    done = subprocess.run(["ssh-keygen", "-lf", str(public)], check=True, capture_output=True, text=True)
    return done.stdout.split()[1]


def last_sign_on(directory: Path) -> tuple[str, str, str, dict[str, str]]:
    """Who signed on last by the audit trail, in which roles, from where, and the detail."""
    actor = sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor
    row = database.execute_sql(
        "SELECT user, roles, where_from, detail FROM audit WHERE action = 'sign on' AND user <> ?"
        " ORDER BY seq DESC LIMIT 1", (ADMIN,),
    ).fetchone()  # fmt: skip
    sign_on.off(actor)
    return row[0], row[1], row[2], json.loads(row[3] or "{}")


class TestSudoHop:
    def test_a_passphrase_signs_on_across_it(self, host: Host, ssh: Gateway) -> None:
        actor = sign_on.with_passphrase(host.store, ADMIN, PASSPHRASE).actor
        users.add_user(actor, "jones", "", [Role.TECHNICIAN], "mary jones has a key", cost=CHEAP)
        sign_on.off(actor)
        with Terminal(ssh.client()) as terminal:
            terminal.wait_for("User name")
            terminal.keys("jones", "enter", "mary jones has a key", "enter")
            terminal.wait_for("DESK")
        user, roles, where_from, _ = last_sign_on(host.store)
        assert (user, roles, where_from) == ("jones", "technician", "127.0.0.1")

    @pytest.mark.parametrize(
        "words", [("/bin/sh",), ("{session}", "x"), ("/usr/bin/env", "PATH=/", "{session}")]
    )
    def test_sudo_permits_nothing_but_the_session(self, host: Host, words: tuple[str, ...]) -> None:
        command = [word.replace("{session}", str(host.folder / "session")) for word in words]
        done = subprocess.run(
            ["runuser", "-u", host.technician, "--", "sudo", "-n", "-u", "root", *command], cwd="/",
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert done.returncode != 0
        assert "password is required" in done.stderr or "not allowed" in done.stderr

    def test_a_technician_reads_nothing_of_the_store(self, host: Host) -> None:
        done = subprocess.run(
            ["runuser", "-u", host.technician, "--", "cat", str(host.store / "keys.json")], cwd="/",
            capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        assert done.returncode != 0
        assert "Permission denied" in done.stderr


class TestSshKeyCustody:
    def test_who_comes_in_is_who_sshd_says(self, host: Host, ssh: Gateway, cards: str) -> None:
        with Terminal(ssh.client()) as terminal:
            terminal.wait_for(f"You came in as {host.technician}")
            assert cards in terminal.text
            assert "Passphrase" not in terminal.text
            terminal.keys("enter")
            terminal.wait_for("DESK")
        user, roles, where_from, detail = last_sign_on(host.store)
        assert (user, roles, where_from) == (host.technician, "technician", "127.0.0.1")
        assert detail["ssh_key"] == cards

    def test_a_key_that_is_not_bound_does_not_sign_on(self, host: Host, ssh: Gateway, cards: str) -> None:
        actor = sign_on.with_passphrase(host.store, ADMIN, PASSPHRASE).actor
        ssh_keys.unbind(actor, host.technician, cards)
        sign_on.off(actor)
        with Terminal(ssh.client()) as terminal:
            terminal.wait_for("You came in as")
            terminal.keys("enter")
            terminal.wait_for("is not bound to")

    def test_a_client_cannot_say_who_it_is(self, host: Host, ssh: Gateway, cards: str) -> None:
        forged = (
            "SUDO_USER=admin",
            "SUDO_UID=0",
            "RECORDROOM_SSH_AUTH=forged",
            "RECORDROOM_STORE=/",
        )
        options = [word for each in forged for word in ("-o", f"SetEnv={each}")]
        arguments = ssh.client()
        with Terminal([arguments[0], *options, *arguments[1:]]) as terminal:
            terminal.wait_for(f"You came in as {host.technician} with the key")
            terminal.wait_for(cards)

    def test_a_disabled_user_does_not_sign_on(self, host: Host, ssh: Gateway, cards: str) -> None:
        actor = sign_on.with_passphrase(host.store, ADMIN, PASSPHRASE).actor
        users.set_disabled(actor, host.technician, disabled=True)
        sign_on.off(actor)
        with Terminal(ssh.client()) as terminal:
            terminal.wait_for("You came in as")
            terminal.keys("enter")
            terminal.wait_for("not right")

    def test_the_service_key_opens_no_workstation_without_sudo(self, host: Host, cards: str) -> None:
        words = [
            sys.executable,
            "-m",
            "recordroom",
            "--store",
            str(host.store),
            "--service-key",
            str(host.key_file),
        ]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SUDO_")}
        with Terminal(words, cwd=ROOT, env=environment) as terminal:
            terminal.wait_for("a service key opens the workstation only for somebody")
        store.close_store()
