"""The MLLP listener: frames in, answers out, everything stored by one writer before it is answered.

A frame is 0x0B, the message, 0x1C 0x0D (HL7 Minimal Lower Layer Protocol, release 1). TCP cuts frames where
it likes and joins several, so the frames are found by a reader that knows nothing of connections.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

START: Final = b"\x0b"
END: Final = b"\x1c"
LONGEST: Final = 8 * 1024 * 1024  # bytes; a document with an embedded scan is a few megabytes
HEAD: Final = 4096  # bytes kept of a frame that is too long, enough to answer it by its control id
CHUNK: Final = 64 * 1024  # bytes read at once from a connection
GRACE_S: Final = 10  # for senders that do not read their answers when the listener ends
SLICE: Final = 50  # messages at most that are committed together

Take = Callable[[list[bytes]], list[bytes]]
"""Stores messages and returns their answers; called in one thread, one call at a time, and never raises."""
Meanwhile = Callable[[], bool]
"""Does a little of the work that messages leave behind, while none waits; whether there is more. Never raises."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stood between the marks; only its head when it was too long to be kept."""

    data: bytes
    too_long: bool = False


@dataclass(slots=True)
class FrameReader:
    """Finds the frames in a stream of bytes. Bytes outside frames are counted and passed over.

    A start mark inside a frame means that the sender gave up on the one before and began anew.
    """

    longest: int = LONGEST
    stray: int = 0  # bytes that belonged to no whole frame
    _kept: bytearray | None = None  # None between frames
    _over: int = 0  # bytes of the frame in hand beyond the longest

    @property
    def in_frame(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._kept is not None

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that ``data`` completes."""
        frames = []
        place = 0
        while place < len(data):
            if self._kept is None:
                place = self._begin(data, place)
                continue
            end = _first_mark(data, place)
            self._keep(data[place : len(data) if end < 0 else end])
            if end < 0:
                break
            place = end + 1
            if data[end : end + 1] == END:
                frames.append(self._whole())
            else:
                self.stray += len(self._kept) + self._over
                self._kept, self._over = bytearray(), 0
        return frames

    def _begin(self, data: bytes, place: int) -> int:
        start = data.find(START, place)
        outside = data[place:] if start < 0 else data[place:start]
        self.stray += len(outside.strip(b"\r\n"))
        if start < 0:
            return len(data)
        self._kept, self._over = bytearray(), 0
        return start + 1

    def _keep(self, part: bytes) -> None:
        if self._kept is None:
            return
        if len(self._kept) + len(part) <= self.longest and not self._over:
            self._kept += part
            return
        if not self._over:
            self._kept += part[: max(0, HEAD - len(self._kept))]
            del self._kept[HEAD:]
        self._over += len(part)

    def _whole(self) -> Frame:
        frame = Frame(bytes(self._kept or b""), bool(self._over))
        self._kept, self._over = None, 0
        return frame


def framed(message: bytes) -> bytes:
    """A message in its frame."""
    return START + message + END + b"\r"


@dataclass(slots=True)
class Listener:
    """Listens, hands every frame to ``take`` in order of arrival, and answers after it is stored.

    ``refuse`` answers what cannot be handed on: a frame that is too long. A connection is not read while its
    frames wait, so that a sender that is faster than the store is slowed by TCP itself.
    """

    take: Take
    refuse: Callable[[bytes, str], bytes]
    host: str = "127.0.0.1"
    port: int = 0  # 0: any free one; the one in use once it listens
    longest: int = LONGEST
    meanwhile: Meanwhile = lambda: False
    received: int = 0
    _waiting: asyncio.Queue[tuple[bytes, asyncio.Future[bytes]]] = field(
        default_factory=lambda: asyncio.Queue(maxsize=4 * SLICE)
    )
    _connections: set[asyncio.Task[None]] = field(default_factory=set)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, stop: asyncio.Event, listening: Callable[[int], None] = lambda port: None) -> None:
        """Listen until ``stop`` is set; then store and answer what was received whole, and return."""
        server = await asyncio.start_server(self._connected, self.host, self.port, limit=CHUNK)
        self.port = server.sockets[0].getsockname()[1]
        listening(self.port)
        with ThreadPoolExecutor(1, "hl7-writer") as thread:
            writer = asyncio.create_task(self._write(thread))
            await stop.wait()
            self._stopping.set()
            server.close()
            if self._connections:
                _, late = await asyncio.wait(self._connections, timeout=GRACE_S)
                for connection in late:
                    connection.cancel()
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)
        frames = FrameReader(self.longest)
        try:
            while data := await self._read(reader):
                answers = [await self._handed_on(frame) for frame in frames.feed(data)]
                for answer in answers:
                    writer.write(framed(await answer))
                await writer.drain()
        except ConnectionError:
            pass  # the sender is gone; what it did not see answered it sends again
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _read(self, reader: asyncio.StreamReader) -> bytes:
        """What came next; nothing at the end of the connection or of the listener."""
        reading = asyncio.ensure_future(reader.read(CHUNK))
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({reading, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if reading.done():
            return reading.result()
        reading.cancel()
        return b""

    async def _handed_on(self, frame: Frame) -> asyncio.Future[bytes]:
        self.received += 1
        answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        if frame.too_long:
            answered.set_result(
                self.refuse(frame.data, f"The message is longer than {self.longest} bytes and was not taken.")
            )
        else:
            await self._waiting.put((frame.data, answered))
        return answered

    async def _write(self, thread: ThreadPoolExecutor) -> None:
        """Take what waits, in slices, in one thread beside the event loop; what can wait is done between them."""
        loop = asyncio.get_running_loop()
        while True:
            while self._waiting.empty() and await loop.run_in_executor(thread, self.meanwhile):
                pass
            batch = [await self._waiting.get()]
            while len(batch) < SLICE and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            answers = await loop.run_in_executor(thread, self.take, [data for data, _ in batch])
            for (_, answered), answer in zip(batch, answers, strict=True):
                if not answered.done():
                    answered.set_result(answer)


def _first_mark(data: bytes, place: int) -> int:
    start, end = data.find(START, place), data.find(END, place)
    return max(start, end) if min(start, end) < 0 else min(start, end)
