"""Statistics and lists with their pages, and the database's part of them beside hand-written SQL on plain SQLite."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from benchmarks.measure import Measure
from benchmarks.stores import Stores, opened
from db.actors import Actor
from db.connect import LARGE_CACHE_KIB, database, large_cache
from db.hospital import encounter_lists
from db.statistics import census, figures, indices
from db.statistics.indices import Coded
from db.statistics.stay_lists import Wanted
from reports.catalogue import find
from reports.page import Column, Document, Heads, Item, Run, Setup, as_text, paginate
from reports.run import produce
from rules.moments import iso_date
from rules.periods import Period, month, month_of

TURNS: Final = 5
LISTED: Final = 100_000
GATHERED: Final = 600  # encounters of one chart
DAY_SUMS: Final = (
    "SELECT unit_id, service_id, newborn, sum(census + same_day), sum(admissions), sum(discharges), sum(deaths),"
    " sum(discharge_days) FROM day_stats WHERE day BETWEEN ? AND ? GROUP BY unit_id, service_id, newborn"
)
PARTS: Final = ("unit_id", "service_id", "newborn")
GRID: Final = (
    "SELECT day, unit_id, newborn, sum(census), sum(same_day), sum(admissions), sum(discharges), sum(deaths),"
    " sum(unit_in), sum(unit_out), sum(leave_in), sum(leave_out) FROM day_stats WHERE day BETWEEN ? AND ?"
    " GROUP BY day, unit_id, newborn"
)
# What the figures of a period are made from, as somebody would ask for it by hand.
DISCHARGED: Final = (
    "e.class = 'I' AND e.state = 'active' AND e.newborn = 0 AND e.discharge_day BETWEEN :first AND :last"
)
MONTH: Final = {
    "census": "SELECT day, newborn, sum(census), sum(same_day), sum(admissions), sum(discharges), sum(deaths),"
    " sum(deaths_under_48h), sum(unit_in), sum(unit_out), sum(on_leave), sum(discharge_days) FROM day_stats"
    " WHERE day BETWEEN :first - 1 AND :last GROUP BY day, newborn",
    "events": "SELECT kind, detail, count(*) FROM event WHERE state = 'current' AND kind IN ('live_birth', 'delivery',"
    " 'operation', 'anesthetic', 'infection', 'autopsy', 'fetal_death') AND day BETWEEN :first AND :last"
    " GROUP BY kind, detail",
    "operated": "SELECT count(DISTINCT encounter_id) FROM event WHERE state = 'current' AND kind = 'operation'"
    " AND day BETWEEN :first AND :last",
    "discharges": "SELECT count(*), sum(died), sum(died = 0 AND return_day <= discharge_day + 30),"
    f" count(weight_ten_thousandths), sum(weight_ten_thousandths) FROM encounter e WHERE {DISCHARGED}",
    "consulted": f"SELECT count(*) FROM encounter e WHERE {DISCHARGED} AND EXISTS (SELECT 1 FROM event v"
    " WHERE v.encounter_id = e.id AND v.kind = 'consultation' AND v.state = 'current')",
    "deaths": "SELECT v.kind, v.detail, count(*) FROM encounter e JOIN event v ON v.encounter_id = e.id"
    f" WHERE {DISCHARGED} AND e.died = 1 GROUP BY v.kind, v.detail",
}  # fmt: skip
DISEASE: Final = (
    "SELECT e.id, e.account, p.mrn, p.last_name, p.first_name, p.middle_name, p.suffix, e.admit_day, e.discharge_day,"
    " e.los_days, e.died, d.code, min(d.seq), (SELECT group_concat(code, ' ') FROM diagnosis o"
    " WHERE o.encounter_id = e.id) FROM diagnosis d JOIN encounter e ON e.id = d.encounter_id"
    " JOIN patient p ON p.id = e.patient_id WHERE d.code = ? AND d.role = 'dx' AND e.class = 'I'"
    " AND e.state = 'active' AND e.discharge_day IS NOT NULL GROUP BY e.discharge_day, e.id"
)
DISCHARGES: Final = (
    "SELECT e.account, p.mrn, p.last_name || ',' || p.first_name, e.admitted_utc, e.discharged_utc, e.los_days,"
    " e.disposition FROM encounter e JOIN patient p ON p.id = e.patient_id WHERE e.class = 'I'"
    " AND e.discharge_day IS NOT NULL ORDER BY e.discharge_day, e.id LIMIT ?"
)
CHART: Final = "SELECT * FROM encounter WHERE patient_id = ? ORDER BY arrived_utc DESC LIMIT 50"


def rows(made: Stores, say: Callable[[str], None]) -> list[Measure]:
    """The lines of the table."""
    plain = plain_file(made)
    until = made.plan.until.toordinal()
    last = month_of(until, months_back=1)
    with opened(made), large_cache():
        say("counts of days")
        found = [*_days(plain, last, until), *_growth(plain, made, last)]
        found += _lists(plain, until, say)
    with opened(made) as actor:
        for name, report, asked, most in _reports(made, last, some_code(plain)):
            say(name)
            taken = best(lambda report=report, asked=asked: _printed(actor, report, asked))  # type: ignore[misc]
            found.append(Measure(f"{name}, with pages", taken, "ms", most=most))
    plain.close()
    return found


def plain_file(made: Stores) -> sqlite3.Connection:
    """The same records in plain SQLite, with the same cache."""
    plain = sqlite3.connect(f"{made.plain.absolute().as_uri()}?mode=ro", uri=True)
    plain.execute(f"PRAGMA cache_size = -{LARGE_CACHE_KIB}")
    return plain


def _reports(made: Stores, last: Period, code: str) -> list[tuple[str, str, Mapping[str, str], float]]:
    """Reports as a user runs them: what they are called here, what is asked, the budget in ms."""
    september = month(f"{made.plan.until.year}-09")  # with it the fiscal year is complete
    days = {"from": iso_date(last.from_day), "to": iso_date(last.to_day)}
    year = {"from": iso_date(month_of(last.to_day, months_back=11).from_day), "to": iso_date(last.to_day)}
    whole, day = {"month": last.name}, {"day": iso_date(last.to_day)}
    return [
        ("monthly statistics, a month", "monthly-statistics", whole, 300),
        (
            "monthly statistics, last month of a fiscal year",
            "monthly-statistics",
            {"month": september.name},
            300,
        ),
        ("census recapitulation, a month by unit", "census-recap", whole, 150),
        ("year at a glance", "year-at-a-glance", whole, 1000),
        (
            "patient mix of a fiscal year",
            "patient-mix",
            {"month": september.name, "period": "fiscal-year"},
            1000,
        ),
        ("daily census of one day", "daily-census", day, 300),
        ("gains and losses of one day", "gains-and-losses", day, 300),
        ("bed status of one day", "bed-status", day, 300),
        (
            "disease index, one code, all years",
            "disease-index",
            {**year, "from": "1990-01-01", "code": code},
            200,
        ),
        ("discharges of a month, one by one", "discharge-list", days, 1000),
        ("code edits of a month", "code-edits", days, 10_000),
        ("CC and MCC capture of a month", "cc-capture", days, 5000),
    ]


def _printed(actor: Actor, name: str, asked: Mapping[str, str]) -> str:
    report = find(name)
    assert report is not None
    return as_text(produce(actor, report, asked).pages(Setup()), Setup())


def _days(plain: sqlite3.Connection, last: Period, until: int) -> list[Measure]:
    """The day summary and the counts of months, beside the same by hand."""
    year = [month_of(until, months_back=back) for back in range(12, 0, -1)]
    found = []
    for name, first in (("one month", last.from_day), ("12 months", year[0].from_day)):
        here = best(partial(census.day_summary, first, last.to_day, by=PARTS))
        anchor = best(partial(_asked, plain, DAY_SUMS, (first, last.to_day)))
        found.append(Measure(f"day summary by unit and service, {name}", here, "ms", anchor, "plain SQL", 3))
    here = best(lambda: census.day_summary(last.from_day - 1, last.to_day, by=("day", "unit_id", "newborn")))
    anchor = best(lambda: plain.execute(GRID, (last.from_day - 1, last.to_day)).fetchall())
    found.append(Measure("month grid, day by unit", here, "ms", anchor, "plain SQL", 3, most=150))
    for name, months, most in (("a month", year[-1:], 300), ("12 months, each", year, 1000)):
        here = best(lambda months=months: [figures.whole(each) for each in months])  # type: ignore[misc]
        anchor = best(lambda months=months: [_by_hand(plain, each) for each in months])  # type: ignore[misc]
        found.append(Measure(f"all counts of {name}", here, "ms", anchor, "plain SQL", 3, most=most))
    return found


def _asked(plain: sqlite3.Connection, sql: str, values: tuple[Any, ...]) -> list[Any]:
    return plain.execute(sql, values).fetchall()


def _by_hand(plain: sqlite3.Connection, period: Period) -> list[list[Any]]:
    bound = {"first": period.from_day, "last": period.to_day}
    return [plain.execute(sql, bound).fetchall() for sql in MONTH.values()]


def _growth(plain: sqlite3.Connection, made: Stores, last: Period) -> list[Measure]:
    """Nothing grows with history: the last month beside one of the first, a chart of many encounters."""
    early = month_of(made.plan.first_day, months_back=-2)
    now = best(lambda: figures.whole(last))
    then = best(lambda: figures.whole(early))
    chart = _gathered_chart(plain)
    return [
        Measure(
            f"all counts of a month, after {made.plan.months} months", now, "ms", then, "after 2 months", 1.5
        ),
        chart,
    ]


def _gathered_chart(plain: sqlite3.Connection) -> Measure:
    """A page of a chart that has gathered encounters for years; they are given back afterwards."""
    (patient,) = database.execute_sql("SELECT patient_id FROM encounter WHERE id = 1000").fetchone()
    with database.atomic() as transaction:
        database.execute_sql(
            "UPDATE encounter SET patient_id = ? WHERE id IN (SELECT id FROM encounter WHERE class = 'I' LIMIT ?)",
            (patient, GATHERED),
        )
        here = best(lambda: encounter_lists.of_patient(patient))
        transaction.rollback()
    anchor = best(lambda: plain.execute(CHART, (patient,)).fetchall())
    return Measure(
        f"encounters of a chart that has {GATHERED}", here, "ms", anchor, "plain SQL, of few", most=50
    )


def _lists(plain: sqlite3.Connection, last_day: int, say: Callable[[str], None]) -> list[Measure]:
    code, always = some_code(plain), Period(1, last_day)
    say("disease index")
    one_code = Coded([(code, f"{code} ")])
    here = best(lambda: indices.diseases(one_code, Wanted(always)))
    index = Measure(
        "disease index, one code, all years", here, "ms", best(lambda: plain.execute(DISEASE, (code,)).fetchall()),
        "plain SQL", 3, most=200,
    )  # fmt: skip
    say("discharge list")
    number = len(plain.execute(DISCHARGES, (LISTED,)).fetchall())
    anchor = best(lambda: plain.execute(DISCHARGES, (LISTED,)).fetchall(), turns=2)
    listed = best(lambda: database.execute_sql(DISCHARGES, (LISTED,)).fetchall(), turns=2)
    pages = best(lambda: _page(database.execute_sql(DISCHARGES, (LISTED,)).fetchall()), turns=1)
    return [
        index,
        Measure(f"discharge list, {number:,} rows read", listed, "ms", anchor, "plain SQL", 3),
        Measure(f"discharge list, {number:,} rows, with pages", pages, "ms", anchor, "plain SQL, read", most=1000),
    ]  # fmt: skip


def some_code(plain: sqlite3.Connection) -> str:
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


def best(act: Callable[[], object], turns: int = TURNS) -> float:
    taken = []
    for _ in range(turns + 1):
        begin = time.perf_counter()
        act()
        taken.append((time.perf_counter() - begin) * 1000)
    return min(taken)
