"""The daily census: who is in which bed at the census hour, and how yesterday's census became today's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from db import conventions
from db.hospital import site
from db.statistics import census, figures, moved, wards
from db.statistics.census import DayRow, Occupant
from reports import conventions as said
from reports import identifiers
from reports.census.lines import behind, so_far, unbalanced, under_way
from reports.census.recap import Recap, in_words, recap, total
from reports.page import Block, Cell, Column, Document, Group, Heads, Item, Linked, Total, wrapped
from reports.parameters import FULL, NONE, Asked
from reports.sheet import Sheet
from rules.conventions import Conventions, LeaveRule
from rules.dates import show_date, show_moment
from rules.edit_functions import age_in_years
from rules.moments import day_number, iso_date
from rules.statistics import NOT_APPLICABLE, share

CLASSES: Final = ((False, "Adults and children"), (True, "Newborns"))


@dataclass(frozen=True, slots=True)
class Data:
    """Occupants by unit and bed, and the recapitulation of each unit for both classes."""

    day: int
    units: tuple[str, ...]  # asked for; none: all
    occupants: tuple[Occupant, ...]
    recaps: Mapping[tuple[str, bool], Recap]  # by unit and newborn
    leave_nights: Mapping[int, int]  # so far, by encounter
    unit_names: Mapping[str, str]
    conventions: Conventions
    style: str
    identifiers: str = FULL
    out_of_census: frozenset[str] = (
        frozenset()
    )  # units whose patients count for their service alone: boarders
    lodgers: Mapping[str, int] = field(default_factory=dict)  # heads by unit, in no count
    under_way: bool = False


COLUMNS: Final = {
    80: (
        Column("Bed", 5), Column("MRN", 10), Column("Name", 21), Column("Sex/|age", 5), Column("Svc", 6),
        Column("Attend", 7), Column("Admitted", 10), Column("Days", 4, number=True), Column("Away", 4),
    ),
    132: (
        Column("Bed", 8), Column("MRN", 12), Column("Name", 32), Column("Sex/|age", 6), Column("Service", 10),
        Column("Attending", 12), Column("Account", 14), Column("Admitted", 17),
        Column("Days", 6, number=True), Column("Away", 5),
    ),
}  # fmt: skip

RECAP_COLUMNS: Final = (
    Column("Unit", 10), Column("Prev", 5, True), Column("Adm", 4, True), Column("Trf|in", 4, True),
    Column("Retd", 4, True), Column("Disc", 4, True), Column("Died", 4, True), Column("Trf|out", 4, True),
    Column("Away", 4, True), Column("Census", 6, True), Column("Same|day", 4, True), Column("DIC", 5, True),
    Column("Beds", 4, True), Column("Occ %", 5, True),
)  # fmt: skip


def query(asked: Asked) -> Data:
    """Read the occupants of a day, and the day summary of it and of the day before. Raises ``NotAsked``."""
    day, chosen = asked.day("day") or 0, asked.listed("unit")
    going_on, codes, beds = under_way(day), site.codes("unit"), site.beds_on(day)
    rows = {
        (row.unit_id, bool(row.newborn), row.day): row
        for row in census.day_summary(day - 1, day, by=("day", "unit_id", "newborn"))
    }
    recaps: dict[tuple[str, bool], Recap] = {}
    for unit_id in sorted({unit_id for unit_id, _, _ in rows} | set(beds), key=lambda each: codes[each]):
        if chosen and codes[unit_id] not in chosen:
            continue
        in_use = beds.get(unit_id)
        for newborn, places in (
            (False, in_use.beds if in_use else 0),
            (True, in_use.bassinets if in_use else 0),
        ):
            made = _recap(rows, unit_id, newborn, day, places)
            if made != Recap():
                recaps[codes[unit_id], newborn] = made
    occupants = [each for each in census.occupants(day) if not chosen or each.unit in chosen]
    return Data(
        day, chosen, tuple(sorted(occupants, key=lambda each: each.key)), recaps,
        figures.leave_nights([each.encounter_id for each in occupants], day), figures.names("unit"),
        conventions.conventions(day), conventions.convention("date_style", day), asked.identifiers,
        frozenset(each.code for each in wards.wards().values() if not each.counts),
        {code: heads for code, heads in moved.lodging(day).items() if not chosen or code in chosen},
        going_on,
    )  # fmt: skip


def _recap(
    rows: Mapping[tuple[int, bool, int], DayRow], unit_id: int, newborn: bool, day: int, beds: int
) -> Recap:
    return recap(rows.get((unit_id, newborn, day)), rows.get((unit_id, newborn, day - 1)), beds)


def render(data: Data, width: int) -> Document:
    """The census as a document for a page of 80 or 132 columns."""
    columns = COLUMNS[132 if width >= 132 else 80]
    shown = show_date(iso_date(data.day), data.style)
    body = [Heads(columns), *_units(data, width)] if data.occupants else []
    if data.recaps:
        body += _recapitulation(data)
    return Document(
        "C01", "DAILY CENSUS BY UNIT AND BED", f"{shown}, census at {_hour(data)}",
        so_far(_selection(data), under_way=data.under_way), body, len(data.occupants),
        (*said.sentences(data.conventions),
         "Days: nights since admission so far, leave nights taken off by the same rule; at least 1."),
        frozen_columns=columns[0].width + 1,
    )  # fmt: skip


def _selection(data: Data) -> str:
    return f"units {', '.join(data.units)}" if data.units else "all units"


def _hour(data: Data) -> str:
    return data.conventions.census_hour.replace(":", "")


def _units(data: Data, width: int) -> Iterator[Item]:
    units = sorted(
        {each.unit for each in data.occupants} | {unit for unit, _ in data.recaps} | set(data.lodgers)
    )
    by_unit = {unit: list(each) for unit, each in groupby(data.occupants, key=lambda each: each.unit)}
    for unit in units:
        yield Group(_unit_title(data, unit))
        occupants = by_unit.get(unit, [])
        if unit in data.out_of_census and occupants:
            yield Group(f"{unit}: Boarders, counted with their service and in no unit", level=2)
        for title, chosen in (
            ("", [each for each in occupants if not each.newborn and not each.off_census]),
            ("Newborns", [each for each in occupants if each.newborn and not each.off_census]),
            ("On leave, off the census", [each for each in occupants if each.off_census]),
        ):
            if title and chosen:
                yield Group(f"{unit}: {title}", level=2)
            for each in chosen:
                row = _row(each, data, wide=width >= 132)
                yield row if data.identifiers == NONE else Linked(row, f"ABS {each.account}")
        for newborn, label in CLASSES:
            if (made := data.recaps.get((unit, newborn))) is not None:
                go = behind(data.day, data.day, unit=unit, newborn=newborn)
                yield from (Linked(Total(line), go) for line in wrapped(f"{label}: {in_words(made)}", width))
        if heads := data.lodgers.get(unit):
            yield Total(f"Lodgers, in no count: {heads}")


def _unit_title(data: Data, unit: str) -> str:
    name = data.unit_names.get(unit, "")
    return f"UNIT {unit}" + (f"  {name}" if name and name != unit else "")


def _row(each: Occupant, data: Data, *, wide: bool) -> tuple[Cell, ...]:
    age = age_text(each.birth_date, iso_date(data.day))
    mrn, name = identifiers.mrn(each.mrn, data.identifiers), identifiers.name(each.name, data.identifiers)
    who = (each.bed, mrn, name, f"{each.sex or '?'}/{age or '?'}", each.service, each.attending)
    stay = (days_so_far(each, data), each.on_leave)
    if wide:
        account = identifiers.number(each.account, data.identifiers)
        return (*who, account, show_moment(each.admitted_at, data.style), *stay)
    return (*who, show_date(each.admitted_at[:10], data.style), *stay)


def age_text(birth: str, on: str) -> str:
    """Completed years; months (``14M``) under two years, days (``6D``) under two months; blank when not known."""
    years = age_in_years(birth, on)
    if not years or int(years) >= 2:
        return years
    days = day_number(on) - day_number(birth)
    months = (int(on[:4]) - int(birth[:4])) * 12 + int(on[5:7]) - int(birth[5:7]) - (on[8:] < birth[8:])
    return f"{days}D" if days < 60 else f"{months}M"


def days_so_far(each: Occupant, data: Data) -> int:
    """Length of stay if the patient left on this day: nights in house, leave off by the rule, at least 1."""
    keeps_leave = data.conventions.leave is LeaveRule.NO_DEDUCTION
    nights = 0 if keeps_leave else data.leave_nights.get(each.encounter_id, 0)
    return max(1, data.day - each.admit_day - nights)


def _recapitulation(data: Data) -> Iterator[Item]:
    yield Heads()
    yield Block(("", "RECAPITULATION"), keep_next=True)
    yield Heads(RECAP_COLUMNS)
    for newborn, label in CLASSES:
        recaps = {unit: each for (unit, is_newborn), each in data.recaps.items() if is_newborn == newborn}
        if not recaps:
            continue
        yield Group(label)
        for unit, each in recaps.items():
            yield Linked(_recap_row(unit, each), behind(data.day, data.day, unit=unit, newborn=newborn))
        house = total(recaps.values())
        line = Total("Chosen" if data.units else "House", _recap_row("", house), rule=True)
        yield Linked(line, behind(data.day, data.day, unit=",".join(data.units), newborn=newborn))
        if house.out_of_balance:
            yield unbalanced(house.out_of_balance)


def _recap_row(unit: str, each: Recap) -> tuple[Cell, ...]:
    occupancy = share(each.census, each.beds, 1)
    return (
        unit, each.previous, each.admissions, each.transfers_in, each.returned, each.discharges, each.deaths,
        each.transfers_out, each.away, each.census, each.same_day, each.daily_inpatient_census, each.beds,
        NOT_APPLICABLE if occupancy is None else str(occupancy),
    )  # fmt: skip


_OCCUPANT_KEYS: Final = (
    "unit", "bed", "mrn", "name", "sex", "birth_date", "service", "attending", "account", "admitted_at",
    "days_so_far", "newborn", "on_leave", "counted",
)  # fmt: skip
_RECAP_KEYS: Final = (
    "unit", "newborn", "previous", "admissions", "transfers_in", "returned", "discharges", "deaths",
    "transfers_out", "away", "census", "same_day", "daily_inpatient_census", "beds",
)  # fmt: skip


def sheets(data: Data) -> list[Sheet]:
    """Occupants and recapitulation as tables."""
    level, sentences = data.identifiers, said.sentences(data.conventions)
    occupants = [
        (each.unit, each.bed, identifiers.mrn(each.mrn, level), identifiers.name(each.name, level), each.sex,
         each.birth_date if level == FULL else "", each.service, each.attending,
         identifiers.number(each.account, level), each.admitted_at, days_so_far(each, data), int(each.newborn),
         each.on_leave,
         int(not each.off_census))
        for each in data.occupants
    ]  # fmt: skip
    recaps = [
        (unit, int(newborn), each.previous, each.admissions, each.transfers_in, each.returned, each.discharges,
         each.deaths, each.transfers_out, each.away, each.census, each.same_day, each.daily_inpatient_census,
         each.beds)
        for (unit, newborn), each in data.recaps.items()
    ]  # fmt: skip
    return [
        Sheet("occupants", _OCCUPANT_KEYS, _headings(_OCCUPANT_KEYS), occupants, sentences),
        Sheet("recapitulation", _RECAP_KEYS, _headings(_RECAP_KEYS), recaps, sentences),
    ]


def _headings(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(key.replace("_", " ").capitalize().replace("Mrn", "MRN") for key in keys)
