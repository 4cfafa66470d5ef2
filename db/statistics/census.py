"""The census: who is in house now or was at a census hour, and sums of the day summary.

The summary itself is kept by db/statistics/summary.py; who came and left on a day is told by db/statistics/moved.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from db.connect import database
from db.statistics.census_state import mark_dirty
from db.statistics.counts import IN_HOUSE, census_now, event_counts
from db.statistics.summary import bring_up_to_date, bring_up_to_date_if_due, rebuild
from rules.census import MEASURES, NEVER
from rules.identity import Name, shown_name
from rules.moments import Moment

__all__ = [
    "DayRow", "Occupant", "bring_up_to_date", "bring_up_to_date_if_due", "census_now", "day_summary",
    "event_counts", "inpatients", "mark_dirty", "occupants", "rebuild", "self_check",
]  # fmt: skip

_GROUPS: Final = ("day", "unit_id", "service_id", "newborn")


@dataclass(frozen=True, slots=True)
class Occupant:
    """An inpatient now, or at the census hour of a day."""

    encounter_id: int
    account: str
    patient_id: int
    mrn: str
    name: str
    sex: str
    birth_date: str
    unit: str
    bed: str
    service: str
    attending: str
    admitted_at: str
    admit_day: int
    newborn: bool
    on_leave: str  # pass, aa, ua, asih while away
    off_census: bool  # away and, by the site's convention, not counted

    @property
    def key(self) -> tuple[str, str, int]:
        return (self.unit, self.bed, self.encounter_id)


@dataclass(frozen=True, slots=True)
class DayRow:
    """A row of the day summary, or a sum of such rows; the counts are named in ``rules.census.MEASURES``.

    ``day`` is 0, ``unit_id`` or ``service_id`` 0, ``newborn`` None where they were summed over.
    """

    day: int
    unit_id: int
    service_id: int
    newborn: bool | None
    census: int
    same_day: int
    admissions: int
    discharges: int  # deaths among them
    deaths: int
    deaths_under_48h: int
    unit_in: int  # transfers in from other units
    unit_out: int
    service_in: int
    service_out: int
    leave_out: int  # gone off the census
    leave_in: int
    on_leave: int  # heads away at the census hour
    discharge_days: int  # lengths of stay of those discharged

    @property
    def service_days(self) -> int:
        """Inpatient service days: census plus those in and out since the last census."""
        return self.census + self.same_day


_OCCUPANT: Final = (
    "SELECT e.id, e.account, e.patient_id, p.mrn, p.last_name, p.first_name, p.middle_name, p.suffix, p.sex,"
    " p.birth_date, u.code, {bed}, s.code, coalesce(d.code, ''), e.admitted_utc, e.admitted_offset, e.admit_day,"
    " e.newborn, {leave}, {absent} FROM encounter e JOIN patient p ON p.id = e.patient_id"
    " LEFT JOIN provider d ON d.id = e.attending_id "
)


def inpatients(unit: str = "", after: tuple[str, str, int] | None = None, limit: int = 50) -> list[Occupant]:
    """Inpatients of this minute by unit, bed; ``after`` is the ``key`` of the last one shown."""
    where = IN_HOUSE
    values: list[Any] = []
    if unit:
        where += " AND u.code = ?"
        values.append(unit)
    if after is not None:
        where += " AND (u.code, e.bed, e.id) > (?, ?, ?)"
        values += list(after)
    absent = f"EXISTS (SELECT 1 FROM leave_span l WHERE l.encounter_id = e.id AND l.to_day = {NEVER} AND l.absent = 1)"
    rows = database.execute_sql(
        _OCCUPANT.format(bed="e.bed", leave="e.on_leave", absent=absent)
        + "JOIN unit u ON u.id = e.unit_id JOIN service s ON s.id = e.service_id"
        f" WHERE {where} ORDER BY u.code, e.bed, e.id LIMIT ?",
        (*values, limit),
    )
    return [_occupant(row) for row in rows]


def occupants(day: int) -> list[Occupant]:
    """Everybody in house at the census hour of a day, by unit, bed; those on leave are marked."""
    bring_up_to_date_if_due()
    select = _OCCUPANT.format(bed="g.bed", leave="coalesce(l.type, '')", absent="coalesce(l.absent, 0)")
    joined = (
        "JOIN segment g {} ON g.encounter_id = e.id JOIN unit u ON u.id = g.unit_id"
        " JOIN service s ON s.id = g.service_id LEFT JOIN leave_span l ON l.encounter_id = e.id"
        " AND l.from_day <= ? AND l.to_day > ? WHERE "
    )
    ended = f"g.from_day BETWEEN ? AND ? AND g.to_day > ? AND g.to_day < {NEVER}"
    lasting = f"g.to_day = {NEVER} AND g.from_day <= ?"
    open_ones = joined.format("INDEXED BY segment_open")  # short: there are no more of them than beds
    rows = [
        *database.execute_sql(select + joined.format("") + ended, (day, day, day - _longest(), day, day)),
        *database.execute_sql(select + open_ones + lasting, (day, day, day)),
    ]
    return sorted((_occupant(row) for row in rows), key=lambda row: row.key)


def _longest() -> int:
    return int(database.execute_sql("SELECT longest_days FROM census_state").fetchone()[0]) + 1


def _occupant(row: tuple[Any, ...]) -> Occupant:
    (
        id_,
        account,
        patient_id,
        mrn,
        last,
        first,
        middle,
        suffix,
        sex,
        birth,
        unit,
        bed,
        service,
        attending,
        *rest,
    ) = row
    utc, offset, admit_day, newborn, leave, absent = rest
    return Occupant(
        id_, account, patient_id, mrn, shown_name(Name(last, first, middle, suffix)), sex, birth, unit, bed, service,
        attending, Moment(utc, offset, admit_day).local, admit_day, bool(newborn), leave, bool(leave and absent),
    )  # fmt: skip


def day_summary(
    from_day: int, to_day: int, by: Iterable[str] = _GROUPS, *, every_unit: bool = False,
) -> list[DayRow]:  # fmt: skip
    """The day summary of a period, summed over what is not in ``by``; brought up to date first.

    Units out of the census are left out unless ``every_unit``.
    """
    bring_up_to_date_if_due()
    chosen = [name for name in _GROUPS if name in set(by)]
    where = "" if every_unit else " AND unit_id IN (SELECT id FROM unit WHERE counts_in_census = 1)"
    if chosen not in (["day", "newborn"], ["newborn"]):
        return _sums(chosen, from_day, to_day, where)
    # Day by day as the table has them: a class by itself needs no sorting of all rows.
    adults, newborns = (_sums(chosen[:-1], from_day, to_day, f"{where} AND newborn = {n}") for n in (0, 1))
    rows = [replace(row, newborn=of is newborns) for of in (adults, newborns) for row in of]
    return sorted(rows, key=lambda row: (row.day, bool(row.newborn)))


def _sums(chosen: Sequence[str], from_day: int, to_day: int, where: str) -> list[DayRow]:
    """The summary added up by what is chosen, in its order."""
    keys = [name if name in chosen else "NULL" if name == "newborn" else "0" for name in _GROUPS]
    grouped = f" GROUP BY {', '.join(chosen)} ORDER BY {', '.join(chosen)}" if chosen else ""
    rows = database.execute_sql(
        f"SELECT {', '.join(keys)}, {', '.join(f'sum({name})' for name in MEASURES)} FROM day_stats"
        f" WHERE day BETWEEN ? AND ?{where}{grouped}",
        (from_day, to_day),
    )
    return [_day_row(row) for row in rows if row[4] is not None]


def self_check(from_day: int, to_day: int) -> list[str]:
    """A sentence for each difference between the day summary, as far as it reaches, and the movements."""
    from db.statistics.self_check import sentences

    return sentences(from_day, to_day)


def _day_row(row: tuple[Any, ...]) -> DayRow:
    day, unit, service, newborn, *counts = row
    return DayRow(day, unit, service, None if newborn is None else bool(newborn), *counts)
