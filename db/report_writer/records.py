"""The records that a written report asks for, and what they hold: a statement, and one for each item shown.

Text from users is only ever bound. Items of records are read from ``case_item``: where few records are asked for
by their key, else item by item along the index ``case_item_text``, never from the documents.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Final

from db.connect import database
from db.schema.disclosure import NO_DUE_DAY, Request
from db.schema.hospital import Patient
from rules.dates import Unclear
from rules.dictionary import ItemType, is_null, split_path
from rules.report_sets import FILED_BY, NUMBER, PATIENT, ROWS, STATUS, Askable, DataSet
from rules.report_writer import Condition, alternatives, canonical, parts

DISCLOSURE: Final = "disclosure"
BEYOND: Final = "\U0010ffff"  # sorts after every text that begins alike
FEW: Final = 8  # records are read by their key when they are at most one of so many
ORDINAL: Final = 1721424.5  # Julian day of day number 0
Bound = tuple[object, ...]
Test = Callable[[str], tuple[str, Bound]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records, and what of them. Days are day numbers, both inside; None is open."""

    over: DataSet
    paths: tuple[str, ...]
    conditions: tuple[Condition, ...]
    now: datetime
    first: int | None = None
    last: int | None = None
    without: Collection[int] = ()  # records left out
    who: bool = True  # numbers and patients too


@dataclass(frozen=True, slots=True)
class Found:
    """Records in the order in which they were begun. Numbers and patients are blank where nobody asked ``who``."""

    ids: Sequence[int]
    numbers: Sequence[str]
    patients: Sequence[int]
    columns: Mapping[str, Sequence[str]]  # values by path of ``Wanted``, one for each record


def fetch(wanted: Wanted) -> Found:
    """The records and their values; a null as ``/NA``, several values with ``ROWS`` between them."""
    kind = _kind(wanted.over)
    places = {path: _column(wanted.over, path) for path in wanted.paths}
    stored = [path for path, place in places.items() if place]
    who = [_ID[kind][1], _NUMBERED[kind]] if wanted.who else []
    statement, bound = _chosen(wanted, [*who, *(places[path] for path in stored)])
    rows = sorted(database.execute_sql(statement, bound), key=itemgetter(0))
    ids, *found = zip(*rows, strict=True) if rows else [()] * (1 + len(who) + len(stored))
    charts, numbers = (found[0], found[1]) if who else ([0] * len(ids), [""] * len(ids))
    columns: dict[str, Sequence[str]] = {path: [""] * len(ids) for path in wanted.paths}
    for path, values in zip(stored, found[len(who) :], strict=True):
        columns[path] = ["" if value is None else str(value) for value in values]
    if kind == "case" and ids:
        missing = [path for path, place in places.items() if not place and wanted.over.find(path)]
        columns |= _items(wanted, ids, missing)
    return Found(ids, numbers, charts, columns)


def sensitive_charts() -> set[int]:
    """Patients whose charts are marked."""
    return {int(row[0]) for row in database.execute_sql("SELECT patient_id FROM sensitive_patient")}


# Which records

_BASE: Final = {
    "case": (
        "data_case t LEFT JOIN patient p ON p.id = t.patient_id",
        "t.data_set = ? AND t.void_utc IS NULL",
    ),
    DISCLOSURE: ("request t LEFT JOIN patient p ON p.id = t.patient_id", ""),
    PATIENT: ("patient p", "p.void_utc IS NULL AND p.merged_into_id IS NULL"),
}
_NARROW: Final = "INDEXED BY data_case_filed"  # rows of records hold their documents: they are wide
_DATED: Final = (
    "case_item d CROSS JOIN data_case t ON t.id = d.case_id LEFT JOIN patient p ON p.id = t.patient_id",
    "d.item = ? AND d.seq = 0 AND d.day BETWEEN ? AND ? AND t.data_set = ? AND t.void_utc IS NULL",
)
_ID: Final = {
    "case": ("t.id", "t.patient_id"),
    DISCLOSURE: ("t.id", "t.patient_id"),
    PATIENT: ("p.id", "p.id"),
}
_NUMBERED: Final = {"case": "t.number", DISCLOSURE: "t.number", PATIENT: "p.mrn"}
_OF_RECORD: Final = {NUMBER: "t.number", STATUS: "t.status", FILED_BY: "t.filed_by"}
_OF_REQUEST: Final = {
    NUMBER: "t.number", "request_number": "t.number", STATUS: "t.status", "status": "t.status",
    FILED_BY: "t.created_by", "patient_name": "p.last_name || ',' || p.first_name",
    "due_on": f"CASE t.due_day WHEN {NO_DUE_DAY} THEN '' ELSE date(t.due_day + {ORDINAL}) END",
}  # fmt: skip


