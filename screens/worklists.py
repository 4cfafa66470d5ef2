"""WRK and WRC: discharges that wait to be abstracted or coded, oldest first. Enter opens, filing brings the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from db import encounters, store
from db.actors import Action as Deed
from db.acts import viewed
from db.encounters import WaitingRow
from rules.dates import Unclear, parse_date
from rules.moments import day_number
from screens import shown
from screens.keyset import Key, KeysetList
from tui.screen import Action, Column, Row


class ToAbstract(KeysetList):
    """Discharges without a complete abstract."""

    title: ClassVar[str] = "Discharges to abstract"
    empty: ClassVar[str] = "Every discharge is abstracted."
    position_label: ClassVar[str] = "Discharged on or after"
    help: ClassVar[str] = (
        "Enter or A opens the abstract of the row. When it is filed the next one comes by itself. The oldest "
        "discharge stands first; Days says how long it has waited."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("A", "Abstract", go="ABS {subject} WRK"),
        Action("O", "Overview", go="OVR {subject} WRK"),
        Action("M", "Movements", go="ACC {subject}"),
    )

    def open(self, key: str) -> str:
        viewed(
            self.session.actor,
            Deed.VIEW_ENCOUNTER,
            kind="list",
            record=self.title,
            detail={"count": self.count()},
        )
        return ""

    def columns(self) -> Sequence[Column]:
        return (
            Column("Account", 11, frozen=True), Column("MRN", 10), Column("Name", 22), Column("Discharged", 10),
            Column("Days", 4, ">"), Column("LOS", 4, ">"), Column("Unit", 6), Column("Service", 7),
            Column("Attending", 12), Column("Payer", 8),
        )  # fmt: skip

    def heading(self) -> Sequence[str]:
        return (f"{self.count()} waiting",)

    def count(self) -> int:
        return sum(encounters.waiting_by_age(store.current().now().day)["not_abstracted"])

    def waiting(self, after: tuple[int, int] | None, limit: int) -> list[WaitingRow]:
        return encounters.not_abstracted(after, limit)

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        today = store.current().now().day
        return [
            Row(
                row.key,
                (
                    row.account, row.mrn, row.patient_name, shown.day(row.discharged_at[:10]),
                    shown.days_since(row.discharge_day, today), str(row.los_days), row.unit, row.service,
                    row.attending, row.payer,
                ),
                row.account,
            )
            for row in self.waiting(after, limit)
        ]  # fmt: skip

    def position(self, text: str) -> Key | None:
        local = store.current().now().local
        found = parse_date(text, datetime.fromisoformat(local), past=True)
        return None if isinstance(found, Unclear) else (day_number(found) - 1, 2**62)


class ToCode(ToAbstract):
    """Discharges whose codes are not complete."""

    title: ClassVar[str] = "Discharges to code"
    empty: ClassVar[str] = "Every discharge is coded."
    actions: ClassVar[tuple[Action, ...]] = (
        Action("A", "Abstract", go="ABS {subject} WRC"),
        Action("O", "Overview", go="OVR {subject} WRC"),
        Action("M", "Movements", go="ACC {subject}"),
    )

    def count(self) -> int:
        return sum(encounters.waiting_by_age(store.current().now().day)["not_coded"])

    def waiting(self, after: tuple[int, int] | None, limit: int) -> list[WaitingRow]:
        return encounters.not_coded(after, limit)
