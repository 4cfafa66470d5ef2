"""A person as duplicates are looked for: values made comparable, and how each field of two people agrees.

What is missing, stands in for something unknown (UNKNOWN, 999-99-9999) or was never asked agrees and disagrees with
nothing. Names are compared as they were at any time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, NamedTuple

from rules.identity import Name, fold
from rules.tables import CodeTable
from rules.temporary_names import is_temporary

FIELDS: Final = ("last name", "first name", "middle name", "birth date", "sex", "SSN", "address", "phone")
BANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "last name": ("same", "former", "swapped", "near", "part", "far", "differs"),
    "first name": ("same", "nickname", "swapped", "near", "initial", "part", "middle", "far", "differs"),
    "middle name": ("same", "initial", "near", "differs"),
    "birth date": ("same", "swapped", "near", "close", "part", "differs"),
    "sex": ("same", "differs"),
    "SSN": ("same", "near", "close", "differs"),
    "address": ("same", "near", "part", "differs"),
    "phone": ("same", "near", "differs"),
}
"""Every field with the ways in which two values of it may agree, best first; blank is missing."""

_WORDS: Final = {
    "STREET": "ST", "AVENUE": "AVE", "AV": "AVE", "ROAD": "RD", "DRIVE": "DR", "LANE": "LN", "COURT": "CT",
    "BOULEVARD": "BLVD", "PLACE": "PL", "TERRACE": "TER", "CIRCLE": "CIR", "HIGHWAY": "HWY", "PARKWAY": "PKWY",
    "APARTMENT": "APT", "SUITE": "STE", "NORTH": "N", "SOUTH": "S", "EAST": "E", "WEST": "W", "SQUARE": "SQ",
    "TRAIL": "TRL", "UNIT": "APT",
}  # fmt: skip
_GENERATIONS: Final = {
    "SR": 1, "SENIOR": 1, "I": 1, "1ST": 1, "JR": 2, "JUNIOR": 2, "II": 2, "2ND": 2, "III": 3, "3RD": 3, "IV": 4,
    "4TH": 4, "V": 5,
}  # fmt: skip
_SOUNDS: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "01230120022455012623010202")
STAND_INS: Final = frozenset(
    {"123456789", "987654321", "078051120", "219099999", "012345678"}
)  # SSA: never issued
_NO_STREET: Final = frozenset({"UNKNOWN", "NONE", "HOMELESS", "NO FIXED ADDRESS", "GENERAL DELIVERY"})
_ORDER: Final = re.compile(r"(?:BABY|BOY|GIRL|TWIN|INFANT|NEWBORN|BB|BG) ?([A-D1-4])$")
_PLACES: Final = 7  # digits of a telephone number that are compared: without the area code


class Born(NamedTuple):
    """A birth date as far as it is known; 0 is not known. January 1 is what is keyed for a day not known."""

    year: int = 0
    month: int = 0
    day: int = 0


@dataclass(slots=True)
class Person:
    """What is compared of a person, made by ``person_of``."""

    id: int
    mrn: str
    last: str
    first: str
    given: str  # all given names, as they stand where the last name belongs when the two are exchanged
    middle: str
    former: tuple[tuple[str, str], ...]  # folded last and first names of other times
    generation: int  # 1 senior, 2 junior ..., 0 not said
    temporary: bool
    order: str  # A, B of a multiple birth without names
    born: Born
    birth: str  # YYYYMMDD when it is known and no placeholder
    sex: str
    ssn: str
    street: str
    zip: str
    phone: str
    roots: Collection[str]
    last_sound: str
    first_sound: str
    forms: Collection[str] = ()  # other forms of the first name


@dataclass(frozen=True, slots=True)
class Names:
    """Tables about names: form -> names that it may stand for, form -> other forms of these, and names that stand in
    for one unknown."""

    roots: Mapping[str, frozenset[str]]
    forms: Mapping[str, frozenset[str]]
    temporary: CodeTable


def names_of(given_names: CodeTable, temporary_names: CodeTable) -> Names:
    """The tables read once. A row of ``given_names`` is a name and its short forms, ``ROBERT``: ``BOB ROB``."""
    roots: dict[str, set[str]] = {}
    others: dict[str, set[str]] = {}
    for row in given_names.on():
        every = (row.code, *row.text.split())
        for form in every:
            roots.setdefault(form, set()).add(row.code)
            others.setdefault(form, set()).update(every)
    return Names(
        {form: frozenset(found) for form, found in roots.items()},
        {form: frozenset(found) - {form} for form, found in others.items()},
        temporary_names,
    )


def person_of(id_: int, values: Mapping[str, str], former: Iterable[Name], names: Names) -> Person:
    """A patient's values (see ``db.patient_index.patients.FIELDS``) and other names made comparable."""
    last, first, middle = fold(values["last_name"]), fold(values["first_name"]), fold(values["middle_name"])
    suffix = fold(values.get("suffix", ""))
    last, in_last = _without_suffix(last)
    first, in_first = _without_suffix(first)
    temporary = _temporary(values["last_name"], values["first_name"], names)
    order, given = "", _solid(first)
    if temporary:
        found = _ORDER.search(f"{first} {middle}".strip()) or _ORDER.search(first) or _ORDER.search(last)
        order = found[1] if found else (middle if len(middle) == 1 and middle in "ABCD" else "")
        first = middle = ""
        last = "" if _stands_in(last, names) else last
    elif not middle and " " in first:
        first, _, middle = first.partition(" ")
    born = born_of(values.get("birth_date", ""))
    whole = born.year and born.month and born.day and (born.month, born.day) != (1, 1)
    others = tuple(
        (_solid(fold(name.last)), _solid(fold(name.first)))
        for name in former
        if not _temporary(name.last, name.first, names)
    )
    solid = _solid(first)
    return Person(
        id_, values.get("mrn", ""), _solid(last), solid, given, _solid(middle), others,
        _GENERATIONS.get(suffix, 0) or in_last or in_first, temporary, order, born,
        f"{born.year:04d}{born.month:02d}{born.day:02d}" if whole else "",
        values.get("sex", "") if values.get("sex", "") in ("M", "F") else "", real_ssn(values.get("ssn", "")),
        street_of(values.get("street", "")), values.get("zip", "").strip()[:5].upper(),
        phone_of(values.get("phone", "")), names.roots.get(solid, ()), soundex(_solid(last)), soundex(solid),
        names.forms.get(solid, ()),
    )  # fmt: skip


