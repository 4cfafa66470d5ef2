"""Medicare code edits of filed abstracts: each with its code, coder and standing; who may see what of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from config.data_sets import library
from db.abstracting import abstracts
from db.abstracting.abstracts import Drg
from db.access import sensitive
from db.actors import Actor
from db.connect import database
from db.hospital import encounters
from reports.catalogue import find
from reports.page import Linked, Run, Setup, as_text, paginate
from reports.produced import Produced
from reports.run import produce
from rules.abstract_findings import claim_findings
from rules.overrides import overriding
from tests.coded import abstract, in_hand_for_review

OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}
LONG = "Featherstonehaugh-Cholmondeley-Beauchamp-Marjoribanks"


@pytest.fixture(autouse=True)
def _with_codes(codes_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORDROOM_CODES", str(codes_path))


def of(actor: Actor, **asked: str) -> Produced:
    report = find("code-edits")
    assert report is not None
    return produce(actor, report, OCTOBER | asked)


def told(made: Produced, *names: str) -> list[tuple[object, ...]]:
    keys = [column.key for column in made.data.columns]
    return [tuple(line.values[keys.index(name)] for name in names) for line in made.data.lines]


def page(made: Produced, width: int = 80) -> str:
    return as_text(made.pages(Setup(width)), Setup(width))


class TestEdits:
    @pytest.fixture
    def filed(self, admin: Actor) -> Actor:
        abstract(admin, "A1", "2026-10-05", "I214", "I214")  # the secondary repeats the principal diagnosis
        abstract(admin, "A2", "2026-10-06", "Z9181")  # not acceptable as the principal diagnosis
        abstract(admin, "A3", "2026-10-07", "I214")
        abstract(admin, "A4", "2026-11-02", "I214", "I214")
        return admin

    def test_each_edit_is_listed_with_the_code_that_causes_it_and_its_coder(self, filed: Actor) -> None:
        assert told(of(filed), "account", "edit", "code", "coder", "standing") == [
            ("A1", "MCE03", "I21.4", filed.user, "open"),
            ("A2", "MCE09", "Z91.81", filed.user, "open"),
        ]

    @pytest.mark.parametrize("edit", ["3", "03", "mce03"])
    def test_an_edit_is_asked_for_by_its_number(self, filed: Actor, edit: str) -> None:
        assert told(of(filed, edit=edit), "account") == [("A1",)]

    def test_an_abstract_that_was_released_with_an_edit_says_so(self, filed: Actor) -> None:
        database.execute_sql(
            "UPDATE data_case SET status = 'released' WHERE encounter_id ="
            " (SELECT id FROM encounter WHERE account = 'A2')"
        )
        assert told(of(filed, standing="released"), "account") == [("A2",)]
        assert told(of(filed, standing="open"), "account") == [("A1",)]

    def test_an_edit_that_was_overridden_with_a_reason_says_so_and_by_whom(self, filed: Actor) -> None:
        stay, dictionary = encounters.find("A2"), library().of("abstract")
        opened = abstracts.read(encounters.get(stay), dictionary)
        (found,) = claim_findings({**opened.record, "age": "76"})
        path, text = overriding(
            dictionary, opened.record, found, library().tables, "lee", "2026-10-20", "self pay: fall watched"
        )
        abstracts.file_abstract(
            filed, opened, dictionary, {**opened.record, path: text}, (), Drg("", ""), expected_revision=1, reason="x"
        )  # fmt: skip
        assert told(of(filed, standing="overridden"), "account", "edit", "overridden") == [
            ("A2", "MCE09", "lee 10/20/2026: self pay: fall watched")
        ]
        assert told(of(filed, standing="open"), "account") == [("A1",)]

    def test_only_the_edits_of_a_coder_are_counted(self, filed: Actor) -> None:
        assert len(told(of(filed, coder=filed.user.upper()), "account")) == 2
        assert told(of(filed, coder="nobody"), "account") == []

    def test_what_cannot_be_judged_is_counted_on_the_page(self, filed: Actor) -> None:
        abstract(filed, "A5", "2026-10-08")
        said = " ".join(page(of(filed)).split())
        assert "Abstracts judged: 3; without a principal diagnosis, not judged: 1." in said

    def test_a_corrected_abstract_has_no_edit_any_more(self, filed: Actor) -> None:
        stay = encounters.find("A1")
        dictionary = library().of("abstract")
        opened = abstracts.read(encounters.get(stay), dictionary)
        record = {**opened.record, "diagnoses[2].code": "I10"}
        abstracts.file_abstract(
            filed, opened, dictionary, record, (), Drg("", ""), expected_revision=1, reason="repeated"
        )
        assert told(of(filed), "account") == [("A2",)]

    def test_every_line_leads_to_its_abstract(self, filed: Actor) -> None:
        goes = [item.go for item in of(filed).document(80).body if isinstance(item, Linked)]
        assert goes == ["ABS A1", "ABS A2"]


class TestWithheld:
    def test_a_sensitive_chart_is_not_named(self, admin: Actor) -> None:
        stay = abstract(admin, "A1", "2026-10-05", "I214", "I214")
        sensitive.mark(admin, encounters.get(stay).patient_id, "vip", "asked for it")
        assert "ADAMS" not in page(of(admin), 132)

    def test_identifiers_can_be_left_out(self, admin: Actor) -> None:
        abstract(admin, "A1", "2026-10-05", "I214", "I214")
        assert told(of(admin, identifiers="none"), "name", "mrn") == [("", "")]

    def test_a_record_in_hand_for_a_blind_review_is_left_out(self, admin: Actor) -> None:
        stay = abstract(admin, "A1", "2026-10-05", "I214", "I214")
        in_hand_for_review(admin, stay)
        assert told(of(admin), "account") == []


class TestPages:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, admin: Actor, golden: Callable[..., None], width: int) -> None:
        abstract(admin, "A1", "2026-10-05", "I214", "I214", "C50919")
        abstract(admin, "A2", "2026-10-06", "Z9181", name=LONG)
        abstract(admin, "A3", "2026-10-07")
        golden("code-edits", of(admin).document(width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_an_empty_page_says_so(self, admin: Actor, golden: Callable[..., None], width: int) -> None:
        golden("code-edits-empty", of(admin).document(width), width)

    def test_many_go_on_further_pages(self, admin: Actor) -> None:
        abstract(admin, "A1", "2026-10-05", "I214", "I214")
        made = of(admin)
        data = replace(made.data, lines=made.data.lines * 80)
        setup = Setup(80)
        assert len(paginate(replace(made, data=data).document(80), Run("H", "u", "s"), setup)) > 1

    def test_a_summary_counts_edits_and_abstracts(self, admin: Actor) -> None:
        abstract(admin, "A1", "2026-10-05", "I214", "I214", "I214")
        shown = page(of(admin, detail="summary"))
        assert any(line.split()[-2:] == ["2", "1"] and "MCE03" in line for line in shown.splitlines())
