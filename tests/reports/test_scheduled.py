"""Runs of the schedule on a real store: what is due is done once, goes on where it was stopped, and is told."""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import replace

import pytest

from db import conventions, store
from db.access import presets, users
from db.actors import Role
from db.acts import Conflict, NotPermitted
from db.coding import search_misses
from db.coding.site_tables import import_table
from db.connect import database
from db.report_writer import saved
from db.schedule import counts, jobs, runs
from db.schedule.jobs import Wanted
from db.statistics import census, closing
from reports import output, parameters
from reports.scheduled import kinds, runner, steps
from rules import schedule
from rules.codes import System
from rules.moments import iso_date, moment, moment_at
from rules.report_writer import Definition, Shown
from rules.schedule import CUT_SHORT, DONE, FAILED, FOUND
from tests.builders import a_stay
from tests.conftest import CHEAP

MINUTE = 60


class Clock:
    """A clock that stands until it is moved; it begins now, since a job is due from its filing on."""

    def __init__(self):
        self.utc = int(time.time())

    def __call__(self):
        return self.utc

    def to(self, days, time_of_day="03:00"):
        """So many days from the day it began, at a local time."""
        zone = store.current().zone
        day = moment_at(int(time.time()), zone).day + days
        self.utc = moment(f"{iso_date(day)}T{time_of_day}", zone).utc
        return self


@pytest.fixture
def clock(admin):
    return Clock()


@pytest.fixture
def service(admin):
    """Who the timer runs as."""
    users.add_service(admin, "nightly")
    id_ = database.execute_sql("SELECT id FROM user WHERE name = 'nightly'").fetchone()[0]
    return replace(admin, user_id=id_, user="nightly", roles=frozenset({Role.SERVICE}))


def today():
    return store.current().now().day


def add(actor, name, what, at="02:30", to="", **given):
    """A job that was filed at noon of today."""
    parameters = {name.removesuffix("_"): value for name, value in given.items()}
    job = kinds.file(actor, Wanted(name, what, at, parameters, to), today())
    noon = moment(f"{iso_date(today())}T12:00", store.current().zone).utc
    database.execute_sql("UPDATE job SET since_utc = ? WHERE id = ?", (noon, job.id))
    return jobs.named(name)


def ran(service, clock):
    return [(each.job.name, each.outcome) for each in runner.run(service, clock)]


def spooled():
    return sorted(path.name[:3] for path in (store.current().directory / "spool").iterdir())


def audited(action="run job"):
    rows = database.execute_sql(
        "SELECT user, record, outcome, detail FROM audit WHERE action = ? ORDER BY seq", (action,)
    ).fetchall()
    return [(user, record, outcome, json.loads(detail or "{}")) for user, record, outcome, detail in rows]


