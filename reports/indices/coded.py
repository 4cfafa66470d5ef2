"""What the indices of diagnoses and procedures have in common: what they ask for and how lines are grouped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from db import conventions
from db.coding import code_sets
from db.statistics.indices import Coded, Diagnosed, Operated
from db.statistics.stay_lists import NONE, Stay, Wanted
from reports.indices import stays
from reports.indices.listing import SUMMARY, Line, Listing, Measure, Shown
from reports.indices.withheld import Withheld
from reports.parameters import Asked, codes_between
from rules.codes import System, dotted

Entry = Diagnosed | Operated

CATEGORY_LENGTH: Final = 3  # of a diagnosis; a procedure's table is its first three as well
MEASURES: Final = (
    Measure("Stays", 2),
    Measure("Days", 0),
    Measure("Average|days", 0, 2),
    Measure("Deaths", 1),
)
SORTS: Final[Mapping[str, Callable[[Stay], tuple[str | int, ...]]]] = {
    name: stays.SORTS[name] for name in ("discharge", "name", "terminal-digit", "number", "days")
}
BREAKS: Final[Mapping[str, tuple[str, Callable[[Entry], str]]]] = {
    "code": ("", lambda entry: entry.code),
    "category": ("", lambda entry: entry.code[:CATEGORY_LENGTH]),
    "service": ("Service", lambda entry: entry.stay.service),
    "unit": ("Unit", lambda entry: entry.stay.unit),
    "physician": ("Physician", lambda entry: entry.stay.attending),
    "surgeon": ("Surgeon", lambda entry: entry.surgeon if isinstance(entry, Operated) else ""),
    "month": ("Month", lambda entry: stays.day_text(entry.stay.discharge_day or 1)[:7]),
}


def coded(asked: Asked) -> Coded:
    """The codes asked for: with one of each of these too, without any of those, in which places."""
    return Coded(
        asked.ranges("code"), [codes_between(part) for part in asked.get("with", "").split(",") if part],
        asked.ranges("without"), asked.get("place", "any"), asked.listed("surgeon"),
    )  # fmt: skip


def wanted(asked: Asked) -> Wanted:
    """The discharges asked for; every unit counts, in the census or not."""
    chosen = stays.wanted(asked)
    return Wanted(chosen.period, chosen.codes, chosen.answers, counted=False)


def of_age(asked: Asked, entries: Sequence[Entry]) -> list[Entry]:
    """The entries of patients of the age asked for."""
    if not asked.get("age"):
        return list(entries)
    kept = {stay.encounter_id for stay in stays.of_age(asked, [entry.stay for entry in entries])}
    return [entry for entry in entries if entry.stay.encounter_id in kept]


def listing(
    asked: Asked, code: str, title: str, system: System, entries: Sequence[Entry], columns: tuple[Shown, ...],
    values: Callable[[Entry, Withheld], tuple[str | int | None, ...]], notes: tuple[str, ...],
) -> Listing:  # fmt: skip
    """The index of these entries as it was asked for."""
    withheld = Withheld.of(asked)
    head, group = BREAKS[asked["break"]]
    kept = [entry for entry in of_age(asked, entries) if withheld.known(entry.stay.encounter_id)]
    kept.sort(key=lambda entry: SORTS[asked["sort"]](entry.stay))
    kept.sort(key=group)
    style, lines = conventions.convention("date_style"), []
    for entry in kept:
        stay, name = entry.stay, group(entry)
        counted = (stay.los_days or 0, int(stay.died), 1)
        shown = _shown(asked, name, system)
        lines.append(
            Line(values(entry, withheld), f"ABS {stay.account}", (shown,), counted, stay.encounter_id)
        )
    summary = asked["detail"] == SUMMARY
    titles = _titles(asked, system, {group(entry) for entry in kept})
    return Listing(
        code, title, stays.period_said(asked, style), _selection(asked), columns, lines, MEASURES,
        (head or ("Diagnosis" if system is System.CM else "Procedure"),),
        (*(() if summary else notes), *withheld.sentences()), "line", "lines", summary, asked.yes("eject"), style,
        sorted({entry.stay.encounter_id for entry in kept}), titles=titles,
    )  # fmt: skip


def others(codes: str, code: str) -> str:
    """All codes of a stay but this one."""
    return " ".join(each for each in codes.split() if each != code)


def _shown(asked: Asked, name: str, system: System) -> str:
    return dotted(name, system) if asked["break"] in ("code", "category") else name


def _titles(asked: Asked, system: System, names: Iterable[str]) -> dict[str, str]:
    """What codes are called, where code sets are installed."""
    if asked["break"] not in ("code", "category"):
        return {}
    with code_sets.opened() as codes:
        if codes is None:
            return {}
        return {dotted(name, system): codes.title(name, system) for name in names}


def _selection(asked: Asked) -> str:
    said = [f"codes {asked['code']}"]
    said += [
        f"{word} {asked[name]}"
        for name, word in (("with", "with"), ("without", "without"))
        if asked.get(name)
    ]
    if (place := asked.get("place", "any")) != "any":
        said.append(f"{place} only")
    if asked.get("surgeon"):
        said.append(f"surgeon {asked['surgeon']}")
    if asked.get("poa"):
        said.append(f"POA {asked['poa']}")
    others = stays.selection(asked)
    return "; ".join([*said, *([others] if others else [])]).replace(",", ", ").replace(",  ", ", ")


__all__ = ["NONE", "Entry", "coded", "listing", "of_age", "others", "wanted"]
