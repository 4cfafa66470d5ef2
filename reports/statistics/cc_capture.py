"""B11: CC and MCC capture: shares of discharges with an MCC, a CC or neither, and secondary diagnoses a discharge."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from db import conventions
from db.statistics import cc_capture, figures
from db.statistics.cc_capture import BASE, Capture, Part
from db.worklist import blind
from reports.indices import stays
from reports.indices.withheld import IN_HAND
from reports.page import Column, Document, Heads, Item, Linked, Total, Wrapped
from reports.parameters import Asked
from reports.sheet import Sheet, Value
from rules.moments import iso_date
from rules.periods import month
from rules.statistics import NOT_APPLICABLE, half_up, share

WIDE: Final = 132
NONE: Final = "none"
MONTH: Final = "month"
HEADS: Final = {BASE: "Base DRG", "service": "Service", "unit": "Unit", "physician": "Physician", "payer": "Payer",
                MONTH: "Month"}  # fmt: skip
FILTERS: Final = {
    BASE: "drg",
    "service": "service",
    "unit": "unit",
    "physician": "provider",
    "payer": "payer",
}
FILES: Final = {"service": "service", "unit": "unit", "physician": "provider", "payer": "payer"}
KEPT: Final = ("from", "to", "unit", "service", "provider", "payer", "drg", "mdc", "newborn")
METHOD: Final = (
    "Shares are of the discharges with an abstract that can be grouped, by the MS-DRG version of the discharge date.",
    "A secondary diagnosis counts unless the principal one excludes it, it is for survivors alone, or it is a HAC.",
    "A discharge with an MCC does not count under CC.",
)
LOST: Final = (
    "None counts: discharges with a CC or MCC among their secondary diagnoses, of which none counts."
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A column: what it shows of a line, and whether only the wide page has it."""

    key: str
    head: str
    width: int
    value: Callable[[Capture], str]
    wide: bool = False


def _share(part: int, whole: int) -> str:
    found = share(part, whole, 1)
    return NOT_APPLICABLE if found is None else str(found)


def _each(part: int, whole: int) -> str:
    return str(half_up(Fraction(part, whole), 2)) if whole else NOT_APPLICABLE


FIGURES: Final = (
    Figure("stays", "Stays", 6, lambda of: str(of.stays)),
    Figure("grouped", "Group-|ed", 6, lambda of: str(of.grouped)),
    Figure("mcc", "MCC", 5, lambda of: str(of.mcc)),
    Figure("mcc_percent", "MCC %", 5, lambda of: _share(of.mcc, of.grouped)),
    Figure("cc", "CC", 5, lambda of: str(of.cc)),
    Figure("cc_percent", "CC %", 5, lambda of: _share(of.cc, of.grouped)),
    Figure("none", "None", 5, lambda of: str(of.neither), wide=True),
    Figure("none_percent", "None|%", 5, lambda of: _share(of.neither, of.grouped)),
    Figure("captured_percent", "CC or|MCC %", 5, lambda of: _share(of.mcc + of.cc, of.grouped), wide=True),
    Figure("lost", "None|counts", 6, lambda of: str(of.lost), wide=True),
    Figure("secondary_each", "2nd dx|a stay", 6, lambda of: _each(of.secondary, of.grouped)),
    Figure("counting_each", "CC/MCC|a stay", 6, lambda of: _each(of.counting, of.grouped), wide=True),
)  # fmt: skip
SORTS: Final[Mapping[str, Callable[[Part], tuple[object, ...]]]] = {
    "name": lambda part: (not part.name, part.name),
    "stays": lambda part: (-part.capture.stays, part.name),
    "captured": lambda part: (-_rate(part.capture), part.name),
    "secondary": lambda part: (-Fraction(part.capture.secondary, part.capture.grouped or 1), part.name),
}


def _rate(of: Capture) -> Fraction:
    return Fraction(of.mcc + of.cc, of.grouped or 1)


