"""The day summary against the movements: what was tampered with is found, and the movement named."""

from __future__ import annotations

import pytest

from db.actors import Role
from db.acts import NotPermitted
from db.connect import database
from db.statistics import census, self_check
from rules.moments import day_number
from tests.builders import a_movement, a_stay

FIRST, LAST = day_number("2025-11-01"), day_number("2025-11-30")


@pytest.fixture
def hospital(admin):
    """Stays with a transfer, a leave, a same-day case and a baby, summarised."""
    moved = a_stay("2025-11-03T08:00", account="MOVED")
    a_movement(moved, "transfer", "2025-11-05T10:00", "ICU", "SUR")
    a_movement(moved, "discharge", "2025-11-08T11:00", disposition="01")
    away = a_stay("2025-11-10T08:00", account="AWAY")
    a_movement(away, "leave", "2025-11-12T08:00")
    a_movement(away, "return", "2025-11-14T08:00")
    a_stay("2025-11-07T08:00", "2025-11-07T20:00", account="DAY")
    a_stay("2025-11-02T12:00", "2025-11-04T09:00", unit="NUR", service="NB", account="BABY", newborn="1")
    a_stay("2025-10-28T08:00", "2025-12-02T08:00", account="LONG")
    census.bring_up_to_date()
    return {"moved": moved, "away": away}


def everything():
    return [
        *self_check.differences(FIRST, LAST), *self_check.out_of_balance(FIRST, LAST), *self_check.running_totals(LAST),
    ]  # fmt: skip


class TestASoundCensus:
    def test_has_no_difference_is_in_balance_and_adds_up(self, hospital):
        assert everything() == []

    def test_leave_and_its_return_balance(self, hospital):
        assert self_check.out_of_balance(day_number("2025-11-11"), day_number("2025-11-15")) == []


class TestWhatDiffers:
    def test_names_the_movement_whose_stay_was_stored_otherwise(self, hospital):
        unit = database.execute_sql("SELECT id FROM unit WHERE code = 'ICU'").fetchone()[0]
        database.execute_sql(
            "UPDATE segment SET unit_id = (SELECT id FROM unit WHERE code = 'NUR') WHERE unit_id = ?", (unit,)
        )
        census.mark_dirty(FIRST)
        census.bring_up_to_date()
        found = [each for each in self_check.differences(FIRST, LAST) if each.measure == "unit_in"]
        assert [(each.unit, each.held, each.counted) for each in found] == [("ICU", 0, 1), ("NUR", 1, 0)]
        (named,) = found[0].movements
        assert (named.account, named.event, named.at) == ("MOVED", "transfer", "2025-11-05T10:00")
        assert "unit ICU, service SUR: unit in is 0 in the summary and 1 by the movements." in str(found[0])
        assert "account MOVED, transfer 2025-11-05T10:00" in str(found[0])

    def test_in_the_summary_alone_is_told_to_be_mended_by_a_rebuild(self, hospital):
        database.execute_sql(
            "UPDATE day_stats SET discharges = 5 WHERE discharges = 1 AND day = ?", (FIRST + 7,)
        )
        (found,) = self_check.differences(FIRST, LAST)
        assert (found.movements, found.held, found.counted) == ((), 5, 1)
        assert str(found).endswith("'census rebuild' mends it.")

    def test_a_stay_that_no_movement_makes_is_found(self, hospital):
        database.execute_sql(
            "INSERT INTO segment SELECT 2, 2, unit_id, service_id, newborn, '', from_utc + 864000, to_utc + 864000,"
            " from_day + 10, to_day + 10 FROM segment WHERE encounter_id = 1 AND seq = 1"
        )
        census.mark_dirty(FIRST)
        census.bring_up_to_date()
        assert "AWAY" in {
            named.account for each in self_check.differences(FIRST, LAST) for named in each.movements
        }

    def test_a_lost_piece_of_a_stay_that_spans_the_period_is_found(self, hospital):
        database.execute_sql(
            "DELETE FROM segment WHERE encounter_id = (SELECT id FROM encounter WHERE account = 'LONG')"
        )
        census.mark_dirty(FIRST)
        census.bring_up_to_date()
        found = self_check.differences(FIRST, LAST)
        assert {named.account for each in found for named in each.movements} == {"LONG"}

    def test_a_rebuild_mends_it_all(self, hospital, admin):
        database.execute_sql(
            "UPDATE segment SET to_day = to_day + 1 WHERE encounter_id = ?", (hospital["moved"],)
        )
        census.mark_dirty(FIRST)
        census.bring_up_to_date()
        assert everything()
        self_check.rebuild(admin)
        assert everything() == []


class TestBalance:
    def test_a_census_that_its_gains_and_losses_do_not_make_is_told(self, hospital):
        database.execute_sql(
            "UPDATE day_stats SET admissions = 0 WHERE admissions = 1 AND day = ?", (FIRST + 9,)
        )
        told = "the census is 2, and 1 by that of the day before with gains and losses: OUT OF BALANCE."
        assert self_check.out_of_balance(FIRST, LAST) == [
            f"2025-11-10, unit 3E: {told}", f"2025-11-10, service MED: {told}",
        ]  # fmt: skip

    def test_transfers_into_units_are_those_out_of_units(self, hospital):
        database.execute_sql("UPDATE day_stats SET unit_in = 0, census = census - 1 WHERE unit_in = 1")
        assert (
            "2025-11-05: 0 transferred into units and 1 out of them: OUT OF BALANCE."
            in self_check.out_of_balance(FIRST, LAST)
        )


class TestRunningTotals:
    def test_of_the_fiscal_year_are_compared_with_the_stays(self, hospital):
        """5 days of MOVED, 21 less 2 nights of AWAY, 1 of DAY, 34 of LONG: 59."""
        database.execute_sql("UPDATE day_stats SET same_day = 0")
        assert self_check.running_totals(LAST) == [
            "FY2026 to 2025-11-30: service days add up to 58 in the summary and to 59 over the stays."
        ]

    def test_heads_are_compared_with_what_gains_and_losses_make_of_them(self, hospital):
        database.execute_sql(
            "UPDATE day_stats SET discharges = 0 WHERE discharges = 1 AND day = ?", (FIRST + 7,)
        )
        assert "2025-11-30, unit ICU: the running total of FY2026 is 1 and 0 heads are there." in (
            self_check.running_totals(LAST)
        )


class TestChecking:
    def test_takes_the_permission_and_leaves_a_row(self, hospital, admin, actor_with):
        assert self_check.check(admin, FIRST, LAST).sound
        row = database.execute_sql("SELECT action, record FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        assert row == ("check census", "check")
        with pytest.raises(NotPermitted):
            self_check.check(actor_with(Role.CODER), FIRST, LAST)
