"""The trauma registrar's day: a record is keyed from the account, scored as it is keyed, filed, found and amended."""

from __future__ import annotations

import pytest

from db.connect import database
from db.registry import cases
from tests.screens.conftest import ACCOUNT, MRN, POISON_ACCOUNT, POISON_MRN, House
from tests.tui.conftest import Workstation
from tui.form import FormView


def focus(desk: Workstation) -> str:
    view = desk.shell.main
    assert isinstance(view, FormView)
    return view.focus


@pytest.fixture
def record(desk: Workstation) -> Workstation:
    """A new record about an account, at the first question."""
    desk.press("ctrl+o", "=TRL", "enter", "f6", "enter", ACCOUNT, "enter")
    return desk


class TestANewRecord:
    def test_takes_patient_arrival_and_discharge_from_the_account(self, record: Workstation) -> None:
        assert f"MRN: {MRN}" in record.text
        assert f"{MRN}  MILLER" in record.text  # who it is about stands over the scores
        record.press("^hospital arrival date", "enter")
        assert "11/10/2026" in record.at_cursor
        assert "0800" in record.at_cursor

    def test_says_at_the_field_that_there_is_no_such_account(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=TRA", "enter", "enter", "9999", "enter")
        assert focus(desk) == "account"
        assert desk.message.startswith("Account: There is no account 9999")

    def test_cannot_be_filed_about_nobody(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=TRA", "enter", "f2")
        assert desk.message.startswith("NOT FILED. G101")
        assert focus(desk) == "mrn"

    def test_cannot_join_an_account_to_another_patient(self, record: Workstation) -> None:
        record.press("^mrn", "enter", POISON_MRN, "enter", "f2")
        assert "G104" in record.message
        assert focus(record) == "account"

    def test_counts_what_is_blank_and_marks_only_what_is_wrong(self, record: Workstation) -> None:
        assert "fields to fill in" in record.message
        assert "error" not in record.message
        assert "In NTDS population:*" in record.text

    def test_takes_yes_and_no_with_one_key_each(self, record: Workstation) -> None:
        record.press("yyn")
        assert "In NTDS population: Y" in record.text
        assert "In state population: N" in record.text
        assert focus(record) == "home_zip"


class TestNulls:
    def test_are_one_key_in_the_field(self, record: Workstation) -> None:
        record.press("^work", "enter", "/", "enter")
        assert "Work-related: *NA" in record.text

    def test_fill_and_skip_what_depends_on_an_answer(self, record: Workstation) -> None:
        record.press("^work", "enter", "n")
        assert "Industry: *NA Not applicable" in record.text
        assert "Occupation: *NA Not applicable" in record.text
        assert focus(record) == "primary_cause"

    def test_that_depend_are_taken_back_with_the_answer(self, record: Workstation) -> None:
        record.press("^work", "enter", "n", "^work", "enter", "y")
        assert "*NA" not in record.at_cursor
        assert focus(record) == "industry"


class TestScores:
    def test_follow_every_injury(self, record: Workstation) -> None:
        record.press("^injuries", "enter", "1406554115", "enter")
        assert "ISS 16  NISS 16" in record.text
        record.press("4422023315", "enter")
        assert "ISS 25  NISS 25" in record.text

    def test_follow_the_vital_signs_as_published(self, record: Workstation) -> None:
        record.press(
            "^systolic pressure", "enter", "120", "enter", "90", "enter", "/nk", "enter", "18", "enter"
        )
        record.press("^ed gcs total", "enter", "15", "enter")
        assert "RTS 7.8408" in record.text
        assert "triage 12" in record.text
        assert "SI 0.75" in record.text

    def test_say_which_injury_cannot_be_where_it_is_said_to_be(self, record: Workstation) -> None:
        record.press("^injuries", "enter", "14065544")
        assert "T1305" in record.message


class TestTheRegistry:
    @pytest.fixture
    def filed(self, record: Workstation) -> Workstation:
        record.press("yyn", "^injuries", "enter", "1406554115", "enter", "f2")
        return record

    def test_lists_what_was_filed_with_arrival_and_score(self, filed: Workstation) -> None:
        assert filed.lines[0].split()[0] == "TRL"
        assert filed.message.startswith("FILED 000002, still open: ")
        row = next(line for line in filed.lines if "MILLER" in line)
        assert f"000002 open     11/10/2026    16 {MRN} MILLER" in row

    def test_finds_a_record_by_number_patient_or_state(self, filed: Workstation) -> None:
        filed.press("/2", "enter")
        assert "MILLER" in filed.at_cursor
        filed.press("/", POISON_MRN, "enter")
        assert POISON_MRN in filed.at_cursor
        filed.press("ctrl+o", "=TRL MILLER", "enter")
        assert "1  000002" in filed.text
        assert POISON_MRN not in filed.text

    def test_amends_a_record_and_keeps_both_revisions(self, filed: Workstation) -> None:
        filed.press("ctrl+o", "=TRA 2", "enter", "^work", "enter", "n", "f2")
        assert filed.message.startswith("FILED 000002")
        filed.press("ctrl+o", "=TRA 2", "enter")
        assert "filed 2 times" in filed.lines[2]
        case = filed.shell.executor.submit(cases.by_number, "trauma", "000002").result()
        assert case is not None
        revisions = filed.shell.executor.submit(cases.revisions, case.id).result()
        assert [each.record.get("work_related") for each in revisions] == ["0", None]

    def test_has_one_record_of_an_account(self, filed: Workstation) -> None:
        filed.press("f6", "enter", ACCOUNT, "enter", "f2")
        assert "G105" in filed.message
        assert "TRA 000002 is about this account already." in filed.message

    def test_keeps_the_patient_of_a_filed_record(self, filed: Workstation) -> None:
        filed.press("ctrl+o", "=TRA 2", "enter")
        assert focus(filed) == "ntds"

    def test_takes_a_record_out_of_use_with_its_reason(self, filed: Workstation) -> None:
        filed.press("ctrl+o", "=TRA 2", "enter", "ctrl+o", "VOID", "enter")
        assert filed.message.startswith("Say why")
        filed.press("VOID wrong patient", "enter")
        assert filed.lines[0].split()[0] == "TRL"
        assert "MILLER" not in filed.text
        kept = filed.shell.executor.submit(
            lambda: database.execute_sql(
                "SELECT void_reason FROM data_case WHERE number = '000002'"
            ).fetchone()
        ).result()
        assert kept == ("wrong patient",)


class TestTheScreens:
    def test_stand_in_24_rows_of_80_columns(self, desk: Workstation, house: House) -> None:
        desk.press("ctrl+o", "=TRL", "enter")
        assert desk.lines[5].rstrip() == (
            "     Number Status   Arrived      ISS MRN      Name                   Account"
        )
        assert desk.lines[23].rstrip().startswith(" Enter=Open  F6=New  F10=Open or all  F3=Exit")
        desk.press("enter")
        assert desk.lines[2].startswith(f" Record {house.trauma}, open, filed once, last ")
        assert desk.lines[3].rstrip() == "Record"
        assert POISON_ACCOUNT in desk.lines[4]
