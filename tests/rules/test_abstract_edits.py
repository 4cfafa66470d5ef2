"""Every edit of the discharge abstract, by its rule sentence: what breaks it, where it is told, what mends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.data_sets import assemble, library, options
from rules.abstract_edits import first_day, window_row
from rules.abstract_findings import record_findings
from rules.codes_edits import EDITS as MCE
from rules.codes_edits import edit as code_edits
from rules.codes_edits import finding_code
from rules.codes_notes import CodeNotes, Reference, references
from rules.dictionary import Context, Dictionary, Group, ItemType
from rules.drg import Claim, Diagnosis, Procedure
from rules.findings import Finding, Level
from rules.item_checks import CHECKS
from rules.overrides import MEDICARE_EDITS
from rules.tables import CodeTable, TableRow, listed

ABSTRACT = library().of("abstract")
WITH_OPTIONS = assemble(None, list(options().values()))[0].of("abstract")
NOTES = {
    "E119": CodeNotes(excludes1=("E10",)),
    "I509": CodeNotes(code_first=("I110", "I13")),
}
SITE = {
    "site.payers": CodeTable(
        "site.payers",
        "Payers",
        (
            TableRow("MCR", "Medicare", more={"class": "medicare"}),
            TableRow("BCX", "Blue Cross", more={"class": "commercial"}),
        ),
    ),
    "site.units": CodeTable(
        "site.units",
        "Units",
        (
            TableRow("3E", "3 East"),
            TableRow("ICU", "Intensive"),
            TableRow("OLD", "Closed", valid_to="2020-01-01"),
        ),
    ),
    "site.services": CodeTable(
        "site.services", "Services", (TableRow("MED", "Medicine"), TableRow("SUR", "Surgery"))
    ),
}
NOW = Context(
    now="2026-11-21T10:00",
    tables={**library().tables, **SITE},
    options={"facility_kind": "nonfederal", "hospital_payment": "ipps"},
    diagnosis_valid=lambda code, day: code != "Z9999" and bool(date.fromisoformat(day)),  # they want a day
    procedure_valid=lambda code, day: code != "0000000" and bool(date.fromisoformat(day)),
    poa_exempt=lambda code, day: code.startswith("Z") and bool(date.fromisoformat(day)),
    notes=NOTES.get,
)
BASE = {
    "mrn": "00123456", "last_name": "Doe", "first_name": "Jo", "birth_date": "1950-02-28", "sex": "F",
    "races[1].code": "2106-3", "ethnicity": "2186-5", "country": "US", "state": "AK", "zip": "99501", "account": "A1",
    "admitted_at": "2026-11-01T10:00", "priority": "1", "point_of_origin": "1", "payer": "MCR",
    "hospice_claim": "0", "attending": "P1", "operating": "P2", "discharged_at": "2026-11-05T14:30",
    "disposition": "01", "admitting_diagnosis": "R079", "service": "MED", "unit": "3E", "los_days": "4",
    "diagnoses[1].code": "I214", "diagnoses[1].poa": "Y", "diagnoses[2].code": "Z7901",
    "procedures[1].code": "027034Z", "procedures[1].date": "2026-11-01", "procedures[1].surgeon": "P2",
    "movements[1].at": "2026-11-01T10:00", "movements[1].unit": "3E", "movements[1].service": "MED",
    "movements[1].days": "4",
}  # fmt: skip
NO_PROCEDURE = dict.fromkeys(
    ("operating", "procedures[1].code", "procedures[1].date", "procedures[1].surgeon"), ""
)
BABY = {
    "birth_date": "2026-11-01", "priority": "4", "point_of_origin": "5", "birth_weight_g": "3400",
    "gestation_weeks": "39", "diagnoses[1].code": "Z3800", "diagnoses[1].poa": "", "diagnoses[2].code": "",
    "admitting_diagnosis": "Z3800", **NO_PROCEDURE,
}  # fmt: skip
MOTHER = {
    "birth_date": "1996-02-28", "diagnoses[1].code": "O80", "diagnoses[1].poa": "Y", "diagnoses[2].code": "Z370",
    "diagnoses[2].poa": "", "procedures[1].code": "10E0XZZ",
}  # fmt: skip
DEATH = {"disposition": "20", "died_at": "2026-11-05T14:00", "autopsy": "0", "coroner": "0"}
TWO_UNITS = {
    "movements[1].days": "1", "movements[2].at": "2026-11-02T10:00", "movements[2].unit": "ICU",
    "movements[2].service": "MED", "movements[2].days": "3",
}  # fmt: skip

Changes = Mapping[str, str]


def case(
    path: str, broken: Changes, mended: Changes, on: Changes | None = None
) -> tuple[str, Changes, Changes]:
    """A record that breaks an edit, told at ``path``, and what takes it away. ``on``: what it starts from."""
    return path, {**(on or {}), **broken}, mended


CASES: dict[str, tuple[str, Changes, Changes]] = {
    "A101": case("discharged_at", {"admitted_at": "2026-11-06T10:00"}, {"admitted_at": "2026-11-01T10:00"}),
    "A102": case("discharged_at", {"died_at": "2026-11-05T14:31"}, {"died_at": "2026-11-05T14:30"}, DEATH),
    "A103": case("discharged_at", {"died_at": "2026-11-04T14:00"}, {"died_at": "2026-11-05T14:00"}, DEATH),
    "A104": case("last_name", {"last_name": "D0e"}, {"last_name": "Doe"}),
    "A105": case("zip", {"zip": "9950"}, {"zip": "X"}),
    "A106": case("state", {"state": "ZZ"}, {"state": "NY"}),
    "A107": case("birth_date", {"birth_date": "2026-11"}, {"birth_date": "2026-11-01"}, BABY),
    "A108": case("races[2].code", {"races[2].code": "UNK"}, {"races[2].code": ""}),
    "A109": case("races[2].code", {"races[2].code": "2106-3"}, {"races[2].code": "2028-9"}),
    "A110": case(
        "diagnoses[1].code", {"diagnoses[1].code": "", "diagnoses[1].poa": ""}, {"diagnoses[1].code": "I214"}
    ),
    "A111": case(
        "diagnoses[3].code",
        {"diagnoses[4].code": "I10"},
        {"diagnoses[3].code": "I10", "diagnoses[4].code": ""},
    ),
    "A112": case("diagnoses[2].code", {"diagnoses[2].code": "I214"}, {"diagnoses[2].code": "I10"}),
    "A113": case(
        "external_causes[2].code",
        {"external_causes[1].code": "W19XXXA", "external_causes[2].code": "W19XXXA"},
        {"external_causes[2].code": "Y939"},
    ),
    "A114": case(
        "procedures[2].code",
        {"procedures[2].code": "027034Z", "procedures[2].date": "2026-11-01"},
        {"procedures[2].date": "2026-11-02"},
    ),
    "A115": case("payer_2", {"payer_2": "MCR"}, {"payer_2": "BCX"}),
    "A116": case(
        "discharged_at", {"discharged_at": "2015-09-30T10:00"}, {"discharged_at": "2015-10-01T10:00"}
    ),
    "A117": case(
        "procedures[1].date", {"procedures[1].date": "1949-11-01"}, {"procedures[1].date": "2026-11-01"}
    ),
    "A118": case(
        "consultations[1].date",
        {"consultations[1].date": "2026-10-31"},
        {"consultations[1].date": "2026-11-05"},
    ),
    "A119": case("los_days", {"los_days": "367"}, {"los_days": "366"}),
    "A120": case("diagnoses[1].poa", {"diagnoses[1].poa": ""}, {"diagnoses[1].poa": "N"}),
    "A121": case("diagnoses[2].poa", {"diagnoses[2].poa": "Y"}, {"diagnoses[2].poa": "1"}),
    "A122": case("diagnoses[1].poa", {"diagnoses[1].poa": "U"}, {"diagnoses[1].poa": "W"}),
    "A123": case(
        "external_causes[1].code", {"external_causes[1].code": "I10"}, {"external_causes[1].code": "W19XXXA"}
    ),
    "A124": case("diagnoses[2].code", {"diagnoses[2].code": "W19XXXA"}, {"diagnoses[2].code": "I10"}),
    "A125": case(
        "external_causes[1].code", {"diagnoses[1].code": "S72001A"}, {"external_causes[1].code": "W19XXXA"}
    ),
    "A126": case(
        "diagnoses[4].code",
        {"diagnoses[3].code": "E119", "diagnoses[4].code": "E1065"},
        {"diagnoses[4].code": "I10"},
    ),
    "A127": case(
        "diagnoses[3].code",
        {"diagnoses[3].code": "I509", "diagnoses[4].code": "I110"},
        {"diagnoses[3].code": "I110", "diagnoses[4].code": "I509"},
    ),
    "A128": case(
        "diagnoses[1].code",
        {"diagnoses[1].code": "Z4931", "diagnoses[1].poa": "", "los_days": "1"},
        {"los_days": "2"},
    ),
    "A130": case(
        "procedures[1].date", {"procedures[1].date": "2026-10-28"}, {"procedures[1].date": "2026-10-29"}
    ),
    "A132": case(
        "procedures[1].anesthetist",
        {"procedures[1].anesthesia": "N", "procedures[1].anesthetist": "P3"},
        {"procedures[1].anesthesia": "G"},
    ),
    "A133": case("operating", {"operating": "P9"}, {"operating": "P2"}),
    "A134": case(
        "procedures[1].code",
        {"procedures[1].code": "0JH606Z"},
        {"procedures[2].code": "02H63JZ", "procedures[2].date": "2026-11-01", "procedures[2].surgeon": "P2"},
    ),
    "A135": case(
        "external_causes[1].code",
        {"external_causes[2].code": "Y939"},
        {"external_causes[1].code": "Y939", "external_causes[2].code": ""},
    ),
    "A140": case("disposition", {**DEATH, "disposition": "41"}, {"hospice_claim": "1"}),
    "A141": case("disposition", {"disposition": "30"}, {"disposition": "01"}),
    "A142": case("receiving_facility", {"receiving_facility": "Lakeside"}, {"receiving_facility": ""}, DEATH),
    "A143": case("receiving_facility", {"receiving_facility": "Lakeside"}, {"disposition": "03"}),
    "A144": case("disposition", {"hospice_claim": "1"}, {"disposition": "41"}, DEATH),
    "A145": case("admitted_at", {"death_date": "2026-10-30"}, {"death_date": ""}),
    "A146": case("died_at", {"death_date": "2026-11-04"}, {"death_date": "2026-11-05"}, DEATH),
    "A147": case("disposition", {"death_date": "2026-11-03"}, {"death_date": ""}),
    "A148": case("referring_facility", {"referring_facility": "Lakeside"}, {"point_of_origin": "4"}),
    "A150": case("admitted_at", {"birth_date": "2026-10-31"}, {"birth_date": "2026-11-01"}, BABY),
    "A151": case("birth_weight_g", {"birth_weight_g": "399"}, {"birth_weight_g": "400"}, BABY),
    "A152": case("birth_weight_g", {"birth_weight_g": "3400"}, {"birth_weight_g": ""}),
    "A153": case("priority", {"birth_date": "2025-10-31"}, {"birth_date": "2025-11-02"}, BABY),
    "A154": case("diagnoses[1].code", {"diagnoses[1].code": "P599"}, {"diagnoses[1].code": "Z3801"}, BABY),
    "A155": case("diagnoses[2].code", {"diagnoses[2].code": "Z3800"}, {"diagnoses[2].code": "Z7901"}),
    "A156": case("diagnoses[2].code", {"diagnoses[2].code": "O80"}, {"diagnoses[2].code": "P599"}, BABY),
    "A157": case("diagnoses[2].code", {"diagnoses[2].code": "P0718"}, {"birth_weight_g": "2400"}, BABY),
    "A158": case("diagnoses[2].code", {"diagnoses[2].code": ""}, {"diagnoses[2].code": "Z370"}, MOTHER),
    "A159": case("diagnoses[3].code", {"diagnoses[3].code": "O702"}, {"diagnoses[3].code": "Z3A39"}, MOTHER),
    "A160": case("movements[1].days", {"movements[1].days": "3"}, {"movements[1].pass_days": "1"}),
    "A161": case(
        "movements[1].leave_days", {"movements[1].leave_days": "5"}, {"movements[1].leave_days": "4"}
    ),
    "A162": case("los_days", {"los_days": "5"}, {"los_days": "4"}),
    "A163": case("leave_days", {"leave_days": "2", "movements[1].leave_days": "1"}, {"leave_days": "1"}),
    "A164": case("pass_days", {"pass_days": "2", "movements[1].pass_days": "1"}, {"pass_days": "1"}),
    "A165": case(
        "movements[1].at", {"movements[1].at": "2026-11-01T09:00"}, {"movements[1].at": "2026-11-01T10:00"}
    ),
    "A166": case(
        "movements[2].at",
        {"movements[2].at": "2026-11-01T10:00"},
        {"movements[2].at": "2026-11-02T10:00"},
        TWO_UNITS,
    ),
    "A167": case("movements[1].unit", {"movements[1].unit": "OLD"}, {"movements[1].unit": "3E"}),
}
"""By code: the path at which the edit speaks, what breaks it, and what mends it."""


VA = {
    "source_of_admission": "1P",
    "eligibility": "SC LESS THAN 50%",
    "period_of_service": "7",
    "means_test": "AS",
    "sc_percent": "30",
    "pow": "0",
    "vietnam": "1",
    "agent_orange": "0",
    "radiation": "0",
    "sw_asia": "0",
    "radium": "0",
    "shad": "0",
    "combat_veteran": "0",
    "mst": "N",
    "spinal_cord": "X",
    "suicidal_crisis": "0",
}
TO_NURSING_HOME = {
    "disposition": "03",
    "receiving_facility": "Lakeside",
    "outpatient_care": "0",
    "va_auspices": "1",
    "receiving_station": "663A4",
}
SERVICE = {
    "services[1].date": "2026-11-02",
    "services[1].code": "99232",
    "services[1].quantity": "1",
    "services[1].provider": "P1",
    "services[1].diagnoses": "1",
}
AGAIN = {path.replace("[1]", "[2]"): value for path, value in SERVICE.items()}
MANY_MOVES = {
    f"movements[{row}].{name}": value
    for row in range(1, 26)
    for name, value in (
        ("at", f"2026-11-{1 + row // 24:02}T{row % 24:02}:00"),
        ("unit", "3E"),
        ("service", "MED"),
        ("days", "0"),
    )
} | {"admitted_at": "2026-11-01T01:00", "movements[25].days": "4"}


def treated(item: str, on_record: Changes) -> tuple[str, Changes, Changes]:
    return case(item, {item: "1"}, on_record)


OPTION_CASES: dict[str, tuple[str, Changes, Changes]] = {
    "P101": case(
        "services[1].date", {"services[1].date": "2026-10-31"}, {"services[1].date": "2026-11-05"}, SERVICE
    ),
    "P102": case("services[1].code", {"services[1].code": "9923"}, {"services[1].code": "G0378"}, SERVICE),
    "P103": case(
        "services[1].modifier", {"services[1].modifier": "255"}, {"services[1].modifier": "25 59"}, SERVICE
    ),
    "P104": case(
        "services[1].diagnoses", {"services[1].diagnoses": "1 3"}, {"services[1].diagnoses": "2 1"}, SERVICE
    ),
    "P105": case("services[2].code", AGAIN, {"services[2].date": "2026-11-03"}, SERVICE),
    "P106": case("services[1].date", AGAIN, SERVICE),
    "R101": case("death_filed", {"death_filed": "2026-11-04"}, {"death_filed": "2026-11-08"}, DEATH),
    "R102": case("birth_filed", {"birth_filed": "2026-10-31"}, {"birth_filed": "2026-11-03"}, BABY),
    "R103": case(
        "fetal_deaths[1].certificate",
        {"fetal_deaths[2].certificate": "FD-2"},
        {"fetal_deaths[1].certificate": "FD-1"},
        MOTHER,
    ),
    "V101": case("source_of_admission", {"source_of_admission": "P1"}, {"source_of_admission": "1D"}),
    "V102": case("receiving_station", {"receiving_station": "66"}, {"receiving_station": "663"}),
    "V103": case("means_test", {"sc_percent": "0"}, {"cp_status": "1"}),
    "V104": case("sc_percent", {"means_test": "C", "income": "9", "sc_percent": "50"}, {"sc_percent": "40"}),
    "V105": case("means_test", {"means_test": "N"}, {"period_of_service": "9"}),
    "V106": case(
        "agent_orange", {"agent_orange": "1", "vietnam": "0", "period_of_service": "8"}, {"vietnam": "1"}
    ),
    "V107": case("sw_asia", {"sw_asia": "1"}, {"period_of_service": "X"}),
    "V108": case("vietnam", {"period_of_service": "2"}, {"period_of_service": "7"}),
    "V109": case("combat_until", {"combat_veteran": "1"}, {"combat_until": "2027-01-01"}),
    "V110": case("pow", {"pow": "1", "period_of_service": "5"}, {"period_of_service": "0"}),
    "V120": treated("treated_ao", {"agent_orange": "1"}),
    "V121": treated("treated_ir", {"radiation": "1"}),
    "V122": treated("treated_swa", {"sw_asia": "1"}),
    "V123": treated("treated_mst", {"mst": "Y"}),
    "V124": treated("treated_hnc", {"radium": "1"}),
    "V125": treated("treated_cv", {"combat_veteran": "1"}),
    "V126": treated("treated_shad", {"shad": "1"}),
    "V127": case("treated_sc", {"treated_sc": "1", "sc_percent": "0"}, {"sc_percent": "10"}),
    "V130": case("spinal_cord", {"spinal_cord": "1"}, {"diagnoses[3].code": "G8220"}),
    "V131": case("spinal_cord", {"spinal_cord": "4"}, {"diagnoses[3].code": "G8250"}),
    "V132": case("spinal_cord", {"diagnoses[3].code": "G8220"}, {"spinal_cord": "3"}),
    "V140": case(
        "movements[1].at",
        {"movements[2].at": "2026-11-02T09:59"},
        {"movements[2].at": "2026-11-02T10:00"},
        TWO_UNITS,
    ),
    "V141": case(
        "movements[26].at", {"movements[26].at": "2026-11-03T10:00"}, {"movements[26].at": ""}, MANY_MOVES
    ),
    "V142": case("asih_days", {"asih_days": "5"}, {"asih_days": "4"}),
    "V150": case("outpatient_care", {"disposition": "07", "outpatient_care": "1"}, {"outpatient_care": ""}),
    "V151": case("outpatient_care", {"disposition": "02", "outpatient_care": "1"}, {"outpatient_care": "0"}),
    "V152": case("receiving_station", {"disposition": "43"}, {"receiving_station": "663"}),
    "V153": case("outpatient_care", {"outpatient_care": "1"}, {"va_auspices": "0"}, TO_NURSING_HOME),
    "V154": case(
        "receiving_station", {"receiving_station": ""}, {"receiving_station": "663"}, TO_NURSING_HOME
    ),
}
"""Edits of the options that a facility may put to use."""


def record_with(*changes: Changes) -> dict[str, str]:
    """The clean record with changes; a blank takes a value away."""
    record = dict(BASE)
    for each in changes:
        record |= each
    return {path: value for path, value in record.items() if value}


def found(record: Changes, context: Context = NOW, dictionary: Dictionary = ABSTRACT) -> set[tuple[str, str]]:
    return {(each.code, each.field) for each in record_findings(dictionary, record, context)}


def sentences(dictionary: Dictionary, cases: Mapping[str, object]) -> list[object]:
    """Each edit that has a case, under its rule sentence."""
    return [
        pytest.param(edit.code, id=f"{edit.code} {edit.message}")
        for edit in dictionary.edits
        if edit.code in cases
    ]


class TestEachEdit:
    @pytest.mark.parametrize("code", sentences(ABSTRACT, CASES))
    def test_speaks_where_its_sentence_is_broken_and_is_gone_when_that_is_mended(self, code: str) -> None:
        path, broken, mended = CASES[code]
        assert (code, path) in found(record_with(broken))
        assert code not in {each for each, _ in found(record_with(broken, mended))}

    @pytest.mark.parametrize("code", sentences(WITH_OPTIONS, OPTION_CASES))
    def test_of_an_option_speaks_where_its_sentence_is_broken_and_is_gone_when_that_is_mended(
        self, code: str
    ) -> None:
        path, broken, mended = OPTION_CASES[code]
        assert (code, path) in found(record_with(VA, broken), dictionary=WITH_OPTIONS)
        mended_record = record_with(VA, broken, mended)
        assert code not in {each for each, _ in found(mended_record, dictionary=WITH_OPTIONS)}

    def test_has_a_test(self) -> None:
        assert {edit.code for edit in ABSTRACT.edits} == set(CASES)
        assert {edit.code for edit in WITH_OPTIONS.edits} == {*CASES, *OPTION_CASES}

    def test_has_a_level_a_sentence_and_a_source(self) -> None:
        for edit in WITH_OPTIONS.edits:
            assert edit.citation, edit.code
            assert edit.level in Level
            assert (edit.message.endswith(".") and edit.message[0].isupper()) or edit.message[0] == "{", (
                edit.code
            )

    def test_of_a_fatal_level_cannot_be_overridden(self) -> None:
        assert not [edit.code for edit in ABSTRACT.edits if edit.override and edit.level is Level.FATAL]


class TestACleanRecord:
    @pytest.mark.parametrize(
        "changes", [{}, BABY, MOTHER, DEATH, TWO_UNITS], ids=["stay", "baby", "mother", "death", "transfer"]
    )
    def test_has_no_findings(self, changes: Changes) -> None:
        assert record_findings(ABSTRACT, record_with(changes), NOW) == []

    @pytest.mark.parametrize(
        "changes", [{}, SERVICE, TO_NURSING_HOME], ids=["stay", "services", "nursing home"]
    )
    def test_of_a_facility_with_all_options_has_none_either(self, changes: Changes) -> None:
        assert record_findings(WITH_OPTIONS, record_with(VA, changes), NOW) == []

    def test_of_the_abstract_alone_is_asked_nothing_of_the_options(self) -> None:
        assert not {"means_test", "services.code"} & set(ABSTRACT.by_id)


ITEM_CASES: dict[str, tuple[str, Changes]] = {
    "D001": ("admitted_at", {"admitted_at": "2026-02-30T10:00"}),
    "D002": ("city", {"city": "x" * 51}),
    "D003": ("disposition", {"disposition": "99"}),
    "D004": ("receiving_facility", {"disposition": "03"}),
    "D005": ("sex", {"sex": "/NK"}),
    "D006": ("birth_weight_g", {"birth_weight_g": "99"}),
    "D007": ("autopsy", {"autopsy": "1"}),
    "D008": ("discharged_at", {"discharged_at": "2026-11-22T10:00"}),
    "D009": ("diagnoses[26].code", {"diagnoses[26].code": "I10"}),
    "D010": ("shoe_size", {"shoe_size": "44"}),
    "D012": ("procedures[1].code", {"procedures[1].code": "0000000"}),
}
NOT_OF_THE_ABSTRACT = {"D011", "D013"}  # no item of it is dated, no group has rows that it must have


class TestEachCheckOfAnItem:
    @pytest.mark.parametrize("code", [pytest.param(code, id=CHECKS[code]) for code in ITEM_CASES])
    def test_speaks(self, code: str) -> None:
        path, broken = ITEM_CASES[code]
        assert (code, path) in found(record_with(broken))

    def test_has_a_test(self) -> None:
        assert set(CHECKS) == set(ITEM_CASES) | NOT_OF_THE_ABSTRACT


CLAIMS: dict[str, tuple[str, str, dict[str, object]]] = {
    "INVALID_CODE": ("I214 T814", "", {}),
    "E_CODE_AS_PDX": ("W19XXXA", "", {}),
    "DUPLICATE_OF_PDX": ("I214 I214", "", {}),
    "AGE_CONFLICT": ("I214 A33", "", {}),
    "SEX_CONFLICT": ("O80 Z370", "", {"discharged_on": date(2024, 9, 1), "age": 30, "sex": "M"}),
    "MANIFESTATION_AS_PDX": ("D7581", "", {}),
    "QUESTIONABLE_ADMISSION": ("E669", "", {}),
    "UNACCEPTABLE_PDX": ("Z0000", "", {}),
    "REQUIRES_SDX": ("Z5189", "", {}),
    "NON_COVERED": ("I214", "02FNXZZ", {}),
    "INVALID_AGE": ("I214", "", {"age": 125}),
    "INVALID_DISCHARGE_STATUS": ("I214", "", {"disposition": "99"}),
    "LIMITED_COVERAGE": ("I214", "02YA0Z0", {}),
    "WRONG_PROCEDURE_PERFORMED": ("I214 Y6551", "", {}),
    "INCONSISTENT_WITH_LENGTH_OF_STAY": ("I214", "5A1955Z", {"admitted_on": date(2026, 11, 13)}),
    "UNSPECIFIED": ("I214 S72009A", "", {}),
    "QUESTIONABLE_OBSTETRIC_ADMISSION": ("O82", "10D00Z1", {"age": 30, "sex": "F"}),
    "INVALID_ADMIT_DX": ("I214", "", {"admit_dx": "T814"}),
    "INVALID_POA": ("I214", "", {"dx": (Diagnosis("I214", "Q"),)}),
}
NEVER_RAISED = {"INVALID_SEX"}  # a sex that is not known is put to the editor as unknown, which it takes


class TestEachMedicareCodeEdit:
    @pytest.mark.parametrize(
        "name", [pytest.param(name, id=f"A code that {MCE[name][2]}") for name in CLAIMS]
    )
    def test_speaks(self, name: str) -> None:
        dx, px, more = CLAIMS[name]
        plain = Claim(
            date(2026, 11, 15), tuple(Diagnosis(code, "Y") for code in dx.split()),
            tuple(Procedure(code) for code in px.split()), 65, "M", "01",
        )  # fmt: skip
        assert name in {each.name for each in code_edits(replace(plain, **more)).edits}  # type: ignore[arg-type]

    def test_has_a_test(self) -> None:
        assert set(MCE) == set(CLAIMS) | NEVER_RAISED

    def test_that_may_be_let_stand_is_one_and_looks_at_items_of_the_abstract(self) -> None:
        codes = {finding_code(number, name) for name, (number, _, _) in MCE.items()}
        for row in library().tables[MEDICARE_EDITS].rows:
            assert row.code in codes
            assert set(listed(row.more["looks_at"])) <= set(ABSTRACT.by_id), row.code


class TestConflictsWithTheRegistration:
    def test_a_code_of_the_other_sex_is_a_warning_also_since_the_editor_stopped_looking(self) -> None:
        told = record_findings(
            ABSTRACT, record_with({"diagnoses[2].code": "N400", "diagnoses[2].poa": "Y"}), NOW
        )
        assert [(each.code, each.level, each.field) for each in told] == [
            ("MCE05", Level.WARNING, "diagnoses[2].code")
        ]
        assert found(record_with({"diagnoses[2].code": "N400", "diagnoses[2].poa": "Y", "sex": "M"})) == set()

    def test_a_code_of_another_age_is_told_at_its_row(self) -> None:
        assert ("MCE04", "diagnoses[3].code") in found(
            record_with({"diagnoses[3].code": "O80", "diagnoses[3].poa": "Y"})
        )

    def test_a_finding_about_a_code_points_at_its_row_also_behind_a_gap(self) -> None:
        assert ("MCE01", "diagnoses[5].code") in found(record_with({"diagnoses[5].code": "T814"}))


class TestTheTimeBeforeAdmission:
    @pytest.mark.parametrize(
        ("kind", "payment", "payer", "first"),
        [
            pytest.param("nonfederal", "ipps", "MCR", "2026-10-29", id="Medicare counts three calendar days"),
            pytest.param(
                "nonfederal", "excluded", "MCR", "2026-10-31", id="a hospital outside IPPS counts one"
            ),
            pytest.param(
                "nonfederal", "cah", "MCR", "2026-11-01", id="a critical access hospital counts none"
            ),
            pytest.param(
                "nonfederal", "cah owned", "MCR", "2026-10-29", id="unless another hospital owns it"
            ),
            pytest.param("va", "ipps", "MCR", "2026-10-29", id="VA counts 72 hours whoever pays"),
            pytest.param("va", "cah", "BCX", "2026-10-29", id="and however Medicare would pay"),
            pytest.param(
                "nonfederal", "excluded", "BCX", "2026-10-29", id="other payers have a row of their own"
            ),
            pytest.param(
                "nonfederal", "excluded", "", "2026-10-31", id="a payer of unknown class is taken for any"
            ),
        ],
    )
    def test_is_chosen_by_facility_and_payer(self, kind: str, payment: str, payer: str, first: str) -> None:
        context = replace(NOW, options={"facility_kind": kind, "hospital_payment": payment})
        assert first_day(window_row(context, payer, "2026-11-01"), "2026-11-01T10:00") == first
        before = date.fromordinal(date.fromisoformat(first).toordinal() - 1).isoformat()
        for day, told in ((first, False), (before, True)):
            record = record_with({"payer": payer or "NEW", "procedures[1].date": day})
            assert (("A130", "procedures[1].date") in found(record, context)) is told

    def test_is_that_of_the_day_of_admission(self) -> None:
        assert first_day(window_row(NOW, "MCR", "1990-06-01"), "1990-06-01T10:00") == "1990-05-29"
        row = window_row(NOW, "MCR", "1990-06-01")
        assert row is not None
        assert row.code == "other"

    def test_of_hours_runs_by_the_clock(self) -> None:
        va = TableRow("va", "72 hours", more={"hours": 72})
        assert first_day(va, "2026-11-04T00:30") == "2026-11-01"
        assert first_day(TableRow("x", "10 hours", more={"hours": 10}), "2026-11-04T09:00") == "2026-11-03"
        assert first_day(TableRow("x", "10 hours", more={"hours": 10}), "2026-11-04T10:00") == "2026-11-04"

    def test_every_row_says_where_it_is_from(self) -> None:
        table = library().tables["preadmission_window"]
        assert all(row.citation and row.confirm for row in table.rows)


class TestDays:
    def test_a_same_day_stay_counts_one_day(self) -> None:
        record = record_with({"discharged_at": "2026-11-01T18:00", "movements[1].days": "1", "los_days": "1"})
        assert found(record) == set()

    @pytest.mark.parametrize(
        ("rule", "length", "told"),
        [
            ("every night", "2", False),
            ("every night", "3", True),
            ("vista", "3", False),
            ("no deduction", "4", False),
        ],
    )
    def test_of_leave_count_by_the_facilitys_rule(self, rule: str, length: str, told: bool) -> None:
        away = {
            "movements[1].days": "2", "movements[1].leave_days": "1", "movements[1].pass_days": "1",
            "leave_days": "1", "pass_days": "1", "los_days": length,
        }  # fmt: skip
        context = replace(NOW, options={**NOW.options, "leave_rule": rule})
        assert (("A162", "los_days") in found(record_with(away), context)) is told
        assert ("A160", "movements[1].days") not in found(record_with(away), context)

    def test_midnight_ends_the_day_before_where_the_census_is_taken_then(self) -> None:
        record = record_with({"admitted_at": "2026-11-02T00:00", "movements[1].at": "2026-11-02T00:00"})
        assert ("A160", "movements[1].days") in found(record)
        assert found(record, replace(NOW, options={**NOW.options, "census_hour": "00:00"})) == set()


class TestNotesOfTheTabularList:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("tuberculous enteritis (A18.32)", [Reference("A1832")]),
            ("bacterial foodborne intoxications, NEC (A05.-)", [Reference("A05")]),
            ("toxic effect of noxious foodstuffs (T61-T62)", [Reference("T61", "T62")]),
            ("Escherichia coli infection (A04.0-A04.4)", [Reference("A040", "A044")]),
            ("injury (T80.22-, T80.29-)", [Reference("T8022"), Reference("T8029")]),
            ("poisoning (T36-T65 with fifth character 1)", []),
            ("streptococcal sepsis", []),
        ],
    )
    def test_are_read_where_they_name_codes(self, text: str, expected: list[Reference]) -> None:
        assert list(references(text)) == expected

    def test_say_nothing_where_they_are_not_installed(self) -> None:
        record = record_with({"diagnoses[3].code": "E119", "diagnoses[4].code": "E1065"})
        assert not {"A126", "A127"} & {code for code, _ in found(record, replace(NOW, notes=None))}


class TestADeath:
    def test_of_another_account_is_told(self) -> None:
        assert ("A145", "admitted_at") in found(record_with({"death_date": "2026-10-30"}))

    def test_that_is_registered_after_the_stay_says_nothing_about_it(self) -> None:
        assert found(record_with({"death_date": "2026-11-10"})) == set()


@cache
def paths(dictionary: Dictionary) -> list[str]:
    """Every path of the record, in several rows of its groups."""
    made = []
    for part in dictionary.parts():
        if isinstance(part, Group):
            made += [
                f"{part.id}[{row}].{column.id}" for row in (1, 2, 3, part.rows + 1) for column in part.items
            ]
        else:
            made.append(part.id)
    return made


ODD = ["", "/NA", "/NK", "/X", "0", "1", "-1", "4", "20", "99999999999999999999", "2026-11-01", "2026-11", "2026",
       "0001-01-01", "9999-12-31", "0001-01-01T00:00", "9999-12-31T23:59", "2026-02-30", "2026-11-01T25:00", "I214",
       "Z3800", "O80", "S72001A", "027034Z", "0JH606Z", "X", "\x00", "\ud800", "é", "日本", "٣", "1\n2", "A" * 300,
       "1 2 1", "i21.4", "²"]  # fmt: skip
VALUES = st.one_of(st.sampled_from(ODD), st.text(max_size=12), st.dates().map(str), st.datetimes().map(str))


def random_records(dictionary: Dictionary) -> st.SearchStrategy[dict[str, str]]:
    """Records of any path and any text, some of them near to real ones."""
    some = st.dictionaries(
        st.one_of(st.sampled_from(paths(dictionary)), st.text(max_size=12)), VALUES, max_size=25
    )
    return st.one_of(some, some.map(lambda changes: {**BASE, **changes}))


class TestRandomRecords:
    @settings(max_examples=250, deadline=None)
    @given(random_records(WITH_OPTIONS))
    @example({"diagnoses[1].code": "\ud800", "discharged_at": "2026-11-05T14:30"})
    @example({**BASE, "admitted_at": "0001-01-01T00:00"})
    @example({"diagnoses[1].code": "I214"})
    @example({**BASE, "discharged_at": "", "diagnoses[1].code": "I214", "procedures[1].code": "0SRR0JA"})
    @example(
        {**BASE, "discharged_at": "2026-02-30T10:00", "diagnoses[1].code": "I214", "diagnoses[1].poa": ""}
    )
    @example({**BASE, "sex": "\x00", "disposition": "²", "birth_date": "٢٠٢٦-١١-٠١"})
    def test_never_crash_a_rule(self, record: dict[str, str]) -> None:
        for each in record_findings(WITH_OPTIONS, record, NOW):
            assert isinstance(each, Finding)
            assert "{" not in each.message or "{" in "".join((*record, *record.values()))

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.sampled_from(paths(WITH_OPTIONS)), min_size=1, max_size=12), VALUES)
    def test_of_one_odd_value_everywhere_never_crash_a_rule(self, where: list[str], value: str) -> None:
        record_findings(WITH_OPTIONS, {**BASE, **dict.fromkeys(where, value)}, NOW)


def test_every_item_of_the_abstract_says_what_it_is() -> None:
    for id_, item in ABSTRACT.by_id.items():
        assert item.label
        assert item.type is not ItemType.CODE or item.table, id_
