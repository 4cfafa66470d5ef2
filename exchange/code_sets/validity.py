"""What is valid when, and CC and MCC, as the grouper and code editor say; official files where these do not reach."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from db.coding.codes_schema import FIRST, OPEN
from exchange.code_sets.contents import Imports, closed, day_before, number
from rules.codes import ICD10_FROM, System, grouper_version, releases
from rules.codes_facts import invalid, severities
from rules.drg import valid_from_to, version_begins, versions


def validity(codes: Iterable[str], system: System) -> dict[str, tuple[int, int]]:
    """First and last day of each code that may be submitted; codes that never could are left out.

    A code that was valid at both ends of the engine's time was valid throughout.
    """
    days = releases(ICD10_FROM, valid_from_to()[1])
    asked = list(codes)
    absent_first = invalid(asked, system, days[0])
    absent_last = invalid(asked, system, days[-1])
    found = {code: (FIRST, OPEN) for code in asked if code not in absent_first and code not in absent_last}
    rising = [code for code in asked if code in absent_first and code not in absent_last]
    falling = [code for code in asked if code not in absent_first and code in absent_last]
    between = [code for code in asked if code in absent_first and code in absent_last]
    since: dict[str, date] = dict.fromkeys(falling, days[0])
    until: dict[str, int] = dict.fromkeys(rising, OPEN)
    for day in days[1:]:
        absent = invalid(rising, system, day)
        since |= dict.fromkeys((code for code in rising if code not in absent), day)
        rising = [code for code in rising if code in absent]
        gone = invalid(falling, system, day)
        until |= dict.fromkeys(gone, number(day - timedelta(days=1)))
        falling = [code for code in falling if code not in gone]
        absent = invalid(between, system, day)
        came = [code for code in between if code not in absent]
        since |= dict.fromkeys(came, day)
        falling += came
        between = [code for code in between if code in absent]
    return found | {code: (number(first), until[code]) for code, first in since.items()}


def extended(spans: dict[str, tuple[int, int]], system: System, imports: Imports) -> int:
    """Carry ``spans`` on by the official files about days that the engine does not reach; the last day then known.

    A file of October speaks for half a year, one of April to the end of the fiscal year.
    """
    through = number(valid_from_to()[1])
    for each in imports.of(f"{system}-order", f"{system}-addenda"):
        since = each.effective
        if since <= through:
            continue
        if each.source.kind.endswith("order"):
            standing = {entry.code for entry in each.rows if entry.billable}
            gone = [code for code, (_, last) in spans.items() if last == OPEN and code not in standing]
        else:
            standing = {row.entry.code for row in each.rows if row.action == "add" and row.entry.billable}
            gone = [row.entry.code for row in each.rows if row.action == "delete" and row.entry.billable]
        for code in gone:
            closed(spans, code, since)
        spans.update({code: (since, OPEN) for code in standing if spans.get(code, (0, 0))[1] != OPEN})
        if each.source.kind.endswith("order"):
            through = max(through, half_year_end(since))
    return through


def half_year_end(day: int) -> int:
    """The last day before the next regular release after ``day``."""
    year, month = day // 10000, day // 100 % 100
    return year * 10000 + 930 if 4 <= month < 10 else (year + (month >= 10)) * 10000 + 331


def severity_rows(codes: list[str], imports: Imports) -> list[tuple[str, int, int, str]]:
    """CC and MCC by code and time, the grouper versions in which it did not change taken together.

    Tables 6I and 6J, both of them, speak for the years whose grouper is not installed.
    """
    rows: list[tuple[str, int, int, str]] = []
    open_rows: dict[str, tuple[int, str]] = {}
    for begins, levels in _levels(codes, imports):
        for code in sorted(open_rows.keys() | levels.keys()):
            since, level = open_rows.get(code, (0, ""))
            if levels.get(code, "") == level:
                continue
            if level:
                rows.append((code, since, day_before(begins), level))
                del open_rows[code]
            if code in levels:
                open_rows[code] = (begins, levels[code])
    rows += [(code, since, OPEN, level) for code, (since, level) in open_rows.items()]
    return sorted(rows)


def _levels(codes: list[str], imports: Imports) -> Iterable[tuple[int, dict[str, str]]]:
    for version in versions():
        yield number(version_begins(version)), severities(codes, version)
    mcc = {each.effective: each.rows for each in imports.of("table-6i")}
    cc = {each.effective: each.rows for each in imports.of("table-6j")}
    for since in sorted(mcc.keys() & cc.keys()):
        if since > number(version_begins(max(versions()))):
            yield since, dict.fromkeys(cc[since], "CC") | dict.fromkeys(mcc[since], "MCC")


def grouped_by(since: int) -> str:
    """The grouper version that is in force from ``since``, such as 43.0; blank when it is not installed."""
    version = grouper_version(date(since // 10000, since // 100 % 100, since % 100))
    return f"{version // 10}.{version % 10}" if version in versions() else ""
