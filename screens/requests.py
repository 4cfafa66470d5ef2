"""RQL, ROI, STP: requests for information, their due days, and the steps that answer them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from db import patients, requests, store
from db.requests import Request as Filing
from rules.disclosure import STEPS
from rules.findings import Finding, Level
from screens import shown
from screens.data_set import DataSetForm, Loaded
from screens.keyset import Key, KeysetList
from screens.patients import patient_named
from screens.session import Session
from tui.screen import (
    Action,
    Changed,
    Choice,
    Column,
    Command,
    Field,
    Filed,
    FormScreen,
    Kind,
    Note,
    Opened,
    Outcome,
    Refused,
    Row,
    Section,
    Values,
)

NEW = "NEW"


class Requests(KeysetList):
    """Open requests, the one due first on top."""

    title: ClassVar[str] = "Disclosure requests"
    empty: ClassVar[str] = "No request is open. F6 begins one."
    help: ClassVar[str] = (
        "Open requests by due day; ! marks what is overdue. O opens a request, S takes it a step further, R logs a "
        "release, L shows what was released. F10 shows closed ones too."
    )
    actions: ClassVar[tuple[Action, ...]] = (
        Action("O", "Open", go="ROI {subject}"),
        Action("S", "Step", go="STP {subject}"),
        Action("R", "Release", go="REL {subject}"),
        Action("L", "Releases", go="RLS {subject}"),
    )
    commands: ClassVar[tuple[Command, ...]] = (
        Command("ADD", "New request", "new", "F6"),
        Command("ALL", "All, or the open ones", "every", "F10"),
    )
    open_only = True
    patient_id: int | None = None

    def open(self, key: str) -> str:
        self.patient_id = patient_named(key) if key else None
        self.open_only = not key
        return ""

    def heading(self) -> Sequence[str]:
        counts = requests.counts(self.session.actor)
        line = f"{counts.open} open, {counts.due_soon} due soon, {counts.overdue} overdue, {counts.held} held"
        return (line, "Open requests" if self.open_only else "All requests")

    def columns(self) -> Sequence[Column]:
        return (
            Column("Number", 8, frozen=True), Column("Due", 10), Column("Status", 9), Column("MRN", 10),
            Column("Patient", 18), Column("Requester", 20), Column("Purpose", 12), Column("Received", 10),
        )  # fmt: skip

    def fetch(self, after: Key | None, limit: int) -> list[Row]:
        today = shown.iso(store.current().now().day)
        found = requests.list_requests(
            self.session.actor, patient_id=self.patient_id, open_only=self.open_only,
            after=(after[0], after[1]) if after else None, limit=limit,
        )  # fmt: skip
        return [
            Row(
                row.key,
                (
                    row.number, shown.day(row.due_on) or "none", row.status, row.mrn, row.patient_name,
                    row.requester_name, row.purpose, shown.day(row.received_on),
                ),
                row.number,
                "!" if row.due_on and row.due_on < today else "",
            )
            for row in found
        ]  # fmt: skip

    def new(self, rest: str) -> Outcome:
        return Outcome(go="ROI")

    def every(self, rest: str) -> Outcome:
        self.open_only = not self.open_only
        return Outcome(reload=True)


class Request(DataSetForm):
    """A request by its number; ``ROI NEW mrn`` or no key begins one."""

    title: ClassVar[str] = "Disclosure request"
    data_set: ClassVar[str] = "disclosure"
    word: ClassVar[str] = "ROI"
    commands: ClassVar[tuple[Command, ...]] = (
        Command("STEP", "Take a step", "step", "F10"),
        Command("RELEASE", "Log a release", "release", "F11"),
        Command("RELEASES", "What was released", "releases"),
    )
    filing: Filing | None = None

    def load(self, key: str) -> Loaded:
        self.filing = None
        word, _, mrn = key.partition(" ")
        if not key or word.upper() == NEW:
            begin = {id_: item.default for id_, item in self.dictionary.by_id.items() if item.default}
            begin["received_on"] = shown.iso(store.current().now().day)
            return Loaded(begin | self.about(mrn), "0", self.earlier(mrn))
        filing = requests.open_request(self.session.actor, key)
        self.filing = filing
        who = patients.get(filing.patient_id)
        banner = (
            shown.who(who["mrn"], who["name"], who["birth_date"], who["sex"], store.current().now().local),
            f"Request {filing.number}  {filing.status}  due {shown.day(filing.due_on) or 'no day'}",
        )
        return Loaded(filing.values, str(filing.version), banner, ("request", filing.number))

    def about(self, mrn: str) -> dict[str, str]:
        """Number and name of the patient that was keyed."""
        if not mrn:
            return {}
        who = patients.get(patient_named(mrn))
        return {"mrn": who["mrn"], "patient_name": who["name"]}

    def earlier(self, mrn: str) -> tuple[str, ...]:
        """What was asked about this patient before, shown before another request is added."""
        if not mrn:
            return ()
        before = requests.list_requests(
            self.session.actor, patient_id=patient_named(mrn), order="received", newest_first=True, limit=3
        )
        last = "; ".join(f"{row.number} {shown.day(row.received_on)} {row.requester_name}" for row in before)
        return (f"New request about {mrn}", f"Earlier: {last or 'none'}")

    def sections(self) -> tuple[Section, ...]:
        made = super().sections()
        if self.filing is not None:
            return made
        first = tuple(
            replace(part, read_only=False, required=True, recall="patient")
            if isinstance(part, Field) and part.name == "mrn"
            else part
            for part in made[0].parts
        )
        return (replace(made[0], parts=first), *made[1:])

    def changed(self, values: Values, path: str) -> Changed:
        if path != "mrn" or self.filing is not None:
            return super().changed(values, path)
        known = self.about(values.get("mrn", ""))
        reply = super().changed(values | known, path)
        return Changed(reply.findings, reply.echoes, {**known, **reply.values}, reply.panel, reply.skip)

    def panel(self, values: Values) -> Sequence[str]:
        if self.filing is None:
            return ()
        steps = ", ".join(step.word for step in self.filing.steps)
        return (
            f"{self.filing.due_clock or 'No clock of the law sets a due day'}. Steps now: {steps or 'none'}",
        )

    def put(self, values: Values, findings: Sequence[Finding]) -> Filed:
        kept = {path: value for path, value in values.items() if path not in requests.DERIVED}
        number = requests.file_request(
            self.session.actor, patient_named(values.get("mrn", "")), kept, int(self.version),
            number=self.filing.number if self.filing else "", dictionary=self.dictionary.version,
        )  # fmt: skip
        due = requests.read(number).due_on
        return Filed(f"FILED {number}, " + (f"due {shown.day(due)}" if due else "no due day"), go="RQL")

    def step(self, rest: str) -> Outcome:
        return self._go("STP")

    def release(self, rest: str) -> Outcome:
        return self._go("REL")

    def releases(self, rest: str) -> Outcome:
        return self._go("RLS")

    def _go(self, word: str) -> Outcome:
        if self.filing is None:
            return Outcome("File the request first (F2).", error=True)
        return Outcome(go=f"{word} {self.filing.number}")


class Step(FormScreen):
    """STP: one step of a request, with its day and its reason."""

    title: ClassVar[str] = "Step of a request"
    session: Session
    filing: Filing

    def open(self, key: str) -> Opened:
        self.filing = requests.open_request(self.session.actor, key)
        return Opened(
            {"day": shown.iso(store.current().now().day)},
            (
                f"Request {self.filing.number}  {self.filing.status}",
                patients.get(self.filing.patient_id)["name"],
            ),
            "word",
        )

    def sections(self) -> Sequence[Section]:
        lines = (Note(f"{step.word:<10}{step.text}") for step in self.filing.steps)
        return (
            Section(
                "step",
                "Steps that can be taken now",
                (
                    *lines,
                    Note(""),
                    Field("word", "Step", 10, Kind.UPPER, required=True, lookup=True, echo=40),
                    Field("day", "On", 10, Kind.DATE, required=True, past=True, help="The day on which it was done."),
                    Field(
                        "reason", "Because", 50, length=400,
                        help="Asked for where the step needs it; a denial begins with its code (F4).", lookup=True,
                    ),
                ),
            ),
        )  # fmt: skip

    def lookup(self, values: Values, path: str, text: str, limit: int) -> Sequence[Choice]:
        if path == "word":
            return [Choice(s.word, s.text) for s in self.filing.steps if s.word.startswith(text.upper())]
        rows = self.session.tables["denial_reasons"].on(values.get("day", ""))
        wanted = text.casefold()
        return [Choice(row.code, row.text) for row in rows if wanted in f"{row.code} {row.text}".casefold()][
            :limit
        ]

    def changed(self, values: Values, path: str) -> Changed:
        asked = STEPS.get(values.get("word", ""))
        return Changed(echoes={"word": asked.text} if asked else {})

    def file(self, values: Values, reason: str) -> Filed | Refused:
        if not values.get("word"):
            return Refused((Finding(Level.FATAL, "RQ200", "Key a step, or F4 for the list.", "word"),))
        after = requests.step(
            self.session.actor, self.filing.number, values["word"], self.filing.version,
            reason=values.get("reason", ""), day=values.get("day", ""),
        )  # fmt: skip
        return Filed(f"{after.number} is {after.status}", go="RQL")
