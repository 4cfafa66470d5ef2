"""Reviews of records: the sample drawn, two abstractions compared, decisions, and rates that name their method."""

from __future__ import annotations

from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.data_sets import library
from rules import reviews
from rules.reviews import Candidate, Category, Decided, Decision, Kinds, Matching, Method, Outcome, Pair, Rate

ABSTRACT = library().of("abstract")
MATCHINGS = {
    "diagnoses": Matching(("code",), principal=True, indicator="poa"),
    "procedures": Matching(("code", "date"), principal=True),
}
CATEGORIES = {
    "MISSED": Category("MISSED", ""), "WRONG": Category("WRONG", ""), "SEQUENCE": Category("SEQUENCE", ""),
    "POA": Category("POA", "", codes=False), "UNSUPPORTED": Category("UNSUPPORTED", ""),
    "CLERICAL": Category("CLERICAL", "", counts=False, codes=False),
}  # fmt: skip
OF = reviews.kinds(ABSTRACT, MATCHINGS, CATEGORIES)


def diagnoses(*codes: str, poa: str = "Y") -> dict[str, str]:
    return {
        f"diagnoses[{n}].{name}": value
        for n, code in enumerate(codes, 1)
        for name, value in (("code", code), ("poa", poa))
    }


def procedures(*rows: tuple[str, str]) -> dict[str, str]:
    return {
        f"procedures[{n}].{name}": value
        for n, row in enumerate(rows, 1)
        for name, value in zip(("code", "date"), row, strict=True)
    }


def differences(first: dict[str, str], second: dict[str, str]) -> list[tuple[str, str, str, str]]:
    made = reviews.compare(ABSTRACT, first, second, MATCHINGS)
    return [(each.item, each.first, each.second, each.category) for each in made.differences]


def people(*counts: int) -> list[Candidate]:
    numbers = count(1)
    return [Candidate(next(numbers), f"coder{p}") for p, n in enumerate(counts) for _ in range(n)]


class TestTheSample:
    def test_the_same_seed_draws_the_same_records_whatever_their_order(self) -> None:
        some = people(40, 60)
        drawn = reviews.sample(some, Method.RANDOM, "10", "s1", per_person=False)
        assert drawn == reviews.sample(reversed(some), Method.RANDOM, "10", "s1", per_person=False)
        assert len(set(drawn)) == 10
        assert drawn != reviews.sample(some, Method.RANDOM, "10", "s2", per_person=False)

    def test_the_draw_stays_what_it_is(self) -> None:
        """A recorded seed must draw the same sample in ten years."""
        drawn = reviews.sample(people(20), Method.RANDOM, "5", "2026-11", per_person=False)
        assert [each.id for each in drawn] == GOLDEN_DRAW

    @pytest.mark.parametrize(
        ("size", "of", "many"), [("30", 100, 30), ("30", 7, 7), ("5%", 100, 5), ("5%", 101, 6), ("1%", 3, 1)]
    )
    def test_a_percentage_is_rounded_up(self, size: str, of: int, many: int) -> None:
        assert reviews.share(size, of) == many

    @pytest.mark.parametrize("size", ["", "0", "-3", "ten", "5.5%", "%", "٣"])
    def test_other_sizes_are_refused(self, size: str) -> None:
        with pytest.raises(ValueError):  # noqa: PT011
            reviews.share(size, 10)

    def test_by_person_everybody_is_drawn(self) -> None:
        drawn = reviews.sample(people(3, 50, 200), Method.RANDOM, "5", "s", per_person=True)
        counts = {
            person: sum(each.person == person for each in drawn) for person in ("coder0", "coder1", "coder2")
        }
        assert counts == {"coder0": 3, "coder1": 5, "coder2": 5}

    def test_all_and_focused_take_everything(self) -> None:
        for method in (Method.ALL, Method.FOCUSED):
            assert len(reviews.sample(people(9), method, "", "s", per_person=False)) == 9


GOLDEN_DRAW = [6, 9, 2, 18, 20]


