"""Reviews by keys: planned, abstracted blind, settled by a third, seen by the first, worksheets keyed back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from db import drafts, store
from db.access import sign_on
from db.actors import Actor, Role
from db.connect import database
from db.worklist import counts as work_counts
from db.worklist import review_acts, reviews
from tests.conftest import ADMIN, PASSPHRASE
from tests.screens.conftest import House
from tests.tui.conftest import Workstation

EVERYTHING = frozenset(Role)
REVIEWED = True  # reviews are under way in the small hospital


def somebody(name: str) -> Actor:
    return Actor(7, name, EVERYTHING, "test", "0002")


@contextmanager
def signed_on_as(desk: Workstation, name: str) -> Iterator[None]:
    """The person at the desk is called otherwise for a while."""
    session = desk.shell.session
    mine = session.signed_on
    from dataclasses import replace

    session.signed_on = replace(mine, actor=replace(mine.actor, user=name))
    try:
        yield
    finally:
        session.signed_on = mine


def opened(desk: Workstation, line: str) -> None:
    desk.press("ctrl+o", f"={line}", "enter")


class TestPlanning:
    def test_a_plan_is_keyed_and_its_sample_stands_on_the_screen(self, desk: Workstation) -> None:
        opened(desk, "RVN")
        desk.press("SPOT CHECK", "enter", "f2")
        assert "Say for which days" in desk.text
        desk.press("^from", "enter", "10/01/2026", "enter", "10/31/2026", "enter", "f2")
        assert "No record fits" in desk.text, "what was drawn already is not drawn again"
        desk.press("^method", "enter", "focused", "enter", "^named", "enter", "4711", "enter", "f2")
        assert "No record fits" in desk.text, "4711 has no abstract yet"

    def test_the_list_of_plans_leads_to_sample_rates_and_worksheets(self, desk: Workstation) -> None:
        opened(desk, "RVP")
        assert "Closed records" in desk.text
        desk.press("D")
        assert "seed 1, 2 of 2" in desk.text
        desk.press("W")
        assert "RECORD REVIEW WORKSHEET" in desk.text
        desk.press("f3", "R")
        assert "RECORD REVIEW: ELEMENTS MET" in desk.text
        desk.press("f3", "S")
        assert "R1" in desk.text

    def test_only_a_supervisor_plans(self, desk: Workstation) -> None:
        opened(desk, "RVS 99")
        assert "There is no plan 99" in desk.text


class TestTheBlindForm:
    def test_shows_nothing_that_the_first_person_keyed(self, desk: Workstation) -> None:
        opened(desk, "RVA 1")
        for _ in range(4):
            assert "I21.09" not in desk.text
            assert "lee" not in desk.text
            desk.press("f8")

    def test_is_filed_and_compared_and_changes_nothing(self, desk: Workstation) -> None:
        before = database.execute_sql("SELECT * FROM data_case ORDER BY id").fetchall()
        opened(desk, "RVA 1")
        desk.press("^diagnoses", "enter", "R07.89", "enter", "J18.9", "enter", "Y", "enter", "f2")
        assert "F2 again files it" in desk.text, "what the feed has wrong is nothing to mend in a review"
        desk.press("f2", "city is the feed's", "enter")
        found = reviews.get("1")
        assert found is not None
        assert found.status == "compared", desk.text
        assert found.reviewer == ADMIN
        assert database.execute_sql("SELECT * FROM data_case ORDER BY id").fetchall() == before
        assert desk.lines[0].split()[0] == "RVL"

    def test_a_draft_is_the_reviewers_own_and_is_resumed(self, desk: Workstation) -> None:
        opened(desk, "RVA 1")
        desk.press("^note", "enter", "second look", "enter", "f3", "Y")
        opened(desk, "RVA 1")
        assert "resumed" in desk.text
        desk.press("^note", "enter")
        assert "second look" in desk.text

    def test_a_registrys_record_opens_on_the_other_form(self, desk: Workstation) -> None:
        opened(desk, "RVA 2")
        assert "RVD 000002 opens this review" in desk.text
        opened(desk, "RVD 2")
        assert "Trauma" in desk.text

    def test_what_is_in_hand_for_review_is_not_shown_otherwise(self, desk: Workstation) -> None:
        opened(desk, "RVA 1")
        for line in ("ABS R1", "OVR R1", "ABQ R1", "SUM R1", "FAC R1"):
            opened(desk, line)
            assert "This shows the record of your blind review 000001: file that first." in desk.text, line
            assert "I21" not in desk.text
        opened(desk, "RVD 2")
        opened(desk, "TRA 1")
        assert "blind review 000002" in desk.text
        opened(desk, "ABS R2")
        assert desk.lines[0].split()[0] == "ABS", "another record is shown as ever"

    def test_whoever_filed_is_refused(self, desk: Workstation) -> None:
        with signed_on_as(desk, "lee"):
            opened(desk, "RVA 1")
            assert "lee filed this record" in desk.text
            opened(desk, "RVL")
            assert "000001" not in desk.text


class TestTheWorklist:
    def test_opens_each_kind_on_its_form(self, desk: Workstation) -> None:
        opened(desk, "RVL")
        assert "4 due for you" in desk.text
        desk.press("O")
        assert desk.lines[0].split()[0] == "RVA"
        desk.press("f3", "down", "O")
        assert desk.lines[0].split()[0] == "RVD"
        desk.press("f3", "down", "O")
        assert desk.lines[0].split()[0] == "RVW"

    def test_f10_turns_to_what_waits_for_a_third(self, desk: Workstation) -> None:
        opened(desk, "RVL")
        desk.press("f10", "O")
        assert desk.lines[0].split()[0] == "RVC"
        assert "First lee, second smith" in desk.text

    def test_a_record_is_left_out_with_a_reason_and_assigned(self, desk: Workstation) -> None:
        opened(desk, "RVL")
        desk.press("ctrl+o", "ASSIGN 2 brown", "enter")
        assert "3 due for you" in desk.text
        desk.press("L", "the chart is lost", "enter")
        assert reviews.get("1").status == "left out"  # type: ignore[union-attr]


class TestSettling:
    def test_a_third_decides_and_the_record_is_corrected_by_its_own_form(self, desk: Workstation) -> None:
        opened(desk, "RVC 3")
        assert "POA" in desk.text
        desk.press("ctrl+o", "KIND 1 CLERICAL", "enter")
        assert "CLERICAL" in desk.text
        desk.press("D")
        assert "First: Y" in desk.text
        desk.press("S")
        assert "Settled" in desk.text
        desk.press("f10")
        assert desk.lines[0].split()[0] == "ABS"
        assert "resumed" in desk.text
        draft = drafts.load(desk.shell.session.actor, ("ABS", "R2"))
        assert draft is not None
        assert draft.values["diagnoses[1].poa"] == "N"

    def test_both_wrong_asks_what_is_right(self, desk: Workstation) -> None:
        opened(desk, "RVC 3")
        desk.press("B", "W: not to be determined", "enter")
        (each,) = reviews.differences(reviews.get("3").id)  # type: ignore[union-attr]
        assert (each.decision, each.comment) == ("both wrong", "W: not to be determined")

    def test_the_first_person_sees_it_and_may_only_give_way(self, desk: Workstation) -> None:
        with signed_on_as(desk, "lee"):
            desk.press("f5", "end")
            assert "Reviews of your records, not seen" in desk.text  # the longest of the desk
            opened(desk, "RVF")
            assert "1 that you did not look at yet" in desk.text
            desk.press("O", "F")
            assert "one of the two" in desk.text
            desk.press("enter", "S")
            assert reviews.get("3").status == "settled"  # type: ignore[union-attr]
        assert work_counts.reviews_unseen("lee") == 0


class TestWorksheets:
    def test_are_keyed_back_and_rated(self, desk: Workstation) -> None:
        opened(desk, "RVW 4")
        assert "Entries legible, dated, timed" in desk.text
        asked = reviews.elements(reviews.get("4"))  # type: ignore[arg-type]
        keys = [key for row in asked for key in (("N" if row.code == "D02" else "Y"), "enter")]
        desk.press(*keys, "f2")
        found = reviews.get("4")
        assert found is not None
        kept = reviews.answers(found.id)
        assert found.status == "answered", (desk.text, kept)
        assert (kept["D02"], kept["E01"]) == ("N", "Y")
        opened(desk, "PGE worksheet-rates plan=4")
        assert "95.65" in desk.text or "1 of 2 answered" in desk.text

    def test_another_answer_is_refused(self, desk: Workstation) -> None:
        opened(desk, "RVW 4")
        desk.press("X", "enter")
        assert "Nothing is known as X" in desk.text


@pytest.mark.usefixtures("house")
def test_a_review_of_an_older_store_is_simply_not_there(house: House) -> None:
    signed_on = sign_on.with_passphrase(house.directory, ADMIN, PASSPHRASE)
    assert reviews.get("77") is None
    with pytest.raises(review_acts.NotReviewed, match="no review 77"):
        review_acts.named("77")
    assert signed_on.actor.user == ADMIN
    store.close_store()


class TestCodesOfBothPeople:
    def test_the_coder_s_codes_and_the_reviewer_s_are_compared_with_the_drg_of_both(
        self, desk: Workstation
    ) -> None:
        desk.press("ctrl+o", "=RVC 3", "enter", "ctrl+o", "CODES", "enter")
        assert "A  Coder: lee" in desk.text
        assert "B  Reviewer: smith" in desk.text
        assert "POA          I21.09   Y to N" in desk.text

    def test_a_review_without_a_second_abstract_is_told(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=CMP REVIEW 1", "enter")
        assert "Review 000001 has no second abstract" in desk.text

    def test_somebody_who_is_neither_of_them_nor_arbitrates_is_not_shown_it(self, desk: Workstation) -> None:
        from dataclasses import replace

        session = desk.shell.session
        session.signed_on = replace(
            session.signed_on, actor=replace(session.signed_on.actor, roles=frozenset({Role.CODER}))
        )
        desk.press("ctrl+o", "=CMP REVIEW 3", "enter")
        assert "A review is shown to the two people in it" in desk.text
