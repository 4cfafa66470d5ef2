"""The privacy officer sees who looked, is alerted to sensitive charts, and reviews what was opened in need."""

from __future__ import annotations

import time
from datetime import date

import pytest

from db import acts, store
from db.access import counts as access_counts
from db.access import sensitive, sign_on, users
from db.actors import Action, Actor, Role
from db.acts import NotPermitted, ReasonNeeded
from db.changes import Source
from db.coding import site_tables
from db.connect import StoreError, database, writing
from db.patient_index import merging, patients
from db.trail import daily_looks, privacy, unusual
from db.trail.privacy import Filter
from rules.moments import moment, moment_at
from rules.unusual import LimitWrong, surname_key
from tests import builders
from tests.conftest import ADMIN, CHEAP, PASSPHRASE


@pytest.fixture
def miller(admin: Actor) -> int:
    return builders.a_patient(mrn="00123456", last_name="MILLER", first_name="RUTH")


def look(actor: Actor, patient_id: int, mrn: str = "00123456") -> None:
    acts.viewed(actor, Action.VIEW_PATIENT, kind="patient", record=mrn, patient_id=patient_id)


def someone(name: str, *roles: Role) -> Actor:
    return Actor(9, name, frozenset(roles), "10.0.0.9", "beef")


class TestSensitiveCharts:
    def test_a_sensitive_chart_asks_for_a_reason(self, admin: Actor, miller: int) -> None:
        sensitive.mark(admin, miller, "employee", "works in the laboratory")
        with pytest.raises(ReasonNeeded, match=r"00123456 is sensitive \(employee\): WHY 00123456"):
            look(someone("jones", Role.CODER), miller)

    def test_a_reason_opens_it_for_the_session_and_alerts_once(self, admin: Actor, miller: int) -> None:
        sensitive.mark(admin, miller, "vip", "is the mayor")
        jones = someone("jones", Role.CODER)
        assert sensitive.open_with_reason(jones, miller, "coding account 4711") is Action.OPEN_SENSITIVE
        look(jones, miller)
        look(jones, miller)
        waiting = sensitive.alerts(admin, 0, 10)
        assert [(a.user, a.mrn, a.class_, a.reason) for a in waiting] == [
            ("jones", "00123456", "vip", "coding account 4711")
        ]

    def test_a_reason_has_to_be_given(self, admin: Actor, miller: int) -> None:
        with pytest.raises(StoreError, match="reason is asked for"):
            sensitive.open_with_reason(admin, miller, " x ")

    def test_feeds_and_jobs_are_not_asked(self, admin: Actor, miller: int) -> None:
        sensitive.mark(admin, miller, "part2", "program record")
        acts.viewed(
            someone("feed", Role.SERVICE), Action.VIEW_CENSUS, kind="patient", record="x", patient_id=miller
        )

    def test_a_mark_taken_away_asks_no_more(self, admin: Actor, miller: int) -> None:
        sensitive.mark(admin, miller, "vip", "is the mayor")
        sensitive.mark(admin, miller, "", "is not the mayor any more")
        look(admin, miller)

    def test_only_supervisor_and_privacy_officer_mark(self, admin: Actor, miller: int) -> None:
        with pytest.raises(NotPermitted):
            sensitive.mark(someone("jones", Role.CODER), miller, "vip", "is the mayor")

    def test_the_mark_goes_along_when_charts_are_merged(self, admin: Actor, miller: int) -> None:
        other = builders.a_patient(mrn="00777777", last_name="MILLER", first_name="RUTH")
        sensitive.mark(admin, miller, "vip", "is the mayor")
        sensitive.open_with_reason(someone("jones", Role.CODER), miller, "coding account 4711")
        with writing():
            assert not patients.merge(other, miller, Source("test")).refused
        assert sensitive.class_of(other) == "vip"
        assert sensitive.alerts(admin, 0, 10)[0].mrn == "00777777"


