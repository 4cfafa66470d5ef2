"""Indices on paper: disease, procedure and physician index, grouped and totalled, blind and sensitive kept."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import replace

import pytest

from config.data_sets import library
from db import store
from db.abstracting import abstracts, dnfb
from db.abstracting.abstracts import Drg
from db.access import sensitive
from db.actors import Actor
from db.changes import Source
from db.connect import database, writing
from db.hospital import encounters, events
from db.worklist import review_acts
from db.worklist.review_acts import Asked as Blindly
from reports.catalogue import find
from reports.indices import coded
from reports.page import Linked, Setup, as_text
from reports.parameters import NotAsked
from reports.produced import Produced
from reports.run import produce
from rules.moments import day_number, moment
from rules.reviews import Method
from tests.builders import a_coded_visit, a_patient, a_stay, an_encounter

OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}
TITLES = {"I21.4": "Non-ST elevation (NSTEMI) myocardial infarction", "I21.9": "Acute myocardial infarction"}
LONG = "Featherstonehaugh-Cholmondeley-Beauchamp-Marjoribanks"


def the_index(actor: Actor, word: str, **asked: str) -> Produced:
    report = find(word)
    assert report is not None
    return produce(actor, report, OCTOBER | asked)


def text(made: Produced, width: int = 80) -> str:
    return as_text(made.pages(Setup(width)), Setup(width))


def diagnoses(encounter_id: int, *rows: tuple[str, str], external: str = "") -> None:
    found = [(encounter_id, "dx", seq, *row) for seq, row in enumerate(rows, 1)]
    found += [(encounter_id, "external", 1, external, "Y")] if external else []
    database.connection().executemany("INSERT INTO diagnosis VALUES (?, ?, ?, ?, ?)", found)


def operations(encounter_id: int, *rows: tuple[str, str, str]) -> None:
    database.connection().executemany(
        "INSERT INTO procedure VALUES (?, ?, ?, ?, ?, 'G')",
        [(encounter_id, seq, code, day_number(day), surgeon) for seq, (code, day, surgeon) in enumerate(rows, 1)],
    )  # fmt: skip


@pytest.fixture
def october(admin_of: Callable[..., Actor]) -> Actor:
    return admin_of(an_october)


def an_october(admin: Actor) -> None:
    ann = a_patient(mrn="00123456", last_name="ADAMS", first_name="ANN", birth_date="1961-05-02")
    bob = a_patient(mrn="00003499", last_name="BAKER", first_name="BOB", birth_date="2010-02-03", sex="M")
    zoe = a_patient(mrn="00777777", last_name=LONG, first_name=LONG)
    first = a_stay("2026-10-01T08:00", "2026-10-05T09:00", patient_id=ann, account="A1", provider="GREEN")
    again = a_stay("2026-10-10T08:00", "2026-10-12T09:00", patient_id=ann, account="A2", provider="GREEN")
    death = a_stay("2026-10-05T08:00", "2026-10-06T20:00", patient_id=bob, account="A3", disposition="20",
                   provider="WHITE")  # fmt: skip
    other = a_stay("2026-10-07T08:00", "2026-10-17T20:00", patient_id=zoe, account="A4", provider="WHITE")
    diagnoses(first, ("I214", "Y"), ("I219", "N"), ("E119", "Y"), external="W109")
    diagnoses(again, ("I219", "Y"), ("I10", "Y"))
    diagnoses(death, ("N183", "Y"), ("I214", "N"))
    diagnoses(other, *((f"I21{at}", "Y") for at in "49"), *((f"Z{at}", "Y") for at in range(100, 120)))
    operations(first, ("0SR90JZ", "2026-10-02", "CUTTER"), ("0SRB0JZ", "2026-10-03", "CUTTER"))
    operations(death, ("0SR90JZ", "2026-10-05", "KNIFE"))
    with writing():
        asked = moment("2026-10-11T10:00", store.current().zone)
        events.apply(again, 0, "consultation", asked, "CAR/HEART", Source("test"))


def some_visits(actor: Actor) -> None:
    """An outpatient coded, an observation that came with codes, and an office visit."""
    sue = a_patient(mrn="00456789", last_name="COOPER", first_name="SUE", birth_date="1950-05-02")
    for account, of_class, location in (("V1", "O", ""), ("V2", "OBS", ""), ("V3", "O", "OFFICE")):
        an_encounter(
            sue, account, **{"class": of_class}, arrived_at="2026-10-09T08:00", departed_at="2026-10-10T08:00",
            diagnoses="I219|I10", location=location, provider="GREEN",
        )  # fmt: skip
    a_coded_visit(actor, "V1", **{"services[1].code": "G0463", "services[1].date": "2026-10-09"})
    a_coded_visit(actor, "V3", data_set="office")


class TestDiseaseIndex:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, october: Actor, golden: Callable[..., None], width: int) -> None:
        made = the_index(october, "disease-index", code="I21,W10")
        golden("disease-index", replace(made, data=replace(made.data, titles=TITLES)).document(width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_an_empty_index_says_so(self, october: Actor, golden: Callable[..., None], width: int) -> None:
        golden("disease-index-empty", the_index(october, "disease-index", code="C50").document(width), width)

    def test_a_stay_with_two_codes_of_a_category_is_two_lines_and_one_stay(self, october: Actor) -> None:
        shown = text(the_index(october, "disease-index", code="I21", **{"break": "category"}))
        assert "TOTAL: 6 lines; stays 4; days 17; average days 4.25; deaths 1" in shown

    def test_a_summary_says_why_its_lines_do_not_add_up(self, october: Actor) -> None:
        shown = text(the_index(october, "disease-index", code="I21", detail="summary"), 132)
        assert ["TOTAL", "6", "4", "17", "4.25", "1"] in [line.split() for line in shown.splitlines()]
        assert coded.ONCE in shown

    @pytest.mark.parametrize("width", [80, 132])
    def test_lines_that_are_not_grouped_by_code_have_theirs(self, october: Actor, width: int) -> None:
        made = the_index(october, "disease-index", code="I21", **{"break": "physician"})
        (heads,) = {
            line for page in made.pages(Setup(width)) for line in page.lines if line.startswith("Discharged ")
        }
        assert "Code" in heads.split()
        rows = [line.split() for line in text(made, width).splitlines() if line.startswith("10/")]
        assert [[word for word in row if word.startswith("I21.")][:1] for row in rows] == [
            [row_code] for row_code in column(made, "code")
        ]

    def test_cross_selection(self, october: Actor) -> None:
        made = the_index(october, "disease-index", **{"code": "I21", "with": "E11,I21.4", "without": "I10"})
        assert {line.go for line in made.data.lines} == {"ABS A1"}
        assert "codes I21; with E11, I21.4; without I10" in made.document(132).selection

    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page_of_stays_and_visits(
        self, october: Actor, golden: Callable[..., None], width: int
    ) -> None:
        some_visits(october)
        made = the_index(october, "disease-index", code="I21", accounts="all")
        golden(
            "disease-index-visits",
            replace(made, data=replace(made.data, titles=TITLES)).document(width),
            width,
        )
        assert {line.go for line in made.data.lines if line.values[5] != "I"} == {
            "OPC V1",
            "OPC V2",
            "OFC V3",
        }

    @pytest.mark.parametrize("by", ["physician", "class", "month"])
    @pytest.mark.parametrize("word", ["disease-index", "procedure-index"])
    def test_visits_stay_within_the_page_however_they_are_grouped(
        self, october: Actor, word: str, by: str
    ) -> None:
        some_visits(october)
        made = the_index(october, word, code="I21,0SR,G04", accounts="all", **{"break": by})
        for width in (80, 132):
            assert max(len(line) for page in made.pages(Setup(width)) for line in page.lines) <= width

    def test_present_on_admission(self, october: Actor) -> None:
        made = the_index(october, "disease-index", code="I21", poa="N")
        assert [line.go for line in made.data.lines] == ["ABS A3", "ABS A1"]

    def test_codes_have_to_be_named(self, october: Actor) -> None:
        with pytest.raises(NotAsked, match="Codes is missing: name it with --code"):
            the_index(october, "disease-index")

    def test_a_blind_reviewer_does_not_find_the_record(self, october: Actor) -> None:
        reviewer = a_reviewer_of(october, "A3")
        made = the_index(reviewer, "disease-index", code="I21")
        assert "ABS A3" not in {line.go for line in made.data.lines}
        assert "Records that you have in hand for a blind review are left out" in " ".join(made.data.notes)
        listed = the_index(reviewer, "discharge-list")
        assert len(listed.data.lines) == 4
        assert "in review" in str(sheets(listed))
        assert "280" not in text(listed, 132)
        assert "280" in text(the_index(october, "discharge-list"), 132)
        assert len(the_index(reviewer, "discharge-list", drg="280,none").data.lines) == 3

    def test_a_blind_reviewer_does_not_learn_a_drg_or_a_surgeon(self, october: Actor) -> None:
        reviewer = a_reviewer_of(october, "A3")
        operations(encounters.find("A3"), ("0SR90JZ", "2026-10-05", "KNIFE"))
        assert len(the_index(october, "physician-index", drg="280").data.lines) == 2
        assert len(the_index(reviewer, "physician-index", drg="280").data.lines) == 0
        parts = [
            line.groups for line in the_index(reviewer, "physician-index").data.lines if line.go == "ABS A3"
        ]
        assert parts == [("WHITE", "attending")]
        assert "KNIFE" not in text(the_index(reviewer, "physician-index"))
        day = {"from": "2026-10-06", "to": "2026-10-06"}
        assert "280" in text(the_index(october, "drg-case-mix", **day))
        shown = text(the_index(reviewer, "drg-case-mix", **day))
        assert "280" not in shown
        assert "blind review are left out" in shown


def column(made: Produced, key: str) -> list[object]:
    at = [shown.key for shown in made.data.columns].index(key)
    return [line.values[at] for line in made.data.lines]


def sheets(made: Produced) -> list[tuple[object, ...]]:
    return [row for sheet in made.sheets() for row in sheet.rows]


class TestProcedureIndex:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, october: Actor, golden: Callable[..., None], width: int) -> None:
        made = the_index(october, "procedure-index", code="0SR", **{"break": "surgeon"})
        golden("procedure-index", made.document(width), width)

    def test_operations_stand_in_the_order_in_which_they_were_performed(self, october: Actor) -> None:
        made = the_index(october, "procedure-index", code="0SR", **{"break": "category"})
        assert column(made, "performed") == ["2026-10-02", "2026-10-03", "2026-10-05"]

    def test_a_death_says_how_many_days_after_the_procedure(self, october: Actor) -> None:
        made = the_index(october, "procedure-index", code="0SR9", died="1")
        assert "died +1" in text(made)


class TestPhysicianIndex:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, october: Actor, golden: Callable[..., None], width: int) -> None:
        golden("physician-index", the_index(october, "physician-index", eject="0").document(width), width)

    def test_a_page_for_each_physician(self, october: Actor) -> None:
        made = the_index(october, "physician-index")
        pages = made.pages(Setup(80))
        assert len(pages) == 5  # CUTTER, GREEN, HEART, KNIFE, WHITE
        assert sum("Physician GREEN" in line for line in pages[1].lines) == 2

    def test_one_role(self, october: Actor) -> None:
        made = the_index(october, "physician-index", role="consultant")
        assert [line.groups for line in made.data.lines] == [("HEART", "consultant")]


def test_lists_without_lines_say_so(october: Actor, golden: Callable[..., None]) -> None:
    later = {"from": "2027-01-01", "to": "2027-01-31"}
    for word, asked in (
        ("procedure-index", {"code": "0SR", **later}), ("physician-index", later), ("admission-list", later),
        ("event-list", later), ("dnfb-accounts", {"payer": "none", "days": "1000+"}),
    ):  # fmt: skip
        report = find(word)
        assert report is not None
        made = produce(october, report, asked)
        for width in (80, 132):
            document = replace(made.document(width), period="01/01/2027 to 01/31/2027")
            golden(f"{word}-empty", document, width)


class TestWhoIsNamed:
    @pytest.mark.parametrize(
        ("word", "asked"),
        [("disease-index", {"code": "I21"}), ("procedure-index", {"code": "0SR"}), ("physician-index", {})],
    )
    def test_identifiers_and_sensitive_charts(self, october: Actor, word: str, asked: dict[str, str]) -> None:
        (ann,) = database.execute_sql("SELECT id FROM patient WHERE mrn = '00123456'").fetchone()
        assert "ADAMS" in text(the_index(october, word, **asked))
        assert "BAKER" not in text(the_index(october, word, identifiers="last4", **asked))
        sensitive.mark(october, ann, "vip", "asked for it")
        shown = text(the_index(october, word, **asked), 132)
        assert "ADAMS" not in shown
        assert "00123456" not in shown
        assert "(sensitive)" in shown


def a_reviewer_of(actor: Actor, account: str) -> Actor:
    """Somebody who has the abstract of an account in hand for a blind review."""
    dictionary = library().of("abstract")
    opened = abstracts.read(encounters.get(encounters.find(account)), dictionary)
    abstracts.file_abstract(
        actor, opened, dictionary, dict(opened.record) | {"diagnoses[1].code": "I214"}, (), Drg("280", "05"),
        expected_revision=0,
    )  # fmt: skip
    review_acts.plan(actor, Blindly("blind", "One", "abstract", method=Method.FOCUSED, named=account))
    reviewer = replace(actor, user="smith")
    review_acts.open_blind(reviewer, "1")
    return reviewer


class TestAccountsNotBilled:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, october: Actor, golden: Callable[..., None], width: int) -> None:
        made = of_the_day(october)
        lines = [line._replace(values=(*line.values[:4], 40, *line.values[5:])) for line in made.data.lines]
        data = replace(made.data, lines=lines, period="12/01/2026", measures=made.data.measures[::2])
        golden("dnfb-accounts", replace(made, data=data).document(width), width)

    def test_every_account_that_the_summary_counts_is_listed(self, october: Actor) -> None:
        counted = dnfb.counted()
        listed = of_the_day(october)
        assert len(listed.data.lines) == counted.total.accounts == 4
        assert len(of_the_day(october, reason="abstract").data.lines) == 4
        assert len(of_the_day(october, reason="held").data.lines) == 0
        assert len(of_the_day(october, days="0-3").data.lines) == 0

    @pytest.mark.parametrize(
        ("accounts", "go"),
        [
            ("inpatient", "PGE dnfb-accounts reason=abstract"),
            ("visits", "PGE dnfb-accounts accounts=visits reason=code"),
        ],
    )  # fmt: skip
    def test_the_lines_of_the_summary_lead_to_its_accounts(
        self, october: Actor, accounts: str, go: str
    ) -> None:
        some_visits(october)
        report = find("dnfb")
        assert report is not None
        made = produce(october, report, {"accounts": accounts})
        links = {item.go: item.row for item in made.document(80).body if isinstance(item, Linked)}
        assert go in links
        assert made.document(80).records == (4 if accounts == "inpatient" else 1)
        assert ("PGE dnfb-accounts accounts=observation" in links) == (accounts == "visits")
        for go, row in links.items():
            asked = dict(word.split("=", 1) for word in shlex.split(go)[2:])
            count = row[1] if isinstance(row, tuple) else row.cells[1]
            assert len(of_the_day(october, **asked).data.lines) == int(str(count)), go

    def test_a_visit_is_coded_from_its_line(self, october: Actor) -> None:
        some_visits(october)
        (line,) = of_the_day(october, accounts="visits").data.lines
        assert line.go == "OPC V2"
        assert "Class OBS  Observation" in text(of_the_day(october, accounts="visits", **{"break": "class"}))
        assert "A visit waits until its coding is complete" in text(of_the_day(october, accounts="all"))

    @pytest.mark.parametrize("by", ["days", "class"])
    def test_a_visit_of_which_nobody_says_when_it_came_is_listed_without_a_day(
        self, october: Actor, by: str
    ) -> None:
        an_encounter(0, "UNTOLD", **{"class": "E"})
        made = of_the_day(october, accounts="emergency", **{"break": by})
        assert [(line.values[0], line.values[3], line.values[4]) for line in made.data.lines] == [
            ("UNTOLD", "", 0)
        ]
        assert "UNTOLD" in text(made)

    def test_a_sensitive_chart_is_not_named(self, october: Actor) -> None:
        (ann,) = database.execute_sql("SELECT id FROM patient WHERE mrn = '00123456'").fetchone()
        sensitive.mark(october, ann, "vip", "asked for it")
        assert "ADAMS" not in text(of_the_day(october), 132)


def of_the_day(actor: Actor, **asked: str) -> Produced:
    report = find("dnfb-accounts")
    assert report is not None
    return produce(actor, report, asked)
