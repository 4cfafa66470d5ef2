"""DRF: what was keyed and not filed. Opening one goes on where the cursor stood."""

from __future__ import annotations

from typing import Any, ClassVar

from db import drafts
from db.actors import Action as Deed
from db.acts import viewed
from db.drafts import Draft
from rules.moments import moment_at
from rules.values import shown
from screens.session import Session
from tui.screen import Action, Column, ListScreen, Outcome, Page, Row


class Drafts(ListScreen):
    """The user's own drafts, newest first."""

    title: ClassVar[str] = "Drafts"
    empty: ClassVar[str] = "You have no drafts: everything you keyed is filed."
    actions: ClassVar[tuple[Action, ...]] = (
        Action("O", "Open", go="{subject}"),
        Action("X", "Discard", method="discard", confirm="Discard this draft? What was keyed is lost."),
    )
    session: Session

    def open(self, key: str) -> str:
        """Whose drafts these are is logged as any list that names patients."""
        named = [f"{draft.screen} {draft.key}" for draft in drafts.waiting(self.session.actor) if draft.about]
        if named and self._may_name:
            viewed(
                self.session.actor, Deed.VIEW_PATIENT, kind="list", record="drafts", detail={"drafts": named}
            )
        return ""

    @property
    def _may_name(self) -> bool:
        return self.session.actor.may(Deed.VIEW_PATIENT)

    def columns(self) -> tuple[Column, ...]:
        return (
            Column("Screen", 6), Column("Record", 12), Column("Patient", 31), Column("Saved", 15),
            Column("Fields", 6, ">"),
        )  # fmt: skip

    def page(self, key: tuple[Any, ...] | None, limit: int, *, backward: bool = False) -> Page:
        zone = self.session.signed_on.store.zone
        rows = [
            Row(
                (-draft.saved_utc, draft.screen, draft.key),
                (
                    draft.screen, draft.key or "(new)", self._who(draft), shown(moment_at(draft.saved_utc, zone).local),
                    str(len(draft.values)),
                ),
                f"{draft.screen} {draft.key}".strip(),
            )
            for draft in drafts.waiting(self.session.actor)
        ]  # fmt: skip
        return page_of(rows, key, limit, backward=backward)

    def _who(self, draft: Draft) -> str:
        """Number and name alone: what stands before the date of birth."""
        return draft.about.partition("  DOB ")[0] if self._may_name else ""

    def discard(self, subject: str) -> Outcome:
        screen, _, key = subject.partition(" ")
        drafts.discard(self.session.actor, (screen, key))
        return Outcome(f"The draft {subject} is discarded.", reload=True)


def page_of(rows: list[Row], key: tuple[Any, ...] | None, limit: int, *, backward: bool) -> Page:
    """A page out of a short list that is whole in memory and sorted by key."""
    if backward:
        before = [row for row in rows if key is None or row.key < key]
        return Page(before[-limit:], before=len(before) > limit, after=key is not None)
    later = [row for row in rows if key is None or row.key > key]
    return Page(later[:limit], before=key is not None, after=len(later) > limit)
