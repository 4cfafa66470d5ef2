"""Whether two charts are one person: Fellegi-Sunter weights over eight fields, explained field by field.

A field weighs log2(m/u): how much likelier its agreement (or disagreement) is for one person than for two (Fellegi
and Sunter 1969). A name weighs by how rare it is (Winkler 2000). The score is the sum less log2 of the people in the
index: 0 is even odds that the two are one person, 10 a thousand to one. Fields of one household hang together, twins,
namesakes and father and son share most of theirs: what such charts cannot tell is a doubt, and a doubt asks a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from itertools import combinations
from math import log2
from typing import Final

from rules.matching_fields import FIELDS, Person, compare
from rules.tables import CodeTable

SAME: Final = "same"
REVIEW: Final = "review"
NO: Final = ""

Pattern = tuple[str, ...]
"""The bands of the eight fields, blank where one is missing."""
Rates = Mapping[tuple[str, str], tuple[float, float]]
"""(field, band) -> m, u: its share among pairs that are one person, and among pairs that are two."""

MOST_BITS: Final = 20.0
LEAST_BITS: Final = -8.0
RAREST: Final = 2.0  # people of one name: it cannot be rarer than the two that are compared
LIKELY: Final = 3.0  # bits above even odds
CLEARLY: Final = 6.0  # bits by which one chart fits better than another: 64 times as likely
RIVAL: Final = "fits another chart as well"
THIRD: Final = "both are the same as a third chart"
AGREEING: Final = ("same", "near")


@dataclass(frozen=True, slots=True)
class Shares:
    """How many people of the index have a name or a birth date; ``people`` in all."""

    people: int
    last: Mapping[str, int] = field(default_factory=dict)
    first: Mapping[str, int] = field(default_factory=dict)
    birth: Mapping[str, int] = field(default_factory=dict)

    def of(self, names: Mapping[str, int], name: str) -> float:
        """The share of people who have this name."""
        return max(names.get(name, 0), RAREST) / max(self.people, 1000)

    def bits(self, names: Mapping[str, int], name: str, m: float) -> float:
        """The weight of agreeing on a name that so many have."""
        return log2(m / self.of(names, name))

    def stands_for(self, names: Mapping[str, int], one: str, other: str, share: float) -> str:
        """The name that the rarer of two stands for, as a slip or a short form of it, as so many have that. Blank:
        both are names of their own."""
        rarer, commoner = sorted((one, other), key=lambda name: names.get(name, 0))
        return commoner if max(names.get(rarer, 0), 1) <= share * names.get(commoner, 0) else ""


@dataclass(frozen=True, slots=True)
class Habits:
    """What people and their papers do, as the table ``matching_habits`` has it in force: a field is a row's code."""

    household_bits: float
    moved_bits: float
    renamed_bits_women: float
    renamed_bits_men: float
    slip_weighs: float
    slip_share: float
    short_form_share: float
    common_name: float
    chance_day: float
    ssn_by_chance: float
    generation_years: float

    def renamed_bits(self, sex: str) -> float:
        """Of another last name."""
        return {"F": self.renamed_bits_women, "M": self.renamed_bits_men}.get(sex, 0.0)

    def share_of(self, band: str) -> float:
        """The share of a name's people that a slip (``near``) or a short form of it has at most; 0 for other bands."""
        return {"near": self.slip_share, "nickname": self.short_form_share}.get(band, 0.0)


def habits_of(table: CodeTable, day: str = "") -> Habits:
    """The habits in force on an ISO day, today's without one."""
    values = {row.code: float(str(row.more["value"])) for row in table.on(day)}
    return Habits(**{each.name: values[each.name] for each in fields(Habits)})


@dataclass(frozen=True, slots=True)
class Model:
    """Rates and habits in force, how common names are, and the facility's two thresholds."""

    rates: Rates
    shares: Shares
    habits: Habits
    strong: float = 10.0
    listed: float = 0.0
    bits: Mapping[tuple[str, str], float] = field(init=False, repr=False)
    prior: float = field(init=False)  # bits against any two of the index being one person

    def __post_init__(self) -> None:
        bits = {key: min(MOST_BITS, max(LEAST_BITS, log2(m / u))) for key, (m, u) in self.rates.items()}
        for name in FIELDS:
            bits[name, ""] = 0.0
        object.__setattr__(self, "bits", bits)
        object.__setattr__(self, "prior", log2(max(self.shares.people, 1000)))


@dataclass(frozen=True, slots=True)
class Part:
    """What one field says: its agreement and its weight in bits."""

    field: str
    band: str  # blank: missing on one of the two
    bits: float

    def __str__(self) -> str:
        return f"{self.field} {self.band or 'missing'} {self.bits:+.1f}"


