"""ICD-10-CM as it goes into the code store: tabular order, titles and standing by time, edit lists, rank."""

from __future__ import annotations

import lzma
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from io import BytesIO

from config.code_sources import CodeSource
from db.coding.codes_schema import FIRST, OPEN
from exchange.code_sets.contents import (
    Contents,
    Imports,
    Titles,
    Version,
    as_date,
    day_after,
    day_before,
)
from exchange.code_sets.tabular import Node, in_order, place, read_tabular, seventh_codes, spell_out
from exchange.code_sets.validity import extended, validity
from rules.codes import System, normal
from rules.codes_facts import having, invalid, principal_edits
from rules.drg import valid_from_to

PACKAGED_FROM = 20251001  # the tabular list of the package is that of FY 2026
CHANGES_FROM = 20261001  # the shipped change list is about FY 2027

_PRINCIPAL_MARKS = {
    "E_CODE_AS_PDX": "external",
    "MANIFESTATION_AS_PDX": "manifestation",
    "UNACCEPTABLE_PDX": "not-principal",
    "REQUIRES_SDX": "needs-secondary",
    "QUESTIONABLE_ADMISSION": "questionable",
}

# Which of two equally good answers is shown first: what a code loses by what it is. A query that asks for
# pregnancy, external causes or a later encounter names them, and only such codes answer it in full.
_CHAPTER_PENALTY = {"O": 0.35, "P": 0.3, "V": 0.4, "W": 0.3, "X": 0.35, "Y": 0.35, "Z": 0.2, "Q": 0.05}
HEADER_PENALTY = 0.5
_MARK_PENALTY = {"manifestation": 0.3, "not-principal": 0.05}
_RESIDUAL_PENALTY = 0.05  # "other", "in diseases classified elsewhere"
_UNSPECIFIED_BONUS = 0.12
_ENCOUNTER_PENALTY = {"A": 0.0, "B": 0.08, "C": 0.1, "D": 0.15, "E": 0.25, "F": 0.27, "S": 0.2}
_LATER_ENCOUNTER = 0.3  # of a fracture that does not heal as it should
_UNSPECIFIED = ("unspecified", "nos", "without complication", "without complications")


Table = list[dict[str, str]]


def collect(contents: Contents, sources: Mapping[str, CodeSource], imports: Imports) -> int:
    """Put the diagnoses into ``contents``. Returns the last day on which they are known."""
    changes, retired = rows_of(sources["cm_changes"]), rows_of(sources["cm_titles_retired"])
    packaged = read_tabular(BytesIO(sources["cm_tabular"].read()))
    listed = frozenset(normal(line) for line in sources["cm_codes"].read().decode().split())
    spell_out(packaged, listed)
    contents.rows["cm_tabular"] = sum(node.level == "code" for node in packaged.values())
    contents.rows |= {"cm_codes": len(listed), "cm_changes": len(changes), "cm_titles_retired": len(retired)}
    titles = Titles()
    nodes = contents.nodes = _newest(packaged, titles, imports)
    places = {row["code"]: row["title"] for row in retired} | dict.fromkeys(untitled(sources, System.CM), "")
    contents.rows["untitled_codes"] = len(places) - len(retired)
    for code, title in sorted(places.items()):
        if code not in nodes:
            place(nodes, code, title)
    added = sorted((row for row in changes if row["action"] == "add"), key=lambda row: row["code"])
    for row in added:
        if row["code"] not in nodes:
            place(nodes, row["code"], row["title"])
    titles.add(
        FIRST, {key: node.title for key, node in nodes.items() if node.level == "code"}, official=False
    )
    titles.add(PACKAGED_FROM, {key: node.title for key, node in packaged.items()}, official=False)
    revised = {row["code"]: row["title"] for row in changes if row["action"] in ("revise", "add")}
    titles.add(CHANGES_FROM, revised, official=False)
    _add_official(nodes, titles, imports)
    return _versions(contents, changes, titles, imports)


def rows_of(source: CodeSource) -> Table:
    """The rows of a seed with a heading."""
    head, *rows = (line.split("\t") for line in source.read().decode().splitlines())
    return [dict(zip(head, row, strict=True)) for row in rows]


def untitled(sources: Mapping[str, CodeSource], system: System) -> list[str]:
    """The codes of a set that are known to be valid at some time and have no title in a seed."""
    text = lzma.decompress(sources["untitled_codes"].read()).decode()
    pairs = (line.partition("\t") for line in text.splitlines())
    return [code for name, _, code in pairs if name == system]


