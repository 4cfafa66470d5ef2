"""Queries to physicians by keys: raised from a finding, held to the rules at the field, answered, listed, templates."""

from __future__ import annotations

import pytest

from db import drafts
from db.access import sensitive
from db.connect import database
from db.evidence import documents
from db.hospital import encounters
from db.queries import queries, templates
from db.queries.queries import Query
from screens.session import Session
from tests import builders
from tests.screens.conftest import ACCOUNT, MRN, POISON_ACCOUNT
from tests.tui.conftest import Workstation

pytestmark = pytest.mark.usefixtures("coded")

CODED = {
    "diagnoses[1].code": "I5023", "diagnoses[1].poa": "Y", "diagnoses[2].code": "E119", "diagnoses[2].poa": "U",
}  # fmt: skip


def go(desk: Workstation, line: str) -> None:
    desk.press("ctrl+o", f"={line}", "enter")


def word(desk: Workstation) -> str:
    return desk.lines[0].split()[0]


def actor_of(desk: Workstation) -> object:
    assert isinstance(desk.shell.session, Session)
    return desk.shell.session.actor


def newest() -> Query:
    number = database.execute_sql("SELECT max(number) FROM work_query").fetchone()[0]
    return queries.read(number)


def raise_one(desk: Workstation, template: str = "HF") -> Query:
    """A query about ACCOUNT by template, sent to 1001."""
    go(desk, f"QRY {ACCOUNT}")
    desk.press(template, "enter", "^PROVIDER", "enter", "1001", "enter", "^INDICATORS", "enter")
    desk.press(
        "Ejection fraction 30 percent", "enter", "Echocardiogram", "enter", "11/12/2026", "enter", "f2"
    )
    assert "SENT" in desk.message, desk.text
    return newest()


