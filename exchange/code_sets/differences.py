"""What an import changed: the code store before and after it, compared row by row."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from db.coding.codes import CodeStore
from db.coding.codes_schema import OPEN
from db.coding.imported_changes import Difference
from exchange.code_sets.contents import as_date

WHAT = {
    "new": "codes new", "gone": "codes gone", "title": "titles new or changed", "dates": "codes with other dates",
    "severity": "CC or MCC changed", "poa": "POA exemption changed", "weight": "DRG weights new or changed",
    "index": "index terms added or removed", "facility": "codes of the facility's own sets added or removed",
}  # fmt: skip


def between(before: Path, after: Path) -> list[Difference]:
    """What ``after`` says otherwise than ``before``; nothing when ``before`` is not there."""
    if not before.is_file():
        return []
    with closing(sqlite3.connect(f"{after.absolute().as_uri()}?immutable=1", uri=True)) as connection:
        connection.execute("ATTACH ? AS old", (f"{before.absolute().as_uri()}?immutable=1",))
        return [*_codes(connection), *_rows(connection), *_exemptions(connection, before, after)]


_CODE = "system, code, valid_from, valid_to, billable, title"


def _codes(connection: sqlite3.Connection) -> Iterator[Difference]:
    changed = connection.execute(
        f"SELECT DISTINCT system, code FROM (SELECT {_CODE} FROM main.code EXCEPT SELECT {_CODE} FROM old.code)"
        f" UNION SELECT DISTINCT system, code FROM (SELECT {_CODE} FROM old.code EXCEPT SELECT {_CODE} FROM main.code)"
        " ORDER BY 1, 2"
    ).fetchall()
    for system, code in changed:
        old, new = (
            connection.execute(
                f"SELECT valid_from, valid_to, billable, title FROM {schema}.code WHERE system = ? AND code = ?"
                " ORDER BY valid_from",
                (system, code),
            ).fetchall()
            for schema in ("old", "main")
        )
        yield from _of_code(system, code, old, new)


def _of_code(
    system: str, code: str, old: Sequence[tuple[int, int, int, str]], new: Sequence[tuple[int, int, int, str]]
) -> Iterator[Difference]:
    if not old:
        yield Difference(system, code, "new", new[0][0], "", new[-1][3])
        return
    if not new:
        yield Difference(system, code, "gone", old[0][0], old[-1][3], "")
        return
    spans = [[(first, last) for first, last, billable, _ in rows if billable] for rows in (old, new)]
    stood = [
        (min(first for first, _ in each), max(last for _, last in each)) if each else None for each in spans
    ]
    if stood[0] != stood[1]:
        yield Difference(system, code, "dates", new[0][0], _days(stood[0]), _days(stood[1]))
    for first, _, _, title in new:
        was = next((row[3] for row in old if row[0] <= first <= row[1]), "")
        if title != was:
            yield Difference(system, code, "title", first, was, title)


def _days(span: tuple[int, int] | None) -> str:
    if span is None:
        return "header"
    return f"{span[0]}-{span[1]}" if span[1] < OPEN else f"from {span[0]}"


_VALUES = {
    "severity": "SELECT code, valid_from, level FROM {schema}.severity",
    "weight": "SELECT drg, fiscal_year, weight FROM {schema}.weight",
}
_COUNTED = {"index": ("index_entry", "book"), "facility": ("facility_code", "set_name")}


def _rows(connection: sqlite3.Connection) -> Iterator[Difference]:
    for kind, query in _VALUES.items():
        old, new = (
            {(key, since): value for key, since, value in connection.execute(query.format(schema=schema))}
            for schema in ("old", "main")
        )
        for key, since in sorted(old.keys() | new.keys()):
            was, now = old.get((key, since), ""), new.get((key, since), "")
            if was != now:
                yield Difference("drg" if kind == "weight" else "cm", key, kind, since, was, now)
    for kind, (table, column) in _COUNTED.items():
        counts = [
            dict(connection.execute(f"SELECT {column}, count(*) FROM {schema}.{table} GROUP BY 1"))
            for schema in ("old", "main")
        ]
        for name in sorted(counts[0].keys() | counts[1].keys()):
            before, after = (str(each.get(name, 0)) for each in counts)
            if before != after:
                yield Difference(name, "", kind, 0, before, after)


def _exemptions(connection: sqlite3.Connection, before: Path, after: Path) -> Iterator[Difference]:
    """Diagnoses that are exempt from POA reporting in one store and not known to be in the other."""
    changed = connection.execute(
        "SELECT code, min(valid_from) FROM (SELECT * FROM (SELECT * FROM main.poa_exempt EXCEPT SELECT * FROM"
        " old.poa_exempt) UNION ALL SELECT * FROM (SELECT * FROM old.poa_exempt EXCEPT SELECT * FROM main.poa_exempt))"
        " GROUP BY code ORDER BY code"
    ).fetchall()
    if not changed:
        return
    with CodeStore.open(before) as old, CodeStore.open(after) as new:
        for code, since in changed:
            was, now = (store.poa_exempt(code, as_date(since)) is True for store in (old, new))
            if was != now:
                yield Difference("cm", code, "poa", since, "exempt" if was else "", "exempt" if now else "")


def summed(differences: Iterable[Difference]) -> list[tuple[str, str, int]]:
    """System, what changed, and how many; of an index or a set of the facility by how many rows it grew or shrank."""
    counts: Counter[tuple[str, str]] = Counter()
    for each in differences:
        counts[each.system, each.kind] += abs(int(each.new) - int(each.old)) if each.kind in _COUNTED else 1
    return [(system, WHAT[kind], count) for (system, kind), count in sorted(counts.items())]
