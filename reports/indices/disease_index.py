"""The disease index: who had a diagnosis, by code and discharge (AHIMA: indexes and registers of a record service)."""

from __future__ import annotations

from typing import Final

from db.statistics import indices
from db.statistics.indices import Diagnosed
from reports.indices import coded, stays
from reports.indices.coded import Entry
from reports.indices.listing import Listing, Shown, render, sheets
from reports.indices.withheld import Withheld
from reports.parameters import Asked
from rules.codes import System, dotted

__all__ = ["query", "render", "sheets"]

COLUMNS: Final = (
    Shown("discharged", "Discharged", 10, 11, kind="date"), Shown("mrn", "MRN", 10, 12),
    Shown("name", "Name", 14, 20), Shown("age", "Age", 3, 3, number=True), Shown("sex", "S", 1, 1),
    Shown("class", "C", 0, 0), Shown("days", "Days", 4, 4, number=True), Shown("place", "P/S", 3, 3),
    Shown("poa", "POA", 3, 3), Shown("disposition", "Disp", 4, 4), Shown("service", "Serv", 0, 5),
    Shown("attending", "Attend", 6, 10),
    Shown("code", "Code", 0, 0), Shown("others", "Other codes", 12, 45), Shown("account", "Account", 0, 0),
    Shown("admitted", "Admitted", 0, 0, kind="date"), Shown("unit", "Unit", 0, 0), Shown("drg", "DRG", 0, 0),
)  # fmt: skip
WITH_CODES: Final = {"name": (18, 20), "code": (8, 8), "others": (0, 36)}
WITH_VISITS: Final = {"class": (3, 3), "poa": (0, 3), "service": (0, 0)}
NOTES: Final = ("P principal diagnosis, S secondary, E external cause.",)


def query(asked: Asked) -> Listing:
    """Read the discharges with the codes asked for. Raises ``NotAsked``."""
    found = indices.diseases(coded.coded(asked), coded.wanted(asked))
    if poa := asked.listed("poa"):
        found = [entry for entry in found if (entry.poa or coded.NONE) in poa]
    return coded.listing(asked, "I01", "DISEASE INDEX", System.CM, found, COLUMNS, WITH_CODES, WITH_VISITS,
                         _values, NOTES)  # fmt: skip


def _values(entry: Entry, withheld: Withheld) -> tuple[str | int | None, ...]:
    assert isinstance(entry, Diagnosed)
    stay = entry.stay
    mrn, name, account = withheld.named(stay)
    place = "E" if entry.role == "external" else "P" if entry.seq == 1 else "S"
    return (
        stays.day_text(entry.day), mrn, name, stays.age(stay), stay.sex, coded.class_mark(entry), stay.los_days,
        place, entry.poa, stay.disposition, stay.service, stay.attending, dotted(entry.code),
        coded.others(entry.codes, entry.code), account, stays.day_text(stay.admit_day), stay.unit, stay.drg,
    )  # fmt: skip
