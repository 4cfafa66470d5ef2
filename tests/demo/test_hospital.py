"""The synthetic hospital keeps the rules of a real one, and is the same for the same seed."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise

import pytest

from recordroom.demo.data import cases
from recordroom.demo.hospital import Hospital
from recordroom.demo.model import DAY, Plan, Stay, Visit
from recordroom.demo.staff import npi
from recordroom.demo.wards import units
from rules.drg import Claim, Diagnosis, Procedure, group

PLAN = Plan(date(2026, 11, 21), beds=60, months=4, seed=7)


@pytest.fixture(scope="module")
def rows() -> list[Stay | Visit]:
    return list(Hospital(PLAN).run())


@pytest.fixture(scope="module")
def stays(rows: list[Stay | Visit]) -> list[Stay]:
    return [row for row in rows if isinstance(row, Stay)]


class TestTheSamePlan:
    def test_makes_the_same_hospital(self, rows: list[Stay | Visit]) -> None:
        assert list(Hospital(PLAN).run()) == rows

    def test_another_seed_makes_another(self, rows: list[Stay | Visit]) -> None:
        other = Hospital(Plan(PLAN.until, beds=60, months=4, seed=8)).run()
        assert [row.account for row, _ in zip(other, rows, strict=False)] != [row.account for row in rows]


class TestStays:
    def test_are_admitted_first_and_discharged_last(self, stays: list[Stay]) -> None:
        for stay in stays:
            events = [move.event for move in stay.moves]
            assert events[0] == "admit"
            assert events.count("admit") == 1
            assert events.count("discharge") == bool(stay.disposition)
            assert "discharge" not in events[:-1]

    def test_move_in_order_of_time(self, stays: list[Stay]) -> None:
        for stay in stays:
            times = [move.at for move in stay.moves]
            assert times == sorted(times)

    def test_return_from_every_leave_before_anything_else(self, stays: list[Stay]) -> None:
        seen = 0
        for stay in stays:
            for move, following in pairwise(stay.moves):
                assert (move.event == "leave") == (following.event == "return")
                seen += move.event == "leave"
        assert seen

    def test_of_one_patient_do_not_overlap(self, stays: list[Stay]) -> None:
        by_patient = defaultdict(list)
        for stay in stays:
            by_patient[stay.person.mrn].append((stay.admitted, stay.discharged or PLAN.last_minute))
        for periods in by_patient.values():
            periods.sort()
            assert all(ended <= begins for (_, ended), (begins, _) in pairwise(periods))

    def test_never_share_a_bed(self, stays: list[Stay]) -> None:
        taken = defaultdict(list)
        for stay in stays:
            placed = [move for move in stay.moves if move.event != "leave" and move.event != "return"]
            for move, following in zip(placed, [*placed[1:], None], strict=True):
                if move.bed and move.bed != "HALL":
                    until = following.at if following else PLAN.last_minute
                    taken[move.unit, move.bed].append((move.at, until))
        for periods in taken.values():
            periods.sort()
            assert all(ended <= begins for (_, ended), (begins, _) in pairwise(periods))

    def test_of_newborns_name_a_mother_who_was_in_house(self, stays: list[Stay]) -> None:
        mothers = {stay.account: stay for stay in stays if not stay.newborn}
        newborns = [stay for stay in stays if stay.newborn and stay.admitted > PLAN.first_day * DAY]
        assert newborns
        for child in newborns:
            mother = mothers.get(child.mother_account)
            if mother is not None:  # else she left before the plan's first day
                assert mother.person.sex == "F"
                assert mother.admitted < child.admitted <= (mother.discharged or PLAN.last_minute)

    def test_fill_the_house_about_as_planned(self, stays: list[Stay]) -> None:
        days = PLAN.until.toordinal() - PLAN.first_day
        opening = PLAN.first_day * DAY
        minutes = sum(
            (stay.discharged or PLAN.last_minute) - max(stay.admitted, opening)
            for stay in stays
            if not stay.newborn
        )
        assert 0.6 < minutes / DAY / days / PLAN.beds < 0.95

    def test_hold_every_kind_of_thing_that_reports_count(self, stays: list[Stay]) -> None:
        kinds = Counter(event.kind for stay in stays for event in stay.events)
        assert {"operation", "anesthetic", "delivery", "live_birth", "consultation", "infection"} <= set(
            kinds
        )
        assert any(stay.disposition == "20" for stay in stays)
        assert any(len(stay.moves) > 3 for stay in stays)


class TestCodes:
    def test_of_every_discharge_lead_to_a_drg(self, stays: list[Stay]) -> None:
        ungrouped = []
        for stay in stays:
            if stay.discharged is None:
                continue
            claim = Claim(
                date.fromordinal(stay.discharged // DAY),
                tuple(Diagnosis(code, poa) for code, poa in stay.diagnoses),
                tuple(Procedure(code, date.fromordinal(at // DAY)) for code, at in stay.procedures),
                age=(stay.admitted // DAY - stay.person.birth_day) // 365, sex=stay.person.sex,
                disposition=stay.disposition,
            )  # fmt: skip
            if group(claim).drg in ("", "998", "999"):
                ungrouped.append(claim)
        assert not ungrouped

    def test_shares_are_positive_and_services_known(self) -> None:
        from recordroom.demo.data import table

        known = {row["code"] for row in table("hospital")["service"]}
        for case in cases("inpatient"):
            assert case.share > 0
            assert case.service in known


class TestPlans:
    @pytest.mark.parametrize("beds", [20, 120, 700])
    def test_give_every_bed_to_a_ward(self, beds: int) -> None:
        assert sum(unit.beds for unit in units(Plan(PLAN.until, beds=beds))) == beds

    def test_begin_on_the_first_of_a_month(self) -> None:
        assert date.fromordinal(Plan(date(2026, 11, 21)).first_day) == date(2025, 9, 1)


class TestProviderIdentifiers:
    def test_carry_the_published_check_digit(self) -> None:
        assert npi("123456789") == "1234567893"  # the example of 45 CFR 162 guidance
