"""``recordroom audit``: rows in any order and form, the verifier and its exit status, the copy of the anchors."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from recordroom.cli import run
from tests.conftest import ADMIN, PASSPHRASE


@pytest.fixture
def command(store_directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """Run ``recordroom audit`` as the administrator; status, stdout, stderr."""
    key = tmp_path / "passphrase"
    key.write_text(PASSPHRASE)

    def audit(*arguments: str) -> tuple[int, str, str]:
        common = ("--store", str(store_directory), "--user", ADMIN, "--passphrase-file", str(key))
        status = run(["audit", *arguments, *common])
        out, err = capsys.readouterr()
        return status, out, err

    return audit


class TestList:
    def test_json_has_every_element_of_every_row(self, command) -> None:  # type: ignore[no-untyped-def]
        status, out, _ = command("list", "--format", "json")
        rows = [json.loads(line) for line in out.splitlines()]
        assert status == 0
        assert [row["action"] for row in rows] == ["administer keys", "sign on", "view audit"]
        assert rows[0]["detail"]["made"]

    def test_csv_sorted_by_an_element(self, command) -> None:  # type: ignore[no-untyped-def]
        _, out, _ = command("list", "--format", "csv", "--sort", "action", "--descending")
        rows = list(csv.DictReader(io.StringIO(out)))
        assert [row["action"] for row in rows] == ["view audit", "sign on", "administer keys"]

    def test_text_has_heads(self, command) -> None:  # type: ignore[no-untyped-def]
        _, out, _ = command("list", "--by", ADMIN, "--outcome", "done")
        assert out.splitlines()[0].split()[:3] == ["at", "user", "action"]

    def test_a_day_that_is_none_is_a_usage_error(self, command) -> None:  # type: ignore[no-untyped-def]
        assert command("list", "--from", "yesterday")[0] == 2


class TestVerify:
    def test_a_sound_store_is_0_and_a_tampered_one_1(self, command, store_directory: Path) -> None:  # type: ignore[no-untyped-def]
        assert command("verify")[0] == 0
        (store_directory / "anchor.log").write_text("")
        status, out, _ = command("verify")
        assert status == 1
        assert "nobody can tell what was cut off" in out

    def test_a_wrong_passphrase_counts_as_a_failure(
        self,
        command,
        store_directory: Path,
        tmp_path: Path,  # type: ignore[no-untyped-def]
    ) -> None:
        (tmp_path / "passphrase").write_text("wrong horse battery!")
        assert command("verify")[0] == 3
        assert " failed " in (store_directory / "signon.log").read_text()

    def test_needs_no_write_access(self, command, store_directory: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
        before = sorted((p.name, p.stat().st_mtime_ns) for p in store_directory.rglob("*"))
        for path in [*store_directory.rglob("*"), store_directory]:
            os.chmod(path, 0o555 if path.is_dir() else 0o444)
        assert command("verify")[0] == 0
        os.chmod(store_directory, 0o755)
        assert before == sorted((p.name, p.stat().st_mtime_ns) for p in store_directory.rglob("*"))

    def test_anchors_kept_elsewhere_are_compared(
        self, command, store_directory: Path, tmp_path: Path
    ) -> None:  # type: ignore[no-untyped-def]
        elsewhere = Path(shutil.copy(store_directory / "anchor.log", tmp_path / "elsewhere.log"))
        assert command("verify", "--anchors", str(elsewhere))[0] == 0
        seq, head, *_ = elsewhere.read_text().split(" ")
        assert command("verify", "--head", f"{seq} {head[:12]}")[0] == 0
        assert command("verify", "--head", f"{seq} {'0' * 12}")[0] == 1


class TestPrintedCensus:
    def test_carries_the_head_that_the_verifier_asks_for(
        self,
        command,
        store_directory: Path,
        tmp_path: Path,  # type: ignore[no-untyped-def]
    ) -> None:
        page = tmp_path / "census.txt"
        common = ("--store", str(store_directory), "--user", ADMIN)
        secret = ("--passphrase-file", str(tmp_path / "passphrase"))
        assert run(["report", "daily-census", "--out", str(page), *common, *secret]) == 0
        head = re.search(r"Audit (\d+ [0-9a-f]{16})$", page.read_text(), re.MULTILINE)
        assert head
        assert command("verify", "--head", head[1])[0] == 0
        seq, digits = head[1].split()
        assert command("verify", "--head", f"{seq} {digits[::-1]}")[0] == 1


class TestCopy:
    def test_every_line_goes_there_too_and_without_it_nothing_is_done(
        self,
        command,
        tmp_path: Path,
        store_directory: Path,  # type: ignore[no-untyped-def]
    ) -> None:
        away = tmp_path / "away"
        assert command("copy", str(away))[0] == 3
        away.mkdir()
        assert command("copy", str(away))[0] == 0
        assert command("list")[0] == 0
        assert (away / "anchor.log").read_text().splitlines()[-1] == (
            store_directory / "anchor.log"
        ).read_text().splitlines()[-1]
        assert command("verify")[0] == 0

    def test_a_database_and_anchor_put_back_together_are_caught_by_the_copy(
        self,
        command,
        tmp_path: Path,
        store_directory: Path,  # type: ignore[no-untyped-def]
    ) -> None:
        (tmp_path / "away").mkdir()
        command("copy", str(tmp_path / "away"))
        early = {name: (store_directory / name).read_bytes() for name in ("recordroom.db", "anchor.log")}
        command("list")
        for name, data in early.items():
            (store_directory / name).write_bytes(data)
        status, out, _ = command("verify")
        assert status == 1
        assert "an older database was put back" in out
