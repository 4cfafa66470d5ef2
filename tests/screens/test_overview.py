"""The abstract on one page: what it shows, and every letter acting from it without leaving it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config.data_sets import library
from config.grids import Does, standard_grid
from tests.screens.conftest import ACCOUNT, POISON_ACCOUNT
from tests.screens.test_abstract import focus, values
from tests.tui.conftest import Workstation
from tui.screen import Mode

pytestmark = pytest.mark.usefixtures("coded")

CODED = ("2186-5", "R079", "I214", "Y", "N179", "Y", "E119", "Y")


@pytest.fixture
def page(desk: Workstation) -> Workstation:
    """The overview of a discharge with three diagnoses."""
    desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", *CODED, "f11")
    return desk


def codes(desk: Workstation, group: str = "diagnoses") -> list[str]:
    kept = values(desk)
    return [kept[path] for path in (f"{group}[{row}].code" for row in range(1, 9)) if path in kept]


def acts(desk: Workstation) -> bool:
    """Whether letters act: the page was not left, and no prompt waits."""
    return bool(desk.shell.main.way.is_acting()) and "Act:" in desk.at_cursor  # type: ignore[attr-defined]


class TestThePage:
    def test_shows_stay_movements_diagnoses_with_poa_and_severity_status_findings_and_drg(
        self, page: Workstation
    ) -> None:
        assert "Not filed yet.   No findings" in page.lines[3]
        assert "MS-DRG 281" in page.lines[4]
        for text in ("6 Disposition: 01 Home", "1 11/10/2026 0800  3E", "0 Admitting diagnosis: R07.9",
                     "2 N17.9    Y CC  Acute kidney failure"):  # fmt: skip
            assert text in page.text

    def test_tells_what_is_found_at_items_that_it_does_not_show(self, page: Workstation) -> None:
        page.press("ctrl+o", "^MARITAL", "enter", "@", "enter")
        page.press("ctrl+o", "^ZIP", "enter", "1", "tab", "^", "enter")
        assert "Found elsewhere (Ctrl+E goes there)" in page.text
        assert "   ZIP: 1" in page.text

    def test_the_bar_of_each_section_shows_its_letters(self, page: Workstation) -> None:
        assert "A=Add M=Edit D=Delete V=View X=Move" in next(
            x for x in page.lines if x.startswith("Diagnoses")
        )

    def test_an_item_that_stands_alone_has_the_whole_line(self, page: Workstation) -> None:
        assert "0 Admitting diagnosis: R07.9 Chest pain, unspecified" in page.text

    def test_a_longer_page_scrolls(self, page: Workstation) -> None:
        page.press(
            "a", "enter", *(key for code in ("I10", "E785", "J449", "F329") for key in (code, "y")), "tab"
        )
        page.press("f7")
        assert "More: F8" in page.text
        page.press("f8")
        assert "ST=Add OE=Edit ZR=Delete CP=View JQ=Move" in page.text

    def test_opens_from_the_work_list_with_one_key_and_goes_on_to_the_next_there(
        self, desk: Workstation
    ) -> None:
        desk.press("ctrl+o", "=WRK", "enter", "o")
        assert desk.lines[0].split()[0] == "OVR"
        desk.press("f2", "f2", "later", "enter")
        assert POISON_ACCOUNT in desk.lines[2]
        assert acts(desk)

    def test_f11_leads_to_the_form_and_back(self, page: Workstation) -> None:
        page.press("f11")
        assert page.shell.main.mode is Mode.FORM  # type: ignore[attr-defined]
        page.press("f11")
        assert acts(page)

    def test_a_locked_record_puts_what_cannot_be_done_in_parentheses(
        self, page: Workstation, seat: Callable[[], Workstation]
    ) -> None:
        page.shell.main.opened = page.shell.main.opened.__class__({}, locked="Somebody has it.")  # type: ignore[attr-defined]
        page.shell.main.way.changed()  # type: ignore[attr-defined]
        assert "(A=Add) (M=Edit) (D=Delete) V=View (X=Move)" in page.text
        page.press("d1", "enter")
        assert page.message == "Somebody has it."


class TestHelp:
    def test_has_the_words_and_letters_of_the_record_before_what_holds_everywhere(
        self, page: Workstation
    ) -> None:
        page.press("f1")
        assert "LEAVE " in page.text
        page.press("f3")
        lines = "\n".join(page.shell.main.help_lines())
        places = [
            lines.index(each)
            for each in ("Letters of the overview", "Signs of the worksheet", "Keys and words:")
        ]
        assert places == sorted(places)


class TestLetters:
    @pytest.mark.parametrize("letter", [each.letter for _, each in standard_grid("abstract").letters()])  # type: ignore[union-attr]
    def test_each_letter_acts_from_the_page(self, page: Workstation, letter: str) -> None:
        """It asks in place, changes the record, shows, opens what it names, or says in words why not."""
        before = page.text
        page.press(f"{letter}1", "enter")
        assert "is not known" not in page.message
        assert page.text != before

    def test_add_asks_row_after_row_until_one_is_blank(self, page: Workstation) -> None:
        page.press("a", "enter", "I10", "y", "E785", "y", "tab")
        assert codes(page) == ["I214", "N179", "E119", "I10", "E785"]
        assert acts(page)

    def test_add_with_a_number_goes_before_that_row(self, page: Workstation) -> None:
        page.press("a2", "enter", "I10", "y")
        assert codes(page) == ["I214", "I10", "N179", "E119"]
        assert acts(page)

    def test_edit_asks_the_row_prompt_by_prompt_and_enter_keeps(self, page: Workstation) -> None:
        page.press("m2", "enter")
        assert page.at_cursor.strip() == "Diagnosis 2: N17.9//"
        page.press("enter", "n")
        assert values(page)["diagnoses[2].poa"] == "N"
        assert acts(page)

    def test_edit_reaches_single_items_by_their_number(self, page: Workstation) -> None:
        page.press("h6", "enter", "02")
        assert values(page)["disposition"] == "02"

    def test_delete_takes_numbers_and_ranges_and_can_be_taken_back(self, page: Workstation) -> None:
        page.press("d1,3", "enter")
        assert codes(page) == ["N179"]
        page.press("ctrl+u")
        assert codes(page) == ["I214", "N179", "E119"]

    def test_delete_without_a_number_asks_which(self, page: Workstation) -> None:
        page.press("d", "enter")
        assert page.message == "Diagnoses: say which, by number."
        assert len(codes(page)) == 3

    def test_delete_of_a_row_that_is_not_there_says_so(self, page: Workstation) -> None:
        page.press("d7", "enter")
        assert page.message == "Diagnoses: there is no row 7."
        page.press("r2", "enter")
        assert page.message == "Procedures: there is no row 2."

    def test_letters_act_again_after_a_change_was_taken_back(self, page: Workstation) -> None:
        page.press("d2", "enter", "ctrl+u")
        assert codes(page) == ["I214", "N179", "E119"]
        assert acts(page)

    def test_a_row_deleted_where_it_is_edited_leaves_the_next_one_alone(self, page: Workstation) -> None:
        page.press("m2", "enter", "@", "enter")
        assert codes(page) == ["I214", "E119"]
        assert acts(page)

    def test_letters_act_after_the_movements_were_looked_at(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=OVR {ACCOUNT}", "enter", "b", "enter", "f3")
        assert desk.lines[0].split()[0] == "OVR"
        assert acts(desk)

    def test_move_changes_the_principal_diagnosis_and_the_drg(self, page: Workstation) -> None:
        page.press("x2", "enter", "1", "enter")
        assert codes(page) == ["N179", "I214", "E119"]
        assert "MS-DRG 682" in page.text
        assert acts(page)

    def test_view_shows_a_row_in_full_with_its_findings(self, page: Workstation) -> None:
        page.press("v2", "enter")
        assert "Diagnosis: N17.9  Acute kidney failure, unspecified" in page.text
        page.press("f3")
        assert acts(page)

    def test_procedures_take_the_letters_of_surgery_and_of_procedures(self, page: Workstation) -> None:
        page.press("s", "enter", "0DTJ4ZZ", "11112026", "1001", "n", "tab", "r1", "enter")
        assert codes(page, "procedures") == []
        page.press("t", "enter", "0DTJ4ZZ", "11112026", "1001", "n", "tab")
        assert codes(page, "procedures") == ["0DTJ4ZZ"]

    def test_caret_at_a_prompt_goes_back_to_the_letters(self, page: Workstation) -> None:
        page.press("m2", "enter", "^", "enter")
        assert acts(page)
        assert page.lines[0].split()[0] == "ABS"

    def test_letters_keyed_ahead_wait_for_nothing_to_be_seen(self, page: Workstation) -> None:
        page.press(*"a", "enter", *"I10y", "tab", *"m1", "enter", "enter", *"n", *"d2", "enter")
        assert codes(page) == ["I214", "E119", "I10"]
        assert values(page)["diagnoses[1].poa"] == "N"

    def test_words_and_jumps_work_there_too(self, page: Workstation) -> None:
        page.press("FILE", "enter")
        assert page.message.startswith(f"FILED {ACCOUNT}.")

    def test_what_stands_in_the_way_of_filing_is_asked_in_place(self, page: Workstation) -> None:
        page.press("m1", "enter", "enter", "@", "enter", "f2")
        assert page.at_cursor.strip() == "* POA:" or page.at_cursor.strip() == "POA:"


class TestOneDraft:
    def test_what_is_keyed_on_the_page_is_the_draft_of_the_form(self, page: Workstation) -> None:
        page.press("a", "enter", "I10", "y", "tab", "f3", "y")
        page.press("ctrl+o", f"=ABS {ACCOUNT}", "enter")
        assert page.message == "Your draft of this record is resumed."
        assert codes(page)[-1] == "I10"
        page.press("ctrl+o", f"=OVR {ACCOUNT}", "enter")
        assert codes(page)[-1] == "I10"


class TestNumbersOfScreens:
    @pytest.mark.parametrize(
        ("jump", "path"),
        [("501-2", "diagnoses[2].code"), ("701", "diagnoses[1].code"), ("401-1", "procedures[1].code"),
         ("501-9", "diagnoses[4].code"), ("101", "priority")],
    )  # fmt: skip
    def test_jump_to_their_section(self, page: Workstation, jump: str, path: str) -> None:
        page.press("f11", f"^{jump}", "enter")
        assert focus(page) == path

    def test_what_cannot_be_keyed_is_shown_on_the_overview(self, page: Workstation) -> None:
        page.press("f11", "^535", "enter")
        assert page.lines[6].startswith("Movements") or "Movements" in page.text
        assert acts(page)

    def test_mas_is_the_overview(self, page: Workstation) -> None:
        page.press("f11", "^MAS", "enter")
        assert acts(page)


class TestTheGrid:
    def test_keeps_the_letters_that_technicians_know(self) -> None:
        grid = standard_grid("abstract")
        assert grid is not None
        sets = {"Diagnoses": "MADVX", "Procedures": "SZOCJTRPQE"}
        for title, letters in sets.items():
            block = next(each for each in grid.blocks if each.title == title)
            assert {each.letter for each in block.letters} == set(letters)
        services = grid.by_jump("801")
        assert services is not None
        assert {each.letter for each in services.letters} == set("IYNGF")

    def test_every_block_names_a_part_that_the_data_set_has(self) -> None:
        dictionary, grid = library().of("abstract"), standard_grid("abstract")
        parts = {part.id for part in dictionary.parts()} | {section.id for section in dictionary.sections}
        for block in grid.blocks if grid else ():
            assert parts & set(block.parts), block.title

    def test_rows_can_be_added_edited_deleted_viewed_and_moved(self) -> None:
        grid = standard_grid("abstract")
        for jump in ("501", "401", "801"):
            block = grid.by_jump(jump) if grid else None
            assert block is not None
            assert {each.does for each in block.letters} == {
                Does.ADD,
                Does.EDIT,
                Does.DELETE,
                Does.VIEW,
                Does.MOVE,
            }
