"""What a list may say of a patient to whom: identifiers by level, sensitive charts by reason, blind reviews not at all.

45 CFR 164.502(b), minimum necessary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from db import store
from db.actors import Role
from db.statistics.stay_lists import Stay
from db.worklist import blind
from reports import identifiers
from reports.parameters import FULL, Asked

SENSITIVE: Final = "(sensitive)"  # stands for the name of a chart that nobody gave a reason for
IN_HAND: Final = "Records that you have in hand for a blind review are left out where codes choose or sort."


@dataclass(slots=True)
class Withheld:
    """Decides for each line of a list, and counts what it withheld."""

    level: str
    opened: (
        frozenset[int] | None
    )  # sensitive charts opened with a reason in this session; None: all may be named
    reviewed: frozenset[int] = frozenset()  # accounts that the reader has in hand for a blind review
    sensitive_charts: int = 0
    in_review: int = 0

    @classmethod
    def of(cls, asked: Asked) -> Self:
        """As whoever asks may see it."""
        everything = Role.SERVICE in asked.actor.roles  # unattended; whoever reads it has the printed page
        opened = None if everything else frozenset(store.current().opened_with_reason)
        return cls(asked.identifiers, opened, frozenset(blind.accounts_in_hand(asked.actor.user)))

    def who(self, patient_id: int, sensitive: str, mrn: str, name: str, account: str = "") -> tuple[str, ...]:
        """MRN, name and account as they may be shown."""
        if sensitive and self.opened is not None and patient_id not in self.opened:
            self.sensitive_charts += 1
            return "", SENSITIVE, ""
        if self.level == FULL:
            return mrn, name, account
        number = identifiers.number
        return number(mrn, self.level), identifiers.name(name, self.level), number(account, self.level)

    def named(self, stay: Stay) -> tuple[str, ...]:
        """MRN, name and account of a stay as they may be shown."""
        return self.who(stay.patient_id, stay.sensitive, stay.mrn, stay.name, stay.account)

    def known(self, encounter_id: int) -> bool:
        """Whether a list chosen or sorted by codes may hold an account: its place there tells what they are."""
        return encounter_id not in self.reviewed

    def content(self, encounter_id: int, *texts: str) -> tuple[str, ...]:
        """What the abstract of an account says, or that it is in review."""
        if encounter_id not in self.reviewed:
            return texts
        self.in_review += 1
        return (blind.WITHHELD, *[""] * (len(texts) - 1)) if texts else ()

    def sentences(self) -> tuple[str, ...]:
        """What the page has to say of it."""
        said = []
        if self.sensitive_charts:
            said.append(
                f"Lines of sensitive charts: {self.sensitive_charts}, not named. WHY and the MRN opens one with a "
                "reason; then it is named to you."
            )
        if self.in_review:
            said.append(f"Codes not shown, because you review these records blind: {self.in_review}.")
        elif self.reviewed:
            said.append(IN_HAND)
        return tuple(said)
