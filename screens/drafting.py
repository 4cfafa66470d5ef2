"""What every form does about its draft: keep it at each field exit, bring it back, forget it once it is filed."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from db import drafts
from screens.session import Session
from tui.screen import FormScreen, Opened, Values


class DraftedForm(FormScreen):
    """A form whose subclass says the word and sets ``key`` and ``version`` when a record is opened."""

    word: ClassVar[str]  # fast-path word, under which drafts are kept
    session: Session
    key = ""
    version = ""  # of the stored record
    whose = ""  # whom it is about, as its banner says
    begun = ""  # version from which the values began: an older one when a draft was resumed late
    incoming: Values = {}  # put into the draft by screens beside this one, and not taken up yet

    def with_draft(self, opened: Opened) -> Opened:
        """The record as it was being keyed when it was left."""
        self.whose, self.incoming = opened.banner[0] if opened.banner else "", {}
        draft = drafts.load(self.session.actor, (self.word, self.key))
        self.begun = draft.version if draft else self.version
        if draft is None:
            return opened
        message = "Your draft of this record is resumed."
        if draft.version != self.version:
            message = "Your draft is resumed, but the record was changed since: compare before filing."
        return replace(opened, values=draft.values, focus=draft.focus, message=message, resumed=True)

    def save_draft(self, values: Values, focus: str) -> None:
        name = (self.word, self.key)
        values = {path: value for path, value in {**values, **self.incoming}.items() if value}
        drafts.save(self.session.actor, name, values, focus, self.begun, self.fed(), self.whose)

    def put_meanwhile(self) -> Values:
        incoming, self.incoming = self.incoming, {}
        return incoming

    def fed(self) -> dict[str, str] | None:
        """What the feed says about the record, by item, to be compared when the draft is resumed; None: nothing."""
        return None

    def discard_draft(self) -> None:
        drafts.discard(self.session.actor, (self.word, self.key))
