"""Registrations checked by rules that are data: each broken one is named, all but the locked can be switched off."""

from __future__ import annotations

import pytest

from config.code_tables import shipped_tables
from rules.registration import Beside, check, rules_of
from rules.tables import CodeTable, TableRow

TABLES = shipped_tables()
RULES = rules_of(TABLES["registration_rules"])
BESIDE = Beside("2026-11-21", TABLES)
GOOD = {
    "last_name": "MILLER", "first_name": "RUTH", "birth_date": "1951-03-09", "sex": "F", "ssn": "912345678",
    "street": "12 Elm St", "city": "Troy", "state": "NY", "zip": "12180", "phone": "518-555-0100",
}  # fmt: skip


def broken(**values: str) -> set[str]:
    return {finding.code for finding in check(GOOD | values, RULES, BESIDE)}


class TestRules:
    def test_a_good_registration_breaks_none(self) -> None:
        assert broken() == set()

    @pytest.mark.parametrize(
        ("rule", "values"),
        [
            ("R001", {"last_name": ""}), ("R003", {"birth_date": ""}), ("R007", {"zip": ""}),
            ("R012", {"last_name": "UNKNOWN"}), ("R013", {"last_name": "MILLER2"}),
            ("R015", {"last_name": "MILLER JR"}),
            ("R017", {"first_name": "MILLER"}), ("R020", {"birth_date": "03/09/51"}),
            ("R021", {"birth_date": "2027-01-02"}),
            ("R022", {"birth_date": "1951"}), ("R023", {"birth_date": "1951-01-01"}),
            ("R024", {"birth_date": "1890-05-05"}),
            ("R025", {"death_date": "2027-01-01"}), ("R026", {"death_date": "1950-01-01"}), ("R030", {"ssn": "123"}),
            ("R031", {"ssn": "999999999"}), ("R032", {"ssn": "666123456"}), ("R040", {"sex": "Q"}),
            ("R043", {"marital": "Q"}),
            ("R044", {"marital": "M", "birth_date": "2020-05-05"}), ("R050", {"zip": "123"}), ("R052", {"state": ""}),
            ("R054", {"phone": "123"}), ("R055", {"phone": "999-999-9999"}), ("R056", {"street": "UNKNOWN"}),
        ],
    )  # fmt: skip
    def test_each_finds_what_it_is_for(self, rule: str, values: dict[str, str]) -> None:
        assert rule in broken(**values)

    def test_a_number_of_another_chart(self) -> None:
        found = check(GOOD, RULES, Beside("2026-11-21", TABLES, ("00000012",)))
        assert [finding.code for finding in found] == ["R033"]

    def test_a_facility_switches_a_rule_off_but_for_the_locked(self) -> None:
        shipped = TABLES["registration_rules"]
        own = tuple(TableRow(code, "off", more={"on": False}) for code in ("R003", "R001"))
        rules = rules_of(CodeTable(shipped.id, shipped.title, (*shipped.rows, *own)))
        found = {finding.code for finding in check(GOOD | {"last_name": "", "birth_date": ""}, rules, BESIDE)}
        assert found == {"R001"}

    def test_blank_values_are_a_matter_of_the_rules_for_what_is_missing(self) -> None:
        found = check({}, RULES, BESIDE)
        assert {f.code for f in found} <= {rule.id for rule in RULES if rule.test == "missing"}
