"""What statistical reports have in common: their figures in the order of the page, periods and how they are counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from db import conventions, store
from db.hospital import site
from db.statistics import figures, limits, work_figures
from reports import conventions as said
from reports.page import wrapped
from reports.parameters import Asked, NotAsked
from reports.statistics.parameters import ACCOUNTING, FEDERAL, FISCAL, PERIOD
from rules import statistics
from rules.conventions import Conventions
from rules.dates import show_date
from rules.figure_notes import Limits
from rules.moments import iso_date
from rules.periods import (
    FEDERAL_FISCAL_START,
    Period,
    a_year_before,
    accounting_month,
    accounting_year_to,
    fiscal_year_to,
    month,
    month_of,
)
from rules.statistics import (
    ADULTS,
    BY_KEY,
    CLASS_COUNTS,
    INCLUDING,
    LABELS,
    NEWBORN,
    Count,
    Figure,
    with_both,
    with_hospital,
)

# Why a figure has no value, by the count that is missing.
MISSING: Final = {
    "bed_count_days": "no bed counts on file",
    NEWBORN + "bed_count_days": "no bassinet counts on file",
}
OF_SERVICES: Final = {
    "bed_count_days": "beds are counted by unit",
    NEWBORN + "bed_count_days": "bassinets are counted by unit",
}

NO_VALUE: Final = "n/a: there is nothing to divide by."

CENSUS_LINES: Final = (
    "opening_census", "admissions", "transfers_in", "transfers_out", "discharges", "deaths",
    "deaths_under_48h", "closing_census", "peak_census", "minimum_census", "inpatient_service_days",
    "same_day_cases", "leave_days", "bed_count_days", "discharge_days", "average_daily_census",
    "average_length_of_stay", "occupancy_rate", "direct_bed_turnover", "indirect_bed_turnover",
    "gross_death_rate", "net_death_rate",
)  # fmt: skip
BOTH_LINES: Final = ("average_daily_census", "average_length_of_stay", "gross_death_rate", "net_death_rate")
BIRTH_LINES: Final = (
    "live_births", "deliveries", "cesarean_rate", "newborn_death_rate", "newborn_deaths_per_1000_live_births",
    "fetal_death_rate", "maternal_death_rate", "maternal_deaths_per_100000_live_births",
)  # fmt: skip
EVENT_LINES: Final = (
    "hospital_gross_death_rate", "hospital_net_death_rate", "operations", "patients_operated",
    "postoperative_death_rate", "anesthetics", "anesthesia_death_rate", "gross_autopsy_rate", "net_autopsy_rate",
    "adjusted_autopsy_rate", "patients_consulted", "consultation_rate", "hospital_infections", "infection_rate",
    "clean_case_infections", "postoperative_infection_rate", "device_infection_rate", "live_discharges",
    "readmissions_30_day", "readmission_30_day_rate", "case_mix_index", "discharges_grouped",
    "discharges_not_grouped",
)  # fmt: skip
NOT_COLLECTED: Final = frozenset({"maternal_deaths_per_100000_live_births", "device_infection_rate"})
WORK_LINES: Final = (
    "delinquency_rate", "dnfb_days", "coding_productivity", "code_accuracy_rate", "record_accuracy_rate",
    "drg_accuracy_rate", "poa_accuracy_rate", "roi_turnaround", "roi_within_limit_rate",
)  # fmt: skip
HOUSE_LINES: Final = BIRTH_LINES + EVENT_LINES + WORK_LINES
PART_LINES: Final = tuple(key for key in CENSUS_LINES if key not in ("peak_census", "minimum_census"))


@dataclass(frozen=True, slots=True)
class Beside:
    """One of the periods that stand side by side, with its counts and why others are missing."""

    heading: str
    period: Period
    counts: Mapping[str, Count]
    missing: Mapping[str, str] = field(default_factory=lambda: MISSING)


@dataclass(frozen=True, slots=True)
class Counting:
    """How the facility counts, for footers and JSON."""

    census: Conventions
    rates: Mapping[str, str]  # conventions of rates
    windows: Mapping[str, int | None]  # limits that they count within
    fiscal_year_start: str
    style: str
    outside: tuple[str, ...] = ()  # units that do not count in the census

    def sentences(self) -> tuple[str, ...]:
        """Every convention that a statistic rests on."""
        start = self.fiscal_year_start.replace("-", "/")
        return (
            *said.sentences(self.census),
            f"Deaths under {self.census.early_death_hours} hours by the clock from admission.",
            "A stay's days belong to the period of its discharge. House rates come from summed counts.",
            *said.of_rates(self.rates, self.windows),
            f"The fiscal year begins on {start}.",
            *said.of_units(self.outside),
        )

    def of_class(self, key: str, prefix: str) -> str:
        """The class that a figure's list is of: with newborns where the hospital's death rates have them."""
        both = key.startswith("hospital_") and self.rates["newborns_in_death_rates"] == "both terms"
        return INCLUDING if both else prefix

    def as_json(self) -> dict[str, str]:
        """The same as values."""
        windows = {name: str(value) for name, value in self.windows.items() if value is not None}
        return said.as_json(self.census, fiscal_year_start=self.fiscal_year_start, **self.rates, **windows)


WINDOWS: Final = ("postoperative_days", "readmission_days", "infection_hours", "infection_hospital_day")


def counting(day: int) -> Counting:
    """How the facility counts on a day."""
    return Counting(
        conventions.conventions(day), conventions.statistical(day),
        {name: limits.limit(name, day) for name in WINDOWS},
        conventions.convention("fiscal_year_start", day), conventions.convention("date_style", day),
        site.outside_census(),
    )  # fmt: skip


def limits_on(day: int) -> Limits:
    """What the facility expects of figures on a day."""
    most = {
        "delinquency_rate": limits.limit("delinquency_percent", day),
        "dnfb_days": limits.dnfb_target(day),
    }
    floors = limits.accuracy_floors(day)
    least = {f"{name}_accuracy_rate": floors.get(of) for name, of in ACCURACY.items()}
    return Limits(
        limits.limit("jump_percent", day), limits.limit("jump_count", day),
        {key: limit for key, limit in most.items() if limit is not None},
        {key: floor for key, floor in least.items() if floor is not None},
    )  # fmt: skip


ACCURACY: Final = {"code": "codes", "record": "records", "drg": "drg", "poa": "poa"}


def asked_period(asked: Mapping[str, str], years_back: int = 0, months_back: int = 0) -> Period:
    """The period that was asked for as a whole, or the one that lies so far before it."""
    kind, first = asked.get(PERIOD.name, ""), month(asked["month"]).from_day
    calendar = month_of(first, years_back=years_back, months_back=months_back)
    start, weekday = _year_begins(calendar)
    if kind == ACCOUNTING:
        return accounting_month(calendar.name, start, weekday)
    if kind in (FISCAL, FEDERAL):
        return fiscal_year_to(calendar.to_day, start if kind == FISCAL else FEDERAL_FISCAL_START)
    return calendar


def asked_months(asked: Asked, number: int) -> list[Period]:
    """So many months, the one asked for last: accounting months if it is one, calendar months of a year."""
    kind = asked.get(PERIOD.name, "")
    single = {"month": asked["month"], PERIOD.name: kind if kind == ACCOUNTING else ""}
    return [so_far(asked_period(single, months_back=back)) for back in reversed(range(number))]


def year_before(asked: Asked, period: Period) -> Period:
    """What was asked for a year earlier, as far as it had gone when ``period``, which may be under way, ends."""
    before = asked_period(asked, years_back=1)
    if period.to_day == asked_period(asked).to_day:
        return before
    if asked.get(PERIOD.name, "") == ACCOUNTING:
        return before.until(before.from_day + period.days - 1)
    return before.until(a_year_before(period.to_day))


def year_to_date(asked: Asked, period: Period) -> Period:
    """The fiscal year to the end of a period, for an accounting month the accounting year."""
    calendar = month(asked["month"])
    start, weekday = _year_begins(calendar)
    if asked.get(PERIOD.name, "") == ACCOUNTING:
        return accounting_year_to(calendar.name, start, weekday).until(period.to_day)
    return fiscal_year_to(period.to_day, start)


def _year_begins(calendar: Period) -> tuple[str, str]:
    """The first day of the fiscal year, and the weekday on which accounting years begin."""
    day = calendar.to_day
    return conventions.convention("fiscal_year_start", day), conventions.convention("accounting_weekday", day)


def so_far(period: Period) -> Period:
    """A period that is under way, to the last whole day; one that is over as it is. Raises ``NotAsked``."""
    today = store.current().now().day
    if period.from_day >= today:
        raise NotAsked(f"{short(period)} has no whole day yet: statistics are of days that are over.")
    return period.until(today - 1)


def counted(period: Period, house: figures.Counts | None = None) -> tuple[dict[str, Count], dict[str, str]]:
    """All counts of the house in a period, and why others are missing; ``house`` is its census where it is known."""
    newborns = conventions.convention("newborns_in_death_rates", period.to_day) == "both terms"
    work, missing = work_figures.counted(period)
    counts = with_hospital(with_both(figures.whole(period, house)), newborns=newborns)
    return counts | work, MISSING | missing


def worked(key: str, counts: Mapping[str, Count], prefix: str, missing: Mapping[str, str]) -> Figure:
    """A count or a formula of the table, for a class."""
    if key in BY_KEY:
        return statistics.figure(key, counts, prefix, missing)
    return statistics.count(prefix + key if key in CLASS_COUNTS else key, counts, missing)


def label(key: str, prefix: str) -> str:
    """A figure's name with its class."""
    return LABELS[key] + {ADULTS: "", NEWBORN: ", newborns", INCLUDING: ", newborns included"}[prefix]


def not_whole(since: int | None, columns: Iterable[Beside], style: str) -> Iterator[str]:
    """Which periods begin before the first day on file, without a full stop: their averages are over all their days."""
    early = [each.heading for each in columns if since and each.period.from_day < since]
    if since and early:
        yield f"{', '.join(early)}: nothing is on file before {show_date(iso_date(since), style)}"


def listed(sentences: Iterable[str], width: int) -> Iterator[str]:
    """Sentences, each indented and over as many lines as it needs."""
    for sentence in sentences:
        yield from (f"  {line}" for line in wrapped(f"{sentence}.", width - 2))


def span(period: Period, style: str) -> str:
    """``11/01/2026 to 11/30/2026``."""
    return f"{show_date(iso_date(period.from_day), style)} to {show_date(iso_date(period.to_day), style)}"


def chosen(what: str, period: Period) -> str:
    """The line of the selection: what is shown, and which period where that is no calendar month."""
    return what if period.of_calendar else f"{what}; {short(period)}"


def short(period: Period) -> str:
    """``11/2026`` for a month, ``FY2027`` for a fiscal year, ``FY2027 P02`` for an accounting month."""
    year, _, number = period.name.partition("-")
    return f"{number}/{year}" if number else year
