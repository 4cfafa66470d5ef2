"""Letter grids as data: what is read, and what is refused in a sentence."""

from __future__ import annotations

import pytest

from config.grids import Does, GridError, read_grid

BLOCK = '[[block]]\ntitle = "One"\nparts = ["a"]\njump = ["501"]\n'


class TestReading:
    def test_a_letter_and_a_number_find_their_block(self) -> None:
        grid = read_grid(BLOCK + 'act = [{ letter = "a", does = "add", label = "Add" }]')
        found = grid.by_letter("a")
        assert found is not None
        assert (found[0].title, found[1].does) == ("One", Does.ADD)
        assert grid.by_jump("501") is found[0]
        assert grid.by_letter("b") is None
        assert grid.by_jump("502") is None

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            (BLOCK + 'act = [{ letter = "AB", does = "add" }]', "AB is not one letter"),
            (BLOCK + 'act = [{ letter = "A", does = "sing" }]', "sing is no act"),
            (BLOCK + 'act = [{ letter = "A", does = "go" }]', "go and its command line belong together"),
            (
                BLOCK + 'act = [{ letter = "A", does = "add" }, { letter = "a", does = "edit" }]',
                "A is given twice",
            ),
            (BLOCK + BLOCK.replace("One", "Two"), "501 is given to One and to Two"),
            (BLOCK + "wrong = 1", "wrong is not known here"),
        ],
    )
    def test_a_mistake_is_said_in_a_sentence(self, text: str, sentence: str) -> None:
        with pytest.raises(GridError, match=sentence):
            read_grid(text)
