"""Hospital statistics: one table of formulas over named counts, worked exactly, rounded half up once.

Formulas are those of the health-information-management textbooks. "Discharges" include deaths. A rate of the
house comes from summed numerators and denominators, never from averaged rates. Adults and children have plain
names, newborns the prefix ``newborn_``, both together ``incl_newborn_``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cache
from typing import Final, NamedTuple

ADULTS: Final = ""
NEWBORN: Final = "newborn_"
INCLUDING: Final = "incl_newborn_"
ALL_CLASSES: Final = (ADULTS, NEWBORN, INCLUDING)
NOT_APPLICABLE: Final = "n/a"
_NOTHING: Final = "nothing to divide by"

Count = int | Decimal | Fraction
Counts = Mapping[str, Count]


@dataclass(frozen=True, slots=True)
class Formula:
    """``numerator * factor / denominator``, each a sum of counts or of other formulas' exact values.

    ``classes`` are the prefixes that it is worked for. ``ceiling`` is the highest value that makes sense.
    """

    number: int  # in the standard list of 27; 0: a step of another formula
    key: str
    label: str
    numerator: str
    denominator: str
    factor: int = 1
    decimals: int = 2
    classes: tuple[str, ...] = (ADULTS,)
    ceiling: int | None = None


def _percent(
    number: int, key: str, label: str, numerator: str, denominator: str, *,
    classes: tuple[str, ...] = (ADULTS,), ceiling: int | None = 100,
) -> Formula:  # fmt: skip
    return Formula(number, key, label, numerator, denominator, 100, 2, classes, ceiling)


_BOTH: Final = (ADULTS, NEWBORN)

FORMULAS: Final[tuple[Formula, ...]] = (
    Formula(0, "average_bed_count", "Average bed count", "bed_count_days", "days", classes=_BOTH),
    Formula(1, "average_daily_census", "Average daily census", "inpatient_service_days", "days",
            classes=ALL_CLASSES),
    Formula(2, "average_length_of_stay", "Average length of stay", "discharge_days", "discharges",
            classes=ALL_CLASSES),
    _percent(3, "occupancy_rate", "Bed occupancy %", "inpatient_service_days", "bed_count_days",
             classes=_BOTH, ceiling=None),  # temporary beds do not raise the bed count
    Formula(4, "direct_bed_turnover", "Bed turnover, direct", "discharges", "average_bed_count",
            classes=_BOTH),
    Formula(0, "service_days_per_bed", "Service days per bed", "inpatient_service_days", "average_bed_count",
            classes=_BOTH),
    Formula(5, "indirect_bed_turnover", "Bed turnover, indirect", "service_days_per_bed",
            "average_length_of_stay", classes=_BOTH),
    _percent(6, "gross_death_rate", "Gross death rate %", "deaths", "discharges", classes=ALL_CLASSES),
    _percent(7, "net_death_rate", "Net death rate %", "deaths - deaths_under_48h",
             "discharges - deaths_under_48h", classes=ALL_CLASSES),
    _percent(6, "hospital_gross_death_rate", "Hospital death rate %", "hospital_deaths", "hospital_discharges"),
    _percent(7, "hospital_net_death_rate", "Institutional death rate %", "hospital_deaths - hospital_early_deaths",
             "hospital_discharges - hospital_early_deaths"),
    _percent(8, "newborn_death_rate", "Newborn death rate %", "newborn_deaths", "newborn_discharges"),
    Formula(8, "newborn_deaths_per_1000_live_births", "Newborn deaths / 1,000 live births",
            "newborn_deaths", "live_births", 1000, ceiling=1000),
    _percent(9, "fetal_death_rate", "Fetal death rate %", "fetal_deaths_intermediate + fetal_deaths_late",
             "live_births + fetal_deaths_intermediate + fetal_deaths_late"),
    _percent(10, "maternal_death_rate", "Maternal death rate %", "maternal_deaths", "obstetric_discharges"),
    Formula(10, "maternal_deaths_per_100000_live_births", "Maternal deaths / 100,000 live births",
            "maternal_deaths_42_days", "live_births", 100_000, ceiling=100_000),
    _percent(11, "anesthesia_death_rate", "Anesthesia death rate %", "anesthesia_deaths", "anesthetics"),
    _percent(12, "postoperative_death_rate", "Postoperative death rate %", "postoperative_deaths",
             "patients_operated"),
    _percent(13, "gross_autopsy_rate", "Gross autopsy rate %", "inpatient_autopsies", "deaths"),
    _percent(14, "net_autopsy_rate", "Net autopsy rate %", "inpatient_autopsies",
             "deaths - unautopsied_coroner_cases"),
    _percent(15, "adjusted_autopsy_rate", "Adjusted autopsy rate %", "hospital_autopsies",
             "bodies_available"),
    _percent(16, "infection_rate", "Hospital-acquired infection rate %", "hospital_infections", "discharges"),
    _percent(17, "postoperative_infection_rate", "Postoperative infection rate %", "clean_case_infections",
             "operations"),
    _percent(18, "consultation_rate", "Consultation rate %", "patients_consulted", "discharges"),
    _percent(19, "cesarean_rate", "Cesarean section rate %", "cesareans", "deliveries"),
    _percent(20, "readmission_30_day_rate", "Readmission rate %", "readmissions_30_day",
             "live_discharges"),
    Formula(21, "case_mix_index", "Case-mix index", "drg_weight", "discharges_grouped", decimals=4),
    Formula(0, "average_monthly_discharges", "Average monthly discharges", "discharges_trailing",
            "trailing_months"),
    _percent(23, "delinquency_rate", "Delinquent record rate %", "delinquent_records",
             "average_monthly_discharges", ceiling=None),
    Formula(0, "average_daily_revenue", "Average daily revenue", "revenue_cents", "revenue_days"),
    Formula(24, "dnfb_days", "Discharged, not final billed, days", "unbilled_cents", "average_daily_revenue",
            decimals=1),
    Formula(25, "coding_productivity", "Charts coded per hour", "charts_coded", "coding_hours"),
    _percent(26, "code_accuracy_rate", "Coding accuracy by code %", "codes_right", "codes_reviewed"),
    _percent(26, "record_accuracy_rate", "Coding accuracy by record %", "records_right", "records_reviewed"),
    _percent(26, "drg_accuracy_rate", "DRG accuracy %", "drgs_right", "drgs_reviewed"),
    _percent(26, "poa_accuracy_rate", "POA accuracy %", "poa_right", "poa_reviewed"),
    Formula(27, "roi_turnaround", "Release turnaround, days", "turnaround_days", "requests_answered"),
    _percent(27, "roi_within_limit_rate", "Releases within the legal limit %", "requests_in_time",
             "requests_with_limit"),
    Formula(0, "device_infection_rate", "Device infections / 1,000 device days", "device_infections",
            "device_days", 1000),
)  # fmt: skip

BY_KEY: Final = {formula.key: formula for formula in FORMULAS}

CLASS_COUNTS: Final = frozenset({
    "opening_census", "closing_census", "peak_census", "minimum_census", "admissions", "discharges", "deaths",
    "deaths_under_48h", "transfers_in", "transfers_out", "inpatient_service_days", "same_day_cases",
    "bed_count_days", "discharge_days", "leave_days",
})  # fmt: skip
"""Counts kept apart for newborns; all others have no prefix."""

NOT_ADDED: Final = frozenset({"peak_census", "minimum_census", "bed_count_days"})
"""Counts of a class that mean nothing when added up over the classes."""

LABELS: Final = {
    "opening_census": "Census at the beginning",
    "closing_census": "Census at the end",
    "peak_census": "Highest daily census",
    "minimum_census": "Lowest daily census",
    "admissions": "Admissions",
    "discharges": "Discharges, deaths included",
    "deaths": "Deaths",
    "deaths_under_48h": "Deaths under 48 hours",
    "transfers_in": "Transfers in, between units",
    "transfers_out": "Transfers out, between units",
    "inpatient_service_days": "Inpatient service days",
    "same_day_cases": "In and out on the same day",
    "bed_count_days": "Bed count days",
    "discharge_days": "Discharge days",
    "leave_days": "Leave nights",
    "live_births": "Live births",
    "discharges_grouped": "Discharges with a DRG weight",
    "drg_weight": "DRG weights added up",
    "discharges_not_grouped": "Discharges without a DRG weight",
    "deliveries": "Deliveries",
    "operations": "Operations",
    "patients_operated": "Patients operated on",
    "anesthetics": "Anesthetics",
    "patients_consulted": "Patients consulted",
    "inpatient_autopsies": "Autopsies on inpatients",
    "hospital_autopsies": "Hospital autopsies",
    "hospital_infections": "Hospital-acquired infections",
    "clean_case_infections": "Infections of clean cases",
    "live_discharges": "Live discharges",
    "readmissions_30_day": "Readmissions",
    "deaths_all": "Deaths, newborns included",
    "bodies_available": "Bodies available for autopsy",
} | {formula.key: formula.label for formula in FORMULAS}


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure as printed, with what it was made from. ``value`` None: ``why`` says what is missing."""

    key: str
    value: Decimal | None
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    why: str = ""
    doubt: str = ""  # why somebody should look at it before signing
    rate: bool = False

    @property
    def nothing_to_divide_by(self) -> bool:
        """Whether it has no value because a denominator is nothing, and not because a count is not there."""
        return self.why.startswith(_NOTHING)

    @property
    def plain(self) -> str:
        """As printed, without thousands separators."""
        return NOT_APPLICABLE if self.value is None else f"{self.value:f}"

    @property
    def shown(self) -> str:
        """As printed on a page."""
        return NOT_APPLICABLE if self.value is None else f"{self.value:,f}"


