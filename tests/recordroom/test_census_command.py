"""``recordroom census check`` as the nightly timer sees it: what it tells, and with which exit status."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from db import store
from db.access import sign_on, users
from db.actors import Actor, Role
from db.connect import database
from db.statistics import census, closing
from recordroom.cli import DENIED, DONE, REFUSED, USAGE, run
from reports import closing as closes
from tests.builders import a_movement, a_stay
from tests.conftest import ADMIN, CHEAP, PASSPHRASE

PERIOD = ("--from", "2025-11-01", "--to", "2025-11-30")
SOUND = {
    "from": "2025-11-01", "to": "2025-11-30", "differences": 0, "out_of_balance": 0, "running_totals": 0,
    "not_as_signed": 0, "corrected_months": 0,
}  # fmt: skip


class House:
    """A store on disk with a stay of November 2025, and the command on it."""

    def __init__(self, directory: Path, secret: Path, told: Callable[[], Any]) -> None:
        self.directory, self.secret, self.told = directory, secret, told
        secret.write_text(PASSPHRASE)
        with self.opened():
            a_stay("2025-11-03T08:00", "2025-11-08T09:00", account="N1")
            census.bring_up_to_date()

    @contextmanager
    def opened(self) -> Iterator[Actor]:
        actor = sign_on.with_passphrase(self.directory, ADMIN, PASSPHRASE).actor
        try:
            yield actor
        finally:
            sign_on.off(actor)
            store.close_store()

    def check(self, *words: str, user: str = ADMIN) -> tuple[int, list[str], str]:
        self.told()
        status = run(["census", "check", *words, "--store", str(self.directory), "--user", user,
                      "--passphrase-file", str(self.secret)])  # fmt: skip
        said = self.told()
        return status, said.out.splitlines(), said.err


@pytest.fixture
def house(store_directory: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> House:
    return House(store_directory, tmp_path / "passphrase", capfd.readouterr)


class TestCensusCheck:
    def test_of_a_sound_census_says_so_in_numbers_and_ends_with_0(self, house: House) -> None:
        status, lines, error = house.check(*PERIOD)
        assert (status, [json.loads(line) for line in lines], error) == (DONE, [SOUND], "")

    def test_tells_each_difference_in_a_sentence_and_ends_with_1(self, house: House) -> None:
        with house.opened():
            database.execute_sql("UPDATE day_stats SET deaths = 1 WHERE discharges = 1")
        status, lines, _ = house.check(*PERIOD)
        assert status == REFUSED
        assert lines[0] == (
            "2025-11-08, unit 3E, service MED: deaths is 1 in the summary and 0 by the movements. No stay differs from"
            " its movements: the summary itself was changed, and 'census rebuild' mends it."
        )
        assert json.loads(lines[-1]) == SOUND | {"differences": 1, "running_totals": 1}

    def test_tells_corrections_of_a_closed_month_and_ends_with_0(self, house: House) -> None:
        with house.opened() as actor:
            closes.close(actor, "2025-11")
            a_movement(
                a_stay("2025-11-20T08:00", account="N2"), "discharge", "2025-11-21T08:00", disposition="01"
            )
        status, lines, _ = house.check(*PERIOD)
        assert status == DONE
        assert lines[0].startswith("2025-11 version 1: ")
        assert lines[0].endswith(" figures differ from those signed, by 2 late changes. See 'report corrections"
                                 " --month 2025-11'.")  # fmt: skip
        assert json.loads(lines[-1]) == SOUND | {"corrected_months": 1}

    def test_of_a_month_that_is_not_as_it_was_signed_ends_with_1(self, house: House) -> None:
        with house.opened() as actor:
            closing.keep(actor, closing.begin(actor, "2025-11"), {}, "2025-12-01T08:00", 0)
            database.execute_sql("DROP TRIGGER closing_no_update")
            database.execute_sql("UPDATE closing SET closed_by = 'nobody'")
        status, lines, _ = house.check(*PERIOD)
        assert status == REFUSED
        assert lines[0].startswith("What is stored of 2025-11 version 1 is not what nobody signed: restore")
        assert json.loads(lines[-1]) == SOUND | {"not_as_signed": 1}

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (
                ("--from", "2025-11-10", "--to", "2025-11-01"),
                "ends (2025-11-01) before it begins (2025-11-10).",
            ),
            (("--from", "2099-01-01", "--to", "2099-02-01"), "2099-01-01 is still to come"),
            (("--from", "11/01/2025"), "'11/01/2025' does not match the format"),
        ],
    )
    def test_of_days_that_cannot_be_ends_with_2(
        self, house: House, words: tuple[str, ...], told: str
    ) -> None:
        status, lines, error = house.check(*words)
        assert (status, lines) == (USAGE, [])
        assert told in error

    def test_by_somebody_who_may_not_ends_with_4(self, house: House) -> None:
        with house.opened() as actor:
            users.add_user(actor, "jones", "Jones", [Role.TECHNICIAN], PASSPHRASE, cost=CHEAP)
        status, lines, error = house.check(*PERIOD, user="jones")
        assert (status, lines) == (DENIED, [])
        assert "jones may not check census" in error
