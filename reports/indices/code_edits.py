"""B10: Medicare code edits (MCE) that stand on filed abstracts: on which code, whose coding, whether open."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from db import conventions
from db.abstracting.code_edits import TITLES, Raised, raised
from db.statistics.stay_lists import Stay, discharged
from reports.indices import stays
from reports.indices.listing import SUMMARY, Line, Listing, Measure, Shown, render, sheets, widened
from reports.indices.withheld import Withheld
from reports.parameters import Asked

__all__ = ["query", "render", "sheets"]

COLUMNS: Final = (
    Shown("account", "Account", 10, 12), Shown("name", "Name", 0, 18), Shown("mrn", "MRN", 0, 10),
    Shown("discharged", "Discharged", 10, 11, kind="date"), Shown("service", "Serv", 0, 5),
    Shown("attending", "Attend", 0, 8), Shown("coder", "Coder", 8, 9), Shown("standing", "Standing", 10, 10),
    Shown("edit", "Edit", 6, 6), Shown("level", "Level", 0, 0), Shown("code", "Code", 8, 8),
    Shown("says", "What it says", 21, 25), Shown("overridden", "Overridden", 0, 0),
    Shown("message", "Message", 0, 0),
)  # fmt: skip
NAMED_ABOVE: Final = {"edit": (0, 0), "says": (28, 32)}  # widths where lines are grouped by edit
Pair = tuple[Stay, Raised]
SORTS: Final[Mapping[str, Callable[[Pair], tuple[Any, ...]]]] = {
    "discharge": lambda pair: (pair[0].discharge_day, pair[0].account),
    "account": lambda pair: (pair[0].account,),
    "name": lambda pair: (pair[0].name_key, pair[0].account),
    "terminal-digit": lambda pair: (pair[0].td_key,),
}
BREAKS: Final[Mapping[str, tuple[str, Callable[[Pair], str]]]] = {
    "edit": ("Edit", lambda pair: pair[1].finding.code),
    "coder": ("Coder", lambda pair: pair[1].coder),
    "service": ("Service", lambda pair: pair[0].service),
    "physician": ("Physician", lambda pair: pair[0].attending),
    "standing": ("Standing", lambda pair: pair[1].standing),
    "account": ("Account", lambda pair: pair[0].account),
    "month": ("Month", lambda pair: stays.day_text(pair[0].discharge_day or 1)[:7]),
}
NOTE: Final = (
    "Edits of the Medicare Code Editor in force on discharge, on the abstracts as they are filed now. Standing: open; "
    "released with it; overridden with a reason. Coder: who filed the abstract last."
)


def query(asked: Asked) -> Listing:
    """Judge the abstracts asked for. Raises ``NotAsked``."""
    withheld, style = Withheld.of(asked), conventions.convention("date_style")
    # That an account is on this list at all tells of its codes.
    chosen = {each.encounter_id: each for each in discharged(replace(stays.wanted(asked), counted=False))
              if withheld.known(each.encounter_id)}  # fmt: skip
    found, abstracts, unjudged = raised(list(chosen))
    pairs = [(chosen[each.encounter_id], each) for each in found if _wanted(asked, each)]
    head, group = BREAKS[asked["break"]]
    pairs.sort(key=SORTS[asked["sort"]])
    pairs.sort(key=group)
    lines = [_line(pair, withheld, group(pair)) for pair in pairs]
    judged = (
        f"Abstracts judged: {abstracts - unjudged}; without a principal diagnosis, not judged: {unjudged}."
    )
    return Listing(
        "B10", "CODE EDITS", stays.period_said(asked, style), _selection(asked),
        widened(COLUMNS, NAMED_ABOVE) if asked["break"] == "edit" else COLUMNS, lines,
        (Measure("Abstracts", 0),), (head,), (NOTE, judged, *withheld.sentences()), "edit", "edits",
        asked["detail"] == SUMMARY, asked.yes("eject"), style, sorted({stay.encounter_id for stay, _ in pairs}),
        titles=TITLES if asked["break"] == "edit" else {},
    )  # fmt: skip


def _wanted(asked: Asked, each: Raised) -> bool:
    edits = {_bare(edit) for edit in asked.listed("edit")}
    coders = {coder.casefold() for coder in asked.listed("coder")}
    return (
        asked["standing"] in ("all", each.standing)
        and (not edits or _bare(each.finding.code) in edits)
        and (not coders or each.coder.casefold() in coders)
    )


def _bare(edit: str) -> str:
    """``9``, ``09`` and ``MCE09`` are one edit; so are ``INVALID_POA`` and ``MCE-INVALID_POA``."""
    return edit.upper().removeprefix("MCE").lstrip("-0")


def _selection(asked: Asked) -> str:
    said = [f"{name} {asked[name]}" for name in ("edit", "coder") if asked.get(name)]
    said += [] if asked["standing"] == "all" else [asked["standing"]]
    return "; ".join(filter(None, (stays.selection(asked), *said))) or "all abstracts"


def _line(pair: Pair, withheld: Withheld, group: str) -> Line:
    stay, each = pair
    mrn, name, account = withheld.named(stay)
    message = each.finding.message.removeprefix(each.code).strip()
    says = each.finding.overridden or message  # of an edit that was let stand: by whom, and why
    values = (
        account, name, mrn, stays.day_text(stay.discharge_day or 1), stay.service, stay.attending, each.coder,
        each.standing, each.finding.code, str(each.finding.level), each.code, says, each.finding.overridden, message,
    )  # fmt: skip
    return Line(values, f"ABS {stay.account}", (group,), (1,), key=stay.encounter_id)
