"""Points in time: a UTC second, the offset in force and the local day number stand side by side.

A day number is the proleptic ordinal of the local date (``date.toordinal``), so that days can be counted
and joined as integers. Hospital times are local wall-clock times to the minute.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

DAY_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class Moment:
    """A minute of a hospital's day. ``repeated``: the clock showed this time twice, the first was taken."""

    utc: int  # seconds since 1970-01-01 UTC
    offset: int  # minutes east of UTC that the local clock stood at
    day: int  # local day number
    repeated: bool = False

    @property
    def local(self) -> str:
        """Canonical local text, ``2026-11-21T07:30``."""
        return datetime.fromtimestamp(self.utc + 60 * self.offset, UTC).isoformat()[: len("2026-11-21T07:30")]


def moment(local: str, zone: tzinfo, offset: int | None = None) -> Moment:
    """The moment of canonical local text (``2026-11-21T07:30``; ``24:00`` is 00:00 of the next day).

    ``offset`` (minutes east of UTC) settles an hour that the autumn change repeats; without it the first
    of the two is taken and flagged. A time that the spring change skipped is moved forward as clocks were.
    Raises ``ValueError`` when the text is no moment.
    """
    day_text, _, clock = local.partition("T")
    extra = timedelta()
    if clock == "24:00":
        clock, extra = "00:00", timedelta(days=1)
    naive = datetime.fromisoformat(f"{day_text}T{clock or '00:00'}") + extra
    first, second = naive.replace(tzinfo=zone, fold=0), naive.replace(tzinfo=zone, fold=1)
    repeated = first.utcoffset() != second.utcoffset() and _exists(first)
    chosen = first
    if offset is not None and repeated and second.utcoffset() == timedelta(minutes=offset):
        chosen = second
    utc = int(chosen.timestamp())
    # A skipped time comes back from UTC as the wall clock really stood.
    settled = datetime.fromtimestamp(utc, zone)
    shift = settled.utcoffset() or timedelta()
    return Moment(
        utc, int(shift.total_seconds()) // 60, settled.date().toordinal(), repeated and offset is None
    )


def _exists(aware: datetime) -> bool:
    back = datetime.fromtimestamp(aware.timestamp(), aware.tzinfo)
    return back.replace(tzinfo=None) == aware.replace(tzinfo=None)


def moment_at(utc: int, zone: tzinfo) -> Moment:
    """The moment of a UTC second."""
    settled = datetime.fromtimestamp(utc, zone)
    shift = settled.utcoffset() or timedelta()
    return Moment(utc, int(shift.total_seconds()) // 60, settled.date().toordinal())


def day_number(iso_date: str) -> int:
    """The day number of a full ISO date. Raises ``ValueError``."""
    return date.fromisoformat(iso_date).toordinal()


def iso_date(day: int) -> str:
    """The ISO date of a day number."""
    return date.fromordinal(day).isoformat()
