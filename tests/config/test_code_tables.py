"""Code tables: rows that hold for a time, the facility's own over the shipped ones, mistakes in their place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.code_tables import Shelf, TableError, read_table, shipped_tables
from rules.tables import CodeTable, TableRow, overlaps

WARDS = """id = "wards"
title = "Wards"
citation = "Bed plan"
rows = [
  { code = "3E", text = "Three East", valid_to = "2025-12-31" },
  # rebuilt
  { code = "3E", text = "Three East new", valid_from = "2026-01-01", beds = 24 },
  { code = "ICU", text = "Intensive care", citation = "Directive 7", confirm = true },
]
"""


def read(text: str = WARDS) -> CodeTable:
    table, mistakes = read_table(text, "wards.toml")
    assert mistakes == []
    assert table is not None
    return table


class TestATable:
    def test_answers_for_the_day_asked(self):
        table = read()
        assert table.find("3E", "2025-12-31").text == "Three East"
        assert table.find("3E", "2026-01-01").more == {"beds": 24}
        assert table.find("3E").text == "Three East new"
        assert table.find("4W", "2026-01-01") is None
        assert [row.code for row in table.on("2026-05-01")] == ["3E", "ICU"]

    def test_gives_its_citation_to_rows_without_one(self):
        rows = read().rows
        assert [row.citation for row in rows] == ["Bed plan", "Bed plan", "Directive 7"]
        assert [row.confirm for row in rows] == [False, False, True]

    @pytest.mark.parametrize(
        ("old", "new", "sentence"),
        [
            ('title = "Wards"\n', "", "wards.toml: title is missing."),
            ('id = "wards"', 'id = "ward"', "wards.toml line 1: the id 'ward' must be the name of the file, 'wards'."),
            ('text = "Intensive care"', "text = 7", "wards.toml line 8, row 3: text must be text in quotes."),
            ('code = "ICU", ', "", "wards.toml line 8, row 3: code is missing."),
            ('"2026-01-01"', '"2025-12-31"', "line 7, code 3E: it holds on the same day as the row 'Three East'."),
            ('"2026-01-01"', '"January"', "wards.toml line 7, row 2: valid_from must be a day such as"),
            ('{ code = "ICU", text = "Intensive care", citation = "Directive 7", confirm = true }', '"ICU"',
             "row 3: it must be an inline table"),
        ],
    )  # fmt: skip
    def test_tells_what_is_wrong_and_where(self, old, new, sentence):
        table, mistakes = read_table(WARDS.replace(old, new), "wards.toml")
        assert table is None
        assert any(sentence in str(each) for each in mistakes), [*map(str, mistakes)]

    @given(
        st.lists(
            st.builds(
                TableRow,
                st.sampled_from("AB"),
                st.just("x"),
                st.sampled_from(["", "2025-01-01", "2026-01-01"]),
                st.sampled_from(["", "2025-12-31", "2026-12-31"]),
            ),
            max_size=5,
        ),
        st.sampled_from(["2024-06-01", "2025-06-01", "2026-06-01", "2027-06-01"]),
    )
    def test_rows_without_overlap_give_one_answer_a_day(self, rows, day):
        if not overlaps(rows):
            holding = [row for row in rows if row.code == "A" and row.holds_on(day)]
            assert len(holding) <= 1
            assert CodeTable("t", "T", tuple(rows)).find("A", day) == (holding[0] if holding else None)


class TestTheShelf:
    def test_the_facilitys_rows_win(self, tmp_path):
        (tmp_path / "poa.toml").write_text(
            'id = "poa"\ntitle = "POA here"\nrows = [\n  { code = "Y", text = "Yes indeed" },\n]\n'
        )
        table = Shelf(tmp_path)["poa"]
        assert table.title == "POA here"
        assert table.find("Y").text == "Yes indeed"
        assert table.find("N").text == "Not present on admission"
        assert [row.code for row in table.on("2026-01-01")].count("Y") == 1

    def test_a_mistake_is_raised_when_the_table_is_asked_for(self, tmp_path):
        (tmp_path / "wards.toml").write_text("id = 3")
        shelf = Shelf(tmp_path)
        assert "wards" in shelf
        with pytest.raises(TableError, match=r"wards\.toml line 1"):
            shelf["wards"]

    @pytest.mark.parametrize("name", ["nothing", "../tables/poa", "", "poa.toml", "site.units"])
    def test_what_is_no_table_is_not_there(self, name):
        assert name not in shipped_tables()
        with pytest.raises(KeyError):
            shipped_tables()[name]

    def test_every_shipped_table_of_a_data_set_cites_a_source(self):
        for name in (
            "sex",
            "race",
            "discharge_disposition",
            "point_of_origin",
            "ntds_transport",
            "iss_region",
        ):
            assert all(row.citation for row in shipped_tables()[name].rows)