class TestRaising:
    def test_a_template_brings_its_words_and_what_to_look_for(self, desk: Workstation) -> None:
        go(desk, f"QRY {ACCOUNT}")
        desk.press("HF", "enter")
        assert "Type and acuity of heart failure" in desk.text
        assert "Look for: Where heart failure is documented" in desk.text
        assert "multiple choice" in desk.text

    def test_sent_it_waits_in_the_queue_and_in_the_list(self, desk: Workstation) -> None:
        query = raise_one(desk)
        assert (query.provider, query.template, query.status) == ("1001", "HF", "sent")
        go(desk, "WRK KIND=WAITING")
        assert ACCOUNT in desk.text
        go(desk, f"QRL {ACCOUNT}")
        assert query.number in desk.text

    def test_the_sentence_stands_at_the_field_and_nothing_is_sent(self, desk: Workstation) -> None:
        before = newest().number
        go(desk, f"QRY {ACCOUNT}")
        desk.press("HF", "enter", "^TITLE", "enter", "Raise the DRG", "enter", "^INDICATORS", "enter")
        desk.press("EF 30 percent", "enter", "Echo", "enter", "11/12/2026", "enter", "f2")
        assert "NOT FILED. QY13" in desk.message
        assert "Leave out DRG" in desk.message
        assert newest().number == before

    def test_a_draft_holds_nothing_and_goes_on_where_it_was_left(self, desk: Workstation) -> None:
        go(desk, f"QRY {ACCOUNT}")
        desk.press("SIDE", "enter", "f10")
        assert "as a draft: it is not sent" in desk.message
        number = newest().number
        go(desk, f"QRY {number}")
        assert "Site and side" in desk.text
        go(desk, "QRL DRAFT")
        assert number in desk.text

    @pytest.mark.parametrize("asked", ["E11.9", "cm E119", "diagnoses[2].poa"])
    def test_a_code_with_poa_u_proposes_its_template(self, desk: Workstation, asked: str) -> None:
        drafts.save(actor_of(desk), ("ABS", ACCOUNT), CODED, "note", "0")  # type: ignore[arg-type]
        go(desk, f"QRY {ACCOUNT} {asked}")
        assert "POA          Present on admission" in desk.text
        assert "Why: POA of E11.9 is U" in desk.text
        desk.press("^TEMPLATE", "enter", "f4")
        assert "* POA of E11.9 is U" in desk.text

    def test_a_draft_that_goes_on_keeps_the_finding_that_its_template_is_meant_for(
        self, desk: Workstation
    ) -> None:
        drafts.save(actor_of(desk), ("ABS", ACCOUNT), CODED, "note", "0")  # type: ignore[arg-type]
        go(desk, f"QRY {ACCOUNT}")
        desk.press("POA", "enter")
        assert "Why: POA of E11.9 is U" in desk.text
        go(desk, "DESK")
        go(desk, f"QRY {ACCOUNT}")
        assert "Your draft of this record is resumed." in desk.text
        assert "Why: POA of E11.9 is U" in desk.text
        desk.press("f10")
        assert newest().path == "diagnoses[2].poa"

    def test_whose_missing_report_it_is_is_asked_for_it_by_its_name(self, desk: Workstation) -> None:
        actor = actor_of(desk)
        kept = [{"type": "HP", "status": "present", "written_at": "2026-11-10", "author": "1001"}]
        documents.mark(actor, encounters.find(ACCOUNT), kept)  # type: ignore[arg-type]
        operated = CODED | {"account": ACCOUNT, "discharged_at": "2026-11-14T11:30"} | {
            "procedures[1].code": "0DTJ4ZZ", "procedures[1].date": "2026-11-11", "procedures[1].surgeon": "1002",
        }  # fmt: skip
        drafts.save(actor, ("ABS", ACCOUNT), operated, "note", "0")  # type: ignore[arg-type]
        go(desk, f"QRY {ACCOUNT} procedures[1].code")
        assert "Asked as: SURGEON     Physician: 1002" in desk.text
        desk.press("^LINES", "enter")
        assert "does not have the operative report" in desk.text

    def test_of_a_patient_in_house_it_is_due_sooner(self, desk: Workstation) -> None:
        builders.a_stay("2026-11-20T08:00", account="4799")
        go(desk, "QRY 4799")
        assert "Priority: INHOUSE" in desk.text

    def test_behind_the_template_comes_what_is_missing(self, desk: Workstation) -> None:
        go(desk, f"QRY {ACCOUNT}")
        desk.press("SUPPORT", "enter", "No fever", "enter", "H&P", "enter", "11/12/2026", "enter", "enter")
        row = next(line for line in desk.lines if "No fever" in line)
        assert row.rstrip().endswith("11/12/2026")
        assert desk.at_cursor.startswith("  1 EThe diagnosis of ____")

    def test_a_line_that_has_grown_too_long_goes_on_in_the_next(self, desk: Workstation) -> None:
        go(desk, f"QRY {ACCOUNT}")
        desk.press("SUPPORT", "enter", "^LINES", "enter", "home", *["right"] * 17, *["delete"] * 4)
        desk.press("acute respiratory failure with hypoxia and hypercapnia", "enter")
        desk.press("f10")
        said = newest().wording.question
        assert said.startswith(
            "The diagnosis of acute respiratory failure with hypoxia and hypercapnia is documented."
        )
        assert said.endswith("clinical findings on which it rests, or whether it was ruled out.")

    def test_what_was_asked_about_the_account_already_is_told(self, desk: Workstation) -> None:
        query = raise_one(desk)
        go(desk, f"QRY {ACCOUNT}")
        assert (
            f"About this account already: {query.number} Type and acuity of heart failure (sent)" in desk.text
        )

    def test_a_synonym_of_what_is_looked_for_is_no_title(self, desk: Workstation) -> None:
        go(desk, f"QRY {ACCOUNT}")
        desk.press("SEPSIS", "enter", "^TITLE", "enter", "CHF", "enter")
        assert "The title names chf" in desk.message

    def test_a_document_of_the_chart_is_picked_with_its_day(self, desk: Workstation) -> None:
        actor = actor_of(desk)
        given = [{"type": "OP", "status": "signed", "written_at": "2026-11-11T14:00", "author": "1001"}]
        documents.mark(actor, encounters.find(ACCOUNT), given)  # type: ignore[arg-type]
        go(desk, f"QRY {ACCOUNT}")
        desk.press("^INDICATORS", "enter", "Debrided to the fascia", "enter", "f4")
        assert "11/11/2026" in desk.text
        desk.press("enter", "enter")
        row = next(line for line in desk.lines if "Debrided to the fascia" in line)
        assert row.rstrip().endswith("11/11/2026")

    def test_what_was_asked_is_not_keyed_over(self, desk: Workstation) -> None:
        query = raise_one(desk)
        go(desk, f"QRY {query.number}")
        assert f"{query.number} is sent: QRF {query.number} shows it" in desk.message

    def test_where_nothing_is_known_the_screen_says_so(self, desk: Workstation) -> None:
        go(desk, "QRY NOWHERE")
        assert "There is no account NOWHERE" in desk.message


