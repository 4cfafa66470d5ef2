"""Reports as CSV, XLSX and JSON: typed values, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.sheet import MANY_ROWS, Sheet, as_csv, as_objects, as_xlsx, looks_like, safe
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

    def test_days_are_days_and_figures_keep_their_decimals(self):
        rows = [("2026-11-30", "2026-11-30T07:30", Decimal("1.4050"), 1250, Decimal("86.00"), "1899-01-01"),
                ("2026-12-01", "", Decimal("0.7500"), None, None, "x")]  # fmt: skip
        keys = ("day", "at", "weight", "value", "rate", "note")
        sheet = Sheet("list", keys, keys, rows, kinds={"value": "cents", "rate": "percent"})
        with zipfile.ZipFile(io.BytesIO(as_xlsx("List", [sheet]))) as book:
            page, styles = (book.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "styles"))
        values = dict(re.findall(r'<c r="([A-Z]+2)"[^>]*><v>([^<]*)</v>', page))
        assert values["A2"] == "46356"  # 2026-11-30 in days since 1899-12-30
        assert values["B2"] == "46356.3125"
        assert (values["C2"], values["D2"], values["E2"]) == ("1.4050", "12.5", "0.86")
        assert '<c r="F2" t="s">' in page
        assert '<autoFilter ref="A1:F3"' in page
        for shown in ("yyyy-mm-dd", "0.0000", "#,##0.00", "0.00%"):
            assert f'formatCode="{shown}"' in styles

    def test_rates_and_money_are_known_by_heading_and_key(self):
        sheet = Sheet("mix", ("payer", "share", "value_cents"), ("Payer", "Disch %", "Value, $"),
                      [("MCR", Decimal("15.37"), 123456)])  # fmt: skip
        with zipfile.ZipFile(io.BytesIO(as_xlsx("Mix", [sheet]))) as book:
            page, styles = (book.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "styles"))
        assert "<v>0.1537</v>" in page
        assert "<v>1234.56</v>" in page
        assert 'formatCode="0.00%"' in styles
        assert 'formatCode="#,##0.00"' in styles

    def test_the_sheet_of_conventions_begins_with_what_the_report_is_about(self):
        with zipfile.ZipFile(
            io.BytesIO(as_xlsx("List", [SHEET], about=("General Hospital", "Run by")))
        ) as book:
            texts = re.findall(r"<t[^>]*>(.*?)</t>", book.read("xl/sharedStrings.xml").decode())
        assert texts[-3:] == ["General Hospital", "Run by", "Counted so."]

    def test_a_column_with_one_text_that_is_no_day_stays_text(self):
        assert looks_like([("2026-11-30",), ("",), (None,)], 0) == "date"
        assert looks_like([("2026-11-30",), ("unknown",)], 0) == ""
        assert looks_like([("00123456",)], 0) == ""

    def test_many_rows_go_through_files_that_are_gone_afterwards(self, tmp_path):
        rows = [(f"{number:08d}", number) for number in range(MANY_ROWS)]
        sheet = Sheet("list", ("mrn", "days"), ("MRN", "Days"), rows)
        with zipfile.ZipFile(io.BytesIO(as_xlsx("List", [sheet], tmp_path))) as book:
            page = book.read("xl/worksheets/sheet1.xml").decode()
        assert f'r="B{MANY_ROWS + 1}"' in page
        assert list(tmp_path.iterdir()) == []


class TestJson:
    def test_decimals_stay_as_printed(self):
        assert as_objects(SHEET)[0] == {"name": "=HYPERLINK(1)", "days": 12, "rate": "2.50", "note": None}
