"""Corrections of figures that were closed: of which kind a late movement is, and which figures are no longer the same.

The fifteen kinds of movements are those of the corrections file of VA PIMS 5.3 (Gains and Losses): admission, transfer
and discharge entered, deleted, date edited; admission ward, transfer ward and movement type edited; specialty entered,
deleted, date edited. Absences are transfer movements there, and so they are here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from rules.census import Event, Step
from rules.statistics import (
    ADULTS,
    BY_KEY,
    CLASS_COUNTS,
    FORMULAS,
    INCLUDING,
    LABELS,
    NEWBORN,
    Count,
    figure,
    half_up,
    with_both,
    with_hospital,
)

HOUSE: Final = "House"
SERVICE: Final = "Service"
MATURING: Final = frozenset({"readmissions_30_day"})
"""Counts of a month that go on growing for some days after its end, by their definition."""

Counts = Mapping[str, Count]


class Kind(StrEnum):
    """What was done late to a movement."""

    ADMISSION_ENTERED = "admission entered"
    ADMISSION_DELETED = "admission deleted"
    ADMISSION_DATE = "admission date edited"
    TRANSFER_ENTERED = "transfer entered"
    TRANSFER_DELETED = "transfer deleted"
    TRANSFER_DATE = "transfer date edited"
    DISCHARGE_ENTERED = "discharge entered"
    DISCHARGE_DELETED = "discharge deleted"
    DISCHARGE_DATE = "discharge date edited"
    ADMISSION_WARD = "admission ward edited"
    TRANSFER_WARD = "transfer ward edited"
    MOVEMENT_TYPE = "movement type edited"
    SPECIALTY_ENTERED = "specialty entered"
    SPECIALTY_DELETED = "specialty deleted"
    SPECIALTY_DATE = "specialty date edited"


_FAMILY: Final = {
    Event.ADMIT: "admission",
    Event.TRANSFER: "transfer",
    Event.LEAVE: "transfer",
    Event.RETURN: "transfer",
    Event.DISCHARGE: "discharge",
    Event.SERVICE: "specialty",
}


def kinds(before: Step | None, after: Step | None) -> tuple[Kind, ...]:
    """What became of a movement, none when nothing that counts differs; None stands for: it is not there.

    A new specialty on a movement is a specialty entered, in place of the one that is deleted.
    """
    if before is None or after is None:
        step = after or before
        if step is None:
            return ()
        return (Kind(f"{_FAMILY[step.event]} {'deleted' if after is None else 'entered'}"),)
    if before.event is not after.event:
        return (*kinds(before, None), *kinds(None, after))
    family = _FAMILY[after.event]
    found = []
    if (before.utc, before.day, before.seq) != (after.utc, after.day, after.seq):
        found.append(Kind(f"{family} date edited"))
    if before.unit != after.unit and family in ("admission", "transfer"):
        found.append(Kind(f"{family} ward edited"))
    if (before.patient_class or "I", before.disposition, before.leave_type) != (
        after.patient_class or "I", after.disposition, after.leave_type,
    ):  # fmt: skip
        found.append(Kind.MOVEMENT_TYPE)
    if before.service != after.service:
        found += [Kind.SPECIALTY_DELETED] * (before.service is not None)
        found += [Kind.SPECIALTY_ENTERED] * (after.service is not None)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Differing:
    """A figure that is no longer what was signed. ``part`` is the house, or a unit, service, payer ... by its code."""

    part: str
    key: str
    label: str
    old: str  # as printed
    new: str
    rate: bool
    maturing: bool = False  # by its definition it was bound to change after the month


HEADS: Final = frozenset({"discharges", "newborn_discharges", "admissions", "remaining"})
"""Counts of people: where those of a part differ, its sums of days, deaths and weights differ with them."""


def differing(
    signed: Mapping[str, Mapping[str, Counts]], now: Mapping[str, Mapping[str, Counts]], *, young: bool = False,
    newborns: tuple[bool, bool] = (False, False), divided: Mapping[str, str] | None = None,
) -> list[Differing]:  # fmt: skip
    """The counts and rates that differ: house, units, services, and what else people are divided by.

    Both are of the shape of a frozen month. ``divided``: the titles of what else there is, by their names in it; a
    month that was signed without one of them, or without some count of its parts, is not compared in that.
    ``young``: the month was closed before all readmissions within 30 days of it could be known. ``newborns``: whether
    those were in the hospital's death rates when it was signed, and whether they are now.
    """
    found: list[Differing] = []
    for kind, named in (("house", "{}"), ("by_unit", "Unit {}"), ("by_service", f"{SERVICE} {{}}")):
        for code in sorted({*signed[kind], *now[kind]}):
            part = named.format(code)
            old, new = signed[kind].get(code, {}), now[kind].get(code, {})
            found += _counts(part, old, new, young=young)
            if kind == "house" and any(newborns):  # without any they are the rates of adults once more
                old, new = (
                    with_hospital(counts, newborns=each)
                    for counts, each in zip((old, new), newborns, strict=True)
                )
            found += _rates(part, old, new, young=young)
    for kind, title in (divided or {}).items():
        if kind in signed:
            found += _parts(title, signed[kind], now[kind], young=young)
    return found


def _parts(
    title: str, signed: Mapping[str, Counts], now: Mapping[str, Counts], *, young: bool
) -> Iterator[Differing]:
    """Parts that are not as large as they were; of others what differs within the same whole."""
    keys = tuple(dict.fromkeys(key for counts in (signed or now).values() for key in counts))
    whole = {key: [sum(Fraction(counts.get(key, 0)) for counts in parts.values()) for parts in (signed, now)]
             for key in keys}  # fmt: skip
    for code in sorted({*signed, *now}):
        old, new = signed.get(code, {}), now.get(code, {})
        apart = [key for key in keys if old.get(key, 0) != new.get(key, 0)]
        told = [key for key in apart if key in HEADS] or [key for key in apart if len({*whole[key]}) == 1]
        then, since = ({key: counts.get(key, 0) for key in told} for counts in (old, new))
        yield from _counts(f"{title} {_MEANT.get(code, code)}", then, since, young=young)


_MEANT: Final = {"": "not stated", "+": "more than one"}


def _counts(part: str, old: Counts, new: Counts, *, young: bool) -> Iterator[Differing]:
    for key in dict.fromkeys((*old, *new)):
        was, is_ = old.get(key, 0), new.get(key, 0)
        if was != is_:
            yield Differing(
                part,
                key,
                label(key, "services" if part.startswith(SERVICE) else "units"),
                _shown(was),
                _shown(is_),
                rate=False,
                maturing=young and key in MATURING,
            )


def _rates(part: str, old: Counts, new: Counts, *, young: bool) -> Iterator[Differing]:
    """Rates that can be worked from the counts of the part."""
    was, is_ = with_both(old), with_both(new)
    for formula in FORMULAS:
        if not formula.number:
            continue
        maturing = young and formula.numerator in MATURING
        for prefix in formula.classes:
            if prefix == INCLUDING and not _newborns(old) and not _newborns(new):
                continue  # that of adults and children once more
            before, after = figure(formula.key, was, prefix), figure(formula.key, is_, prefix)
            if before.value != after.value:
                yield Differing(
                    part, before.key, label(before.key), before.shown, after.shown, rate=True, maturing=maturing
                )  # fmt: skip


def _newborns(counts: Counts) -> bool:
    """Whether a part has anything of newborns."""
    return any(count for key, count in counts.items() if key.startswith(NEWBORN))


def label(key: str, between: str = "units") -> str:
    """The name of a count or rate as pages have it; ``between``: what the transfers of the part are between."""
    for prefix, after in ((NEWBORN, ", newborns"), (INCLUDING, ", newborns included"), (ADULTS, "")):
        bare = key.removeprefix(prefix) if prefix else key
        if key.startswith(prefix) and (
            bare in BY_KEY or bare in CLASS_COUNTS or bare in LABELS or not prefix
        ):
            named = LABELS.get(bare, bare.replace("_", " ").capitalize()) + after
            return named.replace("between units", f"between {between}")
    return key


def _shown(value: Count) -> str:
    whole = Fraction(value)
    return f"{whole.numerator:,}" if whole.denominator == 1 else f"{half_up(whole, 4):,f}"


def corrections(found: Iterable[Differing]) -> list[Differing]:
    """Those that were not bound to change."""
    return [each for each in found if not each.maturing]
