"""Habits of one person: the usual ones until others are chosen, kept over sessions, one audited act."""

from __future__ import annotations

import pytest

from db.access import habits
from db.actors import Actor
from db.connect import StoreError, database

USUAL = {"leave": "forgive", "walk": "missing", "mode": "form"}


class TestHabits:
    def test_are_the_usual_ones_until_others_are_chosen(self, admin: Actor) -> None:
        assert habits.of(admin) == USUAL

    def test_only_what_differs_is_kept(self, admin: Actor) -> None:
        habits.change(admin, {"mode": "prompt", "walk": "missing"})
        assert habits.of(admin) == USUAL | {"mode": "prompt"}
        assert database.execute_sql("SELECT name, value FROM user_habit").fetchall() == [("mode", "prompt")]
        habits.change(admin, {"mode": "form"})
        assert database.execute_sql("SELECT count(*) FROM user_habit").fetchone() == (0,)

    def test_are_those_of_one_person_alone(self, admin: Actor) -> None:
        habits.change(admin, {"leave": "never"})
        other = Actor(admin.user_id + 1, "other", admin.roles, "test", "0002")
        assert habits.of(other) == USUAL

    def test_a_change_is_audited_with_before_and_after(self, admin: Actor) -> None:
        habits.change(admin, {"leave": "plain"})
        row = database.execute_sql("SELECT action, detail FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
        assert row[0] == "change habits"
        assert '"forgive"' in row[1]
        assert '"plain"' in row[1]

    @pytest.mark.parametrize("habit", [{"mode": "backwards"}, {"pace": "slow"}])
    def test_what_is_no_habit_is_refused(self, admin: Actor, habit: dict[str, str]) -> None:
        with pytest.raises(StoreError, match="is no habit that is known"):
            habits.change(admin, habit)
