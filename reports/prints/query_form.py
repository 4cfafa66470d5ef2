"""A query as the physician gets it: about whom, indicators with their documents, the question, the answers offered.

It says nothing of payment, DRG or scores, nor which answer is wanted (AHIMA and ACDIS, Guidelines for Achieving a
Compliant Query Practice, 2022 update). Once there is an answer the form has it, word for word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from db import conventions, store
from db.access import users
from db.access.users import Contact
from db.connect import StoreError
from db.hospital import encounters
from db.hospital.encounters import Encounter
from db.patient_index import patients
from db.queries import queries
from db.queries.queries import Query
from reports import letters as merge
from reports.page import Block, Column, Document, Heads, Item, Wrapped, wrapped
from reports.parameters import NotAsked
from reports.prints.forms import Pair, labelled, part, table
from reports.sheet import Sheet, Value
from rules.dates import show_date, show_moment
from rules.moments import iso_date
from rules.queries import Kind, Status

RULED: Final = 4  # lines to write on
BY_HAND: Final = "_" * 16
OWN: Final = (
    "query", "account", "patient", "birth_date", "admitted", "discharged", "asked_as", "asked_by", "due", "title",
    "indicators", "question", "options", "asker_title", "asker_phone",
)  # fmt: skip
JUDGMENT: Final = (
    "Please answer by your own clinical judgment: that this is asked does not mean that any one answer is expected.",
    "Please document your answer in the health record as well.",
)
KEPT: Final = {
    True: "This query and its answer are part of the legal health record.",
    False: "This query and its answer are kept with the business records, not in the legal health record.",
}


@dataclass(frozen=True, slots=True)
class Data:
    """A query with whom it is about."""

    query: Query
    stay: Encounter
    patient: Mapping[str, str]
    asker: Contact
    facility: str
    style: str

    @property
    def patient_id(self) -> int:
        return self.query.patient_id

    @property
    def case_ids(self) -> tuple[int, ...]:
        return queries.abstract_of(self.query.encounter_id)


def query(parameters: Mapping[str, str]) -> Data:
    """Read the query. Raises ``NotAsked`` for an unknown one, or one that is void."""
    try:
        found = queries.read(parameters["query"])
    except StoreError as error:
        raise NotAsked(str(error)) from error
    if found.status is Status.VOID:
        raise NotAsked(f"{found.number} is void: it is not printed.")
    here = store.current()
    return Data(
        found, encounters.get(found.encounter_id), patients.get(found.patient_id),
        users.contact(found.asked_by), here.facility, conventions.convention("date_style"),
    )  # fmt: skip


def render(data: Data, width: int) -> Document:
    """The query as a form of 80 or 132 columns."""
    asked, said = data.query, data.query.wording
    body: list[Item] = [
        *part("To", labelled(_to(data), width)), *part("About", labelled(_about(data), width)),
        *part("Subject", *_lines(said.title, width)),
        *table("Clinical indicators", _columns(width), [
            Wrapped((each.text, each.source, show_date(each.day, data.style))) for each in said.indicators
        ]),
        *part("Question", *_lines(said.question, width)), *_answer(data, width), Heads(),
    ]  # fmt: skip
    state = "draft, not sent" if asked.status is Status.DRAFT else f"sent {_day(asked.asked_day, data)}"
    return Document(
        "H05", "QUERY TO A PHYSICIAN", "", f"query {asked.number}, {state}", body, None,
        (*JUDGMENT, KEPT[asked.in_record]),
    )  # fmt: skip


def _to(data: Data) -> list[Pair]:
    asked, asker = data.query, data.asker
    return [
        ("To", " ".join(filter(None, (asked.provider_name, f"({asked.provider})" if asked.provider else "")))),
        ("As", asked.asked_as.lower()), ("From", ", ".join(filter(None, (asker.full_name, asker.title)))),
        ("Telephone", asker.phone or BY_HAND), ("Sent", show_moment(asked.asked_at, data.style)),
        ("Please answer by", _day(asked.due_day, data)), ("Put", asked.channel.lower()),
    ]  # fmt: skip


def _about(data: Data) -> list[Pair]:
    who, stay, style = data.patient, data.stay, data.style
    return [
        ("Patient", who["name"]), ("MRN", who["mrn"]), ("Born", show_date(who["birth_date"], style)),
        ("Sex", who["sex"]), ("Account", stay.account), ("Service", stay.service),
        ("Admitted", show_moment(stay.admitted_at or stay.arrived_at, style)),
        ("Discharged", show_moment(stay.discharged_at, style) if stay.discharged_at else "in house"),
    ]  # fmt: skip


def _day(day: int | None, data: Data) -> str:
    return show_date(iso_date(day), data.style) if day else ""


def _lines(text: str, width: int) -> list[Item]:
    return [Block(tuple(wrapped(text, width, "")))]


def _columns(width: int) -> tuple[Column, ...]:
    return (Column("What was found", width - 36), Column("Document", 23), Column("Date", 11))


def _answer(data: Data, width: int) -> list[Item]:
    """The answers offered and room to write; once answered, what was answered."""
    asked = data.query
    offered = [line for option in asked.wording.options for line in wrapped(f"[ ] {option}", width, "    ")]
    signed = "Signature " + "_" * (width - 44) + "  Date __________  Time _______"
    if asked.answered_day is None:
        ruled = ["", *["_" * width, ""] * (RULED if asked.wording.kind == Kind.OPEN else 2)]
        return part("Your answer", *_block(offered), Block((*ruled, signed)))
    pairs = [("Answered by", asked.answerer), ("On", _day(asked.answered_day, data)), ("Answer", asked.outcome),
             ("Keyed by", asked.answered_by)]  # fmt: skip
    return [
        *part("Answers offered", *_block(offered)),
        *part("Answer", labelled(pairs, width), *_lines(asked.answer, width)),
    ]  # fmt: skip


def _block(lines: list[str]) -> list[Item]:
    return [Block(tuple(lines))] if lines else []


def sheets(data: Data) -> list[Sheet]:
    """The query, and its indicators."""
    row = _row(data)
    found = [(each.text, each.source, each.day) for each in data.query.wording.indicators]
    return [
        Sheet("query", OWN, OWN, [tuple(row[key] for key in OWN)]),
        Sheet("indicators", ("found", "document", "date"), ("What was found", "Document", "Date"), found),
    ]


def letters(data: Data) -> Sheet:
    """The letter that brings the query, to the physician."""
    asked = data.query
    row: dict[str, Value] = {
        "letter_date": iso_date(store.current().now().day), "facility": data.facility,
        "addressee": asked.provider_name or asked.provider, "mrn": asked.mrn, **_row(data),
    }  # fmt: skip
    return merge.letters(OWN, [row])


def _row(data: Data) -> dict[str, Value]:
    asked, said, stay = data.query, data.query.wording, data.stay
    quoted = "; ".join(
        f"{each.text} ({each.source}, {show_date(each.day, data.style)})" for each in said.indicators
    )
    return {
        "query": asked.number, "account": stay.account, "patient": data.patient["name"],
        "birth_date": data.patient["birth_date"], "admitted": (stay.admitted_at or stay.arrived_at)[:10],
        "discharged": stay.discharged_at[:10], "asked_as": asked.asked_as.lower(),
        "asked_by": data.asker.full_name, "asker_title": data.asker.title, "asker_phone": data.asker.phone,
        "due": iso_date(asked.due_day) if asked.due_day else "", "title": said.title, "indicators": quoted,
        "question": said.question, "options": "; ".join(said.options),
    }  # fmt: skip
