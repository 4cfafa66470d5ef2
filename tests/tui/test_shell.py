"""The shell by its keys: sign-on, fast path, jumps, leaving and coming back, questions, the lock."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tui import desk_app
from tui.chrome import title_row
from tui.screen import Outcome, Printout
from tui.spans import text_of


def title(workstation: Any) -> str:
    return str(workstation.shell.top.title)


class TestSignOn:
    def test_the_first_form_comes_before_any_session(self, desk: Any) -> None:
        assert title(desk) == "Sign on"
        assert "TECH1" not in desk.lines[0]

    def test_filing_it_opens_the_desk_of_the_session(self, signed_on: Any) -> None:
        assert title(signed_on) == "Desk"
        assert signed_on.message == "Welcome."
        assert "General Hospital  TECH1  11/21/2026" in signed_on.lines[0]

    def test_a_long_hospital_gives_way_to_who_and_when(self) -> None:
        row = title_row(
            "RLA", "Abstracts to release", "Stillwater Bend Hospital", "supervisor", "11/21/2026", 80
        )
        assert text_of([row])[0].rstrip().endswith("Stillwater Bend Hospital  supervisor  11/21/2026")
        row = title_row(
            "STF",
            "Stroke registry: cases to find",
            "Stillwater Bend Hospital",
            "supervisor",
            "11/21/2026",
            80,
        )
        assert text_of([row])[0].startswith(" STF    Stroke registry: cases to find ")
        assert text_of([row])[0].rstrip().endswith("Stillwater Bend>  supervisor  11/21/2026")

    def test_no_word_opens_anything_before(self, desk: Any) -> None:
        desk.press("ctrl+o", "ABS", "enter")
        assert desk.shell.failed
        assert title(desk) == "Sign on"

    def test_f3_ends_the_program(self, desk: Any) -> None:
        desk.press("f3")
        assert desk.shell.ended == 0

    def test_signing_off_is_asked_at_the_desk(self, signed_on: Any) -> None:
        signed_on.press("f3")
        assert signed_on.message == "Sign off? Y or N"
        signed_on.press("n")
        assert signed_on.shell.ended is None
        signed_on.press("f3", "q")
        assert signed_on.shell.failed
        assert signed_on.shell.ended is None
        signed_on.paste("yn")
        assert signed_on.message == "Sign off? Y or N"
        signed_on.press("y")
        assert signed_on.shell.ended == 0
        assert desk_app.EVENTS[-1] == "end"


class TestFastPath:
    def test_a_word_and_a_key_open_a_record(self, signed_on: Any) -> None:
        signed_on.press("abs 123456", "enter")
        assert "   MRN: 123456" in signed_on.lines

    def test_an_alias_opens_the_same_screen(self, signed_on: Any) -> None:
        signed_on.press("W", "enter")
        assert title(signed_on) == "Not abstracted"

    def test_equals_drops_the_stack(self, signed_on: Any) -> None:
        signed_on.press("WRK", "enter", "a", "ctrl+o", "=CEN", "enter")
        assert [view.title for view in signed_on.shell.stack] == ["Daily census"]
        assert "close ABS" in desk_app.EVENTS

    def test_equals_keeps_what_was_keyed_as_a_draft(self, signed_on: Any) -> None:
        signed_on.press("ABS", "enter", "1", "enter", "DOE", "ctrl+o", "=CEN", "enter")
        assert any("('name', 'DOE')" in event for event in desk_app.EVENTS)
        assert "kept as a draft: ABS" in signed_on.message

    def test_a_semicolon_stacks_commands(self, signed_on: Any) -> None:
        signed_on.press("WRK;CEN", "enter")
        assert [view.title for view in signed_on.shell.stack] == ["Desk", "Not abstracted", "Daily census"]

    def test_numbers_follow_menus(self, signed_on: Any) -> None:
        signed_on.press("ctrl+o", "main", "enter", "3.2", "enter")
        assert title(signed_on) == "Request"

    def test_numbers_start_at_the_main_menu_from_anywhere_else(self, signed_on: Any) -> None:
        signed_on.press("WRK", "enter", "ctrl+o", "3.1", "enter")
        assert title(signed_on) == "Discharge abstract"

    def test_an_unknown_word_offers_the_nearest(self, signed_on: Any) -> None:
        signed_on.press("ABZ", "enter")
        assert signed_on.shell.failed
        assert signed_on.message.startswith("ABZ is not known. Did you mean ABS")
        assert signed_on.lines[-2] == "===> ABZ"

    @pytest.mark.parametrize(
        "line", ["=PRT", "=PRT LASER1", "=HELP", "=OFF", "=^", "=^^", "=^NAME", "=EXIT", "=2"]
    )
    def test_after_an_equals_sign_what_is_no_screen_is_meant_for_home(self, signed_on, line):
        signed_on.press("WRK", "enter", "ctrl+o", line, "enter")
        assert signed_on.shell.stack or signed_on.shell.ended is not None

    def test_an_unknown_word_that_drops_the_stack_leads_home(self, signed_on: Any) -> None:
        signed_on.press("WRK", "enter", "ctrl+o", "=XQZ", "enter")
        assert signed_on.shell.ended is None
        assert signed_on.lines[0].split()[0] == "DESK"

    def test_a_screen_of_another_role_is_neither_listed_nor_opened(self, signed_on: Any) -> None:
        signed_on.press("RECORDS", "enter")
        assert "administrators" not in signed_on.text
        signed_on.press("ADM", "enter")
        assert signed_on.message == "ADM is for the roles: administrator."

    def test_a_record_that_is_not_there_is_said_and_nothing_moves(self, signed_on: Any) -> None:
        signed_on.press("ABS NONE", "enter")
        assert signed_on.message == "There is no account NONE. WRK lists what waits."
        assert title(signed_on) == "Desk"

    def test_f9_brings_back_what_was_keyed_on_the_command_line(self, signed_on: Any) -> None:
        signed_on.press("ABS 7", "enter", "f3", "WRK", "enter", "ctrl+o", "f9")
        assert signed_on.lines[-2] == "===> WRK"
        signed_on.press("f9")
        assert signed_on.lines[-2] == "===> ABS 7"

    def test_any_screen_is_four_keys_and_enter_away(self, signed_on: Any) -> None:
        for word in signed_on.shell.menu.screens:
            assert len(word) <= 4


class TestJumping:
    def test_caret_label_goes_to_a_field_from_any_field(self, signed_on: Any) -> None:
        signed_on.press("ABS", "enter", "^rem", "enter")
        assert signed_on.shell.main.focus == "remark"

    def test_caret_section_goes_to_its_first_field(self, signed_on: Any) -> None:
        signed_on.press("ABS", "enter", "^stay", "enter")
        assert signed_on.shell.main.focus == "admitted"

    def test_caret_question_mark_lists_the_targets(self, signed_on: Any) -> None:
        signed_on.press("ABS", "enter", "^?", "enter", "disch", "enter")
        assert signed_on.shell.main.focus == "discharged"

    def test_caret_alone_leaves_and_two_go_home(self, signed_on: Any) -> None:
        signed_on.press("WRK", "enter", "a", "^", "enter")
        assert title(signed_on) == "Not abstracted"
        signed_on.press("a", "^^", "enter")
        assert [view.title for view in signed_on.shell.stack] == ["Desk"]

    def test_two_carets_and_a_word_look_something_up_and_return_to_the_same_field(
        self, signed_on: Any
    ) -> None:
        signed_on.press("ABS", "enter", "1", "enter", "DOE", "enter", "^^CEN", "enter")
        assert title(signed_on) == "Daily census"
        signed_on.press("f3")
        assert title(signed_on) == "Discharge abstract"
        assert signed_on.shell.main.focus == "sex"

    def test_the_command_line_leaves_a_half_keyed_field_as_it_is(self, signed_on: Any) -> None:
        signed_on.press("ABS", "enter", "12", "ctrl+o", "CEN", "enter", "f3", "3", "enter")
        assert signed_on.shell.main.record.values["mrn"] == "123"


class TestUsing:
    """What a look-up found goes back to the field that it was opened from."""

    def test_it_is_put_there_as_if_it_were_picked_from_the_list(self, signed_on: Any) -> None:
        signed_on.press("ABS", "enter", "^dx", "enter", "^^WRK", "enter", "ctrl+o", "CEN", "enter")
        signed_on.press("ctrl+o", "USE I21.4", "enter")
        assert title(signed_on) == "Discharge abstract"
        assert signed_on.shell.main.record.values["dx[1].code"] == "I214"
        assert signed_on.shell.main.focus == "dx[1].poa"

    def test_what_the_field_does_not_take_leaves_everything_open(self, signed_on: Any) -> None:
        signed_on.press("ABS", "enter", "^dx", "enter", "^^CEN", "enter", "ctrl+o", "USE 0SR90JZ", "enter")
        assert title(signed_on) == "Daily census"
        assert "does not take 0SR90JZ" in signed_on.message

    def test_a_field_without_a_list_takes_nothing(self, signed_on: Any) -> None:
        signed_on.press("ABS", "enter", "^rem", "enter", "^^CEN", "enter", "ctrl+o", "USE I10", "enter")
        assert "does not take I10" in signed_on.message

    def test_with_no_form_open_it_says_what_to_do(self, signed_on: Any) -> None:
        signed_on.press("CEN", "enter", "ctrl+o", "USE I10", "enter")
        assert signed_on.message.startswith("No form is open under this")


class TestLeaving:
    def test_f3_keeps_a_draft_when_something_was_keyed(self, signed_on: Any) -> None:
        signed_on.press("ABS", "enter", "1", "enter", "f3")
        assert signed_on.message == "Not filed. Leave and keep it as a draft? Y or N"
        signed_on.press("y")
        assert title(signed_on) == "Desk"
        assert "discard" not in desk_app.EVENTS

    def test_every_screen_left_gives_its_locks_back(self, signed_on: Any) -> None:
        signed_on.press("ABS", "enter", "f3")
        assert desk_app.EVENTS[-1] == "close ABS"

    def test_a_form_that_goes_on_elsewhere_is_left(self, signed_on: Any) -> None:
        signed_on.press("REQ", "enter", "x", "f2")
        assert title(signed_on) == "Desk"
        assert signed_on.message == "FILED 000001"


class TestWords:
    def test_every_act_with_a_key_has_a_word_or_is_for_the_hand_alone(self, signed_on: Any) -> None:
        without = {action.id for action in signed_on.shell.keymap.table.actions if not action.words}
        assert without == {"command", "erase"}

    def test_file_as_a_word_files(self, signed_on: Any) -> None:
        signed_on.press("ABS 5", "enter", "ctrl+o", "FILE", "enter")
        assert signed_on.message == "FILED 000001"

    def test_a_screen_has_words_and_keys_of_its_own(self, signed_on: Any) -> None:
        signed_on.press("ABS", "enter", "f10")
        assert signed_on.message == "A note."
        signed_on.press("ctrl+o", "SLOW 0", "enter")
        assert signed_on.message == "Done."

    @pytest.mark.parametrize("key", ["ctrl+c", "ctrl+q", "ctrl+z", "ctrl+s"])
    def test_a_key_that_means_nothing_is_answered_in_words_and_does_no_harm(
        self, signed_on: Any, key: str
    ) -> None:
        signed_on.press("ABS", "enter", "1", key)
        assert "does nothing here" in signed_on.message
        assert not signed_on.shell.failed
        assert signed_on.shell.main.entry.text == "1"

    def test_help_lists_every_key_and_word(self, signed_on: Any) -> None:
        signed_on.press("ABS", "enter")
        shown = "\n".join(signed_on.shell.main.help_lines())
        for action in signed_on.shell.keymap.table.actions:
            assert action.help in shown

    def test_a_message_that_does_not_fit_is_shown_whole_by_f1(self, signed_on: Any) -> None:
        signed_on.shell.fail("word " * 30 + "end.")
        assert signed_on.lines[-3].endswith(">")
        signed_on.press("f1")
        assert "end." in signed_on.text


class TestPrinting:
    @pytest.fixture
    def printed(self, signed_on: Any) -> list[tuple[str, Printout, str]]:
        """What a printer was given."""
        given: list[tuple[str, Printout, str]] = []

        def printer(session: Any, printout: Printout, queue: str) -> Outcome:
            given.append((session.user, printout, queue))
            return Outcome(f"Printed on {queue}.")

        signed_on.shell.printer = printer
        return given

    def test_a_list_is_printed_with_all_its_rows_and_columns(
        self, signed_on: Any, printed: list[Any]
    ) -> None:
        signed_on.press("WRK", "enter")
        signed_on.shell.main.screen.size = 1_234
        signed_on.press("ctrl+o", "PRT WARD2", "enter")
        assert signed_on.message == "Printed on WARD2."
        ((user, printout, queue),) = printed
        assert (user, printout.title, queue) == ("TECH1", "Not abstracted", "WARD2")
        view = signed_on.shell.main
        assert len({row.key for row in printout.rows}) == len(printout.rows) == 1_234
        assert list(printout.columns) == list(view.columns)

    def test_a_list_beyond_all_reading_is_not(self, signed_on: Any, printed: list[Any]) -> None:
        signed_on.press("WRK", "enter", "ctrl+t")
        assert signed_on.message == "The list has more than 20000 rows: ask for less of it first."
        assert printed == []

    def test_a_list_stands_where_it_stood(self, signed_on: Any, printed: list[Any]) -> None:
        signed_on.press("WRK", "enter", "f8")
        before = signed_on.lines
        signed_on.press("ctrl+t")
        assert signed_on.lines[:-3] == before[:-3]

    def test_a_form_is_printed_from_its_first_field_to_its_last(
        self, signed_on: Any, printed: list[Any]
    ) -> None:
        signed_on.press("ABS", "enter", "4711", "ctrl+t")
        ((_, printout, _),) = printed
        labels = [spot.label for spot in signed_on.shell.main.face.layout.spots if spot.label]
        text = "\n".join(printout.lines)
        face = signed_on.shell.main.face
        assert len(printout.lines) == face.layout.height + len(face.panel)
        assert [label for label in labels if label[:20] not in text] == []

    def test_a_menu_is_printed_with_all_its_entries(self, signed_on: Any, printed: list[Any]) -> None:
        signed_on.press("ctrl+t")
        ((_, printout, _),) = printed
        assert len(printout.lines) >= len(signed_on.shell.main.entries)

    def test_without_a_printer_that_is_said(self, signed_on: Any) -> None:
        signed_on.press("ctrl+t")
        assert signed_on.message == "No printer is set up."


class TestTheLock:
    def test_it_hides_everything_and_keeps_the_draft(self, signed_on: Any) -> None:
        signed_on.press("ABS 42", "enter", "99", "idle")
        assert "99" not in signed_on.text
        assert "42" not in signed_on.text
        assert any(event.startswith("draft mrn") for event in desk_app.EVENTS)

    def test_only_the_passphrase_opens_it_and_the_place_is_kept(self, signed_on: Any) -> None:
        signed_on.press("ABS", "enter", "99", "idle", "wrong", "enter")
        assert "not the passphrase" in signed_on.text
        signed_on.press("open sesame", "enter", "enter")
        assert signed_on.shell.main.record.values["mrn"] == "99"

    @pytest.mark.parametrize("locked", [False, True])
    def test_a_session_ended_from_elsewhere_goes_dark_keeps_the_draft_and_nothing_unlocks_it(
        self, signed_on: Any, locked: bool
    ) -> None:
        signed_on.press("ABS 42", "enter", "99", *(["idle"] if locked else []))
        desk_app.OVER.append("")
        signed_on.press("watch")
        assert "Your session was ended. Your drafts are kept." in signed_on.text
        assert "99" not in signed_on.text
        assert any(event.startswith("draft mrn") for event in desk_app.EVENTS)
        desk_app.OVER.clear()
        signed_on.press("open sesame", "enter", "watch", "f2")
        assert "Your session was ended." in signed_on.text
        signed_on.press("f3")
        assert signed_on.shell.ended == 0

    def test_nothing_is_locked_before_sign_on(self, desk: Any) -> None:
        desk.press("idle")
        assert title(desk) == "Sign on"


class TestPoison:
    """A text from outside that holds ESC, markup, bidi marks and is too long, in every view."""

    VIEWS = {
        "desk": (),
        "form": ("ABS 7", "enter"),
        "finding": ("ABS 7", "enter", "^sex", "enter", "Q"),
        "findings": ("ABS 7", "enter", "^sex", "enter", "Q", "ctrl+e"),
        "prompt": ("ABS 7", "enter", "^dx", "enter", "f4"),
        "list": ("WRK", "enter"),
        "page": ("CEN", "enter"),
        "sideways": ("CEN", "enter", "right", "right"),
        "keyed": ("ABS", "enter", "a\u202eb[/x]"),
        "command": ("\u202e[/foo]", "enter"),
    }

    @pytest.mark.parametrize("view", VIEWS)
    @pytest.mark.parametrize("size", [(80, 24), (132, 43)])
    def test_only_printable_cells_come_out(self, signed_on: Any, view: str, size: tuple[int, int]) -> None:
        signed_on.shell.width, signed_on.shell.height = size
        signed_on.press("resize", *self.VIEWS[view])
        frame = signed_on.shell.frame()
        assert len(frame) == size[1]
        for spans in frame:
            text = "".join(text for text, _ in spans)
            assert text.isprintable()
            assert "\u202e" not in text
            assert len(text) == size[0]
