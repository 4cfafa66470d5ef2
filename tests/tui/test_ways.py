"""One record in three shapes: fields that leave by themselves, the Enter behind them, prompts, and equal values."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui import desk_app
from tests.tui.conftest import Workstation, strokes
from tui.gate import Gate
from tui.screen import Mode

A_MOMENT = 0.01


def focus(desk: Workstation) -> str:
    return str(desk.shell.main.focus)  # type: ignore[attr-defined]


def values(desk: Workstation) -> dict[str, str]:
    return dict(desk.shell.main.record.values)  # type: ignore[attr-defined]


def used_to(desk: Workstation, **habits: Any) -> None:
    desk.shell.habits = replace(desk.shell.habits, **habits)


def burst(desk: Workstation, *keys: str) -> None:
    """All keys at once, through the gate, as a hand that types ahead sends them."""

    async def play() -> None:
        gate = Gate(desk.shell, lambda: None, lambda: desk.shell.ended is not None, A_MOMENT)
        gate.put(stroke for key in keys for stroke in strokes(key))
        task = asyncio.create_task(gate.run())
        while not gate.waiting:
            await asyncio.sleep(A_MOMENT / 4)
        await gate.stop()
        await task

    desk.loop.run_until_complete(play())


@pytest.fixture
def codes(abstract: Workstation) -> Workstation:
    """The cursor in the first diagnosis."""
    abstract.press("^dx", "enter")
    return abstract


@pytest.fixture
def prompts(signed_on: Workstation) -> Workstation:
    """A new abstract, prompt by prompt."""
    used_to(signed_on, mode=Mode.PROMPT)
    signed_on.press("ABS", "enter")
    return signed_on


class TestFieldsThatLeaveByThemselves:
    def test_a_code_that_nothing_longer_begins_with_is_left(self, codes: Workstation) -> None:
        codes.press("i214")
        assert focus(codes) == "dx[1].poa"
        assert values(codes)["dx[1].code"] == "I214"

    def test_the_beginning_of_a_longer_code_waits(self, codes: Workstation) -> None:
        codes.press("i21")
        assert focus(codes) == "dx[1].code"

    def test_enter_behind_it_does_no_harm(self, codes: Workstation) -> None:
        codes.press("i214", "enter")
        assert focus(codes) == "dx[1].poa"
        codes.press("enter")
        assert focus(codes) == "dx[2].code"

    def test_tab_and_a_second_enter_count(self, codes: Workstation) -> None:
        codes.press("i214", "y", "tab")
        assert focus(codes) == "remark"

    def test_a_full_date_is_left_with_and_without_slashes(self, abstract: Workstation) -> None:
        for keyed in ("01021950", "01/02/1950"):
            abstract.press("^birth", "enter", keyed)
            assert focus(abstract) == "weight"
            assert values(abstract)["birth"] == "1950-01-02"

    def test_some_other_key_in_between_makes_enter_count_again(self, codes: Workstation) -> None:
        codes.press("i214", "ctrl+o", "ctrl+o", "enter")
        assert focus(codes) == "dx[2].code"

    def test_plainly_enter_counts_at_once(self, codes: Workstation) -> None:
        used_to(codes, forgives=False)
        codes.press("i214", "enter")
        assert focus(codes) == "dx[2].code"

    def test_never_enter_alone_leaves(self, codes: Workstation) -> None:
        used_to(codes, leaves=False)
        codes.press("i214", "enter", "y")
        assert focus(codes) == "dx[1].poa"

    @pytest.mark.parametrize("leaves", [True, False])
    def test_values_with_enter_behind_each_go_to_the_same_fields_either_way(
        self, codes: Workstation, leaves: bool
    ) -> None:
        used_to(codes, leaves=leaves)
        codes.press("i214", "enter", "y", "enter", "e119", "enter", "n", "enter", "enter", "late", "enter")
        assert desk_app.FILED == []
        assert "MRN is needed" in codes.message
        assert values(codes) | {"los": ""} == {
            "dx[1].code": "I214", "dx[1].poa": "Y", "dx[2].code": "E119", "dx[2].poa": "N", "remark": "late",
            "los": "",
        }  # fmt: skip

    def test_keyed_ahead_it_is_the_same_as_keyed_slowly(self, codes: Workstation) -> None:
        burst(codes, "i214", "enter", "y", "e119", "n", "enter", "j189", "u", "tab", "late", "tab")
        kept = values(codes)
        assert [kept[f"dx[{row}].{name}"] for row in (1, 2, 3) for name in ("code", "poa")] == [
            "I214", "Y", "E119", "N", "J189", "U",
        ]  # fmt: skip
        assert kept["remark"] == "late"

    def test_a_refused_entry_takes_its_own_enter_along_and_holds_the_rest(
        self, abstract: Workstation
    ) -> None:
        abstract.press("^birth", "enter")
        burst(abstract, "13322026", "enter", "72.5", "enter")  # no such day; a habit's Enter behind it
        assert focus(abstract) == "birth"
        assert abstract.shell.held == len("72.5") + 1


class TestLeavingAfterAnError:
    """Keys that wait belong to what was refused: leaving it gives them up."""

    @pytest.fixture
    def waiting(self, codes: Workstation) -> Iterator[Gate]:
        """``ZZZZ`` was refused as a diagnosis, ``Y R07`` and Enter wait."""
        gate = Gate(codes.shell, lambda: None, lambda: codes.shell.ended is not None, A_MOMENT)
        task = codes.loop.create_task(gate.run())
        self.feed(codes, gate, "I10", "enter", "ZZZZ", "enter", "R07", "enter")
        assert codes.shell.held == 4
        yield gate
        codes.loop.run_until_complete(gate.stop())
        codes.loop.run_until_complete(task)

    def feed(self, desk: Workstation, gate: Gate, *keys: str) -> None:
        async def rest() -> None:
            gate.put(stroke for key in keys for stroke in strokes(key))
            await asyncio.sleep(A_MOMENT / 4)
            while not gate.waiting:
                await asyncio.sleep(A_MOMENT / 4)

        desk.loop.run_until_complete(rest())

    @pytest.mark.parametrize("way_out", [("^", "enter"), ("f3",), ("ctrl+o", "^^", "enter")])
    def test_keys_that_wait_go_with_what_they_were_meant_for(
        self, codes: Workstation, waiting: Gate, way_out: tuple[str, ...]
    ) -> None:
        self.feed(codes, waiting, *way_out)
        if codes.shell.question:
            assert codes.shell.held == 4
            assert "Y or N" in codes.lines[-1]
            self.feed(codes, waiting, "y")
        assert codes.shell.held == 0
        assert codes.lines[0].split()[0] == "DESK"
        self.feed(codes, waiting, "enter")
        assert "R07" not in codes.text

    def test_who_stays_finds_them_still_waiting(self, codes: Workstation, waiting: Gate) -> None:
        self.feed(codes, waiting, "f3", "n")
        assert codes.shell.held == 4


class TestPrompts:
    def test_the_label_and_what_enter_keeps_stand_before_the_cursor(self, prompts: Workstation) -> None:
        prompts.press("7", "enter", "DOE,JANE", "enter", "f", "^MRN", "enter")
        assert prompts.at_cursor.strip() == "MRN: 7//"
        prompts.press("enter")
        assert values(prompts)["mrn"] == "7"
        assert prompts.at_cursor.strip() == "Name: DOE,JANE//"

    def test_what_was_answered_stays_above_with_its_meaning(self, prompts: Workstation) -> None:
        prompts.press("7", "enter", "DOE,JANE", "enter", "f")
        assert " Sex: F   female" in prompts.lines

    def test_at_deletes_and_rubbing_out_keeps(self, prompts: Workstation) -> None:
        prompts.press("7", "enter", "^MRN", "enter", "8", "backspace", "enter")
        assert values(prompts)["mrn"] == "7"
        prompts.press("^MRN", "enter", "@", "enter")
        assert "mrn" not in values(prompts)

    def test_backspace_on_an_untouched_prompt_does_nothing(self, prompts: Workstation) -> None:
        prompts.press("7", "enter", "^MRN", "enter", "backspace", "enter")
        assert values(prompts)["mrn"] == "7"

    def test_blank_and_enter_bring_the_last_answer_back(self, prompts: Workstation) -> None:
        prompts.press("77", "enter", "^MRN", "enter", "@", "enter", "^MRN", "enter", " ", "enter")
        assert values(prompts)["mrn"] == "77"

    def test_rows_are_asked_until_one_is_left_blank(self, prompts: Workstation) -> None:
        prompts.press("^dx", "enter", "i214", "y", "e119", "n")
        assert prompts.at_cursor.strip() == "Code 3:"
        prompts.press("enter", "enter")
        assert prompts.at_cursor.strip() == "Remark:"

    def test_minus_takes_rows_out_of_a_table(self, prompts: Workstation) -> None:
        prompts.press("^dx", "enter", "i214", "y", "e119", "n", "j189", "u", "-1,3", "enter")
        assert {path: value for path, value in values(prompts).items() if path.startswith("dx")} == {
            "dx[1].code": "E119", "dx[1].poa": "N",
        }  # fmt: skip
        assert prompts.at_cursor.strip() == "Code 2:"
        prompts.press("ctrl+u")
        assert values(prompts)["dx[3].code"] == "J189"

    def test_the_row_after_those_taken_out_is_asked_next(self, prompts: Workstation) -> None:
        prompts.press("^dx", "enter", "i214", "y", "e119", "n", "-2", "enter")
        assert prompts.at_cursor.strip() == "Code 2:"
        prompts.press("j189", "u", "-1-9", "enter")
        assert prompts.at_cursor.strip() == "Code 1:"
        assert not any(path.startswith("dx") for path in values(prompts))

    def test_a_row_that_is_not_there_is_said_and_the_prompt_stays(self, prompts: Workstation) -> None:
        prompts.press("^dx", "enter", "i214", "y", "-7", "enter")
        assert "There is no row 7 to take out." in prompts.message
        assert values(prompts)["dx[1].code"] == "I214"

    def test_findings_are_lines_when_they_arise(self, prompts: Workstation) -> None:
        prompts.press("7", "enter", "XAVER", "enter")
        assert "   W A102 Name: Look at the name again." in prompts.lines

    def test_everything_found_is_told_again_at_the_end(self, prompts: Workstation) -> None:
        prompts.press("7", "enter", "XAVER", "enter", "^REMARK", "enter", "late", "enter")
        assert prompts.text.count("W A102 Name: Look at the name again.") == 2
        assert "NOT FILED" in prompts.message

    def test_help_and_lists_are_those_of_the_form(self, prompts: Workstation) -> None:
        prompts.press("?", "enter")
        assert "MRN" in prompts.lines[0]
        prompts.press("f3", "^dx", "enter", "??", "enter")
        assert "I21" in prompts.text

    def test_caret_leaves_and_keeps_the_draft(self, prompts: Workstation) -> None:
        prompts.press("7", "enter", "^", "enter")
        assert prompts.lines[0].split()[0] == "DESK"
        assert any(event.startswith("draft") for event in desk_app.EVENTS)
        assert prompts.message == "Not filed: what was keyed is kept as a draft."

    def test_a_long_stream_scrolls_and_the_cursor_stays_in_sight(self, prompts: Workstation) -> None:
        for row in range(12):
            prompts.press("^MRN", "enter", str(row), "enter", f"NAME{row}", "enter")
        assert "Sex:" in prompts.at_cursor
        assert len(prompts.lines) == 24


class TestChangingTheShape:
    def test_f11_changes_between_form_and_prompts_and_keeps_what_was_keyed(self, codes: Workstation) -> None:
        codes.press("i214", "f11")
        assert codes.at_cursor.strip() == "POA:"
        codes.press("y", "f11")
        assert codes.shell.main.mode is Mode.FORM  # type: ignore[attr-defined]
        assert values(codes)["dx[1].poa"] == "Y"

    def test_view_says_what_it_takes(self, codes: Workstation) -> None:
        codes.press("ctrl+o", "VIEW X", "enter")
        assert codes.message == "VIEW takes FORM, PROMPT."


FIELDS = ("mrn", "name", "sex", "birth", "weight", "payer", "autopsy", "admitted", "discharged", "remark",
          *(f"dx[{row}].{column}" for row in (1, 2, 3) for column in ("code", "poa")))  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(["I10", "i21.4", "E119", "j189", "Y", "n", "F", "01021950", "7/4/26", "T@0730", "n", "/NK", "72.5",
                     "@", " ", '"', "zzzz", "heart"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="^?-="), max_size=12),
)  # fmt: skip


@pytest.fixture(scope="module")
def two() -> Iterator[list[Workstation]]:
    """One workstation on which records open as forms, one on which they open as prompts."""
    with ThreadPoolExecutor(1) as executor:
        made = []
        for mode in (Mode.FORM, Mode.PROMPT):
            desk = Workstation(desk_app.make_shell(executor))
            desk.press("TECH1", "enter", "OPEN", "enter")
            used_to(desk, mode=mode)
            made.append(desk)
        yield made
        for desk in made:
            desk.loop.close()


class TestEqualValues:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(FIELDS), TEXTS), min_size=1, max_size=12))
    def test_whatever_is_keyed_as_a_form_and_as_prompts_is_kept_byte_for_byte_alike(
        self, two: list[Workstation], script: list[tuple[str, str]]
    ) -> None:
        kept = []
        for desk in two:
            desk.shell.recalls.clear()
            desk.press("ctrl+o", "=ABS 4711", "enter")
            for path, text in script:
                desk.press(f"^{path}", "enter", text, "enter")
                if desk.shell.choosing:
                    desk.press("enter")
                if desk.shell.in_command:
                    desk.press("ctrl+o")
            kept.append(json.dumps(values(desk), sort_keys=True))
            desk.press("ctrl+o", "=DESK", "enter")
        assert kept[0] == kept[1]
