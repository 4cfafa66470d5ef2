"""Reads a query for codes: corrects and completes its words, and finds the phrases that the expansions know."""

from __future__ import annotations

import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from config.code_sources import EXPANSIONS
from config.code_tables import Shelf
from rules.codes import System, may_begin
from rules.codes_score import Query, Slot
from rules.codes_search import (
    ENCOUNTER_OF,
    FILLERS,
    LINKS,
    SIDES,
    Expansion,
    Instead,
    american,
    fold,
    key_of,
    nearest,
    phrases_in,
    phrases_of,
    query_words,
    replacements,
    stem,
    stems,
    written_out,
)

SAID = "said"  # the "system" of words that only the expansions have
SHORTEST_CORRECTED = 4  # characters; a shorter word that is unknown may be anything
SHORTEST_COMPLETED = 3
SHORTEST_SLIP = 7  # characters; a longer word with one slip is that, before it is two words in one
LONGEST_PHRASE = 6  # words of a phrase in a running text
_RARE = 3  # rows; a word that so few codes have may be a slip for another
_LIKE = 2  # a word that was meant is at most so many characters longer or shorter
_LEAST_WEIGHT, _MOST_WEIGHT = 0.4, 1.4  # of a word that every code has, and of one that a single code has
_FILLER_WEIGHT = 0.05
_ABBREVIATED = 3  # characters of an abbreviation, at most
_DENIED = 0.3  # of its weight counts what is asked to be absent
_ROWS = 90_000  # codes of a system, about


