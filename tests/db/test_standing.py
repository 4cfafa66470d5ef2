"""A session ends when its user may no longer be there, and when it has lasted too long."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from db import acts, store
from db.access import policy, second_factor, sign_on, ssh_keys, standing, users
from db.actors import Action, Actor, Role
from db.connect import StoreError, database
from rules.findings import SessionOver
from tests.conftest import ADMIN, CHEAP, PASSPHRASE
from tests.sessions import recordroom_as

MARY = "mary jones has a key"
NEW = "mary jones has another key"
KEY = "SHA256:" + "a" * 43


@pytest.fixture
def mary(admin: Actor, store_directory: Path) -> Actor:
    """Mary, a coder, signed on in this process; the administrator has gone."""
    users.add_user(admin, "mary", "Mary Jones", [Role.CODER, Role.ADMINISTRATOR], MARY, cost=CHEAP)
    ssh_keys.bind(admin, "mary", KEY)
    sign_on.off(admin)
    return sign_on.with_passphrase(store_directory, "mary", MARY).actor


def look(actor: Actor) -> None:
    acts.viewed(actor, Action.VIEW_PATIENT, kind="patient", record="4711")


def last_row() -> tuple[str, str, str]:
    sql = "SELECT action, outcome, detail FROM audit ORDER BY seq DESC LIMIT 1"
    action, outcome, detail = database.execute_sql(sql).fetchone()
    return action, outcome, json.loads(detail or "{}").get("why", "")


class TestEndedFromElsewhere:
    @pytest.mark.parametrize(
        "words",
        [
            ("user", "disable", "mary"), ("user", "role", "mary", "technician"),
            ("user", "reset", "mary", "--new-passphrase-file", "{new}"),
            ("user", "key", "mary", KEY, "--remove"),
        ],
    )  # fmt: skip
    def test_by_an_administrator_it_ends_at_the_next_act_which_is_a_row(
        self, mary: Actor, store_directory: Path, tmp_path: Path, words: tuple[str, ...]
    ) -> None:
        look(mary)
        (tmp_path / "new").write_text(NEW)
        changed = [word.format(new=tmp_path / "new") for word in words]
        recordroom_as(store_directory, tmp_path, ADMIN, PASSPHRASE, *changed)
        with pytest.raises(SessionOver, match="Your session was ended"):
            look(mary)
        assert last_row()[:2] == ("view patient", "denied")
        assert "session was ended" in last_row()[2]
        with pytest.raises(SessionOver):
            sign_on.confirm(mary, MARY)

    def test_by_a_new_passphrase_of_ones_own_given_in_another_session(
        self, mary: Actor, store_directory: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "new").write_text(NEW)
        words = ("user", "passphrase", "--new-passphrase-file", str(tmp_path / "new"))
        recordroom_as(store_directory, tmp_path, "mary", MARY, *words)
        with pytest.raises(SessionOver):
            look(mary)

    def test_enabled_again_at_once_it_is_over_all_the_same(
        self, mary: Actor, store_directory: Path, tmp_path: Path
    ) -> None:
        for word in ("disable", "unlock"):
            recordroom_as(store_directory, tmp_path, ADMIN, PASSPHRASE, "user", word, "mary")
        with pytest.raises(SessionOver):
            look(mary)

    def test_what_is_changed_about_somebody_else_ends_nothing(
        self, mary: Actor, store_directory: Path, tmp_path: Path
    ) -> None:
        recordroom_as(store_directory, tmp_path, ADMIN, PASSPHRASE, "user", "role", ADMIN, "administrator")
        look(mary)


class TestTheOneWhoChangesIt:
    def test_goes_on(self, mary: Actor) -> None:
        users.change_passphrase(mary, MARY, NEW, cost=CHEAP)
        look(mary)

    def test_goes_on_with_a_second_factor(self, mary: Actor) -> None:
        import time

        enrolment = second_factor.begin(mary, "mary")
        second_factor.enable(mary, enrolment, second_factor.code_at(enrolment.secret, time.time()))
        look(mary)


class TestHowLongItLasts:
    def test_at_most_what_the_site_has_set_however_busy_it_is(
        self, mary: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        began = standing.monotonic()
        monkeypatch.setattr(standing, "monotonic", lambda: began + 12 * 3600 - 60)
        look(mary)
        monkeypatch.setattr(standing, "monotonic", lambda: began + 12 * 3600 + 60)
        with pytest.raises(SessionOver, match="has lasted 12 hours"):
            look(mary)

    def test_the_site_sets_it_and_0_is_for_ever(
        self, mary: Actor, store_directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        policy.set_policy(mary, "session_hours", "0")
        sign_on.off(mary)
        again = sign_on.with_passphrase(store_directory, "mary", MARY).actor
        monkeypatch.setattr(standing, "monotonic", lambda: 1e12)
        look(again)
        with pytest.raises(StoreError, match="number of hours"):
            policy.set_policy(again, "session_hours", "ten")

    def test_a_feed_lasts_for_ever_and_ends_when_it_is_disabled(
        self, admin: Actor, store_directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = tmp_path / "feed.key"
        key.write_text(users.add_service(admin, "feed"))
        sign_on.off(admin)
        feed = sign_on.with_service_key(store_directory, key).actor
        monkeypatch.setattr(standing, "monotonic", lambda: 1e12)
        with acts.act(feed, Action.IMPORT):
            pass
        recordroom_as(store_directory, tmp_path, ADMIN, PASSPHRASE, "user", "disable", "feed")
        with pytest.raises(SessionOver), acts.act(feed, Action.IMPORT):
            pass


class TestAtTheWorkstation:
    @pytest.mark.parametrize(
        ("role", "minutes"), [(Role.ADMINISTRATOR, 10), (Role.TECHNICIAN, 15), (Role.PRIVACY_OFFICER, 15)]
    )
    def test_the_screen_locks_after_15_minutes_an_administrators_after_10(
        self, admin: Actor, store_directory: Path, role: Role, minutes: int
    ) -> None:
        from screens.session import Seat, Session

        users.add_user(admin, "mary", "", [role], MARY, cost=CHEAP)
        sign_on.off(admin)
        session = Session(Seat(store_directory), sign_on.with_passphrase(store_directory, "mary", MARY))
        assert session.habits.idle_seconds == minutes * 60
        assert 0 < session.habits.watch_seconds <= 30
        store.close_store()
