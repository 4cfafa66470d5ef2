"""The counts of a month as they are frozen: of the house, of each part that signed pages have, and what events say.

Every figure is worked from these, so that they say all that was signed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from db.statistics import amis, discharges, figures, wards
from rules.corrections import HOUSE, Counts
from rules.periods import Period
from rules.statistics import Count

Frozen = Mapping[str, Mapping[str, Counts]]
"""``house`` (one entry), ``by_unit``, ``by_service`` and each of ``DIVIDED``, by their codes."""

ORIGIN: Final = "by_origin"
DIVIDED: Final[Mapping[str, str]] = {
    **{f"by_{word}": discharges.DIMENSIONS[word].title for word in discharges.SIGNED},
    "by_age": "Age at admission from",  # the first year of the band
    ORIGIN: "Point of origin",
}
"""What signed pages divide people by beside units and services, and its title. What changes one of these late marks
the month, as what changes movements does (migrations 020, 025, 027; ledger.save)."""


def of_period(period: Period) -> Frozen:
    """What the figures of a period are worked from, as it is now."""
    counted = figures.period_counts(period)
    return {
        "house": {HOUSE: figures.whole(period, counted.house)},
        "by_unit": dict(sorted(counted.by_unit.items())),
        "by_service": dict(sorted(counted.by_service.items())),
        **_divided(period),
    }


def _divided(period: Period) -> dict[str, dict[str, dict[str, Count]]]:
    """Discharges by what S03 divides them by; admissions by origin and women remaining, as N04 has them."""
    parts = {f"by_{word}": found for word, found in discharges.divided(period).items()}
    origins: Counter[str] = Counter()
    for _, _, newborn, origin, count in amis.admitted(period):
        origins[origin] += 0 if newborn else count
    if women := sum(each.female for each in wards.heads(period.to_day)):
        parts["by_sex"].setdefault("F", {})["remaining"] = women
    return parts | {ORIGIN: {code: {"admissions": count} for code, count in sorted(origins.items()) if count}}


def as_bytes(frozen: Frozen) -> bytes:
    """Frozen counts as they are stored; fractions as text."""
    shown = {
        kind: {code: {name: str(value) for name, value in counts.items()} for code, counts in parts.items()}
        for kind, parts in frozen.items()
    }
    return json.dumps(shown, separators=(",", ":")).encode()


def from_bytes(stored: bytes) -> Frozen:
    """The same, read again."""
    return {
        kind: {
            code: {name: _number(value) for name, value in counts.items()} for code, counts in parts.items()
        }
        for kind, parts in json.loads(stored).items()
    }


def _number(text: str) -> int | Fraction:
    value = Fraction(text)
    return value.numerator if value.denominator == 1 else value
