"""S03: the discharges of a period by payer, disposition, age, sex, race and origin, each with days, ALOS and case mix.

A stay counts once, with its discharge. Total lines come from counts, never from rounded parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from db import store
from db.statistics import discharges
from db.statistics.discharges import DIMENSIONS, SIGNED, Part
from reports.page import Block, Column, Document, Heads, Item, Linked, Row, Total
from reports.parameters import Asked
from reports.sheet import Sheet
from reports.statistics import drill
from reports.statistics.measures import (
    NO_VALUE,
    Counting,
    asked_period,
    chosen,
    counting,
    so_far,
    span,
    worked,
)
from reports.statistics.parameters import ADULTS, ALL, BY, NEWBORNS, OF
from rules import statistics
from rules.moments import iso_date
from rules.periods import Period
from rules.statistics import Count, share

_SAID: Final = {ADULTS: "adults and children", NEWBORNS: "newborns", ALL: "newborns included"}
_CLASS: Final = {ADULTS: {"newborn": "0"}, NEWBORNS: {"newborn": "1"}, ALL: {}}


@dataclass(frozen=True, slots=True)
class Data:
    """The discharges of a period by each dimension asked for."""

    period: Period
    mix: Mapping[str, Sequence[Part]]
    of: str
    counting: Counting
    as_of: str
    status: str
    version: int | None


def query(asked: Asked) -> Data:
    """Divide the discharges of the period: one pass over them."""
    period = so_far(asked_period(asked))
    by, of = asked.get(BY.name, ""), asked.get(OF.name, ADULTS)
    mix = discharges.mix(period, (by,) if by else SIGNED, of)
    return Data(
        period,
        mix,
        of,
        counting(period.to_day),
        store.current().now().local,
        asked.status,
        asked.version,
    )


def render(data: Data, width: int) -> Document:
    """A table for each way to divide them."""
    body: list[Item] = []
    for by, parts in data.mix.items():
        body += table(by, parts, data.period, width, data.of)
    first = next(iter(data.mix.values()), ())
    count = int(summed(first).get("discharges", 0))
    selection = chosen(_SAID[data.of], data.period)
    return Document(
        "S03", "PATIENT MIX", span(data.period, data.counting.style), selection, body if count else [], count,
        _sentences(data), frozen_columns=_label_width(width),
    )  # fmt: skip


def _sentences(data: Data) -> tuple[str, ...]:
    return (
        *data.counting.sentences(),
        "A stay counts once, with its discharge. Rounded parts may add to 99.9 or 100.1: totals come from counts.",
        "Age on the day of admission. Payer, attending physician and residence as they are on file now.",
        NO_VALUE,
        "CMI: weights by discharges with a DRG weight.",
    )


def table(by: str, parts: Sequence[Part], period: Period, width: int, of: str = ADULTS) -> Iterator[Item]:
    """The discharges of a period by one dimension, with a total line."""
    if not parts:
        return
    whole, dimension = summed(parts), DIMENSIONS[by]
    yield Heads()
    yield Block(("", f"BY {dimension.title.upper()}"), keep_next=True)
    yield Heads(_columns(dimension.title, width))
    for part in parts:
        name = (
            part.name
            if part.name == part.code or not part.code or by == "age"
            else f"{part.code} {part.name}"
        )
        row = (name, *_cells(part.counts, whole, width))
        yield Linked(row, _go(period, of, part.asks) if part.asks else "")
    yield Linked(Total("All", ("", *_cells(whole, whole, width)), rule=True), _go(period, of, ""))


def _go(period: Period, of: str, asks: str) -> str:
    name, _, value = asks.partition("=")
    first, last = iso_date(period.from_day), iso_date(period.to_day)
    within = {"from": first, "to": last, **_CLASS[of]}
    return drill.go(drill.DISCHARGES, **within, **({name: value} if name else {}))


def summed(parts: Sequence[Part]) -> dict[str, Count]:
    """All parts together, from their counts."""
    whole: dict[str, Count] = {}
    for part in parts:
        for name, count in part.counts.items():
            whole[name] = Fraction(whole.get(name, 0)) + Fraction(count)
    return whole


# Key of a figure (``share`` is the part of all in per cent), heading, width at 80 and at 132 columns (0: left out).
_FIGURES: Final = (
    ("discharges", "Disch", 6, 8), ("share", "%", 6, 7), ("discharge_days", "Days", 8, 9),
    ("average_length_of_stay", "ALOS", 6, 7), ("case_mix_index", "CMI", 7, 8),
    ("discharges_not_grouped", "No|weight", 6, 8), ("deaths", "Died", 5, 6), ("deaths_under_48h", "<48h", 0, 5),
    ("gross_death_rate", "Gross|death%", 0, 6), ("net_death_rate", "Net|death%", 0, 6),
    ("readmission_30_day_rate", "Readm|%", 0, 6),
)  # fmt: skip


def _shown_at(width: int) -> list[tuple[str, str, int]]:
    sized = [(key, head, wide if width >= 132 else narrow) for key, head, narrow, wide in _FIGURES]
    return [(key, head, size) for key, head, size in sized if size]


def _label_width(width: int) -> int:
    return width - sum(size + 1 for _, _, size in _shown_at(width))


def _columns(title: str, width: int) -> tuple[Column, ...]:
    return (
        Column(title, _label_width(width)),
        *[Column(head, size, number=True) for _, head, size in _shown_at(width)],
    )


def _cells(counts: Mapping[str, Count], whole: Mapping[str, Count], width: int) -> Row:
    return tuple(_cell(key, counts, whole) for key, _, _ in _shown_at(width))


def _cell(key: str, counts: Mapping[str, Count], whole: Mapping[str, Count]) -> str:
    value = _value(key, counts, whole)
    return "n/a" if value is None else f"{value:,f}"


def _value(key: str, counts: Mapping[str, Count], whole: Mapping[str, Count]) -> Decimal | None:
    if key == "share":
        return share(counts["discharges"], whole["discharges"])
    return worked(key, counts, "", {}).value


def sheets(data: Data) -> list[Sheet]:
    """A table for each way to divide them."""
    return [sheet(by, parts, _sentences(data)) for by, parts in data.mix.items()]


def sheet(by: str, parts: Sequence[Part], sentences: tuple[str, ...]) -> Sheet:
    """The parts of one dimension as a table of values."""
    whole = summed(parts)
    keys = ("code", "name", *[key for key, *_ in _FIGURES])
    headings = ("Code", DIMENSIONS[by].title, *[head.replace("|", " ") for _, head, *_ in _FIGURES])
    rows = [
        (part.code, part.name, *[_value(key, part.counts, whole) for key, *_ in _FIGURES]) for part in parts
    ]
    return Sheet(f"by_{by.replace('-', '_')}", keys, headings, rows, sentences)


def as_objects(parts: Sequence[Part]) -> dict[str, Any]:
    """The parts of one dimension by their codes, ``""`` for what is not known; figures as in the monthly summary."""
    whole = summed(parts)
    return {
        part.code: {
            "name": part.name,
            "share": {"value": str(share(part.counts["discharges"], whole["discharges"]))},
            **{
                key: statistics.as_json(worked(key, part.counts, "", {}))
                for key, *_ in _FIGURES
                if key != "share"
            },
        }
        for part in parts
    }


def as_json(data: Data) -> dict[str, Any]:
    """Every way to divide them, and all together."""
    first = next(iter(data.mix.values()), ())
    whole = summed(first)
    keys = [key for key, *_ in _FIGURES if key != "share"] if whole else []
    return {
        "period": data.period.name,
        "from": iso_date(data.period.from_day),
        "to": iso_date(data.period.to_day),
        "of": _SAID[data.of],
        "status": data.status,
        "version": data.version,
        "as_of": data.as_of,
        "conventions": data.counting.as_json(),
        "figures": {key: statistics.as_json(worked(key, whole, "", {})) for key in keys},
        **{f"by_{by.replace('-', '_')}": as_objects(parts) for by, parts in data.mix.items()},
    }
