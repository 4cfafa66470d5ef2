"""The second factor: codes of RFC 6238, each good once, asked for after the passphrase."""

from __future__ import annotations

import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from db import acts, store
from db.access import second_factor, sign_on, sign_on_log, users
from db.actors import Actor, Role
from db.connect import StoreError, database
from db.keyring.keys import WrongKey
from db.safekeeping import backup
from tests.conftest import ADMIN, CHEAP, PASSPHRASE

ROOT = Path(__file__).parents[2]
RFC_SECRET = b"12345678901234567890"


@pytest.fixture
def secret(admin: Actor) -> bytes:
    """The administrator's secret; the code of the step before now is used up by it."""
    enrolment = second_factor.begin(admin, ADMIN)
    second_factor.enable(admin, enrolment, second_factor.code_at(enrolment.secret, time.time() - 30))
    sign_on.off(admin)
    return enrolment.secret


def now(secret: bytes) -> str:
    return second_factor.code_at(secret, time.time())


class TestCodes:
    # RFC 6238 appendix B, SHA-1; the last six of its eight digits
    @pytest.mark.parametrize(
        ("second", "code"),
        [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
    )  # fmt: skip
    def test_are_those_of_the_standard(self, second: int, code: str) -> None:
        assert second_factor.code_at(RFC_SECRET, second) == code

    def test_the_address_carries_the_secret_to_an_authenticator(self, admin: Actor) -> None:
        enrolment = second_factor.begin(admin, ADMIN)
        assert enrolment.uri.startswith("otpauth://totp/General%20Hospital:admin?")
        assert second_factor.secret_in(enrolment.uri) == enrolment.secret


class TestSignOn:
    def test_nobody_is_asked_until_it_is_enabled(self, admin: Actor) -> None:
        assert not second_factor.asked_of(ADMIN)

    def test_the_passphrase_alone_asks_for_the_code_and_is_no_failure(
        self, secret: bytes, store_directory: Path
    ) -> None:
        with pytest.raises(sign_on.CodeNeeded, match="authenticator"):
            sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)
        with pytest.raises(StoreError, match="No store is open"):
            store.current()
        signed_on = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE, code=now(secret))
        assert signed_on.failures_since == 0

    def test_a_code_is_good_once(self, secret: bytes, store_directory: Path) -> None:
        code = now(secret)
        sign_on.off(sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE, code=code).actor)
        with pytest.raises(WrongKey, match="used already"):
            sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE, code=code)

    def test_an_older_code_than_the_last_is_refused(self, secret: bytes, store_directory: Path) -> None:
        code = second_factor.code_at(secret, time.time() - 60)
        with pytest.raises(WrongKey, match="used already"):
            sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE, code=code)

    @pytest.mark.parametrize("code", ["000000x", "12345", "é", "1234567"])
    def test_wrong_codes_count_as_failures(self, secret: bytes, store_directory: Path, code: str) -> None:
        for _ in range(3):
            with pytest.raises(WrongKey, match="The code is not right"):
                sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE, code=code)
        assert sign_on_log.locked_out(store_directory, ADMIN)

    def test_a_wrong_passphrase_does_not_tell_that_there_is_a_second_factor(
        self, secret: bytes, store_directory: Path
    ) -> None:
        with pytest.raises(WrongKey, match="user name or the passphrase"):
            sign_on.with_passphrase(store_directory, ADMIN, "wrong horse battery!", code=now(secret))


