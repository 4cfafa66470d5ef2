"""The code book is read as a book: look-up, tabular list, notes, Alphabetic Index, PCS tables, and back to the form."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.screens.conftest import ACCOUNT
from tests.tui.conftest import Workstation


def row(desk: Workstation, text: str) -> str:
    """The line of the screen that has ``text``."""
    return next(line for line in desk.lines if text in line)


@pytest.mark.usefixtures("coded")
class TestLookUp:
    def test_codes_are_those_of_the_day_asked_for(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=COD I42.0 ON 09/30/2026", "enter")
        assert "ICD-10-CM on 09/30/2026 (as asked): I42.0" in desk.text
        assert "I42.0    CC        Dilated" in desk.text
        desk.press("ctrl+o", "=COD I42.0 ON 10/01/2026", "enter")
        assert "I42.0        H     Dilated" in desk.text

    def test_for_an_account_they_are_those_of_its_discharge(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=COD chf FOR {ACCOUNT}", "enter")
        assert f"on 11/14/2026 (discharge of {ACCOUNT}): chf" in desk.text

    def test_the_word_for_before_no_account_is_a_word(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=COD supervision for pregnancy", "enter")
        assert "supervision for pregnancy" in desk.lines[4]

    def test_a_day_that_is_none_is_told(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=COD chf ON 13/45/2026", "enter")
        assert "There is no day 13/45/2026" in desk.message

    def test_a_code_stands_once_as_it_is_on_the_day(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=COD I42.0 ON 09/30/2026", "enter")
        assert sum(" I42.0 " in line for line in desk.lines[7:]) == 1

    def test_f9_goes_back_to_what_was_asked_and_f6_forth(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=COD chf", "enter", "/", "copd", "enter", "f9")
        assert desk.lines[4].rstrip().endswith(": chf")
        desk.press("f6")
        assert desk.lines[4].rstrip().endswith(": copd")
        desk.press("f6")
        assert desk.message == "You have not been further than this."

    def test_f10_puts_the_question_to_the_next_code_set(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=COD appendix", "enter", "f10")
        assert "ICD-10-PCS" in desk.lines[4]
        assert "in Appendix, External Approach" in desk.text

    def test_a_title_without_room_is_cut_so_that_side_and_encounter_stay(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=COD S72.001A", "enter")
        assert "Fx of unsp part of neck of right femur, init closed fx" in desk.text


@pytest.mark.usefixtures("coded")
class TestTabularList:
    def test_a_code_stands_between_what_is_over_and_beside_it(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=COD S72.001A", "enter", "T")
        assert desk.lines[0].split()[0] == "TRE"
        assert desk.at_cursor.split()[1:3] == ["7", "S72.001A"]
        assert "Ch. 19" in desk.text
        assert "S72.001B" in desk.text

    def test_p_goes_up_and_enter_goes_down(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=TRE I21.4", "enter", "P")
        assert "I21 " in desk.at_cursor
        assert "I21.01" not in desk.text  # two levels down
        desk.press("down", "enter")
        assert "I21.0 " in desk.at_cursor
        assert "I21.01" in desk.text
        desk.press("f9", "f9")
        assert "I21.4" in desk.at_cursor

    def test_from_the_chapters_down(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=TRE", "enter", "enter")
        assert "A00-A09" in desk.text
        desk.press("/", "I20-I25", "enter")
        assert "I20-I25" in desk.at_cursor
        assert "I21 " in desk.text

    def test_under_a_code_whose_title_it_repeats_only_the_rest_is_shown(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=TRE S72.001A", "enter")
        assert "..., initial encounter for closed fracture" in desk.text

    def test_no_code_is_told(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=TRE zz9", "enter")
        assert desk.message == "zz9 is no code or section of the tabular list: COD looks for words."


@pytest.mark.usefixtures("coded")
class TestNotes:
    def test_what_excludes_a_code_is_read_with_its_text(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=COD S72.001A", "enter", "X")
        assert "Excluded by" in desk.lines[3]
        assert "S71 Excludes 1 (not coded together): open fracture of hip and thigh (S72.-)" in desk.text

    def test_where_nothing_excludes_a_code_it_says_so(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=COD I10", "enter", "X")
        assert "No Excludes note elsewhere names it." in desk.text
        assert "I20-I25 Code also: the presence of hypertension (I10-I1A)" in desk.text  # asks for it

    def test_history_tells_standing_by_year_and_what_came_after(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=COD I42.0 ON 9/30/2026", "enter", "H")
        assert "10/01/2022 - 09/30/2026  billable, CC" in desk.text
        assert "10/01/2026 - today       header" in desk.text
        assert "Since then: I42.01  Familial-genetic dilated cardiomyopathy" in desk.text

    def test_what_a_new_code_came_from_is_told(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=NOT I42.01", "enter", "ctrl+o", "^History", "enter")
        assert "Came from: I42.0  Dilated cardiomyopathy" in desk.text

    def test_enter_on_a_line_turns_to_its_code_and_f9_back(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=COD S72.001A", "enter", "X", "tab", "enter")
        assert desk.lines[0].split()[1] == "M84.3"
        desk.press("f9")
        assert desk.lines[0].split()[1] == "S72.001A"
        desk.press("f3")
        assert desk.lines[0].split()[0] == "COD"  # one screen, however many codes were read

    def test_edits_are_told_in_words(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=NOT I10", "enter")
        assert "as principal diagnosis: questionable admission" in desk.text
        assert "POA: " in desk.text


@pytest.mark.usefixtures("coded")
class TestBackToTheForm:
    def test_use_puts_the_code_into_the_field_it_was_looked_up_from(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "ctrl+o", "^DIAG", "enter")
        desk.press("ctrl+o", "COD hip fx r initial", "enter", "T", "U")
        assert desk.lines[0].split()[0] == "ABS"
        assert "S72.001A Fx of unsp part of neck of right femur" in desk.text
        assert "MS-DRG 536" in desk.text

    def test_the_book_over_an_open_record_has_the_codes_of_its_discharge(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "ctrl+o", "COD chf", "enter")
        assert f"on 11/14/2026 (ABS {ACCOUNT}): chf" in desk.text
        desk.press("/", "chf ON T", "enter")
        assert "on 11/22/2026 (as asked): chf" in desk.text

    def test_a_pcs_code_from_its_table(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "ctrl+o", "^PROC", "enter")
        desk.press("ctrl+o", "PCT hip replacement", "enter", "B", "0", "J", "A", "f2")
        assert desk.lines[0].split()[0] == "ABS"
        assert "0SRB0JA Replace of Left Hip Joint w Synth Sub" in desk.text

    def test_a_code_that_the_field_does_not_take_is_refused_there(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "ctrl+o", "^PROC", "enter")
        desk.press("ctrl+o", "COD I21.4", "enter", "U")
        assert desk.lines[0].split()[0] == "COD"
        assert "does not take I214" in desk.message

    def test_a_header_is_no_code_for_a_field(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "ctrl+o", "^DIAG", "enter")
        desk.press("ctrl+o", "NOT I21.0", "enter", "f2")
        assert desk.message == "I21.0 is a header: a more specific code is needed."

    def test_with_no_form_open_it_says_so(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=COD chf", "enter", "U")
        assert desk.message.startswith("No form is open under this")


@pytest.mark.usefixtures("coded")
class TestPcsTables:
    def test_each_choice_narrows_the_others(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=PCT 0SR", "enter")
        assert "214 codes are left" in desk.text
        assert " 0 Polyethylene" in desk.text
        desk.press("9")
        assert "Body part: 9 Right Hip Joint" in desk.text
        assert "21 codes are left" in desk.text
        assert " 0 Polyethylene" not in desk.text

    def test_what_no_row_has_together_cannot_be_keyed(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=PCT 0SR9", "enter", "0", "enter")
        assert "0 stands" not in desk.text
        assert "Nothing is known as 0" in desk.message

    def test_f4_lists_only_what_is_permitted(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=PCT 0SR9", "enter", "f4")
        assert "Polyethylene Synthetic Substitute" not in [line.strip() for line in desk.lines]
        assert "J  Synthetic Substitute" in desk.text

    def test_a_whole_code_shows_its_notes_where_no_record_is_open(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=PCT 0SR90JZ", "enter", "f2")
        assert desk.lines[0].split()[:2] == ["NOT", "0SR90JZ"]

    def test_another_day_has_other_codes(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=PCT 0SR ON 10/01/2016", "enter")
        assert "on 10/01/2016" in desk.text
        assert "214 codes are left" not in desk.text

    def test_no_such_table_is_told(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=PCT zzqqxx", "enter")
        assert desk.message.startswith("No table has zzqqxx")


@pytest.mark.usefixtures("coded")
class TestWithoutAnIndex:
    def test_it_says_so_and_how_it_comes(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=IDX", "enter")
        assert "No Alphabetic Index is imported." in desk.text
        assert "recordroom codes import" in desk.message

    def test_words_of_titles_and_inclusion_terms_lead_in_instead(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=IDX femur", "enter")
        assert "femur / Fracture of" in desk.text
        desk.press("/", "neck", "enter")  # further words leave fewer
        assert "S72.00" in desk.at_cursor
        assert "femur / Fracture of  " not in desk.text
        desk.press("enter")
        assert desk.lines[0].split()[0] == "TRE"


@pytest.mark.usefixtures("booked")
class TestAlphabeticIndex:
    def test_a_main_term_by_its_beginning_then_its_subterms(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=IDX", "enter", "/", "fracture, tr", "enter")
        assert "Fracture, traumatic (abduction)" in desk.at_cursor  # words that may be there or not
        desk.press("enter")
        assert "femur, femoral" in desk.at_cursor
        desk.press("enter")
        assert desk.at_cursor.split()[2:] == ["neck", "S72.00-"]

    def test_see_is_followed(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=IDX fracture, traumatic", "enter", "enter", "down", "enter")
        assert "Fracture, traumatic > femur, femoral > neck" in desk.lines[4]
        assert desk.message == "See Fracture, traumatic, femur, neck."

    def test_see_also_is_followed_by_a_key(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=IDX fracture, traumatic", "enter", "A")
        assert "Fracture, burst" in desk.text

    def test_a_subterm_is_found_anywhere_under_a_main_term(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=IDX fracture neck", "enter")
        assert "femur, femoral > neck" in desk.text
        assert "humerus > surgical neck" in desk.text
        desk.press("/", "zzz", "enter")
        assert desk.message == "No term under this has zzz."

    def test_up_again_stands_on_the_term_that_was_opened(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=IDX fracture, traumatic", "enter", "enter", "P")
        assert "Fracture, traumatic" in desk.at_cursor

    def test_a_pair_lists_its_manifestation_second(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=IDX parkinsonism", "enter", "enter", "enter")
        assert row(desk, "F02.80").split()[1] == "[manifestation,"
        assert "G20.C" in desk.at_cursor

    def test_the_neoplasm_table_has_six_columns(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=IDX neoplasm neo", "enter", "enter")
        assert row(desk, "lung").split()[3:] == ["C34.9-", "C78.0-", "D02.2-", "D14.3-", "D38.1", "D49.1"]
        desk.press("enter", "down", "enter")
        assert desk.lines[0].split()[:2] == ["NOT", "C78.0"]

    def test_the_drug_table_and_external_causes_are_indexes_too(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=IDX drug asp", "enter")
        assert row(desk, "Aspirin").split()[-6:] == [f"T39.01{number}" for number in range(1, 7)]
        desk.press("ctrl+o", "=IDX external fall", "enter")
        assert "W19" in desk.at_cursor

    def test_the_pcs_index_ends_in_the_table(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=IDX pcs repl", "enter", "enter", "enter", "enter", "enter")
        assert desk.lines[0].split()[0] == "PCT"
        assert "Body part: 9 Hip Joint, Right" in desk.text

    def test_the_notes_of_a_code_name_the_terms_that_lead_to_it(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=COD S72.001A", "enter", "I")
        assert "Fracture, traumatic > femur, femoral > neck  S72.00-" in desk.text


@pytest.mark.usefixtures("booked")
class TestOtherCodeSets:
    def test_hcpcs_and_what_it_says_more(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=HCP wheelchair", "enter")
        assert "K0001" in desk.at_cursor
        desk.press("enter")
        assert "Coverage D; BETOS M5D" in desk.text

    def test_modifiers_by_words(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=HCP mod left side", "enter")
        assert desk.at_cursor.split()[2] == "LT"

    def test_a_facilitys_own_set_names_who_licenses_it(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=COD cdm cast", "enter")
        assert "Charge master (licensed by Example Hospital Group)" in desk.text
        assert "X200" in desk.at_cursor

    def test_a_set_in_which_nobody_else_has_rights_names_nobody(
        self, desk: Workstation, books_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        own = Path(shutil.copy(books_path, tmp_path / "own.db"))
        with closing(sqlite3.connect(own)) as store, store:
            store.execute("UPDATE facility_set SET licence_holder = 'none'")
        monkeypatch.setenv("RECORDROOM_CODES", str(own))
        desk.press("ctrl+o", "=COD cdm cast", "enter")
        assert " Charge master on " in desk.text

    def test_definitions_of_a_pcs_table(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=PCT 0SR", "enter", "f10")
        assert desk.lines[0].split()[0] == "PCD"
        assert "Putting in or on biological or synthetic material" in desk.text
