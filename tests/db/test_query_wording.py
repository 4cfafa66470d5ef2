"""Wordings of queries, good and bad, held to the rules with the names by which conditions go in the search for codes.

Cases after AHIMA and ACDIS, Guidelines for Achieving a Compliant Query Practice (2022 update), and AHIMA, Physician
Query Examples (Practice Brief In Addition); the words are this program's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from config.code_tables import shipped_tables
from db.coding.codes import CodeStore
from rules.findings import Level
from rules.queries import Indicator, Wording, shipped
from rules.query_lint import BLANK, PURPOSES, WORDS, Tables, lint

SHELF: Final = shipped_tables()
DAY: Final = "2026-11-22"
NEUTRAL: Final = ("Other (please specify): ____", "Unable to determine")
YES_NO: Final = ("Yes", "No", *NEUTRAL)
PNEUMONIA: Final = (
    Indicator("Pneumonia", "H&P", "2026-11-10"),
    Indicator("WBC 14,000, temperature 102, heart rate 120", "H&P", "2026-11-10"),
    Indicator("Hypotension, altered mental status, IV antibiotic and fluids", "ED record", "2026-11-10"),
)
FAILURE: Final = (
    Indicator("Chronic congestive heart failure", "H&P", "2026-11-10"),
    Indicator("Ejection fraction 25 percent", "Echocardiogram", "2026-11-11"),
)
BLEEDING: Final = (
    Indicator("Hemoglobin 12 on admission, 7.5 the day after", "Laboratory", "2026-11-11"),
    Indicator("Two units of packed red cells", "Transfusion record", "2026-11-11"),
)

COMPLY: Final = {
    "open, findings without a diagnosis": Wording(
        "Clinical findings on admission",
        "OPEN",
        "INDICATOR",
        "Based on your clinical judgment, can you provide a diagnosis that represents the indicators below? In this "
        "patient admitted with pneumonia, please document the condition and the organism, if known.",
        (),
        PNEUMONIA,
    ),
    "choice, type of what is documented": Wording(
        "Type of heart failure",
        "CHOICE",
        "INCOMPLETE",
        "Chronic congestive heart failure is documented. Can the heart failure be further specified as:",
        (
            "Chronic systolic heart failure",
            "Chronic diastolic heart failure",
            "Chronic systolic and diastolic heart failure",
            *NEUTRAL,
        ),
        FAILURE,
    ),
    "yes or no, cause and effect": Wording(
        "Relationship of documented conditions",
        "YESNO",
        "CAUSE",
        "Is the cellulitis due to the surgical procedure?",
        YES_NO,
        (Indicator("Cellulitis of the wound", "Progress note", "2026-11-12"),),
    ),
    "yes or no, present on admission": Wording(
        "Present on admission",
        "YESNO",
        "POA",
        "Was the decubitus ulcer present on admission?",
        YES_NO,
        (Indicator("Stage 3 decubitus ulcer of the sacrum", "Wound note", "2026-11-12"),),
    ),
    "yes or no, a pathology finding": Wording(
        "Pathology report",
        "YESNO",
        "DOCUMENTED",
        "Do you agree with the pathologist's finding of adenocarcinoma?",
        YES_NO,
        (Indicator("Adenocarcinoma of the colon", "Pathology S26-1102", "2026-11-12"),),
    ),
    "open, type of a documented anemia": Wording(
        "Type of anemia",
        "OPEN",
        "INCOMPLETE",
        "Please document the type of anemia that you were treating.",
        (),
        BLEEDING,
        ("acute blood loss anemia",),
    ),
    "the severity of a condition, which its code asks for": Wording(
        "Severity of the asthma",
        "CHOICE",
        "INCOMPLETE",
        "Please document the severity of the patient's asthma.",
        ("Mild persistent", "Moderate persistent", "Severe persistent", *NEUTRAL),
        (Indicator("Asthma, on inhaled steroid", "H&P", "2026-11-10"),),
    ),
}


@pytest.fixture(scope="session")
def told(code_sets: CodeStore) -> Callable[[Wording], list[str]]:
    """The codes of what stands against a wording: errors first, then what is told and permitted."""
    tables = Tables(SHELF[WORDS], SHELF[PURPOSES], DAY, code_sets.diagnoses_named)
    return lambda wording: [each.code for each in lint(wording, tables)]


Told = Callable[[Wording], list[str]]


def by_hand(**parts: str) -> Wording:
    """A query that somebody words without a template, about findings that no diagnosis goes with."""
    found = (Indicator("Ejection fraction 25 percent, edema, furosemide by vein", "Chart", "2026-11-11"),)
    asked = {"title": "Findings on admission", "question": "What accounts for the findings below?"} | parts
    return Wording(asked["title"], "OPEN", "INDICATOR", asked["question"], (), found)


class TestTheExamplesOfTheBrief:
    @pytest.mark.parametrize("which", COMPLY)
    def test_what_complies_passes(self, told: Told, which: str) -> None:
        assert told(COMPLY[which]) == []

    @pytest.mark.parametrize(
        ("question", "wrong"),
        [
            (
                "The patient has elevated WBCs and an IV antibiotic. Are you treating for sepsis?",
                {"QY11", "QY12", "QY14"},
            ),
            ("Please document sepsis, if you agree.", {"QY11", "QY14"}),
            (
                "Please document if you agree that the patient has chronic diastolic heart failure.",
                {"QY11", "QY14"},
            ),
            (
                "Anemia of chronic disease should be documented. Please document it in your next note.",
                {"QY14"},
            ),
            ("Please document the diagnosis, so that we can code a higher weighted DRG.", {"QY13"}),
        ],
    )
    def test_what_leads_is_refused(self, told: Told, question: str, wrong: set[str]) -> None:
        assert wrong <= set(told(by_hand(question=question)))

    @pytest.mark.parametrize("row", SHELF["query_templates"].rows, ids=lambda row: row.code)
    def test_the_shipped_templates_comply(self, code_sets: CodeStore, row: object) -> None:
        tables = Tables(SHELF[WORDS], SHELF[PURPOSES], DAY, code_sets.diagnoses_named)
        assert lint(shipped(row).wording, tables, template=True) == []  # type: ignore[arg-type]


class TestADiagnosisByAnotherName:
    @pytest.mark.parametrize(
        "title",
        [
            "CHF",
            "CHF clarification",
            "chf type",
            "Cardiac failure",
            "HFrEF?",
            "Heart attack",
            "NSTEMI",
            "PNA",
            "CAP",
            "ATN",
            "Kidney failure",
            "Undernutrition and septicemia",
            "Low sodium hyponatremia",
            "Bedsore",
            "ABLA",
            "Protein malnutrition",
        ],
    )
    def test_is_no_title_where_none_is_documented(self, told: Told, title: str) -> None:
        assert told(by_hand(title=title)) == ["QY06"]

    @pytest.mark.parametrize("named", ["CHF", "AKI", "an acute MI", "urosepsis"])
    def test_nor_does_the_question_say_it(self, told: Told, named: str) -> None:
        assert "QY11" in told(by_hand(question=f"Please document {named} in the record."))

    def test_what_is_looked_for_is_known_by_its_other_names(self, told: Told) -> None:
        asked = Wording(
            "PE",
            "CHOICE",
            "AMBIGUOUS",
            "Please document what the scan shows.",
            ("Pulmonary embolism", "Artifact", *NEUTRAL),
            (Indicator("Filling defect", "CT chest", "2026-11-11"),),
        )
        assert told(asked) == ["QY06"]

    def test_a_documented_disease_may_be_named_where_its_type_is_asked_for(self, told: Told) -> None:
        asked = COMPLY["choice, type of what is documented"]
        assert told(Wording("CHF", *(getattr(asked, part) for part in asked.__slots__[1:]))) == []

    def test_what_an_indicator_quotes_stands_in_the_record(self, told: Told) -> None:
        asked = by_hand(
            question="The patient was admitted with CHF. What accounts for the change of the kidneys?"
        )
        assert told(asked) == ["QY11"]
        quoted = (*asked.indicators, Indicator("CHF", "H&P", "2026-11-10"))
        assert told(Wording(asked.title, asked.kind, asked.purpose, asked.question, (), quoted)) == []

    def test_another_diagnosis_is_told_and_permitted(self, told: Told, code_sets: CodeStore) -> None:
        asked = by_hand(title="Pancreatitis after a meal")
        assert told(asked) == ["QY24"]
        tables = Tables(SHELF[WORDS], SHELF[PURPOSES], DAY, code_sets.diagnoses_named)
        assert [each.level for each in lint(asked, tables)] == [Level.WARNING]


class TestWordsWithTwoMeanings:
    @pytest.mark.parametrize("title", ["Low sodium on day 2", "Fall with hip pain", "Bleeding after surgery"])
    def test_what_is_found_is_said_as_it_is_found(self, told: Told, title: str) -> None:
        assert told(by_hand(title=title)) == []

    @pytest.mark.parametrize(
        "title",
        [
            "Findings with a pH of 7.21",
            "Blood sugar",
            "ST depression",
            "Cap refill and skin findings",
            "What the swelling does",
            "Findings that do not fit",
            "Blood gas",
            "Mass in the chest film",
            "Change of mental status",
            "Skin breakdown",
            "Fever and chills",
            "Shortness of breath",
            "Chest pain",
            "Weight loss",
            "Aspiration of the knee",
            "Home oxygen",
        ],
    )
    def test_findings_are_no_diagnosis(self, told: Told, title: str) -> None:
        assert told(by_hand(title=title)) == []

    @pytest.mark.parametrize(
        "question",
        [
            "What accounts for the severity of pain?",
            "What accounts for the severity of the dyspnea?",
            "What accounts for a pain rating of 9?",
            "What accounts for the limited ROM of the shoulder?",
            "The patient claims no injury. What accounts for the findings?",
            "What was the Pneumonia Severity Index used for?",
        ],
    )
    def test_clinical_words_pass(self, told: Told, question: str) -> None:
        assert "QY13" not in told(by_hand(question=question))

    @pytest.mark.parametrize(
        "question",
        [
            "What accounts for the cost of the stay?",
            "This is asked for an audit. What was treated?",
            "What would affect severity?",
            "To reflect the severity of the patient, what was treated?",
            "What adds to the severity of illness?",
            "The charges are high. What was treated?",
            "Which CC was treated?",
            "The claim waits. What was treated?",
            "After a denial we ask: what was treated?",
        ],
    )
    def test_the_same_words_about_payment_do_not(self, told: Told, question: str) -> None:
        assert "QY13" in told(by_hand(question=question))

    @pytest.mark.parametrize(
        "quoted",
        [
            "CC: short of breath",
            "Could not pay for insulin",
            "Patient in denial of illness",
            "Knee ROM 0-90",
            "AUDIT-C 8",
            "Has no insurance, stopped metoprolol because of cost",
            "RAC line, 20 gauge",
            "Obesity with comorbidities",
        ],
    )
    def test_the_record_is_quoted_as_it_is(self, told: Told, quoted: str) -> None:
        found = (Indicator(quoted, "Chart", "2026-11-11"),)
        assert told(Wording("Findings", "OPEN", "INDICATOR", "What accounts for them?", (), found)) == []

    @pytest.mark.parametrize(
        "quoted", ["Adds an MCC", "DRG 871", "Higher reimbursement", "SOI 4", "Severity of illness 4"]
    )
    def test_but_no_word_of_payment_passes_for_the_record(self, told: Told, quoted: str) -> None:
        found = (Indicator(quoted, "Chart", "2026-11-11"),)
        assert told(Wording("Findings", "OPEN", "INDICATOR", "What accounts for them?", (), found)) == [
            "QY13"
        ]

    def test_blanks_are_left_for_a_template_alone(self, told: Told) -> None:
        assert told(by_hand(question=f"What accounts for {BLANK}?")) == ["QY22"]
