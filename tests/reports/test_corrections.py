"""C04: what has changed in a closed month, on paper, as tables and as JSON."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from db.statistics.closing import Closing
from db.statistics.corrections import Compared
from db.statistics.late_records import Change
from reports.census.corrections import Data, as_json, render, sheets
from reports.page import Run, Setup, paginate
from rules.corrections import Differing
from rules.moments import day_number

SIGNED = Closing(
    1, "2026-10", 1, day_number("2026-10-01"), day_number("2026-10-31"), "2026-11-03T07:30", 0, "chief",
    "", ("3 discharges of the month without an abstract.",), 0, 4711, b"",
)  # fmt: skip
FIGURES = (
    Differing("House", "discharges", "Discharges, deaths included", "842", "843", rate=False),
    Differing("House", "deaths", "Deaths", "21", "22", rate=False),
    Differing("House", "gross_death_rate", "Gross death rate %", "2.49", "2.61", rate=True),
    Differing("House", "readmissions_30_day", "Readmissions 30 day", "90", "96", rate=False, maturing=True),
    Differing("Unit 3E", "inpatient_service_days", "Inpatient service days", "1,563", "1,565", rate=False),
    Differing("Service MED", "newborn_deaths", "Deaths, newborns", "1,234,567,890,123", "0", rate=False),
)  # fmt: skip
CHANGES = (
    Change(
        "discharge date edited", "0026004711", "2026-10-16T07:00", "2026-10-14T07:00 20", "2026-10-16T07:00 20",
        "jones", "2026-11-05T10:12", "screen", "The chart of another patient was in hand", day_number("2026-10-14"), 7,
    ),
    Change(
        "admission entered", "LATE\x1b[31m" + "9" * 30, "2026-09-20T08:00", "", "2026-09-20T08:00 3E/MED I", "feed",
        "2026-11-05T10:13", "hl7 4711", "", day_number("2026-09-20"), 8,
    ),
    Change("beds edited", "unit 3E", "", "20 beds, 0 bassinets", "22 beds, 0 bassinets", "chief", "2026-11-06T09:00",
           "", "", day_number("2026-10-16")),
    Change("unit edited", "unit 4W", "", "counted", "not counted", "chief", "2026-11-06T09:01", "", "", 1),
)  # fmt: skip


def a_comparison(figures=FIGURES, changes=CHANGES):
    return Data("2026-10", Compared(SIGNED, figures, changes), "us", "2026-11-22T08:00")


class TestPages:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, golden, width):
        golden("corrections", render(a_comparison(), width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page_of_a_month_that_is_as_it_was_signed(self, golden, width):
        golden("corrections-none", render(a_comparison((), ()), width), width)

    def test_of_an_open_month_there_is_nothing_to_correct(self):
        (page,) = paginate(
            render(Data("2026-10", None, "us", "2026-11-22T08:00"), 80), Run("", "", ""), Setup()
        )
        assert "10/2026 is open: there are no signed figures that could be corrected." in page.lines

    def test_figures_without_a_late_change_send_to_the_check(self):
        pages = paginate(render(a_comparison(changes=()), 80), Run("", "", ""), Setup())
        assert "No late change is on file that explains this: run 'census check'." in pages[0].lines

    def test_late_changes_stand_by_account_and_after_them_what_is_of_no_account(self):
        mixed = (CHANGES[3], *[replace(CHANGES[0], subject=account) for account in ("0003", "0001", "0002")])
        pages = paginate(render(a_comparison(changes=mixed), 132), Run("", "", ""), Setup(132))
        found = re.findall("000[123]|unit 4W", "\n".join(line for page in pages for line in page.lines))
        assert found == ["0001", "0002", "0003", "unit 4W"]

    def test_of_a_restated_month_say_why_it_was_restated(self):
        restated = Compared(replace(SIGNED, version=2, reason="A stay came late"), (), ())
        (page,) = paginate(
            render(Data("2026-10", restated, "us", "2026-11-22T08:00"), 80), Run("", "", ""), Setup()
        )
        assert "Version 2 was signed for this reason: A stay came late" in page.lines


class TestData:
    def test_the_earliest_day_is_one_of_the_month(self):
        assert as_json(a_comparison())["earliest_day"] == "2026-10-01"

    def test_as_json_names_old_and_new_of_each_figure(self):
        found = json.loads(json.dumps(as_json(a_comparison())))
        assert (found["period"], found["status"], found["version"]) == ("2026-10", "closed", 1)
        assert found["figures"][1] | {"expected": 0} == {
            "part": "House", "key": "deaths", "figure": "Deaths", "signed": "21", "now": "22", "expected": 0,
        }  # fmt: skip
        assert found["changes"][0]["reason"] == "The chart of another patient was in hand"

    def test_tables_hold_every_line(self):
        figures, changes = sheets(a_comparison())
        assert (len(figures.rows), len(changes.rows)) == (6, 4)
