"""HL7 v2 messages read and answered. Separators come from the message itself; no bytes can make it raise.

Sources: HL7 v2.3 to v2.8 chapter 2 (separators, escape sequences, MSH, MSA) and table 0211 (character sets).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final

NULL: Final = '""'
"""A field that holds this is to be emptied; an empty field says nothing (HL7 v2 section 2.5.3)."""

# MSH-18, table 0211. Feeds that say ASCII or 8859/1 send UTF-8 and Windows-1252 all the same.
CHARACTER_SETS: Final = {
    "": "utf-8", "ASCII": "utf-8", "UNICODE": "utf-8", "UNICODE UTF-8": "utf-8", "UTF-8": "utf-8",
    "8859/1": "cp1252", "8859/2": "iso8859-2", "8859/3": "iso8859-3", "8859/4": "iso8859-4",
    "8859/5": "iso8859-5", "8859/6": "iso8859-6", "8859/7": "iso8859-7", "8859/8": "iso8859-8",
    "8859/9": "iso8859-9", "8859/15": "iso8859-15", "GB 18030-2000": "gb18030", "BIG-5": "big5",
    "UNICODE UTF-16": "utf-8", "UNICODE UTF-32": "utf-8",
}  # fmt: skip
FALLBACKS: Final = ("utf-8", "cp1252", "latin-1")  # the last one takes every byte

_START: Final = re.compile(rb"(?:\A|[\r\n\x0b\x1c])[ \t]*(?=MSH[^\w\s\x00-\x1f])")
_ENDS: Final = re.compile("[\r\n\x0b\x1c]+")
_SEGMENT: Final = re.compile("[A-Z][A-Z0-9]{2}")
_BATCH: Final = frozenset({"FHS", "BHS", "BTS", "FTS"})  # envelopes, no part of a message
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f]")


class Answer(StrEnum):
    """MSA-1, the acknowledgment codes of the original mode (table 0008)."""

    ACCEPT = "AA"  # stored; need not be sent again
    ERROR = "AE"  # something is wrong with the message: sending it again will not help
    REJECT = "AR"  # not taken, for a reason that may pass, or no message at all


@dataclass(frozen=True, slots=True)
class Separators:
    """MSH-1 and MSH-2. One that the message does not give is empty, and splits nothing."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    def plain(self, text: str) -> str:
        """``text`` with its escape sequences resolved; those not known stay as they are."""
        if not self.escape or self.escape not in text:
            return text
        return _escapes(self.escape).sub(self._resolved, text)

    def escaped(self, text: str) -> str:
        """``text`` made safe to stand in a field."""
        text = _CONTROLS.sub(" ", text)
        if not self.escape:
            return "".join(character for character in text if character not in self._letters())
        letters = self._letters()
        return "".join(
            f"{self.escape}{letters[character]}{self.escape}" if character in letters else character
            for character in text
        )

    def _letters(self) -> dict[str, str]:
        pairs = zip(
            (self.field, self.component, self.subcomponent, self.repetition, self.escape),
            "FSTRE",
            strict=True,
        )
        return {separator: letter for separator, letter in pairs if separator}

    def _resolved(self, match: re.Match[str]) -> str:
        code = match[1]
        single = {letter: separator for separator, letter in self._letters().items()}.get(code)
        if single is not None:
            return single
        if code in ("H", "N"):
            return ""  # highlighting
        if code in (".br", ".sp"):
            return " "
        if code[:1] == "X":
            data = bytes.fromhex(code[1:]) if len(code) % 2 else b""
            return decoded(data, "utf-8")[0] if data else match[0]
        return match[0]


@lru_cache(maxsize=8)
def _escapes(escape: str) -> re.Pattern[str]:
    mark = re.escape(escape)
    return re.compile(f"{mark}(X[0-9A-Fa-f]+|\\.br|\\.sp|[A-Z]){mark}")


