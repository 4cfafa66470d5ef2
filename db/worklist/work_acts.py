"""What is done to accounts in the work queue: taken, assigned, held, noted. Each is an audited act.

The row of the queue follows by itself (triggers of migration 015).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from db import store
from db.actors import Action, Actor
from db.acts import Act, act
from db.changes import Applied, Source, refusal
from db.connect import StoreError, database
from db.hospital.encounter_lists import find
from db.worklist import work
from db.worklist.work import Item
from rules.findings import Told
from rules.moments import moment_at
from rules.text import clean
from rules.work import NEVER, NOBODY, Asked


class NotDone(Told):
    """The queue does not permit it; one sentence."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note on an account, in local time."""

    at: str
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Hand:
    """Who has an account and why it is on hold."""

    user_id: int | None
    user: str
    hold_reason: str
    hold_until: int


# Who has it ------------------------------------------------------------------------------------------------


def take_next(actor: Actor, asked: Asked) -> Item | None:
    """Take the first account of those asked for that nobody has; None when there is none left.

    Two who ask at once get two accounts: the choice is made inside the transaction that takes it.
    """
    free = replace(asked, to=NOBODY)
    if work.next_of(actor, free) is None:
        return None
    with act(actor, Action.TAKE_WORK, kind="account") as done:
        found = work.next_of(actor, free)
        if found is None:
            raise NotDone("Somebody else has just taken the last one.")
        _about(done, found.encounter_id)
        _assign(found.encounter_id, actor.user_id, actor.user)
        done.detail |= {"query": str(asked), "to": actor.user}
    return replace(found, assigned=actor.user)


def take(actor: Actor, account: str) -> None:
    """Take this account. Raises ``NotDone`` when somebody else has it."""
    with _on(actor, Action.TAKE_WORK, account) as (id_, done):
        here = hand(id_)
        if here.user_id not in (None, actor.user_id):
            raise NotDone(f"{account} is with {here.user}: a supervisor assigns it to somebody else.")
        _assign(id_, actor.user_id, actor.user)
        done.changed({"to": here.user}, {"to": actor.user})


def give_back(actor: Actor, account: str) -> None:
    """Let anybody have an account that the actor has. A supervisor takes it from whoever has it."""
    with _on(actor, Action.TAKE_WORK, account) as (id_, done):
        here = hand(id_)
        if here.user_id is None:
            raise NotDone(f"Nobody has {account}.")
        if here.user_id != actor.user_id and not actor.may(Action.ASSIGN_WORK):
            raise NotDone(f"{account} is with {here.user}, not with you.")
        _assign(id_, None, actor.user)
        done.changed({"to": here.user}, {"to": ""})


def assign(actor: Actor, account: str, user: str) -> None:
    """Give an account to somebody who files abstracts. Raises ``NotDone``, ``NotPermitted``."""
    row = database.execute_sql(
        "SELECT id, disabled_utc FROM user WHERE name = ? COLLATE NOCASE", (clean(user.strip()).lower(),)
    ).fetchone()
    if row is None or row[1] is not None:
        raise NotDone(f"{clean(user)} is no user who can sign on: user list names them.")
    with _on(actor, Action.ASSIGN_WORK, account) as (id_, done):
        here = hand(id_)
        _assign(id_, row[0], actor.user)
        done.changed({"to": here.user}, {"to": user.strip().lower()})


def hand(encounter_id: int) -> Hand:
    """Who has an account, and its hold, over or not."""
    row = database.execute_sql(
        "SELECT h.user_id, coalesce(u.name, ''), h.hold_reason, h.hold_until FROM work_hand h"
        " LEFT JOIN user u ON u.id = h.user_id WHERE h.encounter_id = ?",
        (encounter_id,),
    ).fetchone()
    return Hand(*row) if row else Hand(None, "", "", 0)


def _assign(encounter_id: int, user_id: int | None, by: str) -> None:
    _write(encounter_id, {"user_id": user_id, "assigned_utc": int(time.time()), "assigned_by": by})


# Hold ------------------------------------------------------------------------------------------------------


def hold(actor: Actor, account: str, reason: str, until: int | None) -> None:
    """Take an account out of the queue until a day, on which it comes back by itself; None: until it is released."""
    if not reason.strip():
        raise NotDone("Say why it is on hold.")
    if until is not None and until <= store.current().now().day:
        raise NotDone("A hold ends on a day to come.")
    with _on(actor, Action.HOLD_WORK, account) as (id_, done):
        before = hand(id_)
        _write(id_, {
            "hold_reason": reason.strip().upper(), "hold_until": NEVER if until is None else until,
            "held_utc": int(time.time()), "held_by": actor.user,
        })  # fmt: skip
        done.changed(
            {"reason": before.hold_reason, "until": before.hold_until},
            {"reason": reason.strip().upper(), "until": until or NEVER},
        )


