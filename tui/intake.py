"""A field exit: what was keyed becomes a value, an act, a jump, a recalled or matched value, or is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rules.dates import Unclear
from rules.findings import Told
from rules.text import clean
from tui.field import Entry, field_limit, matches_words, parse
from tui.keys import Act
from tui.layout import Spot
from tui.screen import Choice, Kind

if TYPE_CHECKING:
    from tui.form import FormView

MATCH_LIMIT = 20  # choices looked at when a text is matched
PROSE = 400  # characters; a field that takes as many takes pasted lines as one text


class Intake:
    """Takes in the field in hand of ``form``."""

    def __init__(self, form: FormView) -> None:
        self.form = form

    async def leave(self) -> bool:
        """False: what was keyed was no value, or it did something else, and the cursor stays."""
        form, spot = self.form, self.form.spot
        if spot is None or not form.asked(spot):
            return True
        text = form.entry.text
        if text == form.shown_at_entry and spot.path not in form.face.wrong:
            return True
        if spot.field.kind is not Kind.SECRET:
            if await self._act(spot, text):
                return False
            if text.strip() == "@":
                await self._clear(spot)
                return True
            if text and not text.strip():
                return await self._recall(spot)
        return await self._value(spot, text)

    async def _value(self, spot: Spot, text: str) -> bool:
        value = parse(spot.field, text, self.form.shell.now(), self.form.record.values)
        if isinstance(value, Unclear):
            self.form.refuse(spot, value.sentence)
            return False
        if matches_words(spot.field) and value and value[0] != "/":
            return await self._match(spot, value)
        return await self._take(spot, value)

    async def _take(self, spot: Spot, value: str) -> bool:
        """Put the value into the record, unless the screen says why it cannot be taken."""
        before = self.form.record.values.get(spot.path, "")
        try:
            await self.form.set_value(spot.path, value)
        except Told as error:
            self.form.record.put(spot.path, before)
            self.form.refuse(spot, str(error))
            return False
        return True

    async def _act(self, spot: Spot, text: str) -> bool:
        """``?``, ``??``, ``"`` or ``^...`` keyed alone: an act, and the field keeps its value."""
        shell = self.form.shell
        act = shell.keymap.entry(text.strip())
        if act is Act.NONE and not text.startswith("^"):
            return False
        self.form.enter(spot.path, quiet=True)
        if act is Act.NONE:
            await shell.run(text.strip())
        else:
            await shell.do(act)
        return True

    async def _clear(self, spot: Spot) -> None:
        """``@``: the value goes; in the first column of a table its row goes. Ctrl+U brings it back."""
        form = self.form
        if spot.group and spot.first and not form.is_blank(spot):
            await form.rows.change(spot, Act.DELETE_ROW)
            return
        had = form.record.values.get(spot.path)
        await form.set_value(spot.path, "")
        if had:
            form.shell.say(f"{spot.label or 'The value'} cleared. Ctrl+U brings it back.")

    async def _recall(self, spot: Spot) -> bool:
        """Space and Enter: the last value of its kind."""
        value = self.form.shell.recalls.get(self.form.recall_kind(spot), "")
        if not value:
            self.form.refuse(spot, "Nothing was keyed here before that could be recalled.")
            return False
        await self.form.set_value(spot.path, value)
        return True

    async def _match(self, spot: Spot, value: str) -> bool:
        """A coded field: an exact code is taken, so is a text that finds one choice; several are listed."""
        form = self.form
        choices = await self._choices(spot, value, MATCH_LIMIT)
        bare = value.replace(".", "")
        exact = next((choice for choice in choices if choice.value.upper().replace(".", "") == bare), None)
        fixed = spot.field.auto_skip and not spot.field.unlisted and len(value) == field_limit(spot.field)
        if exact is None and fixed:
            form.refuse(spot, f"{clean(value)} is not in the list. F4 shows it.")
            return False
        if exact is None and len(choices) > 1:
            if not await form.lists.prompt(value):
                form.shell.fail(f"Several match {clean(value)}: pick one.")
            return False
        if not choices and not (spot.field.unlisted and len(value) <= field_limit(spot.field)):
            values = dict(form.record.values)
            why = await form.shell.call(form.screen.unknown, values, spot.path, value)
            form.refuse(spot, why or self._nothing_known(value))
            return False
        chosen = exact or (choices[0] if choices else None)
        if chosen and chosen.value.startswith(bare):
            form.completed(spot, chosen.value.removeprefix(bare))
        return await self._take(spot, chosen.value if chosen else value)

    def _nothing_known(self, value: str) -> str:
        if value.upper() in (command.word for command in self.form.screen.commands):
            return f"{value.upper()} is a word for the command line: press Ctrl+O first."
        return f"Nothing is known as {clean(value)}. F4 lists what this field takes."

    async def _choices(self, spot: Spot, text: str, limit: int) -> Sequence[Choice]:
        form = self.form
        try:
            return await form.shell.call(form.screen.lookup, dict(form.record.values), spot.path, text, limit)
        except Told:
            if spot.field.unlisted:  # there is no list, and none is needed
                return ()
            raise

    async def same(self) -> None:
        """F9: the value of the previous record, or of the row above, and on to the next field."""
        form, spot = self.form, self.form.spot
        if spot is None or not form.asked(spot):
            return
        value = form.previous().get(spot.path, "")
        if not value and spot.group and spot.index > 1:
            value = form.record.values.get(f"{spot.group}[{spot.index - 1}].{spot.field.name}", "")
        if not value:
            form.shell.fail("The previous record holds nothing here.")
            return
        await form.set_value(spot.path, value)
        form.way.left(spot.path)
        form.enter(form.way.following(spot.path, "full") or spot.path)

    async def paste(self, text: str) -> None:
        """Pasted text fills successive fields at Tab or line end. One step to take back; it never files."""
        form = self.form
        pieces = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "\n").rstrip("\n").split("\n")
        prose = form.spot is not None and field_limit(form.spot.field) >= PROSE
        if len(pieces) == 1 or prose:
            await form.type(clean(" ".join(pieces)))
            return
        with form.record.one_step(form.focus):
            for number, piece in enumerate(pieces):
                spot = form.spot
                if spot is None or not form.asked(spot):
                    break
                form.entry = Entry(clean(piece), len(piece), fresh=False)
                form.face.dirty(spot.path)
                if not await self._value(spot, clean(piece)):
                    break
                left = len(pieces) - number - 1
                following = form.walk.following(spot.path, 1, round_about=False)
                if left and not following:
                    form.shell.fail(f"{left} pasted lines had no field left.")
                    break
                if left:
                    form.enter(following, quiet=True)
