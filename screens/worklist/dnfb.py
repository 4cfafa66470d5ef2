"""DNF: discharged, not final billed: how much waits and why; Enter shows the accounts behind a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from db.abstracting import dnfb
from db.abstracting.dnfb import Counted, Line
from db.actors import Action as Deed
from db.acts import permit
from reports.statistics.dnfb import days_said
from rules.work import dollars
from screens.drafts import page_of
from screens.session import Session
from tui.screen import Action, Column, Command, ListScreen, Outcome, Page, Row


class NotFinalBilled(ListScreen):
    """Counts, days and value by reason, age, payer and service."""

    title: ClassVar[str] = "Discharged, not final billed"
    empty: ClassVar[str] = "Every discharge is released."
    help: ClassVar[str] = (
        "A discharge is final billed once its abstract is released. Each account counts once, by the first reason that "
        "applies. Value: its charges, or its DRG weight times the base rate (setting drg_base_rate). DNFB: days of "
        "revenue, the charges of inpatient accounts by the average charges of a day's discharges (limits in table "
        "work_limits). Enter lists the accounts of a line; REPORT prints it."
    )
    actions: ClassVar[tuple[Action, ...]] = (Action("L", "List", method="listed"),)
    commands: ClassVar[tuple[Command, ...]] = (Command("REPORT", "As a report", "report", "F10"),)
    session: Session
    counted: Counted

    def open(self, key: str) -> str:
        permit(self.session.actor, Deed.RUN_REPORT, kind="report", record="dnfb")
        return ""

    def heading(self) -> Sequence[str]:
        total, valued = self.counted.total, self.counted.valued
        by = f"{valued['charges']} by charges, {valued['expected']} by weight and rate, {valued['']} not valued"
        return (
            f"{total.accounts} accounts, ${dollars(total.value_cents)}: {by}.",
            f"{days_said(self.counted)}.",
        )

    def columns(self) -> Sequence[Column]:
        return (
            Column("What", 24, frozen=True), Column("Accounts", 8, ">"), Column("Oldest", 6, ">"),
            Column("Average", 7, ">"), Column("Value", 11, ">"), Column("No value", 8, ">"),
            Column("DNFB", 5, ">"),
        )  # fmt: skip

    def page(self, key: tuple[Any, ...] | None, limit: int, *, backward: bool = False) -> Page:
        self.counted = dnfb.counted()
        rows = [
            Row(
                (number,),
                (
                    line.name, str(line.accounts), str(line.oldest), str(line.average), dollars(line.value_cents),
                    str(line.without_value or ""), str(self.counted.days_of(line) or ""),
                ),
                line.asks,
            )
            for number, line in enumerate(lines(self.counted))
        ]  # fmt: skip
        return page_of(rows, key, limit, backward=backward)

    def listed(self, subject: str) -> Outcome:
        if not subject:
            return Outcome("No list asks for these alone.", error=True)
        return Outcome(go=f"WRK {subject}")

    def report(self, rest: str) -> Outcome:
        return Outcome(go="RUN dnfb")


def lines(counted: Counted) -> list[Line]:
    """Everything, by reason, what waits for codes, and by hold, age, payer and service."""
    if not counted.groups:
        return []
    payers = (replace(line, name=f"Payer {line.name}") for line in counted.by_payer())
    services = (replace(line, name=f"Service {line.name}") for line in counted.by_service())
    holds = (replace(line, name=f"Hold {line.name}") for line in counted.by_hold())
    return [
        counted.total, *counted.by_reason(), counted.uncoded, *holds, *counted.by_band(), *payers, *services
    ]  # fmt: skip