@dataclass(frozen=True, slots=True)
class Repetition:
    """One repetition of a field, as sent."""

    raw: str
    separators: Separators

    def text(self, component: int = 1, subcomponent: int = 1) -> str:
        """A component (counted from 1) in plain text without blanks around it; empty when missing."""
        part = _nth(self.raw, self.separators.component, component)
        return self.separators.plain(_nth(part, self.separators.subcomponent, subcomponent)).strip()


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment; ``fields[n]`` is field n as sent. A missing segment is one without fields."""

    name: str
    fields: tuple[str, ...]
    separators: Separators

    def __bool__(self) -> bool:
        return len(self.fields) > 1

    def raw(self, number: int) -> str:
        """A field as sent, with repetitions; empty when missing."""
        return self.fields[number] if number < len(self.fields) else ""

    def text(self, number: int, component: int = 1, subcomponent: int = 1) -> str:
        """A component of the first repetition of a field, in plain text."""
        raw = self.raw(number)
        if not raw:
            return ""
        first = _nth(raw, self.separators.repetition, 1)
        return Repetition(first, self.separators).text(component, subcomponent)

    def repetitions(self, number: int) -> list[Repetition]:
        """The repetitions of a field that are not empty."""
        raw, mark = self.raw(number), self.separators.repetition
        return [Repetition(one, self.separators) for one in (raw.split(mark) if mark else [raw]) if one]


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``canonical`` is its text with segments ended by CR alone, however it was sent."""

    canonical: str
    separators: Separators
    segments: tuple[Segment, ...]
    warnings: tuple[str, ...] = field(default=())

    def first(self, name: str) -> Segment:
        """The first segment of a name; one without fields when there is none."""
        return next((one for one in self.segments if one.name == name), Segment(name, (), self.separators))

    def all(self, name: str) -> list[Segment]:
        """All segments of a name, in order."""
        return [one for one in self.segments if one.name == name]

    def groups(self, name: str) -> list[Message]:
        """The message cut before each segment of a name, the header kept with every piece."""
        starts = [index for index, one in enumerate(self.segments) if one.name == name]
        if len(starts) < 2:
            return [self]
        head = self.segments[: starts[0]]
        ends = [*starts[1:], len(self.segments)]
        return [
            Message(self.canonical, self.separators, (*head, *self.segments[start:end]))
            for start, end in zip(starts, ends, strict=True)
        ]

    @property
    def header(self) -> Segment:
        return self.segments[0]

    @property
    def kind(self) -> str:
        """MSH-9.1: ADT, MDM, ORU ..."""
        return self.header.text(9).upper()

    @property
    def event(self) -> str:
        """MSH-9.2: A01, T02 ... EVN-1 only when MSH-9 names none, as version 2.1 did."""
        return (self.header.text(9, 2) or self.first("EVN").text(1)).upper()

    @property
    def control_id(self) -> str:
        """MSH-10."""
        return self.header.text(10)

    @property
    def sender(self) -> tuple[str, str]:
        """MSH-3 and MSH-4 whole: application and facility."""
        return self.separators.plain(self.header.raw(3)), self.separators.plain(self.header.raw(4))


def split_messages(data: bytes) -> Iterator[bytes]:
    """The messages of a file: each begins with a line ``MSH``. What stands before the first is given too,
    unless it is blank or a batch header. MLLP frame marks count as line ends.
    """
    data = _without_mark(data)
    starts = [match.end() for match in _START.finditer(data)]
    if not starts or _says_something(data[: starts[0]]):
        starts.insert(0, 0)
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        if chunk := data[start:end].strip(b"\r\n\x0b\x1c \t"):
            yield chunk


