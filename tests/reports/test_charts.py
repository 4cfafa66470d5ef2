"""Charts of plain characters: nothing wider than the line, nothing drawn that is not there, the value beside it."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from reports.charts import bars, line_chart
from rules.text import cells

SIZES = st.none() | st.decimals(min_value=-1000, max_value=10**6, places=2)
ROWS = st.lists(
    st.tuples(st.text(max_size=40), SIZES).map(lambda row: (*row, str(row[1] or "n/a"))), max_size=15
)


class TestBars:
    def test_the_longest_fills_the_line_and_the_others_are_in_proportion(self):
        lines = bars([("MED", 100, "100"), ("SURG", 50, "50"), ("NONE", 0, "0"), ("NOT", None, "n/a")], 30)
        assert lines == [
            "MED  100 |###################",
            "SURG  50 |##########",
            "NONE   0 |",
            "NOT  n/a |",
        ]

    def test_what_is_more_than_nothing_can_be_seen(self):
        assert bars([("A", 1, "1"), ("B", 100_000, "100,000")], 40)[0].count("#") == 1

    @given(ROWS)
    def test_no_line_is_wider_than_the_page(self, rows):
        assert all(cells(line) <= 80 for line in bars(rows, 80))


class TestLines:
    def test_stand_between_their_lowest_and_highest(self):
        lines = line_chart([("Jan", 0, "0"), ("Feb", 50, "50"), ("Mar", 100, "100")], 24, 5)
        assert lines == [
            "100 |              *",
            "    |",
            "    |        *",
            "    |",
            "  0 |  *",
            "    +------------------",
            "      Jan   Feb   Mar",
            "       0    50    100",
        ]

    def test_a_point_that_is_not_known_is_not_drawn(self):
        lines = line_chart([("Jan", None, "n/a"), ("Feb", Decimal("86.25"), "86.25")], 40, 4)
        assert sum(line.count("*") for line in lines) == 1

    def test_without_any_point_there_is_no_chart(self):
        assert line_chart([("Jan", None, "n/a")], 40, 4) == []

    @given(ROWS.filter(lambda rows: len(rows) <= 12))
    def test_no_line_is_wider_than_the_page_and_none_of_twelve_is_lost(self, rows):
        lines = line_chart(rows, 80, 8)
        known = sum(size is not None for _, size, _ in rows)
        assert all(cells(line) <= 80 for line in lines)
        assert sum(line.count("*") for line in lines[:8]) == (known if lines else 0)
