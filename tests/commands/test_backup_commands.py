"""``recordroom backup``, ``restore`` and ``verify`` as the administrator types them."""

from __future__ import annotations

from pathlib import Path

from tests.commands.test_store_commands import recordroom
from tests.conftest import ADMIN, PASSPHRASE


def test_a_backup_is_made_restored_and_verified(store_directory: Path, tmp_path: Path) -> None:
    key = tmp_path / "passphrase"
    key.write_text(PASSPHRASE + "\n")
    who = ("--user", ADMIN, "--passphrase-file", str(key))
    made = recordroom("backup", "--to", str(tmp_path / "to"), "--store", str(store_directory), *who)
    assert (made.returncode, made.stderr) == (0, "")
    (path,) = (each for each in (tmp_path / "to").iterdir() if each.is_dir())
    assert str(path) in made.stdout
    done = recordroom("restore", str(path), str(tmp_path / "new"), *who)
    assert (done.returncode, done.stderr) == (0, "")
    again = recordroom("restore", str(path), str(tmp_path / "new"), *who)
    assert again.returncode == 3
    assert "is there already" in again.stderr
    good = recordroom("verify", "--store", str(tmp_path / "new"), *who)
    assert (good.returncode, good.stderr) == (0, "")
    assert [line.split()[0] for line in good.stdout.splitlines()] == ["good"] * 8
    (tmp_path / "new" / "anchor.log").unlink()
    wrong = recordroom("verify", "--store", str(tmp_path / "new"), *who)
    assert wrong.returncode == 1
    assert "missing or holds no anchor" in wrong.stdout
