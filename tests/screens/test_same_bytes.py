"""Whatever values are keyed into an abstract, in whatever order: form and prompts store the same document."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.data_sets import library
from db.hospital import encounters
from db.registry import cases
from rules.dictionary import Group
from tests.screens.test_abstract import values
from tests.screens.test_keystrokes import sit, ward
from tests.tui.conftest import Workstation

__all__ = ["sit", "ward"]
pytestmark = pytest.mark.usefixtures("coded")

PATHS = [
    path
    for part in library().of("abstract").parts()
    for path in (
        [f"{part.id}[{row}].{column.id}" for row in (1, 2) for column in part.items]
        if isinstance(part, Group)
        else [part.id]
    )
]
TEXTS = (
    "I214", "N179", "R0602", "S72001A", "Z3800", "0DTJ4ZZ", "Y", "n", "1", "01", "20", "62", "1001", "2186-5",
    "11112026", "T-1", "11/11/2026@0930", "3350", "Mercy", "@", " ", '"', "/NA", "zzzz", "999999", "hip fx",
)  # fmt: skip
COMPLETE = [  # nothing is missing then, and @ stands in the last table
    ("receiving_facility", "Mercy"), ("admitting_diagnosis", "J189"), ("diagnoses[1].code", "J189"),
    ("diagnoses[1].poa", "Y"), ("procedures[1].code", "@"), ("zip", "66666"),
]  # fmt: skip
SCRIPTS = st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from(TEXTS)), min_size=3, max_size=15)


def keyed(desk: Workstation, script: list[tuple[str, str]]) -> str:
    """Key a script and file with a reason; what the store holds then, and what the record held before.

    Enter behind the last field of a record that wants nothing more files it: then the rest has no record to go to.
    """
    desk.press("ctrl+o", "=ABS 5003", "enter")
    for path, text in script:
        desk.press(f"^{path}", "enter", text, "enter")
        if desk.shell.choosing:
            desk.press("enter")
        if desk.shell.in_command:  # a field that is not asked
            desk.press("ctrl+o")
        if desk.message.startswith("FILED"):
            return stored(desk)
    before = json.dumps(values(desk), sort_keys=True)
    desk.press("f2")
    if "F2 again" in desk.message:
        desk.press("f2", "as it is", "enter")
    return before + stored(desk)


def stored(desk: Workstation) -> str:
    """The document of the account in the store."""
    case = desk.shell.executor.submit(
        lambda: cases.by_encounter("abstract", encounters.find("5003") or 0)
    ).result()
    return json.dumps(case.record) if case else "not filed"


class TestSameBytes:
    def test_a_record_that_enter_has_filed_is_stored_alike(self, sit: Callable[..., Workstation]) -> None:
        filed = keyed(sit(mode="form"), COMPLETE)
        assert keyed(sit(mode="prompt"), COMPLETE) == filed
        assert "J189" in filed
        assert "66666" not in filed  # what is keyed behind it goes nowhere

    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(SCRIPTS)
    def test_any_values_in_any_order_are_stored_alike(
        self, sit: Callable[..., Workstation], script: list[tuple[str, str]]
    ) -> None:
        assert keyed(sit(mode="form"), script) == keyed(sit(mode="prompt"), script)

    @pytest.mark.soak
    @settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(SCRIPTS)
    def test_any_values_in_any_order_are_stored_alike_at_length(
        self, sit: Callable[..., Workstation], script: list[tuple[str, str]]
    ) -> None:
        assert keyed(sit(mode="form"), script) == keyed(sit(mode="prompt"), script)
