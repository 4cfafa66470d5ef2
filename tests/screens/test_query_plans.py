"""No screen reads through all of history: every query is planned without statistics and with a large hospital's."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from config.menu import standard_menu
from db import store
from db.access import sign_on
from db.connect import RecordroomDatabase, database
from tests.conftest import ADMIN, PASSPHRASE
from tests.screens.conftest import House
from tests.screens.test_every_screen import WORDS, the_key
from tests.tui.conftest import Workstation

REVIEWED = True  # reviews are under way in the small hospital
STATISTICS = Path(__file__).parents[1] / "data" / "statistics_of_a_large_hospital.tsv"
# Tables that have rows of every year there was.
GROWING = frozenset({
    "amendment", "patient", "patient_identifier", "patient_alias", "merge", "encounter", "encounter_diagnosis",
    "attending", "movement", "event", "segment", "leave_span", "day_stats", "data_case", "case_revision", "case_item",
    "request", "request_event", "release", "suspension", "received_message", "feed_disagreement", "document_note",
    "chart_document",
    "abstract", "abstract_cycle", "abstract_difference", "abstract_return", "abstract_sent", "abstract_step",
    "abstract_transmission", "diagnosis", "procedure", "audit", "refused_row",
})  # fmt: skip
# Indexes that hold no more than what is open at the moment: who is in house, what waits to be done.
OF_OPEN_WORK = frozenset({
    "encounter_in_house", "encounter_not_abstracted", "encounter_not_coded", "patient_temporary",
    "received_message_held", "received_message_waiting", "feed_disagreement_open", "feed_disagreement_waiting",
    "request_open", "segment_open", "leave_span_counted",
    "abstract_difference_waiting", "abstract_return_waiting",
})  # fmt: skip
# Answered from one end of an index, or by no row at all.
# A registry is counted from its index alone: some thousand records a decade.
REGISTRY_SIZE = "SELECT count(*) FROM data_case WHERE data_set = ? AND void_utc IS NULL"
FROM_ONE_END = re.compile(r"SELECT (coalesce\()?(min|max)\(\w+\)(, 0\))? FROM \w+$| IN \(\) ")
NAMED = re.compile(
    r"\b(?:FROM|JOIN|INTO|UPDATE)\s+\"?(\w+)\"?"
    r"(?:\s+(?:AS\s+)?\"?(?!WHERE|JOIN|LEFT|ON|ORDER|GROUP|SET)(\w+)\"?)?"
)
COARSE = frozenset({"class", "state", "data_set", "kind", "newborn", "died", "is_open", "item"})  # few values
LOOK_UPS = (
    "MILLER", "MIL,R", "00123456", "123456", "4711", "M9999", "999-99-9999", "11/16/1951", "45-49", "`1",
)  # fmt: skip


def in_full(sql: str, plan: Sequence[str]) -> list[str]:
    """The steps of a plan that read all rows of a table which grows."""
    if FROM_ONE_END.search(sql) or sql == REGISTRY_SIZE:
        return []
    named = {alias or table: table for table, alias in NAMED.findall(sql)}
    by_pages = " LIMIT " in sql and not any("TEMP B-TREE FOR ORDER BY" in step for step in plan)
    found = []
    for step in plan:
        table = named.get(step.split()[1], step.split()[1]) if " " in step else ""
        index = (re.search(r"INDEX (\w+)", step) or ["", ""])[1]
        if "AUTOMATIC" in step:
            found.append(step)
        elif table in GROWING and index not in OF_OPEN_WORK and not (by_pages and step == plan[0]):
            bound = set(re.findall(r"(\w+)[=<>]", step))
            if step.startswith("SCAN") or (step.startswith("SEARCH") and bound <= COARSE):
                found.append(step)
    return found


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Every statement executed and its plan."""
    found: dict[str, list[str]] = {}
    execute = RecordroomDatabase.execute_sql

    def planned(self: RecordroomDatabase, sql: str, params: Any = None) -> Any:
        if sql.lstrip().startswith(("SELECT", "UPDATE", "DELETE", "WITH")) and sql not in found:
            asked = self.connection().execute(f"EXPLAIN QUERY PLAN {sql}", tuple(params or ()))
            found[sql] = [row[3] for row in asked]
        return execute(self, sql, params)

    monkeypatch.setattr(RecordroomDatabase, "execute_sql", planned)
    return found


def grown_large(directory: Path) -> None:
    """Let the planner take the store for that of a large hospital."""
    sign_on.with_passphrase(directory, ADMIN, PASSPHRASE)
    database.execute_sql("ANALYZE")
    database.execute_sql("DELETE FROM sqlite_stat4")
    database.execute_sql("DELETE FROM sqlite_stat1")
    rows = [line.split("\t") for line in STATISTICS.read_text(encoding="utf-8").splitlines()]
    database.connection().executemany("INSERT INTO sqlite_stat1 VALUES (?, nullif(?, ''), ?)", rows)
    store.close_store()


@pytest.fixture(params=["nothing", "a large hospital"])
def workplace(
    request: pytest.FixtureRequest, house: House, seat: Callable[[], Workstation]
) -> Callable[[], Workstation]:
    """A desk whose planner knows nothing of the store, or takes it for a large one."""
    if request.param != "nothing":
        grown_large(house.directory)
    return seat


class TestEveryQueryOfAScreen:
    def test_is_answered_from_an_index(
        self, workplace: Callable[[], Workstation], house: House, plans: dict[str, list[str]]
    ) -> None:
        desk = workplace()
        for word in WORDS:
            desk.press("ctrl+o", f"={word} {the_key(word, house)}".strip(), "enter", "f8", "f7")
        for text in LOOK_UPS:
            desk.press("ctrl+o", f"=PAT {text}", "enter")
        assert len(plans) > 80
        read = {sql: steps for sql, plan in plans.items() if (steps := in_full(sql, plan))}
        assert not read, "\n".join(f"{sql}\n  {steps}" for sql, steps in read.items())
        assert standard_menu().screens
