"""Working codes are kept apart from the abstract, each filing with its day; the list has the stay against its mean."""

from __future__ import annotations

from decimal import Decimal

import pytest

from config.data_sets import dictionary_for
from db import store
from db.abstracting import abstracts, working
from db.abstracting.abstracts import Drg
from db.actors import Actor, Role
from db.acts import Conflict, NotPermitted
from db.connect import StoreError, database
from db.hospital import encounters
from db.registry import cases
from rules.drg import group
from rules.findings import Finding, Level
from tests import builders

CODES = {
    "admitting_diagnosis": "R079", "diagnoses[1].code": "I214", "diagnoses[1].poa": "Y", "diagnoses[2].code": "J9601",
    "diagnoses[2].poa": "Y",
}  # fmt: skip


@pytest.fixture
def stay(admin: Actor) -> int:
    """Somebody in house."""
    return builders.a_stay("2026-11-16T09:00", account="W1")


def file(actor: Actor, stay: int, *found: Finding, **codes: str) -> cases.Case:
    opened = working.open_working(actor, stay)
    record = working.at_day({**opened.record, **CODES, **codes}, "2026-11-20")
    record = working.with_figures(record, "280", Decimal("1.6041"), Decimal("4.1"), None)
    revision = opened.case.revision if opened.case else 0
    return working.file_working(
        actor, opened, dictionary_for("working"), record, found, expected_revision=revision
    )


def file_final(actor: Actor, stay: int) -> None:
    opened = abstracts.read(encounters.get(stay), dictionary_for("abstract"))
    abstracts.file_abstract(
        actor, opened, dictionary_for("abstract"), {**opened.record, **CODES}, (), Drg(), expected_revision=0,
        leave_open=True,
    )  # fmt: skip


class TestFiling:
    def test_every_filing_is_kept_with_who_and_its_codes(self, admin: Actor, stay: int) -> None:
        file(admin, stay)
        case = file(admin, stay, **{"diagnoses[3].code": "N179"})
        newest, first = cases.revisions(case.id)
        assert (newest.number, first.number, first.by) == (2, 1, admin.user)
        assert ("diagnoses[3].code" in newest.record, "diagnoses[3].code" in first.record) == (True, False)
        assert first.record["working_drg"] == "280"

    def test_no_abstract_begins_and_the_account_is_as_little_coded_as_before(
        self, admin: Actor, stay: int
    ) -> None:
        file(admin, stay)
        assert cases.by_encounter(abstracts.DATA_SET, stay) is None
        assert encounters.get(stay).coded_day is None
        assert database.execute_sql("SELECT count(*) FROM diagnosis").fetchone() == (0,)

    def test_the_abstract_in_turn_leaves_them_as_they_are(self, admin: Actor, stay: int) -> None:
        before = file(admin, stay)
        file_final(admin, stay)
        after = cases.by_encounter(working.DATA_SET, stay)
        assert after is not None
        assert (after.record, after.revision) == (before.record, 1)

    def test_once_the_final_codes_are_filed_they_are_closed(self, admin: Actor, stay: int) -> None:
        opened = working.open_working(admin, stay)
        file_final(admin, stay)
        assert working.open_working(admin, stay).final_by == admin.user
        with pytest.raises(StoreError, match="The final codes are filed"):
            working.file_working(admin, opened, dictionary_for("working"), CODES, (), expected_revision=0)

    def test_two_people_do_not_write_over_each_other(self, admin: Actor, stay: int) -> None:
        opened = working.open_working(admin, stay)
        file(admin, stay)
        with pytest.raises(Conflict, match="filed these codes meanwhile"):
            working.file_working(admin, opened, dictionary_for("working"), CODES, (), expected_revision=0)

    def test_with_an_error_they_stay_open(self, admin: Actor, stay: int) -> None:
        assert file(admin, stay, Finding(Level.ERROR, "X", "wrong", "diagnoses[1].code")).status == cases.OPEN
        assert file(admin, stay).status == cases.COMPLETE

    def test_out_of_use_they_are_gone_with_the_reason_kept(self, admin: Actor, stay: int) -> None:
        file(admin, stay)
        working.void_working(admin, working.open_working(admin, stay), "wrong patient")
        assert working.open_working(admin, stay).case is None

    def test_who_may_not_file_abstracts_may_not_file_them(self, admin: Actor, stay: int) -> None:
        watcher = Actor(admin.user_id, admin.user, frozenset({Role.ROI}))
        with pytest.raises(NotPermitted):
            file(watcher, stay)


class TestClaim:
    def test_the_stay_is_grouped_as_if_it_ended_on_the_day_of_coding(self, admin: Actor, stay: int) -> None:
        record = working.at_day(
            {**working.read(encounters.get(stay)).record, **CODES, "age": "75"}, "2026-11-20"
        )
        claim = working.claim(record)
        assert (claim.disposition, claim.los_days) == ("01", 4)
        assert group(claim).drg == "280"

    def test_a_discharged_patient_is_coded_as_of_the_discharge(self, admin: Actor, stay: int) -> None:
        builders.a_movement(stay, "discharge", "2026-11-18T10:00", disposition="01")
        assert working.coded_on(encounters.get(stay)) == "2026-11-18"


class TestInHouse:
    def test_has_everybody_in_house_with_or_without_working_codes(self, admin: Actor, stay: int) -> None:
        builders.a_stay("2026-11-15T08:00", account="W2")
        builders.a_stay("2026-11-15T08:00", "2026-11-16T08:00", account="W3")
        file(admin, stay)
        today = store.current().now().day
        rows = {row.who.account: row for row in working.in_house()}
        assert set(rows) == {"W1", "W2"}
        assert (rows["W2"].drg, rows["W2"].gmlos, rows["W2"].over_days) == ("", None, None)
        assert (rows["W1"].drg, rows["W1"].filed_by) == ("280", admin.user)
        assert rows["W1"].over_days == today - rows["W1"].who.admit_day - Decimal("4.1")

    def test_goes_on_behind_the_last_one_shown(self, admin: Actor) -> None:
        for number in range(3):
            builders.a_stay("2026-11-15T08:00", account=f"P{number}")
        first = working.in_house(limit=2)
        rest = working.in_house(after=first[-1].who.key, limit=2)
        assert [row.who.account for row in (*first, *rest)] == ["P0", "P1", "P2"]
