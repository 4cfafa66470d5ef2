"""Wards at the census hour of a day, as the nightly reports (N01, N02) have them; totals are sums of their lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction

from db.hospital import site
from db.hospital.site import Beds
from db.statistics import census, moved, wards
from db.statistics.census import DayRow
from db.statistics.wards import Ward
from reports.census.lines import CLASSES
from reports.page import Cell
from rules.statistics import NOT_APPLICABLE, half_up, share

NONE_AWAY = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class WardLine:
    """One ward and class of patients on a day, or a sum of such; cumulative figures are of the fiscal year to date."""

    previous: int = 0
    gains: int = 0
    losses: int = 0
    remaining: int = 0
    away: tuple[int, ...] = NONE_AWAY  # pass, AA, UA, ASIH: heads at the census hour
    same_day: int = 0
    vacant: int = 0
    out_of_service: int = 0
    operating: int = 0
    over: int = 0
    authorized: int = 0
    patient_days: int = 0
    bed_days: int = 0
    days: int = 0  # that the cumulative census is an average over
    female: int = 0  # of those remaining
    aged: int = 0  # of those remaining
    lodgers: int = 0  # in no count

    @property
    def out_of_balance(self) -> int:
        """Remaining less what the gains and losses make of the previous night."""
        return self.remaining - (self.previous + self.gains - self.losses)

    @property
    def average(self) -> str:
        """Cumulative average daily census."""
        return str(half_up(Fraction(self.patient_days, self.days), 2)) if self.days else NOT_APPLICABLE

    @property
    def occupancy(self) -> str:
        """Cumulative occupancy in percent."""
        worked = share(self.patient_days, self.bed_days)
        return NOT_APPLICABLE if worked is None else str(worked)

    @property
    def heads(self) -> tuple[Cell, ...]:
        """What Gains and Losses say of a ward."""
        return (
            self.previous, self.gains, self.losses, self.remaining, self.same_day, self.remaining + self.same_day,
            self.operating, *self.away, self.female, self.aged, self.lodgers,
        )  # fmt: skip

    @property
    def today(self) -> tuple[Cell, ...]:
        """The figures of the day as far as the beds."""
        return (self.previous, self.gains, self.losses, self.remaining, *self.away)

    @property
    def beds(self) -> tuple[Cell, ...]:
        return (self.vacant, self.out_of_service, self.operating, self.over, self.authorized)

    @property
    def cumulative(self) -> tuple[Cell, ...]:
        return (self.average, self.occupancy, self.patient_days)


def of_day(day: int, units: Mapping[int, Ward]) -> dict[tuple[int, bool], WardLine]:
    """Every ward that counts in the census, and class, on a day, by internal number, in the order of their codes."""
    rows = {
        (row.day, row.unit_id, bool(row.newborn)): row
        for row in census.day_summary(day - 1, day, by=("day", "unit_id", "newborn"))
    }
    there: dict[tuple[int, bool], WardLine] = {}
    for each in wards.heads(day):
        key = (each.unit_id, each.newborn)
        counted = WardLine(away=each.away, female=each.female, aged=each.aged)
        there[key] = total((there.get(key, WardLine()), counted))
    beds, lodging = site.beds_on(day), moved.lodging(day)
    return {
        (ward.id, newborn): _line(
            rows.get((day, ward.id, newborn)), rows.get((day - 1, ward.id, newborn)),
            there.get((ward.id, newborn), WardLine()), beds_in_use(beds.get(ward.id), ward, day, newborn=newborn),
            0 if newborn else lodging.get(ward.code, 0),
        )
        for ward in sorted(units.values(), key=lambda each: each.code)
        if ward.counts
        for newborn, _ in CLASSES
    }  # fmt: skip


def _line(
    day: DayRow | None, before: DayRow | None, there: WardLine, beds: tuple[int, int, int], lodgers: int
) -> WardLine:
    """A ward from the rows of the day and the day before; ``beds``: operating, out of service, authorized."""
    operating, out_of_service, authorized = beds
    remaining = day.census if day else 0
    return WardLine(
        before.census if before else 0,
        day.admissions + day.unit_in + day.leave_in if day else 0,
        day.discharges + day.unit_out + day.leave_out if day else 0,
        remaining, there.away, day.same_day if day else 0, max(0, operating - remaining), out_of_service, operating,
        max(0, remaining - operating), authorized, female=there.female, aged=there.aged, lodgers=lodgers,
    )  # fmt: skip


def beds_in_use(found: Beds | None, ward: Ward, day: int, *, newborn: bool) -> tuple[int, int, int]:
    """Operating, out of service and authorized beds of a ward on a day; bassinets for newborns."""
    if found is None or not ward.from_day <= day <= ward.to_day:
        return (0, 0, 0)
    if newborn:
        return (found.bassinets, 0, found.bassinets)
    if found.authorized is None:
        out = found.out_of_service or 0
        return (found.beds, out, found.beds + out)
    out = found.authorized - found.beds if found.out_of_service is None else found.out_of_service
    return (found.beds, out, found.authorized)


def total(lines: Iterable[WardLine], days: int = 0) -> WardLine:
    """The sum of lines; its average is over all days of the period."""
    all_lines = list(lines)
    away = tuple(sum(counts) for counts in zip(*(each.away for each in all_lines), strict=True)) or NONE_AWAY
    names = [each.name for each in fields(WardLine) if each.name not in ("away", "days")]
    sums = {name: sum(getattr(each, name) for each in all_lines) for name in names}
    return WardLine(away=away, days=days, **sums)
