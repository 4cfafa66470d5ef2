"""A patient index as registration leaves it after years, with the truth beside it: who is on file more than once.

All people are invented. Duplicates carry the slips of registration desks; around them stand those who are easily
taken for one another: twins, father and son, couples, brothers and sisters, namesakes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from recordroom.demo.data import Weighted, table

Row = dict[str, str]
Pair = tuple[str, str]

NICKNAMES: Final = {
    "William": "Bill", "Robert": "Bob", "James": "Jim", "Michael": "Mike", "Richard": "Rick", "Elizabeth": "Liz",
    "Margaret": "Peggy", "Patricia": "Pat", "Katherine": "Kathy", "Jennifer": "Jen", "Joseph": "Joe",
    "Thomas": "Tom", "Christopher": "Chris", "Daniel": "Dan", "Deborah": "Debbie", "Susan": "Sue", "Edward": "Ted",
    "Anthony": "Tony", "Barbara": "Barb", "Rebecca": "Becky",
}  # fmt: skip
NEIGHBOURS: Final = {
    "A": "SQ", "B": "VN", "C": "XV", "D": "SF", "E": "WR", "F": "DG", "G": "FH", "H": "GJ", "I": "UO", "J": "HK",
    "K": "JL", "L": "K", "M": "N", "N": "BM", "O": "IP", "P": "O", "Q": "W", "R": "ET", "S": "AD", "T": "RY",
    "U": "YI", "V": "CB", "W": "QE", "X": "ZC", "Y": "TU", "Z": "X",
}  # fmt: skip
SOUNDS: Final = (
    ("ph", "f"),
    ("ck", "k"),
    ("ie", "y"),
    ("ee", "ea"),
    ("c", "k"),
    ("s", "z"),
    ("ll", "l"),
    ("nn", "n"),
)
STREETS: Final = ("Elm", "Oak", "Maple", "Main", "Church", "Mill", "Park", "Cedar", "Lake", "Hill", "River", "Union",
                  "Washington", "Pine", "Walnut", "Spring", "North", "Ridge", "Court", "Prospect")  # fmt: skip
KINDS: Final = ("St", "Ave", "Rd", "Ln", "Dr")
HEADS: Final = ("Ab", "Bar", "Ber", "Bren", "Cal", "Car", "Dal", "Dem", "Els", "Fal", "Fen", "Gar", "Gil", "Hal", "Har",
                "Hol", "Jan", "Kal", "Kel", "Lam", "Lin", "Mal", "Mar", "Nor", "Os", "Pal", "Per", "Quin", "Ran", "Ros",
                "Sal", "Sher", "Tal", "Tor", "Ul", "Van", "Ver", "Wal", "Win", "Yar")  # fmt: skip
MIDDLES: Final = ("a", "e", "i", "o", "an", "en", "in", "er", "el", "ing", "ol", "um", "ach", "ett", "ov")
ENDS: Final = ("berg", "by", "ford", "gard", "ham", "house", "ington", "ka", "land", "ley", "man", "mont", "quist",
               "sen", "ski", "son", "stein", "ton", "vich", "wood", "worth", "zak")  # fmt: skip
TOWN: Final = 50_000  # charts of an index of one town
DAY_ONE: Final = date(1932, 1, 1).toordinal()
LAST_DAY: Final = date(2026, 6, 30).toordinal()


@dataclass(frozen=True, slots=True)
class Dirty:
    """Rows as ``import patients`` takes them, and the pairs of MRNs that are one person."""

    rows: list[Row]
    truth: frozenset[Pair]


def dirty_people(count: int, seed: int = 0, *, twice: float = 0.15) -> Dirty:
    """So many charts, of which a share of ``twice`` are second ones. The same seed gives the same charts."""
    return _Desk(Random(seed)).register(count, twice)  # noqa: S311 - people are drawn, nothing is kept secret


class _Desk:
    """Registers households until there are enough, some people again."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.rows: list[Row] = []
        self.owner: list[int] = []  # the true person of each row
        people = table("people")
        self.names = {
            kind: Weighted([(name, 1 / (rank + 12)) for rank, name in enumerate(people[kind])])
            for kind in ("female", "male", "last")
        }
        self.towns = people["towns"]
        self.region = False  # a large index: rarer names, and more than the postcodes of one town

    def register(self, count: int, twice: float) -> Dirty:
        random = self.random
        self.region = count > TOWN
        singles = int(count * (1 - twice))
        people: list[Row] = []
        while len(people) < singles:
            people += self._household()
        people = people[:singles]
        charts = [(person, number) for number, person in enumerate(people)]
        while len(charts) < count:
            number = random.randrange(len(people))
            charts.append((self._again(people[number]), number))
        random.shuffle(charts)
        owners: dict[int, list[str]] = {}
        rows = []
        for place, (person, number) in enumerate(charts):
            mrn = f"{100_000 + place:08d}"
            rows.append({**person, "mrn": mrn})
            owners.setdefault(number, []).append(mrn)
        truth = {
            (one, other) for mrns in owners.values() for i, one in enumerate(mrns) for other in mrns[i + 1 :]
        }
        return Dirty(rows, frozenset(truth))

    # -- People who are not one another --------------------------------------------------------------------------

    def _household(self) -> list[Row]:
        random = self.random
        kind = random.random()
        first = self._person()
        if kind < 0.55:
            return [first]
        if kind < 0.70:
            return [first, self._relative(first, "couple")]
        if kind < 0.82:
            return [first, *(self._relative(first, "sibling") for _ in range(random.randint(1, 2)))]
        if kind < 0.88:
            return [first, self._relative(first, "twin")]
        if kind < 0.93:
            first["sex"] = "M"
            first["first_name"] = self.names["male"].draw(random)
            return [first, self._relative(first, "junior")]
        if kind < 0.96:
            return [first, self._namesake(first)]
        return [first, self._newborn(first)]

    def _person(self) -> Row:
        random = self.random
        sex = random.choice("FM")
        city, state, postcode, county, *_ = random.choice(self.towns)
        born = date.fromordinal(random.randint(DAY_ONE, LAST_DAY))
        if self.region:
            postcode = f"{postcode[:3]}{random.randint(0, 99):02d}"
        return {
            "last_name": self._last(),
            "first_name": self._first(sex),
            "middle_name": self._middle(sex),
            "suffix": "", "birth_date": born.isoformat(), "sex": sex,
            "ssn": self._ssn(), "street": self._street(), "city": city, "state": state, "zip": postcode,
            "county": county, "phone": self._phone(),
        }  # fmt: skip

    def _last(self) -> str:
        """The commonest 250 names are those of every third person (Census Bureau); the rest have one of thousands."""
        random = self.random
        if self.region and random.random() < 0.65:
            return random.choice(HEADS) + random.choice(MIDDLES) + random.choice(ENDS)
        return str(self.names["last"].draw(random))

    def _first(self, sex: str) -> str:
        return str(self.names["female" if sex == "F" else "male"].draw(self.random))

    def _middle(self, sex: str) -> str:
        name, asked = self._first(sex), self.random.random()
        return "" if asked < 0.25 else name[:1] if asked < 0.65 else name

    def _street(self) -> str:
        random = self.random
        return f"{random.randint(1, 999)} {random.choice(STREETS)} {random.choice(KINDS)}" + (
            f" Apt {random.randint(1, 40)}" if random.random() < 0.15 else ""
        )

    def _phone(self) -> str:
        random = self.random
        return f"{random.choice((518, 315, 607))}-{random.randint(200, 999)}-{random.randint(0, 9999):04d}"

    def _ssn(self) -> str:
        random = self.random
        return (
            ""
            if random.random() < 0.10
            else f"9{random.randint(1, 99):02d}{random.randint(1, 99):02d}{random.randint(1, 9999):04d}"
        )

    def _relative(self, person: Row, how: str) -> Row:
        random = self.random
        other = {
            **self._person(),
            **{
                key: person[key] for key in ("last_name", "street", "city", "state", "zip", "county", "phone")
            },
        }
        born = date.fromisoformat(person["birth_date"])
        if how == "couple":
            other["sex"] = "M" if person["sex"] == "F" else "F"
            other["birth_date"] = (born + timedelta(random.randint(-2500, 2500))).isoformat()
        elif how == "sibling":
            other["birth_date"] = (born + timedelta(random.randint(300, 3000))).isoformat()
        elif how == "twin":
            other["birth_date"] = person["birth_date"]
            if person["ssn"] and random.random() < 0.5:
                last = int(person["ssn"][-4:])
                other["ssn"] = f"{person['ssn'][:5]}{last + 1 if last < 9999 else last - 1:04d}"
        else:
            years = random.randint(19, 38)
            other["birth_date"] = _moved(born, years).isoformat()
            other["first_name"], other["sex"] = person["first_name"], "M"
            if random.random() < 0.5:
                other["middle_name"] = person["middle_name"]
            if random.random() < 0.6:
                other["suffix"] = "JR"
            if random.random() < 0.3:
                person["suffix"] = "SR"
        if other["sex"] == person["sex"] and how in ("twin", "sibling"):
            while other["first_name"] == person["first_name"]:
                other["first_name"] = self._first(other["sex"])
        elif how != "junior":
            other["first_name"] = self._first(other["sex"])
            while other["first_name"] == person["first_name"]:
                other["first_name"] = self._first(other["sex"])
        return other

    def _namesake(self, person: Row) -> Row:
        """Another person of the same name, some of them born the same day; the numbers tell them apart."""
        other = {**self._person(), **{key: person[key] for key in ("last_name", "first_name", "sex")}}
        if self.random.random() < 0.4:
            other["birth_date"] = person["birth_date"]
            person["ssn"] = (
                person["ssn"] or f"9{self.random.randint(10, 99)}{self.random.randint(10_01, 999_999):06d}"
            )
            other["ssn"] = (
                other["ssn"] or f"9{self.random.randint(10, 99)}{self.random.randint(10_01, 999_999):06d}"
            )
        return other

    def _newborn(self, mother: Row) -> Row:
        child = self._relative(mother, "sibling")
        child["birth_date"] = date.fromordinal(self.random.randint(LAST_DAY - 900, LAST_DAY)).isoformat()
        child["ssn"] = child["middle_name"] = ""
        if self.random.random() < 0.3:
            child["first_name"] = "BABYBOY" if child["sex"] == "M" else "BABYGIRL"
        return child

    # -- The same person again -----------------------------------------------------------------------------------

    def _again(self, person: Row) -> Row:
        random = self.random
        again = dict(person)
        for _ in range(random.choice((1, 1, 1, 2, 2, 3))):
            random.choice(SLIPS)(self, again)
        if random.random() < 0.15:
            again["street"] = self._street()
            again["phone"] = self._phone() if random.random() < 0.3 else again["phone"]
        if random.random() < 0.15:
            again["ssn"] = ""
        if random.random() < 0.10:
            again["phone"] = ""
        return again

    def slip_in_last(self, row: Row) -> None:
        row["last_name"] = _typo(row["last_name"], self.random)

    def slip_in_first(self, row: Row) -> None:
        row["first_name"] = _typo(row["first_name"], self.random)

    def heard_wrong(self, row: Row) -> None:
        name = self.random.choice(("last_name", "first_name"))
        for sound, other in SOUNDS:
            if sound in row[name]:
                row[name] = row[name].replace(sound, other, 1)
                return
        row[name] = _typo(row[name], self.random)

    def nickname(self, row: Row) -> None:
        row["first_name"] = NICKNAMES.get(row["first_name"], row["first_name"])

    def married(self, row: Row) -> None:
        if row["sex"] == "F" and row["birth_date"] < "2008":
            new = self.names["last"].draw(self.random)
            row["last_name"] = f"{row['last_name']}-{new}" if self.random.random() < 0.25 else new
            row["marital"] = "M"

    def names_exchanged(self, row: Row) -> None:
        row["last_name"], row["first_name"] = row["first_name"], row["last_name"]

    def slip_in_ssn(self, row: Row) -> None:
        row["ssn"] = _wrong_digit(row["ssn"], self.random)

    def slip_in_birth(self, row: Row) -> None:
        born = row["birth_date"]
        try:
            row["birth_date"] = date.fromisoformat(
                f"{_wrong_digit(born[:4], self.random, keep=2)}{born[4:]}" if self.random.random() < 0.4
                else f"{born[:-2]}{_wrong_digit(born[-2:], self.random)}"
            ).isoformat()  # fmt: skip
        except ValueError:
            return

    def day_and_month(self, row: Row) -> None:
        year, month, day = row["birth_date"].split("-")
        if int(day) <= 12:
            row["birth_date"] = f"{year}-{day}-{month}"

    def default_birth(self, row: Row) -> None:
        if self.random.random() < 0.35:
            row["birth_date"] = row["birth_date"][:4] + "-01-01"

    def no_middle(self, row: Row) -> None:
        row["middle_name"] = row["middle_name"][:1] if self.random.random() < 0.5 else ""

    def slip_in_street(self, row: Row) -> None:
        row["street"] = _typo(row["street"], self.random)

    def slip_in_phone(self, row: Row) -> None:
        row["phone"] = _wrong_digit(row["phone"], self.random)

    def wrong_sex(self, row: Row) -> None:
        if self.random.random() < 0.3:
            row["sex"] = {"F": "M", "M": "F"}.get(row["sex"], "U")

    def suffix_lost(self, row: Row) -> None:
        row["suffix"] = ""

    def capitals(self, row: Row) -> None:
        for name in ("last_name", "first_name", "street"):
            row[name] = row[name].upper()


