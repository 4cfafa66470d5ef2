"""JSON lines in, JSON lines out: every line is answered in order, and an unreadable one with an error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import IO, Any, NoReturn

Answer = Callable[[dict[str, Any]], dict[str, Any]]


def answer_lines(lines: Iterable[bytes], out: IO[str], answer: Answer) -> int:
    """Write ``answer`` of every line to ``out`` with the line's ``id`` first, as it came.

    Returns the exit status: 1 when a line could not be read (not UTF-8, no JSON, no object), else 0.
    """
    status = 0
    for line in lines:
        given: Any = None
        try:
            given = json.loads(line.decode("utf-8"), parse_constant=_refuse)
            if not isinstance(given, dict):
                raise ValueError("the line is no JSON object")
        except (ValueError, RecursionError) as error:
            reply: dict[str, Any] = {"id": None, "error": f"This line cannot be read: {_reason(error)}."}
            status = 1
        else:
            reply = {"id": given.get("id"), **answer(given)}
        out.write(json.dumps(reply, ensure_ascii=False, allow_nan=False) + "\n")
        out.flush()
    return status


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON number")


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    if isinstance(error, json.JSONDecodeError):
        return f"it is no JSON ({error.msg} at character {error.pos + 1})"
    return str(error) if isinstance(error, ValueError) else "it is nested too deeply"
