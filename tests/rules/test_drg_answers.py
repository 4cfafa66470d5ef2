"""Answers to open queries: each option is tried with the codes it stands for, and nothing that was not asked."""

from __future__ import annotations

from datetime import date

from rules.drg import Claim, Diagnosis
from rules.drg_answers import Asked, answers

CLAIM = Claim(date(2026, 11, 15), (Diagnosis("I214", "Y"), Diagnosis("I509", "N"), Diagnosis("L89154", "Y")))
NAMES = {"Acute systolic": "I5021", "Acute kidney injury": "N179"}


def told(asked: Asked) -> list[tuple[str, list[tuple[str, str]], str, bool]]:
    return [
        (each.option, [(dx.code, dx.poa) for dx in each.dx], each.instead_of, bool(each.unknown))
        for each in answers(asked, CLAIM, lambda option: NAMES.get(option, ""))
    ]


class TestOptions:
    def test_a_more_specific_code_takes_the_place_and_the_poa_of_the_one_asked_about(self) -> None:
        asked = Asked("Q1", "INCOMPLETE", "I50.9", ("Acute systolic", "Unable to determine"))
        assert told(asked) == [
            ("Acute systolic (I50.21)", [("I5021", "")], "I509", False), ("Unable to determine", [], "", True),
        ]  # fmt: skip

    def test_another_condition_comes_beside_it(self) -> None:
        (kidney,) = told(Asked("Q1", "INDICATOR", "I50.9", ("Acute kidney injury",)))
        assert kidney == ("Acute kidney injury (N17.9)", [("N179", "Y")], "", False)

    def test_an_option_in_which_the_physician_writes_names_no_code(self) -> None:
        NAMES["Other: ____"] = "N179"
        assert told(Asked("Q1", "INDICATOR", "", ("Other: ____",))) == [("Other: ____", [], "", True)]
        del NAMES["Other: ____"]

    def test_an_open_question_tries_nothing(self) -> None:
        assert told(Asked("Q1", "INDICATOR", "")) == [("open question", [], "", True)]


class TestYesAndNo:
    def test_poa_is_tried_present_not_present_and_undetermined(self) -> None:
        assert [dx for _, dx, _, _ in told(Asked("Q1", "POA", "L89.154", ("Yes", "No"), documented=True))] == [
            [("L89154", "Y")], [("L89154", "N")], [("L89154", "W")],
        ]  # fmt: skip

    def test_a_documented_diagnosis_is_confirmed_or_goes(self) -> None:
        assert told(Asked("Q1", "SUPPORT", "I50.9", ("Yes", "No"), documented=True)) == [
            ("confirmed", [], "", False), ("not confirmed", [], "I509", False),
        ]  # fmt: skip

    def test_about_a_code_that_is_not_on_the_claim_nothing_is_tried(self) -> None:
        assert [unknown for *_, unknown in told(Asked("Q1", "POA", "J18.9", ("Yes", "No"), documented=True))] == [
            True, True,
        ]  # fmt: skip
