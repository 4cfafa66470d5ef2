"""What a session looked for in the code sets in vain: kept until a code is chosen after all, or the session ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from rules.codes import System, may_begin

if TYPE_CHECKING:
    from db.actors import Actor

MOST: Final = 5  # searches in a row that one choice ends; older ones are kept without it


@dataclass(frozen=True, slots=True)
class Looked:
    """A search by words: where, and how many codes it found."""

    text: str
    system: System
    screen: str
    found: int


@dataclass(slots=True)
class SearchLog:
    """The searches of one session that wait for their end. What is typed on is one search."""

    actor: Actor
    _last: Looked | None = None
    _missed: list[Looked] = field(default_factory=list)

    def looked(self, text: str, system: System, screen: str, found: int, *, to_choose: bool) -> None:
        """A search was answered. ``to_choose``: to fill a field, so that leaving its list is a miss too."""
        text = " ".join(text.split())
        if len(text) < 2 or (may_begin(text, system) and " " not in text):
            return
        last, self._last = (
            self._last,
            Looked(text, system, screen, 0 if not found else found if to_choose else -1),
        )
        if last and last.found >= 0 and not (text.startswith(last.text) or last.text.startswith(text)):
            self._missed.append(last)
            if len(self._missed) > MOST:
                self._keep(self._missed.pop(0), "")

    def chose(self, code: str, system: System) -> None:
        """A code was taken: it answers what was looked for before, and the last search if that found nothing."""
        if self._last and self._last.found:
            self._last = None
        self._end(code, system)

    def end(self) -> None:
        """Nothing more comes."""
        self._end("", None)

    def _end(self, code: str, system: System | None) -> None:
        waiting = [*self._missed, *([self._last] if self._last and self._last.found >= 0 else [])]
        self._missed, self._last = [], None
        for each in waiting:
            self._keep(each, code if each.system is system else "")

    def _keep(self, looked: Looked, code: str) -> None:
        from db.coding import search_misses

        search_misses.note(
            self.actor, looked.text, looked.system, looked.screen, found=looked.found, chosen=code
        )