@dataclass(frozen=True, slots=True)
class Match:
    """What was found about two charts."""

    score: float
    verdict: str  # SAME, REVIEW or NO
    parts: tuple[Part, ...]
    doubts: tuple[str, ...] = ()

    @property
    def reasons(self) -> list[str]:
        """The fields that weigh, heaviest first, then the doubts."""
        told = sorted((part for part in self.parts if part.band), key=lambda part: -abs(part.bits))
        return [*(str(part) for part in told), *self.doubts]


def match(one: Person, other: Person, model: Model, *, told: bool = True) -> Match:
    """Compare two people. The order of the two makes no difference. ``told``: say why two are two, too."""
    pattern = compare(one, other)
    bits = _bits(one, other, pattern, model)
    score = round(sum(bits) - model.prior, 2)
    if not told and score < model.listed:
        return Match(score, NO, ())
    parts = tuple(map(Part, FIELDS, pattern, (round(each, 1) for each in bits)))
    if score < model.listed:
        return Match(score, NO, parts)
    if _two_people(one, other, pattern, model):
        return Match(score, NO, parts, ("twins, or two people of one name",))
    doubts = tuple(_doubts(one, other, pattern, model))
    if score >= model.strong and not doubts:
        return Match(score, SAME, parts)
    return Match(score, REVIEW, parts, doubts)


def _bits(one: Person, other: Person, pattern: Pattern, model: Model) -> list[float]:
    """The weight of each field: of its band, and of how rare the very value is."""
    bits = [model.bits[key] for key in zip(FIELDS, pattern, strict=True)]
    shares, habits = model.shares, model.habits
    for place, names in enumerate((shares.last, shares.first)):
        a, b = ((one.last, other.last), (one.first, other.first))[place]
        if pattern[place] == "same":
            bits[place] = shares.bits(names, a, model.rates[FIELDS[place], "same"][0])
        elif (share := habits.share_of(pattern[place])) and (name := shares.stands_for(names, a, b, share)):
            bits[place] = max(bits[place], shares.bits(names, name, habits.slip_weighs))
    if pattern[0] == pattern[1] == "swapped":
        bits[0] = bits[1] = _exchanged(one, other, model) / 2
    elif pattern[0] in ("differs", "far") and one.sex == other.sex:
        bits[0] += habits.renamed_bits(one.sex)
    if pattern[3] == "same":
        others = (shares.birth.get(one.birth, 0) - habits.chance_day) / max(shares.people, 1000)
        m, u = model.rates["birth date", "same"]
        bits[3] = log2(m / max(u, others))
    if pattern[5] == "near" and one.ssn[:7] != other.ssn[:7]:
        bits[5] = max(bits[5], log2(model.rates["SSN", "near"][0] / habits.ssn_by_chance))
    if bits[6] > 0 and bits[7] > 0 and (over := bits[6] + bits[7] - habits.household_bits) > 0:
        bits[6], bits[7] = bits[6] - over / 2, bits[7] - over / 2
    if pattern[6] in ("part", "differs") and pattern[7] == "differs":
        bits[7] = max(bits[7], habits.moved_bits)
    return bits


def _exchanged(one: Person, other: Person, model: Model) -> float:
    """The weight of last and first name exchanged. SMITH LINDA is LINDA SMITH; JAMES THOMAS may be another than THOMAS
    JAMES."""
    shares = model.shares
    by_chance = min(
        shares.of(shares.last, each.last) * shares.of(shares.first, each.first) for each in (one, other)
    )
    return min(MOST_BITS, log2(model.rates["last name", "swapped"][0] / by_chance))


def _two_people(one: Person, other: Person, pattern: Pattern, model: Model) -> bool:
    """Twins, and parent and child of one name."""
    last, first, _, birth, _, ssn, *_ = pattern
    if one.order and other.order and one.order != other.order:
        return True
    if one.generation and other.generation and one.generation != other.generation:
        return not (ssn == "same" and birth == "same")
    if ssn == "same" or not one.first or not other.first:
        return False
    return first == "differs" and birth in ("same", "part", "close", "differs") and last != "swapped"


