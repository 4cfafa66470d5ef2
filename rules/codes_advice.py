"""What the notes of the ICD-10-CM tabular list advise about a code, beside the other codes of its record.

Advice only: the notes say what may belong together, the record says what is documented (ICD-10-CM Official Guidelines,
sections I.A.12, I.A.13 and I.A.17).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import groupby
from typing import Final, Protocol

from rules.codes import dotted
from rules.codes_notes import CODE_FIRST, EXCLUDES1, EXCLUDES2, Reference, references

ASKED: Final = {CODE_FIRST: "Code first", "useAdditionalCode": "Use additional", "codeAlso": "Code also"}
TOLD: Final = {
    "inclusionTerm": "Is also called", "includes": "Includes", "excludes1": "Excludes1",
    "excludes2": "Excludes2", "notes": "Note", "sevenChrNote": "7th character",
}  # fmt: skip
CHAPTER: Final = (
    "chapter "  # how the key of a chapter begins; its notes hold for too much to tell of single codes
)
_BRACKETS = re.compile(r"\(([^()]*)\)")
_PLACES = {
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "six": 6,
    "seventh": 7,
    "5th": 5,
    "6th": 6,
    "7th": 7,
    "final": 0,
}
_PLACE = "|".join(_PLACES)
_CONDITION = re.compile(
    rf",?\s+with (?:(?P<places>(?:{_PLACE})(?: or (?:{_PLACE}))*) characters? (?P<from>[0-9A-Z])(?:-(?P<to>[0-9A-Z]))?"
    r"|\.(?P<decimals>\d+))$"
)


class State(IntEnum):
    """How the record stands to a note, what needs a look first."""

    AGAINST = 0  # the record has a code that is not coded beside this one
    BEHIND = 1  # a code that comes first stands after this one
    OPEN = 2  # none of the codes named is on the record
    READ = 3  # the note names no code: it can only be read
    MET = 4
    TOLD = 5  # a note that asks for nothing


@dataclass(frozen=True, slots=True)
class Coded:
    """A code of the record, without point, and what people call its place: ``2``, ``external cause 1``."""

    code: str
    place: str

    @property
    def shown(self) -> str:
        return f"{self.place} {dotted(self.code)}"


class TabularNote(Protocol):
    """A line of the tabular list; ``key`` is the code, section or chapter that it stands at."""

    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Advice:
    """A note as it stands to the record; ``beside`` are the codes of the record that it is about."""

    state: State
    kind: str
    key: str
    texts: tuple[str, ...]
    beside: tuple[Coded, ...] = ()

    @property
    def sentence(self) -> str:
        """State, note and where it stands, in one line."""
        on_record = ", ".join(each.shown for each in self.beside)
        said = {
            State.AGAINST: f"! Beside {on_record}: ", State.BEHIND: f"! {on_record} stands after it: ",
            State.OPEN: "- Not on the record: ", State.READ: "? To be read: ",
            State.MET: f"+ On the record ({on_record}): ", State.TOLD: "  ",
        }[self.state]  # fmt: skip
        name = ASKED.get(self.kind) or TOLD.get(self.kind, self.kind)
        end = ". Both only if they have nothing to do with each other." if self.state is State.AGAINST else ""
        if self.kind == EXCLUDES2 and self.beside:
            said, end = f"  Beside {on_record}: ", ". Both may be coded."
        return f"{said}{name} ({_place(self.key)}){_joined(self.texts)}{end}"


@dataclass(frozen=True, slots=True)
class Mention:
    """Codes that a note names, with what it says about their characters: T36-T50 with fifth or sixth character 5."""

    reference: Reference
    places: tuple[int, ...] = ()  # from 1; 0 is the last character
    characters: str = ""
    decimals: str = ""  # what stands after the point

    def fits(self, code: str) -> bool:
        """Whether the characters of a code are as the note says."""
        if self.decimals:
            return code[3:].startswith(self.decimals)
        return not self.places or any(
            code[place - 1 : place or None] in self._characters() for place in self.places
        )

    def _characters(self) -> frozenset[str]:
        first, last = self.characters[0], self.characters[-1]
        return frozenset(chr(number) for number in range(ord(first), ord(last) + 1))


Means = Callable[[Reference, str], bool]
"""Whether a reference means a code: ranges go by the order of the book, which the code store knows."""


@lru_cache(maxsize=4096)
def mentions(text: str) -> tuple[Mention, ...]:
    """The codes named in brackets anywhere in a note; brackets that hold words, or cannot be read, name none."""
    found: list[Mention] = []
    for inside in _BRACKETS.findall(text):
        condition = _CONDITION.search(inside)
        bare = inside[: condition.start()] if condition else inside
        named = [*references(f"({bare.strip().rstrip(',').replace(';', ',')})")]
        found += [_mention(each, condition) for each in named]
    return tuple(found)


def _mention(reference: Reference, condition: re.Match[str] | None) -> Mention:
    if condition is None:
        return Mention(reference)
    if condition["decimals"]:
        return Mention(reference, decimals=condition["decimals"])
    places = tuple(_PLACES[word] for word in condition["places"].split(" or "))
    return Mention(reference, places, condition["from"] + (condition["to"] or condition["from"]))


def advice(notes: Iterable[TabularNote], at: int, record: Sequence[Coded], means: Means) -> list[Advice]:
    """What the notes that hold for ``record[at]`` say as the record stands, what needs a look first.

    ``record`` has the diagnoses in their order, then external causes.
    """
    others = [each for place, each in enumerate(record) if place != at]
    found: list[Advice] = []
    for (key, kind), lines in groupby(notes, lambda note: (note.key, note.kind)):
        texts = tuple(line.text for line in lines)
        if kind in ASKED:
            found.append(_asked(key, kind, texts, (record[:at], others), means))
        elif kind in (EXCLUDES1, EXCLUDES2) and not key.startswith(CHAPTER):
            found += _excluded(
                key, kind, texts, [each for each in others if each.code != record[at].code], means
            )
        else:
            found.append(Advice(State.TOLD, kind, key, texts))
    return sorted(found, key=_order)


def against(other: Coded, notes: Iterable[TabularNote], code: Coded, means: Means) -> list[Advice]:
    """The Excludes1 notes of another code of the record that name this one: the pair is told at both."""
    return [
        Advice(State.AGAINST, note.kind, note.key, (note.text,), (other,))
        for note in notes
        if note.kind == EXCLUDES1 and _named((note.text,), [code], means)
    ]


def _asked(
    key: str, kind: str, texts: tuple[str, ...], codes: tuple[Sequence[Coded], Sequence[Coded]], means: Means
) -> Advice:
    before, others = codes
    if not any(mentions(text) for text in texts):
        return Advice(State.READ, kind, key, texts)
    here = _named(texts, others, means)
    if not here:
        return Advice(State.OPEN, kind, key, texts)
    heads = [text for text in texts[:1] if not mentions(text)]
    told = (*heads, *(text for text in texts if _named((text,), here, means)))
    in_place = [each for each in here if each in before]
    if kind == CODE_FIRST and not in_place:
        return Advice(State.BEHIND, kind, key, told, tuple(here))
    return Advice(State.MET, kind, key, told, tuple(in_place or here))


def _excluded(
    key: str, kind: str, texts: tuple[str, ...], others: Sequence[Coded], means: Means
) -> Iterator[Advice]:
    left = []
    for text in texts:
        if here := _named((text,), others, means):
            state = State.AGAINST if kind == EXCLUDES1 else State.MET
            yield Advice(state, kind, key, (text,), tuple(here))
        else:
            left.append(text)
    if left:
        yield Advice(State.TOLD, kind, key, tuple(left))


def _named(texts: Sequence[str], codes: Sequence[Coded], means: Means) -> list[Coded]:
    """The codes that the texts name."""
    named = [each for text in texts for each in mentions(text)]
    return [
        coded
        for coded in codes
        if any(each.fits(coded.code) and means(each.reference, coded.code) for each in named)
    ]


def _order(each: Advice) -> tuple[bool, int, int]:
    """What needs a look first; what a whole chapter asks or tells comes last."""
    kinds, of_chapter = [*ASKED, *TOLD], each.key.startswith(CHAPTER)
    return (
        of_chapter and each.state not in (State.AGAINST, State.BEHIND),
        each.state,
        kinds.index(each.kind) if each.kind in kinds else len(kinds),
    )


def _place(key: str) -> str:
    return dotted(key) if key.isalnum() else key


def _joined(texts: Sequence[str]) -> str:
    """The lines of a note as one: a heading goes on after its colon, and begins with a comma where the book has one."""
    said = ""
    for text in texts:
        if not said:
            said = text if text.startswith(",") else f" {text}"
        else:
            said += f" {text}" if said.endswith(":") else f"; {text}"
    return said
