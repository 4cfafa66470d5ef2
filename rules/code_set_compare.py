"""Two code sets of one stay beside each other: what was added, dropped, resequenced, and where POA changed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rules.codes import System, dotted, normal
from rules.drg import Claim


class Kind(StrEnum):
    """What became of a code between the first set and the second."""

    PRINCIPAL = "principal"  # the principal diagnosis is another
    ADDED = "added"
    DROPPED = "dropped"
    RESEQUENCED = "resequenced"
    POA = "POA"
    DAY = "date"  # of a procedure
    ADMITTING = "admitting"  # the admitting diagnosis is another


@dataclass(frozen=True, slots=True)
class Difference:
    """One code that the two sets have otherwise; ``left`` and ``right`` say how, blank where it is not there."""

    kind: Kind
    code: str  # as people write it
    left: str
    right: str
    system: System = System.CM


@dataclass(frozen=True, slots=True)
class _Code:
    """A code of a set with its place, counted from 1, and what is said of it."""

    code: str
    seq: int
    more: str  # POA, or the day of a procedure


def compare(left: Claim, right: Claim) -> list[Difference]:
    """Where the codes of ``right`` differ from those of ``left``: diagnoses, procedures, admitting diagnosis.

    A code that stands in a set twice is two codes. Of codes that both sets have as few as possible are said to be
    resequenced: moving these alone makes one order of the other.
    """
    dx = (
        _codes([(each.code, each.poa.strip().upper()) for each in left.dx]),
        _codes([(each.code, each.poa.strip().upper()) for each in right.dx]),
    )
    px = (
        _codes([(each.code, each.day.isoformat() if each.day else "") for each in left.px]),
        _codes([(each.code, each.day.isoformat() if each.day else "") for each in right.px]),
    )
    return [
        *_principal(*dx),
        *_of_part(*dx, System.CM, Kind.POA),
        *_of_part(*px, System.PCS, Kind.DAY),
        *_admitting(left, right),
    ]


_Named = dict[tuple[str, int], _Code]


def _codes(given: Sequence[tuple[str, str]]) -> _Named:
    """The codes of one part in their order, by code and how often it stood there before."""
    found: _Named = {}
    for code, more in given:
        code = normal(code)
        if code:
            again = sum(name == code for name, _ in found)
            found[code, again] = _Code(code, len(found) + 1, more)
    return found


def _principal(left: _Named, right: _Named) -> list[Difference]:
    first, second = (next(iter(each.values()), None) for each in (left, right))
    if first is None or second is None or first.code == second.code:
        return []
    return [Difference(Kind.PRINCIPAL, dotted(second.code), dotted(first.code), dotted(second.code))]


def _of_part(left: _Named, right: _Named, system: System, said: Kind) -> list[Difference]:
    found = []
    both = [name for name in left if name in right]
    keep = _in_order([right[name].seq for name in both])
    moved = {name for name in both if right[name].seq not in keep}
    for name, code in right.items():
        shown = dotted(code.code, system)
        if name not in left:
            found.append(Difference(Kind.ADDED, shown, "", _place(code), system))
            continue
        was = left[name]
        if name in moved:
            found.append(Difference(Kind.RESEQUENCED, shown, str(was.seq), str(code.seq), system))
        if was.more != code.more:
            found.append(Difference(said, shown, was.more or "blank", code.more or "blank", system))
    dropped = [code for name, code in left.items() if name not in right]
    return found + [
        Difference(Kind.DROPPED, dotted(code.code, system), _place(code), "", system) for code in dropped
    ]


def _place(code: _Code) -> str:
    return f"{code.seq} {code.more}".strip()


def _in_order(numbers: Sequence[int]) -> set[int]:
    """A longest part of ``numbers`` that rises: what can stay where it is."""
    tails: list[int] = []  # place in numbers of the smallest end of a rising part, by its length
    before: list[int] = []
    for place, number in enumerate(numbers):
        length = bisect_left([numbers[tail] for tail in tails], number)
        before.append(tails[length - 1] if length else -1)
        tails[length : length + 1] = [place]
    found, place = set(), tails[-1] if tails else -1
    while place >= 0:
        found.add(numbers[place])
        place = before[place]
    return found


def _admitting(left: Claim, right: Claim) -> list[Difference]:
    if normal(left.admit_dx) == normal(right.admit_dx):
        return []
    was, now = dotted(left.admit_dx), dotted(right.admit_dx)
    return [Difference(Kind.ADMITTING, now or was, was or "blank", now or "blank")]