def half_up(value: Count, decimals: int) -> Decimal:
    """``value`` rounded half away from zero, exactly: 1/8 is 0.13, whatever floats make of it."""
    exact = value if isinstance(value, Fraction) else Fraction(value)
    units = (2 * abs(exact.numerator) * 10**decimals + exact.denominator) // (2 * exact.denominator)
    return Decimal(-units if exact.numerator < 0 else units).scaleb(-decimals)


def share(part: Count, total: Count, decimals: int = 2) -> Decimal | None:
    """``part`` in percent of ``total``. Rounded parts may add to 99.9 or 100.1: total the counts instead."""
    return half_up(Fraction(part) * 100 / Fraction(total), decimals) if total else None


class FetalBand(StrEnum):
    """How far a pregnancy had come at a fetal death; early ones are in no rate."""

    EARLY = "early"
    INTERMEDIATE = "intermediate"
    LATE = "late"


class BandFrom(NamedTuple):
    """Where a band begins: at so many completed weeks, or so many grams when the weeks are not known."""

    band: FetalBand
    weeks: int
    grams: int


def fetal_band(weeks: int | None, grams: int | None, bands: Iterable[BandFrom]) -> FetalBand | None:
    """The band of a fetal death; None when neither its weeks nor its weight are known."""
    found = None
    for each in sorted(bands, key=lambda band: band.weeks):
        if weeks >= each.weeks if weeks is not None else grams is not None and grams >= each.grams:
            found = each.band
    return found


