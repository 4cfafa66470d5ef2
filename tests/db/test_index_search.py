"""The search with an Alphabetic Index beside it: its terms are further wordings of the codes that they lead to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from db.coding.codes import CodesMissing, CodeStore
from db.coding.codes_schema import TABLES
from rules.codes import System

DAY = date(2026, 11, 1)


@pytest.fixture(scope="module")
def books(books_path: Path) -> Iterator[CodeStore]:
    with CodeStore.open(books_path) as found:
        yield found


def first(codes: CodeStore, words: str, limit: int = 10) -> list[str]:
    return [hit.shown for hit in codes.search(words, System.CM, DAY, limit)]


class TestTermsOfTheIndex:
    @pytest.mark.parametrize(
        ("words", "code"),
        [
            ("fracture hip traumatic", "S72.00"),  # see Fracture, traumatic, femur, neck
            ("conjunctivitis streptococcal", "H10.9"),  # a word that may be there or not
            ("dementia in parkinsonism", "F02.80"),  # the second code of a pair
            ("adverse effect aspirin soluble", "T39.015"),  # a cell of the drug table
            ("benign neoplasm lung", "D14.3"),
        ],
    )
    def test_lead_to_the_code_among_the_first_ten(self, books: CodeStore, words: str, code: str) -> None:
        assert any(found.startswith(code) for found in first(books, words))

    def test_say_nothing_of_the_side_which_the_title_tells(self, books: CodeStore) -> None:
        found = first(books, "humerus surgical neck fracture left")
        assert sum(code.startswith("S42.21") for code in found) > 1
        assert all("left" in books.title(code, System.CM, DAY).lower() for code in found[:5])

    def test_a_code_that_was_typed_is_found_by_itself(self, books: CodeStore) -> None:
        assert first(books, "h10.9", 1) == ["H10.9"]

    def test_without_one_words_find_what_titles_and_expansions_say(
        self, books: CodeStore, code_sets: CodeStore
    ) -> None:
        for words in ("heart failure", "hip fx r initial", "chf", "pneumonia"):
            assert first(books, words)[0] == first(code_sets, words)[0]


class TestAStoreOfAnotherRelease:
    def test_says_so_though_it_has_no_terms(self, tmp_path: Path) -> None:
        older = tmp_path / "codes.db"
        with closing(sqlite3.connect(older)) as connection, connection:
            connection.executescript(TABLES.replace("index_term", "something_else"))
            meta = {"format": "4", "valid_through": "2027-03-31", "inputs": "", "grouper_versions": "44.0"}
            connection.executemany("INSERT INTO meta VALUES (?, ?)", list(meta.items()))
        with pytest.raises(CodesMissing, match="is of another release"):
            CodeStore.open(older)
