"""``recordroom census``: checks that exit with 1 when they find something, and months closed from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from db import store
from db.access import sign_on
from db.connect import database
from db.statistics import census
from recordroom.cli import run
from tests.builders import a_stay
from tests.conftest import ADMIN, PASSPHRASE


@pytest.fixture
def hospital(store_directory: Path, tmp_path: Path) -> tuple[str, ...]:
    """A store with two stays of November 2025, closed; the options that sign on to it."""
    with_store(store_directory, lambda: [
        a_stay("2025-11-05T08:00", "2025-11-10T09:00", account="N1"), a_stay("2025-11-20T08:00", account="N2"),
        census.bring_up_to_date(),
    ])  # fmt: skip
    key = tmp_path / "passphrase"
    key.write_text(PASSPHRASE)
    return ("--store", str(store_directory), "--user", ADMIN, "--passphrase-file", str(key))


def with_store(directory: Path, work):
    actor = sign_on.with_passphrase(directory, ADMIN, PASSPHRASE).actor
    try:
        return work()
    finally:
        sign_on.off(actor)
        store.close_store()


@pytest.fixture
def census_command(hospital, capsys):
    def command(*words):
        try:
            status = run(["census", *words, *hospital])
        except SystemExit as ended:
            status = int(ended.code or 0)
        said = capsys.readouterr()
        return status, said.out.splitlines(), said.err

    return command


class TestCheck:
    def test_of_a_sound_census_says_so(self, census_command):
        status, lines, _ = census_command("check", "--from", "2025-11-01", "--to", "2025-11-30")
        assert status == 0
        assert json.loads(lines[-1]) == {
            "from": "2025-11-01", "to": "2025-11-30", "differences": 0, "out_of_balance": 0, "running_totals": 0,
            "not_as_signed": 0, "corrected_months": 0,
        }  # fmt: skip

    def test_exits_with_1_and_names_what_differs(self, census_command, store_directory):
        with_store(
            store_directory,
            lambda: database.execute_sql("UPDATE day_stats SET deaths = 3 WHERE discharges = 1"),
        )
        status, lines, _ = census_command("check", "--from", "2025-11-01", "--to", "2025-11-30")
        assert status == 1
        assert lines[0].startswith(
            "2025-11-10, unit 3E, service MED: deaths is 3 in the summary and 0 by the movements."
        )
        assert census_command("rebuild")[0] == 0
        assert census_command("check", "--from", "2025-11-01", "--to", "2025-11-30")[0] == 0

    def test_of_a_period_the_wrong_way_round_is_told(self, census_command):
        status, _, error = census_command("check", "--from", "2025-11-30", "--to", "2025-11-01")
        assert (status, error.count("\n")) == (2, 1)


class TestMonths:
    def test_are_closed_compared_and_restated(self, census_command, store_directory):
        status, lines, _ = census_command("close", "2025-11")
        closed = json.loads(lines[0])
        assert (status, closed["status"], closed["version"], closed["closed_by"]) == (0, "closed", 1, ADMIN)
        assert "1 discharge of the month without an abstract." in closed["still_open"]
        with_store(store_directory, lambda: a_stay("2025-11-06T08:00", "2025-11-08T09:00", account="LATE"))
        _, lines, _ = census_command("check")
        assert "2025-11 version 1:" in lines[0]
        assert "by 2 late changes. See 'report corrections --month 2025-11'." in lines[0]
        status, lines, _ = census_command("restate", "2025-11", "--reason", "A stay came late")
        assert (status, json.loads(lines[0])["version"]) == (0, 2)
        lines = census_command("status", "--months", "24")[1]
        month = next(each for each in map(json.loads, lines) if each["month"] == "2025-11")
        assert (month["status"], month["version"], month["changed_since"], month["corrected_figures"]) == (
            "restated", 2, False, 0,
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (("close", "2025-13"), "2025-13 is no month: write it as 2026-11."),
            (("close", "2999-01"), "2999-01 is not over: it can be closed from 2999-02-01 on."),
            (("restate", "2025-11", "--reason", "x"), "2025-11 is not closed: close it first."),
        ],
    )
    def test_that_cannot_be_closed_are_told_in_a_sentence(self, census_command, words, told):
        status, _, error = census_command(*words)
        assert (status, error) == (1, f"recordroom: {told}\n")
