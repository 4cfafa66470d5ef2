"""CNF: a record was filed by somebody else meanwhile: both values item by item, and one of them is taken.

What only one side changed is taken from that side. The answers go into the draft, under the version that they
were compared with, so that a third filing is noticed too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import ClassVar

from db import drafts
from screens.keyset import Key, KeysetList
from screens.record import RecordForm
from screens.session import Session
from tui.screen import Action, Column, Command, Outcome, Row, ScreenError, Values

MINE, THEIRS, OPEN = "mine", "theirs", "?"


@dataclass(frozen=True, slots=True)
class Item:
    """An item that the two sides have different values of."""

    path: str
    before: str | None  # None: it is not known any more
    theirs: str
    mine: str

    @property
    def side(self) -> str:
        """The side that alone changed it; an open question when both did."""
        if self.before is None:
            return OPEN
        return MINE if self.theirs == self.before else THEIRS if self.mine == self.before else OPEN


def differing(
    before: Mapping[str, str] | None, theirs: Mapping[str, str], mine: Values, left_out: Collection[str] = ()
) -> list[Item]:
    """The items whose values differ between the two sides, in the order of their paths."""
    paths = sorted({*theirs, *mine} - set(left_out))
    return [
        Item(path, None if before is None else before.get(path, ""), theirs.get(path, ""), mine.get(path, ""))
        for path in paths
        if theirs.get(path, "") != mine.get(path, "")
    ]


def form_of(session: Session, word: str) -> RecordForm:
    """The form behind a fast-path word. Raises ``ScreenError`` when there is none of that kind."""
    entry = session.menu.screens.get(word)
    if entry is not None and entry.permits(frozenset(session.roles)):
        module, _, name = entry.screen.partition(":")
        make = getattr(import_module(module), name)
        form = make(session, entry.data_set) if entry.data_set else make(session)
        if isinstance(form, RecordForm):
            return form
    raise ScreenError(f"{word} opens no record that has a history of its own.")


class ConflictList(KeysetList):
    """The items to decide. ``CNF word key`` names the form and the record."""

    title: ClassVar[str] = "Filed by somebody else meanwhile"
    empty: ClassVar[str] = "Nothing differs: F3 leaves."
    actions: ClassVar[tuple[Action, ...]] = (
        Action("M", "Mine", method="mine"),
        Action("T", "Theirs", method="theirs"),
    )
    commands: ClassVar[tuple[Command, ...]] = (Command("TAKE", "Done: on to the form", "take", "F10"),)
    help: ClassVar[str] = (
        "M takes what you keyed, T what is in the store. What only one of you changed is decided already, and can "
        "be changed. F10 brings the form back with what was taken: look at it, and file it with F2. F3 leaves; "
        "your draft is kept as it was."
    )
    word = key = version = who = whose = ""
    items: Sequence[Item] = ()
    labels: Mapping[str, str]
    taken: dict[str, str]
    values: Values
    fed: dict[str, str] | None = None

    def open(self, key: str) -> str:
        self.word, _, self.key = key.strip().partition(" ")
        self.word, self.labels, self.taken = self.word.upper(), {}, {}
        if not self.key:
            return ""
        form = form_of(self.session, self.word)
        loaded = form.load(self.key)
        self.version = loaded.version
        draft = drafts.load(self.session.actor, (self.word, self.key))
        if draft is None or draft.version == loaded.version:
            return ""
        self.values, self.who, self.fed = draft.values, form.filed_by(), form.fed()
        self.whose = draft.about
        fixed = {path for path in {*loaded.record, *draft.values} if not form.item_at(path)[1]}
        self.items = differing(form.record_at(draft.version), loaded.record, draft.values, fixed)
        self.labels = {each.path: form.item_at(each.path)[0] for each in self.items}
        self.taken = {each.path: each.side for each in self.items}
        return ""

    def heading(self) -> Sequence[str]:
        if not self.items:
            return ()
        left = sum(side == OPEN for side in self.taken.values())
        return (
            f"{self.word} {self.key} was filed by {self.who or 'somebody'} while you had it.",
            f"{len(self.items)} items differ, {left} to decide: M takes yours, T theirs. F10 when done.",
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("Takes", 6, frozen=True), Column("Item", 24), Column("Before", 14), Column("Theirs", 14),
            Column("Mine", 14),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        start = after[0] + 1 if after else 0
        return [
            Row(
                (n,),
                (
                    self.taken[i.path],
                    self.labels[i.path],
                    "-" if i.before is None else i.before,
                    i.theirs,
                    i.mine,
                ),
                i.path,
                "!" if self.taken[i.path] == OPEN else "",
            )
            for n, i in list(enumerate(self.items))[start : start + limit]
        ]

    def mine(self, path: str) -> Outcome:
        self.taken[path] = MINE
        return Outcome(reload=True)

    def theirs(self, path: str) -> Outcome:
        self.taken[path] = THEIRS
        return Outcome(reload=True)

    def take(self, rest: str) -> Outcome:
        """The draft gets what was taken, and counts as begun from the record as it is now."""
        if not self.items:
            return Outcome(go=f"={self.word} {self.key}")
        left = [self.labels[path] for path, side in self.taken.items() if side == OPEN]
        if left:
            return Outcome(
                f"Decide first: {left[0]}" + (f" and {len(left) - 1} more" * (len(left) > 1)) + ".",
                error=True,
            )
        values = dict(self.values)
        for item in self.items:
            if self.taken[item.path] == THEIRS:
                values[item.path] = item.theirs
        kept = {path: value for path, value in values.items() if value}
        drafts.save(
            self.session.actor,
            (self.word, self.key),
            kept,
            self.items[0].path,
            self.version,
            self.fed,
            self.whose,
        )
        return Outcome(go=f"={self.word} {self.key}")
