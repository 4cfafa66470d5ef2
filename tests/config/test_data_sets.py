"""Dictionaries as people write them: read, chosen by date, extended by the facility, every mistake in its place."""

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.code_tables import shipped_tables
from config.data_sets import DictionaryError, assemble, dictionary_for, library, options
from config.dictionary_reader import read_dictionary
from rules.dictionary import Condition, Context, Group, ItemType, NullWhen, TableWhen
from rules.edits import findings
from rules.findings import Level
from rules.functions import COMPUTED, FUNCTIONS

TABLES = shipped_tables()

STROKE = """
id = "stroke"
title = "Stroke registry"
version = "2026"
word = "STR"
valid_from = "2026-01-01"
dated_by = "arrived"

[[section]]
id = "arrival"
title = "Arrival"

[[section.item]]
id = "arrived"
label = "Arrived"
type = "moment"
required = true

[[section.item]]
id = "nihss"
label = "NIHSS"
type = "integer"
minimum = 0
maximum = 42
nulls = ["NK"]
null_when = { NK = "given in 0" }
table_when = { poa = ["given in 1", "arrived answered"] }
required_when = "given in 1"

[[section.item]]
id = "given"
label = "Thrombolysis"
type = "yes-no"

[[section]]
id = "events"
title = "Events"
defaults = { type = "yes-no", required = true, nulls = ["NK"] }

[[section.item]]
id = "bleeding"
label = "Bleeding"

[[section.item]]
id = "doses"
label = "Doses"
type = "group"
rows = 9

[[section.item.column]]
id = "drug"
label = "Drug"
type = "code"
table = "poa"

[[section.item.column]]
id = "milligrams"
label = "mg"
type = "decimal"
decimals = 1
required_when = "drug answered"

[[edit]]
code = "S1"
level = "warning"
kind = "order"
items = ["arrived", "arrived"]
message = "{later} is before {earlier}."
"""


def mistakes(text: str) -> list[str]:
    dictionary, found = read_dictionary(text, "stroke.toml", TABLES)
    assert (dictionary is None) == bool(found)
    return [str(each) for each in found]


JUNK = (
    7,
    -1,
    1.5,
    True,
    "",
    "x",
    "in",
    "given in",
    [],
    [[]],
    [7],
    {},
    {"a": 1},
    [{}],
    ["a in"],
    "a in 1",
    10**30,
)


