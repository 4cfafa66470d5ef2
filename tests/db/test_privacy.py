"""The privacy officer sees who looked, is alerted to sensitive charts, and reviews what was opened in need."""

from __future__ import annotations

import time

import pytest

from db import acts, merging, patients, privacy, sensitive, store, users
from db.actors import Action, Actor, Role
from db.acts import NotPermitted, ReasonNeeded
from db.changes import Source
from db.connect import StoreError, database, writing
from db.privacy import Filter
from tests import builders
from tests.conftest import CHEAP


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
        assert sensitive.waiting_count() == 1


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
            assert [row.user for row in privacy.rows(admin, wanted)] == ["jones"]


class TestUnusualAccess:
    def kinds(self, admin: Actor) -> list[tuple[str, str]]:
        return [(found.why, found.user) for found in privacy.unusual(admin, 7) if found.why != "after hours"]

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
        with writing():
            database.execute_sql("INSERT INTO setting VALUES ('privacy_volume', 1, '2', 'admin', 0)")
        for number in range(3):
            look(someone("jones", Role.CODER), builders.a_patient(mrn=f"{number}7000", last_name="X"))
        assert self.kinds(admin) == [("many charts", "jones")]

    @pytest.mark.parametrize(("hour", "late"), [("03", True), ("10", False), ("20", True)])
    def test_after_hours(
        self, admin: Actor, miller: int, hour: str, late: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from rules.moments import moment

        then = moment(f"2026-11-18T{hour}:00", store.current().zone).utc  # a Wednesday
        monkeypatch.setattr(time, "time", lambda: then)
        look(someone("jones", Role.CODER), miller)
        assert (("after hours", "jones") in [(f.why, f.user) for f in privacy.unusual(admin, 7)]) is late

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
