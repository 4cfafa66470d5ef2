"""Lines of styled text, the only thing that views give to the painter: attributes, never colours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rules.text import cells, clipped, fit

PLAIN = 0
BOLD = 1
UNDERLINE = 2
REVERSE = 4

Span = tuple[str, int]
Line = tuple[Span, ...]
Piece = tuple[int, str, int]  # first cell, text, attributes


def line(pieces: Iterable[Piece], width: int) -> Line:
    """Pieces, in order of their first cells, brought to one line of ``width`` cells; the gaps are blank."""
    spans: list[Span] = []
    at = 0
    for start, text, attributes in pieces:
        if start > at:
            spans.append((" " * (start - at), PLAIN))
            at = start
        taken = cells(text)
        if at + taken > width:
            text = fit(text, max(0, width - at))
            taken = cells(text)
        if taken:
            spans.append((text, attributes))
            at += taken
    if at < width:
        spans.append((" " * (width - at), PLAIN))
    return tuple(spans)


def plain(text: str, width: int, attributes: int = PLAIN) -> Line:
    """One text over a whole line, cleaned and clipped."""
    return ((fit(text, width), attributes),)


def blank(width: int) -> Line:
    return ((" " * width, PLAIN),)


def between(text: str, start: int, width: int) -> str:
    """The ``width`` cells of ``text`` from cell ``start`` on; half of a wide character is a blank."""
    if text.isascii():
        return text[start : start + width].ljust(width)
    shown, at = "", 0
    for character in text:
        taken = cells(character)
        if at >= start and at + taken <= start + width:
            shown += character
        elif at < start + width and at + taken > start:
            shown += " " * (min(at + taken, start + width) - max(at, start))
        at += taken
    return shown + " " * (width - cells(shown))


def wrap(text: str, width: int) -> list[str]:
    """A sentence broken at blanks into lines of ``width`` cells; its own line ends and indents are kept."""
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        words = paragraph.lstrip(" ")
        indent = " " * min(len(paragraph) - len(words), width // 2)
        current = indent
        for number, word in enumerate(words.split(" ")):
            if number and cells(current) + 1 + cells(word) > width:
                lines.append(current)
                current = indent + word
            else:
                current += f" {word}" if number else word
            while cells(current) > width:
                part = clipped(current, width)
                lines.append(part)
                current = indent + current[len(part) :]
        lines.append(current)
    return lines


def text_of(lines: Sequence[Line]) -> list[str]:
    """The bare text of lines, right-hand blanks dropped: what a printer or a test sees."""
    return ["".join(text for text, _ in spans).rstrip() for spans in lines]
