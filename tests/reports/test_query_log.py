"""Queries to physicians on paper: the form, which says no word on payment, and the log with its rates from counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config.code_tables import shipped_tables
from db.access import sensitive, users
from db.actors import Actor, Role
from db.connect import database
from db.hospital import site
from db.queries import query_acts
from reports.catalogue import find
from reports.page import Setup, as_text
from reports.parameters import NotAsked
from reports.produced import Produced
from reports.run import produce
from rules.moments import day_number
from rules.queries import Act, Indicator, Standing, Wording
from rules.query_lint import PURPOSES, WORDS, Tables, lint
from tests.builders import SOURCE, a_patient, a_raised_query, a_sent_query, a_stay, an_answer

OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}
SHELF = shipped_tables()
TABLES = Tables(SHELF[WORDS], SHELF[PURPOSES])


def made(actor: Actor, id_: str, **asked: str) -> Produced:
    report = find(id_)
    assert report is not None
    return produce(actor, report, asked)


def the_log(actor: Actor, **asked: str) -> Produced:
    return made(actor, "query-log", **(OCTOBER | asked))


@pytest.fixture
def october(admin_of: Callable[..., Actor]) -> Actor:
    return admin_of(an_october)


def an_october(admin: Actor) -> None:
    """Four queries of October and one of September: sent, answered, escalated on days of our own."""
    ann = a_patient(mrn="00123456", last_name="ADAMS", first_name="ANN")
    a_stay("2026-09-20T08:00", "2026-09-25T09:00", patient_id=ann, account="A1", provider="GREEN")
    for provider, asked, due, answered, outcome, kind in (
        ("", "2026-10-01", "2026-10-08", "2026-10-04", "agreed", "CHOICE"),
        ("GREEN", "2026-10-02", "2026-10-05", "2026-10-07", "disagreed", "OPEN"),
        ("GREEN", "2026-10-05", "2026-10-12", "", "", "CHOICE"),
        ("WHITE", "2026-10-06", "2026-10-13", "2026-10-06", "agreed", "YESNO"),
        ("WHITE", "2026-09-30", "2026-10-07", "2026-10-06", "other", "OPEN"),
    ):
        query = query_acts.keep(admin, "A1", a_raised_query(provider=provider, kind=kind))
        database.execute_sql(
            "UPDATE work_query SET asked_day = ?, due_day = ?, answered_day = ?, outcome = ?, answer = ?, status = ?"
            " WHERE id = ?",
            (day_number(asked), day_number(due), day_number(answered) if answered else None, outcome,
             "Yes." if answered else "", "closed" if answered else "escalated", query.id),
        )  # fmt: skip
        if not answered:
            database.execute_sql(
                "INSERT INTO query_step (query_id, at_utc, day, by, act, before, after) VALUES (?, 0, ?, 'job',"
                " 'escalate', 'sent', 'escalated')",
                (query.id, day_number("2026-10-16")),
            )


class TestTheLog:
    def test_rates_are_of_counts(self, october: Actor) -> None:
        shown = as_text(the_log(october, detail="summary").pages(Setup(132)), Setup(132))
        rows = [line.split() for line in shown.splitlines()]
        assert ["GREEN", "3", "2/3", "66.67", "1/3", "33.33", "1/2", "50.00", "4.00", "0", "1"] in rows
        assert ["TOTAL", "4", "3/4", "75.00", "2/4", "50.00", "2/3", "66.67", "2.67", "0", "1"] in rows

    def test_the_groups_have_room_on_a_narrow_page(self, october: Actor) -> None:
        shown = as_text(the_log(october, detail="summary").pages(Setup(80)), Setup(80))
        assert any(line.startswith("GREEN ") for line in shown.splitlines())

    def test_what_is_not_due_yet_is_in_time_or_late_for_nobody(self, october: Actor) -> None:
        database.execute_sql("UPDATE work_query SET due_day = 3000000 WHERE status = 'escalated'")
        shown = as_text(the_log(october, detail="summary").pages(Setup(132)), Setup(132))
        rows = [line.split() for line in shown.splitlines()]
        assert ["TOTAL", "4", "3/4", "75.00", "2/3", "66.67", "2/3", "66.67", "2.67", "0", "1"] in rows

    def test_by_physician_and_type(self, october: Actor) -> None:
        shown = as_text(
            the_log(october, detail="summary", **{"break": "physician-type"}).pages(Setup(132)), Setup(132)
        )
        rows = [line.split() for line in shown.splitlines()]
        assert [
            "multiple",
            "choice",
            "2",
            "1/2",
            "50.00",
            "1/2",
            "50.00",
            "1/1",
            "100.00",
            "3.00",
            "0",
            "1",
        ] in rows

    def test_reasons_and_askers_are_in_words(self, october: Actor) -> None:
        users.set_contact(october, "admin", full_name="Ann Chief")
        for break_, words in (("reason", "INDICATOR  Clinical indicators"), ("asker", "admin  Ann Chief")):
            shown = as_text(
                the_log(october, detail="summary", **{"break": break_}).pages(Setup(132)), Setup(132)
            )
            assert words in shown

    def test_no_answer_is_no_response_and_a_withdrawn_query_counts_nowhere(self, october: Actor) -> None:
        database.execute_sql("UPDATE work_query SET outcome = 'no answer' WHERE number = 'Q000002'")
        database.execute_sql("UPDATE work_query SET status = 'withdrawn' WHERE number = 'Q000003'")
        shown = as_text(the_log(october, detail="summary", provider="GREEN").pages(Setup(132)), Setup(132))
        rows = [line.split() for line in shown.splitlines()]
        assert ["TOTAL", "3", "1/2", "50.00", "1/2", "50.00", "1/1", "100.00", "3.00", "0", "0"] in rows

    def test_who_attends_is_asked_where_nobody_is_named(self, october: Actor) -> None:
        assert len(the_log(october, provider="GREEN").data.lines) == 3

    @pytest.mark.parametrize(
        ("asked", "count"),
        [({"open": "1"}, 1), ({"open": "0"}, 3), ({"kind": "yesno"}, 1), ({"purpose": "INDICATOR"}, 4),
         ({"outcome": "agreed"}, 2), ({"outcome": "none"}, 1)],
    )  # fmt: skip
    def test_is_narrowed(self, october: Actor, asked: dict[str, str], count: int) -> None:
        assert len(the_log(october, **asked).data.lines) == count

    def test_a_sensitive_chart_is_not_named(self, october: Actor) -> None:
        (ann,) = database.execute_sql("SELECT id FROM patient WHERE mrn = '00123456'").fetchone()
        sensitive.mark(october, ann, "vip", "asked for it")
        assert "ADAMS" not in as_text(the_log(october).pages(Setup(132)), Setup(132))

    def test_codes_and_drg_are_told_to_those_alone_who_may_see_them(self, admin: Actor) -> None:
        a_stay("2026-09-20T08:00", "2026-09-25T09:00", account="A1", provider="GREEN")
        query_acts.send(admin, "A1", a_raised_query(), Standing((("I2109", "Y"),), (), "282", 8000))
        asked = {"from": "2020-01-01", "to": "2030-12-31"}
        report = find("query-log")
        assert report is not None
        technician = Actor(admin.user_id, "tech", frozenset({Role.TECHNICIAN}))
        told, not_told = (produce(actor, report, asked).sheets()[0] for actor in (admin, technician))
        assert set(told.keys) - set(not_told.keys) == {
            "drg_before",
            "drg_after",
            "weight_change",
            "codes_changed",
        }
        assert "282" in told.rows[0]

    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page_of_a_month_without_any(
        self, admin: Actor, golden: Callable[..., None], width: int
    ) -> None:
        golden("query-log-empty", the_log(admin).document(width), width)

    def test_letters_go_to_those_who_have_not_answered(self, october: Actor) -> None:
        sheet = the_log(october).letters()
        assert [row[sheet.keys.index("query")] for row in sheet.rows] == ["Q000003"]
        assert [row[sheet.keys.index("asked_by")] for row in sheet.rows] == ["admin"]

    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, october: Actor, golden: Callable[..., None], width: int) -> None:
        golden("query-log", the_log(october, open="0").document(width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page_of_the_responses(
        self, october: Actor, golden: Callable[..., None], width: int
    ) -> None:
        asked = {"detail": "summary", "break": "physician-type"}
        golden("query-responses", the_log(october, **asked).document(width), width)


@pytest.fixture
def asked(admin: Actor) -> Actor:
    """Query Q000001, multiple choice, sent on 10/02/2026."""
    ann = a_patient(mrn="00123456", last_name="ADAMS", first_name="ANN", birth_date="1950-03-04", sex="F")
    a_stay("2026-09-20T08:00", "2026-09-25T09:00", patient_id=ann, account="A1", provider="GREEN")
    site.apply("provider", "GREEN", {"name": "Green, Alice MD"}, SOURCE)
    found = (
        Indicator("Creatinine 0.9 on admission, 2.4 on day 3, 1.1 at discharge", "Laboratory", "2026-09-22"),
        Indicator("Urine output 300 mL in 24 hours", "Nursing flow sheet", "2026-09-22"),
    )
    query = query_acts.keep(admin, "A1", a_raised_query(indicators=found))
    database.execute_sql(
        "UPDATE work_query SET status = 'sent', asked_day = ?, asked_utc = 1790942400, due_day = ? WHERE id = ?",
        (day_number("2026-10-02"), day_number("2026-10-09"), query.id),
    )
    return admin


class TestTheForm:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, asked: Actor, golden: Callable[..., None], width: int) -> None:
        golden("query-form", made(asked, "query-form", query="Q000001").document(width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page_once_it_is_answered(
        self, asked: Actor, golden: Callable[..., None], width: int
    ) -> None:
        database.execute_sql(
            "UPDATE work_query SET status = 'answered', answered_day = ?, outcome = 'other', answerer = 'GREEN',"
            " answered_by = 'lee', answer = 'Prerenal azotemia from dehydration, resolved with fluids.'",
            (day_number("2026-10-06"),),
        )
        golden("query-form-answered", made(asked, "query-form", query="q000001").document(width), width)

    def test_says_no_word_on_payment_or_scores_nor_what_is_looked_for(self, asked: Actor) -> None:
        text = as_text(made(asked, "query-form", query="Q000001").pages(Setup(80)), Setup(80))
        plain = " ".join(text.split())
        found = lint(
            Wording("x", "OPEN", "INDICATOR", plain, (), (Indicator("x", "x", "2026-01-01"),)), TABLES
        )
        assert [each for each in found if each.code in ("QY13", "QY14")] == []

    def test_a_long_one_goes_on_over_pages(self, admin: Actor) -> None:
        a_stay("2026-09-20T08:00", "2026-09-25T09:00", account="A1", provider="GREEN")
        many = tuple(
            Indicator(f"Finding {n} " + "as it stands " * 12, "H&P", "2026-09-21") for n in range(18)
        )
        a_sent_query(admin, "A1", indicators=many)
        pages = made(admin, "query-form", query="Q000001").pages(Setup(80))
        text = as_text(pages, Setup(80))
        assert len(pages) > 1
        assert all(f"Finding {n} " in text for n in range(18))
        assert "Signature" in text

    def test_one_that_is_void_or_unknown_is_not_printed(self, asked: Actor) -> None:
        with pytest.raises(NotAsked, match="There is no query Q9"):
            made(asked, "query-form", query="Q9")
        query_acts.step(asked, "Q000001", Act.VOID, 1, reason="wrong patient")
        with pytest.raises(NotAsked, match="Q000001 is void"):
            made(asked, "query-form", query="Q000001")

    def test_its_letter_is_addressed_to_the_physician(self, asked: Actor) -> None:
        sheet = made(asked, "query-form", query="Q000001").letters()
        row = dict(zip(sheet.keys, sheet.rows[0], strict=True))
        assert (row["addressee"], row["query"], row["due"]) == ("Green, Alice MD", "Q000001", "2026-10-09")
        assert "Creatinine 0.9" in str(row["indicators"])

    def test_who_asks_is_a_person_who_can_be_reached(self, asked: Actor) -> None:
        by_hand = as_text(made(asked, "query-form", query="Q000001").pages(Setup(80)), Setup(80))
        assert "____" in by_hand.partition("Telephone")[2].partition("\n")[0]
        users.set_contact(asked, "admin", full_name="Ann Chief", title="RHIA, Coding", phone="555-0101")
        text = as_text(made(asked, "query-form", query="Q000001").pages(Setup(80)), Setup(80))
        assert "Ann Chief, RHIA, Coding" in text
        assert "555-0101" in text
        sheet = made(asked, "query-form", query="Q000001").letters()
        row = dict(zip(sheet.keys, sheet.rows[0], strict=True))
        assert (row["asked_by"], row["asker_title"], row["asker_phone"]) == (
            "Ann Chief",
            "RHIA, Coding",
            "555-0101",
        )

    def test_the_answer_closes_the_room_to_write(self, admin: Actor) -> None:
        a_stay("2026-09-20T08:00", "2026-09-25T09:00", account="A1", provider="GREEN")
        an_answer(admin, a_sent_query(admin, "A1"))
        text = as_text(made(admin, "query-form", query="Q000001").pages(Setup(80)), Setup(80))
        assert "Yes, at the ED." in text
        assert "Signature" not in text
