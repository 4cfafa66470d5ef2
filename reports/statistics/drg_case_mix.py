"""B02: DRG case mix: weights, stays against the national mean, frequency with one-day stays, trim points.

The index of patients by DRG is the list of discharges grouped by DRG, to which every line leads.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from typing import Final

from config.code_tables import Shelf
from db import conventions, store
from db.statistics import drg_mix, figures
from db.statistics.drg_mix import Part, Tally
from db.worklist import blind
from reports.indices import stays
from reports.indices.withheld import IN_HAND
from reports.page import Column, Document, Group, Heads, Item, Linked, Total
from reports.parameters import Asked
from reports.sheet import Sheet, Value
from rules.moments import iso_date
from rules.periods import month
from rules.statistics import NOT_APPLICABLE, half_up, share

MDC, MONTH, ALL, SUMMARY = "mdc", "month", "all", "summary"
NO_DRG: Final = "none"
HEADS: Final = {
    "mdc": "MDC",
    "service": "Service",
    "unit": "Unit",
    "physician": "Physician",
    "payer": "Payer",
    "month": "Month",
}
FILTERS: Final = {
    "mdc": "mdc",
    "service": "service",
    "unit": "unit",
    "physician": "provider",
    "payer": "payer",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A column: what it shows of a line, beside the total of all lines."""

    key: str
    head: str
    width: int
    value: Callable[[Tally, Tally], str]


def _mean(part: int | Fraction, whole: int, places: int = 2) -> str:
    return str(half_up(Fraction(part) / whole, places)) if whole else NOT_APPLICABLE


def _share(part: int, whole: int) -> str:
    found = share(part, whole)
    return NOT_APPLICABLE if found is None else str(found)


STAYS: Final = Figure("stays", "Stays", 6, lambda of, _: str(of.stays))
PERCENT: Final = Figure("percent", "%", 6, lambda of, whole: _share(of.stays, whole.stays))
DAYS: Final = Figure("days", "Days", 7, lambda of, _: str(of.days))
ALOS: Final = Figure("average_days", "ALOS", 7, lambda of, _: _mean(of.days, of.stays))
GMLOS: Final = Figure("gmlos", "GMLOS", 6, lambda of, _: _mean(of.mean_days, of.compared))
WEIGHTS: Final = Figure("weights", "Sum of|weights", 10, lambda of, _: str(half_up(of.weight, 4)))
CMI: Final = Figure("case_mix_index", "Average|weight", 8, lambda of, _: _mean(of.weight, of.weighed, 4))
OVER: Final = Figure(
    "days_over", "Days over|GMLOS", 9,
    lambda of, _: str(half_up(of.compared_days - of.mean_days, 1)) if of.compared else NOT_APPLICABLE,
)  # fmt: skip
ABOVE: Final = Figure("above", "Out-|liers", 5, lambda of, _: str(of.above))
VIEWS: Final[dict[str, tuple[str, tuple[Figure, ...]]]] = {
    "summary": ("DRG CASE MIX", (STAYS, CMI, WEIGHTS, ALOS, GMLOS, ABOVE)),
    "mix": ("DRG CASE MIX: WEIGHTS", (
        STAYS, PERCENT, CMI, WEIGHTS, Figure("weight_percent", "% of|weights", 7, lambda of, whole: NOT_APPLICABLE
            if not whole.weight else str(half_up(of.weight * 100 / whole.weight, 2))))),
    "stay": ("DRG CASE MIX: STAYS AGAINST THE NATIONAL MEAN", (STAYS, DAYS, ALOS, GMLOS, OVER)),
    "frequency": ("DRG CASE MIX: FREQUENCY AND ONE-DAY STAYS", (
        STAYS, PERCENT, ALOS, Figure("one_day", "One-|day", 6, lambda of, _: str(of.one_day)),
        Figure("one_day_percent", "One-|day %", 6, lambda of, _: _share(of.one_day, of.stays)))),
    "trim": ("DRG CASE MIX: TRIM POINTS", (
        STAYS, Figure("below", "Below", 6, lambda of, _: str(of.below)),
        Figure("within", "Within", 6, lambda of, _: str(of.within)),
        Figure("above", "Above", 6, lambda of, _: str(of.above)),
        Figure("above_percent", "Above|%", 6, lambda of, _: _share(of.above, of.below + of.within + of.above)))),
}  # fmt: skip
SORTS: Final[dict[str, Callable[[Part], tuple[int | Fraction | str, ...]]]] = {
    "drg": lambda part: (part.drg == "", part.drg),
    "stays": lambda part: (-part.tally.stays, part.drg),
    "weight": lambda part: (-part.tally.weight, part.drg),
}


@dataclass(frozen=True, slots=True)
class Data:
    """The DRGs of the discharges asked for."""

    asked: dict[str, str]
    period: str
    selection: str
    parts: Sequence[Part]
    names: dict[str, str]  # of groups
    target: str  # the list behind a line, without what the line adds
    withheld: tuple[str, ...] = ()  # sentences


def query(asked: Asked) -> Data:
    """Read the discharges asked for. Raises ``NotAsked``."""
    by = asked["break"]
    held = blind.accounts_in_hand(asked.actor.user)
    found = drg_mix.parts(replace(stays.wanted(asked), counted=True), by, held)
    found.sort(key=SORTS[asked["sort"]])
    found.sort(key=lambda part: (part.group == "", part.group))
    names = _names(by, asked["to"])
    kept = ("from", "to", "unit", "service", "provider", "payer", "drg", "mdc", "newborn")
    words = [shlex.quote(f"{name}={asked[name]}") for name in kept if asked.get(name)]
    return Data(
        dict(asked), stays.period_said(asked, conventions.convention("date_style")),
        stays.selection(asked) or "all stays", found, names, " ".join(("PGE discharge-list", *words)),
        (IN_HAND,) if held else (),
    )  # fmt: skip