class TestFilingAJob:
    def test_is_audited_with_what_it_was_and_what_it_is(self, admin):
        job = add(admin, "Night", "census", to="spool")
        assert (job.name, job.wanted.due_at, job.wanted.sink, job.owner) == (
            "night",
            "02:30",
            "spool",
            "admin",
        )
        kinds.file(admin, Wanted("night", "census", "03:30", {}, "spool"), today(), job.version)
        detail = audited("amend schedule")[-1][3]
        assert (detail["before"], detail["after"]) == ({"at": "02:30"}, {"at": "03:30"})

    def test_with_a_day_that_cannot_be_read_is_told_which_words_move(self, admin):
        with pytest.raises(parameters.NotAsked, match="A job's may move: today, yesterday, "):
            add(admin, "night", "census", day="tomorow")

    def test_that_somebody_changed_meanwhile_is_refused(self, admin):
        job = add(admin, "night", "census")
        kinds.file(admin, Wanted("night", "census", "03:30", {}), today(), job.version)
        with pytest.raises(Conflict, match="changed by somebody else meanwhile"):
            kinds.file(admin, Wanted("night", "census", "04:30", {}), today(), job.version)

    @pytest.mark.parametrize(
        ("what", "given", "to", "told"),
        [
            ("nothing", {}, "", "There is no job or report nothing: there are census,"),
            ("face-sheet", {}, "spool", "face-sheet is of one patient"),
            ("audit-trail", {"mrn": "1"}, "spool", "audit-trail does not ask for mrn"),
            ("bed-status", {}, "", "Say where the pages of bed-status go: printer CODE"),
            ("bed-status", {}, "file exe", "Pages cannot go to file exe"),
            ("bed-status", {}, "printer", "Pages cannot go to printer"),
            ("bed-status", {}, "printer ../x y", "cannot be the name of a print queue"),
            ("bed-status", {}, "file csv x2", "Pages cannot go to file csv x2"),
            ("bed-status", {}, "x2", "Pages cannot go to x2"),
            ("bed-status", {"width": "100"}, "spool", "Width '100' is not one of 80, 132"),
            (
                "bed-status",
                {"preset": "night"},
                "spool",
                "admin has no preset night of bed-status; there is none yet",
            ),
            ("census", {"preset": "night"}, "spool", "census does not ask for preset"),
            ("bed-status", {"day": "soon"}, "spool", "Day 'soon' cannot be read"),
            ("backup", {}, "spool", "backup makes no pages"),
            ("backup", {"folder": "copies"}, "", "The folder copies must begin at the root"),
            ("backup", {"keep": "some"}, "", "Backups kept 'some' is no whole number"),
        ],
    )
    def test_that_cannot_be_done_is_refused_in_a_sentence(self, admin, what, given, to, told):
        with pytest.raises(
            (jobs.NotScheduled, parameters.NotAsked, presets.NoPreset, output.NotDelivered)
        ) as refused:
            add(admin, "x", what, to=to, **given)
        assert str(refused.value).startswith(told) or told in str(refused.value)
        assert not jobs.every()

    def test_asks_for_the_permission_to_do_what_the_job_does(self, admin, actor_with):
        supervisor, administrator = actor_with(Role.SUPERVISOR), actor_with(Role.ADMINISTRATOR)
        with pytest.raises(NotPermitted, match="may not backup"):
            add(supervisor, "copy", "backup")
        with pytest.raises(NotPermitted, match="may not run report"):
            add(administrator, "beds", "bed-status", to="spool")
        with pytest.raises(NotPermitted, match="may not amend schedule"):
            add(actor_with(Role.TECHNICIAN), "beds", "bed-status", to="spool")
        add(supervisor, "beds", "bed-status", to="file csv")
        add(administrator, "copy", "backup")

    def test_every_kind_names_its_days_by_words_that_move(self, admin):
        day = today()
        for kind in kinds.KINDS:
            asked = kinds.asked(kind, {}, day)
            assert set(asked) <= {each.name for each in kind.parameters}
        assert kinds.asked(kinds.kind_of("census"), {"day": "today"}, day)["day"] == iso_date(day)


