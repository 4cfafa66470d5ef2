"""What somebody asks of a report time and again, kept by name: one's own alone, never another's."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from db.actors import Action, Actor
from db.acts import act
from db.connect import StoreError, database
from rules.findings import Told
from rules.text import clean

LONGEST_NAME = 20


class NoPreset(Told):
    """Somebody has no preset of this name; one sentence."""


def names(actor: Actor, report: str) -> list[str]:
    """The presets that somebody has for a report, by name."""
    rows = database.execute_sql(
        "SELECT name FROM report_preset WHERE user_id = ? AND report = ? ORDER BY name",
        (actor.user_id, report),
    )
    return [str(row[0]) for row in rows]


def of(actor: Actor, report: str, name: str) -> dict[str, str] | None:
    """What a preset asks for, by parameter; None when there is none of this name, however it is capitalised."""
    row = database.execute_sql(
        "SELECT parameters FROM report_preset WHERE user_id = ? AND report = ? AND name = ?",
        (actor.user_id, report, name.strip()),
    ).fetchone()
    return {str(key): str(value) for key, value in json.loads(row[0]).items()} if row else None


def kept(actor: Actor, report: str, name: str) -> dict[str, str]:
    """What a preset asks for, by parameter. Raises ``NoPreset``."""
    found = of(actor, report, name)
    if found is None:
        there = ", ".join(names(actor, report)) or "none yet: KEEP on the form of the report makes one"
        raise NoPreset(f"{actor.user} has no preset {clean(name)} of {report}; there is {there}.")
    return found


def save(actor: Actor, report: str, name: str, parameters: Mapping[str, str]) -> None:
    """Keep what is asked for under a name; one that is there is replaced. Raises ``StoreError``."""
    name = clean(" ".join(name.split()))
    if not name or len(name) > LONGEST_NAME:
        raise StoreError(f"A preset needs a name of at most {LONGEST_NAME} characters: KEEP MONTHLY.")
    before = of(actor, report, name) or {}
    with act(actor, Action.CHANGE_HABITS, kind="preset", record=f"{report} {name}") as done:
        done.changed(before, parameters)
        database.execute_sql(
            "INSERT INTO report_preset (user_id, report, name, parameters, saved_utc) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (user_id, report, name) DO UPDATE SET parameters = excluded.parameters,"
            " saved_utc = excluded.saved_utc",
            (actor.user_id, report, name, json.dumps(dict(parameters), sort_keys=True), int(time.time())),
        )


def remove(actor: Actor, report: str, name: str) -> None:
    """Forget a preset. Raises ``StoreError`` when there is none."""
    before = of(actor, report, name)
    if before is None:
        raise StoreError(f"There is no preset {clean(name)} of {report}.")
    with act(actor, Action.CHANGE_HABITS, kind="preset", record=f"{report} {name.strip()}") as done:
        done.changed(before, {})
        database.execute_sql(
            "DELETE FROM report_preset WHERE user_id = ? AND report = ? AND name = ?",
            (actor.user_id, report, name.strip()),
        )
