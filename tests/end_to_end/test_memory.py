"""What of keys, passphrases and names stands in memory while somebody works, and that nothing outlives the sign-off.

The children leave out the hardening, which is what keeps everybody else from looking (tests/end_to_end/test_escape.py
has that). The figures are those of docs/security-tests.md.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from db import store
from db.access import sign_on
from tests.builders import a_patient
from tests.conftest import ADMIN, PASSPHRASE
from tests.memory import copies
from tests.terminal import Terminal

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc to read memory from")
ROOT = Path(__file__).parents[2]
NAME = "ZZYZXIAN"

WORKSTATION = """
import recordroom.__main__ as program
import screens.session
screens.session.ADMINISTRATOR_IDLE_SECONDS = 2
program.harden = lambda: None
program.main()
"""
# Argument: the store. A program that goes on after it has closed its store.
GOING_ON = """
import sys
from pathlib import Path
from recordroom import fips
fips.load()
from db.access import sign_on
from db.patient_index import patients
signed_on = sign_on.with_passphrase(Path(sys.argv[1]), sys.argv[2], sys.stdin.readline().strip())
assert patients.find(sys.argv[3], None, 10)
actor = signed_on.actor
del signed_on
sign_on.off(actor)
print("off", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def wanted(store_directory: Path) -> dict[str, bytes]:
    """A store with a patient of a known name, and what to look for."""
    actor = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor
    a_patient(mrn="00990099", last_name=NAME)
    key = store.current().data_key
    sign_on.off(actor)
    return {
        "key": key,
        "hexadecimal key": key.hex().encode(),
        "passphrase": PASSPHRASE.encode(),
        "name": NAME.encode(),
    }


def test_a_session_holds_the_key_once_and_the_passphrase_never(
    store_directory: Path, wanted: dict[str, bytes]
) -> None:
    with Terminal(
        [sys.executable, "-c", WORKSTATION], cwd=ROOT, env=surroundings(store_directory)
    ) as terminal:
        terminal.wait_for("User name")
        assert not any(copies(terminal.pid, wanted).values())
        terminal.slowly(ADMIN, "enter", PASSPHRASE, "enter")
        terminal.wait_for("DESK")
        terminal.keys("ctrl+o", "=PAT 00990099", "enter")
        terminal.wait_for(NAME)
        found = copies(terminal.pid, wanted)
        print(f"\nat work, a patient on the screen: {found}")
        assert (found["key"], found["hexadecimal key"], found["passphrase"]) == (1, 0, 0)
        assert found["name"]
        terminal.wait_for("Locked for")
        print(f"locked: {copies(terminal.pid, wanted)}")
        terminal.slowly(PASSPHRASE, "enter")
        terminal.wait_for(NAME)
        assert copies(terminal.pid, wanted)["passphrase"] == 0
        terminal.slowly("f3", "f3", "y")
        assert terminal.wait_exit() == 0  # the process is gone, and its memory with it


def test_a_program_that_goes_on_after_closing_holds_no_hexadecimal_key(
    store_directory: Path, wanted: dict[str, bytes]
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", GOING_ON, str(store_directory), ADMIN, NAME.lower()], cwd=ROOT, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=surroundings(store_directory),
    ) as child:  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(PASSPHRASE + "\n")
        child.stdin.flush()
        assert child.stdout.readline() == "off\n"
        found = copies(child.pid, wanted)
        print(f"\nafter sign-off in a process that goes on: {found}")
        assert found["hexadecimal key"] == 0
        child.kill()


def surroundings(directory: Path) -> dict[str, str]:
    return os.environ | {"RECORDROOM_STORE": str(directory), "PYTHONPATH": str(ROOT)}
