"""Limits and bands that statistics count within: dated tables, the facility's own rows first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from config.code_tables import Shelf
from db import store
from rules.moments import iso_date
from rules.statistics import BandFrom, FetalBand
from rules.tables import TableRow, listed
from rules.work import LIMITS as WORK_LIMITS
from rules.work import limit as found

LIMITS: Final = "statistics_limits"
FETAL_BANDS: Final = "fetal_bands"
AGE_BANDS: Final = "age_bands"
ABSENCE_LIMITS: Final = "absence_limits"
OF_FIGURES: Final = (LIMITS, FETAL_BANDS, "discharge_disposition", AGE_BANDS)
"""The tables that the counts of a closed month rest on; late changes name them by their place."""


@dataclass(frozen=True, slots=True)
class AbsenceLimit:
    """For how many nights an absence of a kind may last; ``services``: of these alone."""

    text: str
    leave: str  # of rules.census.LEAVE_TYPES
    nights: int
    services: tuple[str, ...]


def limit(code: str, day: int) -> int | None:
    """A limit in force on a day, in the unit that its row names; None when the facility has closed it."""
    return found(_shelf()[LIMITS], code, iso_date(day))


def dnfb_target(day: int) -> int | None:
    """The days in discharged, not final billed that the facility aims at; None: none."""
    return found(_shelf()[WORK_LIMITS], "dnfb_target", iso_date(day))


def accuracy_floors(day: int) -> dict[str, int]:
    """The rates in per cent that reviews should reach on a day, by measure."""
    rows = _shelf()["review_floors"].on(iso_date(day))
    return {row.code: percent for row in rows if isinstance(percent := row.more.get("percent"), int)}


def within(code: str, day: int) -> int:
    """The days or hours of a window; a window that the facility has closed holds nothing."""
    count = limit(code, day)
    return -1 if count is None else count


def widest(code: str) -> int:
    """The most days or hours that a window has in any row; -1: the facility has closed it."""
    counts = (row.more.get("count") for row in _shelf()[LIMITS].by_code.get(code, ()))
    return max((count for count in counts if isinstance(count, int)), default=-1)


def in_words(table: str) -> dict[tuple[str, str], str]:
    """What counts are made by, by code and first day (blank: ever): ``count 30``. The facility's own row wins."""
    return {
        (row.code, row.valid_from): " ".join(f"{name} {value}" for name, value in sorted(row.more.items()))
        for row in _shelf()[table].rows
    }


def fetal_bands(day: int) -> list[BandFrom]:
    """Where the bands of fetal deaths begin, in force on a day."""
    known = {str(band) for band in FetalBand}
    rows = [row for row in _shelf()[FETAL_BANDS].on(iso_date(day)) if row.code in known]
    return [BandFrom(FetalBand(row.code), _number(row, "weeks"), _number(row, "grams")) for row in rows]


def absence_limits(day: int) -> list[AbsenceLimit]:
    """The limits of absences in force on a day, in the order of the table."""
    return [
        AbsenceLimit(row.text, str(row.more.get("leave", "")), nights, listed(row.more.get("services")))
        for row in _shelf()[ABSENCE_LIMITS].on(iso_date(day))
        if isinstance(nights := row.more.get("days"), int)
    ]


def age_bands(day: int) -> list[tuple[int, str]]:
    """The ages at which bands begin, and what they are called, youngest first."""
    return sorted((_number(row, "years"), row.text) for row in _shelf()[AGE_BANDS].on(iso_date(day)))


def _number(row: TableRow, name: str) -> int:
    return int(str(row.more.get(name, 0)))


def _shelf() -> Shelf:
    return Shelf(store.current().directory / "site" / "tables")
