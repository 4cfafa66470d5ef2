"""The code store as screens and commands read it: codes by day, search as coders type, weights, notes."""

from __future__ import annotations

import sqlite3
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from db.coding.codes import CodesMissing, CodeStore, code_problem
from rules.codes import System

BEFORE, AFTER = date(2026, 9, 30), date(2026, 10, 1)
PHRASES = Path(__file__).parents[1] / "data" / "code_phrases.tsv"


def found(
    codes: CodeStore, text: str, system: System | None = System.CM, day: date = AFTER, limit: int = 10
) -> list[str]:
    return [hit.shown for hit in codes.search(text, system, day, limit)]


class TestOneCode:
    @pytest.mark.parametrize("text", ["I21.4", "i214", " I21.4 "])
    def test_a_code_is_found_with_or_without_its_dot(self, code_sets: CodeStore, text: str) -> None:
        (hit,) = code_sets.search(text, System.CM, AFTER)
        assert (hit.shown, hit.title) == ("I21.4", "Non-ST elevation (NSTEMI) myocardial infarction")
        assert (hit.valid, hit.billable, hit.severity) == (True, True, "MCC")

    def test_a_title_with_a_seventh_character_is_spelled_out(self, code_sets: CodeStore) -> None:
        title = code_sets.title("S72.001A", System.CM)
        assert title.endswith("neck of right femur, initial encounter for closed fracture")

    def test_a_code_that_became_a_header_is_valid_only_before(self, code_sets: CodeStore) -> None:
        assert code_sets.valid("I42.0", System.CM, BEFORE) is True
        assert code_sets.valid("I42.0", System.CM, AFTER) is False
        after = code_sets.hit("I42.0", System.CM, AFTER)
        assert after is not None
        assert not after.billable
        assert code_sets.valid("I42.00", System.CM, AFTER) is True

    def test_a_revised_title_goes_by_the_day(self, code_sets: CodeStore) -> None:
        assert "globin" in code_sets.title("Z29.14", System.CM, BEFORE)
        assert code_sets.title("Z29.14", System.CM, AFTER).endswith("immune globulin")

    def test_a_valid_code_without_a_title_says_so_and_can_be_entered(self, code_sets: CodeStore) -> None:
        assert code_sets.status().counts["pcs untitled"] == 758
        untitled = next(
            hit
            for hit in code_sets.search("X", System.PCS, AFTER, 1)
            or code_sets.search("XW0", System.PCS, AFTER, 500)
            if not hit.title
        )
        assert untitled.text == "(title not installed)"
        assert code_problem(code_sets, untitled.code, System.PCS, AFTER) == ""

    def test_nothing_is_said_beyond_the_end_of_the_release(self, code_sets: CodeStore) -> None:
        assert code_sets.valid("I21.4", System.CM, date(2027, 4, 1)) is None

    @pytest.mark.parametrize(
        ("code", "day", "words"),
        [
            ("I21.4", AFTER, ""),
            ("S72.001A", AFTER, ""),
            ("S72.001", AFTER, "header"),
            ("I42.0", AFTER, "header"),
            ("S23.420A", AFTER, "ended on 09/30/2026"),
            ("I42.00", BEFORE, "only from 10/01/2026"),
            ("I21.X", AFTER, "not a valid ICD-10-CM code"),
            ("21.4", AFTER, "3 to 7 characters"),
        ],
    )
    def test_why_a_code_cannot_be_entered_is_said_in_a_sentence(
        self, code_sets: CodeStore, code: str, day: date, words: str
    ) -> None:
        answer = code_problem(code_sets, code, System.CM, day)
        assert words in answer
        assert bool(answer) is bool(words)

    def test_without_a_code_store_form_and_validity_are_still_checked(self) -> None:
        assert code_problem(None, "I21.4", System.CM, AFTER) == ""
        assert "not a valid" in code_problem(None, "I21.X", System.CM, AFTER)
        assert code_problem(None, "0SR90JZ", System.PCS, AFTER) == ""

    def test_edit_lists_are_marked(self, code_sets: CodeStore) -> None:
        def marks(code: str) -> tuple[str, ...]:
            hit = code_sets.hit(code, System.CM, AFTER)
            return hit.marks if hit else ()

        assert marks("V00.01XA") == ("external",)
        assert "maternity" in marks("O80")
        assert "unspecified" in marks("S72.009A")
        assert "manifestation" in marks("J17")

    def test_poa_exemption_is_told_where_it_is_known(self, code_sets: CodeStore) -> None:
        for code in ("Q21.0", "O80", "Z37.0", "Z38.00", "Z23", "I25.2", "Z79.4", "Y92.009"):
            assert code_sets.poa_exempt(code, AFTER) is True, code
        assert code_sets.poa_exempt("S72.001D", AFTER) is None

    def test_parts_of_a_family_that_the_official_list_leaves_out_are_not_exempt(
        self, code_sets: CodeStore
    ) -> None:
        for code in ("Y92.230", "Y92.530", "Y93.11", "I69.911", "Z72.823", "Z20.822", "Z66", "J18.9"):
            assert code_sets.poa_exempt(code, AFTER) is None, code

    def test_the_families_hold_as_many_codes_as_were_compared_with_the_list_of_2025(
        self, code_sets: CodeStore, codes_path: Path
    ) -> None:
        first = date(2024, 10, 1)
        source = sqlite3.connect(codes_path)
        rows = source.execute(
            "SELECT code FROM code WHERE system = 'cm' AND billable AND valid_from <= 20241001"
            " AND valid_to >= 20241001"
        ).fetchall()
        source.close()
        assert sum(code_sets.poa_exempt(code, first) is True for (code,) in rows) == 2780

    def test_a_row_of_the_exempt_families_holds_from_its_day_on(self, code_sets: CodeStore) -> None:
        assert code_sets.poa_exempt("Z38.00", date(2024, 10, 1)) is True
        assert code_sets.poa_exempt("Z38.00", date(2024, 9, 30)) is None

    def test_a_facility_takes_a_shipped_family_back(self, codes_path: Path, tmp_path: Path) -> None:
        (tmp_path / "poa_exempt.toml").write_text(
            'id = "poa_exempt"\ntitle = "Ours"\n'
            'rows = [{ code = "Z68", text = "BMI", exempt = false, valid_from = "2026-10-01" }]\n'
        )
        with CodeStore.open(codes_path, tmp_path) as codes:
            assert codes.poa_exempt("Z68.41", AFTER) is None
            assert codes.poa_exempt("Z68.41", date(2026, 9, 30)) is True

    def test_a_facility_names_exempt_codes_by_beginning_and_seventh_character(
        self, codes_path: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "poa_exempt.toml").write_text(
            'id = "poa_exempt"\ntitle = "Ours"\nrows = [{ code = "S72/DS", text = "Femur, later" }]\n'
        )
        with CodeStore.open(codes_path, tmp_path) as codes:
            told = [codes.poa_exempt(code, AFTER) for code in ("S72.001D", "S72.001S", "S72.001A", "Q21.0")]
        assert told == [True, True, None, True]


