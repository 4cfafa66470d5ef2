"""Gains and losses of services, divisions or segments: who came into one and who left it, from the movements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from db.statistics.moved import Kind, Moved

Key = tuple[str, ...]


def flows(
    movements: Iterable[Moved], key: Callable[[str, str], Key]
) -> tuple[Counter[tuple[Key, bool]], Counter[tuple[Key, bool]]]:
    """Gains and losses by part and newborn; ``key`` names the part of a unit and service.

    Who moves within a part is neither; an absence that stays in the census is neither.
    """
    gains: Counter[tuple[Key, bool]] = Counter()
    losses: Counter[tuple[Key, bool]] = Counter()
    for each in movements:
        here = (key(each.unit, each.service), each.newborn)
        if each.kind in (Kind.TRANSFER, Kind.SERVICE):
            before = (key(each.from_unit, each.from_service), each.newborn)
            if before != here:
                losses[before] += 1
                gains[here] += 1
        elif each.kind is Kind.ADMISSION or (each.kind is Kind.RETURN and each.absent):
            gains[here] += 1
        elif each.kind in (Kind.DISCHARGE, Kind.DEATH) or each.absent:
            losses[here] += 1
    return gains, losses
