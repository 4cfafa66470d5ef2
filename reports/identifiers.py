"""How much of who a patient is a report may say: all of it, the last four, or nothing; by role, as the site decides."""

from __future__ import annotations

from typing import Final

from config.data_sets import SITE, library
from db import store
from db.actors import Actor
from reports.parameters import FULL, LAST_FOUR, NONE

TABLE: Final = "report_identifiers"
LEVELS: Final = (NONE, LAST_FOUR, FULL)
SAID: Final = {
    FULL: "identifiers in full",
    LAST_FOUR: "identifiers by initial and last four",
    NONE: "no identifiers",
}
DIGITS: Final = 4


def number(text: str, level: str) -> str:
    """A chart or account number at a level: all of it, its last four characters, or nothing."""
    return {FULL: text, LAST_FOUR: text[-DIGITS:]}.get(level, "")


mrn = number


def name(text: str, level: str) -> str:
    """A patient's name (``LAST,FIRST``) at a level: all of it, the first letter of the last name, or nothing."""
    return {FULL: text, LAST_FOUR: text[:1]}.get(level, "")


def ceiling(actor: Actor) -> str:
    """The most that one of the actor's roles may see, by the site's table; a role without a row sees nothing."""
    here = store.current()
    table = library(here.directory / SITE).tables[TABLE]
    today = here.now().local[:10]
    rows = (table.find(str(role), today) for role in actor.roles)
    levels = [str(row.more.get("level", NONE)) for row in rows if row]
    return max((level for level in levels if level in LEVELS), key=LEVELS.index, default=NONE)


def lowered(asked: str, most: str) -> str:
    """What is shown when ``asked`` was asked for and ``most`` may be seen."""
    return min(asked, most, key=LEVELS.index)
