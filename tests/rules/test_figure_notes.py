"""What a page points out before it is signed."""

from __future__ import annotations

from rules.figure_notes import Limits, notes
from rules.statistics import figure

QUIET = {
    "opening_census": 100, "closing_census": 105, "admissions": 500, "discharges": 490, "leave_returns": 2,
    "leave_departures": 7, "inpatient_service_days": 3000, "bed_count_days": 3600, "peak_census": 118, "days": 30,
}  # fmt: skip
LIMITS = Limits(50, 20, {"dnfb_days": 6}, {"code_accuracy_rate": 95})


def told(month=QUIET, year_ago=QUIET, figures=()):
    return notes(figures, month, year_ago, LIMITS)


class TestNotes:
    def test_a_month_as_it_should_be_has_none(self):
        assert told() == []

    def test_a_census_that_does_not_follow_from_its_movements_is_named_with_how_far(self):
        assert told({**QUIET, "closing_census": 107}) == [
            "The census of adults and children is out of balance by 2"
        ]

    def test_a_patient_who_came_from_a_unit_outside_of_the_census_is_no_imbalance(self):
        moved = {**QUIET, "transfers_in": 31, "transfers_out": 30, "closing_census": 106}
        assert told(moved, year_ago={}) == []
        assert told({**moved, "transfers_out": 31}, year_ago={}) == [
            "The census of adults and children is out of balance by 1"
        ]

    def test_occupancy_over_100_percent_is_explained(self):
        found = told({**QUIET, "bed_count_days": 2900, "peak_census": 90})
        (sentence,) = found
        assert sentence.startswith(
            "Occupancy of adults and children is over 100 %: temporary beds are no part of it"
        )

    def test_a_highest_census_over_the_beds_is_told_with_both(self):
        assert told({**QUIET, "peak_census": 121}) == [
            "The highest census of adults and children, 121, is over the beds set up, 120.0 on average"
        ]

    def test_without_bed_counts_nothing_is_said_of_beds(self):
        assert told({**QUIET, "bed_count_days": 0, "peak_census": 500}) == []

    def test_half_as_many_again_as_a_year_ago_is_a_jump(self):
        before = {**QUIET, "live_births": 40}
        assert told({**QUIET, "live_births": 60}, before) == [
            "Live births: 60, 50 % more than the 40 of a year ago"
        ]
        assert told({**QUIET, "live_births": 59}, before) == []
        assert told({**QUIET, "live_births": 20}, before) == [
            "Live births: 20, 50 % fewer than the 40 of a year ago"
        ]

    def test_small_counts_and_a_year_without_counts_are_no_jump(self):
        assert told({**QUIET, "live_births": 60}, {**QUIET, "live_births": 19}) == []
        assert told(QUIET, {}) == []

    def test_what_passes_the_facilitys_aim_is_told_at_its_limit(self):
        def days(unbilled):
            counts = {"unbilled_cents": unbilled, "revenue_cents": 3000, "revenue_days": 30}
            return told(figures=[figure("dnfb_days", counts)])

        assert days(600) == []
        assert days(610) == ["Discharged, not final billed, days: 6.1 is over the facility's limit of 6"]

    def test_each_thing_is_told_once(self):
        doubtful = figure("gross_autopsy_rate", {"inpatient_autopsies": 12, "deaths": 10})
        assert told(figures=[doubtful, doubtful]) == [
            "Gross autopsy rate % is over 100: check the counts before signing"
        ]
