"""Lists of discharges and admissions: each stay behind a count, named only as far as the reader may see it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

import pytest

from db import store
from db.access import sensitive
from db.actors import Actor
from db.connect import database
from reports.catalogue import find
from reports.page import Linked, Setup, as_text
from reports.parameters import NotAsked
from reports.produced import Produced
from reports.run import produce
from tests.builders import a_patient, a_stay

OCTOBER = {"from": "2026-10-01", "to": "2026-10-31"}


def the_list(actor: Actor, word: str = "discharge-list", **asked: str) -> Produced:
    report = find(word)
    assert report is not None
    return produce(actor, report, OCTOBER | asked)


def accounts(made: Produced) -> list[str]:
    at = [column.key for column in made.data.columns].index("account")
    return [line.values[at] for line in made.data.lines]


def text(made: Produced, width: int = 80) -> str:
    return as_text(made.pages(Setup(width)), Setup(width))


@pytest.fixture
def october(admin_of: Callable[..., Actor]) -> Actor:
    return admin_of(an_october)


def an_october(admin: Actor) -> None:
    """Five discharges of October, one of September, one patient still in house."""
    ann = a_patient(mrn="00123456", last_name="ADAMS", first_name="ANN", birth_date="1961-05-02", zip="12345")
    bob = a_patient(mrn="00003499", last_name="BAKER", first_name="BOB", birth_date="2010-02-03", sex="M")
    eve = a_patient(mrn="00777777", last_name="VON-DER-OSTEN-SACKENHEIM", first_name="EVELYN", zip="99501")
    a_stay("2026-09-28T08:00", "2026-10-03T09:00", patient_id=ann, account="A1", unit="3W", service="MED")
    a_stay("2026-10-10T08:00", "2026-10-12T09:00", patient_id=ann, account="A2", unit="ICU", service="CAR")
    a_stay("2026-10-05T08:00", "2026-10-06T20:00", patient_id=bob, account="A3", disposition="20")
    a_stay("2026-10-07T08:00", "2026-10-07T20:00", account="A4", payer="BCX", patient_id=eve)
    a_stay("2026-10-08T08:00", "2026-10-20T20:00", account="A5", payer="", patient_id=eve)
    a_stay("2026-09-01T08:00", "2026-09-05T20:00", account="S1")
    a_stay("2026-10-30T08:00", account="H1")


class TestWhichStays:
    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({}, "A1 A3 A4 A2 A5"),
            ({"unit": "ICU,3W"}, "A1 A2"),
            ({"service": "car"}, "A2"),
            ({"payer": "BCX"}, "A4"),
            ({"payer": "none"}, "A5"),
            ({"payer": "none,BCX"}, "A4 A5"),
            ({"died": "1"}, "A3"),
            ({"under48": "1"}, "A3"),
            ({"same_day": "yes"}, "A4"),
            ({"same_day": "no", "died": "no"}, "A1 A2 A5"),
            ({"readmitted": "1"}, "A1 A4"),
            ({"age": "0-17"}, "A3"),
            ({"age": "66+", "sex": "F"}, "A4 A5"),
            ({"age": "65"}, "A1 A2"),
            ({"age": "none"}, ""),
            ({"zip3": "123"}, "A1 A2"),
            ({"disposition": "20"}, "A3"),
            ({"no_drg": "0"}, ""),
            ({"newborn": "1"}, ""),
            ({"sort": "days"}, "A5 A1 A2 A3 A4"),
        ],
    )
    def test_each_filter_chooses_what_its_count_counted(
        self, october: Actor, asked: dict[str, str], found: str
    ) -> None:
        assert accounts(the_list(october, **asked)) == found.split()

    def test_an_admission_list_holds_who_is_still_here(self, october: Actor) -> None:
        assert accounts(the_list(october, "admission-list")) == ["A3", "A4", "A5", "A2", "H1"]
        assert accounts(the_list(october, "admission-list", in_house="1")) == ["H1"]

    def test_terminal_digit_order_files_by_the_last_pair(self, october: Actor) -> None:
        # 12-34-56 files before 00-34-99
        made = the_list(october, sort="terminal-digit", zip3="123,129")
        assert [a for a in accounts(made) if a in ("A1", "A3")] == ["A1", "A3"]

    def test_units_out_of_the_census_are_listed_when_they_are_named(self, october: Actor) -> None:
        database.execute_sql("UPDATE unit SET counts_in_census = 0 WHERE code = 'ICU'")
        assert "A2" not in accounts(the_list(october))
        assert accounts(the_list(october, unit="ICU")) == ["A2"]

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ({"age": "young"}, "Age 'young' cannot be read: write 0-17, 65+ or 40."),
            ({"to": "2026-09-01"}, "The period ends (2026-09-01) before it begins (2026-10-01)."),
            ({"unit": "NOWHERE"}, "There is no unit NOWHERE: report site-file lists them."),
            ({"break": "bed"}, "Grouped by 'bed' is not one of"),
        ],
    )
    def test_what_cannot_be_read_is_one_sentence(
        self, october: Actor, asked: dict[str, str], said: str
    ) -> None:
        with pytest.raises(NotAsked, match=re.escape(said)):
            the_list(october, **asked)


class TestLines:
    def test_each_line_leads_to_its_account(self, october: Actor) -> None:
        made = the_list(october)
        links = [go for page in made.pages(Setup(80)) for go in page.links if go]
        assert links == [f"ABS {account}" for account in accounts(made)]

    def test_groups_have_subtotals_that_add_up(self, october: Actor) -> None:
        shown = text(the_list(october, **{"break": "unit"}))
        assert "Unit ICU: 1 stay; days 2; average days 2.00; deaths 0" in shown
        assert "TOTAL: 5 stays; days 21; average days 4.20; deaths 1" in shown

    def test_a_summary_has_a_line_for_each_group_and_names_nobody(self, october: Actor) -> None:
        shown = text(the_list(october, **{"break": "unit", "detail": "summary"}))
        assert "ADAMS" not in shown
        rows = [line.split() for line in shown.splitlines()]
        assert ["ICU", "1", "2", "2.00", "0"] in rows
        assert ["TOTAL", "5", "21", "4.20", "1"] in rows

    @pytest.mark.parametrize(
        "by", ["unit", "service", "physician", "payer", "disposition", "drg", "sex", "zip3"]
    )
    def test_a_line_of_the_summary_leads_to_as_many_stays(self, october: Actor, by: str) -> None:
        made = the_list(october, **{"break": by, "detail": "summary", "newborn": "no"})
        rows = [item for item in made.document(80).body if isinstance(item, Linked)]
        assert rows
        for item in rows:
            assert isinstance(item.row, tuple)
            asked = dict(word.split("=", 1) for word in shlex.split(item.go)[2:])
            assert str(len(accounts(the_list(october, **asked)))) == item.row[1]

    def test_a_page_for_each_group(self, october: Actor) -> None:
        made = the_list(october, **{"break": "unit", "eject": "1"})
        assert len(made.pages(Setup(80))) == 3


class TestWhoIsNamed:
    def test_last_four_and_nothing(self, october: Actor) -> None:
        shown = text(the_list(october, identifiers="last4", unit="ICU"), 132)
        assert "ADAMS" not in shown
        assert "00123456" not in shown
        assert "3456" in shown
        none = text(the_list(october, identifiers="none"), 132)
        assert not any(part in none for part in ("ADAMS", "3456", " A1 "))

    def test_a_sensitive_chart_is_counted_and_not_named_until_a_reason_is_given(self, october: Actor) -> None:
        (ann,) = database.execute_sql("SELECT id FROM patient WHERE mrn = '00123456'").fetchone()
        sensitive.mark(october, ann, "vip", "asked for it")
        shown = text(the_list(october), 132)
        assert "TOTAL: 5 stays" in shown
        assert "ADAMS" not in shown
        assert "(sensitive)" in shown
        assert "Lines of sensitive charts: 2, not named." in shown
        store.current().opened_with_reason.add(ann)
        assert "ADAMS" in text(the_list(october), 132)

    def test_the_trail_keeps_how_many_were_listed_and_which(self, october: Actor) -> None:
        the_list(october)
        (detail,) = database.execute_sql("SELECT detail FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        assert '"count":5' in str(detail).replace(" ", "")


class TestPages:
    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page(self, october: Actor, golden: Callable[..., None], width: int) -> None:
        made = the_list(october, **{"break": "service"})
        golden("discharge-list", made.document(width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_golden_page_of_admissions(self, october: Actor, golden: Callable[..., None], width: int) -> None:
        golden("admission-list", the_list(october, "admission-list", in_house="0").document(width), width)

    @pytest.mark.parametrize("width", [80, 132])
    def test_an_empty_list_says_so(self, october: Actor, golden: Callable[..., None], width: int) -> None:
        golden("discharge-list-empty", the_list(october, newborn="1").document(width), width)
