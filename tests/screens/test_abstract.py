"""A technician keys abstracts from the work list: codes, words, mistakes, look-ups on the way, filing, the next one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from db.hospital import encounters
from db.registry import cases
from tests.screens.conftest import ACCOUNT, MRN, POISON_ACCOUNT
from tests.tui.conftest import Workstation, strokes

pytestmark = pytest.mark.usefixtures("coded")

CODED = ("R079", "enter", "I21.4", "enter", "y", "N17.9", "enter", "y")


@pytest.fixture
def abstract(desk: Workstation) -> Workstation:
    """The oldest discharge, opened from the work list."""
    desk.press("ctrl+o", "=WRK", "enter", "a")
    return desk


@pytest.fixture
def at_codes(abstract: Workstation) -> Workstation:
    """The same, with everything keyed that stands before the codes."""
    abstract.press("not h", "enter", "^ADMITTING", "enter")
    return abstract


def focus(desk: Workstation) -> str:
    return str(getattr(desk.shell.main, "focus", ""))


def values(desk: Workstation) -> dict[str, str]:
    return dict(desk.shell.main.record.values)  # type: ignore[attr-defined]


def account_now(desk: Workstation) -> encounters.Encounter:
    work = desk.shell.executor
    return work.submit(lambda: encounters.get(encounters.find(ACCOUNT) or 0)).result()


class TestOpening:
    def test_the_cursor_stands_on_the_first_field_that_is_missing(self, abstract: Workstation) -> None:
        assert focus(abstract) == "ethnicity"
        assert "Account 4711" in abstract.lines[2]

    def test_the_work_list_row_is_opened_with_enter_too(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=WRK", "enter", "enter")
        assert desk.lines[0].split()[0] == "ABS"

    def test_diag_jumps_to_the_principal_diagnosis(self, abstract: Workstation) -> None:
        abstract.press("^DIAG", "enter")
        assert focus(abstract) == "diagnoses[1].code"

    @pytest.mark.parametrize(
        ("label", "path"),
        [("PROC", "procedures[1].code"), ("DISP", "disposition"), ("EXT", "external_causes[1].code"),
         ("PAY", "payer"), ("ADMIT", "admitting_diagnosis"), ("NOTE", "note"), ("RES", "street")],
    )  # fmt: skip
    def test_every_part_has_a_jump(self, abstract: Workstation, label: str, path: str) -> None:
        abstract.press(f"^{label}", "enter")
        assert focus(abstract) == path

    def test_what_the_stay_rules_out_is_passed_over(self, abstract: Workstation) -> None:
        abstract.press("^DISP", "enter", "enter")
        assert focus(abstract) == "admitting_diagnosis"  # no receiving facility, time of death or autopsy
        abstract.press("^BIRTH W", "enter")
        assert abstract.message == "That field is not asked here."

    def test_a_death_asks_for_time_autopsy_and_coroner(self, abstract: Workstation) -> None:
        abstract.press("^DISP", "enter", "20")
        assert focus(abstract) == "died_at"
        abstract.press("11/14/2026@1130", "enter", "y", "n")
        assert values(abstract)["autopsy"] == "1"
        assert focus(abstract) == "admitting_diagnosis"

    def test_a_disposition_taken_back_takes_its_answers_back(self, abstract: Workstation) -> None:
        before = values(abstract)["died_at"]
        abstract.press("^DISP", "enter", "20", "^DISP", "enter", "01")
        assert values(abstract)["died_at"] == before == "/NA"

    def test_an_account_that_is_not_there_is_said_in_words(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=ABS 99", "enter")
        assert "There is no account 99" in desk.message
        assert desk.lines[0].split()[0] == "DESK"


class TestCodes:
    def test_a_code_is_taken_with_or_without_point_and_shown_with_it(self, at_codes: Workstation) -> None:
        at_codes.press("r079", "enter", "I21.4", "enter", "y")
        assert values(at_codes)["admitting_diagnosis"] == "R079"
        assert "I21.4    Non-ST elevation (NSTEMI) myocardial infarction" in at_codes.text

    def test_the_drg_follows_each_code(self, at_codes: Workstation) -> None:
        at_codes.press("r079", "enter", "I21.4", "enter", "y")
        assert "MS-DRG 282 Acute Myocardial Infarction" in at_codes.text
        assert "MDC 05" in at_codes.text
        at_codes.press("N17.9", "enter", "y")
        assert "MS-DRG 281" in at_codes.text
        assert "by N17.9 CC" in at_codes.text
        assert next(line for line in at_codes.lines if "N17.9    Acute" in line).endswith("Y CC")

    def test_words_list_their_codes_and_enter_picks(self, at_codes: Workstation) -> None:
        at_codes.press("r079", "enter", "hip fx", "enter")
        assert "S72" in at_codes.text
        assert at_codes.message == "Several match HIP FX: pick one."
        at_codes.press("enter")
        assert values(at_codes)["diagnoses[1].code"].startswith("S72")
        assert focus(at_codes) == "diagnoses[1].poa"

    def test_f4_searches_for_the_words_that_were_keyed(self, at_codes: Workstation) -> None:
        at_codes.press("^DIAG", "enter", "chf", "f4")
        assert "I50.9        Heart failure, unspecified" in at_codes.text
        at_codes.press("down", "enter")
        assert values(at_codes)["diagnoses[1].code"] == "I5089"

    def test_what_is_no_code_is_refused_in_place_and_replaced_by_typing(self, at_codes: Workstation) -> None:
        at_codes.press("zzzz", "enter")
        assert at_codes.shell.failed
        assert at_codes.message == (
            "Admitting diagnosis: Nothing is known as ZZZZ. F4 lists what this field takes."
        )
        assert focus(at_codes) == "admitting_diagnosis"
        assert "zzzz" in at_codes.at_cursor
        at_codes.press("R079", "enter")
        assert values(at_codes)["admitting_diagnosis"] == "R079"

    def test_a_wrong_letter_in_a_coded_field_stays_there(self, at_codes: Workstation) -> None:
        at_codes.press("r079", "enter", "I214", "enter", "x")
        assert focus(at_codes) == "diagnoses[1].poa"
        assert at_codes.message == "POA: X is not in the list. F4 shows it."
        at_codes.press("y")
        assert values(at_codes)["diagnoses[1].poa"] == "Y"

    def test_an_exempt_code_asks_for_no_poa(self, at_codes: Workstation) -> None:
        at_codes.press("r079", "enter", "I214", "enter", "y", "Q210", "enter")
        assert focus(at_codes) == "diagnoses[3].code"
        assert next(line for line in at_codes.lines if "Q21.0" in line).endswith("CC ex.")

    def test_space_and_enter_bring_the_last_code_back(self, at_codes: Workstation) -> None:
        at_codes.press(
            "R079", "enter", "^ADMITTING", "enter", "@", "enter", "^ADMITTING", "enter", " ", "enter"
        )
        assert values(at_codes)["admitting_diagnosis"] == "R079"

    def test_a_code_keyed_twice_is_an_error_that_leads_to_its_field(self, at_codes: Workstation) -> None:
        at_codes.press(*CODED, "N17.9", "enter", "y", "ctrl+e")
        assert "stands in the list before" in at_codes.text
        at_codes.press("enter")
        assert focus(at_codes) == "diagnoses[3].code"


class TestWordsOfTheScreen:
    def test_follow_the_caret_as_those_of_the_keys_do(self, at_codes: Workstation) -> None:
        at_codes.press("^OVERRIDE", "enter")
        assert at_codes.message == "D004 cannot be overridden: Admitting diagnosis is missing: enter it."
        at_codes.press("^notes seen with the coder", "enter")
        assert at_codes.message == "The note is kept with the account."


class TestTheOperatingPractitioner:
    PROCEDURE = ("^PROC", "enter", "0DTJ4ZZ", "11112026")

    def test_is_the_surgeon_of_the_principal_procedure(self, at_codes: Workstation) -> None:
        at_codes.press(*self.PROCEDURE, "1001", "n")
        assert values(at_codes)["operating"] == "1001"

    def test_follows_a_corrected_surgeon_and_another_first_procedure(self, at_codes: Workstation) -> None:
        at_codes.press(*self.PROCEDURE, "1001", "n", "0FT44ZZ", "11112026", "77", "enter", "n")
        at_codes.press("^SURGEON", "enter", "99", "tab")
        assert values(at_codes)["operating"] == "99"
        at_codes.press("^401-2", "enter", "ctrl+o", "MOVE 1", "enter")
        assert values(at_codes)["operating"] == "77"

    def test_that_was_keyed_stays(self, at_codes: Workstation) -> None:
        at_codes.press("^OPERATING", "enter", "77", "tab", *self.PROCEDURE, "1001", "n")
        assert values(at_codes)["operating"] == "77"
        at_codes.press("ctrl+e")
        assert "A133" in at_codes.text


class TestFiling:
    def test_the_next_discharge_comes_by_itself(self, at_codes: Workstation) -> None:
        at_codes.press(*CODED, "f2")
        assert at_codes.message == f"FILED {ACCOUNT}. Next: {POISON_ACCOUNT}"
        assert f"Account {POISON_ACCOUNT}" in at_codes.lines[2]
        assert account_now(at_codes).abstracted_day is not None

    def test_errors_stand_in_the_way_until_a_reason_is_given(self, abstract: Workstation) -> None:
        abstract.press("^NOTE", "enter", "f2")
        assert abstract.message.startswith("NOT FILED. Ethnicity is missing: enter it. (+2)")
        assert focus(abstract) == "ethnicity"
        abstract.press("f2", "waits for the operative note", "enter")
        assert abstract.message.startswith(f"FILED {ACCOUNT}, not complete")
        stay = account_now(abstract)
        assert stay.abstracted_day is None
        case = abstract.shell.executor.submit(lambda: cases.by_encounter("abstract", stay.id)).result()
        assert case is not None
        assert case.status == cases.OPEN

    def test_what_to_do_is_not_cut_off_by_a_long_sentence(self, at_codes: Workstation) -> None:
        at_codes.press(*CODED, "I10", "tab", "^DIAG", "enter", *("tab",) * 7, "f2")
        assert at_codes.message.startswith("NOT FILED. F2 again files it. POA of row 3 is missing:")

    def test_after_the_last_one_the_work_list_is_back(self, at_codes: Workstation) -> None:
        at_codes.press(*CODED, "f2", "^CITY", "enter", "Albany", "enter", "f2", "f2", "later", "enter")
        assert f"FILED {POISON_ACCOUNT}, not complete" in at_codes.message
        assert at_codes.lines[0].split()[0] == "WRK"

    def test_one_opened_by_its_account_leads_back_to_where_it_was_opened(self, desk: Workstation) -> None:
        desk.press(
            "ctrl+o", f"=CHT {MRN}", "enter", "a", "not h", "enter", "^ADMITTING", "enter", *CODED, "f2"
        )
        assert desk.lines[0].split()[0] == "CHT"
        assert desk.message == f"FILED {ACCOUNT}."

    def test_a_common_abstract_costs_few_keys_beside_its_data(self, abstract: Workstation) -> None:
        """Beside the data and the Enter after each of them: a jump to what is missing next, and F2."""
        data = ("not h", "R079", "I214", "N179", "E119")
        coded = [key for code in data[2:] for key in (code, "enter", "y")]
        keyed = ("not h", "enter", "ctrl+e", "enter", "R079", "enter", *coded, "f2")
        abstract.press(*keyed)
        assert abstract.message.startswith(f"FILED {ACCOUNT}.")
        all_keys = sum(len(strokes(key)) for key in keyed)
        wanted = sum(map(len, data)) + len(data) + len(data[2:])
        assert all_keys == 32
        assert (all_keys - wanted) / all_keys <= 0.15


class TestLookingSomethingUpOnTheWay:
    def test_a_patient_is_looked_up_and_the_abstract_is_resumed(self, at_codes: Workstation) -> None:
        at_codes.press("R079", "enter", "I21", "ctrl+o", "PAT MILLER", "enter", "enter")
        assert at_codes.lines[0].split()[0] == "CHT"
        at_codes.press("f3", "f3")
        assert focus(at_codes) == "diagnoses[1].code"
        assert "I21" in at_codes.at_cursor
        at_codes.press("4", "enter")
        assert values(at_codes)["diagnoses[1].code"] == "I214"

    def test_movements_and_chart_are_a_key_or_a_word_away(self, abstract: Workstation) -> None:
        abstract.press("f10")
        assert abstract.lines[0].split()[0] == "ACC"
        abstract.press("f3", "ctrl+o", "CHART", "enter")
        assert abstract.lines[0].split()[0] == "CHT"
        abstract.press("f3")
        assert focus(abstract) == "ethnicity"

    def test_lines_pasted_into_the_note_stay_together(self, abstract: Workstation) -> None:
        abstract.press("^NOTE", "enter")
        abstract.paste("operative note\nis missing")
        abstract.press("up")
        assert values(abstract)["note"] == "operative note is missing"

    def test_f3_in_the_middle_keeps_what_was_keyed(self, at_codes: Workstation) -> None:
        at_codes.press("R079", "enter", "I21", "f3", "y", "enter")
        assert at_codes.lines[0].split()[0] == "ABS"
        assert at_codes.message == "Your draft of this record is resumed."
        assert focus(at_codes) == "diagnoses[1].code"
        assert "I21" in at_codes.at_cursor

    def test_an_own_lock_keeps_nobody_out_after_a_dropped_line(
        self, at_codes: Workstation, seat: Callable[[], Workstation]
    ) -> None:
        at_codes.press("R079", "enter", "I10", "enter", "@", "enter")
        again = seat()  # the first session was killed: it gave nothing back
        again.press("ctrl+o", f"=ABS {ACCOUNT}", "enter")
        assert again.message == "Your draft of this record is resumed."
        again.press("^DIAG", "enter", "I21.4", "enter")
        assert values(again)["admitting_diagnosis"] == "R079"
        assert values(again)["diagnoses[1].code"] == "I214"


class TestWithoutTheCodeSets:
    def test_codes_are_checked_by_form_alone_and_it_is_said(
        self, at_codes: Workstation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
        seat: Callable[[], Workstation],
    ) -> None:  # fmt: skip
        at_codes.press("f3")
        monkeypatch.setenv("RECORDROOM_CODES", str(tmp_path / "missing.db"))
        desk = seat()
        desk.press(
            "ctrl+o", f"=ABS {ACCOUNT}", "enter", "^ADMITTING", "enter", "R079", "enter", "I214", "enter", "y"
        )
        assert values(desk)["diagnoses[1].code"] == "I214"
        assert "Codes are checked by form alone" in desk.text
        desk.press("f4")
        assert desk.message == "The code sets are not built yet: run 'recordroom codes build'."
