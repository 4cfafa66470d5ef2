"""The day summary: kept with every movement, recomputed from the earliest dirty day in slices.

One rule makes it, rules.census.effects: a movement adds the difference between what its stay added before and
adds now; a recompute adds up the stays that touch the days.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Final

from db import store
from db.connect import database, writing
from db.conventions import conventions_by_day
from db.hospital import stays
from db.statistics import census_state
from rules import census
from rules.census import MEASURES, Counted, Effect

SLICE_SECONDS: Final = 0.08  # a transaction takes no longer than this, so that others can write in between
FIRST_SLICE_DAYS: Final = 8
LAST_SLICE_DAYS: Final = 64
EVERYTHING: Final = 1  # the first of all days
AHEAD_DAYS: Final = 366  # movements dated later than this are mistakes, and no reason to summarise so far

Cell = tuple[int, int, int, bool]  # day, unit, service, newborn
Totals = dict[Cell, list[int]]

_KEYS: Final = ("day", "unit_id", "service_id", "newborn")
_ADD: Final = (
    f"INSERT INTO day_stats ({', '.join((*_KEYS, *MEASURES))}) VALUES ({stays.marks((*_KEYS, *MEASURES))})"
    f" ON CONFLICT ({', '.join(_KEYS)}) DO UPDATE SET "
    + ", ".join(f"{name} = {name} + excluded.{name}" for name in MEASURES)
)
_DROP_EMPTY: Final = (
    f"DELETE FROM day_stats WHERE {' AND '.join(f'{key} = ?' for key in _KEYS)}"
    f" AND {' AND '.join(f'{name} = 0' for name in MEASURES)}"
)


def add(totals: Totals, effects: Iterable[Effect], first_day: int, last_day: int, sign: int = 1) -> None:
    """Add effects, day by day, as far as they fall into the days from first to last."""
    for effect in effects:
        for day in range(max(effect.from_day, first_day), min(effect.to_day, last_day + 1)):
            cell = (day, effect.unit, effect.service, effect.newborn)
            counts = totals.get(cell)
            if counts is None:
                counts = totals[cell] = [0] * len(MEASURES)
            counts[effect.measure] += sign * effect.amount


def effects_of(counted: Iterable[Counted]) -> Iterable[Effect]:
    """All that stays add, by the conventions of their days."""
    by_day = conventions_by_day()
    for stay in counted:
        day = stays.FAR_DAY if stay.discharged_on is None else stay.discharged_on
        yield from census.effects(stay, by_day(day).same_day_unit)


def adjust(before: Iterable[Counted], after: Iterable[Counted]) -> None:
    """Bring the summary along with stays that have changed, inside the caller's transaction."""
    state = census_state.read()
    last_day = state.clean_through
    if last_day <= 0:
        return
    totals: Totals = {}
    add(totals, effects_of(before), 0, last_day, -1)
    add(totals, effects_of(after), 0, last_day)
    changed = [(cell, counts) for cell, counts in totals.items() if any(counts)]
    connection = database.connection()
    connection.executemany(_ADD, [(*cell, *counts) for cell, counts in changed])
    emptied = [cell for cell, counts in changed if min(counts) < 0]
    connection.executemany(_DROP_EMPTY, emptied)
    _tell_closed_months(state, {cell[0] for cell, _ in changed})


def bring_up_to_date() -> None:
    """Derive and recompute what waits, and summarise the days up to today, in transactions of their own.

    Days are counted first and stored afterwards, unless somebody has written in between; then fewer are tried,
    at last one day under the write lock.
    """
    if store.current().tampered:
        return
    while _derive_slice():
        pass
    _age_passes()
    days = FIRST_SLICE_DAYS
    while (span := _waiting_days(days)) is not None:
        seen = _data_version()
        rows = _count(*span) if days > 1 else []
        with writing():
            started = time.monotonic()
            if days == 1:
                span = _waiting_days(1) or span
                rows = _count(*span)
            elif _data_version() != seen:
                days //= 2
                continue
            _store(*span, rows)
            taken = time.monotonic() - started
        days = max(1, min(days * 2, LAST_SLICE_DAYS, int(days * SLICE_SECONDS / max(taken, 0.001))))


def bring_up_to_date_if_due() -> None:
    """Bring the summary up to date where anything of it waits."""
    if is_due():
        bring_up_to_date()


def is_due() -> bool:
    """Whether there is anything for ``bring_up_to_date`` to do."""
    state = census_state.read()
    return (
        state.derive_from is not None
        or state.clean_through < _target()
        or bool(stays.open_passes_turned_absent(store.current().now().utc))
    )


