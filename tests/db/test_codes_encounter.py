"""Side and encounter in a question for codes: what says another one stands behind, a header too."""

from __future__ import annotations

from datetime import date

import pytest

from db.coding.codes import CodeStore
from rules.codes import System

DAY = date(2026, 11, 1)


def titles(codes: CodeStore, words: str, limit: int = 10) -> list[str]:
    return [hit.title.lower() for hit in codes.search(words, System.CM, DAY, limit)]


class TestTheEncounterAsked:
    @pytest.mark.parametrize(
        ("words", "says"),
        [
            ("hip fx r initial", "initial encounter"),
            ("ankle sprain left init", "initial encounter"),
            ("wrist fracture right subsequent", "subsequent encounter"),
            ("ankle sprain right follow up", "subsequent encounter"),
            ("hip fracture sequela", "sequela"),
            ("traumatic amputation thumb left initial encounter", "initial encounter"),
        ],
    )
    def test_stands_before_the_others_and_before_the_header(
        self, code_sets: CodeStore, words: str, says: str
    ) -> None:
        assert [says in title for title in titles(code_sets, words, 5)] == [True] * 5

    def test_of_later_ones_routine_healing_comes_first_unless_another_is_asked(
        self, code_sets: CodeStore
    ) -> None:
        assert "routine healing" in titles(code_sets, "hip fx l subsequent")[0]
        assert "nonunion" in titles(code_sets, "hip fx l subsequent nonunion")[0]

    def test_of_first_ones_the_closed_fracture_comes_first_unless_open_is_asked(
        self, code_sets: CodeStore
    ) -> None:
        assert "closed fracture" in titles(code_sets, "tibia fx left initial")[0]
        assert "open fracture type i or ii" in titles(code_sets, "open tibia fx left initial")[0]

    def test_a_disease_that_is_called_subsequent_is_found_by_it(self, code_sets: CodeStore) -> None:
        assert titles(code_sets, "subsequent mi")[0].startswith("subsequent st elevation")


class TestTheSideAsked:
    @pytest.mark.parametrize(("side", "other"), [("right", "left"), ("left", "right")])
    def test_stands_before_the_other_one(self, code_sets: CodeStore, side: str, other: str) -> None:
        found = titles(code_sets, f"rotator cuff tear {side}")
        assert side in found[0]
        assert not any(f" {other} " in title for title in found[:3])

    def test_both_is_one_code_where_there_is_one_and_each_side_where_not(self, code_sets: CodeStore) -> None:
        assert "bilateral" in titles(code_sets, "carpal tunnel bilateral")[0]
        assert titles(code_sets, "bilateral knee pain")[:2] == ["pain in right knee", "pain in left knee"]
        assert all("knee" in title for title in titles(code_sets, "bilateral knee pain"))
