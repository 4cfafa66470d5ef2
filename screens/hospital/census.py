"""CEN, INP, ADM, DSC, TRN, DTH: who is in house now, and who came, left, moved or died on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Final

from db import store
from db.actors import Action as Deed
from db.acts import viewed
from db.statistics import census, moved
from db.statistics import counts as census_counts
from db.statistics.moved import Kind
from rules.dates import Unclear, parse_date
from rules.moments import day_number
from screens import shown
from screens.drafts import page_of
from screens.keyset import Key, KeysetList
from screens.session import Session
from tui.screen import Action, Column, ListScreen, Page, Row, ScreenError

MARKS: Final = "Marked: n newborn, s same-day case, b boarder in a unit out of the census."


class Units(ListScreen):
    """Heads in each unit in this minute."""

    title: ClassVar[str] = "Census now, by unit"
    empty: ClassVar[str] = "Nobody is in house."
    actions: ClassVar[tuple[Action, ...]] = (Action("P", "Patients", go="INP {subject}"),)
    session: Session

    def columns(self) -> Sequence[Column]:
        return (
            Column("Unit", 10, frozen=True), Column("Adults, children", 16, ">"), Column("Newborns", 8, ">"),
            Column("On leave", 8, ">"),
        )  # fmt: skip

    def heading(self) -> Sequence[str]:
        rows = census_counts.census_now()
        return (
            (
                f"In house: {sum(row[1] for row in rows)} adults and children, {sum(row[2] for row in rows)} newborns, "
                f"{sum(row[3] for row in rows)} on leave"
            ),
        )

    def page(self, key: tuple[Any, ...] | None, limit: int, *, backward: bool = False) -> Page:
        rows = [
            Row((unit,), (unit, str(heads), str(newborns), str(away)), unit)
            for unit, heads, newborns, away in census_counts.census_now()
        ]
        return page_of(sorted(rows, key=lambda row: row.key), key, limit, backward=backward)


class Inpatients(KeysetList):
    """Inpatients of a unit, or of the house, by bed."""

    title: ClassVar[str] = "Inpatients"
    empty: ClassVar[str] = "Nobody is in this unit."
    actions: ClassVar[tuple[Action, ...]] = (
        Action("M", "Movements", go="ACC {subject}"),
        Action("A", "Abstract", go="ABS {subject}"),
    )
    unit = ""

    def open(self, key: str) -> str:
        self.unit = key.strip().upper()
        viewed(
            self.session.actor, Deed.VIEW_CENSUS, kind="census", record=self.unit,
            detail={"list": "inpatients"},
        )  # fmt: skip
        return ""

    def heading(self) -> Sequence[str]:
        return (f"Unit {self.unit}" if self.unit else "All units",)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Bed", 6, frozen=True), Column("MRN", 10), Column("Name", 24), Column("S", 1), Column("Age", 3, ">"),
            Column("Service", 8), Column("Admitted", 10), Column("Days", 4, ">"), Column("Leave", 5),
            Column("Attending", 12), Column("Account", 12),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        now = store.current().now()
        return [
            Row(
                person.key,
                (
                    person.bed, person.mrn, person.name, person.sex, shown.age(person.birth_date, now.local),
                    person.service, shown.day(person.admitted_at[:10]), shown.days_since(person.admit_day, now.day),
                    person.on_leave, person.attending, person.account,
                ),
                person.account,
                "n" if person.newborn else "",
            )
            for person in census.inpatients(self.unit, after, limit)
        ]  # fmt: skip


class _OfADay(KeysetList):
    """Movements of one day; the day is keyed after the word (``ADM T-1``), yesterday without one."""

    kinds: ClassVar[tuple[Kind, ...]]
    empty: ClassVar[str] = "None on this day."
    position_label: ClassVar[str] = "Day"
    actions: ClassVar[tuple[Action, ...]] = (
        Action("M", "Movements", go="ACC {subject}"),
        Action("A", "Abstract", go="ABS {subject}"),
    )
    day = 0

    def open(self, key: str) -> str:
        census.bring_up_to_date_if_due()
        self._look_at(key or "T-1")
        return ""

    def heading(self) -> Sequence[str]:
        counts = census_counts.event_counts(self.day)
        day = shown.day(shown.iso(self.day))
        return (
            (
                f"{day}: {counts['admissions']} admitted, {counts['discharges']} discharged, "
                f"{counts['deaths']} of them died, {counts['transfers']} transferred"
            ),
            MARKS,
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("Time", 4, frozen=True), Column("MRN", 10), Column("Name", 24), Column("S", 1),
            Column("Age", 3, ">"), Column("From", 6), Column("Unit", 6), Column("Service", 7), Column("Disp", 4),
            Column("LOS", 4, ">"), Column("Account", 12),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        """A day is read whole: nothing of it is as long as a month, and its order is that of the reports."""
        found = moved.moved(self.day, self.day, self.kinds, every_unit=True)
        return [
            Row(
                row.key,
                (
                    row.at[11:13] + row.at[14:16], row.mrn, row.name, row.sex, shown.age(row.birth_date, row.at),
                    row.from_unit, row.unit, row.service, row.disposition,
                    "" if row.los_days is None else str(row.los_days), row.account,
                ),
                row.account,
                "n" if row.newborn else "s" if row.same_day else "b" if row.boarder else "",
            )
            for row in found
            if after is None or row.key > after
        ][:limit]  # fmt: skip

    def position(self, text: str) -> Key | None:
        self._look_at(text)
        return None

    def _look_at(self, text: str) -> None:
        """Turn to another day; who looked at it is logged."""
        self.day = self._day(text)
        viewed(
            self.session.actor, Deed.VIEW_CENSUS, kind="day", record=shown.iso(self.day),
            detail={"list": self.title},
        )  # fmt: skip

    def _day(self, text: str) -> int:
        local = store.current().now().local
        found = parse_date(text, datetime.fromisoformat(local))
        if isinstance(found, Unclear):
            raise ScreenError(f"{text} is no day: key a date such as T-1 or 11/20/2026.")
        return day_number(found)


class Admissions(_OfADay):
    title: ClassVar[str] = "Admissions"
    kinds = (Kind.ADMISSION,)


class Discharges(_OfADay):
    title: ClassVar[str] = "Discharges and deaths"
    kinds = (Kind.DISCHARGE, Kind.DEATH)


class Transfers(_OfADay):
    title: ClassVar[str] = "Transfers"
    kinds = (Kind.TRANSFER, Kind.SERVICE, Kind.BED)


class Deaths(_OfADay):
    title: ClassVar[str] = "Deaths"
    kinds = (Kind.DEATH,)
