"""The edit evaluator on the discharge abstract and on small dictionaries."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.data_sets import library
from config.dictionary_reader import read_dictionary
from rules.dictionary import Condition, Context, Dictionary, is_null, row_path, split_path
from rules.edits import findings
from rules.findings import Level
from rules.records import View, choices, decode, items, not_asked, null_values
from rules.tables import CodeTable, TableRow

ABSTRACT = library().of("abstract")
TABLES = library().tables
NOW = Context(
    now="2026-11-21T10:00",
    tables=TABLES,
    diagnosis_valid=lambda code, day: code != "Z9999",
    procedure_valid=lambda code, day: True,
    poa_exempt=lambda code, day: code.startswith("Z"),
)


def an_abstract(**changes: str) -> dict[str, str]:
    record = {
        "mrn": "00123456", "last_name": "Doe", "first_name": "Jo", "birth_date": "1950-02-28", "sex": "F",
        "races[1].code": "2106-3", "ethnicity": "2186-5", "country": "US", "zip": "99501", "account": "A1",
        "admitted_at": "2026-11-01T10:00", "priority": "1", "point_of_origin": "1", "payer": "MCR",
        "hospice_claim": "0", "attending": "P1", "operating": "P2", "discharged_at": "2026-11-05T14:30",
        "disposition": "01", "admitting_diagnosis": "R079",
        "diagnoses[1].code": "I214", "diagnoses[1].poa": "Y", "diagnoses[2].code": "Z7901",
        "procedures[1].code": "027034Z", "procedures[1].date": "2026-11-01", "procedures[1].surgeon": "P2",
    }  # fmt: skip
    return {path: value for path, value in (record | changes).items() if value}


def with_paths(changes: dict[str, str]) -> dict[str, str]:
    return {path: value for path, value in (an_abstract() | changes).items() if value}


def found(record: dict[str, str], context: Context = NOW) -> set[tuple[str, str]]:
    return {(each.code, each.field) for each in findings(ABSTRACT, record, context)}


def a_dictionary(body: str, edits: str = "") -> Dictionary:
    text = f"""
id = "small"
title = "Small"
version = "1"
word = "SML"
dated_by = "on"

[[section]]
id = "all"
title = "All"

