"""HCPCS Level II: the quarterly file of 320 columns (CMS, HCPC record layout)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from exchange.code_sets.official import BOM, Official
from rules.text import clean
from rules.values import is_date

WIDTH = 320
SHORTEST = 293  # its last field is at 293; what is shorter at the beginning is the disclaimer
_FIRST, _MORE = "37", "48"  # record ids of procedures and modifiers: first line, continued
_CODE = re.compile(r"[A-V]\d{4}")
_MODIFIER = re.compile(r"[A-Z0-9]{2}")
DENTAL = "D"  # CDT codes are the American Dental Association's and are not taken in


@dataclass(frozen=True, slots=True)
class Hcpcs:
    """A code or modifier as it stands in one release. Days as 20260101; ``ends`` 0 while it is active."""

    code: str
    modifier: bool
    title: str
    short: str
    pricing: str
    coverage: str
    betos: str
    action: str
    added: int
    begins: int  # of the action
    ends: int


def read_hcpcs(file: Official) -> list[Hcpcs]:
    """The codes and modifiers, their lines put together. Raises ``Refused``."""
    found: list[Hcpcs] = []
    for begins, lines in _records(file):
        record = _record(file, begins, lines)
        if not record.code.startswith(DENTAL) or record.modifier:
            found.append(record)
    seen: dict[tuple[str, bool], int] = {}
    for record in found:
        if (record.code, record.modifier) in seen:
            raise file.refused(f"{record.code} is there twice")
        seen[record.code, record.modifier] = 1
    return found


def _records(file: Official) -> Iterator[tuple[int, list[str]]]:
    """The lines of each code, with the number of the first one."""
    lines = _decoded(file)
    begins = next((at for at, line in enumerate(lines) if len(line) >= SHORTEST), len(lines))
    if begins == len(lines):
        raise file.refused(
            f"it has no lines of {SHORTEST} characters or more", todo="take the HCPCS file ANWEB"
        )
    start, group = 0, list[str]()
    for number, line in enumerate(lines[begins:], begins + 1):
        if not SHORTEST <= len(line) <= WIDTH:
            raise file.refused(
                f"it has {len(line)} characters of {SHORTEST} to {WIDTH}, so it was cut off", number
            )
        if line[10] in _FIRST:
            if group:
                yield start, group
            start, group = number, [line]
        elif line[10] in _MORE and group and line[:5] == group[0][:5] and line[5:10] > group[-1][5:10]:
            group.append(line)
        else:
            raise file.refused("it continues no code before it: lines are missing or out of order", number)
    yield start, group


def _decoded(file: Official) -> list[str]:
    """The lines; Latin-1 where they are not UTF-8, as CMS has published both."""
    if file.data[:3] == BOM:
        raise file.refused("it begins with a byte-order mark, so an editor has saved it")
    try:
        file.data.decode("utf-8")
    except UnicodeDecodeError:
        return file.lines("cp1252")
    return file.lines()


def _record(file: Official, number: int, lines: list[str]) -> Hcpcs:
    first = lines[0]
    modifier = first[10] in "78"
    code = (first[3:5] if modifier else first[:5]).strip()
    if not (_MODIFIER if modifier else _CODE).fullmatch(code):
        raise file.refused(f"{clean(first[:5])} is no HCPCS code or modifier", number)
    title = " ".join("".join(line[11:91].ljust(80) for line in lines).split())
    if not title:
        raise file.refused(f"{code} has no description", number)
    added, begins, ends = (_day(file, number, first[at : at + 8]) for at in (268, 276, 284))
    return Hcpcs(
        code, modifier, clean(title), clean(first[91:119].strip()), clean(" ".join(first[119:127].split())),
        clean(first[229].strip()), clean(first[256:259].strip()), clean(first[292].strip()), added, begins, ends,
    )  # fmt: skip


def _day(file: Official, number: int, text: str) -> int:
    text = text.strip()
    if not text or text == "00000000":
        return 0
    if len(text) != 8 or not text.isdecimal() or not is_date(f"{text[:4]}-{text[4:6]}-{text[6:]}"):
        raise file.refused(f"{clean(text)} is no date", number)
    return int(text)
