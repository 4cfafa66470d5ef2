"""What has changed in a closed month: figures that differ from those signed, and the late changes that made them so.

A month is compared with its newest version when something it was counted from has changed. Each late movement is named
by its kind in VistA's corrections file (rules/corrections.py) when the stay that follows now adds something else to
the month than the stay that followed then.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from db import store
from db.actors import Action, Actor
from db.acts import permit
from db.connect import database, large_cache, snapshot, writing
from db.conventions import CONVENTIONS, OF_FIGURES
from db.hospital import site, stays
from db.statistics import census, closing, closing_counts, late_records, summary
from db.statistics.closing import Closing
from db.statistics.late_records import Change
from db.statistics.summary import Totals
from rules import corrections as rules
from rules.census import Event, Step
from rules.corrections import Differing
from rules.moments import iso_date, moment_at
from rules.periods import Period


@dataclass(frozen=True, slots=True)
class Compared:
    """A closed month beside what would be counted for it now."""

    closing: Closing
    figures: tuple[Differing, ...]
    changes: tuple[Change, ...]

    @property
    def earliest_day(self) -> int:
        """The first day of the month that a late change touches; 0: none does."""
        return min((max(change.earliest_day, self.closing.from_day) for change in self.changes), default=0)


def compare(actor: Actor, closed: Closing) -> Compared:
    """Compare a version with what is counted now, and keep the result of the newest one.

    Raises ``NotPermitted``, and ``Tampered`` when the version is not what was signed.
    """
    permit(actor, Action.RUN_REPORT, kind="month", record=closed.month)
    return _compared(closed)


def compare_changed(actor: Actor) -> list[Compared]:
    """Compare every closed month that something has changed for since it was last compared, as each night."""
    permit(actor, Action.CHECK_CENSUS, kind="month", record="every closed month")
    waiting = [each.closing for each in closing.standing(limit=10_000) if each.changed]
    return [_compared(each) for each in waiting]


def read(closed: Closing) -> Compared:
    """Compare a version with what is counted now, inside the caller's snapshot. Raises ``Tampered``."""
    stored = closing.parts(closed)
    signed = closing_counts.from_bytes(stored[closing.COUNTS])
    now = closing_counts.of_period(Period(closed.from_day, closed.to_day, closed.month))
    ways = json.loads(stored[closing.SETTINGS])
    newborns = (_in_death_rates(ways, closed.to_day), _in_death_rates(_settings(), closed.to_day))
    figures = rules.differing(
        signed, now, young=closed.young, newborns=newborns, divided=closing_counts.DIVIDED
    )
    if not figures:
        return Compared(closed, (), ())
    changes = (*_changes(closed), *_conventions(closed, ways))
    return Compared(closed, tuple(figures), changes)


def _compared(closed: Closing) -> Compared:
    census.bring_up_to_date_if_due()
    with large_cache(), snapshot():
        changed, found = _changed(closed), read(closed)
    if changed is not None and not store.current().tampered:
        _keep(closed, found.figures, changed)
    return found


def _changed(closed: Closing) -> int | None:
    """How many changes stand against the newest version; None when this is not it."""
    row = database.execute_sql(
        "SELECT changed FROM closing_state WHERE month = ? AND closing_id = ?", (closed.month, closed.id)
    ).fetchone()
    return int(row[0]) if row else None


def _keep(closed: Closing, figures: Sequence[Differing], changed: int) -> None:
    """Nothing has changed since, unless something has while the figures were read."""
    maturing = len(figures) - len(rules.corrections(figures))
    with writing():
        database.execute_sql(
            "UPDATE closing_state SET changed = CASE changed WHEN ? THEN 0 ELSE changed END, figures = ?,"
            " maturing = ?, compared_utc = ? WHERE closing_id = ?",
            (changed, len(figures), maturing, int(time.time()), closed.id),
        )


# The late changes behind it --------------------------------------------------------------------------------------


