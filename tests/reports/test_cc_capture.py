"""CC and MCC capture: what secondary diagnoses count for, by the grouper; shares of what could be grouped."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.actors import Actor
from db.connect import database
from db.statistics.cc_capture import Capture, Part, base_title, captured
from reports.catalogue import find
from reports.page import Linked
from reports.produced import Produced
from reports.run import produce
from reports.statistics.cc_capture import Data, render, total
from rules import drg
from tests.coded import abstract, in_hand_for_review

OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}
LONG = "Extracorporeal membrane oxygenation or tracheostomy with mechanical ventilation over 96 hours"


@pytest.fixture(autouse=True)
def _with_codes(codes_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORDROOM_CODES", str(codes_path))


def the_parts() -> list[Part]:
    return [
        Part("003", LONG, ("003",), Capture(6, 6, 5, 1, 0, 84, 31)),
        Part("280", "Acute myocardial infarction, discharged alive", ("280", "281", "282"),
             Capture(15, 14, 4, 7, 1, 91, 24)),
        Part("", "", (), Capture(3)),
    ]  # fmt: skip


def data(parts: list[Part], by: str = "drg") -> Data:
    return Data({"break": by, **OCTOBER}, "10/01/2026 to 10/31/2026", "all stays", parts, {})


def of(actor: Actor, **asked: str) -> Produced:
    report = find("cc-capture")
    assert report is not None
    return produce(actor, report, OCTOBER | asked)


def a_claim(*codes: str, died: bool = False) -> drg.Grouping:
    return drg.group(
        drg.Claim(
            date(2026, 10, 5), tuple(drg.Diagnosis(code, "Y") for code in codes), age=70, sex="M",
            disposition="20" if died else "01",
        )
    )  # fmt: skip


class TestSeverity:
    @pytest.mark.parametrize(
        ("codes", "mcc", "cc", "lost"),
        [
            (("I214",), 0, 0, 0),
            (("I214", "I10"), 0, 0, 0),
            (("I214", "J9601"), 1, 0, 0),  # acute respiratory failure: MCC
            (("I214", "J9601", "E871"), 1, 0, 0),  # an MCC is not counted again under CC
            (("I214", "E871"), 0, 1, 0),  # hyponatremia: CC
            (("I5021", "I5031"), 0, 0, 1),  # an MCC that heart failure as principal diagnosis excludes
        ],
    )
    def test_a_discharge_counts_once_by_its_weightiest_diagnosis(
        self, codes: tuple[str, ...], mcc: int, cc: int, lost: int
    ) -> None:
        found = captured(a_claim(*codes))
        assert found is not None
        assert (found.mcc, found.cc, found.lost, found.secondary) == (mcc, cc, lost, len(codes) - 1)

    @pytest.mark.parametrize("code", ["J9601", "A419", "G9341", "K7200", "E43", "N179", "E871"])
    def test_a_principal_diagnosis_is_no_cc_or_mcc_of_its_own(self, code: str) -> None:
        grouping = a_claim(code)
        assert re.search(r"with(?!out).* M?CC|w M?CC", grouping.title, re.IGNORECASE) is None, grouping.title
        found = captured(grouping)
        assert found is not None
        assert (found.mcc, found.cc, found.secondary) == (0, 0, 0)

    def test_what_counts_for_survivors_alone_is_none_of_the_dead(self) -> None:
        alive, dead = (captured(a_claim("I214", "I469", died=died)) for died in (False, True))
        assert alive is not None
        assert dead is not None
        assert (alive.mcc, dead.mcc, dead.lost) == (1, 0, 1)

    def test_what_cannot_be_grouped_counts_nothing(self) -> None:
        assert captured(a_claim()) is None

    @pytest.mark.parametrize(
        ("title", "base"),
        [
            ("ACUTE MYOCARDIAL INFARCTION, DISCHARGED ALIVE WITHOUT CC/MCC",
             "ACUTE MYOCARDIAL INFARCTION, DISCHARGED ALIVE"),
            ("LIVER TRANSPLANT WITH MCC OR INTESTINAL TRANSPLANT", "LIVER TRANSPLANT"),
            ("CHEST PAIN", "CHEST PAIN"),
        ],
    )  # fmt: skip
    def test_a_base_drg_is_the_title_without_severity(self, title: str, base: str) -> None:
        assert base_title(title) == base

    @given(st.lists(st.tuples(*[st.integers(0, 9)] * 7), max_size=9))
    def test_shares_are_of_what_was_grouped(self, rows: list[tuple[int, ...]]) -> None:
        whole = total([Part(str(at), "", (), Capture(*row)) for at, row in enumerate(rows)])
        assert whole.mcc + whole.cc + whole.neither == whole.grouped
        assert whole.stays == sum(row[0] for row in rows)


class TestStore:
    @pytest.fixture
    def october(self, admin: Actor) -> Actor:
        for at, (codes, service, number) in enumerate(
            [
                (("I214", "J9601"), "CAR", "280"),
                (("I214",), "CAR", "282"),
                (("R079",), "MED", "313"),
                ((), "MED", ""),
            ]
        ):
            stay = abstract(admin, f"A{at}", f"2026-10-{at + 3:02d}", *codes, service=service)
            database.execute_sql("UPDATE abstract SET drg = ? WHERE encounter_id = ?", (number, stay))
        return admin

    def test_drgs_that_differ_in_severity_are_one_line(self, october: Actor) -> None:
        found = {part.drgs: part.capture for part in of(october).data.parts}
        assert (found["280", "282"].mcc, found["280", "282"].grouped) == (1, 2)
        assert found[()].stays == 1
        assert found[()].grouped == 0

    @pytest.mark.parametrize("by", ["drg", "service", "unit", "physician", "payer", "month"])
    def test_a_line_has_as_many_stays_as_the_list_behind_it(self, october: Actor, by: str) -> None:
        listing = find("discharge-list")
        assert listing is not None
        made = of(october, **{"break": by})
        goes = [item.go for item in made.document(80).body if isinstance(item, Linked)]
        counted = [part.capture.stays for part in made.data.parts]
        for go, stays in zip(goes, [*counted, sum(counted)], strict=True):
            asked = dict(word.split("=", 1) for word in go.split()[2:])
            assert len(produce(october, listing, asked).data.lines) == stays

    def test_a_record_in_hand_for_a_blind_review_is_left_out(self, october: Actor) -> None:
        (stay,) = database.execute_sql("SELECT id FROM encounter WHERE account = 'A0'").fetchone()
        in_hand_for_review(october, stay)
        assert sum(part.capture.stays for part in of(october).data.parts) == 3


class TestPages:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, golden: Callable[..., None], width: int) -> None:
        golden("cc-capture", render(data(the_parts()), width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_an_empty_period_says_so(self, golden: Callable[..., None], width: int) -> None:
        golden("cc-capture-empty", render(data([]), width), width)

    def test_a_month_leads_to_its_days_of_the_period(self) -> None:
        shown = render(data([Part("2026-10", "", (), Capture(1, 1))], "month"), 80)
        goes = [item.go for item in shown.body if isinstance(item, Linked)]
        assert goes[0] == "PGE discharge-list from=2026-10-01 to=2026-10-31"
