"""``recordroom patients``: JSON lines with exactly what was promised, and only pairs that are the same unless asked."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from recordroom.cli import run
from recordroom.demo.dirty import dirty_people
from tests.conftest import ADMIN, PASSPHRASE


@pytest.fixture
def options(store_directory: Path, tmp_path: Path) -> list[str]:
    words = tmp_path / "passphrase"
    words.write_text(PASSPHRASE)
    return ["--store", str(store_directory), "--user", ADMIN, "--passphrase-file", str(words)]


@pytest.fixture
def truth(options: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> set[tuple[str, ...]]:
    made = dirty_people(600, 11)
    file = tmp_path / "patients.csv"
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, [*made.rows[0], "marital"], restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(made.rows)
    assert run(["import", "patients", str(file), *options]) == 0
    capsys.readouterr()
    return {tuple(sorted(pair)) for pair in made.truth}


class TestDuplicates:
    def test_prints_the_pairs_that_are_the_same(
        self, options: list[str], truth: set[tuple[str, ...]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["patients", "duplicates", "--format", "jsonl", *options]) == 0
        said = capsys.readouterr()
        lines = [json.loads(line) for line in said.out.splitlines()]
        assert all(list(line) == ["mrn_a", "mrn_b", "score", "match", "reasons"] for line in lines)
        assert {line["match"] for line in lines} == {"same"}
        assert all(isinstance(line["score"], float) and line["reasons"] for line in lines)
        found = {(line["mrn_a"], line["mrn_b"]) for line in lines}
        assert len(found & truth) >= 0.95 * len(truth)
        assert said.err == ""

    def test_with_review_those_for_a_person_too(
        self, options: list[str], truth: set[tuple[str, ...]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        run(["patients", "duplicates", "--review", "--format", "jsonl", *options])
        assert {json.loads(line)["match"] for line in capsys.readouterr().out.splitlines()} == {
            "same",
            "review",
        }

    def test_weights_are_estimated_from_the_index_and_stay_in_force(
        self, options: list[str], truth: set[tuple[str, ...]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["patients", "weights", *options]) == 0
        before = capsys.readouterr().out
        assert run(["patients", "weights", "--estimate", *options]) == 0
        estimated = capsys.readouterr().out
        assert estimated != before
        run(["patients", "weights", *options])
        assert capsys.readouterr().out == estimated


class TestCheck:
    def test_names_chart_rule_and_level_and_ends_with_1(
        self, options: list[str], truth: set[tuple[str, ...]], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["patients", "check", *options]) == 1
        first = capsys.readouterr().out.splitlines()[0].split("\t")
        assert len(first) == 4
        assert first[1].startswith("R0")

    def test_lists_the_rules(self, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["patients", "check", "--rules", *options]) == 0
        assert "locked" in capsys.readouterr().out
