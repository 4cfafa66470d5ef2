"""The physician index: the patients of each physician as attending, surgeon and consultant, a page for each."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from db import conventions
from db.statistics import figures, physician_index
from db.statistics.physician_index import Attended, Part
from reports.indices import stays
from reports.indices.listing import SUMMARY, Line, Listing, Measure, Shown, render, sheets
from reports.indices.withheld import Withheld
from reports.parameters import Asked
from rules.codes import System, dotted

__all__ = ["query", "render", "sheets"]

ALL: Final = "all"
COLUMNS: Final = (
    Shown("mrn", "MRN", 10, 12), Shown("name", "Name", 16, 24), Shown("admitted", "Admitted", 0, 11, kind="date"),
    Shown("discharged", "Discharged", 10, 11, kind="date"), Shown("days", "Days", 4, 4, number=True),
    Shown("at", "Seen", 0, 11, kind="date"), Shown("times", "No.", 3, 3, number=True),
    Shown("principal", "Princ|dx", 8, 9), Shown("procedure", "Procedure", 9, 9), Shown("disposition", "Disp", 4, 4),
    Shown("drg", "DRG", 3, 4), Shown("service", "Serv", 4, 6), Shown("account", "Account", 0, 12),
    Shown("physician", "Physician", 0, 0), Shown("part", "Part", 0, 0), Shown("age", "Age", 0, 0),
    Shown("sex", "Sex", 0, 0),
)  # fmt: skip
MEASURES: Final = (
    Measure("Stays", 2),
    Measure("Days", 0),
    Measure("Average|days", 0, -1),
    Measure("Deaths", 1),
)
ONCE: Final = "A stay has a line for each part in it; stays, days and deaths of a total count it once."
NOTES: Final = (
    "Procedure: the first that the surgeon performed; for others the principal one of the stay.",
    "Seen: day of the first operation or consultation; No.: how many.",
)


def query(asked: Asked) -> Listing:
    """Read the discharges of the physicians asked for. Raises ``NotAsked``."""
    parts = tuple(Part) if asked["role"] == ALL else (Part(asked["role"]),)
    found = physician_index.attended(replace(stays.wanted(asked), counted=False), parts)
    order = list(Part)
    found.sort(key=lambda row: stays.SORTS[asked["sort"]](row.stay))
    found.sort(key=lambda row: (row.physician, order.index(row.part)))
    withheld = Withheld.of(asked)
    found = [
        row
        for row in found
        if withheld.known(row.stay.encounter_id) or not (asked.get("drg") or row.of_codes)
    ]
    style, summary = conventions.convention("date_style"), asked["detail"] == SUMMARY
    return Listing(
        "I03", "PHYSICIAN INDEX", stays.period_said(asked, style), _selection(asked), COLUMNS,
        [_line(row, withheld) for row in found], MEASURES, ("Physician", "As"),
        (*(() if summary else NOTES), ONCE, *withheld.sentences()), "line", "lines", summary, asked.yes("eject"), style,
        sorted({row.stay.encounter_id for row in found}), titles=figures.names("provider"),
    )  # fmt: skip


def _line(row: Attended, withheld: Withheld) -> Line:
    stay = row.stay
    mrn, name, account = withheld.named(stay)
    principal, procedure, drg = withheld.content(
        stay.encounter_id, dotted(stay.principal), dotted(row.procedure, System.PCS), stay.drg
    )
    at = row.at_day if row.part is not Part.ATTENDING else None
    values = (
        mrn, name, stays.day_text(stay.admit_day), stays.day_text(stay.discharge_day or 1), stay.los_days,
        stays.day_text(at) if at else "", row.times if row.part is not Part.ATTENDING else None, principal, procedure,
        stay.disposition, drg, stay.service, account, row.physician, str(row.part), stays.age(stay), stay.sex,
    )  # fmt: skip
    counted, groups = (stay.los_days or 0, int(stay.died), 1), (row.physician, str(row.part))
    return Line(values, f"ABS {stay.account}", groups, counted, stay.encounter_id)


def _selection(asked: Asked) -> str:
    role = "every role" if asked["role"] == ALL else asked["role"]
    return "; ".join(filter(None, (role, stays.selection(asked))))