class TestEmergencyAccess:
    def test_who_may_not_look_breaks_the_glass_with_a_reason(self, admin: Actor, miller: int) -> None:
        night = someone("night", Role.ADMINISTRATOR)
        with pytest.raises(NotPermitted, match="In an emergency WHY 00123456"):
            look(night, miller)
        assert (
            sensitive.open_with_reason(night, miller, "patient in the ED, records closed")
            is Action.BREAK_GLASS
        )
        look(night, miller)

    def test_broken_glass_opens_one_chart_and_permits_nothing_else(self, admin: Actor, miller: int) -> None:
        night = someone("night", Role.ADMINISTRATOR)
        sensitive.open_with_reason(night, miller, "patient in the ED, records closed")
        other = builders.a_patient(mrn="00777777", last_name="OTHER")
        with pytest.raises(NotPermitted):
            look(night, other, "00777777")
        with pytest.raises(NotPermitted), acts.act(night, Action.AMEND_PATIENT, patient_id=miller):
            pass

    def test_the_alert_is_reviewed_by_somebody_else_once(self, admin: Actor, miller: int) -> None:
        sensitive.open_with_reason(someone("night", Role.ADMINISTRATOR), miller, "patient in the ED")
        sensitive.open_with_reason(admin, miller, "looked myself")
        first, own = sensitive.alerts(admin, 0, 10)
        sensitive.review(admin, first.id, "was in the ED, in order")
        with pytest.raises(StoreError, match="has reviewed this alert already"):
            sensitive.review(admin, first.id, "again and again")
        with pytest.raises(StoreError, match="somebody else has to review"):
            sensitive.review(admin, own.id, "in order")
        assert access_counts.alerts() == 1


class TestQuestions:
    def test_who_looked_shows_everybody_newest_first_with_merged_charts(
        self, admin: Actor, miller: int
    ) -> None:
        other = builders.a_patient(mrn="00777777", last_name="MILLER", first_name="RUTH")
        look(someone("jones", Role.CODER), other, "00777777")
        look(someone("smith", Role.ROI), miller)
        with pytest.raises(NotPermitted):
            look(someone("night", Role.ADMINISTRATOR), miller)
        with writing():
            patients.merge(miller, other, Source("test"))
        seen = privacy.who_looked(admin, miller, None, 10)
        assert [(row.user, row.outcome) for row in seen[1:]] == [
            ("night", "denied"), ("smith", "done"), ("jones", "done"),
        ]  # fmt: skip
        assert merging.family(miller) == (miller, other)

    def test_what_a_user_saw_pages_by_row(self, admin: Actor, miller: int) -> None:
        jones = someone("jones", Role.CODER)
        for _ in range(5):
            look(jones, miller)
        first = privacy.what_was_seen(admin, "jones", None, 3)
        then = privacy.what_was_seen(admin, "jones", first[-1].seq, 3)
        assert [len(first), len(then)] == [3, 2]

    def test_asking_is_a_row_and_only_the_privacy_officer_asks(self, admin: Actor, miller: int) -> None:
        privacy.who_looked(admin, miller, None, 10)
        row = privacy.rows(admin, Filter(action="view audit"))[0]
        assert (row.kind, row.record) == ("audit of patient", "00123456")
        with pytest.raises(NotPermitted):
            privacy.rows(someone("jones", Role.CODER, Role.ADMINISTRATOR), Filter())

    @pytest.mark.parametrize("order", privacy.COLUMNS)
    def test_rows_are_sorted_by_any_element(self, admin: Actor, miller: int, order: str) -> None:
        look(someone("jones", Role.CODER), miller)
        found = [getattr(row, order) for row in privacy.rows(admin, Filter(), order, descending=True)]
        kept = [value for value in found if value is not None]
        assert kept == sorted(kept, reverse=True)

    def test_rows_are_found_by_period_user_patient_action_and_outcome(
        self, admin: Actor, miller: int
    ) -> None:
        look(someone("jones", Role.CODER), miller)
        now = int(time.time())
        assert privacy.rows(admin, Filter(to_utc=now - 3600)) == []
        for wanted in (
            Filter(user="jones"), Filter(patient_id=miller, outcome="done"), Filter(now - 60, user="jones"),
            Filter(action="view patient"),
        ):  # fmt: skip
            found = [
                row for row in privacy.rows(admin, wanted) if row.kind != "audit list"
            ]  # asking names the patient too
            assert [row.user for row in found] == ["jones"]


def limits(admin: Actor, *rows: str) -> None:
    """The facility's own limits of unusual access."""
    text = f'id = "unusual_access"\ntitle = "Ours"\ncitation = "Policy 7"\nrows = [{", ".join(rows)}]'
    site_tables.import_table(admin, text, "unusual_access.toml")


