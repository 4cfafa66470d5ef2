"""The patient index on paper: every chart in the order asked for, other names, merges, pairs of charts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from db.access import sensitive
from db.actors import Actor, Role
from db.acts import NotPermitted
from db.changes import Source
from db.connect import database, writing
from db.patient_index import patients
from reports.catalogue import find
from reports.page import Setup, as_text
from reports.parameters import NotAsked
from reports.produced import Produced
from reports.run import produce
from tests.builders import a_patient, a_stay

LONG = "Featherstonehaugh-Cholmondeley-Beauchamp-Marjoribanks"


def the_list(actor: Actor, **asked: str) -> Produced:
    report = find("patient-listing")
    assert report is not None
    return produce(actor, report, asked)


def text(made: Produced, width: int = 80) -> str:
    return as_text(made.pages(Setup(width)), Setup(width))


def column(made: Produced, key: str) -> list[object]:
    at = [shown.key for shown in made.data.columns].index(key)
    return [line.values[at] for line in made.data.lines]


@pytest.fixture
def index(admin: Actor) -> Actor:
    ann = a_patient(
        mrn="123456", last_name="ADAMS", first_name="ANN", birth_date="1961-05-02", aliases="BROWN,ANN"
    )
    a_patient(mrn="003499", last_name="BAKER", first_name="BOB", birth_date="2010-02-03", sex="M")
    a_patient(mrn="777700", last_name=LONG, first_name=LONG, birth_date="")
    kept = a_patient(mrn="454999", last_name="OBRIEN", first_name="MARY")
    gone = a_patient(mrn="454998", last_name="O'BRIEN", first_name="M", ssn="")
    a_stay("2026-10-01T08:00", "2026-10-05T09:00", patient_id=ann, account="A1")
    with writing():
        patients.merge(kept, gone, Source("jones", "test"))
    database.execute_sql("UPDATE merge SET at_utc = 1793000000")
    database.execute_sql("DELETE FROM chart_pair")
    database.execute_sql(
        "INSERT INTO chart_pair (low_id, high_id, score_hundredths, match, reasons, found_utc)"
        " VALUES (?, ?, 812, 'review', '[\"name\", \"birth\"]', 1793000000)",
        (ann, ann + 1),
    )
    return admin


class TestCharts:
    @pytest.mark.parametrize(
        ("asked", "mrns"),
        [
            ({}, "123456 003499 777700 454999"),
            ({"sort": "terminal-digit"}, "777700 123456 003499 454999"),
            ({"sort": "middle-digit"}, "003499 123456 454999 777700"),
            ({"sort": "number"}, "003499 123456 454999 777700"),
            ({"name": "A-B"}, "123456 003499"),
            ({"name": "bak"}, "003499"),
            ({"digits": "00-56"}, "123456 777700"),
            ({"digits": "99", "sort": "terminal-digit"}, "003499 454999"),
        ],
    )
    def test_charts_stand_once_in_the_order_asked_for(
        self, index: Actor, asked: dict[str, str], mrns: str
    ) -> None:
        assert column(the_list(index, **asked), "mrn") == mrns.split()

    def test_digits_that_are_none_are_one_sentence(self, index: Actor) -> None:
        with pytest.raises(NotAsked, match="Terminal digits '4' cannot be read"):
            the_list(index, digits="4")

    @pytest.mark.parametrize("view", ["charts", "aliases", "merges", "duplicates"])
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, index: Actor, golden: Callable[..., None], view: str, width: int) -> None:
        golden(f"patient-listing-{view}", the_list(index, view=view).document(width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_an_empty_list_says_so(self, index: Actor, golden: Callable[..., None], width: int) -> None:
        golden("patient-listing-empty", the_list(index, name="ZZ").document(width), width)


class TestOtherNames:
    @pytest.mark.parametrize(
        ("sort", "section", "mrns"),
        [("name", "Letter", "123456 003497"), ("terminal-digit", "Section", "123456 003497"),
         ("number", "Thousands", "003497 123456"), ("birth", "Born", "123456 003497")],
    )  # fmt: skip
    def test_stand_in_the_order_asked_for(self, index: Actor, sort: str, section: str, mrns: str) -> None:
        a_patient(
            mrn="003497", last_name="DOE", first_name="JO", birth_date="2010-02-03", aliases="CARTER,BOB"
        )
        made = the_list(index, view="aliases", sort=sort, name="A-C")
        assert column(made, "mrn") == mrns.split()
        assert made.data.group_heads == (section,)


class TestMerges:
    def test_of_a_time(self, index: Actor) -> None:
        assert len(the_list(index, view="merges").data.lines) == 1
        assert len(the_list(index, view="merges", **{"from": "2026-12-01"}).data.lines) == 0


class TestWhoIsNamed:
    @pytest.mark.parametrize("view", ["charts", "aliases", "merges", "duplicates"])
    @pytest.mark.parametrize("level", ["last4", "none"])
    def test_identifiers_hold_in_every_list(self, index: Actor, view: str, level: str) -> None:
        shown = text(the_list(index, view=view, identifiers=level), 132)
        for part in ("ADAMS", "BROWN", "BAKER", "OBRIEN", "123456", "12 34 56", "454999"):
            assert part not in shown
        assert "3456" not in shown or level == "last4"

    @pytest.mark.parametrize("view", ["charts", "aliases"])
    def test_thousands_beside_the_last_four_would_be_the_number(self, index: Actor, view: str) -> None:
        assert "Thousands 123" in text(the_list(index, view=view, sort="number"))
        assert "Thousands" not in text(the_list(index, view=view, sort="number", identifiers="last4"))

    @pytest.mark.parametrize("view", ["charts", "aliases", "duplicates"])
    def test_a_sensitive_chart_is_not_named(self, index: Actor, view: str) -> None:
        (ann,) = database.execute_sql("SELECT id FROM patient WHERE mrn = '123456'").fetchone()
        sensitive.mark(index, ann, "vip", "asked for it")
        shown = text(the_list(index, view=view), 132)
        for part in ("ADAMS", "BROWN", "123456", "56 34 12", "1961"):
            assert part not in shown
        assert "(sensitive)" in shown

    def test_pairs_are_for_those_who_decide_them(
        self, index: Actor, actor_with: Callable[..., Actor]
    ) -> None:
        with pytest.raises(NotPermitted):
            the_list(actor_with(Role.ROI), view="duplicates")
