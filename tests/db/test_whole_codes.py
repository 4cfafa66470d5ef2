"""When what was keyed is complete: a code of a table, ICD-10-CM and ICD-10-PCS that nothing longer begins with."""

from __future__ import annotations

from datetime import date

import pytest

from db.coding.codes import CodeStore
from rules.codes import System
from rules.tables import CodeTable, TableRow

DAY = date(2026, 11, 14)
PROVIDERS = CodeTable(
    "providers", "Providers",
    (TableRow("1001", "Adams, Jane"), TableRow("100", "Baker, Tom"), TableRow("MCR", "Medicare"),
     TableRow("MED", "Medicine"), TableRow("2001", "Clark", valid_to="2020-12-31")),
)  # fmt: skip


class TestCodesOfATable:
    @pytest.mark.parametrize(
        ("keyed", "whole"),
        [("1001", True), ("100", False), ("10", False), ("MCR", True), ("mcr", False), ("MED", False),
         ("2001", False), ("", False)],
    )  # fmt: skip
    def test_are_whole_when_they_begin_no_other_code_and_no_word(self, keyed: str, whole: bool) -> None:
        assert PROVIDERS.is_whole(keyed, "2026-11-14") is whole


class TestCodesOfTheBook:
    @pytest.mark.parametrize(
        ("keyed", "whole"),
        [("I10", True), ("I214", True), ("I21.4", True), ("i214", True), ("I21", False), ("S72001", False),
         ("S72001A", True), ("E11", False), ("chf", False), ("hip fx", False)],
    )  # fmt: skip
    def test_diagnoses_are_whole_when_billable_and_begun_by_nothing_longer(
        self, code_sets: CodeStore, keyed: str, whole: bool
    ) -> None:
        assert code_sets.is_whole(keyed, System.CM, DAY) is whole

    @pytest.mark.parametrize(
        ("keyed", "whole"),
        [("0DTJ4ZZ", True), ("0DTJ4Z", False), ("0DTJ4ZQ", True), ("APPENDE", False), ("bypass", False)],
    )
    def test_seven_characters_of_a_procedure_are_whole_whether_or_not_they_are_a_code(
        self, code_sets: CodeStore, keyed: str, whole: bool
    ) -> None:
        assert code_sets.is_whole(keyed, System.PCS, DAY) is whole
