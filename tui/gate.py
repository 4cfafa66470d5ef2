"""The key gate: one key at a time, in order, each handled to its end before the next, across every view.

On a hard error the keys that wait are kept: the person mends or leaves what is wrong, then Enter replays them at
the cursor or F12 discards them, and so does leaving the screen for the one below. Keys that arrive close behind an
error belong to the same burst (a scanner, a hand that does not look) and wait too; only a key after a pause is taken
as the person's answer.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Protocol

from tui.keys import Stroke

PAUSE_SECONDS = 0.15  # a burst is over when nothing has arrived for this long
NOBODYS = ("resize", "idle", "watch")  # strokes that no hand has made
PAINT_SECONDS = 0.05  # during a burst the screen is painted at least this often


class Handler(Protocol):
    """What the gate feeds: the shell."""

    failed: bool
    held: int
    gave_up: bool  # the key in hand left what the waiting keys were meant for
    left_by_itself: bool  # the key in hand was the last of its field: an Enter behind it says nothing more

    @property
    def choosing(self) -> bool:
        """A list is open over the field, or a question asked: Enter answers it, and asks for nothing else."""

    async def key(self, stroke: Stroke) -> None: ...

    def hurry(self, following: Stroke) -> None:
        """While a key is handled the next one arrives: what it makes stale may stop."""


class Gate:
    """A queue with one consumer. ``paint`` is called when there is nothing to handle, or now and then."""

    def __init__(
        self,
        handler: Handler,
        paint: Callable[[], None],
        done: Callable[[], bool],
        pause: float = PAUSE_SECONDS,
    ) -> None:
        self._handler, self._paint, self._done, self._pause = handler, paint, done, pause
        self._keys: deque[Stroke] = deque()
        self._held: deque[Stroke] | None = None
        self._keyed_since = False  # something was keyed since the keys were held
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopped = False
        self._resting = False

    def put(self, strokes: Iterable[Stroke]) -> None:
        """Keys from the terminal, in the order in which they were keyed."""
        self._keys.extend(strokes)
        self._arrived.set()
        if self._keys and not self._idle.is_set():
            self._handler.hurry(self._keys[0])

    @property
    def waiting(self) -> bool:
        """Everything is handled and painted; the next key may come."""
        return not self._keys and not self._arrived.is_set() and self._resting

    async def stop(self) -> None:
        """No more keys; returns when the one in hand has been handled."""
        self._stopped = True
        self._arrived.set()
        await self._idle.wait()

    async def run(self) -> None:
        """Handle keys until the session is over."""
        painted = monotonic()
        while not self._stopped and not self._done():
            if not self._keys:
                self._paint()
                painted = monotonic()
                self._arrived.clear()
                self._resting = True
                await self._arrived.wait()
                self._resting = False
                continue
            if await self._handle(self._keys.popleft()):
                await self._hold()
                painted = monotonic()
            elif self._keys and monotonic() - painted > PAINT_SECONDS:
                self._paint()
                painted = monotonic()
                await asyncio.sleep(0)  # lets the terminal take the bytes and give what was keyed meanwhile
        self._paint()

    async def _handle(self, stroke: Stroke) -> bool:
        """Whether the key met a hard error."""
        if self._held is not None and stroke.name not in NOBODYS:
            if stroke.name == "f12":
                self._release(replay=False)
                return False
            if stroke.name == "enter" and not self._keyed_since and not self._handler.choosing:
                self._release(replay=True)
                return False
            self._keyed_since = True
        choosing = self._handler.choosing
        self._idle.clear()
        try:
            await self._handler.key(stroke)
        finally:
            self._idle.set()
        if self._held is not None and self._handler.gave_up:
            self._release(replay=False)
        elif (
            self._held is not None
            and stroke.name == "enter"
            and not (self._handler.failed or choosing or self._handler.choosing)
        ):
            self._release(replay=True)
        return self._handler.failed

    async def _hold(self) -> None:
        """After an error: keep what waits, and what still arrives in the same burst."""
        self._paint()
        held = self._held if self._held is not None else deque()
        before, spent = len(held), self._handler.left_by_itself
        while not self._stopped:
            held.extend(self._keys)
            self._keys.clear()
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), self._pause)
            except TimeoutError:
                break
        if spent and len(held) > before and held[before].name == "enter":
            del held[before]  # it belongs to the entry that was refused
        if held:
            self._held, self._keyed_since = held, False
            self._handler.held = len(held)
            self._paint()

    def _release(self, *, replay: bool) -> None:
        held, self._held = self._held, None
        self._handler.held = 0
        if held and replay:
            self._keys.extendleft(reversed(held))
