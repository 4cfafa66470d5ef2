"""Under which keys charts are compared with one another: two people of whom one may be the other share one at least.

Each key outlives some errors; together they outlive several at once. None is shared by so many that an index of half a
million charts could not be compared (Christen, Data Matching, 2012, chapter 4).
"""

from __future__ import annotations

from collections.abc import Collection

from rules.matching_fields import Person, slips, soundex


def blocking_keys(person: Person) -> set[str]:
    """The keys under which a person is stored; two people are compared when they share one.

    The union of birth date, SSN, soundex of the last name with the postcode, and soundex of the first name with
    the last name; and for what these lose when several things are wrong at once: telephone, both names in either order,
    first name with the day or with the month of birth, last name and initial with the day or with the year, either half
    of the SSN with the first name or the year, and the house with an initial.
    """
    names = {(person.last, person.first), *person.former}
    firsts = person.roots or ((person.first,) if person.first else ())
    sounds = {soundex(root) for root in firsts} | ({person.first_sound} if person.first else set())
    keys = (
        _name_keys(person, names, sounds) | _birth_keys(person, names, sounds) | _number_keys(person, sounds)
    )
    if person.phone:
        keys.add(f"p{person.phone}")
    return {key.replace(" ", "") for key in keys | _house_keys(person)}  # they are kept between blanks


def _name_keys(person: Person, names: Collection[tuple[str, str]], sounds: Collection[str]) -> set[str]:
    keys = set()
    for last, first in names:
        if last and person.zip:
            keys.add(f"z{soundex(last)}{person.zip}")
        if last and first:
            keys |= {f"f{sound}{last}" for sound in {*sounds, soundex(first)}}
            keys.add(f"f{soundex(last)}{first}")  # as they stand when they are exchanged
    return keys


def _birth_keys(person: Person, names: Collection[tuple[str, str]], sounds: Collection[str]) -> set[str]:
    if not person.born.year:
        return set()
    year, month, day = person.born
    lasts = {soundex(last) for last, _ in names if last}
    keys = {f"n{min(one, two)}{max(one, two)}{year}" for one in sounds for two in lasts}
    if not person.birth:
        return keys | {f"y{year}{last}" for last in lasts}
    low, high = sorted((month, day))
    keys.add(f"b{person.birth}")
    keys |= {f"d{sound}{low:02d}{high:02d}" for sound in sounds}
    keys |= {f"m{sound}{year}{month:02d}" for sound in sounds}
    if initial := person.first[:1]:
        keys |= {f"k{last}{initial}{low:02d}{high:02d}" for last in lasts}
        keys |= {f"l{last}{initial}{year}" for last in lasts}
    return keys


def _number_keys(person: Person, sounds: Collection[str]) -> set[str]:
    if not person.ssn:
        return set()
    keys = {f"s{person.ssn}"}
    for half in (f"e{person.ssn[-4:]}", f"g{person.ssn[:5]}"):
        keys |= {f"{half}{sound}" for sound in sounds}
        if person.born.year:
            keys.add(f"{half}{person.born.year}")
    return keys


def _house_keys(person: Person) -> set[str]:
    """A house without its postcode is one of many: a name begins with the same letter beside it."""
    house, _, street = person.street.partition(" ")
    if not street:
        return set()
    keys = {f"a{house}{soundex(street)}{person.zip}"} if person.zip else set()
    return keys | {f"h{house}{street[:4]}{name[0]}" for name in (person.last, person.first) if name}


def worth_comparing(one: Person, other: Person) -> bool:
    """Whether two people agree in two things at all: less never makes one person of them."""
    agreeing = (one.birth == other.birth and one.birth != "") + (one.ssn == other.ssn and one.ssn != "")
    agreeing += (one.last_sound == other.last_sound) + (one.first_sound == other.first_sound)
    if agreeing < 2:
        agreeing += (one.phone == other.phone and one.phone != "") + (
            one.street == other.street and one.street != ""
        )
    if agreeing < 2:
        agreeing += (one.last_sound == other.first_sound) + (one.first_sound == other.last_sound)
        agreeing += bool(one.roots) and not set(one.roots).isdisjoint(other.roots)
        agreeing += any(last == other.last for last, _ in one.former) or any(
            last == one.last for last, _ in other.former
        )
    if agreeing < 2:
        (year, month, day), born = one.born, other.born
        agreeing += year != 0 and (year == born.year) + (month == born.month) + (day == born.day) == 2
        agreeing += year != 0 and year == born.year and (month, day) == (born.day, born.month)
        agreeing += one.ssn != "" and (one.ssn[-4:] == other.ssn[-4:] or one.ssn[:5] == other.ssn[:5])
    if agreeing == 1:
        agreeing += slips(one.last, other.last) <= 1 or slips(one.first, other.first) <= 1
    return agreeing >= 2
