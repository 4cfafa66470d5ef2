"""``recordroom disclosure check`` as a script sees it: JSON lines in, JSON lines out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from config.code_tables import shipped_tables
from recordroom.commands.disclosure import checked, disclosure

VALID = {
    "information": "Discharge summary", "discloser": "General Hospital", "recipient": "A. Lawyer",
    "purpose": "claim", "expires_on": "2027-01-01", "signed_by": "patient", "signed_on": "2026-11-01",
    "patient": "Jane Doe", "revocation_notice": True, "conditioning_notice": True, "redisclosure_notice": True,
}  # fmt: skip
ATTORNEY = {"id": 4, "requester": "attorney", "authority": "auth", "on": "2026-11-21", "received_on": "2026-11-20",
            "authorization": VALID}  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["PATIENT", "ACCESS"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def answers(*lines: object) -> tuple[list[dict[str, Any]], int]:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    result = CliRunner().invoke(disclosure, ["check"], input=text)
    return [json.loads(line) for line in result.stdout.splitlines()], result.exit_code


def answer(**line: Any) -> dict[str, Any]:
    (found,), status = answers({"on": "2026-11-21", **line})
    assert status == 0
    return found


class TestAnswers:
    def test_a_valid_authorization(self) -> None:
        (found,), status = answers(ATTORNEY)
        assert status == 0
        assert found == {
            "id": 4, "decision": "release", "row": "4", "documents": ["AUTH"], "missing": [],
            "due_on": "2026-12-20", "due_clock": "HIPAA_ACCESS",
            "accounting": {"hipaa": False, "privacy_act": True, "part2": False, "b7": False, "suspendable": False},
            "defects": [], "paragraphs": [], "tell": None,
            "citations": ["45 CFR 164.508", "38 CFR 1.475", "42 CFR 2.31"], "confirm": ["clocks VA_ACCESS"],
            "findings": [],
        }  # fmt: skip

    def test_an_expired_one_and_its_paragraph(self) -> None:
        found = answer(**ATTORNEY | {"authorization": VALID | {"expires_on": "2026-11-20"}})
        assert (found["decision"], found["defects"]) == ("obtain", ["EXPIRED"])
        assert found["paragraphs"][0].startswith("The authorization has expired.")

    def test_a_protected_part_is_held_and_the_requester_told_nothing_of_it(self) -> None:
        found = answer(**ATTORNEY | {"parts": ["DS", "HIV"]})
        assert (found["decision"], found["missing"]) == ("hold", ["AUTH_CLASS"])
        assert found["tell"] == "We are reviewing your request and will write to you."

    @pytest.mark.parametrize("line", [{}, {"requester": "patient"}, {"requester": "king", "authority": "access"},
                                      {"requester": "patient", "authority": "access", "class": "rumor"},
                                      {"requester": "patient", "authority": "access", "facility": "spa"},
                                      {"requester": 7, "authority": ["access"]}])  # fmt: skip
    def test_what_is_not_in_the_table_is_refused(self, line: dict[str, Any]) -> None:
        found = answer(**line)
        assert (found["decision"], found["row"]) == ("refuse", "D")
        assert found["findings"]

    def test_foia_counts_from_the_component_and_stands_still_while_it_asks(self) -> None:
        foia = {"requester": "foia", "authority": "foia", "received_on": "2026-11-20"}
        assert answer(**foia)["due_on"] == "2026-12-21"
        assert answer(**foia, component_received_on="2026-11-24")["due_on"] == "2026-12-23"
        pause = {"asked": "2026-11-30", "answered": "2026-12-07"}
        assert answer(**foia, pauses=[pause])["due_on"] == "2026-12-29"
        assert answer(**foia, pauses=[{"asked": "2026-11-30"}])["due_on"] is None

    def test_a_named_day_and_an_extension(self) -> None:
        order = {"requester": "court", "authority": "order", "received_on": "2026-11-20"}
        assert answer(**order, respond_by="2026-12-04")["due_on"] == "2026-12-04"
        own = {"requester": "patient", "authority": "access", "received_on": "2026-11-20"}
        assert answer(**own, facility="nonfederal", extended=True)["due_on"] == "2027-01-19"

    def test_what_cannot_be_used_is_said(self) -> None:
        found = answer(requester="patient", authority="access", minor="yes", received_on="yesterday",
                       documents=7, pauses={}, authorization="signed", color="red")  # fmt: skip
        assert len(found["findings"]) == 6
        assert found["due_on"] is None


class TestTheLines:
    def test_every_line_is_answered_in_order_with_its_id(self) -> None:
        found, status = answers({"id": "a"}, "{nonsense", {"id": 2.5}, "[1]", {"id": None})
        assert status == 1
        assert [line["id"] for line in found] == ["a", None, 2.5, None, None]
        assert ["error" in line for line in found] == [False, True, False, True, False]

    @settings(max_examples=200)
    @given(st.dictionaries(
        st.sampled_from(["requester", "authority", "class", "classes", "parts", "facility", "on", "received_on",
                         "documents", "pauses", "authorization", "minor", "extended", "respond_by"]) | st.text(),
        JSON))  # fmt: skip
    def test_no_line_raises(self, line: dict[str, Any]) -> None:
        json.dumps(checked(line, shipped_tables(), "2026-11-21"), allow_nan=False)

    def test_the_list_names_every_word_that_is_taken(self) -> None:
        result = CliRunner().invoke(disclosure, ["check", "--list"])
        assert result.exit_code == 0
        keys = {line["key"]: line for line in map(json.loads, result.stdout.splitlines())}
        tables = shipped_tables()
        assert set(keys["requester"]["words"]) == {row.code for row in tables["requester_kinds"].rows}
        assert {"facility", "authority", "classes", "parts", "purpose", "received_on", "documents"} <= set(
            keys
        )
        assert {"expires_on", "revoked_on", "classes"} <= set(keys["authorization"]["words"])
