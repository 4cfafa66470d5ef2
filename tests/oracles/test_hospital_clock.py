"""The hospital clock itself, against days that are counted by hand here; and that it knows nothing of the product."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.oracles import hospital_clock, hospital_events, hospital_months
from tests.oracles.hospital_clock import (
    Account,
    Fact,
    Happening,
    House,
    Rules,
    Unit,
    counts_of,
    figures_of,
    possible,
    walk,
)
from tests.oracles.hospital_events import figures_of_events

ZONE = ZoneInfo("America/New_York")
FIRST, LAST = date(2025, 11, 1), date(2025, 11, 30)  # clocks go back on the 2nd


def at(text: str) -> int:
    """``02T23:59`` of November 2025 as a minute."""
    return int(datetime.fromisoformat(f"2025-11-{text}").replace(tzinfo=ZONE).timestamp()) // 60


def a_house(*path: Happening, rules: Rules = Rules(), newborn: bool = False) -> House:  # noqa: B008
    account = Account("A1", "1", newborn, {str(number): each for number, each in enumerate(path)})
    units = {"3E": Unit(), "ICU": Unit()}
    return House(ZONE, units, [(date.min, rules)], {"A1": account})


def admitted(when: str) -> Happening:
    return Happening("admit", at(when), "3E", "MED")


def counted(house: House, **part: str) -> dict[str, int]:
    return counts_of(house, walk(house, LAST), FIRST, LAST, newborn=False, **part)  # type: ignore[arg-type]


@pytest.mark.parametrize("module", [hospital_clock, hospital_events, hospital_months])
def test_it_imports_nothing_of_the_product(module: object) -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text())  # type: ignore[attr-defined]
    names = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    rooms = {name.partition(".")[0] for name in names - {"tests.oracles.hospital_clock"}}
    assert rooms <= sys.stdlib_module_names


class TestCounting:
    def test_the_day_of_admission_counts_and_that_of_discharge_does_not(self) -> None:
        found = counted(a_house(admitted("01T10:00"), Happening("discharge", at("04T09:00"), status="01")))
        assert (found["inpatient_service_days"], found["discharge_days"], found["admissions"]) == (3, 3, 1)

    @pytest.mark.parametrize(("hour", "nights"), [("23:59", (1, 1)), ("00:00", (0, 1))])
    def test_midnight_is_of_the_new_day_or_of_the_one_that_ends(
        self, hour: str, nights: tuple[int, int]
    ) -> None:
        gone = Happening("discharge", at("06T00:00"), status="01")
        house = a_house(admitted("05T23:59"), gone, rules=Rules(census_hour=hour))
        found = counted(house)
        assert (found["inpatient_service_days"] - found["same_day_cases"], found["discharge_days"]) == nights

    def test_the_night_in_which_clocks_go_back_is_one_night(self) -> None:
        found = counted(a_house(admitted("01T23:00"), Happening("discharge", at("02T23:00"), status="20")))
        assert (found["inpatient_service_days"], found["deaths_under_48h"]) == (1, 1)

    def test_an_early_death_is_so_by_hours_lived_and_not_by_the_wall_clock(self) -> None:
        # 01:30 in summer time to 01:00 in winter time two days later: 48 hours and a half have gone
        found = counted(a_house(admitted("01T01:30"), Happening("discharge", at("03T01:00"), status="20")))
        assert (found["deaths"], found["deaths_under_48h"]) == (1, 0)

    @pytest.mark.parametrize(("setting", "unit"), [("discharging", "ICU"), ("admitting", "3E")])
    def test_a_same_day_case_that_moved(self, setting: str, unit: str) -> None:
        house = a_house(
            admitted("05T08:00"), Happening("transfer", at("05T09:00"), "ICU"),
            Happening("discharge", at("05T20:00"), status="01"), rules=Rules(same_day_unit=setting),
        )  # fmt: skip
        assert {code for code in house.units if counted(house, unit=code)["same_day_cases"]} == {unit}
        assert counted(house)["inpatient_service_days"] == 1

    @pytest.mark.parametrize(
        ("rule", "hours", "served", "stayed", "away"),
        [("every night", 95, 5, 5, 4), ("no deduction", 95, 5, 9, 4), ("vista", 95, 9, 9, 4),
         ("vista", 96, 5, 5, 4)],
    )  # fmt: skip
    def test_a_pass_by_each_rule(self, rule: str, hours: int, served: int, stayed: int, away: int) -> None:
        left = at("12T10:00")
        house = a_house(
            admitted("10T10:00"), Happening("leave", left, leave="pass"), Happening("return", left + hours * 60),
            Happening("discharge", at("19T10:00"), status="01"), rules=Rules(leave=rule),
        )  # fmt: skip
        found = counted(house)
        assert (found["inpatient_service_days"], found["discharge_days"], found["leave_days"]) == (
            served, stayed, away,
        )  # fmt: skip

    def test_peak_and_lowest_census(self) -> None:
        house = a_house(admitted("10T10:00"), Happening("discharge", at("12T10:00"), status="01"))
        found = counted(house)
        assert (found["peak_census"], found["minimum_census"]) == (1, 0)

    def test_a_visit_is_in_no_census_until_it_becomes_a_stay(self) -> None:
        visit = Happening("admit", at("10T10:00"), "3E", "MED", patient_class="OBS")
        walked = walk(a_house(visit, admitted("11T10:00")), LAST)
        assert sum((each["census"] for each in walked.values()), 0) == 20
        assert min(day for day, *_ in walked) == date(2025, 11, 11)


class TestFigures:
    def test_a_rate_is_rounded_half_up(self) -> None:
        counts = Counter(deaths=1, discharges=800, discharge_days=800)
        counts.update(dict.fromkeys(("inpatient_service_days", "deaths_under_48h"), 0))
        assert figures_of(counts, 30)["gross_death_rate"] == "0.13"

    def test_beds_are_added_up_day_by_day(self) -> None:
        house = a_house()
        house.units["3E"] = Unit(beds=((date(2025, 1, 1), 10, 0), (date(2025, 11, 11), 20, 0)))
        assert counted(house)["bed_count_days"] == 10 * 10 + 20 * 20


def a_house_with(*facts: Fact, gone: str = "10T10:00", rules: Rules = Rules()) -> House:  # noqa: B008
    """A stay from the 5th at 10:00 that ended in death, and what happened in it."""
    house = a_house(admitted("05T10:00"), Happening("discharge", at(gone), status="20"), rules=rules)
    house.accounts["A1"].facts = {str(number): fact for number, fact in enumerate(facts)}
    return house


class TestFacts:
    @pytest.mark.parametrize(("gone", "rate"), [("20T23:59", "1/1 = 100.00"), ("21T00:00", "0/1 = 0.00")])
    def test_to_the_tenth_day_after_an_operation_a_death_is_postoperative(self, gone: str, rate: str) -> None:
        house = a_house_with(Fact("operation", at("10T12:00")), gone=gone)
        assert figures_of_events(house, FIRST, LAST)["postoperative_death_rate"] == rate

    @pytest.mark.parametrize("hour", ["23:59", "00:00"])
    def test_what_happens_at_midnight_is_of_the_new_date_whatever_the_census_hour(self, hour: str) -> None:
        house = a_house_with(Fact("operation", at("06T00:00")), rules=Rules(census_hour=hour))
        assert figures_of_events(house, FIRST, date(2025, 11, 5))["operations"] == "0"
        assert figures_of_events(house, date(2025, 11, 6), LAST)["operations"] == "1"

    @pytest.mark.parametrize(
        ("rule", "when", "counts"),
        [("as marked", "05T11:00", "1"), ("textbook", "08T10:00", "0"), ("textbook", "08T10:01", "1"),
         ("nhsn", "06T23:59", "0"), ("nhsn", "07T00:00", "1")],
    )  # fmt: skip
    def test_an_infection_by_each_rule(self, rule: str, when: str, counts: str) -> None:
        house = a_house_with(Fact("infection", at(when), "hai"), rules=Rules(infection=rule))
        assert figures_of_events(house, FIRST, LAST)["hospital_infections"] == counts

    def test_early_fetal_deaths_are_in_no_rate(self) -> None:
        details = ("early", "weeks=19 grams=900", "grams=500", "weeks=20", "grams=501", "late")
        facts = [Fact("fetal_death", at(f"06T0{number}:00"), detail) for number, detail in enumerate(details)]
        house = a_house_with(*facts, Fact("live_birth", at("06T12:00")))
        assert figures_of_events(house, FIRST, LAST)["fetal_death_rate"] == "3/4 = 75.00"

    def test_bodies_that_the_coroner_kept_were_not_available(self) -> None:
        house = a_house_with(Fact("coroner", at("10T12:00")))
        house.bodies.append(Fact("autopsy", at("12T12:00"), "doa"))
        rates = figures_of_events(house, FIRST, LAST)
        assert (rates["net_autopsy_rate"], rates["adjusted_autopsy_rate"]) == (None, "1/1 = 100.00")

    def test_a_unit_outside_of_the_census_has_no_discharges(self) -> None:
        house = a_house_with(Fact("consultation", at("06T12:00")))
        house.units["3E"] = Unit(in_census=False)
        rates = figures_of_events(house, FIRST, LAST)
        assert (rates["patients_consulted"], rates["consultation_rate"]) == ("0", None)


class TestPaths:
    def test_nobody_moves_while_away(self) -> None:
        away = Happening("leave", at("10T10:00"))
        assert not possible([admitted("09T10:00"), away, Happening("transfer", at("11T10:00"), "ICU")])
        assert possible([admitted("09T10:00"), away, Happening("return", at("11T10:00"))])
