"""A field while it is keyed: its editing buffer, what its kind accepts, and how a canonical value is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from rules.dates import Unclear, parse_date, parse_moment, parse_time, show_date, show_moment, show_time
from rules.text import cells, clean, fit
from tui.screen import Field, Kind

LEADS = '^@?/*" '  # first characters of entries that are no value: jump, clear, help, null, same, recall
LONGEST_ENTRY = 4000  # cells; a field longer than that is a mistake of the screen, not of the person
DAY = 10  # characters of an ISO day, with which a moment begins too
NOTHING: Mapping[str, str] = {}
NARROW_DATE = 11  # 21 NOV 2026
NARROW_MOMENT = 16  # 21 NOV 2026 0730
FULL_DATE = re.compile(r"\d{8}|\d{2}/\d{2}/\d{4}", re.ASCII)
YES = ("Y", "YES", "1")
NO = ("N", "NO", "0")


@dataclass(slots=True)
class Entry:
    """Text being keyed and the place in it. ``fresh``: the shown value, which the next character replaces."""

    text: str = ""
    at: int = 0
    fresh: bool = True
    left: int = 0  # first character shown, when the text is longer than the field

    def key(self, name: str, typed: str) -> bool:
        """Edit by one key; False when the key is none of the editor's."""
        if not name:
            self._insert(typed)
            return True
        edit = _EDITS.get(name)
        if edit is None:
            return False
        edit(self)
        if name not in ("backspace", "delete"):
            self.fresh = False
        return True

    def _insert(self, typed: str) -> None:
        if self.fresh:
            self.text, self.at, self.fresh = "", 0, False
        if len(self.text) + len(typed) > LONGEST_ENTRY:
            return
        self.text = self.text[: self.at] + typed + self.text[self.at :]
        self.at += len(typed)

    def backspace(self) -> None:
        if self.fresh:
            self.text, self.at, self.fresh = "", 0, False
        elif self.at:
            self.text = self.text[: self.at - 1] + self.text[self.at :]
            self.at -= 1

    def delete(self) -> None:
        self.fresh = False
        self.text = self.text[: self.at] + self.text[self.at + 1 :]

    def erase(self) -> None:
        """Everything from the cursor to the end of the field."""
        self.fresh = False
        self.text = self.text[: self.at]

    def move(self, to: int) -> None:
        self.at = max(0, min(len(self.text), to))

    def window(self, width: int) -> tuple[str, int]:
        """What shows in ``width`` cells, and the cursor's cell in it."""
        if self.at < self.left:
            self.left = self.at
        while cells(self.text[self.left : self.at]) > width - 1 and self.left < self.at:
            self.left += 1
        shown = clean(self.text[self.left :])
        room, kept = width, ""
        for character in shown:
            room -= cells(character)
            if room < 0:
                break
            kept += character
        return fit(kept, width), min(width - 1, cells(clean(self.text[self.left : self.at])))


_EDITS: dict[str, Callable[[Entry], None]] = {
    "backspace": Entry.backspace,
    "delete": Entry.delete,
    "left": lambda entry: entry.move(entry.at - 1),
    "right": lambda entry: entry.move(entry.at + 1),
    "home": lambda entry: entry.move(0),
    "end": lambda entry: entry.move(len(entry.text)),
}


def field_limit(field: Field) -> int:
    """The longest value of a field, in characters."""
    return field.length or field.width


def shown_width(field: Field, style: str = "us") -> int:
    """Cells that a field takes on the form; dates are given the room that the site's style needs."""
    if style == "military" and field.kind is Kind.DATE:
        return max(field.width, NARROW_DATE)
    if field.kind is Kind.MOMENT:
        return max(field.width, NARROW_MOMENT)
    return max(field.width, 1 + max(map(len, field.nulls), default=0))


def shown(field: Field, value: str, style: str = "us") -> str:
    """A canonical value as it stands in its field; what does not fit the kind is shown as it is."""
    if not value or field.kind is Kind.TEXT or field.kind is Kind.UPPER:
        return _shown_null(value) if value[:1] == "/" and value[1:] in field.nulls else pointed(field, value)
    if value[0] == "/":
        return _shown_null(value)
    if field.kind is Kind.DATE:
        return show_date(value, style)
    if field.kind is Kind.TIME:
        return show_time(value)
    if field.kind is Kind.MOMENT:
        return show_moment(value, style)
    if field.kind is Kind.YES_NO:
        return {"1": "Y", "0": "N"}.get(value, value)
    return "*" * len(value) if field.kind is Kind.SECRET else value


