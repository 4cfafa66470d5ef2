"""A patient's codes of earlier encounters: one after the other, or each code once with when and how often.

They say what to look for, never what to code: a condition is coded from the documents of the stay it is coded on
(ICD-10-CM Official Guidelines, sections II and III; AHIMA on copied documentation).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rules.codes import System
from rules.tables import CodeTable

TABLE: Final = "lasting_codes"
KINDS: Final = ("chronic", "status", "")
"""The order in which codes are shown: what lasts first."""


@dataclass(frozen=True, slots=True)
class EarlierCode:
    """A code of an encounter. ``role`` is dx, external, admitting or px; ``day`` that of a procedure."""

    system: System
    code: str
    role: str
    seq: int
    poa: str = ""
    day: str = ""


@dataclass(frozen=True, slots=True)
class EarlierStay:
    """An encounter with its codes. ``on`` is the ISO day it ended or began; ``withheld`` says why none are shown."""

    encounter_id: int
    account: str
    patient_class: str
    on: str
    place: str  # facility or division, and unit
    drg: str
    codes: tuple[EarlierCode, ...] = ()
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """One code over all encounters. ``last`` is the newest encounter that has it."""

    code: EarlierCode
    last: EarlierStay
    first_on: str
    times: int
    kind: str = ""  # chronic, status or blank


def by_code(stays: Sequence[EarlierStay], lasting: CodeTable | None, day: str = "") -> list[Seen]:
    """Each code once: chronic ones first, then status, then what was coded last; ``stays`` are newest first."""
    found: dict[tuple[System, str], Seen] = {}
    for stay in stays:
        told: set[tuple[System, str]] = set()
        for code in stay.codes:
            name = (code.system, code.code)
            if name in told or code.role == "admitting":
                continue
            told.add(name)
            seen = found.get(name)
            found[name] = (
                replace(seen, first_on=stay.on, times=seen.times + 1)
                if seen
                else Seen(code, stay, stay.on, 1, kind_of(code, lasting, day))
            )
    newest_first = sorted(found.values(), key=lambda seen: seen.last.on, reverse=True)
    return sorted(newest_first, key=lambda seen: KINDS.index(seen.kind))


def kind_of(code: EarlierCode, lasting: CodeTable | None, day: str = "") -> str:
    """Whether a diagnosis is one that lasts: ``chronic``, ``status`` or blank."""
    if code.system is not System.CM or lasting is None:
        return ""
    for row in lasting.on(day):
        if within(code.code, row.code, str(row.more.get("last", "")) or row.code):
            kind = str(row.more.get("kind", ""))
            return kind if kind in KINDS else ""
    return ""


def within(code: str, first: str, last: str) -> bool:
    """Whether a code is in a range, both ends inside, with everything below them; codes without dot."""
    return first <= code and code[: len(last)] <= last


def next_row(rows: Iterable[int]) -> int:
    """The row after the last that is filled."""
    return max(rows, default=0) + 1
