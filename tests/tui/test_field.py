"""A field while it is keyed, what its kind accepts, and rows of a table as they are moved."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.dates import Unclear
from rules.text import cells
from tui.field import Entry, parse, shown
from tui.record import Record
from tui.screen import Field, Group, Kind, Section

NOW = datetime(2026, 11, 21, 9, 41)


class TestKinds:
    @pytest.mark.parametrize(
        ("field", "keyed", "value"),
        [
            (Field("f", "F", 10), " Doe ", "Doe"),
            (Field("f", "F", 10, Kind.UPPER), "abc", "ABC"),
            (Field("f", "F", 10, Kind.INTEGER), "1,024", "1024"),
            (Field("f", "F", 10, Kind.INTEGER), "007", "7"),
            (Field("f", "F", 10, Kind.INTEGER), "-3", "-3"),
            (Field("f", "F", 10, Kind.DECIMAL, decimals=1), "72.50", "72.5"),
            (Field("f", "F", 10, Kind.DECIMAL, decimals=2), "100", "100"),
            (Field("f", "F", 10, Kind.DECIMAL, decimals=2), ".5", "0.5"),
            (Field("f", "F", 1, Kind.YES_NO), "y", "1"),
            (Field("f", "F", 1, Kind.YES_NO), "no", "0"),
            (Field("f", "F", 4, Kind.TIME), "3p", "15:00"),
            (Field("f", "F", 10, Kind.DATE), "t", "2026-11-21"),
            (Field("f", "F", 10, nulls=("NA",)), "/na", "/NA"),
            (Field("f", "F", 20, Kind.SECRET), "  two blanks ", "  two blanks "),
        ],
    )
    def test_what_is_keyed_becomes_canonical(self, field: Field, keyed: str, value: str) -> None:
        assert parse(field, keyed, NOW) == value

    @pytest.mark.parametrize(
        ("field", "keyed"),
        [
            (Field("f", "F", 3), "ABCD"),
            (Field("f", "F", 10, Kind.INTEGER), "1.5"),
            (Field("f", "F", 10, Kind.INTEGER), "¼"),
            (Field("f", "F", 10, Kind.DECIMAL, decimals=1), "72.55"),
            (Field("f", "F", 10, Kind.DECIMAL, decimals=1), "NaN"),
            (Field("f", "F", 10, Kind.DECIMAL, decimals=1), "1E400"),
            (Field("f", "F", 1, Kind.YES_NO), "x"),
            (Field("f", "F", 10, Kind.DATE, nulls=("NK",)), "/zz"),
        ],
    )
    def test_what_cannot_be_taken_says_what_to_key(self, field: Field, keyed: str) -> None:
        answer = parse(field, keyed, NOW)
        assert isinstance(answer, Unclear)
        assert answer.sentence.endswith(".")

    @given(st.sampled_from([kind for kind in Kind if kind is not Kind.SECRET]), st.text(max_size=30))
    def test_nothing_raises_and_what_is_shown_can_be_keyed_again(self, kind: Kind, text: str) -> None:
        field = Field("f", "F", 40, kind, decimals=3, imprecise=True, nulls=("NA", "NK"))
        value = parse(field, text, NOW)
        if isinstance(value, str) and kind is not Kind.UPPER:
            for style in ("us", "military"):
                assert parse(field, shown(field, value, style), NOW) == value

    def test_dates_are_shown_in_the_style_of_the_site(self) -> None:
        field = Field("f", "F", 16, Kind.MOMENT)
        assert shown(field, "2026-11-21T07:30") == "11/21/2026 0730"
        assert shown(field, "2026-11-21T07:30", "military") == "21 NOV 2026 0730"


class TestEditing:
    def keyed(self, entry: Entry, *keys: str) -> Entry:
        for key in keys:
            if key in ("left", "right", "home", "end", "backspace", "delete"):
                entry.key(key, "")
            else:
                for character in key:
                    entry.key("", character)
        return entry

    def test_characters_are_inserted_at_the_cursor(self) -> None:
        assert self.keyed(Entry(), "DE", "left", "O", "end", "!").text == "DOE!"

    def test_backspace_on_a_shown_value_clears_it(self) -> None:
        assert self.keyed(Entry("DOE"), "backspace").text == ""

    def test_delete_and_backspace_take_one_character(self) -> None:
        assert self.keyed(Entry("ABCD"), "right", "delete", "right", "backspace").text == "AD"

    @given(
        st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs", "Mn")), max_size=60),
        st.integers(0, 60),
        st.integers(1, 30),
    )
    def test_the_cursor_is_always_in_sight_and_the_field_full(self, text: str, at: int, width: int) -> None:
        entry = Entry(text, min(at, len(text)), fresh=False)
        shown_text, cursor = entry.window(width)
        assert 0 <= cursor < width
        assert cells(shown_text) == width


class TestRows:
    GROUP = Group("g", "G", (Field("a", "A", 5), Field("b", "B", 5)))

    def record(self, rows: list[str]) -> Record:
        values = {f"g[{number}].a": row for number, row in enumerate(rows, 1)}
        return Record([Section("s", "S", (self.GROUP,))], values | {"other": "kept"})

    def rows(self, record: Record, count: int) -> list[str]:
        return [record.get(f"g[{number}].a") for number in range(1, count + 1)]

    @given(st.lists(st.text("abc", min_size=1), min_size=1, max_size=8), st.data())
    def test_moving_a_row_keeps_the_order_of_the_others(self, rows: list[str], data: st.DataObject) -> None:
        index, to = (data.draw(st.integers(1, len(rows))) for _ in range(2))
        record = self.record(rows)
        record.move_row("g", index, to)
        expected = rows[: index - 1] + rows[index:]
        expected.insert(to - 1, rows[index - 1])
        assert self.rows(record, len(rows)) == expected
        assert record.get("other") == "kept"

    @given(st.lists(st.text("abc", min_size=1), min_size=1, max_size=8), st.data())
    def test_inserting_and_deleting_a_row_leaves_it_as_it_was(
        self, rows: list[str], data: st.DataObject
    ) -> None:
        index = data.draw(st.integers(1, len(rows)))
        record = self.record(rows)
        record.insert_row("g", index)
        assert self.rows(record, len(rows) + 1)[index - 1] == ""
        record.delete_row("g", index)
        assert self.rows(record, len(rows)) == rows

    def test_every_step_is_taken_back_in_turn(self) -> None:
        record = self.record(["a", "b"])
        before = dict(record.values)
        record.step("g[1].a")
        record.delete_row("g", 1)
        record.step("other")
        record.put("other", "")
        assert [record.back(), record.back(), record.back()] == ["other", "g[1].a", None]
        assert record.values == before
