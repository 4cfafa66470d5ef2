"""N03: the Treating Specialty report of a day: services by division and over the house, boarders with their service.

Who lies in a unit that is out of the census counts for the specialty that treats them, not for the ward (VA PIMS 5.3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from config.data_sets import SITE, library
from db import conventions, store
from db.hospital import site
from db.statistics import census, figures, moved, wards
from db.statistics.wards import Ward
from reports import conventions as said
from reports.census.flows import Key, flows
from reports.census.lines import CLASSES, aside, behind, so_far, spelled, unbalanced, under_way
from reports.census.ward_lines import NONE_AWAY
from reports.page import Cell, Column, Document, Group, Heads, Item, Linked, Total
from reports.parameters import Asked
from reports.sheet import Sheet
from rules.conventions import Conventions
from rules.dates import show_date
from rules.moments import iso_date
from rules.periods import Period, fiscal_year_to
from rules.statistics import NOT_APPLICABLE, half_up
from rules.tables import listed

DEPARTMENTS: Final = "departments"  # the table that says which services belong to one
NO_DEPARTMENT: Final = "No department"

_HEADS: Final = ("Prev|rem", "Gain", "Loss", "Cur-|rent", "Pass", "AA", "UA", "ASIH", "Bord", "Cum|ADC",
                 "Cum|pat days")  # fmt: skip
_WIDTHS: Final = {80: (18, 5, 4, 4, 5, 4, 3, 3, 4, 4, 7, 8), 132: (50, 7, 6, 6, 7, 5, 5, 5, 5, 5, 9, 11)}


@dataclass(frozen=True, slots=True)
class Line:
    """A service of a division, or of the house, on a day."""

    previous: int = 0
    gains: int = 0
    losses: int = 0
    current: int = 0
    away: tuple[int, ...] = NONE_AWAY  # pass, AA, UA, ASIH: heads at the census hour
    boarders: int = 0  # of the current ones, in units out of the census
    patient_days: int = 0  # of the fiscal year to date

    @property
    def out_of_balance(self) -> int:
        """Current less what gains and losses make of the previous night."""
        return self.current - (self.previous + self.gains - self.losses)


Lines = Mapping[tuple[str, str, bool], Line]  # by division, service, newborn


@dataclass(frozen=True, slots=True)
class Data:
    """The lines of a day by division, and over the house (moves between divisions are no gains of the house)."""

    day: int
    by_division: Lines
    house: Lines
    division_names: Mapping[str, str]
    service_names: Mapping[str, str]
    departments: Mapping[str, str]  # by service, in the order of the table; none: there is no such level
    year: Period
    conventions: Conventions
    style: str
    under_way: bool


def query(asked: Asked) -> Data:
    """Read the day, the day before and the fiscal year to it. Raises ``NotAsked``."""
    day = asked.day("day") or 0
    going_on = under_way(day)
    year = fiscal_year_to(day, conventions.convention("fiscal_year_start", day))
    units = wards.wards()
    divisions = {each.code: each.division for each in units.values()}
    movements = moved.moved(day, day, every_unit=True)
    counts = _Counts(day, year, units)
    return Data(
        day,
        counts.lines(*flows(movements, lambda unit, service: (divisions.get(unit, ""), service)), divided=True),
        counts.lines(*flows(movements, lambda unit, service: ("", service)), divided=False),
        {each.division: each.division_name for each in units.values()}, figures.names("service"), _departments(day),
        year,
        conventions.conventions(day), conventions.convention("date_style", day), going_on,
    )  # fmt: skip


def _departments(day: int) -> dict[str, str]:
    """The departments that the site has set up, by service."""
    table = library(store.current().directory / SITE).tables[DEPARTMENTS]
    rows = table.on(iso_date(day))
    return {service: row.text for row in rows for service in listed(row.more.get("services"))}


class _Counts:
    """The day summary and the heads of every unit, by service, with or without the division."""

    def __init__(self, day: int, year: Period, units: Mapping[int, Ward]) -> None:
        by, services = ("unit_id", "service_id", "newborn"), site.codes("service")
        self.units = units
        self.cells: Counter[tuple[str, int, str, bool]] = Counter()  # what, unit, service, newborn
        for what, on in (("previous", day - 1), ("current", day)):
            for row in census.day_summary(on, on, by=by, every_unit=True):
                self.cells[what, row.unit_id, services[row.service_id], bool(row.newborn)] = row.census
        for (unit, service, newborn), days in wards.patient_days(year).items():
            self.cells["days", unit, services[service], newborn] = days
        self.away = {
            (each.unit_id, services[each.service_id], each.newborn): each.away for each in wards.heads(day)
        }

    def lines(
        self, gains: Counter[tuple[Key, bool]], losses: Counter[tuple[Key, bool]], *, divided: bool
    ) -> Lines:
        def part_of(unit: int) -> str:
            return self.units[unit].division if divided else ""

        sums: Counter[tuple[str, str, str, bool]] = Counter()
        away: dict[tuple[str, str, bool], tuple[int, ...]] = {}
        for (what, unit, service, newborn), count in self.cells.items():
            sums[what, part_of(unit), service, newborn] += count
            if what == "current" and not self.units[unit].counts:
                sums["boarders", part_of(unit), service, newborn] += count
        for (unit, service, newborn), heads in self.away.items():
            key = (part_of(unit), service, newborn)
            away[key] = tuple(a + b for a, b in zip(away.get(key, NONE_AWAY), heads, strict=True))
        keys = {(part, service, newborn) for _, part, service, newborn in sums} | set(away)
        keys |= {(part, service, newborn) for (part, service), newborn in (*gains, *losses)}
        made = {
            key: Line(
                sums["previous", *key], gains[key[:2], key[2]], losses[key[:2], key[2]], sums["current", *key],
                away.get(key, NONE_AWAY), sums["boarders", *key], sums["days", *key],
            )
            for key in sorted(keys)
        }  # fmt: skip
        return {key: line for key, line in made.items() if line != Line()}


def total(lines: Iterable[Line]) -> Line:
    """Lines added up."""
    summed = Line()
    for each in lines:
        summed = Line(
            summed.previous + each.previous, summed.gains + each.gains, summed.losses + each.losses,
            summed.current + each.current, tuple(a + b for a, b in zip(summed.away, each.away, strict=True)),
            summed.boarders + each.boarders, summed.patient_days + each.patient_days,
        )  # fmt: skip
    return summed


def render(data: Data, width: int) -> Document:
    """The report as a document for a page of 80 or 132 columns."""
    widths = _WIDTHS[132 if width >= 132 else 80]
    columns = (
        Column("Specialty", widths[0]),
        *(Column(head, size, number=True) for head, size in zip(_HEADS, widths[1:], strict=True)),
    )
    body: list[Item] = [Heads(columns), *_body(data, widths[0])] if data.house else []
    shown = show_date(iso_date(data.day), data.style)
    first = show_date(iso_date(data.year.from_day), data.style)
    return Document(
        "N03", "TREATING SPECIALTIES", f"{shown}, census at {data.conventions.census_hour.replace(':', '')}",
        so_far(f"all services, by division{' and department' if data.departments else ''}", under_way=data.under_way),
        body, None,
        (*said.sentences(data.conventions),
         "Gain and loss: admissions, discharges, leave, and moves from and to another service.",
         "A move between divisions within a service is a gain and a loss of the divisions, and neither of the house.",
         "Bord: boarders in units out of the census, counted here with their specialty and in no ward.",
         f"Cumulative: fiscal year from {first}, {data.year.days} days, summed day by day."),
        frozen_columns=min(widths[0] + 1, 12),
    )  # fmt: skip


def _body(data: Data, label: int) -> Iterator[Item]:
    divisions = sorted({division for division, _, _ in data.by_division}, key=lambda code: (not code, code))
    for newborn, title in CLASSES:
        if len(divisions) > 1:
            for division in divisions:
                chosen = {
                    key[1]: line
                    for key, line in data.by_division.items()
                    if (key[0], key[2]) == (division, newborn)
                }
                if chosen:
                    named = (
                        f"DIVISION {division} {data.division_names.get(division, '')}"
                        if division
                        else "NO DIVISION"
                    )
                    yield Group(f"{title}: {named}".rstrip())
                    yield from _services(data, chosen, newborn, label, "Division")
        house = {key[1]: line for key, line in data.house.items() if key[2] is newborn}
        if house:
            yield Group(f"{title}: THE HOUSE BY SPECIALTY")
            yield from _services(data, house, newborn, label, "Grand total")
            yield from _reconciled(house.values())


def _services(
    data: Data, lines: Mapping[str, Line], newborn: bool, label: int, caption: str
) -> Iterator[Item]:
    for department, of_it in by_department(data.departments, lines):
        if department:
            yield Group(department, level=2)
        for service, line in of_it.items():
            name = data.service_names.get(service, "")
            named = service if name in ("", service) or len(service) >= label else f"{service} {name}"
            row = (named, *_cells(line, data.year.days))
            go = behind(data.day, data.day, service=service, newborn=newborn)
            yield from spelled(row, label, go) if len(service) > label else (Linked(row, go),)
            if line.out_of_balance:
                yield unbalanced(line.out_of_balance)
        if department:
            yield _total(data, "Department", of_it, newborn, level=2)
    yield _total(data, caption, lines, newborn, level=1)


def by_department(
    departments: Mapping[str, str], lines: Mapping[str, Line]
) -> list[tuple[str, dict[str, Line]]]:
    """The lines of each department, those of none last; all together where no service belongs to one."""
    names = [*dict.fromkeys(departments.values()), NO_DEPARTMENT]
    parts = {
        name: {code: line for code, line in lines.items() if departments.get(code, NO_DEPARTMENT) == name}
        for name in names
    }
    found = [(name, of_it) for name, of_it in parts.items() if of_it]
    return [("", dict(lines))] if [name for name, _ in found] == [NO_DEPARTMENT] else found


def _total(data: Data, caption: str, lines: Mapping[str, Line], newborn: bool, *, level: int) -> Item:
    return Linked(
        Total(caption, ("", *_cells(total(lines.values()), data.year.days)), level=level, rule=True),
        behind(data.day, data.day, service=",".join(lines), newborn=newborn),
    )


def _reconciled(lines: Iterable[Line]) -> Iterator[Item]:
    """How the specialties go with the wards of the Bed Status report."""
    summed = total(lines)
    if summed.boarders:
        wards_have = summed.current - summed.boarders
        yield aside(
            f"  {summed.current} current less {summed.boarders} boarders are {wards_have} remaining in the wards"
        )


def _cells(line: Line, days: int) -> tuple[Cell, ...]:
    average = half_up(Fraction(line.patient_days, days), 2) if days else None
    return (
        line.previous, line.gains, line.losses, line.current, *line.away, line.boarders,
        NOT_APPLICABLE if average is None else str(average), line.patient_days,
    )  # fmt: skip


_KEYS: Final = (
    "division", "service", "name", "newborn", "previous", "gains", "losses", "current", "pass", "aa", "ua", "asih",
    "boarders", "cumulative_adc", "cumulative_patient_days", "out_of_balance", "department",
)  # fmt: skip


def sheets(data: Data) -> list[Sheet]:
    """A row for each division and service, and for each service of the house."""
    headings = tuple(key.replace("_", " ").capitalize() for key in _KEYS)
    sentences = said.sentences(data.conventions)
    return [
        Sheet(name, _KEYS, headings, [
            (division, service, data.service_names.get(service, ""), int(newborn), line.previous, line.gains,
             line.losses, line.current, *line.away, line.boarders, _average(line, data.year.days), line.patient_days,
             line.out_of_balance, data.departments.get(service, ""))
            for (division, service, newborn), line in lines.items()
        ], sentences)
        for name, lines in (("divisions", data.by_division), ("house", data.house))
    ]  # fmt: skip


def _average(line: Line, days: int) -> Decimal | None:
    return half_up(Fraction(line.patient_days, days), 2) if days else None
