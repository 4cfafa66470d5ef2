"""Twenty typists at four keys a second: how soon the screen answers, and what a key costs, beside urwid."""

from __future__ import annotations

import heapq
import select
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle

from benchmarks.lines import Line
from benchmarks.measure import Measure, percentile

TYPISTS, KEYS_A_SECOND, SECONDS = 20, 4, 10
TEXT = "heartfa\tilure01\t"  # every eighth key leaves the field


@dataclass
class Typed:
    """What twenty typists saw."""

    answers_ms: list[float] = field(default_factory=list)
    keys: int = 0
    cpu_s: float = 0.0
    written: int = 0


def rows(say: Callable[[str], None]) -> list[Measure]:
    """The lines of the table."""
    say("typing: urwid")
    anchor = _typed("urwid_form", "READY")
    say("typing: Recordroom")
    here = _typed("line_form", "Field 1")
    found = []
    for name, share, most in (("p50", 0.5, None), ("p95", 0.95, None)):
        found.append(Measure(
            f"key to first byte, {TYPISTS} typists, {name}", percentile(here.answers_ms, share), "ms",
            percentile(anchor.answers_ms, share), "urwid", 1.5 if name == "p95" else None, most,
        ))  # fmt: skip
    found.append(Measure(
        "CPU per key", here.cpu_s / here.keys * 1000, "ms", anchor.cpu_s / anchor.keys * 1000, "urwid", 1.5, 2.0
    ))  # fmt: skip
    found.append(Measure(
        "bytes per key", here.written / here.keys, "B", anchor.written / anchor.keys, "urwid", 1.5, 200
    ))  # fmt: skip
    return found


def _typed(program: str, ready: str) -> Typed:
    with ExitStack() as stack:
        lines = [stack.enter_context(Line.of(program)) for _ in range(TYPISTS)]
        for line in lines:
            line.until(ready)
        for line in lines:
            line.quiet()
        return _type(lines)


def _type(lines: list[Line]) -> Typed:
    seen = Typed()
    cpu, written = sum(line.cpu_s for line in lines), sum(line.written for line in lines)
    by_fd = {line.fd: line for line in lines}
    texts = {line.fd: cycle(TEXT) for line in lines}
    sent: dict[int, float] = {}
    begin = time.perf_counter() + 0.05
    due = [(begin + number / KEYS_A_SECOND / len(lines), line.fd) for number, line in enumerate(lines)]
    heapq.heapify(due)
    end = begin + SECONDS
    while due[0][0] < end:
        wait = max(0.0, due[0][0] - time.perf_counter())
        for fd in select.select(list(by_fd), [], [], wait)[0]:
            by_fd[fd].read(0)
            if fd in sent:
                seen.answers_ms.append((time.perf_counter() - sent.pop(fd)) * 1000)
        while due[0][0] <= time.perf_counter():
            at, fd = heapq.heappop(due)
            sent[fd] = time.perf_counter()
            by_fd[fd].send(next(texts[fd]))
            seen.keys += 1
            heapq.heappush(due, (at + 1 / KEYS_A_SECOND, fd))
    for line in lines:
        line.quiet(0.05)
    if len(seen.answers_ms) < 0.9 * seen.keys:
        raise RuntimeError(f"Only {len(seen.answers_ms)} of {seen.keys} keys were answered.")
    seen.cpu_s = sum(line.cpu_s for line in lines) - cpu
    seen.written = sum(line.written for line in lines) - written
    return seen
