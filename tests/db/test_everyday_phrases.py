"""Everyday phrases find an acceptable code among the first ten, by lists whose authors did not write the expansions."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from config.code_sources import EXPANSIONS
from config.code_tables import shipped_tables
from db.coding.codes import CodeStore
from rules.codes import System, normal
from rules.findings import Superseded
from tests.db.test_codes import AFTER, found

DATA = Path(__file__).parents[1] / "data"
LISTS = {
    **{file.name: (System.CM, 0.95) for file in sorted(DATA.glob("*phrases*.tsv"))},
    **{file.name: (System.PCS, 0.95) for file in sorted(DATA.glob("*procedures*.tsv"))},
}


class TestLists:
    @pytest.mark.parametrize("name", LISTS)
    def test_most_phrases_of_a_list_find_an_acceptable_code(self, code_sets: CodeStore, name: str) -> None:
        system, least = LISTS[name]
        lines = [
            line.split("\t")
            for line in (DATA / name).read_text(encoding="utf-8").splitlines()
            if "\t" in line
        ]
        missed = []
        for phrase, acceptable, *_ in lines:
            begins = tuple(map(normal, acceptable.split()))
            if not any(hit.code.startswith(begins) for hit in code_sets.search(phrase, system, AFTER, 10)):
                missed.append(phrase)
        assert len(missed) <= (1 - least) * len(lines), missed


class TestWhatIsUnderstood:
    @pytest.mark.parametrize(
        ("asked", "code"),
        [
            ("high blood pressure", "I10"),
            ("pressure high blood", "I10"),  # a phrase in any order
            ("heartattack", "I21.9"),  # joined
            ("gall stones", "K80.20"),  # split
            ("oesophageal varices", "I85.00"),  # British
            ("renal stone", "N20.0"),  # an adjective for the organ
            ("hemorroids", "K64.9"),
            ("t2dm w ckd", "E11.22"),
            ("hx of breast ca", "Z85.3"),
            ("s/p left tka", "Z96.652"),
            ("acute on chronic diastolic hf", "I50.33"),
            ("broken left collarbone", "S42.002A"),
            ("copd w/o exacerbation", "J44.9"),
        ],
    )
    def test_a_diagnosis_as_it_is_said_is_found(self, code_sets: CodeStore, asked: str, code: str) -> None:
        assert code in found(code_sets, asked)

    @pytest.mark.parametrize(
        ("asked", "code"),
        [
            ("lap chole", "0FT44ZZ"),
            ("open appendectomy", "0DTJ0ZZ"),
            ("right chest tube", "0W9930Z"),
            ("cabg x2", "021109W"),
            ("colonoscopy with biopsy sigmoid", "0DBN8ZX"),
            ("excision of gallbladder", "0FB40ZZ"),
        ],
    )
    def test_a_procedure_as_it_is_said_is_found(self, code_sets: CodeStore, asked: str, code: str) -> None:
        assert code in found(code_sets, asked, System.PCS)

    def test_a_word_that_nobody_knows_does_not_hide_the_others(self, code_sets: CodeStore) -> None:
        assert "M17.11" in found(code_sets, "xqzptl osteoarthritis right knee")

    def test_with_and_without_are_told_apart(self, code_sets: CodeStore) -> None:
        first = found(code_sets, "saddle embolus without cor pulmonale")[0]
        assert (first, found(code_sets, "saddle embolus with cor pulmonale")[0]) == ("I26.92", "I26.02")


class TestTheTable:
    def test_every_code_that_the_shipped_table_names_is_in_force(self, code_sets: CodeStore) -> None:
        assert code_sets.unknown_expansions(shipped_tables()[EXPANSIONS].rows, AFTER) == []

    def test_a_facilitys_row_that_names_an_ended_or_unknown_code_is_told(
        self, codes_path: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "code_expansions.toml").write_text(
            'id = "code_expansions"\ntitle = "Ours"\nrows = ['
            '{ code = "zapp", text = "x", codes = "T68.XXXA S23.420A" },'
            '{ code = "zipp", also = "zupp", text = "x", codes = "I99.ZZ" }]\n'
        )
        with CodeStore.open(codes_path, tmp_path) as codes:
            assert codes.unknown_expansions(codes.own_expansions(), AFTER) == [
                ("zapp", "S23.420A"), ("zipp", "I99.ZZ"),
            ]  # fmt: skip

    def test_a_facility_says_other_phrases_and_ways_of_writing_in_a_row(
        self, codes_path: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "code_expansions.toml").write_text(
            'id = "code_expansions"\ntitle = "Ours"\nrows = ['
            '{ code = "zapp", also = "zipp, zupp zupp", text = "hypothermia", codes = "T68.XXXA" },'
            '{ code = "brr", text = "zapp", instead = true },'
            '{ code = "chf", text = "hypothermia", codes = "T68.XXXA" }]\n'
        )
        with CodeStore.open(codes_path, tmp_path) as codes:
            for asked in ("zapp", "zipp", "zupp zupp", "brr", "chf"):
                assert found(codes, asked)[0] == "T68.XXXA", asked


class TestStale:
    def test_a_search_that_is_interrupted_says_so_and_the_next_one_answers(self, codes_path: Path) -> None:
        told: list[str] = []

        def look() -> None:
            try:
                while True:
                    codes.search("fracture of the left lower leg with routine healing", None, AFTER)
            except Superseded as why:
                told.append(str(why))

        with CodeStore.open(codes_path) as codes:
            looking = threading.Thread(target=look)
            looking.start()
            while looking.is_alive():
                codes.interrupt()
            assert told == ["More was typed meanwhile."]
            assert found(codes, "chf")[0] == "I50.9"
