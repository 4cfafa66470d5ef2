"""The session of whoever sits at this terminal: made when the program starts, filled in by sign-on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the sign-on form must stand before the store is loaded
    from db.codes import CodeStore

    from db.actors import Actor
    from db.store import SignedOn
    from rules.tables import Tables


@dataclass
class Session:
    """What every screen gets. Before sign-on it knows only where the store is."""

    directory: Path
    where_from: str = "local"
    user: str = ""  # name to offer on the sign-on form
    guided: bool = False  # the demo: the first screen says what to try
    signed_on: SignedOn | None = None

    @property
    def actor(self) -> Actor:
        if self.signed_on is None:
            raise RuntimeError("Nobody is signed on.")
        return self.signed_on.actor

    @property
    def roles(self) -> Collection[str]:
        """Roles held, for the menu; none before sign-on."""
        return [str(role) for role in self.signed_on.actor.roles] if self.signed_on else []

    @property
    def name(self) -> str:
        """User name for the title row."""
        return self.signed_on.actor.user if self.signed_on else ""

    @property
    def facility(self) -> str:
        return self.signed_on.store.facility if self.signed_on else ""

    @cached_property
    def codes(self) -> CodeStore | None:
        """The code store, or None while it is not built: codes are then checked by format alone."""
        from db import codes

        return codes.installed(self.directory)

    @cached_property
    def tables(self) -> Tables:
        """Code tables: the shipped ones, the facility's own rows, and units, services, providers, payers."""
        from screens.tables import all_tables

        return all_tables(self.directory)
