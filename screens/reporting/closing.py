"""CLO, CLM, RMK, RMH: months closed, compared, restated and printed again, and the remarks beside their figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from db import store
from db.actors import Action as Deed
from db.acts import permit
from db.statistics import closing, corrections, remarks
from db.statistics.closing import Standing
from rules.moments import moment_at
from rules.periods import month as month_named
from screens import shown
from screens.confirming import PASSPHRASE, not_confirmed
from screens.drafting import DraftedForm
from screens.drafts import page_of
from screens.session import Session
from tui.screen import (
    Action,
    Column,
    Command,
    Field,
    Filed,
    FormScreen,
    Group,
    ListScreen,
    Note,
    Opened,
    Outcome,
    Page,
    Refused,
    Row,
    ScreenError,
    Section,
    Values,
)

MAIN_REPORT: Final = "monthly-statistics"


class Months(ListScreen):
    """CLO: every month with what is signed of it, and whether something has changed since."""

    title: ClassVar[str] = "Months: closed and open"
    empty: ClassVar[str] = "There is no month with a stay yet."
    position_label: ClassVar[str] = "Month"
    help: ClassVar[str] = (
        "C closes a month: its figures and pages are signed and stay as they are. What comes late makes corrections: "
        "D shows the figures that differ and the movements behind them, R signs a further version. P prints the signed "
        "pages again, L counts the month as it is now, K writes remarks. Since: not compared yet, or how many figures "
        "differ; those in parentheses were bound to, such as readmissions within 30 days."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("C", "Close", go="CLM {subject}"),
        Action("R", "Restate", go="CLM {subject} RESTATE"),
        Action("D", "Differences", method="differences"),
        Action("P", "Print again", go=f"PGE {MAIN_REPORT} month={{subject}}"),
        Action("L", "As it is now", go=f"PGE {MAIN_REPORT} month={{subject}} version=latest"),
        Action("K", "Remarks", go="RMK {subject}"),
    )
    session: Session

    def open(self, key: str) -> str:
        permit(self.session.actor, Deed.RUN_REPORT, kind="month", record="list")
        return ""

    def columns(self) -> Sequence[Column]:
        return (
            Column("Month", 7, frozen=True), Column("Status", 8), Column("V", 2, ">"), Column("Closed", 15),
            Column("By", 10), Column("Since", 16), Column("Remarks", 7), Column("Because", 40),
        )  # fmt: skip

    def page(self, key: tuple[Any, ...] | None, limit: int, *, backward: bool = False) -> Page:
        found = closing.months(limit=600)
        noted = remarks.of_months(tuple(name for name, _ in found))
        rows = [
            Row((number,), (name, *_cells(standing, len(noted.get(name, ())))), name)
            for number, (name, standing) in enumerate(found)
        ]
        return page_of(rows, key, limit, backward=backward)

    def differences(self, month: str) -> Outcome:
        """The month is compared with what was signed, and the corrections are shown."""
        if (last := closing.newest(month)) is None:
            return Outcome(f"{month} is open: there are no signed figures to compare with.", error=True)
        corrections.compare(self.session.actor, last)
        return Outcome(go=f"PGE corrections month={month}", reload=True)

    def position(self, text: str) -> tuple[Any, ...] | None:
        names = [name for name, _ in closing.months(limit=600)]
        return next(((number - 1,) for number, name in enumerate(names) if name <= text.strip()), None)


def _cells(standing: Standing | None, remarked: int) -> tuple[str, ...]:
    if standing is None:
        return (closing.OPEN, "", "", "", "", str(remarked or ""), "")
    closed = standing.closing
    return (
        closed.status, str(closed.version), shown.moment(closed.as_of), closed.closed_by, _since(standing),
        str(remarked or ""), closed.reason,
    )  # fmt: skip


def _since(standing: Standing) -> str:
    if standing.changed:
        return "to be compared"
    bound = f" ({standing.maturing})" if standing.maturing else ""
    return f"{standing.corrections}{bound} differ" if standing.figures else "as signed"


class CloseMonth(FormScreen):
    """CLM month: sign its figures; CLM month RESTATE: sign a further version."""

    title: ClassVar[str] = "Close a month"
    scratch: ClassVar[bool] = True
    help: ClassVar[str] = (
        "Filing signs the figures and pages of the month with your name, for ever. A reason is needed where the census "
        "is out of balance or differs from the movements, and always to restate. What is still open is kept with it."
    )
    session: Session
    month = ""
    restating = False
    notes: tuple[str, ...] = ()

    def open(self, key: str) -> Opened:
        from db.statistics import closing_checks

        name, _, how = key.strip().partition(" ")
        permit(self.session.actor, Deed.CLOSE_MONTH, kind="month", record=name)
        self.month, self.restating = _month(name), how.upper() == "RESTATE"
        period, last = closing.to_sign(self.month, restating=self.restating)
        self.notes = tuple(closing_checks.still_open(period))
        state = f"version {last.version}, {last.status} by {last.closed_by}" if last else "open"
        doing = "Restating" if self.restating else "Closing"
        said = (f"{doing} {self.month}: {state}.",)
        # A sound month needs no reason: what is keyed first is the passphrase, and it is not to be read.
        focus = "reason" if self.restating else PASSPHRASE.name
        return Opened({}, said if self.notes else (*said, "Nothing is still open."), focus)

    def sections(self) -> Sequence[Section]:
        reason = Field(
            "reason", "Because", 60, length=closing.LONGEST_REASON, required=self.restating,
            help="Why it is restated, or closed although the census is not sound.",
        )  # fmt: skip
        return (
            *(
                (Section("open", "Still open", tuple(Note(note) for note in self.notes)),)
                if self.notes
                else ()
            ),
            Section("sign", "Sign", (reason, PASSPHRASE)),
        )

    def file(self, values: Values, reason: str) -> Filed | Refused:
        if refused := not_confirmed(self.session, values, "CL100"):
            return refused
        from reports import closing as closes

        why = values.get("reason", "")
        if self.restating:
            found = closes.restate(self.session.actor, self.month, why)
        else:
            found = closes.close(self.session.actor, self.month, why)
        return Filed(
            f"{found.closing.status.upper()} {self.month}, version {found.closing.version}", go="CLO"
        )


def _month(name: str) -> str:
    try:
        return month_named(name).name
    except ValueError:
        raise ScreenError(f"{name or 'A blank'} is no month: key one such as 2026-10.") from None


class Remarks(DraftedForm):
    """RMK month, or month and report: the words that stand beside its figures."""

    title: ClassVar[str] = "Remarks of a month"
    word: ClassVar[str] = "RMK"
    help: ClassVar[str] = (
        "They are printed on a page of their own before the end of the report, and stored with the month when it is "
        "closed. Words filed after that wait for the next version. F10 shows what was filed before."
    )
    commands: ClassVar[tuple[Command, ...]] = (Command("EARLIER", "Filed before", "earlier", "F10"),)
    session: Session
    month = ""
    report = MAIN_REPORT

    def open(self, key: str) -> Opened:
        name, _, report = key.strip().partition(" ")
        permit(self.session.actor, Deed.RUN_REPORT, kind="remarks", record=name)
        self.month, self.report = _month(name or _last_month()), _closing_report(report)
        last, text = closing.newest(self.month), remarks.in_force(self.month, self.report)
        self.key = f"{self.month} {self.report}"
        self.version = str(text.at_utc if text else 0)
        state = (
            f"Version {last.version} is signed: these words wait for the next."
            if last
            else "The month is open."
        )
        values = {
            f"lines[{number}].text": line for number, line in enumerate(text.lines if text else (), 1) if line
        }
        return self.with_draft(Opened(values, (self.key, state), "lines[1].text"))

    def sections(self) -> Sequence[Section]:
        line = Field("text", "Line", 70, length=remarks.WIDTH, help="A line as it is printed.")
        return (Section("remarks", "Remarks", (Group("lines", "Line", (line,), remarks.LINES),)),)

    def file(self, values: Values, reason: str) -> Filed | Refused:
        lines = [values.get(f"lines[{number}].text", "") for number in range(1, remarks.LINES + 1)]
        remarks.file(self.session.actor, self.month, self.report, "\n".join(lines).rstrip())
        self.discard_draft()
        return Filed(f"FILED remarks of {self.key}", go="EXIT")

    def earlier(self, rest: str) -> Outcome:
        return Outcome(go=f"RMH {self.key}")


def _last_month() -> str:
    from rules.periods import month_of

    return month_of(store.current().now().day, months_back=1).name


def _closing_report(word: str) -> str:
    """A report that is signed with the month, by id or code. Raises ``ScreenError``."""
    from reports.catalogue import CATALOGUE, find

    found = find(word or MAIN_REPORT)
    if found is None or not found.closes:
        there = ", ".join(each.id for each in CATALOGUE if each.closes)
        raise ScreenError(f"{word} is no report that is signed with a month: {there}.")
    return found.id


class EarlierRemarks(ListScreen):
    """RMH month report: every text that was filed, newest first."""

    title: ClassVar[str] = "Remarks filed before"
    empty: ClassVar[str] = "No remarks were filed for this month."
    session: Session
    key = ("", "")

    def open(self, key: str) -> str:
        name, _, report = key.strip().partition(" ")
        self.key = (_month(name or _last_month()), _closing_report(report))
        permit(self.session.actor, Deed.RUN_REPORT, kind="remarks", record=self.key[0])
        return ""

    def heading(self) -> Sequence[str]:
        return (" ".join(self.key),)

    def columns(self) -> Sequence[Column]:
        return (Column("Filed", 15, frozen=True), Column("By", 10), Column("Text", 76))

    def page(self, key: tuple[Any, ...] | None, limit: int, *, backward: bool = False) -> Page:
        zone = store.current().zone
        rows: list[Row] = []
        for each in remarks.history(self.session.actor, *self.key):
            filed = (shown.moment(moment_at(each.at_utc, zone).local), each.by)
            for number, line in enumerate(each.lines or ("(taken away)",)):
                rows.append(Row((len(rows),), (*(filed if not number else ("", "")), line)))
        return page_of(rows, key, limit, backward=backward)