def release_hold(actor: Actor, account: str) -> None:
    """Put an account that is on hold back into the queue now."""
    with _on(actor, Action.HOLD_WORK, account) as (id_, done):
        before = hand(id_)
        if before.hold_until <= store.current().now().day:
            raise NotDone(f"{account} is not on hold.")
        _write(id_, {"hold_reason": "", "hold_until": 0, "held_utc": None, "held_by": ""})
        done.changed({"reason": before.hold_reason, "until": before.hold_until}, {"reason": "", "until": 0})


# Notes ----------------------------------------------------------------------------------------------------


def note(actor: Actor, account: str, text: str) -> None:
    """Add a note to an account. It is never changed."""
    said = clean(text.strip())
    if not said:
        raise NotDone("A note says something.")
    with _on(actor, Action.NOTE_WORK, account) as (id_, done):
        database.execute_sql(
            "INSERT INTO work_note (encounter_id, at_utc, by, text) VALUES (?, ?, ?, ?)",
            (id_, int(time.time()), actor.user, said),
        )
        done.detail["note"] = said


def notes(encounter_id: int) -> list[Note]:
    """The notes of an account, newest first."""
    zone = store.current().zone
    rows = database.execute_sql(
        "SELECT at_utc, by, text FROM work_note WHERE encounter_id = ? ORDER BY id DESC", (encounter_id,)
    )
    return [Note(moment_at(utc, zone).local, by, text) for utc, by, text in rows]


# What others write -----------------------------------------------------------------------------------------


def note_errors(encounter_id: int, errors: int) -> None:
    """How many errors stood when an abstract was filed, inside the transaction of the filing."""
    row = database.execute_sql(
        "SELECT errors FROM work_hand WHERE encounter_id = ?", (encounter_id,)
    ).fetchone()
    if (row[0] if row else 0) != errors:
        _write(encounter_id, {"errors": errors})


def apply_charge(account: str, cents: int, source: Source) -> Applied:
    """What an account is charged, inside the caller's transaction."""
    encounter_id = find(account)
    if not encounter_id:
        return refusal("C302", "No encounter has this account: import it first.", "account")
    row = database.execute_sql(
        "SELECT cents FROM account_charge WHERE encounter_id = ?", (encounter_id,)
    ).fetchone()
    if row and row[0] == cents:
        return Applied(encounter_id)
    database.execute_sql(
        "INSERT INTO account_charge VALUES (?, ?, ?, ?, ?) ON CONFLICT (encounter_id) DO UPDATE SET"
        " cents = excluded.cents, at_utc = excluded.at_utc, by = excluded.by, origin = excluded.origin",
        (encounter_id, cents, int(time.time()), source.by, source.origin),
    )
    old = "" if row is None else _money(row[0])
    return Applied(encounter_id, (), {"charges": (old, _money(cents))}, created=row is None)


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


# Presets ---------------------------------------------------------------------------------------------------


def presets(actor: Actor) -> dict[str, str]:
    """The actor's own filters by name; the blank name is what the queue opens with."""
    actor_id = (actor.user_id,)
    return dict(
        database.execute_sql("SELECT name, line FROM work_preset WHERE user_id = ? ORDER BY name", actor_id)
    )


def keep_preset(actor: Actor, name: str, line: str) -> None:
    """Keep a filter under a name; a blank line forgets it. One audited act."""
    word = clean(name.strip()).upper()
    before = presets(actor).get(word, "")
    with act(actor, Action.CHANGE_HABITS, kind="user", record=actor.user) as done:
        if line.strip():
            database.execute_sql(
                "INSERT INTO work_preset VALUES (?, ?, ?) ON CONFLICT (user_id, name)"
                " DO UPDATE SET line = excluded.line",
                (actor.user_id, word, line.strip()),
            )
        else:
            database.execute_sql(
                "DELETE FROM work_preset WHERE user_id = ? AND name = ?", (actor.user_id, word)
            )
        done.changed({word: before}, {word: line.strip()})


# Inside ----------------------------------------------------------------------------------------------------


@contextmanager
def _on(actor: Actor, action: Action, account: str) -> Iterator[tuple[int, Act]]:
    """An act on one account. Raises ``StoreError`` when there is none."""
    encounter_id = find(account)
    if not encounter_id:
        raise StoreError(f"There is no account {clean(account)}.")
    patient_id = database.execute_sql(
        "SELECT patient_id FROM encounter WHERE id = ?", (encounter_id,)
    ).fetchone()[0]
    with act(actor, action, kind="account", record=account.strip(), patient_id=patient_id) as done:
        yield encounter_id, done


def _about(done: Act, encounter_id: int) -> None:
    done.record, done.patient_id = database.execute_sql(
        "SELECT account, patient_id FROM encounter WHERE id = ?", (encounter_id,)
    ).fetchone()


def _write(encounter_id: int, columns: dict[str, Any]) -> None:
    names = ", ".join(columns)
    written = ", ".join(f"{name} = excluded.{name}" for name in columns)
    database.execute_sql(
        f"INSERT INTO work_hand (encounter_id, {names}) VALUES (?, {', '.join('?' * len(columns))})"
        f" ON CONFLICT (encounter_id) DO UPDATE SET {written}",
        (encounter_id, *columns.values()),
    )
