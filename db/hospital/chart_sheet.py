"""What the printed sheets of one account need: registration, stay, movements, abstract and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from config.data_sets import library
from db import store
from db.abstracting import abstracts, lifecycle
from db.abstracting.lifecycle import Step
from db.coding import code_sets
from db.coding.code_tables import all_tables
from db.connect import database
from db.hospital import encounters, movements
from db.hospital.encounters import Encounter
from db.hospital.movements import MovementRow
from db.patient_index import patients
from db.registry import cases
from db.registry.cases import Case, Revision
from rules.codes import System
from rules.dictionary import Dictionary, ItemType
from rules.records import decode

SYSTEMS = {ItemType.DIAGNOSIS: System.CM, ItemType.PROCEDURE: System.PCS}


@dataclass(frozen=True, slots=True)
class FiledDrg:
    """What an abstract grouped to when it was filed; the weight in ten-thousandths, if one was known."""

    drg: str
    mdc: str
    version: str
    weight_ten_thousandths: int | None


@dataclass(frozen=True, slots=True)
class ChartSheet:
    """An account with everything that its sheets print. ``record`` is the abstract over what the feed says."""

    stay: Encounter
    patient: Mapping[str, str]
    path: tuple[MovementRow, ...]
    dictionary: Dictionary
    record: Mapping[str, str]
    case: Case | None


def of_account(encounter_id: int) -> ChartSheet:
    """The account as it stands now. Raises ``KeyError``."""
    stay = encounters.get(encounter_id)
    made = library(store.current().directory / "site")
    try:
        dictionary = made.of(abstracts.DATA_SET, stay.discharged_at[:10])
    except LookupError:
        dictionary = made.of(abstracts.DATA_SET)
    opened = abstracts.read(stay, dictionary)
    path = tuple(movements.of_encounter(encounter_id))
    return ChartSheet(stay, patients.get(stay.patient_id), path, dictionary, opened.record, opened.case)


def meanings(sheet: ChartSheet, record: Mapping[str, str]) -> dict[str, str]:
    """What the coded values of a record stand for on its day, by path: tables, people, diagnoses and procedures."""
    day = sheet.stay.discharged_at[:10] or store.current().now().local[:10]
    tables, found = all_tables(store.current().directory), {}
    with code_sets.opened() as codes:
        for path, value in record.items():
            item = sheet.dictionary.item_at(path)
            system = SYSTEMS.get(item.type) if item else None
            if system is None:
                found[path] = decode(sheet.dictionary, tables, path, value, record, day)
            elif codes and (hit := codes.hit(value, system, date.fromisoformat(day))):
                found[path] = hit.text
    return {path: text for path, text in found.items() if text}


def filed_drg(encounter_id: int) -> FiledDrg | None:
    """The DRG of a filed abstract; None where it has none."""
    row = database.execute_sql(
        "SELECT drg, mdc, drg_version, weight_ten_thousandths FROM abstract WHERE encounter_id = ?",
        (encounter_id,),
    ).fetchone()
    return FiledDrg(*row) if row and row[0] else None


def history(case: Case) -> tuple[list[Step], list[Revision]]:
    """The steps of an abstract's life and its filings, oldest first."""
    return lifecycle.steps(case.id)[::-1], cases.revisions(case.id)[::-1]