def _kind(over: DataSet) -> str:
    return over.id if over.id in _BASE else "case"


def _column(over: DataSet, path: str) -> str:
    """The expression of an item that stands in a typed table; blank for one of ``case_item``."""
    asked, kind = over.find(path), _kind(over)
    table, _, name = asked.item.column.partition(".") if asked else ("", "", "")
    if table == "patient" and name in Patient._meta.columns:
        return f"p.{name}"
    if path == "mrn":
        return "p.mrn"
    if kind == DISCLOSURE and asked is not None:
        if path in _OF_REQUEST:
            return _OF_REQUEST[path]
        kept = f"json_extract(t.document, '$.{path}')" if path.isidentifier() else "''"
        return f"coalesce(t.{name}, {kept})" if table == "request" and name in Request._meta.columns else kept
    return _OF_RECORD.get(path, "") if kind == "case" else ""


def _chosen(wanted: Wanted, columns: Sequence[str]) -> tuple[str, Bound]:
    """The statement over the records that are asked for."""
    over, kind = wanted.over, _kind(wanted.over)
    source, where = _BASE[kind]
    bound: list[object] = [over.id] if kind == "case" else []
    if wanted.first is not None or wanted.last is not None:
        low, high = wanted.first or -1, wanted.last if wanted.last is not None else 2**40
        if kind == "case":
            source, where = _DATED
            bound = [over.dictionary.dated_by, low, high, over.id]
        elif kind == DISCLOSURE:
            where, bound = "t.received_day BETWEEN ? AND ?", [low, high]
    elif kind == "case" and not (columns or wanted.conditions):
        source = source.replace("data_case t", f"data_case t {_NARROW}")
    clauses = [where] if where else []
    for group in alternatives(wanted.conditions):
        tests = [_condition(wanted, each) for each in group]
        clauses.append(f"({' OR '.join(test for test, _ in tests)})")
        bound += [value for _, values in tests for value in values]
    id_ = _ID[kind][0]
    if wanted.without:
        clauses.append(f"{id_} NOT IN (SELECT value FROM json_each(?))")
        bound.append(json.dumps(sorted(wanted.without)))
    asked = ", ".join((id_, *columns))
    narrowed = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    return f"SELECT {asked} FROM {source}{narrowed}", tuple(bound)


def _condition(wanted: Wanted, each: Condition) -> tuple[str, Bound]:
    """A condition over the records; an item that no version knows is blank."""
    asked = wanted.over.find(each.item)
    if asked is None:
        return ("1" if each.test in ("blank", "is not") else "0"), ()
    denied = each.test in ("is not", "blank")
    if column := _column(wanted.over, each.item):
        text = f"coalesce(CAST({column} AS TEXT), '')"
        test, bound = _test(asked, each, wanted.now, text)
        return (f"NOT ({test})" if denied else f"({test})"), bound
    if _kind(wanted.over) != "case":
        return ("1" if denied else "0"), ()
    group, row, name = split_path(each.item)
    item = f"{group}.{name}" if group else each.item
    test, bound = _test(asked, each, wanted.now, "x.text", "x.null_code")
    rowed = " AND x.seq = ?" if row else ""
    inside = f"SELECT x.case_id FROM case_item x WHERE x.item = ?{rowed} AND ({test})"
    return f"t.id {'NOT ' * denied}IN ({inside})", (item, *((row,) if row else ()), *bound)


def _test(asked: Askable, each: Condition, now: datetime, text: str, null: str = "") -> tuple[str, Bound]:
    """What must hold of a value that stands there; of *is not* and *blank* what must not."""
    values = [_value(asked, part, now) for part in parts(each)]
    if each.test in ("filled", "blank"):
        return ("1" if null else f"{text} <> ''"), ()
    if null and each.test in ("is", "is not", "one of") and any(is_null(value) for value in values):
        nulls = [value[1:] for value in values if is_null(value)]
        plain = [value for value in values if not is_null(value)]
        marks = ", ".join("?" * len(plain))
        return (
            f"{text} IN ({marks}) AND {text} <> '' OR {null} IN ({', '.join('?' * len(nulls))}) AND {text} = ''",
            (*plain, *nulls),
        )
    if asked.numeric and not any(is_null(value) for value in values):
        return _of_number(each.test, [float(value) for value in values], text)
    folded = " COLLATE NOCASE" if asked.type in (ItemType.TEXT, ItemType.NOTE) else ""
    if asked.item.several and each.test in ("is", "is not", "one of"):
        held = " OR ".join(f"instr(' ' || {text} || ' ', ?)" for _ in values)
        return held, tuple(f" {value} " for value in values)
    return _of_text(each.test, values, text, folded, whole=not asked.dated)


