"""The part of a page stack that a terminal shows: where it begins, what stays in sight, how each line is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.text import cells
from tui.pages import Stack
from tui.spans import BOLD, PLAIN, REVERSE, Line, Piece, between, blank, line

if TYPE_CHECKING:
    from tui.shell import Shell

SIDEWAYS = 20  # cells that a step to the right or left moves, or less to where a column begins
FURTHER = ">"  # at the right edge: the line goes on
HIDDEN = "<"  # at the seam: some of the line lies between


class Window:
    """Heads that stay, under them the lines from ``top`` on. The size is that of the terminal as it is."""

    def __init__(self, shell: Shell, stack: Stack) -> None:
        self.shell, self.stack = shell, stack
        self.top = self.left = 0
        self.at = -1  # the line in hand: Tab, a find or a group led there
        self.found = ""  # the text that was found on it, if it was a find

    @property
    def width(self) -> int:
        return self.shell.width

    @property
    def height(self) -> int:
        return max(1, self.shell.body_height - 1)

    # --- up and down ---------------------------------------------------------------------------------------

    def staying(self, top: int) -> tuple[int, int]:
        """First line and number of the heads that stay over ``top``: none where they are in sight as they are."""
        if not self.stack.total:
            return 0, 0
        first, count = self.stack.heads(top)
        return (first, min(count, self.height // 2)) if first + count <= top else (0, 0)

    def room(self, top: int) -> int:
        """Lines in sight under the heads."""
        return self.height - self.staying(top)[1]

    @property
    def end(self) -> int:
        """The line after the last one in sight."""
        return min(self.stack.total, self.top + self.room(self.top))

    @property
    def row(self) -> int:
        """The first line in sight that is no head."""
        if not self.stack.total:
            return 0
        return max(self.top, self.stack.start(self.top) + self.stack.page(self.top).heading_lines)

    @property
    def here(self) -> int:
        """The line in hand, if it is in sight; else the one before the first that is."""
        return self.at if self.is_in_sight(self.at) else self.top - 1

    def is_in_sight(self, at: int) -> bool:
        return self.top <= at < self.end

    def go(self, top: int) -> None:
        """Begin at a line, or as near as the last line at the bottom lets."""
        self.top = max(0, min(top, self.ending(self.stack.total)))

    def ending(self, end: int) -> int:
        """Where a window begins whose last line is the one before ``end``."""
        tops = range(max(0, end - self.height), max(1, end))
        return next((top for top in tops if top + self.room(top) >= end), max(0, end - 1))

    def show(self, at: int) -> None:
        """A line as the first under the heads; one in the heads of its page with all of them."""
        start = self.stack.start(at)
        self.go(start if at - start <= self.stack.page(at).heading_lines else at)

    def forward(self) -> None:
        self.show(max(self.top + 1, self.end))

    def back(self) -> None:
        self.go(min(self.top - 1, self.ending(self.top)))

    def take(self, at: int, *, first: bool = False, found: str = "") -> None:
        """A line is in hand now: as the ``first``, else where it is in sight or below some lines before it."""
        self.at, self.found = at, found
        if first:
            self.show(at)
        elif not self.is_in_sight(at):
            self.go(at - self.height // 3)
        if found:
            self._bring_beside(*self._marked(at, self.stack.text(at)))

    # --- sideways ------------------------------------------------------------------------------------------

    @property
    def is_wide(self) -> bool:
        return self.stack.widest > self.width

    @property
    def most_left(self) -> int:
        """As far as a page moves: the seam and the edge take a cell each."""
        return self.stack.widest - self.width + 2 if self.is_wide else 0

    def sideways(self, step: int) -> None:
        """To where a column begins, as far as a step goes; a column that is wider is parted."""
        begins = [0, *(at - self._frozen for at in self.stack.columns(self.top) if at > self._frozen)]
        away = sorted((at - self.left) * step for at in begins if (at - self.left) * step > 0)
        near = [each for each in away if each <= SIDEWAYS][-1:]
        near = near or [each for each in away if each < self.width // 2][:1] or [SIDEWAYS]
        self.left = max(0, min(self.left + step * near[0], self.most_left))

    @property
    def _frozen(self) -> int:
        return min(self.stack.page(self.top).frozen_columns, self.width // 2) if self.stack.total else 0

    def cut(self) -> tuple[int, int, int]:
        """Cells that stay at the left, the first cell of what is beside them, and how many cells of it."""
        if not self.is_wide:
            return 0, 0, self.width
        if not self.left:
            return 0, 0, self.width - 1
        return self._frozen, self._frozen + self.left, self.width - self._frozen - 2

    def _bring_beside(self, begin: int, end: int) -> None:
        """Move sideways until some cells of a line are in sight."""
        kept, first, room = self.cut()
        if self.is_wide and end > kept and not (first <= begin and end <= first + room):
            self.left = max(0, min(begin - self._frozen - SIDEWAYS, self.most_left))

    # --- drawing -------------------------------------------------------------------------------------------

    def drawn(self) -> list[Line]:
        self.go(self.top)
        self.left = max(0, min(self.left, self.most_left))
        first, count = self.staying(self.top)
        lines = [self._drawn(at) for at in (*range(first, first + count), *range(self.top, self.end))]
        return lines + [blank(self.width) for _ in range(self.height - len(lines))]

    def cursor(self) -> tuple[int, int]:
        return 0, self.staying(self.top)[1] + self.at - self.top if self.is_in_sight(self.at) else 0

    def _drawn(self, at: int) -> Line:
        """A line: what stays of it, the seam, the rest, and the mark that it goes on."""
        text = self.stack.text(at)
        kept, begin, room = self.cut()
        marked = self._marked(at, text)
        pieces = _cut(text, 0, kept, 0, marked)
        if self.left:
            hidden = between(text, kept, self.left).strip()
            pieces.append((kept, HIDDEN if hidden else " ", BOLD))
        pieces += _cut(text, begin, room, kept + bool(self.left), marked)
        if self.is_wide and cells(text) > begin + room:
            pieces.append((self.width - 1, FURTHER, BOLD))
        return line(pieces, self.width)

    def _marked(self, at: int, text: str) -> tuple[int, int]:
        """First cell and end of what is in reverse on a line: the line in hand, or the text that was found."""
        if at != self.at:
            return 0, 0
        folded = text.casefold()
        place = folded.find(self.found.casefold()) if self.found else -1
        if place < 0 or len(folded) != len(text):  # ss for a sharp s: the place is not known
            return 0, cells(text)
        begin = cells(text[:place])
        return begin, begin + cells(self.found)


def _cut(text: str, begin: int, room: int, x: int, marked: tuple[int, int]) -> list[Piece]:
    """``room`` cells of a text from ``begin`` on, put at ``x``; those from ``marked`` in reverse."""
    first, end = (max(begin, min(place, begin + room)) for place in marked)
    parts = ((begin, first, PLAIN), (first, end, REVERSE), (end, begin + room, PLAIN))
    return [
        (x + low - begin, between(text, low, high - low), attributes)
        for low, high, attributes in parts
        if high > low
    ]
