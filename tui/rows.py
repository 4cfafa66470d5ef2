"""Rows of the tables of a form: deleted, inserted and moved. Every change is one step that can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.keys import Act
from tui.layout import Spot

if TYPE_CHECKING:
    from tui.form import FormView


class Rows:
    """The rows of ``form``."""

    def __init__(self, form: FormView) -> None:
        self.form = form

    async def act(self, act: Act, rest: str) -> None:
        """DEL, INS and MOVE on the row in hand."""
        form, spot = self.form, self.form.spot
        if spot is None or not spot.group or not form.asked(spot):
            form.shell.fail("The cursor stands in no table.")
        elif await form.settle():
            if act is not Act.MOVE_ROW:
                await self.change(spot, act)
            elif rest.isdecimal() and 1 <= int(rest) <= form.face.rows_of(spot.group):
                await self.change(spot, act, int(rest))
            else:
                form.shell.fail("Key MOVE and the number of the row it should become, such as MOVE 1.")

    async def change(self, spot: Spot, act: Act, to: int = 0) -> None:
        """Delete, insert or move row ``spot.index`` of its table."""
        form, record, index = self.form, self.form.record, spot.index
        record.step(spot.path)
        if act is Act.DELETE_ROW:
            record.delete_row(spot.group, index)
        elif act is Act.INSERT_ROW:
            record.insert_row(spot.group, index)
        else:
            record.move_row(spot.group, index, to)
            index = to
        await self._renew(spot.group, f"{spot.group}[{index}].{spot.field.name}")
        if act is Act.DELETE_ROW:
            form.way.ready()  # the row in hand is gone: what moved up into its place is not what was to be keyed
            form.shell.say(f"Row {spot.index} deleted. Ctrl+U brings it back.")

    async def delete(self, group: str, numbers: list[int]) -> None:
        """Delete several rows of a table in one step."""
        form, path = self.form, self.form.focus
        form.record.step(path)
        for number in sorted(numbers, reverse=True):
            form.record.delete_row(group, number)
        if form.spot and form.spot.group == group:  # the row in hand has moved up
            index = form.spot.index - sum(number < form.spot.index for number in numbers)
            path = f"{group}[{index}].{form.spot.field.name}"
        await self._renew(group, path)
        told = ", ".join(map(str, numbers))
        form.shell.say(
            f"Row{'s' * (len(numbers) > 1)} {told} deleted. Ctrl+U brings {'them' if len(numbers) > 1 else 'it'} back."
        )

    async def _renew(self, group: str, path: str) -> None:
        """Rows have other numbers now: what was wrong in them is forgotten, and the cursor stands at ``path``."""
        form = self.form
        for wrong in [wrong for wrong in form.face.wrong if wrong.startswith(group + "[")]:
            del form.face.wrong[wrong]
        await form.answer(group)
        form.lay_out(anew=True)
        form.enter(path if path in form.face.layout.by_path else form.first_wanted(), quiet=True)
