"""What is not final billed and what was worked, on paper: golden pages, sums that foot, what cannot be told said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from db.abstracting.dnfb import Counted, Group, Revenue
from db.worklist.work_times import Figures
from reports.page import Document, Run, Setup, as_text, paginate
from reports.statistics import dnfb, productivity
from rules.moments import day_number
from rules.work import Reason

RUN = Run("General Hospital", "jones", "12/01/2026 0730")
TODAY = day_number("2026-11-30")
CHARGED = 90 * 105_000_000  # cents in 90 days: $ 1,050,000 a day


def groups() -> list[Group]:
    """Accounts of every reason, age and way of being valued: $ 6,300,000 of inpatient charges."""
    found = (
        (Reason.HELD, "MCA", "CAR", 40, 12, 240_000_000, 0, True, "DOC"),
        (Reason.HELD, "MCA", "MED", 18, 3, 30_000_000, 0, False, "PATH"),
        (Reason.RETURNED, "BCX", "MED", 21, 2, 9_000_000, 0, False, ""),
        (Reason.QUERY, "BCX", "NEU", 12, 4, 21_000_000, 0, True, ""),
        (Reason.ABSTRACT, "HMO", "MED", 3, 41, 270_000_000, 0, True, ""),
        (Reason.ABSTRACT, "", "", 0, 7, 0, 7, True, ""),
        (Reason.CODE, "MCA", "ORT", 6, 5, 30_000_000, 0, True, ""),
        (Reason.INCOMPLETE, "BCX", "OBG", 9, 6, 18_000_000, 0, False, ""),
        (Reason.RELEASE, "HMO", "CAR", 4, 9, 12_000_000, 0, False, ""),
    )
    return [
        Group(reason, payer, service, days, accounts, cents, unknown, cents, 0 if unknown else accounts, uncoded, hold)
        for reason, payer, service, days, accounts, cents, unknown, uncoded, hold in found
    ]  # fmt: skip


def not_billed() -> Counted:
    return Counted(
        TODAY, groups(), {"charges": 82, "expected": 0, "": 7}, Revenue(90, 2640, 2604, CHARGED, 90, 6)
    )


def page(counted: Counted, width: int) -> Document:
    return dnfb.render(dnfb.Data(counted, "11/30/2026"), width)


def worked(*, by_day: bool = False) -> productivity.Data:
    figures = [
        Figures("jones", "Mary Jones", "abstract", 0, 64, 60, 9, 76_800),
        Figures("jones", "Mary Jones", "trauma", 0, 3, 3, 0, 12_000),
        Figures("lee", "Samuel Lee", "abstract", 0, 41, 41, 0, 61_500),
        Figures("lee", "Samuel Lee", "stroke", 0, 0, 0, 0, 240),  # a draft was left
    ]
    if by_day:
        figures = [replace(each, day=TODAY - 1) for each in figures]
    return productivity.Data(
        figures, {"abstract": Decimal("3.0"), "trauma": Decimal("1.0")}, by_day, "11/01/2026 to 11/30/2026",
        "all technicians", "us", 300, {"abstract": Decimal(1), "trauma": Decimal("0.75")},
    )  # fmt: skip


def text(document: Document, width: int = 80) -> str:
    return as_text(paginate(document, RUN, Setup(width)), Setup(width))


class TestNotFinalBilled:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, golden: Callable[..., None], width: int) -> None:
        golden("dnfb", page(not_billed(), width), width)

    def test_6_30_million_at_1_05_million_a_day_are_6_days(self) -> None:
        counted = not_billed()
        assert counted.days_of(counted.total) == Decimal("6.0")
        assert "DNFB 6.0 days (aim 6), of these 5.3 for codes; $1,050,000 a day" in text(page(counted, 80))

    @pytest.mark.parametrize("part", [part for part in dnfb.PARTS if part not in (dnfb.HOLDS, dnfb.KIND)])
    def test_the_lines_of_each_part_foot_to_all_accounts(self, part: str) -> None:
        counted = not_billed()
        lines = dnfb.parts(counted)[part]
        assert sum(line.accounts for line in lines) == counted.total.accounts
        assert sum(line.value_cents for line in lines) == counted.total.value_cents
        assert sum(line.charge_cents for line in lines) == counted.total.charge_cents

    def test_the_reasons_of_holds_foot_to_what_is_on_hold(self) -> None:
        counted = not_billed()
        assert sum(line.accounts for line in counted.by_hold()) == counted.on_hold.accounts
        held = next(line for line in counted.by_reason() if line.name == "On hold")
        assert held.accounts == counted.on_hold.accounts

    @pytest.mark.parametrize("width", [80, 132])
    def test_days_that_cannot_be_told_say_why(self, golden: Callable[..., None], width: int) -> None:
        few = replace(not_billed(), revenue=Revenue(90, 2640, 82, 630_000_000, 90, 6))
        golden("dnfb-few-charges", page(few, width), width)
        assert "DNFB days n/a: 82 of 2640 discharges of the last 90 days have charges" in text(page(few, 80))

    def test_nothing_unbilled_is_said_in_words(self, golden: Callable[..., None]) -> None:
        golden("dnfb-empty", page(replace(not_billed(), groups=[]), 80), 80)


class TestProductivity:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, golden: Callable[..., None], width: int) -> None:
        golden("productivity", productivity.render(worked(), width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page_by_day(self, golden: Callable[..., None], width: int) -> None:
        golden("productivity-by-day", productivity.render(worked(by_day=True), width), width)

    def test_units_are_records_by_the_weight_of_their_type(self) -> None:
        made = worked()
        assert productivity.units_of(made, made.figures[:2]) == Decimal("66.25")  # 64 x 1 + 3 x 0.75

    def test_units_are_blank_where_a_record_type_that_was_filed_has_none(self) -> None:
        made = replace(worked(), units={"abstract": Decimal(1)})
        assert productivity.units_of(made, made.figures[:2]) is None
        assert productivity.units_of(made, made.figures[2:]) == 41  # of the other type none was filed

    def test_nothing_keyed_is_said_in_words(self, golden: Callable[..., None]) -> None:
        golden("productivity-empty", productivity.render(replace(worked(), figures=[]), 80), 80)

    @pytest.mark.parametrize(
        ("seconds", "said"),
        [(300, "pauses over 5 minutes are left out"), (90, "pauses over 90 seconds are left out"),
         (None, "no pause is left out")],
    )  # fmt: skip
    def test_the_page_says_which_pauses_were_no_work(self, seconds: int | None, said: str) -> None:
        shown = text(productivity.render(replace(worked(), pause_seconds=seconds), 80))
        assert said in " ".join(shown.split())
