"""Queries to physicians in the store: sent only when they comply, kept for ever, chased, closed by filing."""

from __future__ import annotations

import json

import pytest
from peewee import IntegrityError

from config.data_sets import dictionary_for
from db import conventions, store
from db.abstracting import abstract_release, abstracts
from db.abstracting.abstracts import Drg
from db.abstracting.lifecycle import NotAllowed
from db.actors import Actor, Role
from db.acts import Conflict, NotPermitted
from db.connect import database
from db.hospital import encounters
from db.queries import counts, effects, queries, query_acts, templates
from db.queries.effects import NotMarked
from db.queries.queries import Query
from db.queries.query_acts import NotDone, Replied
from rules.moments import iso_date
from rules.queries import Act, Indicator, Listed, Standing, Status, Template
from tests import builders
from tests.builders import a_raised_query, a_sent_query, a_stay, an_answer
from tests.db.test_abstract_life import file


@pytest.fixture
def stay(admin: Actor) -> int:
    return a_stay("2026-11-10T08:00", "2026-11-14T09:00", account="A1", provider="GREEN")


def acts_of(query: Query) -> list[tuple[str, str]]:
    return [(step.act, step.after) for step in queries.steps(query.id)]


def later(days: int, query: Query) -> None:
    """The query was due so many days ago."""
    today = store.current().now().day
    database.execute_sql("UPDATE work_query SET due_day = ? WHERE id = ?", (today - days, query.id))


class TestRaising:
    def test_what_does_not_comply_is_not_sent_whatever_sends_it(self, admin: Actor, stay: int) -> None:
        with pytest.raises(NotDone, match="QY06 The title names") as refused:
            a_sent_query(admin, "A1", title="Acute kidney injury")
        assert [each.code for each in refused.value.findings] == ["QY06"]
        assert queries.of_account(stay) == []

    def test_it_is_kept_as_a_draft_however_it_is_worded(self, admin: Actor, stay: int) -> None:
        draft = query_acts.keep(admin, "A1", a_raised_query(title="AKI", indicators=()))
        assert (draft.status, draft.waits, draft.due_day) == (Status.DRAFT, False, None)

    def test_sent_it_has_a_number_a_due_day_and_a_history(self, admin: Actor, stay: int) -> None:
        query = a_sent_query(admin, "A1")
        today = store.current().now().day
        assert (query.number, query.status, query.due_day) == ("Q000001", Status.SENT, today + 7)
        assert acts_of(query) == [("send", "sent")]
        assert query.wording.indicators == (
            Indicator("Creatinine 0.9 to 2.4 mg/dL", "Laboratory", "2026-11-12"),
        )

    def test_nobody_is_asked_without_a_name_or_by_a_priority_that_is_none(
        self, admin: Actor, stay: int
    ) -> None:
        with pytest.raises(NotDone, match="which physician"):
            a_sent_query(admin, "A1", provider=" ")
        with pytest.raises(NotDone, match="is no priority"):
            a_sent_query(admin, "A1", priority="SOON")

    def test_nothing_is_asked_before_the_stay(self, admin: Actor) -> None:
        builders.a_stay("2126-11-20T08:00", "", account="A2", provider="GREEN")
        with pytest.raises(NotDone, match="The stay has not begun yet"):
            a_sent_query(admin, "A2")

    def test_a_draft_that_somebody_changed_meanwhile_is_not_overwritten(
        self, admin: Actor, stay: int
    ) -> None:
        draft = query_acts.keep(admin, "A1", a_raised_query())
        query_acts.keep(admin, "A1", a_raised_query(), number=draft.number, expected_version=draft.version)
        with pytest.raises(Conflict):
            query_acts.keep(
                admin, "A1", a_raised_query(), number=draft.number, expected_version=draft.version
            )

    @pytest.mark.parametrize("column", ["question", "title", "options", "provider"])
    def test_the_store_itself_keeps_the_words_of_what_was_sent(
        self, admin: Actor, stay: int, column: str
    ) -> None:
        a_sent_query(admin, "A1")
        with pytest.raises(IntegrityError, match="stays as it was worded"):
            database.execute_sql(f"UPDATE work_query SET {column} = 'other'")

    @pytest.mark.parametrize("table", ["work_query", "query_step", "query_template"])
    def test_nothing_is_deleted(self, admin: Actor, stay: int, table: str) -> None:
        a_sent_query(admin, "A1")
        templates.file(admin, templates.templates()["AKI"], 0)
        with pytest.raises(IntegrityError):
            database.execute_sql(f"DELETE FROM {table}")

    def test_which_record_it_belongs_to_is_settled_when_it_is_sent(self, admin: Actor, stay: int) -> None:
        before = a_sent_query(admin, "A1")
        conventions.file_setting(admin, "query_record", "legal record", 0)
        after = a_sent_query(admin, "A1")
        assert [queries.read(each.number).in_record for each in (before, after)] == [False, True]


