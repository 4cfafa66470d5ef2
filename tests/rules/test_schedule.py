"""When a job is due: over changes of the clock, standstills, failures. The clock is passed in."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.moments import moment, moment_at
from rules.schedule import (
    CUT_SHORT,
    DONE,
    FAILED,
    FOUND,
    Due,
    Last,
    Patience,
    due,
    overdue,
    plan,
)

NEW_YORK = ZoneInfo("America/New_York")
ZONES = (
    "America/New_York",
    "America/Phoenix",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "UTC",
)
PLANS = ("02:30", "00:00", "23:59", "weekdays 06:00", "mon,thu 02:30", "day 1 07:00", "last day 23:30")
DAY = 86400
USUAL = Patience((5, 15, 60), 60)


def at(local: str) -> int:
    return moment(local, NEW_YORK).utc


def shown(utc: int | None) -> str:
    return moment_at(utc, NEW_YORK).local if utc is not None else ""


class TestPlan:
    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            ("2:30", "02:30"),
            ("0230", "02:30"),
            ("day 3 0700", "day 3 07:00"),
            ("daily 02:30", "02:30"),
            ("Monday, Thursday 06:00", "mon,thu 06:00"),
            ("thu,mon 06:00", "mon,thu 06:00"),
            ("weekdays 06:00", "mon,tue,wed,thu,fri 06:00"),
            ("day 3 07:00", "day 3 07:00"),
            ("Last day 23:30", "last day 23:30"),
            ("every 15 min", "every 15 minutes"),
        ],
    )
    def test_is_kept_in_one_form(self, text: str, kept: str) -> None:
        assert str(plan(text)) == kept
        assert plan(kept) == plan(text)

    @pytest.mark.parametrize(
        "text", ["", "24:00", "02:60", "noon", "day 31 02:00", "day 0 02:00", "every 7 minutes", "every 1 minutes",
                 "every 0 minutes", "every 2000 minutes", "someday 02:00", "02:30:15",
                 "230", "2400", "day 15"],
    )  # fmt: skip
    def test_that_says_no_time_is_told_with_what_can_be_written(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"Write 02:30, mon,thu 06:00"):
            plan(text)

    @pytest.mark.parametrize(
        ("when", "now", "latest", "next_"),
        [
            ("02:30", "2026-11-22T02:29", "2026-11-21T02:30", "2026-11-22T02:30"),
            ("02:30", "2026-11-22T02:30", "2026-11-22T02:30", "2026-11-23T02:30"),
            ("mon,thu 06:00", "2026-11-22T12:00", "2026-11-19T06:00", "2026-11-23T06:00"),
            ("day 3 07:00", "2026-11-02T12:00", "2026-10-03T07:00", "2026-11-03T07:00"),
            ("last day 23:30", "2028-02-29T23:30", "2028-02-29T23:30", "2028-03-31T23:30"),
            ("last day 23:30", "2028-02-29T23:29", "2028-01-31T23:30", "2028-02-29T23:30"),
            ("every 15 minutes", "2026-11-22T02:44", "2026-11-22T02:30", "2026-11-22T02:45"),
        ],
    )
    def test_has_a_latest_and_a_next_due_time(self, when: str, now: str, latest: str, next_: str) -> None:
        assert shown(plan(when).latest(at(now), NEW_YORK)) == latest
        assert shown(plan(when).next(at(now), NEW_YORK)) == next_

    @given(st.sampled_from(PLANS), st.sampled_from(ZONES), st.integers(1_200_000_000, 2_200_000_000))
    def test_nothing_is_due_between_the_latest_and_the_next(self, text: str, name: str, now: int) -> None:
        when, zone = plan(text), ZoneInfo(name)
        latest, following = when.latest(now, zone), when.next(now, zone)
        assert latest is not None
        assert following is not None
        assert latest <= now < following
        assert when.next(latest, zone) == following
        assert when.latest(following - 1, zone) == latest
        assert when.between(latest, following, zone) == 0


def passed(when: str, first: str, last: str, minutes: int = 10) -> list[str]:
    """The local times at which a job runs when the schedule is looked at every few minutes."""
    now, until, found = at(first), at(last), []
    since, kept = now, None
    while now < until:
        if (each := due(plan(when), since, kept, now, NEW_YORK, USUAL)) is not None:
            found.append(shown(each.due_utc))
            kept = Last(each.due_utc, each.attempt, DONE, now)
        now += minutes * 60
    return found


class TestClockChanges:
    def test_a_time_that_a_spring_day_does_not_have_runs_as_clocks_were_moved_on(self) -> None:
        assert passed("02:30", "2026-03-07T12:00", "2026-03-09T12:00") == [
            "2026-03-08T03:30",
            "2026-03-09T02:30",
        ]

    def test_a_time_that_an_autumn_day_has_twice_runs_once_in_the_first(self) -> None:
        found = passed("01:30", "2026-10-31T12:00", "2026-11-02T12:00")
        assert found == ["2026-11-01T01:30", "2026-11-02T01:30"]
        first = plan("01:30").latest(at("2026-11-01T12:00"), NEW_YORK)
        assert first == moment("2026-11-01T01:30", NEW_YORK, -240).utc

    def test_every_few_minutes_goes_on_evenly_through_the_hour_that_comes_twice(self) -> None:
        found = passed("every 30 minutes", "2026-11-01T00:45", "2026-11-01T02:36")
        assert found == ["2026-11-01T01:00", "2026-11-01T01:30", "2026-11-01T01:00", "2026-11-01T01:30",
                         "2026-11-01T02:00", "2026-11-01T02:30"]  # fmt: skip

    @given(
        st.sampled_from(ZONES), st.sampled_from(["00:15", "01:30", "02:30", "23:45"]), st.integers(2000, 2030)
    )
    def test_a_daily_job_runs_once_on_every_day_of_a_year(self, name: str, time: str, year: int) -> None:
        """But for a day that a zone leaves out: Samoa had no 30 December 2011."""
        zone, when = ZoneInfo(name), plan(time)
        now, until = moment(f"{year}-01-01T00:00", zone).utc, moment(f"{year}-12-31T23:59", zone).utc
        days: Counter[int] = Counter()
        each = when.next(now - 1, zone)
        while each is not None and each <= until:
            days[moment_at(each, zone).day] += 1
            each = when.next(each, zone)
        assert set(days.values()) == {1}
        length = (moment_at(until, zone).day - moment_at(now, zone).day) + 1
        assert length - len(days) == (1 if name == "Pacific/Apia" and year == 2011 else 0)

    def test_a_clock_that_is_set_back_a_little_runs_nothing_twice(self) -> None:
        kept = Last(at("2026-11-22T02:30"), 1, DONE, at("2026-11-22T02:31"))
        assert due(plan("02:30"), 0, kept, at("2026-11-22T02:20"), NEW_YORK, USUAL) is None
        assert due(plan("02:30"), 0, kept, at("2026-11-22T02:35"), NEW_YORK, USUAL) is None

    def test_a_run_under_a_clock_that_was_years_ahead_keeps_nothing_from_running(self) -> None:
        kept = Last(at("2031-01-01T02:30"), 1, DONE, at("2031-01-01T02:31"))
        found = due(plan("02:30"), at("2026-11-01T00:00"), kept, at("2026-11-22T03:00"), NEW_YORK, USUAL)
        assert found is not None
        assert found.due_utc == at("2026-11-22T02:30")


class TestCatchingUp:
    def test_a_month_of_missed_runs_is_caught_up_by_one_that_says_how_many(self) -> None:
        kept = Last(at("2026-10-23T02:30"), 1, DONE, at("2026-10-23T02:31"))
        found = due(plan("02:30"), 0, kept, at("2026-11-22T10:00"), NEW_YORK, USUAL)
        assert found == Due(at("2026-11-22T02:30"), missed=29)

    def test_a_new_job_waits_for_its_first_time(self) -> None:
        since = at("2026-11-22T10:00")
        assert due(plan("02:30"), since, None, at("2026-11-22T10:05"), NEW_YORK, USUAL) is None
        assert due(plan("02:30"), since, None, at("2026-11-23T02:30"), NEW_YORK, USUAL) == Due(
            at("2026-11-23T02:30")
        )

    def test_of_a_job_changed_since_is_what_comes_after_the_change(self) -> None:
        kept = Last(at("2026-10-01T02:30"), 1, DONE, at("2026-10-01T02:31"))
        since = at("2026-11-20T10:00")
        assert due(plan("02:30"), since, kept, at("2026-11-20T10:05"), NEW_YORK, USUAL) is None
        assert due(plan("02:30"), since, kept, at("2026-11-22T10:00"), NEW_YORK, USUAL) == Due(
            at("2026-11-22T02:30"), missed=1
        )

    def test_by_hand_before_its_time_leaves_the_next_time_due(self) -> None:
        by_hand = Last(at("2026-11-22T01:00"), 1, DONE, at("2026-11-22T01:01"))
        assert due(plan("02:30"), 0, by_hand, at("2026-11-22T02:30"), NEW_YORK, USUAL) == Due(
            at("2026-11-22T02:30")
        )

    @given(
        st.sampled_from([*PLANS, "every 240 minutes"]),
        st.lists(st.integers(1, 15 * DAY), min_size=1, max_size=8),
    )
    def test_however_long_the_machine_stands_still_each_look_runs_a_job_once_at_most(
        self, text: str, gaps: list[int]
    ) -> None:
        """What ran and what was missed are together all due times that passed."""
        when, start = plan(text), at("2026-01-15T12:34")
        now, kept, ran, missed = start, None, 0, 0
        for gap in gaps:
            now += gap
            if (each := due(when, start, kept, now, NEW_YORK, USUAL)) is not None:
                ran, missed = ran + 1, missed + each.missed
                kept = Last(each.due_utc, 1, DONE, now)
            assert due(when, start, kept, now, NEW_YORK, USUAL) is None
        assert ran + missed == when.between(start, now + 1, NEW_YORK)


class TestRetry:
    def test_of_a_failure_comes_after_5_15_and_60_minutes_and_then_no_more(self) -> None:
        first = at("2026-11-22T02:30")
        kept, minutes = Last(first, 1, FAILED, first), []
        for minute in range(200):
            now = first + minute * 60
            if (each := due(plan("02:30"), 0, kept, now, NEW_YORK, USUAL)) is not None:
                minutes.append(minute)
                kept = Last(each.due_utc, each.attempt, FAILED, now)
        assert minutes == [5, 20, 80]
        assert kept.attempt == 4

    def test_of_what_was_cut_short_comes_at_once_and_not_for_ever(self) -> None:
        first = at("2026-11-22T02:30")
        assert due(plan("02:30"), 0, Last(first, 1, CUT_SHORT, first), first + 1, NEW_YORK, USUAL) == Due(
            first, 2
        )
        assert due(plan("02:30"), 0, Last(first, 4, CUT_SHORT, first), first + 1, NEW_YORK, USUAL) is None

    def test_of_what_was_cut_short_needs_no_patience_with_failures(self) -> None:
        first = at("2026-11-22T02:30")
        none = Patience((), 60)
        assert due(plan("02:30"), 0, Last(first, 1, CUT_SHORT, first), first + 1, NEW_YORK, none) == Due(
            first, 2
        )
        assert due(plan("02:30"), 0, Last(first, 1, FAILED, first), first + 9999, NEW_YORK, none) is None

    def test_of_a_check_that_found_something_is_useless(self) -> None:
        first = at("2026-11-22T02:30")
        assert due(plan("02:30"), 0, Last(first, 1, FOUND, first), first + 7200, NEW_YORK, USUAL) is None

    def test_gives_way_to_the_next_due_time(self) -> None:
        first = at("2026-11-22T02:30")
        found = due(
            plan("every 15 minutes"), 0, Last(first, 2, FAILED, first), first + 16 * 60, NEW_YORK, USUAL
        )
        assert found == Due(first + 15 * 60)


class TestOverdue:
    @pytest.mark.parametrize(("minutes", "late"), [(0, False), (60, False), (61, True)])
    def test_is_a_job_that_has_not_begun_an_hour_after_its_time(self, minutes: int, late: bool) -> None:
        now = at("2026-11-22T02:30") + timedelta(minutes=minutes).seconds
        kept = Last(at("2026-11-21T02:30"), 1, DONE, at("2026-11-21T02:31"))
        assert overdue(plan("02:30"), 0, kept, now, NEW_YORK, USUAL) is late

    def test_is_no_job_that_says_none(self) -> None:
        assert not overdue(plan("02:30"), 0, None, at("2026-11-22T02:30"), NEW_YORK, Patience((), 0))

    def test_is_no_job_that_waits_for_a_further_attempt(self) -> None:
        first = at("2026-11-22T02:30")
        assert not overdue(plan("02:30"), 0, Last(first, 1, FAILED, first), first + 7200, NEW_YORK, USUAL)

    def test_is_a_job_of_every_few_minutes_that_has_not_run_for_more_than_an_hour(self) -> None:
        since = at("2026-11-22T02:00")
        assert not overdue(plan("every 15 minutes"), since, None, at("2026-11-22T03:15"), NEW_YORK, USUAL)
        assert overdue(plan("every 15 minutes"), since, None, at("2026-11-22T03:16"), NEW_YORK, USUAL)
