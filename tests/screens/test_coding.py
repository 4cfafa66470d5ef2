"""A coder keys the codes of an account on one page: full speed, mistakes, order, POA, notes, edits and the DRG."""

from __future__ import annotations

import pytest

from config.grids import GridError, read_grid, standard_grid
from config.menu import standard_menu
from db.conventions import file_setting
from db.patient_index import patients
from screens.coding import coding_draft
from screens.coding.coding_words import CODING_WORDS
from tests import builders
from tests.screens.conftest import ACCOUNT, MRN
from tests.screens.test_abstract import focus, values
from tests.tui.conftest import Workstation, strokes

pytestmark = pytest.mark.usefixtures("coded")

ADMITTING = "R079"
TWELVE = ("I21.4", "Y", "J96.01", "Y", "N17.9", "N", "E11.65", "Y", "I50.21", "Y", "I48.91", "Y", "J44.1", "Y",
          "E87.1", "Y", "D62", "N", "N39.0", "Y", "I10", "Y", "Z79.4")  # fmt: skip
THREE = (
    "027034Z",
    "11112026",
    "1001",
    "N",
    "4A023N7",
    "11112026",
    "1001",
    "N",
    "B2111ZZ",
    "11112026",
    "1001",
    "N",
)


@pytest.fixture
def page(desk: Workstation) -> Workstation:
    """The coding screen of an account with nothing coded yet."""
    desk.press("ctrl+o", f"=CDG {ACCOUNT}", "enter")
    return desk


@pytest.fixture
def keyed(page: Workstation) -> Workstation:
    """Three diagnoses, as an experienced coder keys them."""
    page.press(ADMITTING, "i21.4 y j9601 y n179 n")
    return page


def codes(desk: Workstation, group: str = "diagnoses") -> list[str]:
    kept = values(desk)
    return [kept[path] for path in (f"{group}[{row}].code" for row in range(1, 27)) if path in kept]


def mode(desk: Workstation) -> str:
    return str(desk.shell.main.mode)  # type: ignore[attr-defined]


def row(desk: Workstation, text: str) -> str:
    return next(line for line in desk.lines[3:] if text in line)


def pane(desk: Workstation) -> list[str]:
    """The lines under the bar that names the code in hand."""
    bar = next(number for number, line in enumerate(desk.lines) if line.startswith("--"))
    return desk.lines[bar + 1 : -3]