def _changes(closed: Closing) -> Iterator[Change]:
    rows = database.execute_sql(
        "SELECT id, at_utc, kind, record_id, day, old, new, amendment_id FROM late_change WHERE id > ? ORDER BY id",
        (closed.change_id,),
    ).fetchall()
    touched = {row[3] for row in rows if row[2] == "movement"}
    entered = {row[3] for row in rows if row[2] == "movement" and not row[5]}
    yield from of_movements(Period(closed.from_day, closed.to_day), touched, entered)
    for row in rows:
        if row[2] != "movement" and (change := late_records.told(closed, *row[1:])):
            yield change


def _local(utc: int) -> str:
    return moment_at(utc, store.current().zone).local


_MOVEMENTS: Final = (
    "SELECT id, encounter_id, state, supersedes_id, recorded_utc, by, origin, ended_utc, ended_by, reason, event,"
    " at_utc, at_offset, day, unit_id, service_id, bed, class, disposition, leave_type, seq, place FROM movement"
    " WHERE encounter_id IN ({})"
)


class _Stored(NamedTuple):
    """A movement as it is stored, ended ones too."""

    id: int
    encounter_id: int
    state: str
    supersedes_id: int | None
    recorded_utc: int
    by: str
    origin: str
    ended_utc: int | None
    ended_by: str
    reason: str
    step: Step


def of_movements(
    period: Period, touched: set[int], entered: set[int], until_utc: int | None = None
) -> Iterator[Change]:
    """Movements entered, ended or replaced, of stays that add something else to the period afterwards.

    ``touched`` are all of them, ``entered`` those that were not there before; ``until_utc``: what came later is not
    looked at.
    """
    encounters = set()
    for ids in _slices(sorted(touched)):
        encounters |= set(
            database.execute_sql(
                f"SELECT encounter_id FROM movement WHERE id IN ({stays.marks(ids)})", ids
            ).fetchall()
        )
    for some in _slices(sorted(encounter for (encounter,) in encounters)):
        paths: dict[int, list[_Stored]] = {encounter: [] for encounter in some}
        for row in database.execute_sql(_MOVEMENTS.format(stays.marks(some)) + " ORDER BY id", some):
            paths[row[1]].append(_Stored._make((*row[:10], Step(Event(row[10]), *row[11:]))))
        newborn = stays.newborns(some)
        for encounter, whole in paths.items():
            path = whole if until_utc is None else list(_as_of(whole, until_utc))
            if (day := _earliest(period, path, touched, entered, newborn=newborn[encounter])) is not None:
                yield from _Account(encounter, day).changes(path, touched, entered)


