"""Grouping and code edits against worked examples of MS-DRG v44.0 and against the published edits."""

from __future__ import annotations

from datetime import date

import pytest

from rules import drg
from rules.codes import System
from rules.codes_edits import CodeEdit, edit, findings
from rules.codes_facts import principal_edits, severities, valid_on
from rules.drg import Claim, Diagnosis, Procedure, group
from rules.findings import Level

NOVEMBER = date(2026, 11, 15)


def claim(
    dx: str,
    px: str = "",
    status: str = "01",
    sex: str = "M",
    age: int = 65,
    day: date = NOVEMBER,
    **more: object,
) -> Claim:
    """A claim from words: ``"I21.4 N17.9/N"`` is a principal and a secondary diagnosis with POA N."""
    diagnoses = []
    for word in dx.split():
        code, _, poa = word.partition("/")
        diagnoses.append(Diagnosis(code, poa or "Y"))
    procedures = tuple(Procedure(code) for code in px.split())
    return Claim(day, tuple(diagnoses), procedures, age, sex, status, **more)  # type: ignore[arg-type]


WORKED = [
    # diagnoses, procedures, status, sex, age, final DRG
    ("I21.4", "", "01", "M", 65, "282"),
    ("I21.4 E11.65", "", "01", "M", 65, "282"),
    ("I21.4 N17.9", "", "01", "M", 65, "281"),
    ("I21.4 J96.01", "", "01", "M", 65, "280"),
    ("I21.4 I50.21", "", "01", "M", 65, "280"),
    ("I21.4 J96.01", "", "20", "M", 65, "283"),
    ("I21.4", "", "20", "M", 65, "285"),
    ("I21.4 I46.9", "", "20", "M", 65, "285"),
    ("I21.4 I21.09", "", "01", "M", 65, "282"),
    ("A41.9", "", "01", "M", 65, "872"),
    ("A41.9 R65.21 J96.01", "", "01", "M", 65, "871"),
    ("A41.9 R65.21 J96.01", "5A1955Z", "01", "M", 65, "870"),
    ("M16.11", "0SR90JZ", "01", "M", 65, "470"),
    ("M16.11 J96.01", "0SR90JZ", "01", "M", 65, "469"),
    ("S72.001A", "0SR90JZ", "01", "M", 65, "522"),
    ("O82 Z37.0 Z3A.39", "10D00Z1", "01", "F", 30, "788"),
    ("O80 Z37.0", "10E0XZZ", "01", "F", 30, "807"),
    ("Z38.00", "", "01", "M", 0, "795"),
    ("Z38.00 P59.9", "", "01", "M", 0, "795"),
    ("Z38.00 P22.0", "", "01", "M", 0, "790"),
    ("Z38.00 P07.18 P07.39", "", "01", "M", 0, "792"),
    ("I11.0 I50.23", "", "01", "M", 65, "291"),
    ("I25.10", "027034Z", "01", "M", 65, "322"),
    ("I21.02 J96.01", "027034Z", "01", "M", 65, "321"),
    ("J18.9 L89.154/Y", "", "01", "M", 65, "193"),
    ("J18.9 L89.154/N", "", "01", "M", 65, "195"),
    ("J18.9 L89.154/U", "", "01", "M", 65, "195"),
    ("J18.9 L89.154/W", "", "01", "M", 65, "193"),
    ("J18.9", "0DTJ4ZZ", "01", "M", 65, "983"),
    ("O80", "", "01", "M", 30, "998"),
    ("V00.01XA", "", "01", "M", 65, "999"),
]


class TestWorkedExamples:
    @pytest.mark.parametrize(("dx", "px", "status", "sex", "age", "expected"), WORKED)
    def test_the_published_drg_is_reached_in_v44_and_in_v43_1(
        self, dx: str, px: str, status: str, sex: str, age: int, expected: str
    ) -> None:
        for day, version in ((NOVEMBER, "44.0"), (date(2026, 5, 1), "43.1")):
            grouping = group(claim(dx, px, status, sex, age, day))
            assert (grouping.drg, grouping.version) == (expected, version)

    def test_a_code_is_the_same_with_or_without_its_dot_and_in_lower_case(self) -> None:
        assert group(claim("i214 j9601")) == group(claim("I21.4 J96.01"))

    def test_a_hospital_acquired_condition_loses_its_weight_and_the_initial_drg_shows_it(self) -> None:
        grouping = group(claim("J18.9 L89.154/N"))
        assert (grouping.initial_drg, grouping.drg, grouping.hac_reduced) == ("193", "195", True)
        ulcer = grouping.dx[1]
        assert (ulcer.severity, ulcer.hac, ulcer.hac_title) == ("MCC", 4, "Stage III and IV Pressure Ulcers")
        assert ulcer.counts == ""

    def test_a_hospital_exempt_from_poa_keeps_the_weight(self) -> None:
        grouping = group(claim("J18.9 L89.154/N", poa_exempt=True))
        assert (grouping.drg, grouping.hac_reduced) == ("193", False)

    def test_a_code_that_cannot_be_principal_is_ungroupable_with_the_reason(self) -> None:
        grouping = group(claim("V00.01XA"))
        assert (grouping.return_code, grouping.title) == ("DX_CANNOT_BE_PDX", "Ungroupable")
        assert grouping.notice == "This code cannot be a principal diagnosis."


