"""Keys as the shell sees them: a stroke is a typed character, a named key or a paste, and may stand for an act."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from config.keys import KeyTable, standard_keys


class Act(StrEnum):
    """What a key or command word means; ids of ``config/keys.toml``."""

    NONE = ""
    HELP = "help"
    FILE = "file"
    EXIT = "exit"
    PROMPT = "prompt"
    REFRESH = "refresh"
    NEW = "new"
    BACK = "back"
    FORWARD = "forward"
    SAME = "same"
    CANCEL = "cancel"
    COMMAND = "command"
    ERRORS = "errors"
    VIEW = "view"
    PRINT = "print"
    UNDO = "undo"
    ERASE = "erase"
    REDRAW = "redraw"
    FIND = "find"
    FIND_NEXT = "find-next"
    FIND_PREVIOUS = "find-previous"
    PAGE = "page"
    NEXT_GROUP = "next-group"
    PREVIOUS_GROUP = "previous-group"
    DELETE_ROW = "delete-row"
    INSERT_ROW = "insert-row"
    MOVE_ROW = "move-row"
    FIRST = "first"
    LAST = "last"
    LEFT = "left"
    RIGHT = "right"
    HOME = "home"
    OFF = "off"
    USE = "use"


SHOWN_NAMES = {"pageup": "PgUp", "pagedown": "PgDn", "insert": "Ins", "delete": "Del"}


@dataclass(frozen=True, slots=True)
class Stroke:
    """One key: ``name`` is empty for a typed character, ``paste`` for pasted text, else the key's name."""

    name: str = ""
    text: str = ""


ENTER = Stroke("enter")


@dataclass(frozen=True, slots=True)
class KeyMap:
    """Acts by key, by command word and by entry typed alone, from a key table."""

    table: KeyTable

    def act(self, stroke: Stroke) -> Act:
        return Act(self.table.by_key.get(stroke.name, "")) if stroke.name else Act.NONE

    def word(self, word: str) -> Act:
        return Act(self.table.by_word.get(word.upper(), ""))

    def entry(self, text: str) -> Act:
        return Act(self.table.by_entry.get(text, ""))

    def shown(self, act: Act, label: str = "") -> str:
        """``F2=File`` for a legend."""
        action = self.table.action(act)
        return f"{shown_key(action.keys[0])}={label or action.label}" if action.keys else ""


def shown_key(name: str) -> str:
    """A key's name as people write it: F2, Ctrl+F, PgUp."""
    if name in SHOWN_NAMES:
        return SHOWN_NAMES[name]
    return "+".join(
        part.upper() if len(part) < 4 and part != "tab" else part.capitalize() for part in name.split("+")
    )


def standard_keymap() -> KeyMap:
    """The key map that comes with the program. Every act of the table must be known here."""
    return KeyMap(standard_keys())
