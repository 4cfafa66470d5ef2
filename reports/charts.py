"""Charts of plain characters, alike on paper and on a screen: the value stands beside what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from rules.text import cells, fit

BAR: Final = "#"
POINT: Final = "*"
LONGEST_LABEL: Final = 24
NOT_KNOWN: Final = "n/a"

Number = Decimal | int


def bars(rows: Sequence[tuple[str, Number | None, str]], width: int) -> list[str]:
    """A bar for each row of label, size and printed value, the longest as long as the line allows.

    A size that is more than nothing has one ``#`` at least. Below nothing, and where there is no size, no bar.
    """
    if not rows:
        return []
    label = min(LONGEST_LABEL, max(cells(text) for text, _, _ in rows))
    value = max(cells(shown) for _, _, shown in rows)
    room = max(1, width - label - value - 4)
    largest = max((Decimal(size) for _, size, _ in rows if size is not None), default=Decimal(0))
    return [
        f"{fit(text, label)} {fit(shown, value, '>')} |{BAR * _length(size, largest, room)}"
        for text, size, shown in rows
    ]


def line_chart(points: Sequence[tuple[str, Number | None, str]], width: int, height: int) -> list[str]:
    """Points from left to right on ``height`` lines, a scale at the left, labels and printed values below.

    A point is its label, its size (None: not known) and its value as printed. The scale begins at 0, or at the
    lowest point below it.
    """
    known = [Decimal(size) for _, size, _ in points if size is not None]
    if not known or height < 2:
        return []
    low, high = min(Decimal(0), *known), max(Decimal(0), *known)
    high = high if high > low else low + 1
    scale = max(cells(_plain(high)), cells(_plain(low)))
    step = max(1, (width - scale - 2) // len(points))
    levels = [None if size is None else _level(Decimal(size), low, high, height) for _, size, _ in points]
    lines = []
    for level in range(height - 1, -1, -1):
        edge = _plain(high) if level == height - 1 else _plain(low) if level == 0 else ""
        drawn = "".join(fit(POINT if at == level else "", step, "^") for at in levels)
        lines.append(f"{edge:>{scale}} |{drawn}".rstrip())
    lines.append(f"{'':>{scale}} +{'-' * (step * len(points))}")
    below = ([label for label, _, _ in points], [shown for _, _, shown in points])
    return lines + [
        f"{'':>{scale}}  {''.join(_under(text, step) for text in texts)}".rstrip() for texts in below
    ]


def _length(size: Number | None, largest: Decimal, room: int) -> int:
    if size is None or size <= 0:
        return 0
    return max(1, int((Decimal(size) * room / largest).to_integral_value(ROUND_HALF_UP)))


def _level(size: Decimal, low: Decimal, high: Decimal, height: int) -> int:
    return int(((size - low) * (height - 1) / (high - low)).to_integral_value(ROUND_HALF_UP))


def _plain(size: Decimal) -> str:
    return f"{size:f}"


def _under(text: str, step: int) -> str:
    """A label in the middle of its column, a cell kept free on the right; what does not fit is marked."""
    return fit(fit(text, step - 1, "^") if cells(text) < step else fit(text, max(1, step - 1)), step)
