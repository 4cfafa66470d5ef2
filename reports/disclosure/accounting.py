"""The accounting of disclosures for a patient: 45 CFR 164.528(b)(2), 5 USC 552a(c). Nothing on it is clipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from db import conventions, store
from db.disclosure import disclosures
from db.disclosure.disclosures import AccountingRow
from db.patient_index import patients
from reports import letters as merge
from reports.page import Block, Column, Document, Heads, Item, Wrapped
from reports.parameters import NotAsked
from reports.sheet import Sheet, Value
from rules.dates import show_date
from rules.moments import iso_date

COLUMNS: Final = {
    80: (Column("Date", 10), Column("Recipient and address", 25), Column("What was disclosed", 22),
         Column("Purpose and basis", 20)),
    132: (Column("Date", 11), Column("Recipient and address", 42), Column("What was disclosed", 38),
          Column("Purpose and basis", 38)),
}  # fmt: skip

CONVENTIONS: Final = (
    "Lists what 45 CFR 164.528 or 5 USC 552a(c) requires to be accounted for, as far back as each looks.",
    "Superseded versions, releases entered in error, and disclosures under a suspension in force are left out.",
)


@dataclass(frozen=True, slots=True)
class Data:
    """The disclosures of one patient's information, oldest first."""

    patient_id: int
    mrn: str
    name: str
    birth_date: str
    from_date: str
    to_date: str
    as_of: str
    rows: tuple[AccountingRow, ...]
    style: str
    facility: str = ""
    address: Mapping[str, str] = field(default_factory=dict)  # street, city, state, zip


def query(parameters: Mapping[str, str]) -> Data:
    """Read the accounting as it may be given today. Raises ``NotAsked`` when nobody has the MRN."""
    patient_id = patients.by_mrn(parameters["patient"])
    if not patient_id:
        raise NotAsked(f"No patient has the MRN {parameters['patient']}.")
    values = patients.get(patient_id)
    first, last = parameters.get("from", ""), parameters.get("to", "")
    return Data(
        patient_id, values["mrn"], values["name"], values["birth_date"], first, last,
        iso_date(store.current().now().day), tuple(disclosures.accounting_rows(patient_id, first, last)),
        conventions.convention("date_style"), store.current().facility,
        {part: values.get(part, "") for part in ("street", "city", "state", "zip")},
    )  # fmt: skip


def render(data: Data, width: int) -> Document:
    """The accounting as a document for a page of 80 or 132 columns."""
    columns = COLUMNS[132 if width >= 132 else 80]
    born = f"   Born {show_date(data.birth_date, data.style)}" if data.birth_date else ""
    body: list[Item] = [Block((f"Patient: {data.name}", f"MRN:     {data.mrn}{born}"))]
    if data.rows:
        body.append(Heads(columns))
        body += [Wrapped(_texts(row, data)) for row in data.rows]
    else:
        body.append(Block(("", "No disclosures are to be accounted for.")))
    return Document(
        "L02", "ACCOUNTING OF DISCLOSURES", _period(data),
        f"given on {show_date(data.as_of, data.style)}", body, len(data.rows), CONVENTIONS,
        frozen_columns=columns[0].width + 1,
    )  # fmt: skip


def _period(data: Data) -> str:
    if not data.from_date and not data.to_date:
        return "all that the law looks back on"
    first = show_date(data.from_date, data.style) if data.from_date else "the beginning"
    return f"{first} to {show_date(data.to_date or data.as_of, data.style)}"


def _texts(row: AccountingRow, data: Data) -> tuple[str, ...]:
    recipient = ", ".join(filter(None, (row.recipient_name, row.recipient_address)))
    return (
        show_date(row.day, data.style),
        recipient,
        row.what,
        "; ".join(filter(None, (row.purpose, row.basis))),
    )


_KEYS: Final = (
    "date", "recipient", "address", "what", "purpose", "basis", "regimes", "release", "version", "request",
)  # fmt: skip


def sheets(data: Data) -> list[Sheet]:
    """The disclosures as a table, with the numbers that staff find them by."""
    rows = [
        (row.day, row.recipient_name, row.recipient_address, row.what, row.purpose, row.basis,
         " ".join(row.regimes), row.release_number, row.version, row.request_number)
        for row in data.rows
    ]  # fmt: skip
    return [Sheet("disclosures", _KEYS, tuple(key.capitalize() for key in _KEYS), rows, CONVENTIONS)]


def letters(data: Data) -> Sheet:
    """The letter that goes with the accounting, to the patient: 45 CFR 164.528(c)(1)."""
    letter: dict[str, Value] = {
        "letter_date": data.as_of, "facility": data.facility, "addressee": data.name, "mrn": data.mrn,
        "accounting_from": data.from_date, "accounting_to": data.to_date, "disclosures": len(data.rows), **data.address,
    }  # fmt: skip
    return merge.letters(("accounting_from", "accounting_to", "disclosures"), [letter])
