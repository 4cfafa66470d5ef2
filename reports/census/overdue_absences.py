"""N05: absences past their limit at the census hour of a day, as VistA's bulletin of overdue absences tells them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from db import conventions
from db.statistics import absences
from db.statistics.absences import Overdue
from reports import conventions as said
from reports import identifiers
from reports.census.daily_census import age_text
from reports.census.lines import aside, so_far, under_way
from reports.page import Cell, Column, Document, Group, Heads, Item, Linked, Total
from reports.parameters import FULL, NONE, Asked
from reports.sheet import Sheet
from rules.conventions import Conventions
from rules.dates import show_date, show_moment
from rules.moments import iso_date
from rules.text import cells

COLUMNS: Final = {
    80: (
        Column("Left", 16), Column("MRN", 10), Column("Name", 19), Column("Sex/|age", 5), Column("Unit", 8),
        Column("Svc", 6), Column("Days|away", 5, number=True), Column("Over", 4, number=True),
    ),
    132: (
        Column("Left", 16), Column("MRN", 12), Column("Name", 29), Column("Sex/|age", 6), Column("Account", 12),
        Column("Unit", 14), Column("Service", 12), Column("Attending", 10), Column("Days|away", 5, number=True),
        Column("Over", 5, number=True),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Data:
    """The absences of a day that are past their limit, by kind."""

    day: int
    absences: tuple[Overdue, ...]
    identifiers: str
    conventions: Conventions
    style: str
    under_way: bool


def query(asked: Asked) -> Data:
    """Read who is away at the census hour of a day for too long. Raises ``NotAsked``."""
    day = asked.day("day") or 0
    going_on = under_way(day)
    return Data(
        day, tuple(absences.overdue(day)), asked.identifiers, conventions.conventions(day),
        conventions.convention("date_style", day), going_on,
    )  # fmt: skip


def render(data: Data, width: int) -> Document:
    """The absences as a document for a page of 80 or 132 columns."""
    columns = COLUMNS[132 if width >= 132 else 80]
    body: list[Item] = [Heads(columns), *_kinds(data, wide=width >= 132)] if data.absences else []
    shown = show_date(iso_date(data.day), data.style)
    return Document(
        "N05", "OVERDUE ABSENCES", f"{shown}, census at {data.conventions.census_hour.replace(':', '')}",
        so_far("absences past their limit, all units", under_way=data.under_way), body, len(data.absences),
        (*said.sentences(data.conventions),
         "Days away: census hours missed, that of the day among them. Over: of these, past the limit.",
         "Limits: table absence_limits. An absence ends with the return, or with the discharge."),
        frozen_columns=sum(column.width + 1 for column in columns[:2]),
    )  # fmt: skip


def _kinds(data: Data, *, wide: bool) -> Iterator[Item]:
    for limit, of_kind in groupby(data.absences, key=lambda each: each.limit):
        found = list(of_kind)
        yield Group(f"{limit.text}: more than {limit.nights} days")
        for each in found:
            yield from _lines(each, data, wide=wide)
        yield Total(f"  {limit.text}: {len(found)}")


def _lines(each: Overdue, data: Data, *, wide: bool) -> Iterator[Item]:
    """An absence as a line that leads to its account, unless nobody may be told from the page."""
    left, level = each.left, data.identifiers
    age = age_text(left.birth_date, iso_date(data.day))
    who: tuple[Cell, ...] = (
        show_moment(left.at, data.style), identifiers.mrn(left.mrn, level), identifiers.name(left.name, level),
        f"{left.sex or '?'}/{age or '?'}",
    )  # fmt: skip
    row: tuple[Cell, ...] = (*who, left.unit, left.service, each.nights, each.over)
    if wide:
        number = identifiers.number(left.account, level)
        row = (*who, number, left.unit, left.service, left.attending, each.nights, each.over)
    yield row if level == NONE else Linked(row, f"ABS {left.account}")
    room = next(column.width for column in COLUMNS[132 if wide else 80] if column.head == "Unit")
    if cells(left.unit) > room:
        yield aside(f"{'':17}{left.unit}")


_KEYS: Final = (
    "kind", "leave_type", "limit_days", "left_at", "days_away", "over", "mrn", "name", "sex", "birth_date", "account",
    "newborn", "unit", "service", "attending",
)  # fmt: skip


def sheets(data: Data) -> list[Sheet]:
    """An absence in a row."""
    level = data.identifiers
    rows = [
        (each.limit.text, each.left.leave_type, each.limit.nights, each.left.at, each.nights, each.over,
         identifiers.mrn(each.left.mrn, level), identifiers.name(each.left.name, level), each.left.sex,
         each.left.birth_date if level == FULL else "", identifiers.number(each.left.account, level),
         int(each.left.newborn), each.left.unit, each.left.service, each.left.attending)
        for each in data.absences
    ]  # fmt: skip
    headings = tuple(key.replace("_", " ").capitalize() for key in _KEYS)
    return [Sheet("absences", _KEYS, headings, rows, said.sentences(data.conventions))]
