"""The rows around a body: title, banner, message, command line and key legend. Each is one pure function."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from rules.text import cells, fit
from tui.spans import BOLD, PLAIN, REVERSE, UNDERLINE, Line, line, plain

ROWS = 6  # title, two of banner, message, command, legend
BANNER_ROWS = 2
FOOT_ROWS = 3  # message, command, legend
ARROW = "===> "
WORD_WIDTH = 6
LEAST_NAME = 8  # cells of a hospital's name that are worth showing
BUSY = "X SYSTEM"
LEAST_WIDTH, LEAST_HEIGHT = 80, 24


def title_row(word: str, title: str, facility: str, user: str, day: str, width: int) -> Line:
    """Screen word and title at the left, hospital, user and date at the right; the hospital's name gives way first."""
    left = f" {word.ljust(WORD_WIDTH)} {title}" if word else f" {title}"
    who = "  ".join(part for part in (user, day) if part)
    who = fit(who, min(cells(who), width // 2 + 5))
    room = width - cells(left) - cells(who) - 4
    where = fit(facility, min(cells(facility), room)) if room >= LEAST_NAME else ""
    right = "  ".join(part for part in (where, who) if part)
    return ((fit(left, width - cells(right) - 1), BOLD), (right + " ", PLAIN))


def banner_rows(banner: Sequence[str], width: int) -> list[Line]:
    texts = [*banner[:BANNER_ROWS], *[""] * BANNER_ROWS][:BANNER_ROWS]
    return [plain(" " + text if text else "", width) for text in texts]


def message_row(message: str, error: bool, width: int) -> Line:
    """One row; a message that does not fit ends in a mark, and F1 shows it whole."""
    if not message:
        return ((" " * width, PLAIN),)
    return line([(0, fit(" " + message, min(width, cells(message) + 1)), REVERSE if error else BOLD)], width)


def is_clipped(message: str, width: int) -> bool:
    return cells(message) + 1 > width


def question_row(question: str, answer: str, width: int) -> tuple[Line, int]:
    """The question with what is being answered, and the cell of the cursor."""
    label = fit(f" {question} ", min(cells(question) + 2, width - 12))
    room = width - cells(label) - 1
    shown = answer[-room:]
    cursor = cells(label) + cells(shown)
    pieces = [(0, label, BOLD), (cells(label), fit(shown, room), UNDERLINE)]
    return line(pieces, width), min(width - 1, cursor)


def command_row(text: str, busy: bool, active: bool, width: int) -> Line:
    room = width - len(ARROW) - len(BUSY) - 2
    return line(
        [
            (0, ARROW, BOLD),
            (len(ARROW), fit(text, room), UNDERLINE if active else PLAIN),
            (width - len(BUSY) - 1, BUSY if busy else " " * len(BUSY), BOLD),
        ],
        width,
    )


def legend_row(items: Sequence[str], width: int, help_item: str = "") -> Line:
    """The keys. When they do not all fit, the row ends in ``F1=Help +3``: ``help_item`` and how many it has more."""
    shown = _fitting(items, width)
    if shown < len(items) and help_item:
        items = [item for item in items if item != help_item]
        tail = f"{help_item} +{{}}"
        shown = _fitting(items, width - cells(tail.format(len(items))) - 2)
        items = [*items[:shown], tail.format(len(items) - shown)]
        shown += 1
    return plain("".join(f" {item} " for item in items[:shown]), width)


def _fitting(items: Sequence[str], width: int) -> int:
    """How many items fit, each with a cell on either side."""
    ends = accumulate(cells(item) + 2 for item in items)
    return sum(end <= width for end in ends)


def too_small(width: int, height: int) -> list[Line]:
    """What a terminal shows that is too small: nothing of the record, everything is kept."""
    text = f"Recordroom needs {LEAST_WIDTH}x{LEAST_HEIGHT}; this is {width}x{height}. Nothing is lost."
    lines = [plain("", width) for _ in range(max(1, height))]
    lines[len(lines) // 2] = plain(
        text if cells(text) <= width else f"need {LEAST_WIDTH}x{LEAST_HEIGHT}", width
    )
    return lines
