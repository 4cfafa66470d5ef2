"""The day summary against the movements: recounted from scratch, in balance, and its running totals against heads.

VistA carries an error of its running totals on to the end of the fiscal year. Here every cell is recounted, and the
movement is named whose stay is not what follows from it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from db.actors import Action, Actor
from db.acts import act, viewed
from db.connect import database, large_cache, snapshot
from db.conventions import convention
from db.hospital import movements, site, stays
from db.hospital.movements import MovementRow
from db.statistics import census_state, summary
from db.statistics.summary import Cell, Totals
from rules import census
from rules.census import MEASURES, Counted, Event
from rules.moments import iso_date
from rules.periods import fiscal_year_to

NAMED: Final = 5  # movements told of one difference
LOOKED_AT: Final = 200  # accounts whose movements are read to name one
MENDED: Final = (
    "No stay differs from its movements: the summary itself was changed, and 'census rebuild' mends it."
)

_OF_MEASURE: Final = {
    "admissions": (Event.ADMIT,),
    **dict.fromkeys(("discharges", "deaths", "deaths_under_48h", "discharge_days", "same_day"), (Event.DISCHARGE,)),
    **dict.fromkeys(("unit_in", "unit_out", "service_in", "service_out"), (Event.TRANSFER, Event.SERVICE)),
    **dict.fromkeys(("leave_in", "leave_out", "on_leave"), (Event.LEAVE, Event.RETURN)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """A movement whose stay is stored otherwise than it follows from the movements."""

    account: str
    event: str
    at: str
    movement_id: int

    def __str__(self) -> str:
        return f"account {self.account}, {self.event} {self.at}".rstrip(", ")


@dataclass(frozen=True, slots=True)
class Difference:
    """A count of a day that is not what the movements say."""

    day: int
    unit: str
    service: str
    newborn: bool
    measure: str
    held: int
    counted: int
    movements: tuple[Named, ...] = ()

    def __str__(self) -> str:
        newborn = ", newborns" if self.newborn else ""
        why = "; ".join(map(str, self.movements))
        return (
            f"{iso_date(self.day)}, unit {self.unit}, service {self.service}{newborn}: {self.measure.replace('_', ' ')}"
            f" is {self.held} in the summary and {self.counted} by the movements. "
            + (f"Look at {why}." if why else MENDED)
        )


@dataclass(slots=True)
class _Recount:
    """What the movements say, and the accounts whose stored stay says something else, by cell and measure."""

    totals: Totals = field(default_factory=dict)
    deviating: dict[tuple[Cell, int], list[int]] = field(default_factory=lambda: defaultdict(list))


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of the census found."""

    from_day: int
    to_day: int
    differences: tuple[Difference, ...]
    balance: tuple[str, ...]
    running: tuple[str, ...]

    @property
    def sound(self) -> bool:
        return not (self.differences or self.balance or self.running)

    @property
    def sentences(self) -> tuple[str, ...]:
        return (*map(str, self.differences), *self.balance, *self.running)


def check(actor: Actor, from_day: int, to_day: int) -> Checked:
    """Everything that can be checked of these days, and of the fiscal year to the last of them. Raises
    ``NotPermitted``."""
    summary.bring_up_to_date_if_due()
    viewed(
        actor, Action.CHECK_CENSUS, kind="census", record="check",
        detail={"from": iso_date(from_day), "to": iso_date(to_day)},
    )  # fmt: skip
    with large_cache(), snapshot():
        return Checked(
            from_day, to_day, tuple(differences(from_day, to_day)), tuple(out_of_balance(from_day, to_day)),
            tuple(running_totals(to_day)),
        )  # fmt: skip


def rebuild(actor: Actor) -> None:
    """Derive every stay and the whole day summary from the movements anew. Raises ``NotPermitted``."""
    with act(actor, Action.CHECK_CENSUS, kind="census", record="rebuild"):
        census_state.mark_for_deriving(summary.EVERYTHING)
    summary.bring_up_to_date()


def differences(from_day: int, to_day: int) -> list[Difference]:
    """Compare the day summary, as far as it reaches, with a count from the movements of all stays in the period."""
    to_day = min(to_day, census_state.read().clean_through)
    recounted = _recount(from_day, to_day)
    stored = summary.stored(from_day, to_day)
    units, services = site.codes("unit"), site.codes("service")
    nothing = [0] * len(MEASURES)
    wrong = [
        (cell, measure, held, counted)
        for cell in sorted(recounted.totals.keys() | stored.keys())
        for measure, (held, counted) in enumerate(
            zip(stored.get(cell, nothing), recounted.totals.get(cell, nothing), strict=True)
        )
        if held != counted
    ]
    paths = _Paths()
    return [
        Difference(
            cell[0], units.get(cell[1], str(cell[1])), services.get(cell[2], str(cell[2])), cell[3], MEASURES[measure],
            held, counted, paths.named(recounted.deviating.get((cell, measure), ()), cell[0], MEASURES[measure]),
        )
        for cell, measure, held, counted in wrong
    ]  # fmt: skip


