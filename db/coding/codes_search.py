"""Finds codes by words, beginnings and ranges: full-text candidates, likeliest first, scored by their wordings."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

from config.code_tables import Shelf
from rules.codes import System, may_begin, normal
from rules.codes_search import (
    LINKS,
    MOST_WORDS,
    Expansions,
    nearest,
    query_words,
    score,
    stem,
    stems,
    telling,
)

MOST_RELAXED = 24  # queries made with words left out, when all words together find nothing
CANDIDATES = 300  # rows of one wording that are scored; they come likeliest first
EXPANSIONS = "code_expansions"

Row = tuple[Any, ...]
HIT = "id, system, code, title, billable, valid_from, valid_to, marks, penalty, wordings"

_RANGE = re.compile(r"\s*(\S+?)\s*(?:-|\.\.|:)\s*(\S+)\s*")
_LEAST = 0.4  # a score below this answers nothing that was asked
_GUESSED = 0.15  # what an answer loses when a word was corrected
_DROPPED = 0.1  # and for each word that was left out
_LISTED = 10.0  # a code that the expansions name for the phrase goes before all others


class Search:
    """Search in one code store, over its connection."""

    def __init__(self, connection: sqlite3.Connection, shelf: Shelf) -> None:
        self._db = connection
        self._shelf = shelf
        self._expansions: Expansions | None = None
        self._vocabulary: dict[str, list[str]] = {}

    def rows(self, text: str, systems: Sequence[System], when: int, limit: int) -> list[Row]:
        """What ``text`` asks for, best first; a text that begins no code is taken for words."""
        return self._by_code(text, systems, when, limit) or self._by_words(text, systems, when, limit)

    def versions(self, code: str, system: System) -> list[Row]:
        """The rows of one code, oldest first."""
        return self._db.execute(
            f"SELECT {HIT} FROM code WHERE system = ? AND code = ? ORDER BY valid_from", (system, code)
        ).fetchall()

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
        words = query_words(text)
        if not words:
            return []
        scored: dict[int, tuple[float, Row]] = {}
        self._add_listed(words, systems, when, scored)
        self._add(self.expansions.variants(words), systems, when, 0.0, scored)
        if not scored:
            corrected = self._corrected(words, systems)
            if corrected:
                for guess in corrected:
                    self._add(self.expansions.variants(guess), systems, when, _GUESSED, scored)
                words = corrected[0]
        if not scored:
            self._relax(self.expansions.variants(words), systems, when, scored)
        ranked = sorted(scored.items(), key=lambda each: (-each[1][0], each[0]))
        return [row for _, (_, row) in ranked[:limit]]

    def _relax(
        self,
        variants: Sequence[tuple[str, ...]],
        systems: Sequence[System],
        when: int,
        scored: dict[int, tuple[float, Row]],
    ) -> None:
        """Leave words out, as few as it takes; every answer is still measured by all of them."""
        tried = 0
        for dropped in range(1, MOST_WORDS):
            for variant in variants:
                asked = tuple(dict.fromkeys(telling(variant)))
                for kept in combinations(asked, max(len(asked) - dropped, 1)):
                    if len(kept) < len(asked) and tried < MOST_RELAXED:
                        tried += 1
                        self._add([kept], systems, when, _DROPPED * dropped, scored, asked)
            if scored or tried == MOST_RELAXED:
                return

    def _add_listed(
        self,
        words: tuple[str, ...],
        systems: Sequence[System],
        when: int,
        scored: dict[int, tuple[float, Row]],
    ) -> None:
        """The codes that the expansions name for exactly this phrase."""
        for rank, code in enumerate(self.expansions.codes.get(stems(words), ())):
            for system in systems:
                for row in self.versions(code, system):
                    if row[5] <= when <= row[6]:
                        scored[row[0]] = (_LISTED - rank, row)

    def _add(
        self,
        variants: Iterable[tuple[str, ...]],
        systems: Sequence[System],
        when: int,
        loss: float,
        scored: dict[int, tuple[float, Row]],
        measure: tuple[str, ...] = (),
    ) -> None:
        """Score what each variant finds by its own words, or by those of ``measure``."""
        for variant in variants:
            asked = measure or telling(variant)
            for system in systems:
                for row in self._matching(variant, system, when):
                    value = score(asked, row[9]) - row[8] - loss
                    if value >= _LEAST and value > scored.get(row[0], (0.0,))[0]:
                        scored[row[0]] = (value, row)

    def _matching(self, words: Sequence[str], system: System, when: int) -> list[Row]:
        """Rows in which every word stands, the last one perhaps only begun, likeliest first.

        A single letter says too little to look for. A word that is none by itself may be begun only, too.
        """
        longer = tuple(dict.fromkeys(stem(word) for word in words if len(word) > 1 and word not in LINKS))
        if not longer:
            return []
        typing = f'"{longer[-1]}"*'
        found = self._match(" AND ".join([*map(self._term, longer[:-1]), typing]), system, when)
        if found or len(longer) == 1:
            return found
        return self._match(" AND ".join(f'"{word}"*' for word in longer), system, when)

    def _match(self, expression: str, system: System, when: int) -> list[Row]:
        return self._db.execute(
            f"SELECT {HIT} FROM words_{system} JOIN code ON code.id = words_{system}.rowid"
            f" WHERE words_{system} MATCH ? AND valid_from <= ? AND valid_to >= ?"
            f" ORDER BY words_{system}.rowid LIMIT ?",
            (expression, when, when, CANDIDATES),
        ).fetchall()

    def _term(self, word: str) -> str:
        """A complete word is looked for as it is and in its plural, which is many times quicker than a beginning."""
        forms = [form for form in (word, f"{word}s", f"{word}es") if self._is_word(form)]
        return "(" + " OR ".join(f'"{form}"' for form in forms) + ")" if forms else f'"{word}"*'

    def _is_word(self, word: str) -> bool:
        return self._db.execute("SELECT 1 FROM word WHERE word = ?", (word,)).fetchone() is not None

    def _corrected(self, words: tuple[str, ...], systems: Sequence[System]) -> list[tuple[str, ...]]:
        """The query with each word that begins no known one replaced by its nearest; nothing when all are known."""
        options: list[list[str]] = []
        changed = False
        for word in words:
            if len(word) < 4 or self._known(word, systems):
                options.append([word])
                continue
            near = nearest(word, self._words(systems))
            changed = changed or bool(near)
            options.append(near or [word])
        if not changed:
            return []
        guesses = [tuple(each[0] for each in options)]
        for place, each in enumerate(options):
            guesses += [(*guesses[0][:place], other, *guesses[0][place + 1 :]) for other in each[1:]]
        return guesses

    def _known(self, word: str, systems: Sequence[System]) -> bool:
        word = stem(word)
        if any(word in phrase for phrase in self.expansions.texts):
            return True
        rows = self._db.execute("SELECT system FROM word WHERE word >= ? AND word < ?", (word, word + "~"))
        return any(system in row[0].split() for row in rows for system in systems)

    def _words(self, systems: Sequence[System]) -> list[str]:
        key = " ".join(systems)
        if key not in self._vocabulary:
            rows = self._db.execute("SELECT word, system FROM word")
            self._vocabulary[key] = [
                word
                for word, of in rows
                if len(word) > 3 and not word.isdigit() and any(each in of.split() for each in systems)
            ]
        return self._vocabulary[key]

    @property
    def expansions(self) -> Expansions:
        """Abbreviations and lay terms, the facility's own included."""
        if self._expansions is None:
            rows = self._shelf[EXPANSIONS].on() if EXPANSIONS in self._shelf else ()
            self._expansions = Expansions.of(
                (row.code, row.text, str(row.more.get("codes", ""))) for row in rows
            )
        return self._expansions
