"""The work queue: kinds of work, the twelve orders and more it can be gone through, and the line that asks for some.

A line is words and ``NAME=VALUE``: ``CODE UNIT=3E,ICU AGE>7 TO=ME HOLD=N SORT=TD``. A bare word is a kind. The line
that is kept, shown and keyed is one and the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import IntEnum, IntFlag
from typing import Final

from rules.findings import Told
from rules.tables import CodeTable


class Kind(IntFlag):
    """Why an account waits; one has several. What is from ABSTRACT on is keyed by technicians and coders."""

    RELEASE = 1  # complete; a supervisor releases it
    WAITING = 2  # a query to a physician is open
    ABSTRACT = 4
    CODE = 8
    OPEN = 16  # filed, not complete
    REOPENED = 32  # by a late change of the feed, the movements or the chart
    BILLING = 64  # returned
    RECEIVER = 128  # rejected
    FEED = 256  # the feed differs from what was keyed
    ANSWERED = 512  # a query was answered
    DRAFT = 1024  # begun by the one who asks, and not filed
    DUPLICATE = 2048  # the chart may be one of two of the same person


LETTERS: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.ABSTRACT: ("A", "to abstract"),
    Kind.CODE: ("C", "to code"),
    Kind.OPEN: ("I", "incomplete: filed, something is missing"),
    Kind.REOPENED: ("O", "opened again by a late change"),
    Kind.BILLING: ("B", "returned by billing"),
    Kind.RECEIVER: ("R", "rejected by the receiver"),
    Kind.FEED: ("F", "the feed differs from what was keyed"),
    Kind.ANSWERED: ("Q", "query answered"),
    Kind.WAITING: ("W", "query not answered yet"),
    Kind.DRAFT: ("D", "your own draft"),
    Kind.DUPLICATE: ("P", "the patient may have two charts"),
    Kind.RELEASE: ("L", "complete, to be released"),
}
"""Letter in the list and meaning, in the order in which they are shown."""
TO_DO: Final = Kind.ABSTRACT  # kinds from here on are work at the keyboard
STORED: Final = Kind.ANSWERED | (Kind.ANSWERED - 1)
RETURNED: Final = Kind.BILLING | Kind.RECEIVER
ANY: Final = "ANY"  # of the kinds: complete ones that wait for their release too
GROUPS: Final[Mapping[str, Kind]] = {
    "RETURNED": RETURNED, "INCOMPLETE": Kind.OPEN, "QUERY": Kind.ANSWERED, ANY: STORED,
}  # fmt: skip

NONE: Final = Kind(0)
NEVER: Final = 3_652_059  # a hold without an end: 9999-12-31
ANYBODY, ME, NOBODY = "", "ME", "NOBODY"


def letters(kinds: int) -> str:
    """The kinds of an account as letters, such as ``AC`` or ``IB``."""
    return "".join(letter for kind, (letter, _) in LETTERS.items() if kinds & kind)


@dataclass(frozen=True, slots=True)
class Order:
    """A way to go through the queue: the column that is sorted by, ascending, and what it is called."""

    column: str
    label: str
    of_numbers: bool = False


SORTS: Final[Mapping[str, Order]] = {
    "DISCHARGE": Order("discharge_day", "discharge, oldest first", True),
    "AGE": Order("since_day", "waiting longest first", True),
    "ACCOUNT": Order("account", "account"),
    "MRN": Order("mrn", "MRN"),
    "NAME": Order("name_key", "name"),
    "TD": Order("td_key", "terminal digit"),
    "MD": Order("md_key", "middle digit"),
    "UNIT": Order("unit", "unit"),
    "SERVICE": Order("service", "service"),
    "PAYER": Order("payer", "payer"),
    "ATTENDING": Order("attending", "attending"),
    "VALUE": Order("value_order", "value on hold, most first", True),
    "STATUS": Order("standing", "status, most errors first", True),
    "ASSIGNED": Order("assigned", "who has it"),
}


STANDINGS: Final = ("open", "not filed", "complete", "released", "transmitted")
"""Statuses of abstracts in the order of STATUS."""
STANDING: Final = (
    100_000  # what lies between two of them in ``work_item.standing``; inside it most errors come first
)


@dataclass(frozen=True, slots=True)
class Range:
    """Whole numbers from ``low`` to ``high``, both inside; None is open."""

    low: int | None = None
    high: int | None = None

    def __str__(self) -> str:
        if self.low == self.high:
            return f"={self.low}"
        if self.low is None:
            return f"<{(self.high or 0) + 1}"
        return f">{self.low - 1}" if self.high is None else f"={self.low}-{self.high}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the queue is asked for, and in which order. What is not said asks for all."""

    kinds: Kind = NONE
    among: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # column -> any of these codes
    age: Range | None = None  # days since discharge
    value: Range | None = None  # whole dollars
    to: str = ANYBODY  # ME, NOBODY or a user
    hold: str = "N"  # N: what is not on hold; Y: what is; ANY
    reasons: tuple[str, ...] = ()  # of the hold
    errors: str = ""  # Y or N
    billed: str = ""  # Y or N: released already
    sort: str = "DISCHARGE"

    @property
    def order(self) -> Order:
        return SORTS[self.sort]

    def __str__(self) -> str:
        return " ".join(_words(self))


