"""A list as a report: lines sorted and grouped, subtotals, detail or summary, each line leading to its record."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import groupby
from typing import Final, NamedTuple

from reports.page import Column, Document, Group, Heads, Item, Linked, Row, Total
from reports.sheet import Sheet, Value
from rules.dates import show_date, show_moment
from rules.moments import iso_date
from rules.statistics import NOT_APPLICABLE, half_up

day_text = lru_cache(maxsize=4096)(iso_date)
SUMMARY: Final = "summary"
NOT_TOLD: Final = "(not known)"
WIDE: Final = 132
LABEL: Final = 20  # cells that the groups of a summary have at least
FIGURE, SLIM = 9, 6  # cells of a figure at least, and where there is no room for the groups
SHOWN: Final = {"date": show_date, "moment": show_moment}


@dataclass(frozen=True, slots=True)
class Shown:
    """A column of a list. A width of 0: it is not on that page; sheets have all."""

    key: str
    head: str
    narrow: int
    wide: int
    number: bool = False
    kind: str = ""  # date, moment: canonical inside, shown as people read it


class Line(NamedTuple):
    """A line: its values as they may be shown, where it leads, the groups that it stands in, and what sums need."""

    values: tuple[Value, ...]
    go: str = ""
    groups: tuple[str, ...] = ()
    counted: tuple[int, ...] = ()
    key: int = 0  # lines with the same key are of one record, which sums count once; 0: each by itself


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of a subtotal: a sum of ``counted``, or with ``over`` a mean of it by the sum of another.

    ``over`` -1 is the number of records. A ``share`` is printed as numerator, denominator and per cent: 9/13 69.23.
    """

    head: str
    of: int
    over: int | None = None
    places: int = 2
    scale: int = 1  # what is counted in parts, such as ten-thousandths of a weight
    share: bool = False

    def value(self, lines: Sequence[Line]) -> str:
        """As printed, of lines of different records."""
        if self.share and self.over is not None:
            part, whole = (sum(line.counted[at] for line in lines) for at in (self.of, self.over))
            return f"{part}/{whole} {half_up(Fraction(100 * part, whole), self.places) if whole else NOT_APPLICABLE}"
        total = Fraction(sum(line.counted[self.of] for line in lines), self.scale)
        if self.over is None:
            return f"{half_up(total, self.places if self.scale > 1 else 0):,f}"
        by = len(lines) if self.over < 0 else sum(line.counted[self.over] for line in lines)
        return f"{half_up(total / by, self.places):,f}" if by else NOT_APPLICABLE

    def in_words(self, lines: Sequence[Line]) -> str:
        """As a sentence has it."""
        value = self.value(lines)
        if not self.share:
            return f"{self.head.replace('|', ' ').lower()} {value}"
        counts, _, rate = value.partition(" ")
        percent = rate if rate == NOT_APPLICABLE else f"{rate} %"
        return f"{self.head.partition('|')[0].lower()} {counts.replace('/', ' of ')} ({percent})"


@dataclass(frozen=True)
class Listing:
    """The data of any list."""

    code: str
    title: str
    period: str
    selection: str
    columns: tuple[Shown, ...]
    lines: Sequence[Line]
    measures: tuple[Measure, ...] = ()
    group_heads: tuple[str, ...] = ()  # what lines are grouped by, outermost first
    notes: tuple[str, ...] = ()
    one: str = "line"
    many: str = "lines"
    summary: bool = False
    eject: bool = False
    style: str = "us"
    ids: Sequence[int] = ()  # of the records shown, for the audit trail
    case_ids: Sequence[int] = ()
    behind: Callable[[str], str] | None = None  # the list behind the line of a group
    titles: Mapping[str, str] = field(default_factory=dict)  # of groups, where their code is not all

    def __post_init__(self) -> None:
        day_text.cache_clear()  # texts made amid the rows would keep the memory around them when the rows are gone

    @cached_property
    def listed(self) -> dict[str, str | int]:
        """What the audit trail keeps of a list: how many, and the hash of which."""
        digest = hashlib.sha256(",".join(map(str, sorted(self.ids))).encode())
        return {"count": len(self.lines), "ids": digest.hexdigest()[:16]}


def widened(columns: Sequence[Shown], widths: Mapping[str, tuple[int, int]]) -> tuple[Shown, ...]:
    """The columns, those that are named with other widths (80, 132)."""
    return tuple(
        replace(each, narrow=widths[each.key][0], wide=widths[each.key][1]) if each.key in widths else each
        for each in columns
    )


def render(data: Listing, width: int) -> Document:
    """The list on a page of 80 or 132 columns."""
    body: list[Item] = []
    frozen = 0
    if data.lines and data.summary:
        body = list(_summary(data, width))
    elif data.lines:
        columns = _columns(data, width)
        frozen = sum(column.width + 1 for _, column in columns[:2])
        body = [Heads(tuple(column for _, column in columns)), *_detail(data, [at for at, _ in columns])]
    return Document(
        data.code, data.title, data.period, data.selection, body, len(data.lines), data.notes, frozen
    )


def _columns(data: Listing, width: int) -> list[tuple[int, Column]]:
    widths = [shown.wide if width >= WIDE else shown.narrow for shown in data.columns]
    return [
        (at, Column(shown.head, cells, shown.number))
        for at, (shown, cells) in enumerate(zip(data.columns, widths, strict=True))
        if cells
    ]


