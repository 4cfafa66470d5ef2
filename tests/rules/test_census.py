"""Counting: stays from movements, what each adds to a day, and the identities that every period must satisfy."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import census
from rules.census import MEASURES, NEVER, Event, Stay, Step
from rules.conventions import Conventions, LeaveRule
from rules.paths import impossible

DAY = 1440 * 60
FIRST = 739_000  # a day number
BY_DEFAULT = Conventions()
ADMIT, TRANSFER, SERVICE, LEAVE, RETURN, DISCHARGE = Event


def a_step(event: Event, day: int, clock: str = "10:00", **more: object) -> Step:
    """A movement on a day counted from 0, in UTC."""
    hour, minute = (int(part) for part in clock.split(":"))
    placed = {ADMIT: {"unit": 1, "service": 1}, TRANSFER: {"unit": 2, "service": 1}, SERVICE: {"service": 2}}
    utc = day * DAY + (hour * 60 + minute) * 60
    return Step(event, utc, 0, FIRST + day, **(placed.get(event, {}) | more))  # type: ignore[arg-type]


def the_stay(
    *steps: Step, newborn: bool = False, conventions: Conventions = BY_DEFAULT, now: int = 0
) -> Stay:
    assert impossible(steps) == []
    found = census.stay(steps, newborn, conventions, now)
    assert found is not None
    return found


def sums(
    *stays: Stay, conventions: Conventions = BY_DEFAULT, first: int = 0, last: int = 400
) -> Counter[str]:
    """Every measure added up over the days from first to last."""
    totals: Counter[str] = Counter()
    for one in stays:
        for effect in census.effects(one.counted, conventions.same_day_unit):
            days = min(effect.to_day, FIRST + last + 1) - max(effect.from_day, FIRST + first)
            totals[MEASURES[effect.measure]] += effect.amount * max(0, days)
    return totals


class TestLengthOfStay:
    @pytest.mark.parametrize(("day", "los"), [(0, 1), (1, 1), (2, 2), (31, 31)])
    def test_discharge_date_less_admission_date_and_at_least_1(self, day: int, los: int) -> None:
        found = the_stay(a_step(ADMIT, 0), a_step(DISCHARGE, day, "11:00"))
        assert found.los_days == los

    @pytest.mark.parametrize(
        ("rule", "los", "census_days"),
        [(LeaveRule.EVERY_NIGHT, 7, 7), (LeaveRule.VISTA, 10, 10), (LeaveRule.NO_DEDUCTION, 10, 7)],
    )
    def test_a_pass_of_three_nights_by_each_convention(
        self, rule: LeaveRule, los: int, census_days: int
    ) -> None:
        conventions = Conventions(leave=rule)
        found = the_stay(
            a_step(ADMIT, 0), a_step(LEAVE, 2, leave_type="pass"), a_step(RETURN, 5), a_step(DISCHARGE, 10),
            conventions=conventions,
        )  # fmt: skip
        assert found.los_days == los
        assert sums(found, conventions=conventions)["census"] == census_days

    @pytest.mark.parametrize(
        ("kind", "days", "los"), [("pass", 4, 6), ("pass", 3, 10), ("ua", 1, 9), ("asih", 2, 8)]
    )
    def test_vista_takes_off_unauthorized_absences_and_passes_of_96_hours(
        self, kind: str, days: int, los: int
    ) -> None:
        conventions = Conventions(leave=LeaveRule.VISTA)
        found = the_stay(
            a_step(ADMIT, 0), a_step(LEAVE, 2, leave_type=kind), a_step(RETURN, 2 + days), a_step(DISCHARGE, 10),
            conventions=conventions,
        )  # fmt: skip
        assert found.los_days == los

    def test_an_open_pass_comes_off_once_96_hours_have_gone(self) -> None:
        steps = (a_step(ADMIT, 0), a_step(LEAVE, 2))
        conventions = Conventions(leave=LeaveRule.VISTA)
        counted = [
            the_stay(*steps, conventions=conventions, now=hours * 3600 + 2 * DAY + 36_000).leaves[0].absent
            for hours in (95, 96)
        ]
        assert counted == [False, True]

    @pytest.mark.parametrize(("pass_hours", "los"), [(96, 10), (72, 7)])
    def test_how_long_a_pass_may_last_is_the_facilitys(self, pass_hours: int, los: int) -> None:
        found = the_stay(
            a_step(ADMIT, 0), a_step(LEAVE, 2, leave_type="pass"), a_step(RETURN, 5), a_step(DISCHARGE, 10),
            conventions=Conventions(leave=LeaveRule.VISTA, pass_hours=pass_hours),
        )  # fmt: skip
        assert found.los_days == los

    def test_leave_out_and_back_on_one_day_changes_nothing(self) -> None:
        found = the_stay(
            a_step(ADMIT, 0), a_step(LEAVE, 1, "09:00"), a_step(RETURN, 1, "21:00"), a_step(DISCHARGE, 2)
        )
        assert (found.los_days, sums(found)["leave_out"], sums(found)["census"]) == (2, 0, 2)

    def test_who_never_comes_back_from_leave_is_returned_to_be_discharged(self) -> None:
        totals = sums(the_stay(a_step(ADMIT, 0), a_step(LEAVE, 2), a_step(DISCHARGE, 5)))
        assert (totals["leave_out"], totals["leave_in"], totals["discharges"], totals["census"]) == (
            1,
            1,
            1,
            2,
        )


class TestSameDay:
    @pytest.mark.parametrize(("setting", "unit"), [("discharging", 2), ("admitting", 1)])
    def test_a_same_day_case_that_moved_belongs_to_the_unit_of_the_setting(
        self, setting: str, unit: int
    ) -> None:
        found = the_stay(a_step(ADMIT, 0, "08:00"), a_step(TRANSFER, 0), a_step(DISCHARGE, 0, "12:00"))
        same_day = [e for e in census.effects(found.counted, setting) if MEASURES[e.measure] == "same_day"]
        assert [effect.unit for effect in same_day] == [unit]

    def test_it_is_one_service_day_and_no_census(self) -> None:
        totals = sums(the_stay(a_step(ADMIT, 0, "08:00"), a_step(DISCHARGE, 0, "12:00")))
        assert (totals["census"], totals["same_day"], totals["discharge_days"]) == (0, 1, 1)


class TestDeaths:
    @pytest.mark.parametrize("status", ["20", "40", "41", "42"])
    def test_the_expired_statuses_are_deaths(self, status: str) -> None:
        assert the_stay(a_step(ADMIT, 0), a_step(DISCHARGE, 3, disposition=status)).died

    @pytest.mark.parametrize(("clock", "early"), [("09:59", True), ("10:00", False)])
    def test_early_is_under_48_clock_hours(self, clock: str, early: bool) -> None:
        found = the_stay(a_step(ADMIT, 0, "10:00"), a_step(DISCHARGE, 2, clock, disposition="20"))
        assert found.died_early is early


class TestCensusHour:
    def test_at_midnight_who_comes_at_0000_counts_for_the_day_that_ends(self) -> None:
        steps = (a_step(ADMIT, 3, "00:00"), a_step(DISCHARGE, 5, "00:01"))
        at_2359 = the_stay(*steps)
        at_midnight = the_stay(*steps, conventions=Conventions(census_hour="00:00"))
        assert (at_2359.pieces[0].from_day, at_midnight.pieces[0].from_day) == (FIRST + 3, FIRST + 2)
        assert (at_2359.pieces[0].to_day, at_midnight.pieces[0].to_day) == (FIRST + 5, FIRST + 5)


class TestVisits:
    def test_a_visit_adds_nothing(self) -> None:
        found = the_stay(a_step(ADMIT, 0, patient_class="OBS"), a_step(TRANSFER, 1), a_step(DISCHARGE, 2))
        assert not sums(found)

    def test_a_visit_that_becomes_a_stay_counts_from_its_inpatient_admission(self) -> None:
        found = the_stay(
            a_step(ADMIT, 0, patient_class="E", unit=None, service=None),
            a_step(ADMIT, 1),
            a_step(DISCHARGE, 3),
        )
        assert (found.arrived.day, found.admitted.day, found.los_days) == (FIRST, FIRST + 1, 2)
        assert sums(found)["admissions"] == 1


class TestPaths:
    @pytest.mark.parametrize(
        ("steps", "code"),
        [
            ([a_step(DISCHARGE, 1)], "M101"),
            ([a_step(ADMIT, 2), a_step(DISCHARGE, 1)], "M102"),
            ([a_step(ADMIT, 0), a_step(DISCHARGE, 1), a_step(TRANSFER, 2)], "M103"),
            ([a_step(ADMIT, 0), a_step(ADMIT, 1)], "M104"),
            ([a_step(ADMIT, 0), a_step(LEAVE, 1), a_step(TRANSFER, 2)], "M105"),
            ([a_step(ADMIT, 0), a_step(LEAVE, 1), a_step(LEAVE, 2)], "M105"),
            ([a_step(ADMIT, 0), a_step(RETURN, 1)], "M106"),
            ([a_step(ADMIT, 0, unit=None)], "M110"),
            ([a_step(ADMIT, 0), a_step(TRANSFER, 1, unit=None)], "M111"),
            ([a_step(ADMIT, 0), a_step(SERVICE, 1, service=None)], "M112"),
        ],
    )
    def test_what_cannot_be_is_said_in_one_sentence(self, steps: list[Step], code: str) -> None:
        (finding,) = impossible(steps)
        assert finding.code == code
        assert finding.message.endswith(".")

    def test_in_one_minute_the_admission_comes_first_and_the_discharge_last(self) -> None:
        steps = [a_step(DISCHARGE, 0, place=1), a_step(TRANSFER, 0, place=2), a_step(ADMIT, 0, place=3)]
        assert impossible(steps) == []

    def test_a_discharge_without_seq_still_comes_last(self) -> None:
        moved = a_step(TRANSFER, 1, seq=3)
        found = the_stay(
            a_step(ADMIT, 0, seq=9), moved, a_step(DISCHARGE, 1), a_step(TRANSFER, 0, unit=3, seq=1)
        )
        assert (found.unit, found.discharged and found.discharged.day) == (2, FIRST + 1)

    def test_seq_settles_a_minute_before_the_order_of_the_file(self) -> None:
        there = a_step(TRANSFER, 1, unit=2, seq=2, place=1)
        back = a_step(TRANSFER, 1, unit=3, seq=1, place=2)
        assert the_stay(a_step(ADMIT, 0), there, back).unit == 2


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Step], bool]:
    """A possible path of random movements, and whether it is a newborn's."""
    minute = draw(st.integers(0, 60 * 1440))
    units, services = st.integers(1, 3), st.integers(1, 2)
    steps = [_placed(ADMIT, minute, 0, unit=draw(units), service=draw(services))]
    away = False
    for place in range(1, draw(st.integers(1, 8))):
        minute += draw(st.sampled_from([0, 30, 600, 1440, 2 * 1440, 6 * 1440]))
        event = RETURN if away else draw(st.sampled_from([TRANSFER, SERVICE, LEAVE]))
        away = event is LEAVE
        more: dict[str, object] = {}
        if event is LEAVE:
            more = {"leave_type": draw(st.sampled_from(["pass", "aa", "ua", "asih"]))}
        elif event is not RETURN:
            more = {"service": draw(services)} | ({"unit": draw(units)} if event is TRANSFER else {})
        steps.append(_placed(event, minute, place, **more))
    if draw(st.booleans()):
        minute += draw(st.sampled_from([0, 60, 1440, 3 * 1440]))
        status = draw(st.sampled_from(["01", "20"]))
        steps.append(_placed(DISCHARGE, minute, 99, disposition=status))
    return steps, draw(st.booleans())


