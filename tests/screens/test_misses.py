"""MIS: what was typed in vain where codes are looked for, and the code chosen after all; made an expansion."""

from __future__ import annotations

from typing import Any

import pytest

from db.actors import Actor, Role
from db.coding import search_misses
from db.coding.search_misses import Miss
from db.conventions import file_setting
from rules.codes import System
from screens.coding.search_log import SearchLog
from tests.tui.conftest import Workstation

pytestmark = pytest.mark.usefixtures("coded")
ODD = "zzqqx vvrrkk"


def beside(desk: Workstation, work: Any, *arguments: object) -> Any:
    return desk.shell.executor.submit(work, *arguments).result()


def missed(desk: Workstation) -> list[Miss]:
    return list(beside(desk, search_misses.listed))


def log(desk: Workstation) -> SearchLog:
    return desk.shell.session.search_log  # type: ignore[union-attr, no-any-return]


def look(desk: Workstation, text: str, found: int = 0, *, to_choose: bool = True) -> None:
    beside(desk, lambda: log(desk).looked(text, System.CM, "abstract", found, to_choose=to_choose))


class TestWhatIsKept:
    def test_a_search_that_found_nothing_is_kept_with_the_code_that_was_chosen_after_it(
        self, desk: Workstation
    ) -> None:
        look(desk, ODD)
        look(desk, "heart failure", 20)
        beside(desk, log(desk).chose, "I509", System.CM)
        (miss,) = missed(desk)
        assert (miss.typed, miss.times, miss.nothing, miss.chosen) == (ODD, 1, 1, ("I509",))

    def test_a_list_that_was_left_without_choosing_is_kept_a_code_that_was_chosen_from_it_is_no_miss(
        self, desk: Workstation
    ) -> None:
        look(desk, "broken thing", 20)
        look(desk, "heart failure", 20)
        beside(desk, log(desk).chose, "I509", System.CM)
        assert [(miss.typed, miss.nothing) for miss in missed(desk)] == [("broken thing", 0)]

    def test_what_is_typed_on_is_one_search(self, desk: Workstation) -> None:
        for length in range(2, len(ODD) + 1):
            look(desk, ODD[:length])
        beside(desk, log(desk).end)
        assert [(miss.typed, miss.times) for miss in missed(desk)] == [(ODD, 1)]

    def test_codes_are_no_words(self, desk: Workstation) -> None:
        look(desk, "I99.99")
        beside(desk, log(desk).end)
        assert missed(desk) == []

    def test_the_same_words_in_another_order_are_counted_together(self, desk: Workstation) -> None:
        look(desk, ODD)
        look(desk, " ".join(reversed(ODD.split())))
        beside(desk, log(desk).end)
        assert [miss.times for miss in missed(desk)] == [2]

    def test_what_was_kept_before_is_not_shown_any_more_and_goes_with_the_next_search(
        self, desk: Workstation
    ) -> None:
        look(desk, ODD)
        beside(desk, log(desk).end)
        admin = Actor(1, "admin", frozenset(Role))
        beside(desk, file_setting, admin, search_misses.SETTING, "0", 1)
        assert missed(desk) == []
        look(desk, "another phrase")
        beside(desk, log(desk).end)
        beside(desk, file_setting, admin, search_misses.SETTING, "90", 2)
        assert missed(desk) == []

    def test_the_setting_switches_it_off(self, desk: Workstation) -> None:
        admin = Actor(1, "admin", frozenset(Role))
        beside(desk, file_setting, admin, search_misses.SETTING, "0", 1)
        look(desk, ODD)
        beside(desk, log(desk).end)
        assert missed(desk) == []


class TestTheList:
    @pytest.fixture
    def misses(self, desk: Workstation) -> Workstation:
        desk.press("ctrl+o", f"=COD {ODD}", "enter")
        beside(desk, log(desk).end)
        desk.press("ctrl+o", "=MIS", "enter")
        return desk

    def test_lists_what_was_typed(self, misses: Workstation) -> None:
        assert misses.lines[0].split()[0] == "MIS", misses.text
        assert ODD in misses.text

    def test_a_phrase_becomes_an_expansion_and_is_answered_at_once(self, misses: Workstation) -> None:
        misses.press("x", "I50.9", "enter")
        assert "answered from now on" in misses.text, misses.text
        misses.press("ctrl+o", f"=COD {ODD}", "enter")
        assert "I50.9" in misses.text
        assert missed(misses) == []

    def test_what_is_ignored_is_off_the_list_until_it_is_typed_again(self, misses: Workstation) -> None:
        misses.press("i", "y")
        assert missed(misses) == []
