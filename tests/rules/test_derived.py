"""General derived items: what a dictionary can compute without a function of its own."""

import pytest

from rules.derived import GENERAL
from rules.dictionary import Context, Dictionary, Group, Item, ItemType, Section
from rules.edits import computed, findings
from rules.records import decode, rows_of
from rules.tables import CodeTable, Joined, TableRow
from rules.versions import differences

RECORD = {
    "came": "2026-05-02", "came_at": "23:50", "given": "2026-05-03", "given_at": "00:35", "born": "1950-05-03",
    "a": "2", "b": "1.5", "unknown": "/NK", "doses[1].mg": "10", "doses[2].mg": "20", "doses[2].drug": "X",
}  # fmt: skip


def derived(name: str, *of: str) -> str:
    return GENERAL[name].derive(of, RECORD, rows_of(RECORD))


class TestGeneralItems:
    @pytest.mark.parametrize(
        ("name", "of", "value"),
        [
            ("minutes_between", ("came+came_at", "given+given_at"), "45"),
            ("minutes_between", ("given+given_at", "came+came_at"), ""),
            ("minutes_between", ("came+came_at", "given"), ""),
            ("minutes_between", ("came+came_at", "unknown+given_at"), ""),
            ("days_between", ("came", "given"), "1"),
            ("days_between", ("came+came_at", "given+given_at"), "1"),
            ("years_between", ("born", "came"), "75"),
            ("years_between", ("born", "given"), "76"),
            ("sum_of", ("a", "b"), "3.5"),
            ("sum_of", ("a", "unknown"), ""),
            ("sum_of", ("a", "doses.mg"), "32"),
            ("count_of", ("a", "b", "unknown", "c"), "2"),
            ("count_of", ("doses",), "2"),
            ("count_of", ("doses.drug",), "1"),
        ],
    )
    def test_are_blank_while_an_input_is_unknown(self, name, of, value):
        assert derived(name, *of) == value

    def test_see_the_derived_items_before_them(self):
        parts = (
            Item("sum", "Sum", ItemType.DECIMAL, decimals=1, computed="sum_of", of=("a", "b")),
            Item("more", "More", ItemType.DECIMAL, decimals=1, computed="sum_of", of=("sum", "a")),
        )
        dictionary = Dictionary("x", "X", "1", "XX", (Section("s", "S", parts),))
        assert computed(dictionary, RECORD, Context("2026-11-22T10:00")) == {"sum": "3.5", "more": "5.5"}


class TestRowsOfAGroup:
    def test_are_at_least_as_many_as_the_group_needs(self):
        group = Group("doses", "Doses", (Item("drug", "Drug"), Item("mg", "mg")), 9, min_rows=3)
        dictionary = Dictionary("x", "X", "1", "XX", (Section("s", "S", (group,)),))
        record = {"doses[1].mg": "10", "doses[3].mg": "20"}
        found = findings(dictionary, record, Context("2026-11-22T10:00"))
        assert [(each.code, each.field) for each in found] == [("D013", "doses[2].drug")]
        assert findings(dictionary, {**record, "doses[2].mg": "1"}, Context("2026-11-22T10:00")) == []


class TestAnExpiredCode:
    TABLE = CodeTable("t", "T", (
        TableRow("1", "Old", valid_to="2025-12-31"), TableRow("2", "New", valid_from="2026-01-01"),
    ))  # fmt: skip
    DICTIONARY = Dictionary(
        "x", "X", "1", "XX", (Section("s", "S", (Item("c", "C", ItemType.CODE, table="t"),)),), dated_by="day"
    )

    def test_still_says_what_it_stands_for(self):
        assert decode(self.DICTIONARY, {"t": self.TABLE}, "c", "1", day="2026-05-01") == "Old"
        assert decode(self.DICTIONARY, {"t": self.TABLE}, "c", "2", day="2025-05-01") == ""

    def test_is_an_error_on_a_later_date_alone(self):
        tables = Joined({"t": self.TABLE})
        for day, codes in (("2025-05-01", []), ("2026-05-01", ["D003"])):
            found = findings(self.DICTIONARY, {"c": "1"}, Context(f"{day}T10:00", tables))
            assert [each.code for each in found] == codes


class TestVersions:
    def test_say_what_is_new_gone_and_asked_otherwise(self):
        def version(*parts):
            return Dictionary("x", "X", "1", "XX", (Section("s", "S", parts),))

        before = version(
            Item("a", "Alpha"),
            Item("b", "Beta", required=True),
            Item("t", "Tea", ItemType.CODE, table="x-1.t"),
        )
        after = version(
            Item("b", "Beta now"), Item("c", "Gamma"), Item("t", "Tea", ItemType.CODE, table="x-2.t"),
            Group("g", "Rows", (Item("d", "Delta"),)),
        )  # fmt: skip
        assert differences(before, after) == [
            "new: Gamma, Delta",
            "gone: Alpha",
            "asked otherwise: Beta now",
        ]
        assert differences(before, before) == []
