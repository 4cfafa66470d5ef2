"""The form: one view that draws a record from its declaration and takes it field by field.

A field is checked and the record's findings are renewed when the field is left; nothing keyed is ever lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rules.dates import Unclear
from rules.findings import SEVERITY, Finding, Level
from rules.text import cells, clean, fit
from tui.field import Entry, field_limit, is_full, matches_words, parse, shown
from tui.fieldhelp import field_help, form_help
from tui.keys import Act, Stroke
from tui.layout import Layout, Spot, lay_out, shown_rows
from tui.picks import Pick
from tui.record import Record
from tui.screen import Changed, Choice, Filed, FormScreen, Kind, Opened, Refused, Section, Values
from tui.spans import BOLD, PLAIN, REVERSE, UNDERLINE, Line, Piece, blank, line, plain
from tui.view import View

if TYPE_CHECKING:
    from tui.shell import Shell

MARKS = {Level.FATAL: "E", Level.ERROR: "E", Level.WARNING: "W", Level.QUERY: "?"}
LIST_LIMIT = 200  # choices asked for at once by a prompt list
MATCH_LIMIT = 20  # choices looked at when a text is matched at field exit
RAW = "|"  # in a draft's focus: what stands after it was keyed and not yet taken in


class FormView(View):
    """A record of a ``FormScreen``, open and being keyed."""

    screen: FormScreen
    legend_acts = (Act.HELP, Act.FILE, Act.EXIT, Act.PROMPT, Act.BACK, Act.FORWARD, Act.SAME, Act.CANCEL)

    def __init__(self, shell: Shell, screen: FormScreen, word: str) -> None:
        super().__init__(shell, screen, word)
        self.key = ""
        self.opened = Opened({})
        self.sections: Sequence[Section] = ()
        self.record = Record((), {})
        self.layout = Layout()
        self.entry = Entry()
        self.focus = ""  # path of the field in hand
        self.shown_at_entry = ""
        self.findings: Sequence[Finding] = ()
        self.wrong: dict[str, str] = {}  # sentence by path of entries that could not be taken
        self.echoes: dict[str, str] = {}
        self.panel: list[str] = []
        self.skip: frozenset[str] = frozenset()
        self.top = 0
        self.height = 1
        self._lines: dict[int, Line] = {}
        self._counts: dict[str, int] = {}
        self._marks: dict[str, str] = {}
        self._help_asked = ""
        self._refused_overridable = False

    # --- opening -------------------------------------------------------------------------------------------

    async def start(self, key: str) -> None:
        """Open the record ``key``. Raises ``ScreenError`` when there is none; the form then stays as it was."""
        opened, sections, changed = await self.shell.call(self._load, key)
        self.key, self.opened, self.sections = key, opened, sections
        self.record = Record(sections, opened.values)
        if not key and not opened.resumed:
            self._carry()
        self.findings, self.wrong, self.echoes, self.panel = (), {}, {}, []
        self.skip, self.top, self._refused_overridable = frozenset(), 0, False
        self._counts = {}
        self._take_in(changed)
        self._lay_out()
        path, _, raw = opened.focus.partition(RAW)
        self._enter(path if path in self.layout.by_path else self._first(), quiet=True)
        if raw and self.focus == path:
            self.entry = Entry(raw, len(raw), fresh=False)
        self.record.changed = opened.resumed
        message = opened.locked or opened.message
        if opened.resumed and not message:
            message = "Your draft of this record was brought back; nothing keyed was lost."
        if message:
            self.shell.say(message)

    def _load(self, key: str) -> tuple[Opened, Sequence[Section], Changed]:
        opened = self.screen.open(key)
        return opened, self.screen.sections(), self.screen.changed(dict(opened.values), "")

    def _carry(self) -> None:
        previous = self.shell.previous.get(self._kind(), {})
        for section in self.sections:
            for part in section.parts:
                if getattr(part, "carry", False) and part.name not in self.record.values:  # type: ignore[union-attr]
                    self.record.put(part.name, previous.get(part.name, ""))  # type: ignore[union-attr]

    def _kind(self) -> str:
        """Records of the same kind are what F9 copies from: the word of the screen tells them apart."""
        return self.word or type(self.screen).__qualname__

    # --- drawing -------------------------------------------------------------------------------------------

    def banner(self) -> Sequence[str]:
        return self.opened.banner

    def body(self, width: int, height: int) -> list[Line]:
        panel = self.panel[: max(0, height // 3)]
        if height - len(panel) != self.height:
            self.height = height - len(panel)
            self._keep_in_sight()
        rows = range(self.top, self.top + self.height)
        lines = [self._line(row, width) for row in rows]
        return lines + [plain(text, width) for text in panel]

    def cursor(self) -> tuple[int, int] | None:
        spot = self.layout.by_path.get(self.focus)
        if spot is None:
            return None
        return spot.column + self.entry.window(spot.width)[1], spot.row - self.top

    def _line(self, row: int, width: int) -> Line:
        found = self._lines.get(row)
        if found is None or sum(cells(text) for text, _ in found) != width:
            found = self._lines[row] = self._draw(row, width)
        return found

    def _draw(self, row: int, width: int) -> Line:
        pieces: list[Piece] = list(self.layout.fixed.get(row, ()))
        for spot in self.layout.on_row.get(row, ()):
            mark = self._mark(spot)
            if mark:
                pieces.append((spot.column - 1, mark, BOLD))
            pieces.append((spot.column, *self._value(spot)))
            echo = self.echoes.get(spot.path, "")
            if echo:
                room = spot.field.echo or max(0, width - spot.echo_column)
                pieces.append(
                    (spot.echo_column, fit(echo, min(room, max(0, width - spot.echo_column))), PLAIN)
                )
        return line(sorted(pieces, key=lambda piece: piece[0]), width) if pieces else blank(width)

    def _value(self, spot: Spot) -> tuple[str, int]:
        if spot.path == self.focus:
            text, _ = self.entry.window(spot.width)
            secret = spot.field.kind is Kind.SECRET
            return (fit("*" * len(self.entry.text), spot.width) if secret else text), REVERSE
        text = shown(spot.field, self.record.get(spot.path), self.shell.date_style)
        editable = not (spot.field.read_only or self.opened.locked)
        return fit(text, spot.width), UNDERLINE if editable else PLAIN

    def _mark(self, spot: Spot) -> str:
        if spot.path in self.wrong:
            return "E"
        if mark := self._marks.get(spot.path):
            return mark
        return "*" if spot.field.required and not self.record.values.get(spot.path) else ""

    def _dirty(self, *paths: str) -> None:
        for path in paths:
            if spot := self.layout.by_path.get(path):
                self._lines.pop(spot.row, None)

    def _lay_out(self) -> None:
        """Lay out anew when tables have grown or shrunk; else nothing has moved."""
        counts = {
            name: shown_rows(group, self.record.values, bool(self.opened.locked))
            for name, group in self.record.groups.items()
        }
        if counts != self._counts or not self.layout.spots:
            self._counts = counts
            self.layout = lay_out(self.sections, counts, self.shell.date_style)
        self._lines.clear()

    def _keep_in_sight(self) -> None:
        """Move by what stands below or above the field, a page at a time, so that walking repaints little."""
        spot = self.layout.by_path.get(self.focus)
        row = spot.row if spot else 0
        if not self.top <= row < self.top + self.height:
            heads = [start for _, title, start in self.layout.sections if title and start < row]
            lead = row - heads[-1] if heads else 0
            self.top = max(0, row - (lead if lead <= 2 else 1))
        self.top = max(0, min(self.top, self.layout.height - self.height))

    # --- moving about --------------------------------------------------------------------------------------

    def _asked(self, spot: Spot) -> bool:
        return not (spot.field.read_only or self.opened.locked or spot.path in self.skip)

    def _first(self) -> str:
        spots = self.layout.spots
        return next((spot.path for spot in spots if self._asked(spot)), spots[0].path if spots else "")

    def _enter(self, path: str, quiet: bool = False) -> None:
        """Put the cursor into a field and show what it holds, or its default."""
        self._dirty(self.focus, path)
        self.focus, self._help_asked = path, ""
        spot = self.layout.by_path.get(path)
        if spot is None:
            self.entry, self.shown_at_entry = Entry(), ""
            return
        value = "" if spot.field.kind is Kind.SECRET else self.record.get(path)
        self.shown_at_entry = shown(spot.field, value, self.shell.date_style)
        text = self.shown_at_entry
        if not text and spot.field.default and self._asked(spot):
            text = shown(spot.field, spot.field.default, self.shell.date_style)
        self.entry = Entry(text)
        self._keep_in_sight()
        if not quiet and (sentence := self._finding_here(path)):
            self.shell.say(sentence)

    def _finding_here(self, path: str) -> str:
        here = [finding for finding in self.findings if finding.field == path]
        worst = min(here, key=lambda finding: SEVERITY[finding.level], default=None)
        return f"{worst.code} {worst.message}" if worst else self.wrong.get(path, "")

    def _next(self, step: int, wrap_round: bool) -> str:
        """The path of the next field that is asked; "" at the end unless the walk goes round."""
        spots, at = self.layout.spots, self.layout.order.get(self.focus, -1)
        here = self.layout.by_path.get(self.focus)
        leaving = here is not None and here.first and self._blank_row(here) and step > 0
        for offset in range(1, len(spots) + 1):
            position = at + step * offset
            if not 0 <= position < len(spots):
                if not wrap_round:
                    return ""
                position %= len(spots)
            spot = spots[position]
            if leaving and here and spot.group == here.group and spot.index == here.index:
                continue
            if step < 0 and spot.group and not spot.first and self._blank_row(spot):
                continue
            if self._asked(spot):
                return spot.path
        return self.focus

    def _blank_row(self, spot: Spot) -> bool:
        """The open row under a table: Enter on its first column goes past the table."""
        if not spot.group:
            return False
        prefix = f"{spot.group}[{spot.index}]."
        return not any(path.startswith(prefix) for path in self.record.values)

    def _beside(self, step: int) -> str:
        """The field on the next row above or below that stands nearest."""
        here = self.layout.by_path.get(self.focus)
        if here is None:
            return ""
        rows = [row for row in self.layout.on_row if (row - here.row) * step > 0]
        for row in sorted(rows, reverse=step < 0):
            asked = [spot for spot in self.layout.on_row[row] if self._asked(spot)]
            if asked:
                return min(asked, key=lambda spot: abs(spot.column - here.column)).path
        return ""

    async def _go(self, path: str) -> None:
        """Leave the field and stand in another."""
        if path and await self._leave_field() and path in self.layout.by_path:
            self._enter(path)

    async def _page(self, step: int) -> None:
        """To the first field of the section before or after; a form without sections moves by its height."""
        here = self.layout.by_path.get(self.focus)
        if here is None or not await self._leave_field():
            return
        here = self.layout.by_path.get(self.focus, here)
        spots = [spot for spot in self.layout.spots if self._asked(spot)]
        if step > 0:
            path = next((spot.path for spot in spots if spot.section > here.section), "")
        else:
            own = next((spot for spot in spots if spot.section == here.section), here)
            before = [spot.section for spot in spots if spot.section < here.section]
            target = here.section if own.path != here.path else max(before, default=here.section)
            path = next((spot.path for spot in spots if spot.section == target), "")
        if path and path != self.focus:
            self._enter(path)
        else:
            self.shell.say("This is the last section." if step > 0 else "This is the first section.")

    async def jump(self, label: str) -> None:
        """``^LABEL``: a field by the beginning of its label or name, a section by its word or title."""
        if label == "?":
            await self._list_targets()
            return
        path = self._target(label.upper())
        if not path:
            self.shell.fail(f"No field or section here begins with {clean(label)}. ^? lists them.")
        elif self._asked(self.layout.by_path[path]) or self.opened.locked:
            self.shell.leave_command()
            await self._go(path)
        else:
            self.shell.fail("That field is not asked here.")

    def _target(self, label: str) -> str:
        for section, (name, _, _) in enumerate(self.layout.sections):
            if name.upper() == label:
                return next((spot.path for spot in self.layout.spots if spot.section == section), "")
        spots = sorted(self.layout.spots, key=lambda spot: not self._asked(spot))
        for names in (
            lambda spot: (spot.path.upper(), spot.field.name.upper(), spot.label.upper()),
            lambda spot: (self.layout.sections[spot.section][0].upper(), spot.group.upper()),
            lambda spot: (self.layout.sections[spot.section][1].upper(),),
        ):
            for spot in spots:
                if any(name.startswith(label) for name in names(spot) if name):
                    return spot.path
        return ""

    async def _list_targets(self) -> None:
        spots = [spot for spot in self.layout.spots if self._asked(spot) and spot.index <= 1]
        choices = [
            Choice(spot.path, f"{spot.label}  {self.layout.sections[spot.section][1]}".strip())
            for spot in spots
        ]

        async def picked(choice: Choice) -> None:
            await self._go(choice.value)

        await self.shell.push(Pick.of(self.shell, "Jump to", choices, picked))

    # --- keys ----------------------------------------------------------------------------------------------

    async def stroke(self, stroke: Stroke) -> bool:
        if stroke.name in ("enter", "tab"):
            await self._forward(stroke.name)
        elif stroke.name in ("shift+tab", "up", "down"):
            await self._go(
                self._next(-1, True) if stroke.name == "shift+tab" else self._beside_of(stroke.name)
            )
        elif stroke.name == "paste":
            await self._paste(stroke.text)
        else:
            return await self._edit(stroke)
        return True

    def _beside_of(self, name: str) -> str:
        return self._beside(-1 if name == "up" else 1)

    async def _edit(self, stroke: Stroke) -> bool:
        spot = self.layout.by_path.get(self.focus)
        if spot is None or not self._asked(spot):
            if not stroke.name:
                self.shell.fail(self.opened.locked or "This field cannot be keyed.")
            return not stroke.name
        if not self.entry.key(stroke.name, stroke.text):
            return False
        self._dirty(self.focus)
        typed_at_end = not stroke.name and self.entry.at == len(self.entry.text)
        if typed_at_end and spot.field.auto_skip and is_full(spot.field, self.entry.text):
            await self._forward("skip")
        return True

    async def _forward(self, name: str) -> None:
        """Enter, Tab, or a full field: leave it and go on; Enter on the last field files."""
        here = self.focus
        if not await self._leave_field() or self.focus != here or self.shell.top is not self:
            return
        following = self._next(1, name == "tab")
        if following:
            self._enter(following)
        elif name == "enter":
            await self._file("")
        else:
            self._enter(here)

    async def act(self, act: Act, rest: str = "") -> bool:
        if act is Act.FILE:
            if await self._leave_field():
                await self._file("")
        elif act is Act.PROMPT:
            await self._prompt(self.entry.text if not self.entry.fresh else "")
        elif act in (Act.BACK, Act.FORWARD):
            await self._page(1 if act is Act.FORWARD else -1)
        elif act is Act.SAME:
            await self._same()
        elif act is Act.UNDO:
            await self._undo()
        elif act is Act.ERASE:
            self.entry.erase()
            self._dirty(self.focus)
        elif act is Act.ERRORS:
            if await self._leave_field():
                await self._list_findings()
        elif act in (Act.DELETE_ROW, Act.INSERT_ROW, Act.MOVE_ROW):
            await self._row(act, rest)
        elif act is Act.NEW:
            await self._new()
        elif act is Act.REFRESH:
            self.shell.say("")
        else:
            return False
        return True

    # --- leaving a field -----------------------------------------------------------------------------------

    async def settle(self) -> bool:
        return await self._leave_field()

    async def _leave_field(self) -> bool:
        """Take in what was keyed. False: it was no value, or it did something else, and the cursor stays."""
        spot = self.layout.by_path.get(self.focus)
        if spot is None or not self._asked(spot):
            return True
        text = self.entry.text
        if text == self.shown_at_entry and spot.path not in self.wrong:
            return True
        if await self._entry_act(spot, text):
            return False
        if text.strip() == "@":
            await self._clear(spot)
            return True
        if text and not text.strip() and spot.field.kind is not Kind.SECRET:
            return await self._recall(spot)
        value = parse(spot.field, text, self.shell.now())
        if isinstance(value, Unclear):
            self._refuse(spot, value.sentence)
            return False
        if matches_words(spot.field) and value and value[0] != "/":
            return await self._match(spot, value)
        await self._set(spot.path, value)
        return True

    async def _entry_act(self, spot: Spot, text: str) -> bool:
        """``?``, ``??``, ``"`` or ``^...`` keyed alone: an act, and the field keeps its value."""
        if spot.field.kind is Kind.SECRET:
            return False
        act = self.shell.keymap.entry(text.strip())
        if act is Act.NONE and not text.startswith("^"):
            return False
        self._enter(spot.path, quiet=True)
        if act is Act.HELP:
            await self.show_help()
        elif act is not Act.NONE:
            await self.shell.do(act)
        else:
            await self.shell.run(text.strip())
        return True

    def _refuse(self, spot: Spot, sentence: str) -> None:
        self.wrong[spot.path] = sentence
        self._dirty(spot.path)
        self.shell.fail(f"{spot.label}: {sentence}" if spot.label else sentence)

    async def _set(self, path: str, value: str) -> None:
        """Put a value into the record and let the screen answer."""
        self.wrong.pop(path, None)
        self.shell.clear_message()
        if value != self.record.values.get(path, ""):
            self.record.step(path)
            self.record.put(path, value)
            spot = self.layout.by_path.get(path)
            if value and spot and spot.field.kind is not Kind.SECRET:
                self.shell.recalls[spot.field.recall or f"{self._kind()} {spot.field.name}"] = value
            await self._answer(path)
        self._dirty(path)
        if path == self.focus and (spot := self.layout.by_path.get(path)):
            self.shown_at_entry = shown(spot.field, self.record.get(path), self.shell.date_style)
            self.entry = Entry("" if spot.field.kind is Kind.SECRET else self.shown_at_entry)
            if spot.field.kind is Kind.SECRET:
                self.entry = Entry(value)
                self.shown_at_entry = value

    async def _answer(self, path: str) -> None:
        """The screen's findings, echoes and computed values after a change, and the draft, in one visit."""
        values, focus = dict(self.record.values), self.focus
        changed = await self.shell.call(self._changed, values, path, focus)
        self._refused_overridable = False
        self._take_in(changed)
        self._lay_out_again()

    def _changed(self, values: Values, path: str, focus: str) -> Changed:
        changed = self.screen.changed(dict(values), path)
        values.update(changed.values)
        kept = {name: value for name, value in values.items() if value and name not in self.record.secret}
        self.screen.save_draft(kept, focus)
        return changed

    def _take_in(self, changed: Changed) -> None:
        before = dict(self.echoes)
        for path, value in changed.values.items():
            self.record.put(path, value)
            self._dirty(path)
        self.echoes = {path: clean(text) for path, text in changed.echoes.items()}
        self._dirty(
            *(
                path
                for path in before.keys() | self.echoes.keys()
                if before.get(path) != self.echoes.get(path)
            )
        )
        self.panel = [clean(text) for text in changed.panel]
        self.skip = frozenset(changed.skip)
        self._take_findings(changed.findings)

    def _take_findings(self, findings: Sequence[Finding]) -> None:
        marks: dict[str, str] = {}
        for finding in sorted(findings, key=lambda finding: -SEVERITY[finding.level]):
            marks[finding.field] = MARKS[finding.level]
        self._dirty(
            *(path for path in marks.keys() | self._marks.keys() if marks.get(path) != self._marks.get(path))
        )
        if findings and len(findings) != len(self.findings):
            self.shell.say(counted(findings))
        self.findings, self._marks = findings, marks

    def _lay_out_again(self) -> None:
        """After values were set from outside: tables may have another row."""
        counts = {
            name: shown_rows(group, self.record.values, bool(self.opened.locked))
            for name, group in self.record.groups.items()
        }
        if counts != self._counts:
            self._lay_out()

    # --- special entries -----------------------------------------------------------------------------------

    async def _clear(self, spot: Spot) -> None:
        """``@``: the value goes; in the first column of a table its row goes. Ctrl+U brings it back."""
        if spot.group and spot.first and not self._blank_row(spot):
            await self._change_rows(spot, "delete")
            self.shell.say(f"Row {spot.index} deleted. Ctrl+U brings it back.")
            return
        had = self.record.values.get(spot.path)
        await self._set(spot.path, "")
        if had:
            self.shell.say(f"{spot.label or 'The value'} cleared. Ctrl+U brings it back.")

    async def _recall(self, spot: Spot) -> bool:
        """Space and Enter: the last value of its kind."""
        value = self.shell.recalls.get(spot.field.recall or f"{self._kind()} {spot.field.name}", "")
        if not value:
            self._refuse(spot, "Nothing was keyed here before that could be recalled.")
            return False
        await self._set(spot.path, value)
        return True

    async def _match(self, spot: Spot, value: str) -> bool:
        """A coded field: an exact code is taken, so is a text that finds one choice; several are listed."""
        values = dict(self.record.values)
        choices = await self.shell.call(self.screen.lookup, values, spot.path, value, MATCH_LIMIT)
        bare = value.replace(".", "")
        exact = next((choice for choice in choices if choice.value.upper().replace(".", "") == bare), None)
        if exact is None and len(choices) > 1:
            await self._prompt(value)
            self.shell.fail(f"Several match {clean(value)}: pick one.")
            return False
        if exact is None and choices:
            exact = choices[0]
        if exact is None and len(value) > field_limit(spot.field):
            self._refuse(spot, f"Nothing matches {clean(value)}. F4 lists what there is.")
            return False
        await self._set(spot.path, exact.value if exact else value)
        return True

    async def _same(self) -> None:
        """F9: the value of the previous record, and on to the next field."""
        spot = self.layout.by_path.get(self.focus)
        if spot is None or not self._asked(spot):
            return
        previous = self.shell.previous.get(self._kind(), {})
        value = previous.get(spot.path, "")
        if not value and spot.group and spot.index > 1:
            value = self.record.values.get(f"{spot.group}[{spot.index - 1}].{spot.field.name}", "")
        if not value:
            self.shell.fail("The previous record holds nothing here.")
            return
        await self._set(spot.path, value)
        self._enter(self._next(1, True))

    async def _undo(self) -> None:
        """Ctrl+U: what was keyed into this field; when nothing was, the last change of the record."""
        if self.entry.text != self.shown_at_entry or self.focus in self.wrong:
            self.wrong.pop(self.focus, None)
            self._enter(self.focus, quiet=True)
            self.shell.clear_message()
            return
        path = self.record.back()
        if path is None:
            self.shell.say("There is nothing to take back.")
            return
        await self._answer(path)
        self._lay_out()
        self._enter(path if path in self.layout.by_path else self._first(), quiet=True)
        self.shell.say("The last change was taken back.")

    async def _paste(self, text: str) -> None:
        """Pasted text fills successive fields at Tab or line end. One step to take back; it never files."""
        pieces = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "\n").rstrip("\n").split("\n")
        if len(pieces) == 1:
            await self._edit(Stroke("", clean(pieces[0])))
            return
        start, before = self.focus, dict(self.record.values)
        steps = len(self.record._steps)
        for number, piece in enumerate(pieces):
            spot = self.layout.by_path[self.focus]
            self.entry = Entry(clean(piece), len(piece), fresh=False)
            self._dirty(self.focus)
            value = parse(spot.field, clean(piece), self.shell.now())
            if isinstance(value, Unclear):
                self._refuse(spot, value.sentence)
                break
            await self._set(spot.path, value)
            following = self._next(1, False)
            if number + 1 < len(pieces) and not following:
                self.shell.fail(f"{len(pieces) - number - 1} pasted lines had no field left.")
                break
            if number + 1 < len(pieces):
                self._enter(following, quiet=True)
        del self.record._steps[steps:]
        self.record._steps.append((start, before))

    # --- rows of tables ------------------------------------------------------------------------------------

    async def _row(self, act: Act, rest: str) -> None:
        spot = self.layout.by_path.get(self.focus)
        if spot is None or not spot.group or not self._asked(spot):
            self.shell.fail("The cursor stands in no table.")
            return
        if not await self._leave_field():
            return
        self.shell.leave_command()
        if act is Act.DELETE_ROW:
            await self._change_rows(spot, "delete")
            self.shell.say(f"Row {spot.index} deleted. Ctrl+U brings it back.")
        elif act is Act.INSERT_ROW:
            await self._change_rows(spot, "insert")
        elif rest.isdecimal() and 1 <= int(rest) <= self._counts.get(spot.group, 1):
            await self._change_rows(spot, "move", int(rest))
        else:
            self.shell.fail("Key MOVE and the number of the row it should become, such as MOVE 1.")

    async def _change_rows(self, spot: Spot, what: str, to: int = 0) -> None:
        self.record.step(spot.path)
        index = spot.index
        if what == "delete":
            self.record.delete_row(spot.group, index)
        elif what == "insert":
            self.record.insert_row(spot.group, index)
        else:
            self.record.move_row(spot.group, index, to)
            index = to
        self.wrong = {path: why for path, why in self.wrong.items() if not path.startswith(spot.group + "[")}
        await self._answer(spot.group)
        self._lay_out()
        path = f"{spot.group}[{index}].{spot.field.name}"
        self._enter(path if path in self.layout.by_path else self._first(), quiet=True)

    # --- lists over the form -------------------------------------------------------------------------------

    async def _prompt(self, text: str) -> None:
        """F4: what this field takes, narrowed by what has been keyed."""
        spot = self.layout.by_path.get(self.focus)
        if spot is None or not self._asked(spot):
            return
        if not spot.field.lookup:
            self.shell.say(f"No list here. {field_help(spot.field)[0]}")
            return
        values = dict(self.record.values)

        async def find(narrowed: str) -> Sequence[Choice]:
            return await self.shell.call(self.screen.lookup, values, spot.path, narrowed, LIST_LIMIT)

        async def picked(choice: Choice) -> None:
            await self._set(spot.path, choice.value)
            if self.focus == spot.path and self.shell.top is self:
                self._enter(self._next(1, False) or spot.path)

        await self.shell.push(Pick(self.shell, spot.label, find, picked, text))

    async def _list_findings(self) -> None:
        if not self.findings:
            self.shell.say("No findings.")
            return
        ordered = sorted(self.findings, key=lambda finding: SEVERITY[finding.level])
        choices = [
            Choice(
                finding.field,
                f"{MARKS[finding.level]} {finding.code} {self._where(finding)}{finding.message}",
            )
            for finding in ordered
        ]

        async def picked(choice: Choice) -> None:
            if choice.value in self.layout.by_path:
                self._enter(choice.value)

        await self.shell.push(Pick.of(self.shell, counted(self.findings), choices, picked, values=False))

    def _where(self, finding: Finding) -> str:
        spot = self.layout.by_path.get(finding.field)
        if spot is None:
            return ""
        return f"{spot.label}{f' {spot.index}' if spot.group else ''}: "

    async def show_help(self) -> None:
        """F1: the field in hand; once more: the whole screen."""
        spot = self.layout.by_path.get(self.focus)
        if spot is None or self._help_asked == self.focus:
            await self.shell.show(self.title, self.help_lines())
            self._help_asked = ""
            return
        sentences = field_help(spot.field)
        self._help_asked = self.focus
        if len(sentences) == 1 and cells(sentences[0]) + cells(spot.label) < 76:
            self.shell.say(f"{spot.label}: {sentences[0]}")
        else:
            await self.shell.show(spot.label, [*sentences, "", "F1 again explains the whole screen."])

    def help_lines(self) -> list[str]:
        return form_help(self.screen, self.sections, self.shell.keymap)

    # --- filing and leaving --------------------------------------------------------------------------------

    async def _file(self, reason: str) -> None:
        if self.opened.locked:
            self.shell.fail(self.opened.locked)
            return
        if self.wrong:
            path, sentence = next(iter(self.wrong.items()))
            self._enter(path, quiet=True)
            self.shell.fail(sentence)
            return
        if self._refused_overridable and not reason:
            self.shell.ask("Reason for filing it as it is:", self._file_with)
            return
        answer = await self.shell.call(self.screen.file, dict(self.record.values), reason)
        if isinstance(answer, Refused):
            self._refused(answer)
        else:
            await self._filed(answer)

    async def _file_with(self, reason: str) -> None:
        if reason.strip():
            await self._file(reason.strip())
        else:
            self.shell.fail("NOT FILED. A reason is needed.")

    def _refused(self, refused: Refused) -> None:
        self._take_findings(refused.findings)
        self._refused_overridable = refused.overridable
        first = next((finding for finding in refused.findings if finding.field in self.layout.by_path), None)
        if first:
            self._enter(first.field, quiet=True)
        about = first or next(iter(refused.findings), None)
        sentence = f"{about.code} {self._where(about)}{about.message}" if about else "The record was refused."
        more = f" ({len(refused.findings) - 1} more: Ctrl+E)" if len(refused.findings) > 1 else ""
        again = " F2 again files it with a reason." if refused.overridable else ""
        self.shell.fail(f"NOT FILED. {sentence}{more}{again}")

    async def _filed(self, filed: Filed) -> None:
        self.record.changed = False
        self.shell.previous[self._kind()] = self.record.keepable()
        self.shell.remember(self.screen)
        if filed.session is not None:
            await self.shell.sign_on(filed.session, filed.go)
        elif filed.go:
            await self.shell.drop(self)
            if filed.go.upper() != "EXIT":
                await self.shell.return_to(filed.go)
        else:
            await self.start(filed.next)
        self.shell.say(filed.message)

    async def _new(self) -> None:
        if not await self._leave_field():
            return
        if self.unsaved():
            self.shell.ask("Not filed. Keep the draft and go on to a new record? Y or N", self._new_if, "YN")
        else:
            await self.start("")

    async def _new_if(self, answer: str) -> None:
        if answer == "Y":
            await self.start("")

    def unsaved(self) -> bool:
        keyed = self.entry.text != self.shown_at_entry and not self.entry.fresh
        return not self.screen.scratch and not self.opened.locked and (self.record.changed or keyed)

    def save(self) -> None:
        """Keep the record as it stands, with what is in hand, in its draft."""
        if not self.unsaved():
            return
        values, focus = self.record.keepable(), self.focus
        spot = self.layout.by_path.get(self.focus)
        text = self.entry.text
        if spot and text != self.shown_at_entry and spot.field.kind is not Kind.SECRET:
            value = parse(spot.field, text, self.shell.now())
            if isinstance(value, Unclear) or text[:1] in "^@?" or spot.field.lookup:
                focus = f"{self.focus}{RAW}{text}"
            else:
                values[spot.path] = value
        self.screen.save_draft({path: value for path, value in values.items() if value}, focus)


def counted(findings: Sequence[Finding]) -> str:
    """``3 findings (2 errors, 1 warning): Ctrl+E lists them``."""
    errors = sum(finding.level in (Level.FATAL, Level.ERROR) for finding in findings)
    warnings = sum(finding.level is Level.WARNING for finding in findings)
    parts = [_number(errors, "error")] * bool(errors) + [_number(warnings, "warning")] * bool(warnings)
    of_them = f" ({', '.join(parts)})" if parts else ""
    return f"{_number(len(findings), 'finding')}{of_them}: Ctrl+E lists them."


def _number(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
