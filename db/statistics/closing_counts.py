"""The counts of a month as they are frozen: of the house, of each unit and service, and what events say.

Every figure is worked from these, so that they say all that was signed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction

from db.statistics import discharges, figures
from rules.corrections import HOUSE, Counts
from rules.periods import Period

Frozen = Mapping[str, Mapping[str, Counts]]
"""``house`` (one entry), ``by_unit``, ``by_service`` and ``by_disposition``, each by its code."""


def of_period(period: Period) -> Frozen:
    """What the figures of a period are worked from, as it is now."""
    counted = figures.period_counts(period)
    return {
        "house": {HOUSE: figures.whole(period, counted.house)},
        "by_unit": dict(sorted(counted.by_unit.items())),
        "by_service": dict(sorted(counted.by_service.items())),
        "by_disposition": discharges.by_disposition(period),
    }


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
