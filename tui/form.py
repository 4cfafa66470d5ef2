"""The form: one view that takes a record field by field, as its screen declares it.

A field is checked, and the record's findings are renewed, when the field is left; nothing keyed is ever lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from rules.findings import SEVERITY, Finding, Level
from rules.text import cells, clean
from tui.face import MARKS, Face
from tui.field import Entry, is_full, pointed, shown
from tui.fieldhelp import field_help, form_help
from tui.filing import Filing
from tui.intake import Intake
from tui.keys import Act, Stroke
from tui.layout import Spot
from tui.picks import LIST_LIMIT, Pick
from tui.record import Record
from tui.screen import Changed, Choice, Field, FormScreen, Kind, Opened, Section, Values
from tui.spans import Line
from tui.view import View
from tui.walk import Walk

if TYPE_CHECKING:
    from tui.shell import Shell


CHANGING = (Act.FILE, Act.PROMPT, Act.SAME)  # of no use in a record that can only be read


class FormView(View):
    """A record of a ``FormScreen``, open and being keyed."""

    screen: FormScreen
    legend_acts = (Act.HELP, Act.FILE, Act.EXIT, Act.PROMPT, Act.BACK, Act.FORWARD, Act.SAME, Act.CANCEL)

    def __init__(self, shell: Shell, screen: FormScreen, word: str) -> None:
        super().__init__(shell, screen, word)
        self.key = ""
        self.opened = Opened({})
        self.record = Record((), {})
        self.face = Face(lambda: shell.body_height, shell.date_style)
        self.walk = Walk(self.face.layout, self._stands, self.is_blank)
        self.intake = Intake(self)
        self.filing = Filing(self)
        self.shown_at_entry = ""
        self.findings: Sequence[Finding] = ()
        self.skip: frozenset[str] = frozenset()
        self._explained = ""  # field that F1 has just explained: F1 again is about the screen

    def live_acts(self) -> Sequence[Act]:
        return [act for act in self.legend_acts if not (self.opened.locked and act in CHANGING)]

    # --- the record ----------------------------------------------------------------------------------------

    async def start(self, key: str) -> None:
        """Open the record ``key``. Raises ``ScreenError`` when there is none; the form then stays as it was."""
        opened, sections, changed = await self.shell.call(self._load, key)
        self.key, self.opened, self.record = key, opened, Record(sections, opened.values)
        self.record.changed = opened.resumed
        if not key and not opened.resumed:
            self._carry(sections)
        self.face = Face(lambda: self.shell.body_height, self.shell.date_style)
        self.face.sections, self.face.locked = sections, bool(opened.locked)
        self.filing.overridable = False
        self.findings = ()
        self._lay_out(anew=True)
        self._take_in(changed)
        self._lay_out(anew=True)
        self.filing.bring_back(opened.focus)
        message = opened.locked or opened.message
        if opened.resumed and not message:
            message = "Your draft of this record was brought back; nothing keyed was lost."
        if message:
            self.shell.say(message)

    async def reload(self) -> None:
        """Its data have changed elsewhere: read anew, or checked anew when something is keyed already."""
        if not self.unsaved():
            await self.start(self.key)
        elif await self.settle():
            await self._answer("")

    async def resume(self) -> None:
        """What was done elsewhere may have changed the record."""
        if self.screen.reread and not self.unsaved():
            focus = self.focus
            await self.start(self.key)
            self.enter(focus if focus in self.face.layout.by_path else self.walk.first(), quiet=True)

    def _load(self, key: str) -> tuple[Opened, Sequence[Section], Changed]:
        opened = self.screen.open(key)
        return opened, self.screen.sections(), self.screen.changed(dict(opened.values), "")

    def _carry(self, sections: Sequence[Section]) -> None:
        """Fields that keep their value on the next record of the session."""
        previous = self.previous()
        for section in sections:
            for part in section.parts:
                if isinstance(part, Field) and part.carry and part.name not in self.record.values:
                    self.record.put(part.name, previous.get(part.name, ""))

    @property
    def kind(self) -> str:
        """Records of one kind copy from each other: those of one word."""
        return self.word or type(self.screen).__qualname__

    def previous(self) -> Values:
        """The record of this kind that was filed last."""
        return self.shell.previous.get(self.kind, {})

    def recall_kind(self, spot: Spot) -> str:
        return spot.field.recall or f"{self.kind} {spot.field.name}"

    def asked(self, spot: Spot) -> bool:
        """Whether the field can be keyed as the record stands."""
        return not (spot.field.read_only or self.opened.locked or spot.path in self.skip)

    def _stands(self, spot: Spot) -> bool:
        """Whether the cursor may stand there: in a locked record anywhere, to read it."""
        return bool(self.opened.locked) or self.asked(spot)

    def is_blank(self, spot: Spot) -> bool:
        """Whether the field stands on a row of a table that holds nothing."""
        return self.record.is_blank_row(spot.group, spot.index)

    async def set_value(self, path: str, value: str) -> None:
        """Put a value into the record and let the screen answer."""
        self.face.wrong.pop(path, None)
        self.shell.clear_message()
        if value != self.record.values.get(path, ""):
            self.record.step(path)
            self.record.put(path, value)
            spot = self.face.layout.by_path.get(path)
            if value and spot and spot.field.kind is not Kind.SECRET:
                self.shell.recalls[self.recall_kind(spot)] = value
            await self._answer(path)
        self.face.dirty(path)
        if path == self.focus:
            self._show_entry(path)

    async def _answer(self, path: str) -> None:
        """The screen's findings, echoes and computed values after a change, and the draft, in one visit."""
        changed = await self.shell.call(self._changed, dict(self.record.values), path, self.focus)
        self.filing.overridable = False
        before = self._finding_at(path)
        self._take_in(changed)
        self._lay_out()
        if (sentence := self._finding_at(path)) and sentence != before:
            self.shell.say(sentence)

    def _changed(self, values: Values, path: str, focus: str) -> Changed:
        changed = self.screen.changed(dict(values), path)
        values.update(changed.values)
        kept = {name: value for name, value in values.items() if value and name not in self.record.secret}
        self.screen.save_draft(kept, focus)
        return changed

    def _take_in(self, changed: Changed) -> None:
        for path, value in changed.values.items():
            self.record.put(path, value)
            self.face.dirty(path)
        self.skip = frozenset(changed.skip)
        if changed.locked:
            self.opened, self.face.locked = replace(self.opened, locked=changed.locked), True
            self.record.changed = False  # what was keyed is in the draft
            self.shell.fail(changed.locked)
        self.face.take_in(changed)
        self.take_findings(changed.findings)

    def take_findings(self, findings: Sequence[Finding]) -> None:
        said = self._said(self.findings)
        self.face.take_findings(findings)
        self.findings = findings
        if findings and len(self._said(findings)) != len(said):
            self.shell.say(counted(findings, self._said(findings)))

    def _said(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Findings worth a message: that a field is still blank its mark says already."""
        return [finding for finding in findings if not self._is_blank(finding)]

    def _is_blank(self, finding: Finding) -> bool:
        blank = finding.field in self.face.layout.by_path and not self.record.values.get(finding.field)
        return blank and finding.level in (Level.FATAL, Level.ERROR)

    def _lay_out(self, *, anew: bool = False) -> None:
        self.face.lay_out(self.record, anew=anew)
        self.walk = Walk(self.face.layout, self._stands, self.is_blank)
        self.face.keep_in_sight()

    # --- drawing -------------------------------------------------------------------------------------------

    def banner(self) -> Sequence[str]:
        return self.opened.banner

    def body(self, width: int, height: int) -> list[Line]:
        return self.face.body(self.record, width)

    def cursor(self) -> tuple[int, int] | None:
        return self.face.cursor()

    # --- the field in hand ---------------------------------------------------------------------------------

    @property
    def focus(self) -> str:
        return self.face.focus

    @property
    def spot(self) -> Spot | None:
        return self.face.spot

    @property
    def entry(self) -> Entry:
        return self.face.entry

    @entry.setter
    def entry(self, entry: Entry) -> None:
        self.face.entry = entry

    def enter(self, path: str, quiet: bool = False) -> None:
        """Put the cursor into a field and show what it holds, or its default; say its finding."""
        self.face.dirty(self.focus, path)
        self.face.focus, self._explained = path, ""
        self._show_entry(path)
        spot = self.spot
        if spot and not self.entry.text and spot.field.default and self.asked(spot):
            self.entry = Entry(shown(spot.field, spot.field.default, self.shell.date_style))
        self.face.keep_in_sight()
        if not quiet and (sentence := self._finding_at(path)):
            self.shell.say(sentence)

    def _show_entry(self, path: str) -> None:
        spot = self.face.layout.by_path.get(path)
        secret = spot is not None and spot.field.kind is Kind.SECRET
        text = shown(spot.field, self.record.get(path), self.shell.date_style) if spot and not secret else ""
        self.shown_at_entry, self.entry = text, Entry(text)

    def _finding_at(self, path: str) -> str:
        here = [finding for finding in self._said(self.findings) if finding.field == path]
        worst = min(here, key=lambda finding: SEVERITY[finding.level], default=None)
        return f"{worst.code} {worst.message}" if worst else self.face.wrong.get(path, "")

    def refuse(self, spot: Spot, sentence: str) -> None:
        """What was keyed is no value: it stays as it is, marked, and the cursor with it."""
        self.face.wrong[spot.path] = sentence
        self.entry = Entry(
            self.entry.text
        )  # typing replaces it; an arrow key first, and it is mended in place
        self.face.dirty(spot.path)
        self.shell.fail(f"{spot.label}: {sentence}" if spot.label else sentence)

    async def settle(self) -> bool:
        return await self.intake.leave()

    async def _go(self, path: str) -> None:
        """Leave the field and stand in another."""
        if path and await self.settle() and path in self.face.layout.by_path:
            self.enter(path)

    # --- keys ----------------------------------------------------------------------------------------------

    async def stroke(self, stroke: Stroke) -> bool:
        if stroke.name in ("enter", "tab"):
            await self._forward(stroke.name)
        elif stroke.name == "shift+tab":
            await self._go(self.walk.following(self.focus, -1, round_about=True))
        elif stroke.name in ("up", "down"):
            await self._go(self.walk.beside(self.focus, 1 if stroke.name == "down" else -1))
        elif stroke.name == "paste":
            await self.intake.paste(stroke.text)
        elif not stroke.name:
            await self.type(stroke.text)
        else:
            return self._edit(stroke)
        return True

    def _edit(self, stroke: Stroke) -> bool:
        if self.spot is None or not self.asked(self.spot) or not self.entry.key(stroke.name, ""):
            return False
        self.face.dirty(self.focus)
        return True

    async def type(self, text: str) -> None:
        """A typed character. A field of fixed length that is full is left by itself."""
        spot = self.spot
        if spot is None or (text in ("^", "=") and not self.asked(spot)):
            await self.shell.type_command(Stroke("", text))
            return
        if not self.asked(spot):
            self.shell.fail(self.opened.locked or "This field cannot be keyed.")
            return
        self.entry.key("", text)
        self.face.dirty(self.focus)
        at_end = self.entry.at == len(self.entry.text)
        if spot.field.auto_skip and at_end and is_full(spot.field, self.entry.text):
            await self._forward("full")

    async def _forward(self, name: str) -> None:
        """Enter, Tab, or a full field: leave it and go on; Enter on the last field files."""
        here = self.focus
        if not await self.settle() or self.focus != here or self.shell.top is not self:
            return
        following = self.walk.following(here, 1, round_about=name == "tab" or bool(self.opened.locked))
        if following:
            self.enter(following)
        elif name == "enter":
            await self.filing.file()
        else:
            self.enter(here)

    async def act(self, act: Act, rest: str = "") -> bool:
        if act is Act.FILE:
            if await self.settle():
                await self.filing.file()
        elif act is Act.PROMPT:
            fresh = self.entry.fresh and self.focus not in self.face.wrong
            await self.prompt("" if fresh else self.entry.text)
        elif act in (Act.BACK, Act.FORWARD):
            await self._page(1 if act is Act.FORWARD else -1)
        elif act is Act.SAME:
            await self.intake.same()
        elif act is Act.UNDO:
            await self._undo()
        elif act is Act.ERASE:
            self.entry.erase()
            self.face.dirty(self.focus)
        elif act is Act.ERRORS:
            if await self.settle():
                await self._list_findings()
        elif act in (Act.DELETE_ROW, Act.INSERT_ROW, Act.MOVE_ROW):
            await self._row(act, rest)
        elif act is Act.NEW:
            await self.filing.new()
        elif act is Act.HELP:
            await self._help()
        else:
            return False
        return True

    async def _page(self, step: int) -> None:
        if not await self.settle():
            return
        path = self.walk.page(self.focus, step, self.face.height)
        if path:
            self.face.show_from(path)
            self.enter(path)
        else:
            self.shell.say("This is the last section." if step > 0 else "This is the first section.")

    async def _undo(self) -> None:
        """Ctrl+U: what was keyed into this field; when nothing was, the last change of the record."""
        if self.entry.text != self.shown_at_entry or self.focus in self.face.wrong:
            self.face.wrong.pop(self.focus, None)
            self.enter(self.focus, quiet=True)
            self.shell.clear_message()
            return
        path = self.record.back()
        if path is None:
            self.shell.say("There is nothing to take back.")
            return
        await self._answer(path)
        self._lay_out(anew=True)
        self.enter(path if path in self.face.layout.by_path else self.walk.first(), quiet=True)
        self.shell.say("The last change was taken back.")

    # --- rows of tables ------------------------------------------------------------------------------------

    async def _row(self, act: Act, rest: str) -> None:
        spot = self.spot
        if spot is None or not spot.group or not self.asked(spot):
            self.shell.fail("The cursor stands in no table.")
        elif await self.settle():
            if act is not Act.MOVE_ROW:
                await self.change_rows(spot, act)
            elif rest.isdecimal() and 1 <= int(rest) <= self.face.rows_of(spot.group):
                await self.change_rows(spot, act, int(rest))
            else:
                self.shell.fail("Key MOVE and the number of the row it should become, such as MOVE 1.")

    async def change_rows(self, spot: Spot, act: Act, to: int = 0) -> None:
        """Delete, insert or move row ``spot.index`` of its table."""
        self.record.step(spot.path)
        index = spot.index
        if act is Act.DELETE_ROW:
            self.record.delete_row(spot.group, index)
        elif act is Act.INSERT_ROW:
            self.record.insert_row(spot.group, index)
        else:
            self.record.move_row(spot.group, index, to)
            index = to
        for path in [path for path in self.face.wrong if path.startswith(spot.group + "[")]:
            del self.face.wrong[path]
        await self._answer(spot.group)
        self._lay_out(anew=True)
        path = f"{spot.group}[{index}].{spot.field.name}"
        self.enter(path if path in self.face.layout.by_path else self.walk.first(), quiet=True)
        if act is Act.DELETE_ROW:
            self.shell.say(f"Row {spot.index} deleted. Ctrl+U brings it back.")

    # --- lists and help over the form ----------------------------------------------------------------------

    async def prompt(self, text: str) -> None:
        """F4: what this field takes, narrowed by what has been keyed."""
        spot = self.spot
        if spot is None or not self.asked(spot):
            return
        if not spot.field.lookup:
            self.shell.say(f"No list here. {field_help(spot.field)[0]}")
            return
        values, path = dict(self.record.values), spot.path

        async def find(narrowed: str) -> Sequence[Choice]:
            return await self.shell.call(self.screen.lookup, values, path, narrowed, LIST_LIMIT)

        async def picked(choice: Choice) -> None:
            await self.set_value(path, choice.value)
            if self.focus == path and self.shell.top is self:
                self.enter(self.walk.following(path, 1, round_about=False) or path)

        shown = partial(pointed, spot.field)
        await self.shell.push(Pick(self.shell, spot.label, find, picked, text, shown=shown))

    async def _list_findings(self) -> None:
        if not self.findings:
            self.shell.say("No findings.")
            return
        choices = [
            Choice(
                finding.field, f"{MARKS[finding.level]} {finding.code} {self.where(finding)}{finding.message}"
            )
            for finding in sorted(self.findings, key=lambda finding: SEVERITY[finding.level])
        ]

        async def picked(choice: Choice) -> None:
            if choice.value in self.face.layout.by_path:
                self.enter(choice.value)

        heading = counted(self.findings, self._said(self.findings)).partition(":")[0]
        await self.shell.push(Pick.of(self.shell, heading, choices, picked, values=False))

    def where(self, finding: Finding) -> str:
        """``Code 2: `` for the second row of a table; empty for a finding about the whole record."""
        spot = self.face.layout.by_path.get(finding.field)
        if spot is None or finding.message.startswith(spot.label):
            return ""  # the message begins with the field itself
        return f"{spot.label}{f' {spot.index}' if spot.group else ''}: "

    async def jump(self, label: str) -> None:
        """``^LABEL``; ``^?`` lists where to."""
        if label == "?":
            await self._list_targets()
            return
        path = self.walk.target(label)
        if not path:
            self.shell.fail(f"No field or section here begins with {clean(label)}. ^? lists them.")
        elif self._stands(self.face.layout.by_path[path]):
            self.shell.leave_command()
            await self._go(path)
        else:
            self.shell.fail("That field is not asked here.")

    async def _list_targets(self) -> None:
        sections = self.face.layout.sections
        choices = [
            Choice(spot.path, f"{spot.label}  {sections[spot.section][1]}".strip())
            for spot in self.face.layout.spots
            if self._stands(spot) and spot.index <= 1
        ]

        async def picked(choice: Choice) -> None:
            await self._go(choice.value)

        await self.shell.push(Pick.of(self.shell, "Jump to", choices, picked))

    async def _help(self) -> None:
        """F1: the field in hand; once more: the whole screen."""
        spot = self.spot
        if spot is None or self._explained == self.focus:
            self._explained = ""
            await self.shell.show(self.title, self.help_lines())
            return
        self._explained = self.focus
        sentences = field_help(spot.field)
        if len(sentences) == 1 and cells(f" {spot.label}: {sentences[0]}") < self.shell.width:
            self.shell.say(f"{spot.label}: {sentences[0]}")
        else:
            await self.shell.show(spot.label, [*sentences, "", "F1 again explains the whole screen."])

    def help_lines(self) -> list[str]:
        return form_help(self.screen, self.face.sections, self.shell.keymap)

    # --- leaving -------------------------------------------------------------------------------------------

    def unsaved(self) -> bool:
        return self.filing.unsaved()

    def save(self) -> None:
        self.filing.save()

    def give_up(self) -> None:
        """What was keyed is given up for good. Runs on the database thread."""
        self.screen.discard_draft()


def counted(findings: Sequence[Finding], said: Sequence[Finding] | None = None) -> str:
    """``2 errors, 1 warning, 14 fields to fill in: Ctrl+E lists them.`` ``said`` leaves out what is only blank."""
    said = findings if said is None else said
    errors = sum(finding.level in (Level.FATAL, Level.ERROR) for finding in said)
    warnings = sum(finding.level is Level.WARNING for finding in said)
    counts = {
        ("error", "errors"): errors,
        ("warning", "warnings"): warnings,
        ("question", "questions"): len(said) - errors - warnings,
        ("field to fill in", "fields to fill in"): len(findings) - len(said),
    }
    parts = [f"{count} {words[count != 1]}" for words, count in counts.items() if count]
    return f"{', '.join(parts)}: Ctrl+E lists them."
