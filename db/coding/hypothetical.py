"""Hypothetical patients that a person keeps for the DRG calculator: of no chart, and seen by nobody else."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import Final

from db.actors import Action, Actor
from db.acts import act
from db.connect import StoreError, database
from rules.text import clean

KIND: Final = "hypothetical"
NAME: Final = re.compile(r"[A-Z0-9][A-Z0-9 _-]{0,29}")


def names(actor: Actor) -> list[tuple[str, int]]:
    """What the actor keeps: name and when it was kept (UTC second), by name."""
    return list(
        database.execute_sql(
            "SELECT name, kept_utc FROM hypothetical WHERE user_id = ? ORDER BY name", (actor.user_id,)
        )
    )


def kept(actor: Actor, name: str) -> dict[str, str] | None:
    """The actor's own under this name; None when there is none."""
    row = database.execute_sql(
        "SELECT document FROM hypothetical WHERE user_id = ? AND name = ?", (actor.user_id, as_name(name))
    ).fetchone()
    found: dict[str, str] | None = json.loads(row[0]) if row else None
    return found


def keep(actor: Actor, name: str, values: Mapping[str, str]) -> str:
    """Keep a hypothetical patient under a name of the actor's own, and return the name: one audited act.

    Raises ``StoreError`` for what can be no name.
    """
    word = as_name(name)
    if not NAME.fullmatch(word):
        raise StoreError("A name has letters, digits, blanks, - and _, 1 to 30 of them.")
    with act(actor, Action.CHANGE_HABITS, kind=KIND, record=word) as done:
        done.changed(kept(actor, word) or {}, values)
        database.execute_sql(
            "INSERT INTO hypothetical VALUES (?, ?, ?, ?) ON CONFLICT (user_id, name)"
            " DO UPDATE SET document = excluded.document, kept_utc = excluded.kept_utc",
            (actor.user_id, word, json.dumps(dict(values), sort_keys=True), int(time.time())),
        )
    return word


def forget(actor: Actor, name: str) -> None:
    """Give up what the actor kept under a name: one audited act. Raises ``StoreError`` when there is none."""
    word = as_name(name)
    before = kept(actor, word)
    if before is None:
        raise StoreError(f"You keep nothing under the name {word}.")
    with act(actor, Action.CHANGE_HABITS, kind=KIND, record=word) as done:
        done.changed(before, {})
        database.execute_sql("DELETE FROM hypothetical WHERE user_id = ? AND name = ?", (actor.user_id, word))


def as_name(text: str) -> str:
    """A name as it is kept: capitals, single blanks."""
    return clean(" ".join(text.split())).upper()
