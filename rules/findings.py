"""What a rule says about a record: a level, a stable code, the field it is about, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Told(Exception):
    """An error that is told to the user in its own words: what is wrong, where, and what to do.

    ``findings`` name the fields that stand in the way, where they are known.
    """

    findings: tuple[Finding, ...] = ()


class Superseded(Told):
    """What was looked up was stopped: more was typed meanwhile, and the next key asks anew. Nobody needs to be told."""


class SessionOver(Told):
    """The session was ended from elsewhere, or has lasted too long: whoever sits there signs on again."""


class Level(StrEnum):
    """How much a finding weighs when a record is filed."""

    FATAL = "fatal"  # cannot be filed
    ERROR = "error"  # can be filed, cannot be completed
    WARNING = "warning"  # asks for a look; may be overridden with a reason
    QUERY = "query"  # a question for someone else


SEVERITY = {Level.FATAL: 0, Level.ERROR: 1, Level.WARNING: 2, Level.QUERY: 3}


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one field.

    ``field`` is the path of the item in its record: ``sex``, or ``diagnoses[2].poa`` for the second
    row (counted from 1) of a repeating group; empty when the finding is about the whole record.
    """

    level: Level
    code: str
    message: str
    field: str = ""
    overridden: str = ""  # by whom, when and why somebody let it stand; blank while it stands


def worst_first(findings: list[Finding]) -> list[Finding]:
    """The findings in order of weight, otherwise as they came."""
    return sorted(findings, key=lambda finding: SEVERITY[finding.level])