def pointed(field: Field, value: str) -> str:
    """``I214`` as ``I21.4`` where the field has its point after the third character."""
    if not field.point or len(value) <= field.point or not value.isalnum():
        return value
    return f"{value[: field.point]}.{value[field.point :]}"


def parse(field: Field, text: str, now: datetime, record: Mapping[str, str] = NOTHING) -> str | Unclear:
    """The canonical value of what was keyed into ``field`` of ``record``, or why it cannot be taken."""
    if field.kind is Kind.SECRET:
        return text
    keyed = " ".join(text.split("\n")).strip()
    if not keyed:
        return ""
    if field.nulls and keyed[0] in "/*" and (null := _null(field, keyed[1:].upper())):
        return null
    if keyed[0] == "/" and field.kind not in (Kind.TEXT, Kind.UPPER):
        allowed = ", ".join("/" + null for null in field.nulls)
        return Unclear(f"Key {allowed} for a null value." if allowed else "No null value is permitted here.")
    if matches_words(field):
        return keyed.upper()
    if field.kind is Kind.DATE:
        return parse_date(
            keyed, now, past=field.past, imprecise=field.imprecise, between=_between(field, record)
        )
    if field.kind is Kind.TIME:
        return parse_time(keyed, now)
    if field.kind is Kind.MOMENT:
        return parse_moment(keyed, now, past=field.past)
    return _PARSERS[field.kind](field, keyed)


def _between(field: Field, record: Mapping[str, str]) -> tuple[str, str] | None:
    """The days that a date of this record lies between; None while one of them is not known to the day."""
    first, last = ([record.get(path, "")[:DAY] for path in field.within] or ["", ""])[:2]
    return (first, last) if len(first) == len(last) == DAY else None


def matches_words(field: Field) -> bool:
    """Whether words may be keyed here that find a code in the field's list."""
    return field.lookup and field.kind is Kind.UPPER


def is_full(field: Field, text: str) -> bool:
    """Whether a field of fixed length holds all that it takes, so that it may be left by itself."""
    if not text or text[0] in LEADS:
        return False
    if field.kind is Kind.DATE:
        return FULL_DATE.fullmatch(text) is not None
    if not field.auto_skip:
        return False
    if field.kind is Kind.TIME:
        return len(text) == 4 and text.isdecimal()
    if field.kind is Kind.YES_NO:
        return text.upper() in ("Y", "N", "1", "0")
    return len(text) >= field_limit(field)


def _shown_null(value: str) -> str:
    return "*" + value[1:]


def _null(field: Field, keyed: str) -> str:
    """``/`` is the first null, ``//`` the second; else the code, or the only one that has these letters."""
    if not keyed.strip("/"):
        return "/" + field.nulls[len(keyed)] if len(keyed) < len(field.nulls) else ""
    if keyed in field.nulls:
        return "/" + keyed
    fits = [null for null in field.nulls if keyed in null]
    return "/" + fits[0] if len(fits) == 1 else ""


def _text(field: Field, keyed: str) -> str | Unclear:
    limit = field_limit(field)
    if len(keyed) > limit:
        return Unclear(f"At most {limit} characters fit here; {len(keyed)} were keyed.")
    return keyed.upper() if field.kind is Kind.UPPER else keyed


def _integer(field: Field, keyed: str) -> str | Unclear:
    digits = keyed.replace(",", "")
    if not re.fullmatch(r"[+-]?\d+", digits, re.ASCII):
        return Unclear("Key a whole number.")
    return _text(field, str(int(digits)) if len(digits) < 400 else digits)


def _decimal(field: Field, keyed: str) -> str | Unclear:
    try:
        number = Decimal(keyed.replace(",", ""))
    except InvalidOperation:
        return Unclear("Key a number, such as 72.5.")
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or abs(number.adjusted()) > 30:
        return Unclear("Key a number, such as 72.5.")
    if -exponent > field.decimals and number != round(number, field.decimals):
        places = f"{field.decimals} decimal places" if field.decimals else "no decimal places"
        return Unclear(f"This number takes {places}.")
    plain = f"{number.normalize() + 0:f}"
    return _text(field, plain)


def _yes_no(field: Field, keyed: str) -> str | Unclear:
    answer = keyed.upper()
    if answer in YES:
        return "1"
    return "0" if answer in NO else Unclear("Key Y for yes or N for no.")


_PARSERS = {
    Kind.TEXT: _text,
    Kind.UPPER: _text,
    Kind.INTEGER: _integer,
    Kind.DECIMAL: _decimal,
    Kind.YES_NO: _yes_no,
}
