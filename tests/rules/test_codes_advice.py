"""What the tabular list advises about a code, by notes of ICD-10-CM 2027 as they stand in the book."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.codes import with_placeholders
from rules.codes_advice import Advice, Coded, State, advice, against, mentions
from rules.codes_notes import Reference


@dataclass(frozen=True)
class Note:
    key: str
    kind: str
    text: str


SEPSIS = (
    Note("A41", "codeFirst", ", if applicable, postprocedural sepsis (T81.44-)"),
    Note("A41", "codeFirst", "sepsis during labor (O75.3)"),
    Note("A41", "excludes1", "bacteremia NOS (R78.81)"),
    Note("A41", "excludes1", "streptococcal sepsis (A40.-)"),
    Note("A41.9", "inclusionTerm", "Septicemia NOS"),
)
SHOCK = (
    Note("R652", "codeFirst", "underlying infection, such as:"),
    Note("R652", "codeFirst", "sepsis NOS (A41.9)"),
)
DIABETES = (
    Note("E11", "useAdditionalCode", "code to identify control using:"),
    Note("E11", "useAdditionalCode", "insulin (Z79.4)"),
    Note("E11", "useAdditionalCode", "oral antidiabetic drugs (Z79.84)"),
)
ULCER = (Note("L89", "codeFirst", "any associated gangrene (I96)"),)
FRACTURE = (Note("S72", "excludes2", "fracture of lower leg and ankle (S82.-)"),)
CHAPTER = (Note("chapter 9", "excludes2", "certain infectious and parasitic diseases (A00-B99)"),)
WOUND = (Note("A4852", "useAdditionalCode", "code for associated wound"),)


def means(reference: Reference, code: str) -> bool:
    if not reference.last:
        return code.startswith(reference.first)
    return reference.first <= code[: len(reference.first)] <= reference.last


def record(*codes: str) -> list[Coded]:
    return [Coded(code, str(number)) for number, code in enumerate(codes, 1)]


def of(notes: tuple[Note, ...], at: int, *codes: str) -> list[Advice]:
    return advice(notes, at, record(*codes), means)


class TestCodesBeside:
    def test_an_excludes1_pair_comes_first_and_names_the_other_code(self) -> None:
        found = of(SEPSIS, 0, "A419", "R7881")[0]
        assert found.state is State.AGAINST
        assert found.sentence == (
            "! Beside 2 R78.81: Excludes1 (A41) bacteremia NOS (R78.81). Both only if they have nothing to do with "
            "each other."
        )

    def test_without_such_a_pair_excludes1_is_only_told(self) -> None:
        found = next(each for each in of(SEPSIS, 0, "A419") if each.kind == "excludes1")
        assert (found.state, len(found.texts)) == (State.TOLD, 2)

    def test_the_pair_is_told_at_the_code_whose_own_notes_do_not_have_it(self) -> None:
        first, second = record("A419", "R7881")
        (found,) = against(first, SEPSIS, second, means)
        assert (found.state, found.beside) == (State.AGAINST, (first,))

    def test_excludes2_says_that_both_may_be_coded(self) -> None:
        found = of(FRACTURE, 0, "S72001A", "S82101A")[0]
        assert found.sentence.startswith("  Beside 2 S82.101A: Excludes2 (S72)")
        assert found.sentence.endswith("Both may be coded.")

    def test_notes_of_a_whole_chapter_are_not_held_against_single_codes(self) -> None:
        (found,) = of(CHAPTER, 0, "I96", "A419")
        assert (found.state, found.beside) == (State.TOLD, ())

    def test_what_a_whole_chapter_asks_stands_behind_what_the_code_itself_tells(self) -> None:
        chapter = Note(
            "chapter 1", "useAdditionalCode", "code to identify resistance to antimicrobial drugs (Z16.-)"
        )
        found = of((chapter, *SEPSIS), 0, "A419")
        assert [each.key for each in found] == ["A41", "A41.9", "A41", "chapter 1"]


class TestCodeFirst:
    def test_is_met_by_a_code_that_stands_before(self) -> None:
        (found,) = of(SHOCK, 1, "A419", "R6521")
        assert found.sentence == (
            "+ On the record (1 A41.9): Code first (R65.2) underlying infection, such as: sepsis NOS (A41.9)"
        )

    def test_a_code_that_stands_behind_is_said_to(self) -> None:
        (found,) = of(ULCER, 0, "L89154", "I96")
        assert found.sentence == "! 2 I96 stands after it: Code first (L89) any associated gangrene (I96)"

    def test_is_open_without_one_and_told_as_the_book_has_it(self) -> None:
        (found,) = of(SEPSIS[:2], 0, "A419")
        assert found.sentence == (
            "- Not on the record: Code first (A41), if applicable, postprocedural sepsis (T81.44-); sepsis during "
            "labor (O75.3)"
        )


class TestAdditionalCodes:
    def test_one_of_those_named_meets_the_note_wherever_it_stands(self) -> None:
        (found,) = of(DIABETES, 1, "Z794", "E1165")
        assert found.sentence == (
            "+ On the record (1 Z79.4): Use additional (E11) code to identify control using: insulin (Z79.4)"
        )

    def test_a_note_that_names_no_code_is_for_reading(self) -> None:
        (found,) = of(WOUND, 0, "A4852", "S81802A")
        assert found.sentence == "? To be read: Use additional (A48.52) code for associated wound"


class TestReferencesInNotes:
    @pytest.mark.parametrize(
        ("text", "named", "not_named"),
        [
            ("code for adverse effect, if applicable, to identify drug (T36-T50 with fifth or sixth character 5)",
             "T360X5A", "T360X1A"),
            ("poisoning due to drug or toxin, if applicable (T36-T65 with fifth or sixth character 1-4)",
             "T510X1A", "T360X5A"),
            ("poisoning due to salicylates, if applicable (T39.0-, with sixth character 1-4)", "T39012A", "T39015A"),
            ("current concussion (brain) (S06.0X- with seventh character A)", "S060X0A", "S060X0S"),
            ("diabetic mononeuropathy (E08-E13 with .41)", "E1141", "E1142"),
            ("code (F70-F79) to identify associated intellectual disabilities.", "F72", "F800"),
            ("other acute respiratory tract infections (J00-J06; J20-J22)", "J209", "J189"),
            ("toxic liver disease (K71.-)", "K7110", "K760"),
        ],
    )  # fmt: skip
    def test_are_read_with_what_they_say_about_characters(
        self, text: str, named: str, not_named: str
    ) -> None:
        def is_meant(code: str) -> bool:
            return any(each.fits(code) and means(each.reference, code) for each in mentions(text))

        assert is_meant(named)
        assert not is_meant(not_named)

    @pytest.mark.parametrize(
        "text", ["meningitis (in):", "code (Chapter 20) to identify external cause", "(", ""]
    )
    def test_brackets_with_words_name_no_code(self, text: str) -> None:
        assert mentions(text) == ()

    @given(
        st.text(max_size=60),
        st.lists(st.sampled_from(["A419", "R7881", "I96", "W19XXXA"]), min_size=1, max_size=4),
    )
    def test_no_text_makes_it_raise_and_every_note_is_told_once(self, text: str, codes: list[str]) -> None:
        notes = tuple(Note("A41", kind, text) for kind in ("codeFirst", "useAdditionalCode", "notes"))
        found = of(notes, 0, *codes)
        assert sorted(each.kind for each in found) == ["codeFirst", "notes", "useAdditionalCode"]


class TestLeftOutPlaceholders:
    @pytest.mark.parametrize(
        ("keyed", "meant"),
        [("w19a", "W19XXXA"), ("T20.1d", "T201XXD"), ("s420a", "S420XXA"), ("I214", ""), ("I10", ""), ("S72001A", ""),
         ("hip fx", "")],
    )  # fmt: skip
    def test_x_is_filled_in_before_a_seventh_character(self, keyed: str, meant: str) -> None:
        assert with_placeholders(keyed) == meant
