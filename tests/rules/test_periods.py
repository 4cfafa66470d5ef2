"""Months, fiscal years and spans of days."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.periods import (
    WEEKDAYS,
    Period,
    accounting_month,
    accounting_year_to,
    fiscal_year_to,
    month,
    month_of,
    span,
)


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


class TestPeriods:
    def test_february_of_a_leap_year_has_29_days(self):
        assert month("2028-02").days == 29

    @pytest.mark.parametrize("text", ["2026", "2026-13", "2026-1", "11/2026", ""])
    def test_what_is_no_month_is_refused(self, text):
        with pytest.raises(ValueError, match="month"):
            month(text)

    def test_the_same_month_a_year_back_keeps_its_own_length(self):
        assert month_of(day("2028-02-29"), years_back=1) == month("2027-02")

    def test_months_back_cross_the_year(self):
        assert month_of(day("2026-02-10"), months_back=2).name == "2025-12"

    @pytest.mark.parametrize(
        ("at", "start", "first", "name"),
        [
            ("2026-11-30", "10-01", "2026-10-01", "FY2027"),
            ("2026-09-30", "10-01", "2025-10-01", "FY2026"),
            ("2026-10-01", "10-01", "2026-10-01", "FY2027"),
            ("2026-03-31", "01-01", "2026-01-01", "FY2026"),
        ],
    )
    def test_a_fiscal_year_is_named_by_its_last_one(self, at, start, first, name):
        assert fiscal_year_to(day(at), start) == Period(day(first), day(at), name)

    def test_a_span_ends_no_earlier_than_it_begins(self):
        with pytest.raises(ValueError, match="before"):
            span("2026-11-02", "2026-11-01")

    @given(st.dates(), st.sampled_from(["01-01", "07-01", "10-01"]))
    def test_a_fiscal_year_holds_its_day_and_no_more_than_a_year(self, at, start):
        if at.year == 1:
            return
        assert 1 <= fiscal_year_to(at.toordinal(), start).days <= 366


class TestAccountingMonths:
    @given(st.integers(2000, 2060), st.sampled_from(["10-01", "01-01", "07-01"]), st.sampled_from(WEEKDAYS))
    def test_twelve_of_them_are_a_year_of_whole_weeks_without_a_gap(self, year, start, weekday):
        first = int(start[:2])
        names = [f"{year + (first - 1 + at) // 12}-{(first - 1 + at) % 12 + 1:02d}" for at in range(13)]
        months = [accounting_month(name, start, weekday) for name in names]
        assert [each.days // 7 for each in months[:11]] == [4, 4, 5, 4, 4, 5, 4, 4, 5, 4, 4]
        assert months[11].days in (35, 42)
        assert all(before.to_day + 1 == after.from_day for before, after in pairwise(months))
        to_date = [accounting_year_to(name, start, weekday) for name in names[:12]]
        assert [(year.from_day, year.to_day) for year in to_date] == [
            (months[0].from_day, each.to_day) for each in months[:12]
        ]
        begun = date.fromordinal(months[0].from_day)
        assert WEEKDAYS[begun.weekday()] == weekday
        assert abs(months[0].from_day - date(year, first, 1).toordinal()) <= 3

    def test_it_is_named_by_its_number_in_the_fiscal_year(self):
        assert accounting_month("2026-11") == Period(day("2026-11-01"), day("2026-11-28"), "FY2027 P02")

    def test_the_year_to_date_of_a_last_month_that_ends_in_the_next_fiscal_year_is_its_own(self):
        assert accounting_year_to("2026-09") == Period(day("2025-09-28"), day("2026-10-03"), "FY2026")
