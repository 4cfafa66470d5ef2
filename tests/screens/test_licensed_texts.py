"""Texts that somebody else licenses are shown with whose they are; they go to no paper, report or file."""

from __future__ import annotations

import pytest

from reports import output
from screens.printing import print_shown
from tests import builders
from tests.screens.test_drg_screens import do, go
from tests.screens.test_visits import an_emergency
from tests.tui.conftest import Workstation

HOLDER = "Example Hospital Group"
TEXT = "Knee film, three views"


@pytest.fixture
def paper(desk: Workstation, booked: None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was sent to a printer."""
    sent: list[str] = []
    monkeypatch.setattr(
        output, "send", lambda pages, *_: sent.extend("\n".join(page.lines) for page in pages)
    )
    desk.shell.printer = print_shown
    return sent


class TestTextsOfAnother:
    def test_a_look_up_names_the_holder_and_is_not_printed(self, desk: Workstation, paper: list[str]) -> None:
        go(desk, "=COD cdm knee")
        assert TEXT in desk.text
        assert HOLDER in desk.text
        go(desk, "PRT LASER")
        assert not paper
        assert desk.message == f"The texts of Charge master are licensed by {HOLDER}: not printed."

    def test_what_is_known_of_such_a_code_is_not_printed_either(
        self, desk: Workstation, paper: list[str]
    ) -> None:
        go(desk, "=COD cdm knee")
        desk.press("enter")
        assert TEXT in desk.text
        go(desk, "PRT LASER")
        assert not paper

    def test_codes_of_public_sets_are_printed(self, desk: Workstation, paper: list[str]) -> None:
        go(desk, "=COD hcpcs wheelchair")
        go(desk, "PRT LASER")
        assert "Standard wheelchair" in "".join(paper)

    def test_nor_is_it_where_nobody_says_when_the_patient_came(
        self, desk: Workstation, paper: list[str]
    ) -> None:
        do(desk, lambda _: builders.an_encounter(0, "E2", **{"class": "E"}))
        go(desk, "=OPC E2")
        desk.press("^SERVICES", "enter", "73562", "enter", "^services[1].date", "enter", "11022026", "enter")
        assert f"73562 {TEXT}" in desk.text
        go(desk, "PRT LASER")
        assert "73562" in "".join(paper)
        assert TEXT not in "".join(paper)

    def test_a_visit_is_printed_with_the_code_alone(self, desk: Workstation, paper: list[str]) -> None:
        do(desk, lambda _: an_emergency("E1"))
        go(desk, "=OPC E1")
        desk.press("f8", "f8", "73562", "enter", "enter", "1", "enter")
        assert f"73562 {TEXT}" in desk.text
        go(desk, "PRT LASER")
        page = "".join(paper)
        assert "73562" in page
        assert TEXT not in page
        assert f"73562 (text licensed by {HOLDER}, not printed)" in page
