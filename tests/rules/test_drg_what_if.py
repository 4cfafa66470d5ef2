"""What-if: each line is the claim with one thing otherwise, by the worked examples of MS-DRG v44.0."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.codes import normal
from rules.drg import Claim, Diagnosis, Procedure, group
from rules.drg_what_if import Answer, Kind, WhatIf, answered, carriers, told, what_if, with_drivers

DAY = date(2026, 11, 15)
TABLE_5 = {
    "282": "0.7231", "281": "0.9191", "280": "1.6041", "872": "1.0233", "871": "1.9425",
}  # fmt: skip  # FY 2026
RATE_CENTS = 650_000


def claim(dx: str, px: str = "", **more: object) -> Claim:
    """``"I21.4 N17.9/N"``: diagnoses with POA; Y where none is given."""
    pairs = [word.partition("/")[::2] for word in dx.split()]
    diagnoses = tuple(Diagnosis(code, poa or "Y") for code, poa in pairs)
    return Claim(DAY, diagnoses, tuple(map(Procedure, px.split())), 65, "M", "01", **more)  # type: ignore[arg-type]


def weigh(drg: str) -> Decimal | None:
    return Decimal(TABLE_5[drg]) if drg in TABLE_5 else None


def rows(subject: Claim, *answers: Answer) -> dict[str, WhatIf]:
    return {row.change: row for row in what_if(subject, weigh, RATE_CENTS, answers)}


class TestLines:
    def test_a_secondary_that_carries_the_drg_is_missed_in_weight_and_payment(self) -> None:
        row = rows(claim("I21.4 J96.01 N17.9"))["Without J96.01"]
        assert (row.kind, row.drg, row.changes_drg) == (Kind.DIAGNOSIS, "281", True)
        assert row.weight_change == Decimal("0.9191") - Decimal("1.6041")
        assert row.payment_change_cents == 597_415 - 1_042_665

    def test_a_secondary_beside_a_heavier_one_changes_nothing(self) -> None:
        row = rows(claim("I21.4 J96.01 N17.9"))["Without N17.9"]
        assert (row.drg, row.changes_drg, row.weight_change, row.payment_change_cents) == (
            "280",
            False,
            Decimal(0),
            0,
        )

    def test_each_diagnosis_is_tried_as_principal_with_the_others_in_their_order(self) -> None:
        found = rows(claim("I21.4 N17.9 E11.65"))
        assert [each.code for each in found["E11.65 as principal"].claim.dx] == ["E11.65", "I21.4", "N17.9"]
        assert found["N17.9 as principal"].drg == group(claim("N17.9 I21.4 E11.65")).drg

    @pytest.mark.parametrize(
        ("code", "reason"),
        [
            ("V00.01XA", "is an external cause and cannot be the principal diagnosis"),
            ("Z79.4", ""),
            ("Z66", "is not acceptable as the principal diagnosis"),
            ("D63.1", "is a manifestation and cannot be the principal diagnosis"),
        ],
    )
    def test_what_the_code_editor_does_not_take_as_principal_says_why(self, code: str, reason: str) -> None:
        found = rows(claim(f"I21.4 {code}"))[f"{code} as principal"]
        assert found.unacceptable == reason

    def test_a_code_that_requires_a_secondary_has_one_in_the_old_principal(self) -> None:
        assert rows(claim("I21.4 Z51.89"))["Z51.89 as principal"].unacceptable == ""

    def test_each_procedure_is_left_out(self) -> None:
        row = rows(claim("A41.9 R65.21 J96.01", "5A1955Z"))["Without 5A1955Z"]
        assert (row.kind, row.drg) == (Kind.PROCEDURE, "871")

    def test_poa_of_a_hospital_acquired_condition_is_turned_and_of_no_other_code(self) -> None:
        present, acquired = rows(claim("J18.9 L89.154/Y N17.9")), rows(claim("J18.9 L89.154/N N17.9"))
        assert present["L89.154 with POA N"].drg == "194"
        assert acquired["L89.154 with POA Y"].drg == "193"
        assert [change for change in {**present, **acquired} if "N17.9 with POA" in change] == []

    def test_u_counts_as_n_and_w_as_y(self) -> None:
        assert "L89.154 with POA N" not in rows(claim("J18.9 L89.154/U"))
        assert "L89.154 with POA Y" not in rows(claim("J18.9 L89.154/W"))

    def test_an_exempt_hospital_has_no_line_about_poa(self) -> None:
        assert all(
            row.kind is not Kind.POA for row in what_if(claim("J18.9 L89.154", poa_exempt=True), weigh)
        )

    def test_the_heaviest_comes_first_and_what_has_no_weight_last(self) -> None:
        found = what_if(claim("A41.9 R65.21 J96.01", "5A1955Z"), weigh)
        weights = [row.weight for row in found]
        known = [weight for weight in weights if weight is not None]
        assert known == sorted(known, reverse=True)
        assert weights == known + [None] * (len(weights) - len(known))

    def test_without_a_base_rate_no_payment_is_made_up(self) -> None:
        assert {row.payment_change_cents for row in what_if(claim("I21.4 J96.01"), weigh)} == {None}

    def test_a_claim_that_cannot_be_grouped_has_no_lines(self) -> None:
        assert what_if(Claim(DAY), weigh) == []

    def test_a_code_entered_twice_is_dropped_once_at_a_time(self) -> None:
        changes = [(row.change, row.drg) for row in what_if(claim("I21.4 J96.01 J96.01"), weigh)]
        assert changes.count(("Without J96.01", "280")) == 2


class TestAnswersToQueries:
    def test_an_option_adds_its_code(self) -> None:
        option = Answer("Query 12", "Acute respiratory failure", (Diagnosis("J96.01", "Y"),))
        assert rows(claim("I21.4"), option)["Query 12: Acute respiratory failure"].drg == "280"

    def test_an_option_takes_the_place_of_the_code_that_was_asked_about(self) -> None:
        option = Answer("Query 12", "Acute", (Diagnosis("I50.21"),), instead_of="I50.9")
        codes = [(each.code, each.poa) for each in answered(claim("I21.4 I50.9/N E11.65"), option).dx]
        assert codes == [("I21.4", "Y"), ("I50.21", "N"), ("E11.65", "Y")]

    def test_an_option_about_poa_turns_it_on_the_code_that_is_there(self) -> None:
        option = Answer("Query 12", "Not present", (Diagnosis("L89154", "N"),))
        assert rows(claim("J18.9 L89.154"), option)["Query 12: Not present"].drg == "195"

    def test_an_option_without_codes_leaves_the_claim_as_it_is(self) -> None:
        row = rows(claim("I21.4"), Answer("Query 12", "Unable to determine"))["Query 12: Unable to determine"]
        assert (row.claim, row.changes_drg) == (claim("I21.4"), False)


class TestCarriers:
    def test_a_single_mcc_that_carries_the_drg_is_named(self) -> None:
        subject = claim("I21.4 J96.01 N17.9 E11.65")
        grouping = group(subject)
        assert carriers(subject, grouping) == {"J9601": "281"}
        sentence = told(carriers(subject, grouping), grouping)
        assert sentence.startswith("J96.01 (MCC) alone carries DRG 280: without it 281.")

    def test_of_two_mcc_none_carries_it_alone(self) -> None:
        subject = claim("I21.4 J96.01 I50.21")
        assert carriers(subject, group(subject)) == {}
        assert told({}, group(subject)) == "DRG 280 rests on 2 MCCs: it stays without any one of them."

    def test_a_drg_that_a_procedure_carries_rests_on_no_mcc(self) -> None:
        subject = claim("A41.9 R65.21 J96.01", "5A1955Z")
        grouping = group(subject)
        assert (grouping.drg, grouping.severity) == ("870", "MCC")
        assert told(carriers(subject, grouping), grouping) == ""

    def test_an_excluded_code_carries_nothing(self) -> None:
        subject = claim("I21.4 I21.09")
        assert carriers(subject, group(subject)) == {}
        assert told({}, group(subject)) == ""


def newborn(dx: str, px: str = "") -> Claim:
    return replace(claim(f"Z38.00 {dx}".strip(), px), age=0, sex="F")


def drivers(subject: Claim) -> list[str]:
    found = with_drivers(subject, group(subject))
    return [each.code for each in found.dx[1:] if each.drives] + [
        each.code for each in found.px if each.drives
    ]


class TestWithDrivers:
    """DRGs 789 to 795 rest on codes that the grouper marks none of."""

    @pytest.mark.parametrize(
        ("dx", "drg", "driving"),
        [("", "795", []), ("P59.9", "795", []), ("P22.0", "790", ["P220"]),
         ("P07.18 P07.39", "792", ["P0718", "P0739"]),
         ("P59.9 P22.0 P07.18", "790", ["P220"])],
    )  # fmt: skip
    def test_are_the_codes_without_which_it_is_another_drg(
        self, dx: str, drg: str, driving: list[str]
    ) -> None:
        assert group(newborn(dx)).drg == drg
        assert drivers(newborn(dx)) == driving

    def test_where_any_of_two_would_do_both_are(self) -> None:
        assert drivers(newborn("P22.0 P07.02")) == ["P220", "P0702"]

    def test_what_the_grouper_marks_is_left_as_it_is(self) -> None:
        subject = claim("I21.4 J96.01 N17.9")
        assert with_drivers(subject, group(subject)) == group(subject)

    @given(
        st.sets(
            st.sampled_from(
                ["P22.0", "P07.18", "P07.39", "P07.02", "P59.9", "P70.4", "Q21.10", "P36.9", "Z23"]
            )
        )
    )
    def test_by_halves_finds_what_leaving_out_each_in_turn_finds(self, some: set[str]) -> None:
        subject = newborn(" ".join(sorted(some)))
        found = group(subject)
        if any(each.drives for each in found.dx[1:]):
            return
        rows = range(1, len(subject.dx))
        without = (replace(subject, dx=(*subject.dx[:n], *subject.dx[n + 1 :])) for n in rows)
        needed = [
            normal(subject.dx[n].code)
            for n, each in zip(rows, without, strict=True)
            if group(each).drg != found.drg
        ]
        assert not needed or drivers(subject) == needed


def codes_of(subject: Claim) -> set[str]:
    return {normal(each.code) for each in subject.dx} | {normal(each.code) for each in subject.px}


SECONDARIES = st.lists(
    st.sampled_from(["N17.9", "J96.01", "E11.65", "I50.21", "L89.154", "Z66", "D62", "Z79.4"]),
    max_size=5,
    unique=True,
)


class TestIdentities:
    @given(SECONDARIES)
    def test_no_line_has_a_code_that_is_not_on_the_claim(self, secondaries: list[str]) -> None:
        subject = claim(" ".join(["I21.4", *secondaries]), "0SR90JZ")
        there = codes_of(subject)
        for row in what_if(subject, weigh):
            assert codes_of(row.claim) <= there

    @given(SECONDARIES)
    def test_each_line_says_the_drg_that_its_own_claim_groups_to(self, secondaries: list[str]) -> None:
        for row in what_if(claim(" ".join(["I21.4", *secondaries])), weigh):
            assert row.drg == group(row.claim).drg
