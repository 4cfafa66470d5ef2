"""DESK: what waits, how much and how old. Where everybody starts; each line opens its list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from screens.session import Session
from tui.screen import Entry, MenuScreen


class Desk(MenuScreen):
    """Counts for the roles of whoever sits here."""

    title: ClassVar[str] = "Desk"
    session: Session

    def heading(self) -> Sequence[str]:
        return (
            f"{self.session.signed_on.full_name or self.session.user}, {', '.join(sorted(self.session.roles))}",
        )

    def entries(self) -> Sequence[Entry]:
        return ()
