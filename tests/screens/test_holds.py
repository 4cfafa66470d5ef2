"""The hold queue and the disagreements, worked from the screens."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from db.connect import database
from db.feeds import intake
from db.hospital import encounters
from screens.session import Session
from tests.exchange.feed import adt, send
from tests.screens.conftest import ACCOUNT, MRN, POISON_MRN, House
from tests.tui.conftest import Workstation


def on_the_store(desk: Workstation, work: Callable[..., Any], *arguments: Any) -> Any:
    return desk.shell.executor.submit(partial(work, *arguments)).result()


def actor_of(desk: Workstation) -> Any:
    session = desk.shell.session
    assert isinstance(session, Session)
    return session.actor


def outcome_of(desk: Workstation, house: House) -> str:
    return str(on_the_store(desk, intake.outcome_of, int(house.message)))


class TestTheQueue:
    def test_shows_event_account_and_reason_in_80_columns(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=HLD", "enter")
        assert "ADT^A03  4799       Account 4799 is not known here" in desk.text

    def test_opens_a_message_with_its_whole_reason(self, desk: Workstation) -> None:
        desk.press("ctrl+o", "=HLD", "enter", "enter")
        assert desk.lines[0].split()[0] == "HLM"
        assert "has not come." in desk.text
        assert "MSH|" in desk.text


class TestAHeldMessage:
    def test_is_mended_and_applied_in_its_place(self, desk: Workstation, house: House) -> None:
        """The account had been mistyped by the sender: the right one is keyed into the visit's segment."""
        desk.press("ctrl+o", f"=HLM {house.message}", "enter")
        text = on_the_store(desk, intake.held_message, actor_of(desk), int(house.message))[1]
        for line in text.splitlines():
            mended = (
                line.replace("4799", "4713").replace("00888888", POISON_MRN).replace("20260105", "20261118")
            )
            desk.press("ctrl+k", mended, "enter")
        desk.press("f2")
        assert desk.message == "The message is applied."
        assert outcome_of(desk, house) == "mended"

    def test_stays_with_its_reason_when_it_still_cannot_be_applied(
        self, desk: Workstation, house: House
    ) -> None:
        desk.press("ctrl+o", "=HLD", "enter", "r")
        assert desk.message.startswith("Still held: ")
        assert outcome_of(desk, house) == "held"

    def test_is_dismissed_with_a_reason(self, desk: Workstation, house: House) -> None:
        desk.press("ctrl+o", "=HLD", "enter", "enter", "^do not", "enter", "SENT IN ERROR", "enter")
        assert desk.lines[0].split()[0] == "HLD"
        assert desk.message == "The message is dismissed."
        assert "No message is held." in desk.text
        assert outcome_of(desk, house) == "dismissed"

    def test_is_applied_when_what_it_waited_for_is_there(self, desk: Workstation, house: House) -> None:
        actor = actor_of(desk)
        on_the_store(desk, send, actor, adt("A01", mrn="00888888", account="4799"))
        desk.press("ctrl+o", "=HLD", "enter", "f10")
        assert outcome_of(desk, house) == "applied"
        assert "No message is held." in desk.text
        assert on_the_store(desk, encounters.find, "4799")


class TestDisagreements:
    @pytest.fixture
    def two_items(self, desk: Workstation) -> Workstation:
        """The feed differs in two items of one account."""
        for item in ("unit", "admitted_at"):
            on_the_store(desk, _differ, item)
        desk.press("ctrl+o", "=DIS", "enter")
        return desk

    def test_show_both_values(self, two_items: Workstation) -> None:
        assert "11/10/2026 0800" in two_items.text
        assert "11/10/2026 0900" in two_items.text

    def test_are_closed_one_by_one(self, two_items: Workstation) -> None:
        two_items.press("down", "o", "y")
        assert two_items.message == f"{ACCOUNT}: ours is right."
        left = on_the_store(two_items, intake.disagreements, actor_of(two_items))
        assert [item.item for item in left] == ["unit"]

    def test_lead_to_the_movements(self, two_items: Workstation) -> None:
        two_items.press("m")
        assert two_items.lines[0].split()[0] == "ACC"
        assert MRN in two_items.text


def _differ(item: str) -> None:
    ours, theirs = {"unit": ("3E", "ICU"), "admitted_at": ("2026-11-10T08:00", "2026-11-10T09:00")}[item]
    message = database.execute_sql("SELECT max(id) FROM received_message").fetchone()[0]
    intake.disagree(message, ACCOUNT, None, item, ours, theirs)