class TestMarks:
    def test_the_driving_code_and_the_excluded_code_are_told_apart(self) -> None:
        principal, excluded, driving = group(claim("I21.4 I21.09 J96.01")).dx
        assert (excluded.severity, excluded.excluded, excluded.drives, excluded.counts) == (
            "MCC",
            True,
            False,
            "",
        )
        assert (driving.severity, driving.excluded, driving.drives, driving.counts) == (
            "MCC",
            False,
            True,
            "MCC",
        )
        assert principal.code == "I214"

    def test_an_mcc_that_counts_only_for_survivors_is_marked_when_the_patient_died(self) -> None:
        arrest = group(claim("I21.4 I46.9", status="20")).dx[1]
        assert arrest.death_excluded
        assert arrest.counts == ""

    def test_the_order_of_the_claim_is_kept_and_a_repeated_code_answered_twice(self) -> None:
        grouping = group(claim("I21.4 N17.9 J96.01 E11.65 J96.01"))
        assert [each.code for each in grouping.dx] == ["I214", "N179", "J9601", "E1165", "J9601"]
        assert [each.severity for each in grouping.dx[1:]] == ["CC", "MCC", "", "MCC"]

    def test_only_operating_room_procedures_carry_the_mark(self) -> None:
        grouping = group(claim("J18.9", "0DTJ4ZZ 3E0G76Z 5A1955Z B2111ZZ XXXXXXX 0SR90JZ 02YA0Z0"))
        marked = [each.code for each in grouping.px if each.operating_room]
        assert marked == ["0DTJ4ZZ", "0SR90JZ", "02YA0Z0"]

    def test_an_unknown_code_is_not_valid_and_weighs_nothing(self) -> None:
        unknown = group(claim("I21.4 ZZZ.9")).dx[1]
        assert (unknown.valid, unknown.severity) == (False, "")


class TestWhatCannotBeGrouped:
    @pytest.mark.parametrize(
        ("broken", "words"),
        [
            (Claim(None, (Diagnosis("I214"),), (), 65, "M", "01"), "discharge date"),
            (Claim(NOVEMBER, (), (), 65, "M", "01"), "principal diagnosis"),
            (Claim(NOVEMBER, (Diagnosis("I214"),), (), None, "M", "01"), "age"),
            (Claim(NOVEMBER, (Diagnosis("I214"),), (), 65, "M", ""), "disposition"),
        ],
    )
    def test_what_is_missing_is_named(self, broken: Claim, words: str) -> None:
        grouping = group(broken)
        assert grouping.drg == ""
        assert words in grouping.notice

    @pytest.mark.parametrize("day", [date(2027, 4, 1), date(2022, 9, 30), date(2014, 1, 1)])
    def test_a_discharge_outside_the_installed_versions_is_refused_and_not_guessed(self, day: date) -> None:
        grouping = group(claim("I21.4", day=day))
        assert grouping.drg == ""
        assert f"not {day:%m/%d/%Y}" in grouping.notice

    def test_the_edits_expire_with_the_engine_too(self) -> None:
        edited = edit(claim("I21.4", day=date(2027, 4, 1)))
        assert edited.edits == ()
        assert "03/31/2027" in edited.notice

    def test_an_unknown_sex_groups_where_sex_does_not_matter(self) -> None:
        assert group(claim("I21.4", sex="X")).drg == "282"


def edits_of(subject: Claim) -> list[tuple[int, str, int, str]]:
    return [(each.number, each.part, each.row, each.code) for each in edit(subject).edits]


