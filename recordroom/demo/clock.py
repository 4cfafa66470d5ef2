"""Local minutes of the generator as the store's moments, quickly: a day is asked for once."""

from __future__ import annotations

from datetime import date, tzinfo

from recordroom.demo.model import DAY
from rules.moments import Moment, moment

_EPOCH_DAY = date(1970, 1, 1).toordinal()


class Clock:
    """Turns local minutes into UTC seconds, offsets and days."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._days: dict[int, int | None] = {}  # offset of the whole day; None: it changes in the day

    def at(self, minute: int) -> tuple[int, int, int]:
        """UTC second, offset in minutes, day number."""
        day, within = divmod(minute, DAY)
        if day not in self._days:
            first, last = self._moment(day, 0), self._moment(day, DAY - 1)
            self._days[day] = first.offset if first.offset == last.offset else None
        offset = self._days[day]
        if offset is None:
            there = self._moment(day, within)
            return there.utc, there.offset, there.day
        return ((day - _EPOCH_DAY) * DAY + within - offset) * 60, offset, day

    def _moment(self, day: int, within: int) -> Moment:
        return moment(local(day * DAY + within), self._zone)


def local(minute: int) -> str:
    """Canonical local text of a local minute."""
    day, within = divmod(minute, DAY)
    return f"{date.fromordinal(day).isoformat()}T{within // 60:02d}:{within % 60:02d}"
