"""Documents of charts and notes on codes in the demo hospital: some charts are marked, with what each of them lacks."""

from __future__ import annotations

from typing import Final

from db.actors import Actor
from db.connect import database
from db.evidence import code_notes, documents
from rules.evidence import EXPECTED, PRESENT, SIGNED
from rules.moments import iso_date

CHARTS: Final = 60  # of the last discharges are marked
KINDS: Final = (
    ("HP", "admission", SIGNED), ("PR", "admission", PRESENT), ("NN", "admission", PRESENT),
    ("DS", "discharge", SIGNED),
)  # fmt: skip
NOTES: Final = (
    {"system": "cm", "first_code": "I50", "decision": "I50.3- unless the provider says otherwise",
     "text": "HFpEF is diastolic, HFrEF systolic heart failure.", "source": "Coding Clinic 2016 Q1, to be confirmed"},
    {"system": "cm", "first_code": "A41", "decision": "Query when only a single criterion is documented",
     "text": "Sepsis is coded when the provider documents it; criteria alone are not enough.",
     "source": "Coding committee of the hospital"},
    {"system": "cm", "first_code": "J96", "last_code": "J96",
     "text": "Look for blood gases or saturation and the work of breathing before respiratory failure is coded.",
     "source": "Coding committee of the hospital"},
    {"system": "pcs", "first_code": "0DB", "text": "Polyps removed by snare: ask for the pathology report first.",
     "source": "Coding committee of the hospital"},
)  # fmt: skip
PROPOSED: Final = 1  # of them waits for the supervisor


def mark_charts(actor: Actor) -> None:
    """Mark the documents of the last discharges, and write the notes of the coding committee."""
    rows = database.execute_sql(
        "SELECT e.id, e.admit_day, e.discharge_day, coalesce(d.code, '') FROM encounter e"
        " LEFT JOIN provider d ON d.id = e.attending_id WHERE e.class = 'I' AND e.state = 'active'"
        " AND e.admit_day IS NOT NULL AND e.discharge_day IS NOT NULL"
        " ORDER BY e.discharge_day DESC, e.id DESC LIMIT ?",
        (CHARTS,),
    ).fetchall()
    for number, (encounter_id, admitted, discharged, attending) in enumerate(rows):
        found = _of_chart(number, iso_date(admitted), iso_date(discharged), attending)
        documents.mark(actor, encounter_id, found)
    for note in NOTES:
        code_notes.write(actor, note)
    for each in list(code_notes.every())[PROPOSED:]:
        code_notes.approve(actor, each)


def _of_chart(number: int, admitted: str, discharged: str, attending: str) -> list[dict[str, str]]:
    """What the chart of a stay holds: every fourth waits for its summary, every third has a pathology report."""
    days = {"admission": admitted, "discharge": discharged}
    found = [
        {"type": kind, "written_at": days[when], "author": attending, "status": status}
        for kind, when, status in KINDS
    ]
    if number % 4 == 0:
        found[-1] = {"type": "DS", "status": EXPECTED}
    if number % 3 == 0:
        found.append({"type": "SP", "written_at": discharged, "status": PRESENT})
    return found
