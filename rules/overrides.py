"""Overrides: an error that somebody let stand with a reason, as long as nothing that it is about changes.

They are kept in the record itself, each under a path of its own that no item can have, so that drafts, filings,
history, the audit trail and taking a filing back hold them as they hold every value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rules.dictionary import Dictionary, Edit, Record, split_path
from rules.findings import Finding, Level
from rules.records import CaseItem, View
from rules.tables import TableRow, Tables, listed
from rules.text import clean
from rules.values import is_date, shown

MEDICARE_EDITS = "medicare_edits"  # the table of the Medicare code edits that may be let stand
MARK = "!"  # begins the path of an override: ``!A114 procedures[2].code``
DIGITS = 12  # of the digest of the values


@dataclass(frozen=True, slots=True)
class Override:
    """Who let a finding stand, when (ISO day) and why; ``digest`` is of the values that it was about."""

    code: str
    field: str
    digest: str
    by: str
    on: str
    reason: str

    @property
    def said(self) -> str:
        return f"{self.by} {shown(self.on)}: {self.reason}"


Overrides = Mapping[tuple[str, str], Override]
"""Overrides by code and field."""


def is_override(path: str) -> bool:
    """Whether a path of a record is an override's rather than an item's."""
    return path.startswith(MARK)


def without(record: Record) -> dict[str, str]:
    """The record's items alone."""
    return {path: value for path, value in record.items() if not path.startswith(MARK)}


def kept(record: Record) -> list[Override]:
    """All overrides of a record, those that have lapsed too."""
    return [_read(path, text) for path, text in record.items() if path.startswith(MARK)]


def _read(path: str, text: str) -> Override:
    code, _, field = path[1:].partition(" ")
    digest, by, on, reason = (*text.split(" ", 3), "", "", "", "")[:4]
    return Override(code, field, digest, by, on, reason)


def as_items(record: Record) -> list[CaseItem]:
    """The overrides of a record as rows beside its items: each under mark and code of its edit, on its day."""
    found: list[CaseItem] = []
    for path in sorted(path for path in record if path.startswith(MARK)):
        item, _, field = path.partition(" ")
        seq, on = sum(each.item == item for each in found), _read(path, record[path]).on
        day = date.fromisoformat(on).toordinal() if is_date(on) else None
        found.append(CaseItem(item, seq, f"{field} {record[path]}", None, day, ""))
    return found


def of_item(item: str, text: str) -> Override:
    """The override that ``as_items`` made a row of."""
    field, _, kept_there = text.partition(" ")
    return _read(f"{item} {field}".strip(), kept_there)


def in_force(dictionary: Dictionary, record: Record, tables: Tables) -> Overrides:
    """The overrides whose values stand as they did."""
    return {
        (each.code, each.field): each
        for each in kept(record)
        if each.digest == _digest(dictionary, record, tables, each.code, each.field)
    }


def may_be_overridden(dictionary: Dictionary, finding: Finding, tables: Tables, on: str) -> bool:
    """Whether its edit, or the table of Medicare code edits, permits it on an ISO day. What is fatal never stands."""
    edit = _edit(dictionary, finding.code)
    permitted = edit.override if edit else _medicare(tables, finding.code, on) is not None
    return finding.level is not Level.FATAL and permitted


def overriding(
    dictionary: Dictionary, record: Record, finding: Finding, tables: Tables, by: str, on: str, reason: str
) -> tuple[str, str]:
    """Path and text under which a record keeps that ``finding`` stands; ``on`` is an ISO day."""
    digest = _digest(dictionary, record, tables, finding.code, finding.field)
    path = f"{MARK}{finding.code} {finding.field}".strip()
    return path, f"{digest} {'_'.join(by.split())} {on} {clean(' '.join(reason.split()))}"


def marked(findings: Iterable[Finding], overrides: Overrides) -> list[Finding]:
    """The findings, each with who let it stand and why."""
    found = []
    for finding in findings:
        override = overrides.get((finding.code, finding.field))
        stands = override is None or finding.level is Level.FATAL
        found.append(finding if stands or override is None else replace(finding, overridden=override.said))
    return found


def standing(findings: Iterable[Finding], overrides: Overrides) -> list[Finding]:
    """The findings that nobody has let stand: what counts when a record is filed, completed or released."""
    return [each for each in marked(findings, overrides) if not each.overridden]


def lapsed(record: Record, findings: Sequence[Finding]) -> list[str]:
    """Paths of overrides that no finding needs any more: ``findings`` are the record's, marked."""
    needed = {f"{MARK}{each.code} {each.field}".strip() for each in findings if each.overridden}
    return [path for path in record if path.startswith(MARK) and path not in needed]


def named(dictionary: Dictionary, path: str) -> str:
    """An override's path in words: ``Override A114 of Procedure 2``."""
    code, _, field = path[1:].partition(" ")
    item, (_, row, _) = dictionary.item_at(field), split_path(field)
    label = item.label if item else field
    return f"Override {code}" + (f" of {label}{f' {row}' if row else ''}" if label else "")


def _edit(dictionary: Dictionary, code: str) -> Edit | None:
    return next((edit for edit in dictionary.edits if edit.code == code), None)


def _medicare(tables: Tables, code: str, on: str = "") -> TableRow | None:
    """What is known of a Medicare code edit that may be let stand on an ISO day, or on any."""
    table = tables.get(MEDICARE_EDITS)
    return table.find(code, on) if table else None


def _looked_at(dictionary: Dictionary, tables: Tables, code: str) -> list[str]:
    """The items that an edit looks at beside the field of its finding."""
    if edit := _edit(dictionary, code):
        named = [item for entry in edit.items for item in entry.split("+")]
        return named + [condition.item for condition in edit.when]
    row = _medicare(tables, code)
    return [*listed(row.more.get("looks_at"))] if row else []


def _digest(dictionary: Dictionary, record: Record, tables: Tables, code: str, field: str) -> str:
    """A digest of the value at ``field`` and of all that the edit compares it with."""
    row = split_path(field)[:2]
    view = View(dictionary, without(record))
    values = [record.get(field, "")]
    for item in _looked_at(dictionary, tables, code):
        values += view.values(item, row if row[0] else None)
    return hashlib.sha256("\n".join(values).encode()).hexdigest()[:DIGITS]
