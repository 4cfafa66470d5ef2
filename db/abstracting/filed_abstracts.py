"""Filed abstracts as the feed is compared with them: what was filed, what the feed said then and said last."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from db.connect import database

OWN: Final = "abstract"  # the origin of what an abstract itself settles about its account
SETTLED: Final = frozenset(
    {"priority", "point_of_origin", "payer", "attending", "birth_weight_g", "gestation_weeks", "disposition"}
)
"""What filing an abstract writes to its account: there the technician's value stands against later feeds too."""
MOVED: Final = frozenset({"disposition"})
"""What an account has from its movements alone, when it has any: there no abstract writes it."""
NAMED_THERE: Final = {"attending": "provider"}  # items that accounts call otherwise


@dataclass(frozen=True, slots=True)
class FiledAbstract:
    """An abstract as it was filed, with what the feed said then (``fed``) and was last heard to say (``heard``)."""

    case_id: int
    encounter_id: int
    status: str
    revision: int
    number: str
    record: Mapping[str, str]
    fed: Mapping[str, str] | None  # None: filed before this was kept
    heard: Mapping[str, str] | None
    filed_by: str


def settled(*, moved: bool) -> frozenset[str]:
    """The items that an abstract settles for an account, ``moved`` when that has movements."""
    return SETTLED - MOVED if moved else SETTLED


_SELECT: Final = (
    "SELECT c.id, c.encounter_id, c.status, c.revision, c.number, c.document, y.fed, y.heard, c.filed_by"
    " FROM data_case c LEFT JOIN abstract_cycle y ON y.case_id = c.id"
    " WHERE c.data_set = 'abstract' AND c.void_utc IS NULL AND "
)


def filed(encounter_ids: Sequence[int]) -> list[FiledAbstract]:
    """The abstracts of these accounts that are filed."""
    marks = ", ".join("?" * len(encounter_ids))
    return [
        _filed(row)
        for row in database.execute_sql(f"{_SELECT}c.encounter_id IN ({marks})", tuple(encounter_ids))
    ]


def _filed(row: Sequence[Any]) -> FiledAbstract:
    case_id, encounter_id, status, revision, number, document, fed, heard, filed_by = row
    return FiledAbstract(
        case_id, encounter_id, status, revision, number, json.loads(document), json.loads(fed) if fed else None,
        json.loads(heard) if heard else None, filed_by,
    )  # fmt: skip


def filed_of_patient(patient_id: int) -> list[FiledAbstract]:
    """The abstracts of a chart that are filed."""
    rows = database.execute_sql(
        f"{_SELECT}c.patient_id = ? AND c.encounter_id IS NOT NULL", (patient_id,)
    ).fetchall()
    return [_filed(row) for row in rows]