class TestKeying:
    def test_codes_and_poa_follow_each_other_with_blanks_between(self, keyed: Workstation) -> None:
        assert codes(keyed) == ["I214", "J9601", "N179"]
        assert [values(keyed)[f"diagnoses[{n}].poa"] for n in (1, 2, 3)] == ["Y", "Y", "N"]
        assert focus(keyed) == "diagnoses[4].code"

    def test_without_blanks_and_with_enter_behind_each_the_same_is_keyed(self, page: Workstation) -> None:
        page.press(ADMITTING, "enter", "i214yj9601", "enter", "y", "enter", "N17.9", "enter", "n", "enter")
        assert codes(page) == ["I214", "J9601", "N179"]
        assert focus(page) == "diagnoses[4].code"

    def test_nothing_needs_more_keys_than_on_the_form(self, page: Workstation) -> None:
        """Twelve diagnoses and three procedures, with no key but those of the values and one that goes on."""
        page.press(ADMITTING, *TWELVE, "tab", *THREE)
        assert len(codes(page)) == 12
        assert codes(page, "procedures") == ["027034Z", "4A023N7", "B2111ZZ"]
        assert values(page)["procedures[3].date"] == "2026-11-11"

    def test_words_list_their_codes(self, page: Workstation) -> None:
        page.press(ADMITTING, "hip fx", "enter")
        assert page.message == "Several match HIP FX: pick one."
        page.press("enter")
        assert codes(page)[0].startswith("S72")

    def test_tab_behind_a_code_that_was_left_by_itself_passes_no_principal_row(
        self, page: Workstation
    ) -> None:
        page.press(ADMITTING, "tab")
        assert focus(page) == "diagnoses[1].code"
        page.press("tab")  # the next one counts
        assert focus(page) == "procedures[1].code"

    def test_what_tells_listed_codes_apart_stands_within_80_columns(self, keyed: Workstation) -> None:
        keyed.press("tab", "0sr9", "enter")
        assert row(keyed, "0SR901A").rstrip().endswith("w Metal Synth Sub, Uncemented, Open")

    def test_another_code_keyed_over_one_replaces_it(self, keyed: Workstation) -> None:
        keyed.press("up", "up", "i50.21")
        assert codes(keyed) == ["I214", "I5021", "N179"]
        assert values(keyed)["diagnoses[2].poa"] == "Y"

    def test_procedures_come_after_the_diagnoses_with_their_date(self, keyed: Workstation) -> None:
        keyed.press("tab", "027034Z", "11112026")
        assert focus(keyed) == "procedures[1].surgeon"
        assert keyed.at_cursor.startswith(" Surgeon 1:")
        assert "027034Z" in row(keyed, "11/11/2026")

    def test_a_date_without_its_year_is_one_of_the_stay(self, keyed: Workstation) -> None:
        keyed.press("tab", "027034Z", "1111", "enter")
        assert values(keyed)["procedures[1].date"] == "2026-11-11"
        assert focus(keyed) == "procedures[1].surgeon"

    def test_what_else_the_record_lacks_is_asked_under_the_page(self, keyed: Workstation) -> None:
        keyed.press("enter", "enter", "enter")  # the first one is forgiven: POA was left by itself
        assert focus(keyed) == "ethnicity"
        assert keyed.at_cursor.startswith(" Ethnicity:")
        keyed.press("2186-5")
        assert values(keyed)["ethnicity"] == "2186-5"

    def test_a_row_that_a_code_exempt_from_poa_completes_goes_on_with_the_next(
        self, page: Workstation
    ) -> None:
        page.press(ADMITTING, "i214 y z794 i10 y")
        assert codes(page) == ["I214", "Z794", "I10"]

    def test_poa_keyed_from_habit_behind_such_a_code_is_dropped(self, page: Workstation) -> None:
        page.press(ADMITTING, "i214 y z794 y i10 y", "z66", "enter", "n", "enter", "e119 y")
        assert codes(page) == ["I214", "Z794", "I10", "Z66", "E119"]
        assert not page.shell.failed

    def test_more_rows_than_fit_move_with_the_cursor(self, page: Workstation) -> None:
        page.press(ADMITTING, *TWELVE)
        assert "Z79.4" in page.text
        assert "I21.4" not in "\n".join(page.lines[5:15])
        page.press(*["up"] * 12)
        assert "I21.4" in page.at_cursor


class TestKeyCount:
    def test_twelve_diagnoses_and_three_procedures_take_no_key_more_than_on_the_form(
        self, page: Workstation
    ) -> None:
        here, there = (ADMITTING, *TWELVE, "tab", *THREE), (ADMITTING, *TWELVE, "f8", *THREE)
        page.press(*here)
        coded = codes(page), codes(page, "procedures"), values(page)["procedures[3].anesthesia"]
        page.press("f12", "y", "ctrl+o", f"=ABS {ACCOUNT}", "enter", "^ADMITTING", "enter", *there)
        assert coded == (codes(page), codes(page, "procedures"), values(page)["procedures[3].anesthesia"])
        assert sum(len(strokes(key)) for key in here) == sum(len(strokes(key)) for key in there) == 136

    def test_without_the_years_of_the_three_dates_they_take_127(self, page: Workstation) -> None:
        keys = [part for key in THREE for part in (("1111", "enter") if key == "11112026" else (key,))]
        page.press(ADMITTING, *TWELVE, "tab", *keys)
        assert (len(codes(page)), values(page)["procedures[3].anesthesia"]) == (12, "N")
        assert sum(len(strokes(key)) for key in (ADMITTING, *TWELVE, "tab", *keys)) == 127


