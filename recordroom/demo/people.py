"""The people of the demo hospital: drawn one at a time, all invented, with the names that software trips over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from random import Random

from recordroom.demo.data import Weighted, table


@dataclass(slots=True)
class Person:
    """A patient as registered. ``birth_date`` and ``death_date`` are canonical, imprecise or blank."""

    number: int  # 1, 2, 3 ... in order of registration
    mrn: str
    last: str
    first: str
    middle: str
    suffix: str
    sex: str
    birth_date: str
    ssn: str
    street: str
    city: str
    state: str
    postal_code: str
    county: str
    phone: str
    race: str
    ethnicity: str
    marital: str
    death_date: str = ""
    alias: str = ""  # a former name, LAST,FIRST
    temporary: bool = False  # registered under a name that must be replaced
    birth_day: int = 0  # the true day number, also where the record does not know it


@cache
def _names(kind: str) -> Weighted[str]:
    """Names with falling weights: about as census surnames fall, with a long flat tail."""
    return Weighted([(name, 1 / (rank + 12)) for rank, name in enumerate(table("people")[kind])])


@cache
def _shares(kind: str) -> Weighted[tuple[str, ...]]:
    return Weighted([(tuple(str(part) for part in row[:-1]), row[-1]) for row in table("people")[kind]])


def mrn(number: int) -> str:
    """The medical record number of the n-th patient: eight digits, the first ones zero."""
    return f"{412_000 + number:08d}"


class Register:
    """Registers people in order. The same random stream gives the same people."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.count = 0
        self.duplicates: dict[int, Person] = {}  # number of a second registration -> the person

    def adult_or_child(self, day: int, sex: str, age: tuple[int, int]) -> Person:
        """Somebody of an age (years, both inclusive, the older likelier within reach) on a day number."""
        random = self._random
        years = age[0] + (age[1] - age[0]) * random.betavariate(2.2, 1.8)
        born = day - int(years * 365.2425) - 1
        return self._register(born, sex or ("F" if random.random() < 0.53 else "M"), "")

    def newborn(self, mother: Person, day: int, order: str = "") -> Person:
        """A baby of ``mother``; ``order`` is A or B for twins."""
        child = self._register(day, "F" if self._random.random() < 0.488 else "M", mother.last)
        child.street, child.city, child.state = mother.street, mother.city, mother.state
        child.postal_code, child.county, child.phone = mother.postal_code, mother.county, mother.phone
        child.race, child.ethnicity, child.marital, child.ssn = mother.race, mother.ethnicity, "S", ""
        child.suffix = child.alias = ""
        child.birth_date = date.fromordinal(day).isoformat()
        if order:
            child.middle = order
        return child

    def unknown(self, day: int) -> Person:
        """Somebody who came without a name."""
        person = self.adult_or_child(day, "", (18, 80))
        person.last = self._random.choice(("UNKNOWN", "DOE", "TRAUMA"))
        person.first = {"UNKNOWN": "UNKNOWN", "DOE": "JANE" if person.sex == "F" else "JOHN"}.get(
            person.last, self._random.choice(("ALPHA", "BRAVO", "DELTA"))
        )
        person.middle = person.suffix = person.ssn = person.birth_date = person.street = person.phone = ""
        person.temporary = True
        return person

    def twice(self, known: Person) -> Person:
        """The same person registered again with a slip of the pen: a duplicate for somebody to find."""
        self.count += 1
        again = replace(known, number=self.count, mrn=mrn(self.count), alias="")
        self.duplicates[again.number] = known
        slip = self._random.randrange(4)
        if slip == 0 and len(known.last) > 4:
            again.last = known.last[:2] + known.last[3] + known.last[2] + known.last[4:]
        elif slip == 1 and len(known.birth_date) == 10:
            year, month, day_of_month = known.birth_date.split("-")
            if int(day_of_month) <= 12:
                again.birth_date = f"{year}-{day_of_month}-{month}"
        elif slip == 2:
            again.first, again.middle = known.first[:1], ""
        else:
            again.ssn, again.phone = "", ""
        return again

    def _register(self, birth_day: int, sex: str, family: str) -> Person:
        random = self._random
        self.count += 1
        city, state, postal_code, county = _shares("towns").draw(random)
        first = _names("female" if sex == "F" else "male").draw(random)
        last = family or _names("last").draw(random)
        return Person(
            self.count, mrn(self.count), last, first,
            random.choice("ABCDEFGHJKLMNPRSTW") if random.random() < 0.7 else "",
            random.choice(table("people")["suffixes"]) if sex == "M" and random.random() < 0.04 else "",
            sex, _known_birth_date(birth_day, random), f"9{random.randrange(10**8):08d}"
            if random.random() < 0.93 else "",
            f"{random.randrange(1, 1800)} {random.choice(table('people')['streets'])}",
            city, state, postal_code, county, f"518-555-01{random.randrange(100):02d}",
            _shares("race").draw(random)[0], _shares("ethnicity").draw(random)[0],
            _shares("marital").draw(random)[0], birth_day=birth_day,
            alias=f"{_names('last').draw(random)},{first}" if sex == "F" and random.random() < 0.05 else "",
        )  # fmt: skip


def _known_birth_date(birth_day: int, random: Random) -> str:
    """The birth date as the record has it: a few know the year alone, or nothing."""
    text = date.fromordinal(birth_day).isoformat()
    chance = random.random()
    if chance < 0.002:
        return ""
    return text[:4] if chance < 0.005 else text