def _placed(event: Event, minute: int, place: int, **more: object) -> Step:
    return Step(event, minute * 60, 0, FIRST + minute // 1440, place=place, **more)  # type: ignore[arg-type]


all_conventions = st.builds(
    Conventions, census_hour=st.sampled_from(["23:59", "00:00"]), leave=st.sampled_from(LeaveRule),
    same_day_unit=st.sampled_from(["discharging", "admitting"]),
)  # fmt: skip


class TestIdentities:
    @given(st.lists(histories(), max_size=12), all_conventions, st.integers(0, 80), st.integers(0, 60))
    def test_the_daily_census_and_same_day_cases_add_up_to_the_closed_form(
        self, paths: list[tuple[list[Step], bool]], conventions: Conventions, first: int, length: int
    ) -> None:
        stays = [the_stay(*steps, newborn=newborn, conventions=conventions) for steps, newborn in paths]
        totals = sums(*stays, conventions=conventions, first=first, last=first + length)
        closed = sum(census.service_days(s.counted, FIRST + first, FIRST + first + length) for s in stays)
        assert totals["census"] + totals["same_day"] == closed

    @given(st.lists(histories(), max_size=8), all_conventions)
    def test_each_unit_recapitulates_from_day_to_day(
        self, paths: list[tuple[list[Step], bool]], conventions: Conventions
    ) -> None:
        stays = [the_stay(*steps, newborn=newborn, conventions=conventions) for steps, newborn in paths]
        days: dict[tuple[int, int], Counter[str]] = {}
        for one in stays:
            for effect in census.effects(one.counted, conventions.same_day_unit):
                for day in range(effect.from_day, min(effect.to_day, FIRST + 200)):
                    cell = days.setdefault((effect.unit, day), Counter())
                    cell[MEASURES[effect.measure]] += effect.amount
        for unit in (1, 2, 3):
            for before, day in pairwise(range(FIRST - 2, FIRST + 200)):
                was, now = days.get((unit, before), Counter()), days.get((unit, day), Counter())
                gains = now["admissions"] + now["unit_in"] + now["leave_in"]
                losses = now["discharges"] + now["unit_out"] + now["leave_out"]
                assert was["census"] + gains - losses == now["census"]

    @given(st.lists(histories(), max_size=8))
    def test_transfers_in_equal_transfers_out_and_stays_their_discharge_days(
        self, paths: list[tuple[list[Step], bool]]
    ) -> None:
        stays = [the_stay(*steps, newborn=newborn) for steps, newborn in paths]
        totals = sums(*stays)
        assert totals["unit_in"] == totals["unit_out"]
        assert totals["service_in"] == totals["service_out"]
        assert totals["discharge_days"] == sum(s.los_days or 0 for s in stays)

    @given(histories(), all_conventions)
    def test_pieces_follow_each_other_without_gap(
        self, path: tuple[list[Step], bool], conventions: Conventions
    ) -> None:
        found = the_stay(*path[0], conventions=conventions)
        for one, other in pairwise(found.pieces):
            assert (one.to_utc, one.to_day) == (other.from_utc, other.from_day)
        assert (found.pieces[-1].to_day == NEVER) is (found.discharged is None)

    @given(st.lists(st.builds(
        Step, st.sampled_from(Event), st.integers(0, 10**6), st.just(0), st.integers(1, 40),
        st.none() | st.integers(1, 3), st.none() | st.integers(1, 2), patient_class=st.sampled_from(["", "I", "E"]),
        place=st.integers(0, 99),
    ), max_size=8))  # fmt: skip
    def test_any_jumble_of_movements_is_judged_and_a_possible_one_counted(self, steps: list[Step]) -> None:
        if not impossible(steps):
            census.stay(steps, False, Conventions(), 0)