class TestAnswers:
    def test_an_answer_is_kept_word_for_word_with_who_and_when(self, admin: Actor, stay: int) -> None:
        query = a_sent_query(admin, "A1")
        done = an_answer(admin, query, "other", "Prerenal azotemia, resolved w/ fluids.")
        today = store.current().now().day
        assert (done.status, done.outcome, done.answer) == (
            Status.ANSWERED, "other", "Prerenal azotemia, resolved w/ fluids.",
        )  # fmt: skip
        assert (done.answerer, done.answered_by, done.answered_day) == ("GREEN", admin.user, today)

    @pytest.mark.parametrize(
        ("replied", "said"),
        [(Replied(), "what came of it"), (Replied("agreed", "GREEN"), "own words"),
         (Replied("agreed", "", "Yes"), "who answered")],
    )  # fmt: skip
    def test_half_an_answer_is_none(self, admin: Actor, stay: int, replied: Replied, said: str) -> None:
        query = a_sent_query(admin, "A1")
        with pytest.raises(NotDone, match=said):
            query_acts.step(admin, query.number, Act.ANSWER, query.version, replied=replied)

    def test_no_answer_takes_what_was_tried_and_nobody(self, admin: Actor, stay: int) -> None:
        query = a_sent_query(admin, "A1")
        replied = Replied("no answer", "", "Left the staff; chief of staff told.")
        done = query_acts.step(admin, query.number, Act.ANSWER, query.version, replied=replied)
        assert (done.status, done.outcome, done.answerer) == (Status.ANSWERED, "no answer", "")

    def test_a_wrong_answer_is_corrected_with_a_reason_and_both_stay(self, admin: Actor, stay: int) -> None:
        query = an_answer(admin, a_sent_query(admin, "A1"))
        replied = Replied("disagreed", "GREEN", "No.")
        with pytest.raises(NotDone, match="takes a reason"):
            query_acts.step(admin, query.number, Act.CORRECT, query.version, replied=replied)
        query_acts.step(admin, query.number, Act.CORRECT, query.version, reason="misread", replied=replied)
        assert [step.text for step in queries.steps(query.id)] == ["", "Yes, at the ED.", "(misread) No."]

    @pytest.mark.parametrize(("days", "said"), [(1, "still to come"), (-3, "before it was sent")])
    def test_a_step_is_noted_on_its_day(self, admin: Actor, stay: int, days: int, said: str) -> None:
        query = a_sent_query(admin, "A1")
        with pytest.raises(NotDone, match=said):
            an_answer(admin, query, day=iso_date(query.asked_day + days))


class TestWhatItHolds:
    def test_an_open_query_holds_the_release_and_its_answer_lets_it_go(self, admin: Actor, stay: int) -> None:
        file(admin, stay)
        query = a_sent_query(admin, "A1")
        check = Checks()
        with pytest.raises(NotAllowed, match="Query Q000001 to GREEN is not answered"):
            abstract_release.release(admin, stay, check)  # type: ignore[arg-type]
        query_acts.step(admin, query.number, Act.WITHDRAW, query.version, reason="asked in person")
        assert abstract_release.release(admin, stay, check).went_on  # type: ignore[arg-type]

    def test_filing_the_abstract_closes_what_was_answered_and_says_so(self, admin: Actor, stay: int) -> None:
        waiting, answered = a_sent_query(admin, "A1"), an_answer(admin, a_sent_query(admin, "A1"))
        file(admin, stay)
        assert [queries.read(each.number).status for each in (waiting, answered)] == ["sent", "closed"]
        assert queries.steps(answered.id)[-1].text == "the abstract was filed"

    def test_an_answer_that_changes_nothing_is_closed_by_hand(self, admin: Actor, stay: int) -> None:
        query = an_answer(admin, a_sent_query(admin, "A1"))
        query_acts.step(admin, query.number, Act.CLOSE, query.version)
        assert counts.waiting(admin.user) == counts.Waiting(0, 0, 0, 0)


