"""``recordroom doctor`` finds each thing that docs/operate.md asks for and a host lacks."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from db.access import sign_on
from db.safekeeping import backup
from recordroom import doctor
from recordroom.doctor import Host, Look, look_over
from tests.commands.test_store_commands import recordroom
from tests.conftest import ADMIN, PASSPHRASE

SESSION = """#!/bin/sh
umask 077
exec /usr/bin/env -i PATH=/usr/bin:/bin /opt/recordroom/bin/python -I -m recordroom
"""
RULE = '%technicians ALL=(recordroom) NOPASSWD: /usr/local/libexec/recordroom-session ""\n'
GOOD_SSHD = """
DisableForwarding yes
PermitUserEnvironment no
PermitUserRC no
PasswordAuthentication no
KbdInteractiveAuthentication no
AuthenticationMethods publickey
PermitRootLogin no
MaxSessions 1
MaxAuthTries 3
LoginGraceTime 30
StrictModes yes
Banner /etc/ssh/recordroom-notice
ChannelTimeout session:*=20m
AllowGroups technicians
ClientAliveInterval 60
ClientAliveCountMax 1
LogLevel VERBOSE
AcceptEnv LANG LC_ALL
ForceCommand /usr/local/libexec/recordroom-gate
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A host as the operator guide sets it up."""
    files = {
        "proc/swaps": "Filename Type Size Used Priority\n", "proc/sys/fs/suid_dumpable": "0\n",
        "proc/sys/kernel/yama/ptrace_scope": "1\n", "dev/log": "", doctor.SUDOERS: RULE,
        doctor.GATE: "#!/bin/sh\nexec /usr/bin/sudo -n -u recordroom /usr/local/libexec/recordroom-session\n",
        doctor.SESSION: SESSION,
    }  # fmt: skip
    for name, text in files.items():
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o440 if name == doctor.SUDOERS else 0o755)
    return tmp_path / "root"


def looks(host: Host) -> dict[str, Look]:
    return {look.name: look for look in look_over(host)}


class TestHost:
    def test_one_set_up_as_the_guide_says_is_good(self, root: Path) -> None:
        found = looks(Host(root=root))
        for name in ("swap", "memory", "system log", "gate", "sudoers"):
            assert found[name] == Look(name)

    @pytest.mark.parametrize(
        ("path", "text", "look", "said"),
        [
            ("proc/swaps", "Filename\n/dev/sda2 partition 1 0 -2\n", "swap", "not encrypted"),
            ("proc/sys/fs/suid_dumpable", "1\n", "memory", "suid_dumpable=0"),
            ("proc/sys/kernel/yama/ptrace_scope", "0\n", "memory", "ptrace_scope=1"),
            (
                doctor.SUDOERS,
                RULE + "%technicians ALL=(recordroom) NOPASSWD: /usr/bin/env *\n",
                "sudoers",
                "more than",
            ),
            (doctor.SUDOERS, "# nothing\n", "sudoers", "no rule"),
            (doctor.SUDOERS, RULE.replace(' ""', ""), "sudoers", "without arguments"),
            (doctor.SESSION, SESSION.replace("-i ", ""), "gate", "env -i"),
            (doctor.SESSION, SESSION.replace("umask 077\n", ""), "gate", "umask 077"),
            (doctor.SESSION, SESSION.replace("-I ", ""), "gate", "-I -m recordroom"),
        ],
    )
    def test_what_is_wrong_is_named(self, root: Path, path: str, text: str, look: str, said: str) -> None:
        (root / path).chmod(0o600)
        (root / path).write_text(text)
        (root / path).chmod(0o440 if path == doctor.SUDOERS else 0o755)
        assert any(said in fault for fault in looks(Host(root=root))[look].faults)

    @pytest.mark.parametrize(
        ("path", "look"), [("dev/log", "system log"), (doctor.GATE, "gate"), (doctor.SUDOERS, "sudoers")]
    )
    def test_what_is_missing_is_named(self, root: Path, path: str, look: str) -> None:
        (root / path).unlink()
        assert looks(Host(root=root))[look].faults

    def test_swap_on_an_encrypted_device_is_good(self, root: Path) -> None:
        (root / "proc/swaps").write_text(
            "Filename\n/dev/dm-77 partition 1 0 -2\n/dev/zram0 partition 1 0 5\n"
        )
        uuid = root / "sys/class/block/dm-77/dm/uuid"
        uuid.parent.mkdir(parents=True)
        uuid.write_text("CRYPT-PLAIN-swap\n")
        assert looks(Host(root=root))["swap"].faults == ()

    def test_wrappers_that_others_can_change_are_named(self, root: Path) -> None:
        (root / doctor.GATE).chmod(0o777)
        assert any("can be changed" in fault for fault in looks(Host(root=root))["gate"].faults)


@pytest.mark.needs("sshd")
class TestSshd:
    def look(self, tmp_path: Path, config: str) -> Look:
        file = tmp_path / "sshd_config"
        file.write_text(f"HostKey {tmp_path / 'host'}\n{config}")
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "host")],
            check=True, stdin=subprocess.DEVNULL, timeout=30,
        )  # fmt: skip
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        return doctor._sshd(Host(technician="jones", sshd=("sshd", "-f", str(file))))

    def test_the_options_of_the_guide_are_good(self, tmp_path: Path) -> None:
        assert self.look(tmp_path, GOOD_SSHD) == Look("sshd")

    @pytest.mark.parametrize("line", [line for line in GOOD_SSHD.splitlines() if line])
    def test_an_option_that_is_left_out_is_named(self, tmp_path: Path, line: str) -> None:
        name, _, value = line.partition(" ")
        if name in ("PermitUserEnvironment", "AcceptEnv", "StrictModes"):
            other = {"no": "yes", "yes": "no"}.get(value, "LD_PRELOAD")
            config = GOOD_SSHD.replace(line, f"{name} {other}")
        else:
            config = GOOD_SSHD.replace(line, "")
        (fault,) = self.look(tmp_path, config).faults
        assert name in fault

    def test_a_subsystem_is_named(self, tmp_path: Path) -> None:
        (fault,) = self.look(tmp_path, GOOD_SSHD + "Subsystem sftp internal-sftp\n").faults
        assert "Subsystem" in fault


class TestStore:
    @pytest.fixture
    def store(self, store_directory: Path) -> Path:
        actor = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor
        backup.make(actor)
        sign_on.off(actor)
        if os.getuid() == 0:
            for path in (store_directory, *store_directory.rglob("*")):
                os.chown(path, 65534, -1)
        return store_directory

    def test_a_new_store_with_a_backup_is_good(self, store: Path) -> None:
        found = looks(Host(store))
        assert found["store"] == Look("store")
        assert found["backups"] == Look("backups")

    @pytest.mark.parametrize("name", ["keys.json", "recordroom.db"])
    def test_a_missing_file_is_named(self, store: Path, name: str) -> None:
        (store / name).unlink()
        assert any(f"{name} is missing" in fault for fault in looks(Host(store))["store"].faults)

    def test_files_open_to_others_and_links_are_named(self, store: Path) -> None:
        (store / "anchor.log").chmod(0o644)
        (store / "site" / "link").symlink_to("/etc/passwd")
        faults = looks(Host(store))["store"].faults
        assert any("anchor.log is open to others" in fault for fault in faults)
        assert any("is a link" in fault for fault in faults)

    def test_a_file_of_another_owner_is_named(self, store: Path) -> None:
        if os.getuid() != 0:
            pytest.skip("only root can give a file away")
        os.chown(store / "keys.json", 65533, -1)
        assert any("keys.json belongs to" in fault for fault in looks(Host(store))["store"].faults)

    def test_pages_left_in_clear_are_named(self, store: Path) -> None:
        (store / "spool" / "page").write_text("x")
        assert any("in clear" in fault for fault in looks(Host(store))["store"].faults)

    def test_an_old_backup_is_named(self, store: Path) -> None:
        (manifest,) = store.glob("backup/*/manifest.json")
        os.utime(manifest, (time.time() - 3 * 86400,) * 2)
        assert any("72 hours old" in fault for fault in looks(Host(store))["backups"].faults)

    def test_code_sets_that_end_or_are_none_are_named(
        self, store: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("RECORDROOM_CODES", raising=False)
        with closing(sqlite3.connect(store / "codes.db")) as connection:
            connection.execute("PRAGMA user_version = 20210930")
        (said,) = looks(Host(store))["code sets"].faults
        assert said.startswith("The code sets ended on 09/30/2021: upgrade the program")
        (store / "codes.db").write_bytes(b"something else")
        (said,) = looks(Host(store))["code sets"].faults
        assert said == f"{store / 'codes.db'} is no code store: run 'recordroom codes build --store {store}'."

    def test_a_clock_before_the_last_audit_row_is_named(
        self, store: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        earlier = time.time() - 7200
        monkeypatch.setattr(doctor.time, "time", lambda: earlier)
        assert any("before the last row" in fault for fault in looks(Host(store))["clock"].faults)


def test_the_command_says_what_to_change_and_exits_1(tmp_path: Path) -> None:
    done = recordroom("doctor", "--store", str(tmp_path / "none"))
    assert done.returncode == 1
    assert done.stderr == ""
    assert "There is no store" in done.stdout
