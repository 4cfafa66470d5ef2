"""Changes of accounts and charts that come after an abstract was filed: they reopen what they touch and say why.

Whoever changes an account, its movements or its chart calls here at the end, inside the same transaction. An
account without a filed abstract costs one look-up by index; only for the others is the abstract compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from db.abstracting import feed_words
from db.abstracting.filed_abstracts import (
    NAMED_THERE,
    OWN,
    FiledAbstract,
    filed,
    filed_of_patient,
    settled,
)
from db.changes import CLEAR, Source

_AT_ONCE: Final = 500


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
    if found := filed_of_patient(patient_id):
        _compare(found, source, {})


def withheld(
    encounter_id: int, fields: Mapping[str, str], source: Source, *, moved: bool
) -> tuple[dict[str, str], dict[str, str]]:
    """``fields`` of an account without what a technician settled otherwise in its abstract, and that.

    ``moved`` says whether the account has movements.

    A feed repeats what it knows with every message: what was corrected here must not go back with the next one.
    """
    told, words = dict(fields), dict[str, str]()
    said = {item: name for item in settled(moved=moved) if (name := NAMED_THERE.get(item, item)) in told}
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
    for abstract in found:
        feed_words.compare(abstract, source, words)
