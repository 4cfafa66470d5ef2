"""Work lists show the oldest discharge first; the desk counts what they hold; filing shortens both."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from db.changes import Source
from db.connect import database, writing
from db.worklist import work_acts
from rules.work import SORTS
from tests import builders
from tests.conftest import ADMIN
from tests.screens.conftest import ACCOUNT, POISON_ACCOUNT, POISON_MRN
from tests.tui.conftest import Workstation

pytestmark = pytest.mark.usefixtures("coded")


def waiting(desk: Workstation, word: str) -> str:
    return next(line for line in desk.lines if f" {word} " in line)


class TestTheDesk:
    def test_counts_what_waits_and_opens_it_by_number_or_word(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=DESK", "enter")
        assert "Work queue" in waiting(desk, "WRK")
        assert waiting(desk, "WRK").split()[-4] == "2"
        assert "oldest" in waiting(desk, "WRK")
        desk.press("1", "enter")
        assert desk.lines[0].split()[0] == "WRK"
        desk.press("f3", "WRC", "enter")
        assert desk.lines[0].split()[0] == "WRC"

    def test_a_desk_that_was_jumped_from_is_one_f3_away(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=WRK", "enter", "f3")
        assert desk.lines[0].split()[0] == "DESK"
        desk.press("f3")
        assert desk.message == "Sign off? Y or N"


class TestTheQueue:
    def test_the_oldest_stands_first(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=WRK", "enter")
        rows = [line for line in desk.lines if POISON_ACCOUNT in line or ACCOUNT in line]
        assert ACCOUNT in rows[0]
        assert "2 waiting" in desk.text

    def test_a_date_positions_the_list(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=WRK", "enter", "/11/15/2026", "enter")
        assert POISON_ACCOUNT in desk.text
        assert ACCOUNT not in desk.text

    def test_movements_of_a_row_are_one_letter_away(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=WRK", "enter", "m")
        assert desk.lines[0].split()[0] == "ACC"
        desk.press("f3")
        assert desk.lines[0].split()[0] == "WRK"

    def test_what_is_filed_leaves_the_list(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=WRK", "enter", "a", "not h", "enter", "ctrl+e", "enter")
        desk.press("R079", "enter", "I214", "enter", "y", "f2", "f3")
        assert desk.lines[0].split()[0] == "WRK"
        assert "1 waiting" in desk.text
        assert ACCOUNT not in desk.text


class TestDischargesToCode:
    def test_filing_from_it_goes_on_in_it(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=WRC", "enter", "a", "^ADMI", "enter", "R079", "enter", "I214", "enter", "y")
        desk.press("f2", "f2", "ethnicity is asked for", "enter")
        assert f"Next: {POISON_ACCOUNT}" in desk.message
        desk.press("f3")
        assert desk.lines[0].split()[0] == "WRC"
        assert "1 waiting" in desk.text  # the codes are complete, the abstract is not
        desk.press("ctrl+o", "=WRK", "enter")
        assert "2 waiting" in desk.text

    def test_an_empty_list_says_that_all_is_done(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=WRC", "enter", "/01/01/2027", "enter")
        assert desk.lines[0].split()[0] == "WRC"


def queue(desk: Workstation, line: str = "") -> list[str]:
    """The accounts in sight."""
    desk.press("ctrl+o", f"=WRK {line}".strip(), "enter")
    return [
        account
        for line in desk.lines[3:22]
        for account in (ACCOUNT, POISON_ACCOUNT)
        if f" {account} " in line
    ]


class TestFilterAndOrder:
    def test_a_line_narrows_the_queue_and_stays(self, desk: Workstation) -> None:
        assert queue(desk) != []
        desk.press("ctrl+o", "FILTER CODE AGE>0 SORT=NAME", "enter")
        assert "KIND=CODE AGE>0" in desk.text
        desk.press("ctrl+o", "=DESK", "enter", "ctrl+o", "WRK", "enter")
        assert "KIND=CODE AGE>0" in desk.text
        desk.press("ctrl+o", "FILTER ALL", "enter")
        assert "Not on hold" in desk.text

    def test_a_line_of_the_fast_path_holds_until_the_list_is_left(self, desk: Workstation) -> None:
        assert queue(desk, "TO=ME") == []
        assert queue(desk) == [ACCOUNT, POISON_ACCOUNT]
        desk.press("ctrl+o", "FILTER CODE", "enter")
        queue(desk, "TO=ME")
        desk.press("ctrl+o", "=WRK", "enter")
        assert "KIND=CODE" in desk.text

    def test_a_word_that_is_not_known_is_said_and_changes_nothing(self, desk: Workstation) -> None:
        queue(desk)
        desk.press("ctrl+o", "FILTER COLOUR=RED", "enter")
        assert "COLOUR is not known here" in desk.message
        assert "Not on hold" in desk.text

    def test_another_order_begins_at_its_start(self, desk: Workstation) -> None:
        queue(desk)
        first = desk.lines[4]
        desk.press("ctrl+o", "SORT ACCOUNT", "enter")
        assert "By account." in desk.text
        desk.press("ctrl+o", "SORT AGE", "enter", "ctrl+o", "SORT DISCHARGE", "enter")
        assert desk.lines[4] == first

    def test_the_form_offers_codes_and_shows_the_queue_again(self, desk: Workstation) -> None:
        queue(desk)
        desk.press("f10")
        assert desk.lines[0].split()[0] == "WKF"
        desk.press("CODE", "f4")
        assert "to code" in desk.text
        desk.press("f12", "f2")
        assert desk.lines[0].split()[0] == "WRK"
        assert "KIND=CODE" in desk.text

    def test_a_kept_filter_comes_back_by_its_name_and_at_the_next_sign_on(
        self, seat: Callable[[], Workstation]
    ) -> None:
        desk = seat()
        queue(desk, "UNIT=3E SORT=TD")
        desk.press("ctrl+o", "KEEP MORNING", "enter", "ctrl+o", "KEEP", "enter")
        assert "WRK opens with it" in desk.message
        desk.press("ctrl+o", "FILTER ALL", "enter", "ctrl+o", "USE MORNING", "enter")
        assert "UNIT=3E" in desk.text
        desk.press("ctrl+o", "=DESK", "enter", "f3", "y")
        desk = seat()
        queue(desk)
        assert "UNIT=3E. By terminal digit." in desk.text


class TestFinding:
    @pytest.mark.parametrize("sort", [*SORTS])
    @pytest.mark.parametrize("text", [POISON_ACCOUNT, POISON_MRN, "NEIL"])
    def test_an_account_a_chart_or_a_name_is_found_in_every_order(
        self, desk: Workstation, sort: str, text: str
    ) -> None:
        last = database.execute_sql("SELECT name_key FROM patient WHERE mrn = ?", (POISON_MRN,)).fetchone()[0]
        queue(desk, f"SORT={sort}")
        desk.press("/" + (last[:3] if text == "NEIL" else text), "enter")
        assert POISON_ACCOUNT in desk.lines[6]
        assert desk.lines[6].startswith(">")

    def test_once_more_goes_to_the_next_of_the_name_and_round_again(self, desk: Workstation) -> None:
        with writing():
            for account, day in (("4801", "17"), ("4802", "18")):
                builders.a_stay(
                    f"2026-11-{day}T08:00", f"2026-11-{day}T20:00", account=account,
                    patient_id=builders.a_patient(mrn=account, last_name="MILES", first_name="ANN"),
                )  # fmt: skip
        queue(desk, "SORT=DISCHARGE")
        for account in ("4801", "4802", "4801"):
            desk.press("/miles", "enter")
            assert account in desk.lines[6]
        desk.press("/MIL,R", "enter")
        assert ACCOUNT in desk.lines[6]

    def test_a_place_of_the_order_is_gone_to_as_such(self, desk: Workstation) -> None:
        queue(desk, "SORT=STATUS")
        desk.press("/not filed", "enter")
        assert ACCOUNT in desk.lines[6]

    @pytest.mark.parametrize("sort", ["DISCHARGE", "UNIT", "VALUE"])
    def test_somebody_who_is_not_in_the_list_is_said_and_nothing_moves(
        self, desk: Workstation, sort: str
    ) -> None:
        queue(desk, f"SORT={sort}")
        before = desk.lines[6]
        desk.press("/ZZTOP", "enter")
        assert "ZZTOP: no account, chart or name in this list" in desk.message
        assert desk.lines[6] == before


class TestWorkingOnTheQueue:
    def test_take_opens_the_oldest_that_nobody_has_and_goes_on_after_filing(self, desk: Workstation) -> None:
        queue(desk)
        desk.press("f6")
        assert desk.lines[0].split()[0] == "ABS"
        assert ACCOUNT in desk.text
        desk.press("not h", "enter", "ctrl+e", "enter", "R079", "enter", "I214", "enter", "y", "f2")
        assert f"Next: {POISON_ACCOUNT}" in desk.message
        desk.press("f3")
        assert "admin" in next(line for line in desk.lines if POISON_ACCOUNT in line)
        desk.press("f6")
        assert "Nothing is left here that nobody has" in desk.message

    def test_notes_are_shown_on_the_row_and_on_the_abstract(self, desk: Workstation) -> None:
        queue(desk)
        desk.press("n", "Op note is asked for", "enter", "right", "right", "right")
        assert "Op note is asked for" in desk.text
        desk.press("a")
        assert "Op note is asked for" in desk.message
        desk.press("ctrl+o", "NOTES", "enter")
        assert desk.lines[0].split()[0] == "WKN"
        assert "Op note is asked for" in desk.text

    def test_a_long_note_is_read_to_its_end(self, desk: Workstation) -> None:
        queue(desk)
        told = " ".join(f"word{number}" for number in range(40))
        desk.press("n", told, "enter", "w")
        read = " ".join(line[39:].strip() for line in desk.lines[6:21])
        assert told in " ".join(read.split())

    def test_a_hold_takes_the_account_out_until_its_day(self, desk: Workstation) -> None:
        assert ACCOUNT in queue(desk)
        desk.press("h", "DOC", "enter", "f2")
        assert f"ON HOLD {ACCOUNT} until" in desk.message
        assert ACCOUNT not in queue(desk)
        assert ACCOUNT in queue(desk, "HOLD=Y")
        desk.press("u")
        desk.press("ctrl+o", "FILTER ALL", "enter")
        assert "2 waiting" in desk.text

    def test_a_reason_that_the_facility_does_not_have_is_refused(self, desk: Workstation) -> None:
        queue(desk)
        desk.press("h", "LAZY", "enter", "f2")
        assert desk.lines[0].split()[0] == "WKH"

    def test_selected_rows_are_assigned_together(self, desk: Workstation) -> None:
        queue(desk)
        desk.press("1-2", "enter", "s", ADMIN, "enter")
        assert queue(desk, "TO=ME") == [ACCOUNT, POISON_ACCOUNT]
        desk.press("ctrl+o", "=DESK", "enter")
        assert " 2 " in waiting(desk, "MINE")
        assert "oldest" in waiting(desk, "MINE")
        queue(desk, "TO=ME")
        desk.press("g")
        assert "1 waiting" in desk.text


class TestDrafts:
    def test_say_whom_they_are_about_and_showing_them_is_logged(self, desk: Workstation) -> None:
        queue(desk)
        desk.press("a", "^NOTE", "enter", "half a word", "f3", "y", "ctrl+o", "=DRF", "enter")
        row = next(line for line in desk.lines if f" {ACCOUNT} " in line)
        assert "MILLER,RUTH" in row
        assert "DOB" not in row
        seen = database.execute_sql(
            "SELECT kind, record, detail FROM audit WHERE action = 'view patient' ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        assert seen[:2] == ("list", "drafts")
        assert f"ABS {ACCOUNT}" in seen[2]


class TestOneRecordOnce:
    """Whatever is keyed on the way, one session has a record open once."""

    def test_asking_for_an_open_abstract_goes_back_to_it(self, desk: Workstation) -> None:
        queue(desk)
        desk.press("a", "^NOTE", "enter", "half a word", "ctrl+o", "WRK", "enter", "a")
        assert desk.message == "This record was open already: you are back in it."
        assert [view.word for view in desk.shell.stack] == ["WRK", "ABS"]
        assert "half a word" in desk.text

    def test_in_the_shape_that_was_asked_for(self, desk: Workstation) -> None:
        queue(desk)
        desk.press("a", "ctrl+o", f"OVR {ACCOUNT}", "enter")
        assert [view.word for view in desk.shell.stack] == ["WRK", "ABS"]
        assert "Act:" in desk.text

    def test_another_abstract_opens_over_it_and_each_has_its_lock(self, desk: Workstation) -> None:
        queue(desk)
        desk.press("a", "ctrl+o", f"ABS {POISON_ACCOUNT}", "enter")
        assert [view.word for view in desk.shell.stack] == ["WRK", "ABS", "ABS"]
        assert locked() == [ACCOUNT, POISON_ACCOUNT]
        desk.press("f3")
        assert locked() == [ACCOUNT]
        desk.press("f3", "a")
        assert "open already" not in desk.message

    def test_going_on_to_the_next_gives_the_one_before_back(self, desk: Workstation) -> None:
        queue(desk)
        desk.press("a", "not h", "enter", "ctrl+e", "enter", "R079", "enter", "I214", "enter", "y", "f2")
        assert f"Next: {POISON_ACCOUNT}" in desk.message
        assert locked() == [POISON_ACCOUNT]


def locked() -> list[str]:
    rows = database.execute_sql(
        "SELECT record_id FROM record_lock WHERE kind = 'abstract' ORDER BY record_id"
    )
    return [row[0] for row in rows]


class TestTheMenu:
    def test_says_how_many_wait_and_how_long(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=CODING", "enter")
        assert "Work queue" in waiting(desk, "WRK")
        assert " 2 " in waiting(desk, "WRK")
        assert "oldest" in waiting(desk, "WRK")

    def test_is_right_again_when_it_is_come_back_to(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=CODING", "enter", "WRK", "enter", "h", "DOC", "enter", "f2", "f3")
        assert desk.lines[0].split()[0] == "CODING"
        assert " 1 " in waiting(desk, "WRK")


class TestNotFinalBilled:
    def test_a_line_leads_to_its_accounts(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=DNF", "enter")
        assert "Not abstracted" in desk.text
        desk.press("2", "enter", "enter")
        assert desk.lines[0].split()[0] == "WRK"
        assert "KIND=ABSTRACT CLASS=I,N BILLED=N" in desk.text
        assert ACCOUNT in desk.text

    def test_says_why_days_cannot_be_told(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=DNF", "enter")
        assert "DNFB days n/a: no discharge of the last 90 days has charges." in desk.text

    def test_says_the_days_of_revenue_that_wait_and_their_part_without_codes(self, desk: Workstation) -> None:
        with writing():
            for account in (ACCOUNT, POISON_ACCOUNT):
                work_acts.apply_charge(account, 450_000, Source("test"))
        desk.press("ctrl+o", "=DNF", "enter")
        assert "DNFB 90.0 days (aim 6), of these 90.0 for codes; $100 a day over 90 days." in desk.text
        assert next(line for line in desk.lines if "All accounts" in line).split()[-1] == "90.0"

    def test_is_printed_as_a_report(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=DNF", "enter", "f10", "f2")
        assert "DISCHARGED, NOT FINAL BILLED" in desk.text


class TestProductivity:
    def test_a_filing_counts_for_who_filed(self, desk: Workstation) -> None:
        queue(desk)
        desk.press("a", "not h", "enter", "ctrl+e", "enter", "R079", "enter", "I214", "enter", "y", "f2")
        desk.press("ctrl+o", "=PRD", "enter")
        row = next(line for line in desk.lines if "abstract" in line)
        words = row.split()
        assert words[words.index("admin") :][:4] == ["admin", "abstract", "all", "1"]
