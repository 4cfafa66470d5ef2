"""Pairs of charts that may be one person: found at every new or changed chart, reviewed, and remembered.

Every chart is compared with all others that share a key, whichever is older. "Not the same" does not come back unless
the identity of one of the two is changed.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Final

from db import acts
from db.actors import Action, Actor
from db.changes import Applied, refusal
from db.connect import database, writing
from db.patient_index import counts, match_people
from db.patient_index.patient_search import PatientRow, rows_of
from rules.identity import Name
from rules.matching import NO, REVIEW, SAME, Match, Model, match
from rules.matching_fields import Person
from rules.text import clean

OPEN: Final = "open"
LATER: Final = "later"
APART: Final = "apart"
DECISIONS: Final = {"NOT": APART, "LATER": LATER, "OPEN": OPEN}
AT_ONCE: Final = 200  # charts that are keyed in one transaction: a tenth of a second
BESIDE: Final = (
    5000  # charts that may wait and still be compared one by one: of more the whole file is faster
)
MOST_CANDIDATES: Final = 3000
Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class LookAlike:
    """A chart that may be the person asked for."""

    row: PatientRow
    match: Match


@dataclass(frozen=True, slots=True)
class Pair:
    """Two charts for somebody to look at."""

    id: int
    one: PatientRow
    other: PatientRow
    score: float
    match: str
    reasons: tuple[str, ...]
    state: str
    decided_by: str
    reason: str
    found_utc: int


def look_alikes(
    values: Mapping[str, str], former: Iterable[Name] = (), patient_id: int = 0, limit: int = 8
) -> list[LookAlike]:
    """Charts that may be this person, likeliest first; ``patient_id`` is the person's own chart, if there is one."""
    asked = match_people.person(patient_id, values, former)
    if not (asked.last or asked.first or asked.ssn):
        return []
    if match_people.unkeyed() and not database.in_transaction():
        match_people.key_some(AT_ONCE)
    found = _matches(asked)
    best = sorted(found.items(), key=lambda pair: (-pair[1].score, pair[0]))[:limit]
    rows = {row.patient_id: row for row in rows_of(id_ for id_, _ in best)}
    return [LookAlike(rows[id_], each) for id_, each in best if id_ in rows]


def _matches(asked: Person) -> dict[int, Match]:
    """Everybody who may be this person."""
    others = match_people.people(sorted(match_people.candidates(asked))[:MOST_CANDIDATES])
    model = match_people.model([asked, *others.values()])
    found = {id_: match(asked, other, model) for id_, other in others.items()}
    return {id_: each for id_, each in found.items() if each.verdict != NO}


def compared(low_id: int, high_id: int) -> Match:
    """Two charts field by field, as they are now. Raises ``KeyError`` when one is merged, void or unknown."""
    both = match_people.people((low_id, high_id))
    one, other = both[low_id], both[high_id]
    return match(one, other, match_people.model((one, other)))


def catch_up(limit: int = 50, within_s: float = inf) -> int:
    """Compare charts that were changed since they were compared, each in a transaction: so many, or as many as there
    is time for, one at least. Returns how many are left."""
    until = time.monotonic() + within_s
    for start in range(0, limit, AT_ONCE):
        match_people.key_some(AT_ONCE)
        rows = database.execute_sql(
            "SELECT patient_id FROM match_pending WHERE keyed = 1 LIMIT ?", (min(AT_ONCE, limit - start),)
        ).fetchall()
        for (patient_id,) in rows:
            with writing():
                refresh(patient_id)
            if time.monotonic() >= until:
                return counts.not_compared()
    return counts.not_compared()


def catch_up_beside(within_s: float) -> int:
    """Compare what an import or the feed has brought, unless that is more than a run over the whole file is for.
    Returns how many are left."""
    left = counts.not_compared()
    return catch_up(left, within_s) if 0 < left <= BESIDE else left


def refresh(patient_id: int) -> None:
    """Compare one chart with all others and keep what was found, inside the caller's transaction."""
    match_people.key_one(patient_id)
    here = match_people.people((patient_id,)).get(patient_id)
    found = _matches(here) if here is not None else {}
    keep(patient_id, found)
    database.execute_sql("DELETE FROM match_pending WHERE patient_id = ?", (patient_id,))


def keep(patient_id: int, found: Mapping[int, Match]) -> None:
    """Bring the pairs of a chart to what was found; decisions stand while the identities are what they were."""
    known = {
        (low, high): (id_, state, identity)
        for id_, low, high, state, identity in database.execute_sql(
            "SELECT id, low_id, high_id, state, identity FROM chart_pair WHERE low_id = ?"
            " UNION SELECT id, low_id, high_id, state, identity FROM chart_pair WHERE high_id = ?",
            (patient_id, patient_id),
        )
    }
    for other_id, each in found.items():
        key = (min(patient_id, other_id), max(patient_id, other_id))
        write_pair(key, each, known.pop(key, None))
    for key, (id_, state, _) in known.items():
        if state != APART and not _gone(key):
            database.execute_sql("DELETE FROM chart_pair WHERE id = ?", (id_,))