@dataclass(frozen=True, slots=True)
class Data:
    """The parts of the discharges asked for."""

    asked: dict[str, str]
    period: str
    selection: str
    parts: Sequence[Part]
    names: Mapping[str, str]  # of services, units, physicians and payers
    withheld: tuple[str, ...] = ()  # sentences


def query(asked: Asked) -> Data:
    """Read and group the discharges asked for. Raises ``NotAsked``."""
    by, held = asked["break"], blind.accounts_in_hand(asked.actor.user)
    found = cc_capture.parts(stays.wanted(asked), by, held)
    found.sort(key=SORTS[asked["sort"]])
    return Data(
        dict(asked), stays.period_said(asked, conventions.convention("date_style")),
        stays.selection(asked) or "all stays", found, figures.names(FILES[by]) if by in FILES else {},
        (IN_HAND,) if held else (),
    )  # fmt: skip


def total(parts: Sequence[Part]) -> Capture:
    """The sums of some parts."""
    made = Capture()
    for part in parts:
        made.add(part.capture)
    return made


def render(data: Data, width: int) -> Document:
    """A line for each part, leading to its discharges."""
    shown = [figure for figure in FIGURES if width >= WIDE or not figure.wide]
    label = Column(HEADS[data.asked["break"]], width - sum(figure.width + 1 for figure in shown))
    body: list[Item] = [Heads((label, *(Column(each.head, each.width, number=True) for each in shown)))]
    body += [
        Linked(Wrapped((_label(data, part), *(each.value(part.capture) for each in shown))), _go(data, part))
        for part in data.parts
    ]
    whole = total(data.parts)
    body.append(
        Linked(Total("TOTAL", ("", *(each.value(whole) for each in shown)), level=0, rule=True), _go(data))
    )
    return Document(
        "B11", "CC AND MCC CAPTURE", data.period, data.selection, body if data.parts else [], whole.stays,
        _notes(data, whole, width),
    )  # fmt: skip


def _notes(data: Data, whole: Capture, width: int) -> tuple[str, ...]:
    missing = whole.stays - whole.grouped
    return (
        *METHOD,
        *((LOST,) if width >= WIDE else ()),
        *((f"Discharges without an abstract that can be grouped: {missing}.",) if missing else ()),
        *data.withheld,
    )


def _label(data: Data, part: Part) -> str:
    """``280-282 Acute myocardial infarction``, or a code with its name."""
    if data.asked["break"] == BASE:
        drgs = "-".join(dict.fromkeys((part.drgs[0], part.drgs[-1]))) if part.drgs else "Without a DRG"
        return f"{drgs} {part.title}".strip()
    name = data.names.get(part.name, "")
    return f"{part.name}  {name}" if name and name != part.name else part.name or "(none)"


def _go(data: Data, part: Part | None = None) -> str:
    """The list behind a line: what was asked for, narrowed to its part."""
    by = data.asked["break"]
    words = {name: data.asked[name] for name in KEPT if data.asked.get(name)}
    if part is not None and by == MONTH:
        held = month(part.name)
        words["from"] = max(words["from"], iso_date(held.from_day))
        words["to"] = min(words["to"], iso_date(held.to_day))
    elif part is not None:
        words[FILTERS[by]] = ",".join(part.drgs) if by == BASE and part.drgs else part.name or NONE
    return " ".join(
        ("PGE discharge-list", *(shlex.quote(f"{name}={value}") for name, value in words.items()))
    )


def sheets(data: Data) -> list[Sheet]:
    """Every figure of every part."""
    keys = ("name", "title", "drgs", *(figure.key for figure in FIGURES), "secondary", "counting")
    heads = tuple(key.replace("_", " ").capitalize() for key in keys)
    rows: list[tuple[Value, ...]] = [
        (part.name, part.title or data.names.get(part.name, ""), " ".join(part.drgs),
         *(figure.value(part.capture) for figure in FIGURES), part.capture.secondary, part.capture.counting)
        for part in data.parts
    ]  # fmt: skip
    return [Sheet("capture", keys, heads, rows, (data.selection,))]
