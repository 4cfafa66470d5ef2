"""What reports ask for: each kind read or refused in one sentence, defaults that move, ranges, identifiers by role."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import store
from db.access import presets
from db.actors import Role
from db.changes import Source
from db.connect import StoreError, writing
from db.hospital import site
from reports import identifiers
from reports.catalogue import find
from reports.page import Setup
from reports.parameters import (
    CODES,
    DETAIL,
    EJECT,
    FROM,
    FULL,
    LAST_FOUR,
    MONTH,
    NONE,
    TO,
    UNIT,
    NotAsked,
    Parameter,
    codes_between,
    moving,
    optional,
    resolved,
    sort,
)
from reports.run import known, produce
from rules.moments import day_number
from tests.builders import a_patient, a_stay

TODAY = day_number("2026-03-15")
NUMBER = Parameter("days", "Days", "number")


class TestReading:
    @pytest.mark.parametrize(
        ("parameter", "given", "canonical"),
        [
            (FROM, "2026-03-01", "2026-03-01"),
            (FROM, "", "2026-02-01"),
            (FROM, "3/1/26", "2026-03-01"),
            (FROM, "t-1", "2026-03-14"),
            (FROM, "Yesterday", "2026-03-14"),
            (TO, "end of last month", "2026-02-28"),
            (MONTH, "This month", "2026-03"),
            (TO, "", "2026-02-28"),
            (MONTH, "", "2026-02"),
            (optional(FROM), "", ""),
            (DETAIL, "Summary", "summary"),
            (DETAIL, "", "detail"),
            (EJECT, "Yes", "1"),
            (EJECT, "", "0"),
            (NUMBER, "007", "7"),
            (UNIT, " 3E , ICU,3E,", "3E,ICU"),
            (CODES, "i20-i25, J18.1,J18.1", "I20-I25,J181"),
            (sort("name", "terminal digit"), "", "name"),
            (sort("name", "terminal digit"), "TERMINAL DIGIT", "terminal digit"),
        ],
    )
    def test_a_value_becomes_canonical(self, parameter, given, canonical):
        assert resolved(parameter, given, TODAY) == canonical

    @pytest.mark.parametrize(
        ("parameter", "given"),
        [
            (FROM, "2026-02"),
            (FROM, "2026-02-30"), (MONTH, "2026-13"), (DETAIL, "short"), (EJECT, "perhaps"), (NUMBER, "-1"),
            (NUMBER, "many"), (CODES, "I25-I20"), (CODES, "I20-I25-I30"), (CODES, "I20;J18"), (CODES, ","), (CODES, ""),
        ],
    )  # fmt: skip
    def test_what_cannot_be_read_is_one_sentence(self, parameter, given):
        with pytest.raises(NotAsked, match=r"^[A-Z].*\.$"):
            resolved(parameter, given, TODAY)

    def test_the_start_of_last_month_lies_in_the_year_before_in_january(self):
        january = day_number("2026-01-31")
        assert resolved(FROM, "", january) == "2025-12-01"
        assert resolved(TO, "", january) == "2025-12-31"

    @pytest.mark.parametrize(
        ("day", "first", "last"),
        [
            ("2026-03-31", "2025-10-01", "2025-12-31"), ("2026-04-01", "2026-01-01", "2026-03-31"),
            ("2026-11-22", "2026-07-01", "2026-09-30"), ("2024-08-29", "2024-04-01", "2024-06-30"),
        ],
    )  # fmt: skip
    def test_the_last_quarter_is_the_one_that_is_over(self, day: str, first: str, last: str) -> None:
        ends = [moving(f"{end} of last quarter", "date", day_number(day)) for end in ("start", "end")]
        assert ends == [first, last]


class TestMonths:
    @pytest.mark.parametrize("given", ["0001-01", "1840-12", "9999-01"])
    def test_a_month_outside_of_the_calendar_is_refused(self, given: str) -> None:
        with pytest.raises(NotAsked, match=f"Month '{given}' lies outside of the years 1841 to 9998"):
            resolved(MONTH, given, day_number("2026-11-22"))

    @pytest.mark.parametrize("given", ["1841-01", "9998-12"])
    @pytest.mark.parametrize("more", [{}, {"year": "fiscal-year"}])
    def test_a_year_at_either_end_of_the_calendar_can_be_asked_for(self, admin, given, more):
        assert produce(admin, find("year-at-a-glance"), {"month": given, **more}).pages(Setup())


class TestCodeRanges:
    @pytest.mark.parametrize(
        ("code", "within"),
        [("I20", True), ("I200", True), ("I259", True), ("I26", False), ("J189", True), ("J19", False)],
    )  # fmt: skip
    def test_a_code_takes_in_all_below_it_at_both_ends(self, code, within):
        assert any(low <= code < end for low, end in codes_between("I20-I25,J18")) is within

    @given(st.from_regex(r"[A-Z][0-9][0-9A-Z][0-9A-Z]{0,4}", fullmatch=True))
    def test_a_code_is_always_within_itself(self, code):
        ((low, end),) = codes_between(code)
        assert low <= code < end


class TestSiteFiles:
    def test_a_code_that_the_site_does_not_have_is_refused(self, admin):
        with pytest.raises(NotAsked, match="no unit MOON"):
            known(UNIT, "MOON")

    def test_a_code_is_found_however_it_is_capitalised(self, admin):
        with writing():
            site.apply("unit", "3E", {"name": "Three East"}, Source("test"))
        assert known(UNIT, "3e") == "3E"

    def test_a_name_is_the_same_with_a_hyphen_or_an_underscore(self, admin):
        report = find("discharge-list")
        made = [
            produce(admin, report, {name: "1"}).parameters["same_day"] for name in ("same-day", "same_day")
        ]
        assert made == ["1", "1"]

    def test_what_a_report_does_not_ask_for_is_refused_and_not_left_out_silently(self, admin):
        with pytest.raises(NotAsked, match="does not ask for units: it asks for day, unit"):
            produce(admin, find("C01"), {"units": "3E"})


class TestIdentifiers:
    @pytest.mark.parametrize(
        ("level", "mrn", "name"),
        [(FULL, "00123456", "ADAMS,ANN"), (LAST_FOUR, "3456", "A"), (NONE, "", "")],
    )
    def test_are_shown_in_full_by_initial_and_last_four_or_not_at_all(self, level, mrn, name):
        assert identifiers.mrn("00123456", level) == mrn
        assert identifiers.name("ADAMS,ANN", level) == name

    def test_the_role_that_may_see_most_counts(self, actor_with):
        assert identifiers.ceiling(actor_with(Role.ADMINISTRATOR)) == NONE
        assert identifiers.ceiling(actor_with(Role.ADMINISTRATOR, Role.CODER)) == FULL

    def test_more_than_the_role_may_see_is_lowered_and_less_is_left(self):
        assert identifiers.lowered(FULL, LAST_FOUR) == LAST_FOUR
        assert identifiers.lowered(NONE, LAST_FOUR) == NONE


class TestTheCeiling:
    def test_lowers_what_was_asked_in_every_format_and_the_selection_says_so(self, admin, actor_with):
        a_stay("2026-11-01T08:00", "2026-11-03T10:00", patient_id=a_patient(mrn="00471199"))
        tables = store.current().directory / "site" / "tables"
        tables.mkdir(exist_ok=True)
        (tables / "report_identifiers.toml").write_text(
            'id = "report_identifiers"\ntitle = "Identifiers"\n'
            'rows = [{ code = "technician", text = "Technician", level = "last4" }]\n'
        )
        asked = {"from": "2026-11-01", "to": "2026-11-30", "identifiers": "full"}
        made = produce(actor_with(Role.TECHNICIAN), find("discharge-list"), asked)
        text = "\n".join(line for page in made.pages(Setup(132)) for line in page.lines)
        assert "identifiers by initial and last four" in text
        assert "1199" in text
        assert "00471199" not in text + str(made.json_value())
        assert "00471199" in str(produce(admin, find("discharge-list"), asked).json_value())


class TestPresets:
    def test_are_ones_own_and_go_by_name_however_capitalised(self, admin):
        presets.save(admin, "daily-census", "Night", {"unit": "3E"})
        presets.save(admin, "daily-census", "NIGHT", {"unit": "ICU"})
        assert presets.of(admin, "daily-census", "night") == {"unit": "ICU"}
        assert presets.names(admin, "daily-census") == ["Night"]
        assert presets.names(admin, "monthly-statistics") == []

    def test_are_forgotten_when_one_says_so(self, admin):
        presets.save(admin, "daily-census", "NIGHT", {})
        presets.remove(admin, "daily-census", "night")
        assert presets.of(admin, "daily-census", "NIGHT") is None

    @pytest.mark.parametrize("name", ["", "  ", "x" * 21])
    def test_need_a_short_name(self, admin, name):
        with pytest.raises(StoreError, match="needs a name"):
            presets.save(admin, "daily-census", name, {})

    def test_one_that_is_not_there_cannot_be_forgotten(self, admin):
        with pytest.raises(StoreError, match="no preset NIGHT"):
            presets.remove(admin, "daily-census", "NIGHT")