class Checks:
    """No edit stands against anything."""

    def findings(self, *_: object) -> list[object]:
        return []


class TestEffects:
    def test_codes_and_drg_before_and_after_are_kept_when_the_abstract_is_next_filed(
        self, admin: Actor, stay: int
    ) -> None:
        before = Standing((("I2109", "Y"),), (), "282", 8000)
        query = query_acts.send(admin, "A1", a_raised_query(), before)
        an_answer(admin, query)
        dictionary = dictionary_for("abstract")
        opened = abstracts.read(encounters.get(stay), dictionary)
        record = {**opened.record, "diagnoses[1].code": "I2109", "diagnoses[1].poa": "Y",
                  "diagnoses[2].code": "N179", "diagnoses[2].poa": "Y"}  # fmt: skip
        abstracts.file_abstract(
            admin,
            opened,
            dictionary,
            record,
            (),
            Drg("281", "05", "44.0", 9500),
            expected_revision=0,
            leave_open=True,
        )
        found = effects.effect_of(admin, query.id)
        assert found is not None
        assert found.after == Standing((("I2109", "Y"), ("N179", "Y")), (), "281", 9500)
        assert [(each.code, each.said) for each in found.changes] == [("N179", "added, POA Y")]
        assert found.marked is None
        with pytest.raises(NotMarked, match="I2109 did not change"):
            effects.mark(admin, query.number, ("I2109",))
        assert effects.mark(admin, query.number, ("N179",)).marked == ("N179",)

    def test_a_query_that_is_not_answered_yet_took_no_part(self, admin: Actor, stay: int) -> None:
        query = a_sent_query(admin, "A1")
        file(admin, stay)
        found = effects.effect_of(admin, query.id)
        assert found is not None
        assert found.after is None
        with pytest.raises(NotMarked, match="was not filed since"):
            effects.mark(admin, query.number, ())

    def test_only_coders_and_supervisors_are_told(self, admin: Actor, stay: int) -> None:
        query = a_sent_query(admin, "A1")
        technician = Actor(9, "tech", frozenset({Role.TECHNICIAN}))
        with pytest.raises(NotPermitted):
            effects.effect_of(technician, query.id)


class TestChasing:
    def test_the_schedule_reminds_and_escalates_once_for_each_step(self, admin: Actor, stay: int) -> None:
        query = a_sent_query(admin, "A1")
        told = []
        for days in (0, 1, 2, 4, 5, 8, 30):
            later(days, query)
            told += [(days, each.act, each.to_whom) for each in query_acts.chase(admin)]
        assert told == [
            (1, Act.REMIND, "GREEN"), (4, Act.ESCALATE, "the physician advisor"),
            (8, Act.ESCALATE, "the chief of the service"), (30, Act.ESCALATE, "the chief of staff"),
        ]  # fmt: skip
        assert queries.read(query.number).status is Status.ESCALATED
        assert query_acts.chase(admin) == []

    def test_a_step_by_hand_of_what_is_late_is_not_taken_once_more(self, admin: Actor, stay: int) -> None:
        query = a_sent_query(admin, "A1")
        later(6, query)
        done = query_acts.step(admin, query.number, Act.ESCALATE, query.version)
        assert (done.rung, queries.steps(done.id)[-1].to_whom) == (2, "the physician advisor")
        assert query_acts.chase(admin) == []

    def test_a_reminder_in_time_takes_nothing_from_the_escalation(self, admin: Actor, stay: int) -> None:
        query = a_sent_query(admin, "A1")
        assert query_acts.step(admin, query.number, Act.REMIND, query.version).rung == 0

    def test_a_reminder_by_hand_does_not_pass_over_an_escalation(self, admin: Actor, stay: int) -> None:
        tables = store.current().directory / "site" / "tables"
        tables.mkdir(parents=True, exist_ok=True)
        (tables / "query_escalation.toml").write_text(
            'id = "query_escalation"\ntitle = "Ours"\n'
            'rows = [{ code = "9", text = "the physician", act = "remind", unit = "calendar", count = 20 }]'
        )
        query = a_sent_query(admin, "A1")
        later(2, query)
        for rung in (1, 1):
            query = query_acts.step(admin, query.number, Act.REMIND, query.version)
            assert query.rung == rung
        later(5, query)
        assert [each.to_whom for each in query_acts.chase(admin)] == ["the physician advisor"]

    def test_what_is_answered_is_chased_no_more(self, admin: Actor, stay: int) -> None:
        query = a_sent_query(admin, "A1")
        an_answer(admin, query)
        later(30, query)
        assert query_acts.chase(admin) == []

    def test_the_service_may_chase_and_nothing_else(self, admin: Actor, stay: int) -> None:
        service = Actor(admin.user_id, "service", frozenset({Role.SERVICE}))
        query = a_sent_query(admin, "A1")
        later(2, query)
        assert [each.number for each in query_acts.chase(service)] == [query.number]
        with pytest.raises(NotPermitted):
            an_answer(service, queries.read(query.number))

    def test_counts_tell_what_is_late(self, admin: Actor, stay: int) -> None:
        first = a_sent_query(admin, "A1")
        a_sent_query(admin, "A1")
        an_answer(admin, a_sent_query(admin, "A1"))
        query_acts.keep(admin, "A1", a_raised_query())
        later(1, first)
        assert counts.waiting(admin.user) == counts.Waiting(2, 1, 1, 1)
        assert counts.waiting("lee") == counts.Waiting(2, 1, 1, 0)