EVERYTHING: Final = Asked()
CODES: Final[Mapping[str, str]] = {
    "UNIT": "unit", "SERVICE": "service", "PAYER": "payer", "ATTENDING": "attending", "CLASS": "class",
    "STATUS": "status",
}  # fmt: skip
NAMES: Final[Mapping[str, str]] = {
    "KIND": "kinds of work: a word, or several with commas",
    "UNIT": "unit discharged from", "SERVICE": "service", "PAYER": "payer", "ATTENDING": "attending",
    "CLASS": "class of the account: I, N (newborn), E, O, OBS", "STATUS": "status of the abstract: open, complete",
    "AGE": "days since discharge: AGE>7, AGE=4-7, AGE<3", "VALUE": "dollars on hold: VALUE>10000",
    "TO": "who has it: ME, NOBODY or a user", "HOLD": "on hold: Y, N, ANY", "REASON": "reason of the hold",
    "ERROR": "errors stand: Y, N", "BILLED": "released: Y, N", "SORT": f"one of {', '.join(SORTS)}",
}  # fmt: skip
"""Every name of the line, and what it asks for."""
_PART: Final = re.compile(r"([A-Z]+)\s*([=<>])\s*(\S+)", re.IGNORECASE)
_NUMBERS: Final = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


class NotUnderstood(Told):
    """A word of the line is not known; one sentence."""


def read_line(line: str, base: Asked = EVERYTHING) -> Asked:
    """What a line asks for, over ``base``. Raises ``NotUnderstood`` for the first word that is not known."""
    asked, kinds = base, NONE
    for word in re.sub(r"\s*([=<>])\s*", r"\1", line).split():
        found = _PART.fullmatch(word)
        if found is None:
            kinds |= _kind(word)
            continue
        name, mark, value = found[1].upper(), found[2], found[3]
        if name == "KIND":
            for each in value.split(","):
                kinds |= _kind(each)
        else:
            asked = _with(asked, name, mark, value)
    return replace(asked, kinds=kinds) if kinds else asked


def _kind(word: str) -> Kind:
    upper = word.upper()
    if upper in GROUPS:
        return GROUPS[upper]
    by_letter = {letter: kind for kind, (letter, _) in LETTERS.items()}
    if upper in by_letter:
        return by_letter[upper]
    if upper not in Kind.__members__:
        known = ", ".join(kind.name or "" for kind in LETTERS)
        raise NotUnderstood(f"{word} is no kind of work and no NAME=VALUE. Kinds: {known}, RETURNED, ANY.")
    return Kind[upper]


def _with(asked: Asked, name: str, mark: str, value: str) -> Asked:
    upper = value.upper()
    if name == "AGE":
        return replace(asked, age=_range(name, mark, value))
    if name == "VALUE":
        return replace(asked, value=_range(name, mark, value))
    if name not in NAMES:
        raise NotUnderstood(f"{name} is not known here. Known are {', '.join(NAMES)}.")
    if mark != "=":
        raise NotUnderstood(f"{name} takes =, such as {name}=X.")
    if name in CODES:
        codes = tuple(dict.fromkeys(filter(None, (value.lower() if name == "STATUS" else upper).split(","))))
        return replace(asked, among={**asked.among, CODES[name]: codes})
    if name == "REASON":
        return replace(asked, reasons=tuple(filter(None, upper.split(","))), hold="Y")
    if name == "TO":
        return replace(asked, to=upper if upper in (ME, NOBODY) else value.lower())
    if name == "HOLD":
        return replace(asked, hold=_one_of(name, upper, ("Y", "N", "ANY")))
    if name == "ERROR":
        return replace(asked, errors=_one_of(name, upper, ("Y", "N")))
    if name == "BILLED":
        return replace(asked, billed=_one_of(name, upper, ("Y", "N")))
    return replace(asked, sort=_one_of(name, upper, tuple(SORTS)))


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise NotUnderstood(f"{name}={value}: it takes {', '.join(known)}.")
    return value


def _range(name: str, mark: str, value: str) -> Range:
    found = _NUMBERS.fullmatch(value.replace("$", "").replace(",", ""))
    if found is None or (found[2] and mark != "="):
        raise NotUnderstood(f"{name} takes a whole number, such as {name}>7 or {name}=4-7.")
    low, high = int(found[1]), int(found[2] or found[1])
    if mark == ">":
        return Range(low + 1, None)
    if mark == "<":
        return Range(None, low - 1)
    return Range(min(low, high), max(low, high))


