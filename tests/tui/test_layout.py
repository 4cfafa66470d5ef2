"""Where fields stand: 80 columns at every size, nothing over anything else; a legend leaves no key unsaid."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.chrome import legend_row
from tui.layout import WIDTH, lay_out
from tui.screen import Field, Group, Note, Section
from tui.spans import Line, text_of

labels = st.text("abcdefghij ", min_size=1, max_size=34).map(str.strip).filter(bool)
fields = st.builds(
    Field,
    name=st.uuids().map(lambda made: made.hex),
    label=labels,
    width=st.integers(1, 90),
    same_row=st.booleans(),
    echo=st.integers(0, 50),
)
groups = st.builds(
    Group,
    name=st.uuids().map(lambda made: made.hex),
    label=labels,
    columns=st.lists(fields, min_size=1, max_size=8).map(tuple),
)
sections = st.lists(
    st.builds(
        Section,
        name=st.uuids().map(lambda made: made.hex),
        title=labels,
        parts=st.lists(fields | groups | st.builds(Note, st.text(max_size=200)), max_size=10).map(tuple),
    ),
    max_size=4,
)


def placed(*parts: Field | Group | Note, counts: dict[str, int] | None = None) -> list[tuple[int, int]]:
    layout = lay_out([Section("s", "", parts)], counts or {})
    return [(spot.row, spot.column) for spot in layout.spots]


class TestLayout:
    def test_labels_stand_immediately_left_of_their_fields_in_one_column(self) -> None:
        layout = lay_out([Section("s", "", (Field("a", "A", 5), Field("b", "Longer", 5)))], {})
        assert [(spot.row, spot.column) for spot in layout.spots] == [(0, 9), (1, 9)]
        assert layout.fixed[0] == [(6, "A:", 0)]
        assert layout.fixed[1] == [(1, "Longer:", 0)]

    def test_a_field_of_the_same_row_stands_behind_the_echo_of_the_one_before(self) -> None:
        assert placed(Field("a", "A", 5, echo=6), Field("b", "B", 3, same_row=True)) == [(0, 4), (0, 21)]

    def test_one_that_does_not_fit_goes_on_the_next_row(self) -> None:
        assert placed(Field("a", "A", 60), Field("b", "B" * 20, 3, same_row=True)) == [(0, 4), (1, 23)]

    def test_a_table_has_a_row_for_each_and_its_columns_stand_under_their_heads(self) -> None:
        group = Group("g", "Codes", (Field("code", "Code", 8), Field("poa", "POA", 1)))
        assert placed(group, counts={"g": 2}) == [(2, 5), (2, 15), (3, 5), (3, 15)]

    @given(sections, st.integers(1, 3))
    def test_every_field_fits_80_columns_and_covers_no_other(self, made: list[Section], rows: int) -> None:
        counts = {part.name: rows for section in made for part in section.parts if isinstance(part, Group)}
        layout = lay_out(made, counts)
        for row, spots in layout.on_row.items():
            end = 0
            for spot in spots:
                assert end < spot.column
                end = spot.column + spot.width
                assert end <= WIDTH
            assert row < layout.height
        assert len(layout.by_path) == len(layout.spots)


class TestLegend:
    ITEMS = ("Enter=Abstract", "T=Take", "F1=Help", "F8=Forward")

    def test_says_every_key_that_fits(self) -> None:
        assert text(legend_row(self.ITEMS, 60, "F1=Help")) == " Enter=Abstract  T=Take  F1=Help  F8=Forward"

    @pytest.mark.parametrize(
        ("width", "shown"),
        [(44, " Enter=Abstract  T=Take  F1=Help +1"), (43, " Enter=Abstract  T=Take  F1=Help +1"),
         (34, " Enter=Abstract  F1=Help +2"), (36, " Enter=Abstract  T=Take  F1=Help +1"), (12, " F1=Help +3")],
    )  # fmt: skip
    def test_says_how_many_more_there_are_and_which_key_lists_them(self, width: int, shown: str) -> None:
        assert text(legend_row(self.ITEMS, width, "F1=Help")) == shown


def text(line: Line) -> str:
    return text_of([line])[0].rstrip()
