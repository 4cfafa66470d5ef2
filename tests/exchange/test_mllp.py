"""Frames are found however TCP cuts them; everything received whole is stored before it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.mllp import Frame, FrameReader, Listener, framed


class TestFrames:
    @given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.integers(1, 9))
    def test_cutting_the_stream_anywhere_gives_the_same_frames(self, parts: list[bytes], size: int) -> None:
        wanted = [part.replace(b"\x0b", b"").replace(b"\x1c", b"") for part in parts]
        stream = b"".join(framed(part) for part in wanted)
        reader = FrameReader()
        found = [
            frame
            for start in range(0, len(stream), size)
            for frame in reader.feed(stream[start : start + size])
        ]
        assert [frame.data for frame in found] == wanted
        assert reader.stray == 0
        assert not reader.in_frame

    def test_bytes_between_frames_are_passed_over_and_counted(self) -> None:
        reader = FrameReader()
        assert reader.feed(b"noise" + framed(b"A") + b"\r\nmore" + framed(b"B")) == [Frame(b"A"), Frame(b"B")]
        assert reader.stray == 9

    def test_a_new_start_gives_up_the_frame_before(self) -> None:
        reader = FrameReader()
        assert reader.feed(b"\x0bhalf a mess" + framed(b"whole")) == [Frame(b"whole")]

    def test_a_frame_that_is_too_long_keeps_its_head_alone(self) -> None:
        reader = FrameReader(longest=10)
        first, second = [
            *reader.feed(b"\x0b" + b"x" * 8),
            *reader.feed(b"y" * 9000 + b"\x1c\r" + framed(b"ok")),
        ]
        assert first.too_long
        assert len(first.data) == 4096
        assert first.data.startswith(b"xxxxxxxxy")
        assert second == Frame(b"ok")

    @given(st.binary(max_size=200))
    def test_no_bytes_make_it_raise(self, data: bytes) -> None:
        FrameReader(longest=20).feed(data)


Client = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def session(listener: Listener, *clients: Client) -> None:
    """Run clients against a listening listener, all at once, and stop it."""

    async def run() -> None:
        stop, ready = asyncio.Event(), asyncio.Event()
        serving = asyncio.create_task(listener.serve(stop, lambda port: ready.set()))
        await ready.wait()

        async def connected(client: Client) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
            try:
                await client(reader, writer)
            finally:
                writer.close()

        await asyncio.gather(*(connected(client) for client in clients))
        stop.set()
        await serving

    asyncio.run(asyncio.wait_for(run(), 60))


def echo(messages: list[bytes]) -> list[bytes]:
    return [b"seen " + message for message in messages]


async def next_answer(reader: asyncio.StreamReader) -> bytes:
    frame = await reader.readuntil(b"\x1c\r")
    assert frame.startswith(b"\x0b")
    return frame[1:-2]


class TestListener:
    def test_answers_come_in_order_on_each_connection(self) -> None:
        async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"".join(framed(b"%d" % number) for number in range(300)))
            for number in range(300):
                assert await next_answer(reader) == b"seen %d" % number

        session(Listener(echo, lambda data, why: b""), client, client, client)

    def test_a_frame_in_single_bytes_is_one_message(self) -> None:
        async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for place in framed("Ñandú".encode()):
                writer.write(bytes([place]))
                await writer.drain()
            assert (await next_answer(reader)).decode() == "seen Ñandú"

        session(Listener(echo, lambda data, why: b""), client)

    def test_a_frame_that_is_too_long_is_refused_and_the_next_one_taken(self) -> None:
        async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(framed(b"x" * 5000) + framed(b"ok"))
            assert (await next_answer(reader)).startswith(b"refused: The message is longer than 100 bytes")
            assert await next_answer(reader) == b"seen ok"

        session(Listener(echo, lambda data, why: b"refused: " + why.encode(), longest=100), client)

    def test_a_sender_killed_in_mid_message_leaves_nothing_behind(self) -> None:
        taken: list[bytes] = []

        def take(messages: list[bytes]) -> list[bytes]:
            taken.extend(messages)
            return echo(messages)

        async def killed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(framed(b"whole") + b"\x0bhalf a mess")
            assert await next_answer(reader) == b"seen whole"
            transport = writer.transport
            transport.abort()

        listener = Listener(take, lambda data, why: b"")
        session(listener, killed)
        assert taken == [b"whole"]

    def test_what_messages_leave_behind_is_done_while_none_waits(self) -> None:
        async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            loop, done = asyncio.get_running_loop(), asyncio.Event()
            finished.append(lambda: loop.call_soon_threadsafe(done.set))
            for _ in range(2):  # the work is found after the message that left it
                writer.write(framed(b"leaves work"))
                assert await next_answer(reader) == b"seen leaves work"
                await done.wait()
                done.clear()

        def take(messages: list[bytes]) -> list[bytes]:
            left.extend(messages * 3)
            return echo(messages)

        def meanwhile() -> bool:
            if not left:
                return False
            left.pop()
            if not left:
                finished[0]()
            return bool(left)

        left: list[bytes] = []
        finished: list[Callable[[], object]] = []
        session(Listener(take, lambda data, why: b"", meanwhile=meanwhile), client)
        assert left == []

    def test_work_without_end_lets_every_message_pass(self) -> None:
        async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            for number in range(100):
                writer.write(framed(b"%d" % number))
                assert await next_answer(reader) == b"seen %d" % number

        session(Listener(echo, lambda data, why: b"", meanwhile=lambda: True), client, client)

    def test_what_was_received_whole_is_stored_and_answered_before_it_ends(self) -> None:
        async def run() -> list[bytes]:
            stop, ready = asyncio.Event(), asyncio.Event()
            loop = asyncio.get_running_loop()

            def take(messages: list[bytes]) -> list[bytes]:
                loop.call_soon_threadsafe(stop.set)  # the listener is told to end while this is being stored
                return echo(messages)

            listener = Listener(take, lambda data, why: b"")
            serving = asyncio.create_task(listener.serve(stop, lambda port: ready.set()))
            await ready.wait()
            reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
            writer.write(framed(b"last"))
            answered = await reader.read()
            await serving
            writer.close()
            return [answered]

        assert asyncio.run(asyncio.wait_for(run(), 60)) == [framed(b"seen last")]

    def test_it_stops_with_idle_connections_open(self) -> None:
        async def idle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"\x0bnever ended")
            await writer.drain()

        session(Listener(echo, lambda data, why: b""), idle)

    def test_a_port_in_use_is_an_error(self) -> None:
        async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with pytest.raises(OSError, match="address already in use"):
                await Listener(echo, lambda data, why: b"", port=first.port).serve(asyncio.Event())

        first = Listener(echo, lambda data, why: b"")
        session(first, client)
