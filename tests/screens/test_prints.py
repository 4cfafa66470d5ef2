"""The sheets of a chart by word and from the screens on it; a print leaves a row with the patient."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.connect import database
from db.patient_index import patients
from tests.screens.conftest import ACCOUNT, MRN
from tests.screens.test_reports import lp
from tests.tui.conftest import Workstation

__all__ = ["lp"]  # the program in the place of lp


def last_print() -> tuple[str, str, int]:
    row = database.execute_sql(
        "SELECT record, outcome, patient_id FROM audit WHERE action = 'print' ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    return (row[0], row[1], row[2])


class TestByWord:
    @pytest.mark.parametrize(
        ("line", "title"),
        [
            (f"=FAC {ACCOUNT}", "ADMISSION AND DISCHARGE FACE SHEET"),
            (f"=SUM {ACCOUNT}", "ABSTRACT AND CODING SUMMARY SHEET"),
            (f"=LBL {MRN}", f"MRN {MRN}"),
        ],
    )
    def test_a_sheet_is_shown_as_it_is_printed(self, desk: Workstation, line: str, title: str) -> None:
        desk.press("ctrl+o", line, "enter")
        assert title in desk.text

    def test_it_asks_for_the_number_that_is_missing(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=FAC", "enter")
        assert "Say which Account" in desk.text

    def test_an_outguide_is_keyed_and_shown(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=OUT {MRN}", "enter", "DR GRAY", "enter", "enter", "12/05/2030", "f2")
        assert "Borrower  DR GRAY" in desk.text
        assert "Due       12/05/2030" in desk.text
        assert "MILLER" not in desk.text


class TestFromTheScreens:
    def test_chart_account_and_abstract_lead_to_their_sheets(self, desk: Workstation) -> None:
        desk.press("ctrl+o", f"=CHT {MRN}", "enter", "F")
        assert "FACE SHEET" in desk.text
        desk.press("f3", "ctrl+o", "LABEL labels=2", "enter")
        assert desk.text.count(f"*{MRN}*") >= 1
        desk.press("ctrl+o", f"=ACC {ACCOUNT}", "enter", "ctrl+o", "FACE", "enter")
        assert "FACE SHEET" in desk.text
        desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "ctrl+o", "SHEET", "enter")
        assert "SUMMARY SHEET" in desk.text

    def test_prt_prints_it_with_a_row_about_the_patient(self, desk: Workstation, lp: Path) -> None:
        desk.press("ctrl+o", f"=LBL {MRN} labels=3", "enter", "ctrl+o", "PRT laser1", "enter")
        assert "Sent to laser1" in desk.text
        assert last_print() == ("chart-label", "done", patients.by_mrn(MRN))
        arguments = Path(f"{lp}.arguments").read_text()
        assert "Recordroom H03" in arguments
        assert "MILLER" not in arguments
        assert Path(f"{lp}.bytes").read_bytes().count(f"MRN {MRN}".encode()) == 3
