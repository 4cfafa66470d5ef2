"""Builds the code store from the installed packages and the shipped seeds: same inputs, same content.

Titles come from the tabular list and the seeds; what is valid when, CC and MCC, and the edit lists come from the
grouper and code editor themselves, asked day by day.
"""

from __future__ import annotations

import hashlib
import lzma
import os
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from config.code_sources import FORMAT, CodeSource, cached_store, code_sources, code_store, fingerprint
from db.coding.codes_schema import FIRST, INDEXES, OPEN, TABLES, WORDS
from exchange.code_sets.tabular import Node, in_order, place, read_tabular, spell_out
from rules.codes import ICD10_FROM, System, normal, releases
from rules.codes_facts import having, invalid, principal_edits, severities
from rules.codes_search import BORROWED, fold, wording
from rules.drg import valid_from_to, version_begins, versions

TABLE5_YEAR = 2026
CHANGES_FROM = date(2026, 10, 1)  # cm_changes is about FY 2027

_PRINCIPAL_MARKS = {
    "E_CODE_AS_PDX": "external",
    "MANIFESTATION_AS_PDX": "manifestation",
    "UNACCEPTABLE_PDX": "not-principal",
    "REQUIRES_SDX": "needs-secondary",
    "QUESTIONABLE_ADMISSION": "questionable",
}
_PROCEDURE_MARKS = {"NON_COVERED": "non-covered", "LIMITED_COVERAGE": "limited-coverage"}

# Which of two equally good answers is shown first: what a code loses by what it is. A query that asks for
# pregnancy, external causes or a later encounter names them, and only such codes answer it in full.
_CHAPTER_PENALTY = {"O": 0.35, "P": 0.3, "V": 0.4, "W": 0.3, "X": 0.35, "Y": 0.35, "Z": 0.2, "Q": 0.05}
_HEADER_PENALTY = 0.5
_MARK_PENALTY = {"manifestation": 0.3, "not-principal": 0.05}
_RESIDUAL_PENALTY = 0.05  # "other", "in diseases classified elsewhere"
_UNSPECIFIED_BONUS = 0.12
_ENCOUNTER_PENALTY = {"A": 0.0, "B": 0.08, "C": 0.1, "D": 0.15, "S": 0.2}
_LATER_ENCOUNTER = 0.2
_UNSPECIFIED = ("unspecified", "nos", "without complication", "without complications")


@dataclass(slots=True)
class Version:
    """A code as it stood for a time."""

    system: System
    code: str
    title: str
    billable: bool
    valid_from: int
    valid_to: int
    parent: str = ""
    position: int = 0
    marks: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    borrowed: tuple[str, ...] = ()  # inclusion terms of the codes above it
    penalty: float = 0.0


@dataclass(frozen=True, slots=True)
class Built:
    """What ``build`` made."""

    path: Path
    counts: dict[str, int]
    made: bool = True  # False when the file was there already


@dataclass(slots=True)
class _Contents:
    versions: list[Version] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    severity: list[tuple[str, int, int, str]] = field(default_factory=list)
    weights: list[tuple[str, ...]] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)  # rows by source


Progress = Callable[[str], None]


def build(path: Path, *, progress: Progress = lambda text: None, again: bool = False) -> Built:
    """Build the code store at ``path`` unless it is there for the same inputs; replaced by rename.

    Raises ``config.code_sources.SourceMissing`` and ``OSError``; an older file then stays as it was.
    """
    sources = code_sources()
    inputs = fingerprint(sources)
    if not again and (counts := _counts_of(path, inputs)):
        return Built(path, counts, made=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    contents = _collect(sources, progress)
    progress("Writing the code store.")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        counts = _write(part, contents, sources, inputs)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return Built(path, counts)


def _counts_of(path: Path, inputs: str) -> dict[str, int]:
    """Counts of the code store at ``path`` when it was built from ``inputs``, else nothing."""
    if not path.is_file():
        return {}
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)
        try:
            meta = dict(connection.execute("SELECT name, value FROM meta"))
        finally:
            connection.close()
    except sqlite3.DatabaseError:
        return {}
    if meta.get("inputs") != inputs:
        return {}
    return {
        name.removeprefix("count "): int(value) for name, value in meta.items() if name.startswith("count ")
    }


# What goes in


