"""Coding of accounts outside the discharge abstract: one record for each, in the data set of its type of account.

Which one follows class, service and location by the table ``account_types`` (a facility's own rows win).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from db import store
from db.actors import Action, Actor
from db.acts import Conflict, act, viewed
from db.connect import StoreError, database
from db.conventions import convention
from db.hospital import encounters
from db.hospital.encounter_lists import Encounter
from db.patient_index import patients
from db.registry import cases
from db.registry.cases import COMPLETE, OPEN, Case
from rules.dictionary import Dictionary, Record
from rules.findings import Finding
from rules.lifecycle import in_the_way
from rules.moments import day_number
from rules.tables import Tables

TYPES: Final = "account_types"
CODED_FROM: Final = "visits_coded_from"
ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class VisitRecord:
    """The coding of an account with what it is about. ``case`` is None until it is first filed."""

    encounter: Encounter
    record: Record
    case: Case | None


def data_set_of(stay: Encounter, tables: Tables) -> str:
    """The data set in which an account is coded; "" for one that has the discharge abstract alone."""
    return data_set_for((stay.patient_class, stay.service, stay.location), stay.discharged_at[:10], tables)


def data_set_for(ours: tuple[str, str, str], day: str, tables: Tables) -> str:
    """The same for class, service and location of an account that ended on an ISO day; blank: it goes on."""
    best, found = -1, ""
    for row in tables[TYPES].on(day or store.current().now().local[:10]):
        theirs = tuple(row.code.split("|"))
        fits = len(theirs) == len(ours) and all(
            each in (ANY, own) for each, own in zip(theirs, ours, strict=True)
        )
        named = sum(each != ANY for each in theirs)
        if fits and named >= best:  # a facility's own rows come last
            best, found = named, str(row.more.get("data_set", ""))
    return found


def coded_from() -> int:
    """The day of arrival from which visits wait for their coding, by the setting; 0: all do."""
    text = convention(CODED_FROM)
    return day_number(text) if text else 0


def open_visit(actor: Actor, encounter_id: int, data_set: str) -> VisitRecord:
    """The coding of an account: what was filed, or what a first filing starts from. Raises ``NotPermitted``."""
    found = read(encounters.get(encounter_id), data_set)
    viewed(
        actor, Action.VIEW_ABSTRACT, kind="account", record=found.encounter.account,
        patient_id=found.encounter.patient_id, cases=(found.case.id,) if found.case else (),
    )  # fmt: skip
    return found


def read(stay: Encounter, data_set: str) -> VisitRecord:
    """The coding without the audit row. A first one has the diagnoses that came with the account."""
    case, who = cases.by_encounter(data_set, stay.id), patients.get(stay.patient_id)
    known = {
        "mrn": stay.mrn, "account": stay.account, "birth_date": str(who["birth_date"] or ""),
        "sex": str(who["sex"] or ""), "admitted_at": stay.admitted_at or stay.arrived_at,
        "discharged_at": stay.discharged_at, "attending": stay.attending,
    }  # fmt: skip
    begun = case.record if case else {"disposition": stay.disposition, **_came_with(stay.id)}
    return VisitRecord(stay, {name: value for name, value in {**begun, **known}.items() if value}, case)


def _came_with(encounter_id: int) -> dict[str, str]:
    rows = database.execute_sql(
        "SELECT code FROM encounter_diagnosis WHERE encounter_id = ? ORDER BY seq", (encounter_id,)
    )
    return {f"diagnoses[{row}].code": code for row, (code,) in enumerate(rows, 1)}


def file_visit(
    actor: Actor, opened: VisitRecord, dictionary: Dictionary, values: Record, findings: Sequence[Finding],
    *, expected_revision: int, reason: str = "",
) -> Case:  # fmt: skip
    """File the coding of an account: complete when nothing stands against it. One audited act. Raises ``Conflict``."""
    stay = opened.encounter
    before = cases.by_encounter(dictionary.id, stay.id)
    if (before.revision if before else 0) != expected_revision:
        raise Conflict(
            f"{before.filed_by if before else 'Somebody'} filed these codes meanwhile, so nothing of yours was stored. "
            "Your draft is kept: leave with F3, open the record again and compare."
        )
    with act(
        actor, Action.FILE_ABSTRACT, kind="account", record=stay.account, patient_id=stay.patient_id
    ) as done:
        case = cases.put(
            dictionary, values, before=before, number=stay.account, patient_id=stay.patient_id,
            encounter_id=stay.id, status=OPEN if in_the_way(findings) else COMPLETE, by=actor.user, reason=reason,
        )  # fmt: skip
        done.changed(before.record if before else {}, case.record)
        done.detail["data_set"] = dictionary.id
        if reason:
            done.detail["reason"] = reason
    return case


def void_visit(actor: Actor, opened: VisitRecord, reason: str) -> None:
    """Take the coding of an account out of use, all filings kept: one audited act."""
    if opened.case is None:
        raise StoreError("These codes are not filed: there is nothing to take out of use.")
    cases.void_case(actor, Action.FILE_ABSTRACT, opened.case, reason)
