"""Dates and times as FileMan reads them. The clock stands at Saturday 21 November 2026, 09:41."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.dates import Unclear, parse_date, parse_moment, parse_time, show_date, show_moment, show_time

NOW = datetime(2026, 11, 21, 9, 41, 30)


class TestPublishedForms:
    """VA FileMan user manual: the forms that technicians key every day."""

    @pytest.mark.parametrize(
        ("keyed", "day"),
        [
            ("T", "2026-11-21"),
            ("t", "2026-11-21"),
            ("TODAY", "2026-11-21"),
            ("N", "2026-11-21"),
            ("NOW", "2026-11-21"),
            ("T-1", "2026-11-20"),
            ("T+1", "2026-11-22"),
            ("T+3W", "2026-12-12"),
            ("T+4M", "2027-03-21"),
            ("T-1M", "2026-10-21"),
            ("7/20/99", "1999-07-20"),
            ("7-20-99", "1999-07-20"),
            ("07/20/1999", "1999-07-20"),
            ("20JUL99", "1999-07-20"),
            ("20 JUL 99", "1999-07-20"),
            ("20 jul 1999", "1999-07-20"),
            ("JUL 20, 1999", "1999-07-20"),
            ("JULY 20 1999", "1999-07-20"),
            ("072099", "1999-07-20"),
            ("07201999", "1999-07-20"),
            ("012057", "1957-01-20"),
            ("1/20/57", "1957-01-20"),
            ("7/20", "2026-07-20"),
            ("20 JUL", "2026-07-20"),
            ("0720", "2026-07-20"),
            ("2026-02-28", "2026-02-28"),
            ("SEPT 3", "2026-09-03"),
        ],
    )
    def test_dates(self, keyed: str, day: str) -> None:
        assert parse_date(keyed, NOW) == day

    @pytest.mark.parametrize(
        ("keyed", "moment"),
        [
            ("NOW", "2026-11-21T09:41"),
            ("N", "2026-11-21T09:41"),
            ("NOW-1H", "2026-11-21T08:41"),
            ("NOW+30'", "2026-11-21T10:11"),
            ("NOW-10H", "2026-11-20T23:41"),
            ("NOON", "2026-11-21T12:00"),
            ("MID", "2026-11-22T00:00"),
            ("T@MID", "2026-11-22T00:00"),
            ("T@NOON", "2026-11-21T12:00"),
            ("T@330", "2026-11-21T15:30"),
            ("T@0330", "2026-11-21T03:30"),
            ("T@3:30", "2026-11-21T15:30"),
            ("T@10AM", "2026-11-21T10:00"),
            ("T@3P", "2026-11-21T15:00"),
            ("T-1@2400", "2026-11-21T00:00"),
            ("7/20/99@1530", "1999-07-20T15:30"),
            ("JAN 20@10", "2026-01-20T10:00"),
            ("11/21/2026 0730", "2026-11-21T07:30"),
            ("21 NOV 2026 0730", "2026-11-21T07:30"),
            ("10:30", "2026-11-21T10:30"),
            ("2026-11-21T07:30", "2026-11-21T07:30"),
        ],
    )
    def test_moments(self, keyed: str, moment: str) -> None:
        assert parse_moment(keyed, NOW) == moment

    @pytest.mark.parametrize(
        ("keyed", "time"),
        [
            ("0730", "07:30"),
            ("730", "07:30"),
            ("7:30", "07:30"),
            ("3P", "15:00"),
            ("3 PM", "15:00"),
            ("330", "15:30"),
            ("0330", "03:30"),
            ("12A", "00:00"),
            ("12P", "12:00"),
            ("0000", "00:00"),
            ("2359", "23:59"),
            ("NOON", "12:00"),
            ("NOW", "09:41"),
            ("6", "06:00"),
            ("5", "17:00"),
        ],
    )
    def test_times(self, keyed: str, time: str) -> None:
        assert parse_time(keyed, NOW) == time


class TestYearOfAStay:
    """A year that is left out is the one in which the date lies within the stay, when only one does."""

    @pytest.mark.parametrize(
        ("stay", "keyed", "day"),
        [
            (("2025-12-28", "2026-01-03"), "1230", "2025-12-30"),
            (("2025-12-28", "2026-01-03"), "1/2", "2026-01-02"),
            (("2025-11-10", "2025-11-14"), "NOV 11", "2025-11-11"),
            (("2025-11-10", "2025-11-14"), "1120", "2026-11-20"),  # outside of it: this year, as elsewhere
            (("2025-03-01", "2026-03-20"), "0310", "2026-03-10"),  # twice in it: this year
            (("2025-11-10", "2025-11-14"), "11/11/24", "2024-11-11"),  # a year that is keyed is kept
            (("2024-02-20", "2024-03-02"), "0229", "2024-02-29"),
        ],
    )
    def test_years(self, stay: tuple[str, str], keyed: str, day: str) -> None:
        assert parse_date(keyed, NOW, past=True, between=stay) == day


class TestYears:
    @pytest.mark.parametrize(
        ("keyed", "day"),
        [
            ("12/31/46", "2046-12-31"),
            ("1/1/46", "2046-01-01"),
            ("1/1/47", "1947-01-01"),
            ("1/1/00", "2000-01-01"),
        ],
    )
    def test_two_digits_lie_at_most_20_years_ahead(self, keyed: str, day: str) -> None:
        assert parse_date(keyed, NOW) == day

    @pytest.mark.parametrize(
        ("keyed", "day"),
        [
            ("11/21/26", "2026-11-21"),
            ("11/22/26", "1926-11-22"),
            ("1/1/27", "1927-01-01"),
            ("12/25", "2025-12-25"),
        ],
    )
    def test_a_birth_date_turns_back(self, keyed: str, day: str) -> None:
        assert parse_date(keyed, NOW, past=True) == day

    @pytest.mark.parametrize("keyed", ["T+1", "11/22/2026", "12/31/2030"])
    def test_a_birth_date_that_lies_ahead_is_refused(self, keyed: str) -> None:
        assert isinstance(parse_date(keyed, NOW, past=True), Unclear)


class TestImprecise:
    @pytest.mark.parametrize(
        ("keyed", "value", "shown"),
        [
            ("1999", "1999", "1999"),
            ("JUL 1999", "1999-07", "07/1999"),
            ("JUL, 1999", "1999-07", "07/1999"),
            ("7/1999", "1999-07", "07/1999"),
            ("7/00/1999", "1999-07", "07/1999"),
        ],
    )
    def test_where_allowed_month_and_year_are_enough(self, keyed: str, value: str, shown: str) -> None:
        assert parse_date(keyed, NOW, imprecise=True) == value
        assert show_date(value) == shown

    @pytest.mark.parametrize("keyed", ["1999", "JUL 1999", "7/1999"])
    def test_elsewhere_the_day_is_asked_for(self, keyed: str) -> None:
        answer = parse_date(keyed, NOW)
        assert isinstance(answer, Unclear)
        assert "exact day" in answer.sentence


class TestRefusals:
    @pytest.mark.parametrize(
        "keyed",
        [
            "",
            "X",
            "13/45/99",
            "2/30/26",
            "31APR26",
            "T+",
            "T-1X",
            "0/5/26",
            "NEVER",
            "99999999",
            "T+99999M",
            "é",
        ],
    )
    def test_what_is_no_date_says_how_to_key_one(self, keyed: str) -> None:
        answer = parse_date(keyed, NOW)
        assert isinstance(answer, Unclear)
        assert answer.sentence.endswith(".")

    @pytest.mark.parametrize("keyed", ["", "25", "1260", "13P", "0P", "7:3", "X"])
    def test_what_is_no_time_is_refused(self, keyed: str) -> None:
        assert isinstance(parse_time(keyed, NOW), Unclear)

    @pytest.mark.parametrize("keyed", ["2400", "MID", "MIDNIGHT"])
    def test_midnight_alone_belongs_to_two_days(self, keyed: str) -> None:
        answer = parse_time(keyed, NOW)
        assert isinstance(answer, Unclear)
        assert "0000" in answer.sentence

    @pytest.mark.parametrize("keyed", ["T", "7/20/99", "20 JUL 99", "", "@0730X"])
    def test_a_moment_needs_its_time(self, keyed: str) -> None:
        assert isinstance(parse_moment(keyed, NOW), Unclear)


days = st.dates(date(1900, 1, 1), date(2100, 12, 31))


class TestIdentities:
    @given(days)
    def test_what_is_shown_can_be_keyed(self, day: date) -> None:
        value = day.isoformat()
        assert parse_date(show_date(value), NOW) == value
        assert parse_date(show_date(value, "military"), NOW) == value
        assert parse_date(f"{day:%m%d%Y}", NOW) == value

    @given(st.datetimes(datetime(1900, 1, 1), datetime(2100, 12, 31)))
    def test_what_is_shown_of_a_moment_can_be_keyed(self, moment: datetime) -> None:
        value = f"{moment:%Y-%m-%dT%H:%M}"
        assert parse_moment(show_moment(value), NOW) == value
        assert parse_moment(show_moment(value, "military"), NOW) == value

    @given(st.times())
    def test_what_is_shown_of_a_time_can_be_keyed(self, time: object) -> None:
        value = f"{time:%H:%M}"
        assert parse_time(show_time(value), NOW) == value

    @given(st.integers(-20000, 20000))
    def test_t_and_a_number_counts_days(self, count: int) -> None:
        expected = (NOW + timedelta(days=count)).date().isoformat()
        assert parse_date(f"T{count:+d}", NOW) == expected

    @given(st.integers(0, 99), st.integers(1, 12))
    def test_a_two_digit_year_is_never_more_than_20_years_ahead_nor_80_back(
        self, year: int, month: int
    ) -> None:
        answer = parse_date(f"{month}/1/{year:02}", NOW)
        assert isinstance(answer, str)
        assert -80 < int(answer[:4]) - NOW.year <= 20

    @given(st.text(max_size=20), st.booleans(), st.booleans())
    def test_nothing_that_is_keyed_raises(self, text: str, past: bool, imprecise: bool) -> None:
        for answer in (
            parse_date(text, NOW, past=past, imprecise=imprecise),
            parse_moment(text, NOW, past=past),
            parse_time(text, NOW),
        ):
            assert isinstance(answer, str | Unclear)

    @given(st.from_regex(r"[TN0-9/@+\-JULAMP :']{1,14}", fullmatch=True))
    def test_nothing_near_a_date_raises_and_dates_are_real(self, text: str) -> None:
        answer = parse_date(text, NOW)
        if isinstance(answer, str):
            date.fromisoformat(answer)
        moment = parse_moment(text, NOW)
        if isinstance(moment, str):
            datetime.fromisoformat(moment)
