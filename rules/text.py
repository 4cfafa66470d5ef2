"""Text from outside made safe and measured in cells: every sink passes what it shows through ``clean``."""

from __future__ import annotations

import re
import unicodedata

MARK = "?"  # stands for a character that no terminal, printer or file should receive
CLIPPED = ">"  # last cell of a text that did not fit

# C0 and DEL, C1, soft hyphen, zero-width and bidi controls, line and paragraph separators, the byte-order
# mark, variation selectors, lone surrogates, tags: all of them move, hide or reorder what stands beside them.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


def clean(text: str) -> str:
    """``text`` with every control, bidi and zero-width character replaced by a visible mark.

    A line feed or tab is a control too: sinks take one line at a time.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNSAFE.sub(MARK, text)


FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_cell(text: str) -> str:
    """``text`` as a cell of a CSV file: what a spreadsheet would take for a formula begins with an apostrophe."""
    text = clean(text)
    return "'" + text if text.lstrip().startswith(FORMULA_STARTS) else text


def cells(text: str) -> int:
    """How many terminal cells ``text`` takes: East Asian wide characters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(_cell(character) for character in text)


def _cell(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def clipped(text: str, width: int) -> str:
    """The beginning of ``text`` that ``width`` cells hold."""
    if text.isascii():
        return text[:width]
    taken = 0
    for at, character in enumerate(text):
        taken += _cell(character)
        if taken > width:
            return text[:at]
    return text


def fit(text: str, width: int, align: str = "<") -> str:
    """``text`` cleaned and brought to exactly ``width`` cells: padded, or clipped with a visible mark.

    ``align`` is ``<``, ``>`` or ``^``. Numbers are never clipped: see ``fit_number``.
    """
    if width <= 0:
        return ""
    text = clean(text)
    taken = cells(text)
    if taken > width:
        kept = clipped(text, width - 1)
        return kept + " " * (width - 1 - cells(kept)) + CLIPPED
    space = width - taken
    if align == ">":
        return " " * space + text
    if align == "^":
        return " " * (space // 2) + text + " " * (space - space // 2)
    return text + " " * space


def fit_number(text: str, width: int) -> str:
    """A number right-aligned in ``width`` cells, or ``*`` throughout when it does not fit."""
    taken = cells(text)
    return " " * (width - taken) + text if taken <= width else "*" * width


_PLAIN = str.maketrans(
    {
        "ß": "ss", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o", "Đ": "D", "đ": "d",
        "Ł": "L", "ł": "l", "Þ": "Th", "þ": "th", "ð": "d", "Ð": "D", "ı": "i", "’": "'", "‘": "'",
        "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": " ",
    }
)  # fmt: skip


def to_ascii(text: str) -> str:
    """``text`` for a printer that knows ASCII alone: accents dropped, what has no plain form marked."""
    if text.isascii():
        return clean(text)
    plain = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    return "".join(
        character if character.isascii() else MARK
        for character in clean(plain)
        if not unicodedata.combining(character)
    )
