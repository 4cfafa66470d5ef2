"""Events that hospital statistics count: their kinds, what can be said of each, and where each must lie."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class EventKind:
    """A kind of event. ``after_discharge``: it may lie after the stay, as an autopsy does."""

    details: tuple[str, ...] = ("",)
    after_discharge: bool = False
    needs_detail: bool = False
    names_service: bool = False  # the detail may be SERVICE or SERVICE/PROVIDER


EVENT_KINDS: Final[Mapping[str, EventKind]] = {
    "operation": EventKind(("", "clean")),
    "delivery": EventKind(("vaginal", "cesarean"), needs_detail=True),
    "live_birth": EventKind(),
    "fetal_death": EventKind(("early", "intermediate", "late"), needs_detail=True),
    "autopsy": EventKind(("inpatient", "former-patient", "doa"), after_discharge=True, needs_detail=True),
    "coroner": EventKind(after_discharge=True),
    "anesthetic": EventKind(),
    "death_class": EventKind(("maternal-direct", "anesthesia"), after_discharge=True, needs_detail=True),
    "consultation": EventKind(names_service=True),
    "infection": EventKind(("hai", "postoperative-clean"), after_discharge=True, needs_detail=True),
}
NO_ACCOUNT: Final = frozenset({"former-patient", "doa"})  # autopsies on bodies that no stay belongs to

_SERVICE = re.compile(r"[!-.0-~]{1,20}(/[!-.0-~]{1,20})?")
_MEASURE = re.compile(r"(weeks|grams)\s*=\s*(\d{1,5})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Detail:
    """What is said of an event; ``unreadable`` when it is none of what may be said of its kind."""

    text: str
    weeks: int | None = None
    grams: int | None = None
    unreadable: bool = False


def detail(kind: str, text: str) -> Detail:
    """The detail of an event as it is stored: a permitted word, weeks and grams of a fetal death, or who was asked
    for a consultation."""
    rule = EVENT_KINDS[kind]
    word = text.strip().lower()
    if word in rule.details:
        return Detail(word)
    if rule.names_service and _SERVICE.fullmatch(text.strip()):
        return Detail(text.strip())
    if kind == "fetal_death":
        measured = {name.lower(): int(number) for name, number in _MEASURE.findall(word)}
        if measured and not _MEASURE.sub("", word).strip(" ,;|/"):
            shown = " ".join(f"{name}={measured[name]}" for name in ("weeks", "grams") if name in measured)
            return Detail(shown, measured.get("weeks"), measured.get("grams"))
    return Detail(text.strip(), unreadable=True)
