"""The summary sheet of an abstract: all that was filed, what it grouped to, what stands against it, and its life.

It prints the filing in force, not what the feed says since; an abstract that is not filed yet as it would open.
What is blank is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from db import conventions, store
from db.abstracting import rule_context
from db.abstracting.lifecycle import Step
from db.coding import code_sets
from db.coding.code_tables import all_tables
from db.hospital import chart_sheet
from db.hospital.chart_sheet import FiledDrg
from reports.page import Block, Column, Document, Heads, Item, Wrapped, wrapped
from reports.prints.forms import Pair, labelled, part, table
from reports.prints.of_account import OfAccount, sheet_of
from reports.sheet import Sheet
from rules import drg, edits
from rules.abstract_findings import claim_and_rows, record_findings
from rules.codes import dotted
from rules.dates import show_date, show_moment
from rules.dictionary import Dictionary, Group, ItemType, is_null
from rules.dictionary import Item as Asked
from rules.drg import GroupedDiagnosis, Grouping
from rules.drg_what_if import with_drivers
from rules.findings import Finding
from rules.moments import moment_at
from rules.overrides import without
from rules.records import NULL_MEANINGS, rows_of

DIAGNOSES: Final = ("diagnoses", "external_causes")
CELLS: Final = {ItemType.DATE: 11, ItemType.MOMENT: 16, ItemType.TIME: 5, ItemType.INTEGER: 6, ItemType.DECIMAL: 8,
                ItemType.YES_NO: 3}  # fmt: skip
SUPPORT_CELLS: Final = 14  # kind and day of a document
NUMBERS: Final = (ItemType.INTEGER, ItemType.DECIMAL)
CONVENTIONS: Final = (
    "Counts: CC or MCC beside this principal, in brackets what an exclusion takes away. D: the DRG rests on it.",
    "DRG, MDC and weight as filed; the mean stay (GMLOS) is that of CMS Table 5 in force on discharge.",
)


@dataclass(frozen=True, slots=True)
class Filing:
    """One filing, in local time."""

    number: int
    at: str
    by: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class Data(OfAccount):
    """A filed abstract with all that hangs on it."""

    record: Mapping[str, str]
    meanings: Mapping[str, str]
    filed_drg: FiledDrg | None
    grouping: Grouping
    rows_of_claim: Mapping[str, Sequence[int]]  # rows of the record by part of the claim
    gmlos: Decimal | None
    findings: tuple[Finding, ...]
    steps: tuple[Step, ...]
    filings: tuple[Filing, ...]
    style: str


def query(parameters: Mapping[str, str]) -> Data:
    """Read the abstract. Raises ``NotAsked`` for an unknown account."""
    sheet = sheet_of(parameters)
    stored = sheet.case.record if sheet.case else sheet.record
    record, filed = without(stored), chart_sheet.filed_drg(sheet.stay.id)
    steps, filings = chart_sheet.history(sheet.case) if sheet.case else ([], [])
    with code_sets.opened() as codes:
        context = rule_context.context(all_tables(store.current().directory), codes)
        found = record_findings(sheet.dictionary, stored, context)
        claim, rows = claim_and_rows({**record, **edits.computed(sheet.dictionary, record, context)})
        on = sheet.stay.discharged_at[:10]
        weight = codes.weights(filed.drg, date.fromisoformat(on)) if codes and filed and on else None
    zone = store.current().zone
    made = [Filing(f.number, moment_at(f.filed_utc, zone).local, f.by, f.status, f.reason) for f in filings]
    grouping = with_drivers(claim, drg.group(claim)) if record.get("diagnoses[1].code") else Grouping()
    return Data(
        sheet, record, chart_sheet.meanings(sheet, record), filed, grouping, rows, weight.gmlos if weight else None,
        tuple(found), tuple(steps), tuple(made), conventions.convention("date_style"),
    )  # fmt: skip


def render(data: Data, width: int) -> Document:
    """The sections of the data set as they were filed, then DRG, findings and history."""
    stay, case, body = data.sheet.stay, data.sheet.case, list[Item]()
    state = (
        f"{case.status}, filed by {case.filed_by}"
        if case
        else "not filed yet: what registration and feed say"
    )
    for section in data.sheet.dictionary.sections:
        body += _section(data, section.title, section.parts, width)
    body += part("DRG", labelled(_drg(data), width), *_differs(data))
    body += [*_findings(data, width), *_status(data, width), *_filings(data, width), Heads()]
    left = show_date(stay.discharged_at[:10], data.style) if stay.discharged_at else "in house"
    return Document(
        "H02", "ABSTRACT AND CODING SUMMARY SHEET", f"discharged {left}",
        f"account {stay.account}, {state}", body, None, CONVENTIONS,
    )  # fmt: skip


def _section(data: Data, title: str, parts: Sequence[Asked | Group], width: int) -> list[Item]:
    single = [each for each in parts if isinstance(each, Asked) and data.record.get(each.id)]
    pairs = [(each.label, _value(data, each.id, each)) for each in single if each.type is not ItemType.NOTE]
    items: list[Item] = part(title, labelled(pairs, width)) if pairs else []
    for note in (each for each in single if each.type is ItemType.NOTE):
        items += part(note.label, *(Block((line,)) for line in wrapped(data.record[note.id], width, "")))
    rows = rows_of(data.record)
    for group in (each for each in parts if isinstance(each, Group) and each.id in rows):
        items += _group(data, group, rows[group.id], width)
    return items


def _value(data: Data, path: str, item: Asked) -> str:
    value = data.record.get(path, "")
    if is_null(value):
        return NULL_MEANINGS.get(value[1:], value)
    if item.type is ItemType.DATE:
        return show_date(value, data.style)
    if item.type is ItemType.MOMENT:
        return show_moment(value, data.style)
    if item.type is ItemType.YES_NO:
        return {"1": "Yes", "0": "No"}.get(value, value)
    code = dotted(value) if item.type is ItemType.DIAGNOSIS else value
    return f"{code} {data.meanings.get(path, '')}".strip()


def _group(data: Data, group: Group, rows: Mapping[int, Mapping[str, str]], width: int) -> list[Item]:
    if group.id in DIAGNOSES:
        return _diagnoses(data, group, rows, width)
    if group.id == "procedures":
        return _procedures(data, group, rows, width)
    columns = (Column("No", 3, number=True), *_columns(group, width - 4))
    values = [
        (str(number), *(_value(data, f"{group.id}[{number}].{item.id}", item) for item in group.items))
        for number in rows
    ]
    return table(group.label, columns, values)


def _columns(group: Group, width: int) -> list[Column]:
    """Days and numbers have what they need, what is decoded shares the rest."""
    needed = [CELLS.get(item.type, 0) for item in group.items]
    shared = needed.count(0)
    room = width - sum(needed) - len(needed) + 1
    return [
        Column(item.label, cells or max(4, room // shared), number=item.type in NUMBERS)
        for item, cells in zip(group.items, needed, strict=True)
    ]


def _diagnoses(data: Data, group: Group, rows: Mapping[int, Mapping[str, str]], width: int) -> list[Item]:
    of_claim = data.rows_of_claim.get("dx", ()) if group.id == "diagnoses" else ()
    counted = dict(zip(of_claim, data.grouping.dx, strict=False))
    support = _support(rows, data.style)
    columns = (
        Column("No", 3, number=True), Column("Code", 8),
        Column("What it is", width - 30 - (SUPPORT_CELLS + 1) * bool(support)), Column("POA", 3), Column("Counts", 7),
        Column("D", 1), *([Column("Support", SUPPORT_CELLS)] if support else ()),
    )  # fmt: skip
    values = []
    for number, row in rows.items():
        found = counted.get(number)
        values.append((
            str(number), dotted(row.get("code", "")), data.meanings.get(f"{group.id}[{number}].code", ""),
            row.get("poa", ""), _counts(found) if found and number != min(rows) else "",
            "D" if found and found.drives else "", *([support.get(number, "")] if support else ()),
        ))  # fmt: skip
    return table(group.label, columns, values)


def _support(rows: Mapping[int, Mapping[str, str]], style: str) -> dict[int, str]:
    """Kind and day of the document that each code was taken from, where any code of the group names one."""
    return {
        number: f"{row['document']} {show_date(row.get('document_date', ''), style)}".strip()
        for number, row in rows.items()
        if row.get("document")
    }


def _counts(found: GroupedDiagnosis) -> str:
    return found.counts or (f"({found.severity})" if found.severity else "")


def _procedures(data: Data, group: Group, rows: Mapping[int, Mapping[str, str]], width: int) -> list[Item]:
    counted = dict(zip(data.rows_of_claim.get("px", ()), data.grouping.px, strict=False))
    support = _support(rows, data.style)
    columns = (
        Column("No", 3, number=True), Column("Code", 8),
        Column("What it is", width - 42 - (SUPPORT_CELLS + 1) * bool(support)), Column("Date", 11),
        Column("Surgeon", 10), Column("OR", 2), Column("D", 1),
        *([Column("Support", SUPPORT_CELLS)] if support else ()),
    )  # fmt: skip
    values = []
    for number, row in rows.items():
        found = counted.get(number)
        values.append((
            str(number), row.get("code", ""), data.meanings.get(f"procedures[{number}].code", ""),
            show_date(row.get("date", "").lstrip("/"), data.style), row.get("surgeon", ""),
            "OR" if found and found.operating_room else "", "D" if found and found.drives else "",
            *([support.get(number, "")] if support else ()),
        ))  # fmt: skip
    return table(group.label, columns, values)


def _drg(data: Data) -> Iterator[Pair]:
    filed = data.filed_drg
    title = data.grouping.title if filed and filed.drg == data.grouping.drg else ""
    yield "MS-DRG", f"{filed.drg} {title}" if filed else "not grouped"
    yield "MDC", filed.mdc if filed else ""
    weight = filed.weight_ten_thousandths if filed else None
    yield "Weight", "" if weight is None else f"{Decimal(weight) / 10_000:.4f}"
    yield "GMLOS", "" if data.gmlos is None else f"{data.gmlos}"
    yield "Stay", "" if data.sheet.stay.los_days is None else f"{data.sheet.stay.los_days} days"
    yield "Grouper", filed.version if filed else ""


def _differs(data: Data) -> Iterator[Item]:
    filed, now = data.filed_drg, data.grouping
    if now.drg and (filed is None or now.drg != filed.drg):
        yield Block((f"Grouped anew it is {now.drg} {now.title} (version {now.version}).",))
    elif not now.drg and now.notice:
        yield Block((now.notice,))


def _findings(data: Data, width: int) -> list[Item]:
    columns = (Column("Level", 7), Column("Code", 7), Column("Item", 20), Column("What is wrong", width - 37))
    rows = []
    for each in data.findings:
        stands = f" Let stand by {each.overridden}" if each.overridden else ""
        level = "let be" if each.overridden else str(each.level)
        rows.append(
            Wrapped((level, each.code, _label(data.sheet.dictionary, each.field), each.message + stands))
        )
    return table("Findings and overrides", columns, rows, "Nothing stands against it.")


def _label(dictionary: Dictionary, path: str) -> str:
    item = dictionary.item_at(path) if path else None
    row = path.partition("[")[2].partition("]")[0]
    return f"{row} {item.label}".strip() if item else path


def _status(data: Data, width: int) -> list[Item]:
    columns = (
        Column("When", 16), Column("By", 12), Column("Act", 9), Column("Status", 12), Column("Why", width - 53),
    )  # fmt: skip
    rows = [
        Wrapped(
            (show_moment(step.at, data.style), step.by, step.act, step.after or "out of use", step.reason)
        )
        for step in data.steps
    ]
    return table("Status", columns, rows, "No step is known.")


def _filings(data: Data, width: int) -> list[Item]:
    columns = (
        Column("No", 3, number=True), Column("When", 16), Column("By", 12), Column("Status", 12),
        Column("Why", width - 47),
    )  # fmt: skip
    rows = [
        Wrapped((str(each.number), show_moment(each.at, data.style), each.by, each.status, each.reason))
        for each in data.filings
    ]
    return table("Filings", columns, rows, "Not filed yet.")


def sheets(data: Data) -> list[Sheet]:
    """Items, findings and filings as tables."""
    items = [
        (path, value, data.meanings.get(path, "")) for path, value in sorted(data.record.items()) if value
    ]
    found = [(str(f.level), f.code, f.field, f.message, f.overridden) for f in data.findings]
    steps = [(s.at, s.by, s.act, s.before, s.after, s.reason) for s in data.steps]
    return [
        Sheet("items", ("item", "value", "meaning"), ("Item", "Value", "Meaning"), items, CONVENTIONS),
        Sheet("findings", ("level", "code", "item", "message", "overridden"),
              ("Level", "Code", "Item", "What is wrong", "Let stand by"), found),
        Sheet("status", ("at", "by", "act", "before", "after", "reason"),
              ("When", "By", "Act", "Before", "After", "Why"), steps),
    ]  # fmt: skip
