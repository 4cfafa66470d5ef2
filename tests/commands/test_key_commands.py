"""``recordroom key``, ``user policy`` and ``status --security`` as an administrator runs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.access import sign_on, users
from db.actors import Role
from db.keyring import keys
from tests.conftest import ADMIN, CHEAP, PASSPHRASE
from tests.sessions import recordroom_here as recordroom


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(PASSPHRASE + "\n")
    return path


@pytest.fixture
def signing_on(store_directory: Path, key: Path) -> tuple[str, ...]:
    """The options with which the administrator signs on."""
    return ("--store", str(store_directory), "--user", ADMIN, "--passphrase-file", str(key))


class TestRotate:
    def test_says_which_generation_is_in_force(self, signing_on: tuple[str, ...]) -> None:
        done = recordroom("key", "rotate", *signing_on)
        assert (done.returncode, done.stderr) == (0, "")
        assert "generation 2 is in force" in done.stdout
        assert recordroom("status", *signing_on).returncode == 0

    def test_is_denied_with_status_4(
        self, store_directory: Path, signing_on: tuple[str, ...], tmp_path: Path
    ) -> None:
        actor = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor
        users.add_user(actor, "jones", "", [Role.CODER], "mary jones has a key", cost=CHEAP)
        sign_on.off(actor)
        (tmp_path / "jones").write_text("mary jones has a key")
        options = (
            "--store",
            str(store_directory),
            "--user",
            "jones",
            "--passphrase-file",
            str(tmp_path / "jones"),
        )
        for words in (("rotate",), ("revoke", ADMIN), ("shares",)):
            done = recordroom("key", *words, *options)
            assert (done.returncode, done.stderr.count("\n")) == (4, 1)
            assert "may not administer keys" in done.stderr
        assert recordroom("status", "--security", *options).returncode == 4
        assert recordroom("user", "policy", "session_cap", "9", *options).returncode == 4


class TestContact:
    """How a user is named and reached who puts questions to others."""

    def test_changes_what_is_given_and_leaves_the_rest(self, signing_on: tuple[str, ...]) -> None:
        given = ("--full-name", "Ann Chief", "--title", "RHIA, Coding", "--phone", "555-0101")
        assert recordroom("user", "contact", ADMIN, *given, *signing_on).returncode == 0
        assert recordroom("user", "contact", ADMIN, "--phone", "", *signing_on).returncode == 0
        listed = recordroom("user", "list", *signing_on).stdout
        assert "Ann Chief, RHIA, Coding" in listed
        assert "555-0101" not in listed

    def test_says_what_it_takes(self, signing_on: tuple[str, ...]) -> None:
        done = recordroom("user", "contact", ADMIN, *signing_on)
        assert (done.returncode, "Say what changes" in done.stderr) == (2, True)
        assert (
            "There is no user nobody"
            in recordroom("user", "contact", "nobody", "--phone", "1", *signing_on).stderr
        )


class TestRevoke:
    def test_says_what_becomes_of_backups(self, store_directory: Path, signing_on: tuple[str, ...]) -> None:
        actor = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor
        users.add_user(actor, "jones", "", [Role.CODER], "mary jones has a key", cost=CHEAP)
        sign_on.off(actor)
        done = recordroom("key", "revoke", "jones", *signing_on)
        assert done.returncode == 0
        assert "make a new backup and destroy them" in done.stdout
        assert recordroom("key", "revoke", "nobody", *signing_on).returncode == 3


class TestShares:
    def test_new_shares_recover_an_administrator(
        self, store_directory: Path, signing_on: tuple[str, ...], tmp_path: Path
    ) -> None:
        printed = recordroom("key", "shares", *signing_on)
        assert (printed.returncode, printed.stdout.count("Share ")) == (0, 3)
        lines = printed.stdout.splitlines()
        shares = [lines[at + 1] for at, line in enumerate(lines) if line.startswith("Share ")]
        (tmp_path / "shares").write_text("\n".join(shares[1:]) + "\n")
        (tmp_path / "new").write_text("found behind the safe")
        files = ("--shares-file", str(tmp_path / "shares"), "--new-passphrase-file", str(tmp_path / "new"))
        done = recordroom("key", "recover", ADMIN, "--store", str(store_directory), *files)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert keys.unlock(store_directory, ADMIN, "found behind the safe").slot["name"] == ADMIN

    def test_one_share_is_status_3_and_one_sentence(
        self, store_directory: Path, signing_on: tuple[str, ...], tmp_path: Path
    ) -> None:
        (tmp_path / "shares").write_text("academic acid")
        (tmp_path / "new").write_text("found behind the safe")
        files = ("--shares-file", str(tmp_path / "shares"), "--new-passphrase-file", str(tmp_path / "new"))
        done = recordroom("key", "recover", ADMIN, "--store", str(store_directory), *files)
        assert (done.returncode, done.stderr.count("\n")) == (3, 1)

    def test_asks_nothing_without_a_terminal(self, store_directory: Path) -> None:
        done = recordroom("key", "recover", ADMIN, "--store", str(store_directory))
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)


class TestStatus:
    def test_says_what_is_in_force(self, signing_on: tuple[str, ...]) -> None:
        assert recordroom("user", "policy", "session_cap", "5", *signing_on).returncode == 0
        done = recordroom("status", "--security", *signing_on)
        assert (done.returncode, done.stderr) == (0, "")
        facts = dict(line.split("  ", 1) for line in done.stdout.split("\n\n")[0].splitlines())
        shown = {name: fact.strip() for name, fact in facts.items()}
        assert shown["Sessions of one person"] == "5"
        assert shown["Data key"] == "generation 1 in force"
        assert "cipher_hmac_algorithm = HMAC_SHA512" in shown["SQLCipher settings"]
        assert "OpenSSL" in done.stdout
        assert "pbkdf2-hmac-sha512, 1000 rounds" in done.stdout

    def test_no_secret_is_shown(self, signing_on: tuple[str, ...], store_directory: Path) -> None:
        ring = keys.unlock(store_directory, ADMIN, PASSPHRASE).ring
        done = recordroom("status", "--security", *signing_on)
        assert ring[1].hex() not in done.stdout