class Words:
    """The words of one code store, and the facility's own expansions."""

    def __init__(self, connection: sqlite3.Connection, shelf: Shelf) -> None:
        self._db = connection
        self._shelf = shelf
        self._instead: Instead | None = None
        self._own: dict[tuple[str, ...], Expansion] = {}
        self._near: dict[tuple[int, tuple[str, ...]], dict[str, int]] = {}  # while one question is read

    def asked(self, text: str, systems: Sequence[System]) -> list[Query]:
        """``text`` as a query, or as several where it is not plain which word was meant; none when it has no words."""
        self._load()
        words = self._written(query_words(text))
        guesses = dict.fromkeys(self._written(guess) for guess in self._corrected(words, systems))
        return self._queries([*(self._completed(guess, systems) for guess in guesses), *guesses], systems)

    def asked_otherwise(self, text: str, systems: Sequence[System]) -> list[Query]:
        """``text`` with words that only begin others, or are rare, taken for slips: where all else is poor."""
        words = self._written(query_words(text))
        guess = tuple(each for word in words for each in self._mistaken(word, systems))
        return [] if guess == words else self._queries([self._written(guess)], systems)

    def _queries(self, guesses: Iterable[tuple[str, ...]], systems: Sequence[System]) -> list[Query]:
        return [query for guess in dict.fromkeys(guesses) if (query := self._query(guess, systems)).slots]

    def is_word(self, word: str, system: System) -> bool:
        """Whether a title or term of the system has exactly this word."""
        return (
            self._db.execute("SELECT 1 FROM word WHERE word = ? AND system = ?", (word, system)).fetchone()
            is not None
        )

    # Expansions

    def _load(self) -> None:
        """What is replaced before all else, and the facility's own expansions; the others stay in the code store."""
        if self._instead is not None:
            return
        rows = own_rows(self._shelf)
        own = [(phrase, text) for phrase, text, _, instead in rows if instead]
        plain = replacements((phrase, text) for phrase, text, _, instead in rows if not instead)
        shipped = replacements(self._db.execute("SELECT phrase, text FROM instead"))
        self._instead = {key: text for key, text in shipped.items() if key not in plain} | dict(
            replacements(own)
        )
        for phrase, text, codes, instead in rows:
            if not instead:
                expansion = Expansion.of(phrase, text, codes, self._instead)
                self._own[expansion.key] = expansion

    def _written(self, words: tuple[str, ...]) -> tuple[str, ...]:
        return written_out(words, self._instead or {})

    def _expansions(self, words: Iterable[str]) -> dict[tuple[str, ...], Expansion]:
        """The phrases all of whose words are among ``words``, by their words; the facility's own win."""
        asked = frozenset(words)
        marks = ", ".join("?" * len(asked))
        rows = self._db.execute(
            f"SELECT words, texts, codes FROM expansion WHERE first IN ({marks})", tuple(asked)
        )
        found = {}
        for key, texts, codes in rows:
            if asked.issuperset(parts := tuple(key.split(" "))):
                found[parts] = Expansion(
                    parts,
                    tuple(tuple(text.split(" ")) for text in texts.split("|") if text),
                    tuple(codes.split()),
                )
        return found | {key: each for key, each in self._own.items() if asked.issuperset(key)}

    def phrases(self, text: str) -> list[tuple[str, tuple[str, ...]]]:
        """What the expansions know of a running text, word beside word, the longest of what overlaps: as it stands
        there, with the codes that answer it.
        """
        self._load()
        said = fold(text).split()
        runs = [
            (place, size, said[place : place + size])
            for size in range(min(LONGEST_PHRASE, len(said)), 0, -1)
            for place in range(len(said) - size + 1)
        ]
        keys = {
            (place, size): key_of(stems(self._written(query_words(" ".join(words)))))
            for place, size, words in runs
        }
        known = self._expansions({word for key in keys.values() for word in key})
        found: dict[int, tuple[str, tuple[str, ...]]] = {}
        taken: set[int] = set()
        for place, size, words in runs:
            key = keys[place, size]
            if key in (keys.get((place + 1, size - 1)), keys.get((place, size - 1))):
                continue  # its first or last word only links
            phrase = known.get(key)
            if phrase is not None and phrase.codes and taken.isdisjoint(range(place, place + size)):
                taken.update(range(place, place + size))
                found[place] = (" ".join(words), phrase.codes)
        return [found[place] for place in sorted(found)]

    # The query

    def _query(self, words: tuple[str, ...], systems: Sequence[System]) -> Query:
        words = tuple(dict.fromkeys(words))
        asked = stems(words)
        known = self._expansions(asked).values()
        pieces = phrases_in(words, [each for each in known if _is_of(each, systems)])
        slots: list[tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]] = []
        denied: set[int] = set()  # a code without a thing seldom says so
        telling = 0
        for places, expansion in pieces:
            said = tuple(asked[place] for place in places)
            if places[0] and asked[places[0] - 1] == "without":
                denied.add(len(slots))
            if expansion is None:
                if (
                    said[0] not in LINKS
                    and said[0] != "without"
                    and (len(said[0]) > 1 or said[0].isdigit() or len(asked) == 1)
                ):
                    slots.append(((said,), ()))
                    telling += said[0] not in FILLERS
            else:
                telling += 1
                own = tuple(word for word in said if word not in LINKS) or said
                slots.append(((*expansion.texts, own), expansion.codes))
        if not slots and asked:
            slots = [((asked,), ())]
        forms = self._forms({word for choices, _ in slots for choice in choices for word in choice})
        counts = self._counts({form for each in forms.values() for form in each}, systems)
        slots = [(_meant_only(choices, counts), codes) for choices, codes in slots]
        for choices, _ in slots:
            if len(choices) == 1 and len(choices[0]) == 1 and choices[0][0] not in counts:
                counts[choices[0][0]] = self._begun(choices[0][0], systems)
        weighed = [
            Slot(
                _told_apart(choices),
                codes,
                self._weight(choices, forms, counts, telling) * (_DENIED if place in denied else 1),
            )
            for place, (choices, codes) in enumerate(slots)
        ]
        return Query(
            tuple(weighed), forms, telling == 1 and len(slots) == 1,
            True if "without" in words else False if "with" in words else None,
            next((ENCOUNTER_OF[each] for each in words if each in ENCOUNTER_OF), ""),
            next((each for each in SIDES if each in words), ""),
        )  # fmt: skip

    def _forms(self, words: set[str]) -> dict[str, tuple[str, ...]]:
        """Each word with the single words that the expansions give for it: ``renal`` is ``kidney`` too."""
        known = self._expansions(words)
        forms = {}
        for word in words:
            expansion = known.get((word,))
            others = [text[0] for text in expansion.texts if len(text) == 1] if expansion else []
            forms[word] = tuple(dict.fromkeys((word, *others)))
        return forms

    def _counts(self, words: set[str], systems: Sequence[System]) -> dict[str, int]:
        marks, of = ", ".join("?" * len(words)), ", ".join("?" * len(systems))
        counts: dict[str, int] = defaultdict(int)
        for word, rows in self._db.execute(
            f"SELECT word, rows FROM word WHERE word IN ({marks}) AND system IN ({of})", (*words, *systems)
        ):
            counts[word] += rows
        return counts

    def _begun(self, word: str, systems: Sequence[System]) -> int:
        """The rows with words that ``word`` begins."""
        of = ", ".join("?" * len(systems))
        (rows,) = self._db.execute(
            f"SELECT sum(rows) FROM word WHERE word >= ? AND word < ? AND system IN ({of})",
            (word, word + "~", *systems),
        ).fetchone()
        return rows or 0

    @staticmethod
    def _weight(
        choices: Sequence[tuple[str, ...]],
        forms: Mapping[str, tuple[str, ...]],
        counts: Mapping[str, int],
        telling: int,
    ) -> float:
        """How telling a slot is: by its rarest word in the wording that most codes have."""
        if len(choices) == 1 and choices[0][0] in FILLERS and telling:
            return _FILLER_WEIGHT
        found = [
            min(sum(counts.get(form, 0) for form in forms[word]) for word in choice) for choice in choices
        ]
        rows = max(found) or _ROWS  # what no code says tells nothing
        share = math.log(_ROWS / rows) / math.log(_ROWS) if rows < _ROWS else 0.0
        return _LEAST_WEIGHT + (_MOST_WEIGHT - _LEAST_WEIGHT) * share

    # Corrections

    def _corrected(self, words: tuple[str, ...], systems: Sequence[System]) -> list[tuple[str, ...]]:
        """The query with each word that begins no known one replaced by what was meant, in two guesses."""
        likely: list[str] = []
        other: list[str] = []
        place = 0
        while place < len(words):
            word = words[place]
            joined = self._joined(word, words[place + 1], systems) if place + 1 < len(words) else ""
            first, second = ((joined,), (joined,)) if joined else self._meant(word, systems)
            likely += first
            other += second
            place += 2 if joined else 1
        return [tuple(likely), tuple(other)]

    def _joined(self, first: str, second: str, systems: Sequence[System]) -> str:
        """``gall stones`` is ``gallstones``, where at least one of them is no word by itself."""
        if len(first) < 2 or len(second) < 3 or {first, second} & LINKS:
            return ""
        if self._whole(first, systems) and self._whole(second, systems):
            return ""
        return first + second if self._whole(first + second, systems) else ""

    def _meant(self, word: str, systems: Sequence[System]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What was most likely meant by a word, and what else may have been."""
        if len(word) < SHORTEST_CORRECTED or not word.isalpha() or self._known(word, systems):
            return (word,), (word,)
        for spelled in american(word):
            if self._known(spelled, systems):
                return (spelled,), (spelled,)
        like = self._like(word, systems)
        near = nearest(word, like, slips=1) if len(word) >= SHORTEST_SLIP else []
        if near:
            return (near[0],), (near[-1],)
        for place in range(len(word) - 3, 2, -1):
            if self._whole(word[:place], systems) and self._whole(word[place:], systems):
                return (word[:place], word[place:]), (word[:place], word[place:])
        near = nearest(word, like) or [word]
        return (near[0],), (near[-1],)

    def _mistaken(self, word: str, systems: Sequence[System]) -> tuple[str, ...]:
        """What was meant by a word that begins others or is rare, if it is a slip."""
        if len(word) <= SHORTEST_CORRECTED or not word.isalpha() or word in FILLERS:
            return (word,)
        counts = self._counts({word, stem(word), word + "s"}, systems)
        if max(counts.values(), default=0) > _RARE:
            return (word,)
        like = {each: many for each, many in self._like(word, systems).items() if many > _RARE}
        return tuple(nearest(word, like, 1)) or (word,)

    def _completed(self, words: tuple[str, ...], systems: Sequence[System]) -> tuple[str, ...]:
        """The query with words that are cut short in full, as most codes have them: ``neuropath periph``.

        What is being typed is cut short at its end alone and is left so.
        """
        full = tuple(self._full(word, systems) for word in words[:-1])
        return words if full == words[:-1] else (*full, self._full(words[-1], systems))

    def _full(self, word: str, systems: Sequence[System]) -> str:
        if (
            len(word) < SHORTEST_COMPLETED
            or not word.isalpha()
            or word in FILLERS
            or self._whole(word, systems)
        ):
            return word
        of = ", ".join("?" * (len(systems) + 1))
        found = self._db.execute(
            f"SELECT word FROM word WHERE word >= ? AND word < ? AND system IN ({of})"
            " GROUP BY word ORDER BY sum(rows) DESC LIMIT 1",
            (word, word + "~", *systems, SAID),
        ).fetchone()
        return found[0] if found else word

    def _whole(self, word: str, systems: Sequence[System]) -> bool:
        return self._any("word IN (?, ?)", (stem(word), word), systems)

    def _known(self, word: str, systems: Sequence[System]) -> bool:
        word = stem(word)
        return self._any("word >= ? AND word < ?", (word, word + "~"), systems)

    def _any(self, where: str, values: tuple[str, ...], systems: Sequence[System]) -> bool:
        of = ", ".join("?" * (len(systems) + 1))
        if any(values[0] in each.key for each in self._own.values()):
            return True
        return (
            self._db.execute(
                f"SELECT 1 FROM word WHERE {where} AND system IN ({of}) LIMIT 1", (*values, *systems, SAID)
            ).fetchone()
            is not None
        )

    def _like(self, word: str, systems: Sequence[System]) -> dict[str, int]:
        """Words of about the same length, without digits, with the number of rows in which they stand."""
        key = (len(word), tuple(systems))
        if key in self._near:
            return self._near[key]
        of = ", ".join("?" * (len(systems) + 1))
        rows = self._db.execute(
            f"SELECT word, sum(rows) FROM word WHERE length(word) BETWEEN ? AND ? AND system IN ({of})"
            " AND word NOT GLOB '*[0-9]*' GROUP BY word",
            (max(len(word) - _LIKE, SHORTEST_CORRECTED), len(word) + _LIKE, *systems, SAID),
        )
        self._near[key] = dict(rows.fetchall())
        return self._near[key]

    def done(self) -> None:
        """The question is answered: what was read for it is let go."""
        self._near.clear()


def own_rows(shelf: Shelf) -> list[tuple[str, str, str, bool]]:
    """The facility's own expansions, in order: phrase, wordings, codes, whether it is a replacement."""
    return [
        (phrase, row.text, str(row.more.get("codes", "")), bool(row.more.get("instead")))
        for row in shelf.own(EXPANSIONS)
        for phrase in phrases_of(row.code, str(row.more.get("also", "")))
    ]


def _is_of(expansion: Expansion, systems: Sequence[System]) -> bool:
    """Not a phrase of several words that stands for codes of other systems alone: ``right mastectomy`` in a status."""
    if len(expansion.key) == 1 or not expansion.codes:
        return True
    return any(may_begin(code, system) for code in expansion.codes for system in systems)


def _meant_only(
    choices: tuple[tuple[str, ...], ...], counts: Mapping[str, int]
) -> tuple[tuple[str, ...], ...]:
    """Without an abbreviation that no code has as a word, when it is known what it stands for."""
    meant = tuple(
        choice
        for choice in choices
        if len(choice) > 1 or len(choice[0]) > _ABBREVIATED or counts.get(choice[0])
    )
    return meant or choices


def _told_apart(choices: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        dict.fromkeys(tuple(word for word in choice if word not in LINKS) or choice for choice in choices)
    )
