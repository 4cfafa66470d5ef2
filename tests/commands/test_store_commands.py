"""The command line on a real store: what it prints, where, and with which exit status."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from recordroom import fips
from tests.conftest import ADMIN, PASSPHRASE

ROOT = Path(__file__).parents[2]


def recordroom(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a user does."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("RECORDROOM_") or k == fips.FOLDER}
    kept["PYTHONPATH"] = str(ROOT)
    return subprocess.run(
        [sys.executable, "-m", "recordroom", *arguments], cwd=cwd, env=kept | environment,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(PASSPHRASE + "\n")
    return path


class TestInit:
    def test_makes_a_store_that_its_administrator_can_open(self, tmp_path: Path, key: Path) -> None:
        made = recordroom(
            "init",
            str(tmp_path / "new"),
            "--facility",
            "Mercy",
            "--admin",
            "root",
            "--passphrase-file",
            str(key),
        )
        assert (made.returncode, made.stderr) == (0, "")
        assert made.stdout.count("Share ") == 3
        shown = recordroom(
            "--user", "root", "status", "--passphrase-file", str(key), "--store", str(tmp_path / "new")
        )
        assert shown.returncode == 0
        assert "Mercy" in shown.stdout

    def test_asks_nothing_without_a_terminal(self, tmp_path: Path) -> None:
        done = recordroom("init", str(tmp_path / "new"), "--facility", "Mercy", "--admin", "root")
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert not (tmp_path / "new").exists()

    def test_does_not_touch_a_directory_in_use(self, store_directory: Path, key: Path) -> None:
        done = recordroom(
            "init", str(store_directory), "--facility", "M", "--admin", "r", "--passphrase-file", str(key)
        )
        assert done.returncode == 3
        assert "is not empty" in done.stderr


class TestOpening:
    def test_store_options_hold_before_and_after_the_words(self, store_directory: Path, key: Path) -> None:
        before = recordroom(
            "--store", str(store_directory), "--user", ADMIN, "--passphrase-file", str(key), "user", "list"
        )
        after = recordroom(
            "user", "list", "--store", str(store_directory), "--user", ADMIN, "--passphrase-file", str(key)
        )
        assert (before.returncode, after.returncode) == (0, 0)
        assert ADMIN in before.stdout
        assert ADMIN in after.stdout

    @pytest.mark.parametrize("user", [ADMIN, "nobody"])
    def test_a_wrong_passphrase_is_one_sentence_and_status_3(
        self, store_directory: Path, tmp_path: Path, user: str
    ) -> None:
        wrong = tmp_path / "wrong"
        wrong.write_text("not the passphrase at all")
        done = recordroom(
            "status", "--store", str(store_directory), "--user", user, "--passphrase-file", str(wrong)
        )
        assert done.returncode == 3
        assert done.stderr == "recordroom: The user name or the passphrase is not right.\n"

    def test_a_missing_store_is_status_3_and_says_how_to_make_one(self, tmp_path: Path, key: Path) -> None:
        done = recordroom(
            "status", "--store", str(tmp_path / "none"), "--user", "x", "--passphrase-file", str(key)
        )
        assert done.returncode == 3
        assert "recordroom init" in done.stderr

    def test_no_store_named_is_a_usage_error(self, key: Path) -> None:
        done = recordroom("status", "--user", ADMIN, "--passphrase-file", str(key))
        assert done.returncode == 2
        assert "RECORDROOM_STORE" in done.stderr

    def test_the_workstation_needs_a_terminal(self, store_directory: Path) -> None:
        done = recordroom(RECORDROOM_STORE=str(store_directory))
        assert done.returncode == 2
        assert "needs a terminal" in done.stderr

    def test_an_unknown_command_is_status_2(self) -> None:
        done = recordroom("frobnicate")
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1


class TestUsers:
    def test_a_user_without_the_role_is_denied_with_status_4(
        self, store_directory: Path, key: Path, tmp_path: Path
    ) -> None:
        coders = tmp_path / "coder"
        coders.write_text("a coder has a passphrase")
        store = ("--store", str(store_directory))
        added = recordroom(
            "user", "add", "jones", "--role", "coder", "--new-passphrase-file", str(coders), *store,
            "--user", ADMIN, "--passphrase-file", str(key),
        )  # fmt: skip
        assert (added.returncode, added.stderr) == (0, "")
        denied = recordroom(
            "user", "disable", ADMIN, *store, "--user", "jones", "--passphrase-file", str(coders)
        )
        assert denied.returncode == 4
        assert "jones may not administer users" in denied.stderr

    def test_a_service_key_file_opens_the_store(
        self, store_directory: Path, key: Path, tmp_path: Path
    ) -> None:
        store = ("--store", str(store_directory))
        made = recordroom(
            "user", "service", "feed", "--out", str(tmp_path / "feed.key"), *store, "--user", ADMIN,
            "--passphrase-file", str(key),
        )  # fmt: skip
        assert (made.returncode, made.stderr) == (0, "")
        assert (tmp_path / "feed.key").stat().st_mode & 0o077 == 0
        shown = recordroom("status", *store, "--service-key", str(tmp_path / "feed.key"))
        assert shown.returncode == 0
