"""Queries to physicians: wording held to published do and don't examples, the life cycle, due days and escalation."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.code_tables import shipped_tables
from rules import deadlines, drg, queries, query_triggers
from rules.findings import Finding, Level
from rules.queries import (
    ASKED,
    DUE,
    ESCALATION,
    TABLE,
    Act,
    Indicator,
    Kind,
    Listed,
    Rung,
    Standing,
    Status,
    Transition,
    Wording,
    code_changes,
    ladder,
    read_line,
    rung_due,
    shipped,
)
from rules.query_lint import PURPOSES, WORDS, Tables, in_the_way, lint
from rules.tables import CodeTable, TableRow

SHELF = shipped_tables()
TABLES = Tables(SHELF[WORDS], SHELF[PURPOSES], "2026-11-22")
TEMPLATES = [shipped(row) for row in SHELF["query_templates"].rows]
FOUND = (Indicator("WBC 14,000, temperature 102 F, heart rate 120", "H&P", "2026-11-10"),)
NEUTRAL = ("Other: ____", "Unable to determine")
ASKED_WELL = Wording(
    "Findings on admission", "OPEN", "INDICATOR",
    "Based on your clinical judgment, can you provide a diagnosis that represents the clinical indicators below?",
    (), FOUND, ("sepsis",),
)  # fmt: skip


def told(wording: Wording) -> list[str]:
    return [each.code for each in lint(wording, TABLES)]


class TestPublishedExamples:
    """AHIMA, Guidance for Clinical Documentation Improvement Programs (2010) and Physician Query Examples (2013)."""

    def test_the_open_question_that_does_not_lead_may_be_sent(self) -> None:
        assert told(ASKED_WELL) == []

    def test_are_you_treating_for_sepsis_leads(self) -> None:
        leading = "The patient has elevated WBCs and is given an IV antibiotic. Are you treating for sepsis?"
        assert {"QY11", "QY12", "QY14"} <= set(told(replace(ASKED_WELL, question=leading)))

    def test_to_name_the_anemia_that_is_wanted_leads(self) -> None:
        leading = "Please document acute blood loss anemia, as this patient clearly meets the clinical criteria for it."
        asked = Wording(
            "Type of anemia", "OPEN", "INCOMPLETE", leading, (), FOUND, ("acute blood loss anemia",)
        )
        assert set(told(asked)) == {"QY11", "QY14"}
        neutral = "Please document the type of anemia that you were treating."
        assert told(replace(asked, question=neutral)) == []

    def test_choices_for_documented_heart_failure_comply_with_other_and_undetermined(self) -> None:
        asked = Wording(
            "Heart failure", "CHOICE", "INCOMPLETE", "Can type and acuity of the heart failure be further specified?",
            ("Acute systolic", "Chronic systolic", "Acute on chronic systolic", *NEUTRAL), FOUND,
        )  # fmt: skip
        assert told(asked) == []
        assert told(replace(asked, options=asked.options[:-2])) == ["QY08"]

    def test_yes_or_no_may_ask_whether_the_attending_agrees_with_another_provider(self) -> None:
        asked = Wording(
            "Consultant and attending", "YESNO", "CONFLICT",
            "Do you agree with the pulmonologist's impression that the patient has pneumonia?", ("Yes", "No", *NEUTRAL),
            FOUND,
        )  # fmt: skip
        assert told(asked) == []

    def test_yes_or_no_may_not_ask_for_a_diagnosis_that_nobody_documented(self) -> None:
        asked = Wording(
            "Findings on admission", "YESNO", "INDICATOR", "Does the patient have pneumonia?", ("Yes", "No", *NEUTRAL),
            FOUND, ("pneumonia",),
        )  # fmt: skip
        assert set(told(asked)) == {"QY05", "QY11"}


class TestRaisedByHand:
    """Without a template nobody says what is looked for: the practice brief's don'ts are told all the same."""

    BY_HAND = replace(ASKED_WELL, target=())

    @pytest.mark.parametrize(
        "question",
        ["Please document sepsis.", "Could the patient have sepsis?", "Please clarify whether the patient has AKI.",
         "Please consider documenting severe malnutrition."],
    )  # fmt: skip
    def test_where_indicators_stand_without_a_diagnosis_the_question_names_none(self, question: str) -> None:
        assert "QY11" in told(replace(self.BY_HAND, question=question))

    @pytest.mark.parametrize("title", ["Septic patient", "Possible pneumonia"])
    def test_nor_does_the_title(self, title: str) -> None:
        assert told(replace(self.BY_HAND, title=title)) == ["QY06"]

    def test_a_documented_diagnosis_may_be_named(self) -> None:
        question = "Pneumonia is documented. Can the organism be further specified?"
        assert told(replace(self.BY_HAND, purpose="INCOMPLETE", question=question)) == []

    @pytest.mark.parametrize(
        "begins", ["Isn't this", "Doesn't this patient have", "Might this be", "Could it be"]
    )
    def test_a_yes_or_no_question_in_disguise_is_told(self, begins: str) -> None:
        assert told(replace(self.BY_HAND, question=f"{begins} an infection?")) == ["QY12"]


class TestRulesOfWording:
    @pytest.mark.parametrize("title", ["Sepsis clarification", "SEPSIS?", "Query: possible sepsis"])
    def test_a_title_does_not_name_what_is_looked_for(self, title: str) -> None:
        assert told(replace(ASKED_WELL, title=title)) == ["QY06"]

    def test_nor_an_answer_that_is_offered(self) -> None:
        asked = replace(
            ASKED_WELL,
            kind="CHOICE",
            title="Acute kidney injury",
            options=("Acute kidney injury (stage: __)", *NEUTRAL),
        )
        assert told(asked) == ["QY06"]

    def test_without_an_indicator_nothing_is_asked(self) -> None:
        assert told(replace(ASKED_WELL, indicators=())) == ["QY15"]

    def test_an_indicator_has_its_document_and_day(self) -> None:
        assert told(replace(ASKED_WELL, indicators=(Indicator("WBC 14,000"),))) == ["QY17", "QY18"]

    def test_the_document_of_an_indicator_says_nothing_of_payment_either(self) -> None:
        found = lint(
            replace(ASKED_WELL, indicators=(Indicator("WBC 14,000", "DRG sheet", "2026-11-10"),)), TABLES
        )
        assert [(each.code, each.field) for each in found] == [("QY13", "indicators[1].source")]

    def test_an_indicator_is_not_from_a_day_to_come(self) -> None:
        found = replace(ASKED_WELL, indicators=(Indicator("WBC 14,000", "H&P", "2026-11-23"),))
        assert told(found) == ["QY18"]

    def test_an_answer_that_only_begins_like_other_or_no_is_neither(self) -> None:
        asked = replace(ASKED_WELL, kind="CHOICE", options=("Otherwise healthy", "Unable to determine"))
        assert told(asked) == ["QY08"]
        asked = replace(
            asked, kind="YESNO", purpose="POA", target=(), options=("Yes", "Not at all", *NEUTRAL)
        )
        assert told(asked) == ["QY08"]

    def test_an_indicator_from_an_earlier_encounter_is_told_and_permitted(self) -> None:
        found = lint(ASKED_WELL, TABLES, stay=("2026-11-12", ""))
        assert [each.code for each in found] == ["QY19"]
        assert in_the_way(found) == []

    def test_so_is_one_from_after_the_discharge(self) -> None:
        found = lint(ASKED_WELL, TABLES, stay=("2026-11-01", "2026-11-02"))
        assert {(each.code, "discharge" in each.message) for each in found} == {("QY19", True)}
        assert in_the_way(found) == []

    @pytest.mark.parametrize(
        "words",
        ["payment", "a higher DRG", "the MS-DRG", "an MCC", "severity of illness", "SOI", "our quality scores",
         "length of stay", "reimbursement", "the payer", "Medicare", "an mcc", "your profile", "ratings", "a penalty"],
    )  # fmt: skip
    @pytest.mark.parametrize("where", ["title", "question", "options", "indicators"])
    def test_not_a_word_on_payment_severity_or_scores_anywhere(self, words: str, where: str) -> None:
        text = f"This bears on {words}, please note"
        asked = replace(ASKED_WELL, kind="CHOICE", options=("Dehydration", *NEUTRAL))
        changed = {
            "title": {"title": text}, "question": {"question": text}, "options": {"options": (text, *NEUTRAL)},
            "indicators": {"indicators": (Indicator(text, "H&P", "2026-11-10"),)},
        }[where]  # fmt: skip
        found = lint(replace(asked, **changed), TABLES)  # type: ignore[arg-type]
        assert "QY13" in [each.code for each in found]
        assert where in next(each.field for each in found if each.code == "QY13")

    @pytest.mark.parametrize(
        "text",
        [
            "weight loss of 12 kg",
            "250 cc of fluid",
            "daily weights",
            "romantic",
            "paying",
            "lipid profile: LDL 160",
        ],
    )
    def test_what_only_looks_like_it_is_let_be(self, text: str) -> None:
        assert told(replace(ASKED_WELL, indicators=(Indicator(text, "H&P", "2026-11-10"),))) == []

    def test_an_open_question_offers_nothing_and_a_choice_something(self) -> None:
        assert told(replace(ASKED_WELL, options=NEUTRAL)) == ["QY07"]
        assert told(replace(ASKED_WELL, kind="CHOICE", options=NEUTRAL)) == ["QY09"]

    def test_a_blank_of_the_template_is_filled_in_before_it_is_sent(self) -> None:
        asked = replace(ASKED_WELL, purpose="POA", target=(), question="When was ____ first found?")
        assert told(asked) == ["QY22"]
        assert told(replace(asked, question="When was the ulcer first found?")) == []

    def test_no_answer_is_offered_twice(self) -> None:
        assert told(replace(ASKED_WELL, kind="CHOICE", options=("Dehydration", "dehydration", *NEUTRAL))) == [
            "QY10"
        ]

    def test_a_blank_query_names_everything_that_is_missing(self) -> None:
        assert set(told(Wording())) == {"QY01", "QY02", "QY03", "QY04", "QY15"}

    @given(
        st.text(max_size=60), st.lists(st.text(max_size=30), max_size=4), st.sampled_from([*Kind, "", "X"])
    )
    def test_no_wording_whatever_raises(self, text: str, options: list[str], kind: str) -> None:
        found = lint(
            Wording(text, kind, text, text, tuple(options), (Indicator(text, text, text),), (text,)), TABLES
        )
        assert all(each.message and each.field for each in found)

    @pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: each.code)
    def test_every_shipped_template_complies(self, template: queries.Template) -> None:
        assert lint(template.wording, TABLES, template=True) == []

    def test_a_facility_may_take_a_word_out_of_use(self) -> None:
        rows = tuple(
            replace(row, valid_to="2026-01-01") if row.code == "SEVERITY" else row
            for row in SHELF[WORDS].rows
        )
        own = replace(TABLES, words=CodeTable(WORDS, "", rows))
        asked = replace(ASKED_WELL, title="Severity of illness")
        assert (told(asked), lint(asked, own)) == (["QY13"], [])


class TestLifeCycle:
    def test_every_pair_of_status_and_act_is_decided(self) -> None:
        assert set(TABLE) == {(status, act) for status in Status for act in Act}

    @pytest.mark.parametrize("status", ASKED)
    def test_what_waits_can_be_answered_and_taken_back_only_with_a_reason(self, status: Status) -> None:
        assert queries.ask(status, Act.ANSWER).to is Status.ANSWERED
        assert queries.ask(status, Act.WITHDRAW).to is None
        assert queries.ask(status, Act.WITHDRAW, "asked in person").to is Status.WITHDRAWN

    def test_a_reminder_does_not_take_an_escalation_back(self) -> None:
        assert queries.ask(Status.ESCALATED, Act.REMIND).to is Status.ESCALATED

    def test_what_was_sent_keeps_its_words(self) -> None:
        for status in set(Status) - {Status.DRAFT}:
            assert queries.ask(status, Act.KEEP).to is None
            assert queries.ask(status, Act.SEND).to is None

    def test_nothing_leads_out_of_void(self) -> None:
        assert queries.steps_from(Status.VOID) == []

    @given(st.lists(st.sampled_from(list(Act)), max_size=12))
    def test_whatever_is_done_an_answer_is_never_lost_but_by_voiding(self, acts: list[Act]) -> None:
        status, answered = Status.DRAFT, False
        for act in acts:
            to = queries.ask(status, act, "because").to
            if to is None:
                assert queries.ask(status, act, "because").sentence.endswith(".")
                continue
            answered = answered or to is Status.ANSWERED
            status = to
            assert not answered or status in (Status.ANSWERED, Status.CLOSED, Status.VOID)

    def test_a_reason_is_asked_where_the_table_says(self) -> None:
        assert queries.reason_asked(Status.SENT, Act.VOID)
        assert not queries.reason_asked(Status.SENT, Act.ANSWER)
        assert isinstance(TABLE[Status.SENT, Act.VOID], Transition)


A_DAY = st.dates(date(2020, 1, 1), date(2035, 12, 31))


def due_table(unit: str, count: int) -> CodeTable:
    return CodeTable(DUE, "", (TableRow("ROUTINE", "", more={"unit": unit, "count": count}),))


class TestDueDays:
    @pytest.mark.parametrize(
        ("priority", "due"),
        [
            ("ROUTINE", "2026-11-27"),
            ("URGENT", "2026-11-24"),
            ("INHOUSE", "2026-11-22"),
            ("LATE", "2026-12-04"),
        ],
    )
    def test_count_from_the_day_after_it_was_sent(self, priority: str, due: str) -> None:
        found = queries.due_day(SHELF[DUE], priority, date(2026, 11, 20))  # a Friday
        assert found == date.fromisoformat(due)

    def test_without_a_row_or_a_clock_none_is_held(self) -> None:
        assert queries.due_day(SHELF[DUE], "WHENEVER", date(2026, 11, 20)) is None
        assert queries.due_day(due_table("none", 3), "ROUTINE", date(2026, 11, 20)) is None

    @given(A_DAY, st.integers(1, 40))
    def test_working_days_are_never_fewer_than_calendar_days(self, sent: date, count: int) -> None:
        calendar = queries.due_day(due_table("calendar", count), "ROUTINE", sent)
        working = queries.due_day(due_table("working", count), "ROUTINE", sent)
        assert calendar == sent + timedelta(days=count)
        assert working is not None
        assert working >= calendar
        assert deadlines.is_working_day(working)
        assert deadlines.working_days_between(sent, working) == count


class TestEscalation:
    def test_the_shipped_ladder_climbs_one_step_after_the_other(self) -> None:
        rungs = ladder(SHELF[ESCALATION], date(2026, 11, 27))
        assert [(each.act, each.on.isoformat()) for each in rungs] == [
            (Act.REMIND, "2026-11-28"), (Act.ESCALATE, "2026-12-01"), (Act.ESCALATE, "2026-12-05"),
            (Act.ESCALATE, "2026-12-12"),
        ]  # fmt: skip

    @given(A_DAY, st.lists(st.integers(0, 30), max_size=6, unique=True), st.integers(-5, 60))
    def test_each_step_is_taken_once_in_order_and_none_before_its_day(
        self, due: date, after: list[int], run: int
    ) -> None:
        rows = tuple(
            TableRow(str(n), f"person {n}", more={"act": "escalate", "unit": "calendar", "count": count})
            for n, count in enumerate(sorted(after), 1)
        )
        rungs = ladder(CodeTable(ESCALATION, "", rows), due)
        taken, seen = 0, list[Rung]()
        for today in (due + timedelta(days=n) for n in range(run + 1)):
            while (rung := rung_due(rungs, taken, today)) is not None:
                assert rung.on <= today
                seen.append(rung)
                taken = rung.number
        assert [each.number for each in seen] == [n for n, days in enumerate(sorted(after), 1) if days <= run]

    def test_what_was_slept_through_is_passed_over(self) -> None:
        rungs = ladder(SHELF[ESCALATION], date(2026, 11, 1))
        rung = rung_due(rungs, 0, date(2026, 11, 30))
        assert rung is not None
        assert rung.number == 4


class TestEffects:
    def test_tell_codes_added_removed_and_changed(self) -> None:
        before = Standing((("N390", "Y"), ("D649", "Y")), ("0DTJ4ZZ",))
        after = Standing((("A419", "Y"), ("N390", "N"), ("D62", "N")), ("0DTJ4ZZ", "30233N1"))
        assert [(each.code, each.said) for each in code_changes(before, after)] == [
            ("D649", "removed"), ("A419", "added, POA Y"), ("D62", "added, POA N"), ("N390", "POA Y to N"),
            ("A419", "principal, before N39.0"), ("30233N1", "added"),
        ]  # fmt: skip

    @given(
        st.lists(
            st.tuples(st.sampled_from(["A", "B", "C", "D"]), st.sampled_from("YNU")), unique_by=lambda x: x[0]
        )
    )
    def test_nothing_differs_from_itself(self, dx: list[tuple[str, str]]) -> None:
        assert code_changes(Standing(tuple(dx)), Standing(tuple(dx))) == []


RECORD = {
    "discharged_at": "2026-11-15T10:00", "admitted_at": "2026-11-10T09:00", "disposition": "01", "age": "70",
    "sex": "F", "diagnoses[1].code": "I5023", "diagnoses[1].poa": "Y",
}  # fmt: skip


class TestTriggers:
    def proposed(self, record: dict[str, str], *found: Finding) -> dict[str, str]:
        made = query_triggers.proposals(RECORD | record, found, TEMPLATES)
        return {each.path: query_triggers.template_for(each, TEMPLATES) for each in made}

    def test_poa_u_asks_whether_it_was_present(self) -> None:
        assert self.proposed({"diagnoses[2].code": "E119", "diagnoses[2].poa": "U"}) == {
            "diagnoses[2].poa": "POA"
        }

    def test_a_single_mcc_that_carries_the_drg_asks_for_its_basis(self) -> None:
        assert self.proposed({"diagnoses[2].code": "J9601", "diagnoses[2].poa": "Y"}) == {
            "diagnoses[2].code": "SUPPORT"
        }

    def test_two_that_carry_it_together_ask_nothing(self) -> None:
        two = {
            "diagnoses[2].code": "J9601",
            "diagnoses[2].poa": "Y",
            "diagnoses[3].code": "A419",
            "diagnoses[3].poa": "Y",
        }
        assert self.proposed(two) == {}

    def test_an_acquired_condition_asks_for_cause_or_of_an_ulcer_for_its_onset(self) -> None:
        assert self.proposed({"diagnoses[2].code": "T8351XA", "diagnoses[2].poa": "N"}) == {}
        found = self.proposed({"diagnoses[2].code": "L89153", "diagnoses[2].poa": "N"})
        assert found == {"diagnoses[2].poa": "PRESSURE"}

    def test_findings_that_a_template_names_propose_it(self) -> None:
        side = Finding(Level.WARNING, "MCE20", "M25.559 leaves the side unspecified.", "diagnoses[1].code")
        pair = Finding(Level.WARNING, "A126", "The tabular list excludes it.", "diagnoses[1].code")
        assert self.proposed({}, side) == {"diagnoses[1].code": "SIDE"}
        assert self.proposed({}, pair) == {"diagnoses[1].code": "CONFLICT"}
        assert self.proposed({}, replace(side, overridden="lee: it is so")) == {}

    @pytest.mark.parametrize("code", ["E01", "E02", "E03", "E04"])
    def test_a_missing_document_proposes_to_ask_for_it(self, code: str) -> None:
        missing = Finding(Level.ERROR, code, "The chart has no such document.", "procedures[1].code")
        assert self.proposed({}, missing) == {"procedures[1].code": "DOCUMENT"}

    def test_what_is_asked_for_is_found_by_code_with_or_without_point_or_by_item(self) -> None:
        record = RECORD | {"diagnoses[2].code": "E119", "diagnoses[2].poa": "U"}
        made = query_triggers.proposals(record, (), TEMPLATES, drg.Grouping())
        for asked in ("E11.9", "e119", "diagnoses[2].code", ""):
            assert query_triggers.about(made, asked) == made
        assert query_triggers.about(made, "I50.23") == []


class TestTheLineOfTheList:
    @pytest.mark.parametrize(
        "line", ["OPEN", "OVERDUE PHYSICIAN=GREEN", "ALL ACCOUNT=4711 SORT=ASKED", "MINE SORT=NEWEST"]
    )
    def test_is_read_as_it_is_written(self, line: str) -> None:
        assert str(read_line(line)) == line

    def test_a_word_alone_is_an_account(self) -> None:
        assert read_line("4711") == Listed("ALL", account="4711")

    def test_what_is_not_known_is_said(self) -> None:
        with pytest.raises(queries.NotUnderstood, match="SORT=NAME asks for nothing here"):
            read_line("SORT=NAME")
