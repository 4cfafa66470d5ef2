"""Open abstracts touched by a change of the code sets: for their discharge date, and until they are released."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from config.data_sets import library
from db.abstracting import abstracts
from db.abstracting.abstracts import Drg
from db.access import sensitive
from db.actors import Actor
from db.coding.imported_changes import Difference, written
from db.connect import database
from db.hospital import encounters
from reports.catalogue import find
from reports.page import Setup, as_text
from reports.produced import Produced
from reports.run import produce
from tests.builders import a_patient, a_stay
from tests.coded import in_hand_for_review


@pytest.fixture(autouse=True)
def installed(codes_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The code sets, in a folder of their own."""
    folder = tmp_path / "codes-of-the-house"
    (folder / "codes").mkdir(parents=True)
    os.symlink(codes_path, folder / "codes.db")
    monkeypatch.setenv("RECORDROOM_CODES", str(folder / "codes.db"))
    return folder / "codes"


def abstract(
    actor: Actor, account: str, discharged: str, *codes: str, procedure: str = "", **who: str
) -> None:
    """An abstract that is filed and open."""
    patient = (
        a_patient(**who) if who else a_patient(mrn=f"0000{account}", last_name="ADAMS", first_name="ANN")
    )
    a_stay(f"{discharged[:8]}01T08:00", f"{discharged}T09:00", patient_id=patient, account=account)
    dictionary = library().of("abstract")
    opened = abstracts.read(encounters.get(encounters.find(account)), dictionary)
    record = dict(opened.record) | {f"diagnoses[{at}].code": code for at, code in enumerate(codes, 1)}
    if procedure:
        record |= {"procedures[1].code": procedure, "procedures[1].date": discharged}
    abstracts.file_abstract(actor, opened, dictionary, record, (), Drg("", ""), expected_revision=0)


def of(actor: Actor, **asked: str) -> Produced:
    report = find("code-changes")
    assert report is not None
    return produce(actor, report, asked)


def told(made: Produced) -> list[tuple[object, object]]:
    keys = [column.key for column in made.data.columns]
    return [(line.values[keys.index("account")], line.values[keys.index("why")]) for line in made.data.lines]


class TestTouched:
    @pytest.fixture
    def filed(self, admin: Actor) -> Actor:
        abstract(admin, "A1", "2026-10-05", "I420", "I10")  # a header from FY 2027
        abstract(admin, "A2", "2026-09-30", "I420")  # the day before
        abstract(admin, "A3", "2026-10-06", "J189")
        return admin

    def test_a_code_that_changed_before_the_discharge_is_listed_with_why(self, filed: Actor) -> None:
        assert told(of(filed)) == [("A1", "a header now: key a longer code")]

    def test_a_released_abstract_is_left_alone(self, filed: Actor) -> None:
        database.execute_sql("UPDATE data_case SET status = 'released' WHERE data_set = 'abstract'")
        assert told(of(filed)) == []

    def test_kinds_of_change_can_be_chosen(self, filed: Actor) -> None:
        assert len(told(of(filed, kind="header"))) == 1
        assert told(of(filed, kind="severity")) == []

    def test_what_an_import_changed_counts_from_the_day_that_it_is_about(
        self, filed: Actor, installed: Path
    ) -> None:
        rows = [
            Difference("cm", "J189", "title", 20261001, "Pneumonia", "Pneumonia, unspecified organism"),
            Difference("cm", "I10", "title", 20261101, "Old", "New"),  # after the discharge
            Difference("cm", "I420", "title", 20251001, "", "Dilated"),  # none was installed before
        ]
        (installed / "last-import.tsv").write_bytes(written(rows, ["cm-order 2027"]))
        assert ("A3", "title was: Pneumonia, by the import of cm-order 2027") in told(of(filed))
        assert len(told(of(filed))) == 2

    def test_a_record_in_hand_for_a_blind_review_is_left_out(self, filed: Actor) -> None:
        in_hand_for_review(filed, encounters.find("A1"))
        assert told(of(filed)) == []

    def test_a_sensitive_chart_is_not_named(self, filed: Actor) -> None:
        (ann,) = database.execute_sql("SELECT id FROM patient WHERE mrn = '0000A1'").fetchone()
        sensitive.mark(filed, ann, "vip", "asked for it")
        assert "ADAMS" not in as_text(of(filed).pages(Setup(132)), Setup(132))


class TestPages:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, admin: Actor, golden: Callable[..., None], width: int) -> None:
        long = "Featherstonehaugh-Cholmondeley-Beauchamp-Marjoribanks"
        abstract(admin, "A1", "2026-10-05", "I420", "Z681")
        abstract(admin, "A2", "2026-10-06", "M722", mrn="00777777", last_name=long, first_name=long)
        golden("code-changes", of(admin).document(width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_an_empty_page_says_so(self, admin: Actor, golden: Callable[..., None], width: int) -> None:
        golden("code-changes-empty", of(admin).document(width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_many_go_on_further_pages(self, admin: Actor, golden: Callable[..., None], width: int) -> None:
        abstract(admin, "A1", "2026-10-05", "I420")
        made = of(admin)
        data = replace(made.data, lines=made.data.lines * 80)
        golden("code-changes-long", replace(made, data=data).document(width), width)

    def test_without_code_sets_the_page_says_so(self, admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RECORDROOM_CODES", "/nowhere/codes.db")
        assert "NO CODE SETS ARE INSTALLED" in as_text(of(admin).pages(Setup(80)), Setup(80))
