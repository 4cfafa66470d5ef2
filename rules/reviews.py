"""Reviews of records by a second person: drawing the sample, comparing two abstractions, deciding, and the rates.

1. A sample is drawn by the order of SHA-256 of seed and record, so that anybody can draw it again.
2. Rows of a group are matched by what names them (a table says by which columns), never by their position; whether
   the same row is the principal one is compared by itself.
3. Only what was decided against the first person, in a category that counts, is an error. Rates are named with
   their method, because one audit gives several: 95.39 % of codes, 82.00 % of records and 94.00 % of DRGs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from rules.dictionary import Dictionary, Group, Item, ItemType, Record, row_path
from rules.records import null_values, rows_of

CODES: Final = frozenset({ItemType.DIAGNOSIS, ItemType.PROCEDURE})
CATEGORICAL: Final = frozenset({ItemType.CODE, ItemType.YES_NO})
CATEGORY_CELLS: Final = 3  # of a code: two that agree in them are one finding coded otherwise
IDENTITY: Final = frozenset({"mrn", "account"})
MISSED, WRONG, SEQUENCE, POA, UNSUPPORTED = "MISSED", "WRONG", "SEQUENCE", "POA", "UNSUPPORTED"
CLERICAL: Final = "CLERICAL"
PLACE: Final = "sequence"  # what the comparison of the principal row is called: ``diagnoses.sequence``


class Method(StrEnum):
    """How records come into a review."""

    RANDOM = "random"
    ALL = "all"  # everything that the filters leave
    FOCUSED = "focused"  # records that are named


class Decision(StrEnum):
    """How a difference was settled."""

    FIRST = "first"  # the first person was right
    SECOND = "second"
    BOTH = "both wrong"
    ACCEPTABLE = "acceptable"  # both can be defended


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be drawn, and who answers for it."""

    id: int
    person: str


def sample(
    candidates: Iterable[Candidate], method: Method, size: str, seed: str, *, per_person: bool
) -> list[Candidate]:
    """The records to review, in the order of their draw.

    ``size`` is a count or a percentage (``30``, ``5%``, rounded up); ``per_person`` asks for that many of each
    person. The same candidates and seed give the same sample.
    """
    ordered = sorted(candidates, key=lambda each: _lot(seed, each.id))
    if method is not Method.RANDOM:
        return ordered
    if not per_person:
        return ordered[: share(size, len(ordered))]
    strata: dict[str, list[Candidate]] = {}
    for each in ordered:
        strata.setdefault(each.person, []).append(each)
    chosen = [each for one in strata.values() for each in one[: share(size, len(one))]]
    return sorted(chosen, key=lambda each: _lot(seed, each.id))


def _lot(seed: str, id_: int) -> bytes:
    return hashlib.sha256(f"{seed}:{id_}".encode()).digest()


