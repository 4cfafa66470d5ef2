"""Dates and times as technicians key them, after VA FileMan's %DT; the clock is an argument.

Canonical text comes out: ``2026-11-21`` (``1999-07`` or ``1999`` where an imprecise date is allowed),
``07:30``, ``2026-11-21T07:30``. An entry that is no date gives an ``Unclear``: a sentence that says what to key.

Forms (VA FileMan user manual, "Dates and Times"): T, T-1, T+3W, T+4M, N, NOW, NOW-1H, NOON, MID, 7/20/99,
20JUL99, JUL 20, 1999, 072099, 07201999; a missing year is the current one; a two-digit year lies at most
20 years ahead; ``T@330`` is 15:30 and ``T@0330`` 03:30, because hours 1 to 5 without a leading zero mean
the afternoon.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
MONTH_NAMES = tuple(
    enumerate(
        (
            "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE",
            "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER",
        ),
        start=1,
    )
)  # fmt: skip
YEARS_AHEAD = 20  # a two-digit year no further ahead than this belongs to this century
FIRST_YEAR = 1841  # FileMan's calendar begins here

HOW_TO_KEY_A_DATE = "Key a date as 112126, 11/21/2026, 21NOV2026 or T-1."
HOW_TO_KEY_A_TIME = "Key a time as 0730, 7:30, 3P or NOW."
MIDNIGHT = "Midnight belongs to two days: key 0000 for the start of the day or 2359 for its end."

_RELATIVE = re.compile(r"(T|TODAY|N|NOW)(?:([+-])(\d{1,5})([DWMH']?))?")
_SLASHED = re.compile(r"(\d{1,2})[/. -]+(\d{1,2})(?:[/. ,-]+(\d{4}|\d{2}))?")
_MONTH_YEAR = re.compile(r"(\d{1,2})[/-](\d{4})")
_PACKED = re.compile(r"(\d\d)(\d\d)(\d{4}|\d\d)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[ /-]*([A-Z]{3,9})(?:[ ,/-]*(\d{4}|\d{2}))?")
_MONTH_FIRST = re.compile(r"([A-Z]{3,9})[ .]*(\d{1,2})(?!\d)(?:[ ,/-]+(\d{4}|\d{2}))?")
_MONTH_ALONE = re.compile(r"([A-Z]{3,9})[ ,/-]*(\d{4})")
_ISO = re.compile(r"(\d{4})-(\d\d)(?:-(\d\d))?")
_ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_CLOCK = re.compile(r"(\d{1,2})(?::?(\d\d))? ?(A|AM|P|PM)?")


@dataclass(frozen=True, slots=True)
class Unclear:
    """Why an entry is no date or time, in one sentence that says what to key."""

    sentence: str


def parse_date(
    text: str,
    now: datetime,
    *,
    past: bool = False,
    imprecise: bool = False,
    between: tuple[str, str] | None = None,
) -> str | Unclear:
    """The ISO date that ``text`` stands for at ``now`` (local, without zone).

    ``past``: the date cannot lie ahead, so a two-digit or missing year turns back, as for a birth date.
    ``imprecise``: ``JUL 1999`` and ``1999`` are taken as they are (``1999-07``, ``1999``).
    ``between``: ISO days that the date lies between, as those of a stay: a year left out is the one that fits.
    """
    keyed = " ".join(text.upper().split())
    found = _relative_day(keyed, now) or _written_day(keyed, now, past, between) or _month_or_year(keyed)
    if found is None:
        return Unclear(HOW_TO_KEY_A_DATE)
    year, month, day = found
    if not FIRST_YEAR <= year <= 9999:
        return Unclear(f"The year {year} is out of range. {HOW_TO_KEY_A_DATE}")
    if (not month or not day) and not imprecise:
        return Unclear("The exact day is needed here. " + HOW_TO_KEY_A_DATE)
    if month > 12 or (month and day > monthrange(year, month)[1]):
        return Unclear(f"There is no day {month}/{day}/{year}. {HOW_TO_KEY_A_DATE}")
    if past and (year, month or 1, day or 1) > (now.year, now.month, now.day):
        return Unclear("This date cannot lie ahead. Key all four digits of the year.")
    if not month:
        return f"{year:04}"
    return f"{year:04}-{month:02}" if not day else f"{year:04}-{month:02}-{day:02}"


def parse_time(text: str, now: datetime) -> str | Unclear:
    """The clock time ``HH:MM`` that ``text`` stands for."""
    keyed = " ".join(text.upper().split())
    if keyed in ("N", "NOW"):
        return f"{now:%H:%M}"
    minutes = _minutes(keyed)
    if minutes is None:
        return Unclear(HOW_TO_KEY_A_TIME)
    return Unclear(MIDNIGHT) if minutes == 24 * 60 else f"{minutes // 60:02}:{minutes % 60:02}"


def parse_moment(text: str, now: datetime, *, past: bool = False) -> str | Unclear:
    """Date and time together: ``T@0730``, ``7/20/99@1530``, ``NOW-1H``, ``10:30`` (today), ``T@MID``.

    Midnight (``MID``, ``2400``) ends the day that it is keyed with, so it comes out as 00:00 of the next.
    """
    keyed = " ".join(text.upper().split())
    if _ISO_MOMENT.fullmatch(keyed):
        keyed = keyed.replace("T", "@", 1)
    shift = _RELATIVE.fullmatch(keyed)
    if shift and keyed[0] == "N":
        return _not_ahead(_shifted(now, shift), now, past)
    day_text, time_text = _halves(keyed)
    day = parse_date(day_text, now, past=past) if day_text else f"{now:%Y-%m-%d}"
    if isinstance(day, Unclear):
        return day
    if time_text in ("N", "NOW"):
        minutes: int | None = now.hour * 60 + now.minute
    else:
        minutes = _minutes(time_text)
    if minutes is None:
        return Unclear("A date and a time are needed here: key T@0730, 7/20/99@1530 or NOW.")
    return _not_ahead(datetime.fromisoformat(day) + timedelta(minutes=minutes), now, past)


def show_date(value: str, style: str = "us") -> str:
    """A canonical date as people read it: ``11/21/2026``, or ``21 NOV 2026`` in the ``military`` style.

    What is no canonical date is shown as it stands.
    """
    parts = value.split("-")
    if not all(part.isdecimal() for part in parts) or len(parts) > 3:
        return value
    if len(parts) == 1:
        return value
    month = int(parts[1])
    if not 1 <= month <= 12:
        return value
    if style == "military":
        shown = f"{MONTHS[month - 1]} {parts[0]}"
        return shown if len(parts) == 2 else f"{parts[2]} {shown}"
    return f"{parts[1]}/{parts[0]}" if len(parts) == 2 else f"{parts[1]}/{parts[2]}/{parts[0]}"


def show_time(value: str) -> str:
    """``07:30`` as ``0730``."""
    return value.replace(":", "", 1) if len(value) == 5 and value[2] == ":" else value


def show_moment(value: str, style: str = "us") -> str:
    """``2026-11-21T07:30`` as ``11/21/2026 0730``."""
    day, separator, clock = value.partition("T")
    return f"{show_date(day, style)} {show_time(clock)}" if separator else show_date(value, style)


def _relative_day(keyed: str, now: datetime) -> tuple[int, int, int] | None:
    shift = _RELATIVE.fullmatch(keyed)
    if shift is None:
        return None
    day = _shifted(now, shift)
    return None if day is None else (day.year, day.month, day.day)


def _shifted(now: datetime, shift: re.Match[str]) -> datetime | None:
    """``now`` moved by what follows T or NOW; days when no unit is given; None when out of the calendar."""
    start = now.replace(second=0, microsecond=0)
    if shift[2] is None:
        return start
    count = int(shift[3]) * (-1 if shift[2] == "-" else 1)
    try:
        if shift[4] == "M":
            months = start.year * 12 + start.month - 1 + count
            year, month = months // 12, months % 12 + 1
            return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))
        steps = {
            "": timedelta(days=count),
            "D": timedelta(days=count),
            "W": timedelta(weeks=count),
            "H": timedelta(hours=count),
            "'": timedelta(minutes=count),
        }
        return start + steps[shift[4]]
    except (ValueError, OverflowError):
        return None


def _written_day(
    keyed: str, now: datetime, past: bool, between: tuple[str, str] | None
) -> tuple[int, int, int] | None:
    """Year, month and day of a date written out; the day may be 0 where its place was keyed as 00."""
    if iso := _ISO.fullmatch(keyed):
        return int(iso[1]), int(iso[2]), int(iso[3] or 0)
    month_text, day_text, year_text = "", "", None
    if match := (_SLASHED.fullmatch(keyed) or _PACKED.fullmatch(keyed)):
        if match.re is _PACKED and match[3] is None and int(match[1]) > 12:
            return None  # four digits that are a year
        month_text, day_text, year_text = match[1], match[2], match[3]
    elif match := _DAY_FIRST.fullmatch(keyed):
        day_text, month_text, year_text = match[1], _month_number(match[2]), match[3]
    elif match := _MONTH_FIRST.fullmatch(keyed):
        month_text, day_text, year_text = _month_number(match[1]), match[2], match[3]
    if not month_text or not int(month_text):
        return None
    month, day = int(month_text), int(day_text)
    fitting = _years_between(month, day, *between) if between and not year_text else []
    year = fitting[0] if len(fitting) == 1 else _full_year(year_text, month, day, now, past)
    return year, month, day


def _years_between(month: int, day: int, first: str, last: str) -> list[int]:
    """The years in which a day of the calendar lies between two ISO days."""
    return [
        year
        for year in range(int(first[:4]), int(last[:4]) + 1)
        if first <= f"{year:04}-{month:02}-{day:02}" <= last
    ]


def _month_or_year(keyed: str) -> tuple[int, int, int] | None:
    if match := _MONTH_YEAR.fullmatch(keyed):
        return (int(match[2]), int(match[1]), 0) if int(match[1]) else None
    if match := _MONTH_ALONE.fullmatch(keyed):
        month = _month_number(match[1])
        return (int(match[2]), int(month), 0) if month else None
    return (int(keyed), 0, 0) if re.fullmatch(r"\d{4}", keyed) else None


def _month_number(word: str) -> str:
    """The number of a month written as a word or its first three letters or more."""
    return next((str(month) for month, name in MONTH_NAMES if name.startswith(word)), "")


def _full_year(text: str | None, month: int, day: int, now: datetime, past: bool) -> int:
    if text and len(text) == 4:
        return int(text)
    ahead = (month, day or 1) > (now.month, now.day)
    if not text:
        return now.year - 1 if past and ahead else now.year
    latest = now.year + (0 if past else YEARS_AHEAD)
    year = latest - (latest - int(text)) % 100
    return year - 100 if past and year == now.year and ahead else year


def _minutes(keyed: str) -> int | None:
    """Minutes after midnight, 1440 for the midnight that ends the day; None when it is no time."""
    if keyed and "NOON".startswith(keyed) and len(keyed) > 2:
        return 12 * 60
    if len(keyed) > 1 and "MIDNIGHT".startswith(keyed):
        return 24 * 60
    match = _CLOCK.fullmatch(keyed)
    if match is None:
        return None
    digits, half = match[1], (match[3] or "")[:1]
    hour, minute = int(digits), int(match[2] or 0)
    if minute > 59 or hour > 24 or (hour == 24 and minute):
        return None
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "P" else 0)
    elif 1 <= hour <= 5 and len(digits) == 1:
        hour += 12  # T@330 is in the afternoon, T@0330 is not
    return hour * 60 + minute


def _halves(keyed: str) -> tuple[str, str]:
    """Date part and time part: parted by @ or by the last blank, or a time alone."""
    if "@" in keyed:
        day, _, clock = keyed.partition("@")
        return day.strip(), clock.strip()
    day, _, clock = keyed.rpartition(" ")
    if clock in ("AM", "PM", "A", "P"):
        day, _, hour = day.rpartition(" ")
        clock = f"{hour} {clock}"
    if day and _minutes(clock) is not None and _looks_like_time(clock):
        return day, clock
    return ("", keyed) if ":" in keyed or _word_of_time(keyed) else (keyed, "")


def _looks_like_time(clock: str) -> bool:
    return ":" in clock or len(clock) == 4 or not clock.isdecimal()


def _word_of_time(keyed: str) -> bool:
    """NOON, MID or 3P: a time by its letters, which stands alone for today."""
    return any(letter.isalpha() for letter in keyed) and _minutes(keyed) is not None


def _not_ahead(moment: datetime | None, now: datetime, past: bool) -> str | Unclear:
    if moment is None:
        return Unclear(HOW_TO_KEY_A_DATE)
    if past and moment > now:
        return Unclear("This time cannot lie ahead.")
    return f"{moment:%Y-%m-%dT%H:%M}"
