"""What waits behind the words of menus and desk: counts that are read from an index, with the age of the oldest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Final

from db import drafts, store
from db.abstracting import counts as abstract_counts
from db.actors import Action as Deed
from db.actors import Actor
from db.connect import StoreError
from db.feeds import counts as feed_counts
from db.queries import counts as query_counts
from db.schedule import counts as schedule_counts
from db.worklist import counts as work_counts
from db.worklist.counts import Waiting

Said = tuple[str, str]


def counts(actor: Actor, words: Collection[str]) -> Mapping[str, Said]:
    """Count and age behind each of these words that is known here and that the roles permit."""
    may = actor.may
    return {word: count(actor) for word, (deed, count) in WORDS.items() if word in words and may(deed)}


def aged(waiting: Waiting) -> Said:
    """``42`` and ``oldest 12 days``."""
    if waiting.oldest is None:
        return "0", ""
    days = max(0, store.current().now().day - waiting.oldest)
    return str(waiting.items), f"oldest {days} day{'' if days == 1 else 's'}"


def _troubled() -> Said:
    found = schedule_counts.troubled()
    return (
        str(found.failed + found.overdue or ""),
        "failed or overdue" if found.failed + found.overdue else "",
    )


def _asked(actor: Actor) -> Said:
    """Queries that wait, and what of them is to be done first."""
    found = query_counts.waiting(actor.user)
    parts = ((found.overdue, "late"), (found.answered, "answered"), (found.drafts, "draft"))
    return str(found.asked), ", ".join(f"{count} {what}" for count, what in parts if count)


def _drafts(actor: Actor) -> Said:
    """The user's own drafts, and the newest."""
    try:
        found = drafts.waiting(actor)
    except StoreError:  # opening them says what to do; the rest of the work goes on without them
        return "?", "cannot be read"
    return str(len(found)), f"{found[0].screen} {found[0].key}".strip() if found else ""


WORDS: Final[Mapping[str, tuple[Deed, Callable[[Actor], Said]]]] = {
    "WRK": (Deed.FILE_ABSTRACT, lambda actor: aged(work_counts.waiting())),
    "WRC": (Deed.FILE_ABSTRACT, lambda actor: aged(work_counts.waiting(work_counts.CODE))),
    "QRL": (Deed.VIEW_QUERY, _asked),
    "RTN": (Deed.FILE_ABSTRACT, lambda actor: (str(abstract_counts.returns()), "")),
    "HLD": (Deed.VIEW_HOLD_QUEUE, lambda actor: (str(feed_counts.held()), "")),
    "DIS": (Deed.VIEW_HOLD_QUEUE, lambda actor: (str(feed_counts.disagreements()), "")),
    "SCH": (Deed.RUN_JOB, lambda actor: _troubled()),
    "DRF": (Deed.SIGN_ON, _drafts),
}
"""Words, who may know, and the count. None takes longer than a look into an index, whatever the store holds."""