class TestARun:
    def test_does_what_is_due_and_nothing_else(self, admin, service, clock):
        add(admin, "early", "work", "02:30")
        add(admin, "late", "work", "05:30")
        jobs.put_off(admin, add(admin, "never", "work", "02:30").name)
        assert ran(service, clock.to(1)) == [("early", DONE)]
        assert ran(service, clock) == []
        assert ran(service, clock.to(1, "06:00")) == [("late", DONE)]

    def test_after_a_month_of_standstill_does_each_job_once(self, admin, service, clock):
        add(admin, "queue", "work")
        assert ran(service, clock.to(30)) == [("queue", DONE)]
        assert runs.log(admin)[0].missed == 29
        assert "29 earlier runs were missed." in runs.log(admin)[0].sentence
        assert ran(service, clock) == []

    def test_is_kept_and_audited_as_the_service_that_did_it(self, admin, service, clock):
        add(admin, "queue", "work")
        ran(service, clock.to(1))
        kept = runs.log(admin)[0]
        assert (kept.job, kept.attempt, kept.outcome, kept.run_by) == ("queue", 1, DONE, "nightly")
        assert kept.sentence == "The work queue is sound."
        assert kept.ended_utc == clock.utc
        assert audited() == [
            ("nightly", "queue", "done",
             {"what": "work", "owner": "admin", "attempt": 1, "outcome": DONE, "rows": 0}),
        ]  # fmt: skip

    def test_leaves_the_schedule_to_another_run_that_is_under_way(self, admin, service, clock):
        add(admin, "queue", "work")
        descriptor = os.open(store.current().directory / runs.LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(runs.UnderWay):
            ran(service, clock.to(1))
        os.close(descriptor)
        assert ran(service, clock) == [("queue", DONE)]

    def test_by_hand_does_a_job_that_is_not_due_and_takes_the_place_of_what_was(self, admin, clock):
        add(admin, "queue", "work")
        assert runner.run_once(admin, "QUEUE", clock.to(1)).outcome == DONE
        assert runner.due_now(clock()) == []

    def test_of_a_technician_is_refused(self, admin, actor_with, clock):
        add(admin, "queue", "work")
        with pytest.raises(NotPermitted, match="may not run job"):
            list(runner.run(actor_with(Role.TECHNICIAN), clock.to(1)))


class TestPages:
    @pytest.fixture
    def hospital(self, admin):
        a_stay("2026-10-05T08:00", account="N1")
        census.bring_up_to_date()
        return admin

    def test_of_the_night_are_the_trio_of_the_day_before_the_day_that_was_due(self, hospital, service, clock):
        add(hospital, "night", "census", "23:50", to="spool", day="today")
        # Due in the evening, run after midnight: its day is still the evening's.
        assert ran(service, clock.to(1, "00:20")) == [("night", DONE)]
        assert spooled() == ["N01", "N02", "N03"]
        asked = [row[3]["parameters"]["day"] for row in audited("print")]
        assert asked == [iso_date(today())] * 3

    def test_are_made_in_the_owners_name_and_with_what_the_owner_may_see(self, hospital, service, clock):
        add(hospital, "beds", "bed-status", to="spool")
        ran(service, clock.to(1))
        who = database.execute_sql(
            "SELECT user, where_from FROM audit WHERE action = 'print' ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        assert who == ("admin", "job beds")

    def test_of_an_owner_who_left_are_not_made_and_it_is_told(self, hospital, service, clock):
        users.add_user(hospital, "chief", "Chief", [Role.SUPERVISOR], "a passphrase of the chief", cost=CHEAP)
        id_ = database.execute_sql("SELECT id FROM user WHERE name = 'chief'").fetchone()[0]
        chief = replace(hospital, user_id=id_, user="chief", roles=frozenset({Role.SUPERVISOR}))
        add(chief, "beds", "bed-status", to="file csv")
        users.set_roles(hospital, "chief", [Role.TECHNICIAN])
        assert ran(service, clock.to(1)) == [("beds", FAILED)]
        assert "chief may not export" in runs.log(hospital)[0].sentence
        users.set_disabled(hospital, "chief", disabled=True)
        assert ran(service, clock.to(2)) == [("beds", FAILED)]
        assert runs.log(hospital)[0].sentence.startswith("chief, whose job it is, may not sign on any more")
        assert spooled() == []

    def test_of_a_report_that_its_owner_wrote_for_nobody_else_are_the_owners(self, hospital, service, clock):
        made = Definition(
            "abstract",
            "Who left",
            columns=(Shown("mrn"),),
            first="start of last month",
            last="end of last month",
        )
        saved.save(hospital, "WHO LEFT", made, shared=False)
        add(hospital, "written", "writer", to="spool", name_="who left")
        assert ran(service, clock.to(1)) == [("written", DONE)], runs.log(hospital)[0].sentence
        assert spooled() == ["W01"]

    def test_are_made_in_as_many_copies_as_the_job_says(self, hospital, service, clock):
        add(hospital, "beds", "bed-status", to="SPOOL laser1 X2")
        assert jobs.named("beds").wanted.sink == "spool laser1 x2"
        runner.run_once(service, "beds", clock)
        (path,) = (store.current().directory / "spool").iterdir()
        assert path.read_text().count("BED STATUS") == path.read_text().count("\f") + 1 == 2

    def test_of_a_printer_are_copied_by_its_queue(self, hospital, service, clock, tmp_path, monkeypatch):
        lp = tmp_path / "lp"
        lp.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/arguments\ncat > /dev/null\n')
        lp.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        add(hospital, "beds", "bed-status", to="printer laser1 x3", width="132")
        found = runner.run_once(service, "beds", clock)
        assert found.sentence == "N02 1 page to laser1, 3 copies."
        assert "-n 3 -o landscape" in (tmp_path / "arguments").read_text()

    def test_are_asked_for_as_the_owners_preset_says_then(self, hospital, service, clock):
        presets.save(hospital, "bed-status", "NIGHT", {"day": "2026-10-05", "width": "132"})
        add(hospital, "beds", "bed-status", to="spool", preset="night")
        add(hospital, "other", "bed-status", to="spool", preset="night", day="2026-10-06")
        assert {runner.run_once(service, name, clock).outcome for name in ("beds", "other")} == {DONE}
        asked = [row[3]["parameters"]["day"] for row in audited("print")]
        assert asked == ["2026-10-05", "2026-10-06"]
        first = min((store.current().directory / "spool").iterdir())
        assert max(map(len, first.read_text().splitlines())) == 132
        presets.remove(hospital, "bed-status", "NIGHT")
        assert runner.run_once(service, "beds", clock).sentence.startswith(
            "admin has no preset night of bed-status"
        )

    def test_go_into_a_file_of_the_spool(self, hospital, service, clock):
        add(hospital, "figures", "monthly-statistics", "day 2 06:00", to="file json", month="last month")
        assert runner.run_once(service, "figures", clock).outcome == DONE
        (path,) = (store.current().directory / "spool").iterdir()
        assert path.suffix == ".json"
        assert json.loads(path.read_bytes())
        assert path.stat().st_mode & 0o777 == 0o600

    def test_for_the_close_are_those_that_would_be_signed(self, hospital, service, clock):
        from reports.closing import closing_reports

        add(hospital, "ready", "prepare", "day 2 06:00", to="spool", month="2026-10")
        found = runner.run_once(service, "ready", clock)
        assert spooled() == sorted(report.code for report in closing_reports())
        said, _, waiting = found.sentence.partition(" Still open: ")
        assert said == "2026-10 can be closed: CLO signs it."
        assert "Readmissions within 30 days are known from 2026-12-01 on" in waiting
        assert closing.newest("2026-10") is None


class TestAFailure:
    @pytest.fixture
    def broken(self, admin, service, monkeypatch):
        """A trio whose second page cannot be put anywhere, until it is mended."""
        state = {"broken": True}
        usual = steps.produce

        def produce(actor, report, asked):
            if report.id == "bed-status" and state["broken"]:
                raise output.NotDelivered("The queue LASER took no job: lp gave no reason.")
            return usual(actor, report, asked)

        monkeypatch.setattr(steps, "produce", produce)
        add(admin, "night", "census", to="spool")
        return state

    def test_is_kept_with_its_sentence_and_told_on_the_desk(self, admin, service, clock, broken):
        assert ran(service, clock.to(1)) == [("night", FAILED)]
        assert runs.log(admin)[0].sentence == "The queue LASER took no job: lp gave no reason."
        assert counts.troubled().failed == 1
        assert audited()[-1][3]["why"] == "The queue LASER took no job: lp gave no reason."

    def test_is_tried_again_by_rule_and_goes_on_after_the_pages_that_are_out(
        self, admin, service, clock, broken
    ):
        ran(service, clock.to(1))
        assert spooled() == ["N01"]
        assert ran(service, clock) == []
        broken["broken"] = False
        clock.utc += 5 * MINUTE
        assert ran(service, clock) == [("night", DONE)]
        assert spooled() == ["N01", "N02", "N03"]
        assert [run.attempt for run in runs.log(admin)] == [2, 1]
        assert counts.troubled().failed == 0

    def test_of_one_job_keeps_no_other_from_running(self, admin, service, clock, broken):
        add(admin, "queue", "work")
        assert ran(service, clock.to(1)) == [("night", FAILED), ("queue", DONE)]

    def test_of_the_program_says_where_and_repeats_no_data(self, admin, service, clock, monkeypatch):
        def fault(*_):
            raise ZeroDivisionError("MILLER,ANNA")

        monkeypatch.setattr(steps, "produce", fault)
        add(admin, "beds", "bed-status", to="spool")
        assert ran(service, clock.to(1)) == [("beds", FAILED)]
        said = runs.log(admin)[0].sentence
        assert said.startswith("A fault of the program (ZeroDivisionError in test_scheduled.py, line ")
        assert "MILLER" not in said

    def test_that_found_something_is_told_and_names_no_patient(self, admin, service, clock):
        a_stay("2025-11-05T08:00", "2025-11-10T09:00", account="N1")
        census.bring_up_to_date()
        database.execute_sql("UPDATE day_stats SET deaths = 3 WHERE discharges = 1")
        add(admin, "sound", "check", from_="2025-11-01", to_="2025-11-30")
        assert ran(service, clock.to(1)) == [("sound", FOUND)]
        assert (
            "differences: 'recordroom census check --from 2025-11-01 --to 2025-11-30' tells what."
            in runs.log(admin)[0].sentence
        )
        assert "N1" not in runs.log(admin)[0].sentence
        assert counts.troubled().failed == 1


class TestWhatWasCutShort:
    def test_goes_on_with_the_next_run_after_the_steps_that_were_done(
        self, admin, service, clock, monkeypatch
    ):
        add(admin, "night", "census", to="spool")
        usual = steps.produce

        def killed(actor, report, asked):
            if report.id == "treating-specialty":
                raise KeyboardInterrupt  # like a kill: nothing after it is done
            return usual(actor, report, asked)

        monkeypatch.setattr(steps, "produce", killed)
        with pytest.raises(KeyboardInterrupt):
            ran(service, clock.to(1))
        assert runs.log(admin)[0].outcome == ""
        monkeypatch.setattr(steps, "produce", usual)
        assert ran(service, clock) == [("night", DONE)]
        assert [run.outcome for run in runs.log(admin)] == [DONE, CUT_SHORT]
        assert spooled() == ["N01", "N02", "N03"]


class TestTheOtherKinds:
    def test_a_backup_is_made_and_the_oldest_go(self, admin, service, clock):
        add(admin, "copy", "backup", keep="1")
        runner.run_once(service, "copy", clock)
        clock.utc += 1
        assert runner.run_once(service, "copy", clock).outcome == DONE
        assert len([path for path in (store.current().directory / "backup").iterdir() if path.is_dir()]) == 1

    def test_the_audit_trail_is_verified_and_a_row_that_was_changed_is_found(self, admin, service, clock):
        add(admin, "trail", "audit")
        assert runner.run_once(service, "trail", clock).outcome == DONE
        database.execute_sql("DROP TRIGGER IF EXISTS audit_no_update")
        database.execute_sql("UPDATE audit SET user = 'nobody' WHERE seq = 2")
        clock.utc += 1
        found = runner.run_once(service, "trail", clock)
        assert found.outcome == FOUND
        assert found.sentence.endswith(": 'recordroom audit verify' tells what.")

    def test_new_charts_are_compared(self, admin, service, clock):
        from db.patient_index import counts as patients
        from tests.builders import a_patient

        a_patient()
        a_patient()
        add(admin, "pairs", "duplicates")
        found = runner.run_once(service, "pairs", clock)
        assert found.sentence.startswith("2 charts compared; ")
        assert patients.not_compared() == 0

    def test_queries_that_are_late_are_chased_and_no_patient_is_named(self, admin, service, clock):
        from tests.builders import a_sent_query, a_stay

        a_stay("2026-11-10T08:00", "2026-11-14T09:00", account="A1", provider="GREEN")
        a_sent_query(admin, "A1")
        add(admin, "ask", "queries")
        assert runner.run_once(service, "ask", clock).sentence == "0 queries chased."
        database.execute_sql("UPDATE work_query SET due_day = ?", (today() - 5,))
        clock.utc += 1
        found = runner.run_once(service, "ask", clock)
        assert (found.outcome, found.sentence) == (DONE, "1 query chased; told: the physician advisor.")

    def test_a_key_that_ends_soon_is_told_until_it_has_ended(self, admin, service, clock):
        add(admin, "keys", "expiry", days="7")
        assert runner.run_once(service, "keys", clock).sentence == "No key ends within 7 days."
        users.set_expiry(admin, "nightly", today() + 3)
        clock.utc += 1
        found = runner.run_once(service, "keys", clock)
        assert (found.outcome, found.sentence) == (
            FOUND, f"Keys that end within 7 days: nightly {iso_date(today() + 3)}."
        )  # fmt: skip

    def test_the_month_is_signed_by_the_service_where_the_site_wants_that(self, admin, service, clock):
        a_stay("2026-10-05T08:00", "2026-10-07T08:00", account="N1")
        census.bring_up_to_date()
        add(admin, "sign", "close", "day 5 06:00", month="2026-10")
        assert runner.run_once(service, "sign", clock).outcome == DONE
        assert closing.newest("2026-10").closed_by == "nightly"
        clock.utc += 1
        assert runner.run_once(service, "sign", clock).sentence == "2026-10 is closed already, version 1."
        add(admin, "ready", "prepare", "day 3 06:00", month="2026-10")
        assert runner.run_once(service, "ready", clock).sentence == "2026-10 is closed already, version 1."

    def test_the_month_is_not_signed_by_a_person_who_lets_the_job_run(self, admin, service, clock):
        add(admin, "sign", "close", "day 5 06:00", month="2026-10")
        with pytest.raises(jobs.NotScheduled, match="in your own name you sign it on CLO"):
            runner.run_once(admin, "sign", clock)
        assert (closing.newest("2026-10"), runs.log(admin)) == (None, [])

    def test_a_month_that_is_not_sound_is_not_signed(self, admin, service, clock):
        a_stay("2026-10-05T08:00", "2026-10-07T08:00", account="N1")
        census.bring_up_to_date()
        database.execute_sql("UPDATE day_stats SET deaths = 3 WHERE discharges = 1")
        add(admin, "sign", "close", "day 5 06:00", month="2026-10")
        assert runner.run_once(service, "sign", clock).outcome == FAILED
        assert closing.newest("2026-10") is None


class TestOldRuns:
    def test_are_removed_but_the_last_of_each_job_and_the_last_that_failed(self, admin, service, clock):
        copy, queue = add(admin, "copy", "backup"), add(admin, "queue", "work")
        for job, outcome, days in (
            (copy, FAILED, 900), (copy, FAILED, 800), (copy, FOUND, 700), (copy, DONE, 401), (copy, DONE, 399),
            (queue, DONE, 600), (queue, DONE, 500),
        ):  # fmt: skip
            a_run(job, outcome, days)
        add(admin, "old", "prune")
        assert runner.run_once(service, "old", clock).sentence == (
            "4 runs older than 400 days removed; 0 missed code searches removed, kept longer than 90 days."
        )
        kept = [(run.job, run.outcome) for run in reversed(runs.log(admin))]
        assert kept == [("copy", FAILED), ("copy", DONE), ("queue", DONE), ("old", DONE)]
        ((user, _, outcome, detail),) = [each for each in audited() if each[1] == "old runs"]
        assert (user, outcome, detail["removed"]) == ("nightly", "done", 4)

    def test_are_kept_as_long_as_the_setting_says(self, admin, service, clock):
        job = add(admin, "copy", "backup")
        for days in (30, 20, 10):
            a_run(job, DONE, days)
        add(admin, "old", "prune")
        for days, said in (
            ("0", "job_run_days is 0: every run is kept"),
            ("15", "2 runs older than 15 days removed"),
        ):
            conventions.file_setting(admin, "job_run_days", days, today())
            clock.utc += 1
            assert runner.run_once(service, "old", clock).sentence.startswith(said)

    def test_searches_that_missed_go_with_them_all_where_none_are_to_be_kept(self, admin, service, clock):
        ages = {"old wobbles": 91, "new wobbles": 89}
        for typed in ages:
            search_misses.note(admin, typed, System.CM, "abstract", found=0)
        for typed, days in ages.items():
            database.execute_sql(
                "UPDATE search_miss SET at_utc = at_utc - ? WHERE typed = ?",
                (days * schedule.DAY_SECONDS, typed),
            )
        add(admin, "old", "prune")
        said = runner.run_once(service, "old", clock).sentence
        assert said.endswith("1 missed code search removed, kept longer than 90 days.")
        assert [miss.typed for miss in search_misses.listed()] == ["new wobbles"]
        conventions.file_setting(admin, "search_miss_days", "0", today())
        clock.utc += 1
        said = runner.run_once(service, "old", clock).sentence
        assert said.endswith("1 missed code search removed, as search_miss_days is 0.")
        assert search_misses.listed() == []
        details = [detail for _, record, _, detail in audited() if record == "old searches"]
        assert [each["removed"] for each in details] == [1, 1]


def a_run(job, outcome, days_ago):
    began = int(time.time()) - days_ago * schedule.DAY_SECONDS
    database.execute_sql(
        "INSERT INTO job_run (job_id, due_utc, attempt, started_utc, ended_utc, outcome, run_by)"
        " VALUES (?, ?, 1, ?, ?, ?, 'nightly')",
        (job.id, began, began, began, outcome),
    )


class TestPatience:
    TABLE = """id = "schedule_limits"
title = "Ours"
rows = [{ code = "backup", text = "Copies", retry = [30], late = 240 }, { code = "work", text = "Queue", late = 20 }]
"""

    def test_with_a_kind_of_job_is_that_of_the_sites_table(self, admin):
        for what in ("backup", "work", "audit"):
            add(admin, what, what)
        assert {job.name: str(job.patience) for job in jobs.every()} == dict.fromkeys(
            ("audit", "backup", "work"), "5,15,60; 60"
        )
        import_table(admin, self.TABLE, "schedule_limits.toml")
        assert {job.name: str(job.patience) for job in jobs.every()} == {
            "audit": "5,15,60; 60", "backup": "30; 240", "work": "5,15,60; 20"
        }  # fmt: skip

    def test_that_a_job_says_for_itself_wins(self, admin):
        import_table(admin, self.TABLE, "schedule_limits.toml")
        wanted = Wanted("copy", "backup", "02:30", {}, retry=" None", late="90 ")
        job = kinds.file(admin, wanted, today())
        assert (job.wanted.retry, job.wanted.late, str(job.patience)) == ("none", "90", "none; 90")

    def test_of_no_attempt_leaves_a_failed_job_until_it_is_due_again(self, admin, service, clock):
        add(admin, "beds", "bed-status", to="printer NOWHERE")
        database.execute_sql("UPDATE job SET retry = 'none'")
        assert ran(service, clock.to(1)) == [("beds", FAILED)]
        clock.utc += 3 * 60 * MINUTE
        assert ran(service, clock) == []
        assert ran(service, clock.to(2)) == [("beds", FAILED)]

    @pytest.mark.parametrize(
        ("retry", "late", "told"),
        [
            ("5;15", "", "5;15 says no minutes between attempts: write 5,15,60"),
            ("0", "", "0 says no minutes between attempts"),
            ("", "soon", "soon is no number of minutes: write 60"),
            ("", "1441", "1441 is no number of minutes"),
        ],
    )
    def test_that_cannot_be_is_refused_in_a_sentence(self, admin, retry, late, told):
        with pytest.raises(jobs.NotScheduled) as refused:
            kinds.file(admin, Wanted("copy", "backup", "02:30", {}, retry=retry, late=late), today())
        assert str(refused.value).startswith(told)


class TestTheDesk:
    def test_tells_jobs_that_should_have_run_more_than_an_hour_ago(self, admin, service, clock):
        job = add(admin, "queue", "work", "every 15 minutes")
        for minutes, late in ((60, 0), (90, 1)):
            since = clock.utc - minutes * MINUTE
            database.execute_sql("UPDATE job SET since_utc = ? WHERE id = ?", (since, job.id))
            assert counts.troubled().overdue == late
        assert ran(service, clock) == [("queue", DONE)]
        assert counts.troubled().overdue == 0

    def test_waits_as_long_as_the_job_says(self, admin, clock):
        job = add(admin, "queue", "work", "every 15 minutes")
        database.execute_sql(
            "UPDATE job SET since_utc = ?, late = '120' WHERE id = ?", (clock.utc - 90 * MINUTE, job.id)
        )
        assert counts.troubled().overdue == 0
        database.execute_sql("UPDATE job SET late = '30'")
        assert counts.troubled().overdue == 1
