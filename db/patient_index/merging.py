"""Charts and accounts put together, and taken apart again: all or nothing, every reference moved, nothing lost."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from peewee import IntegrityError

from db.abstracting import late_changes, lifecycle
from db.changes import Applied, Source, note_amendments, refusal
from db.connect import database, writing
from db.hospital.ledger import NEW, Entry, load, save

# Rows that the law wants as they were written (45 CFR 164.528): they are read through ``family``.
WRITTEN_ONCE: Final = frozenset({"release", "suspension"})
# What belongs to a chart itself and stays with it: keys that it is compared under, pairs that it is one of, amendments
# that looked like another person's. Lists leave merged charts out; nothing has to move back.
OF_THE_CHART: Final = frozenset({"match_key", "match_person", "match_pending", "chart_pair", "overlay"})
# One row a chart at most. When both have one the survivor's stands and the other waits with its chart.
ONE_EACH: Final[Mapping[str, str]] = {
    "sensitive_patient": "Both charts are marked sensitive: the mark of {} stands."
}
# While a chart holds another one its version counts in a range of its own, so that undoing the merge gives back the
# version that it had and no form that was opened meanwhile fits it by chance.
RANGE: Final = 1_000_000

# An account's own movements and what is derived from them are put together by their ledgers.
_OF_LEDGERS: Final = frozenset({"movement", "segment", "leave_span", "attending"})

FILLED_PATIENT: Final = (
    "middle_name", "suffix", "birth_date", "sex", "ssn", "street", "city", "state", "zip", "county", "country",
    "phone", "race", "ethnicity", "marital", "death_date", "patient_category", "us_person",
)  # fmt: skip
_FILLED_ACCOUNT: Final = (
    "priority", "point_of_origin", "location", "mother_account", "birth_weight_g", "gestation_weeks",
    "attending_id", "payer_id",
)  # fmt: skip

Moved = dict[str, list[list[Any]]]  # "table.column" -> primary keys of the rows that moved


def merge_patients(survivor_id: int, loser_id: int, source: Source) -> Applied:
    """A40, A34, A36, A18: two charts are one person. ``record_id`` of the result is the merge.

    In one transaction everything of the loser moves to the survivor, blanks are filled, the loser's name and
    numbers go on leading to the survivor, and a snapshot is kept for ``undo_patients``.
    """
    wrong = _cannot_merge("patient", survivor_id, loser_id)
    if wrong is not None:
        return wrong
    before = _abstracts_of(survivor_id, loser_id)
    versions = [int(_value("patient", "version", id_)) for id_ in (survivor_id, loser_id)]
    both = {table for table in ONE_EACH if _has(table, survivor_id) and _has(table, loser_id)}
    left = frozenset({"patient", *WRITTEN_ONCE, *OF_THE_CHART, *both})
    try:
        with writing():
            moved = _move_references("patient", loser_id, survivor_id, left)
    except IntegrityError:
        return refusal(
            "P106", "Both charts have a record that may exist only once: void one of the two first."
        )
    filled = _fill_blanks("patient", survivor_id, loser_id, FILLED_PATIENT)
    alias = database.execute_sql(
        "INSERT INTO patient_alias (patient_id, last_name, first_name, middle_name, name_key)"
        " SELECT ?, last_name, first_name, middle_name, name_key FROM patient AS l WHERE id = ? AND name_key <> ''"
        " AND name_key NOT IN (SELECT name_key FROM patient_alias WHERE patient_id = ?)"
        " AND name_key <> (SELECT name_key FROM patient WHERE id = ?) RETURNING id",
        (survivor_id, loser_id, survivor_id, survivor_id),
    ).fetchone()
    database.execute_sql(
        "UPDATE patient SET merged_into_id = ?, version = version + 1 WHERE id = ?", (survivor_id, loser_id)
    )
    mrns = [_value("patient", "mrn", id_) for id_ in (loser_id, survivor_id)]
    changed = filled | {"merged": (str(mrns[0]), str(mrns[1]))}
    note_amendments("patient", survivor_id, changed, source)
    late_changes.of_patient(survivor_id, source)
    snapshot = {
        "moved": moved, "filled": filled, "alias": alias[0] if alias else None, "versions": versions,
        "abstracts": _touched(before, _abstracts_of(survivor_id, loser_id)),
    }  # fmt: skip
    merge_id = _keep("patient", survivor_id, loser_id, snapshot, source)
    for id_, version in zip((survivor_id, loser_id), versions, strict=True):
        database.execute_sql("UPDATE patient SET version = ? WHERE id = ?", (version + merge_id * RANGE, id_))
    return Applied(merge_id, (), changed, created=True)


def undo_patients(merge_id: int, source: Source) -> Applied:
    """Take two charts apart again; what was added to the survivor since stays there."""
    kept = _snapshot("patient", merge_id)
    if isinstance(kept, Applied):
        return kept
    survivor_id, loser_id, snapshot = kept
    if _value("patient", "merged_into_id", survivor_id) is not None:
        into = _value("patient", "mrn", int(_value("patient", "merged_into_id", survivor_id)))
        return refusal("P109", f"The chart was merged into {into} afterwards: undo that merge first.")
    _move_back("patient", loser_id, survivor_id, snapshot["moved"])
    _empty_again("patient", survivor_id, snapshot["filled"])
    database.execute_sql("DELETE FROM patient_alias WHERE id = ?", (snapshot["alias"],))
    database.execute_sql(
        "UPDATE patient SET merged_into_id = NULL, version = version + 1 WHERE id = ?", (loser_id,)
    )
    mrns = [str(_value("patient", "mrn", id_)) for id_ in (survivor_id, loser_id)]
    changed = {"merged": (mrns[0], mrns[1])}
    note_amendments("patient", survivor_id, changed, source)
    _undone(merge_id, source)
    reason = f"The merge of chart {mrns[1]} into {mrns[0]} that reopened it was undone"
    _put_back(snapshot.get("abstracts", []), reason, source)
    for patient_id in (survivor_id, loser_id):
        late_changes.of_patient(patient_id, source)
    for id_, version in zip((survivor_id, loser_id), snapshot.get("versions", ()), strict=False):
        since = int(_value("patient", "version", id_)) - version - merge_id * RANGE
        changed_since = id_ == survivor_id and since > 0
        database.execute_sql(
            "UPDATE patient SET version = ? WHERE id = ?", (version + since * changed_since, id_)
        )
    return Applied(merge_id, (), changed)


def merge_accounts(survivor_id: int, loser_id: int, source: Source) -> Applied:
    """A41, A35: two accounts are one. ``record_id`` of the result is the merge, for ``undo_accounts``.

    The loser's movements move over when the survivor has none, otherwise they are cancelled; its other items
    fill the survivor's blanks; its account number goes on leading to the survivor. What the survivor has
    already, an abstract for one, stays with the loser.
    """
    wrong = _cannot_merge("encounter", survivor_id, loser_id)
    if wrong is not None:
        return wrong
    ledgers = load((survivor_id, loser_id))
    survivor, loser = ledgers[survivor_id], ledgers[loser_id]
    taken = [entry for entry in loser.current if not survivor.current]
    cancelled = list(loser.current)
    loser.cancel(cancelled, "account merged")
    if taken:
        survivor.entries.extend(_copies(taken))
    save((loser, survivor), source, late=False)
    moved = _move_references(
        "encounter", loser_id, survivor_id, frozenset({"encounter", *_OF_LEDGERS}), each=True
    )
    filled = _fill_blanks("encounter", survivor_id, loser_id, _FILLED_ACCOUNT)
    database.execute_sql(
        "UPDATE encounter SET state = 'merged', merged_into_id = ?, version = version + 1 WHERE id = ?",
        (survivor_id, loser_id),
    )
    accounts = [str(_value("encounter", "account", id_)) for id_ in (loser_id, survivor_id)]
    changed = {"merged": (accounts[0], accounts[1])}
    note_amendments("encounter", survivor_id, changed, source)
    copies = [entry.id for entry in survivor.current] if taken else []
    snapshot = {"moved": moved, "filled": filled, "cancelled": [e.id for e in cancelled], "copies": copies}
    late_changes.of_encounters((survivor_id, loser_id), source)
    return Applied(_keep("account", survivor_id, loser_id, snapshot, source), (), changed, created=True)


def undo_accounts(merge_id: int, source: Source) -> Applied:
    """Take two accounts apart again as they were."""
    kept = _snapshot("account", merge_id)
    if isinstance(kept, Applied):
        return kept
    survivor_id, loser_id, snapshot = kept
    ledgers = load((survivor_id, loser_id))
    survivor, loser = ledgers[survivor_id], ledgers[loser_id]
    wrong = survivor.cancel(
        [e for e in survivor.current if e.id in snapshot["copies"]], "accounts taken apart"
    )
    if wrong:
        return Applied(0, tuple(wrong))
    loser.entries.extend(_copies([e for e in loser.entries if e.id in snapshot["cancelled"]]))
    database.execute_sql(
        "UPDATE encounter SET state = 'active', merged_into_id = NULL, version = version + 1 WHERE id = ?",
        (loser_id,),
    )
    save((loser, survivor), source, late=False)
    _move_back("encounter", loser_id, survivor_id, snapshot["moved"])
    _empty_again("encounter", survivor_id, snapshot["filled"])
    accounts = [str(_value("encounter", "account", id_)) for id_ in (survivor_id, loser_id)]
    changed = {"merged": (accounts[0], accounts[1])}
    note_amendments("encounter", survivor_id, changed, source)
    _undone(merge_id, source)
    late_changes.of_encounters((survivor_id, loser_id), source)
    return Applied(merge_id, (), changed)


def parties(merge_id: int) -> tuple[int, int]:
    """Survivor and loser of a merge."""
    row = database.execute_sql("SELECT survivor_id, loser_id FROM merge WHERE id = ?", (merge_id,)).fetchone()
    return int(row[0]), int(row[1])


def family(patient_id: int) -> tuple[int, ...]:
    """The patient and all that were merged into it, for rows that stay with the chart they were written for."""
    found = [patient_id]
    for member in found:
        found += [
            id_
            for (id_,) in database.execute_sql("SELECT id FROM patient WHERE merged_into_id = ?", (member,))
        ]
    return tuple(found)


def _cannot_merge(table: str, survivor_id: int, loser_id: int) -> Applied | None:
    name = "charts" if table == "patient" else "accounts"
    if survivor_id == loser_id:
        return refusal("P104", f"Both {name} are the same one: name the two that belong together.")
    for id_ in (survivor_id, loser_id):
        if table == "patient" and _value(table, "void_utc", id_) is not None:
            return refusal("P110", "One of the charts was registered in error: take that back first.")
        if _value(table, "merged_into_id", id_) is not None:
            return refusal(
                "P105", f"One of the {name} has been merged already: use the one it was merged into."
            )
    return None


def _has(table: str, patient_id: int) -> bool:
    return (
        database.execute_sql(f"SELECT 1 FROM {table} WHERE patient_id = ?", (patient_id,)).fetchone()
        is not None
    )


_IMAGES: Final = {"data_case": "id", "abstract_cycle": "case_id", "abstract_difference": "case_id"}
MARKS: Final = "marks"  # of the account: the days on which abstract and coding were completed
Image = dict[str, list[list[Any]]]  # table, or MARKS -> rows


def _abstracts_of(*patient_ids: int) -> dict[int, Image]:
    """The abstracts of charts as they stand: a merge may reopen them."""
    marks = ", ".join("?" * len(patient_ids))
    ids = database.execute_sql(
        f"SELECT id FROM data_case WHERE patient_id IN ({marks}) AND data_set = 'abstract'", patient_ids
    ).fetchall()
    return {id_: _image(id_) for (id_,) in ids}


def _image(case_id: int) -> Image:
    asked = {table: f"SELECT * FROM {table} WHERE {key} = ?" for table, key in _IMAGES.items()}
    asked[MARKS] = (
        "SELECT e.id, e.abstracted_day, e.coded_day FROM encounter e JOIN data_case c ON c.encounter_id = e.id"
        " WHERE c.id = ?"
    )
    return {name: [list(row) for row in database.execute_sql(sql, (case_id,))] for name, sql in asked.items()}


def _touched(before: dict[int, Image], after: dict[int, Image]) -> list[list[Any]]:
    """The abstracts that a merge has changed beside their chart: number, before, after."""
    owner = _columns("data_case").index("patient_id")

    def told(image: Image) -> Image:
        return image | {"data_case": [row[:owner] + row[owner + 1 :] for row in image["data_case"]]}

    return [
        [id_, image, after[id_]]
        for id_, image in before.items()
        if id_ in after and told(image) != told(after[id_])
    ]


def _put_back(abstracts: list[list[Any]], reason: str, source: Source) -> None:
    """Abstracts that the merge reopened are as they were, unless somebody has worked on them since."""
    columns = _columns("data_case")
    owner, status = columns.index("patient_id"), columns.index("status")
    for id_, before, after in abstracts:
        now = _image(id_)
        for row in now["data_case"] + after["data_case"]:
            row[owner] = 0  # it has moved back already
        if any(now[name] != rows for name, rows in after.items()):
            continue
        for table, key in _IMAGES.items():
            names = _columns(table)
            if (
                table == "data_case"
            ):  # its filings and steps refer to it: it stays, and says again what it said
                written = ", ".join(f"{name} = ?" for name in names)
                database.execute_sql(
                    f"UPDATE {table} SET {written} WHERE {key} = ?", (*before[table][0], id_)
                )
                continue
            database.execute_sql(f"DELETE FROM {table} WHERE {key} = ?", (id_,))
            database.connection().executemany(
                f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", before[table]
            )
        for encounter_id, abstracted_day, coded_day in before.get(MARKS, []):
            lifecycle.mark_abstracted(encounter_id, abstracted_day)
            lifecycle.mark_coded(encounter_id, coded_day)
        left = after["data_case"][0][status]
        if left != before["data_case"][0][status]:
            lifecycle.go_back(id_, left, reason, source)


def _columns(table: str) -> list[str]:
    return [str(row[1]) for row in database.execute_sql(f"PRAGMA table_info({table})")]


def _copies(entries: list[Entry]) -> list[Entry]:
    return [Entry(NEW, entry.step, entry.external_id, touched=True) for entry in entries]


@cache
def references(target: str) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Every column that refers to a table's id: table, column, primary key."""
    return tuple(
        (table, key.column, tuple(database.get_primary_keys(table)))
        for table in database.get_tables()
        for key in database.get_foreign_keys(table)
        if key.dest_table == target
    )


