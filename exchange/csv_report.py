"""What became of the rows of an import: every row read is counted once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from db.changes import Applied
from db.feeds.imports import COUNTS, Refusal
from exchange.csv_files import Row
from rules.findings import Finding

WARNINGS_KEPT: Final = 1000


class Fate(StrEnum):
    """What became of a row."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    NOT_USED = "not_used"
    REFUSED = "refused"
    HELD = "held"


@dataclass(slots=True)
class Report:
    """The counts of an import, its refused rows, and what was said about rows that were taken."""

    fates: dict[int, Fate] = field(default_factory=dict)  # by line, of the slice under way
    refusals: list[Refusal] = field(default_factory=list)  # of the slice under way
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    warnings: list[tuple[int, str]] = field(default_factory=list)
    warned: int = 0
    told: list[Refusal] = field(default_factory=list)  # the first refusals of the whole import

    def settle(self, row: Row, applied: Applied) -> None:
        """Count a row by what its change came to."""
        if applied.refused:
            finding = applied.findings[0]
            self.refuse(row, finding.field, finding.message)
            return
        self.count(row, Fate.APPLIED if applied.created or applied.changed else Fate.UNCHANGED)
        if applied.created or applied.changed:
            self.warn(row, applied.findings)

    def count(self, row: Row, fate: Fate) -> None:
        self.fates[row.line] = fate

    def refuse(self, row: Row, column: str, reason: str) -> None:
        self.fates[row.line] = Fate.REFUSED
        self.refusals.append(Refusal(row.line, column, reason, row.received))

    def warn(self, row: Row, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.warned += 1
            if len(self.warnings) < WARNINGS_KEPT:
                self.warnings.append((row.line, finding.message))

    def close_slice(self) -> list[Refusal]:
        """Add up the slice that was committed; returns its refused rows."""
        for fate in self.fates.values():
            self.counts[fate] += 1
            self.counts["read"] += 1
        refused, self.refusals, self.fates = self.refusals, [], {}
        self.told += refused[: max(0, WARNINGS_KEPT - len(self.told))]
        return refused