class TestBook:
    def test_notes_are_inherited_and_the_place_in_the_book_is_shown(self, code_sets: CodeStore) -> None:
        detail = code_sets.show("I21.4", System.CM, AFTER)
        assert detail is not None
        assert [key for key, _ in detail.above] == ["chapter 9", "I20-I25", "I21"]
        assert ("I21", "excludes2", "old myocardial infarction (I25.2)") in {
            (note.key, note.kind, note.text) for note in detail.notes
        }
        assert [(level, last) for _, last, level in detail.severities] == [("MCC", None)]

    def test_a_header_lists_what_is_under_it(self, code_sets: CodeStore) -> None:
        detail = code_sets.show("I42.0", System.CM, AFTER)
        assert detail is not None
        assert [hit.shown for hit in detail.below] == ["I42.00", "I42.01", "I42.09"]
        assert [each.billable for each in detail.history] == [True, False]

    def test_a_new_category_stands_in_its_section(self, code_sets: CodeStore) -> None:
        detail = code_sets.show("QA1.71", System.CM, AFTER)
        assert detail is not None
        assert detail.above[0][0] == "chapter 17"


class TestSearch:
    def test_everyday_phrases_have_an_acceptable_code_among_the_first_ten(self, code_sets: CodeStore) -> None:
        missed = []
        lines = PHRASES.read_text().splitlines()
        for phrase, acceptable in (line.split("\t") for line in lines):
            begins = tuple(code.replace(".", "") for code in acceptable.split())
            if not any(hit.code.startswith(begins) for hit in code_sets.search(phrase, System.CM, AFTER, 10)):
                missed.append(phrase)
        assert len(missed) <= 0.05 * len(lines), missed

    def test_words_come_in_any_order_and_may_be_begun_only(self, code_sets: CodeStore) -> None:
        assert found(code_sets, "kidney chronic")[0] == found(code_sets, "chronic kidn")[0] == "N18.9"

    @pytest.mark.parametrize(
        ("short", "code"),
        [("hip fx r initial", "S72.001A"), ("fx femur neck l", "S72.002A"), ("n/v", "R11.2")],
    )
    def test_side_encounter_and_shorthand_are_understood(
        self, code_sets: CodeStore, short: str, code: str
    ) -> None:
        assert code in found(code_sets, short)

    @pytest.mark.parametrize(
        ("typo", "code"), [("pnuemonia", "J18.9"), ("diverticulits", "K57.92"), ("sarcoidsis", "D86.9")]
    )
    def test_a_misspelling_finds_the_word_that_was_meant(
        self, code_sets: CodeStore, typo: str, code: str
    ) -> None:
        assert code in found(code_sets, typo)

    def test_the_beginning_of_a_code_lists_the_book_from_there(self, code_sets: CodeStore) -> None:
        assert found(code_sets, "s72.0")[:4] == ["S72.0", "S72.00", "S72.001", "S72.001A"]

    def test_a_range_goes_by_the_order_of_the_book(self, code_sets: CodeStore) -> None:
        listed = found(code_sets, "C43-C44", limit=500)
        assert listed[0] == "C43"
        assert listed.index("C43.9") < listed.index("C4A.9") < listed.index("C44.90")  # not by the alphabet

    def test_a_search_is_answered_as_of_the_day(self, code_sets: CodeStore) -> None:
        assert "QA1.71" in found(code_sets, "lynch syndrome", day=AFTER)
        assert "QA1.71" not in found(code_sets, "lynch syndrome", day=BEFORE)

    def test_procedures_are_searched_when_they_are_asked_for(self, code_sets: CodeStore) -> None:
        assert "0DTJ4ZZ" in found(code_sets, "appendectomy", System.PCS)
        assert "0DTJ4ZZ" in found(code_sets, "resection appendix", None)
        assert all(hit.system is System.CM for hit in code_sets.search("appendix", System.CM, AFTER))

    def test_a_prompt_list_offers_only_codes_that_may_be_submitted(self, code_sets: CodeStore) -> None:
        offered = code_sets.choices("s72.0", System.CM, AFTER, 10)
        assert len(offered) == 10
        assert all(hit.valid for hit in offered)

    @pytest.mark.parametrize(
        "text", ["", " ", "x", "'\"*", "NOT AND OR", "(((", "a*b^c", "\x00\x1b[0m", "é" * 80, "-", "--"]
    )
    def test_no_text_breaks_the_search(self, code_sets: CodeStore, text: str) -> None:
        assert isinstance(code_sets.search(text, None, AFTER), list)

    def test_a_facility_adds_its_own_words(self, codes_path: Path, tmp_path: Path) -> None:
        (tmp_path / "code_expansions.toml").write_text(
            'id = "code_expansions"\ntitle = "Ours"\nrows = [{ code = "zapp", text = "hypothermia",'
            ' codes = "T68.XXXA" }]\n'
        )
        with CodeStore.open(codes_path, tmp_path) as codes:
            assert found(codes, "zapp")[0] == "T68.XXXA"
            assert found(codes, "chf")[0] == "I50.9"