_COMPARED: Final = {"is": "=", "is not": "=", "over": ">", "under": "<", "at least": ">=", "at most": "<="}


def _of_number(test: str, values: Sequence[float], text: str) -> tuple[str, Bound]:
    number = f"{text} <> '' AND substr({text}, 1, 1) <> '/' AND CAST({text} AS REAL)"
    if test == "between":
        return f"{number} BETWEEN ? AND ?", tuple(values)
    if test == "one of":
        return f"{number} IN ({', '.join('?' * len(values))})", tuple(values)
    if test in ("begins", "contains"):
        return f"instr({text}, ?){' = 1' * (test == 'begins')}", (f"{values[0]:g}",)
    return f"{number} {_COMPARED[test]} ?", tuple(values)


def _of_text(test: str, values: Sequence[str], text: str, folded: str, *, whole: bool) -> tuple[str, Bound]:
    """Texts, codes, dates and moments; a day means every moment of it (``whole`` is False)."""
    match test:
        case "contains":
            return f"instr(lower({text}), lower(?))", (values[0],)
        case "before":
            return f"{text} <> '' AND substr({text}, 1, 1) <> '/' AND {text} < ?", (values[0],)
        case "after":
            return f"{text} > ?", (values[0] + BEYOND,)
        case "between":
            return f"{text} >= ?{folded} AND {text} < ?{folded}", (values[0], values[1] + BEYOND)
        case "begins":
            return f"{text} >= ?{folded} AND {text} < ?{folded}", (values[0], values[0] + BEYOND)
        case _ if whole:
            return f"{text} IN ({', '.join('?' * len(values))}){folded}" if not folded else " OR ".join(
                f"{text} = ?{folded}" for _ in values
            ), tuple(values)  # fmt: skip
        case _:
            return (
                " OR ".join(f"({text} >= ? AND {text} < ?)" for _ in values),
                tuple(bound for value in values for bound in (value, value + BEYOND)),
            )


def _value(asked: Askable, text: str, now: datetime) -> str:
    """A value as it is on the day of the run; one that cannot be read any more finds nothing."""
    if asked.coded and text and not is_null(text):
        text = text.upper()
    found = canonical(asked, text, now)
    return ("0" if asked.numeric else text) if isinstance(found, Unclear) else found


# What they hold

_BY_KEY: Final = (
    "SELECT x.case_id, x.seq, x.text, x.null_code FROM json_each(?) j CROSS JOIN case_item x"
    " ON x.case_id = j.value AND x.item = ?"
)
_BY_ITEM: Final = (  # the index has no null codes: only what is null is looked up
    "SELECT case_id, seq, text, '' FROM case_item WHERE item = ? AND text > '' UNION ALL"
    " SELECT case_id, seq, text, null_code FROM case_item WHERE item = ? AND text = ''"
)


def _items(wanted: Wanted, ids: Sequence[int], paths: Sequence[str]) -> dict[str, list[str]]:
    """The items of records: a statement for each item."""
    of_set = f"SELECT count(*) FROM data_case {_NARROW} WHERE data_set = ? AND void_utc IS NULL"
    (everything,) = database.execute_sql(of_set, (wanted.over.id,)).fetchone()
    few = json.dumps(list(ids)) if len(ids) * FEW < everything else ""
    position = {id_: number for number, id_ in enumerate(ids)}
    columns = {path: [""] * len(ids) for path in paths}
    for path, column in columns.items():
        group, row, name = split_path(path)
        item = f"{group}.{name}" if group else path
        asked = wanted.over.find(path)
        rows = database.execute_sql(*((_BY_KEY, (few, item)) if few else (_BY_ITEM, (item, item))))
        for case_id, seq, text, null in sorted(rows) if asked and asked.repeats else rows:
            at = position.get(case_id)
            if at is None or (row and row != seq):
                continue
            value = f"/{null}" if null else text
            column[at] = f"{column[at]}{ROWS}{value}" if column[at] else value
    return columns
