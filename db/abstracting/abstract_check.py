"""Every edit over the stored abstracts of a period: read in slices of a few queries, found by the one function."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from db.abstracting.stored_abstracts import AT_ONCE, Reader, Stored
from db.actors import Action, Actor
from db.acts import permit, viewed
from db.connect import database, large_cache
from db.evidence import documents
from db.worklist import blind
from rules.abstract_findings import record_findings
from rules.dictionary import Context
from rules.findings import Finding, Level
from rules.periods import Period

WRONG: Final = (Level.FATAL, Level.ERROR)


@dataclass(frozen=True, slots=True)
class Checked:
    """An abstract with what stands against it; findings that somebody let stand are left out."""

    account: str
    status: str
    discharged_at: str
    unit: str
    filed_by: str
    findings: tuple[Finding, ...]

    @property
    def wrong(self) -> bool:
        """Whether it could not be completed as it stands."""
        return any(finding.level in WRONG for finding in self.findings)


@dataclass(slots=True)
class Tally:
    """How often an edit spoke."""

    code: str
    level: Level
    message: str  # as it was first said
    findings: int = 0
    accounts: int = 0


@dataclass(slots=True)
class Checkup:
    """What a check of a period found. ``checked`` counts all abstracts, ``found`` holds those with findings."""

    checked: int = 0
    wrong: int = 0
    found: list[Checked] = field(default_factory=list)
    tallies: dict[str, Tally] = field(default_factory=dict)

    def take(self, each: Checked) -> None:
        """Count an abstract."""
        self.checked += 1
        self.wrong += each.wrong
        if each.findings:
            self.found.append(each)
        spoken = set()
        for finding in each.findings:
            tally = self.tallies.setdefault(finding.code, Tally(finding.code, finding.level, finding.message))
            tally.findings += 1
            tally.accounts += finding.code not in spoken
            spoken.add(finding.code)

    def errors(self) -> Checkup:
        """The same without warnings and queries."""
        made = Checkup(self.checked - len(self.found))
        for each in self.found:
            made.take(replace(each, findings=tuple(f for f in each.findings if f.level in WRONG)))
        return made

    @property
    def summary(self) -> list[Tally]:
        """The edits that spoke, the weightiest and most frequent first."""
        order = [*Level]
        return sorted(
            self.tallies.values(), key=lambda each: (order.index(each.level), -each.accounts, each.code)
        )


def check(
    actor: Actor, period: Period, context: Context, *, status: str = "", unit: str = "",
    progress: Callable[[int], None] = lambda done: None,
) -> Checkup:  # fmt: skip
    """Check the abstracts of the discharges of ``period``: one row of the audit trail, whatever their number.

    ``status`` and ``unit`` (of discharge) limit it. Raises ``NotPermitted``.
    """
    asked = {"from": period.from_day, "to": period.to_day, "status": status, "unit": unit}
    permit(actor, Action.CHECK_ABSTRACTS, kind="abstract", record=period.name)
    made, digest, reader = Checkup(), hashlib.sha256(), Reader()
    held, shown = blind.accounts_in_hand(actor.user), set[int]()
    with large_cache():
        for ids in _slices(period, status, unit):
            shown |= {held[encounter_id] for encounter_id in held.keys() & set(ids)}
            for each in _judged(reader.read(ids), context):
                made.take(each)
                digest.update(f"{each.account}\n".encode())
            progress(made.checked)
    detail = {
        **asked, "count": made.checked, "wrong": made.wrong, "codes": {t.code: t.accounts for t in made.summary},
        "accounts": digest.hexdigest(),
    }  # fmt: skip
    viewed(actor, Action.CHECK_ABSTRACTS, kind="abstract", record=period.name, detail=detail, cases=shown)
    return made


_DUE: Final = (
    "SELECT e.discharge_day, e.id FROM encounter e JOIN data_case c ON c.data_set = 'abstract'"
    " AND c.encounter_id = e.id AND c.void_utc IS NULL WHERE e.class = 'I' AND e.state = 'active'"
    " AND e.discharge_day BETWEEN ? AND ? AND (e.discharge_day, e.id) > (?, ?)"
)


def _slices(period: Period, status: str, unit: str) -> Iterator[list[int]]:
    """The accounts with an abstract in the order of discharge, a slice at a time."""
    more, values = "", list[Any]()
    if status:
        more, values = more + " AND c.status = ?", [*values, status]
    if unit:
        more = more + " AND e.unit_id = (SELECT id FROM unit WHERE code = ? COLLATE NOCASE)"
        values = [*values, unit]
    after = (0, 0)
    while True:
        rows = database.execute_sql(
            f"{_DUE}{more} ORDER BY e.discharge_day, e.id LIMIT ?",
            (period.from_day, period.to_day, *after, *values, AT_ONCE),
        ).fetchall()
        if not rows:
            return
        yield [id_ for _, id_ in rows]
        after = rows[-1]


def _judged(stored: Sequence[Stored], context: Context) -> Iterator[Checked]:
    charts = documents.of_encounters([each.stay.id for each in stored])
    by_account = {each.stay.account: charts[each.stay.id] for each in stored if each.stay.id in charts}
    context = replace(context, documents=by_account.get)
    for each in stored:
        found = record_findings(each.dictionary, each.record, context)
        standing = tuple(finding for finding in found if not finding.overridden)
        stay = each.stay
        yield Checked(
            stay.account, each.case.status, stay.discharged_at, stay.unit, each.case.filed_by, standing
        )
