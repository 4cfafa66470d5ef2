"""Who is away for longer than an absence of its kind may last: what VistA's bulletin of overdue absences tells."""

from __future__ import annotations

from dataclasses import dataclass

from db.statistics import census, limits, moved
from db.statistics.limits import AbsenceLimit
from db.statistics.moved import Moved


@dataclass(frozen=True, slots=True)
class Overdue:
    """An absence that is past its limit at the census hour of a day."""

    left: Moved
    limit: AbsenceLimit
    nights: int  # away, that of the day counted

    @property
    def over(self) -> int:
        """Nights past the limit."""
        return self.nights - self.limit.nights


def overdue(day: int) -> list[Overdue]:
    """The absences past their limit at the census hour of a day: by kind as in the table, the longest first."""
    census.bring_up_to_date_if_due()
    known = limits.absence_limits(day)
    found = [
        Overdue(each, limit, nights)
        for each in moved.away(day)
        if (limit := _limit(known, each)) and (nights := day - each.day + 1) > limit.nights
    ]
    return sorted(found, key=lambda each: (known.index(each.limit), -each.nights, each.left.key))


def _limit(known: list[AbsenceLimit], left: Moved) -> AbsenceLimit | None:
    """What holds for an absence: a row that names its service before one that names none."""
    of_kind = [each for each in known if each.leave == left.leave_type]
    of_service = (each for each in of_kind if left.service in each.services)
    return next(of_service, None) or next((each for each in of_kind if not each.services), None)
