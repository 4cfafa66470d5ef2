"""Accesses worth a question: own record, household, same surname, after hours, far more charts than usual.

What is unusual says the table ``unusual_access``, whose rows a facility replaces by its own. Asking is an act (45 CFR
164.308(a)(1)(ii)(D), review of information system activity).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Final

from config.code_tables import Shelf
from db import store
from db.actors import Action, Actor
from db.acts import viewed
from db.connect import database, large_cache
from db.privacy import LOOKS, marks
from db.schema.store import User
from rules.tables import CodeTable
from rules.unusual import TABLE, Limits, limits_on, surname_key, usual

DAY_SECONDS: Final = 86_400
MOST: Final = 500  # findings of one kind that are shown
Day = tuple[str, str, date]
"""What one user did on one local day: name, roles, day."""


@dataclass(frozen=True, slots=True)
class Unusual:
    """An access worth a question: why it is unusual, who, when first, whom, how often, and measured by what."""

    why: str
    user: str
    at_utc: int
    mrn: str
    count: int
    measure: str = ""


@dataclass(slots=True)
class _Seen:
    """A user's day: first look, patients, and looks after hours with the first of them."""

    first_utc: int
    patients: set[int]
    late: int = 0
    first_late_utc: int = 0


def unusual(actor: Actor, days: int) -> list[Unusual]:
    """Accesses of the last days that are worth a question, by kind: each user, day and patient once."""
    viewed(actor, Action.VIEW_AUDIT, kind="unusual access", detail={"days": days})
    since = store.current().now().utc - days * DAY_SECONDS
    return [*_own_records(since), *_same_address(since), *_same_surname(since), *_by_day(since)]


def limits_today() -> Limits:
    """The limits in force today. Raises ``LimitWrong``."""
    return limits_on(_table(), datetime.now(store.current().zone).date().isoformat())


def _own_records(since: int) -> Iterator[Unusual]:
    sql = (
        "SELECT a.user, min(a.at_utc), p.mrn, count(*) FROM user_patient b JOIN user u ON u.id = b.user_id"
        " JOIN audit a ON a.patient_id = b.patient_id AND a.user = u.name JOIN patient p ON p.id = b.patient_id"
        f" WHERE a.at_utc >= ? AND a.action IN {marks(LOOKS)} GROUP BY a.user, p.id LIMIT ?"
    )
    for row in database.execute_sql(sql, (since, *LOOKS, MOST)):
        yield Unusual("own record", *row)


def _same_address(since: int) -> Iterator[Unusual]:
    """The household of a user who is bound to an MRN: another chart with the same street and ZIP code."""
    first = database.execute_sql("SELECT min(seq) FROM audit WHERE at_utc >= ?", (since,)).fetchone()[0]
    sql = (
        "SELECT u.name, min(a.at_utc), p.mrn, count(*) FROM user_patient b CROSS JOIN user u ON u.id = b.user_id"
        " CROSS JOIN patient own ON own.id = b.patient_id"
        " CROSS JOIN audit a ON a.user = u.name AND a.seq >= ? CROSS JOIN patient p ON p.id = a.patient_id"
        " WHERE own.street <> '' AND own.zip <> '' AND p.id <> own.id AND upper(p.street) = upper(own.street)"
        f" AND substr(p.zip, 1, 5) = substr(own.zip, 1, 5) AND a.action IN {marks(LOOKS)}"
        " GROUP BY u.name, p.id LIMIT ?"
    )
    for row in database.execute_sql(sql, (first or 0, *LOOKS, MOST)):
        yield Unusual("same address", *row)


def _same_surname(since: int) -> Iterator[Unusual]:
    """By user and not by row: the patients of one surname are few, the rows of a month are millions."""
    for user in User.select(User.name, User.full_name).where(User.full_name != ""):
        surname = surname_key(user.full_name)
        sql = (
            "SELECT ?, min(a.at_utc), p.mrn, count(*) FROM patient p CROSS JOIN audit a ON a.patient_id = p.id"
            " WHERE p.name_key >= ? AND p.name_key < ? AND a.user = ? AND a.at_utc >= ?"
            f" AND a.action IN {marks(LOOKS)} GROUP BY p.id LIMIT ?"
        )
        values = (user.name, surname, surname + "\U0010ffff", user.name, since, *LOOKS, MOST)
        for row in database.execute_sql(sql, values) if surname else ():
            yield Unusual("same surname", *row)


def _by_day(since: int) -> Iterator[Unusual]:
    """After hours and volume: one reading of the period, and of the days before it that say what is usual."""
    table = _table()
    limits = cache(lambda day: limits_on(table, day.isoformat()))
    zone = store.current().zone
    first_day = datetime.fromtimestamp(since, zone).date()
    midnight = int(datetime.combine(first_day, time(), zone).timestamp())
    with large_cache():
        seen = _seen(midnight - limits(first_day).over_days * DAY_SECONDS, limits)
    asked = {day: what for day, what in seen.items() if day[2] >= first_day}
    for day, what in sorted(asked.items(), key=lambda each: -each[1].late)[:MOST]:
        if what.late:
            yield Unusual("after hours", day[0], what.first_late_utc, "", what.late)
    counts = _counts(seen)
    for day, what in sorted(asked.items(), key=lambda each: -len(each[1].patients))[:MOST]:
        own, role = _usual(day, counts, limits(day[2]).over_days)
        if why := limits(day[2]).why_many(len(what.patients), own, role):
            yield Unusual("many charts", day[0], what.first_utc, "", len(what.patients), why)


def _seen(since: int, limits: Callable[[date], Limits]) -> dict[Day, _Seen]:
    """What every user looked at, day by day; feeds and jobs apart."""
    zone, found = store.current().zone, dict[Day, _Seen]()
    sql = (
        "SELECT at_utc, user, roles, patient_id FROM audit WHERE at_utc >= ? AND patient_id IS NOT NULL"
        f" AND action IN {marks(LOOKS)} AND roles <> 'service' ORDER BY at_utc"
    )

    @cache
    def at_minute(minute: int) -> tuple[date, bool]:
        local = datetime.fromtimestamp(minute * 60, zone)
        return local.date(), limits(local.date()).is_late(local)

    for at_utc, user, roles, patient_id in database.connection().execute(sql, (since, *LOOKS)):
        day, late = at_minute(at_utc // 60)
        what = found.get((user, roles, day))
        if what is None:
            what = found[user, roles, day] = _Seen(at_utc, set())
        what.patients.add(patient_id)
        if late:
            what.first_late_utc = what.first_late_utc or at_utc
            what.late += 1
    return found


def _counts(seen: Mapping[Day, _Seen]) -> dict[str, list[tuple[str, date, int]]]:
    """Users, days and patients of those days, by the roles that were held."""
    found: dict[str, list[tuple[str, date, int]]] = {}
    for (user, roles, day), what in seen.items():
        found.setdefault(roles, []).append((user, day, len(what.patients)))
    return found


def _usual(
    of: Day, counts: Mapping[str, list[tuple[str, date, int]]], over_days: int
) -> tuple[float | None, float | None]:
    """Patients a day that are usual for the user, and for others in the same roles, in the days before."""
    user, roles, day = of
    early = day - timedelta(days=over_days)
    before = [(who, count) for who, then, count in counts[roles] if early <= then < day]
    own = [count for who, count in before if who == user]
    return usual(own), usual([count for who, count in before if who != user])


def _table() -> CodeTable:
    return Shelf(store.current().directory / "site" / "tables")[TABLE]
