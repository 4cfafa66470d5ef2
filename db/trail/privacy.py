"""Questions to the audit trail: which rows, who looked at a patient, what a user saw (unusual access: unusual.py).

Every question is an act of its own (45 CFR 164.308(a)(1)(ii)(D), review of information system activity).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from db import store
from db.actors import Action, Actor
from db.acts import act, viewed
from db.connect import StoreError, database
from db.patient_index import merging
from db.schema.privacy import UserPatient
from db.schema.store import User
from rules.moments import moment_at

COLUMNS: Final = (
    "seq", "at_utc", "user", "roles", "where_from", "session", "action", "kind", "record", "patient_id",
    "outcome", "detail",
)  # fmt: skip
LATELY: Final = 500  # rows of a user that are searched for whom a screen is about


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the audit trail."""

    seq: int
    at_utc: int
    user: str
    roles: str
    where_from: str
    session: str
    action: str
    kind: str
    record: str
    patient_id: int | None
    outcome: str
    detail: str

    def local(self) -> str:
        """When, on the facility's clock."""
        return moment_at(self.at_utc, store.current().zone).local


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows: blank parts do not matter. Seconds are UTC, the end is not included."""

    from_utc: int = 0
    to_utc: int = 1 << 40
    user: str = ""
    patient_id: int = 0
    action: str = ""
    outcome: str = ""


def rows(actor: Actor, wanted: Filter, order: str = "seq", *, descending: bool = False) -> list[Row]:
    """The rows that were asked for, sorted by any element: one audited act."""
    viewed(
        actor, Action.VIEW_AUDIT, kind="audit list", patient_id=wanted.patient_id or None,
        detail=_asked(wanted) | {"order": order},
    )  # fmt: skip
    return read(wanted, order, descending=descending)


def read(wanted: Filter, order: str = "seq", *, descending: bool = False) -> list[Row]:
    """The same inside an act of the caller's, such as a report. Raises ``StoreError``."""
    if order not in COLUMNS:
        raise StoreError(f"Rows are sorted by one of {', '.join(COLUMNS)}.")
    where, values = _where(wanted)
    way = " DESC" if descending else ""
    found = database.execute_sql(
        f"SELECT {', '.join(COLUMNS)} FROM audit WHERE {where} ORDER BY {order}{way}, seq{way}", values
    )
    return [Row(*row) for row in found]


def who_looked(actor: Actor, patient_id: int, before: int | None, limit: int) -> list[Row]:
    """Everything that was done about a patient, and about charts merged into theirs, newest first."""
    if before is None:
        viewed(
            actor,
            Action.VIEW_AUDIT,
            kind="audit of patient",
            record=mrn_of(patient_id),
            patient_id=patient_id,
        )
    ids = merging.family(patient_id)
    part = (
        f"SELECT * FROM (SELECT {', '.join(COLUMNS)} FROM audit WHERE patient_id = ? AND seq < ?"
        " ORDER BY seq DESC LIMIT ?)"
    )
    parts = " UNION ALL ".join([part] * len(ids))
    values = [value for id_ in ids for value in (id_, _before(before), limit)]
    found = database.execute_sql(f"SELECT * FROM ({parts}) ORDER BY seq DESC LIMIT ?", (*values, limit))
    return [Row(*row) for row in found]


def what_was_seen(actor: Actor, user: str, before: int | None, limit: int) -> list[Row]:
    """Everything that a user did, newest first."""
    if before is None:
        viewed(actor, Action.VIEW_AUDIT, kind="audit of user", record=user)
    found = database.execute_sql(
        f"SELECT {', '.join(COLUMNS)} FROM audit WHERE user = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
        (user, _before(before), limit),
    )
    return [Row(*row) for row in found]


def patient_on(actor: Actor, lines: Iterable[str]) -> int | None:
    """The one patient whose MRN or account stands on these lines, of those whom this session has looked at lately."""
    words = set(re.findall(r"\w+", " ".join(lines)))
    sql = (
        "SELECT DISTINCT p.id, p.mrn FROM (SELECT patient_id, session FROM audit WHERE user = ? ORDER BY seq DESC"
        " LIMIT ?) a JOIN patient p ON p.id = a.patient_id WHERE a.session = ?"
    )
    looked_at = database.execute_sql(sql, (actor.user, LATELY, actor.session)).fetchall()
    found = {id_ for id_, mrn in looked_at if mrn in words or words & _accounts(id_)}
    return found.pop() if len(found) == 1 else None


def _accounts(patient_id: int) -> set[str]:
    sql = "SELECT account FROM encounter WHERE patient_id = ?"
    return {str(row[0]) for row in database.execute_sql(sql, (patient_id,))}


def bind_user(actor: Actor, name: str, patient_id: int | None) -> None:
    """Say which patient a user is, so that looking at the own record shows; None takes it back."""
    with act(actor, Action.ADMINISTER_USERS, kind="user", record=name, patient_id=patient_id) as done:
        user: User | None = User.get_or_none(User.name == name)
        if user is None:
            raise StoreError(f"There is no user {name}: 'recordroom user list' shows those there are.")
        before: UserPatient | None = UserPatient.get_or_none(UserPatient.user == user)
        done.changed({"patient": before.patient.id if before else None}, {"patient": patient_id})
        UserPatient.delete().where(UserPatient.user == user).execute()
        if patient_id is not None:
            UserPatient.create(user=user, patient=patient_id)


def what_changed(row: Row) -> str:
    """The detail of a row in a line: what was asked, before and after, why."""
    if not row.detail:
        return ""
    detail: dict[str, Any] = json.loads(row.detail)
    before, after = detail.pop("before", {}), detail.pop("after", {})
    changed = [f"{name}: {before.get(name)} -> {value}" for name, value in after.items()]
    return "; ".join([*changed, *(f"{name} {_in_words(value)}" for name, value in detail.items())])


def _in_words(value: Any) -> str:
    """A value of a detail: the parameters of a report or the names of a list one after the other."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_in_words(each)}" for name, each in value.items())
    return ", ".join(map(_in_words, value)) if isinstance(value, list) else str(value)


def _where(wanted: Filter) -> tuple[str, list[Any]]:
    parts, values = ["at_utc >= ?", "at_utc < ?"], [wanted.from_utc, wanted.to_utc]
    more: dict[str, Any] = {"user": wanted.user, "action": wanted.action, "outcome": wanted.outcome}
    for name, value in more.items():
        if value:
            parts.append(f"{name} = ?")
            values.append(value)
    if wanted.patient_id:
        ids = merging.family(wanted.patient_id)
        parts.append(f"patient_id IN {marks(ids)}")
        values += ids
    return " AND ".join(parts), values


def _asked(wanted: Filter) -> dict[str, Any]:
    empty = Filter()
    return {
        name: getattr(wanted, name)
        for name in Filter.__dataclass_fields__
        if getattr(wanted, name) != getattr(empty, name)
    }


def marks(values: Any) -> str:
    """Question marks for an SQL list of values."""
    return f"({', '.join('?' * len(values))})"


def _before(seq: int | None) -> int:
    return 1 << 62 if seq is None else seq


def mrn_of(patient_id: int) -> str:
    """The MRN in force of a patient; empty when there is none."""
    row = database.execute_sql("SELECT mrn FROM patient WHERE id = ?", (patient_id,)).fetchone()
    return str(row[0]) if row else ""
