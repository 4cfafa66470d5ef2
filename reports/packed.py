"""A long page stack kept small while it is read: each page is compressed, and unpacked when it is looked at."""

from __future__ import annotations

import marshal
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, overload

from reports.page import Page

FASTEST = 1  # of the levels of compression


class PackedPages(Sequence[Page]):
    """Pages as a sequence that takes about a tenth of their memory."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self._packed = [zlib.compress(marshal.dumps(_parts(page)), FASTEST) for page in pages]
        self._last: tuple[int, Page] | None = None  # a viewer asks for the same page line by line

    def __len__(self) -> int:
        return len(self._packed)

    def clear(self) -> None:
        """Give the pages up, whoever still has the sequence."""
        self._packed.clear()
        self._last = None

    @overload
    def __getitem__(self, number: int) -> Page: ...
    @overload
    def __getitem__(self, number: slice) -> list[Page]: ...
    def __getitem__(self, number: int | slice) -> Page | list[Page]:
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(len(self)))]
        number = range(len(self))[number]
        if self._last is None or number != self._last[0]:
            parts = marshal.loads(zlib.decompress(self._packed[number]))  # noqa: S302 -- packed above, in this process
            self._last = (number, Page(*parts))
        return self._last[1]


def _parts(page: Page) -> tuple[Any, ...]:
    return (
        page.lines, page.heading_lines, page.links, page.breaks, page.frozen_columns, page.title_lines,
    )  # fmt: skip
