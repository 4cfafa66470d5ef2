"""Every edit of coding outside the discharge abstract, by its rule sentence."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from config.data_sets import library
from rules.dictionary import Context
from rules.edits import findings
from rules.findings import Finding

NOW = Context(
    now="2026-11-21T10:00",
    tables=library().tables,
    diagnosis_valid=lambda code, day: code != "I2199",
    service_valid=lambda code, day: day < "2026-01-01" if code == "G9999" else None,
    modifier_valid=lambda code, day: None if code.isdigit() else code in ("RT", "LT", "GA"),
)
BASE = {
    "mrn": "00123456", "account": "A1", "birth_date": "1950-02-28", "sex": "F", "admitted_at": "2026-11-01T10:00",
    "discharged_at": "2026-11-02T02:00", "diagnoses[1].code": "R079",
}  # fmt: skip


def told(data_set: str, changes: Mapping[str, str]) -> dict[str, Finding]:
    """The edits of a record that is otherwise right, by where they stand."""
    record = {path: value for path, value in {**BASE, **changes}.items() if value}
    return {each.field: each for each in findings(library().of(data_set), record, NOW)}


def service(code: str, **cells: str) -> dict[str, str]:
    return {"services[1].code": code, **{f"services[1].{name}": value for name, value in cells.items()}}


class TestOutpatient:
    def test_a_visit_with_one_sign_and_no_poa_is_complete(self) -> None:
        assert told("visit", {"disposition": "01"}) == {}

    def test_no_item_asks_for_poa_or_for_icd_10_pcs(self) -> None:
        for data_set in ("visit", "office"):
            items = library().of(data_set).by_id
            assert not [id_ for id_, item in items.items() if id_.endswith("poa") or item.type == "procedure"]

    @pytest.mark.parametrize("code", ["G0378", "99284", "0001U", "0075T", "1036F", "J1885"])
    def test_hcpcs_and_codes_in_the_form_of_cpt_are_taken(self, code: str) -> None:
        assert told("visit", service(code)) == {}

    def test_an_inpatient_procedure_is_refused_as_such(self) -> None:
        said = told("visit", service("0DTJ4ZZ"))["services[1].code"]
        assert (said.code, "those of inpatient claims" in said.message) == ("V110", True)

    def test_a_service_is_in_force_on_its_own_date(self) -> None:
        assert told("visit", service("G9999"))["services[1].code"].message == (
            "G9999 is not in force on the date of the service."
        )

    @pytest.mark.parametrize("day", ["", "/NK"])
    def test_where_no_day_is_known_codes_and_modifiers_are_judged_by_their_form(self, day: str) -> None:
        unknown = {"admitted_at": "", "discharged_at": ""}
        said = told("visit", unknown | service("G9999", modifiers="ZZ", date=day))
        assert not {"services[1].code", "services[1].modifiers"} & set(said)

    @pytest.mark.parametrize(
        ("modifiers", "sentence"),
        [
            ("GA 59 25 RT XX", "up to 4 modifiers, not 5"), ("59 59", "59 stands there twice"),
            ("R", "R is no modifier"), ("ZZ", "ZZ is no modifier"),
        ],
    )  # fmt: skip
    def test_modifiers_are_up_to_four_that_exist(self, modifiers: str, sentence: str) -> None:
        assert sentence in " ".join(
            each.message
            for each in findings(
                library().of("visit"), {**BASE, **service("99284", modifiers=modifiers)}, NOW
            )
        )

    @pytest.mark.parametrize("sides", ["RT LT", "50 RT", "LT 50"])
    def test_sides_of_one_service_do_not_contradict_each_other(self, sides: str) -> None:
        assert told("visit", service("73562", modifiers=sides))["services[1].modifiers"].code == "V112"

    @pytest.mark.parametrize("side", ["RT", "LT", "50", "25 RT"])
    def test_one_side_is_a_side(self, side: str) -> None:
        assert told("visit", service("73562", modifiers=side)) == {}

    @pytest.mark.parametrize("units", ["0", "-1"])
    def test_units_are_more_than_none(self, units: str) -> None:
        assert "services[1].units" in told("visit", service("99284", units=units))

    def test_services_lie_within_the_visit(self) -> None:
        assert told("visit", service("99284", date="2026-11-02")) == {}
        for day in ("2026-10-31", "2026-11-03"):
            assert told("visit", service("99284", date=day))["services[1].date"].code == "V113"

    @pytest.mark.parametrize(
        ("code", "why"),
        [("W19XXXA", "is an external cause and cannot be listed first"),
         ("F0280", "is a manifestation and cannot be listed first")],
    )  # fmt: skip
    def test_neither_external_cause_nor_manifestation_is_listed_first(self, code: str, why: str) -> None:
        found = told("visit", {"diagnoses[1].code": code})["diagnoses[1].code"]
        assert (found.code, why in found.message) == ("V104", True)
        assert told("visit", {"diagnoses[2].code": code}) == {}

    def test_a_first_listed_diagnosis_is_there_valid_and_alone(self) -> None:
        assert told("visit", {"diagnoses[1].code": ""})["diagnoses[1].code"].code == "V103"
        assert "diagnoses[1].code" in told("visit", {"diagnoses[1].code": "I2199"})
        assert told("visit", {"diagnoses[2].code": "R079"})["diagnoses[2].code"].code == "V102"
        assert told("visit", {"diagnoses[3].code": "I10"})["diagnoses[2].code"].code == "V101"

    def test_the_help_has_the_rule_about_uncertain_diagnoses(self) -> None:
        for data_set in ("visit", "office"):
            (group,) = [part for part in library().of(data_set).parts() if part.id == "diagnoses"]
            assert "Guidelines IV.H" in group.help


class TestOtherSettings:
    @pytest.mark.parametrize("hipps", ["KAXD1", "NHNC0"])
    def test_a_nursing_stay_takes_a_hipps_code_by_form(self, hipps: str) -> None:
        assert told("nursing", {"hipps": hipps, "assessed_on": "2026-11-02", "mds_type": "5DAY"}) == {}

    @pytest.mark.parametrize("hipps", ["KAX", "QAXD1", "KAXG1", "1AXD1"])
    def test_what_is_no_hipps_code_is_told(self, hipps: str) -> None:
        assert told("nursing", {"hipps": hipps})["hipps"].code == "V310"

    def test_an_assessment_lies_within_the_stay(self) -> None:
        assert told("nursing", {"assessed_on": "2026-11-03"})["assessed_on"].code == "V311"

    def test_a_rehabilitation_stay_takes_impairment_group_and_cmg_by_form(self) -> None:
        assert told("rehab", {"impairment_group": "01.1", "cmg": "A0104"}) == {}
        wrong = told("rehab", {"impairment_group": "99.1", "cmg": "E0104"})
        assert (wrong["impairment_group"].code, wrong["cmg"].code) == ("V410", "V411")
