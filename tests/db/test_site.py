"""Site files and conventions: dated, amended with history, in one role's hands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from db import acts, changes
from db.actors import Actor, Role
from db.changes import Source
from db.connect import writing
from db.hospital import site
from rules.conventions import Conventions, LeaveRule
from rules.moments import day_number

SOURCE = Source("clerk", "test")
VALUES = {
    "division": {"name": "MAIN", "from_date": "2020-01-01", "to_date": "2030-12-31"},
    "unit": {"name": "4 WEST", "type": "MEDSURG", "division": "D1", "counts_in_census": "0"},
    "service": {"name": "OBSTETRICS", "obstetric": "1"},
    "provider": {"name": "LEE, A", "npi": "1234567893", "service": "OB", "status": "active"},
    "payer": {"name": "BLUE CROSS", "class": "commercial"},
    "printer": {
        "name": "DESK",
        "queue": "q1",
        "lines": "66",
        "width": "132",
        "form_feed": "0",
        "encoding": "utf-8",
    },
}


@pytest.mark.usefixtures("admin")
class TestSiteFiles:
    @pytest.mark.parametrize("kind", site.SITE_FILES)
    def test_every_item_is_kept_and_read_back(self, kind: str, admin: Actor) -> None:
        assert site.file(admin, kind, "X1", VALUES[kind], 0).created
        row = site.get(kind, "x1")
        assert row is not None
        assert {name: row.values[name] for name in VALUES[kind]} == VALUES[kind]
        assert [one.code for one in site.listing(kind)] == ["X1"]

    def test_an_amendment_keeps_old_and_new_and_counts_the_version(self, admin: Actor) -> None:
        filed = site.file(admin, "unit", "4W", {"name": "WEST"}, 0)
        site.file(admin, "unit", "4W", {"name": "4 WEST"}, 1)
        history = changes.amendments("unit", filed.record_id)
        assert [row[3:] for row in history if row[3] == "name"] == [
            ("name", "WEST", "4 WEST"),
            ("name", "", "WEST"),
        ]
        with pytest.raises(acts.Conflict):
            site.file(admin, "unit", "4W", {"name": "OLD"}, 1)

    def test_a_blank_is_no_change_and_an_at_sign_clears(self) -> None:
        with writing():
            site.apply("unit", "4W", VALUES["unit"], SOURCE)
            changed = site.apply("unit", "4W", {"name": "", "division": "@"}, SOURCE).changed
        assert changed == {"division": ("D1", "")}

    def test_what_cannot_be_read_is_left_as_it_was_with_a_warning(self) -> None:
        with writing():
            applied = site.apply("unit", "4W", {"from_date": "soon", "counts_in_census": "maybe"}, SOURCE)
        assert [finding.field for finding in applied.findings] == ["counts_in_census", "from_date"]

    def test_the_list_of_a_day_leaves_out_what_was_not_in_use(self) -> None:
        with writing():
            site.apply("unit", "NEW", {"from_date": "2026-02-01"}, SOURCE)
            site.apply("unit", "OLD", {"to_date": "2026-01-31"}, SOURCE)
            site.apply("unit", "ALL", {}, SOURCE)
        in_use = {
            day: [row.code for row in site.listing("unit", day=day_number(day))]
            for day in ("2026-01-31", "2026-02-01")
        }
        assert in_use == {"2026-01-31": ["ALL", "OLD"], "2026-02-01": ["ALL", "NEW"]}

    def test_a_list_goes_on_after_a_code_and_narrows_by_what_is_typed(self) -> None:
        with writing():
            for code in ("4W", "4E", "ICU", "5%"):
                site.apply("unit", code, {"name": f"UNIT {code}"}, SOURCE)
        assert [row.code for row in site.listing("unit", "4W", 1)] == ["5%"]
        assert [row.code for row in site.listing("unit", text="4")] == ["4E", "4W"]
        assert [row.code for row in site.listing("unit", text="5%")] == ["5%"]
        assert [row.code for row in site.listing("unit", text="unit i")] == ["ICU"]

    def test_filing_needs_the_role(self, actor_with: Callable[..., Actor]) -> None:
        with pytest.raises(acts.NotPermitted):
            site.file(actor_with(Role.CODER), "unit", "4W", {}, 0)

    def test_bed_days_end_with_the_unit(self) -> None:
        with writing():
            site.apply("unit", "4W", {"to_date": "2026-01-10"}, SOURCE)
            site.apply_beds(site.Beds("4W", day_number("2025-01-01"), 10), SOURCE)
        days = site.bed_days(day_number("2026-01-01"), day_number("2026-01-31"))
        assert list(days.values()) == [(100, 0)]
        assert [row.beds for row in site.beds_on(day_number("2026-01-05")).values()] == [10]


class TestConventions:
    def test_the_defaults_hold_until_something_is_set(self, admin: Actor) -> None:
        assert site.conventions() == Conventions("23:59", LeaveRule.EVERY_NIGHT, "discharging", 48)

    def test_a_convention_is_dated(self, admin: Actor) -> None:
        day = day_number("2026-03-01")
        assert not site.file_setting(admin, "leave_rule", "vista", day).refused
        assert [site.convention("leave_rule", d) for d in (day - 1, day)] == ["every night", "vista"]
        assert [row[:3] for row in site.settings_history("leave_rule")] == [(day, "vista", "admin")]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("leave_rule", "never"),
            ("fiscal_year_start", "13-01"),
            ("early_death_hours", "0"),
            ("pass_hours", "0"),
            ("visits_coded_from", "2026-02-31"),
            ("visits_coded_from", "soon"),
            ("x", "1"),
        ],
    )
    def test_what_it_cannot_be_is_refused(self, admin: Actor, name: str, value: str) -> None:
        assert site.file_setting(admin, name, value, 1).refused

    def test_every_convention_says_what_it_is(self) -> None:
        for default, permitted, title in site.CONVENTIONS.values():
            assert title
            assert not permitted or default in permitted
