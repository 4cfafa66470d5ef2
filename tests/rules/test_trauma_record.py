"""The trauma registry record: nulls and their cascades, scores as derived items, edits over its sections."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.data_sets import library
from rules.dictionary import Context, Group, is_null
from rules.edits import computed, findings
from rules.records import decode, items, null_values

TRAUMA = library().of("trauma")
NOW = Context(now="2026-11-21T10:00", tables=library().tables)

CASE = {
    "mrn": "00123456", "ntds": "1", "tqip": "0", "home_zip": "99501", "birth_date": "1996-05-01",
    "races[1].code": "6", "ethnicity": "2", "sex": "1", "incident_date": "2026-11-01", "incident_time": "08:10",
    "work_related": "0", "primary_cause": "V4352XA", "place_code": "Y92411", "additional_causes[1].code": "/NA",
    "mechanism_type": "BLUNT", "incident_zip": "99501", "protective_devices[1].code": "2",
    "airbags[1].code": "/NA", "transport_mode": "1", "other_transports[1].code": "/NA",
    "interfacility_transfer": "0", "dispatch_date": "2026-11-01", "dispatch_time": "08:12",
    "scene_arrival_date": "2026-11-01", "scene_arrival_time": "08:20", "scene_departure_date": "2026-11-01",
    "scene_departure_time": "08:35", "triage_criteria[1].code": "16", "highest_activation": "0",
    "arrival_date": "2026-11-01", "arrival_time": "08:50", "sbp": "118", "pulse": "96", "temperature": "36.4",
    "rr": "18", "respiratory_assistance": "1", "spo2": "97", "supplemental_oxygen": "1", "gcs_eye": "4",
    "gcs_verbal": "5", "gcs_motor": "6", "gcs_total": "15", "gcs_qualifiers[1].code": "4",
    "drug_screen[1].code": "15", "alcohol_screen": "0", "ed_disposition": "1", "ed_order_date": "2026-11-01",
    "ed_order_time": "10:00", "ed_exit_date": "2026-11-01", "ed_exit_time": "10:40", "signs_of_life": "1",
    "procedures[1].code": "/NA", "diagnoses[1].code": "S065X0A", "diagnoses[2].code": "S2241XA",
    "injuries[1].predot": "140652", "injuries[1].severity": "4", "injuries[1].region": "1",
    "injuries[1].version": "05", "injuries[2].predot": "450203", "injuries[2].severity": "3",
    "injuries[2].region": "3", "injuries[2].version": "05", "icu_days": "/NA", "vent_days": "/NA",
    "discharge_order_date": "2026-11-04", "discharge_order_time": "09:00", "discharge_date": "2026-11-04",
    "discharge_time": "11:00", "hospital_disposition": "6", "payment": "4",
}  # fmt: skip


def a_case(changes: dict[str, str] | None = None) -> dict[str, str]:
    """A complete record: what ``CASE`` and ``changes`` leave open is not known, or No."""
    record = {**CASE, **(changes or {})}
    for part in TRAUMA.parts():
        if not isinstance(part, Group) and part.required and part.id not in record:
            yes_no_list = part.id.startswith(("pre_", "event_"))
            record[part.id] = "0" if yes_no_list else "/NK" if "NK" in part.nulls else "/NA"
    record |= null_values(TRAUMA, record)
    return {path: value for path, value in record.items() if value}


def found(changes: dict[str, str]) -> set[tuple[str, str]]:
    return {(each.code, each.field) for each in findings(TRAUMA, a_case(changes), NOW)}


class TestTheDataSet:
    def test_covers_all_sections_of_the_standard(self):
        assert {section.id for section in TRAUMA.sections} >= {
            "demographic", "injury", "prehospital", "emergency", "procedures", "injury_scores", "outcome", "financial",
            "conditions", "events", "processes",
        }  # fmt: skip
        assert sum(item.standard.startswith("NTDS ") for item in TRAUMA.by_id.values()) >= 110

    def test_has_the_30_conditions_and_21_hospital_events(self):
        assert sum(id_.startswith("pre_") for id_ in TRAUMA.by_id) == 30
        assert sum(id_.startswith("event_") for id_ in TRAUMA.by_id) == 21

    def test_value_lists_that_were_not_compared_with_the_standard_say_so(self):
        silent = [
            id_
            for id_, item in TRAUMA.by_id.items()
            if item.table and not item.confirm and any(row.confirm for row in NOW.tables[item.table].rows)
        ]
        assert silent == []


class TestACompleteCase:
    def test_has_no_findings(self):
        assert findings(TRAUMA, a_case(), NOW) == []

    def test_carries_its_scores(self):
        scores = computed(TRAUMA, a_case(), NOW)
        assert scores == {
            "age_years": "30", "ed_minutes": "110", "iss": "25", "niss": "25", "rts": "7.8408",
            "triage_rts": "12", "ps": "0.978159", "ps_set": "mtos-1995", "shock_index": "0.81", "gap": "22",
            "mgap": "27", "los_days": "4",
        }  # fmt: skip

    def test_goes_to_the_lists_item_by_item(self):
        record = a_case()
        rows = {(row.item, row.seq): row for row in items(TRAUMA, record | computed(TRAUMA, record, NOW))}
        assert rows["iss", 0].number == 25
        assert rows["ps", 0].number == 0.978159
        assert rows["injuries.severity", 2].text == "3"
        assert rows["icu_days", 0].null_code == "NA"
        assert decode(TRAUMA, NOW.tables, "ed_disposition", "8") == "Intensive care unit"


class TestScoresOfARecord:
    @pytest.mark.parametrize(
        ("changes", "item", "value"),
        [
            ({"intubated_on_arrival": "1"}, "rts", "/NK"),
            ({"intubated_on_arrival": "1"}, "ps", "/NK"),
            ({"gcs_total": "/NK"}, "rts", "7.8408"),
            ({"gcs_total": "14"}, "rts", "/NK"),
            ({"gcs_total": "/NK", "gcs_eye": "/NK"}, "rts", "/NK"),
            ({"sbp": ""}, "rts", ""),
            ({"sbp": "/NK"}, "shock_index", "/NK"),
            ({"mechanism_type": "BURN"}, "ps", "/NK"),
            ({"injuries[2].severity": "9"}, "iss", "16"),
            ({"injuries[2].severity": "/NK"}, "iss", "/NK"),
            ({"injuries[1].severity": "9", "injuries[2].severity": "9"}, "iss", "/NK"),
            ({"injuries[1].severity": "6"}, "iss", "75"),
            ({"injuries[2].region": "1"}, "iss", "16"),
            ({"injuries[2].region": "1"}, "niss", "25"),
            ({"birth_date": "/NK", "age": "55", "age_units": "4"}, "ps", "0.886843"),
            ({"birth_date": "/NK", "age": "30", "age_units": "3"}, "age_years", "2"),
            ({"birth_date": "/NK", "age": "20", "age_units": "1"}, "age_years", "0"),
            ({"birth_date": "/NK"}, "ps", "/NK"),
        ],
    )
    def test_are_unknown_when_an_input_is(self, changes, item, value):
        assert computed(TRAUMA, {**CASE, **changes}, NOW)[item] == value

    def test_are_blank_before_anything_is_entered(self):
        assert set(computed(TRAUMA, {}, NOW).values()) == {""}

    def test_follow_the_coefficients_that_the_site_has_chosen(self):
        context = Context(now=NOW.now, tables=NOW.tables, options={"triss_set": "mtos-1990"})
        scores = computed(TRAUMA, CASE, context)
        assert scores["ps_set"] == "mtos-1990"
        assert scores["ps"] != "0.978159"


class TestCascades:
    @pytest.mark.parametrize(
        ("changes", "nulls"),
        [
            ({"work_related": "0"}, ["industry", "occupation"]),
            ({"alcohol_screen": "0"}, ["alcohol_result"]),
            (
                {"ed_disposition": "5"},
                ["discharge_date", "discharge_time", "hospital_disposition", "icu_days"],
            ),
            ({"ed_disposition": "9"}, ["icu_days", "vent_days", "hospital_disposition"]),
            ({"transport_mode": "4"}, ["dispatch_date", "dispatch_time", "field_sbp", "ems_uuid"]),
            ({"tqip": "0"}, ["tbi_gcs_total", "vte_type", "vte_date", "vte_time", "withdrawal_time"]),
            ({"procedures[1].code": "/NA"}, ["procedures[1].date", "procedures[1].time"]),
            ({"protective_devices[1].code": "7"}, ["child_restraint"]),
            ({"home_zip": "99501"}, ["home_state", "home_county", "home_city"]),
        ],
    )
    def test_set_not_applicable_by_themselves(self, changes, nulls):
        settled = null_values(TRAUMA, {**CASE, **changes})
        assert {settled.get(path) for path in nulls} == {"/NA"}

    def test_an_unknown_date_makes_its_time_unknown(self):
        assert null_values(TRAUMA, {**CASE, "dispatch_date": "/NK"})["dispatch_time"] == "/NK"

    def test_an_admitted_patient_is_asked_for_the_discharge(self):
        settled = null_values(TRAUMA, {**CASE, "ed_disposition": "7"})
        assert "hospital_disposition" not in settled

    def test_a_value_where_the_cascade_rules_it_out_is_found(self):
        record = a_case() | {"occupation": "3"}
        assert [(each.code, each.field) for each in findings(TRAUMA, record, NOW)] == [("D007", "occupation")]


class TestEdits:
    @pytest.mark.parametrize(
        ("changes", "code", "path"),
        [
            ({"races[1].code": ""}, "T1101", "races[1].code"),
            ({"diagnoses[2].code": "S065X0A"}, "T1103", "diagnoses[2].code"),
            ({"pre_copd": "/NK"}, "T1106", "pre_copd"),
            ({"pre_copd": "/NA"}, "D005", "pre_copd"),
            ({"event_vap": "/NK"}, "T1107", "event_vap"),
            ({"diagnoses[1].code": "S0081XA", "diagnoses[2].code": "I10"}, "T1201", "diagnoses[1].code"),
            ({"diagnoses[1].code": "S065X0D", "diagnoses[2].code": "S2241XS"}, "T1201", "diagnoses[1].code"),
            ({"incident_date": "2026-10-17"}, "T1202", "incident_date"),
            ({"ntds": "0", "tqip": "1"}, "T1203", "tqip"),
            ({"primary_cause": "Y92411"}, "T1301", "primary_cause"),
            ({"place_code": "V4352XA"}, "T1302", "place_code"),
            ({"injuries[2].region": "5"}, "T1305", "injuries[2].region"),
            ({"injuries[2].predot": "12345"}, "D006", "injuries[2].predot"),
            ({"local_iss": "28"}, "T1306", "local_iss"),
            ({"local_iss": "29"}, "T1307", "local_iss"),
            ({"birth_date": "2026-11-02"}, "T1401", "incident_date"),
            ({"scene_arrival_time": "08:11"}, "T1402", "scene_arrival_date"),
            ({"incident_time": "08:51"}, "T1403", "arrival_date"),
            ({"scene_departure_time": "08:51"}, "T1404", "arrival_date"),
            ({"ed_exit_time": "08:49"}, "T1405", "ed_exit_date"),
            ({"discharge_date": "2026-10-31"}, "T1407", "discharge_date"),
            (
                {"procedures[1].code": "0WJG0ZZ", "procedures[1].date": "2026-11-05"},
                "T1409",
                "discharge_date",
            ),
            ({"gcs_total": "14"}, "T1503", "gcs_total"),
            ({"gcs40_eye": "4"}, "T1504", "gcs40_eye"),
            ({"temperature": "43.5"}, "T1513", "temperature"),
            ({"drug_screen[1].code": "/NA", "drug_screen[2].code": "4"}, "T1108", "drug_screen[1].code"),
            ({"drug_screen[2].code": "4"}, "T1608", "drug_screen[1].code"),
            ({"gcs_qualifiers[2].code": "3"}, "T1515", "gcs_qualifiers[1].code"),
            ({"age": "31", "age_units": "4"}, "T1601", "age"),
            ({"icu_days": "5"}, "T1602", "icu_days"),
            ({"injuries[1].severity": "6"}, "T1604", "injuries[1].severity"),
            ({"event_vap": "1"}, "T1606", "event_vap"),
            ({"pre_pregnancy": "1"}, "T1609", "pre_pregnancy"),
            ({"sex": "9"}, "D003", "sex"),
            ({"arrival_date": ""}, "D004", "arrival_date"),
        ],
    )
    def test_find_what_they_name(self, changes, code, path):
        assert (code, path) in found(changes)

    def test_burns_qualify_where_the_year_or_state_says_so(self):
        burn = a_case({"diagnoses[1].code": "T2220XA", "diagnoses[2].code": ""})
        option = Context(now=NOW.now, tables=NOW.tables, options={"ntds_burns": "1"})
        assert "T1201" in {each.code for each in findings(TRAUMA, burn, NOW)}
        assert "T1201" not in {each.code for each in findings(TRAUMA, burn, option)}

    def test_an_isolated_hip_fracture_qualifies(self):
        hip = {"diagnoses[1].code": "S72141A", "diagnoses[2].code": ""}
        assert "T1201" not in {code for code, _ in found(hip)}

    def test_a_third_sex_value_came_in_2024(self):
        assert ("D003", "sex") not in found({"sex": "3"})
        earlier = {"arrival_date": "2023-11-01", "incident_date": "2023-11-01", "sex": "3"}
        assert ("D003", "sex") in found(earlier)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*CASE, *(id_ for id_ in TRAUMA.by_id if "." not in id_)]),
        st.one_of(
            st.sampled_from(["", "/NA", "/NK", "1", "9", "-5", "0001-01-01", "25:00"]), st.text(max_size=9)
        ),
        max_size=12,
    )
)
def test_bad_data_never_raise(changes):
    record = {**CASE, **changes}
    for each in findings(TRAUMA, record, NOW):
        assert each.message
    for value in computed(TRAUMA, record, NOW).values():
        assert value == "" or is_null(value) or value.isprintable()
