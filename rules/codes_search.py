"""What a coder means by a few words: folding, expansions, and how well a code's wordings answer them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

# Words that say nothing about which condition is meant: they neither help nor lengthen a wording.
FILLERS = frozenset(
    """
    a about after an and any approach as at before by classified closed disease diseases disorder disorders due
    elsewhere encounter episode for from in initial into is nec nos not of off on or organism other others out over part
    patient procedure specified than the their then this to unspecified up with without
    """.split()  # noqa: SIM905 (a list of sixty strings would hide the words)
)
# Of these, the ones that are not even looked for.
LINKS = frozenset("a an and as at by for from in into is of on or the their this to with".split())  # noqa: SIM905
# Side and encounter: titles tell them, no index does.
BOTH = "bilateral"
SIDES = ("right", "left", BOTH)
ENCOUNTERS = ("initial", "subsequent", "sequela")
ENCOUNTER_OF = {
    **dict(zip(ENCOUNTERS, ENCOUNTERS, strict=True)), "sequelae": "sequela", "follow": "subsequent",
    "followup": "subsequent",
}  # fmt: skip
ASIDE = frozenset({*SIDES, *ENCOUNTER_OF, "unilateral"})
# How coders shorten side, encounter and the rest inside any query.
_SHORT = {
    "r": "right", "rt": "right", "l": "left", "lt": "left", "bil": "bilateral", "bilat": "bilateral",
    "init": "initial", "subseq": "subsequent", "fx": "fracture", "w": "with", "wo": "without", "unsp": "unspecified",
    "no": "without",
}  # fmt: skip
_HEARD = str.maketrans("cqzx", "kkss")
_WORD = re.compile(r"[a-z0-9]+")
_APOSTROPHES = str.maketrans("", "", "'’‘`")
_JOINED = re.compile(r"\b(w)/(o)?(?=\W|[a-z]{3})")
_BRITISH = (
    ("ae", "e"),
    ("oe", "e"),
    ("our", "or"),
    ("isation", "ization"),
    ("ise", "ize"),
    ("yse", "yze"),
    ("tre", "ter"),
)
MOST_WORDS = 12
BORROWED = "~"  # before a wording that a code has from its category

_SLIPS = 0.34  # of a word's characters that may be mistyped
_SOUNDS = 0.6  # slips that two words are nearer for having the same consonants
_AS_LIKELY = 0.5  # a guess that is so many slips behind the best is looked for, too


def fold(text: str) -> str:
    """``text`` as plain lower-case words: accents and apostrophes dropped, everything else a blank."""
    text = text.lower()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES))
        text = "".join(character for character in text if not unicodedata.combining(character))
    return " ".join(_WORD.findall(text.translate(_APOSTROPHES)))


def wording(folded: str) -> str:
    """A folded title or inclusion term as it is scored: its telling words, each between blanks."""
    return f" {' '.join([word for word in folded.split(' ') if word not in FILLERS]) or folded} "


def query_words(text: str) -> tuple[str, ...]:
    """The words of a query, in full: ``hip fx r`` is ``hip fracture right``."""
    text = _JOINED.sub(lambda found: " without " if found[2] else " with ", text.lower())
    return tuple(_SHORT.get(word, word) for word in fold(text).split())[:MOST_WORDS]


def stem(word: str) -> str:
    """``word`` without a plural ending, so that it begins both forms."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def stems(words: Iterable[str]) -> tuple[str, ...]:
    """``words`` without plural endings."""
    return tuple(map(stem, words))


def key_of(words: Iterable[str]) -> tuple[str, ...]:
    """The words by which a phrase is recognized in a query, in the order of the alphabet, whatever theirs is.

    Words that only link are left out where at least two others stay: ``blood in urine`` is ``blood urine``.
    """
    words = frozenset(words)
    telling = words - LINKS
    return tuple(sorted(telling if len(telling) > 1 else words))


