"""A blind review stays blind: who has a record in hand for one is not shown what the first person has in it.

``db.acts.viewed`` asks here for every record whose content is about to be shown; lists ask which rows to withhold.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from db.connect import database
from rules.findings import Told

WITHHELD: Final = "in review"  # stands in a list for what the reviewer must not see


class KeptBlind(Told):
    """The record is not shown to whoever reviews it; one sentence."""


def in_hand(user: str) -> dict[int, str]:
    """The records (ids) that ``user`` has in hand for a blind review, with the numbers of the reviews."""
    rows = database.execute_sql(
        "SELECT case_id, number FROM reviewed_record WHERE status = 'due' AND reviewer = ?"
        " AND case_id IS NOT NULL",
        (user,),
    )
    return dict(rows.fetchall())


def keep(user: str, cases: Collection[int]) -> None:
    """Raise ``KeptBlind`` when one of these records is in ``user``'s hands for a blind review."""
    held = in_hand(user) if cases else {}
    number = next((held[case_id] for case_id in cases if case_id in held), "")
    if number:
        raise KeptBlind(f"This shows the record of your blind review {number}: file that first.")


def accounts_in_hand(user: str) -> dict[int, int]:
    """The abstracts (ids) that ``user`` has in hand for a blind review, by account (id of its encounter)."""
    held = in_hand(user)
    rows = database.execute_sql(
        f"SELECT encounter_id, id FROM data_case WHERE id IN ({', '.join('?' * len(held))})"
        " AND data_set = 'abstract'",
        tuple(held),
    )
    return dict(rows.fetchall())
