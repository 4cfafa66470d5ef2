"""The facility's own agreement rates: estimated from its index, in force from a day on, the older ones kept."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from db import acts, store
from db.actors import Action, Actor
from db.connect import database, large_cache
from db.patient_index import match_people
from db.patient_index.match_file import Say, read_everybody, shared_blocks
from rules.matching import Pattern, Rates
from rules.matching_estimate import estimate
from rules.matching_fields import Person, compare

BY_CHANCE: Final = 200_000  # pairs drawn
FAR_OFF: Final = 7919  # a prime: no register has this rhythm
MOST_PAIRS: Final = 2_000_000  # candidate pairs looked at
SMALLEST: Final = 500  # charts: fewer tell nothing


def estimate_from_index(actor: Actor, say: Say) -> Rates:
    """Estimate m and u and put them in force from today: one audited act. Raises ``StoreError`` for a small index."""
    from db.connect import StoreError

    with large_cache():
        people = read_everybody(say)
        if len(people) < SMALLEST:
            raise StoreError(
                f"The index has {len(people)} charts: {SMALLEST} are needed to estimate weights."
            )
        candidates = _candidates(people, say)
        everybody = list(people.values())
        chance = Counter(compare(one, other) for one, other in _by_chance(everybody))
    before = match_people.rates()
    found = estimate(candidates, before, chance)
    today = store.current().now().day
    with acts.act(actor, Action.AMEND_SITE_FILE, kind="match rates", record=str(today)) as done:
        now = int(time.time())
        database.connection().executemany(
            "INSERT OR REPLACE INTO match_rate VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(today, field, band, m, u, actor.user, now) for (field, band), (m, u) in found.items()],
        )
        done.changed(
            {f"{field}.{band}": [round(m, 5), round(u, 7)] for (field, band), (m, u) in before.items()},
            {f"{field}.{band}": [round(m, 5), round(u, 7)] for (field, band), (m, u) in found.items()},
        )
    return found


def _by_chance(everybody: Sequence[Person]) -> Iterator[tuple[Person, Person]]:
    """Pairs that have nothing to do with one another: each with some who stand far off in the index."""
    total = len(everybody)
    wanted = min(BY_CHANCE, 40 * total)
    for turn in range(wanted):
        one = turn % total
        other = (one + 1 + (turn // total + 1) * FAR_OFF) % total
        if other != one:
            yield everybody[one], everybody[other]


def _candidates(people: dict[int, Person], say: Say) -> Counter[Pattern]:
    patterns: Counter[Pattern] = Counter()
    seen: set[tuple[int, int]] = set()
    for one, other in shared_blocks(people):
        key = (one.id, other.id) if one.id < other.id else (other.id, one.id)
        if key not in seen:
            seen.add(key)
            patterns[compare(one, other)] += 1
            if len(seen) >= MOST_PAIRS:
                break
    say("candidate pairs", len(seen), len(seen))
    return patterns
