"""Two people at two terminals: what one of them changes ends the sessions of the other."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from db.access import sign_on, users
from db.actors import Role
from tests import builders
from tests.conftest import ADMIN, CHEAP, PASSPHRASE
from tests.sessions import ROOT, recordroom_as
from tests.terminal import Terminal

MARY, NEW = "mary jones has a key", "mary jones has another key"


class Seats:
    """Terminals with the program on them, on one store."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.directory, self.stack = directory, stack

    def mary(self) -> Terminal:
        """Mary, a technician, signed on with a patient in view."""
        argv = [sys.executable, "-m", "recordroom", "--store", str(self.directory), "--user", "mary"]
        terminal = self.stack.enter_context(Terminal(argv, cwd=ROOT))
        terminal.wait_for("Passphrase")
        terminal.keys(MARY, "enter")
        terminal.wait_for("===>")
        terminal.keys("ctrl+o", "=CHT 00123456", "enter")
        terminal.wait_for("MILLER")
        return terminal


@pytest.fixture
def seats(store_directory: Path) -> Iterator[Seats]:
    actor = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor
    users.add_user(actor, "mary", "Mary Jones", [Role.TECHNICIAN], MARY, cost=CHEAP)
    builders.a_patient(mrn="00123456", last_name="MILLER", first_name="RUTH")
    sign_on.off(actor)
    with ExitStack() as stack:
        yield Seats(store_directory, stack)


def goes_dark(terminal: Terminal) -> None:
    """At the next thing that is looked at; only leaving is left."""
    terminal.keys("ctrl+o", "=PAT MILLER", "enter")
    terminal.wait_for("Your session was ended")
    assert "MILLER" not in terminal.text
    terminal.keys(MARY, "enter", "f3")
    assert terminal.wait_exit() == 0


class TestSessions:
    def test_end_when_their_user_is_disabled(self, seats: Seats, tmp_path: Path) -> None:
        terminal = seats.mary()
        recordroom_as(seats.directory, tmp_path, ADMIN, PASSPHRASE, "user", "disable", "mary")
        goes_dark(terminal)

    def test_end_when_their_user_changes_the_passphrase_elsewhere(self, seats: Seats) -> None:
        here, there = seats.mary(), seats.mary()
        there.keys("ctrl+o", "=PWD", "enter", MARY, "enter", NEW, "enter", NEW, "enter")
        there.wait_for("Your passphrase is changed.")
        goes_dark(here)
        there.keys("ctrl+o", "=CHT 00123456", "enter")
        there.wait_for("MILLER")
