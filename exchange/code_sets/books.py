"""What imported files bring beside codes: index, PCS tables, POA list, weights, exclusions, facility sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config.code_sources import CodeSource
from db.coding.codes_schema import FIRST, OPEN
from exchange.code_sets.contents import Contents, Imports, day_before
from exchange.code_sets.diagnoses import rows_of
from exchange.code_sets.drg_tables import DrgWeight
from exchange.code_sets.index_terms import index_terms
from exchange.code_sets.kinds import BOOKS, KINDS
from exchange.code_sets.official import counted
from exchange.code_sets.validity import grouped_by
from rules.codes_search import fold

SEED_YEAR = 2026  # of the shipped Table 5


def collect(contents: Contents, sources: Mapping[str, CodeSource], imports: Imports) -> None:
    """Put all of these into ``contents``."""
    _weights(contents, sources, imports)
    _indexes(contents, imports)
    for each in imports.of("pcs-tables")[-1:]:
        contents.tables["pcs_value"] = [
            (row.table, row.row, row.pos, row.code, row.title) for row in each.rows
        ]
    for each in imports.of("pcs-definitions")[-1:]:
        rows = {(row.section, row.pos, row.title): row for row in each.rows}
        contents.tables["pcs_definition"] = [
            (*key, row.definition, row.explanation, row.includes) for key, row in sorted(rows.items())
        ]
    _poa(contents, imports)
    _exclusions(contents, imports)
    _facility(contents, imports)


def _weights(contents: Contents, sources: Mapping[str, CodeSource], imports: Imports) -> None:
    contents.weights[SEED_YEAR] = [
        DrgWeight(
            row["drg"], row["mdc"], row["type"], row["post_acute"] == "1", row["special_pay"] == "1",
            row["weight"], row["gmlos"], row["amlos"], row["title"],
        )
        for row in rows_of(sources["table5"])
    ]  # fmt: skip
    contents.rows["table5"] = len(contents.weights[SEED_YEAR])
    for each in imports.of("table-5"):
        contents.weights[each.source.year] = each.rows


def _indexes(contents: Contents, imports: Imports) -> None:
    entries: list[tuple[Any, ...]] = []
    titles: list[tuple[Any, ...]] = []
    for kind, book in BOOKS.items():
        for each in imports.of(kind)[-1:]:
            base = len(entries)
            for row in each.rows:
                id_, parent = base + row.id, base + row.parent if row.parent else 0
                entries.append(
                    (id_, book, parent, row.level, row.title, row.nemod, row.code, row.manif, row.see,
                     row.see_also, row.cells)
                )  # fmt: skip
                titles.append((book, fold(row.title), id_))
    terms = [(id_, *term) for id_, term in enumerate(index_terms(entries, titles), 1)] if entries else []
    contents.tables |= {"index_entry": entries, "index_title": titles, "index_term": terms}


def _poa(contents: Contents, imports: Imports) -> None:
    """The lists one after the other: each holds until the next, the last one until it is replaced.

    Codes that were added and deleted make a list of the one before, unless the list of that day is there itself.
    """
    lists = {each.effective: frozenset[str](each.rows) for each in imports.of("poa-exempt")}
    changes = imports.of("poa-add", "poa-delete")
    for day in sorted({each.effective for each in changes} - lists.keys()):
        if before := max((each for each in lists if each < day), default=0):
            of_day = {
                each.source.kind: frozenset[str](each.rows) for each in changes if each.effective == day
            }
            lists[day] = (lists[before] | of_day.get("poa-add", frozenset())) - of_day.get(
                "poa-delete", frozenset()
            )
    contents.poa_lists = lists
    starts = sorted(contents.poa_lists)
    ends = [*(day_before(each) for each in starts[1:]), OPEN][: len(starts)]
    rows: dict[str, list[tuple[str, int, int]]] = {}
    for since, until in zip(starts, ends, strict=True):
        for code in contents.poa_lists[since]:
            own = rows.setdefault(code, [])
            if own and own[-1][2] == day_before(since):
                own[-1] = (code, own[-1][1], until)
            else:
                own.append((code, since, until))
    contents.tables["poa_exempt"] = [row for _, own in sorted(rows.items()) for row in own]
    contents.meta["poa_lists"] = " ".join(map(str, starts))


def _exclusions(contents: Contents, imports: Imports) -> None:
    members: list[tuple[Any, ...]] = []
    collections: list[tuple[Any, ...]] = []
    for each in imports.of("table-6k"):
        year = each.source.year
        members += [(year, code, level, collection) for code, level, collection in sorted(each.rows.members)]
        collections += [
            (year, name, " ".join(codes)) for name, codes in sorted(each.rows.collections.items())
        ]
    contents.tables |= {"cc_exclusion": members, "exclusion_collection": collections}


def _facility(contents: Contents, imports: Imports) -> None:
    sets: list[tuple[Any, ...]] = []
    codes: list[tuple[Any, ...]] = []
    for each in imports.of("facility"):
        source = each.source
        name = source.name.split(" ")[1]
        sets.append((name, source.title, source.licence_holder, source.year))
        codes += [
            (name, row.code, row.short, row.long, _day(row.effective, FIRST), _day(row.end, OPEN))
            for row in each.rows
        ]
    contents.tables |= {"facility_set": sets, "facility_code": codes}


def _day(text: str, otherwise: int) -> int:
    return int(text.replace("-", "")) if text else otherwise


def differences(contents: Contents, imports: Imports) -> dict[str, str]:
    """Where Tables 6I, 6J and 6K do not say what the installed grouper does, by the name of the table."""
    found: dict[str, str] = {}
    for each in imports.of("table-6i", "table-6j", "table-6k"):
        if not (version := grouped_by(each.effective)):
            continue
        levels = {
            code: level for code, first, last, level in contents.severity if first <= each.effective <= last
        }
        apart = sorted(told_apart(each.source.kind, each.rows, levels))
        what = f"{counted(len(apart))} otherwise: {', '.join(apart[:10])}" if apart else "agrees"
        found[f"differs {each.source.name}"] = (
            f"{KINDS[each.source.kind].title} of {each.source.edition}: {what} (grouper {version})"
        )
    return found


def told_apart(kind: str, rows: Any, levels: Mapping[str, str]) -> set[str]:
    """The codes to which a table gives another level than ``levels`` do."""
    if kind == "table-6k":
        table = {code: level for code, level, _ in rows.members}
        return {code for code in table.keys() | levels.keys() if table.get(code) != levels.get(code)}
    level = {"table-6i": "MCC", "table-6j": "CC"}[kind]
    return set(rows) ^ {code for code, each in levels.items() if each == level}
