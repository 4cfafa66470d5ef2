"""Who reads a written report: what is shown of the patients to whom.

45 CFR 164.502(b): items that tell a patient are shown as far as the reader's role may see them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from db import store
from db.actors import Actor, Role
from db.report_writer import records
from reports import identifiers
from reports.indices.withheld import SENSITIVE
from reports.parameters import FULL, LAST_FOUR, NotAsked
from rules.report_sets import NAMES, NUMBERS, Askable, DataSet
from rules.report_writer import Definition


@dataclass
class Reader:
    """What may be shown of who the patients are, to whoever reads the report."""

    level: str
    marked: frozenset[int]  # sensitive charts that are not named
    asked_who: bool  # conditions ask who somebody is
    named: int = 0
    dropped: int = 0

    @classmethod
    def of(cls, actor: Actor, over: DataSet, made: Definition, level: str) -> Reader:
        """Raises ``NotAsked`` for conditions that tell patients, of whoever may not see who they are."""
        telling = [
            found.label for each in made.conditions if (found := over.find(each.item)) and found.telling
        ]
        if telling and identifiers.ceiling(actor) != FULL:
            raise NotAsked(f"{telling[0]} tells patients: only who may see them in full may ask for it.")
        everything = Role.SERVICE in actor.roles
        opened = store.current().opened_with_reason
        marked = frozenset() if everything else frozenset(records.sensitive_charts() - opened)
        return cls(level, marked, bool(telling))

    def hidden(self, chart: int) -> bool:
        """Whether the patient is not named."""
        return chart in self.marked

    def shown(self, asked: Askable | None, column: list[str], hidden: Sequence[bool]) -> list[str]:
        """What is shown of the values of an item, by whether the patient is not named."""
        if asked is None or not asked.telling:
            return column
        self.named += sum(hidden)
        instead = SENSITIVE if asked.source in NUMBERS | NAMES else ""
        return [
            instead if away else _lowered(asked, value, self.level)
            for value, away in zip(column, hidden, strict=True)
        ]

    def sentences(self, reviewed: int) -> tuple[str, ...]:
        """What the page has to say of it."""
        said = []
        if self.named:
            said.append("Sensitive charts are not named. WHY and the MRN opens one with a reason.")
        if self.dropped:
            said.append(
                f"Records of sensitive charts left out, because conditions ask who it is: {self.dropped}."
            )
        if reviewed:
            said.append(f"Records that you have in hand for a blind review are left out: {reviewed}.")
        return tuple(said)


def _lowered(asked: Askable, value: str, level: str) -> str:
    """A value that tells a patient at the level of identifiers."""
    if level == FULL or not value:
        return value
    if level == LAST_FOUR and asked.source in NUMBERS:
        return identifiers.number(value, level)
    return identifiers.name(value, level) if asked.source in NAMES else ""