class TestTheList:
    def test_is_ordered_and_filtered_and_goes_on_behind_a_key(self, admin: Actor, stay: int) -> None:
        made = [a_sent_query(admin, "A1", provider=who) for who in ("GREEN", "BROWN", "GREEN")]
        later(2, made[2])
        numbers = [each.number for each in queries.page(admin, Listed(order="DUE"))]
        assert numbers == ["Q000003", "Q000001", "Q000002"]
        assert [each.number for each in queries.page(admin, Listed("OVERDUE"))] == ["Q000003"]
        assert [each.number for each in queries.page(admin, Listed(physician="BROWN"))] == ["Q000002"]
        for order in ("DUE", "ASKED", "PHYSICIAN", "ACCOUNT", "NEWEST"):
            whole = queries.page(admin, Listed(order=order))
            paged, after = list[Query](), None
            while found := queries.page(admin, Listed(order=order), after, 1):
                paged += found
                after = found[-1].key
            assert paged == whole, order


class TestTemplates:
    def test_a_facility_files_its_own_version_over_the_shipped_one(self, admin: Actor) -> None:
        shipped = templates.templates()["AKI"]
        wording = builders.a_raised_query(title="Kidney function").wording
        filed = templates.file(admin, Template("AKI", 0, wording), 0)
        assert (shipped.version, filed.version, filed.wording.title) == (0, 1, "Kidney function")
        assert [each.version for each in templates.versions("AKI")] == [1, 0]
        with pytest.raises(Conflict):
            templates.file(admin, filed, 0)

    def test_one_that_does_not_comply_is_not_filed(self, admin: Actor) -> None:
        wording = builders.a_raised_query(
            question="Please document the condition that raises the DRG."
        ).wording
        with pytest.raises(NotDone, match="QY13"):
            templates.file(admin, Template("MINE", 0, wording), 0)

    def test_one_out_of_use_is_offered_no_more_and_kept(self, admin: Actor) -> None:
        from dataclasses import replace

        templates.file(admin, replace(templates.templates()["AKI"], active=False), 0)
        assert templates.find("AKI") is None
        assert templates.templates(retired=True)["AKI"].version == 1

    def test_a_supervisor_alone_changes_them(self, admin: Actor) -> None:
        coder = Actor(9, "lee", frozenset({Role.CODER}))
        with pytest.raises(NotPermitted):
            templates.file(coder, templates.templates()["AKI"], 0)


class TestTrail:
    def test_every_step_is_a_row_about_the_patient(self, admin: Actor, stay: int) -> None:
        query = an_answer(admin, a_sent_query(admin, "A1"))
        rows = database.execute_sql(
            "SELECT action, record, patient_id, detail FROM audit WHERE kind = 'query' ORDER BY seq"
        ).fetchall()
        assert [row[:3] for row in rows] == [("file query", "Q000001", query.patient_id)] * 2
        after = json.loads(rows[1][3])["after"]
        assert (after["status"], after["answer"]) == ("answered", "Yes, at the ED.")
