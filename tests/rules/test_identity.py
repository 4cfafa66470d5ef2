"""Names and numbers as they are filed and searched."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.identity import (
    Name,
    fold,
    initial_and_last4,
    middle_digit_key,
    name_key,
    number_key,
    pseudo_ssn,
    shown_name,
    social_security_number,
    split_name,
    terminal_digit_key,
    terminal_digits,
)
from rules.text import clean


class TestFilingOrder:
    def test_the_published_run_is_in_terminal_digit_order(self) -> None:
        run = ["45-49-99", "60-49-99", "44-50-99", "45-50-99", "44-51-99"]
        assert sorted(set(run), key=terminal_digit_key) == run

    def test_middle_digit_sorts_by_middle_then_first_then_last(self) -> None:
        run = ["99-45-01", "00-46-00", "01-46-99", "02-46-00"]
        assert sorted(set(run), key=middle_digit_key) == run

    @pytest.mark.parametrize(
        ("number", "key"),
        [
            ("454999", "99 49 0000000045"),
            ("00454999", "99 49 0000000045"),
            ("12", "12 00 0000000000"),
            ("1234567", "67 45 0000000123"),
            ("A-45-49-99", "99 49 0000000045"),
        ],
    )
    def test_the_last_four_digits_form_two_pairs_and_the_rest_the_third_group(
        self, number: str, key: str
    ) -> None:
        assert terminal_digit_key(number) == key

    @pytest.mark.parametrize(
        ("keyed", "begins"),
        [
            ("45-49-99", "99 49 0000000045"),
            ("49-99", "99 49 "),
            ("123-45-67", "67 45 0000000123"),
            ("123-45-6789", None),
            ("4549", None),
            ("SMITH-JONES", None),
        ],
    )
    def test_what_is_keyed_with_dashes_may_be_terminal_digits(self, keyed: str, begins: str | None) -> None:
        assert terminal_digits(keyed) == begins


VA_LETTERS = ("ABC", "DEF", "GHI", "JKL", "MNO", "PQR", "STU", "VWX", "YZ")


class TestPseudoNumber:
    @pytest.mark.parametrize(
        ("name", "born", "number"),
        [
            (Name("HLSEVEN", "TEST"), "1920-11-11", "703111120"),  # VA's own example
            (Name("Anderson", "Mark", "R"), "1992-11-01", "561110192"),
            (Name("Shumaker", "Robert", "James"), "1959-08-07", "647080759"),
            (Name("Zoë", "Éva"), "2001-01-02", "209010201"),
            (Name("\u7530\u4e2d", ""), "1999-12-31", "000123199"),
        ],
    )
    def test_is_the_initials_by_digits_and_the_birth_date(self, name: Name, born: str, number: str) -> None:
        assert pseudo_ssn(name, born, VA_LETTERS) == number


class TestNames:
    @pytest.mark.parametrize(
        ("name", "key"),
        [
            (Name("O'Brien", "Mary Ann"), "OBRIEN,MARY ANN"),
            (Name("Smith-Jones", "J", "Q", "JR"), "SMITH JONES,J Q"),
            (Name("Müller", "Zoë"), "MULLER,ZOE"),
            (Name("St. John", "Al"), "ST JOHN,AL"),
            (Name("ŁUKASZ", ""), "LUKASZ,"),
            (Name("", ""), ""),
            (Name("田中", "花子"), "田中,花子"),
        ],
    )
    def test_case_accents_and_punctuation_do_not_hide_a_name(self, name: Name, key: str) -> None:
        assert name_key(name) == key

    def test_a_name_is_shown_last_name_first(self) -> None:
        assert shown_name(Name("MILLER", "RUTH", "A", "JR")) == "MILLER,RUTH A JR"
        assert shown_name(Name("MILLER")) == "MILLER"

    def test_an_alias_is_split_where_it_is_written(self) -> None:
        assert split_name(" MILLER , RUTH ANN LEE") == Name("MILLER", "RUTH", "ANN LEE")

    @given(st.text(st.characters(max_codepoint=0x24F, categories=("Lu", "Ll"), exclude_characters="ŉ")))
    def test_folding_twice_is_folding_once(self, text: str) -> None:
        assert fold(fold(text)) == fold(text)

    @given(st.text())
    def test_no_control_character_passes_into_a_key(self, text: str) -> None:
        key = name_key(Name(text, text))
        assert clean(key) == key


class TestNumbers:
    @pytest.mark.parametrize("keyed", ["00012345", "12345", "1-23-45", " 12345"])
    def test_leading_zeros_and_dashes_do_not_hide_a_number(self, keyed: str) -> None:
        assert number_key(keyed) == "12345"

    def test_a_number_of_zeros_is_zero_and_not_nothing(self) -> None:
        assert number_key("000") == "0"

    @pytest.mark.parametrize(
        ("text", "ssn"), [("123-45-6789", "123456789"), ("123456789", "123456789"), ("12345", None)]
    )
    def test_an_ssn_is_nine_digits_with_dashes_or_without(self, text: str, ssn: str | None) -> None:
        assert social_security_number(text) == ssn

    def test_initial_and_last_four(self) -> None:
        assert initial_and_last4("O'Hara", "123459999") == "O9999"
        assert initial_and_last4("O'Hara", "") == ""