class TestAnswering:
    def test_the_words_are_kept_and_the_account_is_work_again(self, desk: Workstation) -> None:
        query = raise_one(desk)
        go(desk, f"QRL {ACCOUNT}")
        desk.press("a", "AGREED", "enter", "^WORDS", "enter", "Acute on chronic systolic.", "enter", "f2")
        done = queries.read(query.number)
        assert (done.status, done.outcome, done.answer) == (
            "answered",
            "agreed",
            "Acute on chronic systolic.",
        )
        assert f"{query.number} is answered: agreed." in desk.message
        go(desk, "WRK KIND=ANSWERED")
        assert ACCOUNT in desk.text
        go(desk, f"QRH {query.number}")
        assert "Acute on chronic systolic." in desk.text

    def test_without_an_outcome_it_is_not_filed(self, desk: Workstation) -> None:
        query = raise_one(desk)
        go(desk, f"QRS {query.number} ANSWER")
        desk.press("^WORDS", "enter", "Yes", "enter", "f2")
        assert "NOT FILED. QY31" in desk.message

    def test_a_query_is_withdrawn_only_with_a_reason(self, desk: Workstation) -> None:
        query = raise_one(desk)
        go(desk, f"QRS {query.number} WITHDRAW")
        desk.press("f2")
        assert queries.read(query.number).status == "sent"
        desk.press("^BECAUSE", "enter", "asked in person", "enter", "f2")
        assert queries.read(query.number).status == "withdrawn"

    def test_an_escalation_says_who_was_told(self, desk: Workstation) -> None:
        query = raise_one(desk)
        go(desk, f"QRS {query.number} ESCALATE")
        desk.press("^WHOM", "enter", "chief of medicine", "enter", "f2")
        assert queries.steps(query.id)[-1].to_whom == "chief of medicine"

    def test_an_escalation_offers_who_is_told_next(self, desk: Workstation) -> None:
        query = raise_one(desk)
        go(desk, f"QRS {query.number} ESCALATE")
        assert "the physician advisor" in desk.text
        desk.press("f2")
        assert queries.steps(query.id)[-1].to_whom == "the physician advisor"

    def test_what_was_offered_to_an_escalation_is_not_told_of_a_reminder(self, desk: Workstation) -> None:
        query = raise_one(desk)
        go(desk, f"QRS {query.number} ESCALATE")
        desk.press("^STEP", "enter", "REMIND", "enter", "f2")
        last = queries.steps(query.id)[-1]
        assert (last.act, last.to_whom) == ("remind", "1001")

    def test_that_none_will_come_takes_what_was_tried_and_nobody(self, desk: Workstation) -> None:
        query = raise_one(desk)
        go(desk, f"QRS {query.number} ANSWER")
        desk.press("NO", "enter", "Left the staff.", "enter", "enter")
        done = queries.read(query.number)
        told = (done.status, done.outcome, done.answerer, done.answer)
        assert told == ("answered", "no answer", "", "Left the staff.")

    def test_who_corrects_an_answer_sees_it(self, desk: Workstation) -> None:
        query = raise_one(desk)
        go(desk, f"QRS {query.number} ANSWER")
        desk.press("AGREED", "enter", "Acute.", "enter", "enter")
        go(desk, f"QRS {query.number} CORRECT")
        assert "by 1001: agreed. Acute." in desk.text
        desk.press("^OUTCOME", "enter", "DISA", "enter", "other patient", "enter", "No.", "enter", "enter")
        go(desk, f"QRH {query.number}")
        assert "disagreed, by 1001: (other patient) No." in desk.text