def _move_references(
    target: str, from_id: int, to_id: int, left: frozenset[str], *, each: bool = False
) -> Moved:
    """Let all rows that refer to one record refer to another; ``each``: a table that cannot follow stays."""
    moved: Moved = {}
    for table, column, keys in references(target):
        if table in left:
            continue
        where = f"FROM {table} WHERE {column} = ?"
        rows = [list(row) for row in database.execute_sql(f"SELECT {', '.join(keys)} {where}", (from_id,))]
        if not rows:
            continue
        try:
            with writing():
                database.execute_sql(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (to_id, from_id))
        except IntegrityError:
            if not each:
                raise
            continue
        # A primary key that holds the reference itself has changed with it.
        moved[f"{table}.{column}"] = [
            [to_id if key == column else part for key, part in zip(keys, row, strict=True)] for row in rows
        ]
    return moved


def _move_back(target: str, loser_id: int, survivor_id: int, moved: Moved) -> None:
    keys_of = {f"{table}.{column}": keys for table, column, keys in references(target)}
    for name, rows in moved.items():
        table, _, column = name.partition(".")
        where = " AND ".join(f"{key} = ?" for key in keys_of[name])
        database.connection().executemany(
            f"UPDATE {table} SET {column} = ? WHERE {column} = ? AND {where}",
            [(loser_id, survivor_id, *row) for row in rows],
        )


