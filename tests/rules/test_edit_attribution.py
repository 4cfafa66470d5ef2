"""Edits that a code raises by itself stand at that code, wherever it stands and whatever stands beside it."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.codes_edits import CodeEdit, edit
from rules.drg import Claim, Diagnosis

DAY = date(2026, 11, 15)
OWN = {
    "S72009A": {"UNSPECIFIED"}, "I80209": {"UNSPECIFIED"}, "XYZ": {"INVALID_CODE"}, "P070": {"INVALID_CODE"},
    "Z3801": {"AGE_CONFLICT"}, "O80": {"AGE_CONFLICT"}, "I10": set(), "N179": set(), "E119": set(),
}  # fmt: skip  # of a patient of 70
NAMES = set().union(*OWN.values())


def found(*codes: str) -> list[CodeEdit]:
    claim = Claim(DAY, tuple(Diagnosis(code, "Y") for code in codes), (), 70, "F", "01")
    return [each for each in edit(claim).edits if each.name in NAMES]


class TestWhatACodeRaisesByItself:
    @settings(max_examples=60)
    @given(st.lists(st.sampled_from(sorted(OWN)), min_size=1, max_size=8, unique=True))
    def test_stands_at_its_row_in_any_company(self, codes: list[str]) -> None:
        expected = {(name, row) for row, code in enumerate(codes, 1) for name in OWN[code]}
        assert {(each.name, each.row) for each in found(*codes)} == expected
        assert {each.part for each in found(*codes)} <= {"dx"}
