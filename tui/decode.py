"""Bytes from a terminal made into strokes: bad bytes become a mark, sequences that are no key are dropped.

Keys come as ECMA-48 control sequences in the variants of xterm, PuTTY, the linux console, tmux and VT220. Anything
else that begins with ESC (reports, replies, titles, Alt chords) never reaches a field.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping

from rules.text import MARK
from tui.keys import Stroke

LONGEST_SEQUENCE = 4096  # characters of an unfinished sequence, after which it is given up
LONGEST_PASTE = 100_000  # characters; a paste that does not end is given up after as many

TILDE = {
    1: "home", 2: "insert", 3: "delete", 4: "end", 5: "pageup", 6: "pagedown", 7: "home", 8: "end",
    11: "f1", 12: "f2", 13: "f3", 14: "f4", 15: "f5", 17: "f6", 18: "f7", 19: "f8", 20: "f9", 21: "f10",
    23: "f11", 24: "f12",
}  # fmt: skip
LETTER = {
    "A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end", "Z": "shift+tab",
    "P": "f1", "Q": "f2", "R": "f3", "S": "f4",
}  # fmt: skip
LINUX = {"A": "f1", "B": "f2", "C": "f3", "D": "f4", "E": "f5"}
KEYPAD = dict(zip("jklmnopqrstuvwxyX", "*+,-./0123456789=", strict=True)) | {"M": "\r"}
CONTROL = {"\r": "enter", "\n": "enter", "\t": "tab", "\x7f": "backspace", "\x08": "backspace"}
EIGHT_BIT = {0x9B: "\x1b[", 0x8F: "\x1bO", 0x90: "\x1bP", 0x9D: "\x1b]"}  # C1 forms of a VT220

TOKEN = re.compile(
    r"""
      (?P<text>[^\x00-\x1f\x7f]+)
    | (?P<control>[\x00-\x1a\x1c-\x1f\x7f])
    | \x1b\[200~(?P<paste>.*?)\x1b\[201~
    | \x1b\[\[(?P<linux>[A-E])
    | \x1b\[(?!200~)(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-Z\\-~])
    | \x1bO(?P<keypad>[0-9;]*[@-~])
    | \x1b[\]PX^_][^\x1b\x07]*(?:\x07|\x1b\\)
    | \x1b(?P<digit>[0-9])
    | \x1b[ -/]*[^\x1b\[O\]PX^_\x00-\x1f -/]
    """,
    re.VERBOSE | re.DOTALL,
)
UNFINISHED = re.compile(
    r"\x1b(?:\[(?:\[|[0-?]*[ -/]*)|O[0-9;]*|[\]PX^_][^\x1b\x07]*\x1b?|[ -/]*|\[200~.*)\Z", re.DOTALL
)
PASTED_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _mark(error: UnicodeError) -> tuple[str, int]:
    """Bytes that are no UTF-8: a VT220's 8-bit introducers keep their meaning, others become a mark."""
    assert isinstance(error, UnicodeDecodeError)
    byte = error.object[error.start]
    return EIGHT_BIT.get(byte, MARK), error.start + 1


def terminal_encoding(environ: Mapping[str, str]) -> str:
    """The character set of the terminal as its locale names it; UTF-8 where it names none."""
    locale = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    name = locale.partition(".")[2].partition("@")[0]
    try:
        return codecs.lookup(name or "utf-8").name
    except LookupError:
        return "utf-8"


class Decoder:
    """Keeps what is unfinished between reads. ``flush`` gives it up when nothing followed in time."""

    def __init__(self, encoding: str = "utf-8") -> None:
        codecs.register_error("recordroom.mark", _mark)
        self._bytes = codecs.getincrementaldecoder(encoding)("recordroom.mark")
        self._pending = ""

    @property
    def unfinished(self) -> bool:
        return bool(self._pending)

    def feed(self, data: bytes) -> list[Stroke]:
        """The strokes that ``data`` completes."""
        text = self._pending + self._bytes.decode(data)
        self._pending = ""
        strokes: list[Stroke] = []
        at = 0
        while at < len(text):
            match = TOKEN.match(text, at)
            if match:
                strokes += _strokes(match)
                at = match.end()
            elif _may_go_on(text, at):
                self._pending = text[at:]
                break
            else:
                at = _skip(text, at)
        return strokes

    def flush(self) -> list[Stroke]:
        """Nothing came after an unfinished sequence: a paste is taken as it is, the rest was no key."""
        pending, self._pending = self._pending, ""
        if pending.startswith("\x1b[200~"):
            return [_paste(pending[6:])]
        return []


def _may_go_on(text: str, at: int) -> bool:
    longest = LONGEST_PASTE if text.startswith("\x1b[200~", at) else LONGEST_SEQUENCE
    return len(text) - at < longest and UNFINISHED.match(text, at) is not None


def _skip(text: str, at: int) -> int:
    """Past a malformed sequence: its introducer and parameters go, what follows is read anew."""
    match = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[O\]PX^_]?)").match(text, at)
    return max(at + 1, match.end() if match else at + 1)


def _strokes(match: re.Match[str]) -> list[Stroke]:
    kind = match.lastgroup
    if kind == "text":
        return [
            Stroke("", _typed(character)) for character in match["text"] if not "\x80" <= character <= "\x9f"
        ]
    if kind == "control":
        return _control(match["control"])
    if kind == "paste":
        return [_paste(match["paste"])]
    if kind == "linux":
        return [Stroke(LINUX[match["linux"]])]
    if kind == "final":
        return _sequence(match["parameters"], match["final"])
    if kind == "keypad":
        return _keypad(match["keypad"])
    if kind == "digit":
        return [Stroke(f"f{match['digit'].replace('0', '10')}")]  # Esc 1 stands for F1 on odd hardware
    return []


def _typed(character: str) -> str:
    """The character, a blank for any kind of blank, a mark for what no terminal is sure to draw."""
    return character if character.isprintable() else " " if character.isspace() else MARK


def _control(character: str) -> list[Stroke]:
    if name := CONTROL.get(character):
        return [Stroke(name)]
    code = ord(character)
    return [Stroke(f"ctrl+{chr(code + 96)}")] if 1 <= code <= 26 else []


def _sequence(parameters: str, final: str) -> list[Stroke]:
    """A control sequence: a key with or without modifiers, which are ignored but on function keys."""
    if parameters[:1] in ("<", "=", ">", "?"):
        return []
    numbers = parameters.split(";")
    first = int(numbers[0]) if numbers[0].isdecimal() else 1
    modified = len(numbers) > 1
    name = TILDE.get(first, "") if final == "~" else LETTER.get(final, "") if first == 1 else ""
    if not name or (modified and name[0] == "f"):  # Shift+F3 looks like a cursor report
        return []
    return [Stroke(name)]


def _keypad(sequence: str) -> list[Stroke]:
    final = sequence[-1]
    if final in KEYPAD:
        character = KEYPAD[final]
        return [Stroke("enter")] if character == "\r" else [Stroke("", character)]
    name = LETTER.get(final)
    return [Stroke(name)] if name and final != "Z" else []


def _paste(text: str) -> Stroke:
    return Stroke("paste", PASTED_CONTROL.sub(MARK, text))
