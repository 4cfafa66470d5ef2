"""A patient's earlier codes, each once: what lasts on top, with first, last and how often."""

from __future__ import annotations

import pytest

from config.code_tables import shipped_tables
from rules.codes import System
from rules.earlier_codes import EarlierCode, EarlierStay, by_code, kind_of, next_row, within

LASTING = shipped_tables()["lasting_codes"]


def dx(code: str, poa: str = "Y", role: str = "dx") -> EarlierCode:
    return EarlierCode(System.CM, code, role, 1, poa)


def a_stay(number: int, on: str, *codes: EarlierCode) -> EarlierStay:
    return EarlierStay(number, f"A{number}", "I", on, "3E", "291", codes)


STAYS = (
    a_stay(3, "2026-05-01", dx("J189"), dx("I5022", "N"), dx("Z87891")),
    a_stay(2, "2025-03-01", dx("I5022"), dx("I5022", role="admitting"), dx("E119")),
    a_stay(1, "2024-01-01", dx("I5022"), EarlierCode(System.PCS, "0DTJ4ZZ", "px", 1)),
)


class TestByCode:
    def test_chronic_codes_stand_first_then_status_then_what_was_coded_last(self) -> None:
        found = by_code(STAYS, LASTING)
        assert [each.code.code for each in found] == ["I5022", "E119", "Z87891", "J189", "0DTJ4ZZ"]
        assert [each.kind for each in found] == ["chronic", "chronic", "status", "", ""]

    def test_each_has_first_last_and_how_often_and_the_newest_poa(self) -> None:
        failure = by_code(STAYS, LASTING)[0]
        assert (failure.first_on, failure.last.on, failure.times, failure.code.poa) == (
            "2024-01-01", "2026-05-01", 3, "N",
        )  # fmt: skip

    def test_an_admitting_diagnosis_alone_is_not_counted(self) -> None:
        assert by_code([a_stay(1, "2026-01-01", dx("R079", role="admitting"))], LASTING) == []


class TestRanges:
    @pytest.mark.parametrize(
        ("code", "first", "last", "held"),
        [
            ("I5022", "I50", "I50", True), ("I50", "I50", "I50", True), ("I509", "I502", "I502", False),
            ("E1165", "E08", "E13", True), ("E139", "E08", "E13", True), ("E14", "E08", "E13", False),
            ("I49", "I50", "I50", False), ("I5", "I50", "I50", False),
        ],
    )  # fmt: skip
    def test_hold_both_ends_with_everything_below(self, code: str, first: str, last: str, held: bool) -> None:
        assert within(code, first, last) is held

    def test_procedures_do_not_last(self) -> None:
        assert kind_of(EarlierCode(System.PCS, "B20", "px", 1), LASTING) == ""

    def test_a_copied_code_stands_behind_the_others(self) -> None:
        assert next_row([1, 2, 4]) == 5
        assert next_row([]) == 1
