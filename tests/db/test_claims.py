"""A hospital is exempt from POA reporting from the day on for which it has said so itself; a default claims nothing."""

from __future__ import annotations

import pytest

from db.abstracting import rule_context
from db.abstracting.claims import claims, exempt_hospital
from db.actors import Actor
from db.conventions import convention, file_setting
from rules import drg
from rules.moments import day_number
from rules.tables import CodeTable

ULCER = {
    "discharged_at": "2026-11-15T09:00", "admitted_at": "2026-11-10T08:00", "age": "65", "sex": "M",
    "disposition": "01", "diagnoses[1].code": "J189", "diagnoses[1].poa": "Y", "diagnoses[2].code": "L89154",
    "diagnoses[2].poa": "N",
}  # fmt: skip
REDUCED, KEPT = "195", "193"  # MS-DRG with and without the acquired ulcer's MCC taken away


def on(day: str) -> str:
    return drg.group(claims()({**ULCER, "discharged_at": f"{day}T09:00"})).drg


class TestExemptHospital:
    def test_the_default_of_a_setting_that_nobody_filed_claims_nothing(self, admin: Actor) -> None:
        assert convention("facility_kind") == "va"
        assert on("2026-11-15") == REDUCED

    @pytest.mark.parametrize(
        ("setting", "value", "found"),
        [
            ("facility_kind", "va", KEPT),
            ("facility_kind", "dod", KEPT),
            ("facility_kind", "nonfederal", REDUCED),
            ("facility_kind", "ihs", REDUCED),
            ("hospital_payment", "cah", KEPT),
            ("hospital_payment", "cah owned", KEPT),
            ("hospital_payment", "excluded", KEPT),
            ("hospital_payment", "ipps", REDUCED),
        ],
    )
    def test_it_is_what_it_has_filed_from_that_day_on(
        self, admin: Actor, setting: str, value: str, found: str
    ) -> None:
        file_setting(admin, setting, value, day_number("2026-11-01"))
        assert (on("2026-10-31"), on("2026-11-01"), on("2026-11-15")) == (REDUCED, found, found)

    def test_a_hospital_that_changes_its_kind_reports_from_then_on(self, admin: Actor) -> None:
        file_setting(admin, "facility_kind", "dod", 1)
        file_setting(admin, "facility_kind", "nonfederal", day_number("2026-11-15"))
        assert (on("2026-11-14"), on("2026-11-15")) == (KEPT, REDUCED)

    def test_a_stay_without_a_discharge_is_not_asked_about(self, admin: Actor) -> None:
        file_setting(admin, "facility_kind", "va", 1)
        assert not exempt_hospital()("")

    def test_the_age_is_that_on_admission_and_the_one_of_the_record_where_nobody_says_it(
        self, admin: Actor
    ) -> None:
        made = claims()
        assert made({**ULCER, "birth_date": "1960-11-11"}).age == 65
        assert made({**ULCER, "birth_date": "1960-11-10"}).age == 66
        assert made({**ULCER, "birth_date": "1960"}).age == 65
        assert made({**ULCER, "birth_date": "2026-11-10"}).age == 0

    def test_the_rules_of_a_record_know_it(self, admin: Actor) -> None:
        tables: dict[str, CodeTable] = {}
        file_setting(admin, "facility_kind", "va", 1)
        found = rule_context.context(tables, None)
        assert found.hospital_exempt
        assert found.hospital_exempt("2026-11-15")
