"""``recordroom codes`` and ``recordroom group`` as a script sees them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from recordroom.cli import cli


@pytest.fixture
def run(codes_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("RECORDROOM_CODES", str(codes_path))

    def command(*arguments: str, lines: str = "") -> Result:
        return CliRunner().invoke(cli, list(arguments), input=lines, catch_exceptions=False)

    return command


class TestSearch:
    def test_a_search_prints_code_standing_and_title(self, run) -> None:  # type: ignore[no-untyped-def]
        result = run("codes", "search", "heart", "attack", "--day", "2026-11-15", "--limit", "1")
        assert result.stdout == "I21.9     MCC     Acute myocardial infarction, unspecified\n"

    def test_a_batch_answers_every_line_in_order(self, run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
        queries = tmp_path / "queries.txt"
        queries.write_text("chf\n\nK92.2\r\nqqqq zzzz\n")
        result = run("codes", "search", "--batch", str(queries), "--limit", "10", "--day", "2026-11-15")
        answers = [json.loads(line) for line in result.stdout.splitlines()]
        assert [answer["query"] for answer in answers] == ["chf", "", "K92.2", "qqqq zzzz"]
        assert answers[0]["codes"][0] == "I50.9"
        assert len(answers[0]["codes"]) == 10
        assert answers[2]["codes"] == ["K92.2"]
        assert answers[3]["codes"] == []
        assert all(isinstance(answer["ms"], float) for answer in answers)

    def test_diagnoses_are_searched_unless_another_set_is_named(self, run) -> None:  # type: ignore[no-untyped-def]
        assert "0DTJ4ZZ" not in run("codes", "search", "appendix").stdout
        assert "0DTJ4ZZ" in run("codes", "search", "resection appendix", "--system", "pcs").stdout
        assert "0DTJ4ZZ" in run("codes", "search", "resection appendix", "--system", "all").stdout

    def test_a_search_for_nothing_is_a_usage_error(self) -> None:
        result = CliRunner().invoke(cli, ["codes", "search"])
        assert result.exit_code == 2


class TestShowAndStatus:
    def test_show_tells_standing_place_and_notes(self, run) -> None:  # type: ignore[no-untyped-def]
        shown = run("codes", "show", "i214").stdout
        assert shown.startswith("I21.4  Non-ST elevation (NSTEMI) myocardial infarction\n")
        assert "I20-I25  Ischemic heart diseases" in shown
        assert "I21.4 Is also called: Acute subendocardial myocardial infarction" in shown

    def test_show_of_no_code_exits_1(self, run) -> None:  # type: ignore[no-untyped-def]
        result = run("codes", "show", "I21.X9")
        assert result.exit_code == 1
        assert "There is no code I21.X9" in result.stderr

    def test_status_tells_what_is_missing_and_when_validity_ends(self, run) -> None:  # type: ignore[no-untyped-def]
        told = run("codes", "status").stdout
        assert "Valid through  03/31/2027" in told
        assert "titles of 758 valid ICD-10-PCS codes" in told
        assert "MS-DRG weights of fiscal year 2027: import Table 5" in told

    def test_build_of_the_same_inputs_says_that_nothing_was_to_do(self, run) -> None:  # type: ignore[no-untyped-def]
        assert "is up to date" in run("codes", "build").stdout

    def test_a_named_store_that_is_not_there_is_one_sentence(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("RECORDROOM_CODES", str(tmp_path / "none.db"))
        result = CliRunner().invoke(cli, ["codes", "status"])
        assert result.exit_code == 1
        assert "Run: recordroom codes build" in result.output
