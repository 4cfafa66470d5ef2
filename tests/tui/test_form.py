"""The form by its keys: what is walked, checked, brought back and filed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tui import desk_app
from tui.screen import Changed, Field, Group, Kind, Opened, Section


def values(workstation: Any) -> dict[str, str]:
    return dict(workstation.shell.main.record.values)


def focus(workstation: Any) -> str:
    return str(workstation.shell.main.focus)


class TestTheScreen:
    """24 lines at fixed places."""

    def test_rows_stand_where_every_screen_has_them(self, abstract: Any) -> None:
        abstract.press("00123", "enter", "DOE,JANE", "enter", "F")
        assert abstract.lines[:-1] == [
            " ABS    Discharge abstract                  General Hospital  TECH1  11/21/2026",
            "",
            "",
            "Patient",
            "   MRN: 00123",
            "  Name: DOE,JANE              Sex: F female",
            "  Born:             Weight kg:",
            " Payer:         Autopsy:",
            "",
            "Stay",
            "   Admitted:*",
            " Discharged:                   Days:",
            "",
            "Diagnoses",
            "     Code                                               POA",
            "  1",
            "",
            "Remarks",
            " Remark:",
            "DRG 291 HEART FAILURE W MCC",
            "O?[2JNeil [/foo] ?evil?31mxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx>",
            "",
            "===>",
        ]
        assert abstract.lines[-1].startswith(" F2=File  F3=Exit  F4=List  ")
        assert "F1=Help +" in abstract.lines[-1]
        assert abstract.shell.cursor() == (8, 6)

    def test_a_larger_terminal_has_more_rows_and_moves_no_field(self, abstract: Any) -> None:
        before = abstract.lines[3:19]
        abstract.shell.width, abstract.shell.height = 132, 43
        abstract.press("resize")
        assert abstract.lines[3:19] == before
        assert len(abstract.lines) == 43

    def test_a_smaller_terminal_hides_the_record_and_keeps_it(self, abstract: Any) -> None:
        abstract.press("00123")
        abstract.shell.width, abstract.shell.height = 60, 20
        assert "00123" not in abstract.text
        assert "80x24" in abstract.text
        abstract.shell.width, abstract.shell.height = 80, 24
        assert "   MRN:*00123" in abstract.lines

    def test_every_line_fills_the_width_exactly(self, abstract: Any) -> None:
        for width in (80, 81, 132):
            abstract.shell.width = width
            for spans in abstract.shell.frame():
                assert sum(len(text) for text, _ in spans) == width


class TestWalking:
    def test_enter_walks_and_the_last_field_files(self, abstract: Any) -> None:
        abstract.press("1", "enter", "DOE", "enter", "F", "tab", "tab", "tab", "tab", "T@7", "enter", "enter")
        assert focus(abstract) == "dx[1].code"
        abstract.press("enter")
        assert focus(abstract) == "remark"
        abstract.press("fine", "enter")
        assert desk_app.FILED == [
            {
                "mrn": "1",
                "name": "DOE",
                "sex": "F",
                "payer": "MC",
                "admitted": "2026-11-21T07:00",
                "remark": "fine",
            }
        ]
        assert abstract.message == "FILED 000001"
        assert focus(abstract) == "mrn"

    def test_typing_replaces_what_is_shown(self, abstract: Any) -> None:
        abstract.press("1", "enter", "shift+tab", "22", "enter")
        assert values(abstract)["mrn"] == "22"

    def test_an_arrow_first_edits_in_place(self, abstract: Any) -> None:
        abstract.press("13", "enter", "shift+tab", "right", "2", "enter")
        assert values(abstract)["mrn"] == "123"

    def test_a_full_coded_field_is_left_by_itself(self, abstract: Any) -> None:
        abstract.press("1", "enter", "DOE", "enter", "f")
        assert focus(abstract) == "birth"
        abstract.press("01021950")
        assert focus(abstract) == "weight"
        assert values(abstract)["birth"] == "1950-01-02"

    def test_the_default_is_shown_and_enter_takes_it(self, abstract: Any) -> None:
        abstract.press("^payer", "enter")
        assert "payer" not in values(abstract)
        abstract.press("enter")
        assert values(abstract)["payer"] == "MC"

    def test_a_computed_field_is_never_asked(self, abstract: Any) -> None:
        abstract.press("^disch", "enter", "n", "enter")
        assert values(abstract)["los"] == "3"
        assert focus(abstract) == "dx[1].code"

    def test_up_and_down_go_to_the_nearest_field_of_the_next_row(self, abstract: Any) -> None:
        abstract.press("^sex", "enter", "down")
        assert focus(abstract) == "weight"
        abstract.press("up", "up")
        assert focus(abstract) == "mrn"

    def test_pages_go_by_section(self, abstract: Any) -> None:
        abstract.press("f8")
        assert focus(abstract) == "admitted"
        abstract.press("tab", "f7")
        assert focus(abstract) == "admitted"
        abstract.press("f7")
        assert focus(abstract) == "mrn"


class TestEntries:
    """What a field exit makes of what was keyed."""

    def test_an_entry_that_is_no_value_keeps_the_cursor_and_says_why(self, abstract: Any) -> None:
        abstract.press("^born", "enter", "13/45/99", "enter")
        assert focus(abstract) == "birth"
        assert abstract.shell.failed
        assert abstract.message.startswith("Born: ")
        assert "Born:E13/45/99" in abstract.text

    def test_the_shown_form_of_a_moment_can_be_keyed_again(self, abstract: Any) -> None:
        abstract.press("^adm", "enter", "t-1@0330", "enter", "shift+tab")
        assert "Admitted: 11/20/2026 0330" in abstract.text
        abstract.press("end", "backspace", "5", "enter")
        assert values(abstract)["admitted"] == "2026-11-20T03:35"

    @pytest.mark.parametrize(
        ("keyed", "null"), [("/NA", "/NA"), ("/nk", "/NK"), ("/", "/NA"), ("//", "/NK"), ("*NK", "/NK")]
    )
    def test_a_null_is_keyed_by_code_or_by_slash(self, abstract: Any, keyed: str, null: str) -> None:
        abstract.press("^weight", "enter", keyed, "enter")
        assert values(abstract)["weight"] == null
        assert f"Weight kg: *{null[1:]}" in abstract.text

    def test_a_null_that_is_not_permitted_is_refused(self, abstract: Any) -> None:
        abstract.press("^born", "enter", "/NA", "enter")
        assert abstract.shell.failed

    def test_at_clears_and_ctrl_u_brings_back(self, abstract: Any) -> None:
        abstract.press("1", "enter", "DOE", "enter", "shift+tab", "@", "enter")
        assert "name" not in values(abstract)
        abstract.press("ctrl+u")
        assert values(abstract)["name"] == "DOE"
        assert focus(abstract) == "name"

    def test_ctrl_u_brings_back_what_a_field_held_before_keying(self, abstract: Any) -> None:
        abstract.press("1", "enter", "shift+tab", "999", "ctrl+u")
        assert "   MRN: 1" in abstract.lines
        assert values(abstract)["mrn"] == "1"

    def test_space_and_enter_recall_the_last_patient(self, abstract: Any) -> None:
        abstract.press("00777", "enter", "f3", "Y", "ABS", "enter", " ", "enter")
        assert values(abstract)["mrn"] == "00777"

    def test_f9_copies_from_the_record_before_and_goes_on(self, abstract: Any) -> None:
        abstract.press("1", "enter", "DOE,JANE", "f2")
        assert abstract.message == "FILED 000001"
        abstract.press("2", "enter", "f9")
        assert values(abstract)["name"] == "DOE,JANE"
        assert focus(abstract) == "sex"

    def test_a_quote_alone_copies_as_f9_does(self, abstract: Any) -> None:
        abstract.press("1", "enter", "DOE,JANE", "f2", "2", "enter", '"', "enter")
        assert values(abstract)["name"] == "DOE,JANE"
        assert focus(abstract) == "sex"

    def test_a_carried_field_keeps_its_value_on_the_next_record(self, abstract: Any) -> None:
        abstract.press("1", "enter", "^payer", "enter", "SELF", "f2")
        assert values(abstract) == {"payer": "SELF"}

    def test_question_mark_explains_and_keeps_the_value(self, abstract: Any) -> None:
        abstract.press("1", "enter", "DOE", "enter", "shift+tab", "?", "enter")
        assert "Name: Up to 40 characters. Required." in abstract.text or "Up to 40" in abstract.text
        abstract.press("f3")
        assert values(abstract)["name"] == "DOE"

    def test_too_long_an_entry_is_refused_and_not_cut(self, abstract: Any) -> None:
        abstract.press("12345678901234", "enter")
        assert abstract.shell.failed
        assert "14 were keyed" in abstract.message


class TestCodes:
    def test_an_exact_code_is_taken_with_its_meaning_beside_it(self, abstract: Any) -> None:
        abstract.press("^dx", "enter", "i10", "enter")
        assert values(abstract)["dx[1].code"] == "I10"
        assert "I10      Essential (primary) hypertension" in abstract.text
        assert focus(abstract) == "dx[1].poa"

    def test_a_code_with_its_dot_is_the_same_code(self, abstract: Any) -> None:
        abstract.press("^dx", "enter", "i21.4", "enter")
        assert values(abstract)["dx[1].code"] == "I214"

    def test_words_that_find_one_code_are_enough(self, abstract: Any) -> None:
        abstract.press("^dx", "enter", "pneumonia", "enter")
        assert values(abstract)["dx[1].code"] == "J189"

    def test_words_that_find_several_list_them(self, abstract: Any) -> None:
        abstract.press("^dx", "enter", "stemi", "enter")
        assert abstract.shell.failed
        assert "I2101" in abstract.text
        abstract.press("down", "enter")
        assert values(abstract)["dx[1].code"] in ("I214", "I2101")
        assert focus(abstract) == "dx[1].poa"

    def test_f4_narrows_as_one_types(self, abstract: Any) -> None:
        abstract.press("^dx", "enter", "f4")
        assert "I10" in abstract.text
        assert "E119" in abstract.text
        abstract.press("diab")
        assert "I10 " not in abstract.text
        abstract.press("enter")
        assert values(abstract)["dx[1].code"] == "E119"

    def test_f4_at_a_text_that_matches_nothing_shows_the_whole_list_and_says_so(self, abstract: Any) -> None:
        abstract.press("^dx", "enter", "zzz", "f4")
        assert "E119" in abstract.text
        assert "Nothing matches zzz: this is the whole list." in abstract.text

    def test_f12_leaves_the_list_and_nothing_is_changed(self, abstract: Any) -> None:
        abstract.press("^dx", "enter", "f4", "f12")
        assert values(abstract) == {}
        assert focus(abstract) == "dx[1].code"


class TestTables:
    @pytest.fixture
    def three(self, abstract: Any) -> Any:
        abstract.press("^dx", "enter", "i10", "enter", "y", "e119", "enter", "n", "j189", "enter", "u")
        return abstract

    def codes(self, workstation: Any) -> list[str]:
        found = values(workstation)
        return [found.get(f"dx[{row}].code", "") + found.get(f"dx[{row}].poa", "") for row in range(1, 5)]

    def test_a_table_grows_by_one_blank_row(self, three: Any) -> None:
        assert self.codes(three) == ["I10Y", "E119N", "J189U", ""]
        assert focus(three) == "dx[4].code"

    def test_enter_on_the_blank_row_leaves_the_table(self, three: Any) -> None:
        three.press("enter")  # says again what the POA, complete with one letter, has done already
        assert focus(three) == "dx[4].code"
        three.press("enter")
        assert focus(three) == "remark"

    def test_at_in_the_first_column_deletes_the_row(self, three: Any) -> None:
        three.press("up", "up", "@", "enter")
        assert self.codes(three) == ["I10Y", "J189U", "", ""]
        three.press("ctrl+u")
        assert self.codes(three) == ["I10Y", "E119N", "J189U", ""]

    def test_del_ins_and_move_work_on_the_row_in_hand(self, three: Any) -> None:
        three.press("up", "ctrl+o", "MOVE 1", "enter")
        assert self.codes(three) == ["J189U", "I10Y", "E119N", ""]
        assert focus(three) == "dx[1].code"
        three.press("ctrl+o", "DEL", "enter")
        assert self.codes(three) == ["I10Y", "E119N", "", ""]
        three.press("insert")
        assert self.codes(three) == ["", "I10Y", "E119N", ""]


class TestFindings:
    def test_a_finding_marks_its_field_and_is_said_there(self, abstract: Any) -> None:
        abstract.press("^sex", "enter", "Q")
        assert "Sex:EQ" in abstract.text
        assert abstract.message.startswith("A101 Sex is F or M.")
        abstract.press("shift+tab")
        assert abstract.message.startswith("A101 Sex is F or M.")

    def test_every_finding_is_one_key_from_its_field(self, abstract: Any) -> None:
        abstract.press("^name", "enter", "XENA", "enter", "Q", "^remark", "enter", "ctrl+e")
        assert "E A101 Sex" in abstract.text
        assert "W A102 Name" in abstract.text
        abstract.press("down", "enter")
        assert focus(abstract) == "name"

    def test_a_refused_record_puts_the_cursor_on_the_first_field(self, abstract: Any) -> None:
        abstract.press("^remark", "enter", "x", "enter")
        assert abstract.shell.failed
        assert abstract.message.startswith("NOT FILED. A001 MRN is needed.")
        assert focus(abstract) == "mrn"
        assert desk_app.FILED == []

    def test_a_warning_is_overridden_by_f2_again_with_a_reason(self, abstract: Any) -> None:
        abstract.press("1", "enter", "XENA", "f2")
        assert "F2 again" in abstract.message
        abstract.press("f2", "seen the licence", "enter")
        assert abstract.message == "FILED 000001"

    def test_a_warning_is_not_overridden_without_a_reason(self, abstract: Any) -> None:
        abstract.press("1", "enter", "XENA", "f2", "f2", "enter")
        assert "A reason is needed" in abstract.message
        assert desk_app.FILED == []


class TestNothingIsLost:
    def test_each_exit_that_changed_something_saves_the_draft(self, abstract: Any) -> None:
        abstract.press("1", "enter", "enter", "shift+tab", "tab")
        assert [event for event in desk_app.EVENTS if event.startswith("draft")] == [
            "draft mrn [('mrn', '1')]"
        ]

    def test_a_dropped_line_keeps_the_field_in_hand(self, abstract: Any) -> None:
        screen = abstract.shell.main.screen
        abstract.press("1", "enter", "DOE,J")
        abstract.hang_up()
        assert screen.drafted == ({"mrn": "1", "name": "DOE,J"}, "name")
        assert desk_app.EVENTS[-2:] == ["close ABS", "end"]

    def test_a_half_keyed_date_comes_back_as_it_was_keyed(self, abstract: Any) -> None:
        screen = abstract.shell.main.screen
        abstract.press("1", "enter", "^born", "enter", "13/4")
        abstract.hang_up()
        kept, where = screen.drafted
        desk_app.DRAFTS["9"] = (kept, where)
        abstract.loop.run_until_complete(abstract.shell.go_home())
        abstract.press("ABS 9", "enter")
        assert "Born: 13/4" in abstract.text
        assert focus(abstract) == "birth"
        assert "draft" in abstract.message

    def test_f12_asks_and_gives_the_draft_up(self, abstract: Any) -> None:
        abstract.press("1", "enter", "f12")
        assert "Give up" in abstract.message
        abstract.press("N")
        assert focus(abstract) == "name"
        abstract.press("f12", "y")
        assert "discard" in desk_app.EVENTS
        assert abstract.shell.main.title == "Desk"

    def test_f12_does_not_ask_when_nothing_was_keyed(self, abstract: Any) -> None:
        abstract.press("f12")
        assert abstract.shell.main.title == "Desk"

    def test_a_secret_is_in_no_draft_and_on_no_screen(self, desk: Any) -> None:
        desk.press("TECH1", "enter", "HUSH")
        assert "HUSH" not in desk.text
        assert desk.shell.main.record.keepable() == {"user": "TECH1"}

    def test_pasted_lines_fill_fields_as_one_step_and_do_not_file(self, abstract: Any) -> None:
        abstract.paste("55\tROE,RICHARD\nM\n01/02/1950\n")
        assert values(abstract) == {"mrn": "55", "name": "ROE,RICHARD", "sex": "M", "birth": "1950-01-02"}
        abstract.press("ctrl+u")
        assert values(abstract) == {}
        assert desk_app.FILED == []


class TestReadOnlyRecords:
    @pytest.fixture
    def locked(self, signed_on: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
        opened = Opened(
            {"mrn": "7", "name": "DOE,JANE", "dx[1].code": "I10"}, locked="TECH2 has this record since 0930."
        )
        monkeypatch.setattr(desk_app.Abstract, "open", lambda self, key: opened)
        signed_on.press("ABS 7", "enter")
        return signed_on

    def test_why_is_said_and_nothing_can_be_keyed_or_filed(self, locked: Any) -> None:
        assert locked.message == "TECH2 has this record since 0930."
        locked.press("x")
        assert locked.shell.failed
        locked.press("f2")
        assert desk_app.FILED == []
        assert values(locked)["mrn"] == "7"

    def test_every_field_can_be_walked_to_and_read(self, locked: Any) -> None:
        locked.press("enter", "down", "f8", "f8")
        assert focus(locked) == "dx[1].code"
        locked.press("f3")
        assert locked.shell.main.title == "Desk"

    def test_no_blank_row_is_offered(self, locked: Any) -> None:
        assert "dx[2].code" not in locked.shell.main.face.layout.by_path


class TestFieldsThatAreNotAsked:
    def test_the_walk_passes_over_them(self, abstract: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        def changed(screen: Any, record: Any, path: str) -> Changed:
            return Changed(values={"weight": "/NA"}, skip={"weight", "payer"})

        monkeypatch.setattr(desk_app.Abstract, "changed", changed)
        abstract.press("1", "enter", "DOE", "enter", "F", "01021950")
        assert focus(abstract) == "autopsy"
        assert "Weight kg: *NA" in abstract.text
        abstract.press("^weight", "enter")
        assert abstract.shell.failed


class TestLongForms:
    def test_f8_goes_a_screenful_on_in_a_long_section_and_f7_back(self, signed_on: Any) -> None:
        signed_on.press("REQ", "enter", "f8")
        assert focus(signed_on) == "f19"
        assert "Field 19:" in signed_on.at_cursor
        signed_on.press("f7")
        assert focus(signed_on) == "f1"

    def test_the_field_in_hand_is_always_in_sight(self, signed_on: Any) -> None:
        signed_on.press("REQ", "enter")
        for number in range(2, 41):
            signed_on.press("tab")
            assert f"Field {number}:" in signed_on.at_cursor

    def test_a_burst_stands_where_a_painted_walk_stands(self, signed_on: Any) -> None:
        signed_on.press("REQ", "enter", *["tab"] * 30)
        unpainted = signed_on.lines
        signed_on.press(*["shift+tab"] * 30)
        for _ in range(30):
            signed_on.press("tab")
            assert signed_on.lines
        assert signed_on.lines == unpainted


class TestSecrets:
    def test_a_refused_passphrase_is_not_kept(self, desk: Any) -> None:
        desk.press("TECH1", "enter", "WRONG", "enter")
        assert desk.message == "Unknown user or passphrase."
        assert values(desk) == {"user": "TECH1"}
        desk.press("OPEN", "enter")
        assert desk.shell.main.title == "Desk"

    def test_its_length_does_not_show(self, desk: Any) -> None:
        desk.press("TECH1", "enter", "abc", "up")
        assert "Passphrase: ********" in desk.text


class TestBlankRows:
    def test_the_open_row_of_a_table_asks_for_nothing_until_it_is_begun(
        self, signed_on: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        columns = (
            Field("a", "A", 5, Kind.UPPER, required=True),
            Field("b", "B", 5, Kind.UPPER, required=True),
        )
        table = Section("t", "T", (Group("g", "G", columns),))
        monkeypatch.setattr(desk_app.Abstract, "sections", lambda self: (table,))
        signed_on.press("ABS", "enter")
        assert "*" not in signed_on.text
        signed_on.press("x", "enter")
        assert "  1  X     *" in signed_on.text
        assert signed_on.text.count("*") == 1
