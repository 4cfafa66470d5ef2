"""The whole index compared at once: in memory, block by block, with progress; what is found is kept as pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from db import acts
from db.actors import Action, Actor
from db.connect import database, large_cache, writing
from db.patient_index import match_people
from db.patient_index.duplicates import write_pair
from rules.matching import NO, REVIEW, SAME, Found, Match, Model, Shares, match, settled, told_apart
from rules.matching_fields import Person
from rules.matching_keys import blocking_keys, worth_comparing

READ: Final = 2000  # charts read at once
KEYS: Final = 20_000  # keys read at once
WRITTEN: Final = 400  # pairs kept in one transaction
LARGE: Final = (
    120  # people under one key: from there on only those are compared who agree in something else too
)
LARGEST: Final = 4000  # people who agree in that too: they are compared under their other keys
SHARED: Final = (
    "last", "first", "given", "middle", "born", "birth", "street", "zip", "last_sound", "first_sound",
)  # fmt: skip

Say = Callable[[str, int, int], None]
"""Told how far a step is: what, done, of."""


@dataclass(frozen=True, slots=True)
class Line:
    """Two charts, the smaller MRN first as text."""

    mrn_a: str
    mrn_b: str
    score: float
    match: str
    reasons: list[str]


def whole_file(actor: Actor, say: Say) -> list[Line]:
    """Compare the whole index; all pairs found, the likeliest first. Audited as one list that was seen."""
    with large_cache():
        people = read_everybody(say)
        model = match_people.model((), _counted(people.values()))
        found = settled(_compared(people, model, say), lambda a, b: told_apart(people[a], people[b], model))
        found = {key: each for key, each in found.items() if each.verdict != NO}
        _keep(found, say)
        _keep_names(model.shares)
        _compared_all(people)
    lines = [_line(people[low].mrn, people[high].mrn, each) for (low, high), each in found.items()]
    lines.sort(key=lambda line: (-line.score, line.mrn_a, line.mrn_b))
    acts.viewed(
        actor, Action.REVIEW_DUPLICATE, kind="list", record="duplicates",
        detail={"charts": len(people), "pairs": len(lines)},
    )  # fmt: skip
    return lines


def _line(one: str, other: str, found: Match) -> Line:
    first, second = sorted((one, other))
    return Line(first, second, found.score, found.verdict, found.reasons)


def read_everybody(say: Say) -> dict[int, Person]:
    """All charts by internal number, their keys made."""
    people = _everybody(say)
    _key_everybody(people, say)
    return people


def shared_blocks(people: dict[int, Person]) -> Iterator[tuple[Person, Person]]:
    """Every pair that shares a key and is worth comparing; one that shares several comes several times."""
    for block, _ in _blocks():
        for one, other in _pairs([people[id_] for id_ in block if id_ in people]):
            if worth_comparing(one, other):
                yield one, other


def _key_everybody(people: dict[int, Person], say: Say) -> None:
    """Make the keys that are missing. Where nobody has any they are written in their own order, which is fast."""
    waiting = [
        id_
        for (id_,) in database.execute_sql("SELECT patient_id FROM match_pending WHERE keyed = 0").fetchall()
    ]
    first = database.execute_sql("SELECT 1 FROM match_person LIMIT 1").fetchone() is None
    if first and len(waiting) > READ:
        _key_all_at_once(people, say)
        return
    for start in range(0, len(waiting), match_people.SLICE):
        some = waiting[start : start + match_people.SLICE]
        with writing():
            match_people.write_keys(some, {id_: people[id_] for id_ in some if id_ in people})
        say("keys made", min(start + match_people.SLICE, len(waiting)), len(waiting))


def _key_all_at_once(people: dict[int, Person], say: Say) -> None:
    """Letter by letter, so that the keys of half a million charts are never all in memory."""
    keys_of: dict[int, str] = {}
    letters: set[str] = set()
    for id_, each in people.items():
        keys = sorted(blocking_keys(each))
        keys_of[id_] = " ".join(keys)
        letters.update(key[0] for key in keys)
    with writing():
        database.execute_sql("DELETE FROM match_key")  # of a run that was cut short
    for number, letter in enumerate(sorted(letters), 1):
        rows = sorted((key, id_) for id_, keys in keys_of.items() for key in keys.split() if key[0] == letter)
        for start in range(0, len(rows), KEYS):
            with writing():
                match_people.insert_keys(rows[start : start + KEYS])
        say("keys made", number * len(people) // len(letters), len(people))
    listed = list(keys_of.items())
    for start in range(0, len(listed), READ):
        some = listed[start : start + READ]
        with writing():
            database.connection().executemany("INSERT OR REPLACE INTO match_person VALUES (?, ?)", some)
            database.connection().executemany(
                "UPDATE match_pending SET keyed = 1 WHERE patient_id = ?", [(id_,) for id_, _ in some]
            )


def _everybody(say: Say) -> dict[int, Person]:
    people: dict[int, Person] = {}
    total, last = match_people.index_size(), 0
    shared: dict[object, object] = {}  # one object for all who have the same: half the memory
    while some := match_people.everybody(last, READ):
        for each in some:
            for name in SHARED:
                value = getattr(each, name)
                setattr(each, name, shared.setdefault(value, value))
            people[each.id] = each
        last = some[-1].id
        say("charts read", min(last, total), total)
    return people


def _counted(people: Iterable[Person]) -> Shares:
    last: dict[str, int] = {}
    first: dict[str, int] = {}
    birth: dict[str, int] = {}
    for each in people:
        last[each.last] = last.get(each.last, 0) + 1
        first[each.first] = first.get(each.first, 0) + 1
        if each.birth:
            birth[each.birth] = birth.get(each.birth, 0) + 1
    return Shares(match_people.index_size(), last, first, birth)


def _compared(people: dict[int, Person], model: Model, say: Say) -> Found:
    found: dict[tuple[int, int], Match] = {}
    total, done = len(people), 0
    for block, share in _blocks():
        here = [people[id_] for id_ in block if id_ in people]
        for one, other in _pairs(here):
            if not worth_comparing(one, other):
                continue
            key = (one.id, other.id) if one.id < other.id else (other.id, one.id)
            if key in found:
                continue
            each = match(one, other, model, told=False)
            if each.verdict != NO:
                found[key] = each
        if int(share * total) > done + KEYS:
            done = int(share * total)
            say("charts compared", done, total)
    say("charts compared", total, total)
    return found


def _blocks() -> Iterator[tuple[list[int], float]]:
    """People who share a key, key by key, each with how far that is."""
    total = int(database.execute_sql("SELECT count(*) FROM match_key").fetchone()[0]) or 1
    after: tuple[str, int] = ("", 0)
    key, block, seen = "", [], 0  # type: ignore[var-annotated]
    while True:
        rows = database.execute_sql(
            "SELECT key, patient_id FROM match_key WHERE (key, patient_id) > (?, ?) ORDER BY key, patient_id LIMIT ?",
            (*after, KEYS),
        ).fetchall()
        for each, id_ in rows:
            if each != key:
                if len(block) > 1:
                    yield block, seen / total
                key, block = each, []
            block.append(id_)
        seen += len(rows)
        if not rows:
            break
        after = rows[-1]
    if len(block) > 1:
        yield block, 1.0


_MORE: Final[tuple[Callable[[Person], str], ...]] = (
    lambda p: p.ssn, lambda p: p.phone, lambda p: p.birth, lambda p: p.street and p.street + p.zip,
    lambda p: p.last_sound + p.first_sound, lambda p: p.first_sound + str(p.born.year),
    lambda p: p.last_sound + str(p.born.year),
)  # fmt: skip


def _pairs(block: list[Person]) -> Iterator[tuple[Person, Person]]:
    """The pairs of a block. In a large one those who agree in one thing more: no other pair could be one person."""
    if len(block) <= LARGE:
        yield from combinations(block, 2)
        return
    for ask in _MORE:
        parts: dict[str, list[Person]] = {}
        for each in block:
            if answer := ask(each):
                parts.setdefault(answer, []).append(each)
        for part in parts.values():
            if 1 < len(part) <= LARGEST and len(part) < len(block):
                yield from combinations(part, 2)


def _keep(found: Found, say: Say) -> None:
    """Keep the pairs; those that nobody has decided and that were not found again are taken away."""
    known = {
        (low, high): (id_, state, identity)
        for id_, low, high, state, identity in database.execute_sql(
            "SELECT id, low_id, high_id, state, identity FROM chart_pair"
        )
    }
    pairs = list(found.items())
    for start in range(0, len(pairs), WRITTEN):
        with writing():
            for key, each in pairs[start : start + WRITTEN]:
                write_pair(key, each, known.pop(key, None))
        say("pairs kept", min(start + WRITTEN, len(pairs)), len(pairs))
    with writing():
        for key, (id_, state, _) in known.items():
            if state != "apart" and len(match_people.people(key)) == 2:
                database.execute_sql("DELETE FROM chart_pair WHERE id = ?", (id_,))


def _keep_names(shares: Shares) -> None:
    kinds = {"last": shares.last, "first": shares.first, "birth": shares.birth}
    rows = [(kind, *row) for kind, names in kinds.items() for row in names.items()]
    with writing():
        database.execute_sql("DELETE FROM match_name")
    for start in range(0, len(rows), 5000):
        with writing():
            some = rows[start : start + 5000]
            database.connection().executemany("INSERT OR REPLACE INTO match_name VALUES (?, ?, ?)", some)


def _compared_all(people: dict[int, Person]) -> None:
    """They have been compared, but for those that were changed meanwhile."""
    while True:
        with writing():
            done = database.execute_sql(
                "DELETE FROM match_pending WHERE patient_id IN"
                " (SELECT patient_id FROM match_pending WHERE keyed = 1 LIMIT 20000)"
            ).rowcount
        if not done:
            return


__all__ = ["REVIEW", "SAME", "Line", "whole_file"]
