"""Loads data dictionaries: the shipped ones, then the facility's, in all their versions; chosen by date."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from config import SHIPPED
from rules.findings import Told

if TYPE_CHECKING:  # the readers are loaded with the first dictionary that is read
    from config.toml_source import Mistake
    from rules.dictionary import Dictionary
    from rules.tables import Tables

FOLDER = "dictionaries"
OPTIONS = "options"  # within it: additions that are in force only where a facility puts them to use
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


def has_own(site: Path) -> bool:
    """Whether the facility has dictionaries of its own."""
    return next((site / FOLDER).glob("*.toml"), None) is not None


def dictionary_for(id_: str, day: str = "", store: Path | None = None) -> Dictionary:
    """The dictionary of a data set on an ISO day (blank: the newest) as the facility of ``store`` uses it."""
    return library(store / SITE if store else None).of(id_, day)


def options() -> dict[str, SiteFile]:
    """Additions that are shipped and that a facility may put to use (``recordroom dictionary use``), by name."""
    folder = SHIPPED / FOLDER / OPTIONS
    found = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name
    )
    return {
        file.name.removesuffix(".toml"): SiteFile(file.name, file.read_text(encoding="utf-8"))
        for file in found
    }


@dataclass(frozen=True, slots=True)
class SiteFile:
    """A dictionary of the facility's own, as it stands in its folder."""

    name: str
    text: str


def site_files(site: Path | None) -> list[SiteFile]:
    """The facility's files in the order of their names, which is the order in which they were installed."""
    folder = site / FOLDER if site else None
    if folder is None or not folder.is_dir():
        return []
    return [SiteFile(file.name, file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.toml"))]


@lru_cache(maxsize=4)
def _library(site: Path | None, changed: tuple[tuple[str, int], ...]) -> Library:
    made, mistakes = assemble(site, site_files(site))
    if mistakes:
        raise DictionaryError(mistakes)
    return made


def assemble(site: Path | None, own: Sequence[SiteFile]) -> tuple[Library, list[Mistake]]:
    """The library that the shipped dictionaries make with the files ``own``, and every mistake in it.

    A file that adds to a data set (``extends``) is applied to each version of it, after the files before it. A later
    file with the same ``id`` takes its place from then on; the versions that were made before stay.
    """
    from config import code_tables
    from rules.tables import Joined

    its_tables = site / code_tables.FOLDER if site else None
    if its_tables is not None and its_tables.is_dir():
        made = _shipped_with(code_tables.Shelf(its_tables))
    else:
        made = _shipped().copy()
    tables = made.tables
    additions: list[tuple[SiteFile, str, str]] = []
    for file in own:
        added_to, name = _addition(file)
        if added_to:
            additions.append((file, added_to, name))
        else:
            made.take(file)
    for file, added_to, name in additions:
        made.add(file, added_to, name)
    found = tuple(made.dictionaries)
    brought = {table.id: table for each in found for table in each.tables}
    return Library(found, Joined(brought, tables) if brought else tables), sorted(set(made.mistakes))


@cache
def _shipped() -> _Assembly:
    """What is shipped, read once however many stores are opened: of a facility without tables of its own."""
    from config.code_tables import shipped_tables

    return _shipped_with(shipped_tables())


def _shipped_with(tables: Tables) -> _Assembly:
    made = _Assembly(tables)
    folder = SHIPPED / FOLDER
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            made.take(SiteFile(file.name, file.read_text(encoding="utf-8")))
    return made


def _addition(file: SiteFile) -> tuple[str, str]:
    """The data set that a file adds to, and its own id; blanks when it declares one of its own."""
    try:
        data = tomllib.loads(file.text)
    except tomllib.TOMLDecodeError:
        return "", ""  # told when it is read
    return str(data.get("extends", "")), str(data.get("id", ""))


class _Assembly:
    """Dictionaries as they are put together from files, and the mistakes met on the way."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.dictionaries: list[Dictionary] = []
        self.mistakes: list[Mistake] = []
        self.roots: list[Dictionary] = []  # those that add to no other
        self.chains: dict[
            tuple[str, str], dict[str, SiteFile]
        ] = {}  # additions by id, by data set and version

    def copy(self) -> _Assembly:
        """The same before any addition, to put more to it."""
        made = _Assembly(self.tables)
        made.dictionaries, made.mistakes, made.roots = [*self.dictionaries], [*self.mistakes], [*self.roots]
        return made

    def take(self, file: SiteFile) -> None:
        """A file that declares a data set."""
        dictionary = self._read(file, self.dictionaries)
        if dictionary is not None:
            clashes = clash(file.name, dictionary, self.dictionaries)
            self.mistakes += clashes
            if not clashes:
                self.roots.append(dictionary)
            self.dictionaries.append(dictionary)

    def add(self, file: SiteFile, added_to: str, name: str) -> None:
        """A file that adds to all versions of a data set."""
        roots = [root for root in self.roots if root.id == added_to]
        if not roots:
            self._read(file, self.dictionaries)  # says that there is none
        for root in roots:
            chain = self.chains.setdefault((root.id, root.version), {})
            before, chain[name] = chain.get(name), file
            whole: Dictionary | None = root
            for each in chain.values():
                whole = self._read(each, [whole]) if whole is not None else None
            if whole is None:
                continue
            if before is not None or any(each.version == whole.version for each in self.dictionaries):
                self._check_new(file, whole)
            self.dictionaries.append(whole)

    def _check_new(self, file: SiteFile, whole: Dictionary) -> None:
        if any(each.id == whole.id and each.version == whole.version for each in self.dictionaries):
            from config.toml_source import Mistake

            version = whole.version.rpartition("+")[2]
            message = f"version {version!r} of it is there already: give this one another."
            self.mistakes.append(Mistake(file.name, 0, "", message))

    def _read(self, file: SiteFile, bases: Sequence[Dictionary]) -> Dictionary | None:
        from config.dictionary_reader import read_dictionary

        dictionary, mistakes = read_dictionary(file.text, file.name, self.tables, bases)
        self.mistakes += mistakes
        return dictionary


def clash(file: str, dictionary: Dictionary, others: Iterable[Dictionary]) -> list[Mistake]:
    from config.registry_reader import words_of
    from config.toml_source import Mistake

    for other in others:
        if other.id == dictionary.id and other.version == dictionary.version:
            message = f"version {other.version!r} of {other.id!r} is there already: give this one another."
            return [Mistake(file, 0, "", message)]
        if other.id != dictionary.id:
            theirs = set(words_of(other).values())
            for word in words_of(dictionary).values():
                if word in theirs:
                    message = f"the word {word!r} opens {other.id!r} already: choose another."
                    return [Mistake(file, 0, "", message)]
    return []
