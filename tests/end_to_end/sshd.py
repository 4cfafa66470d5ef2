"""A real sshd on loopback with the forced command of docs/operate.md, for the tests that come in over SSH."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

FIPS = "".join(
    f" {name}='{os.environ[name]}'"
    for name in ("OPENSSL_CONF", "OPENSSL_MODULES", "RECORDROOM_FIPS_MODULES")
    if name in os.environ
)
"""What a session script sets more where the tests run under FIPS modules (docs/keys.md)."""
SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


@dataclass(frozen=True)
class Gateway:
    """A running sshd: how a client reaches it."""

    port: int
    directory: Path
    process: subprocess.Popen[bytes]
    user: str = field(default_factory=getpass.getuser)

    def client(self, *command: str, tty: bool = True) -> list[str]:
        """Arguments of an ssh client that signs on with the technician's key."""
        return [
            "ssh", "-F", "none", "-tt" if tty else "-T", "-p", str(self.port), "-i", str(self.directory / "client"),
            "-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-o", "StrictHostKeyChecking=no",
            "-o", f"UserKnownHostsFile={self.directory / 'known_hosts'}", "-o", "EscapeChar=none",
            f"{self.user}@127.0.0.1", *command,
        ]  # fmt: skip

    def log(self) -> str:
        """What sshd wrote."""
        return (self.directory / "sshd.log").read_text(errors="replace")


@contextmanager
def gateway(directory: Path, store: Path, *, user: str = "", forced: Path | None = None) -> Iterator[Gateway]:
    """Start sshd on a free port with the workstation on ``store`` as its forced command, or ``forced``."""
    if SSHD is None:
        raise RuntimeError("sshd is not installed")
    directory.mkdir()
    directory.chmod(0o755 if user else 0o700)
    for name in ("host", "client"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(directory / name)],
            check=True,
            timeout=30,
        )
    shutil.copy(directory / "client.pub", directory / "authorized_keys")
    (directory / "authorized_keys").chmod(0o644 if user else 0o600)  # sshd reads it as the user
    wrapper = directory / "workstation"
    wrapper.write_text(
        "#!/bin/sh\n"
        f'exec /usr/bin/env -i PATH=/usr/bin:/bin{FIPS} HOME="$HOME" TERM="$TERM" LANG="$LANG" '
        'SSH_CONNECTION="$SSH_CONNECTION" '
        f"RECORDROOM_STORE='{store}' RECORDROOM_CODES='{os.environ.get('RECORDROOM_CODES', '')}' "
        f"'{sys.executable}' -I -m recordroom\n"
    )
    wrapper.chmod(0o700)
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    port = _free_port()
    (directory / "sshd_config").write_text(_config(directory, port, forced or wrapper))
    assert SSHD is not None
    process = subprocess.Popen(
        [SSHD, "-D", "-f", str(directory / "sshd_config"), "-E", str(directory / "sshd.log")],
        stdin=subprocess.DEVNULL,
    )
    try:
        _wait_until_listening(port, process)
        yield Gateway(port, directory, process, user or getpass.getuser())
    finally:
        process.terminate()
        process.wait(timeout=20)


def _config(directory: Path, port: int, wrapper: Path) -> str:
    lines = (
        f"Port {port}", "ListenAddress 127.0.0.1", f"HostKey {directory / 'host'}", f"PidFile {directory / 'pid'}",
        "UsePAM no", "StrictModes no", "PasswordAuthentication no", "KbdInteractiveAuthentication no",
        "PubkeyAuthentication yes", "AuthenticationMethods publickey",
        "PermitRootLogin prohibit-password" if os.getuid() == 0 else "PermitRootLogin no",
        f"AuthorizedKeysFile {directory / 'authorized_keys'}", "PermitUserEnvironment no", "PermitUserRC no",
        "AcceptEnv LANG LC_ALL", "PrintMotd no", "DisableForwarding yes", "MaxAuthTries 3", "MaxSessions 1",
        "LoginGraceTime 30", "ClientAliveInterval 60", "ClientAliveCountMax 1", "ExposeAuthInfo yes",
        "LogLevel VERBOSE", "UseDNS no", "Compression no", f"ForceCommand {wrapper}",
    )  # fmt: skip
    return "\n".join(lines) + "\n"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    """Connect until the listener answers; the kernel paces the attempts by refusing them."""
    import select
    import time

    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError("sshd stopped at once: see sshd.log")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            select.select([], [], [], 0.02)
        else:
            return
    raise RuntimeError("sshd does not listen")
