"""Late movements: what was keyed on a day and alters the census of days before it, as Gains and Losses lists it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from db import store
from db.connect import database
from db.hospital import stays
from db.statistics import corrections
from db.statistics.late_records import Change
from rules.moments import iso_date
from rules.periods import Period

LISTED: Final = 200  # accounts; more are a load of old records, and no corrections


@dataclass(frozen=True, slots=True)
class Late:
    """The late changes keyed on a day."""

    changes: tuple[Change, ...]
    accounts_more: int  # that are not listed

    @property
    def earliest_day(self) -> int:
        """The first day whose census they alter; 0: there are none."""
        return min((each.earliest_day for each in self.changes), default=0)


def keyed_on(day: int) -> Late:
    """Movements entered, deleted or edited on a day, of stays whose census of earlier days they alter.

    Told as they stood at the end of the day, so that the page is the same whenever it is printed.
    """
    begin, end = _utc(day), _utc(day + 1)
    found = database.execute_sql(
        "SELECT encounter_id FROM movement WHERE recorded_utc >= :begin AND recorded_utc < :end AND day < :day"
        " UNION SELECT encounter_id FROM movement WHERE ended_utc >= :begin AND ended_utc < :end AND day < :day"
        " ORDER BY 1",
        {"begin": begin, "end": end, "day": day},
    ).fetchall()
    if not found:
        return Late((), 0)
    encounters = tuple(encounter for (encounter,) in found[:LISTED])
    rows = database.execute_sql(
        "SELECT id, recorded_utc >= ? FROM movement"
        f" WHERE encounter_id IN ({stays.marks(encounters)}) AND recorded_utc < ?"
        " AND (recorded_utc >= ? OR (ended_utc >= ? AND ended_utc < ?))",
        (begin, *encounters, end, begin, begin, end),
    ).fetchall()
    touched, entered = {row[0] for row in rows}, {row[0] for row in rows if row[1]}
    before = iso_date(day)
    changes = tuple(
        each
        for each in corrections.of_movements(Period(1, day - 1), touched, entered, end)
        if each.at < before or (each.old and each.old < before)
    )
    return Late(changes, max(0, len(found) - LISTED))


def _utc(day: int) -> int:
    """The second in which a day begins here."""
    return int(datetime.combine(date.fromordinal(day), time(), store.current().zone).timestamp())
