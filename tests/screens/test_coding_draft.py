"""The codes of an account, read and written from beside the form on which they are keyed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from db import drafts, locks
from db.actors import Actor, Role
from db.schema.store import User
from screens.coding import coding_draft
from tests.screens.conftest import ACCOUNT
from tests.screens.test_abstract import focus, values
from tests.tui.conftest import Workstation
from tui.screen import ScreenError

pytestmark = pytest.mark.usefixtures("coded")

CODED = ("2186-5", "R079", "I214", "Y", "N179", "Y")


@pytest.fixture
def keyed(desk: Workstation) -> Workstation:
    """An abstract with two diagnoses keyed and not filed, and a look at the chart over it."""
    desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter", *CODED, "ctrl+o", f"ACC {ACCOUNT}", "enter")
    return desk


def beside(desk: Workstation, work: Callable[..., Any], *arguments: object) -> Any:
    """What another screen does, on the database thread."""
    return desk.shell.executor.submit(work, desk.shell.session, *arguments).result()


def drafted(desk: Workstation) -> dict[str, str]:
    found = desk.shell.executor.submit(
        lambda: drafts.load(desk.shell.session.actor, ("ABS", ACCOUNT))  # type: ignore[union-attr]
    ).result()
    return found.values if found else {}


class TestReading:
    def test_what_is_being_keyed_is_read_before_it_is_filed(self, keyed: Workstation) -> None:
        found = beside(keyed, coding_draft.now, ACCOUNT)
        assert (found["diagnoses[1].code"], found["diagnoses[2].code"]) == ("I214", "N179")

    def test_a_draft_is_read_when_the_form_is_closed(self, keyed: Workstation) -> None:
        keyed.press("ctrl+o", "=DESK", "enter")
        found = beside(keyed, coding_draft.now, ACCOUNT)
        assert found["diagnoses[2].code"] == "N179"
        assert found["age"].isdigit()  # computed items too

    def test_a_record_nobody_has_keyed_is_what_the_feed_says(self, desk: Workstation) -> None:
        assert beside(desk, coding_draft.now, ACCOUNT)["discharged_at"] == "2026-11-14T11:30"

    def test_an_account_that_is_not_there_is_said_in_words(self, desk: Workstation) -> None:
        with pytest.raises(ScreenError, match="no account 99"):
            beside(desk, coding_draft.now, "99")


class TestWriting:
    def test_the_form_takes_up_what_was_put_when_one_comes_back_to_it(self, keyed: Workstation) -> None:
        beside(keyed, coding_draft.put, ACCOUNT, {"diagnoses[3].code": "E1165", "diagnoses[3].poa": "Y"})
        keyed.press("f3")
        assert focus(keyed) == "diagnoses[3].code"
        assert values(keyed)["diagnoses[3].code"] == "E1165"
        assert "E11.65" in keyed.text

    def test_what_was_put_is_one_step_that_can_be_taken_back(self, keyed: Workstation) -> None:
        beside(keyed, coding_draft.put, ACCOUNT, {"diagnoses[1].code": "I2109", "diagnoses[2].code": ""})
        keyed.press("f3")
        assert "diagnoses[2].code" not in values(keyed)
        keyed.press("ctrl+u")
        assert (values(keyed)["diagnoses[1].code"], values(keyed)["diagnoses[2].code"]) == ("I214", "N179")

    def test_the_drg_follows_what_was_put(self, keyed: Workstation) -> None:
        beside(keyed, coding_draft.put, ACCOUNT, {"diagnoses[2].code": "J9601"})
        keyed.press("f3")
        assert "MS-DRG 280" in keyed.text

    def test_it_is_in_the_draft_at_once_and_survives_a_dropped_line(
        self, seat: Callable[..., Workstation], keyed: Workstation
    ) -> None:
        beside(keyed, coding_draft.put, ACCOUNT, {"diagnoses[3].code": "E1165"})
        assert drafted(keyed)["diagnoses[3].code"] == "E1165"
        keyed.hang_up()
        again = seat()
        assert drafted(again)["diagnoses[3].code"] == "E1165"

    def test_half_keyed_text_elsewhere_stays_in_its_field(self, keyed: Workstation) -> None:
        keyed.press("f3", "E11", "ctrl+o", f"ACC {ACCOUNT}", "enter")
        beside(keyed, coding_draft.put, ACCOUNT, {"diagnoses[2].poa": "N"})
        keyed.press("f3", "65", "enter")
        assert values(keyed)["diagnoses[2].poa"] == "N"
        assert values(keyed)["diagnoses[3].code"] == "E1165"

    def test_without_the_form_it_waits_in_the_draft(self, desk: Workstation) -> None:
        beside(desk, coding_draft.put, ACCOUNT, {"diagnoses[1].code": "I214"})
        desk.press("ctrl+o", f"=ABS {ACCOUNT}", "enter")
        assert values(desk)["diagnoses[1].code"] == "I214"

    def test_a_record_that_somebody_else_has_is_not_written(self, desk: Workstation) -> None:
        def taken() -> None:
            user = User.create(name="jones", full_name="Mary Jones", created_utc=0)
            other = Actor(user.id, "jones", frozenset({Role.CODER}), "elsewhere", "ffff")
            assert locks.take(other, "abstract", ACCOUNT) is None

        desk.shell.executor.submit(taken).result()
        with pytest.raises(ScreenError, match="Mary Jones is changing this record: nothing was put"):
            beside(desk, coding_draft.put, ACCOUNT, {"diagnoses[1].code": "I214"})
