"""Coding of accounts outside the discharge abstract: one record for each, in the data set of its type of account.

Which one follows class, service and location by the table ``account_types`` (a facility's own rows win).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Final

from db import store
from db.actors import Action, Actor
from db.acts import Conflict, act, viewed
from db.connect import StoreError, database
from db.hospital import encounters
from db.hospital.encounter_lists import Encounter
from db.patient_index import patients
from db.registry import cases
from db.registry.cases import COMPLETE, OPEN, Case
from rules.dictionary import Dictionary, Record
from rules.findings import Finding
from rules.lifecycle import in_the_way
from rules.tables import Tables

TYPES: Final = "account_types"
CLASSES: Final = ("E", "O", "OBS")  # whose accounts have no discharge abstract
ANY: Final = "*"
TO_DO: Final = "to code"
LAST: Final = (10**8, 0)  # after every day


@dataclass(frozen=True, slots=True)
class VisitRecord:
    """The coding of an account with what it is about. ``case`` is None until it is first filed."""

    encounter: Encounter
    record: Record
    case: Case | None


@dataclass(frozen=True, slots=True)
class VisitToCode:
    """A row of the list: a visit, and how far its coding is."""

    encounter_id: int
    arrived_day: int
    account: str
    mrn: str
    patient_name: str
    patient_class: str
    attending: str
    status: str  # to code, open, complete
    filed_by: str

    @property
    def key(self) -> tuple[int, int]:
        return (self.arrived_day, self.encounter_id)


def data_set_of(stay: Encounter, tables: Tables) -> str:
    """The data set in which an account is coded; "" for one that has the discharge abstract alone."""
    ours = (stay.patient_class, stay.service, stay.location)
    best, found = -1, ""
    for row in tables[TYPES].on(stay.discharged_at[:10] or store.current().now().local[:10]):
        theirs = tuple(row.code.split("|"))
        fits = len(theirs) == len(ours) and all(
            each in (ANY, own) for each, own in zip(theirs, ours, strict=True)
        )
        named = sum(each != ANY for each in theirs)
        if fits and named >= best:  # a facility's own rows come last
            best, found = named, str(row.more.get("data_set", ""))
    return found


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


def open_list(actor: Actor, asked: str) -> None:
    """Log that the list of visits is about to be shown."""
    viewed(actor, Action.VIEW_ABSTRACT, kind="list", record=asked, detail={"list": "visits to code"})


def listing(
    of_class: str = "", after: tuple[int, int] | None = None, limit: int = 50, *, every: bool = False
) -> list[VisitToCode]:
    """Visits that are not coded completely, newest first; with ``every`` the coded ones too."""
    classes = (of_class,) if of_class else CLASSES  # each by its own part of the index
    pages = [_of_class(each, after, limit, every=every) for each in classes]
    return list(islice(merge(*pages, key=lambda row: row.key, reverse=True), limit))


def _of_class(of_class: str, after: tuple[int, int] | None, limit: int, *, every: bool) -> list[VisitToCode]:
    unfinished = "" if every else " AND coalesce(c.status, '') <> ?"
    rows = database.execute_sql(
        "SELECT e.id, e.arrived_day, e.account, p.mrn, p.last_name || ',' || p.first_name, e.class,"
        " coalesce(d.code, ''), coalesce(c.status, ?), coalesce(c.filed_by, '')"
        " FROM encounter e JOIN patient p ON p.id = e.patient_id LEFT JOIN provider d ON d.id = e.attending_id"
        " LEFT JOIN data_case c ON c.encounter_id = e.id AND c.data_set IN ('visit', 'office') AND c.void_utc IS NULL"
        " WHERE e.class <> 'I' AND e.class = ? AND e.state = 'active' AND e.merged_into_id IS NULL"
        f" AND (e.arrived_day, e.id) < (?, ?){unfinished} ORDER BY e.arrived_day DESC, e.id DESC LIMIT ?",
        (TO_DO, of_class, *(after or LAST), *(() if every else (COMPLETE,)), limit),
    )
    return [VisitToCode(*row) for row in rows]