def _solid(text: str) -> str:
    return text.replace(" ", "").replace("-", "")


def _without_suffix(name: str) -> tuple[str, int]:
    """``SMITH JR`` is ``SMITH`` and a junior; a name of one word stays whole."""
    front, _, end = name.rpartition(" ")
    generation = _GENERATIONS.get(end, 0) if front and end not in ("I", "V") else 0
    return (front, generation) if generation else (name, 0)


@lru_cache(maxsize=100_000)
def _is_temporary(last: str, first: str, table: CodeTable) -> bool:
    return is_temporary(last, first, table)


def _temporary(last: str, first: str, names: Names) -> bool:
    return bool(last or first) and _is_temporary(last, first, names.temporary)


def _stands_in(last: str, names: Names) -> bool:
    """Whether a last name by itself is no name: UNKNOWN, TRAUMA, DOE beside JOHN."""
    return not last or _is_temporary(last, "JOHN", names.temporary)


def born_of(text: str) -> Born:
    """A birth date as it is registered. The first day of 1900 is what is keyed for unknown."""
    parts = text.split("-")
    if not 1 <= len(parts) <= 3 or not all(part.isascii() and part.isdigit() for part in parts):
        return Born()
    year, month, day = (*(int(part) for part in parts), 0, 0)[:3]
    if not 1850 <= year <= 2200 or (year == 1900 and month <= 1 and day <= 1):
        return Born()
    return Born(year, month, day)


def real_ssn(text: str) -> str:
    """A number as it was given; blank for those that stand in for one (999-99-9999, 123-45-6789)."""
    digits = "".join(character for character in text if character.isdigit())
    if len(digits) != 9 or len(set(digits[:-1])) == 1 or digits in STAND_INS:
        return ""
    return "" if digits[:3] == "000" or digits[5:] == "0000" else digits


@lru_cache(maxsize=50_000)
def street_of(text: str) -> str:
    """A street in one way of writing: ``12 ELM ST``."""
    folded = fold(text.replace(",", " ").replace("#", " APT "))
    if folded in _NO_STREET:
        return ""
    return " ".join(_WORDS.get(word, word) for word in folded.split())