def share(size: str, of: int) -> int:
    """How many of ``of`` records ``30`` or ``5%`` asks for. Raises ``ValueError`` for other text."""
    number = size.strip().removesuffix("%")
    if not number.isascii() or not number.isdigit() or not int(number):
        raise ValueError(size)
    if not size.strip().endswith("%"):
        return min(int(number), of)
    return min(-(-of * int(number) // 100), of)


# Comparing


@dataclass(frozen=True, slots=True)
class Matching:
    """How rows of a group find each other: by ``columns``, all of them first, then the first alone."""

    columns: tuple[str, ...]
    principal: bool = False  # the first row weighs more than the others
    indicator: str = ""  # column that says whether it was present on admission


@dataclass(frozen=True, slots=True)
class Pair:
    """What the two said of one thing, where at least one of them said anything."""

    item: str
    first: str
    second: str

    @property
    def agree(self) -> bool:
        return self.first == self.second


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the two differ. Rows are numbered as in each record, 0 where it has none."""

    item: str
    first: str
    second: str
    category: str  # as it looks; whoever decides may say otherwise
    first_row: int = 0
    second_row: int = 0

    @property
    def path(self) -> str:
        """Where it stands: in the first record, or in the second where the first has nothing."""
        group, _, column = self.item.partition(".")
        row = self.first_row or self.second_row
        return row_path(group, row, column) if column and row else self.item


@dataclass(frozen=True, slots=True)
class Compared:
    """Two abstractions of one record, item by item."""

    pairs: tuple[Pair, ...]
    differences: tuple[Difference, ...]


def compare(
    dictionary: Dictionary, first: Record, second: Record, matchings: Mapping[str, Matching]
) -> Compared:
    """Everything that is keyed and compared; notes, derived items and what names the record are left out."""
    pairs: list[Pair] = []
    found: list[Difference] = []
    rows_first, rows_second = rows_of(first), rows_of(second)
    # What a form fills in by itself and another way into the record leaves blank is nobody's answer.
    nulls_first, nulls_second = null_values(dictionary, first), null_values(dictionary, second)
    for part in dictionary.parts():
        if isinstance(part, Group):
            matching = matchings.get(part.id) or Matching((part.items[0].id,))
            made = _compare_group(part, rows_first.get(part.id, {}), rows_second.get(part.id, {}), matching)
            pairs += made.pairs
            found += made.differences
        elif is_compared(dictionary, part):
            one, other = first.get(part.id, ""), second.get(part.id, "")
            if (one or nulls_first.get(part.id, "")) == (other or nulls_second.get(part.id, "")):
                one = other = one or other
            if one or other:
                pairs.append(Pair(part.id, one, other))
            if one != other:
                found.append(Difference(part.id, one, other, _looks(part, one, other)))
    return Compared(tuple(pairs), tuple(found))


def is_compared(dictionary: Dictionary, item: Item) -> bool:
    """Whether an item is the answer of a person: keyed, and no note."""
    named = item.id in IDENTITY or item.id == f"{dictionary.id}_number"
    return not (named or item.read_only or item.computed or item.aside or item.type is ItemType.NOTE)


def _looks(item: Item, one: str, other: str, matching: Matching | None = None) -> str:
    if matching is not None and item.id == matching.indicator:
        return POA
    if not one or not other:
        return UNSUPPORTED if one else MISSED
    return CLERICAL if item.type is ItemType.TEXT else WRONG


Rows = Mapping[int, Mapping[str, str]]


def _compare_group(group: Group, first: Rows, second: Rows, matching: Matching) -> Compared:
    key = next((each for each in group.items if each.id == matching.columns[0]), group.items[0])
    columns = [
        each
        for each in group.items
        if not (each.read_only or each.computed or each.aside or each.type is ItemType.NOTE)
    ]
    if not columns:
        return Compared((), ())
    pairs: list[Pair] = []
    found: list[Difference] = []
    matched = _matched(key, first, second, matching.columns)
    for one, other in matched:
        asked = columns if one and other else [key]
        for column in asked:
            said, says = first.get(one, {}).get(column.id, ""), second.get(other, {}).get(column.id, "")
            item = f"{group.id}.{column.id}"
            if said or says:
                pairs.append(Pair(item, said, says))
            if said != says:
                found.append(Difference(item, said, says, _looks(column, said, says, matching), one, other))
    if matching.principal and (moved := _principal(group, key, first, second, matched)):
        pairs.append(Pair(moved.item, moved.first, moved.second))
        found.append(moved)
    return Compared(tuple(pairs), tuple(found))


def _matched(key: Item, first: Rows, second: Rows, columns: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of rows; 0 stands for the row that one side lacks."""
    left, right = dict(first), dict(second)
    found: list[tuple[int, int]] = []

    def take(same: object) -> None:
        for one in list(left):
            other = next((n for n in right if _same(left[one], right[n], same)), 0)
            if other:
                found.append((one, other))
                del left[one], right[other]

    take(tuple(columns))
    take(tuple(columns[:1]))
    if key.type in CODES:
        one, other = min(first, default=0), min(second, default=0)
        if one in left and other in right:  # one principal against the other
            found.append((one, other))
            del left[one], right[other]
        take(key.id)
    found += [(one, 0) for one in left] + [(0, other) for other in right]
    return sorted(found, key=lambda pair: (not pair[0], pair[0] or pair[1]))


def _same(one: Mapping[str, str], other: Mapping[str, str], by: object) -> bool:
    if isinstance(by, str):  # a code by its category
        head = one.get(by, "")[:CATEGORY_CELLS]
        return len(head) == CATEGORY_CELLS and other.get(by, "").startswith(head)
    assert isinstance(by, tuple)
    return bool(one.get(by[0])) and all(one.get(name, "") == other.get(name, "") for name in by)


def _principal(
    group: Group, key: Item, first: Rows, second: Rows, matched: Iterable[tuple[int, int]]
) -> Difference | None:
    """That both have the two rows and see another one first."""
    one, other = min(first, default=0), min(second, default=0)
    mine = next((b for a, b in matched if a == one), 0)
    theirs = next((a for a, b in matched if b == other), 0)
    if (
        not mine or not theirs or mine == other
    ):  # where one of them is missing altogether that is said already
        return None
    values = first[one].get(key.id, ""), second[other].get(key.id, "")
    return Difference(f"{group.id}.{PLACE}", *values, SEQUENCE, one, other)


# Correcting


def corrected(first: Record, second: Record, differences: Iterable[Difference]) -> dict[str, str]:
    """The first record with these differences as the second person has them; rows close up."""
    record = dict(first)
    rows, theirs = {g: {n: dict(r) for n, r in m.items()} for g, m in rows_of(first).items()}, rows_of(second)
    touched = set()
    moved: list[Difference] = []
    for each in differences:
        group, dot, column = each.item.partition(".")
        if not dot:
            record[group] = each.second
            continue
        touched.add(group)
        mine = rows.setdefault(group, {})
        if column == PLACE:
            moved.append(each)
        elif each.first_row and each.second_row:
            mine.setdefault(each.first_row, {})[column] = each.second
        elif each.second_row:
            mine[1000 + each.second_row] = dict(theirs.get(group, {}).get(each.second_row, {}))
        else:
            mine.pop(each.first_row, None)
    for group in touched:
        lead = next((each for each in moved if each.item.startswith(f"{group}.")), None)
        ordered = [row for _, row in sorted(rows[group].items())]
        if lead is not None:
            ordered.sort(key=lambda row: lead.second not in row.values())
        for path in [path for path in record if path.startswith(f"{group}[")]:
            del record[path]
        for number, row in enumerate(ordered, 1):
            record |= {row_path(group, number, name): value for name, value in row.items()}
    return {path: value for path, value in record.items() if value}


# Rates


@dataclass(frozen=True, slots=True)
class Category:
    """What a kind of disagreement counts towards."""

    code: str
    text: str
    counts: bool = True  # an error of the record
    codes: bool = True  # an error of its codes too


@dataclass(frozen=True, slots=True)
class Kinds:
    """What a data set's items are to the rates."""

    codes: frozenset[str]
    poa: frozenset[str]
    categorical: frozenset[str]
    categories: Mapping[str, Category]


def kinds(
    dictionary: Dictionary, matchings: Mapping[str, Matching], categories: Mapping[str, Category]
) -> Kinds:
    """The items of a data set by what they are to the rates."""
    of_codes, of_tables = set(), set()
    for id_, item in dictionary.by_id.items():
        of_codes |= {id_} if item.type in CODES else set()
        of_tables |= {id_} if item.type in CATEGORICAL else set()
    poa = frozenset(f"{group}.{each.indicator}" for group, each in matchings.items() if each.indicator)
    return Kinds(frozenset(of_codes), poa, frozenset(of_tables), categories)


@dataclass(frozen=True, slots=True)
class Decided:
    """A difference as it was settled."""

    item: str
    category: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Outcome:
    """A record whose differences are all settled. DRGs are blank where the data set has none."""

    person: str
    pairs: tuple[Pair, ...]
    decided: tuple[Decided, ...] = ()
    first_drg: str = ""
    final_drg: str = ""
    number: str = ""  # of the review
    subject: str = ""  # account, or the record's own number


@dataclass(frozen=True, slots=True)
class Rate:
    """So many right of so many."""

    right: int = 0
    of: int = 0

    @property
    def percent(self) -> Decimal | None:
        """To two decimals, half up, once; None of nothing."""
        return _percent(Fraction(self.right * 100, self.of)) if self.of else None


def _percent(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Measures:
    """All rates of a set of outcomes side by side."""

    codes: Rate = field(default_factory=Rate)
    records: Rate = field(default_factory=Rate)
    drg: Rate = field(default_factory=Rate)
    poa: Rate = field(default_factory=Rate)
    agreement: Rate = field(default_factory=Rate)
    kappa: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Element:
    """One item over all records: agreement before anything was settled, and what was settled against the first."""

    item: str
    agreement: Rate
    kappa: Decimal | None
    errors: int


METHODS: Final[Mapping[str, str]] = {
    "codes": "Codes: right of all codes that either person gave.",
    "records": "Records: records without an error of all records reviewed.",
    "drg": "DRG: records whose DRG holds after the decisions of all records grouped.",
    "poa": "POA: indicators that hold, of those of diagnoses that both gave.",
    "agreement": "Agreement: items that both answered alike before any decision, of those that either answered.",
    "kappa": "Kappa: Cohen's, of items with a list of values; over several items pooled (de Vries et al. 2008).",
}


def is_error(each: Decided, of: Kinds) -> bool:
    """Whether it was decided against the first person in a category that counts."""
    category = of.categories.get(each.category)
    return each.decision in (Decision.SECOND, Decision.BOTH) and (category is None or category.counts)


def measures(outcomes: Sequence[Outcome], of: Kinds) -> Measures:
    """All rates. A code that one of the two lacks was reviewed too."""
    errors = [[each for each in outcome.decided if is_error(each, of)] for outcome in outcomes]
    flat = [each for some in errors for each in some]
    pairs = [pair for outcome in outcomes for pair in outcome.pairs]
    codes = sum(pair.item in of.codes for pair in pairs)
    wrong = sum(_is_code_error(each, of) for each in flat)
    poa = sum(pair.item in of.poa for pair in pairs)
    grouped = [outcome for outcome in outcomes if outcome.first_drg or outcome.final_drg]
    return Measures(
        Rate(max(0, codes - wrong), codes),
        Rate(sum(not some for some in errors), len(outcomes)),
        Rate(sum(each.first_drg == each.final_drg for each in grouped), len(grouped)),
        Rate(poa - sum(each.item in of.poa for each in flat), poa),
        Rate(sum(pair.agree for pair in pairs), len(pairs)),
        pooled_kappa([pair for pair in pairs if pair.item in of.categorical]),
    )


def _is_code_error(each: Decided, of: Kinds) -> bool:
    category = of.categories.get(each.category)
    is_code = each.item in of.codes or each.item.endswith(f".{PLACE}")
    return is_code and (category is None or category.codes)


def by_person(outcomes: Iterable[Outcome], of: Kinds) -> dict[str, Measures]:
    """The rates of each first person, by name."""
    found: dict[str, list[Outcome]] = {}
    for each in outcomes:
        found.setdefault(each.person, []).append(each)
    return {person: measures(found[person], of) for person in sorted(found)}


def by_element(outcomes: Sequence[Outcome], of: Kinds) -> list[Element]:
    """Every item that was compared, those that differ most first."""
    pairs: dict[str, list[Pair]] = {}
    errors: dict[str, int] = {}
    for outcome in outcomes:
        for pair in outcome.pairs:
            pairs.setdefault(pair.item, []).append(pair)
        for each in outcome.decided:
            errors[each.item] = errors.get(each.item, 0) + is_error(each, of)
    found = [
        Element(
            item,
            Rate(sum(pair.agree for pair in some), len(some)),
            pooled_kappa(some) if item in of.categorical else None,
            errors.get(item, 0),
        )
        for item, some in pairs.items()
    ]
    return sorted(found, key=lambda each: (-(each.agreement.of - each.agreement.right), each.item))


def pooled_kappa(pairs: Sequence[Pair]) -> Decimal | None:
    """Cohen's kappa (1960) over pairs of one item; over several their observed and expected agreement are averaged.

    None where chance alone would agree on everything.
    """
    by_item: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_item.setdefault(pair.item, []).append(pair)
    observed = expected = Fraction(0)
    for some in by_item.values():
        observed += Fraction(sum(pair.agree for pair in some), len(some))
        expected += _by_chance(some)
    if not by_item or expected == len(by_item):
        return None
    observed, expected = observed / len(by_item), expected / len(by_item)
    kappa = (observed - expected) / (1 - expected)
    return (Decimal(kappa.numerator) / Decimal(kappa.denominator)).quantize(Decimal("0.001"), ROUND_HALF_UP)


def _by_chance(pairs: Sequence[Pair]) -> Fraction:
    values = {value for pair in pairs for value in (pair.first, pair.second)}
    total = Fraction(0)
    for value in values:
        first = sum(pair.first == value for pair in pairs)
        total += Fraction(first * sum(pair.second == value for pair in pairs), len(pairs) ** 2)
    return total
