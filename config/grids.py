"""The letter grids ``config/grids/*.toml``: what the overview of a data set shows, and what each letter does there.

A grid names parts of its data set (sections, groups, items); what a data set does not have is passed over.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from config import SHIPPED

BLOCK_FIELDS = {"title", "parts", "jump", "act"}
ACT_FIELDS = {"letter", "does", "label", "go"}


class Does(StrEnum):
    """What a letter does to the block that it stands with."""

    ADD = "add"  # rows, one after the other, until one is left blank; with a number before that row
    EDIT = "edit"  # the item or row of this number, prompt by prompt; without a number all of them
    DELETE = "delete"  # the rows of these numbers
    VIEW = "view"  # everything about the item or row of this number
    MOVE = "move"  # the row of this number to another place
    OPEN = "open"  # the form, on the item or row of this number
    GO = "go"  # another screen: the command line ``go``, in which {key} stands for the key of the record


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter of a grid."""

    letter: str
    does: Does
    label: str
    go: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A headed part of the page. ``jump`` are the numbers of screens that people know it by: ``501``."""

    title: str
    parts: tuple[str, ...]
    letters: tuple[Letter, ...] = ()
    jump: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """The overview of one data set; ``home`` are the jump words that mean the page itself."""

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
        for name in (*(each.letter for each in block.letters), *block.jump):
            if seen.setdefault(name, block.title) is not block.title:
                raise GridError(f"{name} is given to {seen[name]} and to {block.title}.")
        letters = [each.letter for each in block.letters]
        if twice := {letter for letter in letters if letters.count(letter) > 1}:
            raise GridError(f"{block.title}: {', '.join(sorted(twice))} is given twice.")
    return Grid(blocks, tuple(word.upper() for word in table.get("home", ())))


@cache
def standard_grid(data_set: str) -> Grid | None:
    """The grid that comes with the program for a data set, if it has one."""
    file = SHIPPED / "grids" / f"{data_set}.toml"
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
    )


def _letter(title: str, entry: dict[str, object]) -> Letter:
    letter = str(entry.get("letter", "")).upper()
    if unknown := sorted(set(entry) - ACT_FIELDS):
        raise GridError(f"Block {title}, letter {letter}: {', '.join(unknown)} is not known here.")
    if len(letter) != 1 or not letter.isalpha():
        raise GridError(f"Block {title}: {letter or 'an act'} is not one letter.")
    does, go = str(entry.get("does", "")), str(entry.get("go", ""))
    if does not in set(Does):
        raise GridError(
            f"Block {title}, letter {letter}: {does or 'nothing'} is no act; one of {', '.join(Does)}."
        )
    if (does == Does.GO) != bool(go):
        raise GridError(f"Block {title}, letter {letter}: go and its command line belong together.")
    return Letter(letter, Does(does), str(entry.get("label", does.capitalize())), go)


def _words(entry: dict[str, object], name: str) -> tuple[str, ...]:
    value = entry.get(name, [])
    return tuple(str(each) for each in value) if isinstance(value, list) else ()


def _tables(entry: dict[str, object], name: str) -> list[dict[str, object]]:
    value = entry.get(name, [])
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
