"""Reports as CSV, XLSX and JSON: typed values, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import zipfile
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.sheet import Sheet, as_csv, as_objects, as_xlsx, safe
from rules.text import FORMULA_STARTS

ROWS = [("=HYPERLINK(1)", 12, Decimal("2.50"), None), ('O\x1b[31mBRIEN, "Q"', -3, Decimal("0.10"), "@x")]
SHEET = Sheet(
    "list", ("name", "days", "rate", "note"), ("Name", "Days", "Rate", "Note"), ROWS, ("Counted so.",)
)


class TestCsv:
    def test_text_that_would_be_a_formula_is_quoted_and_numbers_are_not(self):
        read = list(csv.reader(io.StringIO(as_csv([SHEET]).decode(), newline="")))
        assert read == [
            ["name", "days", "rate", "note"],
            ["'=HYPERLINK(1)", "12", "2.50", ""],
            ['O?[31mBRIEN, "Q"', "-3", "0.10", "'@x"],
        ]

    @pytest.mark.parametrize("text", ["=1", "+1", "-1", "@A1", "  =1", "\t=1"])
    def test_every_way_to_begin_a_formula_is_known(self, text):
        assert safe(text).startswith(("'", "?"))

    @given(st.text())
    def test_no_text_begins_a_formula_or_a_line(self, text):
        made = safe(text)
        assert not made.lstrip().startswith(FORMULA_STARTS)
        assert not set(made) & set("\r\n\x1b")

    def test_two_tables_stand_apart_under_their_names(self):
        lines = as_csv([SHEET, SHEET]).decode().split("\r\n")
        assert (lines[0], lines[4], lines[5]) == ("list", "", "list")


class TestXlsx:
    def test_numbers_are_numbers_formulas_are_text_and_conventions_are_there(self):
        with zipfile.ZipFile(io.BytesIO(as_xlsx("List", [SHEET]))) as book:
            page = book.read("xl/worksheets/sheet1.xml").decode()
            names = book.read("xl/workbook.xml").decode()
            texts = book.read("xl/sharedStrings.xml").decode()
        assert "<f>" not in page
        assert "<v>12</v>" in page
        assert 'state="frozen"' in page
        assert 'name="Conventions"' in names
        assert "Counted so." in texts
        assert "\x1b" not in texts


class TestJson:
    def test_decimals_stay_as_printed(self):
        assert as_objects(SHEET)[0] == {"name": "=HYPERLINK(1)", "days": 12, "rate": "2.50", "note": None}
