"""The procedure (operation) index: who was operated on, by code and discharge, by whom and with what result."""

from __future__ import annotations

from typing import Final

from db.statistics import indices
from db.statistics.indices import INPATIENT, Operated
from reports.indices import coded, stays
from reports.indices.coded import Entry
from reports.indices.listing import Listing, Shown, render, sheets
from reports.indices.withheld import Withheld
from reports.parameters import Asked
from rules.codes import System

__all__ = ["query", "render", "sheets"]

COLUMNS: Final = (
    Shown("performed", "Performed", 10, 11, kind="date"), Shown("mrn", "MRN", 10, 12),
    Shown("name", "Name", 16, 20), Shown("age", "Age", 3, 3, number=True), Shown("sex", "S", 1, 1),
    Shown("class", "C", 0, 0),
    Shown("surgeon", "Surgeon", 8, 10), Shown("place", "P/S", 3, 3), Shown("anesthesia", "An", 0, 2),
    Shown("days", "Days", 4, 4, number=True), Shown("result", "Result", 10, 10),
    Shown("disposition", "Disp", 0, 4), Shown("service", "Serv", 0, 5),
    Shown("discharged", "Discharged", 0, 10, kind="date"),
    Shown("code", "Code", 0, 0), Shown("others", "Other procedures", 0, 24), Shown("account", "Account", 0, 0),
    Shown("attending", "Attending", 0, 0), Shown("admitted", "Admitted", 0, 0, kind="date"),
)  # fmt: skip
WITH_CODES: Final = {"name": (15, 20), "code": (7, 7), "others": (0, 16)}
WITH_VISITS: Final = {"class": (3, 3), "place": (0, 3), "service": (0, 0)}
NOTES: Final = (
    "P principal procedure, S other. Result: left alive, or died so many days after the procedure.",
)


def query(asked: Asked) -> Listing:
    """Read the discharges with the procedures asked for. Raises ``NotAsked``."""
    found = indices.procedures(coded.coded(asked), coded.wanted(asked))
    return coded.listing(
        asked, "I02", "PROCEDURE INDEX", System.PCS, found, COLUMNS, WITH_CODES, WITH_VISITS, _values,
        NOTES,
    )  # fmt: skip


def _values(entry: Entry, withheld: Withheld) -> tuple[str | int | None, ...]:
    assert isinstance(entry, Operated)
    stay = entry.stay
    mrn, name, account = withheld.named(stay)
    performed = "" if entry.performed_day is None else stays.day_text(entry.performed_day)
    return (
        performed, mrn, name, stays.age(stay), stay.sex, coded.class_mark(entry), entry.surgeon,
        "" if entry.class_ != INPATIENT else "P" if entry.seq == 1 else "S",
        entry.anesthesia, stay.los_days, _result(entry), stay.disposition, stay.service,
        stays.day_text(entry.day), entry.code, coded.others(entry.codes, entry.code, System.PCS), account,
        stay.attending, stays.day_text(stay.admit_day),
    )  # fmt: skip


def _result(entry: Operated) -> str:
    stay = entry.stay
    if not stay.died:
        return "alive"
    if entry.performed_day is None or stay.discharge_day is None:
        return "died"
    return f"died +{stay.discharge_day - entry.performed_day}"
