"""TOUR: what to try first, each line opened by its number. The demo hospital begins here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from screens.session import Session
from tui.screen import Entry, MenuScreen


class Tour(MenuScreen):
    """A guided first screen."""

    title: ClassVar[str] = "What to try first"
    session: Session

    def heading(self) -> Sequence[str]:
        return (
            "This is a hospital that never was: every patient is made up. Key a number",
            "and Enter; F3 brings you back. F1 helps, F2 files, F4 lists what a field takes.",
        )

    def entries(self) -> Sequence[Entry]:
        return (
            Entry("DESK", "See what waits for you, how much and how old", "DESK"),
            Entry(
                "WRK", "Work queue: A abstracts a row, F2 files it and the next comes; F6 takes one", "WRK"
            ),
            Entry("DNF", "See what is discharged and not billed, and why", "DNF"),
            Entry("COD", "Find a code: try chf, hip fx r initial, or I21.4", "COD"),
            Entry("PAT", "Find a patient by name, MRN, birth date or initial and last 4", "PAT"),
            Entry("CEN", "Look at the census now, and into a unit", "CEN"),
            Entry("", "Read yesterday's census page as it is printed", "RUN daily-census"),
            Entry("", "Read last month's statistics", "RUN monthly-statistics"),
            Entry("TRL", "Open a trauma record and watch its scores change", "TRL"),
            Entry("RQL", "Answer a request for records; see its due date", "RQL"),
            Entry("HLD", "Mend a message that the feed could not apply", "HLD"),
            Entry("MENU", "See everything there is", "MENU"),
        )
