"""Accesses worth a question: own record, household, same surname, after hours, far more charts than usual.

What is unusual says the table ``unusual_access``, whose rows a facility replaces by its own. Asking is an act (45 CFR
164.308(a)(1)(ii)(D), review of information system activity).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

from config.code_tables import Shelf
from db import store
from db.actors import Action, Actor
from db.acts import viewed
from db.connect import database
from db.schema.store import User
from db.trail import daily_looks
from db.trail.daily_looks import LOOKS, Day, Looks
from db.trail.privacy import marks
from rules.moments import DAY_SECONDS, moment
from rules.tables import CodeTable
from rules.unusual import TABLE, Limits, limits_on, surname_key, usual

MOST: Final = 500  # findings of one kind that are shown


@dataclass(frozen=True, slots=True)
class Unusual:
    """An access worth a question: why it is unusual, who, when first, whom, how often, and measured by what."""

    why: str
    user: str
    at_utc: int
    mrn: str
    count: int
    measure: str = ""


def unusual(actor: Actor, days: int) -> list[Unusual]:
    """Accesses of the last days that are worth a question, by kind: each user, day and patient once."""
    viewed(actor, Action.VIEW_AUDIT, kind="unusual access", detail={"days": days})
    if not store.current().tampered:
        daily_looks.keep()
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
    # The sign keeps the planner from walking the whole trail in the order of seq.
    first = database.execute_sql("SELECT min(+seq) FROM audit WHERE at_utc >= ?", (since,)).fetchone()[0]
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
    """After hours and volume: the days of the period, and those before it that say what is usual."""
    table, zone = _table(), store.current().zone
    limits = cache(lambda day: limits_on(table, day.isoformat()))
    first = datetime.fromtimestamp(since, zone).date()
    looks = daily_looks.since(first - timedelta(days=limits(first).over_days), first)
    asked = {day: seen for day, seen in looks.items() if day[2] >= first}

    late = {day: _late(day[2], seen, limits(day[2])) for day, seen in asked.items()}
    for day, minutes in sorted(late.items(), key=lambda each: -len(each[1]))[:MOST]:
        if minutes:
            yield Unusual("after hours", day[0], max(minutes[0] * 60, asked[day].first_utc), "", len(minutes))
    counts = _counts(looks)
    for day, seen in sorted(asked.items(), key=lambda each: -each[1].patients)[:MOST]:
        own, role = _usual(day, counts, limits(day[2]).over_days)
        if why := limits(day[2]).why_many(seen.patients, own, role):
            yield Unusual("many charts", day[0], seen.first_utc, "", seen.patients, why)


def _late(day: date, looks: Looks, limits: Limits) -> list[int]:
    """The minutes since 1970 UTC of looks after hours, in their order."""
    if limits.hours is None:
        return []
    first, zone = looks.first_utc // 60, store.current().zone
    minutes = [first + each for each in looks.minutes]
    if day.isoweekday() not in limits.weekdays:
        return minutes
    opens, closes = (moment(f"{day}T{clock}", zone).utc // 60 for clock in limits.hours)
    begins = bisect_left(minutes, opens)
    return minutes[:begins] + minutes[max(begins, bisect_left(minutes, closes)) :]


def _counts(looks: Mapping[Day, Looks]) -> dict[tuple[str, date], list[tuple[str, int]]]:
    """Users and their patients, by the roles that were held and the day."""
    found: dict[tuple[str, date], list[tuple[str, int]]] = {}
    for (user, roles, day), seen in looks.items():
        found.setdefault((roles, day), []).append((user, seen.patients))
    return found


def _usual(
    of: Day, counts: Mapping[tuple[str, date], list[tuple[str, int]]], over_days: int
) -> tuple[float | None, float | None]:
    """Patients a day that are usual for the user, and for others in the same roles, in the days before."""
    user, roles, day = of
    own, others = list[int](), list[int]()
    for back in range(1, over_days + 1):
        for who, count in counts.get((roles, day - timedelta(days=back)), ()):
            (own if who == user else others).append(count)
    return usual(own), usual(others)


def _table() -> CodeTable:
    return Shelf(store.current().directory / "site" / "tables")[TABLE]