def _words(asked: Asked) -> Iterator[str]:
    named = [kind.name or "" for kind in LETTERS if asked.kinds & kind]
    if named:
        yield f"KIND={ANY if asked.kinds == STORED else ','.join(named)}"
    for name, column in CODES.items():
        if codes := asked.among.get(column):
            yield f"{name}={','.join(codes)}"
    for name, range_ in (("AGE", asked.age), ("VALUE", asked.value)):
        if range_ is not None:
            yield f"{name}{range_}"
    if asked.to:
        yield f"TO={asked.to}"
    if asked.reasons:
        yield f"REASON={','.join(asked.reasons)}"
    elif asked.hold != "N":
        yield f"HOLD={asked.hold}"
    for name, value in (("ERROR", asked.errors), ("BILLED", asked.billed)):
        if value:
            yield f"{name}={value}"
    if asked.sort != EVERYTHING.sort:
        yield f"SORT={asked.sort}"


# Discharged, not final billed ------------------------------------------------------------------------------

BANDS: Final = ((0, 3), (4, 7), (8, 14), (15, 30), (31, None))
"""Days since discharge by which what is not billed is counted (the usual bands of DNFB reports)."""


def band(days: int) -> int:
    """The place of a number of days among ``BANDS``."""
    return next(place for place, (_, high) in enumerate(BANDS) if high is None or days <= high)


def band_name(place: int) -> str:
    low, high = BANDS[place]
    return f"over {low - 1}" if high is None else f"{low}-{high}"


class Reason(IntEnum):
    """Why a discharge is not final billed: the first that applies counts."""

    HELD = 1
    RETURNED = 2
    QUERY = 3
    ABSTRACT = 4
    CODE = 5
    INCOMPLETE = 6
    RELEASE = 7


REASONS: Final[Mapping[Reason, tuple[str, str]]] = {
    Reason.HELD: ("On hold", "HOLD=Y"),
    Reason.RETURNED: ("Returned", "RETURNED"),
    Reason.QUERY: ("Query open", "WAITING"),
    Reason.ABSTRACT: ("Not abstracted", "ABSTRACT"),
    Reason.CODE: ("Not coded", "CODE"),
    Reason.INCOMPLETE: ("Incomplete", "OPEN"),
    Reason.RELEASE: ("Complete, not released", "RELEASE"),
}
"""What each reason is called, and the line that lists its accounts, and those that wait for something else too."""


def reason(kinds: int, *, held: bool) -> Reason:
    """Why an account that is not billed waits."""
    if held:
        return Reason.HELD
    for mask, found in (
        (RETURNED, Reason.RETURNED), (Kind.WAITING, Reason.QUERY), (Kind.ABSTRACT, Reason.ABSTRACT),
        (Kind.CODE, Reason.CODE), (Kind.OPEN | Kind.ANSWERED | Kind.REOPENED, Reason.INCOMPLETE),
    ):  # fmt: skip
        if kinds & mask:
            return found
    return Reason.RELEASE


def days_of_revenue(unbilled_cents: int, revenue_cents: int, days: int) -> Decimal | None:
    """DNFB days to one decimal, half up: unbilled charges by the average daily revenue; None without revenue.

    ``revenue_cents`` is the revenue of ``days`` days (HFMA MAP Keys, days in discharged not final billed).
    """
    if revenue_cents <= 0 or days <= 0:
        return None
    return Decimal((unbilled_cents * days * 20 + revenue_cents) // (2 * revenue_cents)).scaleb(-1)


# Limits and productivity -----------------------------------------------------------------------------------

LIMITS: Final = "work_limits"
"""The table of limits: pauses, and how revenue is averaged."""


def limit(table: CodeTable, code: str, day: str) -> int | None:
    """A limit in force on an ISO day, in the unit that its row names; None when the facility has closed it."""
    row = table.find(code, day)
    count = str(row.more.get("count", "")) if row else ""
    return int(count) if count.isdecimal() else None


@dataclass(slots=True)
class Stopwatch:
    """Time at one record: pauses of more than ``pause`` seconds do not count. Times are seconds of any clock."""

    began: float
    pause: float
    seconds: float = 0.0
    touches: int = 0
    last: float = field(init=False)

    def __post_init__(self) -> None:
        self.last = self.began

    def touch(self, now: float) -> None:
        """A field was left, or the record was filed."""
        if 0 <= now - self.last <= self.pause:
            self.seconds += now - self.last
        self.last = now
        self.touches += 1


def per_hour(records: int, seconds: int) -> Decimal | None:
    """Records an hour to one decimal, half up; None without time."""
    if seconds <= 0:
        return None
    return Decimal((records * 36_000 * 2 + seconds) // (2 * seconds)).scaleb(-1)


def percent(part: Decimal, whole: Decimal) -> int:
    """``part`` in per cent of ``whole``, half up."""
    return int((part * 100 / whole) + Decimal("0.5")) if whole else 0


def dollars(cents: int | None) -> str:
    """Cents as whole dollars, half up, with commas; blank when not known."""
    return "" if cents is None else f"{(cents + 50) // 100:,}"


def any_of(kinds: Iterable[Kind]) -> Kind:
    """All these kinds as one sum."""
    found = NONE
    for kind in kinds:
        found |= kind
    return found
