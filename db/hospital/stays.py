"""Stays as they follow from movements: the encounter's times and places, segments and leaves, rewritten together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from db import store
from db.connect import database
from db.conventions import convention, conventions_by_day
from db.statistics import census_state
from rules import census
from rules.census import NEVER, Away, Counted, Event, Piece, Stay, Step
from rules.conventions import Conventions

IDS_AT_ONCE: Final = 500
FAR_DAY: Final = 10**7  # conventions in force now

_COUNTED = (
    "SELECT s.encounter_id, s.unit_id, s.service_id, s.bed, s.from_utc, s.from_day, s.to_utc, s.to_day, s.newborn,"
    " e.discharge_day, e.died, e.died_under_48h, coalesce(e.los_days, 0)"
    " FROM encounter e JOIN segment s ON s.encounter_id = e.id WHERE e.class = 'I' AND "
)
_LEAVES = (
    "SELECT l.encounter_id, l.type, l.unit_id, l.service_id, l.from_utc, l.from_day, l.to_utc, l.to_day, l.absent"
    " FROM leave_span l WHERE "
)


def marks(values: Sequence[Any]) -> str:
    """As many question marks as there are values."""
    return ", ".join("?" * len(values))


def counted(ids: Sequence[int]) -> dict[int, Counted]:
    """Stored stays by encounter, as the day summary was made from them."""
    leaves = _leaves(f"l.encounter_id IN ({marks(ids)})", tuple(ids))
    where = f"e.id IN ({marks(ids)}) ORDER BY s.encounter_id, s.seq"
    return dict(_stays(where, tuple(ids), leaves))


def counted_between(first_day: int, last_day: int, longest_days: int) -> Iterator[tuple[int, Counted]]:
    """Stored stays that touch a period, each once, with their encounters."""
    reach = first_day - longest_days - 1  # closed stays admitted earlier cannot reach the period
    leaves = _leaves("l.from_day <= ? AND l.to_day >= ?", (last_day, first_day))
    recent = "e.admit_day BETWEEN ? AND ? AND (e.discharge_day IS NULL OR e.discharge_day >= ?)"
    old = "e.state = 'active' AND e.discharge_day IS NULL AND e.admit_day < ?"
    order = (
        " ORDER BY +s.encounter_id, s.seq"  # +: the stays found are sorted, not all there are read in order
    )
    yield from _stays(recent + order, (reach, last_day + 1, first_day - 1), leaves)
    yield from _stays(old + order, (reach,), leaves)


def _stays(
    where: str, values: tuple[Any, ...], leaves: Mapping[int, list[Away]]
) -> Iterator[tuple[int, Counted]]:
    for encounter, rows in groupby(database.execute_sql(_COUNTED + where, values), itemgetter(0)):
        pieces = []
        row: tuple[Any, ...] = ()
        for row in rows:
            _, unit, service, bed, from_utc, from_day, to_utc, to_day, *_ = row
            pieces.append(Piece(unit, service, bed, from_utc, from_day, to_utc, to_day))
        newborn, discharged_on, died, early, los_days = row[8:]
        yield (
            encounter,
            Counted(
                bool(newborn),
                pieces,
                leaves.get(encounter, ()),
                discharged_on,
                bool(died),
                bool(early),
                los_days,
            ),
        )


def _leaves(where: str, values: tuple[Any, ...]) -> dict[int, list[Away]]:
    found: dict[int, list[Away]] = {}
    for encounter, *rest, absent in database.execute_sql(_LEAVES + where, values):
        found.setdefault(encounter, []).append(Away._make((*rest, bool(absent))))
    return found


def steps(ids: Sequence[int]) -> dict[int, list[Step]]:
    """Current movements by encounter."""
    found: dict[int, list[Step]] = {}
    rows = database.execute_sql(
        "SELECT encounter_id, event, at_utc, at_offset, day, unit_id, service_id, bed, class, disposition,"
        f" leave_type, seq, place FROM movement WHERE state = 'current' AND encounter_id IN ({marks(ids)})",
        tuple(ids),
    )
    for encounter, event, *rest in rows:
        found.setdefault(encounter, []).append(Step(Event(event), *rest))
    return found


def deriver() -> Callable[[Sequence[Step], bool], Stay | None]:
    """How stays follow from movements by the conventions of their day (of discharge, or now while open)."""
    by_day = conventions_by_day()
    now_utc = store.current().now().utc

    def derive(path: Sequence[Step], newborn: bool) -> Stay | None:
        return census.stay(path, newborn, governing(by_day, path), now_utc)

    return derive


def governing(by_day: Callable[[int], Conventions], path: Sequence[Step]) -> Conventions:
    """The conventions that a path is counted by."""
    last = max((step.day for step in path if step.event is Event.DISCHARGE), default=FAR_DAY)
    return by_day(last)


def write(stays: Mapping[int, Stay | None]) -> None:
    """Store what follows from the movements of these encounters: None is an encounter without any."""
    ids = [(encounter,) for encounter in stays]
    connection = database.connection()
    connection.executemany("DELETE FROM segment WHERE encounter_id = ?", ids)
    connection.executemany("DELETE FROM leave_span WHERE encounter_id = ?", ids)
    inpatient = [(encounter, stay) for encounter, stay in stays.items() if stay and stay.pieces]
    connection.executemany(_UPDATE_STAY, [_stay_values(encounter, stay) for encounter, stay in inpatient])
    visits = [(encounter, stay) for encounter, stay in stays.items() if stay and not stay.pieces]
    connection.executemany(_UPDATE_VISIT, [_visit_values(encounter, stay) for encounter, stay in visits])
    for encounter in [encounter for encounter, stay in stays.items() if stay is None]:
        _no_movements(encounter)
    connection.executemany(
        f"INSERT INTO segment VALUES ({marks(range(10))})",
        [
            (
                encounter,
                seq,
                p.unit,
                p.service,
                stay.newborn,
                p.bed,
                p.from_utc,
                p.to_utc,
                p.from_day,
                p.to_day,
            )
            for encounter, stay in inpatient
            for seq, p in enumerate(stay.pieces, 1)
        ],
    )
    connection.executemany(
        f"INSERT INTO leave_span VALUES ({marks(range(11))})",
        [
            (encounter, seq, leave.type, leave.unit, leave.service, stay.newborn, leave.from_utc, leave.to_utc,
             leave.from_day, leave.to_day, leave.absent)
            for encounter, stay in inpatient
            for seq, leave in enumerate(stay.leaves, 1)
        ],
    )  # fmt: skip
    lengths = [s.pieces[-1].to_day - s.pieces[0].from_day for _, s in inpatient if s.discharged]
    if lengths:
        census_state.note_stay_length(max(lengths))


# A first contact that came before the admission, as an emergency visit does, is kept.
_UPDATE_STAY: Final = (
    "UPDATE encounter SET class = 'I', state = CASE state WHEN 'merged' THEN state ELSE 'active' END,"
    " arrived_utc = CASE WHEN {kept} THEN arrived_utc ELSE ? END,"
    " arrived_offset = CASE WHEN {kept} THEN arrived_offset ELSE ? END,"
    " arrived_day = CASE WHEN {kept} THEN arrived_day ELSE ? END,"
    " admitted_utc = ?, admitted_offset = ?, admit_day = ?, discharged_utc = ?, discharged_offset = ?,"
    " discharge_day = ?, admit_unit_id = ?, admit_service_id = ?, unit_id = ?, service_id = ?, bed = ?,"
    " on_leave = ?, disposition = ?, died = ?, died_under_48h = ?, los_days = ?, leave_days = ?,"
    " version = version + 1 WHERE id = ?"
).replace("{kept}", "arrived_utc < ? AND arrived_utc IS NOT admitted_utc")


def _stay_values(encounter: int, stay: Stay) -> tuple[Any, ...]:
    arrived, admitted, gone = stay.arrived, stay.admitted, stay.discharged
    return (
        arrived.utc, arrived.utc, arrived.utc, arrived.offset, arrived.utc, arrived.day,
        admitted.utc, admitted.offset, admitted.day, *_ended(gone),
        stay.pieces[0].unit, stay.pieces[0].service, stay.unit, stay.service, stay.bed, stay.on_leave,
        gone.disposition if gone else "", stay.died, stay.died_early, stay.los_days, stay.leave_days, encounter,
    )  # fmt: skip


_UPDATE_VISIT: Final = (
    "UPDATE encounter SET class = ?, state = CASE state WHEN 'merged' THEN state ELSE 'active' END,"
    " arrived_utc = ?, arrived_offset = ?, arrived_day = ?, admitted_utc = NULL, admitted_offset = NULL,"
    " admit_day = NULL, discharged_utc = ?, discharged_offset = ?, discharge_day = ?, admit_unit_id = NULL,"
    " admit_service_id = NULL, unit_id = ?, service_id = ?, bed = ?, on_leave = ?, disposition = ?, died = ?,"
    " died_under_48h = 0, los_days = NULL, leave_days = 0, version = version + 1 WHERE id = ?"
)


def _visit_values(encounter: int, stay: Stay) -> tuple[Any, ...]:
    arrived, gone = stay.arrived, stay.discharged
    return (
        stay.patient_class, arrived.utc, arrived.offset, arrived.day, *_ended(gone), stay.unit, stay.service,
        stay.bed, stay.on_leave, gone.disposition if gone else "", stay.died, encounter,
    )  # fmt: skip


def _ended(gone: Step | None) -> tuple[int | None, int | None, int | None]:
    return (gone.utc, gone.offset, gone.day) if gone else (None, None, None)


def _no_movements(encounter: int) -> None:
    """The admission never was: back to the visit that it came from, or cancelled."""
    visit = database.execute_sql(
        "SELECT a.old FROM encounter e JOIN amendment a ON a.kind = 'encounter' AND a.record_id = e.id"
        " WHERE e.id = ? AND a.field = 'class' AND a.new = 'I' AND a.old <> ''"
        " AND e.arrived_utc IS NOT e.admitted_utc ORDER BY a.id DESC LIMIT 1",
        (encounter,),
    ).fetchone()
    database.execute_sql(
        "UPDATE encounter SET class = coalesce(?, class),"
        " state = CASE WHEN state = 'merged' THEN state WHEN ? THEN 'active' ELSE 'cancelled' END,"
        " admitted_utc = NULL, admitted_offset = NULL, admit_day = NULL, discharged_utc = NULL,"
        " discharged_offset = NULL, discharge_day = NULL, admit_unit_id = NULL, admit_service_id = NULL,"
        " unit_id = NULL, service_id = NULL, bed = '', on_leave = '', disposition = '', died = 0,"
        " died_under_48h = 0, los_days = NULL, leave_days = 0, version = version + 1 WHERE id = ?",
        (visit[0] if visit else None, visit is not None, encounter),
    )


def to_derive(state: census_state.State, limit: int) -> list[tuple[int, bool]]:
    """The next encounters that wait to be derived anew, with whether they are newborn's."""
    return [
        (encounter, bool(newborn))
        for encounter, newborn in database.execute_sql(
            "SELECT id, newborn FROM encounter WHERE id > ? AND (discharge_day IS NULL OR discharge_day >= ?)"
            " AND EXISTS (SELECT 1 FROM movement WHERE encounter_id = encounter.id) ORDER BY id LIMIT ?",
            (state.derived_to_id, state.derive_from, limit),
        )
    ]


def open_passes_turned_absent(now_utc: int) -> list[int]:
    """Encounters on a pass that has outlasted what a pass may (setting ``pass_hours``) and is still counted."""
    hours = int(convention("pass_hours"))
    return [
        encounter
        for (encounter,) in database.execute_sql(
            f"SELECT encounter_id FROM leave_span WHERE to_day = {NEVER} AND absent = 0 AND from_utc <= ?",
            (now_utc - hours * 3600,),
        )
    ]


def newborns(ids: Iterable[int]) -> dict[int, bool]:
    """Whether encounters are newborns'."""
    chosen = tuple(ids)
    rows = database.execute_sql(f"SELECT id, newborn FROM encounter WHERE id IN ({marks(chosen)})", chosen)
    return {encounter: bool(newborn) for encounter, newborn in rows}
