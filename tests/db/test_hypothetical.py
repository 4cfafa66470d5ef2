"""Hypothetical patients are kept by name for one person; a DRG's price is that of its discharge day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from db.actors import Actor
from db.coding import drg_prices, hypothetical
from db.coding.codes import CodeStore
from db.connect import StoreError
from db.conventions import file_setting

VALUES = {"age": "65", "diagnoses[1].code": "I214"}


class TestKept:
    def test_a_name_is_kept_without_regard_to_capitals_and_brings_the_codes_back(self, admin: Actor) -> None:
        assert hypothetical.keep(admin, " ami  one ", VALUES) == "AMI ONE"
        assert hypothetical.kept(admin, "Ami one") == VALUES
        assert [name for name, _ in hypothetical.names(admin)] == ["AMI ONE"]

    def test_a_name_that_is_there_is_written_over(self, admin: Actor) -> None:
        hypothetical.keep(admin, "A", VALUES)
        hypothetical.keep(admin, "A", {"age": "70"})
        assert hypothetical.kept(admin, "A") == {"age": "70"}

    def test_nobody_else_sees_it(self, admin: Actor) -> None:
        hypothetical.keep(admin, "A", VALUES)
        other = Actor(admin.user_id + 1, "other", admin.roles)
        assert hypothetical.kept(other, "A") is None
        assert hypothetical.names(other) == []
        with pytest.raises(StoreError, match="You keep nothing under the name A"):
            hypothetical.forget(other, "A")

    def test_given_up_it_is_gone(self, admin: Actor) -> None:
        hypothetical.keep(admin, "A", VALUES)
        hypothetical.forget(admin, "a")
        assert hypothetical.names(admin) == []

    @pytest.mark.parametrize("name", ["", "-a", "x" * 31, "a/b"])
    def test_what_can_be_no_name_is_refused(self, admin: Actor, name: str) -> None:
        with pytest.raises(StoreError, match="A name has letters"):
            hypothetical.keep(admin, name, VALUES)


class TestPrice:
    def test_takes_the_base_rate_in_force_on_the_day_of_discharge(
        self, admin: Actor, code_sets: CodeStore
    ) -> None:
        file_setting(admin, "drg_base_rate", "6000.00", date(2026, 1, 1).toordinal())
        file_setting(admin, "drg_base_rate", "6500.00", date(2026, 10, 1).toordinal())
        before = drg_prices.price(code_sets, "280", date(2026, 9, 30))
        after = drg_prices.price(code_sets, "280", date(2026, 10, 1))
        assert (before.cents, after.cents) == (962_460, 1_042_665)  # 1.6041

    def test_without_a_rate_the_weight_stands_alone(self, admin: Actor, code_sets: CodeStore) -> None:
        found = drg_prices.price(code_sets, "280", date(2026, 10, 1))
        assert (found.relative_weight, found.cents, found.shown_payment) == (
            Decimal("1.6041"),
            None,
            "- (no base rate)",
        )

    def test_a_drg_without_a_weight_is_not_guessed(self, admin: Actor, code_sets: CodeStore) -> None:
        file_setting(admin, "drg_base_rate", "6500.00", 1)
        found = drg_prices.price(code_sets, "210", date(2026, 11, 1))  # new in FY 2027
        assert (found.relative_weight, found.cents, found.shown_payment) == (None, None, "no weight loaded")

    def test_without_code_sets_nothing_is_known(self, admin: Actor) -> None:
        assert drg_prices.price(None, "280", date(2026, 10, 1)).cents is None
