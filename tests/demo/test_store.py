"""The demo store: filled to the last desk, and gone when the command ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from config.code_tables import shipped_tables
from config.data_sets import dictionary_for
from db import drafts, store
from db.abstracting import visit_lists, working
from db.access import sign_on
from db.actors import Actor, Role
from db.connect import database
from db.disclosure import counts as request_counts
from db.feeds import counts as feed_counts
from db.hospital import encounters
from db.patient_index import patients
from db.registry import cases
from db.registry import counts as registry_counts
from db.statistics import census
from recordroom.cli import run
from recordroom.demo.model import Plan
from recordroom.demo.store import PASSPHRASE, USER, USERS, make_store
from reports.catalogue import find
from reports.run import produce
from rules import edits
from rules.dictionary import Context
from rules.findings import Level

PLAN = Plan(date(2026, 11, 21), beds=40, months=3, seed=5)


@pytest.fixture(scope="module")
def demo_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    os.umask(0o077)
    directory = tmp_path_factory.mktemp("demo") / "store"
    make_store(directory, PLAN)
    return directory


@pytest.fixture
def demo(demo_store: Path) -> Iterator[Actor]:
    yield sign_on.with_passphrase(demo_store, USER, PASSPHRASE).actor
    store.close_store()


def _one(sql: str, *values: object) -> int:
    return int(database.execute_sql(sql, values).fetchone()[0])


class TestTheDemoStore:
    def test_has_departments_of_services_that_it_has(self, demo: Actor) -> None:
        report = find("treating-specialty")
        assert report is not None
        data = produce(demo, report, {"day": "2026-11-20"}).data
        services = {service for _, service, _ in data.house}
        assert set(data.departments.values()) == {"Medicine", "Surgery", "Women and children"}
        assert {"MED", "SUR", "OBG"} <= services & set(data.departments)

    def test_has_a_user_for_each_role(self, demo_store: Path) -> None:
        for name, _, role in USERS:
            signed_on = sign_on.with_passphrase(demo_store, name, PASSPHRASE)
            assert signed_on.actor.roles == {role}
            store.close_store()
        assert {role for _, _, role in USERS} == set(Role) - {Role.ADMINISTRATOR, Role.SERVICE}

    def test_counts_the_census_as_its_movements_do(self, demo: Actor) -> None:
        assert not census.self_check(PLAN.first_day - 60, PLAN.until.toordinal())

    def test_a_query_follows_its_stay_and_each_step_the_one_before(self, demo: Actor) -> None:
        assert _one("SELECT count(*) FROM work_query WHERE status = 'closed'") >= 5
        assert not _one(
            "SELECT count(*) FROM work_query q JOIN encounter e ON e.id = q.encounter_id"
            " WHERE q.asked_day < e.admit_day OR q.answered_day < q.asked_day OR q.due_day < q.asked_day"
        )
        assert not _one(
            "SELECT count(*) FROM query_step a JOIN query_step b ON b.query_id = a.query_id AND b.id > a.id"
            " WHERE b.day < a.day"
        )

    def test_has_movements_that_the_path_check_would_have_let_in(self, demo: Actor) -> None:
        for encounter_id, mrn in database.execute_sql(
            "SELECT e.id, p.mrn FROM encounter e JOIN patient p ON p.id = e.patient_id WHERE e.class = 'I' LIMIT 50"
        ).fetchall():
            stay = encounters.get(encounter_id)
            assert stay.mrn == mrn
            assert stay.admitted_at
            assert stay.discharged_at or stay.unit

    def test_has_abstracts_of_most_old_discharges_and_few_recent_ones(self, demo: Actor) -> None:
        today = PLAN.until.toordinal()
        share = (
            "SELECT avg(abstracted_day IS NOT NULL) * 100 FROM encounter WHERE class = 'I' AND discharge_day"
        )
        assert _one(f"{share} < ?", today - 40) >= 98
        assert _one(f"{share} >= ?", today - 3) < 40
        assert _one("SELECT count(*) FROM abstract WHERE drg IN ('', '998', '999')") == 0

    def test_reads_an_abstract_back_as_it_was_filed(self, demo: Actor) -> None:
        account = database.execute_sql("SELECT number FROM data_case WHERE data_set = 'abstract' LIMIT 1")
        (number,) = account.fetchone()
        case = cases.by_number("abstract", number)
        assert case is not None
        assert case.record["account"] == number
        assert case.record["diagnoses[1].code"]

    def test_filed_no_abstract_that_its_own_edits_would_refuse(self, demo: Actor) -> None:
        dictionary, context = dictionary_for("abstract"), Context("2026-11-21T10:00", shipped_tables())
        found = Counter(
            finding.code
            for (document,) in database.execute_sql(
                "SELECT document FROM data_case WHERE data_set = 'abstract'"
            )
            for finding in edits.findings(dictionary, json.loads(document), context)
            if finding.level in (Level.FATAL, Level.ERROR)
        )
        # What is missing is what the registration does not know or the technician has left open.
        assert set(found) <= {"D004"}
        assert found.total() < 20

    def test_abstracts_have_the_stay_that_the_movements_give(self, demo: Actor) -> None:
        assert _one(
            "SELECT count(*) FROM data_case c JOIN encounter e ON e.id = c.encounter_id LEFT JOIN case_item i"
            " ON i.case_id = c.id AND i.item = 'los_days' WHERE c.data_set = 'abstract' AND i.number IS NOT e.los_days"
        ) == 0  # fmt: skip

    def test_has_working_drgs_of_most_in_house_and_stays_beyond_their_mean(self, demo: Actor) -> None:
        people = working.in_house()
        coded = [each for each in people if each.drg]
        assert len(people) / 3 < len(coded) < len(people)
        assert {each.filed_by for each in coded} == {"coder"}
        assert any(each.over_days and each.over_days > 0 for each in coded)

    def test_has_visits_that_are_coded_without_error_and_visits_to_code(self, demo: Actor) -> None:
        dictionary = dictionary_for("visit")
        coded = cases.whole("visit", 0, 1000)
        assert {each.record["services[1].code"] for each in coded} >= {"G0383", "G0463"}
        context = Context("2026-11-21T10:00", shipped_tables())
        assert not [
            found for each in coded for found in edits.findings(dictionary, each.record, context)
            if found.level in (Level.FATAL, Level.ERROR)
        ]  # fmt: skip
        assert visit_lists.listing()

    def test_finds_patients_by_name_and_by_number(self, demo: Actor) -> None:
        found = patients.find("SMITH")
        assert found
        assert patients.find(found[0].mrn)[0].patient_id == found[0].patient_id

    def test_has_something_waiting_everywhere(self, demo: Actor) -> None:
        held, disagreements = feed_counts.held(), feed_counts.disagreements()
        assert held >= 4
        assert disagreements >= 1
        assert 1 <= registry_counts.records("trauma", cases.OPEN) < registry_counts.records("trauma")
        assert drafts.waiting(demo)
        assert patients.temporary()
        assert request_counts.requests(demo).open >= 4
        assert request_counts.requests(demo).overdue >= 1
        assert _one("SELECT count(*) FROM release") >= 3


class TestTheCommand:
    def test_prints_both_reports_without_a_terminal_and_leaves_nothing(self, tmp_path: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "recordroom", "demo", "--beds", "30", "--months", "2", "--until", "2026-11-21"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            env={**os.environ, "TMPDIR": str(tmp_path)},
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert "DAILY CENSUS BY UNIT AND BED" in done.stdout
        assert "MONTHLY STATISTICAL SUMMARY" in done.stdout
        assert "10/2026" in done.stdout
        assert not list(tmp_path.iterdir())

    def test_prints_the_reports_of_a_store_that_is_kept_too(
        self, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whether it does is at stake, not what: making a store takes seconds."""
        monkeypatch.setattr("recordroom.demo.store.make_store", lambda directory, plan: None)
        monkeypatch.setattr(
            "recordroom.commands.demo._print_reports", lambda directory, plan: print(directory)
        )
        assert run(["demo", "--print", "--keep", str(tmp_path / "kept")]) in (0, None)
        said = capfd.readouterr()
        assert said.out == f"{tmp_path / 'kept'}\n"
        assert said.err.startswith(f"Sign on to {tmp_path / 'kept'} as demo")
