"""Records of data dictionaries: filed whole, kept in every revision, their items rewritten in the same transaction.

``put`` and ``void`` work inside the caller's transaction, so that an abstract is filed with its account in one act.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from db import store
from db.actors import Action, Actor
from db.acts import Conflict, act
from db.connect import StoreError, database
from db.schema.cases import CaseRevision, DataCase
from rules.dictionary import Dictionary, Record
from rules.overrides import as_items
from rules.records import items

OPEN: Final = "open"  # keyed, something is missing
VOID: Final = "void"  # taken out of use; a status of filings alone, what is void is in no list
COMPLETE: Final = "complete"  # nothing stands against it


@dataclass(frozen=True, slots=True)
class Case:
    """A record as it stands in the store. ``revision`` counts its filings from 1."""

    id: int
    data_set: str
    version: str
    number: str
    patient_id: int
    encounter_id: int | None
    status: str
    record: Mapping[str, str]
    revision: int
    filed_utc: int
    filed_by: str


@dataclass(frozen=True, slots=True)
class Revision:
    """One filing of a record. ``status`` is ``VOID`` when it took the record out of use."""

    number: int
    filed_utc: int
    by: str
    reason: str
    status: str
    record: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A record in a list, with the patient it is about."""

    id: int
    number: str
    status: str
    mrn: str
    patient_name: str
    account: str
    filed_utc: int
    filed_by: str

    @property
    def key(self) -> tuple[int, int]:
        return (self.filed_utc, self.id)


_COLUMNS = (
    "id, data_set, version, number, patient_id, encounter_id, status, document, revision, filed_utc, filed_by"
)


def by_number(data_set: str, number: str) -> Case | None:
    """The record that people know by this number, unless it is void."""
    return _one("data_set = ? AND number = ? AND void_utc IS NULL", data_set, number)


def by_encounter(data_set: str, encounter_id: int) -> Case | None:
    """The record of an encounter."""
    return _one("data_set = ? AND encounter_id = ? AND void_utc IS NULL", data_set, encounter_id)


def last_of_patient(data_set: str, patient_id: int) -> Case | None:
    """The record of a patient that was begun last."""
    return _one(
        "data_set = ? AND patient_id = ? AND void_utc IS NULL ORDER BY id DESC LIMIT 1", data_set, patient_id
    )


def listing(
    data_set: str, after: tuple[int, int] | None = None, limit: int = 50, *, status: str = "", patient_id: int = 0
) -> list[CaseRow]:  # fmt: skip
    """Records of a data set or of a patient in it, last filed first; ``after`` is the ``key`` of the last shown."""
    utc, last = after or (2**62, 2**62)
    rows = database.execute_sql(
        "SELECT c.id, c.number, c.status, p.mrn, p.last_name || ',' || p.first_name, coalesce(e.account, ''),"
        " c.filed_utc, c.filed_by FROM data_case c JOIN patient p ON p.id = c.patient_id"
        " LEFT JOIN encounter e ON e.id = c.encounter_id"
        " WHERE c.data_set = ? AND c.void_utc IS NULL AND (c.filed_utc, c.id) < (?, ?)"
        + (" AND c.status = ?" if status else "")
        + (" AND c.patient_id = ?" if patient_id else "")
        + " ORDER BY c.filed_utc DESC, c.id DESC LIMIT ?",
        (
            data_set,
            utc,
            last,
            *((status,) if status else ()),
            *((patient_id,) if patient_id else ()),
            limit,
        ),
    )
    return [CaseRow(*row) for row in rows]


def whole(data_set: str, after: int, limit: int, *, status: str = "") -> list[Case]:
    """Records of a data set with everything they hold, in the order in which they were begun; ``after`` is an id."""
    rows = database.execute_sql(
        f"SELECT {_COLUMNS} FROM data_case WHERE data_set = ? AND void_utc IS NULL AND id > ?"
        + (" AND status = ?" if status else "")
        + " ORDER BY id LIMIT ?",
        (data_set, after, *((status,) if status else ()), limit),
    )
    return [_case(row) for row in rows]


def texts(case_ids: Collection[int], names: Collection[str]) -> dict[int, dict[str, str]]:
    """Single items of records as the columns of a list show them: text by item, by record."""
    found: dict[int, dict[str, str]] = {id_: {} for id_ in case_ids}
    rows = database.execute_sql(
        f"SELECT case_id, item, text FROM case_item WHERE case_id IN ({', '.join('?' * len(case_ids))})"
        f" AND item IN ({', '.join('?' * len(names))}) AND seq = 0",
        (*case_ids, *names),
    )
    for case_id, item, text in rows:
        found[case_id][item] = text
    return found


