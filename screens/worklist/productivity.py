"""PRD: records and minutes by record type: one's own, or everybody's for a supervisor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from db import store
from db.actors import Action as Deed
from db.worklist import work_times
from db.worklist.work_times import Figures
from reports.statistics.productivity import left_out, pause, standards
from rules.moments import iso_date
from rules.work import percent
from screens import shown
from screens.drafts import page_of
from screens.session import Session
from tui.screen import Column, Command, ListScreen, Outcome, Page, Row

DAYS = 30


class Productivity(ListScreen):
    """The last days, by technician and record type."""

    title: ClassVar[str] = "Productivity"
    empty: ClassVar[str] = "Nothing was keyed in these days."
    help: ClassVar[str] = (
        "Records that were filed, and the minutes at them; long pauses are left out (table work_limits). You see your "
        "own figures; a supervisor sees everybody's, or PRD and a name. DAYS 7 shows the last seven days, DAILY each "
        "day by itself, REPORT prints P01. The standard is the facility's (table productivity_standards)."
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("DAYS", "The last so many days", "days"),
        Command("DAILY", "Day by day", "daily"),
        Command("REPORT", "As a report", "report", "F10"),
    )
    session: Session
    user = ""
    last_days = DAYS
    by_day = False
    figures: Sequence[Figures] = ()

    def open(self, key: str) -> str:
        self.user = key.strip()
        self._read()
        return ""

    def _read(self) -> None:
        today = store.current().now().day
        self.figures = work_times.figures_for(
            self.session.actor, today - self.last_days + 1, today, user=self.user, by_day=self.by_day
        )

    def heading(self) -> Sequence[str]:
        today = store.current().now().day
        first = shown.day(iso_date(today - self.last_days + 1))
        everybody = self.session.actor.may(Deed.VIEW_PRODUCTIVITY) and not self.user
        whose = "Everybody" if everybody else self.user or self.session.user
        kept = left_out(pause(iso_date(today)))
        return (f"{whose}, {first} to {shown.day(iso_date(today))}; {kept}",)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Who", 10, frozen=True), Column("Record type", 11), Column("Day", 10), Column("Records", 7, ">"),
            Column("Amended", 7, ">"), Column("Minutes", 7, ">"), Column("Per hour", 8, ">"), Column("%", 4, ">"),
        )  # fmt: skip

    def page(self, key: tuple[Any, ...] | None, limit: int, *, backward: bool = False) -> Page:
        expected = standards(store.current().now().local[:10])
        rows = []
        for number, each in enumerate(self.figures):
            standard = expected.get(each.data_set)
            share = f"{percent(each.rate, standard)}" if standard and each.rate is not None else ""
            cells = (
                each.user, each.data_set, shown.day(iso_date(each.day)) if each.day else "all", str(each.records),
                str(each.amended), str(each.minutes), "" if each.rate is None else str(each.rate), share,
            )  # fmt: skip
            rows.append(Row((number,), cells, each.user))
        return page_of(rows, key, limit, backward=backward)

    def days(self, rest: str) -> Outcome:
        if not rest.strip().isdecimal() or not 1 <= int(rest) <= 366:
            return Outcome("Say how many days: DAYS 7.", error=True)
        self.last_days = int(rest)
        self._read()
        return Outcome(reload=True)

    def daily(self, rest: str) -> Outcome:
        self.by_day = not self.by_day
        self._read()
        return Outcome(reload=True)

    def report(self, rest: str) -> Outcome:
        today = store.current().now().day
        first, last = iso_date(today - self.last_days + 1), iso_date(today)
        whose = f" technician={self.user}" if self.user else ""
        return Outcome(go=f"RUN productivity from={first} to={last}{whose}")
