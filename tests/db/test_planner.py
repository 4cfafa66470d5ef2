"""Statistics for the query planner: of large tables only, because small ones grow."""

from __future__ import annotations

import pytest

from db import planner
from db.connect import database, writing
from db.planner import take_statistics
from tests.builders import a_stay


def analysed() -> set[str]:
    return {table for (table,) in database.execute_sql("SELECT DISTINCT tbl FROM sqlite_stat1")}


def plan(sql: str) -> str:
    return str(database.execute_sql(f"EXPLAIN QUERY PLAN {sql}").fetchone()[3])


@pytest.mark.usefixtures("admin")
class TestStatistics:
    def test_are_not_kept_of_small_tables_whose_rows_would_be_read_through(self) -> None:
        a_stay("2026-01-02T08:00", "2026-01-04T09:00")
        take_statistics()
        assert analysed() == set()
        assert plan("SELECT * FROM movement WHERE encounter_id = 1").startswith("SEARCH")

    def test_are_kept_of_large_ones(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(planner, "LARGE_ROWS", 50)
        with writing():
            database.connection().executemany(
                "INSERT INTO service (code) VALUES (?)", [(str(n),) for n in range(60)]
            )
        take_statistics()
        assert analysed() == {"service"}
