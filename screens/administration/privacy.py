"""WHO, SAW, UNU, ALR, ALV, SEN, WHY: the privacy officer's lists, sensitive charts and the reason to open one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from db.access import sensitive
from db.connect import StoreError
from db.patient_index import patients
from db.trail import privacy, unusual
from rules.findings import Finding, Level
from screens import shown
from screens.drafting import DraftedForm
from screens.drafts import page_of
from screens.keyset import Key, KeysetList
from screens.patient_index.patients import patient_named
from screens.reporting.reports import Parameters
from screens.session import Session
from tui.screen import (
    Action,
    Choice,
    Column,
    Field,
    Filed,
    ListScreen,
    Note,
    Opened,
    Page,
    Refused,
    Row,
    ScreenError,
    Section,
    Values,
)

WEEK: Final = 7
LONGEST: Final = 365  # days


class WhoLooked(KeysetList):
    """WHO: everything that was done about a patient, newest first."""

    title: ClassVar[str] = "Who looked at a patient"
    asks: ClassVar[bool] = True
    position_label: ClassVar[str] = "Patient"
    empty: ClassVar[str] = "Key a patient: nothing has been done about this one."
    help: ClassVar[str] = (
        "Key an MRN or name as in PAT and Enter. Rows of charts merged into this one are among them. Outcome: "
        "denied was not permitted, failed was refused or could not be done. S lists all that the user did."
    )
    actions: ClassVar[tuple[Action, ...]] = (Action("S", "What the user saw", go="SAW {subject}"),)
    word: ClassVar[str] = "WHO"
    patient_id = 0
    banner = ""

    def open(self, key: str) -> str:
        self.session.confirm_first(f"{self.word} {key}".strip())
        self.ask(key)
        return ""

    def ask(self, text: str) -> None:
        """Turn to another patient."""
        self.patient_id, self.banner = 0, ""
        if text.strip():
            self.patient_id = patient_named(text)
            who = patients.get(self.patient_id)
            self.banner = f"{who['mrn']}  {who['name']}"

    def position(self, text: str) -> Key | None:
        self.ask(text)
        return None

    def heading(self) -> Sequence[str]:
        return (self.banner,) if self.banner else ("Key an MRN or a name, and Enter.",)

    def columns(self) -> Sequence[Column]:
        return (
            Column("When", 15, frozen=True), Column("User", 12), Column("What", 20), Column("Record", 12),
            Column("Outcome", 7), Column("Where from", 16), Column("Detail", 60), Column("Session", 8),
            Column("Roles", 30), Column("Row", 9, ">"),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        if not self.patient_id:
            return []
        before = -after[0] if after else None
        return [row_of(row) for row in privacy.who_looked(self.session.actor, self.patient_id, before, limit)]


def row_of(row: privacy.Row) -> Row:
    """A row of the audit trail as a row of a list."""
    cells = (
        shown.moment(row.local()), row.user, row.action, row.record, row.outcome, row.where_from,
        privacy.what_changed(row), row.session, row.roles, str(row.seq),
    )  # fmt: skip
    return Row((-row.seq,), cells, row.user, "" if row.outcome == "done" else "!")


class WhatWasSeen(WhoLooked):
    """SAW: everything that a user did, newest first."""

    word: ClassVar[str] = "SAW"
    title: ClassVar[str] = "What a user saw"
    position_label: ClassVar[str] = "User"
    empty: ClassVar[str] = "Key a user name: this one has done nothing."
    help: ClassVar[str] = "Key a user name and Enter. W lists everybody who looked at the patient of the row."
    actions: ClassVar[tuple[Action, ...]] = (Action("W", "Who looked at it", go="WHO {subject}"),)
    user = ""

    def ask(self, text: str) -> None:
        self.user = text.strip()

    def heading(self) -> Sequence[str]:
        return (self.user or "Key a user name, and Enter.",)

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        if not self.user:
            return []
        before = -after[0] if after else None
        found = privacy.what_was_seen(self.session.actor, self.user, before, limit)
        return [
            replace(row_of(row), subject=privacy.mrn_of(row.patient_id) if row.patient_id else "")
            for row in found
        ]


class UnusualAccess(ListScreen):
    """UNU: own records, same address and surname, after hours and many charts, of the last days."""

    title: ClassVar[str] = "Unusual access"
    position_label: ClassVar[str] = "Days back"
    empty: ClassVar[str] = "No access in this time was unusual."
    help: ClassVar[str] = (
        "The last 7 days; key / and a number for more. Own record: the user is bound to this MRN ('recordroom "
        "user patient'). Same address: street and ZIP of that MRN. Same surname: as in the user's full name. Many "
        "charts: so many patients in a day, or far more than usual for the user or for others in the same roles. "
        "The limits stand above; they are rows of the table unusual_access ('recordroom table import')."
    )
    actions: ClassVar[tuple[Action, ...]] = (Action("S", "What the user saw", go="SAW {subject}"),)
    session: Session
    days = WEEK
    rows: Sequence[Row] = ()

    def open(self, key: str) -> str:
        self.session.confirm_first(f"UNU {key}".strip())
        self.look(key)
        return ""

    def look(self, text: str) -> None:
        """Take the accesses of so many days."""
        if text.strip() and not (text.strip().isdecimal() and 0 < int(text) <= LONGEST):
            raise ScreenError(f"Key a number of days, up to {LONGEST}.")
        self.days = int(text) if text.strip() else WEEK
        zone = self.session.signed_on.store.zone
        self.rows = [
            Row(
                (number,),
                (
                    found.why, found.user, found.mrn, shown.utc(found.at_utc, zone), str(found.count),
                    found.measure,
                ),
                found.user,
            )
            for number, found in enumerate(unusual.unusual(self.session.actor, self.days))
        ]  # fmt: skip

    def position(self, text: str) -> tuple[int, ...] | None:
        self.look(text)
        return None

    def heading(self) -> Sequence[str]:
        return (f"Last {self.days} days. {unusual.limits_today().shown()}",)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Why", 14, frozen=True), Column("User", 12), Column("MRN", 10), Column("First at", 15),
            Column("Times", 5, ">"), Column("Beside", 40),
        )  # fmt: skip

    def page(self, key: tuple[int, ...] | None, limit: int, *, backward: bool = False) -> Page:
        return page_of(list(self.rows), key, limit, backward=backward)


class AuditTrail(Parameters):
    """AUD: rows of the audit trail for a period, sorted by any element, as they are printed."""

    title: ClassVar[str] = "Audit trail"
    word: ClassVar[str] = "AUD"
    help: ClassVar[str] = (
        "Who did what, when, from where and how it ended. Leave blank what does not matter; F4 lists the elements to "
        "sort by. F2 shows the pages; PRT prints them."
    )

    def open(self, key: str) -> Opened:
        return super().open(f"audit-trail {key}".strip())


class Alerts(KeysetList):
    """ALR: sensitive charts opened and glass broken, until somebody has reviewed them."""

    title: ClassVar[str] = "Alerts to review"
    empty: ClassVar[str] = "No alert waits."
    help: ClassVar[str] = (
        "Somebody opened a sensitive chart, or broke the glass, and said why. R reviews the alert: say what came "
        "of it."
    )
    actions: ClassVar[tuple[Action, ...]] = (Action("R", "Review", go="ALV {subject}"),)

    def open(self, key: str) -> str:
        self.session.confirm_first("ALR")
        return ""

    def columns(self) -> Sequence[Column]:
        return (
            Column("When", 15, frozen=True), Column("User", 10), Column("MRN", 10), Column("Reason", 36),
            Column("How", 14), Column("Class", 8), Column("Where from", 16),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        zone = self.session.signed_on.store.zone
        return [
            Row(
                (found.id,),
                (
                    shown.utc(found.at_utc, zone), found.user, found.mrn, found.reason, found.action,
                    found.class_, found.where_from,
                ),
                str(found.id),
            )
            for found in sensitive.alerts(self.session.actor, after[0] if after else 0, limit)
        ]  # fmt: skip


class Review(DraftedForm):
    """ALV: one alert, and what came of it."""

    word: ClassVar[str] = "ALV"
    title: ClassVar[str] = "Review an alert"
    session: Session
    id = 0

    def open(self, key: str) -> Opened:
        if not key.isdecimal():
            raise ScreenError("Name the alert by its number: ALR lists those that wait.")
        self.session.confirm_first(f"ALV {key}")
        self.id, self.key = int(key), key
        found = sensitive.open_alert(self.session.actor, self.id)
        zone = self.session.signed_on.store.zone
        banner = (
            f"{found.user} from {found.where_from}, {shown.utc(found.at_utc, zone)}: {found.action}",
            f"MRN {found.mrn} {found.class_}  Reason: {found.reason}",
        )
        locked = f"{found.reviewed_by} has reviewed this alert." if found.reviewed_utc else ""
        opened = Opened({"review": found.review}, banner, "review", locked=locked)
        return opened if locked else self.with_draft(opened)

    def sections(self) -> Sequence[Section]:
        field = Field("review", "What came of it", 60, length=400, required=True, help="Kept with the alert.")
        return (Section("review", "", (field,)),)

    def file(self, values: Values, reason: str) -> Filed | Refused:
        return _filed(
            self, lambda: sensitive.review(self.session.actor, self.id, values.get("review", "")), "review",
            "Reviewed.", "ALR",
        )  # fmt: skip


class Mark(DraftedForm):
    """SEN: whether a chart is sensitive, and why."""

    word: ClassVar[str] = "SEN"
    title: ClassVar[str] = "Sensitive chart"
    session: Session
    patient_id = 0
    mrn = ""

    def open(self, key: str) -> Opened:
        self.patient_id = patient_named(key)
        who = patients.get(self.patient_id)
        self.mrn = self.key = who["mrn"]
        class_ = self.version = sensitive.open_mark(self.session.actor, self.patient_id)
        return self.with_draft(Opened({"class": class_}, (f"{self.mrn}  {who['name']}",), "class"))

    def sections(self) -> Sequence[Section]:
        fields = (
            Note("Who opens a sensitive chart is asked for a reason, and you are alerted."),
            Field("class", "Class", 10, lookup=True, help="Blank takes the mark away. F4 lists the classes."),
            Field("reason", "Because", 60, length=400, required=True, help="Kept with the mark."),
        )
        return (Section("mark", "", fields),)

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        found = [Choice(*each) for each in sensitive.CLASSES.items() if each[0].startswith(text.casefold())]
        return found[:limit]

    def file(self, values: Values, reason: str) -> Filed | Refused:
        class_, why = values.get("class", "").casefold(), values.get("reason", "")
        return _filed(
            self, lambda: sensitive.mark(self.session.actor, self.patient_id, class_, why), "class",
            f"{self.mrn} is {'marked ' + class_ if class_ else 'not marked any more'}.", "SEN",
        )  # fmt: skip


class Why(DraftedForm):
    """WHY: the reason to open a sensitive chart, or any chart in an emergency; then the chart."""

    word: ClassVar[str] = "WHY"
    title: ClassVar[str] = "Reason to open a chart"
    session: Session
    patient_id = 0
    mrn = ""

    def open(self, key: str) -> Opened:
        self.patient_id = patients.by_mrn(key.strip())
        if not self.patient_id:
            raise ScreenError("Name the chart by its MRN.")
        self.mrn = self.key = patients.get(self.patient_id)["mrn"]
        return self.with_draft(Opened({}, (f"Chart {self.mrn}",), "reason"))

    def sections(self) -> Sequence[Section]:
        fields = (
            Note("Your name, the time and what you key here go to the privacy officer."),
            Field("reason", "Because", 60, length=400, required=True, help="Why you need this chart now."),
        )  # fmt: skip
        return (Section("why", "", fields),)

    def file(self, values: Values, reason: str) -> Filed | Refused:
        why = values.get("reason", "")
        return _filed(
            self, lambda: sensitive.open_with_reason(self.session.actor, self.patient_id, why), "reason",
            "The privacy officer is told.", f"CHT {self.mrn}",
        )  # fmt: skip


def _filed(
    form: DraftedForm, deed: Callable[[], object], field: str, message: str, go: str
) -> Filed | Refused:
    """Do it, or say at the field why not."""
    try:
        deed()
    except StoreError as error:
        return Refused((Finding(Level.FATAL, "S005", str(error), field),))
    form.discard_draft()
    return Filed(message, go=go)
