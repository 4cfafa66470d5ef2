"""The grids ``config/grids/*.toml``: what overview and worksheet of a data set show, and what each letter or sign does.

A grid names parts of its data set (sections, groups, items); what a data set does not have is passed over.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from config import SHIPPED

BLOCK_FIELDS = {"title", "parts", "jump", "act", "columns", "told"}
TOLD_FIELDS = {"name", "label", "width"}
SIGNS = "!<>+-@#&*"  # what no value begins with: on a worksheet they act on the row in hand
ACT_FIELDS = {"letter", "does", "label", "go"}


class Does(StrEnum):
    """What a letter does to the block that it stands with."""

    ADD = "add"  # rows, one after the other, until one is left blank; with a number before that row
    EDIT = "edit"  # the item or row of this number, prompt by prompt; without a number all of them
    DELETE = "delete"  # the rows of these numbers
    VIEW = "view"  # everything about the item or row of this number
    MOVE = "move"  # the row of this number to another place
    OPEN = "open"  # the form, on the item or row of this number
    FIRST = "first"  # on a worksheet: the row in hand becomes the first one
    UP = "up"  # the row in hand one place up
    DOWN = "down"
    PUT = "put"  # a value into a column of the row in hand: ``go`` is column and value, "poa Y"
    GO = "go"  # another screen: the command line ``go``, in which {key} stands for the key of the record


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter of an overview, or one sign of a worksheet."""

    letter: str
    does: Does
    label: str
    go: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A column of a worksheet in which the screen says something about a row: the echo at ``group[row].name``."""

    name: str
    label: str
    width: int  # cells


@dataclass(frozen=True, slots=True)
class Block:
    """A headed part of the page. ``jump`` are the numbers of screens that people know it by: ``501``.

    On a worksheet ``columns`` are those that a row shows behind its first one and its meaning; the others are asked
    on the line under the page.
    """

    title: str
    parts: tuple[str, ...]
    letters: tuple[Letter, ...] = ()
    jump: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    told: tuple[Told, ...] = ()

    def sign(self, typed: str) -> Letter | None:
        """What a sign does here."""
        return next((each for each in self.letters if each.letter == typed and typed in SIGNS), None)


@dataclass(frozen=True, slots=True)
class Grid:
    """The overview or the worksheet of one data set; ``home`` are the jump words that mean the page itself."""

    blocks: tuple[Block, ...]
    home: tuple[str, ...] = ()

    def by_letter(self, letter: str) -> tuple[Block, Letter] | None:
        """The block that a letter acts on, and what it does there."""
        return next(((block, each) for block, each in self.letters() if each.letter == letter.upper()), None)

    def by_jump(self, word: str) -> Block | None:
        """The block that a number such as ``401`` means."""
        return next((block for block in self.blocks if word.upper() in block.jump), None)

    def letters(self) -> Iterator[tuple[Block, Letter]]:
        """Every letter with its block, in the order of the page."""
        for block in self.blocks:
            for letter in block.letters:
                yield block, letter


class GridError(Exception):
    """A mistake in a grid, in one sentence."""


def read_grid(text: str) -> Grid:
    """The grid in ``text`` (TOML). Raises ``GridError`` for the first mistake."""
    table = tomllib.loads(text)
    blocks = tuple(_block(entry) for entry in table.get("block", []))
    seen: dict[str, str] = {}
    for block in blocks:
        letters = [each.letter for each in block.letters]
        for name in (*(each for each in letters if each not in SIGNS), *block.jump):
            if seen.setdefault(name, block.title) is not block.title:
                raise GridError(f"{name} is given to {seen[name]} and to {block.title}.")
        if twice := {letter for letter in letters if letters.count(letter) > 1}:
            raise GridError(f"{block.title}: {', '.join(sorted(twice))} is given twice.")
    return Grid(blocks, tuple(word.upper() for word in table.get("home", ())))


@cache
def standard_grid(name: str) -> Grid | None:
    """The grid of this name that comes with the program: of a data set's overview, or of a worksheet."""
    file = SHIPPED / "grids" / f"{name}.toml"
    return read_grid(file.read_text("utf-8")) if file.is_file() else None


def _block(entry: dict[str, object]) -> Block:
    title = str(entry.get("title", "without a title"))
    if unknown := sorted(set(entry) - BLOCK_FIELDS):
        raise GridError(f"Block {title}: {', '.join(unknown)} is not known here.")
    return Block(
        title,
        _words(entry, "parts"),
        tuple(_letter(title, act) for act in _tables(entry, "act")),
        tuple(word.upper() for word in _words(entry, "jump")),
        _words(entry, "columns"),
        tuple(_told(title, told) for told in _tables(entry, "told")),
    )


def _told(title: str, entry: dict[str, object]) -> Told:
    name, label, width = entry.get("name"), entry.get("label"), entry.get("width")
    if set(entry) != TOLD_FIELDS or not (
        isinstance(name, str) and isinstance(label, str) and isinstance(width, int)
    ):
        raise GridError(f"Block {title}: what is told of a row has a name, a label and a width.")
    return Told(name, label, width)


def _letter(title: str, entry: dict[str, object]) -> Letter:
    letter = str(entry.get("letter", "")).upper()
    if unknown := sorted(set(entry) - ACT_FIELDS):
        raise GridError(f"Block {title}, letter {letter}: {', '.join(unknown)} is not known here.")
    if len(letter) != 1 or not (letter.isalpha() or letter in SIGNS):
        raise GridError(f"Block {title}: {letter or 'an act'} is not one letter.")
    does, go = str(entry.get("does", "")), str(entry.get("go", ""))
    if does not in set(Does):
        raise GridError(
            f"Block {title}, letter {letter}: {does or 'nothing'} is no act; one of {', '.join(Does)}."
        )
    if (does in (Does.GO, Does.PUT)) != bool(go):
        raise GridError(f"Block {title}, letter {letter}: go and its command line belong together.")
    return Letter(letter, Does(does), str(entry.get("label", does.capitalize())), go)


def _words(entry: dict[str, object], name: str) -> tuple[str, ...]:
    value = entry.get(name, [])
    return tuple(str(each) for each in value) if isinstance(value, list) else ()


def _tables(entry: dict[str, object], name: str) -> list[dict[str, object]]:
    value = entry.get(name, [])
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
