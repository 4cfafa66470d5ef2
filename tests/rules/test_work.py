"""The line that asks for a part of the queue says what it means, and is written as it is read."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.code_tables import shipped_tables
from rules import work
from rules.work import (
    EVERYTHING,
    LETTERS,
    LIMITS,
    REASONS,
    SORTS,
    Asked,
    Kind,
    NotUnderstood,
    Range,
    Reason,
    Stopwatch,
    band,
    band_name,
    days_of_revenue,
    letters,
    limit,
    per_hour,
    read_line,
    reason,
)


class TestLine:
    def test_a_bare_word_or_letter_is_a_kind(self) -> None:
        assert read_line("code").kinds == read_line("C").kinds == read_line("KIND=CODE").kinds == Kind.CODE
        assert read_line("a C kind=open").kinds == Kind.ABSTRACT | Kind.CODE | Kind.OPEN

    def test_returned_is_by_billing_or_by_the_receiver(self) -> None:
        assert read_line("RETURNED").kinds == Kind.BILLING | Kind.RECEIVER

    def test_codes_are_any_of_those_named(self) -> None:
        assert read_line("unit=3e,ICU payer = MCR").among == {"unit": ("3E", "ICU"), "payer": ("MCR",)}

    @pytest.mark.parametrize(
        ("text", "range_"),
        [
            ("AGE>7", Range(8, None)),
            ("AGE<3", Range(None, 2)),
            ("AGE=4-7", Range(4, 7)),
            ("AGE=5", Range(5, 5)),
        ],
    )
    def test_age_is_a_range_of_days(self, text: str, range_: Range) -> None:
        assert read_line(text).age == range_

    def test_a_reason_asks_for_what_is_on_hold(self) -> None:
        assert read_line("REASON=DOC").hold == "Y"

    def test_what_is_not_on_hold_is_asked_for_otherwise(self) -> None:
        assert EVERYTHING.hold == "N"

    @pytest.mark.parametrize(
        "text", ["WRONG", "UNIT>3", "AGE=x", "HOLD=MAYBE", "SORT=COLOUR", "COLOUR=RED", "AGE>4-7"]
    )
    def test_what_is_not_known_is_said_in_a_sentence(self, text: str) -> None:
        with pytest.raises(NotUnderstood, match=r"^[A-Z].*\.$"):
            read_line(text)

    @given(
        st.builds(
            Asked,
            kinds=st.sampled_from([Kind(0), Kind.CODE, Kind.ABSTRACT | Kind.DRAFT, work.RETURNED]),
            among=st.dictionaries(
                st.sampled_from(["unit", "service", "payer", "attending", "class"]),
                st.lists(st.sampled_from(["A", "3E", "MCR"]), min_size=1, unique=True).map(tuple),
            ),
            age=st.sampled_from([None, Range(8, None), Range(None, 2), Range(4, 7), Range(5, 5)]),
            value=st.sampled_from([None, Range(10001, None), Range(None, 99)]),
            to=st.sampled_from(["", "ME", "NOBODY", "jones"]),
            hold=st.sampled_from(["Y", "N", "ANY"]),
            errors=st.sampled_from(["", "Y", "N"]),
            billed=st.sampled_from(["", "Y", "N"]),
            sort=st.sampled_from(sorted(SORTS)),
        )
    )
    def test_is_written_as_it_is_read(self, asked: Asked) -> None:
        assert read_line(str(asked)) == asked


class TestKinds:
    def test_each_has_a_letter_of_its_own_and_a_meaning(self) -> None:
        assert set(LETTERS) == set(Kind)
        assert len({letter for letter, _ in LETTERS.values()}) == len(Kind)

    def test_are_shown_as_letters(self) -> None:
        assert letters(Kind.CODE | Kind.ABSTRACT) == "AC"
        assert letters(Kind.OPEN | Kind.BILLING | Kind.REOPENED) == "IOB"


class TestReasonNotBilled:
    """The first that applies counts, so that an account counts once."""

    def test_a_hold_comes_before_everything(self) -> None:
        assert reason(int(work.STORED), held=True) is Reason.HELD

    @pytest.mark.parametrize(
        ("kinds", "found"),
        [
            (Kind.OPEN | Kind.BILLING, Reason.RETURNED), (Kind.ABSTRACT | Kind.WAITING, Reason.QUERY),
            (Kind.ABSTRACT | Kind.CODE, Reason.ABSTRACT), (Kind.OPEN | Kind.CODE, Reason.CODE),
            (Kind.OPEN, Reason.INCOMPLETE), (Kind.RELEASE, Reason.RELEASE), (Kind.RELEASE | Kind.FEED, Reason.RELEASE),
        ],
    )  # fmt: skip
    def test_is_the_first_step_that_is_missing(self, kinds: Kind, found: Reason) -> None:
        assert reason(kinds, held=False) is found

    def test_each_has_a_line_that_can_be_read(self) -> None:
        assert set(REASONS) == set(Reason)
        for _, line in REASONS.values():
            read_line(line)

    def test_bands_are_those_of_the_reports(self) -> None:
        assert [band_name(band(days)) for days in (0, 3, 4, 7, 8, 14, 15, 30, 31, 400)] == [
            "0-3", "0-3", "4-7", "4-7", "8-14", "8-14", "15-30", "15-30", "over 30", "over 30",
        ]  # fmt: skip


class TestDaysOfRevenue:
    def test_6_30_million_unbilled_at_1_05_million_a_day_are_6_days(self) -> None:
        assert days_of_revenue(630_000_000, 105_000_000, 1) == Decimal("6.0")
        assert days_of_revenue(630_000_000, 90 * 105_000_000, 90) == Decimal("6.0")

    def test_without_revenue_there_are_none(self) -> None:
        assert days_of_revenue(630_000_000, 0, 90) is None

    def test_are_rounded_half_up_once(self) -> None:
        assert days_of_revenue(25, 100, 1) == Decimal("0.3")  # 0.25
        assert days_of_revenue(249, 1000, 1) == Decimal("0.2")

    def test_limits_are_dated_and_to_be_confirmed(self) -> None:
        table = shipped_tables()[LIMITS]
        assert {row.code: limit(table, row.code, "2026-11-21") for row in table.on()} == {
            "pause": 300, "revenue_days": 90, "revenue_share": 90, "dnfb_target": 6,
        }  # fmt: skip
        assert all(row.confirm and row.citation for row in table.on())
        assert limit(table, "nothing", "") is None


class TestStopwatch:
    def test_pauses_longer_than_the_limit_do_not_count(self) -> None:
        watch = Stopwatch(0.0, pause=300)
        for at in (60, 120, 1000, 1060):
            watch.touch(at)
        assert (watch.seconds, watch.touches) == (180, 4)

    def test_three_records_in_45_minutes_are_four_an_hour(self) -> None:
        assert per_hour(3, 45 * 60) == Decimal("4.0")
        assert per_hour(1, 0) is None

    def test_a_rate_is_rounded_half_up_once(self) -> None:
        assert per_hour(1, 3600 * 20 // 9) == Decimal("0.5")  # 0.45
