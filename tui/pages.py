"""A printed page stack by its lines: what stays in sight, what leads on, where groups begin and a text stands."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from rules.text import cells, clean
from tui.screen import PrintedPage

LINE_ENDS = "\f\r\n"
DASHES = re.compile(r"-+(?: +-+)+")  # under the heads of columns
MOST_HEADS = 4  # lines over the dashes, a caption among them
TELLING = 8  # characters by which a row is known again


class Stack:
    """The lines of all pages, numbered from 0. Nothing is copied: a page is looked up when it is wanted."""

    def __init__(self, pages: Sequence[PrintedPage], width: int) -> None:
        self.pages, self.widest, self.total = pages, width, 0
        self.starts = array("l")
        self.linked = array("l")  # the lines that lead somewhere
        self.breaks = array("l")  # the lines on which groups begin
        self.levels = array("l")  # how deep each of them stands, from 1
        for page in pages:  # once: a page may have to be unpacked
            self.starts.append(self.total)
            self.linked.extend(self.total + at for at, go in enumerate(page.links) if go)
            self.breaks.extend(self.total + at for at, _ in page.breaks)
            self.levels.extend(level for _, level in page.breaks)
            self.widest = max(self.widest, max(map(cells, page.lines), default=0))
            self.total += len(page.lines)

    def number(self, at: int) -> int:
        """The page, from 0, that a line stands on."""
        return max(0, bisect_right(self.starts, at) - 1)

    def page(self, at: int) -> PrintedPage:
        return self.pages[self.number(at)]

    def start(self, at: int) -> int:
        """The first line of the page that a line stands on."""
        return self.starts[self.number(at)]

    def text(self, at: int) -> str:
        number = self.number(at)
        return clean(self.pages[number].lines[at - self.starts[number]].rstrip(LINE_ENDS))

    def texts(self) -> Iterator[str]:
        return (clean(line.rstrip(LINE_ENDS)) for page in self.pages for line in page.lines)

    def heads(self, at: int) -> tuple[int, int]:
        """First line and number of the heads of the table that a line belongs to, a caption among them."""
        number = self.number(at)
        page, start = self.pages[number], self.starts[number]
        under = -1 if at - start < page.heading_lines else _dashes(page, at - start)
        if under < 0:
            return start + page.title_lines, page.heading_lines - page.title_lines
        first = under
        while first > page.title_lines and under - first < MOST_HEADS and page.lines[first - 1]:
            first -= 1
        return start + first, under + 1 - first

    def columns(self, at: int) -> list[int]:
        """Where the columns of the table at a line begin, by the dashes under their heads; none where there is none."""
        first, count = self.heads(at)
        under = self.text(first + count - 1) if count else ""
        return [match.start() for match in re.finditer("-+", under)] if DASHES.fullmatch(under) else []

    # --- what leads on -----------------------------------------------------------------------------

    def link(self, at: int) -> str:
        number = self.number(at)
        links = self.pages[number].links
        return links[at - self.starts[number]] if links else ""

    # --- finding -------------------------------------------------------------------------------------------

    def find(self, text: str) -> array[int]:
        """The lines that have a text, in capitals or not; heads count on the first page, not on each."""
        sought, found = text.casefold(), array("l")
        for number, (start, page) in enumerate(zip(self.starts, self.pages, strict=True)):
            if sought in "\n".join(page.lines).casefold():
                begin = page.heading_lines if number else 0
                found.extend(
                    start + at
                    for at, line in enumerate(page.lines)
                    if at >= begin and sought in line.casefold()
                )
        return found

    def same(self, line: str, about: int) -> int:
        """The line nearest to ``about`` that begins as ``line`` does; ``about`` where none does."""
        known = line.strip()[:TELLING].rstrip()
        about = max(0, min(about, self.total - 1))
        for away in range(self.total if known else 0):
            for at in (about + away, about - away):
                if 0 <= at < self.total and self.text(at).lstrip().startswith(known):
                    return at
        return about


def _dashes(page: PrintedPage, here: int) -> int:
    """The line of dashes under the heads of the table that a line of a page belongs to; -1 where there is none.

    A table in the text of a page ends with a blank line, unless a group follows; one whose heads every page
    repeats does not end.
    """
    for under in range(here, min(here + MOST_HEADS + 1, len(page.lines))):
        if DASHES.fullmatch(page.lines[under]):  # a caption, or one of the heads
            return under
        if not page.lines[under]:
            break
    goes_on = {line - 1 for line, _ in page.breaks}
    for under in range(min(here, len(page.lines) - 1), page.title_lines - 1, -1):
        if DASHES.fullmatch(page.lines[under]):
            return under
        if not page.lines[under] and page.heading_lines == page.title_lines and under not in goes_on:
            break
    return -1


def after(marks: array[int], at: int, step: int) -> int | None:
    """The first of the lines ``marks`` after ``at``, or before it when ``step`` is negative."""
    place = bisect_right(marks, at) if step > 0 else bisect_left(marks, at) - 1
    return marks[place] if 0 <= place < len(marks) else None