def _fill_blanks(table: str, to_id: int, from_id: int, names: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    filled: dict[str, tuple[str, str]] = {}
    for name in names:
        here, there = _value(table, name, to_id), _value(table, name, from_id)
        if here in (None, "") and there not in (None, ""):
            database.execute_sql(f"UPDATE {table} SET {name} = ? WHERE id = ?", (there, to_id))
            filled[name] = ("", str(there))
    return filled


def _empty_again(table: str, record_id: int, filled: dict[str, list[str]]) -> None:
    """Take back what was filled in, unless it has been changed since."""
    for name, (_, value) in filled.items():
        if str(_value(table, name, record_id)) == value:
            empty = None if name.endswith(("_id", "_g", "_weeks")) else ""
            database.execute_sql(f"UPDATE {table} SET {name} = ? WHERE id = ?", (empty, record_id))


def _value(table: str, name: str, record_id: int) -> Any:
    row = database.execute_sql(f"SELECT {name} FROM {table} WHERE id = ?", (record_id,)).fetchone()
    if row is None:
        raise KeyError(record_id)
    return row[0]


def _keep(kind: str, survivor_id: int, loser_id: int, snapshot: dict[str, Any], source: Source) -> int:
    row = database.execute_sql(
        "INSERT INTO merge (kind, survivor_id, loser_id, at_utc, by, origin, snapshot)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (kind, survivor_id, loser_id, int(time.time()), source.by, source.origin, json.dumps(snapshot)),
    ).fetchone()
    return int(row[0])


def _snapshot(kind: str, merge_id: int) -> tuple[int, int, dict[str, Any]] | Applied:
    row = database.execute_sql(
        "SELECT survivor_id, loser_id, snapshot, undone_utc FROM merge WHERE id = ? AND kind = ?",
        (merge_id, kind),
    ).fetchone()
    if row is None:
        return refusal("P107", "There is no such merge.")
    if row[3] is not None:
        return refusal("P108", "This merge has been undone already.")
    return int(row[0]), int(row[1]), json.loads(row[2])


def _undone(merge_id: int, source: Source) -> None:
    database.execute_sql(
        "UPDATE merge SET undone_utc = ?, undone_by = ? WHERE id = ?", (int(time.time()), source.by, merge_id)
    )
