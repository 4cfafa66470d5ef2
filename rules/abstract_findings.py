"""Everything there is to say about a discharge abstract: the one function that form, release and batch ask.

The dictionary's edits, the Medicare code edits of the claim, the conflicts between codes and registration that
the Medicare code editor no longer looks at, and the documents that codes rest on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from rules import codes_edits, drg, edits, evidence
from rules.dictionary import Context, Dictionary, Record
from rules.drg import Claim, Diagnosis, Procedure
from rules.edit_functions import age_on_admission
from rules.findings import Finding, worst_first
from rules.overrides import in_force, marked, without
from rules.records import rows_of
from rules.values import is_date

PARTS: Mapping[str, str] = {
    "dx": "diagnoses[{row}].code",
    "px": "procedures[{row}].code",
    "admit_dx": "admitting_diagnosis",
}
"""Where each part of a claim stands in the record."""


def record_findings(dictionary: Dictionary, record: Record, context: Context) -> list[Finding]:
    """All findings about an abstract, worst first, those that somebody let stand marked so. Bad data never raise."""
    items = without(record)
    found = edits.findings(dictionary, items, context)
    settled_age = {**items, "age": age_on_admission(items, {}, context)}
    found += claim_findings(settled_age, poa_exempt=hospital_exempt(items, context))
    found += evidence.findings(items, context, drg.is_operating_room)
    return marked(worst_first(found), in_force(dictionary, record, context.tables))


def hospital_exempt(record: Record, context: Context) -> bool:
    """Whether the hospital is exempt from POA reporting on the day of discharge."""
    return bool(context.hospital_exempt and context.hospital_exempt(record.get("discharged_at", "")[:10]))


def settled(dictionary: Dictionary, record: Record, context: Context) -> dict[str, str]:
    """The record with its derived items, such as the age."""
    return {**record, **edits.computed(dictionary, record, context)}


def claim_findings(record: Record, *, poa_exempt: bool = False) -> list[Finding]:
    """What the Medicare code editor says about the codes, and where they do not agree with the registered sex."""
    claim, rows = claim_and_rows(record, poa_exempt=poa_exempt)
    edited = codes_edits.edit(claim)
    found = [*edited.edits, *codes_edits.sex_conflicts(claim)]
    return codes_edits.findings([codes_edits.at_row(each, rows) for each in found], PARTS)


def claim_of(record: Record, *, poa_exempt: bool = False) -> Claim:
    """What the grouper and the code editor look at. ``poa_exempt`` is the hospital, which reports no POA."""
    return claim_and_rows(record, poa_exempt=poa_exempt)[0]


def claim_and_rows(
    record: Record, *, poa_exempt: bool = False
) -> tuple[Claim, Mapping[str, tuple[int, ...]]]:
    """The claim, and for its diagnoses and procedures the rows of the record that they stand in."""
    rows = rows_of(record)
    diagnoses = {n: row for n, row in rows.get("diagnoses", {}).items() if _is_code(row.get("code", ""))}
    procedures = {n: row for n, row in rows.get("procedures", {}).items() if _is_code(row.get("code", ""))}
    age = record.get("age", "")
    claim = Claim(
        discharged_on=day_of(record.get("discharged_at", "")),
        dx=tuple(Diagnosis(row["code"], row.get("poa", "")) for row in diagnoses.values()),
        px=tuple(Procedure(row["code"], day_of(row.get("date", ""))) for row in procedures.values()),
        age=int(age) if age.isascii() and age.isdigit() and len(age) < 4 else None,
        sex=record.get("sex", ""),
        disposition=_status(record.get("disposition", "")),
        admitted_on=day_of(record.get("admitted_at", "")),
        admit_dx=admitting if _is_code(admitting := record.get("admitting_diagnosis", "")) else "",
        poa_exempt=poa_exempt,
    )
    return claim, {"dx": tuple(diagnoses), "px": tuple(procedures)}


def _is_code(text: str) -> bool:
    """Whether text can be put to the engine at all; whether it is a code is for the engine to say."""
    return text.isascii() and text.isalnum() and len(text) <= 7


def _status(text: str) -> str:
    return text if text.isascii() and text.isdigit() and len(text) <= 2 else ""


def day_of(text: str) -> date | None:
    """The day of a canonical date or moment."""
    return date.fromisoformat(text[:10]) if is_date(text[:10]) else None
