"""How the workstation behaves for one person. Kept are only the habits that differ from the usual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from db.actors import Action, Actor
from db.acts import act
from db.connect import StoreError, database


@dataclass(frozen=True, slots=True)
class Habit:
    """One habit: what it says, and its values with what each means; the first is the usual one."""

    label: str
    values: Mapping[str, str]

    @property
    def usual(self) -> str:
        return next(iter(self.values))


HABITS: Final[Mapping[str, Habit]] = {
    "leave": Habit("A complete field is", {
        "forgive": "left by itself, Enter behind is harmless",
        "plain": "left by itself, Enter behind it counts",
        "never": "left by Enter or Tab alone",
    }),
    "walk": Habit("Enter goes", {
        "missing": "to what is missing",
        "every": "to every field",
    }),
    "mode": Habit("Records open", {"form": "as a form", "prompt": "prompt by prompt"}),
}  # fmt: skip


def of(actor: Actor) -> dict[str, str]:
    """All habits of a person, the usual ones too."""
    rows = database.execute_sql("SELECT name, value FROM user_habit WHERE user_id = ?", (actor.user_id,))
    kept = {name: value for name, value in rows if name in HABITS and value in HABITS[name].values}
    return {name: kept.get(name, habit.usual) for name, habit in HABITS.items()}


def change(actor: Actor, habits: Mapping[str, str]) -> None:
    """Take on other habits: one audited act. Raises ``StoreError`` for one that is not known."""
    for name, value in habits.items():
        if name not in HABITS or value not in HABITS[name].values:
            raise StoreError(f"{name} {value} is no habit that is known.")
    before = of(actor)
    with act(actor, Action.CHANGE_HABITS, kind="user", record=actor.user) as done:
        done.changed(before, {**before, **habits})
        for name, value in habits.items():
            database.execute_sql(
                "DELETE FROM user_habit WHERE user_id = ? AND name = ?", (actor.user_id, name)
            )
            if value != HABITS[name].usual:
                database.execute_sql("INSERT INTO user_habit VALUES (?, ?, ?)", (actor.user_id, name, value))
