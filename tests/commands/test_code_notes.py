"""``recordroom import code-notes`` and ``export code-notes``: notes go from one facility to another as CSV."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from recordroom.cli import run
from tests.conftest import ADMIN, PASSPHRASE

NOTES = """first_code,last_code,text,source
I50,,HFpEF is diastolic,Coding Clinic
I20,I25,Ask for the vessel,
I5*,,wrong,
"""


@pytest.fixture
def options(store_directory: Path, tmp_path: Path) -> list[str]:
    words = tmp_path / "passphrase"
    words.write_text(PASSPHRASE)
    return ["--store", str(store_directory), "--user", ADMIN, "--passphrase-file", str(words)]


def counts(capsys: pytest.CaptureFixture[str]) -> dict[str, int]:
    found: dict[str, int] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


class TestNotes:
    def test_come_in_go_out_and_come_in_elsewhere(
        self, template_store: Path, options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file, out = tmp_path / "notes.csv", tmp_path / "out.csv"
        file.write_text(NOTES)
        with pytest.raises(SystemExit) as ended:
            run(["import", "code-notes", str(file), *options])
        assert ended.value.code == 1  # one row is refused
        assert counts(capsys) == {
            "read": 3, "applied": 2, "unchanged": 0, "not_used": 0, "refused": 1, "held": 0,
        }  # fmt: skip
        assert run(["export", "code-notes", "--out", str(out), *options]) == 0
        rows = list(csv.DictReader(out.read_text().splitlines()))
        assert [(row["first_code"], row["last_code"], row["status"]) for row in rows] == [
            ("I20", "I25", "proposed"), ("I50", "I50", "proposed"),
        ]  # fmt: skip
        elsewhere = Path(shutil.copytree(template_store, tmp_path / "elsewhere"))
        capsys.readouterr()
        there = ["--store", str(elsewhere), *options[2:]]
        assert run(["import", "code-notes", str(out), *there]) == 0
        assert counts(capsys)["applied"] == 2
