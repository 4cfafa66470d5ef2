"""DRGs of the discharges of a period: weights, stays against the national mean, one-day stays and trim points.

Weights are those of each abstract; geometric means (GMLOS) those of CMS Table 5 in force on discharge.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from config.code_tables import Shelf
from db import store
from db.coding import code_sets
from db.coding.codes import CodeStore, Weight
from db.connect import database
from db.hospital import site
from db.statistics import discharges, stay_lists
from db.statistics.stay_lists import Wanted
from rules.moments import iso_date
from rules.tables import CodeTable

TRIM_POINTS: Final = "drg_trim_points"
ANY: Final = "any"
BY: Final = {"mdc": "''", "all": "''", "service": "e.service_id", "unit": "e.unit_id", "physician": "e.attending_id",
             "payer": "e.payer_id",
             "month": "strftime('%Y-%m', (e.discharge_day - 719163) * 86400, 'unixepoch')"}  # fmt: skip
_FILES: Final = {"service": "service", "unit": "unit", "physician": "provider", "payer": "payer"}
# Stays that are alike in what is asked: so many rows at most as there are DRGs and lengths of stay.
_ALIKE: Final = (
    "SELECT {by}, e.drg, e.mdc, min(e.discharge_day), coalesce(e.los_days, 0),"
    " e.weight_ten_thousandths, count(*), sum(e.died) FROM encounter e"
    " WHERE {of} AND {when}{conditions} GROUP BY 1, 2, 3, 5, 6, {year}"
)
_FISCAL_YEAR: Final = (  # weights are those of the federal fiscal year of discharge
    "strftime('%Y', (e.discharge_day - 719163) * 86400, 'unixepoch')"
    " + (strftime('%m', (e.discharge_day - 719163) * 86400, 'unixepoch') >= '10')"
)


@dataclass(slots=True)
class Tally:
    """What stays have in common, summed. GMLOS is known for ``compared`` of them."""

    stays: int = 0
    days: int = 0
    died: int = 0
    one_day: int = 0
    weighed: int = 0
    weight: Fraction = field(default_factory=Fraction)
    compared: int = 0
    compared_days: int = 0
    mean_days: Fraction = field(default_factory=Fraction)  # sum of the geometric means
    below: int = 0
    within: int = 0
    above: int = 0

    def add(self, other: Tally) -> None:
        """Sum for sum."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, slots=True)
class Part:
    """A DRG within what the discharges are divided by. Blank: without a DRG."""

    group: str  # MDC, month, or the code of a service, unit, physician or payer
    drg: str
    mdc: str
    title: str
    tally: Tally
    low: int | None  # trim points of the latest discharge
    high: int | None


def parts(wanted: Wanted, by: str, without: Collection[int] = ()) -> list[Part]:
    """The discharges wanted, by group and DRG; ``without`` are encounters that are left out."""
    names = site.codes(_FILES[by]) if by in _FILES else {}
    made: dict[tuple[str, str], tuple[str, Tally, Weight | None, tuple[int | None, int | None]]] = {}
    trims = Shelf(store.current().directory / "site" / "tables")[TRIM_POINTS]
    with code_sets.opened() as codes:
        for group, drg, mdc, day, los, weight, stays, died in _alike(wanted, by, without):
            national = _national(codes, drg, day)
            low, high = trim_points(trims, drg, national.gmlos if national else None, day)
            key = (mdc if by == "mdc" else names.get(group, "") if by in _FILES else group, drg)
            _, tally, *_ = made.setdefault(key, (mdc, Tally(), national, (low, high)))
            tally.add(_tally(los, weight, stays, died, national, low, high))
    return [
        Part(group, drg, mdc, national.title if national else "", tally, *points)
        for (group, drg), (mdc, tally, national, points) in sorted(made.items())
    ]


def _alike(wanted: Wanted, by: str, without: Collection[int]) -> list[tuple[Any, ...]]:
    bound: dict[str, Any] = {"first": wanted.period.from_day, "last": wanted.period.to_day}
    conditions = stay_lists.chosen(wanted, "", bound)
    conditions += [f"e.id NOT IN ({', '.join(map(str, sorted(without)))})"] if without else []
    asked = "".join(f" AND ({condition})" for condition in conditions)
    sql = _ALIKE.format(
        by=BY[by], of=stay_lists.INPATIENT, when=discharges.ended("e"), conditions=asked, year=_FISCAL_YEAR
    )
    rows: list[tuple[Any, ...]] = database.execute_sql(sql, bound).fetchall()
    return rows


def _national(codes: CodeStore | None, drg: str, day: int) -> Weight | None:
    return codes.weights(drg, date.fromordinal(day)) if codes and drg else None


def trim_points(table: CodeTable, drg: str, gmlos: Decimal | None, day: int) -> tuple[int | None, int | None]:
    """Low and high trim point of a DRG on a day; None where it has none. Whole days, halves up."""
    row = table.find(drg, iso_date(day)) if drg else None
    if row:
        return _number(row.more.get("low")), _number(row.more.get("high"))
    usual = table.find(ANY, iso_date(day))
    over = _number(usual.more.get("over_mean")) if usual else None
    if usual is None or over is None or gmlos is None or not drg:
        return None, None
    return _number(usual.more.get("low")), int(gmlos + over + Decimal("0.5"))


def _number(value: object) -> int | None:
    return int(str(value)) if value is not None and str(value).isdecimal() else None


def _tally(
    los: int, weight: int | None, stays: int, died: int, national: Weight | None, low: int | None, high: int | None
) -> Tally:  # fmt: skip
    mean = national.gmlos if national else None
    below = low is not None and los < low
    above = high is not None and los > high
    trimmed = low is not None or high is not None
    return Tally(
        stays, los * stays, died, stays if los == 1 else 0, 0 if weight is None else stays,
        Fraction((weight or 0) * stays, 10_000), 0 if mean is None else stays, 0 if mean is None else los * stays,
        Fraction(0) if mean is None else Fraction(mean) * stays, stays if below else 0,
        stays if trimmed and not (below or above) else 0, stays if above else 0,
    )  # fmt: skip
