"""Records of data dictionaries in the real store: filed whole, kept in every revision, read item by item."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files

import pytest
from peewee import IntegrityError

from config.data_sets import library
from config.dictionary_reader import read_dictionary
from db.actors import Action, Actor, Role
from db.acts import Conflict, NotPermitted
from db.connect import StoreError, database
from db.registry import cases
from db.registry import counts as registry_counts
from db.registry.cases import COMPLETE, OPEN, Case
from rules.dictionary import Dictionary
from rules.records import items, null_values
from tests.builders import a_patient, an_encounter

TRAUMA = library().of("trauma")
FALL = {
    "mrn": "00123456", "arrival_date": "2026-11-01", "arrival_time": "08:50", "work_related": "0", "sbp": "118",
    "temperature": "36.4", "injuries[1].severity": "4", "injuries[1].region": "1",
    "injuries[2].severity": "3", "injuries[2].region": "3",
}  # fmt: skip


def filed(
    actor: Actor, patient: int = 0, before: Case | None = None, dictionary: Dictionary = TRAUMA,
    encounter: int | None = None, **changes: str,
) -> Case:  # fmt: skip
    """The record ``FALL`` as ``actor`` files it, or files it again."""
    record = {**(before.record if before else FALL), **changes}
    return cases.file_case(
        actor, Action.FILE_REGISTRY, dictionary, record | null_values(dictionary, record), before=before,
        patient_id=patient or (before.patient_id if before else a_patient()), encounter_id=encounter, status=OPEN,
    )  # fmt: skip


def stored_items(case: Case) -> list[tuple[object, ...]]:
    return list(
        database.execute_sql(
            "SELECT item, seq, text, number, day, null_code FROM case_item WHERE case_id = ? ORDER BY item, seq",
            (case.id,),
        )
    )


class TestARecord:
    def test_is_found_again_as_it_was_filed(self, admin: Actor) -> None:
        case = filed(admin)
        again = cases.by_number("trauma", case.number)
        assert again == case
        assert again is not None
        assert again.record["industry"] == "/NA"
        assert (again.version, again.revision, again.filed_by) == (TRAUMA.version, 1, admin.user)

    def test_has_its_items_beside_it_for_lists_and_reports(self, admin: Actor) -> None:
        case = filed(admin)
        expected = sorted(
            (row.item, row.seq, row.text, row.number, row.day, row.null_code)
            for row in items(TRAUMA, case.record)
        )  # fmt: skip
        assert stored_items(case) == expected
        assert ("industry", 0, "", None, None, "NA") in expected
        assert ("temperature", 0, "36.4", 36.4, None, "") in expected
        assert ("arrival_date", 0, "2026-11-01", None, 739_921, "") in expected
        assert ("injuries.severity", 2, "3", None, None, "") in expected

    def test_changed_has_its_items_rewritten_and_its_revisions_kept(self, admin: Actor) -> None:
        first = filed(admin)
        second = filed(admin, before=first, sbp="96", temperature="", work_related="1")
        rows = {(row[0], row[1]): row[2] for row in stored_items(second)}
        assert rows["sbp", 0] == "96"
        assert ("temperature", 0) not in rows
        history = cases.revisions(first.id)
        assert [(each.number, each.record.get("sbp")) for each in history] == [(2, "96"), (1, "118")]

    def test_changed_by_two_is_refused_to_the_second_and_nothing_is_half_done(self, admin: Actor) -> None:
        first = filed(admin)
        filed(admin, before=first, sbp="96")
        with pytest.raises(Conflict, match="filed this record meanwhile"):
            filed(admin, before=first, sbp="80")
        now = cases.by_number("trauma", first.number)
        assert now is not None
        assert (now.revision, now.record["sbp"]) == (2, "96")
        assert ("sbp", 0, "96", 96, None, "") in stored_items(now)

    def test_is_one_to_an_encounter(self, admin: Actor) -> None:
        patient = a_patient()
        stay = an_encounter(patient)
        case = filed(admin, patient, encounter=stay)
        assert cases.by_encounter("trauma", stay) == case
        with pytest.raises(Conflict, match="begun this record meanwhile"):
            filed(admin, patient, encounter=stay)

    @pytest.mark.parametrize(
        "change", ["UPDATE case_revision SET document = '{}'", "DELETE FROM case_revision"]
    )
    def test_once_filed_cannot_be_rewritten_in_the_store(self, admin: Actor, change: str) -> None:
        filed(admin)
        with pytest.raises(IntegrityError, match="kept as it was"):
            database.execute_sql(change)

    def test_keeps_the_version_that_it_was_entered_under(self, admin: Actor) -> None:
        text = (files("config") / "dictionaries" / "trauma.toml").read_text()
        later, mistakes = read_dictionary(
            text.replace('"2026.1"', '"2027.1"'), "trauma.toml", library().tables
        )
        assert not mistakes
        assert later is not None
        case = filed(admin)
        assert filed(admin).version == "2026.1"
        assert filed(admin, before=case, dictionary=later).version == "2027.1"


class TestAVoidRecord:
    def test_is_kept_with_its_reason_and_shown_nowhere(self, admin: Actor) -> None:
        patient = a_patient()
        stay = an_encounter(patient)
        case = filed(admin, patient, encounter=stay)
        cases.void_case(admin, Action.FILE_REGISTRY, case, "entered for the wrong patient")
        assert cases.by_number("trauma", case.number) is None
        assert cases.listing("trauma") == []
        assert stored_items(case) == []
        void, filing = cases.revisions(case.id)
        assert (void.status, void.reason, void.record) == (
            cases.VOID,
            "entered for the wrong patient",
            filing.record,
        )
        assert filed(admin, patient, encounter=stay).number != case.number

    def test_needs_a_reason_and_the_present_revision(self, admin: Actor) -> None:
        case = filed(admin)
        with pytest.raises(StoreError, match="Say why"):
            cases.void_case(admin, Action.FILE_REGISTRY, case, "  ")
        filed(admin, before=case, sbp="96")
        with pytest.raises(Conflict):
            cases.void_case(admin, Action.FILE_REGISTRY, case, "wrong patient")


class TestTheList:
    def test_is_paged_by_key_without_gap_or_repeat(self, admin: Actor) -> None:
        numbers = [filed(admin).number for _ in range(7)]
        seen: list[str] = []
        after = None
        while page := cases.listing("trauma", after, 3):
            seen += [row.number for row in page]
            after = page[-1].key
        assert seen == numbers[::-1]
        assert registry_counts.records("trauma") == registry_counts.records("trauma", OPEN) == 7
        assert registry_counts.records("trauma", COMPLETE) == 0

    def test_shows_one_data_set(self, admin: Actor) -> None:
        filed(admin)
        assert cases.listing("stroke") == []
        assert cases.by_number("stroke", "000001") is None


class TestWhoMayFile:
    def test_a_registrar_may_and_a_technician_may_not(self, actor_with: Callable[..., Actor]) -> None:
        assert filed(actor_with(Role.REGISTRAR)).revision == 1
        with pytest.raises(NotPermitted):
            filed(actor_with(Role.TECHNICIAN))
        assert registry_counts.records("trauma") == 1

    def test_each_filing_is_in_the_audit_trail_with_what_changed(self, admin: Actor) -> None:
        case = filed(admin, before=filed(admin), sbp="96")
        action, record, patient, detail = database.execute_sql(
            "SELECT action, record, patient_id, detail FROM audit ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        assert (action, record, patient) == (Action.FILE_REGISTRY, case.number, case.patient_id)
        assert '"96"' in detail
        assert '"118"' in detail


class TestARegistryOfTheFacilitysOwn:
    def test_is_filed_and_listed_like_any_other(self, admin: Actor) -> None:
        burns, mistakes = read_dictionary(
            'id = "burns"\ntitle = "Burns"\nversion = "1"\nword = "BRN"\n[[section]]\nid = "burn"\ntitle = "Burn"\n'
            '[[section.item]]\nid = "area"\nlabel = "Area"\ntype = "decimal"\ndecimals = 1\n',
            "burns.toml",
            library().tables,
        )
        assert not mistakes
        assert burns is not None
        case = cases.file_case(
            admin, Action.FILE_REGISTRY, burns, {"area": "12.5"}, before=None, patient_id=a_patient(),
            status=COMPLETE,
        )  # fmt: skip
        assert [row.number for row in cases.listing("burns", status=COMPLETE)] == [case.number]
        assert stored_items(case) == [("area", 0, "12.5", 12.5, None, "")]
