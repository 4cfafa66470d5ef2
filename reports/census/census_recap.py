"""C03: the census of a month recapitulated day by day and unit by unit; totals come from the counts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from db import conventions
from db.hospital import site
from db.statistics import census, figures
from db.statistics.census import DayRow
from reports import conventions as said
from reports.census.lines import CLASSES, behind, spelled, unbalanced
from reports.census.recap import Recap, recap, total
from reports.page import Cell, Column, Document, Group, Heads, Item, Linked, Total
from reports.parameters import Asked
from reports.sheet import Sheet, Value
from reports.statistics.measures import so_far as month_so_far
from rules.conventions import Conventions
from rules.dates import show_date
from rules.moments import iso_date
from rules.periods import Period, month
from rules.statistics import NOT_APPLICABLE, share

_HEADS: Final = ("Prev", "Adm", "Trf|in", "Retd", "Disc", "Died", "Trf|out", "Away", "Cen-|sus", "Same|day", "DIC",
                 "Beds", "Occ %")  # fmt: skip
_WIDTHS: Final = {
    80: (9, 5, 4, 4, 4, 4, 4, 4, 4, 5, 4, 5, 5, 6),
    132: (46, 6, 5, 5, 5, 5, 5, 5, 5, 6, 5, 7, 7, 7),
}

Key = tuple[int, str, bool]  # day, unit, newborn


@dataclass(frozen=True, slots=True)
class Data:
    """A recapitulation for each day and unit on which anything was counted."""

    month: str
    period: Period
    grid: Mapping[Key, Recap]
    units: tuple[str, ...]  # asked for; none: all
    summary: bool  # the house alone
    by_unit: bool  # broken by unit, not by day
    unit_names: Mapping[str, str]
    conventions: Conventions
    style: str


def query(asked: Asked) -> Data:
    """Read the day summary of a month and of the day before it; a month under way to the last whole day."""
    whole = month(asked["month"])
    period = month_so_far(whole)
    codes, wanted = site.codes("unit"), asked.listed("unit")
    rows = {
        (row.day, row.unit_id, bool(row.newborn)): row
        for row in census.day_summary(period.from_day - 1, period.to_day, by=("day", "unit_id", "newborn"))
    }
    places = _places(period)
    grid: dict[Key, Recap] = {}
    for unit_id in sorted({unit for _, unit, _ in (*rows, *places)}, key=lambda each: codes[each]):
        if not wanted or codes[unit_id] in wanted:
            grid |= dict(_of_unit(rows, places, unit_id, codes[unit_id], period))
    return Data(
        whole.name, period, grid, wanted, asked["detail"] == "summary", asked["by"] == "unit", figures.names("unit"),
        conventions.conventions(period.to_day), conventions.convention("date_style", period.to_day),
    )  # fmt: skip


def _places(period: Period) -> dict[tuple[int, int, bool], int]:
    """Beds, and bassinets for newborns, of each day and unit."""
    found = {}
    for unit, beds, bassinets, first, last in site.bed_spans(period.from_day, period.to_day):
        for day in range(first, last + 1):
            found[day, unit, False], found[day, unit, True] = beds, bassinets
    return found


def _of_unit(
    rows: Mapping[tuple[int, int, bool], DayRow], places: Mapping[tuple[int, int, bool], int], unit_id: int,
    code: str, period: Period,
) -> Iterator[tuple[Key, Recap]]:  # fmt: skip
    for newborn, _ in CLASSES:
        for day in range(period.from_day, period.to_day + 1):
            made = recap(
                rows.get((day, unit_id, newborn)), rows.get((day - 1, unit_id, newborn)),
                places.get((day, unit_id, newborn), 0),
            )  # fmt: skip
            if made != Recap():
                yield (day, code, newborn), made


def of_days(
    grid: Mapping[Key, Recap], period: Period, units: Collection[str], *, newborn: bool
) -> tuple[Recap, int]:
    """The whole period as one line, previous of its first day, census of its last, all else added up; service days."""
    # A unit with nobody on the first day and none before has no recapitulation there: its previous census is 0.
    days = [of_day(grid, day, units, newborn=newborn) for day in range(period.from_day, period.to_day + 1)]
    summed = total(days)
    made = summed._replace(previous=days[0].previous, census=days[-1].census) if days else summed
    return made, summed.daily_inpatient_census


def of_day(grid: Mapping[Key, Recap], day: int, units: Collection[str], *, newborn: bool) -> Recap:
    """A day of some units as one line."""
    return total(made for unit in units if (made := grid.get((day, unit, newborn))))


def render(data: Data, width: int) -> Document:
    """The month as a document for a page of 80 or 132 columns."""
    widths = _WIDTHS[132 if width >= 132 else 80]
    columns = (
        Column("Unit", widths[0]),
        *(Column(head, size, number=True) for head, size in zip(_HEADS, widths[1:], strict=True)),
    )
    page = _Page(data, widths[0])
    span = (show_date(iso_date(day), data.style) for day in (data.period.from_day, data.period.to_day))
    body: list[Item] = [Heads(columns), *page.body()] if data.grid else []
    return Document(
        "C03", "CENSUS RECAPITULATION", " to ".join(span), _selection(data), body, None,
        (*said.sentences(data.conventions),
         "The month: previous is the census before its first day, census that of its last; the rest is added up.",
         "So DIC of the month is service days, and beds is bed count days.",
         "Retd and Away: back from and gone on leave off the census. Disc: discharges, deaths included."),
        frozen_columns=min(widths[0] + 1, 12),
    )  # fmt: skip


def _selection(data: Data) -> str:
    units = f"units {', '.join(data.units)}" if data.units else "all units"
    if data.summary:
        return f"{units}, {'added up' if data.units else 'the house'} by day"
    return f"{units}, by {'unit' if data.by_unit else 'day'}"


class _Page:
    """The lines of the grid, broken by day or by unit."""

    def __init__(self, data: Data, label: int) -> None:
        self.data, self.label = data, label
        self.days = range(data.period.from_day, data.period.to_day + 1)

    def body(self) -> Iterator[Item]:
        for newborn, title in CLASSES:
            units = list(dict.fromkeys(unit for _, unit, each in self.data.grid if each is newborn))
            if not units:
                continue
            if self.data.summary:
                yield Group(f"{title}: {'CHOSEN UNITS' if self.data.units else 'THE HOUSE'} BY DAY")
                for day in self.days:
                    made = of_day(self.data.grid, day, units, newborn=newborn)
                    yield from self._line(self._shown(day), made, day, day, "", newborn)
            elif self.data.by_unit:
                yield from self._by_unit(units, newborn, title)
            else:
                yield from self._by_day(units, newborn, title)
            yield from self._month(units, newborn, title)

    def _by_day(self, units: list[str], newborn: bool, title: str) -> Iterator[Item]:
        for day in self.days:
            yield Group(f"{title}: {show_date(iso_date(day), self.data.style)}")
            for unit in units:
                if made := self.data.grid.get((day, unit, newborn)):
                    yield from self._line(self._named(unit), made, day, day, unit, newborn)
            yield self._total(of_day(self.data.grid, day, units, newborn=newborn), day, day, newborn)

    def _by_unit(self, units: list[str], newborn: bool, title: str) -> Iterator[Item]:
        for unit in units:
            yield Group(f"{title}: {unit} {self.data.unit_names.get(unit, '')}".rstrip())
            for day in self.days:
                if made := self.data.grid.get((day, unit, newborn)):
                    yield from self._line(self._shown(day), made, day, day, unit, newborn)

    def _month(self, units: list[str], newborn: bool, title: str) -> Iterator[Item]:
        data, first, last = self.data, self.data.period.from_day, self.data.period.to_day
        yield Group(f"{title}: THE MONTH BY UNIT")
        for unit in units:
            made, days = of_days(data.grid, data.period, (unit,), newborn=newborn)
            yield from self._line(self._named(unit), made, first, last, unit, newborn, days)
        made, days = of_days(data.grid, data.period, units, newborn=newborn)
        yield self._total(made, first, last, newborn, days)

    def _named(self, unit: str) -> str:
        name = self.data.unit_names.get(unit, "")
        return f"{unit} {name}" if name and name != unit and self.label > 30 else unit

    def _shown(self, day: int) -> str:
        shown = show_date(iso_date(day), self.data.style)
        return shown if self.label > 10 else shown.rsplit("/", 1)[0].rsplit(" ", 1)[0]

    def _line(
        self,
        label: str,
        made: Recap,
        first: int,
        last: int,
        unit: str,
        newborn: bool,
        days: int | None = None,
    ) -> Iterator[Item]:
        go = behind(first, last, unit=unit, newborn=newborn)
        yield from spelled((label, *_cells(made, days)), self.label, go)
        if made.out_of_balance:
            yield unbalanced(made.out_of_balance)

    def _total(self, made: Recap, first: int, last: int, newborn: bool, days: int | None = None) -> Item:
        go = behind(first, last, unit=",".join(self.data.units), newborn=newborn)
        label = "Chosen" if self.data.units else "House"
        return Linked(Total(label, ("", *_cells(made, days)), rule=True), go)


def _cells(made: Recap, days: int | None = None) -> tuple[Cell, ...]:
    """The figures of a line; ``days``: service days of several days."""
    served = made.daily_inpatient_census if days is None else days
    occupancy = share(served, made.beds)
    return (
        made.previous, made.admissions, made.transfers_in, made.returned, made.discharges, made.deaths,
        made.transfers_out, made.away, made.census, made.same_day, served, made.beds,
        NOT_APPLICABLE if occupancy is None else str(occupancy),
    )  # fmt: skip


_KEYS: Final = ("day", "unit", "newborn", "previous", "admissions", "transfers_in", "returned", "discharges", "deaths",
                "transfers_out", "away", "census", "same_day", "daily_inpatient_census", "beds", "occupancy",
                "out_of_balance")  # fmt: skip


def sheets(data: Data) -> list[Sheet]:
    """A row for each day, unit and class."""
    rows = [
        (iso_date(day), unit, int(newborn), *_typed(made), made.out_of_balance)
        for (day, unit, newborn), made in sorted(data.grid.items())
    ]
    headings = tuple(key.replace("_", " ").capitalize() for key in _KEYS)
    return [Sheet("recapitulation", _KEYS, headings, rows, said.sentences(data.conventions))]


def _typed(made: Recap) -> tuple[Value, ...]:
    *counts, _ = _cells(made)
    return (*counts, share(made.daily_inpatient_census, made.beds))
