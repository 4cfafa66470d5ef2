"""REL, RLS, COR, SUS, ACD: releases are logged once and never changed; a correction is one more version of the row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from db import store
from db.disclosure import disclosures, requests
from db.disclosure.disclosure_law import NotAllowed
from db.disclosure.disclosures import NewRelease, ReleaseRow
from db.disclosure.requests import Request as Filing
from db.patient_index import patients
from rules.disclosure import RELEASING, Status
from screens import shown
from screens.confirming import PASSPHRASE, not_confirmed
from screens.disclosure.request_words import answer_of, number_named
from screens.drafting import DraftedForm
from screens.drafts import page_of
from screens.patient_index.patients import patient_named
from screens.reporting.reports import Page as ReportPage
from screens.session import Session
from tui.screen import (
    Action,
    Changed,
    Choice,
    Column,
    Command,
    Document,
    Field,
    Filed,
    Kind,
    ListScreen,
    Opened,
    Outcome,
    Page,
    Refused,
    Row,
    ScreenError,
    Section,
    Values,
)

MOST_ROWS = 500  # of one patient's log that are listed
STATEMENTS = {
    disclosures.WRITTEN: "In writing, to the day that it names",
    disclosures.ORAL: "By word of mouth, for 30 days at most",
}
TABLES = {
    "authority": "disclosure_authorities",
    "purpose": "purposes",
    "parts": "parts",
    "medium": "release_media",
}


def fields_of_a_release() -> tuple[Field, ...]:
    """What is keyed about a release."""
    return (
        Field("released_at", "Released", 16, Kind.MOMENT, required=True, past=True, default="N"),
        Field("recipient_name", "To", 40, length=100, required=True, help="Name of the person or office."),
        Field("recipient_address", "Address", 50, length=200, help="If known, 45 CFR 164.528(b)(2)(ii)."),
        Field(
            "what", "What was released", 50, length=200, required=True,
            help="A brief description, as the accounting prints it.",
        ),
        Field(
            "parts", "Parts", 24, Kind.UPPER, length=100, required=True, lookup=True, help="Codes, blanks between."
        ),
        Field("purpose", "Purpose", 12, Kind.UPPER, required=True, lookup=True, echo=40),
        Field("authority", "Authority", 16, Kind.UPPER, required=True, lookup=True, echo=40),
        Field("medium", "Medium", 10, Kind.UPPER, required=True, lookup=True, echo=30),
        Field("pages", "Pages", 5, Kind.INTEGER),
        Field("note", "Note", 50, length=400),
    )  # fmt: skip


class _ReleaseForm(DraftedForm):
    """What logging and correcting a release have in common."""

    session: Session

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        table = self.session.tables.get(TABLES.get(path, ""))
        rows = table.on(values.get("released_at", "")[:10]) if table else ()
        before, blank, last = text.rpartition(" ") if path == "parts" else ("", "", text)
        wanted = last.casefold()
        found = [
            row for row in rows if row.code.casefold().startswith(wanted) or wanted in row.text.casefold()
        ]
        return [Choice(f"{before}{blank}{row.code}", row.text) for row in found[:limit]]

    def changed(self, values: Values, path: str) -> Changed:
        echoes = {}
        for name, id_ in TABLES.items():
            table = self.session.tables.get(id_)
            rows = [table.find(code) for code in values.get(name, "").split()] if table else []
            echoes[name] = "; ".join(row.text for row in rows if row)
        return Changed(echoes=echoes)


class Release(_ReleaseForm):
    """REL number: log what leaves on a request."""

    word: ClassVar[str] = "REL"
    title: ClassVar[str] = "Release information"
    help: ClassVar[str] = (
        "A release that is filed can no longer be changed or deleted: a mistake is corrected with a further version, "
        "from the list of releases (RLS)."
    )
    filing: Filing

    def open(self, key: str) -> Opened:
        self.filing = requests.open_request(self.session.actor, number_named(key))
        if self.filing.status not in RELEASING | {Status.COMPLETE}:
            raise ScreenError(
                f"Request {self.filing.number} is {self.filing.status}: nothing leaves before the step APPROVE."
            )
        who = patients.get(self.filing.patient_id)
        asked = self.filing.values
        values = {
            "released_at": store.current().now().local,
            "recipient_name": asked.get("requester_name", ""),
            "recipient_address": asked.get("requester_address", ""),
            "what": asked.get("parts_text", ""),
            **{name: asked.get(name, "") for name in ("parts", "purpose", "authority", "pages")},
            "complete": "1",
        }
        banner = (
            shown.who(who["mrn"], who["name"], who["birth_date"], who["sex"], store.current().now().local),
            f"Request {self.filing.number} {self.filing.status}: {answer_of(requests.decision_of(self.filing))}",
        )
        self.key, self.version = self.filing.number, str(self.filing.version)
        found = Opened({name: value for name, value in values.items() if value}, banner, "released_at")
        return self.with_draft(found)

    def sections(self) -> Sequence[Section]:
        own = (
            Field(
                "complete", "Answers the request", 1, Kind.YES_NO, required=True, auto_skip=True,
                read_only=self.filing.status is Status.COMPLETE, help="N: it is a part, and more will follow.",
            ),
            Field(
                "exception", "Exception because", 50, length=400,
                help="The privacy officer's reason where the entitlement table does not permit the release.",
            ),
        )  # fmt: skip
        return (Section("release", "Release", (*fields_of_a_release(), *own, PASSPHRASE)),)

    def file(self, values: Values, reason: str) -> Filed | Refused:
        if refused := not_confirmed(self.session, values, "RL100"):
            return refused
        number = disclosures.release(
            self.session.actor, self.filing.number, made_of(values), self.filing.version,
            complete=values.get("complete") == "1", exception=values.get("exception", ""),
        )  # fmt: skip
        self.discard_draft()
        return Filed(f"LOGGED release {number}", go=f"RLS {self.filing.number}")


class Correction(_ReleaseForm):
    """COR number: a further version of a release; the earlier ones stay in the log."""

    word: ClassVar[str] = "COR"
    title: ClassVar[str] = "Correct a release"
    last: ReleaseRow

    def open(self, key: str) -> Opened:
        self.last, *_ = disclosures.open_release(self.session.actor, number_named(key, "D"))
        row = self.last
        values = {
            "recipient_name": row.recipient_name, "recipient_address": row.recipient_address, "what": row.what,
            "parts": row.parts, "purpose": row.purpose, "authority": row.authority, "medium": row.medium,
            "pages": str(row.pages or ""), "note": row.note, "entered_in_error": "0",
            "released_at": row.released_at,
        }  # fmt: skip
        who = patients.get(requests.read(row.request_number).patient_id)
        banner = (
            f"{who['mrn']}  {who['name']}",
            f"Release {row.number} version {row.version}, request {row.request_number}, by {row.released_by}",
        )
        self.key, self.version = row.number, str(row.version)
        found = Opened({name: value for name, value in values.items() if value}, banner, "recipient_name")
        return self.with_draft(found)

    def sections(self) -> Sequence[Section]:
        own = (
            Field(
                "entered_in_error",
                "Nothing was released",
                1,
                Kind.YES_NO,
                auto_skip=True,
                help="Y: the row is an error.",
            ),
            Field("reason", "Corrected because", 50, length=400, required=True, help="Stays with the log."),
        )
        return (Section("correction", "Release as it was", (*fields_of_a_release(), *own, PASSPHRASE)),)

    def file(self, values: Values, reason: str) -> Filed | Refused:
        if refused := not_confirmed(self.session, values, "RL100"):
            return refused
        corrected = None if values.get("entered_in_error") == "1" else made_of(values)
        version = disclosures.supersede_release(
            self.session.actor, self.last.number, corrected, self.last.version, values.get("reason", "")
        )
        self.discard_draft()
        return Filed(f"LOGGED version {version} of {self.last.number}; the earlier ones stay.", go="EXIT")


def made_of(values: Values) -> NewRelease:
    """The release that was keyed."""
    texts: dict[str, Any] = {
        name: values.get(name, "")
        for name in (
            "released_at", "recipient_name", "recipient_address", "what", "parts", "purpose", "authority",
            "medium", "note",
        )
    }  # fmt: skip
    return NewRelease(**texts, pages=int(values.get("pages") or 0))


class Releases(ListScreen):
    """RLS request or patient: every version of every release about the patient, newest first."""

    title: ClassVar[str] = "Releases"
    empty: ClassVar[str] = "Nothing has been released."
    help: ClassVar[str] = (
        "The log of what has left. No row can be changed or deleted: C corrects one by a further version, and x "
        "marks what was superseded. H keeps a disclosure to police or oversight out of accountings for a time."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("C", "Correct", go="COR {subject}"),
        Action("H", "Hide for a time", go="SUS {subject}"),
    )
    commands: ClassVar[tuple[Command, ...]] = (Command("ACCT", "Accounting", "accounting", "F11"),)
    session: Session
    patient_id = 0

    def open(self, key: str) -> str:
        number = number_named(key)
        try:
            self.patient_id = requests.open_request(self.session.actor, number).patient_id
        except NotAllowed:
            self.patient_id = patient_named(key)
        return ""

    def heading(self) -> Sequence[str]:
        who = patients.get(self.patient_id)
        return (f"{who['mrn']}  {who['name']}",)

    def columns(self) -> Sequence[Column]:
        return (
            Column("Release", 7, frozen=True), Column("V", 2, ">"), Column("On", 10), Column("To", 18),
            Column("What", 19), Column("State", 13), Column("Request", 7), Column("Listed by", 14),
            Column("By", 12), Column("Corrected because", 40),
        )  # fmt: skip

    def page(self, key: tuple[Any, ...] | None, limit: int, *, backward: bool = False) -> Page:
        found = disclosures.releases(self.session.actor, self.patient_id, None, MOST_ROWS)
        rows = [
            Row(
                (number,),
                (
                    row.number, str(row.version), shown.day(row.released_on[:10]), row.recipient_name, row.what,
                    state_of(row), row.request_number, " ".join(row.regimes) or "none", row.released_by,
                    row.superseding_reason,
                ),
                row.number,
                "" if row.latest else "x",
            )
            for number, row in enumerate(found)
        ]  # fmt: skip
        return page_of(rows, key, limit, backward=backward)

    def accounting(self, rest: str) -> Outcome:
        return Outcome(go=f"ACD {patients.get(self.patient_id)['mrn']}")


def state_of(row: ReleaseRow) -> str:
    """Whether a version of a release stands."""
    if not row.latest:
        return "superseded"
    if row.entered_in_error:
        return "in error"
    return f"to {shown.day(row.suspended_until)}" if row.suspended_until else "in force"


class Suspension(DraftedForm):
    """SUS number: keep a disclosure out of accountings while an agency asks for it, 45 CFR 164.528(a)(2)."""

    word: ClassVar[str] = "SUS"
    title: ClassVar[str] = "Hide from accountings"
    help: ClassVar[str] = (
        "A disclosure to law enforcement or health oversight is left out of accountings while a statement of the "
        "agency says so. The row stays in the log. An oral statement holds for at most 30 days."
    )
    session: Session
    number = ""

    def open(self, key: str) -> Opened:
        row, *_ = disclosures.open_release(self.session.actor, number_named(key, "D"))
        self.number = self.key = row.number
        self.version = str(row.version)
        banner = (f"Release {row.number} to {row.recipient_name}, {shown.day(row.released_on)}", row.what)
        today = shown.iso(store.current().now().day)
        values = {"kind": disclosures.WRITTEN, "from_day": today, "agency": row.recipient_name}
        return self.with_draft(Opened(values, banner, "kind"))

    def sections(self) -> Sequence[Section]:
        fields = (
            Field("kind", "Statement", 7, Kind.UPPER, required=True, lookup=True, echo=40),
            Field("agency", "Agency", 40, length=100, required=True),
            Field("official", "Official", 40, length=100, required=True, help="Who made the statement."),
            Field(
                "statement", "What was stated", 60, length=400, required=True,
                help="That an accounting would be likely to impede the agency's activities.",
            ),
            Field("from_day", "From", 10, Kind.DATE, required=True),
            Field("until", "Through", 10, Kind.DATE, help="A written statement names it; an oral one may."),
        )  # fmt: skip
        return (Section("suspension", "Statement of the agency", fields),)

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        return [Choice(*row) for row in STATEMENTS.items() if row[0].startswith(text.upper())]

    def changed(self, values: Values, path: str) -> Changed:
        return Changed(echoes={"kind": STATEMENTS.get(values.get("kind", ""), "")})

    def file(self, values: Values, reason: str) -> Filed | Refused:
        last = disclosures.suspend_accounting(
            self.session.actor, self.number, values.get("kind", ""), agency=values.get("agency", ""),
            official=values.get("official", ""), statement=values.get("statement", ""),
            from_day=values.get("from_day", ""), until=values.get("until", ""),
        )  # fmt: skip
        self.discard_draft()
        return Filed(f"{self.number} is left out of accountings through {shown.day(last)}.", go="EXIT")


class Accounting(ReportPage):
    """ACD mrn: the accounting of a patient's disclosures as it is printed, as far back as each law looks."""

    title: ClassVar[str] = "Accounting of disclosures"

    def open(self, key: str) -> Document:
        if not key:
            raise ScreenError("Name the patient: ACD and the MRN.")
        mrn = patients.get(patient_named(key))["mrn"]
        return super().open(f"accounting patient={mrn} width=80")
