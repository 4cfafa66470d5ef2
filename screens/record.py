"""What every form on a record of the store does: one at a time changes it, two are compared, nothing filed is lost.

Locked while it is keyed; a filing that came in between leads to CNF; a filing can be undone, a record taken out of
use with a reason, and HIST shows what was ever changed.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Final

from db import drafts, locks, store
from db.actors import Action as Deed
from db.history import Change
from rules.dictionary import Record
from screens import shown
from screens.drafting import DraftedForm
from screens.session import Session
from tui.screen import AlreadyOpen, Command, Filed, Opened, Outcome, ScreenError, Values

RECORD_WORDS: Final = (
    Command("HIST", "History, item by item", "items_history"),
    Command("UNDOFILE", "Undo the last filing", "undo_filing"),
    Command("VOID", "Take out of use", "void"),
    Command("TAKEOVER", "Take over from whoever has it", "take_over"),
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A record as its store has it. ``version`` goes back when it is filed, so that no change is lost."""

    record: Record
    version: str  # "0": not filed yet
    banner: tuple[str, ...] = ()
    lock: tuple[str, str] = ("", "")  # kind and number of the record to lock while it is keyed
    read_only: str = ""  # why it cannot be changed, in words


class RecordForm(DraftedForm):
    """A form on one record. A subclass says how it is read, filed, undone and taken out of use."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.lock = ("", "")
        self.taken_over = ""  # by whom, in words, when a supervisor took the lock

    # What a subclass says ---------------------------------------------------------------------------

    @abstractmethod
    def load(self, key: str) -> Loaded:
        """The record for ``key``. Raises ``ScreenError`` when there is none."""

    @abstractmethod
    def filed_by(self) -> str:
        """Who filed it last."""

    @abstractmethod
    def record_at(self, version: str) -> Record | None:
        """The record as it was in an earlier version; None when that is not known any more."""

    @abstractmethod
    def item_at(self, path: str) -> tuple[str, bool]:
        """The name of an item, and whether it is one that people key."""

    @abstractmethod
    def amended(self) -> list[Change]:
        """Its history item by item, newest first."""

    @abstractmethod
    def is_first_filing(self) -> bool:
        """Whether nothing stood there before what was filed last."""

    @abstractmethod
    def go_back(self, why: str) -> None:
        """File anew what stood there before the last filing. Raises ``StoreError`` when that cannot be."""

    @abstractmethod
    def withdraw(self, why: str) -> None:
        """Take the record out of use. Raises ``StoreError`` that names what depends on it."""

    def begun_anew(self) -> tuple[str, Values]:
        """The key and the values under which a record that was taken out of use is begun again."""
        return self.key, dict(self.load(self.key).record)

    def left_for(self) -> str:
        """Where to go from a record that is out of use; blank: its form stays, to be begun anew."""
        return ""

    # What all of them do ----------------------------------------------------------------------------

    def open(self, key: str) -> Opened:
        loaded = self.load(key)
        there = self.session.records.get(loaded.lock)
        if there is not None and there is not self:
            raise AlreadyOpen(there)
        if self.lock != loaded.lock:
            self._give_back()
        self.key, self.version, self.lock = key, loaded.version, loaded.lock
        self.taken_over = ""
        held = self._take_lock()
        return self.with_draft(Opened(dict(loaded.record), loaded.banner, locked=loaded.read_only or held))

    def close(self) -> None:
        self._give_back()

    def _give_back(self) -> None:
        """Let others have the record, and let it be opened anew here."""
        if self.lock[0]:
            locks.release(self.session.actor, *self.lock)
            self.lock = ("", "")
        for record in [record for record, form in self.session.records.items() if form is self]:
            del self.session.records[record]

    def compare(self, values: Values) -> Filed:
        """Nothing is filed: what was keyed goes into the draft, and both sides are shown item by item."""
        self.save_draft({path: value for path, value in values.items() if value}, "")
        return Filed(
            "NOT FILED: somebody else filed this record meanwhile. Take one value or the other, then file.",
            go=f"CNF {self.word} {self.key}",
        )

    def items_history(self, rest: str) -> Outcome:
        """HIST: every item that was ever changed."""
        return Outcome(go=f"HIS {self.word} {self.key}")

    def undo_filing(self, rest: str) -> Outcome:
        """``UNDOFILE why``: what was filed before stands again, as a filing of its own; nothing is forgotten.

        With nothing before it the record is out of use, and what it said is a draft again.
        """
        if in_the_way := self._in_the_way(rest, "UNDOFILE"):
            return Outcome(in_the_way, error=True)
        if not self.is_first_filing():
            self.go_back(rest)
            filing = self.version.partition(" ")[0]
            return Outcome(f"Filing {filing} is undone: the record is as it was before.", reload=True)
        key, values = self.begun_anew()
        if key != self.key and drafts.load(self.session.actor, (self.word, key)) is not None:
            said = f"You have begun {self.word} {key} already: file it or give it up first (DRF lists it)."
            return Outcome(said, error=True)
        self.withdraw(f"First filing undone: {rest}")
        drafts.save(
            self.session.actor, (self.word, key), values, "", self.load(key).version, about=self.whose
        )
        go = "" if key == self.key else f"={self.word} {key}"
        return Outcome("The first filing is undone: it is your draft again.", go=go, reload=not go)

    def void(self, rest: str) -> Outcome:
        """``VOID why``: out of use, and in the store with its reason."""
        if in_the_way := self._in_the_way(rest, "VOID"):
            return Outcome(in_the_way, error=True)
        self.withdraw(rest)
        go = self.left_for()
        return Outcome("The record is out of use; its filings and the reason are kept.", go=go, reload=not go)

    def _in_the_way(self, why: str, word: str) -> str:
        """Why a filing cannot be taken back now; blank when it can."""
        if self.version == "0":
            return "This record is not filed yet: F12 gives up what you keyed."
        if not why:
            return f"Say why: {word} and the reason, such as {word} wrong patient."
        self.keep_lock()
        if not self.lock[0]:
            return "You can only read this record now."
        if drafts.load(self.session.actor, (self.word, self.key)) is not None:
            return "Give up what you keyed first (F12): it is not filed."
        return ""

    def take_over(self, rest: str) -> Outcome:
        """``TAKEOVER why``: a supervisor takes the record from whoever has it."""
        if self.lock[0]:
            return Outcome("You have this record yourself.", error=True)
        if not rest:
            return Outcome("Say why: TAKEOVER and the reason.", error=True)
        lock = self.load(self.key).lock
        if not lock[0]:
            return Outcome("Nobody has this record.", error=True)
        was = locks.take_over(self.session.actor, *lock, rest)
        return Outcome(f"Taken over from {was}." if was else "Nobody had it any more.", reload=True)

    def refuse_when_taken_over(self, values: Values) -> None:
        """Before filing: raise ``ScreenError``, the draft kept, when somebody else has the record now."""
        self.keep_lock()
        if self.taken_over:
            self.save_draft(values, "")
            raise ScreenError(f"NOT FILED. {self.taken_over}")

    def keep_lock(self) -> None:
        """Renew the lock, or learn who has it now."""
        held = locks.keep(self.session.actor, *self.lock) if self.lock[0] else None
        if held is not None:
            self.lock = ("", "")
            name = held.full_name or held.user
            self.taken_over = f"{name} has taken this record over: you can only read it. Your draft is kept."

    def _take_lock(self) -> str:
        if not self.lock[0]:
            return ""
        held = locks.take(self.session.actor, *self.lock)
        if held is None:
            self.session.records[self.lock] = self
            return ""
        self.lock = ("", "")
        since = shown.utc(held.since_utc, store.current().zone)[-4:]
        how = "TAKEOVER takes it" if self.session.actor.may(Deed.TAKE_OVER) else "F5 tries again"
        return f"{held.full_name or held.user} has this record since {since}: read only; {how}."
