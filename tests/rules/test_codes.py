"""Codes as text: their form, their dot, and the release that a date belongs to."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.codes import System, dotted, fiscal_year, grouper_version, may_begin, normal, problem, releases


class TestForm:
    @pytest.mark.parametrize(
        "code", ["I21.4", "i214", " s72.001a ", "Z3A.39", "C4A.9", "QA1.71", "U07.1", "A09", "K6A.01"]
    )
    def test_icd_10_cm_codes_of_every_shape_are_well_formed(self, code: str) -> None:
        assert problem(code, System.CM) == ""

    @pytest.mark.parametrize("code", ["", "I2", "214", "I21.41234", "ABC", "I2*.4"])
    def test_what_is_no_icd_10_cm_code_is_explained(self, code: str) -> None:
        assert problem(code, System.CM).startswith("An ICD-10-CM code has 3 to 7 characters")

    @pytest.mark.parametrize(("code", "well"), [("0SR90JZ", True), ("0SR90J", False), ("0SRO0JZ", False)])
    def test_an_icd_10_pcs_code_has_seven_characters_without_i_and_o(self, code: str, well: bool) -> None:
        assert (problem(code, System.PCS) == "") is well

    @given(st.from_regex(r"[A-Z][0-9][0-9A-Z]{1,5}", fullmatch=True))
    def test_dotting_and_normalising_undo_each_other(self, code: str) -> None:
        assert normal(dotted(code)) == code
        assert dotted(dotted(code)) == dotted(code)

    @pytest.mark.parametrize(
        ("text", "begins"), [("I21", True), ("i21.", True), ("s7", True), ("mi", False), ("fx", False)]
    )
    def test_words_are_not_taken_for_the_beginning_of_a_code(self, text: str, begins: bool) -> None:
        assert may_begin(text, System.CM) is begins


class TestDates:
    @pytest.mark.parametrize(
        ("day", "year", "version"),
        [
            (date(2026, 9, 30), 2026, 431),
            (date(2026, 10, 1), 2027, 440),
            (date(2027, 3, 31), 2027, 440),
            (date(2027, 4, 1), 2027, 441),
            (date(2022, 10, 1), 2023, 400),
        ],
    )
    def test_the_discharge_date_names_fiscal_year_and_grouper_version(
        self, day: date, year: int, version: int
    ) -> None:
        assert (fiscal_year(day), grouper_version(day)) == (year, version)

    def test_releases_are_october_april_and_the_two_of_the_pandemic(self) -> None:
        days = releases(date(2020, 4, 1), date(2021, 4, 1))
        assert days == [
            date(2020, 4, 1),
            date(2020, 8, 1),
            date(2020, 10, 1),
            date(2021, 1, 1),
            date(2021, 4, 1),
        ]
