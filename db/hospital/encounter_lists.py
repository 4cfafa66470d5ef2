"""Encounters read: one account, some, or a patient's. Those that wait for work are in db/worklist/work.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from db.connect import database
from rules.identity import Name, shown_name
from rules.moments import Moment
from rules.text import clean


@dataclass(frozen=True, slots=True)
class Encounter:
    """An encounter with codes and canonical local times instead of internal numbers."""

    id: int
    account: str
    patient_id: int
    mrn: str
    patient_name: str
    patient_class: str  # I, E, O, OBS
    newborn: bool
    state: str  # active, cancelled, merged
    arrived_at: str
    admitted_at: str  # admission of a stay; blank for visits
    discharged_at: str  # discharge or departure
    admit_day: int | None
    discharge_day: int | None
    admit_unit: str
    admit_service: str
    unit: str  # present or last
    service: str
    bed: str
    on_leave: str
    disposition: str
    died: bool
    los_days: int | None
    leave_days: int
    attending: str
    payer: str
    priority: str
    point_of_origin: str
    location: str
    mother_account: str
    birth_weight_g: int | None
    gestation_weeks: int | None
    abstracted_day: int | None
    coded_day: int | None
    version: int


_SELECT: Final = (
    "SELECT e.id, e.account, e.patient_id, p.mrn, p.last_name, p.first_name, p.middle_name, p.suffix, e.class,"
    " e.newborn, e.state, e.arrived_utc, e.arrived_offset, e.admitted_utc, e.admitted_offset, e.discharged_utc,"
    " e.discharged_offset, e.admit_day, e.discharge_day, coalesce(au.code, ''), coalesce(asv.code, ''),"
    " coalesce(u.code, ''), coalesce(s.code, ''), e.bed, e.on_leave, e.disposition, e.died, e.los_days,"
    " e.leave_days, coalesce(d.code, ''), coalesce(y.code, ''), e.priority, e.point_of_origin, e.location,"
    " e.mother_account, e.birth_weight_g, e.gestation_weeks, e.abstracted_day, e.coded_day, e.version"
    " FROM encounter e JOIN patient p ON p.id = e.patient_id LEFT JOIN unit au ON au.id = e.admit_unit_id"
    " LEFT JOIN service asv ON asv.id = e.admit_service_id LEFT JOIN unit u ON u.id = e.unit_id"
    " LEFT JOIN service s ON s.id = e.service_id LEFT JOIN provider d ON d.id = e.attending_id"
    " LEFT JOIN payer y ON y.id = e.payer_id WHERE "
)


def find(account: str) -> int:
    """The encounter with this account number (the surviving one after a merge), or 0."""
    row = database.execute_sql(
        "SELECT id, merged_into_id FROM encounter WHERE account = ?", (clean(account.strip()),)
    ).fetchone()
    while row is not None and row[1] is not None:
        row = database.execute_sql(
            "SELECT id, merged_into_id FROM encounter WHERE id = ?", (row[1],)
        ).fetchone()
    return int(row[0]) if row else 0


def get(encounter_id: int) -> Encounter:
    """One encounter. Raises ``KeyError``."""
    row = database.execute_sql(_SELECT + "e.id = ?", (encounter_id,)).fetchone()
    if row is None:
        raise KeyError(encounter_id)
    return _encounter(row)


def of_ids(ids: Sequence[int]) -> list[Encounter]:
    """These encounters, in the order of their internal numbers."""
    chosen = ", ".join("?" * len(ids))
    return [
        _encounter(row)
        for row in database.execute_sql(f"{_SELECT}e.id IN ({chosen}) ORDER BY e.id", tuple(ids))
    ]


def of_patient(patient_id: int, after: tuple[int, int] | None = None, limit: int = 50) -> list[Encounter]:
    """A patient's encounters, newest first; ``after`` is (admit or arrival day, id) of the last one shown."""
    day = "coalesce(e.admit_day, e.arrived_day, 0)"
    where, values = "e.patient_id = ?", [patient_id]
    if after is not None:
        where += f" AND ({day} < ? OR ({day} = ? AND e.id < ?))"
        values += [after[0], after[0], after[1]]
    rows = database.execute_sql(f"{_SELECT}{where} ORDER BY {day} DESC, e.id DESC LIMIT ?", (*values, limit))
    return [_encounter(row) for row in rows]


def _encounter(row: tuple[Any, ...]) -> Encounter:
    id_, account, patient_id, mrn, last, first, middle, suffix, class_, newborn, state, *rest = row
    arrived, admitted, discharged = (_local(rest[i], rest[i + 1]) for i in (0, 2, 4))
    admit_day, discharge_day, au, asv, unit, service, bed, leave, status, died, *more = rest[6:]
    return Encounter(
        id_, account, patient_id, mrn, shown_name(Name(last, first, middle, suffix)), class_, bool(newborn), state,
        arrived, admitted, discharged, admit_day, discharge_day, au, asv, unit, service, bed, leave, status,
        bool(died), *more,
    )  # fmt: skip


def _local(utc: int | None, offset: int | None) -> str:
    return "" if utc is None else Moment(utc, offset or 0, 0).local