class TestEnrolment:
    def test_a_wrong_code_enables_nothing(self, admin: Actor) -> None:
        with pytest.raises(StoreError, match="nothing was changed"):
            second_factor.enable(admin, second_factor.begin(admin, ADMIN), "000")
        assert not second_factor.asked_of(ADMIN)

    def test_users_enable_their_own_and_nobody_elses(self, admin: Actor) -> None:
        users.add_user(admin, "jones", "", [Role.CODER], "mary jones has a key", cost=CHEAP)
        jones = Actor(2, "jones", frozenset({Role.CODER}))
        own, others = second_factor.begin(jones, "jones"), second_factor.begin(jones, ADMIN)
        second_factor.enable(jones, own, now(own.secret))
        with pytest.raises(acts.NotPermitted):
            second_factor.enable(jones, others, now(others.secret))
        with pytest.raises(acts.NotPermitted):
            second_factor.disable(jones, "jones")

    def test_an_administrator_disables_it(self, admin: Actor, store_directory: Path) -> None:
        enrolment = second_factor.begin(admin, ADMIN)
        second_factor.enable(admin, enrolment, now(enrolment.secret))
        second_factor.disable(admin, ADMIN)
        sign_on.off(admin)
        sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE)

    def test_the_secret_stands_in_no_audit_row(self, admin: Actor) -> None:
        enrolment = second_factor.begin(admin, ADMIN)
        second_factor.enable(admin, enrolment, now(enrolment.secret))
        row = database.execute_sql("SELECT detail FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        assert row[0] == '{"second_factor": "enabled"}'


class TestCommandLine:
    def run(
        self, directory: Path, *words: str, typed: str = "", in_store: bool = True
    ) -> subprocess.CompletedProcess[str]:
        passphrase = directory.with_name("passphrase")
        passphrase.write_text(PASSPHRASE)
        where = ("--store", str(directory)) if in_store else ()
        return subprocess.run(
            [
                sys.executable, "-m", "recordroom", *words, *where, "--user", ADMIN,
                "--passphrase-file", str(passphrase),
            ],
            cwd=ROOT, input=typed, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    def test_the_code_is_an_option(self, secret: bytes, store_directory: Path) -> None:
        without = self.run(store_directory, "status")
        assert (without.returncode, without.stderr.count("\n")) == (3, 1)
        assert "code that your authenticator shows" in without.stderr
        assert self.run(store_directory, "status", "--totp-code", now(secret)).returncode == 0

    @pytest.mark.parametrize("words", [("audit", "verify"), ("verify",)])
    def test_who_only_looks_is_asked_for_it_too(
        self, secret: bytes, store_directory: Path, words: tuple[str, ...]
    ) -> None:
        code = now(secret)
        without = self.run(store_directory, *words)
        assert (without.returncode, without.stdout, without.stderr.count("\n")) == (3, "", 1)
        assert "code that your authenticator shows" in without.stderr
        assert self.run(store_directory, *words, "--totp-code", code).returncode == 0
        assert not (store_directory / "signon.log").exists()
        wrong = self.run(store_directory, *words, "--totp-code", "000000")
        assert (wrong.returncode, wrong.stdout) == (3, "")
        assert "The code is not right" in wrong.stderr
        assert " failed " in (store_directory / "signon.log").read_text()

    def test_a_code_that_signed_on_does_not_open_the_verifier(
        self, secret: bytes, store_directory: Path
    ) -> None:
        code = now(secret)
        sign_on.off(sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE, code=code).actor)
        with pytest.raises(WrongKey, match="used already"):
            sign_on.unlock_to_read(store_directory, ADMIN, PASSPHRASE, code=code)

    def test_a_code_that_only_looked_is_good_until_a_sign_on(
        self, secret: bytes, store_directory: Path
    ) -> None:
        """Whoever reads writes nothing, and so uses nothing up: docs/keys.md says what that means."""
        code = now(secret)
        for _ in range(2):
            sign_on.unlock_to_read(store_directory, ADMIN, PASSPHRASE, code=code)
        sign_on.off(sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE, code=code).actor)
        with pytest.raises(WrongKey, match="used already"):
            sign_on.unlock_to_read(store_directory, ADMIN, PASSPHRASE, code=code)

    def test_a_restore_asks_for_it_and_writes_nothing_to_the_backup(
        self, secret: bytes, store_directory: Path, tmp_path: Path
    ) -> None:
        code = now(secret)
        actor = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE, code=code).actor
        made = backup.make(actor, tmp_path / "to").path
        database.execute_sql("UPDATE second_factor SET last_step = 0")  # the next code is half a minute away
        again = backup.make(actor, tmp_path / "to").path
        sign_on.off(actor)
        for given in ("", "000000"):
            with pytest.raises((sign_on.CodeNeeded, WrongKey)):
                sign_on.unlock_to_read(made, ADMIN, PASSPHRASE, code=given, note=False)
        words = ("restore", str(again), str(tmp_path / "new"))
        run = partial(self.run, store_directory, in_store=False)
        assert run(*words).returncode == 3
        assert run(*words, "--totp-code", code).returncode == 0
        assert not (again / "signon.log").exists()

    def test_enabling_shows_the_secret_once_and_asks_for_a_code(self, store_directory: Path) -> None:
        done = self.run(store_directory, "user", "totp", "enable", ADMIN, typed="000000\n")
        assert "otpauth://totp/" in done.stdout
        assert (done.returncode, "nothing was changed" in done.stderr) == (3, True)
