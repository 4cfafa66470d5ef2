"""The daily census on paper: every bed, every class, and a recapitulation that adds up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.statistics.census import Occupant
from reports.census.daily_census import Data, age_text, days_so_far, render, sheets
from reports.census.recap import Recap, in_words, total
from reports.page import Run, Setup, paginate
from reports.parameters import LAST_FOUR, NONE
from rules.conventions import Conventions, LeaveRule
from rules.moments import day_number

DAY = day_number("2026-11-30")
POISON = "O\x1b[2JBRIEN[/red]\u202e, X" + "y" * 60


def an_occupant(number=1, unit="3W", bed="", name="ADAMS, ANN", **others):
    values = {
        "encounter_id": number, "account": f"A{number:06d}", "patient_id": number, "mrn": f"{number:06d}",
        "name": name, "sex": "F", "birth_date": "1961-05-02", "unit": unit, "bed": bed or f"{number:02d}A",
        "service": "MED", "attending": "GREEN", "admitted_at": "2026-11-24T14:30",
        "admit_day": day_number("2026-11-24"), "newborn": False, "on_leave": "", "off_census": False,
    }  # fmt: skip
    return Occupant(**{**values, **others})


def a_census(occupants, recaps=None, conventions=Conventions(), leave_nights=None):  # noqa: B008
    return Data(DAY, (), tuple(occupants), recaps or {}, leave_nights or {}, {"3W": "MEDICAL WEST"}, conventions,
                "us")  # fmt: skip


def the_house():
    occupants = [an_occupant(n, name=f"PATIENT{n}, PAT") for n in range(1, 41)]
    occupants += [an_occupant(41, name=POISON), an_occupant(42, on_leave="pass", off_census=True)]
    occupants += [an_occupant(n, "NUR", name=f"BABYBOY{n}", newborn=True, birth_date="2026-11-24")
                  for n in range(43, 46)]  # fmt: skip
    occupants += [an_occupant(46, "ICU", birth_date="")]
    recaps = {
        ("3W", False): Recap(40, 4, 1, 0, 2, 1, 1, 1, 41, 1, 44),
        ("ICU", False): Recap(2, 0, 1, 0, 1, 1, 1, 0, 1, 0, 8),
        ("NUR", True): Recap(2, 2, 0, 0, 1, 0, 0, 0, 3, 0, 12),
    }
    return a_census(sorted(occupants, key=lambda each: each.key), recaps, leave_nights={42: 1})


class TestPages:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, golden, width):
        golden("daily-census", render(the_house(), width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_an_empty_house_prints_a_page_that_says_so(self, golden, width):
        golden("daily-census-empty", render(a_census([]), width), width)

    def test_every_occupant_is_printed_once(self):
        pages = paginate(render(the_house(), 132), Run("H", "u", "s"), Setup(132, 30))
        text = "\n".join(line for page in pages for line in page.lines)
        for number in range(1, 47):
            assert text.count(f"A{number:06d}") == 1

    def test_a_sheet_says_who_is_counted(self):
        occupants, recaps = sheets(the_house())
        counted = sum(row[occupants.keys.index("counted")] for row in occupants.rows)
        census = sum(row[recaps.keys.index("census")] for row in recaps.rows)
        assert counted == census == 45


class TestApart:
    def lines(self, data):
        return [line for page in paginate(render(data, 80), Run("", "", ""), Setup()) for line in page.lines]

    def test_boarders_stand_under_the_unit_that_they_are_not_counted_in(self):
        data = a_census([an_occupant(1), an_occupant(2, "ED")])
        text = self.lines(replace(data, out_of_census=frozenset({"ED"})))
        assert "ED: Boarders, counted with their service and in no unit" in text
        assert not any(line.startswith("3W: Boarders") for line in text)

    def test_lodgers_are_told_under_their_unit_though_nobody_else_is_there(self):
        text = self.lines(replace(a_census([an_occupant(1)]), lodgers={"3W": 2, "4E": 1}))
        assert text.count("Lodgers, in no count: 2") == text.count("Lodgers, in no count: 1") == 1
        assert "UNIT 4E" in text

    @pytest.mark.parametrize(
        ("level", "name", "mrn"), [(LAST_FOUR, "A ", "0001"), (NONE, "  ", "    ")], ids=[LAST_FOUR, NONE]
    )
    def test_patients_are_named_as_far_as_was_asked(self, level, name, mrn):
        data = replace(a_census([an_occupant(1)]), identifiers=level)
        (row,) = [line for line in self.lines(data) if line.startswith("01A")]
        assert (row[6:16].strip(), row[17:19]) == (mrn.strip(), name)
        assert "ADAMS" not in str(sheets(data))
        assert "1961-05-02" not in str(sheets(data))

    def test_lines_lead_to_account_and_movements(self):
        pages = paginate(render(the_house(), 80), Run("", "", ""), Setup())
        links = {link for page in pages for link in page.links}
        assert "ABS A000001" in links
        assert "PGE admissions-discharges from=2026-11-30 to=2026-11-30 unit=ICU patients=adults" in links


class TestAge:
    @pytest.mark.parametrize(
        ("birth", "age"),
        [("1961-12-01", "64"), ("2024-11-30", "2"), ("2024-12-01", "23M"), ("2026-11-24", "6D"),
         ("2026-11-30", "0D"), ("2026-09-30", "2M"), ("1961", ""), ("", "")],
    )  # fmt: skip
    def test_small_children_are_as_old_as_their_months_or_days(self, birth, age):
        assert age_text(birth, "2026-11-30") == age


class TestDaysSoFar:
    def test_leave_nights_come_off(self):
        each = an_occupant(42)
        assert days_so_far(each, a_census([], leave_nights={42: 2})) == 6 - 2

    def test_leave_nights_stay_when_nothing_is_deducted(self):
        kept = a_census([], conventions=Conventions(leave=LeaveRule.NO_DEDUCTION), leave_nights={42: 2})
        assert days_so_far(an_occupant(42), kept) == 6

    def test_the_first_day_counts_one(self):
        assert days_so_far(an_occupant(admit_day=DAY), a_census([])) == 1


class TestRecapitulation:
    def test_same_day_deaths_named_among_the_discharges_leave_the_census_as_it_was(self):
        # 73 admitted, 24 discharged, 3 more admitted and died that day: deaths are discharges here
        recap = Recap(previous=321, admissions=73 + 3, discharges=24 + 3, deaths=3, census=370, same_day=3)
        assert recap.out_of_balance == 0
        assert recap.daily_inpatient_census == 373

    def test_what_does_not_add_up_is_said(self):
        wrong = Recap(previous=10, admissions=1, census=12)
        assert in_words(wrong).endswith("OUT OF BALANCE BY +1")
        pages = paginate(
            render(a_census([an_occupant()], {("3W", False): wrong}), 80), Run("", "", ""), Setup()
        )
        assert any("compare with C02 of the day" in line for page in pages for line in page.lines)

    @given(st.lists(st.lists(st.integers(0, 50), min_size=7, max_size=7), max_size=8))
    def test_balanced_units_make_a_balanced_house(self, units):
        recaps = [
            Recap(p, a, i, r, d, 0, o, w, p + a + i + r - d - o - w) for p, a, i, r, d, o, w in units
        ]  # fmt: skip
        assert total(recaps).out_of_balance == 0
        assert total(recaps).census == sum(each.census for each in recaps)
