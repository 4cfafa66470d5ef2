"""C02: admissions, transfers, leaves, discharges and deaths of days, by event, unit and time; newborns apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from db import conventions
from db.statistics import moved
from db.statistics.moved import Kind, Moved
from reports import conventions as said
from reports import identifiers
from reports.census.daily_census import age_text
from reports.census.lines import aside
from reports.page import Cell, Column, Document, Group, Heads, Item, Linked, Total
from reports.parameters import FULL, NONE, Asked, NotAsked
from reports.sheet import Sheet, Value
from rules.conventions import Conventions
from rules.dates import show_date, show_moment
from rules.moments import iso_date
from rules.text import cells

TITLES: Final = {
    Kind.ADMISSION: "ADMISSIONS",
    Kind.TRANSFER: "TRANSFERS BETWEEN UNITS",
    Kind.SERVICE: "CHANGES OF SERVICE",
    Kind.LEAVE: "GONE ON LEAVE",
    Kind.RETURN: "BACK FROM LEAVE",
    Kind.DISCHARGE: "DISCHARGES",
    Kind.DEATH: "DEATHS",
}
SERVICES: Final = "services"
EVENTS: Final[Mapping[str, tuple[Kind, ...]]] = {
    "all": tuple(TITLES),
    "admissions": (Kind.ADMISSION,),
    "transfers": (Kind.TRANSFER,),
    SERVICES: (Kind.SERVICE, Kind.TRANSFER),  # with the service
    "leaves": (Kind.LEAVE, Kind.RETURN),
    "discharges": (Kind.DISCHARGE, Kind.DEATH),  # deaths are discharges
    "deaths": (Kind.DEATH,),
}
PATIENTS: Final = ("all", "adults", "newborns")
LEFT: Final = (Kind.DISCHARGE, Kind.DEATH)

COLUMNS: Final = {
    80: (
        Column("When", 16), Column("MRN", 10), Column("Name", 17), Column("Sex/|age", 5), Column("From-to", 11),
        Column("Disp", 4), Column("LOS", 4, number=True), Column("Mark", 5),
    ),
    132: (
        Column("When", 16), Column("MRN", 12), Column("Name", 27), Column("Sex/|age", 6), Column("Account", 12),
        Column("From-to", 16), Column("Service", 13), Column("Attending", 9), Column("Disp", 4),
        Column("LOS", 4, number=True), Column("Mk", 3),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """How lines of movements are shown."""

    identifiers: str
    hours: int  # a stay under so many is marked
    style: str


@dataclass(frozen=True, slots=True)
class Data:
    """The movements of the days asked for, in order of time."""

    first: int
    last: int
    movements: tuple[Moved, ...]
    asked_for: str  # in words
    identifiers: str
    conventions: Conventions
    style: str

    @property
    def shown(self) -> Shown:
        return Shown(self.identifiers, self.conventions.early_death_hours, self.style)


def query(asked: Asked) -> Data:
    """Read who came, moved and left. Raises ``NotAsked``."""
    first = asked.day("from") or 0
    last = asked.day("to") or first
    if last < first:
        raise NotAsked(f"The period ends ({asked['to']}) before it begins ({asked['from']}).")
    kinds, units, services = EVENTS[asked["event"]], asked.listed("unit"), asked.listed("service")
    patients = asked["patients"]
    found = [
        each
        for each in moved.moved(first, last, kinds)
        if (asked["event"] != SERVICES or len(each.services) > 1)
        and (patients == "all" or each.newborn is (patients == "newborns"))
        and (not units or not set(units).isdisjoint(each.units))
        and (not services or not set(services).isdisjoint(each.services))
    ]
    words = [asked["event"] if asked["event"] != "all" else "all events"]
    words += [patients] if patients != "all" else []
    words += [f"units {', '.join(units)}"] if units else []
    words += [f"services {', '.join(services)}"] if services else []
    return Data(
        first, last, tuple(found), "; ".join(words), asked.identifiers, conventions.conventions(last),
        conventions.convention("date_style", last),
    )  # fmt: skip


def render(data: Data, width: int) -> Document:
    """The movements as a document for a page of 80 or 132 columns."""
    columns = COLUMNS[132 if width >= 132 else 80]
    body: list[Item] = [Heads(columns), *_events(data, wide=width >= 132)] if data.movements else []
    shown = [show_date(iso_date(day), data.style) for day in dict.fromkeys((data.first, data.last))]
    hours = data.conventions.early_death_hours
    return Document(
        "C02", "ADMISSIONS, DISCHARGES, TRANSFERS, DEATHS", " to ".join(shown), data.asked_for, body,
        len(data.movements),
        (*said.sentences(data.conventions),
         f"Marks: S same-day case, < stay under {hours} hours, B boarder in a unit out of the census.",
         "Mark P: a pass that stays in the census. Deaths are listed apart from discharges; counts hold both."),
        frozen_columns=frozen(width),
    )  # fmt: skip


def frozen(width: int) -> int:
    """When and who: what a viewer keeps in sight."""
    return sum(column.width + 1 for column in COLUMNS[132 if width >= 132 else 80][:2])


def _events(data: Data, *, wide: bool) -> Iterator[Item]:
    for newborn in (False, True):
        of_class = [each for each in data.movements if each.newborn is newborn]
        for kind, title in TITLES.items():
            of_kind = [each for each in of_class if each.kind is kind]
            if not of_kind:
                continue
            caption = f"{title}, NEWBORNS" if newborn else title
            yield Group(caption)
            for unit in sorted({each.unit for each in of_kind}):
                of_unit = [each for each in of_kind if each.unit == unit]
                yield Group(f"{unit}: {title.capitalize()}", level=2)
                yield from chain.from_iterable(lines(each, data.shown, wide=wide) for each in of_unit)
                yield Total(_counted(f"  {unit}", of_unit), level=2)
            yield Total(_counted(caption, of_kind))


def _counted(title: str, movements: Sequence[Moved]) -> str:
    """``DISCHARGES: 12, LOS 48 days``."""
    days = sum(each.los_days or 0 for each in movements if each.kind in LEFT)
    left = any(each.kind in LEFT for each in movements)
    return f"{title}: {len(movements)}" + (f", length of stay {days} days in all" if left else "")


def lines(each: Moved, shown: Shown, *, wide: bool) -> Iterator[Item]:
    """A movement as a line that leads to its account, unless nobody may be told from the page.

    Places that are too long for their column are spelled out below it.
    """
    level, columns = shown.identifiers, COLUMNS[132 if wide else 80]
    age = age_text(each.birth_date, iso_date(each.day))
    who: tuple[Cell, ...] = (
        show_moment(each.at, shown.style), identifiers.mrn(each.mrn, level), identifiers.name(each.name, level),
        f"{each.sex or '?'}/{age or '?'}",
    )  # fmt: skip
    ended: tuple[Cell, ...] = (each.disposition or each.leave_type, los(each), marks(each, shown.hours))
    places, services = arrow(each.from_unit, each.unit), arrow(each.from_service, each.service)
    row = (*who, places, *ended)
    if wide:
        row = (*who, identifiers.number(each.account, level), places, services, each.attending, *ended)
    yield row if level == NONE else Linked(row, f"ABS {each.account}")
    room = next(column.width for column in columns if column.head == "From-to")
    if cells(places) > room:
        yield aside(f"{'':17}{places.replace('>', ' > ')}")


def arrow(before: str, after: str) -> str:
    """``3W>ICU``; the place alone where nothing was left."""
    return f"{before}>{after}" if before and before != after else after


def los(each: Moved) -> Cell:
    """Length of stay of who left."""
    return "" if each.los_days is None else each.los_days


def marks(each: Moved, hours: int) -> str:
    """What the foot of the page explains."""
    return "".join(
        mark
        for mark, holds in (
            ("S", each.same_day), ("<", each.stay_hours is not None and each.stay_hours < hours),
            ("B", each.boarder), ("P", bool(each.leave_type) and not each.absent),
        )
        if holds
    )  # fmt: skip


KEYS: Final = (
    "event", "at", "day", "mrn", "name", "sex", "birth_date", "account", "newborn", "from_unit", "unit", "from_service",
    "service", "bed", "attending", "disposition", "los_days", "same_day", "short_stay", "leave_type",
)  # fmt: skip


def sheets(data: Data) -> list[Sheet]:
    """Every movement in a row."""
    headings = tuple(key.replace("_", " ").capitalize() for key in KEYS)
    rows = [values(each, data.shown) for each in data.movements]
    return [Sheet("movements", KEYS, headings, rows, said.sentences(data.conventions))]


def values(each: Moved, shown: Shown) -> tuple[Value, ...]:
    """A movement as a row of a table."""
    level = shown.identifiers
    return (
        str(each.kind), each.at, iso_date(each.day), identifiers.mrn(each.mrn, level),
        identifiers.name(each.name, level), each.sex, each.birth_date if level == FULL else "",
        identifiers.number(each.account, level), int(each.newborn), each.from_unit, each.unit, each.from_service,
        each.service, each.bed, each.attending, each.disposition, each.los_days, int(each.same_day),
        int(each.stay_hours is not None and each.stay_hours < shown.hours), each.leave_type,
    )  # fmt: skip
