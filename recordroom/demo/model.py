"""What the generator makes: plain rows in the order of the hospital's clock. Times are local minutes.

A local minute is the day number x 1440 + the minute of that day, so that it can be counted with and sorted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from recordroom.demo.people import Person

DAY = 1440  # minutes


@dataclass(frozen=True, slots=True)
class Plan:
    """What hospital to make. ``until`` is its last day, of which it knows the hours up to 06:00."""

    until: date
    beds: int = 120
    months: int = 14
    seed: int = 1
    visits: float = 1.0  # emergency, outpatient and observation visits, as a share of the usual number
    comorbidities: int = 0  # other diagnoses of a stay beside those of its case, at most

    @property
    def last_minute(self) -> int:
        """When the simulation stops."""
        return self.until.toordinal() * DAY + 6 * 60

    @property
    def first_day(self) -> int:
        """Day number of the first day: the first of the month, ``months`` months before ``until``."""
        month = self.until.year * 12 + self.until.month - 1 - self.months
        return date(month // 12, month % 12 + 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Unit:
    """A nursing unit or area, with its beds as set up on the first day."""

    code: str
    name: str
    kind: str
    division: str
    in_census: bool
    beds: int
    bassinets: int
    changes: tuple[tuple[int, int], ...] = ()  # day number, beds from then on


@dataclass(frozen=True, slots=True)
class Provider:
    """A practitioner of the hospital."""

    code: str
    name: str
    npi: str
    service: str
    active: bool


@dataclass(slots=True)
class Move:
    """One movement: ``admit``, ``transfer``, ``service``, ``leave``, ``return`` or ``discharge``."""

    at: int
    event: str
    unit: str = ""
    service: str = ""
    bed: str = ""
    leave_type: str = ""


@dataclass(frozen=True, slots=True)
class Happening:
    """An event to count: an operation, a delivery, a consultation, an autopsy. ``detail`` as imports take it."""

    at: int
    kind: str
    detail: str = ""


@dataclass(slots=True)
class Stay:
    """An inpatient encounter with all that happened in it. ``disposition`` is blank while it lasts."""

    account: str
    person: Person
    newborn: bool
    attending: str
    payer: str
    priority: str  # UB-04 FL 14: 1 emergency, 2 urgent, 3 elective, 4 newborn, 5 trauma
    origin: str  # UB-04 FL 15
    moves: list[Move] = field(default_factory=list)
    events: list[Happening] = field(default_factory=list)
    diagnoses: list[tuple[str, str]] = field(default_factory=list)  # code with its dot, POA; principal first
    procedures: list[tuple[str, int]] = field(default_factory=list)  # code, local minute
    disposition: str = ""
    mother_account: str = ""
    birth_weight_g: int = 0
    gestation_weeks: int = 0

    @property
    def admitted(self) -> int:
        return self.moves[0].at

    @property
    def discharged(self) -> int | None:
        """Local minute of discharge or death."""
        return self.moves[-1].at if self.disposition else None


@dataclass(slots=True)
class Visit:
    """An emergency (E), outpatient (O) or observation (OBS) encounter: it is in no census."""

    account: str
    person: Person
    kind: str
    arrived: int
    departed: int | None
    unit: str
    provider: str
    payer: str
    disposition: str
    diagnoses: list[str]
    events: list[Happening] = field(default_factory=list)
