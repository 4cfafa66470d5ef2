"""Overrides over all records of a data set: which edits were let stand, by whom, when and why.

Read from the rows that filing writes beside the items of a record; what has lapsed was taken out when it was filed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from db.actors import Action, Actor
from db.acts import permit
from db.connect import database
from db.registry import registries
from db.worklist import blind
from rules.dictionary import Dictionary
from rules.overrides import MARK, Override, of_item

BEYOND: Final = "~"  # sorts after every character of a code
FOREVER: Final = 10**7  # a day number that never comes


@dataclass(frozen=True, slots=True)
class Overridden:
    """An override with the record that it stands in: its account, or its own number."""

    record: str
    mrn: str
    status: str
    override: Override


def overridden(
    actor: Actor, dictionary: Dictionary, first: int | None = None, last: int | None = None, *, person: str = ""
) -> list[Overridden]:  # fmt: skip
    """Overrides in force that were given between two day numbers, both inside, by code, then by day.

    What was overridden in a record that the actor has in hand for a blind review is withheld. Raises ``NotPermitted``.
    """
    permit(actor, Action.VIEW_RATES, kind=dictionary.id)
    registries.check_view(actor, dictionary)
    held = blind.in_hand(actor.user)
    rows = database.execute_sql(
        "SELECT c.id, coalesce(e.account, c.number), p.mrn, c.status, i.item, i.text FROM case_item i"
        " JOIN data_case c ON c.id = i.case_id LEFT JOIN encounter e ON e.id = c.encounter_id"
        " JOIN patient p ON p.id = c.patient_id WHERE i.item BETWEEN ? AND ? AND i.day BETWEEN ? AND ?"
        " AND c.data_set = ? AND c.void_utc IS NULL ORDER BY i.item, i.day, c.id, i.seq",
        (
            MARK,
            MARK + BEYOND,
            -1 if first is None else first,
            FOREVER if last is None else last,
            dictionary.id,
        ),
    )
    found = [
        Overridden(record, mrn, status, _seen(of_item(item, text), withheld=case_id in held))
        for case_id, record, mrn, status, item, text in rows
    ]
    return [each for each in found if not person or each.override.by.casefold() == person.casefold()]


def _seen(override: Override, *, withheld: bool) -> Override:
    return replace(override, field="", reason=blind.WITHHELD) if withheld else override
