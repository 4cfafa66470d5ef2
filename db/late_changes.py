"""Changes of accounts and charts that come after an abstract was filed: they reopen what they touch and say why.

Whoever changes an account, its movements or its chart calls here at the end, inside the same transaction. An
account without a filed abstract costs one look-up by index; only for the others is the abstract compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from db.changes import CLEAR, Source
from db.connect import database

OWN: Final = "abstract"  # the origin of what an abstract itself settles about its account
SETTLED: Final = frozenset(
    {"priority", "point_of_origin", "payer", "attending", "birth_weight_g", "gestation_weeks"}
)
"""What filing an abstract writes to its account: there the technician's value stands against later feeds too."""
NAMED_THERE: Final = {"attending": "provider"}  # items that accounts call otherwise
_AT_ONCE: Final = 500


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


_SELECT: Final = (
    "SELECT c.id, c.encounter_id, c.status, c.revision, c.number, c.document, y.fed, y.heard FROM data_case c"
    " LEFT JOIN abstract_cycle y ON y.case_id = c.id WHERE c.data_set = 'abstract' AND c.void_utc IS NULL AND "
)


def filed(encounter_ids: Sequence[int]) -> list[FiledAbstract]:
    """The abstracts of these accounts that are filed."""
    marks = ", ".join("?" * len(encounter_ids))
    return [
        _filed(row)
        for row in database.execute_sql(f"{_SELECT}c.encounter_id IN ({marks})", tuple(encounter_ids))
    ]


def _filed(row: Sequence[Any]) -> FiledAbstract:
    case_id, encounter_id, status, revision, number, document, fed, heard = row
    return FiledAbstract(
        case_id, encounter_id, status, revision, number, json.loads(document), json.loads(fed) if fed else None,
        json.loads(heard) if heard else None,
    )  # fmt: skip


def of_encounters(
    encounter_ids: Iterable[int], source: Source, words: Mapping[str, str] | None = None
) -> None:
    """Accounts have changed: compare their abstracts. ``words`` are items that the feed said and the account
    did not take, because a technician settled them otherwise (``withheld``)."""
    if source.origin == OWN:
        return
    chosen = tuple(dict.fromkeys(encounter_ids))
    for start in range(0, len(chosen), _AT_ONCE):
        found = filed(chosen[start : start + _AT_ONCE])
        if found:
            _compare(found, source, words or {})


def of_patient(patient_id: int, source: Source) -> None:
    """A chart has changed: compare all its abstracts."""
    rows = database.execute_sql(
        f"{_SELECT}c.patient_id = ? AND c.encounter_id IS NOT NULL", (patient_id,)
    ).fetchall()
    if rows:
        _compare([_filed(row) for row in rows], source, {})


def withheld(
    encounter_id: int, fields: Mapping[str, str], source: Source
) -> tuple[dict[str, str], dict[str, str]]:
    """``fields`` of an account without what a technician settled otherwise in its abstract, and that.

    A feed repeats what it knows with every message: what was corrected here must not go back with the next one.
    """
    told, words = dict(fields), dict[str, str]()
    said = {item: name for item in SETTLED if (name := NAMED_THERE.get(item, item)) in told}
    if source.origin == OWN or not said:
        return told, {}
    for abstract in filed((encounter_id,)):
        fed = abstract.fed or {}
        for item, name in said.items():
            value, word = abstract.record.get(item, ""), fields[name].strip()
            if abstract.fed is not None and word and value and value != fed.get(item, ""):
                told.pop(name, None)
                words[item] = "" if word == CLEAR else word
    return told, words


def _compare(found: Iterable[FiledAbstract], source: Source, words: Mapping[str, str]) -> None:
    # Loaded here: the abstract stands on accounts, movements and charts, all of which call this module.
    from db import feed_words

    for abstract in found:
        feed_words.compare(abstract, source, words)
