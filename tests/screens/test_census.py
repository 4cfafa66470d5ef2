"""Who is in house now, by unit and bed, and who came, left, moved or died on a day."""

from __future__ import annotations

import pytest

from db.hospital import encounters
from tests import builders
from tests.screens.conftest import ACCOUNT, POISON_ACCOUNT, POISON_MRN
from tests.tui.conftest import Workstation


class TestTheHouseNow:
    def test_units_add_up_and_open_their_patients(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=CEN", "enter")
        assert "In house: 1 adults and children, 0 newborns, 0 on leave" in desk.text
        desk.press("enter")
        assert desk.lines[0].split()[0] == "INP"
        assert "Unit 3E" in desk.text
        assert POISON_MRN in desk.text

    def test_a_unit_without_patients_says_so(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=INP ICU", "enter")
        assert "Nobody is in this unit." in desk.text


class TestAbsences:
    def test_the_desk_tells_of_those_past_their_limit_and_leads_to_them(self, desk: Workstation) -> None:
        assert "past their limit" not in desk.text

        def away() -> None:
            stay = encounters.find("4713")
            assert stay is not None
            builders.a_movement(stay, "leave", "2026-11-16T18:00", leave_type="pass")

        desk.shell.executor.submit(away).result()
        desk.press("f5")
        assert "N05 Absences past their limit" in desk.text
        desk.press("ctrl+o", "N05", "enter")
        assert "OVERDUE ABSENCES" in desk.text
        assert POISON_MRN in desk.text


class TestADay:
    @pytest.mark.parametrize(
        ("word", "day", "account"),
        [("ADM", "11/10/2026", ACCOUNT), ("ADM", "11102026", ACCOUNT), ("DSC", "11/15/2026", POISON_ACCOUNT)],
    )
    def test_lists_the_movements_of_the_day(
        self, desk: Workstation, word: str, day: str, account: str
    ) -> None:
        desk.press("ctrl+o", f"={word} {day}", "enter", "m")
        assert f"Account {account}" in desk.text

    def test_another_day_is_keyed_over_the_list(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=ADM 11/10/2026", "enter", "/11/11/2026", "enter")
        assert "11/11/2026: 1 admitted" in desk.text
        assert POISON_MRN in desk.text

    def test_a_day_without_any_says_so(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=DTH 11/10/2026", "enter")
        assert "None on this day." in desk.text

    def test_what_is_no_day_is_said_and_nobody_is_moved_away_from_the_desk(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=ADM foo", "enter")
        assert desk.message == "foo is no day: key a date such as T-1 or 11/20/2026."
        assert desk.lines[0].split()[0] == "DESK"
