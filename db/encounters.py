"""Encounters (accounts): who, which class, who attends and pays. Places and times of a stay come from movements.

``apply`` and the other changes work inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from db.changes import Applied, Source

FIELDS: Final = (
    "class", "newborn", "arrived_at", "departed_at", "location", "provider", "disposition", "payer", "priority",
    "point_of_origin", "mother_account", "birth_weight_g", "gestation_weeks", "diagnoses",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Encounter:
    """An encounter with codes and canonical local times instead of internal numbers."""

    id: int
    account: str
    patient_id: int
    mrn: str
    patient_name: str
    patient_class: str  # I, E, O, OBS
    newborn: bool
    state: str  # active, cancelled, merged
    arrived_at: str
    admitted_at: str  # admission of a stay; blank for visits
    discharged_at: str  # discharge or departure
    admit_day: int | None
    discharge_day: int | None
    admit_unit: str
    admit_service: str
    unit: str  # present or last
    service: str
    bed: str
    on_leave: str
    disposition: str
    died: bool
    los_days: int | None
    leave_days: int
    attending: str
    payer: str
    priority: str
    point_of_origin: str
    location: str
    mother_account: str
    birth_weight_g: int | None
    gestation_weeks: int | None
    abstracted_day: int | None
    coded_day: int | None
    version: int


def apply(account: str, patient_id: int, fields: Mapping[str, str], source: Source) -> Applied:
    """Insert or amend an encounter by its account number. ``record_id`` of the result is the encounter.

    ``fields``: any of ``FIELDS`` as canonical text; a blank is no change, ``@`` clears; ``provider`` is the
    attending, ``diagnoses`` are codes joined by ``|``. A new encounter has class I unless said otherwise.
    Optional values that cannot be read are kept as received and flagged. Refused when the account belongs to
    another patient, or when a stay with movements would leave class I.
    """
    raise NotImplementedError


def find(account: str) -> int:
    """The encounter with this account number (the surviving one after a merge), or 0."""
    raise NotImplementedError


def get(encounter_id: int) -> Encounter:
    """One encounter. Raises ``KeyError``."""
    raise NotImplementedError


def of_patient(patient_id: int, after: tuple[int, int] | None = None, limit: int = 50) -> list[Encounter]:
    """A patient's encounters, newest first; ``after`` is (admit or arrival day, id) of the last one shown."""
    raise NotImplementedError


def change_attending(encounter_id: int, provider: str, at_utc: int, source: Source) -> Applied:
    """A54: another attending from a moment on. The census is not touched."""
    raise NotImplementedError


def cancel_attending(encounter_id: int, source: Source) -> Applied:
    """A55: the latest change of attending is cancelled; the one before is in force again."""
    raise NotImplementedError


def move_to_patient(encounter_id: int, patient_id: int, source: Source) -> Applied:
    """A45: the visit belongs to another patient."""
    raise NotImplementedError


def merge(survivor_id: int, loser_id: int, source: Source) -> Applied:
    """A41, A35: two accounts are one. ``record_id`` of the result is the merge, for ``undo_merge``.

    The loser's movements move over when the survivor has none, otherwise they are cancelled; its other items
    fill the survivor's blanks; its account number goes on leading to the survivor.
    """
    raise NotImplementedError


def undo_merge(merge_id: int, source: Source) -> Applied:
    """Take two accounts apart again as they were."""
    raise NotImplementedError


def change_account(encounter_id: int, account: str, source: Source) -> Applied:
    """The account has another number from now on."""
    raise NotImplementedError


def mark_abstracted(encounter_id: int, day: int | None) -> None:
    """Note the day on which the abstract was completed; None takes it off the mark again."""
    raise NotImplementedError


def mark_coded(encounter_id: int, day: int | None) -> None:
    """Note the day on which coding was completed; None takes it off the mark again."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A discharge that waits for work."""

    encounter_id: int
    account: str
    mrn: str
    patient_name: str
    admitted_at: str
    discharged_at: str
    discharge_day: int
    los_days: int
    unit: str
    service: str
    attending: str
    payer: str

    @property
    def key(self) -> tuple[int, int]:
        return (self.discharge_day, self.encounter_id)


def not_abstracted(after: tuple[int, int] | None = None, limit: int = 50) -> list[WaitingRow]:
    """Discharges without an abstract, oldest first; ``after`` is the ``key`` of the last one shown."""
    raise NotImplementedError


def not_coded(after: tuple[int, int] | None = None, limit: int = 50) -> list[WaitingRow]:
    """Discharges not yet coded, oldest first."""
    raise NotImplementedError


def waiting_by_age(today: int, bands: tuple[int, ...] = (3, 7, 14, 30)) -> dict[str, list[int]]:
    """Counts of ``not_abstracted`` and ``not_coded`` by days since discharge: one per band, the rest last."""
    raise NotImplementedError
