"""Reports over all records of a data set: overrides with their reasons, and counts for whoever may see the records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import config
from config.data_sets import library
from db import migrations, store
from db.actors import Action, Actor, Role
from db.acts import NotPermitted
from db.connect import database, writing
from db.patient_index import patients
from db.registry import cases, dictionaries
from db.registry.cases import Case
from db.registry.overridden import overridden
from db.worklist import blind, review_acts, reviews
from db.worklist.review_acts import Asked
from reports.catalogue import find
from reports.page import Setup
from reports.parameters import NotAsked
from reports.produced import Produced
from reports.reviews.overrides import percent, render
from reports.run import produce
from rules.dictionary import Dictionary
from rules.findings import Finding, Level
from rules.overrides import as_items, kept, of_item, overriding
from rules.reviews import Method
from rules.text import cells
from tests import builders

STROKE = (Path(config.__file__).parent / "examples" / "stroke.toml").read_text(encoding="utf-8")
FOR_REGISTRARS = STROKE.replace(
    'roles = ["registrar", "supervisor", "privacy officer"]', 'roles = ["registrar"]'
)


@pytest.fixture
def stroke(admin: Actor) -> Dictionary:
    dictionaries.install(admin, STROKE, "stroke.toml")
    return library(store.current().directory / "site").of("stroke")


def let_stand(
    dictionary: Dictionary, values: dict[str, str], *edits: tuple[str, str, str, str]
) -> dict[str, str]:
    """The values with edits overridden: code, item, who and why."""
    found = dict(values)
    for code, item, by, why in edits:
        finding = Finding(Level.ERROR, code, "", item)
        path, text = overriding(dictionary, found, finding, {}, by, "2026-11-20", why)
        found[path] = text
    return found


def filed(actor: Actor, dictionary: Dictionary, values: dict[str, str], before: Case | None = None) -> Case:
    patient = patients.by_mrn(values["mrn"])
    return cases.file_case(
        actor, Action.FILE_REGISTRY, dictionary, values, before=before, patient_id=patient, status=cases.OPEN
    )


@pytest.fixture
def overrides(admin: Actor, stroke: Dictionary) -> list[Case]:
    """Three records of which two people let edits stand."""
    found = []
    for mrn, edits in (
        (
            "00000001",
            (("ST110", "nihss", "lee", "charted in words only"), ("ST121", "lysis", "lee", "a trial")),
        ),
        ("00000002", (("ST110", "nihss", "brown", "the sum is the physician's " * 6),)),
        ("00000003", ()),
    ):
        builders.a_patient(mrn=mrn)
        found.append(filed(admin, stroke, let_stand(stroke, {"mrn": mrn, "nihss": "7"}, *edits)))
    return found


def produced(actor: Actor, report: str, **asked: str) -> Produced:
    found = find(report)
    assert found is not None
    return produce(actor, found, asked)


class TestOverrides:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(
        self, admin: Actor, overrides: list[Case], golden: Callable[..., None], width: int
    ) -> None:
        golden("overrides", render(produced(admin, "overrides", set="stroke").data, width), width)

    def test_stand_in_the_order_of_their_edits_with_person_and_reason(
        self, admin: Actor, stroke: Dictionary, overrides: list[Case]
    ) -> None:
        found = overridden(admin, stroke)
        assert [(each.record, each.override.code, each.override.by) for each in found] == [
            ("000001", "ST110", "lee"), ("000002", "ST110", "brown"), ("000001", "ST121", "lee"),
        ]  # fmt: skip
        assert found[0].override == kept(overrides[0].record)[0]
        assert [each.override.by for each in overridden(admin, stroke, person="BROWN")] == ["brown"]
        assert overridden(admin, stroke, 1, 2) == []

    def test_what_lapsed_or_is_void_counts_no_more(
        self, admin: Actor, stroke: Dictionary, overrides: list[Case]
    ) -> None:
        filed(admin, stroke, {"mrn": "00000002", "nihss": "8"}, before=overrides[1])
        cases.void_case(admin, Action.FILE_REGISTRY, overrides[0], "another patient's")
        assert overridden(admin, stroke) == []

    def test_are_for_the_supervisor(self, actor_with: Callable[..., Actor], stroke: Dictionary) -> None:
        for roles in ((Role.REGISTRAR,), (Role.TECHNICIAN, Role.CODER), (Role.SERVICE,)):
            with pytest.raises(NotPermitted):
                produced(actor_with(*roles), "overrides", set="stroke")
        assert produced(actor_with(Role.SUPERVISOR), "overrides", set="stroke").data.found == ()

    def test_of_older_filings_are_listed_after_the_upgrade(
        self, admin: Actor, stroke: Dictionary, overrides: list[Case]
    ) -> None:
        before = overridden(admin, stroke)
        rows = database.execute_sql("SELECT * FROM case_item ORDER BY 1, 2, 3").fetchall()
        step = next(step for step in migrations.migrations() if step.name == "overrides")
        with writing():
            database.execute_sql("DELETE FROM case_item WHERE item LIKE '!%'")
            database.execute_sql(step.sql)
        assert database.execute_sql("SELECT * FROM case_item ORDER BY 1, 2, 3").fetchall() == rows
        assert overridden(admin, stroke) == before

    def test_a_row_beside_the_items_is_the_override_again(self) -> None:
        record = {"!A1": "0123456789ab lee 2026-11-20 why not", "!A2 dx[2].code": "0123456789ab b_c 2026-11-21 x y",
                  "!A2 dx[3].code": "0123456789ab b_c 2026-11-21 z", "nihss": "7"}  # fmt: skip
        rows = as_items(record)
        assert [(row.item, row.seq) for row in rows] == [("!A1", 0), ("!A2", 0), ("!A2", 1)]
        assert [of_item(row.item, row.text) for row in rows] == kept(record)

    def test_are_withheld_of_a_record_in_hand_for_a_blind_review(
        self, admin: Actor, stroke: Dictionary, overrides: list[Case]
    ) -> None:
        plan = Asked("blind", "One", "stroke", method=Method.FOCUSED, named="000001")
        review_acts.plan(admin, plan)
        reviewer = replace(admin, user="smith")
        review_acts.open_blind(reviewer, "1")
        for actor, reasons in (
            (admin, ["charted in words only", "a trial"]),
            (reviewer, [blind.WITHHELD, blind.WITHHELD]),
        ):
            found = [each for each in overridden(actor, stroke) if each.record == "000001"]
            assert [each.override.reason for each in found] == reasons

    def test_an_unknown_data_set_is_one_sentence(self, admin: Actor) -> None:
        with pytest.raises(NotAsked, match="There are abstract"):
            produced(admin, "overrides", set="moon")

    def test_shares_are_rounded_once_half_up(self) -> None:
        assert [percent(1, 8), percent(2, 3), percent(3, 3)] == ["12.5", "66.7", "100.0"]

    def test_wide_characters_and_long_words_stay_within_the_page(
        self, admin: Actor, stroke: Dictionary
    ) -> None:
        builders.a_patient(mrn="00000009")
        why = "患者は紙のカルテのみ " * 5 + "x" * 90
        filed(admin, stroke, let_stand(stroke, {"mrn": "00000009"}, ("ST110", "nihss", "lee", why)))
        made = produced(admin, "overrides", set="stroke")
        for line in (line for page in made.pages(Setup(80, 60, ascii_only=False)) for line in page.lines):
            assert cells(line) <= 80


class TestReviews:
    def test_of_a_registry_are_shown_to_its_roles_alone(
        self, admin: Actor, actor_with: Callable[..., Actor]
    ) -> None:
        dictionaries.install(admin, FOR_REGISTRARS, "stroke.toml")
        dictionary = library(store.current().directory / "site").of("stroke")
        builders.a_patient(mrn="00000001")
        filed(admin, dictionary, {"mrn": "00000001", "nihss": "7"})
        review_acts.plan(admin, Asked("blind", "One", "stroke", method=Method.FOCUSED, named="000001"))
        reviewer = replace(admin, user="smith")
        given = review_acts.open_blind(reviewer, "1").given
        review_acts.file_blind(reviewer, "1", dict(given) | {"nihss": "8"})
        assert review_acts.open_differences(admin, "1").status == reviews.COMPARED
        with pytest.raises(NotPermitted, match="it is for registrar"):
            review_acts.open_differences(actor_with(Role.SUPERVISOR), "1")


class TestCounts:
    @pytest.mark.parametrize("report", ["record-counts", "review-rates"])
    def test_of_a_registry_are_for_its_roles(
        self, admin: Actor, actor_with: Callable[..., Actor], report: str
    ) -> None:
        dictionaries.install(admin, FOR_REGISTRARS, "stroke.toml")
        asked = {"set": "stroke", "from": "2026-11-01", "to": "2026-11-30"}
        for roles in ((Role.TECHNICIAN, Role.CODER), (Role.SUPERVISOR,)):
            with pytest.raises(NotPermitted):
                produced(actor_with(*roles), report, **asked)
        both = actor_with(Role.SUPERVISOR, Role.REGISTRAR)
        assert produced(both, report, **asked).data

    def test_of_a_registry_without_roles_are_for_those_who_see_registries(
        self, actor_with: Callable[..., Actor]
    ) -> None:
        with pytest.raises(NotPermitted, match="view registry"):
            produced(actor_with(Role.TECHNICIAN), "record-counts", set="trauma")
        for role in (Role.REGISTRAR, Role.SERVICE):
            assert produced(actor_with(role), "record-counts", set="trauma").data
        assert produced(actor_with(Role.TECHNICIAN), "record-counts", set="abstract").data

    @pytest.mark.parametrize(
        ("data_set", "item"),
        [("abstract", "mrn"), ("abstract", "last_name"), ("abstract", "note"), ("stroke", "birth_date")],
    )  # fmt: skip
    def test_by_what_tells_a_patient_are_refused(
        self, admin: Actor, stroke: Dictionary, data_set: str, item: str
    ) -> None:
        with pytest.raises(NotAsked, match="would list patients"):
            produced(admin, "record-counts", set=data_set, by=item)
