"""The monthly statistical summary, the page that a supervisor signs: rates come from summed counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from db import conventions, store
from db.statistics import figures
from db.statistics.figures import Counts
from reports import conventions as said
from reports.page import Block, Cell, Column, Document, Group, Heads, Item, Total, tabulated, wrapped
from reports.parameters import Asked
from reports.sheet import Sheet
from rules import statistics
from rules.conventions import Conventions
from rules.dates import show_date, show_moment
from rules.moments import iso_date
from rules.periods import Period, fiscal_year_to, month, month_of
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
)

# Why a figure has no value yet, by the count that is missing.
MISSING: Final = {
    "delinquent_records": "chart completion does not feed it yet",
    "bed_count_days": "no bed counts on file",
    NEWBORN + "bed_count_days": "no bassinet counts on file",
}

CENSUS_LINES: Final = (
    "opening_census", "admissions", "transfers_in", "transfers_out", "discharges", "deaths",
    "deaths_under_48h", "closing_census", "peak_census", "minimum_census", "inpatient_service_days",
    "same_day_cases", "leave_days", "bed_count_days", "discharge_days", "average_daily_census",
    "average_length_of_stay", "occupancy_rate", "direct_bed_turnover", "indirect_bed_turnover",
    "gross_death_rate", "net_death_rate",
)  # fmt: skip
BOTH_LINES: Final = ("average_daily_census", "average_length_of_stay", "gross_death_rate", "net_death_rate")
EVENT_LINES: Final = (
    "live_births", "deliveries", "newborn_deaths_per_1000_live_births", "fetal_death_rate",
    "maternal_death_rate", "cesarean_rate", "postoperative_death_rate", "anesthesia_death_rate",
    "gross_autopsy_rate", "net_autopsy_rate", "adjusted_autopsy_rate", "consultation_rate", "infection_rate",
    "postoperative_infection_rate", "readmission_30_day_rate", "case_mix_index",
    "discharges_not_grouped", "delinquency_rate",
)  # fmt: skip
PART_LINES: Final = tuple(key for key in CENSUS_LINES if key not in ("peak_census", "minimum_census"))


@dataclass(frozen=True, slots=True)
class Beside:
    """One of the periods that stand side by side, with its counts."""

    heading: str
    period: Period
    counts: Mapping[str, Count]


@dataclass(frozen=True, slots=True)
class Data:
    """The counts of the month in all parts, and of the periods beside it for the house."""

    month: str
    period: Period
    columns: tuple[Beside, ...]  # the month itself first
    by_unit: Mapping[str, Mapping[str, Count]]
    by_service: Mapping[str, Mapping[str, Count]]
    unit_names: Mapping[str, str]
    service_names: Mapping[str, str]
    conventions: Conventions
    fiscal_year_start: str
    style: str
    as_of: str
    status: str  # open, closed, restated
    version: int | None = None
    missing: Mapping[str, str] = field(default_factory=lambda: MISSING)
    signed_by: str = ""  # who closed the month


def query(asked: Asked) -> Data:
    """Count the month, the same month last year, and the fiscal year to the end of the month.

    A month that is under way is counted to the last whole day, and so is the month of last year.
    """
    now = store.current().now()
    whole = month(asked["month"])
    under_way = whole.from_day < now.day <= whole.to_day
    period = whole.until(now.day - 1) if under_way else whole
    last_year = month_of(whole.from_day, years_back=1)
    last_year = last_year.until(last_year.from_day + period.days - 1) if under_way else last_year
    start = conventions.convention("fiscal_year_start", period.to_day)
    counted = figures.period_counts(period)
    columns = (
        _column("This month", period, counted.house),
        _column("Last year", last_year, figures.house_counts(last_year)),
        _column("Fiscal year", year := fiscal_year_to(period.to_day, start), figures.house_counts(year)),
    )
    style = conventions.convention("date_style", period.to_day)
    return Data(
        whole.name, period, columns, counted.by_unit, counted.by_service, figures.names("unit"),
        figures.names("service"), conventions.conventions(period.to_day), start, style, now.local, asked.status,
        asked.version, signed_by=asked.actor.user if asked.version else "",
    )  # fmt: skip


def _column(heading: str, period: Period, house: Counts) -> Beside:
    events = figures.event_counts(period) | figures.readmissions(period)
    return Beside(heading, period, with_both({**house, **events, **figures.case_mix(period)}))


def worked(key: str, counts: Mapping[str, Count], prefix: str, missing: Mapping[str, str]) -> Figure:
    """A count or a formula of the table, for a class."""
    if key in BY_KEY:
        return statistics.figure(key, counts, prefix, missing)
    return statistics.count(prefix + key if key in CLASS_COUNTS else key, counts, missing)


def render(data: Data, width: int) -> Document:
    """The summary as a document for a page of 80 or 132 columns."""
    body: list[Item] = [
        _block(data, "ADULTS AND CHILDREN", CENSUS_LINES, ADULTS, width),
        _block(data, "NEWBORNS", CENSUS_LINES, NEWBORN, width),
        _block(data, "ADULTS, CHILDREN AND NEWBORNS TOGETHER", BOTH_LINES, INCLUDING, width),
        _block(data, "BIRTHS, OPERATIONS, AUTOPSIES AND OTHER RATES", EVENT_LINES, ADULTS, width),
        *_parts(data, "BY SERVICE", "Service", data.by_service, data.service_names, width),
        *_parts(data, "BY UNIT", "Unit", data.by_unit, data.unit_names, width),
        Heads(),
        *_notes(data, width),
        Block(("", "", _signature(data)), keep_next=False),
    ]
    return Document(
        "S01", "MONTHLY STATISTICAL SUMMARY", _span(data.period, data.style), "all units and services", body, None,
        _sentences(data), frozen_columns=40 if width >= 132 else 34,
    )  # fmt: skip


def _signature(data: Data) -> str:
    if not data.signed_by:
        return f"{'Prepared by':<14}{'_' * 30}   Signed {'_' * 24}"
    at = show_moment(data.as_of, data.style)
    return f"{data.status.capitalize()} as version {data.version} by {data.signed_by}, {at}"


def _span(period: Period, style: str) -> str:
    first, last = iso_date(period.from_day), iso_date(period.to_day)
    return f"{show_date(first, style)} to {show_date(last, style)}"


def _short(period: Period) -> str:
    """``11/2026`` for a month, ``FY2027`` for a fiscal year."""
    year, _, number = period.name.partition("-")
    return f"{number}/{year}" if number else year


def _sentences(data: Data) -> tuple[str, ...]:
    month, day = data.fiscal_year_start.split("-")
    return (
        *said.sentences(data.conventions),
        f"Deaths under {data.conventions.early_death_hours} hours by the clock from admission.",
        "A stay's days belong to the period of its discharge. House rates come from summed counts.",
        "; ".join(f"{each.heading}: {_span(each.period, data.style)}" for each in data.columns) + ".",
        "Readmissions: for any cause, within 30 days of a live discharge.",
        f"The fiscal year begins on {month}/{day}. Figures as of this run; the month is {data.status}.",
    )


def _block(data: Data, caption: str, keys: tuple[str, ...], prefix: str, width: int) -> Block:
    rows = [
        (LABELS[key], *[worked(key, each.counts, prefix, data.missing).shown for each in data.columns])
        for key in keys
    ]
    heads = ["", *[f"{each.heading}\n{_short(each.period)}" for each in data.columns]]
    return tabulated(heads, rows, width, caption=caption, label_width=40 if width >= 132 else 34)


_PART_COLUMNS: Final = {
    80: (
        ("admissions", "Adm", 5), ("discharges", "Disch", 5), ("deaths", "Died", 4),
        ("inpatient_service_days", "Service|days", 7), ("average_daily_census", "ADC", 6),
        ("discharge_days", "Disch|days", 6), ("average_length_of_stay", "ALOS", 6),
        ("occupancy_rate", "Occ %", 6), ("gross_death_rate", "Gross|death%", 6),
    ),
    132: (
        ("opening_census", "Begin", 5), ("admissions", "Adm", 6), ("transfers_in", "Trf|in", 5),
        ("discharges", "Disch", 6), ("deaths", "Died", 4), ("deaths_under_48h", "<48h", 4),
        ("transfers_out", "Trf|out", 5), ("closing_census", "End", 5),
        ("inpatient_service_days", "Service|days", 8), ("same_day_cases", "Same|day", 4),
        ("average_daily_census", "ADC", 7), ("discharge_days", "Disch|days", 8),
        ("average_length_of_stay", "ALOS", 6), ("occupancy_rate", "Occ %", 6),
        ("gross_death_rate", "Gross|death%", 6), ("net_death_rate", "Net|death%", 6),
    ),
}  # fmt: skip


def _parts(
    data: Data, caption: str, kind: str, parts: Mapping[str, Mapping[str, Count]], names: Mapping[str, str],
    width: int,
) -> Iterator[Item]:  # fmt: skip
    """The month by unit or service, and the house under each class, worked from its own sums."""
    if not parts:
        return
    lines = _PART_COLUMNS[132 if width >= 132 else 80]
    keys = tuple(key for key, _, _ in lines)
    label = 24 if width >= 132 else 18
    yield Heads()
    yield Block(("", f"{caption}, {_span(data.period, data.style)}"), keep_next=True)
    yield Heads((Column(kind, label), *[Column(head, size, number=True) for _, head, size in lines]))
    missing = {**data.missing, "bed_count_days": f"beds are counted by unit ({kind.lower()})"}
    for prefix, title in ((ADULTS, "Adults and children"), (NEWBORN, "Newborns")):
        chosen = {code: counts for code, counts in sorted(parts.items()) if _anything(counts, prefix)}
        if not chosen:
            continue
        yield Group(title)
        for code, counts in chosen.items():
            name = names.get(code) or code
            yield _line(name if name == code else f"{code} {name}", keys, counts, prefix, missing)
        house = dict(data.columns[0].counts)
        for key in ("transfers_in", "transfers_out"):  # services have transfers of their own
            house[prefix + key] = sum(int(counts.get(prefix + key, 0)) for counts in chosen.values())
        yield Total("House", _line("", keys, house, prefix, data.missing), rule=True)


def _anything(counts: Mapping[str, Count], prefix: str) -> bool:
    return any(counts.get(prefix + key) for key in ("opening_census", "admissions", "inpatient_service_days",
                                                    "discharges", "bed_count_days"))  # fmt: skip


def _line(
    label: str, keys: tuple[str, ...], counts: Mapping[str, Count], prefix: str, missing: Mapping[str, str]
) -> tuple[Cell, ...]:
    return (label, *[worked(key, counts, prefix, missing).shown for key in keys])


def _listed(sentences: Iterable[str], width: int) -> Iterator[str]:
    """Sentences, each indented and over as many lines as it needs."""
    for sentence in sentences:
        yield from (f"  {line}" for line in wrapped(f"{sentence}.", width - 2))


def _notes(data: Data, width: int) -> Iterator[Item]:
    """What somebody should look at before signing, and why a figure has no value."""
    of_month = [
        worked(key, data.columns[0].counts, prefix, data.missing)
        for prefix, keys in ((ADULTS, CENSUS_LINES + EVENT_LINES), (NEWBORN, CENSUS_LINES))
        for key in keys
    ]
    doubts = dict.fromkeys(each.doubt for each in of_month if each.doubt)
    reasons = dict.fromkeys(each.why for each in of_month if each.why)
    if doubts:
        yield Block(("", "LOOK AT THESE BEFORE SIGNING", *_listed(doubts, width)))
    if reasons:
        yield Block(("", "Figures shown as n/a this month:", *_listed(reasons, width)))


def sheets(data: Data) -> list[Sheet]:
    """The house over the three periods, and the month by service and by unit."""
    sentences = _sentences(data)
    house = [
        (prefix + key if key in CLASS_COUNTS or prefix else key, _label(key, prefix),
         *[worked(key, each.counts, prefix, data.missing).value for each in data.columns])
        for prefix, keys in ((ADULTS, CENSUS_LINES + EVENT_LINES), (NEWBORN, CENSUS_LINES),
                             (INCLUDING, BOTH_LINES))
        for key in keys
    ]  # fmt: skip
    headings = ("Key", "Figure", *[each.heading for each in data.columns])
    keys = ("key", "figure", "this_month", "last_year", "fiscal_year_to_date")
    return [
        Sheet("house", keys, headings, house, sentences),
        _part_sheet("by_service", data.by_service, data.missing, sentences),
        _part_sheet("by_unit", data.by_unit, data.missing, sentences),
    ]


def _label(key: str, prefix: str) -> str:
    return LABELS[key] + {ADULTS: "", NEWBORN: ", newborns", INCLUDING: ", newborns included"}[prefix]


def _part_sheet(
    name: str,
    parts: Mapping[str, Mapping[str, Count]],
    missing: Mapping[str, str],
    sentences: tuple[str, ...],
) -> Sheet:
    keys = [prefix + key for prefix in (ADULTS, NEWBORN) for key in PART_LINES]
    rows = [
        (
            code,
            *[
                worked(key, counts, prefix, missing).value
                for prefix in (ADULTS, NEWBORN)
                for key in PART_LINES
            ],
        )
        for code, counts in sorted(parts.items())
    ]
    headings = [_label(key, prefix) for prefix in (ADULTS, NEWBORN) for key in PART_LINES]
    return Sheet(name, ("code", *keys), ("Code", *headings), rows, sentences)


def as_json(data: Data) -> dict[str, Any]:
    """Every figure of the month with what it was made from; values are strings as printed."""
    worked_out = (worked(key, data.columns[0].counts, prefix, data.missing) for prefix, key in figure_keys())
    house = {each.key: statistics.as_json(each) for each in worked_out}
    return {
        "period": data.month,
        "from": iso_date(data.period.from_day),
        "to": iso_date(data.period.to_day),
        "status": data.status,
        "version": data.version,
        "as_of": data.as_of,
        "conventions": said.as_json(data.conventions, fiscal_year_start=data.fiscal_year_start),
        "figures": house,
        "by_unit": _parts_json(data.by_unit, data.missing),
        "by_service": _parts_json(
            data.by_service, {**data.missing, "bed_count_days": "beds are counted by unit",
                              NEWBORN + "bed_count_days": "bassinets are counted by unit"}
        ),
    }  # fmt: skip


def figure_keys() -> list[tuple[str, str]]:
    """Every figure of the house, as the prefix of its class and its key."""
    lines = ((ADULTS, CENSUS_LINES + EVENT_LINES), (NEWBORN, CENSUS_LINES), (INCLUDING, _including_keys()))
    return [(prefix, key) for prefix, keys in lines for key in keys]


def _including_keys() -> tuple[str, ...]:
    """Counts over both classes, and the rates that are defined over both."""
    apart = ("peak_census", "minimum_census", "bed_count_days")
    return tuple(
        key
        for key in CENSUS_LINES
        if key not in apart and (key not in BY_KEY or INCLUDING in BY_KEY[key].classes)
    )


def _parts_json(
    parts: Mapping[str, Mapping[str, Count]], missing: Mapping[str, str]
) -> dict[str, dict[str, dict[str, str | None]]]:
    return {
        code: {
            each.key: statistics.as_json(each)
            for prefix in (ADULTS, NEWBORN)
            for each in (worked(key, counts, prefix, missing) for key in PART_LINES)
        }
        for code, counts in sorted(parts.items())
    }
