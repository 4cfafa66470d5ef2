"""Bytes from real terminals become the keys that people pressed, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.decode import Decoder
from tui.keys import Stroke


def decoded(*pieces: bytes) -> list[Stroke]:
    decoder = Decoder()
    strokes = [stroke for piece in pieces for stroke in decoder.feed(piece)]
    return strokes + decoder.flush()


def named(*pieces: bytes) -> list[str]:
    return [stroke.name or stroke.text for stroke in decoded(*pieces)]


class TestKeysOfTerminals:
    @pytest.mark.parametrize(
        ("sequences", "key"),
        [
            ((b"\x1bOP", b"\x1b[11~", b"\x1b[[A", b"\x1b1"), "f1"),  # xterm, PuTTY, linux console, Esc digit
            ((b"\x1bOS", b"\x1b[14~", b"\x1b[[D"), "f4"),
            ((b"\x1b[15~", b"\x1b[[E"), "f5"),
            ((b"\x1b[24~",), "f12"),
            ((b"\x1b[A", b"\x1bOA", b"\x1b[1;5A"), "up"),
            ((b"\x1b[H", b"\x1b[1~", b"\x1b[7~", b"\x1bOH"), "home"),
            ((b"\x1b[5~",), "pageup"),
            ((b"\x1b[Z",), "shift+tab"),
            ((b"\x7f", b"\x08"), "backspace"),
            ((b"\r", b"\n", b"\x1bOM"), "enter"),
            ((b"\x06",), "ctrl+f"),
            ((b"\x9b17~", b"\x1b[17~"), "f6"),  # a VT220 in eight bits, and in seven
        ],
    )
    def test_each_form_is_the_same_key(self, sequences: tuple[bytes, ...], key: str) -> None:
        for sequence in sequences:
            assert named(sequence) == [key]

    def test_the_keypad_types_digits(self) -> None:
        assert named(b"\x1bOq\x1bOr\x1bOn\x1bOs") == ["1", "2", ".", "3"]

    @pytest.mark.parametrize(
        "sequence",
        [
            b"\x1b]11;rgb:0000/0000/0000\x07",  # a colour that nobody asked for
            b"\x1b[?62;22c",  # device attributes
            b"\x1b[1;2R",  # Shift+F3 or a cursor report: nobody can tell
            b"\x1bPq#0;2;0;0;0\x1b\\",
            b"\x1b[<0;10;10M",  # a mouse
            b"\x1b[I\x1b[O",  # focus
            b"\x1ba",  # Alt+a
            "\x1bå".encode(),
            b"\x1b[25~\x1b[34~",  # F13, F20
            b"\x00\x1c\x1d",
            "\x85\x9b".encode(),
        ],
    )
    def test_what_is_no_key_is_dropped_and_the_next_key_is_not(self, sequence: bytes) -> None:
        assert named(sequence + b"x") == ["x"]


class TestBrokenLines:
    @pytest.mark.parametrize("at", range(1, 5))
    def test_a_sequence_split_anywhere_is_one_key(self, at: int) -> None:
        assert named(b"\x1b[15~"[:at], b"\x1b[15~"[at:]) == ["f5"]

    def test_a_letter_split_within_its_bytes_is_one_letter(self) -> None:
        assert named(b"\xc3", b"\xa9") == ["é"]

    def test_latin_1_is_marked_and_the_rest_is_kept(self) -> None:
        assert named(b"Ren\xe9 X") == ["R", "e", "n", "?", " ", "X"]

    def test_an_unfinished_sequence_is_given_up_when_nothing_follows(self) -> None:
        decoder = Decoder()
        assert decoder.feed(b"\x1b[1") == []
        assert decoder.unfinished
        assert decoder.flush() == []
        assert decoder.feed(b"5~") == [Stroke("", "5"), Stroke("", "~")]

    def test_escape_alone_does_nothing(self) -> None:
        assert named(b"\x1b") == []
        assert named(b"\x1b", b"\x1b[15~") == ["f5"]

    def test_real_letters_beyond_ascii_are_kept(self) -> None:
        assert named("Ñandú".encode()) == list("Ñandú")

    @given(st.binary(max_size=200))
    def test_no_bytes_whatever_raise_or_yield_controls(self, data: bytes) -> None:
        for stroke in decoded(data):
            assert stroke.name or (stroke.text.isprintable() and len(stroke.text) == 1)

    @given(
        st.lists(
            st.sampled_from([b"\x1b[15~", b"a", b"\xc3\xa9", b"\x1bOP", b"\r", b"\x1b[200~x\ty\x1b[201~"])
        ),
        st.data(),
    )
    def test_how_bytes_are_cut_makes_no_difference(self, keys: list[bytes], data: st.DataObject) -> None:
        whole = b"".join(keys)
        cut = data.draw(st.integers(0, len(whole)))
        assert decoded(whole[:cut], whole[cut:]) == decoded(whole)


class TestPaste:
    def test_a_paste_is_one_stroke_with_its_tabs_and_line_ends(self) -> None:
        assert decoded(b"\x1b[200~one\ttwo\r\nthree\x1b[201~x") == [
            Stroke("paste", "one\ttwo\r\nthree"),
            Stroke("", "x"),
        ]

    def test_escapes_within_a_paste_are_marked(self) -> None:
        assert decoded(b"\x1b[200~a\x1b[2Jb\x1b[201~") == [Stroke("paste", "a?[2Jb")]

    def test_a_paste_that_never_ends_is_taken_when_nothing_follows(self) -> None:
        assert decoded(b"\x1b[200~abc") == [Stroke("paste", "abc")]