class TestComparing:
    def test_the_same_record_has_no_difference(self) -> None:
        record = {"disposition": "01", **diagnoses("I2109", "N179"), **procedures(("027034Z", "2026-11-03"))}
        made = reviews.compare(ABSTRACT, record, record, MATCHINGS)
        assert made.differences == ()
        assert all(pair.agree for pair in made.pairs)

    def test_diagnoses_are_matched_by_code_not_by_row(self) -> None:
        assert differences(diagnoses("I2109", "N179", "E119"), diagnoses("I2109", "E119", "N179")) == []

    def test_a_code_that_the_first_lacks_is_missed_and_one_that_the_second_lacks_unsupported(self) -> None:
        found = differences(diagnoses("I2109", "N179"), diagnoses("I2109", "E119"))
        assert found == [
            ("diagnoses.code", "N179", "", "UNSUPPORTED"), ("diagnoses.code", "", "E119", "MISSED"),
        ]  # fmt: skip

    def test_two_codes_of_one_category_are_one_wrong_code(self) -> None:
        assert differences(diagnoses("I2109", "E119"), diagnoses("I2109", "E1165")) == [
            ("diagnoses.code", "E119", "E1165", "WRONG")
        ]

    def test_another_principal_is_one_difference_of_sequence(self) -> None:
        assert differences(diagnoses("I2109", "N179"), diagnoses("N179", "I2109")) == [
            ("diagnoses.sequence", "I2109", "N179", "SEQUENCE")
        ]

    def test_a_principal_that_the_other_does_not_have_at_all_is_a_wrong_code(self) -> None:
        assert differences(diagnoses("I2109", "N179"), diagnoses("J189", "N179")) == [
            ("diagnoses.code", "I2109", "J189", "WRONG")
        ]

    def test_present_on_admission_is_a_kind_of_its_own(self) -> None:
        found = differences(diagnoses("I2109", poa="Y"), diagnoses("I2109", poa="N"))
        assert found == [("diagnoses.poa", "Y", "N", "POA")]

    def test_procedures_are_matched_by_code_and_date_then_by_code(self) -> None:
        first = procedures(("0W9G3ZZ", "2026-11-03"), ("0W9G3ZZ", "2026-11-05"))
        second = procedures(("0W9G3ZZ", "2026-11-05"), ("0W9G3ZZ", "2026-11-04"))
        found = [each for each in differences(first, second) if each[0] == "procedures.date"]
        assert found == [("procedures.date", "2026-11-03", "2026-11-04", "WRONG")]

    def test_plain_items_are_missed_unsupported_wrong_or_clerical(self) -> None:
        first = {"disposition": "01", "autopsy": "1", "city": "Albany"}
        second = {"disposition": "03", "coroner": "1", "city": "Albnay"}
        assert set(differences(first, second)) == {
            ("disposition", "01", "03", "WRONG"), ("autopsy", "1", "", "UNSUPPORTED"), ("coroner", "", "1", "MISSED"),
            ("city", "Albany", "Albnay", "CLERICAL"),
        }  # fmt: skip

    def test_a_null_that_follows_from_the_record_is_no_answer_of_the_one_whose_form_filled_it(self) -> None:
        home = {"disposition": "01"}
        assert differences(home, home | {"autopsy": "/NA"}) == []
        assert differences(home | {"autopsy": "/NA"}, home) == []
        assert differences(home, home | {"autopsy": "1"}) == [("autopsy", "", "1", "MISSED")]
        pairs = reviews.compare(ABSTRACT, home, home | {"autopsy": "/NA"}, MATCHINGS).pairs
        assert [each.agree for each in pairs if each.item == "autopsy"] == [True]

    def test_notes_and_what_cannot_be_keyed_are_not_compared(self) -> None:
        assert (
            differences(
                {"note": "a", "mrn": "1", "los_days": "3"}, {"note": "b", "mrn": "2", "los_days": "4"}
            )
            == []
        )

    def test_any_data_set_is_compared(self) -> None:
        trauma = library().of("trauma")
        made = reviews.compare(
            trauma, {"procedures[1].code": "0BH17EZ", "injuries[1].predot": "140650"},
            {"procedures[1].code": "0BH17EZ"}, {},
        )  # fmt: skip
        assert [each.category for each in made.differences if each.second == ""] == ["UNSUPPORTED"] * len(
            made.differences
        )

    @given(
        st.lists(
            st.sampled_from(["I2109", "N179", "E119", "E1165", "J189", "I214"]), unique=True, max_size=6
        ),
        st.lists(
            st.sampled_from(["I2109", "N179", "E119", "E1165", "J189", "I214"]), unique=True, max_size=6
        ),
    )
    def test_every_row_is_matched_once_and_both_ways_find_as_much(
        self, one: list[str], other: list[str]
    ) -> None:
        there = reviews.compare(ABSTRACT, diagnoses(*one), diagnoses(*other), MATCHINGS).differences
        back = reviews.compare(ABSTRACT, diagnoses(*other), diagnoses(*one), MATCHINGS).differences
        assert len(there) == len(back)
        codes = [pair for pair in reviews.compare(ABSTRACT, diagnoses(*one), diagnoses(*other), MATCHINGS).pairs
                 if pair.item == "diagnoses.code"]  # fmt: skip
        assert sorted(pair.first for pair in codes if pair.first) == sorted(one)
        assert sorted(pair.second for pair in codes if pair.second) == sorted(other)

    @given(
        st.lists(
            st.sampled_from(["I2109", "N179", "E119", "E1165", "J189"]), unique=True, min_size=1, max_size=5
        ),
        st.lists(
            st.sampled_from(["I2109", "N179", "E119", "E1165", "J189"]), unique=True, min_size=1, max_size=5
        ),
    )
    def test_a_record_corrected_in_every_difference_differs_no_more(
        self, one: list[str], other: list[str]
    ) -> None:
        first, second = diagnoses(*one) | {"disposition": "01"}, diagnoses(*other, poa="N") | {"autopsy": "0"}
        made = reviews.compare(ABSTRACT, first, second, MATCHINGS)
        record = reviews.corrected(first, second, made.differences)
        left = [
            d
            for d in reviews.compare(ABSTRACT, record, second, MATCHINGS).differences
            if d.category != "SEQUENCE"
        ]
        assert left == []