def phone_of(text: str) -> str:
    """The last seven digits of a telephone number; blank when they are all the same or too few."""
    digits = "".join(character for character in text if character.isdigit())[-_PLACES:]
    return digits if len(digits) == _PLACES and len(set(digits)) > 1 else ""


@lru_cache(maxsize=200_000)
def soundex(name: str) -> str:
    """American Soundex (National Archives): the first letter and three digits; blank without letters."""
    letters = "".join(c for c in name if "A" <= c <= "Z")
    if not letters:
        return name[:1] and f"~{name[:3]}"  # a script without Latin letters
    code, before = letters[0], letters[0].translate(_SOUNDS)
    for letter in letters[1:]:
        digit = letter.translate(_SOUNDS)
        if digit != "0" and digit != before:
            code += digit
        if letter not in "HW":
            before = digit
        if len(code) == 4:
            break
    return code.ljust(4, "0")


# -- How two values agree ---------------------------------------------------------------------------------------


@lru_cache(maxsize=500_000)
def likeness(one: str, other: str) -> float:
    """Jaro-Winkler similarity, 0 to 1 (Winkler 1990)."""
    from rapidfuzz.distance import JaroWinkler

    return float(JaroWinkler.similarity(one, other))


def slips(one: str, other: str) -> int:
    """How many characters were keyed wrong, left out, added or exchanged with their neighbour; 3 is three or more."""
    if one == other:
        return 0
    if abs(len(one) - len(other)) > 2:
        return 3
    return _typing_distance()(one, other, score_cutoff=2)


@cache
def _typing_distance() -> Callable[..., int]:
    """The optimal string alignment distance, looked up once: it is asked millions of times."""
    from rapidfuzz.distance import OSA

    return OSA.distance


def _alike(one: str, other: str) -> bool:
    """Whether two names may be one name keyed or heard wrongly."""
    like = likeness(one, other)
    if like >= 0.92:
        return True
    if like >= 0.80 and soundex(one) == soundex(other):
        return True
    longest = max(len(one), len(other))
    wrong = slips(one, other)
    return (wrong <= 1 and longest >= 3) or (wrong == 2 and longest >= 6)


def compare(one: Person, other: Person) -> tuple[str, ...]:
    """How the eight ``FIELDS`` of two people agree: a band of ``BANDS`` each, blank where one is missing."""
    if one.last == other.last and one.first == other.first and one.last and one.first:
        last = first = "same"
    elif _swapped(one, other):
        last = first = "swapped"
    else:
        last, first = _last(one, other), _first(one, other)
        if last == first == "differs" and _half_swapped(one, other):
            first = "swapped"
    sex = "" if not one.sex or not other.sex else "same" if one.sex == other.sex else "differs"
    return (
        last, first, _middle(one, other), _birth(one, other), sex, _number(one.ssn, other.ssn), _address(one, other),
        _phone(one.phone, other.phone),
    )  # fmt: skip


def _swapped(one: Person, other: Person) -> bool:
    if not (one.last and one.first and other.last and other.first) or one.last == other.last:
        return False
    same_day = bool(one.birth) and one.birth == other.birth
    alike = _far if same_day else _alike
    here, there = other.last in one.forms, one.last in other.forms
    if one.last in (other.first, other.given) and (here or alike(one.given, other.last)):
        return True
    if other.last in (one.first, one.given) and (there or alike(other.given, one.last)):
        return True
    return (there or _alike(one.last, other.given)) and (here or _alike(one.given, other.last))


def _half_swapped(one: Person, other: Person) -> bool:
    """Whether two people of one SSN, of whom one has the other's first name for a last name, were exchanged and
    renamed."""
    if not one.ssn or not other.ssn or slips(one.ssn, other.ssn) > 1:
        return False
    return len(one.first) > 2 < len(other.first) and (one.first == other.last or other.first == one.last)


def _far(one: str, other: str) -> bool:
    """Whether two names are one name keyed very badly, if anything else says so."""
    return likeness(one, other) >= 0.75 or (slips(one, other) <= 2 and min(len(one), len(other)) >= 4)