def _newest(packaged: dict[str, Node], titles: Titles, imports: Imports) -> dict[str, Node]:
    """The nodes of the newest tabular list, with those that only the older ones have put in their places."""
    lists = [(PACKAGED_FROM, packaged)]
    for each in imports.of("cm-tabular"):
        nodes: dict[str, Node] = each.rows
        spell_out(nodes, _seventh(nodes, packaged, each.effective))
        lists.append((each.effective, nodes))
    lists.sort(key=lambda pair: pair[0])
    for since, nodes in lists:
        if nodes is not packaged:
            titles.add(
                since,
                {key: node.title for key, node in nodes.items() if node.level == "code"},
                official=False,
            )
    newest = lists[-1][1]
    for _, older in reversed(lists[:-1]):
        for node in in_order(older):
            if node.level == "code" and node.key not in newest:
                place(newest, node.key, node.title)
                newest[node.key].terms, newest[node.key].notes = node.terms, node.notes
    return newest


def _seventh(nodes: dict[str, Node], packaged: dict[str, Node], effective: int) -> frozenset[str]:
    """The codes with a seventh character that there are: those of the package, and what the code editor knows."""
    possible = set(seventh_codes(nodes))
    day = min(as_date(effective), valid_from_to()[1])
    unknown = sorted(possible - packaged.keys())
    return frozenset(possible - invalid(unknown, System.CM, day))


def _add_official(nodes: dict[str, Node], titles: Titles, imports: Imports) -> None:
    for each in imports.of("cm-order", "cm-addenda", "cm-changes"):
        if each.source.kind == "cm-order":
            found = {entry.code: entry.title for entry in each.rows}
        else:
            found = {
                row.entry.code: row.entry.title for row in each.rows if row.action in ("add", "revise to")
            }
        for code, title in sorted(found.items()):
            if code not in nodes:
                place(nodes, code, title)
        titles.add(each.effective, found)


def _versions(contents: Contents, changes: Table, titles: Titles, imports: Imports) -> int:
    nodes = contents.nodes
    ordered = [node for node in in_order(nodes) if node.level == "code"]
    valid = validity((node.key for node in ordered if not node.children), System.CM)
    valid |= validity((node.key for node in ordered if node.children), System.CM)
    through = extended(valid, System.CM, imports)
    headers = _Headers(changes, imports)
    marks = _diagnosis_marks(valid)
    for position, node in enumerate(ordered):
        code, own, borrowed = node.key, _own_terms(node), tuple(_terms_above(nodes, node))
        spans = []
        if code in valid:
            first, last = valid[code]
            spans.append((True, first, last))
            if last < OPEN and node.children:  # it went on as a header
                spans.append((False, day_after(last), OPEN))
        else:
            spans.append((False, *headers.span(code)))
        for billable, first, last in spans:
            for title, begins, ends in titles.over(code, first, last):
                version = Version(
                    System.CM, code, title, billable, begins, ends, node.parent, position,
                    marks.get(code, ()) if billable else (), own, borrowed,
                )  # fmt: skip
                version.penalty = _penalty(version)
                contents.versions.append(version)
    return through


class _Headers:
    """From when to when a header stood, by the shipped change list and the order files that are there."""

    def __init__(self, changes: Table, imports: Imports) -> None:
        self._added = {row["code"] for row in changes if row["action"] == "add"}
        self._ended = {row["code"] for row in changes if row["action"] == "delete"}
        self._editions = [
            (each.effective, {entry.code for entry in each.rows}) for each in imports.of("cm-order")
        ]

    def span(self, code: str) -> tuple[int, int]:
        first = CHANGES_FROM if code in self._added else FIRST
        last = day_before(CHANGES_FROM) if code in self._ended else OPEN
        had: bool | None = None
        for since, codes in self._editions:
            has = code in codes
            if had is False and has:
                first = since
            elif had and not has:
                last = day_before(since)
            had = has
        return (first, last) if first < last else (first, OPEN)


def _own_terms(node: Node) -> tuple[str, ...]:
    return (*node.terms, *(text for kind, text in node.notes if kind == "includes"))


def _terms_above(nodes: dict[str, Node], node: Node) -> Iterator[str]:
    while (above := nodes[node.parent]).level == "code":
        yield from _own_terms(above)
        node = above


def _penalty(version: Version) -> float:
    penalty = _CHAPTER_PENALTY.get(version.code[0], 0.0)
    if not version.billable:
        penalty += HEADER_PENALTY
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
        by_day[min(end, as_date(last)) if last < OPEN else end].append(code)
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
