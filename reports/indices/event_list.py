"""Events one by one: the operations, deliveries, infections, autopsies and consultations behind the rates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from db import conventions
from db.statistics import event_lists
from db.statistics.event_lists import EventLine
from reports.indices import stays
from reports.indices.listing import SUMMARY, Line, Listing, Measure, Shown, render, sheets
from reports.indices.withheld import Withheld
from reports.parameters import Asked
from rules.edit_functions import age_in_years
from rules.events import EVENT_KINDS

__all__ = ["query", "render", "sheets"]

ALL: Final = "all"
COLUMNS: Final = (
    Shown("at", "When", 15, 16, kind="moment"), Shown("kind", "Event", 12, 12), Shown("detail", "Detail", 14, 20),
    Shown("mrn", "MRN", 10, 12), Shown("name", "Name", 15, 24), Shown("sex", "S", 0, 1),
    Shown("age", "Age", 3, 3, number=True), Shown("unit", "Unit", 0, 6), Shown("service", "Serv", 4, 6),
    Shown("attending", "Attend", 0, 10), Shown("discharged", "Discharged", 0, 11, kind="date"),
    Shown("account", "Account", 0, 0), Shown("weeks", "Weeks", 0, 0, number=True),
    Shown("grams", "Grams", 0, 0, number=True), Shown("admitted", "Admitted", 0, 0, kind="date"),
)  # fmt: skip
SORTS: Final[Mapping[str, Callable[[EventLine], tuple[str | int, ...]]]] = {
    "time": lambda row: (row.at,),
    "name": lambda row: (row.name_key,),
    "terminal-digit": lambda row: (row.td_key,),
    "number": lambda row: (row.mrn,),
}
BREAKS: Final[Mapping[str, tuple[str, Callable[[EventLine], str]]]] = {
    "kind": ("Event", lambda row: words(row.kind)),
    "detail": ("Detail", lambda row: row.detail),
    "unit": ("Unit", lambda row: row.unit),
    "service": ("Service", lambda row: row.service),
    "physician": ("Physician", lambda row: row.attending),
}
MEASURES: Final = (Measure("Stays", 0), Measure("Died", 1))
NOTE: Final = "Autopsies, coroner's cases, classes of death and consultations count on the day of discharge."


def query(asked: Asked) -> Listing:
    """Read the events asked for. Raises ``NotAsked``."""
    kinds = tuple(EVENT_KINDS) if asked["kind"] == ALL else (asked["kind"],)
    found = event_lists.events(stays.period(asked), kinds, asked.listed("word"))
    for name, of in (("unit", _unit), ("service", _service)):
        if codes := asked.listed(name):
            found = [row for row in found if (of(row) or "none") in codes]
    head, group = BREAKS[asked["break"]]
    found.sort(key=SORTS[asked["sort"]])
    found.sort(key=group)
    withheld = Withheld.of(asked)
    style, summary = conventions.convention("date_style"), asked["detail"] == SUMMARY
    return Listing(
        "I07", "EVENTS BEHIND THE RATES", stays.period_said(asked, style), _selection(asked), COLUMNS,
        [_line(row, withheld, group(row)) for row in found], MEASURES, (head,), (NOTE, *withheld.sentences()),
        "event", "events", summary, asked.yes("eject"), style, [row.event_id for row in found],
    )  # fmt: skip


def words(kind: str) -> str:
    """A kind of event as it is read."""
    return kind.replace("_", " ")


def _unit(row: EventLine) -> str:
    return row.unit


def _service(row: EventLine) -> str:
    return row.service


def _line(row: EventLine, withheld: Withheld, group: str) -> Line:
    mrn, name, account = withheld.who(row.patient_id, row.sensitive, row.mrn, row.name, row.account)
    age = age_in_years(row.birth_date, stays.day_text(row.admit_day or row.day))
    values = (
        row.at, words(row.kind), row.detail, mrn, name, row.sex, int(age) if age else None, row.unit, row.service,
        row.attending, stays.day_text(row.discharge_day) if row.discharge_day else "", account, row.weeks, row.grams,
        stays.day_text(row.admit_day) if row.admit_day else "",
    )  # fmt: skip
    go = f"ABS {row.account}" if row.account else f"PAT {row.mrn}" if row.mrn else ""
    key = row.encounter_id or -row.event_id  # a body that no stay belongs to is one of its own
    return Line(values, go, (group,), (int(row.encounter_id > 0), int(row.died)), key)


def _selection(asked: Asked) -> str:
    said = ["every kind of event" if asked["kind"] == ALL else words(asked["kind"])]
    said += [f"{label} {asked[name]}" for name, label in (("word", "detail"), ("unit", "unit"), ("service", "service"))
             if asked.get(name)]  # fmt: skip
    return "; ".join(said)
