"""What a user waits for at a desk: patients found in every form, the desk, a work list, a movement keyed late."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any, Final

from benchmarks.measure import Measure
from benchmarks.stores import Stores, opened_session
from db import store
from db.abstracting import dnfb, visit_lists
from db.changes import Source
from db.connect import SMALL_CACHE_KIB, database
from db.hospital import movements
from db.hospital.movements import Movement
from db.patient_index import patients
from db.worklist import work
from rules.census import Event
from rules.moments import moment_at
from rules.work import EVERYTHING, read_line
from screens.desk import PARTS
from screens.session import Seat, Session

TURNS: Final = 5
MOST_MS: Final = 50.0
ROW: Final = "SELECT mrn, last_name, first_name, birth_date, sex, ssn FROM patient WHERE "
QUEUE: Final = (
    "SELECT e.account, p.mrn, p.last_name, p.first_name, e.admitted_utc, e.discharged_utc, e.los_days, u.code,"
    " s.code, d.name, y.code FROM encounter e JOIN patient p ON p.id = e.patient_id"
    " LEFT JOIN unit u ON u.id = e.unit_id LEFT JOIN service s ON s.id = e.service_id"
    " LEFT JOIN provider d ON d.id = e.attending_id LEFT JOIN payer y ON y.id = e.payer_id"
    " WHERE e.class = 'I' AND e.state = 'active' AND e.abstracted_day IS NULL AND e.discharge_day IS NOT NULL"
    " ORDER BY e.discharge_day, e.id LIMIT 50"
)


def rows(made: Stores, say: Callable[[str], None]) -> list[Measure]:
    """The lines of the table; the cache is that of a user's session."""
    plain = sqlite3.connect(f"{made.plain.absolute().as_uri()}?mode=ro", uri=True)
    plain.execute(f"PRAGMA cache_size = -{SMALL_CACHE_KIB}")
    with opened_session(made) as signed_on:
        say("patients")
        found = _look_ups(plain)
        say("desk")
        session = Session(Seat(made.directory), signed_on)
        found.append(_within("desk opened, all roles", lambda: [list(make(session)) for _, make in PARTS]))
        waiting = _best(lambda: work.page(signed_on.actor, EVERYTHING, None, 50))
        queue = _best(lambda: plain.execute(QUEUE).fetchall())
        found.append(Measure("work queue, a page of 50", waiting, "ms", queue, "plain SQL", most=MOST_MS))
        asked = read_line("PAYER=MCR AGE>3 SORT=TD")
        found.append(
            _within(
                "work queue by payer, age and terminal digit",
                lambda: work.page(signed_on.actor, asked, None, 50),
            )
        )
        found.append(Measure("not final billed", _best(dnfb.counted), "ms", most=300.0))
        found.append(_within("visits to code, a page of 50", visit_lists.listing))
        say("late movement")
        found.append(_within("movement keyed late, a stay of a year ago", _late(made.plan.until.toordinal())))
    plain.close()
    return found


def _look_ups(plain: sqlite3.Connection) -> list[Measure]:
    last, first, mrn, ssn, born, account, id_ = plain.execute(
        "SELECT p.last_name, p.first_name, p.mrn, p.ssn, p.birth_date, e.account, p.id FROM encounter e JOIN patient p"
        " ON p.id = e.patient_id WHERE e.id >= (SELECT max(id) / 2 FROM encounter) AND length(p.ssn) = 9"
        " AND length(p.birth_date) = 10 AND p.last_name <> '' AND p.temporary = 0 LIMIT 1"
    ).fetchone()
    number = plain.execute("SELECT count(*) FROM patient").fetchone()[0]
    by_name = ROW + "name_key >= ? AND name_key < ? ORDER BY name_key, id LIMIT 20"
    digits = "".join(mrn[start : start + 2] for start in range(len(mrn) - 2, len(mrn) - 6, -2))
    forms: tuple[tuple[str, str, str, tuple[Any, ...]], ...] = (
        ("LAST", last, by_name, (last.upper(), f"{last.upper()}~")),
        ("LA (cut short)", last[:2], by_name, (last[:2].upper(), f"{last[:2].upper()}~")),
        ("LAST,FI", f"{last},{first[:2]}", by_name,
         (f"{last},{first[:2]}".upper(), f"{last},{first[:2]}~".upper())),
        ("L,FIRST", f"{last[0]},{first}",
         ROW + "name_key >= ? AND name_key < ? AND first_name = ? ORDER BY name_key, id LIMIT 20",
         (last[0].upper(), f"{last[0].upper()}~", first)),
        ("name of nobody", "QQX,QQX", by_name, ("QQX,QQX", "QQX,QQX~")),
        ("SSN", ssn, ROW + "ssn = ? AND ssn <> ''", (ssn,)),
        ("initial and last four", f"{last[0]}{ssn[-4:]}",
         ROW + "ssn_key = ? AND ssn_key <> ''", (f"{last[0]}{ssn[-4:]}".upper(),)),
        ("MRN", mrn, ROW + "mrn = ?", (mrn,)),
        ("account", account,
         ROW + "id = (SELECT patient_id FROM encounter WHERE account = ? COLLATE NOCASE)", (account,)),
        ("date of birth", born, ROW + "birth_day = (SELECT birth_day FROM patient WHERE id = ?)", (id_,)),
        ("terminal digits", f"{mrn[-4:-2]}-{mrn[-2:]}",
         ROW + "td_key >= ? AND td_key < ?", (digits, f"{digits}~")),
        ("internal number", f"`{id_}", ROW + "id = ?", (id_,)),
    )  # fmt: skip
    return [
        Measure(
            f"patient by {name}, of {number:,}", _best(lambda keyed=keyed: patients.find(keyed)), "ms",  # type: ignore[misc]
            _best(lambda sql=sql, values=values: plain.execute(sql, values).fetchall()), "plain SQL",  # type: ignore[misc]
            most=MOST_MS,
        )
        for name, keyed, sql, values in forms
    ]  # fmt: skip


def _late(until: int) -> Callable[[], None]:
    """A transfer to another unit on the third day of a long stay, summary and all; it is taken back each time."""
    stay, admitted = database.execute_sql(
        "SELECT id, admitted_utc FROM encounter WHERE class = 'I' AND state = 'active' AND los_days BETWEEN 20 AND 40"
        " AND leave_days = 0 AND discharge_day BETWEEN ? AND ? ORDER BY discharge_day LIMIT 1",
        (until - 365, until - 300),
    ).fetchone()
    unit = database.execute_sql("SELECT code FROM unit WHERE counts_in_census = 1 LIMIT 1").fetchone()[0]
    at = moment_at(admitted + 2 * 86_400 + 60, store.current().zone)
    late = Movement(Event.TRANSFER, at, unit, bed="LATE")

    def act() -> None:
        with database.atomic() as transaction:
            applied = movements.record(stay, late, Source("benchmark", "benchmark"))
            assert not applied.refused, applied.reason
            transaction.rollback()

    return act


def _within(name: str, act: Callable[[], object]) -> Measure:
    return Measure(name, _best(act), "ms", most=MOST_MS)


def _best(act: Callable[[], object]) -> float:
    taken = []
    for _ in range(TURNS + 1):
        begin = time.perf_counter()
        act()
        taken.append((time.perf_counter() - begin) * 1000)
    return min(taken)
