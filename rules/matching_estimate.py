"""The agreement rates of an index estimated from the index itself, without anybody having said who is one person."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Final

from rules.matching import Pattern, Rates
from rules.matching_fields import BANDS, FIELDS

ROUNDS: Final = 200
CLOSE_ENOUGH: Final = 1e-5
FAMILY: Final[Mapping[tuple[str, str], float]] = {
    ("last name", "same"): 0.9, ("last name", "differs"): 0.05, ("first name", "differs"): 0.9,
    ("first name", "same"): 0.03, ("middle name", "differs"): 0.8, ("birth date", "differs"): 0.85,
    ("birth date", "same"): 0.06, ("sex", "same"): 0.5, ("sex", "differs"): 0.5, ("SSN", "differs"): 0.95,
    ("SSN", "near"): 0.03, ("address", "same"): 0.85, ("phone", "same"): 0.85, ("phone", "differs"): 0.1,
}  # fmt: skip
"""Where the rates of two people of one family begin."""
NAMESAKE: Final[Mapping[tuple[str, str], float]] = {
    ("last name", "same"): 0.9, ("last name", "differs"): 0.05, ("first name", "same"): 0.85,
    ("first name", "nickname"): 0.05, ("first name", "differs"): 0.05, ("sex", "same"): 0.97, ("sex", "differs"): 0.03,
}  # fmt: skip
"""Where those of namesakes begin; in all else they agree as any two do."""
MOST: Final[Mapping[tuple[str, str], float]] = {
    ("last name", "differs"): 0.15, ("first name", "differs"): 0.10, ("middle name", "differs"): 0.30,
    ("birth date", "differs"): 0.10, ("sex", "differs"): 0.06, ("SSN", "differs"): 0.15,
}  # fmt: skip
LEAST: Final[Mapping[tuple[str, str], float]] = {
    ("last name", "same"): 0.50, ("first name", "same"): 0.50, ("birth date", "same"): 0.60, ("SSN", "same"): 0.60,
    ("address", "same"): 0.35, ("phone", "same"): 0.30,
}  # fmt: skip
"""How often two charts of one person disagree at most, and agree at least. Where hardly anybody is on file twice, or
namesakes are many, the likeliest rates are those of twins or namesakes: they are kept from these (Winkler 1993)."""
BEFOREHAND: Final = (
    20.0  # pairs for which the rates that were in force stand, so that few pairs change little
)


def estimate(patterns: Mapping[Pattern, int], before: Rates, unmatched: Mapping[Pattern, int]) -> dict[
    tuple[str, str], tuple[float, float]
]:  # fmt: skip
    """m and u from the agreement patterns of a file without knowing which pairs are one person.

    Expectation maximisation (Dempster 1977; Winkler 1988) over ``patterns`` of candidate pairs; u comes from
    ``unmatched``, pairs drawn by chance. Families share name, address and telephone, namesakes their names, and both
    are many among candidates: they are classes of their own, or they would pass for one person (Winkler 1993).
    ``before`` is where it begins and what few pairs are weighed with.
    """
    u = _u_rates(unmatched, before)
    begins = [
        {key: rates[0] for key, rates in before.items()},
        {key: FAMILY.get(key, 0.5 * u[key] + 0.01) for key in before},
        {key: NAMESAKE.get(key, u[key]) for key in before},
    ]
    classes, shares, total = [*begins, u], [0.1, 0.2, 0.3, 0.4], sum(patterns.values())
    for _ in range(ROUNDS):
        expected: list[dict[tuple[str, str], float]] = [{} for _ in classes]
        found = [0.0 for _ in classes]
        for pattern, count in patterns.items():
            keys = [key for key in zip(FIELDS, pattern, strict=True) if key[1]]
            odds = [s * prod(rates[key] for key in keys) for s, rates in zip(shares, classes, strict=True)]
            whole = sum(odds) or 1.0
            for number, each in enumerate(odds):
                found[number] += count * each / whole
                for key in keys:
                    expected[number][key] = expected[number].get(key, 0.0) + count * each / whole
        changed = [_m_rates(counts, begin) for counts, begin in zip(expected, begins, strict=False)]
        changed[0] = _bounded(changed[0])
        moved = max(abs(changed[0][key] - classes[0][key]) for key in u)
        classes = [*changed, u]
        if total:
            shares = [min(0.999, max(1e-6, each / total)) for each in found]
        if moved < CLOSE_ENOUGH:
            break
    one = classes[0]
    return {key: (one[key], u[key]) for key in before}


def _m_rates(
    expected: Mapping[tuple[str, str], float], before: Mapping[tuple[str, str], float]
) -> dict[tuple[str, str], float]:
    rates = {}
    for name in FIELDS:
        total = sum(expected.get((name, band), 0.0) for band in BANDS[name]) + BEFOREHAND
        for band in BANDS[name]:
            rates[name, band] = (expected.get((name, band), 0.0) + BEFOREHAND * before[name, band]) / total
    return rates


def _bounded(rates: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """The rates of one person within ``MOST`` and ``LEAST``; the other bands of the field keep their proportions."""
    kept = dict(rates)
    for bounds, pick in ((MOST, min), (LEAST, max)):
        for (name, band), bound in bounds.items():
            before, now = kept[name, band], pick(kept[name, band], bound)
            if now != before:
                for each in BANDS[name]:
                    kept[name, each] *= (1 - now) / (1 - before)
                kept[name, band] = now
    return kept


def _u_rates(unmatched: Mapping[Pattern, int], before: Rates) -> dict[tuple[str, str], float]:
    """Shares among pairs drawn by chance; a band too rare to be met keeps what it was."""
    rates: dict[tuple[str, str], float] = {}
    for place, name in enumerate(FIELDS):
        counts: dict[str, int] = {}
        for pattern, count in unmatched.items():
            counts[pattern[place]] = counts.get(pattern[place], 0) + count
        total = sum(count for band, count in counts.items() if band)
        for band in BANDS[name]:
            met = counts.get(band, 0)
            rates[name, band] = met / total if met >= BEFOREHAND else before[name, band][1]
    return rates