class TestCorrecting:
    def test_takes_only_the_differences_that_are_named(self) -> None:
        first, second = diagnoses("I2109", "N179"), diagnoses("N179", "I2109", "E119")
        missed = [
            each
            for each in reviews.compare(ABSTRACT, first, second, MATCHINGS).differences
            if each.category == "MISSED"
        ]
        record = reviews.corrected(first, second, missed)
        assert [record[f"diagnoses[{n}].code"] for n in (1, 2, 3)] == ["I2109", "N179", "E119"]

    def test_rows_close_up_and_the_principal_moves(self) -> None:
        first, second = diagnoses("I2109", "J189", "N179"), diagnoses("N179", "I2109")
        record = reviews.corrected(
            first, second, reviews.compare(ABSTRACT, first, second, MATCHINGS).differences
        )
        assert [record.get(f"diagnoses[{n}].code") for n in (1, 2, 3)] == ["N179", "I2109", None]


def audit(records: int, codes: int, wrong_in: list[int], drg_wrong: int) -> list[Outcome]:
    """``records`` reviewed records of one audit; ``wrong_in`` says how many wrong codes each of the first ones has."""
    outcomes = []
    for n in range(records):
        many = codes // records + (n < codes % records)
        first = diagnoses(*(f"A{n:02d}{m}" for m in range(many)))
        wrong = wrong_in[n] if n < len(wrong_in) else 0
        second = dict(first)
        for m in range(wrong):
            second[f"diagnoses[{m + 1}].code"] = f"A{n:02d}{m}9"
        made = reviews.compare(ABSTRACT, first, second, MATCHINGS)
        decided = tuple(Decided(each.item, each.category, Decision.SECOND) for each in made.differences)
        outcomes.append(Outcome("jones", made.pairs, decided, "291", "292" if n < drg_wrong else "291"))
    return outcomes


