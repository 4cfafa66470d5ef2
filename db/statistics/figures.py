"""Counts that statistics are made from, by period: sums of the day summary, and events of the stays counted.

Names of counts are those of ``rules.statistics``. Nothing here rounds or divides, and nothing writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from db.connect import database
from db.hospital import site
from db.statistics import census, discharges
from db.statistics.census import DayRow
from db.statistics.events import event_counts, patients_operated
from rules.periods import Period
from rules.statistics import ADULTS, NEWBORN, Count

Counts = dict[str, int]

_EACH: Final = ("unit_id", "service_id", "newborn")


@dataclass(slots=True)
class Counted:
    """What was counted in a period: the house, and each unit and service by its code."""

    house: Counts
    by_unit: dict[str, Counts] = field(default_factory=dict)
    by_service: dict[str, Counts] = field(default_factory=dict)


def period_counts(period: Period, house: Counts | None = None) -> Counted:
    """Census, movements, service days and beds of a period, for adults and children and for newborns.

    ``house`` are the counts of the house where they are known already.
    """
    units, services = site.codes("unit"), site.codes("service")
    none = dict.fromkeys(_NAMES, 0) | {"days": period.days}
    counted = Counted(house_counts(period) if house is None else house)
    first, last = period.from_day, period.to_day
    for rows, named in (
        (census.day_summary(first - 1, first - 1, by=_EACH), _opening),
        (census.day_summary(first, last, by=_EACH), _during),
        (census.day_summary(last, last, by=_EACH), _closing),
    ):
        for row in rows:
            unit = counted.by_unit.setdefault(units[row.unit_id], dict(none))
            service = counted.by_service.setdefault(services[row.service_id], dict(none))
            for part, of_services in ((unit, False), (service, True)):
                _add(part, named(row, of_services), row)
    for unit_id, days in site.bed_days(first, last).items():
        _add_bed_days(counted.by_unit.setdefault(units[unit_id], dict(none)), days)
    return counted


def house_counts(period: Period) -> Counts:
    """The same of the house alone, with its highest and lowest daily census."""
    return houses((period,))[0]


def houses(periods: Sequence[Period]) -> list[Counts]:
    """The house in each of some periods, from one reading of the days from the first to the last of them."""
    days: dict[int, list[DayRow]] = {}
    first, last = min(each.from_day for each in periods) - 1, max(each.to_day for each in periods)
    for row in census.day_summary(first, last, by=("day", "newborn")):
        days.setdefault(row.day, []).append(row)
    return [_house(period, days) for period in periods]


def first_day() -> int | None:
    """The first day of which a stay is on file; None where there is none."""
    day: int | None = database.execute_sql("SELECT min(day) FROM day_stats").fetchone()[0]
    return day


def _house(period: Period, days: Mapping[int, Sequence[DayRow]]) -> Counts:
    house = dict.fromkeys(_NAMES, 0) | {"days": period.days}
    heads: dict[bool, list[int]] = {False: [], True: []}
    for row in days.get(period.from_day - 1, ()):
        _add(house, _opening(row, of_services=False), row)
    for day in range(period.from_day, period.to_day + 1):
        for row in days.get(day, ()):
            _add(house, _during(row, of_services=False), row)
            heads[bool(row.newborn)].append(row.census)
    for row in days.get(period.to_day, ()) if period.days else ():
        _add(house, _closing(row, of_services=False), row)
    for newborn, each in heads.items():
        prefix = NEWBORN if newborn else ADULTS
        house[prefix + "peak_census"] = max(each, default=0)
        # A day without a row is a day with nobody in the house.
        house[prefix + "minimum_census"] = min(each) if len(each) == period.days > 0 else 0
    for bed_days in site.bed_days(period.from_day, period.to_day).values():
        _add_bed_days(house, bed_days)
    return house


def _add(part: Counts, named: Iterator[tuple[str, int]], row: DayRow) -> None:
    prefix = NEWBORN if row.newborn else ADULTS
    for name, value in named:
        part[prefix + name] += value


def _add_bed_days(part: Counts, days: tuple[int, int]) -> None:
    """Bed and bassinet days. Without any bed counts occupancy has no denominator, which is not zero beds."""
    for name, value in zip(("bed_count_days", NEWBORN + "bed_count_days"), days, strict=True):
        part[name] = part.get(name, 0) + value


def _opening(row: DayRow, of_services: bool) -> Iterator[tuple[str, int]]:
    yield "opening_census", row.census


def _closing(row: DayRow, of_services: bool) -> Iterator[tuple[str, int]]:
    yield "closing_census", row.census


def _during(row: DayRow, of_services: bool) -> Iterator[tuple[str, int]]:
    """The sums under the names that formulas use; units and services each have transfers of their own."""
    yield "admissions", row.admissions
    yield "discharges", row.discharges
    yield "deaths", row.deaths
    yield "deaths_under_48h", row.deaths_under_48h
    yield "transfers_in", row.service_in if of_services else row.unit_in
    yield "transfers_out", row.service_out if of_services else row.unit_out
    yield "leave_departures", row.leave_out
    yield "leave_returns", row.leave_in
    yield "inpatient_service_days", row.service_days
    yield "same_day_cases", row.same_day
    yield "discharge_days", row.discharge_days
    yield "leave_days", row.on_leave


_NAMES: Final = tuple(
    prefix + name
    for prefix in (ADULTS, NEWBORN)
    for name in (
        "opening_census", "closing_census", "admissions", "discharges", "deaths", "deaths_under_48h",
        "transfers_in", "transfers_out", "leave_departures", "leave_returns", "inpatient_service_days",
        "same_day_cases", "discharge_days", "leave_days",
    )
)  # fmt: skip


def names(table: str) -> dict[str, str]:
    """The names of the ``unit`` or ``service`` rows by code."""
    return dict(database.execute_sql(f"SELECT code, name FROM {table}").fetchall())


def leave_nights(encounter_ids: Sequence[int], day: int) -> dict[int, int]:
    """Nights off the census before ``day`` of each of these stays that had any."""
    nights: dict[int, int] = {}
    for start in range(0, len(encounter_ids), 500):
        some = encounter_ids[start : start + 500]
        marks = ",".join("?" * len(some))
        nights |= database.execute_sql(
            "SELECT encounter_id, sum(min(to_day, ?) - from_day) FROM leave_span WHERE absent = 1"
            f" AND from_day < ? AND encounter_id IN ({marks}) GROUP BY encounter_id",
            (day, day, *some),
        ).fetchall()
    return nights


def whole(period: Period, counted: Counts | None = None) -> dict[str, Count]:
    """All that the figures of the house are worked from; ``counted`` are its counts where they are known already."""
    house = house_counts(period) if counted is None else counted
    return {**house, **happened(period)}


def happened(period: Period) -> dict[str, Count]:
    """What the events and discharges of a period say of the house."""
    return {**event_counts(period), **discharges.counts(period)}


def added(periods: Period, parts: Sequence[Mapping[str, Count]]) -> dict[str, Count]:
    """What happened in a period, from that of its parts; a patient operated on in two of them counts once."""
    names = dict.fromkeys(name for part in parts for name in part)
    sums: dict[str, Count] = {
        name: sum((Fraction(part.get(name, 0)) for part in parts), Fraction(0)) for name in names
    }
    return sums | {"patients_operated": patients_operated(periods)}
