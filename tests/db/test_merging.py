"""Charts put together and taken apart: every table is decided about, and nothing is left of a merge that was undone."""

from __future__ import annotations

from random import Random

import pytest

from db.access import sensitive
from db.actors import Actor
from db.changes import Source
from db.connect import database, writing
from db.patient_index import duplicates, merging, patients
from db.statistics import census, summary
from rules.moments import day_number
from tests.builders import a_movement, a_patient, a_stay, an_encounter

SOURCE = Source("clerk", "test")
# What tells that a merge was made and undone, and what is derived from all the rest.
HISTORY = {"audit", "amendment", "merge", "abstract_step", "migration", "sqlite_sequence"}
DERIVED = {"match_key", "match_person", "match_pending", "match_name", "chart_pair"}

# Every column that refers to a chart, and what a merge does with it. A new one has to be decided here.
DECIDED = {
    "encounter.patient_id": "moves", "patient_identifier.patient_id": "moves", "patient_alias.patient_id": "moves",
    "data_case.patient_id": "moves", "event.patient_id": "moves", "request.patient_id": "moves",
    "received_message.patient_id": "moves", "privacy_alert.patient_id": "moves", "user_patient.patient_id": "moves",
    "document_note.patient_id": "moves", "feed_disagreement.patient_id": "moves",
    "sensitive_patient.patient_id": "moves unless both have one", "release.patient_id": "written once",
    "match_key.patient_id": "of the chart",
    "match_person.patient_id": "of the chart", "match_pending.patient_id": "of the chart",
    "chart_pair.low_id": "of the chart", "chart_pair.high_id": "of the chart", "overlay.patient_id": "of the chart",
    "patient.merged_into_id": "leads on",
}  # fmt: skip


def referring() -> dict[str, str]:
    return {
        f"{table}.{key.column}": key.table
        for table in database.get_tables()
        for key in database.get_foreign_keys(table)
        if key.dest_table == "patient"
    }


