"""A disk three quarters full is told to administrators in time: at sign-on, by status and doctor (AU-5)."""

from __future__ import annotations

import shutil
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest

from db.access import sign_on, users
from db.actors import Role
from recordroom import doctor
from recordroom.cli import run
from tests.conftest import ADMIN, CHEAP, PASSPHRASE

Usage = namedtuple("Usage", "total used free")
MARY = "mary jones has a key"


@pytest.fixture
def filled(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Fill the disk to so many of a hundred."""

    def fill(used: int) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(110, used, 100 - used))

    return fill


class TestADiskThatFills:
    @pytest.mark.parametrize(("used", "said"), [(74, False), (75, True), (100, True)])
    def test_is_said_at_75_percent_by_doctor_and_status(
        self, store_directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
        filled: Callable[[int], None], used: int, said: bool,
    ) -> None:  # fmt: skip
        filled(used)
        looks = {look.name: look for look in doctor.look_over(doctor.Host(store_directory))}
        assert bool(looks["disk"].faults) is said
        secret = tmp_path / "passphrase"
        secret.write_text(PASSPHRASE)
        run(["status", "--store", str(store_directory), "--user", ADMIN, "--passphrase-file", str(secret)])
        out = capsys.readouterr().out
        assert f"{used} % full" in out
        assert ("make room before it is" in out) is said

    def test_is_said_to_administrators_alone_when_they_sign_on(
        self, store_directory: Path, filled: Callable[[int], None]
    ) -> None:
        filled(80)
        signed_on = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        assert "is 80 % full" in signed_on.disk_warning
        users.add_user(signed_on.actor, "mary", "", [Role.CODER], MARY, cost=CHEAP)
        sign_on.off(signed_on.actor)
        mary = sign_on.with_passphrase(store_directory, "mary", MARY)
        assert mary.disk_warning == ""
        sign_on.off(mary.actor)
