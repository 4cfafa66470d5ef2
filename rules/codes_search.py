"""What a coder means by a few words: folding, expansions, and how well a code's wordings answer them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

# Words that say nothing about which condition is meant: they neither help nor lengthen a wording.
FILLERS = frozenset(
    """
    a an and any as at by classified closed disease diseases disorder disorders due elsewhere encounter episode for
    from in initial into is nec nos not of on or organism other others part specified the their this to unspecified
    with without
    """.split()  # noqa: SIM905 (a list of sixty strings would hide the words)
)
# Of these, the ones that are not even looked for.
LINKS = frozenset("a an and as at by for from in into is of on or the their this to with".split())  # noqa: SIM905
# How coders shorten side, encounter and the rest inside any query.
_SHORT = {
    "r": "right", "rt": "right", "l": "left", "lt": "left", "bil": "bilateral", "bilat": "bilateral",
    "init": "initial", "subseq": "subsequent", "fx": "fracture", "w": "with", "wo": "without", "unsp": "unspecified",
}  # fmt: skip
_WORD = re.compile(r"[a-z0-9]+")
_APOSTROPHES = str.maketrans("", "", "'’‘`")
_JOINED = re.compile(r"\b(w)/(o)?(?=\W|[a-z])")
MOST_VARIANTS = 8
MOST_WORDS = 12
BORROWED = "~"  # before a wording that a code has from its category

_EXACT, _BEGINS = 1.0, 0.85  # a word found whole, or as the beginning of one
_BORROWED_SHARE = 0.92  # what a wording of the category is worth to the code
_SPREAD_SHARE = 0.5  # what words are worth that no single wording holds together


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


def looked_for(words: Iterable[str]) -> frozenset[str]:
    """The words that must be there, whatever their order and number."""
    words = tuple(words)
    return frozenset(stems(word for word in words if len(word) > 1 and word not in LINKS) or stems(words))


@dataclass(frozen=True, slots=True)
class Expansions:
    """What a facility means by its abbreviations and lay terms.

    ``texts`` gives other wordings by phrase, ``codes`` the codes that answer a phrase best (without dots); a phrase
    is kept without plural endings.
    """

    texts: Mapping[tuple[str, ...], tuple[tuple[str, ...], ...]] = field(default_factory=dict)
    codes: Mapping[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    longest: int = 1

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, str]]) -> Expansions:
        """From rows of phrase, other wordings (``a | b``) and codes (``I21.9 I21.4``); later rows win."""
        texts: dict[tuple[str, ...], tuple[tuple[str, ...], ...]] = {}
        codes: dict[tuple[str, ...], tuple[str, ...]] = {}
        for phrase, others, listed in rows:
            words = stems(query_words(phrase))
            wordings = tuple(query_words(other) for other in others.split("|"))
            texts[words] = tuple(each for each in wordings if each and stems(each) != words)
            if listed:
                codes[words] = tuple(code.replace(".", "").upper() for code in listed.split())
        return cls(texts, codes, max((len(words) for words in texts), default=1))

    def variants(self, words: tuple[str, ...]) -> list[tuple[str, ...]]:
        """The query in other words, itself first, longest phrases replaced first."""
        found, seen = [words], {looked_for(words)}
        for variant in found:
            for size in range(min(self.longest, len(variant)), 0, -1):
                for start in range(len(variant) - size + 1):
                    for other in self.texts.get(stems(variant[start : start + size]), ()):
                        replaced = (*variant[:start], *other, *variant[start + size :])
                        if (key := looked_for(replaced)) not in seen and len(found) < MOST_VARIANTS:
                            seen.add(key)
                            found.append(tuple(dict.fromkeys(replaced)))
        return found


def telling(words: Sequence[str]) -> tuple[str, ...]:
    """The words of a query that a wording is scored by; all of them when all are fillers."""
    return stems(word for word in words if word not in FILLERS) or stems(words)


def score(words: Sequence[str], wordings: str) -> float:
    """How well the wordings of a code (joined by ``|``, the title first) answer ``words`` (see ``telling``).

    Up to 2 for the share of the query that one wording holds, up to 1 for the share of the wording that was
    asked for. Words that only several wordings hold together count less.
    """
    if not words:
        return 0.0
    best, asked = 0.0, len(words)
    for each in wordings.split("|"):
        found = 0.0
        for word in words:
            begins = f" {word}"
            if f"{begins} " in each or f"{begins}s " in each:
                found += _EXACT
            elif begins in each:
                found += _BEGINS
        if found:
            value = 2 * found / asked + min(1.0, found / (each.count(" ") - 1))
            if each.startswith(BORROWED):
                value *= _BORROWED_SHARE
            best = max(best, value)
    if best < 2 * _BEGINS:
        together = sum(f" {word}" in wordings for word in words)
        best = max(best, 2 * _SPREAD_SHARE * together / asked + best * (1 - _SPREAD_SHARE))
    return best


def nearest(word: str, vocabulary: Sequence[str], limit: int = 3) -> list[str]:
    """The words of ``vocabulary`` most like ``word``, most alike first: for a word that begins none of them.

    Compares by optimal string alignment; the first letter counts a little, since it is seldom mistyped.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    found = process.extract(
        word, vocabulary, scorer=OSA.normalized_similarity, score_cutoff=0.6, limit=4 * limit
    )
    ranked = sorted(found, key=lambda each: -(each[1] + 0.05 * (each[0][0] == word[0])))
    return [each[0] for each in ranked[:limit]]
