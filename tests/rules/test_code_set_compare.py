"""Two code sets compared: added, dropped, resequenced, POA."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from rules.code_set_compare import Kind, compare
from rules.drg import Claim, Diagnosis, Procedure

CODES = st.lists(st.sampled_from(["I214", "N179", "J9601", "E1165", "I5021", "D62"]), max_size=6)


def coded(dx: str, px: str = "", admit: str = "") -> Claim:
    pairs = [word.partition("/")[::2] for word in dx.split()]
    return Claim(
        date(2026, 11, 15),
        tuple(Diagnosis(*pair) for pair in pairs),
        tuple(map(Procedure, px.split())),
        admit_dx=admit,
    )


def told(left: Claim, right: Claim) -> list[tuple[str, str, str, str]]:
    return [(each.kind, each.code, each.left, each.right) for each in compare(left, right)]


class TestDifferences:
    def test_a_code_that_only_one_set_has_is_added_or_dropped_with_its_place_and_poa(self) -> None:
        assert told(coded("I21.4/Y N17.9/Y"), coded("I21.4/Y J96.01/N")) == [
            (Kind.ADDED, "J96.01", "", "2 N"), (Kind.DROPPED, "N17.9", "2 Y", ""),
        ]  # fmt: skip

    def test_with_and_without_dot_is_one_code(self) -> None:
        assert told(coded("I21.4/Y n17.9/Y"), coded("I214/Y N179/y")) == []

    def test_another_principal_is_said_first(self) -> None:
        assert told(coded("A41.9 N39.0"), coded("N39.0 A41.9"))[0] == (
            Kind.PRINCIPAL,
            "N39.0",
            "A41.9",
            "N39.0",
        )

    def test_one_code_that_was_moved_is_one_that_is_resequenced(self) -> None:
        assert told(coded("I21.4 N17.9 E11.65 D62"), coded("I21.4 D62 N17.9 E11.65")) == [
            (Kind.RESEQUENCED, "D62", "4", "2")
        ]

    def test_a_code_that_was_put_in_between_resequences_nothing(self) -> None:
        assert [each[0] for each in told(coded("I21.4 N17.9"), coded("I21.4 D62 N17.9"))] == [Kind.ADDED]

    def test_poa_that_changed_is_told_blank_by_name(self) -> None:
        assert told(coded("I21.4/Y L89.154"), coded("I21.4/Y L89.154/N")) == [
            (Kind.POA, "L89.154", "blank", "N")
        ]

    def test_a_code_entered_twice_is_two_codes(self) -> None:
        assert told(coded("I21.4 D62 D62"), coded("I21.4 D62")) == [(Kind.DROPPED, "D62", "3", "")]

    def test_procedures_and_their_days_and_the_admitting_diagnosis_count_too(self) -> None:
        left = coded("I21.4", "0SR90JZ 5A1955Z", "R07.9")
        right = replace(left, px=(replace(left.px[0], day=date(2026, 11, 14)),), admit_dx="R079")
        assert told(left, right) == [
            (Kind.DAY, "0SR90JZ", "blank", "2026-11-14"),
            (Kind.DROPPED, "5A1955Z", "2", ""),
        ]
        assert told(left, replace(left, admit_dx="")) == [(Kind.ADMITTING, "R07.9", "R07.9", "blank")]


class TestIdentities:
    @given(CODES)
    def test_a_set_does_not_differ_from_itself(self, codes: list[str]) -> None:
        assert told(coded(" ".join(codes)), coded(" ".join(codes))) == []

    @given(CODES, CODES)
    def test_what_is_added_one_way_is_dropped_the_other(self, left: list[str], right: list[str]) -> None:
        there, back = (
            compare(coded(" ".join(a)), coded(" ".join(b))) for a, b in ((left, right), (right, left))
        )
        added = [(each.code, each.right) for each in there if each.kind is Kind.ADDED]
        assert sorted(added) == sorted((each.code, each.left) for each in back if each.kind is Kind.DROPPED)

    @given(CODES)
    def test_moving_the_resequenced_codes_alone_makes_one_order_of_the_other(self, codes: list[str]) -> None:
        codes = list(dict.fromkeys(codes))
        left, right = coded(" ".join(codes)), coded(" ".join(sorted(codes)))
        moved = {each.code.replace(".", "") for each in compare(left, right) if each.kind is Kind.RESEQUENCED}
        staying = [code for code in codes if code not in moved]
        assert staying == sorted(staying)
