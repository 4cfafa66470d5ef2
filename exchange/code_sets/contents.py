"""What goes into a code store, before it is written: codes as they stood for a time, and titles by time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from config.code_sources import CodeSource, SourceMissing
from db.coding.codes_schema import OPEN
from exchange.code_sets.drg_tables import DrgWeight
from exchange.code_sets.kinds import KINDS
from exchange.code_sets.official import Official, Refused
from exchange.code_sets.tabular import Node
from rules.codes import System
from rules.codes_search import fold


@dataclass(slots=True)
class Version:
    """A code as it stood for a time. Days as 20261001."""

    system: System
    code: str
    title: str
    billable: bool
    valid_from: int
    valid_to: int
    parent: str = ""
    position: int = 0
    marks: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    borrowed: tuple[str, ...] = ()  # inclusion terms of the codes above it
    penalty: float = 0.0


@dataclass(slots=True)
class Contents:
    """The rows of a code store; ``tables`` those that are written as they are, by table."""

    versions: list[Version] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    severity: list[tuple[str, int, int, str]] = field(default_factory=list)
    weights: dict[int, list[DrgWeight]] = field(default_factory=dict)  # by fiscal year
    tables: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    poa_lists: dict[int, frozenset[str]] = field(default_factory=dict)  # by first day
    rows: dict[str, int] = field(default_factory=dict)  # rows by source
    meta: dict[str, str] = field(default_factory=dict)
    expansions: str = ""  # the table of abbreviations and lay terms


@dataclass(frozen=True, slots=True)
class Import:
    """An imported file, read."""

    source: CodeSource
    rows: Any

    @property
    def effective(self) -> int:
        return self.source.effective


class Imports:
    """The imported files of a build by kind, oldest first. Raises ``SourceMissing`` for a copy that cannot be used."""

    def __init__(self, sources: Mapping[str, CodeSource]) -> None:
        found = [source for source in sources.values() if source.kind]
        found.sort(key=lambda source: (source.effective, source.name))
        self._all = [Import(source, _read(source)) for source in found]

    def of(self, *kinds: str) -> list[Import]:
        """The files of these kinds."""
        return [each for each in self._all if each.source.kind in kinds]

    def rows(self) -> dict[str, int]:
        """The count of rows by name."""
        return {each.source.name: len(each.rows) for each in self._all}


def _read(source: CodeSource) -> Any:
    try:
        return KINDS[source.kind].read(Official(source.original, source.read()))
    except (KeyError, Refused) as error:
        raise SourceMissing(
            f"The copy of {source.original} cannot be used by this release ({error}): take it out with 'codes import"
            f" --remove {source.kind} {source.edition or source.name.split(' ')[1]}', then import it again."
        ) from error


def number(day: date) -> int:
    """``day`` as the code store keeps it: 20261001."""
    return day.year * 10000 + day.month * 100 + day.day


def as_date(day: int) -> date:
    """The reverse of ``number``."""
    return date(day // 10000, day // 100 % 100, day % 100)


def day_after(day: int) -> int:
    return number(as_date(day) + timedelta(days=1))


def day_before(day: int) -> int:
    return number(as_date(day) - timedelta(days=1))


class Titles:
    """The titles of a code set by source and the day from which it gives them.

    A source holds until a later one that has the code. Titles that differ in accents or punctuation alone are one
    title, unless both come from official files.
    """

    def __init__(self) -> None:
        self._sources: list[tuple[int, bool, Mapping[str, str]]] = []

    def add(self, since: int, titles: Mapping[str, str], *, official: bool = True) -> None:
        """Add a source. What is added later goes before what was added for the same day."""
        self._sources.append((since, official, titles))
        self._sources.sort(key=lambda source: source[0])

    def over(self, code: str, first: int, last: int) -> list[tuple[str, int, int]]:
        """The titles of ``code`` from ``first`` to ``last``, each with its days; a blank one when none is known."""
        spans: list[tuple[str, bool, int]] = []
        for since, official, titles in self._sources:
            title = titles.get(code)
            if not title or (since > last and spans):
                continue
            if not spans:
                spans.append((title, official, first))
                continue
            before, was_official, begins = spans[-1]
            same = _same(before, title, exact=official and was_official)
            if same and was_official and not official:
                continue
            if same or since <= first:
                spans[-1] = (title, official, begins)
            else:
                spans.append((title, official, since))
        if not spans:
            return [("", first, last)]
        ends = [*(day_before(since) for _, _, since in spans[1:]), last]
        return [(title, since, end) for (title, _, since), end in zip(spans, ends, strict=True)]


def _same(one: str, other: str, *, exact: bool) -> bool:
    return one == other or (not exact and fold(one) == fold(other))


def closed(spans: dict[str, tuple[int, int]], code: str, before: int) -> None:
    """End a code that is open on the day before ``before``."""
    if code in spans and spans[code][1] == OPEN:
        spans[code] = (spans[code][0], day_before(before))
