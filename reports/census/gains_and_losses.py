"""N01: Gains and Losses of a day: patients by name and kind of movement, heads of each ward, corrections keyed late.

Kinds of movements and of corrections are those of VA PIMS 5.3; who moves between wards is a gain and a loss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from config.data_sets import SITE, library
from db import conventions, store
from db.statistics import late_movements, limits, moved, wards
from db.statistics.late_movements import Late
from db.statistics.moved import Kind, Moved
from db.statistics.wards import Ward
from reports import conventions as said
from reports import identifiers
from reports.census import admissions_discharges as listed
from reports.census.admissions_discharges import Shown
from reports.census.corrections import late_changes
from reports.census.lines import CLASSES, NO_DIVISION, behind, so_far, spelled, unbalanced, under_way
from reports.census.ward_lines import WardLine, of_day, total
from reports.page import Block, Column, Document, Group, Heads, Item, Linked, Total
from reports.parameters import Asked
from reports.sheet import Sheet
from rules.conventions import Conventions
from rules.dates import show_date
from rules.moments import iso_date

ITEMS: Final = "amis_items"  # which origins and dispositions are transfers from and to other facilities

_HEADS: Final = ("Prev|rem", "Gain", "Loss", "Rem", "One-|day", "Pat|days", "Oper|beds", "Pass", "AA", "UA", "ASIH",
                 "Fe-|male", "{aged}", "Lodg")  # fmt: skip
_WIDTHS: Final = {
    80: (10, 4, 4, 4, 4, 4, 4, 4, 4, 3, 3, 4, 4, 4, 4), 132: (36, 6, 5, 5, 6, 5, 6, 6, 6, 5, 5, 6, 6, 6, 6)
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Data:
    """The movements of a day, the wards at its census hour, and what was keyed on it for days before."""

    day: int
    movements: tuple[Moved, ...]  # lodgers among them
    ward_days: Mapping[tuple[str, bool], WardLine]
    wards: Mapping[str, Ward]
    late: Late
    origins: frozenset[str]  # transfers in, from other facilities
    dispositions: frozenset[str]  # transfers out
    identifiers: str
    eject: bool  # a sheet for each division
    conventions: Conventions
    style: str
    under_way: bool
    aged_years: int | None = None  # from which age on a head is counted as aged


def query(asked: Asked) -> Data:
    """Read the movements and the wards of a day. Raises ``NotAsked``."""
    day = asked.day("day") or 0
    going_on = under_way(day)
    items = library(store.current().directory / SITE).tables[ITEMS]
    rows = {code: items.find(code, iso_date(day)) for code in ("2", "7")}
    origins, dispositions = (
        frozenset(map(str, row.more.get(name, ()))) if (row := rows[code]) else frozenset()  # type: ignore[call-overload]
        for code, name in (("2", "origins"), ("7", "dispositions"))
    )
    units = wards.wards()
    lines = {(units[id_].code, newborn): line for (id_, newborn), line in of_day(day, units).items()}
    return Data(
        day, (*moved.moved(day, day, every_unit=True), *moved.lodgers(day)),
        {key: line for key, line in lines.items() if line != WardLine()},
        {each.code: each for each in units.values()}, late_movements.keyed_on(day), origins, dispositions,
        asked.identifiers, asked.yes("eject"), conventions.conventions(day),
        conventions.convention("date_style", day), going_on, limits.limit(wards.AGED_YEARS, day),
    )  # fmt: skip


def render(data: Data, width: int) -> Document:
    """The sheet as a document for a page of 80 or 132 columns."""
    body = list(_sheets_of(data, width)) if data.movements or data.ward_days else []
    body += _corrections(data, width)
    shown = show_date(iso_date(data.day), data.style)
    hours = data.conventions.early_death_hours
    return Document(
        "N01", "GAINS AND LOSSES", f"{shown}, census at {data.conventions.census_hour.replace(':', '')}",
        so_far("a sheet for each division" if data.eject else "all wards", under_way=data.under_way), body,
        len(data.movements) + len(data.late.changes),
        (*said.sentences(data.conventions),
         f"Marks: < stay under {hours} hours, S same-day case, B boarder in a unit out of the census.",
         "Mark P: a pass that stays in the census. Who moves between wards is a gain of one and a loss of the other.",
         "Lodgers hold a bed of a ward overnight without an admission; they are counted in no census.",
         f"Female and {_aged(data)}: heads of those remaining. Patient days: remaining and one-day patients.",
         "Kinds of corrections: VA PIMS 5.3, Gains and Losses; absences are transfers."),
        frozen_columns=listed.frozen(width),
    )  # fmt: skip


def _aged(data: Data) -> str:
    return "Aged" if data.aged_years is None else f"{data.aged_years} +"


Chosen = Callable[[Moved], bool]


def sections(data: Data) -> tuple[tuple[str, tuple[tuple[str, Chosen], ...]], ...]:
    """Gains, losses and the rest, each with its kinds of movements."""

    def from_elsewhere(each: Moved) -> bool:
        return each.point_of_origin in data.origins and not each.newborn

    def to_elsewhere(each: Moved) -> bool:
        return each.disposition in data.dispositions

    def of(kind: Kind) -> Chosen:
        return lambda each: each.kind is kind

    return (
        ("GAINS", (
            ("Admissions", lambda each: each.kind is Kind.ADMISSION and not from_elsewhere(each)),
            ("Transfers in, from other facilities", lambda each: each.kind is Kind.ADMISSION and from_elsewhere(each)),
            ("Returns from leave", of(Kind.RETURN)),
        )),
        ("GAINS AND LOSSES", (("Interward transfers", of(Kind.TRANSFER)),)),
        ("LOSSES", (
            ("Discharges", lambda each: each.kind is Kind.DISCHARGE and not to_elsewhere(each)),
            ("Transfers out, to other facilities", lambda each: each.kind is Kind.DISCHARGE and to_elsewhere(each)),
            ("Deaths", of(Kind.DEATH)),
            ("Gone on leave", of(Kind.LEAVE)),
        )),
        ("NEITHER", (
            ("Changes of specialty in the same ward", of(Kind.SERVICE)),
            ("Lodgers in", of(Kind.LODGER_IN)),
            ("Lodgers out", of(Kind.LODGER_OUT)),
        )),
    )  # fmt: skip


def _sheets_of(data: Data, width: int) -> Iterator[Item]:
    """The whole house on one sheet, or a sheet for each division."""
    if not data.eject:
        yield from _sheet(data, data.movements, list(data.ward_days), "", width, eject=False)
        return
    divisions = sorted({each.division for each in data.wards.values()}, key=lambda code: (not code, code))
    for number, division in enumerate(divisions):
        inside = {code for code, ward in data.wards.items() if ward.division == division}
        movements = [each for each in data.movements if not inside.isdisjoint(each.units)]
        keys = [key for key in data.ward_days if key[0] in inside]
        if movements or keys:
            name = next(each.division_name for each in data.wards.values() if each.division == division)
            title = f"DIVISION {division} {name}".rstrip() if division else NO_DIVISION
            yield from _sheet(data, movements, keys, f"{title}: ", width, eject=number > 0)


def _sheet(
    data: Data, movements: Sequence[Moved], keys: Sequence[tuple[str, bool]], before: str, width: int, *, eject: bool
) -> Iterator[Item]:  # fmt: skip
    wide = width >= 132
    shown = Shown(data.identifiers, data.conventions.early_death_hours, data.style)
    if movements:
        yield Heads(listed.COLUMNS[132 if wide else 80])
    for newborn, _ in CLASSES:
        for caption, kinds in sections(data):
            found = [
                (kind, [each for each in movements if each.newborn is newborn and chosen(each)])
                for kind, chosen in kinds
            ]
            count = sum(len(each) for _, each in found)
            if not count:
                continue
            yield Group(f"{before}{caption}{', NEWBORNS' if newborn else ''}", eject=eject)
            eject = False
            for kind, each in found:
                if each:
                    yield Group(kind, level=2)
                    yield from chain.from_iterable(listed.lines(one, shown, wide=wide) for one in each)
                    yield Total(f"  {kind}: {len(each)}", level=2)
            yield Total(f"{caption.capitalize()}{', newborns' if newborn else ''}: {count}")
    yield from _heads(data, keys, before, wide=wide)


def _heads(data: Data, keys: Sequence[tuple[str, bool]], before: str, *, wide: bool) -> Iterator[Item]:
    """The wards at the census hour."""
    if not keys:
        return
    widths = _WIDTHS[132 if wide else 80]
    yield Heads(
        (
            Column("Ward", widths[0]),
            *(
                Column(head.format(aged=_aged(data)), size, True)
                for head, size in zip(_HEADS, widths[1:], strict=True)
            ),
        )
    )
    for newborn, title in CLASSES:
        of_class = [code for code, each in keys if each is newborn]
        if not of_class:
            continue
        yield Group(f"{before}{title}")
        for code in of_class:
            each, name = data.ward_days[code, newborn], data.wards[code].name
            label = f"{code} {name}" if wide and name not in ("", code) else code
            yield from spelled(
                (label, *each.heads), widths[0], behind(data.day, data.day, unit=code, newborn=newborn)
            )
            if each.out_of_balance:
                yield unbalanced(each.out_of_balance)
        summed = total(data.ward_days[code, newborn] for code in of_class).heads
        go = behind(data.day, data.day, unit=",".join(of_class), newborn=newborn)
        yield Linked(Total("Newborns" if newborn else "Wards", ("", *summed), rule=True), go)


def _corrections(data: Data, width: int) -> Iterator[Item]:
    """On a page of their own: movements keyed on this day that alter the census of days before it."""
    if not data.late.changes:
        return
    earliest = show_date(iso_date(data.late.earliest_day), data.style)
    yield Heads()
    yield Group(f"CORRECTIONS KEYED ON THIS DAY: THE EARLIEST DAY AFFECTED IS {earliest}", eject=True)
    yield from late_changes(data.late.changes, data.style, width, data.identifiers)
    if data.late.accounts_more:
        yield Heads()
        yield Block((f"And {data.late.accounts_more} accounts more, as a load of old records brings them.",))


_CHANGE_KEYS: Final = ("correction", "account", "at", "old", "new", "by", "changed_at", "origin", "reason",
                       "earliest_day")  # fmt: skip
_WARD_KEYS: Final = ("ward", "newborn", "previous", "gains", "losses", "remaining", "one_day", "patient_days",
                     "operating_beds", "pass", "aa", "ua", "asih", "female", "aged", "lodgers",
                     "out_of_balance")  # fmt: skip


def sheets(data: Data) -> list[Sheet]:
    """The movements, the wards, and the corrections."""
    sentences = said.sentences(data.conventions)
    shown = Shown(data.identifiers, data.conventions.early_death_hours, data.style)
    kind_of = {id(each): (caption, kind) for each in data.movements for caption, kinds in sections(data)
               for kind, chosen in kinds if chosen(each)}  # fmt: skip
    movements = [(*kind_of[id(each)], *listed.values(each, shown)) for each in data.movements]
    ward_rows = [
        (code, int(newborn), *each.heads, each.out_of_balance)
        for (code, newborn), each in data.ward_days.items()
    ]
    changes = [
        (each.kind, identifiers.number(each.subject, data.identifiers), each.at, each.old, each.new, each.by,
         each.changed_at, each.origin, each.reason, iso_date(each.earliest_day))
        for each in data.late.changes
    ]  # fmt: skip
    return [
        Sheet("movements", ("section", "kind", *listed.KEYS), _headings(("section", "kind", *listed.KEYS)), movements,
              sentences),
        Sheet("wards", _WARD_KEYS, _headings(_WARD_KEYS), ward_rows, sentences),
        Sheet("corrections", _CHANGE_KEYS, _headings(_CHANGE_KEYS), changes, sentences),
    ]  # fmt: skip


def _headings(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(key.replace("_", " ").capitalize() for key in keys)
