"""JSON lines in, JSON lines out: every line is answered in order, and an unreadable one with an error."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import IO, Any

import orjson

Answer = Callable[[dict[str, Any]], dict[str, Any]]

MOST = 2**63  # a whole number beyond it would come back rounded


def answer_lines(lines: Iterable[bytes], out: IO[bytes], answer: Answer) -> int:
    """Write ``answer`` of every line to ``out`` with the line's ``id`` first, as it came.

    Returns the exit status: 1 when a line could not be read (not UTF-8, no JSON, no object), else 0.
    """
    status = 0
    for line in lines:
        try:
            given = _read(line)
        except ValueError as error:
            reply: dict[str, Any] = {
                "id": None,
                "error": f"This line cannot be read: {_reason(line, error)}.",
            }
            status = 1
        else:
            reply = {"id": given.get("id"), **answer(given)}
        out.write(orjson.dumps(reply, option=orjson.OPT_APPEND_NEWLINE))
        out.flush()
    return status


def _read(line: bytes) -> dict[str, Any]:
    given = orjson.loads(line)
    if not isinstance(given, dict):
        raise ValueError("the line is no JSON object")
    if isinstance(given.get("id"), float) and abs(given["id"]) >= MOST:
        raise ValueError("its id is too large a number; give it as text")
    return given


def _reason(line: bytes, error: ValueError) -> str:
    if not isinstance(error, orjson.JSONDecodeError):
        return str(error)
    try:
        line.decode()
    except UnicodeDecodeError:
        return "it is not UTF-8"
    return f"it is no JSON ({error.msg} at character {error.pos + 1})"
