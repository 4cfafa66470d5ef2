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


def grouped(run, *claims: dict) -> list[dict]:  # type: ignore[no-untyped-def,type-arg]
    result = run("group", lines="".join(json.dumps(claim) + "\n" for claim in claims))
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout.splitlines()]


def claim(dx: str, px: str = "", **more: object) -> dict[str, object]:
    listed = [dict(zip(("code", "poa"), word.split("/"), strict=False)) for word in dx.split()]
    return {
        "id": 1, "discharge_date": "2026-11-15", "age": 65, "sex": "M", "disposition": "01",
        "dx": [{"poa": "Y"} | each for each in listed], "px": [{"code": code} for code in px.split()], **more,
    }  # fmt: skip


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
        assert "Table 5 weights of fiscal year 2027" in told

    def test_build_of_the_same_inputs_says_that_nothing_was_to_do(self, run) -> None:  # type: ignore[no-untyped-def]
        assert "is up to date" in run("codes", "build").stdout

    def test_a_named_store_that_is_not_there_is_one_sentence(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("RECORDROOM_CODES", str(tmp_path / "none.db"))
        result = CliRunner().invoke(cli, ["codes", "status"])
        assert result.exit_code == 1
        assert "Run: recordroom codes build" in result.output


class TestGroup:
    # Weights and lengths of stay of Table 5, FY 2026, for the worked examples of v44.0.
    @pytest.mark.parametrize(
        ("given", "drg", "weight", "gmlos"),
        [
            (claim("I21.4"), "282", 0.7231, 1.7),
            (claim("I214 N179"), "281", 0.9191, 2.3),
            (claim("I21.4 J96.01"), "280", 1.6041, 4.1),
            (claim("I21.4 J96.01", disposition=20), "283", 1.9808, 3.2),
            (claim("A41.9"), "872", 1.0233, 3.4),
            (claim("A41.9 R65.21 J96.01"), "871", 1.9425, 4.8),
            (claim("M16.11", "0SR90JZ"), "470", 1.9289, 1.9),
            (claim("M16.11 J96.01", "0SR90JZ"), "469", 3.0332, 3.3),
            (claim("O82 Z37.0 Z3A.39", "10D00Z1", sex="F", age=30), "788", 0.9588, 2.9),
            (claim("Z38.00", age=0), "795", 0.1998, 3.1),
        ],
    )
    def test_a_worked_example_has_its_drg_weight_and_gmlos(  # type: ignore[no-untyped-def]
        self, run, given: dict[str, object], drg: str, weight: float, gmlos: float
    ) -> None:
        (answer,) = grouped(run, given)
        assert (answer["drg"], answer["weight"], answer["gmlos"]) == (drg, weight, gmlos)
        assert answer["weight_fy"] == 2026

    def test_severity_exclusion_hac_and_edits_are_told_by_code(self, run) -> None:  # type: ignore[no-untyped-def]
        excluded, ulcer, external = grouped(
            run, claim("I21.4 I21.09"), claim("J18.9 L89.154/N"), claim("V00.01XA", id="v")
        )
        assert excluded["dx"][1] | {"severity": "MCC", "excluded": True} == excluded["dx"][1]
        assert (ulcer["initial_drg"], ulcer["drg"], ulcer["dx"][1]["hac"]) == ("193", "195", 4)
        assert (external["id"], external["drg"], external["weight"]) == ("v", "999", None)
        assert [(edit["name"], edit["code"]) for edit in external["edits"]] == [("E_CODE_AS_PDX", "V00.01XA")]

    def test_an_exempt_hospital_keeps_its_weight(self, run) -> None:  # type: ignore[no-untyped-def]
        (answer,) = grouped(run, claim("J18.9 L89.154/N", poa_exempt=True))
        assert answer["drg"] == "193"

    def test_a_new_drg_without_a_weight_has_null(self, run) -> None:  # type: ignore[no-untyped-def]
        (answer,) = grouped(run, claim("I21.4", discharge_date="2025-09-30"))
        assert (answer["drg"], answer["weight"], answer["gmlos"], answer["weight_fy"]) == (
            "282",
            None,
            None,
            None,
        )

    @pytest.mark.parametrize(
        "broken",
        [
            {}, {"dx": "I21.4"}, {"dx": [7, None]},
            claim("I21.4", age="old"), claim("I21.4", age=-1), claim("I21.4", age=6.5),
            claim("I21.4", discharge_date="11/15/2026"), claim("I21.4", discharge_date="2027-06-01"),
            claim("I21.4", disposition=None),
        ],
    )  # fmt: skip
    def test_what_cannot_be_grouped_is_an_answer_with_a_notice(self, run, broken: dict[str, object]) -> None:  # type: ignore[no-untyped-def]
        (answer,) = grouped(run, broken)
        assert answer["drg"] is None
        assert answer["notice"]

    def test_an_unreadable_line_is_answered_in_its_place_and_exits_1(self, run) -> None:  # type: ignore[no-untyped-def]
        result = run("group", lines=f"{{\n{json.dumps(claim('I21.4'))}\n")
        first, second = map(json.loads, result.stdout.splitlines())
        assert "error" in first
        assert second["drg"] == "282"
        assert result.exit_code == 1
