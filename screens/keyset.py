"""A list over a query that goes forward: paging back follows the keys that were seen on the way."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Final

from screens.session import Session
from tui.screen import ListScreen, Page, Row

Key = tuple[Any, ...]
STRIDE: Final = 500  # rows read at once on the way to the end
FARTHEST: Final = 5000  # a longer list is gone through by position or a narrower question, not by one key


class KeysetList(ListScreen):
    """A list whose subclass gives ``fetch``. Rows are always read anew; only their keys are remembered."""

    session: Session

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._before: dict[Key, Key | None] = {}  # key of the row before each row that was seen

    @abstractmethod
    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        """Up to ``limit`` rows after ``after``, in the order of the list."""

    def page(self, key: Key | None, limit: int, *, backward: bool = False) -> Page:
        if not backward:
            rows = self._read(key, limit + 1)
            return Page(rows[:limit], before=key is not None, after=len(rows) > limit)
        start = self._start_before(key, limit)
        rows = [row for row in self._read(start, limit) if row.key != key]
        more = key is not None or bool(rows and self.fetch(rows[-1].key, 1))
        return Page(rows, before=start is not None, after=more)

    def _read(self, after: Key | None, limit: int) -> list[Row]:
        rows = self.fetch(after, limit)
        previous = after
        for row in rows:
            self._before[row.key] = previous
            previous = row.key
        return rows

    def _start_before(self, key: Key | None, limit: int) -> Key | None:
        """The key after which ``limit`` rows lead up to ``key`` (to the end when None, as far as it goes)."""
        if key is None:
            return self._start_of_end(limit)
        if key not in self._before:
            self._walk_to(key)
        start: Key | None = key
        for _ in range(limit + 1):
            if start is None or start not in self._before:
                return None
            start = self._before[start]
        return start

    def _start_of_end(self, limit: int) -> Key | None:
        last: Key | None = None
        for _ in range(0, FARTHEST, STRIDE):
            rows = self._read(last, STRIDE)
            if not rows:
                break
            last = rows[-1].key
        for _ in range(limit):
            if last is None:
                return None
            last = self._before[last]
        return last

    def _walk_to(self, key: Key) -> None:
        """Learn the keys from the start on, when a list was entered in its middle."""
        last: Key | None = None
        while key not in self._before and (rows := self._read(last, STRIDE)):
            last = rows[-1].key
