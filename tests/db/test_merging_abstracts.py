"""Merges of charts whose abstracts are filed: what a merge reopens, and how an undo finds its way back."""

from __future__ import annotations

import pytest

from config.data_sets import dictionary_for
from config.layout_reader import layout_named
from db import store
from db.abstracting import abstract_release, abstracts, lifecycle
from db.abstracting.abstract_release import Checker
from db.abstracting.abstracts import AbstractRecord, Drg
from db.actors import Actor
from db.changes import Source
from db.coding.code_tables import all_tables
from db.connect import database, writing
from db.hospital import encounters
from db.patient_index import patients
from exchange import abstract_file
from rules.lifecycle import Status
from rules.moments import iso_date
from tests import builders
from tests.db.test_merging import dump, settle

DICTIONARY = dictionary_for("abstract")
LAYOUT = layout_named("va-ptf", None, DICTIONARY)
CLERK = Source("clerk", "test")
CODED = {
    "ethnicity": "2186-5", "races[1].code": "2106-3", "admitting_diagnosis": "R079", "diagnoses[1].code": "I214",
    "diagnoses[1].poa": "Y", "zip": "12999", "station_number": "528A6",
}  # fmt: skip
KEPT = dict.fromkeys(("race", "ethnicity", "zip"), "")  # blanks of the survivor, which the other fills


@pytest.fixture
def stay(admin: Actor) -> int:
    """A stay that ended yesterday with its abstract complete."""
    today = store.current().now().day
    patient_id = builders.a_patient(race="2106-3", ethnicity="2186-5")
    found = builders.a_stay(
        f"{iso_date(today - 5)}T08:00", f"{iso_date(today - 1)}T11:30", patient_id=patient_id
    )
    file(admin, found)
    return found


def opened(stay: int) -> AbstractRecord:
    return abstracts.read(encounters.get(stay), DICTIONARY)


def status(stay: int) -> Status:
    return opened(stay).status


def file(actor: Actor, stay: int, reason: str = "") -> None:
    now = opened(stay)
    abstracts.file_abstract(
        actor, now, DICTIONARY, {**now.record, **CODED}, [], Drg(),
        expected_revision=now.case.revision if now.case else 0, reason=reason,
    )  # fmt: skip


def release(actor: Actor, stay: int) -> None:
    checker = Checker(all_tables(store.current().directory), None)
    assert abstract_release.release(actor, stay, checker).status is Status.RELEASED


def transmit(actor: Actor, stay: int) -> None:
    release(actor, stay)
    day, checker = store.current().now().day - 1, Checker(all_tables(store.current().directory), None)
    made = abstract_file.transmit(actor, LAYOUT, checker, day, day, "discharged")
    assert made.transmission is not None
    assert status(stay) is Status.TRANSMITTED


REACHED = {Status.COMPLETE: lambda actor, stay: None, Status.RELEASED: release, Status.TRANSMITTED: transmit}


def merged(stay: int, **survivor: str) -> int:
    """The chart of the stay is put into another one."""
    kept = builders.a_patient(**{**KEPT, **survivor})
    settle()
    with writing():
        done = patients.merge(kept, encounters.get(stay).patient_id, CLERK)
    assert not done.refused, done.reason
    return done.record_id


def undone(merge: int) -> None:
    with writing():
        done = patients.undo_merge(merge, CLERK)
    assert not done.refused, done.reason


class TestUndo:
    @pytest.mark.parametrize("reached", list(REACHED))
    def test_leaves_a_complete_released_or_transmitted_abstract_as_it_was(
        self, admin: Actor, stay: int, reached: Status
    ) -> None:
        REACHED[reached](admin, stay)
        kept = builders.a_patient(**KEPT)
        settle()
        before = dump()
        with writing():
            merge = patients.merge(kept, encounters.get(stay).patient_id, CLERK).record_id
        assert status(stay) is Status.OPEN, "the merge reopens it: it goes under another number"
        undone(merge)
        settle()
        after = dump()
        assert status(stay) is reached
        assert {name: after[name] for name in after if after[name] != before[name]} == {}

    @pytest.mark.parametrize("reached", [Status.RELEASED, Status.TRANSMITTED])
    def test_tells_in_the_history_of_the_abstract_why_it_stands_there_again(
        self, admin: Actor, stay: int, reached: Status
    ) -> None:
        REACHED[reached](admin, stay)
        undone(merged(stay))
        case = opened(stay).case
        assert case is not None
        newest, before, *_ = lifecycle.steps(case.id)
        assert (before.after, newest.before, newest.after) == ("open", "open", reached)
        assert "merge" in newest.reason

    def test_reopens_what_was_filed_under_the_other_number_meanwhile(self, admin: Actor, stay: int) -> None:
        release(admin, stay)
        merge = merged(stay)
        file(admin, stay, "filed under the number that was kept")
        transmit(admin, stay)
        undone(merge)
        assert status(stay) is Status.OPEN
        case = opened(stay).case
        assert case is not None
        assert lifecycle.is_at_receiver(case.id), "it went under the other number: a correction has to follow"
        assert "MRN" in lifecycle.why_open(case.id)
        assert encounters.get(stay).abstracted_day is None

    def test_leaves_the_abstracts_of_the_chart_that_was_kept(self, admin: Actor, stay: int) -> None:
        transmit(admin, stay)
        kept = encounters.get(stay).patient_id
        other = builders.a_patient(phone="315-555-0199", middle_name="Q")
        settle()
        before = dump()
        with writing():
            merge = patients.merge(kept, other, CLERK).record_id
        undone(merge)
        settle()
        after = dump()
        assert {name: after[name] for name in after if after[name] != before[name]} == {}
        assert database.execute_sql("SELECT count(*) FROM abstract_sent").fetchone() == (1,)