def _doubts(one: Person, other: Person, pattern: Pattern, model: Model) -> list[str]:
    """What a person has to look at before two charts are called one."""
    last, first, middle, birth, sex, ssn, address, phone = pattern
    home = address in AGREEING or phone in AGREEING
    both_home = address in AGREEING and phone in AGREEING
    number = ssn in AGREEING
    own_number = number and not _one_after_the_other(one.ssn, other.ssn)
    more = home or number or middle == "same"
    given = first in ("same", "nickname", "swapped")
    born = birth in ("same", "swapped", "near")
    two_names = _two_names(one, other, pattern, model)
    names = model.shares.first
    slip = (
        first == "near"
        and model.shares.stands_for(names, one.first, other.first, model.habits.slip_share) != ""
    )
    doubts = []
    if first == "differs" and not (ssn == "same" and born):
        doubts.append("another first name")
    if (
        first == "far"
        and not (number and born)
        and not (both_home and born and middle in ("same", "initial"))
    ):
        doubts.append("first names hardly alike")
    if ssn != "same" and ((two_names and not own_number) or (first == "nickname" and middle == "differs")):
        doubts.append("two first names: may be twins")
    if not first and not _nameless(one, other, pattern, number, home):
        doubts.append("no first name to compare")
    if first == "middle" and not own_number:
        doubts.append("goes by the middle name, or is a twin")
    if first in ("initial", "part") and not more:
        doubts.append("first name agrees in part, and nothing beside it")
    if not birth and not (
        number or (given and (home if last in ("same", "swapped") else both_home and last == "near"))
    ):
        doubts.append("no birth date to compare")
    if birth == "differs" and not (ssn == "same" and given and last not in ("differs", "far")):
        doubts.append("another birth date")
    if birth in ("near", "part") and not (one.birth and other.birth) and not (home or number):
        doubts.append("January 1 is no birth date, and nothing but names beside it")
    elif birth in ("near", "close", "part") and not more and not (birth == "near" and middle == "initial"):
        doubts.append("birth date agrees nearly, and nothing beside it")
    known = last not in ("", "far", "differs") and (
        (given and home) or (first == "near" and both_home and not two_names)
    )
    if birth in ("close", "part") and not (number or known):
        doubts.append("birth date agrees in part")
    if not number and _parent_and_child(one, other, birth, model.habits.generation_years):
        doubts.append("may be parent and child of one name")
    if last in ("differs", "far") and not (
        (_renamed(pattern, home, both_home, given, slip) and own_number == number)
        or (last == "far" and born and more and first in ("same", "nickname", "near") and not two_names)
        or (
            first == "near"
            and birth == "same"
            and both_home
            and middle in ("same", "initial")
            and not two_names
        )
    ):
        doubts.append("another last name")
    if not last and not number:
        doubts.append("no last name to compare")
    if ssn == "differs" and not (first == "same" and last == "same" and birth == "same" and home):
        doubts.append("another SSN")
    if ssn == "close" and not (first in ("same", "nickname", "near") and born):
        doubts.append("SSN agrees in part")
    alike = first == "near" and not two_names and (both_home or (home and middle in ("same", "initial")))
    sure = (given and (more or (first == last == "same" and middle == "initial"))) or (
        alike and last == "same"
    )
    if sex == "differs" and not (
        ssn == "same" or (birth == "same" and sure) or (born and first == last == "same" and both_home)
    ):
        doubts.append("another sex")
    if middle == "differs" and not (number or (birth in ("same", "swapped") and home)):
        doubts.append("another middle name")
    return doubts


def _two_names(one: Person, other: Person, pattern: Pattern, model: Model) -> bool:
    """Whether two first names that are alike are two names, as MARIA and MARIE, and no slip of the pen."""
    first, middle = pattern[1], pattern[2]
    if first not in ("near", "far", "part", "nickname") or middle == "same":
        return False
    rarer, commoner = sorted(model.shares.first.get(name, 0) for name in (one.first, other.first))
    habits = model.habits
    share = habits.short_form_share if first == "nickname" else habits.slip_share
    return rarer >= habits.common_name and rarer >= share * commoner


def _parent_and_child(one: Person, other: Person, birth: str, generation_years: float) -> bool:
    """Whether the years lie a generation apart, or one is a junior and the other not said to be."""
    first, second = one.born.year, other.born.year
    if not first or not second:
        return one.generation != other.generation
    if birth in ("same", "swapped"):
        return False
    slip = birth == "near" and (sorted(str(first)) == sorted(str(second)) or one.sex == other.sex == "F")
    return abs(first - second) >= generation_years and (not slip or one.generation != other.generation)


def _one_after_the_other(one: str, other: str) -> bool:
    """Whether two numbers were issued together, as those of twins are."""
    return one != other and abs(int(one) - int(other)) <= 2


def _nameless(one: Person, other: Person, pattern: Pattern, number: bool, home: bool) -> bool:
    """Whether somebody without a first name is known well enough: born the same day at the same address."""
    last, _, _, birth, sex, ssn, *_ = pattern
    if birth != "same" or sex == "differs" or ssn in ("differs", "close") or one.order or other.order:
        return False
    return number or (last in ("same", "near") and home)


