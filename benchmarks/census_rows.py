"""Statistics and lists with their pages, and the database's part of them beside hand-written SQL on plain SQLite."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any

from benchmarks.measure import Measure
from benchmarks.stores import Stores, opened
from db.actors import Actor
from db.connect import LARGE_CACHE_KIB, database, large_cache
from db.statistics import census
from db.statistics.indices import disease_index
from reports.catalogue import Report, find
from reports.page import Column, Document, Heads, Item, Run, Setup, as_text, paginate
from reports.run import produce
from rules.periods import Period, month, month_of

TURNS = 5
LISTED = 100_000
DAY_SUMS = (
    "SELECT unit_id, service_id, newborn, sum(census + same_day), sum(admissions), sum(discharges), sum(deaths),"
    " sum(discharge_days) FROM day_stats WHERE day BETWEEN ? AND ? GROUP BY unit_id, service_id, newborn"
)
DISEASE = (
    "SELECT e.id, e.account, p.mrn, p.last_name, p.first_name, p.middle_name, p.suffix, e.admit_day, e.discharge_day,"
    " e.los_days, e.died, d.code, min(d.seq) FROM diagnosis d JOIN encounter e ON e.id = d.encounter_id"
    " JOIN patient p ON p.id = e.patient_id WHERE d.code = ? AND d.role = 'dx' AND e.class = 'I'"
    " AND e.state = 'active' AND e.discharge_day IS NOT NULL GROUP BY e.discharge_day, e.id"
)
DISCHARGES = (
    "SELECT e.account, p.mrn, p.last_name || ',' || p.first_name, e.admitted_utc, e.discharged_utc, e.los_days,"
    " e.disposition FROM encounter e JOIN patient p ON p.id = e.patient_id WHERE e.class = 'I'"
    " AND e.discharge_day IS NOT NULL ORDER BY e.discharge_day, e.id LIMIT ?"
)


def rows(made: Stores, say: Callable[[str], None]) -> list[Measure]:
    """The lines of the table."""
    plain = sqlite3.connect(f"{made.plain.absolute().as_uri()}?mode=ro", uri=True)
    plain.execute(f"PRAGMA cache_size = -{LARGE_CACHE_KIB}")
    last = month_of(made.plan.until.toordinal(), months_back=1)
    september = month(
        f"{made.plan.until.year}-09"
    )  # with it the fiscal year, and so twelve months, are complete
    found = []
    with opened(made) as actor, large_cache():
        for name, first, period in (
            ("one month", last.from_day, last), ("12 months", september.to_day - 364, september)
        ):  # fmt: skip
            say(f"day summary, {name}")
            found.append(_day_summary(plain, name, first, period.to_day))
        report = find("monthly-statistics")
        assert report is not None
        for name, period, most in (("month", last, 300), ("last month of a fiscal year", september, 300)):
            say(f"monthly statistics, {name}")
            asked = {"month": period.name}
            taken = _best(lambda asked=asked: _printed(actor, report, asked))  # type: ignore[misc]
            found.append(Measure(f"monthly statistics with pages, {name}", taken, "ms", most=most))
    with opened(made), large_cache():  # each report has given its cache back
        found += _lists(plain, made.plan.until.toordinal(), say)
    plain.close()
    return found


def _printed(actor: Actor, report: Report, asked: dict[str, str]) -> str:
    return as_text(produce(actor, report, asked).pages(Setup()), Setup())


def _day_summary(plain: sqlite3.Connection, name: str, first: int, last: int) -> Measure:
    by = ("unit_id", "service_id", "newborn")
    here = _best(lambda: census.day_summary(first, last, by=by))
    anchor = _best(lambda: plain.execute(DAY_SUMS, (first, last)).fetchall())
    return Measure(f"day summary by unit and service, {name}", here, "ms", anchor, "plain SQL", 3)


def _lists(plain: sqlite3.Connection, last_day: int, say: Callable[[str], None]) -> list[Measure]:
    code, always = _some_code(plain), Period(1, last_day)
    say("disease index")
    here = _best(lambda: disease_index(code, always))
    index = Measure(
        "disease index, one code, all years", here, "ms", _best(lambda: plain.execute(DISEASE, (code,)).fetchall()),
        "plain SQL", 3, most=200,
    )  # fmt: skip
    say("discharge list")
    number = len(plain.execute(DISCHARGES, (LISTED,)).fetchall())
    anchor = _best(lambda: plain.execute(DISCHARGES, (LISTED,)).fetchall(), turns=2)
    listed = _best(lambda: database.execute_sql(DISCHARGES, (LISTED,)).fetchall(), turns=2)
    pages = _best(lambda: _page(database.execute_sql(DISCHARGES, (LISTED,)).fetchall()), turns=1)
    return [
        index,
        Measure(f"discharge list, {number:,} rows read", listed, "ms", anchor, "plain SQL", 3),
        Measure(f"discharge list, {number:,} rows, with pages", pages, "ms", anchor, "plain SQL, read", most=1000),
    ]  # fmt: skip


def _some_code(plain: sqlite3.Connection) -> str:
    """A diagnosis that about one discharge in 500 has."""
    total = plain.execute("SELECT count(*) FROM abstract").fetchone()[0]
    row = plain.execute(
        "SELECT code FROM diagnosis GROUP BY code HAVING count(*) <= ? ORDER BY count(*) DESC LIMIT 1",
        (max(1, total // 500),),
    ).fetchone()
    return str(row[0])


def _page(listed: list[Any]) -> str:
    columns = (
        Column("Account", 12), Column("MRN", 10), Column("Name", 23), Column("Admitted", 10, number=True),
        Column("Discharged", 10, number=True), Column("Days", 4, number=True), Column("Disp", 4),
    )  # fmt: skip
    body: list[Item] = [Heads(columns), *(tuple(str(cell) for cell in row) for row in listed)]
    document = Document("X00", "DISCHARGES", "all", "all", body, len(listed))
    setup = Setup()
    return as_text(paginate(document, Run("Benchmark", "demo", ""), setup), setup)


def _best(act: Callable[[], object], turns: int = TURNS) -> float:
    taken = []
    for _ in range(turns + 1):
        begin = time.perf_counter()
        act()
        taken.append((time.perf_counter() - begin) * 1000)
    return min(taken)
