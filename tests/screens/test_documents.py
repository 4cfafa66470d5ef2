"""DOC, DCF and SUP: a technician marks what the chart holds, a coder names what each code was taken from."""

from __future__ import annotations

from typing import Any

import pytest

from db import conventions, drafts
from db.actors import Actor
from db.connect import database
from db.evidence import documents
from db.history import of_case
from db.hospital import encounters
from db.registry import cases
from screens.coding import coding_draft
from tests.screens.conftest import ACCOUNT
from tests.screens.test_abstract import focus, values
from tests.screens.test_audit_rows import last_seq, rows_after
from tests.tui.conftest import Workstation

pytestmark = pytest.mark.usefixtures("coded")

CODED = ("2186-5", "R079", "K3580", "Y", "N179", "Y")
SURGERY = {
    "diagnoses[1].code": "K3580", "diagnoses[1].poa": "Y", "diagnoses[2].code": "N179", "diagnoses[2].poa": "Y",
    "procedures[1].code": "0DTJ4ZZ", "procedures[1].date": "2026-11-11", "procedures[1].surgeon": "1001",
}  # fmt: skip


def beside(desk: Workstation, work: Any, *arguments: object) -> Any:
    """What another screen does, on the database thread."""
    return desk.shell.executor.submit(work, *arguments).result()


def marked(desk: Workstation) -> list[tuple[str, str, str, str]]:
    found = beside(desk, documents.of_account, ACCOUNT)
    return [(each.type, each.day, each.author, each.status) for each in found]


@pytest.fixture
def surgery(desk: Workstation) -> Workstation:
    """The draft of an abstract with an appendectomy, and its documents on top."""
    beside(desk, coding_draft.put, desk.shell.session, ACCOUNT, SURGERY)
    desk.press("ctrl+o", f"=DOC {ACCOUNT}", "enter")
    return desk


class TestMarking:
    def test_shows_what_the_codes_and_the_stay_ask_for(self, surgery: Workstation) -> None:
        lines = [line.partition("!")[2].split() for line in surgery.lines if "missing" in line]
        assert [line[0] for line in lines] == ["OP", "SP", "DS"]
        assert [line[-1] for line in lines] == ["0DTJ4ZZ", "0DTJ4ZZ", "stay"]

    def test_what_is_missing_is_marked_by_one_key_with_day_and_surgeon_of_the_procedure(
        self, surgery: Workstation
    ) -> None:
        surgery.press("s")
        assert marked(surgery) == [("OP", "2026-11-11", "1001", "signed")]
        assert surgery.text.count("missing") == 2

    def test_several_kinds_are_marked_on_one_line(self, surgery: Workstation) -> None:
        surgery.press("MARK HP DS OP=S SP=E", "enter")
        assert sorted(each[0] + each[3][0] for each in marked(surgery)) == ["DSp", "HPp", "OPs", "SPe"]
        assert "4 documents marked." in surgery.message
        assert surgery.text.count("missing") == 1  # pathology is only expected

    def test_a_kind_that_is_none_marks_nothing(self, surgery: Workstation) -> None:
        surgery.press("MARK HP ZZ", "enter")
        assert "ZZ is no kind" in surgery.message
        assert marked(surgery) == []

    def test_one_is_added_and_mended_on_a_form(self, surgery: Workstation) -> None:
        surgery.press("f6", "CN", "enter", "11122026 1415", "enter", "DR HOUSE", "enter", "S", "f2")
        assert surgery.lines[0].split()[0] == "DOC"
        assert marked(surgery) == [("CN", "2026-11-12", "DR HOUSE", "signed")]

    def test_the_form_leads_back_to_the_list_and_that_to_where_one_came_from(
        self, surgery: Workstation
    ) -> None:
        surgery.press("f6", "CN", "enter", "f2")
        assert "CN Consultation" in surgery.text
        surgery.press("f3")
        assert surgery.lines[0].split()[0] == "DESK"

    def test_one_is_taken_off_with_a_reason(self, surgery: Workstation) -> None:
        surgery.press("MARK CN", "enter", "end", "v", "another patient's", "enter")
        assert marked(surgery) == []

    def test_the_document_carries_the_offered_day_until_another_is_keyed(self, surgery: Workstation) -> None:
        surgery.press("f6", "DS", "enter", "f2")
        assert marked(surgery) == [("DS", "2026-11-14", "1001", "present")]


class TestTheAuditTrail:
    def test_has_one_row_for_a_look_and_one_for_a_marking(self, surgery: Workstation) -> None:
        before = beside(surgery, last_seq)
        surgery.press("f8", "f7", "f5", "MARK HP", "enter")
        rows = [row["action"] for row in beside(surgery, rows_after, before)]
        assert rows == ["file document"]


