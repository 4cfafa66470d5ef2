"""What the Bed Status report is made from: wards of a day, the fiscal year summed from the day summary, the plan."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, replace
from decimal import Decimal
from typing import Final

from config.data_sets import SITE, library
from db import conventions, store
from db.hospital import site
from db.statistics import census, wards
from db.statistics.census import DayRow
from db.statistics.wards import Ward
from reports.census.lines import CLASSES, under_way
from reports.census.ward_lines import WardLine, of_day
from reports.parameters import Asked, NotAsked
from rules.conventions import Conventions
from rules.moments import iso_date
from rules.periods import Period, a_year_before, fiscal_year_to, month_of
from rules.text import clean

PLAN: Final = "census_plan"
PLANNED_ADC: Final = re.compile(r"[0-9]{1,5}(\.[0-9]{1,2})?")
HOUSE: Final = "HOUSE"
KEYS_OF_ROW: Final = ("day", "unit_id", "service_id", "newborn")


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan of the house or of a division beside what was."""

    label: str
    planned: Decimal
    month_days: int  # patient days
    year_days: int


@dataclass(frozen=True, slots=True)
class Data:
    """The lines of a day and the fiscal year to date beside the last one."""

    day: int
    lines: Mapping[tuple[str, bool], WardLine]  # by ward and newborn
    wards: Mapping[str, Ward]
    year: Period
    last_year: Period
    year_length: int
    month: Period
    compared: Mapping[bool, tuple[DayRow | None, DayRow | None]]  # by newborn: this fiscal year and the last
    planned: tuple[Planned, ...]
    conventions: Conventions
    style: str
    under_way: bool


def query(asked: Asked) -> Data:
    """Read the day, the fiscal year to it, and the last one to the same day. Raises ``NotAsked``."""
    day = asked.day("day") or 0
    going_on = under_way(day)
    start = conventions.convention("fiscal_year_start", day)
    year, month = fiscal_year_to(day, start), month_of(day).until(day)
    last_year = fiscal_year_to(a_year_before(day), start)
    units = {each.id: each for each in wards.wards().values() if each.counts}
    of_year, before = _by_unit(year), _by_class(last_year)
    sums = {
        newborn: (added(row for key, row in of_year.items() if key[1] is newborn), before.get(newborn))
        for newborn, _ in CLASSES
    }
    plan = _plan(day)
    of_month = _by_unit(month) if plan else {}
    return Data(
        day, _lines(day, year, units, of_year), {each.code: each for each in units.values()}, year, last_year,
        fiscal_year_to(year.from_day + 366, start).from_day - year.from_day, month, sums,
        tuple(_planned(plan, units, of_month, of_year)), conventions.conventions(day),
        conventions.convention("date_style", day), going_on,
    )  # fmt: skip


def _by_unit(period: Period) -> dict[tuple[int, bool], DayRow]:
    rows = census.day_summary(period.from_day, period.to_day, by=("unit_id", "newborn"))
    return {(row.unit_id, bool(row.newborn)): row for row in rows}


def _by_class(period: Period) -> dict[bool, DayRow]:
    rows = census.day_summary(period.from_day, period.to_day, by=("newborn",))
    return {bool(row.newborn): row for row in rows}


def added(rows: Iterable[DayRow]) -> DayRow | None:
    """Rows of the day summary added up; None: there are none."""
    counts = [astuple(row)[len(KEYS_OF_ROW) :] for row in rows]
    return DayRow(0, 0, 0, None, *(sum(column) for column in zip(*counts, strict=True))) if counts else None


def _lines(
    day: int, year: Period, units: Mapping[int, Ward], of_year: Mapping[tuple[int, bool], DayRow]
) -> dict[tuple[str, bool], WardLine]:
    bed_days, set_up = site.bed_days(year.from_day, day), wards.days_set_up(year)
    lines = {}
    for (id_, newborn), today in of_day(day, units).items():
        served = of_year.get((id_, newborn))
        days = set_up.get((id_, newborn), 0) if id_ in bed_days else year.days
        line = replace(
            today, patient_days=served.service_days if served else 0, bed_days=bed_days.get(id_, (0, 0))[newborn],
            days=days,
        )  # fmt: skip
        if line != WardLine(days=days):
            lines[units[id_].code, newborn] = line
    return lines


def _plan(day: int) -> dict[str, tuple[str, Decimal]]:
    """The site's plan on a day: what it is called and the average daily census, by HOUSE or the code of a division."""
    table, on = library(store.current().directory / SITE).tables[PLAN], iso_date(day)
    rows = [row for row in table.rows if table.find(row.code, on) is row]  # the site's own over others
    plan = {}
    for row in rows:
        given = str(row.more.get("adc", ""))
        if not PLANNED_ADC.fullmatch(given):
            raise NotAsked(
                f"Table {PLAN}, row {clean(row.code)}: adc {clean(given)!r} is no number such as 96.5."
            )
        plan[row.code] = (row.text, Decimal(given))
    return plan


def _planned(
    plan: Mapping[str, tuple[str, Decimal]], units: Mapping[int, Ward], month: Mapping[tuple[int, bool], DayRow],
    year: Mapping[tuple[int, bool], DayRow],
) -> Iterator[Planned]:  # fmt: skip
    """The plan beside the patient days of the month and of the year, adults and children."""
    for code, (label, planned) in sorted(plan.items(), key=lambda each: (each[0] != HOUSE, each[0])):
        chosen = [each.id for each in units.values() if code in (HOUSE, each.division)]
        sums = [
            sum(rows[unit, False].service_days for unit in chosen if (unit, False) in rows)
            for rows in (month, year)
        ]
        yield Planned(label or code, planned, sums[0], sums[1])
