"""Loads data dictionaries: the shipped ones, then the facility's, in all their versions; chosen by date."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from config.code_tables import FOLDER as TABLES
from config.code_tables import Shelf
from config.dictionary_reader import read_dictionary
from config.toml_source import Mistake
from rules.dictionary import Dictionary
from rules.findings import Told
from rules.tables import Tables

FOLDER = "dictionaries"
SITE = "site"  # the folder of a store that holds the facility's own dictionaries and tables


class DictionaryError(Told):
    """A dictionary cannot be used; ``mistakes`` says why, one sentence each."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class Library:
    """All dictionaries in all versions, and the code tables that they refer to."""

    dictionaries: tuple[Dictionary, ...]
    tables: Tables

    def ids(self) -> tuple[str, ...]:
        """The data sets, in the order in which they were loaded."""
        return tuple(dict.fromkeys(each.id for each in self.dictionaries))

    def of(self, id_: str, day: str = "") -> Dictionary:
        """The dictionary of a data set on an ISO day: of several the last; on a blank day the newest.

        Raises ``LookupError`` with a sentence when there is none.
        """
        found = [
            each
            for each in self.dictionaries
            if each.id == id_
            and (not day or ((each.valid_from or "0") <= day and (not each.valid_to or day <= each.valid_to)))
        ]
        if not found:
            when = f" for {day}" if day else ""
            raise LookupError(f"There is no data dictionary {id_!r}{when}.")
        return max(reversed(found), key=lambda each: each.valid_from)

    def version(self, id_: str, version: str) -> Dictionary:
        """The dictionary that a record was entered under. Raises ``LookupError`` when it is not there."""
        for each in self.dictionaries:
            if each.id == id_ and each.version == version:
                return each
        raise LookupError(f"There is no version {version!r} of the data dictionary {id_!r}.")

    def by_word(self, word: str) -> str:
        """The data set that a menu word opens, or blank."""
        return next((each.id for each in self.dictionaries if each.word == word.upper()), "")


def library(site: Path | None = None) -> Library:
    """Shipped dictionaries and tables with those of the facility's folder ``site`` beside them.

    Raises ``DictionaryError`` when one of them has a mistake. Read again only when a file of the site's has
    changed.
    """
    changed: tuple[tuple[str, int], ...] = ()
    if site is not None and (site / FOLDER).is_dir():
        changed = tuple(
            (file.name, file.stat().st_mtime_ns) for file in sorted((site / FOLDER).glob("*.toml"))
        )
    return _library(site, changed)


def dictionary_for(id_: str, day: str = "", store: Path | None = None) -> Dictionary:
    """The dictionary of a data set on an ISO day (blank: the newest) as the facility of ``store`` uses it."""
    return library(store / SITE if store else None).of(id_, day)


@lru_cache(maxsize=4)
def _library(site: Path | None, changed: tuple[tuple[str, int], ...]) -> Library:
    tables = Shelf(site / TABLES if site else None)
    shipped: list[Traversable] = sorted(
        (file for file in (files("config") / FOLDER).iterdir() if file.name.endswith(".toml")),
        key=lambda file: file.name,
    )
    own: list[Traversable] = [site / FOLDER / name for name, _ in changed] if site else []
    dictionaries: list[Dictionary] = []
    mistakes: list[Mistake] = []
    for file in (*shipped, *own):
        dictionary, found = read_dictionary(file.read_text(encoding="utf-8"), file.name, tables, dictionaries)
        mistakes += found
        if dictionary is not None:
            mistakes += _clash(file.name, dictionary, dictionaries)
            dictionaries.append(dictionary)
    if mistakes:
        raise DictionaryError(mistakes)
    return Library(tuple(dictionaries), tables)


def _clash(file: str, dictionary: Dictionary, others: Iterable[Dictionary]) -> list[Mistake]:
    for other in others:
        if other.id == dictionary.id and other.version == dictionary.version:
            message = f"version {other.version!r} of {other.id!r} is there already: give this one another."
            return [Mistake(file, 0, "", message)]
        if other.id != dictionary.id and other.word == dictionary.word:
            message = f"the word {other.word!r} opens {other.id!r} already: choose another."
            return [Mistake(file, 0, "", message)]
    return []
