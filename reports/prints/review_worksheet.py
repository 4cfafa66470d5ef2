"""Worksheets of a record review to print: a page for each record of the sample, with boxes for the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from db import conventions
from db.hospital import encounters
from db.worklist import reviews
from db.worklist.reviews import Plan, Reviewed
from reports.page import Block, Column, Document, Group, Heads, Item, Wrapped
from reports.parameters import NotAsked
from reports.prints.forms import labelled
from reports.sheet import Sheet
from rules.dates import show_date, show_moment

BOX: Final = "[ ]"
MARKED: Final = "[X]"
READ_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Worksheet:
    """One worksheet."""

    one: Reviewed
    lines: tuple[tuple[str, str], ...]  # who and when
    elements: tuple[tuple[str, str, str], ...]  # part, code, text
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Data:
    """The worksheets of a plan, or one of them."""

    plan: Plan
    worksheets: tuple[Worksheet, ...]
    patient_id: int | None


def query(parameters: Mapping[str, str]) -> Data:
    """Read the sample of a plan. Raises ``NotAsked``."""
    plan = reviews.plan(parameters["plan"])
    if plan is None or plan.kind == reviews.BLIND:
        raise NotAsked(f"There is no plan {parameters['plan']} of worksheets: RVP lists the plans.")
    chosen = parameters.get("review", "")
    sample = reviews.of_plan(plan.id, limit=READ_AT_ONCE * 4)
    sample = [
        one
        for one in sample
        if one.status != reviews.LEFT_OUT and (not chosen or one.number == chosen.zfill(6))
    ]
    if not sample:
        raise NotAsked(
            f"Review {chosen} is no part of plan {plan.number}." if chosen else "The sample is empty."
        )
    style = conventions.convention("date_style")
    stays = {
        stay.id: stay for stay in encounters.of_ids([one.encounter_id for one in sample if one.encounter_id])
    }
    made = []
    for one in sample:
        stay = stays[one.encounter_id or 0]
        left = show_date(stay.discharged_at[:10], style) if stay.discharged_at else "in house"
        lines = (
            ("Review", one.number), ("Account", stay.account), ("MRN", one.mrn), ("Name", one.patient_name),
            ("Admitted", show_moment(stay.admitted_at, style)), ("Discharged", left),
            ("Unit, service", f"{stay.unit} {stay.service}".strip()), ("Attending", stay.attending),
        )  # fmt: skip
        asked = tuple((str(row.more.get("part", "")), row.code, row.text) for row in reviews.elements(one))
        made.append(Worksheet(one, lines, asked, reviews.answers(one.id)))
    return Data(plan, tuple(made), sample[0].patient_id if len(sample) == 1 else None)


def render(data: Data, width: int) -> Document:
    """A page for each record."""
    columns = (
        Column("El", 3),
        Column("Y", 3),
        Column("N", 3),
        Column("NA", 3),
        Column("Element", width - 16),
    )
    body: list[Item] = []
    for sheet in data.worksheets:
        body += [Heads(), Group(f"REVIEW {sheet.one.number}", eject=True), labelled(sheet.lines, width)]
        part = ""
        body += [Heads(columns)]
        for of, code, text in sheet.elements:
            if of != part:
                body.append(Group(of.upper(), level=2))
                part = of
            marks = [MARKED if sheet.answers.get(code) == answer else BOX for answer in ("Y", "N", "NA")]
            body.append(Wrapped((code, *marks, text)))
        remark = sheet.one.remark or "_" * (width - 8)
        body += [
            Heads(),
            Block(("", f"Remark: {remark}", "", "Reviewed by ____________________   Date ____/____/______")),
        ]
    return Document(
        "Q02", "RECORD REVIEW WORKSHEET", f"{data.plan.kind} records",
        f"plan {data.plan.number} {data.plan.title}", body, len(data.worksheets),
        ("Elements: 42 CFR 482.24 and accreditation standards in plain words; to be confirmed by the facility.",),
    )  # fmt: skip


def sheets(data: Data) -> list[Sheet]:
    """The elements of every worksheet with their answers."""
    rows = [
        (sheet.one.number, sheet.one.subject, sheet.one.mrn, code, text, sheet.answers.get(code, ""))
        for sheet in data.worksheets
        for _, code, text in sheet.elements
    ]
    keys = ("review", "account", "mrn", "element", "text", "answer")
    return [Sheet("worksheets", keys, tuple(key.capitalize() for key in keys), rows)]
