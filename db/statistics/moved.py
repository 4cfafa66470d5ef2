"""Who came, moved and left on the days of a period: the patients behind the counts of the day summary, by name.

Read from the stays that the summary is made from, so that a list is as long as its count. Nothing here writes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from db import store
from db.connect import database
from db.hospital import site
from db.statistics import limits
from db.statistics.counts import ARRIVED, LEFT, MOVED, MOVED_BED
from rules.census import Event
from rules.identity import Name, shown_name
from rules.moments import moment_at

LODGER_DAYS: Final = (
    "lodger_days"  # the limit: a visit that is open for longer is no lodger, its end was never told
)


class Kind(StrEnum):
    """What the movement of a person is in the census."""

    ADMISSION = "admission"
    TRANSFER = "transfer"  # between units, whatever becomes of the service
    SERVICE = "service change"  # in the same unit
    BED = "bed change"  # in the same unit and service; in no count
    RETURN = "return"  # to the census or, from a pass that stays in it, to the bed
    DISCHARGE = "discharge"
    DEATH = "death"
    LEAVE = "leave"
    LODGER_IN = "lodger in"  # a visit that takes a bed of a unit of the census without being admitted
    LODGER_OUT = "lodger out"


@dataclass(frozen=True, slots=True)
class Moved:
    """A movement of a person, on the day whose census first sees it."""

    kind: Kind
    day: int
    at: str  # canonical local text
    utc: int
    encounter_id: int
    account: str
    mrn: str
    name: str
    sex: str
    birth_date: str
    newborn: bool
    attending: str
    unit: str  # come to, or left
    service: str
    bed: str = ""
    from_unit: str = ""  # of a transfer
    from_service: str = ""
    disposition: str = ""
    los_days: int | None = None
    stay_hours: int | None = None  # of who left: clock hours since the admission
    same_day: bool = False
    leave_type: str = ""
    absent: bool = False  # the leave is off the census
    boarder: bool = False  # in a unit that is out of the census, for the specialty alone
    point_of_origin: str = ""
    seq: int = 0  # of who moved: which piece of the stay began

    @property
    def key(self) -> tuple[int, int, int, int]:
        """Its place in a list: by time; who is admitted comes first and who is discharged goes last in a minute."""
        rank = {Kind.ADMISSION: 0, Kind.DISCHARGE: 2, Kind.DEATH: 2}.get(self.kind, 1)
        return (self.utc, rank, self.encounter_id, self.seq)

    @property
    def units(self) -> tuple[str, ...]:
        """The units that it concerns, the one left first."""
        return (self.from_unit, self.unit) if self.kind is Kind.TRANSFER else (self.unit,)

    @property
    def services(self) -> tuple[str, ...]:
        """The services that it concerns, the one left first."""
        return tuple(filter(None, dict.fromkeys((self.from_service, self.service))))


_WHO: Final = (
    "e.id, e.account, p.mrn, p.last_name, p.first_name, p.middle_name, p.suffix, p.sex, p.birth_date, e.newborn,"
    " coalesce(d.code, '')"
)
_JOINED: Final = " JOIN patient p ON p.id = e.patient_id LEFT JOIN provider d ON d.id = e.attending_id"
_ARRIVED: Final = (
    f"SELECT g.from_day, g.from_utc, {_WHO}, g.unit_id, g.service_id, g.bed, g.seq, b.unit_id, b.service_id,"
    f" e.point_of_origin{ARRIVED.format(joined=' JOIN encounter e ON e.id = g.encounter_id' + _JOINED)}"
    f" AND (b.seq IS NULL OR {MOVED}"
)
_LEFT: Final = (
    f"SELECT g.to_day, e.discharged_utc, {_WHO}, g.unit_id, g.service_id, g.bed, e.disposition, e.died, e.los_days,"
    " (e.discharged_utc - e.admitted_utc) / 3600, (SELECT from_day FROM segment WHERE encounter_id = e.id AND seq = 1)"
    f"{LEFT.format(joined=_JOINED)}"
)
_AWAY: Final = (
    f"SELECT {{day}}, {{utc}}, {_WHO}, l.unit_id, l.service_id, '', l.type, l.absent FROM leave_span l"
    " JOIN encounter e ON e.id = l.encounter_id" + _JOINED + " WHERE l.from_day < l.to_day AND "
)
_WENT: Final = _AWAY.format(day="l.from_day", utc="l.from_utc") + "l.from_day BETWEEN :first AND :last"
_GONE: Final = _AWAY.format(day="l.from_day", utc="l.from_utc") + "l.from_day <= :day AND l.to_day > :day"
_CAME_BACK: Final = _AWAY.format(day="l.to_day", utc="l.to_utc") + (
    "l.to_day BETWEEN :first AND :last AND l.encounter_id IN (SELECT encounter_id FROM movement"
    f" WHERE state = 'current' AND event IN ('{Event.RETURN}', '{Event.DISCHARGE}')"
    " AND day BETWEEN :first AND :last + 1)"
)
_LODGED: Final = (
    f" FROM encounter e INDEXED BY encounter_visit{_JOINED}"
    " JOIN unit u ON u.id = coalesce(e.unit_id, (SELECT id FROM unit WHERE code = e.location))"
    " WHERE e.class <> 'I' AND e.class IN ('E', 'O', 'OBS') AND u.counts_in_census = 1 AND e.state = 'active'"
    " AND e.arrived_day BETWEEN :last - :open_days AND :last"
    " AND (e.discharge_day IS NULL OR e.discharge_day > e.arrived_day) AND "
)


ARRIVALS: Final = frozenset({Kind.ADMISSION, Kind.TRANSFER, Kind.SERVICE, Kind.BED})
DEPARTURES: Final = frozenset({Kind.DISCHARGE, Kind.DEATH})
IN_CENSUS: Final = (ARRIVALS | DEPARTURES | {Kind.LEAVE, Kind.RETURN}) - {Kind.BED}


def moved(
    first_day: int, last_day: int, kinds: Collection[Kind] = IN_CENSUS, *, every_unit: bool = False
) -> list[Moved]:
    """Admissions, transfers, leaves and discharges of inpatients in a period, in order of time.

    Those that concern no unit of the census are left out unless ``every_unit``. A leave over no census hour changes
    no count and is not listed; one that ends by discharge comes back first.
    """
    reading, found = _Reading(every_unit), list[Moved]()
    bound = {"first": first_day, "last": last_day}
    if not ARRIVALS.isdisjoint(kinds):
        of_bed = f" OR {MOVED_BED})" if Kind.BED in kinds else ")"
        found += reading.arrived(database.execute_sql(_ARRIVED + of_bed, bound))
    if not DEPARTURES.isdisjoint(kinds):
        alone = "" if Kind.DISCHARGE in kinds else " AND e.died = 1"
        found += reading.left(database.execute_sql(_LEFT + alone, bound))
    if Kind.LEAVE in kinds:
        found += reading.away(Kind.LEAVE, database.execute_sql(_WENT, bound))
    if Kind.RETURN in kinds:
        found += reading.away(Kind.RETURN, database.execute_sql(_CAME_BACK, bound))
    return sorted((each for each in found if each.kind in kinds), key=_place)


def away(day: int) -> list[Moved]:
    """Those away at the census hour of a day, as they left, units out of the census too; in order of time."""
    rows = database.execute_sql(_GONE, {"day": day})
    return sorted(_Reading(every_unit=True).away(Kind.LEAVE, rows), key=_place)


def lodgers(day: int) -> list[Moved]:
    """Visits that took or gave back a bed of a unit of the census on a day, overnight, without an admission."""
    reading, found = _Reading(every_unit=True), []
    for kind, at in ((Kind.LODGER_IN, "arrived"), (Kind.LODGER_OUT, "discharge")):
        utc = "e.arrived_utc" if kind is Kind.LODGER_IN else "e.discharged_utc"
        sql = f"SELECT e.{at}_day, {utc}, {_WHO}, u.id, e.service_id, e.bed{_LODGED}e.{at}_day = :last"
        found += [
            Moved(kind=kind, **who, **reading.place(unit, service), bed=bed)
            for who, (unit, service, bed) in reading.rows(
                database.execute_sql(sql, {"last": day, "open_days": limits.within(LODGER_DAYS, day)})
            )
        ]
    return sorted(found, key=_place)


def lodging(day: int) -> dict[str, int]:
    """Heads of lodgers at the census hour of a day by unit."""
    there = "(e.discharge_day IS NULL OR e.discharge_day > :last) GROUP BY u.code"
    sql = f"SELECT u.code, count(*){_LODGED}{there}"
    bound = {"last": day, "open_days": limits.within(LODGER_DAYS, day)}
    return dict(database.execute_sql(sql, bound).fetchall())


def _place(each: Moved) -> tuple[int, int, int, int]:
    return each.key


class _Reading:
    """Rows of the store made into movements, those of units outside the census left out."""

    def __init__(self, every_unit: bool) -> None:
        self.zone = store.current().zone
        self.units, self.services = site.codes("unit"), site.codes("service")
        rows = database.execute_sql("SELECT id FROM unit WHERE counts_in_census = 1").fetchall()
        self.in_census = {unit for (unit,) in rows}
        self.every_unit = every_unit

    def rows(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[dict[str, Any], tuple[Any, ...]]]:
        """What all movements say of who it was and when, and the rest of the row."""
        for (
            day,
            utc,
            id_,
            account,
            mrn,
            last,
            first,
            middle,
            suffix,
            sex,
            birth,
            newborn,
            doctor,
            *rest,
        ) in rows:
            yield {
                "day": day, "at": moment_at(utc, self.zone).local, "utc": utc, "encounter_id": id_, "account": account,
                "mrn": mrn, "name": shown_name(Name(last, first, middle, suffix)), "sex": sex, "birth_date": birth,
                "newborn": bool(newborn), "attending": doctor,
            }, tuple(rest)  # fmt: skip

    def place(self, unit: int, service: int | None) -> dict[str, Any]:
        return {
            "unit": self.units.get(unit, ""), "service": self.services.get(service or 0, ""),
            "boarder": unit not in self.in_census,
        }  # fmt: skip

    def counts(self, *units: int | None) -> bool:
        return self.every_unit or any(unit in self.in_census for unit in units)

    def arrived(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[Moved]:
        for who, (unit, service, bed, seq, from_unit, from_service, origin) in self.rows(rows):
            if not self.counts(unit, from_unit):
                continue
            admitted = from_unit is None
            kind = Kind.SERVICE if from_service != service else Kind.BED
            kind = Kind.ADMISSION if admitted else Kind.TRANSFER if from_unit != unit else kind
            yield Moved(
                kind=kind, **who, **self.place(unit, service), bed=bed, point_of_origin=origin if admitted else "",
                seq=seq, from_unit=self.units.get(from_unit, ""), from_service=self.services.get(from_service, ""),
            )  # fmt: skip

    def left(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[Moved]:
        for who, (unit, service, bed, disposition, died, los, hours, admit_day) in self.rows(rows):
            if self.counts(unit):
                yield Moved(
                    kind=Kind.DEATH if died else Kind.DISCHARGE, **who, **self.place(unit, service), bed=bed,
                    disposition=disposition, los_days=los, stay_hours=hours, same_day=admit_day == who["day"],
                )  # fmt: skip

    def away(self, kind: Kind, rows: Iterable[tuple[Any, ...]]) -> Iterator[Moved]:
        for who, (unit, service, bed, leave_type, absent) in self.rows(rows):
            if self.counts(unit):
                yield Moved(
                    kind=kind, **who, **self.place(unit, service), bed=bed, leave_type=leave_type, absent=bool(absent)
                )  # fmt: skip
