"""B09: open abstracts with a code that changed for their discharge date: which code, since when, and why to look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from db import conventions
from db.abstracting.code_changes import Touched, touched
from db.coding.code_sets import opened
from reports.indices import stays
from reports.indices.listing import SUMMARY, Line, Listing, Measure, Shown, render, sheets
from reports.indices.withheld import Withheld
from reports.parameters import Asked
from rules.codes import dotted

__all__ = ["query", "render", "sheets"]

COLUMNS: Final = (
    Shown("account", "Account", 10, 12), Shown("name", "Name", 0, 18), Shown("mrn", "MRN", 0, 10),
    Shown("discharged", "Discharged", 10, 11, kind="date"), Shown("service", "Serv", 0, 6),
    Shown("status", "Status", 0, 8), Shown("holder", "In hand", 0, 0), Shown("code", "Code", 8, 8),
    Shown("since", "Changed", 10, 11, kind="date"), Shown("kind", "What", 0, 0), Shown("why", "Why", 34, 39),
)  # fmt: skip
SORTS: Final[Mapping[str, Callable[[Touched], tuple[Any, ...]]]] = {
    "discharged": lambda row: (row.discharge_day, row.account),
    "account": lambda row: (row.account,),
    "name": lambda row: (row.name, row.account),
    "terminal-digit": lambda row: (row.td_key,),
}
BREAKS: Final[Mapping[str, tuple[str, Callable[[Touched], str]]]] = {
    "code": ("Code", lambda row: dotted(row.code, row.system)),
    "kind": ("What changed", lambda row: row.kind),
    "service": ("Service", lambda row: row.service),
    "holder": ("In hand of", lambda row: row.holder),
    "account": ("Account", lambda row: row.account),
}
NOTE: Final = (
    "Abstracts that are not released, with codes that changed in the fiscal year of their discharge, on or before it, "
    "or by the last import of code sets."
)
NO_CODES: Final = "NO CODE SETS ARE INSTALLED: run recordroom codes build."


def query(asked: Asked) -> Listing:
    """Read the abstracts asked for."""
    withheld, style = Withheld.of(asked), conventions.convention("date_style")
    with opened() as codes:
        found = touched(codes) if codes else []
    found = [
        row for row in found if withheld.known(row.encounter_id)
    ]  # being listed at all tells of the codes
    if kinds := asked.listed("kind"):
        found = [row for row in found if row.kind in kinds]
    if services := {code.casefold() for code in asked.listed("service")}:
        found = [row for row in found if (row.service.casefold() or "none") in services]
    head, group = BREAKS[asked["break"]]
    found.sort(key=SORTS[asked["sort"]])
    found.sort(key=group)
    said = "; ".join(f"{name} {asked[name]}" for name in ("kind", "service") if asked.get(name))
    return Listing(
        "B09", "OPEN ABSTRACTS WITH CHANGED CODES", "", said or "all that are not released", COLUMNS,
        [_line(row, withheld, group(row)) for row in found], (Measure("Abstracts", 0),), (head,),
        (NOTE if codes else NO_CODES, *withheld.sentences()), "code", "codes", asked["detail"] == SUMMARY,
        asked.yes("eject"), style, sorted({row.encounter_id for row in found}),
    )  # fmt: skip


def _line(row: Touched, withheld: Withheld, group: str) -> Line:
    mrn, name, account = withheld.who(row.patient_id, row.sensitive, row.mrn, row.name, row.account)
    values = (
        account, name, mrn, stays.day_text(row.discharge_day), row.service, row.status, row.holder,
        dotted(row.code, row.system), row.since, row.kind, row.why,
    )  # fmt: skip
    return Line(values, f"ABS {row.account}", (group,), (1,), key=row.encounter_id)