def put(
    dictionary: Dictionary, record: Record, *, before: Case | None, number: str = "", patient_id: int,
    encounter_id: int | None = None, status: str, by: str, reason: str = "",
) -> Case:  # fmt: skip
    """Store a record inside the caller's transaction and return it as it now stands.

    ``before`` is the record that the values started from, None for a new one. A new record without
    ``number`` draws the next of its data set; one that was void comes back under its number. Raises
    ``Conflict`` when somebody filed it meanwhile.
    """
    if before is None and number:
        before = _one("data_set = ? AND number = ? AND void_utc IS NOT NULL", dictionary.id, number)
    now, kept = int(time.time()), {path: value for path, value in sorted(record.items()) if value}
    document = json.dumps(kept, ensure_ascii=False)
    revision = before.revision + 1 if before else 1
    if before is None:
        _check_chart(patient_id)
        case_id, number = _insert(dictionary, document, number, patient_id, encounter_id, status, by, now)
    else:
        case_id, number = before.id, before.number
        columns = {
            "document": document, "version": dictionary.version, "status": status, "revision": revision,
            "filed_utc": now, "filed_by": by, "patient_id": patient_id, "encounter_id": encounter_id,
            "void_utc": None, "void_reason": "",
        }  # fmt: skip
        if not DataCase.change(case_id, columns, only_if={"revision": before.revision}):
            raise Conflict(_conflict(case_id))
    CaseRevision.add({
        "case_id": case_id, "revision": revision, "version": dictionary.version, "document": document,
        "status": status, "filed_utc": now, "filed_by": by, "reason": reason,
    })  # fmt: skip
    _rewrite_items(case_id, dictionary, kept)
    return Case(
        case_id,
        dictionary.id,
        dictionary.version,
        number,
        patient_id,
        encounter_id,
        status,
        kept,
        revision,
        now,
        by,
    )


def file_case(
    actor: Actor, action: Action, dictionary: Dictionary, record: Record, *, before: Case | None,
    patient_id: int, encounter_id: int | None = None, status: str, reason: str = "",
) -> Case:  # fmt: skip
    """File a record that stands for itself, such as a registry's: one audited act."""
    with act(actor, action, kind=dictionary.id, patient_id=patient_id) as done:
        case = put(
            dictionary, record, before=before, patient_id=patient_id, encounter_id=encounter_id,
            status=status, by=actor.user, reason=reason,
        )  # fmt: skip
        done.record = case.number
        done.changed(before.record if before else {}, case.record)
        if reason:
            done.detail["reason"] = reason
    return case


def void_case(actor: Actor, action: Action, case: Case, reason: str) -> None:
    """Take a record that stands for itself out of use: one audited act. Raises ``StoreError`` without a reason."""
    with act(actor, action, kind=case.data_set, record=case.number, patient_id=case.patient_id) as done:
        void(case, reason, actor.user)
        done.changed(case.record, {})
        done.detail["void"] = reason


def void(case: Case, reason: str, by: str) -> None:
    """Take a record out of use, inside the caller's transaction: a filing of its own, with everything it said."""
    if not reason.strip():
        raise StoreError("Say why the record is void: the reason stays with it.")
    now, revision = int(time.time()), case.revision + 1
    columns = {
        "void_utc": now, "void_reason": reason, "revision": revision, "filed_utc": now, "filed_by": by,
    }  # fmt: skip
    if not DataCase.change(case.id, columns, only_if={"revision": case.revision}):
        raise Conflict(_conflict(case.id))
    CaseRevision.add({
        "case_id": case.id, "revision": revision, "version": case.version, "status": VOID, "filed_utc": now,
        "document": json.dumps(dict(case.record), ensure_ascii=False), "filed_by": by, "reason": reason,
    })  # fmt: skip
    database.execute_sql("DELETE FROM case_item WHERE case_id = ?", (case.id,))


def revisions(case_id: int) -> list[Revision]:
    """Every filing of a record, newest first."""
    rows = database.execute_sql(
        "SELECT revision, filed_utc, filed_by, reason, status, document FROM case_revision WHERE case_id = ?"
        " ORDER BY revision DESC",
        (case_id,),
    )
    return [
        Revision(number, utc, by, reason, status, json.loads(document))
        for number, utc, by, reason, status, document in rows
    ]


def _one(where: str, *values: object) -> Case | None:
    row = database.execute_sql(f"SELECT {_COLUMNS} FROM data_case WHERE {where}", values).fetchone()
    return None if row is None else _case(row)


def _case(row: Sequence[Any]) -> Case:
    id_, data_set, version, number, patient_id, encounter_id, status, document, *filing = row
    record: dict[str, str] = json.loads(document)
    return Case(id_, data_set, version, number, patient_id, encounter_id, status, record, *filing)


def _insert(
    dictionary: Dictionary, document: str, number: str, patient_id: int, encounter_id: int | None,
    status: str, by: str, now: int,
) -> tuple[int, str]:  # fmt: skip
    if encounter_id is not None and by_encounter(dictionary.id, encounter_id) is not None:
        raise Conflict("Somebody else has begun this record meanwhile: leave it with F3 and open it again.")
    number = number or f"{store.next_number(dictionary.id):06d}"
    case_id = DataCase.add({
        "data_set": dictionary.id, "version": dictionary.version, "number": number, "patient_id": patient_id,
        "encounter_id": encounter_id, "status": status, "document": document, "revision": 1, "created_utc": now,
        "filed_utc": now, "filed_by": by,
    })  # fmt: skip
    return case_id, number


def _check_chart(patient_id: int) -> None:
    row = database.execute_sql("SELECT void_reason FROM patient WHERE id = ?", (patient_id,)).fetchone()
    if row[0]:
        raise StoreError(f"This chart was registered in error ({row[0]}): file its patient again first.")


def _rewrite_items(case_id: int, dictionary: Dictionary, record: Record) -> None:
    database.execute_sql("DELETE FROM case_item WHERE case_id = ?", (case_id,))
    database.connection().executemany(
        "INSERT INTO case_item VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (case_id, item.item, item.seq, item.text, item.number, item.day, item.null_code)
            for item in (*items(dictionary, record), *as_items(record))
        ],
    )


def _conflict(case_id: int) -> str:
    row = DataCase.row(case_id)
    who = row["filed_by"] if row else "Somebody"
    return (
        f"{who} filed this record meanwhile, so nothing of yours was stored. Your draft is kept: leave with F3, "
        "open the record again and compare."
    )
