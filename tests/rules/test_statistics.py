"""The formulas of hospital statistics against worked examples, and the rules of rounding."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.census import MEASURES, Event, Step, effects
from rules.census import stay as stay_of
from rules.conventions import Conventions
from rules.statistics import (
    ALL_CLASSES,
    BY_KEY,
    FORMULAS,
    INCLUDING,
    LABELS,
    NEWBORN,
    as_json,
    count,
    figure,
    half_up,
    share,
    with_both,
)

T3 = {"inpatient_service_days": 4263, "bed_count_days": 150 * 15 + 160 * 16, "days": 31}
T4 = {"discharges": 842, "discharge_days": 3712}
T11 = {
    "deaths": 21, "inpatient_autopsies": 9, "unautopsied_coroner_cases": 3, "hospital_autopsies": 9 + 2 + 1,
    "bodies_available": 21,
}  # fmt: skip


def a_stay(from_day, to_day=None, disposition="01"):
    """A stay in one unit from a day on, at ten; as the counting sees it."""
    path = [Step(Event.ADMIT, from_day * 86_400 + 36_000, 0, from_day, 1, 1)]
    if to_day is not None:
        path.append(Step(Event.DISCHARGE, to_day * 86_400 + 64_800, 0, to_day, disposition=disposition))
    return stay_of(path, False, Conventions(), 0).counted


WORKED = [
    ("T1", "occupancy_rate", {"inpatient_service_days": 6450, "bed_count_days": 250 * 30}, "86.00"),
    ("T2 beds change", "occupancy_rate", {"inpatient_service_days": 2480 + 3100 + 2900,
                        "bed_count_days": 100 * 31 + 110 * 28 + 110 * 31}, "88.43"),
    ("T3", "occupancy_rate", T3, "88.63"),
    ("T3", "average_daily_census", T3, "137.52"),
    ("T6", "average_bed_count", T3, "155.16"),
    ("T4", "average_length_of_stay", T4, "4.41"),
    ("T5", "gross_death_rate", {"deaths": 21, "discharges": 842}, "2.49"),
    ("T5", "net_death_rate", {"deaths": 21, "deaths_under_48h": 6, "discharges": 842}, "1.79"),
    ("T6", "direct_bed_turnover", T3 | T4, "5.43"),
    ("T7 early ones in neither term", "fetal_death_rate",
     {"live_births": 260, "fetal_deaths_early": 4, "fetal_deaths_intermediate": 3, "fetal_deaths_late": 2}, "1.89"),
    ("T7", "newborn_deaths_per_1000_live_births", {"newborn_deaths": 3, "live_births": 260}, "11.54"),
    ("T8", "maternal_death_rate", {"maternal_deaths": 1, "obstetric_discharges": 412}, "0.24"),
    ("T9", "postoperative_death_rate", {"postoperative_deaths": 4, "patients_operated": 365}, "1.10"),
    ("T9", "postoperative_infection_rate", {"clean_case_infections": 5, "operations": 410}, "1.22"),
    ("T10", "anesthesia_death_rate", {"anesthesia_deaths": 1, "anesthetics": 1210}, "0.08"),
    ("T11", "gross_autopsy_rate", T11, "42.86"),
    ("T11", "net_autopsy_rate", T11, "50.00"),
    ("T11", "adjusted_autopsy_rate", T11, "57.14"),
    ("T12", "infection_rate", {"hospital_infections": 18, "discharges": 842}, "2.14"),
    ("T12", "consultation_rate", {"patients_consulted": 233, "discharges": 842}, "27.67"),
    ("T12", "cesarean_rate", {"cesareans": 71, "deliveries": 264}, "26.89"),
    ("T13", "device_infection_rate", {"device_infections": 3, "device_days": 1850}, "1.62"),
    ("T14", "readmission_30_day_rate", {"readmissions_30_day": 96, "live_discharges": 815}, "11.78"),
    ("T15 over the average month", "delinquency_rate",
     {"delinquent_records": 420, "discharges_trailing": 9600, "trailing_months": 12}, "52.50"),
    ("T16", "case_mix_index", {"drg_weight": 10 * Decimal("1.25") + 4 * Decimal("0.75") + 6 * Decimal("2.10"),
                        "discharges_grouped": 20}, "1.4050"),
    ("T17", "dnfb_days", {"unbilled_cents": 630_000_000, "revenue_cents": 105_000_000 * 30, "revenue_days": 30},
     "6.0"),
    ("T18", "code_accuracy_rate", {"codes_right": 412 - 19, "codes_reviewed": 412}, "95.39"),
    ("T18", "record_accuracy_rate", {"records_right": 50 - 9, "records_reviewed": 50}, "82.00"),
    ("T18", "drg_accuracy_rate", {"drgs_right": 47, "drgs_reviewed": 50}, "94.00"),
]  # fmt: skip


class TestWorkedExamples:
    @pytest.mark.parametrize(
        ("key", "counts", "printed"),
        [row[1:] for row in WORKED],
        ids=[f"{row[0]} {row[1]}" for row in WORKED],
    )
    def test_formula_gives_the_published_answer(self, key, counts, printed):
        assert figure(key, counts).plain == printed

    def test_t7_newborn_rates_use_newborn_counts(self):
        counts = {"newborn_deaths": 3, "newborn_discharges": 260, "deaths": 21, "discharges": 842}
        assert figure("gross_death_rate", counts, NEWBORN).plain == "1.15"

    def test_indirect_turnover_is_occupancy_times_days_over_length_of_stay(self):
        by_hand = Fraction(4263, 4810) * 31 / Fraction(3712, 842)
        assert figure("indirect_bed_turnover", T3 | T4).value == half_up(by_hand, 2)

    def test_t10_anesthesia_deaths_to_three_decimals(self):
        assert half_up(Fraction(100, 1210), 3) == Decimal("0.083")

    def test_t3_average_census_to_one_decimal_and_whole(self):
        exact = Fraction(4263, 31)
        assert (half_up(exact, 1), half_up(exact, 0)) == (Decimal("137.5"), Decimal("138"))

    def test_t19_payer_shares_round_each_by_itself(self):
        counts = (382, 151, 201, 67, 41)
        two = [share(n, sum(counts)) for n in counts]
        one = [share(n, sum(counts), 1) for n in counts]
        assert [str(value) for value in two] == ["45.37", "17.93", "23.87", "7.96", "4.87"]
        assert (sum(two), sum(one)) == (Decimal("100.00"), Decimal("100.1"))

    def test_t15_a_year_as_the_denominator_would_look_well(self):
        counts = {"delinquent_records": 420, "discharges_trailing": 9600, "trailing_months": 12}
        assert figure("delinquency_rate", counts).value > 50 > share(420, 9600)

    def test_t20_deaths_are_discharges_and_the_label_says_so(self):
        """321 in house, 73 admitted, 24 discharged alive, and 3 of those admitted died that day."""
        stays = [
            *[a_stay(0)] * (321 - 24), *[a_stay(0, 1)] * 24, *[a_stay(1)] * (73 - 3), *[a_stay(1, 1, "20")] * 3
        ]  # fmt: skip
        day = Counter[str]()
        for stay in stays:
            for effect in effects(stay, "discharging"):
                if effect.from_day <= 1 < effect.to_day:
                    day[MEASURES[effect.measure]] += effect.amount
        assert (day["discharges"], day["deaths"], day["same_day"]) == (27, 3, 3)
        assert (day["census"], day["census"] + day["same_day"]) == (367, 370)
        assert "deaths included" in LABELS["discharges"]


class TestRounding:
    @pytest.mark.parametrize(
        ("value", "places", "rounded"),
        [(Fraction(100, 800), 2, "0.13"), (Decimal("2.675"), 2, "2.68"), (Fraction(-1, 8), 2, "-0.13")],
    )
    def test_half_goes_up(self, value, places, rounded):
        assert str(half_up(value, places)) == rounded

    @given(st.fractions(min_value=-(10**6), max_value=10**6), st.integers(0, 6))
    def test_never_further_off_than_half_a_unit(self, value, places):
        assert abs(Fraction(half_up(value, places)) - value) <= Fraction(1, 2 * 10**places)


class TestNothingToPrint:
    def test_nothing_to_divide_by_is_no_zero(self):
        worked = figure("gross_death_rate", {"deaths": 0, "discharges": 0})
        assert as_json(worked) == {
            "value": None, "shown": "n/a", "why": "nothing to divide by: discharges is 0"
        }  # fmt: skip

    def test_nothing_counted_is_zero(self):
        assert figure("gross_death_rate", {"deaths": 0, "discharges": 7}).plain == "0.00"

    def test_what_is_not_collected_says_so(self):
        missing = {"delinquent_records": "chart completion does not feed it yet"}
        worked = figure("delinquency_rate", {"discharges_trailing": 1, "trailing_months": 12}, "", missing)
        assert (worked.shown, worked.why) == ("n/a", "chart completion does not feed it yet")

    def test_a_reason_is_found_through_a_step(self):
        worked = figure("direct_bed_turnover", {"discharges": 3, "days": 30})
        assert worked.why == "bed count days not collected"


class TestDoubt:
    def test_a_percentage_over_100_is_flagged(self):
        counts = {"inpatient_autopsies": 12, "deaths": 15, "unautopsied_coroner_cases": 5}
        assert "over 100" in figure("net_autopsy_rate", counts).doubt

    def test_occupancy_may_pass_100(self):
        assert not figure("occupancy_rate", {"inpatient_service_days": 130, "bed_count_days": 100}).doubt


class TestBothClasses:
    def test_a_rate_over_both_comes_from_added_counts(self):
        counts = with_both({"deaths": 21, "newborn_deaths": 3, "discharges": 842, "newborn_discharges": 260})
        assert figure("gross_death_rate", counts, INCLUDING).plain == "2.18"  # 24 / 1,102

    def test_json_keeps_what_a_rate_was_made_from(self):
        assert as_json(figure("net_death_rate", {"deaths": 21, "deaths_under_48h": 6, "discharges": 842})) == {
            "numerator": "15", "denominator": "836", "value": "1.79"
        }  # fmt: skip

    def test_a_count_in_json_has_no_separators(self):
        assert as_json(count("admissions", {"admissions": 12345})) == {"value": "12345"}
        assert count("admissions", {"admissions": 12345}).shown == "12,345"


class TestTable:
    def test_every_key_is_there_once_and_has_a_label(self):
        assert len(BY_KEY) == len(FORMULAS)
        assert BY_KEY.keys() <= LABELS.keys()

    def test_the_standard_list_is_complete(self):
        # 22 is the share of a total, a function of its own
        assert {formula.number for formula in FORMULAS} == set(range(28)) - {22}

    @given(
        st.sampled_from(FORMULAS), st.sampled_from(ALL_CLASSES),
        st.dictionaries(st.sampled_from(["deaths", "discharges", "days", "bed_count_days", "newborn_deaths",
                                         "inpatient_service_days", "discharge_days", "newborn_discharges"]),
                        st.integers(0, 10**9)),
    )  # fmt: skip
    def test_any_counts_give_a_figure_or_a_reason(self, formula, prefix, counts):
        worked = figure(formula.key, with_both(counts), prefix)
        assert (worked.value is None) == bool(worked.why)