def _detail(data: Listing, chosen: Sequence[int]) -> Iterator[Item]:
    yield from _grouped(data, _writer(data, chosen), data.lines, 0)
    yield Total(f"TOTAL: {_in_words(data, data.lines)}", level=0)


def _grouped(data: Listing, row: Callable[[Line], Row], lines: Sequence[Line], level: int) -> Iterator[Item]:
    """Lines within their groups. No closure that calls itself: it would keep the data of a long list."""
    if level == len(data.group_heads):
        for line in lines:
            cells = row(line)
            yield Linked(cells, line.go) if line.go else cells
        return
    for name, group in groupby(lines, key=lambda line: line.groups[level]):
        members = list(group)
        yield Group(_titled(data, name, level), level + 1, data.eject and level == 0)
        yield from _grouped(data, row, members, level + 1)
        yield Total(f"{_named(data, name, level)}: {_in_words(data, members)}", level=level + 1)


def _writer(data: Listing, chosen: Sequence[int]) -> Callable[[Line], Row]:
    """A function from a line to the cells of its row; dates are put into words once each."""
    words: dict[tuple[str, Value], str] = {}
    kinds = [(data.columns[at].kind, at) for at in chosen]

    def shown(kind: str, value: Value) -> str:
        if (kind, value) not in words:
            words[kind, value] = SHOWN[kind](str(value or ""), data.style)
        return words[kind, value]

    def row(line: Line) -> Row:
        values = line.values
        return tuple(
            [
                shown(kind, values[at]) if kind else "" if values[at] is None else str(values[at])
                for kind, at in kinds
            ]
        )

    return row


def _named(data: Listing, name: str, level: int) -> str:
    return f"{data.group_heads[level]} {name or NOT_TOLD}"


def _titled(data: Listing, name: str, level: int) -> str:
    return f"{data.group_heads[level]} {_worded(data, name)}"


def _worded(data: Listing, name: str) -> str:
    """The code of a group with what it stands for."""
    title = data.titles.get(name, "")
    return f"{name}  {title}" if title and title != name else name or NOT_TOLD


def _in_words(data: Listing, lines: Sequence[Line]) -> str:
    records = _records(lines)
    figures = [each.in_words(records) for each in data.measures]
    return "; ".join((f"{len(lines)} {data.one if len(lines) == 1 else data.many}", *figures))


def _summary(data: Listing, width: int) -> Iterator[Item]:
    """A line for each innermost group, and the total. On a narrow page the figures that have room."""
    totals = _figures(data, data.lines)
    sized = _sized(data, totals, FIGURE)
    if _taken(sized) + LABEL > width:
        sized = _sized(data, totals, SLIM)
    while _taken(sized) + LABEL > width:
        sized.pop()
    first = Column(data.group_heads[-1] if data.group_heads else "", width - _taken(sized))
    yield Heads((first, *sized))
    yield from _summed(data, data.lines, 0, len(sized))
    yield Total("TOTAL", ("", *totals[: len(sized)]), level=0, rule=True)


def _sized(data: Listing, totals: Sequence[str], least: int) -> list[Column]:
    """The columns of the figures: heads and totals fit, and 100 per cent of a share."""
    heads = [data.many.capitalize(), *(measure.head for measure in data.measures)]
    shares = [False, *(measure.share for measure in data.measures)]
    longest = [
        len(total.partition(" ")[0] + " 100.00") if share else len(total)
        for total, share in zip(totals, shares, strict=True)
    ]
    return [
        Column(head, max(least, most, *map(len, head.split("|"))), True)
        for head, most in zip(heads, longest, strict=True)
    ]


def _taken(figures: Sequence[Column]) -> int:
    return sum(each.width + 1 for each in figures)


def _summed(data: Listing, lines: Sequence[Line], level: int, many: int) -> Iterator[Item]:
    if level == len(data.group_heads):
        return
    for name, group in groupby(lines, key=lambda line: line.groups[level]):
        members = list(group)
        if level == len(data.group_heads) - 1:
            cells = (_worded(data, name), *_figures(data, members)[:many])
            yield Linked(cells, data.behind(name)) if data.behind else cells
            continue
        yield Group(_titled(data, name, level), level + 1)
        yield from _summed(data, members, level + 1, many)
        yield Total(_named(data, name, level), ("", *_figures(data, members)[:many]), level + 1, rule=True)


def _figures(data: Listing, lines: Sequence[Line]) -> tuple[str, ...]:
    records = _records(lines)
    return (str(len(lines)), *(measure.value(records) for measure in data.measures))


def _records(lines: Sequence[Line]) -> Sequence[Line]:
    """One line of each record."""
    return list({line.key: line for line in lines}.values()) if lines and lines[0].key else lines


def sheets(data: Listing) -> list[Sheet]:
    """The list as a table with all its columns."""
    keys = tuple(shown.key for shown in data.columns)
    heads = tuple(shown.head.replace("|", " ") or shown.key for shown in data.columns)
    kinds = {shown.key: shown.kind for shown in data.columns if shown.kind}
    return [Sheet("lines", keys, heads, [line.values for line in data.lines], data.notes, kinds)]
