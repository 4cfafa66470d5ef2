"""Expected payment: weight times base rate in whole cents; the mean stay as a day; transfers told and not priced."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.code_tables import Shelf
from rules.drg_payment import TRANSFERS, Stay, cents, dollars, expected, expected_discharge, transfer_note
from rules.tables import CodeTable

WEIGHTS = st.decimals("0.0001", "30", places=4)


class TestExpectedPayment:
    def test_weight_times_rate_is_rounded_half_up_to_the_cent_once(self) -> None:
        assert expected(Decimal("0.7231"), 650_050) == 470_051  # 4,700.51155
        assert expected(Decimal("0.0001"), 5_000) == 1  # half a cent

    def test_without_weight_or_rate_nothing_is_made_up(self) -> None:
        assert expected(None, 650_000) is None
        assert expected(Decimal(1), None) is None

    @given(WEIGHTS, st.integers(1, 10**7))
    def test_it_is_what_the_work_queue_counts(self, weight: Decimal, rate: int) -> None:
        assert expected(weight, rate) == (rate * int(weight * 10_000) + 5_000) // 10_000

    def test_a_setting_in_dollars_is_cents(self) -> None:
        assert (cents("6500.00"), cents("")) == (650_000, None)

    @pytest.mark.parametrize(
        ("amount", "signed", "shown"),
        [
            (123456789, False, "1,234,567.89"),
            (-5, True, "-0.05"),
            (250, True, "+2.50"),
            (0, True, "0.00"),
            (None, True, ""),
        ],
    )
    def test_cents_are_shown_as_dollars(self, amount: int | None, signed: bool, shown: str) -> None:
        assert dollars(amount, signed=signed) == shown


class TestExpectedDischarge:
    @pytest.mark.parametrize(("gmlos", "day"), [("4.1", 5), ("4.5", 6), ("0.3", 2)])
    def test_it_is_the_day_of_the_mean_stay_half_up_and_at_least_the_next(self, gmlos: str, day: int) -> None:
        assert expected_discharge(date(2026, 11, 1), Decimal(gmlos)) == date(2026, 11, day)


class TestTransfers:
    @pytest.fixture
    def table(self) -> CodeTable:
        found = Shelf(None).get(TRANSFERS)
        assert found is not None
        return found

    def note(self, table: CodeTable, disposition: str, los: int, *, post_acute: bool = False) -> str:
        return transfer_note(disposition, Stay(los, Decimal("4.1"), post_acute), table, "2026-11-15")

    def test_a_short_stay_sent_to_another_hospital_may_be_paid_by_the_day(self, table: CodeTable) -> None:
        assert "is a transfer: a stay of 3 days against a mean of 4.1" in self.note(table, "02", 3)

    def test_a_stay_within_a_day_of_the_mean_is_paid_whole(self, table: CodeTable) -> None:
        assert self.note(table, "02", 4) == ""

    def test_post_acute_care_counts_for_the_drgs_of_that_list_alone(self, table: CodeTable) -> None:
        assert self.note(table, "03", 2) == ""
        assert "is a post-acute transfer" in self.note(table, "03", 2, post_acute=True)

    def test_home_is_no_transfer(self, table: CodeTable) -> None:
        assert self.note(table, "01", 1, post_acute=True) == ""