def _collect(sources: dict[str, CodeSource], progress: Progress) -> _Contents:
    contents = _Contents()
    progress("Reading the ICD-10-CM tabular list.")
    changes = _table(sources["cm_changes"])
    retired = {row["code"]: row["title"] for row in _table(sources["cm_titles_retired"])}
    untitled: dict[str, list[str]] = defaultdict(list)
    for line in lzma.decompress(sources["untitled_codes"].read()).decode().splitlines():
        system, _, code = line.partition("\t")
        untitled[system].append(code)
    nodes = contents.nodes = _tabular(sources)
    listed = sum(node.level == "code" for node in nodes.values())
    for code, title in sorted((retired | dict.fromkeys(untitled["cm"], "")).items()):
        place(nodes, code, title)
    for row in sorted(changes, key=lambda row: row["code"]):
        if row["action"] == "add":
            place(nodes, row["code"], row["title"])
    progress("Asking the code editor which codes are valid when.")
    _diagnoses(contents, changes)
    titles = dict(
        line.split("\t", 1) for line in lzma.decompress(sources["pcs_titles"].read()).decode().splitlines()
    )
    _procedures(contents, titles | dict.fromkeys(untitled["pcs"], ""))
    progress("Asking the grouper for CC and MCC.")
    codes = sorted({each.code for each in contents.versions if each.system is System.CM and each.billable})
    contents.severity = _severity_rows(codes)
    contents.weights = [tuple(row.values()) for row in _table(sources["table5"])]
    contents.rows = {
        "cm_tabular": listed, "cm_codes": listed, "cm_changes": len(changes), "cm_titles_retired": len(retired),
        "untitled_codes": sum(map(len, untitled.values())), "pcs_titles": len(titles),
        "table5": len(contents.weights), "grouper": len(contents.severity),
    }  # fmt: skip
    return contents


def _table(source: CodeSource) -> list[dict[str, str]]:
    head, *rows = (line.split("\t") for line in source.read().decode().splitlines())
    return [dict(zip(head, row, strict=True)) for row in rows]


def _tabular(sources: dict[str, CodeSource]) -> dict[str, Node]:
    nodes = read_tabular(BytesIO(sources["cm_tabular"].read()))
    spell_out(nodes, frozenset(normal(line) for line in sources["cm_codes"].read().decode().split()))
    return nodes


# What is valid when


def number(day: date) -> int:
    """``day`` as the code store keeps it: 20261001."""
    return day.year * 10000 + day.month * 100 + day.day


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


def _diagnoses(contents: _Contents, changes: list[dict[str, str]]) -> None:
    nodes = contents.nodes
    ordered = [node for node in in_order(nodes) if node.level == "code"]
    valid = validity((node.key for node in ordered if not node.children), System.CM)
    valid |= validity((node.key for node in ordered if node.children), System.CM)
    revised = {row["code"]: row["title"] for row in changes if row["action"] == "revise"}
    added = {row["code"] for row in changes if row["action"] == "add"}
    ended = {row["code"] for row in changes if row["action"] == "delete"}
    change, before = number(CHANGES_FROM), number(CHANGES_FROM - timedelta(days=1))
    marks = _diagnosis_marks(valid)
    for position, node in enumerate(ordered):
        code = node.key
        rows = []
        if code in valid:
            first, last = valid[code]
            if code in revised:
                rows.append((node.title, True, first, before))
                rows.append((revised[code], True, change, last))
            else:
                rows.append((node.title, True, first, last))
            if last < OPEN and node.children:  # it went on as a header
                rows.append((node.title, False, _day_after(last), OPEN))
        else:
            rows.append(
                (node.title, False, change if code in added else FIRST, before if code in ended else OPEN)
            )
        borrowed = tuple(_terms_above(nodes, node))
        for title, billable, first, last in rows:
            version = Version(
                System.CM, code, title, billable, first, last, node.parent, position,
                marks.get(code, ()) if billable else (), _own_terms(node), borrowed,
            )  # fmt: skip
            version.penalty = _penalty(version)
            contents.versions.append(version)


