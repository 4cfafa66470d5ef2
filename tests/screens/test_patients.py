"""A technician finds patients by whatever is on the slip of paper, reads the chart, registers and amends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests import builders
from tests.screens.conftest import ACCOUNT, MRN, House
from tests.tui.conftest import Workstation


@pytest.fixture
def find(desk: Workstation) -> Workstation:
    desk.press("ctrl+o", "=PAT", "enter")
    return desk


class TestFinding:
    @pytest.mark.parametrize(
        "asked",
        [
            "MILLER", "miller,r", "Mill,Ru", MRN, MRN.lstrip("0"), ACCOUNT, "03/09/1951", "09MAR1951", "12-34-56",
            "34-56",
        ],
    )  # fmt: skip
    def test_each_form_of_asking_finds_the_patient(self, find: Workstation, asked: str) -> None:
        find.press(asked, "enter")
        assert f"{MRN}   MILLER,RUTH A" in find.text

    def test_social_security_number_and_initial_with_last_four_find_the_patient(
        self, find: Workstation
    ) -> None:
        find.press("MILLER", "enter")
        row = next(line for line in find.lines if MRN in line)
        last4 = row.split(" F ")[1].split()[0]
        find.press(f"/M{last4}", "enter")
        assert "MILLER,RUTH A" in find.text

    def test_over_no_rows_letters_are_part_of_the_question(self, find: Workstation) -> None:
        find.press("R")  # elsewhere the letter of an action
        assert "Patient: R" in find.lines[3]

    def test_nothing_found_says_so_and_the_next_question_is_just_typed(self, find: Workstation) -> None:
        find.press("zzzz", "enter")
        assert "No patient found." in find.text
        assert "More: F8" not in find.text
        find.press("MILLER", "enter")
        assert "MILLER,RUTH A" in find.text

    def test_a_word_on_the_command_line_asks_at_once(self, desk: Workstation) -> None:
        desk.press("PAT miller,r", "enter")
        assert "Asked for: miller,r" in desk.text
        assert "MILLER,RUTH A" in desk.text

    def test_commands_are_stacked_with_semicolons(self, desk: Workstation) -> None:
        desk.press(f"PAT MILLER;CHT {MRN}", "enter")
        assert desk.lines[0].split()[0] == "CHT"
        desk.press("f3")
        assert desk.lines[0].split()[0] == "PAT"

    def test_what_a_reader_must_know_fits_beside_the_name(self, find: Workstation) -> None:
        builders.a_patient(mrn="00777777", last_name="MILLER", first_name="RUTH")
        find.press("MILLER", "enter")
        rows = [line for line in find.lines if "MILLER,RUTH" in line]
        assert len(rows) == 2
        assert all(row.endswith("same name") for row in rows)

    def test_a_blank_and_enter_ask_for_the_last_patient_again(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=CHT {MRN}", "enter", "f3", "PAT", "enter", " ", "enter")
        assert f"Asked for: {MRN}" in desk.text
        assert "MILLER,RUTH A" in desk.text


class TestTheChart:
    def test_lists_accounts_with_length_of_stay_within_80_columns(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=CHT {MRN}", "enter")
        heads = next(line for line in desk.lines if "Account" in line and "Cls" in line)
        assert heads.split() == ["Account", "Cls", "From", "To", "Unit", "Serv", "Dp", "LOS", "Abstr"]
        row = next(line for line in desk.lines if ACCOUNT in line)
        assert row.split()[-2:] == ["01", "4"]

    def test_an_account_opens_the_chart_of_its_patient(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=CHT {ACCOUNT}", "enter")
        assert "MILLER,RUTH A" in desk.text

    def test_space_recalls_the_last_account(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=ACC {ACCOUNT}", "enter")
        assert desk.shell.recalls["account"] == ACCOUNT


class TestRegistering:
    def test_a_new_patient_is_registered_and_the_chart_opens(self, find: Workstation) -> None:
        find.press("f6", "00777777", "enter", "BAKER", "enter", "ANN", "enter", "f2")
        assert find.message == "FILED 00777777"
        assert "00777777  BAKER,ANN" in find.text

    def test_a_number_that_is_taken_is_refused_in_words(self, find: Workstation) -> None:
        find.press("f6", MRN, "enter", "BAKER", "enter", "f2")
        assert "This MRN has a patient already: PAT finds the chart." in find.message
        assert "MRN:" in find.at_cursor

    def test_without_a_last_name_the_cursor_goes_there(self, find: Workstation) -> None:
        find.press("f6", "00777777", "enter", "f2")
        assert "The last name is missing" in find.message
        assert "Last name:" in find.at_cursor

    def test_codes_are_echoed_and_words_find_them(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=PTA {MRN}", "enter", "^RACE", "enter", "white", "enter")
        assert "2106-3" in desk.text
        assert "White" in desk.text

    def test_several_races_are_joined(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=PTA {MRN}", "enter", "^RACE", "enter", "2106-3|asian", "enter")
        assert "2106-3|2028-9" in desk.text
        assert "White; Asian" in desk.text

    def test_a_dropped_line_keeps_a_registration_half_keyed(
        self, find: Workstation, seat: Callable[[], Workstation]
    ) -> None:
        find.press("f6", "00777777", "enter", "BAKER", "enter", "AN")
        find.hang_up()
        again = seat()
        again.press("DRF", "enter")
        assert "REG" in again.text
        again.press("enter")
        assert again.message == "Your draft of this record is resumed."
        assert "BAKER" in again.text
        assert "AN" in again.at_cursor

    def test_drafts_that_cannot_be_read_keep_nobody_from_desk_and_menu(
        self, find: Workstation, seat: Callable[[], Workstation], house: House
    ) -> None:
        find.press("f6", "00777777", "enter", "BAKER", "enter", "AN")
        find.hang_up()
        for kept in (house.directory / "drafts").iterdir():
            kept.write_bytes(b"not what was sealed")
        again = seat()
        assert "Your drafts" in again.text
        assert "cannot be read" in again.text
        again.press("MENU", "enter")
        assert "cannot be read" in next(line for line in again.lines if "DRF" in line)
        again.press("DRF", "enter")
        assert "were changed or damaged" in again.message

    def test_a_former_name_still_finds_the_chart(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=PTA {MRN}", "enter", "BAKER", "enter", "f2")
        desk.press("ctrl+o", "=PAT MILLER,R", "enter")
        assert "BAKER,RUTH A" in desk.text
        assert "also MILLER,RUTH" in desk.text
