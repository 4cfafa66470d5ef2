"""What somebody should look at before signing a month: figures that cannot be, or that nobody expects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Final, NamedTuple

from rules.statistics import ADULTS, LABELS, NEWBORN, Count, Counts, Figure, half_up

COMPARED: Final = (
    "admissions", "discharges", "deaths", "transfers_in", "inpatient_service_days", "same_day_cases", "discharge_days",
)  # fmt: skip
EVENTS: Final = ("live_births", "deliveries", "operations", "anesthetics", "hospital_infections")
_CLASSES: Final[Mapping[str, tuple[str, str]]] = {
    ADULTS: ("adults and children", "beds"),
    NEWBORN: ("newborns", "bassinets"),
}


class Limits(NamedTuple):
    """The facility's limits: a change in per cent, and the least count that it is measured against; None: none.

    ``most`` and ``least`` are what figures should not pass, by their keys.
    """

    jump_percent: int | None = None
    jump_count: int | None = None
    most: Mapping[str, int] = MappingProxyType({})
    least: Mapping[str, int] = MappingProxyType({})


def notes(figures: Iterable[Figure], month: Counts, year_ago: Counts, limits: Limits) -> list[str]:
    """A sentence for each thing to look at, without its full stop, each once."""
    worked = list(figures)
    found = [each.doubt for each in worked if each.doubt]
    found += [sentence for each in worked for sentence in _passed(each, limits)]
    for prefix, (whom, beds) in _CLASSES.items():
        found += _census(month, prefix, whom, beds)
    found += _jumps(month, year_ago, limits)
    return list(dict.fromkeys(found))


def _census(month: Counts, prefix: str, whom: str, beds: str) -> Iterator[str]:
    """The census must follow from its movements, and is expected to fit into the beds."""

    def of(name: str) -> Fraction:
        return Fraction(month.get(prefix + name, 0))

    came = (
        of("admissions") + of("transfers_in") + of("leave_returns")
    )  # transfers: from units outside of the census
    went = of("discharges") + of("transfers_out") + of("leave_departures")
    if off := of("closing_census") - (of("opening_census") + came - went):
        yield f"The census of {whom} is out of balance by {off}"
    bed_days, days = of("bed_count_days"), Fraction(month.get("days", 0))
    if bed_days and of("inpatient_service_days") > bed_days:
        yield f"Occupancy of {whom} is over 100 %: temporary {beds} are no part of it, or the bed file is behind"
    if bed_days and days and of("peak_census") > bed_days / days:
        shown = half_up(bed_days / days, 1)
        yield f"The highest census of {whom}, {of('peak_census')}, is over the {beds} set up, {shown} on average"


def _passed(figure: Figure, limits: Limits) -> Iterator[str]:
    most, least = limits.most.get(figure.key), limits.least.get(figure.key)
    if figure.value is not None and most is not None and figure.value > most:
        yield f"{LABELS[figure.key]}: {figure.shown} is over the facility's limit of {most}"
    if figure.value is not None and least is not None and figure.value < least:
        yield f"{LABELS[figure.key]}: {figure.shown} is under the facility's floor of {least}"


def _jumps(month: Counts, year_ago: Counts, limits: Limits) -> Iterator[str]:
    if limits.jump_percent is None:
        return
    keys = [prefix + key for prefix in _CLASSES for key in COMPARED] + [*EVENTS]
    for key in keys:
        now, then = Fraction(month.get(key, 0)), Fraction(year_ago.get(key, 0))
        if then < max(1, limits.jump_count or 0) or abs(now - then) * 100 < limits.jump_percent * then:
            continue
        label = LABELS[key.removeprefix(NEWBORN)] + (", newborns" if key.startswith(NEWBORN) else "")
        change = half_up(abs(now - then) * 100 / then, 0)
        way = "more" if now > then else "fewer"
        yield f"{label}: {_shown(now)}, {change} % {way} than the {_shown(then)} of a year ago"


def _shown(count: Count) -> str:
    return f"{half_up(count, 0):,}"
