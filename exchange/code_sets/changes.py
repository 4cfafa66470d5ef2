"""What changed from one release to the next, found by comparing the days in the contents of a code store."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise

from db.coding.codes_schema import FIRST, OPEN
from exchange.code_sets.contents import Contents, Version, day_after
from exchange.code_sets.kinds import edition_of
from rules.codes import System

Change = tuple[str, int, str, str, str, str, str]  # release, effective, system, code, kind, old, new


def changes(contents: Contents) -> list[Change]:
    """All changes: codes new, deleted, revised or made a header, CC and MCC, exemption from POA reporting."""
    found = [*_codes(contents), *_severities(contents), *_exemptions(contents)]
    return sorted({(row[1], row[2], row[3], row[4]): row for row in found}.values(), key=lambda row: row[1:5])


def _change(effective: int, system: str, code: str, kind: str, old: str, new: str) -> Change:
    return edition_of(effective), effective, str(system), code, kind, old, new


def _codes(contents: Contents) -> Iterator[Change]:
    ordered = sorted(contents.versions, key=lambda each: (each.system, each.code, each.valid_from))
    for (system, code), group in groupby(ordered, key=lambda each: (each.system, each.code)):
        rows = list(group)
        first, last = rows[0], rows[-1]
        if first.billable and first.valid_from > FIRST:
            yield _change(first.valid_from, system, code, "new", "", first.title)
        for before, after in pairwise(rows):
            yield from _between(before, after)
        if last.billable and last.valid_to < OPEN:
            yield _change(day_after(last.valid_to), system, code, "deleted", last.title, "")


def _between(before: Version, after: Version) -> Iterator[Change]:
    system, code = after.system, after.code
    if before.billable != after.billable:
        old, new = ("code", "header") if before.billable else ("header", "code")
        yield _change(after.valid_from, system, code, "header", old, new)
    elif before.title and before.title != after.title:
        yield _change(after.valid_from, system, code, "revised", before.title, after.title)


def _severities(contents: Contents) -> Iterator[Change]:
    """A code that is new, or ends, on the day of the change has no other level: it is another code."""
    stands: dict[str, tuple[int, int]] = {}
    for each in contents.versions:
        if each.system is System.CM and each.billable:
            first, last = stands.get(each.code, (each.valid_from, each.valid_to))
            stands[each.code] = (min(first, each.valid_from), max(last, each.valid_to))
    begins = min((row[1] for row in contents.severity), default=0)
    levels: dict[tuple[str, int], list[str]] = {}
    for code, since, until, level in contents.severity:
        levels.setdefault((code, since), ["", ""])[1] = level
        if until < OPEN:
            levels.setdefault((code, day_after(until)), ["", ""])[0] = level
    for (code, day), (old, new) in sorted(levels.items()):
        first, last = stands.get(code, (OPEN, 0))
        if day > begins and first < day <= last:
            yield _change(day, System.CM, code, "severity", old, new)


def _exemptions(contents: Contents) -> Iterator[Change]:
    known = {
        (each.code, day)
        for each in contents.versions
        if each.system is System.CM and each.billable
        for day in contents.poa_lists
        if each.valid_from <= day <= each.valid_to
    }
    lists = sorted(contents.poa_lists)
    for before, after in pairwise(lists):
        for code in sorted(contents.poa_lists[before] ^ contents.poa_lists[after]):
            if (code, before) in known and (code, after) in known:
                old, new = ("exempt", "") if code in contents.poa_lists[before] else ("", "exempt")
                yield _change(after, System.CM, code, "poa", old, new)