def _slices(values: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for start in range(0, len(values), stays.IDS_AT_ONCE):
        yield tuple(values[start : start + stays.IDS_AT_ONCE])


def _as_of(path: Iterable[_Stored], until_utc: int) -> Iterator[_Stored]:
    """The movements as they stood before a moment."""
    for each in path:
        if each.recorded_utc < until_utc:
            ended_later = each.ended_utc is not None and each.ended_utc >= until_utc
            yield each._replace(state="current", ended_utc=None) if ended_later else each


def _earliest(
    period: Period, path: Sequence[_Stored], touched: set[int], entered: set[int], *, newborn: bool
) -> int | None:
    """The first day on which the stay adds something else than it did; None: it adds the same to the period."""
    now = [each.step for each in path if each.state == "current"]
    then = [
        each.step
        for each in path
        if (each.id not in entered if each.id in touched else each.state == "current")
    ]
    apart: Totals = {}
    left: list[tuple[int, str]] = []  # the day counted, and where they went
    derive = stays.deriver()
    for steps, sign in ((now, 1), (then, -1)):
        stay = derive(steps, newborn)
        if stay is not None and stay.pieces:
            summary.add(apart, summary.effects_of([stay.counted]), 0, period.to_day, sign)
            if stay.discharged and stay.pieces[-1].to_day <= period.to_day:
                left.append((stay.pieces[-1].to_day, stay.discharged.disposition))
    days = [cell[0] for cell, counts in apart.items() if any(counts)]
    if len({where for _, where in left}) > 1:
        days.append(min(day for day, _ in left))
    return min(days) if any(day >= period.from_day for day in days) else None


class _Account:
    """What was done late to the movements of one account."""

    def __init__(self, encounter_id: int, earliest_day: int) -> None:
        self.earliest_day = earliest_day
        self.account, self.patient_id = database.execute_sql(
            "SELECT account, patient_id FROM encounter WHERE id = ?", (encounter_id,)
        ).fetchone()
        self.units, self.services = site.codes("unit"), site.codes("service")

    def changes(self, path: Sequence[_Stored], touched: set[int], entered: set[int]) -> Iterator[Change]:
        """A movement that was in force then is told with the one that stands in its place now."""
        after = {each.supersedes_id: each for each in path if each.supersedes_id}
        replacing = set()
        for each in path:
            if each.id not in touched or each.id in entered:
                continue
            last = each
            while last.id in after:
                last = after[last.id]
            replacing.add(last.id)
            if last.state != "current":
                yield from self._told(
                    each, None, last.ended_by, last.ended_utc or 0, last.origin, last.reason
                )
            elif last is not each:
                yield from self._told(each, last, last.by, last.recorded_utc, last.origin, each.reason)
        for each in path:
            if each.id in entered and each.state == "current" and each.id not in replacing:
                yield from self._told(None, each, each.by, each.recorded_utc, each.origin, "")

    def _told(
        self, before: _Stored | None, after: _Stored | None, by: str, utc: int, origin: str, reason: str
    ) -> Iterator[Change]:
        old, new = before.step if before else None, after.step if after else None
        at = step.local if (step := new or old) else ""
        for kind in rules.kinds(old, new):
            yield Change(
                str(kind), self.account, at, self._words(old), self._words(new), by, _local(utc), origin,
                reason, self.earliest_day, self.patient_id,
            )  # fmt: skip

    def _words(self, step: Step | None) -> str:
        """A movement in a few words: time, place, what kind."""
        if step is None:
            return ""
        place = (self.units.get(step.unit or 0, ""), self.services.get(step.service or 0, ""))
        words = (
            step.local,
            "/".join(filter(None, place)),
            step.patient_class,
            step.disposition,
            step.leave_type,
        )
        return " ".join(filter(None, words))


def _conventions(closed: Closing, signed: list[list[Any]]) -> Iterator[Change]:
    """Ways of counting that were set since, for days of the month or for stays that lay across it."""
    kept = {(name, day): value for name, day, value in signed}
    for name, day, value, by, utc in _settings():
        if kept.get((name, day)) != value:
            default, _, title = CONVENTIONS[name]
            before = [old for (other, since), old in kept.items() if other == name and since <= day]
            yield Change(
                "convention edited", title, "", before[-1] if before else default, f"{value} from {iso_date(day)}", by,
                _local(utc), "", "", min(day, closed.from_day),
            )  # fmt: skip


def _in_death_rates(ways: Iterable[Sequence[Any]], day: int) -> bool:
    """Whether newborns were in the hospital's death rates on a day, by the ways of counting that were set."""
    said = [value for name, since, value, *_ in ways if name == "newborns_in_death_rates" and since <= day]
    return bool(said) and said[-1] == "both terms"


def _settings() -> list[tuple[str, int, str, str, int]]:
    """Every way of counting that was ever set, by name and day: name, first day, value, by whom, when."""
    return list(
        database.execute_sql(
            "SELECT name, from_day, value, set_by, set_utc FROM setting"
            f" WHERE name IN ({stays.marks([*OF_FIGURES])}) ORDER BY name, from_day",
            tuple(OF_FIGURES),
        )
    )


def settings_as_bytes() -> bytes:
    """The same as it is frozen with a month."""
    return json.dumps([row[:3] for row in _settings()]).encode()
