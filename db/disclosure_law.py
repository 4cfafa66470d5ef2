"""What the rules of disclosure ask of the store: kind of facility, tables, closing days, the patient's state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from config.code_tables import Shelf
from db import store
from db.connect import database
from db.conventions import convention
from rules.findings import Finding, Level
from rules.tables import Tables
from rules.values import is_date


class NotAllowed(Exception):
    """What was asked cannot be done now; ``findings`` say why, a sentence each. Nothing was changed."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(" ".join(finding.message for finding in self.findings))


@dataclass(frozen=True, slots=True)
class Law:
    """The laws of disclosure at this facility on a day."""

    facility: str  # code of table facility_kinds
    majority: int  # years
    closures: frozenset[date]
    tables: Tables


@dataclass(frozen=True, slots=True)
class PatientState:
    """What entitlement asks about the patient; None is not known."""

    minor: bool | None
    deceased: bool
    us_person: bool | None


def not_allowed(code: str, message: str, field: str = "") -> NotAllowed:
    """One reason why something cannot be done."""
    return NotAllowed((Finding(Level.FATAL, code, message, field),))


def law(day: int | None = None) -> Law:
    """The laws in force at the facility on a day number (now when None)."""
    tables = _shelf(store.current().directory / "site" / "tables")
    area = convention("closure_area", day)
    closures = frozenset(
        date.fromisoformat(row.code)
        for row in tables["federal_closures"].rows
        if is_date(row.code) and row.more.get("area", area) == area
    )
    return Law(convention("facility_kind", day), int(convention("age_of_majority", day)), closures, tables)


def patient_state(patient_id: int, day: str, majority: int) -> PatientState:
    """The patient's state on an ISO day. A birth date that is not full leaves the age unknown."""
    born, died, us_person = database.execute_sql(
        "SELECT birth_date, death_date, us_person FROM patient WHERE id = ?", (patient_id,)
    ).fetchone()
    return PatientState(
        minor=_is_under(born, day, majority),
        deceased=bool(died) and not died > day,
        us_person={"1": True, "0": False}.get(us_person),
    )


def _is_under(born: str, day: str, years: int) -> bool | None:
    if not is_date(born):
        return None
    return (int(day[:4]) - int(born[:4]) - (day[5:] < born[5:])) < years


@lru_cache(maxsize=2)
def _shelf(folder: Path) -> Shelf:
    return Shelf(folder)
