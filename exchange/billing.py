"""Abstracts handed to billing: one CSV row for each, its columns named by the form locators of the UB-04.

NUBC UB-04 manual: FL 12-17 admission and discharge, 66 version of the codes, 67 diagnoses with POA, 69 admitting
diagnosis, 71 DRG, 72 external causes, 74 procedures with dates, 76-79 providers. Codes stand without their point.
"""

from __future__ import annotations

import csv
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase
from typing import Final

from db.abstracting import abstract_release
from db.abstracting.abstract_release import Filter, WaitingAbstract
from db.actors import Action, Actor
from db.acts import permit, viewed
from db.connect import database, large_cache
from db.files import replacing
from db.hospital import site
from db.worklist import blind
from exchange.abstract_file import NotWritten
from rules.dictionary import Record, is_null
from rules.lifecycle import Status
from rules.records import rows_of
from rules.text import csv_cell

ICD10: Final = "0"  # FL 66
MOST_DIAGNOSES: Final = 24  # beside the principal one, as the 837I takes them; the paper form has 17
MOST_CAUSES: Final = 12
MOST_PROCEDURES: Final = 24
HANDED: Final = (Status.RELEASED, Status.TRANSMITTED)
_OTHERS: Final = ("operating", "other_operating", "other_physician")  # FL 77, 78, 79


@dataclass(frozen=True, slots=True)
class Handed:
    """What was handed over."""

    records: int
    bytes: int


def headings() -> list[str]:
    """The columns in order."""
    names = [
        "account", "mrn", "status", "fl12_admission_date", "fl13_admission_hour", "fl14_type", "fl15_origin",
        "fl16_discharge_hour", "fl17_status", "discharge_date", "fl66_icd_version", "fl67_principal_dx", "fl67_poa",
    ]  # fmt: skip
    for place in range(MOST_DIAGNOSES):
        names += [f"fl67{ascii_lowercase[place]}_dx", f"fl67{ascii_lowercase[place]}_poa"]
    names += ["fl69_admitting_dx", "fl71_drg"]
    for place in range(MOST_CAUSES):
        names += [f"fl72{ascii_lowercase[place]}_cause", f"fl72{ascii_lowercase[place]}_poa"]
    names += ["fl74_principal_px", "fl74_date"]
    for place in range(MOST_PROCEDURES):
        names += [f"fl74{ascii_lowercase[place]}_px", f"fl74{ascii_lowercase[place]}_date"]
    for locator in (76, 77, 78, 79):
        names += [f"fl{locator}_code", f"fl{locator}_npi", f"fl{locator}_name"]
    return names


def row_of(record: Record, status: str, drg: str, providers: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """One abstract by column. ``providers`` are NPI and name by code."""
    found = {
        "account": record.get("account", ""), "mrn": record.get("mrn", ""), "status": status,
        "fl12_admission_date": record.get("admitted_at", "")[:10],
        "fl13_admission_hour": record.get("admitted_at", "")[11:13], "fl14_type": record.get("priority", ""),
        "fl15_origin": record.get("point_of_origin", ""), "fl16_discharge_hour": record.get("discharged_at", "")[11:13],
        "fl17_status": record.get("disposition", ""), "discharge_date": record.get("discharged_at", "")[:10],
        "fl66_icd_version": ICD10, "fl69_admitting_dx": record.get("admitting_diagnosis", ""), "fl71_drg": drg,
    }  # fmt: skip
    rows = rows_of(record)
    for place, row in _places(rows.get("diagnoses", {}), MOST_DIAGNOSES + 1):
        letter = ascii_lowercase[place - 1] if place else ""
        found["fl67_principal_dx" if not place else f"fl67{letter}_dx"] = row.get("code", "")
        found[f"fl67{letter}_poa"] = row.get("poa", "")
    for place, row in _places(rows.get("external_causes", {}), MOST_CAUSES):
        found[f"fl72{ascii_lowercase[place]}_cause"] = row.get("code", "")
        found[f"fl72{ascii_lowercase[place]}_poa"] = row.get("poa", "")
    for place, row in _places(rows.get("procedures", {}), MOST_PROCEDURES + 1):
        letter = ascii_lowercase[place - 1] if place else ""
        found["fl74_principal_px" if not place else f"fl74{letter}_px"] = row.get("code", "")
        found[f"fl74{letter}_date"] = row.get("date", "")[:10]
    for locator, item in zip((76, 77, 78, 79), ("attending", *_OTHERS), strict=True):
        code = record.get(item, "")
        npi, name = providers.get(code, ("", ""))
        found |= {f"fl{locator}_code": code, f"fl{locator}_npi": npi, f"fl{locator}_name": name}
    return {name: "" if is_null(value) else value for name, value in found.items()}


def _places(rows: Mapping[int, Mapping[str, str]], most: int) -> Iterator[tuple[int, Mapping[str, str]]]:
    yield from enumerate([row for _, row in sorted(rows.items())][:most])


def hand_over(
    actor: Actor, path: Path, from_day: int, to_day: int, statuses: Iterable[Status] = HANDED
) -> Handed:
    """Write the abstracts discharged in a period: an audited export. Raises ``NotPermitted``, ``NotWritten``."""
    permit(actor, Action.EXPORT, kind="billing")
    try:
        with replacing(path) as file:
            count, shown = _write(file, from_day, to_day, statuses, blind.in_hand(actor.user))
            size = file.stat().st_size
            viewed(
                actor, Action.EXPORT, kind="billing", record=path.name,
                detail={"from": from_day, "to": to_day, "count": count, "bytes": size}, cases=shown,
            )  # fmt: skip
    except OSError as error:
        raise NotWritten(f"{path} cannot be written: {error.strerror}.") from error
    return Handed(count, size)


def _write(
    file: Path, from_day: int, to_day: int, statuses: Iterable[Status], held: Container[int]
) -> tuple[int, set[int]]:
    """Write the rows one by one; how many they are, and which of them are in review with whoever asks."""
    count, shown, providers = 0, set[int](), _providers()
    with large_cache(), file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, headings(), restval="", lineterminator="\r\n")
        writer.writeheader()
        for status in statuses:
            for row in _of_period(status, from_day, to_day):
                opened, _ = abstract_release.read(row.encounter_id)
                drg = database.execute_sql(
                    "SELECT drg FROM abstract WHERE encounter_id = ?", (row.encounter_id,)
                ).fetchone()
                made = row_of(opened.record, str(status), drg[0] if drg else "", providers)
                writer.writerow({name: csv_cell(value) for name, value in made.items()})
                count += 1
                if row.case_id in held:
                    shown.add(row.case_id)
    return count, shown


def _of_period(status: Status, from_day: int, to_day: int) -> Iterator[WaitingAbstract]:
    after = None
    while rows := abstract_release.in_status(status, Filter(from_day, to_day), after, 500):
        yield from rows
        after = rows[-1].key


def _providers() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    after = ""
    while rows := site.listing("provider", after, 1000):
        found |= {row.code: (row.values.get("npi", ""), row.values.get("name", "")) for row in rows}
        after = rows[-1].code
    return found
