"""Lines of the Bed Status report: a ward, a bed section, a division or the house; totals are sums of their lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from db.hospital.site import Beds
from db.statistics.census import DayRow
from db.statistics.wards import Ward
from reports.page import Cell
from rules.statistics import NOT_APPLICABLE, half_up, share

NONE_AWAY = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class BedLine:
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
    def today(self) -> tuple[Cell, ...]:
        """The figures of the day as far as the beds."""
        return (self.previous, self.gains, self.losses, self.remaining, *self.away)

    @property
    def beds(self) -> tuple[Cell, ...]:
        return (self.vacant, self.out_of_service, self.operating, self.over, self.authorized)

    @property
    def cumulative(self) -> tuple[Cell, ...]:
        return (self.average, self.occupancy, self.patient_days)


def bed_line(
    day: DayRow | None, before: DayRow | None, year: DayRow | None, away: tuple[int, ...], beds: tuple[int, int, int],
    bed_days: int, days: int,
) -> BedLine:  # fmt: skip
    """A ward from the rows of the day, the day before and the fiscal year; ``beds``: operating, out of service, all."""
    operating, out_of_service, authorized = beds
    remaining = day.census if day else 0
    return BedLine(
        before.census if before else 0,
        day.admissions + day.unit_in + day.leave_in if day else 0,
        day.discharges + day.unit_out + day.leave_out if day else 0,
        remaining, away, day.same_day if day else 0, max(0, operating - remaining), out_of_service, operating,
        max(0, remaining - operating), authorized, year.service_days if year else 0, bed_days, days,
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


def total(lines: Iterable[BedLine], days: int) -> BedLine:
    """The sum of lines; its average is over all days of the period."""
    all_lines = list(lines)
    away = tuple(sum(counts) for counts in zip(*(each.away for each in all_lines), strict=True)) or NONE_AWAY

    def of(name: str) -> int:
        return sum(getattr(each, name) for each in all_lines)

    return BedLine(
        of("previous"), of("gains"), of("losses"), of("remaining"), away, of("same_day"), of("vacant"),
        of("out_of_service"), of("operating"), of("over"), of("authorized"), of("patient_days"), of("bed_days"), days,
    )  # fmt: skip
