"""Late changes of closed months other than movements: events, beds, weights, payers, patients, site files, tables.

Triggers note them (db/migrations 020, 025, 027); here they are put into words, with the record and who did it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from db import store
from db.connect import database
from db.hospital import site
from db.statistics import limits
from db.statistics.closing import Closing
from rules.census import NEVER
from rules.moments import iso_date, moment_at

NOTED: Final = {
    "event": "event {}",
    "moved": "event of another account",
    "unit_beds": "beds edited",
    "unit": "unit edited",
    "service": "service edited",
    "weight": "DRG weight edited",
    "newborn": "newborn mark edited",
    "leave": "pass became absence",
    "return": "readmission {}",
    "table": "table edited",
    "payer": "payer edited",
    "payer_class": "class of payer edited",
    "point_of_origin": "point of origin edited",
    "chart": "account of another chart",
    "birth_date": "birth date edited",
    "sex": "sex edited",
    "race": "race edited",
    "ethnicity": "ethnicity edited",
    "county": "county edited",
    "zip": "ZIP edited",
}
"""What late changes of other things are called."""
FILES: Final = {"unit_beds": "unit", "unit": "unit", "service": "service", "payer_class": "payer"}
"""The site file whose row a late change is of, by its kind."""
_OF_PATIENT: Final = frozenset({"birth_date", "sex", "race", "ethnicity", "county", "zip"})
_OF_ACCOUNT: Final = frozenset({"payer", "point_of_origin", "newborn"})
_OF_HEADS: Final = frozenset({"sex", "chart"})  # counted of those who remain, too


@dataclass(frozen=True, slots=True)
class Change:
    """A late change that alters a closed month: what was done, to what, by whom and when."""

    kind: str
    subject: str  # the account, unit or service; a convention by its name
    at: str  # of the movement or event, canonical local text; blank where there is none
    old: str
    new: str
    by: str
    changed_at: str
    origin: str  # screen, csv 12, hl7 4711
    reason: str
    earliest_day: int  # affected
    patient_id: int = 0


def told(
    closed: Closing, utc: int, kind: str, record: int, day: int, old: str, new: str, amendment_id: int
) -> Change | None:
    """A row of ``late_change`` that is of no movement, where it concerns the month."""
    done = "entered" if not old else "deleted" if not new else "edited"
    if kind in FILES or kind == "table":
        if day > closed.to_day:
            return None
        table = FILES.get(kind, kind)
        on = _Subject("" if kind == "table" else f"{table} {site.codes(table).get(record, record)}")
        if kind == "table":  # in words that a narrow column breaks between
            title = limits.OF_FIGURES[record]
            old, new = (f"{title} {words}".replace("_", " ") if words else "" for words in (old, new))
        by, origin = _amended(table, record, amendment_id)
    else:
        found = _event(record) if kind in ("event", "moved") else _account(record)
        if found is None or not _concerned(closed, kind, day, found):
            return None
        on, (by, origin) = found, _who(kind, found, record, old, amendment_id)
    if kind == "return":
        if not _readmission(closed, day, old, new):
            return None
        old, new = (iso_date(int(each)) if each else "" for each in (old, new))
    if kind == "birth_date" and _band(closed, on, old) == _band(closed, on, new):
        return None
    at, name = moment_at(utc, store.current().zone).local, NOTED[kind].format(done)
    return Change(name, on.name, on.at, old, new, by, at, origin, "", max(day, 1), on.patient_id)


class _Subject(NamedTuple):
    """What a late change is of: an account, or a row of a file."""

    name: str
    patient_id: int = 0
    by: str = ""  # who entered the event, or filed the abstract last
    origin: str = ""
    admit_day: int = 0
    discharge_day: int = 0  # 0: still in house
    at: str = ""  # of the event


def _concerned(closed: Closing, kind: str, day: int, of: _Subject) -> bool:
    """Whether a change on a day or of a stay is of the month; heads are of who lay across its end."""
    days = (day,) if kind == "point_of_origin" else (day, of.discharge_day)
    remained = kind in _OF_HEADS and of.admit_day <= closed.to_day < (of.discharge_day or NEVER)
    return remained or any(closed.from_day <= each <= closed.to_day + 1 for each in days)


def _who(kind: str, of: _Subject, record: int, old: str, amendment_id: int) -> tuple[str, str]:
    """Who did it, and from where."""
    if kind == "moved":
        return _merged("encounter", amendment_id)
    if kind == "chart":
        found = _amended("encounter", record, amendment_id, "mrn")
        return found if any(found) else _merged("patient", amendment_id)
    if kind in _OF_PATIENT:
        return _amended("patient", of.patient_id, amendment_id)
    if kind in _OF_ACCOUNT:
        found = _amended("encounter", record, amendment_id)
        return found if any(found) else (of.by, of.origin)
    if kind == "event" and old:
        return _amended("event", record, amendment_id)
    return of.by, of.origin


def _readmission(closed: Closing, day: int, old: str, new: str) -> bool:
    """Whether a return has become one within the days of a readmission, as the month counts, or no longer is."""
    last = day + limits.within("readmission_days", closed.to_day)
    return (bool(old) and int(old) <= last) != (bool(new) and int(new) <= last)


def _band(closed: Closing, of: _Subject, birth_date: str) -> int | None:
    """The age at which the band of completed years at admission begins; None: the birth date is not whole."""
    if len(birth_date) != len("2026-11-21"):
        return None
    admitted, born = (int(day.replace("-", "")) for day in (iso_date(of.admit_day), birth_date))
    years = (admitted - born) // 10_000
    return max((first for first, _ in limits.age_bands(closed.to_day) if first <= years), default=0)


def _event(event_id: int) -> _Subject | None:
    row = database.execute_sql(
        "SELECT coalesce(e.account, ''), coalesce(v.patient_id, 0), v.by, v.origin, coalesce(e.admit_day, 0),"
        " coalesce(e.discharge_day, 0), v.at_utc FROM event v LEFT JOIN encounter e ON e.id = v.encounter_id"
        " WHERE v.id = ?",
        (event_id,),
    ).fetchone()
    return _Subject(*row[:6])._replace(at=moment_at(row[6], store.current().zone).local) if row else None


def _account(encounter_id: int) -> _Subject | None:
    row = database.execute_sql(
        "SELECT e.account, e.patient_id, coalesce(d.filed_by, ''), '', coalesce(e.admit_day, 0),"
        " coalesce(e.discharge_day, 0) FROM encounter e"
        " LEFT JOIN data_case d ON d.encounter_id = e.id AND d.data_set = 'abstract' WHERE e.id = ?",
        (encounter_id,),
    ).fetchone()
    return _Subject(*row) if row else None


def _merged(kind: str, after_id: int) -> tuple[str, str]:
    """Who put two accounts or charts together, or took them apart: what is theirs goes with them."""
    row = database.execute_sql(
        "SELECT by, origin FROM amendment WHERE kind = ? AND field = 'merged' AND id > ? ORDER BY id LIMIT 1",
        (kind, after_id),
    ).fetchone()
    return (str(row[0]), str(row[1])) if row else ("", "")


def _amended(kind: str, record_id: int, after_id: int, field: str = "") -> tuple[str, str]:
    """Who amended a record, and from where: the amendment is noted right after the change."""
    row = database.execute_sql(
        "SELECT by, origin FROM amendment WHERE kind = ? AND record_id = ? AND id > ? AND ? IN ('', field)"
        " ORDER BY id LIMIT 1",
        (kind, record_id, after_id, field),
    ).fetchone()
    return (str(row[0]), str(row[1])) if row else ("", "")
