"""How a facility counts its inpatients; every footer that counts by it says so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LeaveRule(StrEnum):
    """Which leave nights come off the census and off the length of stay."""

    EVERY_NIGHT = "every night"  # off census, service days and length of stay
    VISTA = "vista"  # passes under ``pass_hours`` stay in all three; every other absence is off all three
    NO_DEDUCTION = "no deduction"  # off census and service days; length of stay keeps them


@dataclass(frozen=True, slots=True)
class Conventions:
    """How this facility counts; printed in every footer that counts by it."""

    census_hour: str = "23:59"  # or 00:00: the midnight that ends the day
    leave: LeaveRule = LeaveRule.EVERY_NIGHT
    same_day_unit: str = "discharging"  # or admitting
    early_death_hours: int = 48
    pass_hours: int = 96  # an absence of so many hours is a leave, whatever it was called
