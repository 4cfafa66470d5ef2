"""A printed page stack by its lines: what stays in sight, what leads on, where groups begin and a text stands."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate

from rules.text import cells, clean
from tui.screen import PrintedPage

LINE_ENDS = "\f\r\n"
DASHES = re.compile(r"-+(?: +-+)+")  # under the heads of columns
MOST_HEADS = 4  # lines over the dashes, a caption among them
TELLING = 8  # characters by which a row is known again


class Stack:
    """The lines of all pages, numbered from 0. Nothing is copied: a page is looked up when it is wanted."""

    def __init__(self, pages: Sequence[PrintedPage], width: int) -> None:
        self.pages = pages
        counts, self.widest = [], width
        for page in pages:
            counts.append(len(page.lines))
            self.widest = max(self.widest, *(cells(line) for line in page.lines), 0)
        *self.starts, self.total = accumulate(counts, initial=0)

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
        """First line and number of the heads that a line stands under: of its table, up to the dashes; else none.

        A table in the text of a page ends with a blank line, one whose heads every page repeats does not.
        """
        number = self.number(at)
        page, start = self.pages[number], self.starts[number]
        repeated = page.heading_lines > page.title_lines
        for under in range(min(at - start, len(page.lines) - 1), page.title_lines - 1, -1):
            if DASHES.fullmatch(page.lines[under]):
                first = under
                while first > page.title_lines and under - first < MOST_HEADS and page.lines[first - 1]:
                    first -= 1
                return start + first, under + 1 - first
            if not page.lines[under] and not repeated:
                break
        return start + page.title_lines, page.heading_lines - page.title_lines

    def columns(self, at: int) -> list[int]:
        """Where the columns of the table at a line begin, by the dashes under their heads; none where there is none."""
        first, count = self.heads(at)
        under = self.text(first + count - 1) if count else ""
        return [match.start() for match in re.finditer("-+", under)] if DASHES.fullmatch(under) else []

    # --- what leads on, groups -----------------------------------------------------------------------------

    @cached_property
    def linked(self) -> array[int]:
        """The lines that lead somewhere."""
        pages = zip(self.starts, self.pages, strict=True)
        return array("l", (start + at for start, page in pages for at, go in enumerate(page.links) if go))

    def link(self, at: int) -> str:
        number = self.number(at)
        links = self.pages[number].links
        return links[at - self.starts[number]] if links else ""

    @cached_property
    def breaks(self) -> array[int]:
        """The lines on which groups begin."""
        pages = zip(self.starts, self.pages, strict=True)
        return array("l", (start + at for start, page in pages for at, _ in page.breaks))

    def levels(self) -> Iterator[int]:
        """How deep each of ``breaks`` stands, from 1."""
        return (level for page in self.pages for _, level in page.breaks)

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


def after(marks: array[int], at: int, step: int) -> int | None:
    """The first of the lines ``marks`` after ``at``, or before it when ``step`` is negative."""
    place = bisect_right(marks, at) if step > 0 else bisect_left(marks, at) - 1
    return marks[place] if 0 <= place < len(marks) else None