class TestWeights:
    def test_the_latest_table_in_force_on_the_day_answers(self, code_sets: CodeStore) -> None:
        weight = code_sets.weights("280", AFTER)
        assert weight is not None
        assert (weight.fiscal_year, weight.weight, weight.gmlos) == (2026, Decimal("1.6041"), Decimal("4.1"))

    @pytest.mark.parametrize(("drg", "day"), [("280", date(2025, 9, 30)), ("210", AFTER), ("000", AFTER)])
    def test_without_a_table_or_a_row_there_is_no_guess(
        self, code_sets: CodeStore, drg: str, day: date
    ) -> None:
        assert code_sets.weights(drg, day) is None

    def test_a_drg_without_a_weight_has_none(self, code_sets: CodeStore) -> None:
        ungroupable = code_sets.weights("999", AFTER)
        assert ungroupable is not None
        assert ungroupable.weight is None


class TestMissing:
    def test_a_missing_store_says_what_to_do(self, tmp_path: Path) -> None:
        with pytest.raises(CodesMissing, match="recordroom codes build"):
            CodeStore.open(tmp_path / "codes.db")

    def test_a_file_that_is_no_code_store_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "codes.db").write_bytes(b"not a database" * 100)
        with pytest.raises(CodesMissing, match="no code store"):
            CodeStore.open(tmp_path / "codes.db")
