"""What a form looks like: its layout, marks, echoes and panel, drawn line by line and only where it changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rules.findings import SEVERITY, Finding, Level
from rules.text import cells, clean, fit
from tui.field import Entry, shown
from tui.layout import Layout, Spot, lay_out, shown_rows
from tui.record import Record
from tui.screen import Changed, Kind, Section
from tui.spans import BOLD, PLAIN, REVERSE, UNDERLINE, Line, Piece, blank, line, plain

OVERRIDDEN = "o"
MARKS = {Level.FATAL: "E", Level.ERROR: "E", Level.WARNING: "W", Level.QUERY: "?"}
HIDDEN = "*" * 8  # a secret, whatever its length
LEAST_ECHO = 6  # cells; less than that of a meaning says nothing
PANEL_SHARE = 3  # the panel takes at most a third of the body, or what the form leaves free
LEAD_ROWS = 2  # rows of a heading that come along when a field is brought into sight


class Face:
    """The drawn form. ``height`` says how many rows the body has now."""

    def __init__(self, height: Callable[[], int], style: str, shorten: Callable[[str, int], str]) -> None:
        self._body_height, self._style, self._shorten = height, style, shorten
        self.sections: Sequence[Section] = ()
        self.layout = Layout()
        self.echoes: Mapping[str, str] = {}
        self.panel: Sequence[str] = ()
        self.marks: dict[str, str] = {}
        self.wrong: dict[str, str] = {}  # sentence by path of entries that could not be taken
        self.focus = ""
        self.entry = Entry()
        self.top = 0
        self.locked = False
        self._counts: dict[str, int] = {}
        self._lines: dict[int, Line] = {}
        self._width = 0
        self._sight = 0

    @property
    def height(self) -> int:
        """Rows of the form in sight, above the panel."""
        body = self._body_height()
        room = max(body // PANEL_SHARE, body - self.layout.height)
        return max(1, body - min(len(self.panel), room))

    @property
    def spot(self) -> Spot | None:
        """The field in hand."""
        return self.layout.by_path.get(self.focus)

    def lay_out(self, record: Record, *, anew: bool = False) -> None:
        """Lay out when tables have grown or shrunk; else nothing has moved."""
        counts = {
            name: shown_rows(group, record.values, self.locked) for name, group in record.groups.items()
        }
        if anew or counts != self._counts:
            self._counts = counts
            self.layout = lay_out(self.sections, counts, self._style)
            self._lines.clear()

    def rows_of(self, group: str) -> int:
        return self._counts.get(group, 0)

    def dirty(self, *paths: str) -> None:
        """These fields look different now; in a table so may the others of the row."""
        for path in paths:
            if spot := self.layout.by_path.get(path):
                for beside in self.layout.row_of(spot):
                    self._lines.pop(beside.row, None)

    def take_in(self, changed: Changed) -> None:
        """Echoes, panel and findings after a change."""
        echoes = {path: clean(text) for path, text in changed.echoes.items()}
        self._dirty_differences(self.echoes, echoes)
        self.echoes = echoes
        self.panel = [clean(text) for text in changed.panel]
        self.take_findings(changed.findings)

    def take_findings(self, findings: Sequence[Finding]) -> None:
        """The worst finding of a field is its mark."""
        lightest_first = sorted(findings, key=lambda finding: -SEVERITY[finding.level])
        marks = {
            finding.field: OVERRIDDEN if finding.overridden else MARKS[finding.level]
            for finding in sorted(lightest_first, key=lambda finding: not finding.overridden)
        }
        self._dirty_differences(self.marks, marks)
        self.marks = marks

    def _dirty_differences(self, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        self.dirty(*(path for path in before.keys() | after.keys() if before.get(path) != after.get(path)))

    def keep_in_sight(self) -> None:
        """Move by what stands above or below the field, a page at a time, so that walking repaints little."""
        row = self.spot.row if self.spot else 0
        self._sight = self.height
        if not self.top <= row < self.top + self._sight:
            heads = [start for _, title, start in self.layout.sections if title and start < row]
            lead = row - heads[-1] if heads else 0
            self.top = row - (lead if lead <= LEAD_ROWS else 1)
        self.top = max(0, min(self.top, self.layout.height - self._sight))

    def show_from(self, path: str) -> None:
        """Bring a field to the top of the body, under the heading of its section when that is near."""
        row = self.layout.by_path[path].row
        heads = [start for _, title, start in self.layout.sections if title and start <= row]
        self.top = heads[-1] if heads and row - heads[-1] < self.height else max(0, row - 1)

    def body(self, record: Record, width: int) -> list[Line]:
        if width != self._width:
            self._width = width
            self._lines.clear()
        if self.height != self._sight:
            self.keep_in_sight()
        panel = self.panel_within(width)[: self._body_height() - self.height]
        rows = [self._line(record, row) for row in range(self.top, self.top + self.height)]
        return rows + [plain(text, width) for text in panel]

    def panel_within(self, room: int) -> list[str]:
        """The lines of the panel, shortened where they take more cells."""
        return [text if cells(text) <= room else self._shorten(text, room) for text in self.panel]

    def whole(self, record: Record, width: int) -> list[Line]:
        """The form and its panel from the first row to the last, in sight or not."""
        self.body(record, width)
        rows = [self._line(record, row) for row in range(self.layout.height)]
        return rows + [plain(text, width) for text in self.panel_within(width)]

    def cursor(self) -> tuple[int, int] | None:
        spot = self.spot
        if spot is None:
            return None
        return spot.column + self.entry.window(spot.width)[1], spot.row - self.top

    def _line(self, record: Record, row: int) -> Line:
        found = self._lines.get(row)
        if found is None:
            found = self._lines[row] = self._draw(record, row)
        return found

    def _draw(self, record: Record, row: int) -> Line:
        width = self._width
        pieces: list[Piece] = list(self.layout.fixed.get(row, ()))
        spots = self.layout.on_row.get(row, ())
        starts = [column for column, _, _ in pieces] + [spot.column - 1 for spot in spots]
        for spot in spots:
            if mark := self.mark(record, spot):
                pieces.append((spot.column - 1, mark, BOLD))
            pieces.append((spot.column, *self._value(record, spot)))
            if echo := self.echoes.get(spot.path, ""):
                end = min((start - 1 for start in starts if start > spot.column), default=width)
                room = end - spot.echo_column
                if room >= min(LEAST_ECHO, cells(echo)):
                    echo = echo if cells(echo) <= room else self._shorten(echo, room)
                    pieces.append((spot.echo_column, fit(echo, room), PLAIN))
        return line(sorted(pieces, key=lambda piece: piece[0]), width) if pieces else blank(width)

    def _value(self, record: Record, spot: Spot) -> tuple[str, int]:
        secret = spot.field.kind is Kind.SECRET
        if spot.path == self.focus:
            text = self.entry.window(spot.width)[0]
            return fit("*" * len(self.entry.text), spot.width) if secret else text, REVERSE
        value = record.get(spot.path)
        text = (HIDDEN if value else "") if secret else shown(spot.field, value, self._style)
        return fit(text, spot.width), PLAIN if spot.field.read_only or self.locked else UNDERLINE

    def mark(self, record: Record, spot: Spot) -> str:
        """The mark before a field: ``*`` it must be filled in, else the worst finding at it."""
        if spot.path in self.wrong:
            return "E"
        mark = self.marks.get(spot.path, "")
        if record.values.get(spot.path):
            return mark
        missing = spot.field.required and not mark and not record.is_blank_row(spot.group, spot.index)
        return "*" if mark == "E" or missing else mark
