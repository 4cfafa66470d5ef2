"""Accounts coded outside the discharge abstract that wait: visits by class, nursing and rehabilitation stays.

Which visits wait is kept by triggers (``visit_wait``); which stays, follows from the table ``account_types``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any, Final

from db.abstracting.visits import ANY, TYPES, coded_from, data_set_for
from db.actors import Action, Actor
from db.acts import viewed
from db.connect import database
from db.registry.cases import COMPLETE
from rules.census import VISIT_CLASSES
from rules.moments import iso_date
from rules.tables import Tables

SETTINGS: Final = {"LTC": "nursing", "IRF": "rehab"}  # stays with a data set beside the discharge abstract
TO_DO: Final = "to code"
LAST: Final = (10**8, 0)  # after every day
SLICE: Final = 200  # stays looked at together


@dataclass(frozen=True, slots=True)
class VisitToCode:
    """A row of the list: a visit or stay, and how far its coding is. ``arrived_day`` is 0 where nobody says."""

    encounter_id: int
    arrived_day: int
    account: str
    mrn: str
    patient_name: str
    patient_class: str
    attending: str
    status: str  # to code, open, complete
    filed_by: str
    left_day: int | None = None  # None: still here, or nobody says

    @property
    def key(self) -> tuple[int, int]:
        return (self.arrived_day, self.encounter_id)


def open_list(actor: Actor, asked: str) -> None:
    """Log that the list is about to be shown."""
    viewed(actor, Action.VIEW_ABSTRACT, kind="list", record=asked, detail={"list": "visits to code"})


_SELECT: Final = (
    "SELECT e.id, {day}, e.account, p.mrn, p.last_name || ',' || p.first_name, e.class, coalesce(d.code, ''),"
    " coalesce(c.status, ?), coalesce(c.filed_by, ''), e.discharge_day"
)
_WHO: Final = " JOIN patient p ON p.id = e.patient_id LEFT JOIN provider d ON d.id = e.attending_id"
_CODING: Final = (
    " LEFT JOIN data_case c ON c.encounter_id = e.id AND c.data_set IN ({}) AND c.void_utc IS NULL"
)
_VISIT_CODING: Final = _CODING.format("'visit', 'office'")


def listing(
    of_class: str = "", after: tuple[int, int] | None = None, limit: int = 50, *, every: bool = False
) -> list[VisitToCode]:
    """Visits that are not coded completely, newest first, from the day on that the setting ``visits_coded_from`` names.

    With ``every`` all visits, the coded ones and those before it too.
    """
    classes = (of_class,) if of_class else VISIT_CLASSES  # each by its own part of the index
    read = _every if every else _waiting
    pages = [read(each, after or LAST, limit) for each in classes]
    return list(islice(merge(*pages, key=lambda row: row.key, reverse=True), limit))


def _waiting(of_class: str, after: tuple[int, int], limit: int) -> list[VisitToCode]:
    rows = database.execute_sql(
        f"{_SELECT.format(day='w.arrived_day')} FROM visit_wait w CROSS JOIN encounter e ON e.id = w.encounter_id"
        f"{_WHO}{_VISIT_CODING} WHERE w.class = ? AND w.arrived_day >= ? AND (w.arrived_day, w.encounter_id) < (?, ?)"
        " ORDER BY w.arrived_day DESC, w.encounter_id DESC LIMIT ?",
        (TO_DO, of_class, coded_from(), *after, limit),
    )
    return [VisitToCode(*row) for row in rows]


def _every(of_class: str, after: tuple[int, int], limit: int) -> list[VisitToCode]:
    rows = database.execute_sql(
        f"{_SELECT.format(day='e.arrived_day')} FROM encounter e{_WHO}{_VISIT_CODING} WHERE e.class <> 'I'"
        " AND e.class = ? AND e.state = 'active' AND (e.arrived_day, e.id) < (?, ?)"
        " ORDER BY e.arrived_day DESC, e.id DESC LIMIT ?",
        (TO_DO, of_class, *after, limit),
    )
    return [VisitToCode(*row) for row in rows]


def stays(
    setting: str,
    tables: Tables,
    after: tuple[int, int] | None = None,
    limit: int = 50,
    *,
    every: bool = False,
) -> list[VisitToCode]:
    """Stays of one of ``SETTINGS`` whose record is not complete, last admitted first; with ``every`` all of them.

    What ended before the day of the setting ``visits_coded_from`` does not wait.
    """
    return list(islice(_stays(setting, tables, after or LAST, every), limit))


def _stays(setting: str, tables: Tables, after: tuple[int, int], every: bool) -> Iterator[VisitToCode]:
    data_set = SETTINGS[setting]
    places, bound = _places(data_set, tables)
    if not places:
        return
    unfinished = " AND coalesce(c.status, '') <> ? AND (e.discharge_day IS NULL OR e.discharge_day >= ?)"
    sql = (
        f"{_SELECT.format(day='e.admit_day')}, coalesce(s.code, ''), e.location FROM encounter e{_WHO}"
        f"{_CODING.format('?')} LEFT JOIN service s ON s.id = e.service_id WHERE e.class = 'I' AND e.state = 'active'"
        f" AND ({places}) AND (e.admit_day, e.id) < (?, ?){'' if every else unfinished}"
        " ORDER BY e.admit_day DESC, e.id DESC LIMIT ?"
    )
    done = () if every else (COMPLETE, coded_from())
    while rows := database.execute_sql(sql, (TO_DO, data_set, *bound, *after, *done, SLICE)).fetchall():
        for *row, service, location in rows:
            stay = VisitToCode(*row)
            ended = iso_date(stay.left_day) if stay.left_day else ""
            if data_set_for(("I", service, location), ended, tables) == data_set:  # another row may name more
                yield stay
        after = (rows[-1][1], rows[-1][0])


def _places(data_set: str, tables: Tables) -> tuple[str, list[Any]]:
    """A condition for the services and locations that rows of the table name, and what it binds."""
    found: list[str] = []
    bound: list[Any] = []
    for row in tables[TYPES].rows:
        class_, service, location = (*row.code.split("|"), ANY, ANY)[:3]
        if row.more.get("data_set") != data_set or class_ not in (ANY, "I"):
            continue
        parts = ["1"]
        if service != ANY:
            parts.append("e.service_id IN (SELECT id FROM service WHERE code = ?)")
            bound.append(service)
        if location != ANY:
            parts.append("e.location = ?")
            bound.append(location)
        found.append(" AND ".join(parts))
    return " OR ".join(f"({each})" for each in found), bound
