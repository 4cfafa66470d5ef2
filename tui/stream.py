"""Heads-down keying: the record as one stream of prompts, ``LABEL: value//``, in which Enter keeps what is shown.

It is the form itself in another shape: the same fields, checks, walk, draft and filing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rules.findings import SEVERITY, Finding
from rules.text import cells, clean, fit
from tui.face import MARKS
from tui.field import Entry, shown
from tui.keys import Stroke
from tui.layout import Spot
from tui.screen import Kind, Note
from tui.spans import BOLD, PLAIN, UNDERLINE, Line, blank, line, plain, wrap
from tui.way import Way

if TYPE_CHECKING:
    from tui.form import FormView

LINES_KEPT = 400  # of the transcript
LEAST_ANSWER = 12  # cells that an answer keeps on its line
TAKEN_OUT = re.compile(r"-\d{1,3}(?:-\d{1,3})?(?:,\d{1,3}(?:-\d{1,3})?)*")  # -2 or -1-3,7: rows that go


class Stream(Way):
    """The prompts so far, and the one that waits for its answer."""

    def __init__(self, form: FormView) -> None:
        super().__init__(form)
        self.lines: list[str] = []
        self.dropped = 0  # lines that were there before the first of ``lines``
        self.asking = ""  # path of the prompt that waits
        self.default = ""  # what Enter keeps there, as it is shown
        self.echoed: str | None = None  # the answer, where the terminal itself shows what is keyed
        self._section = -1
        self._told: list[str] = []  # findings that arose in the field in hand
        self._top = 0
        self._drawn: dict[int, Line] = {}
        self._width = 0

    # --- the transcript ------------------------------------------------------------------------------------

    def begin(self) -> None:
        self._close()
        self.asking, self._section = "", -1

    def entered(self, path: str) -> None:
        if path != self.asking:
            self._close()
            self._head(path)
        spot = self.form.face.layout.by_path.get(path)
        secret = spot is not None and spot.field.kind is Kind.SECRET
        self.asking, self.default = path, "" if secret else self.form.entry.text

    def left(self, path: str) -> None:
        self._close()

    def found(self, findings: Sequence[Finding]) -> None:
        lists = self.form.lists
        self._told += [
            f"   {MARKS[finding.level]} {finding.code} {lists.where(finding)}{finding.message}"
            for finding in findings
        ]

    async def at_end(self, name: str) -> None:
        if name == "enter":
            self._told += [f"   {clean(text)}" for text in self.form.face.panel]
            found = sorted(self.form.said(self.form.findings), key=lambda finding: SEVERITY[finding.level])
            self.found(found)
            self._tell()
        await super().at_end(name)

    def _head(self, path: str) -> None:
        """The title and notes of a section, when the stream comes into it."""
        spot = self.form.face.layout.by_path.get(path)
        if spot is None or spot.section == self._section:
            return
        self._section = spot.section
        section = self.form.face.sections[spot.section]
        if section.title:
            self._write(f"{section.title}:")
        for part in section.parts:
            if isinstance(part, Note) and part.text:
                self._write(part.text)

    def _close(self) -> None:
        """The prompt that waited becomes a line of the transcript, with what its field holds now."""
        spot = self.form.face.layout.by_path.get(self.asking)
        if spot is not None:
            value = self._shown(spot)
            answer = value if value != self.default else ""
            if not value and self.default:
                answer = "@"
            echo = self.form.face.echoes.get(spot.path, "")
            text = f"{self._label(spot)}{self._kept(self.default)}{answer}".rstrip()
            if self.echoed is not None:  # say only what the terminal does not show already
                text = "" if answer.upper() == self.echoed.strip().upper() else f"   {answer}".rstrip()
            if text or echo:
                self._write(f"{text}   {echo}" if echo else text)
            self.echoed = None
        self.asking = ""
        self._tell()

    def _tell(self) -> None:
        told, self._told = self._told, []
        for text in told:
            self._write(text)

    def _shown(self, spot: Spot) -> str:
        value = self.form.record.get(spot.path)
        if spot.field.kind is Kind.SECRET:
            return "*" if value else ""
        return shown(spot.field, value, self.form.shell.date_style)

    def _label(self, spot: Spot) -> str:
        if spot.group:
            return f" {spot.label} {spot.index}: " if spot.first else f"   {spot.label}: "
        return f" {spot.label}: "

    def _kept(self, default: str) -> str:
        return f"{default}// " if default else ""

    def _write(self, text: str) -> None:
        bare = clean(text).lstrip(" ")
        indent = " " * (cells(clean(text)) - cells(bare))
        self.lines += [indent + piece for piece in wrap(bare, self.form.shell.width - 1 - len(indent))]
        cut = len(self.lines) - LINES_KEPT
        if cut > 0:
            del self.lines[:cut]
            self.dropped += cut
            self._top = max(0, self._top - cut)
            self._drawn.clear()

    # --- drawing -------------------------------------------------------------------------------------------

    def prompt(self) -> str:
        """What stands before the answer in hand."""
        spot = self.form.spot
        if spot is None:
            return ""
        text = self._label(spot) + self._kept(self.default)
        room = self.form.shell.width - LEAST_ANSWER
        return text if cells(text) <= room else fit(text, room - 4) + "> // "

    def whole(self, width: int) -> list[Line]:
        """Everything that there is to see of the record, however many lines."""
        return [self._line(number, width) for number in range(len(self.lines))]

    def body(self, width: int) -> list[Line]:
        face = self.form.face
        if width != self._width:
            self._width = width
            self._drawn.clear()
        height = face.height
        if len(self.lines) - self._top >= height:
            self._top = (
                len(self.lines) - height // 2
            )  # half a page at a time, so that walking repaints little
        rows = [self._line(number, width) for number in range(self._top, len(self.lines))]
        rows.append(self._prompt_line(width))
        rows += [blank(width)] * (height - len(rows))
        panel = face.panel_within(width)[: self.form.shell.body_height - height]
        return rows + [plain(text, width) for text in panel]

    def _line(self, number: int, width: int) -> Line:
        found = self._drawn.get(number)
        if found is None:
            found = self._drawn[number] = plain(self.lines[number], width)
        return found

    def _prompt_line(self, width: int) -> Line:
        prompt = self.prompt()
        at = cells(prompt)
        return line(
            [(0, prompt, BOLD), (at, self._answer(width - at), UNDERLINE if prompt else PLAIN)], width
        )

    def _answer(self, room: int) -> str:
        """What is being keyed; the value itself stands before it until something is keyed."""
        entry = self.form.entry
        if entry.fresh and self.form.focus not in self.form.face.wrong:
            return fit("", room)
        spot = self.form.spot
        if spot and spot.field.kind is Kind.SECRET:
            return fit("*" * len(entry.text), room)
        return entry.window(room)[0]

    def cursor(self) -> tuple[int, int] | None:
        if self.form.spot is None:
            return None
        at, width = cells(self.prompt()), self.form.shell.width
        entry = self.form.entry
        inside = 0 if entry.fresh else entry.window(width - at)[1]
        return min(width - 1, at + inside), min(len(self.lines) - self._top, self.form.face.height - 1)

    # --- keys ----------------------------------------------------------------------------------------------

    async def stroke(self, stroke: Stroke) -> bool:
        form, entry = self.form, self.form.entry
        untouched = entry.fresh and form.focus not in form.face.wrong
        if stroke.name in ("backspace", "delete") and untouched:
            return True  # there is nothing before the cursor; what is shown is not what was keyed
        if stroke.name in ("up", "down"):
            step = 1 if stroke.name == "down" else -1
            await form.go(form.walk.following(form.focus, step, round_about=False))
            return True
        if stroke.name in ("enter", "tab"):
            if not entry.text and not entry.fresh:
                form.face.wrong.pop(form.focus, None)
                form.enter(
                    form.focus, quiet=True
                )  # everything was rubbed out: the value is kept, @ deletes it
            elif await self.take_out(entry):
                return True
        return False

    async def take_out(self, entry: Entry) -> bool:
        """``-2`` or ``-1-3,7`` where a table goes on: these rows are taken out of it."""
        form, spot = self.form, self.form.spot
        text = entry.text.strip()
        if entry.fresh or spot is None or not (spot.group and spot.first) or not TAKEN_OUT.fullmatch(text):
            return False
        rows = numbers(text[1:], form.face.rows_of(spot.group))
        rows = [row for row in rows if not form.record.is_blank_row(spot.group, row)]
        if not rows or not form.asked(spot):
            form.refuse(spot, f"There is no row {text[1:]} to take out.")
            return True
        form.enter(spot.path, quiet=True)
        await form.rows.delete(spot.group, rows)
        self._write(f"   {form.shell.message}")
        return True


def numbers(text: str, most: int) -> list[int]:
    """``1-3,7`` as numbers from 1 to ``most``, in order."""
    found: set[int] = set()
    for part in re.findall(r"\d{1,3}(?:-\d{1,3})?", text):
        low, _, high = part.partition("-")
        found |= set(range(int(low), int(high or low) + 1))
    return sorted(number for number in found if 1 <= number <= most)
