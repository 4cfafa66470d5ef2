"""The face sheet of an account: the first page of the chart, at admission and again when the stay is over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from db import conventions
from db.hospital import chart_sheet
from reports.page import Block, Column, Document, Heads, Item
from reports.prints.forms import Pair, labelled, part, table
from reports.prints.of_account import OfAccount, sheet_of
from reports.sheet import Sheet
from rules.codes import dotted
from rules.dates import show_date, show_moment
from rules.edit_functions import age_in_years
from rules.records import rows_of
from rules.values import shown

CLASSES: Final = {"I": "Inpatient", "E": "Emergency", "O": "Outpatient", "OBS": "Observation"}
CONVENTIONS: Final = ("Codes and physicians: the abstract as it stands. Path: the movements.",)


@dataclass(frozen=True, slots=True)
class Data(OfAccount):
    """The account and what its codes stand for."""

    meanings: Mapping[str, str]  # of coded values, by path
    style: str


def query(parameters: Mapping[str, str]) -> Data:
    """Read the account. Raises ``NotAsked`` when there is none."""
    sheet = sheet_of(parameters)
    return Data(sheet, chart_sheet.meanings(sheet, sheet.record), conventions.convention("date_style"))


def render(data: Data, width: int) -> Document:
    """One page for most stays; parts that go on are headed again."""
    stay = data.sheet.stay
    said = _Said(data)
    body: list[Item] = [
        *part("Patient", labelled(_patient(data, said), width)),
        *part("Residence", labelled(_residence(data, said), width)),
        *part("Admission", labelled(_admission(data, said), width)),
        *part("Payers", labelled(_payers(said), width)),
        *part("Physicians", labelled(_physicians(said), width)),
        *_path(data, width),
        *part("Discharge", labelled(_discharge(data, said), width)),
        *_diagnoses(data, width),
        *_procedures(data, width),
        Heads(),
        Block(("", "Attending's signature ______________________________   Date ____/____/______")),
    ]
    left = show_date(stay.discharged_at[:10], data.style) if stay.discharged_at else "in house"
    came = show_date((stay.admitted_at or stay.arrived_at)[:10], data.style)
    return Document(
        "H01", "ADMISSION AND DISCHARGE FACE SHEET", f"{came} to {left}",
        f"account {stay.account}, MRN {stay.mrn}", body, None, CONVENTIONS,
    )  # fmt: skip


class _Said:
    """Values of the abstract as people read them: the code with what it stands for."""

    def __init__(self, data: Data) -> None:
        self.record, self.meanings = data.sheet.record, data.meanings

    def __call__(self, path: str) -> str:
        value = shown(self.record.get(path, ""))
        meaning = self.meanings.get(path, "")
        return f"{value} {meaning}".strip() if value else ""


def _patient(data: Data, said: _Said) -> Iterator[Pair]:
    who, stay = data.sheet.patient, data.sheet.stay
    born, came = who["birth_date"], (stay.admitted_at or stay.arrived_at)[:10]
    age = age_in_years(born, came) if len(born) == 10 and came else ""
    races = [said(path) for path in data.sheet.record if path.startswith("races[")]
    yield "Name", who["name"]
    yield "MRN", who["mrn"]
    yield "Born", show_date(born, data.style) + (f"  age {age}" if age else "") if born else ""
    yield "Sex", said("sex") or who["sex"]
    yield "Marital status", said("marital")
    yield "SSN", f"***-**-{who['ssn'][-4:]}" if who["ssn"] else ""
    yield "Race", "; ".join(races)
    yield "Ethnicity", said("ethnicity")
    yield "Also known as", who["aliases"].replace("|", "; ")
    yield "Newborn of", stay.mother_account


def _residence(data: Data, said: _Said) -> Iterator[Pair]:
    yield "Street", said("street")
    yield "City", said("city")
    yield "State and ZIP", f"{said('state')} {said('zip')}".strip()
    yield "County", said("county")
    yield "Country", said("country")
    yield "Telephone", data.sheet.patient["phone"]


def _admission(data: Data, said: _Said) -> Iterator[Pair]:
    stay = data.sheet.stay
    yield "Account", stay.account
    yield "Class", CLASSES.get(stay.patient_class, stay.patient_class)
    yield "Admitted", show_moment(stay.admitted_at or stay.arrived_at, data.style)
    yield "Unit, service", " ".join(filter(None, (stay.admit_unit, stay.admit_service)))
    yield "Priority", said("priority")
    yield "From", said("point_of_origin")
    if said("referring_facility"):
        yield "Transferred from", said("referring_facility")
    yield "Admitting diagnosis", _code(said, "admitting_diagnosis")


def _payers(said: _Said) -> Iterator[Pair]:
    for label, path in (("Principal", "payer"), ("Second", "payer_2"), ("Third", "payer_3")):
        if said(path) or path == "payer":
            yield label, said(path)


def _physicians(said: _Said) -> Iterator[Pair]:
    for label, path in (
        ("Attending", "attending"), ("Referring", "referring_provider"), ("Operating", "operating"),
        ("Other operating", "other_operating"), ("Other", "other_physician"),
    ):  # fmt: skip
        if said(path) or path in ("attending", "operating"):
            yield label, said(path)


def _discharge(data: Data, said: _Said) -> Iterator[Pair]:
    stay = data.sheet.stay
    yield "Discharged", show_moment(stay.discharged_at, data.style) if stay.discharged_at else "in house"
    yield "Unit, service", " ".join(filter(None, (stay.unit, stay.service)))
    yield "Days", "" if stay.los_days is None else f"{stay.los_days}  leave {stay.leave_days}"
    yield "Disposition", said("disposition")
    if said("receiving_facility"):
        yield "Transferred to", said("receiving_facility")
    if stay.died:
        yield "Died", show_moment(data.sheet.record.get("died_at", "").lstrip("/"), data.style)
        yield "Autopsy", said("autopsy")
        yield "Coroner", said("coroner")


def _path(data: Data, width: int) -> list[Item]:
    columns = (
        Column("When", 16), Column("Event", 12), Column("Unit", 10), Column("Service", 10), Column("Bed", 8),
        Column("Leave, disposition", width - 61),
    )  # fmt: skip
    rows = [
        (
            show_moment(row.at, data.style), str(row.event), row.unit, row.service, row.bed,
            row.leave_type or row.disposition,
        )
        for row in data.sheet.path
    ]  # fmt: skip
    return table("Path through the house", columns, rows, "No movements.")


def _diagnoses(data: Data, width: int) -> list[Item]:
    rows = rows_of(data.sheet.record).get("diagnoses", {})
    columns = (
        Column("No", 3, number=True),
        Column("Code", 8),
        Column("What it is", width - 17),
        Column("POA", 3),
    )
    found = [
        (str(number), dotted(row.get("code", "")), _meaning(data, "diagnoses", number), row.get("poa", ""))
        for number, row in rows.items()
    ]
    return table("Diagnoses", columns, found, "No diagnosis is coded yet.")


def _procedures(data: Data, width: int) -> list[Item]:
    rows = rows_of(data.sheet.record).get("procedures", {})
    columns = (
        Column("No", 3, number=True),
        Column("Code", 8),
        Column("What it is", width - 25),
        Column("Date", 11),
    )
    found = [
        (
            str(number),
            row.get("code", ""),
            _meaning(data, "procedures", number),
            _day(data, row.get("date", "")),
        )
        for number, row in rows.items()
    ]
    return table("Procedures", columns, found, "No procedure is coded.")


def _meaning(data: Data, group: str, number: int) -> str:
    return data.meanings.get(f"{group}[{number}].code", "")


def _day(data: Data, value: str) -> str:
    return show_date(value.lstrip("/"), data.style)


def _code(said: _Said, path: str) -> str:
    code = said.record.get(path, "")
    return f"{dotted(code)} {said.meanings.get(path, '')}".strip() if code else ""


def sheets(data: Data) -> list[Sheet]:
    """The account's values by item, with what they stand for."""
    rows = [
        (path, value, data.meanings.get(path, ""))
        for path, value in sorted(data.sheet.record.items())
        if value
    ]
    return [
        Sheet("face sheet", ("item", "value", "meaning"), ("Item", "Value", "Meaning"), rows, CONVENTIONS)
    ]