class TestUnusualAccess:
    WEDNESDAY = "2026-11-18"

    def day_of(self, monkeypatch: pytest.MonkeyPatch, actor: Actor, days_before: int, charts: int) -> None:
        """So many charts looked at at ten o'clock, some days before the Wednesday."""
        then = moment(f"{self.WEDNESDAY}T10:00", store.current().zone).utc - days_before * 86_400
        monkeypatch.setattr(time, "time", lambda: then)
        for number in range(charts):
            look(actor, number + 1)

    def kinds(self, admin: Actor) -> list[tuple[str, str]]:
        return [(found.why, found.user) for found in unusual.unusual(admin, 7) if found.why != "after hours"]

    def test_the_own_record(self, admin: Actor, miller: int) -> None:
        users.add_user(admin, "jones", "Mary Jones", [Role.CODER], "mary jones has a key", cost=CHEAP)
        privacy.bind_user(admin, "jones", miller)
        look(someone("jones", Role.CODER), miller)
        assert self.kinds(admin) == [("own record", "jones")]

    def test_a_patient_of_the_same_surname(self, admin: Actor, miller: int) -> None:
        users.add_user(admin, "tom", "Tom Miller", [Role.CODER], "tom miller has a key", cost=CHEAP)
        look(someone("tom", Role.CODER), miller)
        look(someone("jones", Role.CODER), miller)
        assert self.kinds(admin) == [("same surname", "tom")]

    def test_many_charts_in_a_day(self, admin: Actor) -> None:
        limits(admin, '{ code = "MANY", text = "Many", patients = 2 }')
        for number in range(3):
            look(someone("jones", Role.CODER), builders.a_patient(mrn=f"{number}7000", last_name="X"))
        assert self.kinds(admin) == [("many charts", "jones")]

    def test_far_more_charts_than_usual_for_the_user(
        self, admin: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        limits(admin, '{ code = "FAR_MORE", text = "More", times = 3, at_least = 6, over_days = 10 }')
        for number in range(9):
            builders.a_patient(mrn=f"{number}7000", last_name="X")
        jones = someone("jones", Role.CODER)
        self.day_of(monkeypatch, jones, 12, 9)  # too long ago to make it usual
        for before in (3, 2, 1):
            self.day_of(monkeypatch, jones, before, 2)
        self.day_of(monkeypatch, jones, 0, 5)
        assert self.kinds(admin) == []
        self.day_of(monkeypatch, jones, 0, 6)
        found = [each for each in unusual.unusual(admin, 7) if each.why == "many charts"]
        assert [(each.user, each.count, each.measure) for each in found] == [("jones", 6, "own usual 2")]

    def test_far_more_charts_than_others_in_the_same_roles(
        self, admin: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        limits(admin, '{ code = "FAR_MORE", text = "More", times = 3, at_least = 6, over_days = 10 }')
        for number in range(9):
            builders.a_patient(mrn=f"{number}7000", last_name="X")
        self.day_of(monkeypatch, someone("smith", Role.CODER), 2, 2)
        self.day_of(monkeypatch, someone("roe", Role.ROI), 2, 9)  # another trade, another usual
        self.day_of(monkeypatch, someone("jones", Role.CODER), 0, 9)
        found = [each for each in unusual.unusual(admin, 7) if each.why == "many charts"]
        assert [(each.user, each.measure) for each in found] == [("jones", "role's usual 2")]

    def test_limits_hold_on_their_days(self, admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
        for number in range(4):
            builders.a_patient(mrn=f"{number}7000", last_name="X")
        jones = someone("jones", Role.CODER)
        self.day_of(monkeypatch, jones, 1, 4)
        self.day_of(monkeypatch, jones, 0, 4)
        limits(
            admin,
            '{ code = "MANY", text = "Many", patients = 9, valid_to = "2026-11-17" }',
            '{ code = "MANY", text = "Many", patients = 3, valid_from = "2026-11-18" }',
        )
        found = [each for each in unusual.unusual(admin, 7) if each.why == "many charts"]
        assert [(each.count, each.measure) for each in found] == [(4, "over 3 a day; own usual 4")]

    def test_the_household_of_a_user(self, admin: Actor, miller: int) -> None:
        users.add_user(admin, "jones", "Mary Jones", [Role.CODER], "mary jones has a key", cost=CHEAP)
        own = builders.a_patient(mrn="1", last_name="JONES", street="7 Oak St", zip="12999")
        spouse = builders.a_patient(mrn="2", last_name="ROE", street="7 OAK ST", zip="12999-0001")
        elsewhere = builders.a_patient(mrn="3", last_name="ROE", street="7 Oak St", zip="10001")
        privacy.bind_user(admin, "jones", own)
        for patient_id, mrn in ((spouse, "2"), (elsewhere, "3"), (miller, "00123456")):
            look(someone("jones", Role.CODER), patient_id, mrn)
        look(someone("smith", Role.CODER), spouse, "2")
        found = [each for each in unusual.unusual(admin, 7) if each.why == "same address"]
        assert [(each.user, each.mrn) for each in found] == [("jones", "2")]

    @pytest.mark.parametrize(
        ("row", "told"),
        [
            ('{ code = "HOURS", text = "x", opens = "6", closes = "19:00", weekdays = [1] }', "opens has to be a time"),
            ('{ code = "HOURS", text = "x", opens = "06:00", closes = "19:00" }', "weekdays has to be a list"),
            ('{ code = "MANY", text = "x", patients = "150" }', "patients has to be a number"),
        ],
    )  # fmt: skip
    def test_a_limit_that_cannot_be_used_is_told(
        self, admin: Actor, miller: int, row: str, told: str
    ) -> None:
        look(someone("jones", Role.CODER), miller)
        limits(admin, row)
        with pytest.raises(LimitWrong, match=told):
            unusual.unusual(admin, 7)

    @pytest.mark.parametrize(
        ("local", "late"),
        [
            ("18T03:00", True), ("18T05:59", True), ("18T06:00", False), ("18T18:59", False), ("18T19:00", True),
            ("14T10:00", True),  # a Saturday
        ],
    )  # fmt: skip
    def test_after_hours(
        self, admin: Actor, miller: int, local: str, late: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        then = moment(f"2026-11-{local}", store.current().zone).utc
        monkeypatch.setattr(time, "time", lambda: then)
        look(someone("jones", Role.CODER), miller)
        assert (("after hours", "jones") in [(f.why, f.user) for f in unusual.unusual(admin, 7)]) is late

    @pytest.mark.parametrize(
        ("sql", "index"),
        [
            (
                "SELECT * FROM audit WHERE patient_id = 1 AND seq < 9 ORDER BY seq DESC LIMIT 20",
                "audit_patient",
            ),
            ("SELECT * FROM audit WHERE user = 'x' AND seq < 9 ORDER BY seq DESC LIMIT 20", "audit_user"),
            ("SELECT at_utc FROM audit WHERE at_utc >= 5 AND patient_id IS NOT NULL", "audit_at"),
        ],
    )
    def test_no_question_reads_the_whole_trail(self, admin: Actor, sql: str, index: str) -> None:
        plan = " ".join(row[3] for row in database.execute_sql(f"EXPLAIN QUERY PLAN {sql}"))
        assert index in plan


class TestLooksByDay:
    """What is kept of days that are over is what the trail says of them, whatever became of clock and counts."""

    TODAY = "2026-11-18"

    def at(self, monkeypatch: pytest.MonkeyPatch, local: str) -> None:
        then = moment(local, store.current().zone).utc
        monkeypatch.setattr(time, "time", lambda: then)

    def worked(self, admin: Actor, monkeypatch: pytest.MonkeyPatch, *moments: str) -> None:
        """At each moment two people look at two charts, one of them twice."""
        for local in moments:
            self.at(monkeypatch, local)
            for actor in (someone("jones", Role.CODER), someone("smith", Role.ROI)):
                for patient_id in (1, 2, 1):
                    look(actor, patient_id)

    def told(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Of each user and day: patients and looks, as UNU has them."""
        return {
            (user, f"{day:%m-%d}"): (seen.patients, len(seen.minutes))
            for (user, _, day), seen in daily_looks.since(date(2026, 1, 1), date(2026, 1, 1)).items()
        }

    def from_the_trail(self) -> dict[tuple[str, str], tuple[int, int]]:
        found: dict[tuple[str, str], list[int]] = {}
        for at_utc, user, patient_id in database.execute_sql(
            "SELECT at_utc, user, patient_id FROM audit WHERE action = 'view patient'"
        ):
            found.setdefault((user, moment_at(at_utc, store.current().zone).local[5:10]), []).append(
                patient_id
            )
        return {key: (len(set(patients)), len(patients)) for key, patients in found.items()}

    def kept(self) -> int:
        return int(database.execute_sql("SELECT count(*) FROM daily_looks").fetchone()[0])

    def test_are_what_the_trail_says(self, admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
        self.worked(
            admin, monkeypatch, "2026-10-31T23:59", "2026-11-01T01:30", "2026-11-16T10:00", "2026-11-16T23:59",
            "2026-11-17T00:00", f"{self.TODAY}T08:00",
        )  # fmt: skip
        live = self.told()
        assert live["jones", "11-16"] == (2, 6)
        assert live == self.from_the_trail()
        daily_looks.keep()
        assert (self.kept(), self.told()) == (8, live)  # today is not over
        self.worked(admin, monkeypatch, f"{self.TODAY}T09:00", "2026-11-19T10:00")
        assert self.told() == self.from_the_trail()
        daily_looks.keep()
        assert (self.kept(), self.told()) == (10, self.from_the_trail())

    def test_a_day_is_counted_anew_when_the_clock_was_set_back(
        self, admin: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.worked(admin, monkeypatch, "2026-11-17T10:00", f"{self.TODAY}T10:00")
        daily_looks.keep()
        self.worked(admin, monkeypatch, "2026-11-17T12:00", f"{self.TODAY}T11:00")
        assert self.told()["jones", "11-17"] == (2, 6)
        self.at(monkeypatch, "2026-11-19T08:00")
        daily_looks.keep()
        assert self.told() == self.from_the_trail()

    def test_a_clock_that_ran_ahead_loses_nothing(
        self, admin: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.worked(admin, monkeypatch, "2026-11-19T10:00", f"{self.TODAY}T10:00", "2026-11-19T11:00")
        daily_looks.keep()
        self.worked(admin, monkeypatch, "2026-11-20T11:00")
        daily_looks.keep()
        assert self.told() == self.from_the_trail()

    def test_lost_counts_come_back(self, admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
        self.worked(admin, monkeypatch, "2026-11-16T10:00", "2026-11-17T10:00", f"{self.TODAY}T10:00")
        daily_looks.keep()
        database.execute_sql("DELETE FROM daily_looks")
        assert self.told() == self.from_the_trail()
        daily_looks.keep()
        assert (self.kept(), self.told()) == (4, self.from_the_trail())

    def test_days_that_are_kept_are_not_read_again(
        self, admin: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.worked(admin, monkeypatch, "2026-11-16T10:00", "2026-11-17T10:00", f"{self.TODAY}T10:00")
        daily_looks.keep()
        read: list[date] = []
        from_trail = daily_looks.read
        monkeypatch.setattr(daily_looks, "read", lambda day: read.append(day) or from_trail(day))
        self.told()
        assert date(2026, 11, 18) in read  # is not over
        assert not {date(2026, 11, 16), date(2026, 11, 17)} & set(read)

    def test_signing_off_keeps_the_days_that_are_over(
        self, admin: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.worked(admin, monkeypatch, "2026-11-16T10:00")
        self.at(monkeypatch, "2026-11-17T08:00")
        directory = store.current().directory
        sign_on.off(admin)
        sign_on.with_passphrase(directory, ADMIN, PASSPHRASE)
        assert self.kept() == 2


class TestSurnames:
    @pytest.mark.parametrize(
        "full_name",
        [
            "Mary O'Brien",
            "O'Brien, Mary",
            "Mary O'Brien, RHIT",
            "Mary O'Brien Jr.",
            "O'Brien, Mary Ann",
            "O\u2019BRIEN",
        ],
    )
    def test_are_found_however_the_name_is_written(self, full_name: str) -> None:
        assert surname_key(full_name) == "OBRIEN,"

    def test_of_a_user_without_a_name_is_none(self) -> None:
        assert surname_key("") == surname_key(" , ") == ""
