"""Proving once more who sits there, before something is done that a line left open must not do."""

from __future__ import annotations

from typing import Final

from rules.findings import Finding, Level
from screens.session import Session
from tui.screen import Field, Kind, Refused, Values

PASSPHRASE: Final = Field(
    "passphrase", "Your passphrase", 40, Kind.SECRET, length=200, required=True,
    help="Asked once more: a line left open is no consent. Where you sign on by key: a code of your second factor.",
)  # fmt: skip


def not_confirmed(session: Session, values: Values, code: str) -> Refused | None:
    """What stands in the way while the passphrase that was keyed is not the user's."""
    keyed = values.get(PASSPHRASE.name, "")
    if keyed and session.unlock(keyed):
        return None
    told = "That is not your passphrase: key it again." if keyed else "Key your passphrase to go on."
    return Refused((Finding(Level.FATAL, code, told, PASSPHRASE.name),))
