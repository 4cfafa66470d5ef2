"""Figures of written reports: exact sums over records, grouped or crossed; a mean is a sum by a count."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any, Final

from rules.dictionary import is_null
from rules.identity import terminal_digit_key
from rules.report_sets import Askable
from rules.report_writer import DIGITS
from rules.statistics import NOT_APPLICABLE, half_up
from rules.values import decimal_of, is_date

MEAN_PLACES: Final = 2
_LEADING: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
Key = tuple[int, float, str, str]


@dataclass(slots=True)
class Tally:
    """How many records, and of one column how many hold a value, their sum, the smallest and the largest."""

    answered: int = 0
    total: Decimal = Decimal(0)
    least: str = ""
    most: str = ""

    def add(self, value: str, numeric: bool, times: int = 1) -> None:
        """Take in a value that so many records hold."""
        number = decimal_of(value) if numeric else Decimal(0)
        if not value or number is None or is_null(value):
            return
        if numeric:
            self.total += number * times
        if not self.answered or _before(value, self.least, numeric):
            self.least = value
        if not self.answered or _before(self.most, value, numeric):
            self.most = value
        self.answered += times

    def figure(self, word: str) -> str:
        """One of ``FIGURES`` as printed; of no values n/a."""
        if word == "count":
            return str(self.answered)
        if word == "sum":
            return format(self.total, "f")
        if not self.answered:
            return NOT_APPLICABLE
        if word == "mean":
            return str(half_up(Fraction(self.total) / self.answered, MEAN_PLACES))
        return self.least if word == "min" else self.most


def _before(one: str, other: str, numeric: bool) -> bool:
    return Decimal(one) < Decimal(other) if numeric else one < other


@dataclass(frozen=True, slots=True)
class Line:
    """A record in one of its groups: what it is grouped by, its cells, and where it leads.

    Where it is grouped by an item that repeats, a record has a line for each value of it.
    """

    keys: tuple[str, ...]
    cells: tuple[str, ...]
    go: str = ""
    record: int = 0  # 0: a line of its own


@dataclass(slots=True)
class Node:
    """Lines that agree in their keys down to a level; the root holds all."""

    key: str
    records: int
    tallies: list[Tally]
    inner: list[Node] = field(default_factory=list)
    lines: Sequence[Line] = ()


def grouped(lines: Sequence[Line], levels: int, numeric: Sequence[bool | None]) -> Node:
    """The groups of sorted lines; the figures of each are those of its own lines."""
    return _node("", lines, 0, levels, numeric, spread=len(distinct(lines)) < len(lines))


def _node(
    key: str, lines: Sequence[Line], level: int, levels: int, numeric: Sequence[bool | None], *, spread: bool
) -> Node:
    """``spread``: records stand in more groups than one; in one innermost group they stand once."""
    records = distinct(lines) if spread and level < levels else lines
    node = Node(key, len(records), tallied(records, numeric), lines=lines)
    if level < levels:
        for name, members in groupby(lines, key=lambda line: line.keys[level]):
            node.inner.append(_node(name, list(members), level + 1, levels, numeric, spread=spread))
    return node


def distinct(lines: Sequence[Line]) -> list[Line]:
    """Each record once, however many groups it stands in."""
    return list({line.record or -at: line for at, line in enumerate(lines, 1)}.values())


def tallied(lines: Sequence[Line], numeric: Sequence[bool | None]) -> list[Tally]:
    """A tally for each column, in the order of the cells; empty where nobody asks (None)."""
    columns = zip(*(line.cells for line in lines), strict=True) if lines else [()] * len(numeric)
    tallies = []
    for column, is_number in zip(columns, numeric, strict=True):
        tally = Tally()
        held = Counter(column) if is_number is not None else {}
        for value, times in held.items():  # each value once: most of them are held by many
            tally.add(value, bool(is_number), times)
        tallies.append(tally)
    return tallies


@dataclass(slots=True)
class Crossed:
    """Counts or sums of records by two items; margins are counted from the records, each once, not from the cells."""

    down: list[str]
    across: list[str]
    cells: dict[tuple[str, str], Decimal]
    lines: dict[str, Decimal]
    columns: dict[str, Decimal]
    total: Decimal


def crossed(lines: Sequence[Line], summed: int | None, order: Callable[[str], Key]) -> Crossed:
    """A table of the first key of sorted lines by the second; ``summed`` is the cell that is summed, None counts."""
    cells = _amounts(((line.keys, line) for line in lines), summed)
    records = distinct(lines)
    if len(records) == len(lines):
        down, across = (
            {key: Decimal(0) for key in dict.fromkeys(keys[at] for keys in cells)} for at in (0, 1)
        )
        for keys, amount in cells.items():
            down[keys[0]] += amount
            across[keys[1]] += amount
    else:  # a record stands in several cells, but once in a margin
        down, across = (
            _amounts(
                (
                    (key, line)
                    for (key, _), line in {
                        (line.keys[at], line.record or -n): line for n, line in enumerate(lines, 1)
                    }.items()
                ),
                summed,
            )
            for at in (0, 1)
        )
    total = sum(_amounts((("", line) for line in records), summed).values(), Decimal(0))
    return Crossed(list(down), sorted(across, key=order), cells, down, across, total)


def _amounts(lines: Iterable[tuple[Any, Line]], summed: int | None) -> dict[Any, Decimal]:
    """How many lines there are of each key, or their sum."""
    held = Counter((key, "" if summed is None else line.cells[summed]) for key, line in lines)
    made: dict[Any, Decimal] = {}
    for (key, value), times in held.items():
        amount = times * (Decimal(1) if summed is None else decimal_of(value) or Decimal(0))
        made[key] = made.get(key, Decimal(0)) + amount
    return made


def percent(part: Decimal, whole: Decimal) -> str:
    """To one decimal, half up, once; n/a of nothing."""
    return str(half_up(Fraction(part) * 100 / Fraction(whole), 1)) if whole else NOT_APPLICABLE


# What records are grouped and sorted by


def bucket(asked: Askable, as_: str, value: str) -> str:
    """The group that a value falls into: a date in its month, a number in its step."""
    if not value or is_null(value):
        return value
    if asked.dated:
        return _of_date(value, as_ or "day")
    number = decimal_of(value) if asked.numeric and as_ else None
    if number is None:
        return value
    step = int(as_)
    low = int(number // step) * step - (step if number < 0 and number % step else 0)
    return f"{low}-{low + step - 1}"


def _of_date(value: str, as_: str) -> str:
    if as_ == "year" or len(value) < 7:
        return value[:4]
    if as_ == "month":
        return value[:7]
    if as_ == "quarter":
        return f"{value[:4]} Q{(int(value[5:7]) + 2) // 3}" if is_date(f"{value[:7]}-01") else value[:7]
    return value[:10]


def sort_key(asked: Askable, value: str, order: str = "") -> Key:
    """Numbers by size, texts by letters however capitalised, terminal digits as charts are filed; blank comes last."""
    if not value or is_null(value):
        return (1, 0.0, value, "")
    if order == DIGITS:
        return (0, 0.0, terminal_digit_key(value), value)
    if asked.numeric:
        leading = _LEADING.match(value)  # of a step the lower end
        return (0, float(leading[0]) if leading else 0.0, value, "")
    return (0, 0.0, value.casefold(), value)
