"""The form: one view that takes a record field by field, as its screen declares it.

A field is checked, and the record's findings are renewed, when the field is left; nothing keyed is ever lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rules.findings import SEVERITY, Finding, Level
from tui.face import Face
from tui.field import LEADS, Entry, is_full, matches_words, shown
from tui.fieldhelp import form_help
from tui.filing import Filing
from tui.formlists import Lists, counted
from tui.intake import Intake
from tui.keys import Act, Stroke
from tui.layout import Spot
from tui.overview import Overview
from tui.record import Record
from tui.rows import Rows
from tui.screen import Changed, Field, FormScreen, Kind, Mode, Opened, Printout, Section, Values
from tui.spans import Line, text_of
from tui.stream import Stream
from tui.view import FIRST_ACTS, View
from tui.walk import Walk
from tui.way import Way
from tui.worksheet import Worksheet

if TYPE_CHECKING:
    from tui.shell import Shell


LOOKS = {Mode.FORM: "Form", Mode.PROMPT: "Prompts", Mode.OVERVIEW: "Overview", Mode.WORKSHEET: "Worksheet"}
PAGES = (Mode.OVERVIEW, Mode.WORKSHEET)
KEYING = (
    Act.FILE,
    Act.SAME,
)  # of no use in a record that can only be read; nor is a prompt: F5 tries again there


class FormView(View):
    """A record of a ``FormScreen``, open and being keyed."""

    screen: FormScreen
    legend_acts = (Act.HELP, Act.FILE, Act.EXIT, Act.PROMPT, Act.BACK, Act.FORWARD, Act.SAME, Act.CANCEL)
    first_acts = (*FIRST_ACTS, Act.REFRESH)  # of a record that somebody else changes: try again

    def __init__(self, shell: Shell, screen: FormScreen, word: str) -> None:
        super().__init__(shell, screen, word)
        self.key = ""
        self.opened = Opened({})
        self.record = Record((), {})
        self.face = Face(lambda: shell.body_height, shell.date_style, screen.shorten)
        self.walk = self._walk()
        self.intake = Intake(self)
        self.filing = Filing(self)
        self.rows = Rows(self)
        self.lists = Lists(self)
        usual = Mode.PROMPT if shell.linear else shell.habits.mode
        self.mode = screen.mode or usual
        self.way = self._way()
        self.keyed_in = usual if self.mode in PAGES else self.mode  # where F11 goes back to from a page
        self.page = self.mode if self.mode in PAGES else Mode.OVERVIEW  # where it goes to
        self.shown_at_entry = ""
        self.findings: Sequence[Finding] = ()
        self.skip: frozenset[str] = frozenset()
        self.missing: frozenset[str] = frozenset()  # fields that somebody must still key or mend
        self.walk_ended = False  # the field in hand was the last one
        self._left = 0  # number of the key that completed a field, which was then left without Enter
        self._rest = (0, "", "")  # key that took the only value there was: its number, row, what it filled in

    def live_acts(self) -> Sequence[Act]:
        if not self.opened.locked:
            return self.legend_acts
        return [Act.REFRESH if act is Act.PROMPT else act for act in self.legend_acts if act not in KEYING]

    # --- the record ----------------------------------------------------------------------------------------

    async def start(self, key: str) -> None:
        """Open the record ``key``. Raises ``ScreenError`` when there is none; the form then stays as it was."""
        opened, sections, changed = await self.shell.call(self._load, key)
        self.key, self.opened, self.record = key, opened, Record(sections, opened.values)
        self.record.changed = opened.resumed
        self.face = Face(lambda: self.shell.body_height, self.shell.date_style, self.screen.shorten)
        self.face.sections, self.face.locked = sections, bool(opened.locked)
        self.filing.overridable = False
        self.findings = ()
        self.lay_out(anew=True)
        self._take_in(changed)
        self.lay_out(anew=True)
        self.way.begin()
        self.filing.bring_back(opened.focus)
        self.way.ready()
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
            await self.answer("")

    async def resume(self) -> None:
        """What was done elsewhere may have changed the record."""
        if values := await self.shell.call(self.screen.put_meanwhile):
            await self.put(values)
            if self.focus in values:
                self._show_entry(self.focus)
        if self.screen.reread and not self.unsaved():
            focus = self.focus
            await self.start(self.key)
            self._stand_again(focus)

    def _load(self, key: str) -> tuple[Opened, Sequence[Section], Changed]:
        opened = self.screen.open(key)
        sections = self.screen.sections()
        if (opened.new or not key) and not opened.resumed:
            opened = replace(opened, values=self._carried(sections) | opened.values)
        return opened, sections, self.screen.changed(dict(opened.values), "")

    def _carried(self, sections: Sequence[Section]) -> Values:
        """What fields that keep their value on the next record of the session held on the one before."""
        previous = self.previous()
        fields = (part for section in sections for part in section.parts if isinstance(part, Field))
        return {
            field.name: previous[field.name] for field in fields if field.carry and field.name in previous
        }

    @property
    def kind(self) -> str:
        """Records of one kind copy from each other: those of one word."""
        return str(getattr(self.screen, "word", "")) or self.word or type(self.screen).__qualname__

    def previous(self) -> Values:
        """The record of this kind that was filed last."""
        return self.shell.previous.get(self.kind, {})

    def recall_kind(self, spot: Spot) -> str:
        return spot.field.recall or f"{self.kind} {spot.field.name}"

    def asked(self, spot: Spot) -> bool:
        """Whether the field can be keyed as the record stands."""
        return not (spot.field.read_only or self.opened.locked or spot.path in self.skip)

    def stands(self, spot: Spot) -> bool:
        """Whether the cursor may stand there: in a locked record anywhere, to read it."""
        return bool(self.opened.locked) or self.asked(spot)

    def is_blank(self, spot: Spot) -> bool:
        """Whether the field stands on a row of a table that holds nothing."""
        return self.record.is_blank_row(spot.group, spot.index)

    # --- what needs an answer ------------------------------------------------------------------------------

    @property
    def is_brief(self) -> bool:
        """Whether Enter passes over what is answered."""
        return self.screen.brief and not (self.opened.locked or self.shell.habits.every_field)

    def _is_missing(self, spot: Spot) -> bool:
        """Whether a field must still be keyed or mended."""
        return spot.path in self.missing

    def _may_go_on(self, spot: Spot, here: Spot | None) -> bool:
        """Whether a table goes on here: the rest of the row in hand, or the open row under it."""
        if not spot.group or self.record.values.get(spot.path):
            return False
        same = here is not None and here.group == spot.group
        if self.is_blank(spot):
            stop = self.record.groups[spot.group].stop and spot.group not in self.skip
            return spot.first and (same or stop)
        return same and here is not None and here.index == spot.index

    def next_after(self, here: str, name: str, walk: Walk | None = None) -> str:
        """The field that comes after ``here`` by Enter, by Tab, or by itself when it is full."""
        walk = walk or self.walk
        if self.is_brief and name != "tab":
            following = walk.needed(here)
            return "" if following == here else following
        round_about = name == "tab" or bool(self.opened.locked)
        return walk.following(here, 1, round_about=round_about)

    def first_wanted(self) -> str:
        """Where the cursor stands first: on a brief form on what is missing."""
        return (self.walk.missing() or self.walk.needed("") if self.is_brief else "") or self.walk.first()

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
            await self.answer(path)
        self.face.dirty(path)
        if path == self.focus:
            self._show_entry(path)

    async def put(self, values: Mapping[str, str]) -> None:
        """Values that a word of the screen's own sets: one step, which can be taken back."""
        self.record.step(self.focus)
        for path, value in values.items():
            self.record.put(path, value)
            self.face.dirty(path)
        await self.answer(self.focus)

    async def answer(self, path: str) -> None:
        """The screen's findings, echoes and computed values after a change, and the draft, in one visit."""
        changed = await self.shell.call(self._changed, dict(self.record.values), path, self.focus)
        self.filing.overridable = False
        before = self._finding_at(path)
        self._take_in(changed)
        self.lay_out()
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
        said = self.said(self.findings)
        known = {(finding.code, finding.field) for finding in said}
        self.face.take_findings(findings)
        self.findings = findings
        self.missing = frozenset(
            finding.field
            for finding in findings
            if finding.level in (Level.FATAL, Level.ERROR) and not finding.overridden
        )
        self.way.found([each for each in self.said(findings) if (each.code, each.field) not in known])
        if findings and len(self.said(findings)) != len(said):
            self.shell.say(counted(findings, self.said(findings)))
        self.way.changed()

    def said(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Findings worth a message: that a field is still blank its mark says already."""
        return [each for each in findings if not self._is_blank(each) and not each.overridden]

    def _is_blank(self, finding: Finding) -> bool:
        blank = finding.field in self.face.layout.by_path and not self.record.values.get(finding.field)
        return blank and finding.level in (Level.FATAL, Level.ERROR)

    def lay_out(self, *, anew: bool = False) -> None:
        self.face.lay_out(self.record, anew=anew)
        self.walk = self._walk()
        self.face.keep_in_sight()

    def _walk(self) -> Walk:
        return Walk(self.face.layout, self.stands, self.is_blank, self._is_missing, self._may_go_on)

    # --- drawing -------------------------------------------------------------------------------------------

    def banner(self) -> Sequence[str]:
        return self.opened.banner

    def body(self, width: int, height: int) -> list[Line]:
        return self.way.body(width)

    async def printout(self) -> Printout:
        """The record as the form has it, all of it, whichever way it is looked at."""
        return Printout(
            self.title, [*self.banner(), *text_of(self.face.whole(self.record, self.shell.width))]
        )

    def cursor(self) -> tuple[int, int] | None:
        return self.way.cursor()

    def legend(self) -> list[str]:
        """The keys, with the other way to look at the record after the first ones."""
        items = super().legend()
        return [*items[: len(FIRST_ACTS)], f"F11={LOOKS[self._other()]}", *items[len(FIRST_ACTS) :]]

    def _way(self) -> Way:
        ways = {Mode.FORM: Way, Mode.PROMPT: Stream, Mode.OVERVIEW: Overview, Mode.WORKSHEET: Worksheet}
        return ways[self.mode](self)

    def look(self, mode: Mode) -> None:
        """Show the record in another way; what was keyed stays as it is."""
        if self.mode not in PAGES:
            self.keyed_in = self.mode
        self.page = mode if mode in PAGES else self.page
        self.mode = Mode.PROMPT if self.shell.linear and mode is Mode.FORM else mode
        self.way = self._way()
        self.way.begin()
        self.enter(self.focus, quiet=True)
        self.way.ready()

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
        self.face.focus, self.lists.explained = path, ""
        self._show_entry(path)
        spot = self.spot
        if spot and not self.entry.text and spot.field.default and self.asked(spot):
            self.entry = Entry(shown(spot.field, spot.field.default, self.shell.date_style))
        self.face.keep_in_sight()
        self.way.entered(path)
        if not quiet and (sentence := self._finding_at(path)):
            self.shell.say(sentence)

    def _show_entry(self, path: str) -> None:
        spot = self.face.layout.by_path.get(path)
        secret = spot is not None and spot.field.kind is Kind.SECRET
        text = shown(spot.field, self.record.get(path), self.shell.date_style) if spot and not secret else ""
        self.shown_at_entry, self.entry = text, Entry(text)

    def _finding_at(self, path: str) -> str:
        here = [finding for finding in self.said(self.findings) if finding.field == path]
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

    async def go(self, path: str) -> None:
        """Leave the field and stand in another."""
        if path and await self.settle() and path in self.face.layout.by_path:
            self.way.left(self.focus)
            self.enter(path)

    # --- keys ----------------------------------------------------------------------------------------------

    async def stroke(self, stroke: Stroke) -> bool:
        if stroke.name == "enter" and self.left_by_itself():
            if self.walk_ended:
                await self.way.at_end("enter")
        elif stroke.name == "tab" and self._would_pass_over():
            pass
        elif self._says_the_rest(stroke):
            self.leave_by_itself()
        elif await self.way.stroke(stroke):
            pass
        elif stroke.name in ("enter", "tab"):
            await self.forward(stroke.name)
        elif stroke.name == "f11":
            await self._look_elsewhere("")
        elif stroke.name == "shift+tab":
            await self.go(self.way.walk.following(self.focus, -1, round_about=True))
        elif stroke.name in ("up", "down"):
            await self.go(self.walk.beside(self.focus, 1 if stroke.name == "down" else -1))
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

    async def after(self) -> None:
        await self.way.after()

    async def type(self, text: str) -> None:
        """A typed character. A field that is complete is left by itself."""
        spot = self.spot
        if spot is None or (text in ("^", "=") and not self.asked(spot)):
            await self.shell.type_command(Stroke("", text))
            return
        if not self.asked(spot):
            self.shell.fail(self.opened.locked or "This field cannot be keyed.")
            return
        self.entry.key("", text)
        self.face.dirty(self.focus)
        if (
            self.shell.habits.leaves
            and not self.shell.linear
            and self.entry.at == len(self.entry.text)
            and await self._is_complete(spot)
        ):
            self.leave_by_itself()
            await self.forward("full")

    async def _is_complete(self, spot: Spot) -> bool:
        """Whether nothing more can follow what was keyed, so that the field is left by itself."""
        text = self.entry.text
        if is_full(spot.field, text):
            return True
        if not matches_words(spot.field) or not text.strip() or text[0] in LEADS:
            return False
        shell, values = self.shell, dict(self.record.values)
        return await shell.call(self.screen.is_complete, values, spot.path, text)

    def leave_by_itself(self) -> None:
        """The key in hand has completed the field: the Enter that habit puts behind it is forgiven."""
        self.shell.left_by_itself = self.shell.habits.forgives
        self._left = self.shell.strokes

    def left_by_itself(self) -> bool:
        """Whether this key says again what the key before it has done already: the field is left."""
        return self.shell.habits.forgives and 0 < self._left == self.shell.strokes - 1

    def _would_pass_over(self) -> bool:
        """Whether Tab, behind a field that was left by itself, would leave out a table that must have a row."""
        spot = self.spot
        return self.left_by_itself() and spot is not None and self.is_blank(spot) and self._is_missing(spot)

    def completed(self, spot: Spot, rest: str) -> None:
        """What was keyed was the beginning of one value alone, and ``rest`` was filled in."""
        self._rest = (self.shell.strokes, f"{spot.group}[{spot.index}]", rest)

    def _says_the_rest(self, stroke: Stroke) -> bool:
        """Whether this character is what the key before it has filled in, keyed by whoever knew it."""
        spot, (taken, row, rest) = self.spot, self._rest
        return (
            taken == self.shell.strokes - 1
            and (stroke.name, stroke.text.upper()) == ("", rest)
            and spot is not None
            and row == f"{spot.group}[{spot.index}]"
        )

    async def forward(self, name: str) -> None:
        """Enter, Tab, or a full field: leave it and go on; Enter at the end files."""
        here = self.focus
        self.walk_ended = False
        if not await self.settle() or self.focus != here or self.shell.top is not self:
            return
        self.way.left(here)
        following = self.way.following(here, name)
        if following:
            self.enter(following)
            return
        self.walk_ended = True
        await self.way.at_end(name)

    async def act(self, act: Act, rest: str = "") -> bool:
        if act is Act.FILE:
            if await self.settle():
                await self.filing.file()
        elif act is Act.PROMPT:
            fresh = self.entry.fresh and self.focus not in self.face.wrong
            await self.lists.prompt("" if fresh else self.entry.text)
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
                await self.lists.findings()
        elif act in (Act.DELETE_ROW, Act.INSERT_ROW, Act.MOVE_ROW):
            await self.rows.act(act, rest)
        elif act is Act.NEW:
            await self.filing.new()
        elif act is Act.HELP:
            await self.lists.help()
        elif act is Act.VIEW:
            await self._look_elsewhere(rest)
        elif act is Act.REFRESH and self.opened.locked:
            await self._try_again()
        elif act is Act.EXIT and self.mode is Mode.PROMPT and self.unsaved():
            await self.shell.leaving.keep()
            self.shell.say("Not filed: what was keyed is kept as a draft.")
        else:
            return False
        return True

    async def _look_elsewhere(self, word: str) -> None:
        """F11: to the page looked at last and back; without one, to prompts and back. ``VIEW P`` chooses."""
        wanted = next((mode for mode in self._modes() if word and mode.startswith(word.lower())), None)
        if word and wanted is None:
            self.shell.fail(f"VIEW takes {', '.join(mode.upper() for mode in self._modes())}.")
            return
        if await self.settle():
            self.look(wanted or self._other())

    def _modes(self) -> list[Mode]:
        """The ways in which this record can be looked at."""
        has = {Mode.OVERVIEW: self.screen.grid, Mode.WORKSHEET: self.screen.worksheet}
        return [mode for mode in Mode if has.get(mode, True)]

    def _other(self) -> Mode:
        """Where F11 leads."""
        if self.mode in PAGES:
            return self.keyed_in
        page = next((mode for mode in (self.page, *PAGES) if mode in self._modes()), None)
        return page or (Mode.FORM if self.mode is Mode.PROMPT else Mode.PROMPT)

    async def _page(self, step: int) -> None:
        if self.way.turn(step) or not await self.settle():
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
        await self.answer(path)
        self.lay_out(anew=True)
        self._stand_again(path)
        self.shell.say("The last change was taken back.")

    async def _try_again(self) -> None:
        """F5 in a record that could only be read: it is read anew, and perhaps nobody else has it now."""
        focus = self.focus
        await self.start(self.key)
        if self.entry.fresh:  # else it stands where the draft has something keyed and not yet taken in
            self._stand_again(focus)
        if not self.opened.locked:
            self.shell.say("It can be changed now.")

    def _stand_again(self, path: str) -> None:
        """The cursor where it stood; where letters acted they go on acting."""
        acting = self.way.is_acting()
        self.enter(path if path in self.face.layout.by_path else self.walk.first(), quiet=True)
        if acting:
            self.way.ready()

    # --- what is asked of it from outside ------------------------------------------------------------------

    async def jump(self, label: str) -> None:
        await self.lists.jump(label)

    def help_lines(self) -> list[str]:
        return [*self.keys_here(), "", *form_help(self.screen, self.face.sections, self.shell.keymap)]

    def unsaved(self) -> bool:
        return self.filing.unsaved()

    def save(self) -> None:
        self.filing.save()

    def give_up(self) -> None:
        """What was keyed is given up for good. Runs on the database thread."""
        self.screen.discard_draft()