def read_message(data: bytes) -> Message | None:
    """The message that ``data`` holds; None when it does not begin with a usable MSH segment."""
    data = _without_mark(data).lstrip(b"\r\n\x0b\x1c \t")
    if _START.match(data) is None:
        return None
    head = _ENDS.split(data[:4096].decode("latin-1"), 1)[0]
    named = head.split(head[3])
    asked = named[17].split(named[1][1:2] or "~")[0].strip().upper() if len(named) > 17 else ""
    text, read_as = decoded(data, CHARACTER_SETS.get(asked, "utf-8"))
    warnings = []
    if asked not in CHARACTER_SETS:
        warnings.append(f"The character set in MSH-18 is not known; the message was read as {read_as}.")
    elif read_as != CHARACTER_SETS[asked]:
        warnings.append(f"The message is not in the character set it names; it was read as {read_as}.")
    return _parsed(text, tuple(warnings))


def read_text(text: str) -> Message | None:
    """The message that a text holds, as ``read_message``."""
    return read_message(text.encode("utf-8", "replace"))


def decoded(data: bytes, encoding: str) -> tuple[str, str]:
    """``data`` as text, and the encoding that it could be read in: the one asked for, or a fallback."""
    for candidate in (encoding, *FALLBACKS):
        try:
            return data.decode(candidate), candidate
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 reads every byte")


def answer(
    message: Message | None, code: Answer, text: str, *, at: str, control_id: str
) -> bytes:  # fmt: skip
    """The acknowledgment of a message, in UTF-8 and in the separators of the message.

    ``at`` is the time as YYYYMMDDHHMMSS, ``control_id`` the acknowledgment's own. ``text`` must not tell
    anything about a patient. Without a message there is nobody to name and no control id to carry.
    """
    marks = message.separators if message is not None else Separators()
    head = message.header if message is not None else Segment("MSH", (), marks)
    version = head.text(12) or "2.5"
    event = message.event if message is not None else ""
    kind = marks.component.join(("ACK", marks.escaped(event), "ACK") if event else ("ACK",))
    fields = (
        "MSH", marks.component + marks.repetition + marks.escape + marks.subcomponent,
        head.raw(5), head.raw(6), head.raw(3), head.raw(4), at, "", kind, control_id,
        head.raw(11) or "P", marks.escaped(version), "", "", "", "", "", "UNICODE UTF-8",
    )  # fmt: skip
    lines = (fields, ("MSA", str(code), head.raw(10), marks.escaped(text)))
    return "".join(_CONTROLS.sub(" ", marks.field.join(line)) + "\r" for line in lines).encode()


def _parsed(text: str, warnings: tuple[str, ...]) -> Message | None:
    lines = _whole_lines(_ENDS.split(text), text[3])
    marks = lines[0].split(text[3])[1] if lines[0].count(text[3]) else ""
    separators = Separators(text[3], *(marks[place : place + 1] for place in range(4)))
    return Message(
        "".join(f"{line}\r" for line in lines),
        separators,
        tuple(_segment(line, separators) for line in lines),
        warnings,
    )


def _whole_lines(lines: Iterable[str], mark: str) -> list[str]:
    """Lines that begin no segment belong to the one before: somebody's text held a line end."""
    whole: list[str] = []
    for line in lines:
        begins = _SEGMENT.fullmatch(line[:3]) is not None and line[3:4] in ("", mark)
        if begins and line[:3] not in _BATCH:
            whole.append(line)
        elif line.strip() and whole and not begins:
            whole[-1] += " " + line
    return whole


def _segment(line: str, separators: Separators) -> Segment:
    fields = line.split(separators.field)
    if fields[0] == "MSH":
        fields.insert(1, separators.field)
    return Segment(fields[0], tuple(fields), separators)


def _nth(text: str, separator: str, number: int) -> str:
    if not separator or separator not in text:
        return text if number == 1 else ""
    parts = text.split(separator, number)
    return parts[number - 1] if number <= len(parts) else ""


def _without_mark(data: bytes) -> bytes:
    """UTF-8 without its byte-order mark; UTF-16 with one is turned into UTF-8."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    return data.removeprefix(b"\xef\xbb\xbf")


def _says_something(data: bytes) -> bool:
    lines = re.split(rb"[\r\n\x0b\x1c]+", data)
    return any(line.strip() and line[:3].decode("latin-1") not in _BATCH for line in lines)
