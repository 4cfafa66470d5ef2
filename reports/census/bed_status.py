"""N02: the Bed Status report of a day: wards, their beds, and the fiscal year to date summed from the day summary.

Columns and formulas are those of VA PIMS 5.3; nothing is carried forward from the day before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

from db.statistics.census import DayRow
from reports import conventions as said
from reports.census.bed_counts import Data, query
from reports.census.lines import CLASSES, NO_DIVISION, behind, so_far, spelled, unbalanced
from reports.census.ward_lines import total
from reports.page import Block, Column, Document, Group, Heads, Item, Linked, Row, Total, wrapped
from reports.sheet import Sheet
from rules.dates import show_date
from rules.moments import iso_date
from rules.periods import month_of
from rules.statistics import NOT_APPLICABLE, half_up

__all__ = ["query", "render", "sheets"]

# Starting at columns 1, 10, 21, 27, 33, 39, 45, 52, 58, 64, 71, 78, 85, 92, 100, 105, 113 and 123, as in VistA.
WIDE: Final = (
    Column("Ward", 8), Column("Bed|section", 10), Column("Prev|rem", 5, True), Column("Gain", 5, True),
    Column("Loss", 5, True), Column("Rem", 5, True), Column("Pass", 6, True), Column("AA", 5, True),
    Column("UA", 5, True), Column("ASIH", 6, True), Column("Vacant", 6, True), Column("Out of|serv", 6, True),
    Column("Oper", 6, True), Column("Over|cap", 7, True), Column("Auth", 4, True), Column("Cum|ADC", 7, True),
    Column("Cum|occ %", 9, True), Column("Cum|pat days", 10, True),
)  # fmt: skip
NARROW: Final = (
    Column("Ward", 10), Column("Prev|rem", 5, True), Column("Gain", 4, True), Column("Loss", 4, True),
    Column("Rem", 5, True), Column("Pass", 4, True), Column("AA", 4, True), Column("UA", 4, True),
    Column("ASIH", 4, True), Column("Vac", 5, True), Column("OOS", 4, True), Column("Oper", 5, True),
    Column("Over|cap", 4, True), Column("Auth", 4, True),
)  # fmt: skip
CUMULATIVE: Final = (
    Column("Ward", 10), Column("Name", 23), Column("Bed section", 14), Column("Cum|ADC", 9, True),
    Column("Cum|occ %", 9, True), Column("Cum|pat days", 10, True),
)  # fmt: skip
COMPARED: Final[
    tuple[tuple[str, str, Callable[[DayRow], int]], ...]
] = (  # with the events of the list behind it
    ("Admissions", "admissions", lambda row: row.admissions),
    ("Interward gains", "transfers", lambda row: row.unit_in),
    ("Interward losses", "transfers", lambda row: row.unit_out),
    ("Interservice gains", "services", lambda row: row.service_in),
    ("Interservice losses", "services", lambda row: row.service_out),
    ("Back from leave", "leaves", lambda row: row.leave_in),
    ("Gone on leave", "leaves", lambda row: row.leave_out),
    ("Discharges, deaths included", "discharges", lambda row: row.discharges),
    ("Deaths", "deaths", lambda row: row.deaths),
    ("One-day patients", "discharges", lambda row: row.same_day),
    ("Patient days", "", lambda row: row.service_days),
)


def render(data: Data, width: int) -> Document:
    """The report as a document for a page of 80 or 132 columns."""
    wide = width >= 132
    body: list[Item] = []
    if data.lines:
        body = [Heads(WIDE if wide else NARROW), *_wards(data, wide=wide)]
        if not wide:
            body += [Heads(CUMULATIVE), *_cumulative(data)]
        body += [*_compared(data, width), *_against_plan(data), *_notes(data, width)]
    shown = show_date(iso_date(data.day), data.style)
    return Document(
        "N02", "BED STATUS", f"{shown}, census at {data.conventions.census_hour.replace(':', '')}",
        so_far("all wards, by division", under_way=data.under_way), body, None, _sentences(data),
        frozen_columns=9 if wide else 11,
    )  # fmt: skip


def _sentences(data: Data) -> tuple[str, ...]:
    first = show_date(iso_date(data.year.from_day), data.style)
    return (
        *said.sentences(data.conventions),
        "Gain: admissions, transfers in, back from leave. Loss: discharges, transfers out, gone on leave.",
        "Pass, AA, UA and ASIH are heads at the census hour. Operating beds: authorized less out of service.",
        f"Cumulative: fiscal year from {first}, summed day by day; ADC over the days that the ward had beds set up.",
    )


def divided(data: Data, *, newborn: bool) -> list[tuple[str, list[str]]]:
    """Divisions with their wards that have a line; those without a division come last."""
    codes = [code for code, each in data.lines if each is newborn]
    found: dict[tuple[bool, str], list[str]] = {}
    for code in codes:
        ward = data.wards[code]
        title = f"DIVISION {ward.division} {ward.division_name}".rstrip() if ward.division else NO_DIVISION
        found.setdefault((not ward.division, title), []).append(code)
    return [(title, found[_, title]) for _, title in sorted(found)]


def _wards(data: Data, *, wide: bool) -> Iterator[Item]:
    for newborn, title in CLASSES:
        divisions = divided(data, newborn=newborn)
        for division, codes in divisions:
            if len(divisions) > 1 or division != NO_DIVISION:
                yield Group(f"{title}: {division}")
            elif newborn:
                yield Group(title)
            for code in codes:
                yield from _ward(data, code, newborn, wide=wide)
            if len(divisions) > 1:
                yield _total(data, "Division", codes, newborn, wide=wide)
        if divisions:
            everybody = [code for _, codes in divisions for code in codes]
            yield _total(data, "Newborns" if newborn else "House", everybody, newborn, wide=wide)
            yield from _bed_sections(data, everybody, newborn, title, wide=wide)


def _ward(data: Data, code: str, newborn: bool, *, wide: bool) -> Iterator[Item]:
    line = data.lines[code, newborn]
    row: Row = (code, *line.today, *line.beds)
    if wide:
        row = (code, data.wards[code].type, *line.today, *line.beds, *line.cumulative)
    width = (WIDE if wide else NARROW)[0].width
    yield from spelled(row, width, behind(data.day, data.day, unit=code, newborn=newborn))
    if line.out_of_balance:
        yield unbalanced(line.out_of_balance)


def _bed_sections(
    data: Data, codes: Sequence[str], newborn: bool, title: str, *, wide: bool
) -> Iterator[Item]:
    """The wards of each bed section added up, where there are several."""
    sections: dict[str, list[str]] = {}
    for code in codes:
        sections.setdefault(data.wards[code].type, []).append(code)
    if not any(len(each) > 1 for each in sections.values()) or len(sections) < 2:
        return
    yield Group(f"{title}: BY BED SECTION")
    for section, of_it in sorted(sections.items()):
        summed = total((data.lines[code, newborn] for code in of_it), data.year.days)
        row: Row = (section, *((f"{len(of_it)} wards",) if wide else ()), *summed.today, *summed.beds,
                    *(summed.cumulative if wide else ()))  # fmt: skip
        width = (WIDE if wide else NARROW)[0].width
        yield from spelled(row, width, behind(data.day, data.day, unit=_named(of_it), newborn=newborn))


def _total(data: Data, label: str, codes: Sequence[str], newborn: bool, *, wide: bool) -> Item:
    summed = total((data.lines[code, newborn] for code in codes), data.year.days)
    blank: Row = ("", "") if wide else ("",)
    row = (*blank, *summed.today, *summed.beds, *(summed.cumulative if wide else ()))
    return Linked(
        Total(label, row, rule=True), behind(data.day, data.day, unit=_named(codes), newborn=newborn)
    )


def _named(codes: Sequence[str]) -> str:
    return ",".join(codes)


def _cumulative(data: Data) -> Iterator[Item]:
    """On a narrow page: the columns that it has no room for."""
    for newborn, title in CLASSES:
        divisions = divided(data, newborn=newborn)
        codes = [code for _, each in divisions for code in each]
        if not codes:
            continue
        yield Group(f"{title}: FISCAL YEAR TO DATE")
        for code in codes:
            ward = data.wards[code]
            row: Row = (code, ward.name, ward.type, *data.lines[code, newborn].cumulative)
            go = behind(data.year.from_day, data.day, unit=code, newborn=newborn)
            yield from spelled(row, CUMULATIVE[0].width, go)
        summed = total((data.lines[code, newborn] for code in codes), data.year.days)
        yield Total("Newborns" if newborn else "House", ("", "", "", *summed.cumulative), rule=True)


def _compared(data: Data, width: int) -> Iterator[Item]:
    """This fiscal year to date beside the last one to the same day."""
    label = 44 if width >= 132 else 34
    ends = [show_date(iso_date(each.to_day), data.style) for each in (data.year, data.last_year)]
    yield Heads(
        (Column("Cumulative", label), Column(f"{data.year.name}|to {ends[0]}", 14, True),
         Column(f"{data.last_year.name}|to {ends[1]}", 14, True), Column("Difference", 14, True))
    )  # fmt: skip
    for newborn, title in CLASSES:
        this, last = data.compared[newborn]
        if this is None and last is None:
            continue
        yield Group(title)
        for caption, event, count in COMPARED:
            now, was = count(this) if this else 0, count(last) if last else 0
            row: Row = (caption, f"{now:,}", f"{was:,}", f"{now - was:+,}" if now != was else "0")
            yield Linked(row, behind(data.year.from_day, data.day, event=event, newborn=newborn))
        averages = [
            half_up(Fraction(row.service_days if row else 0, period.days), 2)
            for row, period in ((this, data.year), (last, data.last_year))
        ]
        yield ("Average daily census", *map(str, averages), f"{averages[0] - averages[1]:+}")


def _against_plan(data: Data) -> Iterator[Item]:
    """Planned and actual average daily census, where the site has a plan."""
    if not data.planned:
        return
    yield Heads(
        (Column("Average daily census,|adults and children", 28), Column("Planned", 9, True),
         Column("Month", 9, True), Column("against|plan", 9, True), Column(data.year.name, 9, True),
         Column("against|plan", 9, True))
    )  # fmt: skip
    for each in data.planned:
        cells: list[str] = []
        for days, period in ((each.month_days, data.month), (each.year_days, data.year)):
            actual = Fraction(days, period.days)
            cells += [str(half_up(actual, 2)), f"{half_up(actual - Fraction(each.planned), 2):+}"]
        yield (each.label, str(half_up(each.planned, 2)), *cells)


def _notes(data: Data, width: int) -> Iterator[Item]:
    """How far the year and the month have come, and beds that do not add up."""
    yield Heads()
    said_of_beds = [
        f"{code}: {line.authorized} authorized less {line.out_of_service} out of service are not the {line.operating}"
        " operating beds: correct the site file of beds."
        for (code, newborn), line in data.lines.items()
        if line.authorized - line.out_of_service != line.operating and not newborn
    ]
    elapsed = f"{data.year.name}: day {data.year.days} of {data.year_length}."
    elapsed += f" Month: day {data.month.days} of {month_of(data.day).days}."
    yield Block(
        ("", elapsed, *[part for sentence in said_of_beds for part in wrapped(sentence, width)])
    )  # fmt: skip


_KEYS: Final = (
    "ward", "name", "bed_section", "division", "newborn", "previous", "gains", "losses", "remaining", "pass", "aa",
    "ua", "asih", "same_day", "vacant", "out_of_service", "operating", "over_capacity", "authorized", "cumulative_adc",
    "cumulative_occupancy", "cumulative_patient_days", "cumulative_bed_days", "out_of_balance",
)  # fmt: skip


def sheets(data: Data) -> list[Sheet]:
    """A row for each ward and class, and the fiscal year beside the last one."""
    lines = [
        (
            code, data.wards[code].name, data.wards[code].type, data.wards[code].division, int(newborn), *line.today,
            line.same_day, *line.beds, _number(line.average), _number(line.occupancy), line.patient_days, line.bed_days,
            line.out_of_balance,
        )
        for (code, newborn), line in data.lines.items()
    ]  # fmt: skip
    compared = [
        (caption, int(newborn), count(this) if this else 0, count(last) if last else 0)
        for newborn, (this, last) in data.compared.items()
        for caption, _, count in COMPARED
    ]
    sentences = _sentences(data)
    return [
        Sheet("wards", _KEYS, tuple(key.replace("_", " ").capitalize() for key in _KEYS), lines, sentences),
        Sheet("fiscal_years", ("measure", "newborn", "this_year", "last_year"),
              ("Measure", "Newborn", data.year.name, data.last_year.name), compared, sentences),
    ]  # fmt: skip


def _number(text: str) -> Decimal | None:
    return None if text == NOT_APPLICABLE else Decimal(text)
