"""MIS: what was typed in the search for codes in vain, most often first; made an expansion, or ignored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

from db.coding import search_misses
from db.coding.search_misses import Miss
from rules.codes import System, dotted
from screens import shown
from screens.keyset import Key, KeysetList
from screens.session import Session
from tui.screen import Action, Column, Outcome, Row, ScreenError


class SearchMisses(KeysetList):
    """Phrases by how often they were typed, with what was chosen after them."""

    title: ClassVar[str] = "Searches that missed"
    empty: ClassVar[str] = "Every search found its code, or the setting search_miss_days is 0."
    help: ClassVar[str] = (
        "What was typed where codes are looked for and led to none: so often, so often with nothing found, and the "
        "codes that were chosen after it. X makes it an expansion of the facility: key the codes that answer it, or "
        "a full stop for those that were chosen. I takes it off the list until somebody types it again."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("X", "Expansion", method="take", why="Codes that answer it, or . for those chosen"),
        Action("I", "Ignore", method="ignore", confirm="Take it off the list?"),
    )
    session: Session

    def columns(self) -> Sequence[Column]:
        return (
            Column("Typed", 30, frozen=True), Column("Set", 5), Column("Times", 5), Column("Nothing", 7),
            Column("People", 6), Column("Chosen after all", 24), Column("Last", 10),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        start = (int(after[0]), int(after[1])) if after else None
        return [
            Row((miss.times, miss.last_id), _cells(miss), str(miss.last_id))
            for miss in search_misses.listed(start, limit)
        ]

    def take(self, subject: str, why: str) -> Outcome:
        miss = _named(subject)
        search_misses.take(self.session.actor, miss, " ".join(miss.chosen) if why.strip() == "." else why)
        self.session.forget_codes()
        return Outcome(f"{miss.typed} is answered from now on.", reload=True)

    def ignore(self, subject: str) -> Outcome:
        search_misses.ignore(self.session.actor, _named(subject))
        return Outcome("Off the list.", reload=True)


def _cells(miss: Miss) -> tuple[str, ...]:
    codes = " ".join(dotted(code, System(miss.system)) for code in miss.chosen)
    day = datetime.fromtimestamp(miss.last_utc, UTC).date().isoformat()
    return (
        miss.typed, miss.system, str(miss.times), str(miss.nothing), str(miss.people), codes, shown.day(day)
    )  # fmt: skip


def _named(subject: str) -> Miss:
    miss = search_misses.get(int(subject)) if subject.isdecimal() else None
    if miss is None:
        raise ScreenError("It is settled already: R reads the list anew.")
    return miss
