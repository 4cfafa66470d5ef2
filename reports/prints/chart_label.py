"""The label of a chart: name, number with its filing digits, birth date, sex and a bar code, on stock of its own."""

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

ROWS: Final = 4
SHORT: Final = {labels.TERMINAL: "TD", labels.MIDDLE: "MD"}


@dataclass(frozen=True, slots=True)
class Data:
    """The patient as the label names him or her."""

    patient_id: int
    mrn: str
    name: str
    birth_date: str
    sex: str
    order: str  # in which charts are filed
    style: str
    stock: Stock
    copies: int


def query(parameters: Mapping[str, str]) -> Data:
    """Read the registration. Raises ``NotAsked`` for an unknown MRN or stock."""
    patient_id = patients.by_mrn(parameters["patient"])
    if not patient_id:
        raise NotAsked(f"No patient has the MRN {parameters['patient']}.")
    who, paper = patients.get(patient_id), stock.named(parameters["stock"], ROWS)
    return Data(
        patient_id, who["mrn"], who["name"], who["birth_date"], who["sex"], conventions.convention("filing_order"),
        conventions.convention("date_style"), paper, stock.copies(parameters.get("labels", ""), paper),
    )  # fmt: skip


def lines(data: Data) -> list[str]:
    """The label's lines, the weightiest first: a smaller stock leaves out the last ones."""
    filed = labels.blocks(data.mrn, data.order)
    number = f"MRN {data.mrn}" + (f"  {SHORT[data.order]} {'-'.join(filed)}" if filed else "")
    born = show_date(data.birth_date, data.style) if data.birth_date else "unknown"
    return [data.name, number, f"DOB {born}  SEX {data.sex or '?'}", labels.code_39(data.mrn)]


def paper(data: Data, setup: Setup) -> Setup:
    """The label's own stock on this printer."""
    return data.stock.setup(setup)


def pages(data: Data, setup: Setup) -> list[Page]:
    """The labels."""
    return stock.pages(lines(data), data.stock, data.copies, setup)


def render(data: Data, width: int) -> Document:
    """The label as a document, for what shows no paper."""
    return Document("H03", "CHART LABEL", "", data.mrn, [Block(tuple(lines(data)))], None)


def sheets(data: Data) -> list[Sheet]:
    """What stands on the label, as a table of one row."""
    keys = ("mrn", "name", "birth_date", "sex", "filed")
    row = (data.mrn, data.name, data.birth_date, data.sex, "-".join(labels.blocks(data.mrn, data.order)))
    return [Sheet("label", keys, tuple(key.replace("_", " ").capitalize() for key in keys), [row])]
