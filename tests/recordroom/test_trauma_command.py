"""``recordroom trauma score`` as a script sees it: JSON lines in, JSON lines out."""

import json

import pytest
from click.testing import CliRunner

from recordroom.commands.trauma import trauma

KNOWN = {
    "id": "A-1", "injuries": [{"region": 1, "severity": 3}], "gcs": 15, "sbp": 120, "rr": 16, "pulse": 90,
    "age": 30, "mechanism": "blunt",
}  # fmt: skip


def answers(*lines: object, options: tuple[str, ...] = ()) -> tuple[list[dict], int]:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    result = CliRunner().invoke(trauma, ["score", *options], input=text)
    return [json.loads(line) for line in result.stdout.splitlines()], result.exit_code


class TestTraumaScore:
    def test_answers_a_known_case(self):
        (answer,), status = answers(KNOWN)
        assert status == 0
        assert answer == {
            "id": "A-1", "iss": 9, "niss": 9, "rts": 7.8408, "triage_rts": 12, "ps": 0.994164,
            "ps_set": "mtos-1995", "gcs": 15, "shock_index": 0.75, "reverse_shock_index_gcs": 20.0, "gap": 22,
            "gap_risk": "low", "mgap": 27, "mgap_risk": "low", "triage_category": "delayed",
            "shock_index_alert": False, "findings": [],
        }  # fmt: skip

    def test_unknown_is_null(self):
        (answer,), status = answers({"id": 7})
        assert status == 0
        assert answer.pop("id") == 7
        assert answer.pop("findings") == []
        assert set(answer.values()) == {None}

    def test_every_line_is_answered_in_order_and_an_unreadable_one_with_an_error(self):
        replies, status = answers(KNOWN, "{", "[1]", "", '{"id": 2, "age": NaN}', {"id": [1]})
        assert status == 1
        assert [reply["id"] for reply in replies] == ["A-1", None, None, None, None, [1]]
        assert ["error" in reply for reply in replies] == [False, True, True, True, True, False]
        assert all(reply["error"].startswith("This line cannot be read: ") for reply in replies[1:5])

    def test_bytes_that_are_no_text_are_an_unreadable_line(self):
        result = CliRunner().invoke(trauma, ["score"], input=b"\xff\xfe\n{}\n")
        first, second = map(json.loads, result.stdout.splitlines())
        assert "not UTF-8" in first["error"]
        assert second["iss"] is None
        assert result.exit_code == 1

    def test_the_coma_scale_may_come_in_parts(self):
        parts = {key: value for key, value in KNOWN.items() if key != "gcs"} | {
            "eye": 4, "verbal": 5, "motor": 6,
        }  # fmt: skip
        (answer,), _ = answers(parts)
        assert (answer["gcs"], answer["ps"]) == (15, 0.994164)

    def test_a_region_follows_from_the_predot_code(self):
        injuries = [{"predot": "140652", "severity": 4}, {"predot": 650216, "severity": 3}]
        (answer,), _ = answers(KNOWN | {"injuries": injuries})
        assert (answer["iss"], answer["niss"]) == (16, 25)

    @pytest.mark.parametrize(
        ("given", "unknown", "says"),
        [
            ({"gcs": 2}, ["rts", "ps", "gap"], "gcs must be"),
            ({"sbp": "low"}, ["rts", "shock_index"], "sbp must be"),
            ({"rr": True}, ["rts"], "rr must be"),
            ({"eye": 1, "verbal": 1, "motor": 1}, ["gcs", "rts"], "add up to 3"),
            ({"mechanism": "fall"}, ["ps", "mgap"], "mechanism must be"),
            ({"intubated": "yes"}, ["rts", "ps"], "intubated must be"),
            ({"injuries": "many"}, ["iss", "niss"], "must be a list"),
            ({"injuries": [3]}, ["iss"], "must be an object"),
            ({"injuries": [{"severity": 7, "region": 1}]}, ["iss", "niss"], "severity of injury 1"),
            ({"injuries": [{"severity": [3], "region": 1}]}, ["iss", "niss"], "severity of injury 1"),
            ({"injuries": [{"severity": 3, "region": 8}]}, ["iss"], "region of injury 1"),
            ({"injuries": [{"severity": 3, "predot": "0"}]}, ["iss"], "no ISS region"),
        ],
    )
    def test_what_cannot_be_used_is_unknown_and_said(self, given, unknown, says):
        (answer,), status = answers(KNOWN | given)
        assert status == 0
        assert all(answer[key] is None for key in unknown)
        assert says in " ".join(answer["findings"])

    def test_the_stated_mechanism_of_a_child_may_count(self):
        child = KNOWN | {"age": 10, "mechanism": "penetrating"}
        (blunt,), _ = answers(child)
        (stated,), _ = answers(child, options=("--stated-mechanism",))
        assert (blunt["ps"], stated["ps"]) == (0.994164, 0.990693)

    def test_another_coefficient_set_is_named_in_the_answer(self):
        (answer,), _ = answers(KNOWN, options=("--set", "mtos-1990"))
        assert answer["ps_set"] == "mtos-1990"

    def test_a_set_without_coefficients_is_a_usage_error_that_names_the_others(self):
        result = CliRunner().invoke(trauma, ["score", "--set", "ntdb-2010"], input="{}\n")
        assert result.exit_code == 2
        assert "mtos-1995, mtos-1990" in result.stderr
