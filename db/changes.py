"""Where a change of a hospital record came from, what it did, and its history item by item."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from db.connect import database
from rules.findings import Finding, Level

CLEAR: Final = "@"  # as a value: take what stands there away


@dataclass(frozen=True, slots=True)
class Source:
    """Who or what brings a change. ``origin`` is ``screen``, ``csv 12`` (batch) or ``hl7 4711`` (message)."""

    by: str
    origin: str = "screen"


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a change.

    ``record_id`` is 0 when it was refused: then ``findings`` say why, and nothing was stored. Findings of an
    applied change are warnings. ``changed`` holds old and new by item and is empty when nothing differed.
    """

    record_id: int
    findings: tuple[Finding, ...] = ()
    changed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    created: bool = False

    @property
    def refused(self) -> bool:
        return not self.record_id

    @property
    def reason(self) -> str:
        """The first sentence that stands in the way; blank when applied."""
        return next((f.message for f in self.findings if f.level in (Level.FATAL, Level.ERROR)), "")


def refusal(code: str, message: str, field_path: str = "") -> Applied:
    """Nothing was stored, for one reason."""
    return Applied(0, (Finding(Level.FATAL, code, message, field_path),))


def note_amendments(
    kind: str, record_id: int, changed: Mapping[str, tuple[str, str]], source: Source
) -> None:
    """Keep old and new of every changed item, inside the caller's transaction."""
    now = int(time.time())
    database.connection().executemany(
        "INSERT INTO amendment (kind, record_id, field, old, new, at_utc, by, origin)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(kind, record_id, name, old, new, now, source.by, source.origin)
         for name, (old, new) in changed.items()],
    )  # fmt: skip


def amendments(kind: str, record_id: int) -> list[tuple[int, str, str, str, str, str]]:
    """The history of a record, newest first: UTC second, user, origin, item, old, new."""
    return list(
        database.execute_sql(
            "SELECT at_utc, by, origin, field, old, new FROM amendment WHERE kind = ? AND record_id = ?"
            " ORDER BY id DESC",
            (kind, record_id),
        )
    )
