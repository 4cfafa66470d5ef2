"""The words of the department beside the figures of a month: one text a report and month, its history kept.

They are printed before the end of the report, and stored with the version of the month that is closed with them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from db.actors import Action, Actor
from db.acts import act, permit
from db.connect import database
from rules.findings import Told
from rules.periods import month
from rules.text import clean

LINES: Final = 40
WIDTH: Final = 76  # cells of a line, so that it stands on a page of 80 columns


class NotFiled(Told):
    """The remarks were not taken; one sentence."""


@dataclass(frozen=True, slots=True)
class Remark:
    """A text as it was filed; blank: the remarks were taken away."""

    month: str
    report: str
    text: str
    at_utc: int
    by: str

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(self.text.split("\n")) if self.text else ()


_SELECT: Final = (
    "SELECT month, report, text, at_utc, by FROM remark WHERE month = ? AND report = ? ORDER BY id DESC"
)


def in_force(month_name: str, report: str) -> Remark | None:
    """The text that is printed now; None without one."""
    row = database.execute_sql(f"{_SELECT} LIMIT 1", (month_name, report)).fetchone()
    return Remark(*row) if row and row[2] else None


def history(actor: Actor, month_name: str, report: str) -> list[Remark]:
    """Every text there was, newest first."""
    permit(actor, Action.RUN_REPORT, kind="remarks", record=f"{month_name} {report}")
    return [Remark(*row) for row in database.execute_sql(_SELECT, (month_name, report))]


def of_months(month_names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The reports of each of these months that have remarks now."""
    found: dict[str, tuple[str, ...]] = {}
    rows = database.execute_sql(
        "SELECT month, report FROM remark WHERE id IN (SELECT max(id) FROM remark WHERE month IN"
        f" ({', '.join('?' * len(month_names))}) GROUP BY month, report) AND text <> '' ORDER BY month, report",
        month_names,
    )
    for month_name, report in rows:
        found[month_name] = (*found.get(month_name, ()), report)
    return found


def file(actor: Actor, month_name: str, report: str, text: str) -> Remark:
    """Put a text in the place of the one in force: one audited act. Raises ``NotPermitted``, ``NotFiled``."""
    with act(actor, Action.FILE_REMARKS, kind="remarks", record=f"{month_name} {report}") as done:
        try:
            month(month_name)
        except ValueError:
            raise NotFiled(f"{clean(month_name) or 'A blank'} is no month: write it as 2026-11.") from None
        lines = [clean(line).rstrip() for line in text.rstrip().split("\n")]
        if len(lines) > LINES:
            raise NotFiled(f"Remarks of {len(lines)} lines are too long: a month has room for {LINES}.")
        before = in_force(month_name, report)
        filed = Remark(month_name, report, "\n".join(lines), int(time.time()), actor.user)
        database.execute_sql(
            "INSERT INTO remark (month, report, text, at_utc, by) VALUES (?, ?, ?, ?, ?)",
            (filed.month, filed.report, filed.text, filed.at_utc, filed.by),
        )
        done.changed({"text": before.text if before else ""}, {"text": filed.text})
    return filed
