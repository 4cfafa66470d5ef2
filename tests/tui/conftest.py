"""A shell without a terminal: keys go in as people name them, 24 lines of text come out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.tui import desk_app
from tui.keys import Stroke
from tui.shell import Shell
from tui.spans import text_of

NAMES = {
    "enter", "tab", "shift+tab", "backspace", "delete", "insert", "up", "down", "left", "right", "home", "end",
    "pageup", "pagedown", "idle", "watch", "resize", *(f"f{number}" for number in range(1, 13)),
}  # fmt: skip


class Workstation:
    """Presses keys one after the other, as the gate does, and shows what a terminal would."""

    def __init__(self, shell: Shell) -> None:
        self.shell = shell
        self.loop = asyncio.new_event_loop()
        self.loop.run_until_complete(shell.start())

    def press(self, *keys: str) -> None:
        for key in keys:
            for stroke in strokes(key):
                self.loop.run_until_complete(self.shell.key(stroke))

    def paste(self, text: str) -> None:
        self.loop.run_until_complete(self.shell.key(Stroke("paste", text)))

    def hang_up(self) -> None:
        self.loop.run_until_complete(self.shell.hang_up())

    @property
    def lines(self) -> list[str]:
        return text_of(self.shell.frame())

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def message(self) -> str:
        return self.lines[-3].strip()

    @property
    def at_cursor(self) -> str:
        """The row that the hardware cursor stands on."""
        return self.lines[self.shell.cursor()[1]]


def strokes(key: str) -> list[Stroke]:
    if key in NAMES or key.startswith("ctrl+"):
        return [Stroke(key)]
    return [Stroke("", character) for character in key]


@pytest.fixture
def desk() -> Iterator[Any]:
    """A workstation on which nobody is signed on yet."""
    desk_app.FILED.clear()
    desk_app.DRAFTS.clear()
    desk_app.EVENTS.clear()
    desk_app.OVER.clear()
    with ThreadPoolExecutor(1) as executor:
        workstation = Workstation(desk_app.make_shell(executor))
        yield workstation
        workstation.loop.close()


@pytest.fixture
def signed_on(desk: Workstation) -> Workstation:
    desk.press("TECH1", "enter", "OPEN", "enter")
    return desk


@pytest.fixture
def abstract(signed_on: Workstation) -> Workstation:
    """A new, empty abstract."""
    signed_on.press("ABS", "enter")
    return signed_on
