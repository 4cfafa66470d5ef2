"""The ways in which a record is shown and keyed. They share one record, one cursor, findings and draft: the form's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from config.grids import Block
from rules.findings import Finding
from tui.keys import Stroke
from tui.spans import Line
from tui.walk import Walk

if TYPE_CHECKING:
    from tui.form import FormView


class Way:
    """The form itself: fields in their places. The other ways override what they do otherwise."""

    def __init__(self, form: FormView) -> None:
        self.form = form

    def begin(self) -> None:
        """A record was opened, or this way of looking at it was chosen."""

    def body(self, width: int) -> list[Line]:
        return self.form.face.body(self.form.record, width)

    def cursor(self) -> tuple[int, int] | None:
        return self.form.face.cursor()

    def entered(self, path: str) -> None:
        """The cursor has come into a field."""

    def left(self, path: str) -> None:
        """What was keyed into a field was taken in, or its value was kept."""

    def ready(self) -> None:
        """The cursor stands where it begins."""

    def found(self, findings: Sequence[Finding]) -> None:
        """Findings that were not there before."""

    def changed(self) -> None:
        """Values, meanings or findings are others now."""

    def show(self, block: Block) -> None:
        """Bring a part of the overview into sight."""

    async def after(self) -> None:
        """A key was handled to its end."""

    @property
    def walk(self) -> Walk:
        """Where the cursor goes."""
        return self.form.walk

    def turn(self, step: int) -> bool:
        """A page forward or back; False leaves that to the form."""
        return False

    def is_acting(self) -> bool:
        """Whether letters act instead of filling a field."""
        return False

    async def stroke(self, stroke: Stroke) -> bool:
        """A key that this way takes for itself; False leaves it to the form."""
        return False

    def following(self, here: str, name: str) -> str:
        """Where the cursor goes after ``here``; "" is the end. ``name`` is enter, tab or full."""
        return self.form.next_after(here, name)

    async def at_end(self, name: str) -> None:
        """The walk has come to its end: Enter files."""
        if name == "enter":
            await self.form.filing.file()
        else:
            self.form.enter(self.form.focus)
