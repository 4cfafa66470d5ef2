"""``signon.log``: what happened while the database was closed. The next good sign-on folds it into the audit trail.

Three failures within 15 minutes lock a user out until an administrator unlocks (NIST SP 800-53 AC-7; ASD STIG
V-222432). The last enabled administrator has nobody to ask and waits 15 minutes instead.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from db.actors import Action, Actor
from db.connect import database
from db.files import read_file
from db.keyring.slots import SlotFile

LOG_NAME: Final = "signon.log"
FAILURES: Final = 3
WITHIN_SECONDS: Final = 15 * 60
FAILED: Final = "failed"
REFUSED: Final = "refused"  # tried while locked out
UNLOCKED: Final = "unlocked"
VIEWED: Final = "viewed"  # while the store was open for reading only
FOLDED: Final = "sign-on log folded"  # counter: bytes of the log that stand in the audit trail


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log. ``by`` is where from, or for an unlocking by whom."""

    at_utc: int
    what: str
    user: str
    by: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A row for the audit trail."""

    actor: Actor
    action: Action
    outcome: str
    detail: dict[str, str | int]
    patient_id: int | None = None


def note(directory: Path, what: str, user: str, by: str) -> None:
    """One line more. Names are written in hexadecimal: a passphrase may be typed where the name belongs."""
    line = f"{int(time.time())} {what} {user.encode().hex()} {by.replace(' ', '_')}\n"
    descriptor = os.open(directory / LOG_NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode("ascii", "replace"))
    finally:
        os.close(descriptor)


def lines_of(directory: Path, user: str) -> list[Line]:
    """Every line about a user, oldest first."""
    return [line for line in _parsed(_bytes(directory)) if line.user == user]


def locked_out(directory: Path, user: str) -> str:
    """Why a user may not try now, in a sentence; empty when they may."""
    since: list[int] = []
    for line in lines_of(directory, user):
        if line.what == FAILED:
            since = [*since, line.at_utc]
        elif line.what == UNLOCKED:
            since = []
    close = [
        later
        for earlier, later in zip(since, since[FAILURES - 1 :], strict=False)
        if later - earlier <= WITHIN_SECONDS
    ]
    if not close:
        return ""
    if not _is_last_administrator(directory, user):
        return (
            f"{user} is locked out after {FAILURES} failed sign-ons: an administrator unlocks with "
            f"'recordroom user unlock {user}'."
        )
    left = close[-1] + WITHIN_SECONDS - int(time.time())
    if left <= 0:
        return ""
    return (
        f"{user} has failed {FAILURES} times and is the last enabled administrator: "
        f"try again in {-(-left // 60)} minutes."
    )


def unfolded(directory: Path, known: set[str]) -> tuple[list[Kept], int]:
    """Rows for what the audit trail does not hold yet, and how far the log is then folded.

    Call it inside the transaction that adds the rows, and keep the number with ``note_folded``. A log that is
    shorter than it was has been cut or moved aside, which is a row as well.
    """
    row = database.execute_sql("SELECT value FROM counter WHERE name = ?", (FOLDED,)).fetchone()
    done, text = int(row[0]) if row else 0, _bytes(directory)
    kept: list[Kept] = []
    if len(text) < done:
        kept.append(
            Kept(Actor(0, "", frozenset()), Action.SIGN_ON, "failed", {"why": f"{LOG_NAME} was cut short"})
        )
        done = 0
    end = text.rfind(b"\n") + 1
    return kept + [_row(line, known) for line in _parsed(text[done:end])], end


def note_folded(end: int) -> None:
    """Remember how far the log stands in the audit trail, inside the caller's transaction."""
    database.execute_sql(
        "INSERT INTO counter VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (FOLDED, end),
    )


def _row(line: Line, known: set[str]) -> Kept:
    """A name that is no user's may be a passphrase in the wrong field: it stays in hexadecimal."""
    who = Actor(0, line.user if line.user in known else "", frozenset(), line.by)
    detail: dict[str, str | int] = {"at_utc": line.at_utc}
    if not who.user:
        detail["asked_hex"] = line.user.encode("utf-8", "surrogateescape").hex()
    if line.what == VIEWED:
        deed, _, patient = line.by.rpartition(":")
        action = next((each for each in Action if each.replace(" ", "_") == deed), Action.VIEW_PATIENT)
        return Kept(who, action, "done", detail | {"read_only": 1}, int(patient or 0) or None)
    if line.what == UNLOCKED:
        return Kept(who, Action.SIGN_ON, "done", detail | {"unlocked_by": line.by})
    why = "wrong passphrase" if line.what == FAILED else "locked out"
    return Kept(who, Action.SIGN_ON, "failed", detail | {"why": why})


def _is_last_administrator(directory: Path, user: str) -> bool:
    names = [
        slot["name"]
        for slot in SlotFile.read(directory).slots
        if slot["type"] == "user" and slot.get("administrator") and not slot["disabled"]
    ]
    return names == [user]


def _bytes(directory: Path) -> bytes:
    try:
        return read_file(directory / LOG_NAME)
    except FileNotFoundError:
        return b""


def _parsed(text: bytes) -> list[Line]:
    found = []
    for raw in text.decode("ascii", "replace").splitlines():
        parts = raw.split(" ")
        try:
            name = bytes.fromhex(parts[2]).decode("utf-8", "surrogateescape")
            found.append(Line(int(parts[0]), parts[1], name, parts[3]))
        except (ValueError, IndexError):  # cut by a crash in mid-line
            continue
    return found
