"""Movements of an account: looked at, added, corrected, cancelled; what cannot have happened is refused in words."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from db.connect import database
from tests.screens.conftest import ACCOUNT
from tests.tui.conftest import Workstation

IN_HOUSE = "4713"


@pytest.fixture
def account(desk: Workstation) -> Workstation:
    desk.press("ctrl+o", f"=ACC {ACCOUNT}", "enter")
    return desk


def in_house(desk: Workstation) -> str:
    desk.press("ctrl+o", "=CEN", "enter")
    return next(line for line in desk.lines if "In house:" in line)


class TestLooking:
    def test_enter_tells_and_changes_nothing(self, account: Workstation) -> None:
        account.press("enter")
        assert account.message.startswith("Admission, recorded")
        assert "x " not in account.lines[7]

    def test_the_columns_up_to_the_state_fit(self, account: Workstation) -> None:
        heads = next(line for line in account.lines if "When" in line)
        assert heads.split()[:8] == ["When", "Event", "Unit", "Serv", "Bed", "Disp", "Leave", "State"]

    def test_without_an_account_it_is_said_what_to_do(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=ACC", "enter")
        assert desk.message.startswith("Say which account")


class TestAdding:
    def test_a_transfer_by_the_beginning_of_its_word(self, account: Workstation) -> None:
        account.press("f6", "tr", "enter", "11/12/2026@0930", "enter", "icu", "enter", "enter", "101", "f2")
        assert account.message == "FILED Transfer to a unit or bed."
        assert account.lines[0].split()[0] == "ACC"
        assert "11/12/2026 0930 transfer  ICU" in account.text

    def test_only_what_the_event_needs_is_asked(self, account: Workstation) -> None:
        account.press("f6", "disch", "enter", "11/14/2026@1200", "enter")
        assert "Disposition:" in account.at_cursor

    def test_a_word_that_is_no_event_is_refused_where_it_stands(self, account: Workstation) -> None:
        account.press("f6", "xyz", "enter")
        assert account.message == "Event: Nothing is known as XYZ. F4 lists what this field takes."
        assert "xyz" in account.at_cursor

    def test_a_second_discharge_is_refused_with_its_reason(self, account: Workstation) -> None:
        account.press("f6", "disch", "enter", "11/13/2026@1200", "enter", "01", "f2")
        assert account.message.startswith("NOT FILED.")
        assert account.lines[0].split()[0] == "MOV"

    def test_what_is_missing_is_named_with_the_cursor_on_it(self, account: Workstation) -> None:
        account.press("f6", "tr", "enter", "11/12/2026@0930", "enter", "f2")
        assert "The unit is missing" in account.message
        assert "Unit:" in account.at_cursor

    def test_a_movement_half_keyed_survives_a_dropped_line(
        self, account: Workstation, seat: Callable[[], Workstation]
    ) -> None:
        account.press("f6", "tr", "enter", "11/12/2026@0930", "enter", "IC")
        account.hang_up()
        again = seat()
        again.press("ctrl+o", f"=MOV {ACCOUNT}", "enter")
        assert again.message == "Your draft of this record is resumed."
        assert "11/12/2026 0930" in again.text
        assert "IC" in again.at_cursor


class TestALeaveThatWasForgotten:
    """RUTH MILLER came on the 10th, was moved on the 12th and went on the 14th."""

    @pytest.fixture
    def moved(self, account: Workstation) -> Workstation:
        account.press("f6", "tr", "enter", "11/12/2026@0930", "enter", "icu", "enter", "f2")
        return account

    def keyed(self, screen: Workstation, left: str, back: str = "") -> None:
        screen.press("f6", "leave", "enter", left, "enter", "pass")
        if back:
            screen.press("enter", back)
        screen.press("f2")

    def test_goes_in_with_its_return_before_a_later_transfer(self, moved: Workstation) -> None:
        self.keyed(moved, "11/11/2026@0800", "11/12/2026@0700")
        assert moved.message == "FILED Leave and return."
        assert "11/11/2026 0800 leave" in moved.text
        assert "11/12/2026 0700 return" in moved.text

    def test_is_one_act_with_one_row_in_the_audit_trail(self, moved: Workstation) -> None:
        before = len(amended())
        self.keyed(moved, "11/11/2026@0800", "11/12/2026@0700")
        rows = amended()[before:]
        assert len(rows) == 1
        assert (rows[0]["changed"]["at"], rows[0]["changed"]["back"]) == (
            ["", "2026-11-11T08:00"], ["", "2026-11-12T07:00"],
        )  # fmt: skip

    def test_the_return_is_asked_for_with_the_cursor_on_it(self, moved: Workstation) -> None:
        self.keyed(moved, "11/11/2026@0800")
        assert "The return is missing: the account has a later" in moved.message
        assert "Returned:" in moved.at_cursor

    def test_a_return_after_the_transfer_is_refused_and_nothing_is_filed(self, moved: Workstation) -> None:
        self.keyed(moved, "11/11/2026@0800", "11/13/2026@0700")
        assert "falls into the leave" in moved.message
        moved.press("f3", "n", "ctrl+o", f"=ACC {ACCOUNT}", "enter")
        assert " leave " not in moved.text

    def test_a_patient_discharged_while_away_has_no_return(self, moved: Workstation) -> None:
        self.keyed(moved, "11/13/2026@0800")
        assert moved.message == "FILED Leave begins."

    def test_who_leaves_now_is_not_asked_when_they_came_back(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=ACC {IN_HOUSE}", "enter", "f6", "leave", "enter", "11/17/2026@0800", "enter")
        assert "Kind of leave:" in desk.at_cursor
        desk.press("pass", "enter")
        assert "Returned:" not in desk.at_cursor

    def test_half_of_it_is_not_cancelled_and_both_are_offered(self, moved: Workstation) -> None:
        self.keyed(moved, "11/11/2026@0800", "11/12/2026@0700")
        for down in (("down",), ("down", "down")):
            moved.press("home", *down, "x", "never away", "enter")
            assert moved.message == "One cannot go without the other: L cancels the leave with its return."

    @pytest.mark.parametrize("half", [("down",), ("down", "down")])
    def test_l_on_either_half_cancels_both(self, moved: Workstation, half: tuple[str, ...]) -> None:
        self.keyed(moved, "11/11/2026@0800", "11/12/2026@0700")
        moved.press("home", *half, "l", "never away", "enter")
        assert moved.message == "The leave and its return are cancelled."
        assert sum("cancelled" in line for line in moved.lines[4:20]) == 2
        assert amended()[-1]["changed"]["back"] == ["2026-11-12T07:00", ""]

    def test_l_elsewhere_says_that_there_is_no_leave(self, moved: Workstation) -> None:
        moved.press("home", "l", "never away", "enter")
        assert moved.message == "This is no leave with a return: cancel the movement alone."


def amended() -> list[dict[str, Any]]:
    """What the audit trail says of amended movements."""
    rows = database.execute_sql("SELECT detail FROM audit WHERE action = 'amend movement' ORDER BY seq")
    return [json.loads(detail) for (detail,) in rows]


class TestADayAhead:
    def test_a_slip_of_the_year_is_refused_at_its_field(self, account: Workstation) -> None:
        account.press("f6", "tr", "enter", "T+30@0930", "enter")
        assert "ahead" in account.message
        assert "When:" in account.at_cursor


class TestCancelling:
    def test_asks_why_and_changes_nothing_without_a_reason(self, account: Workstation) -> None:
        account.press("down", "x")
        assert "Why is it cancelled" in account.text
        account.press("enter")
        assert "A reason is needed" in account.message
        account.press("x", "f12")
        assert " cancelled " not in account.text

    def test_the_history_of_the_account_says_who_when_and_why(self, account: Workstation) -> None:
        account.press("down", "x", "wrong patient", "enter", "ctrl+o", "HIST", "enter")
        line = next(line for line in account.lines if "cancelled" in line)
        assert "discharge" in line
        assert "current" in line
        account.press("right", "right", "right")
        assert "wrong patient" in account.text

    def test_a_cancelled_movement_stays_in_sight(self, account: Workstation) -> None:
        account.press("down", "x", "wrong", "enter")
        assert account.message == "The movement is cancelled."
        assert "cancelled" in account.text
        assert "in house" in account.lines[5] + account.lines[4]

    def test_the_census_follows_at_once(self, account: Workstation) -> None:
        assert "In house: 1 adults" in in_house(account)
        account.press("ctrl+o", f"=ACC {ACCOUNT}", "enter", "down", "x", "wrong", "enter")  # the discharge
        assert "In house: 2 adults" in in_house(account)

    def test_an_admission_with_movements_after_it_is_not_cancelled(self, account: Workstation) -> None:
        account.press("x", "wrong", "enter")
        assert account.shell.failed
        assert account.message
        assert "cancelled" not in account.text.replace(account.message, "")

    def test_one_cancelled_already_says_so(self, account: Workstation) -> None:
        account.press("down", "x", "wrong", "enter", "x", "wrong", "enter")
        assert "cancelled already" in account.message


class TestCorrecting:
    def test_a_wrong_time_is_put_right_and_the_old_version_stays(self, account: Workstation) -> None:
        account.press("down", "c", "11/14/2026@1630", "enter", "^REASON", "enter", "clock was wrong", "f2")
        assert account.message == "FILED Discharge."
        assert "11/14/2026 1630 discharge" in account.text
        assert "superseded" in account.text
        account.press("ctrl+o", "HIST", "enter")
        assert any("discharge at" in line for line in account.lines), account.text

    def test_needs_a_reason(self, account: Workstation) -> None:
        account.press("down", "c", "11/14/2026@1630", "enter", "f2")
        assert "The reason is missing" in account.message
        assert "Reason:" in account.at_cursor

    def test_an_admission_after_the_discharge_is_refused(self, account: Workstation) -> None:
        account.press("c", "11/15/2026@0800", "enter", "^REASON", "enter", "wrong day", "f2")
        assert account.message.startswith("NOT FILED.")
