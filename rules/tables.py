"""Code tables whose rows hold for a time: a value is looked up on the day that it is about."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TableRow:
    """A code and what it stands for, from ISO day ``valid_from`` to ``valid_to``, both inside; blank is open.

    ``more`` holds what a table carries beside the code and its text, such as the days of a clock.
    ``confirm`` marks a row that a person has still to compare with the standard it cites.
    """

    code: str
    text: str
    valid_from: str = ""
    valid_to: str = ""
    citation: str = ""
    confirm: bool = False
    more: Mapping[str, object] = field(default_factory=dict, hash=False)

    def holds_on(self, day: str) -> bool:
        """Whether the row is in force on an ISO day; a blank day asks for any time."""
        if not day:
            return True
        return (not self.valid_from or self.valid_from <= day) and (not self.valid_to or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class CodeTable:
    """The rows of one table in their order; a code may have several rows, one after the other in time.

    A facility's own rows come last and so win over the shipped ones.
    """

    id: str
    title: str
    rows: tuple[TableRow, ...]
    citation: str = ""
    by_code: Mapping[str, tuple[TableRow, ...]] = field(default_factory=dict, compare=False, repr=False)
    _beginnings: list[str] = field(default_factory=list, init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        by_code: dict[str, tuple[TableRow, ...]] = {}
        for row in self.rows:
            by_code[row.code] = (*by_code.get(row.code, ()), row)
        object.__setattr__(self, "by_code", by_code)

    def find(self, code: str, day: str = "") -> TableRow | None:
        """The row for ``code`` in force on the ISO ``day``; on a blank day the last one."""
        for row in reversed(self.by_code.get(code, ())):
            if row.holds_on(day):
                return row
        return None

    def meaning(self, code: str, day: str = "") -> TableRow | None:
        """What ``code`` stands for: in force on ``day``, or the last row that had expired by then."""
        expired = (row for row in reversed(self.by_code.get(code, ())) if row.valid_to and row.valid_to < day)
        return self.find(code, day) or next(expired, None)

    def is_whole(self, code: str, day: str = "") -> bool:
        """Whether ``code`` is in force on ``day`` and begins nothing else here, no code and no word."""
        if self.find(code, day) is None:
            return False
        if not self._beginnings:  # made when first asked for: most tables never are
            words = (word for row in self.rows for word in row.text.casefold().split())
            self._beginnings.extend(sorted({*(row.code.casefold() for row in self.rows), *words}))
        wanted = code.casefold()
        at = bisect_left(self._beginnings, wanted)
        return not any(
            found.startswith(wanted) and found != wanted for found in self._beginnings[at : at + 2]
        )

    def on(self, day: str = "") -> Iterator[TableRow]:
        """The rows in force on ``day``, in the order of the table; of two for one code the later."""
        return (row for row in self.rows if row.holds_on(day) and row is self.find(row.code, day))


Tables = Mapping[str, CodeTable]
"""Code tables by id."""


class Joined(Mapping[str, CodeTable]):
    """Tables of several places as one; the first place that has a table wins."""

    def __init__(self, *places: Tables) -> None:
        self._places = places

    def __getitem__(self, id_: str) -> CodeTable:
        for place in self._places:
            if id_ in place:
                return place[id_]
        raise KeyError(id_)

    def __contains__(self, id_: object) -> bool:
        return any(id_ in place for place in self._places)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(id_ for place in self._places for id_ in place))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def listed(value: object) -> tuple[str, ...]:
    """The words of a list in ``TableRow.more``; nothing where there is none."""
    return tuple(word for word in value if isinstance(word, str)) if isinstance(value, list | tuple) else ()


def overlaps(rows: Iterable[TableRow]) -> list[tuple[TableRow, TableRow]]:
    """Pairs of rows with one code that hold on the same day, and so make a look-up ambiguous."""
    seen: dict[str, list[TableRow]] = {}
    clashes: list[tuple[TableRow, TableRow]] = []
    for row in rows:
        for other in seen.setdefault(row.code, []):
            starts_late = bool(row.valid_from and other.valid_to and row.valid_from > other.valid_to)
            ends_early = bool(row.valid_to and other.valid_from and row.valid_to < other.valid_from)
            if not starts_late and not ends_early:
                clashes.append((other, row))
        seen[row.code].append(row)
    return clashes