def with_hospital(counts: Counts, *, newborns: bool) -> dict[str, Count]:
    """The counts, and those that the death rates of the hospital are worked from: newborns in both terms or neither."""
    sums: dict[str, Count] = dict(counts)
    for name, of in _HOSPITAL.items():
        if of in counts:
            sums[name] = Fraction(counts[of]) + (Fraction(counts.get(NEWBORN + of, 0)) if newborns else 0)
    return sums


_HOSPITAL: Final = {
    "hospital_deaths": "deaths", "hospital_early_deaths": "deaths_under_48h", "hospital_discharges": "discharges",
}  # fmt: skip


def with_both(counts: Counts) -> dict[str, Count]:
    """The counts, and those over adults, children and newborns together."""
    both: dict[str, Count] = dict(counts)
    for name in CLASS_COUNTS - NOT_ADDED:
        if name in counts and NEWBORN + name in counts:
            both[INCLUDING + name] = Fraction(counts[name]) + Fraction(counts[NEWBORN + name])
    return both


def figure(
    key: str, counts: Counts, prefix: str = ADULTS, missing: Mapping[str, str] | None = None
) -> Figure:
    """Work a formula of the table for a class. ``missing`` says why a count is not there, by its name."""
    formula = BY_KEY[key]
    name = prefix + key
    exact = _Exact(counts, prefix, missing or {})
    top, bottom = exact.sum(formula.numerator), exact.sum(formula.denominator)
    if isinstance(top, str) or isinstance(bottom, str):
        return Figure(name, None, why=next(why for why in (top, bottom) if isinstance(why, str)), rate=True)
    if bottom <= 0:
        return Figure(name, None, top, bottom, _nothing(formula), rate=True)
    divided = Fraction(
        top.numerator * formula.factor * bottom.denominator, top.denominator * bottom.numerator
    )
    value = half_up(divided, formula.decimals)
    return Figure(name, value, top, bottom, doubt=_doubt(formula, value), rate=True)


