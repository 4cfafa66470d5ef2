"""Lines of cells: windows into a text, and sentences broken into lines."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rules.text import cells
from tui.spans import between, wrap

TEXTS = st.text(st.sampled_from("aB1 -é東京"), max_size=30)


class TestAWindowIntoAText:
    @given(TEXTS, st.integers(0, 40), st.integers(0, 20))
    def test_is_as_wide_as_was_asked(self, text: str, start: int, width: int) -> None:
        assert cells(between(text, start, width)) == width

    @given(TEXTS, st.integers(0, 40))
    def test_shows_a_cell_where_the_whole_text_has_it(self, text: str, start: int) -> None:
        whole = "".join(each + " " * (cells(each) - 1) for each in text) + " " * 60
        shown = between(text, start, 20)
        at = 0
        for character in shown:
            if character != " ":
                assert whole[start + at] == character
            at += cells(character)

    def test_half_of_a_wide_character_is_a_blank(self) -> None:
        assert between("東京", 1, 2) == "  "
        assert between("a東b", 0, 2) == "a "
        assert between("a東b", 2, 2) == " b"


class TestASentence:
    @given(TEXTS, st.integers(4, 20))
    def test_loses_nothing_but_blanks_at_the_ends_of_lines(self, text: str, width: int) -> None:
        lines = wrap(text, width)
        assert "".join("".join(lines).split()) == "".join(text.split())
        assert max(map(cells, lines)) <= width

    def test_keeps_its_indent_on_every_line(self) -> None:
        assert wrap("   one two three", 10) == ["   one two", "   three"]