Instead = Mapping[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Expansion:
    """Other wordings of a phrase, and the codes, or their beginnings, that answer it best."""

    key: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    codes: tuple[str, ...] = ()

    @classmethod
    def of(cls, phrase: str, others: str, codes: str, instead: Instead) -> Expansion:
        """From a phrase, other wordings (``a | b``) and codes (``I21.9 I21.4``)."""
        texts = tuple(stems(query_words(other)) for other in others.split("|"))
        return cls(
            key_of(stems(written_out(query_words(phrase), instead))),
            tuple(each for each in texts if each),
            tuple(code.replace(".", "").upper() for code in codes.split()),
        )


def phrases_of(code: str, also: str) -> Iterator[str]:
    """The phrases of a row of the table of expansions: its ``code`` and those of ``also``, set apart by commas."""
    yield code
    yield from filter(None, map(str.strip, also.split(",")))


def replacements(rows: Iterable[tuple[str, str]]) -> Instead:
    """Phrases that are mere ways of writing, by their words, with the words that are put in their place."""
    return {stems(query_words(phrase)): query_words(text) for phrase, text in rows}


def phrases_in(
    words: Sequence[str], known: Iterable[Expansion]
) -> list[tuple[tuple[int, ...], Expansion | None]]:
    """The query in pieces: places of its words, each with what it is known as; longest phrases first, then as said.

    A phrase of several words may stand anywhere and in any order; a word belongs to one piece.
    """
    asked = stems(words)
    found = []
    for each in known:
        places = _places(asked, each)
        if places:
            spread = places[-1] - places[0] - len(places) + 1
            found.append((-len(places), spread, places, each))
    found.sort(key=lambda each: each[:3])
    taken: set[int] = set()
    pieces: list[tuple[tuple[int, ...], Expansion | None]] = []
    for _, _, places, each in found:
        if taken.isdisjoint(places):
            taken.update(places)
            pieces.append((places, each))
    pieces += [((place,), None) for place in range(len(asked)) if place not in taken]
    return sorted(pieces, key=lambda piece: piece[0])


def _places(asked: Sequence[str], expansion: Expansion) -> tuple[int, ...]:
    """Where the words of a phrase stand in a query; nothing when one does not, or a linking word would stand alone."""
    if len(expansion.key) == 1 and expansion.key[0] in LINKS and len(asked) > 1:
        return ()
    try:
        places = tuple(sorted(asked.index(word) for word in expansion.key))
    except ValueError:
        return ()
    denied = "without" in asked[places[0] : places[-1]] and "without" not in expansion.key
    return () if denied else places


def written_out(words: tuple[str, ...], instead: Instead) -> tuple[str, ...]:
    """The query with mere ways of writing replaced, longest first: ``history of`` is ``hx``."""
    longest = max(map(len, instead), default=0)
    written: list[str] = []
    place = 0
    while place < len(words):
        for size in range(min(longest, len(words) - place), 0, -1):
            other = instead.get(stems(words[place : place + size]))
            if other is not None:
                written += other
                place += size
                break
        else:
            written.append(words[place])
            place += 1
    return tuple(written)[:MOST_WORDS]


def american(word: str) -> Iterator[str]:
    """The word as it is spelled in the United States, when it may be British: ``oedema``, ``tumour``."""
    for british, ours in _BRITISH:
        if british in word:
            yield word.replace(british, ours)


def nearest(word: str, vocabulary: Mapping[str, int], most: int = 2, slips: int = 0) -> list[str]:
    """The words of ``vocabulary`` most likely meant by ``word``, the likeliest first; none when none is near.

    Near is within ``slips``, 0: by its length. The fewest slips by optimal string alignment, less for words that sound
    alike, more for another first letter, since it is seldom mistyped; then the word that begins and ends like this one
    for longest, then the one that is used most.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    slips = slips or max(1, round(len(word) * _SLIPS))
    found = process.extract(word, vocabulary.keys(), scorer=OSA.distance, score_cutoff=slips, limit=20)
    sound = _consonants(word)
    ranked = sorted(
        (distance + (each[0] != word[0]) / 2 - _SOUNDS * (_consonants(each) == sound), -_frame(word, each),
         -vocabulary[each], each)
        for each, distance, _ in found
    )  # fmt: skip
    return [each[-1] for each in ranked[:most] if each[0] <= ranked[0][0] + _AS_LIKELY]


def _consonants(word: str) -> str:
    """What is heard of a word beside its vowels: ``concusion`` is as ``concussion``."""
    word = word.replace("ph", "f").replace("ch", "k").replace("ck", "k").replace("rh", "r").replace("h", "")
    word = word.translate(_HEARD)
    return "".join(
        letter
        for place, letter in enumerate(word)
        if letter not in "aeiouy" and letter != word[place - 1 : place]
    )


def _frame(one: str, other: str) -> int:
    """How many letters two words have in common at the beginning and at the end."""
    return _alike(one, other) + _alike(one[::-1], other[::-1])


def _alike(one: str, other: str) -> int:
    return next(
        (place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), len(one)
    )
