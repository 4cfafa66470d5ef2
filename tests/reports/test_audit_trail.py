"""The audit report (45 CFR 170.315(d)(3)): every element of every row of a period, sorted by any of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial

import pytest

from db import acts
from db.actors import Action, Actor, Role
from db.acts import NotPermitted
from db.trail import privacy
from reports.catalogue import ELEMENTS, find
from reports.page import Setup
from reports.parameters import NotAsked
from reports.produced import Produced
from reports.run import produce
from rules.moments import moment
from tests import builders

DAY = "2026-11-18"


@pytest.fixture
def trail(admin: Actor, monkeypatch: pytest.MonkeyPatch) -> Actor:
    """Two people look at two patients on one day, and one is refused on the next."""
    from db import store

    first = builders.a_patient(mrn="00123456", last_name="MILLER")
    other = builders.a_patient(mrn="00777777", last_name="BAKER")
    zone = store.current().zone
    people = {
        "smith": Actor(8, "smith", frozenset({Role.ROI}), "10.0.0.8", "ace1"),
        "jones": Actor(9, "jones", frozenset({Role.CODER}), "10.0.0.9", "beef"),
        "night": Actor(7, "night", frozenset({Role.ADMINISTRATOR}), "10.0.0.7", "cafe"),
    }
    for who, at, patient_id, mrn in (
        ("smith", f"{DAY}T08:00", first, "00123456"), ("jones", f"{DAY}T23:59", other, "00777777"),
        ("night", "2026-11-19T00:00", first, "00123456"),
    ):  # fmt: skip
        second = moment(at, zone).utc
        monkeypatch.setattr(time, "time", partial(int, second))
        try:
            acts.viewed(people[who], Action.VIEW_PATIENT, kind="patient", record=mrn, patient_id=patient_id)
        except NotPermitted:
            assert who == "night"
    return admin


@pytest.fixture
def run(trail: Actor) -> Callable[..., Produced]:
    def run(**asked: str) -> Produced:
        report = find("audit-trail")
        assert report is not None
        return produce(
            trail, report, {"from": DAY} | {name.rstrip("_"): each for name, each in asked.items()}
        )

    return run


def users(produced: Produced) -> list[str]:
    return [row["user"] for row in produced.json_value()["audit"]]


class TestTheReport:
    def test_holds_the_rows_of_the_period_and_no_other(self, run: Callable[..., Produced]) -> None:
        assert users(run()) == ["smith", "jones"]
        assert users(run(to="2026-11-19", mrn="00123456"))[:2] == ["smith", "night"]

    @pytest.mark.parametrize("element", ELEMENTS)
    @pytest.mark.parametrize("order", ["ascending", "descending"])
    def test_is_sorted_by_every_element(self, run: Callable[..., Produced], element: str, order: str) -> None:
        found = [
            getattr(row, element) for row, _ in run(to="2026-11-19", sort=element, order=order).data.rows
        ]
        known = [each for each in found if each is not None]
        assert len(known) >= 3
        assert known == sorted(known, reverse=order == "descending")

    def test_the_elements_are_those_of_the_trail(self) -> None:
        assert ELEMENTS == privacy.COLUMNS

    def test_has_every_element_on_paper_at_both_widths(self, run: Callable[..., Produced]) -> None:
        for width in (80, 132):
            text = "\n".join(line for page in run().pages(Setup(width)) for line in page.lines)
            flat = "".join(text.split())
            for word in (
                "smith",
                "roi",
                "viewpatient",
                "done",
                "00123456",
                "10.0.0.8",
                "ace1",
                "0800",
                "row",
            ):
                assert word in flat
            assert max(map(len, text.splitlines())) <= width

    def test_is_a_row_itself_and_only_for_the_privacy_officer(
        self, run: Callable[..., Produced], trail: Actor
    ) -> None:
        run(by="jones")
        row = privacy.read(privacy.Filter(action="view audit"))[-1]
        assert (row.kind, row.record) == ("report", "audit-trail")
        assert json.loads(row.detail)["parameters"]["by"] == "jones"
        report = find("A01")
        assert report is not None
        with pytest.raises(NotPermitted):
            produce(Actor(9, "jones", frozenset({Role.ADMINISTRATOR})), report, {"from": DAY})

    def test_an_unknown_patient_and_an_unknown_element_are_told(self, run: Callable[..., Produced]) -> None:
        with pytest.raises(NotAsked, match="No patient has the MRN 4"):
            run(mrn="4")
        with pytest.raises(NotAsked, match="is not one of seq, at_utc"):
            run(sort="mac")
