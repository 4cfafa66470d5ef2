"""JSON lines in, JSON lines out: every line is answered in order, and an unreadable one with an error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BufferedReader
from typing import Any, cast

import orjson

Answers = Callable[[Sequence[dict[str, Any]]], Iterable[dict[str, Any]]]

CHUNK = 1 << 16  # bytes that are taken at once, when so many are there
MOST = 2**63  # a whole number beyond it would come back rounded


def answer_lines(answers: Answers) -> int:
    """Answer every line of standard input on standard output, with the line's ``id`` first, as it came.

    What is there is answered at once, so that a program can wait for each answer before it sends more.
    Returns the exit status: 1 when a line could not be read (not UTF-8, no JSON, no object), else 0.
    """
    lines, out, status = cast(BufferedReader, sys.stdin.buffer), sys.stdout.buffer, 0
    for chunk in _chunks(lines):
        read = [_read(line) for line in chunk]
        given = [each for each in read if isinstance(each, dict)]
        answered = iter(answers(given))
        for each in read:
            if isinstance(each, dict):
                reply = {"id": each.get("id"), **next(answered)}
            else:
                reply = {"id": None, "error": f"This line cannot be read: {each}."}
                status = 1
            out.write(orjson.dumps(reply, option=orjson.OPT_APPEND_NEWLINE))
        out.flush()
    return status


def _chunks(lines: BufferedReader) -> Iterator[list[bytes]]:
    """Whole lines, as many as are there."""
    begun = b""
    while more := lines.read1(CHUNK):
        *whole, begun = (begun + more).split(b"\n")
        if whole:
            yield whole
    if begun:
        yield [begun]


def _read(line: bytes) -> dict[str, Any] | str:
    """The object of a line, or why it cannot be read."""
    try:
        given = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        try:
            line.decode()
        except UnicodeDecodeError:
            return "it is not UTF-8"
        return f"it is no JSON ({error.msg} at character {error.pos + 1})"
    if not isinstance(given, dict):
        return "the line is no JSON object"
    if isinstance(given.get("id"), float) and abs(given["id"]) >= MOST:
        return "its id is too large a number; give it as text"
    return given
