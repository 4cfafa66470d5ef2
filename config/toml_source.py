"""A TOML file whose every mistake is one sentence that names the file, the line and the entry."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rules.text import clean

Path = tuple[str | int, ...]
"""Where a value stands: ``("section", 0, "item", 4, "width")``, counted from 0."""

_NAME = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_HEADER = re.compile(rf"\s*(\[{{1,2}})\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*\]{{1,2}}\s*(?:#.*)?$")
_KEY = re.compile(rf"\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*=\s*(.*)$")
_NAMES = re.compile(_NAME)
_AT = re.compile(r"(.*?) \(at (?:line (\d+), column \d+|end of document)\)$")
KINDS = {str: "text in quotes", int: "a whole number", bool: "true or false", list: "a list", dict: "a table"}


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """What is wrong in a file that a person wrote, and where."""

    file: str
    line: int
    where: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file} line {self.line}" if self.line else self.file
        return clean(f"{place}, {self.where}: {self.message}" if self.where else f"{place}: {self.message}")


@dataclass(slots=True)
class Source:
    """The text of one file, what it says, and the mistakes found in it so far."""

    file: str
    text: str
    data: dict[str, Any] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    lines: dict[Path, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            self.data = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            match = _AT.match(str(error))
            end = len(self.text.rstrip().splitlines())
            reason, line = (match[1], int(match[2] or end)) if match else (str(error), 0)
            reason = reason[:1].lower() + reason[1:]
            self.mistakes.append(Mistake(self.file, line, "", f"this is no TOML, {reason}."))

    def wrong(self, path: Path, where: str, message: str) -> None:
        """Note a mistake at ``path``, or at the nearest entry above it whose line is known."""
        if not self.lines:
            self.lines = _line_numbers(self.text)
        line = next(
            (self.lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.lines), 0
        )
        self.mistakes.append(Mistake(self.file, line, where, message))

    def take(
        self,
        table: Mapping[str, Any],
        keys: Mapping[str, type],
        path: Path,
        where: str,
        needed: Iterable[str],
    ) -> dict[str, Any]:
        """The entries of ``table`` whose key and type are right; every other one is noted."""
        taken: dict[str, Any] = {}
        for key, value in table.items():
            kind = keys.get(key)
            if kind is None:
                self.wrong((*path, key), where, f"there is no setting {key!r}{did_you_mean(key, keys)}.")
            elif not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
                self.wrong((*path, key), where, f"{key} must be {KINDS[kind]}.")
            else:
                taken[key] = value
        for key in needed:
            if key not in table:
                self.wrong(path, where, f"{key} is missing.")
        return taken


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The nearest known word as the end of a sentence, or nothing."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f", did you mean {near[0]!r}" if near else ""


def _line_numbers(text: str) -> dict[Path, int]:
    """The line of every header, key and row of a list, counted as tomllib nests them.

    Understands the layout that our files have: headers and keys at the start of a line, a list of rows
    with one row to the line.
    """
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    here: Path = ()
    listed: Path | None = None
    quoted = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.count('"""') % 2 or line.count("'''") % 2:
            quoted = not quoted
            if not quoted:
                continue
        elif quoted:
            continue
        if listed is not None:
            if line.strip().startswith("{"):
                lines[(*listed, counts[listed])] = number
                counts[listed] += 1
            elif line.strip().startswith("]"):
                listed = None
            continue
        if header := _HEADER.match(line):
            here = _opened(_names(header[2]), header[1] == "[[", counts)
            lines[here] = number
        elif key := _KEY.match(line):
            place = (*here, *_names(key[1]))
            lines[place] = number
            if key[2].partition("#")[0].strip() == "[":
                listed = place
                counts[listed] = 0
    return lines


def _names(text: str) -> list[str]:
    """The parts of a dotted name, without their quotes."""
    return [part.strip("\"'") for part in _NAMES.findall(text)]


def _opened(names: list[str], array: bool, counts: dict[Path, int]) -> Path:
    path: Path = ()
    for depth, name in enumerate(names):
        path = (*path, name)
        if depth == len(names) - 1 and array:
            counts[path] = counts.get(path, 0) + 1
        if path in counts:
            path = (*path, counts[path] - 1)
    return path
