"""SCH, SCE, SCR: a supervisor adds, changes, runs and puts off jobs, and sees what failed on the desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from db.schedule import jobs
from rules.schedule import DONE
from tests.tui.conftest import Workstation

LONG = (
    "The backup could not be written to /srv/backup/recordroom (No space left on device): nothing of it was kept, and"
    " the backups before it are as they were."
)


def go(desk: Workstation, line: str) -> None:
    desk.press("ctrl+o", f"={line}", "enter")


def add(desk: Workstation) -> None:
    go(desk, "SCE")
    desk.press("night", "enter", "census", "enter", "2:30", "enter", "day=yesterday", "enter", "spool", "f2")


def in_store(desk: Workstation, work: Callable[[], Any]) -> Any:
    return desk.shell.executor.submit(work).result()


class TestAJob:
    def test_is_added_and_listed_with_its_next_time(self, desk: Workstation) -> None:
        add(desk)
        assert "FILED night, next " in desk.text
        assert desk.lines[0].split()[0] == "SCH"
        job = in_store(desk, lambda: jobs.named("night"))
        assert (str(job.plan), dict(job.wanted.parameters), job.wanted.sink) == (
            "02:30",
            {"day": "yesterday"},
            "spool",
        )

    def test_is_changed_and_belongs_to_whoever_changed_it(self, desk: Workstation) -> None:
        add(desk)
        go(desk, "SCE night")
        desk.press("^WHEN", "enter", "mon,thu 06:00", "enter", "f2")
        assert str(in_store(desk, lambda: jobs.named("night")).plan) == "mon,thu 06:00"

    def test_may_say_its_own_patience(self, desk: Workstation) -> None:
        add(desk)
        go(desk, "SCE night")
        desk.press("^TRIED", "enter", "30, 120", "enter", "none", "enter", "f2")
        assert str(in_store(desk, lambda: jobs.named("night")).patience) == "30,120; none"

    def test_is_picked_with_what_it_asks_for(self, desk: Workstation) -> None:
        go(desk, "SCE")
        desk.press("night", "enter", "expiry", "f4")
        assert "Keys that end: days" in desk.text

    def test_that_cannot_be_is_refused_on_the_form(self, desk: Workstation) -> None:
        go(desk, "SCE")
        desk.press("night", "enter", "bed-status", "enter", "02:30", "enter", "enter", "enter", "f2")
        assert "Say where the pages of bed-status go" in desk.text
        assert in_store(desk, jobs.every) == []

    def test_says_at_the_field_that_it_says_no_time_and_takes_one_as_times_are_keyed(
        self, desk: Workstation
    ) -> None:
        go(desk, "SCE")
        desk.press("night", "enter", "bed-status", "enter", "noon", "enter")
        assert "noon says no time" in desk.message
        assert desk.at_cursor.strip().startswith("When:")
        desk.press("0230", "enter", "enter", "spool", "f2")
        assert in_store(desk, lambda: jobs.named("night")).wanted.due_at == "02:30"

    def test_is_run_now_and_its_run_is_listed(self, desk: Workstation) -> None:
        add(desk)
        desk.press("R", "enter", "Y")
        assert in_store(desk, lambda: jobs.named("night")).last.outcome == DONE
        go(desk, "SCR night")
        assert "The census is up to date; N01-" in desk.text

    def test_that_signs_a_month_is_not_run_by_a_line_left_open(self, desk: Workstation) -> None:
        go(desk, "SCE")
        desk.press("sign", "enter", "close", "enter", "day 5 06:00", "f2")
        desk.press("R", "enter", "Y")
        assert "sign signs a month in the name of the service" in desk.text

    def test_is_put_off(self, desk: Workstation) -> None:
        add(desk)
        desk.press("O", "enter", "Y")
        assert not in_store(desk, lambda: jobs.named("night")).active


class TestWhatWasSaid:
    def test_of_the_last_run_stands_in_full_where_the_job_is_mended(self, desk: Workstation) -> None:
        add(desk)
        in_store(desk, lambda: failed("night", LONG))
        go(desk, "SCE night")
        assert "failed " in desk.text
        assert LONG in " ".join(desk.text.split())

    def test_of_an_earlier_run_is_told_and_shown_in_full_by_help(self, desk: Workstation) -> None:
        add(desk)
        in_store(desk, lambda: failed("night", LONG))
        go(desk, "SCR")
        assert LONG not in " ".join(desk.text.split())
        desk.press("V", "enter", "f1")
        assert LONG in " ".join(desk.text.split())


class TestTheDesk:
    def test_tells_a_job_that_failed_to_whoever_may_run_it(self, desk: Workstation) -> None:
        add(desk)
        in_store(desk, lambda: failed("night"))
        go(desk, "DESK")
        assert "1  SCH Scheduled jobs to look at" in desk.text
        assert "1 failed" in desk.text


def failed(name: str, sentence: str = "No such queue.") -> None:
    from db.connect import database, writing

    with writing():
        database.execute_sql(
            "INSERT INTO job_run (job_id, due_utc, attempt, started_utc, ended_utc, outcome, sentence, run_by)"
            " SELECT id, since_utc, 1, since_utc, since_utc, 'failed', ?, 'x' FROM job WHERE name = ?",
            (sentence, name),
        )
