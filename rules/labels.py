"""What stands on a chart label: the digits by which the chart is filed, and a bar code as plain text."""

from __future__ import annotations

from typing import Final

CODE_39: Final = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%")
"""The characters of Code 39 (ISO/IEC 16388); the asterisk starts and stops it."""
TERMINAL, MIDDLE, STRAIGHT = "terminal digit", "middle digit", "straight numeric"


def blocks(number: str, order: str) -> tuple[str, ...]:
    """The groups of digits of a chart number in the order in which it is filed, none in straight numeric filing.

    The last four digits form two pairs, everything before them is the third group; a number with fewer than six
    digits is padded at the left (AHIMA filing systems).
    """
    digits = "".join(each for each in number if each in "0123456789").rjust(6, "0")
    first, middle, last = digits[:-4], digits[-4:-2], digits[-2:]
    if order == TERMINAL:
        return last, middle, first
    return (middle, first, last) if order == MIDDLE else ()


def code_39(text: str) -> str:
    """Text between the start and stop of Code 39, for a printer with such a font; blank when it cannot be coded."""
    shown = text.upper()
    return f"*{shown}*" if shown and CODE_39.issuperset(shown) else ""
