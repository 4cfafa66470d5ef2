"""Finds codes by words, beginnings and ranges: full-text candidates, likeliest first, scored by their wordings."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import combinations, islice, zip_longest
from typing import Any

from config.code_tables import Shelf
from db.coding.codes_schema import INDEX_WORDS
from db.coding.codes_words import Words
from rules.codes import System, may_begin, normal
from rules.codes_score import Query, Scorer, Slot
from rules.codes_search import ASIDE, BORROWED, ENCOUNTER_OF, FILLERS

MOST_RELAXED = 14  # queries made with slots left out, when all together find too little
TERMS, BEST_TERMS, UNDER = 30, 5, 16  # terms of the index scored, of these the best, codes of each
CANDIDATES = 120  # rows of one query that are scored; they come likeliest first
FEW = 10  # with fewer answers than this, slots are left out

Row = tuple[Any, ...]
HIT = "id, system, code, title, billable, valid_from, valid_to, marks, penalty, wordings"

_RANGE = re.compile(r"\s*(\S+?)\s*(?:-|\.\.|:)\s*(\S+)\s*")
_LEAST = 0.4  # a score below this answers nothing that was asked
_POOR = 1.2  # with no better score than this, words are taken for slips
_LISTED = 10.0  # a code that the expansions name for the phrase goes before all others

ENCOUNTERS = frozenset(ENCOUNTER_OF)

Scored = dict[int, tuple[float, Row]]


class Search:
    """Search in one code store, over its connection."""

    def __init__(self, connection: sqlite3.Connection, shelf: Shelf) -> None:
        self._db = connection
        self._words = Words(connection, shelf)

    @cached_property
    def _has_index(self) -> bool:
        return self._db.execute("SELECT 1 FROM index_term LIMIT 1").fetchone() is not None

    def rows(self, text: str, systems: Sequence[System], when: int, limit: int) -> list[Row]:
        """What ``text`` asks for, best first; a text that begins no code is taken for words."""
        return self._by_code(text, systems, when, limit) or self._by_words(text, systems, when, limit)

    def versions(self, code: str, system: System) -> list[Row]:
        """The rows of one code, oldest first."""
        return self._db.execute(
            f"SELECT {HIT} FROM code WHERE system = ? AND code = ? ORDER BY valid_from", (system, code)
        ).fetchall()

    def begins_any(self, code: str, when: int) -> bool:
        """Whether a code of any system that is in force begins so."""
        found = (
            self._db.execute(
                "SELECT 1 FROM code WHERE system = ? AND code >= ? AND code < ? AND valid_from <= ? AND valid_to >= ?",
                (system, code, code + "~", when, when),
            ).fetchone()
            for system in System
        )
        return any(found)

    def diagnoses_named(self, text: str) -> list[tuple[str, str]]:
        """The phrases of a running text that the expansions answer with a diagnosis, each with the code of it."""
        return [
            (said, codes[0])
            for said, codes in self._words.phrases(text)
            if self._db.execute(
                "SELECT 1 FROM code WHERE system = ? AND code >= ? AND code < ?",
                (System.CM, codes[0], codes[0] + "~"),
            ).fetchone()
        ]

    def _by_code(self, text: str, systems: Sequence[System], when: int, limit: int) -> list[Row]:
        rows: list[Row] = []
        span = _RANGE.fullmatch(text)
        for system in systems:
            if span and may_begin(span[1], system) and may_begin(span[2], system):
                rows += self._range(normal(span[1]), normal(span[2]), system, limit)
            elif may_begin(text, system) and len(text.split()) == 1:
                rows += self._beginning(normal(text), system, when, limit)
        return rows[:limit]

    def _beginning(self, code: str, system: System, when: int, limit: int) -> list[Row]:
        """Codes that begin with ``code``: itself first, then in the order of the book, those now valid first."""
        return self._db.execute(
            f"SELECT {HIT} FROM code WHERE system = ? AND code >= ? AND code < ? ORDER BY code <> ?,"
            " NOT (valid_from <= ? AND valid_to >= ?), position LIMIT ?",
            (system, code, code + "~", code, when, when, limit),
        ).fetchall()

    def _range(self, first: str, last: str, system: System, limit: int) -> list[Row]:
        """Codes from ``first`` to ``last`` in the order of the book, which is not the order of the alphabet."""
        ends = self._db.execute(
            "SELECT (SELECT min(position) FROM code WHERE system = ? AND code >= ? AND code < ?),"
            " (SELECT max(position) FROM code WHERE system = ? AND code >= ? AND code < ?)",
            (system, first, first + "~", system, last, last + "~"),
        ).fetchone()
        return self._db.execute(
            f"SELECT {HIT} FROM code WHERE system = ? AND position BETWEEN ? AND ? ORDER BY position LIMIT ?",
            (system, *ends, limit),
        ).fetchall()

    def _by_words(self, text: str, systems: Sequence[System], when: int, limit: int) -> list[Row]:
        try:
            return self._turns(text, systems, when, limit)
        finally:
            self._words.done()

    def _turns(self, text: str, systems: Sequence[System], when: int, limit: int) -> list[Row]:
        answers = [self._answers(query, systems, when) for query in self._words.asked(text, systems)]
        if max((_best(answer) for answer in answers), default=0.0) < _POOR:
            otherwise = [
                self._answers(query, systems, when) for query in self._words.asked_otherwise(text, systems)
            ]
            answers = sorted((*answers, *otherwise), key=_best, reverse=True)[: max(len(answers), 1)]
        # Where it is not plain which word was meant, the guesses take turns.
        turns = zip_longest(*([row for _, row in answer[:limit]] for answer in answers))
        return list(dict.fromkeys(row for rank in turns for row in rank if row is not None))[:limit]

    def _answers(self, query: Query, systems: Sequence[System], when: int) -> list[tuple[float, Row]]:
        scored: Scored = {}
        scorer = Scorer(query)
        for system in systems:
            self._named(query, scorer, system, when, scored)
            self._worded(query, query.slots, scorer, system, when, scored)
        if len(scored) < FEW:
            self._relax(query, scorer, systems, when, scored)
        return _with_first_named(
            query, [found for _, found in sorted(scored.items(), key=lambda each: (-each[1][0], each[0]))]
        )

    def _named(self, query: Query, scorer: Scorer, system: System, when: int, scored: Scored) -> None:
        """The codes that the expansions name, and those below them; for a whole query before all others."""
        for slot in query.slots:
            for rank, code in enumerate(slot.codes):
                found = self._below(code, when, system)
                _add(scorer, found, scored)
                if query.named:
                    scored |= {row[0]: (_LISTED - rank, row) for row in found if row[2] == code and row[4]}

    def _below(self, code: str, when: int, system: System = System.CM, limit: int = CANDIDATES) -> list[Row]:
        """The codes in force that begin with ``code``, the likeliest first."""
        return self._db.execute(
            f"SELECT {HIT} FROM code WHERE system = ? AND code >= ? AND code < ? AND valid_from <= ?"
            " AND valid_to >= ? ORDER BY id LIMIT ?",
            (system, code, code + "~", when, when, limit),
        ).fetchall()

    def _worded(
        self, query: Query, slots: Sequence[Slot], scorer: Scorer, system: System, when: int, scored: Scored
    ) -> None:
        """Codes whose titles and terms say all of ``slots``, the last word perhaps only begun."""
        asked = [(slot, part) for slot in slots if (part := self._expression(slot, query, system))]
        if asked:
            _add(scorer, self._match(" AND ".join(part for _, part in asked), system, when), scored)
        if self._has_index and system is System.CM:
            self._indexed([part for slot, part in asked if not _is_filler(slot, ASIDE)], scorer, when, scored)

    def _indexed(self, parts: Sequence[str], scorer: Scorer, when: int, scored: Scored) -> None:
        """Codes that terms of the Alphabetic Index lead to, which say all that is asked but side and encounter.

        A term is a further wording of the codes under it; it does not say which of them.
        """
        terms = self._terms(" AND ".join(parts)) if parts else []
        scores = [(scorer.score(term[0], "", term[1]), term) for term in terms]
        for most, (code, wordings) in sorted(scores, key=lambda each: -each[0])[:BEST_TERMS]:
            borrowed = "|".join(BORROWED + each for each in wordings.split("|"))
            for row in self._below(code, when, limit=UNDER):
                if row[0] in scored and scored[row[0]][0] >= most:
                    continue  # its own wordings say as much
                said = f"{row[9]}|{wordings if row[2] == code else borrowed}"
                value = _value(scorer, row, said)
                if value >= _LEAST and value > scored.get(row[0], (0.0, row))[0]:
                    scored[row[0]] = (value, row)

    def _terms(self, expression: str) -> list[tuple[str, str]]:
        """Terms of the index, code and wordings, the shortest first."""
        table = f"words_{INDEX_WORDS}"
        return self._db.execute(
            f"SELECT t.code, t.wordings FROM {table} JOIN index_term AS t ON t.id = {table}.rowid"
            f" WHERE {table} MATCH ? ORDER BY {table}.rowid LIMIT ?",
            (expression, TERMS),
        ).fetchall()

    def _relax(
        self, query: Query, scorer: Scorer, systems: Sequence[System], when: int, scored: Scored
    ) -> None:
        """Leave out what tells least, as little as it takes; every answer is still measured by the whole query."""
        slots = sorted(query.slots, key=lambda slot: slot.weight)
        loose = [slot for slot in slots if not _is_filler(slot, ENCOUNTERS)]
        some = (kept for kept in _fewer(slots, loose) if not all(_is_filler(slot, ASIDE) for slot in kept))
        for kept in islice(some, MOST_RELAXED):
            for system in systems:
                self._worded(query, kept, scorer, system, when, scored)
            if len(scored) >= FEW:
                return

    def _expression(self, slot: Slot, query: Query, system: System) -> str:
        """A slot as full-text search asks for it: any choice, of each of its words any form."""
        choices = []
        for choice in slot.choices:
            typing = slot is query.slots[-1] and len(choice) == 1
            words = [
                self._term(word, query.forms.get(word, (word,)), system, typing)
                for word in choice
                if len(word) > 1 or word.isdigit() or len(choice) == 1
            ]
            if words and all(words):
                choices.append(" AND ".join(words))
        return "(" + " OR ".join(f"({choice})" for choice in dict.fromkeys(choices)) + ")" if choices else ""

    def _term(self, word: str, forms: Sequence[str], system: System, typing: bool) -> str:
        """A complete word is looked for as it is and in its plural, which is many times quicker than a beginning."""
        found = []
        for form in forms:
            whole = [each for each in (form, f"{form}s", f"{form}es") if self._words.is_word(each, system)]
            if whole and not (typing and form == word):
                found += [f'"{each}"' for each in whole]
            elif form == word:
                found.append(f'"{form}"*')
        return "(" + " OR ".join(found) + ")"

    def _match(self, expression: str, system: System, when: int) -> list[Row]:
        return self._db.execute(
            f"SELECT {HIT} FROM words_{system} JOIN code ON code.id = words_{system}.rowid"
            f" WHERE words_{system} MATCH ? AND valid_from <= ? AND valid_to >= ?"
            f" ORDER BY words_{system}.rowid LIMIT ?",
            (expression, when, when, CANDIDATES),
        ).fetchall()


def _value(scorer: Scorer, row: Row, wordings: str) -> float:
    value: float = scorer.score(row[2], row[3], wordings) - row[8]
    return value if row[4] else value - scorer.header()


def _add(scorer: Scorer, rows: Iterable[Row], scored: Scored) -> None:
    for row in rows:
        if row[0] not in scored:
            value = _value(scorer, row, row[9])
            if value >= _LEAST:
                scored[row[0]] = (value, row)


def _best(answer: Sequence[tuple[float, Row]]) -> float:
    return answer[0][0] if answer else 0.0


def _with_first_named(query: Query, ranked: list[tuple[float, Row]]) -> list[tuple[float, Row]]:
    """The code that the expansions name first for the most telling phrase ends the first ten at the latest.

    ``cataract right eye`` has no code but those of special cataracts that says all of it.
    """
    told = [slot for slot in query.slots if slot.codes]
    if told:
        code = max(told, key=lambda slot: slot.weight).codes[0]
        place = next((place for place, (_, row) in enumerate(ranked) if _is_named(query, row, code)), 0)
        if place >= FEW:
            ranked.insert(FEW - 1, ranked.pop(place))
    return ranked


def _is_named(query: Query, row: Row, code: str) -> bool:
    """Whether a row has this code, and not of another encounter than was asked for."""
    return bool(row[2] == code) and query.encounter in row[3].lower()


def _is_filler(slot: Slot, more: frozenset[str] = frozenset()) -> bool:
    return len(slot.choices) == 1 and all(word in FILLERS or word in more for word in slot.choices[0])


def _fewer(slots: Sequence[Slot], loose: Sequence[Slot]) -> Iterator[Sequence[Slot]]:
    """Fewer and fewer of the slots, one left out, the most telling kept, pairs of them, each alone."""
    if len(loose) < len(slots) and loose:
        yield loose
    many = len(loose)
    for out in range(min(many, 4) if many > 1 else 0):
        yield [*loose[:out], *loose[out + 1 :]]
    for kept in range(many - 2, 2, -2):
        yield loose[many - kept :]
    yield from reversed(list(combinations(loose[-4:], 2)) if many > 2 else [])
    yield from ([slot] for slot in reversed(loose[-3:]) if many > 1)
