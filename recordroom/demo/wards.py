"""The wards of the demo hospital: units and dated beds from the shares in ``hospital.toml``, and who lies where."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from heapq import heapify, heappop, heappush
from typing import Any

from recordroom.demo.data import table
from recordroom.demo.model import Plan, Unit

WINGS = "ENSW"
ROOMS_A_WING = 25
# Where somebody lies when the units of the first choice are full.
OVERFLOW = {
    "medical": ("surgical", "stepdown"),
    "surgical": ("medical", "stepdown"),
    "stepdown": ("medical", "surgical"),
    "icu": ("stepdown", "medical"),
    "obstetric": ("surgical",),
    "pediatric": ("surgical", "medical"),
    "special nursery": ("nursery",),
}
TURNED_AWAY = ("psychiatric", "rehabilitation")  # full means full


def units(plan: Plan) -> list[Unit]:
    """All units, wards first; the beds of the wards add up to the plan's."""
    made: list[Unit] = []
    rows: list[dict[str, Any]] = table("hospital")["unit"]
    size = table("hospital")["ward_size"]
    floor, wing, given, share = 3, 0, 0, 0.0
    bedded = [row for row in rows if row.get("share")]
    for row in bedded:
        share += row["share"]
        beds = (plan.beds if row is bedded[-1] else round(plan.beds * share)) - given
        given += beds
        parts = max(1, -(-beds // size))
        for part in range(parts):
            own = beds // parts + (part < beds % parts)
            code = row.get("code", "")
            if not code:
                code, wing = f"{floor}{WINGS[wing]}", wing + 1
                if wing == len(WINGS):
                    floor, wing = floor + 1, 0
            elif parts > 1:
                code = f"{code}{part + 1}"
            name = f"{row['name']} {code}" if code[0].isdigit() or parts > 1 else row["name"]
            changes = tuple(_changes(plan, row["kind"], own)) if part == 0 else ()
            made.append(Unit(code, name, row["kind"], row.get("division", "ACU"), True, own, 0, changes))
    for row in rows:
        if not row.get("share"):
            bassinets = max(2, round(plan.beds * row["bassinets"])) if "bassinets" in row else 0
            made.append(Unit(row["code"], row["name"], row["kind"], row.get("division", "ACU"),
                             row.get("census", True), 0, bassinets))  # fmt: skip
    return made


def _changes(plan: Plan, kind: str, beds: int) -> Iterator[tuple[int, int]]:
    opening = date.fromordinal(plan.first_day)
    for changed, month, difference in table("hospital")["bed_changes"]:
        if changed == kind and month <= plan.months:
            index = opening.year * 12 + opening.month - 1 + month - 1
            beds = max(1, beds + difference)
            yield date(index // 12, index % 12 + 1, 1).toordinal(), beds


def _first_room(unit: str, number: int) -> int:
    """Wards are numbered by floor and wing, the others on the first two floors."""
    if unit[0].isdigit():
        return int(unit[:-1]) * 100 + WINGS.index(unit[-1]) * ROOMS_A_WING + 1
    return (1 + number % 2) * 100 + 1


class Beds:
    """Which beds are free. A unit that is full takes a place in the corridor rather than turn a patient away."""

    def __init__(self, all_units: list[Unit]) -> None:
        self._of_kind: dict[str, list[str]] = {}
        self._free: dict[str, list[str]] = {}
        self._first_room: dict[str, int] = {}
        for number, unit in enumerate(all_units):
            self._of_kind.setdefault(unit.kind, []).append(unit.code)
            places = unit.bassinets * 2 or max([unit.beds, *(beds for _, beds in unit.changes)])
            self._first_room[unit.code] = _first_room(unit.code, number)
            self._free[unit.code] = [self._label(unit.code, place) for place in range(places)]
            heapify(self._free[unit.code])

    def _label(self, unit: str, place: int) -> str:
        return f"{self._first_room[unit] + place // 2}-{'AB'[place % 2]}"

    def unit_for(self, kind: str) -> str:
        """A unit of the kind with most room, or of a kind that takes its overflow; blank: turned away."""
        for choice in (kind, *OVERFLOW.get(kind, ())):
            best = max(self._of_kind[choice], key=lambda unit: len(self._free[unit]))
            if self._free[best]:
                return best
        return "" if kind in TURNED_AWAY else self._of_kind[kind][0]

    def others(self, unit: str, kind: str) -> list[str]:
        """Units of the same kind with a free bed, without ``unit``."""
        return [other for other in self._of_kind[kind] if other != unit and self._free[other]]

    def take(self, unit: str) -> str:
        """A bed of the unit."""
        free = self._free[unit]
        return heappop(free) if free else "HALL"

    def give_back(self, unit: str, bed: str) -> None:
        """The bed is free again."""
        if bed and bed != "HALL":
            heappush(self._free[unit], bed)
