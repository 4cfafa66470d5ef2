"""Clocks end on the day that the law says, over holidays, weekends, year ends, extensions and tolls."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.code_tables import shipped_tables
from rules.deadlines import (
    Clock,
    Pause,
    Unit,
    add_working_days,
    clock,
    due,
    earliest,
    foia_start,
    holidays,
    is_working_day,
    may_extend,
    working_days_between,
)

DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 12, 31))
CLOCKS = shipped_tables()["clocks"]


def held(code: str) -> Clock:
    row = CLOCKS.find(code)
    assert row is not None
    return clock(row)


def due_text(code: str, start: str, **more: object) -> str:
    day = due(held(code), date.fromisoformat(start), **more)  # type: ignore[arg-type]
    return day.isoformat() if day else ""


class TestFederalHolidays:
    """Published by the Office of Personnel Management."""

    @pytest.mark.parametrize(
        ("year", "days"),
        [
            (2020, "01-01 01-20 02-17 05-25 07-03 09-07 10-12 11-11 11-26 12-25"),
            (2021, "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31"),
            (2022, "01-17 02-21 05-30 06-20 07-04 09-05 10-10 11-11 11-24 12-26"),
            (2023, "01-02 01-16 02-20 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25"),
            (2026, "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25"),
            (2027, "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31"),
        ],
    )
    def test_observed_days_of_a_year(self, year: int, days: str) -> None:
        assert sorted(day.isoformat()[5:] for day in holidays(year)) == days.split()

    def test_new_year_on_a_saturday_is_observed_in_the_old_year(self) -> None:
        assert holidays(2021)[date(2021, 12, 31)] == "New Year's Day"
        assert date(2022, 1, 1) not in holidays(2022)

    def test_juneteenth_is_a_holiday_since_2021(self) -> None:
        assert is_working_day(date(2020, 6, 19))
        assert not is_working_day(date(2026, 6, 19))

    def test_inauguration_day_counts_only_where_it_is_given(self) -> None:
        day = date(2021, 1, 20)
        assert is_working_day(day)
        assert not is_working_day(day, {day})

    @given(st.integers(1990, 2090))
    def test_no_holiday_is_observed_on_a_weekend(self, year: int) -> None:
        assert all(day.weekday() < 5 for day in holidays(year))


class TestEachClock:
    """The last day in time, worked out by hand on a calendar."""

    @pytest.mark.parametrize(
        ("code", "start", "expected", "extended"),
        [
            ("HIPAA_ACCESS", "2026-11-21", "2026-12-21", "2027-01-20"),
            ("HIPAA_ACCESS", "2023-12-31", "2024-01-30", "2024-02-29"),
            ("VA_ACCESS", "2026-11-20", "2026-12-21", "2027-01-21"),
            ("VA_ACCESS", "2026-12-18", "2027-01-20", "2027-02-18"),
            ("PA_ACCESS_ACK", "2026-06-12", "2026-06-29", "2026-06-29"),
            ("PA_ACCESS", "2026-06-12", "2026-07-28", "2026-07-28"),
            ("FOIA", "2026-11-21", "2026-12-21", "2027-01-06"),
            ("FOIA_REFERRAL", "2026-11-21", "2026-12-01", "2026-12-01"),
            ("FOIA_APPEAL", "2022-12-01", "2022-12-30", "2023-01-17"),
            ("FOIA_EXPEDITE", "2026-12-24", "2027-01-03", "2027-01-03"),
            ("FOIA_APPEAL_FILED", "2026-11-21", "2027-02-19", "2027-02-19"),
            ("HIPAA_ACCOUNTING", "2026-11-21", "2027-01-20", "2027-02-19"),
            ("HIPAA_AMENDMENT", "2026-12-31", "2027-03-01", "2027-03-31"),
            ("PA_AMEND_ACK", "2026-11-21", "2026-12-07", "2026-12-07"),
            ("PA_AMEND_REVIEW", "2026-11-21", "2027-01-06", "2027-01-06"),
            ("ORAL_SUSPENSION", "2026-11-21", "2026-12-21", "2026-12-21"),
            ("PART2_LIST", "2026-02-01", "2026-03-03", "2026-03-03"),
            ("BREACH_NOTICE", "2026-11-21", "2027-01-20", "2027-01-20"),
            ("BREACH_500", "2026-11-21", "2027-01-20", "2027-01-20"),
            ("BREACH_SMALL", "2026-03-15", "2027-03-01", "2027-03-01"),
            ("BREACH_SMALL", "2027-01-01", "2028-02-29", "2028-02-29"),
            ("BREACH_AGENCY", "2026-11-21", "", ""),
            ("REPLY", "2026-11-20", "2026-12-21", "2026-12-21"),
            ("CONGRESS_REPLY", "2026-11-20", "2026-12-07", "2026-12-07"),
            ("POLICY", "2026-11-21", "", ""),
            ("NAMED", "2026-11-21", "", ""),
            ("IMMEDIATE", "2026-11-21", "2026-11-21", "2026-11-21"),
            ("RETAIN_HIPAA", "2024-02-29", "2030-03-01", "2030-03-01"),
            ("RETAIN_PA", "2026-11-21", "2031-11-21", "2031-11-21"),
            ("VA_RECORD_LIFE", "2026-11-21", "2101-11-21", "2101-11-21"),
        ],
    )
    def test_goldens(self, code: str, start: str, expected: str, extended: str) -> None:
        assert due_text(code, start) == expected
        assert due_text(code, start, extended=True) == extended

    def test_every_clock_of_the_table_is_tried_above(self) -> None:
        mark = next(m for m in TestEachClock.test_goldens.pytestmark if m.name == "parametrize")  # type: ignore[attr-defined]
        assert {row[0] for row in mark.args[1]} == {row.code for row in CLOCKS.rows}

    def test_a_named_day_is_the_one_on_the_document(self) -> None:
        assert due_text("NAMED", "2026-11-21", named=date(2026, 12, 4)) == "2026-12-04"

    def test_every_clock_names_its_law(self) -> None:
        assert all(row.citation for row in CLOCKS.rows)


class TestWorkingDays:
    def test_the_day_of_receipt_does_not_count(self) -> None:
        assert add_working_days(date(2026, 11, 25), 1) == date(2026, 11, 27)  # Thanksgiving between

    @given(DAYS, st.integers(1, 120))
    def test_counting_on_and_counting_between_agree(self, start: date, count: int) -> None:
        end = add_working_days(start, count)
        assert is_working_day(end)
        assert working_days_between(start, end) == count

    @given(DAYS, st.integers(1, 40))
    def test_a_calendar_clock_never_outlasts_the_same_working_clock(self, start: date, count: int) -> None:
        calendar = due(Clock("C", Unit.CALENDAR, count), start)
        working = due(Clock("W", Unit.WORKING, count), start)
        assert calendar is not None
        assert working is not None
        assert calendar <= working


class TestTolls:
    def test_an_information_toll_stops_the_clock_from_the_question_to_the_answer(self) -> None:
        pause = Pause(date(2026, 11, 30), date(2026, 12, 7))  # five working days
        assert due_text("FOIA", "2026-11-20", pauses=[pause]) == "2026-12-29"  # else 12-21, and Christmas

    def test_an_open_toll_leaves_no_day(self) -> None:
        assert due_text("FOIA", "2026-11-20", pauses=[Pause(date(2026, 11, 30))]) == ""

    def test_only_the_first_information_toll_counts(self) -> None:
        one = Pause(date(2026, 11, 30), date(2026, 12, 7))
        two = Pause(date(2026, 12, 8), date(2026, 12, 15))
        assert due_text("FOIA", "2026-11-20", pauses=[two, one]) == due_text(
            "FOIA", "2026-11-20", pauses=[one]
        )

    def test_every_fee_toll_counts(self) -> None:
        one = Pause(date(2026, 11, 30), date(2026, 12, 1), about_fees=True)
        two = Pause(date(2026, 12, 2), date(2026, 12, 3), about_fees=True)
        assert due_text("FOIA", "2026-11-20", pauses=[one, two]) == "2026-12-23"

    def test_the_access_clock_of_hipaa_does_not_toll(self) -> None:
        assert due_text("HIPAA_ACCESS", "2026-11-21", pauses=[Pause(date(2026, 11, 22))]) == "2026-12-21"

    @given(DAYS, st.integers(0, 20), st.integers(0, 20))
    def test_a_calendar_toll_moves_the_day_by_its_length(self, start: date, after: int, length: int) -> None:
        tolled = Clock("T", Unit.CALENDAR, 30, tolls=True)
        asked = start + timedelta(days=after)
        pause = Pause(asked, asked + timedelta(days=length))
        assert due(tolled, start, pauses=[pause]) == start + timedelta(days=30 + length)


class TestExtension:
    def test_it_is_taken_inside_the_first_period(self) -> None:
        access, start = held("HIPAA_ACCESS"), date(2026, 11, 21)
        assert may_extend(access, start, date(2026, 12, 21), extended=False)
        assert not may_extend(access, start, date(2026, 12, 22), extended=False)

    def test_it_is_taken_once(self) -> None:
        assert not may_extend(held("HIPAA_ACCESS"), date(2026, 11, 21), date(2026, 11, 22), extended=True)

    def test_a_clock_without_one_is_not_extended(self) -> None:
        assert not may_extend(held("PART2_LIST"), date(2026, 11, 21), date(2026, 11, 22), extended=False)


class TestStart:
    def test_foia_counts_from_the_component_or_ten_days_after_any(self) -> None:
        received, latest = date(2026, 11, 21), held("FOIA_REFERRAL")
        assert foia_start(received, date(2026, 11, 24), latest) == date(2026, 11, 24)
        assert foia_start(received, date(2026, 12, 20), latest) == date(2026, 12, 1)
        assert foia_start(received, None, latest) == date(2026, 12, 1)

    def test_the_earliest_of_several_regimes_holds(self) -> None:
        # Over Christmas, 20 working days reach further than 30 calendar days.
        start = date(2026, 12, 18)
        days = [due(held("VA_ACCESS"), start), due(held("HIPAA_ACCESS"), start), None]
        assert earliest(days) == date(2027, 1, 17)

    def test_the_end_of_the_calendar_is_no_day(self) -> None:
        assert due(Clock("C", Unit.CALENDAR, 30), date(9999, 12, 20)) is None
        assert due(Clock("C", Unit.WORKING, 30), date(9999, 12, 20)) is None
        assert due(Clock("C", Unit.YEARS, 30), date(9999, 12, 20)) is None
