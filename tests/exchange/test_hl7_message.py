"""Messages are read whatever their separators, line ends and bytes are, and answered in kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.hl7_message import NULL, Answer, Separators, answer, read_message, split_messages

A01 = (
    b"MSH|^~\\&|ADT|GEN|RR|GEN|202601021530||ADT^A01^ADT_A01|M1|P|2.5\r"
    b"EVN|A03|202601021530\r"
    b"PID|1||0012^^^GEN^MR~999-88-7777^^^SSA^SS||O'NEIL&VON^ANNE^^JR||19700101|F|||1 MAIN \\T\\ 2ND^APT 3^X\r"
    b"ZZZ|local\r"
    b"PV1|1|I|5W^501^A\r"
)
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "hl7"


class TestReading:
    def test_the_type_and_event_are_those_of_msh_9(self) -> None:
        message = read_message(A01)
        assert message is not None
        assert (message.kind, message.event, message.control_id) == ("ADT", "A01", "M1")
        assert message.sender == ("ADT", "GEN")

    def test_components_subcomponents_and_repetitions_are_counted_from_one(self) -> None:
        message = read_message(A01)
        assert message is not None
        pid = message.first("PID")
        assert pid.text(5) == "O'NEIL"
        assert pid.text(5, 1, 2) == "VON"
        assert [one.text(5) for one in pid.repetitions(3)] == ["MR", "SS"]
        assert pid.text(3, 9) == pid.text(99) == message.first("NK1").text(1) == ""

    def test_escape_sequences_are_resolved_and_unknown_ones_stay(self) -> None:
        marks = Separators()
        assert marks.plain(r"a\F\b\S\c\T\d\R\e\E\f") == r"a|b^c&d~e\f"
        assert (
            marks.plain(r"\H\bold\N\ \.br\ \X41C3A9\ \Zzz\ \X4\ ") == r"bold   " + "A\u00e9" + r" \Zzz\ \X4\ "
        )

    def test_separators_come_from_the_message_itself(self) -> None:
        message = read_message(b"MSH#*%!@#APP#FAC###2026##ADT*A08#7#P#2.3\rPID#1##12***GEN*MR%13\r")
        assert message is not None
        assert message.event == "A08"
        assert [one.text() for one in message.first("PID").repetitions(3)] == ["12", "13"]

    @pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\r\r\n", b"\n\n"])
    def test_line_ends_and_byte_order_mark_make_no_other_message(self, end: bytes) -> None:
        plain, other = read_message(A01), read_message(b"\xef\xbb\xbf" + A01.replace(b"\r", end))
        assert plain is not None
        assert other is not None
        assert other.canonical == plain.canonical

    def test_unknown_segments_pass_through(self) -> None:
        message = read_message(A01)
        assert message is not None
        assert message.first("ZZZ").text(1) == "local"

    def test_a_line_end_inside_a_text_does_not_lose_the_rest_of_it(self) -> None:
        message = read_message(A01 + b"NTE|1||first line\nsecond line\r")
        assert message is not None
        assert message.first("NTE").text(3) == "first line second line"

    def test_an_event_in_evn_counts_only_where_msh_9_names_none(self) -> None:
        old = read_message(b"MSH|^~\\&|A|B|||2026||ADT|1|P|2.1\rEVN|A02|2026\r")
        assert old is not None
        assert old.event == "A02"

    @pytest.mark.parametrize(
        ("charset", "encoding"),
        [(b"", "utf-8"), (b"UNICODE UTF-8", "utf-8"), (b"8859/1", "cp1252"), (b"8859/15", "iso8859-15")],
    )
    def test_the_character_set_of_msh_18_is_honoured(self, charset: bytes, encoding: str) -> None:
        head = b"MSH|^~\\&|A|B|||2026||ADT^A08|1|P|2.5||||||" + charset
        message = read_message(head + b"\rPID|||1||" + "PEÑA".encode(encoding) + b"\r")
        assert message is not None
        assert message.first("PID").text(5) == "PEÑA"
        assert message.warnings == ()

    def test_bytes_that_are_not_what_msh_18_says_are_read_with_a_warning(self) -> None:
        message = read_message(b"MSH|^~\\&|A|B|||2026||ADT^A08|1|P|2.5\rPID|||1||PE\xd1A\r")
        assert message is not None
        assert message.first("PID").text(5) == "PEÑA"
        assert "read as cp1252" in message.warnings[0]

    def test_the_groups_of_a_message_keep_its_header(self) -> None:
        message = read_message(A01 + A01.split(b"\r", 2)[2])
        assert message is not None
        groups = message.groups("PID")
        assert [len(group.all("PV1")) for group in groups] == [1, 1]
        assert all(group.event == "A01" for group in groups)

    def test_two_double_quotes_are_kept_as_the_sign_for_emptying(self) -> None:
        message = read_message(b'MSH|^~\\&|A|B|||2026||ADT^A08|1\rPID|||1||""\r')
        assert message is not None
        assert message.first("PID").text(5) == NULL


class TestFiles:
    def test_a_file_holds_several_messages(self) -> None:
        assert len(list(split_messages(A01 + b"\n" + A01 + A01))) == 3

    def test_batch_envelopes_are_no_messages(self) -> None:
        batch = b"FHS|^~\\&|X\rBHS|^~\\&|X\r" + A01 + b"BTS|1\rFTS|1\r"
        (only,) = split_messages(batch)
        message = read_message(only)
        assert message is not None
        assert message.first("BTS").fields == ()

    def test_mllp_marks_in_a_file_are_line_ends(self) -> None:
        assert len(list(split_messages(b"\x0b" + A01 + b"\x1c\r\x0b" + A01 + b"\x1c\r"))) == 2

    def test_text_before_the_first_message_is_not_dropped(self) -> None:
        first, second = split_messages(b"PID|1||lost header\r" + A01)
        assert read_message(first) is None
        assert read_message(second) is not None

    @pytest.mark.parametrize("data", [b"", b"\r\n\r\n", b"\xef\xbb\xbf", b"  \n"])
    def test_an_empty_file_holds_nothing(self, data: bytes) -> None:
        assert list(split_messages(data)) == []


class TestAnswer:
    def test_it_carries_the_control_id_and_swaps_sender_and_receiver(self) -> None:
        message = read_message(A01)
        text = answer(message, Answer.ACCEPT, "a|b", at="20260102153000", control_id="RR1").decode()
        head, state = text.rstrip("\r").split("\r")
        assert head.split("|")[2:6] == ["RR", "GEN", "ADT", "GEN"]
        assert head.split("|")[8:12] == ["ACK^A01^ACK", "RR1", "P", "2.5"]
        assert head.split("|")[17] == "UNICODE UTF-8"
        assert state == r"MSA|AA|M1|a\F\b"

    def test_what_is_no_message_is_answered_without_a_control_id(self) -> None:
        assert answer(None, Answer.REJECT, "no", at="2026", control_id="1").endswith(b"\rMSA|AR||no\r")


class TestAnyBytes:
    @given(st.binary(max_size=300))
    def test_no_bytes_make_the_reader_raise(self, data: bytes) -> None:
        for chunk in split_messages(data):
            read_message(chunk)

    @given(st.binary(max_size=120), st.integers(0, len(A01)), st.integers(0, 60))
    def test_a_damaged_message_is_read_and_answered(self, noise: bytes, at: int, cut: int) -> None:
        for chunk in split_messages(A01[:at] + noise + A01[at + cut :]):
            message = read_message(chunk)
            reply = answer(message, Answer.ACCEPT, "t", at="2026", control_id="1")
            assert reply.count(b"\r") == 2
            if message is not None:
                again = read_message(message.canonical.encode())
                assert again is not None
                for segment in message.segments:
                    for number in range(len(segment.fields)):
                        segment.text(number, 2)
                        segment.repetitions(number)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared HL7 messages are not on this machine")
class TestSharedMessages:
    def test_the_hl7_library_reads_the_same_fields(self) -> None:
        hl7 = pytest.importorskip("hl7")
        compared = 0
        for path in sorted(SHARED.glob("*.hl7")):
            for chunk in split_messages(path.read_bytes()):
                ours = read_message(chunk)
                assert ours is not None, path.name
                theirs = hl7.parse(ours.canonical)
                assert [str(one[0]) for one in theirs] == [one.name for one in ours.segments]
                for one, other in zip(ours.segments, theirs, strict=True):
                    assert [str(part) for part in other] == list(one.fields), (path.name, one.name)
                    compared += len(one.fields)
        assert compared > 5000
