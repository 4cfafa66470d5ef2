"""HAB: habits are changed on a form of their own and hold from the next screen on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.screens.conftest import ACCOUNT
from tests.tui.conftest import Workstation
from tui.screen import Mode

pytestmark = pytest.mark.usefixtures("coded")


class TestYourHabits:
    def test_hold_at_once_and_at_the_next_sign_on(
        self, desk: Workstation, seat: Callable[[], Workstation]
    ) -> None:
        desk.press("ctrl+o", "=HAB", "enter", "never", "enter", "every", "enter", "prompt", "enter")
        assert desk.message == "Your habits are changed."
        for place in (desk, seat()):
            habits = place.shell.habits
            assert (habits.leaves, habits.every_field, habits.mode) == (False, True, Mode.PROMPT)
            place.press("ctrl+o", f"=ABS {ACCOUNT}", "enter")
            assert place.shell.main.mode is Mode.PROMPT  # type: ignore[attr-defined]
            place.press("ctrl+o", "=DESK", "enter")

    def test_say_what_they_mean(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=HAB", "enter")
        assert "left by itself, Enter behind is harmless" in desk.text
        desk.press("f4")
        assert "left by Enter or Tab alone" in desk.text
