"""Medicare code edits (MCE) that stand on the filed abstracts of discharges, each with its code and who coded it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from config.data_sets import SITE, library
from db import store
from db.abstracting.claims import exempt_hospital
from db.abstracting.stored_abstracts import Reader, Stored
from rules.abstract_findings import claim_findings, claim_of
from rules.codes import System, dotted
from rules.codes_edits import EDITS, finding_code, named
from rules.edit_functions import age_in_years
from rules.findings import Finding
from rules.overrides import in_force, marked, without
from rules.tables import Tables

OPEN, RELEASED, OVERRIDDEN = "open", "released", "overridden"
SENT: Final = ("released", "transmitted")
PROCEDURES: Final = "procedures"


class Raised(NamedTuple):
    """An edit that stands on an abstract."""

    encounter_id: int
    coder: str  # who filed the abstract last
    standing: str  # open, released with it, or overridden with a reason
    finding: Finding
    code: str  # with dot; blank: the edit is about the claim


def raised(ids: Sequence[int]) -> tuple[list[Raised], int, int]:
    """The edits on the abstracts of these accounts; how many abstracts there are, how many lack a principal diagnosis.

    The editor does not judge a claim without one.
    """
    found: list[Raised] = []
    abstracts = unjudged = 0
    exempt, tables = exempt_hospital(), library(store.current().directory / SITE).tables
    for slice_ in Reader().slices(ids):
        abstracts += len(slice_)
        for each in slice_:
            unjudged += not claim_of(each.record).dx
            found += _raised(each, tables, poa_exempt=exempt(each.record.get("discharged_at", "")[:10]))
    return found, abstracts, unjudged


def _raised(stored: Stored, tables: Tables, *, poa_exempt: bool) -> list[Raised]:
    record = without(stored.record)
    age = age_in_years(record.get("birth_date", ""), record.get("admitted_at", "")[:10])
    found = claim_findings({**record, "age": age}, poa_exempt=poa_exempt)
    return [
        Raised(
            stored.stay.id, stored.case.filed_by,
            OVERRIDDEN if finding.overridden else RELEASED if stored.case.status in SENT else OPEN,
            finding, _code(record, finding.field),
        )
        for finding in marked(found, in_force(stored.dictionary, stored.record, tables) if found else {})
    ]  # fmt: skip


def _code(record: Mapping[str, str], field: str) -> str:
    system = System.PCS if field.startswith(PROCEDURES) else System.CM
    return dotted(code, system) if (code := record.get(field, "")) else ""


TITLES: Final = {
    code: named(code)[1] for code in (finding_code(number, name) for name, (number, _, _) in EDITS.items())
}
"""The names of the edits by the codes of their findings."""
