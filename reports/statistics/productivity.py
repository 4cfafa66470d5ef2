"""P01: records and minutes of each technician by record type, and the rate against the facility's standard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Final

from config.code_tables import Shelf
from db import conventions, store
from db.worklist import work_times
from db.worklist.work_times import Figures
from reports.page import Column, Document, Group, Heads, Item, Total
from reports.parameters import NotAsked
from reports.sheet import Sheet, Value
from rules.dates import show_date
from rules.moments import day_number, iso_date
from rules.statistics import half_up
from rules.work import LIMITS, limit, per_hour, percent

RECORDS: Final = (
    "Records: filed at least once in the period; amended: filings of records that were filed before."
)
STANDARD: Final = "Standard: records an hour (table productivity_standards), the facility's to confirm."
UNITS: Final = (
    "Units: workload units of the records, by the same table; blank where it has none for the record type."
)
WIDE: Final = 132


@dataclass(frozen=True, slots=True)
class Data:
    """The figures of a period, and the standard of each record type on its last day."""

    figures: list[Figures]
    standards: Mapping[str, Decimal]
    by_day: bool
    period: str
    selection: str
    style: str
    pause_seconds: int | None  # a longer one was no work; None: the facility leaves none out
    units: Mapping[str, Decimal]  # workload units of a record, by data set


def query(parameters: Mapping[str, str]) -> Data:
    """Read. Raises ``NotAsked`` when the period ends before it begins."""
    first, last = day_number(parameters["from"]), day_number(parameters.get("to") or parameters["from"])
    if last < first:
        raise NotAsked("The period ends before it begins.")
    user, by_day = parameters.get("technician", ""), parameters.get("by") == "day"
    found = work_times.figures(first, last, user=user, by_day=by_day)
    style = conventions.convention("date_style")
    shown = " to ".join(dict.fromkeys(show_date(iso_date(day), style) for day in (first, last)))
    return Data(
        found, standards(iso_date(last)), by_day, shown, user or "all technicians", style, pause(iso_date(last)),
        _numbers(iso_date(last), "units"),
    )  # fmt: skip


def standards(day: str) -> dict[str, Decimal]:
    """Records an hour that are expected on an ISO day, by data set."""
    return _numbers(day, "per_hour")


def _numbers(day: str, name: str) -> dict[str, Decimal]:
    table = _shelf()["productivity_standards"]
    return {row.code: Decimal(str(row.more[name])) for row in table.on(day) if name in row.more}


def pause(day: str) -> int | None:
    """The longest pause in seconds that counts as work on an ISO day."""
    return limit(_shelf()[LIMITS], "pause", day)


def left_out(seconds: int | None) -> str:
    """Which pauses do not count, in words."""
    if seconds is None:
        return "no pause is left out"
    minutes, rest = divmod(seconds, 60)
    return (
        f"pauses over {seconds} seconds are left out"
        if rest
        else f"pauses over {minutes} minutes are left out"
    )


def _shelf() -> Shelf:
    return Shelf(store.current().directory / "site" / "tables")


def render(data: Data, width: int) -> Document:
    """A group for each technician, a line for each record type, and each day where that was asked for."""
    columns = (
        Column("Record type", width - (77 if width >= WIDE else 60)),
        Column("Records", 7, number=True), Column("First|filed", 5, number=True),
        Column("Amended", 7, number=True), Column("Minutes", 7, number=True),
        Column("Units", 7, number=True),
        *((Column("Units|an hour", 7, number=True), Column("Minutes|a record", 8, number=True))
          if width >= WIDE else ()),
        Column("Records|an hour", 7, number=True), Column("Standard", 8, number=True), Column("%", 4, number=True),
    )  # fmt: skip
    body: list[Item] = [Heads(columns)]
    for user, rows in groupby(data.figures, lambda each: (each.user, each.full_name)):
        found = list(rows)
        body.append(Group(" ".join(filter(None, user))))
        body += [_row(data, each, width) for each in found]
        if len(found) > 1:
            body.append(Total("All records", _sums(data, found, width), level=1, rule=True))
    if len({each.user for each in data.figures}) > 1:
        body.append(Total("All technicians", _sums(data, data.figures, width), level=1, rule=True))
    return Document(
        "P01",
        "PRODUCTIVITY",
        data.period,
        data.selection,
        body if data.figures else [],
        len(data.figures),
        (
            RECORDS,
            f"Minutes: from the first touch to filing or leaving; {left_out(data.pause_seconds)}.",
            STANDARD,
            UNITS,
        ),
    )


def _row(data: Data, each: Figures, width: int) -> tuple[str, ...]:
    standard = data.standards.get(each.data_set)
    name = f"{each.data_set} {show_date(iso_date(each.day), data.style)}" if each.day else each.data_set
    share = str(percent(each.rate, standard)) if standard and each.rate is not None else ""
    return (
        name, str(each.records), str(each.first), str(each.amended), str(each.minutes),
        *_worked(units_of(data, [each]), each.records, each.seconds, width),
        "" if each.rate is None else str(each.rate), "" if standard is None else str(standard), share,
    )  # fmt: skip


def _sums(data: Data, found: list[Figures], width: int) -> tuple[str, ...]:
    records, seconds = sum(each.records for each in found), sum(each.seconds for each in found)
    rate = per_hour(records, seconds)
    return (
        "", str(records), str(sum(each.first for each in found)), str(sum(each.amended for each in found)),
        str((seconds + 30) // 60), *_worked(units_of(data, found), records, seconds, width),
        "" if rate is None else str(rate), "", "",
    )  # fmt: skip


def units_of(data: Data, found: Sequence[Figures]) -> Decimal | None:
    """The workload units of records; None where a record type among them has no units."""
    if any(each.records and each.data_set not in data.units for each in found):
        return None
    return sum((each.records * data.units.get(each.data_set, Decimal()) for each in found), Decimal())


def _worked(units: Decimal | None, records: int, seconds: int, width: int) -> tuple[str, ...]:
    """Units, and on the wide page units an hour and minutes a record."""
    if width < WIDE:
        return ("" if units is None else str(units),)
    an_hour = half_up(Fraction(units) * 3600 / seconds, 1) if units is not None and seconds else None
    return (
        "" if units is None else str(units),
        "" if an_hour is None else str(an_hour),
        _each(seconds, records),
    )


def _each(seconds: int, records: int) -> str:
    """Minutes a record to one decimal, half up."""
    return str(Decimal((seconds * 20 + records * 60) // (2 * records * 60)).scaleb(-1)) if records else ""


def sheets(data: Data) -> list[Sheet]:
    """One row for each technician and record type, and each day where that was asked for."""
    keys = (
        "user",
        "data_set",
        "day",
        "records",
        "first_filed",
        "amended",
        "seconds",
        "per_hour",
        "standard_per_hour",
        "units",
    )
    heads = (
        "User", "Record type", "Day", "Records", "First filed", "Amended", "Seconds", "Records an hour", "Standard",
        "Units",
    )  # fmt: skip
    rows: list[tuple[Value, ...]] = [
        (
            each.user, each.data_set, iso_date(each.day) if each.day else "", each.records, each.first, each.amended,
            each.seconds, each.rate, data.standards.get(each.data_set), units_of(data, [each]),
        )
        for each in data.figures
    ]  # fmt: skip
    return [Sheet("productivity", keys, heads, rows)]