def as_toml(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {as_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    return json.dumps(value)


class TestADictionary:
    def test_becomes_sections_items_groups_and_edits(self):
        dictionary, found = read_dictionary(STROKE, "stroke.toml", TABLES)
        assert found == []
        assert [section.title for section in dictionary.sections] == ["Arrival", "Events"]
        assert [*dictionary.by_id] == [
            "arrived", "nihss", "given", "bleeding", "doses.drug", "doses.milligrams",
        ]  # fmt: skip
        nihss = dictionary.by_id["nihss"]
        assert (nihss.type, nihss.minimum, nihss.maximum) == (ItemType.INTEGER, "0", "42")
        assert nihss.null_when == (NullWhen("NK", (Condition("given", "in", ("0",)),)),)
        assert nihss.table_when == (
            TableWhen("poa", (Condition("given", "in", ("1",)), Condition("arrived", "answered"))),
        )
        assert dictionary.edits[0].level is Level.WARNING

    def test_a_section_gives_its_defaults_to_its_items(self):
        dictionary, _ = read_dictionary(STROKE, "stroke.toml", TABLES)
        bleeding = dictionary.by_id["bleeding"]
        assert (bleeding.type, bleeding.required, bleeding.nulls) == (ItemType.YES_NO, True, ("NK",))

    def test_a_condition_of_a_column_means_its_own_row(self):
        dictionary, _ = read_dictionary(STROKE, "stroke.toml", TABLES)
        assert dictionary.by_id["doses.milligrams"].required_when == (Condition("doses.drug", "answered"),)
        record = {
            "arrived": "2026-05-01T10:00",
            "bleeding": "0",
            "doses[2].drug": "Y",
            "doses[3].milligrams": "5",
        }
        listed = findings(dictionary, record, Context(now="2026-11-21T10:00", tables=TABLES))
        assert [each.field for each in listed] == ["doses[2].milligrams"]

    def test_widths_follow_from_type_and_table_where_they_are_not_given(self):
        dictionary, _ = read_dictionary(STROKE, "stroke.toml", TABLES)
        widths = {id_: item.width for id_, item in dictionary.by_id.items()}
        assert widths["doses.drug"] == 1
        assert widths["arrived"] == 16


class TestAMistake:
    @pytest.mark.parametrize(
        ("old", "new", "sentence"),
        [
            ('id = "stroke"\n', "", "stroke.toml: id is missing."),
            ("= 42", "= =", "stroke.toml line 24: this is no TOML, invalid value."),
            ("rows = 9", 'rows = "9"', "stroke.toml line 48, group doses: rows must be a whole number."),
            ("rows = 9", "rows = 0", "stroke.toml line 48, group doses: rows must be between 1 and 999."),
            ("label = \"NIHSS\"\n", "", "stroke.toml line 19, item nihss: label is missing."),
            ('type = "moment"', 'type = "when"', "line 16, item arrived: type 'when' is unknown: use one of"),
            ("maximum = 42", "maxmum = 42", "line 24, item nihss: there is no setting 'maxmum', did you mean"),
            ("minimum = 0", "minimum = 43", "line 23, item nihss: minimum is above maximum."),
            ("minimum = 0", 'minimum = "low"', "minimum 'low' does not fit an item of type integer."),
            ("minimum = 0", 'within = ["arrived", "arrived"]', "item nihss: within is for a date, and names the two"),
            ('nulls = ["NK"]\nnull', 'nulls = ["UN"]\nnull', "item nihss: null 'UN' is unknown: use NA or NK."),
            ("given in 0", "givn in 0", "asks about 'givn', which is no item, did you mean 'given'."),
            ("given in 0", "given equals 0", "needs an item and one of in, not-in, begins, answered, blank."),
            ("given in 0", "given in", "condition 'given in' needs values."),
            ("given in 0", "given begins", "condition 'given begins' needs values."),
            ("arrived answered", "arrived answered 1", "takes no values."),
            ('table = "poa"', 'table = "pao"', "item drug: there is no code table 'pao', did you mean 'poa'."),
            ('table = "poa"\n', "", "item drug: an item of type code needs a table."),
            ('id = "bleeding"', 'id = "given"', "item given: this id is used more than once."),
            ('id = "milligrams"', 'id = "drug"', "column doses.drug: this id is used more than once."),
            ('id = "bleeding"', 'id = "Bleed!"', "the id 'Bleed!' must be small letters, digits and _."),
            ('word = "STR"', 'word = "str"', "the word 'str' must be 2 to 8 capital letters or digits."),
            ('dated_by = "arrived"', 'dated_by = "given"', "dated_by names 'given', which is no date"),
            ('"2026-01-01"', '"2026-13-01"', "line 6: valid_from must be a day such as 2026-10-01."),
            ('level = "warning"', 'level = "grave"', "edit S1: level 'grave' is unknown"),
            ('kind = "order"', 'kind = "ordre"', "edit S1: kind 'ordre' is unknown: use one of"),
            ('"arrived", "arrived"', '"arrived"', "an edit of kind order needs 2 items or more."),
            ('"arrived", "arrived"', '"arrived", "left"', "edit S1: there is no item 'left'."),
            ('"arrived", "arrived"]', '"arrived", 7]', "items must be a list of texts in quotes."),
            ("{later} is", "{latter} is", "the message cannot say {latter}."),
            ("{earlier}.", "{earlier}", "the message must be a sentence that ends with a full stop."),
            ('kind = "order"', 'kind = "function"\nfunction = "sameday"', "there is no function 'sameday', did you"),
            ('kind = "order"', 'kind = "range"', "an edit of kind range needs a minimum or a maximum."),
            ('kind = "order"', 'kind = "unique"', "an edit of kind unique needs columns of a group"),
            ('label = "NIHSS"', 'label = "NIHSS"\ncomputed = "nihss"', "there is no function 'nihss'."),
            ('label = "mg"', 'label = "mg"\ncomputed = "trauma_iss"', "a column of a group cannot be computed."),
            ('label = "NIHSS"', 'label = "NIHSS"\ndefault = "many"', "default 'many' does not fit"),
            ('label = "NIHSS"', 'label = "NIHSS"\nseveral = true', "only an item of type code can hold several codes."),
            ('label = "NIHSS"', 'label = "NIHSS"\nwidth = 0', "item nihss: width must be between 1 and 132."),
        ],
    )  # fmt: skip
    def test_is_one_sentence_with_its_place(self, old, new, sentence):
        assert old in STROKE
        found = mistakes(STROKE.replace(old, new, 1))
        assert any(sentence in each for each in found), found
        assert all(each.endswith(".") and "\n" not in each for each in found)

    def test_does_not_hide_the_next_one(self):
        text = STROKE.replace("maximum = 42", "maxmum = 42").replace('table = "poa"', 'table = "pao"')
        assert [each.split(",")[0] for each in mistakes(text)] == [
            "stroke.toml line 24",
            "stroke.toml line 54",
        ]

    @settings(deadline=None)
    @given(st.data())
    def test_of_any_kind_never_raises(self, data):
        place: dict | list = tomllib.loads(STROKE)
        whole = place
        while True:
            key = data.draw(st.sampled_from([*place] if isinstance(place, dict) else [*range(len(place))]))
            inside = place[key]
            if not isinstance(inside, dict | list) or not inside or data.draw(st.booleans()):
                break
            place = inside
        place[key] = data.draw(st.sampled_from(JUNK))
        mistakes("\n".join(f"{name} = {as_toml(value)}" for name, value in whole.items()))


class TestShippedDictionaries:
    def test_are_the_unlike_data_sets(self):
        assert set(library().ids()) == {
            "abstract", "working", "trauma", "disclosure", "visit", "office", "nursing", "rehab",
        }  # fmt: skip

    def test_every_registered_function_is_used_by_one_of_them(self):
        every = (*library().dictionaries, *assemble(None, list(options().values()))[0].dictionaries)
        named = {edit.function for each in every for edit in each.edits} - {""}
        computed = {item.computed for each in library().dictionaries for item in each.by_id.values()} - {""}
        assert named == set(FUNCTIONS)
        assert computed == set(COMPUTED)

    def test_all_their_tables_can_be_read(self):
        named = {
            table
            for each in library().dictionaries
            for item in each.by_id.values()
            for table in (item.table, *(rule.table for rule in item.table_when))
            if table and not table.startswith("site.")
        }
        assert all(TABLES[table].rows for table in named)

    def test_every_edit_that_is_not_plain_sense_names_its_source(self):
        for each in library().dictionaries:
            cited = [edit.code for edit in each.edits if edit.citation]
            assert len(cited) >= len(each.edits) * 0.6
            assert len({edit.code for edit in each.edits}) == len(each.edits)

    def test_groups_fit_the_claim(self):
        groups = {part.id: part.rows for part in library().of("abstract").parts() if isinstance(part, Group)}
        assert (groups["diagnoses"], groups["procedures"]) == (25, 25)


def a_site(folder: Path, **files: str) -> Path:
    (folder / "site" / "dictionaries").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / "site" / "dictionaries" / f"{name}.toml").write_text(text)
    return folder


class TestTheFacilitysOwn:
    def test_registry_stands_beside_the_shipped_ones(self, tmp_path):
        store = a_site(tmp_path, stroke=STROKE)
        assert dictionary_for("stroke", "2026-05-01", store).title == "Stroke registry"
        assert library(store / "site").by_word("str") == "stroke"
        assert dictionary_for("abstract", "", store) == library().of("abstract")

    def test_versions_stand_side_by_side_and_are_chosen_by_date(self, tmp_path):
        next_year = STROKE.replace('"2026"', '"2027"').replace("2026-01-01", "2027-01-01")
        last_year = STROKE.replace('"2026"', '"2025"').replace("2026-01-01", "2025-01-01")
        closed = last_year.replace("dated_by", 'valid_to = "2025-06-30"\ndated_by')
        store = a_site(tmp_path, a=next_year, b=STROKE, c=closed)
        assert dictionary_for("stroke", "2026-12-31", store).version == "2026"
        assert dictionary_for("stroke", "2027-01-01", store).version == "2027"
        assert dictionary_for("stroke", "", store).version == "2027"
        assert dictionary_for("stroke", "2025-06-30", store).version == "2025"
        with pytest.raises(LookupError, match="no data dictionary 'stroke' for 2025-07-01"):
            dictionary_for("stroke", "2025-07-01", store)

    def test_the_version_of_an_old_record_is_found_again(self, tmp_path):
        kept = library(a_site(tmp_path, stroke=STROKE) / "site")
        assert kept.version("stroke", "2026").version == "2026"
        with pytest.raises(LookupError, match="no version '1999'"):
            kept.version("stroke", "1999")

    def test_items_are_added_to_a_shipped_data_set(self, tmp_path):
        own = (
            'extends = "abstract"\nid = "local"\nversion = "A"\n[[section]]\nid = "discharge"\ntitle = "Discharge"\n'
            '[[section.item]]\nid = "va_station"\nlabel = "Station"\nrequired = true\n'
            '[[section]]\nid = "local"\ntitle = "Local"\n[[section.item]]\nid = "bay"\nlabel = "Bay"\n'
            '[[edit]]\ncode = "L1"\nlevel = "warning"\nkind = "excludes"\nitems = ["bay"]\n'
            'when = "disposition in 20"\nmessage = "{item} is for the living."\n'
        )
        extended = dictionary_for("abstract", "", a_site(tmp_path, own=own))
        assert extended.version == f"{library().of('abstract').version}+A"
        assert [*extended.by_id][-1] == "bay"
        section = next(each for each in extended.sections if each.id == "discharge")
        assert section.parts[-1].id == "va_station"
        assert extended.edits[-1].code == "L1"

    def test_a_mistake_names_the_facilitys_file(self, tmp_path):
        store = a_site(tmp_path, stroke=STROKE.replace("rows = 9", "row = 9"))
        with pytest.raises(
            DictionaryError, match=r"stroke\.toml line 48, group doses: there is no setting 'row'"
        ):
            library(store / "site")

    def test_two_of_one_version_or_word_are_refused(self, tmp_path):
        store = a_site(tmp_path, a=STROKE, b=STROKE, c=STROKE.replace('"stroke"', '"brain"'))
        with pytest.raises(DictionaryError) as raised:
            library(store / "site")
        assert [str(each) for each in raised.value.mistakes] == [
            "b.toml: version '2026' of 'stroke' is there already: give this one another.",
            "c.toml: the word 'STR' opens 'stroke' already: choose another.",
        ]

    def test_a_change_is_seen_and_nothing_is_read_twice(self, tmp_path):
        store = a_site(tmp_path, stroke=STROKE)
        first = dictionary_for("stroke", "", store)
        assert dictionary_for("stroke", "", store) is first
        a_site(
            tmp_path,
            stroke=STROKE.replace('"2026"', '"2026b"'),
            other=STROKE.replace("STR", "ST2").replace("stroke", "other"),
        )
        assert dictionary_for("stroke", "", store).version == "2026b"

    def test_a_table_of_the_facility_can_list_the_values(self, tmp_path):
        store = a_site(tmp_path, stroke=STROKE.replace('table = "poa"', 'table = "lytic"'))
        (store / "site" / "tables").mkdir()
        (store / "site" / "tables" / "lytic.toml").write_text(
            'id = "lytic"\ntitle = "Lytic"\nrows = [\n  { code = "TPA", text = "Alteplase" },\n]\n'
        )
        assert dictionary_for("stroke", "", store).by_id["doses.drug"].width == 3
