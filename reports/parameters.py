"""What reports ask for: kinds of parameters, the common ones, and how what was given becomes canonical text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from db.actors import Actor
from rules.dates import FIRST_YEAR, Unclear, parse_date
from rules.findings import Told
from rules.moments import day_number, iso_date
from rules.periods import month, month_of
from rules.text import clean

YES, NO = "1", "0"
FULL, LAST_FOUR, NONE = "full", "last4", "none"
WRITTEN, RECORDS = "written", "records"  # what a written report shows: what it was written to, or its records
HIGHEST_NUMBER: Final = 1_000_000_000
LAST_YEAR: Final = 9999  # of the calendar: a year that begins in the one before it ends in it
_YES_NO: Final = {"1": YES, "0": NO, "y": YES, "n": NO, "yes": YES, "no": NO, "true": YES, "false": NO}
_CODE: Final = re.compile(r"[A-Z0-9]{1,10}")


class NotAsked(Told):
    """A parameter is missing or cannot be read; one sentence."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a report asks for.

    ``kind`` says how it is written and kept:

    ========  ==========================================================================================
    date      a day, kept as ISO day; keyed as in any date field, or as one of ``MOVING``
    month     ``YYYY-MM``
    text      as it is
    user      a name: somebody whose figures are asked for; one's own without the permission for others
    choice    one of ``choices``
    yes/no    ``1`` or ``0``
    number    a whole number, 0 or more
    list      codes, comma separated
    codes     codes and ranges, comma separated: ``I20-I25,J18``; a code stands for all that begin with it
    ========  ==========================================================================================

    ``default`` is canonical text, or a day or month that moves: one of ``MOVING``.
    """

    name: str  # the flag on the command line and the field on the screen
    label: str
    kind: str
    required: bool = True
    default: str = ""
    choices: tuple[str, ...] = ()
    """Of a list: words that it may hold beside its codes."""
    source: str = ""  # where its values stand: a site file, or a code system (cm, pcs, drg)

    @property
    def chosen_of(self) -> tuple[str, ...]:
        """Of a list that holds nothing else: the words that it may hold."""
        return self.choices if self.kind == "list" and not self.source else ()


MOVING: Final = ("today", "yesterday", "this month", "last month", "start of last month", "end of last month",
                 "start of month", "start of last quarter", "end of last quarter", "start of year")  # fmt: skip

MOVING_DAYS: Final = tuple(word for word in MOVING if word not in ("this month", "last month"))

DAY: Final = Parameter("day", "Day", "date", default="yesterday")
MONTH: Final = Parameter("month", "Month", "month", default="last month")
VERSION: Final = Parameter(
    "version", "Version", "text", default="published"
)  # of a month: published, latest, 1, 2 ...
FROM: Final = Parameter("from", "From", "date", default="start of last month")
TO: Final = Parameter("to", "To", "date", default="end of last month")
UNIT: Final = Parameter("unit", "Units", "list", required=False, source="unit")
SERVICE: Final = Parameter("service", "Services", "list", required=False, source="service")
PROVIDER: Final = Parameter("provider", "Physicians", "list", required=False, source="provider")
PAYER: Final = Parameter("payer", "Payers", "list", required=False, source="payer")
CODES: Final = Parameter("code", "Codes", "codes", source="cm")
DETAIL: Final = Parameter("detail", "Lines", "choice", default="detail", choices=("detail", "summary"))
EJECT: Final = Parameter("eject", "Page for each group", "yes/no", default=NO)
IDENTIFIERS: Final = Parameter(
    "identifiers", "Identifiers", "choice", default=FULL, choices=(FULL, LAST_FOUR, NONE)
)


class Asked(dict[str, str]):
    """The canonical parameters of a report, and who asks: what every ``query`` gets.

    ``status`` and ``version`` say what its month is being closed as; otherwise it is open.
    """

    status: str = "open"  # closed, restated
    version: int | None = None

    def __init__(self, actor: Actor, parameters: Mapping[str, str]) -> None:
        super().__init__(parameters)
        self.actor = actor

    def day(self, name: str) -> int | None:
        """A date as a day number; None when it was left open."""
        return day_number(self[name]) if self.get(name) else None

    def listed(self, name: str) -> tuple[str, ...]:
        """The codes of a list; none asks for all."""
        return tuple(filter(None, self.get(name, "").split(",")))

    def ranges(self, name: str) -> tuple[tuple[str, str], ...]:
        """The code ranges, as ``codes_between`` gives them; none asks for all."""
        return codes_between(self.get(name, ""))

    def yes(self, name: str) -> bool:
        """Whether a question was answered with yes."""
        return self.get(name) == YES

    @property
    def identifiers(self) -> str:
        """How much of a patient's name and number may be shown: what was asked, lowered to what the role sees."""
        return self.get(IDENTIFIERS.name, FULL)


def named(parameters: Iterable[Parameter], asked: Mapping[str, str]) -> dict[str, str]:
    """What was asked for by the names of the parameters: ``-`` and ``_`` are alike in them; strangers stay."""
    names = {each.name.replace("_", "-"): each.name for each in parameters}
    return {names.get(name.replace("_", "-"), name): value for name, value in asked.items()}