class TestRates:
    def test_one_audit_gives_95_39_of_codes_82_00_of_records_and_94_00_of_drgs(self) -> None:
        """412 codes, 19 wrong; 50 records, 9 with an error; DRG right in 47 of 50."""
        made = reviews.measures(audit(50, 412, [3, 3, 2, 2, 2, 2, 2, 2, 1], 3), OF)
        assert (made.codes, made.records, made.drg) == (Rate(393, 412), Rate(41, 50), Rate(47, 50))
        percent = (made.codes.percent, made.records.percent, made.drg.percent)
        assert percent == (Decimal("95.39"), Decimal("82.00"), Decimal("94.00"))

    @pytest.mark.parametrize(
        ("decision", "category", "counted"),
        [
            (Decision.SECOND, "WRONG", 1), (Decision.BOTH, "WRONG", 1), (Decision.FIRST, "WRONG", 0),
            (Decision.ACCEPTABLE, "WRONG", 0), (Decision.SECOND, "CLERICAL", 0), (Decision.SECOND, "UNHEARD OF", 1),
        ],
    )  # fmt: skip
    def test_an_error_is_decided_against_the_first_in_a_category_that_counts(
        self, decision: Decision, category: str, counted: int
    ) -> None:
        outcome = Outcome(
            "a", (Pair("diagnoses.code", "A", "B"),), (Decided("diagnoses.code", category, decision),)
        )
        made = reviews.measures([outcome], OF)
        assert (made.codes, made.records) == (Rate(1 - counted, 1), Rate(1 - counted, 1))

    def test_poa_is_rated_apart_from_the_codes(self) -> None:
        first, second = diagnoses("I2109", "N179"), diagnoses("I2109", "N179", poa="N")
        made = reviews.compare(ABSTRACT, first, second, MATCHINGS)
        decided = tuple(Decided(each.item, each.category, Decision.SECOND) for each in made.differences[:1])
        rates = reviews.measures([Outcome("a", made.pairs, decided)], OF)
        assert (rates.codes, rates.poa, rates.records) == (Rate(2, 2), Rate(1, 2), Rate(0, 1))

    def test_of_nothing_there_is_no_rate(self) -> None:
        made = reviews.measures([], OF)
        assert (made.codes.percent, made.records.percent, made.drg.percent, made.kappa) == (
            None,
            None,
            None,
            None,
        )

    def test_each_person_has_rates_of_their_own(self) -> None:
        wrong = Outcome(
            "b", (Pair("diagnoses.code", "A", "B"),), (Decided("diagnoses.code", "WRONG", Decision.SECOND),)
        )
        right = Outcome("a", (Pair("diagnoses.code", "A", "A"),))
        made = reviews.by_person([wrong, right], OF)
        assert (made["a"].records, made["b"].records) == (Rate(1, 1), Rate(0, 1))

    def test_elements_that_differ_most_come_first(self) -> None:
        pairs = (Pair("disposition", "01", "03"), Pair("autopsy", "1", "1"))
        (first, second) = reviews.by_element([Outcome("a", pairs)], OF)
        assert (first.item, first.agreement, second.item) == ("disposition", Rate(0, 1), "autopsy")


class TestKappa:
    def test_of_a_published_table(self) -> None:
        """Cohen's example form: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: observed 0.70, expected 0.50, kappa 0.40."""
        pairs = (
            [Pair("x", "1", "1")] * 20
            + [Pair("x", "1", "0")] * 5
            + [Pair("x", "0", "1")] * 10
            + [Pair("x", "0", "0")] * 15
        )
        assert reviews.pooled_kappa(pairs) == Decimal("0.400")

    def test_is_one_when_all_agree_on_more_than_one_value(self) -> None:
        assert reviews.pooled_kappa([Pair("x", "1", "1"), Pair("x", "0", "0")]) == Decimal("1.000")

    def test_is_not_defined_where_chance_would_agree_on_everything(self) -> None:
        assert reviews.pooled_kappa([Pair("x", "1", "1")] * 3) is None
        assert reviews.pooled_kappa([]) is None

    def test_values_of_two_items_are_not_taken_for_each_other(self) -> None:
        one = [Pair("x", "1", "1")] * 5 + [Pair("x", "0", "1")] * 5
        assert reviews.pooled_kappa(one) == Decimal("0.000")
        assert reviews.pooled_kappa([*one, *(Pair("y", p.first, p.second) for p in one)]) == Decimal("0.000")

    @given(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from("AB")), min_size=1, max_size=30))
    def test_never_exceeds_one_and_is_the_same_both_ways(self, said: list[tuple[str, str]]) -> None:
        there = reviews.pooled_kappa([Pair("x", one, other) for one, other in said])
        back = reviews.pooled_kappa([Pair("x", other, one) for one, other in said])
        assert there == back
        assert there is None or -1 <= there <= 1


def test_kinds_know_codes_indicators_and_lists() -> None:
    assert isinstance(OF, Kinds)
    assert {"diagnoses.code", "procedures.code", "admitting_diagnosis"} <= OF.codes
    assert OF.poa == {"diagnoses.poa"}
    assert "disposition" in OF.categorical