def _target() -> int:
    """The last day to summarise: today, or that of the last movement when the clock stands behind it."""
    today = store.current().now().day
    row = database.execute_sql(
        "SELECT day FROM movement WHERE state = 'current' AND day <= ? ORDER BY day DESC LIMIT 1",
        (today + AHEAD_DAYS,),
    ).fetchone()
    return max(today, int(row[0])) if row else today


def _data_version() -> int:
    """Changes when somebody else has written."""
    return int(database.execute_sql("PRAGMA data_version").fetchone()[0])


def _waiting_days(days: int) -> tuple[int, int] | None:
    """The next days that await counting, at most so many."""
    state = census_state.read()
    target = max(_target(), state.through_day)
    first = state.clean_through + 1
    if first <= 1:
        row = database.execute_sql("SELECT min(from_day) FROM segment").fetchone()
        first = target if row[0] is None else min(int(row[0]), target)
    return None if first > target else (first, min(first + days - 1, target))


def _count(first: int, last: int) -> list[tuple[int, ...]]:
    """The rows of the summary for some days, counted from the stays that touch them."""
    totals: Totals = {}
    touching = (stay for _, stay in stays.counted_between(first, last, census_state.read().longest_days))
    add(totals, effects_of(touching), first, last)
    return [(*cell, *counts) for cell, counts in sorted(totals.items()) if any(counts)]


def _store(first: int, last: int, rows: list[tuple[int, ...]]) -> None:
    """Put counted rows in the place of what stood for these days, inside a transaction."""
    state = census_state.read()
    if first <= state.watched_through:
        before = [(*cell, *counts) for cell, counts in stored(first, last).items()]
        _tell_closed_months(state, {row[0] for row in {*before} ^ {*rows}})
    database.execute_sql(
        "DELETE FROM day_stats WHERE day BETWEEN ? AND ?", (min(first, state.clean_through + 1), last)
    )
    database.connection().executemany(_ADD, rows)
    census_state.summarised(state, last)


def _tell_closed_months(state: census_state.State, days: set[int]) -> None:
    """Months that were signed are to be compared again when one of these days, whose counts changed, is theirs."""
    closed = [day for day in days if day <= state.watched_through]
    if closed:
        census_state.closed_days_changed(min(closed), max(closed))


def stored(first_day: int, last_day: int) -> Totals:
    """The summary as it stands for some days."""
    rows = database.execute_sql(
        f"SELECT {', '.join((*_KEYS, *MEASURES))} FROM day_stats WHERE day BETWEEN ? AND ?",
        (first_day, last_day),
    )
    return {(day, unit, service, bool(newborn)): counts for day, unit, service, newborn, *counts in rows}


def _derive_slice() -> bool:
    """Derive the next encounters anew; False when none waited."""
    with writing():
        state = census_state.read()
        if state.derive_from is None:
            return False
        waiting = dict(stays.to_derive(state, stays.IDS_AT_ONCE))
        if not waiting:
            census_state.derived(None)
            return False
        if state.derive_from <= EVERYTHING:
            _derive(waiting)
            census_state.mark_dirty(EVERYTHING)
        else:
            old = stays.counted(tuple(waiting))
            _derive(waiting)
            new = stays.counted(tuple(waiting))
            touched = [s.pieces[0].from_day for side in (old, new) for s in side.values()]
            if touched and min(touched) <= state.clean_through:
                census_state.mark_dirty(min(touched))
        census_state.derived(max(waiting))
    return True


def _derive(newborn_by_id: dict[int, bool]) -> None:
    derive = stays.deriver()
    paths = stays.steps(tuple(newborn_by_id))
    stays.write({id_: derive(paths.get(id_, ()), newborn) for id_, newborn in newborn_by_id.items()})


def _age_passes() -> None:
    """A pass that has outlasted what a pass may comes off the census from its first night."""
    aged = stays.open_passes_turned_absent(store.current().now().utc)
    while aged:
        some, aged = tuple(aged[: stays.IDS_AT_ONCE]), aged[stays.IDS_AT_ONCE :]
        with writing():
            derive_anew(some)
            census_state.note_absences(some)


def derive_anew(encounter_ids: Sequence[int]) -> None:
    """Let stays follow from their movements once more: something else that they depend on has changed."""
    before = stays.counted(encounter_ids)
    _derive(stays.newborns(encounter_ids))
    adjust(before.values(), stays.counted(encounter_ids).values())


def rebuild() -> None:
    """Derive encounters, segments, leaves and the day summary of the whole store from the movements anew.

    For loaders that write patients, encounters and movements with ``executemany``: in slices, resumable.
    """
    with writing():
        census_state.mark_for_deriving(EVERYTHING)
    bring_up_to_date()
