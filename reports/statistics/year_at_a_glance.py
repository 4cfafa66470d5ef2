"""S04: twelve months side by side, a line for each figure; the total or the average is worked from sums.

An average of the year is never the average of twelve rates. What is counted once a month but once a year too, such as
patients operated on, is counted anew for the year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from db import conventions, store
from db.statistics import figures
from reports.charts import line_chart
from reports.page import Block, Column, Document, Group, Heads, Item, Linked
from reports.parameters import Asked
from reports.sheet import Sheet
from reports.statistics import drill
from reports.statistics.measures import (
    BIRTH_LINES,
    BOTH_LINES,
    CENSUS_LINES,
    EVENT_LINES,
    MISSING,
    NO_VALUE,
    NOT_COLLECTED,
    Beside,
    Counting,
    counting,
    label,
    not_whole,
    short,
    so_far,
    span,
    worked,
)
from reports.statistics.parameters import CALENDAR_YEAR, FISCAL, YEAR
from rules import statistics
from rules.moments import iso_date
from rules.periods import Period, fiscal_year_to, month, month_of
from rules.statistics import ADULTS, INCLUDING, LABELS, NEWBORN, Count, with_both, with_hospital

MONTHS: Final = 12
NOT_YET: Final = ""
GROUPS: Final = (
    ("ADULTS AND CHILDREN", ADULTS, CENSUS_LINES),
    ("NEWBORNS", NEWBORN, CENSUS_LINES),
    ("ADULTS, CHILDREN AND NEWBORNS TOGETHER", INCLUDING, BOTH_LINES),
    ("BIRTHS", ADULTS, tuple(key for key in BIRTH_LINES if key not in NOT_COLLECTED)),
    (
        "DEATHS, OPERATIONS, AUTOPSIES, INFECTIONS, CASE MIX",
        ADULTS,
        tuple(key for key in EVENT_LINES if key not in NOT_COLLECTED),
    ),
)


SHORT: Final = {  # labels that leave room for twelve columns
    "opening_census": "Census, beginning", "closing_census": "Census, end", "transfers_in": "Transfers in",
    "transfers_out": "Transfers out", "discharges": "Discharges and deaths", "same_day_cases": "Same-day cases",
    "cesarean_rate": "Cesarean rate %", "newborn_deaths_per_1000_live_births": "NB deaths/1,000 births",
    "hospital_net_death_rate": "Institutional death %", "postoperative_death_rate": "Postop. death rate %",
    "anesthesia_death_rate": "Anesthesia death %", "adjusted_autopsy_rate": "Adjusted autopsy %",
    "hospital_infections": "Hospital infections", "infection_rate": "Hospital infection %",
    "clean_case_infections": "Clean-case infections", "postoperative_infection_rate": "Postop. infection %",
    "discharges_grouped": "With a DRG weight", "discharges_not_grouped": "Without a DRG weight",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Data:
    """The months of a year, those that have not begun without counts, and the year as far as it went."""

    months: tuple[Beside, ...]
    year: Beside
    counting: Counting
    as_of: str
    status: str
    version: int | None
    since: int | None = None  # the first day on file


def query(asked: Asked) -> Data:
    """Count each month that has begun, and the year to the last of them."""
    last = month(asked["month"])
    how = counting(last.to_day)
    today, spans = store.current().now().day, _months(last, asked.get(YEAR.name, ""), how.fiscal_year_start)
    begun = [so_far(each) for each in spans if each.from_day < today]
    whole = Period(spans[0].from_day, begun[-1].to_day if begun else spans[-1].to_day)
    houses = figures.houses((whole, *begun)) if begun else []
    happened = [figures.happened(each) for each in begun]
    months = [
        Beside(short(each), each, _counts(each, house, events))
        for each, house, events in zip(begun, houses[1:], happened, strict=True)
    ]
    months += [Beside(short(each), each, {}) for each in spans[len(begun) :]]
    events = figures.added(whole, happened)
    year = Beside("Year", whole, _counts(whole, houses[0], events) if begun else {})
    return Data(tuple(months), year, how, store.current().now().local, asked.status, asked.version,
                figures.first_day())  # fmt: skip


def _months(last: Period, kind: str, fiscal_start: str) -> list[Period]:
    """The twelve months that end with one, or those of its fiscal or calendar year."""
    first = month_of(last.from_day, months_back=MONTHS - 1)
    if kind == FISCAL:
        first = month_of(fiscal_year_to(last.to_day, fiscal_start).from_day)
    if kind == CALENDAR_YEAR:
        first = month(f"{last.name[:4]}-01")
    return [month_of(first.from_day, months_back=-ahead) for ahead in range(MONTHS)]


def _counts(period: Period, house: figures.Counts, events: Mapping[str, Count]) -> dict[str, Count]:
    newborns = conventions.convention("newborns_in_death_rates", period.to_day) == "both terms"
    return with_hospital(with_both({**house, **events}), newborns=newborns)


def render(data: Data, width: int) -> Document:
    """Twelve columns and the total; on narrow paper six months, then six months and the total."""
    body: list[Item] = []
    halves = [(data.months, True)] if width >= 132 else [(data.months[:6], False), (data.months[6:], True)]
    for months, total in halves if data.year.counts else ():
        body += _table(data, months, width, total=total)
    body += _chart(data, width) if data.year.counts else []
    return Document(
        "S04", "YEAR AT A GLANCE", span(data.year.period, data.counting.style), "the house", body, None,
        _sentences(data), frozen_columns=_LABEL[width >= 132],
    )  # fmt: skip


_LABEL: Final = {True: 26, False: 22}


def _table(data: Data, months: tuple[Beside, ...], width: int, *, total: bool) -> list[Item]:
    size = 7 if width >= 132 else 8 if not total else 7
    columns = [Column(each.heading, size, number=True) for each in months]
    columns += [Column("Total or|average", 9, number=True)] if total else []
    items: list[Item] = [Heads((Column("", _LABEL[width >= 132]), *columns))]
    half = f"{months[0].heading}-{months[-1].heading}  " if len(months) < MONTHS else ""
    for title, prefix, keys in GROUPS:
        items.append(Group(half + title))
        for key in keys:
            cells = [_shown(each, key, prefix) for each in months]
            row = (SHORT.get(key, LABELS[key]), *cells, *([_shown(data.year, key, prefix)] if total else []))
            items.append(
                Linked(row, drill.behind(key, data.year.period, data.counting.of_class(key, prefix)))
            )
    return items


def _shown(beside: Beside, key: str, prefix: str) -> str:
    return worked(key, beside.counts, prefix, beside.missing).shown if beside.counts else NOT_YET


def _chart(data: Data, width: int) -> list[Item]:
    """The average daily census as a line."""
    known = [worked("average_daily_census", each.counts, ADULTS, MISSING) for each in data.months]
    points = [
        (each.heading[:2], figure.value, figure.shown if each.counts else NOT_YET)
        for each, figure in zip(data.months, known, strict=True)
    ]
    drawn = line_chart(points, min(width, 110), 10)
    return (
        [Heads(), Block(("", "CHART: AVERAGE DAILY CENSUS, ADULTS AND CHILDREN", *drawn), captioned=True)]
        if drawn
        else []
    )


def _sentences(data: Data) -> tuple[str, ...]:
    return (
        *data.counting.sentences(),
        "Counts are totals of the year so far; rates and averages are worked from its sums, never from monthly ones.",
        "The census of the year is that of its first and last day, highest and lowest those of all its days.",
        NO_VALUE,
        *(f"{each}." for each in not_whole(data.since, (data.year,), data.counting.style)),
    )


def sheets(data: Data) -> list[Sheet]:
    """A row for each figure, a column for each month."""
    names = [each.period.name for each in data.months]
    rows = [
        (prefix + key if not key.startswith(prefix) or not prefix else key, label(key, prefix),
         *[worked(key, each.counts, prefix, each.missing).value if each.counts else None
           for each in (*data.months, data.year)])
        for prefix, key in _lines()
    ]  # fmt: skip
    return [Sheet("months", ("key", "figure", *names, "year"), ("Key", "Figure", *names, "Total or average"), rows,
                  _sentences(data))]  # fmt: skip


def _lines() -> list[tuple[str, str]]:
    return [(prefix, key) for _, prefix, keys in GROUPS for key in keys]


def as_json(data: Data) -> dict[str, Any]:
    """Each month by its name, blank ones left out, and the year; figures as in the monthly summary."""
    return {
        "from": iso_date(data.year.period.from_day),
        "to": iso_date(data.year.period.to_day),
        "status": data.status,
        "version": data.version,
        "as_of": data.as_of,
        "conventions": data.counting.as_json(),
        "figures": _figures(data.year),
        "by_month": {each.period.name: _figures(each) for each in data.months if each.counts},
    }


def _figures(beside: Beside) -> Mapping[str, Any]:
    made = (worked(key, beside.counts, prefix, beside.missing) for prefix, key in _lines())
    return {each.key: statistics.as_json(each) for each in made}
