"""The outguide that stands in a chart's place on the shelf: whose number it is, who has it, since when, until when.

It names no patient: whoever passes the shelf reads the number alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from db import conventions
from db.patient_index import patients
from reports.page import Block, Document, Page, Setup
from reports.parameters import NotAsked
from reports.prints import stock
from reports.prints.stock import Stock
from reports.sheet import Sheet
from rules import labels
from rules.dates import show_date
from rules.moments import day_number

ROWS: Final = 10


@dataclass(frozen=True, slots=True)
class Data:
    """A chart that is out."""

    patient_id: int
    mrn: str
    order: str
    volume: str
    borrower: str
    out_on: str
    due_on: str
    note: str
    style: str
    stock: Stock


def query(parameters: Mapping[str, str]) -> Data:
    """What the slip says. Raises ``NotAsked`` for an unknown MRN or stock and for an impossible due date."""
    patient_id = patients.by_mrn(parameters["patient"])
    if not patient_id:
        raise NotAsked(f"No patient has the MRN {parameters['patient']}.")
    out_on, due_on = parameters["since"], parameters.get("due", "")
    if due_on and day_number(due_on) < day_number(out_on):
        raise NotAsked(f"Due {due_on!r} lies before the day on which the chart goes out, {out_on}.")
    return Data(
        patient_id, patients.get(patient_id)["mrn"], conventions.convention("filing_order"),
        parameters.get("volume", ""), parameters["borrower"], out_on, due_on, parameters.get("note", ""),
        conventions.convention("date_style"), stock.named(parameters["stock"], ROWS),
    )  # fmt: skip


def lines(data: Data) -> list[str]:
    """The slip: the filing digits on top, where they are seen on the shelf."""
    filed = labels.blocks(data.mrn, data.order)
    return [
        "OUT", "  ".join(filed), "",
        f"Chart     {data.mrn}" + (f"   Volume {data.volume}" if data.volume else ""),
        f"Borrower  {data.borrower}",
        f"Out       {show_date(data.out_on, data.style)}",
        f"Due       {show_date(data.due_on, data.style) if data.due_on else 'not said'}",
        f"Note      {data.note}" if data.note else "",
        "", labels.code_39(data.mrn), "", "Returned  ____/____/______  by ______________",
    ]  # fmt: skip


def paper(data: Data, setup: Setup) -> Setup:
    """The slip's own stock on this printer."""
    return data.stock.setup(setup)


def pages(data: Data, setup: Setup) -> list[Page]:
    """The one slip."""
    return stock.pages(lines(data), data.stock, 1, setup)


def render(data: Data, width: int) -> Document:
    """The slip as a document, for what shows no paper."""
    return Document("H04", "OUTGUIDE", "", data.mrn, [Block(tuple(lines(data)))], None)


def sheets(data: Data) -> list[Sheet]:
    """What stands on the slip, as a table of one row."""
    keys = ("mrn", "volume", "borrower", "out", "due", "note")
    row = (data.mrn, data.volume, data.borrower, data.out_on, data.due_on, data.note)
    return [Sheet("outguide", keys, tuple(key.capitalize() for key in keys), [row])]
