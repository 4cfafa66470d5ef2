"""Registrations checked by the facility's rules: one at the form, all of them on request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from config.code_tables import Shelf
from db import acts, store
from db.actors import Action, Actor
from db.connect import database
from rules import registration
from rules.findings import Finding
from rules.registration import Beside, Rule
from rules.tables import Tables

ITEMS: Final = (
    "mrn", "last_name", "first_name", "middle_name", "suffix", "birth_date", "sex", "ssn", "street", "city", "state",
    "zip", "phone", "race", "ethnicity", "marital", "death_date",
)  # fmt: skip
READ: Final = 1000


@cache
def _shelf(folder: str) -> Shelf:
    return Shelf(Path(folder))


def tables() -> Tables:
    """Code tables with the facility's own rows."""
    return _shelf(str(store.current().directory / "site" / "tables"))


def rules() -> tuple[Rule, ...]:
    """The rules as they stand for the facility."""
    return registration.rules_of(tables()["registration_rules"])


def check(values: Mapping[str, str], patient_id: int = 0) -> list[Finding]:
    """What the rules find in one registration; ``patient_id`` is its chart, if it has one."""
    ssn = values.get("ssn", "")
    others = [
        mrn
        for id_, mrn in database.execute_sql(
            "SELECT id, mrn FROM patient WHERE ssn = ? AND ssn <> '' AND merged_into_id IS NULL"
            " AND void_utc IS NULL LIMIT 3",
            (ssn,),
        )
        if id_ != patient_id
    ]
    beside = Beside(store.current().now().local[:10], tables(), others)
    return registration.check(values, rules(), beside)


def check_all(actor: Actor, say: Callable[[str, int, int], None]) -> Iterator[tuple[str, Finding]]:
    """What the rules find in all registrations: MRN and finding. Audited as one list that was seen."""
    acts.viewed(actor, Action.REVIEW_DUPLICATE, kind="list", record="registration check")
    chosen, known = rules(), tables()
    shared = {
        ssn
        for (ssn,) in database.execute_sql(
            "SELECT ssn FROM patient WHERE ssn <> '' AND merged_into_id IS NULL AND void_utc IS NULL"
            " GROUP BY ssn HAVING count(*) > 1"
        )
    }
    today, last = store.current().now().local[:10], 0
    total = int(database.execute_sql("SELECT max(id) FROM patient").fetchone()[0] or 0)
    while rows := database.execute_sql(
        f"SELECT id, {', '.join(ITEMS)} FROM patient WHERE id > ? AND merged_into_id IS NULL AND void_utc IS NULL"
        " ORDER BY id LIMIT ?",
        (last, READ),
    ).fetchall():
        for id_, *parts in rows:
            values = dict(zip(ITEMS, parts, strict=True))
            beside = Beside(today, known, ("another",) if values["ssn"] in shared else ())
            for finding in registration.check(values, chosen, beside):
                yield values["mrn"], finding
            last = id_
        say("charts checked", min(last, total), total)
