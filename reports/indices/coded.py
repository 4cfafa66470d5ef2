"""What the indices of diagnoses and procedures have in common: what they ask for and how lines are grouped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Final

from db import conventions
from db.abstracting.dnfb import KINDS
from db.coding import code_sets
from db.coding.codes import CodeStore
from db.statistics import figures
from db.statistics.indices import INPATIENT, Coded, Diagnosed, Operated
from db.statistics.stay_lists import NONE, Wanted
from reports.indices import stays
from reports.indices.listing import SUMMARY, Line, Listing, Measure, Shown, widened
from reports.indices.withheld import Withheld
from reports.parameters import Asked, codes_between
from rules.codes import System, dotted

Entry = Diagnosed | Operated

_dotted = lru_cache(maxsize=20_000)(dotted)  # the same codes stand on many lines

PCS_LENGTH: Final = 7
CATEGORY_LENGTH: Final = 3  # of a diagnosis; a procedure's table is its first three as well
MEASURES: Final = (
    Measure("Stays", 2),
    Measure("Days", 0),
    Measure("Average|days", 0, 3),  # of stays alone: visits have no days
    Measure("Deaths", 1),
)
ONCE: Final = "A stay has a line for each of its codes; stays, days and deaths of a total count it once."
BREAKS: Final[Mapping[str, tuple[str, Callable[[Entry], str]]]] = {
    "code": ("", lambda entry: entry.code),
    "category": ("", lambda entry: entry.code[:CATEGORY_LENGTH]),
    "service": ("Service", lambda entry: entry.stay.service),
    "unit": ("Unit", lambda entry: entry.stay.unit),
    "physician": ("Physician", lambda entry: entry.stay.attending),
    "surgeon": ("Surgeon", lambda entry: entry.surgeon if isinstance(entry, Operated) else ""),
    "month": ("Month", lambda entry: stays.day_text(entry.day)[:7]),
    "class": ("Class", lambda entry: entry.class_),
}
SCREENS: Final = {"abstract": "ABS", "office": "OFC"}  # else OPC, which names the right one
HEADS: Final = {"discharged": "Date"}  # of columns, where visits are asked for
ARRIVALS: Final = (
    "Visits count by their arrival. C: class of the account, in small letters where the codes came with a visit that "
    "is not coded yet."
)


def coded(asked: Asked) -> Coded:
    """The codes asked for: with one of each of these too, without any of those, in which places."""
    return Coded(
        asked.ranges("code"), [codes_between(part) for part in asked.get("with", "").split(",") if part],
        asked.ranges("without"), asked.get("place", "any"), asked.listed("surgeon"), stays.classes(asked),
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
    with_codes: Mapping[str, tuple[int, int]], with_visits: Mapping[str, tuple[int, int]],
    values: Callable[[Entry, Withheld], tuple[str | int | None, ...]], notes: tuple[str, ...],
) -> Listing:  # fmt: skip
    """The index of these entries as it was asked for.

    ``with_codes`` is how wide columns are (80, 132) where lines are grouped by something else and each says its code,
    ``with_visits`` where visits are asked for.
    """
    withheld = Withheld.of(asked)
    head, group = BREAKS[asked["break"]]
    visits = stays.classes(asked) != (INPATIENT,)
    widths = (dict(with_visits) if visits else {}) | (dict(with_codes) if asked["break"] != "code" else {})
    columns = widened(columns, widths)
    if visits:
        columns = tuple(replace(each, head=HEADS.get(each.key, each.head)) for each in columns)
    kept = [entry for entry in of_age(asked, entries) if withheld.known(entry.stay.encounter_id)]
    kept.sort(key=_sorted_by(asked["sort"]))
    kept.sort(key=group)
    style, lines = conventions.convention("date_style"), []
    for entry in kept:
        stay, name = entry.stay, group(entry)
        counted = (stay.los_days or 0, int(stay.died), 1, int(entry.class_ == INPATIENT))
        shown = _shown(asked, name, system)
        go = f"{SCREENS.get(entry.origin, 'OPC')} {stay.account}"
        lines.append(Line(values(entry, withheld), go, (shown,), counted, stay.encounter_id))
    _dotted.cache_clear()  # as with the days of lists
    summary = asked["detail"] == SUMMARY
    titles = _titles(asked, system, {group(entry) for entry in kept})
    return Listing(
        code, title, stays.period_said(asked, style), _selection(asked, system), columns, lines,
        (replace(MEASURES[0], head="Accounts"), *MEASURES[1:]) if visits else MEASURES,
        (head or ("Diagnosis" if system is System.CM else "Procedure"),),
        (*(() if summary else notes), *((ARRIVALS,) if visits else ()), ONCE, *withheld.sentences()), "line", "lines",
        summary, asked.yes("eject"), style, sorted({entry.stay.encounter_id for entry in kept}), titles=titles,
    )  # fmt: skip


def class_mark(entry: Entry) -> str:
    """The class of an account, in small letters where its codes only came with it."""
    return entry.class_.lower() if entry.origin == "account" else entry.class_


def others(codes: str, code: str, system: System = System.CM) -> str:
    """All codes of a stay but this one."""
    return " ".join([_dotted(each, system) for each in codes.split() if each != code])


def _sorted_by(order: str) -> Callable[[Entry], tuple[str | int, ...]]:
    if order == "discharge":
        return lambda entry: (entry.day,)
    if order == "performed":
        return lambda entry: (entry.performed_day or 0 if isinstance(entry, Operated) else 0,)
    return lambda entry: stays.SORTS[order](entry.stay)


def _shown(asked: Asked, name: str, system: System) -> str:
    return dotted(name, system) if asked["break"] in ("code", "category") else name


def _titles(asked: Asked, system: System, names: Iterable[str]) -> dict[str, str]:
    """What the codes of groups are called: those of the site, and those of code sets where they are installed."""
    by = "physician" if asked["break"] == "surgeon" else asked["break"]
    if by == "class":
        return KINDS
    if by not in ("code", "category"):
        return figures.names(stays.FILES[by]) if by in stays.FILES else {}
    on = date.fromisoformat(asked["to"])
    with code_sets.opened() as codes:
        if codes is None:
            return {}
        services = system is System.PCS
        return {
            dotted(name, system): service_title(codes, name, on) if services and len(name) < PCS_LENGTH
            else codes.title(name, system)
            for name in names
        }  # fmt: skip


def service_title(codes: CodeStore, code: str, on: date) -> str:
    """The title of a HCPCS code, or of a set that is the facility's own; a licensed text is not written."""
    return "" if codes.service_licence(code, on) else codes.service(code, on)[0]


def _written(codes: str, system: System) -> str:
    """Codes and ranges as people write them."""
    return ",".join("-".join(dotted(end, system) for end in part.split("-")) for part in codes.split(","))


def _selection(asked: Asked, system: System) -> str:
    said = [f"codes {_written(asked['code'], system)}"]
    if stays.classes(asked) != (INPATIENT,):
        said.append(f"accounts {asked['accounts']}")
    said += [f"{name} {_written(asked[name], system)}" for name in ("with", "without") if asked.get(name)]
    if (place := asked.get("place", "any")) != "any":
        said.append(f"{place} only")
    if asked.get("surgeon"):
        said.append(f"surgeon {asked['surgeon']}")
    if asked.get("poa"):
        said.append(f"POA {asked['poa']}")
    others = stays.selection(asked)
    return "; ".join([*said, *([others] if others else [])]).replace(",", ", ").replace(",  ", ", ")


__all__ = ["NONE", "Entry", "class_mark", "coded", "listing", "of_age", "others", "wanted"]
