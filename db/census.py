"""The census: who is in house, and the day summary, kept with every movement and recomputed where it is dirty."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rules.census import Event


@dataclass(frozen=True, slots=True)
class Occupant:
    """An inpatient now, or at the census hour of a day."""

    encounter_id: int
    account: str
    patient_id: int
    mrn: str
    name: str
    sex: str
    birth_date: str
    unit: str
    bed: str
    service: str
    attending: str
    admitted_at: str
    admit_day: int
    newborn: bool
    on_leave: str  # pass, aa, ua, asih while away
    off_census: bool  # away and, by the site's convention, not counted

    @property
    def key(self) -> tuple[str, str, int]:
        return (self.unit, self.bed, self.encounter_id)


@dataclass(frozen=True, slots=True)
class DayRow:
    """A row of the day summary, or a sum of such rows; the counts are named in ``rules.census.MEASURES``.

    ``day`` is 0, ``unit_id`` or ``service_id`` 0, ``newborn`` None where they were summed over.
    """

    day: int
    unit_id: int
    service_id: int
    newborn: bool | None
    census: int
    same_day: int
    admissions: int
    discharges: int  # deaths among them
    deaths: int
    deaths_under_48h: int
    unit_in: int  # transfers in from other units
    unit_out: int
    service_in: int
    service_out: int
    leave_out: int  # gone off the census
    leave_in: int
    on_leave: int  # heads away at the census hour
    discharge_days: int  # lengths of stay of those discharged

    @property
    def service_days(self) -> int:
        """Inpatient service days: census plus those in and out since the last census."""
        return self.census + self.same_day


@dataclass(frozen=True, slots=True)
class EventRow:
    """An admission, transfer, discharge or death of a day, for desks and the admission and discharge sheet."""

    movement_id: int
    event: Event
    at: str
    at_utc: int
    encounter_id: int
    account: str
    mrn: str
    name: str
    sex: str
    birth_date: str
    newborn: bool
    unit: str  # arriving unit; unit left, for a discharge
    service: str
    from_unit: str  # of a transfer
    from_service: str
    disposition: str
    died: bool
    los_days: int | None
    same_day: bool

    @property
    def key(self) -> tuple[int, int]:
        return (self.at_utc, self.movement_id)


def census_now() -> list[tuple[str, int, int, int]]:
    """Unit, adults and children, newborns, away on leave: the heads of each unit in this minute."""
    raise NotImplementedError


def inpatients(unit: str = "", after: tuple[str, str, int] | None = None, limit: int = 50) -> list[Occupant]:
    """Inpatients of this minute by unit, bed; ``after`` is the ``key`` of the last one shown."""
    raise NotImplementedError


def occupants(day: int) -> list[Occupant]:
    """Everybody in house at the census hour of a day, by unit, bed; those on leave are marked."""
    raise NotImplementedError


def day_summary(
    from_day: int, to_day: int, by: Iterable[str] = ("day", "unit_id", "service_id", "newborn"),
    *, every_unit: bool = False,
) -> list[DayRow]:  # fmt: skip
    """The day summary of a period, summed over what is not in ``by``; brought up to date first.

    Units out of the census are left out unless ``every_unit``.
    """
    raise NotImplementedError


def events(
    day: int, kinds: Iterable[Event], after: tuple[int, int] | None = None, limit: int = 50,
    *, deaths_only: bool = False,
) -> list[EventRow]:  # fmt: skip
    """Inpatient movements of a day in order of time; ``after`` is the ``key`` of the last one shown."""
    raise NotImplementedError


def event_counts(day: int) -> dict[str, int]:
    """``admissions``, ``discharges`` (deaths among them), ``deaths``, ``transfers`` of a day, house-wide."""
    raise NotImplementedError


def bring_up_to_date() -> None:
    """Recompute what is dirty and summarise the days up to today, in slices of their own transactions."""
    raise NotImplementedError


def mark_dirty(from_day: int) -> None:
    """The summary is to be recomputed from a day on; inside the transaction of the change that made it so."""
    raise NotImplementedError


def rebuild() -> None:
    """Derive encounters, segments, leaves and the day summary of the whole store from the movements anew.

    For loaders that write patients, encounters and movements with ``executemany``: in slices, resumable.
    """
    raise NotImplementedError


def self_check(from_day: int, to_day: int) -> list[str]:
    """Compare the day summary with a count from the movements; one sentence per row that differs."""
    raise NotImplementedError