def _recount(from_day: int, to_day: int) -> _Recount:
    found = _Recount()
    ids = _accounts(from_day, to_day)
    derive = stays.deriver()
    for start in range(0, len(ids), stays.IDS_AT_ONCE):
        some = tuple(ids[start : start + stays.IDS_AT_ONCE])
        newborn, paths, stored = stays.newborns(some), stays.steps(some), stays.counted(some)
        for encounter in some:
            stay = derive(paths.get(encounter, ()), newborn[encounter])
            follows = [stay.counted] if stay and stay.pieces else []
            summary.add(found.totals, summary.effects_of(follows), from_day, to_day)
            kept = [stored[encounter]] if encounter in stored else []
            if [*map(_plain, kept)] != [*map(_plain, follows)]:
                apart: Totals = {}
                summary.add(apart, summary.effects_of(follows), from_day, to_day)
                summary.add(apart, summary.effects_of(kept), from_day, to_day, -1)
                for cell, counts in apart.items():
                    for measure in (n for n, count in enumerate(counts) if count):
                        found.deviating[cell, measure].append(encounter)
    return found


def _plain(stay: Counted) -> Counted:
    return stay._replace(pieces=tuple(stay.pieces), leaves=tuple(stay.leaves))


def _accounts(from_day: int, to_day: int) -> list[int]:
    """Accounts that may touch the period: by their movements, or by what is stored of them."""
    rows = database.execute_sql(
        "SELECT encounter_id FROM movement WHERE state = 'current' GROUP BY encounter_id"
        " HAVING min(day) <= ? + 1 AND (max(day) >= ? OR sum(event = 'discharge') = 0)"
        " UNION SELECT encounter_id FROM segment WHERE from_day <= ? AND to_day >= ?",
        (to_day, from_day, to_day, from_day),
    )
    return sorted(encounter for (encounter,) in rows)


class _Paths:
    """The movements of accounts that are named, each read once."""

    def __init__(self) -> None:
        self.rows: dict[int, tuple[str, list[MovementRow]]] = {}

    def named(self, encounters: Iterable[int], day: int, measure: str) -> tuple[Named, ...]:
        return tuple(named for each in [*encounters][:NAMED] if (named := self._of(each, day, measure)))

    def _of(self, encounter: int, day: int, measure: str) -> Named | None:
        if encounter not in self.rows:
            if len(self.rows) >= LOOKED_AT:
                return None
            (account,) = database.execute_sql(
                "SELECT account FROM encounter WHERE id = ?", (encounter,)
            ).fetchone()
            self.rows[encounter] = (account, movements.of_encounter(encounter))
        account, rows = self.rows[encounter]
        wanted = _OF_MEASURE.get(measure, tuple(Event))
        before = [row for row in rows if row.day <= day + 1 and row.event in wanted] or [
            row for row in rows if row.day <= day
        ]
        row = next(reversed(before), rows[0] if rows else None)
        return (
            Named(account, row.event, row.at, row.id) if row else Named(account, "without movements", "", 0)
        )


def sentences(from_day: int, to_day: int) -> list[str]:
    """A sentence for each difference between the day summary and the movements."""
    return [str(each) for each in differences(from_day, to_day)]


# Balance -------------------------------------------------------------------------------------------------------

_GAINS: Final = "sum(admissions + {in_} + leave_in)"
_LOSSES: Final = "sum(discharges + {out} + leave_out)"


def out_of_balance(from_day: int, to_day: int) -> list[str]:
    """Units and services whose census of a day is not that of the day before, with its gains, less its losses."""
    to_day = min(to_day, census_state.read().clean_through)
    return [
        *_out_of_balance("unit", from_day, to_day), *_out_of_balance("service", from_day, to_day),
        *_transfers_apart(from_day, to_day),
    ]  # fmt: skip


def _out_of_balance(kind: str, from_day: int, to_day: int) -> Iterator[str]:
    gains, losses = _GAINS.format(in_=f"{kind}_in"), _LOSSES.format(out=f"{kind}_out")
    rows = database.execute_sql(
        f"SELECT {kind}_id, newborn, day, sum(census), {gains} - {losses} FROM day_stats WHERE day BETWEEN ? AND ?"
        f" GROUP BY {kind}_id, newborn, day ORDER BY {kind}_id, newborn, day",
        (from_day - 1, to_day),
    )
    codes = site.codes(kind)
    by_part: dict[tuple[int, int], dict[int, tuple[int, int]]] = defaultdict(dict)
    for part, newborn, day, heads, net in rows:
        by_part[part, newborn][day] = (heads, net)
    for (part, newborn), days in by_part.items():
        for day in sorted({day for each in days for day in (each, each + 1) if from_day <= day <= to_day}):
            before, (heads, net) = days.get(day - 1, (0, 0))[0], days.get(day, (0, 0))
            if heads != before + net:
                yield (
                    f"{iso_date(day)}, {kind} {codes.get(part, part)}{', newborns' if newborn else ''}: the census is"
                    f" {heads}, and {before + net} by that of the day before with gains and losses: OUT OF BALANCE."
                )


