"""What has to be in a chart before its codes are final, and what a code rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from config.code_tables import shipped_tables
from rules import drg
from rules.abstract_findings import record_findings
from rules.dictionary import Context
from rules.evidence import EXPECTED, PRESENT, SIGNED, Document, findings, missing, support_of
from rules.findings import Finding, Level
from rules.tables import CodeTable

STAY = {
    "account": "1", "admitted_at": "2026-11-01T08:00", "discharged_at": "2026-11-05T11:00", "disposition": "01",
    "diagnoses[1].code": "K3580", "diagnoses[1].poa": "Y",
}  # fmt: skip
APPENDECTOMY = {"procedures[1].code": "0DTJ4ZZ", "procedures[1].date": "2026-11-02"}
IMAGING = {"procedures[1].code": "BW24ZZZ", "procedures[1].date": "2026-11-02"}
SUMMARY = Document(1, "DS", "2026-11-05", "1001", PRESENT)
REPORT = Document(2, "OP", "2026-11-02T14:30", "2002", SIGNED)
TISSUE = Document(3, "SP", "2026-11-04", "3003", PRESENT)


def context(*documents: Document, rule: str = "hold") -> Context:
    return Context(
        "2026-11-22T08:00", shipped_tables(), {"chart_documents": rule}, documents=lambda account: documents
    )


def asked(record: dict[str, str], *documents: Document, rule: str = "hold") -> list[tuple[str, str]]:
    found = findings(record, context(*documents, rule=rule), drg.is_operating_room)
    return [(each.code, each.field) for each in found]


class TestWhatHasToBeThere:
    def test_every_stay_has_a_discharge_summary(self) -> None:
        assert asked(STAY) == [("E03", "")]
        assert asked(STAY, SUMMARY) == []

    def test_an_operating_room_procedure_has_its_report_and_tissue_its_pathology(self) -> None:
        assert asked(STAY | APPENDECTOMY, SUMMARY) == [
            ("E01", "procedures[1].code"), ("E02", "procedures[1].code"),
        ]  # fmt: skip
        assert asked(STAY | APPENDECTOMY, SUMMARY, REPORT, TISSUE) == []

    def test_imaging_asks_for_neither(self) -> None:
        assert asked(STAY | IMAGING, SUMMARY) == []

    @pytest.mark.parametrize("code", ["0DBN8ZX", "0W9G3ZX", "0BD38ZX", "0DTJ0ZZ", "0DBJ0ZZ"])
    def test_excision_resection_and_biopsy_ask_for_pathology(self, code: str) -> None:
        record = STAY | {"procedures[1].code": code, "procedures[1].date": "2026-11-02"}
        assert ("E02", "procedures[1].code") in asked(record, SUMMARY)

    def test_one_report_answers_for_all_procedures_of_its_day_and_not_for_a_later_one(self) -> None:
        second = {"procedures[2].code": "0DTJ0ZZ", "procedures[2].date": "2026-11-02"}
        third = {"procedures[3].code": "0DTH0ZZ", "procedures[3].date": "2026-11-04"}
        told = [
            each for each in asked(STAY | APPENDECTOMY | second | third, SUMMARY, TISSUE) if each[0] == "E01"
        ]
        assert told == [("E01", "procedures[1].code"), ("E01", "procedures[3].code")]
        told = [
            each
            for each in asked(STAY | APPENDECTOMY | second | third, SUMMARY, TISSUE, REPORT)
            if each[0] == "E01"
        ]
        assert told == [("E01", "procedures[3].code")]

    def test_what_is_only_expected_is_not_there(self) -> None:
        assert asked(STAY, replace(SUMMARY, status=EXPECTED)) == [("E03", "")]

    def test_a_row_may_ask_for_a_signature(self) -> None:
        rows = tuple(
            replace(row, more={**row.more, "signed": True})
            for row in shipped_tables()["document_requirements"].rows
        )
        tables = {"document_requirements": CodeTable("document_requirements", "", rows)}
        signed = Context("2026-11-22T08:00", tables, {})
        assert [each.row.code for each in missing(STAY, [SUMMARY], signed)] == ["E03"]
        assert missing(STAY, [replace(SUMMARY, status=SIGNED)], signed) == []

    def test_a_stay_under_48_hours_is_closed_by_a_final_progress_note(self) -> None:
        note = Document(4, "FN", "2026-11-02", "", PRESENT)
        brief = STAY | {"discharged_at": "2026-11-03T07:59"}
        assert asked(brief, note) == []
        assert asked(STAY | {"discharged_at": "2026-11-03T08:00"}, note) == [("E03", "")]

    @pytest.mark.parametrize("principal", ["Z3800", "O80"])
    def test_so_is_that_of_a_newborn_or_an_uncomplicated_delivery_however_long(self, principal: str) -> None:
        note = Document(4, "FN", "2026-11-05", "", PRESENT)
        assert asked(STAY | {"diagnoses[1].code": principal}, note) == []

    def test_a_death_has_its_note_or_summary(self) -> None:
        died = STAY | {"disposition": "20"}
        assert asked(died) == [("E03", ""), ("E04", "")]
        assert asked(died, SUMMARY) == []
        assert asked(died, Document(5, "DN", "2026-11-05", "", PRESENT)) == [("E03", "")]

    def test_a_stay_that_goes_on_has_no_summary_yet(self) -> None:
        assert asked({**STAY, "discharged_at": ""}) == []

    def test_a_row_that_has_ended_asks_no_more(self) -> None:
        rows = tuple(
            replace(row, valid_to="2026-10-31") for row in shipped_tables()["document_requirements"].rows
        )
        tables = {"document_requirements": CodeTable("document_requirements", "", rows)}
        assert missing(STAY, (), Context("2026-11-22T08:00", tables, {})) == []


class TestHowMuchItWeighs:
    def level(self, rule: str, *documents: Document) -> list[Level]:
        return [each.level for each in findings(STAY, context(*documents, rule=rule), drg.is_operating_room)]

    def test_a_facility_that_keeps_no_documents_here_is_told_nothing(self) -> None:
        assert self.level("off", TISSUE) == []

    def test_as_a_warning_it_is_told_where_an_account_has_any_document(self) -> None:
        assert self.level("warning") == []
        assert self.level("warning", TISSUE) == [Level.WARNING]

    def test_as_a_hold_no_abstract_is_complete_without(self) -> None:
        assert self.level("hold") == [Level.ERROR]

    def test_the_abstract_says_it_among_all_else(self) -> None:
        from config.data_sets import dictionary_for

        found: Sequence[Finding] = record_findings(
            dictionary_for("abstract"), STAY, context(TISSUE, rule="hold")
        )
        assert "E03" in [each.code for each in found if each.level is Level.ERROR]

    def test_the_sentence_says_what_is_missing_and_what_to_do(self) -> None:
        (summary,) = findings(STAY, context(), drg.is_operating_room)
        assert summary.message == (
            "There is no discharge summary in the chart: mark it when it comes (DOC), or ask the provider."
        )
        report = findings(STAY | APPENDECTOMY, context(SUMMARY, TISSUE), drg.is_operating_room)[0]
        assert "no operative report for the procedure of 11/02/2026" in report.message


class TestSupport:
    def test_of_a_code_is_kind_day_and_author_of_a_document(self) -> None:
        assert support_of(REPORT) == {
            "document": "OP", "document_date": "2026-11-02", "document_author": "2002",
        }  # fmt: skip

    def test_that_is_not_in_the_chart_any_more_is_told_at_the_code(self) -> None:
        held = {f"diagnoses[1].{name}": value for name, value in support_of(TISSUE).items()}
        assert asked(STAY | held, SUMMARY, TISSUE) == []
        assert asked(STAY | held, SUMMARY) == [("E10", "diagnoses[1].code")]
        assert asked(STAY | held, SUMMARY, replace(TISSUE, status=EXPECTED)) == [("E10", "diagnoses[1].code")]
