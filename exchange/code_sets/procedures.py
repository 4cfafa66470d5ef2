"""ICD-10-PCS and HCPCS Level II as they go into the code store: titles and standing by time."""

from __future__ import annotations

import lzma
from collections import defaultdict
from collections.abc import Mapping

from config.code_sources import CodeSource
from db.coding.codes_schema import FIRST, OPEN
from exchange.code_sets.contents import Contents, Imports, Titles, Version, day_before
from exchange.code_sets.diagnoses import HEADER_PENALTY, untitled
from exchange.code_sets.hcpcs import Hcpcs
from exchange.code_sets.pcs_xml import composed
from exchange.code_sets.search_index import procedure_penalty
from exchange.code_sets.validity import extended, validity
from rules.codes import System
from rules.codes_facts import having
from rules.drg import valid_from_to

SEED_FROM = 20240401  # the shipped titles are those of April 2024
COMPOSED = "composed"  # a wording put together from the tables, not the official title
_PROCEDURE_MARKS = {"NON_COVERED": "non-covered", "LIMITED_COVERAGE": "limited-coverage"}


def collect(contents: Contents, sources: Mapping[str, CodeSource], imports: Imports) -> int:
    """Put the inpatient procedures into ``contents``. Returns the last day on which they are known."""
    seed = dict(
        line.split("\t", 1) for line in lzma.decompress(sources["pcs_titles"].read()).decode().splitlines()
    )
    contents.rows["pcs_titles"] = len(seed)
    titles = Titles()
    titles.add(SEED_FROM, seed)
    headers: dict[str, str] = {}
    without = untitled(sources, System.PCS)
    contents.rows["untitled_codes"] += len(without)
    codes = {*seed, *without}
    for each in imports.of("pcs-order", "pcs-addenda"):
        entries = (
            each.rows if each.source.kind == "pcs-order"
            else [row.entry for row in each.rows if row.action in ("add", "revise to")]
        )  # fmt: skip
        titles.add(each.effective, {entry.code: entry.title for entry in entries})
        codes |= {entry.code for entry in entries if entry.billable}
        headers |= {entry.code: entry.title for entry in entries if not entry.billable}
    wordings = composed(latest[-1].rows) if (latest := imports.of("pcs-tables")) else {}
    ordered = sorted({*codes, *wordings})
    valid = validity(ordered, System.PCS)
    through = extended(valid, System.PCS, imports)
    marks = _marks(valid)
    positions = {code: at for at, code in enumerate(sorted({*ordered, *headers}))}
    for code in headers:
        contents.versions.append(
            Version(
                System.PCS,
                code,
                headers[code],
                False,
                FIRST,
                OPEN,
                "",
                positions[code],
                penalty=HEADER_PENALTY,
            )
        )
    for code in ordered:
        for title, first, last in titles.over(code, *valid[code]) if code in valid else ():
            known = tuple(marks[code]) if title or code not in wordings else (*marks[code], COMPOSED)
            title = title or wordings.get(code, "")
            contents.versions.append(
                Version(
                    System.PCS,
                    code,
                    title,
                    True,
                    first,
                    last,
                    code[:3],
                    positions[code],
                    known,
                    penalty=procedure_penalty(code),
                )
            )
    return through


def _marks(valid: dict[str, tuple[int, int]]) -> dict[str, list[str]]:
    marks: dict[str, list[str]] = defaultdict(list)
    current = [code for code, (_, last) in valid.items() if last == OPEN]
    for name, mark in _PROCEDURE_MARKS.items():
        for code in having(name, current, System.PCS, valid_from_to()[1]):
            marks[code].append(mark)
    return marks


def collect_hcpcs(contents: Contents, imports: Imports) -> None:
    """Put HCPCS Level II into ``contents``: a later release says how a code stands, an older one what it was called."""
    releases = imports.of("hcpcs")
    records: dict[tuple[bool, str], list[tuple[int, Hcpcs]]] = defaultdict(list)
    titles = {modifier: Titles() for modifier in (False, True)}
    for each in releases:
        for modifier, book in titles.items():
            book.add(each.effective, {row.code: row.title for row in each.rows if row.modifier is modifier})
        for row in each.rows:
            records[row.modifier, row.code].append((each.effective, row))
    more, modifiers = [], []
    for position, ((modifier, code), rows) in enumerate(sorted(records.items())):
        since, last_row = rows[-1]
        first = min(row.added or row.begins or at for at, row in rows)
        ends = last_row.ends or _left_out(since, [each.effective for each in releases])
        if first > ends:
            continue
        spans = titles[modifier].over(code, first, ends)
        if modifier:
            modifiers += [(code, title, begins, to) for title, begins, to in spans]
            continue
        contents.versions += [
            Version(System.HCPCS, code, title, True, begins, to, "", position, terms=(last_row.short,))
            for title, begins, to in spans
        ]
        more.append(
            (code, first, ends, last_row.short, last_row.coverage, last_row.betos, last_row.pricing,
             last_row.action, last_row.added)
        )  # fmt: skip
    contents.tables |= {"hcpcs": more, "hcpcs_modifier": modifiers}


def _left_out(since: int, releases: list[int]) -> int:
    """The last day of a code that is in the release of ``since`` and in none after it."""
    later = [each for each in releases if each > since]
    return day_before(min(later)) if later else OPEN
