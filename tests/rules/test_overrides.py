"""An error may be let stand with a reason, as long as what it is about stays as it was."""

from dataclasses import replace

import pytest

from rules import overrides
from rules.dictionary import Dictionary, Edit, Group, Item, ItemType, Record, Section
from rules.findings import Finding, Level
from rules.overrides import Overrides, is_override, lapsed, marked, named, overriding, standing, without
from rules.tables import CodeTable, TableRow

TODAY = "2026-11-22"
MEDICARE = CodeTable(
    "medicare_edits", "Medicare code edits that may be let stand",
    (TableRow("MCE04", "Age conflict", more={"looks_at": ["birth_date"]}),
     TableRow("MCE09", "Unacceptable", valid_to="2026-11-21", more={"looks_at": ["payer"]})),
)  # fmt: skip
TABLES = {MEDICARE.id: MEDICARE}

WEIGHT = Edit("W1", Level.ERROR, "range", "{item} is unusual.", ("weight",), maximum="200", override=True)
ORDER = Edit("O1", Level.ERROR, "order", "{later} is early.", ("came", "left"), override=True)
ROWS = Edit("R1", Level.WARNING, "excludes", "Not both.", ("drugs.dose",), override=True)
FIXED = Edit("F1", Level.FATAL, "range", "{item} cannot be.", ("weight",), maximum="900", override=True)
STRICT = Edit("S1", Level.ERROR, "range", "{item} is wrong.", ("weight",), maximum="500")
DICTIONARY = Dictionary(
    "x", "X", "1", "XX",
    (Section("s", "S", (
        Item("weight", "Weight", ItemType.INTEGER), Item("came", "Came", ItemType.DATE),
        Item("left", "Left", ItemType.DATE), Group("drugs", "Drugs", (Item("name", "Drug"), Item("dose", "Dose"))),
    )),),
    (WEIGHT, ORDER, ROWS, FIXED, STRICT),
)  # fmt: skip
RECORD = {
    "weight": "250",
    "came": "2026-05-02",
    "left": "2026-05-01",
    "drugs[1].dose": "9",
    "drugs[2].dose": "9",
}
HEAVY = Finding(Level.ERROR, "W1", "Weight is unusual.", "weight")
EARLY = Finding(Level.ERROR, "O1", "Left is early.", "left")
SECOND = Finding(Level.WARNING, "R1", "Not both.", "drugs[2].dose")


def in_force(dictionary: Dictionary, record: Record) -> Overrides:
    return overrides.in_force(dictionary, record, TABLES)


def may_be_overridden(dictionary: Dictionary, finding: Finding) -> bool:
    return overrides.may_be_overridden(dictionary, finding, TABLES, TODAY)


def with_override(finding: Finding, record: dict[str, str] | None = None) -> dict[str, str]:
    record = RECORD if record is None else record
    path, text = overriding(DICTIONARY, record, finding, TABLES, "h kent", TODAY, "weighed\ttwice")
    return {**record, path: text}


