"""What a form lists and explains: values of a field, findings, where to jump, help."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from rules.findings import SEVERITY, Finding, Level
from rules.text import cells, clean
from tui.digest import place_of
from tui.face import MARKS
from tui.field import pointed
from tui.fieldhelp import field_help
from tui.picks import LIST_LIMIT, Pick
from tui.screen import Choice, Mode

if TYPE_CHECKING:
    from tui.form import FormView

NUMBERED = re.compile(r"(\w+?)(?:-(\d{1,3}))?", re.ASCII)  # 501-2: the second row of what 501 means


class Lists:
    """Lists and help over ``form``."""

    def __init__(self, form: FormView) -> None:
        self.form = form
        self.explained = ""  # field that F1 has just explained: F1 again is about the screen
        self.listed = 0  # where the list of findings stood: mending one leaves the next in its place

    async def prompt(self, text: str) -> str:
        """F4: what this field takes, narrowed by what has been keyed; why that is not enough, if it is a beginning."""
        form, shell, spot = self.form, self.form.shell, self.form.spot
        if spot is None or not form.asked(spot):
            return ""
        if not spot.field.lookup:
            shell.say(f"No list here. {field_help(spot.field)[0]}")
            return ""
        values, path = dict(form.record.values), spot.path
        why = await shell.call(form.screen.unfinished, values, path, text) if text else ""

        async def find(narrowed: str) -> Sequence[Choice]:
            return await shell.call(form.screen.lookup, values, path, narrowed, LIST_LIMIT)

        async def picked(choice: Choice) -> None:
            await self.take(path, choice)
            if pick.went_on:
                form.leave_by_itself()

        async def is_whole(typed: str) -> bool:
            return await shell.call(form.screen.is_complete, values, path, typed)

        pick = Pick(
            shell,
            spot.label,
            find,
            picked,
            text,
            shown=partial(pointed, spot.field),
            goes_on=is_whole if why else None,
            shorten=form.screen.shorten,
        )
        await shell.push(pick)
        if why:
            (shell.fail if shell.linear else shell.say)(
                why
            )  # a line is an answer: none of those keyed ahead was for this
        return why

    async def take(self, path: str, choice: Choice) -> None:
        """A choice that was picked goes into its field, and the cursor to the next one."""
        form = self.form
        await form.set_value(path, choice.value)
        if form.focus == path and form.shell.top is form:
            form.way.left(path)
            form.enter(form.way.following(path, "enter") or path)

    async def use(self, value: str) -> Choice | None:
        """What the field in hand takes for ``value``, which was found elsewhere; None when it takes no such thing."""
        form, spot = self.form, self.form.spot
        if spot is None or not spot.field.lookup or not form.asked(spot):
            return None
        values, bare = dict(form.record.values), value.replace(".", "").upper()
        choices = await form.shell.call(form.screen.lookup, values, spot.path, value, LIST_LIMIT)
        return next((each for each in choices if each.value.replace(".", "").upper() == bare), None)

    async def findings(self) -> None:
        """Ctrl+E: everything that was found, worst first and as the form stands; Enter goes to the field."""
        form, order = self.form, self.form.face.layout.order
        if not form.findings:
            form.shell.say("No findings.")
            return
        choices = [
            Choice(
                finding.field,
                f"o {finding.code} {self.where(finding)}OVERRIDDEN {finding.overridden} ({finding.message})"
                if finding.overridden
                else f"{MARKS[finding.level]} {finding.code} {self.where(finding)}{finding.message}",
            )
            for finding in sorted(
                form.findings,
                key=lambda each: (
                    bool(each.overridden),
                    SEVERITY[each.level],
                    order.get(each.field, len(order)),
                ),
            )
        ]

        async def picked(choice: Choice) -> None:
            self.listed = next((n for n, each in enumerate(choices) if each is choice), 0)
            if choice.value in form.face.layout.by_path:
                form.enter(choice.value)
            else:
                form.shell.say(choice.text)

        heading = counted(form.findings, form.said(form.findings)).partition(":")[0]
        await form.shell.push(Pick.of(form.shell, heading, choices, picked, values=False, at=self.listed))

    def where(self, finding: Finding) -> str:
        """``Code 2: `` for the second row of a table; empty for a finding about the whole record."""
        spot = self.form.face.layout.by_path.get(finding.field)
        group = self.form.record.groups.get(spot.group) if spot else None
        if spot is None or finding.message.startswith((spot.label, group.label if group else spot.label)):
            return ""  # the message begins with the field itself
        return f"{spot.label}{f' {spot.index}' if spot.group else ''}: "

    async def jump(self, label: str) -> None:
        """``^LABEL``, or ``^501-2`` for the second row of what goes by that number; ``^?`` lists where to."""
        form, shell = self.form, self.form.shell
        if label == "?":
            await self._targets()
            return
        if await self._numbered(label):
            return
        path = form.walk.target(label)
        word, _, rest = label.partition(" ")
        own = next((each for each in form.screen.commands if each.word == word.upper()), None)
        if not path and (act := shell.keymap.word(label)):
            shell.leave_command()
            await shell.do(act)
        elif not path and own:
            shell.leave_command()
            await shell.commands.own(form, own, rest.strip())
        elif not path:
            shell.fail(f"No field or section here begins with {clean(label)}. ^? lists them.")
        elif form.stands(form.face.layout.by_path[path]):
            shell.leave_command()
            await form.go(path)
        else:
            shell.fail("That field is not asked here.")

    async def _numbered(self, label: str) -> bool:
        """A jump by the number of a screen; False when the overview has no such number."""
        form, grid, match = self.form, self.form.screen.grid, NUMBERED.fullmatch(label)
        if grid is None or match is None:
            return False
        word, number = match[1].upper(), int(match[2] or 1)
        if word in grid.home:
            form.shell.leave_command()
            if await form.settle():
                form.look(Mode.OVERVIEW)
            return True
        block = grid.by_jump(word)
        if block is None:
            return False
        form.shell.leave_command()
        spot = place_of(form, block.parts, number)
        if spot and form.stands(spot):
            await form.go(spot.path)
        elif await form.settle():
            form.look(Mode.OVERVIEW)
            form.way.show(block)
        return True

    async def _targets(self) -> None:
        form = self.form
        sections = form.face.layout.sections
        choices = [
            Choice(spot.path, f"{spot.label}  {sections[spot.section][1]}".strip())
            for spot in form.face.layout.spots
            if form.stands(spot) and spot.index <= 1
        ]

        async def picked(choice: Choice) -> None:
            await form.go(choice.value)

        await form.shell.push(Pick.of(form.shell, "Jump to", choices, picked))

    async def help(self) -> None:
        """F1: the field in hand; once more: the whole screen."""
        form, shell, spot = self.form, self.form.shell, self.form.spot
        if spot is None or form.way.is_acting() or self.explained == form.focus:
            self.explained = ""
            await shell.show(form.title, form.help_lines())
            return
        self.explained = form.focus
        sentences = field_help(spot.field)
        if len(sentences) == 1 and cells(f" {spot.label}: {sentences[0]}") < shell.width:
            shell.say(f"{spot.label}: {sentences[0]}")
        else:
            await shell.show(spot.label, [*sentences, "", "F1 again explains the whole screen."])


def counted(findings: Sequence[Finding], said: Sequence[Finding] | None = None) -> str:
    """``2 errors, 1 warning, 14 fields to fill in: Ctrl+E lists them.`` ``said`` leaves out what is only blank."""
    said = findings if said is None else said
    errors = sum(finding.level in (Level.FATAL, Level.ERROR) for finding in said)
    warnings = sum(finding.level is Level.WARNING for finding in said)
    overridden = sum(bool(finding.overridden) for finding in findings)
    counts = {
        ("error", "errors"): errors,
        ("warning", "warnings"): warnings,
        ("question", "questions"): len(said) - errors - warnings,
        ("field to fill in", "fields to fill in"): len(findings) - len(said) - overridden,
        ("overridden", "overridden"): overridden,
    }
    parts = [f"{count} {words[count != 1]}" for words, count in counts.items() if count]
    return f"{', '.join(parts)}: Ctrl+E lists them."
