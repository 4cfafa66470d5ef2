"""How far the day summary reaches and what of it waits to be recomputed; marked with the change that made it so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from db.connect import database

NOTHING_DIRTY: Final = 10**7  # a day number beyond all days


class State(NamedTuple):
    """The one row of ``census_state``."""

    through_day: int  # last day summarised, 0 at first
    dirty_from: int  # earliest day that awaits recompute
    longest_days: int  # longest closed stay
    derive_from: int | None  # stays discharged from this day on, and open ones, are to be derived anew
    derived_to_id: int  # encounters up to here have been
    watched_through: int  # last day of the latest closed month, or of one that is being closed; 0: none is

    @property
    def clean_through(self) -> int:
        """The last day whose rows are kept by each movement; later ones are recomputed anyway."""
        return min(self.through_day, self.dirty_from - 1)


def read() -> State:
    """The state as it stands."""
    row = database.execute_sql(
        "SELECT through_day, coalesce(dirty_from, ?), longest_days, derive_from, derived_to_id,"
        " watched_through FROM census_state",
        (NOTHING_DIRTY,),
    ).fetchone()
    return State(*row)


def mark_dirty(from_day: int) -> None:
    """The summary is to be recomputed from a day on; inside the transaction of the change that made it so."""
    database.execute_sql(
        "UPDATE census_state SET dirty_from = min(coalesce(dirty_from, ?), ?)", (from_day, from_day)
    )


def mark_for_deriving(from_day: int) -> None:
    """Stays discharged from a day on, and open ones, are to be derived anew: the convention has changed.

    What the summary has of them is counted by the old one: it is recomputed, not adjusted, from that midnight on.
    """
    database.execute_sql(
        "UPDATE census_state SET derive_from = min(coalesce(derive_from, ?), ?), derived_to_id = 0,"
        " dirty_from = min(coalesce(dirty_from, ?), ?)",
        (from_day, from_day, before := max(1, from_day - 1), before),
    )


def watch(through_day: int, return_days: int) -> None:
    """From now on changes are noted that may reach into days up to this one: the month is about to be closed.

    ``return_days``: the days from a discharge within which an admission is a readmission, at most.
    """
    database.execute_sql(
        "UPDATE census_state SET watched_through = max(watched_through, ?), return_days = ?",
        (through_day, return_days),
    )


def note_table(number: int, rows: Sequence[tuple[int, str, str]], return_days: int) -> None:
    """Rows of a table that counts are made by have changed, each from a day on: noted among the late changes."""
    database.execute_sql("UPDATE census_state SET return_days = ?", (return_days,))
    database.connection().executemany(
        "INSERT INTO late_change (at_utc, kind, record_id, day, old, new, amendment_id)"
        " SELECT unixepoch(), 'table', ?, ?, ?, ?, (SELECT coalesce(max(id), 0) FROM amendment) FROM census_state"
        " WHERE watched_through >= ?",
        [(number, day, old, new, day) for day, old, new in rows],
    )
    for day, _, _ in rows:
        closed_days_changed(day, NOTHING_DIRTY)


def closed_days_changed(first_day: int, last_day: int) -> None:
    """Counts of these days have changed: closed months among them are to be compared with what was signed."""
    database.execute_sql(
        "UPDATE closing_state SET changed = changed + 1 WHERE to_day >= ? AND from_day <= ?",
        (first_day, last_day),
    )


def note_absences(encounter_ids: Sequence[int]) -> None:
    """Passes have become absences without a movement: noted among the late changes where they began in closed days."""
    database.connection().executemany(
        "INSERT INTO late_change (at_utc, kind, record_id, day, old, new)"
        " SELECT unixepoch(), 'leave', encounter_id, from_day, 'pass', 'absence' FROM leave_span, census_state"
        " WHERE encounter_id = ? AND to_utc IS NULL AND absent = 1 AND from_day <= watched_through",
        [(encounter_id,) for encounter_id in encounter_ids],
    )


def summarised(state: State, last_day: int) -> None:
    """Days have been recomputed in order up to ``last_day``; ``state`` was read in this transaction."""
    through = max(state.through_day, last_day)
    database.execute_sql(
        "UPDATE census_state SET through_day = ?, dirty_from = ?",
        (through, last_day + 1 if last_day < through else None),
    )


def derived(to_id: int | None) -> None:
    """Encounters up to a number have been derived anew; None: all of them."""
    if to_id is None:
        database.execute_sql("UPDATE census_state SET derive_from = NULL, derived_to_id = 0")
    else:
        database.execute_sql("UPDATE census_state SET derived_to_id = ?", (to_id,))


def note_stay_length(days: int) -> None:
    """Keep the longest closed stay."""
    database.execute_sql("UPDATE census_state SET longest_days = ? WHERE longest_days < ?", (days, days))
