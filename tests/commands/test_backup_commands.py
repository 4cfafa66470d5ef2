"""``recordroom backup``, ``restore`` and ``verify`` as the administrator types them."""

from __future__ import annotations

import shutil
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


def test_backup_and_shares_alone_bring_a_lost_site_back(store_directory: Path, tmp_path: Path) -> None:
    key = tmp_path / "passphrase"
    key.write_text(PASSPHRASE + "\n")
    who = ("--store", str(store_directory), "--user", ADMIN, "--passphrase-file", str(key))
    printed = recordroom("key", "shares", *who).stdout.splitlines()
    recordroom("backup", "--to", str(tmp_path / "to"), *who)
    (path,) = (each for each in (tmp_path / "to").iterdir() if each.is_dir())
    shutil.rmtree(store_directory)
    shares = [printed[at + 1] for at, line in enumerate(printed) if line.startswith("Share ")]
    (tmp_path / "shares").write_text("\n".join(shares[1:]) + "\n")
    (tmp_path / "one share").write_text(shares[0] + "\n")
    (tmp_path / "passphrase.new").write_text("found behind the safe")
    new = tmp_path / "new"

    one = recordroom("restore", str(path), str(new), "--shares-file", str(tmp_path / "one share"))
    assert (one.returncode, new.exists()) == (3, False)
    done = recordroom("restore", str(path), str(new), "--shares-file", str(tmp_path / "shares"))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"recordroom key recover {ADMIN} --store {new}" in done.stdout
    recover = (
        "--shares-file",
        str(tmp_path / "shares"),
        "--new-passphrase-file",
        str(tmp_path / "passphrase.new"),
    )
    assert recordroom("key", "recover", ADMIN, "--store", str(new), *recover).returncode == 0

    me = ("--store", str(new), "--user", ADMIN, "--passphrase-file", str(tmp_path / "passphrase.new"))
    added = ("--role", "administrator", "--new-passphrase-file", str(key))
    assert recordroom("user", "add", "jones", *added, *me).returncode == 0
    listed = recordroom("audit", "list", "--by", "recovery shares", "--format", "csv", *me).stdout
    assert "restored_from" in listed
    assert recordroom("verify", *me).returncode == 0
