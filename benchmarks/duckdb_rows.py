"""The census and the disease index beside DuckDB, an engine for analysis, on the same stays; where it is installed."""

from __future__ import annotations

import csv
import importlib
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.census_rows import PARTS, best, plain_file, some_code
from benchmarks.measure import Measure
from benchmarks.stores import Stores, opened
from db.connect import large_cache
from db.statistics import census, indices
from db.statistics.indices import Coded
from db.statistics.stay_lists import Wanted
from rules.periods import Period, month_of

COPIED: Final = {
    "segment": "SELECT unit_id, service_id, newborn, from_day, to_day FROM segment",
    "stay": "SELECT id, patient_id, admit_day, discharge_day, los_days, died FROM encounter WHERE class = 'I'"
    " AND state = 'active'",
    "diagnosis": "SELECT encounter_id, code, seq FROM diagnosis WHERE role = 'dx'",
}  # fmt: skip
DAYS: Final = (  # service days in closed form, out of the pieces of stays
    "SELECT unit_id, service_id, newborn, sum(least(to_day, $last + 1) - greatest(from_day, $first)) FROM segment"
    " WHERE from_day <= $last AND to_day > $first GROUP BY ALL"
)
INDEX: Final = (
    "SELECT s.*, min(d.seq) FROM diagnosis d JOIN stay s ON s.id = d.encounter_id WHERE d.code = $code"
    " AND s.discharge_day IS NOT NULL GROUP BY ALL ORDER BY s.discharge_day, s.id"
)


def rows(made: Stores, say: Callable[[str], None]) -> list[Measure]:
    """The lines of the table; none without DuckDB (``pip install -e '.[bench]'``)."""
    try:
        duckdb = importlib.import_module("duckdb")
    except ImportError:
        say("DuckDB is not installed: pip install -e '.[bench]'")
        return []
    plain = plain_file(made)
    code = some_code(plain)
    say("copying the stays to DuckDB")
    with tempfile.TemporaryDirectory(dir=made.directory.parent) as folder:
        other = duckdb.connect(":memory:")
        for table, sql in COPIED.items():
            path = Path(folder) / f"{table}.csv"
            with path.open("w", newline="") as file:
                found = plain.execute(sql)
                csv.writer(file).writerows([[column[0] for column in found.description], *found])
            other.execute(f"CREATE TABLE {table} AS SELECT * FROM read_csv('{path}', header = true)")
            path.unlink()
        plain.close()
        return _measured(other, made, code)


def _measured(other: Any, made: Stores, code: str) -> list[Measure]:
    until = made.plan.until.toordinal()
    last = month_of(until, months_back=1)
    found = []
    with opened(made), large_cache():
        for name, back in (("one month", 1), ("12 months", 12)):
            first = month_of(until, months_back=back).from_day
            bound = {"first": first, "last": last.to_day}
            here = best(partial(census.day_summary, first, last.to_day, by=PARTS))
            there = best(partial(_asked, other, DAYS, bound))
            found.append(Measure(f"service days by unit and service, {name}", here, "ms", there, "DuckDB"))
        wanted, asked = Wanted(Period(1, until)), Coded([(code, f"{code} ")])
        here = best(lambda: indices.diseases(asked, wanted))
        there = best(partial(_asked, other, INDEX, {"code": code}))
        found.append(Measure("disease index, one code, all years", here, "ms", there, "DuckDB"))
    return found


def _asked(other: Any, sql: str, bound: dict[str, Any]) -> list[Any]:
    found: list[Any] = other.execute(sql, bound).fetchall()
    return found
