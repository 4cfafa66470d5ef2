"""The tables of the demo hospital as the generator uses them: read once, weights summed for drawing."""

from __future__ import annotations

import tomllib
from bisect import bisect
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate
from random import Random
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Weighted(Generic[T]):
    """Things to draw from, each as often as its weight says."""

    __slots__ = ("_sums", "things")

    def __init__(self, pairs: list[tuple[T, float]]) -> None:
        self.things = [thing for thing, weight in pairs if weight > 0]
        self._sums = list(accumulate(weight for _, weight in pairs if weight > 0))

    def draw(self, random: Random) -> T:
        """One of the things."""
        return self.things[bisect(self._sums, random.random() * self._sums[-1])]


@cache
def table(name: str) -> dict[str, Any]:
    """One of the TOML files beside this module."""
    return tomllib.loads(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of patient: what it is coded with, how long it stays and what may happen. See ``code_mix.toml``."""

    service: str = ""
    share: float = 1.0
    principal: tuple[str, ...] = ()
    secondary: tuple[tuple[str, float], ...] = ()
    procedures: tuple[tuple[str, float], ...] = ()
    los: float = 1.0  # median days
    died: float = 0.0
    path: str = "ward"
    winter: float = 0.0
    sex: str = ""
    age: tuple[int, int] = (0, 99)
    operation: str = ""
    delivery: str = ""
    special: bool = False  # newborns: to the special care nursery
    weeks: tuple[int, int] = (39, 39)
    grams: tuple[int, int] = (3300, 3300)


def _case(row: dict[str, Any]) -> Case:
    row = {**row, "principal": tuple(row.get("principal") or row.get("dx") or ())}
    row.pop("dx", None)
    for name in ("secondary", "procedures"):
        row[name] = tuple((code, chance) for code, chance in row.get(name, ()))
    for name in ("age", "weeks", "grams"):
        if name in row:
            row[name] = (row[name][0], row[name][1])
    return Case(**row)


@cache
def cases(kind: str) -> tuple[Case, ...]:
    """All cases of a kind: ``inpatient``, ``newborn``, ``emergency``, ``outpatient`` or ``observation``."""
    return tuple(_case(row) for row in table("code_mix")[kind])


class CaseMix:
    """Cases of one kind (and service) to draw from, by month, since some come in winter."""

    def __init__(self, chosen: list[Case]) -> None:
        self._by_month = [
            Weighted([(case, case.share * (1 + case.winter * winter)) for case in chosen])
            for winter in (1.0, 0.8, 0.5, 0.1, -0.2, -0.3, -0.35, -0.35, -0.3, 0.0, 0.3, 0.7)
        ]

    def draw(self, random: Random, month: int) -> Case:
        """A case that comes in ``month`` (1 to 12)."""
        return self._by_month[month - 1].draw(random)
