"""Questions to the audit trail: who looked at a patient, what a user saw, which accesses were unusual.

Every question is an act of its own (45 CFR 164.308(a)(1)(ii)(D), review of information system activity).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from db import merging, store
from db.actors import Action, Actor
from db.acts import act, viewed
from db.connect import StoreError, database
from db.schema.privacy import UserPatient
from db.schema.store import User
from rules.identity import Name, name_key
from rules.moments import moment_at

COLUMNS: Final = (
    "seq", "at_utc", "user", "roles", "where_from", "session", "action", "kind", "record", "patient_id",
    "outcome", "detail",
)  # fmt: skip
DAY_SECONDS: Final = 86_400
OPENS_HOUR: Final = 6
CLOSES_HOUR: Final = 19
VOLUME: Final = 150  # patients a day, unless the site sets privacy_volume
MOST: Final = 500  # findings of one kind that are shown
LOOKS: Final = (
    *(str(action) for action in Action if action.startswith("view ") and action is not Action.VIEW_AUDIT),
    str(Action.OPEN_SENSITIVE),
    str(Action.BREAK_GLASS),
)


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


@dataclass(frozen=True, slots=True)
class Unusual:
    """An access worth a question: why it is unusual, who, when first, whom, and how often."""

    why: str
    user: str
    at_utc: int
    mrn: str
    count: int


def rows(actor: Actor, wanted: Filter, order: str = "seq", *, descending: bool = False) -> list[Row]:
    """The rows that were asked for, sorted by any element: one audited act."""
    if order not in COLUMNS:
        raise StoreError(f"Rows are sorted by one of {', '.join(COLUMNS)}.")
    viewed(actor, Action.VIEW_AUDIT, kind="audit list", detail=_asked(wanted) | {"order": order})
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


def unusual(actor: Actor, days: int) -> list[Unusual]:
    """Accesses of the last days that are worth a question, by kind: each user, day and patient once."""
    viewed(actor, Action.VIEW_AUDIT, kind="unusual access", detail={"days": days})
    since = store.current().now().utc - days * DAY_SECONDS
    return [*_own_records(since), *_same_surname(since), *_odd_hours(since)]


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
    return "; ".join([*changed, *(f"{name} {value}" for name, value in detail.items())])


def _own_records(since: int) -> Iterator[Unusual]:
    sql = (
        "SELECT a.user, min(a.at_utc), p.mrn, count(*) FROM user_patient b JOIN user u ON u.id = b.user_id"
        " JOIN audit a ON a.patient_id = b.patient_id AND a.user = u.name JOIN patient p ON p.id = b.patient_id"
        f" WHERE a.at_utc >= ? AND a.action IN {_marks(LOOKS)} GROUP BY a.user, p.id LIMIT ?"
    )
    for row in database.execute_sql(sql, (since, *LOOKS, MOST)):
        yield Unusual("own record", *row)


def _same_surname(since: int) -> Iterator[Unusual]:
    """By user and not by row: the patients of one surname are few, the rows of a month are millions."""
    for user in User.select(User.name, User.full_name).where(User.full_name != ""):
        surname = name_key(Name(str(user.full_name).split()[-1]))
        sql = (
            "SELECT ?, min(a.at_utc), p.mrn, count(*) FROM patient p CROSS JOIN audit a ON a.patient_id = p.id"
            " WHERE p.name_key >= ? AND p.name_key < ? AND a.user = ? AND a.at_utc >= ?"
            f" AND a.action IN {_marks(LOOKS)} GROUP BY p.id LIMIT ?"
        )
        values = (user.name, surname, surname + "\U0010ffff", user.name, since, *LOOKS, MOST)
        for row in database.execute_sql(sql, values):
            yield Unusual("same surname", *row)


def _odd_hours(since: int) -> Iterator[Unusual]:
    """After hours and volume, in one reading of the period."""
    zone = store.current().zone
    late: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], int] = {}
    charts: dict[tuple[str, str], set[int]] = {}
    sql = (
        "SELECT at_utc, user, patient_id FROM audit WHERE at_utc >= ? AND patient_id IS NOT NULL"
        f" AND action IN {_marks(LOOKS)} AND roles <> 'service'"
    )
    for at_utc, user, patient_id in database.execute_sql(sql, (since, *LOOKS)):
        local = datetime.fromtimestamp(at_utc, zone)
        key = (user, local.date().isoformat())
        first.setdefault(key, at_utc)
        charts.setdefault(key, set()).add(patient_id)
        if not OPENS_HOUR <= local.hour < CLOSES_HOUR or local.weekday() >= 5:
            late[key] += 1
    most = int(store.setting("privacy_volume", default=str(VOLUME)))
    for key, count in late.most_common(MOST):
        yield Unusual("after hours", key[0], first[key], "", count)
    for key, seen in sorted(charts.items(), key=lambda each: -len(each[1]))[:MOST]:
        if len(seen) > most:
            yield Unusual("many charts", key[0], first[key], "", len(seen))


def _where(wanted: Filter) -> tuple[str, list[Any]]:
    parts, values = ["at_utc >= ?", "at_utc < ?"], [wanted.from_utc, wanted.to_utc]
    more: dict[str, Any] = {"user": wanted.user, "action": wanted.action, "outcome": wanted.outcome}
    for name, value in more.items():
        if value:
            parts.append(f"{name} = ?")
            values.append(value)
    if wanted.patient_id:
        ids = merging.family(wanted.patient_id)
        parts.append(f"patient_id IN {_marks(ids)}")
        values += ids
    return " AND ".join(parts), values


def _asked(wanted: Filter) -> dict[str, Any]:
    empty = Filter()
    return {
        name: getattr(wanted, name)
        for name in Filter.__dataclass_fields__
        if getattr(wanted, name) != getattr(empty, name)
    }


def _marks(values: Any) -> str:
    return f"({', '.join('?' * len(values))})"


def _before(seq: int | None) -> int:
    return 1 << 62 if seq is None else seq


def mrn_of(patient_id: int) -> str:
    """The MRN in force of a patient; empty when there is none."""
    row = database.execute_sql("SELECT mrn FROM patient WHERE id = ?", (patient_id,)).fetchone()
    return str(row[0]) if row else ""
