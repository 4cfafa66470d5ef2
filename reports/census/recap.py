"""The recapitulation of a census: what was there, came and went must give what is there, or the page says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from db.statistics.census import DayRow


class Recap(NamedTuple):
    """One day of a unit or the house, of one class of patients."""

    previous: int = 0
    admissions: int = 0
    transfers_in: int = 0
    returned: int = 0  # from leave
    discharges: int = 0  # deaths among them
    deaths: int = 0
    transfers_out: int = 0
    away: int = 0  # gone on leave
    census: int = 0
    same_day: int = 0
    beds: int = 0

    @property
    def daily_inpatient_census(self) -> int:
        """Census plus those admitted and discharged since the last one."""
        return self.census + self.same_day

    @property
    def out_of_balance(self) -> int:
        """Census less what the movements make of the previous one; 0 when all is well."""
        came = self.admissions + self.transfers_in + self.returned
        went = self.discharges + self.transfers_out + self.away
        return self.census - (self.previous + came - went)


def recap(day: DayRow | None, before: DayRow | None, beds: int = 0) -> Recap:
    """From the rows of a day and the day before; None is a day on which nobody was there."""
    previous = before.census if before else 0
    if day is None:
        return Recap(previous=previous, beds=beds)
    return Recap(
        previous, day.admissions, day.unit_in, day.leave_in, day.discharges, day.deaths, day.unit_out,
        day.leave_out, day.census, day.same_day, beds,
    )  # fmt: skip


def total(recaps: Iterable[Recap]) -> Recap:
    """The house. Transfers between its units stay in: into units and out of units they are the same number."""
    return Recap(*map(sum, zip(*recaps, strict=True)))


def in_words(each: Recap) -> str:
    """``24 + 3 adm + 1 in - 2 disch (0 died) - 1 out = 25``, with leave only where there was some."""
    parts = [
        f"{each.previous} + {each.admissions} adm + {each.transfers_in} in",
        f"+ {each.returned} back" if each.returned else "",
        f"- {each.discharges} disch ({each.deaths} died) - {each.transfers_out} out",
        f"- {each.away} on leave" if each.away else "",
        f"= {each.census}",
    ]
    same_day = f"; same-day {each.same_day}, DIC {each.daily_inpatient_census}" if each.same_day else ""
    wrong = f"; OUT OF BALANCE BY {each.out_of_balance:+}" if each.out_of_balance else ""
    return " ".join(part for part in parts if part) + same_day + wrong
