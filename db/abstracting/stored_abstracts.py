"""Stored abstracts as their forms would show them, a slice at a time in a few queries; nothing is changed.

What was filed is taken with what cannot be keyed as account and movements have it now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from config.data_sets import library
from db import store
from db.abstracting import abstract_feed, abstracts, feed_words, filed_abstracts
from db.abstracting.filed_abstracts import FiledAbstract
from db.conventions import convention
from db.hospital import encounters
from db.hospital.encounters import Encounter
from rules.dictionary import Dictionary, Record

AT_ONCE: Final = 500  # abstracts of a slice


@dataclass(frozen=True, slots=True)
class Stored:
    """An abstract with its account, the dictionary that holds on its day of discharge, and its record."""

    stay: Encounter
    case: FiledAbstract
    dictionary: Dictionary
    record: Record


class Reader:
    """Reads slices of abstracts, with what is the same for all of them read once."""

    def __init__(self) -> None:
        self._library = library(store.current().directory / "site")
        self._follow_days = int(convention("abstract_follow_days"))
        self._versions: dict[str, tuple[Dictionary, Callable[[str], bool]]] = {}  # by day of discharge

    def slices(self, ids: Sequence[int]) -> Iterator[list[Stored]]:
        """The abstracts of these accounts, of as many as have one, in the order asked for."""
        for start in range(0, len(ids), AT_ONCE):
            yield self.read(ids[start : start + AT_ONCE])

    def read(self, ids: Sequence[int]) -> list[Stored]:
        """The abstracts of so few accounts that one query can name them."""
        filed = {each.encounter_id: each for each in filed_abstracts.filed(ids)}
        stays = {stay.id: stay for stay in encounters.of_ids(list(filed))} if filed else {}
        given = abstract_feed.from_accounts(list(stays.values())) if stays else {}
        found = []
        for id_ in filter(stays.__contains__, ids):
            dictionary, fixed = self._on(stays[id_].discharged_at[:10])
            feed = feed_words.present(stays[id_], given[id_], filed[id_], follow_days=self._follow_days)
            record = feed_words.merge(filed[id_], feed, dictionary, fixed).record
            found.append(Stored(stays[id_], filed[id_], dictionary, record))
        return found

    def _on(self, day: str) -> tuple[Dictionary, Callable[[str], bool]]:
        """The dictionary that holds on a day of discharge, as the form takes it, and what it does not let be keyed."""
        if day not in self._versions:
            try:
                dictionary = self._library.of(abstracts.DATA_SET, day)
            except LookupError:
                dictionary = self._library.of(abstracts.DATA_SET)
            known = (each for each in self._versions.values() if each[0] is dictionary)
            self._versions[day] = next(known, (dictionary, feed_words.cannot_be_keyed(dictionary)))
        return self._versions[day]
