"""Nothing but the program runs: every way out that a client of a real sshd can ask for ends in it or in a close."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ADMIN, PASSPHRASE
from tests.end_to_end.sshd import Gateway, gateway
from tests.terminal import Terminal, wait_until

pytestmark = [pytest.mark.needs("sshd"), pytest.mark.needs("ssh")]
NEEDS_A_TERMINAL = "the workstation needs a terminal"
FORM = "User name"


@pytest.fixture(scope="module")
def gate(template_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("escape")
    shutil.copytree(template_store, folder / "store")
    with gateway(folder / "gate", folder / "store") as running:
        yield running


@pytest.fixture
def escaped(tmp_path: Path) -> Path:
    """A file that code of the client's would make."""
    return tmp_path / "escaped"


def asked(gate: Gateway, *options: str, command: str = "", tty: bool = False) -> list[str]:
    """The client's command line with options of its own."""
    *words, host = gate.client(tty=tty)
    return [*words, *options, host, *([command] if command else [])]


def run(words: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, env=os.environ | environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip


def below(pid: int) -> dict[int, list[str]]:
    """The processes below one, each with its command line."""
    parents, found = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # it ended meanwhile
    for each in parents:
        above = each
        while above not in (pid, 0):
            above = parents.get(above, 0)
        if above == pid and each != pid:
            try:
                found[each] = Path(f"/proc/{each}/cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
    return found


def programs(gate: Gateway) -> list[tuple[int, list[str]]]:
    """What runs behind sshd, but for sshd itself."""
    return [(pid, words) for pid, words in below(gate.process.pid).items() if not words[0].startswith("sshd")]


def the_program(gate: Gateway) -> tuple[int, list[str]]:
    """What runs behind sshd, when the sessions before it are gone."""
    wait_until(lambda: len(programs(gate)) == 1)
    return programs(gate)[0]


class TestCommands:
    @pytest.mark.parametrize(
        "command",
        ["cat /etc/passwd", "sh", "recordroom --version", "x; touch {}", "$(touch {})", "`touch {}`",
         "\ntouch {}\n", "' ; touch {} ; '"],
    )  # fmt: skip
    def test_a_command_asked_for_is_ignored(self, gate: Gateway, escaped: Path, command: str) -> None:
        done = run(asked(gate, command=command.format(escaped)))
        assert NEEDS_A_TERMINAL in done.stderr
        assert done.stdout == ""
        assert not escaped.exists()

    def test_a_command_with_a_terminal_gets_the_form(self, gate: Gateway, escaped: Path) -> None:
        with Terminal(asked(gate, command=f"touch {escaped}", tty=True)) as terminal:
            terminal.wait_for(FORM)
            _, words = the_program(gate)
            assert words[1:4] == ["-I", "-m", "recordroom"]
        assert not escaped.exists()

    def test_without_a_terminal_it_says_so_and_ends(self, gate: Gateway) -> None:
        done = run(asked(gate))
        assert NEEDS_A_TERMINAL in done.stderr
        assert done.returncode == 2


class TestFiles:
    @pytest.mark.parametrize("protocol", ["-O", "-s"])
    def test_scp_copies_nothing_in_either_direction(
        self, gate: Gateway, store_directory: Path, escaped: Path, protocol: str
    ) -> None:
        words = gate.client()
        options = [*words[words.index("-i") : -1], "-P", str(gate.port)]
        for pair in ([f"{words[-1]}:{store_directory}/keys.json", str(escaped)],
                     [str(store_directory / "keys.json"), f"{words[-1]}:{escaped}"]):  # fmt: skip
            assert run(["scp", protocol, *options, *pair]).returncode != 0
            assert not escaped.exists() or escaped.stat().st_size == 0
            escaped.unlink(missing_ok=True)

    def test_there_is_no_sftp(self, gate: Gateway) -> None:
        done = run(asked(gate, "-s", command="sftp"))
        assert done.returncode != 0
        assert done.stdout == ""


class TestForwarding:
    @pytest.fixture
    def inside(self) -> Iterator[tuple[int, list[bytes]]]:
        """A service of the host that answers whoever reaches it, and whom it saw."""
        seen: list[bytes] = []
        with socket.create_server(("127.0.0.1", 0)) as server:

            def answer() -> None:
                while True:
                    try:
                        line, _ = server.accept()
                    except OSError:
                        return
                    seen.append(b"x")
                    line.sendall(b"inside")
                    line.close()

            thread = threading.Thread(target=answer, daemon=True)
            thread.start()
            yield server.getsockname()[1], seen
            server.shutdown(socket.SHUT_RDWR)
        thread.join(10)

    def free_port(self) -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    @pytest.mark.parametrize("kind", ["-L", "-D"])
    def test_a_forwarded_port_carries_nothing(
        self, gate: Gateway, inside: tuple[int, list[bytes]], kind: str
    ) -> None:
        port, seen = inside
        mine = self.free_port()
        to = f"{mine}:127.0.0.1:{port}" if kind == "-L" else str(mine)
        with Terminal(asked(gate, kind, to, tty=True)) as terminal:
            terminal.wait_for(FORM)
            with socket.create_connection(("127.0.0.1", mine), timeout=20) as line:
                if kind == "-D":
                    line.sendall(b"\x05\x01\x00\x05\x01\x00\x01\x7f\x00\x00\x01" + port.to_bytes(2))
                else:
                    line.sendall(b"hello")
                line.settimeout(20)
                try:
                    while data := line.recv(100):
                        assert b"inside" not in data
                except ConnectionResetError:
                    pass
        assert seen == []

    def test_stdio_is_not_forwarded(self, gate: Gateway, inside: tuple[int, list[bytes]]) -> None:
        done = run(asked(gate, "-W", f"127.0.0.1:{inside[0]}"))
        assert done.returncode != 0
        assert "inside" not in done.stdout
        assert inside[1] == []

    @pytest.mark.parametrize("where", ["port", "socket"])
    def test_nothing_is_forwarded_back(self, gate: Gateway, tmp_path: Path, where: str) -> None:
        listener = str(self.free_port()) if where == "port" else str(tmp_path / "back")
        done = run(asked(gate, "-o", "ExitOnForwardFailure=yes", "-R", f"{listener}:127.0.0.1:9"))
        assert done.returncode != 0
        assert NEEDS_A_TERMINAL not in done.stderr  # refused before anything ran
        assert not (tmp_path / "back").exists()

    @pytest.mark.needs("ssh-agent")
    def test_an_agent_does_not_come_along(self, gate: Gateway, tmp_path: Path) -> None:
        agent = subprocess.Popen(
            ["ssh-agent", "-D", "-a", str(tmp_path / "agent")], stdout=subprocess.DEVNULL
        )
        try:
            wait_until((tmp_path / "agent").exists)
            words = asked(gate, "-A", tty=True)
            with Terminal(words, env={"SSH_AUTH_SOCK": str(tmp_path / "agent")}) as terminal:
                terminal.wait_for(FORM)
                ours = {f"agent.{pid}" for pid in below(gate.process.pid)}
                assert not [path for path in Path("/tmp").glob("ssh-*/agent.*") if path.name in ours]
        finally:
            agent.terminate()
            agent.wait(20)

    @pytest.mark.parametrize("option", ["-X", "-Y"])
    def test_there_is_no_x11(self, gate: Gateway, option: str) -> None:
        with Terminal(asked(gate, option, tty=True), env={"DISPLAY": ":99"}) as terminal:
            terminal.wait_for(FORM)
            assert all("xauth" not in words[0] for words in below(gate.process.pid).values())


class TestEnvironment:
    def test_code_named_in_the_environment_does_not_run(
        self, gate: Gateway, tmp_path: Path, escaped: Path
    ) -> None:
        code = tmp_path / "code"
        code.mkdir()
        for name in ("sitecustomize.py", "usercustomize.py", "db.py", "textual.py"):
            (code / name).write_text(f"open({str(escaped)!r}, 'w')\n")
        (code / "start.sh").write_text(f"touch {escaped}\n")
        variables = {
            "PYTHONPATH": code, "PYTHONSTARTUP": code / "db.py", "PYTHONINSPECT": "1", "PYTHONHOME": code,
            "LD_PRELOAD": code / "none.so", "LD_LIBRARY_PATH": code, "ENV": code / "start.sh",
            "BASH_ENV": code / "start.sh", "TEXTUAL_DRIVER": "db:x", "TEXTUAL_LOG": escaped,
            "RECORDROOM_STORE": code, "RECORDROOM_CODES": code, "SSH_USER_AUTH": code,
        }  # fmt: skip
        given = [word for name in variables for word in ("-o", f"SendEnv={name}")]
        for tty in (False, True):
            *words, host = asked(gate, *given, tty=tty)
            # Set by the client program, so that the client itself does not load them.
            set_env = " ".join(f"{name}={value}" for name, value in variables.items())
            with Terminal([*words, "-o", f"SetEnv={set_env}", host]) as terminal:
                terminal.wait_for(FORM if tty else "needs a terminal")
                assert "ld.so" not in terminal.text
        assert not escaped.exists()

    @pytest.mark.parametrize(
        "term",
        ["x" * 30_000, "../../../../etc/passwd", "$(touch {})", "; touch {} #", "\x1b[2J\x1b]0;owned\x07", "%s%n",
         "dumb", " "],
    )  # fmt: skip
    def test_a_strange_terminal_type_starts_nothing_else(
        self, gate: Gateway, escaped: Path, term: str
    ) -> None:
        with Terminal(asked(gate, tty=True), env={"TERM": term.format(escaped)}) as terminal:
            terminal.wait_for(lambda it: FORM in it.text or "recordroom:" in it.text or it._ended())
            for _, words in programs(gate):
                assert words[1:4] == ["-I", "-m", "recordroom"]
            assert "Traceback" not in terminal.text
        assert not escaped.exists()


class TestKeys:
    def test_no_key_leaves_the_program_or_opens_a_part_of_the_toolkit(self, gate: Gateway) -> None:
        with Terminal(asked(gate, tty=True)) as terminal:
            terminal.wait_for(FORM)
            before = terminal.text
            pid, _ = the_program(gate)
            terminal.slowly("ctrl+z", "ctrl+p", "ctrl+q", "\x1c", "ctrl+s", "ctrl+q")
            terminal.send("\x1b[200~!sh\n\x1b[201~\r~.\r~^Z\r!sh\r")
            terminal.quiet()
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            assert state in "SR"
            assert programs(gate) == [(pid, dict(below(gate.process.pid))[pid])]
            for part in ("palette", "Screenshot", "screenshot", "Quit the application", "Traceback"):
                assert part not in terminal.text
            assert FORM in terminal.text
            assert FORM in before

    def test_the_toolkits_own_parts_are_absent_after_sign_on_too(self, gate: Gateway, escaped: Path) -> None:
        before = set(Path.home().glob("*.svg")) | set(Path.cwd().glob("*.svg"))
        with Terminal(asked(gate, tty=True)) as terminal:
            terminal.wait_for(FORM)
            terminal.keys(ADMIN, "enter", PASSPHRASE, "enter")
            terminal.wait_for("DESK")
            pid, words = the_program(gate)
            for key in ("ctrl+p", "\x1c", "ctrl+z", "ctrl+q", "ctrl+s", "f1", "f3", "ctrl+c"):
                terminal.slowly(key)
                assert "palette" not in terminal.text.lower()
                assert "screenshot" not in terminal.text.lower()
            for line in (
                f"!touch {escaped}",
                f"=!touch {escaped}",
                "SHELL",
                "SUSPEND",
                "SCREENSHOT",
                "PALETTE",
                "DEVTOOLS",
            ):
                terminal.keys("ctrl+o", line, "enter")
                terminal.quiet(0.05)
            assert Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "SR"
            assert the_program(gate) == (pid, words)
            assert "Traceback" not in terminal.text
        assert not escaped.exists()
        assert set(Path.home().glob("*.svg")) | set(Path.cwd().glob("*.svg")) == before

    def test_the_program_leaves_no_core_and_no_readable_memory(self, gate: Gateway) -> None:
        with Terminal(asked(gate, tty=True)) as terminal:
            terminal.wait_for(FORM)
            pid, _ = the_program(gate)
            limits = Path(f"/proc/{pid}/limits").read_text()
            assert next(line for line in limits.splitlines() if "core file" in line).split()[4:6] == [
                "0",
                "0",
            ]
            assert Path(f"/proc/{pid}/environ").stat().st_uid == 0  # what PR_SET_DUMPABLE does to it


@pytest.mark.needs("useradd")
class TestHome:
    """What stands in the user's home directory. Needs an account of its own, so root has to run it."""

    @pytest.fixture
    def home(self) -> Iterator[tuple[str, Path]]:
        if os.getuid() != 0:
            if os.environ.get("RECORDROOM_REQUIRE_ALL") == "1":
                pytest.fail("only root can make the account that this test needs")
            pytest.skip("only root can make the account that this test needs")
        name = f"rr-escape-{os.getpid()}"
        place = Path(tempfile.mkdtemp(prefix="recordroom-escape-"))
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--home-dir", place, "--shell", "/bin/sh", "-p", "*", name],
            check=True, capture_output=True, timeout=60,
        )  # fmt: skip
        try:
            os.chown(place, pwd.getpwnam(name).pw_uid, -1)
            yield name, place
        finally:
            # As long as sshd has not yet let go of the session, the account counts as used.
            wait_until(lambda: run(["userdel", name]).returncode == 0)
            shutil.rmtree(place)

    def test_no_file_of_the_user_is_run(self, gate: Gateway, home: tuple[str, Path]) -> None:
        name, place = home
        escaped = place / "escaped"
        (place / ".ssh").mkdir()
        for file in (
            ".ssh/rc",
            ".ssh/environment",
            ".profile",
            ".bashrc",
            ".bash_profile",
            ".shrc",
            ".pam_environment",
        ):
            (place / file).write_text(f"touch {escaped}\n")
        user_id = pwd.getpwnam(name).pw_uid
        for path in (place, *place.rglob("*")):
            os.chown(path, user_id, -1)
        for path in (gate.directory, *gate.directory.parents):
            if path != Path("/tmp") and path.is_relative_to("/tmp"):
                path.chmod(path.stat().st_mode | 0o011)
        (gate.directory / "authorized_keys").chmod(0o644)
        (gate.directory / "workstation").chmod(0o755)
        *words, _ = asked(gate)
        done = run([*words, f"{name}@127.0.0.1", f"touch {escaped}"])
        assert done.stdout == ""
        assert not escaped.exists()
        # Whether or not the account may read the interpreter, sshd ran the forced command and nothing before it.
        assert NEEDS_A_TERMINAL in done.stderr or "Permission denied" in done.stderr
