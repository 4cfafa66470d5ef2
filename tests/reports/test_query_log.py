"""The log of queries to physicians: response rate and days from those asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from db.access import sensitive
from db.actors import Actor
from db.connect import database
from reports.catalogue import find
from reports.page import Setup, as_text
from reports.run import Produced, produce
from rules.moments import day_number
from tests.builders import a_patient, a_stay

OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}


def the_log(actor: Actor, **asked: str) -> Produced:
    report = find("query-log")
    assert report is not None
    return produce(actor, report, OCTOBER | asked)


@pytest.fixture
def october(admin: Actor) -> Actor:
    ann = a_patient(mrn="00123456", last_name="ADAMS", first_name="ANN")
    stay = a_stay("2026-09-20T08:00", "2026-09-25T09:00", patient_id=ann, account="A1", provider="GREEN")
    for provider, asked, answered in (
        ("", "2026-10-01", "2026-10-04"), ("GREEN", "2026-10-02", "2026-10-07"), ("GREEN", "2026-10-05", ""),
        ("WHITE", "2026-10-06", "2026-10-06"), ("WHITE", "2026-09-30", "2026-10-06"),
    ):  # fmt: skip
        database.execute_sql(
            "INSERT INTO work_query (encounter_id, provider, question, asked_utc, asked_day, asked_by, answer,"
            " answered_day) VALUES (?, ?, 'Is the anemia due to blood loss?', 0, ?, 'lee', 'Yes', ?)",
            (stay, provider, day_number(asked), day_number(answered) if answered else None),
        )
    return admin


class TestQueries:
    def test_the_rate_is_of_those_asked_and_the_days_of_those_answered(self, october: Actor) -> None:
        shown = as_text(the_log(october, detail="summary").pages(Setup(80)), Setup(80))
        rows = [line.split() for line in shown.splitlines()]
        assert ["GREEN", "3", "2", "66.67", "4.00"] in rows
        assert ["TOTAL", "4", "3", "75.00", "2.67"] in rows

    def test_who_attends_is_asked_where_nobody_is_named(self, october: Actor) -> None:
        assert len(the_log(october, provider="GREEN").data.lines) == 3
        assert len(the_log(october, open="1").data.lines) == 1

    def test_a_sensitive_chart_is_not_named(self, october: Actor) -> None:
        (ann,) = database.execute_sql("SELECT id FROM patient WHERE mrn = '00123456'").fetchone()
        sensitive.mark(october, ann, "vip", "asked for it")
        assert "ADAMS" not in as_text(the_log(october).pages(Setup(132)), Setup(132))

    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, october: Actor, golden: Callable[..., None], width: int) -> None:
        golden("query-log", the_log(october, open="0").document(width), width)
