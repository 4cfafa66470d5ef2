"""ERL and ERC: what earlier stays were coded with, and one code of them with its support in this record."""

from __future__ import annotations

import json
from typing import Any

import pytest

from config.data_sets import library
from db.abstracting import abstracts
from db.abstracting.abstracts import Drg
from db.actors import Actor, Role
from db.connect import database
from db.evidence import documents
from db.hospital import encounters
from db.patient_index import patients
from db.worklist import review_acts
from db.worklist.review_acts import Asked
from rules.reviews import Method
from screens.coding import coding_draft
from tests import builders
from tests.screens.conftest import ACCOUNT, MRN
from tests.screens.test_audit_rows import last_seq, rows_after
from tests.tui.conftest import Workstation

pytestmark = pytest.mark.usefixtures("coded")

OLD = {
    "diagnoses[1].code": "I5022", "diagnoses[1].poa": "Y", "diagnoses[2].code": "J189", "diagnoses[2].poa": "N",
    "procedures[1].code": "0DTJ4ZZ", "procedures[1].date": "2026-03-02",
}  # fmt: skip


def beside(desk: Workstation, work: Any, *arguments: object) -> Any:
    return desk.shell.executor.submit(work, *arguments).result()


def an_earlier_stay(account: str, admitted: str, discharged: str, record: dict[str, str]) -> None:
    """A stay of the patient, abstracted by somebody else."""
    stay = builders.a_stay(admitted, discharged, patient_id=patients.by_mrn(MRN), account=account)
    dictionary, coder = library().of("abstract"), Actor(7, "lee", frozenset(Role))
    opened = abstracts.read(encounters.get(stay), dictionary)
    abstracts.file_abstract(
        coder,
        opened,
        dictionary,
        {**opened.record, **record},
        (),
        Drg("291", "05", "43.1"),
        expected_revision=0,
    )


@pytest.fixture
def known(desk: Workstation) -> Workstation:
    """A patient with two earlier stays and a visit, and the list of their codes."""

    def made() -> None:
        an_earlier_stay("E1", "2026-03-01T08:00", "2026-03-04T10:00", OLD)
        an_earlier_stay(
            "E2",
            "2026-07-01T08:00",
            "2026-07-04T10:00",
            {"diagnoses[1].code": "I5022", "diagnoses[1].poa": "W"},
        )
        visit = {"class": "O", "arrived_at": "2026-08-01T09:00", "diagnoses": "E119"}
        builders.an_encounter(patients.by_mrn(MRN), "V1", **visit)

    beside(desk, made)
    desk.press("ctrl+o", f"=ERL {ACCOUNT}", "enter")
    return desk


def draft(desk: Workstation) -> dict[str, str]:
    found: dict[str, str] = beside(desk, coding_draft.now, desk.shell.session, ACCOUNT)
    return found


def mark(desk: Workstation, *kinds: str) -> None:
    actor = desk.shell.session.actor  # type: ignore[union-attr]
    given = [{"type": kind, "status": "present", "written_at": "2026-11-10"} for kind in kinds]
    beside(desk, lambda: documents.mark(actor, encounters.find(ACCOUNT), given))


class TestTheList:
    def test_shows_all_other_encounters_newest_first_with_poa_drg_and_account(
        self, known: Workstation
    ) -> None:
        lines = [line for line in known.lines if any(account in line for account in ("V1", "E2", "E1"))]
        assert ["V1" in lines[0], "E2" in lines[1], "E1" in lines[2]] == [True, True, True]
        assert lines[0].split()[2:4] == ["08/01/2026", "E11.9"]
        assert lines[1].split()[1:3] == ["07/04/2026", "I50.22"]
        assert " W   291 I E2" in lines[1]
        assert "0DTJ4ZZ" in known.text

    def test_by_code_puts_what_lasts_on_top_with_how_often(self, known: Workstation) -> None:
        known.press("f10")
        lines = [line for line in known.lines if "chronic" in line]
        assert ["E11.9" in lines[0], "I50.22" in lines[1]] == [True, True]
        assert lines[1].split()[-4:] == ["2", "07/04/2026", "03/04/2026", "W"]

    def test_is_positioned_by_a_code(self, known: Workstation) -> None:
        known.press("/j18.9", "enter")
        assert "J18.9" in known.at_cursor

    def test_each_look_is_in_the_audit_trail_with_the_accounts_shown(self, known: Workstation) -> None:
        before = beside(known, last_seq)
        known.press("ctrl+o", f"=ERL {ACCOUNT}", "enter")
        row = next(each for each in beside(known, rows_after, before) if each["action"] == "view abstract")
        assert row["record"] == MRN
        assert json.loads(str(row["detail"]))["accounts"] == ["V1", "E2", "E1"]

    def test_what_the_reader_reviews_blind_is_kept_back(self, known: Workstation) -> None:
        def reviewed() -> None:
            chief = Actor(8, "chief", frozenset(Role))
            review_acts.plan(chief, Asked("blind", "Two", "abstract", method=Method.FOCUSED, named="E1"))
            number = database.execute_sql("SELECT max(number) FROM reviewed_record").fetchone()[0]
            review_acts.open_blind(known.shell.session.actor, str(number))  # type: ignore[union-attr]

        beside(known, reviewed)
        known.press("ctrl+o", f"=ERL {ACCOUNT}", "enter")
        assert "0DTJ4ZZ" not in known.text
        assert "in review" in known.text
        assert "1 kept back" in known.text


class TestCopying:
    def test_asks_for_a_document_of_this_record_and_leaves_poa_blank(self, known: Workstation) -> None:
        mark(known, "HP")
        known.press("/I50.22", "enter", "c")
        assert known.lines[0].split()[0] == "ERC"
        known.press("1", "enter", "f2")
        record = draft(known)
        assert record["diagnoses[1].code"] == "I5022"
        assert "diagnoses[1].poa" not in record
        assert (record["diagnoses[1].document"], record["diagnoses[1].document_date"]) == ("HP", "2026-11-10")
        assert known.lines[0].split()[0] == "ERL"

    def test_without_a_document_nothing_is_copied(self, known: Workstation) -> None:
        known.press("/I50.22", "enter", "c")
        assert "No document of this chart is marked as present" in known.text
        known.press("HP", "enter", "f2")
        assert "diagnoses[1].code" not in draft(known)
        known.press("f2")
        assert known.lines[0].split()[0] == "ERC"

    def test_stands_behind_what_is_coded_and_not_twice(self, known: Workstation) -> None:
        mark(known, "HP")
        beside(known, coding_draft.put, known.shell.session, ACCOUNT, {"diagnoses[1].code": "I214"})
        known.press("/I50.22", "enter", "c", "HP", "enter", "f2")
        assert draft(known)["diagnoses[2].code"] == "I5022"
        known.press("c", "1", "enter", "f2")
        assert "on this record already" in known.message

    def test_a_procedure_comes_without_its_date_and_surgeon(self, known: Workstation) -> None:
        mark(known, "OP")
        known.press("/0DTJ4ZZ", "enter", "c", "OP", "enter", "f2")
        record = draft(known)
        assert record["procedures[1].code"] == "0DTJ4ZZ"
        assert {path for path in record if path.startswith("procedures[1]")} == {
            "procedures[1].code", "procedures[1].document", "procedures[1].document_date",
        }  # fmt: skip