def _names(by: str, day: str) -> dict[str, str]:
    """The names of groups by their codes: those of the site file, or what the table says of MDCs on a day."""
    if by == MDC:
        tables = Shelf(store.current().directory / "site" / "tables")
        return {row.code: row.text for row in tables[MDC].on(day)}
    return figures.names(FILTERS[by]) if by in FILTERS else {}


def total(parts: Sequence[Part]) -> Tally:
    """The sums of some parts."""
    made = Tally()
    for part in parts:
        made.add(part.tally)
    return made


def render(data: Data, width: int) -> Document:
    """A line for each DRG, subtotals for each group; or the groups alone."""
    title, shown = VIEWS[data.asked["view"]]
    by, whole = data.asked["break"], total(data.parts)
    trim = (
        (Column("Low", 3, number=True), Column("High", 4, number=True))
        if data.asked["view"] == "trim"
        else ()
    )
    taken = sum(figure.width + 1 for figure in shown) + sum(column.width + 1 for column in trim)
    figures_ = tuple(Column(figure.head, figure.width, number=True) for figure in shown)
    summary = data.asked["detail"] == SUMMARY and by != ALL
    first = (
        (Column(HEADS[by], width - taken),)
        if summary
        else (Column("DRG", 4), Column("Title", width - taken - 5))
    )
    body: list[Item] = [Heads((*first, *(() if summary else trim), *figures_))]
    blank = ("",) * (len(body[0].columns) - len(shown)) if isinstance(body[0], Heads) else ()
    for name, found in groupby(data.parts, key=lambda part: part.group):
        parts = list(found)
        sums = tuple(figure.value(total(parts), whole) for figure in shown)
        if summary:
            body.append(Linked((_group(data, name), *sums), _go(data, group=name)))
            continue
        if by != ALL:
            body.append(Group(f"{HEADS[by]} {_group(data, name)}", eject=data.asked.get("eject") == "1"))
        body += [_line(data, part, shown, whole, trim=bool(trim)) for part in parts]
        if by != ALL:
            body.append(
                Linked(Total(f"{HEADS[by]} {_group(data, name)}", (*blank, *sums)), _go(data, group=name))
            )
    sums = tuple(figure.value(whole, whole) for figure in shown)
    body.append(Linked(Total("TOTAL", (*blank, *sums), level=0, rule=True), data.target))
    return Document(
        "B02", title, data.period, data.selection, body if data.parts else [], whole.stays, _notes(data, whole),
        0 if summary else 5,
    )  # fmt: skip


def _line(data: Data, part: Part, shown: Sequence[Figure], whole: Tally, *, trim: bool) -> Linked:
    points = (
        ("" if part.low is None else str(part.low), "" if part.high is None else str(part.high))
        if trim
        else ()
    )
    title = part.title or ("" if part.drg else "Without a DRG")
    cells = (part.drg, title, *points, *(figure.value(part.tally, whole) for figure in shown))
    return Linked(cells, _go(data, group=part.group, drg=part.drg or NO_DRG))


def _group(data: Data, name: str) -> str:
    title = data.names.get(name, "")
    return f"{name}  {title}" if title and title != name else name or "(none)"


def _go(data: Data, *, group: str, drg: str = "") -> str:
    """The list behind a line: what was asked for, narrowed to its group and DRG."""
    by = data.asked["break"]
    more = {FILTERS[by]: group or NO_DRG} if by in FILTERS else {}
    if by == MONTH:
        held = month(group)
        more = {"from": max(data.asked["from"], iso_date(held.from_day)),
                "to": min(data.asked["to"], iso_date(held.to_day))}  # fmt: skip
    more |= {"drg": drg} if drg else {}
    kept = [word for word in shlex.split(data.target) if word.partition("=")[0] not in more]
    return " ".join(
        (*map(shlex.quote, kept), *(shlex.quote(f"{name}={value}") for name, value in more.items()))
    )


def _notes(data: Data, whole: Tally) -> tuple[str, ...]:
    said = [
        f"Stays without a DRG weight: {whole.stays - whole.weighed}.",
        "Average weight (case-mix index): sum of weights by the stays that have one.",
    ]
    if whole.compared < whole.stays:
        said.append(f"Stays whose DRG has no geometric mean (CMS Table 5): {whole.stays - whole.compared}.")
    if data.asked["view"] in ("summary", "trim"):
        said.append("Outliers: stays over the high trim point of their DRG (table drg_trim_points).")
    return (*said, *data.withheld)


def sheets(data: Data) -> list[Sheet]:
    """Every figure of every DRG."""
    chosen = {figure.key: figure for _, shown in VIEWS.values() for figure in shown}
    keys = ("group", "drg", "mdc", "title", "low_trim", "high_trim", *chosen)
    whole = total(data.parts)
    rows: list[tuple[Value, ...]] = [
        (part.group, part.drg, part.mdc, part.title, part.low, part.high,
         *(figure.value(part.tally, whole) for figure in chosen.values()))
        for part in data.parts
    ]  # fmt: skip
    heads = tuple(key.replace("_", " ").capitalize() for key in keys)
    return [Sheet("drgs", keys, heads, rows, (data.selection,))]
