"""Patients: every chart found by any number or name it ever had; nothing about it lost when it changes.

``apply`` and the other changes work inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from db.actors import Actor
from db.changes import Applied, Source

FIELDS: Final = (
    "mrn", "mrn_issuer", "last_name", "first_name", "middle_name", "suffix", "aliases", "birth_date", "sex",
    "ssn", "street", "city", "state", "zip", "county", "country", "phone", "race", "ethnicity", "marital",
    "death_date", "patient_category", "us_person",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PatientRow:
    """A line of a patient list. ``key`` places it in the order of the list."""

    key: tuple[str, int]  # folded name, patient
    patient_id: int
    mrn: str
    name: str  # LAST,FIRST MIDDLE SUFFIX
    birth_date: str
    sex: str
    ssn_last4: str
    matched: str = ""  # the alias, retired number or account that was found, when it is not shown otherwise
    warnings: tuple[str, ...] = ()  # same name as another patient, deceased, temporary name, merged


def apply(fields: Mapping[str, str], source: Source) -> Applied:
    """Insert or amend the patient with ``fields["mrn"]``; ``record_id`` of the result is the patient.

    Fields are canonical text; absent or blank is no change, ``@`` clears. ``aliases`` are names
    ``LAST,FIRST`` joined by ``|`` and are added to those known. A value that cannot be read is kept as received
    and flagged. A retired MRN amends the patient that it leads to. Refused only without MRN.
    """
    raise NotImplementedError


def file(actor: Actor, fields: Mapping[str, str], expected_version: int) -> Applied:
    """Insert or amend a patient from a screen: one audited act. Raises ``Conflict`` on another version."""
    raise NotImplementedError


def by_mrn(mrn: str) -> int:
    """The patient with this MRN, in force or retired, or 0. A merged one leads to its survivor."""
    raise NotImplementedError


def get(patient_id: int) -> dict[str, str]:
    """All of ``FIELDS`` as canonical text, with ``id``, ``version``, ``temporary``, ``merged_into`` (an MRN)
    and ``name``. Raises ``KeyError``."""
    raise NotImplementedError


def find(text: str, after: tuple[str, int] | None = None, limit: int = 20) -> list[PatientRow]:
    """Patients that ``text`` may mean, by name and then number; ``after`` is the ``key`` of the last one shown.

    Understood: ``LAST``, ``LAST,FI`` (either part cut short), aliases too; SSN with or without dashes; initial
    and last four (``H9999``); MRN, chart and retired numbers, leading zeros or not; account number; date of
    birth in any form; terminal digits (``45-49-99``, ``49-99``); backtick and internal number.
    """
    raise NotImplementedError


def warnings(patient_id: int) -> tuple[str, ...]:
    """What must be seen before the chart is opened, in a few words each."""
    raise NotImplementedError


def temporary(after: int = 0, limit: int = 50) -> list[PatientRow]:
    """Patients under a name that stands in for one not known yet (UNKNOWN, BABYBOY), oldest first."""
    raise NotImplementedError


def set_temporary(patient_id: int, *, temporary: bool) -> None:
    """Put a patient on the rename list, or take off. A new last or first name takes off by itself."""
    raise NotImplementedError


def merge(survivor_id: int, loser_id: int, source: Source) -> Applied:
    """A40, A34, A36, A18: two charts are one person. ``record_id`` of the result is the merge.

    In one transaction everything of the loser moves to the survivor, blanks are filled, the loser's name and
    numbers go on leading to the survivor, and a snapshot is kept for ``undo_merge``.
    """
    raise NotImplementedError


def undo_merge(merge_id: int, source: Source) -> Applied:
    """Take two charts apart again; what was added to the survivor since stays there."""
    raise NotImplementedError


def change_mrn(patient_id: int, mrn: str, source: Source) -> Applied:
    """A47: another MRN from now on; the old one is retired and goes on finding the chart."""
    raise NotImplementedError


def add_identifier(patient_id: int, kind: str, value: str, issuer: str = "") -> None:
    """One more number that finds the chart (``chart``, ``mrn`` of another issuer ...)."""
    raise NotImplementedError


def family(patient_id: int) -> tuple[int, ...]:
    """The patient and all that were merged into it, for rows that stay with the chart they were written for."""
    raise NotImplementedError
