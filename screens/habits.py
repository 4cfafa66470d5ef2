"""HAB: how the workstation behaves for you: when a field is left, where Enter goes, in which shape records open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from db.access import habits
from screens.session import Session
from tui.screen import Changed, Choice, Field, Filed, FormScreen, Kind, Opened, Section, Values


class Habits(FormScreen):
    """The habits of whoever is signed on. They hold from the next screen on."""

    title: ClassVar[str] = "Your habits"
    help: ClassVar[str] = (
        "These hold for you alone, at every terminal. LEAVE: a code that nothing longer begins with, a full date, a "
        "field of fixed length is left by itself, and Enter behind it is forgiven; with PLAIN that Enter counts, with "
        "NEVER only Enter and Tab leave a field. WALK: Enter goes to what is missing, or to every field; Tab always "
        "goes to every field. MODE: records open as a form or prompt by prompt; VIEW changes it for the one in hand."
    )
    session: Session

    def sections(self) -> Sequence[Section]:
        fields = tuple(
            Field(
                name, habit.label, 8, Kind.UPPER, required=True, lookup=True, echo=50,
                help="; ".join(f"{value.upper()}: {text}" for value, text in habit.values.items()) + ".",
            )
            for name, habit in habits.HABITS.items()
        )  # fmt: skip
        return (Section("habits", "", fields),)

    def open(self, key: str) -> Opened:
        return Opened({name: value.upper() for name, value in habits.of(self.session.actor).items()})

    def changed(self, values: Values, path: str) -> Changed:
        shown = {
            name: habits.HABITS[name].values.get(value.lower(), "")
            for name, value in values.items()
            if name in habits.HABITS
        }
        return Changed(echoes=shown)

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        found = habits.HABITS[path].values.items()
        return [Choice(value.upper(), says) for value, says in found if text.lower() in f"{value} {says}"][
            :limit
        ]

    def file(self, values: Values, reason: str) -> Filed:
        kept = {name: values.get(name, "").lower() or habit.usual for name, habit in habits.HABITS.items()}
        habits.change(self.session.actor, kept)
        return Filed("Your habits are changed.", go="EXIT", habits=self.session.habits)
