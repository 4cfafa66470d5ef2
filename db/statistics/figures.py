"""Counts that statistics are made from, by period: sums of the day summary, and events of the stays counted.

Names of counts are those of ``rules.statistics``. Nothing here rounds or divides, and nothing writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from db.connect import database
from db.hospital import site
from db.statistics import census
from db.statistics.census import DayRow
from rules.periods import Period
from rules.statistics import ADULTS, NEWBORN, POSTOPERATIVE_DAYS, FetalBand, fetal_band

Counts = dict[str, int]

_EACH: Final = ("unit_id", "service_id", "newborn")
_DISCHARGED: Final = (  # adults and children discharged in a period
    "class = 'I' AND state = 'active' AND newborn = 0 AND discharge_day BETWEEN :first AND :last"
)
_DISCHARGED_TO_MIDNIGHT: Final = (  # the same where midnight may belong to the day that ends, as the last piece tells
    "class = 'I' AND state = 'active' AND newborn = 0 AND discharge_day BETWEEN :first AND :last + 1"
    " AND (discharge_day BETWEEN :first + 1 AND :last OR (SELECT to_day FROM segment WHERE encounter_id = encounter.id"
    " ORDER BY seq DESC LIMIT 1) BETWEEN :first AND :last)"
)


@dataclass(slots=True)
class Counted:
    """What was counted in a period: the house, and each unit and service by its code."""

    house: Counts
    by_unit: dict[str, Counts] = field(default_factory=dict)
    by_service: dict[str, Counts] = field(default_factory=dict)


def period_counts(period: Period) -> Counted:
    """Census, movements, service days and beds of a period, for adults and children and for newborns."""
    units, services = site.codes("unit"), site.codes("service")
    none = dict.fromkeys(_NAMES, 0) | {"days": period.days}
    counted = Counted(house_counts(period))
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
    house = dict.fromkeys(_NAMES, 0) | {"days": period.days}
    heads: dict[bool, list[int]] = {False: [], True: []}
    before = period.from_day - 1
    for row in census.day_summary(before, period.to_day, by=("day", "newborn")):
        if row.day == before:
            _add(house, _opening(row, of_services=False), row)
            continue
        _add(house, _during(row, of_services=False), row)
        heads[bool(row.newborn)].append(row.census)
        if row.day == period.to_day:
            _add(house, _closing(row, of_services=False), row)
    for newborn, each in heads.items():
        prefix = NEWBORN if newborn else ADULTS
        house[prefix + "peak_census"] = max(each, default=0)
        # A day without a row is a day with nobody in the house.
        house[prefix + "minimum_census"] = min(each) if len(each) == period.days > 0 else 0
    for days in site.bed_days(period.from_day, period.to_day).values():
        _add_bed_days(house, days)
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


def event_counts(period: Period) -> Counts:
    """What the events of a period say: births, deliveries, operations, infections, and the deaths they explain.

    Autopsies, coroner's cases and death classes belong to the period of the discharge by death; a patient
    consulted to the period of the discharge; everything else to the day on which it happened.
    """
    counts = _happened(period) | _fetal_deaths(period) | _deaths(period)
    counts["hospital_autopsies"] = counts["inpatient_autopsies"] + counts["autopsies_elsewhere"]
    counts["bodies_available"] = (
        counts["deaths_all"] - counts["unautopsied_coroner_cases"] + counts["autopsies_elsewhere"]
    )
    counts["patients_consulted"] = _row(_CONSULTED, period)[0]
    counts["obstetric_discharges"] = _row(
        "SELECT coalesce(sum(discharges), 0) FROM day_stats JOIN service ON service.id = service_id"
        " WHERE day BETWEEN :first AND :last AND obstetric = 1 AND newborn = 0",
        period,
    )[0]
    return counts


_HAPPENED: Final = {
    "live_births": ("live_birth", None),
    "deliveries": ("delivery", None),
    "cesareans": ("delivery", "cesarean"),
    "operations": ("operation", None),
    "anesthetics": ("anesthetic", None),
    "hospital_infections": ("infection", "hai"),
    "clean_case_infections": ("infection", "postoperative-clean"),
    "autopsies_former": ("autopsy", "former-patient"),
    "autopsies_doa": ("autopsy", "doa"),
}  # fmt: skip


# Of those discharged in the period: who was consulted in it, and of those admitted before it, who ever was.
_CONSULTED: Final = (
    "SELECT count(*) FROM encounter WHERE {discharged} AND (id IN (SELECT encounter_id FROM event"
    " WHERE state = 'current' AND kind = 'consultation' AND day BETWEEN :first AND :last) OR (admit_day < :first"
    " AND EXISTS (SELECT 1 FROM event WHERE encounter_id = encounter.id AND kind = 'consultation'"
    " AND event.state = 'current' AND day < :first)))"
)


def _happened(period: Period) -> Counts:
    kinds = {kind for kind, _ in _HAPPENED.values()}
    rows = database.execute_sql(
        "SELECT kind, detail, sum(number) FROM (SELECT kind, day, detail, count(*) AS number FROM event"  # as indexed
        f" WHERE state = 'current' AND kind IN ({', '.join('?' * len(kinds))}) AND day BETWEEN ? AND ?"
        " GROUP BY kind, day, detail) GROUP BY kind, detail",
        (*kinds, period.from_day, period.to_day),
    ).fetchall()
    counts = {
        name: sum(n for kind, detail, n in rows if kind == asked and part in (None, detail))
        for name, (asked, part) in _HAPPENED.items()
    }
    counts["autopsies_elsewhere"] = counts.pop("autopsies_former") + counts.pop("autopsies_doa")
    counts["patients_operated"] = _row(
        "SELECT count(DISTINCT encounter_id) FROM event WHERE state = 'current' AND kind = 'operation'"
        " AND day BETWEEN :first AND :last",
        period,
    )[0]
    return counts


def _fetal_deaths(period: Period) -> Counts:
    counts = {f"fetal_deaths_{band}": 0 for band in FetalBand}
    for detail, weeks, grams in database.execute_sql(
        "SELECT detail, weeks, grams FROM event WHERE state = 'current' AND kind = 'fetal_death'"
        " AND day BETWEEN ? AND ?",
        (period.from_day, period.to_day),
    ):
        band = FetalBand(detail) if detail in set(FetalBand) else fetal_band(weeks, grams)
        if band is not None:
            counts[f"fetal_deaths_{band}"] += 1
    return counts


def _deaths(period: Period) -> Counts:
    """What is known of each inpatient death of adults and children in the period."""
    said = (
        "EXISTS (SELECT 1 FROM event WHERE encounter_id = encounter.id AND event.state = 'current' AND {})"
    ).format
    autopsied = said("kind = 'autopsy' AND detail = 'inpatient'")
    coroner = said("kind = 'coroner'")
    maternal = said("kind = 'death_class' AND detail = 'maternal-direct'")
    anesthesia = said("kind = 'death_class' AND detail = 'anesthesia'")
    operated = said("kind = 'operation' AND event.day BETWEEN discharge_day - :days AND discharge_day")
    row = _row(
        f"SELECT count(*), coalesce(sum({autopsied}), 0), coalesce(sum({coroner} AND NOT {autopsied}), 0),"
        f" coalesce(sum({maternal}), 0), coalesce(sum({anesthesia}), 0), coalesce(sum({operated}), 0)"
        " FROM encounter WHERE {discharged} AND died = 1", period, days=POSTOPERATIVE_DAYS,
    )  # fmt: skip
    found = ("deaths_all", "inpatient_autopsies", "unautopsied_coroner_cases", "maternal_deaths",
             "anesthesia_deaths", "postoperative_deaths")  # fmt: skip
    return dict(zip(found, row, strict=True))


def readmissions(period: Period, within_days: int = 30) -> Counts:
    """Live discharges of the period, and those followed by an admission, for any cause, within so many days."""
    live, back = _row(
        "SELECT count(*), count(CASE WHEN return_day <= discharge_day + :days THEN 1 END) FROM encounter"
        " WHERE {discharged} AND died = 0", period, days=within_days,
    )  # fmt: skip
    return {"live_discharges": live, "readmissions_30_day": back}


def case_mix(period: Period) -> dict[str, int | Fraction]:
    """MS-DRG weights of the discharges of the period, and how many have one and how many have not."""
    counted, weighed, weight = _row(
        "SELECT count(*), count(weight_ten_thousandths), coalesce(sum(weight_ten_thousandths), 0)"
        " FROM encounter WHERE {discharged}", period,
    )  # fmt: skip
    return {
        "drg_weight": Fraction(weight, 10_000), "discharges_grouped": weighed,
        "discharges_not_grouped": counted - weighed,
    }  # fmt: skip


def _row(sql: str, period: Period, **bound: int) -> tuple[int, ...]:
    """One row; ``{discharged}`` stands for adults and children discharged in the period."""
    midnight = database.execute_sql("SELECT 1 FROM setting WHERE name = 'census_hour' AND value = '00:00'")
    discharged = _DISCHARGED_TO_MIDNIGHT if midnight.fetchone() else _DISCHARGED
    bound |= {"first": period.from_day, "last": period.to_day}
    row: tuple[int, ...] = database.execute_sql(sql.replace("{discharged}", discharged), bound).fetchone()
    return row
