"""What waits behind the words of menus and desk: counts that are read from an index, with the age of the oldest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Final

from db import abstract_returns, drafts, intake, store, work
from db.actors import Action as Deed
from db.work import Waiting
from rules.work import Kind

if TYPE_CHECKING:
    from screens.session import Session

Said = tuple[str, str]


def counts(session: Session, words: Collection[str]) -> Mapping[str, Said]:
    """Count and age behind each of these words that is known here and that the roles permit."""
    may = session.actor.may
    return {word: count(session) for word, (deed, count) in WORDS.items() if word in words and may(deed)}


def aged(waiting: Waiting) -> Said:
    """``42`` and ``oldest 12 days``."""
    if waiting.oldest is None:
        return "0", ""
    days = max(0, store.current().now().day - waiting.oldest)
    return str(waiting.items), f"oldest {days} day{'' if days == 1 else 's'}"


WORDS: Final[Mapping[str, tuple[Deed, Callable[[Session], Said]]]] = {
    "WRK": (Deed.FILE_ABSTRACT, lambda session: aged(work.waiting())),
    "WRC": (Deed.FILE_ABSTRACT, lambda session: aged(work.waiting(Kind.CODE))),
    "RTN": (Deed.FILE_ABSTRACT, lambda session: (str(abstract_returns.waiting_count()), "")),
    "HLD": (Deed.VIEW_HOLD_QUEUE, lambda session: (str(intake.waiting_counts()[0]), "")),
    "DIS": (Deed.VIEW_HOLD_QUEUE, lambda session: (str(intake.waiting_counts()[1]), "")),
    "DRF": (Deed.SIGN_ON, lambda session: (str(len(drafts.waiting(session.actor))), "")),
}
"""Words, who may know, and the count. None takes longer than a look into an index, whatever the store holds."""