def _last(one: Person, other: Person) -> str:
    a, b = one.last, other.last
    if not a or not b:
        return ""
    if a == b:
        return "same"
    if any(b == last for last, _ in one.former) or any(a == last for last, _ in other.former):
        return "former"
    if _alike(a, b):
        return "near"
    short, long = sorted((a, b), key=len)
    if len(short) >= 4 and (long.startswith(short) or long.endswith(short)):
        return "part"  # one half of a double name
    return "far" if _far(a, b) else "differs"


def _first(one: Person, other: Person) -> str:
    a, b = one.first, other.first
    if not a or not b:
        return ""
    if a == b or one.given == other.given:
        return "same"
    if one.roots and other.roots and not set(one.roots).isdisjoint(other.roots):
        return "nickname"
    if any(b == first for _, first in one.former) or any(a == first for _, first in other.former):
        return "nickname"
    if len(a) == 1 or len(b) == 1:
        return "initial" if a[0] == b[0] else "middle" if _is_middle(one, other) else "differs"
    if _alike(a, b):
        return "near"
    if _is_middle(one, other):
        return "middle"
    short, long = sorted((a, b), key=len)
    if len(short) >= 3 and long.startswith(short):
        return "part"
    if (
        one.birth
        and one.birth == other.birth
        and ((not other.roots and _form_misspelt(one, b)) or (not one.roots and _form_misspelt(other, a)))
    ):
        return "near"
    return "far" if _far(a, b) else "differs"


def _form_misspelt(one: Person, name: str) -> bool:
    """Whether a name is a short form of somebody's first name keyed wrongly: BIL of WILLIAM."""
    return len(name) >= 3 and any(
        form[0] == name[0] and len(form) >= 3 and slips(form, name) == 1 for form in one.forms
    )


def _is_middle(one: Person, other: Person) -> bool:
    """Whether somebody goes by the middle name on one of the two charts, which has no other middle name."""
    return _goes_by(one, other) or _goes_by(other, one)


def _goes_by(full: Person, short: Person) -> bool:
    if len(short.first) < 2 or full.middle != short.first:
        return False
    return not short.middle or full.first.startswith(short.middle)


def _middle(one: Person, other: Person) -> str:
    a, b = one.middle, other.middle
    if not a or not b or (one.first != other.first and one.given == other.given):
        return ""  # the second given name stands with the first on one of the two
    if a == b:
        return "same" if len(a) > 1 else "initial"
    if len(a) == 1 or len(b) == 1:
        return "initial" if a[0] == b[0] else "differs"
    return "near" if _alike(a, b) else "differs"


def _birth(one: Person, other: Person) -> str:
    a, b = one.born, other.born
    if not a.year or not b.year:
        return ""
    if one.birth and other.birth:
        if a == b:
            return "same"
        if a.year == b.year and a.month == b.day and a.day == b.month:
            return "swapped"
        wrong = slips(one.birth, other.birth)
        apart = [abs(x - y) for x, y in zip(a, b, strict=True) if x != y]
        if wrong == 1 or apart in ([1], [10]):  # 19 for 20, 1999 for 2000
            return "near"
        if wrong == 2 or (
            a.month == b.day and a.day == b.month and slips(one.birth[:4], other.birth[:4]) == 1
        ):
            return "close"
        agreeing = (a.year == b.year) + (a.month == b.month) + (a.day == b.day)
        return "part" if agreeing == 2 else "differs"
    if a.year == b.year:
        return "near" if a == b else "part"
    return "" if slips(str(a.year), str(b.year)) <= 1 else "differs"


def _number(a: str, b: str) -> str:
    if not a or not b:
        return ""
    wrong = slips(a, b)
    return ("same", "near", "close", "differs")[wrong]


def _phone(a: str, b: str) -> str:
    if not a or not b:
        return ""
    wrong = slips(a, b)
    return "same" if not wrong else "near" if wrong == 1 else "differs"


def _address(one: Person, other: Person) -> str:
    a, b = one.street, other.street
    if not a or not b:
        return ""
    same_place = not one.zip or not other.zip or one.zip == other.zip
    if a == b:
        return "same" if same_place else "near"
    house, number = a.partition(" ")[0], b.partition(" ")[0]
    if (
        (same_place or slips(one.zip, other.zip) <= 1)
        and (house == number or (same_place and slips(house, number) == 1 and len(house) > 1))
        and (slips(a, b) <= 2 or likeness(a, b) >= 0.9)
    ):
        return "near"
    return "part" if one.zip and one.zip == other.zip else "differs"
