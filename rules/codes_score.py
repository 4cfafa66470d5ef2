"""How well the wordings of a code answer a query, which asks for several things at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rules.codes_search import BORROWED, BOTH, ENCOUNTERS, SIDES

_EXACT, _BEGINS = 1.0, 0.85  # a word found whole, or as the beginning of one
_BORROWED_SHARE = 0.92  # what a wording of the category is worth to the code
_SPREAD_SHARE = 0.5  # what words are worth that no single wording holds together
_NAMED_SHARE = 0.5  # of its wording that a code counts as asked for when the expansions name it
_LATER = 0.02  # what each further code that the expansions name for a phrase is worth less
_AGREES = 0.35  # for the encounter that was asked; a title that says another one, or a header, loses as much
_OTHER_SIDE = 0.2  # what the other side loses
_EITHER_SIDE = 0.35  # where both were asked and have no code in one: each side has its own (guideline I.B.13)
_POLARITY = 0.12  # for a title that says "without", when that was asked, or when "with" was

_Word = tuple[tuple[str, str, str], ...]  # of each form: as it begins a word, whole, and in its plural


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing that a query asks for: any of the ``choices`` of words says it, and so do the ``codes``."""

    choices: tuple[tuple[str, ...], ...]
    codes: tuple[str, ...] = ()
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it is answered, with the encounter and the side that it says.

    ``forms``: the words that mean the same, by word. ``named``: it is one phrase.
    """

    slots: tuple[Slot, ...]
    forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    named: bool = False
    without: bool | None = None
    encounter: str = ""  # initial, subsequent or sequela
    side: str = ""  # right, left or bilateral


class Scorer:
    """Scores codes against one query."""

    def __init__(self, query: Query) -> None:
        self._without = query.without
        self._encounter, self._side = query.encounter, query.side
        self._whole = sum(slot.weight for slot in query.slots) or 1.0
        self._slots = [
            (slot.weight, slot.codes, [_patterns(choice, query.forms) for choice in slot.choices])
            for slot in query.slots
        ]

    def score(self, code: str, title: str, wordings: str) -> float:
        """How well a code with its wordings (joined by ``|``, the title first) answers the query.

        Up to 2 for the share of the query that one wording holds, up to 1 for the share of the wording that was
        asked for. Words that only several wordings hold together count less.
        """
        named = [_named(codes, code) if codes else 0.0 for _, codes, _ in self._slots]
        least = _NAMED_SHARE if any(named) else 0.0
        best = 0.0
        for each in wordings.split("|"):
            value, found = self._held(each, named)
            if value:
                share = found / (each.count(" ") - 1)
                value = 2 * value + (1.0 if share > 1 else share if share > least else least)
                if each.startswith(BORROWED):
                    value *= _BORROWED_SHARE
                if value > best:
                    best = value
        if best < 2 * _BEGINS:
            together, _ = self._held(wordings, named)
            best = max(best, 2 * _SPREAD_SHARE * together + best * (1 - _SPREAD_SHARE))
        if self._without is not None and "without" in title:
            best += _POLARITY if self._without else -_POLARITY
        return best + (self._agreement(title) if self._encounter or self._side else 0.0)

    def header(self) -> float:
        """What a header loses: it says no encounter."""
        return _AGREES if self._encounter else 0.0

    def _agreement(self, title: str) -> float:
        """What a title gains or loses by encounter and side; nothing where it says none."""
        low, value = title.lower(), 0.0
        said = [each for each in ENCOUNTERS if each in low] if self._encounter else ()
        if said:
            value += _AGREES if self._encounter in said else -_AGREES
        sides = [each for each in SIDES if each in low] if self._side else ()
        if sides and self._side not in sides:
            value += _EITHER_SIDE if self._side == BOTH else -_OTHER_SIDE
        if not sides and self._side == BOTH and "unspecified" in low:
            value -= _OTHER_SIDE
        return value

    def _held(self, wording: str, named: list[float]) -> tuple[float, float]:
        """The share of the query that a wording holds, 0 to 1, and in how many of its words."""
        value = words = 0.0
        for (weight, _, choices), by_code in zip(self._slots, named, strict=True):
            best = most = 0.0
            for choice in choices:
                found = 0.0
                for word in choice:
                    for begins, whole, plural in word:
                        if begins in wording:
                            found += _EXACT if whole in wording or plural in wording else _BEGINS
                            break
                if found > best * len(choice):
                    best, most = found / len(choice), found
            value += (best if best > by_code else by_code) * weight
            words += most
        return value / self._whole, words


def _patterns(choice: tuple[str, ...], forms: Mapping[str, tuple[str, ...]]) -> list[_Word]:
    return [
        tuple((f" {form}", f" {form} ", f" {form}s ") for form in forms.get(word, (word,))) for word in choice
    ]


def _named(codes: tuple[str, ...], code: str) -> float:
    for rank, each in enumerate(codes):
        if code.startswith(each):
            return max(_EXACT - _LATER * rank, _BEGINS)
    return 0.0