SLIPS: Final = (
    _Desk.slip_in_last, _Desk.slip_in_first, _Desk.heard_wrong, _Desk.nickname, _Desk.nickname, _Desk.married,
    _Desk.names_exchanged, _Desk.slip_in_ssn, _Desk.slip_in_birth, _Desk.day_and_month, _Desk.default_birth,
    _Desk.no_middle, _Desk.slip_in_street, _Desk.slip_in_phone, _Desk.wrong_sex, _Desk.suffix_lost, _Desk.capitals,
)  # fmt: skip


def _moved(day: date, years: int) -> date:
    later = day.year + years if day.year + years <= 2026 else day.year - years
    return day.replace(year=later, day=min(day.day, 28))


def _typo(text: str, random: Random) -> str:
    """One slip of the fingers: a neighbour's key, a letter left out, doubled, or exchanged with the next."""
    if len(text) < 3:
        return text
    at = random.randrange(1, len(text)) if random.random() < 0.9 else 0
    slip = random.randrange(4)
    if slip == 0:
        return text[:at] + random.choice(NEIGHBOURS.get(text[at].upper(), "E")).lower() + text[at + 1 :]
    if slip == 1:
        return text[:at] + text[at + 1 :]
    if slip == 2:
        return text[:at] + text[at] + text[at:]
    return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :] if at else text


def _wrong_digit(text: str, random: Random, keep: int = 0) -> str:
    places = [place for place, character in enumerate(text) if character.isdigit() and place >= keep]
    if not places:
        return text
    at = random.choice(places)
    if at + 1 in places and random.random() < 0.4:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + str((int(text[at]) + random.randint(1, 9)) % 10) + text[at + 1 :]
