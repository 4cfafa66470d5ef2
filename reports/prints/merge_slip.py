"""The merge slip: tells the file room which two folders are one, under which number, and where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from db import conventions, store
from db.hospital import encounters
from db.patient_index import patient_merges, patients
from reports.page import Block, Document, Item
from reports.parameters import NotAsked
from reports.sheet import Sheet
from rules.dates import show_date, show_moment
from rules.identity import filing_place, middle_digit_key, terminal_digit_key
from rules.moments import moment_at

CONVENTIONS: Final = (
    "The number that goes on finding the chart stays as an alias for ever; the folder takes the number in force.",
)


@dataclass(frozen=True, slots=True)
class Data:
    """One merge as it stands."""

    patient_id: int
    merge: int
    kept: Mapping[str, str]
    gone: Mapping[str, str]
    made: str
    by: str
    undone_by: str
    place: str
    moved: Mapping[str, int]
    order: str
    style: str


def query(parameters: Mapping[str, str]) -> Data:
    """Read a merge by its number. Raises ``NotAsked`` when there is none."""
    number = parameters["merge"]
    found = patient_merges.read(int(number)) if number.isdecimal() and len(number) < 15 else None
    if found is None:
        raise NotAsked(f"There is no merge {number}: MRL lists them.")
    stays = encounters.of_patient(found.survivor_id, None, 50)
    here = next((s for s in stays if s.patient_class == "I" and s.admitted_at and not s.discharged_at), None)
    moved = {name.partition(".")[0]: len(rows) for name, rows in found.snapshot["moved"].items()}
    return Data(
        found.survivor_id, found.id, patients.get(found.survivor_id), patients.get(found.loser_id),
        moment_at(found.at_utc, store.current().zone).local, found.by, found.undone_by,
        f"in house, unit {here.unit} bed {here.bed}" if here else "", moved,
        conventions.convention("filing_order"), conventions.convention("date_style"),
    )  # fmt: skip


def render(data: Data, width: int) -> Document:
    """The slip as a document."""
    body: list[Item] = []
    if data.undone_by:
        body.append(
            Block((f"THIS MERGE WAS UNDONE by {data.undone_by}: file the two folders apart again.", ""))
        )
    heads = (
        ("FIRST FOLDER", "SECOND FOLDER")
        if data.undone_by
        else ("FOLDER TO KEEP", "FOLDER TO COMBINE WITH IT")
    )
    body += [
        Block((head, *_chart(chart, data), ""))
        for head, chart in zip(heads, (data.kept, data.gone), strict=True)
    ]
    moved = ", ".join(patient_merges.how_many(table, count) for table, count in data.moved.items())
    told = [
        f"The chart of {data.gone['mrn']} is now part of {data.kept['mrn']}.",
        f"Moved: {moved or 'nothing'}",
    ]
    if data.undone_by:
        told = [f"Back at {data.gone['mrn']}: {moved or 'nothing'}"]
    done = "Parted" if data.undone_by else "Combined"
    body.append(
        Block((
            *told,
            f"The patient is {data.place or 'not in the house'}.",
            "",
            "Volumes of the first folder   ______   found at  ______________________________",
            "Volumes of the second folder  ______   found at  ______________________________",
            f"{done} by  ______________________    on  ______________    labels printed  [ ]",
        ))
    )  # fmt: skip
    made = f"{show_moment(data.made, data.style)} by {data.by}"
    return Document(
        "F02", "MERGE SLIP", f"merge {data.merge}, {made}",
        f"filing: {data.order}", body, 1, () if data.undone_by else CONVENTIONS,
    )  # fmt: skip


def _chart(chart: Mapping[str, str], data: Data) -> tuple[str, ...]:
    key = {"terminal digit": terminal_digit_key, "middle digit": middle_digit_key}.get(data.order)
    born = show_date(chart["birth_date"], data.style) if chart["birth_date"] else "not known"
    lines = [f"  {chart['mrn']:<14}{chart['name']}", f"  Born {born}   Sex {chart['sex'] or '-'}"]
    if key is not None:
        lines.append(f"  Filed at {filing_place(key(chart['mrn']))}")
    if chart["aliases"]:
        lines.append(f"  Other names: {chart['aliases'].replace('|', '; ')}")
    return tuple(lines)


def sheets(data: Data) -> list[Sheet]:
    """The slip as a row."""
    keys = ("merge", "kept", "combined", "made", "by", "undone_by")
    row = (data.merge, data.kept["mrn"], data.gone["mrn"], data.made, data.by, data.undone_by)
    return [Sheet("merge", keys, tuple(key.capitalize() for key in keys), [row], CONVENTIONS)]
