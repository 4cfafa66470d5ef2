"""Registers of births, deaths, fetal deaths, autopsies and operations, with what was filed of them and when.

Numbers and days of certificates are keyed on the abstract (its option ``abstract-registers``).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final, NamedTuple

from config.code_tables import Shelf
from db import store
from db.connect import database
from db.statistics import discharges, event_lists, stay_lists
from db.statistics.event_lists import EventLine
from db.statistics.stay_lists import Stay, Wanted
from rules.moments import Moment, day_number, iso_date
from rules.periods import Period

LIMITS: Final = "filing_limits"


class Register(StrEnum):
    """What a register is kept of."""

    BIRTH = "birth"
    DEATH = "death"
    FETAL_DEATH = "fetal-death"
    AUTOPSY = "autopsy"
    OPERATION = "operation"


class Filed(NamedTuple):
    """The certificate or report that belongs to an entry."""

    number: str = ""
    day: int | None = None


class Birth(NamedTuple):
    """A child born in the house: birth is its admission."""

    stay: Stay
    at: str
    grams: int | None
    weeks: int | None
    mother_mrn: str
    mother_id: int
    mother_sensitive: str
    mother_account: str
    filed: Filed


class Death(NamedTuple):
    """A death of an inpatient or of a visitor to the emergency department; ``at`` as pronounced, else as they left."""

    stay: Stay
    at: str
    inpatient: bool
    coroner: bool
    autopsy: bool
    filed: Filed


class OfEvent(NamedTuple):
    """A fetal death or an autopsy."""

    event: EventLine
    filed: Filed


class Operation(NamedTuple):
    """A procedure of an abstract."""

    stay: Stay
    day: int
    code: str
    seq: int
    surgeon: str
    anesthesia: str
    anesthetist: str


_CASE: Final = "(SELECT a.case_id FROM abstract a WHERE a.encounter_id = e.id)"


def _item(name: str, column: str = "text") -> str:
    """An item of the abstract of the stay ``e``."""
    return f"(SELECT i.{column} FROM case_item i WHERE i.case_id = {_CASE} AND i.item = '{name}' LIMIT 1)"


def _filed(number: str, day: str) -> tuple[str, str]:
    return f"coalesce({_item(number)}, '')", _item(day, "day")


_MOTHER: Final = (
    "encounter e LEFT JOIN encounter m ON e.mother_account <> '' AND m.account = e.mother_account"
    " LEFT JOIN patient q ON q.id = m.patient_id LEFT JOIN sensitive_patient z ON z.patient_id = m.patient_id"
)
_VISITS: Final = "e.class IN ('E', 'O', 'OBS') AND e.state = 'active'"
_VISITED: Final = "e.arrived_day BETWEEN :first - 7 AND :last AND e.discharge_day BETWEEN :first AND :last"


def births(period: Period) -> list[Birth]:
    """Newborns of a period, by the time of birth."""
    rows = stay_lists.read(
        Wanted(period, counted=False), "e.newborn = 1 AND e.admit_day BETWEEN :first AND :last", way=_MOTHER,
        also=("e.admitted_utc", "e.admitted_offset", "e.birth_weight_g", "e.gestation_weeks", "coalesce(q.mrn, '')",
              "coalesce(q.id, 0)", "coalesce(z.class, '')", "e.mother_account",
              *_filed("birth_certificate", "birth_filed")),
    )  # fmt: skip
    found = [
        Birth(
            stay, Moment(utc, offset, 0).local, grams, weeks, mrn, mother, class_, account, Filed(number, day)
        )
        for stay, (utc, offset, grams, weeks, mrn, mother, class_, account, number, day) in rows
    ]
    return sorted(found, key=lambda row: (row.at, row.stay.encounter_id))


def deaths(period: Period) -> list[Death]:
    """Deaths of a period in the house, by the time of death."""
    told = (
        "EXISTS (SELECT 1 FROM event v WHERE v.encounter_id = e.id AND v.state = 'current' AND v.kind = '{}')"
    )
    also = (
        "e.discharged_utc", "e.discharged_offset", _item("died_at"),
        *(f"{told.format(kind)} OR coalesce({_item(kind)}, '') = '1'" for kind in ("coroner", "autopsy")),
        *_filed("death_certificate", "death_filed"),
    )  # fmt: skip
    wanted = Wanted(period, answers={"died": True}, counted=False)
    found = [
        Death(
            stay,
            died or Moment(utc, offset, 0).local,
            inpatient,
            bool(coroner),
            bool(autopsy),
            Filed(number, day),
        )
        for inpatient, rows in (
            (True, stay_lists.read(wanted, discharges.ended("e"), also=also)),
            (False, stay_lists.read(wanted, _VISITED, also=also, of=_VISITS)),
        )
        for stay, (utc, offset, died, coroner, autopsy, number, day) in rows
    ]
    return sorted(found, key=lambda row: (row.at, row.stay.encounter_id))


def fetal_deaths(period: Period) -> list[OfEvent]:
    """Fetal deaths of a period by time; the first of a mother has the first report on her abstract."""
    found = event_lists.events(period, ("fetal_death",))
    filed = _rows_filed({row.case_id for row in found})
    entries, given = [], dict[int, int]()
    for row in found:
        given[row.encounter_id] = at = given.get(row.encounter_id, 0) + 1
        entries.append(OfEvent(row, filed.get((row.case_id, at), Filed())))
    return entries


def autopsies(period: Period) -> list[OfEvent]:
    """Autopsies of a period by time: those of inpatients with their discharge, others on their day."""
    found = event_lists.events(period, ("autopsy",))
    filed = _items_filed({row.case_id for row in found}, "autopsy_number", "autopsy_reported")
    return [OfEvent(row, filed.get((row.case_id, 0), Filed())) for row in found]


def operations(period: Period) -> list[Operation]:
    """Procedures of a period by day, as far as their stays are abstracted."""
    anesthetist = (
        f"coalesce((SELECT i.text FROM case_item i WHERE i.case_id = {_CASE}"
        " AND i.item = 'procedures.anesthetist' AND i.seq = x.seq), '')"
    )
    rows = stay_lists.read(
        Wanted(period, counted=False),
        "e.discharge_day BETWEEN :first AND :last + (SELECT longest_days FROM census_state) + 1"
        " AND x.performed_day BETWEEN :first AND :last",
        way="encounter e CROSS JOIN procedure x ON x.encounter_id = e.id",
        also=("x.performed_day", "x.code", "x.seq", "x.surgeon", "x.anesthesia", anesthetist),
    )
    return sorted(
        (Operation(stay, *rest) for stay, rest in rows),
        key=lambda row: (row.day, row.stay.encounter_id, row.seq),
    )


def operations_not_abstracted(period: Period) -> int:
    """Operations of a period that were told by events of stays without an abstract."""
    row = database.execute_sql(
        "SELECT count(*) FROM event v WHERE v.state = 'current' AND v.kind = 'operation' AND v.day BETWEEN ? AND ?"
        " AND NOT EXISTS (SELECT 1 FROM procedure x WHERE x.encounter_id = v.encounter_id)",
        (period.from_day, period.to_day),
    ).fetchone()
    return int(row[0])


def limit(register: Register, state: str, day: int) -> int | None:
    """Within how many days something has to be filed: by the law of a state, or where none is named the model act."""
    table = Shelf(store.current().directory / "site" / "tables")[LIMITS]
    row = table.find(f"{register} {state.upper()}", iso_date(day)) if state else None
    row = row or table.find(str(register), iso_date(day))
    days = str(row.more.get("days", "")) if row else ""
    return int(days) if days.isdecimal() else None


def _rows_filed(cases: set[int]) -> dict[tuple[int, int], Filed]:
    """The rows of fetal deaths on abstracts, by record and place."""
    return _items_filed(cases, "fetal_deaths.certificate", "fetal_deaths.filed")


def _items_filed(cases: set[int], number: str, day: str) -> dict[tuple[int, int], Filed]:
    """Numbers and days on abstracts, by record and row; row 0 is no row of a group."""
    found: dict[tuple[int, int], dict[str, Any]] = {}
    chosen = sorted(cases - {0})
    for start in range(0, len(chosen), 500):
        some = chosen[start : start + 500]
        for case, item, seq, text, when in database.execute_sql(
            f"SELECT case_id, item, seq, text, day FROM case_item WHERE case_id IN ({', '.join('?' * len(some))})"
            " AND item IN (?, ?)",
            (*some, number, day),
        ):
            found.setdefault((case, seq), {})[item] = text if item == number else when
    return {key: Filed(items.get(number, ""), items.get(day)) for key, items in found.items()}


def due(at: str, days: int | None) -> int | None:
    """The last day on which something of a moment may be filed; None without a limit."""
    return None if days is None else day_number(at[:10]) + days
