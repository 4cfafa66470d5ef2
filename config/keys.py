"""The key table ``config/keys.toml``: which key or word stands for which action, as data."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from config import SHIPPED

FIELDS = {"id", "label", "keys", "words", "typed", "help"}


@dataclass(frozen=True, slots=True)
class KeyAction:
    """What a key does wherever it means anything; the first of ``keys`` is shown in legends."""

    id: str
    label: str
    keys: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    typed: tuple[str, ...] = ()
    help: str = ""


@dataclass(frozen=True, slots=True)
class KeyTable:
    """All actions, and the action id by key name, by command word and by entry typed alone into a field."""

    actions: tuple[KeyAction, ...]
    by_key: Mapping[str, str]
    by_word: Mapping[str, str]
    by_entry: Mapping[str, str]

    def action(self, action_id: str) -> KeyAction:
        return next(action for action in self.actions if action.id == action_id)


class KeyTableError(Exception):
    """A mistake in a key table, in one sentence."""


def read_keys(text: str) -> KeyTable:
    """The key table in ``text`` (TOML). Raises ``KeyTableError`` for an unknown word or a key given twice."""
    actions = []
    for entry in tomllib.loads(text).get("action", []):
        if unknown := set(entry) - FIELDS:
            raise KeyTableError(f"Action {entry.get('id', '?')}: {', '.join(sorted(unknown))} is not known.")
        actions.append(
            KeyAction(
                entry["id"],
                entry["label"],
                tuple(entry.get("keys", ())),
                tuple(word.upper() for word in entry.get("words", ())),
                tuple(entry.get("typed", ())),
                entry.get("help", ""),
            )
        )
    return KeyTable(
        tuple(actions),
        _inverted((action.id, action.keys) for action in actions),
        _inverted((action.id, action.words) for action in actions),
        _inverted((action.id, action.typed) for action in actions),
    )


@cache
def standard_keys() -> KeyTable:
    """The key table that comes with the program."""
    return read_keys((SHIPPED / "keys.toml").read_text("utf-8"))


def _inverted(pairs: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for action_id, names in pairs:
        for name in names:
            if name in found:
                raise KeyTableError(f"{name} stands for both {found[name]} and {action_id}.")
            found[name] = action_id
    return found