def count(key: str, counts: Counts, missing: Mapping[str, str] | None = None) -> Figure:
    """A count as a figure; None with its reason when it is not collected."""
    if key in counts:
        return Figure(key, half_up(counts[key], 0))
    return Figure(key, None, why=(missing or {}).get(key, "not collected"))


def as_json(worked: Figure) -> dict[str, str | None]:
    """A figure as a JSON object: values are strings as printed, without thousands separators."""
    if worked.value is None:
        return {"value": None, "shown": NOT_APPLICABLE, "why": worked.why}
    if not worked.rate:
        return {"value": worked.plain}
    parts = {"numerator": _exact_text(worked.numerator), "denominator": _exact_text(worked.denominator)}
    return {**parts, "value": worked.plain, **({"doubt": worked.doubt} if worked.doubt else {})}


class _Exact:
    """Looks names up among the counts and the other formulas, for one class."""

    def __init__(self, counts: Counts, prefix: str, missing: Mapping[str, str]) -> None:
        self.counts, self.prefix, self.missing = counts, prefix, missing

    def sum(self, expression: str) -> Fraction | str:
        """The exact value of ``a + b - c``, or why there is none."""
        total: int | Fraction = 0
        for sign, word in _terms(expression):
            value = self.value(word)
            if isinstance(value, str):
                return value
            total += sign * value
        return Fraction(total)

    def value(self, name: str) -> int | Fraction | str:
        full = self.prefix + name if name in CLASS_COUNTS else name
        if full in self.counts:
            count = self.counts[full]
            return count if isinstance(count, int) else Fraction(count)
        if (step := BY_KEY.get(name)) is None:
            return self.missing.get(full, self.missing.get(name, f"{_said(name)} not collected"))
        top, bottom = self.sum(step.numerator), self.sum(step.denominator)
        if isinstance(top, str) or isinstance(bottom, str):
            return top if isinstance(top, str) else str(bottom)
        return top * step.factor / bottom if bottom > 0 else _nothing(step)


@cache
def _terms(expression: str) -> tuple[tuple[int, str], ...]:
    """The counts of a sum with their signs."""
    signed, sign = [], 1
    for word in expression.split():
        if word in "+-":
            sign = 1 if word == "+" else -1
        else:
            signed.append((sign, word))
    return tuple(signed)


def _nothing(formula: Formula) -> str:
    return f"{_NOTHING}: {_said(formula.denominator)} is 0"


def _said(expression: str) -> str:
    return expression.replace(" - ", " less ").replace(" + ", " and ").replace("_", " ")


def _doubt(formula: Formula, value: Decimal) -> str:
    if formula.ceiling is not None and value > formula.ceiling:
        return f"{formula.label} is over {formula.ceiling}: check the counts before signing"
    return f"{formula.label} is negative: check the counts before signing" if value < 0 else ""


def _exact_text(value: Fraction | None) -> str:
    if value is None:
        return ""
    return str(value.numerator) if value.denominator == 1 else f"{half_up(value, 4):f}"
