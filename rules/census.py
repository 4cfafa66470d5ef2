"""Counting inpatients: whether a path of movements can be, the stay that follows from it, and its day counts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NEVER: Final = 3_652_059  # day number of 9999-12-31: the end of what has not ended
DEATHS: Final = frozenset({"20", "40", "41", "42"})  # UB-04 patient discharge status: expired
PATIENT_CLASSES: Final = ("I", "E", "O", "OBS")
LEAVE_TYPES: Final = ("pass", "aa", "ua", "asih")
MEASURES: Final = (
    "census", "same_day", "admissions", "discharges", "deaths", "deaths_under_48h", "unit_in", "unit_out",
    "service_in", "service_out", "leave_out", "leave_in", "on_leave", "discharge_days",
)  # fmt: skip


class Event(StrEnum):
    """What moves a patient."""

    ADMIT = "admit"
    TRANSFER = "transfer"  # to another unit or bed; may change the service too
    SERVICE = "service"  # to another service, in the same bed
    LEAVE = "leave"
    RETURN = "return"
    DISCHARGE = "discharge"


class LeaveRule(StrEnum):
    """Which leave nights come off the census and off the length of stay."""

    EVERY_NIGHT = "every night"  # off census, service days and length of stay
    VISTA = "vista"  # passes under 96 hours stay in all three; every other absence is off all three
    NO_DEDUCTION = "no deduction"  # off census and service days; length of stay keeps them


@dataclass(frozen=True, slots=True)
class Conventions:
    """How this facility counts; printed in every footer that counts by it."""

    census_hour: str = "23:59"  # or 00:00: the midnight that ends the day
    leave: LeaveRule = LeaveRule.EVERY_NIGHT
    same_day_unit: str = "discharging"  # or admitting
    early_death_hours: int = 48


@dataclass(frozen=True, slots=True)
class Step:
    """A movement as the counting sees it; unit and service are internal numbers."""

    event: Event
    utc: int
    offset: int  # minutes east of UTC
    day: int
    unit: int | None = None
    service: int | None = None
    bed: str = ""
    patient_class: str = ""  # on admit; blank is I
    disposition: str = ""
    leave_type: str = ""
    seq: int = 0
    place: int = 0
