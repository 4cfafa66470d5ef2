"""What lists of stays have in common: what they ask for, how lines are sorted and grouped, and their columns."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from db import conventions
from db.coding import code_sets
from db.statistics import figures, limits
from db.statistics.stay_lists import ANSWERS, NONE, Stay, Wanted
from reports.indices.listing import SUMMARY, Line, Listing, Measure, Shown
from reports.indices.listing import day_text as day_text
from reports.indices.parameters import CLASSES
from reports.indices.withheld import Withheld
from reports.parameters import Asked, NotAsked
from rules.dates import show_date
from rules.periods import Period, span

CODES: Final = ("unit", "service", "provider", "payer", "payer_class", "disposition", "drg", "mdc", "sex", "race",
                "ethnicity", "county", "zip3", "origin", "priority")  # fmt: skip
TELLING: Final = ("drg", "mdc", "no_drg")  # what is chosen or sorted by these tells what was coded
NUMBERS: Final = re.compile(r"(\d{1,5})(?:-(\d{1,5})|(\+))?")
HIGHEST: Final = 99_999

SORTS: Final[Mapping[str, Callable[[Stay], tuple[str | int, ...]]]] = {
    "discharge": lambda stay: (stay.discharge_day or 0,),
    "admission": lambda stay: (stay.admit_day,),
    "name": lambda stay: (stay.name_key,),
    "terminal-digit": lambda stay: (stay.td_key,),
    "number": lambda stay: (stay.mrn,),
    "days": lambda stay: (-(stay.los_days or 0),),
    "drg": lambda stay: (stay.drg,),
}
BREAKS: Final[Mapping[str, tuple[str, Callable[[Stay], str]]]] = {
    "unit": ("Unit", lambda stay: stay.unit),
    "service": ("Service", lambda stay: stay.service),
    "physician": ("Physician", lambda stay: stay.attending),
    "payer": ("Payer", lambda stay: stay.payer),
    "disposition": ("Disposition", lambda stay: stay.disposition),
    "drg": ("DRG", lambda stay: stay.drg),
    "mdc": ("MDC", lambda stay: stay.mdc),
    "sex": ("Sex", lambda stay: stay.sex),
    "county": ("County", lambda stay: stay.county),
    "zip3": ("ZIP", lambda stay: stay.zip3),
}
FILES: Final = {"unit": "unit", "service": "service", "physician": "provider", "payer": "payer"}
COLUMNS: Final = (
    Shown("mrn", "MRN", 10, 12), Shown("name", "Name", 18, 20), Shown("sex", "Sex", 0, 3),
    Shown("age", "Age", 3, 3, number=True), Shown("account", "Account", 0, 10),
    Shown("admitted", "Admitted", 0, 10, kind="date"), Shown("discharged", "Discharged", 10, 10, kind="date"),
    Shown("days", "Days", 4, 4, number=True), Shown("unit", "Unit", 4, 5), Shown("service", "Serv", 4, 5),
    Shown("attending", "Attend", 0, 8), Shown("payer", "Payer", 5, 6), Shown("disposition", "Disp", 4, 4),
    Shown("drg", "DRG", 4, 4), Shown("principal", "Princ dx", 0, 8), Shown("marks", "", 4, 5),
    Shown("newborn", "Newborn", 0, 0), Shown("died", "Died", 0, 0), Shown("mdc", "MDC", 0, 0),
    Shown("county", "County", 0, 0), Shown("zip3", "ZIP", 0, 0),
)  # fmt: skip
MEASURES: Final = (Measure("Days", 0), Measure("Average|days", 0, 2), Measure("Deaths", 1))
MARKS: Final = "D died, E died early, N newborn, S same-day case, R admitted again within {} days."


def wanted(asked: Asked) -> Wanted:
    """Which stays are asked for. Raises ``NotAsked``."""
    codes = {name: asked.listed(name) for name in CODES if name in asked}
    answers = {name: asked.yes(name) for name in ANSWERS if name in asked}
    return Wanted(period(asked), codes, answers)


def period(asked: Asked) -> Period:
    """From the first to the last day asked for. Raises ``NotAsked``."""
    try:
        return span(asked["from"], asked["to"])
    except ValueError as error:
        raise NotAsked(str(error)) from error


def classes(asked: Asked) -> tuple[str, ...]:
    """The classes of the accounts asked for; inpatients where nothing is asked."""
    kinds = [kind.casefold() for kind in asked.listed("accounts")] or ["inpatient"]
    return tuple(dict.fromkeys(each for kind in kinds for each in CLASSES[kind]))


def of_age(asked: Asked, stays: Sequence[Stay]) -> list[Stay]:
    """The stays of patients of an age at admission: ``0-17``, ``65+``, ``40``, ``none``. Raises ``NotAsked``."""
    text = asked.get("age", "").strip().lower()
    if not text:
        return list(stays)
    if text == NONE:
        return [stay for stay in stays if age(stay) is None]
    low, high = span_of("Age", text)
    return [stay for stay in stays if (years := age(stay)) is not None and low <= years <= high]


def span_of(label: str, text: str) -> tuple[int, int]:
    """``0-17``, ``65+`` or ``40`` as the lowest and highest number; blank is all. Raises ``NotAsked``."""
    found = NUMBERS.fullmatch(text.strip() or "0+")
    if found is None:
        raise NotAsked(f"{label} {text!r} cannot be read: write 0-17, 65+ or 40.")
    low = int(found[1])
    return low, int(found[2]) if found[2] else HIGHEST if found[3] else low


def age(stay: Stay) -> int | None:
    """Completed years at admission; None when birth is not fully known."""
    birth, on = stay.birth_date, day_text(stay.admit_day)
    if len(birth) < len(on) or on < birth:  # a birth that is a year or a month alone
        return None
    return int(on[:4]) - int(birth[:4]) - (on[5:] < birth[5:])


def listing(
    asked: Asked, code: str, title: str, stays: Sequence[Stay], columns: tuple[Shown, ...] = COLUMNS
) -> Listing:
    """The list of these stays as it was asked for."""
    withheld = Withheld.of(asked)
    sort, breaks = SORTS[asked["sort"]], asked.get("break", "")
    group = BREAKS.get(breaks)
    ordered = sorted(stays, key=sort)
    if any(asked.get(name) for name in TELLING) or {asked["sort"], breaks} & set(TELLING):
        ordered = [stay for stay in ordered if withheld.known(stay.encounter_id)]
    if group is not None:
        ordered.sort(key=group[1])
    days = limits.within("readmission_days", period(asked).to_day)
    lines = [_line(stay, withheld, group[1] if group else None, days) for stay in ordered]
    style, summary = conventions.convention("date_style"), asked["detail"] == SUMMARY
    return Listing(
        code, title, period_said(asked, style), selection(asked) or "all stays", columns,
        lines, MEASURES, (group[0],) if group else (),
        (*(() if summary else (MARKS.format(days),)), *withheld.sentences()),
        "stay", "stays", summary, asked.yes("eject"), style, [stay.encounter_id for stay in stays],
        behind=_behind(asked, code),
        titles=_titles(breaks, {line.groups[0] for line in lines if line.groups}, period(asked).to_day),
    )  # fmt: skip


def _behind(asked: Asked, code: str) -> Callable[[str], str] | None:
    """From a group of the summary to the list of its stays."""
    breaks = asked.get("break", "")
    if breaks not in BREAKS:
        return None
    narrowed = "provider" if breaks == "physician" else breaks
    kept = {
        name: value for name, value in asked.items() if name not in ("break", "detail", "eject", narrowed)
    }
    words = [shlex.quote(f"{name}={value}") for name, value in kept.items()]
    return lambda name: " ".join(("PGE", code, *words, shlex.quote(f"{narrowed}={name or NONE}")))


def _titles(breaks: str, names: Iterable[str], day: int) -> dict[str, str]:
    """What the codes of groups stand for, as far as there are texts for them."""
    if breaks in FILES:
        return figures.names(FILES[breaks])
    if breaks != "drg":
        return {}
    with code_sets.opened() as codes:
        weights = (
            {name: codes.weights(name, date.fromordinal(day)) for name in names if name} if codes else {}
        )
    return {name: weight.title for name, weight in weights.items() if weight}


def period_said(asked: Asked, style: str) -> str:
    """The period as it is printed."""
    return f"{show_date(asked['from'], style)} to {show_date(asked['to'], style)}"


def _line(stay: Stay, withheld: Withheld, group: Callable[[Stay], str] | None, days: int) -> Line:
    mrn, name, account = withheld.named(stay)
    drg, principal, mdc = withheld.content(stay.encounter_id, stay.drg, stay.principal, stay.mdc)
    left = day_text(stay.discharge_day) if stay.discharge_day else ""
    values = (
        mrn, name, stay.sex, age(stay), account, day_text(stay.admit_day), left, stay.los_days, stay.unit,
        stay.service, stay.attending, stay.payer, stay.disposition, drg, principal, _marks(stay, days),
        int(stay.newborn), int(stay.died), mdc, stay.county, stay.zip3,
    )  # fmt: skip
    counted = (stay.los_days or 0, int(stay.died), int(stay.discharge_day is not None))
    return Line(values, f"ABS {stay.account}", (group(stay),) if group else (), counted)


def _marks(stay: Stay, readmitted_days: int) -> str:
    back = not stay.died and stay.return_day is not None and stay.discharge_day is not None
    return "".join(
        mark
        for mark, holds in (
            ("E" if stay.died_under_48h else "D", stay.died), ("N", stay.newborn), ("S", stay.same_day),
            ("R", back and (stay.return_day or 0) <= (stay.discharge_day or 0) + readmitted_days),
        )
        if holds
    )  # fmt: skip


WORDS: Final = {
    "unit": "unit", "service": "service", "provider": "attending", "payer": "payer", "disposition": "disposition",
    "drg": "DRG", "mdc": "MDC", "sex": "sex", "county": "county", "zip3": "ZIP", "origin": "point of origin",
    "priority": "priority", "age": "age", "payer_class": "payer class", "race": "race", "ethnicity": "ethnicity",
}  # fmt: skip
SAID: Final = {
    "died": ("left alive", "died"), "under48": ("no early death", "died early"),
    "newborn": ("adults and children", "newborns"), "same_day": ("no same-day cases", "same-day cases"),
    "readmitted": ("not admitted again", "admitted again"),
    "no_drg": ("with a DRG weight", "without a DRG weight"), "in_house": ("left since", "still in house"),
}  # fmt: skip


def selection(asked: Asked) -> str:
    """What was chosen, in words."""
    said = [
        f"{word} {value.replace(',', ', ')}" for name, word in WORDS.items() if (value := asked.get(name))
    ]
    said += [words[asked.yes(name)] for name, words in SAID.items() if name in asked]
    return "; ".join(said)