def month_asked(parameters: Mapping[str, str]) -> str:
    """The month that a report is of: named, by its first and last day, or, where it is of one day, by its last.

    Blank where it is of no month.
    """
    if named := parameters.get(MONTH.name, ""):
        return named
    last = parameters.get(DAY.name, "") or parameters.get(TO.name, "")
    if not last:
        return ""
    whole = month_of(day_number(last))
    begins = parameters.get(FROM.name, "") == iso_date(whole.from_day) or bool(parameters.get(DAY.name))
    return whole.name if begins and last == iso_date(whole.to_day) else ""


def sort(*choices: str) -> Parameter:
    """In which order the lines stand; the first choice is the usual one."""
    return Parameter("sort", "Sorted by", "choice", default=choices[0], choices=choices)


def grouped(*choices: str) -> Parameter:
    """What the lines are grouped by, with a subtotal each; blank: by nothing."""
    return Parameter("break", "Grouped by", "choice", required=False, choices=choices)


def optional(parameter: Parameter) -> Parameter:
    """The same without a default: blank asks for everything."""
    return replace(parameter, required=False, default="")


def resolved(parameter: Parameter, given: str, today: int) -> str:
    """The canonical value of what was given, or of the default. Raises ``NotAsked``."""
    value = clean(given).strip() or parameter.default
    if parameter.kind in ("date", "month"):
        value = moving(value.casefold(), parameter.kind, today)
    if not value:
        if parameter.required:
            raise NotAsked(f"{parameter.label} is missing: name it with --{parameter.name}.")
        return ""
    try:
        if parameter.kind == "date":
            return _date(value, today)
        return _READ.get(parameter.kind, _as_given)(parameter, value)
    except ValueError as error:
        raise NotAsked(f"{parameter.label} {value!r} {error}") from error


def moving(default: str, kind: str, today: int) -> str:
    """A default as canonical text on a day."""
    if default not in MOVING:
        return default
    last, this = month_of(today, months_back=1), month_of(today)
    into = (int(this.name[5:7]) - 1) % 3  # months since the quarter of the calendar year began
    day = {
        "today": today, "yesterday": today - 1, "start of last month": last.from_day,
        "end of last month": last.to_day, "start of month": this.from_day,
        "start of last quarter": month_of(today, months_back=into + 3).from_day,
        "end of last quarter": month_of(today, months_back=into + 1).to_day,
        "start of year": day_number(iso_date(today)[:4] + "-01-01"),
        "last month": last.from_day, "this month": today,
    }[default]  # fmt: skip
    return iso_date(day)[:7] if kind == "month" else iso_date(day)


def codes_between(text: str) -> tuple[tuple[str, str], ...]:
    """The ranges of canonical ``codes``, first code and an end beyond every code of the range.

    A code begins all its subdivisions: ``J18`` gives ``("J18", "J18~")``, to be asked as
    ``code >= ? AND code < ?``.
    """
    ranges = (part.partition("-") for part in text.split(",") if part)
    return tuple((low, f"{high or low}~") for low, _, high in ranges)


def _as_given(parameter: Parameter, value: str) -> str:
    if parameter.choices:
        return _choice(parameter, value)
    return value


def _choice(parameter: Parameter, value: str) -> str:
    found = value if value in parameter.choices else value.casefold()
    if found not in parameter.choices:
        raise ValueError(f"is not one of {', '.join(parameter.choices)}.")
    return found


def _date(value: str, today: int) -> str:
    read = parse_date(value, datetime.fromordinal(today))
    if isinstance(read, Unclear):
        raise ValueError("cannot be read: write it as 2026-11-21, 11/21/2026 or T-1.")
    return read


def _month(parameter: Parameter, value: str) -> str:
    try:
        name = month(value).name
    except ValueError:
        raise ValueError("cannot be read: write it as 2026-11.") from None
    if not FIRST_YEAR <= int(name[:4]) < LAST_YEAR:
        raise ValueError(f"lies outside of the years {FIRST_YEAR} to {LAST_YEAR - 1}.")
    return name


def _yes_no(parameter: Parameter, value: str) -> str:
    if value.casefold() not in _YES_NO:
        raise ValueError("is neither yes nor no.")
    return _YES_NO[value.casefold()]


def _number(parameter: Parameter, value: str) -> str:
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise ValueError(f"is no whole number from 0 to {HIGHEST_NUMBER - 1}.")
    return str(int(value))


def _list(parameter: Parameter, value: str) -> str:
    parts = list(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
    if parameter.chosen_of:  # those with a source are looked up in the site file
        strangers = [part for part in parts if part.casefold() not in parameter.choices]
        if strangers:
            raise ValueError(f"is not one of {', '.join(parameter.choices)}.")
    return ",".join(parts)


def _codes(parameter: Parameter, value: str) -> str:
    made = []
    for part in filter(None, (part.strip() for part in value.upper().replace(".", "").split(","))):
        ends = [end.strip() for end in part.split("-")]
        if len(ends) > 2 or not all(_CODE.fullmatch(end) for end in ends):
            raise ValueError("cannot be read: write codes and ranges as I20-I25,J18.")
        if ends[0] > f"{ends[-1]}~":
            raise ValueError(f"has a range that ends before it begins: {part}.")
        made.append("-".join(ends))
    if not made:
        raise ValueError("holds no code: write codes and ranges as I20-I25,J18.")
    return ",".join(dict.fromkeys(made))


_READ: Final = {
    "month": _month, "choice": _choice, "yes/no": _yes_no, "number": _number, "list": _list,
    "codes": _codes,
}  # fmt: skip
