"""``recordroom patients``: JSON lines with exactly what was promised, and only pairs that are the same unless asked."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from recordroom.cli import run
from recordroom.demo.dirty import Dirty, dirty_people
from tests.conftest import ADMIN, PASSPHRASE


@pytest.fixture
def options(store_directory: Path, tmp_path: Path) -> list[str]:
    return signing_on(store_directory, tmp_path)


def signing_on(directory: Path, folder: Path) -> list[str]:
    words = folder / "passphrase"
    words.write_text(PASSPHRASE)
    return ["--store", str(directory), "--user", ADMIN, "--passphrase-file", str(words)]


@pytest.fixture(scope="module")
def dirty_index(template_store: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Dirty]:
    """An index of six hundred with people in it twice, and who they are. Copy it, do not open it."""
    folder = tmp_path_factory.mktemp("dirty")
    directory, made = Path(shutil.copytree(template_store, folder / "store")), dirty_people(600, 11)
    file = folder / "patients.csv"
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, [*made.rows[0], "marital"], restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(made.rows)
    assert run(["import", "patients", str(file), *signing_on(directory, folder)]) == 0
    return directory, made


@pytest.fixture
def truth(
    dirty_index: tuple[Path, Dirty], store_directory: Path, capsys: pytest.CaptureFixture[str]
) -> set[tuple[str, ...]]:
    directory, made = dirty_index
    shutil.rmtree(store_directory)
    shutil.copytree(directory, store_directory)
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