def write_pair(key: Key, found: Match, known: tuple[int, str, str] | None) -> None:
    """Keep one pair; ``known`` is its number, state and identity when it is there already."""
    score, reasons = round(found.score * 100), json.dumps(found.reasons)
    if known is None:
        database.execute_sql(
            "INSERT INTO chart_pair (low_id, high_id, score_hundredths, match, reasons, found_utc)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (*key, score, found.verdict, reasons, int(time.time())),
        )
        return
    id_, state, identity = known
    again = state == APART and identity != identity_of(key)
    database.execute_sql(
        "UPDATE chart_pair SET score_hundredths = ?, match = ?, reasons = ?, state = ? WHERE id = ?",
        (score, found.verdict, reasons, OPEN if again else state, id_),
    )


def _gone(key: Key) -> bool:
    """Whether one of the two is merged or void now: then the pair waits for that to be undone."""
    return len(match_people.people(key)) < 2


def identity_of(key: Key) -> str:
    """A digest of what two charts were compared by."""
    both = match_people.people(key)
    told = [
        [
            p.last,
            p.first,
            p.middle,
            sorted(p.former),
            p.generation,
            p.born,
            p.sex,
            p.ssn,
            p.street,
            p.zip,
            p.phone,
        ]
        for _, p in sorted(both.items())
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


_LISTED: Final = (
    "SELECT c.id, c.low_id, c.high_id, c.score_hundredths, c.match, c.reasons, c.state, c.decided_by, c.reason,"
    " c.found_utc FROM chart_pair c"
)


def waiting(
    actor: Actor, after: tuple[int, int] | None = None, limit: int = 50, *, later: bool = False
) -> list[Pair]:
    """Pairs to decide, the likeliest first; ``after`` is minus score in hundredths and number of the last one."""
    acts.permit(actor, Action.REVIEW_DUPLICATE, kind="duplicates")
    state, place = LATER if later else OPEN, after or (-(10**9), 0)
    rows = database.execute_sql(
        f"{_LISTED} WHERE c.state = ? AND c.score_hundredths <= ? AND (c.score_hundredths < ? OR c.id > ?)"
        f"{counts.BOTH_STAND} ORDER BY c.score_hundredths DESC, c.id LIMIT ?",
        (state, -place[0], -place[0], place[1], limit),
    ).fetchall()
    return _pairs(rows)


def _pairs(rows: Iterable[Any]) -> list[Pair]:
    rows = list(rows)
    people = {row.patient_id: row for row in rows_of({id_ for row in rows for id_ in row[1:3]})}
    return [
        Pair(
            id_,
            people[low],
            people[high],
            score / 100,
            verdict,
            tuple(json.loads(reasons)),
            state,
            by,
            why,
            utc,
        )
        for id_, low, high, score, verdict, reasons, state, by, why, utc in rows
        if low in people and high in people
    ]


def pair_of(one_id: int, other_id: int) -> Pair | None:
    """What is kept about two charts."""
    rows = database.execute_sql(
        f"{_LISTED} WHERE c.low_id = ? AND c.high_id = ?", (min(one_id, other_id), max(one_id, other_id))
    ).fetchall()
    return next(iter(_pairs(rows)), None)


def decide(actor: Actor, one_id: int, other_id: int, decision: str, reason: str) -> Applied:
    """Remember that two charts are two people (NOT), are to be looked at LATER, or are OPEN again.

    A pair that nobody had found is kept too, so that it does not come up. Merging is ``patients.merge``.
    """
    state = DECISIONS.get(decision)
    if state is None:
        return refusal("D101", "Key NOT, LATER or OPEN.", "decision")
    if not reason.strip():
        return refusal("D102", "Say why: the reason is kept with the pair.", "reason")
    key = (min(one_id, other_id), max(one_id, other_id))
    mrns = _mrns(key)
    with acts.act(
        actor, Action.REVIEW_DUPLICATE, kind="charts", record=" ".join(mrns), patient_id=one_id
    ) as done:
        found = pair_of(*key)
        if found is None:
            each = compared(*key)
            write_pair(key, each, None)
            found = pair_of(*key)
        before = found.state if found else OPEN
        database.execute_sql(
            "UPDATE chart_pair SET state = ?, identity = ?, decided_utc = ?, decided_by = ?, reason = ?"
            " WHERE low_id = ? AND high_id = ?",
            (state, identity_of(key), int(time.time()), actor.user, clean(reason.strip()), *key),
        )
        done.changed({"state": before}, {"state": state})
        done.detail["reason"] = clean(reason.strip())
    return Applied(one_id, changed={"state": (before, state)})


def _mrns(key: Key) -> list[str]:
    rows = database.execute_sql("SELECT mrn FROM patient WHERE id IN (?, ?) ORDER BY id", key)
    return [mrn for (mrn,) in rows]


__all__ = [
    "APART", "LATER", "OPEN", "REVIEW", "SAME", "LookAlike", "Model", "Pair", "catch_up", "catch_up_beside", "compared",
    "decide", "look_alikes", "pair_of", "refresh", "waiting",
]  # fmt: skip