def _renamed(pattern: Pattern, home: bool, both_home: bool, given: bool, slip: bool) -> bool:
    """Whether a person of another last name is known well enough: married or divorced meanwhile. ``slip``: the first
    name is one that so many have that it must be met misspelt."""
    first, middle, birth, sex, ssn = pattern[1:6]
    born, middled = birth in ("same", "swapped"), middle in ("same", "initial")
    if ssn == "same":
        return given or slip or born or birth == "near"
    if sex == "differs" or ssn == "differs" or middle == "differs":
        return False
    if ssn == "near" and home:
        return given or slip or first in ("initial", "part")
    if born:
        return (given or slip) and (home or ssn in AGREEING or middle == "same")
    if birth == "near" and given:
        return both_home or ssn == "near" or (home and middled)
    return birth == "near" and slip and both_home and middled


Found = Mapping[tuple[int, int], Match]
"""Matches by the two ids, the smaller first."""


def replaced(before: Person, after: Person) -> bool:
    """Whether a registration was changed so much that it is another person's: the first name, and with it at least
    two of last name, birth date, sex and SSN."""
    last, first, _, birth, sex, ssn, *_ = compare(before, after)
    far = ("differs", "far")
    others = (last in far) + (birth in ("differs", "close", "part")) + (sex == "differs") + (ssn == "differs")
    return first in far and others >= 2 and (birth not in ("", "same", "swapped") or ssn == "differs")


# -- A whole file -------------------------------------------------------------------------------------------------


def settled(found: Found, told_apart: Callable[[int, int], bool]) -> dict[tuple[int, int], Match]:
    """The matches of a whole file with each other in mind.

    Somebody who is the same as two people that are not one another (twins, father and son) is known too little:
    all three are for review. Two people who are the same as a third are the same too. ``told_apart`` says whether
    two charts that were found to be the same as a third are certainly two people.
    """
    result = dict(found)
    for centre, a, b in _two_of_one(result):
        if told_apart(a, b):
            links = [_key(centre, other) for other in (a, b)]
            for link, rival in (links, links[::-1]):
                weak = found[link]
                if weak.score < found[rival].score + CLEARLY and not _certain(weak):
                    result[link] = Match(weak.score, REVIEW, weak.parts, (*weak.doubts, RIVAL))
    for centre, a, b in _two_of_one(result):
        between, both = found.get((a, b)), [found[_key(centre, other)] for other in (a, b)]
        if told_apart(a, b) or not (all(map(_certain, both)) or (between is not None and _likely(between))):
            continue
        score = between.score if between else min(each.score for each in both)
        result[a, b] = Match(score, SAME, between.parts if between else (), (THIRD,))
    return result


def _two_of_one(found: Found) -> list[tuple[int, int, int]]:
    """A chart, and two that are the same as this one but not as each other, the smaller first."""
    near: dict[int, set[int]] = {}
    for (a, b), each in found.items():
        if each.verdict == SAME:
            near.setdefault(a, set()).add(b)
            near.setdefault(b, set()).add(a)
    return [
        (centre, a, b)
        for centre, others in near.items()
        for a, b in combinations(sorted(others), 2)
        if b not in near[a]
    ]


def _key(one: int, other: int) -> tuple[int, int]:
    return (min(one, other), max(one, other))


def _certain(found: Match) -> bool:
    """Whether SSN, first name and birth date all agree, so that no third chart can make it doubtful."""
    bands = {part.field: part.band for part in found.parts}
    return (
        bands["SSN"] in AGREEING
        and bands["first name"] in ("same", "nickname")
        and bands["birth date"] in ("same", "near", "swapped")
    )


def _likely(found: Match) -> bool:
    """Whether two charts that are the same as a third may be one, by what they say themselves."""
    bands = {part.field: part.band for part in found.parts}
    alike = bands["first name"] in ("same", "nickname", "swapped", "near", "initial")
    return alike and found.score >= LIKELY and bands["SSN"] != "differs" and bands["sex"] != "differs"


def told_apart(one: Person, other: Person, model: Model) -> bool:
    """Whether two charts are certainly two people, though each may be the same as a third."""
    pattern = compare(one, other)
    first, birth, ssn = pattern[1], pattern[3], pattern[5]
    if one.order and other.order and one.order != other.order:
        return True
    if one.generation and other.generation and one.generation != other.generation:
        return True
    if ssn == "same":
        return False
    if first == "differs":
        rarer = min(model.shares.first.get(name, 0) for name in (one.first, other.first))
        return rarer >= model.habits.common_name or ssn == "differs"
    if _two_names(one, other, pattern, model):
        return ssn not in AGREEING or _one_after_the_other(one.ssn, other.ssn)
    return ssn == "differs" or (birth == "differs" and one.born.year != other.born.year)