class TestLegend:
    def test_has_what_a_coder_uses_most(self, page: Workstation) -> None:
        assert page.lines[-1].startswith(
            " F2=File  F3=Exit  F4=List  F11=Form  F6=Earlier  WHATIF  SUPPORT  F1=Help +"
        )

    def test_a_word_of_the_screen_keyed_into_a_field_says_where_it_belongs(self, page: Workstation) -> None:
        page.press("whatif", "enter")
        assert page.message.endswith("WHATIF is a word for the command line: press Ctrl+O first.")

    def test_codes_stand_second_in_the_work_queue(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=WRK", "enter")
        assert desk.lines[-1].startswith(" Enter=Abstract  C=Codes  T=Take  ")


class TestOneKey:
    def test_makes_a_diagnosis_the_principal_one(self, keyed: Workstation) -> None:
        keyed.press("up", "!")
        assert codes(keyed) == ["N179", "I214", "J9601"]
        assert values(keyed)["diagnoses[1].poa"] == "N"
        assert focus(keyed) == "diagnoses[1].code"
        assert "MS-DRG 682" in keyed.text

    def test_moves_a_row_up_and_down(self, keyed: Workstation) -> None:
        keyed.press("up", "<")
        assert codes(keyed) == ["I214", "N179", "J9601"]
        keyed.press(">")
        assert codes(keyed) == ["I214", "J9601", "N179"]
        keyed.press(">")  # the last one stays
        assert codes(keyed) == ["I214", "J9601", "N179"]

    def test_answers_poa(self, keyed: Workstation) -> None:
        keyed.press("up", "+")
        assert values(keyed)["diagnoses[3].poa"] == "Y"
        keyed.press("up", "-")
        assert values(keyed)["diagnoses[2].poa"] == "N"

    def test_takes_a_row_out_and_one_more_brings_it_back(self, keyed: Workstation) -> None:
        keyed.press("up", "up", "@")
        assert codes(keyed) == ["I214", "N179"]
        keyed.press("ctrl+u")
        assert codes(keyed) == ["I214", "J9601", "N179"]

    def test_a_blank_row_and_an_exempt_poa_say_why_nothing_happens(self, keyed: Workstation) -> None:
        keyed.press("-")
        assert keyed.message == "- acts on a row that is there: this one is blank."
        keyed.press("z79.4", "up", "+")
        assert keyed.message == "POA is not asked of this row."

    def test_while_something_is_keyed_a_sign_is_a_character(self, keyed: Workstation) -> None:
        keyed.press("I50-")
        assert len(codes(keyed)) == 3
        assert "I50-" in keyed.at_cursor

    def test_a_record_that_can_only_be_read_is_not_moved(self, keyed: Workstation) -> None:
        keyed.shell.main.opened = keyed.shell.main.opened.__class__(  # type: ignore[attr-defined]
            {}, locked="Somebody has it."
        )
        keyed.press("up", "!")
        assert codes(keyed) == ["I214", "J9601", "N179"]


class TestUnfinishedCodes:
    def test_a_missing_seventh_character_is_picked_by_its_meaning(self, page: Workstation) -> None:
        page.press(ADMITTING, "s72001", "enter")
        assert page.message == "S72.001 needs a 7th character: go on with it, or pick one."
        assert "S72.001A  MCC initial encounter for closed fracture" in page.text
        page.press("a")
        assert codes(page) == ["S72001A"]
        assert focus(page) == "diagnoses[1].poa"

    def test_who_knows_it_keys_on(self, page: Workstation) -> None:
        page.press(ADMITTING, "s72001 a y j9601 y")
        assert codes(page) == ["S72001A", "J9601"]
        assert values(page)["diagnoses[1].poa"] == "Y"

    def test_a_character_that_leads_to_no_code_is_refused_and_nothing_lost(self, page: Workstation) -> None:
        page.press(ADMITTING, "s72001", "enter", "y")
        assert page.message == "None of these goes on with Y."
        assert page.shell.failed
        page.press("b")
        assert codes(page) == ["S72001B"]

    def test_the_only_one_there_is_takes_no_key_and_what_was_keyed_ahead_counts(
        self, page: Workstation
    ) -> None:
        page.press(ADMITTING, "s06307 y i10 y")
        assert codes(page) == ["S06307A", "I10"]
        assert values(page)["diagnoses[1].poa"] == "Y"

    def test_who_knows_the_only_one_there_is_may_key_it(self, page: Workstation) -> None:
        page.press(ADMITTING, "s06307 a y s06308", "enter", "a", "enter", "y")
        assert codes(page) == ["S06307A", "S06308A"]
        assert values(page)["diagnoses[2].poa"] == "Y"

    def test_enter_that_took_the_only_one_does_not_forgive_the_next(self, page: Workstation) -> None:
        page.press(ADMITTING, "s06307", "enter", "enter")
        assert focus(page) != "diagnoses[1].poa"

    def test_x_left_out_needs_no_enter_in_the_list_either(self, page: Workstation) -> None:
        page.press(ADMITTING, "t20.00 a y i10 y")
        assert codes(page) == ["T2000XA", "I10"]

    def test_who_rubs_it_out_looks_for_words(self, page: Workstation) -> None:
        page.press(ADMITTING, "s72001", "enter", *["backspace"] * 6, "chf")
        assert not page.shell.failed
        assert "I50.9" in page.text

    def test_a_category_lists_the_codes_below_it(self, page: Workstation) -> None:
        page.press(ADMITTING, "i21", "enter")
        assert page.message == "I21 is a category: go on with it, or pick one."
        page.press("4")
        assert codes(page) == ["I214"]

    def test_side_and_encounter_are_in_sight_where_the_title_is_too_long(self, page: Workstation) -> None:
        page.press(ADMITTING, "s72001a")
        assert "neck of right femur, init" in next(
            line for line in page.lines if line.startswith("-- S72.001A")
        )

    def test_an_ended_code_says_when_it_ended(self, page: Workstation) -> None:
        page.press(ADMITTING, "s301xxa", "enter")
        assert page.message == "Diagnosis: S30.1XXA ended on 09/30/2025."

    def test_a_diagnosis_among_the_procedures_says_where_it_belongs(self, page: Workstation) -> None:
        page.press(ADMITTING, "i21.4 y", "tab", "i10", "enter")
        assert page.message == "Procedure: I10 is a code of ICD-10-CM; this field takes ICD-10-PCS."

    def test_a_procedure_keyed_among_the_diagnoses_is_refused_as_soon_as_it_is_whole(
        self, page: Workstation
    ) -> None:
        page.press(ADMITTING, "i21.4 y 027034Z")
        assert page.message == "Diagnosis: 027034Z is a code of ICD-10-PCS; this field takes ICD-10-CM."
        assert page.shell.failed

    def test_x_is_filled_in(self, page: Workstation) -> None:
        page.press(ADMITTING, "s42.0a")
        assert codes(page) == []  # S42.0 has six characters below it: nothing is left out there
        page.press("ctrl+u", "t20.0xxa", "ctrl+u", "o32.1", "ctrl+u")
        page.press("^EXT", "enter")
        page.press("w19a")
        assert codes(page, "external_causes") == ["W19XXXA"]


class TestTheDrg:
    def test_has_weight_stay_payment_type_and_what_drives_it(self, desk: Workstation) -> None:
        actor = desk.shell.session.actor  # type: ignore[union-attr]
        desk.shell.executor.submit(file_setting, actor, "drg_base_rate", "6500.00", 0).result()
        desk.press("ctrl+o", f"=CDG {ACCOUNT}", "enter", ADMITTING, "i21.4 y j9601 y n179 n")
        assert "MS-DRG 280 Acute Myocardial Infarction, Discharged Alive with MCC" in desk.lines[3]
        assert (
            "MDC 05 MED  weight 1.6041 (FY2026)  GMLOS 4.1 LOS 4  $10,426.65  by J96.01 MCC" in desk.lines[4]
        )
        assert row(desk, "2 J96.01").endswith("Y   MCC   drives")
        assert row(desk, "3 N17.9").endswith("N   CC")

    def test_what_drives_it_stays_in_sight_where_there_is_little_room(self, desk: Workstation) -> None:
        actor = desk.shell.session.actor  # type: ignore[union-attr]
        desk.shell.executor.submit(file_setting, actor, "drg_base_rate", "6500.00", 0).result()
        desk.press("ctrl+o", f"=CDG {ACCOUNT}", "enter", ADMITTING, "i21.4 y i5021 y", "tab", "027034Z")
        assert desk.lines[4].startswith(
            " MDC 05 SURG wt 2.7208 FY26 GMLOS 3.7 LOS 4 $17,685.20 by I50.21 MCC, 027034Z"
        )
        desk.press("f11")
        assert "by I50.21 MCC, 027034Z" in desk.text
        desk.press("ctrl+o", "VIEW O", "enter")
        assert "by I50.21 MCC, 027034Z" in desk.text

    def test_a_condition_acquired_here_says_what_it_takes(self, page: Workstation) -> None:
        page.press(ADMITTING, "j189 y l89154 n")
        assert "MS-DRG 195 (before HAC 193)" in page.lines[3]
        assert "Initial DRG 193" in page.lines[5]
        assert "not counted: L89.154 HAC 4 POA N" in page.lines[5]
        assert "HAC 4" in row(page, "2 L89.154")
        page.press("up")
        assert pane(page)[0].startswith(" ! Hospital-acquired condition 4")
        page.press("+")
        assert "MS-DRG 193 " in page.text

    def test_a_title_without_room_keeps_what_its_drg_is_told_apart_by(self, page: Workstation) -> None:
        page.press(ADMITTING, "m16.11 y", "tab", "0sr90jz")
        assert page.lines[3].startswith(" MS-DRG 470 Major Hip and Knee Joint")
        assert page.lines[3].rstrip().endswith("w/o MCC")

    def test_a_code_that_the_principal_one_excludes_is_marked(self, page: Workstation) -> None:
        page.press(ADMITTING, "i214 y i2109 y")
        assert row(page, "2 I21.09").endswith("(MCC) excluded")

    def test_procedures_of_an_operating_room_are_marked(self, page: Workstation) -> None:
        page.press(ADMITTING, "m1611 y", "tab", "0SR90JZ", "11112026", "1001", "g", "1001", "4A023N7")
        assert row(page, "1 0SR90JZ").endswith("OR drives")
        assert not row(page, "4A023N7").endswith("OR")

    def test_before_poa_is_keyed_an_acquired_condition_says_that_it_lacks(self, page: Workstation) -> None:
        page.press(ADMITTING, "j189 y l89154")
        assert page.lines[3].startswith(" MS-DRG: not grouped. Present on admission is missing")

    def test_only_an_inpatient_account_has_one(self, desk: Workstation) -> None:
        def visited() -> None:
            patient = patients.by_mrn(MRN) or 0
            builders.an_encounter(patient, "7001", **{"class": "O"})

        desk.shell.executor.submit(visited).result()
        desk.press("ctrl+o", "=CDG 7001", "enter")
        assert desk.lines[3].startswith(" No MS-DRG: this is no inpatient account.")


class TestThePane:
    def test_tells_the_edits_at_the_code_in_hand_first(self, page: Workstation) -> None:
        page.press(ADMITTING, "v0001xa", "y", "up")
        assert any("cannot be the principal diagnosis" in line for line in pane(page)[:2])

    def test_an_excludes1_pair_stands_at_both_codes(self, page: Workstation) -> None:
        page.press(ADMITTING, "a419 y r7881 y", "up")
        assert any("Beside 1 A41.9: Excludes1" in line for line in pane(page))
        page.press("up")
        assert any("Beside 2 R78.81: Excludes1 (A41) bacteremia NOS" in line for line in pane(page))

    def test_code_first_and_use_additional_say_what_the_record_has(self, page: Workstation) -> None:
        page.press(ADMITTING, "a419 y r6521 y", "up")
        text = "\n".join(pane(page))
        assert "- Not on the record: Use additional (R65.2) code to identify specific acute" in text
        page.press("down", "n179 y", "up", "up")
        assert "+ On the record (3 N17.9): Use additional (R65.2)" in "\n".join(pane(page))

    def test_f8_turns_it_and_f7_turns_it_back(self, page: Workstation) -> None:
        page.press(ADMITTING, "a419 y", "up")
        first = pane(page)
        assert "F8=More" in page.text
        page.press("f8")
        assert pane(page) != first
        page.press("f7")
        assert pane(page) == first

    def test_a_message_does_not_change_it_and_the_next_code_has_its_own(self, keyed: Workstation) -> None:
        keyed.press("up")
        assert keyed.text.count("N17.9") > 1
        keyed.press("up")
        assert "Acute respiratory failure with hypoxia" in row(keyed, "-- J96.01")


class TestOneRecord:
    def test_f11_leads_to_the_form_and_back_to_the_page(self, keyed: Workstation) -> None:
        keyed.press("f11")
        assert mode(keyed) == "form"
        assert "I21.4" in keyed.text
        keyed.press("f11")
        assert mode(keyed) == "worksheet"

    def test_from_the_abstract_view_w_shows_the_codes(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "ctrl+o", "VIEW W", "enter")
        assert any(line.startswith("Diagnoses  !=Principal") for line in desk.lines)
        assert focus(desk) == "admitting_diagnosis"

    def test_an_abstract_that_is_open_is_gone_back_to(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "ctrl+o", f"CDG {ACCOUNT}", "enter")
        assert desk.message == "This record was open already: you are back in it."
        assert mode(desk) == "worksheet"

    def test_what_was_keyed_is_there_again_after_the_line_dropped(self, keyed: Workstation) -> None:
        keyed.press("ctrl+o", "=DESK", "enter", "ctrl+o", f"=ABS {ACCOUNT}", "enter")
        assert codes(keyed) == ["I214", "J9601", "N179"]

    def test_filing_stores_what_the_form_would(self, keyed: Workstation) -> None:
        keyed.press("ctrl+o", "^ETHN", "enter", "2186-5", "f2")
        assert keyed.message.startswith("FILED")


class TestWords:
    @pytest.mark.parametrize("command", CODING_WORDS, ids=lambda command: command.word)
    def test_each_leads_to_a_screen_that_is_there(self, command: object, keyed: Workstation) -> None:
        keyed.press("up")
        form = keyed.shell.main.screen
        form.focus = focus(keyed)  # type: ignore[union-attr]
        line = getattr(form, command.method)("").go  # type: ignore[attr-defined]
        assert line.partition(" ")[0] in standard_menu().screens

    def test_the_code_in_hand_goes_along(self, keyed: Workstation) -> None:
        keyed.press("up", "ctrl+o", "LOOK", "enter")
        assert keyed.lines[0].split()[0] == "NOT"
        assert "N17.9" in keyed.text

    def test_without_a_code_it_is_said(self, keyed: Workstation) -> None:
        keyed.press("ctrl+o", "LOOK", "enter")
        assert keyed.message == "There is no code here: put the cursor on one."


class TestItsGrid:
    def test_every_sign_is_one_that_no_code_begins_with(self) -> None:
        grid = standard_grid("coding")
        assert grid is not None
        assert {each.letter for _, each in grid.letters()} == set("!<>+-@")

    def test_a_column_that_is_told_has_name_label_and_width(self) -> None:
        with pytest.raises(GridError, match="has a name, a label and a width"):
            read_grid('[[block]]\ntitle = "X"\nparts = ["x"]\ntold = [{ name = "a" }]')


class TestBackFromTheBook:
    def test_what_was_found_there_goes_into_the_field(self, keyed: Workstation) -> None:
        keyed.press("ctrl+o", "COD chf", "enter")
        assert keyed.lines[0].split()[0] == "COD"
        keyed.press("ctrl+o", "USE I50.9", "enter")
        assert codes(keyed) == ["I214", "J9601", "N179", "I509"]
        assert focus(keyed) == "diagnoses[4].poa"

    def test_what_other_screens_put_is_on_the_page(self, keyed: Workstation) -> None:
        def put() -> None:
            coding_draft.put(keyed.shell.session, ACCOUNT, {"diagnoses[4].code": "E1165"})  # type: ignore[arg-type]

        keyed.press("ctrl+o", f"ACC {ACCOUNT}", "enter")
        keyed.shell.executor.submit(put).result()
        keyed.press("f3")
        assert "4 E11.65" in keyed.text
        keyed.press("ctrl+u")
        assert codes(keyed) == ["I214", "J9601", "N179"]


class TestMedicareEdits:
    def test_one_that_asks_for_a_second_look_is_let_stand_with_a_reason(self, page: Workstation) -> None:
        page.press(ADMITTING, "o80 ", "up")
        assert "MCE04" in page.text
        page.press("ctrl+o", "OVERRIDE MCE04", "enter")
        assert "Say why MCE04 may stand" in page.message
        page.press("f12", "ctrl+o", "OVERRIDE MCE04 surrogate, age as in the record", "enter")
        assert page.message == "MCE04 stands with your reason once you file."
        assert any(path.startswith("!MCE04") for path in values(page))

    def test_one_that_no_payer_takes_is_not(self, keyed: Workstation) -> None:
        keyed.press("i21.4 ", "up", "ctrl+o", "OVERRIDE MCE03 billed so", "enter")
        assert keyed.message.startswith("MCE03 cannot be overridden"), keyed.text