def dump(*left_out: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, but for history and what is derived."""
    tables = set(database.get_tables()) - HISTORY - DERIVED - set(left_out)
    return {
        table: sorted(database.execute_sql(f"SELECT * FROM {table}").fetchall(), key=repr) for table in tables
    }


@pytest.mark.usefixtures("admin")
class TestEveryTable:
    def test_that_refers_to_a_chart_is_decided(self) -> None:
        known = set(referring())
        assert known <= set(DECIDED), f"say what a merge does with {known - set(DECIDED)}"

    def test_rules_name_tables_that_exist(self) -> None:
        tables = set(database.get_tables())
        assert (merging.OF_THE_CHART | merging.WRITTEN_ONCE | set(merging.ONE_EACH)) <= tables

    def test_with_one_row_a_chart_has_a_rule_for_two(self) -> None:
        """A unique column that moves would otherwise refuse a merge that people need."""
        for name in referring():
            table, _, column = name.partition(".")
            unique = [row[2:3] for row in database.execute_sql(f"PRAGMA index_list({table})") if row[2]] + [
                (row[1],) for row in database.execute_sql(f"PRAGMA table_info({table})") if row[5]
            ]
            of_chart = DECIDED[name] == "moves" and (column,) in unique
            assert not of_chart, name

    def test_that_moves_is_found_by_an_index(self) -> None:
        for name in referring():
            table, _, column = name.partition(".")
            if DECIDED[name] == "of the chart":
                continue
            plan = database.execute_sql(
                f"EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE {column} = 1"
            ).fetchall()
            assert not plan[0][3].startswith("SCAN"), name


@pytest.mark.usefixtures("admin")
class TestUndo:
    @pytest.mark.parametrize("seed", range(12))
    def test_a_merge_undone_leaves_the_store_as_it_was(self, admin: Actor, seed: int) -> None:
        random = Random(seed)
        charts = [a_history(random) for _ in range(4)]
        settle()
        before = dump()
        survivor, loser = random.sample(charts, 2)
        with writing():
            merged = patients.merge(survivor, loser, SOURCE)
        assert not merged.refused, merged.reason
        assert dump() != before
        with writing():
            assert not patients.undo_merge(merged.record_id, SOURCE).refused
        settle()
        after = dump()
        assert {name: after[name] for name in after if after[name] != before[name]} == {}

    @pytest.mark.parametrize("seed", range(6))
    def test_merges_undone_backwards_leave_nothing(self, admin: Actor, seed: int) -> None:
        random = Random(100 + seed)
        charts = [a_history(random) for _ in range(5)]
        settle()
        before, done = dump(), []
        standing = list(charts)
        while len(standing) > 1:
            survivor, loser = random.sample(standing, 2)
            standing.remove(loser)
            with writing():
                done.append(patients.merge(survivor, loser, SOURCE).record_id)
        for merge in reversed(done):
            with writing():
                assert not patients.undo_merge(merge, SOURCE).refused
        settle()
        assert dump() == before

    def test_is_refused_while_a_later_merge_holds_the_survivor(self) -> None:
        one, two, three = (a_patient(mrn=str(n)) for n in (1, 2, 3))
        with writing():
            first = patients.merge(two, three, SOURCE).record_id
            patients.merge(one, two, SOURCE)
            assert patients.undo_merge(first, SOURCE).reason == (
                "The chart was merged into 1 afterwards: undo that merge first."
            )

    def test_leaves_what_was_amended_since(self) -> None:
        one, two = a_patient(mrn="1", phone=""), a_patient(mrn="2", phone="555-1234")
        version = int(patients.get(one)["version"])
        with writing():
            merge = patients.merge(one, two, SOURCE).record_id
            patients.apply({"mrn": "1", "phone": "555-9999", "city": "TROY"}, SOURCE)
            patients.undo_merge(merge, SOURCE)
        assert (patients.get(one)["phone"], patients.get(one)["city"]) == ("555-9999", "TROY")
        assert int(patients.get(one)["version"]) > version

    def test_a_form_opened_while_it_was_merged_does_not_fit_the_chart_any_more(self) -> None:
        one, two = a_patient(), a_patient()
        with writing():
            merge = patients.merge(one, two, SOURCE).record_id
            version = patients.get(one)["version"]
            patients.undo_merge(merge, SOURCE)
            for city in ("TROY", "ALBANY", "UTICA"):
                patients.apply({"mrn": patients.get(one)["mrn"], "city": city}, SOURCE)
                assert patients.get(one)["version"] != version


@pytest.mark.usefixtures("admin")
class TestBothHaveOne:
    def test_mark_of_a_sensitive_chart_the_survivors_stands_and_the_other_waits(self, admin: Actor) -> None:
        one, two = a_patient(), a_patient()
        sensitive.mark(admin, one, "vip", "mayor")
        sensitive.mark(admin, two, "employee", "works here")
        with writing():
            merge = patients.merge(one, two, SOURCE)
            assert not merge.refused
        rows = database.execute_sql("SELECT patient_id, class FROM sensitive_patient ORDER BY 1").fetchall()
        assert rows == [(one, "vip"), (two, "employee")]

    def test_a_mark_of_the_other_chart_alone_comes_with_it(self, admin: Actor) -> None:
        one, two = a_patient(), a_patient()
        sensitive.mark(admin, two, "employee", "works here")
        with writing():
            patients.merge(one, two, SOURCE)
        assert database.execute_sql("SELECT patient_id FROM sensitive_patient").fetchall() == [(one,)]


@pytest.mark.usefixtures("admin")
class TestCensus:
    def test_charts_merged_leave_nothing_to_recount(self) -> None:
        one, two = a_patient(), a_patient()
        a_stay("2026-10-03T08:00", "2026-10-05T09:00", patient_id=two)
        a_stay("2026-10-07T08:00", "2026-10-08T09:00", patient_id=two)
        settle()
        with writing():
            patients.merge(one, two, SOURCE)
        assert not summary.is_due()
        assert census.self_check(day_number("2026-10-01"), day_number("2026-10-31")) == []


def a_history(random: Random) -> int:
    """A chart with whatever it may have gathered."""
    blank = dict.fromkeys(random.sample(("phone", "ssn", "middle_name", "street", "sex"), 2), "")
    chart = a_patient(**blank, last_name=random.choice(("MILLER", "MEYER", "LEE")))
    if random.random() < 0.6:
        with writing():
            patients.apply(
                {"mrn": patients.get(chart)["mrn"], "last_name": "KING", "aliases": "LEE,ANN"}, SOURCE
            )
    for _ in range(random.randrange(3)):
        day = random.randint(1, 20)
        leaves = f"2026-10-{day + random.randint(1, 6):02d}T10:00" if random.random() < 0.8 else ""
        stay = a_stay(f"2026-10-{day:02d}T08:00", leaves, patient_id=chart)
        if not leaves and random.random() < 0.5:
            a_movement(stay, "transfer", f"2026-10-{day + 1:02d}T09:00", "ICU", "SUR")
    if random.random() < 0.5:
        an_encounter(chart, **{"class": "O"})
    if random.random() < 0.5:
        with writing():
            patients.add_identifier(chart, "insurance", f"POL{random.randint(1, 9)}", issuer="BCBS")
    return chart


def settle() -> None:
    """Let everything derived catch up."""
    while duplicates.catch_up(500):
        pass
    summary.bring_up_to_date()
