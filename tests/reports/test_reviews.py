"""Reports of reviews: rates with their method, worksheets to print, and how often elements were met."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from db.actors import Actor, Role
from db.acts import NotPermitted
from db.worklist import review_acts, reviews
from db.worklist.review_acts import Asked
from db.worklist.reviews import DrgChange
from reports.catalogue import find
from reports.page import Linked, Setup, Total
from reports.parameters import NotAsked
from reports.produced import Produced
from reports.reviews import review_rates, worksheet_rates
from reports.reviews.review_rates import Data
from reports.run import produce
from rules.reviews import Category, Decided, Decision, Kinds, Method, Outcome, Pair
from tests import builders

CATEGORIES = {
    "WRONG": Category("WRONG", "Wrong value or code"), "POA": Category("POA", "Present on admission", codes=False),
    "CLERICAL": Category("CLERICAL", "Clerical slip", counts=False, codes=False),
}  # fmt: skip
OF = Kinds(
    frozenset({"diagnoses.code"}), frozenset({"diagnoses.poa"}), frozenset({"disposition"}), CATEGORIES
)
CHANGES = (
    DrgChange("7", "4711", "jones", "322", "281", Decimal("1.7630"), Decimal("0.9191")),
    DrgChange(
        "8", "4712", "Featherstonehaugh-Cholmondeley", "281", "280", Decimal("0.9191"), Decimal("1.5503")
    ),
    DrgChange("9", "4713", "jones", "", "999", None, None),
)
LABELS = {"diagnoses.code": "Diagnosis", "diagnoses.poa": "POA", "disposition": "Disposition"}


def audit() -> tuple[Outcome, ...]:
    """50 records of two people with 412 codes, 19 of them wrong in 9 records; the DRG of three changes."""
    wrong = [3, 3, 2, 2, 2, 2, 2, 2, 1]
    found = []
    for n in range(50):
        codes = 412 // 50 + (n < 412 % 50)
        bad = wrong[n] if n < len(wrong) else 0
        pairs = [Pair("diagnoses.code", f"A{m}", f"B{m}" if m < bad else f"A{m}") for m in range(codes)]
        pairs += [Pair("diagnoses.poa", "Y", "Y")] * (codes - bad)
        pairs.append(Pair("disposition", "01", "03" if n % 10 == 9 else "01"))
        decided = [Decided("diagnoses.code", "WRONG", Decision.SECOND)] * bad
        decided += [Decided("disposition", "CLERICAL", Decision.SECOND)] * (n % 10 == 9)
        name = "jones" if n % 2 else "Featherstonehaugh-Cholmondeley"
        found.append(Outcome(name, tuple(pairs), tuple(decided), "291", "292" if n < 3 else "291"))
    return tuple(found)


def data() -> Data:
    floors = {"codes": 95, "records": 95, "drg": 95, "poa": 95, "agreement": 95}
    return Data(
        "Discharge abstract",
        LABELS,
        audit(),
        OF,
        floors,
        2,
        "11/01/2026 to 11/30/2026",
        "reviews settled",
        CHANGES,
    )


class TestRates:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, golden: Callable[..., None], width: int) -> None:
        golden("review-rates", review_rates.render(data(), width), width)

    def test_one_audit_has_three_rates_and_each_is_named(self) -> None:
        people, *_ = review_rates.sheets(data())
        row = dict(zip(people.keys, people.rows[-1], strict=True))
        assert [row[f"{name}_percent"] for name in ("codes", "records", "drg")] == [
            Decimal("95.39"), Decimal("82.00"), Decimal("94.00"),
        ]  # fmt: skip
        assert [row[f"{name}_of"] for name in ("codes", "records", "drg")] == [412, 50, 50]

    def test_a_changed_drg_leads_to_its_review_and_changes_add_up(self) -> None:
        body = review_rates.render(data(), 80).body
        assert [item.go for item in body if isinstance(item, Linked)] == ["RVC 7", "RVC 8", "RVC 9"]
        total = body[-2]
        assert isinstance(total, Total)
        assert total.cells[-1] == "-0.2127"  # -0.8439 + 0.6312

    def test_nothing_settled_is_said_in_words(self, golden: Callable[..., None]) -> None:
        none = Data("Discharge abstract", LABELS, (), OF, {}, 0, "the whole plan", "plan 000001 November")
        golden("review-rates-empty", review_rates.render(none, 80), 80)

    @pytest.mark.parametrize(
        ("asked", "sentence"),
        [
            ({}, "Name a plan"), ({"plan": "9"}, "no plan 9"),
            ({"set": "moon", "from": "2026-11-01", "to": "2026-11-02"}, "moon"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_read_is_one_sentence(
        self, admin: Actor, asked: dict[str, str], sentence: str
    ) -> None:
        with pytest.raises(NotAsked, match=sentence):
            produced(admin, "review-rates", **asked)

    def test_a_coder_does_not_see_the_rates_of_others(self, actor_with: Callable[..., Actor]) -> None:
        with pytest.raises(NotPermitted):
            produced(actor_with(Role.CODER), "review-rates", plan="1")


def produced(actor: Actor, report: str, **asked: str) -> Produced:
    found = find(report)
    assert found is not None
    return produce(actor, found, asked)


@pytest.fixture
def plan(admin: Actor) -> str:
    """Three closed records drawn, two of them answered."""
    for n in range(3):
        patient = builders.a_patient(
            mrn=f"0000010{n}", last_name="Featherstonehaugh-Cholmondeley-Marjoribanks"
        )
        builders.a_stay(
            "2026-11-02T08:00",
            f"2026-11-0{4 + n}T11:00",
            patient_id=patient,
            account=f"W{n}",
            provider=f"100{n % 2}",
        )
    number = review_acts.plan(
        admin, Asked("closed", "November", "", "2026-11-01", "2026-11-30", "", Method.ALL, seed="1")
    )
    found = reviews.plan(number)
    assert found is not None
    for n, one in enumerate(reviews.of_plan(found.id)[:2]):
        asked = [row.code for row in reviews.elements(one)]
        answers = dict.fromkeys(asked, "Y") | {"A03": "NA", "D02": "N" if n else "Y"}
        review_acts.answer(admin, one.number, answers, "two pages unsigned")
    return number


class TestWorksheets:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_worksheets(
        self, admin: Actor, plan: str, golden: Callable[..., None], width: int
    ) -> None:
        from reports.prints.review_worksheet import render

        golden("review-worksheet", render(produced(admin, "review-worksheet", plan=plan).data, width), width)

    def test_each_record_has_a_page_of_its_own(self, admin: Actor, plan: str) -> None:
        pages = produced(admin, "review-worksheet", plan=plan).pages(Setup())
        assert len(pages) == 3
        assert [
            sum(f"W{n}" in line for page in [page] for line in page.lines) <= 1
            for n, page in enumerate(pages)
        ]

    def test_one_alone_is_printed_about_its_patient(self, admin: Actor, plan: str) -> None:
        made = produced(admin, "review-worksheet", plan=plan, review="1")
        assert made.patient_id is not None
        with pytest.raises(NotAsked, match="no part of plan"):
            produced(admin, "review-worksheet", plan=plan, review="99")

    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_rates_of_the_elements(
        self, admin: Actor, plan: str, golden: Callable[..., None], width: int
    ) -> None:
        data = produced(admin, "worksheet-rates", plan=plan).data
        golden("worksheet-rates", worksheet_rates.render(data, width), width)

    def test_what_does_not_apply_counts_nowhere(self) -> None:
        rate = worksheet_rates.met(["Y", "NA", "N", "Y", ""])
        assert (rate.right, rate.of, rate.percent) == (2, 3, Decimal("66.67"))
