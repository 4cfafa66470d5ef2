"""S01: the month beside the same month of last year and the fiscal year, twelve months, by unit, service and more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from db import store
from db.statistics import discharges, figures
from db.statistics.discharges import Part
from reports.charts import bars
from reports.page import Block, Cell, Column, Document, Group, Heads, Item, Linked, Total
from reports.parameters import Asked
from reports.sheet import Sheet
from reports.statistics import drill, patient_mix
from reports.statistics.measures import (
    BIRTH_LINES,
    BOTH_LINES,
    CENSUS_LINES,
    EVENT_LINES,
    HOUSE_LINES,
    MISSING,
    OF_SERVICES,
    PART_LINES,
    WORK_LINES,
    Beside,
    Counting,
    asked_months,
    asked_period,
    chosen,
    counted,
    counting,
    label,
    limits_on,
    listed,
    not_whole,
    short,
    so_far,
    span,
    worked,
    year_before,
    year_to_date,
)
from reports.statistics.parameters import BY, FEDERAL, FISCAL, PERIOD
from reports.tabulated import tabulated
from rules import figure_notes, statistics
from rules.dates import show_moment
from rules.figure_notes import Limits
from rules.moments import iso_date
from rules.periods import Period
from rules.statistics import ADULTS, BY_KEY, CLASS_COUNTS, INCLUDING, LABELS, NEWBORN, Count, Figure

STRIP: Final = 12  # months
ELSEWHERE: Final = "Elsewhere: there is nothing to divide by"


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
    counting: Counting
    as_of: str
    status: str  # open, closed, restated
    version: int | None = None
    months: tuple[Beside, ...] = ()  # the census of twelve months, this one last
    by: str = ""  # what discharges are divided by
    parts: tuple[Part, ...] = ()
    limits: Limits = field(default_factory=Limits)
    signed_by: str = ""  # who closed the month
    since: int | None = None  # the first day on file


def query(asked: Asked) -> Data:
    """Count the month, the same month last year, the fiscal year to the end of the month, and twelve months.

    A month that is under way is counted to the last whole day, and so is the month of last year.
    """
    whole = asked_period(asked)
    period, how = so_far(whole), counting(whole.to_day)
    before, year, strip = year_before(asked, period), year_to_date(asked, period), asked_months(asked, STRIP)
    houses = figures.houses((period, before, year, *strip))
    parts = figures.period_counts(period, houses[0])
    this = "This year" if asked.get(PERIOD.name, "") in (FISCAL, FEDERAL) else "This month"
    columns = zip((this, "Last year", "Fiscal year"), (period, before, year), houses, strict=False)
    by = asked.get(BY.name, "")
    return Data(
        asked["month"], period,
        tuple(Beside(heading, each, *counted(each, house)) for heading, each, house in columns),
        parts.by_unit, parts.by_service, figures.names("unit"), figures.names("service"), how,
        store.current().now().local, asked.status, asked.version,
        tuple(Beside(short(each), each, house) for each, house in zip(strip, houses[3:], strict=True)),
        by, tuple(discharges.mix(period, (by,))[by]) if by else (),
        limits_on(period.to_day),
        asked.actor.user if asked.version else "",
        figures.first_day(),
    )  # fmt: skip


def render(data: Data, width: int) -> Document:
    """The summary as a document for a page of 80 or 132 columns."""
    body: list[Item] = [
        _block(data, "ADULTS AND CHILDREN", CENSUS_LINES, ADULTS, width),
        _block(data, "NEWBORNS", CENSUS_LINES, NEWBORN, width),
        _block(data, "ADULTS, CHILDREN AND NEWBORNS TOGETHER", BOTH_LINES, INCLUDING, width),
        _block(data, "BIRTHS", BIRTH_LINES, ADULTS, width),
        _block(data, "DEATHS, OPERATIONS, AUTOPSIES, INFECTIONS, CASE MIX", EVENT_LINES, ADULTS, width),
        _block(data, "RECORDS", WORK_LINES, ADULTS, width),
        *_twelve_months(data, width),
        *_parts(data, "BY SERVICE", "Service", data.by_service, data.service_names, width),
        *_parts(data, "BY UNIT", "Unit", data.by_unit, data.unit_names, width),
        *patient_mix.table(data.by, data.parts, data.period, width),
        Heads(),
        *_notes(data, width),
        Block(("", "", _signature(data)), keep_next=False),
    ]
    return Document(
        "S01", "MONTHLY STATISTICAL SUMMARY", _span(data), chosen("all units and services", data.period), body, None,
        _sentences(data), frozen_columns=40 if width >= 132 else 34,
    )  # fmt: skip


def _signature(data: Data) -> str:
    if not data.signed_by:
        return f"{'Prepared by':<14}{'_' * 30}   Signed {'_' * 24}"
    at = show_moment(data.as_of, data.counting.style)
    return f"{data.status.capitalize()} as version {data.version} by {data.signed_by}, {at}"


def _span(data: Data) -> str:
    return span(data.period, data.counting.style)


def _sentences(data: Data) -> tuple[str, ...]:
    style = data.counting.style
    return (
        *data.counting.sentences(),
        "; ".join(
            f"{each.heading}: {span(each.period, style)}, {each.period.days} days" for each in data.columns
        )
        + ".",
    )


def _block(data: Data, caption: str, keys: tuple[str, ...], prefix: str, width: int) -> Block:
    rows = [
        (LABELS[key], *[worked(key, each.counts, prefix, each.missing).shown for each in data.columns])
        for key in keys
    ]
    heads = ["", *[f"{each.heading}\n{short(each.period)}" for each in data.columns]]
    links = [drill.behind(key, data.period, data.counting.of_class(key, prefix)) for key in keys]
    return tabulated(heads, rows, width, caption=caption, label_width=40 if width >= 132 else 37, links=links)


_STRIP_COLUMNS: Final = {
    80: (
        ("admissions", "Adm", 6), ("discharges", "Disch", 6), ("deaths", "Died", 5),
        ("inpatient_service_days", "Service|days", 8), ("average_daily_census", "ADC", 8),
        ("average_length_of_stay", "ALOS", 6), ("occupancy_rate", "Occ %", 6), ("gross_death_rate", "Gross|death%", 6),
    ),
    132: (
        ("admissions", "Adm", 7), ("discharges", "Disch", 7), ("deaths", "Died", 6), ("deaths_under_48h", "<48h", 5),
        ("inpatient_service_days", "Service|days", 9), ("bed_count_days", "Bed|days", 9),
        ("average_daily_census", "ADC", 9), ("peak_census", "High", 6), ("minimum_census", "Low", 6),
        ("discharge_days", "Disch|days", 8), ("average_length_of_stay", "ALOS", 6), ("occupancy_rate", "Occ %", 6),
        ("gross_death_rate", "Gross|death%", 6), ("net_death_rate", "Net|death%", 6),
    ),
}  # fmt: skip


def _twelve_months(data: Data, width: int) -> Iterator[Item]:
    """Adults and children month by month, and the average daily census as bars."""
    if not data.months:
        return
    lines = _STRIP_COLUMNS[132 if width >= 132 else 80]
    yield Heads()
    yield Block(("", "TWELVE MONTHS, ADULTS AND CHILDREN"), keep_next=True)
    yield Heads((Column("Month", 12), *[Column(head, size, number=True) for _, head, size in lines]))
    for each in data.months:
        row = (each.heading, *[worked(key, each.counts, ADULTS, each.missing).shown for key, _, _ in lines])
        go = drill.go("monthly-statistics", month=each.period.name) if each.period.of_calendar else ""
        yield Linked(row, go)
    heads = [(each.heading, worked("average_daily_census", each.counts, ADULTS, {})) for each in data.months]
    drawn = bars([(heading, figure.value, figure.shown) for heading, figure in heads], min(width, 100))
    yield Heads()
    yield Block(("", "CHART: AVERAGE DAILY CENSUS, ADULTS AND CHILDREN", *drawn), captioned=True)


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
    of_services = parts is data.by_service
    lines = [  # beds are counted by unit, so that services have more room for their names
        each
        for each in _PART_COLUMNS[132 if width >= 132 else 80]
        if not of_services or each[0] != "occupancy_rate"
    ]
    keys = tuple(key for key, _, _ in lines)
    first = min(40, width - sum(size + 1 for _, _, size in lines))
    yield Heads()
    yield Block(("", f"{caption}, {_span(data)}"), keep_next=True)
    yield Heads((Column(kind, first), *[Column(head, size, number=True) for _, head, size in lines]))
    missing = OF_SERVICES if of_services else MISSING
    for prefix, title in ((ADULTS, "Adults and children"), (NEWBORN, "Newborns")):
        chosen = {code: counts for code, counts in sorted(parts.items()) if _anything(counts, prefix)}
        if not chosen:
            continue
        yield Group(title)
        for code, counts in chosen.items():
            row = _line(named(code, names), keys, counts, prefix, missing)
            yield Linked(row, drill.behind("discharges", data.period, prefix, **{kind.lower(): code}))
        house = dict(data.columns[0].counts)
        for key in ("transfers_in", "transfers_out"):  # services have transfers of their own
            house[prefix + key] = sum(int(counts.get(prefix + key, 0)) for counts in chosen.values())
        total = Total("House", _line("", keys, house, prefix, MISSING), rule=True)
        yield Linked(total, drill.behind("discharges", data.period, prefix))


def named(code: str, names: Mapping[str, str]) -> str:
    """``3W MEDICAL WEST``; the code alone where that is the name."""
    name = names.get(code) or code
    return name if name == code else f"{code} {name}"


def _anything(counts: Mapping[str, Count], prefix: str) -> bool:
    return any(counts.get(prefix + key) for key in ("opening_census", "admissions", "inpatient_service_days",
                                                    "discharges", "bed_count_days"))  # fmt: skip


def _line(
    label: str, keys: tuple[str, ...], counts: Mapping[str, Count], prefix: str, missing: Mapping[str, str]
) -> tuple[Cell, ...]:
    return (label, *[worked(key, counts, prefix, missing).shown for key in keys])


def _notes(data: Data, width: int) -> Iterator[Item]:
    """What somebody should look at before signing, and why figures have no value."""
    worked_out = [
        [worked(key, each.counts, prefix, each.missing) for prefix, key in figure_keys()]
        for each in data.columns
    ]
    year_ago = data.columns[1].counts if len(data.columns) > 1 else {}
    doubts = [
        *figure_notes.notes(worked_out[0], data.columns[0].counts, year_ago, data.limits),
        *not_whole(data.since, data.columns, data.counting.style),
    ]
    if doubts:
        yield Block(("", "LOOK AT THESE BEFORE SIGNING", *listed(doubts, width)))
    reasons = list(_reasons(data.columns, worked_out))
    yield Block(("", "Figures shown as n/a:", *listed([*reasons, ELSEWHERE], width)))


def _reasons(columns: Sequence[Beside], worked_out: Sequence[Sequence[Figure]]) -> Iterator[str]:
    """Why figures have no value: all of the first column, and what else is not collected in those beside it."""
    said: set[tuple[str, str]] = set()
    for at, (column, found) in enumerate(zip(columns, worked_out, strict=True)):
        reasons: dict[str, list[str]] = {}
        for each in found:
            known = (each.key, each.why) in said or (at and each.nothing_to_divide_by)
            if each.why and not known and not each.key.startswith(INCLUDING):
                reasons.setdefault(each.why, []).append(each.key)
                said.add((each.key, each.why))
        for why, keys in reasons.items():
            yield f"{column.heading + ', ' if at else ''}{_names(keys)}: {why}"


def _names(keys: Iterable[str]) -> str:
    names = (LABELS[key.removeprefix(NEWBORN) if key not in LABELS else key] for key in keys)
    return ", ".join(dict.fromkeys(names))


def sheets(data: Data) -> list[Sheet]:
    """The house over the three periods, twelve months of it, and the month by service, unit and what was asked for."""
    sentences = _sentences(data)
    house = [
        (prefix + key if key in CLASS_COUNTS or prefix else key, label(key, prefix),
         *[worked(key, each.counts, prefix, each.missing).value for each in data.columns])
        for prefix, keys in ((ADULTS, CENSUS_LINES + HOUSE_LINES), (NEWBORN, CENSUS_LINES),
                             (INCLUDING, BOTH_LINES))
        for key in keys
    ]  # fmt: skip
    headings = ("Key", "Figure", *[each.heading for each in data.columns])
    keys = ("key", "figure", "this_month", "last_year", "fiscal_year_to_date")
    months = {each.period.name: each.counts for each in data.months}
    return [
        Sheet("house", keys, headings, house, sentences),
        _part_sheet("twelve_months", months, MISSING, sentences, ordered=False),
        _part_sheet("by_service", data.by_service, OF_SERVICES, sentences),
        _part_sheet("by_unit", data.by_unit, MISSING, sentences),
        *([patient_mix.sheet(data.by, data.parts, sentences)] if data.by else []),
    ]


def _part_sheet(
    name: str, parts: Mapping[str, Mapping[str, Count]], missing: Mapping[str, str], sentences: tuple[str, ...],
    *, ordered: bool = True,
) -> Sheet:  # fmt: skip
    lines = [(prefix, key) for prefix in (ADULTS, NEWBORN) for key in PART_LINES]
    rows = [
        (code, *[worked(key, parts[code], prefix, missing).value for prefix, key in lines])
        for code in (sorted(parts) if ordered else parts)
    ]
    headings = [label(key, prefix) for prefix, key in lines]
    return Sheet(
        name, ("code", *[prefix + key for prefix, key in lines]), ("Code", *headings), rows, sentences
    )


def as_json(data: Data) -> dict[str, Any]:
    """Every figure of the month with what it was made from; values are strings as printed."""
    return {
        "period": data.period.name,
        "from": iso_date(data.period.from_day),
        "to": iso_date(data.period.to_day),
        "days": str(data.period.days),
        "status": data.status,
        "version": data.version,
        "as_of": data.as_of,
        "conventions": data.counting.as_json(),
        "figures": _house_json(data.columns[0]),
        "by_unit": _parts_json(data.by_unit, MISSING),
        "by_service": _parts_json(data.by_service, OF_SERVICES),
        **{name: _beside_json(each) for name, each in zip(("last_year", "fiscal_year_to_date"), data.columns[1:],
                                                          strict=False)},
        "twelve_months": _parts_json({each.period.name: each.counts for each in data.months}, MISSING),
        **({f"by_{data.by.replace('-', '_')}": patient_mix.as_objects(data.parts)} if data.by else {}),
    }  # fmt: skip


def _beside_json(beside: Beside) -> dict[str, Any]:
    first, last = iso_date(beside.period.from_day), iso_date(beside.period.to_day)
    return {"from": first, "to": last, "figures": _house_json(beside)}


def _house_json(beside: Beside) -> dict[str, Any]:
    worked_out = (worked(key, beside.counts, prefix, beside.missing) for prefix, key in figure_keys())
    return {each.key: statistics.as_json(each) for each in worked_out}


def figure_keys() -> list[tuple[str, str]]:
    """Every figure of the house, as the prefix of its class and its key."""
    lines = ((ADULTS, CENSUS_LINES + HOUSE_LINES), (NEWBORN, CENSUS_LINES), (INCLUDING, _including_keys()))
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
