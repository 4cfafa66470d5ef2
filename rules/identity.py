"""How charts are named and numbered: name keys, number keys and the terminal-digit filing order.

Every key is stored and indexed, never computed in a sort.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from rules.text import MARK, clean, to_ascii

_SPACES = re.compile(r"[\s\-]+")
_DROPPED = re.compile(r"['`.\u2019\u02bc\"]")
_SSN = re.compile(r"(\d{3})-?(\d{2})-?(\d{4})")


class Name(NamedTuple):
    """The parts of a person's name."""

    last: str = ""
    first: str = ""
    middle: str = ""
    suffix: str = ""


def shown_name(name: Name) -> str:
    """``LAST,FIRST MIDDLE SUFFIX``, as charts are labelled."""
    given = " ".join(part for part in (name.first, name.middle, name.suffix) if part)
    return f"{name.last},{given}" if given else name.last


def split_name(text: str) -> Name:
    """The parts of ``LAST,FIRST MIDDLE`` as an alias is written."""
    last, _, given = text.partition(",")
    first, _, middle = given.strip().partition(" ")
    return Name(last.strip(), first, middle.strip())


def fold(text: str) -> str:
    """Letters without case, accents, apostrophes and full stops; a hyphen counts as a space."""
    plain = clean(_SPACES.sub(" ", _DROPPED.sub("", text)).strip())
    if plain.isascii():
        return plain.upper()
    latin = to_ascii(plain)
    if latin.count(MARK) > plain.count(MARK):  # a script without plain letters keeps its own
        latin = unicodedata.normalize("NFKC", plain)
    return clean(latin).upper()


def name_key(name: Name) -> str:
    """The folded name, ``OBRIEN,MARY ANN``: what name lists are sorted and searched by."""
    given = fold(f"{name.first} {name.middle}")
    last = fold(name.last).replace(",", " ")
    return f"{last},{given}" if last or given else ""


def name_prefix(text: str) -> tuple[str, str]:
    """Folded beginnings of last and first name from what was keyed: ``SMITH,J``, ``SMI,JO``, ``SMITH``."""
    last, _, first = text.partition(",")
    return fold(last), fold(first)


def number_key(number: str) -> str:
    """A chart or record number without case, punctuation and leading zeros, so that any way of keying finds it."""
    kept = "".join(character for character in number.upper() if character.isalnum())
    return kept.lstrip("0") or kept[-1:]


def terminal_digit_key(number: str) -> str:
    """The sort key of terminal-digit filing: last pair, pair before it, all before that (AHIMA filing rules).

    Numbers without six digits are padded at the left; 45-49-99 files as ``99 49 0000000045``. A number
    without digits files by itself at the front.
    """
    digits = "".join(character for character in number if character in "0123456789").rjust(6, "0")
    return f"{digits[-2:]} {digits[-4:-2]} {digits[:-4].rjust(10, '0')}"


def middle_digit_key(number: str) -> str:
    """The sort key of middle-digit filing: middle pair, first group, last pair."""
    last, middle, first = terminal_digit_key(number).split(" ")
    return f"{middle} {first} {last}"


def numeric_key(number: str) -> str:
    """The sort key of straight numeric filing."""
    last, middle, first = terminal_digit_key(number).split(" ")
    return first + middle + last


def filing_place(key: str) -> str:
    """A filing key as it is read on a shelf, without the zeros that it is sorted by: ``99 49 45``."""
    return " ".join(part.lstrip("0").rjust(2, "0") for part in key.split(" "))


def unit_number(form: str, count: int) -> str:
    """The number of the ``count``-th chart in a form whose ``#`` are digits: ``M-######`` gives ``M-000042``.

    Raises ``ValueError`` when the form has no more numbers.
    """
    digits = form.count("#")
    text = f"{count:0{digits}d}"
    if not digits or len(text) > digits:
        raise ValueError(form)
    return form.replace("#" * digits, text)


def terminal_digits(text: str) -> str | None:
    """The beginning of the terminal-digit key that ``45-49-99`` or ``49-99`` asks for; None for other text."""
    pairs = text.split("-")
    if not 2 <= len(pairs) <= 3 or not all(p.isascii() and p.isdigit() for p in pairs):
        return None
    if any(len(pair) != 2 for pair in pairs[1:]) or (len(pairs) == 2 and len(pairs[0]) != 2):
        return None
    if len(pairs) == 2:
        return f"{pairs[1]} {pairs[0]} "
    return f"{pairs[2]} {pairs[1]} {pairs[0].rjust(10, '0')}"


def social_security_number(text: str) -> str | None:
    """Nine digits, dashes or not; None for other text."""
    found = _SSN.fullmatch(text.strip())
    return "".join(found.groups()) if found else None


def pseudo_ssn(name: Name, birth_date: str, letters: Sequence[str]) -> str:
    """Nine digits in place of an SSN (VA PIMS): first, middle and last initial, then birth as MMDDYY.

    ``letters`` are the initials that become 1, 2, 3 and so on; none becomes 0. ``birth_date`` is ISO, in full.
    """
    initials = [fold(part)[:1] for part in (name.first, name.middle, name.last)]
    digits = [
        next((number for number, group in enumerate(letters, 1) if initial and initial in group), 0)
        for initial in initials
    ]
    return "".join(map(str, digits)) + birth_date[5:7] + birth_date[8:10] + birth_date[2:4]


def initial_and_last4(last_name: str, ssn: str) -> str:
    """``H9999``: the initial of the last name and the last four digits; blank unless both are known."""
    initial = fold(last_name)[:1]
    return f"{initial}{ssn[-4:]}" if initial and len(ssn) == 9 else ""
