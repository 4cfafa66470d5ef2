"""What the ICD-10-CM tabular list says about codes beside each other, read from the text of its notes.

Only notes that end in code references can be held against a record; the others are for people to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

EXCLUDES1: Final = "excludes1"
EXCLUDES2: Final = "excludes2"
CODE_FIRST: Final = "codeFirst"
_REFERENCES = re.compile(r"\(([^()]*)\)\s*$")
_CODE = r"([A-Z][0-9][0-9A-Z](?:\.[0-9A-Z]{1,4})?)\.?-?"
_REFERENCE = re.compile(rf"{_CODE}(?:\s*-\s*{_CODE})?")


@dataclass(frozen=True, slots=True)
class Reference:
    """A code with all below it, or a range in the order of the tabular list; codes without point."""

    first: str
    last: str = ""


@dataclass(frozen=True, slots=True)
class CodeNotes:
    """What holds for one code, notes of its categories too, as beginnings of other codes."""

    excludes1: tuple[str, ...] = ()  # not coded together with it
    code_first: tuple[str, ...] = ()  # coded before it, where they are coded at all


def references(text: str) -> Iterator[Reference]:
    """The codes in the brackets that end a note; nothing when one of them cannot be read."""
    inside = _REFERENCES.search(text)
    if inside is None:
        return
    found = []
    for part in inside[1].split(","):
        match = _REFERENCE.fullmatch(part.strip())
        if match is None:
            return
        found.append(Reference(match[1].replace(".", ""), (match[2] or "").replace(".", "")))
    yield from found
