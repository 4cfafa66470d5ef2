"""The key gate: order, holding after a hard error, replay and discard."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from tui.gate import Gate
from tui.keys import Stroke

A_MOMENT = 0.02  # the pause that ends a burst, shortened for tests


class Typist:
    """Records what it is given; ``!`` is a hard error, ``~`` takes a while, ``?`` opens a list to pick from.

    ``#`` is a hard error too: it completed a field, and was refused. ``^`` leaves what the keys were meant for,
    ``%`` makes the next Enter ask something.
    """

    def __init__(self) -> None:
        self.got = ""
        self.hurried = ""
        self.failed = False
        self.held = 0
        self.busy = False
        self.choosing = False
        self.left_by_itself = False
        self.gave_up = self.asks = False

    def hurry(self, following: Stroke) -> None:
        self.hurried += following.text

    async def key(self, stroke: Stroke) -> None:
        assert not self.busy, "a key came before the one before it was done"
        self.busy, self.failed = True, False
        if stroke.text == "~":
            await asyncio.sleep(0)
        self.got += stroke.text or f"<{stroke.name}>"
        self.left_by_itself = stroke.text == "#"
        self.gave_up = stroke.text == "^"
        self.failed = stroke.text in ("!", "#")
        asked = self.asks and stroke.name == "enter"
        self.choosing = stroke.text == "?" or asked or (self.choosing and stroke.name != "enter")
        self.asks = stroke.text == "%"
        self.busy = False


def keys(text: str) -> list[Stroke]:
    names = {"\r": "enter", "\f": "f12"}
    return [Stroke(names[character]) if character in names else Stroke("", character) for character in text]


def play(script: Callable[[Gate, Typist], Coroutine[Any, Any, None]]) -> str:
    """Run a gate while ``script`` feeds it; what the typist got."""

    async def run() -> str:
        typist = Typist()
        gate = Gate(typist, lambda: None, lambda: False, A_MOMENT)
        task = asyncio.create_task(gate.run())
        await script(gate, typist)
        await settled(gate)
        await gate.stop()
        await task
        return typist.got

    return asyncio.run(run())


async def settled(gate: Gate) -> None:
    """Until the gate has nothing more to do."""
    for _ in range(1000):
        await asyncio.sleep(A_MOMENT / 4)
        if gate.waiting:
            return
    raise AssertionError("the gate never came to rest")


async def held(typist: Typist, count: int) -> None:
    for _ in range(1000):
        if typist.held == count:
            return
        await asyncio.sleep(A_MOMENT / 4)
    raise AssertionError(f"{typist.held} keys are held, not {count}")


class TestOrder:
    def test_keys_are_handled_one_at_a_time_in_order(self) -> None:
        async def script(gate: Gate, typist: Typist) -> None:
            gate.put(keys("ab~cd~"))
            gate.put(keys("ef"))

        assert play(script) == "ab~cd~ef"


class TestHurry:
    def test_a_key_that_arrives_while_another_is_handled_is_told_at_once(self) -> None:
        told: list[str] = []

        async def script(gate: Gate, typist: Typist) -> None:
            gate.put(keys("a~"))
            while not typist.busy:
                await asyncio.sleep(0)
            gate.put(keys("b"))
            told.append(typist.hurried)

        assert play(script) == "a~b"
        assert told == ["b"]


class TestHolding:
    def test_keys_behind_an_error_wait_and_enter_replays_them(self) -> None:
        async def script(gate: Gate, typist: Typist) -> None:
            gate.put(keys("a!bcd"))
            await held(typist, 3)
            assert typist.got == "a!"
            gate.put(keys("\r"))

        assert play(script) == "a!bcd"

    def test_the_enter_of_an_entry_that_was_refused_as_it_was_completed_goes_with_it(self) -> None:
        async def script(gate: Gate, typist: Typist) -> None:
            gate.put(keys("a#\rbcd"))
            await held(typist, 3)
            gate.put(keys("\r"))

        assert play(script) == "a#bcd"

    def test_f12_discards_them(self) -> None:
        async def script(gate: Gate, typist: Typist) -> None:
            gate.put(keys("a!bcd"))
            await held(typist, 3)
            gate.put(keys("\fx"))

        assert play(script) == "a!x"

    def test_the_rest_of_a_burst_that_comes_in_pieces_waits_too(self) -> None:
        async def script(gate: Gate, typist: Typist) -> None:
            gate.put(keys("a!"))
            await asyncio.sleep(0)
            gate.put(keys("b\rc"))
            await held(typist, 3)
            gate.put(keys("\f"))

        assert play(script) == "a!"

    def test_what_is_mended_first_is_keyed_and_enter_then_replays(self) -> None:
        async def script(gate: Gate, typist: Typist) -> None:
            gate.put(keys("!bc"))
            await held(typist, 2)
            gate.put(keys("xy\r"))

        assert play(script) == "!xy<enter>bc"

    def test_leaving_what_they_were_meant_for_drops_them(self) -> None:
        async def script(gate: Gate, typist: Typist) -> None:
            gate.put(keys("ab!cde"))
            await held(typist, 3)
            gate.put(keys("^"))
            await settled(gate)
            assert typist.held == 0
            gate.put(keys("\rx"))

        assert play(script) == "ab!^<enter>x"

    def test_enter_that_opens_a_question_replays_nothing_into_it(self) -> None:
        async def script(gate: Gate, typist: Typist) -> None:
            gate.put(keys("!cd"))
            await held(typist, 2)
            gate.put(keys("%\r"))
            await settled(gate)
            assert typist.held == 2

        assert play(script) == "!%<enter>"

    def test_enter_that_picks_from_a_list_replays_nothing(self) -> None:
        """Keys meant for the field that was refused must not land in the one after it."""

        async def script(gate: Gate, typist: Typist) -> None:
            gate.put(keys("!bc"))
            await held(typist, 2)
            gate.put(keys("?\r"))
            await settled(gate)
            assert typist.held == 2
            gate.put(keys("\f"))

        assert play(script) == "!?<enter>"

    def test_an_error_among_the_replayed_keys_holds_the_rest_again(self) -> None:
        async def script(gate: Gate, typist: Typist) -> None:
            gate.put(keys("!b!cd"))
            await held(typist, 4)
            gate.put(keys("\r"))
            await held(typist, 2)
            gate.put(keys("\r"))

        assert play(script) == "!b!cd"

    def test_without_waiting_keys_work_goes_on(self) -> None:
        async def script(gate: Gate, typist: Typist) -> None:
            gate.put(keys("a!"))
            await settled(gate)
            assert typist.held == 0
            gate.put(keys("\r"))

        assert play(script) == "a!<enter>"
