"""Patient movements: only ever added; a cancelled or changed one stays, marked; the census follows at once.

Every function works inside the caller's transaction (an ``act`` or ``writing()``): it checks the whole path of
the account (rules/census.py), stores the movement, rewrites the encounter and its segments, and brings the
day summary up to date from the earliest day concerned.
"""

from __future__ import annotations

from dataclasses import dataclass

from db.changes import Applied, Source
from rules.census import Event
from rules.moments import Moment


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement as it comes in. Unit and service are codes; unknown ones are created unconfirmed.

    Admit needs unit and service; transfer a unit (service blank: unchanged; the same unit with another bed is
    a bed change); service a service. They are ignored on leave, return and discharge.
    """

    event: Event
    at: Moment
    unit: str = ""
    service: str = ""
    bed: str = ""
    patient_class: str = ""  # on admit: I (blank), E, O, OBS; an I admit may follow a visit on one account
    disposition: str = ""  # on discharge: UB-04 status, one digit is padded
    leave_type: str = ""  # on leave: pass (blank), aa, ua, asih
    seq: int = 0  # order within one minute
    external_id: str = ""  # the sender's own id for this movement


def record(encounter_id: int, movement: Movement, source: Source) -> Applied:
    """Add a movement. ``record_id`` of the result is the movement.

    A movement that stands there already, cancelled ones too, is unchanged (``changed`` empty); one with the
    same external id, or a second admit or discharge at another time under ``csv``, is the caller's to
    ``change``. Refused with the reason when the path of the account would become impossible.
    """
    raise NotImplementedError


def change(movement_id: int, movement: Movement, source: Source, reason: str = "") -> Applied:
    """Put another version in the place of a current movement; the old one stays as superseded."""
    raise NotImplementedError


def cancel(movement_id: int, source: Source, reason: str = "") -> Applied:
    """Cancel a movement. Refused when what remains would be impossible (cancel later ones first)."""
    raise NotImplementedError


def cancel_latest(encounter_id: int, event: Event, source: Source, reason: str = "") -> Applied:
    """Cancel the latest current movement of a kind: A11, A12, A13, A52, A53 name no more than that."""
    raise NotImplementedError


def cancel_all(encounter_id: int, source: Source, reason: str = "") -> Applied:
    """Cancel every movement of an account: the admission never was; the encounter becomes cancelled."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class MovementRow:
    """A stored movement, as screens and feeds see it."""

    id: int
    event: Event
    at: str  # canonical local text
    at_utc: int
    day: int
    seq: int
    unit: str
    service: str
    bed: str
    patient_class: str
    disposition: str
    leave_type: str
    external_id: str
    state: str  # current, cancelled, superseded
    by: str
    origin: str
    recorded_utc: int
    ended_utc: int | None
    ended_by: str
    reason: str


def of_encounter(encounter_id: int, *, every: bool = False) -> list[MovementRow]:
    """The current movements of an account in order; ``every``: cancelled and superseded ones too."""
    raise NotImplementedError


def latest(encounter_id: int, event: Event | None = None) -> MovementRow | None:
    """The last current movement, or the last of a kind."""
    raise NotImplementedError
