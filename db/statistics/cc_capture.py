"""CC and MCC capture: the severity that the secondary diagnoses of discharges contribute to their DRGs.

Every filed abstract is grouped by the MS-DRG version of its discharge date. A secondary diagnosis counts unless the
principal diagnosis excludes it, the patient died and it counts for survivors alone, or it was acquired in hospital.
The principal diagnosis never does: from MS-DRG version 36 on none is its own CC or MCC (83 FR 41144, confirm).
Base DRG: the DRGs whose titles in CMS Table 5 differ in severity alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from db.abstracting.claims import claims
from db.abstracting.stored_abstracts import Reader
from db.coding import code_sets
from db.statistics import stay_lists
from db.statistics.stay_lists import Stay, Wanted
from rules import drg
from rules.moments import iso_date

SEVERITY_IN_TITLE: Final = re.compile(r",? (?:with|without) (?:CC/MCC|MCC|CC)\b.*", re.IGNORECASE)
BASE: Final = "drg"
BY: Final[Mapping[str, Callable[[Stay], str]]] = {
    BASE: lambda stay: stay.drg,
    "service": lambda stay: stay.service,
    "unit": lambda stay: stay.unit,
    "physician": lambda stay: stay.attending,
    "payer": lambda stay: stay.payer,
    "month": lambda stay: iso_date(stay.discharge_day)[:7] if stay.discharge_day else "",
}


@dataclass(slots=True)
class Capture:
    """Discharges, and what their secondary diagnoses count for. ``grouped`` are those with an abstract to group."""

    stays: int = 0
    grouped: int = 0
    mcc: int = 0
    cc: int = 0  # without an MCC
    lost: int = 0  # with a CC or MCC of which none counts
    secondary: int = 0  # diagnoses
    counting: int = 0  # diagnoses that count as CC or MCC

    @property
    def neither(self) -> int:
        """Grouped discharges without CC and MCC."""
        return self.grouped - self.mcc - self.cc

    def add(self, other: Capture) -> None:
        """Sum for sum."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True, slots=True)
class Part:
    """A base DRG, or a service, unit, physician, payer or month; ``name`` is blank for what is not known."""

    name: str  # of a base DRG its lowest DRG that was found
    title: str  # of a base DRG
    drgs: tuple[str, ...]
    capture: Capture


def parts(wanted: Wanted, by: str, without: Collection[int] = ()) -> list[Part]:
    """The discharges wanted, divided; ``without`` are encounters that are left out."""
    stays = [each for each in stay_lists.discharged(wanted) if each.encounter_id not in without]
    captured = _captured([stay.encounter_id for stay in stays])
    titles = _titles({stay.drg for stay in stays} - {""}, wanted.period.to_day) if by == BASE else {}
    sums: dict[str, Capture] = {}
    found: dict[str, set[str]] = {}
    for stay in stays:
        name = BY[by](stay)
        key = titles.get(name) or name
        sums.setdefault(key, Capture()).add(captured.get(stay.encounter_id, Capture(1)))
        found.setdefault(key, set()).add(name)
    return [
        Part(
            min(found[key]),
            titles.get(min(found[key]), ""),
            tuple(sorted(found[key])) if by == BASE and key else (),
            made,
        )
        for key, made in sums.items()
    ]


def _captured(ids: Sequence[int]) -> dict[int, Capture]:
    """What each of these accounts counts, where it has an abstract that can be grouped."""
    made: dict[int, Capture] = {}
    claim_of = claims()
    for slice_ in Reader().slices(ids):
        counted = ((each.stay.id, captured(drg.group(claim_of(each.record)))) for each in slice_)
        made |= {stay: found for stay, found in counted if found is not None}
    return made


def captured(grouping: drg.Grouping) -> Capture | None:
    """What a discharge counts; None when it could not be grouped."""
    if not grouping.dx:
        return None
    secondary = grouping.dx[1:]
    counts = [each.counts for each in secondary if each.counts]
    mcc = "MCC" in counts
    return Capture(
        1, 1, int(mcc), int(bool(counts) and not mcc), int(not counts and any(each.severity for each in secondary)),
        len(secondary), len(counts),
    )  # fmt: skip


def base_title(title: str) -> str:
    """The title of a DRG without its severity."""
    return SEVERITY_IN_TITLE.sub("", title)


def _titles(drgs: Collection[str], day: int) -> dict[str, str]:
    """The base title of each DRG, by the Table 5 in force on a day."""
    titles = code_sets.drg_titles(drgs, date.fromordinal(day))
    return {name: base_title(title) for name, title in titles.items()}