class TestEdits:
    def test_an_external_cause_as_principal_is_edit_2(self) -> None:
        assert edits_of(claim("V00.01XA")) == [(2, "dx", 1, "V0001XA")]

    def test_each_code_is_named_beside_its_own_edit(self) -> None:
        subject = claim("I21.4 ZZ9.9 E11.65 I21.4 S72.009A O80", "0SR90JZ 9999999")
        assert edits_of(subject) == [
            (1, "dx", 2, "ZZ99"),
            (3, "dx", 4, "I214"),
            (20, "dx", 5, "S72009A"),
            (4, "dx", 6, "O80"),
            (1, "px", 2, "9999999"),
        ]

    def test_a_code_entered_twice_is_named_twice(self) -> None:
        assert edits_of(claim("I21.4 ZZ9.9 ZZ9.9")) == [(1, "dx", 2, "ZZ99"), (1, "dx", 3, "ZZ99")]

    def test_a_caesarean_without_an_outcome_of_delivery_is_questioned(self) -> None:
        subject = claim("O82 Z3A.39", "10D00Z1", sex="F", age=30)
        assert [(each.name, each.part) for each in edit(subject).edits] == [
            ("QUESTIONABLE_OBSTETRIC_ADMISSION", "px")
        ]
        assert edits_of(claim("O82 Z37.0 Z3A.39", "10D00Z1", sex="F", age=30)) == []

    def test_an_edit_that_only_a_combination_raises_names_the_procedure(self) -> None:
        assert edits_of(claim("I21.4 Z30.2", "0UL70ZZ", sex="F", age=40)) == [(11, "px", 1, "0UL70ZZ")]
        assert edits_of(claim("I21.4", "0UL70ZZ", sex="F", age=40)) == []

    def test_sex_conflicts_are_off_since_october_2024_and_on_before(self) -> None:
        assert edits_of(claim("O80 Z37.0", sex="M", age=30)) == []
        before = edits_of(claim("O80 Z37.0", sex="M", age=30, day=date(2024, 9, 30)))
        assert (5, "dx", 1, "O80") in before

    def test_an_age_beyond_124_and_an_unknown_disposition_belong_to_the_claim(self) -> None:
        assert [
            number for number, part, *_ in edits_of(claim("I21.4", status="99", age=130)) if part == ""
        ] == [
            14,
            16,
        ]

    def test_a_missing_age_or_disposition_raises_no_edit_about_it(self) -> None:
        subject = Claim(NOVEMBER, (Diagnosis("I214"), Diagnosis("O80")), (), None, "M", "")
        assert edit(subject).edits == ()

    def test_an_invalid_admitting_diagnosis_is_named(self) -> None:
        assert edits_of(claim("I21.4", admit_dx="ZZ9.9")) == [(1, "admit_dx", 1, "ZZ99")]

    def test_a_poa_that_is_none_of_the_indicators_is_named(self) -> None:
        assert [(each.name, each.row) for each in edit(claim("I21.4 N17.9/X E11.65/1")).edits] == [
            ("INVALID_POA", 2)
        ]

    @pytest.mark.parametrize(("days", "fires"), [(0, False), (1, True), (4, True), (5, False), (30, False)])
    def test_long_ventilation_is_questioned_on_stays_of_one_to_four_days(
        self, days: int, fires: bool
    ) -> None:
        subject = claim("J96.01", "5A1955Z", admitted_on=date.fromordinal(NOVEMBER.toordinal() - days))
        assert ((19, "px", 1, "5A1955Z") in edits_of(subject)) is fires

    def test_the_engines_own_length_of_stay_edit_which_looks_at_the_age_is_not_heard(self) -> None:
        toddler = claim("J96.01", "5A1955Z", age=3, admitted_on=date(2026, 10, 1))
        assert edits_of(toddler) == []

    def test_a_finding_points_at_the_field_of_its_code(self) -> None:
        found = edit(claim("I21.4 S72.009A")).edits
        (finding,) = findings(found, {"dx": "diagnoses[{row}].code"})
        assert (finding.level, finding.code, finding.field) == (Level.WARNING, "MCE20", "diagnoses[2].code")
        assert finding.message.startswith("S72.009A leaves the side unspecified")

    def test_a_finding_about_the_claim_points_at_no_field(self) -> None:
        (finding,) = findings([CodeEdit(14, "INVALID_AGE", Level.ERROR, "The age is out of range.")], {})
        assert finding.field == ""


class TestCodes:
    def test_validity_goes_by_the_discharge_date(self) -> None:
        assert valid_on("I42.0", System.CM, date(2026, 9, 30)) is True
        assert valid_on("I42.0", System.CM, date(2026, 10, 1)) is False
        assert valid_on("I42.00", System.CM, date(2026, 10, 1)) is True
        assert valid_on("0SR90JZ", System.PCS, NOVEMBER) is True

    def test_nothing_is_said_about_days_beyond_the_engine(self) -> None:
        assert valid_on("I21.4", System.CM, date(2027, 4, 1)) is None
        assert valid_on("I21.4", System.CM, date(2015, 9, 30)) is None

    def test_severity_and_principal_lists_come_from_the_engine(self) -> None:
        assert severities(["J9601", "N179", "E1165"], 440) == {"J9601": "MCC", "N179": "CC"}
        assert principal_edits("Z3A39", NOVEMBER) == {"UNACCEPTABLE_PDX"}

    def test_the_engine_opens_again_after_it_was_closed(self) -> None:
        drg.close()
        assert group(claim("I21.4")).drg == "282"