[[section.item]]
id = "on"
label = "On"
type = "date"
{body}
{edits}"""
    dictionary, mistakes = read_dictionary(text, "small.toml", TABLES)
    assert mistakes == []
    assert dictionary is not None
    return dictionary


class TestACleanAbstract:
    def test_has_no_findings(self):
        assert findings(ABSTRACT, an_abstract(), NOW) == []

    def test_a_blank_record_asks_for_every_required_item_once(self):
        missing = [each.field for each in findings(ABSTRACT, {}, NOW)]
        assert {"sex", "disposition", "diagnoses[1].code", "attending"} <= set(missing)
        assert len(missing) == len(set(missing))


class TestAnItem:
    @pytest.mark.parametrize(
        ("path", "value", "code"),
        [
            ("birth_date", "1950-02-30", "D001"),
            ("admitted_at", "2026-11-01", "D001"),
            ("hospice_claim", "Y", "D001"),
            ("birth_weight_g", "3 kg", "D001"),
            ("diagnoses[1].code", "I21.4", "D001"),
            ("procedures[1].code", "027O34Z", "D001"),
            ("last_name", "a\x1b[31mb", "D001"),
            ("last_name", "x" * 61, "D002"),
            ("state", "ALA", "D002"),
            ("disposition", "99", "D003"),
            ("sex", "", "D004"),
            ("sex", "/NK", "D005"),
            ("birth_weight_g", "99", "D006"),
            ("birth_date", "1801-01-01", "D006"),
            ("autopsy", "1", "D007"),
            ("birth_date", "2027-01-01", "D008"),
            ("diagnoses[26].code", "I10", "D009"),
            ("shoe_size", "44", "D010"),
            ("diagnoses[2].code", "Z9999", "D012"),
        ],
    )
    def test_is_checked(self, path, value, code):
        assert (code, path) in found(with_paths({path: value}))

    def test_a_birth_date_may_be_a_year(self):
        assert findings(ABSTRACT, an_abstract(birth_date="1950"), NOW) == []

    def test_a_value_is_looked_up_on_the_day_of_the_record(self):
        planned = {"disposition": "81"}
        before = {
            "admitted_at": "2012-11-01T10:00", "discharged_at": "2012-11-05T10:00",
            "procedures[1].date": "2012-11-02",
        }  # fmt: skip
        assert found(with_paths(planned)) == set()
        assert ("D003", "disposition") in found(with_paths(planned | before))

    def test_a_newborns_point_of_origin_has_its_own_list(self):
        baby = {
            "priority": "4", "point_of_origin": "5", "birth_date": "2026-11-01", "birth_weight_g": "3400",
            "diagnoses[1].code": "Z3800", "diagnoses[1].poa": "",
        }  # fmt: skip
        assert found(with_paths(baby)) == set()
        assert ("D003", "point_of_origin") in found(with_paths(baby | {"point_of_origin": "1"}))
        assert decode(ABSTRACT, TABLES, "point_of_origin", "5", baby) == "Born inside this hospital"
        assert [row.code for row in choices(ABSTRACT, TABLES, "point_of_origin", "", baby, "", 9)] == [
            "5",
            "6",
        ]

    def test_an_item_is_asked_only_while_it_is_collected(self):
        dictionary = a_dictionary(
            '[[section.item]]\nid = "new"\nlabel = "New"\nrequired = true\nvalid_from = "2026-01-01"'
        )
        assert findings(dictionary, {"on": "2025-12-31"}, NOW) == []
        assert [each.code for each in findings(dictionary, {"on": "2026-01-01"}, NOW)] == ["D004"]
        assert [each.code for each in findings(dictionary, {"on": "2025-12-31", "new": "x"}, NOW)] == ["D011"]

    def test_a_site_list_that_is_not_at_hand_checks_nothing(self):
        providers = CodeTable("site.providers", "Providers", (TableRow("P1", "Dr. One"),))
        context = Context(now=NOW.now, tables={**TABLES, "site.providers": providers})
        assert found(an_abstract(), Context(now=NOW.now, tables=TABLES)) == {("A120", "diagnoses[2].poa")}
        assert ("D003", "operating") in found(an_abstract(), context)


class TestEditsOfTheAbstract:
    @pytest.mark.parametrize(
        ("changes", "code", "path"),
        [
            ({"admitted_at": "2026-11-06T10:00"}, "A101", "discharged_at"),
            ({"birth_date": "2026-11-02"}, "A101", "admitted_at"),
            ({"diagnoses[1].code": "", "diagnoses[1].poa": ""}, "A110", "diagnoses[1].code"),
            ({"diagnoses[4].code": "I10", "diagnoses[4].poa": "Y"}, "A111", "diagnoses[3].code"),
            ({"diagnoses[2].code": "I214", "diagnoses[2].poa": "Y"}, "A112", "diagnoses[2].code"),
            ({"diagnoses[1].poa": ""}, "A120", "diagnoses[1].poa"),
            ({"diagnoses[2].poa": "Y"}, "A121", "diagnoses[2].poa"),
            ({"diagnoses[1].poa": "1"}, "A121", "diagnoses[1].poa"),
            ({"diagnoses[1].poa": "U"}, "A122", "diagnoses[1].poa"),
            ({"procedures[1].date": "2026-10-28"}, "A130", "procedures[1].date"),
            ({"procedures[1].date": "2026-11-06"}, "A130", "procedures[1].date"),
            ({"disposition": "41"}, "A140", "disposition"),
            ({"disposition": "30"}, "A141", "disposition"),
            ({"disposition": "20"}, "D004", "died_at"),
            ({"disposition": "20"}, "D004", "autopsy"),
            ({"priority": "4", "point_of_origin": "5"}, "D004", "birth_weight_g"),
            ({"birth_weight_g": "3400"}, "A152", "birth_weight_g"),
        ],
    )
    def test_find_what_they_name(self, changes, code, path):
        assert (code, path) in found(with_paths(changes))

    def test_a_procedure_in_the_three_days_before_admission_belongs_to_the_stay(self):
        assert found(with_paths({"procedures[1].date": "2026-10-29"})) == set()

    def test_the_window_is_the_sites(self):
        context = Context(now=NOW.now, tables=TABLES, options={"hospital_payment": "excluded"})
        record = with_paths({"procedures[1].date": "2026-10-30", "diagnoses[2].poa": "1"})
        assert ("A130", "procedures[1].date") in found(record, context)

    def test_a_death_is_complete_with_time_autopsy_and_coroner(self):
        death = {"disposition": "20", "died_at": "2026-11-05T14:00", "autopsy": "0", "coroner": "1"}
        assert found(with_paths(death)) == set()
        assert ("A103", "discharged_at") in found(with_paths(death | {"died_at": "2026-11-04T14:00"}))
        assert ("A102", "discharged_at") in found(with_paths(death | {"died_at": "2026-11-05T14:31"}))

    def test_one_operation_done_twice_on_different_days_is_no_duplicate(self):
        again = {
            "procedures[2].code": "027034Z",
            "procedures[2].date": "2026-11-02",
            "procedures[2].surgeon": "P2",
        }
        assert found(with_paths(again)) == set()
        assert found(with_paths(again | {"procedures[2].date": "2026-11-01"})) == {
            ("A114", "procedures[2].code")
        }

    def test_messages_say_what_to_do_and_the_worst_comes_first(self):
        record = with_paths({"admitted_at": "2026-11-06T10:00", "diagnoses[1].poa": "U", "disposition": "99"})
        listed = findings(ABSTRACT, record, NOW)
        assert [each.level for each in listed] == sorted((each.level for each in listed), key=[*Level].index)
        assert listed[0].message.startswith("Discharged is before Admitted: ")
        assert all(each.message.endswith((".", "?")) and "{" not in each.message for each in listed)


class TestDependentNulls:
    CHAIN = a_dictionary(
        "\n".join(
            f'[[section.item]]\nid = "{id_}"\nlabel = "{id_}"\ntype = "yes-no"\nnulls = ["NA", "NK"]\n{when}'
            for id_, when in (
                ("third", 'null_when = { NA = "second in /NA" }'),
                ("second", 'null_when = { NA = "first in 0", NK = "first in /NK" }'),
                ("first", "required = true"),
            )
        )
    )

    def test_a_null_brings_about_the_next_whatever_their_order(self):
        assert null_values(self.CHAIN, {"first": "0"}) == {"second": "/NA", "third": "/NA"}
        assert null_values(self.CHAIN, {"first": "/NK"}) == {"second": "/NK"}
        assert null_values(self.CHAIN, {"first": "1", "second": "1"}) == {}

    def test_a_dependent_null_that_is_still_blank_is_no_finding(self):
        assert findings(self.CHAIN, {"on": "2026-01-01", "first": "0"}, NOW) == []

    def test_a_value_where_a_null_must_stand_is_one(self):
        record = {"on": "2026-01-01", "first": "0", "second": "1"}
        assert [(each.code, each.field) for each in findings(self.CHAIN, record, NOW)] == [("D007", "second")]

    def test_of_the_abstract(self):
        assert null_values(ABSTRACT, an_abstract()) == {"died_at": "/NA", "autopsy": "/NA", "coroner": "/NA"}
        assert null_values(ABSTRACT, an_abstract(disposition="20")) == {}


class TestStructuredEdits:
    NUMBERS = "\n".join(
        f'[[section.item]]\nid = "{id_}"\nlabel = "{id_.upper()}"\ntype = "integer"' for id_ in "abc"
    )

    @pytest.mark.parametrize(
        ("edit", "record", "fields"),
        [
            ('kind = "sum"\nitems = ["a", "b", "c"]', {"a": "1", "b": "2", "c": "3"}, []),
            ('kind = "sum"\nitems = ["a", "b", "c"]', {"a": "1", "b": "2", "c": "4"}, ["c"]),
            ('kind = "sum"\nitems = ["a", "b", "c"]', {"a": "1", "b": "/NK", "c": "4"}, []),
            ('kind = "range"\nitems = ["a", "b"]\nmaximum = 9', {"a": "9", "b": "10"}, ["b"]),
            ('kind = "excludes"\nitems = ["a"]\nwhen = "b answered"', {"a": "1", "b": "1"}, ["a"]),
            ('kind = "excludes"\nitems = ["a"]\nwhen = "b answered"', {"a": "1", "b": "/NK"}, []),
            ('kind = "excludes"\nitems = ["a"]\nwhen = "b blank"', {"a": "1"}, ["a"]),
            ('kind = "excludes"\nitems = ["a"]\nwhen = "b not-in 1"', {"a": "1"}, []),
            ('kind = "excludes"\nitems = ["a"]\nwhen = "b not-in 1"', {"a": "1", "b": "2"}, ["a"]),
            ('kind = "required-when"\nitems = ["a", "b"]\nwhen = "c in 1"', {"a": "1", "c": "1"}, ["b"]),
            ('kind = "in-table"\ntable = "admission_priority"\nitems = ["a"]', {"a": "8"}, ["a"]),
            ('kind = "in-table"\ntable = "admission_priority"\nitems = ["a"]', {"a": "5"}, []),
        ],
    )
    def test_speak_when_their_rule_is_broken(self, edit, record, fields):
        dictionary = a_dictionary(
            self.NUMBERS.replace('type = "integer"', 'type = "integer"\nnulls = ["NK"]'),
            f'[[edit]]\ncode = "S1"\nlevel = "warning"\nmessage = "{{item}} is odd."\n{edit}',
        )
        listed = findings(dictionary, {"on": "2026-01-01", **record}, NOW)
        assert [each.field for each in listed] == fields
        assert all(each.message == f"{each.field.upper()} is odd." for each in listed)

    MOMENTS = a_dictionary(
        "\n".join(
            f'[[section.item]]\nid = "{name}_{kind}"\nlabel = "{name.title()} {kind}"\ntype = "{kind}"\n'
            f'nulls = ["NK"]\n{"imprecise = true" if kind == "date" else ""}'
            for name in ("scene", "door", "exit")
            for kind in ("date", "time")
        ),
        '[[edit]]\ncode = "S2"\nlevel = "warning"\nkind = "order"\nmessage = "{later} before {earlier}."\n'
        'items = ["scene_date+scene_time", "door_date+door_time", "exit_date+exit_time"]',
    )

    @pytest.mark.parametrize(
        ("scene", "door", "exit_", "fields"),
        [
            ("2026-01-01T10:00", "2026-01-01T10:00", "2026-01-01T10:01", []),
            ("2026-01-01T10:00", "2026-01-01T09:59", "2026-01-01T10:01", ["door_date"]),
            ("2026-01-01T10:00", "2026-01-01T/NK", "2026-01-01T09:00", ["exit_date"]),
            ("2026-01-02T10:00", "/NK", "2026-01-01T09:00", ["exit_date"]),
            ("2026-01-01T10:00", "2026-01", "2026", []),
            ("2026-02-01T10:00", "2026-01", "2026", ["door_date"]),
            ("garbage", "2026-13-41T10:00", "2026-01-01T25:00", []),
        ],
    )
    def test_moments_are_compared_as_far_as_both_are_known(self, scene, door, exit_, fields):
        record = {"on": "2026-01-01"}
        for name, moment in (("scene", scene), ("door", door), ("exit", exit_)):
            record[f"{name}_date"], _, record[f"{name}_time"] = moment.partition("T")
        listed = findings(self.MOMENTS, record, NOW)
        assert [each.field for each in listed if each.code == "S2"] == fields


class TestWhatIsAsked:
    def test_a_table_whose_time_has_not_come_is_passed_over_as_a_whole(self):
        assert "external_causes" in not_asked(ABSTRACT, an_abstract())
        injured = with_paths({"diagnoses[3].code": "S72001A"})
        assert "external_causes" not in not_asked(ABSTRACT, injured)

    def test_what_was_asked_is_not_passed_over_while_it_holds_something(self):
        held = an_abstract(receiving_facility="Lakeside")
        assert "receiving_facility" not in not_asked(ABSTRACT, held)
        assert "receiving_facility" in not_asked(ABSTRACT, an_abstract())

    @pytest.mark.parametrize(
        ("value", "holds"), [("I214", True), ("I22", True), ("R079", False), ("", False), ("/NK", False)]
    )
    def test_begins_looks_at_the_first_characters(self, value, holds):
        view = View(ABSTRACT, {"admitting_diagnosis": value} if value else {})
        assert view.hold((Condition("admitting_diagnosis", "begins", ("I21", "I22")),)) is holds


class TestWhatListsRead:
    def test_every_value_becomes_one_row_in_the_order_of_the_form(self):
        record = with_paths({"died_at": "/NA", "birth_weight_g": "3400"})
        rows = items(ABSTRACT, record)
        assert len(rows) == len(record)
        by_place = {(row.item, row.seq): row for row in rows}
        assert by_place["died_at", 0].null_code == "NA"
        assert by_place["died_at", 0].text == ""
        assert by_place["birth_weight_g", 0].number == 3400
        assert by_place["admitted_at", 0].day == 739_921
        assert by_place["diagnoses.code", 2].text == "Z7901"
        order = [*ABSTRACT.by_id]
        assert [order.index(row.item) for row in rows] == sorted(order.index(row.item) for row in rows)

    def test_a_code_is_decoded_on_its_day_and_a_null_in_words(self):
        assert decode(ABSTRACT, TABLES, "disposition", "20") == "Expired"
        assert decode(ABSTRACT, TABLES, "disposition", "81", day="2012-01-01") == ""
        assert decode(ABSTRACT, TABLES, "died_at", "/NA") == "Not applicable"
        assert decode(ABSTRACT, TABLES, "coroner", "1") == "Yes"
        assert decode(ABSTRACT, TABLES, "diagnoses[3].poa", "W") == "Clinically undetermined"
        assert decode(ABSTRACT, TABLES, "no_such", "1") == ""

    def test_a_prompt_narrows_by_code_then_by_text(self):
        offered = [
            row.code for row in choices(ABSTRACT, TABLES, "disposition", "hospice", {}, "2026-01-01", 9)
        ]
        assert offered == ["40", "41", "42", "50", "51"]
        assert [row.code for row in choices(ABSTRACT, TABLES, "disposition", "0", {}, "", 3)] == [
            "01",
            "02",
            "03",
        ]
        assert choices(ABSTRACT, TABLES, "zip", "9", {}, "", 9) == []


PATHS = st.one_of(
    st.sampled_from([id_ for id_ in ABSTRACT.by_id if "." not in id_]),
    st.builds(
        lambda id_, row: row_path(id_.partition(".")[0], row, id_.partition(".")[2]),
        st.sampled_from([id_ for id_ in ABSTRACT.by_id if "." in id_]),
        st.integers(1, 30),
    ),
    st.text(max_size=12),
)
ODD = (
    "", "/NA", "/NK", "/", "20", "41", "4", "5", "1", "0", "Y", "I214", "0001-01-01", "9999-12-31",
    "2026-11-01", "2026-11-01T10:00", "0001-01-01T00:00", "2026-02-30", "-1", "1e999", "NaN",
    "\x1b[2J", "9" * 20,
)  # fmt: skip
VALUES = st.one_of(st.sampled_from(ODD), st.text(max_size=20))


class TestBadData:
    @settings(max_examples=300, deadline=None)
    @given(st.dictionaries(PATHS, VALUES, max_size=25))
    def test_never_raise_and_every_finding_stands_at_a_path(self, record):
        for each in findings(ABSTRACT, record, NOW):
            assert each.message
            assert "\x1b" not in each.message
        assert all(is_null(null) for null in null_values(ABSTRACT, record).values())
        known = [path for path, value in record.items() if value and ABSTRACT.item_at(path) is not None]
        assert len(items(ABSTRACT, record)) == len(known)

    @given(st.text(max_size=20))
    def test_a_path_is_split_and_put_together_again(self, path):
        assert row_path(*split_path(path)) == path