def _day_after(day: int) -> int:
    return number(date(day // 10000, day // 100 % 100, day % 100) + timedelta(days=1))


def _own_terms(node: Node) -> tuple[str, ...]:
    return (*node.terms, *(text for kind, text in node.notes if kind == "includes"))


def _terms_above(nodes: dict[str, Node], node: Node) -> Iterator[str]:
    while (above := nodes[node.parent]).level == "code":
        yield from _own_terms(above)
        node = above


def _penalty(version: Version) -> float:
    penalty = _CHAPTER_PENALTY.get(version.code[0], 0.0)
    if not version.billable:
        penalty += _HEADER_PENALTY
    penalty += sum(_MARK_PENALTY.get(mark, 0.0) for mark in version.marks)
    title = version.title.lower()
    if title.startswith("other "):
        penalty += _RESIDUAL_PENALTY
    if title.endswith(_UNSPECIFIED) or "unspecified" in title:
        penalty -= _UNSPECIFIED_BONUS
    if len(version.code) == 7 and version.code[0] in "STVWXYM" and not version.code[6].isdigit():
        penalty += _ENCOUNTER_PENALTY.get(version.code[6], _LATER_ENCOUNTER)
    return penalty


def _diagnosis_marks(valid: dict[str, tuple[int, int]]) -> dict[str, tuple[str, ...]]:
    """The edit lists that each code is on, on the last day on which it is valid."""
    marks: dict[str, list[str]] = defaultdict(list)
    by_day: dict[date, list[str]] = defaultdict(list)
    end = valid_from_to()[1]
    for code, (_, last) in sorted(valid.items()):
        by_day[end if last == OPEN else date(last // 10000, last // 100 % 100, last % 100)].append(code)
    for day, codes in sorted(by_day.items()):
        for code in codes:
            for name in principal_edits(code, day):
                if name in _PRINCIPAL_MARKS:
                    marks[code].append(_PRINCIPAL_MARKS[name])
        for code in having("UNSPECIFIED", codes, System.CM, day):
            marks[code].append("unspecified")
        child, adult, old = (having("AGE_CONFLICT", codes, System.CM, day, age) for age in (5, 30, 70))
        for code in child | adult:
            marks[code].append(_age_mark(code in child, code in adult, code in old))
    return {code: tuple(sorted(each)) for code, each in marks.items()}


def _age_mark(child: bool, adult: bool, old: bool) -> str:
    """The age list from the conflicts at 5, 30 and 70 years: newborn 0, pediatric to 17, maternity 9-64."""
    if adult:
        return "newborn" if child else "pediatric"
    return "maternity" if old else "adult"


def _procedures(contents: _Contents, titles: dict[str, str]) -> None:
    codes = sorted(titles)
    valid = validity(codes, System.PCS)
    marks: dict[str, list[str]] = defaultdict(list)
    end = valid_from_to()[1]
    current = [code for code, (_, last) in valid.items() if last == OPEN]
    for name, mark in _PROCEDURE_MARKS.items():
        for code in having(name, current, System.PCS, end):
            marks[code].append(mark)
    for position, code in enumerate(codes):
        if code in valid:
            first, last = valid[code]
            contents.versions.append(
                Version(
                    System.PCS, code, titles[code], True, first, last, code[:3], position, tuple(marks[code])
                )
            )


def _severity_rows(codes: list[str]) -> list[tuple[str, int, int, str]]:
    """CC and MCC by code and time, the grouper versions in which it did not change taken together."""
    rows: list[tuple[str, int, int, str]] = []
    open_rows: dict[str, tuple[int, str]] = {}
    for version in versions():
        begins = version_begins(version)
        levels = severities(codes, version)
        for code in sorted(open_rows.keys() | levels.keys()):
            since, level = open_rows.get(code, (0, ""))
            if levels.get(code, "") == level:
                continue
            if level:
                rows.append((code, since, number(begins - timedelta(days=1)), level))
                del open_rows[code]
            if code in levels:
                open_rows[code] = (number(begins), levels[code])
    rows += [(code, since, OPEN, level) for code, (since, level) in open_rows.items()]
    return sorted(rows)


# Writing


def _write(path: Path, contents: _Contents, sources: dict[str, CodeSource], inputs: str) -> dict[str, int]:
    connection = sqlite3.connect(path)
    try:
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + TABLES)
        with connection:
            counts = _fill(connection, contents)
            _describe(connection, contents, sources, inputs, counts)
        connection.executescript(INDEXES + "ANALYZE;")
    finally:
        connection.close()
    return counts


def _fill(connection: sqlite3.Connection, contents: _Contents) -> dict[str, int]:
    ranked = sorted(
        contents.versions,
        key=lambda each: (
            each.penalty + 0.02 * each.title.count(" "),
            each.system,
            each.position,
            each.valid_from,
        ),
    )
    words: dict[str, set[str]] = defaultdict(set)
    fold_term = lru_cache(maxsize=None)(fold)  # a category lends its terms to every code under it
    for system in System:
        connection.execute(WORDS.format(system=system.value))
    for id_, each in enumerate(ranked, 1):
        title = fold(each.title)
        own = dict.fromkeys((title, *map(fold_term, each.terms)))
        others = dict.fromkeys(text for text in map(fold_term, each.borrowed) if text not in own)
        wordings = [*map(wording, own), *(BORROWED + wording(text) for text in others)]
        connection.execute(
            "INSERT INTO code VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                id_, each.system, each.code, each.title, each.billable, each.valid_from, each.valid_to, each.parent,
                each.position, " ".join(each.marks), round(each.penalty, 2), "|".join(wordings),
            ),
        )  # fmt: skip
        text = " ".join((*own, *others)).strip()
        if text:
            connection.execute(f"INSERT INTO words_{each.system} (rowid, text) VALUES (?, ?)", (id_, text))
            for word in set(text.split(" ")):
                words[word].add(each.system)
    connection.executemany(
        "INSERT INTO word VALUES (?, ?)", [(word, " ".join(sorted(of))) for word, of in sorted(words.items())]
    )
    for system in System:
        connection.execute(f"INSERT INTO words_{system} (words_{system}) VALUES ('optimize')")
    nodes = [node for node in contents.nodes.values() if node.level != "code"]
    connection.executemany(
        "INSERT INTO place VALUES (?, ?, ?, ?)",
        [(node.key, node.title, node.parent, node.level) for node in nodes],
    )
    connection.executemany("INSERT INTO note VALUES (?, ?, ?, ?)", _note_rows(contents.nodes))
    connection.executemany("INSERT INTO severity VALUES (?, ?, ?, ?)", contents.severity)
    connection.executemany(
        "INSERT INTO weight VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (TABLE5_YEAR, drg, mdc, type_, title, int(post), int(special), weight, gmlos, amlos)
            for drg, mdc, type_, post, special, weight, gmlos, amlos, title in contents.weights
        ],
    )
    return _counted(contents)


def _note_rows(nodes: dict[str, Node]) -> Iterator[tuple[str, int, str, str]]:
    for key, node in nodes.items():
        notes = [("inclusionTerm", term) for term in node.terms] + node.notes
        yield from ((key, row, kind, text) for row, (kind, text) in enumerate(notes, 1))


def _counted(contents: _Contents) -> dict[str, int]:
    counts = {"weights": len(contents.weights)}
    for system in (System.CM, System.PCS):
        now = [each for each in contents.versions if each.system is system and each.valid_to == OPEN]
        counts[f"{system} valid"] = sum(each.billable for each in now)
        counts[f"{system} headers"] = sum(not each.billable for each in now)
        counts[f"{system} untitled"] = sum(each.billable and not each.title for each in now)
    return counts


def _describe(
    connection: sqlite3.Connection,
    contents: _Contents,
    sources: dict[str, CodeSource],
    inputs: str,
    counts: dict[str, int],
) -> None:
    meta = {
        "format": str(FORMAT),
        "inputs": inputs,
        "valid_through": valid_from_to()[1].isoformat(),
        "grouper_versions": " ".join(f"{version // 10}.{version % 10}" for version in versions()),
        **{f"count {name}": str(count) for name, count in counts.items()},
    }
    connection.executemany("INSERT INTO meta VALUES (?, ?)", sorted(meta.items()))
    connection.executemany(
        "INSERT INTO source VALUES (?, '', 0, ?, ?, ?, ?, '', '')",
        [
            (
                name,
                each.release,
                each.file.name,
                hashlib.sha256(each.read()).hexdigest(),
                contents.rows.get(name, 0),
            )
            for name, each in sorted(sources.items())
        ],
    )


def ready(store: Path | None = None, *, progress: Progress = lambda text: None) -> Path:
    """The code store to use (see ``config.code_sources.code_store``), built first when the user's cache has none.

    Raises ``config.code_sources.SourceMissing`` and ``OSError``.
    """
    path = code_store(store)
    if path == cached_store() and not path.is_file():
        build(path, progress=progress)
    return path
