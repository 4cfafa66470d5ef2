"""The code book in the store: PCS combinations, notes that name a code, history, the index and its cross references."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.coding.codes import CodeStore
from db.coding.codes_history import came_from, spells, went_to
from db.coding.codes_index import IndexBook
from db.coding.pcs_tables import AXES, told
from rules.codes import System

DAY = date(2026, 11, 1)


@pytest.fixture(scope="module")
def books(books_path: Path) -> Iterator[CodeStore]:
    with CodeStore.open(books_path) as found:
        yield found


class TestPcsTables:
    @settings(max_examples=20, deadline=None)
    @given(st.sampled_from(["0SR", "0DT", "10D", "3E0", "B41", "5A1", "XW0", "00H"]), st.data())
    def test_whatever_is_chosen_from_what_is_permitted_ends_in_a_valid_code(
        self, code_sets: CodeStore, table: str, data: st.DataObject
    ) -> None:
        places = dict.fromkeys(data.draw(st.permutations(AXES)), "_")
        for at in list(places):
            pattern = table + "".join(places[axis] for axis in AXES)
            grid = code_sets.pcs_grid(pattern, DAY)
            assert grid is not None
            places[at] = data.draw(st.sampled_from([value for value, _ in grid.permitted[at]]))
        code = table + "".join(places[axis] for axis in AXES)
        assert code_sets.valid(code, System.PCS, DAY)

    def test_every_valid_code_of_a_table_can_be_chosen(self, code_sets: CodeStore) -> None:
        grid = code_sets.pcs_grid("0SR", DAY)
        assert grid is not None
        assert len(grid.codes) == len(set(grid.codes)) == 214
        for at in AXES:
            assert {code[at - 1] for code in grid.codes} == {value for value, _ in grid.permitted[at]}

    def test_a_choice_leaves_its_own_place_open_to_another(self, code_sets: CodeStore) -> None:
        grid = code_sets.pcs_grid("0SR9", DAY)
        assert grid is not None
        assert {"9", "B"} <= dict(grid.permitted[4]).keys()
        assert {code[3] for code in grid.codes} == {"9"}

    def test_no_table_no_grid(self, code_sets: CodeStore) -> None:
        assert code_sets.pcs_grid("ZZZ", DAY) is None
        assert code_sets.pcs_grid("0S", DAY) is None

    def test_names_are_told_by_titles_that_differ_in_one_place(self) -> None:
        titles = {
            "0SR90J9": "Replacement of Right Hip Joint with Synthetic Substitute, Cemented, Open Approach",
            "0SR90JZ": "Replacement of Right Hip Joint with Synthetic Substitute, Open Approach",
            "0SRB0JZ": "Replacement of Left Hip Joint with Synthetic Substitute, Open Approach",
            "0SRC0JZ": "Replacement of Right Knee Joint with Synthetic Substitute, Open Approach",
            "0SR90KZ": "Replacement of Right Hip Joint with Nonautologous Tissue Substitute, Open Approach",
        }
        assert told(4, titles) == {"9": "Right Hip", "B": "Left Hip", "C": "Right Knee"}
        assert told(6, titles) == {"J": "Synthetic", "K": "Nonautologous Tissue"}
        assert told(7, titles) == {"9": "Cemented"}

    def test_names_of_the_tables_file_go_before(self, books: CodeStore) -> None:
        grid = books.pcs_grid("0SR", DAY)
        assert grid is not None
        assert dict(grid.permitted[4])["9"] == "Hip Joint, Right"
        assert dict(grid.permitted[4])["C"] == "Right Knee Joint"  # which this file does not have
        assert grid.imported

    @pytest.mark.parametrize(
        ("asked", "table"), [("hip replacement", "0SR"), ("0sr", "0SR"), ("appendectomy", "0DT")]
    )
    def test_a_table_is_found_by_words_and_by_its_beginning(
        self, code_sets: CodeStore, asked: str, table: str
    ) -> None:
        assert code_sets.pcs_tables(asked, DAY)[0][0] == table

    def test_definitions_are_of_the_values_of_the_table(self, books: CodeStore) -> None:
        assert [row[0] for row in books.pcs_definitions("0SR")] == ["Replacement"]
        assert books.pcs_definitions("B41") == []


class TestNotesThatName:
    @pytest.mark.parametrize(
        ("code", "where", "kind"),
        [
            ("I21.4", "I5A", "excludes1"),  # I21.-
            ("I21.4", "I74", "excludes2"),  # a range of categories, I21-I25
            ("S72.001A", "S729", "excludes1"),  # S72.00- of a list
            ("S72.001A", "chapter 9", "excludes2"),  # S00-T88
        ],
    )
    def test_references_ranges_and_lists_are_read(
        self, code_sets: CodeStore, code: str, where: str, kind: str
    ) -> None:
        assert (where, kind) in {(note.key, note.kind) for note in code_sets.excluded_by(code)}

    def test_a_code_beside_the_one_named_is_not_meant(self, code_sets: CodeStore) -> None:
        assert "S729" not in {note.key for note in code_sets.excluded_by("S72.141A")}

    def test_its_own_notes_are_not_elsewhere(self, code_sets: CodeStore) -> None:
        assert not [note for note in code_sets.named_by("S72.9") if "S729".startswith(note.key)]

    def test_excludes_1_stand_first(self, code_sets: CodeStore) -> None:
        kinds = [note.kind for note in code_sets.excluded_by("S72.001A")]
        assert kinds == sorted(kinds)


class TestHistory:
    def test_a_spell_ends_where_the_next_begins(self, code_sets: CodeStore) -> None:
        for code in ("I42.0", "Z68.1", "I10", "E11.9", "U07.1"):
            detail = code_sets.show(code, System.CM)
            assert detail is not None
            found = spells(code_sets, detail)
            for before, after in pairwise(found):
                assert before.last is not None
                assert (after.first - before.last).days == 1
                assert (before.billable, before.title, before.severity, before.exempt) != (
                    after.billable, after.title, after.severity, after.exempt,
                )  # fmt: skip

    def test_a_code_that_became_a_header_went_to_those_under_it(self, code_sets: CodeStore) -> None:
        detail = code_sets.show("I42.0", System.CM)
        assert detail is not None
        assert [hit.shown for hit in went_to(code_sets, detail)] == ["I42.00", "I42.01", "I42.09"]

    def test_and_those_came_from_it(self, code_sets: CodeStore) -> None:
        detail = code_sets.show("I42.01", System.CM)
        assert detail is not None
        assert [hit.shown for hit in came_from(code_sets, detail)] == ["I42.0"]

    def test_a_code_that_goes_on_went_nowhere(self, code_sets: CodeStore) -> None:
        detail = code_sets.show("I10", System.CM)
        assert detail is not None
        assert went_to(code_sets, detail) == came_from(code_sets, detail) == []


class TestIndex:
    def test_pages_forth_and_back_are_the_book(self, books: CodeStore) -> None:
        index = books.alphabetic
        first = index.under(IndexBook.MAIN, 0, None, 2)
        second = index.under(IndexBook.MAIN, 0, first[-1].id, 2)
        again = index.under(IndexBook.MAIN, 0, second[0].id, 2, backward=True)
        assert again == first
        assert [each.title for each in first + second] == [
            "Conjunctivitis", "Diabetes, diabetic", "Fracture, burst", "Fracture, traumatic",
        ]  # fmt: skip

    def test_the_terms_under_one_end_with_it(self, books: CodeStore) -> None:
        main = books.index_find(IndexBook.MAIN, "diabetes")[0]
        assert [each.title for each in books.alphabetic.within(main, "type")] == ["type 2"]
        assert books.alphabetic.within(main, "neck") == []  # of the next main term

    @pytest.mark.parametrize(
        ("see", "term"),
        [
            ("Fracture, traumatic, femur, neck", "neck"),
            ("Fracture, traumatic, by site", "Fracture, traumatic"),
            ("Diabetes, type 2", "type 2"),
            ("Fracture, traumatic, femur, nowhere", "femur, femoral"),  # as near as the book has it
        ],
    )
    def test_a_cross_reference_is_followed(self, books: CodeStore, see: str, term: str) -> None:
        found = books.alphabetic.follow(IndexBook.MAIN, see)
        assert found is not None
        assert found.title == term

    def test_to_what_the_book_does_not_have_nothing_leads(self, books: CodeStore) -> None:
        assert books.alphabetic.follow(IndexBook.MAIN, "Zebra, striped") is None

    @pytest.mark.parametrize(
        ("code", "path"),
        [
            ("S72.001A", ("Fracture, traumatic", "femur, femoral", "neck")),
            ("C34.90", ("Neoplasm, neoplastic", "lung")),
            ("F02.80", ("Parkinsonism", "dementia in")),
            ("T39.012A", ("Aspirin",)),
            ("H10.9", ("Conjunctivitis",)),
        ],
    )
    def test_a_code_knows_the_terms_that_lead_to_it(
        self, books: CodeStore, code: str, path: tuple[str, ...]
    ) -> None:
        assert path in {(*entry.path, entry.title) for entry in books.index_paths(code)}

    def test_a_code_beside_it_does_not(self, books: CodeStore) -> None:
        assert not [entry for entry in books.index_paths("S72.141A") if entry.title == "neck"]
