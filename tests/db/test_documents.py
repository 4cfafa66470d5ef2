"""Documents of a chart: marked by people, announced by the feed, moved with their account."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from config.data_sets import dictionary_for
from db import store
from db.abstracting import abstract_check, abstracts, rule_context
from db.abstracting.abstracts import Drg
from db.actors import Actor, Role
from db.acts import Conflict, NotPermitted
from db.changes import Source
from db.coding.code_tables import all_tables
from db.connect import writing
from db.evidence import documents
from db.evidence.documents import NotMarked
from db.hospital import encounters
from db.patient_index import patients
from db.registry import cases
from exchange.csv_files import Profile
from exchange.records_export import export_records
from exchange.records_import import import_records
from reports.catalogue import find
from reports.page import Setup
from reports.run import produce
from reports.sheet import write_csv
from rules import evidence, reviews
from rules.evidence import Document
from rules.moments import iso_date
from rules.periods import month
from tests import builders
from tests.exchange.feed import adt, send

TXA = "TXA|1|{kind}|TX|202601041000|||||{who}^HOUSE^GREG|||{number}|{parent}||||{state}"


def shown(encounter_id: int) -> list[tuple[str, str, str, str]]:
    found = documents.of_encounters((encounter_id,))[encounter_id]
    return [(each.type, each.written_at, each.author, each.status) for each in found]


def a_day(back: int = 1) -> str:
    return iso_date(store.current().now().day - back)


@pytest.fixture
def stay(admin: Actor) -> int:
    return builders.a_stay("2026-01-02T08:00", "2026-01-05T11:30", account="A1")


def only(encounter_id: int) -> Document:
    (document,) = documents.of_encounters((encounter_id,))[encounter_id]
    return document


SUMMARY = {"type": "ds", "written_at": "2026-01-05", "author": "1001", "status": "present"}


class TestMarking:
    def test_several_are_marked_in_one_act(self, admin: Actor, stay: int) -> None:
        report = {"type": "OP", "written_at": "2026-01-03T14:00", "author": "2002", "status": "signed"}
        assert documents.mark(admin, stay, [SUMMARY, report]) == 2
        assert shown(stay) == [
            ("OP", "2026-01-03T14:00", "2002", "signed"), ("DS", "2026-01-05", "1001", "present"),
        ]  # fmt: skip

    def test_what_stands_there_is_not_put_there_twice(self, admin: Actor, stay: int) -> None:
        documents.mark(admin, stay, [SUMMARY])
        assert documents.mark(admin, stay, [SUMMARY]) == 0
        assert documents.mark(admin, stay, [SUMMARY | {"status": "signed"}]) == 1
        assert shown(stay) == [("DS", "2026-01-05", "1001", "signed")]

    def test_to_mark_what_is_signed_as_present_takes_no_signature_back(self, admin, stay):
        documents.mark(admin, stay, [SUMMARY | {"status": "signed"}])
        for status in ("present", "expected"):
            assert documents.mark(admin, stay, [SUMMARY | {"status": status}]) == 0
        assert [each.status for each in documents.of_encounters((stay,))[stay]] == ["signed"]

    def test_what_was_expected_comes(self, admin: Actor, stay: int) -> None:
        documents.mark(admin, stay, [{"type": "SP", "status": "expected"}])
        documents.mark(admin, stay, [{"type": "SP", "written_at": "2026-01-04", "status": "present"}])
        assert shown(stay) == [("SP", "2026-01-04", "", "present")]

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"type": "ZZ"}, "ZZ is no kind"),
            ({"status": "lost"}, "expected, present or signed"),
            ({"written_at": "January"}, "a day, or a day and a time"),
            ({"written_at": "2999-01-01"}, "not ahead"),
        ],
    )
    def test_what_cannot_be_is_said_and_nothing_is_marked(
        self, admin: Actor, stay: int, wrong: dict[str, str], sentence: str
    ) -> None:
        with pytest.raises(NotMarked, match=sentence):
            documents.mark(admin, stay, [{"type": "HP", "status": "present"}, SUMMARY | wrong])
        assert shown(stay) == []

    def test_takes_somebody_who_files_abstracts(self, stay: int, actor_with: Callable[..., Actor]) -> None:
        with pytest.raises(NotPermitted):
            documents.mark(actor_with(Role.ROI), stay, [SUMMARY])

    def test_two_who_change_one_document_do_not_overwrite_each_other(self, admin: Actor, stay: int) -> None:
        documents.mark(admin, stay, [SUMMARY])
        seen = only(stay)
        documents.amend(admin, stay, seen, SUMMARY | {"status": "signed"})
        with pytest.raises(Conflict):
            documents.amend(admin, stay, seen, SUMMARY | {"author": "7"})

    def test_one_that_is_void_is_off_the_list_with_its_reason(self, admin: Actor, stay: int) -> None:
        documents.mark(admin, stay, [SUMMARY])
        with pytest.raises(NotMarked, match="Say why"):
            documents.void(admin, stay, only(stay), " ")
        documents.void(admin, stay, only(stay), "another patient's")
        assert shown(stay) == []


class TestTheFeed:
    def tell(self, actor: Actor, event: str, **more: str) -> None:
        txa = TXA.format(**({"kind": "DS", "who": "77", "number": "D1", "parent": "", "state": "AU"} | more))
        message = adt("A01", mrn="M1", account="A1", more=txa).replace(b"ADT^A01", b"MDM^" + event.encode())
        assert send(actor, message)[0].outcome == "applied"

    @pytest.fixture
    def known(self, admin: Actor) -> int:
        return builders.a_stay(
            "2026-01-02T08:00", "2026-01-05T11:30", account="A1", patient_id=builders.a_patient(mrn="M1")
        )

    def test_announces_a_document(self, admin: Actor, known: int) -> None:
        self.tell(admin, "T02")
        assert shown(known) == [("DS", "2026-01-04T10:00", "HOUSE, GREG", "signed")]
        assert only(known).source == "feed"

    def test_calls_a_kind_by_a_name_of_its_own(self, admin: Actor, known: int) -> None:
        self.tell(admin, "T01", kind="PATH", state="DO")
        assert shown(known)[0][::3] == ("SP", "present")

    def test_withdraws_one(self, admin: Actor, known: int) -> None:
        self.tell(admin, "T02")
        self.tell(admin, "T11")
        assert shown(known) == []

    def test_replaces_one(self, admin: Actor, known: int) -> None:
        self.tell(admin, "T02")
        self.tell(admin, "T10", number="D2", parent="D1", who="78", state="DO")
        assert [each.feed_number for each in documents.of_encounters((known,))[known]] == ["D2"]

    def test_may_be_ahead_of_the_account(self, admin: Actor) -> None:
        self.tell(admin, "T02")
        stay = builders.a_stay("2026-01-02T08:00", account="A1", patient_id=builders.a_patient(mrn="M1"))
        assert [each[0] for each in shown(stay)] == ["DS"]

    def test_what_was_mended_here_stands_and_what_was_voided_stays_away(
        self, admin: Actor, known: int
    ) -> None:
        self.tell(admin, "T02")
        documents.amend(
            admin, known, only(known), {"type": "TS", "written_at": "2026-01-05", "status": "signed"}
        )
        self.tell(admin, "T02", who="79")
        assert shown(known) == [("TS", "2026-01-05", "", "signed")]
        documents.void(admin, known, only(known), "not ours")
        assert shown(known) == []


class TestMerging:
    def test_of_accounts_takes_the_documents_along_and_back(self, admin: Actor, stay: int) -> None:
        patient = encounters.get(stay).patient_id
        other = builders.an_encounter(patient, "A2")
        documents.mark(admin, other, [SUMMARY])
        documents.mark(admin, stay, [{"type": "OP", "status": "present"}])
        with writing():
            merged = encounters.merge(stay, other, Source("clerk", "test"))
        assert sorted(each[0] for each in shown(stay)) == ["DS", "OP"]
        with writing():
            assert not encounters.undo_merge(merged.record_id, Source("clerk", "test")).refused
        assert [each[0] for each in shown(other)] == ["DS"]

    def test_of_patients_leaves_them_with_their_account(self, admin: Actor, stay: int) -> None:
        documents.mark(admin, stay, [SUMMARY])
        survivor = builders.a_patient()
        with writing():
            patients.merge(survivor, encounters.get(stay).patient_id, Source("clerk", "test"))
        assert [each[0] for each in shown(stay)] == ["DS"]

    def test_an_account_that_goes_to_another_patient_or_number_keeps_them(
        self, admin: Actor, stay: int
    ) -> None:
        documents.mark(admin, stay, [SUMMARY])
        with writing():
            encounters.move_to_patient(stay, builders.a_patient(), Source("clerk", "test"))
            encounters.change_account(stay, "A9", Source("clerk", "test"))
        found = documents.of_account("A9")
        assert found is not None
        assert [each.type for each in found] == ["DS"]


CODES = {
    "diagnoses[1].code": "I214",
    "diagnoses[1].poa": "Y",
    "diagnoses[2].code": "N179",
    "diagnoses[2].poa": "Y",
}
BEHIND = {
    "diagnoses[2].document": "DS",
    "diagnoses[2].document_date": "2026-01-05",
    "diagnoses[2].document_author": "1001",
}


def filed(actor: Actor, encounter_id: int, record: dict[str, str]) -> None:
    dictionary = dictionary_for("abstract")
    opened = abstracts.read(encounters.get(encounter_id), dictionary)
    revision = opened.case.revision if opened.case else 0
    values = {**opened.record, **record}
    abstracts.file_abstract(
        actor, opened, dictionary, values, (), Drg(), expected_revision=revision, reason="test"
    )


def kept(encounter_id: int) -> dict[str, str]:
    case = cases.by_encounter("abstract", encounter_id)
    return dict(case.record) if case else {}


class TestAPeriod:
    def test_is_checked_with_the_documents_of_each_account(self, admin: Actor, stay: int) -> None:
        other = builders.a_stay("2026-01-03T08:00", "2026-01-09T11:30", account="A2")
        for each in (stay, other):
            filed(admin, each, CODES)
        documents.mark(admin, stay, [{"type": "HP", "status": "present"}])
        documents.mark(admin, other, [SUMMARY | {"written_at": "2026-01-09"}])
        context = rule_context.context(all_tables(store.current().directory), None)
        found = abstract_check.check(admin, month("2026-01"), context)
        told = {
            each.account: [f.code for f in each.findings if f.code.startswith("E0")] for each in found.found
        }
        assert (told["A1"], told["A2"]) == (["E03"], [])


class TestSupport:
    def test_goes_out_with_its_code_and_comes_in_again(self, admin: Actor, stay: int, tmp_path: Path) -> None:
        documents.mark(admin, stay, [SUMMARY])
        filed(admin, stay, CODES | BEHIND)
        file = tmp_path / "abstracts.csv"
        assert export_records(admin, "abstract", file, write_csv) == 1
        assert "diagnoses[2].document_author" in file.read_text().partition("\r\n")[0]
        filed(admin, stay, dict.fromkeys(BEHIND, ""))
        assert not BEHIND.items() <= kept(stay).items()
        _, report = import_records(admin, "abstract", file, Profile(), None)
        assert report.counts["applied"] == 1
        assert BEHIND.items() <= kept(stay).items()

    def test_stands_on_the_summary_sheet_where_any_code_names_one(self, admin: Actor, stay: int) -> None:
        sheet = find("summary-sheet")
        assert sheet is not None
        for record, shows in ((CODES, False), (CODES | BEHIND, True)):
            filed(admin, stay, record)
            lines = [
                line
                for page in produce(admin, sheet, {"account": "A1"}).pages(Setup(width=80))
                for line in page.lines
            ]
            assert any("Support" in line for line in lines) is shows
            assert any("N17.9" in line and "DS 01/05/2026" in line for line in lines) is shows
            assert max(map(len, lines)) <= 80

    def test_is_no_difference_between_two_coders(self) -> None:
        dictionary = dictionary_for("abstract")
        assert reviews.compare(dictionary, CODES | BEHIND, CODES, {}).differences == ()

    def test_is_asked_on_no_form(self) -> None:
        dictionary = dictionary_for("abstract")
        aside = {id_ for id_, item in dictionary.by_id.items() if item.aside}
        assert aside == {f"{group}.{name}" for group in evidence.CODED for name in evidence.SUPPORT}
