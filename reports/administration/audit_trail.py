"""The audit report: the trail of a period, sorted by any element (45 CFR 170.315(d)(3)). Nothing is clipped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from db import conventions, store
from db.patient_index import patients
from db.trail import privacy
from reports.page import Block, Column, Document, Heads, Item, Wrapped
from reports.parameters import NotAsked
from reports.sheet import Sheet
from rules.dates import show_date, show_moment
from rules.moments import day_number, iso_date, moment

COLUMNS: Final = {
    80: (Column("When", 10), Column("User, roles", 13), Column("What, outcome", 14), Column("Record,|MRN", 10),
         Column("From,|session", 11), Column("Detail", 17)),
    132: (Column("When", 11), Column("User, roles", 24), Column("What, outcome", 20), Column("Record, MRN", 16),
          Column("From, session", 18), Column("Detail", 38)),
}  # fmt: skip
CONVENTIONS: Final = (
    "Each row holds who, in which roles, when, from where, what, about which record and patient, and how it ended.",
    "Denied was not permitted; failed was refused for another reason. Looking is a row as well, and so is this report.",
)


@dataclass(frozen=True, slots=True)
class Data:
    """The rows asked for, in the order asked for, each with the MRN it is about."""

    period: str
    sorted_by: str
    rows: tuple[tuple[privacy.Row, str], ...]
    style: str
    patient_id: int | None  # the one that was asked for


def query(parameters: Mapping[str, str]) -> Data:
    """Read the rows of the period. Raises ``NotAsked`` when nobody has the MRN or there is no such element."""
    style = conventions.convention("date_style")
    mrn, order = parameters.get("mrn", ""), parameters["sort"]
    first, last = parameters["from"], parameters.get("to") or parameters["from"]
    patient_id = patients.by_mrn(mrn) if mrn else 0
    if mrn and not patient_id:
        raise NotAsked(f"No patient has the MRN {mrn}.")
    wanted = privacy.Filter(
        _midnight(first), _midnight(last, days=1), parameters.get("by", ""), patient_id,
        parameters.get("action", ""), parameters.get("outcome", ""),
    )  # fmt: skip
    found = privacy.read(wanted, order, descending=parameters["order"] == "descending")
    known = {row.patient_id: "" for row in found if row.patient_id}
    known |= {id_: privacy.mrn_of(id_) for id_ in known}
    period = f"{show_date(first, style)} to {show_date(last, style)}"
    rows = tuple((row, known.get(row.patient_id, "") if row.patient_id else "") for row in found)
    return Data(period, f"sorted by {order}, {parameters['order']}", rows, style, patient_id or None)


def _midnight(day: str, *, days: int = 0) -> int:
    return moment(f"{iso_date(day_number(day) + days)}T00:00", store.current().zone).utc


def render(data: Data, width: int) -> Document:
    """The rows as a document for a page of 80 or 132 columns."""
    columns = COLUMNS[132 if width >= 132 else 80]
    body: list[Item] = [Heads(columns), *(Wrapped(_texts(row, mrn, data.style)) for row, mrn in data.rows)]
    if not data.rows:
        body = [Block(("No row was asked for by this.",))]
    return Document(
        "A01", "AUDIT TRAIL", data.period, data.sorted_by, body, len(data.rows), CONVENTIONS,
        frozen_columns=columns[0].width + 1,
    )  # fmt: skip


def _texts(row: privacy.Row, mrn: str, style: str) -> tuple[str, ...]:
    return (
        f"{show_moment(row.local(), style)} row {row.seq}",
        _both(row.user, row.roles.replace(",", ", ")),
        _both(row.action, row.outcome),
        _both(" ".join(filter(None, (row.kind, row.record))), mrn if mrn != row.record else ""),
        _both(row.where_from, row.session),
        privacy.what_changed(row),
    )


def _both(first: str, second: str) -> str:
    return ", ".join(filter(None, (first, second)))


def sheets(data: Data) -> list[Sheet]:
    """Every element in a column of its own."""
    keys = (
        "row", "at", "user", "roles", "where_from", "session", "action", "kind", "record", "mrn", "outcome", "detail",
    )  # fmt: skip
    rows = [
        (row.seq, row.local(), row.user, row.roles, row.where_from, row.session, row.action, row.kind, row.record,
         mrn, row.outcome, row.detail)
        for row, mrn in data.rows
    ]  # fmt: skip
    return [
        Sheet("audit", keys, tuple(key.replace("_", " ").capitalize() for key in keys), rows, CONVENTIONS)
    ]