class TestHolding:
    def test_a_warning_stands_at_the_code_while_documents_are_kept(self, surgery: Workstation) -> None:
        surgery.press("MARK HP", "enter", "ctrl+o", f"=ABS {ACCOUNT}", "enter", "ctrl+e")
        assert "E01" in surgery.text
        assert "no operative report" in surgery.text

    def test_without_any_document_nothing_is_said(self, surgery: Workstation) -> None:
        surgery.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "ctrl+e")
        assert "E01" not in surgery.text

    def test_as_a_hold_the_abstract_files_and_stays_open(self, surgery: Workstation) -> None:
        actor: Actor = surgery.shell.session.actor  # type: ignore[union-attr]
        beside(surgery, conventions.file_setting, actor, "chart_documents", "hold", 1)
        surgery.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", "2186-5", "enter", "f2")
        assert "NOT FILED" in surgery.message
        surgery.press("f2", "waiting for the report", "enter")
        status = beside(surgery, lambda: cases.by_encounter("abstract", encounters.find(ACCOUNT)).status)  # type: ignore[union-attr]
        assert status == "open"


class TestSupport:
    @pytest.fixture
    def chart(self, surgery: Workstation) -> Workstation:
        surgery.press("MARK DS OP=S", "enter", "f10")
        return surgery

    def row(self, desk: Workstation, code: str) -> str:
        return next(line for line in desk.lines if code in line)

    def test_is_a_number_of_the_chart_and_goes_into_the_draft(self, chart: Workstation) -> None:
        assert chart.lines[0].split()[0] == "SUP"
        chart.press("enter", "2", "enter")
        assert "DS 11/14/2026 1001" in self.row(chart, "K35.80")
        record = beside(chart, coding_draft.now, chart.shell.session, ACCOUNT)
        assert record["diagnoses[1].document"] == "DS"
        assert record["diagnoses[1].document_date"] == "2026-11-14"

    def test_the_next_code_takes_the_same_by_one_key(self, chart: Workstation) -> None:
        chart.press("enter", "DS", "enter", "down", "s")
        assert "DS 11/14/2026" in self.row(chart, "N17.9")

    def test_several_codes_take_one_document(self, chart: Workstation) -> None:
        chart.press("1-3", "enter", "d", "1", "enter")
        assert chart.text.count("OP 11/11/2026 1001") == 4  # three codes, and the list above them

    def test_a_document_that_is_not_there_is_refused(self, chart: Workstation) -> None:
        chart.press("enter", "SP", "enter")
        assert "SP is no document of this chart" in chart.message

    def test_costs_no_key_in_the_form_and_moves_with_its_code(self, chart: Workstation) -> None:
        chart.press("enter", "2", "enter", "ctrl+o", f"=ABS {ACCOUNT}", "enter", "^DIAGNOSES", "enter")
        assert "Support" not in chart.text
        while focus(chart) != "diagnoses[1].code":
            chart.press("tab")
        chart.press("ctrl+o", "MOVE 2", "enter")
        assert values(chart)["diagnoses[2].document"] == "DS"
        assert "diagnoses[1].document" not in values(chart)

    def test_goes_with_a_code_that_is_keyed_over_and_comes_back_with_it(self, chart: Workstation) -> None:
        chart.press("enter", "2", "enter", "ctrl+o", f"=ABS {ACCOUNT}", "enter", "^DIAGNOSES", "enter")
        while focus(chart) != "diagnoses[1].code":
            chart.press("tab")
        chart.press("I214", "enter")
        assert "diagnoses[1].document" not in values(chart)
        chart.press("ctrl+u")
        assert (values(chart)["diagnoses[1].code"], values(chart)["diagnoses[1].document"]) == ("K3580", "DS")

    def test_is_filed_with_the_code_and_in_its_history(self, chart: Workstation) -> None:
        chart.press("enter", "2", "enter", "ctrl+o", f"=ABS {ACCOUNT}", "enter", "2186-5", "enter", "f2")
        if "NOT FILED" in chart.message:
            chart.press("f2", "test", "enter")

        def stored() -> tuple[str, list[str]]:
            case = cases.by_encounter("abstract", encounters.find(ACCOUNT))
            assert case is not None
            (text,) = database.execute_sql(
                "SELECT text FROM case_item WHERE case_id = ? AND item = 'diagnoses.document'", (case.id,)
            ).fetchone()
            return text, [change.item for change in of_case(case.id)]

        text, items = beside(chart, stored)
        assert text == "DS"
        assert "diagnoses[1].document_author" in items

    def test_draft_survives_without_the_form(self, chart: Workstation) -> None:
        chart.press("enter", "2", "enter")
        kept = beside(chart, drafts.load, chart.shell.session.actor, ("ABS", ACCOUNT))  # type: ignore[union-attr]
        assert kept is not None
        assert kept.values["diagnoses[1].document"] == "DS"
