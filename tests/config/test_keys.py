"""The key table: every key once, only keys that survive the terminals in use, every act reachable without them."""

from __future__ import annotations

import pytest

from config.keys import KeyTableError, read_keys, standard_keys
from tui.keys import Act

# Taken by terminals, multiplexers, line disciplines or the alphabet itself.
FORBIDDEN = {f"ctrl+{letter}" for letter in "sqzc\\ab]vwhijm"} | {"escape", "f10", "f11"}


class TestTheTable:
    def test_every_act_is_in_the_table_and_the_other_way_round(self) -> None:
        assert {action.id for action in standard_keys().actions} == {act.value for act in Act if act}

    def test_only_keys_that_survive_everywhere_are_used(self) -> None:
        assert not FORBIDDEN & set(standard_keys().by_key)

    def test_every_function_key_has_another_key_and_a_word_beside_it(self) -> None:
        for action in standard_keys().actions:
            if any(key[0] == "f" and key[1:].isdecimal() for key in action.keys):
                assert len(action.keys) > 1
                assert action.words

    def test_a_key_given_twice_is_refused(self) -> None:
        entry = '[[action]]\nid = "{}"\nlabel = "x"\nkeys = ["f1"]\n'
        with pytest.raises(KeyTableError, match="f1 stands for both a and b"):
            read_keys(entry.format("a") + entry.format("b"))

    def test_an_unknown_entry_is_refused(self) -> None:
        with pytest.raises(KeyTableError, match="colour"):
            read_keys('[[action]]\nid = "a"\nlabel = "x"\ncolour = "red"\n')
