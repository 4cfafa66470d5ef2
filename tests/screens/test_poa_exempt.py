"""A hospital that reports no POA: its hospital-acquired conditions keep their weight, and the coding page says so."""

from __future__ import annotations

import pytest

from db.conventions import file_setting
from tests.screens.conftest import ACCOUNT
from tests.screens.test_coding import ADMITTING, pane, row
from tests.tui.conftest import Workstation

pytestmark = pytest.mark.usefixtures("coded")


class TestTheCodingPage:
    def test_a_hospital_that_reports_no_poa_keeps_the_weight_and_the_page_says_why(
        self, desk: Workstation
    ) -> None:
        actor = desk.shell.session.actor  # type: ignore[union-attr]
        desk.shell.executor.submit(file_setting, actor, "facility_kind", "va", 1).result()
        desk.press("ctrl+o", f"=CDG {ACCOUNT}", "enter", ADMITTING, "j189 y l89154 n")
        assert "MS-DRG 193" in desk.lines[3]
        assert desk.lines[5].strip() == "POA-exempt hospital: HAC not applied to L89.154"
        assert row(desk, "2 L89.154").endswith("N   MCC   drives")
        desk.press("up")
        assert pane(desk)[0].strip() == "POA-exempt hospital: HAC not applied"
        desk.press("+")
        assert "POA-exempt" not in desk.lines[5]