class TestTheList:
    def test_is_filtered_ordered_and_marks_what_is_late(self, desk: Workstation) -> None:
        query = raise_one(desk)
        database.execute_sql("UPDATE work_query SET due_day = 1 WHERE id = ?", (query.id,))
        go(desk, "QRL OVERDUE")
        assert f"1! {query.number}" in desk.text
        desk.press("ctrl+o", "FILTER ANSWERED", "enter")
        assert query.number not in desk.text
        desk.press("ctrl+o", "SORT PHYSICIAN", "enter")
        assert "by physician" in desk.text
        desk.press("ctrl+o", "SORT NAME", "enter")
        assert "SORT=NAME asks for nothing here" in desk.message

    def test_a_physician_is_named_and_found_by_name(self, desk: Workstation) -> None:
        database.execute_sql("UPDATE provider SET name = 'Rivera, Andrew' WHERE code = '1001'")
        query = raise_one(desk)
        go(desk, "QRL PHYSICIAN=rivera")
        assert "Rivera, Andrew" in next(line for line in desk.lines if query.number in line)
        go(desk, "QRL PHYSICIAN=NOBODY")
        assert query.number not in desk.text

    def test_desk_and_menu_count_what_waits(self, desk: Workstation) -> None:
        query = raise_one(desk)
        database.execute_sql("UPDATE work_query SET due_day = 1 WHERE id = ?", (query.id,))
        go(desk, "DESK")
        assert "1 late" in next(line for line in desk.lines if " QRL " in line)

    def test_a_sensitive_chart_is_not_named(self, desk: Workstation) -> None:
        raise_one(desk)
        from db.patient_index import patients

        sensitive.mark(actor_of(desk), patients.by_mrn(MRN), "vip", "is the mayor")  # type: ignore[arg-type]
        go(desk, "QRL PHYSICIAN=1001")
        assert "(sensitive)" in desk.text
        assert "heart failure" not in desk.text
        assert ACCOUNT not in desk.text

    def test_enter_opens_the_form_as_it_is_printed(self, desk: Workstation) -> None:
        raise_one(desk)
        go(desk, f"QRL {ACCOUNT}")
        desk.press("enter")
        assert word(desk) == "QRF"
        assert "QUERY TO A PHYSICIAN" in desk.text


class TestTemplates:
    def test_one_that_does_not_comply_is_refused_at_its_field(self, desk: Workstation) -> None:
        go(desk, "QTE AKI")
        desk.press("^TITLE", "enter", "Acute kidney injury", "enter", "f2")
        assert "NOT FILED. QY06" in desk.message
        assert templates.templates()["AKI"].version == 0

    def test_a_version_of_the_facility_holds_from_then_on(self, desk: Workstation) -> None:
        go(desk, "QTE AKI")
        desk.press("^TITLE", "enter", "Kidney function", "enter", "f2")
        assert "FILED AKI version 1" in desk.message
        go(desk, f"QRY {POISON_ACCOUNT}")
        desk.press("AKI", "enter")
        assert "Kidney function" in desk.text

    def test_one_out_of_use_is_offered_no_more(self, desk: Workstation) -> None:
        go(desk, "QRT")
        desk.press("r", "y")
        assert "AKI is out of use" in desk.message
        assert templates.find("AKI") is None


class TestWhatItChanged:
    def test_is_closed_until_the_abstract_is_filed(self, desk: Workstation) -> None:
        query = raise_one(desk)
        go(desk, f"QRE {query.number}")
        assert "was not filed since the answer" in desk.text
