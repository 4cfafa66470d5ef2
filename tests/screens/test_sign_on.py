"""Signing on, the greeting, changing the passphrase, signing off."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.menu import standard_menu
from db import files, store
from db.access import second_factor, sign_on
from screens.session import Seat
from screens.sign_on import SignOn
from tests.conftest import ADMIN, PASSPHRASE
from tests.screens.conftest import House
from tests.tui.conftest import Workstation
from tui.shell import Shell


@pytest.fixture
def door(house: House) -> Iterator[Workstation]:
    """The sign-on form, nobody signed on."""
    with ThreadPoolExecutor(1) as executor:
        station = Workstation(Shell(lambda: SignOn(Seat(house.directory, "test")), standard_menu(), executor))
        yield station
        executor.submit(store.close_store).result()
        station.loop.close()


class TestSigningOn:
    def test_the_notice_stands_before_anybody_is_signed_on(self, door: Workstation) -> None:
        assert "authorized work" in door.text
        assert door.lines[0].split()[:2] == ["Sign", "on"]

    def test_a_wrong_passphrase_is_one_plain_sentence(self, door: Workstation) -> None:
        door.press(ADMIN, "enter", "something else", "enter")
        assert door.message == "The user name or the passphrase is not right."
        assert "something else" not in door.text

    def test_an_unknown_user_is_told_just_the_same(self, door: Workstation) -> None:
        door.press("nobody", "enter", PASSPHRASE, "enter")
        assert door.message == "The user name or the passphrase is not right."

    def test_the_next_try_says_how_often_it_failed(self, door: Workstation) -> None:
        door.press(ADMIN, "enter", "something else", "enter", PASSPHRASE, "enter")
        assert door.lines[0].split()[0] == "DESK"
        assert door.message.endswith("1 failed since.")

    def test_words_of_screens_mean_nothing_yet(self, door: Workstation) -> None:
        door.press("ctrl+o", "PAT MILLER", "enter")
        assert "MILLER," not in door.text
        assert door.shell.session is None

    def test_f3_leaves(self, door: Workstation) -> None:
        door.press("f3")
        assert door.shell.ended == 0


class TestTheSecondFactor:
    @pytest.fixture
    def secret(self, house: House) -> bytes:
        actor = sign_on.with_passphrase(house.directory, ADMIN, PASSPHRASE).actor
        enrolment = second_factor.begin(actor, ADMIN)
        second_factor.enable(actor, enrolment, second_factor.code_at(enrolment.secret, time.time() - 30))
        sign_on.off(actor)
        return enrolment.secret

    def test_is_asked_for_after_the_passphrase(self, secret: bytes, door: Workstation) -> None:
        door.press(ADMIN, "enter", PASSPHRASE, "enter")
        assert door.message == "Give the code that your authenticator shows now."
        assert "Code" in door.text
        assert PASSPHRASE not in door.text
        door.press("000", "enter")
        assert "The code is not right" in door.message
        door.press(second_factor.code_at(secret, time.time()), "enter")
        assert door.lines[0].split()[0] == "DESK"

    def test_a_wrong_passphrase_asks_for_no_code(self, secret: bytes, door: Workstation) -> None:
        door.press(ADMIN, "enter", "something else", "enter")
        assert "Code" not in door.text


class TestTheIdleLock:
    def test_the_passphrase_brings_the_screen_back(self, desk: Workstation) -> None:
        desk.press("idle")
        assert "Locked for admin" in desk.text
        desk.press("something else", "enter")
        assert "That is not the passphrase." in desk.text
        desk.press(PASSPHRASE, "enter")
        assert desk.lines[0].split()[0] == "DESK"

    def test_three_wrong_ones_lock_out(self, desk: Workstation) -> None:
        desk.press("idle")
        for _ in range(3):
            desk.press("something else", "enter")
        desk.press(PASSPHRASE, "enter")
        assert "try again in 15 minutes" in " ".join(desk.text.split())
        assert "DESK" not in desk.text


class TestThePassphrase:
    NEW = "staple battery horse correct"

    def change(self, desk: Workstation, old: str, new: str, again: str) -> None:
        desk.press("ctrl+o", "=PWD", "enter", old, "enter", new, "enter", again, "enter")

    def test_is_changed_and_opens_the_next_session(
        self, desk: Workstation, house: House, seat: Callable[[], Workstation]
    ) -> None:
        self.change(desk, PASSPHRASE, self.NEW, self.NEW)
        assert desk.message == "Your passphrase is changed."
        assert desk.lines[0].split()[0] == "DESK"
        again = seat()  # keys the old one
        assert again.shell.session is None
        again.press(self.NEW, "enter")
        assert again.lines[0].split()[0] == "DESK"

    def test_two_that_differ_are_refused_and_none_is_shown(self, desk: Workstation) -> None:
        self.change(desk, PASSPHRASE, self.NEW, self.NEW + "x")
        assert "The two new passphrases differ" in desk.message
        assert self.NEW not in desk.text

    def test_a_wrong_old_one_is_refused(self, desk: Workstation) -> None:
        self.change(desk, "something else", self.NEW, self.NEW)
        assert desk.shell.failed
        assert desk.lines[0].split()[0] == "PWD"


class TestADiskThatFills:
    def test_stands_on_the_desk_of_an_administrator(
        self, seat: Callable[[], Workstation], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(files, "percent_used", lambda _: 80)
        desk = seat()
        assert "is 80 % full: make room before it is, or nothing can be filed." in " ".join(desk.text.split())
        assert desk.message.startswith("Last sign-on")


class TestCodeSetsThatEnd:
    @pytest.mark.parametrize(("days", "said"), [(59, True), (62, False)])
    def test_stand_on_the_desk_of_whoever_codes(
        self,
        seat: Callable[[], Workstation],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        days: int,
        said: bool,
    ) -> None:
        last = datetime.fromtimestamp(time.time(), UTC).date() + timedelta(days=days)
        with closing(sqlite3.connect(tmp_path / "codes.db")) as connection:
            connection.execute(f"PRAGMA user_version = {last:%Y%m%d}")
        monkeypatch.setenv("RECORDROOM_CODES", str(tmp_path / "codes.db"))
        assert (
            f"on {last:%m/%d/%Y}: upgrade the program, then import" in " ".join(seat().text.split())
        ) is said


class TestLeaving:
    def test_signing_off_asks_once(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=DESK", "enter", "f3", "y")
        assert desk.shell.ended == 0

    def test_off_says_what_is_kept_as_a_draft(
        self, desk: Workstation, seat: Callable[[], Workstation]
    ) -> None:
        desk.press("ctrl+o", "=PTA", "enter", "00777777", "enter", "BAKER", "ctrl+o", "OFF", "enter")
        assert desk.shell.ended == 0
        again = seat()
        assert "PTA" in next(line for line in again.lines if "Your drafts" in line)