def _transfers_apart(from_day: int, to_day: int) -> Iterator[str]:
    """Into units and out of units are the same number in the house, always."""
    for day, came, went in database.execute_sql(
        "SELECT day, sum(unit_in), sum(unit_out) FROM day_stats WHERE day BETWEEN ? AND ? GROUP BY day"
        " HAVING sum(unit_in) <> sum(unit_out)",
        (from_day, to_day),
    ):
        yield f"{iso_date(day)}: {came} transferred into units and {went} out of them: OUT OF BALANCE."


# Running totals of the fiscal year against heads ------------------------------------------------------------------

_RUNNING: Final = ("service days", "admissions", "discharges", "deaths", "discharge days")


def running_totals(through_day: int) -> list[str]:
    """The sums of the fiscal year to a day, against the stays themselves; and heads against what the sums make of them.

    Service days are counted by the closed form: overlap, same-day cases, less leave nights.
    """
    through_day = min(through_day, census_state.read().clean_through)
    if through_day <= 0:
        return []
    year = fiscal_year_to(through_day, convention("fiscal_year_start", through_day))
    counted: Counter[tuple[str, bool]] = Counter()
    heads: Counter[tuple[int, bool]] = Counter()
    for _, stay in stays.counted_between(year.from_day, through_day, census_state.read().longest_days):
        for name, value in _of_stay(stay, year.from_day, through_day):
            counted[name, stay.newborn] += value
        if (unit := _unit_on(stay, through_day)) is not None:
            heads[unit, stay.newborn] += 1
    return [
        *_sums_apart(counted, year.name, year.from_day, through_day),
        *_heads_apart(heads, year.name, year.from_day, through_day),
    ]


def _of_stay(stay: Counted, first: int, last: int) -> Iterator[tuple[str, int]]:
    yield "service days", census.service_days(stay, first, last)
    if first <= stay.pieces[0].from_day <= last:
        yield "admissions", 1
    if stay.discharged_on is not None and first <= stay.pieces[-1].to_day <= last:
        yield "discharges", 1
        yield "deaths", int(stay.died)
        yield "discharge days", stay.los_days


def _unit_on(stay: Counted, day: int) -> int | None:
    """The unit in which a stay is counted at the census hour of a day."""
    if any(leave.absent and leave.from_day <= day < leave.to_day for leave in stay.leaves):
        return None
    return next((piece.unit for piece in stay.pieces if piece.from_day <= day < piece.to_day), None)


def _sums_apart(counted: Counter[tuple[str, bool]], year: str, first: int, last: int) -> Iterator[str]:
    rows = database.execute_sql(
        "SELECT newborn, sum(census + same_day), sum(admissions), sum(discharges), sum(deaths), sum(discharge_days)"
        " FROM day_stats WHERE day BETWEEN ? AND ? GROUP BY newborn",
        (first, last),
    )
    sums = {(name, bool(row[0])): row[n] for row in rows for n, name in enumerate(_RUNNING, 1)}
    for name, newborn in sorted({*sums, *counted}):
        if sums.get((name, newborn), 0) != counted[name, newborn]:
            yield (
                f"{year} to {iso_date(last)}{', newborns' if newborn else ''}: {name} add up to"
                f" {sums.get((name, newborn), 0)} in the summary and to {counted[name, newborn]} over the stays."
            )


def _heads_apart(heads: Counter[tuple[int, bool]], year: str, first: int, last: int) -> Iterator[str]:
    gains, losses = _GAINS.format(in_="unit_in"), _LOSSES.format(out="unit_out")
    rows = database.execute_sql(
        f"SELECT unit_id, newborn, sum(carried) FROM (SELECT unit_id, newborn, {gains} - {losses} AS carried"
        " FROM day_stats WHERE day BETWEEN ? AND ? GROUP BY unit_id, newborn UNION ALL SELECT unit_id, newborn,"
        " sum(census) FROM day_stats WHERE day = ? GROUP BY unit_id, newborn) GROUP BY unit_id, newborn",
        (first, last, first - 1),
    )
    running = {(unit, bool(newborn)): carried for unit, newborn, carried in rows}
    codes = site.codes("unit")
    for unit, newborn in sorted({*running, *heads}):
        if running.get((unit, newborn), 0) != heads[unit, newborn]:
            yield (
                f"{iso_date(last)}, unit {codes.get(unit, unit)}{', newborns' if newborn else ''}: the running total of"
                f" {year} is {running.get((unit, newborn), 0)} and {heads[unit, newborn]} heads are there."
            )
