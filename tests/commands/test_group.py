"""``recordroom group`` as a script sees it: worked examples, kinds of hospital, order, what cannot be read."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from unittest.mock import ANY

import pytest
from click.testing import CliRunner, Result

from db.access import sign_on
from db.conventions import file_setting
from recordroom.cli import cli
from rules.moments import day_number
from tests.conftest import ADMIN, PASSPHRASE


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


class TestGroup:
    @pytest.mark.parametrize(
        ("given", "drg", "weight", "gmlos"),
        [
            (claim("I21.4"), "282", 0.7231, 1.7),
            (claim("I21.4 E11.65"), "282", 0.7231, 1.7),
            (claim("I214 N179"), "281", 0.9191, 2.3),
            (claim("I21.4 J96.01"), "280", 1.6041, 4.1),
            (claim("I21.4 I50.21"), "280", 1.6041, 4.1),
            (claim("I21.4 J96.01", disposition=20), "283", 1.9808, 3.2),
            (claim("I21.4", disposition="20"), "285", ANY, ANY),
            (claim("I21.4 I46.9", disposition="20"), "285", ANY, ANY),
            (claim("I21.4 I21.09"), "282", 0.7231, 1.7),
            (claim("A41.9"), "872", 1.0233, 3.4),
            (claim("A41.9 R65.21 J96.01"), "871", 1.9425, 4.8),
            (claim("A41.9 R65.21 J96.01", "5A1955Z"), "870", ANY, ANY),
            (claim("M16.11", "0SR90JZ"), "470", 1.9289, 1.9),
            (claim("M16.11 J96.01", "0sr90jz"), "469", 3.0332, 3.3),
            (claim("S72.001A", "0SR90JZ"), "522", ANY, ANY),
            (claim("O82 Z37.0 Z3A.39", "10D00Z1", sex="F", age=30), "788", 0.9588, 2.9),
            (claim("O80 Z37.0", "10E0XZZ", sex="F", age=30), "807", ANY, ANY),
            (claim("Z38.00", age=0), "795", 0.1998, 3.1),
            (claim("Z38.00 P59.9", age=0), "795", 0.1998, 3.1),
            (claim("Z38.00 P22.0", age=0), "790", ANY, ANY),
            (claim("Z38.00 P07.18 P07.39", age=0), "792", ANY, ANY),
            (claim("I11.0 I50.23"), "291", ANY, ANY),
            (claim("I25.10", "027034Z"), "322", ANY, ANY),
            (claim("I21.02 J96.01", "027034Z"), "321", ANY, ANY),
            (claim("J18.9 L89.154"), "193", ANY, ANY),
            (claim("J18.9 L89.154/N"), "195", ANY, ANY),
            (claim("J18.9 L89.154/U"), "195", ANY, ANY),
            (claim("J18.9 L89.154/W"), "193", ANY, ANY),
            (claim("J18.9", "0DTJ4ZZ"), "983", ANY, ANY),
            (claim("O80", age=30), "998", None, None),
            (claim("V00.01XA"), "999", None, None),
        ],
    )
    @pytest.mark.parametrize("day", ["2026-11-15", "2026-05-01"])
    def test_a_worked_example_has_its_drg_weight_and_gmlos_in_v44_and_in_v43_1(  # type: ignore[no-untyped-def]
        self, run, given: dict[str, object], drg: str, weight: float | None, gmlos: float | None, day: str
    ) -> None:
        (answer,) = grouped(run, {**given, "discharge_date": day})
        assert (answer["drg"], answer["weight"], answer["gmlos"]) == (drg, weight, gmlos)
        assert answer["weight_fy"] == (None if weight is None else 2026)

    def test_a_batch_is_answered_in_order_and_as_line_by_line(self, run) -> None:  # type: ignore[no-untyped-def]
        claims = [{**claim(dx, px), "id": f"{dx} {px}"} for dx, px in product(
            ("I21.4 J96.01/N J96.01", "J18.9 L89.154/N", "E11.9 E11.9", "O82", "S72.009A I10"), ("", "5A1955Z 10D00Z1")
        )]  # fmt: skip
        together = grouped(run, *claims, *reversed(claims))
        assert [answer["id"] for answer in together] == [each["id"] for each in (*claims, *reversed(claims))]
        assert together[: len(claims)] == [grouped(run, each)[0] for each in claims]
        assert together[len(claims) :] == list(reversed(together[: len(claims)]))

    @pytest.mark.parametrize(
        "kind", ["va", "dod", "cah", "ltch", "psychiatric", "rehabilitation", "children", "cancer"]
    )
    def test_a_hospital_of_an_exempt_kind_keeps_its_weight(self, run, kind: str) -> None:  # type: ignore[no-untyped-def]
        ulcer = claim("J18.9 L89.154/N")
        by_claim, said = grouped(
            run, {**ulcer, "facility_kind": kind}, {**ulcer, "facility_kind": kind, "poa_exempt": False}
        )
        assert (by_claim["drg"], said["drg"]) == ("193", "195")
        result = run("group", "--facility-kind", kind, lines=json.dumps(ulcer) + "\n")
        assert json.loads(result.stdout)["drg"] == "193"

    def test_the_hospital_is_of_the_kind_that_its_store_has_filed_where_somebody_signs_on(  # type: ignore[no-untyped-def]
        self, run, store_directory: Path, tmp_path: Path
    ) -> None:
        actor = sign_on.with_passphrase(store_directory, ADMIN, PASSPHRASE).actor
        file_setting(actor, "facility_kind", "va", day_number("2026-11-01"))
        sign_on.off(actor)
        (key := tmp_path / "passphrase").write_text(PASSPHRASE)
        ulcer = claim("J18.9 L89.154/N")
        days = ("2026-10-31", "2026-11-15")
        lines = "".join(json.dumps({**ulcer, "discharge_date": day}) + "\n" for day in days)
        named = ("--store", str(store_directory))
        signed = (*named, "--user", ADMIN, "--passphrase-file", str(key))
        for arguments, expected in (
            (named, ["195", "195"]),
            (signed, ["195", "193"]),
            ((*signed, "--facility-kind", "other"), ["195", "195"]),
        ):
            result = run("group", *arguments, lines=lines)
            assert [json.loads(line)["drg"] for line in result.stdout.splitlines()] == expected

    def test_a_kind_that_is_not_known_is_said_and_exempts_nobody(self, run) -> None:  # type: ignore[no-untyped-def]
        (answer,) = grouped(run, claim("J18.9 L89.154/N", facility_kind="spa"))
        assert answer["drg"] == "195"
        assert "facility_kind must be one of va, dod, cah" in answer["notice"]

    @pytest.mark.parametrize("given", [7, "ABC", None, 2**62, 1.5, ["x"]])
    def test_an_id_comes_back_as_it_was_given(self, run, given: object) -> None:  # type: ignore[no-untyped-def]
        assert grouped(run, claim("I21.4", id=given))[0]["id"] == given

    def test_a_number_too_large_to_come_back_whole_is_no_id(self, run) -> None:  # type: ignore[no-untyped-def]
        result = run("group", lines=json.dumps(claim("I21.4", id=2**70)) + "\n")
        assert "too large a number" in json.loads(result.stdout)["error"]

    def test_severity_exclusion_hac_and_edits_are_told_by_code(self, run) -> None:  # type: ignore[no-untyped-def]
        excluded, ulcer, external = grouped(
            run, claim("I21.4 I21.09"), claim("J18.9 L89.154/N"), claim("V00.01XA", id="v")
        )
        assert excluded["dx"][1] | {"severity": "MCC", "excluded": True} == excluded["dx"][1]
        assert (ulcer["initial_drg"], ulcer["drg"], ulcer["dx"][1]["hac"]) == ("193", "195", 4)
        assert (external["id"], external["drg"], external["weight"]) == ("v", "999", None)
        assert [(edit["name"], edit["code"]) for edit in external["edits"]] == [("E_CODE_AS_PDX", "V00.01XA")]

    def test_the_severity_of_a_code_is_its_own_that_of_the_principal_diagnosis_too(self, run) -> None:  # type: ignore[no-untyped-def]
        alone, beside = grouped(run, claim("J96.01"), claim("I21.4 J96.01"))
        assert alone["dx"][0]["severity"] == beside["dx"][1]["severity"] == "MCC"
        assert (alone["drg"], beside["drg"]) == ("189", "280")

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