class TestAnOverride:
    def test_takes_the_finding_away_and_says_who_when_and_why(self):
        record = with_override(HEAVY)
        let_stand = in_force(DICTIONARY, record)
        assert standing([HEAVY, EARLY], let_stand) == [EARLY]
        assert marked([HEAVY], let_stand)[0].overridden == "h_kent 11/22/2026: weighed twice"

    def test_lapses_when_the_value_changes_and_comes_back_with_it(self):
        record = with_override(HEAVY)
        assert in_force(DICTIONARY, {**record, "weight": "251"}) == {}
        assert in_force(DICTIONARY, record)

    @pytest.mark.parametrize("changed", ["came", "left"])
    def test_lapses_when_anything_changes_that_its_edit_compares(self, changed):
        record = with_override(EARLY)
        assert in_force(DICTIONARY, {**record, changed: "2026-04-01"}) == {}

    def test_lapses_when_a_row_changes_that_its_edit_looks_at(self):
        rule = Edit(
            "X1", Level.ERROR, "function", "Wrong.", ("drugs.dose", "weight"), function="x", override=True
        )
        dictionary = replace(DICTIONARY, edits=(rule,))
        finding = Finding(Level.ERROR, "X1", "Wrong.", "weight")
        path, text = overriding(dictionary, RECORD, finding, TABLES, "hk", TODAY, "so it was")
        assert in_force(dictionary, {**RECORD, path: text})
        assert in_force(dictionary, {**RECORD, path: text, "drugs[2].dose": "8"}) == {}
        assert in_force(dictionary, {**RECORD, path: text, "drugs[3].dose": "8"}) == {}

    def test_is_about_one_row_of_a_group(self):
        overrides = in_force(DICTIONARY, with_override(SECOND))
        first = Finding(Level.WARNING, "R1", "Not both.", "drugs[1].dose")
        assert standing([first, SECOND], overrides) == [first]

    def test_is_never_of_what_is_fatal_or_not_declared_so(self):
        fatal = Finding(Level.FATAL, "F1", "Weight cannot be.", "weight")
        assert may_be_overridden(DICTIONARY, HEAVY)
        assert not may_be_overridden(DICTIONARY, fatal)
        assert not may_be_overridden(DICTIONARY, Finding(Level.ERROR, "S1", "Wrong.", "weight"))
        assert not may_be_overridden(DICTIONARY, Finding(Level.ERROR, "D004", "Missing.", "weight"))
        assert standing([fatal], in_force(DICTIONARY, with_override(fatal))) == [fatal]

    def test_of_a_medicare_code_edit_lapses_with_what_the_editor_looked_at(self):
        of_age = Finding(Level.ERROR, "MCE04", "O80 does not agree with the patient's age.", "drugs[2].dose")
        of_codes = Finding(Level.ERROR, "MCE01", "X is not a valid code.", "drugs[2].dose")
        assert may_be_overridden(DICTIONARY, of_age)
        assert not may_be_overridden(DICTIONARY, of_codes)
        record = {**with_override(of_age), "birth_date": ""}
        assert marked([of_age], in_force(DICTIONARY, record))[0].overridden
        assert in_force(DICTIONARY, {**record, "birth_date": "1960-01-02"}) == {}
        assert in_force(DICTIONARY, {**record, "drugs[2].dose": "77"}) == {}

    def test_of_a_medicare_code_edit_holds_after_the_facility_permits_no_more_of_them(self):
        of_principal = Finding(Level.ERROR, "MCE09", "Z91.81 is not acceptable.", "drugs[2].dose")
        assert overrides.may_be_overridden(DICTIONARY, of_principal, TABLES, "2026-11-21")
        assert not overrides.may_be_overridden(DICTIONARY, of_principal, TABLES, TODAY)
        record = {**with_override(of_principal), "payer": ""}
        assert marked([of_principal], in_force(DICTIONARY, record))[0].overridden
        assert in_force(DICTIONARY, {**record, "payer": "MCR"}) == {}

    def test_is_no_item_of_the_record(self):
        record = with_override(HEAVY)
        path = next(filter(is_override, record))
        assert without(record) == RECORD
        assert DICTIONARY.item_at(path) is None
        assert named(DICTIONARY, path) == "Override W1 of Weight"
        assert named(DICTIONARY, "!R1 drugs[2].dose") == "Override R1 of Dose 2"

    def test_that_nothing_needs_any_more_is_named(self):
        record = with_override(HEAVY)
        found = marked([HEAVY], in_force(DICTIONARY, record))
        assert lapsed(record, found) == []
        assert lapsed(record, []) == ["!W1 weight"]
        changed = {**record, "weight": "300"}
        assert lapsed(changed, marked([HEAVY], in_force(DICTIONARY, changed))) == ["!W1 weight"]

    def test_that_somebody_wrote_by_hand_crashes_nothing(self):
        for text in ("", "x", "a b", "a b c"):
            assert in_force(DICTIONARY, {"!W1 weight": text, "!": text}) == {}
